"""What the sample office buys: last quarter's plan waits for the leader, this quarter's needs are being collected, and one department has a quota."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from core.demo import words
from core.demo.days import Calendar, Day
from core.demo.story import Story
from core.sections import suppliers, supplies

PENS = 1


def tell(day: Day, calendar: Calendar) -> None:
    """Once in the life of the office."""
    clerk, pens = day.house.actors["clerk"], day.house.supplies[PENS - 1]
    watched = suppliers.UpdateSupplier(
        supplier_id=Story.id("supplier", len(words.SUPPLIERS)), standing=suppliers.Standing.WATCH, note="近两次到货有破损"
    )
    day.tell("buying/watched", watched, clerk, day.until - timedelta(days=1))
    quota = supplies.SetQuota(supply_id=pens, department_id=Story.id("department", "财务科"), quantity=60)
    day.tell("buying/quota", quota, clerk, day.until - timedelta(days=1))
    quarter = (day.date.month + 2) // 3
    before = _collect(day, "before", "办公用品补充采购", words.NEEDED_BEFORE, calendar)
    made = day.result("buying/plan/before", supplies.PlanSupplies(round_id=before), clerk, day.until - timedelta(hours=2))
    if made is not None:
        plan_id = UUID(str(made["plan_id"]))
        firm = supplies.ChangePlanLine(plan_id=plan_id, supply_id=pens, supplier_id=Story.id("supplier", 1))
        day.tell("buying/plan/firm", firm, clerk, day.until - timedelta(minutes=110))
        day.tell("buying/plan/ask", supplies.SubmitPlan(plan_id=plan_id), clerk, day.until - timedelta(minutes=100))
    _collect(day, "now", f"{day.date.year} 年第 {quarter} 季度办公用品", words.NEEDS, calendar)


def _collect(day: Day, key: str, title: str, needs: tuple[tuple[str, tuple[tuple[int, int], ...]], ...], calendar: Calendar) -> UUID:
    clerk, round_id, at = day.house.actors["clerk"], Story.id("supply round", key), day.until - timedelta(hours=3)
    due = calendar.next(day.date, 5)
    day.tell(f"buying/round/{key}", supplies.OpenRound(id=round_id, title=title, due_on=due), clerk, at)
    for n, (department, lines) in enumerate(needs, 1):
        said = supplies.SayDemand(
            round_id=round_id, department_id=Story.id("department", department),
            lines=tuple(supplies.DemandLine(supply_id=day.house.supplies[number - 1], quantity=pieces) for number, pieces in lines),
        )  # fmt: skip
        day.tell(f"buying/say/{key}/{department}", said, clerk, at + timedelta(minutes=n))
    return round_id

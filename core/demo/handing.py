"""Things that change hands in the sample office: loans of which one is overdue, a transfer between two departments, a printer at its vendor, one
disposal that waits for the leader, one to be carried out, one long done; care of the air conditioners. Told once, at the first start."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from core.demo.days import Calendar, Day
from core.demo.story import Story
from core.foundation import clock, database
from core.mechanisms import approval_rules, approvals, people
from core.mechanisms.approval_rules import Rule, RuleStep
from core.mechanisms.custody import Signature
from core.mechanisms.operations import Actor, Operation, Role
from core.sections import assets

INK = Signature(strokes=[[(0.08 + n * 0.03, 0.25 + (n % 3) * 0.06, n * 16.0) for n in range(18)], [(0.2, 0.45, 400.0), (0.62, 0.4, 520.0)]])
CARED = "A02061804"  # air conditioners
CHEAP = 300_000


def tell(day: Day, calendar: Calendar) -> None:
    """Once."""
    if day.house.story.was_told("handing/rules"):
        return
    _Handing(day, calendar).tell()


class _Handing:
    """The things it happens to are taken from the register as it is: neither lost nor broken."""

    def __init__(self, day: Day, calendar: Calendar) -> None:
        self.day, self.calendar, self.house = day, calendar, day.house
        self.clerk, self.leader, self.admin = (day.house.actors[name] for name in ("clerk", "leader", "admin"))
        day.house.story.flush()
        with database.reading() as s:
            rows = s.execute(
                select(assets.Asset).where(col(assets.Asset.state).in_(("idle", "in_use"))).order_by(col(assets.Asset.number))
            ).scalars()
            self.idle: list[assets.Asset] = []
            self.kept: list[assets.Asset] = []
            for row in rows:
                (self.kept if row.keeper_id else self.idle).append(row)

    def tell(self) -> None:
        day, finance = self.day, Story.id("department", "财务科")
        head = people.UpdateDepartment(department_id=finance, head_id=self.house.staff[-1], custodian_id=self.house.staff[-2])
        self.say("head", head, self.admin, self.ago(40))
        rules = (
            Rule(from_cents=0, steps=(RuleStep(role=Role.LEADER),)), Rule(from_cents=5_000_000, steps=(RuleStep(department_id=finance), RuleStep(role=Role.LEADER))),
        )  # fmt: skip
        self.say("rules", approval_rules.SetApprovalRules(kind="asset_disposal", rules=rules), self.admin, self.ago(40))
        self._loans()
        self._transfer(finance)
        self._repair()
        self._disposals()
        care = assets.AddUpkeepPlan(
            id=Story.id("upkeep"), title="清洗空调滤网", class_code=CARED, every_days=90, steps=("断电", "滤网已洗净", "排水通畅"),
            starts_on=self.calendar.next(day.date, 2),
        )  # fmt: skip
        self.say("upkeep", care, self.clerk, self.ago(1))

    def _loans(self) -> None:
        """Two things from the store for a week, due already; one until next week."""
        staff = self.house.actors["staff"]
        late, soon = self.calendar.next(self.day.date, -2), self.calendar.next(self.day.date, 4)
        for key, count, due, back in (("late", 2, late, 8), ("soon", 1, soon, 1)):
            pile = tuple(self.idle.pop(0).id for _ in range(count))
            taker = staff.person_id if key == "soon" else self.house.staff[11]
            assert taker is not None  # the accounts are persons
            self.say(
                f"loan/{key}",
                assets.HandOverSigned(asset_ids=pile, to_person_id=taker, signature=INK, due_on=due, note="外出会议"),
                self.clerk,
                self.ago(back),
            )

    def _transfer(self, finance: UUID) -> None:
        """From the sample's own member of staff: proposed, and handed over; the other side has not said so yet."""
        mine = [row for row in self.kept if row.keeper_id == self.house.actors["staff"].person_id] or self.kept
        pile = tuple(row.id for row in mine[:2])
        propose = assets.ProposeTransfer(
            asset_ids=pile, to_department_id=finance, to_person_id=self.house.staff[-2], reason="财务科新增工位"
        )
        self.say("transfer", propose, self.clerk, self.ago(1))

    def _repair(self) -> None:
        printer = next((row for row in self.kept if row.class_code.startswith("A020210")), self.kept[-1])
        self.kept.remove(printer)
        who = self.house.person(printer.keeper_id) if printer.keeper_id else self.clerk
        self.say("fault", assets.ReportFault(asset_id=printer.id, what="定影器有焦味，出纸发皱"), who, self.ago(6))
        back = self.calendar.next(self.day.date, -1)
        self.say(
            "sent",
            assets.SendOut(asset_id=printer.id, vendor="临江电脑维修", contact="赵师傅 13800000000", due_back_on=back, signature=INK),
            self.clerk,
            self.ago(5),
        )

    def _disposals(self) -> None:
        """One waits for the leader, one is agreed and still in somebody's hands, one left two weeks ago."""
        dear = next((row for row in self.idle if (row.value_cents or 0) < 5_000_000 and (row.value_cents or 0) >= CHEAP), self.idle[0])
        self.idle.remove(dear)
        self.say("asked", assets.RequestDisposal(asset_id=dear.id, reason="使用满八年，维修费超过净值"), self.clerk, self.ago(1))
        held = self.kept.pop()
        self.agree("held", held.id, "型号停产，无配件", 5)
        gone = next((row for row in self.idle if not row.class_code.startswith("A0201")), self.idle[0])
        self.idle.remove(gone)
        disposal = self.agree("gone", gone.id, "断裂，无法修复", 14)
        if disposal is not None:
            do = assets.DisposeAsset(
                disposal_id=disposal, method=assets.Method.SCRAP, receiver="临江物资回收", proceeds_cents=3_000, photos=("5a" * 32,),
                wipe=assets.Wipe(method=assets.WipeMethod.NOT_STORED, by=self.clerk.name, proof="无存储部件"),
            )  # fmt: skip
            self.say("done", do, self.clerk, self.ago(12))

    def agree(self, key: str, asset_id: UUID, reason: str, days: int) -> UUID | None:
        """Asked, and agreed to the next day."""
        outcome = self.say(f"ask/{key}", assets.RequestDisposal(asset_id=asset_id, reason=reason), self.clerk, self.ago(days))
        if outcome is None:
            return None
        disposal = UUID(outcome["disposal_id"])
        with database.reading() as s:
            approval = s.get_one(assets.AssetDisposal, disposal).approval_id
        assert approval is not None  # every request has a route
        self.say(f"agree/{key}", approvals.DecideApproval(approval_id=approval, approve=True), self.leader, self.ago(days - 1))
        return disposal

    def say(self, key: str, do: Operation, by: Actor, at: datetime) -> dict[str, str] | None:
        outcome = self.house.story.tell(f"handing/{key}", do, by, at)
        return outcome.result if outcome.ok else None

    def ago(self, workdays: int) -> datetime:
        """Ten in the morning so many working days ago; never after now."""
        on = self.calendar.next(self.day.date, -workdays)
        return min(datetime(on.year, on.month, on.day, 10, tzinfo=clock.zone()), self.day.until - timedelta(minutes=50))

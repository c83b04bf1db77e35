"""Builders of receptions: what a test arranges in one line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from core.foundation import clock
from core.mechanisms import approvals
from core.mechanisms.operations import Actor
from core.sections import reception
from core.sections.reception import Guest, Kind, Plan
from tests.cast import Office

TODAY = date(2026, 11, 23)
GUESTS = (
    Guest(name="周为民", post="副局长", phone="13800001111", email="zhou@example.com"),
    Guest(name="何静", post="处长"),
    Guest(name="高原", post="科员", organisation="江城档案局"),
)


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    """A moment of the test's Monday, on the office's wall."""
    return datetime(2026, 11, day, hour, minute, tzinfo=clock.zone()).astimezone(UTC)


def take_in(office: Office, by: Actor | None = None, **more: Any) -> UUID:
    given: dict[str, Any] = {
        "organisation": "江城市机关事务管理局", "purpose": "交流公务接待管理", "letter": "江机函〔2026〕18号", "starts_on": TODAY, "ends_on": TODAY, "headcount": 3,
        "guests": GUESTS, "lead_id": office.mei.person_id,
    } | more  # fmt: skip
    return UUID(office.do(reception.TakeIn(**given), by or office.bo)["reception_id"])


def line(
    office: Office, reception_id: UUID, kind: Kind, what: str, start: datetime, end: datetime, owner: Actor | None = None, **more: Any
) -> UUID:
    by = more.pop("by", office.bo)
    do = reception.Arrange(
        reception_id=reception_id, kind=kind, what=what, starts_at=start, ends_at=end, owner_id=owner.person_id if owner else None, **more
    )
    return UUID(office.do(do, by)["line_id"])


def whole_day(office: Office, reception_id: UUID) -> dict[str, UUID]:
    """A day without a hole: welcome, talk, lunch, visit, seeing off; Wu escorts all day."""
    add = line
    return {
        "welcome": add(office, reception_id, Kind.MEET, "大厅迎接", at(9), at(9, 20), office.wu, place="一楼大厅", ticks_on="arrival"),
        "escort": add(office, reception_id, Kind.ESCORT, "全程陪同", at(9), at(16), office.wu),
        "talk": add(office, reception_id, Kind.SITE_VISIT, "座谈", at(9, 20), at(11, 30), office.mei, place="一楼大厅"),
        "lunch": add(office, reception_id, Kind.MEALS, "工作午餐", at(11, 30), at(13), office.ann, place="一楼大厅", cost_cents=48_000, companions=3),
        "goodbye": add(office, reception_id, Kind.MEET, "门口送别", at(15, 30), at(16), office.wu, place="一楼大厅", ticks_on="leaving"),
    }  # fmt: skip


def approved(office: Office, reception_id: UUID) -> None:
    """Asked for by Bo, agreed to by Chen."""
    asked = office.do(reception.AskApproval(reception_id=reception_id), office.bo)
    office.do(approvals.DecideApproval(approval_id=UUID(asked["approval_id"]), approve=True), office.chen)


def ready(office: Office, **more: Any) -> tuple[UUID, dict[str, UUID]]:
    """An approved plan of today with three invited guests."""
    reception_id = take_in(office, **more)
    lines = whole_day(office, reception_id)
    approved(office, reception_id)
    return reception_id, lines


def plan(office: Office, reception_id: UUID, by: Actor | None = None) -> Plan:
    found = office.read(reception.plan, reception_id, by or office.bo, clock.now())
    assert isinstance(found, Plan)
    return found


def codes(office: Office, reception_id: UUID) -> list[str]:
    """The guests' invitation codes, in the order of the list."""
    return [guest.codes[0].code for guest in plan(office, reception_id).guests if guest.codes]

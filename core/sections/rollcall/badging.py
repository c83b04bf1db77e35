"""Staff badge in and out with the code on their card (scenario Front desk 9; pitfall V34): one scan at the kiosk in the morning, one when going.

Rows are facts and only ever added: where somebody is follows from the latest one. Who never badged out is assumed to have left at midnight
and kept apart from those who did, as visitors are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints, model_validator
from sqlalchemy import Index, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import NotAllowed, Refused
from core.foundation.i18n import t
from core.foundation.ids import uuid7
from core.mechanisms import labels, people
from core.mechanisms.labels import Described, SubjectKind
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, Role, operation, touch

RECEPTION = frozenset({Role.ADMIN, Role.RECEPTION})


class BadgeWay(StrEnum):
    """`break` is a short leave: the person means to come back; `back` ends it."""

    IN = "in"
    OUT = "out"
    BREAK = "break"
    BACK = "back"


class StaffBadge(SQLModel, table=True):
    """Somebody of the office came, went, left for a while or came back."""

    __tablename__: ClassVar[str] = "staff_badge"
    __table_args__ = (Index("ix_staff_badge_person_at", "person_id", "at"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    way: str
    at: datetime = Field(index=True)
    by_id: UUID | None = None
    device_id: UUID | None = None


database.append_only("staff_badge")


@dataclass(frozen=True, slots=True)
class Standing:
    """The latest word of a badge: `way` and when; None when somebody never badged since yesterday."""

    person_id: UUID
    way: BadgeWay
    at: datetime

    @property
    def inside(self) -> bool:
        return self.way in (BadgeWay.IN, BadgeWay.BACK)


class Badge(Operation):
    """`code` of one's card, or `person_id` (reception for anybody, everybody for themselves). Without `way` the next one is meant: in, out,
    or back from a break."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    person_id: UUID | None = None
    way: BadgeWay | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Badge:
        if (self.code is None) == (self.person_id is None):
            raise ValueError("presence.code_or_person")
        return self


@operation(Badge, "presence.badge", roles={Role.KIOSK, Role.STAFF})
def badge(s: Session, do: Badge, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{person_id, way, again}`; saying the same again changes nothing. The moment is that of receipt: two scans of one card seconds
    apart must never change their order.

    Refuses: presence.not_active, presence.not_inside (a break needs somebody who is here), label.unknown, label.other_kind"""
    person_id = labels.subject(s, do.code, SubjectKind.PERSON) if do.code is not None else do.person_id
    assert person_id is not None  # the input class saw to it
    if by.has(Role.KIOSK) and do.code is None:
        raise NotAllowed()  # a kiosk knows somebody by the card in their hand, never by an id
    if not by.has(Role.KIOSK, Role.SYSTEM, *RECEPTION) and person_id != by.person_id:
        raise NotAllowed()
    if people.get(s, person_id).disabled_at is not None:
        raise Refused("presence.not_active")
    now = standing_of(s, person_id, at)
    way = do.way or way_next(now)
    if way is BadgeWay.BREAK and (now is None or now.way is BadgeWay.OUT):
        raise Refused("presence.not_inside")
    if now is not None and _same(now.way, way):
        return {"person_id": person_id, "way": str(now.way), "again": True}
    s.add(StaffBadge(person_id=person_id, way=way, at=at, by_id=by.person_id, device_id=by.device_id))
    touch(s, "presence", person_id)
    return {"person_id": person_id, "way": str(way), "again": False}


def way_next(now: Standing | None) -> BadgeWay:
    """What a bare scan means."""
    if now is None or now.way is BadgeWay.OUT:
        return BadgeWay.IN
    return BadgeWay.BACK if now.way is BadgeWay.BREAK else BadgeWay.OUT


def _same(now: BadgeWay, way: BadgeWay) -> bool:
    return now is way or {now, way} == {BadgeWay.IN, BadgeWay.BACK}


# ── reads ──


def standing_of(s: Session, person_id: UUID, at: datetime) -> Standing | None:
    """Where somebody stands today, by their badge alone; None before the first scan of the day."""
    found = standings(s, at, only=person_id, since=clock.day_span(clock.today(at))[0])
    return found.get(person_id)


def standings(s: Session, at: datetime, *, since: datetime | None = None, only: UUID | None = None) -> dict[UUID, Standing]:
    """The latest word of each badge up to `at`, since yesterday's midnight (or `since`)."""
    start = since or clock.day_span(clock.today(at) - timedelta(days=1))[0]
    within = [col(StaffBadge.at) >= start, col(StaffBadge.at) <= at]
    if only is not None:
        within.append(col(StaffBadge.person_id) == only)
    latest = select(StaffBadge.person_id, func.max(StaffBadge.at).label("at")).where(*within).group_by(StaffBadge.person_id).subquery()
    rows = s.execute(
        select(StaffBadge.person_id, StaffBadge.way, StaffBadge.at)
        .join(latest, (col(StaffBadge.person_id) == latest.c.person_id) & (col(StaffBadge.at) == latest.c.at))
        .order_by(col(StaffBadge.id))
    )
    return {row.person_id: Standing(row.person_id, BadgeWay(row.way), row.at) for row in rows}


@labels.describes(SubjectKind.PERSON)
def describe(s: Session, ids: Iterable[UUID], by: Actor) -> dict[UUID, Described]:
    """What a staff card says when somebody of the house scans it; a stranger learns nothing but what it is."""
    rows = s.execute(select(people.Person).where(col(people.Person.id).in_(list(ids)))).scalars().all()
    departments = people.department_names(s)
    if not by.has(*PERSON_ROLES, Role.KIOSK, Role.SYSTEM):
        return {row.id: Described(title=t("presence.a_card", by.language)) for row in rows}
    return {
        row.id: Described(
            title=row.name,
            holder=departments.get(row.department_id, "") if row.department_id else "",
            operations=("presence.badge",) if by.has(Role.KIOSK, *RECEPTION) or by.person_id == row.id else (),
            number=row.number or "",
        )
        for row in rows
    }

"""Duties as lists show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms.duties.record import (
    CANCELLED,
    DONE,
    OPEN,
    SEES_ALL,
    VERIFIED,
    VERIFIERS,
    Duty,
    DutyEvent,
    DutyView,
    EventView,
    is_late,
    may_see,
    names_of,
    title_of,
)
from core.mechanisms.operations import PERSON_ROLES, Actor, Role
from core.mechanisms.views import Collection, ExportColumn, Page, Query


def mine(s: Session, by: Actor, at: datetime) -> list[DutyView]:
    """What this person owes, and what was done and waits for their eyes; late ones first."""
    mine_open = and_(col(Duty.owner_id) == by.person_id, col(Duty.state) == OPEN)
    wanted = [mine_open]
    if by.has(*VERIFIERS):
        others = and_(col(Duty.owner_id) != by.person_id, or_(col(Duty.done_by).is_(None), col(Duty.done_by) != by.person_id))
        wanted.append(and_(col(Duty.state) == DONE, col(Duty.four_eyes).is_(True), others))
    else:
        wanted.append(and_(col(Duty.owner_id) == by.person_id, col(Duty.state) == DONE, col(Duty.four_eyes).is_(True)))
    rows = list(s.execute(select(Duty).where(or_(*wanted)).order_by(col(Duty.due_on), col(Duty.id)).limit(500)).scalars())
    return views(s, rows, by, at)


def count_mine(s: Session, person_id: UUID | None) -> int:
    """How many open duties a person has."""
    return int(
        s.execute(select(func.count()).select_from(Duty).where(col(Duty.owner_id) == person_id, col(Duty.state) == OPEN)).scalar_one()
    )


def everything(
    s: Session, by: Actor, at: datetime, *, state: str = "", late: bool = False, owner_id: UUID | None = None, subject: tuple[str,
    UUID] | None = None,
    after: str | None = None, limit: int = 50,
) -> list[DutyView]:  # fmt: skip
    """Duties this actor may see, in order of their day; `after` is the cursor `due_on|id` of the last one shown."""
    query = select(Duty).order_by(col(Duty.due_on), col(Duty.id)).limit(limit)
    if not by.has(*SEES_ALL, Role.SYSTEM):
        query = query.where(or_(col(Duty.owner_id) == by.person_id, col(Duty.opened_by) == by.person_id))
    if state == "settled":
        query = query.where(col(Duty.state).in_((VERIFIED, CANCELLED)) | ((col(Duty.state) == DONE) & col(Duty.four_eyes).is_(False)))
    elif state == "to_verify":
        query = query.where(col(Duty.state) == DONE, col(Duty.four_eyes).is_(True))
    elif state:
        query = query.where(col(Duty.state) == state)
    if late:
        query = query.where(col(Duty.state) == OPEN, col(Duty.due_on) < clock.today(at))
    if owner_id is not None:
        query = query.where(col(Duty.owner_id) == owner_id)
    if subject is not None:
        query = query.where(col(Duty.subject_kind) == subject[0], col(Duty.subject_id) == subject[1])
    if after:
        day, _, last = after.partition("|")
        due = date.fromisoformat(day)
        query = query.where(or_(col(Duty.due_on) > due, and_(col(Duty.due_on) == due, col(Duty.id) > UUID(last))))
    return views(s, list(s.execute(query).scalars()), by, at)


def everything_of(s: Session, subject: tuple[str, UUID]) -> list[Duty]:
    """The open duties about a thing."""
    query = select(Duty).where(col(Duty.subject_kind) == subject[0], col(Duty.subject_id) == subject[1], col(Duty.state) == OPEN)
    return list(s.execute(query.order_by(col(Duty.id))).scalars())


def counts(s: Session, at: datetime) -> dict[str, int]:
    """How many are open, late (among the open) and waiting for verification: for the desk's board."""
    rows = s.execute(select(Duty.state, Duty.four_eyes, func.count()).group_by(col(Duty.state), col(Duty.four_eyes))).all()
    late = s.execute(select(func.count()).select_from(Duty).where(col(Duty.state) == OPEN, col(Duty.due_on) < clock.today(at))).scalar_one()
    return {
        "open": sum(n for state, _, n in rows if state == OPEN),
        "late": late,
        "to_verify": sum(n for state, four_eyes, n in rows if state == DONE and four_eyes),
    }


def view(s: Session, duty: Duty, by: Actor, at: datetime) -> DutyView:
    return views(s, [duty], by, at)[0]


def views(s: Session, rows: Sequence[Duty], by: Actor, at: datetime) -> list[DutyView]:
    """Duties with their owners' names, in one more statement."""
    names = names_of(s, {row.owner_id for row in rows})
    return [
        DutyView(
            d.id, title_of(d, by.language), d.owner_id, names.get(d.owner_id, ""), d.due_on, d.state, is_late(d, at), d.four_eyes,
            d.subject_kind, d.subject_id,
            d.opened_at, d.done_by, d.done_at, d.verified_at, d.times, d.version, dict(d.facts),
            d.state == OPEN and (by.person_id == d.owner_id or by.has(*VERIFIERS)),
            d.state == DONE and d.four_eyes and by.has(*VERIFIERS) and by.person_id not in (d.owner_id, d.done_by),
        )
        for d in rows
    ]  # fmt: skip


def history(s: Session, duty_id: UUID) -> list[EventView]:
    """What happened to a duty, oldest first."""
    rows = list(s.execute(select(DutyEvent).where(col(DutyEvent.duty_id) == duty_id).order_by(col(DutyEvent.id))).scalars())
    names = names_of(s, {row.person_id for row in rows if row.person_id})
    return [EventView(row.at, row.what, names.get(row.person_id, "") if row.person_id else "", row.note, tuple(row.photos)) for row in rows]


def _list(s: Session, query: Query, by: Actor) -> Page:
    at, filters = clock.now(), query.filters
    owner = by.person_id if filters.get("owner") == "me" else None
    state = filters.get("state", "")
    try:
        rows = everything(
            s,
            by,
            at,
            state="" if state == "late" else state,
            late=state == "late",
            owner_id=owner,
            after=query.cursor,
            limit=query.limit + 1,
        )
    except ValueError:
        raise Refused("query.cursor") from None
    if query.q:
        rows = [row for row in rows if query.q.lower() in (row.title + row.owner).lower()]
    more, rows = len(rows) > query.limit, rows[: query.limit]
    return Page(rows, f"{rows[-1].due_on.isoformat()}|{rows[-1].id}" if more else None)


def _one(s: Session, id: str, by: Actor) -> DutyView | None:
    try:
        duty = s.get(Duty, UUID(id))
    except ValueError:
        return None
    return view(s, duty, by, clock.now()) if duty is not None and may_see(duty, by) else None


COLLECTION = Collection(
    "duties", PERSON_ROLES, _list, _one,
    tuple(ExportColumn(name, f"duty.column.{name}") for name in ("title", "owner", "due_on", "state", "late", "times", "opened_at",
    "done_at", "verified_at")),
    ("state", "owner"),
)  # fmt: skip

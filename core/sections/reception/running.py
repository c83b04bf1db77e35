"""The run sheet: the plan in order, with live ticks (guide S3.1-R5, R7; scenario Office 7).

The first guest who checks in at the kiosk starts it, in the check-in's own transaction: the line that waits for the arrival is ticked, escorts and the lead
are told. The last badge that is scanned out ends it. Ticking twice is quiet: two hosts with their phones in hand tick the same step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms import notices, people
from core.mechanisms.operations import Actor, Operation, Role, operation
from core.sections import visits
from core.sections.reception import ending, record
from core.sections.reception.record import (
    SUBJECT,
    Reception,
    ReceptionLine,
    ReceptionVisit,
    State,
    happened,
    line_of,
    to_run,
)
from core.sections.visits import Happening, leaving

LATE_AFTER = timedelta(minutes=5)


# ── what the kiosk says ──


@visits.hears
def heard(s: Session, what: Happening, visit: visits.Visit, at: datetime) -> None:
    """A guest arrived, left, came back, did not come, is forgotten."""
    row = s.get(ReceptionVisit, visit.id)
    if row is None:
        return
    reception = record.locked(s, row.reception_id)  # two who come or go at one moment: the second sees the first
    if what == Happening.ARRIVED:
        _arrived(s, reception, row, visit, at)
    elif what == Happening.LEFT:
        row.left_at, row.over = at, True
        notices.hold_back(s, "visit", visit.id, leaving.THANKS, at=at)  # guests of a reception are thanked by it, once, when it is over
        happened(s, reception, "guest_left", None, at)
        ending.end_if_all_left(s, reception, at)
    elif what == Happening.BACK:
        row.left_at, row.over = None, False
        ending.take_back(s, reception, at)
    elif what in (Happening.CANCELLED, Happening.EXPIRED):
        row.over = True
        ending.end_if_all_left(s, reception, at)


def _arrived(s: Session, reception: Reception, row: ReceptionVisit, visit: visits.Visit, at: datetime) -> None:
    first_today = not any(other.arrived_at is not None and other.day == row.day for other in record.visits_of(s, reception.id))
    row.arrived_at, row.left_at, row.over = row.arrived_at or at, None, False
    if reception.state == State.PLANNED:
        _start(s, reception, None, at)
    if first_today:
        _tick_by_itself(s, reception, "arrival", at)
    facts = {"name": visit.name, "title": record.title_of(reception), "number": record.number_of(reception)}
    for person_id in dict.fromkeys([*record.escorts(s, reception.id, clock.today(at)), reception.lead_id]):
        if person_id != visit.host_id:  # the host is told by the visit itself
            notices.queue(s, key="reception.notice.arrived", facts=facts, at=at, to_person_id=person_id, subject=("visit", visit.id))
    happened(s, reception, "guest_arrived", None, at)


def _tick_by_itself(s: Session, reception: Reception, on: str, at: datetime) -> None:
    """The earliest open line of today that waits for this."""
    today = clock.today(at)
    for line in record.lines_of(s, reception.id):
        if line.ticks_on == on and line.done_at is None and clock.today(line.starts_at) <= today <= clock.today(line.ends_at):
            line.done_at = at
            happened(s, reception, "ticked", None, at, line=str(line.id))
            return


def _start(s: Session, reception: Reception, by: UUID | None, at: datetime) -> None:
    reception.state, reception.started_at = State.RUNNING, at
    happened(s, reception, "started", by, at)


# ── what hosts say ──


class StartReception(Operation):
    reception_id: UUID


@operation(StartReception, "reception.start", roles={Role.STAFF})
def start(s: Session, do: StartReception, by: Actor, at: datetime) -> None:
    """By hand, when guests are met elsewhere before they ever see the kiosk. Starting again is quiet.

    Refuses: reception.not_found, reception.not_approved, reception.over, reception.not_its_day"""
    reception = to_run(s, do.reception_id, by)
    if reception.state == State.RUNNING:
        return
    if reception.state != State.PLANNED:
        raise Refused("reception.over")
    if not reception.approved_version:
        raise Refused("reception.not_approved")
    if not reception.starts_on <= clock.today(at) <= reception.ends_on:
        raise Refused("reception.not_its_day", day=reception.starts_on)
    _start(s, reception, by.person_id, at)


class Tick(Operation):
    line_id: UUID


@operation(Tick, "reception.tick", roles={Role.STAFF}, personal=True)
def tick(s: Session, do: Tick, by: Actor, at: datetime) -> dict[str, Any]:
    """This step is done. The first tick starts a sheet that nobody started. Answers `{line_id, done_at}` of the first tick.

    Refuses: reception.line_not_found, and as `reception.start`"""
    line = line_of(s, do.line_id)
    reception = to_run(s, line.reception_id, by)
    record.locked(s, reception.id)
    s.refresh(line)
    if line.done_at is None:
        if reception.state == State.PLANNED:
            start(s, StartReception(reception_id=reception.id), by, at)
        if reception.state != State.RUNNING:
            raise Refused("reception.over")
        line.done_at, line.done_by = at, by.person_id
        happened(s, reception, "ticked", by.person_id, at, line=str(line.id))
    return {"line_id": line.id, "done_at": line.done_at}


class Untick(Operation):
    line_id: UUID


@operation(Untick, "reception.untick", roles={Role.STAFF})
def untick(s: Session, do: Untick, by: Actor, at: datetime) -> None:
    """A slip of the thumb. Refuses: reception.line_not_found, reception.over"""
    line = line_of(s, do.line_id)
    reception = to_run(s, line.reception_id, by)
    if reception.state != State.RUNNING:
        raise Refused("reception.over")
    if line.done_at is not None:
        line.done_at, line.done_by = None, None
        happened(s, reception, "unticked", by.person_id, at, line=str(line.id))


class SayLate(Operation):
    """By how many minutes; the owners of the lines behind it are told at once."""

    line_id: UUID
    minutes: Annotated[int, Input(ge=0, le=600)]
    note: Annotated[str, StringConstraints(max_length=200)] = ""


@operation(SayLate, "reception.late", roles={Role.STAFF}, personal=True)
def late(s: Session, do: SayLate, by: Actor, at: datetime) -> None:
    """Nothing in the plan moves by itself: people decide what to shorten. Zero minutes takes it back.

    Refuses: reception.line_not_found, reception.over, reception.line_done"""
    line = line_of(s, do.line_id)
    reception = to_run(s, line.reception_id, by)
    if reception.state not in (State.PLANNED, State.RUNNING):
        raise Refused("reception.over")
    if line.done_at is not None:
        raise Refused("reception.line_done")
    line.late_at, line.late_minutes, line.late_note = (at if do.minutes else None), do.minutes, do.note if do.minutes else ""
    today = clock.today(line.starts_at)
    behind = [
        other
        for other in record.lines_of(s, reception.id)
        if other.starts_at >= line.starts_at and other.done_at is None and clock.today(other.starts_at) == today
    ]
    if do.minutes:
        facts = {"title": record.title_of(reception), "what": line.what, "minutes": do.minutes, "reason": do.note}
        for person_id in sorted({other.owner_id for other in behind if other.owner_id} | {reception.lead_id}, key=str):
            if person_id != by.person_id:
                notices.queue(s, key="reception.notice.late", facts=facts, at=at, to_person_id=person_id, subject=(SUBJECT, reception.id))
    happened(s, reception, "late", by.person_id, at, line=str(line.id), minutes=do.minutes)


# ── the sheet ──


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the sheet. `stands` is done, now, late, next or later; `minutes` how late it is, said or by the clock; `mine` whether it is the reader's."""

    id: UUID
    kind: str
    what: str
    starts_at: datetime
    ends_at: datetime
    place: str
    place_to: str
    owner: str
    owner_phone: str
    mine: bool
    stands: str
    minutes: int
    late_note: str
    done_at: datetime | None
    done_by: str
    answer: str
    note: str
    ticks_on: str


@dataclass(frozen=True, slots=True)
class GuestSeen:
    """A guest as hosts see them: post and organisation, here since, left at."""

    name: str
    post: str
    organisation: str
    phone: str
    arrived_at: datetime | None
    left_at: datetime | None
    erased: bool


@dataclass(frozen=True, slots=True)
class RunSheet:
    """What every host has in the hand; `next` is the step the thumb is for."""

    id: UUID
    number: str
    title: str
    organisation: str
    status: str
    agreed: str
    level: str
    headcount: int
    lead: str
    lead_phone: str
    steps: tuple[Step, ...]
    next: Step | None
    guests: tuple[GuestSeen, ...]
    here: int
    came: int
    started_at: datetime | None
    ended_at: datetime | None
    may_plan: bool
    may_tick: bool
    is_day: bool
    version: int


def run_sheet(s: Session, reception_id: UUID, by: Actor, at: datetime) -> RunSheet | None:
    """The sheet for those who may see the plan, else None."""
    reception = s.get(Reception, reception_id)
    if reception is None or not record.may_see(s, reception, by):
        return None
    lines = record.lines_of(s, reception_id)
    ids = {line.owner_id for line in lines} | {line.done_by for line in lines} | {reception.lead_id}
    persons = {p.id: p for p in s.execute(select(people.Person).where(col(people.Person.id).in_([id for id in ids if id]))).scalars()}
    open_lines = [line for line in lines if line.done_at is None]
    upcoming = _upcoming(open_lines, at)
    steps = tuple(_step(line, persons, by, at, upcoming.id if upcoming else None) for line in lines)
    guests = _guests_seen(s, reception, clock.today(at))
    is_day = reception.starts_on <= clock.today(at) <= reception.ends_on
    ready = reception.state == State.RUNNING or (reception.state == State.PLANNED and bool(reception.approved_version) and is_day)
    return RunSheet(
        reception.id, record.number_of(reception), record.title_of(reception), reception.organisation, record.status_of(reception), reception.agreed,
        reception.level, reception.headcount, persons[reception.lead_id].name, persons[reception.lead_id].phone, steps,
        next((step for step in steps if upcoming and step.id == upcoming.id), None), guests,
        sum(guest.arrived_at is not None and guest.left_at is None for guest in guests), sum(guest.arrived_at is not None for guest in guests),
        reception.started_at, reception.ended_at, record.may_plan(reception, by), ready, is_day, reception.version,
    )  # fmt: skip


def _upcoming(open_lines: list[ReceptionLine], at: datetime) -> ReceptionLine | None:
    """The step at hand: the earliest that is not done, but one that goes along for long (an escort, a hotel) never stands in the way of a shorter one."""
    started = [line for line in open_lines if line.starts_at <= at]
    short = [line for line in open_lines if not any(_goes_along(line, other) for other in open_lines if other is not line)]
    return next(iter(short or started or open_lines), None)


def _goes_along(line: ReceptionLine, other: ReceptionLine) -> bool:
    """Whether `line` lasts over `other`: it ends after it and began no later."""
    return (line.starts_at <= other.starts_at and line.ends_at > other.ends_at) or (
        line.starts_at < other.starts_at and line.ends_at >= other.ends_at and line.ends_at > other.starts_at
    )


def _step(line: ReceptionLine, persons: dict[UUID, Any], by: Actor, at: datetime, next_id: UUID | None) -> Step:
    owner = persons.get(line.owner_id) if line.owner_id else None
    overdue = int((at - line.ends_at).total_seconds()) // 60 if at > line.ends_at + LATE_AFTER else 0
    minutes = 0 if line.done_at else max(line.late_minutes, overdue)
    if line.done_at is not None:
        stands = "done"
    elif minutes:
        stands = "late"
    elif line.id == next_id:
        stands = "next"
    else:
        stands = "now" if line.starts_at <= at < line.ends_at else "later"
    who = persons.get(line.done_by) if line.done_by else None
    return Step(
        line.id, line.kind, line.what, line.starts_at, line.ends_at, line.place, line.place_to, owner.name if owner else "", owner.phone if owner else "",
        by.person_id is not None and by.person_id == line.owner_id, stands, minutes, line.late_note, line.done_at, who.name if who else "", line.answer,
        line.note, line.ticks_on,
    )  # fmt: skip


def _guests_seen(s: Session, reception: Reception, today: Any) -> tuple[GuestSeen, ...]:
    rows: dict[UUID, ReceptionVisit] = {}
    for row in record.visits_of(s, reception.id):
        if row.guest_id not in rows or row.day <= today:
            rows[row.guest_id] = row
    found = []
    for guest in record.guests_of(s, reception.id):
        seen = rows.get(guest.id)
        found.append(
            GuestSeen(
                guest.name, guest.post, guest.organisation or reception.organisation, guest.phone, seen.arrived_at if seen else None,
                seen.left_at if seen else None, guest.erased_at is not None,
            )
        )  # fmt: skip
    return tuple(found)

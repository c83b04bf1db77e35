"""One plan whole, for desk, paper and API: guests, lines, money, what happened, and what does not join (guide S3.1-R1 … R8).

A guest's phone, address and codes are only read by who plans, and leaders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms import approvals, labels, office
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Role
from core.sections import visits
from core.sections.reception import ending, incidents, joins, record, roomlink
from core.sections.reception.incidents import IncidentView
from core.sections.reception.joins import Leg, Warn
from core.sections.reception.record import Agreed, Reception, ReceptionLine, ReceptionVersion, State


@dataclass(frozen=True, slots=True)
class CodeOfDay:
    """A guest's invitation: its code, and how far it got."""

    visit_id: UUID
    day: date
    code: str
    state: str
    arrived_at: datetime | None
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class GuestLine:
    id: UUID
    name: str
    post: str
    organisation: str
    phone: str
    email: str
    language: str
    codes: tuple[CodeOfDay, ...]
    score: int | None
    remark: str
    erased: bool


@dataclass(frozen=True, slots=True)
class PlanLine:
    """An arrangement with names in place of ids; `room` is its booking's, empty when there is none; `room_booked` by the plan, `room_pending` to be approved."""

    id: UUID
    kind: str
    what: str
    owner_id: UUID | None
    owner: str
    starts_at: datetime
    ends_at: datetime
    place: str
    place_to: str
    companions: int
    cost_cents: int
    ticks_on: str
    note: str
    booking_id: UUID | None
    room: str
    room_id: UUID | None
    room_booked: bool
    room_pending: bool
    answer: str
    answered_by: str
    answered_at: datetime | None
    confirmed_with: str
    answer_note: str
    done_at: datetime | None
    late_minutes: int
    room_en: str = ""


@dataclass(frozen=True, slots=True)
class CostLine:
    kind: str
    amount_cents: int
    note: str
    evidence: tuple[str, ...]
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class EventLine:
    at: datetime
    what: str
    who: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version as it was put before the leader; `changes` tells it from the one before: (what, before, after)."""

    version: int
    made_by: str
    made_at: datetime
    approved: bool
    cents: int
    headcount: int
    lines: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan whole, for desk, paper and API. `planned` and `real` are cents by kind; `rating` is the guests' mean, `rated` how many answered."""

    id: UUID
    number: str
    title: str
    organisation: str
    level: str
    status: str
    state: str
    agreed: str
    purpose: str
    itinerary: str
    letter: str
    headcount: int
    starts_on: date
    ends_on: date
    lead_id: UUID
    lead: str
    created_by: str
    created_at: datetime
    guests: tuple[GuestLine, ...]
    lines: tuple[PlanLine, ...]
    warnings: tuple[Warn, ...]
    planned: dict[str, int]
    real: dict[str, int]
    planned_cents: int
    real_cents: int
    costs: tuple[CostLine, ...]
    incidents: tuple[IncidentView, ...]
    events: tuple[EventLine, ...]
    versions: tuple[VersionLine, ...]
    approval_id: UUID | None
    approved_by: str
    approved_at: datetime | None
    refused_because: str
    thanks: str
    thanked_at: datetime | None
    score: int | None
    lessons: str
    reviewed_by: str
    reviewed_at: datetime | None
    rating: float | None
    rated: int
    started_at: datetime | None
    ended_at: datetime | None
    cancelled_because: str
    copied_from: UUID | None
    may_plan: bool
    may_review: bool
    version: int


def plan(s: Session, reception_id: UUID, by: Actor, at: datetime) -> Plan | None:
    """The plan, or None when there is none or it is not the reader's."""
    row = s.get(Reception, reception_id)
    if row is None or not record.may_see(s, row, by):
        return None
    lines, costs, events = record.lines_of(s, row.id), ending.costs_of(s, row.id), record.events_of(s, row.id)
    versions = list(
        s.execute(
            select(ReceptionVersion).where(col(ReceptionVersion.reception_id) == row.id).order_by(col(ReceptionVersion.version))
        ).scalars()
    )
    names = record.names_of(
        s,
        {row.lead_id, row.created_by, row.reviewed_by}
        | {id for line in lines for id in (line.owner_id, line.answered_by)}
        | {cost.added_by for cost in costs}
        | {event.person_id for event in events}
        | {version.made_by for version in versions},
    )

    def who(id: UUID | None) -> str:
        return names.get(id, "") if id else ""

    rooms = roomlink.links(s, [line.booking_id for line in lines if line.booking_id])
    guests = _guests(s, row, by)
    scores = [guest.score for guest in guests if guest.score is not None]
    sums, real = joins.sums((line.kind, line.cost_cents) for line in lines), joins.sums((cost.kind, cost.amount_cents) for cost in costs)
    approved = next((event for event in reversed(events) if event.what == "approved"), None)
    refused = next((event for event in reversed(events) if event.what == "refused"), None)
    waiting = approvals.of(s, (record.SUBJECT, row.id))
    words = {str(line.id): line.what for line in lines}
    may_plan = record.may_plan(row, by)
    return Plan(
        id=row.id, number=record.number_of(row), title=record.title_of(row), organisation=row.organisation, level=row.level, status=record.status_of(row),
        state=row.state, agreed=row.agreed, purpose=row.purpose, itinerary=row.itinerary, letter=row.letter, headcount=row.headcount,
        starts_on=row.starts_on, ends_on=row.ends_on, lead_id=row.lead_id, lead=who(row.lead_id), created_by=who(row.created_by), created_at=row.created_at,
        guests=guests,
        lines=tuple(
            PlanLine(
                line.id, line.kind, line.what, line.owner_id, who(line.owner_id), line.starts_at, line.ends_at, line.place, line.place_to, line.companions,
                line.cost_cents, line.ticks_on, line.note, line.booking_id, rooms[line.booking_id].room if line.booking_id in rooms else "",
                rooms[line.booking_id].room_id if line.booking_id in rooms else None, line.room_booked,
                line.booking_id in rooms and rooms[line.booking_id].pending, line.answer,
                who(line.answered_by), line.answered_at, line.confirmed_with, line.answer_note, line.done_at, line.late_minutes,
                rooms[line.booking_id].room_en if line.booking_id in rooms else "",
            )
            for line in lines
        ),
        warnings=tuple(warnings_of(s, row, at)) if row.state in (State.PLANNED, State.RUNNING) else (),
        planned=sums, real=real, planned_cents=sum(sums.values()), real_cents=sum(real.values()),
        costs=tuple(CostLine(c.kind, c.amount_cents, c.note, tuple(c.evidence), who(c.added_by), c.added_at) for c in costs),
        incidents=tuple(incidents.incidents_of(s, row.id, by)),
        events=tuple(EventLine(event.at, event.what, who(event.person_id), _named(event.facts, words)) for event in events),
        versions=tuple(
            VersionLine(
                v.version, who(v.made_by), v.made_at, any(e.what == "approved" and e.facts.get("version") == v.version for e in events),
                int(v.weight["cents"]), int(v.weight["headcount"]), len(v.content["lines"]),
            )
            for v in versions
        ),
        approval_id=waiting.id if waiting else None, approved_by=who(approved.person_id) if approved else "", approved_at=approved.at if approved else None,
        refused_because=str(refused.facts.get("reason", "")) if refused and row.agreed == Agreed.REFUSED else "", thanks=row.thanks,
        thanked_at=row.thanked_at, score=row.score, lessons=row.lessons, reviewed_by=who(row.reviewed_by), reviewed_at=row.reviewed_at,
        rating=sum(scores) / len(scores) if scores else None, rated=len(scores), started_at=row.started_at, ended_at=row.ended_at,
        cancelled_because=row.cancelled_because, copied_from=row.copied_from, may_plan=may_plan,
        may_review=may_plan and row.state in (State.ENDED, State.REVIEWED), version=row.version,
    )  # fmt: skip


def _named(facts: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """Lines by their words; of one that is gone, nothing."""
    return {name: words.get(str(value), "—") if name == "line" else value for name, value in facts.items()}


def _guests(s: Session, row: Reception, by: Actor) -> tuple[GuestLine, ...]:
    trusted = record.may_plan(row, by) or by.has(Role.LEADER)
    invited = record.visits_of(s, row.id)
    codes = labels.codes_of(s, SubjectKind.VISIT, [one.visit_id for one in invited]) if trusted else {}
    states = {one.visit_id: visit.state for one in invited if (visit := s.get(visits.Visit, one.visit_id)) is not None}
    found = []
    for guest in record.guests_of(s, row.id):
        mine = tuple(
            CodeOfDay(one.visit_id, one.day, codes.get(one.visit_id, ""), states.get(one.visit_id, ""), one.arrived_at, one.left_at)
            for one in invited
            if one.guest_id == guest.id
        )
        found.append(
            GuestLine(
                guest.id, guest.name, guest.post, guest.organisation, guest.phone if trusted else "", guest.email if trusted else "", guest.language, mine,
                guest.score, guest.remark if trusted else "", guest.erased_at is not None,
            )
        )  # fmt: skip
    return tuple(found)


# ── warnings ──


def warnings_of(s: Session, row: Reception, at: datetime) -> list[Warn]:
    """What a careful planner would notice in this plan, with the owners' other plans and the rooms behind its lines."""
    lines = record.lines_of(s, row.id)
    others = _other_lines(s, row, lines)
    plans = {other.id: record.title_of(other) for other in _plans_of(s, others)}
    names = record.names_of(s, {line.owner_id for line in (*lines, *others)})
    legs = [_leg(line, names, "") for line in lines]
    found = joins.warnings(
        legs, zone=clock.zone(), starts_on=row.starts_on, ends_on=row.ends_on, guests=row.headcount, letter=bool(row.letter), at=at,
        others=[_leg(line, names, plans.get(line.reception_id, "—")) for line in others], official=office.setting(s, "reception.official") == "on",
    )  # fmt: skip
    rooms = roomlink.links(s, [line.booking_id for line in lines if line.booking_id])
    for line in lines:
        room = rooms.get(line.booking_id) if line.booking_id else None
        if room is not None and not room.stands:
            found.insert(0, Warn("reception.warn.room_gone", {"what": line.what, "room": room.room}, (line.id,), grave=True))
        elif room is not None and not (room.starts_at <= line.starts_at and line.ends_at <= room.ends_at):
            found.append(Warn("reception.warn.room_time", {"what": line.what, "room": room.room}, (line.id,)))
    return found


def _leg(line: ReceptionLine, names: dict[UUID, str], plan_: str) -> Leg:
    return Leg(
        line.id, line.kind, line.what, line.owner_id, names.get(line.owner_id, "") if line.owner_id else "", line.starts_at, line.ends_at, line.place,
        line.place_to, line.companions, line.answer, plan_,
    )  # fmt: skip


def _other_lines(s: Session, row: Reception, lines: list[ReceptionLine]) -> list[ReceptionLine]:
    owners = {line.owner_id for line in lines if line.owner_id}
    if not owners:
        return []
    query = (
        select(ReceptionLine)
        .join(Reception, col(Reception.id) == col(ReceptionLine.reception_id))
        .where(
            col(ReceptionLine.owner_id).in_(owners),
            col(ReceptionLine.reception_id) != row.id,
            col(Reception.state).in_((State.PLANNED, State.RUNNING)),
        )
        .where(
            col(ReceptionLine.starts_at) < max(line.ends_at for line in lines),
            col(ReceptionLine.ends_at) > min(line.starts_at for line in lines),
        )
    )
    return list(s.execute(query.order_by(col(ReceptionLine.id)).limit(500)).scalars())


def _plans_of(s: Session, lines: list[ReceptionLine]) -> list[Reception]:
    ids = {line.reception_id for line in lines}
    return list(s.execute(select(Reception).where(col(Reception.id).in_(ids))).scalars()) if ids else []

"""A reception plan (接待预案): its tables, who may read and write it, and what lists show (guide S3.1-R1, R2; norms.md 16).

Who comes, at which level, why, which days; arrangements of six kinds with an owner each. What guests are called is kept like a visitor's name and goes with
it: the plan, its costs and its versions name no guest and stay for the expense claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, UniqueConstraint, false, or_, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import people
from core.mechanisms.operations import OFFICE, Actor, Role, touch

SUBJECT = "reception"
READERS = OFFICE | {Role.LEADER}


class Level(StrEnum):
    """接待规格: the rank of the hosts against that of the guests."""

    HIGH = "high"
    EQUAL = "equal"
    WORKING = "working"


class Kind(StrEnum):
    """The six arrangements of the guide, in the order of a form."""

    MEET = "meet_and_see_off"
    ESCORT = "escort"
    MEALS = "meals"
    LODGING = "lodging"
    TRANSPORT = "transport"
    SITE_VISIT = "site_visit"


class State(StrEnum):
    """Where the visit stands; whether it was agreed to is `Agreed`."""

    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"
    REVIEWED = "reviewed"
    CANCELLED = "cancelled"


class Agreed(StrEnum):
    """What the leader said: nothing yet, asked, approved, refused, or approved before a change of weight."""

    DRAFT = "draft"
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    STALE = "stale"


class Answer(StrEnum):
    """What the owner of a line said of it."""

    OPEN = "open"
    ASKED = "asked"
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    DECLINED = "declined"


class Reception(SQLModel, table=True):
    """One reception. `approved_version` is the version the leader last agreed to, 0 for none; money in cents."""

    __tablename__: ClassVar[str] = "reception"
    __table_args__ = (UniqueConstraint("year", "number"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    year: int
    number: int
    organisation: str
    title: str = ""
    level: str = Level.EQUAL
    purpose: str = ""
    itinerary: str = ""
    letter: str = ""
    headcount: int = 1
    starts_on: date = Field(index=True)
    ends_on: date = Field(index=True)
    lead_id: UUID = Field(foreign_key="person.id", index=True)
    state: str = Field(default=State.PLANNED, index=True)
    agreed: str = Agreed.DRAFT
    versions: int = 0
    approved_version: int = 0
    created_by: UUID | None = None
    created_at: datetime
    copied_from: UUID | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    thanked_at: datetime | None = None
    thanks: str = ""
    score: int | None = None
    lessons: str = ""
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = None
    cancelled_because: str = ""
    version: int = 1


class ReceptionGuest(SQLModel, table=True):
    """A guest on the list. Name, post, phone and mail are gone with the keeping time (`erased_at`)."""

    __tablename__: ClassVar[str] = "reception_guest"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    reception_id: UUID = Field(foreign_key="reception.id", index=True)
    position: int
    name: str
    post: str = ""
    organisation: str = ""
    phone: str = ""
    email: str = ""
    language: str = ""
    score: int | None = None
    remark: str = ""
    rated_at: datetime | None = None
    erased_at: datetime | None = None


class ReceptionVisit(SQLModel, table=True):
    """A guest's invitation of one day: which planned visit it became."""

    __tablename__: ClassVar[str] = "reception_visit"
    __table_args__ = (UniqueConstraint("guest_id", "day"),)
    visit_id: UUID = Field(foreign_key="visit.id", primary_key=True)
    reception_id: UUID = Field(foreign_key="reception.id", index=True)
    guest_id: UUID = Field(foreign_key="reception_guest.id")
    day: date
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    over: bool = False


class ReceptionLine(SQLModel, table=True):
    """One arrangement: what, who answers for it, from when to when, where (and where to), at what cost; what its owner said; what became of it.

    `ticks_on` is `arrival` or `leaving` for a line that the kiosk ticks by itself; `room_booked`: the plan booked its room, which moves with the line."""

    __tablename__: ClassVar[str] = "reception_line"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    reception_id: UUID = Field(foreign_key="reception.id", index=True)
    kind: str
    what: str
    owner_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    place_to: str = ""
    companions: int = 0
    cost_cents: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    ticks_on: str = ""
    note: str = ""
    booking_id: UUID | None = Field(default=None, index=True)
    room_booked: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    answer: str = Answer.OPEN
    asked_at: datetime | None = None
    answered_by: UUID | None = None
    answered_at: datetime | None = None
    confirmed_with: str = ""
    answer_note: str = ""
    done_at: datetime | None = None
    done_by: UUID | None = None
    late_at: datetime | None = None
    late_minutes: int = 0
    late_note: str = ""


class ReceptionVersion(SQLModel, table=True):
    """A plan as it was put before the leader: kept as it was, without the guest list; only a guest's name in its words is blotted out with the keeping time."""

    __tablename__: ClassVar[str] = "reception_version"
    reception_id: UUID = Field(foreign_key="reception.id", primary_key=True)
    version: int = Field(primary_key=True)
    content: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    weight: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    made_by: UUID | None = None
    made_at: datetime


class ReceptionCost(SQLModel, table=True):
    """Money that was really spent, with its papers: append-only; a correction is a row below zero with its reason."""

    __tablename__: ClassVar[str] = "reception_cost"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    reception_id: UUID = Field(foreign_key="reception.id", index=True)
    kind: str
    amount_cents: int = Field(sa_column=Column(BigInteger, nullable=False))
    note: str = ""
    evidence: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    added_by: UUID | None = None
    added_at: datetime


class ReceptionEvent(SQLModel, table=True):
    """What happened to a plan, in order: append-only. `facts` name no guest: a line is meant by its id."""

    __tablename__: ClassVar[str] = "reception_event"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    reception_id: UUID = Field(foreign_key="reception.id", index=True)
    at: datetime
    what: str
    person_id: UUID | None = None
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


for _table in ("reception_cost", "reception_event"):
    database.append_only(_table)


@dataclass(frozen=True, slots=True)
class ReceptionView:
    """A reception as the register and the API list show it. `status` is what a person calls it: draft, asked, refused, stale, approved, running, ended,
    reviewed or cancelled."""

    id: UUID
    number: str
    title: str
    organisation: str
    level: str
    status: str
    purpose: str
    starts_on: date
    ends_on: date
    headcount: int
    lead_id: UUID
    lead: str
    lines: int
    confirmed: int
    planned_cents: int
    real_cents: int
    planned: float
    real: float
    score: int | None
    version: int


# ── finding, and who may ──


def get(s: Session, reception_id: UUID) -> Reception:
    """The reception, or Refused reception.not_found."""
    found = s.get(Reception, reception_id)
    if found is None:
        raise Refused("reception.not_found")
    return found


def locked(s: Session, reception_id: UUID) -> Reception:
    """The reception as it is now, kept from others until this transaction ends."""
    s.flush()
    return s.get_one(Reception, reception_id, with_for_update=True, populate_existing=True)


def may_plan(reception: Reception, by: Actor) -> bool:
    """The office, the lead, and whoever took it in."""
    mine = by.person_id is not None and by.person_id in (reception.lead_id, reception.created_by)
    return mine or by.has(*OFFICE, Role.SYSTEM)


def may_see(s: Session, reception: Reception, by: Actor) -> bool:
    """Who plans, leaders, and everyone who answers for a line."""
    return may_plan(reception, by) or by.has(Role.LEADER) or is_host(s, reception.id, by.person_id)


def is_host(s: Session, reception_id: UUID, person_id: UUID | None) -> bool:
    """Whether this person answers for a line of the plan."""
    if person_id is None:
        return False
    query = select(col(ReceptionLine.id)).where(col(ReceptionLine.reception_id) == reception_id, col(ReceptionLine.owner_id) == person_id)
    return s.execute(query.limit(1)).first() is not None


def to_plan(s: Session, reception_id: UUID, by: Actor) -> Reception:
    """The plan for who may change it, while it can still be changed. Refuses: reception.not_found, reception.over"""
    reception = get(s, reception_id)
    if not may_plan(reception, by):
        raise NotAllowed()
    if reception.state in (State.ENDED, State.REVIEWED, State.CANCELLED):
        raise Refused("reception.over")
    return reception


def to_run(s: Session, reception_id: UUID, by: Actor) -> Reception:
    """The plan for who may tick it: hosts and who plans. Refuses: reception.not_found"""
    reception = get(s, reception_id)
    if not (may_plan(reception, by) or by.has(Role.LEADER) or is_host(s, reception.id, by.person_id)):
        raise NotAllowed()
    return reception


def line_of(s: Session, line_id: UUID) -> ReceptionLine:
    """The line, or Refused reception.line_not_found."""
    line = s.get(ReceptionLine, line_id)
    if line is None:
        raise Refused("reception.line_not_found")
    return line


def lines_of(s: Session, reception_id: UUID) -> list[ReceptionLine]:
    """The lines of a plan in the order of the day."""
    query = select(ReceptionLine).where(col(ReceptionLine.reception_id) == reception_id)
    return list(s.execute(query.order_by(col(ReceptionLine.starts_at), col(ReceptionLine.ends_at), col(ReceptionLine.id))).scalars())


def guests_of(s: Session, reception_id: UUID) -> list[ReceptionGuest]:
    """The guest list in its order, the head of the delegation first."""
    query = select(ReceptionGuest).where(col(ReceptionGuest.reception_id) == reception_id)
    return list(s.execute(query.order_by(col(ReceptionGuest.position), col(ReceptionGuest.id))).scalars())


def visits_of(s: Session, reception_id: UUID) -> list[ReceptionVisit]:
    """The invitations of a plan, by day."""
    query = select(ReceptionVisit).where(col(ReceptionVisit.reception_id) == reception_id)
    return list(s.execute(query.order_by(col(ReceptionVisit.day), col(ReceptionVisit.visit_id))).scalars())


def happened(s: Session, reception: Reception, what: str, by: UUID | None, at: datetime, **facts: Any) -> None:
    """A line of the plan's history; the plan changed, and its screens are told."""
    s.add(ReceptionEvent(reception_id=reception.id, at=at, what=what, person_id=by, facts=facts))
    reception.version += 1
    s.flush()
    touch(s, SUBJECT, reception.id)


def events_of(s: Session, reception_id: UUID) -> list[ReceptionEvent]:
    query = select(ReceptionEvent).where(col(ReceptionEvent.reception_id) == reception_id)
    return list(s.execute(query.order_by(col(ReceptionEvent.id))).scalars())


def number_of(reception: Reception) -> str:
    """接〔2026〕3号 (norms.md 1: full year in 〔〕, no leading zero)."""
    return f"接〔{reception.year}〕{reception.number}号"


def title_of(reception: Reception) -> str:
    return reception.title or reception.organisation


def status_of(reception: Reception) -> str:
    """One word for a person: how far it is agreed while it is planned, then how far it got."""
    return reception.agreed if reception.state == State.PLANNED else reception.state


# ── views ──


def views(s: Session, rows: Sequence[Reception]) -> list[ReceptionView]:
    """Receptions as lists show them, in three more statements however many there are."""
    ids = [row.id for row in rows]
    lines: dict[UUID, list[ReceptionLine]] = {id: [] for id in ids}
    real: dict[UUID, int] = dict.fromkeys(ids, 0)
    if ids:
        for line in s.execute(select(ReceptionLine).where(col(ReceptionLine.reception_id).in_(ids))).scalars():
            lines[line.reception_id].append(line)
        for cost in s.execute(select(ReceptionCost).where(col(ReceptionCost.reception_id).in_(ids))).scalars():
            real[cost.reception_id] += cost.amount_cents
    names = names_of(s, {row.lead_id for row in rows})
    return [_view(row, lines[row.id], real[row.id], names.get(row.lead_id, "")) for row in rows]


def _view(row: Reception, lines: Sequence[ReceptionLine], real_cents: int, lead: str) -> ReceptionView:
    planned = sum(line.cost_cents for line in lines)
    return ReceptionView(
        id=row.id, number=number_of(row), title=title_of(row), organisation=row.organisation, level=row.level, status=status_of(row),
        purpose=row.purpose, starts_on=row.starts_on, ends_on=row.ends_on, headcount=row.headcount, lead_id=row.lead_id, lead=lead,
        lines=len(lines), confirmed=sum(line.answer == Answer.CONFIRMED for line in lines), planned_cents=planned, real_cents=real_cents,
        planned=planned / 100, real=real_cents / 100, score=row.score, version=row.version,
    )  # fmt: skip


def names_of(s: Session, ids: set[UUID | None] | set[UUID]) -> dict[UUID, str]:
    """Who people of the office are."""
    wanted = [id for id in ids if id]
    if not wanted:
        return {}
    query = select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(wanted))
    return {row.id: row.name for row in s.execute(query)}


def escorts(s: Session, reception_id: UUID, day: date) -> list[UUID]:
    """Who escorts the guests on a day; nobody named for that day: who escorts at all, failing that the owners of the welcome."""
    lines = lines_of(s, reception_id)
    for kind in (Kind.ESCORT, Kind.MEET):
        mine = [line for line in lines if line.kind == kind and line.owner_id is not None]
        today = [line for line in mine if clock.today(line.starts_at) <= day <= clock.today(line.ends_at)]
        found = list(dict.fromkeys(line.owner_id for line in today or mine if line.owner_id))
        if found:
            return found
    return []


def mine(s: Session, person_id: UUID, at: datetime, *, limit: int = 30) -> list[ReceptionView]:
    """What a person leads or hosts: running first, then the next ones, then the latest."""
    hosted = select(col(ReceptionLine.reception_id)).where(col(ReceptionLine.owner_id) == person_id)
    query = select(Reception).where(
        or_(col(Reception.lead_id) == person_id, col(Reception.id).in_(hosted)), col(Reception.state) != State.CANCELLED
    )
    rows = list(s.execute(query.order_by(col(Reception.starts_on).desc(), col(Reception.id).desc()).limit(limit)).scalars())
    order = {State.RUNNING: 0, State.PLANNED: 1, State.ENDED: 2, State.REVIEWED: 3}
    rows.sort(
        key=lambda row: (
            order.get(State(row.state), 9),
            row.starts_on if row.state == State.PLANNED else date.max,
        )
    )
    return views(s, rows)

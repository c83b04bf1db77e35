"""Duties: who owes what by when, from which thing (house.md §3; inspections.md rows 6, 17, 18, 20; scenarios Floor 3 and 4).

A duty is open, done or verified; late is computed from the day it is due. Days are working days of the office. One that needs a second pair
of eyes is verified by somebody who neither owns nor fixed it. What happens to a duty is a row of its append-only history; nothing is
overwritten. A finding that comes again while its duty is open joins it (`merge_key`). Reminders go to the owner the working day before, on
the day, and when late, then climb to the head of the owner's department.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import ModuleType
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, Column, Index, and_, func, or_, select, text
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import NotAllowed, Refused
from core.foundation.i18n import as_mapping, full_day, t
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job
from core.mechanisms import attachments, notices, office, people, workdays
from core.mechanisms.attachments import Sha256
from core.mechanisms.operations import OFFICE, PERSON_ROLES, SYSTEM, Actor, Operation, Role, current_op_id, operation, perform_now, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query

OPEN, DONE, VERIFIED, CANCELLED = "open", "done", "verified", "cancelled"
State = Literal["open", "done", "verified", "cancelled"]
SEES_ALL = OFFICE | {Role.SAFETY, Role.LEADER}
VERIFIERS = frozenset({Role.ADMIN, Role.CLERK, Role.SAFETY, Role.LEADER})
Note = Annotated[str, StringConstraints(max_length=1000)]
Photos = Annotated[tuple[Sha256, ...], Input(max_length=20)]
LATE_STEPS = (1, 3, 5)
CLIMBS_AT = 3
REMINDS_FROM_HOUR = 8


class Duty(SQLModel, table=True):
    """One duty. `title_key` with `facts` says what in every language; `merge_key` names what it is about as long as it is open."""

    __tablename__: ClassVar[str] = "duty"
    __table_args__ = (
        Index("duty_one_open", "merge_key", unique=True, sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
        Index("duty_owner_state", "owner_id", "state", "due_on"),
    )
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    title_key: str
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    owner_id: UUID = Field(foreign_key="person.id")
    due_on: date
    state: str = OPEN
    four_eyes: bool = False
    subject_kind: str
    subject_id: UUID = Field(index=True)
    merge_key: str | None = None
    opened_by: UUID | None = None
    opened_at: datetime
    done_by: UUID | None = None
    done_at: datetime | None = None
    verified_by: UUID | None = None
    verified_at: datetime | None = None
    times: int = 1
    version: int = 1


class DutyEvent(SQLModel, table=True):
    """What happened to a duty: opened, again, completed, returned, verified, reminded, moved, cancelled. Append-only."""

    __tablename__: ClassVar[str] = "duty_event"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    duty_id: UUID = Field(foreign_key="duty.id", index=True)
    at: datetime
    what: str
    person_id: UUID | None = None
    note: str = ""
    photos: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    op_id: UUID


database.append_only("duty_event")


@dataclass(frozen=True, slots=True)
class EventView:
    at: datetime
    what: str
    person: str
    note: str
    photos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DutyView:
    """A duty as lists and pages show it, its title in the reader's language. `state` is open, done, verified or cancelled; `late` is true
    of an open one."""

    id: UUID
    title: str
    owner_id: UUID
    owner: str
    due_on: date
    state: str
    late: bool
    four_eyes: bool
    subject_kind: str
    subject_id: UUID
    opened_at: datetime
    done_by_id: UUID | None
    done_at: datetime | None
    verified_at: datetime | None
    times: int
    version: int
    facts: dict[str, Any]
    may_complete: bool
    may_verify: bool


# ── for sections ──


def open_duty(
    s: Session, *, title_key: str, owner_id: UUID, subject: tuple[str, UUID], at: datetime, facts: dict[str, Any] | None = None,
    due_on: date | None = None,
    four_eyes: bool = False, merge_key: str | None = None, by: Actor = SYSTEM, photos: Sequence[str] = (), remark: str = "",
) -> Duty:  # fmt: skip
    """A new duty inside another section's operation, or the open one about the same `merge_key`, which then happened once more.

    `due_on` defaults to the office's `duty.lead_workdays` working days after today."""
    duty = find_open(s, merge_key) if merge_key else None
    if duty is not None:
        # Found again while its repair waits for a second pair of eyes: it is not repaired.
        duty.state, duty.done_by, duty.done_at = OPEN, None, None
        duty.times += 1
        duty.version += 1
        _happened(s, duty, "again", by, at, remark, photos)
        return duty
    due = due_on or workdays.add(s, clock.today(at), int(office.setting(s, "duty.lead_workdays")))
    duty = Duty(
        title_key=title_key, facts=facts or {}, owner_id=owner_id, due_on=due, four_eyes=four_eyes, subject_kind=subject[0],
        subject_id=subject[1],
        merge_key=merge_key, opened_by=by.person_id, opened_at=at,
    )  # fmt: skip
    s.add(duty)
    s.flush()
    _happened(s, duty, "opened", by, at, remark, photos)
    if duty.owner_id != by.person_id:
        _tell(s, duty, duty.owner_id, "duty.notice.opened", at)
    return duty


def find_open(s: Session, merge_key: str) -> Duty | None:
    """The duty under this key that is not settled yet: open, or done and waiting for its verification."""
    waiting = and_(col(Duty.state) == DONE, col(Duty.four_eyes).is_(True))
    query = select(Duty).where(col(Duty.merge_key) == merge_key, or_(col(Duty.state) == OPEN, waiting)).order_by(col(Duty.id).desc())
    return s.execute(query.limit(1)).scalar_one_or_none()


def settle(s: Session, duty: Duty, by: Actor, at: datetime, remark: str = "") -> None:
    """Close a duty because the thing itself was settled (a licence renewed, a loan returned): done and, if it needs no second person,
    final."""
    if duty.state == OPEN:
        _complete(s, duty, by, at, remark, ())


WhenDone = Callable[[Session, Duty, Actor, datetime], None]
_when_done: dict[str, WhenDone] = {}


def when_done(subject_kind: str) -> Callable[[WhenDone], WhenDone]:
    """Mark what a section does, in the same transaction, when a duty about a thing of this kind is done (a fault that is repaired)."""

    def mark(function: WhenDone) -> WhenDone:
        function.__when_done__ = subject_kind  # type: ignore[attr-defined]
        return function

    return mark


def include(*modules: ModuleType) -> None:
    """Know what these modules do when a duty is done; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            kind = getattr(value, "__when_done__", None)
            if isinstance(kind, str):
                _when_done[kind] = value


def cancel(s: Session, duty: Duty, by: Actor, at: datetime, remark: str = "") -> None:
    """Nobody owes it any more (its plan ended, its thing is gone): an open duty ends undone."""
    if duty.state == OPEN:
        duty.state = CANCELLED
        duty.version += 1
        _happened(s, duty, "cancelled", by, at, remark)


def hand_on(s: Session, duty: Duty, owner_id: UUID, by: Actor, at: datetime) -> None:
    """An open duty goes along with its thing to another owner, who is told."""
    if duty.state == OPEN and duty.owner_id != owner_id:
        duty.owner_id = owner_id
        duty.version += 1
        _happened(s, duty, "moved", by, at)
        _tell(s, duty, owner_id, "duty.notice.opened", at)


# ── operations ──


class OpenDuty(Operation):
    """A duty somebody writes by hand."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    owner_id: UUID
    due_on: date | None = None
    four_eyes: bool = False
    note: Note = ""
    photos: Photos = ()


@operation(OpenDuty, "duty.open", roles=SEES_ALL)
def open_by_hand(s: Session, do: OpenDuty, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: person.not_found"""
    owner = people.get(s, do.owner_id)
    duty = open_duty(
        s, title_key="duty.by_hand", facts={"title": do.title}, owner_id=owner.id, due_on=do.due_on, four_eyes=do.four_eyes,
        subject=("person", owner.id), at=at, by=by, photos=do.photos, remark=do.note,
    )  # fmt: skip
    return {"duty_id": duty.id, "due_on": duty.due_on}


class CompleteDuty(Operation):
    duty_id: UUID
    note: Note = ""
    photos: Photos = ()


@operation(CompleteDuty, "duty.complete", roles=PERSON_ROLES, offline=True)
def complete(s: Session, do: CompleteDuty, by: Actor, at: datetime) -> DutyView:
    """Its owner, or the office for them, says it is done. One that needs a second person must say how (a note or a photo) and then waits
    for them.

    Doing it twice is quiet. Refuses: duty.not_found, duty.closed, duty.evidence_missing; not allowed: somebody else's."""
    duty = get(s, do.duty_id)
    if by.person_id != duty.owner_id and not by.has(*VERIFIERS, Role.SYSTEM):
        raise NotAllowed(duty=duty.id)
    if duty.state == DONE and duty.done_by == by.person_id:
        return view(s, duty, by, at)
    if duty.state != OPEN:
        raise Refused("duty.closed", state=duty.state)
    if duty.four_eyes and not do.note and not do.photos:
        raise Refused("duty.evidence_missing")
    _complete(s, duty, by, at, do.note, do.photos)
    return view(s, duty, by, at)


class VerifyDuty(Operation):
    """`accepted` false sends it back to its owner with the reason."""

    duty_id: UUID
    accepted: bool = True
    note: Note = ""
    photos: Photos = ()


@operation(VerifyDuty, "duty.verify", roles=VERIFIERS)
def verify(s: Session, do: VerifyDuty, by: Actor, at: datetime) -> DutyView:
    """Another person looks at what was done (scenario Floor 4). Refuses: duty.not_found, duty.not_done, duty.reason_missing; not allowed:
    who owns or fixed it."""
    duty = get(s, do.duty_id)
    if by.person_id in (duty.done_by, duty.owner_id):
        raise NotAllowed(duty=duty.id)
    if duty.state == VERIFIED and do.accepted:
        return view(s, duty, by, at)
    if duty.state != DONE:
        raise Refused("duty.not_done")
    if not do.accepted and not do.note:
        raise Refused("duty.reason_missing")
    if do.accepted:
        duty.state, duty.verified_by, duty.verified_at = VERIFIED, by.person_id, at
    else:
        duty.state, duty.done_by, duty.done_at = OPEN, None, None
    duty.version += 1
    _happened(s, duty, "verified" if do.accepted else "returned", by, at, do.note, do.photos)
    return view(s, duty, by, at)


class MoveDuty(Operation):
    """Another owner or another day, with the reason."""

    duty_id: UUID
    owner_id: UUID | None = None
    due_on: date | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=300)]


@operation(MoveDuty, "duty.move", roles=VERIFIERS)
def move(s: Session, do: MoveDuty, by: Actor, at: datetime) -> DutyView:
    """Refuses: duty.not_found, duty.closed, person.not_found"""
    duty = get(s, do.duty_id)
    if duty.state != OPEN:
        raise Refused("duty.closed", state=duty.state)
    if do.owner_id is not None:
        duty.owner_id = people.get(s, do.owner_id).id
    duty.due_on = do.due_on or duty.due_on
    duty.version += 1
    _happened(s, duty, "moved", by, at, do.reason)
    return view(s, duty, by, at)


class RemindDuty(Operation):
    """One step of the ladder: `ahead`, `today`, `late_1`, `late_3`, `late_5`. Said by the job, once each."""

    duty_id: UUID
    step: str


@operation(RemindDuty, "duty.remind", roles=set())
def remind(s: Session, do: RemindDuty, by: Actor, at: datetime) -> None:
    """Tell the owner; from the third working day late also whoever answers for them."""
    duty = get(s, do.duty_id)
    if duty.state != OPEN:
        return
    late = do.step.startswith("late")
    _tell(s, duty, duty.owner_id, "duty.notice.late" if late else "duty.notice.due", at)
    above = _above(s, duty.owner_id)
    if late and int(do.step.removeprefix("late_")) >= CLIMBS_AT and above is not None:
        _tell(s, duty, above, "duty.notice.late_of", at, owner=people.get(s, duty.owner_id).name)
    _happened(s, duty, "reminded", by, at)


# ── job ──


@job(every_s=600)
def send_reminders(at: datetime) -> int:
    """Remind of what is due tomorrow (in working days), today, or late by 1, 3 and 5 working days; answers how many it told.

    The ids of its operations are made of duty, day and step, so that a restart never tells twice; only the step of the present day is
    said."""
    today = clock.today(at)
    if clock.local(at).hour < REMINDS_FROM_HOUR:
        return 0
    with database.reading() as s:
        if not workdays.is_workday(s, today):
            return 0
        horizon = workdays.add(s, today, 1)
        due = list(s.execute(select(Duty).where(col(Duty.state) == OPEN, col(Duty.due_on) <= horizon).limit(5000)).scalars())
        steps = [(duty, _step(s, duty, today)) for duty in due]
    told = 0
    for duty, step in steps:
        if step is not None:
            outcome = perform_now(
                RemindDuty(duty_id=duty.id, step=step), by=SYSTEM, at=at, op_id=derived("duty.remind", duty.id, duty.due_on, step)
            )
            told += outcome.ok and not outcome.repeated
    return told


def _step(s: Session, duty: Duty, today: date) -> str | None:
    if duty.due_on > today:
        return "ahead" if duty.opened_at < clock.day_span(today)[0] else None
    if duty.due_on == today:
        return "today"
    late = workdays.between(s, duty.due_on, today)
    return f"late_{late}" if late in LATE_STEPS else None


# ── reads ──


def get(s: Session, duty_id: UUID) -> Duty:
    """The duty, or Refused duty.not_found."""
    duty = s.get(Duty, duty_id)
    if duty is None:
        raise Refused("duty.not_found")
    return duty


def is_late(duty: Duty, at: datetime) -> bool:
    """Whether an open duty's day has passed."""
    return duty.state == OPEN and duty.due_on < clock.today(at)


def title_of(duty: Duty, language: str) -> str:
    """What is to be done, in a language. A fact that is itself a sentence in three languages is said in this one."""
    facts = {name: value.get(language, "") if isinstance(value, dict) else value for name, value in duty.facts.items()}
    return t(duty.title_key, language, **as_mapping(facts, language, clock.zone()))


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
    names = _names(s, {row.owner_id for row in rows})
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
    names = _names(s, {row.person_id for row in rows if row.person_id})
    return [EventView(row.at, row.what, names.get(row.person_id, "") if row.person_id else "", row.note, tuple(row.photos)) for row in rows]


def may_see(duty: Duty, by: Actor) -> bool:
    """The office, safety, leaders; its owner and whoever opened it."""
    return by.has(*SEES_ALL, Role.SYSTEM) or (by.person_id is not None and by.person_id in (duty.owner_id, duty.opened_by))


@attachments.shown_with("duty")
def _may_see_photos(s: Session, duty_id: UUID, by: Actor) -> bool:
    duty = s.get(Duty, duty_id)
    return duty is not None and may_see(duty, by)


# ── private ──


def _complete(s: Session, duty: Duty, by: Actor, at: datetime, remark: str, photos: Sequence[str]) -> None:
    duty.state, duty.done_by, duty.done_at = DONE, by.person_id, at
    duty.version += 1
    _happened(s, duty, "completed", by, at, remark, photos)
    if (act := _when_done.get(duty.subject_kind)) is not None:
        act(s, duty, by, at)


def _happened(s: Session, duty: Duty, what: str, by: Actor, at: datetime, remark: str = "", photos: Iterable[str] = ()) -> None:
    kept = list(photos)
    s.add(DutyEvent(duty_id=duty.id, at=at, what=what, person_id=by.person_id, note=remark, photos=kept, op_id=current_op_id(s)))
    attachments.use(s, kept, "duty", duty.id, by, at)
    touch(s, "duty", duty.id)


def _tell(s: Session, duty: Duty, person_id: UUID, key: str, at: datetime, **facts: Any) -> None:
    language = people.get(s, person_id).language
    told = {"title": title_of(duty, language), "due_on": full_day(duty.due_on, language), **facts}
    notices.queue(s, key=key, facts=told, to_person_id=person_id, subject=("duty", duty.id), at=at)


def _above(s: Session, person_id: UUID) -> UUID | None:
    """The head of the person's department, or of the one above when that is the person; nobody when nobody is named."""
    department_id = people.get(s, person_id).department_id
    for _ in range(10):
        department = s.get(people.Department, department_id) if department_id else None
        if department is None:
            return None
        if department.head_id is not None and department.head_id != person_id:
            return department.head_id
        department_id = department.parent_id
    return None


def _names(s: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    wanted = list(ids)
    rows = s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(wanted))) if wanted else ()
    return {row.id: row.name for row in rows}


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

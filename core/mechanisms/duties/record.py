"""A duty's row, its events, and who may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, Column, Index, and_, or_, select, text
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.i18n import as_mapping, full_day, t
from core.foundation.ids import uuid7
from core.mechanisms import attachments, notices, people
from core.mechanisms.attachments import Sha256
from core.mechanisms.operations import OFFICE, Actor, Role, current_op_id, touch

OPEN, DONE, VERIFIED, CANCELLED = "open", "done", "verified", "cancelled"
State = Literal["open", "done", "verified", "cancelled"]
SEES_ALL = OFFICE | {Role.SAFETY, Role.LEADER}
VERIFIERS = frozenset({Role.ADMIN, Role.CLERK, Role.SAFETY, Role.LEADER})
Note = Annotated[str, StringConstraints(max_length=1000)]
Photos = Annotated[tuple[Sha256, ...], Input(max_length=20)]


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


def find_open(s: Session, merge_key: str) -> Duty | None:
    """The duty under this key that is not settled yet: open, or done and waiting for its verification."""
    waiting = and_(col(Duty.state) == DONE, col(Duty.four_eyes).is_(True))
    query = select(Duty).where(col(Duty.merge_key) == merge_key, or_(col(Duty.state) == OPEN, waiting)).order_by(col(Duty.id).desc())
    return s.execute(query.limit(1)).scalar_one_or_none()


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


def may_see(duty: Duty, by: Actor) -> bool:
    """The office, safety, leaders; its owner and whoever opened it."""
    return by.has(*SEES_ALL, Role.SYSTEM) or (by.person_id is not None and by.person_id in (duty.owner_id, duty.opened_by))


@attachments.shown_with("duty")
def may_see_photos(s: Session, duty_id: UUID, by: Actor) -> bool:
    duty = s.get(Duty, duty_id)
    return duty is not None and may_see(duty, by)


def note_event(s: Session, duty: Duty, what: str, by: Actor, at: datetime, remark: str = "", photos: Iterable[str] = ()) -> None:
    kept = list(photos)
    s.add(DutyEvent(duty_id=duty.id, at=at, what=what, person_id=by.person_id, note=remark, photos=kept, op_id=current_op_id(s)))
    attachments.use(s, kept, "duty", duty.id, by, at)
    touch(s, "duty", duty.id)


def tell(s: Session, duty: Duty, person_id: UUID, key: str, at: datetime, **facts: Any) -> None:
    language = people.get(s, person_id).language
    told = {"title": title_of(duty, language), "due_on": full_day(duty.due_on, language), **facts}
    notices.queue(s, key=key, facts=told, to_person_id=person_id, subject=("duty", duty.id), at=at)


def names_of(s: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    wanted = list(ids)
    rows = s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(wanted))) if wanted else ()
    return {row.id: row.name for row in rows}

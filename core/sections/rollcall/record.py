"""What a roll call is, and how the ticks of several marshals merge (scenario Front desk 9; pitfall V38).

A mark is a fact that somebody told: a tick ("I see them, here"), or the taking back of ticks, which names the ticks it takes back. Marks are
only ever added. Somebody is found as long as one tick stands that nobody took back: so marks may arrive in any order, late and more than
once, and every phone, the desk and the paper end with the same list. A tick whose taking back arrived first is taken back as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, Session, SQLModel

from core.foundation import database
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms.operations import Role

STARTERS = frozenset({Role.ADMIN, Role.RECEPTION, Role.SAFETY, Role.LEADER, Role.CLERK})
MARSHALS = STARTERS


class RollCall(SQLModel, table=True):
    """One roll call. A drill says so on every screen and paper; a real one that begins during a drill turns it real (`turned_real_at`)."""

    __tablename__: ClassVar[str] = "roll_call"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    year: int
    number: int
    drill: bool
    note: str = ""
    marshals: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    started_at: datetime = Field(index=True)
    started_by: UUID | None = None
    turned_real_at: datetime | None = None
    closed_at: datetime | None = Field(default=None, index=True)
    closed_by: UUID | None = None
    closing_note: str = ""
    erased_at: datetime | None = None
    version: int = 1


class RollCallAlias(SQLModel, table=True):
    """A roll call that a phone began without the server, while another one ran: its marks belong to that one."""

    __tablename__: ClassVar[str] = "roll_call_alias"
    id: UUID = Field(primary_key=True)
    roll_call_id: UUID = Field(foreign_key="roll_call.id", index=True)


class RollCallLine(SQLModel, table=True):
    """Somebody to look for, as they stood when the roll call began; `added_at` of those who came on the list later."""

    __tablename__: ClassVar[str] = "roll_call_line"
    __table_args__ = (UniqueConstraint("roll_call_id", "subject_id", name="roll_call_line_once"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    roll_call_id: UUID = Field(foreign_key="roll_call.id", index=True)
    subject_id: UUID
    kind: str
    name: str
    detail: str = ""
    host: str = ""
    where: str = ""
    since: datetime | None = None
    status: str
    headcount: int = 1
    number: str = ""
    label: str = ""
    added_at: datetime | None = None


class RollCallMark(SQLModel, table=True):
    """A tick, or the taking back of ticks (`takes_back` names them). Its id is the operation's, so that a phone knows it beforehand."""

    __tablename__: ClassVar[str] = "roll_call_mark"
    __table_args__ = (Index("ix_roll_call_mark_of", "roll_call_id", "subject_id"),)
    id: UUID = Field(primary_key=True)
    roll_call_id: UUID = Field(foreign_key="roll_call.id")
    subject_id: UUID
    takes_back: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    person_id: UUID | None = None
    device_id: UUID | None = None
    place_id: UUID | None = None
    headcount: int = 1
    at: datetime
    received_at: datetime
    after_close: bool = False


class RollCallReport(SQLModel, table=True):
    """What was sealed at the close, and again when late ticks came: the words themselves, with their hash, and how many marks they hold."""

    __tablename__: ClassVar[str] = "roll_call_report"
    __table_args__ = (UniqueConstraint("roll_call_id", "revision", name="roll_call_report_once"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    roll_call_id: UUID = Field(foreign_key="roll_call.id", index=True)
    revision: int
    content: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    sha256: str
    marks: int
    sealed_at: datetime
    sealed_by: UUID | None = None


database.append_only("roll_call_mark")


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark without its table: what the merge looks at."""

    id: UUID
    subject_id: UUID
    takes_back: frozenset[UUID] = frozenset()
    place_id: UUID | None = None
    headcount: int = 1

    @property
    def is_tick(self) -> bool:
        return not self.takes_back


def merge(marks: Iterable[Mark]) -> Mapping[UUID, frozenset[UUID]]:
    """The ticks that stand, by subject; a subject that has none is not in it. Order, delay and repetition change nothing."""
    known = {mark.id: mark for mark in marks}
    gone = {taken for mark in known.values() for taken in mark.takes_back}
    found: dict[UUID, set[UUID]] = {}
    for mark in known.values():
        if mark.is_tick and mark.id not in gone:
            found.setdefault(mark.subject_id, set()).add(mark.id)
    return {subject: frozenset(ids) for subject, ids in found.items()}


def heads(standing: Iterable[Mark], expected: int) -> int:
    """How many of a group were seen: two marshals at one place see the same people (the larger number), at different places other ones."""
    at_places: dict[UUID | None, int] = {}
    for mark in standing:
        at_places[mark.place_id] = max(at_places.get(mark.place_id, 0), mark.headcount)
    return min(expected, sum(at_places.values()))


def resolve(s: Session, roll_call_id: UUID) -> RollCall:
    """The roll call of an id, also of one that a phone gave. Refuses: rollcall.not_found"""
    alias = s.get(RollCallAlias, roll_call_id)
    found = s.get(RollCall, alias.roll_call_id if alias else roll_call_id)
    if found is None:
        raise Refused("rollcall.not_found")
    return found


def changed(roll_call: RollCall) -> None:
    roll_call.version += 1

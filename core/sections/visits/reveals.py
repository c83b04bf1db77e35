"""Reading what is masked: whoever needs it in clear says why, and that stays (issue 5, Privacy; norms.md 11).

The value itself never travels through the operation, whose outcome is kept for ever: the operation opens a door for a minute, for one person and one thing,
and a read function looks whether it is open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.ids import uuid7
from core.mechanisms import forgets, people
from core.mechanisms.forgets import Gone
from core.mechanisms.operations import Actor

OPEN_FOR = timedelta(minutes=1)


class Reveal(SQLModel, table=True):
    """Who read what in clear, when and why. `kind` is id_number (of a visit) or block (an entry)."""

    __tablename__: ClassVar[str] = "reveal"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    kind: str
    subject_id: UUID = Field(index=True)
    person_id: UUID
    at: datetime = Field(index=True)
    reason: str


@dataclass(frozen=True, slots=True)
class RevealView:
    """One line of who looked."""

    kind: str
    subject_id: UUID
    who: str
    at: datetime
    reason: str


def note(s: Session, kind: str, subject_id: UUID, reason: str, by: Actor, at: datetime) -> None:
    """Open the door for a minute. Only a person can give a reason."""
    assert by.person_id is not None
    s.add(Reveal(kind=kind, subject_id=subject_id, person_id=by.person_id, at=at, reason=reason))


def is_open(s: Session, kind: str, subject_id: UUID, by: Actor, at: datetime) -> bool:
    """Whether this person has given a reason within the last minute."""
    query = select(Reveal.id).where(
        col(Reveal.kind) == kind,
        col(Reveal.subject_id) == subject_id,
        col(Reveal.person_id) == by.person_id,
        col(Reveal.at) > at - OPEN_FOR,
        col(Reveal.at) <= at,
    )
    return s.execute(query.limit(1)).first() is not None


def latest(s: Session, *, limit: int = 50) -> list[RevealView]:
    """Who looked, latest first."""
    query = select(Reveal, people.Person.name).join(people.Person, col(people.Person.id) == col(Reveal.person_id))
    rows = s.execute(query.order_by(col(Reveal.at).desc()).limit(limit))
    return [RevealView(row.kind, row.subject_id, str(name), row.at, row.reason) for row, name in rows]


@forgets.visitors("reveals", "reveal.reason")
def forget(s: Session, gone: Gone, at: datetime) -> int:
    """Names in the reasons are blotted out; who looked, and when, stays."""
    rows = s.execute(select(Reveal).where(col(Reveal.subject_id).in_(gone.visit_ids))).scalars().all()
    for row in rows:
        row.reason = forgets.scrub(row.reason, gone.names | gone.phones | gone.emails)
    s.flush()
    return len(rows)

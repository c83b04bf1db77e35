"""Cases: help with outside affairs, and the office's rights and good name (guide S3.2-R4, R5).

A case may carry a legal flag. Notes are kept for ever; a confidential one is readable for the head (role leader) and who wrote it alone: not in
lists, not in exports, not through the API.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import notices, numbering, people
from core.mechanisms.operations import Actor, Operation, Role, current_op_id, operation, touch
from core.sections.liaison.contacts import LIAISON, Long, known

SERIES = "liaison-case"
HEAD = frozenset({Role.LEADER})


class LiaisonCase(SQLModel, table=True):
    """What somebody outside wants or does, who looks after it, how it ended."""

    __tablename__: ClassVar[str] = "liaison_case"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    year: int
    number: int
    title: str
    summary: str = ""
    legal: bool = Field(default=False, index=True)
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    owner_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    opened_at: datetime = Field(index=True)
    opened_by: UUID | None = None
    closed_at: datetime | None = Field(default=None, index=True)
    outcome: str = ""
    version: int = 1


class CaseNote(SQLModel, table=True):
    """What happened in a case: append-only."""

    __tablename__: ClassVar[str] = "liaison_case_note"
    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="liaison_case.id", index=True)
    text: str
    confidential: bool = False
    at: datetime
    by_id: UUID | None = None


database.append_only("liaison_case_note")


class OpenCase(Operation):
    case_id: UUID | None = None
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    summary: Long = ""
    legal: bool = False
    contact_id: UUID | None = None
    owner_id: UUID | None = None


@operation(OpenCase, "liaison.open_case", roles=LIAISON, personal=True)
def open_case(s: Session, do: OpenCase, by: Actor, at: datetime) -> dict[str, Any]:
    """A legal matter is told to the head at once. Answers `{case_id, year, number}`. Refuses: liaison.not_found"""
    if do.contact_id is not None:
        known(s, do.contact_id)
    year = clock.today(at).year
    case = LiaisonCase(
        id=do.case_id or uuid7(), year=year, number=numbering.next_number(s, SERIES, year), title=do.title, summary=do.summary, legal=do.legal,
        contact_id=do.contact_id, owner_id=do.owner_id or by.person_id, opened_at=at, opened_by=by.person_id,
    )  # fmt: skip
    s.add(case)
    s.flush()
    if do.legal:
        for head in people.with_role(s, *HEAD):
            if head.id != by.person_id:
                notices.queue(
                    s,
                    key="liaison.legal",
                    facts={"title": do.title, "who": by.name},
                    at=at,
                    to_person_id=head.id,
                    subject=("case", case.id),
                )
    touch(s, "case", case.id)
    return {"case_id": case.id, "year": year, "number": case.number}


class AddNote(Operation):
    case_id: UUID
    text: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    confidential: bool = False


@operation(AddNote, "liaison.add_note", roles=LIAISON, personal=True)
def add_note(s: Session, do: AddNote, by: Actor, at: datetime) -> dict[str, Any]:
    """Anybody of the office may leave a confidential note for the head. Refuses: liaison.not_found, liaison.closed"""
    case = _open(s, do.case_id)
    s.add(CaseNote(id=current_op_id(s), case_id=case.id, text=do.text, confidential=do.confidential, at=at, by_id=by.person_id))
    case.version += 1
    touch(s, "case", case.id)
    return {"note_id": current_op_id(s)}


class CloseCase(Operation):
    case_id: UUID
    outcome: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


@operation(CloseCase, "liaison.close_case", roles=LIAISON, personal=True)
def close_case(s: Session, do: CloseCase, by: Actor, at: datetime) -> dict[str, Any]:
    """A legal case is closed by the head. Refuses: liaison.not_found, liaison.closed"""
    case = _open(s, do.case_id)
    if case.legal and not by.has(*HEAD, Role.SYSTEM):
        raise NotAllowed()
    case.closed_at, case.outcome = at, do.outcome
    case.version += 1
    touch(s, "case", case.id)
    return {"case_id": case.id}


def get(s: Session, case_id: UUID) -> LiaisonCase:
    """Refuses: liaison.not_found"""
    found = s.get(LiaisonCase, case_id)
    if found is None:
        raise Refused("liaison.not_found")
    return found


def notes_for(s: Session, case_id: UUID, by: Actor) -> list[CaseNote]:
    """The notes this reader may see, oldest first."""
    query = select(CaseNote).where(col(CaseNote.case_id) == case_id).order_by(col(CaseNote.at), col(CaseNote.id))
    rows = s.execute(query).scalars()
    return [row for row in rows if not row.confidential or by.has(*HEAD) or (by.person_id is not None and row.by_id == by.person_id)]


def _open(s: Session, case_id: UUID) -> LiaisonCase:
    case = get(s, case_id)
    if case.closed_at is not None:
        raise Refused("liaison.closed")
    return case

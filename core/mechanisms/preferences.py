"""What a person chose for themselves on a screen: which columns a register shows. Kept with the person, on every desk they sit at."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, Column, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import NotAllowed
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, operation, touch


class Preference(SQLModel, table=True):
    """One choice of one person; `words` are the keys chosen, in order."""

    __tablename__: ClassVar[str] = "preference"
    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    name: str = Field(primary_key=True, max_length=80)
    words: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    updated_at: datetime


class SetPreference(Operation):
    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    words: Annotated[list[Annotated[str, StringConstraints(max_length=80)]], Input(max_length=100)]


@operation(SetPreference, "preference.set", roles=PERSON_ROLES, personal=True)
def set_preference(s: Session, do: SetPreference, by: Actor, at: datetime) -> None:
    """For the caller alone. Refuses: op.not_allowed for anyone who is no person"""
    if by.person_id is None:
        raise NotAllowed(kind="preference.set")
    found = s.get(Preference, (by.person_id, do.name))
    if found is None:
        found = Preference(person_id=by.person_id, name=do.name, updated_at=at)
        s.add(found)
    found.words, found.updated_at = do.words, at
    touch(s, "preference", by.person_id)


def chosen(s: Session, by: Actor, name: str) -> list[str] | None:
    """What the caller chose, or None for what everybody gets."""
    query = select(Preference).where(col(Preference.person_id) == by.person_id, col(Preference.name) == name)
    found = s.execute(query).scalar_one_or_none()
    return list(found.words) if found is not None else None

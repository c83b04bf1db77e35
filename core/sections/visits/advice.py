"""How to find us and what to bring: the office's own words in the mail of an invitation and on the visitor's pass (guide S3.1-R1).

Words belong to a site (or a floor, a room; none: everywhere), a kind of visitor (none: all) and a language. Each of the two texts is first looked for in
the visitor's language, there at the nearest place, there among the kind's own words before everybody's; then in the office's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import Index, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.i18n import LANGUAGES
from core.foundation.ids import derived
from core.mechanisms import office, places
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.mechanisms.people import Language
from core.mechanisms.places import Place

Words = Annotated[str, StringConstraints(max_length=1000, strip_whitespace=True)]
Kind = Annotated[str, StringConstraints(pattern="^([a-z0-9][a-z0-9_-]{0,39})?$")]


class VisitAdvice(SQLModel, table=True):
    """What one office says for a place and a kind of visitor in a language."""

    __tablename__: ClassVar[str] = "visit_advice"
    __table_args__ = (Index("ix_visit_advice_place", "place_id"),)
    id: UUID = Field(primary_key=True)
    place_id: UUID | None = Field(default=None, foreign_key="place.id")
    kind: str = ""
    language: str
    directions: str = ""
    bring: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Advice:
    """Both texts; empty where the office says nothing."""

    directions: str = ""
    bring: str = ""


class WriteAdvice(Operation):
    """For a place (none: the whole office) and a kind of visitor (none: all); both texts empty takes the words away."""

    place_id: UUID | None = None
    kind: Kind = ""
    language: Language
    directions: Words = ""
    bring: Annotated[Words, Input(default="")]


@operation(WriteAdvice, "visit.write_advice", roles={Role.ADMIN, Role.RECEPTION})
def write_advice(s: Session, do: WriteAdvice, by: Actor, at: datetime) -> None:
    """Refuses: place.not_found"""
    if do.place_id is not None:
        places.get(s, do.place_id)
    id = derived("visit advice", do.place_id, do.kind, do.language)
    row = s.get(VisitAdvice, id)
    touch(s, "visit_advice", id)
    if not do.directions and not do.bring:
        if row is not None:
            s.delete(row)
        return
    row = row or VisitAdvice(id=id, place_id=do.place_id, kind=do.kind, language=do.language, version=0)
    row.directions, row.bring, row.version = do.directions, do.bring, row.version + 1
    s.add(row)


def written(s: Session, place_id: UUID | None = None, kind: str = "") -> Mapping[str, Advice]:
    """What exactly this place says to exactly this kind, by language: for the page that edits it."""
    place = col(VisitAdvice.place_id).is_(None) if place_id is None else col(VisitAdvice.place_id) == place_id
    rows = s.execute(select(VisitAdvice).where(place, col(VisitAdvice.kind) == kind)).scalars()
    return {row.language: Advice(row.directions, row.bring) for row in rows}


def places_with_words(s: Session) -> set[UUID]:
    """Which places say something of their own."""
    return {id for id in s.execute(select(col(VisitAdvice.place_id)).distinct()).scalars() if id is not None}


def find(s: Session, place_id: UUID | None, kind: str, language: str) -> Advice:
    """What a visitor of this kind, to this place, is told in this language."""
    path: list[UUID | None] = []
    place = s.get(Place, place_id) if place_id else None
    while place is not None and len(path) < 20:
        path.append(place.id)
        place = s.get(Place, place.parent_id) if place.parent_id else None
    path.append(None)
    rows = list(s.execute(select(VisitAdvice).where(col(VisitAdvice.kind).in_(["", kind]))).scalars())
    host = office.info(s)
    speech = list(dict.fromkeys((language, host.language if host else LANGUAGES[0], *LANGUAGES)))
    rows = [row for row in rows if row.place_id in path and row.language in speech]
    rows.sort(key=lambda row: (speech.index(row.language), path.index(row.place_id), row.kind == ""))
    return Advice(next((row.directions for row in rows if row.directions), ""), next((row.bring for row in rows if row.bring), ""))

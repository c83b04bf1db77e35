"""Who must not see the book now: whoever counts blind (scenario Things 6).

A blind count hides its own figures (`views`), and also another count of the same things: its list would say what is expected, and where.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.mechanisms.operations import Actor
from core.sections.stocktakes.gathering import asked_of
from core.sections.stocktakes.record import REVIEWERS, CountEvent, Find, Kind, Mode, State, Stocktake, StocktakeLine
from core.sections.stocktakes.rounds import asked_again


def has_counted(s: Session, stocktake_id: UUID, person_id: UUID | None) -> bool:
    """Whether a person took part, by a count or a find; a count that was taken back was still theirs."""
    if person_id is None:
        return False
    return any(
        s.execute(
            select(col(table.op_id)).where(col(table.stocktake_id) == stocktake_id, col(table.person_id) == person_id).limit(1)
        ).first()
        for table in (CountEvent, Find)
    )


def blind_counts(s: Session, by: Actor, kind: str = Kind.ASSET) -> list[UUID]:
    """The blind counts under way that this person counts: who was asked to, or did, and where nobody was named every person but the office, who
    keeps the book."""
    query = select(Stocktake).where(
        col(Stocktake.state).in_((State.OPEN, State.CLOSED)), col(Stocktake.mode) == Mode.BLIND, col(Stocktake.kind) == kind
    )
    return [row.id for row in s.execute(query).scalars() if _counts(s, row, by)]


def _counts(s: Session, row: Stocktake, by: Actor) -> bool:
    asked = asked_of(s, row.id)
    if by.person_id in asked or by.person_id in asked_again(s, row.id) or has_counted(s, row.id, by.person_id):
        return True
    return not asked and row.state == State.OPEN and not by.has(*REVIEWERS)


def counts_the_same_blind(s: Session, row: Stocktake, by: Actor) -> bool:
    """Whether this person counts some of the things of this (not blind) session blind in another one that is under way."""
    if row.mode == Mode.BLIND or row.state in (State.APPROVED, State.REJECTED):
        return False
    blind = blind_counts(s, by, row.kind)
    if not blind:
        return False
    here, there = aliased(StocktakeLine), aliased(StocktakeLine)
    query = (
        select(here.id).join(there, there.subject_id == here.subject_id).where(here.stocktake_id == row.id, there.stocktake_id.in_(blind))  # type: ignore[attr-defined]  # a column of an alias
    )
    return s.execute(query.limit(1)).first() is not None

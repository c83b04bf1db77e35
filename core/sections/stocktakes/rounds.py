"""Who may count again what (scenario Things 6): after "count again" was said of a line, whoever observed it before is refused, and once counting has
ended only such lines are counted at all. The rule looks at our clock alone, so the order in which records arrive changes no result: what an early
phone still brings belongs to the round of its own moment, and `gathering.into_rounds` sets aside what was taken before the first count was known.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlmodel import Session, col

from core.foundation import database
from core.foundation.errors import Refused
from core.foundation.ids import derived
from core.mechanisms.operations import Actor
from core.sections.stocktakes.record import CountEvent, Decision, Kind, LineDecision, State, Stocktake, StocktakeLine

Key = tuple[UUID, UUID | None]


def extra_line_id(stocktake_id: UUID, *key: object) -> UUID:
    """The id of a line that the book did not expect: the same for the same thing, whenever it is asked."""
    return derived("stocktake", stocktake_id, *key)


_RECOUNT = select(col(LineDecision.op_id)).where(
    col(LineDecision.stocktake_id) == bindparam("asked_id"), col(LineDecision.decision) == Decision.RECOUNT
).limit(1)  # fmt: skip


def asks_again(s: Session, stocktake_id: UUID) -> bool:
    """Whether "count again" was ever said in this session."""
    return s.execute(_RECOUNT, {"asked_id": stocktake_id}).first() is not None


def asked_again(s: Session, stocktake_id: UUID) -> set[UUID]:
    """Everybody who was ever asked by name to count something again."""
    query = select(col(LineDecision.counter_id)).where(
        col(LineDecision.stocktake_id) == stocktake_id, col(LineDecision.counter_id).is_not(None)
    )
    return {person_id for person_id in s.execute(query.distinct()).scalars() if person_id is not None}


class Rounds:
    """The recounts of a session, for a set of things that are being counted."""

    def __init__(self, s: Session, stocktake: Stocktake, subject_ids: Collection[UUID]) -> None:
        self._stocktake, self._supplies = stocktake, stocktake.kind == Kind.SUPPLY
        self._asked: dict[Key, list[datetime]] = {}
        self._before: dict[tuple[UUID, Key], datetime] = {}
        self._extra: dict[UUID, list[datetime]] = {}
        moments = _moments(s, stocktake.id)
        self.any = bool(moments) or stocktake.state == State.CLOSED
        if not self.any or not subject_ids:
            return
        query = select(col(StocktakeLine.id), col(StocktakeLine.subject_id), col(StocktakeLine.place_id)).where(
            col(StocktakeLine.stocktake_id) == stocktake.id, database.among(col(StocktakeLine.subject_id), subject_ids)
        )
        for line_id, subject_id, place_id in s.execute(query):
            if line_id in moments:
                self._asked[self._key(subject_id, place_id)] = moments.pop(line_id)
        self._extra = moments
        seen = (
            select(col(CountEvent.subject_id), col(CountEvent.place_id), col(CountEvent.person_id), func.min(CountEvent.occurred_at))
            .where(col(CountEvent.stocktake_id) == stocktake.id, database.among(col(CountEvent.subject_id), subject_ids))
            .group_by(col(CountEvent.subject_id), col(CountEvent.place_id), col(CountEvent.person_id))
        )
        for subject_id, place_id, person_id, first in s.execute(seen):
            if subject_id is not None and person_id is not None:
                key = (person_id, self._key(subject_id, place_id))
                self._before[key] = min(first, self._before.get(key, first))

    def refusal(self, subject_id: UUID | None, place_id: UUID, by: Actor, at: datetime) -> Refused | None:
        """Why this person may not count this thing now, or None. Codes: stocktake.other_counts_again, stocktake.closed"""
        asked = [moment for moment in self._of(subject_id, place_id) if moment < at] if subject_id is not None else []
        late = self._stocktake.state == State.CLOSED and self._stocktake.closed_at is not None and at > self._stocktake.closed_at
        if not asked:
            return Refused("stocktake.closed", title=self._stocktake.title) if late else None
        assert subject_id is not None
        first = self._before.get((by.person_id, self._key(subject_id, place_id))) if by.person_id is not None else None
        if first is not None and first <= max(asked):
            return Refused("stocktake.other_counts_again")
        return None

    def asked_of(self, subject_id: UUID, at: datetime, place_id: UUID | None = None) -> bool:
        """Whether this thing was to be counted again before this moment."""
        return self.any and any(moment < at for moment in self._of(subject_id, place_id))

    def _of(self, subject_id: UUID, place_id: UUID | None) -> list[datetime]:
        key = self._key(subject_id, place_id)
        if key in self._asked:
            return self._asked[key]
        return self._extra.get(extra_line_id(self._stocktake.id, *(part for part in key if part is not None)), [])

    def _key(self, subject_id: UUID, place_id: UUID | None) -> Key:
        return subject_id, place_id if self._supplies else None


def _moments(s: Session, stocktake_id: UUID) -> dict[UUID, list[datetime]]:
    query = select(col(LineDecision.line_id), col(LineDecision.decided_at)).where(
        col(LineDecision.stocktake_id) == stocktake_id, col(LineDecision.decision) == Decision.RECOUNT
    )
    found: dict[UUID, list[datetime]] = {}
    for line_id, decided_at in s.execute(query):
        found.setdefault(line_id, []).append(decided_at)
    return found

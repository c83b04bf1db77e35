"""How far a count is: in all, by place and by person (guide S4.1-R6). A few statements, whatever the number of lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from core.sections.stocktakes.gathering import person_names, place_names
from core.sections.stocktakes.record import Answer, CountEvent, CountUndone, Kind, Mode, Stocktake, StocktakeCounter, StocktakeLine


@dataclass(frozen=True, slots=True)
class PlaceProgress:
    """One place of the book: how many lines it has, how many have been counted (wherever the thing was), who is asked to count there."""

    place_id: UUID | None
    place: str
    expected: int
    counted: int


@dataclass(frozen=True, slots=True)
class PersonProgress:
    """One person: where they are asked to count (empty: everywhere, or not asked), how many things they have seen, when last.
    `expected` is their own list in a count by keepers, else None."""

    person_id: UUID
    name: str
    asked: bool
    places: tuple[str, ...]
    counted: int
    expected: int | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    places: tuple[PlaceProgress, ...]
    people: tuple[PersonProgress, ...]


def progress(s: Session, stocktake: Stocktake) -> int:
    """How many expected lines have been counted: one statement, for lists and live screens."""
    return int(s.execute(select(func.count()).select_from(answered_lines(stocktake).subquery())).scalar_one())


def answered_lines(stocktake: Stocktake) -> Select[Any]:
    """The ids of expected lines that somebody has seen; in a count by keepers, answered for."""
    return select(col(StocktakeLine.id)).distinct().where(*_seen(stocktake))


def by_place_and_person(s: Session, stocktake: Stocktake) -> Progress:
    """Places in order of their names, people in order of theirs."""
    line, event = StocktakeLine, CountEvent
    expected: dict[UUID | None, tuple[str, int]] = {
        place_id: (name, int(n))
        for place_id, name, n in s.execute(
            select(col(line.place_id), func.max(line.place), func.count())
            .where(col(line.stocktake_id) == stocktake.id)
            .group_by(col(line.place_id))
        )
    }
    counted: dict[UUID | None, int] = {
        place_id: int(n)
        for place_id, n in s.execute(
            select(col(line.place_id), func.count(func.distinct(line.id))).where(*_seen(stocktake)).group_by(col(line.place_id))
        )
    }
    taken_back = _taken_back(stocktake)
    seen: dict[UUID, tuple[int, datetime]] = {
        person_id: (int(n), last)
        for person_id, n, last in s.execute(
            select(
                col(event.person_id), func.count(func.distinct(func.coalesce(event.subject_id, event.op_id))), func.max(event.occurred_at)
            )
            .where(col(event.stocktake_id) == stocktake.id, col(event.person_id).is_not(None), col(event.op_id).not_in(taken_back))
            .group_by(col(event.person_id))
        )
        if person_id is not None
    }
    owed: dict[UUID, int] = {}
    if stocktake.mode == Mode.SELF:
        query = select(col(line.keeper_id), func.count()).where(col(line.stocktake_id) == stocktake.id, col(line.keeper_id).is_not(None))
        owed = {person_id: int(n) for person_id, n in s.execute(query.group_by(col(line.keeper_id))) if person_id is not None}
    asked: dict[UUID, list[UUID]] = {}
    for one in s.execute(select(StocktakeCounter).where(col(StocktakeCounter.stocktake_id) == stocktake.id)).scalars():
        asked.setdefault(one.person_id, []).extend([one.place_id] if one.place_id else [])
    names = person_names(s, {*seen, *owed, *asked})
    where = place_names(s, {place_id for places in asked.values() for place_id in places})
    people = [
        PersonProgress(
            person_id, names.get(person_id, ""), person_id in asked or person_id in owed,
            tuple(where.get(place_id, "") for place_id in asked.get(person_id, [])), seen.get(person_id, (0, None))[0], owed.get(person_id),
            seen.get(person_id, (0, None))[1],
        )
        for person_id in {*seen, *owed, *asked}
    ]  # fmt: skip
    shown = [PlaceProgress(place_id, name, n, counted.get(place_id, 0)) for place_id, (name, n) in expected.items()]
    return Progress(
        tuple(sorted(shown, key=lambda one: (one.place, str(one.place_id)))),
        tuple(sorted(people, key=lambda one: (one.name, one.person_id.bytes))),
    )


def _taken_back(stocktake: Stocktake) -> Select[Any]:
    return select(col(CountUndone.count_op_id)).where(col(CountUndone.stocktake_id) == stocktake.id)


def _seen(stocktake: Stocktake) -> list[Any]:
    found: list[Any] = [
        col(StocktakeLine.stocktake_id) == stocktake.id,
        col(CountEvent.stocktake_id) == StocktakeLine.stocktake_id,
        col(CountEvent.subject_id) == StocktakeLine.subject_id,
        col(CountEvent.op_id).not_in(_taken_back(stocktake)),
    ]
    if stocktake.mode != Mode.SELF:
        found.append(col(CountEvent.answer) != Answer.ABSENT)
    if stocktake.kind == Kind.SUPPLY:
        found.append(col(CountEvent.place_id) == StocktakeLine.place_id)
    return found

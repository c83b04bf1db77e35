"""Bringing together what belongs to a line: the snapshot, every observation, what was taken back, what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.mechanisms.labels import Label
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.sections.stocktakes import books
from core.sections.stocktakes.record import (
    CountEvent,
    CountUndone,
    Decision,
    Find,
    Kind,
    LineDecision,
    Stocktake,
    StocktakeCounter,
    StocktakeLine,
)
from core.sections.stocktakes.results import Seen
from core.sections.stocktakes.rounds import extra_line_id


@dataclass(slots=True)
class Gathered:
    """What belongs to one line before it is judged."""

    line_id: UUID
    subject_id: UUID | None
    snapshot: StocktakeLine | None = None
    code: str = ""
    seen: list[Seen] = field(default_factory=list)
    finds: list[Find] = field(default_factory=list)
    photos: list[str] = field(default_factory=list)
    rounds: int = 1
    waits: bool = False


def gather(s: Session, stocktake: Stocktake) -> list[Gathered]:
    supplies = stocktake.kind == Kind.SUPPLY
    lines: dict[object, Gathered] = {}
    for row in s.execute(select(StocktakeLine).where(col(StocktakeLine.stocktake_id) == stocktake.id)).scalars():
        lines[(row.subject_id, row.place_id) if supplies else row.subject_id] = Gathered(row.id, row.subject_id, row, row.label)
    counts = list(s.execute(select(CountEvent).where(col(CountEvent.stocktake_id) == stocktake.id)).scalars())
    finds = list(s.execute(select(Find).where(col(Find.stocktake_id) == stocktake.id)).scalars())
    undone = _undone(s, stocktake.id)
    late = _subjects_now(s, stocktake, {row.code for row in [*counts, *finds] if row.code and getattr(row, "subject_id", None) is None})
    names = person_names(s, {row.person_id for row in [*counts, *finds] if row.person_id})
    places = place_names(s, {row.place_id for row in [*counts, *finds]})

    def at(subject_id: UUID | None, code: str, place_id: UUID, op_id: UUID) -> Gathered:
        if subject_id is not None:
            key: object = (subject_id, place_id) if supplies else subject_id
        else:
            key = code or op_id
        if key not in lines:
            parts = (subject_id, place_id) if supplies and subject_id else (subject_id or code or op_id,)
            lines[key] = Gathered(extra_line_id(stocktake.id, *parts), subject_id, None, code)
        return lines[key]

    for row in counts:
        one = at(row.subject_id or late.get(row.code), row.code, row.place_id, row.op_id)
        one.photos.extend(row.photos)
        one.seen.append(_seen(row, names, places, _stands(row, undone)))
    for find in finds:
        one = at(late.get(find.code), find.code, find.place_id, find.op_id)
        one.finds.append(find)
        one.photos.extend(find.photos)
        one.seen.append(_seen(find, names, places, _stands(find, undone)))
    for one in lines.values():
        one.seen.sort(key=lambda seen: seen.order)
    return list(lines.values())


def _seen(row: CountEvent | Find, names: Mapping[UUID, str], places: Mapping[UUID, str], stands: bool) -> Seen:
    counted = row if isinstance(row, CountEvent) else None
    return Seen(
        row.op_id, row.code, row.place_id, places.get(row.place_id, ""), counted.quantity if counted else None, row.person_id,
        names.get(row.person_id, "") if row.person_id else "", row.device_id, counted.device_seq if counted else None, row.occurred_at, row.received_at,
        counted.clock_skew_s if counted else 0, stands, counted is None, counted.answer if counted else "", counted.condition if counted else "",
        counted.note if counted else "",
    )  # fmt: skip


def _undone(s: Session, stocktake_id: UUID) -> dict[UUID, list[CountUndone]]:
    found: dict[UUID, list[CountUndone]] = {}
    for row in s.execute(select(CountUndone).where(col(CountUndone.stocktake_id) == stocktake_id)).scalars():
        found.setdefault(row.count_op_id, []).append(row)
    return found


def _stands(row: CountEvent | Find, undone: Mapping[UUID, Sequence[CountUndone]]) -> bool:
    # The taking back may be older than our knowledge of the count: who may is judged here, when both are known.
    return not any(one.by_office or (one.person_id is not None and one.person_id == row.person_id) for one in undone.get(row.op_id, ()))


def _subjects_now(s: Session, stocktake: Stocktake, codes: set[str]) -> dict[str, UUID]:
    """Codes that meant nothing when they were read, and were put on a thing since."""
    found: dict[str, UUID] = {}
    for part in chunks(sorted(codes)):
        query = select(col(Label.code), col(Label.subject_id)).where(
            col(Label.code).in_(part), col(Label.subject_kind) == books.subject_kind(stocktake)
        )
        found.update({row.code: row.subject_id for row in s.execute(query) if row.subject_id is not None})
    return found


@dataclass(frozen=True, slots=True)
class Decided:
    """The latest decision of each line, and every moment when "count again" was said of it, oldest first."""

    latest: dict[UUID, LineDecision]
    again: dict[UUID, list[LineDecision]]


def decisions(s: Session, stocktake_id: UUID) -> Decided:
    query = (
        select(LineDecision)
        .where(col(LineDecision.stocktake_id) == stocktake_id)
        .order_by(col(LineDecision.decided_at), col(LineDecision.op_id))
    )
    found = Decided({}, {})
    for row in s.execute(query).scalars():
        found.latest[row.line_id] = row
        if row.decision == Decision.RECOUNT:
            found.again.setdefault(row.line_id, []).append(row)
    return found


def into_rounds(one: Gathered, decided: Decided) -> None:
    """Tell each observation its round: 1 before the first "count again", then one more for each. Who observed in an earlier round does not recount:
    such an observation stays in the list and is void. Any order of arrival gives the same rounds, since only our clock decides."""
    again = decided.again.get(one.line_id, [])
    if not again:
        return
    one.rounds = len(again) + 1
    seen = [replace(row, round=1 + sum(1 for asked in again if row.at > asked.decided_at)) for row in one.seen]
    first: dict[UUID, int] = {}
    for row in seen:
        if row.person_id is not None:
            first[row.person_id] = min(first.get(row.person_id, row.round), row.round)
    one.seen = [
        replace(row, void=True, standing=False) if row.person_id is not None and first[row.person_id] < row.round else row for row in seen
    ]
    latest = decided.latest[one.line_id]
    one.waits = latest.decision == Decision.RECOUNT and not any(row.standing and row.round == one.rounds for row in one.seen)


def asked_of(s: Session, stocktake_id: UUID) -> set[UUID]:
    """Everybody who was asked to count; nobody means that everyone may."""
    return set(s.execute(select(col(StocktakeCounter.person_id)).where(col(StocktakeCounter.stocktake_id) == stocktake_id)).scalars())


def chunks(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[start : start + 500] for start in range(0, len(values), 500)]


def person_names(s: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    return _names(s, Person, ids)


def place_names(s: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    return _names(s, Place, ids)


def _names(s: Session, table: type[Person] | type[Place], ids: Iterable[UUID]) -> dict[UUID, str]:
    wanted, found = sorted(set(ids)), {}
    for start in range(0, len(wanted), 500):
        query = select(col(table.id), col(table.name)).where(col(table.id).in_(wanted[start : start + 500]))
        found.update({row.id: row.name for row in s.execute(query)})
    return found

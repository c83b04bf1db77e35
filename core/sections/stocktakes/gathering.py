"""Bringing together what belongs to a line: the snapshot, every observation, what was taken back, what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.ids import derived
from core.mechanisms.labels import Label
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.sections.stocktakes import books
from core.sections.stocktakes.record import CountEvent, CountUndone, Decision, Find, Kind, LineDecision, Stocktake, StocktakeLine
from core.sections.stocktakes.results import Seen


@dataclass(slots=True)
class Gathered:
    """What belongs to one line before it is judged."""

    line_id: UUID
    subject_id: UUID | None
    snapshot: StocktakeLine | None = None
    code: str = ""
    seen: list[Seen] = field(default_factory=list)
    finds: list[Find] = field(default_factory=list)


def extra_line_id(stocktake_id: UUID, *key: object) -> UUID:
    """The id of a line that the book did not expect: the same for the same thing, whenever it is asked."""
    return derived("stocktake", stocktake_id, *key)


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
        one.seen.append(_seen(row, names, places, _stands(row, undone), row.quantity, row.device_seq, row.clock_skew_s))
    for find in finds:
        one = at(late.get(find.code), find.code, find.place_id, find.op_id)
        one.finds.append(find)
        one.seen.append(_seen(find, names, places, _stands(find, undone), None, None, 0))
    for one in lines.values():
        one.seen.sort(key=lambda seen: seen.order)
    return list(lines.values())


def _seen(
    row: CountEvent | Find,
    names: Mapping[UUID, str],
    places: Mapping[UUID, str],
    stands: bool,
    quantity: int | None,
    seq: int | None,
    skew: int,
) -> Seen:
    return Seen(
        row.op_id, row.code, row.place_id, places.get(row.place_id, ""), quantity, row.person_id, names.get(row.person_id, "") if row.person_id else "",
        row.device_id, seq, row.occurred_at, row.received_at, skew, stands, isinstance(row, Find),
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


def decisions(s: Session, stocktake_id: UUID) -> tuple[dict[UUID, LineDecision], dict[UUID, datetime]]:
    """The latest decision of each line, and when "count again" was last said of it."""
    query = (
        select(LineDecision)
        .where(col(LineDecision.stocktake_id) == stocktake_id)
        .order_by(col(LineDecision.decided_at), col(LineDecision.op_id))
    )
    rows = list(s.execute(query).scalars())
    return {row.line_id: row for row in rows}, {row.line_id: row.decided_at for row in rows if row.decision == Decision.RECOUNT}


def set_aside(one: Gathered, latest: LineDecision | None, again_at: datetime | None) -> bool:
    """What was observed before "count again" no longer decides, once there is something newer or while it is waited for (answers whether it is).
    It stays in the list. Another decision instead of the recount takes the recount back."""
    if again_at is None:
        return False
    newer = any(seen.standing and seen.at > again_at for seen in one.seen)
    waits = not newer and latest is not None and latest.decision == Decision.RECOUNT
    if newer or waits:
        one.seen = [replace(seen, standing=seen.standing and seen.at > again_at) for seen in one.seen]
    return waits


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

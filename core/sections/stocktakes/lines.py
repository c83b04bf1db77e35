"""What a stock-take found: the result of every line, asked of the snapshot, the observations and the decisions, never stored (house.md §3, counts).

A thing seen twice counts once, its first finder is the earliest moment on our clock; a thing seen in two places is a conflict that a person settles;
two different quantities of one shelf both stay, are never added, and ask for a recount (Things 2, 3; Floor 8; pitfalls T5, T8). Nothing is "missing"
before the count is closed (T13), and counted zero is not "not counted" (T12). Any order of arrival gives the same result (O7).
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.mechanisms import attachments
from core.sections.stocktakes import books
from core.sections.stocktakes.gathering import decisions, gather, person_names, place_names, set_aside
from core.sections.stocktakes.judging import Judge
from core.sections.stocktakes.record import CountEvent, CountUndone, Kind, Stocktake, StocktakeLine
from core.sections.stocktakes.results import Line, Result, Review, sums_of


def review(s: Session, stocktake: Stocktake, *, decided: bool = True) -> Review:
    """Judge every line: some ten statements, whatever the number of lines. Without `decided` the decisions are left out (recounts are not)."""
    gathered, (decided_lines, recounts) = gather(s, stocktake), decisions(s, stocktake.id)
    now = books.now(s, stocktake)
    pending = set(attachments.pending(s, [sha256 for one in gathered for find in one.finds for sha256 in find.photos]))
    names = person_names(s, {row.person_id for row in decided_lines.values() if row.person_id})
    ledger = books.movements(s, stocktake)
    judge = Judge(stocktake, now, ledger, place_names(s, {one.place_id for one in now.values() if one.place_id}))
    found: list[Line] = []
    for one in gathered:
        row = decided_lines.get(one.line_id)
        waits = set_aside(one, row, recounts.get(one.line_id))
        line = judge.line(one, recount=waits)
        if line is None:
            continue
        if pending.intersection(line.photos):
            line = replace(line, flags=(*line.flags, "evidence_pending"))
        if row is not None and decided:
            line = judge.decided(line, row, names.get(row.person_id, "") if row.person_id else "")
        found.append(line)
    order = [Result.SURPLUS, Result.MISSING, Result.CONFLICT, Result.RECOUNT, Result.MOVED, Result.NOT_COUNTED, Result.LEFT, Result.MATCHED]
    found.sort(key=lambda line: (order.index(line.result), line.book_place or line.found_place, line.number, line.name, line.line_id.bytes))
    return Review(tuple(found), sums_of(found))


def progress(s: Session, stocktake: Stocktake) -> int:
    """How many expected lines have been counted: one statement, for lists and live screens."""
    taken_back = select(col(CountUndone.count_op_id)).where(col(CountUndone.stocktake_id) == stocktake.id)
    query = (
        select(func.count(func.distinct(StocktakeLine.id)))
        .join(
            CountEvent,
            (col(CountEvent.stocktake_id) == StocktakeLine.stocktake_id) & (col(CountEvent.subject_id) == StocktakeLine.subject_id),
        )
        .where(col(StocktakeLine.stocktake_id) == stocktake.id, col(CountEvent.op_id).not_in(taken_back))
    )
    if stocktake.kind == Kind.SUPPLY:
        query = query.where(col(CountEvent.place_id) == StocktakeLine.place_id)
    return int(s.execute(query).scalar_one())

"""What a stock-take found: the result of every line, asked of the snapshot, the observations and the decisions, never stored (house.md §3, counts).

A thing seen twice counts once, its first finder is the earliest moment on our clock; a thing seen in two places is a conflict that a person settles;
two different quantities of one shelf both stay, are never added, and ask for a recount (Things 2, 3; Floor 8; pitfalls T5, T8). Nothing is "missing"
before the count is closed (T13), and counted zero is not "not counted" (T12). Any order of arrival gives the same result (O7).
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlmodel import Session

from core.mechanisms import attachments
from core.sections.stocktakes import books
from core.sections.stocktakes.gathering import asked_of, decisions, gather, into_rounds, person_names, place_names
from core.sections.stocktakes.judging import Judge
from core.sections.stocktakes.record import Stocktake
from core.sections.stocktakes.results import Line, Result, Review, sums_of


def review(s: Session, stocktake: Stocktake, *, decided: bool = True, not_waiting: UUID | None = None) -> Review:
    """Judge every line: some ten statements, whatever the number of lines. Without `decided` the decisions are left out (recounts are not);
    `not_waiting` is a line whose recount nobody waits for any more: it says what was seen before."""
    gathered, said = gather(s, stocktake), decisions(s, stocktake.id)
    now = books.now(s, stocktake)
    pending = set(attachments.pending(s, [sha256 for one in gathered for sha256 in one.photos]))
    names = person_names(s, {id for row in said.latest.values() for id in (row.person_id, row.counter_id) if id})
    ledger = books.movements(s, stocktake)
    asked = asked_of(s, stocktake.id)
    judge = Judge(stocktake, now, ledger, place_names(s, {one.place_id for one in now.values() if one.place_id}), asked)
    found: list[Line] = []
    for one in gathered:
        row = said.latest.get(one.line_id)
        into_rounds(one, said)
        if one.line_id == not_waiting:
            one.waits = False
        line = judge.line(one)
        if line is None:
            continue
        if pending.intersection(line.photos):
            line = replace(line, flags=(*line.flags, "evidence_pending"))
        if one.waits and row is not None and row.counter_id is not None:
            line = replace(line, asked=names.get(row.counter_id, ""), asked_id=row.counter_id)
        if row is not None and decided:
            line = judge.decided(line, row, names.get(row.person_id, "") if row.person_id else "")
        found.append(line)
    order = [Result.SURPLUS, Result.MISSING, Result.CONFLICT, Result.RECOUNT, Result.MOVED, Result.NOT_COUNTED, Result.LEFT, Result.MATCHED]
    found.sort(key=lambda line: (order.index(line.result), line.book_place or line.found_place, line.number, line.name, line.line_id.bytes))
    return Review(tuple(found), sums_of(found))

"""Deciding about differences: accept, find out, or let another person count again (guide S4.1-R7, R8; scenario Things 6).

A decision looks at a line as it is; another result makes it void. "Count again" is for differences only and never for who counted first: that person
is refused when asked and refused when counting.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.errors import Refused
from core.foundation.ids import derived
from core.mechanisms import people
from core.mechanisms.operations import Actor, Operation, current_op_id, operation, touch
from core.sections.stocktakes import pieces
from core.sections.stocktakes.count import MOST_COUNTED
from core.sections.stocktakes.lines import review
from core.sections.stocktakes.opening import tell
from core.sections.stocktakes.record import REVIEWERS, Answer, Decision, Kind, LineDecision, Mode, State, Stocktake, get
from core.sections.stocktakes.results import Line, Result, Review

Cause = Annotated[str, StringConstraints(max_length=500)]
MOST_LINES = 5_000


class DecideLine(Operation):
    """`place_id` or `quantity` choose between the answers of a conflict; for a thing `quantity` 0 says that it is not there."""

    stocktake_id: UUID
    line_id: UUID
    decision: Decision
    cause: Cause = ""
    place_id: UUID | None = None
    quantity: Annotated[int, Input(ge=0, le=MOST_COUNTED)] | None = None


@operation(DecideLine, "stocktake.decide", roles=REVIEWERS)
def decide(s: Session, do: DecideLine, by: Actor, at: datetime) -> dict[str, Any]:
    """The latest decision counts, while the line says what it said. Refuses: stocktake.not_found, stocktake.settled, stocktake.no_line,
    stocktake.nothing_to_decide, stocktake.not_closed_yet (未盘 is not yet a deficit), stocktake.unanswered (its keeper has not said),
    stocktake.choose_one (a conflict)"""
    row = open_for_decisions(s, do.stocktake_id)
    line = review(s, row).line(do.line_id)
    if line is None:
        raise Refused("stocktake.no_line")
    raw = line
    if line.decision is not None or line.result == Result.RECOUNT:
        # Deciding instead of waiting for the second count decides about the first one.
        raw = review(s, row, decided=False, not_waiting=line.line_id).line(line.line_id) or line
    place_id, quantity = do.place_id, do.quantity
    if place_id is None and quantity is None and line.decision == do.decision:
        place_id, quantity = _chosen_before(s, row.id, line.line_id)  # only its cause is told anew: which answer was taken stays
    _decidable(row, raw if line.result == Result.RECOUNT and do.decision != Decision.RECOUNT else line, do.decision, place_id, quantity)
    s.add(LineDecision(
        op_id=current_op_id(s), stocktake_id=row.id, line_id=line.line_id, decision=do.decision, cause=do.cause, place_id=place_id, quantity=quantity,
        seen=raw.print, person_id=by.person_id, decided_at=at,
    ))  # fmt: skip
    row.version += 1
    touch(s, "stocktake", row.id)
    return {"line_id": line.line_id, "decision": do.decision}


def _chosen_before(s: Session, stocktake_id: UUID, line_id: UUID) -> tuple[UUID | None, int | None]:
    """The place and number that the last decision about a line chose."""
    query = select(LineDecision.place_id, LineDecision.quantity).where(
        col(LineDecision.stocktake_id) == stocktake_id, col(LineDecision.line_id) == line_id
    )
    last = s.execute(query.order_by(col(LineDecision.decided_at).desc(), col(LineDecision.op_id).desc()).limit(1)).one_or_none()
    return (last.place_id, last.quantity) if last else (None, None)


class AcceptLines(Operation):
    """Accept every difference of one result that nobody has decided about yet; a conflict is never accepted by the dozen."""

    stocktake_id: UUID
    result: Result
    cause: Cause = ""


@operation(AcceptLines, "stocktake.accept_all", roles=REVIEWERS)
def accept_all(s: Session, do: AcceptLines, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: stocktake.not_found, stocktake.settled, stocktake.nothing_to_decide"""
    row = open_for_decisions(s, do.stocktake_id)
    wanted = [line for line in review(s, row).lines if line.result == do.result and line.decision is None and _plain(row, line)]
    if not wanted:
        raise Refused("stocktake.nothing_to_decide")
    for line in wanted:
        s.add(LineDecision(
            op_id=derived("stocktake.accept", current_op_id(s), line.line_id), stocktake_id=row.id, line_id=line.line_id, decision=Decision.ACCEPT,
            cause=do.cause, seen=line.print, person_id=by.person_id, decided_at=at,
        ))  # fmt: skip
    row.version += 1
    touch(s, "stocktake", row.id)
    return {"lines": len(wanted)}


class RecountLines(Operation):
    """Let these differences (none given: all that are not decided) be counted again by another person, or by anyone who did not count them."""

    stocktake_id: UUID
    line_ids: Annotated[tuple[UUID, ...], Input(max_length=MOST_LINES)] = ()
    person_id: UUID | None = None
    cause: Cause = ""


@operation(RecountLines, "stocktake.recount", roles=REVIEWERS)
def recount(s: Session, do: RecountLines, by: Actor, at: datetime) -> dict[str, Any]:
    """Round 2: only lines with differences go there. Tells the second counter, with no figure of the first count.

    Refuses: stocktake.not_found, stocktake.settled, stocktake.no_line, stocktake.nothing_to_decide, stocktake.counted_it_first (facts: name, n),
    person.not_found, person.disabled"""
    row = open_for_decisions(s, do.stocktake_id)
    result = review(s, row)
    lines = _chosen(result, do.line_ids, row)
    if do.person_id is not None:
        person = people.get(s, do.person_id)
        if person.disabled_at is not None:
            raise Refused("person.disabled", name=person.name)
        theirs = [line for line in lines if do.person_id in first_counters(result, line)]
        if theirs:
            raise Refused("stocktake.counted_it_first", name=person.name, n=len(theirs), lines=[str(line.line_id) for line in theirs[:50]])
    for line in lines:
        s.add(LineDecision(
            op_id=derived("stocktake.recount", current_op_id(s), line.line_id), stocktake_id=row.id, line_id=line.line_id, decision=Decision.RECOUNT,
            cause=do.cause, seen=line.print, person_id=by.person_id, decided_at=at, counter_id=do.person_id,
        ))  # fmt: skip
    if do.person_id is not None:
        tell(s, row, "stocktake.notice.recount", do.person_id, at, n=len(lines))
    row.version += 1
    touch(s, "stocktake", row.id)
    return {"lines": len(lines)}


def first_counters(result: Review, line: Line) -> set[UUID]:
    """Who may not count a line again: whoever observed it; of a line that nobody saw, whoever counted the place where it should be."""
    seen = {one.person_id for one in line.seen if one.person_id is not None}
    if seen or line.book_place_id is None:
        return seen
    return {
        one.person_id
        for other in result.lines
        for one in other.seen
        if one.place_id == line.book_place_id and one.person_id is not None and one.round == 1
    }


def recounts_owed(s: Session, row: Stocktake) -> dict[UUID, int]:
    """Persons asked to count again, with how many lines still wait for them."""
    found: dict[UUID, int] = {}
    for line in review(s, row).lines:
        if line.result == Result.RECOUNT and line.asked_id is not None:
            found[line.asked_id] = found.get(line.asked_id, 0) + 1
    return found


def open_for_decisions(s: Session, stocktake_id: UUID) -> Stocktake:
    """The session, which must not be settled. Refuses: stocktake.not_found, stocktake.settled"""
    row = get(s, stocktake_id)
    if row.state not in (State.OPEN, State.CLOSED):
        raise Refused("stocktake.settled", title=row.title)
    return row


# ── private ──


def _chosen(result: Review, line_ids: tuple[UUID, ...], row: Stocktake) -> list[Line]:
    if not line_ids:
        lines = [line for line in result.lines if _recountable(row, line) and not line.is_decided and line.result != Result.RECOUNT]
        if not lines:
            raise Refused("stocktake.nothing_to_decide")
        return lines
    lines = []
    for line_id in dict.fromkeys(line_ids):
        line = result.line(line_id)
        if line is None:
            raise Refused("stocktake.no_line")
        if not _recountable(row, line):
            raise Refused("stocktake.nothing_to_decide")
        lines.append(line)
    return lines


def _recountable(row: Stocktake, line: Line) -> bool:
    if line.subject_id is None:  # nobody knows what it is: there is nothing on a list that a second person could look for
        return False
    if line.result == Result.NOT_COUNTED:  # nobody has counted it a first time; only a keeper's silence is an answer of a kind
        return row.state == State.CLOSED
    return line.is_difference or line.decision is not None


def _plain(row: Stocktake, line: Line) -> bool:
    if line.result == Result.NOT_COUNTED:
        return (row.kind == Kind.SUPPLY or line.bulk) and row.state == State.CLOSED and row.mode != Mode.SELF
    return line.result in (Result.MOVED, Result.MISSING, Result.SURPLUS)


def _decidable(row: Stocktake, line: Line, decision: Decision, place_id: UUID | None, quantity: int | None) -> None:
    if decision == Decision.RECOUNT:
        if not _recountable(row, line):
            raise Refused("stocktake.nothing_to_decide")
        return
    if not line.is_difference and line.decision is None:
        raise Refused("stocktake.nothing_to_decide")
    if decision == Decision.ACCEPT and line.result == Result.NOT_COUNTED and row.state == State.OPEN:
        raise Refused("stocktake.not_closed_yet", name=line.name)
    if decision == Decision.ACCEPT and line.result == Result.NOT_COUNTED and row.mode == Mode.SELF:
        raise Refused("stocktake.unanswered", name=line.name, keeper=line.keeper)
    if decision == Decision.ACCEPT and line.result == Result.CONFLICT and not _is_answer(row, line, place_id, quantity):
        raise Refused("stocktake.choose_one", name=line.name, answers="，".join(place or "—" for place in line.found_places))


def answers_of(line: Line) -> tuple[int, ...]:
    """The numbers one may choose between where counts of a bulk line do not agree: what each round's places add up to."""
    numbers: set[int] = set()
    for number in {seen.round for seen in line.standing}:
        numbers.update(pieces.totals(replace(line, seen=tuple(seen for seen in line.standing if seen.round == number))))
    return tuple(sorted(numbers))


def _is_answer(row: Stocktake, line: Line, place_id: UUID | None, quantity: int | None) -> bool:
    """Whether this is one of the answers of a conflict."""
    if row.kind == Kind.SUPPLY:
        return quantity in {seen.quantity for seen in line.standing}
    if line.bulk:
        return quantity in answers_of(line)
    if place_id is not None:
        return place_id in {seen.place_id for seen in line.standing if seen.answer != Answer.ABSENT}
    return quantity == 0 and any(seen.answer == Answer.ABSENT for seen in line.standing)

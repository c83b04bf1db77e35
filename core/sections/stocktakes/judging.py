"""Judging a line: from the snapshot, the standing observations and the book that moved on meanwhile to one result (pitfalls T8, T9, T10, T12, T13)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from core.sections.assets.ledger import AssetState
from core.sections.stocktakes import books, pieces
from core.sections.stocktakes.gathering import Gathered
from core.sections.stocktakes.record import Answer, Decision, Kind, LineDecision, Mode, State, Stocktake
from core.sections.stocktakes.results import Line, Result, Seen


class Judge:
    """Turns what was gathered of a line into its result."""

    def __init__(
        self,
        stocktake: Stocktake,
        now: Mapping[UUID, books.Now],
        ledger: Mapping[tuple[UUID, UUID | None], Sequence[books.Movement]],
        places: Mapping[UUID, str],
        asked: Collection[UUID] = (),
    ) -> None:
        self._stocktake, self._now, self._ledger, self._places, self._asked = stocktake, now, ledger, places, asked
        self._closed = stocktake.state != State.OPEN

    def line(self, one: Gathered) -> Line | None:
        """The line, or None when all that made it (an unknown label, a find) was taken back."""
        standing = [seen for seen in one.seen if seen.standing]
        if one.snapshot is None and not standing and one.rounds == 1:
            return None
        blank = self._blank(one)
        line = self._rounds(one, blank, standing)
        standing = list(line.standing)
        flags = list(line.flags)
        if len({seen.code for seen in standing if seen.code}) > 1:
            flags.append("two_labels")
        elif not line.bulk and _scans(standing) > 1 and len({seen.round for seen in standing}) == 1:
            flags.append("again")
        if any(abs(seen.clock_skew_s) > 300 for seen in standing):
            flags.append("clock")
        if any(seen.void for seen in one.seen):
            flags.append("same_counter")
        if self._asked and one.rounds == 1 and any(seen.person_id not in self._asked for seen in standing if seen.person_id):
            flags.append("helper")
        condition = next((seen.condition for seen in reversed(standing) if seen.condition), "")
        if not flags and not condition and one.rounds == 1:
            return line
        return replace(line, flags=tuple(dict.fromkeys(flags)), condition=condition, round=one.rounds)

    def _rounds(self, one: Gathered, blank: Line, standing: list[Seen]) -> Line:
        """The result of the last round. It stands when it agrees with the book or with an earlier round; a third value makes all of them one conflict
        that a person settles (Things 6)."""
        now = [seen for seen in standing if seen.round == one.rounds]
        before = [seen for seen in standing if seen.round < one.rounds]
        if one.rounds == 1:
            return self._result(one, blank, now)
        if one.waits:
            return replace(self._heard(blank, []), result=Result.RECOUNT)
        if not now:
            return self._result(one, self._heard(blank, before), before)
        if any(not seen.answer for seen in now):  # who reads a label has found it, whoever did not see it before
            before = [seen for seen in before if seen.answer != Answer.ABSENT]
        line = self._result(one, self._heard(blank, now), now)
        if (
            line.result in (Result.MATCHED, Result.CONFLICT)
            or not before
            or _value(line) in {self._value_alone(one, blank, rows) for rows in _answers(blank, before)}
        ):
            return line
        every = sorted([*before, *now], key=lambda seen: seen.order)
        # The snapshot's figure again: what moved meanwhile is added once, when an answer is chosen.
        return self._conflict(self._heard(replace(line, book_quantity=blank.book_quantity), every), every)

    def _value_alone(self, one: Gathered, blank: Line, rows: list[Seen]) -> object:
        return _value(self._result(one, self._heard(blank, rows), rows))

    def _heard(self, line: Line, standing: list[Seen]) -> Line:
        stands = {seen.op_id for seen in standing}
        return replace(line, seen=tuple(replace(seen, standing=seen.op_id in stands) for seen in line.seen))

    def _result(self, one: Gathered, blank: Line, standing: list[Seen]) -> Line:
        if self._stocktake.kind == Kind.SUPPLY and one.subject_id is not None:
            return self._supply(blank, standing)
        return self._pieces(blank, standing) if blank.bulk and standing else self._asset(one, blank, standing)

    def _pieces(self, line: Line, standing: list[Seen], chosen: int | None = None) -> Line:
        """A bulk line, compared with the book as it was at the last count, corrections other counts posted since included."""
        now = self._now.get(line.subject_id) if line.subject_id else None
        moved = self._ledger.get((line.subject_id, None), ()) if line.subject_id else ()
        last = max(seen.at for seen in standing)
        meanwhile = {"pieces": sum(one.quantity for one in moved if one.corrects or one.at <= last), "moves": len(moved)}
        homes = {place_id for place_id in (line.book_place_id, now.place_id if now else None) if place_id is not None}
        if now is not None and not now.expected and not line.expected:
            flag = "was_lost" if now.state == AssetState.LOST else "disposed"
            line = replace(line, book_quantity=0, flags=(*line.flags, flag))
        elif now is not None and line.expected and now.place_id != line.book_place_id:
            line = replace(line, flags=(*line.flags, "moved_meanwhile"))
        return pieces.judge(line, standing, homes, meanwhile=meanwhile, chosen=chosen)

    def _conflict(self, line: Line, standing: list[Seen]) -> Line:
        """Every answer that stands, side by side."""
        if self._stocktake.kind == Kind.SUPPLY and line.subject_id is not None:
            told = tuple(f"{seen.place}: {seen.quantity}" for seen in standing if seen.quantity is not None)
            return replace(line, result=Result.CONFLICT, quantity=None, difference=0, found_places=told)
        if line.bulk:
            told = tuple(f"{seen.place}: {n}" for seen in standing if (n := pieces.said(seen, line.book_quantity)) is not None)
            return replace(line, result=Result.CONFLICT, quantity=None, difference=0, found_places=told)
        places = tuple(dict.fromkeys("" if seen.answer == Answer.ABSENT else seen.place for seen in standing))
        return replace(line, result=Result.CONFLICT, difference=0, found_places=places)

    def decided(self, line: Line, row: LineDecision, who: str) -> Line:
        """The line with its decision, when the decision looked at this very result; a conflict settled by it gets its result."""
        if row.decision == Decision.RECOUNT:
            return replace(line, decision=row.decision, cause=row.cause, decided_by=who) if not line.standing else line
        if row.seen != line.print:
            return line
        line = replace(line, decision=row.decision, cause=row.cause, decided_by=who)
        if line.result != Result.CONFLICT or row.decision != Decision.ACCEPT:
            return line
        if line.bulk and row.quantity is not None:
            return self._pieces(line, list(line.standing), row.quantity)
        if self._stocktake.kind == Kind.ASSET and row.place_id is None and row.quantity == 0:
            return replace(line, result=Result.MISSING, found_place_id=None, found_place="", difference=-1)
        if row.place_id is not None:
            chosen = next((seen for seen in line.standing if seen.place_id == row.place_id), None)
            here = row.place_id == line.book_place_id
            result = Result.SURPLUS if line.subject_id is None else Result.MATCHED if here else Result.MOVED
            return replace(line, result=result, found_place_id=row.place_id, found_place=chosen.place if chosen else "", difference=0)
        if row.quantity is not None:
            chosen = next(seen for seen in line.standing if seen.quantity == row.quantity)
            return self._quantity(line, row.quantity, chosen.at)
        return line

    def _blank(self, one: Gathered) -> Line:
        row, now = one.snapshot, self._now.get(one.subject_id) if one.subject_id else None
        described = next((find.description for find in reversed(one.finds) if find.description), "")
        photos = tuple(dict.fromkeys(one.photos))
        if row is not None:
            facts = (
                row.number,
                row.name,
                row.spec,
                row.serial,
                row.unit,
                row.label,
                row.place_id,
                row.place,
                row.keeper,
                row.department,
                row.value_cents,
                row.net_value_cents,
                row.quantity,
            )
        elif now is not None:
            place = self._places.get(now.place_id, "") if now.place_id else ""
            facts = (
                now.number,
                now.name,
                now.spec,
                now.serial,
                now.unit,
                now.label,
                now.place_id,
                place,
                now.keeper,
                now.department,
                now.value_cents,
                now.net_value_cents,
                0 if self._stocktake.kind == Kind.SUPPLY else now.pieces,
            )
        else:
            facts = ("", described, "", "", "", one.code, None, "", "", "", None, None, None)
        number, name, spec, serial, unit, label, place_id, place, keeper, department, value, net, quantity = facts
        return Line(
            one.line_id, one.subject_id, row is not None, Result.NOT_COUNTED, number, name, spec, serial, unit, label, place_id, place, keeper, department,
            value, net, quantity, None, 0, None, "", (), tuple(one.seen), (), described, photos, pieces=quantity,
            bulk=self._stocktake.kind == Kind.ASSET and quantity is not None,
        )  # fmt: skip

    def _asset(self, one: Gathered, line: Line, standing: list[Seen]) -> Line:
        now = self._now.get(one.subject_id) if one.subject_id else None
        there = _there(standing)
        if not there:
            if now is not None and not now.expected:
                return replace(line, result=Result.LEFT, flags=("moved_meanwhile",))
            if standing and one.snapshot is None:  # a second person looked for it: the book does not have it here either
                return replace(line, result=Result.MATCHED, flags=("looked",))
            all_of_it = -(line.pieces or 0) if line.bulk else -1
            if standing:  # somebody looked, or its keeper says so
                return replace(line, result=Result.MISSING, difference=all_of_it, flags=("looked",))
            # What a keeper has not answered is an open question, not yet a deficit.
            closed = self._closed and self._stocktake.mode != Mode.SELF
            return replace(line, result=Result.MISSING, difference=all_of_it) if closed else line
        absent = [seen for seen in standing if seen.answer == Answer.ABSENT and seen.person_id not in {other.person_id for other in there}]
        if absent and all(seen.answer for seen in there):  # word against word; a label that was read is proof
            return self._conflict(
                replace(line, found_place_id=there[0].place_id, found_place=there[0].place, flags=("disputed",)), standing
            )
        places = list(dict.fromkeys(seen.place_id for seen in there))
        names = {seen.place_id: seen.place for seen in there}
        homes = {line.book_place_id, now.place_id if now else None} - {None}
        flags = ["moved_meanwhile"] if now is not None and one.snapshot is not None and now.place_id != line.book_place_id else []
        flags += ["disputed"] if absent else []
        strange = [place_id for place_id in places if place_id not in homes]
        here = places[0] if not strange else strange[-1]
        line = replace(
            line,
            found_place_id=here,
            found_place=names[here],
            found_places=tuple(names[place_id] for place_id in places),
            flags=tuple(flags),
        )
        if one.subject_id is None or now is None:
            return replace(line, result=Result.CONFLICT if len(places) > 1 else Result.SURPLUS, difference=1)
        if not now.expected and one.snapshot is None:
            flag = "was_lost" if now.state == AssetState.LOST else "disposed"
            return replace(line, result=Result.SURPLUS, difference=1, flags=(*flags, flag))
        if len(places) > 1 and strange:
            return replace(line, result=Result.CONFLICT)
        return replace(line, result=Result.MOVED if strange else Result.MATCHED)

    def _supply(self, line: Line, standing: list[Seen]) -> Line:
        if not standing:
            return replace(line, result=Result.NOT_COUNTED)
        last: dict[object, Seen] = {}
        for seen in standing:  # in order: who counts again says it anew, who else counts says it beside
            last[seen.person_id or seen.device_id] = seen
        here = standing[0]
        line = replace(
            line,
            book_place_id=line.book_place_id or here.place_id,
            found_place_id=here.place_id,
            found_place=here.place,
            found_places=(here.place,),
        )
        if len({seen.quantity for seen in last.values()}) > 1:
            return self._conflict(line, sorted(last.values(), key=lambda seen: seen.order))
        latest = max(last.values(), key=lambda seen: seen.order)
        return self._quantity(line, latest.quantity or 0, latest.at)

    def _quantity(self, line: Line, quantity: int, at: datetime) -> Line:
        """The difference to the book as it was at the moment of counting, with the corrections other counts have posted since (pitfalls T9, T10)."""
        moved = self._ledger.get((line.subject_id, line.found_place_id), ()) if line.subject_id else ()
        meanwhile = sum(one.quantity for one in moved if one.corrects or one.at <= at)
        book = (line.book_quantity or 0) + meanwhile
        difference = quantity - book
        result = Result.MATCHED if difference == 0 else Result.SURPLUS if difference > 0 else Result.MISSING
        flags = (*line.flags, "moved_meanwhile") if moved else line.flags
        return replace(line, result=result, quantity=quantity, book_quantity=book, difference=difference, flags=flags)


def _scans(standing: list[Seen]) -> int:
    """How often a code was read here: words and photos about it are no second scan, nor is how the thing looks, told after its scan."""
    told = [seen for seen in standing if not seen.answer and not seen.is_find]
    plain = sum(1 for seen in told if not seen.condition)
    scanned = {seen.person_id or seen.device_id for seen in told if not seen.condition}
    return plain + len({seen.person_id or seen.device_id for seen in told} - scanned)


def _there(standing: list[Seen]) -> list[Seen]:
    """What places a thing somewhere: of each person the codes read, or else the last thing said. Who reads a code has found it, whatever was said before."""
    of: dict[object, list[Seen]] = {}
    for seen in standing:
        mine = of.setdefault(seen.person_id or seen.device_id, [])
        if seen.answer or any(one.answer for one in mine):
            mine.clear()
        mine.append(seen)
    kept = {seen.op_id for mine in of.values() for seen in mine if seen.answer != Answer.ABSENT}
    return [seen for seen in standing if seen.op_id in kept]


def _value(line: Line) -> object:
    """What a round says, to be compared with another: a difference relative to the book of its own moment, or where the thing is."""
    if line.quantity is not None:
        return line.difference
    return line.result, line.found_place_id


def _answers(line: Line, before: list[Seen]) -> list[list[Seen]]:
    """What earlier rounds said, an answer each: one row, or for a bulk line, whose places are added up, all that one round saw."""
    if not line.bulk:
        return [[seen] for seen in before]
    return [[seen for seen in before if seen.round == number] for number in sorted({seen.round for seen in before})]

"""What a stock-take found: the result of every line, asked of the snapshot, the observations and the decisions, never stored (house.md §3, counts).

A thing seen twice counts once, its first finder is the earliest moment on our clock; a thing seen in two places is a conflict that a person settles;
two different quantities of one shelf both stay, are never added, and ask for a recount (Things 2, 3; Floor 8; pitfalls T5, T8). Nothing is "missing"
before the count is closed (T13), and counted zero is not "not counted" (T12). Any order of arrival gives the same result (O7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.foundation.ids import derived
from core.mechanisms import attachments
from core.mechanisms.labels import Label
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.sections.assets.ledger import AssetState
from core.sections.stocktakes import books
from core.sections.stocktakes.record import CountEvent, CountUndone, Decision, Find, Kind, LineDecision, State, Stocktake, StocktakeLine


class Result(StrEnum):
    """相符 移位 盘亏 盘盈 未盘 待重盘 两处或两数不一 盘点中离账."""

    MATCHED = "matched"
    MOVED = "moved"
    MISSING = "missing"
    SURPLUS = "surplus"
    NOT_COUNTED = "not_counted"
    RECOUNT = "recount"
    CONFLICT = "conflict"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation. `standing` is false when it was taken back or set aside by a later "count again"."""

    op_id: UUID
    code: str
    place_id: UUID
    place: str
    quantity: int | None
    person_id: UUID | None
    who: str
    device_id: UUID | None
    device_seq: int | None
    at: datetime
    received_at: datetime
    clock_skew_s: int
    standing: bool
    is_find: bool = False

    @property
    def order(self) -> tuple[datetime, int, bytes]:
        """By our clock, then by the phone's own order."""
        return self.at, self.device_seq or 0, self.op_id.bytes


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the result. `quantity`, `book_quantity` and `difference` are for supplies; `difference` for assets is −1, 0 or +1.

    `flags`: again, two_labels, clock, moved_meanwhile, evidence_pending, disposed, was_lost, unexpected."""

    line_id: UUID
    subject_id: UUID | None
    expected: bool
    result: Result
    number: str
    name: str
    spec: str
    serial: str
    unit: str
    label: str
    book_place_id: UUID | None
    book_place: str
    keeper: str
    department: str
    value_cents: int | None
    net_value_cents: int | None
    book_quantity: int | None
    quantity: int | None
    difference: int
    found_place_id: UUID | None
    found_place: str
    found_places: tuple[str, ...]
    seen: tuple[Seen, ...]
    flags: tuple[str, ...] = ()
    description: str = ""
    photos: tuple[str, ...] = ()
    decision: str | None = None
    cause: str = ""
    decided_by: str = ""

    @property
    def standing(self) -> tuple[Seen, ...]:
        return tuple(one for one in self.seen if one.standing)

    @property
    def first(self) -> Seen | None:
        """Who found it first."""
        return next((one for one in self.seen if one.standing), None)

    @property
    def print(self) -> str:
        """What a decision looked at: another result makes the decision void."""
        return f"{self.result}|{self.found_place_id or ''}|{self.quantity}|{self.difference}|{','.join(sorted(self.found_places))}"

    @property
    def is_difference(self) -> bool:
        """Whether a person has to decide about it."""
        return self.result not in (Result.MATCHED, Result.LEFT)

    @property
    def is_decided(self) -> bool:
        return self.decision in (Decision.ACCEPT, Decision.INVESTIGATE)


@dataclass(frozen=True, slots=True)
class Sums:
    """`expected` = matched + moved + missing + not_counted + recount + conflict + left (supplies: + surplus). `surplus`, `moved_in` and `unexpected` stand beside it. Money in cents."""

    expected: int = 0
    counted: int = 0
    matched: int = 0
    moved: int = 0
    missing: int = 0
    not_counted: int = 0
    recount: int = 0
    conflict: int = 0
    left: int = 0
    surplus: int = 0
    moved_in: int = 0
    unexpected: int = 0
    undecided: int = 0
    value_cents: int = 0
    net_value_cents: int = 0
    missing_value_cents: int = 0
    missing_net_value_cents: int = 0
    surplus_net_value_cents: int = 0


@dataclass(frozen=True, slots=True)
class Review:
    """Everything about a session's result at one moment: differences first, then by place and number."""

    lines: tuple[Line, ...]
    sums: Sums

    @property
    def differences(self) -> list[Line]:
        return [line for line in self.lines if line.is_difference]

    def line(self, line_id: UUID) -> Line | None:
        return next((line for line in self.lines if line.line_id == line_id), None)


@dataclass(slots=True)
class _Gathered:
    """What belongs to one line before it is judged."""

    line_id: UUID
    subject_id: UUID | None
    snapshot: StocktakeLine | None = None
    code: str = ""
    seen: list[Seen] = field(default_factory=list)
    finds: list[Find] = field(default_factory=list)


def review(s: Session, stocktake: Stocktake, *, decided: bool = True) -> Review:
    """Judge every line: some ten statements, whatever the number of lines. Without `decided` the decisions are left out (recounts are not)."""
    gathered, (decisions, recounts) = _gather(s, stocktake), _decisions(s, stocktake.id)
    now = books.now(s, stocktake)
    pending = set(attachments.pending(s, [sha256 for one in gathered for find in one.finds for sha256 in find.photos]))
    names = _person_names(s, {row.person_id for row in decisions.values() if row.person_id})
    ledger = books.movements(s, stocktake)
    judge = _Judge(stocktake, now, ledger, _place_names(s, {one.place_id for one in now.values() if one.place_id}))
    found: list[Line] = []
    for one in gathered:
        row = decisions.get(one.line_id)
        waits = _set_aside(one, row, recounts.get(one.line_id))
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


def sums_of(lines: Iterable[Line]) -> Sums:
    """The figures above the list."""
    counts: dict[str, int] = {}

    def add(name: str, n: int = 1) -> None:
        counts[name] = counts.get(name, 0) + n

    for line in lines:
        if line.is_difference and not line.is_decided:
            add("undecided")
        if not line.expected:
            add({Result.MOVED: "moved_in", Result.MATCHED: "unexpected"}.get(line.result, "surplus"))
            add("surplus_net_value_cents", (line.net_value_cents or 0) if line.result == Result.SURPLUS else 0)
            continue
        add("expected")
        add(line.result)
        add("counted", 1 if line.standing else 0)
        add("value_cents", line.value_cents or 0)
        add("net_value_cents", line.net_value_cents or 0)
        if line.result == Result.MISSING:
            add("missing_value_cents", line.value_cents or 0)
            add("missing_net_value_cents", line.net_value_cents or 0)
    return Sums(**counts)


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


# ── gathering ──


def extra_line_id(stocktake_id: UUID, *key: object) -> UUID:
    """The id of a line that the book did not expect: the same for the same thing, whenever it is asked."""
    return derived("stocktake", stocktake_id, *key)


def _gather(s: Session, stocktake: Stocktake) -> list[_Gathered]:
    supplies = stocktake.kind == Kind.SUPPLY
    lines: dict[object, _Gathered] = {}
    for row in s.execute(select(StocktakeLine).where(col(StocktakeLine.stocktake_id) == stocktake.id)).scalars():
        lines[(row.subject_id, row.place_id) if supplies else row.subject_id] = _Gathered(row.id, row.subject_id, row, row.label)
    counts = list(s.execute(select(CountEvent).where(col(CountEvent.stocktake_id) == stocktake.id)).scalars())
    finds = list(s.execute(select(Find).where(col(Find.stocktake_id) == stocktake.id)).scalars())
    undone = _undone(s, stocktake.id)
    late = _subjects_now(s, stocktake, {row.code for row in [*counts, *finds] if row.code and getattr(row, "subject_id", None) is None})
    names = _person_names(s, {row.person_id for row in [*counts, *finds] if row.person_id})
    places = _place_names(s, {row.place_id for row in [*counts, *finds]})

    def at(subject_id: UUID | None, code: str, place_id: UUID, op_id: UUID) -> _Gathered:
        if subject_id is not None:
            key: object = (subject_id, place_id) if supplies else subject_id
        else:
            key = code or op_id
        if key not in lines:
            parts = (subject_id, place_id) if supplies and subject_id else (subject_id or code or op_id,)
            lines[key] = _Gathered(extra_line_id(stocktake.id, *parts), subject_id, None, code)
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


def _decisions(s: Session, stocktake_id: UUID) -> tuple[dict[UUID, LineDecision], dict[UUID, datetime]]:
    """The latest decision of each line, and when "count again" was last said of it."""
    query = (
        select(LineDecision)
        .where(col(LineDecision.stocktake_id) == stocktake_id)
        .order_by(col(LineDecision.decided_at), col(LineDecision.op_id))
    )
    rows = list(s.execute(query).scalars())
    return {row.line_id: row for row in rows}, {row.line_id: row.decided_at for row in rows if row.decision == Decision.RECOUNT}


def _set_aside(one: _Gathered, latest: LineDecision | None, again_at: datetime | None) -> bool:
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


def _person_names(s: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    return _names(s, Person, ids)


def _place_names(s: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    return _names(s, Place, ids)


def _names(s: Session, table: type[Person] | type[Place], ids: Iterable[UUID]) -> dict[UUID, str]:
    wanted, found = sorted(set(ids)), {}
    for start in range(0, len(wanted), 500):
        query = select(col(table.id), col(table.name)).where(col(table.id).in_(wanted[start : start + 500]))
        found.update({row.id: row.name for row in s.execute(query)})
    return found


# ── judging ──


class _Judge:
    """Turns what was gathered of a line into its result."""

    def __init__(
        self,
        stocktake: Stocktake,
        now: Mapping[UUID, books.Now],
        ledger: Mapping[tuple[UUID, UUID | None], Sequence[books.Movement]],
        places: Mapping[UUID, str],
    ) -> None:
        self._stocktake, self._now, self._ledger, self._places = stocktake, now, ledger, places
        self._closed = stocktake.state != State.OPEN

    def line(self, one: _Gathered, *, recount: bool) -> Line | None:
        """The line, or None when all that made it (an unknown label, a find) was taken back."""
        standing = [seen for seen in one.seen if seen.standing]
        if one.snapshot is None and not standing and not recount:
            return None
        blank = self._blank(one)
        if self._stocktake.kind == Kind.SUPPLY and one.subject_id is not None:
            line = self._supply(one, blank, standing, recount)
        else:
            line = self._asset(one, blank, standing, recount)
        flags = list(line.flags)
        if len({seen.code for seen in standing if seen.code}) > 1:
            flags.append("two_labels")
        elif len(standing) > 1:
            flags.append("again")
        if any(abs(seen.clock_skew_s) > 300 for seen in standing):
            flags.append("clock")
        return replace(line, flags=tuple(dict.fromkeys(flags)))

    def decided(self, line: Line, row: LineDecision, who: str) -> Line:
        """The line with its decision, when the decision looked at this very result; a conflict settled by it gets its result."""
        if row.decision == Decision.RECOUNT:
            return replace(line, decision=row.decision, cause=row.cause, decided_by=who) if not line.standing else line
        if row.seen != line.print:
            return line
        line = replace(line, decision=row.decision, cause=row.cause, decided_by=who)
        if line.result != Result.CONFLICT or row.decision != Decision.ACCEPT:
            return line
        if row.place_id is not None:
            chosen = next((seen for seen in line.standing if seen.place_id == row.place_id), None)
            here = row.place_id == line.book_place_id
            result = Result.SURPLUS if line.subject_id is None else Result.MATCHED if here else Result.MOVED
            return replace(line, result=result, found_place_id=row.place_id, found_place=chosen.place if chosen else "", difference=0)
        if row.quantity is not None:
            chosen = next(seen for seen in line.standing if seen.quantity == row.quantity)
            return self._quantity(line, row.quantity, chosen.at)
        return line

    def _blank(self, one: _Gathered) -> Line:
        row, now = one.snapshot, self._now.get(one.subject_id) if one.subject_id else None
        described = next((find.description for find in reversed(one.finds) if find.description), "")
        photos = tuple(dict.fromkeys(sha256 for find in one.finds for sha256 in find.photos))
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
                0,
            )
        else:
            facts = ("", described, "", "", "", one.code, None, "", "", "", None, None, None)
        number, name, spec, serial, unit, label, place_id, place, keeper, department, value, net, quantity = facts
        return Line(
            one.line_id, one.subject_id, row is not None, Result.NOT_COUNTED, number, name, spec, serial, unit, label, place_id, place, keeper, department,
            value, net, quantity if self._stocktake.kind == Kind.SUPPLY else None, None, 0, None, "", (), tuple(one.seen), (), described, photos,
        )  # fmt: skip

    def _asset(self, one: _Gathered, line: Line, standing: list[Seen], recount: bool) -> Line:
        now = self._now.get(one.subject_id) if one.subject_id else None
        if not standing:
            if recount:
                return replace(line, result=Result.RECOUNT)
            if now is not None and not now.expected:
                return replace(line, result=Result.LEFT, flags=("moved_meanwhile",))
            return replace(line, result=Result.MISSING, difference=-1) if self._closed else line
        places = list(dict.fromkeys(seen.place_id for seen in standing))
        names = {seen.place_id: seen.place for seen in standing}
        homes = {line.book_place_id, now.place_id if now else None} - {None}
        flags = ["moved_meanwhile"] if now is not None and one.snapshot is not None and now.place_id != line.book_place_id else []
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

    def _supply(self, one: _Gathered, line: Line, standing: list[Seen], recount: bool) -> Line:
        if not standing:
            return replace(line, result=Result.RECOUNT if recount else Result.NOT_COUNTED)
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
        answers = {seen.quantity for seen in last.values()}
        if len(answers) > 1:
            told = tuple(f"{here.place}: {seen.quantity}" for seen in sorted(last.values(), key=lambda seen: seen.order))
            return replace(line, result=Result.CONFLICT, found_places=told)
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

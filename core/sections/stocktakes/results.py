"""The shape of a result: a line, what was seen of it, the figures above the list. Values only; `lines` asks for them, `judging` fills them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.sections.stocktakes.record import Decision


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
    """One observation. `standing` is false when it was taken back, set aside by a later "count again", or `void`: made in a recount by a first counter.

    `answer` is empty for a code that was read, else what was said without one. `round` is 1 before the first "count again"."""

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
    answer: str = ""
    condition: str = ""
    note: str = ""
    round: int = 1
    void: bool = False

    @property
    def order(self) -> tuple[datetime, int, bytes]:
        """By our clock, then by the phone's own order."""
        return self.at, self.device_seq or 0, self.op_id.bytes


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the result. `quantity` and `book_quantity` are for supplies and bulk lines; `difference` of a single thing is −1, 0 or +1.
    `pieces` is what the money of the line stands for: the quantity of the snapshot, None for a single thing.

    `flags`: again, two_labels, clock, moved_meanwhile, evidence_pending, disposed, was_lost, unexpected, looked (somebody looked and it was not there),
    disputed (one found it, one did not), no_number (a bulk line was seen and nobody said how many), spread (its pieces stand in several places), part (pieces
    of a line that the count does not hold), same_counter (a recount by who counted first does not stand), helper (counted by somebody not asked to).
    `round`: how often it was to be counted; `asked`: who is to count it again. `condition` is the last one told."""

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
    condition: str = ""
    round: int = 1
    asked: str = ""
    asked_id: UUID | None = None
    pieces: int | None = None
    bulk: bool = False

    @property
    def things(self) -> int:
        """How many things the book has on this line."""
        return 1 if self.pieces is None else self.pieces

    @property
    def things_off(self) -> int:
        """How many things the count says are too many (+) or missing (−)."""
        return self.difference if self.result in (Result.MISSING, Result.SURPLUS) else 0

    def part_of(self, cents: int | None) -> int:
        """The share of the line's money that the difference stands for: all of it for a single thing, by number else, rounded half up."""
        if cents is None or self.things_off == 0:
            return 0
        if self.pieces is None:
            return cents
        return cents if self.pieces <= 0 else (2 * cents * abs(self.difference) + self.pieces) // (2 * self.pieces)

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
    """`expected` = matched + moved + missing + not_counted + recount + conflict + left (supplies: + surplus). `surplus`, `moved_in` and `unexpected` stand beside it. Money in cents. `things`, `things_missing` and `things_surplus` count pieces: a bulk line of forty chairs is forty things."""

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
    surplus_value_cents: int = 0
    things: int = 0
    things_counted: int = 0
    things_missing: int = 0
    things_surplus: int = 0


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
            if line.result == Result.SURPLUS:
                _add_surplus(add, line)
            continue
        add("expected")
        add(line.result)
        add("counted", 1 if line.standing else 0)
        add("value_cents", line.value_cents or 0)
        add("net_value_cents", line.net_value_cents or 0)
        add("things", line.things)
        add("things_counted", _counted(line))
        if line.result == Result.MISSING:
            add("things_missing", -line.things_off)
            add("missing_value_cents", line.part_of(line.value_cents))
            add("missing_net_value_cents", line.part_of(line.net_value_cents))
        elif line.result == Result.SURPLUS:
            _add_surplus(add, line)
    return Sums(**counts)


def _add_surplus(add: Callable[[str, int], None], line: Line) -> None:
    add("things_surplus", line.things_off)
    add("surplus_value_cents", line.part_of(line.value_cents))
    add("surplus_net_value_cents", line.part_of(line.net_value_cents))


def _counted(line: Line) -> int:
    if not line.standing or (line.result == Result.MISSING and line.quantity is None):
        return 0
    return 1 if line.pieces is None else line.quantity or 0

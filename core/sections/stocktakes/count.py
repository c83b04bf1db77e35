"""Counting on site: a scan, taking it back, reporting what the book does not know, handing in. All of it works without a network (offline.md).

A phone sends what happened; here it is written down as an observation and nothing is decided. A batch of scans is applied as a set: one look at the
labels, one at what was seen before, one insert (performance.md, Writing). Who counts a blind session is told no figure of the book.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import String, select, type_coerce
from sqlmodel import Session, col

from core.foundation import database
from core.foundation.errors import Invalid, Refused
from core.mechanisms import attachments, labels, places
from core.mechanisms.labels import Label, LabelState, SubjectKind
from core.mechanisms.operations import PERSON_ROLES, Actor, Item, Operation, current_item, operation, touch
from core.mechanisms.people import Person
from core.sections.assets.ledger import Asset
from core.sections.stocktakes import books
from core.sections.stocktakes.blinding import counts_the_same_blind
from core.sections.stocktakes.record import (
    REVIEWERS,
    Condition,
    CountEvent,
    CountUndone,
    Find,
    HandIn,
    Kind,
    Mode,
    State,
    Stocktake,
    StocktakeLine,
    get,
)
from core.sections.stocktakes.rounds import Rounds, asks_again

MOST_COUNTED = 1_000_000
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_counts = CountEvent.__table__  # type: ignore[attr-defined]
_undone = CountUndone.__table__  # type: ignore[attr-defined]
_lines = StocktakeLine.__table__  # type: ignore[attr-defined]
_label = Label.__table__  # type: ignore[attr-defined]
_person = Person.__table__  # type: ignore[attr-defined]


class _Label(NamedTuple):
    code: str
    subject_kind: str | None
    subject_id: UUID | None
    book_place_id: UUID | None = None
    book_place: str | None = None


class Count(Operation):
    """A code was read at a place. `quantity` for supplies and bulk lines: what is there in all (0 is an answer); single things count once.
    `condition` of a thing, if told."""

    stocktake_id: UUID
    code: labels.Code
    place_id: UUID
    quantity: Annotated[int, Input(ge=0, le=MOST_COUNTED)] | None = None
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of a scan: `outcome` is counted, again (who found it first, and when) or unknown. `book_place` only where the list may be seen."""

    outcome: str
    subject_id: UUID | None
    first_by: str | None = None
    first_at: datetime | None = None
    book_place_id: UUID | None = None
    book_place: str | None = None


def count_many(s: Session, items: Sequence[Item]) -> list[Counted | Refused | None]:
    """A run of scans as a set; None for one that is to be judged by itself: its code can not be read, or the run is of several sessions."""
    stocktake_id: UUID = items[0].do.stocktake_id
    if any(item.do.stocktake_id != stocktake_id for item in items):
        return [None] * len(items)
    session = Counting(s, stocktake_id)
    known = _labels(s, {item.do.code for item in items}, stocktake_id)
    # What stands in the register of labels is a code as it is; the rest is read as a person would type it.
    codes: list[str | None] = [item.do.code if item.do.code in known else _code_of(item.do.code) for item in items]
    known.update(_labels(s, {code for code in codes if code is not None and code not in known}, stocktake_id))
    first = _first_seen(s, stocktake_id, {label.subject_id for label in known.values() if label.subject_id is not None})
    rounds = (
        Rounds(s, session.row, {label.subject_id for label in known.values() if label.subject_id}) if session.row and session.asks else None
    )
    session.pieces_of({item.do.quantity for item in items}, known)
    conditions = any(item.do.condition is not None for item in items)
    answers: list[Counted | Refused | None] = []
    rows: list[dict[str, Any]] = []
    for item, code in zip(items, codes, strict=True):
        if code is None:
            answers.append(None)
            continue
        do: Count = item.do
        label = known.get(code)
        refusal = session.refusal(do, label, item.at)
        if refusal is None and rounds is not None and rounds.any:
            refusal = rounds.refusal(label.subject_id if label is not None else None, do.place_id, item.by, item.at)
        if refusal is not None:
            answers.append(refusal)
            continue
        by, subject_id = item.by, label.subject_id if label is not None else None
        rows.append({
            "op_id": item.op_id, "stocktake_id": stocktake_id, "code": code, "subject_id": subject_id, "place_id": do.place_id, "quantity": do.quantity,
            "person_id": by.person_id, "device_id": by.device_id, "device_seq": item.device_seq, "occurred_at": item.at, "received_at": item.received_at,
            "clock_skew_s": item.clock_skew_s,
        })  # fmt: skip
        if conditions:
            rows[-1]["condition"] = do.condition or ""
        answers.append(session.unknown if label is None or subject_id is None else session.answer(label, first, item))
    if rows:
        database.insert_rows(s, _counts, rows)
        touch(s, "stocktake", stocktake_id)
    return answers


@operation(Count, "stocktake.count", roles=PERSON_ROLES, offline=True, many=count_many)
def count(s: Session, do: Count, by: Actor, at: datetime) -> Counted:
    """Refuses: stocktake.not_found, stocktake.closed, stocktake.place_outside, stocktake.quantity_needed, stocktake.one_thing, label.other_kind,
    stocktake.other_counts_again (a recount is never by who counted first); Invalid: label.mistyped, label.unreadable. A code that nobody knows is kept: it may be a surplus."""
    labels.read_code(do.code)
    answer = count_many(s, [current_item(s)])[0]
    if isinstance(answer, Refused):
        raise answer
    assert answer is not None
    return answer


class UndoCount(Operation):
    """Takes back a count or a find of one's own; the office may take back anyone's. It may arrive before what it takes back."""

    stocktake_id: UUID
    count_op_id: UUID


@operation(UndoCount, "stocktake.undo_count", roles=PERSON_ROLES, offline=True)
def undo_count(s: Session, do: UndoCount, by: Actor, at: datetime) -> None:
    """The count stays in the list, marked. Refuses: stocktake.not_found, stocktake.closed, stocktake.not_yours"""
    session = Counting(s, do.stocktake_id)
    item = current_item(s)
    session.must_take(at)
    office = by.has(*REVIEWERS)
    owner = _owner(s, do.count_op_id)
    if owner is not None and owner != by.person_id and not office:
        raise Refused("stocktake.not_yours")
    s.add(CountUndone(
        op_id=item.op_id, stocktake_id=do.stocktake_id, count_op_id=do.count_op_id, person_id=by.person_id, device_id=by.device_id, by_office=office,
        occurred_at=at,
    ))  # fmt: skip
    touch(s, "stocktake", do.stocktake_id)


class ReportFind(Operation):
    """Something with a foreign label or none: what it is, where, with photos by their hash (they may arrive later)."""

    stocktake_id: UUID
    place_id: UUID
    code: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    description: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    photos: Annotated[tuple[Sha256, ...], Input(max_length=10)] = ()


@operation(ReportFind, "stocktake.report_find", roles=PERSON_ROLES, offline=True)
def report_find(s: Session, do: ReportFind, by: Actor, at: datetime) -> dict[str, Any]:
    """Fact `evidence_pending`: the photos that are still to come. Refuses: stocktake.not_found, stocktake.closed, stocktake.place_outside"""
    session = Counting(s, do.stocktake_id)
    item = current_item(s)
    session.must_take(at)
    session.must_hold(do.place_id)
    code = _foreign_code(do.code)
    s.add(Find(
        op_id=item.op_id, stocktake_id=do.stocktake_id, code=code, place_id=do.place_id, description=do.description, photos=list(do.photos),
        person_id=by.person_id, device_id=by.device_id, occurred_at=at, received_at=item.received_at,
    ))  # fmt: skip
    touch(s, "stocktake", do.stocktake_id)
    attachments.use(s, do.photos, "stocktake", do.stocktake_id, by, at)
    return {"find_id": item.op_id}


class HandInCounts(Operation):
    """A phone is done: `last_seq` is its highest number that belongs to this count."""

    stocktake_id: UUID
    last_seq: Annotated[int, Input(ge=0, lt=2**53)]


@operation(HandInCounts, "stocktake.hand_in", roles=PERSON_ROLES, offline=True)
def hand_in(s: Session, do: HandInCounts, by: Actor, at: datetime) -> None:
    """Counting on afterwards is allowed and needs another hand-in. Refuses: stocktake.not_found"""
    get(s, do.stocktake_id)
    if by.device_id is None:
        return  # no phone, nothing that could wait in one
    s.add(HandIn(
        op_id=current_item(s).op_id, stocktake_id=do.stocktake_id, device_id=by.device_id, person_id=by.person_id, last_seq=do.last_seq, occurred_at=at
    ))  # fmt: skip
    touch(s, "stocktake", do.stocktake_id)


# ── private ──


class Counting:
    """A session as counting sees it: does it still take observations, and does it hold this place."""

    unknown = Counted("unknown", None)

    def __init__(self, s: Session, stocktake_id: UUID) -> None:
        self._s = s
        self.row: Stocktake | None = s.get(Stocktake, stocktake_id)
        self._scope: set[UUID] | None = None
        self._is_open = self.row is not None and self.row.state == State.OPEN
        self._kind = books.subject_kind(self.row) if self.row is not None else None
        self._tells_places = self.row is not None and self.row.mode != Mode.BLIND and self.row.kind == Kind.ASSET
        self.recounts = self.row is not None and asks_again(s, self.row.id)
        self.asks = self.recounts or not self._is_open  # who may count what needs a closer look
        self._last_place: UUID | None = None  # the place of the scan before, which was in order
        self._bulk: set[UUID] = set()
        self._told: dict[UUID | None, bool] = {}

    def pieces_of(self, quantities: set[int | None], known: dict[str, _Label]) -> None:
        """Which of these are bulk lines, looked up only where somebody says a number."""
        if self._kind == SubjectKind.ASSET and not quantities <= {None, 1}:
            ids = {label.subject_id for label in known.values() if label.subject_id is not None}
            self._bulk = set(self._s.execute(select(col(Asset.id)).where(database.among(col(Asset.id), ids), col(Asset.bulk))).scalars())

    def refusal(self, do: Count, label: _Label | None, at: datetime) -> Refused | None:
        """Why this scan is not taken, or None."""
        refused = (None if self._is_open else self._not_taking(at)) or (
            None if do.place_id is self._last_place else self._outside(do.place_id)
        )
        if refused is not None:
            return refused
        self._last_place = do.place_id
        if label is not None and label.subject_kind is not None and label.subject_kind != self._kind:
            return Refused("label.other_kind", code=labels.shown(label.code))
        if self._kind == SubjectKind.ASSET and do.quantity is None:
            return None
        assert self.row is not None
        if self.row.kind == Kind.SUPPLY and do.quantity is None:
            return Refused("stocktake.quantity_needed", code=labels.shown(label.code) if label is not None else do.code[:20])
        if self.row.kind == Kind.ASSET and do.quantity not in (None, 1) and (label is None or label.subject_id not in self._bulk):
            return Refused("stocktake.one_thing")
        return None

    def answer(self, label: _Label, first: dict[UUID, tuple[str, datetime]], item: Item) -> Counted:
        """Whether the scan is the first of its thing, and where the book has it when that may be seen."""
        assert label.subject_id is not None
        place_id, place = (label.book_place_id, label.book_place) if self._tells(item.by) else (None, None)
        before = first.get(label.subject_id)
        if before is not None:
            return Counted("again", label.subject_id, before[0], before[1], place_id, place)
        first[label.subject_id] = (item.by.name, item.at)
        return Counted("counted", label.subject_id, None, None, place_id, place)

    def _tells(self, by: Actor) -> bool:
        """Whether this person may be told where the book has things; asked once for each."""
        if not self._tells_places or self.row is None:
            return False
        if by.person_id not in self._told:
            self._told[by.person_id] = not counts_the_same_blind(self._s, self.row, by)
        return self._told[by.person_id]

    def must_take(self, at: datetime) -> None:
        refused = self._not_taking(at)
        if refused is not None:
            raise refused

    def must_hold(self, place_id: UUID) -> None:
        refused = self._outside(place_id)
        if refused is not None:
            raise refused

    def _not_taking(self, at: datetime) -> Refused | None:
        row = self.row
        if row is None:
            return Refused("stocktake.not_found")
        if row.state == State.OPEN:
            return None
        # What was counted before the close and arrives late is still an observation; afterwards only what was asked for again is (see Rounds).
        if row.state == State.CLOSED and row.closed_at is not None and (at <= row.closed_at or self.recounts):
            return None
        return Refused("stocktake.closed", title=row.title)

    def _outside(self, place_id: UUID) -> Refused | None:
        assert self.row is not None
        if str(place_id) in self.row.place_ids:
            return None  # named itself: the house need not be read
        if self._scope is None:
            self._scope = scope_of(self._s, self.row)
        return None if place_id in self._scope else Refused("stocktake.place_outside", title=self.row.title)


def scope_of(s: Session, stocktake: Stocktake) -> set[UUID]:
    """Every place a session holds: those named and all below them; when none is named, all there are."""
    if not stocktake.place_ids:
        return set(s.execute(select(col(places.Place.id))).scalars())
    named = [UUID(place_id) for place_id in stocktake.place_ids]
    return {*named, *places.descendants(s, named)}


def _code_of(text: str) -> str | None:
    try:
        return labels.read_code(text)
    except Invalid:
        return None


def _foreign_code(text: str | None) -> str:
    """Our code where it is one, else what was read: a foreign label is evidence too."""
    return (_code_of(text) or text[:60]) if text else ""


def _labels(s: Session, codes: Iterable[str], stocktake_id: UUID) -> dict[str, _Label]:
    """What codes stand for, with the place where this session's book expects the thing."""
    wanted = list(codes)
    if not wanted:
        return {}
    label, line = _label.c, _lines.c
    query = (
        select(label.code, label.subject_kind, label.subject_id, type_coerce(line.place_id, String), line.place)
        .select_from(_label.outerjoin(_lines, (line.stocktake_id == stocktake_id) & (line.subject_id == label.subject_id)))
        .where(database.among(label.code, wanted), label.state != LabelState.BLANK)
    )
    place_ids: dict[Any, UUID] = {}  # a room holds many things: its id is read once
    found: dict[str, _Label] = {}
    for code, kind, subject_id, place_id, place in s.execute(query).all():
        if place_id is not None and place_id not in place_ids:
            place_ids[place_id] = UUID(str(place_id))
        found[code] = _Label(code, kind, subject_id, place_ids.get(place_id), place)
    return found


def _owner(s: Session, op_id: UUID) -> UUID | None:
    for table in (CountEvent, Find):
        found = s.execute(select(col(table.person_id)).where(col(table.op_id) == op_id)).first()
        if found is not None:
            owner: UUID | None = found[0]
            return owner
    return None


def _first_seen(s: Session, stocktake_id: UUID, subject_ids: Iterable[UUID]) -> dict[UUID, tuple[str, datetime]]:
    """Who saw each of these first, the taken-back ones left out."""
    c, u, p = _counts.c, _undone.c, _person.c
    query = (
        select(c.subject_id, c.occurred_at, p.name)
        .select_from(
            _counts.outerjoin(_person, p.id == c.person_id).outerjoin(
                _undone, (u.count_op_id == c.op_id) & (u.stocktake_id == c.stocktake_id)
            )
        )
        .where(c.stocktake_id == stocktake_id, database.among(c.subject_id, subject_ids), u.op_id.is_(None))
    )
    found: dict[UUID, tuple[str, datetime]] = {}
    for subject_id, at, name in s.execute(query):
        if subject_id not in found or at < found[subject_id][1]:
            found[subject_id] = (name or "", at)
    return found

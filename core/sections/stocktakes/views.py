"""What lists, the phone and programs read of stock-takes. A person who counts a blind session gets no figure of the book from any of them (Things 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.mechanisms.attachments import shown_with
from core.mechanisms.operations import PERSON_ROLES, Actor
from core.mechanisms.people import Person, department_names
from core.mechanisms.places import Place
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.assets.hiding import hides_pieces, hides_places
from core.sections.stocktakes.blinding import blind_counts, counts_the_same_blind, has_counted
from core.sections.stocktakes.count import scope_of
from core.sections.stocktakes.gathering import asked_of, chunks
from core.sections.stocktakes.lines import review
from core.sections.stocktakes.opening import counters_of
from core.sections.stocktakes.phones import OpenDevice, devices_of
from core.sections.stocktakes.progress import progress
from core.sections.stocktakes.record import REVIEWERS, CountEvent, CountUndone, Kind, Mode, State, Stocktake, StocktakeLine
from core.sections.stocktakes.results import Line, Result, Seen, Sums
from core.sections.stocktakes.rounds import asked_again, asks_again
from core.sections.stocktakes.sealing import result_of
from core.sections.supplies.hiding import hides_stock


@dataclass(frozen=True, slots=True)
class StocktakeView:
    """A session as lists show it. `expected` and `counted` are None to who must not know them."""

    id: UUID
    version: int
    title: str
    kind: str
    mode: str
    state: str
    place_ids: tuple[UUID, ...]
    places: tuple[str, ...]
    opened_at: datetime
    opened_by: str
    due_on: date | None
    closed_at: datetime | None
    settled_at: datetime | None
    settled_by: str
    expected: int | None
    counted: int | None
    departments: tuple[str, ...] = ()
    class_codes: tuple[str, ...] = ()
    value_from_cents: int | None = None
    value_to_cents: int | None = None
    sample_seed: str = ""
    frozen: bool = False
    population: int | None = None

    @property
    def place(self) -> str:
        """Where and what of, in few words: places, departments, class codes."""
        return "，".join((*self.places, *self.departments, *self.class_codes))


@dataclass(frozen=True, slots=True)
class StocktakeDetail:
    """A session with its lines, figures and phones; without them, but with one's own counts, for who counts it blind."""

    id: UUID
    version: int
    session: StocktakeView
    sums: Sums | None
    lines: tuple[Line, ...]
    devices: tuple[OpenDevice, ...]
    mine: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class PhoneLine:
    """A line of the list on the phone. Of a bulk line the number of `pieces` is told to the keeper who confirms them, and to nobody who counts."""

    line_id: UUID
    subject_id: UUID
    number: str
    name: str
    spec: str
    unit: str
    label: str
    place_id: UUID | None
    counted: bool
    bulk: bool = False
    pieces: int | None = None


@dataclass(frozen=True, slots=True)
class PhoneStocktake:
    """A session as a phone carries it into the cellar. `expected` is None when there is no list to walk by.

    `again`: what this person is to count a second time, without any figure of the first count; when counting has ended (`round` 2) it is all there is.
    `asked_places`: where this person is asked to count; empty: everywhere."""

    id: UUID
    title: str
    kind: str
    mode: str
    due_on: date | None
    place_ids: tuple[UUID, ...]
    total: int | None
    expected: tuple[PhoneLine, ...] | None
    again: tuple[PhoneLine, ...] = ()
    asked_places: tuple[UUID, ...] = ()
    round: int = 1


def is_blind_to(s: Session, stocktake: Stocktake, by: Actor) -> bool:
    """Whether this caller may see no figure of the book now: who counts, may count or is asked to count a blind session that is not settled, or counts the
    same things blind in another one."""
    if stocktake.mode != Mode.BLIND:
        return counts_the_same_blind(s, stocktake, by)
    if stocktake.state in (State.APPROVED, State.REJECTED):
        return False
    if not by.has(*REVIEWERS) or has_counted(s, stocktake.id, by.person_id):
        return True
    return by.person_id is not None and (by.person_id in asked_of(s, stocktake.id) or by.person_id in asked_again(s, stocktake.id))


@hides_stock
def hidden_shelves(s: Session, by: Actor) -> set[UUID]:
    """Shelves whose stock this caller must not see: those of blind counts under way that they may take part in."""
    query = select(Stocktake).where(
        col(Stocktake.state).in_((State.OPEN, State.CLOSED)), col(Stocktake.mode) == Mode.BLIND, col(Stocktake.kind) == Kind.SUPPLY
    )
    hidden: set[UUID] = set()
    for row in s.execute(query).scalars():
        if is_blind_to(s, row, by):
            hidden |= scope_of(s, row)
    return hidden


@hides_pieces
def hidden_bulk(s: Session, by: Actor) -> set[UUID]:
    """Bulk lines whose number of pieces this caller must not see: those of blind counts under way that they may take part in."""
    query = select(Stocktake).where(
        col(Stocktake.state).in_((State.OPEN, State.CLOSED)), col(Stocktake.mode) == Mode.BLIND, col(Stocktake.kind) == Kind.ASSET
    )
    blind = [row.id for row in s.execute(query).scalars() if is_blind_to(s, row, by)]
    lines = select(col(StocktakeLine.subject_id)).where(
        col(StocktakeLine.stocktake_id).in_(blind), col(StocktakeLine.quantity).is_not(None)
    )
    return set(s.execute(lines).scalars()) if blind else set()


@hides_places
def counts_blind(s: Session, by: Actor) -> bool:
    """Whether this caller counts things blind now (`blind_counts`)."""
    return bool(blind_counts(s, by))


@shown_with("stocktake")
def may_see_photos(s: Session, stocktake_id: UUID, by: Actor) -> bool:
    """Photos of finds: the office, and whoever counts too."""
    return by.has(*REVIEWERS) or has_counted(s, stocktake_id, by.person_id)


def find(s: Session, stocktake_id: str) -> Stocktake | None:
    """By id as text; None for anything else."""
    try:
        return s.get(Stocktake, UUID(stocktake_id))
    except ValueError:
        return None


def listed(
    s: Session, by: Actor, *, states: Iterable[str] = (), after: str | None = None, limit: int = 50, q: str = ""
) -> list[StocktakeView]:
    """Sessions, the newest first; `after` is the last id of the page before."""
    query = select(Stocktake).order_by(col(Stocktake.opened_at).desc(), col(Stocktake.id).desc()).limit(limit)
    if wanted := list(states):
        query = query.where(col(Stocktake.state).in_(wanted))
    if q.strip():
        query = query.where(col(Stocktake.title).contains(q.strip(), autoescape=True))
    if after is not None:
        last = find(s, after)
        if last is None:
            return []
        query = query.where(
            (col(Stocktake.opened_at) < last.opened_at) | ((col(Stocktake.opened_at) == last.opened_at) & (col(Stocktake.id) < last.id))
        )
    return views(s, list(s.execute(query).scalars()), by)


def views(s: Session, rows: list[Stocktake], by: Actor) -> list[StocktakeView]:
    """Sessions with the names of people and places, and how far each is."""
    people = _names(s, Person, [person_id for row in rows for person_id in (row.opened_by_id, row.settled_by_id) if person_id])
    places = _names(s, Place, [UUID(place_id) for row in rows for place_id in row.place_ids])
    departments = department_names(s) if any(row.department_ids for row in rows) else {}
    shown = []
    for row in rows:
        hidden = is_blind_to(s, row, by)
        ids = tuple(UUID(place_id) for place_id in row.place_ids)
        shown.append(StocktakeView(
            row.id, row.version, row.title, row.kind, row.mode, row.state, ids, tuple(places.get(place_id, "") for place_id in ids), row.opened_at,
            people.get(row.opened_by_id, "") if row.opened_by_id else "", row.due_on, row.closed_at, row.settled_at,
            people.get(row.settled_by_id, "") if row.settled_by_id else "", None if hidden else row.expected_count, None if hidden else progress(s, row),
            tuple(departments.get(UUID(one), "") for one in row.department_ids), tuple(row.class_codes), row.value_from_cents, row.value_to_cents,
            row.sample_seed, row.frozen, None if hidden else row.population,
        ))  # fmt: skip
    return shown


def detail(s: Session, stocktake: Stocktake, by: Actor) -> StocktakeDetail:
    """Everything this caller may know of a session."""
    session = views(s, [stocktake], by)[0]
    result = result_of(s, stocktake)
    mine = tuple(seen for line in result.lines for seen in line.seen if seen.person_id is not None and seen.person_id == by.person_id)
    mine = tuple(sorted(mine, key=lambda seen: seen.order))
    if is_blind_to(s, stocktake, by):
        return StocktakeDetail(stocktake.id, stocktake.version, session, None, (), (), mine)
    devices = tuple(devices_of(s, stocktake)) if by.has(*REVIEWERS) else ()
    return StocktakeDetail(stocktake.id, stocktake.version, session, result.sums, result.lines, devices, mine)


def for_phone(s: Session, by: Actor) -> list[PhoneStocktake]:
    """The open sessions, for the phone's own store: lists for guided counts and for keepers who count their own, none for open and blind ones; and what
    this person is to count again. A session with named counters is only on their phones."""
    found = []
    rows = s.execute(
        select(Stocktake).where(col(Stocktake.state).in_((State.OPEN, State.CLOSED))).order_by(col(Stocktake.opened_at), col(Stocktake.id))
    ).scalars()
    for row in rows:
        asked = counters_of(s, row.id)
        mine = tuple(one.place_id for one in asked if one.person_id == by.person_id and one.place_id is not None)
        hidden = row.mode == Mode.BLIND or (row.mode != Mode.SELF and counts_the_same_blind(s, row, by))
        again = _again_for(s, row, by, hidden=hidden) if asks_again(s, row.id) else ()
        ids = tuple(UUID(place_id) for place_id in row.place_ids)
        blank = PhoneStocktake(row.id, row.title, row.kind, row.mode, row.due_on, ids, None, None, again, mine)
        if row.state == State.CLOSED or (asked and all(one.person_id != by.person_id for one in asked)):
            if again:
                found.append(replace(blank, total=len(again), expected=again, round=2))
        elif hidden:
            found.append(replace(blank, mode=Mode.BLIND))  # also where the session itself is not: the phone then says nothing of the book
        elif row.mode == Mode.OPEN:
            found.append(replace(blank, total=row.expected_count))
        else:
            lines = _phone_lines(s, row, by)
            if row.mode == Mode.GUIDED or lines or again:
                found.append(replace(blank, total=len(lines), expected=lines))
    return found


def _again_for(s: Session, row: Stocktake, by: Actor, *, hidden: bool) -> tuple[PhoneLine, ...]:
    """What waits to be counted again and may be counted by this person: asked of them by name, or of nobody by name and not counted by them before; and
    what they have counted again (`counted`), so that the list on the phone ends full and not gone. Of the first count nothing is told; where the book has
    a thing is told only where the book may be seen (the shelf of a supply says what to count, not how it came out)."""
    places_told = row.kind == Kind.SUPPLY or not hidden
    found = []
    for line in review(s, row).lines:
        if line.subject_id is None:
            continue
        waits = line.result == Result.RECOUNT and (
            line.asked_id == by.person_id or (line.asked_id is None and by.person_id not in {seen.person_id for seen in line.seen})
        )
        mine = line.round > 1 and any(seen.standing and seen.round == line.round and seen.person_id == by.person_id for seen in line.seen)
        if waits or mine:
            place_id = line.book_place_id if places_told else None
            found.append(PhoneLine(
                line.line_id, line.subject_id, line.number, line.name, line.spec, line.unit, line.label, place_id, not waits, line.bulk,
            ))  # fmt: skip
    return tuple(found)


def _phone_lines(s: Session, row: Stocktake, by: Actor) -> tuple[PhoneLine, ...]:
    counted = select(col(CountEvent.subject_id), col(CountEvent.place_id)).where(
        col(CountEvent.stocktake_id) == row.id,
        col(CountEvent.op_id).not_in(select(col(CountUndone.count_op_id)).where(col(CountUndone.stocktake_id) == row.id)),
    )
    seen = {(subject_id, place_id) if row.kind == Kind.SUPPLY else subject_id for subject_id, place_id in s.execute(counted)}
    query = (
        select(StocktakeLine).where(col(StocktakeLine.stocktake_id) == row.id).order_by(col(StocktakeLine.place), col(StocktakeLine.number))
    )
    if row.mode == Mode.SELF:
        query = query.where(col(StocktakeLine.keeper_id) == by.person_id)
    return tuple(
        PhoneLine(
            line.id, line.subject_id, line.number, line.name, line.spec, line.unit, line.label, line.place_id,
            ((line.subject_id, line.place_id) if row.kind == Kind.SUPPLY else line.subject_id) in seen,
            row.kind == Kind.ASSET and line.quantity is not None, line.quantity if row.mode == Mode.SELF else None,
        )
        for line in s.execute(query).scalars()
    )  # fmt: skip


def under_way(s: Session) -> int:
    """How many sessions are not settled, for the today board and the navigation."""
    return int(
        s.execute(select(func.count()).select_from(Stocktake).where(col(Stocktake.state).in_((State.OPEN, State.CLOSED)))).scalar_one()
    )


def _names(s: Session, table: type[Person] | type[Place], ids: list[UUID]) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for part in chunks(sorted({str(one) for one in ids})):
        query = select(col(table.id), col(table.name)).where(col(table.id).in_([UUID(one) for one in part]))
        found.update({row.id: row.name for row in s.execute(query)})
    return found


def _list(s: Session, query: Query, by: Actor) -> Page:
    states = [query.filters["state"]] if query.filters.get("state") else []
    rows = listed(s, by, states=states, after=query.cursor, limit=query.limit + 1, q=query.q)
    more, rows = len(rows) > query.limit, rows[: query.limit]
    return Page(rows, str(rows[-1].id) if more else None)


def _one(s: Session, id: str, by: Actor) -> StocktakeDetail | None:
    row = find(s, id)
    return detail(s, row, by) if row is not None else None


COLLECTION = Collection(
    "stocktakes", PERSON_ROLES, _list, _one,
    tuple(ExportColumn(name, f"stocktake.column.{name}") for name in ("title", "kind", "mode", "state", "place", "opened_at", "opened_by", "due_on", "expected", "counted", "closed_at", "settled_at", "settled_by")),
    ("state",),
)  # fmt: skip

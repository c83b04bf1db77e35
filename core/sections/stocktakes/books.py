"""The two books that are counted: the register of assets and the ledgers of supplies. What they expect and what they say now.

A stock-take reads a book once, by value, when it is opened; afterwards it only asks what changed meanwhile, so that an ordinary transfer or issue
during the count is recognised and never posted a second time (pitfalls T9, T10). Of a bulk line (forty chairs on one card) the pieces are counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, and_, case, cast, func, insert, literal, null, or_, select
from sqlalchemy.sql import ColumnElement
from sqlmodel import Session, col

from core.foundation import clock, database
from core.foundation.ids import derived
from core.mechanisms.labels import Label, LabelState, SubjectKind
from core.mechanisms.people import Department, Person
from core.mechanisms.places import Place
from core.sections.assets import worth as asset_worth
from core.sections.assets.ledger import Asset, AssetEvent, AssetState
from core.sections.stocktakes.record import CountEvent, Kind, Stocktake, StocktakeLine
from core.sections.supplies.record import Move, Supply, SupplyMovement

EXPECTED = (AssetState.IDLE, AssetState.IN_USE, AssetState.REPAIR)
_lines = StocktakeLine.__table__  # type: ignore[attr-defined]
_COLUMNS = (
    "id", "stocktake_id", "subject_id", "number", "name", "spec", "serial", "unit", "place_id", "place", "keeper_id", "keeper", "department",
    "value_cents", "net_value_cents", "quantity", "label",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Now:
    """What the book says of a thing at this moment. `expected` is false when it should not be anywhere: disposed of, or lost. `pieces` is how many a bulk
    line stands for, None for a single thing."""

    subject_id: UUID
    number: str
    name: str
    spec: str
    serial: str
    unit: str
    place_id: UUID | None
    keeper: str
    department: str
    value_cents: int | None
    net_value_cents: int | None
    state: str
    label: str
    pieces: int | None = None

    @property
    def expected(self) -> bool:
        return self.state not in (AssetState.DISPOSED, AssetState.LOST)


@dataclass(frozen=True, slots=True)
class Movement:
    """What a supply's ledger did on a shelf, or the register to the pieces of a bulk line (no place), after the session was opened. `corrects` when it
    was itself the result of a count."""

    subject_id: UUID
    place_id: UUID | None
    at: datetime
    quantity: int
    corrects: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """What is counted: places with all below them (None: everywhere), departments, class codes by their beginning, value in cents, and a sample of it."""

    place_ids: Collection[UUID] | None = None
    department_ids: tuple[UUID, ...] = ()
    class_codes: tuple[str, ...] = ()
    value_from_cents: int | None = None
    value_to_cents: int | None = None
    sample_count: int | None = None
    sample_percent: int | None = None
    kept_only: bool = False

    @property
    def is_sample(self) -> bool:
        return self.sample_count is not None or self.sample_percent is not None

    def sample_size(self, population: int) -> int:
        """How many of `population` are drawn; a percentage is rounded up, so that a sample of something is never nothing."""
        if self.sample_count is not None:
            return min(self.sample_count, population)
        return -(-population * (self.sample_percent or 100) // 100)


def subject_kind(stocktake: Stocktake) -> SubjectKind:
    return SubjectKind.ASSET if stocktake.kind == Kind.ASSET else SubjectKind.SUPPLY


def expect(s: Session, stocktake: Stocktake, scope: Scope) -> tuple[int, int]:
    """Take what the book says of everything in scope, by value, in one statement. Returns how many lines, and how many the scope holds in all."""
    wanted = population = None
    if scope.is_sample:
        subjects = _subjects(s, stocktake.kind, scope)
        population = len(subjects)
        wanted = draw(subjects, stocktake.sample_seed, scope.sample_size(population))
    rows = _rows(stocktake.kind, stocktake.id, scope, wanted)
    s.execute(insert(_lines).from_select(_COLUMNS, rows))
    found = int(s.execute(select(func.count()).select_from(_lines).where(_lines.c.stocktake_id == stocktake.id)).scalar_one())
    return found, found if population is None else population


def draw(subjects: Iterable[UUID], seed: str, size: int) -> list[UUID]:
    """A sample that anyone can draw again: the things in the order of a hash of seed and thing, the first `size` of them."""
    return sorted(subjects, key=lambda one: hashlib.sha256(f"{seed}/{one}".encode()).digest())[:size]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a session over a scope would ask for. `keeperless`: things that nobody could confirm, left out of a count by their keepers. Cents."""

    lines: int
    population: int
    value_cents: int
    keeperless: int = 0


def preview(s: Session, kind: str, scope: Scope, seed: str = "") -> Preview:
    """How many lines a session would have and what they are worth, for the dialog that opens it."""
    wanted = population = None
    if scope.is_sample:
        subjects = _subjects(s, kind, scope)
        population = len(subjects)
        wanted = draw(subjects, seed, scope.sample_size(population))
    rows = _rows(kind, derived("preview"), scope, wanted, figures_only=True).subquery()
    lines, value = s.execute(select(func.count(), func.coalesce(func.sum(rows.c.value), 0)).select_from(rows)).one()
    keeperless = 0
    if kind == Kind.ASSET and scope.kept_only:
        keeperless = len(_subjects(s, kind, replace(scope, kept_only=False))) - len(_subjects(s, kind, scope))
    return Preview(int(lines), int(lines) if population is None else population, int(value), keeperless)


def _subjects(s: Session, kind: str, scope: Scope) -> list[UUID]:
    table: Any = Asset if kind == Kind.ASSET else Supply
    where = _asset_scope(scope) if kind == Kind.ASSET else _supply_scope(scope)
    return list(s.execute(select(table.id).where(*where)).scalars())


def _rows(kind: str, stocktake_id: UUID, scope: Scope, wanted: list[UUID] | None, *, figures_only: bool = False) -> Select[Any]:
    rows = _asset_rows(stocktake_id, scope) if kind == Kind.ASSET else _supply_rows(stocktake_id, scope)
    table: Any = Asset if kind == Kind.ASSET else Supply
    if figures_only:
        value = Asset.value_cents if kind == Kind.ASSET else col(Supply.price_cents) * col(Supply.on_hand)
        rows = select(table.id, cast(value, BigInteger).label("value")).where(
            *(_asset_scope(scope) if kind == Kind.ASSET else _supply_scope(scope))
        )
    return rows if wanted is None else rows.where(database.among(col(table.id), wanted))


def _asset_scope(scope: Scope) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(Asset.state).in_(EXPECTED)]
    if scope.place_ids is not None:
        found.append(database.among(col(Asset.place_id), scope.place_ids))
    if scope.department_ids:
        found.append(database.among(col(Asset.department_id), scope.department_ids))
    if scope.class_codes:
        found.append(or_(*(col(Asset.class_code).startswith(code, autoescape=True) for code in scope.class_codes)))
    if scope.value_from_cents is not None:
        found.append(col(Asset.value_cents) >= scope.value_from_cents)
    if scope.value_to_cents is not None:
        found.append(col(Asset.value_cents) <= scope.value_to_cents)
    if scope.kept_only:
        found.append(col(Asset.keeper_id).is_not(None))
    return found


def _supply_scope(scope: Scope) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(Supply.retired_at).is_(None), col(Supply.place_id).is_not(None)]
    if scope.place_ids is not None:
        found.append(database.among(col(Supply.place_id), scope.place_ids))
    worth = col(Supply.price_cents) * col(Supply.on_hand)
    if scope.value_from_cents is not None:
        found.append(worth >= scope.value_from_cents)
    if scope.value_to_cents is not None:
        found.append(worth <= scope.value_to_cents)
    return found


def _row_id() -> ColumnElement[Any]:
    """A random id made by the database, as the column stores it."""
    return func.lower(func.hex(func.randomblob(16))) if database.dialect() == database.SQLITE else func.gen_random_uuid()


def _current_label(kind: SubjectKind, subject_id: Any) -> ColumnElement[str]:
    query = select(func.max(Label.code)).where(
        col(Label.subject_id) == subject_id, col(Label.subject_kind) == kind, col(Label.state) == LabelState.ACTIVE
    )
    return func.coalesce(query.correlate_except(Label).scalar_subquery(), "")


def _asset_rows(stocktake_id: UUID, scope: Scope) -> Select[Any]:
    return (
        select(
            _row_id(), literal(stocktake_id, _lines.c.stocktake_id.type), col(Asset.id), col(Asset.number), col(Asset.name), col(Asset.spec),
            col(Asset.serial), col(Asset.unit), col(Asset.place_id), func.coalesce(Place.name, ""), col(Asset.keeper_id), func.coalesce(Person.name, ""),
            func.coalesce(Department.name, ""), col(Asset.value_cents), asset_worth.at_day(Asset, clock.today()),
            case((col(Asset.bulk), cast(Asset.quantity, BigInteger)), else_=cast(null(), BigInteger)), _current_label(SubjectKind.ASSET, Asset.id),
        )
        .select_from(Asset).outerjoin(Place, col(Place.id) == Asset.place_id).outerjoin(Person, col(Person.id) == Asset.keeper_id)
        .outerjoin(Department, col(Department.id) == Asset.department_id)
        .where(*_asset_scope(scope))
    )  # fmt: skip


def _supply_rows(stocktake_id: UUID, scope: Scope) -> Select[Any]:
    # A supply has one shelf; what its ledger says in all is what that shelf should hold.
    return (
        select(
            _row_id(), literal(stocktake_id, _lines.c.stocktake_id.type), col(Supply.id), col(Supply.number), col(Supply.name), col(Supply.spec),
            literal(""), col(Supply.unit), col(Supply.place_id), col(Place.name), cast(null(), _lines.c.keeper_id.type), literal(""), literal(""),
            col(Supply.price_cents) * col(Supply.on_hand), col(Supply.price_cents) * col(Supply.on_hand), col(Supply.on_hand),
            _current_label(SubjectKind.SUPPLY, Supply.id),
        )
        .select_from(Supply).join(Place, col(Place.id) == Supply.place_id)
        .where(*_supply_scope(scope))
    )  # fmt: skip


# ── what the book says meanwhile ──


def now(s: Session, stocktake: Stocktake) -> dict[UUID, Now]:
    """The present state of everything that was expected or seen."""
    ids = select(col(StocktakeLine.subject_id)).where(col(StocktakeLine.stocktake_id) == stocktake.id).union(
        select(col(CountEvent.subject_id)).where(col(CountEvent.stocktake_id) == stocktake.id, col(CountEvent.subject_id).is_not(None))
    )  # fmt: skip
    return _assets_now(s, ids) if stocktake.kind == Kind.ASSET else _supplies_now(s, ids)


def _assets_now(s: Session, ids: Any) -> dict[UUID, Now]:
    query = (
        select(
            col(Asset.id), col(Asset.number), col(Asset.name), col(Asset.spec), col(Asset.serial), col(Asset.place_id), col(Asset.value_cents),
            asset_worth.at_day(Asset, clock.today()).label("net_value_cents"), col(Asset.state), func.coalesce(Person.name, "").label("keeper"), func.coalesce(Department.name, "").label("department"),
            _current_label(SubjectKind.ASSET, Asset.id).label("code"), col(Asset.bulk), col(Asset.quantity), col(Asset.unit),
        )
        .outerjoin(Person, col(Person.id) == Asset.keeper_id).outerjoin(Department, col(Department.id) == Asset.department_id).where(col(Asset.id).in_(ids))
    )  # fmt: skip
    return {
        r.id: Now(
            r.id,
            r.number,
            r.name,
            r.spec,
            r.serial,
            r.unit,
            r.place_id,
            r.keeper,
            r.department,
            r.value_cents,
            r.net_value_cents,
            r.state,
            r.code,
            r.quantity if r.bulk else None,
        )
        for r in s.execute(query)
    }


def _supplies_now(s: Session, ids: Any) -> dict[UUID, Now]:
    query = select(Supply, _current_label(SubjectKind.SUPPLY, Supply.id)).where(col(Supply.id).in_(ids))
    return {r.id: Now(r.id, r.number, r.name, r.spec, "", r.unit, r.place_id, "", "", None, None, "", code) for r, code in s.execute(query)}


def movements(s: Session, stocktake: Stocktake) -> Mapping[tuple[UUID, UUID | None], Sequence[Movement]]:
    """What the ledgers of the expected supplies did since the session was opened, by supply and the shelf it was expected on; of bulk lines, what the
    register did to their number of pieces."""
    found: dict[tuple[UUID, UUID | None], list[Movement]] = {}
    if stocktake.kind != Kind.SUPPLY:
        return _pieces_moved(s, stocktake)
    query = (
        select(
            col(StocktakeLine.place_id),
            col(SupplyMovement.supply_id),
            col(SupplyMovement.at),
            col(SupplyMovement.quantity),
            col(SupplyMovement.kind),
        )
        .join(
            StocktakeLine, and_(col(StocktakeLine.subject_id) == SupplyMovement.supply_id, col(StocktakeLine.stocktake_id) == stocktake.id)
        )
        .where(col(SupplyMovement.booked_at) > stocktake.opened_at)
        # What this very session posted is its result, not something that happened meanwhile.
        .where((col(SupplyMovement.subject_id) != stocktake.id) | col(SupplyMovement.subject_id).is_(None))
    )
    for place_id, supply_id, at, quantity, kind in s.execute(query):
        found.setdefault((supply_id, place_id), []).append(Movement(supply_id, place_id, at, quantity, kind == Move.COUNT))
    return found


def _pieces_moved(s: Session, stocktake: Stocktake) -> dict[tuple[UUID, UUID | None], list[Movement]]:
    """Changes of the number of pieces of bulk lines, from their lives; what this very session posted is its result."""
    line, event = StocktakeLine, AssetEvent
    query = (
        select(col(event.asset_id), col(event.at), col(event.facts))
        .join(line, and_(col(line.subject_id) == event.asset_id, col(line.stocktake_id) == stocktake.id, col(line.quantity).is_not(None)))
        .where(col(event.at) >= stocktake.opened_at)
    )
    found: dict[tuple[UUID, UUID | None], list[Movement]] = {}
    for asset_id, at, facts in s.execute(query):
        before, after = (facts.get(name, {}).get("quantity") for name in ("before", "after"))
        if before is None or after is None or facts.get("stocktake_id") == str(stocktake.id):
            continue
        found.setdefault((asset_id, None), []).append(Movement(asset_id, None, at, after - before, "stocktake_id" in facts))
    return found

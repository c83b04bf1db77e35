"""The two books that are counted: the register of assets and the ledgers of supplies. What they expect, what they say now, how a result is posted.

A stock-take reads a book once, by value, when it is opened; afterwards it only asks what changed meanwhile, so that an ordinary transfer or issue
during the count is recognised and never posted a second time (pitfalls T9, T10).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, cast, exists, func, insert, literal, null, or_, select, union
from sqlalchemy.sql import ColumnElement
from sqlmodel import Session, col

from core.foundation import database
from core.foundation.ids import derived
from core.mechanisms import duties
from core.mechanisms.labels import Label, LabelState, SubjectKind
from core.mechanisms.operations import Actor
from core.mechanisms.people import Department, Person
from core.mechanisms.places import Place
from core.sections import assets
from core.sections.assets.ledger import Asset, AssetState, change
from core.sections.stocktakes.record import CountEvent, Kind, Stocktake, StocktakeLine

EXPECTED = (AssetState.IDLE, AssetState.IN_USE, AssetState.REPAIR)
_lines = StocktakeLine.__table__  # type: ignore[attr-defined]
_COLUMNS = (
    "id", "stocktake_id", "subject_id", "number", "name", "spec", "serial", "unit", "place_id", "place", "keeper_id", "keeper", "department",
    "value_cents", "net_value_cents", "quantity", "label",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Now:
    """What the book says of a thing at this moment. `expected` is false when it should not be anywhere: disposed of, or lost."""

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

    @property
    def expected(self) -> bool:
        return self.state not in (AssetState.DISPOSED, AssetState.LOST)


@dataclass(frozen=True, slots=True)
class Movement:
    """What a supply's ledger did on a shelf after the session was opened. `corrects` when it was itself the result of a count."""

    subject_id: UUID
    place_id: UUID | None
    at: datetime
    quantity: int
    corrects: bool


def subject_kind(stocktake: Stocktake) -> SubjectKind:
    return SubjectKind.ASSET if stocktake.kind == Kind.ASSET else SubjectKind.SUPPLY


def expect(s: Session, stocktake: Stocktake, scope: Collection[UUID]) -> int:
    """Take what the book says of everything in these places, by value, in one statement. Returns how many lines."""
    rows = _asset_rows(stocktake.id, scope) if stocktake.kind == Kind.ASSET else _supply_rows(stocktake.id, scope)
    s.execute(insert(_lines).from_select(_COLUMNS, rows))
    return int(s.execute(select(func.count()).select_from(_lines).where(_lines.c.stocktake_id == stocktake.id)).scalar_one())


def count_expected(s: Session, kind: str, scope: Collection[UUID]) -> int:
    """How many lines a session over these places would have, for the dialog that opens it."""
    if kind == Kind.ASSET:
        query = select(func.count()).select_from(Asset).where(col(Asset.place_id).in_(scope), col(Asset.state).in_(EXPECTED))
        return int(s.execute(query).scalar_one())
    rows = _supply_rows(derived("preview"), scope).subquery()
    return int(s.execute(select(func.count()).select_from(rows)).scalar_one())


def _row_id() -> ColumnElement[Any]:
    """A random id made by the database, as the column stores it."""
    return func.lower(func.hex(func.randomblob(16))) if database.dialect() == database.SQLITE else func.gen_random_uuid()


def _current_label(kind: SubjectKind, subject_id: Any) -> ColumnElement[str]:
    query = select(func.max(Label.code)).where(col(Label.subject_id) == subject_id, col(Label.subject_kind) == kind, col(Label.state) == LabelState.ACTIVE)
    return func.coalesce(query.correlate_except(Label).scalar_subquery(), "")


def _asset_rows(stocktake_id: UUID, scope: Collection[UUID]) -> Select[Any]:
    return (
        select(
            _row_id(), literal(stocktake_id, _lines.c.stocktake_id.type), col(Asset.id), col(Asset.number), col(Asset.name), col(Asset.spec),
            col(Asset.serial), literal(""), col(Asset.place_id), col(Place.name), col(Asset.keeper_id), func.coalesce(Person.name, ""),
            func.coalesce(Department.name, ""), col(Asset.value_cents), col(Asset.net_value_cents), cast(null(), _lines.c.quantity.type),
            _current_label(SubjectKind.ASSET, Asset.id),
        )
        .select_from(Asset).join(Place, col(Place.id) == Asset.place_id).outerjoin(Person, col(Person.id) == Asset.keeper_id)
        .outerjoin(Department, col(Department.id) == Asset.department_id)
        .where(col(Asset.place_id).in_(scope), col(Asset.state).in_(EXPECTED))
    )  # fmt: skip

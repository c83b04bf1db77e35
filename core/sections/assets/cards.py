"""What the register and the card show of an asset: one view, with the names of whose and where it is, its label, its worth today, its own fields.

The net value is `worth`'s, the same in list, card, export and report (pitfall T36).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms import labels, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.tables import amount
from core.sections.assets import classes, own_fields, worth
from core.sections.assets.ledger import Asset, AssetEvent
from core.sections.assets.own_fields import OwnValue


@dataclass(frozen=True, slots=True)
class AssetView:
    """A row of the register and the card. `label` is the current code. Money in cents; of a bulk line for all of it. `quantity` is None to who counts a bulk line blind. `net_value_cents` is
    today's."""

    id: UUID
    version: int
    number: str
    name: str
    spec: str
    serial: str
    class_code: str
    bought_on: date | None
    value_cents: int | None
    net_value_cents: int | None
    supplier: str
    department_id: UUID | None
    department: str
    keeper_id: UUID | None
    keeper: str
    place_id: UUID | None
    place: str
    place_path: str
    state: str
    photo_sha256: str
    label: str | None
    created_at: datetime
    updated_at: datetime
    brand: str = ""
    got_how: str = ""
    life_months: int | None = None
    salvage_cents: int | None = None
    invoice: str = ""
    warranty_until: date | None = None
    remark: str = ""
    bulk: bool = False
    quantity: int | None = 1
    unit: str = ""
    parent_id: UUID | None = None
    parent: str = ""
    left_on: date | None = None
    own: tuple[OwnValue, ...] = ()

    @property
    def value(self) -> Decimal | None:
        """What it cost, as an amount for tables."""
        return amount(self.value_cents)

    @property
    def net_value(self) -> Decimal | None:
        return amount(self.net_value_cents)

    @property
    def salvage(self) -> Decimal | None:
        return amount(self.salvage_cents)

    @property
    def counted(self) -> str:
        """`bulk` or `single`."""
        return "bulk" if self.bulk else "single"

    @property
    def worn(self) -> Decimal | None:
        """What depreciation took off so far, as an amount."""
        known = self.value_cents is not None and self.net_value_cents is not None
        return amount((self.value_cents or 0) - (self.net_value_cents or 0)) if known else None


def views(s: Session, found: Sequence[Asset]) -> list[AssetView]:
    """Assets with the names of whose and where they are, and their labels: a fixed number of statements."""
    if not found:
        return []
    departments = people.department_names(s)
    keepers = names_of(s, {asset.keeper_id for asset in found if asset.keeper_id})
    where = places.paths_of(s, {asset.place_id for asset in found if asset.place_id})
    codes = labels.codes_of(s, SubjectKind.ASSET, [asset.id for asset in found])
    parents = numbers_of(s, {asset.parent_id for asset in found if asset.parent_id})
    known = own_fields.fields(s, retired=True)
    said = own_fields.values(s, [asset.id for asset in found]) if known else {}
    day = clock.today()
    shown = []
    for a in found:
        place = where.get(a.place_id, ("", "")) if a.place_id else ("", "")
        shown.append(AssetView(
            a.id, a.version, a.number, a.name, a.spec, a.serial, a.class_code, a.bought_on, a.value_cents, net_value_of(a, day), a.supplier,
            a.department_id, departments.get(a.department_id, "") if a.department_id else "", a.keeper_id,
            keepers.get(a.keeper_id, "") if a.keeper_id else "", a.place_id, place[0], place[1],
            a.state, a.photo_sha256, codes.get(a.id), a.created_at, a.updated_at,
            a.brand, a.got_how, a.life_months, a.salvage_cents, a.invoice, a.warranty_until, a.remark, a.bulk, a.quantity, a.unit, a.parent_id,
            parents.get(a.parent_id, "") if a.parent_id else "", a.left_on, own_fields.of(known, a.class_code, said.get(a.id, {})),
        ))  # fmt: skip
    return shown


def net_value_of(asset: Asset, day: date) -> int | None:
    """What an asset is worth on a day, in cents."""
    return worth.net_value_cents(
        asset.value_cents,
        asset.salvage_cents,
        asset.life_months,
        asset.bought_on,
        day,
        left_on=asset.left_on,
        stated_cents=asset.net_value_cents,
    )


def view(s: Session, asset: Asset) -> AssetView:
    return views(s, [asset])[0]


def names_of(s: Session, person_ids: set[UUID]) -> dict[UUID, str]:
    """Names of persons by id, in statements of at most 500."""
    ids, found = sorted(person_ids), {}
    for start in range(0, len(ids), 500):
        query = select(col(people.Person.id), col(people.Person.name)).where(col(people.Person.id).in_(ids[start : start + 500]))
        found.update({row.id: row.name for row in s.execute(query)})
    return found


def numbers_of(s: Session, asset_ids: set[UUID]) -> dict[UUID, str]:
    """Numbers of assets by id."""
    ids, found = sorted(asset_ids), {}
    for start in range(0, len(ids), 500):
        query = select(col(Asset.id), col(Asset.number)).where(col(Asset.id).in_(ids[start : start + 500]))
        found.update({row.id: row.number for row in s.execute(query)})
    return found


def components(s: Session, asset_id: UUID) -> list[Asset]:
    """What is part of an asset, in order of number."""
    return list(s.execute(select(Asset).where(col(Asset.parent_id) == asset_id).order_by(col(Asset.number))).scalars())


def timeline(s: Session, asset_id: UUID) -> list[AssetEvent]:
    """What the book noted of an asset, oldest first; its whole life is `life`'s."""
    return list(s.execute(select(AssetEvent).where(col(AssetEvent.asset_id) == asset_id).order_by(col(AssetEvent.id))).scalars())


def class_name(code: str, language: str) -> str:
    """The name of a shipped asset class in a language, or its code."""
    return classes.name(code, language)

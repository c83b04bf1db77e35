"""The book of fixed assets (台账): what each is, whose it is, where it stands, what it cost, and what ever changed (guide S4.1-R1, R3).

One thing has a serial number; a bulk line stands for `quantity` alike things and has none, and its `value_cents` is that of the whole line. A
component names the asset it is part of. What the card shows is `cards`' business, finding `finding`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, StringConstraints
from pydantic import Field as Input
from sqlalchemy import JSON, BigInteger, Column, false, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import attachments, custody, holds, labels, people, pinyin, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Operation, as_json, current_op_id, operation, touch
from core.mechanisms.tables import EARLIEST_YEAR, LATEST_YEAR, MAX_CENTS, tidy
from core.sections.assets import following, index, own_fields
from core.sections.assets.classes import KEEPERS_OF_THE_BOOK as KEEPERS_OF_THE_BOOK

MOST_MONTHS = 1_200
MOST_THINGS = 1_000_000
DEEPEST = 6  # levels of components


class AssetState(StrEnum):
    IDLE = "idle"
    IN_USE = "in_use"
    REPAIR = "repair"
    LOST = "lost"
    DISPOSED = "disposed"


class GotHow(StrEnum):
    """How an asset came to the office (取得方式)."""

    PURCHASE = "purchase"
    ALLOCATED = "allocated"
    DONATED = "donated"
    SELF_MADE = "self_made"
    EXCHANGED = "exchanged"
    SURPLUS = "surplus"
    LEASED = "leased"
    OTHER = "other"


def _text() -> Any:
    return Field(default="", sa_column_kwargs={"server_default": ""})


class Asset(SQLModel, table=True):
    """One asset, or one bulk line, as the book has it. Money in integer cents; `pinyin` and `initials` are the search keys of its name.
    `net_value_cents` is what somebody stated; what counts is `worth`'s. `left_on` is the day it was disposed of, `left_by` the
    document that says so."""

    __tablename__: ClassVar[str] = "asset"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    number: str = Field(unique=True)
    name: str = Field(index=True)
    spec: str = ""
    serial: str = Field(default="", index=True)
    class_code: str = Field(default="", index=True)
    bought_on: date | None = None
    value_cents: int | None = Field(default=None, sa_column=Column(BigInteger))
    net_value_cents: int | None = Field(default=None, sa_column=Column(BigInteger))
    supplier: str = ""
    department_id: UUID | None = Field(default=None, foreign_key="department.id", index=True)
    keeper_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    place_id: UUID | None = Field(default=None, foreign_key="place.id", index=True)
    state: str = Field(default=AssetState.IDLE, index=True)
    photo_sha256: str = ""
    pinyin: str = ""
    initials: str = ""
    brand: str = _text()
    got_how: str = _text()
    life_months: int | None = None
    salvage_cents: int | None = Field(default=None, sa_column=Column(BigInteger))
    invoice: str = _text()
    warranty_until: date | None = None
    remark: str = _text()
    bulk: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    quantity: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    unit: str = _text()
    parent_id: UUID | None = Field(default=None, index=True)
    left_on: date | None = None
    left_by: str = _text()
    created_at: datetime
    updated_at: datetime
    version: int = 1


class AssetEvent(SQLModel, table=True):
    """One line of an asset's life, for ever: what happened, who did it, what was before and after (guide S4.1-R3)."""

    __tablename__: ClassVar[str] = "asset_event"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    asset_id: UUID = Field(index=True)
    at: datetime
    kind: str
    person_id: UUID | None = None
    op_id: UUID
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


database.append_only("asset_event")


# ── operations ──


def _visible(text: str) -> str:
    found = tidy(text)
    if not found:
        raise ValueError("text.empty")
    return found


def _sensible_day(day: date) -> date:
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise ValueError("day.out_of_range")
    return day


Number = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_visible)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_visible)]
Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(tidy)]
Code = Annotated[str, StringConstraints(max_length=64), AfterValidator(tidy)]
Cents = Annotated[int, Input(ge=0, le=MAX_CENTS)]
Day = Annotated[date, AfterValidator(_sensible_day)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]
Remark = Annotated[str, StringConstraints(max_length=500), AfterValidator(tidy)]
Unit = Annotated[str, StringConstraints(max_length=20), AfterValidator(tidy)]
Months = Annotated[int, Input(ge=1, le=MOST_MONTHS)]
Quantity = Annotated[int, Input(ge=1, le=MOST_THINGS)]
Own = Annotated[dict[UUID, Annotated[str, StringConstraints(max_length=200)] | None], Input(max_length=own_fields.MOST_FIELDS)]


class RegisterAsset(Operation):
    """`id` is made by the caller when the call may be retried. Money in cents; of a bulk line for all of it. `own` says own fields, as texts."""

    id: UUID | None = None
    number: Number
    name: Name
    spec: Line = ""
    serial: Code = ""
    class_code: Code = ""
    bought_on: Day | None = None
    value_cents: Cents | None = None
    net_value_cents: Cents | None = None
    supplier: Line = ""
    department_id: UUID | None = None
    keeper_id: UUID | None = None
    place_id: UUID | None = None
    photo_sha256: Sha256 = ""
    brand: Line = ""
    got_how: GotHow | None = None
    life_months: Months | None = None
    salvage_cents: Cents | None = None
    invoice: Code = ""
    warranty_until: Day | None = None
    remark: Remark = ""
    bulk: bool = False
    quantity: Quantity = 1
    unit: Unit = ""
    parent_id: UUID | None = None
    own: Own = {}


@operation(RegisterAsset, "asset.register", roles=KEEPERS_OF_THE_BOOK)
def register(s: Session, do: RegisterAsset, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: asset.number_taken, asset.exists, asset.department_unknown, person.not_found, person.disabled, place.not_found,
    place.retired, asset.bulk_has_no_serial, asset.one_thing, asset.salvage_above_value, asset.parent_*, asset.field_*"""
    _free_number(s, do.number)
    if do.id is not None and s.get(Asset, do.id) is not None:
        raise Refused("asset.exists", number=do.number)
    _check_whose_and_where(s, do.model_dump(include={"department_id", "keeper_id", "place_id"}))
    keys = pinyin.keys(do.name)
    asset = Asset(
        **do.model_dump(exclude={"id", "own", "got_how"}), got_how=do.got_how or "", id=do.id or uuid7(), pinyin=keys.full, initials=keys.initials,
        state=AssetState.IN_USE if do.keeper_id else AssetState.IDLE, created_at=at, updated_at=at,
    )  # fmt: skip
    _check_sense(s, asset, set(RegisterAsset.model_fields))
    own = own_fields.differing(s, asset.id, asset.class_code, do.own)
    s.add(asset)
    s.flush()
    custody.book(s, ("asset", asset.id), asset.keeper_id, by, at, place_id=asset.place_id)
    own_fields.write(s, asset.id, own)
    s.flush()
    find_by(s, asset)
    note(s, asset.id, "registered", by, at, number=asset.number)
    touch(s, "asset", asset.id)
    attachments.use(s, [do.photo_sha256] if do.photo_sha256 else [], "asset", asset.id, by, at)
    return {"asset_id": asset.id, "number": asset.number}


class UpdateAsset(Operation):
    """A correction of the book: only the fields given change. `base_version` refuses when somebody else changed it meanwhile."""

    asset_id: UUID
    base_version: int | None = None
    number: Number | None = None
    name: Name | None = None
    spec: Line | None = None
    serial: Code | None = None
    class_code: Code | None = None
    bought_on: Day | None = None
    value_cents: Cents | None = None
    net_value_cents: Cents | None = None
    supplier: Line | None = None
    department_id: UUID | None = None
    keeper_id: UUID | None = None
    place_id: UUID | None = None
    photo_sha256: Sha256 | None = None
    brand: Line | None = None
    got_how: GotHow | Annotated[str, StringConstraints(max_length=0)] | None = None
    life_months: Months | None = None
    salvage_cents: Cents | None = None
    invoice: Code | None = None
    warranty_until: Day | None = None
    remark: Remark | None = None
    bulk: bool | None = None
    quantity: Quantity | None = None
    unit: Unit | None = None
    parent_id: UUID | None = None
    state: AssetState | None = None
    own: Own | None = None


NULLABLE = frozenset({"left_on",
    "bought_on", "value_cents", "net_value_cents", "department_id", "keeper_id", "place_id", "life_months", "salvage_cents", "warranty_until",
    "parent_id",
})  # fmt: skip
BY_HAND = frozenset({AssetState.IDLE, AssetState.IN_USE, AssetState.REPAIR})  # losing and disposing have procedures of their own


@operation(UpdateAsset, "asset.update", roles=KEEPERS_OF_THE_BOOK)
def update(s: Session, do: UpdateAsset, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: asset.not_found, asset.number_taken, asset.disposed, asset.changed_meanwhile, asset.department_unknown, person.not_found,
    person.disabled, place.not_found, place.retired, asset.state_by_procedure, and what `register` refuses of a record that makes no sense"""
    asset = present(s, do.asset_id)
    if do.base_version is not None and do.base_version != asset.version:
        raise Refused("asset.changed_meanwhile", number=asset.number)
    given = do.model_dump(exclude_unset=True, exclude={"asset_id", "base_version"})
    if given.get("state") not in (None, asset.state) and not {asset.state, given["state"]} <= BY_HAND:
        raise Refused("asset.state_by_procedure", number=asset.number)
    attachments.use(s, [do.photo_sha256] if do.photo_sha256 else [], "asset", asset.id, by, at)
    return {"version": change(s, asset, given, "updated", by, at).version}


# ── reads ──


def get(s: Session, asset_id: UUID) -> Asset:
    """The asset, or Refused asset.not_found."""
    asset = s.get(Asset, asset_id)
    if asset is None:
        raise Refused("asset.not_found")
    return asset


def present(s: Session, asset_id: UUID) -> Asset:
    """The asset, which must not have left the register. Refuses: asset.not_found, asset.disposed"""
    asset = get(s, asset_id)
    if asset.state == AssetState.DISPOSED:
        raise Refused("asset.disposed", number=asset.number, day=asset.left_on, document=asset.left_by)
    return asset


def by_code(s: Session, code: str) -> Asset:
    """The asset behind a label, also a superseded one, and one retired with its thing: what became of that is told, not hidden. Refuses:
    label.unknown, label.other_kind, label.blank, label.retired"""
    label = labels.known(s, code)
    if label.state == labels.LabelState.RETIRED and label.subject_kind == SubjectKind.ASSET and label.subject_id is not None:
        gone = get(s, label.subject_id)
        if gone.state == AssetState.DISPOSED:
            return gone
    return get(s, labels.subject(s, code, SubjectKind.ASSET))


def by_number(s: Session, number: str) -> Asset | None:
    return s.execute(select(Asset).where(col(Asset.number) == number)).scalar_one_or_none()


def next_number(s: Session, at: date) -> str:
    """A free number to offer: `ZC-2026-0041`. Not kept for anyone; the register itself refuses a number that was taken meanwhile."""
    start = f"ZC-{at.year}-"
    last = s.execute(select(func.max(Asset.number)).where(col(Asset.number).like(start + "____"))).scalar_one_or_none()
    tail = (last or "").removeprefix(start)
    return f"{start}{int(tail) + 1 if tail.isascii() and tail.isdigit() else 1:04d}"


# ── for the other abilities and for sections that count, repair and dispose ──


def change(s: Session, asset: Asset, given: Mapping[str, Any], kind: str, by: Actor, at: datetime, **facts: Any) -> Asset:
    """Set fields of an asset (`own` maps own fields to texts), note before and after as one line of its life. What is the same already is no
    change. Refuses what `holds` refuses when whose or where it is changes (a count that froze its scope)."""
    wanted = {name: value for name, value in given.items() if (value is not None or name in NULLABLE) and name != "own"}
    new = {name: value for name, value in wanted.items() if getattr(asset, name) != value}
    own = own_fields.differing(s, asset.id, str(new.get("class_code", asset.class_code)), given.get("own") or {})
    if not new and not own and not facts:
        return asset
    if "number" in new:
        _free_number(s, str(new["number"]))
    _check_whose_and_where(s, new)
    if new.keys() & {"place_id", "keeper_id", "department_id"}:
        holds.check(s, SubjectKind.ASSET, asset.id, to_place=new.get("place_id"), doing=kind)
    before = {name: getattr(asset, name) for name in new}
    for name, value in new.items():
        setattr(asset, name, value)
    _check_sense(s, asset, set(new))
    if "name" in new:
        keys = pinyin.keys(asset.name)
        asset.pinyin, asset.initials = keys.full, keys.initials
    if "keeper_id" in new:
        custody.book(s, ("asset", asset.id), asset.keeper_id, by, at, place_id=asset.place_id)  # quiet when a hand-over has just moved it
    if "keeper_id" in new and "state" not in new and asset.state in (AssetState.IDLE, AssetState.IN_USE):
        asset.state = AssetState.IN_USE if asset.keeper_id else AssetState.IDLE
    if "state" in new and "left_on" not in new:
        asset.left_on = clock.today(at) if asset.state == AssetState.DISPOSED else None
    asset.version, asset.updated_at = asset.version + 1, at
    own_fields.write(s, asset.id, own)
    for field_id, (old_value, new_value) in own.items():
        before[f"{OWN}{field_id}"], new[f"{OWN}{field_id}"] = own_fields.shown(old_value), own_fields.shown(new_value)
    s.flush()
    if own or not FOUND_BY.isdisjoint(new):
        find_by(s, asset)
    note(s, asset.id, kind, by, at, before=before, after=new, **facts)
    following.tell(s, asset, before)
    touch(s, "asset", asset.id)
    return asset


OWN = "own."  # before the id of an own field, in what an event says of before and after
FOUND_BY = frozenset({"name", "number", "spec", "brand", "serial", "supplier", "invoice"})


def find_by(s: Session, asset: Asset) -> None:
    """Bring what an asset is found by up to date."""
    said = own_fields.values(s, [asset.id]).get(asset.id, {})
    texts = [asset.name, asset.pinyin, asset.initials, asset.number, asset.spec, asset.brand, asset.serial, asset.supplier, asset.invoice]
    index.keep(s, asset.id, [*texts, *(value for value in said.values() if isinstance(value, str))])


def note(s: Session, asset_id: UUID, kind: str, by: Actor, at: datetime, **facts: Any) -> None:
    """Add a line to an asset's life. `facts` hold JSON values, ids, days or moments."""
    s.add(AssetEvent(asset_id=asset_id, at=at, kind=kind, person_id=by.person_id, op_id=current_op_id(s), facts=as_json(facts)))


# ── private ──


def _free_number(s: Session, number: str) -> None:
    if by_number(s, number) is not None:
        raise Refused("asset.number_taken", number=number)


def _check_whose_and_where(s: Session, given: Mapping[str, Any]) -> None:
    if given.get("department_id") is not None and s.get(people.Department, given["department_id"]) is None:
        raise Refused("asset.department_unknown")
    if given.get("keeper_id") is not None and (keeper := people.get(s, given["keeper_id"])).disabled_at is not None:
        raise Refused("person.disabled", name=keeper.name)
    if given.get("place_id") is not None and (place := places.get(s, given["place_id"])).retired_at is not None:
        raise Refused("place.retired", place=place.name)


def _check_sense(s: Session, asset: Asset, new: set[str]) -> None:
    """What is said together must make sense; only what is said anew is judged, so that an old record can always be corrected."""
    if asset.bulk and asset.serial and new & {"bulk", "serial"}:
        raise Refused("asset.bulk_has_no_serial", number=asset.number)
    if not asset.bulk and asset.quantity != 1 and new & {"bulk", "quantity"}:
        raise Refused("asset.one_thing", number=asset.number)
    if new & {"value_cents", "salvage_cents"} and (asset.salvage_cents or 0) > (asset.value_cents or 0) and asset.salvage_cents:
        raise Refused("asset.salvage_above_value", number=asset.number)
    if "parent_id" in new and asset.parent_id is not None:
        _check_parent(s, asset)


def _check_parent(s: Session, asset: Asset) -> None:
    above, level = s.get(Asset, asset.parent_id), 1
    if above is None:
        raise Refused("asset.parent_not_found")
    if above.state == AssetState.DISPOSED:
        raise Refused("asset.disposed", number=above.number)
    while above is not None:
        level += 1
        if above.id == asset.id or level > DEEPEST:
            raise Refused(
                "asset.parent_inside_itself" if above.id == asset.id else "asset.parent_too_deep", number=asset.number, most=DEEPEST
            )
        above = s.get(Asset, above.parent_id) if above.parent_id else None

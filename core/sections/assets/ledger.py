"""The register of fixed assets (台账) and the card of each: what it is, whose it is, where it stands, what it cost (guide S4.1-R1, R2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, StringConstraints
from pydantic import Field as Input
from sqlalchemy import JSON, BigInteger, Column, func, or_, select
from sqlalchemy.sql import ColumnElement
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Invalid, Refused
from core.foundation.ids import uuid7
from core.mechanisms import attachments, custody, labels, people, pinyin, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Operation, Role, as_json, current_op_id, operation, touch
from core.mechanisms.tables import EARLIEST_YEAR, LATEST_YEAR, MAX_CENTS, amount, tidy
from core.sections.assets import classes

KEEPERS_OF_THE_BOOK = frozenset({Role.ADMIN, Role.CLERK})


class AssetState(StrEnum):
    IDLE = "idle"
    IN_USE = "in_use"
    REPAIR = "repair"
    LOST = "lost"
    DISPOSED = "disposed"


class Asset(SQLModel, table=True):
    """One asset as the book has it. Money in integer cents; `pinyin` and `initials` are the search keys of its name."""

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


@dataclass(frozen=True, slots=True)
class AssetView:
    """A row of the register and the head of the card. `label` is the current code. Money in cents."""

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

    @property
    def value(self) -> Decimal | None:
        """What it cost, as an amount for tables."""
        return amount(self.value_cents)

    @property
    def net_value(self) -> Decimal | None:
        return amount(self.net_value_cents)


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


class RegisterAsset(Operation):
    """`id` is made by the caller when the call may be retried. Money in cents."""

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


@operation(RegisterAsset, "asset.register", roles=KEEPERS_OF_THE_BOOK)
def register(s: Session, do: RegisterAsset, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: asset.number_taken, asset.exists, asset.department_unknown, person.not_found, person.disabled, place.not_found,
    place.retired"""
    _free_number(s, do.number)
    if do.id is not None and s.get(Asset, do.id) is not None:
        raise Refused("asset.exists", number=do.number)
    _check_whose_and_where(s, do.model_dump(include={"department_id", "keeper_id", "place_id"}))
    keys = pinyin.keys(do.name)
    asset = Asset(
        **do.model_dump(exclude={"id"}), id=do.id or uuid7(), pinyin=keys.full, initials=keys.initials,
        state=AssetState.IN_USE if do.keeper_id else AssetState.IDLE, created_at=at, updated_at=at,
    )  # fmt: skip
    s.add(asset)
    s.flush()
    custody.book(s, ("asset", asset.id), asset.keeper_id, by, at, place_id=asset.place_id)
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


NULLABLE = frozenset({"bought_on", "value_cents", "net_value_cents", "department_id", "keeper_id", "place_id"})


@operation(UpdateAsset, "asset.update", roles=KEEPERS_OF_THE_BOOK)
def update(s: Session, do: UpdateAsset, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: asset.not_found, asset.number_taken, asset.disposed, asset.changed_meanwhile, asset.department_unknown, person.not_found,
    person.disabled, place.not_found, place.retired"""
    asset = present(s, do.asset_id)
    if do.base_version is not None and do.base_version != asset.version:
        raise Refused("asset.changed_meanwhile", number=asset.number)
    given = do.model_dump(exclude_unset=True, exclude={"asset_id", "base_version"})
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
        raise Refused("asset.disposed", number=asset.number)
    return asset


def by_code(s: Session, code: str) -> Asset:
    """The asset behind a label, also a superseded one. Refuses: label.unknown, label.other_kind, label.blank, label.retired"""
    return get(s, labels.subject(s, code, SubjectKind.ASSET))


def by_number(s: Session, number: str) -> Asset | None:
    return s.execute(select(Asset).where(col(Asset.number) == number)).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of assets is narrowed to. `q` finds by name, number, serial number, pinyin, initials or label code; a place
    holds everything below it."""

    q: str = ""
    place_id: UUID | None = None
    department_id: UUID | None = None
    keeper_id: UUID | None = None
    states: tuple[str, ...] = ()
    class_code: str = ""


def search(s: Session, wanted: Filter, *, limit: int = 50, after: str | None = None) -> list[Asset]:
    """Assets in order of their numbers; `after` is the last number of the page before."""
    query = select(Asset).where(*_conditions(s, wanted)).order_by(col(Asset.number)).limit(limit)
    if after is not None:
        query = query.where(col(Asset.number) > after)
    return list(s.execute(query).scalars())


def count(s: Session, wanted: Filter) -> int:
    """How many a filter finds."""
    return int(s.execute(select(func.count()).select_from(Asset).where(*_conditions(s, wanted))).scalar_one())


def count_by_state(s: Session, wanted: Filter) -> dict[str, int]:
    """How many of each state, whatever state the filter names: the numbers on the chips."""
    query = select(col(Asset.state), func.count()).where(*_conditions(s, wanted, states=False)).group_by(col(Asset.state))
    return {state: int(found) for state, found in s.execute(query)}


def sums(s: Session, wanted: Filter) -> tuple[int, int]:
    """Cost and net value of everything a filter finds, in cents."""
    query = select(func.coalesce(func.sum(Asset.value_cents), 0), func.coalesce(func.sum(Asset.net_value_cents), 0))
    cost, net = s.execute(query.where(*_conditions(s, wanted))).one()
    return int(cost), int(net)


def views(s: Session, found: Sequence[Asset]) -> list[AssetView]:
    """Assets with the names of whose and where they are, and their labels: a fixed number of statements."""
    departments = people.department_names(s)
    keepers = names_of(s, {asset.keeper_id for asset in found if asset.keeper_id})
    where = {place.id: place for place in places.everything(s, retired=True)} if found else {}
    codes = labels.codes_of(s, SubjectKind.ASSET, [asset.id for asset in found])
    shown = []
    for a in found:
        place = where.get(a.place_id) if a.place_id else None
        shown.append(AssetView(
            a.id, a.version, a.number, a.name, a.spec, a.serial, a.class_code, a.bought_on, a.value_cents, a.net_value_cents, a.supplier,
            a.department_id, departments.get(a.department_id, "") if a.department_id else "", a.keeper_id,
            keepers.get(a.keeper_id, "") if a.keeper_id else "", a.place_id, place.name if place else "", place.path if place else "",
            a.state, a.photo_sha256, codes.get(a.id), a.created_at, a.updated_at,
        ))  # fmt: skip
    return shown


def view(s: Session, asset: Asset) -> AssetView:
    return views(s, [asset])[0]


def names_of(s: Session, person_ids: set[UUID]) -> dict[UUID, str]:
    """Names of persons by id, in statements of at most 500."""
    ids, found = sorted(person_ids), {}
    for start in range(0, len(ids), 500):
        query = select(col(people.Person.id), col(people.Person.name)).where(col(people.Person.id).in_(ids[start : start + 500]))
        found.update({row.id: row.name for row in s.execute(query)})
    return found


def timeline(s: Session, asset_id: UUID) -> list[AssetEvent]:
    """The whole life of an asset, oldest first."""
    return list(s.execute(select(AssetEvent).where(col(AssetEvent.asset_id) == asset_id).order_by(col(AssetEvent.id))).scalars())


def next_number(s: Session, at: date) -> str:
    """A free number to offer: `ZC-2026-0041`. Not kept for anyone; the register itself refuses a number that was taken meanwhile."""
    start = f"ZC-{at.year}-"
    last = s.execute(select(func.max(Asset.number)).where(col(Asset.number).like(start + "____"))).scalar_one_or_none()
    tail = (last or "").removeprefix(start)
    return f"{start}{int(tail) + 1 if tail.isascii() and tail.isdigit() else 1:04d}"


# ── for the other abilities and for sections that count, repair and dispose ──


def change(s: Session, asset: Asset, given: Mapping[str, Any], kind: str, by: Actor, at: datetime, **facts: Any) -> Asset:
    """Set fields of an asset, note before and after as one line of its life. What is the same already is no change."""
    wanted = {name: value for name, value in given.items() if value is not None or name in NULLABLE}
    new = {name: value for name, value in wanted.items() if getattr(asset, name) != value}
    if not new and not facts:
        return asset
    if "number" in new:
        _free_number(s, str(new["number"]))
    _check_whose_and_where(s, new)
    before = {name: getattr(asset, name) for name in new}
    for name, value in new.items():
        setattr(asset, name, value)
    if "name" in new:
        keys = pinyin.keys(asset.name)
        asset.pinyin, asset.initials = keys.full, keys.initials
    if "keeper_id" in new:
        custody.book(s, ("asset", asset.id), asset.keeper_id, by, at, place_id=asset.place_id)  # quiet when a hand-over has just moved it
    if "keeper_id" in new and "state" not in new and asset.state in (AssetState.IDLE, AssetState.IN_USE):
        asset.state = AssetState.IN_USE if asset.keeper_id else AssetState.IDLE
    asset.version += 1
    asset.updated_at = at
    note(s, asset.id, kind, by, at, before=before, after=new, **facts)
    touch(s, "asset", asset.id)
    return asset


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


def _conditions(s: Session, wanted: Filter, *, states: bool = True) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.place_id is not None:
        found.append(col(Asset.place_id).in_([wanted.place_id, *places.descendants(s, [wanted.place_id])]))
    if wanted.department_id is not None:
        found.append(col(Asset.department_id) == wanted.department_id)
    if wanted.keeper_id is not None:
        found.append(col(Asset.keeper_id) == wanted.keeper_id)
    if wanted.class_code:
        found.append(col(Asset.class_code).startswith(wanted.class_code, autoescape=True))
    if states and wanted.states:
        found.append(col(Asset.state).in_(wanted.states))
    text = tidy(wanted.q)
    if text:
        found.append(or_(*_meanings(s, text)))
    return found


def _meanings(s: Session, text: str) -> list[ColumnElement[bool]]:
    key, lower = pinyin.squeeze(text), text.lower()
    meanings: list[ColumnElement[bool]] = [
        col(Asset.name).contains(text, autoescape=True),
        func.lower(Asset.name).contains(lower, autoescape=True),  # SQLite folds ASCII letters only, so both
        func.lower(Asset.number).startswith(lower, autoescape=True),
        func.lower(Asset.spec).contains(lower, autoescape=True),
        func.lower(Asset.serial) == lower,
    ]
    if len(key) >= 2 and text.isascii():
        meanings += [col(Asset.initials).contains(key, autoescape=True), col(Asset.pinyin).contains(key, autoescape=True)]
    asset_id = _behind_label(s, text)
    if asset_id is not None:
        meanings.append(col(Asset.id) == asset_id)
    return meanings


def _behind_label(s: Session, text: str) -> UUID | None:
    try:
        return labels.subject(s, text, SubjectKind.ASSET)
    except (Invalid, Refused):
        return None


def class_name(code: str, language: str) -> str:
    """The name of an asset class in a language, or its code."""
    return classes.name(code, language)

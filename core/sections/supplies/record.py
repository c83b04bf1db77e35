"""What a supply is, its ledger, and what lists and labels show of it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, CheckConstraint, Column, Index, false, func, or_, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Invalid, Refused
from core.foundation.ids import uuid7
from core.mechanisms import labels, numbering, office, people, pinyin, places
from core.mechanisms.labels import Described, SubjectKind
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.places import Place
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.supplies.hiding import hidden_places

KEEPERS = frozenset({Role.ADMIN, Role.CLERK})
MOST = 1_000_000
Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Line = Annotated[str, StringConstraints(max_length=120)]
Unit = Annotated[str, StringConstraints(min_length=1, max_length=10)]
SupplyNumber = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Quantity = Annotated[int, Input(gt=0, le=MOST, strict=True)]
Whole = Annotated[int, Input(ge=0, le=MOST, strict=True)]
Pack = Annotated[int, Input(ge=1, le=10_000, strict=True)]
Reason = Annotated[str, StringConstraints(max_length=200)]


class Supply(SQLModel, table=True):
    """A kind of thing that is used up. `on_hand` is the sum of its movements: only the database's own trigger writes it, and it can not
    fall below zero."""

    __tablename__: ClassVar[str] = "supply"
    __table_args__ = (CheckConstraint("on_hand >= 0", name="supply_never_below_zero"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    number: str = Field(unique=True)
    name: str = Field(index=True)
    spec: str = ""
    unit: str
    pack: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    pinyin: str = ""
    initials: str = ""
    place_id: UUID | None = Field(default=None, foreign_key="place.id", index=True)
    minimum: int = 0
    limit_quantity: int | None = None
    price_cents: int | None = None
    on_hand: int = 0
    low_since: datetime | None = None
    retired_at: datetime | None = None
    version: int = 1


class Move(StrEnum):
    """Why stock changed."""

    RECEIVE = "receive"
    ISSUE = "issue"
    RETURN = "return"
    COUNT = "count"
    DISCREPANCY = "discrepancy"
    CORRECT = "correct"


class SupplyMovement(SQLModel, table=True):
    """One line of the ledger: append-only. `quantity` is signed, in the supply's unit; `at` is when it happened, `booked_at` when we heard
    of it. `department_id` is whose quota it counts in; `for_department`: the person only fetched it for all of them."""

    __tablename__: ClassVar[str] = "supply_movement"
    __table_args__ = (
        CheckConstraint("quantity <> 0", name="supply_movement_moves"),
        Index("supply_movement_by_supply", "supply_id", "at"),
        Index("supply_movement_by_person", "to_person_id", "supply_id", "at"),
    )
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    supply_id: UUID = Field(foreign_key="supply.id")
    kind: str
    quantity: int
    place_id: UUID | None = None
    to_person_id: UUID | None = None
    department_id: UUID | None = Field(default=None, index=True)
    for_department: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    actor_id: UUID | None = None
    device_id: UUID | None = None
    reason: str = ""
    over_limit: bool = False
    subject_kind: str | None = None
    subject_id: UUID | None = Field(default=None, index=True)
    photos: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    at: datetime
    booked_at: datetime
    op_id: UUID


database.append_only("supply_movement")
# The balance is kept where it is checked: in the database, in the transaction of the movement. Two takings at once can not both find
# the last piece.
database.ddl(
    "supply_balance",
    sqlite=(
        "CREATE TRIGGER supply_balance AFTER INSERT ON supply_movement BEGIN "
        "UPDATE supply SET on_hand = on_hand + NEW.quantity WHERE id = NEW.supply_id; END",
    ),
    postgresql=(
        "CREATE OR REPLACE FUNCTION supply_balance() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE supply SET on_hand = on_hand + NEW.quantity WHERE id = NEW.supply_id; RETURN NEW; END $$",
        "CREATE TRIGGER supply_balance AFTER INSERT ON supply_movement FOR EACH ROW EXECUTE FUNCTION supply_balance()",
    ),
)


@dataclass(frozen=True, slots=True)
class SupplyView:
    """A supply as lists show it. `on_hand` is None to a person who is counting it blind."""

    id: UUID
    number: str
    name: str
    spec: str
    unit: str
    pack: int
    place_id: UUID | None
    place: str
    label: str
    on_hand: int | None
    minimum: int
    limit: int | None
    price_cents: int | None
    low: bool
    retired: bool
    version: int


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One movement as the ledger page shows it, with the balance after it; `department` where it was fetched for one."""

    id: UUID
    at: datetime
    kind: str
    quantity: int
    balance: int
    to_person: str
    department: str
    actor: str
    reason: str
    over_limit: bool
    late: bool
    photos: tuple[str, ...]


# ── operations: the register ──


class RegisterSupply(Operation):
    id: UUID | None = None
    number: SupplyNumber | None = None
    name: Name
    spec: Line = ""
    unit: Unit
    pack: Pack = 1
    place_id: UUID | None = None
    minimum: Whole = 0
    limit: Annotated[int, Input(gt=0, le=MOST)] | None = None
    price_cents: Annotated[int, Input(ge=0, le=10**10)] | None = None


@operation(RegisterSupply, "supply.register", roles=KEEPERS)
def register(s: Session, do: RegisterSupply, by: Actor, at: datetime) -> dict[str, Any]:
    """A new kind of supply with its first label; without a number it gets the next of the series. Refuses: supply.number_taken,
    place.not_found"""
    if do.place_id is not None:
        places.get(s, do.place_id)
    number = do.number or _next_number(s)
    if s.execute(select(Supply.id).where(col(Supply.number) == number)).first():
        raise Refused("supply.number_taken", number=number)
    keys = pinyin.keys(do.name)
    supply = Supply(
        id=do.id or uuid7(), number=number, name=do.name, spec=do.spec, unit=do.unit, pack=do.pack, pinyin=keys.full, initials=keys.initials,
        place_id=do.place_id,
        minimum=do.minimum, limit_quantity=do.limit, price_cents=do.price_cents,
    )  # fmt: skip
    s.add(supply)
    s.flush()
    touch(s, "supply", supply.id)
    return {"supply_id": supply.id, "number": number, "code": labels.give(s, SubjectKind.SUPPLY, supply.id, at)}


class UpdateSupply(Operation):
    """Only the fields given change; stock only ever changes by movements."""

    supply_id: UUID
    name: Name | None = None
    spec: Line | None = None
    unit: Unit | None = None
    pack: Pack | None = None
    place_id: UUID | None = None
    minimum: Whole | None = None
    limit: Annotated[int, Input(gt=0, le=MOST)] | None = None
    price_cents: Annotated[int, Input(ge=0, le=10**10)] | None = None
    retired: bool | None = None


@operation(UpdateSupply, "supply.update", roles=KEEPERS)
def update(s: Session, do: UpdateSupply, by: Actor, at: datetime) -> SupplyView:
    """Refuses: supply.not_found, place.not_found, supply.unit_in_use (a ledger in pieces can not become one in boxes)"""
    supply = get(s, do.supply_id)
    given = do.model_dump(exclude_unset=True, exclude={"supply_id", "retired"})
    if given.get("place_id") is not None:
        places.get(s, given["place_id"])
    if (
        given.get("unit") not in (None, supply.unit)
        and s.execute(select(SupplyMovement.id).where(col(SupplyMovement.supply_id) == supply.id).limit(1)).first()
    ):
        raise Refused("supply.unit_in_use", unit=supply.unit)
    for name, value in given.items():
        if value is not None or name in ("limit", "price_cents", "place_id"):
            setattr(supply, "limit_quantity" if name == "limit" else name, value)
    if do.retired is not None:
        supply.retired_at = (supply.retired_at or at) if do.retired else None
    if do.name is not None:
        keys = pinyin.keys(supply.name)
        supply.pinyin, supply.initials = keys.full, keys.initials
    supply.version += 1
    s.flush()
    touch(s, "supply", supply.id)
    return view(s, supply, by)


# ── reads ──


def get(s: Session, supply_id: UUID) -> Supply:
    """The supply, or Refused supply.not_found."""
    supply = s.get(Supply, supply_id)
    if supply is None:
        raise Refused("supply.not_found")
    return supply


def by_code(s: Session, code: str) -> Supply:
    """The supply of a label (also a replaced one) or of its number. Refuses as `labels.subject`, supply.not_found"""
    try:
        labels.read_code(code)
    except Invalid:
        found: Supply | None = s.execute(select(Supply).where(col(Supply.number) == code.strip())).scalar_one_or_none()
        if found is None:
            raise
        return found
    return get(s, labels.subject(s, code, SubjectKind.SUPPLY))


def on_hand(s: Session, supply_id: UUID, *, place_id: UUID | None = None, until: datetime | None = None) -> int:
    """Stock as the sum of the ledger's rows: of one place and up to a moment, where given."""
    query = select(func.coalesce(func.sum(SupplyMovement.quantity), 0)).where(col(SupplyMovement.supply_id) == supply_id)
    if place_id is not None:
        query = query.where(col(SupplyMovement.place_id) == place_id)
    if until is not None:
        query = query.where(col(SupplyMovement.at) <= until)
    return int(s.execute(query).scalar_one())


def taken(s: Session, supply_id: UUID, person_id: UUID, at: datetime) -> int:
    """How much a person took for themself, less what they brought back, in the office's `supply.limit_period_days` before `at`."""
    since = at - timedelta(days=int(office.setting(s, "supply.limit_period_days")))
    query = select(func.coalesce(func.sum(SupplyMovement.quantity), 0)).where(
        col(SupplyMovement.to_person_id) == person_id, col(SupplyMovement.supply_id) == supply_id,
        col(SupplyMovement.kind).in_((Move.ISSUE, Move.RETURN)), col(SupplyMovement.at) > since, col(SupplyMovement.for_department).is_(False),
    )  # fmt: skip
    return max(0, -int(s.execute(query).scalar_one()))


def search(
    s: Session,
    text: str = "",
    *,
    low: bool = False,
    place_id: UUID | None = None,
    retired: bool = False,
    after: str | None = None,
    limit: int = 50,
    hidden: Sequence[UUID] = (),
) -> list[Supply]:
    """Supplies by name, specification, number, pinyin, initials or label code, in order of number; `after` is the last number shown.
    `hidden`: places whose figures the reader must not know; what is low there is not found by `low`."""
    query = select(Supply).order_by(col(Supply.number)).limit(limit)
    if not retired:
        query = query.where(col(Supply.retired_at).is_(None))
    if low:
        query = query.where(col(Supply.on_hand) < col(Supply.minimum))
        if hidden:
            query = query.where(col(Supply.place_id).not_in(hidden) | col(Supply.place_id).is_(None))
    if place_id is not None:
        query = query.where(col(Supply.place_id) == place_id)
    if after is not None:
        query = query.where(col(Supply.number) > after)
    if text := text.strip():
        key = pinyin.squeeze(text)
        wanted: list[Any] = [
            col(Supply.name).contains(text, autoescape=True), col(Supply.spec).contains(text, autoescape=True),
            col(Supply.number).startswith(text, autoescape=True), col(Supply.pinyin).contains(key, autoescape=True) if key else False,
            col(Supply.initials).contains(key, autoescape=True) if key else False,
        ]  # fmt: skip
        with contextlib.suppress(Invalid):  # not a code: the words alone decide
            wanted.append(col(Supply.id).in_(select(labels.Label.subject_id).where(col(labels.Label.code) == labels.read_code(text))))
        query = query.where(or_(*wanted))
    return list(s.execute(query).scalars())


def everything(s: Session, by: Actor) -> list[SupplyView]:
    """All supplies in use, in order of number, for the phone: five statements however many there are."""
    return views(s, list(s.execute(select(Supply).where(col(Supply.retired_at).is_(None)).order_by(col(Supply.number))).scalars()), by)


def view(s: Session, supply: Supply, by: Actor) -> SupplyView:
    return views(s, [supply], by)[0]


def views(s: Session, rows: Sequence[Supply], by: Actor) -> list[SupplyView]:
    """Supplies with their places and labels, in a few statements."""
    codes = labels.codes_of(s, SubjectKind.SUPPLY, [row.id for row in rows])
    wanted = {row.place_id for row in rows if row.place_id}
    names = {row.id: row.name for row in s.execute(select(Place.id, Place.name).where(col(Place.id).in_(wanted)))}
    hidden = hidden_places(s, by)
    return [
        SupplyView(
            r.id, r.number, r.name, r.spec, r.unit, r.pack, r.place_id, names.get(r.place_id, "") if r.place_id else "", codes.get(r.id, ""),
            None if r.place_id in hidden else r.on_hand, r.minimum, r.limit_quantity, r.price_cents,
            r.place_id not in hidden and r.on_hand < r.minimum,
            r.retired_at is not None, r.version,
        )
        for r in rows
    ]  # fmt: skip


def ledger(s: Session, supply_id: UUID, *, limit: int = 200) -> list[LedgerLine]:
    """The movements of a supply, newest first, each with the balance after it."""
    balance = func.sum(SupplyMovement.quantity).over(order_by=(col(SupplyMovement.id),))
    query = (
        select(SupplyMovement, balance)
        .where(col(SupplyMovement.supply_id) == supply_id)
        .order_by(col(SupplyMovement.id).desc())
        .limit(limit)
    )
    rows = list(s.execute(query))
    ids = {person for row, _ in rows for person in (row.to_person_id, row.actor_id) if person}
    names = {row.id: row.name for row in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(ids)))}
    fetched = people.department_names(s) if any(m.for_department for m, _ in rows) else {}
    return [
        LedgerLine(
            m.id, m.at, m.kind, m.quantity, int(after), names.get(m.to_person_id, ""), fetched.get(m.department_id, "") if m.for_department else "",
            names.get(m.actor_id, ""), m.reason, m.over_limit,
            m.booked_at - m.at > timedelta(minutes=5), tuple(m.photos),
        )
        for m, after in rows
    ]  # fmt: skip


def may_see_stock(s: Session, supply: Supply, by: Actor) -> bool:
    """Whether book figures of this supply may be shown to this caller now (not while they count it blind)."""
    return supply.place_id not in hidden_places(s, by)


@labels.describes(SubjectKind.SUPPLY, rows_of=Supply)
def describe(s: Session, ids: Sequence[UUID], by: Actor) -> dict[UUID, Described]:
    """What a shelf label says: name, stock, place, and what this caller may do."""
    rows = list(s.execute(select(Supply).where(col(Supply.id).in_(ids))).scalars())
    acts = ("supply.issue", "supply.return", "supply.request", *(("supply.receive",) if by.has(*OFFICE) else ()))
    return {
        v.id: Described(
            f"{v.name} {v.spec}".strip(), "retired" if v.retired else "low" if v.low else "in_stock", place=v.place, number=v.number,
            operations=() if v.retired else acts,
        )
        for v in views(s, rows, by)
    }  # fmt: skip


# ── private ──


def _next_number(s: Session) -> str:
    while True:  # numbers typed by hand may stand where the series comes to
        number = f"S-{numbering.next_number(s, 'supply'):04d}"
        if not s.execute(select(Supply.id).where(col(Supply.number) == number)).first():
            return number


def _list(s: Session, query: Query, by: Actor) -> Page:
    f = query.filters
    try:
        place_id = UUID(f["place_id"]) if f.get("place_id") else None
    except ValueError:
        raise Refused("query.cursor") from None
    rows = search(
        s,
        query.q,
        low=f.get("state") == "low",
        place_id=place_id,
        retired=f.get("state") == "retired",
        after=query.cursor,
        limit=query.limit + 1,
        hidden=tuple(hidden_places(s, by)) if f.get("state") == "low" else (),
    )
    more, rows = len(rows) > query.limit, rows[: query.limit]
    return Page(views(s, rows, by), rows[-1].number if more else None)


def _one(s: Session, id: str, by: Actor) -> SupplyView | None:
    try:
        supply = s.get(Supply, UUID(id))
    except ValueError:
        supply = s.execute(select(Supply).where(col(Supply.number) == id)).scalar_one_or_none()
    return view(s, supply, by) if supply else None


COLLECTION = Collection(
    "supplies", PERSON_ROLES, _list, _one,
    tuple(ExportColumn(name, f"supply.column.{name}") for name in ("number", "name", "spec", "unit", "pack", "place", "on_hand", "minimum",
    "limit", "price_cents", "label")),
    ("state", "place_id"),
)  # fmt: skip

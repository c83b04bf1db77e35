"""Fields an office adds to its assets itself, for all of them or for a class: a text, a number, a day, or one of several words.

A value is kept in the column of its type, one row an asset and field, so that registers can be sorted and audited by it. A field is never
deleted: retired, it is no longer asked for, and what was said stays on the card.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, StringConstraints
from pydantic import Field as Input
from sqlalchemy import JSON, Column, Numeric, UniqueConstraint, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.i18n import LANGUAGES, t
from core.foundation.ids import uuid7
from core.mechanisms.operations import Actor, Operation, operation, touch
from core.mechanisms.tables import Cell, CellError, half_width, parse_day, parse_text, tidy
from core.sections.assets.classes import KEEPERS_OF_THE_BOOK

MOST_FIELDS = 60
MOST_CHOICES = 60
LONGEST = 200


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    CHOICE = "choice"


class AssetField(SQLModel, table=True):
    """One field: for assets whose class code begins with `class_code` (empty: all of them), asked for in order of `position`."""

    __tablename__: ClassVar[str] = "asset_field"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str
    kind: str
    class_code: str = ""
    choices: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    position: int = 0
    retired_at: datetime | None = None
    version: int = 1

    def fits(self, class_code: str) -> bool:
        """Whether assets of this class have the field."""
        return class_code.startswith(self.class_code)


class AssetFieldValue(SQLModel, table=True):
    """What one asset says in one field, in the column of the field's kind."""

    __tablename__: ClassVar[str] = "asset_field_value"
    __table_args__ = (UniqueConstraint("asset_id", "field_id", name="uq_asset_field_value"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    asset_id: UUID = Field(index=True)
    field_id: UUID = Field(index=True, foreign_key="asset_field.id")
    words: str | None = None
    number: Decimal | None = Field(default=None, sa_column=Column(Numeric(24, 6)))
    day: date | None = None

    @property
    def value(self) -> Value | None:
        return self.words if self.words is not None else plain_number(self.number) if self.number is not None else self.day


Value = str | Decimal | date


@dataclass(frozen=True, slots=True)
class OwnValue:
    """A field with what an asset says in it; `shown` is its text."""

    field_id: UUID
    name: str
    kind: str
    value: Value | None

    @property
    def shown(self) -> str:
        return shown(self.value)


def shown(value: Value | None) -> str:
    """A value as a text: `2026-03-01`, `12.5`, 红."""
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def plain_number(number: Decimal) -> Decimal:
    """`12.500000` → `12.5`, `1E+2` → `100`."""
    found = number.normalize()
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found


# ── operations ──


def _visible(said: str) -> str:
    found = tidy(said)
    if not found:
        raise ValueError("text.empty")
    return found


FieldName = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(_visible)]
Choice = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_visible)]
Prefix = Annotated[str, StringConstraints(max_length=64), AfterValidator(tidy)]


class AddField(Operation):
    """`class_code` may be the beginning of a code: `A0201` is every computer."""

    id: UUID | None = None
    name: FieldName
    kind: FieldKind
    class_code: Prefix = ""
    choices: Annotated[list[Choice], Input(max_length=MOST_CHOICES)] = []


@operation(AddField, "asset.add_field", roles=KEEPERS_OF_THE_BOOK)
def add_field(s: Session, do: AddField, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: asset.field_name_taken, asset.field_needs_choices, asset.fields_full"""
    _free_name(s, do.name, None)
    if do.kind == FieldKind.CHOICE and not do.choices:
        raise Refused("asset.field_needs_choices", name=do.name)
    last, many = s.execute(select(func.max(AssetField.position), func.count(AssetField.id))).one()  # type: ignore[arg-type]  # a column
    if many >= MOST_FIELDS:
        raise Refused("asset.fields_full", most=MOST_FIELDS)
    choices = list(dict.fromkeys(do.choices)) if do.kind == FieldKind.CHOICE else []
    field = AssetField(id=do.id or uuid7(), name=do.name, kind=do.kind, class_code=do.class_code, choices=choices, position=(last or 0) + 1)
    s.add(field)
    touch(s, "asset_field", field.id)
    return {"field_id": field.id}


class UpdateField(Operation):
    """Only what is given changes; a field's kind never does. A choice that is taken away stays where it was said."""

    field_id: UUID
    name: FieldName | None = None
    class_code: Prefix | None = None
    choices: Annotated[list[Choice], Input(max_length=MOST_CHOICES)] | None = None
    position: int | None = None
    retired: bool | None = None


@operation(UpdateField, "asset.update_field", roles=KEEPERS_OF_THE_BOOK)
def update_field(s: Session, do: UpdateField, by: Actor, at: datetime) -> None:
    """Refuses: asset.field_not_found, asset.field_name_taken, asset.field_needs_choices"""
    field = get(s, do.field_id)
    if do.name is not None and do.name != field.name:
        _free_name(s, do.name, field.id)
        field.name = do.name
    if do.choices is not None and field.kind == FieldKind.CHOICE:
        if not do.choices:
            raise Refused("asset.field_needs_choices", name=field.name)
        field.choices = list(dict.fromkeys(do.choices))
    field.class_code = field.class_code if do.class_code is None else do.class_code
    field.position = field.position if do.position is None else do.position
    if do.retired is not None:
        field.retired_at = (field.retired_at or at) if do.retired else None
    field.version += 1
    touch(s, "asset_field", field.id)


def _free_name(s: Session, name: str, but: UUID | None) -> None:
    """A field is called as no other field is, and as no heading of the register in any language: files are read by their headings."""
    standard = {t(f"asset.{key}", language).casefold() for key in STANDARD for language in LANGUAGES}
    others = s.execute(select(col(AssetField.name)).where(col(AssetField.id) != but if but else True)).scalars()  # type: ignore[arg-type]
    if name.casefold() in standard | {other.casefold() for other in others}:
        raise Refused("asset.field_name_taken", name=name)


STANDARD = (
    "number", "name", "spec", "brand", "serial", "class_code", "got_how", "bought_on", "value", "net_value", "salvage", "life_months", "life_years",
    "department", "keeper", "place", "state", "supplier", "invoice", "warranty_until", "remark", "bulk", "quantity", "unit", "parent", "label",
)  # fmt: skip


# ── reads ──


def get(s: Session, field_id: UUID) -> AssetField:
    """The field, or Refused asset.field_not_found."""
    found = s.get(AssetField, field_id)
    if found is None:
        raise Refused("asset.field_not_found")
    return found


def fields(s: Session, class_code: str | None = None, *, retired: bool = False) -> list[AssetField]:
    """Every field in order, or those that assets of a class have."""
    rows = s.execute(select(AssetField).order_by(col(AssetField.position), col(AssetField.id))).scalars()
    return [row for row in rows if (retired or row.retired_at is None) and (class_code is None or row.fits(class_code))]


def values(s: Session, asset_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, Value]]:
    """What these assets say in their fields: asset → field → value."""
    found: dict[UUID, dict[UUID, Value]] = {}
    for start in range(0, len(asset_ids), 500):
        query = select(AssetFieldValue).where(col(AssetFieldValue.asset_id).in_(asset_ids[start : start + 500]))
        for row in s.execute(query).scalars():
            if row.value is not None:
                found.setdefault(row.asset_id, {})[row.field_id] = row.value
    return found


def of(known: Iterable[AssetField], class_code: str, said: Mapping[UUID, Value]) -> tuple[OwnValue, ...]:
    """The fields of one asset in order: those of its class, and those it says something in."""
    return tuple(
        OwnValue(field.id, field.name, field.kind, said.get(field.id))
        for field in known
        if field.id in said or (field.retired_at is None and field.fits(class_code))
    )


def parse(field: AssetField, cell: Cell) -> Value:
    """What a cell or a typed text means in a field. Raises CellError asset.not_a_choice, import.not_a_day, import.not_a_number …"""
    if field.kind == FieldKind.DAY:
        return parse_day(cell)
    if field.kind == FieldKind.NUMBER:
        return _number(cell)
    words = parse_text(cell, limit=LONGEST)
    if field.kind == FieldKind.CHOICE:
        same = [choice for choice in field.choices if choice.casefold() == words.casefold()]
        if not same:
            raise CellError("asset.not_a_choice", choices="、".join(field.choices)[:200])
        return same[0]
    return words


def _number(cell: Cell) -> Decimal:
    if cell.problem:
        raise CellError(cell.problem)
    said = tidy(half_width(cell.text)).replace(",", "")
    body = said.removeprefix("-").removeprefix("+")
    whole, _, part = body.partition(".")
    if not (body.isascii() and whole.isdigit() and (part == "" or part.isdigit()) and len(whole) <= 15 and len(part) <= 6):
        raise CellError("import.not_a_number")
    return plain_number(Decimal(said))


# ── for the register ──


def differing(
    s: Session, asset_id: UUID, class_code: str, said: Mapping[UUID, str | None]
) -> dict[UUID, tuple[Value | None, Value | None]]:
    """What `said` (texts; None or empty takes a value away) would change: field → before and after.

    Refuses: asset.field_not_found, asset.field_not_of_class, asset.field_value"""
    if not said:
        return {}
    before = values(s, [asset_id]).get(asset_id, {})
    found: dict[UUID, tuple[Value | None, Value | None]] = {}
    for field_id, text in said.items():
        field, old = get(s, field_id), before.get(field_id)
        new: Value | None = None
        if text is not None and text.strip():
            if old is None and not field.fits(class_code):
                raise Refused("asset.field_not_of_class", field=field.name)
            try:
                new = parse(field, Cell(text, text))
            except CellError as error:
                if shown(old) != text:  # a choice that was taken away since may stay
                    raise Refused("asset.field_value", field=field.name, value=text[:80], reason=error.code) from None
                new = old
        if new != old:
            found[field_id] = (old, new)
    return found


def write(s: Session, asset_id: UUID, changes: Mapping[UUID, tuple[Value | None, Value | None]]) -> None:
    """Set what `differing` found."""
    if not changes:
        return
    query = select(AssetFieldValue).where(col(AssetFieldValue.asset_id) == asset_id, col(AssetFieldValue.field_id).in_(changes))
    rows = {row.field_id: row for row in s.execute(query).scalars()}
    for field_id, (_, new) in changes.items():
        row = rows.get(field_id)
        if new is None:
            if row is not None:
                s.delete(row)
            continue
        row = row or AssetFieldValue(asset_id=asset_id, field_id=field_id)
        row.words = new if isinstance(new, str) else None
        row.number = new if isinstance(new, Decimal) else None
        row.day = new if isinstance(new, date) else None
        s.add(row)


def forget(s: Session, asset_id: UUID) -> None:
    """Take away what an asset said, with the asset."""
    for row in s.execute(select(AssetFieldValue).where(col(AssetFieldValue.asset_id) == asset_id)).scalars():
        s.delete(row)

"""Suppliers 供应商: from whom the office buys, and whether it still wants to (guide S1.2-R4, S1.2-R10).

A supplier is approved, watched or blocked; from a blocked one nothing can be ordered. How well it does is not stored here: `supplies.scores` works it out
from what really came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import or_, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import pinyin
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query

BUYERS = frozenset({Role.ADMIN, Role.CLERK})
READERS = BUYERS | {Role.LEADER}
Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Line = Annotated[str, StringConstraints(max_length=120)]
Note = Annotated[str, StringConstraints(max_length=500)]


class Standing(StrEnum):
    """Whether the office wants to buy there."""

    APPROVED = "approved"
    WATCH = "watch"
    BLOCKED = "blocked"


class Supplier(SQLModel, table=True):
    """A firm the office buys from."""

    __tablename__: ClassVar[str] = "supplier"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str = Field(unique=True)
    pinyin: str = ""
    initials: str = ""
    contact: str = ""
    phone: str = ""
    standing: str = Standing.APPROVED
    note: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class SupplierView:
    id: UUID
    name: str
    contact: str
    phone: str
    standing: str
    note: str
    version: int


class AddSupplier(Operation):
    id: UUID | None = None
    name: Name
    contact: Line = ""
    phone: Line = ""
    note: Note = ""


@operation(AddSupplier, "supplier.add", roles=BUYERS)
def add(s: Session, do: AddSupplier, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: supplier.name_taken"""
    _free(s, do.name)
    keys = pinyin.keys(do.name)
    row = Supplier(
        id=do.id or uuid7(), name=do.name, pinyin=keys.full, initials=keys.initials, contact=do.contact, phone=do.phone, note=do.note
    )
    s.add(row)
    touch(s, "supplier", row.id)
    return {"supplier_id": row.id}


class UpdateSupplier(Operation):
    """Only the fields given change."""

    supplier_id: UUID
    name: Name | None = None
    contact: Line | None = None
    phone: Line | None = None
    standing: Standing | None = None
    note: Note | None = None


@operation(UpdateSupplier, "supplier.update", roles=BUYERS)
def update(s: Session, do: UpdateSupplier, by: Actor, at: datetime) -> SupplierView:
    """Refuses: supplier.not_found, supplier.name_taken"""
    row = get(s, do.supplier_id)
    given = {name: value for name, value in do.model_dump(exclude_unset=True, exclude={"supplier_id"}).items() if value is not None}
    if given.get("name", row.name) != row.name:
        _free(s, given["name"])
        keys = pinyin.keys(given["name"])
        row.pinyin, row.initials = keys.full, keys.initials
    for name, value in given.items():
        setattr(row, name, value)
    row.version += 1
    touch(s, "supplier", row.id)
    return view(row)


# ── reads ──


def get(s: Session, supplier_id: UUID) -> Supplier:
    """The supplier, or Refused supplier.not_found."""
    row = s.get(Supplier, supplier_id)
    if row is None:
        raise Refused("supplier.not_found")
    return row


def orderable(s: Session, supplier_id: UUID) -> Supplier:
    """The supplier, if the office still buys there. Refuses: supplier.not_found, supplier.blocked"""
    row = get(s, supplier_id)
    if row.standing == Standing.BLOCKED:
        raise Refused("supplier.blocked", name=row.name)
    return row


def names(s: Session, *, to_order: bool = False) -> dict[UUID, str]:
    """Names by id, in order of pinyin; with `to_order` without the blocked ones."""
    query = select(Supplier.id, Supplier.name).order_by(col(Supplier.pinyin), col(Supplier.name))
    if to_order:
        query = query.where(col(Supplier.standing) != Standing.BLOCKED)
    return {row.id: row.name for row in s.execute(query)}


def view(row: Supplier) -> SupplierView:
    return SupplierView(row.id, row.name, row.contact, row.phone, row.standing, row.note, row.version)


def search(s: Session, text: str = "", *, standing: str = "", after: str | None = None, limit: int = 50) -> Sequence[Supplier]:
    """Suppliers by name, contact, pinyin or initials, in order of name; `after` is the last name shown."""
    query = select(Supplier).order_by(col(Supplier.name)).limit(limit)
    if standing:
        query = query.where(col(Supplier.standing) == standing)
    if after is not None:
        query = query.where(col(Supplier.name) > after)
    if text := text.strip():
        key = pinyin.squeeze(text)
        wanted = [col(Supplier.name).contains(text, autoescape=True), col(Supplier.contact).contains(text, autoescape=True)]
        if key:
            wanted += [col(Supplier.pinyin).contains(key, autoescape=True), col(Supplier.initials).contains(key, autoescape=True)]
        query = query.where(or_(*wanted))
    return s.execute(query).scalars().all()


# ── private ──


def _free(s: Session, name: str) -> None:
    if s.execute(select(Supplier.id).where(col(Supplier.name) == name)).first():
        raise Refused("supplier.name_taken", name=name)


def _list(s: Session, query: Query, by: Actor) -> Page:
    rows = search(s, query.q, standing=query.filters.get("standing", ""), after=query.cursor, limit=query.limit + 1)
    more, rows = len(rows) > query.limit, rows[: query.limit]
    return Page([view(row) for row in rows], rows[-1].name if more else None)


def _one(s: Session, id: str, by: Actor) -> SupplierView | None:
    try:
        row = s.get(Supplier, UUID(id))
    except ValueError:
        return None
    return view(row) if row else None


COLLECTION = Collection(
    "suppliers", READERS, _list, _one,
    tuple(ExportColumn(name, f"supplier.column.{name}") for name in ("name", "standing", "contact", "phone", "note")), ("standing",),
)  # fmt: skip

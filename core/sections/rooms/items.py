"""Equipment that exists once and goes from room to room: the portable projector, the microphone case (guide S1.3-R4; pitfall V29).

A room that has a thing built in needs none of these. Who has one when is a claim like that of a room (`bookings.claims`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.rooms.record import Equipment

ItemName = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class EquipmentItem(SQLModel, table=True):
    """One portable thing that can be with one meeting at a time. `kind` is one of `EQUIPMENT`; `place_id` is where it lives."""

    __tablename__: ClassVar[str] = "equipment_item"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    kind: str = Field(index=True)
    name: str
    place_id: UUID | None = Field(default=None, foreign_key="place.id")
    retired_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class ItemView:
    id: UUID
    kind: str
    name: str
    place_id: UUID | None
    retired: bool
    version: int


class SetUpItem(Operation):
    """Add a portable thing, or change one: only the fields given change. `retired` takes it out of the choice; what is booked stays."""

    item_id: UUID
    kind: Equipment | None = None
    name: ItemName | None = None
    place_id: UUID | None = None
    retired: bool | None = None


@operation(SetUpItem, "equipment.set_up", roles={Role.ADMIN, Role.CLERK})
def set_up_item(s: Session, do: SetUpItem, by: Actor, at: datetime) -> ItemView:
    """Refuses: equipment.incomplete (a new one needs a kind and a name), place.not_found"""
    item = s.get(EquipmentItem, do.item_id)
    if item is None:
        if do.kind is None or do.name is None:
            raise Refused("equipment.incomplete")
        item = EquipmentItem(id=do.item_id, kind=do.kind, name=do.name, version=0)
        s.add(item)
    if do.place_id is not None:
        from core.mechanisms import places

        item.place_id = places.get(s, do.place_id).id
    item.kind, item.name = do.kind or item.kind, do.name or item.name
    if do.retired is not None:
        item.retired_at = (item.retired_at or at) if do.retired else None
    item.version += 1
    s.flush()
    touch(s, "equipment", item.id)
    return _view(item)


# ── reads ──


def of_kind(s: Session, kind: str) -> list[EquipmentItem]:
    """The portable things of a kind that are in use, in order of name."""
    query = select(EquipmentItem).where(col(EquipmentItem.kind) == kind, col(EquipmentItem.retired_at).is_(None))
    return list(s.execute(query.order_by(col(EquipmentItem.name), col(EquipmentItem.id))).scalars())


def all_items(s: Session) -> list[ItemView]:
    """Every portable thing, retired ones last."""
    rows = s.execute(
        select(EquipmentItem).order_by(col(EquipmentItem.retired_at).is_not(None), col(EquipmentItem.kind), col(EquipmentItem.name))
    )
    return [_view(item) for item in rows.scalars()]


def _view(item: EquipmentItem) -> ItemView:
    return ItemView(item.id, item.kind, item.name, item.place_id, item.retired_at is not None, item.version)


def _list(s: Session, query: Query, by: Actor) -> Page:
    found = [item for item in all_items(s) if query.q.lower() in item.name.lower()]
    start = next((i + 1 for i, item in enumerate(found) if str(item.id) == query.cursor), 0)
    rows = found[start : start + query.limit]
    return Page(rows, str(rows[-1].id) if start + query.limit < len(found) else None)


def _one(s: Session, id: str, by: Actor) -> Any:
    try:
        item = s.get(EquipmentItem, UUID(id))
    except ValueError:
        return None
    return _view(item) if item else None


EQUIPMENT_ITEMS = Collection(
    "equipment", PERSON_ROLES, _list, _one, tuple(ExportColumn(name, f"equipment.column.{name}") for name in ("name", "kind", "retired"))
)

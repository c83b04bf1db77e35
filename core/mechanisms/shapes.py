"""Where places lie on their floor: a floor has an outline, its rooms are rectangles on it, check points and exits are dots (look.md §4, plan).

Lengths are whole centimetres from the floor's north-west corner, x to the east, y to the south. A place without a shape is simply not on the
plan; a shape says nothing about booking, only where somebody walks to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Input
from sqlalchemy import JSON, Column, delete, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.mechanisms import places
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.mechanisms.places import Place, PlaceKind

FARTHEST_CM = 100_000  # a kilometre: larger is a slip of the keyboard
SMALLEST_CM = 50
Length = Annotated[int, Input(ge=0, le=FARTHEST_CM)]
Corner = tuple[Length, Length]


class PlaceShape(SQLModel, table=True):
    """A place's rectangle on its floor; width and height are 0 for a dot. A floor's own row holds its outline as corners."""

    __tablename__: ClassVar[str] = "place_shape"
    place_id: UUID = Field(primary_key=True, foreign_key="place.id")
    floor_id: UUID = Field(foreign_key="place.id", index=True)
    x_cm: int = 0
    y_cm: int = 0
    width_cm: int = 0
    height_cm: int = 0
    outline: list[list[int]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a place lies, in centimetres on its floor."""

    place_id: UUID
    x_cm: int
    y_cm: int
    width_cm: int
    height_cm: int


@dataclass(frozen=True, slots=True)
class FloorShape:
    """A floor's drawing: `outline` are its corners in order (a rectangle around everything where nobody drew one)."""

    floor_id: UUID
    width_cm: int
    height_cm: int
    outline: tuple[tuple[int, int], ...]
    shapes: tuple[Shape, ...]


class Drawn(BaseModel):
    """One place on the plan; without width and height it is a dot. `was`: how it lay (x, y, width, height) where the gesture began; when it
    lies elsewhere by now, somebody else moved it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    place_id: UUID
    x_cm: Length
    y_cm: Length
    width_cm: Length = 0
    height_cm: Length = 0
    was: tuple[Length, Length, Length, Length] | None = None


class DrawFloor(Operation):
    """Put places of a floor on its plan. Only the places named change; `outline` None keeps the one there is, `remove` takes places off."""

    floor_id: UUID
    outline: Annotated[tuple[Corner, ...], Input(max_length=60)] | None = None
    places: Annotated[tuple[Drawn, ...], Input(max_length=500)] = ()
    remove: Annotated[tuple[UUID, ...], Input(max_length=500)] = ()


@operation(DrawFloor, "place.draw_floor", roles={Role.ADMIN, Role.CLERK})
def draw_floor(s: Session, do: DrawFloor, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: place.not_found, shape.not_a_floor, shape.not_on_floor, shape.too_small, shape.overlap (names both rooms), shape.outline,
    shape.moved_since (somebody else's hand was faster)"""
    floor = places.get(s, do.floor_id)
    if floor.kind != PlaceKind.FLOOR:
        raise Refused("shape.not_a_floor", place=floor.name)
    below = places.descendants(s, [floor.id])
    if do.outline is not None:
        if do.outline and len(set(do.outline)) < 3:
            raise Refused("shape.outline")
        _row(s, floor.id, floor.id).outline = [list(corner) for corner in do.outline]
    for drawn in do.places:
        place = places.get(s, drawn.place_id)
        if place.id not in below:
            raise Refused("shape.not_on_floor", place=place.name, floor=floor.name)
        if place.kind == PlaceKind.ROOM and min(drawn.width_cm, drawn.height_cm) < SMALLEST_CM:
            raise Refused("shape.too_small", place=place.name)
        row = _row(s, place.id, floor.id)
        if drawn.was not in (None, (row.x_cm, row.y_cm, row.width_cm, row.height_cm)):
            raise Refused("shape.moved_since", place=place.name)
        row.floor_id, row.x_cm, row.y_cm, row.width_cm, row.height_cm = floor.id, drawn.x_cm, drawn.y_cm, drawn.width_cm, drawn.height_cm
    if do.remove:
        s.execute(delete(PlaceShape).where(col(PlaceShape.place_id).in_(set(do.remove) & below)))
    s.flush()
    _no_overlap(s, floor.id, {drawn.place_id for drawn in do.places})
    touch(s, "place", floor.id)
    return {"floor_id": floor.id, "drawn": len(do.places)}


# ── reads ──


def on_floor(s: Session, floor_id: UUID) -> FloorShape:
    """What is drawn of a floor; nothing drawn is an empty plan of no size. Retired places are left out. Refuses: place.not_found"""
    places.get(s, floor_id)
    rows = list(
        s.execute(
            select(PlaceShape)
            .join(Place, col(Place.id) == col(PlaceShape.place_id))
            .where(col(PlaceShape.floor_id) == floor_id, col(Place.retired_at).is_(None))
            .order_by(col(Place.sort), col(Place.name))
        ).scalars()
    )
    shapes = tuple(Shape(row.place_id, row.x_cm, row.y_cm, row.width_cm, row.height_cm) for row in rows if row.place_id != floor_id)
    outline = tuple((x, y) for row in rows if row.place_id == floor_id for x, y in row.outline)
    width = max([x for x, _ in outline] + [shape.x_cm + shape.width_cm for shape in shapes], default=0)
    height = max([y for _, y in outline] + [shape.y_cm + shape.height_cm for shape in shapes], default=0)
    if not outline and shapes:
        outline = ((0, 0), (width, 0), (width, height), (0, height))
    return FloorShape(floor_id, width, height, outline, shapes)


def floor_of(s: Session, place_id: UUID) -> UUID | None:
    """The floor a place stands on, or None (a room directly on a site)."""
    place = s.get(Place, place_id)
    for _ in range(20):
        if place is None or place.kind == PlaceKind.FLOOR:
            return place.id if place else None
        place = s.get(Place, place.parent_id) if place.parent_id else None
    return None


def _row(s: Session, place_id: UUID, floor_id: UUID) -> PlaceShape:
    row = s.get(PlaceShape, place_id)
    if row is None:
        row = PlaceShape(place_id=place_id, floor_id=floor_id)
        s.add(row)
    return row


def _no_overlap(s: Session, floor_id: UUID, changed: set[UUID]) -> None:
    """Two rooms may share a wall, never floor."""
    rows: Sequence[tuple[PlaceShape, Place]] = [
        (shape, place)
        for shape, place in s.execute(
            select(PlaceShape, Place)
            .join(Place, col(Place.id) == col(PlaceShape.place_id))
            .where(col(PlaceShape.floor_id) == floor_id, col(Place.kind) == PlaceKind.ROOM, col(Place.retired_at).is_(None))
        )
    ]
    for mine, place in rows:
        if mine.place_id not in changed:
            continue
        for other, neighbour in rows:
            if other.place_id != mine.place_id and _overlap(mine, other):
                raise Refused("shape.overlap", room=place.name, other=neighbour.name)


def _overlap(a: PlaceShape, b: PlaceShape) -> bool:
    return a.x_cm < b.x_cm + b.width_cm and b.x_cm < a.x_cm + a.width_cm and a.y_cm < b.y_cm + b.height_cm and b.y_cm < a.y_cm + a.height_cm

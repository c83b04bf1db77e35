"""The floor plan, live: where each room lies, what state it is in, until when, and what does not work there (look.md §4, plan).

Drawn from the places' shapes; states are the same as everywhere (`bookings.rooms_now`). A department is named, never a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.mechanisms import places, shapes
from core.mechanisms.places import Place, PlaceKind
from core.sections import bookings, rooms
from core.sections.roomcare.now import CareNow, care_now
from core.sections.rooms import Room


@dataclass(frozen=True, slots=True)
class PlanRoom:
    """A place on the plan, lengths in centimetres from its floor's north-west corner. `state` is free, soon, held, busy, shut, or empty for a
    place nobody can book (an office, a store, an exit). `kind` is room or point; a point has no size. `free_until` says until when one could
    have it from now; `faults` are the things that do not work; a free room with `restoring` waits to be restored after its last meeting;
    `closed_reason` is why the office closed it."""

    id: UUID
    name: str
    name_en: str
    short_name: str | None
    kind: str
    x_cm: int
    y_cm: int
    width_cm: int
    height_cm: int
    state: str
    until: datetime | None
    free_until: datetime | None
    who: str
    capacity: int
    faults: tuple[str, ...]
    restoring: bool = False
    closed_reason: str = ""


@dataclass(frozen=True, slots=True)
class FloorPlan:
    """A floor with its rooms; `outline` are its corners in order. Nothing drawn: no size and no rooms. `unplaced` are bookable rooms of the
    floor that nobody put on the plan yet, `combined` those made of rooms that are on it."""

    id: UUID
    name: str
    width_cm: int
    height_cm: int
    outline: tuple[tuple[int, int], ...]
    rooms: tuple[PlanRoom, ...]
    unplaced: tuple[PlanRoom, ...]
    combined: tuple[PlanRoom, ...] = ()


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor one can look at: how many bookable rooms it has and whether it is drawn."""

    id: UUID
    name: str
    rooms: int
    drawn: bool


def floor_plan(s: Session, floor_id: UUID, at: datetime) -> FloorPlan:
    """A floor's plan at a moment. Refuses: place.not_found"""
    floor = places.get(s, floor_id)
    drawn = shapes.on_floor(s, floor_id)
    now = {room.id: room for room in bookings.rooms_now(s, at)}
    care = care_now(s, at)
    below = places.descendants(s, [floor_id])
    rows = {row.id: row for row in s.execute(select(Place).where(col(Place.id).in_(below))).scalars()} if below else {}
    found, placed = [], set()
    for shape in drawn.shapes:
        if shape.place_id in rows:
            placed.add(shape.place_id)
            found.append(_room(rows[shape.place_id], shape, now.get(shape.place_id), care))
    over = {
        id for id, made_of in rooms.parts_of(s).items() if id not in placed and placed.issuperset(made_of)
    }  # it lies where its parts lie
    rest = [_room(rows[id], shapes.Shape(id, 0, 0, 0, 0), room, care) for id, room in now.items() if id in rows and id not in placed]
    nowhere, made_up = (tuple(room for room in rest if (room.id in over) == combined) for combined in (False, True))
    return FloorPlan(floor_id, floor.name, drawn.width_cm, drawn.height_cm, drawn.outline, tuple(found), nowhere, made_up)


def floors(s: Session) -> list[Floor]:
    """The floors with rooms one can book, in the order of the house."""
    bookable = set(s.execute(select(Room.place_id)).scalars())
    drawn = set(s.execute(select(shapes.PlaceShape.floor_id).distinct()).scalars())
    found = []
    for place in places.everything(s, (PlaceKind.FLOOR,)):
        count = len(places.descendants(s, [place.id]) & bookable)
        if count:
            found.append(Floor(place.id, place.name, count, place.id in drawn))
    return found


def _room(place: Place, shape: shapes.Shape, now: bookings.RoomNow | None, care: dict[UUID, CareNow]) -> PlanRoom:
    mine = care.get(place.id) or CareNow(place.id)
    return PlanRoom(
        place.id, place.name, now.name_en if now else "", place.short_name, place.kind, shape.x_cm, shape.y_cm, shape.width_cm,
        shape.height_cm, now.state if now else "", now.until if now else None, now.free_until if now else None, now.who if now else "",
        now.capacity if now else 0, mine.faults, mine.restoring_since is not None,
        now.closed_reason if now else "",
    )  # fmt: skip

"""A room's own facts and rules: seats, equipment, opening hours, lead and length, who may book, approval, buffers, closed or not
(guide S1.3-R1; pitfalls V14, V28)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Protocol
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints
from pydantic import Field as Input
from sqlalchemy import JSON, Column, bindparam, select, update
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms import office, places
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.places import Place, PlaceKind
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.rooms import parts

EQUIPMENT = ("projector", "whiteboard", "video", "phone", "screen", "microphone")
Equipment = Literal["projector", "whiteboard", "video", "phone", "screen", "microphone"]
Line = Annotated[str, StringConstraints(max_length=80)]
PersonRole = Literal["admin", "reception", "clerk", "safety", "leader", "staff"]
Approver = Literal["", "admin", "reception", "clerk", "leader"]
DAY_MINUTES = 24 * 60
FARTHEST_DAYS = 400
LEAD_MOST = 90 * DAY_MINUTES


class Room(SQLModel, table=True):
    """The booking facts and rules of a place. Minutes of opening count from the room's own midnight; `lead_minutes` and `ahead_days` say
    how long before its start a booking may be made, `approver` whose approval it needs (a role; empty: nobody's), `roles` and `departments`
    who may book (empty: everybody). `day_version` grows with every change of its day."""

    __tablename__: ClassVar[str] = "room"
    place_id: UUID = Field(primary_key=True, foreign_key="place.id")
    english_name: str = ""
    capacity: int = 0
    equipment: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    public: bool = False
    bookable: bool = True
    check_in: bool = True
    check_in_before_minutes: int = 10
    check_in_after_minutes: int = 10
    clean_up_minutes: int = 0
    opens_minute: int = 8 * 60
    closes_minute: int = 20 * 60
    shortest_minutes: int = 0
    longest_minutes: int = 8 * 60
    set_up_minutes: int = 0
    lead_minutes: int = 0
    ahead_days: int = FARTHEST_DAYS
    approver: str = ""
    roles: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    departments: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    closed_from: datetime | None = None
    closed_until: datetime | None = None
    closed_reason: str = ""
    version: int = 1
    day_version: int = 1


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room as lists, cards and programs see it. `where` is its path above it; opening in minutes from midnight. `closed_with` names the
    parts that keep a combined room closed, empty when it was closed itself."""

    id: UUID
    name: str
    english_name: str
    short_name: str | None
    where: str
    capacity: int
    equipment: tuple[str, ...]
    public: bool
    bookable: bool
    check_in: bool
    opens_minute: int
    closes_minute: int
    shortest_minutes: int
    longest_minutes: int
    set_up_minutes: int
    clean_up_minutes: int
    lead_minutes: int
    ahead_days: int
    approver: str
    roles: tuple[str, ...]
    departments: tuple[str, ...]
    parts: tuple[UUID, ...]
    check_in_before_minutes: int
    check_in_after_minutes: int
    closed: bool
    closed_until: datetime | None
    closed_reason: str
    closed_with: str
    version: int


# ── operations ──


class SetUpRoom(Operation):
    """Make a place bookable, or change its booking facts: only the fields given change."""

    room_id: UUID
    english_name: Line | None = None
    capacity: Annotated[int, Input(ge=0, le=5000)] | None = None
    equipment: tuple[Equipment, ...] | None = None
    public: bool | None = None
    bookable: bool | None = None
    check_in: bool | None = None
    check_in_before_minutes: Annotated[int, Input(ge=0, le=120)] | None = None
    check_in_after_minutes: Annotated[int, Input(ge=1, le=120)] | None = None
    clean_up_minutes: Annotated[int, Input(ge=0, le=240)] | None = None
    opens_minute: Annotated[int, Input(ge=0, lt=DAY_MINUTES)] | None = None
    closes_minute: Annotated[int, Input(gt=0, le=DAY_MINUTES)] | None = None
    shortest_minutes: Annotated[int, Input(ge=0, le=DAY_MINUTES)] | None = None
    longest_minutes: Annotated[int, Input(ge=5, le=DAY_MINUTES)] | None = None
    set_up_minutes: Annotated[int, Input(ge=0, le=240)] | None = None
    lead_minutes: Annotated[int, Input(ge=0, le=LEAD_MOST)] | None = None
    ahead_days: Annotated[int, Input(ge=1, le=FARTHEST_DAYS)] | None = None
    approver: Approver | None = None
    roles: tuple[PersonRole, ...] | None = None
    departments: tuple[UUID, ...] | None = None


@operation(SetUpRoom, "room.set_up", roles={Role.ADMIN, Role.CLERK})
def set_up(s: Session, do: SetUpRoom, by: Actor, at: datetime) -> RoomView:
    """Hours and grace a new room is not given come from the office's settings. Refuses: place.not_found, room.not_a_room, room.hours,
    room.lengths"""
    place = places.get(s, do.room_id)
    if place.kind != PlaceKind.ROOM:
        raise Refused("room.not_a_room", place=place.name)
    room = s.get(Room, place.id)
    if room is None:
        room = Room(
            place_id=place.id,
            check_in_after_minutes=int(office.setting(s, "booking.grace_minutes")),
            opens_minute=_minute_of(office.setting(s, "booking.opens_at")),
            closes_minute=_minute_of(office.setting(s, "booking.closes_at")),
        )
        s.add(room)
    for name, value in do.model_dump(exclude_unset=True, exclude={"room_id"}).items():
        if value is not None:
            setattr(room, name, [str(one) for one in dict.fromkeys(value)] if isinstance(value, (tuple, list)) else value)
    if room.opens_minute >= room.closes_minute:
        raise Refused("room.hours")
    if room.shortest_minutes > room.longest_minutes:
        raise Refused("room.lengths")
    room.version += 1
    s.flush()
    changed(s, room.place_id)
    return _seen(s, room, place, at)


class CloseRoom(Operation):
    """Out of use from now until `until`, or until somebody opens it again. Bookings in that time stay and are the office's to move."""

    room_id: UUID
    reason: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    until: AwareDatetime | None = None


@operation(CloseRoom, "room.close", roles=OFFICE)
def close(s: Session, do: CloseRoom, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: room.not_found, room.closed_backwards"""
    room = get(s, do.room_id)
    if do.until is not None and do.until <= at:
        raise Refused("room.closed_backwards")
    room.closed_from, room.closed_until, room.closed_reason = at, do.until, do.reason
    room.version += 1
    s.flush()
    changed(s, room.place_id)
    return {"room_id": room.place_id, "version": room.version}


class OpenRoom(Operation):
    room_id: UUID


@operation(OpenRoom, "room.open", roles=OFFICE)
def open_again(s: Session, do: OpenRoom, by: Actor, at: datetime) -> dict[str, Any]:
    """In use again from now on. Refuses: room.not_found"""
    room = get(s, do.room_id)
    room.closed_from, room.closed_until, room.closed_reason = None, None, ""
    room.version += 1
    s.flush()
    changed(s, room.place_id)
    return {"room_id": room.place_id, "version": room.version}


# ── reads ──


def get(s: Session, room_id: UUID) -> Room:
    """The booking facts of a room, or Refused room.not_found."""
    room = s.get(Room, room_id)
    if room is None:
        raise Refused("room.not_found")
    return room


def find(s: Session, id_or_short_name: str) -> Room | None:
    """A bookable room by its place's id or short name (what stands in `/door/{room}`)."""
    place = places.find(s, id_or_short_name)
    return s.get(Room, place.id) if place is not None else None


_NAMED = select(Place.id, Place.name).join(Room, col(Room.place_id) == col(Place.id))
_BY_ID = _NAMED.where(col(Place.id) == bindparam("which"))
_BY_SHORT_NAME = _NAMED.where(col(Place.short_name) == bindparam("which"))


def named(s: Session, id_or_short_name: str) -> tuple[UUID, str] | None:
    """Only the id and the place's name of such a room: one statement, for a house full of doors that load at once."""
    try:
        found = s.connection().execute(_BY_ID, {"which": UUID(id_or_short_name)}).one_or_none()
    except ValueError:
        found = s.connection().execute(_BY_SHORT_NAME, {"which": id_or_short_name}).one_or_none()
    return (found.id, found.name) if found is not None else None


class Closing(Protocol):
    """What says whether a room is closed: the room, or a row with its columns."""

    @property
    def closed_from(self) -> datetime | None: ...
    @property
    def closed_until(self) -> datetime | None: ...


def is_closed(room: Closing, at: datetime) -> bool:
    """Whether the office closed the room at this moment (opening hours are another matter)."""
    return room.closed_from is not None and room.closed_from <= at and (room.closed_until is None or at < room.closed_until)


@dataclass(frozen=True, slots=True)
class Shut:
    """When a room can not be had, and why."""

    closed_from: datetime | None
    closed_until: datetime | None
    closed_reason: str


class Closed(Closing, Protocol):
    """A closing with its reason."""

    @property
    def closed_reason(self) -> str: ...


def closing(s: Session, room: Room) -> Closed:
    """When this room is closed: itself, or one of the rooms it consists of. Nobody meets in 102+103 while 103 is under repair."""
    part_ids = parts.of(s).get(room.place_id, ())
    return joined([room, *(part for id in part_ids if (part := s.get(Room, id)))]) if part_ids else room


def joined(closings: Sequence[Closed]) -> Closed:
    """The closings of several rooms as that of the one they make. All of them began before now, so from now on they are one stretch."""
    shut = [one for one in closings if one.closed_from is not None]
    if len(shut) < 2:
        return shut[0] if shut else closings[0]
    last = max(shut, key=lambda one: (one.closed_until is None, one.closed_until or one.closed_from))
    return Shut(min(one.closed_from for one in shut if one.closed_from), last.closed_until, last.closed_reason)


def everything(s: Session, at: datetime, room_ids: Sequence[UUID] | None = None) -> list[RoomView]:
    """All rooms (or these) in the order of the house, without retired places."""
    rows, combined = {room.place_id: room for room in s.execute(select(Room)).scalars()}, parts.of(s)
    wanted = set(rows) if room_ids is None else set(room_ids) & set(rows)
    found = places.everything(s, (PlaceKind.ROOM,))
    names = {place.id: place.name for place in found}
    return [
        _view(rows[place.id], place, at, [(rows[part], names.get(part, "")) for part in combined.get(place.id, ())])
        for place in found
        if place.id in wanted
    ]


def changed(s: Session, room_id: UUID) -> None:
    """Something of this room's day changed: its next view, and that of every room that shares a part with it, has a higher version and
    the doors are told."""
    told = parts.sharing(s, room_id)
    # Counted by the database itself: two bookings of one room at once must not end up with the same number. In order of id, so that two
    # bookings of combined rooms never wait for each other crosswise.
    for id in sorted(told):
        s.execute(
            update(Room).where(col(Room.place_id) == id).values(day_version=Room.day_version + 1),
            execution_options={"synchronize_session": False},
        )
    for id in told:
        touch(s, "room", id)


# ── private ──


def _minute_of(wall_time: str) -> int:
    hours, _, minutes = wall_time.partition(":")
    return int(hours) * 60 + int(minutes or 0)


def _seen(s: Session, room: Room, place: Place, at: datetime) -> RoomView:
    made_of = [(get(s, part), places.get(s, part).name) for part in parts.of(s).get(room.place_id, ())]
    return _view(room, places.view(s, place), at, made_of)


def _view(room: Room, place: places.PlaceView, at: datetime, made_of: Sequence[tuple[Room, str]] = ()) -> RoomView:
    shut = joined([room, *(part for part, _name in made_of)])
    closed = is_closed(shut, at)
    by_parts = [name for part, name in made_of if is_closed(part, at)] if closed and not is_closed(room, at) else []
    return RoomView(
        place.id,
        place.name,
        room.english_name,
        place.short_name,
        " › ".join(place.path.split(" › ")[:-1]),
        room.capacity,
        tuple(room.equipment),
        room.public,
        room.bookable,
        room.check_in,
        room.opens_minute,
        room.closes_minute,
        room.shortest_minutes,
        room.longest_minutes,
        room.set_up_minutes,
        room.clean_up_minutes,
        room.lead_minutes,
        room.ahead_days,
        room.approver,
        tuple(room.roles),
        tuple(room.departments),
        tuple(part.place_id for part, _name in made_of),
        room.check_in_before_minutes,
        room.check_in_after_minutes,
        closed,
        shut.closed_until if closed else None,
        shut.closed_reason if closed else "",
        ", ".join(by_parts),
        room.version,
    )


def _list(s: Session, query: Query, by: Actor) -> Page:
    found = everything(s, clock.now())
    if query.q:
        wanted = {place.id for place in places.search(s, query.q, limit=1000, kinds=(PlaceKind.ROOM,))}
        found = [room for room in found if room.id in wanted]
    start = next((i + 1 for i, room in enumerate(found) if str(room.id) == query.cursor), 0)
    rows = found[start : start + query.limit]
    return Page(rows, str(rows[-1].id) if rows and start + query.limit < len(found) else None)


def _one(s: Session, id: str, by: Actor) -> RoomView | None:
    room = find(s, id)
    place = s.get(Place, room.place_id) if room else None
    return _seen(s, room, place, clock.now()) if room and place else None


COLLECTION = Collection(
    "rooms",
    PERSON_ROLES,
    _list,
    _one,
    tuple(
        ExportColumn(name, f"room.column.{name}")
        for name in ("name", "short_name", "where", "capacity", "bookable", "check_in", "closed_until", "closed_reason")
    ),
)

"""Reading the plan: which rooms are free now, which fit, what a day holds, whose bookings (guide S1.3-R1).

"Now and next" for every room is one statement of two index steps a room, so that hundreds of rooms among a million bookings cost
milliseconds. The claims of a room never overlap; that is why the last claim that began and the first that begins tell all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Uuid, column, select, text
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms.people import Department, Person
from core.mechanisms.places import Place
from core.sections import rooms
from core.sections.bookings.claims import SHOWN, Booking, BookingState, from_ms, state_at, to_ms
from core.sections.bookings.rules import is_always_open, opening
from core.sections.rooms import Room

SOON = timedelta(minutes=10)
QUARTER = timedelta(minutes=15)  # less than this is not worth walking to


@dataclass(frozen=True, slots=True)
class RoomNow:
    """A room at a moment. `until`: when this state ends as far as the plan says; `who` names a department, never a person; `closed_reason` why
    the office closed it, or a room it consists of; `ready` is not so while it waits to be restored."""

    id: UUID
    name: str
    name_en: str
    short_name: str | None
    where: str
    capacity: int
    state: str
    until: datetime | None
    free_until: datetime | None
    who: str
    title: str
    booking_id: UUID | None
    next_starts_at: datetime | None
    closed_reason: str = ""
    ready: bool = True

    @property
    def shown(self) -> str:
        """What a lamp shows: a room that waits to be restored is not free."""
        return "shut" if self.state == "free" and not self.ready else self.state


@dataclass(frozen=True, slots=True)
class FreeRoom:
    """A room one could have: nothing of anybody's booking."""

    id: UUID
    name: str
    name_en: str
    where: str
    capacity: int
    equipment: tuple[str, ...]
    free_until: datetime


@dataclass(frozen=True, slots=True)
class DaySlot:
    """One booking on a room's day."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    state: str
    who: str
    title: str
    host: str


@dataclass(frozen=True, slots=True)
class RoomDay:
    """A room's day: when it opens and closes, and its bookings in order."""

    id: UUID
    name: str
    capacity: int
    opens_at: datetime
    closes_at: datetime
    slots: tuple[DaySlot, ...]


# ── now ──


def rooms_now(s: Session, at: datetime) -> list[RoomNow]:
    """Every bookable room's state at `at`, in the order of the house: one indexed statement, two claims a room."""
    rows, hours = s.connection().execute(_ROOMS_NOW, {"now": to_ms(at)}).all(), _Hours(at)
    ahead: dict[UUID, _Ahead] = {}
    for row in rows:  # one a leaf; a combined room has several
        leaf = row[-_AHEAD:]
        ahead[row[0]] = _together(ahead[row[0]], leaf) if row[0] in ahead else leaf
    shut, unready = _shut(s, rows), rooms.unready(s, at)
    found = [_room_now(row, shut.get(id, row), ahead[id], at, hours) for id, row in {row[0]: row for row in rows}.items()]
    return [replace(room, ready=False, free_until=None) if room.id in unready else room for room in found] if unready else found


def _rooms_query(*more: Any) -> Any:
    floor = aliased(Place)
    columns: tuple[Any, ...] = (
        Room.place_id,
        Place.name,
        Room.english_name,
        Place.short_name,
        col(floor.name).label("where"),
        col(floor.sort).label("floor"),
        Place.zone,
        Room.capacity,
        Room.bookable,
        Room.check_in,
        Room.opens_minute,
        Room.closes_minute,
        Room.longest_minutes,
        Room.closed_from,
        Room.closed_until,
        Room.closed_reason,
    )
    query = select(*columns, *more).join(Place, col(Place.id) == Room.place_id).outerjoin(floor, col(floor.id) == Place.parent_id)
    return query.where(col(Place.retired_at).is_(None)).order_by(col(floor.sort), col(floor.name), col(Place.sort), col(Place.name))


_ROOMS = _rooms_query()
_ROOMS_BY_FLOOR = _rooms_query(Place.parent_id)
_ROOMS_WITH_RULES = _rooms_query(
    Place.parent_id,
    Room.equipment,
    Room.roles,
    Room.departments,
    Room.approver,
    Room.shortest_minutes,
    Room.set_up_minutes,
    Room.clean_up_minutes,
)


def _rooms(s: Session, query: Any = _ROOMS) -> Sequence[Row[Any]]:
    return s.connection().execute(query).all()


def _shut(s: Session, rows: Sequence[Row[Any]]) -> dict[UUID, Any]:
    """The combined rooms that are closed because a part of theirs is; asked for only while some room is closed."""
    closed = {row.place_id: row for row in rows if row.closed_from is not None}
    if not closed:
        return {}
    return {
        id: rooms.joined([closed[one] for one in (id, *part_ids) if one in closed])
        for id, part_ids in rooms.parts_of(s).items()
        if not closed.keys().isdisjoint(part_ids)
    }


class _Hours:
    """When rooms open and close around one moment: rooms of the same hours and zone are reckoned once."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment
        self._known: dict[tuple[int, int, str | None], tuple[datetime, datetime]] = {}

    def of(self, room: Row[Any]) -> tuple[datetime, datetime]:
        key = (room.opens_minute, room.closes_minute, room.zone)
        if key not in self._known:
            self._known[key] = opening(room, self._moment, _zone(room))
        return self._known[key]


def _typed(*columns: Any) -> tuple[Any, ...]:
    """Columns that give a written-out statement's rows their types; the class attributes are typed as their values."""
    return columns


# A combined room is its parts: what its leaves hold, it holds. One row a leaf: the claim that runs and the one that comes, each a correlated
# lookup by (room_id, from_ms), whatever the ledger's size. Written out because both databases keep this plan, and neither keeps it for a
# window function or a lateral join written by the ORM.
_NOW_AND_NEXT = (
    text(
        "WITH leaves AS (SELECT place_id AS room_id, place_id AS leaf_id FROM room UNION ALL SELECT room_id, part_id FROM room_part), picks AS ("
        " SELECT room_id,"
        " (SELECT id FROM claim WHERE claim.room_id = leaf_id AND from_ms <= :now ORDER BY from_ms DESC LIMIT 1) AS now_id,"
        " (SELECT id FROM claim WHERE claim.room_id = leaf_id AND from_ms > :now ORDER BY from_ms LIMIT 1) AS next_id FROM leaves)"
        " SELECT p.room_id, b.id AS booking_id, n.until_ms, b.state, b.title, d.name AS who, x.from_ms AS next_ms, xd.name AS next_who FROM picks p"
        " LEFT JOIN claim n ON n.id = p.now_id AND n.until_ms > :now LEFT JOIN booking b ON b.id = n.booking_id"
        " LEFT JOIN department d ON d.id = b.department_id"
        " LEFT JOIN claim x ON x.id = p.next_id LEFT JOIN booking xb ON xb.id = x.booking_id LEFT JOIN department xd ON xd.id = xb.department_id"
    )
    .columns(
        column("room_id", Uuid()),
        column("booking_id", Uuid()),
        *(column(name) for name in ("until_ms", "state", "title", "who", "next_ms", "next_who")),
    )
    .subquery("ahead")
)
_ROOMS_NOW = _rooms_query(*(one for one in _NOW_AND_NEXT.c if one.name != "room_id")).join(
    _NOW_AND_NEXT, _NOW_AND_NEXT.c.room_id == Room.place_id
)


# What runs in a room and what comes, the last columns of a row: the booking's id (None: nothing runs), until when in milliseconds, its state,
# title and department; when the next one begins, and whose it is.
_AHEAD = 7
_Ahead = tuple[UUID | None, int | None, str | None, str | None, str | None, int | None, str | None]


def _together(a: _Ahead, b: _Ahead) -> _Ahead:
    """Two leaves of a combined room: what runs longest, and what comes first."""
    runs = a if (a[1] or 0) >= (b[1] or 0) else b
    comes = b if a[5] is None or (b[5] is not None and b[5] < a[5]) else a
    return (*runs[:5], *comes[5:])


_NOT_YET = (BookingState.PENDING, BookingState.OFFERED)


def _room_now(room: Row[Any], shut: Any, ahead: _Ahead, at: datetime, hours: _Hours) -> RoomNow:
    runs, until_ms, runs_as, what, whose, next_ms, next_who = ahead
    opens, closes = hours.of(room)
    endless = is_always_open(room)
    next_starts_at = from_ms(next_ms) if next_ms is not None else None
    limit = at + timedelta(days=1) if endless else closes
    if next_starts_at is not None and (endless or next_starts_at < limit):
        limit = next_starts_at
    # A room that never closes has no "until": one that moves on with the clock would be told to its lamp each second.
    state, until, who, title = "free", None if endless and next_starts_at is None else limit, "", ""
    closed = rooms.is_closed(shut, at)
    if closed or not room.bookable:
        state, until, runs = "shut", shut.closed_until, None
    elif runs is not None:
        needs = runs_as in _NOT_YET or (room.check_in and runs_as == BookingState.CONFIRMED)
        state, until, who, title = "held" if needs else "busy", from_ms(until_ms or 0), whose or "", what or ""
    elif not (opens <= at < closes):
        state, until = "shut", opens if at < opens else opens + timedelta(days=1)
    elif next_starts_at is not None and next_starts_at - at <= SOON:
        state, until, who = "soon", next_starts_at, next_who or ""
    return RoomNow(
        room.place_id,
        room.name,
        room.english_name,
        room.short_name,
        room.where or "",
        room.capacity,
        state,
        until,
        limit if state in ("free", "soon") else None,
        who,
        title,
        runs,
        next_starts_at,
        shut.closed_reason if closed else "",
    )


def _zone(room: Row[Any]) -> ZoneInfo:
    return ZoneInfo(room.zone) if room.zone else clock.zone()


def next_change(s: Session, at: datetime) -> datetime:
    """The next moment after `at` at which some room's state, or whether it is free for a quarter of an hour, changes as planned."""
    moments = [moment for room in rooms_now(s, at) for moment in (room.until, room.free_until, room.next_starts_at) if moment is not None]
    return min((m for moment in moments for m in (moment, moment - QUARTER) if m > at), default=at + timedelta(days=1))


# ── days ──


def day_plan(s: Session, day: date, at: datetime, room_ids: Sequence[UUID] | None = None) -> list[RoomDay]:
    """Every room's bookings on an office day, in order: one statement for the rooms, one for the bookings. For people, never for a
    corridor."""
    start = datetime.combine(day, time(), clock.zone()).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), clock.zone()).astimezone(UTC)
    query = (
        select(
            Booking.room_id,
            Booking.id,
            Booking.starts_at,
            Booking.ends_at,
            Booking.ended_at,
            Booking.state,
            Booking.title,
            col(Department.name).label("who"),
            col(Person.name).label("host"),
        )
        .outerjoin(Department, col(Department.id) == Booking.department_id)
        .outerjoin(Person, col(Person.id) == Booking.host_id)
        .where(
            col(Booking.starts_at) >= start - timedelta(days=1),
            col(Booking.starts_at) < end,
            col(Booking.ends_at) > start,
            col(Booking.state).in_(SHOWN),
        )
        .order_by(col(Booking.starts_at))
    )
    combined = rooms.parts_of(s)
    shared = {id: rooms.sharing(s, id) for id in {*combined, *(part for parts in combined.values() for part in parts)}}
    if room_ids is not None:
        query = query.where(col(Booking.room_id).in_({other for id in room_ids for other in shared.get(id, (id,))}))
    slots: dict[UUID, list[DaySlot]] = {}
    for room_id, id, starts_at, ends_at, ended_at, state, title, who, host in s.connection().execute(query):
        slot = DaySlot(id, starts_at, ended_at or ends_at, state_at(state, starts_at, ends_at, at), who or "", title, host or "")
        for taken in shared.get(room_id, (room_id,)):
            slots.setdefault(taken, []).append(slot)
    found, hours = [], _Hours(start + timedelta(hours=12))
    for room in _rooms(s):
        if room_ids is None or room.place_id in room_ids:
            opens, closes = hours.of(room)
            found.append(RoomDay(room.place_id, room.name, room.capacity, opens, closes, tuple(slots.get(room.place_id, ()))))
    return found


def english_name(s: Session, room_id: UUID) -> str:
    """What the room is called in English, empty when nobody said."""
    return s.execute(select(col(Room.english_name)).where(col(Room.place_id) == room_id)).scalar() or ""

"""The timeline: every room's bookings of a day or a week, floor by floor, as data for a screen that draws itself (guide S1.3-R1, S1.3-R2;
pitfalls V19, V20, V29).

Positions are minutes from the day's own midnight in the office's zone, so that no browser's zone can shift them. For signed-in people, with
titles; one statement for the rooms, one for the bookings, whatever the span."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms.operations import OFFICE, Actor, Role
from core.mechanisms.people import Department, Person
from core.sections import rooms
from core.sections.bookings.claims import SHOWN, Booking, state_at
from core.sections.bookings.plans import _Hours, _rooms, _shut
from core.sections.bookings.rules import is_always_open


@dataclass(frozen=True, slots=True)
class Bar:
    """One booking on one day: minutes from midnight (a booking over midnight has a bar on both days). `may`: this reader may change it."""

    id: UUID
    day: int
    from_minute: int
    until_minute: int
    state: str
    title: str
    who: str
    may: bool


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room with its bars in order; it opens and closes at these minutes. `closed` says why nobody can have it in `shut`: for each day the
    minutes in which the office closed it, or a room it consists of."""

    id: UUID
    name: str
    short_name: str | None
    capacity: int
    opens_minute: int
    closes_minute: int
    bookable: bool
    closed: str | None
    shut: tuple[tuple[int, int, int], ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class FloorRows:
    """The rooms of a floor (or of whatever they stand in)."""

    id: UUID | None
    name: str
    rooms: tuple[RoomRow, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """`days` office days from `first`; `today` is the place of today among them, `minute` the minute of now, both None when it is not there."""

    first: date
    days: int
    today: int | None
    minute: int | None
    floors: tuple[FloorRows, ...]


def timeline(s: Session, first: date, days: int, at: datetime, by: Actor) -> Timeline:
    """The bookings of `days` days from `first`, as this reader may see them."""
    midnights = [datetime.combine(first + timedelta(days=n), time(), clock.zone()).astimezone(UTC) for n in range(days + 1)]
    bars: dict[UUID, list[Bar]] = {}
    all_mine = by.has(*OFFICE, Role.SYSTEM)
    department = None if all_mine or by.person_id is None else getattr(s.get(Person, by.person_id), "department_id", None)
    zone = clock.zone()
    combined = rooms.parts_of(s)
    shared = {id: rooms.sharing(s, id) for id in {*combined, *(part for parts in combined.values() for part in parts)}}
    for row in s.connection().execute(_query(midnights[0], midnights[-1])):
        end = row.ended_at or row.ends_at
        state = state_at(row.state, row.starts_at, row.ends_at, at)
        may = all_mine or by.person_id in (row.host_id, row.booked_by_id) or (department is not None and department == row.department_id)
        title, who = row.title, row.host or row.department or ""
        for day in range(days):
            if row.starts_at < midnights[day + 1] and end > midnights[day]:
                start_minute = _minute(row.starts_at, zone) if row.starts_at >= midnights[day] else 0
                end_minute = (_minute(end, zone) or 1440) if end <= midnights[day + 1] else 1440
                bar = Bar(row.id, day, start_minute, max(end_minute, start_minute + 1), state, title, who, may)
                bars.setdefault(row.room_id, []).append(bar)
                for other in shared.get(row.room_id, set()) - {
                    row.room_id
                }:  # a room that opens into this one is taken too, and its bar is moved there
                    bars.setdefault(other, []).append(replace(bar, may=False))
    hours = _Hours(midnights[0] + timedelta(hours=12))
    floors: dict[tuple[UUID | None, str], list[RoomRow]] = {}
    rows = list(_rooms(s))
    closings = _shut(s, rows)
    for room in rows:
        opens, closes = hours.of(room)
        minutes = (
            (0, 1440) if is_always_open(room) else (_of_day(opens, midnights[0]), _of_day(closes, midnights[0]))
        )  # also of a room in another zone
        closing = closings.get(room.place_id, room)
        shut = _shut_minutes(closing, midnights, zone)
        found = RoomRow(
            room.place_id, room.name, room.short_name, room.capacity, *minutes, room.bookable, closing.closed_reason if shut else None, shut,
            tuple(bars.get(room.place_id, ())),
        )  # fmt: skip
        floors.setdefault((room.parent_id, room.where or ""), []).append(found)
    today = (clock.today(at) - first).days
    here = 0 <= today < days
    return Timeline(
        first, days, today if here else None, _minute(at, zone) if here else None,
        tuple(FloorRows(id, name, tuple(rows)) for (id, name), rows in floors.items()),
    )  # fmt: skip


def _shut_minutes(closing: Any, midnights: list[datetime], zone: tzinfo) -> tuple[tuple[int, int, int], ...]:
    """The closed minutes of each day: (day, from, until)."""
    if closing.closed_from is None:
        return ()
    found = []
    for day, (begin, end) in enumerate(pairwise(midnights)):
        start, until = max(closing.closed_from, begin), min(closing.closed_until or end, end)
        if start < until:
            found.append((day, _minute(start, zone), _minute(until, zone) or 1440))
    return tuple(found)


def _of_day(moment: datetime, midnight: datetime) -> int:
    return max(0, min(1440, (moment - midnight) // timedelta(minutes=1)))


def _minute(moment: datetime, zone: tzinfo) -> int:
    local = moment.astimezone(zone)
    return local.hour * 60 + local.minute


def _query(start: datetime, end: datetime) -> Any:
    return (
        select(
            Booking.room_id, Booking.id, Booking.starts_at, Booking.ends_at, Booking.ended_at, Booking.state, Booking.title, Booking.host_id,
            Booking.booked_by_id, Booking.department_id, col(Department.name).label("department"), col(Person.name).label("host"),
        )
        .outerjoin(Department, col(Department.id) == Booking.department_id)
        .outerjoin(Person, col(Person.id) == Booking.host_id)
        .where(
            col(Booking.starts_at) >= start - timedelta(days=1), col(Booking.starts_at) < end, col(Booking.ends_at) > start,
            col(Booking.state).in_(SHOWN),
        )
        .order_by(col(Booking.starts_at))
    )  # fmt: skip

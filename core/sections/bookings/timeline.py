"""The timeline: every room's bookings of a day or a week, floor by floor, as data for a screen that draws itself (guide S1.3-R1, S1.3-R2;
pitfalls V19, V20, V29).

Positions are minutes from the day's own midnight in the office's zone, so that no browser's zone can shift them. For signed-in people, with
titles; one statement for the rooms, one for the bookings, whatever the span."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import literal, or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms.operations import OFFICE, Actor, Role
from core.mechanisms.people import Department, Person
from core.sections import rooms
from core.sections.bookings.claims import SHOWN, Booking, state_at
from core.sections.bookings.plans import _ROOMS_BY_FLOOR, _Hours, _rooms, _shut
from core.sections.bookings.rules import is_always_open

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


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
    bars: defaultdict[UUID, list[Bar]] = defaultdict(list)
    all_mine = by.has(*OFFICE, Role.SYSTEM)
    department = None if all_mine or by.person_id is None else getattr(s.get(Person, by.person_id), "department_id", None)
    zone = clock.zone()
    combined = rooms.parts_of(s)
    shared = {id: rooms.sharing(s, id) for id in {*combined, *(part for parts in combined.values() for part in parts)}}
    query = _query(midnights[0], midnights[-1], *(() if all_mine else (by.person_id, department)))
    for room_id, id, starts_at, ends_at, ended_at, state, title, of, host, mine in s.connection().execute(query):
        end = ended_at or ends_at
        shown, may = state_at(state, starts_at, ends_at, at), all_mine or bool(mine)
        day = max(bisect_right(midnights, starts_at) - 1, 0)
        while day < days and end > midnights[day]:
            midnight, next_midnight = midnights[day], midnights[day + 1]
            start_minute = _minute_of_day(starts_at, midnight, next_midnight, zone) if starts_at >= midnight else 0
            end_minute = _minute_of_day(end, midnight, next_midnight, zone) if end < next_midnight else 1440
            bar = Bar(id, day, start_minute, max(end_minute, start_minute + 1), shown, title, host or of or "", may)
            bars[room_id].append(bar)
            if room_id in shared:  # a room that opens into this one is taken too, and its bar is moved there
                for other in shared[room_id] - {room_id}:
                    bars[other].append(replace(bar, may=False))
            day += 1
    hours = _Hours(midnights[0] + timedelta(hours=12))
    floors: dict[tuple[UUID | None, str], list[RoomRow]] = {}
    rows = list(_rooms(s, _ROOMS_BY_FLOOR))
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
    return max(0, min(1440, (moment - midnight) // _MINUTE))


def _minute_of_day(moment: datetime, midnight: datetime, next_midnight: datetime, zone: tzinfo) -> int:
    """The same between these midnights; only a day on which the clocks change needs the zone's word for it."""
    return (moment - midnight) // _MINUTE if next_midnight - midnight == _DAY else _minute(moment, zone)


def _minute(moment: datetime, zone: tzinfo) -> int:
    local = moment.astimezone(zone)
    return local.hour * 60 + local.minute


def _query(start: datetime, end: datetime, person: UUID | None = None, department: UUID | None = None) -> Any:
    """The bookings of a span; the last column says whether they are this person's, or of their department."""
    mine = [col(column) == person for column in (Booking.host_id, Booking.booked_by_id) if person is not None]
    mine += [col(Booking.department_id) == department] if department is not None else []
    return (
        select(
            Booking.room_id, Booking.id, Booking.starts_at, Booking.ends_at, Booking.ended_at, Booking.state, Booking.title,
            col(Department.name).label("department"), col(Person.name).label("host"), (or_(*mine) if mine else literal(False)).label("mine"),
        )
        .outerjoin(Department, col(Department.id) == Booking.department_id)
        .outerjoin(Person, col(Person.id) == Booking.host_id)
        .where(
            col(Booking.starts_at) >= start - timedelta(days=1), col(Booking.starts_at) < end, col(Booking.ends_at) > start,
            col(Booking.state).in_(SHOWN),
        )
        .order_by(col(Booking.starts_at))
    )  # fmt: skip

"""How the rooms are used: booked, used, released and refused, by room and by hour (guide S1.3-R1; pitfall V29).

Booked is what was planned and not called off beforehand; used is the part somebody came for, until they left; released is what nobody came to.
Refused demand is read from the operations themselves: every "taken", "closed" or "too late" answer is stored, with room and time, whoever
asked. Minutes count inside the span only; hours are those of the office's wall."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms.operations import OperationRow
from core.mechanisms.places import Place
from core.sections.bookings import Booking, BookingState
from core.sections.roomcare import help_calls
from core.sections.rooms import Room

HAPPENED = frozenset({BookingState.IN_USE, BookingState.ENDED, BookingState.CONFIRMED, BookingState.RELEASED})
DEMAND = frozenset({
    "booking.clash", "booking.outside_hours", "room.closed", "booking.too_long", "booking.too_many", "booking.no_equipment", "room.not_bookable", "room.restoring",
})  # fmt: skip
ASKS = ("booking.create", "booking.move", "booking.extend")


@dataclass(frozen=True, slots=True)
class RoomUse:
    """One room in a span, in minutes; `refused` counts the answers that were no. `share` is used minutes of the minutes it was open, 0 to 1."""

    room_id: UUID
    name: str
    capacity: int
    bookings: int
    booked_minutes: int
    used_minutes: int
    released_minutes: int
    releases: int
    refused: int
    share: float


@dataclass(frozen=True, slots=True)
class HourUse:
    """One hour of the day over the whole span: minutes in all rooms, and refused wishes for a start in this hour."""

    hour: int
    booked_minutes: int
    used_minutes: int
    released_minutes: int
    refused: int


@dataclass(frozen=True, slots=True)
class Use:
    """The use of all rooms from `first` to `last` (days, both included). `reasons` are refusals by code."""

    first: date
    last: date
    rooms: tuple[RoomUse, ...]
    hours: tuple[HourUse, ...]
    reasons: tuple[tuple[str, int], ...]
    help: help_calls.HelpTimes

    @property
    def booked_minutes(self) -> int:
        return sum(room.booked_minutes for room in self.rooms)

    @property
    def used_minutes(self) -> int:
        return sum(room.used_minutes for room in self.rooms)

    @property
    def released_minutes(self) -> int:
        return sum(room.released_minutes for room in self.rooms)

    @property
    def refused(self) -> int:
        return sum(count for _, count in self.reasons)


@dataclass(slots=True)
class _Sum:
    bookings: int = 0
    booked: int = 0
    used: int = 0
    released: int = 0
    releases: int = 0
    refused: int = 0
    hours: dict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))


def use(s: Session, first: date, last: date, at: datetime) -> Use:
    """What happened in the rooms on these days, up to `at`."""
    zone = clock.zone()
    start = datetime.combine(first, time(), zone).astimezone(UTC)
    end = min(datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC), at)
    sums: dict[UUID, _Sum] = defaultdict(_Sum)
    hours: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    query = select(
        Booking.room_id, Booking.starts_at, Booking.ends_at, Booking.ended_at, Booking.checked_in_at, Booking.state, Room.check_in
    ).join(Room, col(Room.place_id) == col(Booking.room_id))
    query = query.where(col(Booking.starts_at) >= start - timedelta(days=1), col(Booking.starts_at) < end, col(Booking.ends_at) > start)
    for row in s.execute(query.where(col(Booking.state).in_(HAPPENED))):
        mine = sums[row.room_id]
        mine.bookings += 1
        mine.booked += _spread(hours, 0, row.starts_at, row.ends_at, start, end)
        if row.state == BookingState.RELEASED:
            mine.releases += 1
            mine.released += _spread(hours, 2, row.starts_at, row.ends_at, start, end)
        elif row.checked_in_at is not None or row.state != BookingState.CONFIRMED or not row.check_in:
            left = row.ended_at or row.ends_at
            mine.used += _spread(hours, 1, row.starts_at, left, start, end)
    reasons: dict[str, int] = defaultdict(int)
    for room_id, wanted_at, code in _refusals(s, start, end):
        reasons[code] += 1
        if room_id is not None:
            sums[room_id].refused += 1
        if wanted_at is not None:
            hours[wanted_at.astimezone(zone).hour][3] += 1
    days = sum(1 for n in range((last - first).days + 1) if datetime.combine(first + timedelta(days=n), time(), zone) < at)
    rows = s.execute(
        select(Place.id, Place.name, Room.capacity, Room.opens_minute, Room.closes_minute)
        .join(Room, col(Room.place_id) == col(Place.id))
        .where(col(Place.retired_at).is_(None))
        .order_by(col(Place.sort), col(Place.name))
    ).all()
    found = []
    for row in rows:
        mine = sums[row.id]
        # A room open around the clock is compared with a working day, not with the night.
        open_minutes = days * min(row.closes_minute - row.opens_minute, 10 * 60)
        share = min(1.0, mine.used / open_minutes) if open_minutes else 0.0
        found.append(
            RoomUse(
                row.id, row.name, row.capacity, mine.bookings, mine.booked, mine.used, mine.released, mine.releases, mine.refused, share
            )
        )
    by_hour = tuple(HourUse(hour, *hours[hour]) for hour in sorted(hours))
    told = tuple(sorted(reasons.items(), key=lambda pair: -pair[1]))
    return Use(first, last, tuple(found), by_hour, told, help_calls.help_times(s, start, end))


def sheets(found: Use, words: Callable[[str], str]) -> list[tuple[str, list[str], list[list[Any]]]]:
    """The same as two sheets (title, headings, rows) with hours as amounts; `words` speaks the reader's language."""
    rooms = ("room", "capacity", "bookings", "booked", "used", "released", "releases", "refused", "share")
    hours = ("hour", "booked", "used", "released", "refused")
    return [
        (
            words("use.by_room"), [words(f"use.column.{name}") for name in rooms],
            [
                [r.name, r.capacity, r.bookings, _hours(r.booked_minutes), _hours(r.used_minutes), _hours(r.released_minutes), r.releases, r.refused, round(100 * r.share)]
                for r in found.rooms
            ],
        ),
        (
            words("use.by_hour"), [words(f"use.column.{name}") for name in hours],
            [[f"{h.hour:02d}:00", _hours(h.booked_minutes), _hours(h.used_minutes), _hours(h.released_minutes), h.refused] for h in found.hours],
        ),
    ]  # fmt: skip


# ── private ──


def _hours(minutes: int) -> Decimal:
    return (Decimal(minutes) / 60).quantize(Decimal("0.01"))


def _spread(hours: dict[int, list[int]], which: int, start: datetime, end: datetime, first: datetime, last: datetime) -> int:
    """Add the minutes of [start, end) inside the span to the hours they fall in; answers them all."""
    moment, end, total = max(start, first), min(end, last), 0
    zone = clock.zone()
    while moment < end:
        local = moment.astimezone(zone)
        following = min(end, moment + timedelta(minutes=60 - local.minute, seconds=-local.second, microseconds=-local.microsecond))
        minutes = round((following - moment).total_seconds() / 60)
        hours[local.hour][which] += minutes
        total += minutes
        moment = following
    return total


def _refusals(s: Session, start: datetime, end: datetime) -> list[tuple[UUID | None, datetime | None, str]]:
    """Which room and time were asked for and not given. The same person's same wish within five minutes counts once: tapping again is not
    more demand."""
    query = (
        select(OperationRow.kind, OperationRow.payload, OperationRow.code, OperationRow.person_id, OperationRow.device_id, OperationRow.received_at)
        .where(
            col(OperationRow.status) == "refused", col(OperationRow.kind).in_(ASKS), col(OperationRow.code).in_(DEMAND),
            col(OperationRow.received_at) >= start, col(OperationRow.received_at) < end,
        )
        .order_by(col(OperationRow.received_at))
    )  # fmt: skip
    found: list[tuple[UUID | None, datetime | None, str]] = []
    last: dict[Any, datetime] = {}
    for row in s.execute(query):
        payload = row.payload or {}
        room_id, wanted = _uuid(payload.get("room_id")), _moment(payload.get("starts_at"))
        if room_id is None and (booking := s.get(Booking, _uuid(payload.get("booking_id")) or UUID(int=0))) is not None:
            room_id, wanted = booking.room_id, wanted or booking.ends_at
        who = (row.person_id, row.device_id, room_id, wanted)
        if who in last and row.received_at - last[who] < timedelta(minutes=5):
            continue
        last[who] = row.received_at
        found.append((room_id, wanted, str(row.code)))
    return found


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value)) if value else None
    except ValueError:
        return None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00")) if value else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None

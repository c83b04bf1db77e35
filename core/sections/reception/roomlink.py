"""A line may name the booking of its room; the plan then says when room and line do not fit (guide S3.1-R3; a reception uses a room, S1.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms import places
from core.sections import bookings
from core.sections.bookings.claims import LIVE


@dataclass(frozen=True, slots=True)
class RoomLink:
    """The room a line has, from when to when, and whether it still stands."""

    booking_id: UUID
    room: str
    starts_at: datetime
    ends_at: datetime
    stands: bool


STANDS = frozenset({*LIVE, bookings.BookingState.ENDED})


def check(s: Session, booking_id: UUID) -> None:
    """Refuses: booking.not_found"""
    if s.get(bookings.Booking, booking_id) is None:
        raise Refused("booking.not_found")


def links(s: Session, booking_ids: Iterable[UUID]) -> dict[UUID, RoomLink]:
    """The rooms behind these bookings."""
    found = {}
    for booking_id in set(booking_ids):
        booking = s.get(bookings.Booking, booking_id)
        if booking is not None:
            room = places.get(s, booking.room_id).name
            found[booking_id] = RoomLink(booking_id, room, booking.starts_at, booking.ends_at, booking.state in STANDS)
    return found


def on_day(s: Session, day: date) -> list[RoomLink]:
    """Bookings of a day that stand, to link a line to: by their start."""
    start, end = clock.day_span(day)
    query = select(bookings.Booking).where(
        col(bookings.Booking.starts_at) < end, col(bookings.Booking.ends_at) > start, col(bookings.Booking.state).in_(LIVE)
    )
    rows = s.execute(query.order_by(col(bookings.Booking.starts_at)).limit(200)).scalars()
    return [RoomLink(row.id, places.get(s, row.room_id).name, row.starts_at, row.ends_at, True) for row in rows]

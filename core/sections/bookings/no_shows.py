"""A booking nobody came to is released, once, by the server's clock (scenario Front desk 4, guide S1.3-R1).

Released after the room's grace (10 minutes by default) from the start. A server that was down, or has just started, asked nobody to check
in: after a start every waiting booking gets a fresh grace. The row stays as "released"; the host gets one notice."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import database, jobs
from core.foundation.errors import Invalid
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import notices, places
from core.mechanisms.operations import SYSTEM, Actor, operation, perform_now
from core.sections.bookings import claims, making
from core.sections.bookings.book import OfBooking
from core.sections.bookings.claims import Booking, BookingState, BookingView
from core.sections.rooms import DAY_MINUTES, Room


class ReleaseBooking(OfBooking):
    pass


def check_in_by(booking: Booking, room: Room, at: datetime) -> datetime:
    """Until when somebody must check in: the grace after the start, or after the server's own start if that was later."""
    asked_since = max(booking.starts_at, booking.booked_at)  # an offer accepted, or a request approved, after the start
    started = jobs.started_at()
    if started is not None and asked_since < started <= at:  # a start after `at` belongs to a clock that was moved back
        asked_since = started
    return asked_since + timedelta(minutes=room.check_in_after_minutes)


@operation(ReleaseBooking, "booking.release", roles=set())
def release(s: Session, do: ReleaseBooking, by: Actor, at: datetime) -> BookingView:
    """Free the room of a booking nobody checked in to, and tell its host. Not yet due, or no longer waiting, claims nothing, because the
    id of a release is derived from the booking and must stay usable. Refuses: booking.not_found"""
    booking, room = claims.get(s, do.booking_id)
    if booking.state != BookingState.CONFIRMED or not room.check_in or at < check_in_by(booking, room, at) or booking.ends_at <= at:
        raise Invalid("booking.not_due")
    _tell_host(s, booking, at)
    making.drop(s, booking, by, at, state=BookingState.RELEASED, ended_at=at)
    return claims.view(s, booking, at)


@job(every_s=15)
def release_no_shows(at: datetime) -> int:
    """Release what is due at `at`. Returns how many, oldest first; running it twice releases nothing twice."""
    released = 0
    for booking_id in _due(at):
        outcome = perform_now(ReleaseBooking(booking_id=booking_id), by=SYSTEM, at=at, op_id=derived("booking.release", booking_id))
        released += outcome.ok and not outcome.repeated
    return released


def _due(at: datetime) -> list[UUID]:
    query = (
        select(Booking, Room)
        .join(Room, col(Room.place_id) == Booking.room_id)
        .where(col(Booking.starts_at) <= at, col(Booking.starts_at) > at - timedelta(minutes=DAY_MINUTES), col(Booking.ends_at) > at)
        .where(col(Booking.state) == BookingState.CONFIRMED, col(Room.check_in).is_(True))
        .order_by(col(Booking.starts_at))
    )
    with database.reading() as s:
        return [booking.id for booking, room in s.execute(query) if check_in_by(booking, room, at) <= at]


def _tell_host(s: Session, booking: Booking, at: datetime) -> None:
    if booking.host_id is None:
        return  # booked at the door: nobody to tell
    place = places.get(s, booking.room_id)
    facts = {"room": place.name, "from": booking.starts_at, "at": at}
    notices.queue(s, key="booking.released_notice", facts=facts, at=at, to_person_id=booking.host_id, subject=("booking", booking.id))

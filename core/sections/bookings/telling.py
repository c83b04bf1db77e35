"""A host hears at once when somebody else moved or cancelled their meeting: nothing is lost silently (scenario Front desk 1)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.mechanisms import notices, places
from core.mechanisms.operations import Actor
from core.sections.bookings.claims import Booking


def concerns_another(host_id: UUID | None, booked_by_id: UUID | None, by: Actor) -> bool:
    """Whether a person who neither hosts the meeting nor booked it has their hand on it."""
    return host_id is not None and by.person_id is not None and by.person_id not in (host_id, booked_by_id)


def tell_moved(s: Session, booking: Booking, was: tuple[str, datetime], by: Actor, at: datetime) -> None:
    """`was`: the room's name and the start before."""
    if not concerns_another(booking.host_id, booking.booked_by_id, by):
        return
    now = (places.get(s, booking.room_id).name, booking.starts_at)
    if now != was:
        facts = {"who": by.name, "room": was[0], "from": was[1], "new_room": now[0], "new_from": now[1]}
        notices.queue(s, key="booking.moved_notice", facts=facts, at=at, to_person_id=booking.host_id, subject=("booking", booking.id))


def tell_cancelled(s: Session, booking: Booking, by: Actor, at: datetime) -> None:
    if concerns_another(booking.host_id, booking.booked_by_id, by):
        facts = {"who": by.name, "room": places.get(s, booking.room_id).name, "from": booking.starts_at}
        notices.queue(s, key="booking.cancelled_notice", facts=facts, at=at, to_person_id=booking.host_id, subject=("booking", booking.id))

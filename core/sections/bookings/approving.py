"""What follows when somebody decided about a booking (guide S1.3-R1; pitfall V02). While it waits it has its time already, so two requests
for one slot can never both be approved; one that nobody decided about before its start lapses."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import database
from core.foundation.errors import Invalid
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import approvals, notices, places
from core.mechanisms.approvals import Approval
from core.mechanisms.operations import SYSTEM, Actor, Operation, operation, perform_now
from core.sections.bookings import claims, making
from core.sections.bookings.claims import Booking, BookingState


@approvals.settles(making.APPROVAL)
def decided(s: Session, approval: Approval, by: Actor, at: datetime) -> None:
    """Approved: it takes place. Refused or withdrawn: its time is free again."""
    booking = s.get(Booking, approval.subject_id)
    if booking is None or booking.state != BookingState.PENDING:
        return
    if approval.state == approvals.APPROVED:
        booking.state = BookingState.CONFIRMED
        booking.booked_at = at  # whoever is approved after the start has their full grace to come
        making.done(s, booking, "answered", by, at)
    else:
        state = BookingState.REFUSED if approval.state == approvals.REFUSED else BookingState.CANCELLED
        making.drop(s, booking, by, at, state=state)


class LapseBooking(Operation):
    booking_id: UUID


@operation(LapseBooking, "booking.lapse", roles=set())
def lapse(s: Session, do: LapseBooking, by: Actor, at: datetime) -> None:
    """Nobody decided before it was to begin: its time is free, its host is told. Not yet due claims nothing. Refuses: booking.not_found"""
    booking, _room = claims.get(s, do.booking_id)
    if booking.state != BookingState.PENDING or booking.starts_at > at:
        raise Invalid("booking.not_due")
    making.drop(s, booking, by, at, state=BookingState.LAPSED)
    if booking.host_id is not None:
        facts = {"room": places.get(s, booking.room_id).name, "from": booking.starts_at}
        notices.queue(s, key="booking.undecided_notice", facts=facts, at=at, to_person_id=booking.host_id, subject=("booking", booking.id))


@job(every_s=15)
def lapse_undecided(at: datetime) -> int:
    """Free what waited for an approval until its start. Returns how many."""
    waiting = (col(Approval.kind) == making.APPROVAL, col(Approval.state) == approvals.WAITING)  # few, however many bookings there are
    query = select(col(Booking.id)).join(Approval, col(Approval.subject_id) == Booking.id).where(*waiting)
    query = query.where(col(Booking.state) == BookingState.PENDING, col(Booking.starts_at) <= at)
    with database.reading() as s:
        due = list(s.execute(query.order_by(col(Booking.starts_at))).scalars())
    outcomes = [perform_now(LapseBooking(booking_id=id), by=SYSTEM, at=at, op_id=derived("booking.lapse", id)) for id in due]
    return sum(outcome.ok and not outcome.repeated for outcome in outcomes)

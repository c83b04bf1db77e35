"""A meeting brings visits: its guests from outside get codes for the door in one step (pitfall V37; scenario Front desk 10).

A visit needs no meeting, and a meeting knows nothing of visits: this module follows bookings. Guests of one booking get their code inside the meeting's own
mail, which is also sent once when time, room or fate of the meeting change; guests of a series get it by a mail of its own for each date they are given
one. Moving or cancelling the booking moves or cancels the visits of those who have not come yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from sqlalchemy import select, update
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms.operations import PERSON_ROLES, SYSTEM, Actor, Operation, operation, touch
from core.sections.bookings import calendars, claims, making
from core.sections.bookings.calendars import invitations
from core.sections.bookings.claims import LIVE, Booking, BookingState
from core.sections.bookings.series.record import SeriesDate
from core.sections.visits import mails, planning
from core.sections.visits.planning import Invite
from core.sections.visits.record import Visit, VisitState


class InviteGuests(Operation):
    """`attendee_ids` of those who get a code; none named: everybody from outside who has none yet."""

    booking_id: UUID
    attendee_ids: Annotated[tuple[UUID, ...], Input(max_length=200)] = ()


@operation(InviteGuests, "visit.invite_guests", roles=PERSON_ROLES)
def invite_guests(s: Session, do: InviteGuests, by: Actor, at: datetime) -> dict[str, Any]:
    """A visit for each guest from outside, on the meeting's day, at its time and room, to its host. Answers `{visit_ids}`, empty when all have one.

    Refuses: booking.not_found, booking.ended and the like, visit.day_past, visit.no_guests"""
    booking, room = claims.get(s, do.booking_id)
    making.may_change(s, booking, by)
    making.still_live(s, booking, room, at)
    outside = guests(s, booking.id)
    if not outside:
        raise Refused("visit.no_guests")
    made = []
    for guest in outside:
        if guest.visit_id is None and (not do.attendee_ids or guest.attendee_id in do.attendee_ids):
            made.append(_visit_of(s, booking, guest, by, at).id)
    return {"visit_ids": made}


@dataclass(frozen=True, slots=True)
class MeetingGuest:
    """A guest from outside, with the visit they have for this meeting. `answer` is what they said to the meeting's invitation."""

    attendee_id: UUID
    name: str
    email: str
    language: str
    answer: str
    visit_id: UUID | None
    state: str


def guests(s: Session, booking_id: UUID) -> list[MeetingGuest]:
    """Who comes from outside to this booking: its own guests and those of its series."""
    series_id = s.execute(select(col(SeriesDate.series_id)).where(col(SeriesDate.booking_id) == booking_id)).scalar_one_or_none()
    rows = [*_attendees(s, booking_id=booking_id), *(_attendees(s, series_id=series_id) if series_id else ())]
    query = select(Visit).where(col(Visit.booking_id) == booking_id, col(Visit.state) != VisitState.CANCELLED)
    known = {visit.attendee_id: visit for visit in s.execute(query).scalars()}
    return [
        MeetingGuest(
            row.id, row.name or row.email.split("@")[0], row.email, row.language, row.answer, v.id if v else None, v.state if v else ""
        )
        for row in rows
        for v in (known.get(row.id),)
    ]


def _attendees(s: Session, *, booking_id: UUID | None = None, series_id: UUID | None = None) -> list[invitations.Attendee]:
    table = invitations.Attendee
    of = col(table.booking_id) == booking_id if booking_id is not None else col(table.series_id) == series_id
    query = select(table).where(of, col(table.person_id).is_(None), col(table.removed_at).is_(None)).order_by(col(table.id))
    return list(s.execute(query).scalars())


def _visit_of(s: Session, booking: Booking, guest: MeetingGuest, by: Actor, at: datetime) -> Visit:
    do = Invite(
        host_id=booking.host_id or booking.booked_by_id or by.person_id,
        name=guest.name[:80],
        email=guest.email,
        purpose=booking.title[:200],
        expected_on=clock.today(booking.starts_at),
        expected_at=booking.starts_at,
        language=guest.language,
        room_id=booking.room_id,
    )
    visit, code = planning.plan(s, do, SYSTEM, at)  # who may change the meeting may invite for its host
    visit.invited_by, visit.booking_id, visit.attendee_id = by.person_id, booking.id, guest.attendee_id
    s.flush()
    if code is not None:
        planning.tell_visitor(s, visit, "invited", at)
    return visit


# ── told with the meeting's own mail ──


def tell_with_meeting(s: Session, visit: Visit, what: mails.What, at: datetime) -> bool:
    """Whether the meeting's own mail says it: then no other is sent."""
    if visit.attendee_id is None:
        return False
    if what == "cancelled":
        booking = s.get(Booking, visit.booking_id) if visit.booking_id else None
        if booking is None or booking.state in LIVE:
            return False  # only this visit is off, the meeting is not: the meeting's mail would not say it
    return invitations.look_again(s, visit.attendee_id)


def pass_of(s: Session, attendee_id: UUID) -> Mapping[str, Any]:
    """What the meeting's mail says of the guest's code; nothing for a guest without one."""
    query = select(Visit).where(col(Visit.attendee_id) == attendee_id, col(Visit.state) == VisitState.PLANNED)
    visit = s.execute(query.order_by(col(Visit.id)).limit(1)).scalar_one_or_none()
    if visit is None:
        return {}
    visit.mailed = True
    found = mails.says(s, visit)
    return {name: found[name] for name in ("name", "code", "day", "group", "office", "details")}


def withdrawn(s: Session, attendee_id: UUID, at: datetime) -> None:
    """No longer a guest: the code opens nothing any more; the meeting's mail tells them."""
    for visit in _open(s, col(Visit.attendee_id) == attendee_id):
        planning.withdraw(s, visit, at, tell=False)


@making.follows
def note_change(s: Session, booking: Booking, what: str, by: Actor, at: datetime) -> None:
    """The booking changed: so do the visits of those who have not come yet."""
    if what == "made" and booking.replaces_id is not None:  # it stands in for another one
        s.execute(update(Visit).where(col(Visit.booking_id) == booking.replaces_id).values(booking_id=booking.id))
    elif what in ("made", "began", "ended"):
        return
    if booking.state in (BookingState.DISPLACED, BookingState.RELEASED):  # it looks for another room; or only the room was given back
        return
    gone = booking.state not in LIVE
    for visit in _open(s, col(Visit.booking_id) == booking.id):
        if gone:
            planning.withdraw(s, visit, at)
        else:
            _follow(s, visit, booking, at)


def _follow(s: Session, visit: Visit, booking: Booking, at: datetime) -> None:
    day = clock.today(booking.starts_at)
    if booking.host_id is not None and visit.host_id != booking.host_id:
        visit.host_id = booking.host_id
        touch(s, "visit", visit.id)
    if (visit.expected_on, visit.expected_at, visit.room_id) == (day, booking.starts_at, booking.room_id) or day < clock.today(at):
        return
    told_by_meeting = visit.attendee_id is not None and invitations.look_again(s, visit.attendee_id)
    planning.move(s, visit, day, booking.starts_at, booking.room_id, at, tell=not told_by_meeting)


def _open(s: Session, which: Any) -> list[Visit]:
    return list(s.execute(select(Visit).where(which, col(Visit.state) == VisitState.PLANNED).order_by(col(Visit.id))).scalars())


calendars.passes_from("visits", pass_of, withdrawn)

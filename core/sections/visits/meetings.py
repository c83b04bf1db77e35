"""A meeting brings visits: its guests from outside get codes for the door in one step (pitfall V37; scenario Front desk 10).

A visit needs no meeting, and a meeting knows nothing of visits: this module follows bookings. Guests of one booking get their code inside the meeting's own
mail, which is also sent once when time, room or fate of the meeting change; guests of a series get all their dates with a code each in one mail
(`series_mail`). Moving or cancelling the booking moves or cancels the visits of those who have not come yet. A meeting that lost its room to another one
takes its visits along: they are called off until it has a time and a room again, and then hold anew with the same codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from sqlalchemy import func, select, update
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms.operations import PERSON_ROLES, SYSTEM, Actor, Operation, operation, touch
from core.sections.bookings import calendars, claims, making
from core.sections.bookings.calendars import invitations
from core.sections.bookings.calendars.attendees import Attendee
from core.sections.bookings.claims import LIVE, Booking, BookingState
from core.sections.bookings.series.record import SeriesDate, dates_of, is_to_come
from core.sections.visits import mails, planning
from core.sections.visits.planning import Invite
from core.sections.visits.record import Visit, VisitState

MOST_DATES = 60


class InviteGuests(Operation):
    """`attendee_ids` of those who get a code; none named: everybody from outside who has none yet. `whole_series`: for every date to come."""

    booking_id: UUID
    attendee_ids: Annotated[tuple[UUID, ...], Input(max_length=200)] = ()
    whole_series: bool = False


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
    for date in _dates(s, booking, at) if do.whole_series else [booking]:
        for guest in outside if date is booking else guests(s, date.id):
            if guest.visit_id is None and (not do.attendee_ids or guest.attendee_id in do.attendee_ids):
                made.append(_visit_of(s, date, guest, by, at).id)
    return {"visit_ids": made}


def series_of(s: Session, booking_id: UUID) -> UUID | None:
    """The series that a meeting is one date of."""
    return s.execute(select(col(SeriesDate.series_id)).where(col(SeriesDate.booking_id) == booking_id)).scalar_one_or_none()


def codes_to_come(s: Session, booking_id: UUID, at: datetime) -> int:
    """How many codes the guests of its series lack. Who is invited to this date alone is not among them."""
    booking, series_id = s.get(Booking, booking_id), series_of(s, booking_id)
    if booking is None or series_id is None:
        return 0
    invited = {row.id for row in _attendees(s, series_id=series_id)}
    if not invited:
        return 0
    dates = [date.id for date in _dates(s, booking, at)]
    have = select(func.count()).select_from(Visit)
    have = have.where(col(Visit.booking_id).in_(dates), col(Visit.attendee_id).in_(invited), col(Visit.state) != VisitState.CANCELLED)
    return len(dates) * len(invited) - int(s.execute(have).scalar_one())


def _dates(s: Session, booking: Booking, at: datetime) -> list[Booking]:
    """Every date to come, as far ahead as somebody may be invited."""
    series_id = series_of(s, booking.id)
    far = clock.today(at) + timedelta(days=planning.FURTHEST_DAYS)
    every = [one for _date, one in dates_of(s, series_id) if one is not None] if series_id is not None else []
    others = [one for one in every if is_to_come(one, at) and one.id != booking.id and clock.today(one.starts_at) <= far]
    return sorted([booking, *others], key=lambda one: one.starts_at)[:MOST_DATES]


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
    series_id = series_of(s, booking_id)
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


def _attendees(s: Session, *, booking_id: UUID | None = None, series_id: UUID | None = None) -> list[Attendee]:
    table = Attendee
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
    visit.invited_by, visit.booking_id, visit.attendee_id, visit.stay_until = by.person_id, booking.id, guest.attendee_id, booking.ends_at
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
    """What the meeting's mail says of the guest's code; nothing for a guest without one, or of a series, whose codes come in a mail of their own."""
    guest = s.get(Attendee, attendee_id)
    if guest is None or guest.series_id is not None:
        return {}
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
    if booking.state == BookingState.RELEASED:  # only the room was given back
        return
    if booking.state in (BookingState.CONFIRMED, BookingState.PENDING):
        _take_up(s, booking, at)
    elif booking.state not in LIVE and booking.replaces_id is not None:  # what was kept for it lapsed: it goes on looking
        waiting = col(Visit.booking_id) == booking.id, col(Visit.displaced_at).is_not(None)
        s.execute(update(Visit).where(*waiting).values(booking_id=booking.replaces_id))
    gone = booking.state not in LIVE
    for visit in _open(s, col(Visit.booking_id) == booking.id):
        if booking.state == BookingState.DISPLACED:
            visit.displaced_at = at
        if gone:
            planning.withdraw(s, visit, at)
        else:
            _follow(s, visit, booking, at)


def _take_up(s: Session, booking: Booking, at: datetime) -> None:
    """The meeting has a time and a room again: those it called off when it lost them are expected anew, with the codes they have."""
    query = select(Visit).where(
        col(Visit.booking_id) == booking.id,
        col(Visit.displaced_at).is_not(None),
        col(Visit.state) == VisitState.CANCELLED,
        col(Visit.erased_at).is_(None),
    )
    for visit in s.execute(query.order_by(col(Visit.id))).scalars():
        guest = s.get(Attendee, visit.attendee_id) if visit.attendee_id is not None else None
        if (guest is not None and guest.removed_at is not None) or clock.today(booking.starts_at) < clock.today(at):
            continue
        visit.state, visit.ended_at, visit.displaced_at = VisitState.PLANNED, None, None
        if visit.attendee_id is None or not invitations.look_again(s, visit.attendee_id):
            visit.mailed = False  # the call-off was the last they heard
            planning.move(s, visit, clock.today(booking.starts_at), booking.starts_at, booking.room_id, at, tell=False)
            planning.tell_visitor(s, visit, "invited", at)
        else:
            planning.move(s, visit, clock.today(booking.starts_at), booking.starts_at, booking.room_id, at, tell=False)
        visit.stay_until = booking.ends_at


def _follow(s: Session, visit: Visit, booking: Booking, at: datetime) -> None:
    day = clock.today(booking.starts_at)
    if booking.host_id is not None and visit.host_id != booking.host_id:
        visit.host_id = booking.host_id
        touch(s, "visit", visit.id)
    visit.stay_until = booking.ends_at
    if (visit.expected_on, visit.expected_at, visit.room_id) == (day, booking.starts_at, booking.room_id) or day < clock.today(at):
        return
    told_by_meeting = visit.attendee_id is not None and invitations.look_again(s, visit.attendee_id)
    planning.move(s, visit, day, booking.starts_at, booking.room_id, at, tell=not told_by_meeting)


def _open(s: Session, which: Any) -> list[Visit]:
    return list(s.execute(select(Visit).where(which, col(Visit.state) == VisitState.PLANNED).order_by(col(Visit.id))).scalars())


calendars.passes_from("visits", pass_of, withdrawn)

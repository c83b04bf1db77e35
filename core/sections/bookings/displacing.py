"""Important meetings first (优先保障重要会议, guide S1.3-R3; scenario Office 6).

A purpose marked `important` may take a room from bookings that are not, `notice_minutes` before they begin at the latest, with a reason.
The displaced row stays; an equal or larger room that is free is kept for its host, who accepts with one tap. Where no room is left, the
office gets a case. Nobody is displaced from a meeting that runs, nor by somebody whose role may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import notices, people, places
from core.mechanisms.operations import SYSTEM, Actor, Role, note
from core.sections import rooms
from core.sections.bookings import cases, claims, making, offers, rules
from core.sections.bookings.claims import Booking, BookingState
from core.sections.bookings.free import free_rooms
from core.sections.bookings.making import Wish
from core.sections.bookings.offers import BookingOffer

MOST_DISPLACED = 20


class Displacement(SQLModel, table=True):
    """Which booking gave way to which, why, and who decided it: for ever."""

    __tablename__: ClassVar[str] = "displacement"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    booking_id: UUID = Field(foreign_key="booking.id", index=True)
    by_booking_id: UUID = Field(index=True)
    person_id: UUID | None = None
    reason: str
    at: datetime


database.append_only("displacement")


def could(s: Session, wish: Wish, by: Actor, at: datetime) -> bool:
    """Whether this wish, refused as taken, could take the room as an important meeting if a reason is given."""
    try:
        _victims(s, wish, by, at)
    except (Refused, NotAllowed):
        return False
    return True


def make_important(s: Session, wish: Wish, reason: str, by: Actor, at: datetime) -> Booking:
    """Take the room: the others are displaced, the meeting is made, then each of them is offered another room. One whose time is free is
    simply made. Refuses: booking.displace_purpose, booking.displace_reason, booking.displace_running, booking.displace_important,
    booking.displace_notice, and what `make` refuses"""
    wish = wish if wish.id else replace(wish, id=uuid7())
    assert wish.id is not None
    claims.hold(s, rooms.get(s, wish.room_id))
    victims = _victims(s, wish, by, at)
    if victims and not reason.strip():
        raise Refused("booking.displace_reason")
    for victim in victims:
        _displace(s, victim, wish.id, reason, by, at)
    made = making.make(s, wish, by, at, approved=bool(victims))
    for victim in victims:
        _re_offer(s, victim, made, reason, at)
        making.free(s, victim.room_id, *claims.span_of(victim), at)
    if victims:
        note(s, displaced=[str(victim.id) for victim in victims])
        if made.host_id is not None and made.host_id != by.person_id:
            _tell(s, "booking.important_notice", made, reason, made.host_id, at)
    return made


def reason_of(s: Session, booking_id: UUID) -> str:
    """Why a booking was displaced."""
    query = select(col(Displacement.reason)).where(col(Displacement.booking_id) == booking_id).order_by(col(Displacement.id).desc())
    return s.execute(query.limit(1)).scalar_one_or_none() or ""


@offers.answered(offers.DISPLACED)
def _answered(s: Session, made: BookingOffer, booking: Booking, by: Actor, at: datetime) -> None:
    """Who does not take the offered room, or does not answer, is not forgotten: the office gets a case."""
    if made.state in (offers.DECLINED, offers.LAPSED) and made.for_booking_id is not None:
        displaced, _room = claims.get(s, made.for_booking_id)
        if made.state == offers.LAPSED:
            _tell(s, "booking.offer_lapsed_notice", booking, "", made.person_id, at)
        if displaced.starts_at > at:
            cases.open_for_displaced(s, displaced, reason_of(s, displaced.id), at)


# ── private ──


def _victims(s: Session, wish: Wish, by: Actor, at: datetime) -> list[Booking]:
    """The bookings that would give way, or why they do not."""
    room, purpose = rooms.get(s, wish.room_id), rooms.get_purpose(s, wish.purpose_id)
    if purpose is None or not purpose.important:
        raise Refused("booking.displace_purpose")
    # The right to displace is the acting person's own: booking for a leader does not lend a leader's rank.
    person = people.get(s, by.person_id) if by.person_id else None
    if not by.has(Role.SYSTEM) and (person is None or not rooms.may_book(purpose, by.roles, person.department_id)):
        raise NotAllowed(reason="displace")
    sketch, _rule = making.sketch(s, wish, room, purpose, making.host_of(s, wish.host_id, by), by, at)
    rules.check_span(s, room, _rule, sketch.starts_at, sketch.ends_at, at, claims.zone_of(s, room.place_id))
    ids = dict.fromkeys(claim.booking_id for claim in claims.clashing(s, room.place_id, *claims.span_of(sketch)))
    victims = [claims.get(s, id)[0] for id in ids]
    for victim in victims:
        if victim.important:
            raise Refused("booking.displace_important", until=claims.span_of(victim)[1])
        if victim.starts_at <= at or victim.state not in claims.LIVE:
            raise Refused("booking.displace_running", until=claims.span_of(victim)[1])
        if victim.starts_at < at + timedelta(minutes=purpose.notice_minutes):
            raise Refused("booking.displace_notice", minutes=purpose.notice_minutes)
    if len(victims) > MOST_DISPLACED:
        raise Refused("booking.displace_many", n=len(victims))
    return victims


def _displace(s: Session, victim: Booking, by_booking_id: UUID, reason: str, by: Actor, at: datetime) -> None:
    s.add(Displacement(booking_id=victim.id, by_booking_id=by_booking_id, person_id=by.person_id, reason=reason.strip(), at=at))
    kept = s.execute(select(BookingOffer).where(col(BookingOffer.booking_id) == victim.id, col(BookingOffer.state) == offers.OPEN))
    for made in kept.scalars():  # a time that was only kept for somebody: they are told like everybody displaced
        made.state, made.decided_at = offers.GONE, at
    victim.displaced_by_id = by_booking_id
    making.drop(s, victim, by, at, state=BookingState.DISPLACED)


def _re_offer(s: Session, victim: Booking, made: Booking, reason: str, at: datetime) -> None:
    """Keep the nearest free room that is at least as large and has what they need, and tell the host."""
    if victim.host_id is None:
        return  # booked at the door by nobody known
    host = people.get(s, victim.host_id)
    former = rooms.get(s, victim.room_id)
    who = (rules.roles_of(s, host, SYSTEM), host.department_id)
    equipment = [need for need in victim.needs if need in rooms.EQUIPMENT]
    for room in free_rooms(
        s, victim.starts_at, victim.ends_at, seats=former.capacity, equipment=equipment, near=victim.room_id, limit=5, at=at, who=who,
        without_approval=True,
    ):  # fmt: skip
        wish = making.as_wish(victim, room_id=room.id)
        kept = offers.offer(s, wish, offers.DISPLACED, victim.host_id, at, for_booking_id=victim.id)
        if kept is not None:
            _tell(s, "booking.displaced_notice", victim, reason, victim.host_id, at, other=room.name, answer_by=kept.expires_at)
            return
    _tell(s, "booking.displaced_no_room", victim, reason, victim.host_id, at)
    cases.open_for_displaced(s, victim, reason, at)


def _tell(s: Session, key: str, booking: Booking, reason: str, person_id: UUID, at: datetime, **more: object) -> None:
    place = places.get(s, booking.room_id)
    facts = {"room": place.name, "from": booking.starts_at, "until": booking.ends_at, "reason": reason, **more}
    notices.queue(s, key=key, facts=facts, at=at, to_person_id=person_id, subject=("booking", booking.id))

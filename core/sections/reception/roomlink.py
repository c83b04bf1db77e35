"""Rooms of lines: booked by the plan itself for the line's time, or a booking that somebody made already (guide S3.1-R2, R3; a reception uses a room, S1.3).

What the plan booked follows the line: another time or room moves it, a line that goes frees it. What others do to it — the office moves it, an important
meeting takes it — the lead hears at once, and the plan says where room and line no longer fit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.errors import Refused
from core.mechanisms import notices, places
from core.mechanisms.operations import OFFICE, Actor
from core.sections import bookings
from core.sections.bookings import claims, making, plans
from core.sections.bookings.claims import LIVE, Booking
from core.sections.bookings.making import Wish
from core.sections.reception import record
from core.sections.reception.record import SUBJECT, Reception, ReceptionLine, State, happened

OURS = "reception.own_booking"  # in s.info while the plan itself acts on its bookings
STANDS = frozenset({*LIVE, bookings.BookingState.ENDED})


@dataclass(frozen=True, slots=True)
class RoomLink:
    """The room a line has, from when to when, whether it still stands, and whether somebody still has to approve it."""

    booking_id: UUID
    room: str
    starts_at: datetime
    ends_at: datetime
    stands: bool
    room_id: UUID
    pending: bool = False
    room_en: str = ""


def check(s: Session, booking_id: UUID) -> None:
    """Refuses: booking.not_found"""
    if s.get(Booking, booking_id) is None:
        raise Refused("booking.not_found")


# ── what the plan books ──


def wish_of(reception: Reception, line: ReceptionLine, room_id: UUID, by: Actor) -> Wish:
    """What is to be booked for a line: in the lead's name where the planner may, for everybody who comes and who keeps them company."""
    host = reception.lead_id if by.has(*OFFICE) or by.person_id == reception.lead_id else by.person_id
    return Wish(
        room_id,
        line.starts_at,
        line.ends_at,
        f"{record.title_of(reception)} {line.what}"[:120],
        host,
        attendees=reception.headcount + line.companions,
    )


def keep(s: Session, reception: Reception, line: ReceptionLine, room_id: UUID | None, by: Actor, at: datetime) -> None:
    """Book `room_id` for the line, move what was booked to its present time, or let go of it (None). Refuses what booking and moving refuse."""
    mine = s.get(Booking, line.booking_id) if line.room_booked and line.booking_id else None
    if mine is not None and mine.state not in LIVE:
        mine = None  # over or taken away: the line needs another
    before = s.info.get(OURS)
    s.info[OURS] = True
    try:
        if room_id is None:
            if mine is not None and mine.starts_at > at:
                making.drop(s, mine, by, at)
            if line.room_booked:
                line.booking_id, line.room_booked = None, False
        elif mine is None:
            made = making.make(s, wish_of(reception, line, room_id, by), by, at)
            line.booking_id, line.room_booked = made.id, True
        elif (mine.room_id, mine.starts_at, mine.ends_at) != (room_id, line.starts_at, line.ends_at):
            mine.attendees = reception.headcount + line.companions
            making.change(s, mine, by, at, starts_at=line.starts_at, ends_at=line.ends_at, room_id=room_id)
    finally:
        s.info[OURS] = before
    s.flush()


def clash(s: Session, line_id: UUID | None, wish: Wish, at: datetime) -> Refused:
    """What to say when the database itself refused the time."""
    line = s.get(ReceptionLine, line_id) if line_id else None
    mine = s.get(Booking, line.booking_id) if line and line.room_booked and line.booking_id else None
    if mine is None:
        return making.wish_clash(s, wish, at)
    buffers = (mine.set_up_minutes, mine.clean_up_minutes)
    return bookings.clash_between(s, wish.room_id, wish.starts_at, wish.ends_at, at, without=mine.id, buffers=buffers, seats=wish.attendees)


def let_go(s: Session, reception: Reception, by: Actor, at: datetime) -> None:
    """The reception does not take place: its rooms are free again."""
    for line in record.lines_of(s, reception.id):
        if line.room_booked:
            keep(s, reception, line, None, by, at)


@making.follows
def note_change(s: Session, booking: Booking, what: str, by: Actor, at: datetime) -> None:
    """Somebody else moved or took a room of a plan: its lead hears it, its page is drawn anew."""
    if s.info.get(OURS) or what in ("made", "began", "ended", "answered"):
        if what == "made" and booking.replaces_id is not None:  # it stands in for another one
            for line in _of(s, booking.replaces_id):
                line.booking_id = booking.id
        return
    for line in _of(s, booking.id):
        reception = record.get(s, line.reception_id)
        if reception.state not in (State.PLANNED, State.RUNNING) or line.done_at is not None:
            continue
        fits = booking.state in STANDS and booking.starts_at <= line.starts_at and line.ends_at <= booking.ends_at
        happened(s, reception, "room_moved" if booking.state in STANDS else "room_gone", by.person_id, at, line=str(line.id))
        if by.person_id != reception.lead_id and not fits:
            facts = {
                "title": record.title_of(reception), "line": line.what, "room": places.get(s, booking.room_id).name, "from": booking.starts_at.isoformat(),
                "until": booking.ends_at.isoformat(),
            }  # fmt: skip
            key = "reception.notice.room_moved" if booking.state in STANDS else "reception.notice.room_gone"
            notices.queue(s, key=key, facts=facts, at=at, to_person_id=reception.lead_id, subject=(SUBJECT, reception.id))


def _of(s: Session, booking_id: UUID) -> list[ReceptionLine]:
    return list(s.execute(select(ReceptionLine).where(col(ReceptionLine.booking_id) == booking_id)).scalars())


# ── reads ──


def links(s: Session, booking_ids: Iterable[UUID]) -> dict[UUID, RoomLink]:
    """The rooms behind these bookings."""
    found = {}
    for booking_id in set(booking_ids):
        booking = s.get(Booking, booking_id)
        if booking is not None:
            found[booking_id] = _link(s, booking)
    return found


def during(s: Session, starts_at: datetime, ends_at: datetime) -> list[RoomLink]:
    """Bookings that stand at a line's time, to link it to: those that last as long as it does first, then by their start."""
    query = select(Booking).where(col(Booking.starts_at) < ends_at, col(Booking.ends_at) > starts_at, col(Booking.state).in_(LIVE))
    rows = s.execute(query.order_by(col(Booking.starts_at), col(Booking.id)).limit(200)).scalars()
    return sorted((_link(s, row) for row in rows), key=lambda one: not (one.starts_at <= starts_at and ends_at <= one.ends_at))


def free(s: Session, starts_at: datetime, ends_at: datetime, seats: int, at: datetime) -> list[bookings.FreeRoom]:
    """Rooms that could be had for a line's time."""
    return bookings.free_rooms(s, starts_at, ends_at, seats=seats, at=at)


def _link(s: Session, booking: Booking) -> RoomLink:
    room = places.get(s, booking.room_id).name
    pending = booking.state == claims.BookingState.PENDING
    return RoomLink(
        booking.id,
        room,
        booking.starts_at,
        booking.ends_at,
        booking.state in STANDS,
        booking.room_id,
        pending,
        plans.english_name(s, booking.room_id),
    )

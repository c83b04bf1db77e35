"""Book, move, extend, end, check in, cancel: one claim function behind every path (pitfall V03), the same rules for doors, phones, desk
and programs.

Who may: the host, whoever booked it, people of the department that has the room, and the desk. A door acts on its own room only, books
from now on, and checks in, extends, ends or frees what is on now or about to begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, StringConstraints
from pydantic import Field as Input
from sqlmodel import Session

from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import people
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.people import Person
from core.sections import rooms
from core.sections.bookings import claims
from core.sections.bookings.claims import OVERLAP, Booking, BookingState, BookingView
from core.sections.rooms import DAY_MINUTES, Room

LATE_START = timedelta(minutes=5)  # a booking "from now" whose form took a while begins when it arrives
FARTHEST = timedelta(days=400)
ROLES = PERSON_ROLES | {Role.DOOR}
Title = Annotated[str, StringConstraints(max_length=120)]


class CreateBooking(Operation):
    """`host_id` may be given by the desk; a door books for whoever stands there."""

    room_id: UUID
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    title: Title = ""
    host_id: UUID | None = None
    id: UUID | None = None


class MoveBooking(Operation):
    """To another time, another room, or both."""

    booking_id: UUID
    room_id: UUID | None = None
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class ExtendBooking(Operation):
    booking_id: UUID
    minutes: Annotated[int, Input(gt=0, le=480)]


class OfBooking(Operation):
    booking_id: UUID


class EndBooking(OfBooking):
    pass


class CheckIn(OfBooking):
    pass


class CancelBooking(OfBooking):
    pass


# ── what to say when the database refused the overlap ──


def _created_clash(s: Session, do: CreateBooking, at: datetime) -> Refused:
    return claims.clash_between(s, do.room_id, max(do.starts_at, at), do.ends_at)


def _moved_clash(s: Session, do: MoveBooking, at: datetime) -> Refused:
    booking, _room = claims.get(s, do.booking_id)
    return claims.clash_between(s, do.room_id or booking.room_id, do.starts_at, do.ends_at, without=booking.id)


def _extended_clash(s: Session, do: ExtendBooking, at: datetime) -> Refused:
    booking, room = claims.get(s, do.booking_id)
    until = booking.ends_at + timedelta(minutes=do.minutes + room.clean_up_minutes)
    return claims.clash_between(s, booking.room_id, booking.ends_at, until, without=booking.id)


# ── operations ──


@operation(CreateBooking, "booking.create", roles=ROLES, clashes={OVERLAP: _created_clash})
def create(s: Session, do: CreateBooking, by: Actor, at: datetime) -> BookingView:
    """Refuses: room.not_found, room.not_bookable, room.closed, booking.past, booking.too_far, booking.backwards, booking.too_long,
    booking.outside_hours, booking.not_now (a door books from now on), booking.clash, person.not_found"""
    room = rooms.get(s, do.room_id)
    _own_room(by, room.place_id)
    starts_at = max(do.starts_at, at) if do.starts_at >= at - LATE_START else do.starts_at
    if by.has(Role.DOOR) and starts_at > at + timedelta(minutes=1):
        raise Refused("booking.not_now")
    zone = claims.zone_of(s, room.place_id)
    _check_span(room, starts_at, do.ends_at, at, zone)
    if claims.is_taken(s, room, starts_at, do.ends_at):
        raise claims.clash_between(
            s, room.place_id, starts_at, do.ends_at
        )  # saves writing what the database would refuse; it still has the last word
    host = _host(s, do.host_id, by)
    begins_now = host is None and starts_at <= at  # at the door: whoever tapped is there
    booking = Booking(
        id=do.id or uuid7(),
        room_id=room.place_id,
        title=do.title,
        host_id=host.id if host else None,
        department_id=host.department_id if host else None,
        booked_by_id=by.person_id,
        via=_via(by),
        zone="",
        starts_wall="",
        ends_wall="",
        starts_at=starts_at,
        ends_at=do.ends_at,
        booked_at=at,
        version=0,
        state=BookingState.IN_USE if begins_now else BookingState.CONFIRMED,
        checked_in_at=at if begins_now else None,
    )
    claims.set_times(booking, starts_at, do.ends_at, zone)
    s.add(booking)
    claims.claim(s, booking, room)
    return _done(s, booking, room, by, at)


@operation(MoveBooking, "booking.move", roles=PERSON_ROLES, clashes={OVERLAP: _moved_clash})
def move(s: Session, do: MoveBooking, by: Actor, at: datetime) -> BookingView:
    """Saving a booking unchanged is accepted; one that runs keeps its start. Refuses: booking.not_found, booking.ended, booking.cancelled,
    booking.released, booking.running, and what booking.create refuses"""
    booking, former = claims.get(s, do.booking_id)
    _may_change(s, booking, by)
    _still_live(s, booking, former, at)
    room = rooms.get(s, do.room_id) if do.room_id else former
    started = booking.starts_at <= at
    if started and (do.starts_at != booking.starts_at or room.place_id != former.place_id):
        raise Refused("booking.running")
    zone = claims.zone_of(s, room.place_id)
    unchanged = (room.place_id, do.starts_at, do.ends_at) == (former.place_id, booking.starts_at, booking.ends_at)
    if not unchanged:
        _check_span(room, do.starts_at, do.ends_at, booking.starts_at if started else at, zone)
        if do.ends_at <= at:
            raise Refused("booking.past")
    booking.room_id = room.place_id
    claims.set_times(booking, do.starts_at, do.ends_at, zone)
    claims.claim(s, booking, room)
    if room.place_id != former.place_id:
        rooms.changed(s, former.place_id)
    return _done(s, booking, room, by, at)


@operation(ExtendBooking, "booking.extend", roles=ROLES, clashes={OVERLAP: _extended_clash})
def extend(s: Session, do: ExtendBooking, by: Actor, at: datetime) -> BookingView:
    """Refuses: booking.not_found, booking.ended, booking.cancelled, booking.released, booking.too_long, booking.outside_hours,
    room.closed, booking.clash"""
    booking, room = claims.get(s, do.booking_id)
    _may_change(s, booking, by)
    _still_live(s, booking, room, at)
    ends_at = booking.ends_at + timedelta(minutes=do.minutes)
    zone = claims.zone_of(s, room.place_id)
    _check_span(room, booking.starts_at, ends_at, booking.starts_at, zone)
    claims.set_times(booking, booking.starts_at, ends_at, zone)
    claims.claim(s, booking, room)
    return _done(s, booking, room, by, at)


@operation(EndBooking, "booking.end", roles=ROLES)
def end(s: Session, do: EndBooking, by: Actor, at: datetime) -> BookingView:
    """The room is free from now on; ending twice is nothing new. Before its start an end is a cancellation.
    Refuses: booking.not_found, booking.cancelled, booking.released"""
    booking, room = claims.get(s, do.booking_id)
    _may_change(s, booking, by)
    if booking.state == BookingState.ENDED or booking.ends_at <= at:
        return _seen(s, booking, room, by, at)
    _still_live(s, booking, room, at)
    if booking.starts_at >= at:
        booking.state = BookingState.CANCELLED
        claims.unclaim(s, booking)
    else:
        booking.state, booking.ended_at = BookingState.ENDED, at
        claims.cut_short(s, booking, at)
    return _done(s, booking, room, by, at)


@operation(CheckIn, "booking.check_in", roles=ROLES)
def check_in(s: Session, do: CheckIn, by: Actor, at: datetime) -> BookingView:
    """Somebody came. Once is enough; a tap after the release says until when the room could still be had.
    Refuses: booking.not_found, booking.too_early, booking.ended, booking.cancelled, booking.released"""
    booking, room = claims.get(s, do.booking_id)
    _may_change(s, booking, by)
    if booking.state == BookingState.IN_USE and booking.ends_at > at:
        return _seen(s, booking, room, by, at)
    _still_live(s, booking, room, at)
    opens = booking.starts_at - timedelta(minutes=room.check_in_before_minutes)
    if at < opens:
        raise Refused("booking.too_early", **{"from": opens})
    booking.state, booking.checked_in_at = BookingState.IN_USE, at
    return _done(s, booking, room, by, at)


@operation(CancelBooking, "booking.cancel", roles=ROLES)
def cancel(s: Session, do: CancelBooking, by: Actor, at: datetime) -> BookingView:
    """It does not take place, and the whole time is free again; cancelling twice is nothing new. A door cancels what was booked at it or
    is about to begin. Refuses: booking.not_found, booking.ended, booking.released"""
    booking, room = claims.get(s, do.booking_id)
    _may_change(s, booking, by)
    if booking.state == BookingState.CANCELLED:
        return _seen(s, booking, room, by, at)
    _still_live(s, booking, room, at)
    booking.state, booking.ended_at = BookingState.CANCELLED, None
    claims.unclaim(s, booking)
    return _done(s, booking, room, by, at)


# ── private ──


def _done(s: Session, booking: Booking, room: Room, by: Actor, at: datetime) -> BookingView:
    booking.version += 1
    s.flush()
    touch(s, "booking", booking.id)
    rooms.changed(s, booking.room_id)
    return _seen(s, booking, room, by, at)


def _seen(s: Session, booking: Booking, room: Room, by: Actor, at: datetime) -> BookingView:
    """What the actor gets back: a door gets no title and no name, because its answer crosses the corridor's network (pitfall V28)."""
    return claims.view(s, booking, at, redacted=by.has(Role.DOOR) and not room.public)


def _via(by: Actor) -> str:
    if by.has(Role.SYSTEM):
        return "system"
    return "door" if by.has(Role.DOOR) else "desk" if by.has(*OFFICE) else "person"


def _host(s: Session, host_id: UUID | None, by: Actor) -> Person | None:
    if by.has(Role.DOOR):
        return None
    if host_id is not None and host_id != by.person_id and not by.has(*OFFICE, Role.SYSTEM):
        raise NotAllowed(reason="host")
    wanted = host_id or by.person_id
    return people.get(s, wanted) if wanted else None


def _own_room(by: Actor, room_id: UUID) -> None:
    if by.has(Role.DOOR) and by.room_id != room_id:
        raise NotAllowed(reason="room")


def _may_change(s: Session, booking: Booking, by: Actor) -> None:
    """The host, who booked it, the department's people, the desk, and the door of that room."""
    if by.has(Role.DOOR):
        return _own_room(by, booking.room_id)
    if by.has(*OFFICE, Role.SYSTEM) or (by.person_id is not None and by.person_id in (booking.host_id, booking.booked_by_id)):
        return None
    person = s.get(Person, by.person_id) if by.person_id else None
    if person is None or booking.department_id is None or person.department_id != booking.department_id:
        raise NotAllowed(reason="booking")
    return None


def _still_live(s: Session, booking: Booking, room: Room, at: datetime) -> None:
    if booking.state == BookingState.CANCELLED:
        raise Refused("booking.cancelled")
    if booking.state == BookingState.RELEASED:
        raise Refused("booking.released", free_until=_free_until(s, booking, room, at))
    if booking.state == BookingState.ENDED or booking.ends_at <= at:
        raise Refused("booking.ended", ended_at=booking.ended_at or booking.ends_at)


def _free_until(s: Session, booking: Booking, room: Room, at: datetime) -> datetime | None:
    """Until when the room of a released booking could be booked again right now, None when it is taken, closed or over."""
    if at >= booking.ends_at or rooms.is_closed(room, at) or claims.first_clash(s, room.place_id, at, at + timedelta(minutes=1)):
        return None
    following = claims.next_claim_start(s, room.place_id, at)
    return min(booking.ends_at, following) if following else booking.ends_at


def _check_span(room: Room, starts_at: datetime, ends_at: datetime, at: datetime, zone: ZoneInfo) -> None:
    if not room.bookable:
        raise Refused("room.not_bookable")
    if starts_at < at:
        raise Refused("booking.past")
    if ends_at <= starts_at:
        raise Refused("booking.backwards")
    if starts_at > at + FARTHEST:
        raise Refused("booking.too_far", days=FARTHEST.days)
    if ends_at - starts_at > timedelta(minutes=room.longest_minutes):
        raise Refused("booking.too_long", minutes=room.longest_minutes)
    if room.closed_from is not None and room.closed_from < ends_at and (room.closed_until is None or starts_at < room.closed_until):
        raise Refused("room.closed", reason=room.closed_reason, until=room.closed_until)
    opens, closes = opening(room, starts_at, zone)
    if not is_always_open(room) and not (opens <= starts_at and ends_at <= closes):
        raise Refused("booking.outside_hours", opens=_wall(room.opens_minute), closes=_wall(room.closes_minute))


class Hours(Protocol):
    """What says when a room is open: the room, or a row with its columns."""

    @property
    def opens_minute(self) -> int: ...
    @property
    def closes_minute(self) -> int: ...


def is_always_open(room: Hours) -> bool:
    return room.opens_minute == 0 and room.closes_minute == DAY_MINUTES


def opening(room: Hours, moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the room opens and closes on the day of `moment` on its own wall (never the day in UTC, pitfall V19)."""
    day = moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    opens, closes = (day + timedelta(minutes=minute) for minute in (room.opens_minute, room.closes_minute))
    return opens.replace(tzinfo=zone).astimezone(UTC), closes.replace(tzinfo=zone).astimezone(UTC)


def _wall(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"

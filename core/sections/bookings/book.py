"""Book, move, extend, end, check in, cancel: what doors, phones, desk and programs may say; `making` is the one path behind them.

Who may: the host, whoever booked it, people of the department that has the room, and the desk. A door acts on its own room only, books
from now on, and checks in, extends, ends or frees what is on now or about to begin."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints
from pydantic import Field as Input
from sqlmodel import Session

from core.foundation.errors import Refused
from core.mechanisms import places
from core.mechanisms.operations import PERSON_ROLES, SYSTEM, Actor, Operation, Role, current_item, note, operation
from core.sections import rooms
from core.sections.bookings import claims, displacing, making, telling
from core.sections.bookings.answers import clash_between
from core.sections.bookings.claims import ITEM_OVERLAP, OVERLAP, BookingState, BookingView
from core.sections.bookings.making import Wish
from core.sections.rooms import Need, Seating

ROLES = PERSON_ROLES | {Role.DOOR}
Title = Annotated[str, StringConstraints(max_length=120)]
Remark = Annotated[str, StringConstraints(max_length=500)]
Reason = Annotated[str, StringConstraints(max_length=200)]


class CreateBooking(Operation):
    """`host_id` may be given by the desk or a named contact; a door books for whoever stands there. `displace` lets an important meeting take
    the room from others, with a reason."""

    room_id: UUID
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    title: Title = ""
    host_id: UUID | None = None
    purpose_id: UUID | None = None
    attendees: Annotated[int, Input(ge=0, le=5000)] = 0
    needs: Annotated[tuple[Need, ...], Input(max_length=20)] = ()
    seating: Seating = ""
    remark: Remark = ""
    displace: bool = False
    reason: Reason = ""
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


class EditBooking(Operation):
    """What it is for and what it needs, not when and where: only the fields given change."""

    booking_id: UUID
    title: Title | None = None
    purpose_id: UUID | None = None
    attendees: Annotated[int, Input(ge=0, le=5000)] | None = None
    needs: Annotated[tuple[Need, ...], Input(max_length=20)] | None = None
    seating: Seating | None = None
    remark: Remark | None = None


class OfBooking(Operation):
    booking_id: UUID


class EndBooking(OfBooking):
    pass


class CheckIn(OfBooking):
    pass


class CancelBooking(OfBooking):
    pass


class TakeAgain(OfBooking):
    """Book the rest of a released booking's time again, because they came late after all."""


# ── what to say when the database refused the overlap ──


def _wish(do: CreateBooking) -> Wish:
    return Wish(
        do.room_id, do.starts_at, do.ends_at, do.title, do.host_id, do.purpose_id, do.attendees, do.needs, do.seating, do.remark, id=do.id
    )


def _created_clash(s: Session, do: CreateBooking, at: datetime) -> Refused:
    return making.wish_clash(s, _wish(do), at)


def _moved_clash(s: Session, do: MoveBooking, at: datetime) -> Refused:
    booking, _room = claims.get(s, do.booking_id)
    buffers = (booking.set_up_minutes, booking.clean_up_minutes)
    return clash_between(
        s, do.room_id or booking.room_id, do.starts_at, do.ends_at, at, without=booking.id, buffers=buffers, seats=booking.attendees
    )


def _extended_clash(s: Session, do: ExtendBooking, at: datetime) -> Refused:
    booking, _room = claims.get(s, do.booking_id)
    until, buffers = booking.ends_at + timedelta(minutes=do.minutes), (0, booking.clean_up_minutes)
    return clash_between(s, booking.room_id, booking.ends_at, until, at, without=booking.id, buffers=buffers, seats=booking.attendees)


def _again_clash(s: Session, do: TakeAgain, at: datetime) -> Refused:
    booking, _room = claims.get(s, do.booking_id)
    return clash_between(s, booking.room_id, at, booking.ends_at, at, seats=booking.attendees)


def _no_item(s: Session, do: Operation, at: datetime) -> Refused:
    return Refused("booking.equipment_gone")


# ── operations ──


@operation(CreateBooking, "booking.create", roles=ROLES, clashes={OVERLAP: _created_clash, ITEM_OVERLAP: _no_item})
def create(s: Session, do: CreateBooking, by: Actor, at: datetime) -> BookingView:
    """It is `pending` where somebody must approve it. Refuses: room.not_found, room.not_bookable, room.closed, purpose.not_found,
    person.not_found, booking.past, booking.too_far, booking.too_soon, booking.backwards, booking.too_short, booking.too_long,
    booking.outside_hours, booking.not_for_you, booking.purpose_room, booking.too_many, booking.title_missing, booking.attendees_missing,
    booking.need_not_offered, booking.no_equipment, booking.needs_approval and booking.not_now (a door books from now on), booking.clash
    (`may_displace` says that an important meeting may take it), and with `displace` booking.displace_reason, booking.displace_purpose,
    booking.displace_running, booking.displace_important, booking.displace_notice"""
    making.own_room(by, do.room_id)
    if by.has(Role.DOOR) and do.starts_at > at + timedelta(minutes=1):
        rooms.get(s, do.room_id)
        raise Refused("booking.not_now")
    wish = _wish(do)
    if do.displace:
        return making.seen(s, displacing.make_important(s, wish, do.reason, by, at), by, at)
    try:
        booking = making.make(s, wish, by, at)
    except Refused as refusal:
        if refusal.code == "booking.clash" and displacing.could(s, wish, by, at):
            refusal.facts["may_displace"] = True
        raise
    if booking.state == BookingState.PENDING:
        note(s, waits_for=", ".join(rooms.rule_of(*_room_and_purpose(s, wish)).approvers))
    return making.seen(s, booking, by, at)


@operation(MoveBooking, "booking.move", roles=PERSON_ROLES, clashes={OVERLAP: _moved_clash, ITEM_OVERLAP: _no_item})
def move(s: Session, do: MoveBooking, by: Actor, at: datetime) -> BookingView:
    """Saving a booking unchanged is accepted; one that runs keeps its start. Another time or room that needs approval is asked for anew.
    Refuses: booking.not_found, booking.ended, booking.cancelled, booking.released, booking.refused, booking.lapsed, booking.displaced,
    booking.offered, booking.running, and what booking.create refuses"""
    booking, former = claims.get(s, do.booking_id)
    making.may_change(s, booking, by)
    making.still_live(s, booking, former, at)
    was = (places.get(s, booking.room_id).name, booking.starts_at)
    making.change(s, booking, by, at, starts_at=do.starts_at, ends_at=do.ends_at, room_id=do.room_id)
    if current_item(s).do is do:  # a series or an answer that moves it says so itself
        telling.tell_moved(s, booking, was, by, at)
    return making.seen(s, booking, by, at)


@operation(ExtendBooking, "booking.extend", roles=ROLES, clashes={OVERLAP: _extended_clash, ITEM_OVERLAP: _no_item})
def extend(s: Session, do: ExtendBooking, by: Actor, at: datetime) -> BookingView:
    """Refuses: booking.not_found, booking.ended, booking.cancelled, booking.released, booking.refused, booking.lapsed, booking.displaced,
    booking.offered, booking.too_long, booking.outside_hours, room.closed, booking.clash"""
    booking, room = claims.get(s, do.booking_id)
    making.may_change(s, booking, by)
    making.still_live(s, booking, room, at)
    ends_at = booking.ends_at + timedelta(minutes=do.minutes)
    making.change(s, booking, by, at, starts_at=booking.starts_at, ends_at=ends_at)
    return making.seen(s, booking, by, at)


@operation(EditBooking, "booking.edit", roles=PERSON_ROLES, clashes={OVERLAP: _no_item, ITEM_OVERLAP: _no_item})
def edit(s: Session, do: EditBooking, by: Actor, at: datetime) -> BookingView:
    """Other needs may need another portable thing. Refuses: booking.not_found, booking.ended, booking.cancelled, booking.released,
    booking.refused, booking.lapsed, booking.displaced, booking.offered, booking.edit_purpose (another purpose has other rules: book it anew),
    and what the form refuses"""
    booking, room = claims.get(s, do.booking_id)
    making.may_change(s, booking, by)
    making.still_live(s, booking, room, at)
    given = do.model_dump(exclude_unset=True, exclude={"booking_id"})
    if given.pop("purpose_id", booking.purpose_id) != booking.purpose_id:
        raise Refused("booking.edit_purpose")
    for name, value in given.items():
        if value is not None:
            setattr(booking, name, list(dict.fromkeys(value)) if name == "needs" else value)
    making.check_form(s, booking, room)
    claims.claim(s, booking, room)
    making.done(s, booking, "changed", by, at)
    return making.seen(s, booking, by, at)


@operation(EndBooking, "booking.end", roles=ROLES)
def end(s: Session, do: EndBooking, by: Actor, at: datetime) -> BookingView:
    """The room is free from now on (after its clean-up); ending twice is nothing new. Before its start an end is a cancellation.
    Refuses: booking.not_found, booking.released, booking.refused, booking.lapsed, booking.displaced, booking.offered"""
    booking, room = claims.get(s, do.booking_id)
    making.may_change(s, booking, by)
    if booking.state in (BookingState.ENDED, BookingState.CANCELLED) or (booking.state in claims.LIVE and booking.ends_at <= at):
        return making.seen(s, booking, by, at)
    making.still_live(s, booking, room, at)
    if booking.starts_at >= at or booking.state == BookingState.PENDING:
        making.drop(s, booking, by, at)
    else:
        making.end_now(s, booking, by, at)
    return making.seen(s, booking, by, at)


@operation(CheckIn, "booking.check_in", roles=ROLES)
def check_in(s: Session, do: CheckIn, by: Actor, at: datetime) -> BookingView:
    """Somebody came. Once is enough; a tap after the release says until when the room could still be had (`booking.take_again`).
    Refuses: booking.not_found, booking.pending, booking.too_early, booking.ended, booking.cancelled, booking.released, booking.refused,
    booking.lapsed, booking.displaced, booking.offered"""
    booking, room = claims.get(s, do.booking_id)
    making.may_change(s, booking, by)
    if booking.state == BookingState.IN_USE and booking.ends_at > at:
        return making.seen(s, booking, by, at)
    making.still_live(s, booking, room, at)
    if booking.state == BookingState.PENDING:
        raise Refused("booking.pending")
    opens = booking.starts_at - timedelta(minutes=room.check_in_before_minutes)
    if at < opens:
        raise Refused("booking.too_early", **{"from": opens})
    booking.state, booking.checked_in_at = BookingState.IN_USE, at
    making.done(s, booking, "began", by, at)
    return making.seen(s, booking, by, at)


@operation(CancelBooking, "booking.cancel", roles=ROLES)
def cancel(s: Session, do: CancelBooking, by: Actor, at: datetime) -> BookingView:
    """It does not take place, and the whole time is free again; cancelling twice is nothing new. A door cancels what was booked at it or
    is about to begin. Refuses: booking.not_found, booking.ended, booking.released, booking.refused, booking.lapsed, booking.displaced,
    booking.offered"""
    booking, room = claims.get(s, do.booking_id)
    making.may_change(s, booking, by)
    if booking.state == BookingState.CANCELLED:
        return making.seen(s, booking, by, at)
    making.still_live(s, booking, room, at)
    making.drop(s, booking, by, at)
    if current_item(s).do is do:
        telling.tell_cancelled(s, booking, by, at)
    return making.seen(s, booking, by, at)


@operation(TakeAgain, "booking.take_again", roles=ROLES, clashes={OVERLAP: _again_clash, ITEM_OVERLAP: _no_item})
def take_again(s: Session, do: TakeAgain, by: Actor, at: datetime) -> BookingView:
    """They came late: what is left of a released booking's time is theirs again, from now on and checked in, if it is still free. The
    released row stays. Refuses: booking.not_found, booking.not_released, booking.ended, booking.clash and what booking.create refuses"""
    former, room = claims.get(s, do.booking_id)
    making.may_change(s, former, by)
    if former.state != BookingState.RELEASED:
        raise Refused("booking.not_released")
    if former.ends_at <= at:
        raise Refused("booking.ended", ended_at=former.ends_at)
    until = making.free_until(s, former, room, at)
    if until is None or until <= at:
        raise _again_clash(s, do, at)
    booking = making.make(s, making.as_wish(former, at, until), SYSTEM, at)
    booking.state, booking.checked_in_at, booking.via = BookingState.IN_USE, at, former.via
    making.done(s, booking, "began", by, at)
    return making.seen(s, booking, by, at)


def _room_and_purpose(s: Session, wish: Wish) -> tuple[rooms.Room, rooms.Purpose | None]:
    return rooms.get(s, wish.room_id), rooms.get_purpose(s, wish.purpose_id)

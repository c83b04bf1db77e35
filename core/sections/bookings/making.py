"""The one path to a booking (pitfall V03): `make`, `change` and `drop`, used by every operation, by series, imports, feeds and undo.

They take a session inside an operation, check every rule, claim through `claims.claim` and tell the doors. Whatever else must follow a
booking marks itself with `@follows` (`what` is made, changed, freed, displaced, began, ended or answered); time that becomes free goes to
`@when_freed` first. An operation that makes or moves bookings declares `clashes={OVERLAP: …}` for the moment the database itself says no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import approvals, people
from core.mechanisms.operations import OFFICE, Actor, Role, touch
from core.mechanisms.people import Person
from core.sections import rooms
from core.sections.bookings import answers, claims, contacts, rules
from core.sections.bookings.claims import Booking, BookingState, BookingView
from core.sections.rooms import Purpose, Room, Rule

APPROVAL = "booking"
Follower = Callable[[Session, Booking, str, Actor, datetime], object]
Freed = Callable[[Session, UUID, datetime, datetime, datetime], object]
_followers: list[Follower] = []
_freed: list[Freed] = []


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to book. Moments are aware; `id` when the caller minted it. `via` and `replaces_id` are for other paths than a
    person's tap."""

    room_id: UUID
    starts_at: datetime
    ends_at: datetime
    title: str = ""
    host_id: UUID | None = None
    purpose_id: UUID | None = None
    attendees: int = 0
    needs: tuple[str, ...] = ()
    seating: str = ""
    remark: str = ""
    id: UUID | None = None
    via: str | None = None
    replaces_id: UUID | None = None


def follows(function: Follower) -> Follower:
    """Mark `(s, booking, what, by, at)`: called in the same transaction after every change of a booking."""
    if function not in _followers:
        _followers.append(function)
    return function


def when_freed(function: Freed) -> Freed:
    """Mark `(s, room_id, from, until, at)`: called in the same transaction when time of a room becomes free."""
    if function not in _freed:
        _freed.append(function)
    return function


# ── the one path ──


def make(
    s: Session, wish: Wish, by: Actor, at: datetime, *, state: BookingState = BookingState.CONFIRMED, approved: bool = False
) -> Booking:
    """A new booking with its claims. It waits as `pending` where the room or the purpose asks for approval; `state=OFFERED` keeps the time for
    somebody who has not answered yet; `approved` where the decision has been made. Refuses: room.not_found, purpose.not_found, person.not_found, booking.clash, booking.no_equipment,
    booking.needs_approval (at a door), and what `rules` refuses."""
    room, purpose = rooms.get(s, wish.room_id), rooms.get_purpose(s, wish.purpose_id)
    host = host_of(s, wish.host_id, by)
    booking, rule = sketch(s, wish, room, purpose, host, by, at)
    rules.check_who(s, room, purpose, host, by)
    rules.check_span(s, room, rule, booking.starts_at, booking.ends_at, at, ZoneInfo(booking.zone))
    rules.check_lead(rule, booking.starts_at, at, by)
    rules.check_form(room, purpose, booking)
    if booking.starts_at <= at + rules.LATE_START:
        rooms.check_ready(s, room.place_id, by, at)
    asks = bool(rule.approvers) and not approved and state == BookingState.CONFIRMED and not by.has(Role.SYSTEM)
    if asks and host is None:
        raise Refused("booking.needs_approval")
    if state == BookingState.CONFIRMED:
        begins_now = host is None and booking.starts_at <= at  # at the door: whoever tapped is there
        booking.state = BookingState.PENDING if asks else BookingState.IN_USE if begins_now else BookingState.CONFIRMED
        booking.checked_in_at = at if begins_now else None
    else:
        booking.state = state
    claims.hold(s, room)
    if claims.is_taken(s, booking, room):
        raise clash_of(s, booking, room, at)  # saves writing what the database would refuse; it still has the last word
    s.add(booking)
    claims.claim(s, booking, room)
    if asks:
        ask_approval(s, booking, room, rule, by, at)
    done(s, booking, "made", by, at)
    return booking


def sketch(
    s: Session, wish: Wish, room: Room, purpose: Purpose | None, host: Person | None, by: Actor, at: datetime
) -> tuple[Booking, Rule]:
    """The booking as it would be, written nowhere yet, and the rule it obeys."""
    rule = rooms.rule_of(room, purpose)
    starts_at = max(wish.starts_at, at) if wish.starts_at >= at - rules.LATE_START else wish.starts_at
    booking = Booking(
        id=wish.id or uuid7(),
        room_id=room.place_id,
        title=wish.title,
        host_id=host.id if host else None,
        department_id=host.department_id if host else None,
        booked_by_id=by.person_id,
        via=wish.via or _via(by),
        zone="",
        starts_wall="",
        ends_wall="",
        starts_at=starts_at,
        ends_at=wish.ends_at,
        booked_at=at,
        purpose_id=purpose.id if purpose else None,
        attendees=wish.attendees,
        needs=list(dict.fromkeys(wish.needs)),
        seating=wish.seating,
        remark=wish.remark,
        important=bool(purpose and purpose.important),
        replaces_id=wish.replaces_id,
        version=0,
    )
    claims.set_times(booking, starts_at, wish.ends_at, claims.zone_of(s, room.place_id))
    buffer_by(booking, rule, at)
    return booking, rule


def change(
    s: Session, booking: Booking, by: Actor, at: datetime, *, starts_at: datetime, ends_at: datetime, room_id: UUID | None = None
) -> Booking:
    """To another time, another room, or both. Saving unchanged is accepted; one that runs keeps its start and room. The caller checked who
    may. Refuses: booking.running, booking.past, and what `make` refuses."""
    former, purpose = rooms.get(s, booking.room_id), _purpose_of(s, booking)
    room = rooms.get(s, room_id) if room_id else former
    elsewhere, started = room.place_id != former.place_id, booking.starts_at <= at
    if started and (starts_at != booking.starts_at or elsewhere):
        raise Refused("booking.running")
    if (room.place_id, starts_at, ends_at) == (former.place_id, booking.starts_at, booking.ends_at):
        claims.claim(s, booking, room)  # a series lets go of all its dates before it moves them
        done(s, booking, "changed", by, at)
        return booking
    rule, before = rooms.rule_of(room, purpose), claims.span_of(booking)
    if elsewhere:
        rules.check_who(s, room, purpose, people.get(s, booking.host_id) if booking.host_id else None, by)
        rules.check_form(room, purpose, booking)
    rules.check_span(s, room, rule, starts_at, ends_at, booking.starts_at if started else at, claims.zone_of(s, room.place_id))
    if ends_at <= at:
        raise Refused("booking.past")
    new_start = starts_at != booking.starts_at or elsewhere
    if new_start:
        rules.check_lead(rule, starts_at, at, by)
    claims.hold(s, room)
    booking.room_id = room.place_id
    claims.set_times(booking, starts_at, ends_at, claims.zone_of(s, room.place_id))
    if new_start:
        buffer_by(booking, rule, at)
    claims.claim(s, booking, room)
    if (
        new_start
        and rule.approvers
        and booking.state in (BookingState.CONFIRMED, BookingState.PENDING)
        and not by.has(*OFFICE, Role.SYSTEM)
    ):
        approvals.call_off(s, ("booking", booking.id), at)
        booking.state = BookingState.PENDING
        ask_approval(s, booking, room, rule, by, at)
    if elsewhere:
        rooms.changed(s, former.place_id)
    done(s, booking, "changed", by, at)
    free(s, former.place_id, *before, at)
    return booking


def drop(
    s: Session, booking: Booking, by: Actor, at: datetime, *, state: BookingState = BookingState.CANCELLED, ended_at: datetime | None = None
) -> None:
    """It does not take place: the row stays in `state`, its time is free for whoever waits. `ended_at` for one that was released."""
    booking.state, booking.ended_at = state, ended_at
    claims.unclaim(s, booking)
    approvals.call_off(s, ("booking", booking.id), at)
    done(s, booking, "displaced" if state == BookingState.DISPLACED else "freed", by, at)
    if state != BookingState.DISPLACED:  # what displaced it takes the time first
        free(s, booking.room_id, *claims.span_of(booking), at)


def end_now(s: Session, booking: Booking, by: Actor, at: datetime) -> None:
    """It is over now; what is left after its clean-up is free for whoever waits."""
    booking.state, booking.ended_at = BookingState.ENDED, at
    free_at = claims.cut_short(s, booking, at)
    done(s, booking, "ended", by, at)
    free(s, booking.room_id, free_at, claims.span_of(booking)[1], at)


def done(s: Session, booking: Booking, what: str, by: Actor, at: datetime) -> None:
    """The booking changed: its version grows, its doors and lists are told, and what follows from it follows."""
    booking.version += 1
    s.flush()
    touch(s, "booking", booking.id)
    rooms.changed(s, booking.room_id)
    for follow in _followers:
        follow(s, booking, what, by, at)


def free(s: Session, room_id: UUID, start: datetime, until: datetime, at: datetime) -> None:
    """Time of a room is free now: whoever waits for it comes first."""
    if until > at:
        for freed in _freed:
            freed(s, room_id, max(start, at), until, at)


def check_form(s: Session, booking: Booking, room: Room) -> None:
    """The form of its purpose, after an edit. Refuses: booking.title_missing, booking.attendees_missing, booking.too_many,
    booking.need_not_offered"""
    rules.check_form(room, _purpose_of(s, booking), booking)


# ── approval ──


def ask_approval(s: Session, booking: Booking, room: Room, rule: Rule, by: Actor, at: datetime) -> None:
    """Ask whoever decides about the room and the purpose, one step each."""
    shown = claims.view(s, booking, at)
    facts = {
        "room": shown.room,
        "host": shown.host,
        "title": booking.title or shown.department,
        "from": booking.starts_at,
        "until": booking.ends_at,
    }
    steps = [approvals.Step(role=Role(name)) for name in rule.approvers]
    approvals.request(
        s, kind=APPROVAL, subject=("booking", booking.id), title_key="booking.approval", steps=steps, by=by, at=at,
        facts={name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()},
    )  # fmt: skip


# ── who ──


def host_of(s: Session, host_id: UUID | None, by: Actor) -> Person | None:
    """For whom: oneself; anybody for the desk; the people of their departments for a named contact (指定联系人). A door books for whoever
    stands there."""
    if by.has(Role.DOOR):
        return None
    wanted = host_id or by.person_id
    host = people.get(s, wanted) if wanted else None
    if host is None or host.id == by.person_id or by.has(*OFFICE, Role.SYSTEM):
        return host
    if not contacts.may_book_for(s, by, host):
        raise NotAllowed(reason="host")
    return host


def own_room(by: Actor, room_id: UUID) -> None:
    """A door acts on its own room only."""
    if by.has(Role.DOOR) and by.room_id != room_id:
        raise NotAllowed(reason="room")


def may_change(s: Session, booking: Booking, by: Actor) -> None:
    """The host, who booked it, the department's people, the desk, and the doors that show it: the room's, and those of its parts or of what it is part of."""
    if by.has(Role.DOOR):
        if by.room_id not in rooms.sharing(s, booking.room_id):
            raise NotAllowed(reason="room")
        return None
    if by.has(*OFFICE, Role.SYSTEM) or (by.person_id is not None and by.person_id in (booking.host_id, booking.booked_by_id)):
        return None
    person = s.get(Person, by.person_id) if by.person_id else None
    if person is None or booking.department_id is None or person.department_id != booking.department_id:
        raise NotAllowed(reason="booking")
    return None


def still_live(s: Session, booking: Booking, room: Room, at: datetime) -> None:
    """Refuses: booking.cancelled, booking.released (with until when the room could still be had), booking.refused, booking.lapsed,
    booking.displaced, booking.offered, booking.ended"""
    if booking.state == BookingState.RELEASED:
        raise Refused("booking.released", free_until=free_until(s, booking, room, at), booking_id=booking.id)
    if booking.state == BookingState.ENDED or (booking.state in claims.LIVE and booking.ends_at <= at):
        raise Refused("booking.ended", ended_at=booking.ended_at or booking.ends_at)
    if booking.state in (BookingState.CANCELLED, BookingState.REFUSED, BookingState.LAPSED, BookingState.DISPLACED, BookingState.OFFERED):
        raise Refused(f"booking.{booking.state}")


def free_until(s: Session, booking: Booking, room: Room, at: datetime) -> datetime | None:
    """Until when the room of a released booking could be booked again right now, None when it is taken, closed or over."""
    if (
        at >= booking.ends_at
        or rooms.is_closed(rooms.closing(s, room), at)
        or claims.first_clash(s, room.place_id, at, at + timedelta(minutes=1))
    ):
        return None
    following = claims.next_claim_start(s, room.place_id, at)
    last = following - timedelta(minutes=booking.clean_up_minutes) if following else None
    return min(booking.ends_at, last) if last else booking.ends_at


def late_for(s: Session, person_id: UUID, at: datetime) -> list[tuple[BookingView, datetime]]:
    """The released bookings of a person whose room is still free, with until when: one tap books the rest again (`booking.take_again`)."""
    query = select(Booking).where(
        col(Booking.host_id) == person_id,
        col(Booking.state) == BookingState.RELEASED,
        col(Booking.ends_at) > at,
        col(Booking.starts_at) <= at,
    )
    found = []
    for booking in s.execute(query.order_by(col(Booking.starts_at))).scalars():
        until = free_until(s, booking, rooms.get(s, booking.room_id), at)
        if until is not None:
            found.append((claims.view(s, booking, at), until))
    return found


def seen(s: Session, booking: Booking, by: Actor, at: datetime) -> BookingView:
    """What the actor gets back: a door gets no title and no name, because its answer crosses the corridor's network (pitfall V28)."""
    room = rooms.get(s, booking.room_id)
    return claims.view(s, booking, at, redacted=by.has(Role.DOOR) and not room.public)


# ── private ──


def buffer_by(booking: Booking, rule: Rule, at: datetime) -> None:
    """The buffers of the rule; nobody sets a room up before now."""
    ahead = (booking.starts_at - at) // timedelta(minutes=1)
    booking.set_up_minutes, booking.clean_up_minutes = max(0, min(rule.set_up_minutes, ahead)), rule.clean_up_minutes


def clash_of(s: Session, booking: Booking, room: Room, at: datetime, *, without: UUID | None = None) -> Refused:
    """What to answer when this booking can not have its time: alternatives have its seats and its equipment."""
    equipment = [need for need in booking.needs if need in rooms.EQUIPMENT]
    return answers.clash_between(
        s, room.place_id, booking.starts_at, booking.ends_at, at, without=without, seats=booking.attendees, equipment=equipment,
        buffers=(booking.set_up_minutes, booking.clean_up_minutes),
    )  # fmt: skip


def wish_clash(s: Session, wish: Wish, at: datetime) -> Refused:
    """The answer to a wish that the database itself refused."""
    room, purpose = rooms.get(s, wish.room_id), rooms.get_purpose(s, wish.purpose_id)
    rule = rooms.rule_of(room, purpose)
    equipment = [need for need in wish.needs if need in rooms.EQUIPMENT]
    return answers.clash_between(
        s, room.place_id, max(wish.starts_at, at), wish.ends_at, at, seats=wish.attendees, equipment=equipment,
        buffers=(rule.set_up_minutes, rule.clean_up_minutes),
    )  # fmt: skip


def as_wish(booking: Booking, starts_at: datetime | None = None, ends_at: datetime | None = None, room_id: UUID | None = None) -> Wish:
    """The same booking once more, for another row that stands in for it; elsewhere or at another time where given."""
    return Wish(
        room_id or booking.room_id, starts_at or booking.starts_at, ends_at or booking.ends_at, booking.title, booking.host_id, booking.purpose_id, booking.attendees,
        tuple(booking.needs), booking.seating, booking.remark, via=booking.via, replaces_id=booking.id,
    )  # fmt: skip


def _purpose_of(s: Session, booking: Booking) -> Purpose | None:
    return s.get(Purpose, booking.purpose_id) if booking.purpose_id else None


def _via(by: Actor) -> str:
    if by.has(Role.SYSTEM):
        return "system"
    return "door" if by.has(Role.DOOR) else "desk" if by.has(*OFFICE) else "person"

"""What a booking must obey: hours, lead, length, who may, seats, the form of its purpose (guide S1.3-R1; pitfalls V14, V19).

The room and the purpose hold together, whichever is stricter (`rooms.rule_of`). Policy is here and nowhere else: screens ask for the form
and show the refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.errors import Refused
from core.mechanisms.operations import OFFICE, Actor, Role
from core.mechanisms.people import Person, PersonRole
from core.sections import rooms
from core.sections.bookings.claims import Booking
from core.sections.rooms import DAY_MINUTES, Purpose, Room, Rule

LATE_START = timedelta(minutes=5)  # a booking "from now" whose form took a while begins when it arrives


@dataclass(frozen=True, slots=True)
class Form:
    """What to ask for when this room is booked for this purpose, and what will hold. `needs` are the requests that may be ticked."""

    asks_title: bool
    asks_attendees: bool
    asks_seating: bool
    needs: tuple[str, ...]
    capacity: int
    shortest_minutes: int
    longest_minutes: int
    set_up_minutes: int
    clean_up_minutes: int
    lead_minutes: int
    approvers: tuple[str, ...]
    may_displace: bool
    notice_minutes: int


def form_of(room: Room | None, purpose: Purpose | None) -> Form:
    """The form that follows room and purpose; either may still be open."""
    about = room or Room(place_id=None, longest_minutes=DAY_MINUTES, opens_minute=0)  # type: ignore[arg-type]  # no room chosen yet: no rule of one
    rule = rooms.rule_of(about, purpose)
    return Form(
        purpose.asks_title if purpose else False,
        purpose.asks_attendees if purpose else False,
        purpose.asks_seating if purpose else False,
        tuple(purpose.needs) if purpose else (),
        about.capacity,
        rule.shortest_minutes,
        rule.longest_minutes,
        rule.set_up_minutes,
        rule.clean_up_minutes,
        rule.lead_minutes,
        rule.approvers,
        purpose.important if purpose else False,
        purpose.notice_minutes if purpose else 0,
    )


# ── checks ──


def check_who(s: Session, room: Room, purpose: Purpose | None, host: Person | None, by: Actor) -> None:
    """Whoever acts, or the host they book for, must be among those who may. Refuses: booking.not_for_you, booking.purpose_room,
    purpose.not_found"""
    if purpose is not None:
        if purpose.retired_at is not None and not by.has(Role.SYSTEM):
            raise Refused("purpose.not_found")
        if purpose.room_ids and str(room.place_id) not in purpose.room_ids:
            raise Refused("booking.purpose_room", purpose=purpose.name)
    for rule in (room, purpose):
        if rule is None or not (rule.roles or rule.departments) or by.has(Role.SYSTEM):
            continue
        if host is None or not rooms.may_book(rule, roles_of(s, host, by), host.department_id):
            raise Refused("booking.not_for_you")


def roles_of(s: Session, person: Person, by: Actor) -> Sequence[str]:
    """The roles of a person; those of whoever acts are known."""
    if person.id == by.person_id:
        return [str(role) for role in by.roles]
    return list(s.execute(select(col(PersonRole.role)).where(col(PersonRole.person_id) == person.id)).scalars())


def check_form(room: Room, purpose: Purpose | None, booking: Booking) -> None:
    """Refuses: booking.title_missing, booking.attendees_missing, booking.too_many, booking.need_not_offered"""
    if room.capacity and booking.attendees > room.capacity:
        raise Refused("booking.too_many", capacity=room.capacity, n=booking.attendees)
    if purpose is None:
        return
    if purpose.asks_title and not booking.title:
        raise Refused("booking.title_missing")
    if purpose.asks_attendees and not booking.attendees:
        raise Refused("booking.attendees_missing")
    for need in booking.needs:
        if need not in purpose.needs:
            raise Refused("booking.need_not_offered", need_key=f"booking.need.{need}", need=need)


def check_span(s: Session, room: Room, rule: Rule, starts_at: datetime, ends_at: datetime, at: datetime, zone: ZoneInfo) -> None:
    """Refuses: room.not_bookable, booking.past, booking.backwards, booking.too_far, booking.too_short, booking.too_long, room.closed,
    booking.outside_hours"""
    if not room.bookable:
        raise Refused("room.not_bookable")
    if starts_at < at:
        raise Refused("booking.past")
    if ends_at <= starts_at:
        raise Refused("booking.backwards")
    if starts_at > at + timedelta(days=rule.ahead_days):
        raise Refused("booking.too_far", days=rule.ahead_days)
    # A length is right if it is by the wall or in real hours: the night of 25 hours is one day long (pitfall V16).
    lengths = (ends_at - starts_at, ends_at.astimezone(zone).replace(tzinfo=None) - starts_at.astimezone(zone).replace(tzinfo=None))
    if min(lengths) > timedelta(minutes=rule.longest_minutes):
        raise Refused("booking.too_long", minutes=rule.longest_minutes)
    if max(lengths) < timedelta(minutes=rule.shortest_minutes):
        raise Refused("booking.too_short", minutes=rule.shortest_minutes)
    shut = rooms.closing(s, room)
    if shut.closed_from is not None and shut.closed_from < ends_at and (shut.closed_until is None or starts_at < shut.closed_until):
        raise Refused("room.closed", reason=shut.closed_reason, until=shut.closed_until)
    opens, closes = opening(room, starts_at, zone)
    if not is_always_open(room) and not (opens <= starts_at and ends_at <= closes):
        raise Refused("booking.outside_hours", opens=_wall(room.opens_minute), closes=_wall(room.closes_minute))


def check_lead(rule: Rule, starts_at: datetime, at: datetime, by: Actor) -> None:
    """The time the office needs beforehand; it may waive it for itself. Refuses: booking.too_soon"""
    if starts_at < at + timedelta(minutes=rule.lead_minutes) and not by.has(*OFFICE, Role.SYSTEM):
        raise Refused("booking.too_soon", minutes=rule.lead_minutes, earliest=at + timedelta(minutes=rule.lead_minutes))


# ── hours ──


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

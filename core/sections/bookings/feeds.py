"""Calendars that other programs subscribe to: a room's and a person's (RFC 5545; pitfalls V12, V18, V28, V29).

Every date of a series is an event of its own, so no reader counts a rule differently; times are UTC instants, so none has to guess a zone.
In a room's feed titles are given only where the room is marked public, otherwise the department; a person's feed is their own and says all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from core.foundation.i18n import t
from core.mechanisms import people, places
from core.mechanisms.people import Department
from core.mechanisms.places import Place
from core.sections import rooms
from core.sections.bookings.claims import PLANNED, Booking

PAST, AHEAD = timedelta(days=30), timedelta(days=400)


def room_calendar(s: Session, room_id: UUID, at: datetime, language: str, host: str) -> str:
    """The room's bookings from a month ago on as an iCalendar text. Refuses: room.not_found"""
    room, place = rooms.get(s, room_id), places.get(s, room_id)
    rows = s.execute(
        select(Booking, Department.name.label("who"))  # type: ignore[attr-defined]
        .outerjoin(Department, col(Department.id) == Booking.department_id)
        .where(col(Booking.room_id) == room_id, *_span(at))
        .order_by(col(Booking.starts_at))
    )
    events = (
        _event(booking, host, booking.title if room.public and booking.title else who or t("booking.someone", language), place.name)
        for booking, who in rows
    )
    return calendar_text(place.name, events)


def person_calendar(s: Session, person_id: UUID, at: datetime, language: str, host: str, more: Sequence[UUID] = ()) -> str:
    """What a person hosts or booked, and the bookings `more` they are invited to, with titles and rooms. Refuses: person.not_found"""
    person = people.get(s, person_id)
    mine = or_(col(Booking.host_id) == person_id, col(Booking.booked_by_id) == person_id, col(Booking.id).in_(list(more)))
    rows = s.execute(
        select(Booking, Place.name.label("room"))  # type: ignore[attr-defined]
        .join(Place, col(Place.id) == Booking.room_id)
        .where(mine, *_span(at))
        .order_by(col(Booking.starts_at))
    )
    events = (_event(booking, host, booking.title or t("booking.someone", language), room) for booking, room in rows)
    return calendar_text(person.name, events)


# ── writing ──


def calendar_text(name: str, events: Iterable[Sequence[str]]) -> str:
    """Events as one published calendar."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Foyer//Rooms//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
    ]
    lines += [line for event in events for line in event]
    lines.append("END:VCALENDAR")
    return "".join(f"{piece}\r\n" for line in lines for piece in folded(line))


def event_lines(
    *, uid: str, stamp: datetime, sequence: int, starts_at: datetime, ends_at: datetime, summary: str, location: str
) -> list[str]:  # fmt: skip
    """One event, not folded yet."""
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{utc(stamp)}",
        f"SEQUENCE:{sequence}",
        f"DTSTART:{utc(starts_at)}",
        f"DTEND:{utc(ends_at)}",
        f"SUMMARY:{escaped(summary)}",
        f"LOCATION:{escaped(location)}",
        "END:VEVENT",
    ]


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r", "").replace("\n", "\\n")


def folded(line: str) -> Iterator[str]:
    """A content line in pieces of at most 75 octets, never cut inside a character (RFC 5545 §3.1)."""
    piece, size, lead = "", 0, ""
    for sign in line:
        width = len(sign.encode())
        if size + width > 75:
            yield lead + piece
            piece, size, lead = "", 1, " "
        piece += sign
        size += width
    yield lead + piece


def uid_of(booking_id: UUID, host: str) -> str:
    return f"{booking_id}@{host}"


def _event(booking: Booking, host: str, summary: str, location: str) -> list[str]:
    return event_lines(
        uid=uid_of(booking.id, host), stamp=booking.booked_at, sequence=booking.version, starts_at=booking.starts_at,
        ends_at=booking.ended_at or booking.ends_at, summary=summary, location=location,
    )  # fmt: skip


def _span(at: datetime) -> tuple[Any, ...]:
    return (col(Booking.starts_at) >= at - PAST, col(Booking.starts_at) < at + AHEAD, col(Booking.state).in_(PLANNED))

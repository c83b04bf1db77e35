"""A room's calendar as a feed that other programs subscribe to (RFC 5545; pitfalls V12, V18, V28, V29).

Times are UTC instants, so no reader has to guess a zone. Titles are given only for a room that is marked public; otherwise the department.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.i18n import t
from core.mechanisms import places
from core.mechanisms.people import Department
from core.sections import rooms
from core.sections.bookings.claims import PLANNED, Booking

PAST, AHEAD = timedelta(days=30), timedelta(days=400)


def room_calendar(s: Session, room_id: UUID, at: datetime, language: str, host: str) -> str:
    """The room's bookings from a month ago on as an iCalendar text. Refuses: room.not_found"""
    room, place = rooms.get(s, room_id), places.get(s, room_id)
    rows = s.execute(
        select(Booking, Department.name.label("who"))  # type: ignore[attr-defined]
        .outerjoin(Department, col(Department.id) == Booking.department_id)
        .where(
            col(Booking.room_id) == room_id,
            col(Booking.starts_at) >= at - PAST,
            col(Booking.starts_at) < at + AHEAD,
            col(Booking.state).in_(PLANNED),
        )
        .order_by(col(Booking.starts_at))
    )
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Foyer//Rooms//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(place.name)}",
    ]
    for booking, who in rows:
        summary = booking.title if room.public and booking.title else who or t("booking.someone", language)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{booking.id}@{host}",
            f"DTSTAMP:{_utc(booking.booked_at)}",
            f"SEQUENCE:{booking.version}",
            f"DTSTART:{_utc(booking.starts_at)}",
            f"DTEND:{_utc(booking.ended_at or booking.ends_at)}",
            f"SUMMARY:{_escaped(summary)}",
            f"LOCATION:{_escaped(place.name)}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
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

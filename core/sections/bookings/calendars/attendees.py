"""Who a booking or a series is for, and what they are told of it as it is now (iTIP, RFC 5546)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import vault
from core.foundation.ids import uuid7
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.sections.bookings.claims import PLANNED, Booking, BookingState
from core.sections.bookings.series import record as series_record
from core.sections.bookings.series.record import Series

_base_url = ""


def use_base_url(url: str) -> None:
    """Where links in mails lead (FOYER_BASE_URL)."""
    global _base_url
    _base_url = url


class Attendee(SQLModel, table=True):
    """Somebody a booking or a series is for. `sent` is what they know (a fingerprint), `stale`: it may no longer be true. `sequence` counts
    what they were sent, `rounds` how often we looked; `mailed`: they have an invitation that may have to be called off.
    `comment` is what they added to their answer."""

    __tablename__: ClassVar[str] = "booking_attendee"
    __table_args__ = (
        Index("ix_booking_attendee_booking", "booking_id"),
        Index("ix_booking_attendee_series", "series_id"),
        Index("ix_booking_attendee_person", "person_id"),
    )
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    booking_id: UUID | None = Field(default=None, foreign_key="booking.id")
    series_id: UUID | None = Field(default=None, foreign_key="series.id")
    uid: str
    person_id: UUID | None = Field(default=None, foreign_key="person.id")
    email: str = ""
    name: str = ""
    language: str = ""
    answer: str = ""
    answered_at: datetime | None = None
    comment: str = Field(default="", sa_column_kwargs={"server_default": ""})
    sequence: int = 0
    rounds: int = 0
    sent: str = ""
    stale: bool = Field(default=True, index=True)
    mailed: bool = False
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AttendeeView:
    """An attendee as the host sees them. `answer`: accepted, tentative, declined, or empty while they have not said."""

    id: UUID
    name: str
    email: str
    person_id: UUID | None
    answer: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation as its link shows it."""

    id: UUID
    title: str
    room: str
    where: str
    host: str
    office: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    repeats: int
    answer: str
    cancelled: bool
    over: bool


# ── reads ──


def attendees(s: Session, booking_id: UUID | None, series_id: UUID | None = None) -> list[AttendeeView]:
    """Who is invited, in the order they were."""
    return [
        AttendeeView(row.id, name_of(s, row), row.email, row.person_id, row.answer, row.comment)
        for row in rows_of(s, booking_id, series_id)
    ]


def rows_of(s: Session, booking_id: UUID | None, series_id: UUID | None) -> list[Attendee]:
    where = col(Attendee.booking_id) == booking_id if booking_id is not None else col(Attendee.series_id) == series_id
    return list(s.execute(select(Attendee).where(where, col(Attendee.removed_at).is_(None)).order_by(col(Attendee.id))).scalars())


def name_of(s: Session, row: Attendee) -> str:
    person = s.get(Person, row.person_id) if row.person_id else None
    return person.name if person else row.name or row.email


def link_of(row: Attendee) -> str:
    return f"{_base_url}/invitation/{row.id}/{vault.sign('invitation', row.id)}"


# ── one event, as it is now ──


@dataclass(frozen=True, slots=True)
class Gathering:
    title: str
    room: str
    where: str
    host: Person | None
    starts_at: datetime
    ends_at: datetime
    zone: str
    repeats: int
    cancelled: bool
    over: bool
    tentative: bool
    fingerprint: str


def gathering(s: Session, row: Attendee, at: datetime) -> Gathering | None:
    if row.booking_id is not None:
        booking = s.get(Booking, row.booking_id)
        return _of_bookings(s, [booking], booking, at) if booking else None
    found = s.get(Series, row.series_id)
    dates = [booking for _, booking in series_record.dates_of(s, found.id) if booking is not None] if found else []
    ahead = [booking for booking in dates if takes_place(booking) and booking.starts_at > at]
    if not found or not dates:
        return None
    last = max(dates, key=lambda booking: booking.starts_at)
    return _of_bookings(s, ahead, min(ahead, key=lambda booking: booking.starts_at) if ahead else last, at)


def _of_bookings(s: Session, all_of: Sequence[Booking], first: Booking, at: datetime) -> Gathering:
    place = s.get(Place, first.room_id)
    above = s.get(Place, place.parent_id) if place and place.parent_id else None
    live = [booking for booking in all_of if takes_place(booking)]
    what = sorted(
        f"{b.room_id}|{b.starts_at.isoformat()}|{b.ends_at.isoformat()}|{b.title}|{b.state == BookingState.PENDING}" for b in live
    )
    host = s.get(Person, first.host_id) if first.host_id else None
    return Gathering(
        first.title or (place.name if place else ""), place.name if place else "", above.name if above else "", host, first.starts_at, first.ends_at, first.zone,
        len(live), not live, first.ends_at <= at, any(b.state == BookingState.PENDING for b in live), hashlib.sha256("\n".join(what).encode()).hexdigest()[:32],
    )  # fmt: skip


def takes_place(booking: Booking) -> bool:
    return booking.state in (*PLANNED, BookingState.PENDING)

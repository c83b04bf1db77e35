"""Calendars elsewhere that a room takes part in: where they are, and what became of each of their events (pitfalls V04, V23).

A source belongs to one room: a file somebody imported, a feed it subscribes to, a CalDAV collection or a Microsoft 365 room mailbox it is
kept equal with. An entry ties one event there to one booking here; an event that could not have the room keeps its entry with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Column, Index, UniqueConstraint, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms.places import Place
from core.sections.bookings.claims import Booking


class Kind(StrEnum):
    FILE = "file"
    FEED = "feed"
    CALDAV = "caldav"
    GRAPH = "graph"


TWO_WAY = (Kind.CALDAV, Kind.GRAPH)
ACCEPTED, DECLINED, GONE, PUSHED, IGNORED = "accepted", "declined", "gone", "pushed", "ignored"


class CalendarSource(SQLModel, table=True):
    """`url` of the feed or collection, or the mailbox; `account` and `secret` (sealed) for signing in. `token` is where reading stopped.
    `problem` is a catalogue key while the last reading failed; `empty_since`: it suddenly had nothing, and a person must say that is true."""

    __tablename__: ClassVar[str] = "calendar_source"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    room_id: UUID = Field(foreign_key="place.id", index=True)
    kind: str
    name: str = ""
    url: str = ""
    account: str = ""
    secret: str = ""
    token: str = ""
    made_by: UUID | None = None
    made_at: datetime
    removed_at: datetime | None = None
    read_at: datetime | None = None
    tried_at: datetime | None = None
    problem: str = ""
    detail: str = ""
    empty_since: datetime | None = None
    empty_true: bool = False
    rounds: int = 0
    version: int = 1


class CalendarEntry(SQLModel, table=True):
    """One event of a source and what became of it. `state`: accepted, declined, gone, ignored (past or not busy), or pushed (ours, written
    there). `answered` is the word its calendar has from us. `recurrence` as in `ics.Event`."""

    __tablename__: ClassVar[str] = "calendar_entry"
    __table_args__ = (
        UniqueConstraint("source_id", "uid", "recurrence", name="calendar_entry_once"),
        Index("ix_calendar_entry_booking", "booking_id"),
    )
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    source_id: UUID = Field(foreign_key="calendar_source.id")
    uid: str
    recurrence: str = ""
    href: str = ""
    etag: str = ""
    fingerprint: str = ""
    booking_id: UUID | None = Field(default=None, foreign_key="booking.id")
    booking_version: int = 0
    state: str
    answered: str = ""
    reason: str = ""
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    summary: str = ""
    starts_at: datetime | None = None
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source at the desk: what it is, when it was last read well, what is wrong, and how many events got the room."""

    id: UUID
    room_id: UUID
    room: str
    kind: str
    name: str
    url: str
    read_at: datetime | None
    problem: str
    detail: str
    empty: bool
    accepted: int
    declined: int
    version: int


@dataclass(frozen=True, slots=True)
class DeclinedView:
    """An event that did not get the room."""

    summary: str
    starts_at: datetime | None
    reason: str
    facts: dict[str, Any]


def get(s: Session, source_id: UUID) -> CalendarSource:
    """The source, or Refused calendar.source_unknown."""
    found = s.get(CalendarSource, source_id)
    if found is None or found.removed_at is not None:
        raise Refused("calendar.source_unknown")
    return found


def entries_of(s: Session, source_id: UUID) -> list[CalendarEntry]:
    """Every entry of a source."""
    return list(s.execute(select(CalendarEntry).where(col(CalendarEntry.source_id) == source_id).order_by(col(CalendarEntry.id))).scalars())


def entry_of(s: Session, source_id: UUID, uid: str, recurrence: str) -> CalendarEntry | None:
    query = select(CalendarEntry).where(
        col(CalendarEntry.source_id) == source_id, col(CalendarEntry.uid) == uid, col(CalendarEntry.recurrence) == recurrence
    )
    return s.execute(query).scalar_one_or_none()


def sources_of(s: Session, room_id: UUID | None = None, kinds: Sequence[str] = tuple(Kind)) -> list[SourceView]:
    """The sources of a room, or of all, with their counts."""
    query = select(CalendarSource).where(col(CalendarSource.removed_at).is_(None), col(CalendarSource.kind).in_(list(kinds)))
    if room_id is not None:
        query = query.where(col(CalendarSource.room_id) == room_id)
    rows = list(s.execute(query.order_by(col(CalendarSource.id))).scalars())
    counts = select(CalendarEntry.source_id, CalendarEntry.state, func.count()).group_by(
        col(CalendarEntry.source_id), col(CalendarEntry.state)
    )
    found = {(row[0], row[1]): int(row[2]) for row in s.execute(counts)}
    names = {row.id: row.name for row in s.execute(select(Place.id, Place.name).where(col(Place.id).in_([row.room_id for row in rows])))}
    return [
        SourceView(
            row.id, row.room_id, names.get(row.room_id, ""), row.kind, row.name, row.url, row.read_at, row.problem, row.detail,
            row.empty_since is not None, found.get((row.id, ACCEPTED), 0), found.get((row.id, DECLINED), 0), row.version,
        )
        for row in rows
    ]  # fmt: skip


def declined(s: Session, source_id: UUID, at: datetime, limit: int = 20) -> list[DeclinedView]:
    """What did not get the room and is still to come, the next one first."""
    query = select(CalendarEntry).where(
        col(CalendarEntry.source_id) == source_id, col(CalendarEntry.state) == DECLINED, col(CalendarEntry.starts_at) > at
    )
    rows = s.execute(query.order_by(col(CalendarEntry.starts_at)).limit(limit)).scalars()
    return [DeclinedView(row.summary, row.starts_at, row.reason, dict(row.facts)) for row in rows]


def booking_of(s: Session, entry: CalendarEntry) -> Booking | None:
    return s.get(Booking, entry.booking_id) if entry.booking_id else None

"""A booking and its claim: one row says who has the room when, another blocks the time, and the database refuses two that overlap.

`claim` holds one row for each room and blocked time, in milliseconds since 1970 (half-open, clean-up included). A SQLite trigger and a
PostgreSQL exclusion constraint, both called `claim_no_overlap`, refuse an overlap whatever wrote it (pitfalls V01, V03, V05, V15): there
is no other check. A booking that is cancelled or released loses its claim; one that ends early keeps the time it used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, CheckConstraint, Index, bindparam, delete, select, update
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms.people import Department, Person
from core.mechanisms.places import Place
from core.sections import rooms
from core.sections.rooms import Room

OVERLAP = "claim_no_overlap"
_UNSYNCHRONIZED = {"synchronize_session": False}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BookingState(StrEnum):
    """`confirmed` is shown as `held` between its start and the check-in."""

    CONFIRMED = "confirmed"
    IN_USE = "in_use"
    ENDED = "ended"
    CANCELLED = "cancelled"
    RELEASED = "released"


LIVE = (BookingState.CONFIRMED, BookingState.IN_USE)
SHOWN = (*LIVE, BookingState.ENDED)
_LIVE = frozenset(str(state) for state in LIVE)  # plain strings: a day has thousands


class Booking(SQLModel, table=True):
    """Who has which room when. `starts_wall`, `ends_wall` and `zone` are what was meant; the instants follow from them (pitfall V17)."""

    __tablename__: ClassVar[str] = "booking"
    __table_args__ = (Index("ix_booking_room_start", "room_id", "starts_at"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    room_id: UUID = Field(foreign_key="place.id")
    title: str = ""
    host_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    department_id: UUID | None = Field(default=None, foreign_key="department.id")
    booked_by_id: UUID | None = None
    via: str
    zone: str
    starts_wall: str
    ends_wall: str
    starts_at: datetime = Field(index=True)
    ends_at: datetime
    state: str = BookingState.CONFIRMED
    checked_in_at: datetime | None = None
    ended_at: datetime | None = None
    booked_at: datetime
    version: int = 1


class Claim(SQLModel, table=True):
    """The time a booking blocks, in milliseconds since 1970, half-open."""

    __tablename__: ClassVar[str] = "claim"
    __table_args__ = (
        Index("ix_claim_room_from", "room_id", "from_ms"),
        CheckConstraint("until_ms > from_ms", name="claim_has_length"),
    )
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    room_id: UUID = Field(foreign_key="place.id")
    booking_id: UUID = Field(foreign_key="booking.id", unique=True)
    from_ms: int = Field(sa_type=BigInteger)
    until_ms: int = Field(sa_type=BigInteger)


# The stored claims of a room never overlap, so the one that begins last before the new end also ends last: one index step decides.
_CLASHES = (
    "(SELECT until_ms FROM claim WHERE room_id = NEW.room_id AND id <> NEW.id"
    " AND from_ms < NEW.until_ms ORDER BY from_ms DESC LIMIT 1) > NEW.from_ms"
)
database.ddl(
    OVERLAP,
    sqlite=tuple(
        f"CREATE TRIGGER {OVERLAP}_{verb.lower()} BEFORE {verb} ON claim WHEN {_CLASHES} BEGIN SELECT RAISE(ABORT, '{OVERLAP}'); END"
        for verb in ("INSERT", "UPDATE")
    ),
    postgresql=(
        "CREATE EXTENSION IF NOT EXISTS btree_gist",
        f"ALTER TABLE claim ADD CONSTRAINT {OVERLAP} EXCLUDE USING gist (room_id WITH =, int8range(from_ms, until_ms) WITH &&)",
    ),
)


_LAST_BEFORE = (
    select(col(Claim.until_ms))
    .where(col(Claim.room_id) == bindparam("room"), col(Claim.from_ms) < bindparam("end"))
    .order_by(col(Claim.from_ms).desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class BookingView:
    """A booking as a person may see it. For a door of a room that is not public, title and host are empty (pitfall V28)."""

    id: UUID
    room_id: UUID
    room: str
    title: str
    host_id: UUID | None
    host: str
    department: str
    starts_at: datetime
    ends_at: datetime
    state: str
    walk_up: bool
    via: str
    checked_in_at: datetime | None
    version: int


# ── claiming ──


def to_ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_ms(value: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=value)


def claim(s: Session, booking: Booking, room: Room) -> None:
    """Block the booking's time (clean-up included), new or moved. The database answers an overlap with `claim_no_overlap`."""
    start, until = to_ms(booking.starts_at), to_ms(booking.ends_at + timedelta(minutes=room.clean_up_minutes))
    s.flush()
    moved = update(Claim).where(col(Claim.booking_id) == booking.id).values(room_id=booking.room_id, from_ms=start, until_ms=until)
    if s.execute(moved, execution_options=_UNSYNCHRONIZED).rowcount == 0:  # type: ignore[attr-defined]  # a cursor result has it
        s.add(Claim(booking_id=booking.id, room_id=booking.room_id, from_ms=start, until_ms=until))
    s.flush()


def unclaim(s: Session, booking: Booking) -> None:
    """Free the booking's time."""
    s.execute(delete(Claim).where(col(Claim.booking_id) == booking.id), execution_options=_UNSYNCHRONIZED)


def cut_short(s: Session, booking: Booking, at: datetime) -> None:
    """Free what is left of the booking's time after `at`."""
    values = {"until_ms": to_ms(at)}
    query = update(Claim).where(
        col(Claim.booking_id) == booking.id, col(Claim.from_ms) < values["until_ms"], col(Claim.until_ms) > values["until_ms"]
    )
    s.execute(query.values(**values), execution_options=_UNSYNCHRONIZED)


def is_taken(s: Session, room: Room, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether a claim already overlaps: one index step. A look before writing, never instead of the database's own refusal."""
    span: dict[str, Any] = {
        "room": room.place_id,
        "start": to_ms(starts_at),
        "end": to_ms(ends_at + timedelta(minutes=room.clean_up_minutes)),
    }
    last = s.connection().execute(_LAST_BEFORE, span).scalar()
    return last is not None and last > span["start"]


def first_clash(s: Session, room_id: UUID, starts_at: datetime, ends_at: datetime, without: UUID | None = None) -> Claim | None:
    """The earliest claim that overlaps [starts_at, ends_at)."""
    start, end = to_ms(starts_at), to_ms(ends_at)
    query = select(Claim).where(col(Claim.room_id) == room_id, col(Claim.from_ms) < end, col(Claim.until_ms) > start)
    if without is not None:
        query = query.where(col(Claim.booking_id) != without)
    return s.execute(query.order_by(col(Claim.from_ms)).limit(1)).scalar_one_or_none()


def next_claim_start(s: Session, room_id: UUID, at: datetime, without: UUID | None = None) -> datetime | None:
    """When the first claim that begins at or after `at` begins."""
    query = select(col(Claim.from_ms)).where(col(Claim.room_id) == room_id, col(Claim.from_ms) >= to_ms(at))
    if without is not None:
        query = query.where(col(Claim.booking_id) != without)
    found = s.execute(query.order_by(col(Claim.from_ms)).limit(1)).scalar_one_or_none()
    return from_ms(found) if found is not None else None


def clash_between(s: Session, room_id: UUID, starts_at: datetime, ends_at: datetime, without: UUID | None = None) -> Refused:
    """What to answer when the room is taken: from when until when, and up to three rooms that are free for the same time."""
    from core.sections.bookings.plans import free_rooms  # plans reads claims; only this answer looks back

    taken = first_clash(s, room_id, starts_at, ends_at, without)
    place = s.get(Place, room_id)
    others = free_rooms(s, starts_at, ends_at, near=room_id, limit=3)
    return Refused(
        "booking.clash",
        room=place.name if place else "",
        **{"from": from_ms(taken.from_ms) if taken else starts_at},
        until=from_ms(taken.until_ms) if taken else ends_at,
        alternatives=others,
    )


# ── times and views ──


def zone_of(s: Session, room_id: UUID) -> ZoneInfo:
    """The zone of the room's place, or the office's."""
    name = s.execute(select(col(Place.zone)).where(col(Place.id) == room_id)).scalar_one_or_none()
    return ZoneInfo(name) if name else clock.zone()


def set_times(booking: Booking, starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> None:
    """The instants and what they read on the room's wall."""
    booking.zone = str(zone)
    booking.starts_at, booking.ends_at = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    booking.starts_wall = starts_at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")
    booking.ends_wall = ends_at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")


def state_at(state: str, starts_at: datetime, ends_at: datetime, at: datetime) -> str:
    """The state a person sees: `held` from the start until somebody checks in, `ended` when the time is over."""
    if state not in _LIVE:
        return state
    if ends_at <= at:
        return "ended"
    return "held" if state == "confirmed" and starts_at <= at else state


def view(s: Session, booking: Booking, at: datetime, *, redacted: bool = False) -> BookingView:
    """The booking with the names a person needs; `redacted` leaves the title and the host out."""
    place = s.get(Place, booking.room_id)
    host = s.get(Person, booking.host_id) if booking.host_id and not redacted else None
    department = s.get(Department, booking.department_id) if booking.department_id else None
    return BookingView(
        booking.id,
        booking.room_id,
        place.name if place else "",
        "" if redacted else booking.title,
        host.id if host else None,
        host.name if host else "",
        department.name if department else "",
        booking.starts_at,
        booking.ended_at or booking.ends_at,
        state_at(booking.state, booking.starts_at, booking.ends_at, at),
        booking.host_id is None,
        booking.via,
        booking.checked_in_at,
        booking.version,
    )


def get(s: Session, booking_id: UUID) -> tuple[Booking, Room]:
    """The booking and its room, or Refused booking.not_found."""
    booking = s.get(Booking, booking_id)
    if booking is None:
        raise Refused("booking.not_found")
    return booking, rooms.get(s, booking.room_id)

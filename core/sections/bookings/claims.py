"""A booking and its claims: one row says who has the room when, others block the time, and the database refuses two that overlap.

`claim` holds one row for each leaf room of a booking, `item_claim` one for each portable thing it takes along: the blocked time in
milliseconds since 1970 (half-open, set-up and clean-up included). A SQLite trigger and a PostgreSQL exclusion constraint of the same name
(`claim_no_overlap`, `item_no_overlap`) refuse an overlap whatever wrote it (pitfalls V01, V03, V05, V14, V15): there is no other check.
A booking that is pending or offered has its claims; one that is cancelled, released, refused or displaced loses them; one that ends early
keeps the time it used and its clean-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Index, bindparam, delete, exists, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms.people import Department, Person
from core.mechanisms.places import Place
from core.sections import rooms
from core.sections.rooms import EquipmentItem, Room

OVERLAP = "claim_no_overlap"
ITEM_OVERLAP = "item_no_overlap"
_UNSYNCHRONIZED = {"synchronize_session": False}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BookingState(StrEnum):
    """`confirmed` is shown as `held` between its start and the check-in. `pending` waits for an approval and `offered` for the answer of
    the person it is kept for: both have their time. `refused`, `lapsed` (nobody answered in time) and `displaced` have lost it."""

    PENDING = "pending"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    IN_USE = "in_use"
    ENDED = "ended"
    CANCELLED = "cancelled"
    RELEASED = "released"
    REFUSED = "refused"
    LAPSED = "lapsed"
    DISPLACED = "displaced"


LIVE = (BookingState.PENDING, BookingState.OFFERED, BookingState.CONFIRMED, BookingState.IN_USE)
PLANNED = (BookingState.CONFIRMED, BookingState.IN_USE, BookingState.ENDED)  # what takes place or took place
SHOWN = (*LIVE, BookingState.ENDED)  # what has time of a room
_RUNS = frozenset({"confirmed", "in_use"})  # plain strings: a day has thousands


class Booking(SQLModel, table=True):
    """Who has which room when, and what for. `starts_wall`, `ends_wall` and `zone` are what was meant; the instants follow from them
    (pitfall V17). The buffers are those of the day it was booked. `replaces_id`: the booking this one stands in for."""

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
    purpose_id: UUID | None = None
    attendees: int = 0
    needs: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    seating: str = ""
    remark: str = ""
    set_up_minutes: int = 0
    clean_up_minutes: int = 0
    important: bool = False
    replaces_id: UUID | None = None
    displaced_by_id: UUID | None = None
    version: int = 1


class Claim(SQLModel, table=True):
    """The time a booking blocks on one leaf room, in milliseconds since 1970, half-open, buffers included."""

    __tablename__: ClassVar[str] = "claim"
    __table_args__ = (
        Index("ix_claim_room_from", "room_id", "from_ms"),
        CheckConstraint("until_ms > from_ms", name="claim_has_length"),
    )
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    room_id: UUID = Field(foreign_key="place.id")
    booking_id: UUID = Field(foreign_key="booking.id", index=True)
    from_ms: int = Field(sa_type=BigInteger)
    until_ms: int = Field(sa_type=BigInteger)


class ItemClaim(SQLModel, table=True):
    """The time a booking has a portable thing (`rooms.EquipmentItem`), as `Claim`."""

    __tablename__: ClassVar[str] = "item_claim"
    __table_args__ = (
        Index("ix_item_claim_item_from", "item_id", "from_ms"),
        CheckConstraint("until_ms > from_ms", name="item_claim_has_length"),
    )
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    item_id: UUID = Field(foreign_key="equipment_item.id")
    booking_id: UUID = Field(foreign_key="booking.id", index=True)
    from_ms: int = Field(sa_type=BigInteger)
    until_ms: int = Field(sa_type=BigInteger)


def _refuse_overlap(name: str, table: str, thing: str) -> None:
    # The stored claims of a thing never overlap, so the one that begins last before the new end also ends last: one index step decides.
    clashes = (
        f"(SELECT until_ms FROM {table} WHERE {thing} = NEW.{thing} AND id <> NEW.id"  # noqa: S608 - names of our own tables
        " AND from_ms < NEW.until_ms ORDER BY from_ms DESC LIMIT 1) > NEW.from_ms"
    )
    database.ddl(
        name,
        sqlite=tuple(
            f"CREATE TRIGGER {name}_{verb.lower()} BEFORE {verb} ON {table} WHEN {clashes} BEGIN SELECT RAISE(ABORT, '{name}'); END"
            for verb in ("INSERT", "UPDATE")
        ),
        postgresql=(
            "CREATE EXTENSION IF NOT EXISTS btree_gist",
            f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING gist ({thing} WITH =, int8range(from_ms, until_ms) WITH &&)",
        ),
    )


_refuse_overlap(OVERLAP, "claim", "room_id")
_refuse_overlap(ITEM_OVERLAP, "item_claim", "item_id")


_claims, _item_claims = Claim.__table__, ItemClaim.__table__  # type: ignore[attr-defined]
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
    purpose_id: UUID | None
    attendees: int
    needs: tuple[str, ...]
    seating: str
    remark: str
    set_up_minutes: int
    clean_up_minutes: int
    important: bool
    replaces_id: UUID | None
    displaced_by_id: UUID | None
    version: int


# ── claiming: the one way to time on a room ──


def to_ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_ms(value: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=value)


def span_of(booking: Booking) -> tuple[datetime, datetime]:
    """What the booking blocks: its time with the buffers before and after."""
    return booking.starts_at - timedelta(minutes=booking.set_up_minutes), booking.ends_at + timedelta(minutes=booking.clean_up_minutes)


def hold(s: Session, room: Room) -> None:
    """Be the only one who claims time of this room, and of what it consists of, until the transaction ends."""
    database.hold(s, rooms.leaves(s, room.place_id))


def claim(s: Session, booking: Booking, room: Room) -> None:
    """Block the booking's time on every leaf of the room and on the portable things it needs, new or moved. The database answers an overlap
    with `claim_no_overlap`. Refuses: booking.no_equipment (no portable thing of a needed kind is free)"""
    begin, end = span_of(booking)
    start, until = to_ms(begin), to_ms(end)
    hold(s, room)
    s.flush()
    if booking.version:  # a new one has none
        s.execute(delete(Claim).where(col(Claim.booking_id) == booking.id), execution_options=_UNSYNCHRONIZED)
    rows = [
        {"id": uuid7(), "room_id": leaf, "booking_id": booking.id, "from_ms": start, "until_ms": until}
        for leaf in sorted(rooms.leaves(s, room.place_id))
    ]
    s.execute(insert(_claims), rows)
    _claim_items(s, booking, room, start, until)


def _claim_items(s: Session, booking: Booking, room: Room, start: int, until: int) -> None:
    """Take the portable things along that the room has not: those it had before if they are free, else any of the kind."""
    held: list[UUID] = []
    if booking.version:
        held = list(s.execute(select(col(ItemClaim.item_id)).where(col(ItemClaim.booking_id) == booking.id)).scalars())
        s.execute(delete(ItemClaim).where(col(ItemClaim.booking_id) == booking.id), execution_options=_UNSYNCHRONIZED)
    for kind in sorted(missing_equipment(room.equipment, booking.needs)):
        database.hold(s, (uuid5(NAMESPACE_OID, f"equipment {kind}"),))
        candidates = sorted(free_items(s, kind, start, until), key=lambda item: item.id not in held)
        if not any(_took(s, item, booking, start, until) for item in candidates):
            raise Refused("booking.no_equipment", equipment=kind, equipment_key=f"room.equipment.{kind}")


def _took(s: Session, item: EquipmentItem, booking: Booking, start: int, until: int) -> bool:
    """Claim one portable thing, unless somebody else was faster in this very moment."""
    row = {"id": uuid7(), "item_id": item.id, "booking_id": booking.id, "from_ms": start, "until_ms": until}
    try:
        with s.begin_nested():
            s.execute(insert(_item_claims), [row])
    except DBAPIError as error:
        if ITEM_OVERLAP not in database.violated(error):
            raise
        return False
    return True


def unclaim(s: Session, booking: Booking) -> None:
    """Free the booking's whole time."""
    s.flush()
    for table in (Claim, ItemClaim):
        s.execute(delete(table).where(col(table.booking_id) == booking.id), execution_options=_UNSYNCHRONIZED)


def cut_short(s: Session, booking: Booking, at: datetime) -> datetime:
    """Free what is left of the booking's time after `at` and its clean-up. Answers when the room is free."""
    free_at = min(at + timedelta(minutes=booking.clean_up_minutes), span_of(booking)[1])
    values = {"until_ms": to_ms(free_at)}
    for table in (Claim, ItemClaim):
        query = update(table).where(
            col(table.booking_id) == booking.id,
            col(table.from_ms) < values["until_ms"],
            col(table.until_ms) > values["until_ms"],
        )
        s.execute(query.values(**values), execution_options=_UNSYNCHRONIZED)
    return free_at


# ── looking ──


def is_taken(s: Session, booking: Booking, room: Room) -> bool:
    """Whether a claim already overlaps: one index step a leaf. A look before writing, never instead of the database's own refusal."""
    begin, end = span_of(booking)
    start, until = to_ms(begin), to_ms(end)
    connection = s.connection()
    for leaf in rooms.leaves(s, room.place_id):
        span: dict[str, Any] = {"room": leaf, "end": until}
        last = connection.execute(_LAST_BEFORE, span).scalar()
        if last is not None and last > start:
            return True
    return False


def clashing(s: Session, room_id: UUID, starts_at: datetime, ends_at: datetime, without: UUID | None = None) -> list[Claim]:
    """The claims on the room's leaves that overlap [starts_at, ends_at), the earliest first."""
    start, end = to_ms(starts_at), to_ms(ends_at)
    query = select(Claim).where(col(Claim.room_id).in_(rooms.leaves(s, room_id)), col(Claim.from_ms) < end, col(Claim.until_ms) > start)
    if without is not None:
        query = query.where(col(Claim.booking_id) != without)
    return list(s.execute(query.order_by(col(Claim.from_ms))).scalars())


def first_clash(s: Session, room_id: UUID, starts_at: datetime, ends_at: datetime, without: UUID | None = None) -> Claim | None:
    """The earliest claim that overlaps [starts_at, ends_at)."""
    return next(iter(clashing(s, room_id, starts_at, ends_at, without)), None)


def next_claim_start(s: Session, room_id: UUID, at: datetime, without: UUID | None = None) -> datetime | None:
    """When the first claim that begins at or after `at` begins: until then the room can be had."""
    query = select(col(Claim.from_ms)).where(col(Claim.room_id).in_(rooms.leaves(s, room_id)), col(Claim.from_ms) >= to_ms(at))
    if without is not None:
        query = query.where(col(Claim.booking_id) != without)
    found = s.execute(query.order_by(col(Claim.from_ms)).limit(1)).scalar_one_or_none()
    return from_ms(found) if found is not None else None


def missing_equipment(built_in: Sequence[str], needs: Sequence[str]) -> list[str]:
    """What of the needed equipment must be brought into a room."""
    return [need for need in needs if need in rooms.EQUIPMENT and need not in built_in]


def free_items(s: Session, kind: str, start: int, until: int, without: UUID | None = None) -> list[EquipmentItem]:
    """The portable things of a kind that nobody has in [start, until) milliseconds."""
    other = exists().where(col(ItemClaim.item_id) == EquipmentItem.id, col(ItemClaim.from_ms) < until, col(ItemClaim.until_ms) > start)
    if without is not None:
        other = other.where(col(ItemClaim.booking_id) != without)
    query = select(EquipmentItem).where(col(EquipmentItem.kind) == kind, col(EquipmentItem.retired_at).is_(None), ~other)
    return list(s.execute(query.order_by(col(EquipmentItem.name), col(EquipmentItem.id))).scalars())


def items_of(s: Session, booking_id: UUID) -> list[str]:
    """The portable things a booking takes along, by name."""
    query = select(col(EquipmentItem.name)).join(ItemClaim, col(ItemClaim.item_id) == EquipmentItem.id)
    return list(s.execute(query.where(col(ItemClaim.booking_id) == booking_id).order_by(col(EquipmentItem.name))).scalars())


# ── times and views ──

_ZONE = select(Place.zone).where(col(Place.id) == bindparam("place"))


def zone_of(s: Session, room_id: UUID) -> ZoneInfo:
    """The zone of the room's place, or the office's."""
    name = s.connection().execute(_ZONE, {"place": room_id}).scalar()
    return ZoneInfo(name) if name else clock.zone()


def set_times(booking: Booking, starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> None:
    """The instants and what they read on the room's wall."""
    booking.zone = str(zone)
    booking.starts_at, booking.ends_at = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    booking.starts_wall = starts_at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")
    booking.ends_wall = ends_at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")


def state_at(state: str, starts_at: datetime, ends_at: datetime, at: datetime) -> str:
    """The state a person sees: `held` from the start until somebody checks in, `ended` when the time is over."""
    if state not in _RUNS:
        return state
    if ends_at <= at:
        return "ended"
    return "held" if state == "confirmed" and starts_at <= at else state


def view(s: Session, booking: Booking, at: datetime, *, redacted: bool = False) -> BookingView:
    """The booking with the names a person needs; `redacted` leaves title, host and remark out."""
    place = s.get(Place, booking.room_id)
    host = s.get(Person, booking.host_id) if booking.host_id and not redacted else None
    department = s.get(Department, booking.department_id) if booking.department_id else None
    return shown(
        booking, place.name if place else "", host.name if host else "", department.name if department else "", at, redacted=redacted
    )


def shown(booking: Booking, room: str, host: str, department: str, at: datetime, *, redacted: bool = False) -> BookingView:
    """The view of a row whose names are known."""
    return BookingView(
        booking.id,
        booking.room_id,
        room,
        "" if redacted else booking.title,
        booking.host_id if host else None,
        host,
        department,
        booking.starts_at,
        booking.ended_at or booking.ends_at,
        state_at(booking.state, booking.starts_at, booking.ends_at, at),
        booking.host_id is None,
        booking.via,
        booking.checked_in_at,
        booking.purpose_id,
        booking.attendees,
        tuple(booking.needs),
        booking.seating,
        "" if redacted else booking.remark,
        booking.set_up_minutes,
        booking.clean_up_minutes,
        booking.important,
        booking.replaces_id,
        booking.displaced_by_id,
        booking.version,
    )


def get(s: Session, booking_id: UUID) -> tuple[Booking, Room]:
    """The booking and its room, or Refused booking.not_found."""
    booking = s.get(Booking, booking_id)
    if booking is None:
        raise Refused("booking.not_found")
    return booking, rooms.get(s, booking.room_id)


@rooms.unchanged_while
def _no_bookings_to_come(s: Session, room_id: UUID, at: datetime) -> None:
    """A room with bookings to come keeps its parts: their claims rest on them."""
    query = select(col(Booking.id)).where(col(Booking.room_id) == room_id, col(Booking.ends_at) > at, col(Booking.state).in_(LIVE))
    if s.execute(query.limit(1)).first():
        raise Refused("room.has_bookings")

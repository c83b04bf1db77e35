"""What is kept of a series: the rule once, and one row for each date it ever meant (pitfalls V09, V12).

A date that was skipped or cancelled keeps its row, so nothing can bring it back. What somebody changed about one date is seen by comparing
its booking with what the series last made of it (`room_id`, `starts_wall`, `ends_wall` of the row): that is an exception and survives
every later edit of the series, whichever screen, door or program made it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import JSON, Column, Index, UniqueConstraint, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import workdays
from core.mechanisms.operations import OFFICE, Actor, Role
from core.mechanisms.people import Department, Person
from core.mechanisms.places import Place
from core.sections.bookings import making
from core.sections.bookings.claims import Booking, BookingState, state_at

ACTIVE, ENDED, CANCELLED = "active", "ended", "cancelled"
SEES = OFFICE | {Role.LEADER}


class Series(SQLModel, table=True):
    """The rule and what holds for dates to come. `starts_wall` is the first start on the wall of `zone`; `minutes` counts on that wall too;
    `wall_time` is the time of day dates to come were moved to, or empty.
    `open_ended`: rolled on as time passes. `asked_at`: no-shows made us ask the owner, who has not answered."""

    __tablename__: ClassVar[str] = "series"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    room_id: UUID = Field(foreign_key="place.id", index=True)
    title: str = ""
    host_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    department_id: UUID | None = Field(default=None, foreign_key="department.id")
    booked_by_id: UUID | None = None
    purpose_id: UUID | None = None
    attendees: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    needs: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    seating: str = Field(default="", sa_column_kwargs={"server_default": ""})
    remark: str = Field(default="", sa_column_kwargs={"server_default": ""})
    rule: str = ""
    workdays: bool = False
    skip_days_off: bool = False
    zone: str
    starts_wall: str
    wall_time: str = ""
    minutes: int
    last_on: date | None = None
    open_ended: bool = False
    state: str = Field(default=ACTIVE, index=True)
    made_at: datetime
    judged_at: datetime
    asked_at: datetime | None = None
    version: int = 1


class SeriesDate(SQLModel, table=True):
    """One date of a series, known by where the rule put it (`original`, a wall time: the RECURRENCE-ID). Without a booking it was
    skipped; `reason` says why when nobody chose it."""

    __tablename__: ClassVar[str] = "series_date"
    __table_args__ = (
        UniqueConstraint("series_id", "original", name="series_date_once"),
        Index("ix_series_date_booking", "booking_id", unique=True),
    )
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    series_id: UUID = Field(foreign_key="series.id")
    original: str
    booking_id: UUID | None = Field(default=None, foreign_key="booking.id")
    room_id: UUID
    starts_wall: str
    ends_wall: str
    own_room: bool = False
    own_time: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DateView:
    """A date of a series as it stands. `state`: a booking's state, or `skipped`. `changed`: it differs from its series on purpose."""

    original: str
    day: date
    starts_at: datetime | None
    ends_at: datetime | None
    starts_wall: str
    ends_wall: str
    room_id: UUID
    room: str
    state: str
    reason: str
    works: bool
    day_name: str
    provisional: bool
    changed_room: bool
    changed_time: bool
    over: bool
    booking_id: UUID | None


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A series in a list or on its page. `next_at` is the next date to come, `left` how many there are, `no_shows` since the owner last
    answered for them."""

    id: UUID
    title: str
    room_id: UUID
    room: str
    host_id: UUID | None
    host: str
    department: str
    rule: str
    workdays: bool
    zone: str
    starts_wall: str
    minutes: int
    last_on: date | None
    open_ended: bool
    state: str
    next_at: datetime | None
    left: int
    no_shows: int
    asked: bool
    may_change: bool
    version: int


# ── reads ──


def get(s: Session, series_id: UUID) -> Series:
    """The series, or Refused series.not_found."""
    found = s.get(Series, series_id)
    if found is None:
        raise Refused("series.not_found")
    return found


def of_booking(s: Session, booking_id: UUID) -> Series | None:
    """The series a booking is a date of."""
    query = select(Series).join(SeriesDate, col(SeriesDate.series_id) == Series.id).where(col(SeriesDate.booking_id) == booking_id)
    return s.execute(query).scalar_one_or_none()


def dates_of(s: Session, series_id: UUID) -> list[tuple[SeriesDate, Booking | None]]:
    """Every date with its booking, in the rule's order."""
    query = (
        select(SeriesDate, Booking)
        .outerjoin(Booking, col(Booking.id) == SeriesDate.booking_id)
        .where(col(SeriesDate.series_id) == series_id)
        .order_by(col(SeriesDate.original))
    )
    return [(row[0], row[1]) for row in s.execute(query)]


def is_to_come(booking: Booking | None, at: datetime) -> bool:
    """Whether a date may still be changed: not begun, not cancelled. The past is read-only (pitfall V10)."""
    return booking is not None and booking.state in (BookingState.PENDING, BookingState.CONFIRMED) and booking.starts_at > at


def now_starts(found: Series) -> datetime:
    """The first start, at the time of day the series has now."""
    return at_its_time(found, datetime.fromisoformat(found.starts_wall))


def at_its_time(found: Series, original: datetime) -> datetime:
    """When a date the rule put at `original` begins."""
    return datetime.combine(original.date(), time.fromisoformat(found.wall_time)) if found.wall_time else original


def has_own_room(row: SeriesDate, booking: Booking) -> bool:
    return row.own_room or booking.room_id != row.room_id


def has_own_time(row: SeriesDate, booking: Booking) -> bool:
    return row.own_time or (booking.starts_wall, booking.ends_wall) != (row.starts_wall, row.ends_wall)


def may_see(found: Series, by: Actor) -> bool:
    return by.has(*SEES, Role.SYSTEM) or (by.person_id is not None and by.person_id in (found.host_id, found.booked_by_id))


def may_change(s: Session, found: Series, by: Actor) -> bool:
    """The host, who booked it, the department's people and the desk: the same as for one booking."""
    if by.has(*OFFICE, Role.SYSTEM) or (by.person_id is not None and by.person_id in (found.host_id, found.booked_by_id)):
        return True
    person = s.get(Person, by.person_id) if by.person_id else None
    return person is not None and found.department_id is not None and person.department_id == found.department_id


def must_change(s: Session, found: Series, by: Actor) -> None:
    if not may_change(s, found, by):
        raise NotAllowed(reason="series")


def no_shows(found: Series, dates: Iterable[tuple[SeriesDate, Booking | None]]) -> int:
    """How many dates nobody came to since the owner last answered for them."""
    return sum(
        booking is not None and booking.state == BookingState.RELEASED and booking.starts_at > found.judged_at for _, booking in dates
    )


def date_views(s: Session, found: Series, at: datetime) -> list[DateView]:
    """Every date of the series as it stands now, in order of the day."""
    rows = dates_of(s, found.id)
    if not rows:
        return []
    names = _names(s, {booking.room_id if booking else row.room_id for row, booking in rows})
    days = _days(s, [date.fromisoformat((booking.starts_wall if booking else row.starts_wall)[:10]) for row, booking in rows])
    views = [_date_view(row, booking, names, days, at) for row, booking in rows]
    return sorted(views, key=lambda view: view.starts_wall)


def views(s: Session, rows: Sequence[Series], by: Actor, at: datetime) -> list[SeriesView]:
    """Series with their names and what is to come."""
    names = _names(s, {row.room_id for row in rows})
    return [_view(s, row, names, by, at) for row in rows]


def mine(s: Session, by: Actor, at: datetime, limit: int = 50) -> list[SeriesView]:
    """The active series a person hosts or booked, newest first."""
    query = select(Series).where((col(Series.host_id) == by.person_id) | (col(Series.booked_by_id) == by.person_id))
    rows = list(s.execute(query.where(col(Series.state) == ACTIVE).order_by(col(Series.id).desc()).limit(limit)).scalars())
    return [view for view in views(s, rows, by, at) if view.left or view.asked]


@making.follows
def stand_in(s: Session, booking: Booking, what: str, by: Actor, at: datetime) -> None:
    """A booking that stands in for a date of a series (it was displaced, or its people came late after all) is that date from now on."""
    if what == "made" and booking.replaces_id is not None:
        row = s.execute(select(SeriesDate).where(col(SeriesDate.booking_id) == booking.replaces_id)).scalar_one_or_none()
        if row is not None:
            row.booking_id = booking.id


# ── private ──


def _view(s: Session, row: Series, names: dict[UUID, str], by: Actor, at: datetime) -> SeriesView:
    dates = dates_of(s, row.id)
    ahead = [booking.starts_at for _, booking in dates if booking is not None and is_to_come(booking, at)]
    host = s.get(Person, row.host_id) if row.host_id else None
    department = s.get(Department, row.department_id) if row.department_id else None
    return SeriesView(
        row.id,
        row.title,
        row.room_id,
        names.get(row.room_id, ""),
        row.host_id,
        host.name if host else "",
        department.name if department else "",
        row.rule,
        row.workdays,
        row.zone,
        now_starts(row).isoformat(timespec="seconds"),
        row.minutes,
        row.last_on,
        row.open_ended,
        row.state if row.state != ACTIVE or ahead or row.open_ended else ENDED,
        min(ahead, default=None),
        len(ahead),
        no_shows(row, dates),
        row.asked_at is not None,
        may_change(s, row, by),
        row.version,
    )


def _date_view(
    row: SeriesDate, booking: Booking | None, names: dict[UUID, str], days: dict[date, workdays.DayView], at: datetime
) -> DateView:
    wall = booking.starts_wall if booking else row.starts_wall
    day = date.fromisoformat(wall[:10])
    known = days[day]
    room_id = booking.room_id if booking else row.room_id
    return DateView(
        row.original,
        day,
        booking.starts_at if booking else None,
        (booking.ended_at or booking.ends_at) if booking else None,
        wall,
        booking.ends_wall if booking else row.ends_wall,
        room_id,
        names.get(room_id, ""),
        state_at(booking.state, booking.starts_at, booking.ends_at, at) if booking else "skipped",
        row.reason,
        known.works,
        known.name,
        known.provisional,
        booking is not None and has_own_room(row, booking),
        booking is not None and has_own_time(row, booking),
        booking is None or not is_to_come(booking, at),
        row.booking_id,
    )


def _names(s: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    wanted = list(ids)
    return {row.id: row.name for row in s.execute(select(Place.id, Place.name).where(col(Place.id).in_(wanted)))} if wanted else {}


def _days(s: Session, wanted: Sequence[date]) -> dict[date, workdays.DayView]:
    return {view.day: view for view in workdays.days(s, min(wanted), max(wanted) + timedelta(days=1))}

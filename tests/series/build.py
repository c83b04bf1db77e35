"""Builders for series: a rule in one line, what became of it as plain dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from core.foundation import clock, database
from core.mechanisms.operations import Actor
from core.sections import rooms
from core.sections.bookings import Booking, Claim, series
from core.sections.bookings.claims import LIVE
from core.sections.bookings.series import DateChoice, SeriesCard
from tests.cast import Office


def wall(month: int, day: int, hour: int = 10, minute: int = 0, year: int = 2026) -> datetime:
    """What a room's wall clock reads."""
    return datetime(year, month, day, hour, minute)  # noqa: DTZ001  # a wall time


def plan(office: Office, starts: datetime, rule: str = "", *, room: str = "301", minutes: int = 60, **more: Any) -> series.SeriesPlan:
    return series.SeriesPlan(room_id=office.places[room], starts=starts, minutes=minutes, rule=rule, **more)


def asking(office: Office, starts: datetime, rule: str = "", *, room: str = "301", minutes: int = 60, **more: Any) -> series.CreateSeries:
    return series.CreateSeries(room_id=office.places[room], starts=starts, minutes=minutes, rule=rule, **more)


def make(office: Office, starts: datetime, rule: str = "", *, by: Actor | None = None, at: datetime | None = None, **more: Any) -> UUID:
    """Make the series; it must be accepted."""
    return UUID(office.do(asking(office, starts, rule, **more), by or office.mei, at=at)["id"])


def card(office: Office, series_id: UUID, by: Actor | None = None) -> SeriesCard:
    found = office.read(series.card, series_id, by or office.mei, clock.now())
    assert isinstance(found, SeriesCard)
    return found


def booked(office: Office, series_id: UUID) -> list[str]:
    """The dates that take place, as room and wall time."""
    return [
        f"{view.room.split()[0]} {view.starts_wall[5:16]}"
        for view in card(office, series_id).dates
        if view.state in ("confirmed", "in_use")
    ]


def choice(original: datetime, **what: Any) -> DateChoice:
    return DateChoice(original=original, **what)


def claims_in(office: Office, room: str = "301") -> int:
    with database.reading() as s:
        return len(s.execute(select(Claim).where(col(Claim.room_id) == office.places[room])).scalars().all())


def live_bookings() -> list[Booking]:
    with database.reading() as s:
        return list(s.execute(select(Booking).where(col(Booking.state).in_(LIVE)).order_by(col(Booking.starts_at))).scalars())


def room_in(office: Office, zone: str, short: str = "B1", **facts: Any) -> UUID:
    """A room whose place keeps another zone."""
    from core.mechanisms import places

    do = places.AddPlace(kind=places.PlaceKind.ROOM, name=f"{short} 柏林厅", short_name=short, zone=zone)
    office.places[short] = UUID(office.do(do, office.ada)["place_id"])
    always = {"opens_minute": 0, "closes_minute": 24 * 60, "longest_minutes": 24 * 60, "capacity": 8}
    office.do(rooms.SetUpRoom(room_id=office.places[short], **(always | facts)), office.bo)
    return office.places[short]


def days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]

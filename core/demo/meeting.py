"""The rooms of the sample office: what is booked, who comes, who does not, who goes early."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from core.demo import words
from core.demo.days import LIVELY_DAYS, Calendar, Day, moment
from core.demo.house import LARGE, House
from core.demo.story import Story
from core.mechanisms.operations import SYSTEM
from core.sections import bookings

# Left out of the daily plan: `now` shows each state of a door in some of them, and anybody can walk up to 305.
FREE_ROOMS = ("102", "103", "205", "206", "305")
BOOKED_AHEAD = 5
NO_SHOW, CANCELLED, EARLY = 0.05, 0.09, 0.8
LENGTHS = (30, 45, 60, 60, 60, 90, 90, 120)
PAUSES, LONG_PAUSES = (0, 0, 15, 30, 30, 60, 90), (30, 60, 90, 120)


@dataclass(frozen=True, slots=True)
class Meeting:
    """One planned meeting. `luck` from 0 to 1 decides what becomes of it."""

    key: str
    booking_id: UUID
    room_id: UUID
    starts_at: datetime
    ends_at: datetime
    title: str
    host_id: UUID
    late_minutes: int
    luck: float


def tell(day: Day, calendar: Calendar) -> None:
    """Book the days ahead, then live this one."""
    if day.age > LIVELY_DAYS or not day.works:
        return
    for target in [day.date, *(calendar.next(day.date, n) for n in range(1, BOOKED_AHEAD + 1))]:
        _book(day, plan(day.house, target), target)
    _live(day)


def plan(house: House, target: date) -> list[Meeting]:
    """The meetings of a day, room by room, without overlap."""
    found: list[Meeting] = []
    for short, _, _, seats, _, _ in words.MEETING_ROOMS:
        if short in FREE_ROOMS:
            continue
        dice, number = house.rng("meetings", target, short), 0
        start = moment(target, 8, 30)
        while True:
            start += timedelta(minutes=dice.choice(LONG_PAUSES if seats >= LARGE else PAUSES))
            end = start + timedelta(minutes=dice.choice(LENGTHS))
            if end > moment(target, 18, 30):
                break
            key = f"{target}/{short}/{number}"
            found.append(Meeting(
                key, Story.id("booking", key), house.rooms[short], start, end, dice.choice(words.MEETINGS), dice.choice(house.staff), dice.randint(0, 6), dice.random(),
            ))  # fmt: skip
            start, number = end, number + 1
    return found


def _book(day: Day, meetings: list[Meeting], target: date) -> None:
    """Once: the first lively day books everything up to its horizon, each later one only the day that comes into sight."""
    story = day.house.story
    if not meetings or (target != day.date and story.was_told(f"book/{meetings[-1].key}")):
        return
    for one in meetings:
        create = bookings.CreateBooking(
            id=one.booking_id, room_id=one.room_id, starts_at=one.starts_at, ends_at=one.ends_at, title=one.title, host_id=one.host_id
        )
        # Booked on the day itself only when the story begins with that day; then before anybody comes.
        story.later(
            f"book/{one.key}",
            create,
            day.house.actors["desk"],
            moment(target, 7) - timedelta(days=1) if target == day.date else day.at(8, 5),
        )


def _live(day: Day) -> None:
    for one in plan(day.house, day.date):
        host = day.house.person(one.host_id)
        if one.luck < NO_SHOW:
            if one.room_id in day.house.unchecked:
                continue  # nobody has to check in there, so nobody notices
            day.later(
                f"release/{one.key}",
                bookings.ReleaseBooking(booking_id=one.booking_id),
                SYSTEM,
                one.starts_at + timedelta(minutes=10, seconds=15),
            )
        elif one.luck < CANCELLED:
            day.later(f"cancel/{one.key}", bookings.CancelBooking(booking_id=one.booking_id), host, one.starts_at - timedelta(minutes=25))
        else:
            day.later(
                f"come/{one.key}", bookings.CheckIn(booking_id=one.booking_id), host, one.starts_at + timedelta(minutes=one.late_minutes)
            )
            if one.luck > EARLY and one.ends_at - one.starts_at >= timedelta(minutes=60):
                day.later(f"leave/{one.key}", bookings.EndBooking(booking_id=one.booking_id), host, one.ends_at - timedelta(minutes=15))

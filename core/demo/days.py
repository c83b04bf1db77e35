"""What happens each day in the sample office, told in order from the first day to this moment.

Each day has its own dice, so that a day is the same whenever it is told. Days long past are told with little (rounds, hand-overs, faults), the last
ninety with the supplies people took, the last nine with bookings and visitors. `demo.day_told` marks how far the story got.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.demo.house import House
from core.foundation import clock, database
from core.mechanisms import workdays
from core.mechanisms.operations import SYSTEM, Actor, Operation, Outcome, operation, touch

HISTORY_DAYS = 370
SUPPLY_DAYS = 90
LIVELY_DAYS = 9


class DayTold(Operation):
    """The whole day is on record; a later start goes on with the next one."""

    day: date


@operation(DayTold, "demo.day_told", roles=set())
def day_told(s: Session, do: DayTold, by: Actor, at: datetime) -> None:
    """Only the story itself says so, and only in the sample office."""
    touch(s, "demo", do.day.isoformat())


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the story. What lies after `until` is not told yet; `age` counts days before the day of this start, `number` from the first day."""

    house: House
    date: date
    until: datetime
    age: int
    number: int
    works: bool
    dice: Random

    def at(self, hour: int, minute: int = 0) -> datetime:
        """A moment of this day on the office's wall clock; minutes may run over the hour."""
        return moment(self.date, hour, minute)

    def later(self, key: str, do: Operation, by: Actor, at: datetime, *, device_seq: int | None = None) -> None:
        """Tell this with the next batch, if its time has come."""
        if at <= self.until:
            self.house.story.later(key, do, by, at, device_seq=device_seq)

    def tell(self, key: str, do: Operation, by: Actor, at: datetime) -> Outcome | None:
        """Tell this now; None when its time has not come."""
        return self.house.story.tell(key, do, by, at) if at <= self.until else None

    def result(self, key: str, do: Operation, by: Actor, at: datetime) -> Any:
        """The result of telling this now; None when it was refused or its time has not come."""
        outcome = self.tell(key, do, by, at)
        return outcome.result if outcome is not None and outcome.ok else None

    def pick(self, *, but: UUID | None = None) -> UUID:
        """Somebody of the office by the dice."""
        found = self.dice.choice(self.house.staff)
        return found if found != but else self.dice.choice([one for one in self.house.staff if one != but])


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days the sample office works."""

    working: frozenset[date]

    @classmethod
    def load(cls, first: date, last: date) -> Calendar:
        with database.reading() as s:
            return cls(frozenset(view.day for view in workdays.days(s, first, last + timedelta(days=1)) if view.works))

    def works(self, day: date) -> bool:
        return day in self.working

    def next(self, day: date, n: int = 1) -> date:
        """The n-th working day after `day`, before it when n is negative."""
        step = timedelta(days=1 if n > 0 else -1)
        for _ in range(abs(n)):
            day += step
            while day not in self.working:
                day += step
        return day


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment on the office's wall clock; minutes may run over the hour."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=clock.zone()) + timedelta(minutes=minute)


def missing(house: House, today: date, until: datetime, calendar: Calendar) -> Iterator[Day]:
    """The days to tell: from the first one that is not on record as whole, today included."""
    founded = clock.today(house.founded)
    first = today
    while first > founded + timedelta(days=1) and not house.story.was_told(told_key(first - timedelta(days=1))):
        first -= timedelta(days=1)
    day = first
    while day <= today:
        yield Day(house, day, until, (today - day).days, (day - founded).days, calendar.works(day), house.rng("day", day))
        day += timedelta(days=1)


def close(day: Day) -> None:
    """Note how far the story is told: with yesterday, or with the last day of a month that is long past."""
    if day.age == 1 or (day.date + timedelta(days=1)).day == 1:
        day.later(told_key(day.date), DayTold(day=day.date), SYSTEM, day.at(23, 59))


def told_key(day: date) -> str:
    return f"told/{day}"

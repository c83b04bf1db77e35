"""Working days: which days the office works, and spans counted in them (norms.md 8).

The calendar is the office's own: `calendar_year` says where a year's list came from, `calendar_day` holds only the days off by
law and the make-up Saturdays and Sundays; every other day follows its weekday. It is filled from the `chinesecalendar` package (a job loads
every year the package knows) and can be edited. A year nobody has loaded follows weekends only and is shown as provisional; nothing is
guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar

import chinese_calendar
from chinese_calendar.constants import Holiday, holidays, workdays
from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform_now, touch

FURTHEST_DAYS = 3660
Year = Annotated[int, Input(ge=2000, le=2100)]


class CalendarYear(SQLModel, table=True):
    """A year whose list of days off is known. `source` is `chinesecalendar` or `office`."""

    __tablename__: ClassVar[str] = "calendar_year"
    year: int = Field(primary_key=True)
    source: str
    loaded_at: datetime


class CalendarDay(SQLModel, table=True):
    """A day with a rule of its own: `works` is true on a make-up day, false on a day off."""

    __tablename__: ClassVar[str] = "calendar_day"
    day: date = Field(primary_key=True)
    works: bool
    name: str = ""
    edited: bool = False


@dataclass(frozen=True, slots=True)
class DayView:
    """One day of the calendar. `provisional`: the official list of its year is not loaded, so only weekends are known. `special` days have a
    rule of their own, `edited` ones by the office's word."""

    day: date
    works: bool
    name: str
    provisional: bool
    special: bool = False
    edited: bool = False


# ── operations ──


class LoadCalendarYear(Operation):
    year: Year


@operation(LoadCalendarYear, "calendar.load_year", roles={Role.ADMIN, Role.CLERK})
def load_year(s: Session, do: LoadCalendarYear, by: Actor, at: datetime) -> dict[str, Any]:
    """Take over the package's list of a year; days the office edited stay. Refuses: calendar.year_unknown"""
    if not _package_knows(do.year):
        raise Refused("calendar.year_unknown", year=do.year)
    kept = set(s.execute(select(CalendarDay.day).where(_in_year(do.year))).scalars())
    special = _package_days(do.year)
    s.add_all(CalendarDay(day=day, works=works, name=name) for day, (works, name) in special.items() if day not in kept)
    if s.get(CalendarYear, do.year) is None:
        s.add(CalendarYear(year=do.year, source="chinesecalendar", loaded_at=at))
    touch(s, "calendar", str(do.year))
    return {"year": do.year, "days": len(special)}


class SetCalendarDay(Operation):
    """The office's own word about one day; `works` None takes the edit back (the day follows its weekday again)."""

    day: date
    works: bool | None
    name: Annotated[str, StringConstraints(max_length=40)] = ""


@operation(SetCalendarDay, "calendar.set_day", roles={Role.ADMIN, Role.CLERK})
def set_day(s: Session, do: SetCalendarDay, by: Actor, at: datetime) -> None:
    row = s.get(CalendarDay, do.day)
    if do.works is None:
        if row is not None:
            s.delete(row)
    else:
        row = row or CalendarDay(day=do.day, works=do.works)
        row.works, row.name, row.edited = do.works, do.name, True
        s.add(row)
    touch(s, "calendar", str(do.day.year))


# ── reads ──


def is_workday(s: Session, day: date) -> bool:
    """Whether the office works on `day`. 2026-10-01…07 off, Saturday 2026-10-10 and Sunday 2026-09-20 worked."""
    return _works(_special(s, day, day), day)


def known(s: Session, year: int) -> bool:
    """Whether the list of `year` is loaded (or at hand in the package); otherwise only weekends count and screens say provisional."""
    return s.get(CalendarYear, year) is not None or _package_knows(year)


def add(s: Session, day: date, n: int) -> date:
    """The n-th working day after `day` (before it, when n is negative); `n` = 0 gives `day` itself, or the next working day when it is
    none."""
    special = _special(s, day - timedelta(days=FURTHEST_DAYS if n < 0 else 0), day + timedelta(days=FURTHEST_DAYS if n >= 0 else 0))
    step = timedelta(days=-1 if n < 0 else 1)
    if n == 0:
        while not _works(special, day):
            day += step
        return day
    left = abs(n)
    for _ in range(FURTHEST_DAYS):
        day += step
        left -= _works(special, day)
        if left == 0:
            return day
    raise Refused("calendar.too_far", days=n)


def between(s: Session, start: date, end: date) -> int:
    """Working days in the half-open span (start, end]: Monday to Tuesday is 1, a day to itself 0, backwards is negative."""
    if end < start:
        return -between(s, end, start)
    special = _special(s, start, end)
    return sum(_works(special, start + timedelta(days=i)) for i in range(1, (end - start).days + 1))


def days(s: Session, start: date, end: date) -> Iterator[DayView]:
    """Every day of [start, end) as the calendar knows it."""
    special = _special(s, start, end)
    known_years = {year for year in range(start.year, end.year + 1) if known(s, year)}
    at_hand = (year for year in known_years if s.get(CalendarYear, year) is None)
    names = {day: name for year in at_hand for day, (_, name) in _package_days(year).items()}
    rows = {row.day: row for row in s.execute(select(CalendarDay).where(col(CalendarDay.day).between(start, end))).scalars()}
    names |= {day: row.name for day, row in rows.items()}
    for i in range((end - start).days):
        day = start + timedelta(days=i)
        row = rows.get(day)
        provisional = day.year not in known_years
        yield DayView(day, _works(special, day), names.get(day, ""), provisional, day in special, row is not None and row.edited)


# ── job ──


@job(every_s=6 * 3600)
def load_known_years(at: datetime) -> None:
    """Load last year's, this year's and next year's list as soon as the package knows it."""
    this_year = clock.today(at).year
    with database.reading() as s:
        missing = [year for year in range(this_year - 1, this_year + 2) if _package_knows(year) and s.get(CalendarYear, year) is None]
    for year in missing:
        perform_now(LoadCalendarYear(year=year), by=SYSTEM, at=at, op_id=derived("calendar.load_year", year))


# ── private ──


def _works(special: dict[date, bool], day: date) -> bool:
    return special.get(day, day.weekday() < 5)


def _special(s: Session, start: date, end: date) -> dict[date, bool]:
    """The days of a span that differ from Monday-to-Friday: the table's, and the package's for years the job has not loaded yet."""
    loaded = set(s.execute(select(CalendarYear.year)).scalars())
    found = {
        day: works
        for year in range(start.year, end.year + 1)
        if year not in loaded and _package_knows(year)
        for day, (works, _) in _package_days(year).items()
    }
    rows = s.execute(select(CalendarDay.day, CalendarDay.works).where(col(CalendarDay.day).between(start, end)))
    found.update({row.day: row.works for row in rows})
    return found


def _in_year(year: int) -> Any:
    return col(CalendarDay.day).between(date(year, 1, 1), date(year, 12, 31))


def _package_knows(year: int) -> bool:
    try:
        chinese_calendar.is_workday(date(year, 6, 1))
    except NotImplementedError:
        return False
    return True


_cache: dict[int, dict[date, tuple[bool, str]]] = {}


def _package_days(year: int) -> dict[date, tuple[bool, str]]:
    if year not in _cache:
        off = {day: (False, Holiday(name).chinese) for day, name in holidays.items() if day.year == year}
        made_up = {day: (True, Holiday(name).chinese) for day, name in workdays.items() if day.year == year}
        _cache[year] = off | made_up
    return _cache[year]

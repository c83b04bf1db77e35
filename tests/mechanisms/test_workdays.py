"""Which days the office works (norms.md 8)."""

from __future__ import annotations

from datetime import date

import pytest

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.mechanisms import workdays
from tests.cast import Office

OCTOBER = [date(2026, 10, day) for day in range(1, 8)]


@pytest.fixture(params=["from the package", "from the table"])
def calendar(request: pytest.FixtureRequest, office: Office) -> Office:
    """The facts hold before the job has filled the table and after."""
    if request.param == "from the table":
        workdays.load_known_years(clock.now())
        with database.reading() as s:
            assert s.get(workdays.CalendarYear, 2026) is not None and s.get(workdays.CalendarYear, 2027) is None
    return office


@pytest.mark.parametrize("day", [*OCTOBER, date(2026, 9, 25), date(2026, 9, 26), date(2026, 9, 27), date(2026, 11, 21)])
def test_days_off(calendar: Office, day: date) -> None:
    assert not calendar.read(workdays.is_workday, day)


@pytest.mark.parametrize("day", [date(2026, 10, 10), date(2026, 9, 20), date(2026, 10, 8), date(2026, 11, 23)])
def test_days_that_are_worked_make_up_days_too(calendar: Office, day: date) -> None:
    assert calendar.read(workdays.is_workday, day)


@pytest.mark.parametrize(("start", "n", "end"), [
    (date(2026, 9, 30), 1, date(2026, 10, 8)), (date(2026, 9, 30), 3, date(2026, 10, 10)), (date(2026, 10, 8), -1, date(2026, 9, 30)),
    (date(2026, 11, 20), 1, date(2026, 11, 23)), (date(2026, 11, 21), 0, date(2026, 11, 23)), (date(2026, 11, 23), 0, date(2026, 11, 23)),
])  # fmt: skip
def test_working_days_are_counted_across_holidays(calendar: Office, start: date, n: int, end: date) -> None:
    assert calendar.read(workdays.add, start, n) == end
    if n:
        assert calendar.read(workdays.between, start, end) == n


def test_a_year_nobody_has_loaded_knows_weekends_only_and_says_so(calendar: Office) -> None:
    assert not calendar.read(workdays.known, 2027)
    assert calendar.read(workdays.is_workday, date(2027, 10, 1)) and not calendar.read(workdays.is_workday, date(2027, 10, 2))
    shown = calendar.read(lambda s: list(workdays.days(s, date(2026, 12, 31), date(2027, 1, 2))))
    assert [day.provisional for day in shown] == [False, True]
    assert calendar.refused(workdays.LoadCalendarYear(year=2027), calendar.bo).code == "calendar.year_unknown"


def test_the_office_has_the_last_word_about_a_day(calendar: Office) -> None:
    day = date(2026, 11, 24)
    calendar.do(workdays.SetCalendarDay(day=day, works=False, name="搬家"), calendar.bo)
    assert not calendar.read(workdays.is_workday, day)
    assert calendar.read(workdays.add, date(2026, 11, 23), 1) == date(2026, 11, 25)
    calendar.do(workdays.LoadCalendarYear(year=2026), calendar.bo)  # loading again keeps what the office said
    assert not calendar.read(workdays.is_workday, day)
    calendar.do(workdays.SetCalendarDay(day=day, works=None), calendar.bo)
    assert calendar.read(workdays.is_workday, day)
    assert calendar.refused(workdays.SetCalendarDay(day=day, works=False), calendar.mei).code == "op.not_allowed"


def test_a_day_too_far_away_is_refused_and_never_loops(calendar: Office) -> None:
    with pytest.raises(Refused) as far:
        calendar.read(workdays.add, date(2026, 1, 1), 5000)
    assert far.value.code == "calendar.too_far"

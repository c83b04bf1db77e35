"""The recurrence examples of RFC 5545, section 3.8.5.3, through the booking API: a room in New York in 1997, every date a booking.

`forever` marks the examples the text ends with "…": the listed dates are the first ones. A series books up to 400 days ahead, so of longer
lists the API is held to the dates within its reach and the rule itself to all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from core.foundation import clock
from core.mechanisms.operations import perform_now
from core.sections import rooms
from core.sections.bookings.series import CancelSeries, rules
from tests.cast import Office
from tests.series.build import asking, card, room_in

NEW_YORK = ZoneInfo("America/New_York")
SEP2 = "1997-09-02"


def days(*groups: str) -> list[str]:
    """`1997-09 2,3,4` → those days."""
    return [f"{month}-{int(day):02d}" for group in groups for month, _, numbers in (group.partition(" "),) for day in numbers.split(",")]


def every(first: str, last: str, step: int = 1) -> list[str]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(start + timedelta(days=n)).isoformat() for n in range(0, (end - start).days + 1, step)]


# name, first day, rule, the days (at 9:00) or moments the text lists, whether it goes on
EXAMPLES: list[tuple[str, str, str, list[str], bool]] = [
    ("daily for 10 occurrences", SEP2, "FREQ=DAILY;COUNT=10", every(SEP2, "1997-09-11"), False),
    ("daily until December 24", SEP2, "FREQ=DAILY;UNTIL=19971224T000000Z", every(SEP2, "1997-12-23"), False),
    ("every other day", SEP2, "FREQ=DAILY;INTERVAL=2", every(SEP2, "1997-12-03", 2), True),
    ("every 10 days, 5 occurrences", SEP2, "FREQ=DAILY;INTERVAL=10;COUNT=5", every(SEP2, "1997-10-12", 10), False),
    (
        "every day in January for 3 years", "1998-01-01", "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
        [day for year in (1998, 1999, 2000) for day in every(f"{year}-01-01", f"{year}-01-31")], False,
    ),
    (
        "every day in January, the other way", "1998-01-01", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1",
        [day for year in (1998, 1999, 2000) for day in every(f"{year}-01-01", f"{year}-01-31")], False,
    ),
    ("weekly for 10 occurrences", SEP2, "FREQ=WEEKLY;COUNT=10", every(SEP2, "1997-11-04", 7), False),
    ("weekly until December 24", SEP2, "FREQ=WEEKLY;UNTIL=19971224T000000Z", every(SEP2, "1997-12-23", 7), False),
    (
        "every other week", SEP2, "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        days("1997-09 2,16,30", "1997-10 14,28", "1997-11 11,25", "1997-12 9,23", "1998-01 6,20", "1998-02 3,17"), True,
    ),
    ("weekly on Tuesday and Thursday for five weeks", SEP2, "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", days("1997-09 2,4,9,11,16,18,23,25,30", "1997-10 2"), False),
    ("the same by number", SEP2, "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", days("1997-09 2,4,9,11,16,18,23,25,30", "1997-10 2"), False),
    (
        "every other week on Monday, Wednesday and Friday until December 24", "1997-09-01", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        days("1997-09 1,3,5,15,17,19,29", "1997-10 1,3,13,15,17,27,29,31", "1997-11 10,12,14,24,26,28", "1997-12 8,10,12,22"), False,
    ),
    ("every other week on Tuesday and Thursday, 8 occurrences", SEP2, "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", days("1997-09 2,4,16,18,30", "1997-10 2,14,16"), False),
    (
        "monthly on the first Friday, 10 occurrences", "1997-09-05", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
        days("1997-09 5", "1997-10 3", "1997-11 7", "1997-12 5", "1998-01 2", "1998-02 6", "1998-03 6", "1998-04 3", "1998-05 1", "1998-06 5"), False,
    ),
    ("monthly on the first Friday until December 24", "1997-09-05", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", days("1997-09 5", "1997-10 3", "1997-11 7", "1997-12 5"), False),
    (
        "every other month on the first and last Sunday", "1997-09-07", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        days("1997-09 7,28", "1997-11 2,30", "1998-01 4,25", "1998-03 1,29", "1998-05 3,31"), False,
    ),
    (
        "monthly on the second-to-last Monday", "1997-09-22", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
        days("1997-09 22", "1997-10 20", "1997-11 17", "1997-12 22", "1998-01 19", "1998-02 16"), False,
    ),
    (
        "monthly on the third-to-the-last day", "1997-09-28", "FREQ=MONTHLY;BYMONTHDAY=-3",
        days("1997-09 28", "1997-10 29", "1997-11 28", "1997-12 29", "1998-01 29", "1998-02 26"), True,
    ),
    (
        "monthly on the 2nd and 15th", SEP2, "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
        days("1997-09 2,15", "1997-10 2,15", "1997-11 2,15", "1997-12 2,15", "1998-01 2,15"), False,
    ),
    (
        "monthly on the first and last day", "1997-09-30", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        days("1997-09 30", "1997-10 1,31", "1997-11 1,30", "1997-12 1,31", "1998-01 1,31", "1998-02 1"), False,
    ),
    (
        "every 18 months on the 10th to 15th", "1997-09-10", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        days("1997-09 10,11,12,13,14,15", "1999-03 10,11,12,13"), False,
    ),
    (
        "every Tuesday, every other month", SEP2, "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        days("1997-09 2,9,16,23,30", "1997-11 4,11,18,25", "1998-01 6,13,20,27", "1998-03 3,10,17,24,31"), True,
    ),
    (
        "yearly in June and July", "1997-06-10", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        [f"{year}-{month}-10" for year in range(1997, 2002) for month in ("06", "07")], False,
    ),
    (
        "every other year in January, February and March", "1997-03-10", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        ["1997-03-10", *(f"{year}-{month}-10" for year in (1999, 2001, 2003) for month in ("01", "02", "03"))], False,
    ),
    (
        "every third year on the 1st, 100th and 200th day", "1997-01-01", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
        days("1997-01 1", "1997-04 10", "1997-07 19", "2000-01 1", "2000-04 9", "2000-07 18", "2003-01 1", "2003-04 10", "2003-07 19", "2006-01 1"), False,
    ),
    ("every 20th Monday of the year", "1997-05-19", "FREQ=YEARLY;BYDAY=20MO", days("1997-05 19", "1998-05 18", "1999-05 17"), True),
    ("Monday of week 20", "1997-05-12", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", days("1997-05 12", "1998-05 11", "1999-05 17"), True),
    ("every Thursday in March", "1997-03-13", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", days("1997-03 13,20,27", "1998-03 5,12,19,26", "1999-03 4,11,18,25"), True),
    (
        "every Thursday in summer", "1997-06-05", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        [*every("1997-06-05", "1997-08-28", 7), *every("1998-06-04", "1998-08-27", 7), *every("1999-06-03", "1999-08-26", 7)], True,
    ),
    ("every Friday the 13th", SEP2, "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", days("1998-02 13", "1998-03 13", "1998-11 13", "1999-08 13", "2000-10 13"), True),
    (
        "the Saturday after the first Sunday", "1997-09-13", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        days("1997-09 13", "1997-10 11", "1997-11 8", "1997-12 13", "1998-01 10", "1998-02 7", "1998-03 7", "1998-04 11", "1998-05 9", "1998-06 13"), True,
    ),
    (
        "U.S. presidential election day", "1996-11-05", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        days("1996-11 5", "2000-11 7", "2004-11 2"), True,
    ),
    ("the third Tuesday, Wednesday or Thursday", "1997-09-04", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", days("1997-09 4", "1997-10 7", "1997-11 6"), False),
    (
        "the second-to-last weekday", "1997-09-29", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        days("1997-09 29", "1997-10 30", "1997-11 27", "1997-12 30", "1998-01 29", "1998-02 26", "1998-03 30"), True,
    ),
    ("every 3 hours from 9 to 17 on one day", SEP2, "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z", [f"{SEP2}T{hour:02d}:00" for hour in (9, 12, 15)], False),
    ("every 15 minutes, 6 occurrences", SEP2, "FREQ=MINUTELY;INTERVAL=15;COUNT=6", [f"{SEP2}T{at}" for at in ("09:00", "09:15", "09:30", "09:45", "10:00", "10:15")], False),
    ("every hour and a half, 4 occurrences", SEP2, "FREQ=MINUTELY;INTERVAL=90;COUNT=4", [f"{SEP2}T{at}" for at in ("09:00", "10:30", "12:00", "13:30")], False),
    (
        "every 20 minutes from 9 to 16:40", SEP2, "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40",
        [f"{day}T{hour:02d}:{minute:02d}" for day in (SEP2, "1997-09-03") for hour in range(9, 17) for minute in (0, 20, 40)], True,
    ),
    (
        "the same, said by the minute", SEP2, "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16",
        [f"{day}T{hour:02d}:{minute:02d}" for day in (SEP2, "1997-09-03") for hour in range(9, 17) for minute in (0, 20, 40)], True,
    ),
    ("weeks begin on Monday", "1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", days("1997-08 5,10,19,24"), False),
    ("weeks begin on Sunday", "1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", days("1997-08 5,17,19,31"), False),
    (
        "an invalid date is left out", "2007-01-15", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
        days("2007-01 15,30", "2007-02 15", "2007-03 15,30"), False,
    ),
]  # fmt: skip


def walls(listed: list[str]) -> list[datetime]:
    return [datetime.fromisoformat(one if "T" in one else f"{one}T09:00") for one in listed]


@pytest.mark.proves("V12", "V16", "S1.3-R1")
@pytest.mark.parametrize(("first", "rule", "listed", "forever"), [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES])
def test_the_examples_of_the_standard_give_its_dates(first: str, rule: str, listed: list[str], forever: bool) -> None:
    starts = datetime.fromisoformat(f"{first}T09:00")
    found = list(islice(rules.walls(rule, starts, NEW_YORK, date(2010, 1, 1)), len(listed) + 1))
    assert found[: len(listed)] == walls(listed)
    assert (len(found) > len(listed)) == forever


@pytest.mark.proves("V12", "V07", "V16")
def test_the_examples_of_the_standard_become_bookings_of_a_room_in_new_york(office: Office) -> None:
    room_in(office, str(NEW_YORK), "NY")
    for name, first, rule, listed, _forever in EXAMPLES:
        starts = datetime.fromisoformat(f"{first}T09:00")
        at = starts.replace(tzinfo=UTC) - timedelta(days=1)
        reach = at + timedelta(days=rooms.FARTHEST_DAYS)
        within = [wall for wall in walls(listed) if clock.from_wall(wall, NEW_YORK) <= reach]
        last_on = min(within[-1], reach.replace(tzinfo=None) - timedelta(days=1)).date()
        clock.freeze(at)
        outcome = perform_now(asking(office, starts, rule, room="NY", minutes=10, last_on=last_on), by=office.mei, at=at)
        assert outcome.ok, (name, outcome)
        made = UUID(outcome.result["id"])
        dates = card(office, made).dates
        assert [view.starts_wall[:16] for view in dates] == [wall.isoformat(timespec="minutes") for wall in within], name
        assert all(view.starts_at == clock.from_wall(datetime.fromisoformat(view.starts_wall), NEW_YORK) for view in dates), name
        office.do(CancelSeries(series_id=made), office.mei, at=at)  # the next example wants the same mornings

"""Wall time holds: summer time, hours that are missing or come twice, laws that change a zone; wherever the server stands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.foundation import clock
from core.foundation.errors import Refused
from core.foundation.i18n import t
from core.sections import bookings
from core.sections.bookings import series
from core.sections.bookings.series import ChangeSeries, follow_zones
from tests.cast import Office
from tests.live import ROOT
from tests.rooms.doors import set_up_rooms
from tests.series.build import asking, booked, card, choice, live_bookings, make, plan, room_in, wall

BERLIN = "Europe/Berlin"


@pytest.fixture
def berlin(office: Office) -> Office:
    """A house with a room B1 in Berlin."""
    set_up_rooms(office)
    room_in(office, BERLIN)
    return office


@pytest.mark.proves("Front desk 5", "V16")
def test_a_weekly_meeting_in_berlin_keeps_nine_o_clock_through_the_change_to_summer_time(berlin: Office) -> None:
    made = make(berlin, wall(3, 15, 9, year=2027), "FREQ=WEEKLY;COUNT=4", room="B1")
    dates = card(berlin, made).dates
    assert [view.starts_wall[11:] for view in dates] == ["09:00:00"] * 4
    assert [view.starts_at.hour for view in dates] == [8, 8, 7, 7]
    assert [booking.zone for booking in live_bookings()] == [BERLIN] * 4
    assert [view.ends_at - view.starts_at for view in dates] == [timedelta(hours=1)] * 4


@pytest.mark.proves("Front desk 5", "V16")
def test_a_booking_over_the_missing_hour_lasts_one_real_hour_and_one_that_begins_in_it_is_refused_in_words(berlin: Office) -> None:
    made = make(berlin, wall(3, 28, 1, 30, year=2027), "FREQ=DAILY;COUNT=1", room="B1", minutes=120)
    (view,) = card(berlin, made).dates
    assert (view.starts_wall[11:16], view.ends_wall[11:16]) == ("01:30", "03:30")
    assert view.ends_at - view.starts_at == timedelta(hours=1)
    asked = plan(berlin, wall(3, 27, 2, 10, year=2027), "FREQ=DAILY;COUNT=3", room="B1", minutes=30)
    shown = berlin.read(series.preview, asked, berlin.mei, clock.now())
    assert [row.state for row in shown.rows] == ["free", "time.not_on_clock", "free"]
    assert shown.rows[1].facts == {"time": "02:10", "day": "2027-03-28", "reads": "03:10"}
    refused = berlin.refused(asking(berlin, wall(3, 27, 2, 10, year=2027), "FREQ=DAILY;COUNT=3", room="B1", minutes=30), berlin.mei)
    assert [one["code"] for one in refused.facts["dates"]] == ["time.not_on_clock"]
    assert "02:10" in t("time.not_on_clock", "en", **shown.rows[1].facts)
    moved = choice(wall(3, 28, 2, 10, year=2027), starts=wall(3, 28, 4, year=2027), ends=wall(3, 28, 4, 30, year=2027))
    kept = make(berlin, wall(3, 27, 2, 10, year=2027), "FREQ=DAILY;COUNT=3", room="B1", minutes=30, choices=(moved,))
    assert booked(berlin, kept) == ["B1 03-27T02:10", "B1 03-28T04:00", "B1 03-29T02:10"]


@pytest.mark.proves("V16")
def test_of_an_hour_that_comes_twice_the_first_is_meant_and_the_long_night_is_not_too_long(berlin: Office) -> None:
    made = make(berlin, wall(10, 31, 2, 30, year=2027), "FREQ=DAILY;COUNT=1", room="B1", minutes=60)
    (view,) = card(berlin, made).dates
    assert view.starts_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC) and view.ends_at - view.starts_at == timedelta(hours=2)
    night = [clock.from_wall(wall(month, day, 0, year=2027), ZoneInfo(BERLIN)) for month, day in ((11, 1), (11, 2), (10, 31))]
    assert night[0] - night[2] == timedelta(hours=25)
    berlin.do(bookings.CancelBooking(booking_id=view.booking_id), berlin.mei)
    berlin.do(bookings.CreateBooking(room_id=berlin.places["B1"], starts_at=night[2], ends_at=night[0]), berlin.mei)  # one day on the wall
    longer = bookings.CreateBooking(room_id=berlin.places["B1"], starts_at=night[0], ends_at=night[1] + timedelta(minutes=1))
    assert berlin.refused(longer, berlin.mei).code == "booking.too_long"


@pytest.mark.proves("V16")
@pytest.mark.parametrize("minute", range(0, 60, 15))
def test_every_quarter_of_the_missing_hour_is_missing_and_its_neighbours_are_there(minute: int) -> None:
    zone = ZoneInfo(BERLIN)
    with pytest.raises(Refused, match="not_on_clock"):
        clock.from_wall(wall(3, 28, 2, minute, year=2027), zone)
    assert clock.from_wall(wall(3, 28, 3, year=2027), zone) - clock.from_wall(wall(3, 28, 1, 59, year=2027), zone) == timedelta(minutes=1)


@pytest.mark.proves("V19")
def test_a_date_over_midnight_in_utc_is_one_day_in_shanghai(berlin: Office) -> None:
    room_in(berlin, "Asia/Shanghai", "W1")
    made = make(berlin, wall(11, 30, 7, 45), "FREQ=DAILY;COUNT=2", room="W1", minutes=30)
    assert booked(berlin, made) == ["W1 11-30T07:45", "W1 12-01T07:45"]
    assert [view.day for view in card(berlin, made).dates] == [date(2026, 11, 30), date(2026, 12, 1)]


# ── the law changes ──


@pytest.fixture
def no_more_winter_time(tmp_path: Path) -> Iterator[None]:
    """Zone data of tomorrow: Vancouver no longer sets its clocks back (it keeps UTC−7)."""
    (tmp_path / "America").mkdir()
    with resources.as_file(resources.files("tzdata") / "zoneinfo" / "Etc" / "GMT+7") as fixed:
        shutil.copy(fixed, tmp_path / "America" / "Vancouver")
    before = zoneinfo.TZPATH

    def swap(path: tuple[str, ...]) -> None:
        zoneinfo.reset_tzpath(path)
        ZoneInfo.clear_cache()

    swap((str(tmp_path), *before))
    yield
    swap(before)


def test_zone_data_can_be_swapped_at_all(no_more_winter_time: None) -> None:
    assert clock.from_wall(wall(12, 7, 9), ZoneInfo("America/Vancouver")) == datetime(2026, 12, 7, 16, tzinfo=UTC)


@pytest.mark.proves("V17")
def test_when_a_law_changes_a_zone_the_wall_times_stay_and_the_moments_follow(office: Office, request: pytest.FixtureRequest) -> None:
    room_in(office, "America/Vancouver", "V1")
    made = make(office, wall(11, 30, 9), "FREQ=WEEKLY;COUNT=3", room="V1", minutes=60)
    back_to_back = make(office, wall(11, 30, 10), "FREQ=WEEKLY;COUNT=3", room="V1", minutes=60)
    assert [booking.starts_at.hour for booking in live_bookings()] == [17, 18] * 3
    clock.freeze(datetime(2026, 12, 1, 12, tzinfo=UTC))  # the first Monday is past
    request.getfixturevalue("no_more_winter_time")
    assert follow_zones(clock.now()) == 4
    assert follow_zones(clock.now()) == 0
    assert [booking.starts_at.hour for booking in live_bookings()] == [17, 18, 16, 17, 16, 17]  # what is past stays as it was
    for one in (made, back_to_back):
        assert {view.starts_wall[11:16] for view in card(office, one).dates if not view.over} in ({"09:00"}, {"10:00"})
    at = datetime(2026, 12, 7, 16, tzinfo=UTC)
    clash = bookings.CreateBooking(room_id=office.places["V1"], starts_at=at, ends_at=at + timedelta(minutes=30))
    assert office.refused(clash, office.wu).code == "booking.clash"
    office.do(ChangeSeries(series_id=made, title="x"), office.mei)
    assert not any(view.changed_time for view in card(office, made).dates)  # following the law is nobody's exception


# ── wherever the server stands ──

ZONED = """
import json, sys, time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from core.foundation import clock
from core.sections.bookings.calendars import ics
from core.sections.bookings.series import rules
time.tzset()
zone = ZoneInfo("Europe/Berlin")
walls = rules.walls("FREQ=WEEKLY;COUNT=4", datetime(2027, 3, 15, 9), zone, datetime(2027, 12, 31).date())
lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:a@x", "DTSTART:20270315T090000", "DTEND:20270315T100000", "RRULE:FREQ=WEEKLY;COUNT=4", "END:VEVENT", "END:VCALENDAR"]
events = ics.read("\\r\\n".join(lines), zone, datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC)).events
late = clock.from_wall(datetime(2026, 11, 24, 7, 45), ZoneInfo("Asia/Shanghai"))
print(json.dumps([[clock.from_wall(wall, zone).isoformat() for wall in walls], [event.starts_at.isoformat() for event in events], str(clock.today(late))]))
"""


@pytest.mark.proves("Front desk 5", "V18", "V19", "V20")
def test_dates_and_zoneless_events_are_the_same_wherever_the_server_stands(tmp_path: Path) -> None:
    script = tmp_path / "zoned.py"
    script.write_text(ZONED)
    said = {}
    for machine in ("UTC", "Asia/Shanghai", "America/Los_Angeles"):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FOYER_")} | {
            "TZ": machine,
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(
            [sys.executable, str(script)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=True
        )
        said[machine] = done.stdout
    assert len(set(said.values())) == 1
    walls, events, day = json.loads(said["UTC"])
    assert (
        walls == events == [f"2027-{day}T{hour:02d}:00:00+00:00" for day, hour in (("03-15", 8), ("03-22", 8), ("03-29", 7), ("04-05", 7))]
    )
    assert day == "2026-11-24"

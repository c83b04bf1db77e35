"""What other programs write, read as moments of a room: every shape of time, rules with exceptions, and hostile files."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.foundation import clock
from core.foundation.errors import Refused
from core.sections import rooms
from core.sections.bookings import calendars
from core.sections.bookings.calendars import ics
from tests.calendars.servers import calendar, event, utc, vevent
from tests.cast import Office
from tests.rooms.doors import set_up_rooms
from tests.series.build import live_bookings

SHANGHAI = ZoneInfo("Asia/Shanghai")
SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)

VTIMEZONE = (
    "BEGIN:VTIMEZONE", "TZID:Office standard", "BEGIN:STANDARD", "DTSTART:16010101T000000", "TZOFFSETFROM:+0300", "TZOFFSETTO:+0300", "END:STANDARD", "END:VTIMEZONE",
)  # fmt: skip


def read(text: str, zone: ZoneInfo = SHANGHAI) -> ics.Reading:
    return ics.read(text, zone, SINCE, UNTIL)


def starts(text: str, zone: ZoneInfo = SHANGHAI) -> list[datetime]:
    reading = read(text, zone)
    assert reading.unreadable == ()
    return [one.starts_at for one in reading.events]


@pytest.mark.proves("V18", "V19", "V20")
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("DTSTART:20261124T020000Z", "DTEND:20261124T030000Z"), (utc(2), utc(3))),
        (("DTSTART:20261124T100000", "DTEND:20261124T110000"), (utc(2), utc(3))),
        (("DTSTART;TZID=Europe/Berlin:20261124T100000", "DTEND;TZID=Europe/Berlin:20261124T110000"), (utc(9), utc(10))),
        (("DTSTART;TZID=China Standard Time:20261124T100000", "DURATION:PT1H"), (utc(2), utc(3))),
        (("DTSTART;TZID=Office standard:20261124T100000", "DURATION:PT90M"), (utc(7), utc(8, 30))),
        (("DTSTART;VALUE=DATE:20261124",), (utc(16, day=23), utc(16))),
        (("DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261126"), (utc(16, day=23), utc(16, day=25))),
        (("DTSTART:20261124T074500", "DTEND:20261124T081500"), (utc(23, 45, day=23), utc(0, 15))),
    ],
)
def test_every_shape_of_time_is_one_moment(lines: tuple[str, ...], expected: tuple[datetime, datetime]) -> None:
    (found,) = read(calendar(*VTIMEZONE, *vevent("a@x", *lines))).events
    assert (found.starts_at, found.ends_at) == expected


@pytest.mark.proves("V12", "V09")
def test_moved_and_cancelled_dates_of_a_rule_replace_the_rules_own() -> None:
    master = vevent(
        "w@x",
        "DTSTART;TZID=Europe/Berlin:20270315T090000",
        "DTEND;TZID=Europe/Berlin:20270315T100000",
        "RRULE:FREQ=WEEKLY;COUNT=5",
        "EXDATE;TZID=Europe/Berlin:20270405T090000",
        "RDATE:20270401T120000Z",
    )
    moved = vevent(
        "w@x", "RECURRENCE-ID;TZID=Europe/Berlin:20270322T090000", "DTSTART:20270323T130000Z", "DTEND:20270323T140000Z", "SEQUENCE:1"
    )
    off = vevent(
        "w@x",
        "RECURRENCE-ID;TZID=Europe/Berlin:20270412T090000",
        "DTSTART;TZID=Europe/Berlin:20270412T090000",
        "DTEND;TZID=Europe/Berlin:20270412T100000",
        "STATUS:CANCELLED",
    )
    reading = read(calendar(*master, *moved, *off))
    table = [(one.starts_at, one.recurrence, one.cancelled) for one in reading.events]
    assert table == [
        (datetime(2027, 3, 15, 8, tzinfo=UTC), "20270315T080000Z", False),
        (datetime(2027, 3, 23, 13, tzinfo=UTC), "20270322T080000Z", False),
        (datetime(2027, 3, 29, 7, tzinfo=UTC), "20270329T070000Z", False),
        (datetime(2027, 4, 1, 12, tzinfo=UTC), "20270401T120000Z", False),
        (datetime(2027, 4, 12, 7, tzinfo=UTC), "20270412T070000Z", True),
    ]


def test_of_two_versions_of_one_event_the_later_counts() -> None:
    old = vevent("a@x", "DTSTART:20261124T020000Z", "DTEND:20261124T030000Z", "SEQUENCE:1")
    new = vevent("a@x", "DTSTART:20261124T050000Z", "DTEND:20261124T060000Z", "SEQUENCE:2")
    assert starts(calendar(*new, *old)) == [utc(5)]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("SUMMARY:no time",), "calendar.event_unreadable"),
        (("DTSTART:20261124T030000Z", "DTEND:20261124T020000Z"), "calendar.event_span"),
        (("DTSTART:20261124T030000Z", "DTEND:20271124T020000Z"), "calendar.event_span"),
        (("DTSTART:20261124T030000Z", "DURATION:PT1H", "RRULE:FREQ=SECONDLY"), "series.rule_wrong"),
        (("DTSTART:99991231T235959Z", "DURATION:P30D"), "calendar.event_unreadable"),
    ],
)
def test_an_event_nobody_can_understand_is_named_and_its_neighbours_are_read(lines: tuple[str, ...], code: str) -> None:
    reading = read(calendar(*vevent("bad@x", *lines), *vevent("good@x", "DTSTART:20261124T020000Z", "DTEND:20261124T030000Z")))
    assert [(one.uid, one.code) for one in reading.unreadable] == [("bad@x", code)]
    assert [one.uid for one in reading.events] == ["good@x"]


@pytest.mark.parametrize(
    "text",
    ["", "hello", "<html>", "BEGIN:VCALENDAR", "BEGIN:VCARD\r\nEND:VCARD", "\x00\x01", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR"],
)
def test_what_is_no_calendar_is_refused_or_empty_and_never_a_crash(text: str) -> None:
    try:
        assert read(text).events == ()
    except Refused as refusal:
        assert refusal.code == "calendar.not_a_calendar"


PIECES = [
    *"BEGINDTSTART20261124T0Z;=,:",
    "\r\n",
    "BEGIN:VEVENT\r\n",
    "RRULE:FREQ=DAILY;",
    "END:VEVENT\r\n",
    "UID:x\r\n",
    "EXDATE:",
    "DURATION:-P1D\r\n",
    "DTSTART:20261124T020000Z\r\n",
    "RECURRENCE-ID:20261124T020000Z\r\n",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_no_file_makes_the_reader_fall_over(middle: str) -> None:
    try:
        read(f"BEGIN:VCALENDAR\r\n{middle}\r\nEND:VCALENDAR\r\n")
    except Refused as refusal:
        assert refusal.code.startswith(("calendar.", "series."))


def test_a_flood_of_events_is_refused_and_a_rule_for_ever_ends_at_the_horizon() -> None:
    flood = [line for n in range(ics.MOST_EVENTS + 1) for line in vevent(f"{n}@x", "DTSTART:20261124T020000Z", "DTEND:20261124T030000Z")]
    with pytest.raises(Refused, match="too_many"):
        read(calendar(*flood))
    with pytest.raises(Refused, match="too_big"):
        read("BEGIN:VCALENDAR" + "x" * ics.MOST_BYTES)
    assert len(starts(calendar(*vevent("e@x", "DTSTART:20261124T020000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY")))) == 372


# ── bringing a file in ──


@pytest.fixture
def house(office: Office) -> Office:
    set_up_rooms(office)
    return office


def bring(office: Office, text: str) -> calendars.ImportCalendar:
    return calendars.ImportCalendar(room_id=office.places["301"], text=text, name="rooms.ics")


FILE = calendar(
    *vevent("a@x", "DTSTART:20261124T020000Z", "DTEND:20261124T030000Z", "SUMMARY:甲"),
    *vevent("b@x", "DTSTART:20261124T023000Z", "DTEND:20261124T040000Z", "SUMMARY:乙"),
    *vevent("c@x", "DTSTART:20261101T020000Z", "DTEND:20261101T030000Z", "SUMMARY:过去"),
    *vevent("d@x", "DTSTART:20261125T020000Z", "DTEND:20261125T030000Z", "SUMMARY:不占", "TRANSP:TRANSPARENT"),
    *vevent("e@x", "DTSTART:20261126T200000Z", "DTEND:20261126T210000Z", "SUMMARY:半夜"),
    *vevent("f@x", "DTSTART:20261127T020000Z", "SUMMARY:没完"),
    *vevent("g@x", "DTSTART:20261130T020000Z", "DTEND:20261130T030000Z", "SUMMARY:周会", "RRULE:FREQ=WEEKLY;COUNT=3"),
)  # fmt: skip


@pytest.mark.proves("V03", "V07", "V13")
def test_a_dry_run_says_exactly_what_bringing_the_file_in_does_and_writes_nothing(house: Office) -> None:
    do = bring(house, FILE)
    dry = house.read(calendars.dry_run, do, house.ann, clock.now())
    assert live_bookings() == [] and house.audit("calendar.import") == []
    real = house.do(do, house.ann)

    def told(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
        return sorted((row["uid"], row["recurrence"], row["action"], row["code"]) for row in rows)  # type: ignore[type-var]

    assert told(dry["rows"]) == told(real["rows"]) and dry["totals"] == real["totals"]
    assert real["totals"] == {"create": 4, "update": 0, "skip": 1, "error": 3}
    assert {(row["uid"], row["code"]) for row in real["rows"] if row["action"] == "error"} == {
        ("b@x", "booking.clash"), ("e@x", "booking.outside_hours"), ("f@x", "calendar.event_span"),
    }  # fmt: skip
    for rows in (dry["rows"], real["rows"]):  # until when it is taken is said beforehand, too
        (clash,) = [row["facts"] for row in rows if row["uid"] == "b@x"]
        assert (clash["from"], clash["until"]) == ("2026-11-24T02:00:00Z", "2026-11-24T03:00:00Z")
    assert [booking.title for booking in live_bookings()] == ["甲", "周会", "周会", "周会"]
    assert {booking.via for booking in live_bookings()} == {"calendar"}


@pytest.mark.proves("V27", "V12")
def test_the_same_file_twice_books_nothing_twice_and_a_changed_one_moves_what_it_moved(house: Office) -> None:
    first = house.do(bring(house, FILE), house.ann)
    again = house.do(bring(house, FILE), house.ann)
    assert first["totals"]["create"] == 4 and again["totals"]["create"] == 0 and len(live_bookings()) == 4
    moved = FILE.replace("DTSTART:20261124T020000Z", "DTSTART:20261124T050000Z").replace("DTEND:20261124T030000Z", "DTEND:20261124T060000Z")
    third = house.do(bring(house, moved), house.ann)
    assert {row["uid"]: row["action"] for row in third["rows"] if row["uid"] in ("a@x", "b@x")} == {"a@x": "update", "b@x": "create"}
    assert [booking.starts_at for booking in live_bookings()][:2] == [utc(2, 30), utc(5)]


def test_only_the_office_brings_files_in(house: Office) -> None:
    assert house.refused(bring(house, FILE), house.mei).code == "op.not_allowed"


@pytest.mark.proves("V10")
def test_what_has_begun_or_is_over_is_never_touched_by_a_later_file(house: Office) -> None:
    house.do(bring(house, event("a@x", "20261123T020000", "20261123T040000")), house.ann)
    (booking,) = live_bookings()
    house.later(hours=2)
    house.do(bring(house, event("a@x", "20261124T020000", "20261124T040000")), house.ann)
    house.do(bring(house, event("a@x", "20261124T020000", "20261124T040000", more=("STATUS:CANCELLED",))), house.ann)
    assert [(one.id, one.starts_at) for one in live_bookings()] == [(booking.id, booking.starts_at)]


def test_a_whole_day_takes_the_room_while_it_is_open(house: Office) -> None:
    house.do(rooms.SetUpRoom(room_id=house.places["301"], longest_minutes=720), house.bo)
    house.do(bring(house, calendar(*vevent("d@x", "DTSTART;VALUE=DATE:20261124", "SUMMARY:整天"))), house.ann)
    assert [(booking.starts_wall[11:16], booking.ends_wall[11:16]) for booking in live_bookings()] == [("08:00", "20:00")]

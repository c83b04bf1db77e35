"""Feeds: two parsers that are not ours read our own table out of them; a key opens one calendar and nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import vobject
from icalendar import Calendar

from core.foundation import clock, database
from core.mechanisms import people
from core.mechanisms.operations import Actor
from core.sections import bookings, rooms
from core.sections.bookings import calendars
from core.sections.bookings.calendars import ics
from core.sections.bookings.calendars.keys import find
from core.sections.bookings.feeds import person_calendar, room_calendar
from core.sections.bookings.series import SkipDates
from tests.calendars.servers import utc
from tests.cast import Office
from tests.rooms.doors import set_up_rooms
from tests.series.build import choice, live_bookings, make, room_in, wall

Table = list[tuple[datetime, datetime]]


def own_table() -> Table:
    return [(booking.starts_at, booking.ends_at) for booking in live_bookings()]


def by_icalendar(text: str) -> Table:
    return sorted((event["DTSTART"].dt, event["DTEND"].dt) for event in Calendar.from_ical(text).walk("VEVENT"))


def by_vobject(text: str) -> Table:
    return sorted((event.dtstart.value.astimezone(UTC), event.dtend.value.astimezone(UTC)) for event in vobject.readOne(text).vevent_list)


@pytest.mark.proves("V12", "Front desk 5", "V29")
def test_two_independent_parsers_read_every_date_of_a_series_over_the_change_of_clocks(office: Office) -> None:
    room_in(office, "Europe/Berlin")
    moved = choice(wall(3, 29, 9, year=2027), starts=wall(3, 30, 14, year=2027), ends=wall(3, 30, 15, year=2027))
    made = make(office, wall(3, 15, 9, year=2027), "FREQ=WEEKLY;COUNT=5", room="B1", choices=(moved,), title="周会；地点, 二楼\\北")
    office.do(SkipDates(series_id=made, originals=(wall(4, 5, 9, year=2027),)), office.mei)
    feed = office.read(room_calendar, office.places["B1"], clock.now(), "en", "foyer.test")
    table = own_table()
    assert len(table) == 4 and [start.hour for start, _ in table] == [8, 8, 12, 7]
    assert by_icalendar(feed) == table and by_vobject(feed) == table
    reading = ics.read(feed, clock.zone(), clock.now(), clock.now() + timedelta(days=400))
    assert [(event.starts_at, event.ends_at) for event in reading.events] == table  # and we read ourselves


@pytest.mark.proves("V12", "V28")
def test_a_room_that_is_not_public_gives_departments_and_a_person_gets_their_own_titles(office: Office) -> None:
    set_up_rooms(office)
    office.do(bookings.CreateBooking(room_id=office.places["301"], starts_at=utc(2), ends_at=utc(3), title="裁员名单"), office.mei)
    feed = office.read(room_calendar, office.places["301"], clock.now(), "zh-Hans", "foyer.test")
    assert "裁员" not in feed and "林晓梅" not in feed and "SUMMARY:办公室" in feed
    mine = office.read(person_calendar, office.mei.person_id, clock.now(), "zh-Hans", "foyer.test")
    assert "SUMMARY:裁员名单" in mine and "LOCATION:301 听雨厅" in mine
    assert "VEVENT" not in office.read(person_calendar, office.wu.person_id, clock.now(), "zh-Hans", "foyer.test")
    office.do(rooms.SetUpRoom(room_id=office.places["301"], public=True), office.bo)
    assert "裁员名单" in office.read(room_calendar, office.places["301"], clock.now(), "zh-Hans", "foyer.test")


@pytest.mark.proves("V12")
def test_no_line_of_a_feed_is_longer_than_the_standard_allows_and_no_title_breaks_out_of_its_line(office: Office) -> None:
    set_up_rooms(office)
    title = "很长的标题" * 20 + "\nEND:VEVENT;,\\"
    office.do(bookings.CreateBooking(room_id=office.places["301"], starts_at=utc(2), ends_at=utc(3), title=title[:120]), office.mei)
    feed = office.read(person_calendar, office.mei.person_id, clock.now(), "en", "foyer.test")
    assert all(len(line.encode()) <= 75 for line in feed.split("\r\n"))
    (event,) = Calendar.from_ical(feed).walk("VEVENT")
    assert str(event["SUMMARY"]) == title[:120].strip()


# ── keys ──


def make_key(office: Office, kind: str, subject: UUID, by: Actor) -> tuple[str, UUID]:
    key, key_hash = calendars.new_key()
    return key, UUID(office.do(calendars.MakeKey(kind=kind, subject_id=subject, key_hash=key_hash, name="手机"), by)["key_id"])


@pytest.mark.proves("V29", "V40")
def test_a_key_opens_its_own_calendar_only_until_it_is_revoked_or_its_owner_leaves(office: Office) -> None:
    set_up_rooms(office)
    key, key_id = make_key(office, "room", office.places["301"], office.mei)
    assert office.read(find, key, "room", office.places["301"]).id == key_id
    for kind, subject in (("room", office.places["302"]), ("person", office.mei.person_id), ("person", office.places["301"])):
        assert office.read(find, key, kind, subject) is None
    assert office.read(find, key + "x", "room", office.places["301"]) is None
    office.do(calendars.RevokeKey(key_id=key_id), office.mei)
    assert office.read(find, key, "room", office.places["301"]) is None
    mine, _ = make_key(office, "person", office.mei.person_id, office.mei)
    assert office.read(find, mine, "person", office.mei.person_id) is not None
    office.do(people.DisablePerson(person_id=office.mei.person_id), office.ada)
    assert office.read(find, mine, "person", office.mei.person_id) is None


def test_nobody_makes_a_key_to_somebody_elses_calendar_or_revokes_it(office: Office) -> None:
    _key, key_hash = calendars.new_key()
    asked = calendars.MakeKey(kind="person", subject_id=office.mei.person_id, key_hash=key_hash)
    assert office.refused(asked, office.wu).code == "op.not_allowed"
    assert office.refused(asked, office.ada).code == "op.not_allowed"
    _key, key_id = make_key(office, "person", office.mei.person_id, office.mei)
    assert office.refused(calendars.RevokeKey(key_id=key_id), office.wu).code == "op.not_allowed"
    office.do(calendars.RevokeKey(key_id=key_id), office.ann)  # the office may: a phone was lost
    with database.reading() as s:
        stored = str(s.connection().exec_driver_sql("SELECT payload, result FROM operation").all())
    assert not re.search(r"cal_[\w-]{20}", stored)

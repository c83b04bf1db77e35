"""A room and its CalDAV collection stay equal, against a real Radicale: two ways, once each, and never free by mistake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import vobject
from icalendar import Calendar

from core.foundation import clock, database
from core.mechanisms.office import UpdateSetting
from core.mechanisms.operations import perform_now
from core.sections import bookings
from core.sections.bookings import calendars
from core.sections.bookings.calendars import record
from core.sections.bookings.calendars.sync import Report, sync
from tests.calendars.servers import Other, Radicale, event, other, radicale, utc
from tests.cast import Office
from tests.rooms.doors import set_up_rooms
from tests.series.build import claims_in, live_bookings


@pytest.fixture
def dav(tmp_path: Path) -> Iterator[Radicale]:
    folder = tmp_path / "radicale"
    folder.mkdir()
    with radicale(folder) as server:
        yield server


@pytest.fixture
def house(office: Office) -> Office:
    """Three rooms, and the administrator allowed a calendar server in the house."""
    set_up_rooms(office)
    office.do(UpdateSetting(key="calendar.allowed_hosts", value="127.0.0.1"), office.ada)
    return office


def connect(office: Office, url: str, kind: str = "caldav", **more: str) -> UUID:
    given = {"account": "room301", "password": "secret"} | more
    made = office.do(calendars.ConnectCalendar(room_id=office.places["301"], kind=kind, url=url, **given), office.ada)
    return UUID(made["source_id"])


def round_of(source: UUID) -> Report:
    clock.freeze(clock.now() + timedelta(seconds=15))
    report = sync(source, clock.now())
    return report


def fine(source: UUID) -> Report:
    report = round_of(source)
    assert report.problem == "", report
    return report


@pytest.mark.proves("V04", "V29")
def test_an_event_written_by_a_calendar_program_gets_the_room_and_is_answered_at_once(house: Office, dav: Radicale) -> None:
    source = connect(house, dav.url + dav.collection)
    dav.write("a.ics", event("a@x", "20261124T020000", "20261124T030000", "设计评审"))
    assert fine(source).taken == 1
    (booking,) = live_bookings()
    assert (booking.title, booking.starts_at, booking.ends_at) == ("设计评审", utc(2), utc(3))
    assert "PARTSTAT=ACCEPTED" in dav.read("a.ics") and "SUMMARY:设计评审" in dav.read("a.ics")
    assert fine(source) == Report() and len(live_bookings()) == 1  # our own answer is no news


@pytest.mark.proves("V04", "V03")
def test_an_occupied_room_declines_at_once_says_until_when_and_the_event_blocks_no_time(house: Office, dav: Radicale) -> None:
    source = connect(house, dav.url + dav.collection)
    house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=utc(2), ends_at=utc(4)), house.mei)
    dav.write("b.ics", event("b@x", "20261124T030000", "20261124T050000"))
    assert fine(source).declined == 1
    text = dav.read("b.ics")
    assert "PARTSTAT=DECLINED" in text and "TRANSP:TRANSPARENT" in text and "COMMENT" in text
    assert len(live_bookings()) == 1 and fine(source).declined == 0
    dav.write("b.ics", event("b@x", "20261124T050000", "20261124T060000"))  # moved to a free time
    assert fine(source).taken == 1
    assert "PARTSTAT=ACCEPTED" in dav.read("b.ics") and "TRANSP:OPAQUE" in dav.read("b.ics") and len(live_bookings()) == 2


@pytest.mark.proves("V29", "V12")
def test_our_bookings_appear_there_move_there_and_go_there(house: Office, dav: Radicale) -> None:
    source = connect(house, dav.url + dav.collection)
    made = house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=utc(2), ends_at=utc(3), title="秘密"), house.mei)
    assert fine(source).pushed == 1
    (name,) = dav.names()
    assert "DTSTART:20261124T020000Z" in dav.read(name) and "秘密" not in dav.read(name)  # the room is not public
    house.do(bookings.MoveBooking(booking_id=made["id"], starts_at=utc(5), ends_at=utc(6)), house.mei)
    fine(source)
    assert "DTSTART:20261124T050000Z" in dav.read(name)
    house.do(bookings.CancelBooking(booking_id=made["id"]), house.mei)
    fine(source)
    assert dav.names() == [] and fine(source) == Report()


@pytest.mark.proves("V29", "V03")
def test_who_moves_or_deletes_ours_in_the_calendar_moves_or_cancels_it_here_if_the_room_allows(house: Office, dav: Radicale) -> None:
    source = connect(house, dav.url + dav.collection)
    first = house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=utc(2), ends_at=utc(3)), house.mei)
    house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=utc(8), ends_at=utc(9)), house.wu)
    fine(source)
    name = f"foyer-{first['id']}.ics"
    dav.write(name, dav.read(name).replace("T020000Z", "T040000Z").replace("T030000Z", "T050000Z"))
    fine(source)
    assert [booking.starts_at for booking in live_bookings()] == [utc(4), utc(8)]
    dav.write(name, dav.read(name).replace("T040000Z", "T080000Z").replace("T050000Z", "T083000Z"))  # onto Wu's
    fine(source)
    assert [booking.starts_at for booking in live_bookings()] == [utc(4), utc(8)]
    assert "DTSTART:20261124T040000Z" in dav.read(name)  # ours is written back
    dav.remove(name)
    assert fine(source).gone == 1
    assert [booking.starts_at for booking in live_bookings()] == [utc(8)]


@pytest.mark.proves("V42", "V09")
def test_an_event_deleted_there_frees_the_room_and_one_cancelled_here_is_told_there_and_stays_away(house: Office, dav: Radicale) -> None:
    source = connect(house, dav.url + dav.collection)
    dav.write("a.ics", event("a@x", "20261124T020000", "20261124T030000"))
    dav.write("b.ics", event("b@x", "20261124T040000", "20261124T050000"))
    fine(source)
    dav.remove("a.ics")
    assert fine(source).gone == 1
    (left,) = live_bookings()
    house.do(bookings.CancelBooking(booking_id=left.id), house.ann)
    fine(source)
    assert "PARTSTAT=DECLINED" in dav.read("b.ics") and fine(source) == Report() and live_bookings() == []


@pytest.mark.proves("V23")
def test_a_calendar_that_is_suddenly_empty_frees_nothing_until_a_person_says_it_is_true(house: Office, dav: Radicale) -> None:
    source = connect(house, dav.url + dav.collection)
    dav.write("a.ics", event("a@x", "20261124T020000", "20261124T030000"))
    fine(source)
    dav.remove("a.ics")
    for _ in range(3):
        assert round_of(source).problem == "calendar.empty_answer"
    assert claims_in(house) == 1
    assert house.read(calendars.sources_of)[0].empty
    house.do(calendars.ConfirmEmpty(source_id=source), house.bo)
    assert fine(source).gone == 1 and claims_in(house) == 0
    assert house.refused(calendars.ConfirmEmpty(source_id=source), house.bo).code == "calendar.not_empty"


PROPFIND = (
    '<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"><response><href>/c/</href><propstat><prop>'
    "<resourcetype><collection/><C:calendar/></resourcetype><CS:getctag>1</CS:getctag></prop></propstat></response>{more}</multistatus>"
)
WRONG_ANSWERS = {
    "an error": (500, b""),
    "not found": (404, b"gone"),
    "signed out": (401, b""),
    "nothing": (207, b""),
    "half": (207, PROPFIND.encode()[:120]),
    "another page": (200, b"<html>Sign in to the hotel network</html>"),
    "another document": (207, b"<html/>"),
    "a list without the collection": (207, b'<multistatus xmlns="DAV:"></multistatus>'),
    "no calendar": (207, PROPFIND.replace("<C:calendar/>", "").encode()),
    "a bomb": (207, b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><multistatus xmlns="DAV:">&b;</multistatus>'),
    "sent elsewhere": (302, b""),
    "an empty list": (207, PROPFIND.replace("{more}", "").encode()),
}


@pytest.fixture
def wrong() -> Iterator[Other]:
    with other() as server:
        yield server


@pytest.mark.proves("V23", "V15")
@pytest.mark.parametrize("answer", WRONG_ANSWERS.values(), ids=WRONG_ANSWERS)
def test_no_wrong_answer_ever_frees_a_room(house: Office, wrong: Other, answer: tuple[int, bytes]) -> None:
    source = connect(house, wrong.url + "/c/")
    taken = calendars.TakeEvent(
        source_id=source,
        uid="a@x",
        href="/c/a.ics",
        etag='"1"',
        starts_at=utc(2),
        ends_at=utc(3),
        fingerprint="f",
        organizer="x@example.org",
    )
    from core.mechanisms.operations import SYSTEM

    assert perform_now(taken, by=SYSTEM).result["state"] == "accepted"
    wrong.answer = lambda _request, _body: (answer[0], {"location": "http://127.0.0.1/"}, answer[1])
    report = round_of(source)
    assert report.problem and report.gone == 0
    assert claims_in(house) == 1
    (shown,) = house.read(calendars.sources_of)
    assert shown.problem == report.problem


@pytest.mark.proves("V18")
def test_a_time_without_a_zone_is_the_rooms_own_wall_time(house: Office, dav: Radicale) -> None:
    source = connect(house, dav.url + dav.collection)
    dav.write("f.ics", event("f@x", "20261124T100000", "20261124T110000", zone=""))
    dav.write("b.ics", event("b@x", "20261124T100000", "20261124T110000", zone="Europe/Berlin"))
    fine(source)
    assert [booking.starts_at for booking in live_bookings()] == [utc(2), utc(9)]  # 10:00 in Shanghai, 10:00 in Berlin
    assert [booking.starts_wall for booking in live_bookings()] == ["2026-11-24T10:00:00", "2026-11-24T17:00:00"]


@pytest.mark.proves("V12", "V07")
def test_a_rule_there_books_each_of_its_dates_here_and_one_that_is_taken_declines(house: Office, dav: Radicale) -> None:
    source = connect(house, dav.url + dav.collection)
    weekly = ("RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20261208T020000Z")
    dav.write("w.ics", event("w@x", "20261124T020000", "20261124T030000", more=weekly))
    assert fine(source).taken == 3
    assert [booking.starts_at.day for booking in live_bookings()] == [24, 1, 15]
    dav.write("w.ics", event("w@x", "20261124T020000", "20261124T030000", more=("RRULE:FREQ=WEEKLY;COUNT=2",)))
    assert fine(source).gone == 1 and [booking.starts_at.day for booking in live_bookings()] == [24, 1]


@pytest.mark.proves("V04", "V07", "V12")
def test_of_a_rule_the_free_dates_are_accepted_and_only_the_taken_one_is_declined_with_the_reason(house: Office, dav: Radicale) -> None:
    source = connect(house, dav.url + dav.collection)
    taken = house.do(
        bookings.CreateBooking(room_id=house.places["301"], starts_at=utc(1, day=1, month=12), ends_at=utc(3, day=1, month=12)), house.mei
    )
    zone = ("RRULE:FREQ=WEEKLY;COUNT=4",)
    dav.write("w.ics", event("w@x", "20261124T100000", "20261124T110000", "周会", zone="Asia/Shanghai", more=zone))
    report = fine(source)
    assert (report.taken, report.declined) == (3, 1)
    ours = [booking.starts_at.day for booking in live_bookings() if booking.title == "周会"]
    assert ours == [24, 8, 15]
    calendar = Calendar.from_ical(dav.read("w.ics"))
    rule, date = calendar.walk("VEVENT")
    assert rule["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED" and str(rule["TRANSP"]) == "OPAQUE" and "COMMENT" not in rule
    assert date["ATTENDEE"].params["PARTSTAT"] == "DECLINED" and str(date["TRANSP"]) == "TRANSPARENT" and "RRULE" not in date
    assert date["RECURRENCE-ID"].dt == date["DTSTART"].dt == datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert date["DTEND"].dt - date["DTSTART"].dt == timedelta(hours=1)
    assert "11:00" in str(date["COMMENT"])  # until when the room is taken, in the office's words
    (shown,) = house.read(calendars.declined, source, clock.now())
    assert (shown.summary, shown.starts_at, shown.reason) == (
        "周会",
        utc(2, day=1, month=12),
        "booking.clash",
    )  # the desk sees which date and why
    # Vobject and our own reader understand what stands there; our own word is no news.
    assert fine(source) == Report() and len(vobject.readOne(dav.read("w.ics")).vevent_list) == 2
    # A client that changes something else of the rule makes no date ask twice or vanish.
    dav.write("w.ics", dav.read("w.ics").replace("SUMMARY:周会", "SUMMARY:部门周会"))
    fine(source)
    assert [booking.starts_at.day for booking in live_bookings() if booking.title == "部门周会"] == [24, 8, 15]
    # The room becomes free, and the rule is written again: the date is had, and its exception goes.
    house.do(bookings.CancelBooking(booking_id=taken["id"]), house.mei)
    fine(source)
    dav.write("w.ics", dav.read("w.ics").replace("SEQUENCE:0", "SEQUENCE:1").replace("部门周会", "全体周会"))
    fine(source)
    assert [booking.starts_at.day for booking in live_bookings()] == [24, 1, 8, 15]
    assert "DECLINED" not in dav.read("w.ics") and fine(source) == Report()


@pytest.mark.proves("V04", "V07")
def test_a_declined_date_that_its_people_move_to_a_free_hour_is_had_and_a_rule_declined_everywhere_is_declined(
    house: Office, dav: Radicale
) -> None:
    source = connect(house, dav.url + dav.collection)
    for day, month in ((24, 11), (25, 11)):
        house.do(
            bookings.CreateBooking(
                room_id=house.places["301"], starts_at=utc(2, day=day, month=month), ends_at=utc(3, day=day, month=month)
            ),
            house.mei,
        )
    dav.write("d.ics", event("d@x", "20261124T020000", "20261124T030000", "日会", more=("RRULE:FREQ=DAILY;COUNT=2",)))
    assert fine(source).declined == 2
    (rule,) = Calendar.from_ical(dav.read("d.ics")).walk("VEVENT")
    assert rule["ATTENDEE"].params["PARTSTAT"] == "DECLINED" and str(rule["TRANSP"]) == "TRANSPARENT"
    dav.write("d.ics", dav.read("d.ics").replace("COUNT=2", "COUNT=3"))  # a date more, which is free
    assert fine(source).taken == 1
    text = dav.read("d.ics")
    assert text.count("PARTSTAT=DECLINED") == 2 and text.count("PARTSTAT=ACCEPTED") == 1
    first = text.index("RECURRENCE-ID")
    moved = text[:first] + text[first:].replace("DTSTART:20261124T020000Z", "DTSTART:20261124T050000Z").replace(
        "DTEND:20261124T030000Z", "DTEND:20261124T060000Z"
    )
    assert moved != text
    dav.write("d.ics", moved)
    assert fine(source).taken == 1
    assert [booking.starts_at for booking in live_bookings() if booking.title == "日会"] == [utc(5), utc(2, day=26)]
    assert dav.read("d.ics").count("PARTSTAT=DECLINED") == 1 and fine(source) == Report()


class Dying:
    """A remote that is cut off after `n` writes, like a server killed in the middle."""

    def __init__(self, real: object, n: int) -> None:
        self._real, self._left = real, n

    def __getattr__(self, name: str) -> object:
        act = getattr(self._real, name)
        if name not in ("put", "answer", "delete"):
            return act

        def once(*args: object) -> object:
            done = act(*args)
            self._left -= 1
            if self._left < 0:
                raise KeyboardInterrupt  # the write arrived, nothing after it was noted
            return done

        return once


@pytest.mark.proves("V27", "V04")
@pytest.mark.parametrize("n", range(4))
def test_a_server_killed_after_any_write_goes_on_and_does_nothing_twice(house: Office, dav: Radicale, n: int) -> None:
    source = connect(house, dav.url + dav.collection)
    for hour in (2, 4):
        house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=utc(hour), ends_at=utc(hour + 1)), house.mei)
        dav.write(f"{hour}.ics", event(f"{hour}@x", f"20261125T{hour:02d}0000", f"20261125T{hour + 1:02d}0000"))
    with database.reading() as s:
        real = calendars_remote(s, source)
    with pytest.raises(KeyboardInterrupt):
        sync(source, clock.now(), Dying(real, n))  # type: ignore[arg-type]
    for _ in range(2):
        round_of(source)
    assert fine(source) == Report()
    assert len(live_bookings()) == 4 and len(dav.names()) == 4
    assert all("PARTSTAT=ACCEPTED" in dav.read(f"{hour}.ics") for hour in (2, 4))


def calendars_remote(s: object, source: UUID) -> object:
    from core.sections.bookings.calendars.sync import remote_of

    return remote_of(s, record.get(s, source), clock.now())  # type: ignore[arg-type]


def test_a_room_is_kept_equal_with_one_calendar_only_and_letting_go_may_free_what_it_booked(house: Office, dav: Radicale) -> None:
    source = connect(house, dav.url + dav.collection)
    again = calendars.ConnectCalendar(room_id=house.places["301"], kind="caldav", url="https://example.org/c/")
    assert house.refused(again, house.ada).code == "calendar.one_two_way"
    assert house.refused(again, house.mei).code == "op.not_allowed"
    dav.write("a.ics", event("a@x", "20261124T020000", "20261124T030000"))
    fine(source)
    assert house.do(calendars.DisconnectCalendar(source_id=source, free=True), house.bo) == {"freed": 1}
    assert claims_in(house) == 0 and round_of(source).problem == "calendar.source_unknown"


def test_the_password_is_sealed_and_stands_in_no_log(house: Office) -> None:
    source = connect(house, "https://calendar.example.org/c/", password="a very secret word")
    with database.reading() as s:
        row = record.get(s, source)
        assert row.secret and "secret word" not in row.secret
        rows = s.connection().exec_driver_sql("SELECT payload, result FROM operation").all()
    assert "secret word" not in str(rows)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://calendar.example.org/c/", "reach.needs_https"),
        ("https://127.0.0.1:1/c/", "reach.private_address"),
        ("https://localhost/c/", "reach.private_address"),
        ("https://169.254.169.254/latest/", "reach.private_address"),
        ("https://[::1]/c/", "reach.private_address"),
        ("https://no-such-host.invalid/c/", "reach.unknown_host"),
    ],
)
@pytest.mark.parametrize("kind", ["feed", "caldav", "graph"])
def test_no_calendar_address_makes_the_server_talk_to_its_own_network(office: Office, kind: str, url: str, reason: str) -> None:
    set_up_rooms(office)
    source = connect(office, url, kind)
    assert round_of(source).problem == reason


def test_an_address_with_a_password_in_it_or_of_another_kind_is_refused(house: Office) -> None:
    for url in ("https://me:secret@example.org/c/", "file:///etc/passwd", "gopher://example.org", "https:///nothing"):
        do = calendars.ConnectCalendar(room_id=house.places["301"], kind="feed", url=url)
        assert house.refused(do, house.ada).code == "reach.bad_address", url

"""Invitations by mail: once, with a sequence that grows, only when something changed for the guest; and what they answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest
import vobject
from icalendar import Calendar

from core.foundation import clock
from core.mechanisms import channels, notices, people
from core.mechanisms.operations import SYSTEM
from core.sections import bookings
from core.sections.bookings import calendars
from core.sections.bookings.calendars import ics
from core.sections.bookings.calendars.invitations import send_updates
from core.sections.bookings.series import CancelSeries, ChangeSeries, SkipDates
from tests.calendars.servers import utc
from tests.cast import Office
from tests.rooms.doors import set_up_rooms
from tests.series.build import choice, live_bookings, make, room_in, wall
from tests.visits.catchers import Catcher, catching_mail

GUEST = "gast@example.org"


@pytest.fixture
def smtp() -> Iterator[Catcher]:
    with catching_mail() as catcher:
        channels.set_up_mail(catcher.url)
        calendars.use_base_url("https://foyer.test")
        for key in calendars.KEYS:
            notices.encloses(key, calendars.enclosures)
        yield catcher
        channels.set_up_mail("")


@pytest.fixture
def house(office: Office) -> Office:
    set_up_rooms(office)
    office.do(people.UpdatePerson(person_id=office.mei.person_id, email="mei@office.example"), office.ada)
    office.do(people.UpdatePerson(person_id=office.wu.person_id, email="wu@office.example"), office.ada)
    return office


def told(smtp: Catcher) -> list[EmailMessage]:
    """Send what is due; the mails that came of it."""
    before = len(smtp.mails)
    send_updates(clock.now())
    notices.send_due(clock.now())
    return smtp.mails[before:]


def invitation_in(mail: EmailMessage) -> Calendar:
    (part,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar" and part.get_param("method")]
    text = part.get_content()
    found = Calendar.from_ical(text)
    assert str(found["METHOD"]) == part.get_param("method")
    return found


def the_event(mail: EmailMessage) -> tuple[str, int, datetime, str]:
    found = invitation_in(mail)
    (event,) = found.walk("VEVENT")
    return str(found["METHOD"]), int(event["SEQUENCE"]), event["DTSTART"].dt, str(event["UID"])


def book(house: Office, hour: int = 2, **more: object) -> UUID:
    do = bookings.CreateBooking(room_id=house.places["301"], starts_at=utc(hour), ends_at=utc(hour + 1), title="设计评审", **more)
    return UUID(house.do(do, house.mei)["id"])


def invite(house: Office, booking_id: UUID | None, series_id: UUID | None = None) -> list[dict[str, object]]:
    guests = (calendars.Guest(email=GUEST, name='Gast "X"\r\nBCC: y', language="en"), calendars.Guest(person_id=house.wu.person_id))
    found: list[dict[str, object]] = house.do(calendars.Invite(booking_id=booking_id, series_id=series_id, guests=guests), house.mei)
    return found


@pytest.mark.proves("S1.3-R1", "V12")
def test_guests_are_invited_once_updated_once_and_told_when_it_is_off(house: Office, smtp: Catcher) -> None:
    made = book(house)
    invite(house, made)
    invite(house, made)  # twice is nothing new
    first = told(smtp)
    assert sorted(str(mail["to"]) for mail in first) == [GUEST, "wu@office.example"] and told(smtp) == []
    method, sequence, start, uid = the_event(first[0])
    assert (method, sequence, start) == ("REQUEST", 1, utc(2))
    (event,) = invitation_in(smtp.mail_to(GUEST)).walk("VEVENT")
    assert str(event["ORGANIZER"]) == "mailto:mei@office.example" and str(event["ATTENDEE"]) == f"mailto:{GUEST}"
    body = smtp.mail_to(GUEST).get_body(("plain",))
    assert body is not None and "24 Nov 10:00–11:00" in body.get_content()  # until when, too
    assert "wu@office.example" not in str(smtp.mail_to(GUEST))  # nobody's address is given away
    house.do(bookings.MoveBooking(booking_id=made, starts_at=utc(5), ends_at=utc(6)), house.mei)
    house.do(bookings.MoveBooking(booking_id=made, starts_at=utc(6), ends_at=utc(7)), house.mei)
    second = told(smtp)
    assert [the_event(mail) for mail in second] == [("REQUEST", 2, utc(6), uid)] * 2
    assert str(second[0]["subject"]).startswith(("Changed:", "有变动："))
    house.do(bookings.MoveBooking(booking_id=made, starts_at=utc(6), ends_at=utc(7)), house.mei)  # saved unchanged
    assert told(smtp) == []
    house.do(bookings.CancelBooking(booking_id=made), house.mei)
    third = told(smtp)
    assert [the_event(mail) for mail in third] == [("CANCEL", 3, utc(6), uid)] * 2
    assert told(smtp) == []


@pytest.mark.proves("S1.3-R1")
def test_a_zone_that_is_not_the_office_s_is_named_once_after_what_is_said_last(house: Office, smtp: Catcher) -> None:
    there = room_in(house, "Europe/Berlin")
    short = bookings.CreateBooking(room_id=there, starts_at=utc(9), ends_at=utc(10), title="Kickoff")
    long = bookings.CreateBooking(room_id=there, starts_at=utc(20), ends_at=utc(20) + timedelta(hours=4), title="Release")
    for do in (short, long):
        invite(house, UUID(house.do(do, house.mei)["id"]))
    first, second = (mail for mail in told(smtp) if str(mail["to"]) == GUEST)
    assert str(first["subject"]) == "Invitation: Kickoff, 24 Nov 10:00 (Berlin time)"
    bodies = [body.get_content() for mail in (first, second) if (body := mail.get_body(("plain",))) is not None]
    assert "24 Nov 10:00–11:00 (Berlin time)\n" in bodies[0] and bodies[0].count("Berlin time") == 1
    assert "24 Nov 21:00–25 Nov 01:00 (Berlin time)\n" in bodies[1]
    assert "柏林时间" in str(smtp.mail_to("wu@office.example").get_body(("plain",)).get_content())  # type: ignore[union-attr]


@pytest.mark.proves("V10")
def test_nobody_is_mailed_about_what_is_over_and_one_who_is_uninvited_is_told(house: Office, smtp: Catcher) -> None:
    made = book(house)
    guests = invite(house, made)
    told(smtp)
    house.do(calendars.Uninvite(attendee_id=guests[0]["id"]), house.mei)
    (mail,) = told(smtp)
    assert str(mail["to"]) == GUEST and the_event(mail)[0] == "CANCEL"
    house.later(days=2)
    assert told(smtp) == []


def test_checking_in_and_going_on_tell_nobody_that_anything_changed(house: Office, smtp: Catcher) -> None:
    made = book(house)
    invite(house, made)
    told(smtp)
    clock.freeze(utc(2))
    house.do(bookings.CheckIn(booking_id=made), house.mei)
    assert told(smtp) == []


@pytest.mark.proves("V12", "Front desk 5")
def test_a_series_is_one_invitation_that_other_programs_read_as_our_own_dates(house: Office, smtp: Catcher) -> None:
    room_in(house, "Europe/Berlin")
    moved = choice(
        wall(3, 29, 9, year=2027), starts=wall(3, 30, 14, year=2027), ends=wall(3, 30, 15, year=2027), room_id=house.places["B1"]
    )
    made = make(house, wall(3, 15, 9, year=2027), "FREQ=WEEKLY;COUNT=5", room="B1", title="周会", choices=(moved,))
    house.do(SkipDates(series_id=made, originals=(wall(4, 5, 9, year=2027),)), house.mei)
    invite(house, None, made)
    first = told(smtp)
    assert len(first) == 2
    table = [(booking.starts_at, booking.ends_at) for booking in live_bookings()]
    text = invitation_in(first[0]).to_ical().decode()
    reading = ics.read(text, clock.zone(), clock.now(), clock.now() + timedelta(days=400))
    assert [(event.starts_at, event.ends_at) for event in reading.events] == table
    master = next(event for event in vobject.readOne(text).vevent_list if not hasattr(event, "recurrence_id"))
    plain = {start for start, _ in table if start.day != 30}
    assert plain <= {start.astimezone(UTC) for start in master.rruleset} and "America" not in text
    house.do(ChangeSeries(series_id=made, starts=time(11)), house.mei)
    second = told(smtp)
    assert len(second) == 2 and {str(mail["subject"])[:3] for mail in second} <= {"Cha", "有变动"}
    text = invitation_in(second[0]).to_ical().decode()
    reading = ics.read(text, clock.zone(), clock.now(), clock.now() + timedelta(days=400))
    assert [(event.starts_at, event.ends_at) for event in reading.events] == [(b.starts_at, b.ends_at) for b in live_bookings()]
    house.do(CancelSeries(series_id=made), house.mei)
    assert {str(invitation_in(mail)["METHOD"]) for mail in told(smtp)} == {"CANCEL"}


def test_working_days_are_said_as_a_rule_with_what_is_left_out_and_added(house: Office, smtp: Catcher) -> None:
    clock.freeze(datetime(2026, 9, 25, 1, tzinfo=UTC))
    made = make(house, wall(9, 28, 9), workdays=True, last_on=datetime(2026, 10, 12, tzinfo=UTC).date())
    invite(house, None, made)
    text = invitation_in(told(smtp)[0]).to_ical().decode()
    reading = ics.read(text, clock.zone(), clock.now(), clock.now() + timedelta(days=400))
    assert [event.starts_at for event in reading.events] == [booking.starts_at for booking in live_bookings()]
    assert "RDATE" in text and "EXDATE" in text


def test_the_link_answers_without_signing_in_and_only_an_untouched_one_does(house: Office, smtp: Catcher) -> None:
    made = book(house)
    guests = invite(house, made)
    told(smtp)
    body = smtp.mail_to(GUEST).get_body(("plain",)).get_content()
    link = next(word for word in body.split() if word.startswith("https://foyer.test/invitation/"))
    attendee_id, mark = link.rsplit("/", 2)[1:]
    shown = house.read(calendars.invitation, UUID(attendee_id), mark, clock.now())
    assert (shown.title, shown.room, shown.answer, shown.over) == ("设计评审", "301 听雨厅", "", False)
    with pytest.raises(Exception, match=r"invitation\.not_found"):
        house.read(calendars.invitation, UUID(attendee_id), mark[:-1] + ("0" if mark[-1] != "0" else "1"), clock.now())
    house.do(calendars.ReplyInvitation(attendee_id=UUID(attendee_id), answer="accepted"), SYSTEM)
    assert [one.answer for one in house.read(calendars.attendees, made)] == ["accepted", ""]
    inbox = house.read(notices.unread, house.mei.person_id)
    assert [notice.key for notice in inbox] == ["booking.invitation_answered"]
    assert house.refused(calendars.ReplyInvitation(attendee_id=UUID(attendee_id), answer="declined"), house.wu).code == "op.not_allowed"
    house.do(calendars.ReplyInvitation(attendee_id=guests[1]["id"], answer="declined"), house.wu)
    assert house.read(calendars.invited_to, house.wu.person_id) == []
    house.do(bookings.MoveBooking(booking_id=made, starts_at=utc(5), ends_at=utc(6)), house.mei)
    told(smtp)
    assert [one.answer for one in house.read(calendars.attendees, made)] == ["", ""]  # said of another time
    house.do(bookings.CancelBooking(booking_id=made), house.mei)
    assert house.refused(calendars.ReplyInvitation(attendee_id=UUID(attendee_id), answer="accepted"), SYSTEM).code == "invitation.over"


@pytest.mark.parametrize(
    "address",
    ["nobody", "a@b@c", "a b@c.example", "x@example.org\r\nBcc: y@example.org", '"<script>"@example.org', "a" * 300 + "@example.org"],
)
def test_what_is_no_address_is_refused(house: Office, address: str) -> None:
    made = book(house)
    try:
        guest = calendars.Guest(email=address)
    except ValueError:
        return
    assert house.refused(calendars.Invite(booking_id=made, guests=(guest,)), house.mei).code == "invitation.bad_address"


def test_strangers_invite_nobody(house: Office) -> None:
    made = book(house)
    stranger = house.person("gao", "高远", department="财务科")
    do = calendars.Invite(booking_id=made, guests=(calendars.Guest(email=GUEST),))
    assert house.refused(do, stranger).code == "op.not_allowed"

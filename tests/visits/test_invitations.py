"""Invitations: mailed with code, place and calendar entry, changed, moved, taken back, each time told once (guide S3.1-R1; scenario Office 7)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
import zxingcpp
from icalendar import Calendar
from PIL import Image

from assets_labels import invitations
from core.foundation import clock, database
from core.mechanisms import channels, labels, notices, people
from core.mechanisms.operations import SYSTEM
from core.sections import bookings, visits
from core.sections.bookings import calendars
from core.sections.bookings.calendars.invitations import send_updates
from core.sections.visits import CheckIn, CheckOut, advice, asking, codes, keeping, mails
from core.sections.visits.advice import WriteAdvice
from core.sections.visits.record import Visit
from tests.cast import Office
from tests.rooms.doors import set_up_rooms
from tests.visits.build import TODAY, invite, kiosk, with_mail
from tests.visits.catchers import Catcher, catching_mail

LI = "li@example.org"
BASE = "https://foyer.example.cn"
TEN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def smtp() -> Iterator[Catcher]:
    with catching_mail() as catcher:
        channels.set_up_mail(catcher.url)
        calendars.use_base_url(BASE)
        for key in calendars.KEYS:
            notices.encloses(key, calendars.enclosures)
        for key in invitations.KEYS:
            notices.encloses(key, lambda facts: invitations.enclosures(facts, BASE))
        yield catcher
        channels.set_up_mail("")


def sent(smtp: Catcher) -> list[EmailMessage]:
    """Send what is due; the mails that came of it."""
    before = len(smtp.mails)
    send_updates(clock.now())
    notices.send_due(clock.now())
    return smtp.mails[before:]


def words(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def entry(mail: EmailMessage) -> Any:
    """METHOD and the event of the calendar part."""
    (part,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar" and part.get_param("method")]
    found = Calendar.from_ical(part.get_content())
    (event,) = found.walk("VEVENT")
    return str(found["METHOD"]), event


def scanned(mail: EmailMessage) -> str:
    """What a camera reads in the picture that is shown in the mail."""
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert picture["content-disposition"].content_disposition == "inline"
    html = mail.get_body(("html",))
    assert html is not None and f'src="cid:{picture["content-id"].strip("<>")}"' in html.get_content()
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.get_content())))
    return str(found.text)


def visit(visit_id: object) -> Visit:
    with database.reading() as s:
        found = s.get(Visit, UUID(str(visit_id)))
    assert found is not None
    return found


# ── one invitation ──


@pytest.mark.proves("S3.1-R1", "Office 7")
def test_the_mail_shows_the_code_the_place_what_to_bring_and_is_an_entry_in_the_calendar(office: Office, smtp: Catcher) -> None:
    with_mail(office, "mei", "mei@office.example")
    office.do(people.UpdatePerson(person_id=office.mei.person_id, english_name="May Lin"), office.ada)
    office.do(WriteAdvice(language="en", directions="Metro line 2, exit B.", bring="An identity card."), office.ann)
    planned = invite(office, email="LI@Example.org", language="en", expected_at=TEN, room_id=office.places["301"], name='Li <b>"x"</b>')
    (mail,) = sent(smtp)
    assert str(mail["to"]) == LI and "23 November" in str(mail["subject"])
    text = words(mail)
    assert (
        labels.shown(planned["code"]) in text and "10:00" in text and "301 听雨厅" in text and "exit B" in text and "identity card" in text
    )
    html = mail.get_body(("html",))
    assert html is not None and "<b>" not in html.get_content() and "&lt;b&gt;" in html.get_content()
    (file,) = [part for part in mail.walk() if part.get_filename() == "invite.ics"]
    assert file.get_content_charset() == "utf-8" and "301 听雨厅" in file.get_content()
    assert "May Lin (林晓梅) invites you" in text
    method, event = entry(mail)
    assert (method, int(event["SEQUENCE"]), event["DTSTART"].dt, event["DTEND"].dt) == ("REQUEST", 0, TEN, TEN + timedelta(hours=1))
    assert (
        "301 听雨厅" in str(event["LOCATION"])
        and "exit B" in str(event["DESCRIPTION"])
        and str(event["ORGANIZER"]) == "mailto:mei@office.example"
    )
    code, proof = codes.read(scanned(mail))
    assert code == planned["code"] and proof is not None and (proof.kind, proof.day) == ("A", "20261123")
    assert office.do(CheckIn(code=scanned(mail)), kiosk(office))["visit_id"] == planned["visit_id"]


@pytest.mark.proves("S3.1-R1")
def test_a_visit_without_a_time_is_a_whole_day_that_blocks_nothing(office: Office, smtp: Catcher) -> None:
    invite(office, email=LI)
    _method, event = entry(sent(smtp)[0])
    assert event["DTSTART"].dt == TODAY and event["DTEND"].dt == TOMORROW and str(event["TRANSP"]) == "TRANSPARENT"


@pytest.mark.proves("S3.1-R1")
def test_a_moved_visit_is_told_once_with_a_higher_sequence_and_taken_back_with_a_cancellation(office: Office, smtp: Catcher) -> None:
    planned = invite(office, email=LI, expected_at=TEN)
    first = entry(sent(smtp)[0])[1]
    office.do(visits.ChangeVisit(visit_id=planned["visit_id"], company="江城建设集团"), office.mei)
    assert sent(smtp) == []  # what the visitor was told still holds
    office.do(visits.ChangeVisit(visit_id=planned["visit_id"], expected_on=TOMORROW), office.mei)
    (changed,) = sent(smtp)
    method, event = entry(changed)
    assert (method, int(event["SEQUENCE"]), event["DTSTART"].dt, event["UID"]) == ("REQUEST", 1, TEN + timedelta(days=1), first["UID"])
    _code, proof = codes.read(scanned(changed))
    assert proof is not None and proof.day == "20261124"
    office.do(visits.CancelVisit(visit_id=planned["visit_id"]), office.mei)
    office.do(visits.CancelVisit(visit_id=planned["visit_id"]), office.mei)
    (off,) = sent(smtp)
    method, event = entry(off)
    assert (method, int(event["SEQUENCE"]), str(event["STATUS"])) == ("CANCEL", 2, "CANCELLED")
    assert not [part for part in off.walk() if part.get_content_type() == "image/png"]
    assert office.refused(CheckIn(code=planned["code"]), kiosk(office)).code == "visit.cancelled"


@pytest.mark.proves("S3.1-R1")
def test_the_host_sees_how_far_the_mail_got_and_sends_it_again(office: Office, smtp: Catcher) -> None:
    planned = invite(office, email=LI)
    assert office.read(mails.delivery, UUID(planned["visit_id"])).state == "queued"
    smtp.answer = "550 no such user"
    sent(smtp)
    assert (office.read(mails.delivery, UUID(planned["visit_id"])).state) == "failed"
    smtp.answer = "250 OK"
    again = office.do(visits.SendInvitation(visit_id=planned["visit_id"], email="li.wenbo@example.org"), office.mei)
    assert again["code"] == planned["code"] and [str(mail["to"]) for mail in sent(smtp)] == ["li.wenbo@example.org"]
    found = office.read(mails.delivery, UUID(planned["visit_id"]))
    assert (found.state, found.address) == ("sent", "li.wenbo@example.org")


@pytest.mark.proves("S3.1-R1")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"expected_on": TODAY - timedelta(days=1)}, "visit.day_past"),
        ({"expected_on": TODAY + timedelta(days=367)}, "visit.day_too_far"),
        ({"expected_at": TEN + timedelta(days=1)}, "visit.time_other_day"),
        ({"host_id": UUID(int=7)}, "visit.host_unknown"),
    ],
)
def test_an_invitation_can_not_be_moved_where_nobody_could_come(office: Office, change: dict[str, Any], code: str) -> None:
    planned = invite(office)
    assert office.refused(visits.ChangeVisit(visit_id=planned["visit_id"], **change), office.mei).code == code
    assert visit(planned["visit_id"]).version == 1


def test_only_those_who_may_handle_an_invitation_change_it_and_another_host_hears_of_it(office: Office) -> None:
    planned = invite(office)
    change = visits.ChangeVisit(visit_id=planned["visit_id"], host_id=office.wu.person_id)
    assert office.refused(change, office.wu).code == "op.not_allowed"
    assert office.refused(visits.Invite(host_id=office.mei.person_id, name="x", expected_on=TODAY), office.wu).code == "op.not_allowed"
    office.do(change, office.mei)
    assert [n.key for n in office.read(notices.unread, office.wu.person_id)] == ["visit.given_to_you"]
    assert office.refused(CheckOut(visit_id=UUID(planned["visit_id"])), office.wu).code == "visit.not_arrived"  # now the host


def test_words_for_the_way_come_from_the_nearest_place_the_kind_and_the_language(office: Office) -> None:
    room, floor = office.places["301"], office.places["三楼"]
    office.do(WriteAdvice(language="zh-Hans", directions="地铁二号线", bring="身份证"), office.ann)
    office.do(WriteAdvice(language="zh-Hans", place_id=floor, directions="乘东侧电梯到三楼"), office.ann)
    office.do(WriteAdvice(language="en", place_id=floor, directions="East lift to the third floor"), office.ann)
    office.do(WriteAdvice(language="zh-Hans", kind="contractor", bring="安全帽和作业证"), office.ann)
    assert office.read(advice.find, room, "guest", "zh-Hans") == advice.Advice("乘东侧电梯到三楼", "身份证")
    assert office.read(advice.find, room, "contractor", "en") == advice.Advice("East lift to the third floor", "安全帽和作业证")
    assert office.read(advice.find, None, "guest", "zh-Hant") == advice.Advice("地铁二号线", "身份证")
    office.do(WriteAdvice(language="zh-Hans", place_id=floor), office.ann)
    assert office.read(advice.find, room, "guest", "zh-Hans").directions == "地铁二号线"
    assert office.refused(WriteAdvice(language="en", directions="x"), office.mei).code == "op.not_allowed"


# ── once in and once out; another day ──


@pytest.mark.proves("Front desk 7", "V39", "S3.1-R1")
def test_a_code_lets_in_once_and_out_once_and_no_bad_scan_blocks_the_next(office: Office) -> None:
    desk, planned, other = kiosk(office), invite(office), invite(office, name="王敏")
    address = codes.address(BASE, planned["code"], TODAY)
    forged = address[:-50] + ("B" if address[-50] != "B" else "C") + address[-49:]
    assert office.refused(CheckIn(code=forged), desk).code == "visit.code_forged"
    office.do(CheckIn(code=address), desk)
    assert office.refused(CheckIn(code=address), desk).code == "visit.already_here"  # a replay
    assert office.read(visits.greeting, address, clock.now()).act == "leave"
    office.do(CheckOut(code=address), desk)
    assert office.refused(CheckOut(code=address), desk).code == "visit.left_already"
    assert office.refused(CheckIn(code=address), desk).code == "visit.left_already"
    office.do(CheckIn(code=codes.address(BASE, other["code"], TODAY)), desk)


@pytest.mark.proves("S3.1-R1", "Front desk 7")
def test_on_the_wrong_day_the_visitor_asks_and_the_host_moves_the_visit_with_one_tap(office: Office) -> None:
    desk, planned = kiosk(office), invite(office, day=TOMORROW, expected_at=TEN + timedelta(days=1))
    address = codes.address(BASE, planned["code"], TOMORROW)
    assert office.refused(CheckIn(code=address), desk).code == "visit.other_day"
    asked = office.do(visits.AskToday(code=address), desk)
    office.do(visits.AskToday(code=address), desk)  # an impatient second tap is the same question
    assert [n.key for n in office.read(notices.unread, office.mei.person_id)] == ["visit.asks_today"]
    assert [v.name for v in office.read(asking.waiting_for, office.mei.person_id, clock.now())] == ["李文博"]
    assert office.read(visits.asked, UUID(asked["visit_id"]), clock.now()).answer == "waiting"
    assert office.refused(visits.AnswerToday(visit_id=asked["visit_id"], come=True), office.wu).code == "op.not_allowed"
    office.do(visits.AnswerToday(visit_id=asked["visit_id"], come=True), office.mei)
    office.do(visits.AnswerToday(visit_id=asked["visit_id"], come=True), office.mei)
    assert office.read(visits.asked, UUID(asked["visit_id"]), clock.now()).answer == "yes"
    office.do(CheckIn(code=address), desk)  # the QR of the other day opens: the record counts
    assert visit(planned["visit_id"]).state == "here"


@pytest.mark.proves("S3.1-R1")
def test_the_host_can_say_not_today_and_a_missed_visit_can_be_had_today(office: Office) -> None:
    desk, tomorrow, missed = kiosk(office), invite(office, day=TOMORROW), invite(office, name="王敏")
    office.do(visits.AskToday(code=tomorrow["code"]), desk)
    office.do(visits.AnswerToday(visit_id=tomorrow["visit_id"], come=False), office.mei)
    assert office.read(visits.asked, UUID(tomorrow["visit_id"]), clock.now()).answer == "no"
    assert office.refused(visits.AskToday(code=tomorrow["code"]), desk).code == "visit.ask_answered"
    assert office.refused(visits.AnswerToday(visit_id=missed["visit_id"], come=False), office.mei).code == "visit.not_asked"
    clock.freeze(clock.now() + timedelta(days=2))
    keeping.close_days(clock.now())
    assert visit(missed["visit_id"]).state == "expired"
    office.do(visits.AskToday(code=missed["code"]), desk)
    office.later(minutes=61)
    assert office.read(visits.asked, UUID(missed["visit_id"]), clock.now()).answer == "over"
    office.do(visits.AskToday(code=missed["code"]), desk)
    office.do(visits.AnswerToday(visit_id=missed["visit_id"], come=True), office.mei)
    office.do(CheckIn(code=missed["code"]), desk)


def test_a_used_or_cancelled_code_asks_for_nothing(office: Office) -> None:
    desk, here, off = kiosk(office), invite(office), invite(office, name="王敏", day=TOMORROW)
    assert office.refused(visits.AskToday(code=here["code"]), desk).code == "visit.is_today"
    office.do(CheckIn(code=here["code"]), desk)
    assert office.refused(visits.AskToday(code=here["code"]), desk).code == "visit.already_here"
    office.do(visits.CancelVisit(visit_id=off["visit_id"]), office.mei)
    assert office.refused(visits.AskToday(code=off["code"]), desk).code == "visit.cancelled"


# ── a meeting's guests ──


def meeting(office: Office, *guests: calendars.Guest, hours: int = 5) -> UUID:
    start = TEN + timedelta(hours=hours)
    do = bookings.CreateBooking(room_id=office.places["301"], starts_at=start, ends_at=start + timedelta(hours=1), title="设计评审")
    booking_id = UUID(office.do(do, office.mei)["id"])
    office.do(calendars.Invite(booking_id=booking_id, guests=guests), office.mei)
    return booking_id


@pytest.mark.proves("Front desk 10", "V37")
def test_the_guests_of_a_meeting_get_codes_in_one_step_and_hear_of_each_change_once(office: Office, smtp: Catcher) -> None:
    set_up_rooms(office)
    with_mail(office, "wu", "wu@office.example")
    booking_id = meeting(
        office, calendars.Guest(email=LI, name="李文博", language="en"), calendars.Guest(email="wang@example.org", name="王敏"),
        calendars.Guest(person_id=office.wu.person_id),
    )  # fmt: skip
    assert len(sent(smtp)) == 3
    made = office.do(visits.InviteGuests(booking_id=booking_id), office.mei)["visit_ids"]
    assert len(made) == 2 and office.do(visits.InviteGuests(booking_id=booking_id), office.mei)["visit_ids"] == []
    with_codes = {str(mail["to"]): mail for mail in sent(smtp)}
    assert set(with_codes) == {LI, "wang@example.org"}  # one mail each; the colleague gets none
    code, proof = codes.read(scanned(with_codes[LI]))
    assert (
        proof is not None
        and proof.day == "20261123"
        and labels.shown(code) in words(with_codes[LI])
        and "设计评审" in words(with_codes[LI])
    )
    first = visit(made[0])
    assert (first.expected_at, first.room_id, first.host_id) == (TEN + timedelta(hours=5), office.places["301"], office.mei.person_id)
    start = TEN + timedelta(days=1)
    office.do(bookings.MoveBooking(booking_id=booking_id, starts_at=start, ends_at=start + timedelta(hours=1)), office.mei)
    moved = [mail for mail in sent(smtp) if str(mail["to"]) == LI]
    assert len(moved) == 1 and entry(moved[0])[1]["DTSTART"].dt == start
    _code, proof = codes.read(scanned(moved[0]))
    assert proof is not None and proof.day == "20261124" and visit(made[0]).expected_on == TOMORROW
    office.do(bookings.CancelBooking(booking_id=booking_id), office.mei)
    off = [mail for mail in sent(smtp) if str(mail["to"]) == LI]
    assert len(off) == 1 and entry(off[0])[0] == "CANCEL" and visit(made[0]).state == "cancelled"
    assert sent(smtp) == []


@pytest.mark.proves("V37", "Front desk 10")
def test_who_has_come_stays_when_the_meeting_moves_and_who_is_uninvited_has_no_code_any_more(office: Office, smtp: Catcher) -> None:
    set_up_rooms(office)
    booking_id = meeting(office, calendars.Guest(email=LI, name="李文博"), calendars.Guest(email="wang@example.org", name="王敏"))
    li, wang = office.do(visits.InviteGuests(booking_id=booking_id), office.mei)["visit_ids"]
    sent(smtp)
    office.do(CheckIn(code=office.read(labels.of, labels.SubjectKind.VISIT, UUID(str(li)))), kiosk(office))
    attendee = visit(wang).attendee_id
    assert attendee is not None
    office.do(calendars.Uninvite(attendee_id=attendee), office.mei)
    assert visit(wang).state == "cancelled" and [str(mail["to"]) for mail in sent(smtp)] == ["wang@example.org"]
    office.do(bookings.CancelBooking(booking_id=booking_id), office.mei)
    assert visit(li).state == "here"
    assert office.refused(visits.InviteGuests(booking_id=booking_id), office.mei).code == "booking.cancelled"


def test_a_meeting_is_somebodys_own(office: Office) -> None:
    set_up_rooms(office)
    booking_id = meeting(office, calendars.Guest(email=LI, name="李文博"))
    outsider = office.person("fin", "周明", department="财务科")
    assert office.refused(visits.InviteGuests(booking_id=booking_id), outsider).code == "op.not_allowed"
    assert office.do(visits.InviteGuests(booking_id=booking_id), SYSTEM)["visit_ids"]


def test_an_erased_visit_leaves_nothing_of_its_mail(office: Office, smtp: Catcher) -> None:
    planned = invite(office, email=LI, expected_at=TEN)
    sent(smtp)
    office.do(visits.CancelVisit(visit_id=planned["visit_id"]), office.mei)
    office.do(visits.EraseVisits(visit_ids=[planned["visit_id"]]), office.ada)
    told = office.read(notices.about, "visit", UUID(planned["visit_id"]))
    assert told and all(n.facts == {} and n.address == "" for n in told)
    assert visit(planned["visit_id"]).expected_on == TODAY

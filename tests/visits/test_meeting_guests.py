"""A meeting's guests go where the meeting goes: displaced, re-housed, a series in one mail; and how long a visitor is expected to stay (guide S3.1-R1;
scenario Front desk 10)."""

from __future__ import annotations

import io
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select
from sqlmodel import col

from core.foundation import clock, database
from core.mechanisms import labels, notices
from core.mechanisms.notices import Notice
from core.sections import bookings, visits
from core.sections.bookings import calendars, offers, series
from core.sections.visits import CheckIn, SetUpType, codes, series_mail
from tests.cast import Office
from tests.rooms.build import purpose
from tests.rooms.doors import moment, set_up_rooms
from tests.series.build import make, wall
from tests.visits.build import invite, kiosk, walk_in
from tests.visits.catchers import Catcher
from tests.visits.test_invitations import LI, entry, meeting, sent, smtp, visit, words  # noqa: F401 - a fixture

GUEST = calendars.Guest(email=LI, name="李文博")


def mails_now(catcher: Catcher) -> list[EmailMessage]:
    series_mail.send_series_mails(clock.now())
    return sent(catcher)


def cameras(mail: EmailMessage) -> list[str]:
    """What a camera reads in each picture of the mail."""
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    return [str(zxingcpp.read_barcodes(Image.open(io.BytesIO(one.get_content())))[0].text) for one in pictures]


# ── displaced ──


@pytest.mark.proves("V37", "Front desk 10", "S1.3-R3")
def test_guests_of_a_displaced_meeting_are_called_off_and_expected_anew_where_it_takes_place(office: Office, smtp: Catcher) -> None:  # noqa: F811
    set_up_rooms(office)
    booking_id = meeting(office, GUEST, hours=5)  # 15:00 to 16:00
    made = office.do(visits.InviteGuests(booking_id=booking_id), office.mei)["visit_ids"]
    code = office.read(labels.of, labels.SubjectKind.VISIT, UUID(str(made[0])))
    mails_now(smtp)
    important = purpose(office, "重要会议", important=True, notice_minutes=60, roles=("leader", "clerk"))
    do = bookings.CreateBooking(
        room_id=office.places["301"],
        starts_at=moment(14, 30),
        ends_at=moment(16, 30),
        title="现场办公会",
        purpose_id=important,
        displace=True,
        reason="市领导",
    )
    office.do(do, office.chen)
    assert visit(made[0]).state == "cancelled" and office.refused(CheckIn(code=code), kiosk(office)).code == "visit.cancelled"
    off = [mail for mail in mails_now(smtp) if str(mail["to"]) == LI]
    assert [entry(mail)[0] for mail in off] == ["CANCEL"]
    (offer,) = office.read(bookings.offers_to, office.mei.person_id, clock.now())
    taken = office.do(bookings.AcceptOffer(offer_id=offer.id), office.mei)
    found = visit(made[0])
    assert (found.state, found.room_id, str(found.booking_id)) == ("planned", office.places["302"], taken["id"])
    (again,) = [mail for mail in mails_now(smtp) if str(mail["to"]) == LI]
    assert entry(again)[0] == "REQUEST" and labels.shown(str(code)) in words(again) and "302" in words(again)
    office.do(CheckIn(code=code), kiosk(office, "二号"))  # the code they have holds


@pytest.mark.proves("V37")
def test_an_offer_that_lapses_leaves_the_guests_called_off_until_another_room_is_found(office: Office, smtp: Catcher) -> None:  # noqa: F811
    set_up_rooms(office)
    booking_id = meeting(office, GUEST, calendars.Guest(email="wang@example.org", name="王敏"), hours=5)
    li, wang = office.do(visits.InviteGuests(booking_id=booking_id), office.mei)["visit_ids"]
    office.do(visits.CancelVisit(visit_id=wang), office.mei)  # one guest was called off by hand
    important = purpose(office, "重要会议", important=True, notice_minutes=60, roles=("leader", "clerk"))
    do = bookings.CreateBooking(
        room_id=office.places["301"],
        starts_at=moment(14, 30),
        ends_at=moment(16, 30),
        title="会",
        purpose_id=important,
        displace=True,
        reason="市领导",
    )
    office.do(do, office.chen)
    (offer,) = office.read(bookings.offers_to, office.mei.person_id, clock.now())
    offers.lapse_offers(offer.expires_at)
    assert visit(li).state == "cancelled" and visit(li).booking_id == booking_id
    (case,) = office.read(bookings.open_cases)
    later = bookings.OfferInCase(case_id=case.id, room_id=office.places["302"], starts_at=moment(16, 30), ends_at=moment(17, 30))
    office.do(later, office.ann)
    (offer,) = office.read(bookings.offers_to, office.mei.person_id, clock.now())
    office.do(bookings.AcceptOffer(offer_id=offer.id), office.mei)
    assert (visit(li).state, visit(li).expected_at) == ("planned", moment(16, 30))
    assert visit(wang).state == "cancelled"  # nobody takes that back


# ── a series ──


def test_who_is_invited_to_one_date_of_a_series_gets_no_codes_of_the_others(office: Office) -> None:
    set_up_rooms(office)
    id = make(office, wall(11, 24), "FREQ=DAILY;COUNT=4", title="联席会")
    first = office.read(series.card, id, office.mei, clock.now()).dates[0].booking_id
    alone = calendars.Guest(email="alone@guests.cn", name="独来")
    office.do(calendars.Invite(booking_id=first, guests=(alone,)), office.mei)
    assert office.read(visits.meetings.codes_to_come, first, clock.now()) == 0
    assert len(office.do(visits.InviteGuests(booking_id=first, whole_series=True), office.mei)["visit_ids"]) == 1
    office.do(calendars.Invite(series_id=id, guests=(GUEST,)), office.mei)
    assert office.read(visits.meetings.codes_to_come, first, clock.now()) == 4
    office.do(visits.InviteGuests(booking_id=first, whole_series=True), office.mei)
    assert office.read(visits.meetings.codes_to_come, first, clock.now()) == 0


@pytest.mark.proves("Front desk 10", "S3.1-R1")
def test_a_guest_of_a_series_gets_every_date_with_its_own_code_in_one_mail(office: Office, smtp: Catcher) -> None:  # noqa: F811
    set_up_rooms(office)
    id = make(office, wall(11, 24), "FREQ=DAILY;COUNT=4", title="联席会")
    office.do(calendars.Invite(series_id=id, guests=(GUEST,)), office.mei)
    first = office.read(series.card, id, office.mei, clock.now()).dates[0].booking_id
    mails_now(smtp)
    made = office.do(visits.InviteGuests(booking_id=first, whole_series=True), office.mei)["visit_ids"]
    assert len(made) == 4 and office.do(visits.InviteGuests(booking_id=first, whole_series=True), office.mei)["visit_ids"] == []
    (mail,) = [one for one in mails_now(smtp) if str(one["to"]) == LI]
    said = words(mail)
    for visit_id in made:
        assert labels.shown(str(office.read(labels.of, labels.SubjectKind.VISIT, UUID(str(visit_id))))) in said
    days = [proof.day for _code, proof in map(codes.read, cameras(mail)) if proof is not None]
    assert days == ["20261124", "20261125", "20261126", "20261127"]
    assert mails_now(smtp) == []

    # one date is moved, one called off: one mail says what holds now
    dates = office.read(series.card, id, office.mei, clock.now()).dates
    office.do(bookings.MoveBooking(booking_id=dates[1].booking_id, starts_at=moment(14, day=25), ends_at=moment(15, day=25)), office.mei)
    office.do(bookings.CancelBooking(booking_id=dates[2].booking_id), office.mei)
    (changed,) = [
        one for one in mails_now(smtp) if str(one["to"]) == LI and "image/png" in {part.get_content_type() for part in one.walk()}
    ]
    assert "14:00" in words(changed) and len(cameras(changed)) == 3
    assert [visit(one).state for one in made] == ["planned", "planned", "cancelled", "planned"]

    # the rest is called off
    office.do(series.CancelSeries(series_id=id), office.mei)
    over = [one for one in mails_now(smtp) if str(one["to"]) == LI]
    assert {visit(one).state for one in made} == {"cancelled"}
    assert sum("全部取消" in words(one) for one in over) == 1


def test_the_pictures_of_a_series_mail_are_gone_with_the_visit(office: Office, smtp: Catcher) -> None:  # noqa: F811
    set_up_rooms(office)
    id = make(office, wall(11, 24), "FREQ=DAILY;COUNT=2", title="联席会")
    office.do(calendars.Invite(series_id=id, guests=(GUEST,)), office.mei)
    first = office.read(series.card, id, office.mei, clock.now()).dates[0].booking_id
    made = office.do(visits.InviteGuests(booking_id=first, whole_series=True), office.mei)["visit_ids"]
    mails_now(smtp)
    for visit_id in made:
        office.do(visits.CancelVisit(visit_id=visit_id), office.mei)
    mails_now(smtp)
    office.do(visits.EraseVisits(visit_ids=made), office.ada)
    with database.reading() as s:
        assert all(one.facts == {} for one in s.execute(select(Notice).where(col(Notice.key).in_(series_mail.KEYS))).scalars())


# ── how long ──


@pytest.mark.proves("S3.1-R7")
def test_the_host_is_asked_after_the_usual_stay_of_that_kind_of_visitor(office: Office) -> None:
    desk, now = kiosk(office), clock.now()
    guest = walk_in(office, desk)
    office.do(SetUpType(key="interview", usual_stay_minutes=45), office.ann)
    interview = walk_in(office, desk, name="王敏", type="interview")
    planned = invite(office, name="赵强", type="interview", expected_at=now + timedelta(minutes=30))
    office.do(CheckIn(code=planned["code"]), desk)  # half an hour early

    def until(made: dict[str, object]) -> timedelta:
        found = visit(made["visit_id"]).stay_until
        assert found is not None
        return found - now

    assert until(guest) == timedelta(minutes=240) and until(interview) == timedelta(minutes=45)
    assert until({"visit_id": planned["visit_id"]}) == timedelta(minutes=75)
    office.do(SetUpType(key="interview", usual_stay_minutes=0), office.ann)
    assert office.read(visits.types.usual_stay, "interview") == 240
    office.later(minutes=46)
    assert visits.ask_overstay(clock.now()) == 1


def test_a_guest_of_a_meeting_is_expected_to_stay_until_it_ends(office: Office) -> None:
    set_up_rooms(office)
    booking_id = meeting(office, GUEST, hours=5)
    (made,) = office.do(visits.InviteGuests(booking_id=booking_id), office.mei)["visit_ids"]
    assert visit(made).stay_until == moment(16)
    office.do(bookings.MoveBooking(booking_id=booking_id, starts_at=moment(10), ends_at=moment(12)), office.mei)
    assert visit(made).stay_until == moment(12)
    office.do(CheckIn(code=office.read(labels.of, labels.SubjectKind.VISIT, UUID(str(made)))), kiosk(office))
    assert visit(made).stay_until == moment(12)


@pytest.mark.proves("Front desk 7")
def test_the_host_reads_for_when_the_visitor_was_asked(office: Office) -> None:
    planned = invite(office, company="江城建设", expected_at=moment(9, 30))
    office.do(CheckIn(code=planned["code"]), kiosk(office))
    (line,) = office.read(visits.waiting, clock.now())
    with database.reading() as s:
        notice = s.execute(select(Notice).where(col(Notice.key) == "visit.arrived")).scalars().first()
        assert notice is not None
        said = notices.sentence(notice, "zh-Hans")
    assert "09:30" in said and line.visit.expected_at == moment(9, 30)

"""Important meetings first: who may take a room from whom, what the displaced get, and that nothing is lost (Office 6, S1.3-R3)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from core.foundation import database
from core.foundation.i18n import LANGUAGES
from core.mechanisms.operations import Outcome, Role, perform_now
from core.sections import bookings, rooms
from core.sections.bookings import Booking, Displacement, offers
from tests.cast import Office
from tests.rooms.build import asking, book, claimed, purpose, row, told
from tests.rooms.doors import moment, set_up_rooms

REASON = "市领导现场办公"


@pytest.fixture
def house(office: Office) -> Office:
    """Three rooms; Mei has 301 from 14 to 15; an important purpose with an hour's notice."""
    set_up_rooms(office)
    office.do(rooms.SetUpRoom(room_id=office.places["305"], capacity=4), office.bo)
    office.places["important"] = purpose(office, "重要会议", important=True, notice_minutes=60, roles=("leader", "clerk"))
    office.places["mine"] = UUID(book(office, moment(14), moment(15), title="科务会", needs=("tea",))["id"])
    return office


def important(office: Office, *, start: int = 13, minute: int = 30, **more: object) -> bookings.CreateBooking:
    facts = {"purpose_id": office.places["important"], "displace": True, "reason": REASON, "title": "现场办公会"} | more
    return asking(office, moment(start, minute), moment(15, 30), **facts)


def never_two_at_once() -> None:
    """No two bookings that have time share an instant of a room."""
    with database.reading() as s:
        live_ones = s.execute(select(Booking).where(col(Booking.state).in_(("confirmed", "in_use", "pending", "offered")))).scalars().all()
    for a in live_ones:
        for b in live_ones:
            assert a.id == b.id or a.room_id != b.room_id or a.ends_at <= b.starts_at or b.ends_at <= a.starts_at


@pytest.mark.proves("Office 6", "S1.3-R3")
def test_an_important_meeting_takes_the_room_and_the_displaced_host_gets_an_equal_one_with_one_tap(house: Office) -> None:
    doors = [house.read(bookings.door_state, house.places[name], moment(9)).version for name in ("301", "302")]
    made = house.do(important(house), house.chen)
    after = [house.read(bookings.door_state, house.places[name], moment(9)).version for name in ("301", "302")]
    assert after[0] > doors[0] and after[1] > doors[1]  # both doors are told in the same moment
    mine = row(house.places["mine"])
    assert (mine.state, mine.displaced_by_id) == ("displaced", UUID(made["id"]))
    assert house.read(bookings.reason_of, mine.id) == REASON
    assert told(house, house.mei) == ["booking.displaced_notice"]
    (offer,) = house.read(bookings.offers_to, house.mei.person_id, moment(9))
    assert (offer.room, offer.instead_of, offer.capacity, offer.title) == ("302 办公室", "301 听雨厅", 12, "科务会")
    never_two_at_once()
    assert house.refused(asking(house, moment(14), moment(15), room="302"), house.wu).code == "booking.clash"  # kept for her
    taken = house.do(bookings.AcceptOffer(offer_id=offer.id), house.mei)
    house.do(bookings.AcceptOffer(offer_id=offer.id), house.mei)
    assert (taken["state"], taken["room"], taken["replaces_id"]) == ("confirmed", "302 办公室", str(mine.id))
    assert row(taken["id"]).needs == ["tea"]
    assert [b.room for b in house.read(bookings.mine, house.mei.person_id, moment(9))] == ["302 办公室"]
    never_two_at_once()
    # The door of the room it took shows the important meeting, and that of the other the moved one.
    states = [house.read(bookings.door_state, house.places[name], moment(14, 15)).state for name in ("301", "302")]
    assert states == ["held", "held"]


@pytest.mark.proves("S1.3-R3", "V13")
def test_a_taken_slot_tells_who_may_displace_that_they_may_and_asks_for_a_reason(house: Office) -> None:
    plain = important(house, displace=False, reason="")
    assert house.refused(plain, house.chen).facts["may_displace"] is True
    assert house.refused(important(house, reason="  "), house.chen).code == "booking.displace_reason"
    ordinary = important(house, purpose_id=None)
    assert house.refused(ordinary, house.chen).code == "booking.displace_purpose"
    assert "may_displace" not in house.refused(asking(house, moment(14), moment(15)), house.chen).facts
    assert row(house.places["mine"]).state == "confirmed"


@pytest.mark.proves("S1.3-R3")
def test_only_the_named_roles_displace_also_when_they_book_for_a_leader(house: Office) -> None:
    assert house.refused(important(house), house.wu).code in ("op.not_allowed", "booking.not_for_you")
    for_chen = important(house, host_id=house.chen.person_id)
    assert house.refused(for_chen, house.ann).code == "op.not_allowed"  # reception is not among them
    house.do(for_chen, house.bo)  # the clerk is
    assert told(house, house.chen) == ["booking.important_notice"]


@pytest.mark.proves("S1.3-R3")
def test_nobody_is_sent_out_of_a_running_or_an_important_meeting_or_without_notice(house: Office) -> None:
    def code(outcome: Outcome) -> str:
        assert all("{" not in outcome.message(language) for language in LANGUAGES)
        return str(outcome.code)

    assert code(house.refused(important(house), house.chen, at=moment(13, 1))) == "booking.displace_notice"
    at_two = important(house, start=14, minute=10)
    house.do(bookings.CheckIn(booking_id=house.places["mine"]), house.mei, at=moment(13, 55))
    assert code(house.refused(at_two, house.chen, at=moment(14, 5))) == "booking.displace_running"
    house.do(asking(house, moment(16), moment(17), purpose_id=house.places["important"]), house.chen)
    again = asking(house, moment(16), moment(17), purpose_id=house.places["important"], displace=True, reason=REASON)
    assert code(house.refused(again, house.bo)) == "booking.displace_important"
    assert row(house.places["mine"]).state == "in_use"


@pytest.mark.proves("S1.3-R3", "S1.3-R2")
def test_without_an_equal_room_the_office_gets_a_case_and_settles_it(house: Office) -> None:
    book(house, moment(14), moment(15), by=house.wu, room="302")
    house.do(important(house), house.chen)
    assert house.read(bookings.offers_to, house.mei.person_id, moment(9)) == []  # 305 is too small to be an equal
    assert told(house, house.mei) == ["booking.displaced_no_room"]
    (case,) = house.read(bookings.open_cases)
    assert (case.kind, case.person, case.reason) == ("displaced", "林晓梅", REASON)
    later = bookings.OfferInCase(case_id=case.id, room_id=house.places["302"], starts_at=moment(16), ends_at=moment(17))
    house.do(later, house.ann)
    (offer,) = house.read(bookings.offers_to, house.mei.person_id, moment(9))
    house.do(bookings.AcceptOffer(offer_id=offer.id), house.mei)
    assert house.read(bookings.open_cases) == []


@pytest.mark.proves("S1.3-R3")
def test_an_offer_nobody_answers_ends_and_the_displaced_is_not_forgotten(house: Office) -> None:
    house.do(important(house), house.chen)
    (offer,) = house.read(bookings.offers_to, house.mei.person_id, moment(9))
    assert offer.expires_at == moment(10)
    assert offers.lapse_offers(offer.expires_at - timedelta(seconds=1)) == 0
    assert (offers.lapse_offers(offer.expires_at), offers.lapse_offers(offer.expires_at)) == (1, 0)
    assert claimed(house.places["302"]) == [] and house.refused(bookings.AcceptOffer(offer_id=offer.id), house.mei).code == "offer.lapsed"
    assert [case.person for case in house.read(bookings.open_cases)] == ["林晓梅"]
    assert house.refused(bookings.AcceptOffer(offer_id=offer.id), house.wu).code == "op.not_allowed"


@pytest.mark.proves("S1.3-R3", "V42")
def test_several_bookings_give_way_at_once_each_keeps_its_row_and_what_is_left_over_is_free(house: Office) -> None:
    second = book(house, moment(15), moment(16), by=house.wu)
    house.do(important(house), house.chen)
    assert {row(house.places["mine"]).state, row(second["id"]).state} == {"displaced"}
    book(house, moment(15, 30), moment(16), by=house.bo)
    with database.reading() as s:
        assert len(s.execute(select(Displacement)).all()) == 2
    with pytest.raises(DBAPIError) as error, database.writing() as s:
        s.execute(text("UPDATE displacement SET reason = ''"))
    assert "append_only" in database.violated(error.value)


@pytest.mark.proves("V01", "S1.3-R3")
def test_two_important_meetings_at_once_and_one_gets_the_room(house: Office) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda i: perform_now(important(house), by=(house.chen, house.bo)[i % 2]), range(8)))
    assert sorted(outcome.ok for outcome in outcomes) == [False] * 7 + [True]
    assert {outcome.code for outcome in outcomes if not outcome.ok} <= {"booking.displace_important", "booking.clash"}
    never_two_at_once()
    assert len(house.read(bookings.offers_to, house.mei.person_id, moment(9))) == 1


@pytest.mark.proves("S1.3-R3")
def test_a_walk_up_from_now_on_is_a_running_meeting_and_stays(house: Office) -> None:
    door, _ = house.device("301", Role.DOOR, house.places["301"])
    house.do(asking(house, moment(9), moment(10)), door)
    now = asking(house, moment(9, 30), moment(10, 30), purpose_id=house.places["important"], displace=True, reason=REASON)
    assert house.refused(now, house.chen).code == "booking.displace_running"

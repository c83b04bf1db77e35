"""The waiting list gives freed time in order; conflicts are settled by the office (S1.3-R2). Every test runs on both databases."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.foundation import database
from core.mechanisms.operations import Actor
from core.sections import bookings, rooms
from core.sections.bookings import no_shows, offers
from tests.cast import Office
from tests.rooms.build import asking, book, claimed, row, told
from tests.rooms.doors import moment, set_up_rooms


@pytest.fixture
def house(office: Office) -> Office:
    """Mei has 301 from 10 to 12; it is 9."""
    set_up_rooms(office)
    office.places["mine"] = UUID(book(office, moment(10), moment(12))["id"])
    return office


def wait(office: Office, by: Actor, *, start: int = 10, end: int = 11, room: str | None = "301", **more: object) -> UUID:
    room_id = office.places[room] if room else None
    return UUID(office.do(bookings.JoinWaiting(room_id=room_id, starts_at=moment(start), ends_at=moment(end), **more), by)["id"])  # type: ignore[arg-type]


def offered(office: Office, by: Actor) -> list[bookings.OfferView]:
    found: list[bookings.OfferView] = office.read(bookings.offers_to, by.person_id, moment(9))
    return found


@pytest.mark.proves("S1.3-R2")
def test_freed_time_is_offered_in_order_and_goes_to_the_next_when_nobody_answers(house: Office) -> None:
    wait(house, house.wu)
    wait(house, house.bo)
    assert [entry.ahead for entry in house.read(bookings.waits_of, house.bo.person_id, moment(9))] == [1]
    house.do(bookings.CancelBooking(booking_id=house.places["mine"]), house.mei)
    (first,) = offered(house, house.wu)
    assert offered(house, house.bo) == [] and told(house, house.wu) == ["booking.waiting_offer_notice"]
    assert house.refused(asking(house, moment(10), moment(11)), house.mei).code == "booking.clash"  # nobody slips in
    book(house, moment(11), moment(12), by=house.ann)  # what nobody waits for is free
    offers.lapse_offers(first.expires_at)
    (second,) = offered(house, house.bo)
    house.do(bookings.AcceptOffer(offer_id=second.id), house.bo)
    assert row(second.booking_id).state == "confirmed" and row(first.booking_id).state == "lapsed"
    assert [entry for person in (house.wu, house.bo) for entry in house.read(bookings.waits_of, person.person_id, moment(9))] == []


@pytest.mark.proves("S1.3-R2", "Front desk 4", "Front desk 3")
@pytest.mark.parametrize("how", ["cancelled", "ended early", "nobody came", "moved away", "declined"])
def test_every_way_a_room_becomes_free_feeds_the_waiting_list(house: Office, how: str) -> None:
    wait(house, house.wu, start=11, end=12, place=True)
    mine, at = house.places["mine"], moment(9)
    if how == "cancelled":
        house.do(bookings.CancelBooking(booking_id=mine), house.mei)
    elif how == "ended early":
        house.do(bookings.CheckIn(booking_id=mine), house.mei, at=moment(10))
        at = moment(10, 30)
        house.do(bookings.EndBooking(booking_id=mine), house.mei, at=at)
    elif how == "nobody came":
        at = moment(10, 10)
        assert no_shows.release_no_shows(at) == 1
    elif how == "moved away":
        house.do(bookings.MoveBooking(booking_id=mine, room_id=house.places["302"], starts_at=moment(10), ends_at=moment(12)), house.mei)
    else:
        wait(house, house.bo, start=10, end=12)
        entry = house.read(bookings.waits_of, house.wu.person_id, moment(9))[0]
        house.do(bookings.LeaveWaiting(wait_id=entry.id), house.wu)
        house.do(bookings.CancelBooking(booking_id=mine), house.mei)
        (kept,) = offered(house, house.bo)
        wait(house, house.wu, start=11, end=12, place=True)
        house.do(bookings.DeclineOffer(offer_id=kept.id), house.bo)
    (placed,) = house.read(bookings.mine, house.wu.person_id, at)
    assert (placed.room, placed.starts_at, placed.ends_at, placed.via, placed.state) == (
        "301 听雨厅",
        moment(11),
        moment(12),
        "waiting_list",
        "confirmed",
    )
    assert told(house, house.wu)[-1] == "booking.placed_notice"


@pytest.mark.proves("S1.3-R2")
def test_who_waits_for_a_time_that_has_begun_gets_what_is_left_and_not_less_than_a_quarter_of_an_hour(house: Office) -> None:
    house.do(bookings.CheckIn(booking_id=house.places["mine"]), house.mei, at=moment(10))
    wait(house, house.wu)
    wait(house, house.bo, end=12)
    house.do(bookings.EndBooking(booking_id=house.places["mine"]), house.mei, at=moment(10, 50))
    assert offered(house, house.wu) == []
    (rest,) = offered(house, house.bo)
    assert (rest.starts_at, rest.ends_at) == (moment(10, 50), moment(12))
    taken = house.do(bookings.AcceptOffer(offer_id=rest.id), house.bo, at=moment(10, 59))
    assert no_shows.release_no_shows(moment(11, 8)) == 0  # the grace counts from the answer
    assert no_shows.release_no_shows(moment(11, 9)) == 1 and row(taken["id"]).state == "released"


@pytest.mark.proves("S1.3-R2")
def test_any_room_that_fits_will_do_and_nobody_waits_for_what_is_free(house: Office) -> None:
    house.do(rooms.SetUpRoom(room_id=house.places["305"], capacity=4), house.bo)
    free = bookings.JoinWaiting(starts_at=moment(10), ends_at=moment(11), attendees=10)
    assert house.refused(free, house.wu).code == "wait.free"  # 302 is
    assert (
        house.refused(bookings.JoinWaiting(room_id=house.places["302"], starts_at=moment(10), ends_at=moment(11)), house.wu).code
        == "wait.free"
    )
    other = book(house, moment(10), moment(11), by=house.bo, room="302")
    house.do(free, house.wu)
    house.do(free, house.wu)  # once is enough
    assert len(house.read(bookings.waits_of, house.wu.person_id, moment(9))) == 1
    house.do(bookings.CancelBooking(booking_id=other["id"]), house.bo)
    assert [offer.room for offer in offered(house, house.wu)] == ["302 办公室"]


@pytest.mark.proves("S1.3-R2")
def test_leaving_the_list_or_the_office_passes_the_offer_on(house: Office) -> None:
    first = wait(house, house.wu)
    wait(house, house.bo)
    house.do(bookings.CancelBooking(booking_id=house.places["mine"]), house.mei)
    assert house.refused(bookings.LeaveWaiting(wait_id=first), house.mei).code == "op.not_allowed"
    house.do(bookings.LeaveWaiting(wait_id=first), house.wu)
    assert offered(house, house.wu) == [] and len(offered(house, house.bo)) == 1
    assert house.refused(bookings.JoinWaiting(starts_at=moment(8), ends_at=moment(8, 30)), house.wu).code == "booking.past"


# ── conflicts ──


def open_case(office: Office, by: Actor, **more: object) -> bookings.CaseView:
    do = bookings.OpenCase(room_id=office.places["301"], starts_at=moment(10), ends_at=moment(11), reason="外宾只认这间", **more)  # type: ignore[arg-type]
    office.do(do, by)
    found: bookings.CaseView = office.read(bookings.open_cases)[-1]
    return found


@pytest.mark.proves("S1.3-R2")
def test_the_holder_gives_way_for_another_room_and_the_asker_gets_the_time_in_the_same_moment(house: Office) -> None:
    case = open_case(house, house.wu, title="外宾来访", attendees=6)
    assert (case.holder, case.person, case.reason) == ("林晓梅", "吴桐", "外宾只认这间")
    assert told(house, house.ann) == told(house, house.bo) == ["booking.case_notice"]
    ask = bookings.OfferInCase(case_id=case.id, to="holder", room_id=house.places["302"])
    assert house.refused(ask, house.wu).code == "op.not_allowed"
    house.do(ask, house.ann)
    assert house.refused(ask, house.ann).code == "case.offered"
    (offer,) = offered(house, house.mei)
    assert (offer.room, offer.starts_at, offer.ends_at) == ("302 办公室", moment(10), moment(12))  # her whole time
    house.do(bookings.AcceptOffer(offer_id=offer.id), house.mei)
    assert row(house.places["mine"]).state == "displaced"
    (hers,), (his,) = (house.read(bookings.mine, person.person_id, moment(9)) for person in (house.mei, house.wu))
    assert (hers.room, his.room, his.title, his.ends_at) == ("302 办公室", "301 听雨厅", "外宾来访", moment(11))
    assert house.read(bookings.open_cases) == [] and told(house, house.wu) == ["booking.case_settled_notice"]


@pytest.mark.proves("S1.3-R2")
def test_the_office_offers_the_asker_another_room_or_says_why_not(house: Office) -> None:
    case = open_case(house, house.wu)
    assert open_case(house, house.wu).id == case.id
    house.do(bookings.OfferInCase(case_id=case.id, room_id=house.places["305"]), house.chen)
    (offer,) = offered(house, house.wu)
    house.do(bookings.DeclineOffer(offer_id=offer.id), house.wu)
    assert claimed(house.places["305"]) == [] and house.read(bookings.open_cases)[0].offers[0].state == "declined"
    taken = bookings.OfferInCase(case_id=case.id, room_id=house.places["301"])
    assert house.refused(taken, house.ann).code == "case.offer_taken"
    house.do(bookings.CloseCase(case_id=case.id, note="当天都已排满"), house.ann)
    assert house.refused(bookings.CloseCase(case_id=case.id, note="再说"), house.ann).code == "case.refused"
    assert told(house, house.wu)[-1] == "booking.case_refused_notice"


@pytest.mark.proves("S1.3-R2", "V42")
def test_a_withdrawn_case_gives_back_what_was_kept_for_it(house: Office) -> None:
    case = open_case(house, house.wu)
    house.do(bookings.OfferInCase(case_id=case.id, room_id=house.places["305"]), house.ann)
    withdraw = bookings.WithdrawCase(case_id=case.id)
    assert house.refused(withdraw, house.mei).code == "op.not_allowed"
    house.do(withdraw, house.wu)
    house.do(withdraw, house.wu)
    assert claimed(house.places["305"]) == [] and offered(house, house.wu) == []
    free = bookings.OpenCase(room_id=house.places["305"], starts_at=moment(10), ends_at=moment(11), reason="想要")
    assert house.refused(free, house.wu).code == "case.free"


@pytest.mark.proves("S1.3-R2", "V11")
def test_what_nobody_settled_before_its_time_was_over_is_closed_once_and_said(house: Office) -> None:
    case = open_case(house, house.wu)
    waiting = wait(house, house.bo)
    anywhere = house.do(bookings.LeaveWaiting(wait_id=wait(house, house.ann)), house.ann)
    house.do(bookings.OfferInCase(case_id=case.id, room_id=house.places["305"], starts_at=moment(15), ends_at=moment(16)), house.ann)
    assert bookings.lapse_overdue(moment(11)) == 1  # the place in the queue; the offer of the afternoon still stands
    house.do(bookings.DeclineOffer(offer_id=offered(house, house.wu)[0].id), house.wu)
    assert (bookings.lapse_overdue(moment(11)), bookings.lapse_overdue(moment(12))) == (1, 0)
    assert told(house, house.wu)[-1] == "booking.case_lapsed_notice" and told(house, house.bo).count("booking.wait_lapsed_notice") == 1
    assert house.refused(bookings.WithdrawCase(case_id=case.id), house.wu, at=moment(12)).code == "case.lapsed"
    house.do(bookings.LeaveWaiting(wait_id=waiting), house.bo, at=moment(12))  # nothing new: it is over
    with database.reading() as s:
        assert [(one.state, one.id) for one in s.execute(select(bookings.BookingWait)).scalars() if one.id == waiting] == [
            ("lapsed", waiting)
        ]
    assert anywhere["state"] == "left"


# ── late after all ──


@pytest.mark.proves("Front desk 4")
def test_who_comes_late_gets_the_rest_again_with_one_tap_while_it_is_free(house: Office) -> None:
    mine = house.places["mine"]
    assert no_shows.release_no_shows(moment(10, 10)) == 1
    late = house.refused(bookings.CheckIn(booking_id=mine), house.mei, at=moment(10, 10, 30))
    assert (late.code, late.facts["free_until"]) == ("booking.released", "2026-11-23T04:00:00Z")
    again = house.do(bookings.TakeAgain(booking_id=mine), house.mei, at=moment(10, 10, 30))
    assert (again["state"], again["ends_at"], again["replaces_id"]) == ("in_use", "2026-11-23T04:00:00Z", str(mine))
    assert row(mine).state == "released"  # the statistics keep what happened
    assert house.refused(bookings.TakeAgain(booking_id=mine), house.mei, at=moment(10, 11)).code == "booking.clash"
    assert house.refused(bookings.TakeAgain(booking_id=again["id"]), house.mei, at=moment(10, 11)).code == "booking.not_released"
    assert no_shows.release_no_shows(moment(10, 30) + timedelta(hours=1)) == 0

"""Lost property, and how the rooms are used."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlmodel import col

from core.foundation import clock, database
from core.mechanisms import duties, notices, tables
from core.mechanisms.operations import Actor, Role
from core.sections import bookings, roomcare, rooms
from tests.cast import Office
from tests.conftest import MON_9AM

SIGNATURE = "a" * 64
MONDAY = date(2026, 11, 23)


@pytest.fixture
def house(office: Office) -> Office:
    for short in ("301", "305"):
        office.do(rooms.SetUpRoom(room_id=office.places[short], capacity=12), office.bo)
    return office


def hour(n: float) -> Any:
    return MON_9AM + timedelta(hours=n - 9)


def meet(house: Office, start: float, end: float, *, short: str = "301", come: bool = True, by: Actor | None = None) -> Any:
    id = uuid4()
    clock.freeze(MON_9AM)
    house.do(bookings.CreateBooking(id=id, room_id=house.places[short], starts_at=hour(start), ends_at=hour(end)), by or house.mei)
    if come:
        clock.freeze(hour(start))
        house.do(bookings.CheckIn(booking_id=id), by or house.mei)
    return id


@pytest.mark.proves("S1.3-R7")
def test_what_was_left_gets_a_label_and_is_claimed_with_a_signature_at_desk_or_kiosk(house: Office) -> None:
    meet(house, 9, 10)
    clock.freeze(hour(10.2))
    found = house.do(roomcare.ReportFound(what="灰色围巾", place_id=house.places["301"], kept_where="前台柜"), house.wu)
    (item,) = house.read(roomcare.lost_items, clock.now())
    assert (item.what, item.place, item.finder, item.label, item.due) == ("灰色围巾", "301 听雨厅", "吴桐", found["code"], False)
    assert [n.key for n in house.read(notices.unread, house.mei.person_id)] == ["lost.notice_host"]  # the host of the meeting before
    kiosk = Actor(frozenset({Role.KIOSK}), None, None, None, "kiosk")
    assert house.refused(roomcare.DisposeItem(item_id=item.id, how="given"), house.ann).code == "lost.too_early"
    assert house.refused(roomcare.ClaimItem(code=item.label, name="李文博", signature=SIGNATURE), house.mei).code == "op.not_allowed"
    house.do(roomcare.ClaimItem(code=item.label, name="李文博", signature=SIGNATURE), kiosk)
    again = house.refused(roomcare.ClaimItem(code=item.label, name="王五", signature=SIGNATURE), house.ann)
    assert again.code == "lost.gone" and house.read(roomcare.lost_items, clock.now()) == []
    assert [one.claimer for one in house.read(roomcare.lost_items, clock.now(), state="claimed")] == ["李文博"]
    clock.freeze(hour(10) + timedelta(days=31))
    roomcare.remind_of_things(clock.now())
    assert [one.claimer for one in house.read(roomcare.lost_items, clock.now(), state="claimed")] == [""]  # forgotten with its days


@pytest.mark.proves("S1.3-R7")
def test_what_nobody_claims_becomes_a_duty_after_its_days_and_only_then_may_go(house: Office) -> None:
    found = house.do(roomcare.ReportFound(what="雨伞", place_id=house.places["305"]), house.wu)
    roomcare.remind_of_things(MON_9AM + timedelta(days=89))
    assert house.read(duties.mine, house.bo, MON_9AM) == []
    clock.freeze(MON_9AM + timedelta(days=90))
    roomcare.remind_of_things(clock.now())
    roomcare.remind_of_things(clock.now())
    assert [duty.title for duty in house.read(duties.mine, house.bo, clock.now())] == ["失物保管期满，请处理：雨伞"]
    house.do(roomcare.DisposeItem(item_id=found["item_id"], how="given"), house.ann)
    assert house.read(duties.mine, house.bo, clock.now()) == []


@pytest.mark.proves("S1.3-R7")
def test_at_the_end_of_a_meeting_its_host_is_reminded_once_where_the_room_asks_for_it(house: Office) -> None:
    house.do(roomcare.SetRoomCare(room_id=house.places["301"], remind_things=True), house.bo)
    meet(house, 9, 10)
    meet(house, 9, 10, short="305", by=house.wu)
    assert roomcare.remind_of_things(hour(9.9)) == 0
    assert roomcare.remind_of_things(hour(10)) == 1 and roomcare.remind_of_things(hour(10) + timedelta(minutes=1)) == 0
    assert [n.key for n in house.read(notices.unread, house.mei.person_id)] == ["lost.notice_things"]


@pytest.mark.proves("S1.3-R7")
def test_who_asks_for_a_lost_thing_learns_nothing_gets_a_code_and_the_desk_hands_it_over(house: Office) -> None:
    kiosk = Actor(frozenset({Role.KIOSK}), None, None, None, "kiosk")
    missing = house.do(roomcare.SeekItem(what="灰色围巾", name="李文博"), kiosk)
    found = house.do(roomcare.ReportFound(what="灰色羊毛围巾", place_id=house.places["301"]), house.wu)
    there = house.do(roomcare.SeekItem(what="灰色围巾", where="meeting_room", days_ago=1, name="李文博"), kiosk)
    assert (
        set(missing) == set(there) == {"search_id", "code"} and missing["code"] != there["code"]
    )  # the same answer whether it is here or not
    assert house.refused(roomcare.EndSearch(search_id=there["search_id"]), kiosk).code == "op.not_allowed"
    assert [(n.key, n.facts["code"]) for n in house.read(notices.unread, house.ann.person_id)] == [
        ("lost.notice_sought", there["code"]), ("lost.notice_sought", missing["code"])
    ]  # fmt: skip
    assert [(one.code, one.where, one.days_ago) for one in house.read(roomcare.searches)] == [
        (there["code"], "meeting_room", 1), (missing["code"], "unknown", 0)
    ]  # fmt: skip
    house.do(roomcare.ClaimItem(code=found["code"], name="李文博", signature=SIGNATURE, search_id=there["search_id"]), house.ann)
    house.do(roomcare.EndSearch(search_id=missing["search_id"]), house.ann)
    house.do(roomcare.EndSearch(search_id=missing["search_id"]), house.ann)
    assert house.read(roomcare.searches) == [] and house.read(roomcare.lost_items, clock.now()) == []
    assert roomcare.forget_searches(MON_9AM + timedelta(days=29)) == 0
    assert roomcare.forget_searches(MON_9AM + timedelta(days=31)) == 2 and roomcare.forget_searches(MON_9AM + timedelta(days=31)) == 0
    with database.reading() as s:  # reception's message about it forgets with it
        assert len(
            told := [
                one.facts for one in s.execute(select(notices.Notice).where(col(notices.Notice.subject_kind) == "lost_search")).scalars()
            ]
        ) >= 2 and not any(told)
    with database.reading() as s:
        assert {(row.seeker, row.what) for row in s.execute(select(roomcare.LostSearch)).scalars()} == {("", "")}


def test_a_kiosk_somebody_plays_with_stops_asking_and_the_desk_does_not(house: Office) -> None:
    kiosk = Actor(frozenset({Role.KIOSK}), None, None, None, "kiosk")
    codes = {house.do(roomcare.SeekItem(what="雨伞", name="某人"), kiosk)["code"] for _ in range(40)}
    assert len(codes) == 40
    assert house.refused(roomcare.SeekItem(what="雨伞", name="某人"), kiosk).code == "lost.too_many_searches"
    house.do(roomcare.SeekItem(what="雨伞", name="某人"), house.ann)
    clock.freeze(MON_9AM + timedelta(days=1, minutes=1))
    house.do(roomcare.SeekItem(what="雨伞", name="某人"), kiosk)


def test_booked_used_released_and_refused_add_up_by_room_and_hour(house: Office) -> None:
    meet(house, 9, 11)  # used to the end
    early = meet(house, 13, 15)
    clock.freeze(hour(14))
    house.do(bookings.EndBooking(booking_id=early), house.mei)  # left an hour early
    meet(house, 16, 17, come=False, short="305")
    bookings.release_no_shows(hour(16.5))
    cancelled = meet(house, 17, 18, come=False)
    house.do(bookings.CancelBooking(booking_id=cancelled), house.mei)
    clock.freeze(hour(8.5))
    for who in (house.wu, house.wu, house.ann):  # Wu taps twice: one wish
        wish = bookings.CreateBooking(room_id=house.places["301"], starts_at=hour(9.5), ends_at=hour(10))
        assert house.refused(wish, who).code == "booking.clash"
    clock.freeze(hour(19))
    found = house.read(roomcare.use, MONDAY, MONDAY, hour(19))
    hall, nook = found.rooms
    assert (hall.bookings, hall.booked_minutes, hall.used_minutes, hall.refused) == (2, 240, 180, 2)
    assert (nook.booked_minutes, nook.used_minutes, nook.released_minutes, nook.releases) == (60, 0, 60, 1)
    assert (found.booked_minutes, found.used_minutes, found.refused) == (300, 180, 2)
    hours = {one.hour: one for one in found.hours}
    assert [hours[h].booked_minutes for h in (9, 10, 13, 14, 16)] == [60, 60, 60, 60, 60] and 17 not in hours
    assert (hours[14].used_minutes, hours[16].released_minutes, hours[9].refused) == (0, 60, 2)
    assert found.reasons == (("booking.clash", 2),)
    book = load_workbook(io.BytesIO(tables.write_book(roomcare.sheets(found, lambda key: key))))
    assert [sheet.max_row for sheet in book.worksheets] == [3, 1 + len(found.hours)]
    assert [cell.value for cell in book.worksheets[0][2]][:5] == ["301 听雨厅", 12, 2, 4, 3]
    assert house.read(roomcare.use, MONDAY - timedelta(days=7), MONDAY - timedelta(days=1), hour(19)).booked_minutes == 0

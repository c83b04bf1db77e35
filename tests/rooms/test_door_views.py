"""What a door is told: the state at every moment, and never more than the corridor may know."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core.mechanisms.operations import Role, as_json
from core.sections import bookings, rooms
from core.sections.bookings import daylight
from tests.cast import Office
from tests.rooms.doors import moment, set_up_rooms


@pytest.fixture
def house(office: Office) -> Office:
    set_up_rooms(office)
    return office


def view(office: Office, at: datetime, room: str = "301") -> bookings.DoorState:
    found: bookings.DoorState = office.read(bookings.door_state, office.places[room], at)
    return found


def book(office: Office, start: datetime, end: datetime, **more: Any) -> UUID:
    return UUID(office.do(bookings.CreateBooking(room_id=office.places["301"], starts_at=start, ends_at=end, **more), office.mei)["id"])


@pytest.mark.proves("V22", "S1.3-R1")
def test_a_door_goes_through_its_states_as_the_day_goes(house: Office) -> None:
    booking_id = book(house, moment(10), moment(11))
    seen = {
        (h, m): view(house, moment(h, m)).state
        for h, m in ((7, 59), (8, 0), (9, 49), (9, 50), (9, 59), (10, 0), (10, 9), (10, 59), (11, 0), (19, 59), (20, 0))
    }
    assert seen == {
        (7, 59): "shut",
        (8, 0): "free",
        (9, 49): "free",
        (9, 50): "soon",
        (9, 59): "soon",
        (10, 0): "held",
        (10, 9): "held",
        (10, 59): "held",
        (11, 0): "free",
        (19, 59): "free",
        (20, 0): "shut",
    }
    house.do(bookings.CheckIn(booking_id=booking_id), house.mei, at=moment(10, 5))
    assert [view(house, moment(10, minute)).state for minute in (5, 59)] == ["busy", "busy"]
    assert view(house, moment(11)).state == "free"


@pytest.mark.proves("V22", "V23")
def test_the_phases_of_a_view_leave_no_gap_and_each_says_what_the_server_says_then(house: Office) -> None:
    book(house, moment(10), moment(11))
    book(house, moment(11), moment(12))
    book(house, moment(9, day=24), moment(9, 30, day=24))
    shown = view(house, moment(9))
    assert shown.phases[0].starts_at == moment(9) and shown.phases[-1].ends_at == moment(0, day=25)
    for before, after in zip(shown.phases, shown.phases[1:], strict=False):
        assert before.ends_at == after.starts_at
    for phase in shown.phases:
        inside = phase.starts_at + (phase.ends_at - phase.starts_at) / 2
        assert view(house, inside).state == phase.state, phase
    assert [phase.state for phase in shown.phases] == [
        "free",
        "soon",
        "held",
        "held",
        "free",
        "shut",
        "free",
        "soon",
        "held",
        "free",
        "shut",
    ]


def test_a_closed_room_says_why_and_until_when_and_opens_by_itself(house: Office) -> None:
    house.do(rooms.CloseRoom(room_id=house.places["301"], reason="检修投影", until=moment(8, 30, day=24)), house.ann)
    phase = view(house, moment(9, 1)).phases[0]
    assert (phase.state, phase.reason, phase.until, phase.hours) == ("shut", "检修投影", moment(8, 30, day=24), False)
    assert view(house, moment(8, 31, day=24)).state == "free"


@pytest.mark.proves("Front desk 3")
def test_a_running_meeting_can_be_extended_up_to_the_next_one_or_to_closing_time(house: Office) -> None:
    first = book(house, moment(10), moment(11))
    book(house, moment(11, 30), moment(12))
    house.do(bookings.CheckIn(booking_id=first), house.mei, at=moment(10))
    phase = view(house, moment(10, 5)).phases[0]
    assert (phase.state, phase.until, phase.limit) == ("busy", moment(11), moment(11, 30))
    evening = book(house, moment(19), moment(19, 30))
    house.do(bookings.CheckIn(booking_id=evening), house.mei, at=moment(19))
    assert view(house, moment(19, 5)).phases[0].limit == moment(20)


@pytest.mark.proves("V28")
def test_titles_and_names_stay_on_the_server_unless_the_room_is_public(house: Office) -> None:
    book(house, moment(10), moment(11), title="裁员方案讨论")
    told = json.dumps(as_json(view(house, moment(9))), ensure_ascii=False)
    assert "办公室" in told and "裁员" not in told and "林晓梅" not in told
    house.do(rooms.SetUpRoom(room_id=house.places["301"], public=True), house.bo)
    told = json.dumps(as_json(view(house, moment(9))), ensure_ascii=False)
    assert "裁员方案讨论" in told and "林晓梅" not in told


@pytest.mark.proves("V28")
def test_what_a_door_hears_back_from_its_own_taps_has_no_title_and_no_name(house: Office) -> None:
    booking_id = book(house, moment(9, 5), moment(10), title="裁员方案讨论")
    door, _ = house.device("301", Role.DOOR, house.places["301"])
    answers = [
        house.do(do, door, at=moment(9, 6))
        for do in (bookings.CheckIn(booking_id=booking_id), bookings.ExtendBooking(booking_id=booking_id, minutes=15))
    ]
    clash = house.refused(
        bookings.CreateBooking(room_id=house.places["301"], starts_at=moment(9, 6), ends_at=moment(9, 30)), door, at=moment(9, 6)
    )
    told = json.dumps([*answers, clash.facts], ensure_ascii=False)
    assert "裁员" not in told and "林晓梅" not in told and str(house.mei.person_id) not in told


def test_each_change_of_a_room_s_day_makes_its_view_newer_and_leaves_the_others_alone(house: Office) -> None:
    before = view(house, moment(9)).version, view(house, moment(9), "302").version
    booking_id = book(house, moment(10), moment(11))
    house.do(bookings.ExtendBooking(booking_id=booking_id, minutes=15), house.mei)
    house.do(bookings.MoveBooking(booking_id=booking_id, room_id=house.places["302"], starts_at=moment(13), ends_at=moment(14)), house.mei)
    assert view(house, moment(9)).version == before[0] + 3
    assert view(house, moment(9), "302").version == before[1] + 1


@pytest.mark.proves("S1.3-R1")
def test_rooms_now_and_the_free_rooms_agree_with_the_doors(house: Office) -> None:
    book(house, moment(9), moment(10))
    house.do(rooms.CloseRoom(room_id=house.places["305"], reason="检修"), house.ann)
    at = moment(9, 30)
    now = {room.short_name: room.state for room in house.read(bookings.rooms_now, at)}
    assert now == {"301": "held", "302": "free", "305": "shut"}
    assert {name: view(house, at, name).state for name in now} == now
    near = house.read(bookings.nearby, house.places["301"], at)
    assert ([room.name for room in near.items], near.total) == (["302 办公室"], 1)
    assert view(house, at).free_rooms == 1
    assert house.read(bookings.next_change, moment(9, 1)) == moment(9, 45)  # in a quarter of an hour 301 would be free as planned


def test_a_day_s_plan_has_every_room_with_its_bookings_in_order(house: Office) -> None:
    later, sooner = book(house, moment(14), moment(15), title="下午会"), book(house, moment(10), moment(11))
    cancelled = book(house, moment(16), moment(17))
    house.do(bookings.CancelBooking(booking_id=cancelled), house.mei)
    plan = {room.name: room for room in house.read(bookings.day_plan, moment(9).date(), moment(9))}
    assert [slot.id for slot in plan["301 听雨厅"].slots] == [sooner, later]
    assert (plan["301 听雨厅"].slots[1].title, plan["301 听雨厅"].slots[1].host) == ("下午会", "林晓梅")
    assert plan["305 小谈室"].slots == ()
    assert plan["305 小谈室"].opens_at == moment(8)


@pytest.mark.proves("V12", "V28", "V29")
def test_a_room_s_feed_holds_every_booking_at_its_true_time_and_no_title(house: Office) -> None:
    ids = [
        book(house, moment(10) + timedelta(days=day), moment(11) + timedelta(days=day), title="裁员方案讨论，第一轮；保密")
        for day in range(3)
    ]
    text = house.read(bookings.room_calendar, house.places["301"], moment(9), "zh-Hans", "foyer.test")
    lines = text.replace("\r\n ", "").split("\r\n")
    assert [line for line in lines if line.startswith("UID:")] == [f"UID:{id}@foyer.test" for id in ids]
    assert [line for line in lines if line.startswith("DTSTART:")] == [f"DTSTART:202611{day}T020000Z" for day in (23, 24, 25)]
    assert "裁员" not in text and "SUMMARY:办公室" in lines and all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    house.do(rooms.SetUpRoom(room_id=house.places["301"], public=True), house.bo)
    text = house.read(bookings.room_calendar, house.places["301"], moment(9), "zh-Hans", "foyer.test")
    assert "SUMMARY:裁员方案讨论，第一轮；保密" in text.replace("\r\n ", "")


def test_the_register_finds_bookings_by_title_host_room_and_initials_page_by_page(house: Office) -> None:
    from core.mechanisms.views import Query

    for hour in range(9, 14):
        book(house, moment(hour), moment(hour, 30), title=f"第{hour}场")
    house.do(bookings.CreateBooking(room_id=house.places["305"], starts_at=moment(10), ends_at=moment(11), title="面谈"), house.wu)
    first = house.read(bookings.bookings_list, Query(limit=4), house.bo)
    second = house.read(bookings.bookings_list, Query(limit=4, cursor=first.next), house.bo)
    seen = [row.title for row in (*first.items, *second.items)]
    assert sorted(seen) == sorted(["第9场", "第10场", "第11场", "第12场", "第13场", "面谈"]) and second.next is None
    for words, count in (("面谈", 1), ("林晓梅", 5), ("lxm", 5), ("305", 1), ("听雨", 5), ("没有的", 0)):
        assert len(house.read(bookings.bookings_list, Query(q=words), house.bo).items) == count, words
    assert len(house.read(bookings.bookings_list, Query(filters={"from": "2026-11-23T12:00:00+08:00"}), house.bo).items) == 2


def test_night_begins_at_the_sunset_of_the_room_s_zone() -> None:
    from datetime import date
    from zoneinfo import ZoneInfo

    rise, fall = daylight.sun(ZoneInfo("Asia/Shanghai"), date(2026, 11, 23))
    assert rise is not None and fall is not None
    # Shanghai, 23 November: sunrise 6:31, sunset 16:53 on the wall.
    assert abs(rise - moment(6, 31)) < timedelta(minutes=4) and abs(fall - moment(16, 53)) < timedelta(minutes=4)
    assert daylight.sun(ZoneInfo("Arctic/Longyearbyen"), date(2026, 6, 21)) == (None, None)

"""Set-up and clean-up, combined rooms and the one portable projector: what blocks what. Every test runs on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.foundation import database
from core.mechanisms.operations import Role, perform_now
from core.sections import bookings, rooms
from tests.cast import Office
from tests.rooms.build import asking, book, claimed, combined, item, items_claimed, purpose, row
from tests.rooms.doors import moment, set_up_rooms
from tests.rooms.test_bookings import RELATIONS

TOMORROW = 24


@pytest.mark.proves("V14", "V05", "Front desk 2")
def test_unequal_buffers_before_and_after_block_what_they_say_and_no_minute_more(office: Office) -> None:
    set_up_rooms(office, "301", set_up_minutes=30, clean_up_minutes=15, opens_minute=7 * 60)
    midnight = moment(0, day=TOMORROW)
    made = book(office, midnight + timedelta(hours=9), midnight + timedelta(hours=12))
    assert claimed(office.places["301"]) == [(moment(8, 30, day=TOMORROW), moment(12, 15, day=TOMORROW))]
    accepted = []
    for name, (start, end) in RELATIONS.items():
        outcome = perform_now(asking(office, midnight + timedelta(hours=start), midnight + timedelta(hours=end)), by=office.wu)
        if outcome.ok:
            accepted.append(name)
            office.do(bookings.CancelBooking(booking_id=outcome.result["id"]), office.wu)
    assert accepted == []  # before ends 8:30 but is cleaned until 8:45; after begins 12:15 but is set up from 11:45
    book(office, midnight + timedelta(hours=7), midnight + timedelta(hours=8, minutes=15), by=office.wu)
    book(office, midnight + timedelta(hours=12, minutes=45), midnight + timedelta(hours=13), by=office.wu)
    office.do(bookings.MoveBooking(booking_id=made["id"], starts_at=made["starts_at"], ends_at=made["ends_at"]), office.mei)


@pytest.mark.proves("V14")
def test_a_purpose_lengthens_the_buffers_and_an_old_booking_keeps_those_of_its_day(office: Office) -> None:
    set_up_rooms(office, "301", clean_up_minutes=10)
    banquet = purpose(office, "接待宴会", set_up_minutes=60, clean_up_minutes=45)
    made = book(office, moment(12, day=TOMORROW), moment(13, day=TOMORROW), purpose_id=banquet)
    assert claimed(office.places["301"]) == [(moment(11, day=TOMORROW), moment(13, 45, day=TOMORROW))]
    office.do(rooms.SetUpPurpose(purpose_id=banquet, clean_up_minutes=0), office.bo)
    office.do(bookings.ExtendBooking(booking_id=made["id"], minutes=15), office.mei)
    assert claimed(office.places["301"]) == [(moment(11, day=TOMORROW), moment(14, day=TOMORROW))]


@pytest.mark.proves("V14", "Front desk 3")
def test_a_walk_up_is_not_set_up_in_the_past_and_an_early_end_is_still_cleaned(office: Office) -> None:
    set_up_rooms(office, "301", set_up_minutes=30, clean_up_minutes=20)
    door, _ = office.device("301", Role.DOOR, office.places["301"])
    made = office.do(asking(office, moment(9), moment(10)), door)
    assert claimed(office.places["301"]) == [(moment(9), moment(10, 20))]
    at = office.later(minutes=30)
    office.do(bookings.EndBooking(booking_id=made["id"]), door)
    assert claimed(office.places["301"]) == [(moment(9), at + timedelta(minutes=20))]
    refused = office.refused(asking(office, at + timedelta(minutes=10), at + timedelta(minutes=40)), office.wu)
    assert (refused.code, refused.facts["until"]) == ("booking.clash", "2026-11-23T01:50:00Z")


@pytest.mark.proves("Front desk 2", "V05")
def test_a_combined_room_is_its_parts_and_leaves_the_others_alone(office: Office) -> None:
    set_up_rooms(office)
    combined(office, "AB", "301", "302")
    combined(office, "BC", "302", "305")
    made = book(office, moment(10), moment(11), room="AB")
    for part in ("301", "302", "BC"):
        assert office.refused(asking(office, moment(10, 30), moment(11, 30), room=part), office.wu).code == "booking.clash", part
    book(office, moment(10, 30), moment(11, 30), by=office.wu, room="305")
    assert (len(claimed(office.places["301"])), len(claimed(office.places["302"])), claimed(office.places["AB"])) == (1, 1, [])
    # And the other way round: A alone makes A+B taken, and moving A+B away frees both.
    office.do(bookings.MoveBooking(booking_id=made["id"], starts_at=moment(12), ends_at=moment(13)), office.mei)
    book(office, moment(10), moment(11), by=office.wu, room="301")
    assert office.refused(asking(office, moment(10), moment(10, 30), room="AB"), office.bo).code == "booking.clash"
    now = {room.id: room.state for room in office.read(bookings.rooms_now, moment(12, 30))}
    assert [now[office.places[name]] for name in ("AB", "301", "302", "BC", "305")] == ["held", "held", "held", "held", "free"]
    days = {day.id: len(day.slots) for day in office.read(bookings.day_plan, moment(12).date(), moment(12))}
    assert [days[office.places[name]] for name in ("AB", "301", "302", "BC", "305")] == [2, 2, 1, 2, 1]
    assert office.read(bookings.door_state, office.places["301"], moment(12, 5)).state == "held"
    free = {room.id for room in office.read(bookings.free_rooms, moment(12), moment(13))}
    assert free == {office.places["305"]}


@pytest.mark.proves("S1.3-R1", "Front desk 2")
def test_a_part_that_is_closed_closes_what_it_is_part_of_and_nothing_else(office: Office) -> None:
    set_up_rooms(office)
    combined(office, "AB", "301", "302")
    combined(office, "BC", "302", "305")
    office.do(rooms.CloseRoom(room_id=office.places["301"], until=moment(12), reason="空调检修"), office.bo, at=moment(9))
    refused = office.refused(asking(office, moment(11), moment(12, 30), room="AB"), office.wu, at=moment(9))
    assert (refused.code, refused.facts["reason"], refused.facts["until"]) == ("room.closed", "空调检修", "2026-11-23T04:00:00Z")
    book(office, moment(12), moment(13), by=office.wu, room="AB")
    free = {room.id for room in office.read(bookings.free_rooms, moment(10), moment(11))}
    assert free == {office.places[name] for name in ("302", "305", "BC")}
    door = office.read(bookings.door_state, office.places["AB"], moment(10))
    assert (door.state, door.phases[0].reason, door.phases[0].until) == ("shut", "空调检修", moment(12))
    now = {room.id: (room.state, room.until) for room in office.read(bookings.rooms_now, moment(10))}
    assert now[office.places["AB"]] == now[office.places["301"]] == ("shut", moment(12)) and now[office.places["BC"]][0] == "free"
    # Two parts at once: as long as the longer of the two.
    office.do(rooms.CloseRoom(room_id=office.places["302"], reason="地毯"), office.bo, at=moment(10))
    assert office.refused(asking(office, moment(15), moment(16), room="AB"), office.wu, at=moment(10)).facts["reason"] == "地毯"
    for name in ("301", "302"):
        office.do(rooms.OpenRoom(room_id=office.places[name]), office.bo, at=moment(10))
    assert office.read(bookings.door_state, office.places["AB"], moment(10)).state == "free"


@pytest.mark.proves("V05", "Front desk 1")
def test_a_booking_that_moves_is_not_in_its_own_way(office: Office) -> None:
    set_up_rooms(office)
    combined(office, "AB", "301", "302")
    made = book(office, moment(10), moment(11), room="301")
    book(office, moment(11), moment(12), by=office.wu, room="302")

    def free(start: datetime, end: datetime, **more: object) -> set[str]:
        found = {room.id for room in office.read(bookings.free_rooms, start, end, near=office.places["301"], **more)}
        return {name for name in ("301", "302", "305", "AB") if office.places[name] in found}

    assert free(moment(10), moment(11)) == {"302", "305"}
    assert free(moment(10), moment(11), without=UUID(made["id"])) == {"302", "305", "AB"}
    assert free(moment(10, 30), moment(11, 30), without=UUID(made["id"])) == {"305"}
    office.do(
        bookings.MoveBooking(booking_id=made["id"], room_id=office.places["AB"], starts_at=moment(10), ends_at=moment(11)), office.mei
    )


@pytest.mark.proves("Front desk 2", "S1.3-R2")
def test_a_meeting_in_a_combined_room_is_checked_in_extended_and_ended_at_the_door_of_either_part(office: Office) -> None:
    set_up_rooms(office)
    combined(office, "AB", "301", "302")
    made = book(office, moment(10), moment(11), room="AB")
    first, second, other = (office.device(name, Role.DOOR, office.places[name])[0] for name in ("301", "302", "305"))
    assert office.refused(bookings.CheckIn(booking_id=made["id"]), other, at=moment(10)).code == "op.not_allowed"
    office.do(bookings.CheckIn(booking_id=made["id"]), first, at=moment(10))
    office.do(bookings.ExtendBooking(booking_id=made["id"], minutes=30), second, at=moment(10, 40))
    assert office.read(bookings.door_state, office.places["302"], moment(11, 10)).state == "busy"
    office.do(bookings.EndBooking(booking_id=made["id"]), first, at=moment(11, 10))
    assert office.read(bookings.door_state, office.places["302"], moment(11, 11)).state == "free"
    part = book(office, moment(13), moment(14), room="302", by=office.wu)
    assert office.refused(bookings.CheckIn(booking_id=part["id"]), first, at=moment(13)).code == "op.not_allowed"


@pytest.mark.proves("V05", "V11")
def test_the_parts_of_a_room_stay_while_bookings_rest_on_them(office: Office) -> None:
    set_up_rooms(office)
    combined(office, "AB", "301", "302")
    book(office, moment(10), moment(11), room="AB")
    other = rooms.CombineRoom(room_id=office.places["AB"], part_ids=(office.places["301"], office.places["305"]))
    assert office.refused(other, office.bo).code == "room.has_bookings"
    for parts, code in (((office.places["301"],), "room.one_part"), ((office.places["AB"], office.places["301"]), "room.part_of_itself")):
        assert office.refused(rooms.CombineRoom(room_id=office.places["305"], part_ids=parts), office.bo).code in (
            code,
            "room.part_combined",
        )
    assert office.refused(rooms.CombineRoom(room_id=office.places["301"], part_ids=()), office.mei).code == "op.not_allowed"
    office.do(rooms.CombineRoom(room_id=office.places["305"], part_ids=()), office.bo)  # nothing stays nothing
    office.do(other, office.bo, at=moment(11))


@pytest.mark.proves("V15", "V29")
def test_the_one_portable_projector_is_with_one_meeting_at_a_time(office: Office) -> None:
    set_up_rooms(office, equipment=(), clean_up_minutes=10)
    office.do(rooms.SetUpRoom(room_id=office.places["305"], equipment=("projector",)), office.bo)
    projector = item(office, "projector", "便携投影 1 号")
    first = book(office, moment(10), moment(11), needs=("projector", "tea"))
    assert items_claimed(projector) == [UUID(first["id"])]
    refused = office.refused(asking(office, moment(11), moment(12), room="302", needs=("projector",)), office.wu)
    assert refused.code == "booking.no_equipment" and "投影" in refused.message("zh-Hans")
    book(office, moment(11), moment(12), by=office.wu, room="305", needs=("projector",))  # it has its own
    book(office, moment(11), moment(12), by=office.wu, room="302", needs=("water",))
    second = item(office, "projector", "便携投影 2 号")
    third = book(office, moment(10, 30), moment(10, 50), by=office.wu, room="302", needs=("projector",))
    assert items_claimed(second) == [UUID(third["id"])]
    office.do(bookings.CancelBooking(booking_id=first["id"]), office.mei)
    assert items_claimed(projector) == []
    with pytest.raises(DBAPIError) as error, database.writing() as s:
        s.execute(text("INSERT INTO item_claim SELECT booking_id, item_id, booking_id, from_ms + 1, until_ms FROM item_claim"))
    assert "item_no_overlap" in database.violated(error.value)


@pytest.mark.proves("V15", "V03")
def test_editing_the_needs_takes_and_returns_equipment_and_a_refused_edit_changes_nothing(office: Office) -> None:
    set_up_rooms(office, equipment=())
    projector = item(office, "projector", "便携投影")
    mine = book(office, moment(10), moment(11))
    other = book(office, moment(10), moment(11), by=office.wu, room="302", needs=("projector",))
    assert office.refused(bookings.EditBooking(booking_id=mine["id"], needs=("projector",)), office.mei).code == "booking.no_equipment"
    assert row(mine["id"]).needs == [] and items_claimed(projector) == [UUID(other["id"])] and len(claimed(office.places["301"])) == 1
    office.do(bookings.EditBooking(booking_id=other["id"], needs=()), office.wu)
    office.do(bookings.EditBooking(booking_id=mine["id"], needs=("projector",), title="预算会"), office.mei)
    assert items_claimed(projector) == [UUID(mine["id"])] and row(mine["id"]).title == "预算会"


@pytest.mark.proves("Front desk 1", "V29")
def test_a_refusal_says_until_when_and_offers_at_most_three_rooms_or_times_that_can_be_had(office: Office) -> None:
    set_up_rooms(office, clean_up_minutes=10)
    office.do(rooms.SetUpRoom(room_id=office.places["305"], capacity=4), office.bo)
    book(office, moment(10), moment(11))
    book(office, moment(11, 10), moment(12), by=office.wu)
    refused = office.refused(asking(office, moment(10, 30), moment(11, 30), attendees=8), office.bo)
    assert (refused.facts["from"], refused.facts["until"]) == ("2026-11-23T02:00:00Z", "2026-11-23T04:10:00Z")
    offered, times = refused.facts["alternatives"], refused.facts["times"]
    assert [room["name"] for room in offered] == ["302 办公室"]  # 305 seats only four
    assert 0 < len(times) <= 2
    for time in times:  # what is offered can really be had
        made = book(office, time["starts_at"], time["ends_at"], by=office.bo, attendees=8)
        office.do(bookings.CancelBooking(booking_id=made["id"]), office.bo)


@pytest.mark.proves("V14", "V22", "Front desk 3")
def test_a_door_offers_no_minute_that_a_buffer_takes_and_is_not_free_while_it_is_cleared(office: Office) -> None:
    set_up_rooms(office, "301", set_up_minutes=20, clean_up_minutes=10)
    door, _ = office.device("301", Role.DOOR, office.places["301"])
    book(office, moment(11), moment(12))
    first = office.read(bookings.door_state, office.places["301"], moment(9)).phases[0]
    assert (first.state, first.limit) == ("free", moment(10, 30))  # cleared by 10:40, when the next one is set up
    assert office.refused(asking(office, moment(9), moment(10, 31)), door).code == "booking.clash"
    walk_up = office.do(asking(office, moment(9), moment(10)), door)
    runs = office.read(bookings.door_state, office.places["301"], moment(9, 30)).phases[0]
    assert (runs.state, runs.limit) == ("busy", moment(10, 30))
    assert office.refused(bookings.ExtendBooking(booking_id=walk_up["id"], minutes=31), door).code == "booking.clash"
    states = {minute: office.read(bookings.door_state, office.places["301"], moment(10, minute)).state for minute in (5, 15, 45, 55)}
    assert states == {5: "shut", 15: "free", 45: "soon", 55: "soon"}
    assert office.refused(asking(office, moment(10, 45), moment(11)), door, at=moment(10, 45)).code == "booking.clash"


@pytest.mark.proves("V02", "V22")
def test_a_door_holds_what_waits_for_an_answer_and_never_shows_it_in_use(office: Office) -> None:
    set_up_rooms(office, "301", approver="leader", check_in=False)
    made = book(office, moment(10), moment(11))
    view = office.read(bookings.door_state, office.places["301"], moment(10, 1))
    assert (made["state"], view.state, view.slots[0].checked_in) == ("pending", "held", False)
    assert next(room.state for room in office.read(bookings.rooms_now, moment(10, 1))) == "held"

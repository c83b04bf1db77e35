"""Room faults, help calls and floor plans: what a door or a phone reports, who owes what, how it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.foundation import clock
from core.mechanisms import duties, shapes
from core.mechanisms.operations import Actor, Role
from core.sections import bookings, roomcare, rooms
from tests.cast import Office
from tests.conftest import MON_9AM


@pytest.fixture
def house(office: Office) -> Office:
    for short in ("301", "305"):
        office.do(rooms.SetUpRoom(room_id=office.places[short], capacity=6, equipment=("projector",)), office.bo)
    return office


def door(house: Office, short: str) -> Actor:
    return Actor(frozenset({Role.DOOR}), None, None, house.places[short], f"door {short}")


def report(house: Office, by: Actor, item: str = "projector", short: str = "301", **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = house.do(roomcare.ReportFault(room_id=house.places[short], item=item, **more), by)  # type: ignore[arg-type]
    return answer


@pytest.mark.proves("S1.3-R5")
def test_a_fault_reported_at_the_door_is_a_duty_of_whoever_keeps_the_room_and_stays_until_it_is_repaired(house: Office) -> None:
    house.do(roomcare.SetRoomCare(room_id=house.places["301"], keeper_id=house.wu.person_id), house.bo)
    made = report(house, door(house, "301"), note="no picture")
    (fault,) = house.read(roomcare.open_faults)
    assert (fault.item, fault.room, fault.keeper, fault.note) == ("projector", "301 听雨厅", "吴桐", "no picture")
    (duty,) = house.read(duties.mine, house.wu, MON_9AM)
    assert duty.title == "301 听雨厅：投影仪不能用，去修"
    house.do(roomcare.ClearFault(fault_id=made["fault_id"], note="new lamp"), house.wu)
    assert house.read(roomcare.open_faults) == [] and house.read(duties.mine, house.wu, MON_9AM) == []
    house.do(roomcare.ClearFault(fault_id=made["fault_id"]), house.wu)  # twice is quiet


@pytest.mark.proves("S1.3-R5")
def test_completing_the_duty_clears_the_fault_too(house: Office) -> None:
    report(house, house.mei)
    (fault,) = house.read(roomcare.open_faults)
    house.do(duties.CompleteDuty(duty_id=fault.duty_id), house.bo)
    assert house.read(roomcare.open_faults) == []
    report(house, house.mei)  # and it may break again
    assert [fault.times for fault in house.read(roomcare.open_faults)] == [1]


def test_the_same_fault_reported_twice_is_one_fault_and_one_duty(house: Office) -> None:
    first, second = report(house, house.mei, note="flickers"), report(house, house.wu, note="now dark")
    assert first["fault_id"] == second["fault_id"] and second["times"] == 2
    (fault,) = house.read(roomcare.open_faults)
    assert fault.note == "flickers；now dark"
    assert report(house, house.mei, "air")["fault_id"] != first["fault_id"]
    assert report(house, house.mei, short="305")["fault_id"] != first["fault_id"]


def test_a_door_speaks_of_its_own_room_only_and_a_stranger_repairs_nothing(house: Office) -> None:
    do = roomcare.ReportFault(room_id=house.places["305"], item="light")
    assert house.refused(do, door(house, "301")).code == "op.not_allowed"
    assert house.refused(roomcare.CallRoomHelp(room_id=house.places["305"]), door(house, "301")).code == "op.not_allowed"
    made = report(house, house.mei)
    assert house.refused(roomcare.ClearFault(fault_id=made["fault_id"]), house.wu).code == "op.not_allowed"
    assert house.refused(roomcare.ReportFault(room_id=house.places["302"], item="light"), house.mei).code == "room.not_found"


@pytest.mark.proves("S1.3-R6")
def test_help_is_answered_and_the_time_until_then_is_measured(house: Office) -> None:
    call = roomcare.CallRoomHelp(room_id=house.places["301"], kind="device")
    made = house.do(call, door(house, "301"))
    assert house.do(call, door(house, "301"))["call_id"] == made["call_id"]  # pressed again: the same call
    (waiting,) = house.read(roomcare.open_calls)
    assert (waiting.room, waiting.kind, waiting.answered_after_s) == ("301 听雨厅", "device", None)
    clock.freeze(MON_9AM + timedelta(seconds=95))
    assert house.do(roomcare.AnswerRoomHelp(call_id=made["call_id"]), house.ann)["answered_after_s"] == 95
    clock.freeze(MON_9AM + timedelta(seconds=200))
    assert house.do(roomcare.AnswerRoomHelp(call_id=made["call_id"]), house.bo)["answered_after_s"] == 95  # the first answer counts
    latest = house.read(roomcare.latest_call, house.places["301"], clock.now())
    assert latest is not None and latest.helper == "安然"
    times = house.read(roomcare.help_times, MON_9AM, MON_9AM + timedelta(hours=1))
    assert (times.calls, times.unanswered, times.median_s) == (1, 0, 95)
    assert house.refused(roomcare.AnswerRoomHelp(call_id=made["call_id"]), house.mei).code == "op.not_allowed"


def test_a_floor_is_drawn_with_each_room_where_it_lies_and_what_it_is_now(house: Office) -> None:
    floor = next(place.parent_id for place in house.read(lambda s: [_place(s, house.places["301"])]))
    draw = shapes.DrawFloor(
        floor_id=floor,
        outline=((0, 0), (2000, 0), (2000, 900), (0, 900)),
        places=(
            shapes.Drawn(place_id=house.places["301"], x_cm=0, y_cm=0, width_cm=800, height_cm=600),
            shapes.Drawn(place_id=house.places["302"], x_cm=800, y_cm=0, width_cm=500, height_cm=600),
        ),
    )
    house.do(draw, house.bo)
    house.do(bookings.CreateBooking(room_id=house.places["301"], starts_at=MON_9AM, ends_at=MON_9AM + timedelta(hours=1)), house.mei)
    report(house, house.mei, "air")
    plan = house.read(roomcare.floor_plan, floor, MON_9AM + timedelta(minutes=5))
    assert (plan.width_cm, plan.height_cm) == (2000, 900)
    hall, other = plan.rooms
    assert (hall.name, hall.x_cm, hall.width_cm, hall.state, hall.faults) == ("301 听雨厅", 0, 800, "held", ("air",))
    assert hall.until == MON_9AM + timedelta(hours=1)
    assert other.state == ""  # an office: nobody books it
    assert [room.short_name for room in plan.unplaced] == ["305"]
    assert [(one.name, one.rooms, one.drawn) for one in house.read(roomcare.floors)] == [("三楼", 2, True)]


def test_rooms_may_share_a_wall_and_never_floor(house: Office) -> None:
    floor = house.read(lambda s: _place(s, house.places["301"])).parent_id

    def draw(*drawn: tuple[str, int]) -> shapes.DrawFloor:
        return shapes.DrawFloor(
            floor_id=floor,
            places=tuple(shapes.Drawn(place_id=house.places[short], x_cm=x, y_cm=0, width_cm=500, height_cm=500) for short, x in drawn),
        )

    house.do(draw(("301", 0), ("305", 500)), house.bo)
    refused = house.refused(draw(("305", 499)), house.bo)
    assert refused.code == "shape.overlap" and refused.facts == {"room": "305 小谈室", "other": "301 听雨厅"}
    assert [shape.x_cm for shape in house.read(shapes.on_floor, floor).shapes] == [0, 500]  # nothing of it was kept
    house.do(draw(("301", 500), ("305", 0)), house.bo)  # changing places in one go is no overlap
    assert house.refused(draw(("301", 0)), house.mei).code == "op.not_allowed"

    def drag(x: int) -> shapes.DrawFloor:  # the hand took it where it lay before somebody else's was faster
        moved = shapes.Drawn(place_id=house.places["301"], x_cm=x, y_cm=0, width_cm=500, height_cm=500, was=(500, 0, 500, 500))
        return shapes.DrawFloor(floor_id=floor, places=(moved,))

    house.do(drag(700), house.bo)
    refused = house.refused(drag(900), house.ada)
    assert refused.code == "shape.moved_since" and refused.facts == {"place": "301 听雨厅"}
    assert sorted(shape.x_cm for shape in house.read(shapes.on_floor, floor).shapes) == [0, 700]


def _place(s: Any, place_id: Any) -> Any:
    from core.mechanisms import places

    return places.get(s, place_id)


@pytest.mark.proves("S1.3-R5", "S4.1-R5")
def test_a_device_reported_by_its_label_is_missing_in_its_room_until_it_is_repaired(house: Office) -> None:
    from core.mechanisms.labels import SubjectKind
    from core.sections import assets

    made = house.do(assets.RegisterAsset(number="2026-0001", name="投影仪", place_id=house.places["301"]), house.bo)
    code = house.label(SubjectKind.ASSET, made["asset_id"])
    assert code
    house.do(assets.ReportFault(asset_id=made["asset_id"], what="没画面"), house.mei)
    care = house.read(roomcare.care_of, house.places["301"], MON_9AM)
    assert care.faults == ("projector",)
    listed = house.read(roomcare.device_faults)  # the desk's list of what does not work names it too
    assert [(one.room, one.device, one.fault, one.reporter, one.times) for one in listed] == [
        ("301 听雨厅", "投影仪", "没画面", "林晓梅", 1)
    ]
    found = house.read(roomcare.search, "305 现在", MON_9AM)  # a room by its number, and the floor whose plan shows it
    assert [fit.room.name for fit in found.fits] == ["305 小谈室"]
    assert (found.place, found.floor_id) == ("305 小谈室", house.read(lambda s: _place(s, house.places["305"])).parent_id)
    fits = house.read(roomcare.search, "投影", MON_9AM).fits
    assert [(fit.room.name, fit.missing) for fit in fits] == [("305 小谈室", ()), ("301 听雨厅", ("projector",))]
    assets.followed_by("roomcare", roomcare.device_changed)  # as main.py connects them
    bookings.marks_from("roomcare", roomcare.door_marks)

    def door_says() -> tuple[int, list[str]]:
        state = house.read(bookings.door_state, house.places["301"], MON_9AM)
        return state.version, [mark.key for mark in state.marks if mark.kind == "fault"]

    before, said = door_says()
    assert said == ["roomcare.item.projector"]
    report(house, door(house, "301"))  # the same thing told once more, at the door: one line still
    assert door_says()[1] == ["roomcare.item.projector"]
    house.do(roomcare.ClearFault(fault_id=house.read(roomcare.open_faults)[0].id), house.bo)
    before, _ = door_says()
    house.do(assets.UpdateAsset(asset_id=made["asset_id"], place_id=house.places["305"]), house.bo)
    after, said = door_says()
    assert said == [] and after > before  # carried away: the doors heard of it
    assert house.read(roomcare.care_of, house.places["305"], MON_9AM).faults == ("projector",)

"""Preparing a room for a meeting and restoring it afterwards: what is asked, who owes it, and that "ready" is earned on site."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core.foundation import clock
from core.foundation.ids import uuid7
from core.mechanisms import duties, labels
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Role
from core.sections import bookings, roomcare, rooms
from tests.cast import Office
from tests.conftest import MON_9AM

TEN, ELEVEN, NOON = (MON_9AM + timedelta(hours=hours) for hours in (1, 2, 3))
PHOTO = "0" * 64


@pytest.fixture
def house(office: Office) -> Office:
    """Room 301 with projector and whiteboard, prepared before and restored after every meeting by Wu; room 305 without any of it."""
    for short in ("301", "305"):
        office.do(
            rooms.SetUpRoom(room_id=office.places[short], capacity=12, equipment=("projector", "whiteboard"), check_in=False), office.bo
        )
    care = roomcare.SetRoomCare(room_id=office.places["301"], keeper_id=office.wu.person_id, prepare_always=True, restore=True)
    office.do(care, office.bo)
    return office


def book(house: Office, start: datetime = TEN, end: datetime = ELEVEN, short: str = "301") -> UUID:
    id = uuid7()
    house.do(bookings.CreateBooking(id=id, room_id=house.places[short], starts_at=start, ends_at=end, title="例会"), house.mei)
    return id


def at(moment: datetime) -> datetime:
    clock.freeze(moment)
    return moment


def label_of(house: Office, short: str) -> str:
    return str(house.do(labels.IssueLabel(subject_kind=SubjectKind.PLACE, subject_id=house.places[short]), house.ann)["code"])


def tasks(house: Office, by: Actor | None = None) -> list[roomcare.TaskView]:
    found: list[roomcare.TaskView] = house.read(roomcare.open_tasks, by or house.wu, clock.now(), mine=True)
    return found


def tick(house: Office, task: roomcare.TaskView, *, but: tuple[str, ...] = ()) -> None:
    for line in task.questions:
        if line.id not in but:
            house.do(roomcare.AnswerTask(task_id=task.id, question_id=line.id, answer="pass"), house.wu)


def finish(house: Office, task: roomcare.TaskView, short: str = "301", **more: Any) -> roomcare.FinishTask:
    return roomcare.FinishTask(task_id=task.id, code=label_of(house, short), **more)


def shown(house: Office, moment: datetime) -> tuple[str, bool, str, bool]:
    """What the door says and whether for being restored, what a lamp shows, and whether another door offers the room."""
    phase = house.read(bookings.door_state, house.places["301"], moment).phases[0]
    lamp = next(room.shown for room in house.read(bookings.rooms_now, moment) if room.id == house.places["301"])
    offered = {room.id for room in house.read(bookings.nearby, house.places["305"], moment).items}
    return phase.state, phase.restoring, lamp, house.places["301"] in offered


def care(house: Office, short: str = "301") -> roomcare.CareNow:
    found: roomcare.CareNow = house.read(roomcare.care_of, house.places[short], clock.now())
    return found


@pytest.mark.proves("S1.3-R4", "S1.3-R5")
def test_a_meeting_brings_exactly_its_list_due_before_it_starts_and_ready_is_earned_at_the_door(house: Office) -> None:
    book(house)
    book(house, short="305")  # nobody prepares 305
    assert roomcare.plan_tasks(MON_9AM) == 1 and roomcare.plan_tasks(MON_9AM) == 0
    (task,) = tasks(house)
    assert [line.id for line in task.questions] == ["projector", "whiteboard", "water"]
    assert (task.due_at, task.keeper, task.late) == (TEN - timedelta(minutes=15), "吴桐", False)
    assert [duty.title for duty in house.read(duties.mine, house.wu, MON_9AM)] == ["301 听雨厅：09:45 前备好会场"]
    assert care(house).prepare == "open" and care(house).prepare_for == TEN
    tick(house, task, but=("water",))
    refused = house.refused(finish(house, task), house.wu)
    assert (refused.code, refused.facts["question"]) == ("care.incomplete", "饮用水按人数备好")
    house.do(roomcare.AnswerTask(task_id=task.id, question_id="water", answer="pass"), house.wu)
    assert house.refused(finish(house, task, "305"), house.wu).code == "care.other_room"  # the label next door does not count
    assert house.refused(roomcare.FinishTask(task_id=task.id, code="7K3M9QWY"), house.wu).code == "label.unknown"
    house.do(finish(house, task), house.wu)
    assert care(house).prepare == "ready" and tasks(house) == [] and house.read(duties.mine, house.wu, MON_9AM) == []
    house.do(finish(house, task), house.wu)  # twice is quiet


@pytest.mark.proves("S1.3-R5")
def test_a_device_that_fails_its_check_is_a_fault_of_the_room(house: Office) -> None:
    book(house)
    roomcare.plan_tasks(MON_9AM)
    (task,) = tasks(house)
    tick(house, task, but=("projector",))
    fail = roomcare.AnswerTask(task_id=task.id, question_id="projector", answer="fail", note="lamp is dead")
    house.do(fail, house.wu)
    assert [(fault.item, fault.note) for fault in house.read(roomcare.open_faults)] == [("projector", "lamp is dead")]
    assert care(house).faults == ("projector",)
    assert house.refused(finish(house, task), house.wu).code == "care.incomplete"  # a fail is shown, not only said
    house.do(roomcare.AnswerTask(task_id=task.id, question_id="projector", answer="fail", note="lamp is dead", photos=(PHOTO,)), house.wu)
    house.do(finish(house, task), house.wu)


@pytest.mark.proves("S1.3-R8", "Office 6")
def test_after_a_meeting_the_room_is_being_restored_until_the_list_is_scanned_on_site(house: Office) -> None:
    book(house)
    at(ELEVEN - timedelta(minutes=1))
    assert care(house).restoring_since is None  # people sit in there
    at(ELEVEN)
    assert care(house).restoring_since == ELEVEN
    assert roomcare.plan_tasks(ELEVEN) == 1
    (task,) = tasks(house)
    assert (task.kind, len(task.questions), task.title) == ("restore", 6, "例会")
    tick(house, task)
    at(ELEVEN + timedelta(minutes=7))
    assert house.refused(finish(house, task), house.wu).code == "care.photo_missing"
    assert house.refused(finish(house, task, "305", photos=(PHOTO,)), house.wu).code == "care.other_room"
    assert care(house).restoring_since == ELEVEN
    house.do(finish(house, task, photos=(PHOTO,)), house.wu)
    assert care(house).restoring_since is None and tasks(house) == []
    assert [(one.kind, one.finisher) for one in house.read(roomcare.finished_tasks, house.wu, clock.now(), MON_9AM)] == [
        ("restore", "吴桐")
    ]


def test_the_next_meeting_comes_before_anybody_restored_and_one_list_follows_both(house: Office) -> None:
    book(house)
    book(house, ELEVEN + timedelta(minutes=10), NOON)
    roomcare.plan_tasks(at(ELEVEN + timedelta(minutes=1)))
    (first,) = [task for task in tasks(house) if task.kind == "restore"]
    roomcare.plan_tasks(at(ELEVEN + timedelta(minutes=11)))
    assert care(house).restoring_since is None and [task.kind for task in tasks(house)] == ["prepare"]  # the second meeting runs
    roomcare.plan_tasks(at(NOON))
    (second,) = tasks(house)
    assert second.kind == "restore" and second.id != first.id and care(house).restoring_since == NOON
    assert house.refused(finish(house, first, photos=(PHOTO,)), house.wu).code == "care.closed"


def test_a_cancelled_or_released_meeting_dirties_nothing_and_leaves_no_list(house: Office) -> None:
    booking = book(house)
    roomcare.plan_tasks(MON_9AM)
    house.do(bookings.CancelBooking(booking_id=booking), house.mei)
    roomcare.plan_tasks(MON_9AM)
    assert tasks(house) == [] and house.read(duties.mine, house.wu, MON_9AM) == []
    roomcare.plan_tasks(at(ELEVEN))
    assert tasks(house) == [] and care(house).restoring_since is None


def test_a_moved_meeting_moves_its_list_and_a_meeting_in_another_room_gets_a_new_one(house: Office) -> None:
    booking = book(house)
    roomcare.plan_tasks(MON_9AM)
    (before,) = tasks(house)
    house.do(bookings.MoveBooking(booking_id=booking, starts_at=ELEVEN, ends_at=NOON), house.mei)
    roomcare.plan_tasks(MON_9AM)
    (after,) = tasks(house)
    assert after.id == before.id and after.due_at == ELEVEN - timedelta(minutes=15)
    move = bookings.MoveBooking(booking_id=booking, room_id=house.places["305"], starts_at=ELEVEN, ends_at=NOON)
    house.do(move, house.mei)
    roomcare.plan_tasks(MON_9AM)
    assert tasks(house) == []  # 305 is prepared for nobody


def test_ready_before_the_meeting_moved_stays_ready(house: Office) -> None:
    booking = book(house)
    roomcare.plan_tasks(MON_9AM)
    (task,) = tasks(house)
    tick(house, task)
    house.do(finish(house, task), house.wu)
    house.do(bookings.MoveBooking(booking_id=booking, starts_at=ELEVEN, ends_at=NOON), house.mei)
    assert roomcare.plan_tasks(MON_9AM) == 0 and care(house).prepare == "ready"


def test_a_list_is_not_finished_by_ticking_its_duty_and_not_by_a_stranger(house: Office) -> None:
    book(house)
    roomcare.plan_tasks(MON_9AM)
    (task,) = tasks(house)
    (duty,) = house.read(duties.mine, house.wu, MON_9AM)
    assert house.refused(duties.CompleteDuty(duty_id=duty.id), house.wu).code == "care.scan_needed"
    assert house.refused(roomcare.AnswerTask(task_id=task.id, question_id="water", answer="pass"), house.mei).code == "op.not_allowed"
    assert house.refused(finish(house, task), house.mei).code == "op.not_allowed"
    assert (
        house.refused(roomcare.AnswerTask(task_id=task.id, question_id="tea", answer="pass"), house.wu).code == "checklist.question_unknown"
    )


def test_a_list_that_is_due_and_not_done_is_said_to_its_keeper_and_reception_once(house: Office) -> None:
    book(house)
    roomcare.plan_tasks(MON_9AM)
    roomcare.plan_tasks(at(TEN - timedelta(minutes=15)))
    assert care(house).prepare == "open"
    roomcare.plan_tasks(at(TEN - timedelta(minutes=14)))
    assert care(house).prepare == "late"
    from core.mechanisms import notices

    for who in (house.wu, house.ann):
        assert [n.key for n in house.read(notices.unread, who.person_id)].count("roomcare.prepare_late") == 1


def test_an_early_end_starts_the_restoring_and_a_room_that_needs_none_is_free_at_once(house: Office) -> None:
    booking, other = book(house), book(house, short="305")
    at(TEN + timedelta(minutes=20))
    for id in (booking, other):
        house.do(bookings.EndBooking(booking_id=id), house.mei)
    assert care(house).restoring_since == TEN + timedelta(minutes=20)
    assert care(house, "305").restoring_since is None


@pytest.mark.proves("S1.3-R4")
def test_what_the_booking_asked_stands_in_the_list_with_seats_and_people(house: Office) -> None:
    wished = bookings.CreateBooking(
        id=uuid7(), room_id=house.places["305"], starts_at=TEN, ends_at=ELEVEN, title="评审会", attendees=9, needs=("projector", "tea"),
        seating="u_shape", remark="茶放在侧桌",
    )  # fmt: skip
    house.do(wished, house.mei)
    roomcare.plan_tasks(MON_9AM)
    (task,) = house.read(roomcare.open_tasks, house.bo, MON_9AM)
    assert [(line.id, line.wish) for line in task.questions] == [("seating", "U 形，9 人"), ("projector", ""), ("tea", "9 人")]
    assert (task.remark, task.attendees, task.keeper) == ("茶放在侧桌", 9, "薄一鸣")
    # The host changes their mind after the room was ready: the list opens again, with what is asked now.
    for line in task.questions:
        house.do(roomcare.AnswerTask(task_id=task.id, question_id=line.id, answer="pass"), house.bo)
    house.do(finish(house, task, "305"), house.bo)
    assert care(house, "305").prepare == "ready"
    change = bookings.EditBooking(booking_id=wished.id, needs=("projector", "tea", "water"))
    house.do(change, house.mei)
    roomcare.plan_tasks(MON_9AM)
    (again,) = house.read(roomcare.open_tasks, house.bo, MON_9AM)
    assert [line.id for line in again.questions] == ["seating", "projector", "water", "tea"] and again.id != task.id
    assert care(house, "305").prepare == "open"


@pytest.mark.proves("S1.3-R8")
def test_nobody_walks_into_a_room_that_is_being_restored_and_the_next_meeting_is_not_hindered(house: Office) -> None:
    later = book(house, NOON, NOON + timedelta(hours=1))
    book(house)
    now = at(ELEVEN + timedelta(minutes=1))
    walk_in = bookings.CreateBooking(room_id=house.places["301"], starts_at=now, ends_at=ELEVEN + timedelta(minutes=30))
    door = Actor(frozenset({Role.DOOR}), None, None, house.places["301"], "door")
    for who in (door, house.mei):
        refused = house.refused(walk_in, who)
        assert (refused.code, refused.facts) == ("room.restoring", {"room": "301 听雨厅", "keeper": "吴桐"})
    assert shown(house, now) == ("shut", True, "shut", False)  # so nobody is offered it: not at the door, by a lamp or from another door
    before = house.read(bookings.door_state, house.places["301"], TEN)
    assert [(phase.state, phase.restoring) for phase in before.phases if phase.ends_at <= NOON] == [
        ("busy", False), ("shut", True), ("soon", True),
    ]  # fmt: skip  # a door that hears nothing any more knows it beforehand
    book(house, NOON + timedelta(hours=1), NOON + timedelta(hours=2))  # ahead it can be booked all the while
    roomcare.plan_tasks(now)
    (task,) = [one for one in tasks(house) if one.kind == "restore"]
    tick(house, task)
    house.do(finish(house, task, photos=(PHOTO,)), house.wu)
    assert shown(house, now) == ("free", False, "free", True)
    house.do(walk_in, door)
    at(NOON)
    assert house.read(roomcare.care_of, house.places["301"], NOON).restoring_since is None
    assert later

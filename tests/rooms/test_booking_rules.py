"""Who may book which room, when, how long, for what, and who must agree. Every test runs on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from core.foundation.i18n import LANGUAGES
from core.mechanisms import approvals
from core.mechanisms.operations import Role
from core.sections import bookings, rooms
from core.sections.bookings import approving
from tests.cast import Office
from tests.rooms.build import asking, book, claimed, purpose, row, told
from tests.rooms.doors import moment, set_up_rooms

TEN, ELEVEN = moment(10, day=24), moment(11, day=24)


@pytest.fixture
def house(office: Office) -> Office:
    set_up_rooms(office)
    return office


@pytest.mark.proves("S1.3-R1", "V14", "V13")
@pytest.mark.parametrize(
    ("facts", "start", "minutes", "code"),
    [
        ({"lead_minutes": 25 * 60 + 1}, TEN, 60, "booking.too_soon"),
        ({"ahead_days": 1}, TEN + timedelta(days=1), 60, "booking.too_far"),
        ({"shortest_minutes": 30}, TEN, 29, "booking.too_short"),
        ({"longest_minutes": 90}, TEN, 91, "booking.too_long"),
        ({"roles": ("leader",)}, TEN, 60, "booking.not_for_you"),
        ({"bookable": False}, TEN, 60, "room.not_bookable"),
        ({"capacity": 7}, TEN, 60, "booking.too_many"),
    ],
)
def test_a_rule_of_a_room_refuses_one_step_too_far_and_says_why(
    house: Office, facts: dict[str, Any], start: Any, minutes: int, code: str
) -> None:
    house.do(rooms.SetUpRoom(room_id=house.places["301"], **facts), house.bo)
    refused = house.refused(asking(house, start, start + timedelta(minutes=minutes), attendees=8), house.mei)
    assert refused.code == code
    assert all(refused.message(language) and "{" not in refused.message(language) for language in LANGUAGES)
    assert claimed(house.places["301"]) == []
    book(house, start, start + timedelta(minutes=minutes), room="302", attendees=8)


@pytest.mark.proves("S1.3-R1")
def test_a_rule_holds_up_to_its_very_edge(house: Office) -> None:
    edges = {"lead_minutes": 25 * 60, "ahead_days": 2, "shortest_minutes": 60, "longest_minutes": 60, "capacity": 8}
    house.do(rooms.SetUpRoom(room_id=house.places["301"], **edges), house.bo)
    book(house, TEN, ELEVEN, attendees=8)
    # The office waives the lead time, which is its own; nothing else.
    house.do(rooms.SetUpRoom(room_id=house.places["301"], lead_minutes=10000), house.bo)
    book(house, ELEVEN, ELEVEN + timedelta(hours=1), by=house.ann)
    assert house.refused(asking(house, moment(13, day=24), moment(15, day=24)), house.ann).code == "booking.too_long"


@pytest.mark.proves("S1.3-R1")
def test_a_room_of_a_department_is_booked_by_its_people_and_for_them(house: Office) -> None:
    zhao = house.person("zhao", "赵一", department="财务科")
    house.do(rooms.SetUpRoom(room_id=house.places["301"], departments=(house.departments["财务科"],)), house.bo)
    assert house.refused(asking(house, TEN, ELEVEN), house.mei).code == "booking.not_for_you"
    assert house.refused(asking(house, TEN, ELEVEN), house.ann).code == "booking.not_for_you"
    book(house, TEN, ELEVEN, by=house.ann, host_id=zhao.person_id)
    book(house, ELEVEN, ELEVEN + timedelta(hours=1), by=zhao)
    door, _ = house.device("301", Role.DOOR, house.places["301"])
    assert house.refused(asking(house, moment(9), moment(9, 30)), door).code == "booking.not_for_you"


@pytest.mark.proves("S1.3-R1", "V29", "S1.3-R4")
def test_the_form_follows_the_purpose_and_what_it_asks_for_must_be_there(house: Office) -> None:
    training = purpose(
        house, "培训", asks_title=True, asks_attendees=True, asks_seating=True, needs=("projector", "water"), longest_minutes=120
    )
    form = bookings.form_of(house.read(rooms.get, house.places["301"]), house.read(rooms.get_purpose, training))
    assert (form.asks_seating, form.needs, form.longest_minutes, form.capacity) == (True, ("projector", "water"), 120, 12)
    for given, code in (
        ({"attendees": 5}, "booking.title_missing"),
        ({"title": "新人"}, "booking.attendees_missing"),
        ({"title": "新人", "attendees": 5, "needs": ("tea",)}, "booking.need_not_offered"),
        ({"title": "新人", "attendees": 13}, "booking.too_many"),
    ):
        assert house.refused(asking(house, TEN, ELEVEN, purpose_id=training, **given), house.mei).code == code
    full = {"title": "新人", "attendees": 5, "needs": ("projector", "water"), "seating": "u_shape", "remark": "靠窗"}
    made = book(house, TEN, ELEVEN, purpose_id=training, **full)
    kept = row(made["id"])
    assert (kept.purpose_id, kept.attendees, kept.needs, kept.seating, kept.remark) == (
        training,
        5,
        ["projector", "water"],
        "u_shape",
        "靠窗",
    )
    assert (
        house.refused(asking(house, moment(13, day=24), moment(15, 1, day=24), purpose_id=training, **full), house.mei).code
        == "booking.too_long"
    )
    house.do(rooms.SetUpPurpose(purpose_id=training, retired=True), house.bo)
    assert (
        house.refused(asking(house, ELEVEN, ELEVEN + timedelta(hours=1), purpose_id=training, **full), house.mei).code
        == "purpose.not_found"
    )
    house.do(bookings.ExtendBooking(booking_id=made["id"], minutes=15), house.mei)  # what is booked keeps its purpose


@pytest.mark.proves("S1.3-R1", "V13")
def test_rules_and_purposes_are_set_up_by_the_office_only_and_a_wrong_one_is_refused(house: Office) -> None:
    made = purpose(house, "例会")
    for do in (rooms.SetUpPurpose(purpose_id=made, name="会"), rooms.SetUpRoom(room_id=house.places["301"], lead_minutes=5)):
        assert house.refused(do, house.mei).code == "op.not_allowed"
    other = purpose(house, "外事")
    assert house.refused(rooms.SetUpPurpose(purpose_id=other, name="例会"), house.bo).code == "purpose.name_taken"
    assert house.refused(rooms.SetUpPurpose(purpose_id=other, shortest_minutes=60, longest_minutes=30), house.bo).code == "purpose.lengths"
    assert house.refused(rooms.SetUpPurpose(purpose_id=other, room_ids=(made,)), house.bo).code == "room.not_found"
    house.do(rooms.SetUpPurpose(purpose_id=other, room_ids=(house.places["302"],)), house.bo)
    assert house.refused(asking(house, TEN, ELEVEN, purpose_id=other), house.mei).code == "booking.purpose_room"
    book(house, TEN, ELEVEN, room="302", purpose_id=other)


# ── approval ──


@pytest.fixture
def hall(house: Office) -> Office:
    """Room 301 needs a leader's approval."""
    house.do(rooms.SetUpRoom(room_id=house.places["301"], approver="leader"), house.bo)
    return house


def decide(office: Office, booking_id: str, yes: bool, note: str = "") -> approvals.DecideApproval:
    approval = office.read(approvals.of, ("booking", UUID(booking_id)))
    return approvals.DecideApproval(approval_id=approval.id, approve=yes, note=note)


@pytest.mark.proves("V02", "S1.3-R1")
def test_a_booking_that_waits_for_approval_has_its_time_and_only_one_decision_wins(hall: Office) -> None:
    made = book(hall, TEN, ELEVEN)
    assert made["state"] == "pending" and "approval.notice.asked" in told(hall, hall.chen)
    assert hall.refused(asking(hall, TEN, ELEVEN), hall.wu).code == "booking.clash"
    assert hall.refused(bookings.CheckIn(booking_id=made["id"]), hall.mei).code in ("booking.pending", "booking.too_early")
    first = decide(hall, made["id"], True)
    assert hall.refused(first, hall.mei).code == "approval.requester"
    hall.do(first, hall.chen)
    assert hall.refused(decide_again(first), hall.chen).code == "approval.settled"
    assert row(made["id"]).state == "confirmed" and told(hall, hall.mei) == ["approval.notice.approved"]


def decide_again(first: approvals.DecideApproval) -> approvals.DecideApproval:
    return approvals.DecideApproval(approval_id=first.approval_id, approve=False, note="晚了")


@pytest.mark.proves("V02", "Front desk 2", "V42")
def test_a_refused_a_cancelled_and_an_undecided_booking_leave_their_time(hall: Office) -> None:
    for end in ("refused", "cancelled", "lapsed"):
        made = book(hall, TEN, ELEVEN)
        if end == "refused":
            hall.do(decide(hall, made["id"], False, "有外宾"), hall.chen)
        elif end == "cancelled":
            hall.do(bookings.CancelBooking(booking_id=made["id"]), hall.mei)
            assert hall.read(approvals.of, ("booking", UUID(made["id"]))) is None  # nobody is asked about what is gone
        else:
            assert approving.lapse_undecided(TEN - timedelta(seconds=1)) == 0
            assert (approving.lapse_undecided(TEN), approving.lapse_undecided(TEN)) == (1, 0)
        assert row(made["id"]).state == end and claimed(hall.places["301"]) == []
    assert told(hall, hall.mei)[-1] == "booking.undecided_notice"


@pytest.mark.proves("V03", "V02")
def test_moving_into_a_room_that_needs_approval_asks_for_it_again(hall: Office) -> None:
    made = book(hall, TEN, ELEVEN, room="302")
    moved = hall.do(bookings.MoveBooking(booking_id=made["id"], room_id=hall.places["301"], starts_at=TEN, ends_at=ELEVEN), hall.mei)
    assert moved["state"] == "pending"
    hall.do(decide(hall, made["id"], True), hall.chen)
    hall.do(bookings.ExtendBooking(booking_id=made["id"], minutes=15), hall.mei)
    assert row(made["id"]).state == "confirmed"  # the same room a little longer is no new question
    moved = hall.do(bookings.MoveBooking(booking_id=made["id"], starts_at=ELEVEN, ends_at=ELEVEN + timedelta(hours=1)), hall.mei)
    assert moved["state"] == "pending"


@pytest.mark.proves("S1.3-R1")
def test_nobody_walks_into_a_room_that_needs_approval(hall: Office) -> None:
    door, _ = hall.device("301", Role.DOOR, hall.places["301"])
    assert hall.refused(asking(hall, moment(9), moment(9, 30)), door).code == "booking.needs_approval"
    assert claimed(hall.places["301"]) == []


# ── named contacts ──


@pytest.mark.proves("S1.3-R1", "S1.3-R2")
def test_a_named_contact_books_for_the_people_of_the_department_and_for_nobody_else(house: Office) -> None:
    zhao = house.person("zhao", "赵一", department="财务科")
    qian = house.person("qian", "钱二", department="财务科")
    assert house.refused(asking(house, TEN, ELEVEN, host_id=zhao.person_id), house.mei).code == "op.not_allowed"
    name = bookings.NameContact(person_id=house.mei.person_id, department_id=house.departments["财务科"])
    assert house.refused(name, house.mei).code == "op.not_allowed"
    house.do(name, house.bo)
    house.do(name, house.bo)
    made = book(house, TEN, ELEVEN, host_id=zhao.person_id)
    assert (made["host"], made["department"], row(made["id"]).booked_by_id) == ("赵一", "财务科", house.mei.person_id)
    assert house.refused(asking(house, ELEVEN, ELEVEN + timedelta(hours=1), host_id=house.wu.person_id), house.mei).code == "op.not_allowed"
    with_names = [person.name for person in house.read(bookings.hosts_for, house.mei)]
    assert sorted(with_names) == ["赵一", "钱二"] and house.read(bookings.hosts_for, qian) == []
    house.do(bookings.NameContact(person_id=house.mei.person_id, department_id=house.departments["财务科"], named=False), house.bo)
    assert house.refused(asking(house, ELEVEN, ELEVEN + timedelta(hours=1), host_id=zhao.person_id), house.mei).code == "op.not_allowed"
    house.do(bookings.NameContact(person_id=house.mei.person_id), house.bo)
    book(house, ELEVEN, ELEVEN + timedelta(hours=1), host_id=house.wu.person_id)

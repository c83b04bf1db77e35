"""The code at a door and the phone that scanned it: whoever stands there, and nobody else (scenarios Front desk 8 and 10)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from core.foundation import clock
from core.mechanisms import devices
from core.mechanisms.operations import Role
from core.sections import bookings
from core.sections.bookings import ActHere, Arrive
from tests.cast import Office
from tests.rooms.doors import moment, set_up_rooms

pytestmark = pytest.mark.proves("Front desk 8", "Front desk 10", "V40", "S1.3-R1")


class Doors:
    """Screens at 301 and 302."""

    def __init__(self, office: Office) -> None:
        set_up_rooms(office)
        self.office = office
        self.here, _ = office.device("301", Role.DOOR, office.places["301"])
        self.other, _ = office.device("302", Role.DOOR, office.places["302"])

    def code(self, device_id: UUID | None = None, ahead: int = 0) -> str:
        found = self.office.read(bookings.codes, device_id or self.here.device_id, clock.now(), ahead + 1)
        return str(found[ahead].code)

    def arrive(self, code: str, by: str = "mei") -> UUID:
        return UUID(str(self.office.do(Arrive(code=code), self.office.people[by])["presence_id"]))


@pytest.fixture
def doors(office: Office) -> Doors:
    return Doors(office)


def test_a_code_stands_for_thirty_seconds_and_a_picture_of_it_dies_within_sixty(doors: Doors) -> None:
    code, office = doors.code(), doors.office
    clock.freeze(moment(9, 0, 59))
    assert doors.code() != code
    doors.arrive(code)
    clock.freeze(moment(9, 1, 0))
    assert office.refused(Arrive(code=code), office.wu).code == "door.code_old"


def test_codes_of_the_future_of_no_door_and_of_a_revoked_or_newly_paired_screen_open_nothing(doors: Doors) -> None:
    office = doors.office
    for bad in (
        doors.code(ahead=1),
        "22222222222A",
        "不是码不是码不是码不是码",
        "t.",
        f"t.{doors.here.device_id}.1.9999999999.{'0' * 32}",
        "t.x.y.z.w" + "0" * 20,
    ):
        if len(bad) >= 12:
            assert office.refused(Arrive(code=bad), office.mei).code == "door.code_old", bad
    code = doors.code()
    office.do(devices.RevokeDevice(device_id=doors.here.device_id), office.ada)
    assert office.refused(Arrive(code=code), office.mei).code == "door.code_old"
    assert office.read(bookings.codes, doors.here.device_id, clock.now(), 3) == ()


def test_a_screen_whose_clock_runs_two_seconds_ahead_still_shows_a_good_code(doors: Doors) -> None:
    clock.freeze(moment(9, 0, 28))
    doors.arrive(doors.code(ahead=1))
    clock.freeze(moment(9, 0, 27))
    assert doors.office.refused(Arrive(code=doors.code(ahead=1)), doors.office.wu).code == "door.code_old"


def test_whoever_stands_there_books_in_their_own_name_and_is_checked_in(doors: Doors) -> None:
    office, here = doors.office, doors.arrive(doors.code())
    made = office.do(ActHere(presence_id=here, act="book", minutes=30), office.mei)
    assert (made["host"], made["state"]) == ("林晓梅", "in_use")
    office.do(ActHere(presence_id=here, act="extend", minutes=15, booking_id=UUID(str(made["id"]))), office.mei)
    office.do(ActHere(presence_id=here, act="end", booking_id=UUID(str(made["id"]))), office.mei)
    assert [row.person_id for row in office.audit("room.act_here")] == [office.mei.person_id] * 3


def test_a_guest_of_the_meeting_checks_it_in_at_the_door_but_not_from_afar(doors: Doors) -> None:
    office, room = doors.office, doors.office.places["301"]
    booking = UUID(str(office.do(bookings.CreateBooking(room_id=room, starts_at=moment(9, 5), ends_at=moment(10)), office.mei)["id"]))
    guest = office.person("fei", "费宁", department="财务科")
    assert office.refused(bookings.CheckIn(booking_id=booking), guest).code == "op.not_allowed"
    here = doors.arrive(doors.code(), "fei")
    assert office.do(ActHere(presence_id=here, act="check_in", booking_id=booking), guest)["state"] == "in_use"


def test_an_arrival_counts_for_its_own_person_its_own_room_and_ten_minutes(doors: Doors) -> None:
    office = doors.office
    there = UUID(
        str(office.do(bookings.CreateBooking(room_id=office.places["302"], starts_at=moment(9, 5), ends_at=moment(10)), office.wu)["id"])
    )
    here = doors.arrive(doors.code())
    assert office.refused(ActHere(presence_id=here, act="book", minutes=30), office.wu).code == "door.not_here"
    assert office.refused(ActHere(presence_id=here, act="end", booking_id=there), office.mei).code == "op.not_allowed"
    clock.freeze(moment(9, 10))
    assert office.refused(ActHere(presence_id=here, act="book", minutes=30), office.mei).code == "door.not_here"


def test_a_revoked_screen_ends_the_arrivals_at_it(doors: Doors) -> None:
    office, here = doors.office, doors.arrive(doors.code())
    office.do(devices.RevokeDevice(device_id=doors.here.device_id), office.ada)
    assert office.refused(ActHere(presence_id=here, act="book", minutes=30), office.mei).code == "door.not_here"


def test_the_same_code_twice_is_one_arrival_and_several_people_may_scan_it(doors: Doors) -> None:
    code = doors.code()
    assert doors.arrive(code) == doors.arrive(code) != doors.arrive(code, "wu")


def test_signing_in_may_take_longer_than_the_code_lives(doors: Doors) -> None:
    office = doors.office
    ticket = office.read(bookings.ticket_for, doors.code(), clock.now())
    clock.freeze(clock.now() + timedelta(minutes=4))
    assert doors.arrive(ticket)
    other = ticket.replace(str(doors.here.device_id), str(doors.other.device_id))
    assert office.refused(Arrive(code=other), office.mei).code == "door.code_old"
    clock.freeze(clock.now() + timedelta(minutes=1))
    assert office.refused(Arrive(code=ticket), office.mei).code == "door.code_old"
    assert office.read(bookings.ticket_for, "22222222222A", clock.now()) is None


def test_a_door_itself_can_not_arrive_and_no_code_is_like_another_room_s(doors: Doors) -> None:
    assert doors.code() != doors.code(doors.other.device_id)
    assert doors.office.refused(Arrive(code=doors.code()), doors.here).code == "op.not_allowed"
    arrived = doors.office.do(Arrive(code=doors.code(doors.other.device_id)), doors.office.mei)
    assert str(arrived["room_id"]) == str(doors.office.places["302"])

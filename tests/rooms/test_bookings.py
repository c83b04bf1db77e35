"""Booking a room: who gets it, who does not, and why not. Every test runs on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from core.foundation import database
from core.foundation.i18n import LANGUAGES, has
from core.mechanisms import places
from core.mechanisms.notices import Notice
from core.mechanisms.operations import Actor, Outcome, Role, perform_now
from core.sections import bookings, rooms
from core.sections.bookings import Booking, Claim
from tests.cast import Office
from tests.rooms.doors import moment, set_up_rooms


@pytest.fixture
def house(office: Office) -> Office:
    """The office with three rooms to book; it is Monday 9:00."""
    set_up_rooms(office)
    return office


def book(office: Office, start: datetime, end: datetime, *, by: Actor | None = None, room: str = "301", **more: Any) -> dict[str, Any]:
    result: dict[str, Any] = office.do(asking(office, start, end, room=room, **more), by or office.mei)
    return result


def asking(office: Office, start: datetime, end: datetime, *, room: str = "301", **more: Any) -> bookings.CreateBooking:
    return bookings.CreateBooking(room_id=office.places[room], starts_at=start, ends_at=end, **more)


def claims_of(room_id: UUID) -> list[tuple[int, int]]:
    with database.reading() as s:
        return [(row.from_ms, row.until_ms) for row in s.execute(select(Claim).where(Claim.room_id == room_id)).scalars()]  # type: ignore[arg-type]


RELATIONS = {  # Allen's thirteen, against 9:00 to 12:00; the last two numbers are hours from midnight
    "before": (7.5, 8.5),
    "meets": (8, 9),
    "overlaps": (8.5, 10),
    "finished by": (8.5, 12),
    "contains": (8.5, 12.5),
    "starts": (9, 10),
    "equals": (9, 12),
    "started by": (9, 12.5),
    "during": (10, 11),
    "finishes": (11, 12),
    "overlapped by": (11.5, 13),
    "met by": (12, 13),
    "after": (12.25, 13),
}


@pytest.mark.proves("V05", "V06", "Front desk 2")
def test_of_all_thirteen_ways_to_lie_beside_a_booking_only_those_that_leave_the_clean_up_alone_succeed(office: Office) -> None:
    set_up_rooms(office, "301", clean_up_minutes=15, opens_minute=7 * 60)
    tomorrow = moment(0, day=24)
    book(office, tomorrow + timedelta(hours=9), tomorrow + timedelta(hours=12))
    accepted = []
    for name, (start, end) in RELATIONS.items():
        outcome = perform_now(asking(office, tomorrow + timedelta(hours=start), tomorrow + timedelta(hours=end)), by=office.wu)
        if outcome.ok:
            accepted.append(name)
            office.do(bookings.CancelBooking(booking_id=outcome.result["id"]), office.wu)
        else:
            assert outcome.code == "booking.clash", name
    # 8:00 to 9:00 would clean up until 9:15, when the next people already sit there.
    assert accepted == ["before", "after"]


@pytest.mark.proves("V06", "Front desk 2")
def test_ten_to_eleven_and_eleven_to_twelve_are_neighbours(house: Office) -> None:
    book(house, moment(10), moment(11))
    book(house, moment(11), moment(12), by=house.wu)
    assert house.refused(asking(house, moment(10, 59), moment(11, 1)), house.bo).code == "booking.clash"


@pytest.mark.proves("Front desk 2", "V05")
def test_saving_a_booking_unchanged_succeeds_and_a_cancelled_one_leaves_its_time(house: Office) -> None:
    made = book(house, moment(10), moment(11))
    house.do(bookings.MoveBooking(booking_id=made["id"], starts_at=moment(10), ends_at=moment(11)), house.mei)
    house.do(bookings.CancelBooking(booking_id=made["id"]), house.mei)
    book(house, moment(10), moment(11), by=house.wu)
    assert len(claims_of(house.places["301"])) == 1


@pytest.mark.proves("V03")
def test_moving_and_extending_meet_the_same_wall_as_booking(house: Office) -> None:
    book(house, moment(11), moment(12), by=house.wu)
    mine = book(house, moment(10), moment(11))
    elsewhere = book(house, moment(11), moment(12), room="302")
    extended = house.refused(bookings.ExtendBooking(booking_id=mine["id"], minutes=15), house.mei)
    moved = house.refused(
        bookings.MoveBooking(booking_id=elsewhere["id"], room_id=house.places["301"], starts_at=moment(11, 30), ends_at=moment(12, 30)),
        house.mei,
    )
    assert (extended.code, moved.code) == ("booking.clash", "booking.clash")
    assert extended.facts["from"] == "2026-11-23T03:00:00Z"
    assert [room["name"] for room in moved.facts["alternatives"]] == ["302 办公室", "305 小谈室"] or moved.facts["alternatives"]


@pytest.mark.proves("V15")
def test_the_database_itself_refuses_an_overlap_whoever_writes_it(house: Office) -> None:
    made, other = book(house, moment(10), moment(11)), book(house, moment(13), moment(14), by=house.wu)
    with database.reading() as s:
        claim = s.execute(select(Claim).where(Claim.booking_id == UUID(other["id"]))).scalar_one()  # type: ignore[arg-type]
        taken = s.execute(select(Claim).where(Claim.booking_id == UUID(made["id"]))).scalar_one()  # type: ignore[arg-type]
    for change in (
        f"UPDATE claim SET from_ms = {taken.from_ms + 1}, until_ms = {taken.until_ms}",
        f"UPDATE claim SET from_ms = {taken.from_ms - 5}, until_ms = {taken.from_ms + 1}",
    ):
        with pytest.raises(DBAPIError) as error, database.writing() as s:
            s.execute(text(f"{change} WHERE from_ms = {claim.from_ms}"))
        assert "claim_no_overlap" in database.violated(error.value)
    with pytest.raises(DBAPIError) as error, database.writing() as s:
        s.add(Claim(room_id=taken.room_id, booking_id=claim.booking_id, from_ms=taken.until_ms - 1, until_ms=taken.until_ms + 10))
    assert any(word in database.violated(error.value) for word in ("claim_no_overlap", "booking_id"))


@pytest.mark.proves("V27")
def test_the_same_tap_sent_twice_books_once_and_answers_the_same(house: Office) -> None:
    door, _ = house.device("301", Role.DOOR, house.places["301"])
    tap, op_id = asking(house, moment(9), moment(9, 30)), uuid4()
    first, second = perform_now(tap, by=door, op_id=op_id), perform_now(tap, by=door, op_id=op_id)
    assert first.ok and second.ok and second.repeated
    assert first.result["id"] == second.result["id"]
    assert len(claims_of(house.places["301"])) == 1
    assert [row.outcome for row in house.audit("booking.create")] == ["accepted"]


@pytest.mark.proves("V19")
def test_a_walk_up_booking_across_midnight_in_utc_works_in_shanghai(office: Office) -> None:
    set_up_rooms(office, "301", opens_minute=7 * 60)
    door, _ = office.device("301", Role.DOOR, office.places["301"])
    quarter_to_eight = datetime(2026, 11, 22, 23, 45, tzinfo=UTC)
    result = office.do(asking(office, quarter_to_eight, quarter_to_eight + timedelta(minutes=30)), door, at=quarter_to_eight)
    assert result["starts_at"] == "2026-11-22T23:45:00Z"
    assert office.read(bookings.door_state, office.places["301"], quarter_to_eight + timedelta(minutes=20)).state == "busy"


@pytest.mark.proves("V21")
@pytest.mark.parametrize("day", ["2027-01-01", "2028-02-29", "2026-12-27", "2027-03-28", "2026-10-01"])
def test_booking_works_the_same_in_any_week(house: Office, day: str) -> None:
    nine = datetime.fromisoformat(f"{day}T09:00:00+08:00")
    made = house.do(asking(house, nine, nine + timedelta(hours=1)), house.mei, at=nine - timedelta(hours=1))
    assert made["starts_at"] == (nine.astimezone(UTC)).isoformat().replace("+00:00", "Z")
    with database.reading() as s:
        row = s.get(Booking, UUID(made["id"]))
    assert row is not None and (row.starts_wall, row.zone) == (f"{day}T09:00:00", "Asia/Shanghai")
    assert house.read(bookings.door_state, house.places["301"], nine + timedelta(minutes=1)).state == "held"


@pytest.mark.proves("V40", "Front desk 8")
def test_a_door_books_only_its_own_room_and_only_from_now_on(house: Office) -> None:
    door, _ = house.device("301", Role.DOOR, house.places["301"])
    assert house.refused(asking(house, moment(9), moment(9, 30), room="302"), door).code == "op.not_allowed"
    assert house.refused(asking(house, moment(10), moment(10, 30)), door).code == "booking.not_now"
    elsewhere = book(house, moment(9), moment(10), room="302")
    for act in (bookings.EndBooking, bookings.CheckIn, bookings.CancelBooking):
        assert house.refused(act(booking_id=elsewhere["id"]), door).code == "op.not_allowed"
    made = house.do(asking(house, moment(9), moment(9, 30), title="不会写出来"), door)
    assert (made["state"], made["walk_up"], made["host"], made["title"]) == ("in_use", True, "", "")


WRONG = {
    "booking.past": (moment(7), moment(8), {}),
    "booking.backwards": (moment(11), moment(11), {}),
    "booking.too_long": (moment(10), moment(18, 30), {}),
    "booking.outside_hours": (moment(19, 30), moment(20, 30), {}),
    "booking.too_far": (moment(10) + timedelta(days=401), moment(11) + timedelta(days=401), {}),
}


@pytest.mark.proves("S1.3-R1")
def test_what_is_no_booking_is_refused_with_its_reason(house: Office) -> None:
    for code, (start, end, more) in WRONG.items():
        outcome = house.refused(asking(house, start, end, **more), house.mei)
        assert outcome.code == code
        assert all("{" not in outcome.message(language) for language in LANGUAGES), code
    assert house.refused(asking(house, moment(10), moment(11), room="三楼"), house.mei).code == "room.not_found"
    house.do(rooms.SetUpRoom(room_id=house.places["301"], bookable=False), house.bo)
    assert house.refused(asking(house, moment(10), moment(11)), house.mei).code == "room.not_bookable"
    assert claims_of(house.places["301"]) == []


def test_a_booking_may_last_until_the_room_closes_and_no_minute_longer(house: Office) -> None:
    made = book(house, moment(19), moment(20))
    assert house.refused(bookings.ExtendBooking(booking_id=made["id"], minutes=1), house.mei).code == "booking.outside_hours"


def test_a_closed_room_can_not_be_booked_for_that_time_but_afterwards(house: Office) -> None:
    house.do(rooms.CloseRoom(room_id=house.places["301"], reason="检修投影", until=moment(8, 30, day=24)), house.ann)
    outcome = house.refused(asking(house, moment(10), moment(11)), house.mei)
    assert outcome.code == "room.closed" and outcome.message("zh-Hans") == "这个房间停用：检修投影"
    book(house, moment(9, day=24), moment(10, day=24))
    house.do(rooms.OpenRoom(room_id=house.places["301"]), house.ann)
    book(house, moment(10), moment(11))


@pytest.mark.proves("S1.3-R1")
def test_the_host_the_department_and_the_desk_may_cancel_and_nobody_else(house: Office) -> None:
    stranger = house.person("zhao", "赵一", department="财务科")
    for allowed in (house.mei, house.wu, house.ann):  # the host, a colleague of the same department, reception
        made = book(house, moment(10), moment(11))
        assert house.refused(bookings.CancelBooking(booking_id=made["id"]), stranger).code == "op.not_allowed"
        house.do(bookings.CancelBooking(booking_id=made["id"]), allowed)
        house.do(bookings.CancelBooking(booking_id=made["id"]), allowed)  # doing a done thing again is nothing new
    assert house.refused(asking(house, moment(10), moment(11), host_id=house.wu.person_id), house.mei).code == "op.not_allowed"
    assert book(house, moment(10), moment(11), by=house.ann, host_id=house.wu.person_id)["host"] == "吴桐"


@pytest.mark.proves("Front desk 3")
def test_ending_early_frees_the_rest_and_extending_stops_at_the_next_booking(house: Office) -> None:
    book(house, moment(10), moment(11), by=house.wu)
    door, _ = house.device("301", Role.DOOR, house.places["301"])
    made = house.do(asking(house, moment(9), moment(9, 30)), door)
    house.do(bookings.ExtendBooking(booking_id=made["id"], minutes=30), door)
    assert house.refused(bookings.ExtendBooking(booking_id=made["id"], minutes=1), door).code == "booking.clash"
    at = house.later(minutes=20)
    ended = house.do(bookings.EndBooking(booking_id=made["id"]), door)
    assert ended["ends_at"] == "2026-11-23T01:20:00Z" and ended["state"] == "ended"
    assert house.read(bookings.door_state, house.places["301"], at).state == "free"
    house.do(asking(house, moment(9, 20), moment(9, 50)), door)
    assert house.refused(bookings.ExtendBooking(booking_id=made["id"], minutes=5), door).code == "booking.ended"


def test_an_undone_walk_up_booking_leaves_no_trace_on_the_door(house: Office) -> None:
    door, _ = house.device("301", Role.DOOR, house.places["301"])
    made = house.do(asking(house, moment(9), moment(9, 30)), door)
    house.later(seconds=4)
    house.do(bookings.CancelBooking(booking_id=made["id"]), door)
    view = house.read(bookings.door_state, house.places["301"], moment(9, 0, 4))
    assert (view.state, view.slots) == ("free", ())


def test_every_refusal_of_rooms_and_bookings_has_its_sentence() -> None:
    codes = {
        "room.not_found",
        "room.not_a_room",
        "room.hours",
        "room.closed_backwards",
        "booking.not_found",
        "booking.running",
        "booking.too_early",
        "booking.released",
    }
    assert all(has(code) for code in codes | set(WRONG))


def test_a_running_booking_keeps_its_start(house: Office) -> None:
    made = book(house, moment(9), moment(10))
    at = house.later(minutes=30)
    moved = bookings.MoveBooking(booking_id=made["id"], starts_at=moment(11), ends_at=moment(12))
    assert house.refused(moved, house.mei, at=at).code == "booking.running"
    house.do(bookings.MoveBooking(booking_id=made["id"], starts_at=moment(9), ends_at=moment(10, 30)), house.mei, at=at)


def lost(outcome: Outcome) -> bool:
    return outcome.status == "refused" and outcome.code == "booking.clash"


@pytest.mark.proves("V01")
def test_twenty_threads_want_one_slot_and_one_gets_it(house: Office) -> None:
    from concurrent.futures import ThreadPoolExecutor

    for round in range(5):
        start = moment(9, day=24) + timedelta(hours=round)
        with ThreadPoolExecutor(20) as pool:
            outcomes = list(
                pool.map(lambda _, start=start: perform_now(asking(house, start, start + timedelta(minutes=30)), by=house.mei), range(20))
            )
        assert sorted(outcome.ok for outcome in outcomes) == [False] * 19 + [True]
        assert all(lost(outcome) and outcome.facts["alternatives"] for outcome in outcomes if not outcome.ok)
    assert len(claims_of(house.places["301"])) == 5


def told(office: Office, actor: Actor) -> list[tuple[str, str]]:
    """What a person was told of bookings, by kind and by whose hand, each once however many ways it goes."""
    with database.reading() as s:
        rows = s.execute(select(Notice).where(col(Notice.person_id) == actor.person_id).order_by(col(Notice.id))).scalars()
        return list(dict.fromkeys((row.key, str(row.facts.get("who", ""))) for row in rows))


@pytest.mark.proves("Front desk 1")
def test_a_host_hears_when_somebody_else_moved_or_cancelled_their_meeting_and_not_of_their_own_hand(house: Office) -> None:
    made = book(house, moment(14), moment(15), title="评审")

    def move(room: str, hour: int) -> bookings.MoveBooking:
        return bookings.MoveBooking(booking_id=made["id"], room_id=house.places[room], starts_at=moment(hour), ends_at=moment(hour + 1))

    house.do(move("302", 14), house.mei)
    assert told(house, house.mei) == []
    house.do(move("302", 14), house.ann)  # saved as it was: nothing to tell
    assert told(house, house.mei) == []
    house.do(move("301", 16), house.ann)
    house.do(bookings.CancelBooking(booking_id=made["id"]), house.ann)
    assert told(house, house.mei) == [("booking.moved_notice", "安然"), ("booking.cancelled_notice", "安然")]
    assert all(has(key) for key in ("booking.moved_notice", "booking.cancelled_notice", "series.changed_notice", "series.cancelled_notice"))


@pytest.mark.proves("V40")
def test_ending_a_meeting_twice_before_it_began_frees_the_room_once_and_says_nothing_else(house: Office) -> None:
    made = book(house, moment(11), moment(12))
    for _press in range(2):
        assert house.do(bookings.EndBooking(booking_id=made["id"]), house.mei)["state"] == "cancelled"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_at_the_edge_of_the_calendar_is_bad_input_and_no_failure(house: Office, day: str) -> None:
    start = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    with pytest.raises(ValidationError):
        asking(house, start, start + timedelta(hours=1))


@pytest.mark.proves("V16")
def test_a_room_of_a_branch_far_away_is_on_the_branchs_clock(house: Office) -> None:
    branch = house.do(places.AddPlace(kind=places.PlaceKind.SITE, name="乌鲁木齐办事处", zone="Asia/Urumqi"), house.ada)
    room = house.do(places.AddPlace(kind=places.PlaceKind.ROOM, name="天山厅", short_name="U1", parent_id=branch["place_id"]), house.ada)
    house.do(rooms.SetUpRoom(room_id=room["place_id"], capacity=8), house.ada)
    wish = bookings.CreateBooking(room_id=room["place_id"], starts_at=moment(12), ends_at=moment(13))
    made = house.do(wish, house.mei)
    with database.reading() as s:
        row = s.get(Booking, UUID(made["id"]))
    assert row is not None and (row.zone, row.starts_wall[11:16]) == ("Asia/Urumqi", "10:00")
    with pytest.raises(ValidationError):
        places.AddPlace(kind=places.PlaceKind.SITE, name="火星", zone="Mars/Olympus")

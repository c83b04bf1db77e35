"""What a door and the list of rooms ask of the database goes by index, however many bookings there are (performance.md, Reading).

A plan is asked of the database itself: no table of bookings or claims is read from end to end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from core.foundation import database
from core.foundation.ids import uuid7
from core.sections import bookings, roomcare, rooms
from core.sections.bookings import Booking, Claim
from core.sections.bookings.claims import to_ms
from tests.cast import Office
from tests.rooms.doors import moment, set_up_rooms

MANY, DAYS = 40, 90


@pytest.fixture
def ledger(office: Office) -> Office:
    """Forty rooms with eight bookings a day for ninety days, one of them made of two others."""
    set_up_rooms(office)
    for number in range(MANY):
        office.places[f"r{number}"] = office.place(f"会议室 {number}", "room")
        office.do(rooms.SetUpRoom(room_id=office.places[f"r{number}"], capacity=8), office.bo)
    office.do(rooms.CombineRoom(room_id=office.places["305"], part_ids=(office.places["r0"], office.places["r1"])), office.bo)
    booked, claimed = [], []
    for number in range(MANY):
        for day in range(-DAYS // 2, DAYS // 2):
            for hour in range(9, 17):
                start, id = moment(hour) + timedelta(days=day), uuid7()
                booked.append({
                    "id": id, "room_id": office.places[f"r{number}"], "title": "", "via": "desk", "zone": "Asia/Shanghai", "starts_wall": "", "ends_wall": "",
                    "starts_at": start, "ends_at": start + timedelta(hours=1), "state": "confirmed", "booked_at": moment(8), "version": 1,
                })  # fmt: skip
                claimed.append({
                    "id": uuid7(), "room_id": office.places[f"r{number}"], "booking_id": id, "from_ms": to_ms(start), "until_ms": to_ms(start + timedelta(hours=1)),
                })  # fmt: skip
    with database.writing() as s:
        s.execute(insert(Booking.__table__), booked)  # type: ignore[attr-defined]
        s.execute(insert(Claim.__table__), claimed)  # type: ignore[attr-defined]
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return office


def statements(act: Any) -> list[tuple[str, Any]]:
    """Every statement `act` sends, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        seen.append((statement, parameters))

    event.listen(database.engine(), "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(database.engine(), "before_cursor_execute", note)
    return [one for one in seen if one[0].lstrip().upper().startswith(("SELECT", "WITH"))]


def plan_of(statement: str, parameters: Any) -> list[str]:
    """How the database would run it, one step a line."""
    explain = "EXPLAIN QUERY PLAN " if database.dialect() == database.SQLITE else "EXPLAIN "
    with database.engine().connect() as connection:
        return [str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters)]


def full_reads(steps: list[str]) -> list[str]:
    """Steps that read all of a ledger: SQLite's `SCAN claim`, PostgreSQL's `Seq Scan on claim`; also through an index without a condition."""
    ledger_tables = ("claim", "booking", "item_claim", "c", "b")
    return [
        step
        for step in steps
        if any(step.strip().startswith(f"SCAN {name}") and step.split()[1] == name for name in ledger_tables)
        or any(f"Seq Scan on {name} " in f"{step} " for name in ledger_tables)
    ]


@pytest.mark.proves("S1.3-R1", "V22")
def test_no_read_of_a_door_or_of_all_rooms_goes_through_the_whole_ledger(ledger: Office) -> None:
    at = moment(10, 30)
    reads = {
        "rooms now": lambda: ledger.read(bookings.rooms_now, at),
        "free rooms": lambda: ledger.read(bookings.free_rooms, at, at + timedelta(minutes=30)),
        "one door": lambda: ledger.read(bookings.door_state, ledger.places["r5"], at),
        "the door of a combined room": lambda: ledger.read(bookings.door_state, ledger.places["305"], at),
        "a day": lambda: ledger.read(bookings.day_plan, at.date(), at),
    }
    for name, read in reads.items():
        asked = statements(read)
        assert asked, name
        for statement, parameters in asked:
            assert full_reads(plan_of(statement, parameters)) == [], (name, statement)
    assert len(statements(reads["rooms now"])) == 2  # all rooms with their now and next, and which of them somebody restores after meetings
    for number in range(0, MANY, 2):  # every second room is restored after its meetings: two more statements, not two for each room
        ledger.do(roomcare.SetRoomCare(room_id=ledger.places[f"r{number}"], restore=True), ledger.bo, at=moment(8))
    asked = statements(reads["rooms now"])
    for statement, parameters in asked:
        assert full_reads(plan_of(statement, parameters)) == [], statement
    assert len(asked) == 4
    waiting = [room for room in ledger.read(bookings.rooms_now, moment(17, 1)) if not room.ready]
    assert len(waiting) == MANY // 2 + 1  # and the one that is made of two of them
    # The net is fine enough: a statement that does read everything is caught.
    count = "SELECT count(title) FROM booking WHERE title <> 'x'"
    with database.reading() as s:
        s.execute(text(count))
    assert full_reads(plan_of(count, ())) != []


@pytest.mark.proves("S1.3-R1")
def test_the_look_before_a_booking_is_one_index_step(ledger: Office) -> None:
    do = bookings.CreateBooking(room_id=ledger.places["r7"], starts_at=moment(17, day=24), ends_at=moment(18, day=24))
    for statement, parameters in statements(lambda: ledger.do(do, ledger.mei)):
        if " claim" in statement or " booking" in statement:
            assert full_reads(plan_of(statement, parameters)) == [], statement

"""What booking costs, beside SQLAlchemy core and bare statements on the same rows in the same run (performance.md, Booking and Reading).

`booking_tries_http`: sixteen clients want overlapping slots through the HTTP API of a real server process; the ratio is to the same
contention in a loop of core statements (BEGIN IMMEDIATE, overlap check, insert), goal ≥ 0.06. `rooms_now` and `day_plan`: 300 rooms,
every room booked for weeks; the ratio is to the bare indexed statement, goal ≤ 2. FOYER_BENCH_FULL=1 makes the ledger a million bookings
long."""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import aiohttp
from sqlalchemy import delete, insert, select, text
from sqlmodel import Session

import main
from core.foundation import clock, database, jobs, migrations
from core.foundation.ids import uuid7
from core.mechanisms import operations, people
from core.mechanisms.operations import Actor, Role
from core.mechanisms.places import Place, PlaceKind
from core.sections import bookings, rooms
from core.sections.bookings import Booking, Claim, timeline
from core.sections.bookings.claims import to_ms
from core.sections.rooms import Room
from tests.cast import PASSWORD, Office
from tests.live import Server, serving

Line = tuple[str, float, str, float | None, str]
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WRITERS = 16
TRIES = 1_600
ROOMS = 300
SLOTS_A_DAY = 8


def run() -> list[Line]:
    """Every line of this bench."""
    with tempfile.TemporaryDirectory() as folder:
        found = contention(Path(folder))
        gc.collect()
        return found + reading(Path(folder))


@contextmanager
def office_on(url: str) -> Iterator[Office]:
    """A test office on this database, made the way a server makes it, so that a server can be started on it."""
    main.include_core()
    operations.use_secret(b"a test office's secret key, 32 b")
    clock.freeze(NOW)
    migrations.upgrade(database.connect(url))
    jobs.set_started(None)
    try:
        yield Office.found()
    finally:
        database.disconnect()
        clock.freeze(None)


# ── booking under contention ──


def contention(folder: Path) -> list[Line]:
    """Tries a second of sixteen writers at overlapping quarters of an hour; every winner is counted against the database."""
    url = f"sqlite:///{(folder / 'race.db').as_posix()}"
    with office_on(url) as office:
        room = office.places["301"]
        office.do(rooms.SetUpRoom(room_id=room, opens_minute=0, closes_minute=24 * 60), office.bo)
        office.do(people.UpdatePerson(person_id=office.ann.person_id, account="ann"), office.ada)
        office.do(people.SetPassword(person_id=office.ann.person_id, password=PASSWORD), office.ada)
        core = core_tries(office, room)
        with serving(url, folder / "server", at=NOW) as server:
            http, won = asyncio.run(http_tries(server, room))
        with database.reading() as s:
            stored = s.execute(select(Claim.id).where(Claim.room_id == room)).all()  # type: ignore[call-overload]
        assert len(stored) == won, "a slot was given twice or lost"
    return [("booking_tries_core", core, "tries/s", None, "-"), ("booking_tries_http", http, "tries/s", http / core, "booking_tries_core")]


def slot(number: int) -> tuple[datetime, datetime]:
    """Overlapping half hours: try n wants the n-th third of an hour of the coming days."""
    start = NOW + timedelta(days=1) + timedelta(minutes=10 * (number // 2 % 800))
    return start, start + timedelta(minutes=30)


def core_tries(office: Office, room: UUID) -> float:
    """The reference: one transaction a try with core statements only, on one thread a writer."""
    table, claims = Booking.__table__, Claim.__table__  # type: ignore[attr-defined]
    numbers = iter(range(TRIES))
    lock = threading.Lock()
    engine = database.engine().execution_options(foyer_write=True)

    def write() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            start, end = slot(number)
            with engine.connect() as connection, connection.begin():
                clash = connection.execute(
                    select(claims.c.id)
                    .where(claims.c.room_id == room, claims.c.from_ms < to_ms(end), claims.c.until_ms > to_ms(start))
                    .limit(1)
                ).first()
                if clash is None:
                    id = uuid7()
                    connection.execute(insert(table).values(booking_row(id, room, start, end, None)))
                    connection.execute(
                        insert(claims).values(id=uuid7(), room_id=room, booking_id=id, from_ms=to_ms(start), until_ms=to_ms(end))
                    )

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - begin
    with database.writing() as s:
        s.execute(delete(Claim))
        s.execute(delete(Booking))
    return TRIES / taken


async def http_tries(server: Server, room: UUID) -> tuple[float, int]:
    """The same tries as operations by sixteen clients that keep their connections."""
    token = server.client("ann").headers["Authorization"]
    numbers = iter(range(TRIES))
    won = 0

    async def client() -> None:
        nonlocal won
        async with aiohttp.ClientSession(headers={"Authorization": token}) as session:
            for number in numbers:
                start, end = slot(number)
                payload = {"room_id": str(room), "starts_at": start.isoformat(), "ends_at": end.isoformat(), "title": ""}
                body = {"op_id": str(uuid4()), "kind": "booking.create", "payload": payload}
                async with session.post(f"{server.url}/api/v1/operations", json=body) as answer:
                    await answer.read()
                    assert answer.status in (200, 409), answer.status
                    won += answer.status == 200

    begin = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(WRITERS)))
    return TRIES / (time.perf_counter() - begin), won


# ── reading ──


def reading(folder: Path) -> list[Line]:
    """Rooms now and a day's plan of 300 rooms beside their bare statements."""
    total = 1_000_000 if os.environ.get("FOYER_BENCH_FULL") == "1" else 100_000
    with office_on(f"sqlite:///{(folder / 'read.db').as_posix()}") as office:
        fill(office, total)
        at = NOW + timedelta(hours=2)
        with database.reading() as s:
            now = milliseconds(lambda: bookings.rooms_now(s, at))
            bare = milliseconds(lambda: s.execute(BARE_NOW, {"now": to_ms(at)}).all())
            day = milliseconds(lambda: bookings.day_plan(s, at.date(), at))
            bare_day = milliseconds(lambda: bare_plan(s, at))
            desk = Actor(frozenset({Role.RECEPTION}))
            line = milliseconds(lambda: timeline.timeline(s, at.date(), 1, at, desk))
            door = milliseconds(lambda: bookings.door_state(s, s.execute(select(Room.place_id)).scalars().first(), at))  # type: ignore[call-overload, arg-type]
    return [
        ("rooms_now_300_bare", bare, "ms", None, "-"),
        (f"rooms_now_300_of_{total}", now, "ms", now / bare, "rooms_now_300_bare"),
        ("day_plan_300_bare", bare_day, "ms", None, "-"),
        (f"day_plan_300_of_{total}", day, "ms", day / bare_day, "day_plan_300_bare"),
        (f"timeline_day_300_of_{total}", line, "ms", line / bare_day, "day_plan_300_bare"),
        (f"door_view_of_{total}", door, "ms", None, "-"),
    ]


BARE_NOW = text(
    "SELECT p.id, p.name, r.capacity, c.from_ms, c.until_ms, b.id, b.state, b.title, d.name FROM room r JOIN place p ON p.id = r.place_id"
    " LEFT JOIN claim c ON c.id IN ((SELECT id FROM claim WHERE room_id = r.place_id AND from_ms <= :now ORDER BY from_ms DESC LIMIT 1),"
    " (SELECT id FROM claim WHERE room_id = r.place_id AND from_ms > :now ORDER BY from_ms LIMIT 1))"
    " LEFT JOIN booking b ON b.id = c.booking_id LEFT JOIN department d ON d.id = b.department_id"
).columns(
    Place.__table__.c.id,
    Place.__table__.c.name,
    Room.__table__.c.capacity,
    Claim.__table__.c.from_ms,
    Claim.__table__.c.until_ms,
    Booking.__table__.c.id,
)  # type: ignore[attr-defined]
BARE_DAY = text(
    "SELECT b.room_id, b.id, b.starts_at, b.ends_at, b.ended_at, b.state, b.title, d.name, p.name FROM booking b"
    " LEFT JOIN department d ON d.id = b.department_id LEFT JOIN person p ON p.id = b.host_id"
    " WHERE b.starts_at >= :start AND b.starts_at < :end AND b.state IN ('confirmed', 'in_use', 'ended') ORDER BY b.starts_at"
).columns(*(Booking.__table__.c[name] for name in ("room_id", "id", "starts_at", "ends_at", "ended_at")))  # type: ignore[attr-defined]


def bare_plan(s: Session, at: datetime) -> object:
    start = at.replace(hour=0, minute=0) - timedelta(hours=8)
    return s.execute(BARE_DAY, {"start": f"{start:%Y-%m-%d %H:%M:%S.%f}", "end": f"{start + timedelta(days=1):%Y-%m-%d %H:%M:%S.%f}"}).all()


def fill(office: Office, total: int) -> None:
    """300 rooms, booked 8 times a day, day after day around now, until `total` bookings stand."""
    floors = [office.place(f"{number} 楼", "floor") for number in range(1, 11)]
    made = [
        {
            "id": uuid7(),
            "parent_id": floors[i % 10],
            "kind": PlaceKind.ROOM,
            "name": f"会议室 {i}",
            "short_name": f"r{i}",
            "pinyin": "",
            "initials": "",
            "sort": i,
            "version": 1,
        }
        for i in range(ROOMS)
    ]
    with database.writing() as s:
        s.execute(insert(Place), made)
        s.execute(insert(Room), [Room(place_id=row["id"]).model_dump() for row in made])
    days = total // (ROOMS * SLOTS_A_DAY)
    host, department = office.mei.person_id, office.departments["办公室"]
    for chunk in range(0, days, 20):
        with database.writing() as s:
            rows, claims = [], []
            for day in range(chunk, min(days, chunk + 20)):
                for room in made:
                    for number in range(SLOTS_A_DAY):
                        start = NOW.replace(hour=0) + timedelta(days=day - days // 2, minutes=80 * number)
                        id = uuid7()
                        rows.append(booking_row(id, room["id"], start, start + timedelta(hours=1), department, host))
                        claims.append(
                            {
                                "id": uuid7(),
                                "room_id": room["id"],
                                "booking_id": id,
                                "from_ms": to_ms(start),
                                "until_ms": to_ms(start + timedelta(hours=1)),
                            }
                        )
            s.execute(insert(Booking.__table__), rows)  # type: ignore[attr-defined]
            s.execute(insert(Claim.__table__), claims)  # type: ignore[attr-defined]
    with database.engine().connect() as connection:
        connection.exec_driver_sql("ANALYZE")


def booking_row(
    id: UUID, room: UUID, start: datetime, end: datetime, department: UUID | None, host: UUID | None = None
) -> dict[str, object]:
    return {
        "id": id,
        "room_id": room,
        "title": "例会",
        "host_id": host,
        "department_id": department,
        "booked_by_id": None,
        "via": "person",
        "zone": "Asia/Shanghai",
        "starts_wall": f"{start:%Y-%m-%dT%H:%M:%S}",
        "ends_wall": f"{end:%Y-%m-%dT%H:%M:%S}",
        "starts_at": start,
        "ends_at": end,
        "state": "confirmed",
        "checked_in_at": None,
        "ended_at": None,
        "booked_at": NOW,
        "version": 1,
    }


def milliseconds(work: Callable[[], object], times: int = 15) -> float:
    """The median of `times` runs."""
    work()
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    for line in run():
        print(*line)

"""Twenty clients want one slot through HTTP at the same moment, round after round (scenario Front desk 1)."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from core.foundation import clock, database
from core.mechanisms import people
from core.mechanisms.operations import Outcome, perform_now
from core.sections import bookings, rooms
from core.sections.bookings import Claim
from core.sections.bookings.claims import to_ms
from tests.cast import PASSWORD, Office
from tests.live import Server, run_async, serving
from tests.rooms.doors import moment, set_up_rooms

CLIENTS = 20
ROUNDS = 50


@pytest.fixture
def busy(office: Office, database_url: str, tmp_path: Path) -> Iterator[tuple[Office, Server]]:
    """A server process on the office's database, SQLite or PostgreSQL."""
    set_up_rooms(office)
    office.do(people.UpdatePerson(person_id=office.ann.person_id, account="ann"), office.ada)
    office.do(people.SetPassword(person_id=office.ann.person_id, password=PASSWORD), office.ada)
    with serving(database_url, tmp_path / "server", at=clock.now()) as server:
        yield office, server


def slot(round: int) -> tuple[datetime, datetime]:
    start = moment(9, day=24) + timedelta(days=round // 10, hours=round % 10)
    return start, start + timedelta(minutes=30)


@pytest.mark.timeout(240)
@pytest.mark.proves("Front desk 1", "V01", "V03", "V27")
def test_of_twenty_clients_creating_moving_and_extending_into_a_slot_exactly_one_gets_it(busy: tuple[Office, Server]) -> None:
    office, server = busy
    room, other = office.places["301"], office.places["302"]
    waiting = []
    for number in range(ROUNDS):
        start, end = slot(number)
        movable = office.do(bookings.CreateBooking(room_id=other, starts_at=start, ends_at=end), office.ann)
        before = office.do(bookings.CreateBooking(room_id=room, starts_at=start - timedelta(minutes=15), ends_at=start), office.ann)
        waiting.append((movable["id"], before["id"]))

    async def contend() -> list[list[httpx.Response]]:
        token = server.client("ann").headers["Authorization"]
        limits = httpx.Limits(max_connections=CLIENTS)
        async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": token}, timeout=60, limits=limits) as client:

            def post(kind: str, payload: dict[str, object]) -> asyncio.Future[httpx.Response]:
                return asyncio.ensure_future(
                    client.post("/api/v1/operations", json={"op_id": str(uuid4()), "kind": kind, "payload": payload})
                )

            answers = []
            for number in range(ROUNDS):
                start, end = (m.isoformat() for m in slot(number))
                movable, before = waiting[number]
                tries = [
                    post("booking.create", {"room_id": str(room), "starts_at": start, "ends_at": end, "title": ""})
                    for _ in range(CLIENTS - 4)
                ]
                tries += [post("booking.move", {"booking_id": movable, "room_id": str(room), "starts_at": start, "ends_at": end})]
                tries += [post("booking.extend", {"booking_id": before, "minutes": 15})]
                tries += [
                    post("booking.create", {"room_id": str(room), "starts_at": start, "ends_at": end, "title": "再来"}) for _ in range(2)
                ]
                answers.append(list(await asyncio.gather(*tries)))
            return answers

    for number, answers in enumerate(run_async(contend)):
        start, end = slot(number)
        statuses = sorted(answer.status_code for answer in answers)
        others = [answer.text for answer in answers if answer.status_code not in (200, 409)]
        assert statuses == [200] + [409] * (CLIENTS - 1), (number, others)
        losers = [answer.json() for answer in answers if answer.status_code == 409]
        assert {loser["code"] for loser in losers} == {"booking.clash"}
        assert all(loser["facts"]["alternatives"] for loser in losers)
        with database.reading() as s:
            overlapping = select(Claim).where(Claim.room_id == room, Claim.from_ms < to_ms(end), Claim.until_ms > to_ms(start))  # type: ignore[arg-type]
            assert len(s.execute(overlapping).all()) == 1
    log = server.log.read_text("utf-8")
    assert "Traceback" not in log


def at_once(office: Office, wishes: list[bookings.CreateBooking]) -> Counter[str | None]:
    """All of them in the same moment, each on a thread of its own; how often which code came back."""
    start, answers = threading.Barrier(len(wishes)), list[Outcome]()

    def ask(wish: bookings.CreateBooking) -> None:
        start.wait()
        answers.append(perform_now(wish, by=office.ann))

    threads = [threading.Thread(target=ask, args=(wish,)) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(answer.code for answer in answers)


@pytest.mark.proves("V01", "V27")
def test_a_crowd_at_one_slot_queues_and_nobody_is_told_that_the_server_failed(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """PostgreSQL lets two inserts that an exclusion constraint compares wait for each other; whoever lost tried again into the same knot."""
    set_up_rooms(office, "301", "302", "305", equipment=())
    office.do(rooms.SetUpItem(item_id=uuid4(), kind="microphone", name="话筒 1"), office.bo)
    for number in range(6):
        start, end = slot(number)
        wishes = [bookings.CreateBooking(room_id=office.places["301"], starts_at=start, ends_at=end) for _ in range(8)]
        assert at_once(office, wishes) == {None: 1, "booking.clash": 7}
        start, end = slot(number + 10)
        wishes = [
            bookings.CreateBooking(room_id=office.places[room], starts_at=start, ends_at=end, needs=("microphone",))
            for room in ("301", "302", "305")
        ]
        assert at_once(office, wishes) == {None: 1, "booking.no_equipment": 2}
    assert not [record for record in caplog.records if record.levelname == "ERROR"]

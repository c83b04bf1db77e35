"""What 300 open doors cost, beside a bare websocket server and empty NiceGUI pages in the same run (performance.md, Doors).

Every door is a page that was really loaded with its device's key and a socket that really listens. `change_to_all`: from the first door
that hears a booking to the last one, the ratio is to a bare websocket broadcast of the same view (goal ≤ 3). `door_memory` goal ≤ 130
KiB; `doors_idle` beside as many empty pages, goal ≤ 0.5 points above."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import aiohttp
import websockets

from bench.bookings import NOW, office_on
from core.mechanisms import people
from core.mechanisms.operations import Role, as_json
from core.sections import bookings, rooms
from tests.cast import PASSWORD
from tests.live import Server, free_port, serving

Line = tuple[str, float, str, float | None, str]
DOORS = 300
ROUNDS = 9
IDLE_S = 15.0
_TICKS = os.sysconf("SC_CLK_TCK")

REFERENCE = """
import asyncio, sys
from fastapi import WebSocket
from nicegui import app, ui
sockets = set()
@ui.page("/empty")
def empty(): pass
@app.websocket("/bare")
async def bare(socket: WebSocket):
    await socket.accept()
    sockets.add(socket)
    try:
        while True: await socket.receive_text()
    except Exception: sockets.discard(socket)
@app.post("/shout")
async def shout(text: dict):
    body = text["text"]
    for socket in list(sockets): await socket.send_text(body)
    return {}
@app.get("/healthz")
def health(): return {"status": "ok"}
ui.run(port=int(sys.argv[1]), host="127.0.0.1", reload=False, show=False, show_welcome_message=False, reconnect_timeout=30, tailwind=False,
       binding_refresh_interval=None, ws_per_message_deflate=False, uvicorn_logging_level="error")
"""


def run() -> list[Line]:
    """Every line of this bench."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(Path(folder)))


async def _run(folder: Path) -> list[Line]:
    url = f"sqlite:///{(folder / 'doors.db').as_posix()}"
    with office_on(url) as office:
        room = office.places["301"]
        for name in ("301", "302", "305"):
            office.do(rooms.SetUpRoom(room_id=office.places[name], capacity=12, opens_minute=0, closes_minute=24 * 60), office.bo)
        office.do(people.UpdatePerson(person_id=office.ann.person_id, account="ann"), office.ada)
        office.do(people.SetPassword(person_id=office.ann.person_id, password=PASSWORD), office.ada)
        for day in range(1, 12):
            start = NOW + timedelta(hours=day)
            office.do(bookings.CreateBooking(room_id=room, starts_at=start, ends_at=start + timedelta(minutes=45)), office.mei)
        _, key = office.device("301", Role.DOOR, room)
        view = json.dumps(as_json(office.read(bookings.door_state, room, NOW)))
        with serving(url, folder / "server", at=NOW) as server, reference_server(folder) as (reference, reference_pid):
            assert server.process is not None
            doors = await open_pages(server.url, "/door/301", server.process.pid, cookie=f"__Host-foyer_door={key}")
            heard = await change_to_all(server, doors, str(room))
            doors_idle = await idle(server.process.pid)
            await doors.close()
            empty = await open_pages(reference, "/empty", reference_pid)
            empty_idle = await idle(reference_pid)
            await empty.close()
            bare = await bare_to_all(reference, view)
    return [
        ("door_memory", doors.memory_kib, "KiB", doors.memory_kib / empty.memory_kib, "empty_page_memory"),
        ("empty_page_memory", empty.memory_kib, "KiB", None, "-"),
        ("door_load_cpu", doors.load_ms, "ms", doors.load_ms / empty.load_ms, "empty_page_load_cpu"),
        ("empty_page_load_cpu", empty.load_ms, "ms", None, "-"),
        ("bare_websocket_to_all_300", bare, "ms", None, "-"),
        ("change_to_all_300_doors", heard, "ms", heard / bare, "bare_websocket_to_all_300"),
        ("empty_pages_idle_300", empty_idle, "% CPU", None, "-"),
        ("doors_idle_300", doors_idle, "% CPU", doors_idle / empty_idle if empty_idle else None, "empty_pages_idle_300"),
    ]


class Pages:
    """Open pages with their sockets; each answers pings and notes when it hears an event."""

    def __init__(self) -> None:
        self.sockets: list[websockets.ClientConnection] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.heard: dict[str, list[float]] = {}
        self.memory_kib = self.load_ms = 0.0

    def listen(self, socket: websockets.ClientConnection) -> None:
        async def read() -> None:
            with contextlib.suppress(websockets.ConnectionClosed):
                async for frame in socket:
                    if frame == "2":
                        await socket.send("3")
                    elif isinstance(frame, str) and frame.startswith("42["):
                        self.heard.setdefault(frame[4 : frame.index('"', 4)], []).append(time.perf_counter())

        self.sockets.append(socket)
        self.tasks.append(asyncio.create_task(read()))

    async def close(self) -> None:
        for socket in self.sockets:
            await socket.close()
        await asyncio.gather(*self.tasks)


async def open_pages(url: str, path: str, pid: int, cookie: str = "") -> Pages:
    """Load the page 300 times and open each one's socket, as browsers do; ten of them first, so that what is made once is not counted."""
    pages = Pages()
    headers = {"Cookie": cookie} if cookie else {}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def one() -> None:
            for _ in range(60):
                async with session.get(url + path, allow_redirects=False) as answer:
                    text = await answer.text()
                    if answer.status == 200:
                        break
                    assert answer.status == 429, (answer.status, text[:300])
                await asyncio.sleep(1)  # the guard lets one address open only so many pages at a time
            client = re.search(r"""['"]client_id['"]: ?['"]([0-9a-f-]+)""", text)
            assert client, text[:300]
            said = f"client_id={client[1]}&implicit_handshake=true&tab_id={uuid4()}&document_id={uuid4()}&next_message_id=0"
            query = f"EIO=4&transport=websocket&{said}"
            socket = await websockets.connect(f"{url.replace('http', 'ws')}/_nicegui_ws/socket.io/?{query}", origin=url, compression=None)  # type: ignore[arg-type]
            await socket.recv()
            await socket.send("40")
            assert str(await socket.recv()).startswith("40"), "the socket was refused"
            pages.listen(socket)

        for _ in range(10):
            await one()
        await asyncio.sleep(2)
        memory, cpu, begin = rss_kib(pid), cpu_s(pid), time.perf_counter()
        for _ in range(DOORS - 10):
            await one()
        pages.load_ms = (cpu_s(pid) - cpu) / (DOORS - 10) * 1000
        assert time.perf_counter() > begin
        await asyncio.sleep(3)
        pages.memory_kib = (rss_kib(pid) - memory) / (DOORS - 10)
    return pages


async def change_to_all(server: Server, doors: Pages, room: str) -> float:
    """Median milliseconds from the first door that hears of a booking to the last."""
    token = server.client("ann").headers["Authorization"]
    spans = []
    async with aiohttp.ClientSession(headers={"Authorization": token}) as session:
        for number in range(ROUNDS):
            doors.heard.clear()
            start = NOW + timedelta(days=1, hours=number)
            payload = {"room_id": room, "starts_at": start.isoformat(), "ends_at": (start + timedelta(minutes=30)).isoformat(), "title": ""}
            async with session.post(
                f"{server.url}/api/v1/operations", json={"op_id": str(uuid4()), "kind": "booking.create", "payload": payload}
            ) as answer:
                assert answer.status == 200, await answer.text()
            spans.append(await span_of(doors.heard, "foyer_door"))
    return statistics.median(spans)


async def bare_to_all(url: str, view: str) -> float:
    """The same for a bare websocket broadcast of the same view."""
    pages, spans = Pages(), []
    for _ in range(DOORS):
        pages.listen(await websockets.connect(f"{url.replace('http', 'ws')}/bare", origin=url, compression=None))  # type: ignore[arg-type]
    async with aiohttp.ClientSession() as session:
        for _ in range(ROUNDS):
            pages.heard.clear()
            await session.post(f"{url}/shout", json={"text": f'42["bare",{view}]'})
            spans.append(await span_of(pages.heard, "bare"))
    await pages.close()
    return statistics.median(spans)


async def span_of(heard: dict[str, list[float]], event: str) -> float:
    deadline = time.monotonic() + 20
    while len(heard.get(event, ())) < DOORS:
        assert time.monotonic() < deadline, f"only {len(heard.get(event, ()))} of {DOORS} heard"
        await asyncio.sleep(0.01)
    return (max(heard[event]) - min(heard[event])) * 1000


async def idle(pid: int) -> float:
    """Percent of one CPU while nothing happens."""
    await asyncio.sleep(2)
    before, begin = cpu_s(pid), time.perf_counter()
    await asyncio.sleep(IDLE_S)
    return (cpu_s(pid) - before) / (time.perf_counter() - begin) * 100


@contextmanager
def reference_server(folder: Path) -> Iterator[tuple[str, int]]:
    """A NiceGUI server with an empty page and a bare websocket, of the same library versions and settings."""
    script, port = folder / "reference.py", free_port()
    script.write_text(REFERENCE, "utf-8")
    process = subprocess.Popen([sys.executable, script, str(port)], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        import httpx

        for _ in range(400):
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{url}/healthz", timeout=2).status_code == 200:
                    break
            time.sleep(0.1)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(timeout=15)


def rss_kib(pid: int) -> float:
    return float(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])  # type: ignore[index]


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def weeks(count: float, restarts: int, within_minutes: float = 25) -> list[Line]:
    """A door's life in minutes: `count` simulated weeks with beats, taps and days that change, then `restarts` of the server, in one browser.
    The first simulated day and the last pass second by second, those between from beat to beat. What does not fit into `within_minutes` is left out and
    said: `door_weeks_days` and `door_restarts` are what was really done. The ratios are to the first simulated day."""
    from playwright.sync_api import sync_playwright

    from tests.doors.weeks import DoorRun
    from tests.live import browsing

    begun = time.monotonic()

    def left(share: float) -> bool:
        return time.monotonic() - begun < within_minutes * 60 * share

    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright, browsing(playwright) as browser:
        folder = Path(name)
        url = f"sqlite:///{(folder / 'weeks.db').as_posix()}"
        with office_on(url) as office:
            for room in ("301", "302", "305"):
                office.do(rooms.SetUpRoom(room_id=office.places[room], capacity=12, opens_minute=0, closes_minute=24 * 60), office.bo)
            _, key = office.device("301", Role.DOOR, office.places["301"])
            with serving(url, folder / "server", at=NOW) as server:
                run = DoorRun(browser, server, key, "301", NOW)
                days, lived = max(1, round(count * 7)), 0
                first = last = None
                while lived < days and (first is None or left(0.8)):
                    whole = lived in (0, days - 1)
                    run.pass_time(timedelta(days=1), tap_every=3, step_by=timedelta(minutes=30), stride_s=1 if whole else 5)
                    lived, last = lived + 1, run.health()
                    first = first or last
                    print(f"# day {lived}, {time.monotonic() - begun:.0f} s: {last}", file=sys.stderr, flush=True)
                assert first is not None and last is not None
                back: list[float] = []
                while len(back) < restarts and (not back or left(1.0)):
                    server.stop(kill=True)
                    server.start()
                    begin = time.perf_counter()
                    run.ready()
                    back.append(time.perf_counter() - begin)
                    print(f"# restart {len(back)}, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
                after, errors = run.health(), len(run.errors)
                run.close()
    grown = (last.heap - first.heap) / 1024
    return [
        ("door_weeks_days", float(lived), "days", lived / days, "days_asked"),
        ("door_weeks_heap", last.heap / 1024, "KiB", last.heap / first.heap, "heap_after_a_day"),
        ("door_weeks_heap_grown", grown, "KiB", None, "-"),
        ("door_weeks_nodes", float(last.nodes), "nodes", last.nodes / first.nodes, "nodes_after_a_day"),
        ("door_weeks_listeners", float(last.listeners), "listeners", last.listeners / first.listeners, "listeners_after_a_day"),
        ("door_weeks_timers", float(last.intervals + last.timeouts), "timers", None, "-"),
        ("door_weeks_sockets", float(last.sockets), "sockets", None, "-"),
        ("door_restarts", float(len(back)), "restarts", len(back) / restarts if restarts else None, "restarts_asked"),
        ("door_back_after_restart", max(back, default=0.0) * 1000, "ms", None, "-"),
        ("door_sockets_after_restarts", float(after.sockets), "sockets", None, "-"),
        ("door_listeners_after_restarts", float(after.listeners), "listeners", after.listeners / first.listeners, "listeners_after_a_day"),
        ("door_timers_after_restarts", float(after.intervals + after.timeouts), "timers", None, "-"),
        ("door_errors", float(errors), "errors", None, "-"),
    ]


if __name__ == "__main__":
    import argparse

    asked = argparse.ArgumentParser(prog="python -m bench.doors", description="What doors cost, or with --weeks what weeks do to one.")
    asked.add_argument("--weeks", type=float, help="simulate one door for so many weeks instead")
    asked.add_argument("--restarts", type=int, default=50, help="with --weeks: how often the server is killed and started afterwards")
    asked.add_argument("--within", type=float, default=25, help="with --weeks: minutes after which it ends with what it has")
    given = asked.parse_args()
    for line in weeks(given.weeks, given.restarts, given.within) if given.weeks else run():
        print(*line)

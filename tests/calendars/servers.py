"""Other calendars to talk with: a real Radicale process, and small servers that answer what a test wants."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from tests.live import free_port


@dataclass
class Radicale:
    """A CalDAV server with one collection for the room, and what a calendar program does to it."""

    url: str
    collection: str
    log: Path

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, auth=("room301", "secret"), timeout=10)

    def write(self, name: str, text: str) -> None:
        """A person writes an event with their calendar program."""
        with self.client() as client:
            answer = client.put(f"{self.collection}{name}", content=text.encode(), headers={"Content-Type": "text/calendar; charset=utf-8"})
            assert answer.status_code in (201, 204), (answer.status_code, answer.text)

    def remove(self, name: str) -> None:
        with self.client() as client:
            assert client.delete(f"{self.collection}{name}").status_code in (200, 204)

    def read(self, name: str) -> str:
        with self.client() as client:
            return client.get(f"{self.collection}{name}").text.replace("\r\n ", "")

    def names(self) -> list[str]:
        with self.client() as client:
            answer = client.request("PROPFIND", self.collection, headers={"Depth": "1"})
        return sorted(part.split("</href>")[0].rsplit("/", 1)[-1] for part in answer.text.split("<href>")[1:] if ".ics</href>" in part)


@contextmanager
def radicale(folder: Path) -> Iterator[Radicale]:
    """`python -m radicale` on a folder of its own; ends with the test."""
    port = free_port()
    (folder / "users").write_text("room301:secret\n")
    command = [
        sys.executable, "-m", "radicale", "--config", "", "--hosts", f"127.0.0.1:{port}", "--auth-type", "htpasswd",
        "--auth-htpasswd-filename", str(folder / "users"), "--auth-htpasswd-encryption", "plain", "--storage-filesystem-folder", str(folder / "store"),
        "--auth-delay", "0",
    ]  # fmt: skip
    log = (folder / "radicale.log").open("wb")
    process = subprocess.Popen(command, stdout=log, stderr=log)
    found = Radicale(f"http://127.0.0.1:{port}", "/room301/room/", folder / "radicale.log")
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                with found.client() as client:
                    made = client.request("MKCALENDAR", found.collection)
                break
            except httpx.TransportError:
                assert process.poll() is None and time.monotonic() < deadline, found.log.read_text()
                time.sleep(0.05)
        assert made.status_code == 201, made.text
        yield found
    finally:
        process.terminate()
        process.wait(timeout=10)
        log.close()


Answering = Callable[[BaseHTTPRequestHandler, bytes], tuple[int, dict[str, str], bytes]]


@dataclass
class Other:
    """A server that answers as the test says; `calls` are method, path and body."""

    url: str = ""
    answer: Answering | None = None
    calls: list[tuple[str, str, bytes]] = field(default_factory=list)


@contextmanager
def other() -> Iterator[Other]:
    kept = Other()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            kept.calls.append((self.command, self.path, body))
            assert kept.answer is not None
            status, headers, content = kept.answer(self, body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PROPFIND = do_REPORT = do_PUT = _do

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


def event(
    uid: str,
    start: str,
    end: str,
    summary: str = "例会",
    *,
    zone: str = "Z",
    more: tuple[str, ...] = (),
    organizer: str = "mailto:gast@example.org",
) -> str:
    """A calendar with one event; `start` and `end` as 20261124T020000, `zone` Z, a TZID, or nothing for a floating time."""
    suffix, parameter = ("Z", "") if zone == "Z" else ("", f";TZID={zone}" if zone else "")
    return calendar(
        *vevent(
            uid,
            f"DTSTART{parameter}:{start}{suffix}",
            f"DTEND{parameter}:{end}{suffix}",
            f"SUMMARY:{summary}",
            f"ORGANIZER:{organizer}",
            *more,
        )
    )


def vevent(uid: str, *lines: str) -> tuple[str, ...]:
    return ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *lines, "END:VEVENT")


def calendar(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Someone//Calendar//EN", *lines, "END:VCALENDAR", ""))


def utc(hour: int, minute: int = 0, day: int = 24, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)

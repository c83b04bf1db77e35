"""A real server process on a test office, and a real browser: what browser tests stand on.

`server` starts `main.py serve` on the database of the `office` fixture (SQLite) with the test clock at MON_9AM. The test arranges with
`office.do(...)` before pages open; what screens must notice live goes through the server: `server.post(operation, by="mei")`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from core.foundation.ids import uuid7
from core.foundation.settings import Settings
from core.mechanisms.operations import Operation, spec_of
from tests import nursery

T = TypeVar("T")
ROOT = Path(__file__).parents[1]
expect.set_options(timeout=15_000)  # a loaded machine is slow, not wrong
CHROMIUM_ARGS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--force-color-profile=srgb", "--font-render-hinting=none",
)  # fmt: skip


def chromium() -> str | None:
    """The browser to test with: the headless build where there is one, which spends a third of the other's time (no window around each page)."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


def run_async(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine on a thread of its own: once a browser was started in a test process, its own thread already runs a loop."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(lambda: asyncio.run(make())).result()


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Server:
    """A running server. `url` is its address; `tokens` are bearer tokens by account."""

    url: str
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | nursery.Forked | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    ahead: timedelta | None = None
    program: Path = ROOT / "main.py"

    def start(self) -> None:
        """Start it and wait until it answers."""
        if self.ahead is not None:  # a restarted server goes on where its clock would be, it does not live the same minutes again
            self.environment["FOYER_TEST_CLOCK"] = (datetime.now(UTC) + self.ahead).isoformat()
        where = nursery.get()
        if where is not None:
            self.process = where.start(self.program, ["serve"], self.environment, self.log)
        else:
            output = self.log.open("ab")
            self.process = subprocess.Popen(
                [sys.executable, self.program, "serve"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            try:
                if httpx.get(self.url + "/healthz", timeout=2, verify=False).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"the server did not start:\n{self.log.read_text('utf-8', 'replace')[-4000:]}")

    def stop(self, *, kill: bool = False) -> None:
        """End it: politely, or with SIGKILL."""
        if self.process is not None:
            self.process.kill() if kill else self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(timeout=15)
        self.process = None

    def client(self, account: str | None = None, password: str = "a-good-test-password") -> httpx.Client:
        """An HTTP client, signed in as `account`."""
        headers = {}
        if account is not None:
            if account not in self.tokens:
                answer = httpx.post(self.url + "/api/v1/session", json={"account": account, "password": password}, timeout=30)
                answer.raise_for_status()
                self.tokens[account] = answer.json()["token"]
            headers["Authorization"] = f"Bearer {self.tokens[account]}"
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def post(self, do: Operation, by: str) -> dict[str, Any]:
        """Perform through the server, so that its screens notice; answers the outcome."""
        body = {"op_id": str(uuid7()), "kind": spec_of(do).kind, "payload": do.model_dump(mode="json", exclude_unset=True)}
        with self.client(by) as client:
            return dict(client.post("/api/v1/operations", json=body).json())

    def set_clock(self, moment: datetime) -> None:
        """Move the server's clock; screens are told and due jobs have run when this returns."""
        self.ahead = moment - datetime.now(UTC)
        httpx.post(self.url + "/api/v1/test/clock", json={"now": moment.isoformat()}, timeout=60).raise_for_status()


@contextmanager
def serving(
    database_url: str,
    folder: Path,
    *,
    at: datetime | None = None,
    settings: dict[str, str] | None = None,
    port: int | None = None,
    program: Path = ROOT / "main.py",
) -> Iterator[Server]:
    """A server process on this database. `at` is where its clock starts (test and demo offices)."""
    port = port or free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FOYER_", "PYTEST_", "NICEGUI_"))}
    environment |= {
        "FOYER_DATABASE_URL": database_url, "FOYER_DATA_DIR": str(folder), "FOYER_PORT": str(port), "FOYER_TEST_CLOCK": at.isoformat() if at else "1",
        "PYTHONUNBUFFERED": "1", **(settings or {}),
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret.key").write_bytes(b"a test office's secret key, 32 b")
    server = Server(
        f"http://127.0.0.1:{port}", environment, folder / "server.log", program=program, ahead=at - datetime.now(UTC) if at else None
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()


def settings_of(server: Server) -> Settings:
    """The settings a server was started with."""
    from core.foundation import settings

    return settings.load(server.environment, env_file=None)


@contextmanager
def browsing(playwright: Playwright, *, args: tuple[str, ...] = ()) -> Iterator[Browser]:
    """A headless Chromium."""
    browser = playwright.chromium.launch(executable_path=chromium(), args=[*CHROMIUM_ARGS, *args])
    try:
        yield browser
    finally:
        browser.close()


PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
KIOSK = {"viewport": {"width": 1080, "height": 1920}, "has_touch": True}
KIOSK_WIDE = {"viewport": {"width": 1280, "height": 800}, "has_touch": True}
DOOR = {"viewport": {"width": 1280, "height": 800}, "has_touch": True}
DOOR_SMALL = {"viewport": {"width": 800, "height": 480}, "has_touch": True}
DESK = {"viewport": {"width": 1440, "height": 900}}


def sign_in(page: Page, server: Server, account: str, password: str = "a-good-test-password") -> None:
    """Sign this page's browser in without the form, through the API that sets the same cookie."""
    answer = page.request.post(
        server.url + "/api/v1/session", data={"account": account, "password": password}, headers={"Origin": server.url}
    )
    assert answer.ok, answer.text()


def become_device(context: BrowserContext, server: Server, role: str, key: str) -> None:
    """Give a browser the cookie of a paired device (`role` is kiosk or door)."""
    context.add_cookies(
        [
            {
                "name": f"__Host-foyer_{role}",
                "value": key,
                "url": server.url.replace("http:", "https:"),
                "httpOnly": True,
                "secure": True,
                "sameSite": "Lax",
            }
        ]
    )

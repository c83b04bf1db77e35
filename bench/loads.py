"""What a second visit costs: bytes over the network for a door and for the phone app, and whether the app starts without a server (issue figures: under 60 kB).

Real Chromium against a real server; bytes are counted by the browser's own network log (headers and bodies as sent).
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext, Playwright, sync_playwright

import main as house
from core.foundation import clock, database, migrations
from core.mechanisms import operations
from core.mechanisms.operations import Role
from core.sections import rooms
from tests import live
from tests.cast import Office
from tests.conftest import MON_9AM

Line = tuple[str, float, str, float | None, str | None]
LIMIT_KB = 60.0


def _bytes_of(context: BrowserContext, address: str, ready: str) -> float:
    """Kilobytes that one load of `address` transfers until `ready` is seen."""
    page = context.new_page()
    log = context.new_cdp_session(page)
    log.send("Network.enable")
    total = 0.0

    def count(event: dict[str, float]) -> None:
        nonlocal total
        total += event["encodedDataLength"]

    log.on("Network.loadingFinished", count)
    page.goto(address)
    page.wait_for_selector(ready)
    page.wait_for_load_state("networkidle")
    page.close()
    return total / 1000


def _measure(playwright: Playwright, folder: Path) -> list[Line]:
    house.include_core()
    operations.use_secret(b"a test office's secret key, 32 b")
    url = f"sqlite:///{(folder / 'foyer.db').as_posix()}"
    migrations.upgrade(database.connect(url))
    clock.move_to(MON_9AM)
    office = Office.found(accounts=True)
    office.do(rooms.SetUpRoom(room_id=office.places["301"], capacity=12), office.bo)
    _, key = office.device("301 门口", Role.DOOR, office.places["301"])
    lines: list[Line] = []
    with live.serving(url, folder, at=clock.now()) as server, live.browsing(playwright) as browser:
        door = browser.new_context(**live.DOOR)
        live.become_device(door, server, "door", key)
        first = _bytes_of(door, server.url + "/door/301", ".door__word")
        again = _bytes_of(door, server.url + "/door/301", ".door__word")
        lines += [("door_first_load", first, "kB", None, None), ("door_second_load", again, "kB", again / LIMIT_KB, "limit_60_kB")]
        phone = browser.new_context(**live.PHONE)
        first = _bytes_of(phone, server.url + "/m/", "main, form")
        phone.pages or phone.new_page()
        again = _bytes_of(phone, server.url + "/m/", "main, form")
        lines += [("phone_first_load", first, "kB", None, None), ("phone_second_load", again, "kB", again / LIMIT_KB, "limit_60_kB")]
        server.stop()
        page = phone.new_page()
        page.goto(server.url + "/m/")
        page.wait_for_selector("main, form")
        lines.append(("phone_starts_without_server", 1.0, "yes", None, None))
    database.disconnect()
    clock.freeze(None)
    return lines


def run() -> list[Line]:
    """The lines of this benchmark."""
    folder = Path(tempfile.mkdtemp(prefix="foyer-bench-"))
    try:
        with sync_playwright() as playwright:
            return _measure(playwright, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    for line in run():
        print(*line)

"""The kiosk through a long day: 200 check-ins on one page, how soon a press shows itself, how long an invited visitor stands there (issue "Visitors and
reception", Figures; pitfalls V25, V35).

`python -m bench.kiosk` prints `name value unit ratio reference` a line. Memory is taken after forced collection, after a first 40 visitors and after the
last; the growth is a visitor's share. A press is measured with the server's process stopped (SIGSTOP): what shows then is drawn by the browser alone.
"""

from __future__ import annotations

import os
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, Playwright, expect, sync_playwright

import main as house
from core.foundation import clock, database, migrations
from core.mechanisms import operations
from core.mechanisms.operations import Role
from tests import live
from tests.cast import Office
from tests.conftest import MON_9AM
from tests.kiosk.many import Weighing, check_in_many
from tests.visits.build import invite
from tests.visits.kiosks import LISTENS, draw_signature, press, scan

Line = tuple[str, float, str, float | None, str | None]
WARM, ALL = 40, 200
FEEDBACK_MS, INVITED_S = 100.0, 15.0
PRESSED = """(at) => new Promise((done) => {
  const target = document.elementFromPoint(...at).closest('button'), rest = getComputedStyle(target), before = rest.transform + rest.backgroundColor;
  target.addEventListener('pointerdown', (event) => {
    const look = (now) => getComputedStyle(target).transform + getComputedStyle(target).backgroundColor === before && now - event.timeStamp < 1000
      ? requestAnimationFrame(look) : done(now - event.timeStamp);
    requestAnimationFrame(look);
  }, { once: true });
})"""


def _feedback(page: Page, server: live.Server) -> list[float]:
    """Milliseconds from the touch to the first frame that shows it, with a server that does not answer."""
    assert server.process is not None
    found = []
    boxes = [
        page.locator(selector).first.bounding_box()
        for selector in (".tile--main", ".tile:not(.tile--main)", ".kiosk__foot .button", ".ease__one")
    ]
    for turn in range(20):
        box = boxes[turn % len(boxes)]
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        os.kill(server.process.pid, signal.SIGSTOP)
        page.evaluate("(at) => { window.measured = (" + PRESSED + ")(at); }", [x, y])
        page.mouse.move(x, y)
        page.mouse.down()
        found.append(float(page.evaluate("() => window.measured")))
        page.mouse.move(2, 2)
        page.mouse.up()
        os.kill(server.process.pid, signal.SIGCONT)
    return found


def _rss_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _measure(playwright: Playwright, folder: Path) -> list[Line]:
    house.include_core()
    operations.use_secret(b"a test office's secret key, 32 b")
    url = f"sqlite:///{(folder / 'foyer.db').as_posix()}"
    migrations.upgrade(database.connect(url))
    clock.move_to(MON_9AM)
    office = Office.found(accounts=True)
    _, key = office.device("一楼大厅", Role.KIOSK)
    lines: list[Line] = []
    with live.serving(url, folder, at=clock.now()) as server, live.browsing(playwright) as browser:
        assert server.process is not None
        context = browser.new_context(**live.KIOSK)
        live.become_device(context, server, "kiosk", key)
        page = context.new_page()
        page.goto(f"{server.url}/welcome")
        page.wait_for_function("() => window.foyer && window.foyer.linked()")
        presses = _feedback(page, server)
        worst = max(presses)
        lines += [
            ("kiosk_press_shown", statistics.median(presses), "ms", statistics.median(presses) / FEEDBACK_MS, "limit_100_ms"),
            ("kiosk_press_shown_worst", worst, "ms", worst / FEEDBACK_MS, "limit_100_ms"),
        ]
        page.reload()  # a link that was cut twenty times comes back when it will; the visitors begin on a fresh page
        page.wait_for_function("() => window.foyer && window.foyer.linked()")
        page.wait_for_function(LISTENS)
        made = invite(office)
        began = time.monotonic()
        scan(page, made["code"])
        press(page, "看告知书")
        draw_signature(page)
        press(page, "同意并签到")
        expect(page.locator(".pass")).to_be_visible()
        took = time.monotonic() - began
        press(page, "好的")
        lines.append(("kiosk_invited_to_badge", took, "s", took / INVITED_S, "limit_15_s"))
        weighing = Weighing(page)
        check_in_many(page, office, WARM)
        first, rss = weighing.now(), _rss_mb(server.process.pid)
        check_in_many(page, office, ALL - WARM)
        last, rss_after = weighing.now(), _rss_mb(server.process.pid)
        number = ALL - WARM
        lines += [
            ("kiosk_heap_growth_a_visitor", (last.heap - first.heap) / number / 1000, "kB", last.heap / first.heap, "heap_after_40"),
            ("kiosk_nodes_growth_a_visitor", (last.nodes - first.nodes) / number, "nodes", last.nodes / first.nodes, "nodes_after_40"),
            (
                "kiosk_listeners_growth_a_visitor",
                (last.listeners - first.listeners) / number,
                "listeners",
                last.listeners / max(1, first.listeners),
                "listeners_after_40",
            ),
            ("kiosk_server_growth_a_visitor", (rss_after - rss) / number * 1000, "kB", rss_after / rss, "server_after_40"),
        ]
        context.close()
    database.disconnect()
    clock.freeze(None)
    return lines


def run() -> list[Line]:
    """All lines of this part."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        return _measure(playwright, Path(folder))


if __name__ == "__main__":
    from bench.__main__ import main

    sys.exit(main(["kiosk"]))

"""One server, one line and one browser for the floor app's tests; a fresh office and a fresh profile for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.floor.office import Line, Office, Server
from tests.live import chromium

CHROMIUM = chromium()
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--mute-audio",
]
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


@pytest.fixture(scope="session")
def phone_browser(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium with a fake camera."""
    made = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield made
    made.close()


class World:
    """What a test stands in: the office, the line before it, and phones."""

    def __init__(self, office: Office, server: Server, line: Line, browser: Browser) -> None:
        self.office, self.server, self.line, self.browser = office, server, line, browser
        self.base = f"http://127.0.0.1:{line.port}"
        self.contexts: list[BrowserContext] = []
        self.problems: list[str] = []

    def watch(self, page: Page) -> Page:
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        return page

    def phone(self, **options: Any) -> Page:
        """A fresh phone with the app open on its sign-in screen."""
        context = self.browser.new_context(**{**PHONE, **options})
        self.contexts.append(context)
        page = self.watch(context.new_page())
        page.goto(f"{self.base}/m/")
        ready(page)
        return page

    def signed_in(self, **options: Any) -> Page:
        page = self.phone(**options)
        sign_in(page)
        return page

    def counting(self, room: str = "302 办公室", **options: Any) -> Page:
        """A phone that stands in a room of the asset count."""
        page = self.signed_in(**options)
        count_in(page, room)
        return page


def ready(page: Page) -> None:
    page.wait_for_selector("html[data-ready]")


def controlled(page: Page) -> None:
    """Wait until the service worker has everything and serves this page."""
    page.evaluate(
        """navigator.serviceWorker.ready
          .then(() => navigator.serviceWorker.controller
            || new Promise((go) => navigator.serviceWorker.addEventListener('controllerchange', go, { once: true })))
          .then(() => 1)"""
    )


def sign_in(page: Page, account: str = "staff") -> None:
    page.get_by_test_id("account").fill(account)
    page.get_by_test_id("password").fill("foyer-demo")
    page.get_by_test_id("signin").click()
    page.wait_for_selector("[data-screen=Home]")


def count_in(page: Page, room: str) -> None:
    page.get_by_test_id("stocktake").first.click()
    page.get_by_test_id("place").click()
    page.get_by_test_id("place-row").filter(has_text=room).click()
    expect(page.get_by_test_id("place")).to_contain_text(room)


def type_code(page: Page, text: str) -> None:
    """Type a code by hand and wait for the sheet to close."""
    page.get_by_test_id("type").first.click()
    page.get_by_test_id("code-field").fill(text)
    page.get_by_test_id("code-done").click()
    page.get_by_test_id("code-field").wait_for(state="detached")


def wedge(page: Page, text: str, end: str = "Enter") -> None:
    """What a hand scanner sends: keys, then Enter. Focus is wherever it is."""
    page.keyboard.type(text)
    page.keyboard.press(end)


def unsent(page: Page) -> int:
    """The true number of unsent records, from the phone's disk."""
    return int(page.evaluate("import('./queue.js').then((m) => m.counts()).then((c) => c.unsent)"))


def until(page: Page, condition: Callable[[], bool], what: str, seconds: float = 15) -> None:
    """Wait until a fact of the server is true, letting the browser run meanwhile."""
    for _ in range(int(seconds * 20)):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not within {seconds} s: {what}")


@pytest.fixture(scope="session")
def _server() -> Iterator[tuple[Office, Server, Line]]:
    office = Office()
    server = Server(office)
    line = Line(server.port)
    yield office, server, line
    line.stop()
    server.stop()


@pytest.fixture
def world(_server: tuple[Office, Server, Line], phone_browser: Browser) -> Iterator[World]:
    office, server, line = _server
    office.__init__()  # type: ignore[misc]  # the running server keeps this object: give it an empty day
    line.open()
    line.eat_replies = line.eaten = 0
    made = World(office, server, line, phone_browser)
    yield made
    for context in made.contexts:
        context.close()
    assert made.problems == [], made.problems

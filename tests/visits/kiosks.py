"""Helpers of the kiosk tests: a panel in the foyer, what a visitor touches and sees on it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from core.mechanisms.operations import Role
from tests.cast import Office
from tests.live import KIOSK, Server, become_device

LISTENS = "() => document.querySelector('.scanner[data-listens]') !== null"
SPACE = re.compile("^(空格|Space)$")
QUIET = (
    "Failed to load resource",
    "WebSocket connection",
    "error occurred when fetching the script",
)  # what a browser says of a link that a test cuts


@contextmanager
def panel(
    browser: Browser, server: Server, key: str, *, screen: dict[str, Any] | None = None, timed: bool = False, **more: Any
) -> Iterator[Page]:
    """A kiosk of its own, open on the first screen; its console errors fail the test. `timed`: the test moves the panel's own timers on."""
    context = browser.new_context(
        **(screen or KIOSK), locale="en-GB", timezone_id="America/Los_Angeles", **more
    )  # the office's zone counts, never the panel's
    become_device(context, server, "kiosk", key)
    page = context.new_page()
    if timed:
        page.clock.install()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: (
            errors.append(message.text) if message.type == "error" and not any(word in message.text for word in QUIET) else None
        ),
    )
    page.goto(f"{server.url}/welcome")
    expect(page.locator(".tile--main")).to_be_visible()
    page.wait_for_function("() => window.foyer && window.foyer.linked()")
    page.wait_for_function(LISTENS)
    try:
        yield page
    finally:
        context.close()
    assert not errors, errors


def kiosk_key(office: Office, name: str = "一楼大厅") -> str:
    """A new kiosk, paired; answers its key."""
    return office.device(name, Role.KIOSK)[1]


def asks(page: Page, question: str) -> None:
    """The screen asks this."""
    expect(page.locator("h1")).to_have_text(question)


def press(page: Page, words: str) -> None:
    """Touch the button with these words on the screen itself."""
    page.locator(".kiosk__body button").filter(has_text=words).first.click()


def type_in(page: Page, text: str) -> None:
    """Type on the drawn keys; what is not on them goes through the device's own keyboard."""
    if text.isascii():
        for sign in text.upper():
            page.locator(".pad__key").filter(has_text=SPACE if sign == " " else re.compile(f"^{re.escape(sign)}$"), visible=True).click()
        return
    page.get_by_role("button", name="汉字").click()
    page.locator(".keypad__field").fill(text)


def go_on(page: Page) -> None:
    """The keypad's dark key."""
    page.locator(".pad__key--dark").filter(visible=True).click()


def draw_signature(page: Page) -> None:
    """Sign with the finger."""
    field = page.locator(".signature canvas").bounding_box()
    assert field is not None
    left, top, wide, high = field["x"], field["y"], field["width"], field["height"]
    page.mouse.move(left + wide * 0.2, top + high * 0.6)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(left + wide * (0.2 + 0.06 * step), top + high * (0.6 - 0.25 * (step % 2)))
    page.mouse.up()


def scan(page: Page, text: str) -> None:
    """A scanner on a cable types the code quickly and ends with Enter."""
    page.evaluate(
        """(text) => { for (const key of [...text, 'Enter']) {
            const made = { key, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new KeyboardEvent('keydown', made)); document.body.dispatchEvent(new KeyboardEvent('keyup', made));
            } }""",
        text,
    )


def walk_in(
    page: Page, *, name: str = "李文博", company: str = "江城建设集团", host: str = "linxiaomei", host_name: str = "林晓梅"
) -> None:
    """From the first screen to the badge."""
    press(page, "我来访")
    asks(page, "您贵姓大名？")
    type_in(page, name)
    go_on(page)
    asks(page, "您从哪里来？")
    type_in(page, company)
    go_on(page)
    asks(page, "您找哪一位？")
    type_in(page, host)
    page.locator(".found").filter(has_text=host_name).click()
    press(page, "面谈")
    asks(page, "请看一下，再签个名")
    draw_signature(page)
    press(page, "同意并签到")
    asks(page, f"签到好了，{name}")


def photograph(page: Page, name: str) -> None:
    """Keep a picture for a person to look at, when FOYER_SHOTS names a folder."""
    folder = os.environ.get("FOYER_SHOTS")
    if folder:
        page.wait_for_timeout(450)  # only pictures wait for movements to end; no assertion does
        page.screenshot(path=Path(folder) / f"{name}.png")

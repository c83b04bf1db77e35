"""Scanner, signature and keypad in a real browser."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from core.mechanisms.operations import Role
from tests.cast import Office
from tests.live import DESK, KIOSK, Server, become_device

pytestmark = pytest.mark.browser


def heard(server: Server, name: str, count: int, page: Page) -> list[Any]:
    page.wait_for_function(f"fetch('/test-heard').then(r => r.json()).then(h => h.{name}.length >= {count})", timeout=6000)
    return list(httpx.get(server.url + "/test-heard", timeout=10).json()[name])


@pytest.mark.proves("T23", "SEC 3")
def test_a_hand_scanner_is_heard_once_and_its_text_is_cut_to_what_a_code_can_be(
    browser: Browser, panel_server: Server, live_office: Office
) -> None:
    page = browser.new_context(**DESK, locale="zh-CN").new_page()
    page.goto(panel_server.url + "/test-elements")
    page.wait_for_function("window.did_handshake === true")
    page.wait_for_function("document.querySelector('.scanner[data-listens]') !== null")
    page.keyboard.type("7K3M9QWY")
    page.keyboard.press("Enter")
    assert heard(panel_server, "scans", 1, page) == [["7K3M9QWY", "wedge"]]


def test_a_signature_comes_as_strokes_and_picture_and_an_empty_field_as_nothing(
    browser: Browser, panel_server: Server, live_office: Office
) -> None:
    page = browser.new_context(**DESK, locale="zh-CN").new_page()
    page.goto(panel_server.url + "/test-elements")
    page.wait_for_function("window.did_handshake === true")
    page.get_by_role("button", name="Sign", exact=True).click()
    assert heard(panel_server, "signed", 1, page) == [None]
    box = page.locator(".signature canvas").bounding_box()
    assert box is not None
    for start in (0.2, 0.5):
        page.mouse.move(box["x"] + box["width"] * start, box["y"] + box["height"] * 0.4)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * (start + 0.2), box["y"] + box["height"] * 0.6, steps=6)
        page.mouse.up()
    page.get_by_role("button", name="Sign", exact=True).click()
    strokes, size = heard(panel_server, "signed", 2, page)[1]
    assert strokes == 2 and size > 500
    page.get_by_role("button", name="重写").click()
    expect(page.locator(".signature__say")).to_be_visible()


def test_the_keypad_types_letters_and_digits_and_keeps_a_double_touch_single(
    browser: Browser, panel_server: Server, live_office: Office
) -> None:
    _, key = live_office.device("大堂", Role.KIOSK)
    context = browser.new_context(**KIOSK, locale="zh-CN")
    become_device(context, panel_server, "kiosk", key)
    page = context.new_page()
    page.goto(panel_server.url + "/test-kiosk")
    page.wait_for_function("window.did_handshake === true")
    for sign in "LXM":
        page.get_by_role("button", name=sign, exact=True).tap()
    page.get_by_role("button", name="数字").tap()
    page.get_by_role("button", name="8", exact=True).evaluate(
        "key => { for (let i = 0; i < 2; i++) key.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true, cancelable: true})); }"
    )
    expect(page.locator(".keypad__text")).to_have_text("LXM8")  # twice within 30 ms is once
    page.get_by_role("button", name="删除").tap()
    page.get_by_role("button", name="Done").tap()
    assert heard(panel_server, "keys", 1, page) == ["LXM"]

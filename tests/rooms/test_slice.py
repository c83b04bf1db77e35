"""A walk-up booking, seen at the other door, through the death of the server and back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.cast import Office
from tests.live import Server
from tests.rooms.doors import door, key_of, press, set_up_rooms, shows

pytestmark = pytest.mark.browser


@pytest.mark.proves("V24", "S1.3-R1")
def test_a_tap_at_one_door_shows_at_the_other_and_both_live_through_a_dead_server(
    live_office: Office, server: Server, browser: Browser
) -> None:
    set_up_rooms(live_office)
    first, second = key_of(live_office, "301 左", "301"), key_of(live_office, "301 右", "301")
    with door(browser, server, "301", first) as left, door(browser, server, "301", second) as right:
        shows(left, "free")
        shows(right, "free")
        press(left, "book-30")
        shows(right, "busy", within_ms=3000)
        shows(left, "busy")
        assert left.locator(".done h2").inner_text() == "订好了，用到 9:30"
        expect(right.locator(".door__say")).to_contain_text("到 9:30")
        server.stop(kill=True)
        for page in (left, right):
            shows(page, "lost", within_ms=11_000)
            assert page.locator(".door__word").inner_text() == "离线"
            assert page.locator("[data-act]").count() == 0
            expect(page.locator(".door__next")).to_contain_text("按 9:00 的安排，这个会到 9:30")
        server.start()
        for page in (left, right):
            shows(page, "busy", within_ms=20_000)

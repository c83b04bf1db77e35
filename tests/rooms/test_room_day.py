"""A room's day: two doors beside one room and a phone, through a real server process (scenarios Front desk 3 and 4, guide S1.3-R1)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.cast import Office
from tests.live import DOOR_SMALL, PHONE, Server, sign_in
from tests.rooms.doors import door, key_of, moment, photograph, press, set_up_rooms, shows

pytestmark = pytest.mark.browser


@pytest.mark.timeout(240)
@pytest.mark.proves("S1.3-R1", "Front desk 3", "Front desk 4", "V24", "V29")
def test_the_room_s_day_with_two_doors_and_a_phone(live_office: Office, server: Server, browser: Browser) -> None:
    set_up_rooms(live_office)
    front, back = key_of(live_office, "301 前门", "301"), key_of(live_office, "301 后门", "301")
    with door(browser, server, "301", front) as large, door(browser, server, "301", back, screen=DOOR_SMALL) as small:
        doors = (large, small)

        def both(state: str, words: str = "") -> None:
            for page in doors:
                shows(page, state, within_ms=6000)
                expect(page.locator(".door")).to_contain_text(words)

        # 9:00 Mei books 10:00 to 10:30 with her phone, for room 301.
        phone = browser.new_context(**PHONE, locale="zh-CN").new_page()
        sign_in(phone, server, "mei")
        phone.goto(f"{server.url}/my/book?room=301")
        both("free", "到 20:00")
        phone.locator(".q-select").click()
        phone.get_by_role("option", name="10:00", exact=True).click()
        expect(phone.get_by_role("status").last).to_contain_text("10:00 到 10:30")  # the list is drawn anew for that time
        phone.get_by_role("button", name="订", exact=True).click()
        phone.get_by_role("textbox").fill("预算碰头会")
        phone.get_by_role("button", name="订 10:00 到 10:30").click()
        both("free", "到 10:00")
        expect(large.locator(".door__next")).to_have_text("10:00 办公室开会，30 分钟")

        # 9:15 somebody walks in, thinks better of it, comes back for a quarter of an hour and leaves early.
        server.set_clock(moment(9, 15))
        press(small, "book-30")
        both("busy", "到 9:45")
        press(small, "undo")
        both("free", "到 10:00")
        press(large, "book-15")
        both("busy", "到 9:30")
        server.set_clock(moment(9, 20))
        press(small, "end")
        both("free", "到 10:00")

        # 9:52 the meeting is near; 10:02 nobody has checked in; at 10:04 they do, at the small door.
        server.set_clock(moment(9, 52))
        both("soon", "8 分钟")
        server.set_clock(moment(10, 2))
        both("held", "10:10")
        expect(phone.locator(".pill")).to_contain_text("待签到")
        server.set_clock(moment(10, 4))
        press(small, "check-in")
        both("busy", "到 10:30")
        press(large, "extend-30")
        both("busy", "到 11:00")
        photograph(large, "day-busy")

        # The server dies in the middle of the meeting and comes back: grey, counting down, then the truth again.
        server.stop(kill=True)
        both("lost")
        expect(large.locator(".door__next")).to_contain_text("这个会到 11:00")
        assert large.locator("[data-act]").count() == small.locator("[data-act]").count() == 0
        server.environment["FOYER_TEST_CLOCK"] = moment(10, 20).isoformat()
        server.start()
        for page in doors:
            shows(page, "busy", within_ms=20_000)

        # 10:40 the meeting ends early. Mei has booked the afternoon too, and forgets.
        server.set_clock(moment(10, 40))
        press(large, "end")
        both("free", "到 20:00")
        phone.goto(f"{server.url}/my/book?room=301")
        phone.locator(".q-select").click()
        phone.get_by_role("option", name="14:00", exact=True).click()
        phone.get_by_role("button", name="订", exact=True).click()
        phone.get_by_role("button", name="订 14:00 到 14:30").click()
        both("free", "到 14:00")
        server.set_clock(moment(14, 9, 55))
        both("held", "14:10")
        server.set_clock(moment(14, 10, 16))
        both("free", "到 20:00")
        with server.client("ann") as client:
            rows = client.get("/api/v1/bookings").json()["items"]
            told = client.get("/api/v1/notices").json()["items"]
        assert [(row["via"], row["state"]) for row in rows] == [
            ("person", "released"),
            ("person", "ended"),
            ("door", "ended"),
            ("door", "cancelled"),
        ]
        assert sum("没人签到" in notice.get("text", "") for notice in told) == 1
        phone.context.close()

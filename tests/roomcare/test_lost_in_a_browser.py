"""Something was left behind: described at the kiosk, found by the desk, handed over against a signature (guide S1.3-R7)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from core.sections import roomcare
from tests.cast import Office
from tests.live import DESK, Server, sign_in
from tests.rooms.doors import photograph, set_up_rooms
from tests.visits.kiosks import asks, draw_signature, go_on, kiosk_key, panel, press, type_in

pytestmark = pytest.mark.browser


@pytest.mark.proves("S1.3-R7")
def test_what_was_left_behind_is_asked_for_at_the_kiosk_and_handed_over_at_the_desk_against_a_signature(
    live_office: Office, server: Server, browser: Browser
) -> None:
    set_up_rooms(live_office)
    server.post(roomcare.ReportFound(what="黑色雨伞", place_id=live_office.places["301"], kept_where="前台柜 2"), by="ann")
    desk = browser.new_context(**DESK, locale="zh-CN").new_page()
    sign_in(desk, server, "ann")
    desk.goto(server.url + "/desk/room_care")
    desk.get_by_role("button", name=re.compile("^失物")).click()
    expect(desk.get_by_text("黑色雨伞").first).to_be_visible()
    desk.get_by_role("link", name="打标签").click()
    expect(desk.locator(".desk__main").get_by_text("黑色雨伞").first).to_be_visible()  # chosen for the sheet
    desk.go_back()
    desk.get_by_role("button", name=re.compile("^失物")).click()
    with panel(browser, server, kiosk_key(live_office)) as kiosk:
        press(kiosk, "送件取件")
        press(kiosk, "找丢失的东西")
        asks(kiosk, "丢了什么？")
        photograph(kiosk, "kiosk-lost-what-zh")
        type_in(kiosk, "黑伞，木把手")
        go_on(kiosk)
        asks(kiosk, "黑伞，木把手，可能落在哪里？")
        press(kiosk, "会议室")
        press(kiosk, "昨天")
        photograph(kiosk, "kiosk-lost-where-zh")
        press(kiosk, "下一步")
        asks(kiosk, "您怎么称呼？")
        type_in(kiosk, "李文博")
        go_on(kiosk)
        asks(kiosk, "记下了，请拿好这个号")
        code = kiosk.locator("[data-code]").inner_text()
        expect(kiosk.locator("body")).not_to_contain_text("前台柜")  # nothing of what lies there
        photograph(kiosk, "kiosk-lost-noted-zh")
        press(kiosk, "好的")
        expect(kiosk.locator(".tile--main")).to_be_visible()
        expect(kiosk.locator("body")).not_to_contain_text(code)

    # the desk hears it at once, and hands over only what is named and signed for
    asked = desk.locator(".item").filter(has_text=code)
    expect(asked).to_contain_text("黑伞，木把手")
    expect(asked).to_contain_text("李文博")
    photograph(desk, "desk-lost-zh")
    asked.get_by_role("button", name="找到了，交给本人").click()
    dialog = desk.locator(".dialog--form")
    expect(dialog.get_by_label("领取人")).to_have_value("李文博")
    dialog.get_by_role("button", name="领走", exact=True).click()
    expect(dialog.get_by_text("请领取人签字")).to_be_visible()
    draw_signature(desk)
    photograph(desk, "desk-lost-sign-zh")
    dialog.get_by_role("button", name="领走", exact=True).click()
    expect(desk.get_by_text("黑色雨伞 领走了")).to_be_visible()
    expect(asked).to_have_count(0)
    expect(desk.get_by_text("没有失物")).to_be_visible()
    desk.context.close()

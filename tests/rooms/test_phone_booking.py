"""Booking from the phone: choose, tap a room, done; and one's own bookings."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from core.foundation import database
from core.sections import bookings
from core.sections.bookings import Booking
from tests.cast import Office
from tests.live import PHONE, Server, sign_in
from tests.rooms.doors import moment, photograph, set_up_rooms

pytestmark = pytest.mark.browser


def phone(browser: Browser, server: Server, account: str, path: str = "/my/book", language: str = "zh-CN") -> Page:
    page = browser.new_context(**PHONE, locale=language).new_page()
    sign_in(page, server, account)
    page.goto(server.url + path)
    return page


@pytest.mark.proves("S1.3-R1", "V29")
def test_a_room_is_booked_in_three_taps_and_cancelled_in_two(live_office: Office, server: Server, browser: Browser) -> None:
    set_up_rooms(live_office)
    server.post(bookings.CreateBooking(room_id=live_office.places["305"], starts_at=moment(9), ends_at=moment(12)), by="wu")
    page = phone(browser, server, "mei")
    expect(page.get_by_role("status")).to_contain_text("空闲的 2 间")
    photograph(page, "book")
    page.get_by_role("radio", name="1 小时").tap()
    expect(page.get_by_role("status")).to_contain_text("9:00 到 10:0")
    page.get_by_role("button", name="订", exact=True).first.tap()
    photograph(page, "book-dialog")
    page.get_by_role("button", name="订 09:0").tap()
    expect(page.locator(".toast")).to_contain_text("订好了：301 听雨厅")
    mine = page.get_by_role("button", name="更改")
    expect(mine).to_be_visible()
    expect(page.get_by_text("空闲的 1 间")).to_be_visible()
    photograph(page, "book-done")
    mine.tap()
    photograph(page, "book-mine")
    page.get_by_role("button", name="取消这个会").tap()
    expect(page.get_by_text("您还没有订会议室")).to_be_visible()
    with database.reading() as s:
        states = s.execute(select(Booking.state).where(Booking.host_id == live_office.mei.person_id)).scalars().all()  # type: ignore[call-overload]
    assert states == ["cancelled"]

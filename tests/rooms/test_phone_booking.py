"""Booking from the phone: choose, tap a room, done; and one's own bookings."""

from __future__ import annotations

from uuid import UUID

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
    page.get_by_role("button", name="返回", exact=True).last.tap()
    _move_it(page, live_office, server)
    page.get_by_role("button", name="更改").tap()
    page.get_by_role("button", name="取消这个会").tap()
    expect(page.get_by_text("您还没有订会议室")).to_be_visible()
    with database.reading() as s:
        states = (
            s.execute(select(Booking.state).where(Booking.host_id == live_office.mei.person_id, Booking.title != "评审")).scalars().all()
        )  # type: ignore[call-overload]
    assert states == ["cancelled"]


def _move_it(page: Page, office: Office, server: Server) -> None:
    """One's own booking of tomorrow to another time that is taken, so to the time that is offered; undone; then to another room in one tap."""
    mine = server.post(
        bookings.CreateBooking(room_id=office.places["301"], starts_at=moment(10, day=24), ends_at=moment(11, day=24), title="评审"),
        by="mei",
    )["result"]["id"]
    server.post(bookings.CreateBooking(room_id=office.places["301"], starts_at=moment(14, day=24), ends_at=moment(15, day=24)), by="wu")
    row = page.get_by_role("listitem").filter(has_text="评审")

    def where() -> tuple[str, str]:
        with database.reading() as s:
            booking = s.get(Booking, UUID(mine))
            assert booking is not None
            return booking.starts_wall[11:16], next(name for name in ("301", "302", "305") if office.places[name] == booking.room_id)

    row.get_by_role("button", name="更改").tap()
    page.get_by_role("button", name="换时间或换房间").tap()
    page.locator(".dialog").get_by_role("combobox", name="几点开始").click()
    page.get_by_role("option", name="14:00").click()
    page.get_by_role("button", name="改到 明天 14:00–15:00").tap()
    expect(page.locator(".bookform__refused")).to_contain_text("已经有人订了")
    photograph(page, "book-move-refused")
    page.get_by_role("button", name="改到 13:00–14:00").or_(page.get_by_role("button", name="改到 15:00–16:00")).first.tap()
    expect(page.locator(".toast")).to_contain_text("换好了：301 听雨厅 明天")
    assert where() in {("13:00", "301"), ("15:00", "301")}
    page.get_by_role("button", name="撤销").tap()
    expect(page.locator(".toast")).to_contain_text("换回来了")
    row.get_by_role("button", name="更改").tap()
    page.get_by_role("button", name="换时间或换房间").tap()
    page.get_by_role("button", name="换到 305").tap()
    expect(page.locator(".toast")).to_contain_text("换好了：305 小谈室 明天 10:00")
    assert where() == ("10:00", "305")
    server.post(bookings.CancelBooking(booking_id=UUID(mine)), by="mei")
    expect(row).to_have_count(0)

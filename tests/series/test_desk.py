"""The desk makes a series in a real browser: sees every date, decides about the one that is taken, saves all at once, and changes it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from core.foundation import clock, vault
from core.foundation.ids import uuid7
from core.sections import bookings, rooms
from core.sections.bookings import calendars
from tests.cast import PASSWORD, Office
from tests.live import DESK, PHONE, Server, sign_in
from tests.rooms.doors import photograph, set_up_rooms
from tests.series.build import live_bookings, make, wall

pytestmark = pytest.mark.browser


def opened(browser: Browser, server: Server, account: str, path: str, *, locale: str = "en-GB", screen: dict[str, object] = DESK) -> Page:
    # The browser stands in a fourth zone: the room's wall counts, never the browser's.
    context = browser.new_context(**screen, locale=locale, timezone_id="America/New_York")  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(10_000)
    sign_in(page, server, account)
    page.goto(server.url + path)
    return page


@pytest.mark.proves("Front desk 5", "Front desk 6", "S1.3-R1", "V13", "V20")
def test_the_desk_sees_every_date_decides_about_the_taken_one_and_books_all_at_once(
    live_office: Office, server: Server, browser: Browser
) -> None:
    set_up_rooms(live_office)
    taken = datetime(2026, 12, 8, 2, tzinfo=UTC)  # Tuesday 8 December, 10:00 in Shanghai
    live_office.do(
        bookings.CreateBooking(room_id=live_office.places["301"], starts_at=taken, ends_at=taken + timedelta(hours=1)), live_office.wu
    )
    live_office.do(
        rooms.SetUpPurpose(purpose_id=uuid7(), name="培训", english_name="Training", asks_attendees=True, asks_seating=True),
        live_office.ada,
    )
    live_office.person("eva", "Eva Stein", ("reception",), account="eva", password=PASSWORD, language="en")
    page = opened(browser, server, "eva", "/desk/series/new")
    page.get_by_label("Title").fill("周例会")
    page.get_by_role("combobox", name="Purpose").click()
    page.get_by_role("option", name="Training").click()
    page.get_by_label("How many people").fill("8")
    page.get_by_label("Not after").fill("2026-12-30")
    clash = page.locator('tr[data-original="2026-12-08T10:00:00"]')
    expect(clash).to_contain_text("booked 10:00–11:00")
    expect(page.locator("[data-test=save]")).to_have_count(0)
    expect(page.locator("[data-test=why]")).to_contain_text("1 can’t be had")
    photograph(page, "series-new-en")
    clash.get_by_role("button", name="Other room").click()
    page.get_by_role("button", name=re.compile("Take 305")).click()
    expect(clash).to_contain_text("305")
    page.locator('tr[data-original="2026-12-22T10:00:00"]').get_by_role("button", name="Skip").click()
    expect(page.locator("[data-test=save]")).to_have_text("Book 5 dates")
    photograph(page, "series-new-decided-en")
    page.locator("[data-test=save]").click()
    expect(page.get_by_role("heading", name="周例会")).to_be_visible()
    assert [(booking.starts_wall[5:16], booking.title) for booking in live_bookings() if booking.title] == [
        (f"{day}T10:00", "周例会") for day in ("11-24", "12-01", "12-08", "12-15", "12-29")
    ]
    assert {(booking.purpose_id is not None, booking.attendees, booking.seating) for booking in live_bookings() if booking.title} == {
        (True, 8, "boardroom")
    }
    page.locator('tr[data-original="2026-12-15T10:00:00"]').get_by_role("button", name="From here on").click()
    page.get_by_label("Start", exact=True).fill("14:00")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator('tr[data-original="2026-12-29T10:00:00"]')).to_contain_text("14:00–15:00")
    expect(page.locator('tr[data-original="2026-12-08T10:00:00"]')).to_contain_text("10:00–11:00")
    photograph(page, "series-card-en")
    page.goto(server.url + "/desk/series")
    expect(page.get_by_role("row").filter(has_text="周例会")).to_contain_text("Every Tuesday")
    photograph(page, "series-register-en")
    page.goto(server.url + "/desk/calendars")
    expect(page.get_by_text("No calendar connected yet")).to_be_visible()
    page.context.close()


@pytest.mark.proves("Front desk 6", "X3")
def test_working_days_say_which_year_is_missing_in_chinese_too(live_office: Office, server: Server, browser: Browser) -> None:
    set_up_rooms(live_office)
    page = opened(browser, server, "ann", "/desk/series/new", locale="zh-CN")
    page.get_by_role("button", name="每个工作日").click()
    page.get_by_label("最后一天不晚于").fill("2027-01-15")
    expect(page.locator("[data-test=missing-2027]")).to_contain_text("2027 年的放假安排还没有载入")
    expect(page.locator("[data-test=save]")).to_have_count(0)
    photograph(page, "series-workdays-zh")
    page.get_by_label("最后一天不晚于").fill("2026-12-31")
    expect(page.locator("[data-test=save]")).to_be_visible()
    page.context.close()


@pytest.mark.proves("S1.3-R1", "V09", "V29")
def test_on_the_phone_a_date_is_skipped_an_address_made_and_a_guest_answers_by_the_link(
    live_office: Office, server: Server, browser: Browser
) -> None:
    set_up_rooms(live_office)
    made = make(live_office, wall(11, 30), "FREQ=WEEKLY;COUNT=3", title="周会", at=clock.now())
    guests = live_office.do(
        calendars.Invite(series_id=made, guests=(calendars.Guest(email="gast@example.org", name="Gast"),)), live_office.mei
    )
    page = opened(browser, server, "mei", "/my/series", locale="zh-CN", screen=PHONE)
    page.get_by_role("link", name=re.compile("周会")).click()
    page.get_by_role("button", name="跳过 12月7日 星期一").click()
    expect(page.get_by_text("还有 2 次")).to_be_visible()
    photograph(page, "series-phone-zh")
    assert [booking.starts_wall[5:10] for booking in live_bookings()] == ["11-30", "12-14"]
    page.goto(server.url + "/my/calendars")
    page.get_by_role("button", name="给我的日历做一个地址").click()
    address = page.locator("[data-test=address]").inner_text()
    photograph(page, "calendars-phone-zh")
    path = "/api" + address.split("/api", 1)[1]
    stranger = httpx.get(server.url + path, timeout=30)
    assert stranger.status_code == 200 and stranger.text.count("BEGIN:VEVENT") == 2
    assert httpx.get(server.url + path + "x", timeout=30).status_code == 403
    page.get_by_role("button", name="撤销 林晓梅 的地址").click()
    expect(page.get_by_text("在用的地址（0）")).to_be_visible()
    assert httpx.get(server.url + path, timeout=30).status_code == 403
    page.context.close()
    vault.use_secret(b"a test office's secret key, 32 b")
    link = f"/invitation/{guests[0]['id']}/{vault.sign('invitation', guests[0]['id'])}"
    outside = browser.new_context(**PHONE, locale="zh-CN").new_page()  # type: ignore[arg-type]
    outside.goto(server.url + link)
    outside.get_by_role("radio", name="会来", exact=True).click()
    expect(outside.get_by_text("知道了，谢谢")).to_be_visible()
    photograph(outside, "invitation-phone-zh")
    assert [one.answer for one in live_office.read(calendars.attendees, None, made)] == ["accepted"]
    outside.goto(server.url + link[:-1] + "zz")
    expect(outside.get_by_text("没有这份邀请")).to_be_visible()
    outside.context.close()

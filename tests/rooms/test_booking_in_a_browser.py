"""Purposes set up at the desk, booked from desk and phone, an important meeting that displaces, one tap to accept (S1.3-R1 … R3, Office 6)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from core.foundation import database
from core.mechanisms import people
from core.sections import bookings, rooms
from core.sections.bookings import Booking
from tests.cast import Office
from tests.live import DESK, PHONE, Server, sign_in
from tests.rooms.build import row
from tests.rooms.doors import door, key_of, moment, photograph, set_up_rooms, shows

pytestmark = pytest.mark.browser


def open_as(browser: Browser, server: Server, account: str, path: str, screen: dict[str, object], language: str = "zh-CN") -> Page:
    page = browser.new_context(**screen, locale=language).new_page()
    sign_in(page, server, account)
    page.goto(server.url + path)
    return page


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


@pytest.mark.proves("S1.3-R1", "S1.3-R3", "Office 6", "V13", "Front desk 1")
def test_the_office_sets_up_an_important_purpose_takes_a_room_and_the_displaced_host_accepts_with_one_tap(
    live_office: Office, server: Server, browser: Browser
) -> None:
    set_up_rooms(live_office)
    mine = server.post(
        bookings.CreateBooking(room_id=live_office.places["301"], starts_at=moment(14), ends_at=moment(15), title="科务会"), by="mei"
    )
    desk = open_as(browser, server, "bo", "/desk/booking-rules", DESK)
    photograph(desk, "rules-empty")
    desk.get_by_role("button", name="新增用途").click()
    desk.get_by_label("用途", exact=True).fill("重要会议")
    choose(desk, "可以申请的服务", "茶水")
    desk.get_by_role("option", name="饮用水", exact=True).click()
    desk.keyboard.press("Escape")
    desk.get_by_role("checkbox", name="人数").click()
    desk.get_by_role("checkbox", name="座位安排").click()
    desk.get_by_role("checkbox", name="重要会议：可以调用他人已订的房间").click()
    photograph(desk, "rules-purpose")
    desk.get_by_role("button", name="保存").click()
    expect(desk.get_by_role("dialog")).to_have_count(0)
    expect(desk.locator(".item__title", has_text="重要会议")).to_be_visible()
    photograph(desk, "rules")

    phone = open_as(browser, server, "mei", "/my/book", PHONE)
    expect(phone.get_by_text("科务会")).to_be_visible()
    with door(browser, server, "302", key_of(live_office, "302", "302")) as other:
        shows(other, "free")
        desk.goto(f"{server.url}/desk/bookings")
        desk.get_by_role("button", name="订会议室").click()
        choose(desk, "用途", "重要会议")
        desk.get_by_label("参会人数").fill("9")
        desk.get_by_role("checkbox", name="茶水").click()
        choose(desk, "会议室", "301 听雨厅　12 座")
        desk.get_by_label("日期", exact=True).fill("2026-11-23")
        desk.get_by_label("开始", exact=True).fill("13:30")
        choose(desk, "多长时间", "2 小时")
        photograph(desk, "book-form")
        desk.get_by_role("dialog").get_by_role("button", name="订会议室").click()
        expect(desk.get_by_role("button", name="改订302 办公室")).to_be_visible()
        photograph(desk, "book-clash")
        desk.get_by_label("理由").fill("市领导现场办公")
        desk.get_by_role("button", name="调用这个房间").click()
        expect(desk.locator(".toast")).to_contain_text("301 听雨厅")
        # The displaced host sees it on the phone without a tap, and accepts with one.
        expect(phone.get_by_text("301 听雨厅让给重要会议，已为您保留302 办公室")).to_be_visible(timeout=3000)
        photograph(phone, "offer")
        phone.get_by_role("button", name="接受").tap()
        expect(phone.locator(".toast")).to_contain_text("302 办公室已订好")
        expect(phone.get_by_text("为您保留")).to_have_count(0)
    assert row(mine["result"]["id"]).state == "displaced"
    with database.reading() as s:
        kept = [b for b in s.execute(select(Booking)).scalars() if b.replaces_id == row(mine["result"]["id"]).id]
    assert [(b.state, b.room_id) for b in kept] == [("confirmed", live_office.places["302"])]
    desk.get_by_text("科务会").first.click()
    photograph(desk, "bookings-peek")


@pytest.mark.proves("S1.3-R1", "S1.3-R2", "V29", "Front desk 1")
def test_the_phone_form_follows_the_purpose_and_a_loser_waits_or_takes_another_time(
    live_office: Office, server: Server, browser: Browser
) -> None:
    set_up_rooms(live_office, "301")
    made = live_office.do(rooms.SetUpPurpose(purpose_id=live_office.places["本部"], name="培训", english_name="Training", asks_title=True,
        asks_attendees=True, asks_seating=True, needs=("projector", "water"), approver="leader"), live_office.bo)  # fmt: skip
    for account in ("mei", "chen"):
        server.post(people.SetLanguage(language="en"), by=account)
    phone = open_as(browser, server, "mei", "/my/book", PHONE, "en-GB")
    choose(phone, "Purpose", "Training")
    choose(phone, "From", "11:00")
    photograph(phone, "phone-book-en")
    phone.get_by_role("button", name="Book", exact=True).first.tap()
    phone.get_by_label("How many people").fill("40")
    phone.get_by_role("checkbox", name="Water").tap()
    photograph(phone, "phone-form-en")
    phone.get_by_role("button", name="Ask for 11:00").tap()
    expect(phone.get_by_role("alert")).to_contain_text("the room seats 12")
    phone.get_by_label("How many people").fill("8")
    phone.get_by_role("button", name="Ask for 11:00").tap()
    expect(phone.get_by_role("alert")).to_contain_text("Say what the meeting is about")
    phone.get_by_label("Title").fill("First aid")
    # In this very moment somebody else takes it.
    server.post(bookings.CreateBooking(room_id=live_office.places["301"], starts_at=moment(11), ends_at=moment(12)), by="wu")
    phone.get_by_role("button", name="Ask for 11:00").tap()
    expect(phone.get_by_role("button", name="instead").first).to_be_visible()
    photograph(phone, "phone-clash-en")
    phone.get_by_role("dialog").get_by_role("button", name="Tell me when it frees").tap()
    expect(phone.get_by_text("next in line")).to_be_visible()
    photograph(phone, "phone-waiting-en")
    server.post(bookings.CancelBooking(booking_id=live_office.read(bookings.mine, live_office.wu.person_id, moment(9))[0].id), by="wu")
    expect(phone.get_by_text("is kept for you")).to_be_visible()
    phone.get_by_role("button", name="Accept").tap()
    expect(phone.get_by_text("Awaiting approval")).to_be_visible()
    leader = open_as(browser, server, "chen", "/desk/bookings?chip=pending", DESK, "en-GB")
    leader.get_by_text("First aid").first.click()
    photograph(leader, "pending-peek-en")
    leader.get_by_role("button", name="Approve").click()
    expect(phone.get_by_text("Awaiting approval")).to_have_count(0)
    assert made["name"] == "培训"

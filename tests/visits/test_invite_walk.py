"""Two walks with real screens: a host and a visitor on the wrong day; a group and its leader's code (scenarios Office 7, Front desk 7)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from core.foundation import clock
from core.sections import visits
from core.sections.visits import register
from core.sections.visits.advice import WriteAdvice
from tests.cast import Office
from tests.live import KIOSK_WIDE, PHONE, Server, sign_in
from tests.visits.build import TODAY
from tests.visits.kiosks import asks, draw_signature, kiosk_key, panel, photograph, press, scan

pytestmark = pytest.mark.browser


def in_english(page: Page) -> None:
    page.locator(".lang button").filter(has_text="English").click()


@pytest.mark.proves("S3.1-R1", "Front desk 7", "Office 7")
def test_a_guest_on_the_wrong_day_asks_and_the_host_moves_the_visit_with_one_tap(
    live_office: Office, server: Server, browser: Browser
) -> None:
    live_office.do(WriteAdvice(language="zh-Hans", directions="地铁二号线江畔站 B 口，步行三分钟。", bring="身份证。"), live_office.ann)
    phone = browser.new_context(**PHONE, locale="zh-CN").new_page()
    sign_in(phone, server, "mei")
    phone.goto(f"{server.url}/my/visitors/invite")
    phone.get_by_label("来访人姓名").fill("李文博")
    phone.get_by_label("时间").fill("10:30")
    photograph(phone, "my-invite")
    phone.get_by_text("更多：单位、地点、多人同来").click()
    photograph(phone, "my-invite-more")
    phone.get_by_role("button", name="邀请", exact=True).click()
    expect(phone.locator(".invitation__code .qr")).to_be_visible()
    (planned,) = live_office.read(register.expected, TODAY)
    assert planned.expected_at is not None and clock.local(planned.expected_at).strftime("%H:%M") == "10:30"
    live_office.do(visits.ChangeVisit(visit_id=planned.id, expected_on=TODAY + timedelta(days=2)), live_office.mei)
    phone.reload()
    expect(phone.locator(".invitation__code")).to_contain_text("11月25日")
    address = phone.get_by_role("button", name="发给客人").get_attribute("data-url") or ""
    photograph(phone, "my-visitor")

    stranger = browser.new_context(**PHONE, locale="zh-CN").new_page()
    stranger.goto(address.lower().replace("/s/", "/S/") if not address.startswith(server.url) else address)
    expect(stranger.locator(".invitation")).to_contain_text("地铁二号线江畔站 B 口")
    expect(stranger.locator("body")).not_to_contain_text("李文博")
    photograph(stranger, "visitor-pass")
    stranger.goto(address[:-1] + ("A" if address[-1] != "A" else "B"))
    stranger.goto(address.replace("/A2026", "/G2026"))
    expect(stranger.locator("body")).not_to_contain_text("地铁")
    stranger.context.close()

    with panel(browser, server, kiosk_key(live_office)) as kiosk:
        scan(kiosk, address.upper())
        expect(kiosk.locator(".kiosk__body")).to_contain_text("11月25日")
        photograph(kiosk, "kiosk-other-day")
        press(kiosk, "问问对方今天行不行")
        asks(kiosk, "正在问林晓梅")
        photograph(kiosk, "kiosk-asking")
        phone.goto(f"{server.url}/my/visitors")
        expect(phone.locator(".banner")).to_contain_text("李文博")
        photograph(phone, "my-visitors-asks")
        phone.get_by_role("button", name="改到今天").click()
        asks(kiosk, "林晓梅说今天可以")
        photograph(kiosk, "kiosk-asked-yes")
        press(kiosk, "签到")
        asks(kiosk, "李文博，您好")
        kiosk.locator(".kiosk__acts .button--main").click()
        draw_signature(kiosk)
        press(kiosk, "同意并签到")
        asks(kiosk, "签到好了，李文博")
    phone.goto(f"{server.url}/my/visitors")
    expect(phone.locator(".item").first).to_contain_text("李文博")
    photograph(phone, "my-visitors-here")
    phone.context.close()


@pytest.mark.proves("S3.1-R1", "V35")
def test_a_leaders_one_scan_brings_the_group_in_and_takes_it_out(live_office: Office, server: Server, browser: Browser) -> None:
    names = ("王敏", "赵强", "孙丽", "周婷", "Alexandra Featherstonehaugh")
    do = visits.InviteGroup(
        host_id=live_office.mei.person_id,
        name="李文博",
        company="江城建设集团",
        group_name="江城考察团",
        expected_on=TODAY,
        members=names,
        party=4,
    )
    made = live_office.do(do, live_office.mei)
    with panel(browser, server, kiosk_key(live_office), screen=KIOSK_WIDE) as kiosk:
        scan(kiosk, made["code"])
        asks(kiosk, "欢迎，江城考察团")
        kiosk.locator(".group__member").filter(has_text="赵强").click()
        kiosk.get_by_role("button", name="少一人").click()
        photograph(kiosk, "kiosk-group-wide")
        in_english(kiosk)
        photograph(kiosk, "kiosk-group-wide-en")
        expect(kiosk.locator(".kiosk__acts")).to_contain_text("Check in 7 people")
        kiosk.locator(".lang button").filter(has_text="简").click()
        press(kiosk, "7 人签到")
        draw_signature(kiosk)
        press(kiosk, "同意并签到")
        asks(kiosk, "江城考察团签到好了")
        expect(kiosk.locator(".group__pass")).to_have_count(5)
        expect(kiosk.locator(".group__shares")).to_contain_text("2/3 – 3/3")  # two without names, numbered
        expect(kiosk.locator(".kiosk__print")).to_have_count(7)  # one print job
        photograph(kiosk, "kiosk-group-in-wide")
        press(kiosk, "好的")
        expect(kiosk.locator(".tile--main")).to_be_visible()
    assert live_office.read(visits.group, UUID(made["visit_id"])).here == 7
    with panel(browser, server, kiosk_key(live_office, "二号")) as tall:
        scan(tall, made["code"])
        asks(tall, "江城考察团：还有谁到了？")
        tall.locator(".group__member").filter(has_text="赵强").click()
        photograph(tall, "kiosk-group-late")
        press(tall, "1 人签到")
        asks(tall, "江城考察团签到好了")
        photograph(tall, "kiosk-group-in")
        press(tall, "好的")
        scan(tall, made["code"])
        press(tall, "整个团组离开（8 人）")
        asks(tall, "江城考察团，再见")
        photograph(tall, "kiosk-group-out")
    assert live_office.read(register.count_in_house) == 0

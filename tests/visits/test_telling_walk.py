"""From the check-in to the way out, with a real mail server: the host answers from the mail without signing in, the visitor and reception see it at once, and
the badge leaves at the kiosk and in the drop box (issue 5; scenarios Office 7, Front desk 7; pitfall V36)."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.foundation import clock, database
from core.mechanisms.operations import Role
from core.sections.visits import CheckIn, register
from tests.cast import Office
from tests.live import DESK, KIOSK, KIOSK_WIDE, PHONE, become_device, serving, sign_in
from tests.visits.build import invite, with_mail
from tests.visits.catchers import catching_mail
from tests.visits.kiosks import asks, draw_signature, kiosk_key, panel, photograph, press, scan

pytestmark = pytest.mark.browser
SOON_MS = 5_000  # scenario Front desk 7: reception's list shows it within five seconds
LINK = re.compile(r"https?://\S+/answer/\S+")


def answer_page(browser: Browser, url: str, language: str = "zh-CN") -> Page:
    """The link of a message on somebody's phone, nobody signed in."""
    page = browser.new_context(**PHONE, locale=language).new_page()
    page.goto(url)
    return page


@pytest.mark.proves("S3.1-R7", "Front desk 7", "Office 7", "V36")
def test_the_host_answers_from_the_mail_and_the_badge_finds_every_way_out(live_office: Office, browser: Browser, tmp_path: Path) -> None:
    with_mail(live_office, "mei", "mei@example.org")
    planned = invite(live_office, company="江城建设集团", email="li@example.com")
    key, (_, box_key) = kiosk_key(live_office), live_office.device("门口回收箱", Role.DROP_BOX)
    with (
        catching_mail() as post,
        serving(str(database.engine().url), tmp_path, at=clock.now(), settings={"FOYER_SMTP_URL": post.url}) as server,
        panel(browser, server, key, screen=KIOSK) as kiosk,
    ):
        desk = browser.new_context(**DESK, locale="zh-CN").new_page()
        sign_in(desk, server, "ann")
        desk.goto(f"{server.url}/desk/visits")

        # check-in; the host's mail is there at once, and everybody sees that it is
        scan(kiosk, planned["code"])
        asks(kiosk, "李文博，您好")
        press(kiosk, "看告知书")
        draw_signature(kiosk)
        press(kiosk, "同意并签到")
        asks(kiosk, "签到好了，李文博")
        began = time.monotonic()
        mail = post.mail_to("mei@example.org")
        print(f"host_told_s {time.monotonic() - began:.2f}")
        expect(kiosk.locator(".kiosk__state")).to_contain_text("已经告诉林晓梅了")
        expect(kiosk.locator(".kiosk__state")).to_contain_text("邮件已送达")
        photograph(kiosk, "telling-1-waiting")
        row = desk.locator(".waiting__row")
        expect(row).to_contain_text("李文博")
        expect(row.locator(".waiting__one--good")).to_contain_text("林晓梅", timeout=SOON_MS)
        photograph(desk, "telling-2-desk")

        # the link: opening acts not, a button acts once
        found = LINK.search(mail.get_body().get_content())
        assert found is not None
        for _scanner in range(3):
            assert kiosk.request.get(found[0]).ok
        phone = answer_page(browser, found[0])
        expect(phone.locator("h1")).to_have_text("您的访客到了")
        expect(phone.locator("main")).not_to_contain_text("李文博")
        photograph(phone, "telling-3-link")
        phone.locator("summary").click()
        phone.locator("input[name=text_up]").fill("三楼 302")
        photograph(phone, "telling-4-link-up")
        phone.locator("form:has(input) button").click()
        expect(row).to_contain_text("上到 三楼 302", timeout=SOON_MS)
        expect(phone.locator("h1")).to_have_text("您已经回复了")
        photograph(phone, "telling-5-link-done")
        expect(kiosk.locator(".kiosk__state")).to_contain_text("请上到 三楼 302")
        photograph(kiosk, "telling-6-go-up")
        kiosk.get_by_role("button", name="English").click()
        expect(kiosk.locator(".kiosk__state")).to_contain_text("Please go up to 三楼 302")
        photograph(kiosk, "telling-6-go-up-en")
        kiosk.get_by_role("button", name="简体").click()
        expect(answer_page(browser, found[0]).locator("h1")).to_have_text("您已经回复了")
        expect(answer_page(browser, found[0][:-1] + "0").locator("h1")).to_have_text("这个链接打不开")

        # out by mistake, out for lunch, back, and out
        [here] = live_office.read(register.in_house, clock.now())
        badge = str(here.label)
        press(kiosk, "好的")
        asks(kiosk, "您好，请进")
        scan(kiosk, badge)
        asks(kiosk, "再见，李文博")
        photograph(kiosk, "telling-7-goodbye")
        press(kiosk, "我还没走")
        asks(kiosk, "李文博，您还在签到中")
        press(kiosk, "完成")
        scan(kiosk, badge)
        press(kiosk, "只是出去一会儿")
        asks(kiosk, "待会儿见，李文博")
        photograph(kiosk, "telling-8-away")
        press(kiosk, "完成")
        assert [line.break_at is not None for line in live_office.read(register.roll_call, clock.now())] == [True]
        scan(kiosk, badge)
        asks(kiosk, "欢迎回来，李文博")
        press(kiosk, "完成")

        # the drop box: one scan, no name, nothing to touch
        context = browser.new_context(**KIOSK_WIDE, locale="zh-CN")
        become_device(context, server, "drop_box", box_key)
        box = context.new_page()
        box.goto(f"{server.url}/drop-box")
        expect(box.locator("h1")).to_have_text("请先扫胸卡，再投进来")
        box.wait_for_function("() => window.foyer && window.foyer.linked()")
        assert box.locator("button, a[href], input").count() == 0
        photograph(box, "telling-9-box")
        box.wait_for_function("() => document.querySelector('.scanner[data-listens]') !== null")
        scan(box, badge)
        expect(box.locator("h1")).to_have_text("再见，谢谢来访")
        expect(box.locator("body")).not_to_contain_text("李文博")
        photograph(box, "telling-9-box-bye")
        box.set_viewport_size({"width": 1080, "height": 1920})
        photograph(box, "telling-9-box-tall")
        assert live_office.read(register.in_house, clock.now()) == []
        assert box.request.get(f"{server.url}/api/v1/visits").status in (401, 403)
        assert box.request.get(f"{server.url}/welcome", max_redirects=0).status == 303
        context.close()

        # the thank-you comes after the time to take it back
        server.set_clock(clock.now() + timedelta(minutes=10))
        thanks = post.mail_to("li@example.com")
        assert "感谢" in str(thanks["subject"])

        # an English host, one who can not receive
        with_mail(live_office, "mei", "mei2@example.org", language="en")
        server.post(CheckIn(name="Anna Schmidt", company="Rhein Logistik", host="林晓梅"), by="ann")
        english = LINK.search(post.mail_to("mei2@example.org").get_body().get_content())
        assert english is not None
        phone = answer_page(browser, english[0], "de-DE")
        expect(phone.locator("h1")).to_have_text("Your visitor is here")
        photograph(phone, "telling-3-link-en")
        phone.get_by_role("button", name="I can’t receive them now").click()
        expect(phone.locator("h1")).to_have_text("You have answered")
        expect(row).to_contain_text("被访人不能接待")
        photograph(desk, "telling-2-desk-refused")

        # the host's own phone, signed in
        mine = browser.new_context(**PHONE, locale="en-GB").new_page()
        sign_in(mine, server, "mei")
        mine.goto(f"{server.url}/my/visitors")
        mine.get_by_role("button", name="More").first.click()
        expect(mine.locator(".dialog")).to_contain_text("Stays another hour")
        photograph(mine, "telling-10-my-visitors-en")
        mine.goto(f"{server.url}/my/me")
        mine.get_by_label("Web-hook address").fill("https://example.org/nothing")
        mine.get_by_role("button", name="Add").click()
        expect(mine.locator("body")).to_contain_text("That is no address of this service")
        photograph(mine, "telling-11-my-channels-en")

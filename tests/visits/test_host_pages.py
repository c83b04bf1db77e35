"""The host's phone and reception's register, in a browser (guide S3.1-R1, S3.1-R5)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from core.foundation import clock
from core.sections.visits import register
from tests.cast import Office
from tests.live import DESK, PHONE, Server, sign_in
from tests.visits.build import invite, kiosk, walk_in
from tests.visits.kiosks import photograph

pytestmark = pytest.mark.browser


@pytest.mark.proves("S3.1-R5")
def test_a_host_says_on_the_phone_that_they_are_coming_and_invites_the_next(live_office: Office, server: Server, browser: Browser) -> None:
    walk_in(live_office, kiosk(live_office), company="江城建设集团")
    phone = browser.new_context(**PHONE, locale="zh-CN").new_page()
    sign_in(phone, server, "mei")
    phone.goto(f"{server.url}/my/visitors")
    photograph(phone, "my-visitors")
    phone.get_by_role("button", name="我去接").click()
    expect(phone.locator(".item")).to_contain_text("您已回应")
    assert live_office.read(register.in_house, clock.now())[0].acknowledged_at is not None
    phone.get_by_role("link", name="邀请访客").click()
    phone.get_by_label("来访人姓名").fill("王敏")
    phone.get_by_role("button", name="邀请").click()
    expect(phone.locator(".invitation__code .code")).to_be_visible()
    photograph(phone, "my-visitors-invited")
    assert [v.name for v in live_office.read(register.expected, clock.today())] == ["王敏"]
    phone.context.close()


def test_reception_checks_in_and_out_and_cancels_from_the_register(live_office: Office, server: Server, browser: Browser) -> None:
    planned, second = invite(live_office, name="王敏"), invite(live_office, name="赵强")
    desk = browser.new_context(**DESK, locale="zh-CN").new_page()
    sign_in(desk, server, "ann")
    desk.goto(f"{server.url}/desk/visits?open={planned['visit_id']}")
    peek = desk.locator(".peek")
    expect(peek).to_contain_text("王敏")
    photograph(desk, "desk-visits-planned")
    peek.get_by_role("button", name="办理签到").click()
    expect(peek.get_by_role("button", name="办理离开")).to_be_visible()
    expect(peek).to_contain_text("没有签告知书")
    photograph(desk, "desk-visits-here")
    peek.get_by_role("button", name="办理离开").click()
    expect(peek).to_contain_text("已离开")
    desk.goto(f"{server.url}/desk/visits?chip=expected&open={second['visit_id']}")
    peek.get_by_role("button", name="取消邀请").click()
    desk.get_by_role("button", name="取消这次邀请").click()
    expect(peek).to_contain_text("已取消")
    assert {v.state for v in live_office.read(register.search, register.Query(), live_office.ann).items} == {"left", "cancelled"}
    desk.context.close()

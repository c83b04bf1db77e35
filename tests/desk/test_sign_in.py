"""Signing in, out and being put out, in a real browser (security.md: ASVS 6.3.1, 7.2.4, 7.4.1, 7.4.2, 14.3.1)."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Browser, expect

from core.mechanisms import people
from core.mechanisms.operations import Role
from tests.cast import PASSWORD, Office
from tests.live import DESK, Server, sign_in

pytestmark = pytest.mark.browser
COOKIE = "__Host-foyer"


@pytest.mark.proves("SEC 28", "Office 1")
def test_a_person_signs_in_lands_where_they_wanted_and_signs_out_for_good(browser: Browser, server: Server, live_office: Office) -> None:
    context = browser.new_context(**DESK, locale="zh-CN")
    context.add_cookies(
        [{"name": COOKIE, "value": "planted", "url": server.url.replace("http:", "https:"), "secure": True, "httpOnly": True}]
    )
    page = context.new_page()
    page.goto(server.url + "/desk/people")
    expect(page).to_have_url(server.url + "/sign-in?next=%2Fdesk%2Fpeople")
    page.get_by_label("账号").fill("ann")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(server.url + "/desk/people")
    cookie = next(one for one in context.cookies() if one["name"] == COOKIE)
    assert cookie["value"] != "planted" and cookie["httpOnly"] and cookie["secure"] and cookie["sameSite"] == "Lax"
    page.get_by_role("button", name="安然 的菜单").click()
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url(server.url + "/")
    answer = httpx.get(server.url + "/desk", cookies={COOKIE: cookie["value"]})
    assert answer.status_code == 303, "the token is dead on the server, not only forgotten by the browser"
    page.go_back()
    expect(page).to_have_url(server.url + "/sign-in?next=%2Fdesk%2Fpeople")
    context.close()


@pytest.mark.proves("SEC 26")
def test_wrong_passwords_make_one_wait_and_say_how_long(browser: Browser, server: Server, live_office: Office) -> None:
    context = browser.new_context(**DESK, locale="en-GB")
    page = context.new_page()
    page.goto(server.url + "/sign-in")
    page.get_by_label("Account").fill("ann")
    problem = page.locator("[data-problem]")
    for _ in range(3):
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(problem).not_to_be_empty()
        page.wait_for_function("!document.querySelector('button[type=submit]').dataset.busy")
    page.get_by_role("button", name="Sign in").click()
    expect(problem).to_contain_text(" s")
    assert page.get_by_label("Account").input_value() == "ann", "what was typed stays"
    other = httpx.post(server.url + "/sign-in", json={"account": "mei", "password": PASSWORD})
    assert other.status_code == 200, "nobody else is locked out by it"
    context.close()


@pytest.mark.proves("SEC 24", "Office 1")
def test_somebody_disabled_is_out_of_every_open_page_at_once(browser: Browser, server: Server, live_office: Office) -> None:
    context = browser.new_context(**DESK, locale="zh-CN")
    page = context.new_page()
    sign_in(page, server, "ann")
    page.goto(server.url + "/desk")
    page.wait_for_function("window.did_handshake === true")
    ann = live_office.ann.person_id
    assert ann is not None
    assert server.post(people.DisablePerson(person_id=ann), by="ada")["status"] == "accepted"
    expect(page).to_have_url(server.url + "/sign-in?next=%2Fdesk", timeout=5000)
    context.close()


@pytest.mark.proves("SEC 24")
def test_a_role_that_was_taken_away_does_not_work_from_a_page_that_is_still_open(
    browser: Browser, server: Server, live_office: Office
) -> None:
    bo = live_office.bo.person_id
    assert bo is not None
    assert server.post(people.SetRoles(person_id=bo, roles=("admin",)), by="ada")["status"] == "accepted"
    context = browser.new_context(**DESK, locale="zh-CN")
    page = context.new_page()
    sign_in(page, server, "bo")
    page.goto(server.url + "/desk/people")
    page.get_by_role("button", name="添加人员").click()
    page.get_by_label("姓名", exact=True).fill("何静")
    assert server.post(people.SetRoles(person_id=bo, roles=()), by="ada")["status"] == "accepted"
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".problem--floating")).to_be_visible()
    assert live_office.read(people.search, "何静") == []
    context.close()


@pytest.mark.proves("SEC 29")
def test_a_page_for_administrators_says_so_to_others(browser: Browser, server: Server, live_office: Office) -> None:
    context = browser.new_context(**DESK, locale="zh-CN")
    page = context.new_page()
    sign_in(page, server, "mei")
    answer = page.goto(server.url + "/desk/devices")
    assert answer is not None and answer.status == 403
    expect(page.get_by_role("heading")).to_have_text("这一页不是给您的")
    assert page.request.get(server.url + "/desk/find?q=安").json()["items"] == [], "and the search finds no people for her"
    context.close()


@pytest.mark.proves("X3")
def test_the_language_is_the_persons_own_and_follows_them(browser: Browser, server: Server, live_office: Office) -> None:
    context = browser.new_context(**DESK, locale="zh-CN")
    page = context.new_page()
    sign_in(page, server, "ann")
    page.goto(server.url + "/desk")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.get_by_role("button", name="安然 的菜单").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".nav--on")).to_contain_text("Today")
    elsewhere = browser.new_context(**DESK, locale="zh-TW")
    other = elsewhere.new_page()
    other.goto(server.url + "/sign-in")
    expect(other.locator("html")).to_have_attribute("lang", "zh-Hant")
    sign_in(other, server, "ann")
    other.goto(server.url + "/desk")
    expect(other.locator("html")).to_have_attribute("lang", "en")
    elsewhere.close()
    context.close()


def test_every_role_sees_its_own_part_of_the_desk(browser: Browser, server: Server, live_office: Office) -> None:
    seen = {}
    for account in ("ada", "ann", "mei"):
        context = browser.new_context(**DESK, locale="zh-CN")
        page = context.new_page()
        sign_in(page, server, account)
        page.goto(server.url + "/desk")
        seen[account] = set(page.locator(".desk__nav a.nav").all_inner_texts())
        context.close()
    assert "设备" in seen["ada"] and "设备" not in seen["ann"]
    assert seen["mei"] < seen["ada"]
    assert Role.STAFF in live_office.mei.roles

"""A fresh server: its first page, and that it is shown once (security.md: ASVS 6.3.2, 6.2)."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from kiosk.desk.first_run import weakness
from tests.live import DESK, serving


@pytest.mark.browser
@pytest.mark.proves("Office 1", "X2")
def test_the_first_page_of_a_fresh_server_makes_the_first_administrator_and_works_once(browser: Browser, tmp_path: Path) -> None:
    with serving(f"sqlite:///{(tmp_path / 'new.db').as_posix()}", tmp_path / "data", settings={"FOYER_TEST_CLOCK": "0"}) as server:
        context = browser.new_context(**DESK, locale="zh-CN")
        page = context.new_page()
        page.goto(server.url + "/desk")
        expect(page).to_have_url(server.url + "/first-run?next=%2Fdesk")
        page.get_by_role("button", name="开张").click()
        expect(page.locator("[data-problem]")).to_have_text("请填写“单位名称”。")
        page.get_by_label("单位名称").fill("临江区机关事务中心")
        page.get_by_label("您的姓名").fill("林晓梅")
        page.get_by_label("账号").fill("mei")
        page.get_by_label("密码").press_sequentially("bamboo")
        page.get_by_role("button", name="开张").click()
        expect(page.locator("[data-problem]")).to_have_text("“密码”至少要 10 个字符。")
        expect(page.get_by_label("密码")).to_be_focused()
        page.get_by_label("密码").fill("password123")
        page.get_by_role("button", name="开张").click()
        expect(page.locator("[data-problem]")).to_have_text("这个密码很多人用，换一个。")
        assert page.get_by_label("单位名称").input_value() == "临江区机关事务中心"
        page.get_by_label("密码").fill("bamboo river lantern")
        page.get_by_role("button", name="开张").click()
        expect(page).to_have_url(server.url + "/desk")
        expect(page.get_by_role("heading", level=1)).to_have_text("今天，先把办公室搭起来")
        expect(page.locator("main .button--main")).to_have_text("添加地点")  # the first of the steps, and the only dark button
        again = httpx.post(
            server.url + "/first-run", json={"office_name": "x", "name": "x", "account": "xx", "password": "bamboo river lantern"}
        )
        assert (again.status_code, again.json()["code"]) == (409, "office.already_founded")
        assert httpx.get(server.url + "/first-run").status_code == 303
        context.close()


@pytest.mark.parametrize(("password", "code"), [
    ("short", "password.too_short"), ("aaaaaaaaaaaa", "password.too_plain"), ("linjiang-12", "password.names_you"), ("Password123", "password.common"), ("qwerty12345", "password.common"),
    ("bamboo river lantern", None), ("四月的江水很凉快啊呀", None), ("tr0ub4dor&3x", None),
])  # fmt: skip
def test_a_password_is_judged_by_how_easy_it_is_to_guess(password: str, code: str | None) -> None:
    assert weakness(password, "linjiang", "临江区机关事务中心") == code

"""From what a department needs to the shelf, as people do it: on the phone, at the desk, with the leader's word."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from core.sections import suppliers, supplies
from core.sections.supplies import ReceiveSupply, RegisterSupply
from tests.cast import Office
from tests.live import DESK, Server, sign_in

pytestmark = pytest.mark.browser


def fill(page: Page, label: str, text: str) -> None:
    page.locator(".dialog").get_by_label(re.compile(f"^{label}")).fill(text)


def pick(page: Page, label: str, words: str) -> None:
    """Choose in a field of the open dialog that narrows while one types."""
    page.locator(".dialog").get_by_label(re.compile(f"^{label}")).last.fill(words)
    page.locator(".q-menu .q-item", has_text=words).first.click()


def go(page: Page) -> None:
    page.locator(".dialog .button--main").click()
    expect(page.locator(".dialog")).to_have_count(0)


@pytest.mark.proves("Things 9", "S1.2-R1", "S1.2-R2", "S1.2-R3", "S1.2-R4", "S1.2-R5", "S1.2-R9", "S1.2-R10")
def test_pens_are_asked_for_planned_agreed_to_ordered_received_and_given_out(live_office: Office, server: Server, browser: Any) -> None:
    made = live_office.do(RegisterSupply(name="中性笔", spec="0.5 黑", unit="支", pack=12, minimum=10, price_cents=150), live_office.bo)
    live_office.do(ReceiveSupply(code=made["code"], quantity=20), live_office.bo)
    live_office.do(suppliers.AddSupplier(name="晨光文具"), live_office.bo)
    supply_id = UUID(made["supply_id"])

    desk: Page = browser.new_context(**DESK).new_page()
    sign_in(desk, server, "bo")
    desk.goto(f"{server.url}/desk/supply-plans")
    desk.get_by_role("button", name="统计需求").click()
    go(desk)
    expect(desk.locator(".needs__one")).to_have_count(2)

    phone: Page = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN").new_page()
    sign_in(phone, server, "mei")
    phone.goto(f"{server.url}/my/needs")
    phone.get_by_label("添加用品").last.fill("中性")
    phone.locator(".q-menu .q-item", has_text="中性笔").click()
    fill(phone, "数量", "105 支")
    phone.locator(".dialog .button--main").click()
    expect(phone.locator(".dialog")).to_contain_text("整数")  # what is no number is said so, and stays to be put right
    fill(phone, "数量", "105")
    go(phone)
    expect(phone.locator(".item", has_text="中性笔")).to_contain_text("105 支")
    phone.context.close()

    expect(desk.locator(".needs__one", has_text="办公室")).to_contain_text("1 项")  # without a touch
    desk.get_by_role("button", name="编制计划").click()
    desk.locator(".dialog", has_text="还有 1 个部门未报").locator(".button--main").click()
    desk.wait_for_url("**/desk/supply-plans/*")
    line = desk.locator("tbody tr")
    expect(line).to_contain_text(re.compile(r"105.*10.*20.*0.*95.*8 × 12 支", re.S))
    desk.get_by_role("button", name="修改").click()
    pick(desk, "供应商", "晨光文具")
    go(desk)
    expect(line).to_contain_text("晨光文具")
    desk.get_by_role("button", name="送审").click()
    expect(desk.locator(".pill", has_text="待批")).to_be_visible()

    leader: Page = browser.new_context(**DESK).new_page()
    sign_in(leader, server, "chen")
    leader.goto(f"{server.url}/desk/approvals")
    expect(leader.locator(".desk__main")).to_contain_text("144.00 元")  # 96 pens at 1.50
    leader.get_by_role("button", name="同意").first.click()
    desk.get_by_role("button", name="下单订货").click()
    go(desk)
    expect(desk.locator(".pill", has_text="已订货")).to_be_visible()

    desk.goto(f"{server.url}/desk/supplies?open={supply_id}")
    peek = desk.locator(".peek")
    peek.get_by_role("button", name="入库").click()
    fill(desk, "合格数量", "7")
    fill(desk, "不合格、退回", "1")
    fill(desk, "原因", "受潮")
    go(desk)
    expect(peek).to_contain_text("104 支")
    assert [order.open for order in live_office.read(supplies.open_orders, supply_id)] == [12]

    live_office.do(supplies.SetQuota(supply_id=supply_id, department_id=live_office.departments["财务科"], quantity=40), live_office.bo)
    peek.get_by_role("button", name="发放").click()
    pick(desk, "给谁", "林晓梅")
    pick(desk, "领用部门", "财务科")
    fill(desk, "数量", "50")
    fill(desk, "原因", "年终结算")
    desk.locator(".dialog .button--main").click()
    expect(desk.locator(".dialog .banner")).to_contain_text("财务科每季度限领 40 支中性笔，已领 0")
    desk.locator(".dialog").get_by_role("button", name="请领导批准").click()
    expect(desk.locator(".dialog")).to_have_count(0)
    expect(leader.locator(".desk__main")).to_contain_text("50 支")
    leader.get_by_role("button", name="同意").first.click()
    expect(leader.get_by_role("button", name="同意")).to_have_count(0)
    peek.get_by_role("button", name="发放").click()
    pick(desk, "给谁", "林晓梅")
    pick(desk, "领用部门", "财务科")
    fill(desk, "数量", "50")
    go(desk)
    expect(peek).to_contain_text("54 支")
    desk.goto(f"{server.url}/desk/suppliers")
    expect(desk.locator("tbody tr")).to_contain_text("93.8 %")  # quality 84 ÷ 96 and one of one in time
    desk.context.close()
    leader.context.close()

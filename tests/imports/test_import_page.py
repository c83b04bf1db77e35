"""The clerk at the desk imports the office's table, looks at the register, and takes the import back: clicked in a real browser."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from core.mechanisms import people
from core.sections import assets
from tests.cast import Office
from tests.imports.files import GOOD, WRONG_ROWS, csv_file
from tests.live import DESK, Server, sign_in

pytestmark = [pytest.mark.browser]


def look(page: Page, name: str) -> None:
    """Keep a picture when FOYER_LOOK names a folder."""
    if folder := os.environ.get("FOYER_LOOK"):
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
def desk(browser: Browser, server: Server) -> Iterator[Page]:
    """The clerk's screen, signed in, in simplified Chinese. Errors on the console fail the test."""
    context = browser.new_context(**DESK, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(page, server, "bo")
    yield page
    context.close()
    assert errors == []


def choose(page: Page, name: str, data: bytes) -> None:
    page.set_input_files("#import-file", {"name": name, "mimeType": "text/csv", "buffer": data})


@pytest.mark.proves("Things 10", "S4.1-R1", "S4.1-R2")
def test_the_clerk_looks_imports_and_takes_it_back(desk: Page, server: Server, live_office: Office) -> None:
    old = assets.RegisterAsset(number="ZC-0001", name="会议桌", value_cents=80_000, place_id=live_office.places["301"])
    old_id = UUID(live_office.do(old, live_office.bo)["asset_id"])
    desk.goto(f"{server.url}/desk/imports")
    look(desk, "imports-choose")
    choose(desk, "台账.csv", csv_file(WRONG_ROWS))
    expect(desk.get_by_role("button", name="导入 3 条")).to_be_visible()
    rows = desk.locator(".imports__rows tbody tr")
    expect(rows).to_have_count(4)  # what needs correcting comes first
    expect(desk.get_by_text("没有这一天。请改成真实的日期，例如 2026-02-28。")).to_be_visible()
    expect(desk.get_by_text("购置日期：2026-02-30")).to_be_visible()
    look(desk, "imports-errors")
    desk.get_by_role("button", name=re.compile("^全部")).click()
    expect(rows).to_have_count(7)
    expect(desk.get_by_text("价值：800.00 改为 900.00")).to_be_visible()
    look(desk, "imports-dry-run")
    assert live_office.read(assets.count, assets.Filter()) == 1
    desk.get_by_role("button", name="导入 3 条").click()
    expect(desk.get_by_role("button", name="撤销这次导入")).to_be_visible()
    look(desk, "imports-done")
    assert live_office.read(assets.count, assets.Filter()) == 3
    desk.get_by_role("button", name="撤销这次导入").click()
    desk.get_by_role("alertdialog").get_by_role("button", name="撤销这次导入").click()
    expect(desk.get_by_text("已撤销")).to_be_visible()
    look(desk, "imports-undone")
    assert live_office.read(assets.count, assets.Filter()) == 1
    assert live_office.read(assets.get, old_id).value_cents == 80_000


@pytest.mark.proves("Things 10")
def test_a_file_that_is_no_table_is_told_and_one_with_unknown_headings_is_asked_about(
    desk: Page, server: Server, live_office: Office
) -> None:
    desk.goto(f"{server.url}/desk/imports")
    choose(desk, "photo.csv", b"\xff\xd8\xff\xe0 not a table")
    expect(desk.get_by_text(re.compile("读不出这个文件的文字|没找到认得的表头"))).to_be_visible()
    mine = csv_file([("ZC-1", "椅子", "木头")], ("卡片", "名目", "料"))
    choose(desk, "我的表.csv", mine)
    expect(desk.get_by_text("第 1 行当作表头来读，但没有一个认得。请逐栏说明是什么。")).to_be_visible()
    for heading, column in (("卡片", "资产编号"), ("名目", "资产名称")):
        box = desk.locator(".imports__pair", has_text=heading).locator("input")
        box.click()
        box.fill(column)
        desk.get_by_role("option", name=column, exact=True).click()
    look(desk, "imports-map-all")
    desk.get_by_role("button", name="照这样再看一遍").click()
    expect(desk.get_by_role("button", name="导入 1 条")).to_be_visible()
    desk.get_by_role("button", name="换一个文件").click()
    choose(desk, "我的表.csv", mine)
    desk.get_by_role("button", name="导入 1 条").click()  # remembered: not asked again
    expect(desk.get_by_role("button", name="撤销这次导入")).to_be_visible()
    assert live_office.read(assets.by_number, "ZC-1").name == "椅子"


@pytest.mark.proves("S4.1-R1", "S4.1-R2", "S4.1-R3")
def test_the_clerk_registers_finds_corrects_and_reports_a_fault(desk: Page, server: Server, live_office: Office) -> None:
    desk.goto(f"{server.url}/desk/assets")
    look(desk, "assets-empty")
    desk.get_by_role("button", name="登记资产").click()
    form = desk.get_by_role("dialog")
    form.get_by_label("资产名称").fill("激光打印机")
    form.get_by_label("购置日期").fill("2026-02-30")
    form.get_by_label("价值").fill("1,234.50")
    look(desk, "assets-form")
    form.get_by_role("button", name="登记", exact=True).click()
    expect(form.get_by_text("没有这一天。请改成真实的日期")).to_be_visible()
    look(desk, "assets-form-wrong")
    form.get_by_label("购置日期").fill("2026/3/1")
    form.get_by_role("button", name="登记", exact=True).click()
    expect(desk.locator(".peek h2")).to_have_text("激光打印机")
    found = live_office.read(assets.by_number, "ZC-2026-0001")
    assert (found.value_cents, str(found.bought_on)) == (123_450, "2026-03-01")
    desk.get_by_placeholder("名称、拼音、编号或标签码").fill("jgdyj")
    expect(desk.locator("table.register tbody tr")).to_have_count(1)
    desk.get_by_role("button", name="发标签").click()
    expect(desk.locator(".peek .code")).to_have_text(re.compile(r"^[2-9A-Z]{4}-[2-9A-Z]{4}$"))
    desk.get_by_role("button", name="还可以").click()
    desk.get_by_role("button", name="报修").click()
    desk.get_by_label("哪里坏了").fill("卡纸")
    desk.get_by_role("dialog").get_by_role("button", name="报修").click()
    expect(desk.locator(".peek .trail")).to_contain_text("报修：卡纸")
    expect(desk.locator(".peek .pill")).to_contain_text("维修中")
    look(desk, "assets-peek")


def test_the_register_reads_well_in_english_and_narrow(desk: Page, server: Server, live_office: Office) -> None:
    for index in range(12):
        more = {"keeper_id": live_office.mei.person_id, "department_id": live_office.departments["办公室"]} if index % 3 else {}
        name = ("激光打印机", "会议桌", "办公椅", "Laptop ThinkPad X1 Carbon Gen 12")[index % 4]
        do = assets.RegisterAsset(
            number=f"ZC-2026-{index:04d}", name=name, spec="M404", value_cents=index * 98_765, place_id=live_office.places["301"], **more
        )
        asset_id = live_office.do(do, live_office.bo)["asset_id"]
    server.post(people.SetLanguage(language="en"), by="bo")
    desk.goto(f"{server.url}/desk/assets?open={asset_id}")
    expect(desk.locator(".peek h2")).to_be_visible()
    expect(desk.get_by_role("heading", name="Assets")).to_be_visible()
    look(desk, "assets-en")
    desk.set_viewport_size({"width": 1100, "height": 800})
    look(desk, "assets-en-1100")
    desk.goto(f"{server.url}/desk/imports")
    choose(desk, "assets.csv", csv_file([GOOD, *WRONG_ROWS[3:]]))
    expect(desk.locator(".imports__rows tbody tr").first).to_be_visible()
    look(desk, "imports-en")
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")

"""The clerk sets up a field, registers, opens the card with its papers and life, changes many at once, maps headings: clicked in a real browser."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from assets_labels import proof
from core.mechanisms import people, preferences
from core.mechanisms.labels import SubjectKind
from core.sections import assets
from core.sections.assets import Filter
from tests.cast import Office
from tests.imports.files import csv_file
from tests.live import DESK, Server, sign_in

pytestmark = [pytest.mark.browser]


def look(page: Page, name: str) -> None:
    """Keep a picture when FOYER_LOOK names a folder."""
    if folder := os.environ.get("FOYER_LOOK"):
        page.wait_for_timeout(300)
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
def desk(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(**DESK, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(page, server, "bo")
    yield page
    context.close()
    assert errors == []


def a_picture(path: Path) -> Path:
    from PIL import Image

    Image.new("RGB", (640, 480), (120, 140, 150)).save(path)
    return path


@pytest.mark.proves("S4.1-R1", "S4.1-R2", "S4.1-R3", "T36")
def test_a_field_is_set_up_an_asset_registered_and_its_whole_card_read(
    desk: Page, server: Server, live_office: Office, tmp_path: Path
) -> None:
    desk.goto(f"{server.url}/desk/assets/set-up")
    look(desk, "setup-empty")
    desk.get_by_role("button", name="加自定义项").click()
    form = desk.get_by_role("dialog")
    form.get_by_label("名字").fill("外壳颜色")
    form.get_by_label("填什么").click()
    desk.get_by_role("option", name="几选一").click()
    form.get_by_label("选项").fill("银\n黑")
    look(desk, "setup-field")
    form.get_by_role("button", name="保存").click()
    expect(desk.locator(".item__title", has_text="外壳颜色")).to_be_visible()
    look(desk, "setup")
    # registered with the office's own field; what makes no sense is told at its field
    desk.goto(f"{server.url}/desk/assets")
    desk.get_by_role("button", name="登记资产").click()
    form = desk.get_by_role("dialog")
    form.get_by_label("资产名称").fill("笔记本电脑")
    form.get_by_label("品牌").fill("联想")
    form.get_by_label("外壳颜色").click()
    desk.get_by_role("option", name="黑").click()
    form.get_by_label("购置日期").fill("2026-03-01")
    form.get_by_label("价值（元）", exact=True).fill("7,200")
    form.get_by_label("预计净残值").fill("9000")
    form.get_by_label("预计使用月数").fill("72")
    form.get_by_role("button", name="登记", exact=True).click()
    expect(form.get_by_text("残值不能高于价值")).to_be_visible()
    form.get_by_label("预计净残值").fill("0")
    look(desk, "form-money")
    form.get_by_role("button", name="登记", exact=True).click()
    expect(desk.locator(".peek h2")).to_have_text("笔记本电脑")
    expect(desk.locator(".peek")).to_contain_text("外壳颜色")
    look(desk, "peek")
    desk.get_by_role("link", name="打开卡片").or_(desk.get_by_role("button", name="打开卡片")).click()
    expect(desk.get_by_role("heading", name="笔记本电脑")).to_be_visible()
    expect(desk.locator(".assetcard")).to_contain_text("6,400.00")  # eight of seventy-two months are gone
    desk.set_input_files("#paper-file", a_picture(tmp_path / "正面.png"))
    expect(desk.locator(".paper img")).to_have_count(1)
    expect(desk.locator(".pagehead .asset__photo img")).to_be_visible()
    kept = desk.request.get(server.url + str(desk.locator(".paper__face").get_attribute("href"))).headers["content-disposition"]
    assert kept.endswith("filename*=UTF-8''%E6%AD%A3%E9%9D%A2.png"), "it keeps the name it came with"
    expect(desk.locator(".toast--floating", has_text="已放到卡片上")).to_be_visible()  # the page has been drawn anew
    # The card is drawn anew while a file is on its way: the field that took its place hears what became of it.
    desk.evaluate(
        """() => { const before = document.querySelector('#paper-file'), after = before.cloneNode(); window.kept = [];
        after.addEventListener('kept', (e) => window.kept.push(e.detail.state)); before.addEventListener('change', () => before.replaceWith(after)); }"""
    )
    desk.set_input_files("#paper-file", {"name": "y.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"})
    desk.wait_for_function("window.kept.at(-1) === 'failed'", timeout=8000)
    desk.reload()
    desk.set_input_files("#paper-file", {"name": "x.svg", "mimeType": "image/svg+xml", "buffer": b"<svg onload=alert(1)></svg>"})
    expect(desk.locator(".problem--floating")).to_be_visible()
    asset = live_office.read(assets.search, Filter())[0]
    desk.get_by_role("button", name="发标签并打印卡片").click()
    printed = desk.get_by_role("link", name="打印卡片", exact=True).or_(desk.get_by_role("button", name="打印卡片", exact=True))
    expect(printed).to_have_attribute("href", re.compile(f"/api/v1/assets/{asset.id}/card.pdf"))
    expect(desk.locator(".assetcard .trail li")).to_have_count(3)
    expect(desk.locator(".assetcard .trail")).to_contain_text("贴标签")
    look(desk, "card")
    with server.client("bo") as client:
        pdf = client.get(f"/api/v1/assets/{asset.id}/card.pdf?language=zh-Hans")
        assert pdf.status_code == 200 and pdf.headers["content-type"] == "application/pdf"
        assert client.get("/api/v1/assets/00000000-0000-0000-0000-000000000000/card.pdf").status_code == 404
    with server.client("mei") as client:
        assert client.get(f"/api/v1/assets/{asset.id}/card.pdf").status_code == 404  # not hers, and not told
    code = live_office.read(assets.card, str(asset.id), live_office.bo).label
    assert code and proof.unreadable_pages(pdf.content, [code], server.url) == [], "the card's code is that of the asset"


@pytest.mark.proves("S4.1-R2")
def test_many_are_found_ticked_looked_at_changed_and_given_back(desk: Page, server: Server, live_office: Office) -> None:
    for number in range(8):
        more = {"keeper_id": live_office.mei.person_id, "department_id": live_office.departments["办公室"]} if number % 3 else {}
        do = assets.RegisterAsset(
            number=f"ZC-2026-{number:04d}", name=("激光打印机", "办公椅", "会议桌")[number % 3], brand="震旦", spec="M404", serial=f"SN-{number}",
            value_cents=98_765 * (number + 1), place_id=live_office.places["301" if number % 2 else "302"], **more,
        )  # fmt: skip
        asset_id = UUID(live_office.do(do, live_office.bo)["asset_id"])
        if number == 7:
            live_office.label(SubjectKind.ASSET, asset_id)
    desk.goto(f"{server.url}/desk/assets")
    rows = desk.locator("table.register tbody tr")
    expect(rows).to_have_count(8)
    expect(desk.locator(".register__summary")).to_contain_text("8 项")
    # columns are chosen and stay chosen
    desk.get_by_role("button", name="显示列").click()
    desk.get_by_role("checkbox", name="序列号").click()
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("columnheader", name="序列号")).to_be_visible()
    # narrowed by place; it stands in the address and in the figures
    desk.get_by_role("button", name="更多条件").click()
    desk.get_by_label("存放地点").click()
    look(desk, "conditions")
    desk.get_by_role("option", name=re.compile("302 办公室")).click()
    expect(rows).to_have_count(4)
    expect(desk.locator(".chip--on", has_text="302 办公室")).to_be_visible()
    expect(desk.locator(".register__summary")).to_contain_text("4 项")
    assert "place=" in desk.url
    desk.reload()
    expect(rows).to_have_count(4)
    expect(desk.get_by_role("columnheader", name="序列号")).to_be_visible()
    assert "asset.serial" in (live_office.read(preferences.chosen, live_office.bo, "register.assets.columns") or [])
    # two are ticked, looked at, changed, and given back
    rows.nth(0).locator("input[type=checkbox]").check()
    rows.nth(1).locator("input[type=checkbox]").check()
    expect(desk.locator(".manybar")).to_contain_text("选了 2 项")
    look(desk, "ticked")
    desk.locator(".manybar").get_by_role("button", name="批量修改").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("存放地点").click()
    desk.get_by_role("option", name=re.compile("305 小谈室")).click()
    dialog.get_by_label("品牌").fill("得力")
    look(desk, "many-ask")
    dialog.get_by_role("button", name="先看结果").click()
    expect(dialog.get_by_text(re.compile("存放地点：.*302 办公室 改为 .*305 小谈室")).first).to_be_visible()
    look(desk, "many-preview")
    assert live_office.read(assets.count, Filter(place_id=live_office.places["305"])) == 0
    dialog.get_by_role("button", name="修改 2 项").click()
    expect(desk.locator(".toast")).to_contain_text("改好了 2 项")
    expect(rows).to_have_count(2)
    assert live_office.read(assets.count, Filter(place_id=live_office.places["305"], q="得力")) == 2
    desk.locator(".toast").get_by_role("button", name="撤销").click()
    expect(rows).to_have_count(4)
    expect(desk.locator(".toast").last).to_have_text("2 条已恢复。")
    assert live_office.read(assets.count, Filter(q="得力")) == 0
    # typed as one remembers it
    desk.locator(".chip--on", has_text="302 办公室").click()
    desk.get_by_label("名称、拼音").or_(desk.get_by_placeholder(re.compile("名称、拼音"))).first.fill("bgy 林")
    expect(rows).to_have_count(3)
    expect(desk.locator(".register__summary")).to_contain_text("3 项")
    look(desk, "searched")
    server.post(people.SetLanguage(language="en"), by="bo")
    desk.goto(f"{server.url}/desk/assets")
    expect(desk.locator(".register__summary")).to_contain_text("8 lines")
    look(desk, "register-en")
    rows.nth(2).click()
    desk.get_by_role("link", name="Open the card").or_(desk.get_by_role("button", name="Open the card")).click()
    expect(desk.locator(".assetcard")).to_be_visible()
    look(desk, "card-en")
    desk.goto(f"{server.url}/desk/assets/set-up")
    look(desk, "setup-en")
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.proves("Things 10")
def test_headings_nobody_knows_are_mapped_on_the_page(desk: Page, server: Server, live_office: Office) -> None:
    desk.goto(f"{server.url}/desk/imports")
    data = csv_file([("ZC-1", "椅子", "木头", "12"), ("ZC-2", "桌子", "钢", "340")], ("卡片", "设备名", "材质", "价值"))
    desk.set_input_files("#import-file", {"name": "台账.csv", "mimeType": "text/csv", "buffer": data})
    expect(desk.get_by_role("heading", name="表头对应到哪一栏")).to_be_visible()
    pairs = desk.locator(".imports__pair")
    expect(pairs).to_have_count(4)
    look(desk, "mapping")
    for text, column in (("卡片", "资产编号"), ("设备名", "资产名称")):
        pairs.filter(has_text=text).locator("input").first.click()
        desk.get_by_role("option", name=column, exact=True).click()
    desk.get_by_role("button", name="照这样再看一遍").click()
    expect(desk.get_by_role("button", name="导入 2 条")).to_be_visible()
    expect(desk.get_by_text(re.compile("没有读：材质"))).to_be_visible()
    look(desk, "mapped")
    desk.get_by_role("button", name="导入 2 条").click()
    expect(desk.get_by_role("button", name="撤销这次导入")).to_be_visible()
    desk.goto(f"{server.url}/desk/imports")
    desk.set_input_files("#import-file", {"name": "再来.csv", "mimeType": "text/csv", "buffer": data})
    expect(desk.get_by_role("button", name=re.compile("导入 0 条|没有要导入的"))).to_be_visible()  # remembered, and nothing is new
    assert live_office.read(assets.count, Filter()) == 2

"""A walk through the screens: the counter, a phone that confirms, a transfer of two words, approval, and a thing that is gone (S4.1-R9, R10)."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from core.mechanisms import approvals, labels, people
from core.mechanisms.labels import SubjectKind
from core.sections import assets
from tests.cast import Office
from tests.custody.stage import asset, card, holder
from tests.live import DESK, PHONE, Server, sign_in
from tests.visits.kiosks import kiosk_key, panel

pytestmark = pytest.mark.browser
PHOTO = ("ab" * 32,)


def open_page(browser: Browser, server: Server, account: str, path: str, size: dict[str, object] = DESK) -> Page:
    page = browser.new_context(**size, locale="zh-CN").new_page()  # type: ignore[arg-type]
    if account:
        sign_in(page, server, account)
    page.goto(server.url + path)
    return page


def photograph(page: Page, name: str) -> None:
    """Keep a picture when a folder for them is given."""
    folder = os.environ.get("FOYER_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/custody-{name}.png")


def sign(page: Page, field: str = ".signature canvas, .signature") -> None:
    box = page.locator(field).first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 30)
    page.mouse.down()
    for n in range(1, 9):
        page.mouse.move(box["x"] + 20 + n * 14, box["y"] + 30 + (n % 2) * 18)
    page.mouse.up()


def gone_for_good(office: Office) -> str:
    """The number of a thing that was disposed of."""
    asset_id = asset(office, "ZC-8", "旧传真机")
    disposal_id = UUID(office.do(assets.RequestDisposal(asset_id=asset_id, reason="坏了"), office.bo)["disposal_id"])
    with_id = office.read(lambda s: s.get_one(assets.AssetDisposal, disposal_id).approval_id)
    assert with_id is not None
    office.do(approvals.DecideApproval(approval_id=with_id, approve=True), office.chen)
    office.do(assets.DisposeAsset(disposal_id=disposal_id, photos=PHOTO), office.bo)
    return "ZC-8"


@pytest.mark.proves("S4.1-R3", "S4.1-R10")
def test_a_pile_is_scanned_signed_for_and_gone_from_the_counter(live_office: Office, server: Server, browser: Browser) -> None:
    pile = [asset(live_office, f"ZC-{n}", name) for n, name in ((1, "笔记本电脑"), (2, "投影仪"), (3, "会议音箱"))]
    code = live_office.label(SubjectKind.ASSET, pile[0])
    page = open_page(browser, server, "bo", "/desk/custody")
    field = page.get_by_label("扫标签，或输入编号")
    gone = gone_for_good(live_office)
    for text in (code, "ZC-2", "ZC-3", "ZC-3"):
        field.fill(text)
        field.press("Enter")
    expect(page.locator(".pile .item")).to_have_count(3)
    # what is not taken stands above the pile with its reason, until it is put aside
    for n, (text, words) in enumerate(
        (("ZC-99", "没有这个编号的资产"), ("7K3M9QWX", "有一位不对"), (gone, "已处置，文号 报废〔2026〕")), 4
    ):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        expect(page.locator(".pile .item")).to_have_count(n)
        expect(page.locator(".pile .item").first).to_contain_text(words)
    for text in (gone, "7K3M9QWX", "ZC-99"):
        page.get_by_role("button", name=f"不要 {text}").click()
    expect(page.locator(".pile .item")).to_have_count(3)
    expect(page.get_by_role("button", name="先选交给谁")).to_be_visible()
    page.get_by_label("交给谁").click()
    page.get_by_role("option", name="吴桐").click()
    page.get_by_label("什么时候还").fill("2026-11-30")
    sign(page)
    photograph(page, "counter")
    page.get_by_role("button", name="交给吴桐，3 件").click()
    expect(page.locator(".toast")).to_contain_text("3 件交给了吴桐")
    expect(page.get_by_text("借出 3 件")).to_be_visible()
    photograph(page, "counter-done")
    assert [holder(live_office, one) for one in pile] == [live_office.wu.person_id] * 3
    # what Wu has is what Wu must clear
    page.goto(f"{server.url}/desk/clearance/{live_office.wu.person_id}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("吴桐 还有 3 项没清")
    photograph(page, "clearance")
    pdf = page.request.get(f"{server.url}/api/v1/people/{live_office.wu.person_id}/clearance.pdf")
    assert pdf.ok and pdf.body().startswith(b"%PDF")


@pytest.mark.proves("S4.1-R9", "S4.1-R3")
def test_what_is_handed_to_me_waits_on_my_phone_and_a_transfer_needs_two_words(
    live_office: Office, server: Server, browser: Browser
) -> None:
    asset_id = asset(live_office, "ZC-1", "笔记本电脑", keeper_id=live_office.mei.person_id)
    desk = asset(live_office, "ZC-2", "办公桌", keeper_id=live_office.mei.person_id)
    live_office.do(assets.HandOver(asset_id=asset_id, to_person_id=live_office.wu.person_id, note="出差用"), live_office.mei)
    phone = open_page(browser, server, "wu", "/my/things", PHONE)
    expect(phone.get_by_text("等您确认 1 件")).to_be_visible()
    photograph(phone, "phone-things")
    phone.get_by_role("button", name="我收到了").tap()
    expect(phone.get_by_text("手上有 1 件")).to_be_visible()
    assert holder(live_office, asset_id) == live_office.wu.person_id
    finance = live_office.departments["财务科"]
    proposed = server.post(
        assets.ProposeTransfer(asset_ids=(desk,), to_department_id=finance, to_person_id=live_office.wu.person_id, reason="财务科搬家"),
        by="bo",
    )
    giver = open_page(browser, server, "mei", "/my/things", PHONE)
    giver.get_by_role("button", name="我移交").tap()
    expect(giver.get_by_role("button", name="我移交")).to_have_count(0)
    expect(phone.get_by_role("button", name="我接收")).to_be_visible()
    photograph(phone, "phone-transfer")
    phone.get_by_role("button", name="我接收").tap()
    expect(phone.get_by_text("手上有 2 件")).to_be_visible()
    assert (card(live_office, desk).department, card(live_office, desk).keeper) == ("财务科", "吴桐")
    phone.get_by_role("checkbox", name="选 办公桌").tap()
    photograph(phone, "phone-chosen")
    # given back: said, no longer chosen, and on the phone of the custodian, who takes it back there
    keep = people.UpdateDepartment(department_id=finance, custodian_id=live_office.ann.person_id)
    assert server.post(keep, by="ada")["status"] == "accepted"
    phone.get_by_role("button", name="交还 1 件").tap()
    expect(phone.locator(".toast")).to_contain_text("1 件等资产管理员收回")
    expect(phone.get_by_role("button", name="交还 1 件")).to_have_count(0)
    custodian = open_page(browser, server, "ann", "/my/things", PHONE)
    custodian.get_by_role("button", name="收回").tap()
    expect(custodian.locator(".toast")).to_contain_text("收回了 1 件")
    assert holder(live_office, desk) is None
    # a deputy takes it for the one who is away, and is told whose it is now
    server.post(people.UpdatePerson(person_id=live_office.wu.person_id, deputy_id=live_office.ann.person_id), by="ada")
    server.post(assets.HandOver(asset_id=desk, to_person_id=live_office.wu.person_id), by="bo")
    custodian.get_by_role("button", name="替吴桐收下").tap()
    expect(custodian.locator(".toast").last).to_contain_text("办公桌 现在归吴桐保管")
    assert holder(live_office, desk) == live_office.wu.person_id
    page = open_page(browser, server, "bo", f"/desk/transfers?chip=all&open={proposed['result']['transfer_id']}")
    expect(page.locator(".peek")).to_contain_text("调拨〔2026〕1号")
    photograph(page, "transfers")
    pdf = page.request.get(f"{server.url}/api/v1/transfers/{proposed['result']['transfer_id']}/form.pdf")
    assert pdf.ok and pdf.body().startswith(b"%PDF")
    assert open_page(browser, server, "sun", "/").request.get(pdf.url).status == 404, "neither side may read the form"


@pytest.mark.proves("Things 8", "S4.1-R10", "T14")
def test_a_disposal_from_the_approval_to_the_scan_that_raises_the_alarm(live_office: Office, server: Server, browser: Browser) -> None:
    asset_id = asset(live_office, "ZC-9", "旧服务器", value_cents=3_000_000, class_code="A02010104")
    code = live_office.label(SubjectKind.ASSET, asset_id)
    asked = server.post(assets.RequestDisposal(asset_id=asset_id, reason="过了年限，配件停产", photos=PHOTO), by="bo")["result"]
    page = open_page(browser, server, "chen", "/desk/approvals")
    expect(page.locator(".agree__figure")).to_have_text("30,000.00 元")
    expect(page.locator(".agree h2")).to_have_text("同意处置 旧服务器（ZC-9）：过了年限，配件停产")
    photograph(page, "approvals")
    phone = open_page(browser, server, "chen", "/my/approvals", PHONE)
    photograph(phone, "phone-approvals")
    phone.get_by_role("button", name="同意").tap()
    expect(phone.get_by_text("没有等您批的")).to_be_visible()
    expect(page.get_by_role("heading", name="没有等您批的").first).to_be_visible()
    desk = open_page(browser, server, "bo", f"/desk/disposals?open={asked['disposal_id']}")
    photograph(desk, "disposals")
    desk.get_by_role("button", name="执行处置").click()
    desk.get_by_label("处置收入").fill("128.50")
    desk.get_by_label("凭证").fill("销毁证明 17")
    photograph(desk, "disposal-carry-out")
    desk.get_by_role("dialog").get_by_role("button", name="执行处置").click()
    expect(desk.locator(".toast")).to_contain_text("已处置，报废〔2026〕1号")
    assert card(live_office, asset_id).state == "disposed"
    pdf = desk.request.get(f"{server.url}/api/v1/disposals/{asked['disposal_id']}/form.pdf")
    assert pdf.ok and pdf.body().startswith(b"%PDF")

    seen = open_page(browser, server, "wu", f"/s/{code}", PHONE)
    expect(seen.locator("[data-told]")).to_have_text("2026年11月23日 已处置，文号 报废〔2026〕1号。")
    photograph(seen, "phone-gone")
    stranger = open_page(browser, server, "", f"/s/{code}", PHONE)
    expect(stranger.get_by_text("旧服务器")).to_have_count(0)
    with panel(browser, server, kiosk_key(live_office)) as kiosk:
        kiosk.keyboard.type(code)
        kiosk.keyboard.press("Enter")
        expect(kiosk.locator("body")).to_contain_text("离开登记册（报废〔2026〕1号）。请把它交给前台")
        expect(kiosk.get_by_text("旧服务器")).to_have_count(0)
        photograph(kiosk, "kiosk-gone")
    with server.client("bo") as client:
        for _ in range(40):
            told = [one["text"] for one in client.get("/api/v1/notices?limit=100").json()["items"]]
            if sum("旧服务器" in text and "扫到" in text for text in told) >= 3:
                break
            seen.wait_for_timeout(100)
        assert sum("旧服务器" in text and "扫到" in text for text in told) >= 3, told  # a colleague, a stranger, the kiosk


def test_repairs_care_rules_and_the_calendar_in_both_languages(live_office: Office, server: Server, browser: Browser) -> None:
    printer = asset(live_office, "ZC-1", "激光打印机", keeper_id=live_office.mei.person_id)
    air = asset(live_office, "ZC-2", "空调机", class_code="A02061804", keeper_id=live_office.mei.person_id)
    live_office.do(assets.ReportFault(asset_id=printer, what="卡纸，有焦味"), live_office.mei)
    page = open_page(browser, server, "bo", "/desk/repairs")
    page.get_by_text("激光打印机").first.click()
    page.get_by_role("button", name="送修", exact=True).click()
    page.get_by_label("维修单位").fill("临江电脑维修")
    sign(page, ".dialog .signature canvas, .dialog .signature")
    photograph(page, "repair-send")
    page.get_by_role("dialog").get_by_role("button", name="送修", exact=True).click()
    expect(page.locator(".peek")).to_contain_text("临江电脑维修")
    photograph(page, "repairs")
    page.goto(server.url + "/desk/upkeep")
    page.get_by_role("button", name="新的保养计划").click()
    page.get_by_label("做什么").fill("清洗滤网")
    page.get_by_label("哪一类资产").fill("空调")
    page.get_by_role("option", name="空调机").click()
    page.get_by_label("步骤，一行一步").fill("滤网已洗\n排水通畅")
    page.get_by_role("button", name="开始").click()
    expect(page.get_by_text("待办 1")).to_be_visible()
    photograph(page, "upkeep")
    code = live_office.do(labels.IssueLabel(subject_kind=SubjectKind.ASSET, subject_id=air), live_office.bo)["code"]
    phone = open_page(browser, server, "mei", f"/s/{code}", PHONE)
    expect(phone.locator("[data-upkeep]")).to_contain_text("清洗滤网")
    photograph(phone, "phone-thing")
    phone.get_by_role("button", name="做好了").tap()
    phone.get_by_role("dialog").get_by_role("button", name="做好了").tap()
    expect(phone.locator("[data-upkeep]")).to_contain_text("上次 11月23日")
    server.post(people.SetLanguage(language="en"), by="chen")
    rules = open_page(browser, server, "chen", "/desk/approvals")
    rules.get_by_role("button", name="Rules").click()
    expect(rules.get_by_role("dialog").get_by_role("button", name="Save")).to_be_visible()
    photograph(rules, "rules-en")
    rules.get_by_role("dialog").get_by_role("button", name="Add a step").click()
    rules.get_by_label("From").nth(1).fill("20000")
    rules.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(rules.locator(".toast")).to_contain_text("Rules saved")
    calendar = open_page(browser, server, "bo", "/desk/calendar?year=2026")
    expect(calendar.get_by_role("heading", level=1)).to_contain_text("2026 年")
    photograph(calendar, "calendar")
    calendar.get_by_role("button", name="11月27日").click()
    calendar.get_by_role("radio", name="休息").click()
    calendar.get_by_label("说明").fill("本单位活动日")
    calendar.get_by_role("button", name="保存").click()
    expect(calendar.locator(".calendar__day--edited")).to_have_count(1)
    calendar.goto(server.url + "/desk/calendar?year=2031")
    expect(calendar.get_by_text("2031 年的放假安排还没公布")).to_be_visible()
    photograph(calendar, "calendar-provisional")


def test_somebody_who_leaves_with_things_is_not_forgotten(live_office: Office, server: Server) -> None:
    asset_id = asset(live_office, keeper_id=live_office.wu.person_id)
    outcome = server.post(people.DisablePerson(person_id=UUID(str(live_office.wu.person_id))), by="ada")
    assert outcome["facts"] == {"still_keeps": 1, "still_owes": 0}
    back = server.post(assets.ReceiveBack(asset_ids=(asset_id,)), by="bo")
    assert back["status"] == "accepted"

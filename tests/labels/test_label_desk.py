"""Labels from the desk to the thing, in a real browser: an own paper, a printer lined up, printed again with the reason, blanks claimed on site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from assets_labels import proof
from core.foundation import database
from core.mechanisms import label_jobs, label_papers, labels
from core.mechanisms.labels import LabelState, SubjectKind
from core.sections import assets
from tests.cast import Office
from tests.desk.test_house import desk
from tests.live import PHONE, Server, sign_in

pytestmark = pytest.mark.browser


def printed(page: Page) -> bytes:
    """Press the dark button and take the file that comes."""
    with page.expect_download() as coming:
        page.locator("[data-test=make]").click()
    return Path(coming.value.path()).read_bytes()


def pick(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option).click()


@pytest.mark.proves("S4.1-R1", "Things 2", "T16", "T17")
def test_a_clerk_measures_a_paper_lines_up_the_printer_prints_and_prints_again(
    browser: Browser, server: Server, live_office: Office
) -> None:
    for number in range(3):
        live_office.do(assets.RegisterAsset(number=f"ZC-{number}", name=f"椅子 {number}"), live_office.bo)
    page = desk(browser, server, "bo", "/desk/labels/papers/edit?like=60x40")
    expect(page.locator("[data-test=paper-reads]")).to_be_visible(timeout=40_000)
    width = page.locator("input[data-test=cell_width_mm]")
    width.fill("80")
    expect(page.locator("[data-test=paper-problem]")).to_contain_text("80.0")  # it would run off the paper
    page.get_by_label("名字", exact=True).fill("设备科 70 × 40")
    width.fill("70")
    page.locator("input[data-test=page_width_mm]").fill("70,0")
    page.locator("input[data-test=pitch_x_mm]").fill("70")
    expect(page.locator("[data-test=paper-problem]")).to_have_count(0)
    page.locator("[data-test=save-paper]").click()
    expect(page.locator(".list").first).to_contain_text("设备科 70 × 40")
    with database.reading() as s:
        assert [(row.name, row.cell_width_mm) for row in label_papers.papers(s)] == [("设备科 70 × 40", 70.0)]

    page.goto(server.url + "/desk/labels?template=设备科 70 × 40")
    page.wait_for_function("window.did_handshake === true")
    page.locator("[data-test=calibrate]").click()
    page.get_by_label("哪台打印机").fill("三楼 M405")
    page.get_by_label("要往右移（毫米）").fill("1，5")
    page.locator("[data-test=save-shift]").click()
    expect(page.locator(".labelpage__side")).to_contain_text("右移 1.5 mm")
    page.locator("[data-test=take-all]").click()
    expect(page.locator("[data-test=again]")).to_have_count(0)
    pdf = printed(page)
    assert len(proof.read_codes(next(iter(proof.page_images(pdf))))) == 2
    expect(page.locator(".labelpage__log")).to_contain_text("3 张")

    page.goto(server.url + "/desk/labels/log")
    page.get_by_role("link", name="再印一次").first.click()
    expect(page.locator(".labelrow")).to_have_count(3)
    page.locator("[data-test=make]").click()
    expect(page.get_by_text("先选再印的原因")).to_be_visible()  # no second print without a reason
    page.keyboard.press("Escape")
    page.get_by_label(re.compile("以前印过")).click()
    page.get_by_role("option", name="撕坏了").click()
    printed(page)
    page.goto(server.url + "/desk/labels/log")
    expect(page.locator(".item")).to_have_count(2)
    expect(page.locator(".item").first).to_contain_text("撕坏了")
    with database.reading() as s:
        code = labels.active_codes(s, SubjectKind.ASSET)[0]
        assert [(row.reason, row.printer, who) for row, who in label_jobs.prints_of(s, [code])] == [
            ("torn", "三楼 M405", "薄一鸣"),
            (None, "三楼 M405", "薄一鸣"),
        ]


@pytest.mark.proves("S4.1-R1", "S4.1-R6")
def test_blank_labels_are_printed_ahead_and_claimed_by_scanning_them_on_site(browser: Browser, server: Server, live_office: Office) -> None:
    made = live_office.do(assets.RegisterAsset(number="ZC-7", name="文件柜"), live_office.bo)
    live_office.do(labels.IssueLabel(subject_kind=SubjectKind.ASSET, subject_id=made["asset_id"]), live_office.bo)
    page = desk(browser, server, "bo", "/desk/labels?source=blank&template=62x29")
    page.locator("input[data-test=blank-count]").fill("0")
    page.locator("[data-test=make-blanks]").click()
    expect(page.get_by_text("请写 1 到")).to_be_visible()
    page.locator("input[data-test=blank-count]").fill("2")
    page.locator("[data-test=make-blanks]").click()
    expect(page.locator(".labelrow")).to_have_count(2)
    texts = [proof.read_codes(image)[0] for image in proof.page_images(printed(page))]
    assert len(texts) == 2
    code = labels.read_code(texts[0])

    phone = browser.new_context(**PHONE, locale="zh-CN").new_page()
    sign_in(phone, server, "bo")
    phone.goto(f"{server.url}/8004/6912345{code}")  # printed as a Digital Link it would open the same page
    phone.get_by_label("名称、编号、序列号").fill("文件")
    phone.get_by_role("button", name="贴在这件上").click()
    expect(phone.get_by_role("alertdialog")).to_contain_text("文件柜")  # it has a label already: asked first
    phone.get_by_role("alertdialog").get_by_role("button", name="贴在这件上").click()
    expect(phone.locator(".thing__title")).to_have_text("文件柜")
    with database.reading() as s:
        label = labels.known(s, code)
        assert (label.state, str(label.subject_id)) == (LabelState.ACTIVE, str(made["asset_id"]))
    stranger = browser.new_context(**PHONE, locale="zh-CN").new_page()
    stranger.goto(f"{server.url}/s/{labels.read_code(texts[1])}")
    expect(stranger.locator("body")).not_to_contain_text("还没用上")  # a stranger learns nothing of a blank label

"""Stock-takes as the office settles them: the desk in a real browser, beside phones that count."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from assets_labels import proof
from core.foundation import clock
from core.mechanisms import devices, people
from core.sections import assets, stocktakes
from tests.cast import Office
from tests.live import DESK, Server, sign_in
from tests.stocktakes.stage import Phone, Stage, send

pytestmark = pytest.mark.browser


def photograph(page: Page, name: str) -> None:
    """Keep a picture where FOYER_SCREENSHOTS points to, for people to look at."""
    if os.environ.get("FOYER_SCREENSHOTS"):
        page.screenshot(path=Path(os.environ["FOYER_SCREENSHOTS"]) / f"{name}.png")


def desk(browser: Browser, server: Server, who: str, path: str, language: str = "zh-Hans") -> Page:
    context = browser.new_context(**DESK, locale="zh-CN" if language != "en" else "en-GB", extra_http_headers={"Accept-Language": language})
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    sign_in(page, server, who)
    page.goto(server.url + path)
    return page


def figure(page: Page, name: str) -> Any:
    return page.locator(f"[data-figure={name}] b")


@pytest.fixture
def counted(live_office: Office) -> tuple[Stage, UUID, Phone]:
    """Room 301 and 302 with 24 things: 20 matched, one moved, one surplus with words, three not seen; Mei's phone has handed nothing in."""
    stage = Stage(live_office)
    names = ["投影仪", "人体工学椅", "笔记本电脑", "碎纸机", "会议平板"]
    things = [
        stage.asset(f"ZC-2026-{n:04}", "301" if n < 14 else "302", name=names[n % 5], spec=("CB-FH52", "震旦 A6", "ThinkPad T14", "C-628", "65 寸")[n % 5],
                    keeper=live_office.wu, value=4_860_00, net=2_026_00 + n)
        for n in range(24)
    ]  # fmt: skip
    session = stage.open("三楼")
    phone = stage.phone(live_office.mei, "林晓梅的手机")
    start = clock.now()
    batch = [
        phone.says(stage.count(session, thing, "301" if n < 14 else "302"), at=start + timedelta(seconds=n))
        for n, thing in enumerate(things[:20])
    ]
    batch.append(phone.says(stage.count(session, things[20], "305"), at=start + timedelta(seconds=40)))
    find = stocktakes.ReportFind(
        stocktake_id=session, place_id=live_office.places["305"], code="7K3M9QWY", description="饮水机 美的 YR1801"
    )
    batch.append(phone.says(find, at=start + timedelta(seconds=50)))
    assert all(outcome.ok for outcome in send(batch, at=start + timedelta(minutes=1)))
    return stage, session, phone


@pytest.mark.proves("S4.1-R6", "S4.1-R8", "T1", "Things 5")
def test_the_office_settles_a_count_from_the_first_difference_to_the_sealed_report(
    counted: tuple[Stage, UUID, Phone], server: Server, browser: Browser, tmp_path: Path
) -> None:
    stage, session, phone = counted
    assert phone.by.device_id is not None
    devices.note_contact(phone.by.device_id, clock.now(), highest_seq=phone.seq + 3)
    page = desk(browser, server, "ann", f"/desk/stocktakes/{session}")
    expect(page.locator("h1")).to_contain_text("已盘 21/24")
    expect(page.locator("[data-test=phones]")).to_contain_text("还有 3 条记录在手机里没传上来，林晓梅的手机 3 条")
    expect(page.locator("[data-test=why]")).to_contain_text("要先等 3 条记录传完")
    photograph(page, "review-counting")
    send([phone.says(stocktakes.HandInCounts(stocktake_id=session, last_seq=phone.seq), at=clock.now())])
    devices_seen = [
        phone.says(
            stocktakes.Count(stocktake_id=session, code=stage.things["ZC-2026-0021"].code, place_id=stage.office.places["302"]),
            at=clock.now(),
        )
    ]
    devices_seen.append(phone.says(stocktakes.HandInCounts(stocktake_id=session, last_seq=phone.seq), at=clock.now()))
    with server.client("mei") as client:  # through the server, so that the open page is told
        for request in devices_seen:
            send([request])
        client.get("/api/v1/session")
    server.post(stocktakes.RemindCounters(stocktake_id=session), by="ann")
    expect(page.locator("[data-test=phones]")).to_have_count(0, timeout=10_000)
    expect(page.locator("h1")).to_contain_text("已盘 22/24")
    page.locator("[data-test=close]").click()
    expect(page.locator("h1")).to_contain_text("4 条差异，还有 4 条没处理")
    assert [figure(page, name).inner_text() for name in ("expected", "matched", "moved", "missing", "surplus")] == [
        "24",
        "21",
        "1",
        "2",
        "+1",
    ]
    photograph(page, "review-differences")
    expect(page.locator("[data-test=foot]")).to_contain_text("批准要由没参加盘点的文员或领导来做")
    lines = page.locator("tr[data-test=line]")
    for index in range(4):
        line = lines.nth(index)
        line.get_by_role("radio", name="同意").click()
        expect(page.locator("[data-test=foot]")).to_contain_text(f"已处理 {index + 1} 条")
    expect(page.locator("h1")).to_contain_text("4 条差异都处理了")
    leader = desk(browser, server, "chen", f"/desk/stocktakes/{session}")
    expect(leader.locator("[data-test=foot]")).to_contain_text("您没有参加这次盘点，可以审批")
    photograph(leader, "review-approve")
    leader.locator("[data-test=approve]").click()
    leader.get_by_role("alertdialog").get_by_role("button", name="批准并结案").click()
    expect(leader.locator("h1")).to_contain_text("已批准")
    with leader.expect_download() as download:
        leader.locator("[data-test=report-pdf]").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    photograph(leader, "review-approved")
    moved = stage.office.read(assets.get, stage.things["ZC-2026-0020"].id)
    assert moved.place_id == stage.office.places["305"]
    expect(page.locator("h1")).to_contain_text("已批准")
    assert [figure(page, name).inner_text() for name in ("matched", "moved", "missing", "surplus")] == ["21", "1", "2", "+1"]


@pytest.mark.proves("S4.1-R6")
def test_opening_says_how_much_the_book_expects_before_anything_is_opened(live_office: Office, server: Server, browser: Browser) -> None:
    stage = Stage(live_office)
    for n in range(7):
        stage.asset(f"ZC-{n}", "301")
    page = desk(browser, server, "ann", "/desk/stocktakes")
    expect(page.get_by_text("还没有盘点")).to_be_visible()
    photograph(page, "list-empty")
    page.get_by_role("button", name="开始盘点").first.click()
    expect(page.get_by_role("button", name="先选地方")).to_be_visible()
    page.locator("[data-test=places]").click()
    page.get_by_role("option", name="本部 › 三楼", exact=True).click()
    expect(page.locator("[data-test=expected]")).to_have_text("要盘 7 条，价值 3,500.00 元")
    page.keyboard.press("Escape")
    photograph(page, "open-dialog")
    page.locator("[data-test=start]").click()
    expect(page.locator("h1")).to_contain_text("三楼：已盘 0/7")
    page.goto(server.url + "/desk/stocktakes")
    expect(page.locator(".session")).to_contain_text("0/7")
    photograph(page, "list")


def test_the_review_speaks_english(counted: tuple[Stage, UUID, Phone], server: Server, browser: Browser) -> None:
    stage, session, _phone = counted
    stage.close(session, override_reason="test")
    stage.office.do(people.SetLanguage(language="en"), stage.office.chen)
    page = desk(browser, server, "chen", f"/desk/stocktakes/{session}", "en")
    expect(page.locator("h1")).to_contain_text("5 differences, 5 still to settle")
    photograph(page, "review-en")
    page.goto(server.url + "/desk/stocktakes")
    photograph(page, "list-en")


@pytest.mark.proves("Things 1", "S4.1-R1", "T16")
def test_a_sheet_starts_at_the_cell_that_is_clicked_and_the_next_one_goes_on_there(
    live_office: Office, server: Server, browser: Browser
) -> None:
    stage = Stage(live_office)
    for n in range(25):
        stage.asset(
            f"ZC-{n:02}", "301", name=("投影仪 爱普生", "人体工学椅", "笔记本电脑", "㐂字摆件𠮷龘", "会议平板")[n % 5], spec=f"型号 {n}"
        )
    page = desk(browser, server, "bo", "/desk/labels?template=L7160")
    photograph(page, "labels-choose")
    page.locator("[data-test=take-all]").click()
    expect(page.locator("h1")).to_have_text("这张纸从哪一格开始印？")
    page.get_by_role("button", name="第 6 格").click()
    expect(page.locator("[data-test=sum]")).to_contain_text("一共 2 张纸")
    expect(page.locator("[data-test=sum]")).to_contain_text("第 1 张：第 6 到 21 格，16 张标签")
    expect(page.locator("[data-test=loopback]")).to_contain_text("只有这台电脑打得开")
    photograph(page, "labels-sheet")
    with page.expect_download(timeout=60_000) as download:
        page.locator("[data-test=make]").click()
    pdf = download.value.path().read_bytes()
    read = [code for image in proof.page_images(pdf) for code in proof.read_codes(image) if len(code) == 8]
    assert sorted(read) == sorted(thing.code for thing in stage.things.values())
    expect(page.get_by_text("要印哪些标签？").first).to_be_visible()
    page.goto(server.url + "/desk/labels?template=L7160&printed=1")
    page.locator("[data-test=take-all]").click()
    expect(page.locator(".cell--first")).to_contain_text("从第 10 格开始")
    expect(page.locator(".labelpage__log")).to_contain_text("薄一鸣")
    response = page.request.get(server.url + "/desk/labels/test-page?paper=L7160")
    assert response.ok and response.body().startswith(b"%PDF-")

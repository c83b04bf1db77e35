"""A count from the form that opens it to the second counter, and keepers who confirm their own list on their phones: in a real browser."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from core.foundation import clock
from core.mechanisms import devices
from core.sections import stocktakes
from tests.cast import Office
from tests.live import PHONE, Server, sign_in
from tests.stocktakes.stage import Stage, send
from tests.stocktakes.test_desk import desk, photograph

pytestmark = pytest.mark.browser


def phone(browser: Browser, server: Server, who: str, path: str, language: str = "zh-Hans") -> Page:
    context = browser.new_context(
        **PHONE, locale="zh-CN" if language != "en" else "en-GB", extra_http_headers={"Accept-Language": language}
    )
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    sign_in(page, server, who)
    page.goto(server.url + path)
    return page


@pytest.mark.proves("S4.1-R6", "T1")
def test_a_guided_form_opens_a_count_and_progress_names_persons_places_and_what_a_phone_holds_back(
    live_office: Office, server: Server, browser: Browser
) -> None:
    stage, office = Stage(live_office), live_office
    names = ("投影仪 爱普生", "人体工学椅", "笔记本电脑", "碎纸机")
    things = [
        stage.asset(f"ZC-2026-{n:04}", ("301", "302")[n % 2], name=names[n % 4], value=(n + 1) * 1_000_00, keeper=office.wu)
        for n in range(12)
    ]
    page = desk(browser, server, "ann", "/desk/stocktakes?new=1")
    expect(page.locator("[data-test=start]")).to_contain_text("先选地方")
    page.locator("[data-test=narrower] summary").click()
    page.get_by_label("价值从（元）").fill("3000")
    expect(page.locator("[data-test=expected]")).to_have_text("要盘 10 条，价值 75,000.00 元")
    page.get_by_role("radio", name="抽几件").click()
    expect(page.locator("[data-test=start]")).to_contain_text("先说抽多少")
    page.get_by_label("抽多少").fill("4")
    expect(page.locator("[data-test=expected]")).to_contain_text("要盘 4 条")
    expect(page.locator("[data-test=expected]")).to_contain_text("从 10 条里抽")
    photograph(page, "open-guided")
    page.get_by_role("radio", name="全部盘").click()
    page.locator("[data-test=counters]").click()
    page.get_by_role("option", name="林晓梅").click()
    page.keyboard.press("Escape")
    page.locator("[data-test=counter-where]").click()  # 林晓梅盘哪里: one room only
    page.get_by_role("option", name="301 听雨厅").click()
    page.keyboard.press("Escape")
    page.get_by_label("名称").fill("贵重物品盘点")
    photograph(page, "open-guided-foot")
    page.locator("[data-test=start]").click()
    expect(page.locator("h1")).to_contain_text("贵重物品盘点：已盘 0/10")
    expect(page.locator("[data-test=person-progress]")).to_contain_text("林晓梅")
    session = UUID(page.url.rsplit("/", 1)[1].split("?")[0])
    asked = live_office.read(stocktakes.counters_of, session)
    assert [(one.person_id, one.place_id) for one in asked] == [(office.mei.person_id, office.places["301"])]

    mei = stage.phone(office.mei, "林晓梅的手机")
    batch = [mei.says(stage.count(session, thing, ("301", "302")[n % 2]), at=clock.now()) for n, thing in enumerate(things) if n >= 4]
    batch += [mei.says(stage.count(session, things[2], "305"), at=clock.now())]
    send(batch)
    assert mei.by.device_id is not None
    devices.note_contact(mei.by.device_id, clock.now(), highest_seq=mei.seq + 3)
    server.post(stocktakes.RemindCounters(stocktake_id=session), by="ann")
    expect(page.locator("[data-test=person-progress]")).to_contain_text("盘了 9 件")
    expect(page.locator("[data-test=person-progress]")).to_contain_text(f"第 {mei.seq + 1}–{mei.seq + 3} 条报过还没收到")
    expect(page.locator("[data-test=phones]")).to_contain_text(f"{mei.seq + 1}–{mei.seq + 3}")
    photograph(page, "review-progress")


@pytest.mark.proves("S4.1-R6", "S4.1-R7")
def test_a_keeper_confirms_the_list_with_one_tap_each_and_says_where_things_are(
    live_office: Office, server: Server, browser: Browser, tmp_path: Path
) -> None:
    stage, office = Stage(live_office), live_office
    for n, name in enumerate(("笔记本电脑 ThinkPad", "投影仪 爱普生", "录音笔", "人体工学椅")):
        stage.asset(f"WU-{n}", "301" if n < 3 else None, name=name, keeper=office.wu)
    opened = office.do(stocktakes.OpenStocktake(kind="asset", mode="self", title="年末自盘", value_from_cents=0), office.ann)
    session = UUID(opened["stocktake_id"])
    page = phone(browser, server, "wu", "/my")
    page.get_by_role("link", name="确认我保管的东西").click()
    mine = page.locator("[data-test=mine]")
    expect(mine).to_have_count(4)
    photograph(page, "mycount-start")
    for width in (390, 320):  # three answers under the thumb, side by side where they fit, never over the edge
        page.set_viewport_size({"width": width, "height": 844})
        boxes = [box for act in ("here", "elsewhere", "absent") if (box := mine.first.locator(f"[data-test={act}]").bounding_box())]
        assert len(boxes) == 3 and all(box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes), boxes
        assert width == 320 or len({round(box["y"]) for box in boxes}) == 1, boxes
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("[data-number=WU-0] [data-test=here]").click()
    expect(page.locator("[data-number=WU-0]")).to_contain_text("您说：在301 听雨厅")
    expect(page.get_by_role("heading", name="年末自盘，还有 3 件没答")).to_be_visible()
    page.locator("[data-number=WU-1] [data-test=elsewhere]").click()
    photograph(page, "mycount-form")
    page.locator("[data-test=save]").click()
    expect(page.get_by_text("先选地方")).to_be_visible()
    page.locator("[data-test=where]").click()
    page.get_by_role("option", name="305 小谈室").click()
    page.get_by_role("radio", name="有损坏").click()
    page.get_by_label("说一句（可不填）").fill("借给会议")
    page.locator("[data-test=save]").click()
    expect(page.locator("[data-number=WU-1]")).to_contain_text("您说：在305 小谈室")
    page.locator("[data-number=WU-2] [data-test=absent]").click()
    page.locator("[data-test=save]").click()
    expect(page.locator("[data-number=WU-2]")).to_contain_text("您说：没有")
    photograph(page, "mycount-answered")
    results = {line.number: (line.result.value, line.condition, line.found_place) for line in stage.review(session).lines}
    assert results["WU-0"][0] == "matched" and results["WU-1"] == ("moved", "damaged", "305 小谈室") and results["WU-2"][0] == "missing"
    assert results["WU-3"][0] == "not_counted"
    stranger = phone(browser, server, "mei", "/my/count", "en")
    expect(stranger.locator("[data-test=mine]")).to_have_count(0)
    photograph(stranger, "mycount-none")

"""A safety round as people do it: walked with a phone where there is no network, one point fails, somebody fixes it, somebody else looks
again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from core.foundation import clock
from core.foundation.ids import uuid7
from core.mechanisms import attachments, duties
from core.sections import inspections
from tests.cast import PASSWORD, Office
from tests.floor.camera import film
from tests.floor.conftest import CHROMIUM, FLAGS, PHONE, controlled, ready, unsent, until
from tests.floor.office import Line
from tests.floor.test_count import attach, jpeg
from tests.inspections.conftest import plan_round
from tests.live import DESK, Server, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.camera]


def sign(page: Page) -> None:
    """Draw a line in the signature field and finish."""
    pad = page.get_by_test_id("signature").bounding_box()
    assert pad
    page.mouse.move(pad["x"] + 40, pad["y"] + 60)
    page.mouse.down()
    page.mouse.move(pad["x"] + 180, pad["y"] + 130, steps=6)
    page.mouse.up()
    page.get_by_test_id("signed").click()


def walk_the_round(page: Page) -> None:
    """The camera reads the first point's label; its gauge fails, the rest is good; the second point takes one tap; sign."""
    page.get_by_test_id("inspection").click()
    expect(page.get_by_test_id("arrived")).to_be_visible()
    for question in page.get_by_test_id("question").all():
        question.get_by_test_id("answer-fail" if question.get_attribute("data-id") == "gauge" else "answer-pass").click()
    expect(page.get_by_test_id("next")).to_have_attribute("aria-disabled", "true")  # no photo, no note: it does not go on
    attach(page, "photo", jpeg(600, noisy=True))
    page.get_by_test_id("note").fill("指针到红区")
    page.get_by_test_id("next").click()
    page.get_by_test_id("all-good").click()
    page.get_by_test_id("finish").click()
    sign(page)
    expect(page.get_by_test_id("round-finished")).to_be_visible()


def my_duties(browser: Browser, server: Server, account: str) -> Page:
    page = browser.new_context(**PHONE, permissions=["camera"]).new_page()
    page.set_default_timeout(15_000)
    sign_in(page, server, account)
    page.goto(f"{server.url}/my/duties")
    return page


@pytest.mark.proves("Floor 3", "Floor 4", "S4.2-R3", "S4.2-R4", "O15", "X2")
def test_a_round_with_a_failed_point_is_fixed_and_verified_by_another_person(
    live_office: Office, server: Server, browser: Browser, playwright: Playwright, tmp_path: Path
) -> None:
    round_ = plan_round(live_office)
    reel = film(tmp_path / "film.y4m", [(f"{server.url}/S/{round_.codes[0]}".upper(), 1.0), (None, 20.0)])
    args = [*FLAGS, f"--use-file-for-fake-video-capture={reel}"]
    context = playwright.chromium.launch_persistent_context(str(tmp_path / "profile"), executable_path=CHROMIUM, args=args, **PHONE)
    line = Line(int(server.url.rpartition(":")[2]))
    try:
        phone = context.pages[0] if context.pages else context.new_page()
        phone.set_default_timeout(20_000)
        phone.goto(f"http://127.0.0.1:{line.port}/m/")
        ready(phone)
        phone.get_by_test_id("account").fill("sun")
        phone.get_by_test_id("password").fill(PASSWORD)
        phone.get_by_test_id("signin").click()
        phone.wait_for_selector("[data-screen=Home]")
        controlled(phone)
        line.close()
        walk_the_round(phone)
        assert unsent(phone) > 10 and live_office.read(inspections.runs, live_office.sun) == []
        line.open()
        until(phone, lambda: unsent(phone) == 0, "the round is sent", 30)
        until(
            phone,
            lambda: [run.evidence_pending for run in live_office.read(inspections.runs, live_office.sun)] == [0],
            "photo and signature are stored",
            30,
        )
    finally:
        context.close()
        line.stop()

    [run] = live_office.read(inspections.runs, live_office.sun)
    assert (run.result, run.fails, run.skipped, run.late) == ("fail", 1, 0, False)
    report = live_office.read(inspections.report, run.id, live_office.sun)
    assert [line.level for line in report.points[0].answers] == [1] * 7  # the label was read on site
    [duty] = live_office.read(duties.everything, live_office.sun, clock.now())
    assert duty.owner == "吴桐" and duty.title == "三楼东楼梯口：压力表指针在绿区，不合格"
    photo = next(line.photos[0] for line in report.points[0].answers if line.answer == "fail")
    assert live_office.read(attachments.known, photo).media_type == "image/jpeg"

    # who owns it says it is done, with a photo from the camera
    fixer = my_duties(browser, server, "wu")
    fixer.get_by_text("压力表指针在绿区").click()
    expect(fixer.get_by_text("指针到红区")).to_be_visible()
    expect(fixer.locator(".thumb img").first).to_have_js_property("complete", True)
    fixer.get_by_role("button", name="报完成").click()
    expect(fixer.get_by_text("请写一句怎么处理的")).to_be_visible()
    fixer.get_by_label("说明").fill("换了新瓶")
    fixer.get_by_role("button", name="报完成").click()
    expect(fixer.locator(".pill", has_text="待复查")).to_be_visible()
    expect(fixer.get_by_text("办的人不能自己复查")).to_be_visible()
    body = {"op_id": str(uuid7()), "kind": "duty.verify", "payload": {"duty_id": str(duty.id)}}
    with server.client("wu") as client:
        answer: httpx.Response = client.post("/api/v1/operations", json=body)
    assert answer.status_code == 403
    fixer.context.close()

    # another person looks
    other = my_duties(browser, server, "chen")
    other.get_by_text("压力表指针在绿区").click()
    other.get_by_role("button", name="复查通过").click()
    expect(other.locator(".pill", has_text="已复查")).to_be_visible()
    other.context.close()
    assert [event.what for event in live_office.read(duties.history, duty.id)] == ["opened", "completed", "verified"]

    # the desk sees all of it
    desk: Any = browser.new_context(**DESK).new_page()
    desk.set_default_timeout(15_000)
    sign_in(desk, server, "sun")
    desk.goto(f"{server.url}/desk/inspections/{round_.id}")
    expect(desk.locator(".yearbox--fail")).to_have_count(1)
    expect(desk.locator(".yearbox--pass")).to_have_count(1)
    expect(desk.locator(".yearbox--blank").first).to_be_visible()  # the months before were never done, and stay blank
    desk.locator(".yearbox--fail").click()
    expect(desk.locator("li.item", has_text="压力表指针在绿区").locator(".thumb img")).to_be_visible()
    desk.get_by_role("link", name="看整改").click()
    expect(desk.locator(".peek .trail li")).to_have_count(3)
    expect(desk.locator(".peek .trail")).to_contain_text("复查通过")
    desk.context.close()

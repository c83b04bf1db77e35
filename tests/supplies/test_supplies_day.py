"""A day of supplies, as people do it: they arrive, are labelled, are taken with a phone in a store room without a network, and the ledger
is right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from core.sections import supplies
from tests.cast import PASSWORD, Office
from tests.floor.camera import film
from tests.floor.conftest import CHROMIUM, FLAGS, PHONE, controlled, ready, unsent, until
from tests.floor.office import Line
from tests.live import DESK, Server, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.camera]


@pytest.fixture
def phone_with_film(playwright: Playwright, tmp_path: Path) -> Iterator[Any]:
    """A phone whose camera shows these codes, one after the other, round and round."""
    started: list[BrowserContext] = []

    def start(shots: list[tuple[str | None, float]]) -> Page:
        reel = film(tmp_path / "film.y4m", shots)
        args = [*FLAGS, f"--use-file-for-fake-video-capture={reel}"]
        context = playwright.chromium.launch_persistent_context(str(tmp_path / "profile"), executable_path=CHROMIUM, args=args, **PHONE)
        started.append(context)
        page = context.pages[0] if context.pages else context.new_page()
        page.set_default_timeout(20_000)
        return page

    yield start
    for context in started:
        context.close()


def fill(page: Page, label: str, text: str) -> None:
    page.locator(".dialog").get_by_label(re.compile(f"^{label}")).fill(text)


def register_and_receive(page: Page) -> str:
    """At the desk: register pens, receive 96 good and 4 broken ones; answers the label's code."""
    page.get_by_role("button", name="登记用品").click()
    fill(page, "品名", "中性笔")
    fill(page, "规格", "0.5 黑")
    fill(page, "单位", "支")
    fill(page, "最低", "90")
    fill(page, "每人限", "5")
    page.get_by_role("button", name="登记并出标签").click()
    peek = page.locator(".peek")
    code = peek.locator(".code").first.inner_text().replace("-", "")
    peek.get_by_role("button", name="入库").click()
    fill(page, "合格数量", "96")
    fill(page, "不合格、退回", "4")
    page.locator(".dialog .button--main").click()
    expect(page.locator(".dialog")).to_contain_text("这里要填")  # four refused pieces need a reason
    fill(page, "原因", "笔尖断了")
    page.locator(".dialog .button--main").click()
    expect(peek).to_contain_text("96 支")
    return code


def printed_code(server: Server, code: str) -> str:
    """Print the label on a sheet, look at the paper with an independent decoder; answers what its QR says."""
    with server.client("bo") as client:
        answer = client.post("/api/v1/label-sheets", json={"template": "A4-24", "start": 5, "codes": [code], "language": "zh-Hans"})
    assert answer.status_code == 200, answer.text
    page = pypdfium2.PdfDocument(answer.content)[0]
    found = zxingcpp.read_barcodes(page.render(scale=300 / 72).to_pil(), formats=zxingcpp.BarcodeFormat.QRCode)
    assert "中性笔" in page.get_textpage().get_text_range()
    return next(one.text for one in found)


@pytest.mark.proves("Office 5", "S1.2-R6", "S1.2-R8", "X2")
def test_supplies_arrive_are_labelled_are_taken_with_a_phone_and_the_ledger_is_right(
    live_office: Office, server: Server, browser: Any, phone_with_film: Any
) -> None:
    desk: Page = browser.new_context(**DESK).new_page()
    desk.set_default_timeout(15_000)
    sign_in(desk, server, "bo")
    desk.goto(f"{server.url}/desk/supplies")
    code = register_and_receive(desk)
    text = printed_code(server, code)
    assert re.fullmatch(rf"HTTPS?://[^/]+/S/{code}", text)

    phone: Page = phone_with_film([(text, 1.0), (None, 30.0)])
    line = Line(int(server.url.rpartition(":")[2]))  # what the phone is connected by; it can be cut
    phone.goto(f"http://127.0.0.1:{line.port}/m/")
    ready(phone)
    phone.get_by_test_id("account").fill("mei")
    phone.get_by_test_id("password").fill(PASSWORD)
    phone.get_by_test_id("signin").click()
    phone.wait_for_selector("[data-screen=Home]")
    controlled(phone)
    line.close()
    phone.get_by_test_id("collect").click()
    expect(phone.get_by_test_id("basket-line")).to_contain_text("中性笔")
    phone.get_by_test_id("quantity").fill("8")
    expect(phone.get_by_test_id("take")).to_have_attribute("aria-disabled", "true")  # the limit is five: it asks why
    phone.get_by_test_id("reason").fill("培训班用")
    phone.get_by_test_id("take").click()
    expect(phone.get_by_test_id("took")).to_be_visible()
    assert unsent(phone) == 1
    phone.reload()
    ready(phone)
    supply = live_office.read(supplies.by_code, code)
    assert live_office.read(supplies.on_hand, supply.id) == 96  # nobody but the phone knows yet
    line.open()
    until(phone, lambda: unsent(phone) == 0, "the taking is sent")

    lines = live_office.read(supplies.ledger, supply.id)
    assert [(line.kind, line.quantity, line.balance, line.to_person, line.reason, line.over_limit) for line in lines] == [
        ("issue", -8, 88, "林晓梅", "培训班用", True), ("receive", 96, 96, "", "笔尖断了", False),
    ]  # fmt: skip
    expect(desk.locator(".pill", has_text="该补了").first).to_be_visible()  # the desk's list noticed by itself: 88 is below 90
    desk.get_by_role("link", name="看全部台账").click()
    row = desk.locator("tbody tr").first
    expect(row).to_contain_text("−8")
    expect(row).to_contain_text("88")
    expect(row).to_contain_text("林晓梅")
    desk.context.close()
    line.stop()

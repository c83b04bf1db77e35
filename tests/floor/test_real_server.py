"""The phone and the real server together: what is counted, collected and inspected offline is in the books afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from core.mechanisms import attachments
from core.mechanisms.operations import OperationRow
from core.sections import stocktakes, supplies
from tests.cast import PASSWORD, Office
from tests.floor.conftest import PHONE, controlled, ready, type_code, unsent, until
from tests.floor.office import Line
from tests.floor.test_count import attach, jpeg
from tests.inspections.conftest import plan_round
from tests.live import Server
from tests.stocktakes.stage import Stage
from tests.supplies.test_ledger import pens

pytestmark = pytest.mark.browser


class Phone:
    """A phone before the real server, on a line that can be cut."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.line = Line(int(server.url.rpartition(":")[2]))
        self.base = f"http://127.0.0.1:{self.line.port}"
        self.problems: list[str] = []
        self.context = browser.new_context(**PHONE)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def sign_in(self, account: str) -> Page:
        self.page.goto(f"{self.base}/m/")
        ready(self.page)
        self.page.get_by_test_id("account").fill(account)
        self.page.get_by_test_id("password").fill(PASSWORD)
        self.page.get_by_test_id("signin").click()
        self.page.wait_for_selector("[data-screen=Home]")
        return self.page

    def close(self) -> None:
        self.context.close()
        self.line.stop()
        assert self.problems == [], self.problems


@pytest.fixture
def phone(phone_browser: Browser, server: Server) -> Iterator[Phone]:
    made = Phone(phone_browser, server)
    yield made
    made.close()


def kinds(office: Office) -> list[tuple[str, str]]:
    """Kind and outcome of every operation a phone sent, by its number."""

    def read(s: Any) -> list[tuple[str, str]]:
        query = select(OperationRow).where(OperationRow.device_seq.is_not(None)).order_by(OperationRow.device_seq)  # type: ignore[union-attr,arg-type]
        return [(row.kind, row.status) for row in s.execute(query).scalars()]

    return list(office.read(read))


@pytest.mark.proves("Things 4", "Things 5", "S3.1-R7", "X2", "T2")
def test_a_count_in_the_cellar_is_in_the_review_once_the_network_is_back(live_office: Office, server: Server, phone: Phone) -> None:
    stage = Stage(live_office)
    here, moved = stage.asset("BG-1", "302"), stage.asset("BG-2", "301", name="饮水机")
    stage.asset("BG-3", "302", name="书柜")
    stocktake = stage.open("三楼")
    live_office.do(stocktakes.OpenStocktake(kind="asset", title="电脑", class_codes=("A020101",), mode="open"), live_office.ann)
    page = phone.sign_in("mei")
    controlled(page)
    phone.line.close()
    # a count of a class names no place: its things may stand in any room, so every room is offered
    page.get_by_test_id("stocktake").filter(has_text="电脑").click()
    page.get_by_test_id("place").click()
    expect(page.get_by_test_id("place-row").filter(has_text="302")).to_be_visible()
    page.goto(f"{phone.base}/m/#/")
    page.get_by_test_id("stocktake").filter(has_text="三楼").click()
    page.get_by_test_id("place").click()
    page.get_by_test_id("place-row").filter(has_text="302").click()
    type_code(page, here.code)
    type_code(page, here.code)
    type_code(page, moved.code)
    expect(page.get_by_test_id("row").filter(has_text="饮水机")).to_have_attribute("data-question", "moved")
    page.get_by_test_id("find").click()
    attach(page, "find-photo", jpeg(400, noisy=True))
    page.get_by_test_id("find-text").fill("黑色转椅，靠窗")
    page.get_by_test_id("find-save").click()
    page.get_by_test_id("done-here").click()
    page.get_by_test_id("dialog-act").click()
    expect(page.get_by_test_id("place-row").first).to_be_visible()  # the hand-in is on the disk
    page.reload()
    ready(page)
    expect(page.get_by_test_id("unsent")).to_have_attribute("data-count", "4")
    phone.line.open()
    until(page, lambda: unsent(page) == 0, "everything is sent")
    expect(page.get_by_test_id("refused")).to_have_count(0)
    assert kinds(live_office) == [
        ("stocktake.count", "accepted"),
        ("stocktake.count", "accepted"),
        ("stocktake.report_find", "accepted"),
        ("stocktake.hand_in", "accepted"),
    ]
    lines = {line.number: line.result for line in stage.review(stocktake).lines if line.number}
    assert lines["BG-1"] == stocktakes.Result.MATCHED
    assert lines["BG-2"] == stocktakes.Result.MOVED
    until(
        page,
        lambda: bool(live_office.read(lambda s: s.scalar(select(func.count()).select_from(attachments.Attachment)))),
        "the photo is stored",
    )


@pytest.mark.proves("Office 5", "S1.2-R6")
def test_supplies_collected_on_the_phone_leave_the_shelf_of_the_real_office(live_office: Office, server: Server, phone: Phone) -> None:
    supply_id, code = pens(live_office, 20)
    page = phone.sign_in("mei")
    page.get_by_test_id("collect").click()
    type_code(page, code)
    page.get_by_test_id("quantity").fill("3")
    page.get_by_test_id("for-whom").click()
    page.get_by_test_id("whom").fill("吴")
    page.get_by_test_id("whom-hit").click()
    page.get_by_test_id("take").click()
    until(page, lambda: live_office.read(supplies.on_hand, supply_id) == 17, "three pens fewer")
    until(page, lambda: unsent(page) == 0, "the phone knows")
    expect(page.get_by_test_id("refused")).to_have_count(0)


@pytest.mark.proves("Floor 3", "S4.2-R3", "S4.2-R4", "X2")
def test_a_round_with_a_fail_is_closed_on_the_real_server_with_photo_and_signature(
    live_office: Office, server: Server, phone: Phone
) -> None:
    planned = plan_round(live_office)
    page = phone.sign_in("sun")
    controlled(page)
    phone.line.close()
    page.get_by_test_id("inspection").first.click()
    type_code(page, planned.codes[0])
    questions = page.get_by_test_id("question")
    for number in range(questions.count()):
        question = questions.nth(number)
        if question.get_by_test_id("answer-pass").count():
            question.get_by_test_id("answer-fail" if number == 0 else "answer-pass").click()
    attach(page, "photo", jpeg(300, noisy=True))
    page.get_by_test_id("note").fill("指针在红区")
    page.get_by_test_id("next").click()
    page.get_by_test_id("all-good").click()
    page.get_by_test_id("finish").click()
    pad = page.get_by_test_id("signature").bounding_box()
    assert pad
    page.mouse.move(pad["x"] + 40, pad["y"] + 60)
    page.mouse.down()
    page.mouse.move(pad["x"] + 160, pad["y"] + 140, steps=5)
    page.mouse.up()
    page.get_by_test_id("signed").click()
    expect(page.get_by_test_id("round-finished")).to_be_visible()
    phone.line.open()
    until(page, lambda: unsent(page) == 0, "the round is sent")
    said = kinds(live_office)
    assert {status for _, status in said} == {"accepted"}, said
    assert said[0][0] == "inspection.start" and said[-1][0] == "inspection.finish"
    until(
        page,
        lambda: live_office.read(lambda s: s.scalar(select(func.count()).select_from(attachments.Attachment))) == 2,
        "photo and signature are stored",
    )

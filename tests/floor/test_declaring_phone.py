"""What a phone can say in a count beside a scan: how a thing looks, "I have it", "not there", and the second count of a difference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.sections import stocktakes
from tests.cast import PASSWORD, Office
from tests.floor.conftest import PHONE, count_in, ready, type_code, unsent, until
from tests.live import Server
from tests.stocktakes.stage import Stage

pytestmark = pytest.mark.browser


@pytest.fixture
def phone_of(phone_browser: Browser, server: Server) -> Iterator[Any]:
    contexts = []

    def enter(account: str) -> Page:
        context = phone_browser.new_context(**PHONE)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(f"{server.url}/m/")
        ready(page)
        page.get_by_test_id("account").fill(account)
        page.get_by_test_id("password").fill(PASSWORD)
        page.get_by_test_id("signin").click()
        page.wait_for_selector("[data-screen=Home]")
        return page

    yield enter
    for context in contexts:
        context.close()


def line_of(stage: Stage, stocktake: Any, number: str) -> Any:
    return next(line for line in stage.review(stocktake).lines if line.number == number)


@pytest.mark.proves("Things 5", "T5", "S4.1-R6")
def test_a_keeper_answers_from_the_list_and_says_how_a_thing_looks(live_office: Office, server: Server, phone_of: Any) -> None:
    stage = Stage(live_office)
    chair = stage.asset("BG-1", "302", keeper=live_office.mei)
    stage.asset("BG-2", "302", name="书柜", keeper=live_office.mei)
    stage.asset("BG-3", "302", name="碎纸机", keeper=live_office.wu)
    stocktake = stage.open("三楼", mode="self")
    page = phone_of("mei")
    count_in(page, "302")
    type_code(page, chair.code)
    page.get_by_test_id("row").get_by_role("button").first.click()
    page.get_by_test_id("condition-damaged").click()
    page.get_by_test_id("left").click()
    expect(page.get_by_test_id("left-line")).to_have_count(1)  # hers alone, and not the one just scanned
    page.get_by_test_id("say-absent").click()
    expect(page.get_by_test_id("left-line")).to_have_count(0)
    until(page, lambda: unsent(page) == 0, "everything is up")
    expect(page.get_by_test_id("refused")).to_have_count(0)
    first, second = line_of(stage, stocktake, "BG-1"), line_of(stage, stocktake, "BG-2")
    assert (first.result, first.condition) == (stocktakes.Result.MATCHED, "damaged")
    assert [seen.answer for seen in second.seen] == ["absent"]

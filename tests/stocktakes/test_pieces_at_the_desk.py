"""Forty chairs at the desk: a number from paper, a second count by another person, and a leader who decides about several things at once."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect

from core.mechanisms import approvals
from core.sections import assets, stocktakes
from core.sections.stocktakes import CloseStocktake, DecideLine, Result
from tests.cast import Office
from tests.live import Server
from tests.stocktakes.stage import Stage
from tests.stocktakes.test_desk import desk, figure, photograph

pytestmark = pytest.mark.browser


@pytest.mark.proves("S4.1-R6", "S4.1-R7", "S4.1-R8", "S4.1-R10", "Things 6")
def test_chairs_are_entered_counted_again_by_another_person_and_approved_with_what_else_waits(
    live_office: Office, server: Server, browser: Browser
) -> None:
    office, stage = live_office, Stage(live_office)
    stage.asset("YZ-1", "302", name="会议椅", value=12_000_00, net=8_000_00, bulk=True, quantity=40, unit="把")
    old = [stage.asset(f"BF-{n}", "305", name="旧打印机", value=900_00) for n in (1, 2)]
    asked = [UUID(office.do(assets.RequestDisposal(asset_id=one.id, reason="坏了"), office.bo)["disposal_id"]) for one in old]
    session = stage.open("302")
    page = desk(browser, server, "bo", f"/desk/stocktakes/{session}")
    page.locator("[data-test=enter]").click()
    page.locator("[data-test=enter-code]").fill("YZ-1")
    page.locator("[data-test=enter-save]").click()
    expect(page.get_by_text("这一项按数量盘点，请填数量")).to_be_visible()
    page.locator("[data-test=enter-quantity]").fill("37")
    photograph(page, "pieces-enter")
    page.locator("[data-test=enter-save]").click()
    expect(page.locator("[data-test=entered]")).to_contain_text("YZ-1 会议椅：37")
    page.get_by_role("button", name="关上").click()
    expect(page.locator("[data-test=things]")).to_contain_text("按件合计 40 件：盘亏 3 件")
    page.locator(".chip").filter(has_text="差异").click()
    expect(page.locator("tr[data-test=line]")).to_contain_text("差异原值")
    page.locator("[data-test=recount]").click()
    page.locator("[data-test=recount-who]").click()
    expect(page.get_by_role("option", name=office.sun.name)).to_be_visible()
    expect(page.get_by_role("option", name=office.bo.name, exact=True)).to_have_count(0)  # who counted first is not offered
    page.get_by_role("option", name=office.sun.name).click()
    photograph(page, "pieces-recount")
    page.locator("[data-test=recount-go]").click()
    expect(page.locator("tr[data-test=line]")).to_contain_text(office.sun.name)
    again = stage.count(session, stage.things["YZ-1"], "302", 38)
    server.post(again, by="sun")
    expect(page.locator("tr[data-test=line][data-result=conflict]")).to_have_count(1, timeout=10_000)
    server.post(CloseStocktake(stocktake_id=session), by="bo")
    line = stage.line(session, "YZ-1")
    assert line.result == Result.CONFLICT and stocktakes.answers_of(line) == (37, 38)
    server.post(DecideLine(stocktake_id=session, line_id=line.line_id, decision="accept", quantity=38), by="bo")
    expect(figure(page, "missing")).to_have_text("1", timeout=10_000)

    leader = desk(browser, server, "chen", "/desk/approvals")
    expect(leader.locator("[data-test=pick]")).to_have_count(3)
    leader.locator("[data-test=pick-all]").click()
    photograph(leader, "together")
    leader.locator("[data-test=many-agree]").click()
    leader.locator("[data-test=many-why] textarea, textarea[data-test=many-why]").first.fill("年底一并处理")
    photograph(leader, "together-ask")
    with server.client("bo"):  # one of them is taken back while the leader reads
        waiting = office.read(lambda s: approvals.of(s, ("asset_disposal", asked[0])))
        assert waiting is not None
        server.post(approvals.WithdrawApproval(approval_id=waiting.id), by="bo")
    leader.locator("[data-test=many-go]").click()
    refused = leader.locator("[data-test=many-refused]")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("BF-1")
    photograph(leader, "together-refused")
    agreed = office.read(lambda s: approvals.of(s, ("asset_disposal", asked[1]), approvals.APPROVED))
    assert agreed is not None and office.read(approvals.steps_of, agreed.id)[0].note == "年底一并处理"
    assert stage.session(session).state == "approved" and stage.session(session).settled_reason == "年底一并处理"
    card = office.read(assets.get, stage.things["YZ-1"].id)
    assert (card.quantity, card.value_cents) == (38, 12_000_00 - 600_00)

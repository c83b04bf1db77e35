"""What a label opens: everything to a colleague, the office's name and "sign in" to a stranger (contract.md, Pages; SEC 4–6)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from core.mechanisms import labels
from core.mechanisms.labels import SubjectKind
from core.sections import supplies
from tests.cast import Office
from tests.live import PHONE, Server, sign_in
from tests.supplies.test_ledger import pens

pytestmark = pytest.mark.browser


@pytest.mark.proves("SEC 4", "SEC 6", "S3.1-R1")
def test_a_stranger_sees_the_office_and_the_way_in_and_not_whether_a_code_exists(live_office: Office, server: Server) -> None:
    _, code = pens(live_office, 20)
    pages = {}
    with server.client() as client:
        for one in (code, code.lower(), "7K3M9QWY", "7K3M9QWX", "x" * 200):
            answer = client.get(f"/S/{one}")
            assert answer.status_code == 200 and "中性笔" not in answer.text and "临江区机关事务中心" in answer.text
            pages[one] = "这是我们的标签" in answer.text or "This label is ours" in answer.text
    assert all(pages.values())


@pytest.mark.proves("Things 2", "S1.2-R8", "SEC 5")
def test_a_colleague_takes_pens_from_a_replaced_label_and_is_asked_why_above_the_limit(
    live_office: Office, server: Server, browser: Browser
) -> None:
    supply_id, code = pens(live_office, 20, limit=2)
    live_office.do(labels.ReplaceLabel(code=code, reason="撕坏了"), live_office.bo)
    context = browser.new_context(**PHONE)
    page = context.new_page()
    sign_in(page, server, "mei")
    page.goto(f"{server.url}/s/{code}")
    expect(page.get_by_text("换过新标签")).to_be_visible()
    page.get_by_role("button", name="领走 1 支").click()
    expect(page.get_by_text("还有 19 支")).to_be_visible()
    for n in (2, 3):
        page.locator(".stepper__key").last.click()
        expect(page.get_by_role("button", name=f"领走 {n} 支")).to_be_visible()
    page.get_by_role("button", name="领走 3 支").click()
    expect(page.get_by_text("请写原因")).to_be_visible()
    page.get_by_label("原因").fill("培训")
    page.get_by_role("button", name="领走 3 支").click()
    expect(page.get_by_text("还有 16 支")).to_be_visible()
    assert live_office.read(supplies.taken, supply_id, live_office.mei.person_id, live_office.read(supplies.ledger, supply_id)[0].at) == 4
    context.close()


def test_a_room_label_leads_to_its_booking_and_an_unknown_one_says_so(live_office: Office, server: Server, browser: Browser) -> None:
    code = live_office.label(SubjectKind.PLACE, live_office.places["301"])
    context = browser.new_context(**PHONE)
    page = context.new_page()
    sign_in(page, server, "mei")
    page.goto(f"{server.url}/S/{code}")
    expect(page.get_by_role("link", name="订这间")).to_have_attribute("href", "/my/book?room=301")
    page.goto(f"{server.url}/s/7K3M9QWX")
    expect(page.get_by_text("7K3M-9QWX")).to_be_visible()
    context.close()

"""Many visitors one after another on one page, and what the page and the server hold meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page, expect

from core.sections import visits
from tests.cast import Office
from tests.visits.build import TODAY
from tests.visits.kiosks import draw_signature, press, scan


@dataclass(frozen=True, slots=True)
class Weight:
    """What a page holds after its garbage was collected: bytes, nodes, listeners."""

    heap: int
    nodes: int
    listeners: int


class Weighing:
    """Asks a page's browser what it holds."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("Performance.enable")

    def now(self) -> Weight:
        """At rest, after collecting three times."""
        expect(self.page.locator('.kiosk__body[data-step="attract"]')).to_be_visible()
        for _ in range(3):
            self.cdp.send("HeapProfiler.collectGarbage")
        said = {one["name"]: int(one["value"]) for one in self.cdp.send("Performance.getMetrics")["metrics"]}
        return Weight(said["JSHeapUsedSize"], said["Nodes"], said["JSEventListeners"])


def check_in_many(page: Page, office: Office, number: int) -> None:
    """So many invited visitors, each from the scan to the badge and back to the first screen."""
    assert office.mei.person_id is not None
    for n in range(number):
        made = office.do(visits.Invite(host_id=office.mei.person_id, name=f"客人{n}", expected_on=TODAY), office.mei)
        scan(page, made["code"])
        expect(page.locator('.kiosk__body[data-step="greeting"]')).to_be_visible()
        press(page, "看告知书")
        expect(page.locator('.kiosk__body[data-step="notice"]')).to_be_visible()
        draw_signature(page)
        press(page, "同意并签到")
        expect(page.locator(".pass")).to_be_visible()
        press(page, "好的")
        expect(page.locator('.kiosk__body[data-step="attract"]')).to_be_visible()

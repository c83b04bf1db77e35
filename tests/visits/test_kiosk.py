"""The kiosk as a visitor meets it: walk in, leave, walk away, come back (look.md §6; pitfalls V30–V39; scenario Front desk 8)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from core.foundation import clock
from core.sections import visits
from core.sections.visits import register
from tests.cast import Office
from tests.live import Server
from tests.visits.kiosks import asks, kiosk_key, panel, photograph, press, scan, walk_in

pytestmark = pytest.mark.browser


@pytest.mark.proves("S3.1-R1", "S3.1-R7", "V36")
def test_a_walk_in_gets_a_badge_and_leaves_by_scanning_it(live_office: Office, server: Server, browser: Browser) -> None:
    with panel(browser, server, kiosk_key(live_office)) as page:
        photograph(page, "attract")
        walk_in(page)
        photograph(page, "signed-in")
        [here] = live_office.read(register.in_house, clock.now())
        assert (here.name, here.company, here.host, here.consent, here.day_number) == ("李文博", "江城建设集团", "林晓梅", "1.0", 1)
        expect(page.locator(".pass .code")).to_have_text(f"{here.label[:4]}-{here.label[4:]}")
        badge = page.request.get(f"{server.url}/api/v1/visits/{here.id}/badge.pdf")
        assert badge.ok and badge.body()[:5] == b"%PDF-"
        press(page, "好的")
        asks(page, "您好，请进")
        scan(page, f"{server.url}/S/{here.label}".upper())
        asks(page, "再见，李文博")
        photograph(page, "goodbye")
        assert live_office.read(register.in_house, clock.now()) == []

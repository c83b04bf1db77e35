"""Everybody can use the kiosk: nothing serious for axe on any step in three languages, all controls within low reach, letters twice as large without
loss (look.md §11; guide S3.1-R1)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect
from sqlalchemy import text

from core.foundation import clock, database, vault
from core.foundation.i18n import t
from core.sections import visits
from tests.cast import Office
from tests.kiosk import axe, walk
from tests.live import KIOSK, KIOSK_WIDE, Server, browsing, settings_of
from tests.visits.kiosks import kiosk_key, panel, photograph, press

REACH = """() => {
  const wrong = [], half = innerHeight / 2;
  for (const e of document.querySelectorAll('.kiosk__body :is(button, input, .signature canvas, .choice__one)')) {
    if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || e.closest('[aria-hidden=true]')) continue;
    const r = e.getBoundingClientRect();
    if (r.top < half - 4) wrong.push(`${e.textContent.trim().slice(0, 30) || e.className} at ${Math.round(r.top)} of ${innerHeight}`);
    for (const x of [r.left + 6, r.left + r.width / 2, r.right - 6]) {
      const hit = document.elementFromPoint(x, Math.max(half, r.top + r.height / 2));
      if (hit && r.top + r.height / 2 < innerHeight && !e.contains(hit) && !hit.contains(e)) wrong.push(`${e.textContent.trim().slice(0, 30)} is covered by ${hit.className || hit.tagName}`);
    }
  }
  return wrong;
}"""
LOSS = """() => {
  const wrong = [], body = document.querySelector('.kiosk__body');
  const shown = [...body.querySelectorAll('h1, p, button, dt, dd, strong, .code')].filter((e) => !e.closest('[aria-hidden=true], .kiosk__print')
    && e.checkVisibility({ opacityProperty: true, visibilityProperty: true }));
  for (const e of shown) {
    const r = e.getBoundingClientRect();
    if (r.left < -2 || r.right > innerWidth + 2) wrong.push(`beside the glass: ${e.textContent.slice(0, 40)}`);
    if (r.top + body.scrollTop < -2 || r.bottom + body.scrollTop > body.scrollHeight + 2) wrong.push(`not to be scrolled to: ${e.textContent.slice(0, 40)}`);
    const style = getComputedStyle(e);
    if (e.scrollWidth > e.clientWidth + 3 && style.overflowX !== 'visible' && style.display !== 'inline') wrong.push(`cut: ${e.textContent.slice(0, 40)}`);
  }
  const blocks = [...body.children].filter((e) => e.checkVisibility() && !e.matches('.kiosk__foot, .gate, .kiosk__print, .kiosk__side'));
  for (let i = 0; i < blocks.length; i++) for (let j = i + 1; j < blocks.length; j++) {
    const a = blocks[i].getBoundingClientRect(), b = blocks[j].getBoundingClientRect();
    if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3)
      wrong.push(`one over another: ${blocks[i].className} / ${blocks[j].className}`);
  }
  return wrong;
}"""
SIZES = """() => Object.fromEntries(['h1', 'p', 'button'].map((tag) => [tag,
  Math.min(...[...document.querySelectorAll(`.kiosk__body ${tag}`)].filter((e) => e.checkVisibility() && e.textContent.trim() && !e.closest('.ease'))
    .map((e) => parseFloat(getComputedStyle(e).fontSize)))]))"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One with a camera."""
    with browsing(playwright, args=walk.CAMERA) as running:
        yield running


def test_the_checker_of_accessibility_is_the_pinned_one() -> None:
    assert axe.wrong_files() == []


@pytest.mark.browser
@pytest.mark.timeout(300)  # half a hundred screens, each in three languages
@pytest.mark.proves("S3.1-R1", "X3", "V30")
def test_every_step_in_three_languages_has_no_serious_finding(live_office: Office, server: Server, browser: Browser) -> None:
    walk.furnish(live_office)
    wrong: list[str] = []

    def look(page: Page, name: str) -> None:
        walk.in_each_language(page, name, lambda page, where: wrong.extend(axe.serious(page, where)))

    with panel(browser, server, kiosk_key(live_office), screen=KIOSK, permissions=("camera",)) as page:
        walk.all_steps(page, live_office, server, look)
        press(page, t("kiosk.good", "zh-Hans"))
        walk.furnish_more(live_office)
        walk.more_steps(page, live_office, look)
    assert not wrong, "\n".join(wrong)
    # the ID number that was typed on the way is sealed, shown by its end alone, and nowhere else
    vault.use_secret(settings_of(server).secret())
    [waiting] = [visit for visit in live_office.read(visits.in_house, clock.now()) if visit.name == "Zhao Yun"]
    assert live_office.read(visits.identity.masked, waiting.id, live_office.ann) == "•" * 14 + "002X"
    with database.reading() as s:
        drafts = repr(s.execute(text("select * from screen_draft")).all())
        said = repr(s.execute(text("select * from operation")).all())
    assert "11010519491231002" not in drafts + said


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("kind", "screen"), [("tall", KIOSK), ("wide", KIOSK_WIDE)])
def test_one_touch_brings_all_controls_low_and_another_makes_letters_large_without_loss(
    live_office: Office, server: Server, browser: Browser, kind: str, screen: dict[str, object]
) -> None:
    walk.furnish(live_office)
    wrong: list[str] = []
    language = "en"

    def look(page: Page, name: str) -> None:
        ease = page.locator("[data-ease=reach]")
        if not ease.count():  # a finished screen asks nothing that is out of reach
            wrong.extend(f"{name}: {one}" for one in page.evaluate(REACH))
            return
        if name in ("name", "code", "company", "host", "purpose", "notice", "photo", "photo-taken", "leave_code", "parcel"):
            assert ease.get_attribute("aria-pressed") == "true", name  # remembered as long as this visitor is here
        elif ease.get_attribute("aria-pressed") == "false":
            ease.click()
        wrong.extend(f"{name}, low: {one}" for one in page.evaluate(REACH))
        photograph(page, f"low-{name}-{kind}")
        ease.click()
        small = page.evaluate(SIZES)
        page.locator("[data-ease=text]").click()
        large = page.evaluate(SIZES)
        wrong.extend(f"{name}, large: {one}" for one in page.evaluate(LOSS))
        wrong.extend(f"{name}: {tag} only {large[tag]} of {small[tag]}" for tag in ("p",) if small[tag] and large[tag] < 1.85 * small[tag])
        photograph(page, f"large-{name}-{kind}")
        page.locator("[data-ease=text]").click()
        ease.click()

    with panel(browser, server, kiosk_key(live_office), screen=screen, permissions=("camera",)) as page:
        walk.all_steps(page, live_office, server, look, language=language)
        page.locator(".kiosk__acts .button--main").click()
        walk.furnish_more(live_office)
        walk.more_steps(page, live_office, look, language=language)
        walk.at_step(page, "attract")
        expect(page.locator("[data-ease=reach]")).to_have_attribute("aria-pressed", "false")  # forgotten with the visitor
    assert not wrong, "\n".join(wrong)

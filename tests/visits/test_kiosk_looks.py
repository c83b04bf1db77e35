"""Every screen of the kiosk, on both panels and in the shortest and longest language: nothing is cut, nothing lies over another (look.md
§11)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.foundation.i18n import t
from core.mechanisms import office
from tests.cast import Office
from tests.live import KIOSK, KIOSK_WIDE, Server
from tests.visits.build import invite
from tests.visits.kiosks import draw_signature, go_on, kiosk_key, panel, photograph, press, scan, type_in

pytestmark = pytest.mark.browser

CHECK = """() => {
  const wrong = [], wide = innerWidth, high = innerHeight;
  const shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !e.closest('.kiosk__print, [aria-hidden=true]');
  const words = (e) => e.textContent.slice(0, 40);
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
  const body = document.querySelector('.kiosk__body');
  const boxes = [...body.querySelectorAll('button, h1, p, .pass, .kiosk__now, .brand')].filter(shown);
  for (const e of boxes) {
    const r = e.getBoundingClientRect();
    if (e.closest('.kiosk__read') && !e.matches('.kiosk__read')) continue;
    if (r.left < -1 || r.top < -1 || r.right > wide + 1 || r.bottom > high + 1) wrong.push('outside: ' + words(e));
    if (e.matches('button') && e.scrollWidth > e.clientWidth + 2) wrong.push('cut: ' + words(e));
  }
  const buttons = boxes.filter((e) => e.matches('button'));
  for (let i = 0; i < buttons.length; i++) {
    const a = buttons[i].getBoundingClientRect();
    const free = !buttons[i].matches('.pad__key, .lang button');
    if (free && (a.width < 56 || a.height < 56)) wrong.push(`too small: ${words(buttons[i])} ${a.width} x ${a.height}`);
    for (let j = i + 1; j < buttons.length; j++)
      if (meet(a, buttons[j].getBoundingClientRect())) wrong.push(`over another: ${words(buttons[i])} / ${words(buttons[j])}`);
  }
  const below = '.kiosk__keys .field__box, .kiosk__read, .kiosk__card, .pass, .kiosk__found > *, .kiosk__also > *, '
    + '.kiosk__choices, .kiosk__form, .kiosk__told';
  for (const head of body.querySelectorAll('.kiosk__head'))
    for (const e of body.querySelectorAll(below))
      if (shown(e) && meet(head.getBoundingClientRect(), e.getBoundingClientRect())) wrong.push('over the question: ' + e.className);
  for (const pass of body.querySelectorAll('.pass'))
    for (const e of body.querySelectorAll('.kiosk__acts button, .kiosk__told'))
      if (meet(pass.getBoundingClientRect(), e.getBoundingClientRect())) wrong.push('over the badge: ' + words(e));
  if (buttons.filter((e) => e.matches('.button--main, .tile--main, .pad__key--dark')).length > 1) wrong.push('two dark buttons');
  return wrong;
}"""


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
@pytest.mark.parametrize(("panel_kind", "screen"), [("tall", KIOSK), ("wide", KIOSK_WIDE)])
def test_every_screen_of_the_kiosk_fits_its_panel_and_its_language(
    live_office: Office, server: Server, browser: Browser, language: str, panel_kind: str, screen: dict[str, Any]
) -> None:
    live_office.person("zhang", "张伟", extension="8016")
    live_office.person("zhang2", "張偉", department="财务科")
    live_office.person("zhang3", "章薇", department="财务科")
    live_office.do(office.UpdateSetting(key="visit.photo", value="ask"), live_office.ada)
    planned = invite(
        live_office,
        name="Alexandra von Hohenstein-Zollern" if language == "en" else "欧阳文博",
        company="江城市建设投资集团有限公司第三工程局",
    )
    wrong: list[str] = []

    def look(page: Page, name: str) -> None:
        wrong.extend(f"{name}: {problem}" for problem in page.evaluate(CHECK))
        photograph(page, f"{name}-{panel_kind}-{language}")

    def w(key: str, **facts: object) -> str:
        return t(key, language, **facts)

    camera = ("camera",)
    with panel(browser, server, kiosk_key(live_office), screen=screen, permissions=camera) as page:
        page.locator(f'.lang button[lang="{language}"]').click()
        expect(page.locator("h1")).to_have_text(w("kiosk.hello"))
        look(page, "01-attract")
        press(page, w("kiosk.visit"))
        expect(page.locator("h1")).to_have_text(w("kiosk.name"))
        type_in(page, "LI WENBO")
        look(page, "02-name")
        press(page, w("kiosk.have_code"))
        expect(page.locator("h1")).to_have_text(w("kiosk.code"))
        look(page, "03-code")
        press(page, w("kiosk.back"))
        expect(page.locator(".keypad__text")).to_have_text("LI WENBO")
        go_on(page)
        expect(page.locator("h1")).to_have_text(w("kiosk.company"))
        look(page, "04-company")
        press(page, w("kiosk.company.skip"))
        expect(page.locator("h1")).to_have_text(w("kiosk.host"))
        type_in(page, "ZHANGWEI")
        expect(page.locator(".found")).to_have_count(3)
        look(page, "05-host")
        page.locator(".found").first.click()
        expect(page.locator(".kiosk__choices")).to_be_visible()
        look(page, "06-purpose")
        press(page, w("kiosk.purpose.talk"))
        expect(page.locator("h1")).to_have_text(w("kiosk.notice"))
        draw_signature(page)
        look(page, "07-notice")
        press(page, w("kiosk.notice.agree"))
        expect(page.locator("h1")).to_have_text(w("kiosk.photo"))
        look(page, "08-photo")
        press(page, w("kiosk.photo.skip"))
        expect(page.locator("h1")).to_have_text(w("kiosk.done", name="Li Wenbo"))
        look(page, "09-signed-in")
        press(page, w("kiosk.good"))
        expect(page.locator(".tile--main")).to_be_visible()
        scan(page, planned["code"])
        expect(page.locator(".kiosk__card")).to_be_visible()
        page.locator(f'.lang button[lang="{language}"]').click()
        expect(page.locator(".kiosk__acts")).to_contain_text(w("kiosk.greeting.go"))
        look(page, "10-greeting")
        press(page, w("kiosk.greeting.go"))
        draw_signature(page)
        press(page, w("kiosk.notice.agree"))
        expect(page.locator(".pass")).to_be_visible()
        look(page, "11-signed-in-long")
        press(page, w("kiosk.good"))
        expect(page.locator(".tile--main")).to_be_visible()
        page.locator(f'.lang button[lang="{language}"]').click()
        press(page, w("kiosk.leave"))
        expect(page.locator("h1")).to_have_text(w("kiosk.leaving"))
        look(page, "12-leave")
        press(page, w("kiosk.leaving.type"))
        expect(page.locator("h1")).to_have_text(w("kiosk.leaving.code"))
        look(page, "13-leave-code")
        type_in(page, "7K3M9QWY")
        go_on(page)
        expect(page.locator("h1")).to_have_text(w("kiosk.sorry"))
        look(page, "14-sorry")
        press(page, w("kiosk.sorry.call"))
        expect(page.locator("h1")).to_have_text(w("kiosk.help"))
        look(page, "15-help")
        press(page, w("kiosk.help.good"))
        press(page, w("kiosk.home"))
        expect(page.locator(".tile--main")).to_be_visible()
        page.locator(f'.lang button[lang="{language}"]').click()
        scan(page, planned["code"])
        expect(page.locator(".kiosk__acts")).to_contain_text(w("kiosk.again.leave"))
        look(page, "16-again")
        press(page, w("kiosk.again.leave"))
        expect(page.locator(".hello--bye")).to_be_visible()
        look(page, "17-goodbye")
        press(page, w("kiosk.finish"))
        expect(page.locator(".tile--main")).to_be_visible()
        page.locator(f'.lang button[lang="{language}"]').click()
        press(page, w("kiosk.parcel"))
        expect(page.locator("h1")).to_have_text(w("kiosk.parcels"))
        look(page, "18-parcels")
        press(page, w("kiosk.parcels.bring"))
        expect(page.locator("h1")).to_have_text(w("kiosk.parcel_for"))
        type_in(page, "LINXIAOMEI")
        expect(page.locator(".found")).to_be_visible()
        look(page, "18-parcel-for")
        page.locator(".found").click()
        expect(page.locator(".stepper")).to_be_visible()
        look(page, "19-parcel")
        press(page, w("kiosk.parcel.drop"))
        expect(page.locator(".pass--receipt")).to_be_visible()
        look(page, "20-receipt")
    assert not wrong, "\n".join(wrong)

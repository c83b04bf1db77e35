"""Walks through every screen of the kiosk on one panel, in whatever language it speaks: what the look, axe, low reach and the pictures stand on."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from core.foundation.i18n import LANGUAGES, t
from core.mechanisms import office
from tests.cast import Office
from tests.live import Server
from tests.visits.build import invite
from tests.visits.kiosks import draw_signature, go_on, press, scan, type_in

Look = Callable[[Page, str], None]


def at_step(page: Page, step: str) -> None:
    """The panel shows this step, with its heading in focus: the whole screen has arrived."""
    expect(page.locator(f'.kiosk__body[data-step="{step}"]')).to_be_visible()
    page.wait_for_function("() => document.activeElement?.matches('h1, .ask button')")


def speak(page: Page, language: str) -> None:
    """Touch a language, where the screen offers them."""
    button = page.locator(f'.kiosk__foot .lang button[lang="{language}"]')
    if button.count() and button.get_attribute("aria-pressed") != "true":
        button.click()
        expect(page.locator(f'.kiosk__foot .lang button[lang="{language}"][aria-pressed="true"]')).to_be_visible()


def in_each_language(page: Page, name: str, look: Look) -> None:
    """Look at this screen in all three languages and come back to the one it had; a screen that offers none is looked at as it is."""
    before = str(page.evaluate("document.documentElement.lang"))
    if not page.locator(".kiosk__foot .lang").count():
        look(page, f"{name}-{before}")
        return
    for language in [*(one for one in LANGUAGES if one != before), before]:
        speak(page, language)
        look(page, f"{name}-{language}")


def furnish(made: Office) -> None:
    """Namesakes, and the photo step."""
    made.person("zhang", "张伟", extension="8016")
    made.person("zhang2", "張偉", department="财务科")
    made.do(office.UpdateSetting(key="visit.photo", value="ask"), made.ada)


def home(page: Page, language: str) -> None:
    at_step(page, "attract")
    speak(page, language)


def all_steps(page: Page, made: Office, server: Server, look: Look, *, language: str = "zh-Hans") -> None:
    """From the first screen to every other one: a walk-in, an invitation, leaving, what cannot be, a call, a delivery. `look(page, step)`."""

    def w(key: str, **facts: object) -> str:
        return t(key, language, **facts)

    def see(step: str) -> None:
        at_step(page, step)
        look(page, step)

    home(page, language)
    see("attract")
    press(page, w("kiosk.visit"))
    at_step(page, "name")
    type_in(page, "LI WENBO")
    see("name")
    press(page, w("kiosk.have_code"))
    see("code")
    press(page, w("kiosk.back"))
    at_step(page, "name")
    go_on(page)
    see("company")
    press(page, w("kiosk.company.skip"))
    at_step(page, "host")
    type_in(page, "ZHANGWEI")
    expect(page.locator(".found").nth(1)).to_be_visible()
    see("host")
    page.locator(".found").first.click()
    see("purpose")
    press(page, w("kiosk.purpose.talk"))
    at_step(page, "notice")
    draw_signature(page)
    see("notice")
    if language == "zh-Hans":  # the other languages were looked at meanwhile: a screen drawn anew has an empty field
        draw_signature(page)
    press(page, w("kiosk.notice.agree"))
    see("photo")
    press(page, w("kiosk.photo.skip"))
    see("signed_in")
    press(page, w("kiosk.good"))
    planned = invite(made, name="欧阳文博", company="江城市建设投资集团有限公司第三工程局")
    home(page, language)
    scan(page, planned["code"])
    see("greeting")
    press(page, w("kiosk.greeting.go"))
    at_step(page, "notice")
    draw_signature(page)
    press(page, w("kiosk.notice.agree"))
    at_step(page, "signed_in")
    press(page, w("kiosk.good"))
    home(page, language)
    press(page, w("kiosk.leave"))
    see("leave")
    press(page, w("kiosk.leaving.type"))
    see("leave_code")
    type_in(page, "7K3M9QWY")
    go_on(page)
    see("sorry")
    press(page, w("kiosk.sorry.call"))
    see("help")
    press(page, w("kiosk.help.good"))
    press(page, w("kiosk.home"))
    home(page, language)
    scan(page, planned["code"])
    see("leaving")
    press(page, w("kiosk.again.leave"))
    see("goodbye")
    press(page, w("kiosk.finish"))
    home(page, language)
    press(page, w("kiosk.parcel"))
    see("parcels")
    press(page, w("kiosk.parcels.bring"))
    at_step(page, "parcel_for")
    type_in(page, "LINXIAOMEI")
    expect(page.locator(".found").filter(has_text=re.compile("林晓梅"))).to_be_visible()
    see("parcel_for")
    page.locator(".found").first.click()
    see("parcel")
    press(page, w("kiosk.parcel.drop"))
    see("receipt")

"""Walks through every screen of the kiosk on one panel, in whatever language it speaks: what the look, axe, low reach and the pictures stand on."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from playwright.sync_api import Page, expect

from core.foundation.i18n import LANGUAGES, t
from core.mechanisms import office
from core.mechanisms.labels import IssueLabel, SubjectKind
from core.sections import deliveries, visits
from core.sections.visits import consent
from tests.cast import Office
from tests.live import Server
from tests.visits.build import TODAY, invite, kiosk, sign, walk_in
from tests.visits.kiosks import draw_signature, go_on, press, scan, type_in

CAMERA = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")  # the browser of a panel that is walked through
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
    expect(page.locator(".photo .button--main")).to_be_visible()  # the camera is on
    see("photo")
    page.locator(".photo .button--main").click()
    expect(page.locator(".photo img")).to_be_visible()
    expect(page.locator(".kiosk__acts .button--main")).to_be_visible()
    look(page, "photo-taken")
    expect(page.locator(".photo img")).to_be_visible()  # also after it was looked at in other languages
    press(page, w("kiosk.sign_in"))
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


def furnish_more(made: Office) -> None:
    """A contractor whose every question is asked, and the office's rules for it."""
    words = {language: f"Wear a helmet, keep to the marked ways. {language}" for language in LANGUAGES}
    made.do(consent.PublishNotice(document="safety", texts=words), made.ada)
    made.do(office.UpdateSetting(key="visit.id_number", value="on"), made.ada)
    made.do(visits.SetKeeping(type="contractor", id_number=True), made.ada)
    made.do(visits.SetUpType(key="contractor", drink=True, photo="off"), made.ada)


def more_steps(page: Page, made: Office, look: Look, *, language: str = "zh-Hans") -> None:
    """The rarer screens: who was here before, a contractor with every question who waits, another day, a group, a parcel that is fetched, staff, mistakes."""

    def w(key: str, **facts: object) -> str:
        return t(key, language, **facts)

    def see(step: str, name: str = "") -> None:
        at_step(page, step)
        look(page, name or step)

    yesterday = kiosk(made, "昨天")
    before = walk_in(made, yesterday, name="王敏", phone="13800001234", company="北辰软件", consent=sign(made))
    made.do(visits.CheckOut(code=before["code"]), yesterday)
    home(page, language)
    press(page, w("kiosk.visit"))
    press(page, w("kiosk.been_here"))
    at_step(page, "phone")
    type_in(page, "13800001234")
    see("phone")
    go_on(page)
    at_step(page, "name")
    type_in(page, "WANGMIN")
    go_on(page)
    see("welcome_back")
    press(page, w("kiosk.not_me"))

    home(page, language)
    press(page, w("kiosk.visit"))
    at_step(page, "name")
    type_in(page, "ZHAO YUN")
    go_on(page)
    press(page, w("kiosk.company.skip"))
    at_step(page, "host")
    type_in(page, "LINXIAOMEI")
    page.locator(".found").first.click()
    at_step(page, "purpose")
    press(page, w("visit_type.contractor"))
    at_step(page, "detail")
    type_in(page, "JIANGCHENG")
    see("detail")
    go_on(page)
    expect(page.locator("h1")).to_have_text(w("kiosk.detail.phone"))
    type_in(page, "13900005678")
    go_on(page)
    for field in ("plate", "room"):
        expect(page.locator("h1")).to_have_text(w(f"kiosk.detail.{field}"))
        press(page, w("kiosk.company.skip"))
    at_step(page, "id_number")
    see("id_number")
    type_in(page, "11010519491231002X")
    expect(page.locator(".keypad__text")).to_have_text("•" * 18)
    look(page, "id_number-typed")
    go_on(page)
    see("drink")
    press(page, w("visit.drink.tea"))
    see("notice", "notice-first")
    page.locator(".kiosk__sign .button--main").click()
    expect(page.locator(".signature canvas")).to_be_visible()
    draw_signature(page)
    press(page, w("kiosk.notice.agree"))
    see("waiting")
    press(page, w("kiosk.waiting.good"))

    home(page, language)
    scan(page, invite(made, name="吴改天", day=TODAY + timedelta(days=2))["code"])
    at_step(page, "sorry")
    press(page, w("kiosk.ask_today"))
    see("asking")
    press(page, w("kiosk.home"))

    home(page, language)
    members = ("赵强", "孙丽")
    group = visits.InviteGroup(
        host_id=made.mei.person_id, name="周团长", company="江城建设", group_name="江城考察团", expected_on=TODAY, party=9, members=members
    )
    code = made.do(group, made.mei)["code"]
    scan(page, code)
    see("group")
    page.locator(".kiosk__acts .button--main").click()
    at_step(page, "notice")
    draw_signature(page)
    press(page, w("kiosk.notice.agree"))
    see("group_in")
    press(page, w("kiosk.good"))
    home(page, language)
    scan(page, code)
    at_step(page, "group")
    press(page, w("kiosk.group.leave", n=11))
    see("group_out")
    press(page, w("kiosk.finish"))

    parcel = made.do(deliveries.Drop(recipient=str(made.mei.person_id), pieces=2, kind="parcel"), yesterday)
    ways = made.read(deliveries.passes_for, [UUID(str(parcel["delivery_id"]))], made.mei)[UUID(str(parcel["delivery_id"]))]
    home(page, language)
    press(page, w("kiosk.parcel"))
    press(page, w("kiosk.parcels.bring"))
    press(page, w("kiosk.parcel_unclear.go"))
    see("parcel_unclear")
    press(page, w("kiosk.back"))
    press(page, w("kiosk.back"))
    press(page, w("kiosk.parcels.fetch"))
    see("fetch")
    scan(page, f"https://foyer.example/p/{next(one.code for one in ways if one.own)}")
    see("fetch_sign")
    draw_signature(page)
    press(page, w("kiosk.fetch.take"))
    see("fetched")
    press(page, w("kiosk.good"))

    home(page, language)
    card = made.do(IssueLabel(subject_kind=SubjectKind.PERSON, subject_id=made.wu.person_id), made.ada)["code"]
    scan(page, card)
    see("staff_done")
    press(page, w("kiosk.finish"))
    home(page, language)
    scan(page, card)
    see("staff")
    press(page, w("kiosk.staff.stay"))

    here = walk_in(made, yesterday, name="郑一时")
    home(page, language)
    scan(page, here["code"])
    at_step(page, "goodbye")
    press(page, w("kiosk.away.do"))
    see("noted")
    press(page, w("kiosk.finish"))
    home(page, language)
    scan(page, here["code"])  # back again
    at_step(page, "noted")
    press(page, w("kiosk.finish"))
    home(page, language)
    scan(page, here["code"])
    at_step(page, "goodbye")
    press(page, w("kiosk.finish"))
    home(page, language)
    scan(page, here["code"])
    see("mistaken")
    press(page, w("kiosk.mistaken.left"))

    home(page, language)
    press(page, w("kiosk.parcel"))
    press(page, w("kiosk.lost"))
    at_step(page, "lost")
    type_in(page, "BLACK UMBRELLA")
    see("lost")
    expect(page.locator(".keypad__text")).to_have_text("BLACK UMBRELLA")
    go_on(page)
    see("lost_where")
    press(page, w("kiosk.next"))
    at_step(page, "lost_name")
    type_in(page, "ZHOU")
    see("lost_name")
    expect(page.locator(".keypad__text")).to_have_text("ZHOU")
    go_on(page)
    see("lost_noted")
    press(page, w("kiosk.lost.good"))
    at_step(page, "attract")

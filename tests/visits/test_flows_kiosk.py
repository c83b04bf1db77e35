"""The kiosk follows the flow: taps and seconds of the two commonest ways, a contractor who waits, a visitor who was here before (look.md §6; V31, V34, V35)."""

from __future__ import annotations

import os
import time
from typing import Any
from uuid import UUID

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect

from core.foundation import clock
from core.foundation.i18n import t
from core.sections import visits
from core.sections.visits import CheckOut, SetUpType, consent, register, types
from tests.cast import Office
from tests.live import DESK, KIOSK, KIOSK_WIDE, Server, sign_in
from tests.visits.build import invite, kiosk, sign, walk_in
from tests.visits.kiosks import asks, draw_signature, go_on, kiosk_key, panel, photograph, press, scan, type_in

pytestmark = pytest.mark.browser
COUNT = "() => { window.taps = 0; addEventListener('pointerdown', () => window.taps++, true); }"
SPOKEN = os.environ.get("FOYER_SHOT_LANGUAGE", "zh-Hans")
SCREEN: dict[str, Any] = KIOSK_WIDE if os.environ.get("FOYER_SHOT_WIDE") else KIOSK


def w(key: str, **facts: object) -> str:
    return t(key, SPOKEN, **facts)


def speak(page: Page) -> None:
    if SPOKEN != "zh-Hans":
        page.locator(f'.lang button[lang="{SPOKEN}"]').click()
        asks(page, w("kiosk.hello"))


@pytest.mark.proves("S3.1-R1", "V31", "V34", "Front desk 7")
def test_an_invited_visitor_a_walk_in_and_one_who_comes_back(live_office: Office, server: Server, browser: Browser) -> None:
    planned = invite(live_office, company="江城建设集团")
    yesterday = kiosk(live_office, "昨天")
    made = walk_in(live_office, yesterday, name="王敏", phone="13800001234", company="北辰软件", consent=sign(live_office))
    live_office.do(CheckOut(code=made["code"]), yesterday)
    with panel(browser, server, kiosk_key(live_office), screen=SCREEN) as page:
        speak(page)
        # invited: at most three taps
        page.evaluate(COUNT)
        started = time.monotonic()
        scan(page, planned["code"])
        press(page, w("kiosk.greeting.go"))
        draw_signature(page)
        press(page, w("kiosk.notice.agree"))
        asks(page, w("kiosk.done", name="李文博"))
        taps, seconds = page.evaluate("window.taps"), time.monotonic() - started
        print(f"invited visitor: {taps} taps, {seconds:.1f} s of machine time")
        assert taps <= 3
        press(page, w("kiosk.good"))
        # a walk-in by the host's extension
        live_office.person("zhou", "周航", extension="8016")
        speak(page)
        page.evaluate("window.taps = 0")
        started = time.monotonic()
        press(page, w("kiosk.visit"))
        photograph(page, f"f01-name-{SPOKEN}")
        type_in(page, "ZHAO YUN")
        go_on(page)
        press(page, w("kiosk.company.skip"))
        asks(page, w("kiosk.host"))
        page.get_by_role("button", name=w("web.key_digits") if w("web.key_digits") != "web.key_digits" else "123").click()
        type_in(page, "8016")
        page.locator(".found").click()
        photograph(page, f"f02-purpose-{SPOKEN}")
        press(page, w("kiosk.purpose.talk"))
        draw_signature(page)
        press(page, w("kiosk.notice.agree"))
        asks(page, w("kiosk.done", name="Zhao Yun"))
        print(f"walk-in: {page.evaluate('window.taps')} taps, {time.monotonic() - started:.1f} s of machine time")
        press(page, w("kiosk.good"))
        # known by full number and name together; the number alone shows the same question to everybody
        speak(page)
        for number, known in (("13912345678", False), ("13800001234", True)):
            press(page, w("kiosk.visit"))
            press(page, w("kiosk.been_here"))
            asks(page, w("kiosk.phone"))
            type_in(page, number)
            photograph(page, f"f03-phone-{SPOKEN}")
            go_on(page)
            asks(page, w("kiosk.name"))
            assert "王敏" not in page.content() and "北辰软件" not in page.content()
            type_in(page, "WANGMIN")
            go_on(page)
            if not known:
                asks(page, w("kiosk.company"))
                assert "王敏" not in page.content()
                press(page, w("kiosk.back"))
                press(page, w("kiosk.home"))
                speak(page)
        asks(page, w("kiosk.back_again", name="王敏"))
        photograph(page, f"f04-welcome-back-{SPOKEN}")
        press(page, w("kiosk.back_again.same", host="林晓梅"))
        asks(page, w("kiosk.done", name="王敏"))  # the notice was signed yesterday: not asked again
        [here] = [v for v in live_office.read(register.in_house, clock.now()) if v.name == "王敏"]
        assert (here.company, here.host, here.unsigned) == ("北辰软件", "林晓梅", ())


@pytest.mark.proves("V31", "V35")
def test_a_contractor_reads_two_documents_signs_once_and_waits_to_be_let_in(live_office: Office, server: Server, browser: Browser) -> None:
    words = {
        language: f"Stay safe, see https://evil.example/ and <a href='https://evil.example/'>here</a>. {language}"
        for language in ("zh-Hans", "zh-Hant", "en")
    }
    live_office.do(consent.PublishNotice(document="safety", texts=words), live_office.ada)
    asked = dict(types.SEEDS["contractor"].fields) | {"email": "required"}
    live_office.do(SetUpType(key="contractor", drink=True, fields=asked), live_office.ada)  # type: ignore[arg-type]
    with panel(browser, server, kiosk_key(live_office), screen=SCREEN) as page:
        speak(page)
        press(page, w("kiosk.visit"))
        type_in(page, "ZHAO YUN")
        go_on(page)
        press(page, w("kiosk.company.skip"))
        asks(page, w("kiosk.host"))
        type_in(page, "LINXIAOMEI")
        page.locator(".found").click()
        press(page, w("visit_type.contractor"))
        asks(page, w("kiosk.detail.company"))
        photograph(page, f"f05-detail-{SPOKEN}")
        type_in(page, "JCJD")
        go_on(page)
        asks(page, w("kiosk.detail.phone"))
        type_in(page, "138")
        go_on(page)
        expect(page.locator(".field__help--error")).to_have_text(w("kiosk.detail.phone.short"))
        type_in(page, "00001234")
        go_on(page)
        asks(page, w("kiosk.detail.email"))
        type_in(page, "ZHAO@A.CN")  # every sign stands on the panel's own keys
        go_on(page)
        asks(page, w("kiosk.detail.plate"))
        page.locator(".pad__key").filter(has_text="京").click()
        type_in(page, "A12345")
        photograph(page, f"f06-plate-{SPOKEN}")
        go_on(page)
        asks(page, w("kiosk.detail.room"))
        press(page, w("kiosk.company.skip"))
        asks(page, w("kiosk.drink"))
        photograph(page, f"f07-drink-{SPOKEN}")
        press(page, w("visit.drink.tea"))
        asks(page, w("consent.notice.title"))
        photograph(page, f"f08-first-document-{SPOKEN}")
        press(page, w("kiosk.notice.next", name=w("consent.safety.title")))
        asks(page, w("consent.safety.title"))
        expect(page.locator(".kiosk__read")).to_contain_text("<a href='https://evil.example/'>here</a>")
        assert page.locator(".kiosk__read a").count() == 0
        page.locator(".kiosk__read p").first.click()
        press(page, w("kiosk.notice.agree"))
        expect(page.locator(".problem--floating")).to_have_text(w("kiosk.notice.sign_first"))
        draw_signature(page)
        photograph(page, f"f09-second-document-{SPOKEN}")
        press(page, w("kiosk.notice.agree"))
        asks(page, w("kiosk.waiting", name="Zhao Yun"))
        expect(page.locator(".problem--floating")).to_have_count(0)
        photograph(page, f"f10-waiting-{SPOKEN}")
        [here] = live_office.read(register.in_house, clock.now())
        assert (here.email, here.plate) == ("zhao@a.cn", "京A12345")
        assert (here.approval, here.drink, here.unsigned) == ("asked", "tea", ()) and len(live_office.read(consent.signed_of, here.id)) == 2
        press(page, w("kiosk.waiting.good"))
        asks(page, t("kiosk.hello", "zh-Hans"))
        scan(page, here.label or "")  # comes back before the answer: the true state
        asks(page, w("kiosk.waiting", name="Zhao Yun"))
        desk = browser.new_context(**DESK, locale="zh-CN").new_page()
        sign_in(desk, server, "ann")
        desk.goto(f"{server.url}/desk/visits?open={here.id}")
        photograph(desk, "f22-peek")
        desk.locator(".peek").get_by_role("button", name="同意进来").click()
        asks(page, w("kiosk.done", name="Zhao Yun"))
        photograph(page, f"f11-let-in-{SPOKEN}")
        expect(desk.locator(".peek")).to_contain_text("已同意进来")
        desk.context.close()


@pytest.mark.proves("S3.1-R1", "Front desk 7")
def test_reception_sets_a_kind_up_publishes_a_typo_and_prints_what_was_signed(
    live_office: Office, server: Server, browser: Browser
) -> None:
    made = walk_in(live_office, kiosk(live_office), type="contractor", company="江城机电", phone="13800001234", consent=sign(live_office))
    context = browser.new_context(**DESK, locale="zh-CN")
    desk = context.new_page()
    sign_in(desk, server, "ada")
    desk.goto(f"{server.url}/desk/visit-set-up")
    expect(desk.locator(".flow__step").last).to_contain_text("拿胸卡")
    # a new kind: three names, one required field
    desk.get_by_role("button", name="新增类型").click()
    form = desk.locator(".dialog--form")
    for label, words in (("名称（简体中文）", "家属"), ("名称（繁體中文）", "家屬"), ("名称（English）", "Family")):
        form.get_by_label(label).fill(words)
    form.locator(".flow__fields .choice").nth(1).get_by_role("radio", name="必填").click()
    photograph(desk, "f20-type")
    form.get_by_role("button", name="保存").click()
    row = desk.locator(".item").filter(has_text="家属")
    expect(row).to_contain_text("手机号")
    row.get_by_role("button", name="看步骤").click()
    expect(desk.locator(".flow")).to_contain_text("家属会看到")
    expect(desk.locator(".flow")).to_contain_text("手机号")
    [family] = [one for one in live_office.read(visits.types.all_types) if one.own]
    assert (family.name("en"), family.fields["phone"], family.documents) == ("Family", "required", ("notice",))
    # a typo of the notice, in three languages at once
    desk.locator(".item").filter(has_text="来访须知").last.get_by_role("button", name="修改").click()
    text = form.get_by_label("正文").first
    text.fill(live_office.read(consent.current, "zh-Hans").text.replace("为了", "为"))
    form.get_by_role("button", name="发布").click()
    expect(desk.locator(".problem--floating")).to_contain_text("请先选")
    form.get_by_role("radio", name="只改错字").click()
    form.get_by_role("button", name="看改了哪里").click()
    expect(desk.locator(".changes del").first).to_have_text("了")
    photograph(desk, "f21-changes")
    form.get_by_role("button", name="发布").click()
    expect(desk.locator(".toast--floating")).to_contain_text("1.1")
    assert live_office.read(consent.current, "en").version == "1.1"
    # the visit: let in, one document still to sign, and the words of then as PDF
    desk.goto(f"{server.url}/desk/visits?open={made['visit_id']}")
    peek = desk.locator(".peek")
    expect(peek).to_contain_text("还没签：施工安全须知")
    photograph(desk, "f22-peek")
    peek.get_by_role("button", name="同意进来").click()
    expect(peek).to_contain_text("已同意进来")
    pdf = desk.request.get(f"{server.url}/api/v1/visits/{made['visit_id']}/signed.pdf")
    assert pdf.ok
    words = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf.body()))
    assert "为了安全和接待" in words and consent.hash_of(1, 0, "zh-Hans", t("visit.notice.text", "zh-Hans")) in words.replace("\r\n", "")
    assert desk.request.get(f"{server.url}/api/v1/visits/{UUID(int=1)}/signed.pdf").status in (404, 409)
    with panel(browser, server, kiosk_key(live_office, "二号")) as page:
        assert page.request.get(f"{server.url}/api/v1/visits/{made['visit_id']}/signed.pdf").status == 403
    context.close()

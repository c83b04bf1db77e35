"""A parcel from the courier's hand to the recipient's, on the screens they touch (guide S1.1-R1; issue of visitors)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.foundation.i18n import t
from core.mechanisms import devices, people, printers
from core.mechanisms.operations import Role
from core.sections import deliveries
from tests.cast import Office
from tests.live import DESK, KIOSK, KIOSK_WIDE, PHONE, Server, sign_in
from tests.visits.kiosks import draw_signature, go_on, panel, photograph, press, scan, type_in
from tests.visits.test_kiosk_looks import CHECK

pytestmark = pytest.mark.browser


@pytest.mark.proves("S1.1-R1", "V33", "V34")
@pytest.mark.parametrize(("language", "panel_kind", "screen"), [("zh-Hans", "tall", KIOSK), ("en", "wide", KIOSK_WIDE)])
def test_a_parcel_goes_from_the_courier_to_the_recipients_hand(
    live_office: Office, server: Server, browser: Browser, language: str, panel_kind: str, screen: dict[str, Any]
) -> None:
    device, device_key = live_office.device("一楼大厅", Role.KIOSK)
    for who in (live_office.mei, live_office.ann):
        live_office.do(people.SetLanguage(language=language), who)
    wrong: list[str] = []

    def w(key: str, /, **facts: object) -> str:
        return t(key, language, **facts)

    def look(page: Page, name: str) -> None:
        wrong.extend(f"{name}: {problem}" for problem in page.evaluate(CHECK))
        photograph(page, f"parcel-{name}-{panel_kind}-{language}")

    with panel(browser, server, device_key, screen=screen, permissions=("camera",)) as page:
        page.locator(f'.lang button[lang="{language}"]').click()
        expect(page.locator("h1")).to_have_text(w("kiosk.hello"))
        # a courier with papers for somebody who is not known here: nobody is shown, nothing is lost
        press(page, w("kiosk.parcel"))
        look(page, "1-which")
        press(page, w("kiosk.parcels.bring"))
        type_in(page, "MEI LIN")
        look(page, "2-for")
        press(page, w("kiosk.parcel_unclear.go"))
        expect(page.locator("h1")).to_have_text(w("kiosk.parcel_unclear"))
        look(page, "3-unclear")
        go_on(page)
        expect(page.locator("h1")).to_have_text(w("kiosk.parcel_how", name="Mei Lin"))
        press(page, w("delivery.kind.document"))
        look(page, "4-how")
        press(page, w("kiosk.parcel.drop"))
        expect(page.locator(".pass--receipt")).to_be_visible()
        expect(page.locator("[data-shelf]")).to_contain_text("001")
        look(page, "5-receipt")
        [unclear] = live_office.read(deliveries.waiting)
        assert (unclear.state, unclear.addressee, unclear.kind) == ("unclear", "Mei Lin", "document")
        press(page, w("kiosk.good"))
        # reception finds out; the recipient opens the page on the phone
        server.post(deliveries.Assign(delivery_id=unclear.id, recipient_id=live_office.mei.person_id), by="ann")
        server.post(deliveries.Drop(recipient="林晓梅", courier="顺丰", pieces=2, oversize=True), by="ann")
        phone = browser.new_context(**PHONE, locale=language)
        mine = phone.new_page()
        sign_in(mine, server, "mei")
        mine.goto(f"{server.url}/my/deliveries")
        expect(mine.locator("[data-delivery]")).to_have_count(2)
        code = mine.locator("[data-pass] .code").inner_text()
        photograph(mine, f"phone-deliveries-{language}")
        # a courier's receipt, opened by a stranger: time, office and count
        stranger = browser.new_context(**PHONE, locale=language).new_page()
        stranger.goto(f"{server.url}/R/{unclear.receipt_code}")
        expect(stranger.locator(".slip")).to_contain_text("临江区机关事务中心")
        assert "Mei" not in stranger.content() and "林晓梅" not in stranger.content()
        photograph(stranger, f"phone-receipt-{language}")
        # a wrong code says no more than that; the right one, scanned from the first screen, opens what waits
        page.locator(f'.lang button[lang="{language}"]').click()
        press(page, w("kiosk.parcel"))
        press(page, w("kiosk.parcels.fetch"))
        look(page, "6-fetch")
        scan(page, "7K3M9QWY")
        expect(page.locator(".problem--floating")).to_have_text(re.compile(re.escape(w("delivery.pass_unknown"))))
        press(page, w("kiosk.back"))
        press(page, w("kiosk.home"))
        page.locator(f'.lang button[lang="{language}"]').click()
        scan(page, f"{server.url}/P/{code.replace('-', '')}")
        expect(page.locator("h1")).to_have_text(w("kiosk.fetch.hello", name="林晓梅"))
        expect(page.locator(".shelves__one")).to_have_count(2)
        look(page, "7-sign")
        press(page, w("kiosk.fetch.take"))
        expect(page.locator(".problem--floating")).to_be_visible()
        draw_signature(page)
        press(page, w("kiosk.fetch.take"))
        expect(page.locator("h1")).to_have_text(w("kiosk.fetched", name="林晓梅"))
        look(page, "8-fetched")
        assert live_office.read(deliveries.waiting) == []
        expect(mine.locator("[data-delivery]")).to_have_count(0)
        stranger.reload()
        expect(stranger.locator(".slip")).to_contain_text(w("receipt.signed", at="").strip())
    assert not wrong, "\n".join(wrong)
    assert device.device_id is not None


@pytest.mark.proves("S3.1-R5")
def test_the_desk_sets_up_a_printer_sees_it_is_off_and_why_a_badge_does_not_come(
    live_office: Office, server: Server, browser: Browser
) -> None:
    from core.sections import visits

    device, key = live_office.device("一楼大厅", Role.KIOSK)
    context = browser.new_context(**DESK, locale="zh-Hans")
    page = context.new_page()
    sign_in(page, server, "ada")
    page.goto(f"{server.url}/desk/printers")
    page.get_by_role("button", name="添加打印机").first.click()
    dialog = page.locator(".dialog")
    dialog.get_by_label("名称").fill("前台胸卡机")
    dialog.get_by_label("地址").fill("ipp://printer:22/ipp")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog).to_contain_text("打印机不会用端口 22")  # what was typed is still there
    dialog.get_by_label("地址").fill("ipp://127.0.0.1:65033/printers/none")
    dialog.get_by_role("button", name="保存").click()
    expect(page.locator("[data-printer]")).to_have_count(1)
    [made] = live_office.read(printers.everything)
    server.post(printers.BindPrinter(device_id=device.device_id, printer_id=made.id), by="ada")
    with panel(browser, server, key) as kiosk_page:
        from tests.visits.kiosks import walk_in

        walk_in(kiosk_page)
        expect(kiosk_page.locator("[data-printing]")).to_have_text(re.compile("前台会把胸卡给您"))
        photograph(kiosk_page, "badge-printer-off")
    expect(page.locator("[data-printer]")).to_contain_text("连不上")
    expect(page.locator(".printers .item")).to_contain_text("李文博")
    photograph(page, "desk-printers")
    reception = browser.new_context(**DESK, locale="zh-Hans").new_page()
    sign_in(reception, server, "ann")
    reception.goto(f"{server.url}/desk/visits")
    expect(reception.locator(".banner--bad")).to_contain_text("前台胸卡机")
    reception.get_by_role("cell", name="李文博").click()
    expect(reception.locator("[data-badge-log]")).to_contain_text("前台胸卡机")
    photograph(reception, "desk-visit-badge")
    # once more, as a file, with the reason
    reception.get_by_role("button", name="打印胸卡").click()
    photograph(reception, "desk-badge-dialog")
    server.post(deliveries.Drop(recipient="林晓梅", courier="顺丰", pieces=2), by="ann")
    server.post(deliveries.Drop(addressee="王小二", kind="letter"), by="ann")
    reception.goto(f"{server.url}/desk/deliveries")
    reception.get_by_role("cell", name="林晓梅").click()
    expect(reception.locator(".peek")).to_contain_text("001")
    photograph(reception, "desk-deliveries")
    assert live_office.read(visits.count_in_house) == 1
    assert live_office.read(devices.is_revoked, device.device_id) is False

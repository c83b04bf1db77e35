"""Privacy as people meet it: a held visitor at the kiosk and at the desk, the way to one's own data, keeping times and the block list (issue 5)."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect

from core.foundation import clock, vault
from core.foundation.i18n import t
from core.mechanisms.office import UpdateSetting
from core.sections import visits
from core.sections.visits import holding, own_data, register
from tests.cast import Office
from tests.live import DESK, KIOSK, KIOSK_WIDE, PHONE, Server, settings_of, sign_in
from tests.visits.build import invite, kiosk, sign, walk_in
from tests.visits.kiosks import draw_signature, kiosk_key, panel, photograph, press, scan

pytestmark = pytest.mark.browser


@pytest.mark.proves("V33", "V34")
def test_a_held_visitor_sees_the_ordinary_screen_and_reception_lets_them_in(live_office: Office, server: Server, browser: Browser) -> None:
    planned = invite(live_office, name="张伟", company="江城测绘", day=clock.today())
    live_office.do(visits.AddBlock(name="張偉", reason="曾在大厅闹事"), live_office.sun)
    with panel(browser, server, kiosk_key(live_office), screen=KIOSK) as page:
        scan(page, planned["code"])
        press(page, t("kiosk.greeting.go", "zh-Hans"))
        photograph(page, "kiosk-notice-kept")
        draw_signature(page)
        press(page, t("kiosk.notice.agree", "zh-Hans"))
        expect(page.locator("h1")).to_have_text(t("kiosk.sorry", "zh-Hans"))
        expect(page.locator(".kiosk__head")).to_contain_text(t("visit.see_reception", "zh-Hans"))
        photograph(page, "kiosk-see-reception")
        for word in ("名单", "闹事", "held", "block"):
            assert word not in page.locator(".kiosk").inner_text()
    desk = browser.new_context(**DESK, locale="zh-CN").new_page()
    sign_in(desk, server, "ann")
    desk.goto(f"{server.url}/desk/visits")
    photograph(desk, "desk-held")
    desk.get_by_role("button", name="处理", exact=True).click()
    expect(desk.locator(".q-dialog")).to_contain_text("姓名相同")
    expect(desk.locator(".q-dialog")).not_to_contain_text("闹事")
    photograph(desk, "desk-held-decide")
    desk.get_by_label("处理原因").fill("已看证件，不是同一人")
    desk.get_by_role("button", name="不是此人，放行").click()
    expect(desk.locator(".banner--bad")).to_have_count(0)
    assert live_office.read(holding.waiting, live_office.ann) == []
    assert [v.name for v in live_office.read(register.expected, clock.today())] == ["张伟"]
    desk.context.close()


@pytest.mark.parametrize(("language", "screen"), [("zh-Hans", KIOSK), ("en", KIOSK_WIDE)])
def test_who_leaves_takes_the_code_and_erases_their_data_on_the_phone(
    live_office: Office, server: Server, browser: Browser, language: str, screen: dict[str, object]
) -> None:
    made = walk_in(live_office, kiosk(live_office), company="江城测绘", phone="13800001234", consent=sign(live_office), language=language)
    with panel(browser, server, kiosk_key(live_office, "二号"), screen=screen) as page:
        page.locator(f'.lang button[lang="{language}"]').click()
        press(page, t("kiosk.leave", language))
        scan(page, made["code"])
        expect(page.locator(".kiosk__mine-code svg")).to_be_in_viewport(ratio=1)
        photograph(page, f"kiosk-goodbye-{language}")
    phone = browser.new_context(**PHONE, locale="en-GB", java_script_enabled=False).new_page()
    own_data.use_base_url(server.url)
    vault.use_secret(settings_of(server).secret())
    phone.goto(own_data.ticket_of(UUID(made["visit_id"]), clock.now()))
    photograph(phone, f"mine-ticket-{language}")
    phone.get_by_role("button").click()
    expect(phone.locator(".mine")).to_contain_text("李文博")
    photograph(phone, f"mine-{language}")
    phone.get_by_text(t("own_data.erase", language), exact=True).click()
    photograph(phone, f"mine-sure-{language}")
    phone.get_by_role("button", name=t("own_data.erase.do", language)).click()
    expect(phone.locator("h1")).to_have_text(t("own_data.erased", language))
    photograph(phone, f"mine-erased-{language}")
    assert live_office.read(register.one, made["visit_id"], live_office.ann).erased
    phone.context.close()


def test_the_desk_sets_keeping_times_and_keeps_the_list(live_office: Office, server: Server, browser: Browser) -> None:
    desk = browser.new_context(**DESK, locale="zh-CN").new_page()
    sign_in(desk, server, "ada")
    desk.goto(f"{server.url}/desk/blocklist")
    photograph(desk, "desk-blocklist-empty")
    desk.get_by_role("button", name="加入名单").first.click()
    desk.get_by_label("来访人员").fill("欧阳闻道")
    desk.get_by_label("电话").fill("13987651234")
    desk.get_by_label("列入原因").fill("多次冒充快递员")
    photograph(desk, "desk-blocklist-add")
    desk.get_by_role("button", name="加入", exact=True).click()
    expect(desk.locator(".item")).to_contain_text("欧***")
    expect(desk.locator(".q-dialog")).to_have_count(0)
    photograph(desk, "desk-blocklist")
    assert "闻道" not in desk.content()
    desk.get_by_role("button", name="查看", exact=True).click()
    desk.get_by_label("查看明文的原因").fill("核对来访者")
    desk.get_by_role("button", name="显示明文").click()
    expect(desk.locator(".q-dialog")).to_contain_text("欧阳闻道")
    photograph(desk, "desk-blocklist-clear")
    gone = walk_in(live_office, kiosk(live_office), name="鄢嬿嫮")
    server.post(visits.CheckOut(visit_id=UUID(gone["visit_id"])), "ada")
    server.post(visits.EraseVisits(visit_ids=[UUID(gone["visit_id"])]), "ada")
    desk.goto(f"{server.url}/desk/privacy")
    expect(desk.get_by_text("无残留")).to_be_visible()
    photograph(desk, "desk-privacy")
    desk.locator(".item").first.get_by_role("button", name="更改").click()
    desk.get_by_label("保存天数").fill("7")
    photograph(desk, "desk-privacy-rule")
    desk.get_by_role("button", name="保存", exact=True).click()
    expect(desk.locator(".item").first).to_contain_text("保存 7 天")
    desk.context.close()


@pytest.mark.proves("V34")
def test_reception_notes_a_number_sees_it_for_a_reason_and_the_law_keeps_a_visit(
    live_office: Office, server: Server, browser: Browser
) -> None:
    live_office.do(UpdateSetting(key="visit.id_number", value="on"), live_office.ada)
    live_office.do(visits.SetKeeping(type="guest", id_number=True), live_office.ada)
    made = walk_in(live_office, kiosk(live_office))
    desk = browser.new_context(**DESK, locale="zh-CN").new_page()
    sign_in(desk, server, "ada")
    desk.goto(f"{server.url}/desk/visits")
    desk.get_by_role("row").filter(has_text="李文博").click()
    desk.get_by_role("button", name="填写证件号码").click()
    dialog = desk.locator(".q-dialog")
    dialog.get_by_label("证件号码").fill("110105194912310021")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog).to_contain_text(t("id_number.check", "zh-Hans"))
    dialog.get_by_label("证件号码").fill("11010519491231002X")
    dialog.get_by_role("button", name="保存").click()
    peek = desk.locator(".peek")
    expect(peek).to_contain_text("•002X")
    expect(peek).not_to_contain_text("11010519491231002X")
    desk.get_by_role("button", name="查看完整号码").click()
    desk.locator(".q-dialog").get_by_label("理由").fill("公安机关核对")
    desk.locator(".q-dialog").get_by_role("button", name="查看完整号码").click()
    expect(peek).to_contain_text("11010519491231002X")
    photograph(desk, "desk-id-number")
    desk.get_by_role("button", name="办理离开").click()
    expect(peek).not_to_contain_text("002X")
    desk.get_by_role("button", name="依法留存").click()
    desk.locator(".q-dialog").get_by_label("理由").fill("诉讼需要")
    desk.locator(".q-dialog").get_by_role("button", name="依法留存").click()
    expect(desk.get_by_text("已依法留存。")).to_be_visible()
    assert [str(one.visit_id) for one in live_office.read(visits.retention.all_held, clock.now())] == [made["visit_id"]]
    desk.context.close()

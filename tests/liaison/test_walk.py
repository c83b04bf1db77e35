"""A message's way through the house, and a certificate in a stranger's hand (guide S3.2-R1 … R4)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect

from core.foundation import clock, database
from core.mechanisms.views import Query
from core.sections import liaison
from tests.cast import Office
from tests.liaison.test_contacts import VCARD
from tests.liaison.test_messages_and_papers import issue
from tests.live import DESK, PHONE, Server, sign_in
from tests.visits.kiosks import photograph

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.mark.proves("S3.2-R1", "S3.2-R2", "S3.2-R3", "S3.2-R4")
def test_a_message_goes_in_and_back_out_and_a_stranger_checks_a_certificate(live_office: Office, server: Server, browser: Browser) -> None:
    office = live_office
    made = issue(office)
    office.do(liaison.VoidCertificate(certificate_id=UUID(issue(office)["certificate_id"]), reason="姓名有误"), office.bo)
    office.do(
        liaison.SaveContact(name="周国平", org="市机关事务管理局", kind="superior", title="处长", phone="027-8888", next_on=clock.today()),
        office.ann,
    )
    hers = liaison.SaveContact(
        name="韩雪", org="市档案局", kind="superior", phone="027-8888 1001", owner_id=office.mei.person_id, next_on=clock.today()
    )
    office.do(hers, office.ann)
    office.do(liaison.OpenCase(title="门牌名称被冒用", legal=True), office.bo)
    desk = browser.new_context(**DESK, locale="zh-CN").new_page()
    sign_in(desk, server, "ann")

    # a business card becomes a contact
    desk.goto(f"{server.url}/desk/liaison")
    desk.get_by_role("button", name="扫名片").click()
    form = desk.locator(".dialog--form")
    form.get_by_label("vCard 或 MECARD").fill("https://example.com")
    form.get_by_role("button", name="从名片添加").click()
    expect(form).to_contain_text("这不是名片码")
    form.get_by_label("vCard 或 MECARD").fill(VCARD)
    form.get_by_role("button", name="从名片添加").click()
    expect(desk.locator(".desk__main")).to_contain_text("远山科技有限公司")
    desk.get_by_text("周国平").first.click()
    expect(desk.locator(".peek")).to_contain_text("该联系了")
    photograph(desk, "li-desk-contacts")

    # a message comes in and is passed on
    desk.goto(f"{server.url}/desk/liaison/messages")
    desk.get_by_role("button", name="登记来信来电").click()
    form.get_by_role("button", name="保存").click()
    expect(form).to_contain_text("这里要写")  # a message and a case have no name that could be asked for
    form.get_by_label("来自").fill("市机关事务管理局")
    form.get_by_label("方式").click()
    desk.get_by_role("option", name="信函").click()
    form.get_by_label("事由").fill("报送公务用车台账")
    form.get_by_label("内容").fill("请于周五前报送电子版。")
    form.get_by_label("答复期限").fill(str(clock.today() + timedelta(days=3)))
    form.get_by_role("button", name="保存").click()
    desk.get_by_text("报送公务用车台账").first.click()
    desk.locator(".peek").get_by_role("button", name="转给").click()
    form.get_by_label("人员").fill("林晓梅")
    desk.get_by_role("option").filter(has_text="林晓梅").click()
    form.locator("h2").click()
    form.get_by_role("button", name="转给").click()
    expect(desk.locator(".peek")).to_contain_text("还没看")

    # she reads it on the phone and answers
    phone = browser.new_context(**PHONE, locale="zh-CN").new_page()
    sign_in(phone, server, "mei")
    phone.goto(f"{server.url}/my/messages")
    photograph(phone, "li-phone-messages")
    phone.get_by_role("button", name="扫名片").click()
    expect(phone.locator(".dialog--form")).to_contain_text("把镜头对准名片上的码")
    phone.locator(".dialog--form").get_by_role("button", name="不改了").click()
    expect(phone.locator(".dialog--form")).to_have_count(0)
    phone.get_by_text("报送公务用车台账").click()
    photograph(phone, "li-phone-message")
    phone.get_by_label("您的答复").fill("台账已整理，周四送达。")
    phone.get_by_role("button", name="提交答复").click()
    expect(phone.locator(".trail")).to_contain_text("周四送达")
    # whom she keeps in touch with: due today; she calls and notes what was said
    phone.goto(f"{server.url}/my")
    phone.get_by_text("1 位该联系了").click()
    phone.get_by_text("韩雪").click()
    expect(phone.get_by_role("link", name="打电话")).to_have_attribute("href", "tel:02788881001")
    photograph(phone, "li-phone-contact")
    phone.get_by_role("button", name="记一次联系").click()
    phone.get_by_role("dialog").get_by_role("button", name="保存").click()
    phone.get_by_label("谈了什么").fill("下周三送档案目录")
    phone.get_by_role("dialog").get_by_role("button", name="保存").click()
    expect(phone.locator(".trail")).to_contain_text("下周三送档案目录")
    expect(phone.locator(".pill")).to_have_text("常联系")
    desk.reload()
    desk.get_by_text("报送公务用车台账").first.click()
    expect(desk.locator(".peek")).to_contain_text("已答复")
    photograph(desk, "li-desk-message")
    desk.locator(".peek").get_by_role("button", name="对外答复").click()
    expect(form).to_contain_text("信函")  # answered the way it came, unless reception says otherwise
    form.get_by_role("button", name="已答复，办结").click()
    expect(desk.locator(".peek")).to_contain_text("已办结")
    with database.reading() as s:
        [row] = liaison.MESSAGES.list(s, Query(), office.ann).items
    assert (row.state, row.read, row.answered) == ("replied", 1, 1)
    desk.goto(f"{server.url}/desk/liaison/certificates")
    desk.get_by_text("证〔2026〕1号").first.click()
    expect(desk.locator(".peek")).to_contain_text("办理居住证")
    photograph(desk, "li-desk-certificates")
    desk.goto(f"{server.url}/desk/liaison/cases")
    expect(desk.locator(".desk__main")).to_contain_text("门牌名称被冒用")

    # the paper in a stranger's hand: no sign-in, a masked name, the same shape for a code that is not ours
    stranger = browser.new_context(**PHONE, locale="en-GB").new_page()
    stranger.goto(f"{server.url}/V/{made['code']}")
    expect(stranger.locator(".verify")).to_have_attribute("data-state", "valid")
    photograph(stranger, "li-verify-en")
    text = stranger.locator(".phone__body").inner_text()
    assert "证〔2026〕1号" in text and "李＊博" in text and "李文博" not in stranger.content() and "特此证明" not in stranger.content()
    shape = stranger.locator(".verify__facts dt").count()
    stranger.goto(f"{server.url}/v/{made['code'][:-1]}2" if made["code"][-1] != "2" else f"{server.url}/v/{made['code'][:-1]}3")
    expect(stranger.locator(".verify")).to_have_attribute("data-state", "unknown")
    assert stranger.locator(".verify__facts dt").count() == shape
    photograph(stranger, "li-verify-unknown-en")
    for n in range(14):
        stranger.goto(f"{server.url}/v/NOTOURS{n}")
    expect(stranger.locator(".banner")).to_contain_text("Please wait")
    stranger.goto(f"{server.url}/v/{made['code']}")
    expect(stranger.locator(".verify")).to_have_attribute("data-state", "valid")
    for page in (desk, phone, stranger):
        page.context.close()

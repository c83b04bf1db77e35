"""Office 7 through a real server, a real mail server and real browsers: plan, approval, code at the kiosk, run sheet, incident, badge out, thanks, review, paper."""

from __future__ import annotations

import os
import re
from pathlib import Path
from uuid import UUID

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect

from core.foundation import clock, database
from core.mechanisms import people
from core.sections import reception, visits
from core.sections.reception import Kind
from tests.cast import Office
from tests.live import DESK, KIOSK, PHONE, Server, serving, sign_in
from tests.reception.stage import TODAY, at, line, plan
from tests.visits.catchers import catching_mail
from tests.visits.kiosks import asks, draw_signature, kiosk_key, panel, press, scan

pytestmark = pytest.mark.browser


def open_page(browser: Browser, server: Server, account: str, path: str, size: dict[str, object] = DESK, locale: str = "zh-CN") -> Page:
    page = browser.new_context(**size, locale=locale).new_page()  # type: ignore[arg-type]
    if account:
        sign_in(page, server, account)
    page.goto(server.url + path)
    return page


def photograph(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep a picture when a folder for them is given."""
    folder = os.environ.get("FOYER_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(450)  # only pictures wait for movements to end; no assertion does
        page.screenshot(path=f"{folder}/reception-{name}.png", full_page=whole)


def in_english(page: Page, server: Server, path: str, name: str, who: str = "bo") -> None:
    """The same page in English, for a person to look at."""
    if os.environ.get("FOYER_SHOTS"):
        server.post(people.SetLanguage(language="en"), by=who)
        page.goto(server.url + path)
        photograph(page, f"{name}-en")
        server.post(people.SetLanguage(language="zh-Hans"), by=who)
        page.goto(server.url + path)


@pytest.mark.proves("Office 7", "S3.1-R1", "S3.1-R2", "S3.1-R3", "S3.1-R4", "S3.1-R5", "S3.1-R6", "S3.1-R7", "S3.1-R8", "V36")
def test_a_reception_from_the_letter_to_the_lessons(live_office: Office, browser: Browser, tmp_path: Path) -> None:
    key = kiosk_key(live_office)
    with (
        catching_mail() as post,
        serving(str(database.engine().url), tmp_path, at=clock.now(), settings={"FOYER_SMTP_URL": post.url}) as server,
    ):
        # the office takes the task in
        desk = open_page(browser, server, "bo", "/desk/receptions?new=1")
        form = desk.get_by_role("dialog")
        form.get_by_label("来访单位").fill("滨江市档案局")
        form.get_by_label("第一天").fill(TODAY.isoformat())
        form.get_by_label("最后一天").fill(TODAY.isoformat())
        form.get_by_label("来访目的").fill("学习档案数字化，商谈合作")
        form.get_by_label("公函文号").fill("滨档函〔2026〕18号")
        form.get_by_label("接待负责人").fill("林晓梅")
        desk.get_by_role("option").filter(has_text="林晓梅").click()
        photograph(desk, "desk-new")
        form.get_by_role("button", name="接下任务").click()
        expect(desk.get_by_role("heading", level=1)).to_have_text("滨江市档案局 来访接待")
        reception_id = UUID(desk.url.rsplit("/", 1)[1])

        # who comes
        desk.get_by_role("button", name="编辑名单").click()
        guests = desk.get_by_role("dialog")
        for n, (name, job, mail) in enumerate(
            (("周为民", "局长", "zhou@example.com"), ("何静", "业务处处长", ""), ("高原", "科员", "")), 1
        ):
            if n > 1:
                guests.get_by_role("button", name="加一位").click()
            guests.get_by_label(f"姓名 {n}").fill(name)
            guests.get_by_label(f"职务 {n}").fill(job)
            guests.get_by_label(f"邮箱 {n}").fill(mail or "not an address" if n == 2 else mail)
        guests.get_by_role("button", name="保存").click()
        expect(desk.locator(".guestform")).to_contain_text("这不是邮箱地址")  # what was typed stays
        guests.get_by_label("邮箱 2").fill("")
        photograph(desk, "desk-guests")
        guests.get_by_role("button", name="保存").click()
        expect(desk.locator(".plan__table tbody tr")).to_have_count(3)

        # the first arrangement by hand, the others as a program would
        desk.get_by_role("button", name="加一项迎送").click()
        dialog = desk.get_by_role("dialog")
        dialog.get_by_label("事项").fill("大厅迎接")
        dialog.get_by_label("责任人").fill("吴桐")
        desk.get_by_role("option").filter(has_text="吴桐").click()
        dialog.get_by_label("从", exact=True).fill("09:00")
        dialog.get_by_label("到", exact=True).fill("09:20")
        dialog.get_by_label("地点").fill("一楼大厅")
        dialog.get_by_label("怎么算完成").click()
        desk.get_by_role("option", name="来宾在前台签到时").click()
        photograph(desk, "desk-line")
        dialog.get_by_role("button", name="保存").click()
        expect(desk.locator(".plan__line")).to_have_count(1)
        wu, mei, ann = live_office.wu, live_office.mei, live_office.ann
        for kind, what, start, end, owner, more in (
            (Kind.ESCORT, "全程陪同", at(9), at(16), wu, {}), (Kind.SITE_VISIT, "座谈：档案数字化", at(9, 20), at(11, 30), mei, {"place": "一楼大厅"}),
            (Kind.MEALS, "工作午餐", at(11, 30), at(13), ann, {"place": "机关食堂", "cost_cents": 36_000, "companions": 4}),
            (Kind.SITE_VISIT, "参观新库房", at(14), at(15, 30), mei, {"place": "档案馆"}), (Kind.MEET, "门口送别", at(15, 30), at(16), wu, {"place": "档案馆", "ticks_on": "leaving"}),
            (Kind.TRANSPORT, "送高铁站", at(16), at(16, 40), wu, {"place": "档案馆", "place_to": "高铁站", "cost_cents": 12_000}),
        ):  # fmt: skip
            do = reception.Arrange(
                reception_id=reception_id, kind=kind, what=what, starts_at=start, ends_at=end, owner_id=owner.person_id, **more
            )  # type: ignore[arg-type]
            assert server.post(do, by="bo")["status"] == "accepted"
        expect(desk.locator(".plan__line")).to_have_count(7)
        warned = desk.locator(".plan__warnings")
        expect(warned).to_contain_text("从“一楼大厅”到“机关食堂”没有安排车或陪同")
        expect(warned).to_contain_text("陪餐 4 人，来宾 3 人最多陪 3 人")
        photograph(desk, "desk-plan-warned")
        walk = reception.Arrange(reception_id=reception_id, kind=Kind.TRANSPORT, what="步行去食堂", starts_at=at(11, 30), ends_at=at(11, 40), owner_id=wu.person_id, place="一楼大厅", place_to="机关食堂")  # fmt: skip
        server.post(walk, by="bo")
        ride = reception.Arrange(reception_id=reception_id, kind=Kind.TRANSPORT, what="乘车去档案馆", starts_at=at(13), ends_at=at(14), owner_id=wu.person_id, place="机关食堂", place_to="档案馆")  # fmt: skip
        server.post(ride, by="bo")
        desk.get_by_role("button", name="工作午餐", exact=True).click()
        desk.get_by_role("dialog").get_by_label("陪餐人数").fill("3")
        desk.get_by_role("dialog").get_by_role("button", name="保存").click()
        expect(warned.get_by_role("heading")).to_have_text("衔接顺畅")

        # owners confirm on the phone, the leader agrees on the phone
        desk.get_by_role("button", name="请责任人确认").click()
        phone = open_page(browser, server, "wu", f"/my/receptions/{reception_id}", PHONE)
        expect(phone.get_by_role("heading", name="请您确认 6 项")).to_be_visible()
        photograph(phone, "phone-confirm")
        phone.get_by_role("button", name="没问题", exact=True).first.tap()
        phone.get_by_role("button", name="5 项都没问题").tap()
        expect(phone.locator(".run__asked")).to_have_count(0)
        expect(desk.get_by_text("落实 6/9 项")).to_be_visible()
        desk.get_by_role("button", name="报领导审批").click()
        expect(desk.locator(".plan__next")).to_contain_text("在等领导审批")
        leader = open_page(browser, server, "chen", "/my/approvals", PHONE)
        expect(leader.locator(".agree__figure")).to_have_text("480.00 元")
        photograph(leader, "phone-approval")
        leader.get_by_role("button", name="同意").tap()
        expect(desk.locator(".plan__band .pill")).to_have_text("已批准")
        expect(desk.locator(".plan__code .code")).to_have_count(3)
        photograph(desk, "desk-plan-approved", whole=False)
        in_english(desk, server, f"/desk/receptions/{reception_id}", "desk-plan-approved")
        invitation = post.mail_to("zhou@example.com")
        code = plan(live_office, reception_id).guests[0].codes[0].code
        assert f"{code[:4]}-{code[4:]}" in invitation.get_body(("plain",)).get_content()  # type: ignore[union-attr]

        # the escort's phone: short list of conduct first
        phone.goto(f"{server.url}/my/receptions/{reception_id}/ready")
        for n in range(5):
            phone.locator(".run__question").nth(n).get_by_role("radio", name="准备好了").tap()
        photograph(phone, "phone-ready")
        phone.get_by_role("button", name="我准备好了").tap()
        expect(phone.locator(".run__what")).to_have_text("大厅迎接")
        photograph(phone, "phone-before")

        # the guest shows the code at the kiosk; the run sheet moves on and the escort is told
        with panel(browser, server, key, screen=KIOSK) as kiosk:
            scan(kiosk, code)
            asks(kiosk, "周为民，您好")
            press(kiosk, "看告知书")
            draw_signature(kiosk)
            press(kiosk, "同意并签到")
            asks(kiosk, "签到好了，周为民")
            expect(phone.locator(".run__guests")).to_contain_text("来宾到了 1/3", timeout=2_000)
            expect(phone.locator(".run__what")).to_have_text("座谈：档案数字化")
            assert [visit.name for visit in live_office.read(visits.in_house, clock.now())] == [
                "周为民"
            ]  # the planned record, no second one
            badge = live_office.read(visits.in_house, clock.now())[0]
            paper = kiosk.request.get(f"{server.url}/api/v1/visits/{badge.id}/badge.pdf")
            assert paper.ok and "zhou@example.com" not in pypdfium2.PdfDocument(paper.body())[0].get_textpage().get_text_range()
            inbox = server.client("wu").get("/api/v1/notices")
            assert inbox.status_code in (200, 403)
            told = list(live_office.read(reception_notices, wu.person_id))
            assert any("周为民" in text for text in told)
            photograph(phone, "phone-running")
            in_english(phone, server, f"/my/receptions/{reception_id}", "phone-running", "wu")

            # done with one thumb, live for the other host
            other = open_page(browser, server, "mei", f"/my/receptions/{reception_id}", PHONE)
            expect(other.locator(".run__what")).to_have_text("座谈：档案数字化")
            other.get_by_role("button", name="完成：座谈：档案数字化").tap()
            expect(phone.locator(".run__what")).to_have_text("步行去食堂")
            phone.get_by_role("button", name="要晚了").tap()
            phone.get_by_role("dialog").get_by_role("button", name="15 分钟").tap()
            expect(other.locator(".run__next--late")).to_contain_text("晚 15 分钟")
            photograph(other, "phone-late")

            # something goes wrong
            phone.get_by_role("link", name="出状况了").tap()
            phone.get_by_label("出了什么状况").fill("高原对花生过敏，食堂今天有花生油")
            photograph(phone, "phone-incident")
            phone.get_by_role("button", name="马上告诉 林晓梅").tap()
            expect(other.locator(".run__incidents")).to_contain_text("高原对花生过敏")
            other.locator(".run__incidents").get_by_role("link").tap()
            other.get_by_role("textbox").fill("食堂另做一份")
            other.get_by_role("button", name="报完成").tap()
            expect(phone.locator(".run__incidents")).to_have_count(0)

            # out: two by the desk, the first guest by the badge at the kiosk
            for guest in plan(live_office, reception_id).guests[1:]:
                came = server.post(visits.CheckIn(code=guest.codes[0].code), by="ann")
                server.post(visits.CheckOut(visit_id=UUID(came["result"]["visit_id"])), by="ann")
            asks(kiosk, "您好，请进")
            scan(kiosk, badge.label or "")
            asks(kiosk, "再见，周为民")
            expect(kiosk.locator(".kiosk__score")).to_have_count(5)
            photograph(kiosk, "kiosk-question")
            kiosk.locator(".kiosk__score").last.click()
            expect(kiosk.locator(".kiosk__rate")).to_contain_text("谢谢您")
        assert live_office.read(visits.roll_call, clock.now()) == []
        expect(desk.locator(".desk__main")).to_be_visible()

        # thanks go out by mail, with the question behind a link of the guest's own
        server.set_clock(clock.now().replace(microsecond=0) + (at(9, 30) - at(9, 0)))
        thanks = [mail for mail in waited(post, "zhou@example.com", 2) if "感谢" in str(mail["subject"])]
        assert len(thanks) == 1
        words = thanks[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
        link = re.search(r"/thanks/\S+", words)
        assert link is not None and "林晓梅" in words
        guest_phone = open_page(browser, server, "", link[0], PHONE)
        expect(guest_phone.get_by_role("heading", name="今天的接待怎么样？")).to_be_visible()
        answers = [one.bounding_box() for one in guest_phone.locator(".question__scores .button").all()]
        assert len(answers) == 5 and all(box and box["y"] + box["height"] <= 844 for box in answers), (
            answers
        )  # all of them without scrolling
        photograph(guest_phone, "phone-question")
        guest_phone.get_by_label("想对我们说的").fill("数字化流程讲得很清楚")
        guest_phone.get_by_role("button", name="一般").tap()  # a slip: nothing is sent by it
        guest_phone.get_by_role("button", name="很满意").tap()
        expect(guest_phone.locator('.question__scores [aria-pressed="true"]')).to_have_text("很满意")
        guest_phone.get_by_role("button", name="提交").tap()
        expect(guest_phone.locator(".empty")).to_contain_text("谢谢您")
        stranger = open_page(browser, server, "", link[0][:-3] + "000", PHONE)
        expect(stranger.locator(".empty")).to_contain_text("过期")

        # what it cost and what we learn
        desk.goto(f"{server.url}/desk/receptions/{reception_id}")
        expect(desk.locator(".plan__band .pill")).to_have_text("待总结")
        desk.get_by_role("button", name="记一笔实际费用").click()
        money = desk.get_by_role("dialog")
        money.get_by_label("类别").click()
        desk.get_by_role("option", name="餐饮").click()
        money.get_by_label("金额").fill("342.50")
        money.get_by_role("button", name="记下").click()
        expect(desk.locator(".plan__money")).to_contain_text("480.00 / 342.50")
        desk.get_by_role("button", name="写总结").click()
        review = desk.get_by_role("dialog")
        review.get_by_role("radio", name="4").click()
        review.get_by_label("下次怎么更好").fill("先问清饮食禁忌")
        photograph(desk, "desk-review")
        review.get_by_role("button", name="总结好了").click()
        expect(desk.locator(".plan__band .pill")).to_have_text("已总结")
        expect(desk.locator(".plan__review")).to_contain_text("来宾评分 5.0")
        photograph(desk, "desk-plan-reviewed")

        # paper, register, year
        for name, words_ in (
            ("list", ("公务接待清单", "滨档函〔2026〕18号", "业务处处长", "叁佰肆拾贰元伍角整")),
            ("plan", ("来访接待方案", "步行去食堂", "陈立")),
        ):
            answer = desk.request.get(f"{server.url}/api/v1/receptions/{reception_id}/{name}.pdf?language=zh-Hans")
            assert answer.ok, answer.text()
            text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(answer.body())).replace("\r\n", "")
            assert all(word in text for word in words_), text
            if folder := os.environ.get("FOYER_SHOTS"):
                pypdfium2.PdfDocument(answer.body())[0].render(scale=1.4).to_pil().save(f"{folder}/reception-paper-{name}.png")
                english = desk.request.get(f"{server.url}/api/v1/receptions/{reception_id}/{name}.pdf?language=en")
                pypdfium2.PdfDocument(english.body())[0].render(scale=1.4).to_pil().save(f"{folder}/reception-paper-{name}-en.png")
        assert desk.request.get(f"{server.url}/api/v1/receptions.xlsx").body().startswith(b"PK")
        one = desk.request.get(f"{server.url}/api/v1/receptions/{reception_id}").json()
        assert (one["number"], one["status"], one["real_cents"], one["rating"]) == ("接〔2026〕1号", "reviewed", 34_250, 5.0)
        desk.goto(f"{server.url}/desk/receptions?chip=all")
        expect(desk.locator("table")).to_contain_text("滨江市档案局")
        photograph(desk, "desk-register")
        desk.goto(f"{server.url}/desk/receptions/year")
        expect(desk.get_by_role("heading", level=1)).to_have_text("2026 年接待统计")
        photograph(desk, "desk-year")
        in_english(desk, server, "/desk/receptions/year", "desk-year")
        in_english(phone, server, f"/my/receptions/{reception_id}", "phone-ended", "wu")
        assert server.client("sun").get(f"/api/v1/receptions/{reception_id}").status_code == 404
        assert server.client("sun").get(f"/api/v1/receptions/{reception_id}/list.pdf").status_code == 404
        assert live_office.read(lambda s: line) is line


def waited(post, address: str, n: int):  # type: ignore[no-untyped-def]  # a catcher and its mails
    """The mails to an address, once there are `n`."""
    with post._came:
        assert post._came.wait_for(lambda: sum(str(mail["to"]) == address for mail in post.mails) >= n, timeout=15)
    return [mail for mail in post.mails if str(mail["to"]) == address]


def reception_notices(s, person_id):  # type: ignore[no-untyped-def]  # a read for `office.read`
    from core.mechanisms import notices

    return [notices.sentence(notice, "zh-Hans") for notice in notices.inbox(s, person_id)]

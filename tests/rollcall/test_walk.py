"""Scenario Front desk 9 with a real server that really dies: two phones, the kiosk, the desk."""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unicodedata import normalize
from uuid import uuid4

import pypdfium2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.foundation import clock, database
from core.mechanisms import places
from core.mechanisms.places import PlaceKind
from core.sections import rollcall
from core.sections.rollcall import BadgeWay
from tests.cast import PASSWORD, Office
from tests.floor.conftest import controlled, ready, unsent, until
from tests.live import DESK, PHONE, Server, serving, sign_in
from tests.rollcall.build import assumed_left, badge_in, guest, in_room, missing, seen, staff_card
from tests.visits.build import kiosk as kiosk_of
from tests.visits.kiosks import kiosk_key, panel, photograph, press, scan

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
PIN = "482915"


def marshal(browser: Browser, server: Server, account: str, language: str = "zh-CN") -> tuple[BrowserContext, Page]:
    context = browser.new_context(**PHONE, locale=language, timezone_id="Asia/Shanghai")
    page = context.new_page()
    page.goto(f"{server.url}/m/")
    ready(page)
    page.get_by_test_id("account").fill(account)
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("signin").click()
    page.wait_for_selector("[data-screen=Home]")
    controlled(page)
    return context, page


def tick(page: Page, name: str) -> None:
    row = page.locator(f"[data-testid=rc-line][data-name='{name}']")
    row.get_by_test_id("rc-tick").click()
    expect(page.get_by_test_id("rc-said")).to_contain_text(name)


@pytest.mark.proves("Front desk 9", "V34", "V38", "S3.1-R7")
def test_a_drill_survives_the_death_of_the_server(live_office: Office, browser: Browser, tmp_path: Path) -> None:
    office = live_office
    at_kiosk = kiosk_of(office, "侧门")
    assumed_left(office, at_kiosk, "郑重")
    for name in ("李文博", "王敏", "赵刚"):
        guest(office, at_kiosk, name, company="远山科技")
    office.do(places.AddPlace(kind=PlaceKind.SITE, name="东门集合点"), office.ada)
    badge_in(office, "wu")
    badge_in(office, "wu", way=BadgeWay.BREAK)
    for key, room in (("mei", "301"), ("bo", "302"), ("chen", "305")):
        in_room(office, key, room)
    badge_in(office, "ann", "ada", "sun")
    card, key = staff_card(office, "wu"), kiosk_key(office)

    with serving(str(database.engine().url), tmp_path, at=clock.now()) as server:
        desk = browser.new_context(**DESK, locale="zh-CN").new_page()
        sign_in(desk, server, "ann")
        one, two = marshal(browser, server, "sun"), marshal(browser, server, "chen", "en-GB")
        with server.client("sun") as client:  # the PIN is in no log, so it does not travel as other operations of a test do
            body = {"op_id": str(uuid4()), "kind": "rollcall.set_pin", "payload": {"pin": PIN}}
            assert client.post("/api/v1/operations", json=body).json()["status"] == "accepted"
        with panel(browser, server, key) as kiosk:
            # a staff card at the kiosk: back from the break in one scan, and away again
            scan(kiosk, card)
            expect(kiosk.locator("h1")).to_have_text("回来了，吴桐")
            photograph(kiosk, "rc-kiosk-back")
            press(kiosk, "完成")
            scan(kiosk, card)
            expect(kiosk.locator("h1")).to_have_text("吴桐，要出去吗？")
            photograph(kiosk, "rc-kiosk-going")
            press(kiosk, "一会儿就回来")
            expect(kiosk.locator("h1")).to_have_text("一会儿见，吴桐")
            kiosk.wait_for_function("document.documentElement.dataset.rollCall === 'kept'")

            # the drill starts at the desk and is on the open phones within seconds
            desk.goto(f"{server.url}/desk/roll-call")
            expect(desk.locator(".pagehead h1")).to_have_text("楼里现在有 9 人")
            photograph(desk, "rc-desk-house")
            desk.get_by_role("button", name="开始演练").click()
            form = desk.locator(".dialog--form")
            form.get_by_label("事由").fill("十一月演练")
            form.get_by_role("button", name="开始演练").click()
            expect(desk.locator("[data-figure=missing] b")).to_have_text("9")
            expect(desk.locator(".rollcall__band")).to_contain_text("演练")
            for _context, page in (one, two):
                page.get_by_test_id("rollcall").click()
                expect(page.get_by_test_id("rc-band")).to_be_visible()
                expect(page.get_by_test_id("rc-line")).to_have_count(9)
            kiosk.evaluate("foyer.rollCall.refresh()")
            # a tick is pushed: who waits for news hears of it long before they would have asked
            with server.client("chen") as client, ThreadPoolExecutor(1) as beside:
                had = {"If-None-Match": client.get("/api/v1/rollcalls/now").headers["ETag"]}
                assert client.get("/api/v1/rollcalls/news?wait=0", headers=had).json() == {"changed": False}
                heard = beside.submit(client.get, "/api/v1/rollcalls/news?wait=25", headers=had, timeout=40)
                with two[1].expect_response(lambda answer: "/rollcalls/news" in answer.url and answer.json()["changed"]):
                    tick(one[1], "林晓梅")
                assert heard.result().json() == {"changed": True}
            with server.client("mei") as client:
                assert client.get("/api/v1/rollcalls/news?wait=0").json() == {"changed": True}  # and says nothing of anybody
            expect(desk.locator("[data-figure=missing] b")).to_have_text("8")
            photograph(desk, "rc-desk-running")

            # a minute later the server is dead: the phones go on, the list says how old it is
            server.stop(kill=True)
            one[1].get_by_test_id("rc-where").click()
            one[1].get_by_test_id("rc-point").filter(has_text="东门集合点").click()
            tick(one[1], "李文博")
            tick(one[1], "王敏")
            tick(two[1], "李文博")
            tick(two[1], "薄一鸣")
            photograph(one[1], "rc-phone-dead")
            one[1].reload()  # the app itself comes from the phone
            ready(one[1])
            expect(one[1].get_by_test_id("rc-age")).to_have_attribute("data-old", "1")
            expect(one[1].get_by_test_id("rc-line")).to_have_count(6)
            one[1].get_by_test_id("rc-found").click()
            row = one[1].locator("[data-testid=rc-line][data-name='王敏']")
            expect(row.get_by_test_id("rc-by")).to_contain_text("东门集合点")
            row.locator(".item__press").click()
            one[1].get_by_test_id("rc-undo").click()  # it was somebody else
            one[1].get_by_test_id("rc-missing").click()
            expect(one[1].locator("[data-testid=rc-line][data-name='王敏']")).to_be_visible()
            photograph(one[1], "rc-phone-missing")
            photograph(two[1], "rc-phone-missing-en")

            # paper from the kiosk's cache: a stranger gets nothing, the PIN opens it
            expect(kiosk.locator('.offline .kiosk__body[data-step="rest"], .cover')).to_be_visible()
            assert "李文博" not in kiosk.content() and "李文博" not in str(kiosk.evaluate(KEPT))
            kiosk.locator(".offline .kiosk__now, .cover").first.click(delay=3300, position={"x": 60, "y": 20}, force=True)
            keys = kiosk.locator(".rcpaper__keys")
            for digit in "111111":
                keys.get_by_role("button", name=digit, exact=True).click()
            keys.get_by_role("button", name="打开名单").click()
            expect(kiosk.locator(".rcpaper [role=status]")).to_contain_text("口令不对")
            photograph(kiosk, "rc-kiosk-pin")
            assert "李文博" not in kiosk.content()
            kiosk.wait_for_timeout(2100)  # a wrong PIN costs two seconds
            for digit in PIN:
                keys.get_by_role("button", name=digit, exact=True).click()
            keys.get_by_role("button", name="打开名单").click()
            sheet = kiosk.locator(".rcpaper__sheet")
            expect(sheet.locator("h1")).to_contain_text("【演练】")
            photograph(kiosk, "rc-kiosk-paper")
            printed = pypdfium2.PdfDocument(io.BytesIO(kiosk.pdf(format="A4")))
            words = normalize("NFKC", "".join(page.get_textpage().get_text_range() for page in printed))  # a browser writes 一 as a radical
            assert [name for name in ("李文博", "王敏", "薄一鸣", "吴桐", "郑重", "演练") if name not in words] == [], words
            kiosk.get_by_role("button", name="关上").click()
            assert "李文博" not in kiosk.content()

            # the server comes back: every tick is there, once, with who and when and where
            server.start()
            for _context, page in (one, two):
                until(page, lambda page=page: unsent(page) == 0, "the phone's ticks are up", seconds=30)
        with database.reading() as s:
            running = rollcall.open_one(s)
        assert running is not None
        view = seen(office, running.id)
        assert {line.name: sorted((tick.by, tick.place, tick.stands) for tick in line.ticks) for line in view.lines if line.ticks} == {
            "林晓梅": [("孙立", "", True)],
            "李文博": sorted([("孙立", "东门集合点", True), ("陈立", "", True)]),
            "王敏": [("孙立", "东门集合点", False)],
            "薄一鸣": [("陈立", "", True)],
        }
        assert sorted(missing(view)) == sorted(["王敏", "赵刚", "陈立", "安然", "Ada", "孙立"]) and (view.on_break, view.assumed_left) == (
            1,
            1,
        )
        expect(two[1].get_by_test_id("rc-found")).to_contain_text("3")
        desk.goto(f"{server.url}/desk/roll-call")
        expect(desk.locator("[data-figure=missing] b")).to_have_text("6")
        desk.get_by_role("button", name="结束点名").click()
        form = desk.locator(".dialog--form")
        form.get_by_role("button", name="结束并封存").click()
        expect(form).to_contain_text("请写明情况")
        photograph(desk, "rc-desk-close")
        form.get_by_label("情况说明").fill("演练结束，其余在岗")
        form.get_by_role("button", name="结束并封存").click()
        expect(desk.locator(".pagehead h1")).to_have_text("楼里现在有 9 人")
        photograph(desk, "rc-desk-past")
        answer = desk.request.get(f"{server.url}/api/v1/rollcalls/{running.id}/report.pdf")
        text = pypdfium2.PdfDocument(io.BytesIO(answer.body()))[0].get_textpage().get_text_bounded()
        assert "演练" in text and text.index("赵刚") < text.index("李文博")
        if (folder := os.environ.get("FOYER_SHOTS")) is not None:
            pypdfium2.PdfDocument(io.BytesIO(answer.body()))[0].render(scale=1.5).to_pil().save(Path(folder) / "rc-report.png")
        for context in (one[0], two[0], desk.context):
            context.close()


KEPT = """async () => { let all = ''; for (const name of await caches.keys()) for (const key of await (await caches.open(name)).keys())
    all += await (await (await caches.open(name)).match(key)).text(); return all + JSON.stringify({ ...localStorage, ...sessionStorage }); }"""

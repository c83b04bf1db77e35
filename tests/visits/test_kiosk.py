"""The kiosk as a visitor meets it: walk in, leave, walk away, come back (look.md §6; pitfalls V30–V39; scenario Front desk 8)."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from core.foundation import clock
from core.foundation.ids import uuid7
from core.mechanisms import devices
from core.sections import deliveries, visits
from core.sections.visits import register
from tests.cast import Office
from tests.live import DESK, Server, become_device, sign_in
from tests.visits.build import invite
from tests.visits.kiosks import asks, draw_signature, go_on, kiosk_key, panel, photograph, press, scan, type_in, walk_in

pytestmark = pytest.mark.browser


@pytest.mark.proves("S3.1-R1", "S3.1-R7", "V36")
def test_a_walk_in_gets_a_badge_and_leaves_by_scanning_it(live_office: Office, server: Server, browser: Browser) -> None:
    with panel(browser, server, kiosk_key(live_office)) as page:
        photograph(page, "attract")
        walk_in(page)
        photograph(page, "signed-in")
        [here] = live_office.read(register.in_house, clock.now())
        assert (here.name, here.company, here.host, here.consent, here.day_number) == ("李文博", "江城建设集团", "林晓梅", "1.0", 1)
        expect(page.locator(".pass .code")).to_have_text(f"{here.label[:4]}-{here.label[4:]}")
        badge = page.request.get(f"{server.url}/api/v1/visits/{here.id}/badge.pdf")
        assert badge.ok and badge.body()[:5] == b"%PDF-"
        press(page, "好的")
        asks(page, "您好，请进")
        scan(page, f"{server.url}/S/{here.label}".upper())
        asks(page, "再见，李文博")
        photograph(page, "goodbye")
        assert live_office.read(register.in_house, clock.now()) == []


# ── language, help, deliveries ──


def test_the_language_changes_on_any_step_and_what_was_typed_stays(live_office: Office, server: Server, browser: Browser) -> None:
    with panel(browser, server, kiosk_key(live_office)) as page:
        press(page, "我来访")
        type_in(page, "LIWEN")
        page.locator('.lang button[lang="en"]').click()
        asks(page, "What is your name?")
        expect(page.locator(".keypad__text")).to_have_text("LIWEN")
        go_on(page)
        asks(page, "Where are you from?")
        page.get_by_role("button", name="汉字").click()
        page.locator(".keypad__field").press_sequentially("远山")  # on the device's own keys: the field loses the focus to the language
        page.locator('.lang button[lang="zh-Hant"]').click()
        asks(page, "您從哪裡來？")
        page.wait_for_function("() => document.documentElement.lang === 'zh-Hant'")
        expect(page.locator(".keypad__text")).to_have_text("远山")
        press(page, "沒有，跳過")
        asks(page, "您找哪一位？")
        type_in(page, "LINXIAO")
        expect(page.locator(".found")).to_have_count(0)
        type_in(page, "MEI")
        expect(page.locator(".found")).to_have_count(1)
        page.locator('.lang button[lang="zh-Hans"]').click()
        asks(page, "您找哪一位？")  # the question and the way back read the same in both: the new screen is known by its other words
        expect(page.locator(".kiosk__foot")).to_contain_text("请前台来")
        expect(page.locator(".found")).to_have_count(1)
        press(page, "上一步")
        asks(page, "您从哪里来？")
        press(page, "上一步")
        asks(page, "您贵姓大名？")
        expect(page.locator(".keypad__text")).to_have_text("Liwen")


def test_reception_hears_a_call_and_the_visitor_reads_who_comes(live_office: Office, server: Server, browser: Browser) -> None:
    desk = browser.new_context(**DESK, locale="zh-CN").new_page()
    sign_in(desk, server, "ann")
    desk.goto(f"{server.url}/desk/visits")
    with panel(browser, server, kiosk_key(live_office)) as page:
        press(page, "我来访")
        type_in(page, "LI")
        press(page, "请前台来")
        asks(page, "已经告诉前台了")
        expect(desk.locator(".banner--bad")).to_contain_text("一楼大厅")
        desk.get_by_role("button", name="我去").click()
        asks(page, "安然马上过来")
        expect(desk.locator(".banner--bad")).to_have_count(0)
        press(page, "好的，继续")
        expect(page.locator(".keypad__text")).to_have_text("LI")
        press(page, "返回")
        asks(page, "您好，请进")
    desk.context.close()
    assert "this slot belongs to has been deleted" not in server.log.read_text("utf-8", "replace")  # what a press had still to do is done


def test_a_courier_leaves_a_parcel_without_seeing_a_directory(live_office: Office, server: Server, browser: Browser) -> None:
    live_office.person("ma", "马琳")
    with panel(browser, server, kiosk_key(live_office)) as page:
        press(page, "送件取件")
        press(page, "我来送件")
        asks(page, "给哪一位的？")
        type_in(page, "MALI")
        expect(page.locator(".found")).to_have_count(0)
        type_in(page, "N")
        page.locator(".found").click()
        asks(page, "给马琳，几件？")
        page.locator(".stepper__key").last.click()
        press(page, "放下，拿收据")
        asks(page, "已经告诉马琳了")
        [left] = live_office.read(deliveries.waiting)
        assert (left.recipient, left.pieces) == ("马琳", 2)
        expect(page.locator(".pass__name")).to_have_text(left.receipt)


# ── nothing stays ──


def everything_in(page: Page) -> str:
    """All the page holds: what is drawn, what fields hold, what the browser keeps, and what its elements carry."""
    return str(
        page.evaluate(
            """() => document.documentElement.outerHTML + [...document.querySelectorAll('input')].map((e) => e.value).join() +
            JSON.stringify(localStorage)
             + JSON.stringify(sessionStorage) + document.cookie + location.href + JSON.stringify(history.state)
             + JSON.stringify(window.mounted_app?.elements || window.app?.elements || {})"""
        )
    )


@pytest.mark.proves("V34")
def test_who_walks_away_is_asked_after_thirty_seconds_and_then_wiped(live_office: Office, server: Server, browser: Browser) -> None:
    with panel(browser, server, kiosk_key(live_office), timed=True) as page:
        sent: list[str] = []
        press(page, "我来访")
        type_in(page, "王敏秘密")
        go_on(page)
        asks(page, "您从哪里来？")
        page.locator('.lang button[lang="en"]').click()
        asks(page, "Where are you from?")
        page.clock.run_for(31_000)
        expect(page.get_by_role("alertdialog")).to_contain_text("Are you still there?")
        page.get_by_role("button", name="I’m still here").click()
        expect(page.get_by_role("alertdialog")).to_have_count(0)
        asks(page, "Where are you from?")
        page.clock.run_for(31_000)
        expect(page.get_by_role("alertdialog")).to_be_visible()
        photograph(page, "idle")
        page.clock.run_for(10_500)
        asks(page, "您好，请进")  # and again in the office's first language
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sent.append(str(frame))))
        assert "王敏秘密" not in everything_in(page)
        page.go_back(wait_until="commit", timeout=2000) if page.evaluate("history.length") > 30 else page.evaluate("history.back()")
        asks(page, "您好，请进")
        page.reload()
        asks(page, "您好，请进")
        assert "王敏秘密" not in everything_in(page) and "王敏秘密" not in "".join(sent)
        press(page, "我来访")
        expect(page.locator(".keypad__text")).to_have_text("")


@pytest.mark.proves("V34")
def test_after_a_finished_visit_the_glass_holds_nothing_of_it(live_office: Office, server: Server, browser: Browser) -> None:
    with panel(browser, server, kiosk_key(live_office), timed=True) as page:
        walk_in(page, name="王敏秘密", company="某秘密公司")
        [here] = live_office.read(register.in_house, clock.now())
        page.clock.run_for(13_000)
        asks(page, "您好，请进")
        held = everything_in(page)
        for secret in ("王敏秘密", "某秘密公司", str(here.label), str(here.id), "林晓梅"):
            assert secret not in held, secret
        frames: list[str] = []
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
        page.context.set_offline(True)
        page.clock.run_for(4000)
        page.context.set_offline(False)
        page.clock.run_for(4000)
        page.wait_for_function("() => window.foyer.linked()")
        assert not any("王敏秘密" in frame for frame in frames)


def test_who_stopped_typing_while_the_server_was_down_is_wiped_too(live_office: Office, server: Server, browser: Browser) -> None:
    with panel(browser, server, kiosk_key(live_office), timed=True, service_workers="block") as page:
        press(page, "我来访")
        type_in(page, "王敏秘密")
        server.stop(kill=True)
        page.clock.run_for(4000)
        expect(page.locator(".cover")).to_be_visible()
        page.clock.run_for(45_000)
        assert "王敏秘密" not in everything_in(page)
        server.start()
        page.clock.resume()
        asks(page, "您好，请进")
        assert "王敏秘密" not in everything_in(page)


# ── the server dies and comes back; taps that come late ──


@pytest.mark.proves("V24")
def test_a_half_filled_form_comes_back_once_after_the_server_was_restarted(live_office: Office, server: Server, browser: Browser) -> None:
    with panel(browser, server, kiosk_key(live_office)) as page:
        press(page, "我来访")
        type_in(page, "李文博")
        go_on(page)
        type_in(page, "JC")
        page.wait_for_timeout(1500)  # the draft is kept once a second
        impatient(page)
        server.stop(kill=True)
        expect(page.locator(".cover")).to_be_visible()
        page.locator(".cover").click(position={"x": 500, "y": 1500})  # nothing below it hears this
        with page.expect_navigation():
            server.start()
        asks(page, "您从哪里来？")
        expect(page.locator(".keypad__text")).to_have_text("JC")
        press(page, "没有，跳过")
        asks(page, "您找哪一位？")
        with panel(browser, server, kiosk_key(live_office, "二号")) as other:
            asks(other, "您好，请进")
        page.evaluate("sessionStorage.clear()")
        page.reload()
        asks(page, "您好，请进")
        page.reload()
        asks(page, "您好，请进")


@pytest.mark.proves("V27")
def test_a_double_tap_and_a_tap_on_a_dead_link_check_nobody_in_twice(live_office: Office, server: Server, browser: Browser) -> None:
    with panel(browser, server, kiosk_key(live_office)) as page:
        press(page, "我来访")
        type_in(page, "李文博")
        go_on(page)
        press(page, "没有，跳过")
        type_in(page, "LINXIAOMEI")
        page.locator(".found").click()
        press(page, "面谈")
        asks(page, "请看一下，再签个名")
        press(page, "English")
        expect(page.locator(".signature")).to_contain_text("Sign here")
        press(page, "简体")
        expect(page.locator(".signature")).to_contain_text("请在这里签名")
        draw_signature(page)
        page.wait_for_timeout(1500)  # the draft is kept once a second
        impatient(page)
        server.stop(kill=True)
        page.evaluate("() => { const b = [...document.querySelectorAll('.kiosk__sign .button--main')][0]; b.click(); b.click(); }")
        with page.expect_navigation():
            server.start()
        page.wait_for_function("() => window.foyer && window.foyer.linked()")
        asks(page, "请看一下，再签个名")
        assert live_office.read(register.in_house, clock.now()) == []
        draw_signature(page)
        page.wait_for_timeout(1500)
        page.locator(".kiosk__sign .button--main").dblclick()
        asks(page, "签到好了，李文博")
        assert len(live_office.read(register.in_house, clock.now())) == 1
        page.wait_for_timeout(1500)
        page.reload()  # what was signed is not laid before whoever stands here next
        page.wait_for_function("() => window.foyer && window.foyer.linked()")
        page.wait_for_timeout(1500)
        asks(page, "您好，请进")


@pytest.mark.proves("V39", "SEC 1", "SEC 2", "SEC 3")
def test_hostile_codes_open_nothing_and_the_next_good_one_works(live_office: Office, server: Server, browser: Browser) -> None:
    planned = invite(live_office)
    with panel(browser, server, kiosk_key(live_office)) as page:
        scan(page, "x" * 4000)  # nothing reads so much
        for text in ("javascript:alert(1)", "https://evil.example/welcome?x=1", "<img src=x onerror=alert(1)>", "7K3M9QWX"):
            scan(page, text)
            asks(page, "这个码现在用不了")
            assert page.url == f"{server.url}/welcome"
            press(page, "返回")
            asks(page, "您好，请进")
        scan(page, planned["code"].lower())
        asks(page, "李文博，您好")
        assert page.url == f"{server.url}/welcome"


@pytest.mark.proves("SEC 8", "SEC 9", "SEC 10")
@pytest.mark.parametrize(
    "name",
    ["<img src=x onerror=window.hit=1>", "{{7*7}}</script><script>window.hit=1</script>", "\u202eevil\u202d 李", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍" * 2, "👩‍👩‍👧‍👦" * 4],
)
def test_a_hostile_name_is_only_words_on_kiosk_desk_and_badge(live_office: Office, server: Server, browser: Browser, name: str) -> None:
    planned = invite(live_office, name=name)
    desk = browser.new_context(**DESK, locale="zh-CN").new_page()
    sign_in(desk, server, "ann")
    with panel(browser, server, kiosk_key(live_office)) as page:
        scan(page, planned["code"])
        expect(page.locator(".kiosk__card")).to_be_visible()
        press(page, "看告知书")
        draw_signature(page)
        press(page, "同意并签到")
        expect(page.locator(".pass__name")).to_be_visible()
        assert page.evaluate("window.hit") is None
        [here] = live_office.read(register.in_house, clock.now())
        assert page.request.get(f"{server.url}/api/v1/visits/{here.id}/badge.pdf").ok
        desk.goto(f"{server.url}/desk/visits?open={here.id}")
        expect(desk.locator(".peek")).to_be_visible()
        assert desk.evaluate("window.hit") is None
    desk.context.close()


# ── what a kiosk may not ──


@pytest.mark.proves("Front desk 8", "V30", "V40")
def test_a_kiosk_and_its_key_reach_nothing_of_the_staffs(live_office: Office, server: Server, browser: Browser) -> None:
    key = kiosk_key(live_office)
    with panel(browser, server, key) as page:
        for address in (
            "/desk",
            "/desk/visits",
            "/desk/people",
            "/desk/settings",
            "/desk/devices",
            "/desk/audit",
            "/my/visitors",
            "/desk/roll-call",
        ):
            answer = page.request.get(server.url + address, max_redirects=0)
            assert answer.status in (302, 303, 307, 401, 403, 404), (address, answer.status)
        for address in (
            "visits",
            "deliveries",
            "people",
            "notices",
            "devices",
            "audit",
            "visits.csv",
            "people.xlsx",
            "visits/roll-call.pdf",
        ):
            assert page.request.get(f"{server.url}/api/v1/{address}").status == 403, address
        made = walk_in_by_api(live_office, page, server)
        other = browser.new_context()
        become_device(other, server, "kiosk", kiosk_key(live_office, "二号"))
        for reader, path in ((other.request, f"visits/{made}/badge.pdf"), (page.request, f"visits/{made}")):
            assert reader.get(f"{server.url}/api/v1/{path}").status == 403
        assert page.request.get(f"{server.url}/api/v1/visits/{made}/badge.pdf").ok
        stranger = browser.new_context()
        assert stranger.request.get(f"{server.url}/api/v1/visits/{made}/badge.pdf").status == 401
        for next_page in ("https://evil.example", "//evil.example", "/\\evil.example", "/%09/evil.example"):
            answer = stranger.request.get(f"{server.url}/pair?next={next_page}", max_redirects=0)
            assert "evil.example" not in answer.headers.get("location", "")
        other.close()
        stranger.close()
        # a link in a policy text is words
        texts = {
            language: f"Read https://evil.example/ {language} <a href='https://evil.example/'>here</a> please."
            for language in ("zh-Hans", "zh-Hant", "en")
        }
        live_office.do(visits.PublishNotice(texts=texts), live_office.ada)
        scan(page, invite(live_office)["code"])
        press(page, "看告知书")
        expect(page.locator(".kiosk__read")).to_contain_text("<a href='https://evil.example/'>here</a>")
        assert page.locator(".kiosk__read a, .kiosk__body a").count() == 0
        # and a revoked kiosk is out within ten seconds
        server.post(devices.RevokeDevice(device_id=device_of(live_office, key)), by="ada")
        expect(page).to_have_url(re.compile(r"/pair"), timeout=10_000)
        assert page.request.get(f"{server.url}/api/v1/visits/{made}/badge.pdf").status == 401


def walk_in_by_api(office: Office, page: Page, server: Server) -> str:
    body = {"op_id": str(uuid7()), "kind": "visit.check_in", "payload": {"name": "李文博", "host": "林晓梅"}}
    answer = page.request.post(f"{server.url}/api/v1/operations", data=body, headers={"Origin": server.url})
    assert answer.ok, answer.text()
    return str(answer.json()["result"]["visit_id"])


def device_of(office: Office, key: str) -> UUID:
    actor = office.read(devices.who, key)
    assert actor is not None and actor.device_id is not None
    return UUID(str(actor.device_id))


def impatient(page: Page) -> None:
    """The visitor stays and goes on touching the glass until the page is loaded anew."""
    page.evaluate("() => void setInterval(() => document.dispatchEvent(new PointerEvent('pointerdown')), 3000)")

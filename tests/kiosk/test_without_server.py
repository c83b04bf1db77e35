"""The kiosk while its server is dead: it says so, takes check-ins and check-outs, survives a power cut, keeps no name, and reports each entry once when
the server is back (look.md §7; pitfalls V24, V38, V39)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.foundation import clock, vault
from core.sections import visits
from core.sections.visits import codes, offline, register
from tests.cast import Office
from tests.live import DESK, KIOSK, KIOSK_WIDE, Server, become_device, settings_of, sign_in
from tests.visits.build import invite
from tests.visits.kiosks import draw_signature, kiosk_key, photograph, scan

pytestmark = pytest.mark.browser
STEP = '.offline .kiosk__body[data-step="{}"]'
HELD = """async () => {
  const all = [document.documentElement.outerHTML, JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
  for (const one of await indexedDB.databases()) {
    const db = await new Promise((done) => { const asked = indexedDB.open(one.name); asked.onsuccess = () => done(asked.result); });
    for (const store of db.objectStoreNames) all.push(JSON.stringify(await new Promise((done) => {
      const asked = db.transaction(store).objectStore(store).getAll(); asked.onsuccess = () => done(asked.result); })));
    db.close();
  }
  for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) all.push(request.url);
  return all.join();
}"""


def prepared(browser: Browser, server: Server, key: str, screen: dict[str, object] = KIOSK) -> tuple[BrowserContext, Page]:
    """A kiosk that was online long enough to know what it needs."""
    context = browser.new_context(**screen, locale="en-GB", timezone_id="America/Los_Angeles")  # type: ignore[arg-type]
    become_device(context, server, "kiosk", key)
    page = context.new_page()
    page.goto(f"{server.url}/welcome")
    page.wait_for_function("() => navigator.serviceWorker.controller && window.foyer?.linked()")
    page.wait_for_function("async () => Boolean((await (await import('/welcome/offline/queue.js')).meta('pack'))?.box)")
    return context, page


def at(page: Page, step: str) -> None:
    expect(page.locator(STEP.format(step))).to_be_visible(timeout=40_000)


def touch(page: Page, words: str) -> None:
    page.locator(".offline button").filter(has_text=words).first.click()


def write(page: Page, words: str) -> None:
    page.locator(".keypad__field").fill(words)
    page.locator(".pad__key--dark").click()


def walk_in(page: Page, name: str, host: str) -> None:
    touch(page, "我来访")
    at(page, "name")
    write(page, name)
    at(page, "company")
    write(page, "江城建设")
    at(page, "host")
    write(page, host)
    at(page, "purpose")
    touch(page, "面谈")
    at(page, "notice")
    draw_signature(page)
    touch(page, "同意并签到")
    at(page, "done")


@pytest.mark.proves("V38", "V39", "V24", "Front desk 7", "S3.1-R1")
def test_a_kiosk_goes_on_without_its_server_and_reports_everything_once(live_office: Office, server: Server, browser: Browser) -> None:
    vault.use_secret(settings_of(server).secret())
    here = server.post(visits.CheckIn(name="早到的", host="林晓梅"), by="ann")["result"]
    planned, other_day = invite(live_office, name="周受邀"), invite(live_office, name="吴改天", day=clock.today() + timedelta(days=2))
    used = invite(live_office, name="郑用过")
    live_office.do(visits.CancelVisit(visit_id=used["visit_id"]), live_office.mei)
    context, page = prepared(browser, server, kiosk_key(live_office))
    server.stop(kill=True)

    # at rest the page that works alone comes by itself, and says what is true
    at(page, "rest")
    expect(page.locator(".offline__bar")).to_contain_text(re.compile(r"\d\d:\d\d 起连不上服务器"))
    photograph(page, "offline-rest")
    walk_in(page, "王断网", "林晓梅")
    expect(page.locator(".kiosk__head")).to_contain_text("恢复后马上报给前台")
    photograph(page, "offline-done")
    touch(page, "好的")
    at(page, "rest")
    expect(page.locator(".offline__bar b")).to_contain_text("1 条登记")
    walk_in(page, "李找错", "没这个人")
    touch(page, "好的")

    # a signed invitation is believed, another day's and a forged one are not
    at(page, "rest")
    good = codes.address(server.url, planned["code"], clock.today())
    scan(page, codes.address(server.url, other_day["code"], clock.today() + timedelta(days=2)))
    at(page, "sorry")
    expect(page.locator(".kiosk__head")).to_contain_text("这张邀请是11月25日星期三的。")
    touch(page, "返回")
    scan(page, good[:-3] + ("AAA" if not good.endswith("AAA") else "BBB"))
    at(page, "sorry")
    touch(page, "返回")
    scan(page, good)
    at(page, "greeting")
    touch(page, "看告知书")
    at(page, "notice")
    touch(page, "不方便签字")
    at(page, "done")
    touch(page, "好的")
    scan(page, good)
    at(page, "again")  # and not twice at this glass
    touch(page, "还不走")
    at(page, "rest")
    scan(page, codes.address(server.url, used["code"], clock.today()))
    at(page, "greeting")
    touch(page, "看告知书")
    draw_signature(page)
    touch(page, "同意并签到")
    at(page, "done")
    touch(page, "好的")
    scan(page, here["code"])
    at(page, "bare")
    touch(page, "我要离开")
    at(page, "left")

    # the power is cut: the browser starts again with the server still dead
    page.close()
    page = context.new_page()
    page.goto(f"{server.url}/welcome")
    at(page, "rest")
    expect(page.locator(".offline__bar b")).to_contain_text("5 条登记")
    held = page.evaluate(HELD)
    for secret in ("王断网", "李找错", "江城建设", "没这个人", planned["code"], here["code"], "strokes"):
        assert secret not in held, secret
    assert "/welcome/offline/index.html" in held and not re.search(r"/welcome(,|$)|/desk|/api/", held)

    # back again: everything arrives once, and the living page with it
    server.start()
    expect(page.locator('.kiosk__body[data-step="attract"] .tile--main')).to_be_visible(timeout=40_000)
    page.wait_for_function("async () => (await (await import('/welcome/offline/queue.js')).counts()).waiting === 0")
    inside = {v.name: v for v in live_office.read(register.in_house, clock.now())}
    assert set(inside) == {"王断网", "周受邀"}
    assert all(v.accepted_offline_at is not None and v.arrived_at <= v.accepted_offline_at for v in inside.values())
    assert inside["王断网"].consent and not inside["周受邀"].consent
    waiting = live_office.read(offline.open_entries)
    assert sorted((one.kind, one.name, one.problem) for one in waiting) == [
        ("arrival", "李找错", "visit.host_unknown"),
        ("arrival", "郑用过", "visit.cancelled"),
    ]
    assert len(live_office.read(offline.latest)) == 5
    context.close()

    # reception settles what did not fit
    desk = browser.new_context(**DESK, locale="zh-CN").new_page()  # type: ignore[arg-type]
    sign_in(desk, server, "ann")
    desk.goto(f"{server.url}/desk/visits")
    desk.get_by_role("link", name="去看看").click()
    photograph(desk, "offline-desk")
    line = desk.locator("[data-entry]").filter(has_text="李找错")
    line.get_by_role("button", name="来了，登记").click()
    desk.locator(".dialog input").first.fill("林晓梅")
    desk.locator(".q-menu .q-item").filter(has_text="林晓梅").first.click()
    desk.locator(".dialog").get_by_role("button", name="来了，登记").click()
    expect(desk.locator("[data-entry]")).to_have_count(1)
    assert "李找错" in {v.name for v in live_office.read(register.in_house, clock.now())}
    desk.context.close()


def test_who_was_in_the_middle_is_asked_and_the_wide_panel_fits(live_office: Office, server: Server, browser: Browser) -> None:
    context, page = prepared(browser, server, kiosk_key(live_office), KIOSK_WIDE)
    page.locator(".tile--main").click()
    expect(page.locator('.kiosk__body[data-step="name"]')).to_be_visible()
    server.stop(kill=True)
    page.locator(".cover__go").click(timeout=40_000)
    at(page, "rest")
    photograph(page, "offline-rest-wide")
    page.locator('.lang button[lang="en"]').click()
    touch(page, "I’m visiting")
    at(page, "name")
    photograph(page, "offline-name-wide")
    page.locator(".keypad__field").fill("Half")
    page.locator('.lang button[lang="zh-Hant"]').click()
    expect(page.locator(".keypad__field")).to_have_value("Half")  # what was typed stays
    server.start()
    page.wait_for_timeout(3000)  # three looks at the server: whoever is in the middle is not interrupted
    expect(page.locator(".keypad__field")).to_have_value("Half")
    page.locator("[data-back-to], .kiosk__foot > .button").first.click()
    expect(page.locator('.kiosk__body[data-step="attract"]')).to_be_visible(timeout=40_000)
    context.close()

"""The phone and the real server over the worst of lines, and a browser killed at every step of a record: one effect each, never none, never two."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from sqlalchemy import select

from core.foundation import clock
from core.mechanisms import attachments, operations, people, phones
from core.mechanisms.operations import OperationRow
from core.sections import stocktakes
from tests.cast import PASSWORD, Office
from tests.floor import mishaps
from tests.floor.conftest import CHROMIUM, FLAGS, PHONE, controlled, count_in, ready, type_code, unsent, until, wedge
from tests.floor.mishaps import Mishaps
from tests.floor.test_count import attach, jpeg
from tests.live import DESK, Server
from tests.live import sign_in as sign_in_desk
from tests.stocktakes.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def line(server: Server) -> Iterator[Mishaps]:
    made = Mishaps("127.0.0.1", int(server.url.rpartition(":")[2]))
    yield made
    made.stop()


def enter(page: Page, base: str, account: str = "mei") -> Page:
    page.set_default_timeout(15_000)
    page.goto(f"{base}/m/")
    ready(page)
    page.get_by_test_id("account").fill(account)
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("signin").click()
    page.wait_for_selector("[data-screen=Home]")
    return page


def counts(office: Office) -> list[OperationRow]:
    """Every accepted count, by its number on the phone."""

    def read(s: Any) -> list[OperationRow]:
        query = select(OperationRow).where(OperationRow.kind == "stocktake.count", OperationRow.status == "accepted")  # type: ignore[arg-type]
        return list(s.execute(query.order_by(OperationRow.device_seq)).scalars())  # type: ignore[arg-type]

    return list(office.read(read))


def device_of(office: Office) -> UUID:
    return UUID(str(office.read(lambda s: phones.everything(s)[0].id)))


def hurry(page: Page, condition: Any, what: str) -> None:
    """Wind the page's timers on until a fact of the server is true: waiting for a back-off takes no time."""
    for _ in range(60):
        if condition():
            return
        page.clock.fast_forward(15_000)
        page.wait_for_timeout(150)
    raise AssertionError(what)


@pytest.mark.proves("O2", "O3", "O4", "O5", "O6", "O8", "O17", "Floor 2", "SEC 36", "SEC 37", "T1")
def test_whatever_the_line_does_each_record_has_one_effect(live_office: Office, line: Mishaps, phone_browser: Browser) -> None:
    stage = Stage(live_office)
    things = [stage.asset(f"BG-{n}", "302") for n in range(12)]
    stocktake = stage.open("三楼")
    context = phone_browser.new_context(**PHONE)
    page = context.new_page()
    page.clock.install()
    enter(page, line.base)
    controlled(page)
    count_in(page, "302")
    line.cut = True
    page.wait_for_timeout(50)
    for thing in things:
        wedge(page, thing.code)
    expect(page.get_by_test_id("row")).to_have_count(12)
    # every misfortune once, most of them while something is on its way
    line.plan["/api/v1/operations"] = [
        mishaps.SERVER_ERROR, mishaps.BAD_GATEWAY, mishaps.CAPTIVE_PORTAL, mishaps.TOO_MANY, mishaps.TOO_LARGE, mishaps.LATE, mishaps.LOSE_REPLY,
        mishaps.LOSE_REPLY, mishaps.TWICE,
    ]  # fmt: skip
    line.cut = False
    for left in range(9, 0, -1):
        hurry(page, lambda left=left: len(line.plan["/api/v1/operations"]) < left, f"{left} misfortunes left")  # type: ignore[misc]
        assert unsent(page) + len(counts(live_office)) >= 12, "what is not at the server is on the phone"
    hurry(page, lambda: unsent(page) == 0, "everything is sent")
    assert len(line.happened) == 9
    assert set(line.deliver_late()) == {200}, "an old copy arrives after newer ones"
    found = counts(live_office)
    assert [row.payload["code"] for row in found] == [thing.code for thing in things]
    assert [row.device_seq for row in found] == list(range(1, 13))
    assert {line_.result for line_ in stage.review(stocktake).lines} == {stocktakes.Result.MATCHED}
    assert live_office.read(phones.missing, device_of(live_office)) == []
    # two tabs with the same records at once, without the browser's locks
    line.cut = True
    page.evaluate("Object.defineProperty(navigator, 'locks', { value: undefined })")
    context.add_init_script("delete Navigator.prototype.locks;")
    extra = [stage.asset(f"BG-2{n}", "302") for n in range(3)]
    for thing in extra:
        wedge(page, thing.code)
    expect(page.get_by_test_id("row")).to_have_count(15)
    other = context.new_page()
    other.goto(f"{line.base}/m/")
    ready(other)
    line.cut = False
    for tab in (page, other):
        tab.evaluate("import('./sync.js').then((m) => { m.flush('button'); })")
    hurry(page, lambda: unsent(page) == 0, "both tabs sent")
    assert len(counts(live_office)) == 15
    # the same id with other content; a record of an old version, of a very old one, and of a newer one than the server
    answers = page.evaluate(
        """async ([used, stocktake, code, place]) => {
          const { read } = await import('./database.js');
          const { call } = await import('./net.js');
          const key = (await read((db) => db.getAll('keys')))[0];
          const op = (id, schema, payload) => ({ op_id: id, kind: 'stocktake.count', schema, occurred_at: new Date().toISOString(), payload: { stocktake_id: stocktake, code, place_id: place, ...payload } });
          const ids = [1, 2, 3].map(() => crypto.randomUUID());
          return (await call('POST', '/api/v1/operations', { token: key.token, json: [op(used, 3, {}), op(ids[0], 1, {}), op(ids[1], 0, {}), op(ids[2], 4, {})] })).data.map((one) => [one.status, one.code]);
        }""",
        [str(found[0].op_id), str(stocktake), things[5].code, str(live_office.places["302"])],
    )
    assert answers == [["invalid", "op.reused"], ["accepted", None], ["waiting", "waiting.update"], ["waiting", "waiting.server_older"]]
    assert len([row for row in live_office.audit("stocktake.count") if row.code == "op.reused"]) == 1, "the attempt is in the log too"
    # the sign-in runs out in the middle of it all: kept, asked for, gone on with
    live_office.do(people.SetPassword(person_id=live_office.mei.person_id, password=PASSWORD), operations.SYSTEM)  # ends her sessions
    late = stage.asset("BG-30", "302")
    wedge(page, late.code)
    hurry(page, lambda: page.get_by_test_id("login-again").count() > 0, "the sign-in is asked for")
    assert unsent(page) == 1
    page.get_by_test_id("login-again").click()
    page.get_by_test_id("account").fill("mei")
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("signin").click()
    page.wait_for_selector("[data-screen=Home]")
    hurry(page, lambda: len(counts(live_office)) == 17, "the last one too")
    context.close()


@pytest.mark.proves("O15", "O16", "Things 4", "T2", "T27", "O9", "O21", "O11")
def test_a_photo_cut_in_the_middle_a_file_at_the_desk_and_a_phone_taken_out_of_service(
    live_office: Office, server: Server, line: Mishaps, phone_browser: Browser, browser: Browser, tmp_path: Path
) -> None:
    stage = Stage(live_office)
    things = [stage.asset(f"BG-{n}", "302") for n in range(4)]
    stocktake = stage.open("三楼")
    context = phone_browser.new_context(**PHONE)
    page = enter(context.new_page(), line.base)
    controlled(page)
    count_in(page, "302")
    line.cut = True
    for thing in things[:3]:
        type_code(page, thing.code)
    page.get_by_test_id("find").click()
    attach(page, "find-photo", jpeg(1600, noisy=True))
    page.get_by_test_id("find-text").fill("黑色转椅，靠窗")
    page.get_by_test_id("find-save").click()
    expect(page.get_by_test_id("unsent")).to_have_attribute("data-count", "4")
    # reloaded, closed, opened again without a network: the number stays
    page.reload()
    ready(page)
    page.close()
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{line.base}/m/#/unsent")
    ready(page)
    expect(page.get_by_test_id("waiting-op")).to_have_count(4)
    with page.expect_download() as saved:
        page.get_by_test_id("carry").click()
    file = tmp_path / "queue.json"
    file.write_bytes(Path(saved.value.path()).read_bytes())
    # only one of them is sent before the line breaks again: the desk sees what is missing and the count does not close
    line.plan["/api/v1/operations"] = [mishaps.LOSE_REPLY]
    line.plan["/api/v1/attachments"] = [mishaps.CUT]
    desk_context = browser.new_context(**DESK, locale="zh-CN")
    desk = desk_context.new_page()
    sign_in_desk(desk, server, "bo")
    contact = {"Foyer-Device-Seq": "4"}
    token = page.evaluate("import('./database.js').then((m) => m.read((db) => db.getAll('keys'))).then((keys) => keys[0].token)")
    first = page.evaluate("import('./queue.js').then(async (q) => q.asSent((await q.due(1))[0]))")
    with server.client() as sent:
        answer = sent.post("/api/v1/operations", json=[first], headers={"Authorization": f"Bearer {token}", **contact})
        assert answer.json()[0]["status"] == "accepted"
    desk.goto(f"{server.url}/desk/phones")
    row = desk.locator(".rows__row, tr", has_text="林晓梅").first
    expect(row).to_contain_text("3")
    row.click()
    expect(desk.locator(".peek")).to_contain_text("2–4")
    closing = live_office.refused(stocktakes.CloseStocktake(stocktake_id=stocktake), live_office.ann)
    assert closing.code == "stocktake.devices_open", "the count waits for this phone"
    # the file is taken at the desk, with its photo
    desk.locator("#queue-file").set_input_files(str(file))
    expect(desk.locator(".dialog")).to_contain_text("4 条已入账")
    expect(desk.locator(".dialog")).to_contain_text("林晓梅")
    desk.keyboard.press("Escape")
    assert len(counts(live_office)) == 3
    assert live_office.read(lambda s: len(s.execute(select(attachments.Attachment)).scalars().all())) == 1
    assert live_office.read(phones.missing, device_of(live_office)) == []
    # the line comes back: the phone learns that everything is there, and the photo goes on where it was cut
    line.cut = False
    page.get_by_test_id("send-now").click()
    until(page, lambda: unsent(page) == 0, "the phone knows", 30)
    assert len(counts(live_office)) == 3 and len(live_office.read(phones.missing, device_of(live_office))) == 0
    # taken out of service: told, heard into quarantine, and only then emptied
    page.goto(f"{line.base}/m/#/stocktake/{stocktake}")
    line.cut = True
    type_code(page, things[3].code)
    desk.goto(f"{server.url}/desk/phones")
    from core.mechanisms import devices

    server.post(devices.RevokeDevice(device_id=device_of(live_office)), by="ada")
    assert unsent(page) == 1
    line.cut = False
    expect(page.get_by_test_id("taken-out")).to_be_visible(timeout=45_000)
    left = page.evaluate(
        "import('./database.js').then((m) => m.read(async (db) => { const all = {}; for (const name of db.objectStoreNames) all[name] = await db.count(name); return all; }))"
    )
    assert {name: n for name, n in left.items() if name != "meta" and n} == {}
    assert live_office.read(phones.detail, device_of(live_office)).phone.quarantined == 1
    desk.reload()
    desk.locator(".rows__row, tr", has_text="林晓梅").first.click()
    desk.get_by_role("button", name="照常入账").click()
    desk.get_by_label("原因").fill("她还在数的时候停用的")
    desk.locator(".dialog").get_by_role("button", name="照常入账").click()
    until(desk, lambda: len(counts(live_office)) == 4, "the last count is in the books")
    desk_context.close()
    context.close()


# ── a flat battery at any moment ──

STEPS = """(() => {
  // Where a record stands: each step asks the proxy and waits for its answer, so that a test can end the browser exactly there.
  const at = (step) => {
    if (sessionStorage.armed !== step) return;
    const ask = new XMLHttpRequest();
    ask.open('GET', `/__step/${step}`, false);
    try { ask.send(); } catch { /* the line is gone */ }
  };
  window.arm = (step) => { sessionStorage.armed = step; };
  const { add, delete: remove } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.add = function (value, ...more) {
    const count = this.name === 'ops' && value.kind === 'stocktake.count';
    if (count) at('before');
    const request = add.call(this, value, ...more);
    if (count) {
      request.addEventListener('success', () => at('inside'));
      this.transaction.addEventListener('complete', () => at('committed'));
    }
    return request;
  };
  IDBObjectStore.prototype.delete = function (...key) {
    const request = remove.apply(this, key);
    if (this.name === 'ops') {
      request.addEventListener('success', () => at('settling'));
      this.transaction.addEventListener('complete', () => at('settled'));
    }
    return request;
  };
  const real = window.fetch;
  window.fetch = async (path, ...more) => {
    const ops = String(path).endsWith('/api/v1/operations');
    if (ops) at('sending');
    const answer = await real(path, ...more);
    if (ops) at('answered');
    return answer;
  };
  Object.defineProperty(Navigator.prototype, 'vibrate', { value: () => { at('beep'); return true; } });
})()"""


def kill(profile: Path) -> None:
    """End every process of this profile's browser at once, as a flat battery would."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if f"--user-data-dir={profile}".encode() in command:
                os.kill(int(entry.name), signal.SIGKILL)


@pytest.mark.proves("O1", "Floor 1", "SEC 34", "SEC 39")
def test_a_browser_killed_at_any_step_of_a_record_has_it_exactly_once_or_had_not_beeped(
    live_office: Office, server: Server, line: Mishaps, playwright: Playwright, tmp_path: Path
) -> None:
    steps = ("before", "inside", "committed", "beep", "sending", "answered", "settling", "settled")
    stage = Stage(live_office)
    things = [stage.asset(f"BG-{n}", "302") for n in range(len(steps))]
    stage.open("三楼")
    profile = tmp_path / "profile"

    def browser() -> tuple[BrowserContext, Page]:
        context = playwright.chromium.launch_persistent_context(str(profile), executable_path=CHROMIUM, args=FLAGS, **PHONE)
        context.add_init_script(STEPS)
        page = context.pages[0] if context.pages else context.new_page()
        page.set_default_timeout(15_000)
        return context, page

    context, page = browser()
    enter(page, line.base)
    controlled(page)
    count_in(page, "302")
    where = page.url
    reached: list[str] = []

    def dead(step: str) -> None:
        reached.append(step)
        kill(profile)

    line.on_step = dead
    lost = set()
    for step, thing in zip(steps, things, strict=True):
        page.goto(where)
        ready(page)
        page.get_by_test_id("finder").wait_for()
        page.evaluate("(step) => arm(step)", step)
        try:
            wedge(page, thing.code)
            for _ in range(400):
                if step in reached:
                    break
                page.wait_for_timeout(25)
        except Exception as gone:  # the browser is dead, which is what was wanted
            assert "closed" in str(gone) or "crashed" in str(gone), gone
        assert step in reached, f"the record never came to {step}"
        context, page = browser()
        page.goto(where)
        ready(page)
        until(page, lambda page=page: unsent(page) == 0, f"everything is up after {step}", 30)  # type: ignore[misc]
        codes = [row.payload["code"] for row in counts(live_office)]
        assert codes.count(thing.code) <= 1, step
        if thing.code not in codes:
            lost.add(step)
    assert reached == list(steps)
    assert lost <= {"before", "inside"}, "a record is only not there when nobody had heard a beep"
    sent = counts(live_office)
    assert len({row.op_id for row in sent}) == len(sent) == len(steps) - len(lost)
    assert live_office.read(phones.missing, device_of(live_office)) == []
    assert all(abs(row.occurred_at - clock.now()) < timedelta(minutes=30) for row in sent)
    context.close()

"""Sending what is owed: every way a line or a server can fail, and never a record lost or judged twice."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mobile.floor.serve import File, Floor
from tests.floor import office as fake
from tests.floor.conftest import PHONE, World, controlled, count_in, ready, sign_in, type_code, unsent, until, wedge
from tests.floor.office import CHAIRS, PEN, code
from tests.floor.test_count import attach, heard, jpeg

pytestmark = pytest.mark.browser


def hurried(world: World) -> Page:
    """A counting phone whose timers the test may wind on."""
    context = world.browser.new_context(**PHONE)
    world.contexts.append(context)
    page = world.watch(context.new_page())
    page.clock.install()
    page.goto(f"{world.base}/m/")
    ready(page)
    sign_in(page)
    count_in(page, "302")
    return page


@pytest.mark.proves("O2", "Floor 2")
def test_an_answer_lost_twice_gives_one_effect_and_the_phone_says_sent(world: World) -> None:
    page = world.counting()
    world.line.eat_replies = 2
    type_code(page, CHAIRS[0])
    until(page, lambda: world.line.eaten == 2, "two answers lost on the way")
    until(page, lambda: unsent(page) == 0, "the phone got its answer")
    assert len(world.office.log) == 1
    expect(page.get_by_test_id("unsent")).to_have_count(0)
    page.goto(f"{world.base}/m/#/unsent")
    expect(page.get_by_test_id("sent-op")).to_have_count(1)
    repeated = page.evaluate("import('./queue.js').then((m) => m.sentLately()).then((sent) => sent[0].repeated)")
    assert repeated is True


@pytest.mark.proves("O3")
@pytest.mark.parametrize("locks", [True, False], ids=["with locks", "without locks"])
def test_the_same_records_from_two_tabs_at_once_have_one_effect(world: World, locks: bool) -> None:
    first = world.counting()
    if not locks:
        world.contexts[-1].add_init_script("delete Navigator.prototype.locks;")
    controlled(first)
    world.line.close()
    for number in range(3):
        type_code(first, CHAIRS[number])
    second = world.watch(world.contexts[-1].new_page())
    second.goto(f"{world.base}/m/")
    ready(second)
    world.line.open()
    for page in (first, second):
        page.evaluate("import('./sync.js').then((m) => { m.flush('button'); })")
    until(first, lambda: unsent(first) == 0, "everything is sent")
    assert len(world.office.log) == 3
    assert len(world.office.ops("stocktake.count")) == 3
    assert world.office.reused == []
    expect(first.get_by_test_id("unsent")).to_have_count(0)
    expect(second.get_by_test_id("unsent")).to_have_count(0)


@pytest.mark.proves("O5", "V39")
def test_one_bad_record_among_twenty_stands_alone_with_its_reason_and_can_be_taken_out(world: World) -> None:
    page = world.counting()
    world.line.close()
    codes = [code(6000 + n) for n in range(20)]
    world.office.refuse[codes[0]] = ("label.unknown", {"code": codes[0]})
    for one in codes:
        wedge(page, one)
    expect(page.get_by_test_id("row")).to_have_count(20)
    world.line.open()
    until(page, lambda: len(world.office.ops("stocktake.count")) == 19, "nineteen were taken")
    page.get_by_test_id("refused").click()
    refused = page.get_by_test_id("refused-op")
    expect(refused).to_have_count(1)
    expect(refused.get_by_test_id("reason")).not_to_have_text("")
    with page.expect_download() as saved:
        refused.get_by_test_id("export").click()
    content = json.loads(Path(saved.value.path()).read_text("utf-8"))
    assert content["payload"]["code"] == codes[0]
    assert content["answer"]["code"] == "label.unknown"
    refused.get_by_test_id("delete").click()
    page.get_by_test_id("dialog-safe").click()
    expect(refused).to_have_count(1)
    refused.get_by_test_id("delete").click()
    page.get_by_test_id("dialog-act").click()
    expect(refused).to_have_count(0)
    assert unsent(page) == 0
    assert len(world.office.log) == 20


@pytest.mark.proves("O6", "SEC 37")
@pytest.mark.parametrize(
    "fault", [fake.server_error, fake.bad_gateway, fake.captive_portal, fake.too_many], ids=["500", "502 page", "captive portal", "429"]
)
def test_a_server_that_fails_costs_no_record(world: World, fault: object) -> None:
    page = hurried(world)
    world.office.faults = [fault, fault]
    type_code(page, CHAIRS[0])
    type_code(page, CHAIRS[1])
    until(page, lambda: len(world.office.faults) < 2, "the first failure")
    assert unsent(page) == 2
    expect(page.get_by_test_id("unsent")).to_have_attribute("data-count", "2")
    for _ in range(6):
        page.clock.fast_forward(15_000)
        page.wait_for_timeout(100)
    until(page, lambda: len(world.office.ops("stocktake.count")) == 2, "both counts after the failures")
    until(page, lambda: unsent(page) == 0, "the phone knows")


@pytest.mark.proves("O6")
def test_a_batch_too_large_for_the_server_is_halved_until_it_fits(world: World) -> None:
    page = world.counting()
    world.line.close()
    for n in range(12):
        wedge(page, code(7000 + n))
    expect(page.get_by_test_id("row")).to_have_count(12)
    world.office.faults = [fake.too_large, fake.too_large]
    world.line.open()
    until(page, lambda: len(world.office.ops("stocktake.count")) == 12, "all twelve")
    assert world.office.batches[0]["size"] == 3


@pytest.mark.proves("T1", "O6")
def test_a_hundred_failed_attempts_lose_nothing(world: World) -> None:
    page = hurried(world)
    world.office.faults = [fake.server_error] * 100
    type_code(page, CHAIRS[0])
    for _ in range(140):
        if not world.office.faults:
            break
        assert unsent(page) == 1
        page.clock.fast_forward(65_000)
        page.wait_for_timeout(20)
    assert world.office.faults == []
    until(page, lambda: len(world.office.ops("stocktake.count")) == 1, "the record after a hundred failures")


@pytest.mark.proves("O8")
def test_a_sign_in_that_ran_out_keeps_everything_and_goes_on_after_signing_in_again(world: World) -> None:
    page = world.counting()
    type_code(page, CHAIRS[0])
    until(page, lambda: len(world.office.log) == 1, "the first count")
    world.office.tokens.clear()
    type_code(page, CHAIRS[1])
    page.get_by_test_id("login-again").click()
    assert unsent(page) == 1
    sign_in(page)
    until(page, lambda: len(world.office.ops("stocktake.count")) == 2, "the second count")
    assert {op["actor_id"] for op in world.office.ops()} == {"u-zhou"}


@pytest.mark.proves("O9", "O10")
def test_signing_out_with_unsent_records_asks_and_they_go_up_in_the_first_person_s_name(world: World) -> None:
    page = world.counting()
    controlled(page)
    world.line.close()
    type_code(page, CHAIRS[0])
    page.goto(f"{world.base}/m/#/mine")
    page.get_by_test_id("signout").click()
    expect(page.get_by_test_id("dialog")).to_contain_text("还有 1 条没上传")
    page.get_by_test_id("dialog-act").click()
    expect(page.get_by_test_id("owed")).to_contain_text("1 条别人的记录")
    world.line.open()
    sign_in(page, "clerk")
    until(page, lambda: len(world.office.ops()) == 1, "the first person's record")
    assert world.office.ops()[0]["actor_id"] == "u-zhou"
    assert world.office.batches[0]["who"] == "u-zhou"
    until(page, lambda: "u-zhou" not in world.office.tokens.values(), "the first person's key is given back")
    page.goto(f"{world.base}/m/#/unsent")
    expect(page.get_by_test_id("sent-op")).to_have_count(0)


@pytest.mark.proves("O14", "SEC 35")
@pytest.mark.parametrize("days", [3, -365], ids=["three days ahead", "a year behind"])
def test_a_wrong_phone_clock_is_shown_and_the_records_carry_the_true_time(world: World, days: int) -> None:
    context = world.browser.new_context(**PHONE)
    world.contexts.append(context)
    page = world.watch(context.new_page())
    page.clock.install(time=world.office.now + timedelta(days=days))
    page.goto(f"{world.base}/m/")
    ready(page)
    sign_in(page)
    expect(page.get_by_test_id("skew")).to_be_visible()
    count_in(page, "302")
    type_code(page, CHAIRS[0])
    until(page, lambda: len(world.office.ops("stocktake.count")) == 1, "the first is accepted")
    page.clock.set_system_time(world.office.now - timedelta(days=30))  # set back while the app runs
    type_code(page, CHAIRS[1])
    until(page, lambda: len(world.office.ops("stocktake.count")) == 2, "both are accepted")
    ops = world.office.ops("stocktake.count")
    assert [op["device_seq"] for op in ops] == [1, 2]
    assert all(abs(op["at"] - world.office.now) < timedelta(minutes=5) for op in ops)
    assert ops[0]["monotonic_ms"] <= ops[1]["monotonic_ms"]
    assert ops[0]["boot_id"] == ops[1]["boot_id"]


@pytest.mark.proves("O15", "SEC 32")
def test_a_photo_cut_at_sixty_percent_goes_on_where_it_stopped(world: World) -> None:
    page = world.counting()
    world.office.cut_blob_after = 500_000
    page.get_by_test_id("find").click()
    attach(page, "find-photo", jpeg(1600, noisy=True))
    page.get_by_test_id("find-text").fill("大柜子")
    page.get_by_test_id("find-save").click()
    until(page, lambda: bool(world.office.ops("stocktake.report_find")), "the record itself, before its photo")
    sha = world.office.ops("stocktake.report_find")[0]["payload"]["photos"][0]
    assert world.office.answers[world.office.ops("stocktake.report_find")[0]["op_id"]]["facts"] == {"evidence_pending": True}
    until(page, lambda: sha in world.office.complete(), "the whole photo", 25)
    starts = [start for one, start in world.office.blob_parts if one == sha]
    assert starts == sorted(set(starts)), "no part was sent twice"
    assert len(starts) >= 3


@pytest.mark.proves("O18", "Floor 9", "V26")
def test_a_new_version_waits_until_the_form_is_done(world: World) -> None:
    page = world.counting()
    controlled(page)
    page.evaluate("window.sameDocument = true")
    world.server.use(Floor(extra={"note.js": b"// a newer version\n"}))
    newer = world.server.floor.version
    page.evaluate("navigator.serviceWorker.ready.then((r) => r.update())")
    expect(page.get_by_test_id("update")).to_be_visible()
    type_code(page, CHAIRS[0])
    assert page.evaluate("window.sameDocument === true")
    until(page, lambda: len(world.office.log) == 1, "the count")
    with page.expect_event("load", timeout=60_000):
        page.goto(f"{world.base}/m/#/")
    ready(page)
    world.line.close()
    page.reload()
    ready(page)
    running = page.evaluate("fetch('./note.js').then((a) => a.headers.get('Foyer-Version'))")
    assert running == newer
    world.server.use(Floor())


@pytest.mark.proves("O18", "SEC 37")
def test_a_half_failed_download_of_a_version_never_becomes_the_running_one(world: World) -> None:
    page = world.counting()
    controlled(page)
    broken = Floor(extra={"note.js": b"// a newer version\n"})
    broken.files["note.js"] = File(b"<html>Welcome to the hotel</html>", None, "text/html", "0" * 64)
    world.server.use(broken)
    page.evaluate(
        """navigator.serviceWorker.ready.then((r) => r.update()).then((r) => new Promise((go) => {
          const worker = r.installing;
          if (!worker) go();
          else worker.addEventListener('statechange', () => worker.state === 'redundant' && go());
        }))"""
    )
    assert page.evaluate("navigator.serviceWorker.ready.then((r) => !r.waiting && r.active.state === 'activated')")
    world.server.use(Floor())
    world.line.close()
    page.reload()
    ready(page)
    expect(page.get_by_test_id("update")).to_have_count(0)
    world.line.open()


@pytest.mark.proves("O20", "SEC 32")
def test_a_full_phone_refuses_loudly_before_the_beep_and_keeps_what_it_had(world: World) -> None:
    page = world.counting()
    controlled(page)
    world.line.close()
    type_code(page, CHAIRS[0])
    expect(page.get_by_test_id("unsent")).to_have_attribute("data-count", "1")
    before = heard(page)
    page.evaluate(
        """() => import('./database.js').then(async (m) => {
          // What IndexedDB does when the disk has no room: the transaction fails with this error and nothing of it stays.
          const db = await m.connection();
          const real = IDBObjectStore.prototype.add;
          IDBObjectStore.prototype.add = function () { throw new DOMException('full', 'QuotaExceededError'); };
          window.roomAgain = () => { IDBObjectStore.prototype.add = real; };
        })"""
    )
    page.get_by_test_id("type").click()
    page.get_by_test_id("code-field").fill(CHAIRS[1])
    page.get_by_test_id("code-done").click()
    expect(page.get_by_test_id("code-help")).to_contain_text("没存上")
    after = heard(page)
    assert (after["saved"] - before["saved"], after["refused"] - before["refused"]) == (0, 1)
    assert unsent(page) == 1
    page.evaluate("window.roomAgain()")
    page.get_by_test_id("code-done").click()
    expect(page.get_by_test_id("unsent")).to_have_attribute("data-count", "2")
    world.line.open()
    until(page, lambda: [op["device_seq"] for op in world.office.ops()] == [1, 2], "both, without a gap in the numbers")


@pytest.mark.proves("O22")
def test_an_online_event_with_a_dead_server_leaves_no_spinner_and_a_true_count(world: World) -> None:
    page = world.counting()
    world.line.close()
    type_code(page, CHAIRS[0])
    type_code(page, CHAIRS[1])
    for _ in range(3):
        page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_test_id("unsent")).to_contain_text("没有网络，2 条还没上传")
    page.goto(f"{world.base}/m/#/unsent")
    expect(page.get_by_test_id("waiting-op")).to_have_count(2)
    expect(page.get_by_test_id("send-now")).to_contain_text("现在上传")
    expect(page.locator(".spin")).to_have_count(0)


@pytest.mark.proves("O23")
def test_a_database_closed_under_the_app_is_opened_again_for_the_next_scan(world: World) -> None:
    page = world.counting()
    type_code(page, CHAIRS[0])
    page.evaluate("import('./database.js').then((m) => m.connection()).then((db) => db.close())")
    type_code(page, CHAIRS[1])
    until(page, lambda: len(world.office.ops("stocktake.count")) == 2, "the scan after the close")
    expect(page.get_by_test_id("row")).to_have_count(2)


@pytest.mark.proves("X2")
def test_after_the_first_visit_the_app_starts_without_loading_anything(world: World) -> None:
    page = world.signed_in()
    controlled(page)
    world.office.asked.clear()
    page.reload()
    ready(page)
    page.wait_for_selector("[data-screen=Home]")
    assert [path for method, path in world.office.asked if path.startswith("/m/") and path != "/m/sw.js"] == []
    world.line.close()
    page.reload()
    ready(page)
    page.wait_for_selector("[data-screen=Home]")


@pytest.mark.proves("S3.1-R7", "Office 5")
def test_supplies_over_the_limit_ask_why_and_go_out_for_the_person_chosen(world: World) -> None:
    page = world.signed_in()
    page.get_by_test_id("collect").click()
    type_code(page, PEN)
    expect(page.get_by_test_id("quantity")).to_have_value("1")
    type_code(page, PEN)
    expect(page.get_by_test_id("quantity")).to_have_value("2")
    page.get_by_test_id("quantity").fill("6")
    take = page.get_by_test_id("take")
    expect(take).to_have_text("写上原因，就能领走")
    page.get_by_test_id("reason").fill("新到 2 名实习生")
    page.get_by_test_id("for-whom").click()
    page.get_by_test_id("whom").fill("何")
    page.get_by_test_id("whom-hit").click()
    take.click()
    until(page, lambda: len(world.office.ops("supply.issue")) == 1, "the issue")
    assert world.office.ops("supply.issue")[0]["payload"] == {
        "code": PEN,
        "quantity": 6,
        "to_person_id": "u-he",
        "reason": "新到 2 名实习生",
    }
    expect(page.get_by_test_id("took")).to_contain_text("何静")
    expect(page.get_by_test_id("basket-line")).to_have_count(0)

"""The camera, the scan screen and the round: what a person sees who points a phone at a label."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.floor.camera import film, label_text, still
from tests.floor.conftest import CHROMIUM, FLAGS, PHONE, World, controlled, count_in, ready, sign_in, type_code, unsent, until
from tests.floor.office import BLANK, CHAIRS, GAUGE_POINT, OLD_CHAIR, PEN, STAIR_POINT, UNKNOWN
from tests.floor.test_count import attach, jpeg

pytestmark = [pytest.mark.browser, pytest.mark.camera]


@pytest.fixture
def with_film(playwright: Playwright, world: World, tmp_path: Path) -> Iterator[object]:
    """Start a phone of its own whose camera shows these shots; its profile lies in the test's folder, so it may be killed and restarted."""
    started: list[BrowserContext] = []

    def start(shots: list[tuple[str | None, float]]) -> Page:
        reel = film(tmp_path / "film.y4m", shots)
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"),
            executable_path=CHROMIUM,
            args=[*FLAGS, f"--use-file-for-fake-video-capture={reel}"],
            **PHONE,
        )
        started.append(context)
        return world.watch(context.pages[0] if context.pages else context.new_page())

    yield start
    for context in started:
        context.close()


def kill(profile: Path) -> None:
    """Kill the browser of this profile as a flat battery would: every process of it, found by its own command line, at once."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if f"--user-data-dir={profile}".encode() in command:
            os.kill(int(entry.name), signal.SIGKILL)


@pytest.mark.proves("Floor 1", "O1", "T23", "SEC 39", "X2")
def test_five_labels_scanned_without_a_network_survive_the_killed_browser(with_film: object, world: World, tmp_path: Path) -> None:
    labels = [CHAIRS[n] for n in (0, 1, 3, 4, 5)]
    shots = [(label_text(one), 0.8) for one in labels] + [(None, 0.6)]
    page: Page = with_film(shots)  # type: ignore[operator]
    hosts: set[str] = set()
    page.context.on("request", lambda request: hosts.add(request.url.split("/")[2]) if request.url.startswith("http") else None)
    page.goto(f"{world.base}/m/")
    ready(page)
    sign_in(page)
    controlled(page)
    world.line.close()  # before the camera was ever on: the decoder must come from the phone itself
    count_in(page, "302")
    until(page, lambda: unsent(page) == 5, "five scans on the disk", 40)
    assert world.office.log == {}
    kill(tmp_path / "profile")
    page = with_film([(None, 1)])  # type: ignore[operator]
    page.goto(f"{world.base}/m/")
    ready(page)
    expect(page.get_by_test_id("unsent")).to_have_attribute("data-count", "5")
    world.line.open()
    until(page, lambda: len(world.office.ops("stocktake.count")) == 5, "five counts at the server")
    until(page, lambda: unsent(page) == 0, "the badge is 0")
    ops = world.office.ops("stocktake.count")
    assert {op["payload"]["code"] for op in ops} == set(labels)
    assert [op["device_seq"] for op in ops] == [1, 2, 3, 4, 5]
    times = [datetime.fromisoformat(op["occurred_at"]) for op in ops]  # as the phone's own clock shows them
    assert times == sorted(times) and len(set(times)) == 5
    assert hosts == {world.base.removeprefix("http://")}


@pytest.mark.proves("T22")
def test_a_label_held_still_before_the_camera_is_one_scan(with_film: object, world: World) -> None:
    page: Page = with_film([(label_text(CHAIRS[0]), 2)])  # type: ignore[operator]
    page.goto(f"{world.base}/m/")
    ready(page)
    sign_in(page)
    count_in(page, "302")
    expect(page.get_by_test_id("row")).to_have_count(1, timeout=15_000)
    frames = page.evaluate(
        """new Promise((go) => {
          let n = 0;
          const video = document.querySelector('video');
          const next = () => (n += 1) < 60 ? video.requestVideoFrameCallback(next) : go(n);
          next();
        })"""
    )
    assert frames == 60
    scans = page.evaluate("import('./database.js').then((m) => m.read((db) => db.getAll('rows'))).then((rows) => rows[0].scans)")
    assert scans == 1


@pytest.mark.proves("T22", "T24")
def test_the_browser_s_own_detector_is_used_where_there_is_one(world: World) -> None:
    context = world.browser.new_context(**PHONE)
    context.add_init_script(
        f"""window.BarcodeDetector = class {{ static getSupportedFormats() {{ return Promise.resolve(['qr_code', 'code_128']); }}
        detect() {{
          window.detections = (window.detections || 0) + 1;
          return Promise.resolve([{{ rawValue: '{label_text(CHAIRS[0])}' }}]);
        }} }};"""
    )
    world.contexts.append(context)
    page = world.watch(context.new_page())
    page.goto(f"{world.base}/m/")
    ready(page)
    sign_in(page)
    page.get_by_test_id("scan").click()
    expect(page.get_by_test_id("found-title")).to_contain_text("人体工学椅")
    assert page.evaluate("window.detections") > 0


@pytest.mark.proves("T14", "T20", "Things 2")
def test_scanning_anything_says_what_it_is_and_what_may_be_done(world: World) -> None:
    page = world.signed_in()
    page.get_by_test_id("scan").click()
    type_code(page, CHAIRS[1])
    expect(page.get_by_test_id("found-title")).to_contain_text("打印机 惠普 M405")
    page.get_by_test_id("act-take").click()
    expect(page.get_by_test_id("did")).to_be_visible()
    until(page, lambda: len(world.office.ops("asset.take")) == 1, "the taking")
    page.keyboard.press("Escape")
    type_code(page, OLD_CHAIR)
    expect(page.get_by_test_id("superseded")).to_contain_text("旧标签")
    page.keyboard.press("Escape")
    type_code(page, UNKNOWN)
    expect(page.get_by_test_id("unknown")).to_contain_text("登记册里没有")
    expect(page.get_by_test_id("act-claim")).to_have_count(0)
    page.keyboard.press("Escape")
    type_code(page, BLANK)
    page.get_by_test_id("act-claim").click()
    page.get_by_test_id("claim-search").fill("书柜")
    page.get_by_test_id("claim-hit").first.click()
    until(page, lambda: len(world.office.ops("label.claim")) == 1, "the claim")
    assert world.office.ops("label.claim")[0]["payload"] == {"code": BLANK, "subject_kind": "asset", "subject_id": "a-4"}
    expect(page.get_by_test_id("found-title")).to_contain_text("书柜")
    expect(page.get_by_test_id("act-claim")).to_have_count(0)  # it sticks: the next thing to do is the next label


@pytest.mark.proves("S3.1-R7", "SEC 4")
def test_a_thing_is_known_and_a_fault_reported_without_a_network(world: World) -> None:
    page = world.signed_in()
    controlled(page)
    world.line.close()
    page.get_by_test_id("scan").click()
    type_code(page, CHAIRS[3])
    expect(page.get_by_test_id("found-title")).to_contain_text("投影仪")
    page.get_by_test_id("act-fault").click()
    page.get_by_test_id("fault-text").fill("开机没反应")
    attach(page, "fault-photo", jpeg())
    page.get_by_test_id("fault-save").click()
    expect(page.get_by_test_id("did")).to_be_visible()
    assert unsent(page) == 1
    page.keyboard.press("Escape")
    type_code(page, UNKNOWN)
    expect(page.get_by_test_id("unknown")).to_contain_text("没有网络，只能查本机的名单")
    world.line.open()
    until(page, lambda: bool(world.office.ops("asset.report_fault")) and bool(world.office.complete()), "the report and its photo")


@pytest.mark.proves("Floor 3", "S4.2-R3", "S4.2-R4")
def test_a_fail_is_not_accepted_without_photo_and_note_and_the_round_ends_with_a_signature(world: World) -> None:
    page = world.signed_in()
    page.get_by_test_id("inspection").click()
    expect(page.get_by_test_id("finish")).to_have_attribute("aria-disabled", "true")
    type_code(page, STAIR_POINT)
    expect(page.get_by_test_id("arrived")).to_be_visible()
    seal, gauge = page.get_by_test_id("question").nth(0), page.get_by_test_id("question").nth(1)
    seal.get_by_test_id("answer-pass").click()
    gauge.get_by_test_id("answer-fail").click()
    go_on = page.get_by_test_id("next")
    expect(go_on).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_test_id("needs")).to_contain_text("还差一张照片和一句说明")
    go_on.click(force=True)
    assert world.office.ops("inspection.answer") == []
    attach(page, "photo", jpeg())
    expect(page.get_by_test_id("needs")).to_contain_text("还差一句说明")
    expect(go_on).to_have_text("补上说明，就能查下一处")
    gauge.get_by_test_id("note").fill("指针在红区")
    expect(go_on).not_to_have_attribute("aria-disabled", "true")
    go_on.click()
    # the next open point comes by itself; a number outside its limits is a fail, inside a pass
    type_code(page, GAUGE_POINT)
    page.get_by_test_id("answer-pass").first.click()
    page.get_by_test_id("number").fill("0.8")
    expect(page.get_by_test_id("next")).to_have_attribute("aria-disabled", "true")
    page.get_by_test_id("number").fill("1.2")
    page.get_by_test_id("next").click()
    page.get_by_test_id("finish").click()
    expect(page.get_by_test_id("signed")).to_have_attribute("aria-disabled", "true")
    pad = page.get_by_test_id("signature").bounding_box()
    assert pad
    page.mouse.move(pad["x"] + 40, pad["y"] + 60)
    page.mouse.down()
    page.mouse.move(pad["x"] + 160, pad["y"] + 140, steps=5)
    page.mouse.up()
    page.get_by_test_id("signed").click()
    expect(page.get_by_test_id("round-finished")).to_be_visible()
    until(
        page,
        lambda: bool(world.office.ops("inspection.finish")) and len(world.office.complete()) == 2,
        "the whole round with photo and signature",
    )
    kinds = [op["kind"] for op in world.office.ops()]
    assert kinds == ["inspection.start", *["inspection.answer"] * 4, "inspection.finish"]
    failed = next(op["payload"] for op in world.office.ops("inspection.answer") if op["payload"]["answer"] == "fail")
    assert (failed["question_id"], failed["note"], failed["scanned_code"]) == ("q-gauge", "指针在红区", STAIR_POINT)
    assert failed["photos"][0] in world.office.complete()
    number = next(op["payload"] for op in world.office.ops("inspection.answer") if op["payload"]["question_id"] == "q-mpa")
    assert (number["answer"], number["value"]) == ("pass", "1.2")
    assert all(op["template_version"] == 1 for op in world.office.ops())
    run = world.office.ops("inspection.start")[0]["payload"]["run_id"]
    assert {op["payload"]["run_id"] for op in world.office.ops()} == {run}


@pytest.mark.proves("S4.2-R3")
def test_a_good_point_takes_one_tap_and_a_half_answered_one_survives_a_reload(world: World) -> None:
    page = world.signed_in()
    controlled(page)
    page.get_by_test_id("inspection").click()
    page.get_by_test_id("point").first.click()
    page.get_by_test_id("all-good").click()
    until(page, lambda: len(world.office.ops("inspection.answer")) == 2, "two answers by one tap")
    page.get_by_test_id("answer-fail").first.click()
    page.get_by_test_id("note").fill("铅封断了")
    page.wait_for_timeout(100)
    page.reload()
    ready(page)
    expect(page.get_by_test_id("note")).to_have_value("铅封断了")


@pytest.mark.proves("Floor 10", "T25")
def test_on_plain_http_the_page_explains_https_and_takes_typed_codes(playwright: Playwright, world: World) -> None:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--host-resolver-rules=MAP foyer.test 127.0.0.1"])
    try:
        page = world.watch(browser.new_context(**PHONE).new_page())
        errors: list[str] = []
        page.on(
            "console", lambda message: errors.append(message.text) if message.type == "error" and "favicon" not in message.text else None
        )
        page.goto(f"http://foyer.test:{world.line.port}/m/")
        ready(page)
        assert page.evaluate("isSecureContext") is False
        expect(page.get_by_test_id("plain-http")).to_contain_text("https")
        sign_in(page)
        count_in(page, "302")
        expect(page.get_by_test_id("finder")).to_have_attribute("data-camera", "none")
        type_code(page, CHAIRS[0])
        page.get_by_test_id("find").click()
        attach(page, "find-photo", jpeg())  # hashing without crypto.subtle
        page.get_by_test_id("find-text").fill("黑色转椅")
        page.get_by_test_id("find-save").click()
        until(page, lambda: len(world.office.ops()) == 2 and len(world.office.complete()) == 1, "count, find and photo over plain http")
        assert errors == []
    finally:
        browser.close()


@pytest.mark.proves("T24", "T25")
def test_without_permission_for_the_camera_a_photo_of_the_label_still_counts(world: World) -> None:
    context = world.browser.new_context(**PHONE)
    context.add_init_script("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));")
    world.contexts.append(context)
    page = world.watch(context.new_page())
    page.goto(f"{world.base}/m/")
    ready(page)
    sign_in(page)
    count_in(page, "302")
    expect(page.get_by_test_id("finder")).to_have_attribute("data-camera", "denied")
    out = io.BytesIO()
    still(label_text(CHAIRS[0])).save(out, "PNG")
    page.get_by_test_id("code-photo").set_input_files({"name": "label.png", "mimeType": "image/png", "buffer": out.getvalue()})
    expect(page.get_by_test_id("row")).to_have_count(1, timeout=15_000)


@pytest.mark.proves("X1")
def test_the_language_can_be_changed_anywhere_and_stays(world: World) -> None:
    page = world.phone()
    page.get_by_test_id("lang-en").click()
    expect(page.get_by_test_id("signin")).to_have_text("Sign in")
    sign_in(page)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    ready(page)
    expect(page.get_by_test_id("mine")).to_have_text("Me")
    page.get_by_test_id("mine").click()
    page.get_by_test_id("lang-zh-Hant").click()
    expect(page.get_by_test_id("signout")).to_have_text("登出")


def test_a_label_of_supplies_leads_from_the_scan_to_the_basket(world: World) -> None:
    page = world.signed_in()
    page.get_by_test_id("scan").click()
    type_code(page, PEN)
    page.get_by_test_id("act-collect").click()
    expect(page.get_by_test_id("basket-line")).to_have_count(1)
    expect(page.get_by_test_id("quantity")).to_have_value("1")

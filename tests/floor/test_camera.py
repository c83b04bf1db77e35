"""The camera in the hand: one stream a visit, several labels asked about, what this phone remembers, and what it does without what it has not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.floor.camera import label_text
from tests.floor.conftest import PHONE, World, count_in, ready, sign_in, until
from tests.floor.office import CHAIRS, PEN

pytestmark = [pytest.mark.browser, pytest.mark.camera]

# A phone with torch, zoom and two lenses whose camera "sees" what the test says.
CAMERA = """
window.sees = [];
window.BarcodeDetector = class {
  static getSupportedFormats() { return Promise.resolve(['qr_code', 'code_128']); }
  detect() { window.looks = (window.looks || 0) + 1; return Promise.resolve(window.sees.map((rawValue) => ({ rawValue }))); }
};
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.asked = []; window.told = []; window.tracks = [];
navigator.mediaDevices.getUserMedia = async (wanted) => {
  window.asked.push(wanted.video.deviceId?.exact || 'back');
  const stream = await ask({ video: { width: { ideal: 640 } } });
  const track = stream.getVideoTracks()[0];
  window.tracks.push(track);
  // Chromium tells of the zoom only to a page that asked for it with the camera.
  track.getCapabilities = () => ({ torch: true, ...(wanted.video.zoom && { zoom: { min: 1, max: 4, step: 0.5 } }) });
  track.getSettings = () => ({ deviceId: wanted.video.deviceId?.exact || 'lens-a' });
  track.applyConstraints = (one) => { window.told.push(one.advanced[0]); return Promise.resolve(); };
  return stream;
};
navigator.mediaDevices.enumerateDevices = () => Promise.resolve(['a', 'b'].map((one) => ({ kind: 'videoinput', deviceId: `lens-${one}`, label: `Lens ${one}` })));
window.shown = 'visible';
Object.defineProperty(document, 'visibilityState', { get: () => window.shown });
"""


def phone(world: World) -> Page:
    context = world.browser.new_context(**PHONE)
    context.add_init_script(CAMERA)
    world.contexts.append(context)
    page = world.watch(context.new_page())
    page.goto(f"{world.base}/m/")
    ready(page)
    sign_in(page)
    count_in(page, "302")
    expect(page.get_by_test_id("finder")).to_have_attribute("data-camera", "on")
    return page


def look(page: Page, *texts: str) -> None:
    """Hold these before the camera and wait until it has looked at them twice."""
    page.evaluate(
        """(texts) => new Promise((go) => { window.sees = texts; const from = window.looks || 0; const wait = () => (window.looks >= from + 2 ? go() : setTimeout(wait, 20)); wait(); })""",
        list(texts),
    )


@pytest.mark.proves("T22", "T24", "T25")
def test_several_labels_in_view_are_asked_about_and_one_label_with_two_codes_is_one(world: World) -> None:
    page = phone(world)
    look(page, label_text(CHAIRS[0]), CHAIRS[0], "https://example.com/a-box-of-something")  # its QR, its bars, and a foreign code beside
    expect(page.get_by_test_id("row")).to_have_count(1)
    look(page)
    page.wait_for_timeout(1300)  # longer than the pause
    look(page, label_text(CHAIRS[1]), label_text(CHAIRS[3]), label_text(CHAIRS[4]))
    expect(page.get_by_test_id("which")).to_have_count(3)
    expect(page.get_by_test_id("pullup")).to_contain_text("打印机 惠普 M405")
    assert len(world.office.ops("stocktake.count")) <= 1, "nothing is counted before the answer"
    page.get_by_test_id("which").filter(has_text="投影仪").click()
    expect(page.get_by_test_id("row")).to_have_count(2)
    look(page)
    page.wait_for_timeout(1300)
    look(page, label_text(CHAIRS[1]), label_text(CHAIRS[4]))
    page.get_by_test_id("which-all").click()
    expect(page.get_by_test_id("row")).to_have_count(4)
    until(page, lambda: len(world.office.ops("stocktake.count")) == 4, "four counts")
    look(page, label_text(CHAIRS[0]))
    page.wait_for_timeout(300)
    scans = "import('./rows.js').then((m) => m.roundRows('st-assets')).then((rows) => rows.find((one) => one.subject_id === 'a-0').scans)"
    assert page.evaluate(scans) == 2
    look(page, label_text(CHAIRS[0]))
    assert page.evaluate(scans) == 2, "held still it is the same scan"


@pytest.mark.proves("T24", "T25", "T26")
def test_one_stream_a_visit_stopped_when_hidden_with_lens_zoom_and_torch_remembered(world: World) -> None:
    page = phone(world)
    page.get_by_test_id("torch").click()
    page.get_by_test_id("zoom").fill("2.5")
    page.goto(f"{world.base}/m/#/scan")
    expect(page.get_by_test_id("finder")).to_have_attribute("data-camera", "on")
    page.goto(f"{world.base}/m/#/stocktake/st-assets")
    expect(page.get_by_test_id("finder")).to_have_attribute("data-camera", "on")
    assert page.evaluate("window.asked") == ["back"], "one question a visit"
    page.evaluate("window.shown = 'hidden'; document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("window.tracks.map((one) => one.readyState)") == ["ended"]
    page.evaluate("window.shown = 'visible'; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_test_id("finder")).to_have_attribute("data-camera", "on")
    until(page, lambda: page.evaluate("window.tracks.at(-1).readyState") == "live", "the stream is back")
    page.get_by_test_id("lens").click()
    until(page, lambda: page.evaluate("window.asked.at(-1)") == "lens-b", "the other lens")
    page.reload()
    ready(page)
    expect(page.get_by_test_id("finder")).to_have_attribute("data-camera", "on")
    assert page.evaluate("window.asked") == ["lens-b"]
    until(page, lambda: {"torch": True} in page.evaluate("window.told"), "the torch burns again")
    page.get_by_test_id("lens").click()
    until(page, lambda: {"zoom": 2.5} in page.evaluate("window.told"), "the zoom of the first lens")
    page.evaluate("window.tracks.at(-1).stop(); window.tracks.at(-1).dispatchEvent(new Event('ended'))")
    page.get_by_test_id("camera-again").click()
    expect(page.get_by_test_id("finder")).to_have_attribute("data-camera", "on")


@pytest.mark.proves("T22", "T26")
def test_the_pause_for_the_same_label_is_the_person_s_choice(world: World) -> None:
    page = phone(world)
    page.goto(f"{world.base}/m/#/mine")
    page.get_by_test_id("gap-5000").click()
    page.get_by_test_id("sound").click()
    page.reload()
    ready(page)
    expect(page.get_by_test_id("gap-5000")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("sound")).to_have_attribute("aria-pressed", "false")
    page.goto(f"{world.base}/m/#/collect")
    expect(page.get_by_test_id("finder")).to_have_attribute("data-camera", "on")
    look(page, label_text(PEN))
    expect(page.get_by_test_id("quantity")).to_have_value("1")
    look(page)
    page.wait_for_timeout(1500)
    look(page, label_text(PEN))
    expect(page.get_by_test_id("quantity")).to_have_value("1")

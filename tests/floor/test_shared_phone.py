"""A phone that several people use, or that cannot connect: what is unsent is named, kept, unreadable for the next one, and never lost."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Page, expect

from tests.floor import office as fake
from tests.floor.camera import label_text, still
from tests.floor.conftest import PHONE, World, controlled, count_in, ready, sign_in, type_code, unsent, until
from tests.floor.office import CHAIRS
from tests.floor.test_count import attach, jpeg

pytestmark = pytest.mark.browser

EVERYTHING = """import('./database.js').then((m) => m.read(async (db) => {
  const text = (value) => {
    if (value instanceof ArrayBuffer) return new TextDecoder('latin1').decode(value) + new TextDecoder('utf-8').decode(value);
    if (ArrayBuffer.isView(value)) return text(value.buffer);
    if (value instanceof CryptoKey) return 'CRYPTOKEY';
    if (Array.isArray(value)) return value.map(text).join(' ');
    if (value && typeof value === 'object') return Object.entries(value).map(([k, v]) => k + '=' + text(v)).join(' ');
    return String(value);
  };
  let all = '';
  for (const name of db.objectStoreNames) all += ' ' + name + ': ' + text(await db.getAll(name)) + text(await db.getAllKeys(name));
  return all + ' ' + JSON.stringify({ ...localStorage });
}))"""


def three_unsent(world: World) -> Page:
    """A phone in 302 with two counts, a find with its photo, and no network."""
    page = world.counting()
    controlled(page)
    world.line.close()
    type_code(page, CHAIRS[0])
    type_code(page, CHAIRS[1])
    page.get_by_test_id("find").click()
    attach(page, "find-photo", jpeg(500, noisy=True))
    page.get_by_test_id("find-text").fill("黑色转椅靠窗")
    page.get_by_test_id("find-save").click()
    expect(page.get_by_test_id("unsent")).to_have_attribute("data-count", "3")
    page.goto(f"{world.base}/m/#/mine")
    return page


@pytest.mark.proves("Floor 7", "O9", "O10", "O15")
def test_the_next_person_on_a_phone_sends_what_the_first_one_left_and_can_not_read_it(world: World) -> None:
    page = three_unsent(world)
    assert "黑色转椅靠窗" in page.evaluate(EVERYTHING) and "CRYPTOKEY" in page.evaluate(EVERYTHING)
    page.get_by_test_id("signout").click()
    expect(page.get_by_test_id("dialog")).to_contain_text("还有 3 条没上传")
    expect(page.get_by_test_id("leave-item")).to_have_count(3)
    expect(page.get_by_test_id("leave-list")).to_contain_text("打印机")
    page.get_by_test_id("dialog-safe").click()  # staying changes nothing
    expect(page.get_by_test_id("signout")).to_be_visible()
    page.get_by_test_id("signout").click()
    page.get_by_test_id("dialog-act").click()
    expect(page.get_by_test_id("owed")).to_contain_text("3 条别人的记录")
    left = page.evaluate(EVERYTHING)
    for word in ("黑色转椅靠窗", "打印机", "人体工学椅", CHAIRS[0], "stocktake.count", "token-", "CRYPTOKEY", "JFIF"):
        assert word not in left, word
    assert unsent(page) == 3
    world.office.faults = [fake.server_error] * 30
    world.line.open()
    sign_in(page, "clerk")
    page.goto(f"{world.base}/m/#/unsent")
    expect(page.get_by_test_id("others")).to_contain_text("3 条是别人的")
    expect(page.get_by_test_id("waiting-op")).to_have_count(0)
    assert "黑色转椅靠窗" not in page.evaluate(EVERYTHING)
    world.office.faults = []
    page.get_by_test_id("send-now").click()
    until(page, lambda: len(world.office.ops()) == 3 and len(world.office.complete()) == 1, "three records and the photo", 30)
    assert {(op["actor_id"], op.get("came_sealed")) for op in world.office.ops()} == {("u-zhou", True)}
    assert {(one["who"], one["token"]) for one in world.office.batches if one["size"]} == {("u-zhou", "up-")}
    until(page, lambda: "u-zhou" not in world.office.tokens.values(), "the key is given back when the last is up", 30)
    page.goto(f"{world.base}/m/#/mine")
    page.get_by_test_id("signout").click()
    sign_in(page, "staff")
    page.goto(f"{world.base}/m/#/unsent")
    expect(page.get_by_test_id("sent-op")).to_have_count(3)
    expect(page.get_by_test_id("sent-op").filter(has_text="打印机")).to_have_count(1)
    page.goto(f"{world.base}/m/#/stocktake/st-assets")
    expect(page.get_by_test_id("row").filter(has_text="打印机")).to_have_count(1)


@pytest.mark.proves("O9", "O10", "T27")
def test_records_handed_over_as_a_file_stay_on_the_phone_and_what_was_locked_opens_for_its_person(world: World) -> None:
    page = three_unsent(world)
    page.get_by_test_id("signout").click()
    with page.expect_download() as saved:
        page.get_by_test_id("leave-hand").click()
    expect(page.get_by_test_id("handed")).to_contain_text("3 条")
    file = json.loads(Path(saved.value.path()).read_text("utf-8"))
    assert (file["format"], file["version"], file["highest_seq"]) == ("foyer-queue", 1, 3)
    [part] = file["people"]
    assert part["person_id"] == "u-zhou" and [one["device_seq"] for one in part["records"]] == [1, 2, 3]
    assert len(part["photos"]) == 1 and "黑色" not in json.dumps(file, ensure_ascii=False)
    page.get_by_test_id("dialog-act").click()
    expect(page.get_by_test_id("owed")).to_be_visible()
    assert unsent(page) == 3
    page.reload()
    ready(page)
    expect(page.get_by_test_id("owed")).to_contain_text("3 条")
    world.office.faults = [fake.server_error] * 30
    world.line.open()
    sign_in(page, "staff")
    page.goto(f"{world.base}/m/#/unsent")
    expect(page.get_by_test_id("waiting-op")).to_have_count(3)
    expect(page.get_by_test_id("waiting-op").last).to_contain_text("黑色转椅靠窗")
    world.office.faults = []
    page.get_by_test_id("send-now").click()
    until(page, lambda: len(world.office.ops()) == 3 and len(world.office.complete()) == 1, "all three", 30)
    assert all("came_sealed" not in op for op in world.office.ops())


@pytest.mark.proves("O9")
def test_signing_out_may_send_first(world: World) -> None:
    page = three_unsent(world)
    page.get_by_test_id("signout").click()
    world.line.open()
    page.get_by_test_id("leave-send").click()
    expect(page.get_by_test_id("account")).to_be_visible(timeout=20_000)
    expect(page.get_by_test_id("owed")).to_have_count(0)
    assert len(world.office.ops()) == 3


@pytest.mark.proves("Floor 7", "SEC 26")
def test_on_a_shared_phone_people_come_back_by_name_and_pin(world: World) -> None:
    page = world.signed_in()
    page.get_by_test_id("mine").click()
    page.get_by_test_id("pin-set").click()
    page.get_by_test_id("pin-field").fill("12")
    expect(page.get_by_test_id("pin-save")).to_have_attribute("aria-disabled", "true")
    page.get_by_test_id("pin-field").fill("４７１１")
    page.get_by_test_id("pin-save").click()
    expect(page.get_by_test_id("pin-field")).to_have_count(0)
    assert world.office.pins == {"u-zhou": "4711"} and "4711" not in page.evaluate(EVERYTHING)
    page.get_by_test_id("signout").click()
    page.get_by_test_id("known").filter(has_text="周启明").click()
    for digit in "0000":
        page.get_by_test_id(f"key-{digit}").click()
    page.get_by_test_id("pin-done").click()
    expect(page.get_by_test_id("signin-problem")).to_contain_text("快捷码不对")
    page.keyboard.type("4711")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-screen=Home]")
    page.get_by_test_id("mine").click()
    page.get_by_test_id("signout").click()
    world.office.pin_tries = 3
    page.get_by_test_id("known").first.click()
    page.get_by_test_id("pin").wait_for()
    page.keyboard.type("4711")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("signin-problem")).to_contain_text("秒后再试")
    expect(page.get_by_test_id("signin-problem")).to_have_count(0, timeout=15_000)  # the wait counts down by itself
    page.get_by_role("button", name="改用密码").click()
    sign_in(page, "clerk")


@pytest.mark.proves("T24", "T25", "T26")
def test_a_photo_of_a_code_taken_without_a_network_is_read_later_and_keeps_its_time_and_place(world: World) -> None:
    context = world.browser.new_context(**PHONE)
    context.add_init_script("delete window.Worker; delete window.OffscreenCanvas;")  # a browser that can decode nothing itself
    world.contexts.append(context)
    page = world.watch(context.new_page())
    page.goto(f"{world.base}/m/")
    ready(page)
    sign_in(page)
    count_in(page, "302")
    controlled(page)

    def photograph(image: Image.Image) -> None:
        out = io.BytesIO()
        image.resize((1280, 960)).filter(ImageFilter.GaussianBlur(2)).save(out, "PNG")
        page.get_by_test_id("code-photo").set_input_files({"name": "label.png", "mimeType": "image/png", "buffer": out.getvalue()})

    photograph(still(label_text(CHAIRS[3])))  # with the network: at once
    expect(page.get_by_test_id("row")).to_have_count(1, timeout=20_000)
    until(page, lambda: len(world.office.ops("stocktake.count")) == 1, "the first")
    world.line.close()
    photograph(still(label_text(CHAIRS[0])))
    expect(page.get_by_test_id("line")).to_contain_text("照片已存本机")
    photograph(still(None))
    until(page, lambda: unsent(page) == 2, "two photos wait")
    expect(page.get_by_test_id("unsent")).to_have_attribute("data-count", "2")
    taken = page.evaluate("import('./stills.js').then((m) => m.stills()).then((all) => all.map((one) => one.at))")
    type_code(page, fake.ROOM_301)  # somewhere else by now
    world.line.open()
    until(page, lambda: len(world.office.ops("stocktake.count")) == 2, "the photo that could be read", 30)
    count = world.office.ops("stocktake.count")[1]
    assert count["payload"] == {"stocktake_id": "st-assets", "code": CHAIRS[0], "place_id": "p-302"}
    assert abs(count["at"].timestamp() * 1000 - min(taken)) < 1000
    page.goto(f"{world.base}/m/#/unsent")
    expect(page.get_by_test_id("still")).to_contain_text("读不出标签")
    page.get_by_test_id("still-type").click()
    page.get_by_test_id("code-field").fill(CHAIRS[4])
    page.get_by_test_id("code-done").click()
    until(page, lambda: len(world.office.ops("stocktake.count")) == 3, "typed from the photo")
    assert world.office.ops("stocktake.count")[2]["payload"]["place_id"] == "p-302"
    expect(page.get_by_test_id("still")).to_have_count(0)

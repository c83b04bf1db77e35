"""Counting on the phone: nothing is lost, nothing is counted twice, and the screen never says more than is true."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.floor.conftest import World, controlled, count_in, ready, sign_in, type_code, unsent, until, wedge
from tests.floor.office import CHAIRS, OLD_CHAIR, PEN, ROOM_301, UNKNOWN, code

pytestmark = pytest.mark.browser


def jpeg(side: int = 64, noisy: bool = False) -> bytes:
    """A photo as a phone's camera hands it over."""
    image = Image.effect_noise((side, side), 90).convert("RGB") if noisy else Image.new("RGB", (side, side), (120, 90, 60))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def attach(page: Page, test_id: str, data: bytes) -> None:
    page.get_by_test_id(test_id).set_input_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data})


def heard(page: Page) -> dict[str, int]:
    """How often the phone said saved, again, refused."""
    return page.evaluate("import('./feedback.js').then((m) => m.given)")  # type: ignore[no-any-return]


@pytest.mark.proves("Things 4", "T2", "X2")
def test_what_is_counted_without_a_network_arrives_by_itself_once_it_is_back(world: World) -> None:
    page = world.counting()
    controlled(page)
    world.line.close()
    for number in (0, 1, 3):
        type_code(page, CHAIRS[number])
    expect(page.get_by_test_id("unsent")).to_have_attribute("data-count", "3")
    page.reload()
    ready(page)
    expect(page.get_by_test_id("unsent")).to_have_attribute("data-count", "3")
    page.close()
    page = world.watch(world.contexts[-1].new_page())
    page.goto(f"{world.base}/m/")
    ready(page)
    expect(page.get_by_test_id("unsent")).to_have_attribute("data-count", "3")
    assert unsent(page) == 3
    assert world.office.log == {}
    world.line.open()
    until(page, lambda: len(world.office.ops("stocktake.count")) == 3, "three counts at the server")
    counts = world.office.ops("stocktake.count")
    assert [op["payload"]["code"] for op in counts] == [CHAIRS[0], CHAIRS[1], CHAIRS[3]]
    assert [op["device_seq"] for op in counts] == [1, 2, 3]
    assert world.office.highest_seq == 3
    expect(page.get_by_test_id("unsent")).to_have_count(0)
    expect(page.get_by_test_id("all-sent")).to_be_visible()


@pytest.mark.proves("T3")
def test_a_scan_keeps_the_room_it_was_made_in_when_the_room_is_changed_afterwards(world: World) -> None:
    page = world.counting("302 办公室")
    controlled(page)
    world.line.close()
    type_code(page, CHAIRS[0])
    type_code(page, ROOM_301)
    expect(page.get_by_test_id("place")).to_contain_text("301 听雨厅")
    type_code(page, CHAIRS[2])
    world.line.open()
    until(page, lambda: len(world.office.ops("stocktake.count")) == 2, "two counts")
    assert [op["payload"]["place_id"] for op in world.office.ops("stocktake.count")] == ["p-302", "p-301"]
    assert {op["payload"]["stocktake_id"] for op in world.office.ops("stocktake.count")} == {"st-assets"}


@pytest.mark.proves("T5", "O13", "T8")
def test_the_same_label_again_says_when_it_was_counted_and_adds_nothing(world: World) -> None:
    page = world.counting()
    type_code(page, CHAIRS[0])
    until(page, lambda: len(world.office.ops("stocktake.count")) == 1, "the first count")
    type_code(page, CHAIRS[0])
    expect(page.get_by_test_id("line")).to_have_attribute("data-kind", "again")
    expect(page.get_by_test_id("line")).to_contain_text("扫了 2 次，只算 1 件")
    expect(page.get_by_test_id("row")).to_have_count(1)
    expect(page.get_by_test_id("progress")).to_have_text("1/7")
    assert unsent(page) == 0
    assert len(world.office.ops("stocktake.count")) == 1


@pytest.mark.proves("Things 5", "O13")
def test_a_thing_booked_elsewhere_is_recorded_at_once_and_asked_about(world: World) -> None:
    page = world.counting("302 办公室")
    type_code(page, CHAIRS[2])
    row = page.get_by_test_id("row").first
    expect(row).to_have_attribute("data-question", "moved")
    expect(row).to_contain_text("账上在 301 听雨厅")
    until(page, lambda: len(world.office.ops("stocktake.count")) == 1, "the count was not kept back for the question")
    row.get_by_test_id("keep-here").click()
    expect(row).to_have_attribute("data-question", "")
    assert world.office.ops("stocktake.undo_count") == []


@pytest.mark.proves("Things 5")
def test_only_passing_by_takes_the_count_back(world: World) -> None:
    page = world.counting("302 办公室")
    type_code(page, CHAIRS[2])
    page.get_by_test_id("passing").click()
    until(page, lambda: len(world.office.ops("stocktake.undo_count")) == 1, "the undo")
    undone, counted = world.office.ops("stocktake.undo_count")[0], world.office.ops("stocktake.count")[0]
    assert undone["payload"] == {"stocktake_id": "st-assets", "count_op_id": counted["op_id"]}
    expect(page.get_by_test_id("progress")).to_have_text("0/7")


@pytest.mark.proves("O13")
def test_one_thing_counted_in_two_rooms_is_sent_from_both_and_shown_as_moved(world: World) -> None:
    page = world.counting("302 办公室")
    type_code(page, CHAIRS[0])
    type_code(page, ROOM_301)
    expect(page.get_by_test_id("place")).to_contain_text("301")
    type_code(page, CHAIRS[0])
    expect(page.get_by_test_id("row").first).to_have_attribute("data-question", "moved")
    until(page, lambda: len(world.office.ops("stocktake.count")) == 2, "both observations")
    expect(page.get_by_test_id("progress")).to_have_text("1/7")


@pytest.mark.proves("Things 2", "T14")
def test_an_old_and_a_new_label_of_one_chair_count_once(world: World) -> None:
    page = world.counting()
    type_code(page, OLD_CHAIR)
    expect(page.get_by_test_id("line")).to_contain_text("旧标签")
    type_code(page, CHAIRS[0])
    expect(page.get_by_test_id("line")).to_have_attribute("data-kind", "again")
    expect(page.get_by_test_id("progress")).to_have_text("1/7")
    expect(page.get_by_test_id("row")).to_have_count(1)


@pytest.mark.proves("O15", "S3.1-R1")
def test_an_unknown_label_is_kept_and_described_with_photo_and_words(world: World) -> None:
    page = world.counting()
    type_code(page, UNKNOWN)
    expect(page.get_by_test_id("row").first).to_have_attribute("data-question", "unknown")
    page.get_by_test_id("describe").click()
    save = page.get_by_test_id("find-save")
    expect(save).to_have_attribute("aria-disabled", "true")
    attach(page, "find-photo", jpeg())
    page.get_by_test_id("find-text").fill("黑色转椅，靠窗")
    expect(save).not_to_have_attribute("aria-disabled", "true")
    save.click()
    until(page, lambda: bool(world.office.ops("stocktake.report_find")) and bool(world.office.complete()), "the find with its photo")
    find = world.office.ops("stocktake.report_find")[0]
    assert find["payload"]["code"] == UNKNOWN
    assert find["payload"]["photos"] == find["attachments"] == world.office.complete()
    assert unsent(page) == 0


def test_undo_takes_a_scan_back_and_scanning_again_counts_again(world: World) -> None:
    page = world.counting()
    type_code(page, CHAIRS[1])
    row = page.get_by_test_id("row").first
    row.get_by_role("button").first.click()
    row.get_by_test_id("undo").click()
    expect(page.get_by_test_id("progress")).to_have_text("0/7")
    type_code(page, CHAIRS[1])
    expect(page.get_by_test_id("progress")).to_have_text("1/7")
    until(page, lambda: len(world.office.log) == 3, "count, undo, count")
    assert [op["kind"] for op in world.office.ops()] == ["stocktake.count", "stocktake.undo_count", "stocktake.count"]


@pytest.mark.proves("T14", "SEC 1", "SEC 2", "SEC 3", "SEC 6")
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("7K3M9QWX", "有一位不对"),
        ("javascript:alert(1)", "这不是我们的标签"),
        ("https://evil.example/?x=/S/7K3M9QWY", "这不是我们的标签"),
        ("<img src=x onerror=alert(1)>", "这不是我们的标签"),
        (code(300), "正在"),
    ],
    ids=["mistyped", "script", "foreign", "markup", "place"],
)
def test_every_wrong_code_has_its_own_sentence_and_opens_nothing(world: World, text: str, sentence: str) -> None:
    page = world.counting()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.get_by_test_id("type").click()
    page.get_by_test_id("code-field").fill(text)
    page.get_by_test_id("code-done").click()
    if sentence == "正在":
        expect(page.get_by_test_id("place")).to_contain_text("三楼")
    else:
        expect(page.get_by_test_id("code-help")).to_contain_text(sentence)
    assert page.url.startswith(f"{world.base}/m/#/stocktake/")
    assert dialogs == []
    assert unsent(page) == 0


@pytest.mark.proves("T6", "T29")
def test_twenty_quick_scans_by_a_hand_scanner_are_twenty_records(world: World) -> None:
    page = world.counting()
    codes = [code(5000 + n) for n in range(20)]
    for one in codes:
        wedge(page, one)
    expect(page.get_by_test_id("row")).to_have_count(20)
    until(page, lambda: len(world.office.ops("stocktake.count")) == 20, "twenty counts")
    assert [op["payload"]["code"] for op in world.office.ops("stocktake.count")] == codes
    assert [op["device_seq"] for op in world.office.ops()] == list(range(1, 21))


@pytest.mark.proves("T6", "T4", "T12")
def test_a_supply_counted_again_with_2_is_2_and_both_counts_are_kept(world: World) -> None:
    page = world.signed_in()
    page.get_by_test_id("stocktake").nth(1).click()
    expect(page.get_by_test_id("place")).to_contain_text("301")
    page.get_by_test_id("finder").wait_for()
    for quantity in ("12", "2", "0"):
        wedge(page, PEN)
        field = page.get_by_test_id("pullup").get_by_test_id("quantity")
        field.click()
        page.keyboard.type(quantity)
        page.mouse.wheel(0, 300)
        expect(field).to_have_value(quantity)
        page.get_by_test_id("quantity-done").click()
        expect(page.get_by_test_id("pullup")).to_have_count(0)
    until(page, lambda: len(world.office.ops("stocktake.count")) == 3, "three observations")
    assert [op["payload"]["quantity"] for op in world.office.ops("stocktake.count")] == [12, 2, 0]
    expect(page.get_by_test_id("row")).to_have_count(1)
    expect(page.get_by_test_id("row")).to_contain_text("0")


@pytest.mark.proves("T29", "T30")
def test_a_hand_scanner_works_while_a_chinese_input_method_is_on(world: World) -> None:
    page = world.counting()
    page.evaluate(
        """(code) => {
          // What Chromium reports while an input method is active: the sign is hidden, the key's place is not.
          for (const sign of code + '\\r') {
            const key = sign === '\\r' ? 'Enter' : /\\d/.test(sign) ? `Digit${sign}` : `Key${sign}`;
            const event = { key: 'Process', keyCode: 229, code: key, bubbles: true, cancelable: true };
            document.activeElement.dispatchEvent(new KeyboardEvent('keydown', event));
          }
        }""",
        CHAIRS[0],
    )
    expect(page.get_by_test_id("row")).to_have_count(1)
    page.locator("[data-wedge]").focus()
    page.keyboard.insert_text("".join(chr(ord(sign) + 0xFEE0) for sign in CHAIRS[1]))  # full-width, put in as text
    expect(page.get_by_test_id("row")).to_have_count(2)
    page.locator("[data-wedge]").focus()
    page.keyboard.insert_text(CHAIRS[3] * 2)  # delivered twice
    expect(page.get_by_test_id("row")).to_have_count(3)
    page.locator("[data-wedge]").focus()
    page.keyboard.insert_text("七颗三木九去外")
    expect(page.get_by_test_id("line")).to_contain_text("这不是我们的标签")
    until(page, lambda: len(world.office.ops("stocktake.count")) == 3, "three counts")


@pytest.mark.proves("T30")
def test_control_characters_of_a_scanner_move_no_focus_and_fire_no_shortcut(world: World) -> None:
    page = world.counting()
    before = page.url
    page.keyboard.press("Control+]")
    page.keyboard.type(CHAIRS[0][:4])
    page.keyboard.press("F3")
    page.keyboard.press("Control+j")
    page.keyboard.type(CHAIRS[0][4:])
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("row")).to_have_count(1)
    assert page.url == before
    assert page.evaluate("document.activeElement.matches('[data-wedge], body')")
    wedge(page, f"HTTP://OLD-NAME.EXAMPLE/S/{CHAIRS[1]}")
    expect(page.get_by_test_id("row")).to_have_count(2)


@pytest.mark.proves("T26")
def test_a_phone_without_sound_vibration_or_locks_counts_all_the_same(world: World) -> None:
    context = world.browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    context.add_init_script(
        """for (const name of ['AudioContext', 'webkitAudioContext', 'BroadcastChannel']) delete window[name];
        for (const name of ['vibrate', 'locks']) delete Navigator.prototype[name];"""
    )
    world.contexts.append(context)
    page = world.watch(context.new_page())
    page.goto(f"{world.base}/m/")
    ready(page)
    sign_in(page)
    count_in(page, "302")
    type_code(page, CHAIRS[0])
    until(page, lambda: len(world.office.ops("stocktake.count")) == 1, "the count")
    assert heard(page)["saved"] == 1
    expect(page.get_by_test_id("line")).to_contain_text("已存本机")


def test_done_here_names_what_is_left_and_tells_the_server_the_last_number(world: World) -> None:
    page = world.counting("301 听雨厅")
    type_code(page, CHAIRS[2])
    page.get_by_test_id("done-here").click()
    until(page, lambda: len(world.office.ops("stocktake.hand_in")) == 1, "the hand-in")
    hand_in = world.office.ops("stocktake.hand_in")[0]
    assert hand_in["payload"] == {"stocktake_id": "st-assets", "last_seq": 1}
    assert hand_in["device_seq"] == 2
    page.get_by_test_id("place-row").filter(has_text="302").click()
    page.get_by_test_id("done-here").click()
    expect(page.get_by_test_id("dialog")).to_contain_text("302 办公室还有 6 件没数到")
    page.get_by_test_id("dialog-safe").click()
    assert len(world.office.ops("stocktake.hand_in")) == 1

"""People, places, devices, settings and the outbox at the desk, in a real browser."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from core.foundation import database
from core.mechanisms import devices, labels, office, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Role
from core.sections import rooms
from tests.cast import Office
from tests.live import DESK, DOOR, Server, sign_in

pytestmark = pytest.mark.browser


def desk(browser: Browser, server: Server, account: str, path: str) -> Page:
    page = browser.new_context(**DESK, locale="zh-CN").new_page()
    sign_in(page, server, account)
    page.goto(server.url + path)
    page.wait_for_function("window.did_handshake === true")
    return page


@pytest.mark.proves("X2")
def test_the_administrator_adds_a_person_with_roles_and_gets_their_password_once(
    browser: Browser, server: Server, live_office: Office
) -> None:
    page = desk(browser, server, "ada", "/desk/people")
    page.get_by_role("button", name="添加人员").click()
    page.get_by_label("姓名", exact=True).fill("何静")
    page.get_by_label("账号", exact=True).fill("hejing")
    page.get_by_label("角色", exact=True).click()
    page.get_by_role("option", name="前台").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="保存").click()
    secret = page.locator(".pairing__code")
    expect(secret).to_be_visible()
    password = secret.inner_text()
    assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){2}", password)
    page.get_by_role("button", name="记下了").click()
    expect(page.locator(".register")).to_contain_text("何静")
    with server.client() as client:
        answer = client.post("/api/v1/session", json={"account": "hejing", "password": password})
    assert answer.json()["person"]["roles"] == ["reception", "staff"]
    assert password not in server.log.read_text("utf-8", "replace")


@pytest.mark.proves("SEC 24")
def test_disabling_asks_first_and_names_the_person(browser: Browser, server: Server, live_office: Office) -> None:
    page = desk(browser, server, "ada", f"/desk/people?open={live_office.wu.person_id}")
    page.get_by_role("button", name="停用", exact=True).click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("停用 吴桐？")
    dialog.get_by_role("button", name="不停用").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="停用", exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name="停用 吴桐").click()
    expect(page.locator(".peek")).to_contain_text("已停用")
    assert live_office.read(people.get, live_office.wu.person_id).disabled_at is not None


@pytest.mark.proves("X1")
def test_people_are_found_by_chinese_name_pinyin_initials_and_extension(browser: Browser, server: Server, live_office: Office) -> None:
    page = desk(browser, server, "ann", "/desk/people")
    search = page.get_by_placeholder("姓名、拼音、工号、分机")
    for text in ("林晓梅", "linxiaomei", "lxm"):
        search.fill(text)
        expect(page.locator(".register tbody tr")).to_have_count(1)
        expect(page.locator(".register tbody tr")).to_contain_text("林晓梅")
    search.fill("没有这个人")
    expect(page.locator(".empty")).to_contain_text("没有符合的")


@pytest.mark.proves("X1")
def test_slash_goes_to_the_search_and_a_scanned_label_opens_its_thing(browser: Browser, server: Server, live_office: Office) -> None:
    code = live_office.label(SubjectKind.PLACE, live_office.places["301"])
    page = desk(browser, server, "bo", "/desk")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("lxm")
    expect(page.locator(".find--on")).to_contain_text("林晓梅")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.type(f"HTTP://FOYER.EXAMPLE/S/{code}")  # a hand scanner types wherever the page is
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/desk/places\?open={live_office.places['301']}"))
    expect(page.locator(".peek")).to_contain_text("301 听雨厅")
    expect(page.locator(".peek")).to_contain_text(labels.shown(code))


def test_the_house_is_built_from_site_to_shelf_and_a_room_gets_a_label(browser: Browser, server: Server, live_office: Office) -> None:
    page = desk(browser, server, "bo", f"/desk/places?open={live_office.places['301']}")
    page.get_by_role("button", name="在里面添加").click()
    page.get_by_label("名称", exact=True).fill("A 柜")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("treeitem", name="A 柜")).to_be_visible()
    page.get_by_role("button", name="给它一个标签").click()
    expect(page.locator(".toast--floating")).to_contain_text("的标签是")
    with database.reading() as s:
        assert labels.of(s, SubjectKind.PLACE, live_office.places["301"]) is not None
        assert [place.kind for place in places.search(s, "A 柜")] == ["shelf"]


@pytest.mark.proves("V40")
def test_a_door_screen_is_added_paired_with_its_code_once_and_revoked_at_once(
    browser: Browser, server: Server, live_office: Office
) -> None:
    live_office.do(rooms.SetUpRoom(room_id=live_office.places["301"], capacity=8), live_office.bo)
    page = desk(browser, server, "ada", "/desk/devices")
    page.get_by_role("button", name="添加设备").click()
    page.get_by_label("名称", exact=True).fill("301 门牌")
    page.get_by_label("房间", exact=True).click()
    page.get_by_role("option", name=re.compile("301")).click()
    page.get_by_role("button", name="给我号码").click()
    code = page.locator("[data-code]").inner_text()
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}", code)
    page.get_by_role("button", name="认领好了").click()

    door = browser.new_context(**DOOR, locale="zh-CN").new_page()
    door.goto(server.url + "/door/301")
    expect(door).to_have_url(re.compile("/pair"))
    door.keyboard.type("22222222")
    door.get_by_role("button", name="好了").tap()
    expect(door.locator(".keypad .field__help--error")).not_to_be_empty()
    for _ in range(8):
        door.keyboard.press("Backspace")
    for sign in code.replace("-", ""):
        door.get_by_role("button", name=sign, exact=True).tap()
    door.get_by_role("button", name="好了").tap()
    expect(door).to_have_url(server.url + "/door/301", timeout=10000)

    second = browser.new_context(**DOOR, locale="zh-CN")
    answer = second.request.post(server.url + "/pair", data={"code": code}, headers={"Origin": server.url})
    assert answer.status == 403, "the code works once"
    with database.reading() as s:
        device = next(one for one in devices.everything(s) if one.name == "301 门牌")
    assert server.post(devices.RevokeDevice(device_id=device.id), by="ada")["status"] == "accepted"
    expect(door).to_have_url(re.compile("/pair"), timeout=6000)


@pytest.mark.proves("X1")
def test_a_setting_is_saved_when_its_field_is_left_and_a_wrong_value_says_what_is_right(
    browser: Browser, server: Server, live_office: Office
) -> None:
    page = desk(browser, server, "ada", "/desk/settings")
    field = page.get_by_label("来访记录保留几天")
    field.fill("一个月")
    field.blur()
    expect(page.get_by_text("请填大于 0 的整数。")).to_be_visible()
    field.fill("45")
    field.blur()
    expect(page.locator(".toast--floating")).to_contain_text("来访记录保留几天")
    assert live_office.read(office.setting, "visit.retention_days") == 45
    assert [row.kind for row in live_office.audit("setting.update")] == ["setting.update"]


@pytest.mark.proves("X4")
def test_a_register_shows_what_changed_without_being_asked(browser: Browser, server: Server, live_office: Office) -> None:
    page = desk(browser, server, "ann", "/desk/people")
    expect(page.locator(".register tbody tr")).to_have_count(7)
    assert server.post(people.AddPerson(name="何静"), by="ada")["status"] == "accepted"
    expect(page.locator(".register")).to_contain_text("何静", timeout=5000)
    page.locator(".register tbody tr").filter(has_text="吴桐").click()
    expect(page.locator(".peek")).to_contain_text("吴桐")
    assert server.post(people.UpdatePerson(person_id=live_office.wu.person_id, extension="8777"), by="ada")["status"] == "accepted"
    expect(page.locator(".peek")).to_contain_text("8777", timeout=5000)  # an open row follows too


def test_rows_load_on_while_one_scrolls(browser: Browser, server: Server, live_office: Office) -> None:
    for number in range(120):
        live_office.do(people.AddPerson(name=f"测试{number:03d}", id=UUID(int=number + 1)), live_office.ada)
    page = desk(browser, server, "ann", "/desk/people")
    rows = page.locator(".register tbody tr")
    expect(rows).to_have_count(50)
    page.locator(".desk__main").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    expect(rows).to_have_count(100)
    page.locator(".desk__main").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    expect(rows).to_have_count(127)


def test_every_desk_page_can_be_used_with_the_keyboard(browser: Browser, server: Server, live_office: Office) -> None:
    page = desk(browser, server, "ann", "/desk/people")
    page.locator(".register tbody tr").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".peek h2")).to_have_text("安然")  # Ada comes first
    assert Role.RECEPTION in live_office.ann.roles

"""What people meet at a door beside its state: help, a fault, another room on the plan, the next host's answer, their own phone."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from core.mechanisms import devices, office, shapes
from core.mechanisms.operations import Role
from core.sections import bookings, roomcare
from tests.cast import Office
from tests.live import DESK, DOOR, DOOR_SMALL, PHONE, Server, sign_in
from tests.rooms.doors import door, key_of, moment, photograph, press, set_up_rooms, shows

pytestmark = pytest.mark.browser


@pytest.fixture
def house(live_office: Office) -> Office:
    """301, 302 and 305 on a drawn floor, and an office that nobody can book."""
    made = live_office
    set_up_rooms(made, "302", "305")
    set_up_rooms(made, "301", english_name="Rain Room 301")
    made.do(office.UpdateSetting(key="reception.phone", value="8001"), made.ada)
    store = made.place("档案库", "room", made.places["三楼"], "307")
    spots = {"301": (0, 0, 900, 600), "302": (900, 0, 700, 600), "305": (1600, 0, 400, 600)}
    drawn = [shapes.Drawn(place_id=made.places[name], x_cm=x, y_cm=y, width_cm=w, height_cm=h) for name, (x, y, w, h) in spots.items()]
    drawn.append(shapes.Drawn(place_id=store, x_cm=0, y_cm=800, width_cm=1000, height_cm=400))
    made.do(
        shapes.DrawFloor(floor_id=made.places["三楼"], places=tuple(drawn), outline=((0, 0), (2000, 0), (2000, 1200), (0, 1200))), made.bo
    )
    return made


def book(server: Server, house: Office, start: float, end: float, *, by: str = "mei", room: str = "301") -> UUID:
    span = {"starts_at": moment(0) + timedelta(hours=start), "ends_at": moment(0) + timedelta(hours=end)}
    outcome = server.post(bookings.CreateBooking(room_id=house.places[room], **span), by=by)
    assert outcome["status"] == "accepted", outcome
    return UUID(outcome["result"]["id"])


def fits(page: Page) -> bool:
    """Nothing a person reads or presses leaves the panel or its own box, and nothing lies on something else."""
    return bool(
        page.evaluate(
            """() => {
              const parts = '.door__word, .door__say, .door__next, .button, .door__room, .doortile, .door__extra, .door__marks li, .door__code, ' +
                '.phonecode__code, .rooms h2, .doortiles h2, .plan, .room';
              const seen = [...document.querySelectorAll(parts)].map((e) => [e, e.getBoundingClientRect()]).filter(([, r]) => r.width);
              const outside = seen.filter(([e, r]) => r.right > innerWidth + 1 || r.bottom > innerHeight + 1 || r.top < -1 ||
                (!e.matches('li, .door__code, .plan') && e.scrollWidth > e.clientWidth + 1));
              const press = seen.filter(([e]) => e.matches('button'));
              const meet = ([a, r], [b, q]) => r.right > q.left + 1 && q.right > r.left + 1 && r.bottom > q.top + 1 && q.bottom > r.top + 1;
              const together = press.filter((one, i) => press.some((other, j) => j > i && meet(one, other)));
              const small = press.filter(([, r]) => r.height < 55 || r.width < 55);
              const wrong = [...outside, ...together, ...small].map(([e, r]) => [e.className, e.textContent.trim(), r.left, r.top, r.right, r.bottom]);
              if (wrong.length) console.warn(JSON.stringify(wrong));
              return !wrong.length && document.querySelector('.door').scrollHeight <= innerHeight;
            }"""
        )
    )


@pytest.mark.proves("S1.3-R6", "S1.3-R8", "Front desk 3", "V22")
@pytest.mark.parametrize("size", ["1280x800", "800x480"])
@pytest.mark.timeout(240)
def test_help_faults_other_rooms_and_the_code_stand_on_both_panels_in_two_languages(
    house: Office, server: Server, browser: Browser, size: str
) -> None:
    key = key_of(house, "301", "301")
    small = size != "1280x800"
    with door(browser, server, "301", key, screen=DOOR_SMALL if small else DOOR) as page:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "warning" else None)

        def keep(name: str) -> None:
            for language in ("en", "zh-Hans"):
                if page.locator(f".door__lang[lang={language}]").count():
                    page.locator(f".door__lang[lang={language}]").click()
                photograph(page, f"more-{name}-{language}-{size}")
                assert fits(page), (name, language, said[-1:])
                if not page.locator(".door__lang").count():
                    break

        def in_both(name: str, *acts: str) -> None:
            for language in ("en", "zh-Hans"):
                page.locator(f".door__lang[lang={language}]").click()
                for act in acts:
                    press(page, act)
                page.locator(".door--task").wait_for()
                photograph(page, f"more-{name}-{language}-{size}")
                assert fits(page), (name, language, said[-1:])
                page.locator('[data-act="back"]').click()

        shows(page, "free")
        expect(page.locator('[data-act="phone"]')).to_be_visible()
        keep("free")
        in_both("help", "help")
        in_both("fault", "help", "fault")
        in_both("plan", "rooms")
        in_both("list", "rooms", "list")
        in_both("phone", "phone")
        # The plan names what one may enter, what is taken, and what nobody can book.
        book(server, house, 9, 10, by="wu", room="302")
        press(page, "rooms")
        expect(page.locator(f'.plan__room--here[data-room="{house.places["301"]}"]')).to_have_count(1)
        assert page.locator(".plan__room").evaluate_all("(all) => all.map((e) => e.dataset.roomState)") == ["free", "held", "free", ""]
        press(page, "list")
        assert page.locator(".room b").all_inner_texts() == ["305 小谈室"]
        page.locator('[data-act="back"]').click()
        # A fault becomes a duty and stays on the door until it is over; a call names who comes and when they answered.
        press(page, "help")
        press(page, "fault")
        press(page, "fault-projector")
        expect(page.locator(".done h2")).to_have_text("报修了：投影仪")
        photograph(page, f"more-told-{size}")
        page.locator('[data-act="back"]').click()
        expect(page.locator('[data-mark="fault"]')).to_contain_text("坏了")
        press(page, "help")
        press(page, "help-water")
        page.locator('[data-act="back"]').click()
        expect(page.locator('[data-mark="help"]')).to_contain_text("9:0")
        call = house.read(roomcare.open_calls)[0]
        keep("marks")
        server.post(roomcare.AnswerRoomHelp(call_id=call.id), by="ann")
        expect(page.locator('[data-mark="help"]')).to_contain_text("安然马上来")
        fault = house.read(roomcare.open_faults)[0]
        assert (fault.item, fault.keeper) == ("projector", "薄一鸣")
        keep("answered")
        server.post(roomcare.ClearFault(fault_id=fault.id), by="bo")
        expect(page.locator('[data-mark="fault"]')).to_have_count(0)


@pytest.mark.proves("S1.3-R2", "Front desk 3")
def test_the_next_host_says_yes_on_the_phone_and_both_meetings_move_on_the_door(house: Office, server: Server, browser: Browser) -> None:
    mine = book(server, house, 9, 10)
    server.post(bookings.CheckIn(booking_id=mine), by="mei")
    book(server, house, 10, 11, by="wu")
    key = key_of(house, "301", "301")
    phone = browser.new_context(**PHONE, locale="zh-CN").new_page()
    sign_in(phone, server, "wu")
    with door(browser, server, "301", key) as page:
        server.set_clock(moment(9, 40))
        shows(page, "busy")
        expect(page.locator(".door__time")).to_have_text("9:40")
        acts = [act.get_attribute("data-act") for act in page.locator(".door__acts [data-act]").all()]
        assert acts == ["ask-15", "ask-30", "end", "help", "rooms"]
        photograph(page, "ask-busy")
        press(page, "ask-30")
        expect(page.locator(".done h2")).to_have_text("已经问了，9:50 前有答复")
        photograph(page, "ask-asked")
        page.locator('[data-act="back"]').click()
        expect(page.locator(".door__next")).to_have_text("已经问了办公室能不能延到 10:30，9:50 前有答复。")
        photograph(page, "ask-waiting")
        phone.goto(f"{server.url}/my")
        photograph(phone, "ask-home")
        phone.get_by_text("301 听雨厅，延到 10:30？").click()
        photograph(phone, "ask-phone")
        phone.get_by_role("button", name="可以，我 10:30 开始").click()
        expect(phone.locator("[role=status]").first).to_contain_text("说好了，您的会 10:30 开始")
        expect(page.locator(".door__next")).to_have_text("办公室同意了，用到 10:30。")
        expect(page.locator(".door__say")).to_contain_text("到 10:30")
        photograph(page, "ask-yes")
        server.set_clock(moment(10, 27))
        expect(page.locator(".door__next")).to_contain_text("请收好东西")
        photograph(page, "ask-ending")
        server.set_clock(moment(10, 31))
        shows(page, "held")
        expect(page.locator('[data-mark="note"]')).to_be_visible()
        photograph(page, "ask-overrun")


@pytest.mark.proves("Front desk 8", "Front desk 10", "V40", "S1.3-R1")
def test_the_code_at_the_door_changes_and_opens_the_room_on_a_phone_also_for_whoever_must_sign_in_first(
    house: Office, server: Server, browser: Browser
) -> None:
    key = key_of(house, "301", "301")
    device = next(one for one in house.read(devices.everything) if one.name == "301")

    def code(ahead: float = 0) -> str:
        return str(house.read(bookings.codes, device.id, moment(9, 30) + timedelta(seconds=ahead), 1)[0].code)

    with door(browser, server, "301", key) as page:
        server.set_clock(moment(9, 30, 10))
        expect(page.locator(".door__code")).to_be_visible()
        first = page.locator(".door__code path").get_attribute("d")
        server.set_clock(moment(9, 30, 40))
        expect(page.locator(".door__code path")).not_to_have_attribute("d", str(first))
        server.set_clock(moment(9, 30, 50))
        press(page, "phone")
        photograph(page, "code-large")
        phone = browser.new_context(**PHONE, locale="zh-CN").new_page()
        sign_in(phone, server, "mei")
        phone.goto(f"{server.url}/D/{code(50)}")
        photograph(phone, "code-phone")
        phone.wait_for_function("window.socket?.connected")
        phone.get_by_role("button", name="用 30 分钟").click()
        expect(phone.locator(".toast")).to_contain_text("订好了", timeout=15_000)
        shows(page, "busy", within_ms=15_000)
        expect(phone.get_by_role("button", name="现在结束，放开房间")).to_be_visible()
        photograph(phone, "code-phone-busy")
        # An old picture opens nothing, for a stranger neither.
        phone.goto(f"{server.url}/d/{code(-60)}")
        expect(phone.get_by_text("这个码过期了")).to_be_visible()
        photograph(phone, "code-old")
        stranger = browser.new_context(**PHONE, locale="zh-CN").new_page()
        stranger.goto(f"{server.url}/d/{code(-60)}")
        expect(stranger.get_by_text("这个码过期了")).to_be_visible()
        assert stranger.get_by_text("301").count() == 0
        # A good one waits in this browser while its person signs in, longer than the code itself lives.
        stranger.goto(f"{server.url}/d/{code(50)}")
        expect(stranger.get_by_text("您在会议室门口")).to_be_visible()
        photograph(stranger, "code-stranger")
        assert stranger.get_by_text("301").count() == 0
        server.set_clock(moment(9, 33))
        sign_in(stranger, server, "wu")
        stranger.goto(f"{server.url}/d")
        stranger.wait_for_function("window.socket?.connected")
        stranger.get_by_role("button", name="现在结束，放开房间").click()
        shows(page, "free", within_ms=15_000)
        # A door that lost its server shows no code.
        server.stop(kill=True)
        shows(page, "lost", within_ms=15_000)
        expect(page.locator(".door__code")).to_have_count(0)


@pytest.mark.proves("V40", "Front desk 8")
def test_a_screen_s_key_gives_its_own_codes_picture_and_report_and_no_other_s(house: Office, server: Server) -> None:
    key, other = key_of(house, "301", "301"), key_of(house, "302", "302")
    mine, theirs = ({"Authorization": f"Bearer {one}"} for one in (key, other))
    with httpx.Client(base_url=server.url, timeout=30) as client, server.client("ann") as ann:
        assert len(client.get("/api/v1/rooms/301/door/codes", headers=mine).json()["items"]) == 20
        for path in ("door/codes", "door.png", "plan"):
            assert client.get(f"/api/v1/rooms/301/{path}", headers=theirs).status_code == 403, path
            assert client.get(f"/api/v1/rooms/301/{path}").status_code == 401, path
        assert ann.get("/api/v1/rooms/301/door/codes").status_code == 403
        picture = client.get(
            "/api/v1/rooms/301/door.png?size=1304x984&depth=2", headers=mine | {"Foyer-Battery": "83", "Foyer-Version": "paper 2"}
        )
        assert picture.headers["content-type"] == "image/png" and 60 <= int(picture.headers["foyer-sleep-seconds"]) <= 900
        again = client.get("/api/v1/rooms/301/door.png?size=1304x984&depth=2", headers=mine | {"If-None-Match": picture.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("/api/v1/rooms/301/door.png?size=1x1", headers=mine).status_code == 422
        told = next(one for one in house.read(devices.everything) if one.name == "301")
        assert (told.battery, told.app_version) == (83, "paper 2")
        good = {"shown": {"state": "free"}, "picture": "data:image/png;base64,AAAA", "battery": 50}
        assert client.post("/api/v1/devices/report", json=good, headers=mine).status_code == 204
        for bad in (
            {"picture": "javascript:alert(1)"},
            {"picture": "data:image/svg+xml;base64,AAAA"},
            {"battery": 101},
            {"shown": {"x": ["y"]}},
            {"device_id": "x"},
        ):
            assert client.post("/api/v1/devices/report", json=bad, headers=mine).status_code == 422, bad
        assert ann.post("/api/v1/devices/report", json=good).status_code in (403, 422)
        assert client.post("/api/v1/devices/report", json=good).status_code == 401


@pytest.mark.proves("V26", "Front desk 8")
def test_the_desk_sees_what_a_door_really_shows_and_its_version(house: Office, server: Server, browser: Browser) -> None:
    key = key_of(house, "301 门牌", "301")
    desk = browser.new_context(**DESK, locale="zh-CN").new_page()
    sign_in(desk, server, "ada")
    with door(browser, server, "301", key) as page:
        shows(page, "free")
        device_id = next(one.id for one in house.read(devices.everything) if one.name == "301 门牌")
        desk.goto(f"{server.url}/desk/devices?open={device_id}")

        desk.get_by_role("button", name="现在看一眼").click()
        picture = desk.locator(".screenshot img")
        expect(picture).to_be_visible(timeout=10_000)
        assert str(picture.get_attribute("src")).startswith("data:image/webp;base64,")
        expect(desk.locator("[data-wrong]")).to_have_count(0)
        photograph(desk, "fleet")
        # The screen keeps an old view although the room changed: the desk sees the difference at the next look.
        page.evaluate("window.socket.off('foyer_door')")
        page.evaluate("document.querySelector('.door').dataset.state = 'shut'")
        desk.get_by_role("button", name="现在看一眼").click()
        expect(desk.locator("[data-wrong]")).to_contain_text("屏上是“停用”，安排上是“空闲”", timeout=10_000)
        assert house.read(devices.everything)[0].app_version.startswith("0.1.0-")
    assert Role.DOOR in {Role(one.role) for one in house.read(devices.everything)}

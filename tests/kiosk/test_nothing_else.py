"""A kiosk's session can do nothing but receive visitors, also when somebody leaves full screen, types addresses, plants links or replays its key
(security.md, Kiosk; scenario Front desk 8; pitfalls V30, V31, V32, V40)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from nicegui import app
from playwright.sync_api import Browser, Page, expect

from core.foundation.ids import uuid7
from core.mechanisms import devices, operations
from core.mechanisms.operations import Actor, Role, perform_now
from core.sections import visits
from tests.cast import Office
from tests.live import Server, become_device
from tests.visits.build import invite, kiosk
from tests.visits.kiosks import asks, kiosk_key, panel, press, scan, type_in

# Things that are taken, brought back or claimed at the kiosk with a badge in the hand (scenario Office 5): each names its person and is checked again there.
# `lost.seek` asks for something that was lost: its answer is a code and nothing else.
WITH_A_BADGE = {"supply.issue", "lost.seek", "supply.return", "lost.claim", "asset.note_sighting", "presence.badge", "reception.rate"}
MAY = re.compile(r"^(visit|delivery|help|meeting|group)\.")


def test_the_list_of_what_a_kiosk_may_say_is_short_and_about_visitors(office: Office) -> None:
    may = {kind for kind, spec in operations.kinds().items() if Role.KIOSK in spec.roles}
    assert may >= {"visit.check_in", "visit.check_out", "visit.keep_offline"}
    assert {kind for kind in may if not MAY.match(kind)} <= WITH_A_BADGE, "a kiosk got a power that is not about visitors"
    for kind in may:
        assert not re.search(r"\.(erase|export|invite$|update|add|remove|publish|set_|settle|cancel|reveal)", kind), kind


def test_every_operation_that_is_not_a_kiosks_is_refused_to_its_key(office: Office) -> None:
    at = kiosk(office)
    refused = 0
    for spec in operations.kinds().values():
        if Role.KIOSK in spec.roles:
            continue
        outcome = operations.perform_requests([operations.Request(_blank(spec.input), at, uuid7())])[0]
        assert outcome.code == "op.not_allowed", spec.kind
        refused += 1
    assert refused > 100


def _blank(kind: type[operations.Operation]) -> operations.Operation:
    """An input without checks: the role is looked at before the content."""
    return kind.model_construct(**dict.fromkeys(kind.model_fields))


@pytest.mark.proves("V40")
def test_a_revoked_kiosk_and_a_kiosk_of_another_office_are_nobody(office: Office) -> None:
    at, key = office.device("一楼大厅", Role.KIOSK)
    assert at.device_id is not None and office.read(devices.who, key) is not None
    office.do(devices.RevokeDevice(device_id=at.device_id), office.ada)
    assert office.read(devices.who, key) is None and office.read(devices.who, "dev_" + "x" * 43) is None
    made = office.do(visits.CheckIn(name="李文博", host="林晓梅"), kiosk(office, "二号"))
    assert (
        perform_now(visits.NoteBadge(visit_id=made["visit_id"]), by=Actor(frozenset({Role.KIOSK}), device_id=at.device_id)).code
        == "op.not_allowed"
    )


@pytest.mark.browser
@pytest.mark.proves("Front desk 8", "V30", "V31", "V32", "V40")
def test_no_address_key_link_or_gesture_leads_out_of_the_kiosk(live_office: Office, server: Server, browser: Browser) -> None:
    key = kiosk_key(live_office)
    texts = {
        language: f"{language}: <a href='https://evil.example/'>read</a> https://evil.example/ javascript:alert(1) [x](https://evil.example) 请读。"
        for language in ("zh-Hans", "zh-Hant", "en")
    }
    live_office.do(visits.PublishNotice(texts=texts), live_office.ada)
    with panel(browser, server, key) as page:
        _addresses(page, server)
        _redirects(page, server)
        _gestures(page, server)
        for touched in (
            ".kiosk",
            ".kiosk button >> nth=0",
        ):  # a screen somebody pinched would stay so for whoever comes next; Larger is the way
            expect(page.locator(touched)).to_have_css("touch-action", "pan-x pan-y")
        # a policy text's links are words, and nothing on any screen is a link
        scan(page, invite(live_office)["code"])
        press(page, "看告知书")
        expect(page.locator(".kiosk__read")).to_contain_text("<a href='https://evil.example/'>read</a>")
        assert page.locator("a[href], iframe, form, [target], area").count() == 0
        # scanned and typed text is never an address
        press(page, "上一步")
        page.evaluate("() => window.dispatchEvent(new Event('popstate'))")
        assert page.url == f"{server.url}/welcome"
        _replay(browser, server, key, page)


def _addresses(page: Page, server: Server) -> None:
    """Every page and every read of the API, by the kiosk's own cookie."""
    pages = sorted({route.path for route in app.routes if hasattr(route, "path") and route.path.startswith(("/desk", "/my"))}) or [
        "/desk", "/desk/visits", "/desk/people", "/desk/settings", "/desk/devices", "/desk/audit", "/desk/offline-entries", "/desk/welcome-screen", "/desk/roll-call",
        "/my/visitors", "/my/home",
    ]  # fmt: skip
    for path in pages:
        answer = page.request.get(server.url + re.sub(r"\{[^}]+\}", str(uuid7()), path), max_redirects=0)
        assert answer.status in (303, 307, 308, 401, 403, 404, 405), (path, answer.status)
        assert "location" not in answer.headers or answer.headers["location"].startswith(("/sign-in", "/pair", "/m/", "/first-run")), (
            path,
            answer.headers,
        )
    described = page.request.get(f"{server.url}/api/openapi.json").json()["paths"]
    open_to_all = {"/api/v1/session", "/api/v1/operations/kinds", "/api/v1/kiosk/offline", "/api/v1/visits/code-keys"}
    read: dict[str, Any] = {}
    for path, methods in described.items():
        if "get" not in methods or path in open_to_all:
            continue
        answer = page.request.get(server.url + re.sub(r"\{[^}]+\}", str(uuid7()), path), headers={"Foyer-Surface": "kiosk"})
        assert answer.status < 500, path
        if answer.status == 200:
            read[path] = answer.headers.get("content-type", "")
    # what a kiosk may read of collections: nothing that names a person
    for path in ("people", "visits", "deliveries", "devices", "audit", "notices", "duties", "bookings"):
        for suffix in ("", ".csv", ".xlsx"):
            assert f"/api/v1/{path}{suffix}" not in read, path
            assert page.request.get(f"{server.url}/api/v1/{path}{suffix}").status in (403, 404), path


def _redirects(page: Page, server: Server) -> None:
    outside = (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "/%2f/evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
    )
    for path in ("/pair?next=", "/pair?as=kiosk&next=", "/sign-in?next=", "/first-run?next=", "/welcome?next=", "/?next="):
        for address in outside:
            answer = page.request.get(server.url + path + address, max_redirects=0)
            where = answer.headers.get("location", "")
            assert not re.match(r"^(https?:)?//|^[a-z]+:|^/[\\/]", where.replace(server.url, "")), (path, address, where)
            assert "evil.example" not in where.split("next=")[0]


def _gestures(page: Page, server: Server) -> None:
    """What a hand or a keyboard can do to a browser beside touching its buttons."""
    for combo in (
        "F5",
        "F11",
        "F12",
        "Control+l",
        "Control+t",
        "Control+n",
        "Control+o",
        "Control+p",
        "Control+u",
        "Control+s",
        "Control+Shift+I",
        "Alt+ArrowLeft",
        "Control+r",
        "Control+f",
    ):
        page.keyboard.press(combo)
    left = page.evaluate(
        """() => {
          const answered = (name, more = {}) => { const e = new (more.kind || Event)(name, { bubbles: true, cancelable: true, ...more });
            return document.querySelector('.tile--main').dispatchEvent(e); };
          window.printed = 0; window.print = () => { window.printed += 1; };
          const keys = [['F1'], ['F3'], ['F5'], ['F6'], ['F7'], ['F10'], ['F11'], ['F12'], ['ContextMenu'], ['BrowserHome'], ['p', 1], ['u', 1], ['o', 1], ['s', 1], ['n', 1], ['t', 1], ['l', 1], ['r', 1]];
          const open = [];
          for (const name of ['contextmenu', 'selectstart', 'dragstart', 'gesturestart']) if (answered(name)) open.push(name);
          for (const name of ['dragover', 'drop']) if (answered(name)) open.push(name);
          const field = document.body.appendChild(document.createElement('input'));  // a link dropped on a field opens a page, and its menu leads out
          for (const name of ['contextmenu', 'dragstart', 'dragover', 'drop'])
            if (field.dispatchEvent(new Event(name, { bubbles: true, cancelable: true }))) open.push(name + ' on a field');
          field.remove();
          for (const [key, ctrl] of keys) if (answered('keydown', { kind: KeyboardEvent, key, ctrlKey: Boolean(ctrl) })) open.push(key);
          const style = getComputedStyle(document.querySelector('.kiosk'));
          if (style.userSelect !== 'none') open.push('selection');
          return open;
        }"""
    )
    assert left == []
    assert page.evaluate("window.printed") == 0 and page.url == f"{server.url}/welcome"
    assert len(page.context.pages) == 1
    page.evaluate("() => { history.back(); history.back(); }")
    asks(page, "您好，请进")
    assert page.url == f"{server.url}/welcome" and len(page.context.pages) == 1
    page.locator(".tile--main").click(button="right")
    page.locator(".tile--main").click(button="middle")
    asks(page, "您好，请进")
    for scanned in ("file:///etc/passwd", "view-source:https://evil.example", f"{server.url}/desk", "tel:110", "intent://evil#Intent;end"):
        scan(page, scanned)
        asks(page, "这个码现在用不了")
        press(page, "返回")
        asks(page, "您好，请进")
    press(page, "我来访")
    type_in(page, "DESK")
    press(page, "返回")


def _replay(browser: Browser, server: Server, key: str, page: Page) -> None:
    """The key in another browser is the same kiosk and no more; in a door's place it is nobody; revoked it is nobody anywhere."""
    other = browser.new_context()
    become_device(other, server, "door", key)
    for path in ("/door/301", "/desk", "/welcome"):
        answer = other.request.get(server.url + path, max_redirects=0)
        assert answer.status in (303, 403, 404), path
        assert answer.headers.get("location", "/pair").startswith(("/pair", "/sign-in")), path
    for role in ("kiosk", "door"):
        answer = other.request.get(f"{server.url}/api/v1/visits", headers={"Foyer-Surface": role})
        assert answer.status in (401, 403)
    bearer = other.request.get(f"{server.url}/api/v1/people", headers={"Authorization": f"Bearer {key}"})
    assert bearer.status == 403
    other.close()
    for room in ("301", "302", str(uuid7())):
        answer = page.request.get(f"{server.url}/api/v1/rooms/{room}/door", headers={"Foyer-Surface": "kiosk"})
        assert answer.status in (403, 404) or "title" not in answer.text()

"""Real screens on a link that dies: covers, banners, and taps that never run later (pitfalls of NiceGUI's reconnect; look.md §7)."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from core.mechanisms.operations import Role
from tests.cast import Office
from tests.live import DESK, KIOSK, Server, become_device, sign_in
from tests.web.faults import fault_proxy

pytestmark = pytest.mark.browser


def heard(server: Server) -> dict[str, list[Any]]:
    return dict(httpx.get(server.url + "/test-heard", timeout=10).json())


def open_kiosk(browser: Browser, server: Server, office: Office, url: str) -> tuple[BrowserContext, Page]:
    _, key = office.device("大堂", Role.KIOSK)
    context = browser.new_context(**KIOSK, locale="zh-CN")
    become_device(context, server, "kiosk", key)
    page = context.new_page()
    page.goto(url + "/test-kiosk")
    page.wait_for_function("window.did_handshake === true")
    return context, page


def open_desk(browser: Browser, server: Server, url: str) -> tuple[BrowserContext, Page]:
    context = browser.new_context(**DESK, locale="zh-CN")
    page = context.new_page()
    sign_in(page, server, "ann")
    page.goto(url + "/test-desk")
    page.wait_for_function("window.did_handshake === true")
    return context, page


@pytest.mark.proves("V30", "Front desk 7")
def test_a_tap_made_while_the_link_was_dead_is_never_carried_out_later(browser: Browser, panel_server: Server, live_office: Office) -> None:
    with fault_proxy(panel_server.url) as link:
        context, page = open_kiosk(browser, panel_server, live_office, link.url)
        button = page.get_by_role("button", name="Count")
        link.freeze()
        button.tap()  # the browser does not know yet: these bytes lie in the network's buffer
        page.evaluate("window.tapped = performance.now()")
        cover = page.locator(".cover")
        expect(cover).to_be_visible(timeout=6000)
        page.touchscreen.tap(540, 1000)  # on the cover: leads nowhere
        page.wait_for_function("performance.now() - window.tapped > 6000", timeout=9000)
        link.thaw()
        expect(cover).to_be_hidden(timeout=15000)
        button.tap()
        page.wait_for_function("fetch('/test-heard').then(r => r.json()).then(h => h.taps.length > 0)")
        assert heard(panel_server)["taps"] == [1], "only the tap of the person who stands here now"
        context.close()


@pytest.mark.proves("V32", "X4")
def test_a_kiosk_waits_for_a_server_that_was_stopped_and_comes_back_by_itself(
    browser: Browser, panel_server: Server, live_office: Office
) -> None:
    context, page = open_kiosk(browser, panel_server, live_office, panel_server.url)
    panel_server.stop(kill=True)
    expect(page.locator(".cover")).to_be_visible(timeout=6000)
    expect(page.locator(".cover h2")).to_have_text("请稍等，正在重连")
    assert page.url.endswith("/test-kiosk"), "never the browser's own error page"
    panel_server.start()
    expect(page.locator(".cover")).to_be_hidden(timeout=30000)
    page.wait_for_function("window.did_handshake === true")
    page.get_by_role("button", name="Count").tap()
    page.wait_for_function("fetch('/test-heard').then(r => r.json()).then(h => h.taps.length === 1)")
    context.close()


@pytest.mark.proves("V32", "Office 7")
def test_the_desk_says_since_when_and_keeps_what_was_typed(browser: Browser, panel_server: Server, live_office: Office) -> None:
    with fault_proxy(panel_server.url) as link:
        context, page = open_desk(browser, panel_server, link.url)
        field = page.get_by_label("Words")
        field.fill("三楼")
        link.cut()
        banner = page.locator(".banner--link")
        expect(banner).to_contain_text("09:0", timeout=5000)
        expect(banner).to_contain_text("连不上服务器")
        assert page.locator(".desk__main").get_attribute("inert") is not None, "nothing can be pressed that would not arrive"
        link.mend()
        expect(banner).to_be_hidden(timeout=30000)
        assert field.input_value() == "三楼"
        page.get_by_role("button", name="Send").click()
        page.wait_for_function("fetch('/test-heard').then(r => r.json()).then(h => h.typed.length === 1)")
        assert heard(panel_server)["typed"] == ["三楼"]
        context.close()


@pytest.mark.proves("V32")
def test_what_was_typed_in_the_moment_of_the_drop_is_said_again(browser: Browser, panel_server: Server, live_office: Office) -> None:
    with fault_proxy(panel_server.url) as link:
        context, page = open_desk(browser, panel_server, link.url)
        before = len(heard(panel_server)["typed"])
        page.evaluate(  # the line dies with the words on their way
            """() => { const send = window.socket.emit; window.onTheWay = 0;
            document.addEventListener('input', () => window.socket.io.engine.close(), { capture: true, once: true });
            window.socket.emit = function (name, ...rest) {
              if (name !== 'event' || window.onTheWay) return send.call(this, name, ...rest);
              window.onTheWay = 1; return this; }; }"""
        )
        page.get_by_label("Words").fill("四楼")
        page.wait_for_function("window.onTheWay && window.socket.connected && !document.documentElement.dataset.offline")
        page.get_by_role("button", name="Send").click()
        page.wait_for_function(f"fetch('/test-heard').then(r => r.json()).then(h => h.typed.length === {before + 1})")
        assert heard(panel_server)["typed"][-1] == "四楼"
        context.close()


@pytest.mark.proves("X4")
def test_a_bug_in_a_handler_shows_a_sentence_with_a_reference_and_keeps_what_was_typed(
    browser: Browser, panel_server: Server, live_office: Office
) -> None:
    context, page = open_desk(browser, panel_server, panel_server.url)
    page.get_by_label("Words").fill("还在")
    page.get_by_role("button", name="Break").click()
    problem = page.locator(".problem--floating")
    expect(problem).to_contain_text("这一步没做成。编号")
    reference = problem.inner_text().split("编号")[1].strip()[:4]
    assert page.get_by_label("Words").input_value() == "还在"
    log = panel_server.log.read_text("utf-8", "replace")
    assert reference in log and "ZeroDivisionError" in log
    assert "ZeroDivisionError" not in page.content(), "no stack trace ever leaves the server"
    context.close()


def test_a_tap_made_before_the_pages_first_link_stands_is_carried_out_once(
    browser: Browser, panel_server: Server, live_office: Office
) -> None:
    context = browser.new_context(**DESK, locale="zh-CN")
    page = context.new_page()
    held: list[tuple[WebSocketRoute, str | bytes]] = []
    closed = True

    def late(ours: WebSocketRoute) -> None:
        theirs = ours.connect_to_server()
        theirs.on_message(lambda message: held.append((ours, message)) if closed else ours.send(message))

    page.route_web_socket(re.compile("socket.io"), late)
    sign_in(page, panel_server, "ann")
    page.goto(panel_server.url + "/test-desk")
    before = len(heard(panel_server)["typed"])
    page.get_by_role("button", name="Send").click()
    page.wait_for_timeout(1200)
    assert len(heard(panel_server)["typed"]) == before
    closed = False
    for ours, message in held:
        ours.send(message)
    page.wait_for_function(f"fetch('/test-heard').then(r => r.json()).then(h => h.typed.length > {before})")
    page.get_by_role("button", name="Send").click()
    page.wait_for_function(f"fetch('/test-heard').then(r => r.json()).then(h => h.typed.length > {before + 1})")
    assert len(heard(panel_server)["typed"]) == before + 2
    context.close()

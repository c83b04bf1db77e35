"""A door hangs for weeks: it keeps its size, comes back from every restart, and changes to a new version when nobody stands before it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from core.foundation import clock
from tests.cast import Office
from tests.doors.weeks import DoorRun
from tests.live import Server
from tests.rooms.doors import key_of, moment, set_up_rooms, shows

pytestmark = pytest.mark.browser


@pytest.fixture
def house(live_office: Office) -> Office:
    set_up_rooms(live_office, opens_minute=0, closes_minute=24 * 60)
    return live_office


@pytest.mark.proves("V24", "V25")
@pytest.mark.timeout(400)
def test_hours_of_beats_and_taps_leave_no_timer_no_listener_and_no_memory_behind(house: Office, server: Server, browser: Browser) -> None:
    run = DoorRun(browser, server, key_of(house, "301", "301"), "301", clock.now())
    try:
        run.pass_time(timedelta(hours=1))
        before = run.health()
        run.pass_time(timedelta(hours=3))
        after = run.health()
        assert after.sockets == before.sockets == 1
        assert (after.intervals, after.listeners) <= (before.intervals, before.listeners + 4)
        assert after.timeouts <= before.timeouts + 2
        assert after.nodes <= before.nodes + 200 and after.heap <= before.heap + 2_000_000, (before, after)
        assert not run.errors
    finally:
        run.close()


@pytest.mark.proves("V24", "V27")
@pytest.mark.timeout(400)
def test_five_restarts_of_the_server_and_the_door_is_there_each_time_with_one_socket_and_no_ghost_tap(
    house: Office, server: Server, browser: Browser
) -> None:
    run = DoorRun(browser, server, key_of(house, "301", "301"), "301", clock.now())
    try:
        for number in range(5):
            server.stop(kill=number % 2 == 0)
            # Somebody taps at the very moment the server is gone: it says so, and the tap never runs later.
            run.page.evaluate("document.querySelector('[data-act=\"book-30\"]')?.click()")
            server.start()
            run.ready()
            shows(run.page, "free", within_ms=20_000)
            assert len(run.sockets) == 1 and not run.errors
        with server.client("ann") as client:
            assert client.get("/api/v1/bookings").json()["items"] == []
    finally:
        run.close()


@pytest.mark.proves("V26")
@pytest.mark.timeout(200)
def test_a_newer_version_is_taken_within_five_minutes_and_never_in_the_middle_of_a_tap(
    house: Office, server: Server, browser: Browser
) -> None:
    run = DoorRun(browser, server, key_of(house, "301", "301"), "301", clock.now())
    page = run.page
    try:
        served = page.evaluate("window.foyerPage.build")
        # The beats of a server that serves another build than this page runs.
        page.evaluate("window.foyerPage.build = 'an older one'; window.marked = true; window.socket.off('foyer_beat')")
        page.evaluate("(build) => getElement(Number(document.querySelector('.door').id.slice(1))).beat({ now: Date.now(), build })", served)
        page.evaluate("Object.defineProperty(window.foyerPage, 'build', { get: () => 'an older one' })")
        page.locator('[data-act="more"]').click()
        # For two minutes somebody keeps touching the list of times.
        for _ in range(8):
            page.locator(".door").dispatch_event("pointerdown")
            page.evaluate("window.pass(15)")
        assert page.evaluate("window.marked") is True
        expect(page.locator(".door--task")).to_be_visible()
        page.locator('[data-act="back"]').click()
        with page.expect_navigation(timeout=30_000):
            page.evaluate("void window.pass(90)")
        run.ready()
        assert page.evaluate("window.marked") is None and page.evaluate("window.foyerPage.build") == served
        shows(page, "free")
        assert moment(9) <= clock.now()
    finally:
        run.close()

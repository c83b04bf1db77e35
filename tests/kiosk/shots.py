"""`python -m tests.shots kiosk-steps [FOLDER [LANGUAGE …]]`: every screen of the kiosk on both panels in three languages, with and without its server, as pictures
to look at; `build/kiosk-steps` when no folder is named. They are not kept with the code: whoever changes a screen makes them anew."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page, Playwright, expect, sync_playwright

import main as house
from core.foundation import clock, database, migrations
from core.foundation.i18n import LANGUAGES, t
from core.mechanisms import office
from core.mechanisms.operations import Role
from tests import live
from tests.cast import Office
from tests.conftest import MON_9AM, _open
from tests.kiosk import walk
from tests.live import KIOSK, KIOSK_WIDE, ROOT
from tests.visits.kiosks import panel, press

PANELS = {"tall": KIOSK, "wide": KIOSK_WIDE}


def main(arguments: list[str]) -> int:
    """Take them all; answers how many panels could not be walked through."""
    out = Path(arguments[0]) if arguments else ROOT / "build" / "kiosk-steps"
    out.mkdir(parents=True, exist_ok=True)
    failed = 0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        for kind in PANELS:
            for language in arguments[1:] or LANGUAGES:
                failed += _one(playwright, Path(folder) / f"{kind}-{language}", out, kind, language)
    return failed


def _one(playwright: Playwright, folder: Path, out: Path, kind: str, language: str) -> int:
    folder.mkdir()
    url = f"sqlite:///{(folder / 'foyer.db').as_posix()}"
    house.include_core()
    migrations.upgrade(database.make_engine(url))
    _open(url)
    clock.freeze(MON_9AM)
    made = Office.found(accounts=True)
    made.do(office.UpdateSetting(key="reception.phone", value="8001"), made.ada)
    walk.furnish(made)
    _, key = made.device("一楼大厅", Role.KIOSK)
    number = 0

    def look(page: Page, step: str) -> None:
        nonlocal number
        number += 1
        page.wait_for_timeout(450)  # movements end; nothing is asserted about them
        page.screenshot(path=out / f"{kind}-{language}-{number:02d}-{step}.png")

    try:
        with live.serving(url, folder, at=MON_9AM) as server, live.browsing(playwright, args=walk.CAMERA) as browser:
            with panel(browser, server, key, screen=PANELS[kind], permissions=("camera",)) as page:
                walk.all_steps(page, made, server, look, language=language)
                press(page, t("kiosk.good", language))
                walk.furnish_more(made)
                walk.more_steps(page, made, look, language=language)
            context = browser.new_context(**PANELS[kind])
            live.become_device(context, server, "kiosk", key)
            page = context.new_page()
            page.goto(f"{server.url}/welcome")
            page.wait_for_function("() => navigator.serviceWorker.controller && window.foyer?.linked()")
            page.wait_for_function("async () => Boolean(await (await import('/welcome/offline/queue.js')).meta('pack'))")
            server.stop(kill=True)
            _without_server(page, language, look)
            context.close()
        print(f"{kind} {language}: {number} pictures in {out}", flush=True)
        return 0
    except Exception as problem:  # the rest are still taken
        print(f"{kind} {language}: stopped after {number}: {str(problem).splitlines()[0]}", flush=True)
        return 1
    finally:
        clock.freeze(None)
        database.disconnect()


def _without_server(page: Page, language: str, look: walk.Look) -> None:
    def at(step: str) -> None:
        expect(page.locator(f'.offline .kiosk__body[data-step="{step}"]')).to_be_visible(timeout=40_000)
        look(page, f"offline-{step}")

    expect(page.locator('.offline .kiosk__body[data-step="rest"]')).to_be_visible(timeout=40_000)
    page.locator(f'.lang button[lang="{language}"]').click()
    at("rest")
    page.locator(".tile--main").click()
    page.locator(".keypad__field").fill("李文博" if language != "en" else "Li Wenbo")
    at("name")
    page.locator(".pad__key--dark").click()
    page.locator(".kiosk__also button").click()
    page.locator(".keypad__field").fill("林晓梅")
    at("host")
    page.locator(".pad__key--dark").click()
    at("purpose")
    page.locator(".kiosk__choices button").first.click()
    at("notice")
    page.locator(".signature__cannot").click()
    at("done")

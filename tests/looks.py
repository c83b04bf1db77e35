"""`python -m tests.looks [WORD …]`: open every page of the sample office and name what looks wrong: words outside the window or cut by their box, touch
targets under 44 or 56 px, contrast under 4.5, catalogue keys without a sentence, half-width signs in Chinese, two dark buttons (look.md §11).

A line is a hint to look, not a verdict: a person decides, so nothing is asserted. `WORD` takes only the addresses that hold one of the words. The office is the
one of tests/shots.py; pages are opened in 简体中文 and English at the size of their surface.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Error, Page, sync_playwright

import main as house
from tests import shots
from tests.live import DESK, DOOR, DOOR_SMALL, KIOSK, KIOSK_WIDE, PHONE, ROOT, Server, browsing, sign_in

EYE = (ROOT / "tests" / "looks.js").read_text("utf-8")
PANELS = (
    ("/welcome", KIOSK), ("/welcome", KIOSK_WIDE), ("/drop-box", KIOSK_WIDE), ("/", DESK), ("/", PHONE), ("/sign-in", DESK), ("/sign-in", PHONE), ("/m/", PHONE), ("/v", PHONE),
    *((f"/door/{room}", screen) for room in (102, 103, 205, 206, 301, 305) for screen in (DOOR, DOOR_SMALL)),
)  # fmt: skip
Screen = dict[str, Any]


def addresses() -> dict[str | None, list[tuple[str, Screen]]]:
    """Every page without a parameter by who opens it: the desk's as administrator, the phone's as somebody on the staff, the rest as a stranger."""
    found = sorted(
        {
            path
            for module in house.PAGES
            for path in _paths(module.router)
            if "{" not in path and "." not in path and not path.endswith("test-page")
        }
    )
    return {
        "admin": [(path, DESK) for path in found if path.startswith("/desk")],
        "staff": [(path, PHONE) for path in found if path.startswith("/my")],
        None: list(PANELS),
    }


def _paths(router: Any) -> Iterator[str]:
    for route in router.routes:
        if hasattr(route, "path"):
            yield route.path
        else:  # a router within a router (the label pages)
            yield from _paths(route.original_router)


def look(page: Page, address: str) -> list[str]:
    """Open an address and say what the eye sees there."""
    page.goto(address, wait_until="load")
    page.wait_for_timeout(1200)  # it draws itself and comes to rest
    return list(page.evaluate(EYE))


def main(words: list[str]) -> int:
    """Print the findings, page by page; answers how many pages could not be opened."""
    failed = 0
    server = shots.start()
    try:
        with sync_playwright() as playwright, browsing(playwright) as browser:
            for language in ("zh-Hans", "en"):
                for account, pages in addresses().items():
                    wanted = [one for one in pages if not words or any(word in one[0] for word in words)]
                    failed += _as(browser, server, account, language, wanted)
    finally:
        server.stop()
    return failed


def _as(browser: Browser, server: Server, account: str | None, language: str, pages: list[tuple[str, Screen]]) -> int:
    failed = 0
    for screen in {id(screen): screen for _path, screen in pages}.values():
        context = browser.new_context(**screen, locale=shots.LOCALES[language], timezone_id="Asia/Shanghai")
        context.add_cookies([{"name": "foyer_lang", "value": language, "url": server.url}])
        page = context.new_page()
        if account:
            page.goto(server.url + "/sign-in")
            sign_in(page, server, account, shots.PASSWORD)
            shots.speak(page, server, language)
        for path, its_screen in pages:
            if its_screen is not screen:
                continue
            try:
                lines = look(page, server.url + path)
            except Error as problem:
                lines, failed = [f"FAILED {str(problem).splitlines()[0]}"], failed + 1
            size = "{width}×{height}".format(**screen["viewport"])
            print("\n".join(f"{language}\t{size}\t{path}\t{line}" for line in lines), end="\n" if lines else "", flush=True)
        if account:
            shots.speak(page, server, "zh-Hans")
        context.close()
    return failed


if __name__ == "__main__":
    raise SystemExit(min(1, main(sys.argv[1:])))

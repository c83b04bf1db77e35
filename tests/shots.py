"""`make shots`: the sample office's screens as pictures, for the README and the docs, from a running `main.py demo` on Monday 2026-11-23, 10:24.

`python -m tests.shots [WORD …]` takes only the pictures whose name holds one of the words. The office is made anew in `build/shots` when it is not there.
Pictures have a palette of 256 colours, so that a page of them stays light. A picture that can not be taken is named and the rest are still taken.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright
from sqlalchemy import select
from sqlmodel import col

from core.foundation import database
from core.foundation.i18n import t
from core.mechanisms import labels, places
from core.mechanisms.labels import SubjectKind
from core.sections import supplies
from core.sections.assets import Asset
from tests.floor.camera import film, label_text
from tests.live import DESK, DOOR, DOOR_SMALL, KIOSK, KIOSK_WIDE, PHONE, ROOT, Server, browsing, free_port, sign_in
from tests.visits.kiosks import draw_signature, go_on, press, type_in

NOW = datetime.fromisoformat("2026-11-23T10:24:00+08:00")
OUT = ROOT / "docs" / "shots"
DATA = ROOT / "build" / "shots"  # `made` is told once, `now` is a copy of it that the pictures are taken in
PASSWORD = "foyer-demo"
LOCALES = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "en": "en-GB"}
Act = Callable[[Page, str], None]


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: where, on which screen, in which language, as whom, and what is done there first."""

    name: str
    path: str
    screen: dict[str, Any] = field(default_factory=lambda: DESK)
    language: str = "zh-Hans"
    account: str | None = None
    act: Act | None = None
    film: str = "nothing"  # what the phone's camera sees: an asset, a supply, a point or nothing

    @property
    def file(self) -> Path:
        return OUT / f"{self.name}-{'zh' if self.language == 'zh-Hans' else self.language}.png"


# ── what is done before the picture ──


def _in_language(page: Page, language: str) -> None:
    page.locator(f'.lang button[lang="{language}"]').first.click()
    expect(page.locator("html")).to_have_attribute("lang", language)


def kiosk_attract(page: Page, language: str) -> None:
    expect(page.locator(".tile--main")).to_be_visible()
    page.wait_for_function("() => window.foyer && window.foyer.linked()")
    _in_language(page, language)
    expect(page.locator("h1")).to_have_text(t("kiosk.hello", language))


def kiosk_name(page: Page, language: str) -> None:
    kiosk_attract(page, language)
    press(page, t("kiosk.visit", language))
    expect(page.locator("h1")).to_have_text(t("kiosk.name", language))
    type_in(page, "李文博" if language != "en" else "LI WENBO")


def kiosk_host(page: Page, language: str) -> None:
    kiosk_name(page, language)
    go_on(page)
    type_in(page, "江城建设集团" if language != "en" else "ACME")
    go_on(page)
    expect(page.locator("h1")).to_have_text(t("kiosk.host", language))
    type_in(page, "linxiaomei")
    expect(page.locator(".found").first).to_be_visible()


def kiosk_notice(page: Page, language: str) -> None:
    kiosk_host(page, language)
    page.locator(".found").first.click()
    press(page, t("kiosk.purpose.meeting", language))
    expect(page.locator("h1")).to_have_text(t("kiosk.notice", language))
    draw_signature(page)


def kiosk_signed_in(page: Page, language: str) -> None:
    kiosk_notice(page, language)
    press(page, t("kiosk.notice.agree", language))
    expect(page.locator(".pass")).to_be_visible(timeout=10_000)


def door(page: Page, language: str) -> None:
    page.locator(".door__word").first.wait_for()
    page.locator(f'button[lang="{language}"]').first.click()


def door_cut_off(page: Page, language: str) -> None:
    door(page, language)
    page.context.set_offline(True)
    page.locator('[data-state="lost"]').first.wait_for(timeout=60_000)


def desk(page: Page, language: str) -> None:
    page.wait_for_function("() => window.foyer && window.foyer.linked()")


def desk_first_row(page: Page, language: str) -> None:
    desk(page, language)
    page.locator("main tbody tr, main .row, main .item--act").first.click()
    page.wait_for_timeout(900)


def stocktake_review(page: Page, language: str) -> None:
    desk(page, language)
    address = page.locator('a[href^="/desk/stocktakes/"]').first.get_attribute("href")
    page.goto(page.url.split("/desk")[0] + str(address))
    desk(page, language)


def phone_app(page: Page, language: str) -> None:
    page.wait_for_selector("html[data-ready]")
    if page.get_by_test_id("account").count():
        page.get_by_test_id("account").fill("clerk")
        page.get_by_test_id("password").fill(PASSWORD)
        page.get_by_test_id("signin").click()
    page.wait_for_selector("[data-screen=Home]")
    page.get_by_test_id("all-sent").or_(page.get_by_test_id("stocktake")).first.wait_for()


def phone_signin(page: Page, language: str) -> None:
    page.wait_for_selector("html[data-ready]")
    page.get_by_test_id("account").wait_for()


def _until_read(page: Page, words: str) -> None:
    """Wait until the camera's label was read."""
    expect(page.locator("#app")).to_contain_text(words, timeout=25_000)


def phone_count(page: Page, language: str) -> None:
    phone_app(page, language)
    page.get_by_test_id("stocktake").first.click()
    page.get_by_test_id("place").click()
    page.get_by_test_id("place-row").filter(has_text="307").first.click()
    expect(page.get_by_test_id("place")).to_contain_text("307")
    page.locator("[data-screen=Count] li").first.wait_for(timeout=30_000)


def phone_collect(page: Page, language: str) -> None:
    phone_app(page, language)
    page.get_by_test_id("collect").click()
    page.wait_for_selector("[data-screen=Collect]")
    _until_read(page, "中性笔")


def phone_round(page: Page, language: str) -> None:
    page.wait_for_selector("html[data-ready]")
    page.get_by_test_id("account").fill("safety")
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("signin").click()
    page.get_by_test_id("inspection").first.click()
    page.wait_for_selector("[data-screen=Round]")


def phone_point(page: Page, language: str) -> None:
    phone_round(page, language)
    page.get_by_test_id("point").first.click()
    page.wait_for_selector("[data-screen=Point]")


def phone_scan(page: Page, language: str) -> None:
    phone_app(page, language)
    page.get_by_test_id("scan").click()
    page.wait_for_selector("[data-screen=Scan]")
    _until_read(page, "307")


SHOTS = (
    Shot("chooser", "/"),
    Shot("chooser", "/", language="en"),
    Shot("kiosk-attract", "/welcome", KIOSK, act=kiosk_attract),
    Shot("kiosk-attract-wide", "/welcome", KIOSK_WIDE, act=kiosk_attract),
    Shot("kiosk-attract-wide", "/welcome", KIOSK_WIDE, "en", act=kiosk_attract),
    Shot("kiosk-name", "/welcome", KIOSK, act=kiosk_name),
    Shot("kiosk-name-wide", "/welcome", KIOSK_WIDE, "en", act=kiosk_name),
    Shot("kiosk-host", "/welcome", KIOSK, act=kiosk_host),
    Shot("kiosk-notice", "/welcome", KIOSK, act=kiosk_notice),
    Shot("kiosk-notice-wide", "/welcome", KIOSK_WIDE, "en", act=kiosk_notice),
    Shot("kiosk-signed-in", "/welcome", KIOSK, act=kiosk_signed_in),
    Shot("kiosk-signed-in-wide", "/welcome", KIOSK_WIDE, "en", act=kiosk_signed_in),
    Shot("door-free", "/door/305", DOOR, act=door),
    Shot("door-busy", "/door/102", DOOR, act=door),
    Shot("door-soon", "/door/205", DOOR, act=door),
    Shot("door-held", "/door/206", DOOR, act=door),
    Shot("door-shut", "/door/103", DOOR, act=door),
    Shot("door-lost", "/door/305", DOOR, act=door_cut_off),
    Shot("door-free-small", "/door/305", DOOR_SMALL, act=door),
    Shot("door-free", "/door/305", DOOR, "en", act=door),
    Shot("door-busy", "/door/102", DOOR, "en", act=door),
    Shot("desk-today", "/desk", account="desk", act=desk),
    Shot("desk-today", "/desk", language="en", account="desk", act=desk),
    Shot("desk-visits", "/desk/visits", account="desk", act=desk),
    Shot("desk-roll-call", "/desk/roll-call", account="desk", act=desk),
    Shot("desk-deliveries", "/desk/deliveries", account="desk", act=desk),
    Shot("desk-printers", "/desk/printers", account="admin", act=desk),
    Shot("desk-assets", "/desk/assets", account="clerk", act=desk_first_row),
    Shot("desk-assets", "/desk/assets", language="en", account="clerk", act=desk_first_row),
    Shot("desk-supplies", "/desk/supplies", account="clerk", act=desk),
    Shot("desk-stocktakes", "/desk/stocktakes", account="clerk", act=desk),
    Shot("desk-stocktake-review", "/desk/stocktakes", account="leader", act=stocktake_review),
    Shot("desk-stocktake-review", "/desk/stocktakes", language="en", account="leader", act=stocktake_review),
    Shot("desk-labels", "/desk/labels", account="clerk", act=desk),
    Shot("desk-inspections", "/desk/inspections", account="safety", act=desk),
    Shot("desk-duties", "/desk/duties", account="clerk", act=desk),
    Shot("desk-people", "/desk/people", account="admin", act=desk),
    Shot("desk-places", "/desk/places", account="admin", act=desk),
    Shot("desk-devices", "/desk/devices", account="admin", act=desk),
    Shot("desk-imports", "/desk/imports", account="clerk", act=desk),
    Shot("desk-settings", "/desk/settings", account="admin", act=desk),
    Shot("phone-signin", "/m/", PHONE, act=phone_signin),
    Shot("phone-home", "/m/", PHONE, act=phone_app),
    Shot("phone-home", "/m/", PHONE, "en", act=phone_app),
    Shot("phone-scan", "/m/", PHONE, act=phone_scan, film="asset"),
    Shot("phone-count", "/m/", PHONE, act=phone_count, film="asset"),
    Shot("phone-count", "/m/", PHONE, "en", act=phone_count, film="asset"),
    Shot("phone-collect", "/m/", PHONE, act=phone_collect, film="supply"),
    Shot("phone-round", "/m/", PHONE, act=phone_round),
    Shot("phone-point", "/m/", PHONE, act=phone_point, film="point"),
    Shot("phone-book", "/my/book", PHONE, account="staff"),
    Shot("phone-duties", "/my/duties", PHONE, account="staff"),
    Shot("phone-visitors", "/my/visitors", PHONE, account="staff"),
)


# ── taking them ──


def start() -> Server:
    """`main.py demo` on its own folder, at NOW, on a free port."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FOYER_")}
    environment |= {
        "FOYER_DATA_DIR": str(DATA / "now"),
        "FOYER_PORT": str(port),
        "FOYER_TEST_CLOCK": NOW.isoformat(),
        "PYTHONUNBUFFERED": "1",
    }
    made, now = DATA / "made", DATA / "now"
    if not (made / "whole").exists():
        shutil.rmtree(made, ignore_errors=True)
        _tell(made)
        (made / "whole").touch()
    shutil.rmtree(now, ignore_errors=True)
    shutil.copytree(made, now)
    server = Server(f"http://127.0.0.1:{port}", environment, DATA / "server.log")
    output = server.log.open("wb")
    server.process = subprocess.Popen(
        [sys.executable, ROOT / "main.py", "demo"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
    )
    for _ in range(1800):
        try:
            if httpx.get(server.url + "/healthz", timeout=2).status_code == 200:
                return server
        except httpx.TransportError:
            pass
        if server.process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"the sample office did not start:\n{server.log.read_text('utf-8', 'replace')[-3000:]}")


def _tell(folder: Path) -> None:
    """The sample office of NOW in a folder, without a server."""
    import main as foyer
    from core import demo
    from core.foundation import clock, settings

    foyer.open_office(settings.load({"FOYER_DATA_DIR": str(folder)}, env_file=None))
    clock.move_to(NOW)
    demo.fill(clock.today(), NOW)
    database.disconnect()


def films() -> dict[str, Path]:
    """What the camera sees: a label of the sample office on a box, after a moment without one."""
    database.connect(f"sqlite:///{(DATA / 'made' / 'foyer.db').as_posix()}")
    with database.reading() as s:
        room, point = places.find(s, "307"), places.search(s, "一楼正门", limit=1)[0]
        assert room is not None
        asset = s.execute(select(Asset).where(col(Asset.place_id) == room.id).order_by(Asset.number)).scalars().first()
        assert asset is not None
        wanted = {
            "asset": labels.of(s, SubjectKind.ASSET, asset.id),
            "supply": labels.of(s, SubjectKind.SUPPLY, supplies.by_code(s, "YP001").id),
            "point": labels.of(s, SubjectKind.PLACE, point.id),
        }
    database.disconnect()
    nothing = film(DATA / "nothing.y4m", [(None, 1.0)])
    return {"nothing": nothing} | {
        name: film(DATA / f"{name}.y4m", [(None, 2.0), (label_text(str(code)), 2.0), (None, 8.0)]) for name, code in wanted.items()
    }


def take(browser: Browser, server: Server, shot: Shot) -> str:
    """Take one picture; answers how large it became."""
    server.set_clock(NOW)
    context = browser.new_context(**shot.screen, locale=LOCALES[shot.language], timezone_id="Asia/Shanghai", permissions=["camera"])
    context.add_cookies([{"name": "foyer_lang", "value": shot.language, "url": server.url}])
    try:
        if shot.screen is PHONE:
            context.clock.set_fixed_time(NOW)  # a phone's own clock, which the app compares with the server's
        page = context.new_page()
        page.set_default_timeout(12_000)
        if shot.account:
            page.goto(server.url + "/sign-in")
            sign_in(page, server, shot.account, PASSWORD)
            if shot.language != "zh-Hans":
                page.request.post(
                    server.url + "/api/v1/operations", headers={"Origin": server.url},
                    data={"op_id": _new_id(), "kind": "person.set_language", "payload": {"language": shot.language}},
                )  # fmt: skip
        answer = page.goto(server.url + shot.path)
        if answer is not None and answer.status >= 400:
            raise RuntimeError(f"{shot.path} answers {answer.status}")
        if shot.act is not None:
            try:
                shot.act(page, shot.language)
            except (Error, AssertionError):
                page.screenshot(path=DATA / f"failed-{shot.file.name}")
                raise
        page.wait_for_timeout(700)  # movements end; nothing is asserted about them
        size = _save(page.screenshot(), shot.file)
        if shot.account and shot.language != "zh-Hans":
            page.context.set_offline(False)
            page.request.post(
                server.url + "/api/v1/operations", headers={"Origin": server.url},
                data={"op_id": _new_id(), "kind": "person.set_language", "payload": {"language": "zh-Hans"}},
            )  # fmt: skip
        return f"{size // 1000} kB"
    finally:
        context.close()


def _new_id() -> str:
    from core.foundation.ids import uuid7

    return str(uuid7())


def _save(data: bytes, path: Path) -> int:
    picture = Image.open(io.BytesIO(data)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, "PNG", optimize=True)
    return path.stat().st_size


def _try(browser: Browser, server: Server, shot: Shot) -> bool:
    """Take one picture and say how it went; answers whether it failed."""
    try:
        print(f"{shot.file.name:<36} {take(browser, server, shot)}", flush=True)
    except (Error, AssertionError, RuntimeError) as problem:
        print(f"{shot.file.name:<36} not taken: {str(problem).splitlines()[0]}", flush=True)
        return True
    return False


def main(words: list[str]) -> int:
    """Take what is asked for; answers how many could not be taken. `kiosk-steps [FOLDER]` takes every screen of the kiosk (tests/kiosk/shots.py)."""
    if words[:1] == ["kiosk-steps"]:
        from tests.kiosk import shots as kiosk_steps

        return kiosk_steps.main(words[1:])
    wanted = [shot for shot in SHOTS if not words or any(word in shot.file.stem for word in words)]
    server = start()
    failed = 0
    try:
        seen = films()
        with sync_playwright() as playwright:
            for name, path in seen.items():
                some = [shot for shot in wanted if shot.film == name]
                if some:
                    flags = (
                        "--use-fake-ui-for-media-stream",
                        "--use-fake-device-for-media-stream",
                        f"--use-file-for-fake-video-capture={path}",
                    )
                    with browsing(playwright, args=flags) as browser:
                        failed += sum(_try(browser, server, shot) for shot in some)
    finally:
        server.stop()
    return failed


if __name__ == "__main__":
    raise SystemExit(min(1, main(sys.argv[1:])))

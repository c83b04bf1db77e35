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
import pypdfium2
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
from tests.live import DESK, DOOR, KIOSK, KIOSK_WIDE, PHONE, ROOT, Server, browsing, free_port, sign_in
from tests.visits.kiosks import draw_signature, go_on, press, type_in

NOW = datetime.fromisoformat("2026-11-23T10:24:00+08:00")
OUT = ROOT / "docs" / "shots"
DATA = ROOT / "build" / "shots"  # `made` is told once, `now` is a copy of it that the pictures are taken in
PASSWORD = "foyer-demo"
STATES = ("free", "soon", "held", "busy", "shut", "lost")
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
        """A door's state is only kept as a part of the picture of all six."""
        folder = DATA if self.name.removeprefix("door-") in STATES else OUT
        return folder / f"{self.name}-{'zh' if self.language == 'zh-Hans' else self.language}.png"


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


def door_task(name: str) -> Act:
    """A task of the door: `rooms` the plan of what is free, `help` what somebody in the room can ask for."""

    def act(page: Page, language: str) -> None:
        door(page, language)
        page.locator(f'[data-act="{name}"]').first.click()
        page.locator(".door__back, .rooms, .doortiles").first.wait_for()

    return act


def kiosk_leave(page: Page, language: str) -> None:
    kiosk_attract(page, language)
    press(page, t("kiosk.leave", language))
    expect(page.locator("h1")).not_to_have_text(t("kiosk.hello", language))


def kiosk_parcel(page: Page, language: str) -> None:
    kiosk_attract(page, language)
    press(page, t("kiosk.parcel", language))
    page.locator(".tile--main").click()
    type_in(page, "linxiaomei")
    expect(page.locator(".found").first).to_be_visible()


def desk(page: Page, language: str) -> None:
    page.wait_for_function("() => window.foyer && window.foyer.linked()")


def desk_first_row(page: Page, language: str) -> None:
    desk(page, language)
    page.locator("main tbody tr").first.click()
    expect(page.locator(".peek h2").first).to_be_visible()


def desk_opened(link: str, press_first: str = "") -> Act:
    """The page behind a register's first link of this kind, after a row was chosen."""

    def act(page: Page, language: str) -> None:
        desk(page, language)
        if press_first:
            page.locator(press_first).first.click()
            page.locator(link).first.wait_for()
        page.goto(page.url.split("/desk")[0] + str(page.locator(link).first.get_attribute("href")))
        desk(page, language)

    return act


def desk_plan(page: Page, language: str) -> None:
    """The floor plan of the third floor, where the sample office's meetings are."""
    desk(page, language)
    page.get_by_role("button", name=t("timeline.plan", language)).click()
    page.get_by_role("button", name="三楼").click()
    page.wait_for_timeout(900)


def desk_labels(page: Page, language: str) -> None:
    """A sheet that begins at its sixth cell."""
    desk(page, language)
    page.get_by_label(t("sheets.find", language)).fill("笔记本")
    page.get_by_label(t("sheets.find", language)).press("Enter")
    page.wait_for_timeout(900)
    page.locator('[data-test="take-all"]').click()
    page.locator(".labelrow .round").first.wait_for()


def stocktake_review(page: Page, language: str) -> None:
    """The differences of the count that is half done."""
    desk(page, language)
    address = page.locator('a[href^="/desk/stocktakes/"]').filter(has_text="三楼年终盘点").first.get_attribute("href")
    page.goto(page.url.split("/desk")[0] + str(address))
    desk(page, language)
    page.locator(".chip").nth(1).click()
    page.locator(".review__table tbody tr").first.wait_for()


def desk_paper(page: Page, language: str) -> None:
    desk(page, language)
    page.get_by_label(t("papers.name", language), exact=True).fill("Workshop 63 × 34")
    page.locator(".paperedit__view svg, .paperedit__view img").first.wait_for()


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


ZH, EN = "zh-Hans", "en"


def both(
    name: str, path: str, screen: dict[str, Any], *, account: str | None = None, act: Act | None = None, film: str = "nothing"
) -> tuple[Shot, Shot]:
    """The same picture for both READMEs."""
    return tuple(Shot(name, path, screen, language, account, act, film) for language in (ZH, EN))  # type: ignore[return-value]


def english(
    name: str, path: str, screen: dict[str, Any], *, account: str | None = None, act: Act | None = None, film: str = "nothing"
) -> Shot:
    """One for the documents, which are in English."""
    return Shot(name, path, screen, EN, account, act, film)


SHOTS = (
    *both("kiosk-attract-wide", "/welcome", KIOSK_WIDE, act=kiosk_attract),
    english("kiosk-host", "/welcome", KIOSK, act=kiosk_host),
    english("kiosk-notice-wide", "/welcome", KIOSK_WIDE, act=kiosk_notice),
    english("kiosk-signed-in", "/welcome", KIOSK, act=kiosk_signed_in),
    english("kiosk-leave", "/welcome", KIOSK, act=kiosk_leave),
    english("kiosk-parcel", "/welcome", KIOSK_WIDE, act=kiosk_parcel),
    english("drop-box", "/drop-box", KIOSK_WIDE),
    *both("door-free", "/door/305", DOOR, act=door),
    *both("door-soon", "/door/205", DOOR, act=door),
    *both("door-held", "/door/206", DOOR, act=door),
    *both("door-busy", "/door/102", DOOR, act=door),
    *both("door-shut", "/door/103", DOOR, act=door),
    *both("door-lost", "/door/305", DOOR, act=door_cut_off),
    english("door-rooms", "/door/305", DOOR, act=door_task("rooms")),
    english("door-help", "/door/102", DOOR, act=door_task("help")),
    *both("desk-today", "/desk", DESK, account="desk", act=desk),
    english("desk-timeline", "/desk/timeline", DESK, account="desk", act=desk),
    *both("desk-plan", "/desk/timeline", DESK, account="desk", act=desk_plan),
    english("desk-visits", "/desk/visits", DESK, account="desk", act=desk_first_row),
    english("desk-visit-set-up", "/desk/visit-set-up", DESK, account="admin", act=desk),
    english("desk-deliveries", "/desk/deliveries", DESK, account="desk", act=desk_first_row),
    english("desk-reception", "/desk/receptions", DESK, account="desk", act=desk_opened('.peek a[href^="/desk/receptions/"]', "main tbody tr:nth-child(2)")),
    english("desk-liaison", "/desk/liaison", DESK, account="desk", act=desk_first_row),
    english("desk-roll-call", "/desk/roll-call", DESK, account="desk", act=desk),
    english("desk-privacy", "/desk/privacy", DESK, account="admin", act=desk),
    english("desk-series-new", "/desk/series/new", DESK, account="clerk", act=desk),
    english("desk-room-care", "/desk/room_care", DESK, account="clerk", act=desk),
    english("desk-room-use", "/desk/room_use", DESK, account="clerk", act=desk),
    english("desk-assets", "/desk/assets", DESK, account="clerk", act=desk_first_row),
    english("desk-custody", "/desk/custody", DESK, account="clerk", act=desk),
    *both("desk-stocktake-review", "/desk/stocktakes", DESK, account="leader", act=stocktake_review),
    english("desk-labels", "/desk/labels", DESK, account="clerk", act=desk_labels),
    english("desk-label-paper", "/desk/labels/papers/edit?like=A4-24", DESK, account="clerk", act=desk_paper),
    english("desk-supplies", "/desk/supplies", DESK, account="clerk", act=desk_first_row),
    english("desk-supply-plans", "/desk/supply-plans", DESK, account="clerk", act=desk),
    english("desk-suppliers", "/desk/suppliers", DESK, account="clerk", act=desk_first_row),
    english("phone-needs", "/my/needs", PHONE, account="staff"),
    english("desk-inspections", "/desk/inspections", DESK, account="safety", act=desk_first_row),
    english("desk-duties", "/desk/duties", DESK, account="clerk", act=desk_first_row),
    english("desk-approvals", "/desk/approvals", DESK, account="leader", act=desk),
    english("desk-imports", "/desk/imports", DESK, account="clerk", act=desk),
    english("desk-devices", "/desk/devices", DESK, account="admin", act=desk),
    *both("phone-home", "/m/", PHONE, act=phone_app),
    english("phone-scan", "/m/", PHONE, act=phone_scan, film="asset"),
    *both("phone-count", "/m/", PHONE, act=phone_count, film="asset"),
    english("phone-collect", "/m/", PHONE, act=phone_collect, film="supply"),
    english("phone-round", "/m/", PHONE, act=phone_round),
    *both("phone-point", "/m/", PHONE, act=phone_point, film="point"),
    english("phone-find", "/my/find", PHONE, account="staff"),
    english("phone-book", "/my/book", PHONE, account="staff"),
    english("phone-visitors", "/my/visitors", PHONE, account="staff"),
    english("phone-invite", "/my/visitors/invite", PHONE, account="staff"),
    english("phone-things", "/my/things", PHONE, account="staff"),
)  # fmt: skip


PRINTS = ("print-sheet", "print-badge", "print-card")  # paper, as it comes out of the printer
MADE = (*PRINTS, "door-states-zh", "door-states-en")


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
                speak(page, server, shot.language)
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
            speak(page, server, "zh-Hans")
        return f"{size // 1000} kB"
    finally:
        context.close()


def speak(page: Page, server: Server, language: str) -> None:
    """Let whoever is signed in on this page read this language from now on."""
    asked = {"op_id": _new_id(), "kind": "person.set_language", "payload": {"language": language}}
    page.request.post(server.url + "/api/v1/operations", headers={"Origin": server.url}, data=asked)


def _new_id() -> str:
    from core.foundation.ids import uuid7

    return str(uuid7())


def _save(data: bytes, path: Path) -> int:
    picture = Image.open(io.BytesIO(data)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, "PNG", optimize=True)
    return path.stat().st_size


def side_by_side() -> None:
    """The six states of a door as one picture in each language."""
    for language in ("zh", "en"):
        doors = [DATA / f"door-{state}-{language}.png" for state in STATES]
        if all(path.exists() for path in doors):
            whole = Image.new("RGB", (3 * 488 - 8, 2 * 308 - 8), "white")
            for n, path in enumerate(doors):
                whole.paste(Image.open(path).convert("RGB").resize((480, 300), Image.Resampling.LANCZOS), (n % 3 * 488, n // 3 * 308))
            drawn = io.BytesIO()
            whole.save(drawn, "PNG")
            print(
                f"{f'door-states-{language}.png':<36} {_save(drawn.getvalue(), OUT / f'door-states-{language}.png') // 1000} kB", flush=True
            )


def printed(server: Server) -> None:
    """A sheet of labels, a badge and an asset's card: the very PDF files people print, drawn as pictures."""
    with server.client("clerk", PASSWORD) as clerk:
        assets = clerk.get("/api/v1/assets", params={"limit": 20}).json()["items"]
        codes = [one["label"] for one in assets if one["label"]][:19]
        asked = {"template": "A4-24", "start": 6, "codes": codes, "language": "en"}
        papers = {
            "print-sheet": clerk.post("/api/v1/label-sheets", json=asked),
            "print-card": clerk.get(f"/api/v1/assets/{assets[0]['id']}/card.pdf"),
        }
    with server.client("desk", PASSWORD) as desk_client:
        visit = next(one for one in desk_client.get("/api/v1/visits", params={"limit": 100}).json()["items"] if one["state"] == "here")
        papers["print-badge"] = desk_client.get(f"/api/v1/visits/{visit['id']}/badge.pdf")
    for name, answer in papers.items():
        answer.raise_for_status()
        drawn = io.BytesIO()
        page = pypdfium2.PdfDocument(answer.content)[0]
        page.render(scale=900 / max(page.get_width(), page.get_height())).to_pil().save(drawn, "PNG")
        print(f"{name + '.png':<36} {_save(drawn.getvalue(), OUT / f'{name}.png') // 1000} kB", flush=True)


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
    if not words:
        for old in set(OUT.glob("*.png")) - {shot.file for shot in SHOTS} - {OUT / f"{name}.png" for name in MADE}:
            old.unlink()
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
        if not words or any(word in name for word in words for name in PRINTS):
            printed(server)
        if not words or "door" in words:
            side_by_side()
    finally:
        server.stop()
    return failed


if __name__ == "__main__":
    raise SystemExit(min(1, main(sys.argv[1:])))

"""`/drop-box`: the box at the door that takes badges. A scanner on a cable reads the badge on its way in, and the visitor has left; there is nothing to touch
and nothing else it can do (issue 5, leaving; pitfalls V34, V36).

Its device has a role of its own, which may perform `visit.check_out` by a code and no other operation, so that somebody who gets at its session gets nothing
with it. It shows no name: whoever stands behind must not read it.
"""

from __future__ import annotations

from functools import partial

from nicegui import APIRouter, ui

from core.foundation import clock, i18n
from core.foundation.i18n import as_mapping
from core.mechanisms.operations import Role, perform
from core.sections import visits
from core.web import elements, frame, icons, parts, sessions, static_files
from core.web.frame import _
from kiosk.welcome.watch import Gate

router = APIRouter()
SHOWN_S = 6.0


@router.page("/drop-box")
def drop_box_page() -> None:
    with frame.kiosk(role=Role.DROP_BOX) as main:
        DropBox(main)


class DropBox:
    """Two screens: hold the badge here; goodbye, or why not."""

    def __init__(self, main: ui.element) -> None:
        self.client, self.shown = ui.context.client, 0
        with main:
            self.body = parts.box("kiosk__body drop-box")
            elements.Scanner(lambda scan: self.scanned(scan.text), camera=False, wedge=True)
        self.draw()
        ui.timer(60.0, self._each_minute)

    def draw(self, word: str = "rest", **facts: object) -> None:
        """Draw one of the screens: `rest`, `bye`, or `sorry` with its sentence."""
        face, now = sessions.office(), clock.now()
        self.body.clear()
        with self.body:
            Gate(now)
            with parts.box("kiosk__top", "header"):
                with parts.box("brand"):
                    icons.mark()
                    parts.text(face.name, "span", "cut")
                with parts.box("kiosk__now"):
                    parts.text(f"{clock.local(now):%H:%M}", "strong", "num").props("data-clock")
                    parts.text(i18n.long_day(clock.today(now), frame.lang()), "span", "second")
            with parts.box(f"hello hello--bye drop-box__words drop-box__words--{word}", "section").props("role=status"):
                parts.text(_(f"dropbox.{word}"), "h1")
                for code in i18n.LANGUAGES if word != "sorry" else ():
                    parts.text(i18n.t(f"dropbox.{word}.say", code, **facts), "p").props(f'lang="{code}"')
                if word == "sorry":
                    parts.text(facts["message"], "p")
                    parts.text(_("dropbox.sorry.say"), "p")
            if word == "rest":
                ui.element("img").classes("drop-box__art").props(f'src="{static_files.url("scan-badge.svg")}" alt=""')

    async def scanned(self, text: str) -> None:
        """A badge came by."""
        try:
            do = visits.CheckOut(code=text.strip()[:300])
        except ValueError:
            return
        outcome = await perform(do, by=frame.actor())
        if outcome.ok:
            self._show("bye", time=f"{clock.local(clock.now()):%H:%M}")
            return
        code, language = outcome.code or "", frame.lang()
        key = (
            f"kiosk.{code}"
            if code.startswith("label.") and i18n.has(f"kiosk.{code}")
            else code
            if code.startswith("visit.")
            else "kiosk.label.unreadable"
        )
        self._show("sorry", message=i18n.t(key, language, **as_mapping(outcome.facts, language, clock.zone())))

    def _show(self, word: str, **facts: object) -> None:
        self.shown += 1
        self.draw(word, **facts)
        with self.body:
            ui.timer(SHOWN_S, partial(self._rest, self.shown), once=True)

    def _rest(self, number: int) -> None:
        if number == self.shown and not self.client.is_deleted:
            self.draw()
            self.client.outbox.message_history.clear()

    def _each_minute(self) -> None:
        frame.actor()  # a revoked box meets the pairing page

"""One screen for one visitor after another: which step is shown, what was said so far, and how everything is forgotten.

A step is a function that draws; it gets the screen and calls `show(next)`. Whatever is performed carries the moment of the tap and an id
made from it, so that a
double tap is one act and a late one none (nicegui-facts 3). After a wipe neither the page, its elements nor its outbox hold anything of the
visitor.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal
from uuid import UUID

from nicegui import ui
from nicegui.events import GenericEventArguments

from core.foundation import clock, database, i18n, live
from core.foundation.ids import derived, uuid7
from core.foundation.live import Change
from core.mechanisms import attachments, drafts, kiosks, office
from core.mechanisms.operations import Operation, Outcome, perform
from core.sections import visits
from core.web import elements, frame, icons, parts, sessions
from core.web.frame import _
from kiosk.welcome.form import Form
from kiosk.welcome.watch import Ease, Gate, Mode, Watch

Step = Literal[
    "attract", "code", "name", "company", "host", "purpose", "phone", "welcome_back", "detail", "id_number", "drink", "waiting",
    "greeting", "notice", "photo", "signed_in", "leave", "leave_code", "leaving", "goodbye", "parcels", "noted", "mistaken",
    "parcel_for", "parcel_unclear", "parcel", "receipt", "staff", "staff_done", "fetch", "fetch_sign", "fetched", "help", "sorry",
    "asking", "group", "group_in", "group_out", "lost", "lost_where", "lost_name", "lost_noted",
]  # fmt: skip
KEPT: frozenset[str] = frozenset(
    {
        "name",
        "company",
        "host",
        "purpose",
        "phone",
        "detail",
        "id_number",
        "drink",
        "notice",
        "photo",
        "parcel_for",
        "parcel_unclear",
        "parcel",
        "greeting",
    }
)
MODES: dict[str, tuple[Mode, int | None]] = {
    "attract": ("rest", None),
    "notice": ("read", None),
    "signed_in": ("done", 12),
    "waiting": ("done", 90),
    "goodbye": ("done", 15),
    "noted": ("done", 8),
    "staff_done": ("done", 6),
    "receipt": ("done", 20),
    "fetched": ("done", 12),
    "asking": ("read", 180),
    "group": ("read", None),
    "group_in": ("done", 30),
    "group_out": ("done", 10),
    "sorry": ("done", 20),
    "lost_noted": ("done", 30),
}
SAVE_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What the office chose for its kiosk, read when a visitor begins."""

    idle_s: int
    camera: str
    printing: str
    photo: bool
    welcome: str
    profile: kiosks.Profile
    words: dict[str, kiosks.Words]


class Welcome:
    """The kiosk's page."""

    def __init__(self, main: ui.element) -> None:
        from kiosk.welcome import coming, steps

        self.client = ui.context.client
        self.main, self.form, self.step = main, Form(), "attract"
        self.face = sessions.office()
        self.settings = self._read_settings()
        self.shown: dict[str, Any] = {}
        self._drawers = steps.drawers()
        self._tap: tuple[datetime | None, UUID | None] = (None, None)
        self._dirty = self._kept = False
        self._drawn_for = ""
        with main:
            self.body = parts.box("kiosk__body")
            self.watch = Watch(self.settings.idle_s, self._wiped, self._ready, sound=self.settings.profile.sound)
            # One listener for the scanner on its cable, as long as the page lives: a step that is drawn anew must not miss a code.
            elements.Scanner(lambda scan: coming.scanned(self, scan.text), camera=False, wedge=True)
        self.show("attract")
        ui.timer(SAVE_EVERY_S, self._each_second)
        for kind in ("visit", "notice", "help", "print"):
            self.client.on_delete(live.subscribe(kind, partial(self._changed, kind)))
        self.client.on_delete(live.subscribe("kiosk_face", self._face_changed))

    # ── drawing ──

    def show(self, step: Step, **facts: Any) -> None:
        """Draw a step. `facts` are for this step alone and gone with it, and so is what went wrong on the one before."""
        self._hush()
        self.step, self.shown = step, facts
        self._dirty = True
        if self._kept and step not in KEPT:
            self._forget_draft()
        self.redraw()
        mode, seconds = MODES.get(step, ("form", None))
        self.watch.guard(mode, seconds)

    def redraw(self) -> None:
        """Draw the present step again: another language, the next day."""
        self._drawn_for = self._light()
        self.body.clear()
        with self.body:
            if self.step in ("attract", "goodbye", "noted", "staff_done"):
                Gate(clock.now(), self.settings.profile.pictures)
            self._top()
            self._drawers[self.step](self)
        self.body.props(f"data-step={self.step}")
        self.watch.drawn(self.step)

    def _top(self) -> None:
        now, language = clock.now(), frame.lang()
        with parts.box("kiosk__top", "header"):
            with parts.box("brand"):
                icons.mark()
                parts.text(self.face.name, "span", "cut")
            with parts.box("kiosk__now"):
                parts.text(f"{clock.local(now):%H:%M}", "strong", "num").props("data-clock")
                parts.text(i18n.long_day(clock.today(now), language), "span", "second")

    def head(self, title: str, say: str = "", *, step: int | None = None, mark: str = "") -> ui.element:
        """The question of this screen, with the place in the walk-in's steps. More can be drawn inside with `with`."""
        wide = sum(2 if sign >= "\u2e80" else 1 for sign in title)  # a long name takes a smaller title, never a third line
        with parts.box("kiosk__head kiosk__head--long" if wide > 34 else "kiosk__head", "section") as element:
            if step is not None:
                total = self.steps_total()
                with parts.box("row steps__row"):
                    with parts.box("steps").props("aria-hidden=true"):
                        for number in range(1, total + 1):
                            parts.box("done" if number < step else "now" if number == step else "", "i")
                    parts.text(_("kiosk.step_of", n=step, total=total), "span", "second")
            if mark:
                icons.icon(mark, f"kiosk__mark kiosk__mark--{mark}")
            parts.text(title, "h1")
            for line in say.splitlines():
                parts.text(line, "p")
        return element

    def steps_total(self) -> int:
        """Name, whom, notice; the photo only where the office, this kind of visitor or the room asks for it."""
        with database.reading() as s:
            flow = visits.types.flow_of(s, self.form.type, UUID(self.form.room) if self.form.room else None)
        return 4 if visits.flows.takes_photo(flow.photo, office=self.settings.photo) else 3

    def foot(self, back: Callable[[], Any] | None = None, *, back_words: str = "", reason: str = "general") -> None:
        """Back on the left, language in the middle, reception on the right: the same place on every screen."""
        with parts.box("kiosk__foot", "footer"):
            if back is not None:
                self.button(back_words or _("kiosk.back"), back, icon="back")
            frame.language_switch(lambda language: self.speak(), order=self.settings.profile.languages)
            Ease()
            if reason:
                self.button(_("kiosk.ask_reception"), partial(self.call_help, reason), icon="bell")

    def speak(self) -> None:
        """The page's language changed: everything that was typed stays, and a draft that comes back speaks it."""
        self._dirty = True
        self.watch.speak()
        self.redraw()

    # ── pressing and doing ──

    def tap(self, element: ui.element, handler: Callable[[], Any]) -> ui.element:
        """Run `handler` once for a press, with the moment of the press and an id made from it."""

        async def handle(event: GenericEventArguments) -> None:
            try:
                if not parts.is_fresh(event.args):
                    parts.problem(_("web.stale_tap"))
                    return
                made_ms = float(event.args["t"])
                self._tap = (
                    clock.now() - timedelta(seconds=max(0.0, time.time() - made_ms / 1000)),
                    derived("kiosk tap", self.client.id, element.id, made_ms),
                )
                await parts.run(handler)
            finally:
                self._tap = (None, None)
                if not element.is_deleted:
                    ui.run_javascript(f"foyer.rest({element.id})")

        element.on("click", handle, js_handler="(e) => foyer.tap(e, emit)")
        return element

    def button(
        self,
        words: str,
        handler: Callable[[], Any],
        *,
        kind: parts.Kind = "plain",
        icon: str | None = None,
        counts: bool = False,
        classes: str = "",
    ) -> ui.element:
        """A button of the kiosk; with `counts` it says when the screen goes back by itself."""
        element = (
            ui.element("button").classes("button" + (f" button--{kind}" if kind != "plain" else "") + f" {classes}").props("type=button")
        )
        with element:
            if icon:
                icons.icon(icon)
            parts.text(words, "span")
            if counts:
                parts.text("", "span", "button__sub").props("data-back")
        return self.tap(element, handler)

    def tile(self, icon: str, title: str, line: str, handler: Callable[[], Any], *, main: bool = False, go: str = "") -> ui.element:
        """A choice of path: the whole tile presses."""
        element = ui.element("button").classes("tile tile--main" if main else "tile").props("type=button")
        with element:
            icons.icon(icon)
            with parts.box(tag="span"):
                parts.text(title, "span")
                parts.text(line, "small")
            if go:
                icons.icon(go, "tile__go")
        return self.tap(element, handler)

    async def do(self, operation: Operation) -> Outcome:
        """Perform for this kiosk, with the tap's own moment and id."""
        tapped_at, op_id = self._tap
        outcome = await perform(operation, by=frame.actor(), op_id=op_id or uuid7(), tapped_at=tapped_at)
        if outcome.code == "op.stale":
            parts.problem(_("web.stale_tap"))
        return outcome

    def sorry(self, code: str, message: str) -> None:
        """What a code could not do, as a sentence, with the ways that are open."""
        self.show("sorry", code=code, message=message)

    async def call_help(self, reason: str) -> None:
        """Reception is told; what was typed stays."""
        step, facts = self.step, self.shown
        outcome = await self.do(visits.CallHelp(reason=reason))
        if outcome.ok:
            self.show("help", help_id=UUID(outcome.result["help_id"]), back=step, back_facts=facts)
        else:
            parts.problem(outcome.message(frame.lang()))

    def typed(self) -> str:
        """What was typed on this step and is not said yet: it outlives another language, and nothing else."""
        return str(self.shown.get("typed", ""))

    def type(self, text: str) -> None:
        self.shown["typed"] = text

    def edited(self) -> None:
        """Something was typed: the draft is to be saved."""
        self._dirty = True

    # ── forgetting ──

    def _hush(self) -> None:
        for element in [e for e in self.client.elements.values() if {"problem--floating", "toast--floating"} & set(e.classes)]:
            element.delete()

    async def _wiped(self, why: str) -> None:
        await self.forget()

    async def forget(self) -> None:
        """Back to the first screen in the office's language; nothing of this visitor stays."""
        photo = self.form.photo
        self.form, self.settings, self.face = Form(), self._read_settings(), sessions.office()
        self.watch.idle_s = self.settings.idle_s
        self.watch.hear(self.settings.profile.sound)
        if frame.lang() != self.face.language:
            frame.speak(self.face.language)
            self.watch.speak()
        self.show("attract")
        self._dirty = False
        # What was drawn for this visitor also waits in the outbox, to be sent again after a dropped link: the next visitor's glass must not
        # get it.
        self.client.outbox.message_history.clear()
        self._forget_draft()
        if photo:
            await _write(lambda: attachments.forget_unused(photo))

    def _forget_draft(self) -> None:
        """A form that was said or left is not for whoever opens this page next."""
        with self.main:  # whose press it was is gone with its screen: the page itself knows the device
            device_id, self._kept = frame.actor().device_id, False
        if device_id is not None:
            database.writer().submit(lambda: drafts.forget(device_id))

    async def _ready(self, present: bool) -> None:
        """The page has opened. After a restart of the server the form comes back, once, to the hand that filled it."""
        device_id = frame.actor().device_id
        if device_id is None or self.step != "attract":
            return
        draft = await _write(lambda: drafts.take(device_id, clock.now()))
        if present and draft is not None and draft.get("step") in KEPT:
            self.form = Form.from_draft(draft.get("form"))
            if draft.get("language") in i18n.LANGUAGES:
                frame.speak(draft["language"])
                self.watch.speak()
            self.show(draft["step"])

    async def _each_second(self) -> None:
        if self._dirty and self.step in KEPT:
            self._dirty = False
            device_id = frame.actor().device_id
            data = {"step": self.step, "language": frame.lang(), "form": self.form.as_draft()}
            if device_id is not None:
                self._kept = True
                await _write(lambda: drafts.save(device_id, data, clock.now()))
                if self.step not in KEPT:
                    self._forget_draft()  # the form was said while its draft was on the way: another writer may have been quicker
        elif self.step == "attract" and self._light() != self._drawn_for:
            self.redraw()

    # ── what others do meanwhile ──

    def _changed(self, kind: str, change: Change) -> None:
        listener = self.shown.get("listen")
        if listener is not None and kind in listener[0] and not self.client.is_deleted:
            with self.client:
                listener[1](change)

    def _face_changed(self, _change: Change) -> None:
        """Other pictures, words or choices: at once where nobody stands, else with the next visitor."""
        if self.step == "attract" and not self.client.is_deleted:
            with self.client:
                self.settings = self._read_settings()
                self.watch.hear(self.settings.profile.sound)
                self.redraw()

    def listen(self, kinds: tuple[str, ...], handler: Callable[[Change], Any]) -> None:
        """Until the next step: call `handler` when one of these kinds changed."""
        self.shown["listen"] = (kinds, handler)

    def _light(self) -> str:
        from kiosk.welcome.watch import tone

        return f"{clock.today()} {tone(clock.now())}"

    def _read_settings(self) -> Settings:
        with database.reading() as s:
            profile = kiosks.of(s, frame.page().device_id)
            words = {language: kiosks.words(s, language) for language in i18n.LANGUAGES}
            chosen = {
                name: office.setting(s, name) for name in ("kiosk.idle_s", "kiosk.camera", "kiosk.print", "visit.photo", "kiosk.welcome")
            }
        return Settings(
            int(chosen["kiosk.idle_s"]),
            str(chosen["kiosk.camera"]),
            str(chosen["kiosk.print"]),
            chosen["visit.photo"] == "ask",
            str(chosen["kiosk.welcome"]),
            profile,
            words,
        )


async def _write(function: Callable[[], Any]) -> Any:
    return await asyncio.wrap_future(database.writer().submit(function))

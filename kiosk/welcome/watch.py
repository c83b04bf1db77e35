"""The two elements only this kiosk has: the view through the gate, and the watch that wipes the glass when somebody walks away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal

from nicegui import ui
from nicegui.events import GenericEventArguments

from core.foundation import clock
from core.web import parts
from core.web.frame import _

Mode = Literal["rest", "form", "read", "done"]
Tone = Literal["morning", "noon", "dusk", "night", "deep-night"]
READING_S = 60


class Gate(ui.element, component="gate.js"):
    """The moon gate over the whole screen, in the light of the hour."""

    def __init__(self, at: datetime, pictures: Sequence[str] = (), *, tall: bool = False) -> None:
        """`pictures` are hashes of the office's own, shown one after another instead of the landscape; `tall` is drawn so whatever the panel."""
        super().__init__()
        self._props["tone"] = tone(at)
        self._props["tall"] = tall
        self._props["pictures"] = [f"/api/v1/attachments/{one}" for one in pictures]


def tone(at: datetime) -> Tone:
    """Mist in the morning, clear at noon, warm at dusk; dimmed between 22 and 6 (look.md §6)."""
    hour = clock.local(at).hour
    if 6 <= hour < 9:
        return "morning"
    if 9 <= hour < 16:
        return "noon"
    if 16 <= hour < 19:
        return "dusk"
    return "night" if 19 <= hour < 22 else "deep-night"


class Ease(ui.element, component="ease.js"):
    """Low reach and large letters, one touch each; the browser alone draws them and forgets them with the visitor."""

    def __init__(self) -> None:
        super().__init__()
        names = ("group", "reach_short", "text_short", "sign")
        self._props["words"] = {name: _(f"kiosk.ease.{name}") for name in names}


class Watch(ui.element, component="watch.js"):
    """Counts in the browser. `on_wipe` hears why (idle, left, done); `on_ready` whether the hand that filled the last form is still
    there."""

    def __init__(self, idle_s: int, on_wipe: Callable[[str], Any], on_ready: Callable[[bool], Any], *, sound: bool = False) -> None:
        super().__init__()
        self._props["sound"] = sound
        self.idle_s, self._number, self._drawn = idle_s, 0, 0
        self.speak()
        self.guard("rest")

        async def wipe(event: GenericEventArguments) -> None:
            why = event.args.get("why") if isinstance(event.args, dict) else None
            await parts.run(lambda: on_wipe(str(why)))

        async def ready(event: GenericEventArguments) -> None:
            present = isinstance(event.args, dict) and event.args.get("present") is True
            await parts.run(lambda: on_ready(present))

        self.on("wipe", wipe)
        self.on("ready", ready)

    def speak(self) -> None:
        """Take the page's language."""
        self._props["words"] = {name: _(f"kiosk.idle.{name}") for name in ("title", "stay", "wipe")} | {"say": _("kiosk.idle.say", n="{n}")}
        self._props["back"] = _("kiosk.back_in", n="{n}")
        self.update()

    def hear(self, sound: bool) -> None:
        """Switch the sounds of this screen on or off."""
        self._props["sound"] = sound

    def drawn(self, step: str) -> None:
        """A screen was drawn anew: its heading gets the focus, so that it is read aloud and keys begin there."""
        self._drawn += 1
        self._props["drawn"], self._props["step"] = self._drawn, step
        self.update()

    def guard(self, mode: Mode, seconds: int | None = None) -> None:
        """Begin to count anew for the screen that is drawn now."""
        self._number += 1
        self._props["mode"] = mode
        self._props["seconds"] = seconds or (max(READING_S, self.idle_s) if mode == "read" else self.idle_s)
        self._props["number"] = self._number
        self.update()

"""Parts that draw themselves in the browser: scanner, signature, photo, keypad (look.md §4; security.md: QR content is hostile input).

Each is an element with events; what it sends is limited here before a screen sees it, and an event that is too old is dropped like a late tap.
"""

from __future__ import annotations

import base64
import binascii
import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from nicegui import ui
from nicegui.events import GenericEventArguments

from core.web import icons, parts
from core.web.frame import _

MAX_SCAN = 300
PNG = b"\x89PNG\r\n\x1a\n"
_SHA256 = re.compile(r"^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class Scan:
    """What a code said; hostile until `labels.read_code` has read it. `source` is camera or wedge."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature: strokes of (x, y, ms), x and y as parts of the width, and a PNG of them."""

    strokes: tuple[tuple[tuple[float, float, int], ...], ...]
    png: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """A photo by the hash under which the attachments API has it (or will have it)."""

    sha256: str
    size_bytes: int


class Scanner(ui.element, component="scanner.js"):
    """Reads codes with the camera (`camera=True`) and with scanners that type (`wedge=True`, listening on the whole page). `most`: signs of the
    longest code that is heard; only a business card needs more than ours."""

    def __init__(self, on_scan: Callable[[Scan], Any], *, camera: bool = True, wedge: bool = True, most: int = MAX_SCAN) -> None:
        super().__init__()
        self._props.update({"camera": camera, "wedge": wedge, "most": most})

        async def heard(event: GenericEventArguments) -> None:
            text = str(event.args.get("text", ""))[:most] if isinstance(event.args, dict) else ""
            if text.strip() and parts.is_fresh(event.args):
                await parts.run(lambda: on_scan(Scan(text, str(event.args.get("source", ""))[:10])))

        self.on("scan", heard)


class Signature(ui.element, component="signature.js"):
    """A field to sign in with finger, pen or mouse. Ask `await result()` when the person goes on; `wipe()` forgets it."""

    def __init__(self, on_change: Callable[[bool], Any] | None = None, *, on_cannot: Callable[[], Any] | None = None) -> None:
        """With `on_cannot` whoever can not sign says so by a button in the field."""
        super().__init__()
        self._props["cannot"] = on_cannot is not None

        async def cannot(event: GenericEventArguments) -> None:
            if on_cannot is not None and parts.is_fresh(event.args):
                await parts.run(on_cannot)

        self.on("cannot", cannot)
        if on_change is not None:
            self.on("change", lambda event: on_change(bool(isinstance(event.args, dict) and event.args.get("strokes"))))

    async def result(self) -> Signed | None:
        """The signature, or None when nothing was drawn or what came is not one."""
        found = await self.run_method("result", timeout=5)
        if not isinstance(found, dict):
            return None
        try:
            png = base64.b64decode(str(found.get("png", "")), validate=True)
            strokes = tuple(tuple((float(x), float(y), int(ms)) for x, y, ms in stroke) for stroke in found["strokes"][:400])
        except (binascii.Error, KeyError, TypeError, ValueError):
            return None
        return Signed(strokes, png) if png.startswith(PNG) and strokes and len(png) < 500_000 else None

    def wipe(self) -> None:
        """Forget what was drawn."""
        self.run_method("clear")


class Photo(ui.element, component="photo.js"):
    """Takes a photo, makes it small without its camera data, stores it through `/api/v1/attachments/`; `on_taken` hears its hash at once, `on_unable` that
    there is no camera to take one with. `kept`: the hash of the one that was taken a moment ago, when the screen is drawn anew."""

    def __init__(
        self,
        on_taken: Callable[[Taken], Any],
        *,
        facing: Literal["user", "environment"] = "user",
        on_stored: Callable[[bool], Any] | None = None,
        on_unable: Callable[[], Any] | None = None,
        kept: str = "",
    ) -> None:
        super().__init__()
        self._props.update({"facing": facing, "kept": kept})

        async def taken(event: GenericEventArguments) -> None:
            args = event.args if isinstance(event.args, dict) else {}
            digest = str(args.get("sha256", ""))
            if _SHA256.match(digest) or not digest:  # none: it is to be taken once more
                await _call(on_taken, Taken(digest, int(args.get("bytes") or 0)))

        self.on("taken", taken)
        if on_unable is not None:
            self.on("unable", lambda: on_unable())
        if on_stored is not None:
            self.on("stored", lambda: on_stored(True))
            self.on("not_stored", lambda: on_stored(False))

    def wipe(self) -> None:
        """Forget the picture and let go of the camera."""
        self.run_method("clear")


class Upload(ui.element, component="upload.js"):
    """Pictures from this machine, stored through `/api/v1/attachments/`; `on_sent` hears the hash of each, `on_refused` the name of a file that is none."""

    def __init__(self, label: str, working: str, on_sent: Callable[[str], Any], on_refused: Callable[[str], Any]) -> None:
        super().__init__()
        self._props.update({"label": label, "working": working})

        async def sent(event: GenericEventArguments) -> None:
            digest = str(event.args.get("sha256", "")) if isinstance(event.args, dict) else ""
            if _SHA256.match(digest):
                await parts.run(lambda: on_sent(digest))

        async def refused(event: GenericEventArguments) -> None:
            await parts.run(lambda: on_refused(str(event.args.get("name", ""))[:80] if isinstance(event.args, dict) else ""))

        self.on("sent", sent)
        self.on("refused", refused)


class Keypad(ui.element, component="keypad.js"):
    """Keys on the screen. `mode` letters, digits, code (the 31 signs) or plate (a province's sign, then letters and digits); `both` lets letters and digits swap;
    `hanzi` offers the device's keyboard; `signs` stand in place of the space.
    `hidden` shows dots, but for the sign just typed, until the visitor asks to see. It adds an X to the digits."""

    def __init__(
        self, mode: Literal["letters", "digits", "code", "plate"] = "letters", *, value: str = "", most: int = 80, both: bool = False, hanzi: bool = False, act: str = "",
        hidden: bool = False, signs: str = "", label: str = "", on_change: Callable[[str], Any] | None = None, on_done: Callable[[str], Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.text = value
        self._props.update(
            {
                "mode": mode,
                "value": value,
                "most": most,
                "both": both,
                "hanzi": hanzi,
                "act": act,
                "label": label,
                "hidden": hidden,
                "signs": signs,
            }
        )

        async def changed(event: GenericEventArguments) -> None:
            self.text = _text_of(event.args, most)
            if on_change is not None:
                await _call(on_change, self.text)

        async def done(event: GenericEventArguments) -> None:
            self.text = _text_of(event.args, most)
            if on_done is not None and parts.is_fresh(event.args):
                await parts.run(lambda: on_done(self.text))

        self.on("change", changed)
        self.on("done", done)

    def put(self, text: str) -> None:
        """Show another text."""
        self.text = text
        self.run_method("put", text)

    def refuse(self, sentence: str | None) -> None:
        """Say under the field what is right, or nothing with None."""
        self.run_method("refuse", sentence)

    def wipe(self) -> None:
        """Forget the text."""
        self.text = ""
        self.run_method("clear")


class CodePad(ui.element, component="keypad.js"):
    """Keys for a code that is posted to `action` with `fields`, without the page's socket; the answer's `next` is followed."""

    def __init__(self, *, action: str, fields: dict[str, str], most: int = 8) -> None:
        super().__init__()
        self._props.update({"mode": "code", "most": most, "action": action, "fields": fields, "act": _("web.go"), "label": _("web.code")})


class Rows(ui.element, component="rows.js"):
    """A register's table whose rows are data: `show(rows, more=…)`; each row is `{"id", "cells": [{"t", "s"?, "tone"?, "icon"?, "code"?}]}`."""

    def __init__(
        self, columns: list[dict[str, Any]], *, label: str, more_words: str, opens: bool, on_choose: Callable[[str], Any], on_more: Callable[[], Any],
        on_pick: Callable[[list[str]], Any] | None = None, pick_words: str = "",
    ) -> None:  # fmt: skip
        """`on_pick` puts a box before each row and is told the ids of the ticked ones."""
        super().__init__()
        self._props.update({"picks": on_pick is not None, "pickWords": pick_words, "pickRound": 0})
        self._props.update(
            {
                "columns": columns,
                "rows": [],
                "icons": icons.ICONS_OF_STATES,
                "chosen": "",
                "more": False,
                "moreWords": more_words,
                "label": label,
                "opens": opens,
            }
        )

        async def choose(event: GenericEventArguments) -> None:
            if isinstance(event.args, dict) and parts.is_fresh(event.args):
                await parts.run(lambda: on_choose(str(event.args.get("id", ""))[:80]))

        async def more(event: GenericEventArguments) -> None:
            await parts.run(on_more)

        async def pick(event: GenericEventArguments) -> None:
            if on_pick is not None and isinstance(event.args, dict) and isinstance(event.args.get("ids"), list):
                ids = [str(one)[:80] for one in event.args["ids"]]
                await parts.run(lambda: on_pick(ids))

        self.on("choose", choose)
        self.on("more", more)
        if on_pick is not None:
            self.on("pick", pick)

    def show_columns(self, columns: list[dict[str, Any]]) -> None:
        """Show other columns; rows that fit them follow with `show`."""
        self._props["columns"], self._props["rows"] = columns, []
        self.update()

    def forget_picks(self) -> None:
        """Untick every row."""
        self._props["pickRound"] += 1
        self.update()

    def show(self, rows: list[dict[str, Any]], *, more: bool) -> None:
        """Show these rows; `more` offers to load on."""
        self._props["rows"], self._props["more"] = rows, more
        self.update()

    def show_chosen(self, row_id: str) -> None:
        """Mark one row."""
        self._props["chosen"] = row_id
        self.update()


def _text_of(args: Any, most: int) -> str:
    return str(args.get("text", ""))[:most] if isinstance(args, dict) else ""


async def _call(handler: Callable[[Any], Any], value: Any) -> None:
    result: Any | Awaitable[Any] = handler(value)
    if inspect.isawaitable(result) and not isinstance(result, ui.element):
        await result

"""Parts that several pages about things share: a pile that is scanned together, people and places to choose, a signature in a dialog, photos."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from core.foundation import database, i18n
from core.foundation.errors import Invalid, Refused
from core.mechanisms import attachments, people, places
from core.mechanisms.custody import Signature
from core.sections import assets
from core.sections.assets import AssetState, AssetView
from core.web import elements, frame, icons, parts, static_files
from core.web.elements import Scan, Taken
from core.web.frame import _

MOST = 200


def style() -> None:
    """The stylesheet of these parts; once a page."""
    ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("custody.css")}">')


TAKE_AND_EMPTY = "(e) => { emit(e.target.value); e.target.value = ''; e.target.dispatchEvent(new Event('input', { bubbles: true })); }"


class Pile:
    """Things scanned or typed one after another; the newest on top, each once. `on_change` redraws what hangs on it.

    What was not taken stands above them with its reason until it is put aside: an error at the field would be gone with the next label."""

    def __init__(self, on_change: Callable[[], Any], *, first: AssetView | None = None) -> None:
        self.things: dict[UUID, AssetView] = {first.id: first} if first else {}
        self.told: dict[UUID, str] = {}
        self.missed: dict[str, str] = {}
        self.on_change = on_change
        with parts.box("pile"):
            elements.Scanner(lambda scan: self.scanned(scan), camera=False, wedge=True)
            self.field = parts.input(_("custody.scan_or_type"), help=_("custody.scan_hint"), props="autocomplete=off maxlength=300")
            # A scanner types the next label while the last one is on its way: the field empties itself in the browser, never under somebody's hands.
            self.field.on("keydown.enter", lambda event: self.add(str(event.args or "")), js_handler=TAKE_AND_EMPTY)
            self.list = parts.box("list", "ul")
        self.draw()

    def scanned(self, scan: Scan) -> None:
        self.add(scan.text)

    def add(self, text: str) -> None:
        """One more by its label or its number."""
        text = text.strip()[:300]
        if not text:
            return
        try:
            with database.reading() as s:
                found = assets.by_number(s, text) or assets.by_code(s, text)
                view = assets.view(s, found)
                told = assets.told(s, [found], frame.lang()).get(view.id, "")
        except (Refused, Invalid) as problem:
            strange = problem.code == "label.unreadable"  # neither a number nor a label
            self._not_taken(text, _("custody.pile_unknown") if strange else _(problem.code, **problem.facts))
            return
        if view.state == AssetState.DISPOSED:  # it left the book: nobody hands it out or takes it back
            self._not_taken(text, parts.joined(view.name, told))
            return
        if len(self.things) >= MOST and view.id not in self.things:
            self._not_taken(text, _("custody.pile_full", n=MOST))
            return
        self.told[view.id] = told
        self.things.pop(view.id, None)
        self.things[view.id] = view
        self.draw()
        self.on_change()

    def _not_taken(self, text: str, why: str) -> None:
        self.missed.pop(text, None)
        self.missed[text] = why
        self.draw()

    def remove(self, asset_id: UUID) -> None:
        self.things.pop(asset_id, None)
        self.draw()
        self.on_change()

    def clear(self) -> None:
        self.things.clear()
        self.missed.clear()
        self.draw()
        self.on_change()

    @property
    def ids(self) -> tuple[UUID, ...]:
        return tuple(self.things)

    def _put_aside(self, text: str) -> None:
        self.missed.pop(text, None)
        self.draw()

    def draw(self) -> None:
        self.list.clear()
        with self.list:
            for text, why in reversed(list(self.missed.items())):
                with parts.item(text[:40], why, tone="busy", icon="warning"):
                    self._cross(text[:40], partial(self._put_aside, text))
            for view in reversed(list(self.things.values())):
                with parts.item(
                    view.name, parts.joined(view.number, view.keeper or _("asset.nobody"), view.place, self.told.get(view.id, ""))
                ):
                    parts.pill(_(f"asset.state.{view.state}"), STATE_TONES.get(view.state, "lost"))
                    self._cross(view.name, partial(self.remove, view.id))

    def _cross(self, name: str, act: Callable[[], None]) -> None:
        with parts.box("round", "button").props(f'type=button aria-label="{_("custody.remove_from_pile", name=name)}"') as remove:
            icons.icon("cross")
        remove.on("click", act)


STATE_TONES: dict[str, parts.Tone] = {"in_use": "free", "idle": "held", "repair": "soon", "lost": "busy", "disposed": "shut"}


def everyone(*, without: UUID | None = None) -> dict[str, str]:
    """Everyone active, with their departments."""
    with database.reading() as s:
        return {str(v.id): parts.joined(v.name, v.department) for v in people.views(s, people.search(s, limit=2000)) if v.id != without}


def departments() -> dict[str, str]:
    with database.reading() as s:
        return {str(row.id): row.name for row in people.departments(s)}


def everywhere() -> dict[str, str]:
    with database.reading() as s:
        return {str(place.id): place.path for place in places.everything(s)}


def day_of(field: Any) -> date | None:
    """The day of a date field, or None."""
    try:
        return date.fromisoformat(field.value or "")
    except ValueError:
        return None


def uuid_of(field: Any) -> UUID | None:
    return UUID(field.value) if field.value else None


def cents_of(field: Any) -> int | None:
    """The money of a field in cents, 0 when it is empty; None when it is not an amount."""
    text = parts.typed(field.value).replace(",", "").replace("¥", "").replace("￥", "").strip()
    try:
        cents = Decimal(text or "0") * 100
    except InvalidOperation:
        return None
    return int(cents) if cents.is_finite() and 0 <= cents <= 10**13 and cents == cents.to_integral_value() else None


class Ink:
    """A signature field with its label; `await drawn()` is the signature, or None with the sentence shown."""

    def __init__(self, label: str) -> None:
        with parts.field(label):
            self.pad = elements.Signature()

    async def drawn(self, *, needed: bool) -> Signature | None:
        signed = await self.pad.result()
        if signed is None:
            if needed:
                parts.problem(_("custody.sign_first"))
            return None
        try:
            return Signature(strokes=[[(x, y, float(ms)) for x, y, ms in stroke] for stroke in signed.strokes])
        except ValueError:
            parts.problem(_("custody.sign_first"))
            return None

    def wipe(self) -> None:
        self.pad.wipe()


class Photos:
    """Photos taken or chosen one after another; `hashes` are kept in order. The camera opens only when it is asked for."""

    def __init__(self, label: str, most: int = 6) -> None:
        self.hashes: list[str] = []
        self.most = most
        with parts.field(label):
            self.kept = parts.box("thumbs")
            self.box = parts.box("stack")
        with self.box:
            start = parts.button(_("attachment.take_photo"), icon="camera")
        parts.on_tap(start, self.camera)

    def camera(self) -> None:
        self.box.clear()
        with self.box:
            if len(self.hashes) < self.most:
                elements.Photo(self.taken, facing="environment", on_stored=self.stored)

    def taken(self, photo: Taken) -> None:
        if photo.sha256 not in self.hashes:
            self.hashes.append(photo.sha256)

    def stored(self, good: bool) -> None:
        if good and self.hashes:
            self.kept.clear()
            with self.kept:
                for n, sha in enumerate(self.hashes, 1):
                    with parts.box("thumb", "span"):
                        parts.box(tag="img").props(f'src="/api/v1/attachments/{sha}" alt="{_("attachment.photo", n=n)}"')
            self.camera()


def acts(dialog: Any, words: str, go: Any, *, kind: parts.Kind = "main") -> None:
    """The foot of a dialog: cancel and the act."""
    with parts.box("dialog__acts"):
        parts.button(_("web.cancel"), dialog.close)
        parts.button(words, go, kind=kind)


def photos_row(hashes: tuple[str, ...]) -> None:
    """Photos in a row, each opens whole; one that has not arrived says so."""
    if hashes:
        with database.reading() as s:
            missing = set(attachments.pending(s, hashes))
        with parts.box("thumbs"):
            for n, photo in enumerate(hashes, 1):
                if photo in missing:
                    parts.pill(_("attachment.pending"), "held")
                    continue
                with parts.box("thumb", "a").props(f'href="/api/v1/attachments/{photo}" target="_blank" rel="noopener"'):
                    parts.box(tag="img").props(f'src="/api/v1/attachments/{photo}" alt="{_("attachment.photo", n=n)}" loading=lazy')


def amount(cents: int | None) -> str:
    """With its unit, in the reader's language."""
    return i18n.amount(cents, frame.lang())


def money(cents: int | None) -> str:
    return "" if cents is None else i18n.money(cents)

"""The left column of the label page: what is printed. Each thing found is taken by a press, or all at once; blanks are made here too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from nicegui import ui

from core.foundation import database
from core.mechanisms import label_jobs, labels
from core.mechanisms.labels import LabelState, MakeBlanks
from core.web import frame, icons, parts
from core.web.frame import _
from kiosk.desk.labels import choosing
from kiosk.desk.labels.choosing import MOST, SOURCES, Choice

LISTED = 11


@dataclass(slots=True)
class Picker:
    """What is looked for, and what was chosen so far; `taken(chosen)` tells the page, which draws everything anew, `again()` asks it to."""

    source: str
    q: str
    only_new: bool
    taken: Callable[[list[Choice]], None]
    again: Callable[[], None]
    blanks: int = 24
    whole_list: bool = False
    adding: bool = False

    def draw(self, chosen: list[Choice]) -> None:
        if chosen and not self.adding:
            self._draw_chosen(chosen)
        else:
            self._draw_search(chosen)

    # ── what was chosen ──

    def _draw_chosen(self, chosen: list[Choice]) -> None:
        with parts.box("row"):
            parts.text(_("sheets.chosen", n=len(chosen)), "h2")
            parts.button(_("sheets.clear"), self._clear, kind="quiet").classes("push")
        without = sum(1 for one in chosen if not one.code)
        if without:
            parts.text(_("sheets.without_label", n=without), "p", "second small")
        shown = chosen if self.whole_list else chosen[:LISTED]
        for index, one in enumerate(shown):
            with parts.box("labelrow"):
                parts.text(one.title, "span")
                if one.code:
                    parts.code(one.code)
                out = parts.box("round", "button").props("type=button")
                out.props["aria-label"] = f"{_('sheets.remove')} {one.title}"
                with out:
                    icons.icon("cross")
                parts.on_tap(out, lambda index=index: self.taken([*chosen[:index], *chosen[index + 1 :]]))
        if len(chosen) > len(shown):
            with parts.box("row"):
                parts.text(_("sheets.more", n=len(chosen) - len(shown)), "span", "second")
                parts.button(_("sheets.show_all"), self._show_all, kind="quiet")
        if all(one.kind is not None for one in chosen):
            parts.button(_("sheets.add_more"), partial(self._look, True), icon="plus").props("data-test=add-more")

    def _clear(self) -> None:
        self.whole_list = False
        self.taken([])

    def _show_all(self) -> None:
        self.whole_list = True
        self.again()

    def _look(self, adding: bool) -> None:
        self.adding = adding
        self.again()

    # ── what is looked for ──

    def _draw_search(self, chosen: list[Choice]) -> None:
        with parts.box("stack"):
            sources = SOURCES if chosen else (*SOURCES, "blank")
            parts.choice({name: _(f"sheets.source.{name}") for name in sources}, self.source, self._choose_source)
            if self.source == "blank":
                self._draw_blanks()
                return
            find = parts.input(_("sheets.find"), self.q)
            parts.on_submit(find, lambda: self._find(find.value or ""))
            find.on("blur", lambda: self._find(find.value or ""))
            new = ui.checkbox(_("sheets.only_new"), value=self.only_new, on_change=lambda event: self._only_new(bool(event.value)))
            new.props("dense")
            if chosen:
                parts.button(_("sheets.chosen_done", n=len(chosen)), partial(self._look, False), icon="check").props(
                    "data-test=chosen-done"
                )
            found = self._search({(one.kind, one.id) for one in chosen})
            if not found:
                parts.empty(_("sheets.nothing"), _("sheets.nothing_hint"))
                return
            parts.button(_("sheets.add_all", n=len(found)), lambda: self._take(chosen, found), icon="plus").props("data-test=take-all")
            with parts.box():
                for one in found[:LISTED]:
                    row = parts.box("labelrow labelrow--act", "button").props("type=button data-test=take")
                    row.props["aria-label"] = f"{_('sheets.take')} {one.title}"
                    with row:
                        icons.icon("plus")
                        parts.text(one.title, "span")
                        parts.text(labels.shown(one.code) if one.code else one.number, "span", "code")
                    parts.on_tap(row, partial(self._take_one, chosen, one))
                if len(found) > LISTED:
                    parts.text(_("sheets.more", n=len(found) - LISTED), "p", "second")

    def _take_one(self, chosen: list[Choice], one: Choice) -> None:
        self.adding = True  # one is seldom alone: the list stays
        self.taken([*chosen, one])

    def _take(self, chosen: list[Choice], found: list[Choice]) -> None:
        self.adding = False
        self.taken([*chosen, *found][:MOST])

    def _search(self, taken: set[object]) -> list[Choice]:
        with database.reading() as s:
            found = choosing.candidates(s, SOURCES[self.source], self.q, frame.actor())
            if self.only_new:
                printed = label_jobs.printed_before(s, [one.code for one in found if one.code])
                found = [one for one in found if one.code not in printed]
        return [one for one in found if (one.kind, one.id) not in taken][:MOST]

    def _choose_source(self, source: str) -> None:
        self.source = source
        self.again()

    def _find(self, text: str) -> None:
        if text.strip() != self.q:
            self.q = text.strip()[:80]
            self.again()

    def _only_new(self, only: bool) -> None:
        self.only_new = only
        self.again()

    # ── blanks ──

    def _draw_blanks(self) -> None:
        """Codes printed ahead, to be stuck on things on site and claimed with a phone."""
        parts.text(_("sheets.blank_hint"), "p", "second")
        count = parts.input(_("sheets.blank_count"), str(self.blanks), props="inputmode=numeric data-test=blank-count")

        async def make() -> None:
            text = parts.typed(count.value)
            good = text.isascii() and text.isdigit() and 1 <= int(text) <= MOST
            parts.refuse(count, None if good else _("sheets.blank_range", most=MOST))
            if not good:
                return
            self.blanks = int(text)
            outcome = await parts.do(MakeBlanks(count=self.blanks))
            if outcome.ok:
                self.taken([Choice(None, None, _("sheets.blank_name"), "", code) for code in outcome.result["codes"]])

        parts.button(_("sheets.blank_make"), make, icon="plus").props("data-test=make-blanks")
        with database.reading() as s:
            waiting = labels.count(s, LabelState.BLANK)
        if waiting:
            parts.text(_("sheets.blank_waiting", n=waiting), "p", "second small")

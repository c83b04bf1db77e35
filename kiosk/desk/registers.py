"""A register page from a description: columns, search, filter chips, export, rows that load on, and a peek that tells where a thing is now.

    REGISTER = Register(
        name="visits", title="visit.register", kinds=("visit",),
        columns=(Column("visit.name", lambda v: v.name, sub=lambda v: v.company), Column("visit.state", lambda v: _(f"visit.state.{v.state}"), tone=tone_of)),
        chips=(Chip("all", "register.all"), Chip("inside", "visit.inside", {"state": "inside"}, count=visits.count_inside)),
        peek=draw_peek, acts=draw_acts,
    )

    @router.page("/desk/visits")
    def page() -> None:
        with frame.desk("visits", _("nav.visits"), *ROLES):
            RegisterPage(REGISTER)

Rows come from the collection of the same name (`views.Collection`) unless `fetch` is given. Source: look.md §4 and desk-register.png; house.md §4.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from nicegui import background_tasks, ui
from sqlmodel import Session

from core.foundation import database
from core.mechanisms import preferences, views
from core.mechanisms.operations import Actor
from core.web import anew, frame, icons, parts
from core.web.elements import Rows
from core.web.frame import _
from kiosk.desk.register_shapes import Chip, Column, Fetch, Figures, Register, Tone, long_moment, shown

PAGE_ROWS = 50
__all__ = ["PAGE_ROWS", "Chip", "Column", "Fetch", "Figures", "Register", "RegisterPage", "Tone", "long_moment", "menu", "shown"]
INTO_SIGHT = """(() => {
  const list = document.querySelector(".withpeek--open");
  if (list?.getBoundingClientRect().top > innerHeight / 2) list.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
})()"""  # under a long list of what waits, the panel of a chosen row would open below the window


class RegisterPage:
    """One register on one page. Other parts call `refresh()`, `choose(id)`, `close_peek()`; `filters` may be set before `refresh()`."""

    def __init__(self, register: Register, *, filters: Mapping[str, str] | None = None) -> None:
        self.register = register
        request = ui.context.client.request
        self.client = ui.context.client
        self.q = request.query_params.get("q", "")[:200]
        self.chip = request.query_params.get("chip", register.chips[0].key if register.chips else "")
        self.filters: dict[str, str] = dict(filters or {})
        self.rows: list[Any] = []
        self.next: str | None = None
        self.chosen = ""
        self.peeked: Any = None  # the row as the open peek was drawn from
        self.picked: list[str] = []
        self.figures = Figures()
        self.columns = self._columns()
        self._draw()
        self.refresh()
        self._count_anew()
        if opened := request.query_params.get("open", "")[:80]:
            ui.timer(0.05, lambda: self.choose(opened), once=True)
        anew.when_changed(*register.kinds, draw=self._look_again)

    # ── what others call ──

    def refresh(self) -> None:
        """Fetch again what is shown, as many rows as were loaded."""
        self._fetch(limit=max(PAGE_ROWS, len(self.rows)), cursor=None)

    async def choose(self, row_id: str) -> None:
        """Open the peek of a row, also of one that is not among the loaded ones."""
        register = self.register
        row = self._row(row_id)
        if row is None or register.peek is None:
            return
        self.chosen, self.peeked = row_id, row
        self.table.show_chosen(row_id)
        self.panel.clear()
        self.frame_box.classes(add="withpeek--open")
        self.panel.set_visibility(True)
        with self.panel:
            drawn = register.peek(row, self)
            if asyncio.iscoroutine(drawn):
                await drawn
        self.client.run_javascript(INTO_SIGHT)
        self._remember()

    @property
    def query(self) -> views.Query:
        """What is asked at present: search, chip and filters."""
        chip = next((chip for chip in self.register.chips if chip.key == self.chip), None)
        return views.Query(q=self.q, limit=PAGE_ROWS, filters={**self.filters, **(chip.filters if chip else {})})

    def narrow(self, **filters: str | None) -> None:
        """Set or take away filters, fetch and count anew, and keep them in the address."""
        self.filters = {name: value for name, value in {**self.filters, **filters}.items() if value}
        self.rows = []
        self._fetch(limit=PAGE_ROWS, cursor=None)
        self._count_anew()
        self._remember()

    def unpick(self) -> None:
        """Untick every row."""
        self.picked = []
        self.table.forget_picks()
        if self.register.picked:
            self.register.picked(self)

    async def reopen(self) -> None:
        """Fetch again and draw the open peek anew (after an act in it)."""
        self.refresh()
        if self.chosen:
            await self.choose(self.chosen)

    def close_peek(self) -> None:
        """Close the panel."""
        self.chosen = ""
        self.table.show_chosen("")
        self.panel.clear()
        self.panel.set_visibility(False)
        self.frame_box.classes(remove="withpeek--open")
        self._remember()

    def peek_head(self, title: str, *, code: str | None = None, pill: tuple[str, Tone] | None = None, meta: str = "") -> None:
        """The top of a peek: state and code, title, one grey line, and the button that closes."""
        with parts.box("peek__top"):
            if pill:
                parts.pill(*pill)
            elif not code:
                parts.text(title, "h2")
            parts.box("push", "span")
            if code:
                parts.code(code)
            close = parts.box("round", "button").props(f'type=button aria-label="{_("web.close")}"')
            with close:
                icons.icon("cross")
            close.on("click", self.close_peek)
        if pill or code:
            parts.text(title, "h2")
        if meta:
            parts.text(meta, "p", "second")

    # ── drawing ──

    def _draw(self) -> None:
        register = self.register
        with parts.box("pagehead"):
            self.head = parts.box("pagehead__words")
            self._draw_head_acts()
        self._draw_head()
        if register.above:
            with parts.box("attention"):
                register.above()
        with parts.box("register__tools"):
            self.chip_box = parts.box("row wrap")
            self._draw_chips()
            parts.box("push", "span")
            if register.tools:
                register.tools(self)
            with parts.box("register__find"):
                self.search = ui.input(value=self.q, placeholder=_(register.search), on_change=lambda e: self._search(e.value or ""))
                self.search.props(f'outlined clearable debounce=250 maxlength=200 aria-label="{_(register.search)}"')
            if register.choose_columns:
                self._draw_column_choice()
        self.frame_box = parts.box("withpeek")
        with self.frame_box:
            with parts.box("grow"):
                self.table = Rows(
                    self._heads(), label=_(register.title, n=0), opens=register.peek is not None, more_words=_("register.more"), on_choose=self.choose,
                    on_more=self._more, on_pick=self._pick if register.picked else None, pick_words=_("register.pick_all"),
                )  # fmt: skip
                self.none = parts.box()
            self.panel = parts.box("peek", "aside")
            self.panel.set_visibility(False)

    def _draw_head(self) -> None:
        register = self.register
        self.head.clear()
        with database.reading() as s:
            count = register.chips[0].count(s, frame.actor()) if register.chips and register.chips[0].count else None
        summary = "".join(_(key, **facts) for key, facts in self.figures.summary)
        with self.head:
            with parts.box("register__title" if summary else ""):
                parts.text(_(register.title, n=count if count is not None else ""), "h1")
                if summary:
                    parts.text(summary, "span", "second register__summary")
            if register.sub:
                parts.text(_(register.sub), "p", "second")

    def _draw_head_acts(self) -> None:
        """Once a page: a button that is drawn anew while somebody presses it hears nothing."""
        with parts.box("pagehead__acts"):
            if self.register.export:
                self._draw_export()
            if self.register.acts:
                self.register.acts(self)

    def _draw_export(self) -> None:
        with parts.box("button", "button").props("type=button"):
            icons.icon("send")
            parts.text(_("register.export"), "span")
            with ui.menu().props("auto-close"), parts.box("popmenu"):
                for ending in ("xlsx", "csv"):
                    link = parts.text(_(f"register.as_{ending}"), "a", "nav").props(
                        f'href="/api/v1/{self.register.name}.{ending}" download'
                    )
                    link.on(
                        "click", js_handler=f"(e) => {{ e.currentTarget.href = '/api/v1/{self.register.name}.{ending}' + location.search }}"
                    )

    def _draw_chips(self) -> None:
        self.chip_box.clear()
        if not self.register.chips:
            return
        with database.reading() as s:
            counts = self.figures.counts
            shown = [
                (chip.key, _(chip.words), chip.count(s, frame.actor()) if chip.count else counts.get(chip.key, 0) if counts else None)
                for chip in self.register.chips
            ]
        with self.chip_box:
            parts.chips(shown, self.chip, self._choose_chip)

    # ── rows ──

    def _fetch(self, *, limit: int, cursor: str | None) -> None:
        by = frame.actor()
        chip = next((chip for chip in self.register.chips if chip.key == self.chip), None)
        query = views.Query(q=self.q, limit=limit, cursor=cursor, filters={**self.filters, **(chip.filters if chip else {})})
        with database.reading() as s:
            page = self._fetcher()(s, query, by)
        self.rows = [*(self.rows if cursor else ()), *page.items]
        self.next = page.next
        self.table.show(
            [{"id": str(row.id), "cells": [self._cell(column, row) for column in self.columns]} for row in self.rows],
            more=page.next is not None,
        )
        self.table.set_visibility(bool(self.rows))
        self.none.clear()
        if not self.rows:
            with self.none:
                first = (
                    chip is None or chip is self.register.chips[0]
                )  # what the page opens with: nothing there is the good news, not a bad search
                title, hint = (
                    self.register.empty if first and not (self.q or self.filters) else ("register.no_match", "register.no_match_hint")
                )
                parts.empty(_(title), _(hint))

    def _cell(self, column: Column, row: Any) -> dict[str, Any]:
        cell: dict[str, Any] = {"t": shown(column.value(row))}
        if column.sub and (below := column.sub(row)) not in (None, ""):
            cell["s"] = shown(below)
        if column.tone and (tone := column.tone(row)) is not None:
            cell["tone"] = tone
            cell["icon"] = column.icon(row) if column.icon else parts.TONE_ICON[tone]
        if column.code and cell["t"]:
            cell["code"] = True
            cell["t"] = f"{cell['t'][:4]}-{cell['t'][4:]}" if len(cell["t"]) == 8 else cell["t"]
        return cell

    def _fetcher(self) -> Fetch:
        return self.register.fetch or views.collections()[self.register.name].list

    def _getter(self) -> Callable[[Session, str, Actor], Any] | None:
        if self.register.get is not None:
            return self.register.get
        collection = views.collections().get(self.register.name)
        return collection.get if collection else None

    def _more(self) -> None:
        if self.next is not None:
            self._fetch(limit=PAGE_ROWS, cursor=self.next)

    def _search(self, text: str) -> None:
        self.q = text.strip()[:200]
        self.rows = []
        self._fetch(limit=PAGE_ROWS, cursor=None)
        self._count_anew()
        self._remember()

    def _choose_chip(self, key: str) -> None:
        self.chip = key
        self.rows = []
        self._fetch(limit=PAGE_ROWS, cursor=None)
        self._count_anew()
        self._remember()

    def _remember(self) -> None:
        """Keep search, filter and open thing in the address, so that a reload or a shared link shows the same."""
        chip = next((chip for chip in self.register.chips if chip.key == self.chip), None)
        asked = {
            "q": self.q,
            **self.filters,
            **(chip.filters if chip else {}),
            "chip": self.chip if chip and chip.filters else "",
            "open": self.chosen,
        }
        query = urlencode({key: value for key, value in asked.items() if value})
        ui.run_javascript(f"history.replaceState(null, '', location.pathname + {json.dumps('?' + query if query else '')})")

    # ── figures ──

    def _count_anew(self) -> None:
        """Read how many and how much, after the rows and on another thread; only the latest question's answer is shown."""
        if self.register.figures is not None:
            background_tasks.create(self._read_figures(self.query, frame.actor()), name=f"figures of {self.register.name}")

    async def _read_figures(self, query: views.Query, by: Actor) -> None:
        read = self.register.figures
        assert read is not None

        def look() -> Figures:
            with database.reading() as s:
                return read(s, query, by)

        found = await asyncio.to_thread(look)
        if query == self.query and not self.client.is_deleted:
            self.figures = found
            with self.client:
                self._draw_head()
                self._draw_chips()

    # ── columns and ticks ──

    def _columns(self) -> tuple[Column, ...]:
        """The columns this person chose, else those everybody sees."""
        self.known = self.register.columns
        if not self.register.choose_columns:
            return self.known
        with database.reading() as s:
            self.known = self.register.columns + (self.register.more(s) if self.register.more else ())
            chosen = preferences.chosen(s, frame.actor(), self._preference)
        if chosen is None:
            return tuple(column for column in self.known if column.shown)
        return tuple(column for column in self.known if column.heading in chosen) or self.known[:1]

    @property
    def _preference(self) -> str:
        return f"register.{self.register.name}.columns"

    def _heads(self) -> list[dict[str, Any]]:
        return [{"heading": _(column.heading), "n": column.number} for column in self.columns]

    def _draw_column_choice(self) -> None:
        with parts.box("button", "button").props("type=button"):
            icons.icon("list")
            parts.text(_("register.columns"), "span")
            with ui.menu().props("auto-close=false"), parts.box("popmenu register__columns"):
                for column in self.known:
                    ticked = ui.checkbox(_(column.heading), value=column in self.columns)
                    ticked.on_value_change(lambda event, column=column: self._show_column(column, event.value))

    async def _show_column(self, column: Column, on: bool) -> None:
        wanted = (
            {one.heading for one in self.columns} | {column.heading} if on else {one.heading for one in self.columns} - {column.heading}
        )
        self.columns = tuple(one for one in self.known if one.heading in wanted) or self.known[:1]
        self.table.show_columns(self._heads())
        self.refresh()
        await parts.do(preferences.SetPreference(name=self._preference, words=[one.heading for one in self.columns]))

    def _pick(self, ids: list[str]) -> None:
        self.picked = ids
        if self.register.picked:
            self.register.picked(self)

    def _look_again(self) -> None:
        self._draw_head()
        self._draw_chips()
        self.refresh()
        self._count_anew()
        typing = any(isinstance(one, (ui.input, ui.textarea)) for one in self.panel.descendants())
        if self.chosen and not typing and (row := self._row(self.chosen)) is not None and row != self.peeked:
            ui.timer(0, lambda: self.choose(str(row.id)), once=True)  # what stands in the peek is what its acts are about

    def _row(self, row_id: str) -> Any:
        """A row that is shown, or one that is not among them (any more)."""
        row = next((row for row in self.rows if str(row.id) == row_id), None)
        if row is None and (get := self._getter()) is not None:
            with database.reading() as s:
                row = get(s, row_id, frame.actor())
        return row


def menu(words: str, options: Sequence[tuple[str, Callable[[], Any]]], *, icon: str = "more") -> ui.element:
    """A plain button with a few more acts behind it."""
    element = parts.box("button", "button").props("type=button")
    with element:
        icons.icon(icon)
        parts.text(words, "span")
        with ui.menu().props("auto-close"), parts.box("popmenu"):
            for name, act in options:
                parts.on_tap(parts.text(name, "button", "nav").props("type=button"), act)
    return element

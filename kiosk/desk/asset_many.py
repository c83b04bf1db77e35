"""Changing many assets at once on the desk: tick rows or take all that the filter finds, see old → new for each, then do it; one undo gives all back.

Also their cards as one PDF. The rules are `assets.together`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from nicegui import ui

from core.foundation import clock, database
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.mechanisms import imports, labels, people, places
from core.mechanisms.imports import Report
from core.mechanisms.labels import SubjectKind
from core.mechanisms.tables import Cell, CellError, parse_day
from core.sections import assets
from core.sections.assets import FieldKind, classes, own_fields, together
from core.sections.assets.ledger import OWN, GotHow
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.imports import cells_of
from kiosk.desk.registers import RegisterPage, long_moment

MOST_CARDS = 500
NOTHING = "-"  # the choice that takes a value away


def draw_bar(page: RegisterPage) -> None:
    """What is ticked, at the foot of the list: how many, and what can be done with them."""
    bar = getattr(page, "many_bar", None)
    if bar is None:
        with page.frame_box:
            bar = page.many_bar = parts.box("manybar").props("role=status")  # type: ignore[attr-defined]  # the register's own corner of its page
    bar.clear()
    bar.set_visibility(bool(page.picked))
    if not page.picked:
        return
    with bar:
        parts.text(_("asset.many_picked", n=len(page.picked)), "span", "strong")
        parts.box("push", "span")
        parts.button(_("asset.many_unpick"), page.unpick, kind="quiet")
        parts.button(_("asset.print_cards"), lambda: print_cards(page), icon="print")
        parts.button(_("asset.change_many"), lambda: choose(page), kind="main", icon="pen")


def ids_of(page: RegisterPage, most: int) -> list[UUID]:
    """The ticked ones, or everything that search and filters find."""
    if page.picked:
        return [UUID(one) for one in page.picked][:most]
    with database.reading() as s:
        return assets.ids(s, assets.filter_of(page.query, frame.actor()), limit=most)


async def print_cards(page: RegisterPage) -> None:
    """The cards of the chosen ones; those without a label get one, because the card carries its code."""
    wanted = ids_of(page, MOST_CARDS + 1)
    if len(wanted) > MOST_CARDS:
        parts.problem(_("asset.cards_too_many", most=MOST_CARDS))
        return
    if not wanted:
        parts.problem(_("asset.many_none"))
        return
    with database.reading() as s:
        have = labels.codes_of(s, SubjectKind.ASSET, wanted)
    for asset_id in [one for one in wanted if one not in have]:
        if not (await parts.do(labels.IssueLabel(subject_kind=SubjectKind.ASSET, subject_id=asset_id))).ok:
            return
    ui.navigate.to(f"/api/v1/asset-cards.pdf?language={frame.lang()}&ids={','.join(map(str, wanted))}", new_tab=True)


def choose(page: RegisterPage) -> None:
    """Ask what is to be changed."""
    wanted = ids_of(page, together.MOST + 1)
    if not wanted:
        parts.problem(_("asset.many_none"))
        return
    if len(wanted) > together.MOST:
        parts.problem(_("asset.too_many", n=len(wanted), most=together.MOST))
        return
    ManyDialog(page, wanted)


class ManyDialog:
    """Three moments of one dialog: what to change · what that does, row by row · done, with undo."""

    def __init__(self, page: RegisterPage, wanted: list[UUID]) -> None:
        self.page, self.wanted = page, wanted
        self.client = ui.context.client
        self.given: dict[str, Any] = {}
        self.stopped = False
        hint = _("asset.many_ticked" if page.picked else "asset.many_filtered", n=len(wanted))
        with parts.sheet_dialog(_("asset.change_many"), hint) as self.dialog:
            self.body = parts.box("many")
        self.dialog.open()
        self._ask()

    # ── what ──

    def _ask(self) -> None:
        self.body.clear()
        self.fields: dict[str, Callable[[], Any]] = {}
        with self.body:
            with parts.box("asset__form"):
                for name, words, options in self._choices():
                    field = parts.select(words, {"": _("asset.many_stay"), **options}, "", search=len(options) > 12)
                    self.fields[name] = lambda field=field: field.value
                for name, words, placeholder in self._texts():
                    line = parts.input(words, placeholder=placeholder or _("asset.many_stay"))
                    self.fields[name] = lambda line=line: (line.value or "").strip()
            self.status = parts.box().props("role=status aria-live=polite")
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), self.dialog.close)
                parts.button(_("asset.many_look"), self._look, kind="main")

    def _choices(self) -> list[tuple[str, str, dict[str, str]]]:
        with database.reading() as s:
            departments = {str(row.id): row.name for row in people.departments(s)}
            persons = {str(one.id): one.name for one in people.search(s, limit=2000)}
            where = {str(one.id): one.path for one in places.everything(s)}
            known = {code: f"{one.name(frame.lang())}  {code}" for code, one in classes.known(s).items()}
            own = [one for one in own_fields.fields(s) if one.kind == FieldKind.CHOICE]
        nobody = {NOTHING: _("asset.many_none_of")}
        found = [
            ("department_id", _("asset.department"), nobody | departments), ("keeper_id", _("asset.keeper"), nobody | persons),
            ("place_id", _("asset.place"), nobody | where), ("class_code", _("asset.class_code"), nobody | known),
            ("state", _("asset.state"), {one.value: _(f"asset.state.{one.value}") for one in together.states()}),
            ("got_how", _("asset.got_how"), nobody | {one.value: _(f"asset.got_how.{one.value}") for one in GotHow}),
        ]  # fmt: skip
        return found + [(f"{OWN}{one.id}", one.name, nobody | {choice: choice for choice in one.choices}) for one in own]

    def _texts(self) -> list[tuple[str, str, str]]:
        with database.reading() as s:
            own = [one for one in own_fields.fields(s) if one.kind != FieldKind.CHOICE]
        found = [
            ("brand", _("asset.brand"), ""),
            ("supplier", _("asset.supplier"), ""),
            ("warranty_until", _("asset.warranty_until"), "2029-03-01"),
        ]
        return found + [(f"{OWN}{one.id}", one.name, "2026-03-01" if one.kind == FieldKind.DAY else "") for one in own]

    async def _look(self) -> None:
        given: dict[str, Any] = {}
        for name, read in self.fields.items():
            value = read()
            if value in ("", None):
                continue
            given[name] = None if value == NOTHING else value
        if not given:
            self._say(_("asset.many_nothing"))
            return
        try:
            if given.get("warranty_until"):
                said = str(given["warranty_until"])
                given["warranty_until"] = parse_day(Cell(said, said)).isoformat()
        except CellError as error:
            self._say(_(error.code, **error.facts))
            return
        self.given = given
        await self._run(lambda progress: together.preview(
            self.wanted, given, self.by, language=self.language, progress=progress, cancelled=lambda: self.stopped,
        ), self._show)  # fmt: skip

    # ── what it does, and doing it ──

    def _show(self, report: Report) -> None:
        self.body.clear()
        with self.body:
            with parts.box("row wrap many__sums"):
                for action in ("update", "skip", "error"):
                    if report.totals[action]:
                        parts.pill(
                            f"{_(f'imports.total.{action}')} {report.totals[action]}",
                            {"update": "soon", "skip": "lost", "error": "busy"}[action],
                        )  # type: ignore[arg-type]  # a tone
            if report.totals["error"]:
                parts.banner(_("imports.errors_stay", n=report.totals["error"]), "due")
            shown = sorted(report.rows, key=lambda row: (row.action != "error", row.action == "skip", row.row))[:200]
            with parts.box("many__rows", "table"):
                with parts.box(tag="thead"), parts.box(tag="tr"):
                    for name in ("record", "detail"):
                        parts.text(_(f"imports.{name}"), "th")
                with parts.box(tag="tbody"):
                    for row in shown:
                        cells = cells_of(row)
                        with parts.box(tag="tr"):
                            parts.text(row.title, "td")
                            with parts.box(tag="td"):
                                parts.text(cells[3].get("t") or _(f"imports.action.{row.action}"), "div")
                                if cells[3].get("s"):
                                    parts.text(cells[3]["s"], "small")
            if len(report.rows) > len(shown):
                parts.text(_("asset.many_more", n=len(report.rows) - len(shown)), "p", "second")
            self.status = parts.box().props("role=status aria-live=polite")
            with parts.box("dialog__acts"):
                parts.button(_("asset.many_back"), self._ask)
                why = None if report.writes else _("imports.nothing")
                parts.button(_("asset.many_do", n=report.writes), self._do, kind="main", why_not=why)

    async def _do(self) -> None:
        name = _("asset.many_name", n=len(self.wanted), at=long_moment(clock.now()))
        await self._run(lambda progress: together.apply(
            self.wanted, self.given, self.by, name=name, language=self.language, progress=progress, cancelled=lambda: self.stopped,
        ), self._done)  # fmt: skip

    def _done(self, report: Report) -> None:
        self.dialog.close()
        self.page.unpick()
        self.page.refresh()
        import_id = report.import_id
        words = _("asset.many_done", n=report.totals["update"]) + (_("asset.many_stopped") if report.stopped else "")
        parts.toast(words, undo=(lambda: _undo(self.page, import_id)) if import_id else None, seconds=12)

    async def _run(self, work: Callable[[imports.Progress], Report], then: Callable[[Report], None]) -> None:
        """Off the loop, with how far it is and a button that stops it."""
        self.by, self.language, self.stopped = frame.actor(), frame.lang(), False
        reached: list[tuple[int, int]] = []
        task = asyncio.ensure_future(asyncio.to_thread(work, lambda done, total: reached.append((done, total))))
        while not task.done():
            await asyncio.wait([task], timeout=0.4)
            if reached and not task.done() and not self.client.is_deleted:
                self._say(_("asset.many_doing", done=reached[-1][0], total=reached[-1][1]), stop=True)
        try:
            report = task.result()
        except (Invalid, Refused, NotAllowed) as error:
            self._say(imports.described(error, self.language))
            return
        then(report)

    def _say(self, words: str, *, stop: bool = False) -> None:
        self.status.clear()
        with self.status, parts.banner(words, "info" if stop else "bad"):
            if stop:
                parts.button(_("imports.stop"), lambda: setattr(self, "stopped", True), kind="quiet")


async def _undo(page: RegisterPage, import_id: UUID) -> None:
    parts.toast(_("asset.many_undoing"), seconds=60)  # of a thousand it takes some seconds; the outcome takes its place
    undone = await asyncio.to_thread(imports.undo, import_id, frame.actor())
    page.refresh()
    parts.toast(_("imports.undone" if undone.kept else "imports.undone_all", restored=undone.restored, kept=undone.kept))

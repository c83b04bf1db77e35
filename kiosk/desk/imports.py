"""Import on the desk: choose a file, see row by row what would happen; one button does exactly that, another takes it back (Things 10)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Literal, TypeVar
from uuid import UUID

from fastapi import Depends, Response
from nicegui import APIRouter, Client, ui
from nicegui.events import GenericEventArguments

from core.foundation import clock, database
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.i18n import LANGUAGES, t
from core.mechanisms import imports, people, tables
from core.mechanisms.imports import Report, RowOutcome, staging
from core.mechanisms.operations import Actor, Role
from core.mechanisms.tables import TableError
from core.web import frame, icons, parts, static_files
from core.web.elements import Rows
from core.web.frame import _
from kiosk.desk.registers import long_moment

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (Role.STAFF,)  # what each may import, its importer says
ORDER = ("assets", "asset_classes", "people", "places", "departments", "visits", "contacts")
TONES: dict[str, parts.Tone] = {"create": "free", "update": "soon", "skip": "lost", "error": "busy"}
ICONS = {"create": "plus", "update": "pen", "skip": "check", "error": "warning"}
PAGE_ROWS = 50
ASKED = {"import.no_headings", "import.missing_headings", "import.heading_twice"}  # a person can say what such a heading is
LEFT_OUT = {"life_years", "unit_price", "warranty_months"}  # other ways to say a column: read, but not offered in an empty table
T = TypeVar("T")
Show = Literal["all", "create", "update", "skip", "error"]


@router.page("/desk/imports")
def imports_page() -> None:
    with frame.desk("imports", _("imports.title"), *READERS):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("register.css")}">')
        ui.add_head_html(f'<script src="{static_files.url("imports.js")}"></script>')
        ImportPage(ui.context.client.request.query_params.get("what", ""))


@router.get("/desk/imports/{collection}.xlsx")
def empty_table(collection: str, language: str = "") -> Response:
    """An empty table with the headings of a collection, in a language."""
    found = imports.importers().get(collection)
    if found is None:
        return Response(status_code=404)
    language = language if language in LANGUAGES else LANGUAGES[0]
    with database.reading() as s:
        columns = found.with_own(s).columns
    body = tables.write_xlsx(
        [t(column.heading, language) for column in columns if column.key not in LEFT_OUT],
        [],
        title=t(f"imports.collection.{collection}", language),
    )
    headers = {"Content-Disposition": f'attachment; filename="foyer-{collection}.xlsx"'}
    return Response(body, headers=headers, media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


class ImportPage:
    """Three moments of one page: choose a file · the dry run · the result."""

    def __init__(self, what: str) -> None:
        self.client: Client = ui.context.client
        may = [name for name in ORDER if name in imports.importers() and frame.actor().has(*imports.importers()[name].roles)]
        self.choices = may
        self.what = what if what in may else may[0]
        self.file: staging.StagedFile | None = None
        self.report: Report | None = None
        self.stop = threading.Event()
        self.shown: Show = "all"
        self.most = PAGE_ROWS
        self.body = parts.box("imports")
        self.choose()

    # ── choosing ──

    def choose(self) -> None:
        """The first moment."""
        self.file, self.report = None, None
        self.body.clear()
        with self.body:
            with parts.head(_("imports.title"), _("imports.lead")):
                href = f"/desk/imports/{self.what}.xlsx?language={frame.lang()}"
                parts.button(_("imports.template"), href=href, icon="receive").props("download")
            parts.chips([(name, _(f"imports.collection.{name}"), None) for name in self.choices], self.what, self._choose_what)
            with parts.box("sheet imports__drop"):
                with parts.box("button button--main imports__file", "label"):
                    icons.icon("send")
                    parts.text(_("imports.choose"), "span")
                    field = ui.element("input").props('type=file accept=".csv,.tsv,.txt,.xlsx" id=import-file')
                    field.on("change", self._sent, js_handler=f"(e) => foyerImports.send(e, '{self.what}', emit)")
                parts.text(_("imports.choose_hint"), "p", "second")
                self.status = parts.box().props("role=status aria-live=polite")
            self._draw_headings()
            self._draw_earlier()

    def _choose_what(self, what: str) -> None:
        self.what = what
        self.choose()

    def _draw_headings(self) -> None:
        parts.text(_("imports.headings_read"), "h2")
        with parts.box("row wrap imports__headings"):
            with database.reading() as s:
                columns = imports.importers()[self.what].with_own(s).columns
            for column in columns:
                with parts.box("imports__heading", "span"):
                    parts.text(_(column.heading), "span")
                    if column.required:
                        parts.text(_("imports.is_required"), "span", "quiet small")

    def _draw_earlier(self) -> None:
        with database.reading() as s:
            runs = imports.last_runs(s, self.what, limit=5)
            names = {person.id: person.name for person in (s.get(people.Person, run.person_id) for run in runs if run.person_id) if person}
        parts.text(_("imports.earlier"), "h2")
        if not runs:
            parts.text(_("imports.none_yet"), "p", "second")
            return
        with parts.rows():
            for run in runs:
                meta = "  ".join(filter(None, (names.get(run.person_id, "") if run.person_id else "", long_moment(run.started_at))))
                with parts.item(run.file_name or _(f"imports.collection.{run.collection}"), meta, icon="receive"):
                    if run.undone_at is not None:
                        parts.pill(_("imports.was_undone"), "shut")
                    else:
                        parts.button(_("imports.undo"), lambda run=run: self._undo(run.id, run.file_name), kind="quiet")

    async def _sent(self, event: GenericEventArguments) -> None:
        said = event.args if isinstance(event.args, dict) else {}
        if said.get("state") == "sending":
            self._say(_("imports.reading"), busy=True)
        elif said.get("state") == "sent":
            await parts.run(lambda: self._check(str(said.get("id", ""))))
        else:
            self._say(str(said.get("detail") or _("request.failed", ref=""))[:400], busy=False)

    def _say(self, words: str, *, busy: bool, stop: bool = False) -> None:
        self.status.clear()
        with self.status:
            if busy:
                with parts.box("row"):
                    parts.box("spinner", "span")
                    parts.text(words, "span")
                    if stop:
                        parts.button(_("imports.stop"), self._end, kind="stop")
            else:
                parts.banner(words, "bad")

    # ── the dry run ──

    async def _check(self, file_id: str) -> None:
        by, language = frame.actor(), frame.lang()
        try:
            self.file = staging.get(UUID(file_id), by, clock.now())
        except (ValueError, Refused):
            self._say(_("import.file_gone"), busy=False)
            return
        await self._look(language)

    async def _look(self, language: str) -> None:
        """The dry run of the file; where its headings do not say enough, the person is asked what they are."""
        what, by, file = self.what, frame.actor(), self.file
        assert file is not None
        try:
            report = await self._work(
                lambda progress: imports.dry_run(
                    what, file.data, by, language=language, progress=progress, cancelled=self.stop.is_set
                ), "imports.checked",
            )  # fmt: skip
        except Invalid as error:
            if error.code in ASKED:
                self._draw_mapping(imports.described(error, language))
            else:
                self._say(imports.described(error, language), busy=False)
            return
        except (TableError, Refused, NotAllowed) as error:
            self._say(imports.described(error, language), busy=False)
            return
        if report.stopped:
            self.choose()
            return
        self.report = report
        self.shown, self.most = ("error" if report.totals["error"] else "all"), PAGE_ROWS
        self._draw_report()

    async def _work(self, work: Callable[[imports.Progress], T], words: str, *, stop: bool = True) -> T:
        """Run off the loop; how far it is stands in the status line, beside a button that ends it."""
        self.stop = threading.Event()
        reached: list[tuple[int, int]] = []
        task = asyncio.ensure_future(asyncio.to_thread(work, lambda done, total: reached.append((done, total))))
        while not task.done():
            await asyncio.wait([task], timeout=0.5)
            if not task.done() and not self.client.is_deleted and not self.stop.is_set():
                told = _(words, done=reached[-1][0], total=reached[-1][1], n=reached[-1][0]) if reached else _("imports.reading")
                self._say(told, busy=True, stop=stop)
        return task.result()

    def _end(self) -> None:
        self.stop.set()
        self._say(_("imports.stopping"), busy=True)

    # ── headings nobody knows ──

    def _draw_mapping(self, problem: str = "") -> None:
        """Every heading with what it is read as; a person says the rest, and it is remembered."""
        file, by = self.file, frame.actor()
        assert file is not None
        try:
            found = imports.headings(self.what, file.data, by)
        except (TableError, Invalid, Refused, NotAllowed) as error:
            self._say(imports.described(error, frame.lang()), busy=False)
            return
        if found.nothing_known:
            problem = _("imports.map_unknown", row=found.row)
        elif found.twice:
            problem = _("imports.map_twice", heading=found.twice)
        options = {"": _("imports.map_none"), **{column.key: _(column.heading) for column in found.importer.columns}}
        chosen: dict[str, Any] = {}
        self.body.clear()
        with self.body:
            with parts.head(_("imports.map_title"), _("imports.map_hint")):
                parts.button(_("imports.other_file"), self.choose, icon="back")
                parts.button(_("imports.map_again"), lambda: self._map(found, chosen), kind="main")
            self.status = parts.box().props("role=status aria-live=polite")
            if problem:
                parts.banner(problem, "due")
            with parts.box("sheet imports__map"):
                for one in found.headings:
                    if one.text.strip():
                        with parts.box("imports__pair"):
                            with parts.box():
                                parts.text(one.text, "div", "strong")
                                if one.samples:
                                    parts.text(_("imports.map_samples", samples=parts.listed(one.samples)), "div", "quiet small")
                            icons.icon("go")
                            box = ui.select(options, value=one.column, with_input=True)
                            box.props(f'outlined dense options-dense behavior=menu aria-label="{_("imports.map_title")}"')
                            chosen[one.text] = box

    async def _map(self, found: imports.Found, chosen: dict[str, Any]) -> None:
        columns = {text: str(box.value or "") for text, box in chosen.items()}
        twice = [key for key in set(columns.values()) - {""} if list(columns.values()).count(key) > 1]
        if twice:
            names = {column.key: _(column.heading) for column in found.importer.columns}
            self._say(_("import.heading_twice", heading=names[twice[0]], row=found.row), busy=False)
            return
        missing = [column for column in found.importer.columns if column.required and column.key not in columns.values()]
        if missing:
            self._say(_("imports.map_missing", headings=parts.listed(_(column.heading) for column in missing)), busy=False)
            return
        said = {one.text: columns[one.text] for one in found.headings if one.text in columns and columns[one.text] != one.column}
        if said:
            remember = imports.RememberMapping(collection=self.what, headings=[one.text for one in found.headings], columns=said)
            if not (await parts.do(remember)).ok:
                return
        await self._look(frame.lang())

    def _draw_report(self) -> None:
        report, file = self.report, self.file
        assert report is not None and file is not None
        self.body.clear()
        with self.body:
            with parts.head(_(f"imports.collection.{self.what}"), _("imports.would" if report.dry_run else "imports.did", file=file.name)):
                if report.dry_run:
                    parts.button(_("imports.other_file"), self.choose, icon="back")
                    why = None if report.writes else _("imports.nothing")
                    parts.button(_("imports.apply", n=report.writes), self._apply, kind="main", why_not=why)
                else:
                    self._draw_done_acts(report)
            self.status = parts.box().props("role=status aria-live=polite")
            if report.dry_run and report.totals["error"] and report.writes:
                parts.banner(_("imports.errors_stay", n=report.totals["error"]), "due")
            if report.dialect:
                parts.banner(_("imports.from", dialect=report.dialect), "info")
            if report.stopped:
                parts.banner(_("imports.stopped"), "due")
            if report.unknown_headings:
                with parts.banner(_("imports.unknown", headings=parts.listed(report.unknown_headings)), "info"):
                    if report.dry_run:
                        parts.button(_("imports.map_open"), self._draw_mapping, kind="quiet")
            counts = [("all", _("imports.all"), len(report.rows))]
            counts += [(action, _(f"imports.total.{action}"), report.totals[action]) for action in ("create", "update", "skip", "error")]
            parts.chips(counts, self.shown, self._filter)
            self._draw_table()

    def _draw_done_acts(self, report: Report) -> None:
        if report.import_id is not None:
            import_id, name = report.import_id, self.file.name if self.file else ""
            parts.button(_("imports.undo"), lambda: self._undo(import_id, name), icon="return")
        parts.button(_("imports.other_file"), self.choose)
        href = {"asset_classes": "/desk/assets/set-up"}.get(self.what, f"/desk/{self.what}")
        parts.button(_("imports.open_list", what=_(f"imports.collection.{self.what}")), href=href, kind="main")

    def _draw_table(self) -> None:
        columns = [{"heading": _(f"imports.{name}"), "n": False} for name in ("row", "record", "result", "detail")]
        with parts.box("imports__rows"):
            self.table = Rows(
                columns,
                label=_("imports.title"),
                opens=False,
                more_words=_("register.more"),
                on_choose=lambda _id: None,
                on_more=self._more,
            )
        self._show_rows()

    def _show_rows(self) -> None:
        assert self.report is not None
        chosen = [row for row in self.report.rows if self.shown in ("all", row.action)]
        self.table.show([{"id": str(row.row), "cells": cells_of(row)} for row in chosen[: self.most]], more=len(chosen) > self.most)

    def _filter(self, shown: Show) -> None:
        self.shown, self.most = shown, PAGE_ROWS
        self._show_rows()

    def _more(self) -> None:
        self.most += PAGE_ROWS
        self._show_rows()

    # ── for real, and back ──

    async def _apply(self) -> None:
        file, by, language = self.file, frame.actor(), frame.lang()
        assert file is not None
        try:
            self.report = await self._work(
                lambda progress: imports.run(
                    self.what,
                    file.data,
                    by,
                    import_id=file.import_id,
                    file_name=file.name,
                    language=language,
                    progress=progress,
                    cancelled=self.stop.is_set,
                ),
                "imports.doing",
            )
        except (Invalid, Refused, NotAllowed) as error:
            self._say(imports.described(error, language), busy=False)
            return
        if not self.report.stopped:
            staging.drop(file.id)
        self.shown, self.most = "all", PAGE_ROWS
        self._draw_report()

    async def _undo(self, import_id: UUID, name: str) -> None:
        by: Actor = frame.actor()
        sure = await parts.confirm(name or _("imports.undo"), _("imports.undo_words"), act=_("imports.undo"), stay=_("imports.undo_no"))
        if not sure:
            return
        try:
            undone = await self._work(lambda progress: imports.undo(import_id, by, progress=progress), "imports.undoing", stop=False)
        except (Refused, NotAllowed) as error:
            parts.problem(imports.described(error, frame.lang()))
            return
        self.choose()
        parts.toast(_("imports.undone" if undone.kept else "imports.undone_all", restored=undone.restored, kept=undone.kept))


def cells_of(row: RowOutcome) -> list[dict[str, Any]]:
    """Row number, record, pill, and either every change or every problem, one a line."""
    if row.problems:
        detail = [_("imports.cell", heading=problem.heading, value=problem.value or _("imports.blank")) for problem in row.problems]
        remedy = [problem.message for problem in row.problems]
        told: dict[str, Any] = {"t": "\n".join(detail), "s": "\n".join(remedy)}
    elif row.action == "create":
        told = {"t": parts.joined(*(_("imports.cell", heading=change.heading, value=change.after) for change in row.changes))}
    else:
        empty = _("imports.blank")
        told = {"t": "\n".join(
            _("asset.change", what=change.heading, before=change.before or empty, after=change.after or empty) for change in row.changes
        )}  # fmt: skip
    pill = {"t": _(f"imports.action.{row.action}"), "tone": TONES[row.action], "icon": ICONS[row.action]}
    return [{"t": str(row.row)}, {"t": row.title or "—"}, pill, told]

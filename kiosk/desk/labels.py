"""Label sheets on the desk: choose what, click the first free cell on a drawing of the sheet, get a PDF that was read back (look/png/desk-label-sheet.png; pitfalls T16–T21).

What was printed, by whom and where is remembered; the next free cell of each paper follows from it. Drawing and reading back run in the worker process.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Depends, Response
from nicegui import APIRouter, ui
from sqlalchemy import func, select
from sqlmodel import Session, col

from assets_labels.errors import DrawingError
from assets_labels.matrices import QrCodes, qr_codes
from assets_labels.printing import Sheet, draw_and_prove, texts_of
from assets_labels.sheets import TEMPLATES, Template, calibration_page
from core.foundation import clock, database, heavy, i18n
from core.foundation.i18n import LANGUAGES
from core.mechanisms import labels, places
from core.mechanisms.labels import LABEL_MAKERS, IssueLabel, LabelPrint, NotePrints, SubjectKind
from core.mechanisms.operations import Actor
from core.mechanisms.people import Person
from core.sections import assets, supplies
from core.web import frame, icons, parts, sessions, static_files
from core.web.frame import _

router = APIRouter(dependencies=[Depends(frame.signed_in)])
SOURCES = {"assets": SubjectKind.ASSET, "supplies": SubjectKind.SUPPLY, "places": SubjectKind.PLACE}
MOST = 1_000
LISTED = 11


@dataclass(frozen=True, slots=True)
class Choice:
    """A thing whose label may be printed; `code` is empty while it has none."""

    kind: SubjectKind
    id: UUID
    title: str
    number: str
    code: str


@router.page("/desk/labels")
def labels_page() -> None:
    with frame.desk("labels", _("sheets.crumb"), *LABEL_MAKERS):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("things.css")}">')
        LabelPage()


@router.get("/desk/labels/test-page/{template}.pdf")
async def test_page(template: str, language: str = "") -> Response:
    """Outlines, numbers and rulers, to see where a printer puts the cells."""
    if template not in TEMPLATES:
        return Response(status_code=404)
    pdf = await heavy.run(calibration_page, template, language if language in LANGUAGES else LANGUAGES[0])
    return Response(
        pdf,
        headers={"Content-Disposition": f'inline; filename="test-{template}.pdf"', "Cache-Control": "no-store"},
        media_type="application/pdf",
    )


class LabelPage:
    """Three columns: what is printed, where it starts, on which paper."""

    def __init__(self) -> None:
        asked = ui.context.client.request.query_params
        self.client = ui.context.client
        self.source = asked.get("source", "assets") if asked.get("source") in SOURCES else "assets"
        self.q, self.only_new = asked.get("q", "")[:80], asked.get("printed") is None
        self.language = frame.lang()
        self.template = asked.get("template", "A4-24") if asked.get("template") in TEMPLATES else "A4-24"
        self.chosen: list[Choice] = []
        self.start = 1
        self.whole_list = False
        with parts.box("crumb"):
            parts.text(_("sheets.crumb"), "span")
        self.head = parts.box()
        self.body = parts.box("labelpage")
        wanted = [code for code in asked.get("codes", "").split(",") if code][:MOST]
        if wanted:
            self._take_codes(wanted)
        self._suggest()
        self.draw()

    # ── drawing ──

    def draw(self) -> None:
        """Draw everything anew."""
        self.head.clear()
        with self.head, parts.head(_("sheets.where_title") if self.chosen else _("sheets.title"), self._hint()):
            pass
        self.body.clear()
        with self.body:
            with parts.box("", "section"):
                self._draw_choice()
            with parts.box("", "section"):
                self._draw_paper()
            with parts.box("labelpage__side", "section"):
                self._draw_side()

    def _hint(self) -> str:
        if not self.chosen:
            return ""
        return _("sheets.where_hint") if self.paper.per_page > 1 else _("sheets.roll_hint")

    @property
    def paper(self) -> Template:
        return TEMPLATES[self.template]

    def _draw_choice(self) -> None:
        if not self.chosen:
            self._draw_search()
            return
        with parts.box("row"):
            parts.text(_("sheets.chosen", n=len(self.chosen)), "h2")
            parts.button(_("sheets.clear"), self._clear, kind="quiet").classes("push")
        without = sum(1 for one in self.chosen if not one.code)
        if without:
            parts.text(_("sheets.without_label", n=without), "p", "second small")
        shown = self.chosen if self.whole_list else self.chosen[:LISTED]
        for index, one in enumerate(shown):
            with parts.box("labelrow"):
                parts.text(one.title, "span")
                if one.code:
                    parts.code(one.code)
                out = parts.box("round", "button").props(f'type=button aria-label="{_("sheets.remove")}"')
                with out:
                    icons.icon("cross")
                parts.on_tap(out, lambda index=index: self._leave_out(index))
        if len(self.chosen) > len(shown):
            with parts.box("row"):
                parts.text(_("sheets.more", n=len(self.chosen) - len(shown)), "span", "second")
                parts.button(_("sheets.show_all"), self._show_all, kind="quiet")

    def _draw_search(self) -> None:
        with parts.box("stack"):
            parts.choice({name: _(f"sheets.source.{name}") for name in SOURCES}, self.source, self._choose_source)
            find = parts.input(_("sheets.find"), self.q)
            parts.on_submit(find, lambda: self._find(find.value or ""))
            find.on("blur", lambda: self._find(find.value or ""))
            new = ui.checkbox(_("sheets.only_new"), value=self.only_new, on_change=lambda event: self._only_new(bool(event.value)))
            new.props("dense")
            found = self._search()
            if not found:
                parts.empty(_("sheets.nothing"), _("sheets.nothing_hint"))
                return
            parts.button(_("sheets.add_all", n=len(found)), lambda: self._take(found), icon="plus").props("data-test=take-all")
            with parts.box():
                for one in found[:LISTED]:
                    with parts.box("labelrow"):
                        parts.text(one.title, "span")
                        parts.text(labels.shown(one.code) if one.code else one.number, "span", "code")
                if len(found) > LISTED:
                    parts.text(_("sheets.more", n=len(found) - LISTED), "p", "second")

    def _draw_paper(self) -> None:
        paper, count = self.paper, len(self.chosen)
        dense = paper.cell_width_mm < 45 and paper.per_page > 1
        one = self.start - 1 + count <= paper.per_page
        with parts.box("paper" + (" paper--one" if one else "")).style(
            f"aspect-ratio: {paper.page_width_mm} / {paper.page_height_mm}"
        ) as sheet:
            sheet.props(f'role=group aria-label="{_("sheets.where_title")}"')
            codes = qr_codes(sessions.settings().base_url)
            for position in range(1, paper.per_page + 1):
                self._draw_cell(paper, position, codes, dense)

    def _draw_cell(self, paper: Template, position: int, codes: QrCodes, dense: bool) -> None:
        left, top = paper.cell(position)
        index = position - self.start
        used, on = position < self.start, 0 <= index < len(self.chosen)
        classes = (
            "cell"
            + (" cell--used" if used else "")
            + (" cell--on" if on else "")
            + (" cell--first" if on and index == 0 else "")
            + (" cell--dense" if dense else "")
        )
        place = (
            f"left: {100 * left / paper.page_width_mm:.3f}%; top: {100 * top / paper.page_height_mm:.3f}%; "
            f"width: {100 * paper.cell_width_mm / paper.page_width_mm:.3f}%; height: {100 * paper.cell_height_mm / paper.page_height_mm:.3f}%"
        )
        cell = (
            parts.box(classes, "button")
            .style(place)
            .props(f'type=button aria-label="{_("sheets.cell", n=position)}" aria-pressed={"true" if on and index == 0 else "false"}')
        )
        with cell:
            if on:
                one = self.chosen[index]
                if one.code:
                    _qr(codes, one.code)
                parts.text(one.title, "span", "cell__name")
                parts.text(labels.shown(one.code) if one.code else "", "span", "cell__code")
            if on and index == 0 and paper.per_page > 1:
                parts.text(_("sheets.from_cell", n=position), "span", "cell__flag")
        parts.on_tap(cell, lambda: self._start_at(position))

    def _draw_side(self) -> None:
        paper, count = self.paper, len(self.chosen)
        help_key = "sheets.paper_help" if paper.per_page > 1 else "sheets.paper_help_roll"
        help_text = _(
            help_key, width=f"{paper.cell_width_mm:g}", height=f"{paper.cell_height_mm:g}", columns=paper.columns, rows=paper.rows
        )
        parts.select(
            _("sheets.paper"),
            {name: _(f"sheets.paper.{name}") for name in TEMPLATES},
            self.template,
            help=help_text,
            on_change=self._choose_paper,
        )
        with parts.field(_("sheets.language")):
            parts.choice({code: frame.LANGUAGE_SHORT[code] for code in LANGUAGES}, self.language, self._choose_language)
        if count:
            self._draw_sum(paper, count)
        if sessions.settings().is_loopback:
            parts.banner(_("sheets.loopback", url=sessions.settings().base_url), "due", icon="warning").props("data-test=loopback")
        parts.banner(_("sheets.actual_size"), "info", icon="print")
        pages = _pages(paper, self.start, count)
        make = parts.button(
            _("sheets.make", n=pages) if count else _("sheets.choose_first"),
            self._make if count else None,
            kind="main" if count else "plain",
            icon="send" if count else None,
        )
        make.props("data-test=make" if count else "aria-disabled=true")
        href = f"/desk/labels/test-page/{self.template}.pdf?language={self.language}"
        parts.button(_("sheets.calibrate"), href=href, kind="quiet", new_tab=True)
        self._draw_log()

    def _draw_sum(self, paper: Template, count: int) -> None:
        pages = _pages(paper, self.start, count)
        with parts.box("labelpage__sum").props("data-test=sum"):
            parts.text(_("sheets.sum", n=pages), classes="strong labelpage__n")
            if paper.per_page > 1:
                for page, first, last in _spans(paper, self.start, count):
                    if page is None:
                        parts.text(_("sheets.pages_between", n=first), "p")
                    else:
                        parts.text(_("sheets.page", page=page, first=first, last=last, n=last - first + 1), "p")
                parts.text(_("sheets.next", n=(self.start - 1 + count) % paper.per_page + 1), "p", "second")

    def _draw_log(self) -> None:
        with database.reading() as s:
            lines = _printed(s)
        with parts.box("labelpage__log"):
            parts.text(_("sheets.log"), classes="strong")
            if not lines:
                parts.text(_("sheets.log_none"), "p")
            for at, who, template, n in lines:
                name = _(f"sheets.paper.{template}") if template in TEMPLATES else template
                parts.text(f"{i18n.day_and_time(at, clock.zone(), frame.lang())}　{_('sheets.log_line', who=who, paper=name, n=n)}", "p")

    # ── choosing ──

    def _search(self) -> list[Choice]:
        kind = SOURCES[self.source]
        with database.reading() as s:
            found = _candidates(s, kind, self.q, frame.actor())
            if self.only_new:
                printed = set(
                    s.execute(
                        select(col(LabelPrint.code)).where(database.among(col(LabelPrint.code), [one.code for one in found]))
                    ).scalars()
                )
                found = [one for one in found if one.code not in printed]
        return found[:MOST]

    def _choose_source(self, source: str) -> None:
        self.source = source
        self.draw()

    def _find(self, text: str) -> None:
        if text.strip() != self.q:
            self.q = text.strip()[:80]
            self.draw()

    def _only_new(self, only: bool) -> None:
        self.only_new = only
        self.draw()

    def _take(self, found: list[Choice]) -> None:
        self.chosen = list(found)
        self.draw()

    def _take_codes(self, codes: Sequence[str]) -> None:
        by = frame.actor()
        with database.reading() as s:
            for code in codes:
                label = s.get(labels.Label, code)
                if label is not None and label.subject_kind in SOURCES.values() and label.subject_id is not None:
                    told = labels.describe(s, label.subject_kind, [label.subject_id], by).get(label.subject_id)
                    self.chosen.append(
                        Choice(
                            SubjectKind(label.subject_kind),
                            label.subject_id,
                            told.title if told else code,
                            told.number if told else "",
                            code,
                        )
                    )

    def _leave_out(self, index: int) -> None:
        self.chosen.pop(index)
        self.draw()

    def _clear(self) -> None:
        self.chosen, self.whole_list = [], False
        self.draw()

    def _show_all(self) -> None:
        self.whole_list = True
        self.draw()

    def _start_at(self, position: int) -> None:
        if self.paper.per_page > 1:
            self.start = position
            self.draw()

    def _choose_paper(self, template: Any) -> None:
        self.template = str(template)
        self._suggest()
        self.draw()

    def _choose_language(self, language: str) -> None:
        self.language = language
        self.draw()

    def _suggest(self) -> None:
        with database.reading() as s:
            self.start = next_position(s, self.template)

    # ── making ──

    async def _make(self) -> None:
        if not await self._give_labels():
            return
        codes = [one.code for one in self.chosen]
        by = frame.actor()

        def read() -> Sheet:
            with database.reading() as s:
                return Sheet(
                    self.template, self.start, tuple(texts_of(s, codes, self.language, by)), self.language, sessions.settings().base_url
                )

        try:
            pdf = await heavy.run(draw_and_prove, await asyncio.to_thread(read))
        except DrawingError as error:
            parts.problem(_(error.code, **error.facts))
            return
        outcome = await parts.do(NotePrints(codes=codes, template=self.template, start=self.start))
        if outcome.ok:
            ui.download.content(pdf, f"labels-{clock.today():%Y%m%d}.pdf", "application/pdf")
            parts.toast(_("sheets.ready", n=len(codes)))
            self._suggest()
            self.chosen = []
            self.draw()

    async def _give_labels(self) -> bool:
        for index, one in enumerate(self.chosen):
            if not one.code:
                outcome = await parts.do(IssueLabel(subject_kind=one.kind, subject_id=one.id))
                if not outcome.ok:
                    return False
                self.chosen[index] = Choice(one.kind, one.id, one.title, one.number, outcome.result["code"])
        return True


# ── reading ──


def next_position(s: Session, template: str) -> int:
    """The cell after the last printed one of this paper; 1 on rolls and on fresh sheets."""
    paper = TEMPLATES[template]
    if paper.per_page == 1:
        return 1
    query = (
        select(col(LabelPrint.position))
        .where(col(LabelPrint.template) == template)
        .order_by(col(LabelPrint.printed_at).desc(), col(LabelPrint.position).desc())
        .limit(1)
    )
    last = s.execute(query).scalar_one_or_none()
    return 1 if last is None else last % paper.per_page + 1


def _candidates(s: Session, kind: SubjectKind, q: str, by: Actor) -> list[Choice]:
    if kind == SubjectKind.ASSET:
        shown = assets.views(s, assets.search(s, assets.Filter(q=q, states=("idle", "in_use", "repair")), limit=MOST))
        return [Choice(kind, one.id, " ".join(part for part in (one.name, one.spec) if part), one.number, one.label or "") for one in shown]
    if kind == SubjectKind.SUPPLY:
        known = supplies.views(s, supplies.search(s, q, limit=MOST), by)
        return [Choice(kind, one.id, " ".join(part for part in (one.name, one.spec) if part), one.number, one.label) for one in known]
    rows = places.search(s, q, limit=MOST)
    codes = labels.codes_of(s, kind, [row.id for row in rows])
    return [Choice(kind, row.id, row.name, row.short_name or "", codes.get(row.id, "")) for row in rows]


def _printed(s: Session) -> list[tuple[Any, str, str, int]]:
    """The last print jobs: when, who, which paper, how many."""
    query = (
        select(col(LabelPrint.printed_at), func.coalesce(Person.name, ""), col(LabelPrint.template), func.count())
        .outerjoin(Person, col(Person.id) == LabelPrint.person_id).group_by(col(LabelPrint.printed_at), col(Person.name), col(LabelPrint.template))
        .order_by(col(LabelPrint.printed_at).desc()).limit(4)
    )  # fmt: skip
    return [tuple(row) for row in s.execute(query)]


def _pages(paper: Template, start: int, count: int) -> int:
    return -(-(start - 1 + count) // paper.per_page)


def _spans(paper: Template, start: int, count: int) -> list[tuple[int | None, int, int]]:
    """(page, first cell, last cell) of the first and last pages; (None, how many, 0) stands for full pages between them."""
    pages, last = _pages(paper, start, count), (start - 1 + count - 1) % paper.per_page + 1
    if pages == 1:
        return [(1, start, last)]
    between: list[tuple[int | None, int, int]] = [(None, pages - 2, 0)] if pages > 2 else []
    return [(1, start, paper.per_page), *between, (pages, 1, last)]


def _qr(codes: QrCodes, code: str) -> None:
    """The very code that will be printed, drawn as on the paper."""
    path = []
    for y, row in enumerate(codes.rows(code)):
        x = 0
        for dark, run in itertools.groupby(row):
            length = len(list(run))
            if dark:
                path.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    with ui.element("svg").props(f'viewBox="0 0 {codes.size} {codes.size}" aria-hidden=true shape-rendering=crispEdges'):
        ui.element("path").props(f'd="{"".join(path)}"')

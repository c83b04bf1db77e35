"""The page that prints labels: choose what, click the first free cell on a drawing of the sheet, get a PDF that was read back (look/png/desk-label-sheet.png; pitfalls T16–T21).

What was printed, by whom and where is remembered; the next free cell of each paper follows from it. Drawing and reading back run in the worker process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends, Response
from nicegui import APIRouter, ui
from sqlmodel import Session

from assets_labels import papers
from assets_labels.errors import DrawingError
from assets_labels.matrices import QrCodes, qr_codes
from assets_labels.papers import Template
from assets_labels.printing import Sheet, draw_and_prove, texts_of
from assets_labels.sheets import calibration_page
from core.foundation import clock, database, heavy, i18n
from core.foundation.i18n import LANGUAGES
from core.mechanisms import label_jobs, label_papers, labels, printers
from core.mechanisms.label_jobs import NotePrints
from core.mechanisms.labels import LABEL_MAKERS, IssueLabel, LabelState, SubjectKind
from core.mechanisms.printers import PrinterView
from core.web import frame, parts, sessions, static_files
from core.web.frame import _
from kiosk.desk.labels import choosing
from kiosk.desk.labels.choosing import MOST, SOURCES, Choice
from kiosk.desk.labels.picking import Picker
from kiosk.desk.labels.shifts import ShiftDialog

router = APIRouter(dependencies=[Depends(frame.signed_in)])
PLAIN = "A4-24"


@router.page("/desk/labels")
def labels_page() -> None:
    with frame.desk("labels", _("sheets.crumb"), *LABEL_MAKERS):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("things.css")}">')
        LabelPage()


@router.get("/desk/labels/test-page")
async def test_page(paper: str = PLAIN, printer: str = "", language: str = "") -> Response:
    """Outlines, numbers and rulers, to see where a printer puts the cells; with `printer`, as it is moved for that one."""

    def read() -> Template:
        with database.reading() as s:
            return papers.find(s, paper, printer)

    try:
        found = await asyncio.to_thread(read)
    except DrawingError:
        return Response(status_code=404)
    pdf = await heavy.run(calibration_page, found, language if language in LANGUAGES else LANGUAGES[0])
    headers = {"Content-Disposition": 'inline; filename="test-page.pdf"', "Cache-Control": "no-store"}
    return Response(pdf, headers=headers, media_type="application/pdf")


class LabelPage:
    """Three columns: what is printed, where it starts, on which paper."""

    def __init__(self) -> None:
        asked = ui.context.client.request.query_params
        self.client = ui.context.client
        source = asked.get("source", "assets") if asked.get("source") in (*SOURCES, "blank") else "assets"
        self.picker = Picker(source, asked.get("q", "")[:80], asked.get("printed") is None, self._taken, self.draw)
        self.language = frame.lang()
        self.printer = self.reason = ""
        self.paper_chosen = False  # a rule of a class may propose a paper until somebody chose one
        self.chosen: list[Choice] = []
        self.start = 1
        with database.reading() as s:
            self.papers = choosing.all_papers(s)
            self.printers = label_papers.printers(s)
            wanted = [code for code in asked.get("codes", "").split(",") if code][:MOST] or _codes_of_job(s, asked.get("job", ""))
        self.template = asked.get("template", PLAIN) if asked.get("template") in self.papers else PLAIN
        with parts.box("crumb"):
            parts.text(_("sheets.crumb"), "span")
        self.printer = asked.get("printer", "") if asked.get("printer") in self.printers else ""
        self.head = parts.box()
        self.body = parts.box("labelpage")
        if wanted:
            self._take_codes(wanted)
        self._suggest()
        self.draw()

    # ── drawing ──

    def draw(self) -> None:
        """Draw everything anew."""
        self.head.clear()
        with self.head, parts.head(_("sheets.where_title") if self.chosen else _("sheets.title"), self._hint()):
            parts.button(_("sheets.log_page"), href="/desk/labels/log", icon="clock")
            parts.button(_("sheets.papers_page"), href="/desk/labels/papers", icon="pen")
            parts.button(_("sheets.rules_page"), href="/desk/labels/rules", icon="list")
        self.body.clear()
        with self.body:
            with parts.box("", "section"):
                self.picker.draw(self.chosen)
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
        return self.papers[self.template]

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
                    choosing.draw_qr(codes, one.code)
                parts.text(one.title, "span", "cell__name")
                parts.text(labels.shown(one.code) if one.code else "", "span", "cell__code")
            if on and index == 0 and paper.per_page > 1:
                parts.text(_("sheets.from_cell", n=position), "span", "cell__flag")
        parts.on_tap(cell, lambda: self._start_at(position))

    def _draw_side(self) -> None:
        paper, count = self.paper, len(self.chosen)
        help_key = "sheets.paper_help" if paper.per_page > 1 else "sheets.paper_help_roll"
        size = _(help_key, width=f"{paper.cell_width_mm:g}", height=f"{paper.cell_height_mm:g}", columns=paper.columns, rows=paper.rows)
        known = {name: choosing.paper_name(one) for name, one in self.papers.items()}
        alike = _("sheets.alike", names=paper.alike) if paper.alike else ""
        parts.select(_("sheets.paper"), known, self.template, help=parts.joined(size, alike), search=True, on_change=self._choose_paper)
        with parts.field(_("sheets.language")):
            parts.choice({code: frame.LANGUAGE_SHORT[code] for code in LANGUAGES}, self.language, self._choose_language)
        if count:
            self._draw_sum(paper, count)
            self._draw_again()
        if sessions.settings().is_loopback:
            parts.banner(_("sheets.loopback", url=sessions.settings().base_url), "due", icon="warning").props("data-test=loopback")
        parts.banner(_("sheets.actual_size"), "info", icon="print")
        pages = choosing.pages(paper, self.start, count)
        make = parts.button(
            _("sheets.make", n=pages) if count else _("sheets.choose_first"),
            self._make if count else None,
            kind="main" if count else "plain",
            icon="send" if count else None,
        )
        make.props("data-test=make" if count else "aria-disabled=true")
        self._draw_send(count)
        self._draw_printer()
        self._draw_log()

    def _draw_send(self, count: int) -> None:
        """Printers of the server in which this very paper lies: the sheet goes there without a file."""
        with database.reading() as s:
            known = [one for one in printers.everything(s) if one.paper == self.template] if count else []
        for one in known:
            words = _("sheets.send_to", printer=one.name) + (f"　{_(one.problem)}" if one.problem else "")
            parts.button(words, partial(self._send, one), icon="print").props("data-test=send")

    async def _send(self, printer: PrinterView) -> None:
        if not await self._give_labels():
            return
        codes = [one.code for one in self.chosen]
        with database.reading() as s:
            again = label_jobs.printed_before(s, codes)
        if again and not self.reason:
            parts.problem(_("sheets.again_why", n=len(again)))
            return
        do = label_jobs.PrintLabels(
            codes=codes,
            template=self.template,
            start=self.start,
            reason=self.reason if again else "",
            printer_id=printer.id,
            language=self.language,
        )
        if (await parts.do(do, done=_("badge.sent"))).ok:
            self._suggest()
            self._printed()

    def _draw_printer(self) -> None:
        """Which printer the sheet goes to: its shift is taken into account; and the way to measure it."""
        options = {"": _("sheets.printer_any")} | {name: name for name in self.printers}
        parts.select(_("sheets.printer"), options, self.printer, on_change=self._choose_printer)
        with database.reading() as s:
            right, down = label_papers.shift(s, self.printer, self.template) if self.printer else (0.0, 0.0)
        if right or down:
            parts.text(_("sheets.shifted", right=f"{right:g}", down=f"{down:g}"), "p", "second small")
        parts.button(_("sheets.calibrate"), self._measure, kind="quiet").props("data-test=calibrate")

    def _measure(self) -> None:
        ShiftDialog(self.paper, self.printer, self.printers, self.language, self._measured).open()

    def _measured(self, printer: str) -> None:
        self.printer = printer
        self.printers = sorted({*self.printers, printer})
        self.draw()

    def _draw_again(self) -> None:
        """Labels that were printed before: why again (scenario Things 2)."""
        with database.reading() as s:
            again = label_jobs.printed_before(s, [one.code for one in self.chosen if one.code])
        if not again:
            return
        reasons = {key: _(f"sheets.again.{key}") for key in ("torn", "lost", "moved", "spoiled", "other")}
        parts.select(_("sheets.again", n=len(again)), reasons, self.reason or None, on_change=self._choose_reason).props("data-test=again")

    def _choose_reason(self, reason: str) -> None:
        self.reason = str(reason or "")

    def _choose_printer(self, printer: str) -> None:
        self.printer = str(printer or "")
        self.draw()

    def _draw_sum(self, paper: Template, count: int) -> None:
        pages = choosing.pages(paper, self.start, count)
        with parts.box("labelpage__sum").props("data-test=sum"):
            parts.text(_("sheets.sum", n=pages), classes="strong labelpage__n")
            if paper.per_page > 1:
                for page, first, last in choosing.spans(paper, self.start, count):
                    if page is None:
                        parts.text(_("sheets.pages_between", n=first), "p")
                    else:
                        parts.text(_("sheets.page", page=page, first=first, last=last, n=last - first + 1), "p")
                parts.text(_("sheets.next", n=(self.start - 1 + count) % paper.per_page + 1), "p", "second")

    def _draw_log(self) -> None:
        with database.reading() as s:
            jobs = label_jobs.jobs(s, limit=4, passing=False)
        with parts.box("labelpage__log"):
            parts.text(_("sheets.log"), classes="strong")
            if not jobs:
                parts.text(_("sheets.log_none"), "p")
            for job in jobs:
                at = i18n.day_and_time(job.printed_at, clock.zone(), frame.lang())
                count = _("sheets.log_count", n=job.count)
                parts.text(parts.joined(at, job.who, choosing.printed_on(self.papers, job.template), count), "p")

    # ── choosing ──

    def _taken(self, chosen: list[Choice]) -> None:
        more = len(chosen) > len(self.chosen)
        self.chosen = chosen
        if more and not self.paper_chosen:
            self._propose_paper()
        if not chosen:
            self.picker.adding = False
        self.draw()

    def _propose_paper(self) -> None:
        """The paper that the rule of all chosen classes names, if it is one."""
        with database.reading() as s:
            rules = label_papers.rules(s)
            wanted = {rule.paper if (rule := label_papers.rule_for(rules, one.class_code)) else "" for one in self.chosen}
        proposed = wanted.pop() if len(wanted) == 1 else ""
        if proposed in self.papers:
            self.template = proposed
            self._suggest()

    def _take_codes(self, codes: Sequence[str]) -> None:
        by = frame.actor()
        with database.reading() as s:
            for code in codes:
                label = s.get(labels.Label, code)
                if label is not None and label.state == LabelState.BLANK:
                    self.chosen.append(Choice(None, None, _("sheets.blank_name"), "", code))
                if label is not None and label.subject_kind in (*SOURCES.values(), SubjectKind.LOST) and label.subject_id is not None:
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

    def _start_at(self, position: int) -> None:
        if self.paper.per_page > 1:
            self.start = position
            self.draw()

    def _choose_paper(self, template: Any) -> None:
        if template not in self.papers:
            return
        self.template, self.paper_chosen = str(template), True
        self._suggest()
        self.draw()

    def _choose_language(self, language: str) -> None:
        self.language = language
        self.draw()

    def _suggest(self) -> None:
        with database.reading() as s:
            self.start = choosing.next_position(s, self.paper)

    # ── making ──

    async def _make(self) -> None:
        if not await self._give_labels():
            return
        codes = [one.code for one in self.chosen]
        by, reader = frame.actor(), frame.lang()
        with database.reading() as s:
            again = label_jobs.printed_before(s, codes)
        if again and not self.reason:
            parts.problem(_("sheets.again_why", n=len(again)))
            return

        def read() -> Sheet:
            with database.reading() as s:
                paper = papers.find(s, self.template, self.printer)
                words = tuple(texts_of(s, codes, self.language, by))
                return Sheet(paper, self.start, words, self.language, sessions.settings().base_url, reader)

        try:
            pdf = await heavy.run(draw_and_prove, await asyncio.to_thread(read))
        except DrawingError as error:
            parts.problem(_(error.code, **error.facts))
            return
        reason = self.reason if again else ""
        outcome = await parts.do(NotePrints(codes=codes, template=self.template, start=self.start, reason=reason, printer=self.printer))
        if outcome.ok:
            ui.download.content(pdf, f"labels-{clock.today():%Y%m%d}.pdf", "application/pdf")
            parts.toast(_("sheets.ready", n=len(codes)))
            self._suggest()
            self._printed()

    def _printed(self) -> None:
        self.chosen, self.reason, self.picker.adding = [], "", False
        self.draw()

    async def _give_labels(self) -> bool:
        for index, one in enumerate(self.chosen):
            if not one.code and one.kind is not None and one.id is not None:
                outcome = await parts.do(IssueLabel(subject_kind=one.kind, subject_id=one.id))
                if not outcome.ok:
                    return False
                self.chosen[index] = replace(one, code=outcome.result["code"])
        return True


def _codes_of_job(s: Session, job: str) -> list[str]:
    """The codes of a print job that may still be printed: superseded and retired ones are left out."""
    try:
        codes = label_jobs.codes_of_job(s, UUID(job))[:MOST]
    except ValueError:
        return []
    return [code for code in codes if labels.known(s, code).state in (LabelState.ACTIVE, LabelState.BLANK)]

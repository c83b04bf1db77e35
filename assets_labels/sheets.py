"""Sheets of labels: what stands in a cell, drawn on the paper (contract.md, look.md §4 Paper; the papers are in papers.py).

A sheet is a PDF of exactly the paper's size: QR and Code 128 as vectors, name, number, place, code and office as text. The
cells before `start` hold no ink, and a 50 mm ruler stands in the foot margin, so that a printer that scales the page is found
out (T16). Sizes and places are mm from the upper left.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from assets_labels.errors import DrawingError
from assets_labels.fonts import clean, missing
from assets_labels.matrices import CODE128_MODULES, QUIET_MODULES, code128_path, label_path, plain_code, qr_codes, shown_code
from assets_labels.papers import SMALLEST_MODULE_MM, Template, template_named
from assets_labels.pdf import Canvas, Document
from assets_labels.words import cut, wrap
from core.foundation.i18n import t

MOST_LABELS = 10_000
RULER_MM = 50


@dataclass(frozen=True, slots=True)
class LabelText:
    """What one label says. `number` and `place` are its two lines; `caption` names the first ("资产编号") and is left out where the cell is too narrow for both.
    `bars` leaves the Code 128 out; `gs1_prefix` makes the QR a GS1 Digital Link of an individual asset (8004)."""

    code: str
    name: str
    number: str = ""
    place: str = ""
    office: str = ""
    caption: str = ""
    bars: bool = True
    gs1_prefix: str = ""


def paper_of(template: str | Template) -> Template:
    """The paper itself, or the one of the library with this name. Refuses: sheet.unknown_template."""
    return template if isinstance(template, Template) else template_named(template)


def module_mm(template: str | Template, base_url: str, gs1_prefix: str = "") -> float:
    """How large one QR module is on this paper with this base address; below 0.33 mm the sheet is refused. Refuses: sheet.bad_base_url."""
    return paper_of(template).layout.qr_size / (qr_codes(base_url, label_path(gs1_prefix)).size + 2 * QUIET_MODULES)


def next_position(template: str | Template, start: int, count: int) -> int:
    """The first free cell after `count` labels from `start`: what the next job proposes."""
    return (start - 1 + count) % paper_of(template).per_page + 1


def pages_needed(template: str | Template, start: int, count: int) -> int:
    """How many sheets `count` labels from `start` take."""
    return -(-(start - 1 + count) // paper_of(template).per_page) if count else 0


def missing_signs(label: LabelText, language: str) -> str:
    """The signs on a label that the font cannot draw: ask before a sheet is made, and name them all at once."""
    return missing(" ".join((label.name, label.caption, label.number, label.place, label.office)), language)


def draw_sheet(template: str | Template, labels: Iterable[LabelText], start: int, base_url: str, language: str) -> bytes:
    """The labels as a PDF, the first in cell `start` (from 1). Refuses what `write_sheet` refuses."""
    out = io.BytesIO()
    write_sheet(out, template, labels, start, base_url, language)
    return out.getvalue()


def write_sheet(out: BinaryIO, template: str | Template, labels: Iterable[LabelText], start: int, base_url: str, language: str) -> int:
    """Like `draw_sheet`, page by page into `out`; `labels` may be a generator. Returns how many labels were drawn.

    Refuses: sheet.unknown_template, sheet.bad_start, sheet.bad_base_url, sheet.module_too_small, label.bad_code and
    label.missing_glyph (both with the label's name), label.too_many. After a refusal `out` holds half a file: throw it away."""
    paper = paper_of(template)
    if not 1 <= start <= paper.per_page:
        raise DrawingError("sheet.bad_start", start=start, last=paper.per_page)
    qr_codes(base_url)  # an address that makes no code is refused before anything is drawn
    document = Document(out, t("label.sheet_title", language), language)
    canvas: Canvas | None = None
    position, drawn = start, 0
    for label in labels:
        if drawn == MOST_LABELS:
            raise DrawingError("label.too_many", most=MOST_LABELS)
        if canvas is None:
            canvas = document.page(paper.page_width_mm, paper.page_height_mm)
        try:
            _draw_label(canvas, paper, position, label, base_url)
        except DrawingError as error:
            which = {"name": clean(label.name)[:60] or label.code[:40], "label": label.code[:40]}
            raise DrawingError(error.code, **{**error.facts, **which}) from error
        drawn, position = drawn + 1, position + 1
        if position > paper.per_page:
            _finish(document, canvas, paper)
            canvas, position = None, 1
    if canvas is not None or not drawn:
        _finish(document, canvas or document.page(paper.page_width_mm, paper.page_height_mm), paper)
    document.close()
    return drawn


def calibration_page(template: str | Template, language: str) -> bytes:
    """A page that shows where the cells are: outlines, numbers, a cross where each QR has its middle, and rulers."""
    paper = paper_of(template)
    out = io.BytesIO()
    document = Document(out, t("label.calibration_title", language), language)
    canvas = document.page(paper.page_width_mm, paper.page_height_mm)
    for position in range(1, paper.per_page + 1):
        left, top = paper.cell(position)
        inset = 0.1 if paper.per_page == 1 else 0.0  # a line on the very edge of a roll label would be half cut off
        canvas.frame(left + inset, top + inset, paper.cell_width_mm - 2 * inset, paper.cell_height_mm - 2 * inset, 0.15)
        x, y = paper.qr_centre(position)
        canvas.line(x - 2.5, y, x + 2.5, y, 0.15)
        canvas.line(x, y - 2.5, x, y + 2.5, 0.15)
        middle = left + (paper.layout.text_left + paper.cell_width_mm) / 2
        size = min(7.0, paper.cell_height_mm / 4)
        canvas.text(middle, top + paper.cell_height_mm / 2 + size * 0.37, str(position), size, bold=True, align="center")
    if paper.per_page > 1:
        _ruler(canvas, t("label.ruler", language, mm=RULER_MM))
        _upright_ruler(canvas)
    else:
        long = 40 if paper.page_width_mm < 62 else RULER_MM
        _ruler(canvas, t("label.ruler_short", language, mm=long), long, bottom=2.0)
    document.finish(canvas)
    document.close()
    return out.getvalue()


def _finish(document: Document, canvas: Canvas, paper: Template) -> None:
    if paper.ruler:
        _ruler(canvas, t("label.ruler", canvas.language, mm=RULER_MM))
    document.finish(canvas)


def _ruler(canvas: Canvas, text: str, long_mm: float = RULER_MM, bottom: float = 5.5) -> None:
    left, foot = (canvas.width_mm - long_mm) / 2, canvas.height_mm - bottom
    thick = 0.2
    # The ends are drawn inside, so that the outer edges are exactly `long_mm` apart.
    canvas.rectangle(left, foot - 4.4, thick, 4.4)
    canvas.rectangle(left + long_mm - thick, foot - 4.4, thick, 4.4)
    canvas.rectangle(left, foot - thick, long_mm, thick)
    for step in range(1, int(long_mm // 5)):
        canvas.rectangle(left + step * 5 - thick / 2, foot - (1.5 if step % 2 == 0 else 0.9), thick / 2, 1.5 if step % 2 == 0 else 0.9)
    canvas.text(canvas.width_mm / 2, foot - 2.1, text, 2.3, align="center")


def _upright_ruler(canvas: Canvas) -> None:
    left, top = 2.2, (canvas.height_mm - RULER_MM) / 2
    canvas.rectangle(left, top, 0.2, RULER_MM)
    canvas.rectangle(left, top, 2, 0.2)
    canvas.rectangle(left, top + RULER_MM - 0.2, 2, 0.2)
    for step in range(1, 10):
        canvas.rectangle(left, top + step * 5 - 0.05, 1.2 if step % 2 == 0 else 0.7, 0.1)


def _draw_label(canvas: Canvas, paper: Template, position: int, label: LabelText, base_url: str) -> None:
    place = paper.layout
    left, top = paper.cell(position)
    code, codes = plain_code(label.code), qr_codes(base_url, label_path(label.gs1_prefix))
    module = place.qr_size / (codes.size + 2 * QUIET_MODULES)
    if module < SMALLEST_MODULE_MM:
        raise DrawingError("sheet.module_too_small", template=paper.name, module_mm=round(module, 2), smallest_mm=SMALLEST_MODULE_MM)
    quiet, inner = module * QUIET_MODULES, module * codes.size
    canvas.path(left + place.qr_left + quiet, top + place.qr_top + quiet, inner, inner, codes.size, codes.size, codes.path(code))
    if place.bars_width and label.bars:
        canvas.path(
            left + place.bars_left, top + place.bars_top, place.bars_width, place.bars_height, CODE128_MODULES, 1, code128_path(code)
        )
    _draw_words(canvas, paper, left, top, label)
    if place.code_size:
        canvas.text(left + place.code_left, top + place.code_baseline, shown_code(code), place.code_size, bold=True, mono=True, spacing=0.2)


def _draw_words(canvas: Canvas, paper: Template, left: float, top: float, label: LabelText) -> None:
    place, language = paper.layout, canvas.language
    text_left, room = left + place.text_left, paper.cell_width_mm - place.text_left - place.text_right
    if place.name_size:
        size, lines = _name_lines(label.name, place.name_size, room, language)
        for row, line in enumerate(lines):
            canvas.text(text_left, top + place.name_top + size * (1.0 + 1.25 * row), line, size, bold=True)
    if place.number_baseline:
        number = f"{label.caption} {label.number}" if label.caption else label.number
        shown = cut(number, place.small_size, room, language)
        if label.caption and shown != clean(number):
            shown = cut(label.number, place.small_size, room, language)
        canvas.text(text_left, top + place.number_baseline, shown, place.small_size)
    office = cut(label.office, place.office_size, room, language) if place.office_size else ""
    if place.place_baseline:
        # On low cells the office stands on the place's line: the place, which says where the thing belongs, has the first half.
        shared = office and place.office_baseline == place.place_baseline
        shown = cut(label.place, place.small_size, room * (0.5 if shared else 1.0), language)
        canvas.text(text_left, top + place.place_baseline, shown, place.small_size)
        if shared:
            office = cut(label.office, place.office_size, room * 0.47, language)
    if place.office_size:
        edge = left + paper.cell_width_mm - place.text_right
        canvas.text(edge, top + place.office_baseline, office, place.office_size, align="right")


def _name_lines(name: str, size: float, room: float, language: str) -> tuple[float, list[str]]:
    """The name in at most two lines: a little smaller if that saves it, never under 3 mm, then cut by words."""
    tried = size
    while True:
        lines, whole = wrap(name, tried, room, language, 2)
        if whole or tried <= 3.0:
            return tried, lines
        tried = max(3.0, tried - 0.35)

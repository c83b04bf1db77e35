"""Sheets of labels: which paper there is, where its cells are, and what stands in a cell (contract.md, look.md §4 Paper).

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
from assets_labels.matrices import CODE128_MODULES, QUIET_MODULES, QrCodes, code128_path, plain_code, qr_codes, shown_code
from assets_labels.pdf import Canvas, Document
from assets_labels.words import cut, wrap
from core.foundation.i18n import t

SMALLEST_MODULE_MM = 0.33  # below this a 203 dpi printer has fewer than three dots a module (T17)
MOST_LABELS = 10_000
RULER_MM = 50


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand in a cell, in mm from its upper left corner; baselines for text. A size of 0 leaves that text out."""

    qr_left: float
    qr_top: float
    qr_size: float  # with the quiet zone of four modules
    text_left: float
    text_right: float  # distance from the right edge
    name_top: float
    name_size: float
    number_baseline: float
    place_baseline: float
    small_size: float
    code_left: float
    code_baseline: float
    code_size: float
    office_baseline: float
    office_size: float
    bars_left: float
    bars_top: float
    bars_width: float
    bars_height: float


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of label paper. Lengths in mm; `ruler` is true for sheets, false for rolls of single labels."""

    name: str
    page_width_mm: float
    page_height_mm: float
    columns: int
    rows: int
    cell_width_mm: float
    cell_height_mm: float
    pitch_x_mm: float
    pitch_y_mm: float
    left_mm: float
    top_mm: float
    ruler: bool
    layout: Layout

    @property
    def per_page(self) -> int:
        """How many labels a page holds."""
        return self.columns * self.rows

    def cell(self, position: int) -> tuple[float, float]:
        """Left and top of the cell at `position`, counted from 1 along the rows."""
        row, column = divmod(position - 1, self.columns)
        return self.left_mm + column * self.pitch_x_mm, self.top_mm + row * self.pitch_y_mm

    def qr_centre(self, position: int) -> tuple[float, float]:
        """The middle of the QR code of the cell at `position`."""
        left, top = self.cell(position)
        return left + self.layout.qr_left + self.layout.qr_size / 2, top + self.layout.qr_top + self.layout.qr_size / 2


@dataclass(frozen=True, slots=True)
class LabelText:
    """What one label says. `caption` names the number ("资产编号") and is left out where the cell is too narrow for both."""

    code: str
    name: str
    number: str = ""
    place: str = ""
    office: str = ""
    caption: str = ""


_A4 = (210.0, 297.0)
_LETTER = (215.9, 279.4)

_LAYOUT_A4_24 = Layout(1.5, 2.5, 19, 21.5, 2, 4, 3.7, 16.4, 19.9, 2.5, 4, 30.2, 3.4, 24.3, 2.2, 26, 26.1, 33.5, 5.5)
_LAYOUT_L7160 = Layout(1.5, 3, 21, 23.5, 2, 4.6, 3.7, 17.6, 21.4, 2.6, 4, 33.9, 3.4, 27.0, 2.3, 26, 29.6, 33.5, 5.7)
_LAYOUT_A4_65 = Layout(0.6, 0.9, 13, 13.6, 1, 1.5, 3.0, 11.0, 0, 2.0, 13.9, 14.0, 2.5, 0, 0, 1.05, 15.2, 36, 4.5)
_LAYOUT_5160 = Layout(1.5, 0.8, 17, 18.6, 2, 1.9, 3.7, 13.5, 16.7, 2.4, 4, 22.6, 3.4, 16.7, 2.1, 27.5, 18.6, 35, 5.2)
_LAYOUT_50X30 = Layout(1.0, 1.2, 16, 17.2, 1.5, 1.7, 3.7, 13.4, 16.5, 2.3, 3, 21.6, 3.2, 21.5, 2.0, 3, 23.3, 44, 5)
_LAYOUT_62X29 = Layout(1.0, 0.8, 18, 19.4, 2, 1.1, 4.2, 14.3, 17.2, 2.4, 3, 21.5, 3.2, 21.4, 2.1, 4, 22.9, 54, 4.8)

TEMPLATES = {
    template.name: template
    for template in (
        Template("A4-24", *_A4, 3, 8, 63.5, 33.9, 66.0, 33.9, 7.2, 12.9, True, _LAYOUT_A4_24),
        Template("L7160", *_A4, 3, 7, 63.5, 38.1, 66.0, 38.1, 7.2, 15.1, True, _LAYOUT_L7160),
        Template("A4-65", *_A4, 5, 13, 38.1, 21.2, 40.6, 21.2, 4.7, 10.7, True, _LAYOUT_A4_65),
        Template("5160", *_LETTER, 3, 10, 66.7, 25.4, 69.85, 25.4, 4.8, 12.7, True, _LAYOUT_5160),
        Template("50x30", 50.0, 30.0, 1, 1, 50.0, 30.0, 50.0, 30.0, 0.0, 0.0, False, _LAYOUT_50X30),
        Template("62x29", 62.0, 29.0, 1, 1, 62.0, 29.0, 62.0, 29.0, 0.0, 0.0, False, _LAYOUT_62X29),
    )
}


def template_named(name: str) -> Template:
    """The paper called `name`. Refuses: sheet.unknown_template."""
    if name not in TEMPLATES:
        raise DrawingError("sheet.unknown_template", template=name[:40], known=", ".join(TEMPLATES))
    return TEMPLATES[name]


def module_mm(template: str, base_url: str) -> float:
    """How large one QR module is on this paper with this base address; below 0.33 mm the sheet is refused. Refuses: sheet.bad_base_url."""
    return template_named(template).layout.qr_size / (qr_codes(base_url).size + 2 * QUIET_MODULES)


def next_position(template: str, start: int, count: int) -> int:
    """The first free cell after `count` labels from `start`: what the next job proposes."""
    return (start - 1 + count) % template_named(template).per_page + 1


def pages_needed(template: str, start: int, count: int) -> int:
    """How many sheets `count` labels from `start` take."""
    return -(-(start - 1 + count) // template_named(template).per_page) if count else 0


def missing_signs(label: LabelText, language: str) -> str:
    """The signs on a label that the font cannot draw: ask before a sheet is made, and name them all at once."""
    return missing(" ".join((label.name, label.caption, label.number, label.place, label.office)), language)


def draw_sheet(template: str, labels: Iterable[LabelText], start: int, base_url: str, language: str) -> bytes:
    """The labels as a PDF, the first in cell `start` (from 1). Refuses what `write_sheet` refuses."""
    out = io.BytesIO()
    write_sheet(out, template, labels, start, base_url, language)
    return out.getvalue()


def write_sheet(out: BinaryIO, template: str, labels: Iterable[LabelText], start: int, base_url: str, language: str) -> int:
    """Like `draw_sheet`, page by page into `out`; `labels` may be a generator. Returns how many labels were drawn.

    Refuses: sheet.unknown_template, sheet.bad_start, sheet.bad_base_url, sheet.module_too_small, label.bad_code and
    label.missing_glyph (both with the label's name), label.too_many. After a refusal `out` holds half a file: throw it away."""
    paper = template_named(template)
    if not 1 <= start <= paper.per_page:
        raise DrawingError("sheet.bad_start", start=start, last=paper.per_page)
    codes = qr_codes(base_url)
    module = module_mm(template, base_url)
    if module < SMALLEST_MODULE_MM:
        raise DrawingError("sheet.module_too_small", template=template, module_mm=round(module, 2), smallest_mm=SMALLEST_MODULE_MM)
    document = Document(out, t("label.sheet_title", language), language)
    canvas: Canvas | None = None
    position, drawn = start, 0
    for label in labels:
        if drawn == MOST_LABELS:
            raise DrawingError("label.too_many", most=MOST_LABELS)
        if canvas is None:
            canvas = document.page(paper.page_width_mm, paper.page_height_mm)
        try:
            _draw_label(canvas, paper, position, label, codes)
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


def calibration_page(template: str, language: str) -> bytes:
    """A page that shows where the cells are: outlines, numbers, a cross where each QR has its middle, and rulers."""
    paper = template_named(template)
    out = io.BytesIO()
    document = Document(out, t("label.calibration_title", language), language)
    canvas = document.page(paper.page_width_mm, paper.page_height_mm)
    for position in range(1, paper.per_page + 1):
        left, top = paper.cell(position)
        inset = 0.1 if not paper.ruler else 0.0  # a line on the very edge of a roll label would be half cut off
        canvas.frame(left + inset, top + inset, paper.cell_width_mm - 2 * inset, paper.cell_height_mm - 2 * inset, 0.15)
        x, y = paper.qr_centre(position)
        canvas.line(x - 2.5, y, x + 2.5, y, 0.15)
        canvas.line(x, y - 2.5, x, y + 2.5, 0.15)
        middle = left + (paper.layout.text_left + paper.cell_width_mm) / 2
        size = min(7.0, paper.cell_height_mm / 4)
        canvas.text(middle, top + paper.cell_height_mm / 2 + size * 0.37, str(position), size, bold=True, align="center")
    if paper.ruler:
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


def _draw_label(canvas: Canvas, paper: Template, position: int, label: LabelText, codes: QrCodes) -> None:
    place = paper.layout
    left, top = paper.cell(position)
    code = plain_code(label.code)
    language = canvas.language
    module = place.qr_size / (codes.size + 2 * QUIET_MODULES)
    quiet, inner = module * QUIET_MODULES, module * codes.size
    canvas.path(left + place.qr_left + quiet, top + place.qr_top + quiet, inner, inner, codes.size, codes.size, codes.path(code))
    canvas.path(left + place.bars_left, top + place.bars_top, place.bars_width, place.bars_height, CODE128_MODULES, 1, code128_path(code))
    text_left, room = left + place.text_left, paper.cell_width_mm - place.text_left - place.text_right
    size, lines = _name_lines(label.name, place.name_size, room, language)
    for row, line in enumerate(lines):
        canvas.text(text_left, top + place.name_top + size * (1.0 + 1.25 * row), line, size, bold=True)
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
    canvas.text(left + place.code_left, top + place.code_baseline, shown_code(code), place.code_size, bold=True, mono=True, spacing=0.2)


def _name_lines(name: str, size: float, room: float, language: str) -> tuple[float, list[str]]:
    """The name in at most two lines: a little smaller if that saves it, never under 3 mm, then cut by words."""
    tried = size
    while True:
        lines, whole = wrap(name, tried, room, language, 2)
        if whole or tried <= 3.0:
            return tried, lines
        tried = max(3.0, tried - 0.35)

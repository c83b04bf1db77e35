"""Reports and registers on A4: title, figures, a table that runs over pages, places to sign, and a line that seals it.

Used for the stock-take's result (盘点表, 盘盈盘亏明细表; guide row S4.1-R6), the roll call list and printed registers. The same
report gives the same bytes, so a sealed one can be compared by hash. A sign that the font lacks stands as 〓: a report must
come out whatever a name holds.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assets_labels.fonts import drawable
from assets_labels.pdf import Canvas, Document
from assets_labels.words import cut, wrap
from core.foundation.i18n import t

_LONG, _SHORT = 297.0, 210.0
_MARGIN = 14.0
_FOOT = 9.0
_GREY, _HAIR = 0.27, 0.73
_TEXT, _LEADING, _PAD = 3.1, 4.4, 1.7
_CAPTION = 2.7
_GAP = 4.0
_SIGNATURE_HEIGHT = 30.0
_MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, its share of the width, and whether it holds figures (set to the right)."""

    title: str
    share: float = 1.0
    figures: bool = False
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """A place to sign: the role, and the name and day when it was signed on a screen."""

    role: str
    name: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `sums` are captions and figures; a row of one cell is a heading inside the table; `totals` is its last, bold row;
    `footer` stands on each page (the seal's hash); `heading` is the small line above the title (the office)."""

    title: str
    lines: tuple[str, ...] = ()
    sums: tuple[tuple[str, str], ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    signatures: tuple[Signature, ...] = ()
    footer: str = ""
    language: str = "zh-Hans"
    heading: str = ""
    totals: tuple[str, ...] = ()
    landscape: bool = True


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[tuple[str, ...], ...]
    height: float
    kind: str  # "row", "group" or "totals"


def draw_report(report: Report) -> bytes:
    """The report as a PDF; the same report gives the same bytes."""
    out = io.BytesIO()
    document = Document(out, drawable(report.title, report.language), report.language)
    _Drawing(report, document).draw()
    document.close()
    return out.getvalue()


def draw_reports(reports: Sequence[Report]) -> bytes:
    """Several reports as the parts of one PDF, each with its own page numbers; title and language are the first one's."""
    out = io.BytesIO()
    document = Document(out, drawable(reports[0].title, reports[0].language), reports[0].language)
    for report in reports:
        _Drawing(report, document).draw()
    document.close()
    return out.getvalue()


class _Drawing:
    """One report being laid out: rows are measured, spread over pages, then drawn, because each page names how many there are."""

    def __init__(self, report: Report, document: Document) -> None:
        self._report, self._document, self._language = report, document, report.language
        self._width, self._height = (_LONG, _SHORT) if report.landscape else (_SHORT, _LONG)
        self._right = self._width - _MARGIN
        room = self._width - 2 * _MARGIN - _GAP * max(0, len(report.columns) - 1)
        shares = sum(column.share for column in report.columns) or 1.0
        self._widths = [room * column.share / shares for column in report.columns]
        self._head = [self._wrapped(column.title, _CAPTION, wide, 2) for column, wide in zip(report.columns, self._widths, strict=True)]
        self._head_height = max((len(lines) for lines in self._head), default=0) * 3.8 + 1.2

    def draw(self) -> None:
        report = self._report
        first_top = self._first_top()
        pages = self._paged(first_top)
        for index, rows in enumerate(pages):
            canvas = self._document.page(self._width, self._height)
            y = self._opening(canvas) if index == 0 else self._reopening(canvas)
            if report.columns and (rows or index == 0):
                y = self._table_head(canvas, y)
                for row in rows:
                    y = self._row(canvas, y, row)
                if index == 0 and not report.rows:
                    canvas.text(_MARGIN, y + _PAD + 3.0, t("report.no_rows", self._language), _TEXT, grey=_GREY)
            if index == len(pages) - 1 and report.signatures:
                self._signatures(canvas)
            self._foot(canvas, index + 1, len(pages))
            self._document.finish(canvas)

    # ── laying out ──

    def _wrapped(self, text: str, size: float, wide: float, lines: int) -> tuple[str, ...]:
        return tuple(wrap(drawable(text, self._language), size, wide, self._language, lines)[0])

    def _measured(self) -> Iterator[_Row]:
        columns = self._report.columns
        whole = self._width - 2 * _MARGIN
        for cells in self._report.rows:
            if len(cells) == 1 and len(columns) > 1:
                yield _Row((self._wrapped(cells[0], _TEXT, whole, 1),), _LEADING + 2 * _PAD + 2.0, "group")
            else:
                yield self._row_of(cells, "row")
        if self._report.totals:
            yield self._row_of(self._report.totals, "totals")

    def _row_of(self, cells: tuple[str, ...], kind: str) -> _Row:
        wrapped = tuple(self._wrapped(cell, _TEXT, wide, _MOST_LINES) for cell, wide in zip(cells, self._widths, strict=False))
        return _Row(wrapped, max(1, *(len(lines) for lines in wrapped), 1) * _LEADING + 2 * _PAD - 0.8, kind)

    def _paged(self, first_top: float) -> list[list[_Row]]:
        """The rows of each page; a heading inside the table never ends one, and the signatures find room on the last."""
        bottom = self._height - _FOOT - 8.0
        pages: list[list[_Row]] = [[]]
        y = first_top
        for row in self._measured():
            if y + row.height > bottom and pages[-1]:
                carried = [pages[-1].pop()] if pages[-1][-1].kind == "group" and len(pages[-1]) > 1 else []
                pages.append(carried)
                y = 20.0 + self._head_height + sum(each.height for each in carried)
            pages[-1].append(row)
            y += row.height
        if self._report.signatures and y + _SIGNATURE_HEIGHT > bottom:
            # Nobody should sign a page that lists nothing: the last rows go with the signatures.
            keep = max(1, len(pages[-1]) - 2)
            while keep > 1 and pages[-1][keep - 1].kind == "group":
                keep -= 1
            pages.append(pages[-1][keep:])
            del pages[-2][keep:]
        return pages

    def _first_top(self) -> float:
        y = 27.0 + (len(self._lines()) * 5.0) + (15.5 if self._report.sums else 0.0) + 6.0
        return y + self._head_height

    def _lines(self) -> list[str]:
        return [line for text in self._report.lines for line in self._wrapped(text, 3.2, self._width - 2 * _MARGIN, 3)]

    # ── drawing ──

    def _opening(self, canvas: Canvas) -> float:
        report, language = self._report, self._language
        canvas.text(_MARGIN, 14.5, cut(drawable(report.heading, language), 3.2, self._width - 2 * _MARGIN, language), 3.2, grey=_GREY)
        canvas.text(_MARGIN, 24.0, cut(drawable(report.title, language), 7.2, self._width - 2 * _MARGIN, language), 7.2, bold=True)
        y = 27.0
        for line in self._lines():
            y += 5.0
            canvas.text(_MARGIN, y, line, 3.2, grey=_GREY)
        if report.sums:
            step = min(46.0, (self._width - 2 * _MARGIN) / len(report.sums))
            for index, (caption, figure) in enumerate(report.sums):
                x = _MARGIN + index * step
                canvas.text(x, y + 8.0, cut(drawable(caption, language), _CAPTION, step - 3.0, language), _CAPTION, grey=_GREY)
                shown = drawable(figure, language)
                size = 5.6 if cut(shown, 5.6, step - 3.0, language) == shown else 4.0
                canvas.text(x, y + 14.6, cut(shown, size, step - 3.0, language), size, bold=True)
            y += 15.5
        return y + 6.0

    def _reopening(self, canvas: Canvas) -> float:
        title = t("report.continued", self._language, title=drawable(self._report.title, self._language))
        canvas.text(_MARGIN, 14.5, cut(title, 3.2, self._width - 2 * _MARGIN, self._language), 3.2, grey=_GREY)
        return 20.0

    def _table_head(self, canvas: Canvas, y: float) -> float:
        for x, wide, column, lines in self._cells(self._head):
            for row, line in enumerate(lines):
                canvas.text(x + wide if column.figures else x, y + 2.6 + row * 3.8, line, _CAPTION, grey=_GREY,
                            align="right" if column.figures else "left")  # fmt: skip
        y += self._head_height
        canvas.line(_MARGIN, y, self._right, y, 0.3)
        return y

    def _cells(self, cells: list[tuple[str, ...]] | tuple[tuple[str, ...], ...]) -> Iterator[tuple[float, float, Column, tuple[str, ...]]]:
        x = _MARGIN
        for column, wide, lines in zip(self._report.columns, self._widths, cells, strict=False):
            yield x, wide, column, lines
            x += wide + _GAP

    def _row(self, canvas: Canvas, y: float, row: _Row) -> float:
        if row.kind == "group":
            canvas.text(_MARGIN, y + row.height - _PAD - 1.0, row.cells[0][0] if row.cells[0] else "", _TEXT, bold=True)
        else:
            for x, wide, column, lines in self._cells(row.cells):
                for index, line in enumerate(lines):
                    canvas.text(x + wide if column.figures else x, y + _PAD + 2.8 + index * _LEADING, line, _TEXT,
                                bold=column.bold or row.kind == "totals", align="right" if column.figures else "left")  # fmt: skip
        y += row.height
        canvas.line(_MARGIN, y, self._right, y, 0.3 if row.kind == "totals" else 0.13, 0.0 if row.kind == "totals" else _HAIR)
        return y

    def _signatures(self, canvas: Canvas) -> None:
        language, signers = self._language, self._report.signatures
        wide = (self._width - 2 * _MARGIN - _GAP * 2 * (len(signers) - 1)) / len(signers)
        line_y = self._height - _FOOT - 14.0
        for index, signature in enumerate(signers):
            x = _MARGIN + index * (wide + _GAP * 2)
            canvas.text(x, line_y - 13.5, cut(drawable(signature.role, language), _CAPTION, wide, language), _CAPTION, grey=_GREY)
            if signature.name:
                canvas.text(x, line_y - 2.2, cut(drawable(signature.name, language), 4.6, wide, language), 4.6, bold=True)
            canvas.line(x, line_y, x + wide, line_y, 0.25)
            day = drawable(signature.day, language) or t("report.signature_day", language)
            canvas.text(x, line_y + 4.0, cut(day, _CAPTION, wide, language), _CAPTION, grey=_GREY)

    def _foot(self, canvas: Canvas, page: int, pages: int) -> None:
        y = self._height - _FOOT
        count = t("report.page", self._language, page=page, pages=pages)
        canvas.text(self._right, y, count, 2.5, grey=_GREY, align="right")
        room = self._width - 2 * _MARGIN - 40.0
        canvas.text(_MARGIN, y, cut(drawable(self._report.footer, self._language), 2.5, room, self._language), 2.5, grey=_GREY)

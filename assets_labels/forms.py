"""Ruled forms on A4 as an office files them: a centred title, a line above the table, cells with borders on all sides, boxes to sign (X4).

A row is cells with shares of the width; its height is that of its fullest cell. A table runs on over pages; the row of headings that opened a part comes again on
the next page. The boxes never stand on a page of their own: rows close up, or the last ones go over with them. A sign that the font lacks stands as 〓: a form must come out whatever a name holds.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from assets_labels.fonts import drawable
from assets_labels.pdf import Canvas, Document
from assets_labels.words import cut, wrap
from core.foundation.i18n import t

WIDE, HIGH = 210.0, 297.0
SIDE, TOP, FOOT = 20.0, 24.0, 16.0
TITLE, SMALL, SIZE, LEADING, PAD_X, PAD_Y = 7.4, 3.3, 3.5, 5.2, 2.0, 1.8
TIGHT_PAD_Y = 1.0  # rows of a form that would else need one more page for its signatures alone
BESIDE_BOXES = 3  # so many rows go over to the signatures' page when even that does not fit: nobody signs an empty sheet
OUTER, INNER = 0.42, 0.16
MOST_LINES = 30

Kind = Literal["label", "value", "figure", "centre", "head", "part"]


@dataclass(frozen=True, slots=True)
class Cell:
    """`share` of the row's width. A label is centred on grey, a head too but bold, a part is a bold line over the whole width, a figure stands right."""

    text: str
    share: float = 1.0
    kind: Kind = "value"
    least_mm: float = 0.0


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A place to sign: the role, who did it on a screen, the day."""

    role: str
    name: str = ""
    day: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A form. `above` are the words left and right over the table; `foot` stands on every page."""

    title: str
    above: tuple[str, str] = ("", "")
    rows: tuple[Row, ...] = ()
    boxes: tuple[Box, ...] = ()
    foot: str = ""
    language: str = "zh-Hans"


def draw_form(form: Form) -> bytes:
    """The form as a PDF; the same form gives the same bytes."""
    out = io.BytesIO()
    document = Document(out, drawable(form.title, form.language), form.language)
    _Drawing(form, document).draw()
    document.close()
    return out.getvalue()


class _Drawing:
    """Rows are measured, spread over pages, then drawn: each page names how many there are."""

    def __init__(self, form: Form, document: Document) -> None:
        self._form, self._document, self._language = form, document, form.language
        self._width, self._pad_y = WIDE - 2 * SIDE, PAD_Y

    def draw(self) -> None:
        pages = self._paged()
        if not pages[-1]:
            self._pad_y = TIGHT_PAD_Y
            pages = self._paged()
        if not pages[-1] and len(pages) > 1:
            self._take_along(pages)
        for number, rows in enumerate(pages, 1):
            canvas = self._document.page(WIDE, HIGH)
            y = self._opening(canvas) if number == 1 else TOP
            top = y
            for row in rows:
                y = self._row(canvas, y, row)
            if rows:
                canvas.frame(SIDE, top, self._width, y - top, OUTER)
            if number == len(pages):
                self._boxes(canvas, y)
            self._foot(canvas, number, len(pages))
            self._document.finish(canvas)

    def _paged(self) -> list[list[Row]]:
        bottom = HIGH - FOOT - 6.0
        pages: list[list[Row]] = [[]]
        y = self._first_top()
        head: Row | None = None
        rows = self._form.rows
        for index, row in enumerate(rows):
            high = self._high(row)
            # A heading never ends a page: it needs room for the headings behind it and their first row.
            needs = high
            for ahead in range(index, len(rows) - 1):
                if rows[ahead][0].kind not in ("head", "part"):
                    break
                needs += self._high(rows[ahead + 1])
            if y + needs > bottom and pages[-1]:
                again = [head] if head is not None and row[0].kind not in ("head", "part", "label") else []
                pages.append(list(again))
                y = TOP + sum(self._high(one) for one in again)
            pages[-1].append(row)
            y += high
            head = row if row[0].kind == "head" else None if row[0].kind in ("part", "label") else head
        if self._form.boxes and y + self._boxes_high() > bottom:
            pages.append([])
        return pages

    def _take_along(self, pages: list[list[Row]]) -> None:
        """Give the page of the boxes the last rows of the one before, under their headings again."""
        self._pad_y = PAD_Y
        pages[:] = self._paged()
        before = pages[-2]
        start = max(1, len(before) - BESIDE_BOXES)
        while start > 1 and before[start - 1][0].kind in ("head", "part"):
            start -= 1
        head = next((row for row in reversed(before[:start]) if row[0].kind in ("head", "part", "label")), None)
        again = [head] if head is not None and head[0].kind == "head" and before[start][0].kind not in ("head", "part", "label") else []
        pages[-1] = again + before[start:]
        del before[start:]

    def _first_top(self) -> float:
        lines = wrap(drawable(self._form.title, self._language), TITLE, self._width, self._language, 2)[0]
        return TOP + len(lines) * TITLE * 1.35 + (8.0 if any(self._form.above) else 3.0)

    def _lines(self, cell: Cell, wide: float) -> list[str]:
        found: list[str] = []
        for text in (cell.text or "").splitlines() or [""]:
            found += wrap(drawable(text, self._language), SIZE, wide - 2 * PAD_X, self._language, MOST_LINES)[0] or [""]
        return found[:MOST_LINES]

    def _widths(self, row: Row) -> list[float]:
        shares = sum(cell.share for cell in row)
        return [self._width * cell.share / shares for cell in row]

    def _high(self, row: Row) -> float:
        lines = max(len(self._lines(cell, wide)) for cell, wide in zip(row, self._widths(row), strict=True))
        return max(lines * LEADING + 2 * self._pad_y, *(cell.least_mm for cell in row))

    def _opening(self, canvas: Canvas) -> float:
        y = TOP
        for line in wrap(drawable(self._form.title, self._language), TITLE, self._width, self._language, 2)[0]:
            canvas.text(WIDE / 2, y + TITLE * 0.9, line, TITLE, bold=True, align="middle")
            y += TITLE * 1.35
        left, right = (drawable(text, self._language) for text in self._form.above)
        if left or right:
            y += 8.0
            canvas.text(SIDE, y - 2.2, cut(left, SMALL, self._width * 0.62, self._language), SMALL)
            canvas.text(SIDE + self._width, y - 2.2, cut(right, SMALL, self._width * 0.36, self._language), SMALL, align="right")
        else:
            y += 3.0
        return y

    def _row(self, canvas: Canvas, y: float, row: Row) -> float:
        high, x = self._high(row), SIDE
        for cell, wide in zip(row, self._widths(row), strict=True):
            if cell.kind in ("label", "head"):
                canvas.rectangle(x, y, wide, high, 0.945)
            canvas.frame(x, y, wide, high, INNER)
            lines = self._lines(cell, wide)
            start = y + (high - len(lines) * LEADING) / 2
            for index, line in enumerate(lines):
                baseline = start + index * LEADING + LEADING * 0.72
                if cell.kind in ("label", "head", "centre"):
                    canvas.text(x + wide / 2, baseline, line, SIZE, bold=cell.kind == "head", align="middle")
                elif cell.kind == "figure":
                    canvas.text(x + wide - PAD_X, baseline, line, SIZE, align="right")
                else:
                    canvas.text(x + PAD_X, baseline, line, SIZE, bold=cell.kind == "part")
            x += wide
        return y + high

    def _boxes_high(self) -> float:
        return 34.0

    def _boxes(self, canvas: Canvas, y: float) -> None:
        boxes = self._form.boxes
        if not boxes:
            return
        wide, high = self._width / len(boxes), self._boxes_high()
        for index, box in enumerate(boxes):
            x = SIDE + index * wide
            canvas.frame(x, y, wide, high, INNER)
            canvas.text(x + PAD_X, y + 5.0, cut(drawable(box.role, self._language), SIZE, wide - 2 * PAD_X, self._language), SIZE)
            if box.said:
                for line, words in enumerate(wrap(drawable(box.said, self._language), SIZE, wide - 2 * PAD_X, self._language, 2)[0]):
                    canvas.text(x + PAD_X, y + 11.0 + line * LEADING, words, SIZE)
            if box.name:
                canvas.text(
                    x + wide / 2,
                    y + 23.0,
                    cut(drawable(box.name, self._language), 4.6, wide - 2 * PAD_X, self._language),
                    4.6,
                    bold=True,
                    align="middle",
                )
            day = drawable(box.day, self._language) or t("report.signature_day", self._language)
            canvas.text(x + wide - PAD_X, y + high - 3.0, cut(day, SMALL, wide - 2 * PAD_X, self._language), SMALL, align="right")
        canvas.frame(SIDE, y, self._width, high, OUTER)

    def _foot(self, canvas: Canvas, page: int, pages: int) -> None:
        y = HIGH - FOOT + 4.0
        canvas.text(WIDE / 2, y, t("report.page", self._language, page=page, pages=pages), 2.8, align="middle")
        canvas.text(SIDE, y, cut(drawable(self._form.foot, self._language), 2.6, self._width * 0.4, self._language), 2.6, grey=0.3)


def pairs(*given: tuple[str, str], label: float = 1.0, value: float = 2.2) -> Row:
    """A row of label and value, several side by side."""
    return tuple(cell for name, words in given for cell in (Cell(name, label, "label"), Cell(words, value)))


def table(heads: Sequence[tuple[str, float, Kind]], lines: Iterable[Sequence[str]]) -> list[Row]:
    """A row of headings and the rows below it."""
    rows: list[Row] = [tuple(Cell(words, share, "head") for words, share, _kind in heads)]
    rows += [tuple(Cell(words, share, kind) for words, (_head, share, kind) in zip(line, heads, strict=True)) for line in lines]
    return rows


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_DIGITS_HANT = "零壹貳參肆伍陸柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def in_words(cents: int, language: str = "zh-Hans") -> str:
    """An amount in capital signs as forms ask for it: 叁仟贰佰元整, 壹拾元零伍分. From 0 to under 10^16 yuan."""
    hant = language == "zh-Hant"
    digits = _DIGITS_HANT if hant else _DIGITS
    yuan, rest = divmod(abs(cents), 100)
    jiao, fen = divmod(rest, 10)
    whole = _whole(yuan, digits)
    said = f"{whole}元" if whole else ""
    if not said and not rest:
        said = "零元"
    if not rest:
        said += "整"
    else:
        said += f"{digits[jiao]}角" if jiao else "零" if said else ""
        said += f"{digits[fen]}分" if fen else "整"
    said = ("负" if cents < 0 else "") + said
    return said.replace("万", "萬").replace("亿", "億").replace("负", "負") if hant else said


def _whole(yuan: int, digits: str) -> str:
    groups = []
    while yuan:
        yuan, group = divmod(yuan, 10_000)
        groups.append(group)
    said = ""
    gap = False
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if not group:
            gap = bool(said)
            continue
        if said and (gap or group < 1000):
            said += "零"
        said += _four(group, digits) + _GROUPS[index]
        gap = False
    return said


def _four(group: int, digits: str) -> str:
    said, zero = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit:
            said += ("零" if zero and said else "") + digits[digit] + _PLACES[place]
            zero = False
        else:
            zero = True
    return said

"""Breaking a text into lines: Latin by words, Chinese between any two signs except where punctuation forbids it (look.md §4)."""

from __future__ import annotations

import re
from itertools import accumulate

from assets_labels.fonts import clean, glyphs

_HANGING = "）》」』】〕，。、；：！？"  # their right half is white: at the end of a line it may stand outside
ELLIPSIS = "…"
_NOT_FIRST = "，。、；：？！）》」』】〕〉”’%…—,.;:?!)]}"
_NOT_LAST = "（《「『【〔〈“‘([{"
_PIECES = re.compile(r"[ \u3000]+|[!-~\u00a1-\u024f\u0300-\u036f\u0370-\u052f]+|.", re.DOTALL)


def pieces(text: str) -> list[tuple[int, int]]:
    """Where the parts of `text` that may stand on different lines begin and end: words, Chinese signs with their punctuation, spaces."""
    found: list[tuple[int, int]] = []
    for match in _PIECES.finditer(text):
        begin, end = match.span()
        before = text[begin - 1] if found else " "
        joins = not before.isspace() and not text[begin].isspace() and (text[begin] in _NOT_FIRST or before in _NOT_LAST)
        if joins:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


class _Measure:
    """Widths of any part of one text, each sign measured once."""

    def __init__(self, text: str, size_mm: float, language: str, mono: bool) -> None:
        self._text, self._size, self._hangs = text, size_mm, language != "zh-Hant"
        self._sums = [0.0, *accumulate(glyph[1] * size_mm / 1000 for glyph in glyphs(text, language, mono=mono))]

    def __call__(self, begin: int, end: int) -> float:
        """The width of a line from `begin` to `end`: spaces at its end, and the white half of a closing sign, do not count."""
        while end > begin and self._text[end - 1].isspace():
            end -= 1
        hangs = 0.5 * self._size if self._hangs and end > begin and self._text[end - 1] in _HANGING else 0.0
        return self._sums[end] - self._sums[begin] - hangs


def wrap(text: str, size_mm: float, width_mm: float, language: str, lines: int = 0, *, mono: bool = False) -> tuple[list[str], bool]:
    """The lines of `text` within `width_mm`, and whether all of it found room; `lines` is how many there may be (0: any number).

    A word longer than a line is broken inside. What finds no room in the last line is cut by words and marked with dots.
    Refuses: label.missing_glyph."""
    text = clean(text)
    measure = _Measure(text, size_mm, language, mono)
    if measure(0, len(text)) <= width_mm:
        return ([text] if text else []), True
    made: list[str] = []
    begin = end = 0
    for start, stop in pieces(text):
        if end == begin and text[start].isspace():
            begin = end = stop
            continue
        if measure(begin, stop) <= width_mm:
            end = stop
            continue
        if end > begin:
            made.append(text[begin:end].rstrip())
            begin = start
        while measure(begin, stop) > width_mm and not (lines and len(made) >= lines):
            broken = max(begin + 1, _fitting(measure, begin, stop, width_mm))
            if broken >= stop:
                break  # one sign wider than the line: it stands there all the same
            made.append(text[begin:broken])
            begin = broken
        end = stop
        if lines and len(made) >= lines:
            made[lines - 1] = _shortened(made[lines - 1], size_mm, width_mm, language, mono)
            return made[:lines], False
    if text[begin:end].strip():
        made.append(text[begin:end].rstrip())
    return made, True


def _fitting(measure: _Measure, begin: int, end: int, width_mm: float) -> int:
    """The furthest place up to which a line from `begin` fits."""
    low, high = begin, end
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(begin, middle) <= width_mm else (low, middle - 1)
    return low


def cut(text: str, size_mm: float, width_mm: float, language: str, *, mono: bool = False) -> str:
    """`text` on one line of `width_mm`; too long, it loses whole words (a first word too long: signs) and ends with dots.

    Refuses: label.missing_glyph."""
    text = clean(text)
    if _Measure(text, size_mm, language, mono)(0, len(text)) <= width_mm:
        return text
    return _shortened(text, size_mm, width_mm, language, mono)


def _shortened(text: str, size_mm: float, width_mm: float, language: str, mono: bool) -> str:
    """`text` with dots behind as many of its words as fit."""
    measure = _Measure(text, size_mm, language, mono)
    room = width_mm - _Measure(ELLIPSIS, size_mm, language, mono)(0, 1)
    ends = [end for _begin, end in pieces(text)]
    fits = next((end for end in reversed(ends) if measure(0, end) <= room), 0)
    return _dotted(text[: fits or _fitting(measure, 0, ends[0] if ends else 0, room)])


def _dotted(text: str) -> str:
    # The Chinese ellipsis sits at mid-height, which is wrong behind Latin letters.
    text = text.rstrip(" \u3000，。、；：,.;:")
    return text + ("..." if text[-1:].isascii() and text else ELLIPSIS)

"""Breaking a text into lines: Latin by words, Chinese between any two signs except where punctuation forbids it (look.md §4)."""

from __future__ import annotations

import re

from assets_labels.fonts import clean, width

_HANGING = "）》」』】〕，。、；：！？"  # their right half is white: at the end of a line it may stand outside
_NOT_FIRST = "，。、；：？！）》」』】〕〉”’%…—,.;:?!)]}"
_NOT_LAST = "（《「『【〔〈“‘([{"
_PIECES = re.compile(r"[ \u3000]+|[!-~\u00a1-\u024f\u0300-\u036f\u0370-\u052f]+|.", re.DOTALL)


def pieces(text: str) -> list[str]:
    """`text` in parts that may stand on different lines: words, single Chinese signs with their punctuation, spaces."""
    found: list[str] = []
    for piece in _PIECES.findall(text):
        joins = found and not found[-1].isspace() and (piece[0] in _NOT_FIRST or found[-1][-1] in _NOT_LAST)
        if joins and not piece.isspace():
            found[-1] += piece
        else:
            found.append(piece)
    return found


def wrap(text: str, size_mm: float, width_mm: float, language: str, lines: int = 0, *, mono: bool = False) -> tuple[list[str], bool]:
    """The lines of `text` within `width_mm`, and whether all of it found room; `lines` is how many there may be (0: any number).

    A word longer than a line is broken inside. What finds no room in the last line is cut by words and marked."""
    text = clean(text)

    def measure(part: str) -> float:
        hangs = 0.5 * size_mm if part and part[-1] in _HANGING and language != "zh-Hant" else 0.0
        return width(part, size_mm, language, mono=mono) - hangs

    if measure(text) <= width_mm:
        return ([text] if text else []), True
    made: list[str] = []
    line = ""
    todo = pieces(text)[::-1]
    while todo:
        piece = todo.pop()
        if measure(line + piece.rstrip()) <= width_mm:
            line += piece
        elif piece.isspace():
            made.append(line)
            line = ""
        elif line.strip():
            made.append(line.rstrip())
            line = ""
            todo.append(piece)
        else:
            fits = max(1, next((count for count in range(len(piece), 0, -1) if measure(piece[:count]) <= width_mm), 1))
            made.append(piece[:fits])
            if piece[fits:]:
                todo.append(piece[fits:])
            line = ""
        if lines and len(made) >= lines:
            if (line + "".join(reversed(todo))).strip():
                made[lines - 1] = _shortened(made[lines - 1], size_mm, width_mm, language, mono)
                return made[:lines], False
            return made[:lines], True
    if line.strip():
        made.append(line.rstrip())
    return made, True


def cut(text: str, size_mm: float, width_mm: float, language: str, *, mono: bool = False) -> str:
    """`text` on one line of `width_mm`; too long, it loses whole words (a first word too long: signs) and ends with dots."""
    text = clean(text)
    if width(text, size_mm, language, mono=mono) <= width_mm:
        return text
    return _shortened(text, size_mm, width_mm, language, mono)


def _shortened(text: str, size_mm: float, width_mm: float, language: str, mono: bool) -> str:
    """`text` with "…" behind as many of its words as fit."""

    def fits(part: str) -> bool:
        return width(part, size_mm, language, mono=mono) <= width_mm

    parts = pieces(text)
    while len(parts) > 1 and not fits(_dotted("".join(parts))):
        parts.pop()
    word = "".join(parts)
    while word and not fits(_dotted(word)):
        word = word[:-1]
    return _dotted(word)


def _dotted(text: str) -> str:
    # The Chinese ellipsis sits at mid-height, which is wrong behind Latin letters.
    text = text.rstrip(" 　，。、；：,.;:")
    return text + ("..." if text[-1:].isascii() and text else "…")

"""What sets the kinds of visitors apart on a badge: a word, a band of its own pattern, and on a colour printer a colour (look.md §1: never colour alone).

The pattern under the band is seen across a room and survives a thermal printer: each kind has another one. A kind this version does not know is a guest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assets_labels.pdf import Canvas, Colour, Ink

Pattern = Literal["plain", "dots", "stripes", "chevrons", "double", "bars", "checks", "dashes"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a kind looks. `word` is a catalogue key below `badge.kind.`; `colour` stands well below white text (contrast above 5)."""

    word: str
    pattern: Pattern
    colour: Colour


LOOKS: dict[str, Look] = {
    "guest": Look("guest", "plain", (0.078, 0.137, 0.184)),
    "interview": Look("interview", "dots", (0.36, 0.20, 0.55)),
    "contractor": Look("contractor", "stripes", (0.64, 0.28, 0.0)),
    "courier": Look("courier", "chevrons", (0.0, 0.38, 0.40)),
    "government": Look("government", "double", (0.62, 0.11, 0.13)),
    "group": Look("group", "bars", (0.11, 0.30, 0.60)),
    "vendor": Look("vendor", "checks", (0.10, 0.41, 0.27)),
    "other": Look("other", "dashes", (0.23, 0.27, 0.30)),
}
_ALIKE = {
    "applicant": "interview", "candidate": "interview", "worker": "contractor", "delivery": "courier", "official": "government", "inspection": "government",
    "supplier": "vendor", "tour": "group", "visitor": "guest", "": "guest",
}  # fmt: skip


def look_of(kind: str) -> Look:
    """The look of a kind of visitor; an unknown one is a guest's."""
    plain = kind.strip().lower()
    return LOOKS.get(_ALIKE.get(plain, plain), LOOKS["guest"])


def draw_pattern(canvas: Canvas, look: Look, left: float, top: float, width: float, height: float, ink: Ink) -> None:
    """Fill the strip under the band with the kind's pattern; nothing leaves the strip."""
    right, foot, half = left + width, top + height, height / 2
    if look.pattern == "plain":
        canvas.rectangle(left, top, width, height * 0.22, ink)
    elif look.pattern == "double":
        canvas.rectangle(left, top + height * 0.3, width, height * 0.22, ink)
        canvas.rectangle(left, top + height * 0.74, width, height * 0.22, ink)
    elif look.pattern == "dots":
        for x in _steps(left + half, right - half, height * 1.25):
            canvas.ring(x, top + height * 0.58, height * 0.18, height * 0.36, ink)
    elif look.pattern == "bars":
        for x in _steps(left, right - half, height * 0.9):
            canvas.rectangle(x, top + height * 0.15, height * 0.42, height * 0.85, ink)
    elif look.pattern == "dashes":
        for x in _steps(left, right - height * 2.2, height * 3.1):
            canvas.rectangle(x, top + height * 0.4, height * 2.2, height * 0.4, ink)
    elif look.pattern == "stripes":
        for x in _steps(left + height, right - height * 0.8, height * 1.6):
            canvas.polygon([(x, top), (x + height * 0.8, top), (x + height * 0.8 - height, foot), (x - height, foot)], ink)
    elif look.pattern == "chevrons":
        for x in _steps(left, right - height * 1.2, height * 1.5):
            wide, thick = height * 0.62, height * 0.5
            canvas.polygon(
                [(x, top), (x + thick, top), (x + thick + wide, top + half), (x + thick, foot), (x, foot), (x + wide, top + half)], ink
            )
    elif look.pattern == "checks":
        places = _steps(left, right - half, half)
        for at, x in enumerate(places):
            canvas.rectangle(x, top + half * (at % 2), (right - left) / len(places), half, ink)


def _steps(start: float, end: float, step: float) -> list[float]:
    """Places about `step` apart, the first at `start`, the last at `end`."""
    count = max(1, round((end - start) / step))
    return [start + (end - start) * at / count for at in range(count + 1)]

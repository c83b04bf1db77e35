"""The visitor's badge, 62 × 100 mm, black only (look.md §4 Badge; guide row S1.2-R6).

The ring with the day is the badge's safety: yesterday's badge is seen across a room. It bears no phone, no ID number and no photo.
A sign of a name that the font lacks stands as 〓: a visitor at the kiosk must not wait because of a letter.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date

from assets_labels.fonts import drawable, width
from assets_labels.matrices import QUIET_MODULES, plain_code, qr_codes, shown_code
from assets_labels.pdf import Canvas, Document
from assets_labels.words import cut, wrap
from core.foundation.i18n import BABEL_LOCALES, t

WIDTH_MM, HEIGHT_MM = 62.0, 100.0
_EDGE = 4.0
_ROOM = WIDTH_MM - 2 * _EDGE


@dataclass(frozen=True, slots=True)
class BadgeText:
    """What one badge says: `valid_until` is a time as people read it ("18:00"), `day` the one day it counts,
    `day_number` the visitor's number that day."""

    code: str
    name: str
    day: date
    day_number: int
    valid_until: str
    firm: str = ""
    host: str = ""
    areas: str = ""
    office: str = ""
    language: str = "zh-Hans"


def draw_badge(badge: BadgeText, base_url: str) -> bytes:
    """One badge as a PDF. Refuses: sheet.bad_base_url, label.bad_code."""
    return draw_badges([badge], base_url)


def draw_badges(badges: Iterable[BadgeText], base_url: str) -> bytes:
    """Badges as a PDF, one a page, each in its own language. Refuses: sheet.bad_base_url, label.bad_code."""
    every = list(badges)
    language = every[0].language if every else "zh-Hans"
    out = io.BytesIO()
    document = Document(out, t("badge.title", language), language)
    for badge in every:
        canvas = document.page(WIDTH_MM, HEIGHT_MM)
        canvas.language = badge.language
        _draw(canvas, badge, base_url)
        document.finish(canvas)
    document.close()
    return out.getvalue()


def _draw(canvas: Canvas, badge: BadgeText, base_url: str) -> None:
    language = badge.language
    _band(canvas, badge)
    y = _name(canvas, drawable(badge.name, language))
    if badge.firm:
        firm = drawable(badge.firm, language)
        size = 4.0 if cut(firm, 4.0, _ROOM, language) == firm else 3.3
        canvas.text(_EDGE, y + 6.6, cut(firm, size, _ROOM, language), size)
    y = max(y + 13.0, 42.0)
    for caption, value in ((t("badge.host", language), badge.host), (t("badge.areas", language), badge.areas)):
        if value:
            canvas.text(_EDGE, y, caption, 2.6)
            canvas.text(_EDGE, y + 4.9, cut(drawable(value, language), 4.2, _ROOM, language), 4.2, bold=True)
            y += 10.0
    code = plain_code(badge.code)
    codes = qr_codes(base_url)
    module = 24.0 / (codes.size + 2 * QUIET_MODULES)
    left, top = _EDGE - 2.0, HEIGHT_MM - 9.0 - 24.0
    inner = module * codes.size
    canvas.path(left + module * QUIET_MODULES, top + module * QUIET_MODULES, inner, inner, codes.size, codes.size, codes.path(code))
    canvas.text(_EDGE + 0.8, HEIGHT_MM - 6.6, shown_code(code), 3.6, mono=True, spacing=0.25)
    if badge.office:
        canvas.text(_EDGE + 0.8, HEIGHT_MM - 2.9, cut(drawable(badge.office, language), 2.2, 27.0, language), 2.2)
    _date_ring(canvas, badge.day)


def _band(canvas: Canvas, badge: BadgeText) -> None:
    language = badge.language
    canvas.rectangle(0, 0, WIDTH_MM, 11.5)
    canvas.text(_EDGE, 8.0, t("badge.visitor", language), 6.0, bold=True, grey=1.0, spacing=0.6 if language != "en" else 0.3)
    right = WIDTH_MM - _EDGE
    canvas.text(right, 5.0, f"{badge.day_number:03d}　{t('badge.visitor_other', language)}", 2.9, grey=1.0, align="right")
    canvas.text(right, 8.9, t("badge.valid_until", language, time=drawable(badge.valid_until, language)), 2.9, grey=1.0, align="right")


def _name(canvas: Canvas, name: str) -> float:
    """Draw the name as large as it goes; returns its last baseline."""
    language = canvas.language
    if len(name) <= 4 and width(name, 13.0, language) <= _ROOM:
        canvas.text(_EDGE, 26.9, name, 13.0, bold=True, spacing=0.4 if not name.isascii() else 0.0)
        return 26.9
    if not any(sign >= "\u2e80" for sign in name):
        lines = _given_and_family(name)
        size = next((size for size in (9.5, 8.5, 7.5) if all(width(line, size, language) <= _ROOM for line in lines)), 0.0)
        if size:
            baseline = 23.6
            for row, line in enumerate(lines):
                baseline = 23.6 + row * size * 1.08
                canvas.text(_EDGE, baseline, line, size, bold=True)
            return baseline
    for size in (9.5, 7.5, 6.0):
        lines, whole = wrap(name, size, _ROOM, language, 2)
        if whole or size == 6.0:
            for row, line in enumerate(lines):
                canvas.text(_EDGE, 24.2 + row * size * 1.2, line, size, bold=True)
            return 24.2 + (len(lines) - 1) * size * 1.2
    return 24.2


def _given_and_family(name: str) -> list[str]:
    """A Latin name on two lines where it has two words, split where the lines come out most alike."""
    words = name.split(" ")
    if len(words) < 2:
        return [name]
    splits = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    first, second = min(splits, key=lambda split: max(len(split[0]), len(split[1])))
    return [first, second]


def _date_ring(canvas: Canvas, day: date) -> None:
    middle_x, middle_y = WIDTH_MM - _EDGE - 13.5, HEIGHT_MM - _EDGE - 13.5
    canvas.ring(middle_x, middle_y, 11.9, 2.43)
    canvas.text(middle_x, middle_y + 2.7, str(day.day), 12.0, bold=True, align="center")
    weekday = format_date(day, "EEE", locale=BABEL_LOCALES.get(canvas.language, "zh_Hans_CN"))
    canvas.text(middle_x, middle_y + 7.5, weekday.upper(), 4.3, bold=True, align="center")

"""The badge from a 62 mm roll, upright, 100 mm long (look.md §4 Badge). Black only unless the printer has colours."""

from __future__ import annotations

from assets_labels.badges.kinds import draw_pattern
from assets_labels.badges.parts import PHOTO_SHAPE, BadgeText, draw_code, draw_day, draw_escort, draw_photo, fit_name, ink_of, line, shown
from assets_labels.fonts import width
from assets_labels.pdf import Canvas, Document
from assets_labels.words import cut, wrap
from core.foundation.i18n import t

WIDTH_MM, HEIGHT_MM = 62.0, 100.0
_EDGE = 4.0
_ROOM = WIDTH_MM - 2 * _EDGE
_BAND, _STRIP = 11.5, 2.4
_PHOTO = 20.0


def draw(document: Document, canvas: Canvas, badge: BadgeText, base_url: str, *, colour: bool = False) -> None:
    """One badge on its page."""
    language = badge.language
    _band(canvas, badge, colour)
    head = _BAND + _STRIP
    pictured = draw_photo(document, canvas, badge, WIDTH_MM - _EDGE - _PHOTO, head + 2.2, _PHOTO, colour)
    room = _ROOM - (_PHOTO + 2.5 if pictured else 0.0)
    size, lines = fit_name(badge.says(badge.name), room, 13.0 if not pictured else 10.5, language, lines=3, high=22.5)
    y = head + 2.0 + size * 0.88
    for row, text in enumerate(lines):
        canvas.text(_EDGE, y + row * size * 1.14, text, size, bold=True)
    y += (len(lines) - 1) * size * 1.14
    if badge.firm:
        under = pictured and y + 6.0 < head + 2.2 + _PHOTO / PHOTO_SHAPE
        wide, firm = room if under else _ROOM, badge.says(badge.firm)
        first = wrap(firm, 3.6, wide, language, 2)[0][0]
        if first != firm and cut(firm, 4.0 * 0.87, wide, language) != firm and y + 10.6 <= 42.0:  # there is room for a second line
            canvas.text(_EDGE, y + 6.0, first, 3.6)
            y, firm = y + 4.4, firm[len(first) :].strip()
        line(canvas, badge, _EDGE, y + 6.2, firm, 4.0, wide)
        y += 6.2
    # Two facts and the bar end above the code, whatever stands over them.
    y = max(y + 6.0, 44.5 if not pictured else head + 2.2 + _PHOTO / PHOTO_SHAPE + 4.0)
    y = min(y, 47.0)
    for caption, value in ((t("badge.host", language), badge.host), (t("badge.areas", language), badge.areas)):
        if value:
            canvas.text(_EDGE, y, caption, 2.6)
            line(canvas, badge, _EDGE, y + 4.7, value, 4.2, _ROOM, bold=True)
            y += 9.2
    if badge.escort:
        draw_escort(canvas, badge, _EDGE, 62.4, _ROOM, 5.0)
    draw_code(canvas, badge, base_url, _EDGE - 2.0, HEIGHT_MM - 9.0 - 24.0, 24.0)
    canvas.text(_EDGE + 0.8, HEIGHT_MM - 6.6, shown(badge), 3.6, mono=True, spacing=0.25)
    if badge.office:
        canvas.text(_EDGE + 0.8, HEIGHT_MM - 2.9, cut(badge.says(badge.office), 2.2, 27.0, language), 2.2)
    draw_day(canvas, badge, WIDTH_MM - _EDGE - 13.5, HEIGHT_MM - _EDGE - 13.5, 11.9)


def _band(canvas: Canvas, badge: BadgeText, colour: bool) -> None:
    language, ink = badge.language, ink_of(badge, colour)
    canvas.rectangle(0, 0, WIDTH_MM, _BAND, ink)
    right = WIDTH_MM - _EDGE
    aside = f"{badge.day_number:03d}　{badge.other_word}"
    until = t("badge.valid_until", language, time=badge.says(badge.valid_until))
    free = right - _EDGE - max(width(aside, 2.9, language), width(until, 2.9, language)) - 2.0
    spacing = 0.6 if language != "en" else 0.2
    size = next((size for size in (6.0, 5.4, 4.8, 4.2, 3.7) if width(badge.word, size, language, spacing_mm=spacing) <= free), 3.2)
    canvas.text(_EDGE, _BAND / 2 + size * 0.37, badge.word, size, bold=True, grey=1.0, spacing=spacing)
    canvas.text(right, 5.0, aside, 2.9, grey=1.0, align="right")
    canvas.text(right, 8.9, until, 2.9, grey=1.0, align="right")
    draw_pattern(canvas, badge.look, 0.0, _BAND, WIDTH_MM, _STRIP, ink)

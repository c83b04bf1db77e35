"""The badge as an insert for a holder, lying: 90 × 54 mm, 86 × 54 mm (the size of a card), or close to it; drawn anywhere on a page."""

from __future__ import annotations

from assets_labels.badges.kinds import draw_pattern
from assets_labels.badges.parts import BadgeText, draw_code, draw_day, draw_escort, draw_photo, fit_name, ink_of, line, shown
from assets_labels.fonts import width
from assets_labels.pdf import Canvas, Document
from assets_labels.words import cut
from core.foundation.i18n import t

_EDGE = 4.0
_BAND, _STRIP = 9.4, 2.0
_SIDE = 25.0  # the column of ring and code
_PHOTO = 19.0


def draw(
    document: Document, canvas: Canvas, badge: BadgeText, base_url: str, *, left: float = 0.0, top: float = 0.0, width_mm: float = 90.0, height_mm: float = 54.0,
    colour: bool = False,
) -> None:  # fmt: skip
    """One badge in the rectangle at `left`, `top`."""
    language = badge.language
    _band(canvas, badge, left, top, width_mm, colour)
    head = top + _BAND + _STRIP
    pictured = draw_photo(document, canvas, badge, left + _EDGE, head + 2.6, _PHOTO, colour)
    x = left + _EDGE + (_PHOTO + 2.6 if pictured else 0.0)
    room = left + width_mm - _SIDE - _EDGE + 1.0 - x
    foot = top + height_mm
    size, lines = fit_name(badge.says(badge.name), room, 11.0, language, lines=3, high=16.6 if not badge.escort else 14.4)
    y = head + 1.8 + size * 0.9
    for row, text in enumerate(lines):
        canvas.text(x, y + row * size * 1.12, text, size, bold=True)
    y += (len(lines) - 1) * size * 1.12
    if badge.firm:
        line(canvas, badge, x, min(y + 5.0, head + (19.4 if badge.escort else 22.0)), badge.firm, 3.4, room)
    _host(canvas, badge, x, foot - (13.0 if badge.escort else 10.0), room)
    base = foot - 2.6
    if badge.escort:
        draw_escort(canvas, badge, x, foot - 10.9, room, 4.2)
    office = cut(badge.says(badge.office), 2.1, left + width_mm - _SIDE - _EDGE - (left + _EDGE) - 20.0, language) if badge.office else ""
    canvas.text(left + _EDGE, base, shown(badge), 2.9, mono=True, spacing=0.2)
    canvas.text(left + _EDGE + 19.5, base, office, 2.1)
    middle = left + width_mm - _EDGE - (_SIDE - _EDGE) / 2 + 1.0
    draw_day(canvas, badge, middle, head + 9.2, 7.2)
    draw_code(canvas, badge, base_url, middle - 12.0, foot - 25.2, 24.0)


def _host(canvas: Canvas, badge: BadgeText, x: float, y: float, room: float) -> None:
    """Whom and where, on one line or the more important first."""
    said = "　".join(part for part in (badge.host, badge.areas) if part)
    if not said:
        return
    caption = t("badge.host", badge.language)
    canvas.text(x, y - 3.9, caption, 2.3)
    text = badge.says(said)
    if cut(text, 3.2, room, badge.language) != text:
        text = badge.says(badge.host or badge.areas)
    line(canvas, badge, x, y, text, 3.7, room, bold=True)


def _band(canvas: Canvas, badge: BadgeText, left: float, top: float, width_mm: float, colour: bool) -> None:
    language, ink = badge.language, ink_of(badge, colour)
    canvas.rectangle(left, top, width_mm, _BAND, ink)
    spacing = 0.5 if language != "en" else 0.2
    until = t("badge.valid_until", language, time=badge.says(badge.valid_until))
    number = f"{badge.day_number:03d}"
    right = left + width_mm - _EDGE
    free = (
        width_mm - 2 * _EDGE - max(width(until, 2.5, language), width(badge.other_word, 2.5, language)) - width(number, 6.0, language) - 5.0
    )
    size = next((size for size in (5.4, 4.8, 4.2, 3.6) if width(badge.word, size, language, spacing_mm=spacing) <= free), 3.1)
    canvas.text(left + _EDGE, top + _BAND / 2 + size * 0.37, badge.word, size, bold=True, grey=1.0, spacing=spacing)
    canvas.text(right, top + _BAND / 2 + 2.2, number, 6.0, bold=True, grey=1.0, align="right")
    aside = right - width(number, 6.0, language) - 2.5
    canvas.text(aside, top + 4.2, badge.other_word, 2.5, grey=1.0, align="right")
    canvas.text(aside, top + 7.6, until, 2.5, grey=1.0, align="right")
    draw_pattern(canvas, badge.look, left, top + _BAND, width_mm, _STRIP, ink)

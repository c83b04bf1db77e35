"""The asset card, A5 landscape: a thing's facts, its QR and what happened to it last (guide row S4.1-R1; look.md §4)."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

from assets_labels.errors import DrawingError
from assets_labels.fonts import clean
from assets_labels.matrices import QUIET_MODULES, plain_code, qr_codes, shown_code
from assets_labels.pdf import Canvas, Document
from assets_labels.words import cut, wrap
from core.foundation.i18n import t

WIDTH_MM, HEIGHT_MM = 210.0, 148.0
_LEFT, _RIGHT = 14.0, 196.0
_GREY = 0.27
_COLUMN, _GUTTER = 30.5, 6.0
_QR = 36.0


@dataclass(frozen=True, slots=True)
class CardEvent:
    """One line of a thing's life: the day and the verb as people read them, and a note."""

    day: str
    what: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CardText:
    """What one card says. `facts` are captions and values in reading order, four a row; `events` newest first;
    `printed` says when and by whom."""

    code: str
    name: str
    facts: tuple[tuple[str, str], ...]
    events: tuple[CardEvent, ...] = ()
    office: str = ""
    printed: str = ""
    kind: str = ""


def draw_card(card: CardText, base_url: str, language: str) -> bytes:
    """One card as a PDF. Refuses: sheet.bad_base_url, label.bad_code, label.missing_glyph."""
    return draw_cards([card], base_url, language)


def draw_cards(cards: Iterable[CardText], base_url: str, language: str) -> bytes:
    """Cards as a PDF, one a page. Refuses: sheet.bad_base_url, label.bad_code, label.missing_glyph (with the thing's name)."""
    out = io.BytesIO()
    document = Document(out, t("card.title", language), language)
    for card in cards:
        canvas = document.page(WIDTH_MM, HEIGHT_MM)
        try:
            _draw(canvas, card, base_url)
        except DrawingError as error:
            raise DrawingError(error.code, **{**error.facts, "name": clean(card.name)[:60], "label": card.code[:40]}) from error
        document.finish(canvas)
    document.close()
    return out.getvalue()


def _draw(canvas: Canvas, card: CardText, base_url: str) -> None:
    language = canvas.language
    canvas.text(_LEFT, 16.0, card.kind or t("card.title", language), 3.7)
    size, lines = 8.0, wrap(card.name, 8.0, 140.0, language, 1)[0]
    if not wrap(card.name, 8.0, 140.0, language, 1)[1]:
        size, lines = 6.2, wrap(card.name, 6.2, 140.0, language, 2)[0]
    for row, line in enumerate(lines):
        canvas.text(_LEFT, 26.0 + row * size * 1.25 - (0.6 if size < 8 else 0.0), line, size, bold=True)
    bottom = _facts(canvas, card, 38.0 + (4.0 if len(lines) > 1 else 0.0))
    _code(canvas, card, base_url)
    _events(canvas, card, bottom + 11.0)
    foot = HEIGHT_MM - 9.0
    canvas.text(_LEFT, foot, cut(card.office, 2.8, 85.0, language), 2.8, grey=_GREY)
    canvas.text(_RIGHT, foot, cut(card.printed, 2.8, 90.0, language), 2.8, grey=_GREY, align="right")


def _facts(canvas: Canvas, card: CardText, y: float) -> float:
    """Draw the facts from `y` down; returns where the last row ends."""
    for start in range(0, min(len(card.facts), 16), 4):
        tallest = 1
        for column, (caption, value) in enumerate(card.facts[start : start + 4]):
            x = _LEFT + column * (_COLUMN + _GUTTER)
            canvas.text(x, y, cut(caption, 2.8, _COLUMN, canvas.language), 2.8, grey=_GREY)
            lines = wrap(value, 3.7, _COLUMN + 2.0, canvas.language, 2)[0]
            tallest = max(tallest, len(lines))
            for row, line in enumerate(lines):
                canvas.text(x, y + 4.9 + row * 4.6, line, 3.7, bold=True)
        y += 13.7 if tallest == 1 else 16.4
    return y - 13.7 + 4.9


def _code(canvas: Canvas, card: CardText, base_url: str) -> None:
    code, codes = plain_code(card.code), qr_codes(base_url)
    module = _QR / (codes.size + 2 * QUIET_MODULES)
    # The quiet zone reaches into the margin, so that the black of the code ends on the same edge as the table below.
    left = _RIGHT - _QR + module * QUIET_MODULES
    inner = module * codes.size
    canvas.path(left, 13.0 + module, inner, inner, codes.size, codes.size, codes.path(code))
    canvas.text(left + inner / 2, 13.0 + module + inner + 6.4, shown_code(code), 4.0, bold=True, mono=True, spacing=0.2, align="center")


def _events(canvas: Canvas, card: CardText, y: float) -> None:
    if not card.events:
        return
    language = canvas.language
    day_x, what_x, note_x = _LEFT, _LEFT + 38.0, _LEFT + 62.0
    for x, caption in ((day_x, "card.event_day"), (what_x, "card.event_what"), (note_x, "card.event_note")):
        canvas.text(x, y, t(caption, language), 2.8, grey=_GREY)
    y += 2.4
    canvas.line(_LEFT, y, _RIGHT, y, 0.25)
    for event in card.events:
        if y + 8.2 > HEIGHT_MM - 15.0:
            break  # the card shows the last events that fit; the full life is on the screen behind the QR
        canvas.text(day_x, y + 5.2, cut(event.day, 3.2, 36.0, language), 3.2)
        canvas.text(what_x, y + 5.2, cut(event.what, 3.2, 22.0, language), 3.2, bold=True)
        canvas.text(note_x, y + 5.2, cut(event.note, 3.2, _RIGHT - note_x, language), 3.2)
        y += 8.2
        canvas.line(_LEFT, y, _RIGHT, y, 0.15, 0.73)

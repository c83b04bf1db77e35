"""Paper of deliveries: the label for the pieces with its large shelf number, and the courier's slip with time, office and count (guide S1.1-R1)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date

from assets_labels.fonts import drawable, width
from assets_labels.matrices import QUIET_MODULES, QrCodes, qr_codes, shown_code
from assets_labels.pdf import Canvas, Document
from assets_labels.words import cut
from core.foundation.i18n import t

WIDTH_MM, LABEL_MM, SLIP_MM = 62.0, 29.0, 58.0
_EDGE = 3.0


@dataclass(frozen=True, slots=True)
class ShelfLabel:
    """What the label on the pieces says. `name` is the recipient's, or what stands on the pieces."""

    code: str
    shelf: int
    name: str
    receipt: str
    day: date
    pieces: int
    kind: str
    oversize: bool = False
    language: str = "zh-Hans"


@dataclass(frozen=True, slots=True)
class Slip:
    """What the courier takes along: no recipient, no kind of paper. `received` is the moment as people read it."""

    code: str
    receipt: str
    received: str
    office: str
    pieces: int
    seal: str
    language: str = "zh-Hans"


def draw_shelf_label(label: ShelfLabel, base_url: str) -> bytes:
    """62 × 29 mm: the shelf number seen from two metres. Refuses: sheet.bad_base_url, label.bad_code."""
    language = label.language
    out, document, canvas = _begin(t("delivery.label.title", language), language, LABEL_MM)
    _code(canvas, qr_codes(base_url), label.code, _EDGE - 2.2, 1.0, 20.0)
    canvas.text(_EDGE - 0.6, 26.2, shown_code(label.code), 2.8, mono=True, bold=True, spacing=0.15)
    left = 21.5
    canvas.text(left, 12.8, f"{label.shelf:03d}", 13.5, bold=True)
    room = WIDTH_MM - left - _EDGE
    canvas.text(left, 18.8, cut(drawable(label.name, language), 4.0, room, language), 4.0, bold=True)
    said = t("delivery.label.line", language, receipt=label.receipt, day=f"{label.day:%m-%d}")
    canvas.text(left, 22.8, cut(said, 2.6, room, language), 2.6)
    what = f"{t(f'delivery.kind.{label.kind}', language)} × {label.pieces}"
    canvas.text(left, 26.4, what, 2.8, bold=True)
    if label.oversize:
        canvas.rectangle(WIDTH_MM - 16.0, 2.2, 13.0, 4.6)
        canvas.text(WIDTH_MM - 9.5, 5.7, t("delivery.oversize", language), 3.0, bold=True, grey=1.0, align="center")
    return _end(out, document, canvas)


def draw_slip(slip: Slip, base_url: str) -> bytes:
    """62 × 58 mm. Refuses: sheet.bad_base_url, label.bad_code."""
    language = slip.language
    out, document, canvas = _begin(t("delivery.slip.title", language), language, SLIP_MM)
    room = WIDTH_MM - 2 * _EDGE
    canvas.rectangle(0, 0, WIDTH_MM, 8.0)
    canvas.text(_EDGE, 5.7, t("delivery.slip.title", language), 4.2, bold=True, grey=1.0)
    canvas.text(WIDTH_MM - _EDGE, 5.5, slip.receipt, 3.4, mono=True, grey=1.0, align="right")
    canvas.text(_EDGE, 13.6, cut(drawable(slip.office, language), 3.8, room, language), 3.8, bold=True)
    canvas.text(_EDGE, 20.6, slip.received, min(5.0, 5.0 * room / width(slip.received, 5.0, language)), bold=True)
    canvas.text(_EDGE, 26.0, t("delivery.slip.count", language, n=slip.pieces), 3.8)
    _code(canvas, qr_codes(base_url, "/R/"), slip.code, _EDGE - 2.2, 28.0, 25.0)
    left = 27.5
    canvas.text(left, 33.6, shown_code(slip.code), 4.0, mono=True, bold=True, spacing=0.2)
    for row, line in enumerate(t("delivery.slip.say", language).splitlines()):
        canvas.text(left, 38.6 + row * 3.7, cut(line, 2.7, WIDTH_MM - left - 1.5, language), 2.7)
    canvas.text(left, 51.2, t("delivery.slip.seal", language), 2.2)
    canvas.text(left, 54.6, slip.seal, 3.0, mono=True)
    return _end(out, document, canvas)


def _begin(title: str, language: str, height: float) -> tuple[io.BytesIO, Document, Canvas]:
    out = io.BytesIO()
    document = Document(out, title, language)
    return out, document, document.page(WIDTH_MM, height)


def _end(out: io.BytesIO, document: Document, canvas: Canvas) -> bytes:
    document.finish(canvas)
    document.close()
    return out.getvalue()


def _code(canvas: Canvas, codes: QrCodes, code: str, left: float, top: float, size: float) -> None:
    module = size / (codes.size + 2 * QUIET_MODULES)
    inner, quiet = module * codes.size, module * QUIET_MODULES
    canvas.path(left + quiet, top + quiet, inner, inner, codes.size, codes.size, codes.path(code))

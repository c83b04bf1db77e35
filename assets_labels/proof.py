"""Reading our own print before it is offered: every page is rasterised as a printer would and decoded by an independent decoder (T18, T19).

PDFium draws the page, zxing-cpp reads it. A label that does not read as its own code, in both codes, is named; nothing is passed over.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2
import zxingcpp

from assets_labels.errors import DrawingError
from assets_labels.fonts import clean
from assets_labels.matrices import plain_code, qr_text, shown_code
from assets_labels.papers import Template
from assets_labels.sheets import LabelText, paper_of
from core.foundation.i18n import t

PRINTER_DPI = 300
_MOST_NAMES = 5
_NAME_SIGNS = 30
_FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128])
_pdfium = threading.Lock()  # PDFium is not made for several threads at once


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A label whose print does not read as it should: `read` is what the decoder found in its cell; `off_page`: a code of it stands beyond the paper's edge."""

    code: str
    name: str
    page: int
    position: int
    read: tuple[str, ...]
    off_page: bool = False


def page_images(pdf: bytes, dpi: float = PRINTER_DPI) -> Iterator[Any]:
    """Each page as a grey picture (PIL), one at a time."""
    with _pdfium:
        document = pypdfium2.PdfDocument(pdf)
        pages = len(document)
    try:
        for index in range(pages):
            with _pdfium:
                page = document[index]
                image = page.render(scale=dpi / 72, grayscale=True).to_pil()
                page.close()
            yield image
    finally:
        with _pdfium:
            document.close()


def read_codes(image: Any) -> tuple[str, ...]:
    """The texts of the QR and Code 128 codes in a picture, QR first."""
    found = zxingcpp.read_barcodes(image, formats=_FORMATS)
    return tuple(code.text for code in sorted(found, key=lambda code: code.format != zxingcpp.BarcodeFormat.QRCode))


def unreadable(
    pdf: bytes, template: str | Template, labels: Sequence[LabelText], start: int, base_url: str, dpi: int = PRINTER_DPI
) -> list[Unreadable]:
    """The labels of a sheet whose QR or Code 128 does not read as their own code; empty when the sheet may be offered."""
    paper = paper_of(template)
    scale = dpi / 25.4
    failed: list[Unreadable] = []
    images = page_images(pdf, dpi)
    image: Any = None
    for index, label in enumerate(labels):
        page, place = divmod(start - 1 + index, paper.per_page)
        if image is None or place == 0:
            image = next(images, None)
            if image is None:
                return failed + [Unreadable(each.code, clean(each.name), page + 1, place + 1, ()) for each in labels[index:]]
        left, top = paper.cell(place + 1)
        box = (left * scale, top * scale, (left + paper.cell_width_mm) * scale, (top + paper.cell_height_mm) * scale)
        read = read_codes(image.crop(tuple(round(edge) for edge in box)))
        code = plain_code(label.code)
        wanted = [qr_text(base_url, code, label.gs1_prefix), *([code] if paper.layout.bars_width and label.bars else [])]
        if sorted(read) != sorted(wanted):
            failed.append(Unreadable(code, clean(label.name), page + 1, place + 1, read, _off_page(paper, left, top, bars=label.bars)))
    return failed


def _short(name: str) -> str:
    return name if len(name) <= _NAME_SIGNS else name[: _NAME_SIGNS - 1].rstrip() + "…"


def _off_page(paper: Template, left: float, top: float, *, bars: bool) -> bool:
    """Whether a code of the cell at this corner would stand partly beyond the paper's edge."""
    place = paper.layout
    boxes = [(place.qr_left, place.qr_top, place.qr_size, place.qr_size)]
    if place.bars_width and bars:
        boxes.append((place.bars_left, place.bars_top, place.bars_width, place.bars_height))
    return any(
        left + x < 0 or top + y < 0 or left + x + wide > paper.page_width_mm or top + y + high > paper.page_height_mm
        for x, y, wide, high in boxes
    )


def prove(pdf: bytes, template: str | Template, labels: Sequence[LabelText], start: int, base_url: str, language: str) -> None:
    """Pass when every label of the sheet reads.

    Refuses: sheet.unreadable, sheet.off_page (a code beyond the paper's edge), naming the first of them and their cells in the reader's language."""
    failed = unreadable(pdf, template, labels, start, base_url)
    if not failed:
        return
    told = [
        t(
            "sheet.unreadable_one",
            language,
            name=_short(each.name) or "—",
            code=shown_code(each.code),
            page=each.page,
            position=each.position,
        )
        for each in failed[:_MOST_NAMES]
    ]
    names = t("sheet.unreadable_between", language).join(told) + ("…" if len(failed) > _MOST_NAMES else "")
    raise DrawingError("sheet.off_page" if any(each.off_page for each in failed) else "sheet.unreadable", n=len(failed), names=names)


def unreadable_pages(pdf: bytes, codes: Sequence[str], base_url: str) -> list[str]:
    """The codes of badges or cards, one a page, whose QR does not read as it should."""
    images = page_images(pdf)
    return [code for code in codes if qr_text(base_url, code) not in read_codes(next(images))]

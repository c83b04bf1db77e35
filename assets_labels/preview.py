"""How a paper will look while it is being set up: one label and the whole sheet as pictures, and what would go wrong on paper (pitfall T17)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from assets_labels import proof
from assets_labels.errors import DrawingError
from assets_labels.papers import Template
from assets_labels.sheets import LabelText, calibration_page, draw_sheet

LABEL_PRINTER_DPI = 203
_WIDEST_PX = 1400


@dataclass(frozen=True, slots=True)
class Preview:
    """PNG pictures; `label` is empty when it can not be drawn. `warnings` are catalogue keys with their facts."""

    label: bytes
    sheet: bytes
    warnings: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def preview(paper: Template, sample: LabelText, base_url: str, language: str) -> Preview:
    """The first label as an office printer prints it, the sheet's cells, and every warning: too small modules, codes that two printers can not show."""
    warnings: list[tuple[str, dict[str, Any]]] = []
    label = b""
    try:
        pdf = draw_sheet(paper, [sample], 1, base_url, language)
        left, top = paper.cell(1)
        scale = min(400, _WIDEST_PX / paper.cell_width_mm * 25.4)
        right, foot = min(left + paper.cell_width_mm, paper.page_width_mm), min(top + paper.cell_height_mm, paper.page_height_mm)
        label = _png(pdf, scale, (left, top, right, foot))
        warnings += _unread(pdf, paper, sample, base_url)
    except DrawingError as error:
        warnings.append((error.code, error.facts))
    return Preview(label, _png(calibration_page(paper, language), 60), warnings)


def _unread(pdf: bytes, paper: Template, sample: LabelText, base_url: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for dpi in (proof.PRINTER_DPI, LABEL_PRINTER_DPI):
        if proof.unreadable(pdf, paper, [sample], 1, base_url, dpi):
            yield "paper.not_readable", {"dpi": dpi}
            return


def _png(pdf: bytes, dpi: float, box_mm: tuple[float, float, float, float] | None = None) -> bytes:
    image = next(proof.page_images(pdf, dpi))
    if box_mm is not None:
        image = image.crop(tuple(round(edge * dpi / 25.4) for edge in box_mm))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()

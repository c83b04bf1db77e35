"""A certificate on A4 (证明材料): heading, number, the words, whom it is for, the office and the day, and the code that proves it was issued here
(guide S3.2-R4). A void one is printed with a line through it and says so; the office's seal goes over name and day by hand."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date

from assets_labels.fonts import drawable
from assets_labels.matrices import library_matrix
from assets_labels.pdf import Document
from assets_labels.words import wrap
from core.foundation import i18n
from core.foundation.i18n import t

WIDE, HIGH, LEFT, RIGHT = 210.0, 297.0, 28.0, 182.0
BODY, LEADING = 5.2, 10.4
MOST_LINES = 16


@dataclass(frozen=True, slots=True)
class CertificateText:
    """What stands on it. `address` is what the code opens: `https://…/V/CODE`."""

    office: str
    number: str
    to_org: str
    text: str
    purpose: str
    issued_on: date
    valid_until: date | None
    code: str
    address: str
    void: bool
    language: str


def draw_certificate(paper: CertificateText) -> bytes:
    """One PDF; the same text gives the same bytes. Texts that need more than a page run on."""
    speech = paper.language
    out = io.BytesIO()
    title = t("liaison.paper.title", speech)
    document = Document(out, drawable(f"{title} {paper.number}", speech), speech)
    lines: list[str] = []
    for part in [*([t("liaison.paper.to", speech, org=paper.to_org)] if paper.to_org else []), *paper.text.splitlines()]:
        indented = part if part.endswith(("：", ":")) or speech == "en" else f"　　{part.strip()}"
        lines += wrap(drawable(indented, speech), BODY, RIGHT - LEFT, speech, 200)[0] if part.strip() else [""]
    pages = [lines[start : start + MOST_LINES] for start in range(0, len(lines), MOST_LINES)] or [[]]
    for index, page in enumerate(pages):
        canvas = document.page(WIDE, HIGH)
        canvas.text(WIDE / 2, 48, title, 11, bold=True, align="center")
        canvas.text(RIGHT, 62, drawable(paper.number, speech), 4.2, align="right")
        y = 82.0
        for line in page:
            canvas.text(LEFT, y, line, BODY)
            y += LEADING
        if index == len(pages) - 1:
            canvas.text(RIGHT, 254 - 12, drawable(paper.office, speech), BODY, align="right")
            canvas.text(RIGHT, 254, i18n.full_day(paper.issued_on, speech), BODY, align="right")
        matrix = library_matrix(paper.address)
        side, x, top = 24.0, LEFT, 240.0
        module = side / len(matrix)
        for row, cells in enumerate(matrix):
            for column, dark in enumerate(cells):
                if dark:
                    canvas.rectangle(x + column * module, top + row * module, module, module)
        canvas.text(x + side + 4, top + 6, t("liaison.paper.check", speech), 3.0, grey=0.27)
        canvas.text(x + side + 4, top + 12, paper.code, 4.2, mono=True)
        until = t("liaison.paper.until", speech, day=i18n.full_day(paper.valid_until, speech)) if paper.valid_until else ""
        canvas.text(x + side + 4, top + 18, until, 3.0, grey=0.27)
        canvas.text(WIDE / 2, 284, t("report.page", speech, page=index + 1, pages=len(pages)), 2.6, grey=0.27, align="center")
        if paper.void:
            canvas.line(LEFT, 230, RIGHT, 70, 1.2)
            canvas.text(WIDE / 2, 34, t("liaison.paper.void", speech), 9, bold=True, align="center")
        document.finish(canvas)
    document.close()
    return out.getvalue()

"""What a visitor agreed to, on A4: the very words of that version, who, when, in which language, the hash, and the drawn signature (scenario Front desk 7).

Drawn from what was kept, never from the version in force now; the same visit gives the same bytes. Strokes are x and y in widths of the signature field.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from assets_labels.fonts import drawable
from assets_labels.pdf import Document
from assets_labels.words import wrap
from core.foundation.i18n import t

_WIDE, _HIGH, _MARGIN = 210.0, 297.0, 20.0
_TITLE, _TEXT, _LEADING, _SMALL = 7.0, 4.0, 6.4, 2.9
_FIELD_WIDE, _FIELD_HIGH, _PEN = 90.0, 36.0, 0.5
_GREY = 0.3


@dataclass(frozen=True, slots=True)
class SignedPaper:
    """One document one visitor agreed to. `signed_at` is ready to read; `strokes` is None when it was signed on paper or erased (`remark` says which)."""

    office: str
    title: str
    version: str
    language: str
    text: str
    sha256: str
    name: str
    company: str
    signed_at: str
    strokes: Sequence[Sequence[Sequence[float]]] | None
    remark: str = ""


def draw_signed(papers: Sequence[SignedPaper], language: str) -> bytes:
    """The documents, each from a page of its own on. `language` is the reader's: of the captions, never of the words that were signed."""
    out = io.BytesIO()
    document = Document(out, t("signed_paper.title", language), language)
    for paper in papers:
        _Drawing(document, paper, language).draw()
    document.close()
    return out.getvalue()


class _Drawing:
    def __init__(self, document: Document, paper: SignedPaper, language: str) -> None:
        self._document, self._paper, self._language = document, paper, language
        self._page = 0
        self._canvas, self._y = document.page(_WIDE, _HIGH), 0.0

    def draw(self) -> None:
        paper = self._paper
        self._begin()
        self._line(drawable(paper.office, self._language), _SMALL, 6.0, grey=_GREY)
        self._line(drawable(paper.title, paper.language), _TITLE, 12.0, bold=True)
        said = t(
            "signed_paper.version",
            self._language,
            version=paper.version,
            words=t(f"signed_paper.language.{paper.language}", self._language),
        )
        self._line(said, _SMALL, 9.0, grey=_GREY)
        for part in paper.text.splitlines():
            lines, _ = wrap(drawable(part, paper.language), _TEXT, _WIDE - 2 * _MARGIN, paper.language)
            for line in lines or [""]:
                self._line(line, _TEXT, _LEADING, language=paper.language)
            self._y += 2.0
        self._sign()
        self._document.finish(self._canvas)

    def _sign(self) -> None:
        paper = self._paper
        if self._y + _FIELD_HIGH + 30 > _HIGH - _MARGIN:
            self._next_page()
        self._y += 6.0
        canvas, left, top = self._canvas, _MARGIN, self._y
        if paper.strokes is None:
            self._line(paper.remark, _TEXT, 10.0)
        else:
            for stroke in paper.strokes:
                points = [(left + min(max(x, 0.0), 1.0) * _FIELD_WIDE, top + min(max(y, 0.0), 0.4) * _FIELD_WIDE) for x, y, *_ in stroke]
                for (x1, y1), (x2, y2) in zip(points, points[1:] or points, strict=False):
                    canvas.line(x1, y1, x2, y2, _PEN)
            self._y += _FIELD_HIGH
        canvas.line(left, self._y, left + _FIELD_WIDE, self._y, 0.2, _GREY)
        self._y += 6.0
        who = "　".join(part for part in (paper.name, paper.company, paper.signed_at) if part)
        self._line(drawable(who, paper.language), _TEXT, 7.0, bold=True)
        self._line(t("signed_paper.hash", self._language, sha=paper.sha256), 2.5, 5.0, grey=_GREY)

    def _line(self, text: str, size: float, leading: float, *, bold: bool = False, grey: float = 0.0, language: str = "") -> None:
        if self._y + leading > _HIGH - _MARGIN:
            self._next_page()
        self._y += leading
        self._canvas.text(_MARGIN, self._y, text, size, bold=bold, grey=grey, language=language)

    def _begin(self) -> None:
        self._page += 1
        self._y = _MARGIN
        foot = f"{self._paper.sha256[:16]}　{self._page}"
        self._canvas.text(_WIDE - _MARGIN, _HIGH - 10.0, foot, _SMALL, grey=_GREY, align="right")

    def _next_page(self) -> None:
        self._document.finish(self._canvas)
        self._canvas = self._document.page(_WIDE, _HIGH)
        self._begin()

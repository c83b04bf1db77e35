"""Which papers badges come out on, and a PDF of badges for one of them: a roll, single inserts, or sheets of ten to cut."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

from assets_labels.badges import insert, roll
from assets_labels.badges.parts import BadgeText
from assets_labels.errors import DrawingError
from assets_labels.pdf import Canvas, Document
from core.foundation.i18n import t

_A4 = (210.0, 297.0)
_MARK = 3.0


@dataclass(frozen=True, slots=True)
class Stock:
    """A paper for badges; lengths in mm. `columns` × `rows` inserts lie in the middle of a page; the roll is one upright badge."""

    name: str
    page_width_mm: float
    page_height_mm: float
    width_mm: float
    height_mm: float
    columns: int = 1
    rows: int = 1

    @property
    def per_page(self) -> int:
        return self.columns * self.rows

    @property
    def upright(self) -> bool:
        return self.height_mm > self.width_mm

    def corner(self, position: int) -> tuple[float, float]:
        """Left and top of the badge at `position`, from 1 along the rows."""
        row, column = divmod(position - 1, self.columns)
        left = (self.page_width_mm - self.columns * self.width_mm) / 2
        top = (self.page_height_mm - self.rows * self.height_mm) / 2
        return left + column * self.width_mm, top + row * self.height_mm


STOCKS = {
    stock.name: stock
    for stock in (
        Stock("badge-62", roll.WIDTH_MM, roll.HEIGHT_MM, roll.WIDTH_MM, roll.HEIGHT_MM),
        Stock("badge-90x54", 90.0, 54.0, 90.0, 54.0),
        Stock("badge-86x54", 86.0, 54.0, 86.0, 54.0),
        Stock("badge-A4-90x54", *_A4, 90.0, 54.0, 2, 5),
        Stock("badge-A4-86x54", *_A4, 86.0, 54.0, 2, 5),
    )
}
ROLL = STOCKS["badge-62"]


def stock_named(name: str) -> Stock:
    """Refuses: sheet.unknown_template."""
    if name not in STOCKS:
        raise DrawingError("sheet.unknown_template", template=name[:40], known=", ".join(STOCKS))
    return STOCKS[name]


def draw_on(stock: Stock, badges: Iterable[BadgeText], base_url: str, *, start: int = 1, colour: bool = False) -> bytes:
    """Badges as a PDF, each in its own language; `start` is the first free place of a sheet. Refuses: sheet.bad_start, sheet.bad_base_url, label.bad_code."""
    every = list(badges)
    if not 1 <= start <= stock.per_page:
        raise DrawingError("sheet.bad_start", start=start, last=stock.per_page)
    language = every[0].language if every else "zh-Hans"
    out = io.BytesIO()
    document = Document(out, t("badge.title", language), language)
    canvas: Canvas | None = None
    position = start
    for badge in every:
        if canvas is None:
            canvas = document.page(stock.page_width_mm, stock.page_height_mm)
            if stock.per_page > 1:
                _marks(canvas, stock)
        canvas.language = badge.language
        left, top = stock.corner(position)
        if stock.upright:
            roll.draw(document, canvas, badge, base_url, colour=colour)
        else:
            insert.draw(
                document, canvas, badge, base_url, left=left, top=top, width_mm=stock.width_mm, height_mm=stock.height_mm, colour=colour
            )
        position += 1
        if position > stock.per_page:
            document.finish(canvas)
            canvas, position = None, 1
    if canvas is not None or not every:
        document.finish(canvas or document.page(stock.page_width_mm, stock.page_height_mm))
    document.close()
    return out.getvalue()


def draw_badges(badges: Iterable[BadgeText], base_url: str) -> bytes:
    """Badges from the roll, one a page. Refuses: sheet.bad_base_url, label.bad_code."""
    return draw_on(ROLL, badges, base_url)


def draw_badge(badge: BadgeText, base_url: str) -> bytes:
    """One badge from the roll. Refuses: sheet.bad_base_url, label.bad_code."""
    return draw_badges([badge], base_url)


def _marks(canvas: Canvas, stock: Stock) -> None:
    """Short lines in the margin where to cut; none between the badges, whose bands would swallow them."""
    left, top = stock.corner(1)
    right, foot = left + stock.columns * stock.width_mm, top + stock.rows * stock.height_mm
    for column in range(stock.columns + 1):
        x = left + column * stock.width_mm
        canvas.line(x, top - 1.0 - _MARK, x, top - 1.0, 0.15, 0.4)
        canvas.line(x, foot + 1.0, x, foot + 1.0 + _MARK, 0.15, 0.4)
    for row in range(stock.rows + 1):
        y = top + row * stock.height_mm
        canvas.line(left - 1.0 - _MARK, y, left - 1.0, y, 0.15, 0.4)
        canvas.line(right + 1.0, y, right + 1.0 + _MARK, y, 0.15, 0.4)

"""Label paper: which sheets and rolls there are, where their cells are, and where things stand in a cell (contract.md, look.md §4 Paper).

The library holds papers that offices buy, by the maker's best known number; others of the same measures stand in `alike`. The six of the contract are laid out
by hand; on all others `flow` places name, numbers and codes by the cell's size. Lengths are mm from the upper left. An office's own papers
(core/mechanisms/label_papers) become the same `Template`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlmodel import Session

from assets_labels.errors import DrawingError
from core.mechanisms import label_papers
from core.mechanisms.label_papers import LabelPaper

RULER_ROOM_MM = 10.2
SMALLEST_MODULE_MM = 0.33  # below this a 203 dpi printer has fewer than three dots a module (T17)
_BARS_MM = 33.5  # Code 128 of eight signs below this has bars a 203 dpi printer can not tell apart


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand in a cell, in mm from its upper left corner; baselines for text. A size of 0 leaves that text out."""

    qr_left: float
    qr_top: float
    qr_size: float  # with the quiet zone of four modules
    text_left: float
    text_right: float  # distance from the right edge
    name_top: float
    name_size: float
    number_baseline: float
    place_baseline: float
    small_size: float
    code_left: float
    code_baseline: float
    code_size: float
    office_baseline: float
    office_size: float
    bars_left: float
    bars_top: float
    bars_width: float
    bars_height: float


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of label paper. Lengths in mm; `ruler` is true for sheets, false for rolls of single labels."""

    name: str
    page_width_mm: float
    page_height_mm: float
    columns: int
    rows: int
    cell_width_mm: float
    cell_height_mm: float
    pitch_x_mm: float
    pitch_y_mm: float
    left_mm: float
    top_mm: float
    ruler: bool  # whether the foot margin has room for the 50 mm ruler
    layout: Layout
    alike: str = ""  # other makers' numbers for the same paper

    @property
    def per_page(self) -> int:
        """How many labels a page holds."""
        return self.columns * self.rows

    def shifted(self, right_mm: float, down_mm: float) -> Template:
        """The same paper as a printer takes it that draws everything too far left and too high by these lengths."""
        moved = replace(self, left_mm=self.left_mm + right_mm, top_mm=self.top_mm + down_mm)
        return replace(moved, ruler=self.ruler and moved.foot_mm >= RULER_ROOM_MM)  # the ruler is never printed over the last labels

    @property
    def foot_mm(self) -> float:
        """What is free below the last row."""
        return self.page_height_mm - self.top_mm - (self.rows - 1) * self.pitch_y_mm - self.cell_height_mm

    def cell(self, position: int) -> tuple[float, float]:
        """Left and top of the cell at `position`, counted from 1 along the rows."""
        row, column = divmod(position - 1, self.columns)
        return self.left_mm + column * self.pitch_x_mm, self.top_mm + row * self.pitch_y_mm

    def qr_centre(self, position: int) -> tuple[float, float]:
        """The middle of the QR code of the cell at `position`."""
        left, top = self.cell(position)
        return left + self.layout.qr_left + self.layout.qr_size / 2, top + self.layout.qr_top + self.layout.qr_size / 2


def flow(width_mm: float, height_mm: float) -> Layout:
    """A layout for a cell of any size: as much of QR, name, two lines, office, code and Code 128 as fits, the QR first.

    Three shapes: wide (code and bars side by side at the foot), stacked (bars across the foot), small (no bars). What has no room is left out, never shrunk
    below what can be read."""
    margin = 1.5 if height_mm >= 28 else 0.9
    if width_mm < 36 or height_mm < 20:
        return _small(width_mm, height_mm, margin)
    wide = width_mm >= 60
    bars_height = min(8.0, max(4.5, height_mm * 0.165))
    bars_top = height_mm - bars_height - margin - 0.4
    code_size = 3.4 if wide else 3.2
    qr_top = margin
    qr_size = min(bars_top - (0.3 if wide else 0.8) - qr_top, width_mm * 0.36, 34.0)
    text_left = margin + qr_size + 0.8
    room = bars_top - qr_top - (0 if wide else code_size + 0.9)
    name_size = min(5.5, max(3.2, room * 0.165))
    small = min(3.2, max(2.3, name_size * 0.68))
    name_top = qr_top + 0.4
    name_foot = name_top + name_size * 2.65
    lines = [name_foot + small * (0.9 + 1.4 * row) for row in range(3)]
    fits = [line if line <= qr_top + room - 0.2 else 0.0 for line in lines]
    if wide:
        left = margin + 2.5
        bars_left = max(26.0, left + 22.5)
        bars_width = min(width_mm - bars_left - 4.0, 46.0)
        code_baseline = bars_top + bars_height / 2 + code_size * 0.37
        if bars_width < _BARS_MM:
            bars_left, bars_width = width_mm - 4.0 - _BARS_MM, _BARS_MM
    else:
        left, code_baseline = text_left, bars_top - 1.1
        bars_width = min(width_mm - 6.0, 46.0)
        bars_left = (width_mm - bars_width) / 2
    return Layout(
        margin, qr_top, qr_size, text_left, 2.0, name_top, name_size, fits[0] or fits[1], fits[1] if fits[0] else 0.0, small,
        left, code_baseline, code_size, fits[2], small * 0.88 if fits[2] else 0.0, bars_left, bars_top, bars_width, bars_height,
    )  # fmt: skip


def _small(width_mm: float, height_mm: float, margin: float) -> Layout:
    margin = min(margin, 1.0)
    beside = width_mm - height_mm >= 14  # a strip: the texts stand beside the QR, else the code stands below it
    if beside:
        qr_size = height_mm - 2 * margin
        text_left = margin + qr_size + 0.6
        name_size = min(3.7, max(3.0, height_mm * 0.2))
        bars = width_mm - text_left >= _BARS_MM + 22 and height_mm >= 16
        number = margin + name_size * 2.6 + 2.2
        return Layout(
            margin, margin, qr_size, text_left, 1.0, margin, name_size, number if number <= height_mm - 4.2 else 0.0, 0.0, 2.2,
            text_left, height_mm - margin - 0.7, min(3.0, (width_mm - text_left) / 6), 0.0, 0.0, width_mm - _BARS_MM - 2.5 if bars else 0.0, height_mm - margin - 4.6, _BARS_MM if bars else 0.0, 4.5,
        )  # fmt: skip
    qr_size = min(width_mm - 2 * margin, height_mm - 2 * margin - 3.6)
    left = (width_mm - qr_size) / 2
    return Layout(
        left,
        margin,
        qr_size,
        left,
        margin,
        0.0,
        0.0,
        0.0,
        0.0,
        2.2,
        max(0.8, (width_mm - 18.6) / 2),
        height_mm - margin - 0.5,
        3.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
    )


def _paper(
    name: str, page: tuple[float, float], grid: tuple[int, int], cell: tuple[float, float], pitch: tuple[float, float], corner: tuple[float, float], alike: str = "",
    layout: Layout | None = None,
) -> Template:  # fmt: skip
    foot = page[1] - corner[1] - (grid[1] - 1) * pitch[1] - cell[1]
    ruler = grid != (1, 1) and foot >= RULER_ROOM_MM
    return Template(name, *page, *grid, *cell, *pitch, *corner, ruler, layout or flow(*cell), alike)


def of_office(row: LabelPaper) -> Template:
    """An office's own paper."""
    return _paper(
        row.name, (row.page_width_mm, row.page_height_mm), (row.columns, row.rows), (row.cell_width_mm, row.cell_height_mm), (row.pitch_x_mm, row.pitch_y_mm),
        (row.left_mm, row.top_mm), layout=Layout(**row.layout) if row.layout else None,
    )  # fmt: skip


def find(s: Session, name: str, printer: str = "") -> Template:
    """A paper of the library or of the office, moved as the printer needs it. Refuses: sheet.unknown_template."""
    own = None if name in TEMPLATES else label_papers.paper(s, name)
    found = of_office(own) if own is not None else template_named(name)
    return found.shifted(*label_papers.shift(s, printer, name)) if printer else found


def _roll(width_mm: float, height_mm: float, alike: str = "") -> Template:
    cell = (width_mm, height_mm)
    return Template(f"{width_mm:g}x{height_mm:g}", *cell, 1, 1, *cell, *cell, 0.0, 0.0, False, flow(*cell), alike)


_A4 = (210.0, 297.0)
_LETTER = (215.9, 279.4)

_LAYOUT_A4_24 = Layout(1.5, 2.5, 19, 21.5, 2, 4, 3.7, 16.4, 19.9, 2.5, 4, 30.2, 3.4, 24.3, 2.2, 26, 26.1, 33.5, 5.5)
_LAYOUT_L7160 = Layout(1.5, 3, 21, 23.5, 2, 4.6, 3.7, 17.6, 21.4, 2.6, 4, 33.9, 3.4, 27.0, 2.3, 26, 29.6, 33.5, 5.7)
_LAYOUT_A4_65 = Layout(0.6, 0.9, 13, 13.6, 1, 1.5, 3.0, 11.0, 0, 2.0, 13.9, 14.0, 2.5, 0, 0, 1.05, 15.2, 36, 4.5)
_LAYOUT_5160 = Layout(1.5, 0.8, 17, 18.6, 2, 1.9, 3.7, 13.5, 16.7, 2.4, 4, 22.6, 3.4, 16.7, 2.1, 27.5, 18.6, 35, 5.2)
_LAYOUT_50X30 = Layout(1.0, 1.2, 16, 17.2, 1.5, 1.7, 3.7, 13.4, 16.5, 2.3, 3, 21.6, 3.2, 21.5, 2.0, 3, 23.3, 44, 5)
_LAYOUT_62X29 = Layout(1.0, 0.8, 18, 19.4, 2, 1.1, 4.2, 14.3, 17.2, 2.4, 3, 21.5, 3.2, 21.4, 2.1, 4, 22.9, 54, 4.8)

TEMPLATES = {
    template.name: template
    for template in (
        Template("A4-24", *_A4, 3, 8, 63.5, 33.9, 66.0, 33.9, 7.2, 12.9, True, _LAYOUT_A4_24, "Avery L7159, J8159"),
        Template("L7160", *_A4, 3, 7, 63.5, 38.1, 66.0, 38.1, 7.2, 15.1, True, _LAYOUT_L7160, "Avery J8160"),
        Template("A4-65", *_A4, 5, 13, 38.1, 21.2, 40.6, 21.2, 4.7, 10.7, True, _LAYOUT_A4_65, "Avery L7651, J8651"),
        Template("5160", *_LETTER, 3, 10, 66.7, 25.4, 69.85, 25.4, 4.8, 12.7, True, _LAYOUT_5160, "Avery 5260, 8160"),
        _paper("L7161", _A4, (3, 6), (63.5, 46.6), (66.0, 46.66), (7.2, 8.5), "Avery J8161"),
        _paper("L7162", _A4, (2, 8), (99.1, 33.9), (101.6, 33.9), (4.7, 12.9), "Avery J8162"),
        _paper("L7163", _A4, (2, 7), (99.1, 38.1), (101.6, 38.1), (4.7, 15.1), "Avery J8163"),
        _paper("L7165", _A4, (2, 4), (99.1, 67.7), (101.6, 67.7), (4.7, 13.1), "Avery J8165"),
        _paper("L4736", _A4, (4, 12), (45.7, 21.2), (48.3, 21.2), (9.7, 21.3), "Avery L6009, HERMA 4346"),
        _paper("L6011", _A4, (3, 9), (63.5, 29.6), (66.0, 29.6), (7.2, 15.3), "HERMA 4347"),
        _paper("3474", _A4, (3, 8), (70.0, 37.0), (70.0, 37.1), (0.0, 0.1), "HERMA 4464"),
        _paper("3475", _A4, (3, 8), (70.0, 36.0), (70.0, 36.0), (0.0, 4.5)),
        _paper("3422", _A4, (3, 8), (70.0, 35.0), (70.0, 35.0), (0.0, 8.5)),
        _paper("3652", _A4, (3, 7), (70.0, 42.3), (70.0, 42.3), (0.0, 0.4)),
        _paper("3424", _A4, (2, 6), (105.0, 48.0), (105.0, 48.0), (0.0, 4.5), "HERMA 4457"),
        _paper("5161", _LETTER, (2, 10), (101.6, 25.4), (106.4, 25.4), (4.0, 12.7), "Avery 5261, 8161"),
        _paper("5162", _LETTER, (2, 7), (101.6, 33.9), (106.4, 33.87), (4.0, 21.2), "Avery 5262, 8162"),
        _paper("5163", _LETTER, (2, 5), (101.6, 50.8), (106.4, 50.8), (4.0, 12.7), "Avery 5263, 8163"),
        _paper("5366", _LETTER, (2, 15), (87.3, 16.9), (101.6, 16.93), (13.5, 12.7), "Avery 5066, 8366"),
        _paper("6871", _LETTER, (3, 6), (60.3, 31.75), (68.3, 38.1), (9.5, 28.6)),
        Template("50x30", 50.0, 30.0, 1, 1, 50.0, 30.0, 50.0, 30.0, 0.0, 0.0, False, _LAYOUT_50X30),
        Template("62x29", 62.0, 29.0, 1, 1, 62.0, 29.0, 62.0, 29.0, 0.0, 0.0, False, _LAYOUT_62X29, "Brother DK-11209"),
        _roll(25.0, 25.0),
        _roll(40.0, 30.0),
        _roll(54.0, 25.0, "Dymo 11352"),
        _roll(57.0, 32.0, "Dymo 11354"),
        _roll(60.0, 40.0),
        _roll(70.0, 50.0),
        _roll(89.0, 36.0, "Dymo 99012"),
        _roll(100.0, 50.0),
    )
}


def template_named(name: str) -> Template:
    """The paper of the library called `name`. Refuses: sheet.unknown_template."""
    if name not in TEMPLATES:
        raise DrawingError("sheet.unknown_template", template=name[:40], known=", ".join(TEMPLATES))
    return TEMPLATES[name]

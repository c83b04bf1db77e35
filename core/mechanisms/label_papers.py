"""What an office decides about its labels: its own papers, how far each printer draws off, and what stands on the labels of a class (issue of labels; pitfalls T16, T17).

A paper's cells are in millimetres. Its layout is worked out from the cell's size, or set by hand, element by element. A printer's shift is measured on the test
page once and taken into account ever after. A rule says for asset classes that begin with some signs which paper is proposed and what the two lines say.
The drawing itself, and the library of bought papers, is assets_labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Input
from sqlalchemy import JSON, Column, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms.labels import LABEL_MAKERS
from core.mechanisms.operations import Actor, Operation, operation, touch

PaperName = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^/\\?#%]+$")]
Mm = Annotated[float, Input(ge=0, le=330, allow_inf_nan=False)]
Size = Annotated[float, Input(ge=10, le=330, allow_inf_nan=False)]
MOST_SHIFT_MM = 10.0


class Line(StrEnum):
    """What a line of a label may say; `none` leaves it empty."""

    NUMBER = "number"
    PLACE = "place"
    SERIAL = "serial"
    SPEC = "spec"
    DEPARTMENT = "department"
    KEEPER = "keeper"
    BOUGHT = "bought_on"
    NONE = "none"


class OwnLayout(BaseModel):
    """Where things stand in a cell, in mm from its upper left; baselines for texts. A size of 0 leaves the element out."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    qr_left: Mm
    qr_top: Mm
    qr_size: Annotated[float, Input(ge=10, le=120)]
    text_left: Mm
    text_right: Mm
    name_top: Mm
    name_size: Annotated[float, Input(ge=0, le=20)]
    number_baseline: Mm
    place_baseline: Mm
    small_size: Annotated[float, Input(ge=1.5, le=12)]
    code_left: Mm
    code_baseline: Mm
    code_size: Annotated[float, Input(ge=0, le=12)]
    office_baseline: Mm
    office_size: Annotated[float, Input(ge=0, le=12)]
    bars_left: Mm
    bars_top: Mm
    bars_width: Mm
    bars_height: Mm


class LabelPaper(SQLModel, table=True):
    """An office's own paper. `layout` is None while it is worked out from the size of a cell."""

    __tablename__: ClassVar[str] = "label_paper"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str = Field(unique=True)
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
    layout: dict[str, float] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    saved_at: datetime
    retired_at: datetime | None = None
    version: int = 1


class PrinterShift(SQLModel, table=True):
    """How far to move the print on this paper for this printer: measured on the test page."""

    __tablename__: ClassVar[str] = "label_printer_shift"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    printer: str = Field(index=True)
    paper: str
    right_mm: float
    down_mm: float
    measured_at: datetime
    person_id: UUID | None = None


class LabelRule(SQLModel, table=True):
    """What the labels of assets say whose class code begins with `class_prefix` (empty: all others)."""

    __tablename__: ClassVar[str] = "label_rule"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    class_prefix: str = Field(unique=True)
    paper: str = ""
    first_line: str = Line.NUMBER
    second_line: str = Line.PLACE
    bars: bool = True
    version: int = 1


# ── operations ──


class SavePaper(Operation):
    """Lengths in mm. Without `layout` the elements are placed by the size of a cell."""

    name: PaperName
    page_width_mm: Size
    page_height_mm: Size
    columns: Annotated[int, Input(ge=1, le=20)] = 1
    rows: Annotated[int, Input(ge=1, le=50)] = 1
    cell_width_mm: Size
    cell_height_mm: Size
    pitch_x_mm: Mm = 0
    pitch_y_mm: Mm = 0
    left_mm: Mm = 0
    top_mm: Mm = 0
    layout: OwnLayout | None = None


@operation(SavePaper, "label.save_paper", roles=LABEL_MAKERS)
def save_paper(s: Session, do: SavePaper, by: Actor, at: datetime) -> dict[str, Any]:
    """A new own paper, or the one of this name anew. Refuses: paper.off_the_page, paper.cells_overlap, paper.qr_outside … paper.bars_outside"""
    check_paper(do)
    row = s.execute(select(LabelPaper).where(col(LabelPaper.name) == do.name)).scalar_one_or_none()
    values = do.model_dump(exclude={"name", "layout"}) | {
        "layout": do.layout.model_dump() if do.layout else None, "saved_at": at, "retired_at": None,
        "pitch_x_mm": do.pitch_x_mm or do.cell_width_mm, "pitch_y_mm": do.pitch_y_mm or do.cell_height_mm,
    }  # fmt: skip
    if row is None:
        row = LabelPaper(name=do.name, **values)
        s.add(row)
    else:
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1
    s.flush()
    touch(s, "label_paper", row.id)
    return {"id": row.id, "name": row.name}


def check_paper(do: SavePaper) -> None:
    """Refuses: paper.off_the_page, paper.cells_overlap, paper.qr_outside … paper.bars_outside"""
    pitch_x, pitch_y = do.pitch_x_mm or do.cell_width_mm, do.pitch_y_mm or do.cell_height_mm
    right = do.left_mm + (do.columns - 1) * pitch_x + do.cell_width_mm
    foot = do.top_mm + (do.rows - 1) * pitch_y + do.cell_height_mm
    if right > do.page_width_mm + 0.5 or foot > do.page_height_mm + 0.5:
        raise Refused("paper.off_the_page", right=round(right, 1), foot=round(foot, 1), width=do.page_width_mm, height=do.page_height_mm)
    if (do.columns > 1 and pitch_x < do.cell_width_mm - 0.01) or (do.rows > 1 and pitch_y < do.cell_height_mm - 0.01):
        raise Refused("paper.cells_overlap", pitch_x=pitch_x, pitch_y=pitch_y, width=do.cell_width_mm, height=do.cell_height_mm)
    if do.layout is not None:
        for element in outside(do.layout, do.cell_width_mm, do.cell_height_mm):
            raise Refused(f"paper.{element}_outside")


def outside(layout: OwnLayout, width_mm: float, height_mm: float) -> list[str]:
    """The elements that would stand outside a cell of this size: qr, bars, name, number, place, code, office."""
    boxes = {
        "qr": (layout.qr_left, layout.qr_top, layout.qr_size, layout.qr_size),
        "bars": (layout.bars_left, layout.bars_top, layout.bars_width, layout.bars_height if layout.bars_width else 0),
        "name": (layout.text_left, layout.name_top, layout.text_right, layout.name_size),
        "number": (layout.text_left, 0, layout.text_right, layout.number_baseline),
        "place": (layout.text_left, 0, layout.text_right, layout.place_baseline),
        "code": (layout.code_left, 0, layout.code_size * 6 if layout.code_size else 0, layout.code_baseline if layout.code_size else 0),
        "office": (layout.text_left, 0, layout.text_right, layout.office_baseline if layout.office_size else 0),
    }  # fmt: skip
    return [name for name, (left, top, wide, high) in boxes.items() if left + wide > width_mm + 0.05 or top + high > height_mm + 0.05]


class RetirePaper(Operation):
    name: PaperName


@operation(RetirePaper, "label.retire_paper", roles=LABEL_MAKERS)
def retire_paper(s: Session, do: RetirePaper, by: Actor, at: datetime) -> None:
    """It is offered no longer; what was printed on it stays in the log. Refuses: paper.unknown"""
    row = s.execute(select(LabelPaper).where(col(LabelPaper.name) == do.name)).scalar_one_or_none()
    if row is None:
        raise Refused("paper.unknown", name=do.name)
    row.retired_at, row.version = row.retired_at or at, row.version + 1
    touch(s, "label_paper", row.id)


class SetShift(Operation):
    """What was measured on the test page: the print has to go this far to the right and down (negative: left, up)."""

    printer: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    paper: PaperName
    right_mm: Annotated[float, Input(ge=-MOST_SHIFT_MM, le=MOST_SHIFT_MM)]
    down_mm: Annotated[float, Input(ge=-MOST_SHIFT_MM, le=MOST_SHIFT_MM)]


@operation(SetShift, "label.set_shift", roles=LABEL_MAKERS)
def set_shift(s: Session, do: SetShift, by: Actor, at: datetime) -> None:
    """Remember a printer's shift on a paper; the newest measurement counts."""
    row = _shift(s, do.printer, do.paper)
    if row is None:
        row = PrinterShift(printer=do.printer, paper=do.paper, right_mm=0, down_mm=0, measured_at=at)
        s.add(row)
    row.right_mm, row.down_mm, row.measured_at, row.person_id = do.right_mm, do.down_mm, at, by.person_id
    s.flush()
    touch(s, "label_paper", row.id)


class SaveRule(Operation):
    class_prefix: Annotated[str, StringConstraints(max_length=20, pattern=r"^[0-9A-Za-z.\-]*$")] = ""
    paper: Annotated[str, StringConstraints(max_length=40)] = ""
    first_line: Line = Line.NUMBER
    second_line: Line = Line.PLACE
    bars: bool = True


@operation(SaveRule, "label.save_rule", roles=LABEL_MAKERS)
def save_rule(s: Session, do: SaveRule, by: Actor, at: datetime) -> None:
    """Set what the labels of a class say; the longest prefix that fits an asset counts."""
    row = s.execute(select(LabelRule).where(col(LabelRule.class_prefix) == do.class_prefix)).scalar_one_or_none()
    if row is None:
        row = LabelRule(class_prefix=do.class_prefix)
        s.add(row)
    else:
        row.version += 1
    row.paper, row.first_line, row.second_line, row.bars = do.paper, do.first_line, do.second_line, do.bars
    s.flush()
    touch(s, "label_paper", row.id)


class DropRule(Operation):
    class_prefix: Annotated[str, StringConstraints(max_length=20)]


@operation(DropRule, "label.drop_rule", roles=LABEL_MAKERS)
def drop_rule(s: Session, do: DropRule, by: Actor, at: datetime) -> None:
    """The labels of this class say the usual again; a rule that is not there is no matter."""
    row = s.execute(select(LabelRule).where(col(LabelRule.class_prefix) == do.class_prefix)).scalar_one_or_none()
    if row is not None:
        touch(s, "label_paper", row.id)
        s.delete(row)


# ── reads ──


def papers(s: Session) -> list[LabelPaper]:
    """The office's own papers in use, by name."""
    return list(s.execute(select(LabelPaper).where(col(LabelPaper.retired_at).is_(None)).order_by(col(LabelPaper.name))).scalars())


def paper(s: Session, name: str) -> LabelPaper | None:
    """The own paper of this name, also a retired one: an old job can be printed again."""
    return s.execute(select(LabelPaper).where(col(LabelPaper.name) == name)).scalar_one_or_none()


def printers(s: Session) -> list[str]:
    """The printers that were measured, by name."""
    return sorted(set(s.execute(select(col(PrinterShift.printer))).scalars()))


def shift(s: Session, printer: str, paper_name: str) -> tuple[float, float]:
    """How far to move the print to the right and down, in mm; (0, 0) for a printer nobody measured."""
    row = _shift(s, printer, paper_name)
    return (row.right_mm, row.down_mm) if row else (0.0, 0.0)


def rules(s: Session) -> list[LabelRule]:
    """Every rule, the more particular first."""
    found = list(s.execute(select(LabelRule)).scalars())
    return sorted(found, key=lambda rule: (-len(rule.class_prefix), rule.class_prefix))


def rule_for(found: Sequence[LabelRule], class_code: str) -> LabelRule | None:
    """The rule with the longest prefix of this class, of `rules`."""
    return next((rule for rule in found if class_code.startswith(rule.class_prefix)), None)


def _shift(s: Session, printer: str, paper_name: str) -> PrinterShift | None:
    query = select(PrinterShift).where(col(PrinterShift.printer) == printer, col(PrinterShift.paper) == paper_name)
    return s.execute(query).scalar_one_or_none()

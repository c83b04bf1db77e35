"""Gap-free numbers per series and year: 办〔2026〕10号, receipt numbers, asset numbers (scenario Office 3).

A number belongs to the transaction that takes it: when the operation is refused the number was never given, so nothing is skipped. Two at
once get two numbers (the series' row is locked until the commit). A voided number stays on the register as void and is never given again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import select, text
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms.operations import OFFICE, Actor, Operation, current_op_id, operation, touch

Series = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class NumberSeries(SQLModel, table=True):
    """The last number given of a series in a year (year 0: the series never starts again)."""

    __tablename__: ClassVar[str] = "number_series"
    series: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class NumberVoid(SQLModel, table=True):
    """A number that was given and may not be used: append-only, visible for ever."""

    __tablename__: ClassVar[str] = "number_void"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    series: str = Field(index=True)
    year: int
    number: int
    reason: str
    person_id: UUID | None = None
    voided_at: datetime
    op_id: UUID


database.append_only("number_void")


@dataclass(frozen=True, slots=True)
class NumberView:
    """One number of the register."""

    series: str
    year: int
    number: int
    void: bool
    reason: str


def next_number(s: Session, series: str, year: int = 0) -> int:
    """The next number of `series` in `year`: 1, 2, 3 … Call it inside an operation; a second caller waits until the first has committed or
    given up."""
    statement = text(
        "INSERT INTO number_series (series, year, last) VALUES (:series, :year, 1) "
        "ON CONFLICT (series, year) DO UPDATE SET last = number_series.last + 1 RETURNING last"
    )
    return int(s.execute(statement, {"series": series, "year": year}).scalar_one())


def start_at(s: Session, series: str, year: int, last: int) -> None:
    """Go on after `last` (numbers given on paper before Foyer): only ever upwards."""
    statement = text(
        "INSERT INTO number_series (series, year, last) VALUES (:series, :year, :last) "
        "ON CONFLICT (series, year) DO UPDATE SET last = "
        "CASE WHEN excluded.last > number_series.last THEN excluded.last ELSE number_series.last END"
    )
    s.execute(statement, {"series": series, "year": year, "last": last})


def last_number(s: Session, series: str, year: int = 0) -> int:
    """The last number given, 0 for none."""
    return (
        s.execute(select(NumberSeries.last).where(col(NumberSeries.series) == series, col(NumberSeries.year) == year)).scalar_one_or_none()
        or 0
    )


class VoidNumber(Operation):
    series: Series
    year: int = 0
    number: Annotated[int, Input(gt=0)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]


@operation(VoidNumber, "number.void", roles=OFFICE)
def void_number(s: Session, do: VoidNumber, by: Actor, at: datetime) -> dict[str, Any]:
    """The number stays visible as void; the next one is the next one. Refuses: number.not_given, number.already_void"""
    if do.number > last_number(s, do.series, do.year):
        raise Refused("number.not_given", number=do.number)
    if do.number in {row.number for row in voids(s, do.series, do.year)}:
        raise Refused("number.already_void", number=do.number)
    void(s, do.series, do.year, do.number, do.reason, by, at)
    return {"number": do.number}


def void(s: Session, series: str, year: int, number: int, reason: str, by: Actor, at: datetime) -> None:
    """Mark a given number as void, inside another section's operation."""
    s.add(NumberVoid(series=series, year=year, number=number, reason=reason, person_id=by.person_id, voided_at=at, op_id=current_op_id(s)))
    touch(s, "number", f"{series}/{year}/{number}")


def voids(s: Session, series: str, year: int = 0) -> list[NumberVoid]:
    """The void numbers of a series and year, in order."""
    query = select(NumberVoid).where(col(NumberVoid.series) == series, col(NumberVoid.year) == year).order_by(col(NumberVoid.number))
    return list(s.execute(query).scalars())


def register(s: Session, series: str, year: int = 0) -> Sequence[NumberView]:
    """Every number given, void ones marked: no gap can hide."""
    dead = {row.number: row.reason for row in voids(s, series, year)}
    return [NumberView(series, year, n, n in dead, dead.get(n, "")) for n in range(1, last_number(s, series, year) + 1)]

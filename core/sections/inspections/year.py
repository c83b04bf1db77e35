"""The year grid of a round: a row a point, a box a due date (inspections.md rows 18–22).

A box without a run is shown blank, never filled: missed, when its time is over; to come, when it is not. Late runs stand in the box of their
due day and say late. Nothing here decides anything; figures are queries over runs, answers and duties."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.mechanisms.checklists import ChecklistAnswer
from core.sections.inspections import plans
from core.sections.inspections.plans import Inspection
from core.sections.inspections.runs import InspectionRun


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the year grid: `state` is pass, fail, late, skipped, blank (missed) or to_come; '' where nothing was asked. `done` of
    `asked` occurrences."""

    month: int
    state: str
    done: int
    asked: int
    run_id: UUID | None


@dataclass(frozen=True, slots=True)
class GridRow:
    point_id: UUID
    name: str
    place: str
    boxes: tuple[Box, ...]


def year_grid(s: Session, inspection_id: UUID, year: int, at: datetime) -> list[GridRow]:
    """Points × months of a year. A month's box tells the worst of its occurrences; blank where it was asked and never done."""
    row = plans.get(s, inspection_id)
    today, spots = plans.local_day(row, at), plans.points(s, [row.id])[row.id]
    asked = plans.due_dates(row, date(year, 1, 1), date(year, 12, 31))
    found = s.execute(
        select(InspectionRun).where(
            col(InspectionRun.inspection_id) == row.id,
            col(InspectionRun.due_on).between(date(year, 1, 1), date(year, 12, 31)),
            col(InspectionRun.result).is_not(None),
        )
    )
    by_day: dict[date, list[InspectionRun]] = {}
    for run in found.scalars():
        by_day.setdefault(run.due_on, []).append(run)
    fails = _failed_points(s, [run.run_id for many in by_day.values() for run in many])
    return [
        GridRow(p.id, p.name, p.place, tuple(_box(p.id, month, asked, by_day, fails, row, today) for month in range(1, 13))) for p in spots
    ]


def _box(
    point_id: UUID,
    month: int,
    asked: list[date],
    by_day: dict[date, list[InspectionRun]],
    fails: set[tuple[UUID, UUID]],
    row: Inspection,
    today: date,
) -> Box:
    here = [day for day in asked if day.month == month]
    visited = [(day, run) for day in here for run in by_day.get(day, ()) if str(point_id) not in run.skipped]
    done = len({day for day, _ in visited})
    over = [day for day in here if day + timedelta(days=row.late_days) < today]
    if not here:
        return Box(month, "", 0, 0, None)
    last = visited[-1][1].run_id if visited else None
    if any((run.run_id, point_id) in fails for _, run in visited):
        return Box(month, "fail", done, len(here), last)
    if any(day not in {d for d, _ in visited} for day in over):
        return Box(month, "skipped" if any(by_day.get(day) for day in over) and not visited else "blank", done, len(here), last)
    if any(run.late for _, run in visited):
        return Box(month, "late", done, len(here), last)
    return Box(month, "pass" if visited else "to_come", done, len(here), last)


def _failed_points(s: Session, run_ids: list[UUID]) -> set[tuple[UUID, UUID]]:
    """(run, point) pairs whose counting answer to some question is a fail."""
    last: dict[tuple[UUID, UUID, str], str] = {}
    for start in range(0, len(run_ids), 500):
        rows = s.execute(
            select(ChecklistAnswer.run_id, ChecklistAnswer.part_id, ChecklistAnswer.question_id, ChecklistAnswer.answer)
            .where(col(ChecklistAnswer.run_id).in_(run_ids[start : start + 500])).order_by(col(ChecklistAnswer.at),
            col(ChecklistAnswer.revision))
        )  # fmt: skip
        last.update({(row.run_id, row.part_id, row.question_id): row.answer for row in rows})
    return {(run_id, part_id) for (run_id, part_id, _), said in last.items() if said == "fail"}

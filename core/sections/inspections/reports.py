"""Rounds as they stand now, and the runs of a round with their answers (guide S4.2-R3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms import attachments, checklists, duties, people
from core.mechanisms.checklists import ChecklistRun
from core.mechanisms.operations import PERSON_ROLES, Actor, Role
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.inspections import plans
from core.sections.inspections.plans import Inspection, InspectionPoint
from core.sections.inspections.runs import InspectionRun, closed_days, hazard_key

LOOKS_BACK = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class InspectionView:
    """A round as lists show it. `state` is due, late, done (its present occurrence is closed) or missed (the one before was never done)."""

    id: UUID
    title: str
    checklist: str
    template_version: int
    cadence: str
    points: int
    due_on: date
    state: str
    last_on: date | None
    last_result: str | None
    open_hazards: int
    inspector_id: UUID | None
    version: int


@dataclass(frozen=True, slots=True)
class RunView:
    """One time round as lists show it."""

    id: UUID
    inspection_id: UUID
    title: str
    due_on: date
    started_at: datetime
    finished_at: datetime | None
    inspector: str
    result: str | None
    late: bool
    late_reason: str
    second: bool
    skipped: int
    fails: int
    evidence_pending: int
    template_version: int
    content_hash: str
    flags: tuple[str, ...]
    version: int


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One question at one point in a report, in the wording of the run's own version."""

    question_id: str
    question: str
    answer: str | None
    value: str | None
    unit: str
    note: str
    photos: tuple[str, ...]
    pending: tuple[str, ...]
    level: int
    at: datetime | None
    revisions: int
    duty_id: UUID | None


@dataclass(frozen=True, slots=True)
class PointReport:
    point_id: UUID
    name: str
    place: str
    skipped: bool
    answers: tuple[AnswerLine, ...]


@dataclass(frozen=True, slots=True)
class RunReport:
    """A whole run: every point, also the skipped ones."""

    run: RunView
    signature: str | None
    signature_pending: bool
    points: tuple[PointReport, ...]


def rounds(s: Session, by: Actor, at: datetime, inspection_ids: Sequence[UUID] | None = None) -> list[InspectionView]:
    """Every round in use (or these) with how it stands now; late and due ones first."""
    rows = [row for row in plans.active(s) if inspection_ids is None or row.id in inspection_ids]
    rows = [row for row in rows if by.has(*plans.SEES_RUNS, Role.SYSTEM) or plans.may_inspect(row, by)]
    spots = plans.points(s, [row.id for row in rows])
    lists = {c.id: c for c in s.execute(select(checklists.Checklist)).scalars()}
    open_by_round = _open_hazards(s)
    found = []
    for row in rows:
        closed, today = closed_days(s, row.id), plans.local_day(row, at)
        due_on = plans.occurrence_for(row, today, closed)
        last = s.execute(
            select(InspectionRun, ChecklistRun.finished_at).join(ChecklistRun, col(ChecklistRun.id) == col(InspectionRun.run_id))
            .where(col(InspectionRun.inspection_id) == row.id, col(InspectionRun.result).is_not(None))
            .order_by(col(ChecklistRun.finished_at).desc()).limit(1)
        ).first()  # fmt: skip
        state = "late" if due_on < today else "done" if due_on in closed else "missed" if _missed(row, today, closed) else "due"
        found.append(
            InspectionView(
                row.id, row.title, lists[row.checklist_id].key, lists[row.checklist_id].latest, row.cadence, len(spots[row.id]), due_on,
                state,
                plans.local_day(row, last[1]) if last else None, last[0].result if last else None, open_by_round.get(row.id, 0),
                row.inspector_id, row.version,
            )
        )  # fmt: skip
    order = {"late": 0, "missed": 1, "due": 2, "done": 3}
    return sorted(found, key=lambda view: (order[view.state], view.due_on, view.title))


def runs(
    s: Session, by: Actor, *, inspection_id: UUID | None = None, result: str = "", before: UUID | None = None, limit: int = 50
) -> list[RunView]:
    """Runs, newest first."""
    query = select(ChecklistRun, InspectionRun, Inspection.title).join(InspectionRun, col(InspectionRun.run_id) == col(ChecklistRun.id))
    query = (
        query.join(Inspection, col(Inspection.id) == col(InspectionRun.inspection_id)).order_by(col(ChecklistRun.id).desc()).limit(limit)
    )
    if inspection_id is not None:
        query = query.where(col(InspectionRun.inspection_id) == inspection_id)
    if result:
        query = query.where(col(InspectionRun.result).is_(None) if result == "open" else col(InspectionRun.result) == result)
    if before is not None:
        query = query.where(col(ChecklistRun.id) < before)
    if not by.has(*plans.SEES_RUNS, Role.SYSTEM):
        query = query.where(or_(col(ChecklistRun.started_by) == by.person_id, col(Inspection.inspector_id) == by.person_id))
    return _run_views(s, list(s.execute(query)))


def report(s: Session, run_id: UUID, by: Actor) -> RunReport:
    """A run with every point and answer, in the wording it was made with. Refuses: inspection.run_unknown"""
    query = select(ChecklistRun, InspectionRun, Inspection.title).join(InspectionRun, col(InspectionRun.run_id) == col(ChecklistRun.id))
    found = s.execute(
        query.join(Inspection, col(Inspection.id) == col(InspectionRun.inspection_id)).where(col(ChecklistRun.id) == run_id)
    ).first()
    if found is None or not (by.has(*plans.SEES_RUNS, Role.SYSTEM) or found[0].started_by == by.person_id):
        raise Refused("inspection.run_unknown")
    run, mine, _ = found
    content = checklists.version_of(s, run.checklist_id, run.version).content
    asked = checklists.questions(content, by.language)
    given = checklists.answers(s, run.id)
    everywhere = plans.points(s, [mine.inspection_id], retired=True)[mine.inspection_id]
    current = {point.id for point in plans.points(s, [mine.inspection_id])[mine.inspection_id]}
    skipped = set(mine.skipped)
    photos = [photo for part in given.values() for view in part.values() for photo in view.photos]
    missing = set(attachments.pending(s, [*photos, *([run.signature] if run.signature else [])]))
    duty_ids = _duties_of(
        s, [hazard_key(view.part_id, view.question_id) for part in given.values() for view in part.values() if view.answer == "fail"]
    )
    reports = []
    for point in everywhere:
        if point.id not in given and str(point.id) not in skipped and (mine.result is not None or point.id not in current):
            continue
        lines = []
        for question in asked:
            view = given.get(point.id, {}).get(question["id"])
            if view is None and point.id not in given:
                continue
            lines.append(
                AnswerLine(
                    question["id"], question["text"], view.answer if view else None, view.value if view else None, question["unit"] or "",
                    view.note if view else "", view.photos if view else (),
                    tuple(photo for photo in view.photos if photo in missing) if view else (),
                    view.level if view else 0, view.at if view else None, view.revision if view else 0, duty_ids.get(hazard_key(point.id,
                    question["id"])),
                )
            )  # fmt: skip
        reports.append(PointReport(point.id, point.name, point.place, point.id not in given, tuple(lines)))
    return RunReport(_run_views(s, [found])[0], run.signature, run.signature in missing, tuple(reports))


def _missed(row: Inspection, today: date, closed: set[date]) -> bool:
    before = plans.due_dates(row, today - timedelta(days=200), today - timedelta(days=1))
    return bool(before) and before[-1] not in closed


def _run_views(s: Session, found: Sequence[Any]) -> list[RunView]:
    ids = [run.id for run, _, _ in found]
    given = {run_id: checklists.answers(s, run_id) for run_id in ids}
    names = _names(s, {run.started_by for run, _, _ in found if run.started_by})
    views = []
    for run, mine, title in found:
        everything = [view for part in given[run.id].values() for view in part.values()]
        hashes = [photo for view in everything for photo in view.photos] + ([run.signature] if run.signature else [])
        views.append(
            RunView(
                run.id, mine.inspection_id, title, mine.due_on, run.started_at, run.finished_at, names.get(run.started_by, ""),
                mine.result, mine.late,
                mine.late_reason, mine.second, len(mine.skipped), sum(view.answer == "fail" for view in everything),
                len(attachments.pending(s, hashes)),
                run.version, run.content_hash, tuple(mine.flags), mine.version,
            )
        )  # fmt: skip
    return views


def _names(s: Session, ids: set[UUID]) -> dict[UUID | None, str]:
    return {row.id: row.name for row in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(ids)))}


def _open_hazards(s: Session) -> dict[UUID, int]:
    query = (
        select(InspectionPoint.inspection_id).join(duties.Duty, col(duties.Duty.subject_id) == col(InspectionPoint.id))
        .where(col(duties.Duty.subject_kind) == "inspection_point", col(duties.Duty.state).in_((duties.OPEN, duties.DONE)))
    )  # fmt: skip
    found: dict[UUID, int] = {}
    for inspection_id in s.execute(query).scalars():
        found[inspection_id] = found.get(inspection_id, 0) + 1
    return found


def _duties_of(s: Session, keys: list[str]) -> dict[str, UUID]:
    query = select(duties.Duty.merge_key, duties.Duty.id).where(col(duties.Duty.merge_key).in_(keys)).order_by(col(duties.Duty.id))
    return {row.merge_key: row.id for row in s.execute(query)}


def _list(s: Session, query: Query, by: Actor) -> Page:
    found = rounds(s, by, clock.now())
    if query.q:
        found = [view for view in found if query.q.lower() in view.title.lower()]
    if state := query.filters.get("state"):
        found = [view for view in found if view.state == state]
    start = next((i + 1 for i, view in enumerate(found) if str(view.id) == query.cursor), 0)
    rows = found[start : start + query.limit]
    return Page(rows, str(rows[-1].id) if rows and start + query.limit < len(found) else None)


def _one(s: Session, id: str, by: Actor) -> InspectionView | None:
    try:
        found = rounds(s, by, clock.now(), [UUID(id)])
    except ValueError:
        return None
    return found[0] if found else None


COLLECTION = Collection(
    "inspections", PERSON_ROLES, _list, _one,
    tuple(ExportColumn(name, f"inspection.column.{name}") for name in ("title", "cadence", "points", "due_on", "state", "last_on",
    "last_result", "open_hazards")),
    ("state",),
)  # fmt: skip


def _list_runs(s: Session, query: Query, by: Actor) -> Page:
    try:
        before = UUID(query.cursor) if query.cursor else None
        inspection_id = UUID(query.filters["inspection_id"]) if query.filters.get("inspection_id") else None
    except ValueError:
        raise Refused("query.cursor") from None
    rows = runs(s, by, inspection_id=inspection_id, result=query.filters.get("result", ""), before=before, limit=query.limit + 1)
    more, rows = len(rows) > query.limit, rows[: query.limit]
    return Page(rows, str(rows[-1].id) if more else None)


def _one_run(s: Session, id: str, by: Actor) -> RunReport | None:
    try:
        return report(s, UUID(id), by)
    except (ValueError, Refused):
        return None


RUNS = Collection(
    "inspection-runs", PERSON_ROLES, _list_runs, _one_run,
    tuple(
        ExportColumn(name, f"inspection.column.{name}")
        for name in ("title", "due_on", "started_at", "finished_at", "inspector", "result", "late", "late_reason", "second", "skipped",
        "fails", "content_hash")
    ),
    ("inspection_id", "result"),
)  # fmt: skip

"""What was inspected and what was not: rounds now, runs, the year grid, the chain of a hazard, what the phone carries (inspections.md rows
18–22).

A box of the grid without a run is shown blank, never filled: missed, when its time is over; to come, when it is not. Late runs stand in the
box of their due day and say late. Nothing here decides anything; figures are queries over runs, answers and duties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import attachments, checklists, duties, labels, notices, people
from core.mechanisms.checklists import ChecklistAnswer, ChecklistRun
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import PERSON_ROLES, SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.inspections import plans
from core.sections.inspections.plans import Inspection, InspectionPoint
from core.sections.inspections.runs import InspectionRun, closed_days, hazard_key

LOOKS_BACK = timedelta(days=62)
REPEAT_WITHIN = timedelta(days=90)


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


# ── rounds and runs ──


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


# ── the year grid ──


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


# ── a hazard's chain ──


@dataclass(frozen=True, slots=True)
class Hazard:
    """A failed point with what became of it: `closed` once it was verified by another person and the next run passed. `repeat` within 90
    days."""

    duty: duties.DutyView
    round: str
    point: str
    question: str
    value: str
    repeat: bool
    passed_on: datetime | None
    closed: bool


def hazards(s: Session, by: Actor, at: datetime, *, state: str = "", limit: int = 100) -> list[Hazard]:
    """Duties that came from failed points, in order of their day."""
    found = []
    for view in duties.everything(s, by, at, state=state, limit=500):
        if view.subject_kind == "inspection_point":
            found.append(hazard(s, view, by))
    return found[:limit]


def hazard(s: Session, view: duties.DutyView, by: Actor) -> Hazard:
    """The chain of one hazard."""
    facts, question_id = view.facts, str(view.facts.get("question_id", ""))
    passed = None
    if view.verified_at is not None:
        passed = s.execute(
            select(ChecklistAnswer.at).join(ChecklistRun, col(ChecklistRun.id) == col(ChecklistAnswer.run_id))
            .where(
                col(ChecklistAnswer.part_id) == view.subject_id, col(ChecklistAnswer.question_id) == question_id,
                col(ChecklistAnswer.answer) == "pass",
                col(ChecklistAnswer.at) > view.verified_at, col(ChecklistRun.finished_at).is_not(None),
            )
            .order_by(col(ChecklistAnswer.at)).limit(1)
        ).scalar_one_or_none()  # fmt: skip
    earlier = s.execute(
        select(duties.Duty.id).where(
            col(duties.Duty.merge_key) == hazard_key(view.subject_id, question_id), col(duties.Duty.id) != view.id,
            col(duties.Duty.opened_at) > view.opened_at - REPEAT_WITHIN, col(duties.Duty.opened_at) <= view.opened_at,
        ).limit(1)
    ).first()  # fmt: skip
    said = checklists.said(facts.get("question", ""), by.language)
    repeat = view.times > 1 or earlier is not None
    return Hazard(
        view,
        str(facts.get("round", "")),
        str(facts.get("point", "")),
        said,
        str(facts.get("value", "")),
        repeat,
        passed,
        passed is not None,
    )


# ── the phone ──


def for_phone(s: Session, by: Actor, at: datetime) -> list[dict[str, Any]]:
    """The rounds this person may do now, with points and questions in their language, as the floor app keeps them."""
    rows = [row for row in plans.active(s) if plans.may_inspect(row, by)]
    if not rows:
        return []
    spots = plans.points(s, [row.id for row in rows])
    codes = labels.codes_of(s, SubjectKind.PLACE, {point.place_id for many in spots.values() for point in many})
    old = labels.old_codes_of(s, SubjectKind.PLACE)
    found = []
    for row in rows:
        closed = closed_days(s, row.id)
        due_on = plans.occurrence_for(row, plans.local_day(row, at), closed)
        if due_on in closed or not spots[row.id]:
            continue
        wording = checklists.latest(s, row.checklist_id)
        asked = checklists.questions(wording.content, by.language)
        found.append({
            "id": row.id, "title": row.title, "due_on": due_on, "template_version": wording.version,
            "points": [
                {"id": p.id, "label": codes.get(p.place_id, ""), "old_labels": old.get(p.place_id, []), "name": p.name, "place": p.place,
                "questions": asked}
                for p in spots[row.id]
            ],
        })  # fmt: skip
    return sorted(found, key=lambda one: (one["due_on"], one["title"]))


# ── what was never done ──


class MarkMissed(Operation):
    inspection_id: UUID
    due_on: date


@operation(MarkMissed, "inspection.mark_missed", roles=set())
def mark_missed(s: Session, do: MarkMissed, by: Actor, at: datetime) -> None:
    """Nobody went: safety and the leaders are told once. The box stays blank."""
    row = plans.get(s, do.inspection_id)
    if do.due_on in closed_days(s, row.id):
        return
    for role in (Role.SAFETY, Role.LEADER):
        notices.queue_roles(
            s,
            role,
            key="inspection.notice.missed",
            at=at,
            subject=("inspection", row.id),
            facts={"title": row.title, "due_on": do.due_on.isoformat()},
        )
    touch(s, "inspection", row.id)


@job(every_s=900)
def escalate_missed(at: datetime) -> int:
    """Tell of every occurrence of the last two months whose time is over without a run; answers how many were new."""
    with database.reading() as s:
        missed = []
        for row in plans.active(s):
            today, closed = plans.local_day(row, at), closed_days(s, row.id)
            days = plans.due_dates(row, today - LOOKS_BACK, today)
            missed += [(row.id, day) for day in days if day + timedelta(days=row.late_days) < today and day not in closed]
    told = 0
    for inspection_id, day in missed:
        do = MarkMissed(inspection_id=inspection_id, due_on=day)
        outcome = perform_now(do, by=SYSTEM, at=at, op_id=derived("inspection.mark_missed", inspection_id, day))
        told += outcome.ok and not outcome.repeated
    return told


# ── private ──


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

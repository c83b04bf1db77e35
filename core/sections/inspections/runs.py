"""Walking a round: start, answer, finish (scenarios Floor 3, 5, 6; offline.md O15, O16, O19; inspections.md rows 4–8, 13, 15, 25).

A run keeps the wording it began with. Answers are only ever added; the phone's moment decides which counts. A fail without photo and note,
an answer that is missing at a point somebody stood at: finishing is refused and says where. Points nobody went to are listed as skipped. At
the finish every failed answer becomes a duty with owner and due day, or joins the open one of the same point and question. Photos may
arrive later. Of two runs for one due day both are kept: the first that finished closes the day, the other is marked as the second.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, Column, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Invalid, NotAllowed, Refused
from core.mechanisms import attachments, checklists, duties, labels, places, workdays
from core.mechanisms.attachments import Sha256
from core.mechanisms.checklists import AnswerView, ChecklistRun
from core.mechanisms.labels import LabelState, SubjectKind
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, note, operation, touch
from core.sections.inspections import plans
from core.sections.inspections.plans import Inspection, InspectionPoint

Remark = Annotated[str, StringConstraints(max_length=1000)]


class InspectionRun(SQLModel, table=True):
    """One time round. `due_on` is the due day it belongs to; `result` is set at the finish: pass or fail."""

    __tablename__: ClassVar[str] = "inspection_run"
    run_id: UUID = Field(primary_key=True, foreign_key="checklist_run.id")
    inspection_id: UUID = Field(foreign_key="inspection.id", index=True)
    due_on: date = Field(index=True)
    late: bool = False
    late_reason: str = ""
    result: str | None = None
    second: bool = False
    skipped: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    flags: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    version: int = 1


class StartInspection(Operation):
    run_id: UUID
    inspection_id: UUID
    template_version: Annotated[int, Input(gt=0)]


@operation(StartInspection, "inspection.start", roles=PERSON_ROLES, offline=True)
def start(s: Session, do: StartInspection, by: Actor, at: datetime) -> dict[str, Any]:
    """Begin on a version of the wording; begun twice it is the same run. Refuses: inspection.not_found, checklist.version_unknown,
    checklist.run_taken"""
    row = plans.get(s, do.inspection_id)
    if not plans.may_inspect(row, by):
        raise NotAllowed(inspection=row.id)
    known = s.get(InspectionRun, do.run_id)
    run = checklists.start(s, do.run_id, row.checklist_id, do.template_version, ("inspection", row.id), by, at)
    if known is None:
        today = plans.local_day(row, at)
        due_on = plans.occurrence_for(row, today, closed_days(s, row.id))
        known = InspectionRun(run_id=run.id, inspection_id=row.id, due_on=due_on, late=today > due_on)
        s.add(known)
        s.flush()
    touch(s, "inspection", row.id)
    return {"run_id": run.id, "due_on": known.due_on, "late": known.late, "template_version": run.version, "content_hash": run.content_hash}


class AnswerQuestion(Operation):
    """`typed`: the code was typed in, not read by the camera."""

    run_id: UUID
    point_id: UUID
    question_id: checklists.Id
    answer: Literal["pass", "fail", "na"]
    value: Annotated[str, StringConstraints(max_length=500)] | None = None
    note: Remark = ""
    photos: Annotated[tuple[Sha256, ...], Input(max_length=20)] = ()
    scanned_code: Annotated[str, StringConstraints(max_length=300)] | None = None
    typed: bool = False


@operation(AnswerQuestion, "inspection.answer", roles=PERSON_ROLES, offline=True)
def answer(s: Session, do: AnswerQuestion, by: Actor, at: datetime) -> dict[str, Any]:
    """One more revision of an answer. A number outside its limits is a fail whatever was said.

    Refuses: inspection.run_unknown, inspection.finished, inspection.point_unknown, checklist.question_unknown, inspection.value"""
    run, mine = _run(s, do.run_id)
    row = plans.get(s, mine.inspection_id)
    if not plans.may_inspect(row, by):
        raise NotAllowed(inspection=row.id)
    if run.finished_at is not None and at > run.finished_at:
        raise Refused("inspection.finished")
    point = s.get(InspectionPoint, do.point_id)
    if point is None or point.inspection_id != row.id:
        raise Refused("inspection.point_unknown")
    content = checklists.version_of(s, run.checklist_id, run.version).content
    said = checklists.verdict(content, do.question_id, {"answer": do.answer, "value": do.value})
    if said is None:
        raise Refused("inspection.value", question=do.question_id, value=do.value or "")
    level, flag = _presence(s, point, do.scanned_code, do.typed)
    row_added = checklists.add_answer(
        s, run, point.id, do.question_id, answer=said, value=do.value, note=do.note, photos=do.photos, level=level, by=by, at=at
    )  # fmt: skip
    attachments.use(s, do.photos, "inspection_run", run.id, by, at)
    if flag and flag not in mine.flags:
        mine.flags = [*mine.flags, flag]
    if run.finished_at is not None:  # it was given before the finish and only travelled longer
        _settle(s, run, mine, row, content, by, at, only=(point.id, do.question_id))
    mine.version += 1
    touch(s, "inspection_run", run.id)
    return {"answer": said, "revision": row_added.revision, "level": level}


class FinishInspection(Operation):
    """`signature` is the hash of the drawn signature's picture; `reason` says why it is late."""

    run_id: UUID
    signature: Sha256
    reason: Remark = ""


@operation(FinishInspection, "inspection.finish", roles=PERSON_ROLES, offline=True)
def finish(s: Session, do: FinishInspection, by: Actor, at: datetime) -> dict[str, Any]:
    """Sign and close. Refuses: inspection.run_unknown, inspection.empty, inspection.incomplete (names the first point, question and what it
    needs)"""
    run, mine = _run(s, do.run_id)
    row = plans.get(s, mine.inspection_id)
    if not plans.may_inspect(row, by):
        raise NotAllowed(inspection=row.id)
    if run.finished_at is not None:
        return _result(run, mine)
    content = checklists.version_of(s, run.checklist_id, run.version).content
    given = checklists.answers(s, run.id)
    everywhere = plans.points(s, [row.id], retired=True)[row.id]
    current = {point.id for point in plans.points(s, [row.id])[row.id]}
    asked = [point for point in everywhere if point.id in current or point.id in given]
    visited, skipped = checklists.counted([point.id for point in asked], given)
    if not visited:
        raise Refused("inspection.empty")
    names = {point.id: point.name for point in asked}
    gaps = [(point_id, gap) for point_id in visited for gap in checklists.missing(content, given[point_id])]
    if gaps:
        point_id, gap = gaps[0]
        wording = {question["id"]: question["text"] for question in checklists.questions(content, by.language)}
        raise Refused(
            "inspection.incomplete", n=len(gaps), point=names[point_id], point_id=point_id, question=wording[gap.question_id],
            question_id=gap.question_id,
            needs=list(gap.needs),
        )  # fmt: skip
    run.finished_at, run.finished_by, run.signature = at, by.person_id, do.signature
    attachments.use(s, [do.signature], "inspection_run", run.id, by, at)
    mine.late_reason = do.reason or mine.late_reason
    mine.late = plans.local_day(row, at) > mine.due_on
    mine.second = mine.due_on in closed_days(s, row.id)
    mine.skipped = [str(point_id) for point_id in skipped]
    _settle(s, run, mine, row, content, by, at)
    photos = [photo for part in given.values() for view in part.values() for photo in view.photos]
    missing = attachments.pending(s, [*photos, do.signature])
    if missing:
        note(s, evidence_pending=missing)
    touch(s, "inspection_run", run.id)
    touch(s, "inspection", row.id)
    return _result(run, mine)


class ExplainLate(Operation):
    run_id: UUID
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


@operation(ExplainLate, "inspection.explain", roles=plans.INSPECTORS)
def explain(s: Session, do: ExplainLate, by: Actor, at: datetime) -> None:
    """Say why a run was late; once said it stays. Refuses: inspection.run_unknown, inspection.not_late, inspection.explained"""
    _, mine = _run(s, do.run_id)
    if not mine.late:
        raise Refused("inspection.not_late")
    if mine.late_reason:
        raise Refused("inspection.explained")
    mine.late_reason = do.reason
    mine.version += 1
    touch(s, "inspection_run", mine.run_id)


# ── reads used by others ──


def closed_days(s: Session, inspection_id: UUID) -> set[date]:
    """The due days that a finished run has closed."""
    query = select(InspectionRun.due_on).where(col(InspectionRun.inspection_id) == inspection_id, col(InspectionRun.result).is_not(None))
    return set(s.execute(query).scalars())


def hazard_key(point_id: UUID, question_id: str) -> str:
    """What the duty of a failed answer is about: a second fail of the same question at the same point joins it."""
    return f"inspection/{point_id}/{question_id}"


@attachments.shown_with("inspection_run")
def may_see_photos(s: Session, run_id: UUID, by: Actor) -> bool:
    run = s.get(ChecklistRun, run_id)
    return run is not None and (by.has(*plans.SEES_RUNS) or by.person_id == run.started_by)


# ── private ──


def _run(s: Session, run_id: UUID) -> tuple[ChecklistRun, InspectionRun]:
    mine = s.get(InspectionRun, run_id)
    run = s.get(ChecklistRun, run_id)
    if mine is None or run is None:
        raise Refused("inspection.run_unknown")
    return run, mine


def _presence(s: Session, point: InspectionPoint, code: str | None, typed: bool) -> tuple[int, str | None]:
    """How presence was shown: 1 the point's own current label was read, 0 anything less; and what is odd about it."""
    if not code:
        return 0, None
    try:
        label = labels.known(s, code)
    except (Refused, Invalid):
        return 0, "code_unknown"
    if label.subject_kind != SubjectKind.PLACE or label.subject_id is None:
        return 0, "other_label"
    inside = label.subject_id == point.place_id or point.place_id in places.descendants(s, [label.subject_id])
    if not inside:
        return 0, "other_place"
    if label.state != LabelState.ACTIVE:
        return 0, "old_label"
    return (0 if typed else 1), None


def _settle(
    s: Session, run: ChecklistRun, mine: InspectionRun, row: Inspection, content: dict[str, Any], by: Actor, at: datetime,
    only: tuple[UUID, str] | None = None,
) -> None:  # fmt: skip
    """Result of a finished run, and a duty for each fail: all of them at the finish, one when its answer travelled longer."""
    given = checklists.answers(s, run.id)
    fails = [view for part in given.values() for view in part.values() if view.answer == "fail"]
    mine.result = "fail" if fails else "pass"
    for view in fails:
        if only is None or only == (view.part_id, view.question_id):
            _make_duty(s, run, row, content, view, by, at)


def _make_duty(s: Session, run: ChecklistRun, row: Inspection, content: dict[str, Any], view: AnswerView, by: Actor, at: datetime) -> None:
    key = hazard_key(view.part_id, view.question_id)
    point = s.get(InspectionPoint, view.part_id)
    assert point is not None
    wording = next(
        question["text"] for section in content["sections"] for question in section["questions"] if question["id"] == view.question_id
    )
    place = places.get(s, point.place_id)
    duties.open_duty(
        s, title_key="inspection.duty.fail", owner_id=point.hazard_owner_id or row.hazard_owner_id, subject=("inspection_point", point.id),
        at=at,
        due_on=workdays.add(s, plans.local_day(row, at), row.hazard_workdays), four_eyes=True, merge_key=key, by=by, photos=view.photos,
        remark=view.note,
        facts={
            "point": place.name, "point_id": str(point.id), "question_id": view.question_id, "question": wording, "run_id": str(run.id),
            "round": row.title,
            "value": view.value or "",
        },
    )  # fmt: skip


def _result(run: ChecklistRun, mine: InspectionRun) -> dict[str, Any]:
    return {
        "run_id": run.id, "result": mine.result, "due_on": mine.due_on, "late": mine.late, "second": mine.second,
        "skipped": list(mine.skipped),
        "flags": list(mine.flags), "content_hash": run.content_hash,
    }  # fmt: skip

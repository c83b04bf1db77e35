"""Preparing a room before a meeting and restoring it after one (guide S1.3-R4, S1.3-R5, S1.3-R8; scenario Office 6, last clause).

A booking with wishes (seats, devices, water, tea) gets a list of exactly these, due before it starts; a room that must be restored gets a list
after each meeting. Both are checklist runs on a pinned wording and duties of whoever keeps the room. "Ready" is earned on site: a list is
finished with the code of the room's own label, a restored room also with a photo. A device that fails its check becomes a fault.

The job `plan_tasks` follows the bookings: what is moved moves, what is cancelled is dropped, what changes after it was ready opens again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlmodel import Session

from core.foundation.errors import Refused
from core.mechanisms import attachments, checklists, duties, labels, places
from core.mechanisms.attachments import Sha256
from core.mechanisms.checklists import ChecklistRun
from core.mechanisms.duties import Duty
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, operation, touch
from core.sections.roomcare import faults
from core.sections.roomcare.keeping import RoomCare
from core.sections.roomcare.task_record import (
    DEVICES,
    DONE,
    OPEN,
    RESTORE,
    SUBJECT,
    RoomTask,
    may_do,
    missing,
    note_changed,
    open_task,
    questions_of,
    settle,
)

Remark = Annotated[str, StringConstraints(max_length=500)]


class AnswerTask(Operation):
    """Tick one line. A fail says what is wrong, with a photo; a device that fails becomes a fault of the room."""

    task_id: UUID
    question_id: checklists.Id
    answer: Literal["pass", "fail", "na"]
    note: Remark = ""
    photos: Annotated[tuple[Sha256, ...], Input(max_length=10)] = ()


@operation(AnswerTask, "room.answer_task", roles=PERSON_ROLES)
def answer_task(s: Session, do: AnswerTask, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: care.not_found, care.closed, checklist.question_unknown; not allowed: who neither keeps the room nor works in the office"""
    task = open_task(s, do.task_id, by)
    run = s.get(ChecklistRun, task.run_id)
    assert run is not None
    content = checklists.version_of(s, run.checklist_id, run.version).content
    if do.question_id not in {question["id"] for question in questions_of(content, task, by.language)}:
        raise Refused("checklist.question_unknown", question=do.question_id)
    row = checklists.add_answer(
        s, run, task.room_id, do.question_id, answer=do.answer, value=None, note=do.note, photos=do.photos, level=0, by=by, at=at
    )
    attachments.use(s, do.photos, SUBJECT, task.id, by, at)
    fault = None
    if do.answer == "fail" and do.question_id in DEVICES:
        report = faults.ReportFault.model_validate(
            {"room_id": task.room_id, "item": do.question_id, "note": do.note[:300], "photos": do.photos[:5]}
        )
        fault = faults.report_fault(s, report, by, at)["fault_id"]
    task.version += 1
    touch(s, SUBJECT, task.id)
    return {"task_id": task.id, "revision": row.revision, "fault_id": fault}


class FinishTask(Operation):
    """`code` is what the room's own label says: read on site. A restored room is photographed."""

    task_id: UUID
    code: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    photos: Annotated[tuple[Sha256, ...], Input(max_length=10)] = ()


@operation(FinishTask, "room.finish_task", roles=PERSON_ROLES)
def finish_task(s: Session, do: FinishTask, by: Actor, at: datetime) -> dict[str, Any]:
    """The room is ready. Finishing twice is quiet. Refuses: care.not_found, care.closed, care.other_room, care.incomplete (names what is
    missing), care.photo_missing, label.unknown, label.superseded, label.retired; not allowed: who neither keeps the room nor works in the
    office"""
    known = s.get(RoomTask, do.task_id)
    if known is not None and known.state == DONE and may_do(known, by):
        return {"task_id": known.id, "room_id": known.room_id, "finished_at": known.finished_at}
    task = open_task(s, do.task_id, by)
    label = labels.active(s, do.code)
    if label.subject_kind != SubjectKind.PLACE or label.subject_id != task.room_id:
        raise Refused("care.other_room", room=places.get(s, task.room_id).name)
    gaps = missing(s, task, by.language)
    if gaps:
        raise Refused("care.incomplete", n=len(gaps), question=gaps[0])
    if task.kind == RESTORE and not do.photos and not task.photos:
        raise Refused("care.photo_missing")
    task.photos = list(dict.fromkeys([*task.photos, *do.photos]))[:20]
    task.state, task.finished_at, task.finished_by = DONE, at, by.person_id
    task.version += 1
    run = s.get(ChecklistRun, task.run_id)
    if run is not None:
        run.finished_at, run.finished_by = at, by.person_id
    attachments.use(s, do.photos, SUBJECT, task.id, by, at)
    if task.kind == RESTORE and (row := s.get(RoomCare, task.room_id)) is not None:
        row.restored_at = at
    settle(s, task, by, at)
    note_changed(s, task)
    return {"task_id": task.id, "room_id": task.room_id, "finished_at": at}


@duties.when_done(SUBJECT)
def duty_done(s: Session, duty: Duty, by: Actor, at: datetime) -> None:
    """A list is not finished by ticking its duty: the room is scanned. Refuses: care.scan_needed"""
    task = s.get(RoomTask, duty.subject_id)
    if task is not None and task.state == OPEN:
        raise Refused("care.scan_needed", room=places.get(s, task.room_id).name)

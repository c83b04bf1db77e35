"""What the phone carries of the rounds, and what was never done."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.foundation import database
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import checklists, labels, notices
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.sections.inspections import plans
from core.sections.inspections.reports import LOOKS_BACK
from core.sections.inspections.runs import closed_days


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

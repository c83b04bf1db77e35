"""The chain of a hazard: found, mended, seen again by somebody else; which points fail again (guide S4.2-R4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from core.mechanisms import checklists, duties
from core.mechanisms.checklists import ChecklistAnswer, ChecklistRun
from core.mechanisms.operations import Actor
from core.sections.inspections.runs import hazard_key

REPEAT_WITHIN = timedelta(days=90)


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

"""The reminders that climb: the owner, then who stands above."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock, database
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import people, workdays
from core.mechanisms.duties.record import OPEN, Duty, get, note_event, tell
from core.mechanisms.operations import SYSTEM, Actor, Operation, operation, perform_now

LATE_STEPS = (1, 3, 5)
CLIMBS_AT = 3
REMINDS_FROM_HOUR = 8


class RemindDuty(Operation):
    """One step of the ladder: `ahead`, `today`, `late_1`, `late_3`, `late_5`. Said by the job, once each."""

    duty_id: UUID
    step: str


@operation(RemindDuty, "duty.remind", roles=set())
def remind(s: Session, do: RemindDuty, by: Actor, at: datetime) -> None:
    """Tell the owner; from the third working day late also whoever answers for them."""
    duty = get(s, do.duty_id)
    if duty.state != OPEN:
        return
    late = do.step.startswith("late")
    tell(s, duty, duty.owner_id, "duty.notice.late" if late else "duty.notice.due", at)
    above = _above(s, duty.owner_id)
    if late and int(do.step.removeprefix("late_")) >= CLIMBS_AT and above is not None:
        tell(s, duty, above, "duty.notice.late_of", at, owner=people.get(s, duty.owner_id).name)
    note_event(s, duty, "reminded", by, at)


@job(every_s=600)
def send_reminders(at: datetime) -> int:
    """Remind of what is due tomorrow (in working days), today, or late by 1, 3 and 5 working days; answers how many it told.

    The ids of its operations are made of duty, day and step, so that a restart never tells twice; only the step of the present day is
    said."""
    today = clock.today(at)
    if clock.local(at).hour < REMINDS_FROM_HOUR:
        return 0
    with database.reading() as s:
        if not workdays.is_workday(s, today):
            return 0
        horizon = workdays.add(s, today, 1)
        due = list(s.execute(select(Duty).where(col(Duty.state) == OPEN, col(Duty.due_on) <= horizon).limit(5000)).scalars())
        steps = [(duty, _step(s, duty, today)) for duty in due]
    told = 0
    for duty, step in steps:
        if step is not None:
            outcome = perform_now(
                RemindDuty(duty_id=duty.id, step=step), by=SYSTEM, at=at, op_id=derived("duty.remind", duty.id, duty.due_on, step)
            )
            told += outcome.ok and not outcome.repeated
    return told


def _step(s: Session, duty: Duty, today: date) -> str | None:
    if duty.due_on > today:
        return "ahead" if duty.opened_at < clock.day_span(today)[0] else None
    if duty.due_on == today:
        return "today"
    late = workdays.between(s, duty.due_on, today)
    return f"late_{late}" if late in LATE_STEPS else None


def _above(s: Session, person_id: UUID) -> UUID | None:
    """The head of the person's department, or of the one above when that is the person; nobody when nobody is named."""
    department_id = people.get(s, person_id).department_id
    for _ in range(10):
        department = s.get(people.Department, department_id) if department_id else None
        if department is None:
            return None
        if department.head_id is not None and department.head_id != person_id:
            return department.head_id
        department_id = department.parent_id
    return None

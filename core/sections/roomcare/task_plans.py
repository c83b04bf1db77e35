"""Which meetings need a list, and what it asks: the job `plan_tasks` follows the bookings (guide S1.3-R4, S1.3-R8)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock, database
from core.foundation.errors import Invalid, Refused
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job
from core.mechanisms import checklists, duties, notices, people, places
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.sections.bookings import Booking
from core.sections.roomcare import keeping
from core.sections.roomcare.keeping import RoomCare
from core.sections.roomcare.task_record import (
    AHEAD,
    ASKED,
    DROPPED,
    OPEN,
    PLANNED,
    PREPARE,
    RESTORE,
    SUBJECT,
    RoomTask,
    dirty_rooms,
    dirty_since,
    latest,
    note_changed,
    settle,
)
from core.sections.rooms import Room


class PlanTask(Operation):
    """Said by the job: bring the list of this booking up to date."""

    booking_id: UUID
    kind: Literal["prepare", "restore"]


@operation(PlanTask, "room.plan_task", roles=set())
def plan_task(s: Session, do: PlanTask, by: Actor, at: datetime) -> dict[str, Any]:
    """Make, change, open again or drop the list. Refuses: care.nobody; Invalid care.nothing_to_plan when it is as it should be"""
    booking = s.get(Booking, do.booking_id)
    if booking is None:
        raise Refused("booking.not_found")
    task = latest(s, booking.id, do.kind)
    wanted = _wanted(s, booking, do.kind, at)
    if wanted is None:
        if task is None or task.state != OPEN:
            raise Invalid("care.nothing_to_plan")
        _drop(s, task, by, at)
        return {"task_id": task.id, "state": task.state}
    items, wishes, due_at = wanted
    asked = json.dumps([str(booking.room_id), items, wishes], sort_keys=True)
    if task is None or task.state == DROPPED or task.asked != asked:
        if task is not None and task.state == OPEN:
            _drop(s, task, by, at)
        task = _make(s, booking, do.kind, items, wishes, asked, due_at, by, at)
    elif task.state == OPEN and task.due_at != due_at:
        task.due_at = due_at
        task.version += 1
    else:
        raise Invalid("care.nothing_to_plan")
    s.flush()
    note_changed(s, task)
    return {"task_id": task.id, "state": task.state}


class RemindTask(Operation):
    """Said by the job when a list is due and not done."""

    task_id: UUID


@operation(RemindTask, "room.remind_task", roles=set())
def remind_task(s: Session, do: RemindTask, by: Actor, at: datetime) -> None:
    """Tell the keeper, and reception, once."""
    task = s.get(RoomTask, do.task_id)
    if task is None or task.state != OPEN or task.reminded_at is not None:
        return
    task.reminded_at = at
    booking = s.get(Booking, task.booking_id)
    assert booking is not None
    facts = {"room": places.get(s, task.room_id).name, "from": booking.starts_at}
    told = {person.id for person in people.with_role(s, Role.RECEPTION)} | {task.keeper_id}
    for person_id in sorted(told, key=str):
        notices.queue(s, key="roomcare.prepare_late", facts=facts, at=at, to_person_id=person_id, subject=(SUBJECT, task.id), mail=False)
    touch(s, SUBJECT, task.id)


@job(every_s=10)
def plan_tasks(at: datetime) -> int:
    """Bring every list up to date and remind of those that are due; answers how many changed."""
    with database.reading() as s:
        due = _to_plan(s, at)
        late = [
            task.id
            for task in s.execute(
                select(RoomTask).where(
                    col(RoomTask.state) == OPEN,
                    col(RoomTask.kind) == PREPARE,
                    col(RoomTask.due_at) <= at,
                    col(RoomTask.reminded_at).is_(None),
                )
            ).scalars()
        ]
    changed = 0
    for booking_id, kind, version in due:
        do = PlanTask.model_validate({"booking_id": booking_id, "kind": kind})
        changed += perform_now(do, by=SYSTEM, at=at, op_id=derived("room.plan_task", booking_id, kind, version, at)).ok
    for task_id in late:
        perform_now(RemindTask(task_id=task_id), by=SYSTEM, at=at, op_id=derived("room.remind_task", task_id))
    return changed


def _to_plan(s: Session, at: datetime) -> list[tuple[UUID, str, int]]:
    """The bookings whose list is not what it should be: those ahead, those that just ended in a room to be restored, and open lists."""
    caring = keeping.everything(s)
    found: dict[tuple[UUID, str], None] = {}
    ahead = select(Booking).where(col(Booking.starts_at) > at, col(Booking.starts_at) <= at + AHEAD, col(Booking.state).in_(PLANNED))
    for booking in s.execute(ahead).scalars():
        row = caring.get(booking.room_id)
        if (row is not None and row.prepare_always) or booking.needs or booking.seating:
            found[(booking.id, PREPARE)] = None
    for last in dirty_rooms(s, caring, at).values():
        found[(last.id, RESTORE)] = None
    for task in s.execute(select(RoomTask).where(col(RoomTask.state) == OPEN)).scalars():
        found[(task.booking_id, task.kind)] = None
    return [(id, kind, s.get_one(Booking, id).version) for id, kind in found if _is_due(s, id, kind, at)]


def _is_due(s: Session, booking_id: UUID, kind: str, at: datetime) -> bool:
    booking = s.get(Booking, booking_id)
    if booking is None:
        return False
    task, wanted = latest(s, booking_id, kind), _wanted(s, booking, kind, at)
    if wanted is None:
        return task is not None and task.state == OPEN
    items, wishes, due_at = wanted
    if task is None or task.state == DROPPED:
        return True
    if task.asked != json.dumps([str(booking.room_id), items, wishes], sort_keys=True):
        return True
    return task.state == OPEN and task.due_at != due_at


@lru_cache(maxsize=4)
def _pack(key: str) -> dict[str, Any]:
    text = resources.files("core.sections.roomcare").joinpath(f"packs/{key}.json").read_text("utf-8")
    return dict(json.loads(text))


def _wanted(s: Session, booking: Booking, kind: str, at: datetime) -> tuple[list[str], dict[str, Any], datetime] | None:
    """What the list of a booking asks and when it is due, or None when there is nothing to do."""
    row = s.get(RoomCare, booking.room_id)
    if kind == RESTORE:
        last = dirty_since(s, row, booking.room_id, at) if row is not None else None
        return ([], {}, booking.ended_at or booking.ends_at) if last is not None and last.id == booking.id else None
    if booking.state not in PLANNED or booking.ends_at <= at:
        return None
    room = s.get(Room, booking.room_id)
    needs = [need for need in booking.needs if need in ASKED]
    if row is not None and row.prepare_always:
        needs += [name for name in (room.equipment if room else []) if name not in needs] + ([] if "water" in needs else ["water"])
    if booking.seating:
        needs.append("seating")
    if not needs:
        return None
    before = row.prepare_before_minutes if row is not None else keeping.PREPARE_BEFORE_MINUTES
    wishes = {"seating": booking.seating, "attendees": booking.attendees, "remark": booking.remark}
    return [name for name in ASKED if name in needs], wishes, booking.starts_at - timedelta(minutes=before)


def _make(
    s: Session, booking: Booking, kind: str, items: list[str], wishes: dict[str, Any], asked: str, due_at: datetime, by: Actor, at: datetime
) -> RoomTask:
    key = f"room_{kind}"
    try:
        checklist = checklists.find(s, key)
    except Refused:
        checklists.publish(s, checklists.PublishChecklist.model_validate({"key": key, "content": _pack(key)}), by, at)
        checklist = checklists.find(s, key)
    if kind == RESTORE:
        for older in s.execute(
            select(RoomTask).where(col(RoomTask.room_id) == booking.room_id, col(RoomTask.kind) == RESTORE, col(RoomTask.state) == OPEN)
        ).scalars():
            _drop(s, older, by, at)  # the next meeting came first: one list restores after both
    id = uuid7()
    run = checklists.start(s, uuid7(), checklist.id, checklist.latest, (SUBJECT, id), by, at)
    keeper = keeping.keeper_of(s, booking.room_id)
    task = RoomTask(
        id=id, kind=kind, room_id=booking.room_id, booking_id=booking.id, run_id=run.id, items=items, wishes=wishes, asked=asked, due_at=due_at,
        keeper_id=keeper, made_at=at,
    )  # fmt: skip
    s.add(task)
    s.flush()
    zone = clock.zone()
    duty = duties.open_duty(
        s, title_key=f"roomcare.duty.{kind}", owner_id=keeper, subject=(SUBJECT, id), at=at, due_on=due_at.astimezone(zone).date(),
        merge_key=f"{SUBJECT}/{id}", by=by,
        facts={"room": places.get(s, booking.room_id).name, "time": due_at.astimezone(zone).strftime("%H:%M")},
    )  # fmt: skip
    task.duty_id = duty.id
    return task


def _drop(s: Session, task: RoomTask, by: Actor, at: datetime) -> None:
    task.state = DROPPED
    task.version += 1
    s.flush()
    settle(s, task, by, at)
    note_changed(s, task)

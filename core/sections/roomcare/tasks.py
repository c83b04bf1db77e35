"""Preparing a room before a meeting and restoring it after one (guide S1.3-R4, S1.3-R5, S1.3-R8; scenario Office 6, last clause).

A booking with wishes (seats, devices, water, tea) gets a list of exactly these, due before it starts; a room that must be restored gets a list
after each meeting. Both are checklist runs on a pinned wording and duties of whoever keeps the room. "Ready" is earned on site: a list is
finished with the code of the room's own label, a restored room also with a photo. A device that fails its check becomes a fault.

The job `plan_tasks` follows the bookings: what is moved moves, what is cancelled is dropped, what changes after it was ready opens again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, Column, Index, func, select, text
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.i18n import t
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job
from core.mechanisms import attachments, checklists, duties, labels, notices, people, places
from core.mechanisms.attachments import Sha256
from core.mechanisms.checklists import AnswerView, ChecklistRun
from core.mechanisms.duties import Duty
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import OFFICE, PERSON_ROLES, SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.mechanisms.people import Person
from core.sections import rooms
from core.sections.bookings import Booking, BookingState
from core.sections.roomcare import faults, keeping
from core.sections.roomcare.keeping import RoomCare
from core.sections.rooms import EQUIPMENT, SERVICES, Room

SUBJECT = "room_task"
PREPARE, RESTORE = "prepare", "restore"
OPEN, DONE, DROPPED = "open", "done", "dropped"
AHEAD = timedelta(hours=14)  # in the evening the first meeting of tomorrow morning is in the list
DEVICES = EQUIPMENT
ASKED = ("seating", *DEVICES, *SERVICES)
RESTORE_WITHIN = timedelta(minutes=30)  # later than that a room to be restored counts as late
PLANNED = (BookingState.CONFIRMED, BookingState.IN_USE)
HELD = (BookingState.CONFIRMED, BookingState.IN_USE, BookingState.ENDED)  # a released booking dirtied nothing
Remark = Annotated[str, StringConstraints(max_length=500)]


class RoomTask(SQLModel, table=True):
    """One list for one room and one meeting. `items` are the questions it asks (empty: all), `wishes` what the booking said about them, `asked`
    a fingerprint of both, so that a change is noticed."""

    __tablename__: ClassVar[str] = "room_task"
    __table_args__ = (
        Index(
            "room_task_one_open", "booking_id", "kind", unique=True, sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("room_task_state_due", "state", "due_at"),
    )  # fmt: skip
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    kind: str
    room_id: UUID = Field(foreign_key="place.id", index=True)
    booking_id: UUID = Field(foreign_key="booking.id", index=True)
    run_id: UUID = Field(foreign_key="checklist_run.id")
    items: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    wishes: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    asked: str = ""
    due_at: datetime
    keeper_id: UUID = Field(foreign_key="person.id", index=True)
    duty_id: UUID | None = Field(default=None, foreign_key="duty.id")
    state: str = OPEN
    made_at: datetime
    reminded_at: datetime | None = None
    finished_at: datetime | None = None
    finished_by: UUID | None = None
    photos: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    version: int = 1


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a list: its words, what the meeting asked, and how it stands (empty, pass, fail or na)."""

    id: str
    text: str
    wish: str
    answer: str
    note: str
    photos: tuple[str, ...]
    device: bool


@dataclass(frozen=True, slots=True)
class TaskView:
    """A list as phone and desk show it. `late`: due (a room to be restored: half an hour after its meeting) and not done."""

    id: UUID
    kind: str
    room_id: UUID
    room: str
    short_name: str | None
    booking_id: UUID
    title: str
    host: str
    starts_at: datetime
    ends_at: datetime
    attendees: int
    remark: str
    due_at: datetime
    keeper_id: UUID
    keeper: str
    state: str
    late: bool
    open_questions: int
    questions: tuple[Question, ...]
    finished_at: datetime | None
    finisher: str
    photos: tuple[str, ...]
    version: int


# ── operations ──


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
    task = _latest(s, booking.id, do.kind)
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
    _changed(s, task)
    return {"task_id": task.id, "state": task.state}


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
    task = _open(s, do.task_id, by)
    run = s.get(ChecklistRun, task.run_id)
    assert run is not None
    content = checklists.version_of(s, run.checklist_id, run.version).content
    if do.question_id not in {question["id"] for question in _questions(content, task, by.language)}:
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
    task = _open(s, do.task_id, by)
    label = labels.active(s, do.code)
    if label.subject_kind != SubjectKind.PLACE or label.subject_id != task.room_id:
        raise Refused("care.other_room", room=places.get(s, task.room_id).name)
    gaps = _missing(s, task, by.language)
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
    _settle(s, task, by, at)
    _changed(s, task)
    return {"task_id": task.id, "room_id": task.room_id, "finished_at": at}


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


@duties.when_done(SUBJECT)
def duty_done(s: Session, duty: Duty, by: Actor, at: datetime) -> None:
    """A list is not finished by ticking its duty: the room is scanned. Refuses: care.scan_needed"""
    task = s.get(RoomTask, duty.subject_id)
    if task is not None and task.state == OPEN:
        raise Refused("care.scan_needed", room=places.get(s, task.room_id).name)


# ── job ──


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
    for room_id, row in caring.items():
        if row.restore_since is not None and (last := dirty_since(s, row, room_id, at)) is not None:
            found[(last.id, RESTORE)] = None
    for task in s.execute(select(RoomTask).where(col(RoomTask.state) == OPEN)).scalars():
        found[(task.booking_id, task.kind)] = None
    return [(id, kind, s.get_one(Booking, id).version) for id, kind in found if _is_due(s, id, kind, at)]


def _is_due(s: Session, booking_id: UUID, kind: str, at: datetime) -> bool:
    booking = s.get(Booking, booking_id)
    if booking is None:
        return False
    task, wanted = _latest(s, booking_id, kind), _wanted(s, booking, kind, at)
    if wanted is None:
        return task is not None and task.state == OPEN
    items, wishes, due_at = wanted
    if task is None or task.state == DROPPED:
        return True
    if task.asked != json.dumps([str(booking.room_id), items, wishes], sort_keys=True):
        return True
    return task.state == OPEN and task.due_at != due_at


# ── reads ──


def dirty_since(s: Session, row: RoomCare, room_id: UUID, at: datetime) -> Booking | None:
    """The meeting after which a room still waits to be restored, or None: it is ready, in use, or nobody has to."""
    if row.restore_since is None:
        return None
    query = (
        select(Booking)
        .where(col(Booking.room_id).in_(rooms.sharing(s, room_id) | {room_id}), col(Booking.starts_at) <= at, col(Booking.state).in_(HELD))
        .order_by(col(Booking.starts_at).desc())
        .limit(1)
    )
    last = s.execute(query).scalar_one_or_none()
    if last is None:
        return None
    ended = last.ended_at or last.ends_at
    clean = max(moment for moment in (row.restore_since, row.restored_at) if moment is not None)
    return last if clean < ended <= at else None


@rooms.before_use
def not_while_restoring(s: Session, room_id: UUID, by: Actor, at: datetime) -> None:
    """Nobody but the office books a room from now on that waits to be restored. Refuses: room.restoring"""
    if by.has(*OFFICE, Role.SYSTEM):
        return
    for leaf in {room_id, *rooms.leaves(s, room_id)}:
        row = s.get(RoomCare, leaf)
        if row is not None and dirty_since(s, row, leaf, at) is not None:
            raise Refused("room.restoring", room=places.get(s, leaf).name, keeper=keeping.care(s, leaf).keeper)


def get(s: Session, task_id: UUID) -> RoomTask:
    """The list, or Refused care.not_found."""
    task = s.get(RoomTask, task_id)
    if task is None:
        raise Refused("care.not_found")
    return task


def may_do(task: RoomTask, by: Actor) -> bool:
    """Who keeps the room, and the office."""
    return by.has(*OFFICE, Role.SYSTEM) or (by.person_id is not None and by.person_id == task.keeper_id)


def open_tasks(s: Session, by: Actor, at: datetime, *, mine: bool = False, room_id: UUID | None = None) -> list[TaskView]:
    """Lists that are not finished, by the time they are due; `mine` keeps those of this person, `room_id` those of one room."""
    query = select(RoomTask).where(col(RoomTask.state) == OPEN).order_by(col(RoomTask.due_at), col(RoomTask.id))
    if mine:
        query = query.where(col(RoomTask.keeper_id) == by.person_id)
    if room_id is not None:
        query = query.where(col(RoomTask.room_id) == room_id)
    return [view(s, task, by, at) for task in s.execute(query.limit(200)).scalars()]


def count_open(s: Session, person_id: UUID | None) -> int:
    """How many lists a person has open."""
    query = select(func.count()).select_from(RoomTask).where(col(RoomTask.keeper_id) == person_id, col(RoomTask.state) == OPEN)
    return int(s.execute(query).scalar_one())


def finished_tasks(s: Session, by: Actor, at: datetime, since: datetime) -> list[TaskView]:
    """Lists finished since a moment, the newest first."""
    query = (
        select(RoomTask).where(col(RoomTask.state) == DONE, col(RoomTask.finished_at) >= since).order_by(col(RoomTask.finished_at).desc())
    )
    return [view(s, task, by, at) for task in s.execute(query.limit(100)).scalars()]


def task_of_room(s: Session, room_id: UUID, by: Actor, at: datetime) -> TaskView | None:
    """The list somebody who scans a room's label now wants: what is to be restored first, then the next meeting's."""
    rows = s.execute(select(RoomTask).where(col(RoomTask.room_id) == room_id, col(RoomTask.state) == OPEN)).scalars()
    found = sorted(rows, key=lambda task: (task.kind != RESTORE, task.due_at))
    return view(s, found[0], by, at) if found else None


def view(s: Session, task: RoomTask, by: Actor, at: datetime) -> TaskView:
    """A list with its lines in the reader's language."""
    booking, place = s.get(Booking, task.booking_id), places.get(s, task.room_id)
    assert booking is not None
    run = s.get(ChecklistRun, task.run_id)
    assert run is not None
    content = checklists.version_of(s, run.checklist_id, run.version).content
    given = checklists.answers(s, task.run_id).get(task.room_id, {})
    lines = tuple(_line(question, task, given, by.language) for question in _questions(content, task, by.language))
    names = {
        person.id: person.name
        for person in s.execute(select(Person).where(col(Person.id).in_([task.keeper_id, task.finished_by, booking.host_id]))).scalars()
    }
    return TaskView(
        task.id, task.kind, task.room_id, place.name, place.short_name, booking.id, booking.title,
        names.get(booking.host_id, "") if booking.host_id else "", booking.starts_at, booking.ended_at or booking.ends_at,
        int(task.wishes.get("attendees") or 0), str(task.wishes.get("remark") or ""), task.due_at, task.keeper_id,
        names.get(task.keeper_id, ""), task.state, task.state == OPEN and task.due_at + (RESTORE_WITHIN if task.kind == RESTORE else timedelta()) < at,
        sum(1 for line in lines if not line.answer), lines, task.finished_at,
        names.get(task.finished_by, "") if task.finished_by else "", tuple(task.photos), task.version,
    )  # fmt: skip


@attachments.shown_with(SUBJECT)
def may_see_photos(s: Session, task_id: UUID, by: Actor) -> bool:
    return by.is_person


# ── private ──


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


def _latest(s: Session, booking_id: UUID, kind: str) -> RoomTask | None:
    query = select(RoomTask).where(col(RoomTask.booking_id) == booking_id, col(RoomTask.kind) == kind)
    return s.execute(query.order_by(col(RoomTask.id).desc()).limit(1)).scalar_one_or_none()


def _open(s: Session, task_id: UUID, by: Actor) -> RoomTask:
    task = get(s, task_id)
    if not may_do(task, by):
        raise NotAllowed(reason="keeper")
    if task.state != OPEN:
        raise Refused("care.closed")
    return task


def _drop(s: Session, task: RoomTask, by: Actor, at: datetime) -> None:
    task.state = DROPPED
    task.version += 1
    s.flush()
    _settle(s, task, by, at)
    _changed(s, task)


def _settle(s: Session, task: RoomTask, by: Actor, at: datetime) -> None:
    s.flush()
    duty = s.get(Duty, task.duty_id) if task.duty_id else None
    if duty is not None:
        duties.settle(s, duty, by, at)


def _changed(s: Session, task: RoomTask) -> None:
    s.flush()
    touch(s, SUBJECT, task.id)
    rooms.changed(s, task.room_id)


def _questions(content: Mapping[str, Any], task: RoomTask, language: str) -> list[dict[str, Any]]:
    """The questions this list asks: what the meeting wished, and whatever the office added to the wording for every meeting."""
    return [
        question
        for question in checklists.questions(content, language)
        if task.kind == RESTORE or question["id"] in task.items or question["id"] not in ASKED
    ]


def _line(question: Mapping[str, Any], task: RoomTask, given: Mapping[str, AnswerView], language: str) -> Question:
    said = given.get(question["id"])
    wish = ""
    if question["id"] == "seating" and task.wishes.get("seating"):
        wish = t(f"roomcare.seating.{task.wishes['seating']}", language)
    if question["id"] in ("seating", *SERVICES) and task.wishes.get("attendees"):
        people_words = t("roomcare.for_people", language, n=int(task.wishes["attendees"]))
        wish = f"{wish}{'，' if language != 'en' else ', '}{people_words}" if wish else people_words
    return Question(
        question["id"], question["text"], wish, said.answer if said else "", said.note if said else "", said.photos if said else (),
        question["id"] in DEVICES,
    )  # fmt: skip


def _missing(s: Session, task: RoomTask, language: str) -> list[str]:
    """The words of the lines that still miss an answer, a note or a photo."""
    run = s.get(ChecklistRun, task.run_id)
    assert run is not None
    content = checklists.version_of(s, run.checklist_id, run.version).content
    asked = {question["id"]: question["text"] for question in _questions(content, task, language)}
    given = checklists.answers(s, task.run_id).get(task.room_id, {})
    return [asked[gap.question_id] for gap in checklists.missing(content, given) if gap.question_id in asked]

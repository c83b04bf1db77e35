"""Lists of rooms: what one is, what it asks, and how it stands (guide S1.3-R4, S1.3-R8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Column, Index, func, select, text
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import NotAllowed, Refused
from core.foundation.i18n import t
from core.foundation.ids import uuid7
from core.mechanisms import attachments, checklists, duties, places
from core.mechanisms.checklists import AnswerView, ChecklistRun
from core.mechanisms.duties import Duty
from core.mechanisms.operations import OFFICE, Actor, Role, touch
from core.mechanisms.people import Person
from core.sections import rooms
from core.sections.bookings import Booking, BookingState
from core.sections.roomcare import keeping
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


# ── reads ──


def dirty_since(s: Session, row: RoomCare, room_id: UUID, at: datetime) -> Booking | None:
    """The meeting after which a room still waits to be restored, or None: it is ready, in use, or nobody has to."""
    return dirty_rooms(s, {room_id: row}, at).get(room_id)


def dirty_rooms(s: Session, cared: Mapping[UUID, RoomCare], at: datetime) -> dict[UUID, Booking]:
    """Of these rooms those that wait to be restored, with the meeting after which: two statements however many there are, none where nobody has to.

    The last meeting of a room is also one of a room that shares a leaf with it."""
    to_restore = {room_id: row for room_id, row in cared.items() if row.restore_since is not None}
    if not to_restore:
        return {}
    combined = rooms.parts_of(s)
    shared = {room_id: rooms.sharing_in(combined, room_id) for room_id in to_restore}
    last = (
        select(Booking.id)
        .where(col(Booking.room_id) == col(Room.place_id), col(Booking.starts_at) <= at, col(Booking.state).in_(HELD))
        .order_by(col(Booking.starts_at).desc())
        .limit(1)
        .correlate(Room)
        .scalar_subquery()
    )
    looked_at = {id for others in shared.values() for id in others}
    query = select(Booking).where(col(Booking.id).in_(select(last).where(col(Room.place_id).in_(looked_at))))
    lasts = {booking.room_id: booking for booking in s.execute(query).scalars()}
    found = {}
    for room_id, row in to_restore.items():
        meeting = max((lasts[id] for id in shared[room_id] if id in lasts), key=lambda one: one.starts_at, default=None)
        clean = max(moment for moment in (row.restore_since, row.restored_at) if moment is not None)
        if meeting is not None and clean < (meeting.ended_at or meeting.ends_at) <= at:
            found[room_id] = meeting
    return found


@rooms.unready_from
def waiting_to_be_restored(s: Session, at: datetime, only: UUID | None) -> set[UUID]:
    """The rooms nobody restored after their last meeting (or whether this one is)."""
    return set(dirty_rooms(s, keeping.everything(s, only), at))


@rooms.unready_after_each
def restored_after_each(s: Session, room_id: UUID) -> bool:
    row = s.get(RoomCare, room_id)
    return row is not None and row.restore_since is not None


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
    lines = tuple(_line(question, task, given, by.language) for question in questions_of(content, task, by.language))
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


# ── for the operations ──


def latest(s: Session, booking_id: UUID, kind: str) -> RoomTask | None:
    query = select(RoomTask).where(col(RoomTask.booking_id) == booking_id, col(RoomTask.kind) == kind)
    return s.execute(query.order_by(col(RoomTask.id).desc()).limit(1)).scalar_one_or_none()


def open_task(s: Session, task_id: UUID, by: Actor) -> RoomTask:
    task = get(s, task_id)
    if not may_do(task, by):
        raise NotAllowed(reason="keeper")
    if task.state != OPEN:
        raise Refused("care.closed")
    return task


def settle(s: Session, task: RoomTask, by: Actor, at: datetime) -> None:
    s.flush()
    duty = s.get(Duty, task.duty_id) if task.duty_id else None
    if duty is not None:
        duties.settle(s, duty, by, at)


def note_changed(s: Session, task: RoomTask) -> None:
    s.flush()
    touch(s, SUBJECT, task.id)
    rooms.changed(s, task.room_id)


def questions_of(content: Mapping[str, Any], task: RoomTask, language: str) -> list[dict[str, Any]]:
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


def missing(s: Session, task: RoomTask, language: str) -> list[str]:
    """The words of the lines that still miss an answer, a note or a photo."""
    run = s.get(ChecklistRun, task.run_id)
    assert run is not None
    content = checklists.version_of(s, run.checklist_id, run.version).content
    asked = {question["id"]: question["text"] for question in questions_of(content, task, language)}
    given = checklists.answers(s, task.run_id).get(task.room_id, {})
    return [asked[gap.question_id] for gap in checklists.missing(content, given) if gap.question_id in asked]

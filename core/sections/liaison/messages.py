"""Messages from outside: received, passed to the people they concern, read, answered; late ones are chased, and the answer goes back out (guide
S3.2-R2, R3).

Who has to do something with it is a row of its own (`message_to`): passed when and by whom, read when, answered with what. A message to a
department is one to its head and, when they answer, done for the department.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints, model_validator
from sqlalchemy import UniqueConstraint, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job
from core.mechanisms import notices, numbering, people
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, current_op_id, operation, perform_now, touch
from core.sections.liaison.contacts import LIAISON, Line, Long, known

SERIES = "message-in"
Way = Annotated[str, StringConstraints(pattern="^(call|visit|mail|meeting|letter|other)$")]


class OutsideMessage(SQLModel, table=True):
    """What came in. `due_on`: by when an answer is asked for; `contact_id` when it is known who told it. Closed by the reply that went out, or
    with a word when none was needed."""

    __tablename__: ClassVar[str] = "outside_message"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    year: int
    number: int
    source: str
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    way: str
    subject: str
    summary: str = ""
    received_at: datetime = Field(index=True)
    due_on: date | None = Field(default=None, index=True)
    by_id: UUID | None = None
    closed_at: datetime | None = Field(default=None, index=True)
    closed_by: UUID | None = None
    version: int = 1


class MessageTo(SQLModel, table=True):
    """To whom it was passed. `chased` counts the reminders."""

    __tablename__: ClassVar[str] = "message_to"
    __table_args__ = (UniqueConstraint("message_id", "person_id", name="message_to_once"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    message_id: UUID = Field(foreign_key="outside_message.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    department_id: UUID | None = Field(default=None, foreign_key="department.id")
    note: str = ""
    to_answer: bool = True
    passed_at: datetime
    passed_by: UUID | None = None
    read_at: datetime | None = None
    answered_at: datetime | None = None
    chased: int = 0


class MessageWord(SQLModel, table=True):
    """An answer from inside (`inside`) or what went back out: append-only."""

    __tablename__: ClassVar[str] = "message_word"
    id: UUID = Field(primary_key=True)
    message_id: UUID = Field(foreign_key="outside_message.id", index=True)
    inside: bool
    text: str
    way: str = ""
    at: datetime
    by_id: UUID | None = None


database.append_only("message_word")


class ReceiveMessage(Operation):
    message_id: UUID | None = None
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    contact_id: UUID | None = None
    way: Way = "call"
    subject: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    summary: Long = ""
    received_at: datetime | None = None
    due_on: date | None = None


@operation(ReceiveMessage, "liaison.receive_message", roles=LIAISON, personal=True)
def receive_message(s: Session, do: ReceiveMessage, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{message_id, year, number}`. Refuses: liaison.not_found, liaison.due_past"""
    if do.contact_id is not None:
        known(s, do.contact_id)
    if do.due_on is not None and do.due_on < clock.today(at):
        raise Refused("liaison.due_past")
    year = clock.today(at).year
    message = OutsideMessage(
        id=do.message_id or uuid7(), year=year, number=numbering.next_number(s, SERIES, year), source=do.source, contact_id=do.contact_id, way=do.way,
        subject=do.subject, summary=do.summary, received_at=min(do.received_at or at, at), due_on=do.due_on, by_id=by.person_id,
    )  # fmt: skip
    s.add(message)
    s.flush()
    touch(s, "message", message.id)
    return {"message_id": message.id, "year": year, "number": message.number}


class PassMessage(Operation):
    """To people, and to departments (their heads). `to_answer` false: only to know."""

    message_id: UUID
    person_ids: Annotated[list[UUID], Input(max_length=200)] = Input(default_factory=list)
    department_ids: Annotated[list[UUID], Input(max_length=50)] = Input(default_factory=list)
    note: Line = ""
    to_answer: bool = True

    @model_validator(mode="after")
    def _somebody(self) -> PassMessage:
        if not self.person_ids and not self.department_ids:
            raise ValueError("liaison.to_nobody")
        return self


@operation(PassMessage, "liaison.pass_message", roles={Role.STAFF}, personal=True)
def pass_message(s: Session, do: PassMessage, by: Actor, at: datetime) -> dict[str, Any]:
    """Each is told at once; passing to the same person again changes nothing. Who has it may pass it on.

    Refuses: liaison.not_found, liaison.closed, liaison.no_head (the department has none), person.not_found"""
    message = _open(s, do.message_id)
    if not by.has(*LIAISON, Role.SYSTEM) and _to(s, message.id, by.person_id) is None:
        raise NotAllowed()
    wanted: list[tuple[UUID, UUID | None]] = [(id, None) for id in do.person_ids]
    for department_id in do.department_ids:
        department = s.get(people.Department, department_id)
        if department is None or department.head_id is None:
            raise Refused("liaison.no_head", name=department.name if department else "")
        wanted.append((department.head_id, department_id))
    told = 0
    for person_id, department_of in wanted:
        if people.get(s, person_id).disabled_at is not None or _to(s, message.id, person_id) is not None:
            continue
        s.add(
            MessageTo(
                message_id=message.id, person_id=person_id, department_id=department_of, note=do.note, to_answer=do.to_answer, passed_at=at,
                passed_by=by.person_id,
            )
        )  # fmt: skip
        s.flush()
        _tell(s, message, person_id, "liaison.passed" if do.to_answer else "liaison.passed_to_know", at)
        told += 1
    message.version += 1
    touch(s, "message", message.id)
    return {"told": told}


class ReadMessage(Operation):
    message_id: UUID


@operation(ReadMessage, "liaison.read_message", roles={Role.STAFF})
def read_message(s: Session, do: ReadMessage, by: Actor, at: datetime) -> dict[str, Any]:
    """The receiver has read it: once, with the moment. Refuses: liaison.not_found"""
    message, mine = get(s, do.message_id), _to(s, do.message_id, by.person_id)
    if mine is None:
        raise NotAllowed()
    if mine.read_at is None:
        mine.read_at = at
        message.version += 1
    touch(s, "message", message.id)
    return {"read_at": mine.read_at}


class AnswerMessage(Operation):
    message_id: UUID
    text: Annotated[str, StringConstraints(min_length=1, max_length=4000)]


@operation(AnswerMessage, "liaison.answer_message", roles={Role.STAFF}, personal=True)
def answer_message(s: Session, do: AnswerMessage, by: Actor, at: datetime) -> dict[str, Any]:
    """What the inside says; the office hears of it and answers outwards. Refuses: liaison.not_found, liaison.closed"""
    message = _open(s, do.message_id)
    mine = _to(s, message.id, by.person_id)
    if mine is None and not by.has(*LIAISON, Role.SYSTEM):
        raise NotAllowed()
    if mine is not None:
        mine.read_at, mine.answered_at = mine.read_at or at, at
    s.add(MessageWord(id=current_op_id(s), message_id=message.id, inside=True, text=do.text, at=at, by_id=by.person_id))
    message.version += 1
    if message.by_id is not None and message.by_id != by.person_id:
        _tell(s, message, message.by_id, "liaison.answered", at, who=by.name)
    touch(s, "message", message.id)
    return {"word_id": current_op_id(s)}


class ReplyOut(Operation):
    """What went back to the outside; `closes` when nothing more is to come. No `text` closes without a reply, with the reason in `note`."""

    message_id: UUID
    text: Long = ""
    way: Way = "call"
    closes: bool = True
    note: Line = ""


@operation(ReplyOut, "liaison.reply_out", roles=LIAISON, personal=True)
def reply_out(s: Session, do: ReplyOut, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: liaison.not_found, liaison.closed, liaison.say_something"""
    message = _open(s, do.message_id)
    if not (do.text or do.note):
        raise Refused("liaison.say_something")
    s.add(
        MessageWord(
            id=current_op_id(s),
            message_id=message.id,
            inside=False,
            text=do.text or do.note,
            way=do.way if do.text else "",
            at=at,
            by_id=by.person_id,
        )
    )
    if do.closes:
        message.closed_at, message.closed_by = at, by.person_id
    if do.text and message.contact_id is not None:
        contact = known(s, message.contact_id)
        contact.last_at = max(contact.last_at or at, at)  # answering is being in touch
        contact.version += 1
    message.version += 1
    touch(s, "message", message.id)
    return {"word_id": current_op_id(s), "closed": do.closes}


# ── chasing ──


class ChaseMessage(Operation):
    message_id: UUID


@operation(ChaseMessage, "liaison.chase_message", roles=LIAISON)
def chase(s: Session, do: ChaseMessage, by: Actor, at: datetime) -> dict[str, Any]:
    """Everybody who owes an answer is reminded, and the office when somebody was reminded twice already. Refuses: liaison.not_found,
    liaison.closed"""
    message = _open(s, do.message_id)
    owing = [to for to in recipients(s, message.id) if to.to_answer and to.answered_at is None]
    for to in owing:
        to.chased += 1
        _tell(s, message, to.person_id, "liaison.chased", at)
    if message.by_id is not None and by.has(Role.SYSTEM) and (not owing or any(to.chased > 2 for to in owing)):
        _tell(s, message, message.by_id, "liaison.still_open", at)
    message.version += 1
    touch(s, "message", message.id)
    return {"chased": len(owing)}


@job(every_s=900)
def chase_late(at: datetime) -> int:
    """Chase what is due today or late, once a day after nine. Returns how many."""
    if clock.local(at).hour < 9:
        return 0
    today = clock.today(at)
    with database.reading() as s:
        query = select(col(OutsideMessage.id)).where(col(OutsideMessage.closed_at).is_(None), col(OutsideMessage.due_on) <= today)
        ids = list(s.execute(query).scalars())
    for id in ids:
        perform_now(ChaseMessage(message_id=id), by=SYSTEM, at=at, op_id=derived("liaison.chase", id, today))
    return len(ids)


# ── reads ──


def get(s: Session, message_id: UUID) -> OutsideMessage:
    """Refuses: liaison.not_found"""
    found = s.get(OutsideMessage, message_id)
    if found is None:
        raise Refused("liaison.not_found")
    return found


def may_read(s: Session, message: OutsideMessage, by: Actor) -> bool:
    """The office, and everybody it was passed to."""
    return by.has(*LIAISON, Role.SYSTEM) or _to(s, message.id, by.person_id) is not None


def recipients(s: Session, message_id: UUID) -> list[MessageTo]:
    query = select(MessageTo).where(col(MessageTo.message_id) == message_id).order_by(col(MessageTo.passed_at), col(MessageTo.id))
    return list(s.execute(query).scalars())


def words(s: Session, message_id: UUID) -> list[MessageWord]:
    query = select(MessageWord).where(col(MessageWord.message_id) == message_id).order_by(col(MessageWord.at), col(MessageWord.id))
    return list(s.execute(query).scalars())


def count_mine(s: Session, person_id: UUID | None) -> int:
    """How many messages wait for this person: unread ones, and read ones that still want an answer."""
    if person_id is None:
        return 0
    waits = col(MessageTo.read_at).is_(None) | (col(MessageTo.to_answer) & col(MessageTo.answered_at).is_(None))
    query = (
        select(func.count())
        .select_from(MessageTo)
        .join(OutsideMessage, col(OutsideMessage.id) == col(MessageTo.message_id))
        .where(col(MessageTo.person_id) == person_id, waits, col(OutsideMessage.closed_at).is_(None))
    )
    return int(s.execute(query).scalar_one())


def _open(s: Session, message_id: UUID) -> OutsideMessage:
    message = get(s, message_id)
    if message.closed_at is not None:
        raise Refused("liaison.closed")
    return message


def _to(s: Session, message_id: UUID, person_id: UUID | None) -> MessageTo | None:
    query = select(MessageTo).where(col(MessageTo.message_id) == message_id, col(MessageTo.person_id) == person_id)
    return s.execute(query).scalars().first()


DATED = frozenset(
    {"liaison.passed", "liaison.chased", "liaison.still_open"}
)  # sentences with a day; each has its pair for a message without one


def _tell(s: Session, message: OutsideMessage, person_id: UUID, key: str, at: datetime, **more: Any) -> None:
    facts = {"subject": message.subject, "source": message.source, **({"due": message.due_on} if message.due_on else {}), **more}
    if message.due_on is None and key in DATED:
        key += "_undated"
    notices.queue(s, key=key, facts=facts, at=at, to_person_id=person_id, subject=("message", message.id))

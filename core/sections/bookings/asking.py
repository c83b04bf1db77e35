"""Extend into the next booking: its host is asked, and only a yes changes anything (guide S1.3-R2 协调冲突; look.md §1.5).

Whoever runs over asks at the door or on the phone; the next host gets one question with an answer-by moment. Yes: the next booking starts
later and the running one ends later, both in one transaction. No, or no answer in time: both stay as they are, and the door says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from sqlalchemy import Index, select, text
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job
from core.mechanisms import notices, places
from core.mechanisms.operations import OFFICE, PERSON_ROLES, SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.mechanisms.people import Department, Person
from core.sections import rooms
from core.sections.bookings import book, claims
from core.sections.bookings.claims import LIVE, Booking, BookingState
from core.sections.rooms import Room

SUBJECT = "extension_ask"
ANSWER_WITHIN = timedelta(minutes=10)
TOO_LATE = timedelta(minutes=1)  # before the end: nobody answers faster than that
LEFT_FOR_NEXT = timedelta(minutes=15)  # less than this is no meeting any more
SHOWN_FOR = timedelta(minutes=5)  # an answer stays on the door


class AskState(StrEnum):
    WAITING = "waiting"
    YES = "yes"
    NO = "no"
    LATE = "late"


class ExtensionAsk(SQLModel, table=True):
    """One question to the host of the next booking. `ends_at` is the end that was asked for."""

    __tablename__: ClassVar[str] = "extension_ask"
    __table_args__ = (
        Index(
            "extension_ask_one_open", "booking_id", unique=True, sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )  # fmt: skip
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    booking_id: UUID = Field(foreign_key="booking.id", index=True)
    next_id: UUID = Field(foreign_key="booking.id", index=True)
    room_id: UUID = Field(foreign_key="place.id", index=True)
    minutes: int
    ends_at: datetime
    asked_at: datetime
    asked_by_id: UUID | None = None
    device_id: UUID | None = None
    answer_by: datetime
    state: str = AskState.WAITING
    answered_at: datetime | None = None
    answered_by_id: UUID | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class DoorAsk:
    """What a door shows of a question: never a person, only the next booking's department."""

    booking_id: UUID
    state: str
    minutes: int
    ends_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    who: str


@dataclass(frozen=True, slots=True)
class AskView:
    """The question as the asked host reads it. `who` runs over (their department, or empty for a walk-up), `starts_at` and `own_ends_at` are their own
    meeting's, `ends_at` is what was asked for."""

    id: UUID
    room_id: UUID
    room: str
    who: str
    title: str
    starts_at: datetime
    new_starts_at: datetime
    own_ends_at: datetime
    ends_at: datetime
    minutes: int
    answer_by: datetime
    state: str
    version: int


class AskExtension(Operation):
    """Ask the next host for `minutes` more than the running booking's end."""

    booking_id: UUID
    minutes: Annotated[int, Input(gt=0, le=120)]


@operation(AskExtension, "booking.ask_extension", roles=PERSON_ROLES | {Role.DOOR})
def ask_extension(s: Session, do: AskExtension, by: Actor, at: datetime) -> dict[str, Any]:
    """Asking again while the question stands is the same question. Refuses: booking.not_found, booking.ended, booking.too_long,
    booking.ask_needless (nobody is in the way), booking.ask_nobody (the next booking has no host), booking.ask_too_much (nothing of it would
    be left), booking.ask_too_late"""
    booking, room = claims.get(s, do.booking_id)
    _may_ask(booking, by)
    if booking.state not in LIVE or not booking.starts_at <= at < booking.ends_at:
        raise Refused("booking.ended", ended_at=booking.ended_at or booking.ends_at)
    standing = _open(s, booking.id)
    if standing is not None and at < standing.answer_by:
        return _asked(standing)
    if standing is not None:
        standing.state, standing.answered_at = AskState.LATE, at
        s.flush()
    ends_at = booking.ends_at + timedelta(minutes=do.minutes)
    if ends_at - booking.starts_at > timedelta(minutes=room.longest_minutes):
        raise Refused("booking.too_long", minutes=room.longest_minutes)
    following = next_of(s, booking)
    if following is None or following.starts_at >= ends_at + timedelta(minutes=room.clean_up_minutes):
        raise Refused("booking.ask_needless")
    if following.host_id is None:
        raise Refused("booking.ask_nobody")
    if ends_at > latest_end(following, room):
        raise Refused("booking.ask_too_much")
    if at > booking.ends_at - TOO_LATE:
        raise Refused("booking.ask_too_late")
    asked = ExtensionAsk(
        booking_id=booking.id, next_id=following.id, room_id=booking.room_id, minutes=do.minutes, ends_at=ends_at, asked_at=at,
        asked_by_id=by.person_id, device_id=by.device_id, answer_by=min(at + ANSWER_WITHIN, booking.ends_at),
    )  # fmt: skip
    s.add(asked)
    s.flush()
    facts = {
        "room": places.get(s, booking.room_id).name, "start": following.starts_at, "until": ends_at, "by": asked.answer_by,
        "minutes": do.minutes,
    }  # fmt: skip
    notices.queue(s, key="booking.ask_notice", facts=facts, at=at, to_person_id=following.host_id, subject=(SUBJECT, asked.id))
    touch(s, SUBJECT, asked.id)
    rooms.changed(s, booking.room_id)
    return _asked(asked)


class AnswerExtension(Operation):
    ask_id: UUID
    yes: bool


@operation(AnswerExtension, "booking.answer_extension", roles=PERSON_ROLES)
def answer_extension(s: Session, do: AnswerExtension, by: Actor, at: datetime) -> dict[str, Any]:
    """The next host's yes or no; a yes moves both bookings. The same answer again is quiet. Refuses: booking.ask_not_found,
    booking.ask_over (answered otherwise, or too late), and what moving and extending refuse; not allowed: anybody else"""
    asked = s.get(ExtensionAsk, do.ask_id)
    following = s.get(Booking, asked.next_id) if asked else None
    if asked is None or following is None:
        raise Refused("booking.ask_not_found")
    if not by.has(*OFFICE, Role.SYSTEM) and by.person_id not in (following.host_id, following.booked_by_id):
        raise NotAllowed(reason="booking")
    wanted = AskState.YES if do.yes else AskState.NO
    if asked.state == wanted:
        return {"ask_id": asked.id, "state": asked.state, "version": asked.version}
    if asked.state != AskState.WAITING or at >= asked.answer_by:
        raise Refused("booking.ask_over")
    asked.state, asked.answered_at, asked.answered_by_id = wanted, at, by.person_id
    asked.version += 1
    s.flush()
    if do.yes:
        # The next one steps back first, so that at no moment two claims overlap.
        room = rooms.get(s, asked.room_id)
        starts_at = asked.ends_at + timedelta(minutes=room.clean_up_minutes + room.set_up_minutes)
        if starts_at > following.starts_at:
            book.move(s, book.MoveBooking(booking_id=following.id, starts_at=starts_at, ends_at=following.ends_at), SYSTEM, at)
        running, _room = claims.get(s, asked.booking_id)
        minutes = (asked.ends_at - running.ends_at) // timedelta(minutes=1)
        if minutes > 0:
            book.extend(s, book.ExtendBooking(booking_id=running.id, minutes=minutes), SYSTEM, at)
    touch(s, SUBJECT, asked.id)
    rooms.changed(s, asked.room_id)
    _tell_asker(s, asked, at)
    return {"ask_id": asked.id, "state": asked.state, "version": asked.version}


class ExpireAsk(Operation):
    ask_id: UUID


@operation(ExpireAsk, "booking.expire_ask", roles=set())
def expire_ask(s: Session, do: ExpireAsk, by: Actor, at: datetime) -> None:
    """Nobody answered in time: both bookings stay as they are."""
    asked = s.get(ExtensionAsk, do.ask_id)
    if asked is None or asked.state != AskState.WAITING or at < asked.answer_by:
        raise Invalid("booking.not_due")
    asked.state, asked.answered_at = AskState.LATE, at
    asked.version += 1
    touch(s, SUBJECT, asked.id)
    rooms.changed(s, asked.room_id)
    _tell_asker(s, asked, at)


@job(every_s=5)
def expire_asks(at: datetime) -> int:
    """Close the questions nobody answered. Returns how many."""
    query = select(ExtensionAsk.id).where(col(ExtensionAsk.state) == AskState.WAITING, col(ExtensionAsk.answer_by) <= at)
    with database.reading() as s:
        due = list(s.execute(query).scalars())
    return sum(perform_now(ExpireAsk(ask_id=id), by=SYSTEM, at=at, op_id=derived("booking.expire_ask", id)).ok for id in due)


# ── reads ──


def next_of(s: Session, booking: Booking) -> Booking | None:
    """The live booking of the same room that begins first at or after this one's end."""
    query = select(Booking).where(
        col(Booking.room_id) == booking.room_id, col(Booking.starts_at) >= booking.ends_at, col(Booking.state).in_(LIVE)
    )
    return s.execute(query.where(col(Booking.id) != booking.id).order_by(col(Booking.starts_at)).limit(1)).scalar_one_or_none()


def latest_end(following: Booking, room: Room) -> datetime:
    """How far one may ask to run into a booking: a quarter of an hour of it must remain."""
    return following.ends_at - LEFT_FOR_NEXT - timedelta(minutes=room.clean_up_minutes)


def door_ask(s: Session, room_id: UUID, at: datetime) -> DoorAsk | None:
    """The question of this room's running booking that waits, or whose answer is a few minutes old."""
    asked = s.execute(
        select(ExtensionAsk)
        .join(Booking, col(Booking.id) == ExtensionAsk.booking_id)
        .where(col(ExtensionAsk.room_id) == room_id, col(ExtensionAsk.asked_at) > at - timedelta(hours=2))
        .where(col(Booking.state) == BookingState.IN_USE)
        .order_by(col(ExtensionAsk.asked_at).desc(), col(ExtensionAsk.id).desc())
        .limit(1)
    ).scalar_one_or_none()
    if asked is None or (asked.answered_at is not None and asked.answered_at < at - SHOWN_FOR):
        return None
    following = s.get(Booking, asked.next_id)
    department = s.get(Department, following.department_id) if following and following.department_id else None
    return DoorAsk(
        asked.booking_id,
        asked.state,
        asked.minutes,
        asked.ends_at,
        asked.answer_by,
        asked.answered_at,
        department.name if department else "",
    )


def asked_of(s: Session, by: Actor, at: datetime) -> list[AskView]:
    """The questions that wait for this person's answer, the most urgent first."""
    if by.person_id is None:
        return []
    query = (
        select(ExtensionAsk)
        .join(Booking, col(Booking.id) == ExtensionAsk.next_id)
        .where(col(ExtensionAsk.state) == AskState.WAITING, col(ExtensionAsk.answer_by) > at, col(Booking.host_id) == by.person_id)
        .order_by(col(ExtensionAsk.answer_by))
    )
    return [_view(s, asked, at) for asked in s.execute(query).scalars()]


def ask_view(s: Session, ask_id: UUID, by: Actor, at: datetime) -> AskView:
    """One question for the host it was put to (or the office). Refuses: booking.ask_not_found"""
    asked = s.get(ExtensionAsk, ask_id)
    following = s.get(Booking, asked.next_id) if asked else None
    if asked is None or following is None or not (by.has(*OFFICE) or by.person_id in (following.host_id, following.booked_by_id)):
        raise Refused("booking.ask_not_found")
    return _view(s, asked, at)


# ── private ──


def _may_ask(booking: Booking, by: Actor) -> None:
    if by.has(Role.DOOR):
        if by.room_id != booking.room_id:
            raise NotAllowed(reason="room")
    elif not by.has(*OFFICE, Role.SYSTEM) and by.person_id not in (booking.host_id, booking.booked_by_id):
        raise NotAllowed(reason="booking")


def _open(s: Session, booking_id: UUID) -> ExtensionAsk | None:
    query = select(ExtensionAsk).where(col(ExtensionAsk.booking_id) == booking_id, col(ExtensionAsk.state) == AskState.WAITING)
    return s.execute(query).scalar_one_or_none()


def _asked(asked: ExtensionAsk) -> dict[str, Any]:
    return {"ask_id": asked.id, "answer_by": asked.answer_by, "ends_at": asked.ends_at}


def _view(s: Session, asked: ExtensionAsk, at: datetime) -> AskView:
    running, following, room = s.get(Booking, asked.booking_id), s.get(Booking, asked.next_id), rooms.get(s, asked.room_id)
    assert running is not None and following is not None
    department = s.get(Department, running.department_id) if running.department_id else None
    host = s.get(Person, running.host_id) if running.host_id else None
    state = AskState.LATE if asked.state == AskState.WAITING and at >= asked.answer_by else asked.state
    new_start = max(asked.ends_at + timedelta(minutes=room.clean_up_minutes), following.starts_at)
    return AskView(
        asked.id, asked.room_id, places.get(s, asked.room_id).name, "，".join(part.name for part in (department, host) if part),
        following.title, following.starts_at, following.starts_at if state == AskState.YES else new_start, following.ends_at, asked.ends_at,
        asked.minutes, asked.answer_by, state, asked.version,
    )  # fmt: skip


def _tell_asker(s: Session, asked: ExtensionAsk, at: datetime) -> None:
    """A person who asked hears the answer too; who asked at the door reads it there."""
    if asked.asked_by_id is None:
        return
    facts = {"room": places.get(s, asked.room_id).name, "until": asked.ends_at}
    notices.queue(s, key=f"booking.ask_{asked.state}_notice", facts=facts, at=at, to_person_id=asked.asked_by_id, mail=False)

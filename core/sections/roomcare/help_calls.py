"""Help in a meeting room: called at its door or from its table's code, answered by whoever is on duty, and the time until then is measured
(guide S1.3-R6).

Calling again while nobody answered is the same call. Everyone in the office is told at once; who answers first goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal
from uuid import UUID

from sqlalchemy import Index, func, select, text
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import notices, places
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.sections import rooms
from core.sections.roomcare import keeping

SUBJECT = "room_help"
KINDS = ("device", "water", "temperature", "seats", "other")
Kind = Literal["device", "water", "temperature", "seats", "other"]
ANSWERERS = OFFICE


class RoomHelpCall(SQLModel, table=True):
    """One call from a room."""

    __tablename__: ClassVar[str] = "room_help_call"
    __table_args__ = (
        Index(
            "room_help_one_open", "room_id", "kind", unique=True, sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
    )  # fmt: skip
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    room_id: UUID = Field(foreign_key="place.id", index=True)
    kind: str
    called_at: datetime = Field(index=True)
    called_by: UUID | None = None
    device_id: UUID | None = None
    answered_at: datetime | None = None
    answered_by: UUID | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class HelpCallView:
    """A call: `answered_after_s` is None until somebody said they come; `helper` is their name."""

    id: UUID
    room_id: UUID
    room: str
    kind: str
    called_at: datetime
    answered_at: datetime | None
    answered_after_s: int | None
    helper: str
    version: int


@dataclass(frozen=True, slots=True)
class HelpTimes:
    """How quickly calls of a span were answered, in seconds; None where there were none."""

    calls: int
    unanswered: int
    median_s: int | None
    slowest_s: int | None


class CallRoomHelp(Operation):
    """A door calls for its own room."""

    room_id: UUID
    kind: Kind = "other"


@operation(CallRoomHelp, "room.call_help", roles=PERSON_ROLES | {Role.DOOR})
def call_help(s: Session, do: CallRoomHelp, by: Actor, at: datetime) -> dict[str, Any]:
    """Pressing again while nobody answered is the same call. Refuses: room.not_found; not allowed: a door of another room"""
    if by.has(Role.DOOR) and by.room_id != do.room_id:
        raise NotAllowed(reason="room")
    rooms.get(s, do.room_id)
    call = s.execute(
        select(RoomHelpCall).where(
            col(RoomHelpCall.room_id) == do.room_id, col(RoomHelpCall.kind) == do.kind, col(RoomHelpCall.answered_at).is_(None)
        )
    ).scalar_one_or_none()
    if call is None:
        call = RoomHelpCall(room_id=do.room_id, kind=do.kind, called_at=at, called_by=by.person_id, device_id=by.device_id)
        s.add(call)
        s.flush()
        facts = {"room": places.get(s, do.room_id).name, "what_key": f"roomcare.help.{do.kind}"}
        told = {notice.person_id for notice in notices.queue_roles(
            s, Role.RECEPTION, Role.CLERK, key="roomcare.help_called", facts=facts, at=at, subject=(SUBJECT, call.id), mail=False
        )}  # fmt: skip
        keeper = keeping.care(s, do.room_id).keeper_id
        if keeper is not None and keeper not in told:
            notices.queue(s, key="roomcare.help_called", facts=facts, at=at, to_person_id=keeper, subject=(SUBJECT, call.id), mail=False)
        touch(s, "room_help", call.id)
        rooms.changed(s, do.room_id)
    return {"call_id": call.id, "called_at": call.called_at}


class AnswerRoomHelp(Operation):
    call_id: UUID


@operation(AnswerRoomHelp, "room.answer_help", roles=PERSON_ROLES)
def answer_help(s: Session, do: AnswerRoomHelp, by: Actor, at: datetime) -> dict[str, Any]:
    """Somebody comes; the first answer counts. Refuses: help.not_found; not allowed: who is neither of the office nor keeps the room"""
    call = s.get(RoomHelpCall, do.call_id)
    if call is None:
        raise Refused("help.not_found")
    if not by.has(*ANSWERERS, Role.SYSTEM) and by.person_id != keeping.care(s, call.room_id).keeper_id:
        raise NotAllowed(reason="keeper")
    if call.answered_at is None:
        call.answered_at, call.answered_by = max(at, call.called_at), by.person_id
        call.version += 1
        s.flush()
        touch(s, "room_help", call.id)
        rooms.changed(s, call.room_id)
    return {"call_id": call.id, "answered_after_s": _seconds(call)}


# ── reads ──


def open_calls(s: Session, room_ids: Iterable[UUID] | None = None) -> list[HelpCallView]:
    """Calls nobody answered, the longest waiting first."""
    query = _query().where(col(RoomHelpCall.answered_at).is_(None)).order_by(col(RoomHelpCall.called_at))
    if room_ids is not None:
        query = query.where(col(RoomHelpCall.room_id).in_(list(room_ids)))
    return _views(s, query)


def calls(s: Session, limit: int = 50) -> list[HelpCallView]:
    """The newest calls."""
    return _views(s, _query().order_by(col(RoomHelpCall.called_at).desc()).limit(limit))


def latest_call(s: Session, room_id: UUID, at: datetime, within: timedelta = timedelta(minutes=10)) -> HelpCallView | None:
    """A room's call that waits, or was answered in the last minutes: what its door shows ("安然 is coming")."""
    query = _query().where(col(RoomHelpCall.room_id) == room_id).order_by(col(RoomHelpCall.called_at).desc()).limit(1)
    found = _views(s, query)
    return found[0] if found and (found[0].answered_at is None or found[0].answered_at > at - within) else None


def help_times(s: Session, start: datetime, end: datetime) -> HelpTimes:
    """How quickly the calls of [start, end) were answered."""
    within = (col(RoomHelpCall.called_at) >= start, col(RoomHelpCall.called_at) < end)
    rows = s.execute(select(RoomHelpCall).where(*within)).scalars().all()
    waited = sorted(seconds for row in rows if (seconds := _seconds(row)) is not None)
    return HelpTimes(len(rows), len(rows) - len(waited), waited[len(waited) // 2] if waited else None, waited[-1] if waited else None)


def count_open(s: Session) -> int:
    """How many calls wait."""
    return int(s.execute(select(func.count()).select_from(RoomHelpCall).where(col(RoomHelpCall.answered_at).is_(None))).scalar_one())


# ── private ──


def _seconds(call: RoomHelpCall) -> int | None:
    return int((call.answered_at - call.called_at).total_seconds()) if call.answered_at else None


def _query() -> Any:
    return (
        select(RoomHelpCall, Place.name.label("room"), Person.name.label("helper"))  # type: ignore[attr-defined]
        .join(Place, col(Place.id) == col(RoomHelpCall.room_id))
        .outerjoin(Person, col(Person.id) == col(RoomHelpCall.answered_by))
    )


def _views(s: Session, query: Any) -> list[HelpCallView]:
    return [
        HelpCallView(
            row[0].id, row[0].room_id, row.room, row[0].kind, row[0].called_at, row[0].answered_at, _seconds(row[0]), row.helper or "",
            row[0].version,
        )
        for row in s.execute(query)
    ]  # fmt: skip

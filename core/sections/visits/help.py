"""Calling reception from the kiosk: somebody comes, and the desk sees it until somebody went (look.md §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import devices, notices, people
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.sections.visits.record import RECEPTION


class HelpCall(SQLModel, table=True):
    """One call; a second one from the same kiosk before somebody went is the same call."""

    __tablename__: ClassVar[str] = "help_call"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    device_id: UUID | None = Field(default=None, index=True)
    reason: str = ""
    called_at: datetime
    answered_at: datetime | None = Field(default=None, index=True)
    answered_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class HelpView:
    """A call as the desk's banner shows it. `reason` is a catalogue key ending (help.reason.…)."""

    id: UUID
    where: str
    reason: str
    called_at: datetime
    answered_at: datetime | None


class CallHelp(Operation):
    """`reason` is one of the kiosk's places where people get stuck, never free text."""

    reason: Annotated[str, StringConstraints(pattern="^(general|host|invitation|badge|delivery|leaving)$")] = "general"


@operation(CallHelp, "help.call", roles={Role.KIOSK, Role.DOOR})
def call(s: Session, do: CallHelp, by: Actor, at: datetime) -> dict[str, Any]:
    """Reception is told at once. Pressing again while nobody went yet answers the same call."""
    query = (
        select(HelpCall)
        .where(col(HelpCall.device_id) == by.device_id, col(HelpCall.answered_at).is_(None))
        .order_by(col(HelpCall.called_at).desc())
    )
    open_call = s.execute(query.limit(1)).scalar_one_or_none()
    if open_call is None:
        open_call = HelpCall(device_id=by.device_id, reason=do.reason, called_at=at)
        s.add(open_call)
        s.flush()
        facts = {"where": by.name, "what_key": f"help.reason.{do.reason}"}
        notices.queue_roles(s, Role.RECEPTION, key="help.called", facts=facts, at=at, subject=("help", open_call.id), mail=False)
    touch(s, "help", open_call.id)
    return {"help_id": open_call.id}


class AnswerHelp(Operation):
    help_id: UUID


@operation(AnswerHelp, "help.answer", roles=RECEPTION)
def answer(s: Session, do: AnswerHelp, by: Actor, at: datetime) -> None:
    """Somebody is on the way; the kiosk names them. Refuses: help.not_found"""
    found = s.get(HelpCall, do.help_id)
    if found is None:
        raise Refused("help.not_found")
    if found.answered_at is None:
        found.answered_at, found.answered_by = at, by.person_id
    touch(s, "help", found.id)


def open_calls(s: Session) -> list[HelpView]:
    """Calls nobody answered yet, oldest first."""
    query = select(HelpCall, devices.Device.name).outerjoin(devices.Device, col(devices.Device.id) == col(HelpCall.device_id))
    rows = s.execute(query.where(col(HelpCall.answered_at).is_(None)).order_by(col(HelpCall.called_at)))
    return [HelpView(row.id, name or "", row.reason, row.called_at, None) for row, name in rows]


def who_comes(s: Session, help_id: UUID, language: str = "") -> str:
    """The name of whoever answered the call, as the kiosk's language says it, or nothing yet."""
    found = s.get(HelpCall, help_id)
    person = s.get(people.Person, found.answered_by) if found is not None and found.answered_by else None
    return people.called(person, language) if person else ""

"""Leaving: the badge comes back at the kiosk, at the desk or with the host (guide S3.1-R7; pitfall V36; scenario Office 7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from pydantic import model_validator
from sqlmodel import Session

from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import notices
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.sections.visits import happenings, record
from core.sections.visits.happenings import Happening
from core.sections.visits.record import HANDLERS, Code, Visit, VisitState, changed, facts_of


class CheckOut(Operation):
    """`code` is the badge's or the invitation's; the desk may name the visit itself."""

    code: Code | None = None
    visit_id: UUID | None = None

    @model_validator(mode="after")
    def _one_way(self) -> CheckOut:
        if (self.code is None) == (self.visit_id is None):
            raise ValueError("visit.code_or_id")
        return self


@operation(CheckOut, "visit.check_out", roles=HANDLERS)
def check_out(s: Session, do: CheckOut, by: Actor, at: datetime) -> dict[str, Any]:
    """The badge comes back: gone from the roll call, the host told. Answers `{visit_id, minutes}` of the stay.

    Refuses: visit.not_arrived, visit.left_already, visit.badge_over (a badge of another day), visit.cancelled, visit.invitation_over,
    label.unknown, label.other_kind"""
    visit = record.of_code(s, do.code) if do.code is not None else record.get(s, cast(UUID, do.visit_id))
    if not by.has(Role.KIOSK) and not record.may_handle(s, visit, by):
        raise NotAllowed()
    if by.has(Role.KIOSK) and do.code is None:
        raise NotAllowed()  # a kiosk knows a visitor by the badge in the hand, never by an id
    if visit.state != VisitState.HERE or visit.arrived_at is None:
        raise _why_not_leaving(visit, at)
    visit.state, visit.left_at, visit.ended_at = VisitState.LEFT, at, at
    changed(visit)
    touch(s, "visit", visit.id)
    facts = facts_of(s, visit)
    notices.queue(s, key="visit.left", facts=facts, at=at, to_person_id=visit.host_id, subject=("visit", visit.id), mail=False)
    happenings.tell(s, Happening.LEFT, visit, at)
    return {"visit_id": visit.id, "minutes": int((at - visit.arrived_at).total_seconds()) // 60}


# ── helpers ──


def _why_not_leaving(visit: Visit, at: datetime) -> Refused:
    if visit.state == VisitState.PLANNED:
        return Refused("visit.not_arrived")
    return record.why_not(visit, at)

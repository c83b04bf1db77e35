"""Telling the host that the visitor is here, and how far the word got (guide S3.1-R7; scenario Front desk 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from core.foundation.errors import Refused
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import notices, people
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.sections.visits import record
from core.sections.visits.record import Visit, VisitState, changed, facts_of, handle

REMIND_AFTER = timedelta(minutes=5)


def host_of_arrival(s: Session, visit: Visit, at: datetime) -> None:
    """The visitor stands at the desk: a notice to the host, by every way that is known."""
    notices.queue(s, key="visit.arrived", facts=facts_of(s, visit), at=at, to_person_id=visit.host_id, subject=("visit", visit.id))


class Acknowledge(Operation):
    visit_id: UUID


@operation(Acknowledge, "visit.acknowledge", roles={Role.STAFF})
def acknowledge(s: Session, do: Acknowledge, by: Actor, at: datetime) -> None:
    """The host (or deputy, or reception for them) is on the way; the kiosk says so. Refuses: visit.not_found, visit.not_here"""
    visit = handle(s, do.visit_id, by)
    if visit.state != VisitState.HERE:
        raise Refused("visit.not_here")
    if visit.acknowledged_at is None:
        visit.acknowledged_at, visit.acknowledged_by = at, by.person_id
        changed(visit)
    touch(s, "visit", visit.id)


class Remind(Operation):
    visit_id: UUID


@operation(Remind, "visit.remind", roles=set())
def remind(s: Session, do: Remind, by: Actor, at: datetime) -> None:
    """Nobody came for the visitor: the deputy and reception are told, once."""
    visit = record.get(s, do.visit_id)
    if visit.state != VisitState.HERE or visit.acknowledged_at is not None or visit.reminded_at is not None:
        return
    visit.reminded_at = at
    changed(visit)
    touch(s, "visit", visit.id)
    facts, subject = facts_of(s, visit), ("visit", visit.id)
    deputy = people.get(s, visit.host_id).deputy_id
    if deputy is not None:
        notices.queue(s, key="visit.waiting_for_deputy", facts=facts, at=at, to_person_id=deputy, subject=subject)
    notices.queue_roles(s, Role.RECEPTION, key="visit.waiting", facts=facts, at=at, subject=subject, mail=False)


@job(every_s=20)
def remind_hosts(at: datetime) -> int:
    """Visitors nobody acknowledged within five minutes. Returns how many reminders were made."""
    from core.foundation import database
    from core.sections.visits import register

    with database.reading() as s:
        waiting = [visit.id for visit in register.not_fetched(s, at - REMIND_AFTER)]
    for visit_id in waiting:
        perform_now(Remind(visit_id=visit_id), by=SYSTEM, at=at, op_id=derived("visit.remind", visit_id))
    return len(waiting)


# ── reads ──


@dataclass(frozen=True, slots=True)
class Told:
    """How far the word got to the host: the state of the notice, and since when the host is on the way."""

    state: str
    sent_at: datetime | None
    acknowledged_at: datetime | None


def told(s: Session, visit_id: UUID) -> Told:
    """Refuses: visit.not_found"""
    visit = record.get(s, visit_id)
    first = next((n for n in notices.about(s, "visit", visit_id) if n.key == "visit.arrived" and n.person_id == visit.host_id), None)
    return Told(first.state if first else notices.State.NO_CHANNEL, first.sent_at if first else None, visit.acknowledged_at)

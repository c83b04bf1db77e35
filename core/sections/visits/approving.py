"""May this visitor come in? Where the type or the room asks for it, the visitor waits until the host, the deputy or reception has said so (issue: approval per type).

The answer is the host's own, not a route of several steps: somebody stands in the foyer. A visitor who was invited has the approval of who invited them; a room that asks for
approval asks always. Refused means: not let in, and gone from the roll call.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.foundation.i18n import t
from core.mechanisms import links, notices
from core.mechanisms.links import Choice, OneTimeLink, Purpose, Question
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.sections.visits import consent, happenings, record, telling
from core.sections.visits.happenings import Happening
from core.sections.visits.record import RECEPTION, Code, Line, Visit, VisitState, changed, facts_of, handle
from core.sections.visits.types import Flow

ASKED, GIVEN, REFUSED = "asked", "given", "refused"


def begin(s: Session, visit: Visit, flow: Flow, by: Actor, at: datetime) -> None:
    """At the check-in: let in at once, or ask host and reception."""
    wanted = flow.room_approval or (flow.approval and visit.invited_by is None)
    if not wanted:
        _let_in(s, visit, at)
        return
    if by.is_person and record.may_handle(s, visit, by):
        visit.approval, visit.approval_at, visit.approval_by = GIVEN, at, by.person_id
        _let_in(s, visit, at)
        return
    visit.approval = ASKED
    facts, subject = telling.arrival_facts(s, visit), ("visit", visit.id)
    until = clock.day_span(clock.today(at))[1]
    link_id = links.make(s, ENTRY.name, subject, at=at, until=until, person_id=visit.host_id)
    notices.queue(s, key="visit.asks_entry", facts=facts, at=at, to_person_id=visit.host_id, subject=subject, link_id=link_id)
    notices.queue_roles(s, Role.RECEPTION, key="visit.asks_entry_desk", facts=facts, at=at, subject=subject, mail=False)


def _let_in(s: Session, visit: Visit, at: datetime) -> None:
    telling.begin(s, visit, at)
    happenings.tell(s, Happening.ARRIVED, visit, at)


class ApproveVisit(Operation):
    """`reason` is for the office; the visitor reads a neutral sentence."""

    visit_id: UUID
    approved: bool
    reason: Line = ""


@operation(ApproveVisit, "visit.approve", roles={Role.STAFF})
def approve(s: Session, do: ApproveVisit, by: Actor, at: datetime) -> dict[str, Any]:
    """The host, the deputy or reception lets a waiting visitor in, or not. The same answer again changes nothing.

    Refuses: visit.not_found, visit.not_waiting, visit.decided"""
    return {"approval": decide(s, handle(s, do.visit_id, by), do.approved, do.reason, by, at)}


def decide(s: Session, visit: Visit, approved: bool, reason: str, by: Actor, at: datetime) -> str:
    """Answers given or refused. Refuses: visit.not_waiting, visit.decided"""
    wanted = GIVEN if approved else REFUSED
    if visit.approval not in (ASKED, wanted):
        raise Refused("visit.decided" if visit.approval else "visit.not_waiting")
    touch(s, "visit", visit.id)
    if visit.approval == wanted:
        return wanted
    if visit.state != VisitState.HERE:
        raise Refused("visit.not_waiting")
    visit.approval, visit.approval_at, visit.approval_by, visit.approval_reason = wanted, at, by.person_id, reason
    if approved:
        if by.person_id == visit.host_id:
            visit.acknowledged_at, visit.acknowledged_by = at, by.person_id
            happenings.tell(s, Happening.ARRIVED, visit, at)
        else:
            _let_in(s, visit, at)
    else:
        visit.state, visit.left_at, visit.ended_at = VisitState.LEFT, at, at
        if by.person_id != visit.host_id:
            notices.queue(
                s,
                key="visit.not_let_in",
                facts=facts_of(s, visit),
                at=at,
                to_person_id=visit.host_id,
                subject=("visit", visit.id),
                mail=False,
            )
    changed(visit)
    return wanted


# ── the link in the message ──


def _ask(s: Session, link: OneTimeLink, at: datetime, language: str) -> Question:
    visit = s.get(Visit, link.subject_id)
    if visit is None or visit.state != VisitState.HERE or visit.approval != ASKED:
        known = visit is not None and visit.approval in (GIVEN, REFUSED)
        return Question(t(f"visit.link.entry.{visit.approval}" if visit is not None and known else "visit.link.gone", language))
    facts = {
        "who": telling.veiled(visit.name),
        "number": f"{visit.day_number or 0:03d}",
        "time": f"{clock.local(visit.arrived_at or at):%H:%M}",
    }
    choices = (
        Choice("approve", "visit.link.entry.approve", "main"),
        Choice("refuse", "visit.link.entry.refuse", "stop", ask="visit.link.entry.reason"),
    )
    return Question(t("visit.link.entry", language), (t("visit.link.entry.say", language, **facts),), choices)


def _act(s: Session, link: OneTimeLink, choice: str, text: str, by: Actor, at: datetime) -> None:
    decide(s, handle(s, link.subject_id, by), choice == "approve", record.one_line(text)[:200], by, at)


def _done(s: Session, link: OneTimeLink, language: str) -> str:
    return t(f"visit.link.entry.done.{link.choice}", language)


ENTRY = Purpose("visit.entry", _ask, _act, _done)


class FetchBadge(Operation):
    """The visitor comes back to a kiosk with the code they were given: the kiosk gets their badge for a minute."""

    code: Code


@operation(FetchBadge, "visit.fetch_badge", roles={Role.KIOSK})
def fetch_badge(s: Session, do: FetchBadge, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{visit_id, code}`. Refuses: visit.not_here, visit.not_approved, visit.badge_taken, label.unknown, label.other_kind"""
    if by.device_id is None:
        raise NotAllowed()
    visit = record.of_code(s, do.code)
    if visit.state != VisitState.HERE:
        raise Refused("visit.not_here")
    if visit.approval == ASKED:
        raise Refused("visit.not_approved")
    if visit.badges_printed or visit.badge_from_at is not None or visit.approval != GIVEN:
        raise Refused("visit.badge_taken")
    visit.kiosk_id, visit.badge_from_at = by.device_id, at
    touch(s, "visit", visit.id)
    return {"visit_id": visit.id, "code": do.code}


def asked(s: Session) -> list[record.VisitView]:
    """Who stands in the foyer until somebody says yes or no, longest waiting first."""
    query = select(Visit).where(col(Visit.state) == VisitState.HERE, col(Visit.approval) == ASKED).order_by(col(Visit.arrived_at))
    return record.views(s, list(s.execute(query.limit(50)).scalars()))


def state(s: Session, visit_id: UUID) -> str:
    """Asked, given or refused, or empty where nobody was asked. Refuses: visit.not_found"""
    return record.get(s, visit_id).approval


class NotePaper(Operation):
    """Documents this visitor signed on paper at the desk."""

    visit_id: UUID
    documents: tuple[str, ...]


@operation(NotePaper, "visit.note_paper", roles=RECEPTION)
def note_paper(s: Session, do: NotePaper, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{unsigned}`: what is still to sign. Refuses: visit.not_found, visit.not_here, consent.unknown_document"""
    visit = record.get(s, do.visit_id)
    if visit.state != VisitState.HERE:
        raise Refused("visit.not_here")
    known = consent.keys(s)
    for key in do.documents:
        if key not in known:
            raise Refused("consent.unknown_document")
        consent.record_paper(s, visit, key, at, by)
    left = [key for key in visit.unsigned.split(",") if key and key not in do.documents]
    visit.unsigned = ",".join(left)
    changed(visit)
    touch(s, "visit", visit.id)
    return {"unsigned": left}

"""Seeing off, thanks, the guests' one question, what it really cost, and what to do better next time (guide S3.1-R7, R8).

The last badge out ends a reception on its last day. Thanks go out two minutes later, so that a check-out taken back in time sends nobody home. Costs are
added one by one with their papers; a correction is a row below zero with its reason, and no kind ever falls below zero.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock, database
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import attachments, duties, notices, office, people
from core.mechanisms.attachments import Sha256
from core.mechanisms.operations import OFFICE, SYSTEM, Actor, Operation, Role, keyed, operation, perform_now
from core.mechanisms.tables import MAX_CENTS
from core.sections.reception import forgetting, incidents, joins, record
from core.sections.reception.record import (
    SUBJECT,
    Kind,
    Reception,
    ReceptionCost,
    ReceptionGuest,
    ReceptionVisit,
    State,
    happened,
)

THANK_AFTER = timedelta(minutes=2)
RATE_WITHIN = timedelta(days=14)
REVIEW_DUTY = "reception.duty.review"
_base_url = ""


def use_base_url(url: str) -> None:
    """Where the links of thank-you messages lead (main.py)."""
    global _base_url
    _base_url = url


# ── the end ──


def end_if_all_left(s: Session, reception: Reception, at: datetime) -> None:
    """It is over when everybody who came has left, on its last day, and nobody is still expected."""
    rows = record.visits_of(s, reception.id)
    if reception.state != State.RUNNING or clock.today(at) < reception.ends_on or not any(row.arrived_at for row in rows):
        return
    if all(row.over for row in rows):
        _end(s, reception, None, at)


def take_back(s: Session, reception: Reception, at: datetime) -> None:
    """A check-out was taken back: the reception goes on, unless the guests were thanked already."""
    if reception.state == State.ENDED and reception.thanked_at is None:
        reception.state, reception.ended_at = State.RUNNING, None
        for line in record.lines_of(s, reception.id):
            if line.ticks_on == "leaving" and line.done_by is None:
                line.done_at = None
    happened(s, reception, "guest_back", None, at)


class EndReception(Operation):
    reception_id: UUID


@operation(EndReception, "reception.end", roles={Role.STAFF})
def end(s: Session, do: EndReception, by: Actor, at: datetime) -> None:
    """By hand, for guests who never had a badge. Ending again is quiet. Refuses: reception.not_found, reception.not_running, reception.still_here"""
    reception = record.get(s, do.reception_id)
    if not record.may_plan(reception, by):
        raise NotAllowed()
    if reception.state in (State.ENDED, State.REVIEWED):
        return
    if reception.state != State.RUNNING:
        raise Refused("reception.not_running")
    here = sum(row.arrived_at is not None and not row.over for row in record.visits_of(s, reception.id))
    if here:
        raise Refused("reception.still_here", n=here)
    _end(s, reception, by.person_id, at)


def _end(s: Session, reception: Reception, by: UUID | None, at: datetime) -> None:
    reception.state, reception.ended_at = State.ENDED, at
    for line in record.lines_of(s, reception.id):
        if line.ticks_on == "leaving" and line.done_at is None and clock.today(line.starts_at) <= clock.today(at):
            line.done_at = at
    duties.open_duty(
        s, title_key=REVIEW_DUTY, facts={"title": record.title_of(reception)}, owner_id=reception.lead_id, subject=(SUBJECT, reception.id), at=at,
        merge_key=f"reception.review:{reception.id}",
    )  # fmt: skip
    happened(s, reception, "ended", by, at)


# ── thanks ──


class Thank(Operation):
    reception_id: UUID


@operation(Thank, "reception.thank", roles=set())
def thank(s: Session, do: Thank, by: Actor, at: datetime) -> dict[str, Any]:
    """A word of thanks to every guest who came and left an address, with the one question behind a link. Once."""
    reception = record.get(s, do.reception_id)
    if reception.thanked_at is not None or reception.ended_at is None:
        return {"thanked": 0}
    host = office.info(s)
    came = {row.guest_id: row for row in record.visits_of(s, reception.id) if row.arrived_at is not None}
    thanked = 0
    for guest in record.guests_of(s, reception.id):
        row = came.get(guest.id)
        if row is None or not guest.email or guest.erased_at is not None:
            continue
        facts = {
            "name": guest.name, "office": host.name if host else "", "lead": people.get(s, reception.lead_id).name, "text": reception.thanks,
            "link": f"{_base_url}/thanks/{row.visit_id}/{mark_of(row.visit_id)}",
        }  # fmt: skip
        key = "reception.thanks_own" if reception.thanks else "reception.thanks"
        notices.queue(s, key=key, facts=facts, at=at, to_address=guest.email, language=guest.language, subject=("visit", row.visit_id))
        thanked += 1
    reception.thanked_at = at
    happened(s, reception, "thanked", None, at, n=thanked)
    return {"thanked": thanked}


@job(every_s=20)
def send_thanks(at: datetime) -> int:
    """Receptions that ended two minutes ago. Returns how many were thanked for."""
    query = select(col(Reception.id)).where(
        col(Reception.state).in_((State.ENDED, State.REVIEWED)),
        col(Reception.thanked_at).is_(None),
        col(Reception.ended_at) <= at - THANK_AFTER,
    )
    with database.reading() as s:
        due = list(s.execute(query.order_by(col(Reception.id)).limit(100)).scalars())
    for reception_id in due:
        perform_now(Thank(reception_id=reception_id), by=SYSTEM, at=at, op_id=derived("reception.thank", reception_id))
    return len(due)


# ── the guest's one question ──


def mark_of(visit_id: UUID) -> str:
    """What a link or the kiosk's farewell holds, so that only this guest can answer."""
    return keyed("reception.rate", visit_id.hex).hex()[:20]


def asks(s: Session, visit_id: UUID, at: datetime) -> bool:
    """Whether the guest behind this visit may be asked how it was."""
    row = s.get(ReceptionVisit, visit_id)
    return row is not None and row.arrived_at is not None and at - row.arrived_at <= RATE_WITHIN


class Rate(Operation):
    """One to five; a later answer of the same guest replaces the earlier one."""

    visit_id: UUID
    mark: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{20}$")]
    score: Annotated[int, Input(ge=1, le=5)]
    remark: Annotated[str, StringConstraints(max_length=500)] = ""


@operation(Rate, "reception.rate", roles={Role.KIOSK}, personal=True)
def rate(s: Session, do: Rate, by: Actor, at: datetime) -> None:
    """Refuses: reception.link_unknown, reception.link_over"""
    if do.mark != mark_of(do.visit_id):
        raise Refused("reception.link_unknown")
    row = s.get(ReceptionVisit, do.visit_id)
    if row is None:
        raise Refused("reception.link_unknown")
    guest = s.get(ReceptionGuest, row.guest_id)
    if guest is None or guest.erased_at is not None or not asks(s, do.visit_id, at):
        raise Refused("reception.link_over")
    guest.score, guest.remark, guest.rated_at = do.score, do.remark or guest.remark, at
    happened(s, record.get(s, row.reception_id), "rated", None, at, score=do.score)


# ── money and review ──


class AddCost(Operation):
    """Below zero takes back what was written too high, with the reason in `note`. `evidence` are photos or PDF files of the papers."""

    reception_id: UUID
    kind: Kind
    amount_cents: Annotated[int, Input(ge=-MAX_CENTS, le=MAX_CENTS)]
    note: Annotated[str, StringConstraints(max_length=300)] = ""
    evidence: Annotated[tuple[Sha256, ...], Input(max_length=20)] = ()


@operation(AddCost, "reception.add_cost", roles={Role.STAFF}, personal=True)
def add_cost(s: Session, do: AddCost, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{kind, real_cents}`: what this kind cost by now. Refuses: reception.not_found, reception.no_amount, reception.reason_missing,
    reception.below_zero, reception.cost_too_early"""
    reception = s.get(Reception, do.reception_id, with_for_update=True)
    if reception is None:
        raise Refused("reception.not_found")
    if not record.may_plan(reception, by):
        raise NotAllowed()
    if reception.state == State.CANCELLED or not reception.approved_version:
        raise Refused("reception.cost_too_early")
    if do.amount_cents == 0:
        raise Refused("reception.no_amount")
    if do.amount_cents < 0 and not do.note:
        raise Refused("reception.reason_missing")
    now = real_of(s, reception.id)[do.kind] + do.amount_cents
    if now < 0:
        raise Refused("reception.below_zero")
    row = ReceptionCost(
        reception_id=reception.id,
        kind=do.kind,
        amount_cents=do.amount_cents,
        note=do.note,
        evidence=list(do.evidence),
        added_by=by.person_id,
        added_at=at,
    )
    s.add(row)
    if do.evidence:
        attachments.use(s, do.evidence, SUBJECT, reception.id, by, at)
    happened(s, reception, "cost", by.person_id, at, kind=do.kind, cents=do.amount_cents)
    return {"kind": do.kind, "real_cents": now}


class Review(Operation):
    """How it went by our own eyes, one to five, and what is to be done otherwise next time."""

    reception_id: UUID
    score: Annotated[int, Input(ge=1, le=5)]
    lessons: Annotated[str, StringConstraints(max_length=4000)] = ""


@operation(Review, "reception.review", roles={Role.STAFF}, personal=True)
def review(s: Session, do: Review, by: Actor, at: datetime) -> None:
    """The lead or the office sums up; the duty to do so is done. A second review replaces the words of the first, the history keeps that there were two.

    Refuses: reception.not_found, reception.not_ended, reception.incidents_open"""
    reception = record.get(s, do.reception_id)
    if not record.may_plan(reception, by):
        raise NotAllowed()
    if reception.state not in (State.ENDED, State.REVIEWED):
        raise Refused("reception.not_ended")
    left = incidents.count_open(s, reception.id)
    if left:
        raise Refused("reception.incidents_open", n=left)
    reception.state, reception.score, reception.lessons, reception.reviewed_by, reception.reviewed_at = (
        State.REVIEWED,
        do.score,
        do.lessons,
        by.person_id,
        at,
    )
    duty = duties.find_open(s, f"reception.review:{reception.id}")
    if duty is not None:
        duties.settle(s, duty, by, at)
    happened(s, reception, "reviewed", by.person_id, at, score=do.score)


def costs_of(s: Session, reception_id: UUID) -> list[ReceptionCost]:
    query = select(ReceptionCost).where(col(ReceptionCost.reception_id) == reception_id).order_by(col(ReceptionCost.id))
    return list(s.execute(query).scalars())


def real_of(s: Session, reception_id: UUID) -> dict[str, int]:
    """What was really spent, by kind."""
    return joins.sums((cost.kind, cost.amount_cents) for cost in costs_of(s, reception_id))


@attachments.shown_with(SUBJECT)
def may_see_papers(s: Session, subject_id: UUID, by: Actor) -> bool:
    """Papers of the costs: who plans, and leaders."""
    reception = s.get(Reception, subject_id)
    return reception is not None and (record.may_plan(reception, by) or by.has(Role.LEADER, *OFFICE))


# ── forgetting ──


class ForgetGuests(Operation):
    reception_ids: Annotated[tuple[UUID, ...], Input(min_length=1, max_length=200)]


@operation(ForgetGuests, "reception.forget_guests", roles=set())
def forget_guests(s: Session, do: ForgetGuests, by: Actor, at: datetime) -> dict[str, Any]:
    """Guests of plans that are over longer than the keeping time, also those who never had an invitation."""
    forgotten = 0
    for reception_id in do.reception_ids:
        reception = record.get(s, reception_id)
        n = forgetting.forget(s, record.guests_of(s, reception_id), at)
        if n:
            happened(s, reception, "forgotten", None, at, n=n)
        forgotten += n
    return {"forgotten": forgotten}


@job(every_s=3600)
def forget_old_guests(at: datetime) -> int:
    """Plans whose last day lies further back than `visit.retention_days`. Returns how many plans were looked at."""
    with database.reading() as s:
        before = clock.today(at) - timedelta(days=int(office.setting(s, "visit.retention_days")))
        query = (
            select(col(Reception.id))
            .join(ReceptionGuest, col(ReceptionGuest.reception_id) == col(Reception.id))
            .where(col(Reception.ends_on) < before, col(ReceptionGuest.erased_at).is_(None))
        )
        ids = list(s.execute(query.distinct().order_by(col(Reception.id)).limit(200)).scalars())
    if ids:
        perform_now(ForgetGuests(reception_ids=tuple(ids)), by=SYSTEM, at=at, op_id=derived("reception.forget", clock.today(at), *ids))
    return len(ids)

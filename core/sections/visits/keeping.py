"""The day's end and the keeping time (norms.md 11: about 30 days; security.md, Visitor data; ASVS 14.2.7).

At midnight invitations nobody used are over, and who was not scanned out is assumed to have left, kept apart from real check-outs. After
the keeping time
names, phones, addresses, purposes and drawn signatures are erased; that there was a visit, when and to whom, stays and is counted. The
audit line of
the erasing is its proof; the log itself never held a visitor's name, only keyed hashes of payloads.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import attachments, forgets, notices, office
from core.mechanisms.forgets import Gone
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.sections.visits import consent, happenings, holding, record, returning
from core.sections.visits.happenings import Happening
from core.sections.visits.record import Visit, VisitState, changed

AT_ONCE = 200


class CloseDay(Operation):
    visit_ids: Annotated[list[UUID], Input(min_length=1, max_length=AT_ONCE)]


@operation(CloseDay, "visit.close_day", roles=set())
def close_day(s: Session, do: CloseDay, by: Actor, at: datetime) -> dict[str, Any]:
    """Unused invitations of past days are over; visitors of past days are assumed to have left."""
    today, assumed, over = clock.today(at), 0, 0
    for visit_id in do.visit_ids:
        visit = record.get(s, visit_id)
        if visit.state == VisitState.PLANNED and visit.expected_on < today:
            visit.state, visit.ended_at = VisitState.EXPIRED, at
            over += 1
            what = Happening.EXPIRED
        elif visit.state == VisitState.HELD and visit.expected_on < today:
            holding.close(s, visit, at)
            visit.state, visit.ended_at = VisitState.CANCELLED, at
            what = Happening.CANCELLED
        elif visit.state == VisitState.HERE and visit.arrived_at is not None and clock.today(visit.arrived_at) < today:
            visit.state, visit.assumed_left_at, visit.ended_at = VisitState.LEFT, at, at
            assumed += 1
            what = Happening.LEFT
        else:
            continue
        changed(visit)
        touch(s, "visit", visit.id)
        happenings.tell(s, what, visit, at)
    return {"assumed_left": assumed, "over": over}


# ── forgetting a visitor: what this section and the mechanisms it uses keep of one ──


@forgets.visitors(
    "visits",
    "visit.name",
    "visit.pinyin",
    "visit.initials",
    "visit.company",
    "visit.phone",
    "visit.email",
    "visit.purpose",
    "visit.phone_key",
    "visit.plate",
    "visit.drink",
    "visit.approval_reason",
)
def forget_visits(s: Session, gone: Gone, at: datetime) -> int:
    """The visit itself, with its search keys; that somebody came, when and to whom, stays."""
    found = s.execute(select(Visit).where(col(Visit.id).in_(gone.visit_ids), col(Visit.erased_at).is_(None))).scalars().all()
    for visit in found:
        visit.name = visit.pinyin = visit.initials = visit.company = visit.phone = visit.email = visit.purpose = ""
        visit.phone_key = visit.plate = visit.drink = visit.approval_reason = ""
        visit.erased_at = at
        changed(visit)
    s.flush()
    return len(found)


@forgets.visitors("signatures", "signed_document.strokes", "signed_document.picture_sha256")
def forget_signatures(s: Session, gone: Gone, at: datetime) -> int:
    """The drawings; which words were agreed to, and when, stays."""
    return consent.erase(s, gone.visit_ids)


@forgets.visitors("recognised", "visit_recognition.visit_id")
def forget_recognised(s: Session, gone: Gone, at: datetime) -> int:
    """Whom a kiosk knew again within the last minutes."""
    return returning.forget(s, gone.visit_ids)


@forgets.visitors("photos", "attachment.stored_sha256")
def forget_photos(s: Session, gone: Gone, at: datetime) -> int:
    """The picture and the picture of the signature: rows and files."""
    return attachments.erase_of(s, "visit", gone.visit_ids)


@forgets.visitors("notices", "notice.facts", "notice.address", "notice.detail")
def forget_notices(s: Session, gone: Gone, at: datetime) -> int:
    """What mails and messages about the visit said, and to which outside address; that they were sent stays."""
    return sum(notices.erase_facts(s, kind, gone.visit_ids) for kind in ("visit", "hold"))


class EraseVisits(Operation):
    visit_ids: Annotated[list[UUID], Input(min_length=1, max_length=AT_ONCE)]


@operation(EraseVisits, "visit.erase", roles={Role.ADMIN})
def erase(s: Session, do: EraseVisits, by: Actor, at: datetime) -> dict[str, Any]:
    """Forget who the visitors were (the keeping time is over, or a visitor asked for it). Refuses: visit.not_found, visit.still_here"""
    going: list[Visit] = []
    for visit_id in do.visit_ids:
        visit = record.get(s, visit_id)
        if visit.state in (VisitState.HERE, VisitState.PLANNED, VisitState.HELD):
            raise Refused("visit.still_here")
        if visit.erased_at is None:
            going.append(visit)
            happenings.tell(s, Happening.ERASED, visit, at)
        touch(s, "visit", visit.id)
    return {"erased": len(going), "forgot": dict(forgets.run(s, _gone(going), at))}


def _gone(going: list[Visit]) -> Gone:
    return Gone(
        tuple(visit.id for visit in going),
        frozenset(visit.name for visit in going if visit.name),
        frozenset(visit.phone for visit in going if visit.phone),
        frozenset(visit.email for visit in going if visit.email),
    )


@job(every_s=60)
def close_days(at: datetime) -> int:
    """Close past days. Returns how many visits were closed."""
    today = clock.today(at)
    start = clock.day_span(today)[0]
    unused = col(Visit.state).in_([VisitState.PLANNED, VisitState.HELD]) & (col(Visit.expected_on) < today)
    overdue = (col(Visit.state) == VisitState.HERE) & (col(Visit.arrived_at) < start)
    with database.reading() as s:
        ids = list(s.execute(select(col(Visit.id)).where(unused | overdue).order_by(col(Visit.id)).limit(5 * AT_ONCE)).scalars())
    for chunk in _chunks(ids):
        perform_now(CloseDay(visit_ids=chunk), by=SYSTEM, at=at, op_id=derived("visit.close_day", today, *chunk))
    return len(ids)


@job(every_s=3600)
def erase_old(at: datetime) -> int:
    """Erase visits that ended longer ago than the keeping time (setting `visit.retention_days`). Returns how many."""
    with database.reading() as s:
        before = at - timedelta(days=int(office.setting(s, "visit.retention_days")))
        query = (
            select(col(Visit.id))
            .where(col(Visit.ended_at) <= before, col(Visit.erased_at).is_(None))
            .order_by(col(Visit.id))
            .limit(5 * AT_ONCE)
        )
        ids = list(s.execute(query).scalars())
    for chunk in _chunks(ids):
        perform_now(EraseVisits(visit_ids=chunk), by=SYSTEM, at=at, op_id=derived("visit.erase", *chunk))
    return len(ids)


def _chunks(ids: list[UUID]) -> list[list[UUID]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]

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
from sqlalchemy import and_, or_, select
from sqlmodel import Session, col

from core.foundation import cleaning, clock, database
from core.foundation.errors import Refused
from core.foundation.ids import derived
from core.foundation.jobs import job, wake
from core.mechanisms import attachments, forgets, notices
from core.mechanisms.forgets import Gone
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, after_commit, operation, perform_now, touch
from core.sections.visits import consent, happenings, holding, purging, record, retention, returning
from core.sections.visits.consent import Consent
from core.sections.visits.happenings import Happening
from core.sections.visits.record import Visit, VisitState, changed

AT_ONCE = 200
REWRITTEN_BY_DAY = 512 * 1024 * 1024  # bytes of a SQLite file; rewriting takes about a second for each 100 MB
NIGHT = range(1, 6)


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
    "visit.group_name",
)
def forget_visits(s: Session, gone: Gone, at: datetime) -> int:
    """The visit itself, with its search keys; that somebody came, when and to whom, stays."""
    found = s.execute(select(Visit).where(col(Visit.id).in_(gone.visit_ids), col(Visit.erased_at).is_(None))).scalars().all()
    for visit in found:
        visit.name = visit.pinyin = visit.initials = visit.company = visit.phone = visit.email = visit.purpose = ""
        visit.phone_key = visit.plate = visit.drink = visit.approval_reason = ""
        visit.group_name = ""
        visit.erased_at = at
        changed(visit)
    s.flush()
    return len(found)


@forgets.visitors("signatures", "signed_document.strokes", "signed_document.picture_sha256")
def forget_signatures(s: Session, gone: Gone, at: datetime) -> int:
    """The drawings and their pictures; which words were agreed to, and when, stays."""
    query = select(col(Consent.picture_sha256)).where(col(Consent.visit_id).in_(gone.visit_ids), col(Consent.picture_sha256).is_not(None))
    pictures = [sha256 for sha256 in s.execute(query).scalars() if sha256]
    erased = consent.erase(s, gone.visit_ids)
    shared = (
        set(s.execute(select(col(Consent.picture_sha256)).where(database.among(Consent.picture_sha256, pictures))).scalars())
        if pictures
        else set()
    )
    attachments.erase_unreferred(s, set(pictures) - shared)
    return erased


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
    """Forget who the visitors were (the keeping time is over, or a visitor asked for it). Answers how many, and how many rows of each kind forgot.

    Refuses: visit.not_found, visit.still_here, visit.legal_hold"""
    going = [visit for visit in (record.get(s, visit_id) for visit_id in do.visit_ids) if visit.erased_at is None]
    if any(visit.state in (VisitState.HERE, VisitState.PLANNED, VisitState.HELD) for visit in going):
        raise Refused("visit.still_here")
    for hold in retention.held(s, [visit.id for visit in going], at).values():
        raise Refused("visit.legal_hold", until=hold.until_on)
    for visit_id in do.visit_ids:
        touch(s, "visit", visit_id)
    return _forget(s, going, at)


class EraseAgain(Operation):
    visit_ids: Annotated[list[UUID], Input(min_length=1, max_length=AT_ONCE)]


@operation(EraseAgain, "visit.erase_again", roles=set())
def forget_again(s: Session, do: EraseAgain, by: Actor, at: datetime) -> dict[str, Any]:
    """Visits that were erased before and came back with an older backup; whatever state that one has them in, they are over."""
    going = [visit for visit in (record.get(s, visit_id) for visit_id in do.visit_ids) if visit.erased_at is None]
    for visit in going:
        if visit.state == VisitState.HERE:
            visit.state, visit.assumed_left_at, visit.ended_at = VisitState.LEFT, at, at
        elif visit.state in (VisitState.PLANNED, VisitState.HELD):
            visit.state, visit.ended_at = VisitState.CANCELLED, at
        touch(s, "visit", visit.id)
    s.flush()
    return _forget(s, going, at)


def _forget(s: Session, going: list[Visit], at: datetime) -> dict[str, Any]:
    gone = Gone(
        tuple(visit.id for visit in going),
        frozenset(visit.name for visit in going if visit.name),
        frozenset(visit.phone for visit in going if visit.phone),
        frozenset(visit.email for visit in going if visit.email),
    )
    for visit in going:
        happenings.tell(s, Happening.ERASED, visit, at)
    forgot = dict(forgets.run(s, gone, at))
    if going:
        after_commit(s, lambda: purging.remember(gone, forgot, at))
        after_commit(s, lambda: wake(purging.prove))
    return {"erased": len(going), "forgot": forgot}


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
    """Erase visits that ended longer ago than the keeping time of their kind. Returns how many.

    A database too large to be rewritten while people work waits for the night; the keeping time has a day to spare for that."""
    if cleaning.file_size() > REWRITTEN_BY_DAY and clock.local(at).hour not in NIGHT:
        return 0
    return erase_due(at)


def erase_due(at: datetime) -> int:
    """The same at once, whatever the hour: after a restore, before anything is served."""
    with database.reading() as s:
        rules, usual = retention.rules(s), retention.days(s)
        own = {key: rule.days for key, rule in rules.items() if rule.days}
        over = [and_(col(Visit.type) == key, col(Visit.ended_at) <= at - timedelta(days=days)) for key, days in own.items()]
        over.append(and_(col(Visit.type).not_in(own), col(Visit.ended_at) <= at - timedelta(days=usual)))
        query = select(col(Visit.id)).where(or_(*over), col(Visit.erased_at).is_(None)).order_by(col(Visit.id))
        ids = list(s.execute(query.limit(5 * AT_ONCE)).scalars())
        kept = retention.held(s, ids, at)
    ids = [id for id in ids if id not in kept]
    for chunk in _chunks(ids):
        perform_now(EraseVisits(visit_ids=chunk), by=SYSTEM, at=at, op_id=derived("visit.erase", clock.today(at), *chunk))
    return len(ids)


def erase_again(ids: list[UUID], at: datetime) -> int:
    """After a restore: see `purging.after_restore`. Answers how many."""
    return sum(int(perform_now(EraseAgain(visit_ids=chunk), by=SYSTEM, at=at).result["erased"]) for chunk in _chunks(ids))


def _chunks(ids: list[UUID]) -> list[list[UUID]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]

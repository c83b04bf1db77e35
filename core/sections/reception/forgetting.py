"""Guests are forgotten with their visits, and where they never had one, when their plan is over longer than the keeping time (norms.md 11; scenario Office 7).

The list loses name, post, phone, mail and remark. Where planners or hosts wrote a guest's name into their own words (a line, an incident, a review, a version),
it is blotted out there. That they came, their score, and everything about money stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms import forgets, notices, office, pinyin
from core.mechanisms.duties import Duty
from core.mechanisms.forgets import Gone, Kept
from core.sections.reception.incidents import INCIDENT, ReceptionIncident
from core.sections.reception.record import SUBJECT, Reception, ReceptionGuest, ReceptionLine, ReceptionVersion, ReceptionVisit, number_of

TEXTS: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (Reception, ("purpose", "itinerary", "lessons", "thanks", "title")),
    (ReceptionLine, ("what", "note", "answer_note", "late_note", "confirmed_with")),
    (ReceptionIncident, ("what", "outcome")),
)


@forgets.visitors(
    "receptions", "reception_guest.name", "reception_guest.post", "reception_guest.organisation", "reception_guest.phone", "reception_guest.email",
    "reception_guest.remark",
)  # fmt: skip
def forget_guests_of(s: Session, gone: Gone, at: datetime) -> int:
    """The guests behind these visits."""
    ids = select(col(ReceptionVisit.guest_id)).where(col(ReceptionVisit.visit_id).in_(gone.visit_ids))
    return forget(s, s.execute(select(ReceptionGuest).where(col(ReceptionGuest.id).in_(ids))).scalars().all(), at)


@forgets.keeps("receptions")
def keep_guests_of_living_plans(s: Session, values: frozenset[str], at: datetime) -> list[Kept]:
    """Guests of plans whose keeping time is not over: their names stay in the plan, its versions and papers until then."""
    days = timedelta(days=int(office.setting(s, "visit.retention_days")))
    query = (
        select(ReceptionGuest, Reception)
        .join(Reception, col(Reception.id) == col(ReceptionGuest.reception_id))
        .where(col(ReceptionGuest.erased_at).is_(None), col(Reception.ends_on) >= clock.today(at) - days)
    )
    found: dict[UUID, set[str]] = {}
    plans: dict[UUID, Reception] = {}
    for guest, plan in s.execute(query):
        borne = values & {guest.name, guest.phone, guest.email.lower(), pinyin.keys(guest.name).full}
        if borne:
            found.setdefault(plan.id, set()).update(borne)
            plans[plan.id] = plan
    return [Kept(frozenset(borne), number_of(plans[id]), plans[id].ends_on + days) for id, borne in found.items()]


def forget(s: Session, guests: Sequence[ReceptionGuest], at: datetime) -> int:
    """What these guests were called, on the list and in the words of their plans. Returns how many were forgotten; again changes nothing."""
    names: dict[UUID, set[str]] = {}
    forgotten = 0
    for guest in guests:
        if guest.erased_at is not None:
            continue
        names.setdefault(guest.reception_id, set()).update(word for word in (guest.name, guest.phone, guest.email) if word)
        guest.name = guest.post = guest.organisation = guest.phone = guest.email = guest.remark = ""
        guest.erased_at = at
        forgotten += 1
    for reception_id, words in names.items():
        _blot(s, reception_id, words)
    if names:
        notices.erase_facts(s, SUBJECT, list(names))
    s.flush()
    return forgotten


def _blot(s: Session, reception_id: UUID, words: Iterable[str]) -> None:
    rows: list[tuple[Any, tuple[str, ...]]] = []
    for table, fields in TEXTS:
        key = table.id if table is Reception else table.reception_id
        rows += [(row, fields) for row in s.execute(select(table).where(key == reception_id)).scalars()]
    for row, fields in rows:
        for name in fields:
            said = forgets.scrub(getattr(row, name), words)
            if said != getattr(row, name):
                setattr(row, name, said)
    for version in s.execute(select(ReceptionVersion).where(col(ReceptionVersion.reception_id) == reception_id)).scalars():
        version.content = _blotted(version.content, words)
    incidents = select(col(ReceptionIncident.id)).where(col(ReceptionIncident.reception_id) == reception_id)
    owed = s.execute(select(Duty).where(col(Duty.subject_kind) == INCIDENT, col(Duty.subject_id).in_(incidents))).scalars().all()
    for duty in owed:
        duty.facts = _blotted(duty.facts, words)
    notices.erase_facts(s, "duty", [duty.id for duty in owed])


def _blotted(value: Any, words: Iterable[str]) -> Any:
    if isinstance(value, str):
        return forgets.scrub(value, words)
    if isinstance(value, Mapping):
        return {key: _blotted(inner, words) for key, inner in value.items()}
    return [_blotted(inner, words) for inner in value] if isinstance(value, list) else value

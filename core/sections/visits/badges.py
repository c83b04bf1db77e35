"""Badges: what stands on one, who may have it, and that it came out (scenario Office 7; guide row S1.2-R6).

Drawing is assets_labels' work. A badge says no phone, no number of an identity card and no purpose.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.foundation.i18n import LANGUAGES, t
from core.mechanisms import label_jobs, labels, office, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Operation, Role, current_op_id, operation, touch
from core.sections.visits import record, types
from core.sections.visits.record import RECEPTION, Visit, VisitState, changed

BADGE_WINDOW = timedelta(minutes=1)


class NoteBadge(Operation):
    visit_id: UUID


@operation(NoteBadge, "visit.note_badge", roles={Role.KIOSK, *RECEPTION})
def note_badge(s: Session, do: NoteBadge, by: Actor, at: datetime) -> dict[str, Any]:
    """A badge came out of the printer, perhaps once more. Refuses: visit.not_found, visit.not_here"""
    visit = record.get(s, do.visit_id)
    if not may_have_badge(visit, by, at):
        raise NotAllowed()
    if visit.state != VisitState.HERE:
        raise Refused("visit.not_here")
    visit.badges_printed += 1
    code = labels.of(s, SubjectKind.VISIT, visit.id)
    if code is not None:  # a browser printed it: the print log knows of it too
        job = current_op_id(s)
        s.add(label_jobs.LabelPrint(code=code, printed_at=at, person_id=by.person_id, template="browser", position=1, job_id=job))
    changed(visit)
    touch(s, "visit", visit.id)
    return {"badges_printed": visit.badges_printed}


@dataclass(frozen=True, slots=True)
class BadgeFacts:
    """What a badge says; no phone, no number of an identity card, no purpose (scenario Office 7). `share` ("2/12") is a badge of somebody of a group without
    a name: it has no code of its own and leaves with the leader."""

    code: str
    name: str
    company: str
    host: str
    place: str
    day: date
    day_number: int
    language: str
    type: str = types.GUEST
    layout: str = "plain"
    escort: bool = False
    room: str = ""
    share: str = ""
    host_english: str = ""
    until: str = ""


def may_have_badge(visit: Visit, by: Actor, at: datetime) -> bool:
    """Reception while the visitor is here; the kiosk that checked them in for one minute, so that the next visitor never gets at it."""
    if by.has(*RECEPTION, Role.SYSTEM):
        return True
    mine = by.has(Role.KIOSK) and by.device_id is not None and by.device_id == visit.kiosk_id
    since = [moment for moment in (visit.arrived_at, visit.approval_at, visit.badge_from_at) if moment is not None]
    return mine and bool(since) and at - max(since) <= BADGE_WINDOW


def badge(s: Session, visit_id: UUID, by: Actor, at: datetime) -> BadgeFacts:
    """Refuses: visit.not_found, visit.not_here, visit.not_approved; raises NotAllowed."""
    visit = record.get(s, visit_id)
    if not may_have_badge(visit, by, at):
        raise NotAllowed()
    if visit.state != VisitState.HERE or visit.arrived_at is None or visit.day_number is None:
        raise Refused("visit.not_here")
    if visit.approval == "asked":
        raise Refused("visit.not_approved")
    room = s.get(places.Place, visit.room_id) if visit.room_id is not None else None
    host = people.get(s, visit.host_id)
    place = people.department_names(s).get(host.department_id, "") if host.department_id else ""
    code = labels.of(s, SubjectKind.VISIT, visit.id) or ""
    return BadgeFacts(
        code, visit.name, visit.company, host.name, place, clock.today(visit.arrived_at), visit.day_number, visit.language, visit.type,
        types.get(s, visit.type).badge_layout, visit.escort, room.name if room is not None else "",
        host_english=host.english_name, until=_until(s, visit.arrived_at),
    )  # fmt: skip


def _until(s: Session, arrived_at: datetime) -> str:
    """Until when a badge holds: the office's closing time, for who comes after it the end of the day."""
    closes = str(office.setting(s, "booking.closes_at"))
    return closes if f"{clock.local(arrived_at):%H:%M}" < closes else "24:00"


def shares(leader: Visit) -> range:
    """Which numbers the people without names have; the leader is the first of them all."""
    return range(2, leader.party + 1) if leader.group_id == leader.id else range(0)


def share(s: Session, visit_id: UUID, number: int, by: Actor, at: datetime) -> BadgeFacts:
    """The badge of the `number`-th of a group's people without names: whose group, with whom, and 2/12. Refuses as `badge`, and visit.not_in_group"""
    leader = record.get(s, visit_id)
    found = badge(s, visit_id, by, at)
    if number not in shares(leader):
        raise Refused("visit.not_in_group")
    firm = t("visit.badge.with_leader", _language(s, found), leader=leader.name) if leader.group_name != leader.name else found.company
    return replace(found, code="", name=leader.group_name or leader.name, company=firm, share=f"{number}/{leader.party}")


def _language(s: Session, found: BadgeFacts) -> str:
    house = office.info(s)
    return found.language or (house.language if house else LANGUAGES[0])

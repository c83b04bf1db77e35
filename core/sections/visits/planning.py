"""Inviting somebody, and taking it back (guide S3.1-R1: the guest's invitation code replaces typing at the kiosk)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator
from sqlmodel import Session

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.foundation.i18n import LANGUAGES
from core.mechanisms import channels, labels, notices, office, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import OFFICE, Actor, Operation, Role, note, operation, touch
from core.sections.visits import happenings, holding, types
from core.sections.visits.happenings import Happening
from core.sections.visits.record import Line, Name, Phone, Visit, VisitState, changed, handle, name_keys

FURTHEST_DAYS = 366


def _mail(value: str) -> str:
    if value and not channels.is_address(value):
        raise ValueError("mail.not_an_address")
    return value


Mail = Annotated[str, AfterValidator(_mail)]


def _spoken(value: str) -> str:
    if value and value not in LANGUAGES:
        raise ValueError("language.unknown")
    return value


class Invite(Operation):
    """`language` is the visitor's: of the mail and of the kiosk's first words to them. `type` and `room_id` say what the visit is asked (see `types`)."""

    host_id: UUID
    name: Name
    company: Line = ""
    phone: Phone = ""
    email: Mail = ""
    purpose: Line = ""
    expected_on: date
    language: Annotated[str, AfterValidator(_spoken)] = ""
    type: types.Key = types.GUEST
    room_id: UUID | None = None


@operation(Invite, "visit.invite", roles={Role.STAFF}, personal=True)
def invite(s: Session, do: Invite, by: Actor, at: datetime) -> dict[str, Any]:
    """A planned visit with its code; mailed to the visitor when an address is given. Fact `reception_contacts` and no code: reception looks first.

    Members of the office invite for themselves and whom they stand in for; office roles and leaders for anybody.
    Refuses: visit.host_unknown, visit.day_past, visit.day_too_far, visit.type_unknown, place.not_found"""
    host = s.get(people.Person, do.host_id)
    if host is None or host.disabled_at is not None:
        raise Refused("visit.host_unknown")
    if by.person_id not in (host.id, host.deputy_id) and not by.has(*OFFICE, Role.LEADER, Role.SYSTEM):
        raise NotAllowed()
    today = clock.today(at)
    if do.expected_on < today:
        raise Refused("visit.day_past")
    if (do.expected_on - today).days > FURTHEST_DAYS:
        raise Refused("visit.day_too_far")
    visit = Visit(
        state=VisitState.PLANNED,
        planned=True,
        host_id=host.id,
        name=do.name,
        company=do.company,
        phone=do.phone,
        email=do.email.lower(),
        purpose=do.purpose,
        language=do.language,
        expected_on=do.expected_on,
        invited_by=by.person_id,
        type=types.offered(s, do.type).key,
        room_id=places.get(s, do.room_id).id if do.room_id is not None else None,
    )
    name_keys(visit)
    s.add(visit)
    s.flush()
    touch(s, "visit", visit.id)
    if holding.stops(s, visit, by, at, inviting=True):
        note(s, reception_contacts=True)
        return {"visit_id": visit.id, "code": None}
    code = labels.give(s, SubjectKind.VISIT, visit.id, at)
    if visit.email:
        _send_invitation(s, visit, host, code, at)
    return {"visit_id": visit.id, "code": code}


class SendInvitation(Operation):
    """Mail the invitation again, perhaps to another address."""

    visit_id: UUID
    email: Mail = ""


@operation(SendInvitation, "visit.send_invitation", roles={Role.STAFF}, personal=True)
def send_invitation(s: Session, do: SendInvitation, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: visit.not_found, visit.not_planned, visit.no_mail_address"""
    visit = handle(s, do.visit_id, by)
    if visit.state != VisitState.PLANNED:
        raise Refused("visit.not_planned")
    visit.email = (do.email or visit.email).lower()
    if not visit.email:
        raise Refused("visit.no_mail_address")
    changed(visit)
    touch(s, "visit", visit.id)
    code = labels.of(s, SubjectKind.VISIT, visit.id) or labels.give(s, SubjectKind.VISIT, visit.id, at)
    _send_invitation(s, visit, people.get(s, visit.host_id), code, at)
    return {"visit_id": visit.id, "code": code}


class CancelVisit(Operation):
    visit_id: UUID


@operation(CancelVisit, "visit.cancel", roles={Role.STAFF})
def cancel(s: Session, do: CancelVisit, by: Actor, at: datetime) -> None:
    """The invitation no longer opens anything; a visitor with a mail address is told. Refuses: visit.not_found, visit.not_planned"""
    visit = handle(s, do.visit_id, by)
    touch(s, "visit", visit.id)
    if visit.state == VisitState.CANCELLED:
        return
    if visit.state != VisitState.PLANNED:
        raise Refused("visit.not_planned")
    visit.state, visit.ended_at = VisitState.CANCELLED, at
    changed(visit)
    if visit.email:
        facts = {"name": visit.name, "day": visit.expected_on, "office": _office_name(s), "host": people.get(s, visit.host_id).name}
        notices.queue(
            s, key="visit.cancelled_mail", facts=facts, at=at, to_address=visit.email, language=visit.language, subject=("visit", visit.id)
        )
    happenings.tell(s, Happening.CANCELLED, visit, at)


def _send_invitation(s: Session, visit: Visit, host: people.Person, code: str, at: datetime) -> None:
    facts = {"name": visit.name, "host": host.name, "day": visit.expected_on, "office": _office_name(s), "code": labels.shown(code)}
    notices.queue(
        s, key="visit.invitation", facts=facts, at=at, to_address=visit.email, language=visit.language, subject=("visit", visit.id)
    )


def _office_name(s: Session) -> str:
    found = office.info(s)
    return found.name if found else ""

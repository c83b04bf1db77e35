"""Inviting somebody, changing it and taking it back (guide S3.1-R1: the guest's invitation code replaces typing at the kiosk).

Whatever path changes an invitation (the host's phone, the desk, a file, a moved meeting, the question from the kiosk) goes through `move` and
`withdraw`, so that the visitor is told once, with what holds then, and a mail never says less than the record.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, model_validator
from sqlmodel import Session

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.foundation.i18n import LANGUAGES
from core.mechanisms import channels, labels, notices, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import OFFICE, Actor, Operation, Role, note, operation, touch
from core.sections.visits import happenings, holding, mails, types
from core.sections.visits.happenings import Happening
from core.sections.visits.record import InvitedPhone, Line, Name, Visit, VisitState, changed, handle, name_keys

FURTHEST_DAYS = 366
OPEN = (VisitState.PLANNED, VisitState.EXPIRED)  # what can still be moved: one that was missed, too


def _mail(value: str) -> str:
    if value and not channels.is_address(value):
        raise ValueError("mail.not_an_address")
    return value


Mail = Annotated[str, AfterValidator(_mail)]


def _spoken(value: str) -> str:
    if value and value not in LANGUAGES:
        raise ValueError("language.unknown")
    return value


Spoken = Annotated[str, AfterValidator(_spoken)]


class Invite(Operation):
    """`host_id` is whoever invites, when nobody is named. `expected_at` is a time on `expected_on` in the office's zone. `language` is the
    visitor's: of the mail and of the kiosk's first words to them. `type` and `room_id` say what the visit is asked (see `types`)."""

    host_id: UUID | None = None
    name: Name
    company: Line = ""
    phone: InvitedPhone = ""
    email: Mail = ""
    purpose: Line = ""
    expected_on: date
    expected_at: AwareDatetime | None = None
    language: Spoken = ""
    type: types.Key = types.GUEST
    room_id: UUID | None = None
    id: UUID | None = None


@operation(Invite, "visit.invite", roles={Role.STAFF}, personal=True)
def invite(s: Session, do: Invite, by: Actor, at: datetime) -> dict[str, Any]:
    """A planned visit with its code; mailed to the visitor when an address is given. Fact `reception_contacts` and no code: reception looks first.

    Members of the office invite for themselves and whom they stand in for; office roles and leaders for anybody.
    Refuses: visit.host_unknown, visit.day_past, visit.day_too_far, visit.time_other_day, visit.type_unknown, place.not_found"""
    visit, code = plan(s, do, by, at)
    if visit.email and code is not None:
        mails.send(s, visit, "invited", at)
    return {"visit_id": visit.id, "code": code}


def plan(s: Session, do: Invite, by: Actor, at: datetime) -> tuple[Visit, str | None]:
    """The visit and its code, or none when reception has to look first (holding.py); nobody is told yet."""
    host = host_for(s, do.host_id or by.person_id, by)
    check_day(do.expected_on, do.expected_at, at)
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
        expected_at=do.expected_at,
        invited_by=by.person_id,
        type=types.offered(s, do.type).key,
        room_id=places.get(s, do.room_id).id if do.room_id is not None else None,
    )
    if do.id is not None:
        visit.id = do.id
    name_keys(visit)
    s.add(visit)
    s.flush()
    touch(s, "visit", visit.id)
    if holding.stops(s, visit, by, at, inviting=True):
        note(s, reception_contacts=True)
        return visit, None
    return visit, labels.give(s, SubjectKind.VISIT, visit.id, at)


def host_for(s: Session, person_id: UUID | None, by: Actor) -> people.Person:
    """Whom the visitor comes to, if this caller may invite to them. Refuses: visit.host_unknown; raises NotAllowed."""
    host = s.get(people.Person, person_id) if person_id is not None else None
    if host is None or host.disabled_at is not None:
        raise Refused("visit.host_unknown")
    if by.person_id not in (host.id, host.deputy_id) and not by.has(*OFFICE, Role.LEADER, Role.SYSTEM):
        raise NotAllowed()
    return host


def check_day(day: date, moment: datetime | None, at: datetime) -> None:
    """Refuses: visit.day_past, visit.day_too_far, visit.time_other_day"""
    today = clock.today(at)
    if day < today:
        raise Refused("visit.day_past")
    if (day - today).days > FURTHEST_DAYS:
        raise Refused("visit.day_too_far")
    if moment is not None and clock.today(moment) != day:
        raise Refused("visit.time_other_day", day=day)


class ChangeVisit(Operation):
    """Only the fields that are given change. `no_time`: the day without a time; `no_room`: without a place."""

    visit_id: UUID
    host_id: UUID | None = None
    name: Name | None = None
    company: Line | None = None
    phone: InvitedPhone | None = None
    email: Mail | None = None
    purpose: Line | None = None
    expected_on: date | None = None
    expected_at: AwareDatetime | None = None
    no_time: bool = False
    room_id: UUID | None = None
    no_room: bool = False
    language: Spoken | None = None

    @model_validator(mode="after")
    def _one_way(self) -> ChangeVisit:
        if (self.no_time and self.expected_at is not None) or (self.no_room and self.room_id is not None):
            raise ValueError("visit.with_and_without")
        return self


@operation(ChangeVisit, "visit.change", roles={Role.STAFF}, personal=True)
def change(s: Session, do: ChangeVisit, by: Actor, at: datetime) -> dict[str, Any]:
    """Another day, time, place, host or name; the visitor is told once, and a new host learns of it. A visit that was missed can be moved too.

    Refuses: visit.not_found, visit.not_planned, visit.host_unknown, visit.day_past, visit.day_too_far, visit.time_other_day, place.not_found"""
    visit = handle(s, do.visit_id, by)
    if visit.state not in OPEN or visit.erased_at is not None:
        raise Refused("visit.not_planned")
    if do.host_id is not None and do.host_id != visit.host_id:
        _give_to(s, visit, do.host_id, by, at)
    before = _told_facts(visit)
    for name in ("name", "company", "phone", "purpose", "language"):
        value = getattr(do, name)
        if value is not None:
            setattr(visit, name, value)
    if do.email is not None:
        visit.email = do.email.lower()
    name_keys(visit)
    held = (do.name is not None or do.phone is not None or do.email is not None) and holding.stops(s, visit, by, at, inviting=True)
    if held:
        note(s, reception_contacts=True)
    moment = None if do.no_time else do.expected_at or _same_time(visit, do.expected_on or visit.expected_on)
    room_id = None if do.no_room else places.get(s, do.room_id).id if do.room_id is not None else visit.room_id
    move(s, visit, do.expected_on or visit.expected_on, moment, room_id, at, before=before, tell=not held)
    return {"visit_id": visit.id, "code": labels.of(s, SubjectKind.VISIT, visit.id) or ""}


def move(
    s: Session,
    visit: Visit,
    day: date,
    moment: datetime | None,
    room_id: UUID | None,
    at: datetime,
    *,
    tell: bool = True,
    before: tuple[Any, ...] | None = None,
) -> bool:
    """The one path by which a visit gets another day, time or place; members of a group go along. Answers whether anything the visitor was told
    is different now. `tell=False`: they know already (they stand here, or the meeting's own mail says it)."""
    check_day(day, moment, at)
    before = before or _told_facts(visit)
    visit.expected_on, visit.expected_at, visit.room_id = day, moment, room_id
    if visit.state == VisitState.EXPIRED:
        visit.state, visit.ended_at = VisitState.PLANNED, None
    changed(visit)
    touch(s, "visit", visit.id)
    if visit.group_id == visit.id:
        from core.sections.visits import groups

        groups.follow(s, visit, at)
    different = _told_facts(visit) != before
    if different:
        visit.asked_at, visit.ask_answer = None, ""
        if tell:
            tell_visitor(s, visit, "changed" if visit.mailed else "invited", at)
    return different


def tell_visitor(s: Session, visit: Visit, what: mails.What, at: datetime) -> None:
    """By mail, where there is an address; a guest of a meeting by the meeting's own mail."""
    if not visit.email:
        return
    if visit.attendee_id is not None:
        from core.sections.visits import meetings, series_mail

        if meetings.tell_with_meeting(s, visit, what, at):
            return
        if series_mail.mark(s, visit):
            return
    mails.send(s, visit, what, at, calendar=visit.attendee_id is None)


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
    mails.send(s, visit, "invited", at, calendar=visit.attendee_id is None)
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
    withdraw(s, visit, at)


def withdraw(s: Session, visit: Visit, at: datetime, *, tell: bool = True) -> None:
    """The one path by which an invitation is taken back; members of a group go along."""
    visit.state, visit.ended_at = VisitState.CANCELLED, at
    changed(visit)
    touch(s, "visit", visit.id)
    if visit.group_id == visit.id:
        from core.sections.visits import groups

        groups.follow(s, visit, at)
    if tell:
        tell_visitor(s, visit, "cancelled", at)
    happenings.tell(s, Happening.CANCELLED, visit, at)


# ── helpers ──


def _told_facts(visit: Visit) -> tuple[Any, ...]:
    """What the mail said of it: when this changes, the visitor is told."""
    return visit.expected_on, visit.expected_at, visit.room_id, visit.host_id, visit.email, visit.name


def _same_time(visit: Visit, day: date) -> datetime | None:
    """The time of day as it was, on another day."""
    if visit.expected_at is None:
        return None
    return clock.from_wall(datetime.combine(day, clock.local(visit.expected_at).time()), clock.zone())


def _give_to(s: Session, visit: Visit, host_id: UUID, by: Actor, at: datetime) -> None:
    """Another host: any colleague may be asked to receive a visitor, and hears of it."""
    host = s.get(people.Person, host_id)
    if host is None or host.disabled_at is not None:
        raise Refused("visit.host_unknown")
    visit.host_id = host.id
    if host.id != by.person_id:
        facts = {
            "name": visit.name,
            "company": visit.company,
            "day": visit.expected_on,
            "who_key": "visit.who_from" if visit.company else "visit.who",
            "by": by.name,
        }
        notices.queue(s, key="visit.given_to_you", facts=facts, at=at, to_person_id=host.id, subject=("visit", visit.id))

"""Arriving: at the kiosk, at the desk or by the host (guide S3.1-R1, S3.1-R5, S3.1-R7; pitfalls V34–V39; scenarios Office 7,
Front desk 7).

The invitation code finds the planned visit, so that no second record is made; a walk-in names the host exactly. Each way it can not be has
its own sentence,
because the visitor stands before the screen: another day, cancelled, here already, gone already, yesterday's badge.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import StringConstraints, model_validator
from sqlmodel import Session

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import attachments, labels, numbering, people
from core.mechanisms.attachments import Sha256
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Operation, Role, note, operation, touch
from core.sections.visits import consent, happenings, holding, record, telling
from core.sections.visits.consent import Signature
from core.sections.visits.happenings import Happening
from core.sections.visits.planning import Mail
from core.sections.visits.record import HANDLERS, Code, Line, Name, Phone, Visit, VisitState, changed, name_keys


class CheckIn(Operation):
    """Either `code` of an invitation, or who comes and to whom: `host` is a full name, its pinyin, an extension or a person's id."""

    code: Code | None = None
    name: Name | None = None
    company: Line = ""
    phone: Phone = ""
    email: Mail = ""
    host: Annotated[str, StringConstraints(min_length=2, max_length=80)] | None = None
    purpose: Line = ""
    language: Annotated[str, StringConstraints(pattern="^(zh-Hans|zh-Hant|en)?$")] = ""
    consent: Signature | None = None
    photo: Sha256 | None = None

    @model_validator(mode="after")
    def _one_way(self) -> CheckIn:
        if (self.code is None) == (self.name is None) or (self.name is not None and self.host is None):
            raise ValueError("visit.code_or_name")
        return self


@operation(CheckIn, "visit.check_in", roles=HANDLERS, personal=True)
def check_in(s: Session, do: CheckIn, by: Actor, at: datetime) -> dict[str, Any]:
    """The visitor is here: a badge label, the day's next number, the host told. Answers `{visit_id, code}`, the code of the badge; `see_reception` without
    either when somebody has to look first (holding.py).

    Without `consent` the outcome notes `consent_pending`; reception sees it and lets the visitor sign on paper.
    Refuses: visit.other_day, visit.invitation_over, visit.cancelled, visit.already_here, visit.left_already, visit.badge_over,
    visit.host_unknown,
    visit.host_ambiguous, visit.notice_changed, label.unknown, label.other_kind"""
    visit = _invited(s, do.code, at) if do.code is not None else _walk_in(s, do, at)
    if not by.has(Role.KIOSK) and not record.may_handle(s, visit, by):
        raise NotAllowed()
    if holding.stops(s, visit, by, at):
        return {"visit_id": None, "code": None, "see_reception": True}
    today = clock.today(at)
    before = labels.of(s, SubjectKind.VISIT, visit.id)
    visit.state, visit.arrived_at, visit.kiosk_id = VisitState.HERE, at, by.device_id
    visit.day_number = numbering.next_number(s, f"visit {today.isoformat()}", today.year)
    visit.language = do.language or visit.language
    s.add(visit)
    s.flush()
    touch(s, "visit", visit.id)
    badge = labels.give(s, SubjectKind.VISIT, visit.id, at)
    if before is not None:
        old = labels.known(s, before)
        old.state, old.superseded_by, old.ended_at, old.reason = labels.LabelState.SUPERSEDED, badge, at, "badge"
    if do.consent is not None:
        consent.record(s, visit, do.consent, at)
    elif not consent.agreed_before(s, visit):
        note(s, consent_pending=True)
    if do.photo is not None:
        attachments.use(s, [do.photo], "visit", visit.id, by, at)
    changed(visit)
    telling.host_of_arrival(s, visit, at)
    happenings.tell(s, Happening.ARRIVED, visit, at)
    return {"visit_id": visit.id, "code": badge}


# ── what the kiosk and the badge need to know ──


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a scanned code lets its holder do. `act` is arrive or leave; `is_badge`: it is the badge itself, not the invitation. The name is
    the holder's own."""

    act: Literal["arrive", "leave"]
    visit_id: UUID
    name: str
    company: str
    host: str
    host_department: str
    language: str
    must_sign: bool
    code: str
    is_badge: bool


def greeting(s: Session, text: str, at: datetime) -> Greeting:
    """Read a scanned or typed code for the kiosk. Refuses as check-in and check-out do."""
    visit = record.of_code(s, text)
    code = labels.read_code(text)
    if visit.state == VisitState.HERE:
        return _greeting(s, visit, "leave", code)
    if visit.state != VisitState.PLANNED:
        raise _why_not_arriving(visit, at)
    _on_its_day(visit, at)
    return _greeting(s, visit, "arrive", code)


# ── helpers ──


def _invited(s: Session, text: str, at: datetime) -> Visit:
    visit = record.of_code(s, text)
    if visit.state != VisitState.PLANNED:
        raise _why_not_arriving(visit, at)
    _on_its_day(visit, at)
    return visit


def _walk_in(s: Session, do: CheckIn, at: datetime) -> Visit:
    assert do.name is not None and do.host is not None  # the input class saw to it
    host = record.host_of(s, do.host)
    visit = Visit(
        state=VisitState.HERE,
        host_id=host.id,
        name=do.name,
        company=do.company,
        phone=do.phone,
        email=do.email.lower(),
        purpose=do.purpose,
        language=do.language,
        expected_on=clock.today(at),
    )
    name_keys(visit)
    s.add(visit)
    s.flush()
    return visit


def _on_its_day(visit: Visit, at: datetime) -> None:
    today = clock.today(at)
    if visit.expected_on > today:
        raise Refused("visit.other_day", day=visit.expected_on)
    if visit.expected_on < today:
        raise Refused("visit.invitation_over", day=visit.expected_on)


def _why_not_arriving(visit: Visit, at: datetime) -> Refused:
    if visit.state == VisitState.HERE:
        return Refused("visit.already_here")
    return record.why_not(visit, at)


def _greeting(s: Session, visit: Visit, act: Literal["arrive", "leave"], code: str) -> Greeting:
    host = people.get(s, visit.host_id)
    department = people.department_names(s).get(host.department_id, "") if host.department_id else ""
    must_sign = act == "arrive" and not consent.agreed_before(s, visit)
    is_badge = act == "leave" and labels.of(s, SubjectKind.VISIT, visit.id) == code
    return Greeting(act, visit.id, visit.name, visit.company, host.name, department, visit.language, must_sign, code, is_badge)

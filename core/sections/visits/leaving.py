"""Leaving: the badge comes back at the kiosk, in the drop box, with the host or at the desk; a short leave; who stays too long (guide S3.1-R7; pitfall
V36; scenario Office 7).

A scan can be a mistake, so it can be taken back for two minutes, and everything is then as it was. Who is out for lunch keeps the badge and stays on
the register, apart from those inside. What nobody scanned is assumed at the day's end (`keeping`), and never counted as a scan.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import model_validator
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock, database
from core.foundation.errors import NotAllowed, Refused
from core.foundation.i18n import t
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import channels, links, notices, office, people
from core.mechanisms.links import Choice, OneTimeLink, Purpose, Question
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.sections.visits import happenings, record, telling, types
from core.sections.visits.happenings import Happening
from core.sections.visits.record import HANDLERS, RECEPTION, Code, Visit, VisitState, changed, facts_of, handle

UNDO_FOR = timedelta(minutes=2)
STAYS_MINUTES = 60
LEFT, THANKS = "visit.left", "visit.thanks"


class _OneVisit(Operation):
    """`code` is the badge's or the invitation's; the desk and the host may name the visit itself."""

    code: Code | None = None
    visit_id: UUID | None = None

    @model_validator(mode="after")
    def _one_way(self) -> _OneVisit:
        if (self.code is None) == (self.visit_id is None):
            raise ValueError("visit.code_or_id")
        return self


class CheckOut(_OneVisit):
    """`code` is the badge's or the invitation's; the desk may name the visit itself."""


@operation(CheckOut, "visit.check_out", roles=HANDLERS | {Role.DROP_BOX})
def check_out(s: Session, do: CheckOut, by: Actor, at: datetime) -> dict[str, Any]:
    """The badge comes back: gone from the roll call, the host told, the visitor thanked. Answers `{visit_id, minutes}` of the stay.

    Refuses: visit.not_arrived, visit.left_already, visit.badge_over (a badge of another day), visit.cancelled, visit.invitation_over,
    label.unknown, label.other_kind"""
    visit = _meant(s, do, by)
    if visit.state != VisitState.HERE or visit.arrived_at is None:
        raise _why_not_leaving(visit, at)
    return _leave(s, visit, by, at)


class UndoCheckOut(_OneVisit):
    pass


@operation(UndoCheckOut, "visit.undo_check_out", roles=HANDLERS)
def undo_check_out(s: Session, do: UndoCheckOut, by: Actor, at: datetime) -> dict[str, Any]:
    """A wrong badge was scanned: the visit is as it was, for two minutes after the scan; a kiosk takes back its own scans only.

    Refuses: visit.not_left, visit.undo_over"""
    visit = _meant(s, do, by)
    _take_back(s, visit, by, at)
    return {"visit_id": visit.id}


class StepOut(_OneVisit):
    pass


@operation(StepOut, "visit.step_out", roles=HANDLERS)
def step_out(s: Session, do: StepOut, by: Actor, at: datetime) -> dict[str, Any]:
    """Out for a short while, the badge comes along. A check-out of a moment ago at this kiosk becomes a short leave. Refuses as check-out does."""
    visit = _meant(s, do, by)
    if may_undo(visit, by, at):
        _take_back(s, visit, by, at)
    if visit.state != VisitState.HERE or visit.arrived_at is None:
        raise _why_not_leaving(visit, at)
    visit.break_at = visit.break_at or at
    changed(visit)
    touch(s, "visit", visit.id)
    return {"visit_id": visit.id}


class ComeBack(_OneVisit):
    pass


@operation(ComeBack, "visit.come_back", roles=HANDLERS)
def come_back(s: Session, do: ComeBack, by: Actor, at: datetime) -> dict[str, Any]:
    """Back with the same badge. Refuses as check-out does."""
    visit = _meant(s, do, by)
    if visit.state != VisitState.HERE or visit.arrived_at is None:
        raise _why_not_leaving(visit, at)
    visit.break_at = None
    changed(visit)
    touch(s, "visit", visit.id)
    return {"visit_id": visit.id}


class Stay(Operation):
    visit_id: UUID
    minutes: Annotated[int, Input(gt=0, le=600)] = STAYS_MINUTES


@operation(Stay, "visit.stay", roles={Role.STAFF})
def stay(s: Session, do: Stay, by: Actor, at: datetime) -> dict[str, Any]:
    """The visitor stays longer; asked again when that time is over. Refuses: visit.not_found, visit.not_here"""
    visit = handle(s, do.visit_id, by)
    _stays(s, visit, do.minutes, at)
    return {"stay_until": visit.stay_until}


# ── who stays too long ──


def expect_end(s: Session, visit: Visit, at: datetime) -> None:
    """At the arrival: when nobody planned an end, the usual stay of this kind of visitor is expected, from the time they were asked for."""
    if visit.stay_until is None or visit.stay_until <= at:
        begins = max(at, visit.expected_at) if visit.expected_at and clock.today(visit.expected_at) == clock.today(at) else at
        visit.stay_until = begins + timedelta(minutes=types.usual_stay(s, visit.type))


class AskStay(Operation):
    visit_id: UUID


@operation(AskStay, "visit.ask_stay", roles=set())
def ask_stay(s: Session, do: AskStay, by: Actor, at: datetime) -> None:
    """The host is asked, once for each end, whether the visitor is still here."""
    visit = record.get(s, do.visit_id)
    if not is_overdue(visit, at):
        return
    visit.stay_asked_at = at
    changed(visit)
    touch(s, "visit", visit.id)
    until = clock.day_span(clock.today(at))[1]
    link_id = links.make(s, STILL_HERE.name, ("visit", visit.id), at=at, until=until, person_id=visit.host_id)
    facts = facts_of(s, visit) | {"since": f"{clock.local(visit.arrived_at or at):%H:%M}"}
    notices.queue(
        s, key="visit.asks_still_here", facts=facts, at=at, to_person_id=visit.host_id, subject=("visit", visit.id), link_id=link_id
    )


def is_overdue(visit: Visit, at: datetime) -> bool:
    """Whether the host is to be asked now."""
    if visit.state != VisitState.HERE or visit.break_at is not None or visit.stay_asked_at is not None:
        return False
    return visit.stay_until is not None and visit.stay_until <= at


@job(every_s=30)
def ask_overstay(at: datetime) -> int:
    """Ask the hosts of those who are here longer than expected. Returns how many were asked."""
    with database.reading() as s:
        query = select(col(Visit.id), col(Visit.stay_until)).where(
            col(Visit.state) == VisitState.HERE,
            col(Visit.break_at).is_(None),
            col(Visit.stay_asked_at).is_(None),
            col(Visit.stay_until) <= at,
            col(Visit.arrived_at) >= clock.day_span(clock.today(at))[0],
        )
        due = [(row.id, row.stay_until) for row in s.execute(query.order_by(col(Visit.stay_until)))]
    for visit_id, until in due:
        perform_now(AskStay(visit_id=visit_id), by=SYSTEM, at=at, op_id=derived("visit.ask_stay", visit_id, until))
    return len(due)


def _ask_still_here(s: Session, link: OneTimeLink, at: datetime, language: str) -> Question:
    visit = s.get(Visit, link.subject_id)
    if visit is None or visit.state != VisitState.HERE:
        return Question(t("visit.link.gone", language), (t("visit.link.gone.say", language),))
    facts = {
        "who": telling.veiled(visit.name),
        "number": f"{visit.day_number or 0:03d}",
        "time": f"{clock.local(visit.arrived_at or at):%H:%M}",
    }
    choices = (Choice("left", "visit.link.left", "main"), Choice("stays", "visit.link.stays"))
    return Question(t("visit.link.still_here", language), (t("visit.link.still_here.say", language, **facts),), choices)


def _act_still_here(s: Session, link: OneTimeLink, choice: str, text: str, by: Actor, at: datetime) -> None:
    visit = record.get(s, link.subject_id)
    if choice == "left":
        if visit.state != VisitState.HERE:
            raise _why_not_leaving(visit, at)
        _leave(s, visit, by, at)
    else:
        _stays(s, visit, STAYS_MINUTES, at)


def _done_still_here(s: Session, link: OneTimeLink, language: str) -> str:
    return t(f"visit.link.done.{link.choice}", language)


STILL_HERE = Purpose("visit.still_here", _ask_still_here, _act_still_here, _done_still_here)


# ── reads ──


def may_undo(visit: Visit, by: Actor, at: datetime) -> bool:
    """Whether this actor may take back the check-out of this visit now."""
    if (
        visit.state != VisitState.LEFT
        or visit.approval == "refused"
        or visit.left_at is None
        or not timedelta(0) <= at - visit.left_at <= UNDO_FOR
    ):
        return False
    return not by.has(Role.KIOSK) or (by.device_id is not None and by.device_id == visit.left_device_id)


def just_left(s: Session, text: str, by: Actor, at: datetime) -> Visit | None:
    """The visit of a badge that this kiosk scanned out a moment ago, or None. Refuses as reading a code does."""
    visit = record.of_code(s, text)
    return visit if may_undo(visit, by, at) else None


# ── helpers ──


def _meant(s: Session, do: _OneVisit, by: Actor) -> Visit:
    """An unattended screen knows a visitor by the badge in the hand, never by an id; everybody else must be somebody of this visit."""
    unattended = by.has(Role.KIOSK, Role.DROP_BOX)
    if do.code is not None:
        visit = record.of_code(s, do.code)
    elif do.visit_id is not None and not unattended:
        visit = record.get(s, do.visit_id)
    else:
        raise NotAllowed()
    if not unattended and not record.may_handle(s, visit, by):
        raise NotAllowed()
    return visit


def _leave(s: Session, visit: Visit, by: Actor, at: datetime) -> dict[str, Any]:
    assert visit.arrived_at is not None  # who is here has arrived
    visit.state, visit.left_at, visit.ended_at = VisitState.LEFT, at, at
    visit.left_how, visit.left_device_id = _how(by), by.device_id
    changed(visit)
    touch(s, "visit", visit.id)
    subject = ("visit", visit.id)
    if by.person_id != visit.host_id:
        notices.queue(s, key=LEFT, facts=facts_of(s, visit), at=at, to_person_id=visit.host_id, subject=subject, mail=False)
    if visit.email and channels.mail_set_up() and office.setting(s, "visit.thanks") == "on":
        found = office.info(s)
        facts = {"name": visit.name, "host": people.get(s, visit.host_id).name, "office": found.name if found else ""}
        later = at + UNDO_FOR + timedelta(seconds=5)  # a scan that is taken back thanks nobody
        notices.queue(s, key=THANKS, facts=facts, at=at, to_address=visit.email, language=visit.language, subject=subject, not_before=later)
    happenings.tell(s, Happening.LEFT, visit, at)
    return {"visit_id": visit.id, "minutes": int((at - visit.arrived_at).total_seconds()) // 60}


def _how(by: Actor) -> Literal["kiosk", "drop_box", "desk", "host"]:
    if by.has(Role.KIOSK):
        return "kiosk"
    if by.has(Role.DROP_BOX):
        return "drop_box"
    return "desk" if by.has(*RECEPTION, Role.SYSTEM) else "host"


def _take_back(s: Session, visit: Visit, by: Actor, at: datetime) -> None:
    if visit.state != VisitState.LEFT or visit.left_at is None:
        raise Refused("visit.not_left")
    if not may_undo(visit, by, at):
        raise Refused("visit.undo_over")
    visit.state, visit.left_at, visit.ended_at = VisitState.HERE, None, None
    visit.left_how, visit.left_device_id = "", None
    changed(visit)
    touch(s, "visit", visit.id)
    notices.hold_back(s, "visit", visit.id, LEFT, THANKS, at=at)
    happenings.tell(s, Happening.BACK, visit, at)


def _stays(s: Session, visit: Visit, minutes: int, at: datetime) -> None:
    if visit.state != VisitState.HERE:
        raise Refused("visit.not_here")
    visit.stay_until, visit.stay_asked_at = at + timedelta(minutes=minutes), None
    changed(visit)
    touch(s, "visit", visit.id)


def _why_not_leaving(visit: Visit, at: datetime) -> Refused:
    if visit.state == VisitState.PLANNED:
        return Refused("visit.not_arrived")
    return record.why_not(visit, at)

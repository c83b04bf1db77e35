"""The right code on the wrong day: the visitor may ask from the kiosk, the host moves the visit with one tap (guide S3.1-R1; scenario Front desk 7).

The kiosk says kindly for which day the invitation is. Asking tells the host (and, where the host is away, nobody else: reception stands beside the
visitor); the answer is `move to today` or `not today`, from the host's phone page or from the link in the message, which needs no sign-in. The visitor's screen shows which. A code that
was used, cancelled or erased can not ask; asking twice is one question; an hour later the question is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.foundation.i18n import long_day, t
from core.mechanisms import links, notices, people
from core.mechanisms.links import Choice, OneTimeLink, Purpose, Question
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.sections.visits import planning, record
from core.sections.visits.record import Code, Visit, VisitState, VisitView, changed, facts_of, handle, views

LASTS = timedelta(hours=1)
NO = "no"


class AskToday(Operation):
    """`code` as it was scanned or typed."""

    code: Code


@operation(AskToday, "visit.ask_today", roles={Role.KIOSK, Role.RECEPTION, Role.ADMIN}, personal=True)
def ask_today(s: Session, do: AskToday, by: Actor, at: datetime) -> dict[str, Any]:
    """The host is asked whether the visit may be today. Answers `{visit_id}`.

    Refuses: visit.is_today, visit.already_here, visit.left_already, visit.cancelled, visit.ask_answered, and what a code refuses"""
    visit = record.of_code(s, do.code)
    if visit.state not in planning.OPEN or visit.erased_at is not None:
        raise Refused("visit.already_here") if visit.state == VisitState.HERE else record.why_not(visit, at)
    if visit.expected_on == clock.today(at):
        raise Refused("visit.is_today")
    touch(s, "visit", visit.id)
    if is_open(visit, at):
        return {"visit_id": visit.id}
    if visit.asked_at is not None and visit.ask_answer == NO and at - visit.asked_at < LASTS:
        raise Refused("visit.ask_answered")
    visit.asked_at, visit.ask_answer = at, ""
    changed(visit)
    facts = facts_of(s, visit) | {"day": visit.expected_on}
    link_id = links.make(s, TODAY.name, ("visit", visit.id), at=at, until=at + LASTS, person_id=visit.host_id)
    notices.queue(s, key="visit.asks_today", facts=facts, at=at, to_person_id=visit.host_id, subject=("visit", visit.id), link_id=link_id)
    return {"visit_id": visit.id}


class AnswerToday(Operation):
    """`come`: the visit is today from now on; otherwise it stays on its day."""

    visit_id: UUID
    come: bool


@operation(AnswerToday, "visit.answer_today", roles={Role.STAFF})
def answer_today(s: Session, do: AnswerToday, by: Actor, at: datetime) -> None:
    """The host's (deputy's, reception's) one tap. The same answer again changes nothing.

    Refuses: visit.not_found, visit.not_asked (nobody asks, or the visit is no longer open)"""
    settle(s, handle(s, do.visit_id, by), do.come, at)


def settle(s: Session, visit: Visit, come: bool, at: datetime) -> None:
    """Answer the question that a visitor at the kiosk asked."""
    today = clock.today(at)
    if come and visit.state == VisitState.PLANNED and visit.expected_on == today:
        return
    if not come and visit.ask_answer == NO:
        return
    if visit.asked_at is None or visit.state not in planning.OPEN or clock.today(visit.asked_at) != today:
        raise Refused("visit.not_asked")
    if come:
        planning.move(s, visit, today, None, visit.room_id, at, tell=False)  # they stand here: the screen tells them
    else:
        visit.ask_answer = NO
        changed(visit)
        touch(s, "visit", visit.id)


# ── the link in the message ──


def _ask(s: Session, link: OneTimeLink, at: datetime, language: str) -> Question:
    visit = s.get(Visit, link.subject_id)
    if visit is None or not is_open(visit, at):
        return Question(t("visit.link.today.over", language))
    facts = {"name": visit.name, "day": long_day(visit.expected_on, language)}
    choices = (Choice("today", "visit.link.today.yes", "main"), Choice("no", "visit.link.today.no"))
    return Question(t("visit.link.today", language, **facts), (t("visit.link.today.say", language, **facts),), choices)


def _act(s: Session, link: OneTimeLink, choice: str, text: str, by: Actor, at: datetime) -> None:
    settle(s, handle(s, link.subject_id, by), choice == "today", at)


def _done(s: Session, link: OneTimeLink, language: str) -> str:
    return t(f"visit.link.today.done.{link.choice}", language)


TODAY = Purpose("visit.today", _ask, _act, _done)


@dataclass(frozen=True, slots=True)
class Asked:
    """How the question stands. `answer`: yes, no, waiting, or over."""

    answer: str
    name: str
    host: str
    day: date


def asked(s: Session, visit_id: UUID, at: datetime, language: str = "") -> Asked:
    """For the kiosk's screen, in its language. Refuses: visit.not_found"""
    visit = record.get(s, visit_id)
    if visit.state == VisitState.PLANNED and visit.expected_on == clock.today(at):
        answer = "yes"
    elif visit.ask_answer == NO:
        answer = "no"
    else:
        answer = "waiting" if is_open(visit, at) else "over"
    return Asked(answer, visit.name, people.called(people.get(s, visit.host_id), language), visit.expected_on)


def is_open(visit: Visit, at: datetime) -> bool:
    """Whether the host still owes an answer."""
    return visit.asked_at is not None and visit.ask_answer == "" and at - visit.asked_at < LASTS and visit.state in planning.OPEN


def waiting_for(s: Session, person_id: UUID, at: datetime) -> list[VisitView]:
    """Visitors who stand at the kiosk on the wrong day and ask this host, longest waiting first."""
    query = select(Visit).where(
        or_(col(Visit.host_id) == person_id, col(Visit.invited_by) == person_id),
        and_(col(Visit.asked_at) > at - LASTS, col(Visit.ask_answer) == "", col(Visit.state).in_(planning.OPEN)),
    )
    return views(s, list(s.execute(query.order_by(col(Visit.asked_at))).scalars()))

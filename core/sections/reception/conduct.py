"""Hosts' short checklist of dress, manner, warmth and care, and who is on duty when (guide S3.1-R4).

The list is a template of the checklists mechanism (`reception_conduct`), so that an office words its own and an old reception keeps the wording it was checked
with. Each host goes through it once for a reception, as often as they like; nobody is marked by it, the lead sees who is ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import derived
from core.mechanisms import checklists, people
from core.mechanisms.checklists import Checklist, ChecklistRun
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation
from core.sections.reception import record
from core.sections.reception.record import SUBJECT, State, happened

KEY = "reception_conduct"


def _said(hans: str, hant: str, en: str) -> dict[str, str]:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": en}


def _ask(id: str, *words: str) -> dict[str, Any]:
    return {"id": id, "kind": "check", "text": _said(*words)}


CONTENT: dict[str, Any] = {
    "title": _said("接待人员自查", "接待人員自查", "Before you meet the guests"),
    "source": "S3.1-R4",
    "sections": [
        {
            "id": "conduct",
            "title": _said("仪表、举止、热情、周到", "儀表、舉止、熱情、周到", "Dress, manner, warmth, care"),
            "questions": [
                _ask("dress", "着装整洁得体，工牌戴好", "著裝整潔得體，工牌戴好", "Neatly dressed, staff badge on"),
                _ask(
                    "names",
                    "记住来宾的姓名、职务和称呼",
                    "記住來賓的姓名、職務和稱呼",
                    "I know the guests’ names, posts and how to address them",
                ),
                _ask(
                    "early", "提前十分钟到位，手机调成振动", "提前十分鐘到位，手機調成震動", "In place ten minutes early, phone on vibrate"
                ),
                _ask("next", "清楚下一步去哪里、交给谁", "清楚下一步去哪裡、交給誰", "I know where we go next and who takes over"),
                _ask("care", "饮食禁忌、行动不便等需要已问清", "飲食禁忌、行動不便等需要已問清", "Asked about diets and special needs"),
            ],
        }
    ],
}


@dataclass(frozen=True, slots=True)
class HostOnDuty:
    """One host: their lines as spans and words, and whether the list was gone through."""

    person_id: UUID
    name: str
    phone: str
    turns: tuple[tuple[datetime, datetime, str], ...]
    checked_at: datetime | None
    not_yet: int


@dataclass(frozen=True, slots=True)
class Conduct:
    """The list in the reader's language with the reader's own answers."""

    title: str
    questions: tuple[tuple[str, str], ...]
    answers: Mapping[str, bool]
    checked_at: datetime | None


class CheckConduct(Operation):
    """`answers` by question: true is ready, false not yet."""

    reception_id: UUID
    answers: Annotated[dict[checklists.Id, bool], Input(min_length=1, max_length=50)]


@operation(CheckConduct, "reception.check_conduct", roles={Role.STAFF})
def check(s: Session, do: CheckConduct, by: Actor, at: datetime) -> dict[str, Any]:
    """A host's own answers; an answer again is a revision. Answers `{not_yet}`.

    Refuses: reception.not_found, reception.over, checklist.question_unknown; not allowed: who is no host here"""
    reception = record.get(s, do.reception_id)
    if by.person_id is None or (by.person_id != reception.lead_id and not record.is_host(s, reception.id, by.person_id)):
        raise NotAllowed()
    if reception.state not in (State.PLANNED, State.RUNNING):
        raise Refused("reception.over")
    template = _template(s, at)
    run = checklists.start(
        s,
        _run_id(reception.id, by.person_id),
        template.id,
        _version(s, reception.id, by.person_id, template),
        (SUBJECT, reception.id),
        by,
        at,
    )
    content = checklists.version_of(s, run.checklist_id, run.version).content
    known = {question["id"] for question in checklists.questions(content, by.language)}
    for question_id, ready in do.answers.items():
        if question_id not in known:
            raise Refused("checklist.question_unknown", question=question_id)
        checklists.add_answer(
            s, run, by.person_id, question_id, answer="pass" if ready else "fail", value=None, note="", photos=(), level=0, by=by, at=at
        )
    run.finished_by, run.finished_at = by.person_id, at
    given = checklists.answers(s, run.id).get(by.person_id, {})
    not_yet = sum(question not in given or given[question].answer != "pass" for question in known)
    happened(s, reception, "conduct", by.person_id, at, not_yet=not_yet)
    return {"not_yet": not_yet}


def mine(s: Session, reception_id: UUID, by: Actor) -> Conduct:
    """The list for a host; before anybody published one, ours."""
    template = s.execute(select(Checklist).where(col(Checklist.key) == KEY)).scalar_one_or_none()
    run = s.get(ChecklistRun, _run_id(reception_id, by.person_id)) if by.person_id else None
    content = CONTENT if template is None else checklists.version_of(s, template.id, run.version if run else template.latest).content
    given = checklists.answers(s, run.id).get(by.person_id, {}) if run and by.person_id else {}
    return Conduct(
        checklists.said(content["title"], by.language), tuple((q["id"], q["text"]) for q in checklists.questions(content, by.language)),
        {question: view.answer == "pass" for question, view in given.items()}, run.finished_at if run else None,
    )  # fmt: skip


def roster(s: Session, reception_id: UUID) -> list[HostOnDuty]:
    """Who is on duty when, by their first line; taken from the plan itself, so that it is never out of step with it."""
    turns: dict[UUID, list[tuple[datetime, datetime, str]]] = {}
    for line in record.lines_of(s, reception_id):
        if line.owner_id is not None:
            turns.setdefault(line.owner_id, []).append((line.starts_at, line.ends_at, line.what))
    found = []
    for person_id, mine_ in turns.items():
        person = people.get(s, person_id)
        run = s.get(ChecklistRun, _run_id(reception_id, person_id))
        given = checklists.answers(s, run.id).get(person_id, {}) if run else {}
        found.append(
            HostOnDuty(
                person_id,
                person.name,
                person.phone,
                tuple(mine_),
                run.finished_at if run else None,
                sum(view.answer != "pass" for view in given.values()),
            )
        )
    return found


def _template(s: Session, at: datetime) -> Checklist:
    try:
        return checklists.find(s, KEY)
    except Refused:
        checklists.publish(s, checklists.PublishChecklist.model_validate({"key": KEY, "content": CONTENT}), SYSTEM, at)
        return checklists.find(s, KEY)


def _version(s: Session, reception_id: UUID, person_id: UUID, template: Checklist) -> int:
    run = s.get(ChecklistRun, _run_id(reception_id, person_id))
    return run.version if run else template.latest


def _run_id(reception_id: UUID, person_id: UUID | None) -> UUID:
    return derived("reception.conduct", reception_id, person_id)

"""Line by line: the owner is asked, and confirms, changes or declines (联络与落实, guide S3.1-R3). Who outside agreed stands beside it: 「酒店 王经理」."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlmodel import Session

from core.foundation.errors import NotAllowed, Refused
from core.mechanisms import notices
from core.mechanisms.operations import Actor, Operation, Role, operation
from core.sections.reception import record
from core.sections.reception.record import SUBJECT, Answer, Reception, State, happened, line_of, to_plan
from core.sections.visits.record import Line as TextLine


class AskOwners(Operation):
    """`line_ids` empty: every line with an owner that nobody answered for."""

    reception_id: UUID
    line_ids: Annotated[tuple[UUID, ...], Input(max_length=200)] = ()


@operation(AskOwners, "reception.ask", roles={Role.STAFF})
def ask(s: Session, do: AskOwners, by: Actor, at: datetime) -> dict[str, Any]:
    """Each owner is told once, however many lines are theirs. Answers `{asked}`: how many lines. Refuses: reception.not_found, reception.over,
    reception.nobody_to_ask"""
    reception = to_plan(s, do.reception_id, by)
    wanted = set(do.line_ids)
    lines = [
        line
        for line in record.lines_of(s, reception.id)
        if line.owner_id is not None
        and line.done_at is None
        and (line.id in wanted if wanted else line.answer in (Answer.OPEN, Answer.ASKED, Answer.DECLINED))
    ]
    if not lines:
        raise Refused("reception.nobody_to_ask")
    owners: dict[UUID, int] = {}
    for line in lines:
        assert line.owner_id is not None
        if line.owner_id == by.person_id:  # who plans and does it themselves need not be asked
            _answered(line, Answer.CONFIRMED, by, at)
            continue
        line.answer, line.asked_at = Answer.ASKED, at
        owners[line.owner_id] = owners.get(line.owner_id, 0) + 1
    for owner_id, n in owners.items():
        facts = _facts(s, reception) | {"n": n}
        notices.queue(s, key="reception.notice.asked", facts=facts, at=at, to_person_id=owner_id, subject=(SUBJECT, reception.id))
    happened(s, reception, "asked", by.person_id, at, n=len(lines))
    return {"asked": len(lines)}


class AnswerLine(Operation):
    """`confirmed_with` names who outside agreed; `changed` and `declined` say why in `note`."""

    line_id: UUID
    answer: Literal["confirmed", "changed", "declined"]
    note: Annotated[str, StringConstraints(max_length=500)] = ""
    confirmed_with: TextLine = ""


@operation(AnswerLine, "reception.answer", roles={Role.STAFF}, personal=True)
def answer(s: Session, do: AnswerLine, by: Actor, at: datetime) -> dict[str, Any]:
    """The owner's word, or that of who plans for them. The lead is told of a change and of a no.

    Refuses: reception.line_not_found, reception.over, reception.reason_missing"""
    line = line_of(s, do.line_id)
    reception = record.get(s, line.reception_id)
    if by.person_id != line.owner_id and not record.may_plan(reception, by):
        raise NotAllowed()
    if reception.state not in (State.PLANNED, State.RUNNING):
        raise Refused("reception.over")
    if do.answer != "confirmed" and not do.note:
        raise Refused("reception.reason_missing")
    _answered(line, Answer(do.answer), by, at, note=do.note, confirmed_with=do.confirmed_with)
    if do.answer != "confirmed" and reception.lead_id != by.person_id:
        facts = _facts(s, reception) | {"what": line.what, "owner": by.name, "reason": do.note}
        key = f"reception.notice.{do.answer}"
        notices.queue(s, key=key, facts=facts, at=at, to_person_id=reception.lead_id, subject=(SUBJECT, reception.id))
    happened(s, reception, f"line_{do.answer}", by.person_id, at, line=str(line.id))
    return {"line_id": line.id, "answer": line.answer}


class ConfirmMine(Operation):
    """Everything that was asked of me in this plan, with one tap."""

    reception_id: UUID


@operation(ConfirmMine, "reception.confirm_mine", roles={Role.STAFF})
def confirm_mine(s: Session, do: ConfirmMine, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{confirmed}`: how many lines. Refuses: reception.not_found, reception.over"""
    reception = record.to_run(s, do.reception_id, by)
    if reception.state not in (State.PLANNED, State.RUNNING):
        raise Refused("reception.over")
    asked = [line for line in record.lines_of(s, reception.id) if line.owner_id == by.person_id and line.answer == Answer.ASKED]
    for line in asked:
        _answered(line, Answer.CONFIRMED, by, at)
        happened(s, reception, "line_confirmed", by.person_id, at, line=str(line.id))
    return {"confirmed": len(asked)}


def tell_owners(s: Session, reception: Reception, key: str, by: Actor, at: datetime, **facts: Any) -> None:
    """One notice to everyone who answers for a line, and to the lead, but not to who acts."""
    told = {line.owner_id for line in record.lines_of(s, reception.id)} | {reception.lead_id}
    for person_id in sorted((id for id in told if id and id != by.person_id), key=str):
        notices.queue(s, key=key, facts=_facts(s, reception) | facts, at=at, to_person_id=person_id, subject=(SUBJECT, reception.id))


def _answered(line: record.ReceptionLine, answer: Answer, by: Actor, at: datetime, *, note: str = "", confirmed_with: str = "") -> None:
    line.answer, line.answered_by, line.answered_at, line.answer_note, line.confirmed_with = answer, by.person_id, at, note, confirmed_with


def _facts(s: Session, reception: Reception) -> dict[str, Any]:
    return {"title": record.title_of(reception), "day": reception.starts_on.isoformat(), "number": record.number_of(reception)}

"""Names of visitors leave the lists and reports of roll calls: with the visit itself when that is erased, and at the latest when the keeping
time of visits has passed since the roll call (who was added by hand belongs to no visit). Who of the office ticked, when, and how many there
were stays (security.md, Visitor data; ASVS 14.2.7)."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from core.foundation import database
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import forgets, office
from core.mechanisms.forgets import Gone
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.sections.rollcall.house import Kind
from core.sections.rollcall.record import RollCall, RollCallLine, RollCallReport, changed, resolve

GONE = "…"
EMPTY = {"name": GONE, "detail": "", "host": "", "label": ""}


@forgets.visitors("rollcalls", "roll_call_line.name", "roll_call_line.detail", "roll_call_line.host", "roll_call_line.label")
def forget_visitors(s: Session, gone: Gone, at: datetime) -> int:
    """These visitors on every list and in every sealed report; the figures stay."""
    erased = 0
    for chunk in forgets.chunks(gone.visit_ids):
        mine = col(RollCallLine.subject_id).in_(chunk) & (col(RollCallLine.name) != GONE)
        rows = s.execute(select(RollCallLine.roll_call_id, RollCallLine.subject_id).where(mine)).all()
        s.execute(update(RollCallLine).where(mine).values(**EMPTY))
        _blot(s, {row.roll_call_id for row in rows}, {str(row.subject_id) for row in rows}, at)
        erased += len(rows)
    return erased


class ForgetNames(Operation):
    rollcall_id: UUID


@operation(ForgetNames, "rollcall.forget", roles={Role.ADMIN})
def forget(s: Session, do: ForgetNames, by: Actor, at: datetime) -> dict[str, Any]:
    """Forget everybody of a closed roll call who is not of the office. Refuses: rollcall.not_found"""
    roll_call = resolve(s, do.rollcall_id)
    if roll_call.closed_at is None or roll_call.erased_at is not None:
        return {"erased": 0}
    strangers = (col(RollCallLine.roll_call_id) == roll_call.id) & (col(RollCallLine.kind) != Kind.STAFF)
    n = len(list(s.execute(select(col(RollCallLine.id)).where(strangers))))
    s.execute(update(RollCallLine).where(strangers).values(**EMPTY))
    _blot(s, {roll_call.id}, None, at)
    roll_call.erased_at = at
    changed(roll_call)
    touch(s, "rollcall", roll_call.id)
    return {"erased": n}


def _blot(s: Session, roll_calls: Iterable[UUID], subjects: set[str] | None, at: datetime) -> None:
    """The words of a sealed report with these names (None: of all who are not of the office) taken out; its hash is that of the words as they
    were sealed."""
    ids = list(roll_calls)
    if not ids:
        return
    for report in s.execute(select(RollCallReport).where(col(RollCallReport.roll_call_id).in_(ids))).scalars():
        content = deepcopy(report.content)
        for line in content["view"]["lines"]:
            if line["subject_id"] in subjects if subjects is not None else line["kind"] != Kind.STAFF:
                line |= EMPTY
        report.content = {**content, "names_erased_at": at.isoformat()}


@job(every_s=3600)
def forget_old(at: datetime) -> int:
    """Forget the strangers of roll calls older than the keeping time (setting `visit.retention_days`). Returns how many roll calls."""
    with database.reading() as s:
        before = at - timedelta(days=int(office.setting(s, "visit.retention_days")))
        query = select(col(RollCall.id)).where(col(RollCall.closed_at) <= before, col(RollCall.erased_at).is_(None)).limit(100)
        ids = list(s.execute(query).scalars())
    for id in ids:
        perform_now(ForgetNames(rollcall_id=id), by=SYSTEM, at=at, op_id=derived("rollcall.forget", id))
    return len(ids)

"""What the leader's word rests on: whether a plan has outgrown what was agreed to (guide S3.1-R2; norms.md 16)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.mechanisms import approvals
from core.mechanisms.operations import Actor
from core.sections.reception import record
from core.sections.reception.record import (
    SUBJECT,
    Agreed,
    Kind,
    Reception,
    ReceptionVersion,
    happened,
)


def weight_of(s: Session, reception: Reception) -> dict[str, Any]:
    """What the leader's word rests on."""
    lines = record.lines_of(s, reception.id)
    return {
        "organisation": reception.organisation,
        "level": reception.level,
        "starts_on": reception.starts_on.isoformat(),
        "ends_on": reception.ends_on.isoformat(),
        "headcount": reception.headcount,
        "cents": sum(line.cost_cents for line in lines),
        "companions": max((line.companions for line in lines if line.kind == Kind.MEALS), default=0),
    }


def is_heavier(now: dict[str, Any], agreed: dict[str, Any]) -> bool:
    """Whether a plan weighs more than what was agreed to: another guest, level or day, more people, more money, more companions. Less of it needs no word."""
    same = ("organisation", "level", "starts_on", "ends_on")
    return any(now[name] != agreed[name] for name in same) or any(now[name] > agreed[name] for name in ("headcount", "cents", "companions"))


def weigh_again(s: Session, reception: Reception, by: Actor, at: datetime) -> None:
    """After a change: a request under way is called off when the plan is no longer what was asked about; an agreement that it outgrew is stale, and one it
    came back to is good again."""
    s.flush()
    if reception.agreed == Agreed.ASKED:
        asked = s.get(ReceptionVersion, (reception.id, reception.versions))
        if asked is not None and is_heavier(weight_of(s, reception), asked.weight):
            approvals.call_off(s, (SUBJECT, reception.id), at)
            reception.agreed = Agreed.STALE if reception.approved_version else Agreed.DRAFT
            happened(s, reception, "called_off", by.person_id, at)
        return
    if reception.approved_version:
        agreed = s.get(ReceptionVersion, (reception.id, reception.approved_version))
        assert agreed is not None  # written when it was asked for, never deleted
        heavier = is_heavier(weight_of(s, reception), agreed.weight)
        if heavier and reception.agreed == Agreed.APPROVED:
            happened(s, reception, "outgrew", by.person_id, at)
        reception.agreed = Agreed.STALE if heavier else Agreed.APPROVED

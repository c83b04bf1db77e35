"""How long a visitor's data is kept: the office's time, another one for a kind of visitor, and longer where the law says so (norms.md 11; issue 5).

The keeping time counts from the end of the visit (left, assumed left, cancelled, not come). It is told to the visitor with the notice and on their own page,
and to the desk. A legal hold names its reason, which the visitor reads too, and ends on a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import forgets, office, people
from core.mechanisms.forgets import Gone
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.sections.visits import record

Key = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]
Days = Annotated[int, Input(ge=1, le=3650)]
HOLDERS = frozenset({Role.ADMIN, Role.SAFETY})


class KeepingRule(SQLModel, table=True):
    """What holds for one kind of visitor, by its key. `days` empty: as the office; `id_number`: they are asked for it where the office's setting is on."""

    __tablename__: ClassVar[str] = "keeping_rule"
    type: str = Field(primary_key=True)
    days: int | None = None
    id_number: bool = False
    version: int = 1


class LegalHold(SQLModel, table=True):
    """One visit is kept longer: why, until when, who said so. `reason` is shown to the visitor."""

    __tablename__: ClassVar[str] = "legal_hold"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id", index=True)
    reason: str
    until_on: date
    held_at: datetime
    held_by: UUID | None = None
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LegalHoldView:
    visit_id: UUID
    reason: str
    until_on: date
    held_at: datetime
    held_by: str


class SetKeeping(Operation):
    """`days` empty for the office's own keeping time."""

    type: Key
    days: Days | None = None
    id_number: bool = False


@operation(SetKeeping, "visit.set_keeping", roles={Role.ADMIN})
def set_keeping(s: Session, do: SetKeeping, by: Actor, at: datetime) -> None:
    """From now on visits of this kind are kept so long; also those that are over already."""
    rule = s.get(KeepingRule, do.type) or KeepingRule(type=do.type)
    rule.days, rule.id_number = do.days, do.id_number
    rule.version += 1
    s.add(rule)
    touch(s, "keeping", do.type)


class KeepLonger(Operation):
    visit_id: UUID
    reason: Annotated[str, StringConstraints(min_length=2, max_length=300)]
    until_on: date


@operation(KeepLonger, "visit.keep_longer", roles=HOLDERS, personal=True)
def keep_longer(s: Session, do: KeepLonger, by: Actor, at: datetime) -> None:
    """A legal hold: the visit is not erased before `until_on` is over. Refuses: visit.not_found, visit.erased_already, visit.hold_past"""
    visit = record.get(s, do.visit_id)
    if visit.erased_at is not None:
        raise Refused("visit.erased_already")
    if do.until_on <= clock.today(at):
        raise Refused("visit.hold_past")
    for former in _holds(s, [visit.id]):
        former.lifted_at = at
    s.add(LegalHold(visit_id=visit.id, reason=do.reason, until_on=do.until_on, held_at=at, held_by=by.person_id))
    touch(s, "visit", visit.id)


class LiftHold(Operation):
    visit_id: UUID


@operation(LiftHold, "visit.lift_hold", roles=HOLDERS)
def lift(s: Session, do: LiftHold, by: Actor, at: datetime) -> None:
    """The hold is over before its day; lifting twice is once."""
    for hold in _holds(s, [do.visit_id]):
        hold.lifted_at = at
    touch(s, "visit", do.visit_id)


# ── reads ──


def days(s: Session, type: str = "") -> int:
    """How many days after its end a visit of this kind is kept."""
    rule = s.get(KeepingRule, type) if type else None
    return rule.days if rule is not None and rule.days else int(office.setting(s, "visit.retention_days"))


def rules(s: Session) -> dict[str, KeepingRule]:
    """What was said for single kinds of visitors."""
    return {rule.type: rule for rule in s.execute(select(KeepingRule)).scalars()}


def held(s: Session, visit_ids: Iterable[UUID], at: datetime) -> dict[UUID, LegalHold]:
    """Those of the visits that a legal hold keeps at `at`."""
    today = clock.today(at)
    return {hold.visit_id: hold for hold in _holds(s, list(visit_ids)) if hold.until_on >= today}


def all_held(s: Session, at: datetime) -> list[LegalHoldView]:
    """Every hold in force, the one that ends first at the top."""
    query = select(LegalHold).where(col(LegalHold.lifted_at).is_(None), col(LegalHold.until_on) >= clock.today(at))
    rows = list(s.execute(query.order_by(col(LegalHold.until_on))).scalars())
    ids = {row.held_by for row in rows if row.held_by}
    names: dict[Any, str] = {
        r.id: r.name for r in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(ids)))
    }
    return [LegalHoldView(row.visit_id, row.reason, row.until_on, row.held_at, names.get(row.held_by, "")) for row in rows]


@forgets.visitors("legal_holds", "legal_hold.reason")
def forget(s: Session, gone: Gone, at: datetime) -> int:
    """Names in the reasons are blotted out; that there was a hold, and until when, stays."""
    rows = s.execute(select(LegalHold).where(col(LegalHold.visit_id).in_(gone.visit_ids))).scalars().all()
    for row in rows:
        row.reason = forgets.scrub(row.reason, gone.names | gone.phones | gone.emails)
    s.flush()
    return len(rows)


def _holds(s: Session, visit_ids: list[UUID]) -> list[LegalHold]:
    if not visit_ids:
        return []
    query = select(LegalHold).where(col(LegalHold.visit_id).in_(visit_ids), col(LegalHold.lifted_at).is_(None))
    return list(s.execute(query).scalars())

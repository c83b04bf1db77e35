"""How much a department may have of a supply in a month, quarter or year, and who agrees to more (guide S1.2-R9; scenario Things 9).

What its people take for themselves and what is fetched for all of them counts alike, less what comes back. More than the quota needs a leader: one who
issues it with a reason, or one who agrees to a clerk's request, which is good for one issue of as many pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import approval_rules, approvals, people
from core.mechanisms.approvals import Approval
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.sections.supplies.record import KEEPERS, Move, Quantity, Supply, SupplyMovement, by_code, get

KIND = "supply_quota"
OVERRIDES = frozenset({Role.LEADER, Role.ADMIN})


class Period(StrEnum):
    """For how long a quota lasts, by the office's calendar."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class SupplyQuota(SQLModel, table=True):
    """So many pieces of one supply for one department in each period."""

    __tablename__: ClassVar[str] = "supply_quota"
    supply_id: UUID = Field(foreign_key="supply.id", primary_key=True)
    department_id: UUID = Field(foreign_key="department.id", primary_key=True)
    quantity: int
    per: str = Period.QUARTER


class SupplyOverdraw(SQLModel, table=True):
    """Somebody asked for more than the quota: waiting, approved, refused or withdrawn; `used_at` when the pieces were issued."""

    __tablename__: ClassVar[str] = "supply_overdraw"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    supply_id: UUID = Field(foreign_key="supply.id", index=True)
    department_id: UUID = Field(foreign_key="department.id")
    quantity: int
    reason: str
    asked_by_id: UUID | None = None
    asked_at: datetime
    state: str = approvals.WAITING
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QuotaView:
    """A quota and how much of it the department had in this period."""

    department_id: UUID
    department: str
    quantity: int
    per: str
    had: int


class SetQuota(Operation):
    """`quantity` None takes the quota away."""

    supply_id: UUID
    department_id: UUID
    quantity: Quantity | None
    per: Period = Period.QUARTER


@operation(SetQuota, "supply.set_quota", roles=KEEPERS)
def set_quota(s: Session, do: SetQuota, by: Actor, at: datetime) -> None:
    """Refuses: supply.not_found, person.department_unknown"""
    supply = get(s, do.supply_id)
    department(s, do.department_id)
    row = s.get(SupplyQuota, (supply.id, do.department_id))
    if do.quantity is None:
        if row is not None:
            s.delete(row)
    elif row is None:
        s.add(SupplyQuota(supply_id=supply.id, department_id=do.department_id, quantity=do.quantity, per=do.per))
    else:
        row.quantity, row.per = do.quantity, do.per
    touch(s, "supply", supply.id)


class AskOverQuota(Operation):
    code: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    department_id: UUID
    quantity: Quantity
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]


@operation(AskOverQuota, "supply.ask_over_quota", roles=KEEPERS | {Role.RECEPTION})
def ask(s: Session, do: AskOverQuota, by: Actor, at: datetime) -> dict[str, Any]:
    """Ask whoever may agree to more than the quota. Asked again while one waits, the same request.

    Refuses: label codes, person.department_unknown"""
    supply, whose = by_code(s, do.code), department(s, do.department_id)
    there = _open(s, supply.id, whose.id, approvals.WAITING)
    if there is not None and there.quantity == do.quantity:
        return {"overdraw_id": there.id}
    row = SupplyOverdraw(
        supply_id=supply.id, department_id=whose.id, quantity=do.quantity, reason=do.reason, asked_by_id=by.person_id, asked_at=at
    )
    s.add(row)
    s.flush()
    facts = {"name": supply.name, "unit": supply.unit, "quantity": do.quantity, "department": whose.name, "reason": do.reason}
    approvals.request(
        s, kind=KIND, subject=(KIND, row.id), title_key="supply.approval.over_quota", by=by, at=at,
        facts=facts | {"figure": f"{do.quantity} {supply.unit}"},
        steps=approval_rules.steps_for(s, KIND, do.quantity * (supply.price_cents or 0), by.person_id),
    )  # fmt: skip
    touch(s, "supply", supply.id)
    return {"overdraw_id": row.id}


@approvals.settles(KIND)
def settled(s: Session, approval: Approval, by: Actor, at: datetime) -> None:
    """The answer stands with the request; the pieces leave the shelf when they are issued."""
    row = s.get(SupplyOverdraw, approval.subject_id)
    if row is not None:
        row.state = approval.state
        touch(s, "supply", row.supply_id)


# ── for stock.py ──


def department(s: Session, department_id: UUID) -> people.Department:
    """The department, or Refused person.department_unknown."""
    row = s.get(people.Department, department_id)
    if row is None:
        raise Refused("person.department_unknown")
    return row


def exceeded(s: Session, supply: Supply, department_id: UUID | None, quantity: int, at: datetime) -> Refused | None:
    """What to say when so many more pieces are more than the department's quota; None when they are not."""
    # Held until the pieces are booked: two issues at once can not both find the last of the quota.
    quota = s.get(SupplyQuota, (supply.id, department_id), with_for_update=True) if department_id is not None else None
    if quota is None or department_id is None:
        return None
    before = had(s, supply.id, department_id, Period(quota.per), at)
    if before + quantity <= quota.quantity:
        return None
    return Refused(
        "supply.over_quota", name=supply.name, unit=supply.unit, department=department(s, department_id).name, limit=quota.quantity,
        taken=before, quantity=quantity, period_key=f"supply.per.{quota.per}", role="leader",
    )  # fmt: skip


def agreed(s: Session, supply: Supply, department_id: UUID, quantity: int, reason: str, by: Actor, at: datetime) -> bool:
    """Whether more than the quota may leave: a leader issues it and says why, or a leader agreed to as many, which this issue uses up."""
    if by.has(*OVERRIDES) and reason:
        return True
    row = _open(s, supply.id, department_id, approvals.APPROVED)
    if row is None or row.quantity < quantity:
        return False
    row.used_at = at
    return True


# ── reads ──


def had(s: Session, supply_id: UUID, department_id: UUID, per: Period, at: datetime) -> int:
    """Pieces the department has had in the period `at` lies in, less what came back."""
    query = select(func.coalesce(func.sum(SupplyMovement.quantity), 0)).where(
        col(SupplyMovement.supply_id) == supply_id, col(SupplyMovement.department_id) == department_id,
        col(SupplyMovement.kind).in_((Move.ISSUE, Move.RETURN)), col(SupplyMovement.at) >= began(per, at), col(SupplyMovement.at) <= at,
    )  # fmt: skip
    return max(0, -int(s.execute(query).scalar_one()))


def began(per: Period, at: datetime) -> datetime:
    """The first moment of the office's month, quarter or year that `at` lies in."""
    day = clock.today(at)
    month = {Period.MONTH: day.month, Period.QUARTER: 3 * ((day.month - 1) // 3) + 1, Period.YEAR: 1}[per]
    return clock.day_span(date(day.year, month, 1))[0]


def of_supply(s: Session, supply_id: UUID, at: datetime) -> list[QuotaView]:
    """The quotas of a supply, by name of the department."""
    names = people.department_names(s)
    rows = s.execute(select(SupplyQuota).where(col(SupplyQuota.supply_id) == supply_id)).scalars()
    found = [
        QuotaView(r.department_id, names.get(r.department_id, ""), r.quantity, r.per, had(s, supply_id, r.department_id, Period(r.per), at))
        for r in rows
    ]
    return sorted(found, key=lambda view: view.department)


def _open(s: Session, supply_id: UUID, department_id: UUID, state: str) -> SupplyOverdraw | None:
    query = select(SupplyOverdraw).where(
        col(SupplyOverdraw.supply_id) == supply_id, col(SupplyOverdraw.department_id) == department_id,
        col(SupplyOverdraw.state) == state, col(SupplyOverdraw.used_at).is_(None),
    )  # fmt: skip
    return s.execute(query.order_by(col(SupplyOverdraw.quantity).desc()).limit(1).with_for_update()).scalar_one_or_none()

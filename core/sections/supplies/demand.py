"""What the departments need (需求统计, guide S1.2-R1; scenario Things 9): a round with a last day, and a list from each department.

Several people of a department fill the same list: each line said anew replaces only itself, 0 takes it off. An empty list is an answer too: nothing
is needed. Whoever heads a department owes its answer as a duty; closing the round (by planning it) ends what is still owed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Input
from sqlalchemy import UniqueConstraint, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import duties, people
from core.mechanisms.operations import PERSON_ROLES, SYSTEM, Actor, Operation, operation, touch
from core.sections.supplies.quotas import department
from core.sections.supplies.record import KEEPERS, Whole, get

ROUND = "supply_round"


class SupplyRound(SQLModel, table=True):
    """One collecting of what is needed, usually for a month or a quarter."""

    __tablename__: ClassVar[str] = "supply_round"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    title: str
    due_on: date
    opened_by: UUID | None = None
    opened_at: datetime
    closed_at: datetime | None = None


class SupplyDemand(SQLModel, table=True):
    """So many pieces of one supply for one department."""

    __tablename__: ClassVar[str] = "supply_demand"
    __table_args__ = (UniqueConstraint("round_id", "department_id", "supply_id"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    round_id: UUID = Field(foreign_key="supply_round.id", index=True)
    department_id: UUID = Field(foreign_key="department.id")
    supply_id: UUID = Field(foreign_key="supply.id")
    quantity: int
    person_id: UUID | None = None
    at: datetime


class SupplyAnswer(SQLModel, table=True):
    """A department has answered, with or without lines."""

    __tablename__: ClassVar[str] = "supply_answer"
    round_id: UUID = Field(foreign_key="supply_round.id", primary_key=True)
    department_id: UUID = Field(foreign_key="department.id", primary_key=True)
    person_id: UUID | None = None
    at: datetime


@dataclass(frozen=True, slots=True)
class RoundView:
    id: UUID
    title: str
    due_on: date
    opened_at: datetime
    closed: bool
    answered: int
    departments: int


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One department of a round: who answered and when (empty when nobody has), and how many lines."""

    department_id: UUID
    department: str
    person: str
    at: datetime | None
    lines: int


class OpenRound(Operation):
    id: UUID | None = None
    title: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    due_on: date


@operation(OpenRound, "supply.open_round", roles=KEEPERS)
def open_round(s: Session, do: OpenRound, by: Actor, at: datetime) -> dict[str, Any]:
    """Ask every department. Refuses: supply.round_past (the last day is over)"""
    if do.due_on < clock.today(at):
        raise Refused("supply.round_past", day=do.due_on.isoformat())
    row = SupplyRound(id=do.id or uuid7(), title=do.title, due_on=do.due_on, opened_by=by.person_id, opened_at=at)
    s.add(row)
    s.flush()
    for one in people.departments(s):
        if one.head_id is not None:
            duties.open_duty(
                s, title_key="supply.duty.demand", facts={"title": row.title, "department": one.name}, owner_id=one.head_id,
                subject=(ROUND, row.id), due_on=row.due_on, at=at, by=by, merge_key=_key(row.id, one.id),
            )  # fmt: skip
    touch(s, ROUND, row.id)
    return {"round_id": row.id}


class DemandLine(BaseModel):
    """Pieces; 0 takes the line off the list."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    supply_id: UUID
    quantity: Whole


class SayDemand(Operation):
    """`department_id` None: the caller's own."""

    round_id: UUID
    department_id: UUID | None = None
    lines: Annotated[tuple[DemandLine, ...], Input(max_length=500)] = ()


@operation(SayDemand, "supply.say_demand", roles=PERSON_ROLES)
def say(s: Session, do: SayDemand, by: Actor, at: datetime) -> dict[str, Any]:
    """The department's answer, or a part of it. Refuses: supply.round_unknown, supply.round_closed, supply.no_department, supply.not_found,
    supply.retired; not allowed: another department's list, except for who keeps the supplies"""
    row = locked_round(s, do.round_id)
    if row.closed_at is not None:
        raise Refused("supply.round_closed", title=row.title)
    own = people.get(s, by.person_id).department_id
    whose = do.department_id or own
    if whose is None:
        raise Refused("supply.no_department")
    if whose != own and not by.has(*KEEPERS):
        raise NotAllowed()
    department(s, whose)
    for line in do.lines:
        _set(s, row.id, whose, line, by, at)
    answer = s.get(SupplyAnswer, (row.id, whose))
    if answer is None:
        s.add(SupplyAnswer(round_id=row.id, department_id=whose, person_id=by.person_id, at=at))
    else:
        answer.person_id, answer.at = by.person_id, at
    duty = duties.find_open(s, _key(row.id, whose))
    if duty is not None:
        duties.settle(s, duty, by, at)
    touch(s, ROUND, row.id)
    return {"lines": len(lists_of(s, row.id, whose))}


# ── for planning.py ──


def locked_round(s: Session, round_id: UUID) -> SupplyRound:
    """The round, kept from others until this transaction ends, or Refused supply.round_unknown."""
    row = s.get(SupplyRound, round_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Refused("supply.round_unknown")
    return row


def close(s: Session, row: SupplyRound, at: datetime) -> None:
    """Nothing more is collected; what departments still owed is owed no longer."""
    row.closed_at = row.closed_at or at
    for one in people.departments(s):
        duty = duties.find_open(s, _key(row.id, one.id))
        if duty is not None:
            duties.cancel(s, duty, SYSTEM, at)
    touch(s, ROUND, row.id)


def totals(s: Session, round_id: UUID) -> dict[UUID, int]:
    """Pieces wanted of each supply."""
    query = select(SupplyDemand.supply_id, func.sum(SupplyDemand.quantity)).where(col(SupplyDemand.round_id) == round_id)
    return {supply_id: int(total) for supply_id, total in s.execute(query.group_by(col(SupplyDemand.supply_id)))}


# ── reads ──


def rounds(s: Session, *, open_only: bool = False, limit: int = 50) -> list[RoundView]:
    """Rounds, newest first."""
    query = select(SupplyRound).order_by(col(SupplyRound.id).desc()).limit(limit)
    if open_only:
        query = query.where(col(SupplyRound.closed_at).is_(None))
    rows = list(s.execute(query).scalars())
    counts = select(SupplyAnswer.round_id, func.count()).where(col(SupplyAnswer.round_id).in_([row.id for row in rows]))
    answered = {row[0]: int(row[1]) for row in s.execute(counts.group_by(col(SupplyAnswer.round_id)))}
    departments = len(people.departments(s))
    return [RoundView(r.id, r.title, r.due_on, r.opened_at, r.closed_at is not None, answered.get(r.id, 0), departments) for r in rows]


def lists_of(s: Session, round_id: UUID, department_id: UUID) -> dict[UUID, int]:
    """What one department wants: pieces by supply."""
    query = select(SupplyDemand.supply_id, SupplyDemand.quantity).where(
        col(SupplyDemand.round_id) == round_id, col(SupplyDemand.department_id) == department_id
    )
    return {row.supply_id: row.quantity for row in s.execute(query)}


def wanted_by(s: Session, rounds: Sequence[UUID]) -> dict[tuple[UUID, UUID], list[tuple[str, int]]]:
    """Of each supply in each of these rounds (by round and supply) which department wants how many."""
    query = (
        select(SupplyDemand.round_id, SupplyDemand.supply_id, people.Department.name, SupplyDemand.quantity)
        .join(people.Department, col(people.Department.id) == col(SupplyDemand.department_id))
        .where(col(SupplyDemand.round_id).in_(rounds))
        .order_by(col(people.Department.name))
    )
    found: dict[tuple[UUID, UUID], list[tuple[str, int]]] = {}
    for round_id, supply_id, name, quantity in s.execute(query):
        found.setdefault((round_id, supply_id), []).append((name, quantity))
    return found


def answers(s: Session, round_id: UUID) -> list[AnswerView]:
    """Every department with its answer, those that have none first."""
    said = {row.department_id: row for row in s.execute(select(SupplyAnswer).where(col(SupplyAnswer.round_id) == round_id)).scalars()}
    people_ids = {row.person_id for row in said.values() if row.person_id}
    names = {
        row.id: row.name for row in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(people_ids)))
    }
    counts = select(SupplyDemand.department_id, func.count()).where(col(SupplyDemand.round_id) == round_id)
    lines = {row[0]: int(row[1]) for row in s.execute(counts.group_by(col(SupplyDemand.department_id)))}
    found = []
    for one in people.departments(s):
        row = said.get(one.id)
        who = names.get(row.person_id, "") if row and row.person_id else ""
        found.append(AnswerView(one.id, one.name, who, row.at if row else None, lines.get(one.id, 0)))
    return sorted(found, key=lambda view: (view.at is not None, view.department))


# ── private ──


def _set(s: Session, round_id: UUID, whose: UUID, line: DemandLine, by: Actor, at: datetime) -> None:
    supply = get(s, line.supply_id)
    if supply.retired_at is not None and line.quantity:
        raise Refused("supply.retired", name=supply.name)
    query = select(SupplyDemand).where(
        col(SupplyDemand.round_id) == round_id, col(SupplyDemand.department_id) == whose, col(SupplyDemand.supply_id) == line.supply_id
    )
    row = s.execute(query).scalar_one_or_none()
    if line.quantity == 0:
        if row is not None:
            s.delete(row)
    elif row is None:
        s.add(
            SupplyDemand(
                round_id=round_id, department_id=whose, supply_id=line.supply_id, quantity=line.quantity, person_id=by.person_id, at=at
            )
        )
    else:
        row.quantity, row.person_id, row.at = line.quantity, by.person_id, at
    s.flush()


def _key(round_id: UUID, department_id: UUID) -> str:
    return f"supply_round/{round_id}/{department_id}"

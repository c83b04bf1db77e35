"""Who must agree from which sum on: the office's own rules for approvals, set on the desk (guide S4.1-R10; scenario Things 8).

A rule says "from 20,000.00 on: the head of Finance, then a leader". The rule with the highest sum that is reached counts; without any rule one
leader decides. When a request is made its route is worked out to persons and roles; who asks, and who stands in the route already, is never
put into it a second time: a leader, or failing that an administrator, decides instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Input
from sqlalchemy import JSON, BigInteger, Column, delete, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.ids import derived
from core.mechanisms import people
from core.mechanisms.approvals import Step
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.tables import MAX_CENTS

KINDS = ("asset_disposal", "reception", "reception_high", "supply_plan", "supply_quota")
MOST_RULES, MOST_STEPS = 10, 6


class ApprovalRule(SQLModel, table=True):
    """From this sum on these steps, in order; each step is `{"role"}`, `{"person_id"}` or `{"department_id"}` (its head)."""

    __tablename__: ClassVar[str] = "approval_rule"
    kind: str = Field(primary_key=True)
    from_cents: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    steps: list[dict[str, str]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class RuleStep(BaseModel):
    """Anyone of a role, one person, or whoever is head of a department: exactly one of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    role: Role | None = None
    person_id: UUID | None = None
    department_id: UUID | None = None

    @model_validator(mode="after")
    def _one(self) -> RuleStep:
        if [self.role, self.person_id, self.department_id].count(None) != 2 or (
            self.role is not None and self.role not in PERSON_ROLES - {Role.STAFF}
        ):
            raise ValueError("approval.step")
        return self


class Rule(BaseModel):
    """Money in cents."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    from_cents: Annotated[int, Input(ge=0, le=MAX_CENTS)]
    steps: Annotated[tuple[RuleStep, ...], Input(min_length=1, max_length=MOST_STEPS)]


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule with its steps as stored and the names a reader knows: person or department, empty for a role."""

    from_cents: int
    steps: tuple[RuleStep, ...]
    names: tuple[str, ...]


class SetApprovalRules(Operation):
    """The whole list of one kind, as it shall be from now on; requests that are under way keep their route."""

    kind: Annotated[str, Input(pattern="^(" + "|".join(KINDS) + ")$")]
    rules: Annotated[tuple[Rule, ...], Input(max_length=MOST_RULES)]


@operation(SetApprovalRules, "approval.set_rules", roles={Role.ADMIN, Role.LEADER})
def set_rules(s: Session, do: SetApprovalRules, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: approval.rule_twice, person.not_found, person.department_unknown"""
    if len({rule.from_cents for rule in do.rules}) != len(do.rules):
        raise Refused("approval.rule_twice")
    for rule in do.rules:
        for step in rule.steps:
            if step.person_id is not None:
                people.get(s, step.person_id)
            if step.department_id is not None and s.get(people.Department, step.department_id) is None:
                raise Refused("person.department_unknown")
    s.execute(delete(ApprovalRule).where(col(ApprovalRule.kind) == do.kind))
    s.add_all(
        ApprovalRule(
            kind=do.kind, from_cents=rule.from_cents, steps=[step.model_dump(mode="json", exclude_none=True) for step in rule.steps]
        )
        for rule in do.rules
    )
    touch(s, "approval_rule", derived("approval_rule", do.kind))
    return {"rules": len(do.rules)}


def rules(s: Session, kind: str) -> list[RuleView]:
    """The rules of a kind, the smallest sum first."""
    found = []
    departments = people.department_names(s)
    for row in s.execute(select(ApprovalRule).where(col(ApprovalRule.kind) == kind).order_by(col(ApprovalRule.from_cents))).scalars():
        steps = tuple(RuleStep.model_validate(step) for step in row.steps)
        names = []
        for step in steps:
            person = s.get(people.Person, step.person_id) if step.person_id else None
            names.append(person.name if person else departments.get(step.department_id, "") if step.department_id else "")
        found.append(RuleView(row.from_cents, steps, tuple(names)))
    return found


def steps_for(s: Session, kind: str, cents: int, requester: UUID | None) -> list[Step]:
    """The route of a request about this sum."""
    query = select(ApprovalRule).where(col(ApprovalRule.kind) == kind, col(ApprovalRule.from_cents) <= cents)
    row = s.execute(query.order_by(col(ApprovalRule.from_cents).desc()).limit(1)).scalar_one_or_none()
    wanted = [RuleStep.model_validate(step) for step in row.steps] if row else [RuleStep(role=Role.LEADER)]
    return _worked_out(s, wanted, requester)


def _worked_out(s: Session, wanted: Sequence[RuleStep], requester: UUID | None) -> list[Step]:
    found: list[Step] = []
    in_route: set[UUID] = {requester} if requester else set()
    named = [_person_of(s, step) for step in wanted]
    in_route |= {person for person in named if person}
    seen: set[UUID] = {requester} if requester else set()
    for step, person in zip(wanted, named, strict=True):
        if person is not None and person not in seen:
            seen.add(person)
            found.append(Step(person_id=person))
            continue
        for role in dict.fromkeys((step.role or Role.LEADER, Role.LEADER, Role.ADMIN)):
            free = [one for one in people.with_role(s, role) if one.id not in in_route]
            if len(free) > sum(other.role == role for other in found):
                found.append(Step(role=role))
                break
        else:
            found.append(Step(role=Role.ADMIN))  # nobody is left: the request waits in sight until somebody gets the role
    return found


def _person_of(s: Session, step: RuleStep) -> UUID | None:
    """The person a step means, or their deputy once they left; None for a role."""
    person_id = step.person_id
    if step.department_id is not None:
        department = s.get(people.Department, step.department_id)
        person_id = department.head_id if department else None
    person = s.get(people.Person, person_id) if person_id else None
    if person is not None and person.disabled_at is not None:
        person = s.get(people.Person, person.deputy_id) if person.deputy_id else None
    return person.id if person is not None and person.disabled_at is None else None

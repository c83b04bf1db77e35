"""Approvals: a route of steps for any subject (house.md §3; guide row X2; scenario Things 8).

Who asks never approves; nobody decides two steps of one route; steps are decided in order. A refusal ends the route. What follows from a
decision belongs to the section that asked: it marks a function with `@approvals.settles("asset_disposal")`, which runs in the same
transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import JSON, Column, and_, or_, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.foundation.i18n import amount, as_mapping, t
from core.foundation.ids import uuid7
from core.mechanisms import notices, people
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query

WAITING, APPROVED, REFUSED, WITHDRAWN = "waiting", "approved", "refused", "withdrawn"
Remark = Annotated[str, StringConstraints(max_length=500)]


class Approval(SQLModel, table=True):
    """One request. `title_key` with `facts` says what would be agreed to, in one sentence."""

    __tablename__: ClassVar[str] = "approval"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    kind: str = Field(index=True)
    subject_kind: str
    subject_id: UUID = Field(index=True)
    title_key: str
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    requested_by: UUID | None = None
    requested_at: datetime
    state: str = Field(default=WAITING, index=True)
    step: int = 1
    settled_at: datetime | None = None
    version: int = 1


class ApprovalStep(SQLModel, table=True):
    """One step of the route: a person, or anyone of a role."""

    __tablename__: ClassVar[str] = "approval_step"
    approval_id: UUID = Field(foreign_key="approval.id", primary_key=True)
    position: int = Field(primary_key=True)
    role: str | None = None
    person_id: UUID | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    approved: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Who decides: one person, or anyone who has the role."""

    role: Role | None = None
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class StepView:
    position: int
    role: str | None
    person: str
    decided_at: datetime | None
    approved: bool | None
    note: str


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A request as a reader sees it: `title` says in one sentence what would be agreed to, `figure` in one number (money, days, people)."""

    id: UUID
    kind: str
    title: str
    subject_kind: str
    subject_id: UUID
    requested_by: str
    requested_by_id: UUID | None
    requested_at: datetime
    state: str
    step: int
    steps: tuple[StepView, ...]
    may_decide: bool
    version: int
    figure: str = ""


Settles = Callable[[Session, Approval, Actor, datetime], object]
_settles: dict[str, Settles] = {}


def settles(kind: str) -> Callable[[Settles], Settles]:
    """Mark `(s, approval, by, at)`: what follows when a route of this kind ended (`approval.state` says how)."""

    def mark(function: Settles) -> Settles:
        function.__settles__ = kind  # type: ignore[attr-defined]
        return function

    return mark


def include(*modules: ModuleType) -> None:
    """Know what follows from decisions; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            kind = getattr(value, "__settles__", None)
            if isinstance(kind, str):
                _settles[kind] = value


# ── for sections ──


def another_person(by: Actor, *others: UUID | None) -> None:
    """The two-person rule, in one place: `by` must be a person and none of `others`. Raises NotAllowed."""
    if by.person_id is None or by.person_id in others:
        raise NotAllowed()


def request(
    s: Session,
    *,
    kind: str,
    subject: tuple[str, UUID],
    title_key: str,
    steps: Sequence[Step],
    by: Actor,
    at: datetime,
    facts: dict[str, Any] | None = None,
) -> Approval:
    """Begin a route inside another section's operation and tell who decides first."""
    if not steps:
        raise ValueError("an approval needs a step")
    approval = Approval(
        kind=kind,
        subject_kind=subject[0],
        subject_id=subject[1],
        title_key=title_key,
        facts=facts or {},
        requested_by=by.person_id,
        requested_at=at,
    )
    s.add(approval)
    s.flush()
    s.add_all(
        ApprovalStep(approval_id=approval.id, position=i, role=step.role, person_id=step.person_id) for i, step in enumerate(steps, 1)
    )
    s.flush()
    _ask(s, approval, at)
    touch(s, "approval", approval.id)
    return approval


def of(s: Session, subject: tuple[str, UUID], state: str = WAITING) -> Approval | None:
    """The latest route of a subject in a state."""
    query = select(Approval).where(
        col(Approval.subject_kind) == subject[0], col(Approval.subject_id) == subject[1], col(Approval.state) == state
    )
    return s.execute(query.order_by(col(Approval.id).desc()).limit(1)).scalar_one_or_none()


def call_off(s: Session, subject: tuple[str, UUID], at: datetime) -> None:
    """The subject itself is gone: end its waiting route as withdrawn, without a consequence and without telling anybody twice."""
    approval = of(s, subject)
    if approval is not None:
        approval.state, approval.settled_at = WITHDRAWN, at
        approval.version += 1
        s.flush()
        touch(s, "approval", approval.id)


# ── operations ──


class DecideApproval(Operation):
    approval_id: UUID
    approve: bool
    note: Remark = ""


@operation(DecideApproval, "approval.decide", roles=PERSON_ROLES, personal=True)
def decide(s: Session, do: DecideApproval, by: Actor, at: datetime) -> ApprovalView:
    """Refuses: approval.not_found, approval.settled, approval.requester, approval.decided_before, approval.reason_missing; not allowed: not
    this step's person."""
    approval = get(s, do.approval_id, lock=True)
    if approval.state != WAITING:
        raise Refused("approval.settled", state=approval.state)
    if by.person_id == approval.requested_by:
        raise Refused("approval.requester")
    steps = _steps(s, [approval.id])[approval.id]
    if any(step.decided_by == by.person_id for step in steps):
        raise Refused("approval.decided_before")
    step = steps[approval.step - 1]
    if not _is_mine(step, by):
        raise NotAllowed(approval=approval.id)
    if not do.approve and not do.note:
        raise Refused("approval.reason_missing")
    step.decided_by, step.decided_at, step.approved, step.note = by.person_id, at, do.approve, do.note
    approval.version += 1
    if do.approve and approval.step < len(steps):
        approval.step += 1
        s.flush()
        _ask(s, approval, at)
    else:
        _settle(s, approval, APPROVED if do.approve else REFUSED, by, at)
    touch(s, "approval", approval.id)
    return view(s, approval, by)


class WithdrawApproval(Operation):
    approval_id: UUID


@operation(WithdrawApproval, "approval.withdraw", roles=PERSON_ROLES)
def withdraw(s: Session, do: WithdrawApproval, by: Actor, at: datetime) -> ApprovalView:
    """Who asked takes it back. Refuses: approval.not_found, approval.settled; not allowed: somebody else's."""
    approval = get(s, do.approval_id)
    if by.person_id != approval.requested_by and not by.has(Role.ADMIN):
        raise NotAllowed(approval=approval.id)
    if approval.state != WAITING:
        raise Refused("approval.settled", state=approval.state)
    approval.version += 1
    _settle(s, approval, WITHDRAWN, by, at)
    touch(s, "approval", approval.id)
    return view(s, approval, by)


# ── reads ──


def get(s: Session, approval_id: UUID, *, lock: bool = False) -> Approval:
    """The request, or Refused approval.not_found; with `lock` nobody else decides about it before this transaction ends."""
    approval = s.get(Approval, approval_id, with_for_update=True, populate_existing=True) if lock else s.get(Approval, approval_id)
    if approval is None:
        raise Refused("approval.not_found")
    return approval


def waiting_for(s: Session, by: Actor) -> list[ApprovalView]:
    """What this person may decide now, oldest first."""
    query = (
        select(Approval)
        .join(ApprovalStep, and_(col(ApprovalStep.approval_id) == col(Approval.id), col(ApprovalStep.position) == col(Approval.step)))
        .where(col(Approval.state) == WAITING, or_(col(Approval.requested_by).is_(None), col(Approval.requested_by) != by.person_id))
        .where(
            or_(
                col(ApprovalStep.person_id) == by.person_id,
                and_(col(ApprovalStep.person_id).is_(None), col(ApprovalStep.role).in_([str(r) for r in by.roles])),
            )
        )
        .order_by(col(Approval.id))
    )
    return [found for found in views(s, list(s.execute(query.limit(200)).scalars()), by) if found.may_decide]


def asked_by(s: Session, by: Actor, limit: int = 50) -> list[ApprovalView]:
    """What this person asked for, newest first."""
    query = select(Approval).where(col(Approval.requested_by) == by.person_id).order_by(col(Approval.id).desc()).limit(limit)
    return views(s, list(s.execute(query).scalars()), by) if by.person_id else []


def decided_by(s: Session, by: Actor, limit: int = 50) -> list[ApprovalView]:
    """What this person decided about, newest first."""
    mine = select(col(ApprovalStep.approval_id)).where(col(ApprovalStep.decided_by) == by.person_id)
    query = select(Approval).where(col(Approval.id).in_(mine)).order_by(col(Approval.id).desc()).limit(limit)
    return views(s, list(s.execute(query).scalars()), by) if by.person_id else []


def view(s: Session, approval: Approval, by: Actor) -> ApprovalView:
    return views(s, [approval], by)[0]


def views(s: Session, rows: Sequence[Approval], by: Actor) -> list[ApprovalView]:
    """Requests with their routes, in two more statements."""
    steps = _steps(s, [row.id for row in rows])
    wanted = {row.requested_by for row in rows} | {p for many in steps.values() for step in many for p in (step.decided_by, step.person_id)}
    names = {
        row.id: row.name
        for row in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(wanted - {None})))
    }
    found = []
    for row in rows:
        mine = steps[row.id]
        may = (
            row.state == WAITING
            and by.person_id != row.requested_by
            and _is_mine(mine[row.step - 1], by)
            and all(x.decided_by != by.person_id for x in mine)
        )
        shown = tuple(
            StepView(
                x.position,
                x.role,
                names.get(x.decided_by or x.person_id, "") if x.decided_by or x.person_id else "",
                x.decided_at,
                x.approved,
                x.note,
            )
            for x in mine
        )
        title = t(row.title_key, by.language, **as_mapping(row.facts, by.language, clock.zone()))
        asked = names.get(row.requested_by, "") if row.requested_by else ""
        found.append(
            ApprovalView(
                row.id,
                row.kind,
                title,
                row.subject_kind,
                row.subject_id,
                asked,
                row.requested_by,
                row.requested_at,
                row.state,
                row.step,
                shown,
                may,
                row.version,
                figure_of(row.facts, by.language),
            )
        )
    return found


def figure_of(facts: dict[str, Any], language: str) -> str:
    """The one number of a request: its fact `figure_cents` as money, else its fact `figure` as it is."""
    cents = facts.get("figure_cents")
    return amount(int(cents), language) if cents is not None else str(facts.get("figure") or "")


def steps_of(s: Session, approval_id: UUID) -> list[ApprovalStep]:
    """The route of a request, in order."""
    return _steps(s, [approval_id]).get(approval_id, [])


# ── private ──


def _steps(s: Session, ids: Sequence[UUID]) -> dict[UUID, list[ApprovalStep]]:
    found: dict[UUID, list[ApprovalStep]] = {}
    for step in s.execute(
        select(ApprovalStep).where(col(ApprovalStep.approval_id).in_(ids)).order_by(col(ApprovalStep.position))
    ).scalars():
        found.setdefault(step.approval_id, []).append(step)
    return found


def _is_mine(step: ApprovalStep, by: Actor) -> bool:
    if step.person_id is not None:
        return step.person_id == by.person_id
    return step.role is not None and by.has(Role(step.role)) and by.is_person


def _ask(s: Session, approval: Approval, at: datetime) -> None:
    step = _steps(s, [approval.id])[approval.id][approval.step - 1]
    deciders = (
        [step.person_id]
        if step.person_id
        else [p.id for p in people.with_role(s, Role(step.role or Role.LEADER)) if p.id != approval.requested_by]
    )
    for person_id in deciders:
        _tell(s, approval, person_id, "approval.notice.asked", at)


def _settle(s: Session, approval: Approval, state: str, by: Actor, at: datetime) -> None:
    approval.state, approval.settled_at = state, at
    s.flush()
    if approval.requested_by is not None and state != WITHDRAWN:
        _tell(s, approval, approval.requested_by, f"approval.notice.{state}", at)
    after = _settles.get(approval.kind)
    if after is not None:
        after(s, approval, by, at)


def _tell(s: Session, approval: Approval, person_id: UUID, key: str, at: datetime) -> None:
    language = people.get(s, person_id).language
    title = t(approval.title_key, language, **as_mapping(approval.facts, language, clock.zone()))
    notices.queue(s, key=key, facts={"title": title}, to_person_id=person_id, subject=("approval", approval.id), at=at)


def _list(s: Session, query: Query, by: Actor) -> Page:
    if query.filters.get("state") == "mine":
        return Page(waiting_for(s, by))
    rows = select(Approval).order_by(col(Approval.id).desc()).limit(query.limit + 1)
    if not by.has(*OFFICE, Role.LEADER):
        rows = rows.where(col(Approval.requested_by) == by.person_id)
    if state := query.filters.get("state"):
        rows = rows.where(col(Approval.state) == state)
    if query.cursor:
        try:
            rows = rows.where(col(Approval.id) < UUID(query.cursor))
        except ValueError:
            raise Refused("query.cursor") from None
    found = list(s.execute(rows).scalars())
    more, found = len(found) > query.limit, found[: query.limit]
    return Page(views(s, found, by), str(found[-1].id) if more else None)


def _one(s: Session, id: str, by: Actor) -> ApprovalView | None:
    try:
        approval = s.get(Approval, UUID(id))
    except ValueError:
        return None
    if approval is None:
        return None
    shown = view(s, approval, by)
    return shown if shown.may_decide or by.has(*OFFICE, Role.LEADER) or by.person_id == approval.requested_by else None


COLLECTION = Collection(
    "approvals", PERSON_ROLES, _list, _one,
    tuple(ExportColumn(name, f"approval.column.{name}") for name in ("title", "kind", "requested_by", "requested_at", "state")), ("state",),
)  # fmt: skip

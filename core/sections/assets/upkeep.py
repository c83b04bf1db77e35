"""Care plans (维护与保养, guide S4.1-R4): what is to be done to things of a class, or to one thing, at intervals, and by whom.

A plan names days between two cares and the steps. Whoever has a thing owes its care (else the department's custodian, else a clerk): a duty opens
five working days ahead, falls on a working day and follows the thing when it changes hands. It is ticked on the spot by scanning the label; a
step that is not in order reports the fault at the same moment. What was done is append-only; the next day counts from the day it was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints, model_validator
from sqlalchemy import JSON, Column, func, select
from sqlalchemy.sql import ColumnElement
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job
from core.mechanisms import attachments, duties, people, workdays
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, current_op_id, operation, perform_now, touch
from core.sections.assets.custody import ASSET, custodian_of, may_give
from core.sections.assets.ledger import KEEPERS_OF_THE_BOOK, Asset, AssetState, Day, get, note
from core.sections.assets.pointing import OfAsset
from core.sections.assets.repairs import ReportFault, report_fault

LEAD_WORKDAYS = 5
OPENED_AT_ONCE = 500
PLANNERS = frozenset({*KEEPERS_OF_THE_BOOK, Role.SAFETY})


class UpkeepPlan(SQLModel, table=True):
    """Of every thing whose class code begins with `class_code`, or of one thing."""

    __tablename__: ClassVar[str] = "upkeep_plan"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    title: str
    class_code: str = ""
    asset_id: UUID | None = Field(default=None, foreign_key="asset.id", index=True)
    every_days: int
    steps: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    starts_on: date
    ended_at: datetime | None = None
    version: int = 1


class UpkeepDone(SQLModel, table=True):
    """One care of one thing: append-only. `failed` are the numbers of the steps that were not in order, from 0."""

    __tablename__: ClassVar[str] = "upkeep_done"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    plan_id: UUID = Field(foreign_key="upkeep_plan.id", index=True)
    asset_id: UUID = Field(index=True)
    at: datetime
    person_id: UUID | None = None
    failed: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    remark: str = ""
    scanned: bool = True
    op_id: UUID


database.append_only("upkeep_done")


@dataclass(frozen=True, slots=True)
class UpkeepView:
    """One plan for one thing: when it was done last and is due next; `late` when that day has passed."""

    plan_id: UUID
    title: str
    steps: tuple[str, ...]
    every_days: int
    last_on: date | None
    due_on: date
    late: bool


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with how many things it is for and how many of their duties are open and late."""

    id: UUID
    version: int
    title: str
    class_code: str
    asset: str
    every_days: int
    steps: tuple[str, ...]
    starts_on: date
    ended: bool
    things: int
    open: int
    late: int


Step = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class AddUpkeepPlan(Operation):
    """Exactly one of a class (its code or the beginning of it) and a thing."""

    id: UUID | None = None
    title: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    class_code: Annotated[str, StringConstraints(max_length=64)] = ""
    asset_id: UUID | None = None
    every_days: Annotated[int, Input(ge=1, le=3660)]
    steps: Annotated[tuple[Step, ...], Input(max_length=20)] = ()
    starts_on: Day | None = None

    @model_validator(mode="after")
    def _one(self) -> AddUpkeepPlan:
        if bool(self.class_code) == (self.asset_id is not None):
            raise ValueError("upkeep.class_or_asset")
        return self


@operation(AddUpkeepPlan, "upkeep.add_plan", roles=PLANNERS)
def add_plan(s: Session, do: AddUpkeepPlan, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: asset.not_found"""
    if do.asset_id is not None:
        get(s, do.asset_id)
    plan = UpkeepPlan(
        id=do.id or uuid7(), title=do.title, class_code=do.class_code, asset_id=do.asset_id, every_days=do.every_days, steps=list(do.steps),
        starts_on=do.starts_on or clock.today(at),
    )  # fmt: skip
    s.add(plan)
    s.flush()
    touch(s, "upkeep_plan", plan.id)
    return {"plan_id": plan.id, "opened": _open_due(s, plan, by, at)}


class EndUpkeepPlan(Operation):
    plan_id: UUID


@operation(EndUpkeepPlan, "upkeep.end_plan", roles=PLANNERS)
def end_plan(s: Session, do: EndUpkeepPlan, by: Actor, at: datetime) -> dict[str, Any]:
    """No new duties; the open ones are cancelled. What was done stays on record. Refuses: upkeep.not_found"""
    plan = _plan(s, do.plan_id)
    cancelled = 0
    if plan.ended_at is None:
        plan.ended_at = at
        plan.version += 1
        for duty in _open_of(s, plan.id):
            duties.cancel(s, duty, by, at)
            cancelled += 1
    touch(s, "upkeep_plan", plan.id)
    return {"plan_id": plan.id, "cancelled": cancelled}


class OpenUpkeepDuties(Operation):
    """What has become due of a plan; said by the job."""

    plan_id: UUID


@operation(OpenUpkeepDuties, "upkeep.open_due", roles=set())
def open_due(s: Session, do: OpenUpkeepDuties, by: Actor, at: datetime) -> dict[str, Any]:
    plan = _plan(s, do.plan_id)
    return {"opened": 0 if plan.ended_at is not None else _open_due(s, plan, by, at)}


class TickUpkeep(OfAsset):
    """Done, on the spot. `failed` are the numbers of the steps that were not in order, from 0."""

    plan_id: UUID
    failed: Annotated[tuple[Annotated[int, Input(ge=0, lt=20)], ...], Input(max_length=20)] = ()
    note: Annotated[str, StringConstraints(max_length=500)] = ""
    photos: Annotated[tuple[attachments.Sha256, ...], Input(max_length=6)] = ()


@operation(TickUpkeep, "upkeep.tick", roles={Role.STAFF}, offline=True)
def tick(s: Session, do: TickUpkeep, by: Actor, at: datetime) -> dict[str, Any]:
    """By who has the thing, their deputy, the custodian or a keeper of the book; without the label's code only the book's keepers.

    Refuses: upkeep.not_found, upkeep.other_thing, upkeep.code_needed, asset.not_found, asset.disposed, asset.lost"""
    asset, plan = do.asset(s), _plan(s, do.plan_id)
    if not may_give(s, asset, by):
        raise NotAllowed()
    if do.code is None and not by.has(*KEEPERS_OF_THE_BOOK):
        raise Refused("upkeep.code_needed")
    if asset.state == AssetState.LOST:
        raise Refused("asset.lost", number=asset.number)
    if not _is_for(plan, asset):
        raise Refused("upkeep.other_thing", number=asset.number, title=plan.title)
    failed = sorted({n for n in do.failed if n < len(plan.steps)})
    row = UpkeepDone(
        plan_id=plan.id, asset_id=asset.id, at=at, person_id=by.person_id, failed=failed, remark=do.note, scanned=do.code is not None,
        op_id=current_op_id(s),
    )  # fmt: skip
    s.add(row)
    s.flush()
    attachments.use(s, do.photos, "asset", asset.id, by, at)
    note(s, asset.id, "cared", by, at, title=plan.title, failed=[plan.steps[n] for n in failed], note=do.note, photos=list(do.photos))
    touch(s, "asset", asset.id)
    touch(s, "upkeep_plan", plan.id)
    duty = duties.find_open(s, _key(plan.id, asset.id))
    if duty is not None:
        duties.settle(s, duty, by, at, do.note)
    if failed:
        what = "；".join([f"{plan.title}：{plan.steps[n]}" for n in failed] + ([do.note] if do.note else []))[:500]
        report_fault(s, ReportFault(asset_id=asset.id, what=what, photos=do.photos), by, at)
    return {"asset_id": asset.id, "next_on": _next(s, plan, clock.today(at)), "fault": bool(failed)}


# ── job ──


@job(every_s=1800)
def open_upkeep_duties(at: datetime) -> int:
    """Open what has become due, each plan by itself; the ids are made of plan, day and hour, so that two servers never do it twice."""
    local = clock.local(at)
    opened = 0
    with database.reading() as s:
        plans = list(s.execute(select(UpkeepPlan.id).where(col(UpkeepPlan.ended_at).is_(None))).scalars())
    for plan_id in plans:
        outcome = perform_now(
            OpenUpkeepDuties(plan_id=plan_id), by=SYSTEM, at=at, op_id=derived("upkeep.open_due", plan_id, local.date(), local.hour)
        )
        opened += int((outcome.result or {}).get("opened", 0)) if outcome.ok and not outcome.repeated else 0
    return opened


# ── reads ──


def upkeep_of(s: Session, asset: Asset, at: datetime) -> list[UpkeepView]:
    """The plans of a thing, the next one first."""
    if asset.state in (AssetState.DISPOSED, AssetState.LOST):
        return []
    today = clock.today(at)
    found = []
    for plan in s.execute(select(UpkeepPlan).where(col(UpkeepPlan.ended_at).is_(None)).order_by(col(UpkeepPlan.id))).scalars():
        if _is_for(plan, asset):
            last = _last_done(s, plan.id, [asset.id]).get(asset.id)
            due = _due(s, plan, last)
            found.append(UpkeepView(plan.id, plan.title, tuple(plan.steps), plan.every_days, last, due, due < today))
    return sorted(found, key=lambda view: view.due_on)


def upkeep_history(s: Session, asset_id: UUID) -> list[UpkeepDone]:
    """Every care of a thing, oldest first."""
    return list(s.execute(select(UpkeepDone).where(col(UpkeepDone.asset_id) == asset_id).order_by(col(UpkeepDone.id))).scalars())


def upkeep_plans(s: Session, at: datetime) -> list[PlanView]:
    """Every plan, the present ones first."""
    today = clock.today(at)
    found = []
    for plan in s.execute(select(UpkeepPlan).order_by(col(UpkeepPlan.ended_at).is_not(None), col(UpkeepPlan.id))).scalars():
        asset = s.get(Asset, plan.asset_id) if plan.asset_id else None
        things = int(s.execute(select(func.count()).select_from(Asset).where(*_things(plan))).scalar_one())
        owed = _open_of(s, plan.id)
        found.append(PlanView(
            plan.id, plan.version, plan.title, plan.class_code, f"{asset.name}（{asset.number}）" if asset else "", plan.every_days, tuple(plan.steps),
            plan.starts_on, plan.ended_at is not None, things, len(owed), sum(duty.due_on < today for duty in owed),
        ))  # fmt: skip
    return found


# ── private ──


def _plan(s: Session, plan_id: UUID) -> UpkeepPlan:
    plan = s.get(UpkeepPlan, plan_id)
    if plan is None:
        raise Refused("upkeep.not_found")
    return plan


def _key(plan_id: UUID, asset_id: UUID) -> str:
    return f"upkeep/{plan_id}/{asset_id}"


def _is_for(plan: UpkeepPlan, asset: Asset) -> bool:
    return asset.id == plan.asset_id if plan.asset_id else asset.class_code.startswith(plan.class_code)


def _things(plan: UpkeepPlan) -> tuple[ColumnElement[bool], ...]:
    here = col(Asset.state).not_in((AssetState.DISPOSED, AssetState.LOST))
    return (here, col(Asset.id) == plan.asset_id if plan.asset_id else col(Asset.class_code).startswith(plan.class_code, autoescape=True))


def _open_of(s: Session, plan_id: UUID) -> list[duties.Duty]:
    duty = duties.Duty
    return list(
        s.execute(select(duty).where(col(duty.merge_key).startswith(f"upkeep/{plan_id}/"), col(duty.state) == duties.OPEN)).scalars()
    )


def _last_done(s: Session, plan_id: UUID, asset_ids: Sequence[UUID]) -> dict[UUID, date]:
    found: dict[UUID, date] = {}
    for start in range(0, len(asset_ids), 500):
        query = (
            select(UpkeepDone.asset_id, func.max(UpkeepDone.at))
            .where(col(UpkeepDone.plan_id) == plan_id, col(UpkeepDone.asset_id).in_(asset_ids[start : start + 500]))
            .group_by(col(UpkeepDone.asset_id))
        )
        found.update({asset_id: clock.local(at).date() for asset_id, at in s.execute(query)})
    return found


def _next(s: Session, plan: UpkeepPlan, last: date) -> date:
    return workdays.add(s, last + timedelta(days=plan.every_days), 0)


def _due(s: Session, plan: UpkeepPlan, last: date | None) -> date:
    return _next(s, plan, last) if last else workdays.add(s, plan.starts_on, 0)


def _open_due(s: Session, plan: UpkeepPlan, by: Actor, at: datetime) -> int:
    horizon = workdays.add(s, clock.today(at), LEAD_WORKDAYS)
    things = list(s.execute(select(Asset).where(*_things(plan)).order_by(col(Asset.number))).scalars())
    last = _last_done(s, plan.id, [asset.id for asset in things])
    owed = {duty.subject_id for duty in _open_of(s, plan.id)}
    custodians = {row.id: row.custodian_id for row in people.departments(s)}
    clerks = people.with_role(s, Role.CLERK) or people.with_role(s, Role.ADMIN)
    days: dict[date | None, date] = {}
    opened = 0
    for asset in things:
        if asset.id in owed or opened == OPENED_AT_ONCE:
            continue
        done_on = last.get(asset.id)
        if done_on not in days:
            days[done_on] = _due(s, plan, done_on)
        owner = asset.keeper_id or custodians.get(asset.department_id) or (clerks[0].id if clerks else None)
        if days[done_on] > horizon or owner is None:
            continue
        duties.open_duty(
            s, title_key="upkeep.duty", facts={"title": plan.title, "name": asset.name, "number": asset.number}, owner_id=owner, due_on=days[done_on],
            subject=(ASSET, asset.id), at=at, merge_key=_key(plan.id, asset.id), by=SYSTEM,
        )  # fmt: skip
        opened += 1
    if opened:
        touch(s, "upkeep_plan", plan.id)
    return opened


def owner_of(s: Session, asset: Asset) -> UUID | None:
    """Who owes the care of a thing."""
    clerks = people.with_role(s, Role.CLERK) or people.with_role(s, Role.ADMIN)
    return asset.keeper_id or custodian_of(s, asset.department_id) or (clerks[0].id if clerks else None)

"""The plan of what to buy (采购计划, guide S1.2-R2, R3, R4; scenario Things 9): need, packs, budget, agreement, orders.

Planning ends a round and writes for each supply: need = demand + minimum − in stock − on its way, never below nothing, and as many packs as cover it.
On its way is what is ordered, and what another plan that is asked for or agreed to will order.
Those figures stay as they were at that moment; the packs, the price and the supplier are the clerk's to change until the plan is put before whoever
decides about its budget. An agreed plan becomes orders once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from sqlalchemy import BigInteger, Column, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import approval_rules, approvals, numbering, people
from core.mechanisms.approvals import Approval
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections import suppliers
from core.sections.supplies import demand
from core.sections.supplies.hiding import hidden_places
from core.sections.supplies.orders import SupplyOrder, open_orders, put_order
from core.sections.supplies.record import KEEPERS, MOST, Supply

KIND = "supply_plan"
READERS = KEEPERS | {Role.LEADER}


class PlanState(StrEnum):
    DRAFT = "draft"
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    ORDERED = "ordered"


class SupplyPlan(SQLModel, table=True):
    """What one round led to."""

    __tablename__: ClassVar[str] = "supply_plan"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    year: int
    number: int
    round_id: UUID = Field(foreign_key="supply_round.id", unique=True)
    title: str
    state: str = Field(default=PlanState.DRAFT, index=True)
    made_by: UUID | None = None
    made_at: datetime
    version: int = 1


class SupplyPlanLine(SQLModel, table=True):
    """One supply of a plan: the figures of the moment it was made, and what shall be bought. `price_cents` is for one piece."""

    __tablename__: ClassVar[str] = "supply_plan_line"
    plan_id: UUID = Field(foreign_key="supply_plan.id", primary_key=True)
    supply_id: UUID = Field(foreign_key="supply.id", primary_key=True)
    demand: int
    minimum: int
    on_hand: int
    on_order: int
    pack: int
    packs: int
    price_cents: int | None = Field(default=None, sa_column=Column(BigInteger))
    supplier_id: UUID | None = Field(default=None, foreign_key="supplier.id")


@dataclass(frozen=True, slots=True)
class PlanLineView:
    """`on_hand`, `need` and `packs` are None to a person who counts that shelf blind at present; `cost_cents` None without a price."""

    supply_id: UUID
    number: str
    name: str
    spec: str
    unit: str
    demand: int
    wanted_by: tuple[tuple[str, int], ...]
    minimum: int
    on_hand: int | None
    on_order: int
    need: int | None
    pack: int
    packs: int | None
    price_cents: int | None
    cost_cents: int | None
    supplier_id: UUID | None
    supplier: str


@dataclass(frozen=True, slots=True)
class PlanView:
    id: UUID
    number: str
    title: str
    round_id: UUID
    state: str
    made_by: str
    made_at: datetime
    lines: tuple[PlanLineView, ...]
    budget_cents: int
    unpriced: int
    version: int


def needed(demand: int, minimum: int, on_hand: int, on_order: int) -> int:
    """Pieces to buy so that the demand is met and the minimum stays on the shelf."""
    return max(0, demand + minimum - on_hand - on_order)


def packs_for(pieces: int, pack: int) -> int:
    """The fewest packs that hold so many pieces."""
    return -(-pieces // pack)


class PlanSupplies(Operation):
    round_id: UUID


@operation(PlanSupplies, "supply.plan", roles=KEEPERS)
def plan(s: Session, do: PlanSupplies, by: Actor, at: datetime) -> dict[str, Any]:
    """End the round and draft its plan: what was asked for, and what lies below its minimum. Planned again, the same plan.

    Refuses: supply.round_unknown"""
    row = demand.locked_round(s, do.round_id)
    there = s.execute(select(SupplyPlan).where(col(SupplyPlan.round_id) == row.id)).scalar_one_or_none()
    if there is not None:
        return {"plan_id": there.id}
    demand.close(s, row, at)
    year = clock.today(at).year
    made = SupplyPlan(
        year=year, number=numbering.next_number(s, KIND, year), round_id=row.id, title=row.title, made_by=by.person_id, made_at=at
    )
    s.add(made)
    s.flush()
    wanted = demand.totals(s, row.id)
    coming = _coming(s)
    last = _last_suppliers(s)
    for supply in s.execute(select(Supply).where(col(Supply.retired_at).is_(None)).order_by(col(Supply.number))).scalars():
        asked, on_order = wanted.get(supply.id, 0), coming.get(supply.id, 0)
        need = needed(asked, supply.minimum, supply.on_hand, on_order)
        if asked or need:
            s.add(
                SupplyPlanLine(
                    plan_id=made.id, supply_id=supply.id, demand=asked, minimum=supply.minimum, on_hand=supply.on_hand, on_order=on_order,
                    pack=supply.pack, packs=packs_for(need, supply.pack), price_cents=supply.price_cents, supplier_id=last.get(supply.id),
                )
            )  # fmt: skip
    touch(s, KIND, made.id)
    return {"plan_id": made.id}


class ChangePlanLine(Operation):
    """Only the fields given change."""

    plan_id: UUID
    supply_id: UUID
    packs: Annotated[int, Input(ge=0, le=MOST, strict=True)] | None = None
    price_cents: Annotated[int, Input(ge=0, le=10**10, strict=True)] | None = None
    supplier_id: UUID | None = None


@operation(ChangePlanLine, "supply.change_plan", roles=KEEPERS)
def change_line(s: Session, do: ChangePlanLine, by: Actor, at: datetime) -> None:
    """Refuses: supply.plan_unknown, supply.plan_state, supplier.not_found, supplier.blocked"""
    row = _locked(s, do.plan_id, PlanState.DRAFT, PlanState.REFUSED)
    line = s.get(SupplyPlanLine, (row.id, do.supply_id))
    if line is None:
        raise Refused("supply.plan_unknown")
    if do.packs is not None:
        line.packs = do.packs
    if do.price_cents is not None:
        line.price_cents = do.price_cents
    if "supplier_id" in do.model_fields_set:
        line.supplier_id = suppliers.orderable(s, do.supplier_id).id if do.supplier_id else None
    row.state = PlanState.DRAFT
    row.version += 1
    touch(s, KIND, row.id)


class SubmitPlan(Operation):
    plan_id: UUID


@operation(SubmitPlan, "supply.submit_plan", roles=KEEPERS)
def submit(s: Session, do: SubmitPlan, by: Actor, at: datetime) -> dict[str, Any]:
    """Put the plan with its budget before whoever decides about such a sum.

    Refuses: supply.plan_unknown, supply.plan_state, supply.plan_blind (the sum would say what lies on a shelf the caller counts blind),
    supply.plan_empty, supply.plan_price"""
    row = _locked(s, do.plan_id, PlanState.DRAFT)
    _must_see(s, row, by)
    lines = [line for line in _lines(s, row.id) if line.packs]
    if not lines:
        raise Refused("supply.plan_empty")
    bare = [line for line in lines if line.price_cents is None]
    if bare:
        supply = s.get(Supply, bare[0].supply_id)
        raise Refused("supply.plan_price", name=supply.name if supply else "", lines=len(bare))
    budget = sum(line.packs * line.pack * (line.price_cents or 0) for line in lines)
    row.state = PlanState.WAITING
    row.version += 1
    facts = {"number": number_of(row), "title": row.title, "lines": len(lines), "figure_cents": budget}
    approval = approvals.request(
        s, kind=KIND, subject=(KIND, row.id), title_key="supply.approval.plan", facts=facts, by=by, at=at,
        steps=approval_rules.steps_for(s, KIND, budget, by.person_id),
    )  # fmt: skip
    touch(s, KIND, row.id)
    return {"approval_id": approval.id, "budget_cents": budget}


@approvals.settles(KIND)
def settled(s: Session, approval: Approval, by: Actor, at: datetime) -> None:
    """Agreed, refused (the clerk changes it and asks again) or taken back."""
    row = s.get(SupplyPlan, approval.subject_id)
    if row is not None:
        row.state = {approvals.APPROVED: PlanState.APPROVED, approvals.REFUSED: PlanState.REFUSED}.get(approval.state, PlanState.DRAFT)
        row.version += 1
        touch(s, KIND, row.id)


class OrderPlan(Operation):
    """`due_on`: by when the suppliers shall deliver."""

    plan_id: UUID
    due_on: date | None = None


@operation(OrderPlan, "supply.order_plan", roles=KEEPERS)
def order_plan(s: Session, do: OrderPlan, by: Actor, at: datetime) -> dict[str, Any]:
    """An order for each line of an agreed plan. Refuses: supply.plan_unknown, supply.plan_state, supply.plan_blind, supplier.blocked"""
    row = _locked(s, do.plan_id, PlanState.APPROVED)
    _must_see(s, row, by)
    made = []
    for line in _lines(s, row.id):
        supply = s.get(Supply, line.supply_id)
        if line.packs and supply is not None:
            order = put_order(
                s, supply, line.packs * line.pack, by, at, pack=line.pack, price_cents=line.price_cents, supplier_id=line.supplier_id,
                due_on=do.due_on, plan_id=row.id,
            )  # fmt: skip
            made.append(order.id)
    row.state = PlanState.ORDERED
    row.version += 1
    touch(s, KIND, row.id)
    return {"order_ids": made}


# ── reads ──


def number_of(row: SupplyPlan) -> str:
    return f"CG-{row.year}-{row.number:04d}"


def plans(s: Session, by: Actor, *, state: str = "", after: UUID | None = None, limit: int = 50) -> list[PlanView]:
    """Plans with their lines, newest first."""
    query = select(SupplyPlan).order_by(col(SupplyPlan.id).desc()).limit(limit)
    if state:
        query = query.where(col(SupplyPlan.state) == state)
    if after is not None:
        query = query.where(col(SupplyPlan.id) < after)
    return plan_views(s, s.execute(query).scalars().all(), by)


def plan_of(s: Session, plan_id: UUID, by: Actor) -> PlanView:
    """One plan. Refuses: supply.plan_unknown"""
    row = s.get(SupplyPlan, plan_id)
    if row is None:
        raise Refused("supply.plan_unknown")
    return plan_views(s, [row], by)[0]


def plan_views(s: Session, rows: Sequence[SupplyPlan], by: Actor) -> list[PlanView]:
    """Plans with their lines, in a few statements however many there are."""
    wanted, firms, hidden = demand.wanted_by(s, [row.round_id for row in rows]), suppliers.names(s), hidden_places(s, by)
    makers = {row.made_by for row in rows if row.made_by}
    names = {row.id: row.name for row in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(makers)))}
    round_of = {row.id: row.round_id for row in rows}
    lines: dict[UUID, list[PlanLineView]] = {row.id: [] for row in rows}
    query = select(SupplyPlanLine, Supply).join(Supply, col(Supply.id) == col(SupplyPlanLine.supply_id))
    for line, supply in s.execute(query.where(col(SupplyPlanLine.plan_id).in_(round_of)).order_by(col(Supply.number))):
        blind = supply.place_id in hidden
        cost = line.packs * line.pack * line.price_cents if line.price_cents is not None else None
        need = needed(line.demand, line.minimum, line.on_hand, line.on_order)
        lines[line.plan_id].append(
            PlanLineView(
                supply.id, supply.number, supply.name, supply.spec, supply.unit, line.demand,
                tuple(wanted.get((round_of[line.plan_id], supply.id), ())), line.minimum, None if blind else line.on_hand, line.on_order,
                None if blind else need, line.pack, None if blind else line.packs, line.price_cents, None if blind else cost,
                line.supplier_id, firms.get(line.supplier_id, "") if line.supplier_id else "",
            )
        )  # fmt: skip
    return [
        PlanView(
            row.id, number_of(row), row.title, row.round_id, row.state, names.get(row.made_by, "") if row.made_by else "", row.made_at,
            tuple(lines[row.id]), sum(line.cost_cents or 0 for line in lines[row.id]),
            sum(1 for line in lines[row.id] if line.packs and line.price_cents is None), row.version,
        )
        for row in rows
    ]  # fmt: skip


# ── private ──


def _locked(s: Session, plan_id: UUID, *states: PlanState) -> SupplyPlan:
    row = s.get(SupplyPlan, plan_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Refused("supply.plan_unknown")
    if row.state not in states:
        raise Refused("supply.plan_state", state_key=f"supply.plan.{row.state}")
    return row


def _lines(s: Session, plan_id: UUID) -> Sequence[SupplyPlanLine]:
    return s.execute(select(SupplyPlanLine).where(col(SupplyPlanLine.plan_id) == plan_id)).scalars().all()


def _must_see(s: Session, row: SupplyPlan, by: Actor) -> None:
    hidden = hidden_places(s, by)
    if hidden:
        query = select(Supply.place_id).join(SupplyPlanLine, col(SupplyPlanLine.supply_id) == col(Supply.id))
        if hidden & set(s.execute(query.where(col(SupplyPlanLine.plan_id) == row.id)).scalars()):
            raise Refused("supply.plan_blind")


def _coming(s: Session) -> dict[UUID, int]:
    """Pieces that are ordered and not here yet, or stand in a plan that was put before somebody and is not ordered yet."""
    found: dict[UUID, int] = {}
    for order in open_orders(s):
        found[order.supply_id] = found.get(order.supply_id, 0) + order.open
    query = select(SupplyPlanLine).join(SupplyPlan, col(SupplyPlan.id) == col(SupplyPlanLine.plan_id))
    for line in s.execute(query.where(col(SupplyPlan.state).in_((PlanState.WAITING, PlanState.APPROVED)))).scalars():
        found[line.supply_id] = found.get(line.supply_id, 0) + line.packs * line.pack
    return found


def _last_suppliers(s: Session) -> dict[UUID, UUID]:
    """From whom each supply was ordered last, where the office would still order there."""
    firms = suppliers.names(s, to_order=True)
    query = (
        select(SupplyOrder.supply_id, SupplyOrder.supplier_id)
        .where(col(SupplyOrder.supplier_id).is_not(None))
        .order_by(col(SupplyOrder.id))
    )
    return {supply_id: firm for supply_id, firm in s.execute(query) if firm in firms}


def _list(s: Session, query: Query, by: Actor) -> Page:
    try:
        after = UUID(query.cursor) if query.cursor else None
    except ValueError:
        raise Refused("query.cursor") from None
    rows = plans(s, by, state=query.filters.get("state", ""), after=after, limit=query.limit + 1)
    more, rows = len(rows) > query.limit, rows[: query.limit]
    return Page(rows, str(rows[-1].id) if more else None)


def _one(s: Session, id: str, by: Actor) -> PlanView | None:
    try:
        return plan_of(s, UUID(id), by)
    except (ValueError, Refused):
        return None


PLANS = Collection(
    "supply_plans", READERS, _list, _one,
    tuple(ExportColumn(name, f"supply.plan.column.{name}") for name in ("number", "title", "state", "made_by", "made_at", "budget_cents")), ("state",),
)  # fmt: skip

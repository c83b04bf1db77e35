"""What was asked for and what was ordered: requests of people, orders, and how much of an order is still open (pitfall T35; scenario Office
5).

An order has no stored state: how much is open is what was ordered less what was accepted, so it can not get stuck. Refused pieces stay
open; the tolerance is zero: one piece more than is open is refused, with the figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import attachments, duties, people
from core.mechanisms.operations import PERSON_ROLES, SYSTEM, Actor, Operation, Role, current_op_id, operation, touch
from core.sections import suppliers
from core.sections.supplies.record import KEEPERS, Line, Quantity, Reason, Supply, get


class SupplyOrder(SQLModel, table=True):
    """So many pieces of one supply were ordered, `pack` of them in a pack; `price_cents` is for one piece, `due_on` the day they shall be here."""

    __tablename__: ClassVar[str] = "supply_order"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    supply_id: UUID = Field(foreign_key="supply.id", index=True)
    quantity: int
    pack: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    price_cents: int | None = Field(default=None, sa_column=Column(BigInteger))
    supplier: str = ""
    supplier_id: UUID | None = Field(default=None, index=True)
    plan_id: UUID | None = Field(default=None, index=True)
    due_on: date | None = None
    ordered_by: UUID | None = None
    ordered_at: datetime
    cancelled_at: datetime | None = None


class SupplyReceipt(SQLModel, table=True):
    """What came at one time: accepted and refused pieces, the mark for service (1 to 5) and the evidence. Append-only."""

    __tablename__: ClassVar[str] = "supply_receipt"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    supply_id: UUID = Field(foreign_key="supply.id", index=True)
    order_id: UUID | None = Field(default=None, foreign_key="supply_order.id", index=True)
    accepted: int
    refused: int
    service: int | None = None
    reason: str = ""
    photos: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    person_id: UUID | None = None
    at: datetime
    op_id: UUID


class SupplyRequest(SQLModel, table=True):
    """A person needs something that is not for them to take."""

    __tablename__: ClassVar[str] = "supply_request"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    supply_id: UUID = Field(foreign_key="supply.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    quantity: int
    note: str = ""
    requested_at: datetime
    settled_at: datetime | None = None


database.append_only("supply_receipt")


@dataclass(frozen=True, slots=True)
class OrderView:
    id: UUID
    supply_id: UUID
    name: str
    unit: str
    quantity: int
    accepted: int
    refused: int
    open: int
    pack: int
    supplier: str
    due_on: date | None
    ordered_at: datetime


@dataclass(frozen=True, slots=True)
class RequestView:
    id: UUID
    supply_id: UUID
    name: str
    unit: str
    quantity: int
    person_id: UUID
    person: str
    note: str
    requested_at: datetime


class OrderSupply(Operation):
    """Pieces, not packs. A supplier is one of the register, or just a name."""

    id: UUID | None = None
    supply_id: UUID
    quantity: Quantity
    supplier: Line = ""
    supplier_id: UUID | None = None
    due_on: date | None = None


@operation(OrderSupply, "supply.order", roles=KEEPERS)
def order(s: Session, do: OrderSupply, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: supply.not_found, supplier.not_found, supplier.blocked"""
    supply = get(s, do.supply_id)
    row = put_order(
        s, supply, do.quantity, by, at, pack=supply.pack, price_cents=supply.price_cents, supplier=do.supplier, supplier_id=do.supplier_id,
        due_on=do.due_on, order_id=do.id,
    )  # fmt: skip
    return {"order_id": row.id}


def put_order(
    s: Session, supply: Supply, quantity: int, by: Actor, at: datetime, *, pack: int = 1, price_cents: int | None = None, supplier: str = "",
    supplier_id: UUID | None = None, due_on: date | None = None, plan_id: UUID | None = None, order_id: UUID | None = None,
) -> SupplyOrder:  # fmt: skip
    """An order inside an operation. Refuses: supplier.not_found, supplier.blocked"""
    if supplier_id is not None:
        supplier = suppliers.orderable(s, supplier_id).name
    row = SupplyOrder(
        id=order_id or uuid7(), supply_id=supply.id, quantity=quantity, pack=pack, price_cents=price_cents, supplier=supplier, supplier_id=supplier_id, due_on=due_on,
        plan_id=plan_id, ordered_by=by.person_id, ordered_at=at,
    )  # fmt: skip
    s.add(row)
    touch(s, "supply", supply.id)
    return row


class CancelOrder(Operation):
    order_id: UUID


@operation(CancelOrder, "supply.cancel_order", roles=KEEPERS)
def cancel_order(s: Session, do: CancelOrder, by: Actor, at: datetime) -> None:
    """Nothing more is expected. Refuses: supply.order_unknown"""
    row = s.get(SupplyOrder, do.order_id)
    if row is None:
        raise Refused("supply.order_unknown")
    row.cancelled_at = row.cancelled_at or at
    touch(s, "supply", row.supply_id)


class RequestSupply(Operation):
    supply_id: UUID
    quantity: Quantity
    note: Reason = ""


@operation(RequestSupply, "supply.request", roles=PERSON_ROLES, offline=True)
def request(s: Session, do: RequestSupply, by: Actor, at: datetime) -> dict[str, Any]:
    """The clerk gets it as a duty; issuing that much to the person settles it. Refuses: supply.not_found"""
    supply = get(s, do.supply_id)
    person = people.get(s, by.person_id)
    row = SupplyRequest(supply_id=supply.id, person_id=person.id, quantity=do.quantity, note=do.note, requested_at=at)
    s.add(row)
    s.flush()
    clerks = people.with_role(s, Role.CLERK) or people.with_role(s, Role.ADMIN)
    duties.open_duty(
        s, title_key="supply.duty.request", owner_id=clerks[0].id, subject=("supply", supply.id), at=at, by=by, remark=do.note,
        facts={"name": supply.name, "quantity": do.quantity, "unit": supply.unit, "person": person.name}, merge_key=_key(row.id),
    )  # fmt: skip
    touch(s, "supply", supply.id)
    return {"request_id": row.id}


# ── for stock.py ──


def receive_for_order(
    s: Session,
    supply: Supply,
    order_id: UUID | None,
    accepted: int,
    refused: int,
    reason: str,
    photos: Sequence[str],
    by: Actor,
    at: datetime,
    service: int | None = None,
) -> int | None:
    """Note a receipt; answers how much of its order is open now. Refuses: supply.order_unknown, supply.more_than_ordered"""
    left: int | None = None
    if order_id is not None:
        row = s.execute(select(SupplyOrder).where(col(SupplyOrder.id) == order_id).with_for_update()).scalar_one_or_none()
        if row is None or row.supply_id != supply.id or row.cancelled_at is not None:
            raise Refused("supply.order_unknown")
        open_before = row.quantity - _accepted(s, [row.id]).get(row.id, (0, 0))[0]
        if accepted > open_before:
            raise Refused("supply.more_than_ordered", open=open_before, quantity=accepted, unit=supply.unit)
        left = open_before - accepted
    receipt = SupplyReceipt(
        supply_id=supply.id, order_id=order_id, accepted=accepted, refused=refused, service=service, reason=reason,
        photos=list(photos), person_id=by.person_id, at=at,
        op_id=current_op_id(s),
    )  # fmt: skip
    s.add(receipt)
    attachments.use(s, photos, "supply", supply.id, by, at)
    return left


def settle_requests(s: Session, supply_id: UUID, person_id: UUID, quantity: int, at: datetime) -> None:
    """What a person asked for and now has is settled, oldest first, as far as the issued pieces reach."""
    rows = s.execute(
        select(SupplyRequest)
        .where(
            col(SupplyRequest.supply_id) == supply_id, col(SupplyRequest.person_id) == person_id, col(SupplyRequest.settled_at).is_(None)
        )
        .order_by(col(SupplyRequest.id))
    ).scalars()
    for row in rows:
        if row.quantity > quantity:
            return
        quantity -= row.quantity
        row.settled_at = at
        duty = duties.find_open(s, _key(row.id))
        if duty is not None:
            duties.settle(s, duty, SYSTEM, at)


# ── reads ──


def open_orders(s: Session, supply_id: UUID | None = None) -> list[OrderView]:
    """Orders of which something is still to come, oldest first."""
    query = (
        select(SupplyOrder, Supply)
        .join(Supply, col(Supply.id) == col(SupplyOrder.supply_id))
        .where(col(SupplyOrder.cancelled_at).is_(None))
    )
    if supply_id is not None:
        query = query.where(col(SupplyOrder.supply_id) == supply_id)
    rows = list(s.execute(query.order_by(col(SupplyOrder.id))))
    sums = _accepted(s, [row.id for row, _ in rows])
    found = []
    for row, supply in rows:
        accepted, refused = sums.get(row.id, (0, 0))
        if accepted < row.quantity:
            left = row.quantity - accepted
            found.append(
                OrderView(
                    row.id,
                    supply.id,
                    supply.name,
                    supply.unit,
                    row.quantity,
                    accepted,
                    refused,
                    left,
                    row.pack,
                    row.supplier,
                    row.due_on,
                    row.ordered_at,
                )
            )
    return found


def open_requests(s: Session) -> list[RequestView]:
    """What people asked for and nobody has given them yet, oldest first."""
    query = (
        select(SupplyRequest, Supply, people.Person)
        .join(Supply, col(Supply.id) == col(SupplyRequest.supply_id))
        .join(people.Person, col(people.Person.id) == col(SupplyRequest.person_id))
        .where(col(SupplyRequest.settled_at).is_(None))
        .order_by(col(SupplyRequest.id))
    )
    return [RequestView(r.id, x.id, x.name, x.unit, r.quantity, p.id, p.name, r.note, r.requested_at) for r, x, p in s.execute(query)]


def _accepted(s: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    query = select(SupplyReceipt.order_id, func.sum(SupplyReceipt.accepted), func.sum(SupplyReceipt.refused)).where(
        col(SupplyReceipt.order_id).in_(ids)
    )
    return {
        order_id: (int(accepted), int(refused)) for order_id, accepted, refused in s.execute(query.group_by(col(SupplyReceipt.order_id)))
    }


def _key(request_id: UUID) -> str:
    return f"supply_request/{request_id}"

"""What nobody fetches: the recipient is reminded, then the deputy, then reception decides; what couriers were called is forgotten in time.

A meal gets cold in minutes, a paper in hours, a parcel in working days. Each step happens once, whatever restarts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock, database
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import notices, office, people, workdays
from core.mechanisms.operations import OFFICE, SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.sections.deliveries import record
from core.sections.deliveries.record import Delivery, DeliveryState

MORNING = time(9, 0)


@dataclass(frozen=True, slots=True)
class Step:
    """When a reminder is due: so long after the drop, or in the morning so many working days later; who hears of it beside the recipient."""

    after: timedelta = timedelta(0)
    workdays: int = 0
    deputy: bool = False
    reception: bool = False


PARCEL = (Step(workdays=1), Step(workdays=3, deputy=True), Step(workdays=5, deputy=True, reception=True))
LADDERS: dict[str, tuple[Step, ...]] = {
    "meal": (Step(after=timedelta(minutes=15)), Step(after=timedelta(minutes=45), deputy=True, reception=True)),
    "document": (Step(after=timedelta(hours=2)), Step(workdays=1, deputy=True), Step(workdays=2, deputy=True, reception=True)),
}


def ladder_of(kind: str) -> tuple[Step, ...]:
    return LADDERS.get(kind, PARCEL)


def due_at(s: Session, delivery: Delivery, step: Step) -> datetime:
    """The moment a step is due."""
    if not step.workdays:
        return delivery.dropped_at + step.after
    day = workdays.add(s, delivery.dropped_on, step.workdays)
    return datetime.combine(day, MORNING, tzinfo=clock.zone())


class RemindDelivery(Operation):
    """`step` counts from 1; the desk reminds out of turn with 0."""

    delivery_id: UUID
    step: Annotated[int, Input(ge=0, le=9)] = 0


@operation(RemindDelivery, "delivery.remind", roles=OFFICE)
def remind(s: Session, do: RemindDelivery, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{told}`, how many were told. One that is fetched meanwhile is left in peace. Refuses: delivery.not_found"""
    delivery = record.get(s, do.delivery_id)
    if delivery.state != DeliveryState.WAITING or delivery.recipient_id is None or (do.step and do.step <= delivery.reminders):
        return {"told": 0}
    steps = ladder_of(delivery.kind)
    step = steps[min(do.step, len(steps)) - 1] if do.step else Step()
    person = people.get(s, delivery.recipient_id)
    facts = {
        "n": delivery.pieces, "what_key": f"delivery.kind.{delivery.kind}", "receipt": delivery.receipt, "shelf": f"{delivery.shelf or 0:03d}",
        "name": person.name, "since": delivery.dropped_at,
    }  # fmt: skip
    subject = ("delivery", delivery.id)
    notices.queue(s, key="delivery.still_here", facts=facts, at=at, to_person_id=person.id, subject=subject)
    told = 1
    if step.deputy and person.deputy_id is not None:
        notices.queue(s, key="delivery.still_here_for", facts=facts, at=at, to_person_id=person.deputy_id, subject=subject)
        told += 1
    if step.reception:
        told += len(notices.queue_roles(s, Role.RECEPTION, key="delivery.nobody_comes", facts=facts, at=at, subject=subject, mail=False))
    delivery.reminders, delivery.reminded_at = max(delivery.reminders, do.step), at
    delivery.version += 1
    touch(s, "delivery", delivery.id)
    return {"told": told}


@job(every_s=60)
def remind_due(at: datetime) -> int:
    """Every waiting delivery whose next step is due; after a pause of the server only the latest step is told. Returns how many were told of."""
    with database.reading() as s:
        query = select(Delivery).where(col(Delivery.state) == DeliveryState.WAITING, col(Delivery.reminders) < len(PARCEL))
        due = []
        for delivery in s.execute(query.order_by(col(Delivery.dropped_at))).scalars():
            steps = ladder_of(delivery.kind)
            reached = [number for number, step in enumerate(steps, 1) if number > delivery.reminders and due_at(s, delivery, step) <= at]
            if reached:
                due.append((delivery.id, reached[-1]))
    for delivery_id, step in due:
        perform_now(
            RemindDelivery(delivery_id=delivery_id, step=step), by=SYSTEM, at=at, op_id=derived("delivery.remind", delivery_id, step)
        )
    return len(due)


class EraseDeliveries(Operation):
    delivery_ids: Annotated[list[UUID], Input(min_length=1, max_length=200)]


@operation(EraseDeliveries, "delivery.erase", roles=set())
def erase(s: Session, do: EraseDeliveries, by: Actor, at: datetime) -> dict[str, Any]:
    """Forget who brought and took them and how they signed; that they came, and to whom, stays."""
    for delivery_id in do.delivery_ids:
        delivery = s.get(Delivery, delivery_id)
        if delivery is not None and delivery.erased_at is None:
            delivery.courier = delivery.addressee = delivery.taker = delivery.remark = ""
            delivery.strokes, delivery.erased_at = None, at
            delivery.version += 1
            touch(s, "delivery", delivery.id)
    for one in s.execute(select(record.DeliveryPass).where(col(record.DeliveryPass.delivery_id).in_(do.delivery_ids))).scalars():
        one.bearer, one.ended_at = "", one.ended_at or at
    notices.erase_facts(s, "delivery", do.delivery_ids)
    return {"erased": len(do.delivery_ids)}


@job(every_s=3600)
def erase_old(at: datetime) -> int:
    """The keeping time of visitors' data counts for couriers too. Returns how many were erased."""
    with database.reading() as s:
        before = at - timedelta(days=int(office.setting(s, "visit.retention_days")))
        query = select(col(Delivery.id)).where(col(Delivery.picked_up_at) <= before, col(Delivery.erased_at).is_(None)).limit(200)
        ids = list(s.execute(query).scalars())
    if ids:
        perform_now(EraseDeliveries(delivery_ids=ids), by=SYSTEM, at=at, op_id=derived("delivery.erase", *ids))
    return len(ids)

"""How well a supplier does, worked out from what really came (供应商评估, guide S1.2-R10; scenario Things 9).

For each quarter in which something was received: quality = accepted ÷ (accepted + refused) pieces, punctuality = deliveries in time ÷ deliveries with
a day agreed, service = the marks given at the receipt ÷ 5. A quarter's score is the mean of those that are known, the supplier's the mean of its
quarters, in per cent with one decimal. A quarter without receipts says nothing and is not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.sections.supplies.orders import SupplyOrder, SupplyReceipt


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole: `part` ÷ `whole`."""

    part: int
    whole: int

    @property
    def percent(self) -> Decimal:
        return _one_decimal(Decimal(100) * self.part / self.whole)


@dataclass(frozen=True, slots=True)
class QuarterScore:
    """One quarter with receipts. What nobody said is None."""

    year: int
    quarter: int
    quality: Share
    punctual: Share | None
    service: Share | None
    score: Decimal


@dataclass(frozen=True, slots=True)
class SupplierScore:
    """`score` in per cent, or None while nothing was received; `quarters`, the newest first, are its arithmetic."""

    score: Decimal | None
    quarters: tuple[QuarterScore, ...] = ()


def scores(s: Session, supplier_ids: Sequence[UUID]) -> dict[UUID, SupplierScore]:
    """The scores of these suppliers, in one statement."""
    query = (
        select(
            SupplyOrder.supplier_id,
            SupplyOrder.due_on,
            SupplyReceipt.at,
            SupplyReceipt.accepted,
            SupplyReceipt.refused,
            SupplyReceipt.service,
        )
        .join(SupplyReceipt, col(SupplyReceipt.order_id) == col(SupplyOrder.id))
        .where(col(SupplyOrder.supplier_id).in_(supplier_ids))
    )
    came: dict[UUID, dict[tuple[int, int], list[tuple[int, int, bool | None, int | None]]]] = {}
    for supplier_id, due_on, at, accepted, refused, service in s.execute(query):
        day = clock.today(at)
        quarter = (day.year, (day.month + 2) // 3)
        in_time = day <= due_on if due_on is not None else None
        came.setdefault(supplier_id, {}).setdefault(quarter, []).append((accepted, refused, in_time, service))
    return {supplier_id: _score(came.get(supplier_id, {})) for supplier_id in supplier_ids}


def _score(came: dict[tuple[int, int], list[tuple[int, int, bool | None, int | None]]]) -> SupplierScore:
    quarters = []
    for (year, quarter), receipts in sorted(came.items(), reverse=True):
        accepted, refused = sum(r[0] for r in receipts), sum(r[1] for r in receipts)
        timed, marks = [r[2] for r in receipts if r[2] is not None], [r[3] for r in receipts if r[3] is not None]
        quality = Share(accepted, accepted + refused)
        punctual = Share(sum(timed), len(timed)) if timed else None
        service = Share(sum(marks), 5 * len(marks)) if marks else None
        known = [share.percent for share in (quality, punctual, service) if share is not None]
        quarters.append(QuarterScore(year, quarter, quality, punctual, service, _mean(known)))
    return SupplierScore(_mean([one.score for one in quarters]) if quarters else None, tuple(quarters))


def _mean(values: Sequence[Decimal]) -> Decimal:
    return _one_decimal(sum(values, Decimal()) / len(values))


def _one_decimal(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), ROUND_HALF_UP)

"""What an asset is still worth on a day: straight line over its life, in whole months, to the cent (norms.md 6; pitfall T36).

A plain calculation on data, no posting engine. Depreciation begins with the month after the purchase; after `life_months` months the asset
stands at its salvage value and never below. The month's share is the difference of two cumulated amounts, so the shares add up to cost −
salvage exactly, whatever the division leaves. An asset that left the register stays at what it was worth that day. Where cost, day or life
is missing, what somebody stated (`net_value_cents`) counts. `at_day` says the same in SQL, so that lists, sums and stock-takes agree with the card.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, and_, case, cast, extract, func, literal

from core.foundation import database


def months_used(bought_on: date, day: date) -> int:
    """Whole calendar months after that of the purchase: 0 within it, 1 from the first of the next."""
    return max(0, (day.year - bought_on.year) * 12 + day.month - bought_on.month)


def worn_cents(cost_cents: int, salvage_cents: int, life_months: int, months: int) -> int:
    """What `months` months took off, cumulated."""
    return max(0, cost_cents - salvage_cents) * min(max(months, 0), life_months) // life_months


def net_value_cents(
    cost_cents: int | None, salvage_cents: int | None, life_months: int | None, bought_on: date | None, day: date, *,
    left_on: date | None = None, stated_cents: int | None = None,
) -> int | None:  # fmt: skip
    """The net value on `day`, or what was stated where it can not be calculated."""
    if cost_cents is None or not life_months or bought_on is None:
        return stated_cents
    until = min(day, left_on) if left_on else day
    return cost_cents - worn_cents(cost_cents, salvage_cents or 0, life_months, months_used(bought_on, until))


def computable(cost_cents: int | None, life_months: int | None, bought_on: date | None) -> bool:
    """Whether the net value follows from the record itself."""
    return cost_cents is not None and bool(life_months) and bought_on is not None


@dataclass(frozen=True, slots=True)
class MonthOfWear:
    """One month of a schedule: `year`, `month`, what it takes off, what is left after it. Money in cents."""

    year: int
    month: int
    share_cents: int
    left_cents: int


def schedule(cost_cents: int, salvage_cents: int, life_months: int, bought_on: date) -> Iterator[MonthOfWear]:
    """Month by month from the one after the purchase; the shares add up to cost − salvage."""
    for number in range(1, life_months + 1):
        index = bought_on.year * 12 + bought_on.month - 1 + number
        before, after = (worn_cents(cost_cents, salvage_cents, life_months, months) for months in (number - 1, number))
        yield MonthOfWear(index // 12, index % 12 + 1, after - before, cost_cents - after)


def at_day(table: Any, day: date) -> ColumnElement[int]:
    """The net value of a row of `asset` on `day`, as SQL for both databases; integers throughout."""
    c = table.__table__.c if hasattr(table, "__table__") else table.c
    last: Any = literal(day.year * 12 + day.month, Integer)
    least, most = (func.min, func.max) if database.dialect() == database.SQLITE else (func.least, func.greatest)
    until = case(
        (c.left_on.is_(None), last), else_=least(_months(c.left_on), last)
    )  # nearly always the first: the rest is not evaluated then
    used = least(most(until - _months(c.bought_on), 0), c.life_months)
    wearing = most(c.value_cents - func.coalesce(c.salvage_cents, 0), 0)
    worn = cast(wearing, BigInteger) * cast(used, Integer) // c.life_months
    known = and_(c.life_months > 0, c.value_cents.is_not(None), c.bought_on.is_not(None))
    return case((known, c.value_cents - worn), else_=c.net_value_cents)


def _months(day: Any) -> Any:
    return cast(extract("year", day), Integer) * 12 + cast(extract("month", day), Integer)

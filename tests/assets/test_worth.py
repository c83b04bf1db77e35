"""The net value of an asset: straight line, to the cent, the same on every page (pitfall T36)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.foundation import clock, database
from core.mechanisms.views import Query
from core.sections import assets, stocktakes
from core.sections.assets import Asset, Filter, worth
from core.sections.stocktakes.record import StocktakeLine
from tests.cast import Office

CENTS = st.integers(0, 10**14)
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@pytest.mark.proves("T36")
@given(cost=CENTS, salvage=CENTS, life=st.integers(1, 1200), bought_on=st.dates(date(1990, 1, 1), date(2060, 12, 31)))
@settings(max_examples=60, deadline=None)
def test_the_months_of_a_life_add_up_to_cost_less_salvage(cost: int, salvage: int, life: int, bought_on: date) -> None:
    salvage = min(salvage, cost)
    plan = list(worth.schedule(cost, salvage, life, bought_on))
    assert len(plan) == life and sum(month.share_cents for month in plan) == cost - salvage
    assert plan[-1].left_cents == salvage and all(month.share_cents >= 0 for month in plan)
    shares = [month.share_cents for month in plan]
    assert max(shares) - min(shares) <= 1  # nobody's month is off by more than the cent that can not be shared


@pytest.mark.proves("T36")
@given(cost=CENTS, salvage=CENTS, life=st.integers(1, 1200), bought_on=DAYS, day=DAYS)
@settings(max_examples=120, deadline=None)
def test_a_net_value_is_never_below_salvage_nor_above_cost(cost: int, salvage: int, life: int, bought_on: date, day: date) -> None:
    net = worth.net_value_cents(cost, salvage, life, bought_on, day)
    assert net is not None and min(cost, salvage) <= net <= cost


@pytest.mark.parametrize(
    ("day", "net"),
    [
        ("2025-12-31", 120_000), ("2026-01-15", 120_000), ("2026-01-31", 120_000), ("2026-02-01", 118_167), ("2026-02-28", 118_167),
        ("2026-12-31", 99_834), ("2027-01-31", 98_000), ("2031-01-01", 10_000), ("2031-01-31", 10_000), ("2099-01-01", 10_000),
    ],
)  # fmt: skip
def test_depreciation_begins_with_the_month_after_the_purchase(day: str, net: int) -> None:
    assert worth.net_value_cents(120_000, 10_000, 60, date(2026, 1, 15), date.fromisoformat(day)) == net


def test_what_can_not_be_calculated_is_what_was_stated() -> None:
    day = date(2026, 11, 23)
    assert worth.net_value_cents(None, None, 60, day, day, stated_cents=5) == 5
    assert worth.net_value_cents(100, None, None, day, day, stated_cents=5) == 5
    assert worth.net_value_cents(100, None, 60, None, day, stated_cents=None) is None
    assert worth.net_value_cents(100, None, 0, day, day, stated_cents=7) == 7


@pytest.mark.proves("T36")
def test_list_card_sum_and_export_say_the_same_on_both_databases(office: Office) -> None:
    rows: list[tuple[int | None, int | None, int | None, date | None, int | None]] = [
        (120_000, 10_000, 60, date(2026, 1, 15), None), (100, None, 3, date(2026, 9, 30), None), (999_999_999, 1, 7, date(2026, 11, 1), None),
        (5_000, None, None, date(2020, 1, 1), 1_234), (None, None, 60, date(2020, 1, 1), 77), (10**14, 0, 1_200, date(1990, 2, 28), None),
        (700, None, 12, date(2027, 5, 1), None), (1, None, 1, date(2026, 10, 31), None), (None, None, None, None, None),
    ]  # fmt: skip
    for index, (cost, salvage, life, bought, stated) in enumerate(rows):
        do = assets.RegisterAsset(
            number=f"ZC-{index}", name="椅子", value_cents=cost, salvage_cents=salvage, life_months=life, bought_on=bought, net_value_cents=stated,
        )  # fmt: skip
        office.do(do, office.bo)
    today = clock.today()
    want = [worth.net_value_cents(cost, salvage, life, bought, today, stated_cents=stated) for cost, salvage, life, bought, stated in rows]
    listed = office.read(assets.COLLECTION.list, Query(limit=500), office.bo).items
    assert [row.net_value_cents for row in listed] == want
    with database.reading() as s:
        by_sql = list(s.execute(select(worth.at_day(Asset, today)).order_by(Asset.number)).scalars())  # type: ignore[arg-type]  # a column
    assert by_sql == want
    assert office.read(assets.totals, Filter()).net_cents == sum(net or 0 for net in want)
    assert office.read(assets.card, str(listed[0].id), office.bo).net_value_cents == want[0] == 101_667


@pytest.mark.proves("T36")
def test_an_asset_that_left_the_register_stays_at_that_days_worth(office: Office) -> None:
    do = assets.RegisterAsset(number="ZC-1", name="车", value_cents=96_000, life_months=96, bought_on=date(2024, 11, 1))
    asset_id = UUID(office.do(do, office.bo)["asset_id"])
    with database.writing() as s:
        asset = assets.get(s, asset_id)
        s.info["op_id"] = asset_id
        assets.change(s, asset, {"state": "disposed"}, "disposed", office.bo, clock.now(), reason="报废")
    assert office.read(assets.get, asset_id).left_on == clock.today()
    office.later(days=400)
    view = office.read(assets.view, office.read(assets.get, asset_id))
    assert view.net_value_cents == 96_000 - 24 * 1_000 == office.read(assets.totals, Filter(states=("disposed",))).net_cents
    assert office.read(assets.totals, Filter()).net_cents == 0, "what left is worth nothing to the book"


@pytest.mark.proves("T36")
def test_a_stock_take_and_a_disposal_value_a_thing_as_its_card_does(office: Office) -> None:
    do = assets.RegisterAsset(
        number="ZC-1", name="投影仪", value_cents=120_000, salvage_cents=10_000, life_months=60, bought_on=date(2026, 1, 15), place_id=office.places["301"],
    )  # fmt: skip
    asset_id = UUID(office.do(do, office.bo)["asset_id"])
    net = office.read(assets.card, str(asset_id), office.bo).net_value_cents
    session = UUID(
        office.do(stocktakes.OpenStocktake(kind=stocktakes.Kind.ASSET, place_ids=(office.places["301"],)), office.bo)["stocktake_id"]
    )
    with database.reading() as s:
        line = s.execute(select(StocktakeLine).where(StocktakeLine.stocktake_id == session)).scalars().one()  # type: ignore[arg-type]  # a column
    assert line.net_value_cents == net == 101_667
    office.do(assets.RequestDisposal(asset_id=asset_id, reason="坏了"), office.bo)
    with database.reading() as s:
        assert s.execute(select(assets.AssetDisposal)).scalars().one().net_value_cents == net

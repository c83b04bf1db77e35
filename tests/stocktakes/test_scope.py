"""What is counted: by place, department, class, value and a sample that anyone can draw again; who counts where; a frozen scope."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from core.foundation import clock
from core.foundation.errors import Invalid
from core.mechanisms.operations import parse
from core.sections import assets, stocktakes, supplies
from core.sections.stocktakes import AssignCounters, Counter, OpenStocktake, Result
from tests.stocktakes.stage import Stage
from tests.stocktakes.test_supplies import Shelf


@pytest.fixture
def stocked(stage: Stage) -> Stage:
    """Twelve things: desks and laptops of two departments in two rooms and one nowhere, 100 to 1,200 yuan."""
    office = stage.office
    for n in range(12):
        stage.asset(
            f"ZC-{n:02}", ("301", "302", None)[n % 3] if n == 11 else ("301", "302")[n % 2], value=(n + 1) * 100_00, class_code=("2010104", "6010200")[n % 2],
            department_id=office.departments["办公室" if n < 8 else "财务科"],
        )  # fmt: skip
    return stage


def opened(stage: Stage, **scope: object) -> tuple[UUID, list[str]]:
    do = OpenStocktake(kind="asset", **scope)
    seen = stage.office.read(stocktakes.preview, do)
    made = stage.office.do(do, stage.office.ann)
    session = UUID(made["stocktake_id"])
    lines = stage.review(session).lines
    if do.sample_seed or not (do.sample_count or do.sample_percent):
        assert (seen.lines, seen.value_cents) == (len(lines), sum(line.value_cents or 0 for line in lines)), "the dialog promised as much"
    return session, sorted(line.number for line in lines)


@pytest.mark.proves("S4.1-R6")
def test_a_count_takes_departments_classes_and_values_together(stocked: Stage) -> None:
    office = stocked.office
    finance = office.departments["财务科"]
    assert opened(stocked, department_ids=(finance,))[1] == ["ZC-08", "ZC-09", "ZC-10", "ZC-11"], "also what stands nowhere"
    assert opened(stocked, department_ids=(finance,), place_ids=(office.places["301"],))[1] == ["ZC-08", "ZC-10"]
    assert opened(stocked, class_codes=("6010",))[1] == [f"ZC-{n:02}" for n in range(1, 12, 2)]
    assert opened(stocked, value_from_cents=300_00, value_to_cents=500_00)[1] == ["ZC-02", "ZC-03", "ZC-04"], "both ends belong to it"
    assert opened(stocked, place_ids=(office.places["三楼"],), class_codes=("2010", "6010"), value_from_cents=1_000_00)[1] == [
        "ZC-09",
        "ZC-10",
    ]


@pytest.mark.proves("S4.1-R6")
def test_a_sample_is_drawn_by_its_seed_and_anyone_can_draw_it_again(stocked: Stage) -> None:
    floor = (stocked.office.places["三楼"],)
    first, one = opened(stocked, place_ids=floor, sample_count=4, sample_seed="2026-11")
    _, two = opened(stocked, place_ids=floor, sample_count=4, sample_seed="2026-11")
    others = {tuple(opened(stocked, place_ids=floor, sample_count=4, sample_seed=str(n))[1]) for n in range(6)}
    assert one == two and len(one) == 4 and len(others) > 3
    session = stocked.session(first)
    assert (session.expected_count, session.population) == (4, 11)
    assert len(opened(stocked, place_ids=floor, sample_percent=10)[1]) == 2, "a tenth of eleven, rounded up"
    assert len(opened(stocked, place_ids=floor, sample_count=500)[1]) == 11
    unseeded, _ = opened(stocked, place_ids=floor, sample_count=4)
    assert stocked.session(unseeded).sample_seed, "a seed was made, and is kept for who asks how it was drawn"


def test_what_is_outside_the_sample_is_taken_and_no_difference(stocked: Stage) -> None:
    floor = (stocked.office.places["三楼"],)
    session, drawn = opened(stocked, place_ids=floor, sample_count=3, sample_seed="a")
    other = next(thing for number, thing in stocked.things.items() if number not in drawn and number != "ZC-11")
    room = "301" if int(other.number[-2:]) % 2 == 0 else "302"
    stocked.seen(session, other, room, stocked.office.mei)
    review = stocked.review(session)
    assert (review.sums.expected, review.sums.unexpected, review.sums.surplus) == (3, 1, 0)
    assert next(line for line in review.lines if line.number == other.number).result == Result.MATCHED


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({}, "stocktake.scope_empty"),
        ({"sample_count": 5}, "stocktake.scope_empty"),
        ({"class_codes": ["2"], "sample_count": 5, "sample_percent": 5}, "stocktake.sample_twice"),
        ({"value_from_cents": 2, "value_to_cents": 1}, "stocktake.value_reversed"),
        ({"value_from_cents": -1}, "greater"),
        ({"class_codes": ["2"], "sample_percent": 101}, "less"),
        ({"class_codes": [""]}, "at least 1"),
    ],
)
def test_a_scope_that_makes_no_sense_is_told_so(payload: dict[str, object], problem: str) -> None:
    with pytest.raises(Invalid) as err:
        parse("stocktake.open", {"kind": "asset", **payload})
    assert err.value.code == "op.invalid" and problem in str(err.value.facts["problems"])


def test_departments_and_keepers_are_of_assets_and_unknown_ones_are_refused(stocked: Stage) -> None:
    office = stocked.office
    place = (office.places["301"],)
    for more in ({"class_codes": ("2",)}, {"mode": "self"}):
        assert office.refused(OpenStocktake(kind="supply", place_ids=place, **more), office.ann).code == "stocktake.assets_only"
    assert office.refused(OpenStocktake(kind="asset", department_ids=(uuid4(),)), office.ann).code == "stocktake.department_unknown"
    assert office.refused(OpenStocktake(kind="asset", place_ids=(uuid4(),)), office.ann).code == "place.not_found"
    outside = Counter(person_id=office.mei.person_id, place_id=office.places["302"])
    assert office.refused(OpenStocktake(kind="asset", place_ids=place, counters=(outside,)), office.ann).code == "stocktake.place_outside"


@pytest.mark.proves("S4.1-R6")
def test_counters_have_the_count_on_their_phones_and_progress_is_shown_by_person_and_place(stocked: Stage) -> None:
    office = stocked.office
    session, _ = opened(
        stocked, place_ids=(office.places["三楼"],),
        counters=(Counter(person_id=office.mei.person_id, place_id=office.places["301"]), Counter(person_id=office.wu.person_id)),
    )  # fmt: skip
    phone = office.read(stocktakes.for_phone, office.mei)[0]
    assert phone.asked_places == (office.places["301"],) and phone.total == 11
    assert office.read(stocktakes.for_phone, office.sun) == []
    stocked.seen(session, stocked.things["ZC-00"], "301", office.mei)
    stocked.seen(session, stocked.things["ZC-02"], "301", office.mei)
    stocked.seen(session, stocked.things["ZC-01"], "302", office.sun)
    shown = office.read(lambda s: stocktakes.by_place_and_person(s, stocktakes.get(s, session)))
    assert [(one.place, one.expected, one.counted) for one in shown.places] == [("301 听雨厅", 6, 2), ("302 办公室", 5, 1)]
    assert [(one.name, one.asked, one.places, one.counted) for one in shown.people] == [
        ("吴桐", True, (), 0), ("孙立", False, (), 1), ("林晓梅", True, ("301 听雨厅",), 2)]  # fmt: skip
    assert "helper" in stocked.line(session, "ZC-01").flags, "an observation is never thrown away, but it is told"
    office.do(AssignCounters(stocktake_id=session, counters=(Counter(person_id=office.sun.person_id),)), office.ann)
    assert office.read(stocktakes.for_phone, office.mei) == [] and len(office.read(stocktakes.for_phone, office.sun)) == 1
    assert "helper" not in stocked.line(session, "ZC-01").flags


@pytest.mark.proves("S4.1-R6")
def test_reminders_go_to_who_has_not_begun_and_once_a_day_when_it_is_due(stocked: Stage) -> None:
    office = stocked.office
    due = clock.today(office.later(days=0))
    session, _ = opened(
        stocked, place_ids=(office.places["三楼"],), due_on=due,
        counters=(Counter(person_id=office.mei.person_id), Counter(person_id=office.wu.person_id)),
    )  # fmt: skip
    stocked.seen(session, stocked.things["ZC-00"], "301", office.mei)
    assert office.do(stocktakes.RemindCounters(stocktake_id=session), office.ann) == {"reminded": 1}
    before = len(office.audit("stocktake.remind"))
    stocktakes.remind_before_the_last_day(clock.now())
    assert len(office.audit("stocktake.remind")) == before, "not on the day it was opened"
    tomorrow = office.later(days=1)
    stocktakes.remind_before_the_last_day(tomorrow)
    stocktakes.remind_before_the_last_day(office.later(hours=1))
    assert len(office.audit("stocktake.remind")) == before + 1


@pytest.mark.proves("S4.1-R6", "T9")
def test_while_a_scope_is_frozen_nothing_in_it_moves_and_the_reason_is_clear(stocked: Stage) -> None:
    office = stocked.office
    inside, outside = stocked.things["ZC-00"], stocked.things["ZC-01"]
    session, _ = opened(stocked, place_ids=(office.places["301"],), frozen=True, title="301 冻结盘点")
    move = assets.TransferAsset(asset_id=inside.id, place_id=office.places["305"], reason="搬家")
    refused = office.refused(move, office.bo)
    assert refused.code == "stocktake.frozen" and "301 冻结盘点" in refused.message("zh-Hans") and "301 冻结盘点" in refused.message("en")
    assert office.refused(assets.HandOver(asset_id=inside.id, to_person_id=office.mei.person_id), office.bo).code == "stocktake.frozen"
    assert office.refused(assets.Take(asset_id=inside.id), office.mei).code == "stocktake.frozen"
    into = assets.TransferAsset(asset_id=outside.id, place_id=office.places["301"], reason="搬进来")
    assert office.refused(into, office.bo).code == "stocktake.frozen"
    office.do(assets.UpdateAsset(asset_id=inside.id, name="改个名字"), office.bo)
    office.do(assets.TransferAsset(asset_id=outside.id, place_id=office.places["305"], reason="不相干"), office.bo)
    stocked.seen(session, inside, "301", office.mei)
    stocked.close(session)
    office.do(move, office.bo)


def test_two_frozen_counts_do_not_keep_each_other_from_being_approved(stocked: Stage) -> None:
    office = stocked.office
    first, _ = opened(stocked, place_ids=(office.places["三楼"],), frozen=True)
    opened(stocked, place_ids=(office.places["三楼"],), frozen=True)
    stocked.seen(first, stocked.things["ZC-00"], "302", office.mei)
    assert stocked.settle(first)["posted"] >= 1
    assert office.read(assets.get, stocked.things["ZC-00"].id).place_id == office.places["302"]


def test_a_frozen_shelf_gives_nothing_out_at_the_desk_but_books_what_a_phone_took(stage: Stage) -> None:
    from tests.stocktakes.stage import send

    shelf = Shelf(stage, 50)
    office = stage.office
    stage.office.do(OpenStocktake(kind="supply", place_ids=(office.places["302"],), frozen=True), office.ann)
    take = supplies.IssueSupply(code=shelf.code, quantity=2, to_person_id=office.mei.person_id)
    assert office.refused(take, office.mei).code == "stocktake.frozen"
    assert send([stage.phone(office.mei).says(take, at=clock.now())])[0].ok, "what left the shelf is booked"
    assert shelf.on_hand == 48


def test_a_count_that_nothing_names_is_called_after_its_year_in_the_offices_language(stocked: Stage) -> None:
    opened = stocked.office.do(OpenStocktake(kind="asset", value_from_cents=1), stocked.office.ann)
    session = stocked.office.read(lambda s: stocktakes.get(s, UUID(opened["stocktake_id"])))
    assert session.title == f"{clock.today().year} 年盘点"

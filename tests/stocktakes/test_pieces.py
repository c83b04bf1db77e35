"""Bulk lines are counted by number: forty chairs on one card are forty things, wherever they stand; what is missing is missing by number and by value."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from assets_labels import stocktake_report
from core.foundation import clock
from core.foundation.ids import uuid7
from core.mechanisms.views import Query
from core.sections import assets, stocktakes
from core.sections.assets import AssetState
from core.sections.assets.pieces import share
from core.sections.stocktakes import ApproveStocktake, Counter, DecideLine, Declare, OpenStocktake, RecountLines, Result
from mobile import bundle
from tests.stocktakes.stage import Stage, Thing, send

WORTH, NET = 12_000_00, 8_000_00  # forty chairs at 300 yuan


@pytest.fixture
def chairs(stage: Stage) -> Thing:
    return stage.asset("YZ-1", "301", name="会议椅", value=WORTH, net=NET, bulk=True, quantity=40, unit="把", keeper=stage.office.wu)


def row(stage: Stage, thing_id: UUID) -> assets.Asset:
    return stage.office.read(assets.get, thing_id)


@pytest.mark.proves("S4.1-R6", "S4.1-R7")
def test_forty_chairs_on_one_card_are_counted_as_forty_wherever_they_stand(stage: Stage, chairs: Thing) -> None:
    session = stage.open("三楼")
    stage.seen(session, chairs, "301", stage.office.mei, 28)
    line = stage.line(session, "YZ-1")
    assert (line.result, line.book_quantity, line.quantity, line.difference, line.unit) == (Result.MISSING, 40, 28, -12, "把")
    stage.seen(session, chairs, "302", stage.office.sun, 12)
    line = stage.line(session, "YZ-1")
    assert (line.result, line.quantity, line.difference, line.flags) == (Result.MATCHED, 40, 0, ("spread",))
    assert [one[:3] for one in line.found_places] == ["301", "302"]
    stage.seen(session, chairs, "302", stage.office.sun, 14)
    assert stage.line(session, "YZ-1").difference == 2, "who counts again says it anew"


@pytest.mark.proves("S4.1-R8", "S4.1-R7", "T9")
def test_what_is_missing_leaves_the_card_by_number_and_value_and_waits_for_its_disposal(stage: Stage, chairs: Thing) -> None:
    office = stage.office
    session = stage.open("三楼")
    stage.seen(session, chairs, "301", office.mei, 37)
    sums = stage.review(session).sums
    assert (sums.expected, sums.things, sums.things_counted, sums.things_missing) == (1, 40, 37, 3)
    assert (sums.missing_value_cents, sums.missing_net_value_cents) == (900_00, 600_00)
    before = office.read(assets.sums, assets.Filter())
    assert stage.settle(session)["posted"] == 1
    card = row(stage, chairs.id)
    assert (card.quantity, card.value_cents, card.state) == (37, WORTH - 900_00, AssetState.IN_USE)
    gone = [one for one in office.read(lambda s: assets.search(s, assets.Filter(states=("lost",)))) if one.bulk]
    assert [(one.quantity, one.value_cents, one.name, one.unit) for one in gone] == [(3, 900_00, "会议椅", "把")]
    assert office.read(assets.sums, assets.Filter()) == before, "the money leaves the book with the disposal, not with the count"
    assert [one.asset_id for one in office.read(lambda s: assets.open_disposals(s, [gone[0].id]).values())] == [gone[0].id]
    again = stage.open("三楼")
    assert stage.line(again, "YZ-1").book_quantity == 37 and stage.review(again).sums.things == 37, "the next count does not expect them"
    life = {line.kind for line in office.read(lambda s: assets.life(s, chairs.id))}
    assert "missing_in_stocktake" in life


@pytest.mark.proves("S4.1-R8")
def test_what_is_too_many_joins_the_card_at_the_cards_own_value_a_piece(stage: Stage, chairs: Thing) -> None:
    session = stage.open("三楼")
    stage.seen(session, chairs, "301", stage.office.mei, 42)
    line, sums = stage.line(session, "YZ-1"), stage.review(session).sums
    assert (line.result, line.difference) == (Result.SURPLUS, 2)
    assert (sums.surplus, sums.things_surplus, sums.surplus_value_cents) == (1, 2, 600_00)
    assert sums.expected == sums.matched + sums.moved + sums.missing + sums.not_counted + sums.conflict + sums.left + sums.surplus
    stage.settle(session)
    card = row(stage, chairs.id)
    assert (card.quantity, card.value_cents) == (42, WORTH + 600_00)


@pytest.mark.proves("S4.1-R7")
def test_all_of_them_in_another_room_are_moved_and_none_of_them_is_not_the_same_as_not_counted(stage: Stage, chairs: Thing) -> None:
    office = stage.office
    session = stage.open("三楼")
    stage.seen(session, chairs, "305", office.mei, 40)
    assert (stage.line(session, "YZ-1").result, stage.line(session, "YZ-1").found_place[:3]) == (Result.MOVED, "305")
    other = stage.open("三楼")
    assert stage.line(other, "YZ-1").result == Result.NOT_COUNTED
    stage.seen(other, chairs, "301", office.mei, 0)
    line = stage.line(other, "YZ-1")
    assert (line.result, line.quantity, line.difference) == (Result.MISSING, 0, -40)
    stage.settle(other)
    assert (row(stage, chairs.id).state, row(stage, chairs.id).quantity) == (AssetState.LOST, 40), (
        "all of it is gone: the card itself is lost"
    )


@pytest.mark.proves("S4.1-R6")
def test_a_label_read_without_a_number_says_where_and_not_how_many(stage: Stage, chairs: Thing) -> None:
    single = stage.asset("ZC-1", "301")
    session = stage.open("三楼")
    stage.seen(session, chairs, "301", stage.office.mei)
    line = stage.line(session, "YZ-1")
    assert (line.result, line.flags) == (Result.NOT_COUNTED, ("no_number",))
    refused = stage.office.refused(stage.count(session, single, "301", 3), stage.office.mei)
    assert refused.code == "stocktake.one_thing"
    stage.close(session)
    assert stage.line(session, "YZ-1").result == Result.NOT_COUNTED, "nobody said that they are gone"


@pytest.mark.proves("T8", "Floor 8")
def test_two_who_differ_about_one_room_are_a_conflict_and_one_total_is_chosen(stage: Stage, chairs: Thing) -> None:
    office = stage.office
    session = stage.open("三楼")
    stage.seen(session, chairs, "301", office.mei, 28)
    stage.seen(session, chairs, "301", office.sun, 30)
    stage.seen(session, chairs, "302", office.sun, 10)
    line = stage.line(session, "YZ-1")
    assert line.result == Result.CONFLICT and line.quantity is None
    assert stocktakes.answers_of(line) == (38, 40), "no sum of both"
    do = DecideLine(stocktake_id=session, line_id=line.line_id, decision="accept", quantity=39)
    assert office.refused(do, office.ann).code == "stocktake.choose_one"
    office.do(do.model_copy(update={"quantity": 38}), office.ann)
    line = stage.line(session, "YZ-1")
    assert (line.result, line.quantity, line.difference, line.decision) == (Result.MISSING, 38, -2, "accept")


@pytest.mark.proves("Things 6")
def test_chairs_are_counted_again_by_another_person_and_a_third_number_is_settled_by_a_person(stage: Stage, chairs: Thing) -> None:
    office = stage.office
    session = stage.open("三楼")
    stage.seen(session, chairs, "301", office.mei, 20)
    stage.seen(session, chairs, "302", office.mei, 15)
    office.later(minutes=1)
    office.do(RecountLines(stocktake_id=session), office.ann)
    office.later(minutes=1)
    assert office.refused(stage.count(session, chairs, "301", 40), office.mei).code == "stocktake.other_counts_again"
    stage.seen(session, chairs, "301", office.sun, 22)
    stage.seen(session, chairs, "302", office.sun, 13)
    line = stage.line(session, "YZ-1")
    assert (line.result, line.quantity, line.difference, line.round) == (Result.MISSING, 35, -5, 2), "both rounds add up to 35"
    stage.seen(session, chairs, "302", office.sun, 16)
    line = stage.line(session, "YZ-1")
    assert line.result == Result.CONFLICT and stocktakes.answers_of(line) == (35, 38)


@pytest.mark.proves("T10", "T9")
def test_chairs_that_left_the_card_during_the_count_are_not_missed_a_second_time(stage: Stage, chairs: Thing) -> None:
    office = stage.office
    session = stage.open("三楼")
    office.later(minutes=1)
    office.do(assets.UpdateAsset(asset_id=chairs.id, quantity=35), office.bo)
    office.later(minutes=1)
    stage.seen(session, chairs, "301", office.mei, 35)
    line = stage.line(session, "YZ-1")
    assert (line.result, line.book_quantity, line.flags) == (Result.MATCHED, 35, ("moved_meanwhile",))
    office.later(minutes=1)
    office.do(assets.UpdateAsset(asset_id=chairs.id, quantity=34), office.bo)
    assert stage.line(session, "YZ-1").result == Result.MATCHED, "what left after it was counted changes nothing of the count"


@pytest.mark.proves("S4.1-R6")
def test_a_keeper_confirms_all_of_them_or_says_how_many(stage: Stage, chairs: Thing) -> None:
    office = stage.office
    session = stage.open("三楼", mode="self")
    line_id = stage.line(session, "YZ-1").line_id
    mine = office.read(stocktakes.my_lists, office.wu)[0].things[0]
    assert (mine.pieces, mine.unit) == (40, "把")
    office.do(Declare(stocktake_id=session, line_id=line_id, answer="here"), office.wu)
    assert (stage.line(session, "YZ-1").result, stage.line(session, "YZ-1").quantity) == (Result.MATCHED, 40)
    office.later(minutes=1)
    office.do(Declare(stocktake_id=session, line_id=line_id, answer="here", quantity=36), office.wu)
    assert (stage.line(session, "YZ-1").result, stage.line(session, "YZ-1").difference) == (Result.MISSING, -4)
    office.later(minutes=1)
    office.do(Declare(stocktake_id=session, line_id=line_id, answer="absent"), office.wu)
    assert (stage.line(session, "YZ-1").difference, stage.line(session, "YZ-1").flags) == (-40, ("looked",))


@pytest.mark.proves("Things 6")
@pytest.mark.parametrize("who", ["wu", "bo"])
def test_who_counts_chairs_blind_is_told_their_number_nowhere(stage: Stage, chairs: Thing, who: str) -> None:
    office = stage.office
    by = office.people[who]
    do = OpenStocktake(kind="asset", place_ids=(office.places["301"],), mode="blind", counters=(Counter(person_id=by.person_id),))

    def told() -> dict[str, Any]:
        view = office.read(lambda s: assets.COLLECTION.get(s, str(chairs.id), by))
        listed = office.read(lambda s: assets.COLLECTION.list(s, Query(q="会议椅", limit=10), by)).items
        phone = office.read(lambda s: bundle.bundle(s, by))
        lines = [line for one in phone["stocktakes"] for line in (one.expected or ())]
        return {
            "view": view.quantity,
            "list": [one.quantity for one in listed],
            "lines": lines,
            "things": [one for one in phone["things"] if one["id"] == chairs.id],
        }

    assert told()["view"] == 40
    session = UUID(office.do(do, office.ann)["stocktake_id"])
    hidden = told()
    assert hidden["view"] is None and set(hidden["list"]) <= {None} and hidden["lines"] == []
    assert hidden["things"][0]["bulk"] is True and "quantity" not in hidden["things"][0], "the phone asks how many, and knows no number"
    counted = stage.seen(session, chairs, "301", by, 33)
    said = str(counted).replace(str(counted["subject_id"]), "")  # an id holds all sorts of digits
    assert "40" not in said and "33" not in said
    assert stage.line(session, "YZ-1").difference == -7


@pytest.mark.proves("Things 7", "T13", "S4.1-R6")
def test_the_sealed_report_says_number_and_value_in_json_pdf_and_table_and_a_rename_changes_nothing(stage: Stage, chairs: Thing) -> None:
    office = stage.office
    stage.asset("ZC-1", "301", value=500_00, net=300_00)
    session = stage.open("三楼")
    stage.seen(session, chairs, "301", office.mei, 37)
    stage.seen(session, stage.things["ZC-1"], "301", office.mei)
    stage.settle(session)
    sealed = office.read(stocktakes.sealed, session)
    content = json.loads(sealed.content)
    line = next(one for one in content["lines"] if one["number"] == "YZ-1")
    assert (line["book_quantity"], line["quantity"], line["difference"], line["pieces"]) == (40, 37, -3, 40)
    assert content["sums"]["things_missing"] == 3 and content["sums"]["missing_value_cents"] == 900_00

    def drawn(format: str) -> bytes:
        return stocktake_report.render(sealed.content, sealed.sha256, format, "zh-Hans", "Asia/Shanghai")

    book = load_workbook(io.BytesIO(drawn("xlsx")))
    rows = list(book["盘点表"].iter_rows(values_only=True))
    said = dict(zip(rows[0], next(one for one in rows if one[0] == "YZ-1"), strict=True))
    assert (said["账面数"], said["实盘数"], said["差异"], said["单位"]) == (40, 37, -3, "把")
    assert Decimal(str(said["差异原值"])) == Decimal("-900") and Decimal(str(said["差异净值"])) == Decimal("-600")
    totals = dict(zip(rows[0], rows[-1], strict=True))
    assert (totals["账面数"], totals["实盘数"]) == (41, 38)
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(drawn("pdf"))).pages)
    assert all(words in text for words in ("按件应盘\n41", "按件盘亏\n3", "−900.00"))
    before = drawn("pdf")
    office.do(assets.UpdateAsset(asset_id=chairs.id, name="折叠椅", quantity=36), office.bo)
    assert office.read(stocktakes.sealed, session).sha256 == sealed.sha256 and drawn("pdf") == before
    assert office.read(lambda s: stocktakes.result_of(s, stocktakes.get(s, session))).line(UUID(line["line_id"])).difference == -3


@given(cents=st.integers(0, 10**12), whole=st.integers(1, 10**6), data=st.data())
def test_what_leaves_and_what_stays_always_add_up(cents: int, whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    gone = share(cents, part, whole)
    assert gone is not None and 0 <= gone <= cents
    assert abs(gone * whole - cents * part) * 2 <= whole, "no share is off by more than half a cent"


@pytest.mark.proves("O7")
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(5)))
def test_any_order_of_arrival_gives_the_same_number(stage: Stage, order: list[int]) -> None:
    if not stage.things:
        stage.asset("YZ-1", "301", name="会议椅", value=WORTH, bulk=True, quantity=40, unit="把")
        stage.phones = {"mei": stage.phone(stage.office.mei), "wu": stage.phone(stage.office.wu)}
    chairs, start = stage.things["YZ-1"], clock.now()
    session = stage.open("三楼")
    said = [("mei", "301", 20), ("mei", "302", 15), ("mei", "301", 25), ("wu", "305", 4), ("wu", "305", None)]
    requests = [
        stage.phones[who].says(stage.count(session, chairs, room, n), at=start + timedelta(minutes=minute), op_id=uuid7())
        for minute, (who, room, n) in enumerate(said, 1)
    ]
    for index in order:
        assert send([requests[index]], at=start + timedelta(minutes=30))[0].ok
    line = stage.line(session, "YZ-1")
    assert (line.result, line.quantity, line.difference) == (Result.SURPLUS, 44, 4)


@pytest.mark.proves("S4.1-R6")
def test_nobody_approves_who_entered_a_number(stage: Stage, chairs: Thing) -> None:
    office = stage.office
    session = stage.open("三楼")
    stage.seen(session, chairs, "301", office.bo, 40)
    stage.close(session)
    assert office.refused(ApproveStocktake(stocktake_id=session), office.bo).code == "stocktake.counted_yourself"

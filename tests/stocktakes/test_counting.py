"""Counting: what was seen stands once, whoever saw it, in whatever order it arrives."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from core.foundation import clock
from core.foundation.ids import uuid7
from core.mechanisms import labels
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import perform_now
from core.sections import assets, stocktakes
from core.sections.stocktakes import ReportFind, Result, UndoCount
from tests.stocktakes.stage import Stage, send


def test_opening_takes_what_the_book_says_by_value(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301", name="投影仪", spec="CB-FH52", serial="SN10", keeper=stage.office.mei)
    stage.asset("ZC-2", "305")
    stage.asset("ZC-3", None)
    session = stage.open("301")
    stage.office.do(assets.UpdateAsset(asset_id=thing.id, name="改了名字", value_cents=1), stage.office.bo)
    review = stage.review(session)
    assert [line.number for line in review.lines] == ["ZC-1"]
    line = review.lines[0]
    assert (line.name, line.spec, line.serial, line.book_place, line.keeper) == ("投影仪", "CB-FH52", "SN10", "301 听雨厅", "林晓梅")
    assert (line.value_cents, line.net_value_cents, line.label) == (500_00, 300_00, thing.code)
    assert stage.session(session).expected_count == 1


def test_a_floor_holds_the_things_of_all_its_rooms(stage: Stage) -> None:
    stage.asset("ZC-1", "301")
    stage.asset("ZC-2", "302")
    session = stage.open("三楼")
    assert stage.review(session).sums.expected == 2


@pytest.mark.proves("Things 3", "S4.1-R6")
def test_two_phones_see_one_thing_and_it_counts_once_with_the_earlier_as_first_finder(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("301")
    start = clock.now()
    phone_a, phone_b = stage.phone(stage.office.mei), stage.phone(stage.office.wu)
    offline = phone_b.says(stage.count(session, thing, "301"), at=start + timedelta(minutes=60))
    stage.office.later(minutes=65)
    assert stage.office.read(lambda s: stocktakes.progress(s, stocktakes.get(s, session))) == 0
    send([phone_a.says(stage.count(session, thing, "301"), at=clock.now())])
    assert stage.office.read(lambda s: stocktakes.progress(s, stocktakes.get(s, session))) == 1
    stage.office.later(minutes=15)
    send([offline])
    line = stage.line(session, "ZC-1")
    assert line.result == Result.MATCHED and stage.review(session).sums.counted == 1
    assert line.first is not None and (line.first.who, line.first.at) == ("吴桐", start + timedelta(minutes=60))
    assert [seen.who for seen in line.seen] == ["吴桐", "林晓梅"]
    assert stage.office.read(lambda s: stocktakes.progress(s, stocktakes.get(s, session))) == 1


@pytest.mark.proves("Things 2", "S4.1-R1")
def test_two_labels_of_one_thing_count_it_once(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    new = stage.office.do(labels.ReplaceLabel(code=thing.code, reason="撕坏了"), stage.office.bo)["code"]
    session = stage.open("301")
    stage.seen(session, thing.code, "301", stage.office.mei)
    again = stage.seen(session, new, "301", stage.office.mei)
    line = stage.line(session, "ZC-1")
    assert again["outcome"] == "again" and stage.review(session).sums.matched == 1
    assert line.flags == ("two_labels",) and line.number == "ZC-1"


@pytest.mark.proves("T5", "O13")
def test_a_second_scan_says_who_and_when_first_and_adds_nothing(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("301")
    first_at = clock.now()
    assert stage.seen(session, thing, "301", stage.office.mei)["outcome"] == "counted"
    stage.office.later(minutes=5)
    again = stage.seen(session, thing, "301", stage.office.wu)
    assert (again["outcome"], again["first_by"]) == ("again", "林晓梅")
    assert again["first_at"] == first_at.isoformat().replace("+00:00", "Z")
    assert stage.review(session).sums.counted == 1


@pytest.mark.proves("O13", "S4.1-R7")
def test_one_thing_seen_in_two_rooms_is_a_conflict_that_a_person_settles(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("三楼")
    stage.seen(session, thing, "302", stage.office.mei)
    stage.seen(session, thing, "305", stage.office.wu)
    line = stage.line(session, "ZC-1")
    assert line.result == Result.CONFLICT and set(line.found_places) == {"302 办公室", "305 小谈室"}
    accept = stocktakes.DecideLine(stocktake_id=session, line_id=line.line_id, decision="accept")
    assert stage.office.refused(accept, stage.office.ann).code == "stocktake.choose_one"
    stage.decide(session, line, place_id=stage.office.places["305"])
    settled = stage.line(session, "ZC-1")
    assert (settled.result, settled.found_place) == (Result.MOVED, "305 小谈室")
    assert stage.review(session).sums.conflict == 0
    stage.office.later(minutes=1)
    stage.decide(session, line, cause="搬会议室时挪过去的")  # only the cause is told: the answer that was taken stays
    told = stage.line(session, "ZC-1")
    assert (told.result, told.found_place, told.cause) == (Result.MOVED, "305 小谈室", "搬会议室时挪过去的")


@pytest.mark.proves("T13")
def test_not_counted_is_not_missing_until_the_count_is_closed(stage: Stage) -> None:
    stage.asset("ZC-1", "301")
    session = stage.open("301")
    assert stage.line(session, "ZC-1").result == Result.NOT_COUNTED
    stage.close(session)
    assert stage.line(session, "ZC-1").result == Result.MISSING


@pytest.mark.proves("T7")
def test_a_code_never_counts_for_another_that_begins_like_it(stage: Stage) -> None:
    ten = stage.asset("ZC-10", "301", serial="SN10")
    stage.asset("ZC-1", "301", serial="SN1")
    session = stage.open("301")
    stage.seen(session, ten, "301", stage.office.mei)
    assert stage.line(session, "ZC-10").result == Result.MATCHED
    assert stage.line(session, "ZC-1").result == Result.NOT_COUNTED


def test_an_undone_count_no_longer_stands_and_stays_in_the_list(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("301")
    op_id = uuid7()
    stage.office.do(stage.count(session, thing, "301"), stage.office.mei, op_id=op_id)
    other = UndoCount(stocktake_id=session, count_op_id=op_id)
    assert stage.office.refused(other, stage.office.wu).code == "stocktake.not_yours"
    stage.office.do(UndoCount(stocktake_id=session, count_op_id=op_id), stage.office.mei)
    line = stage.line(session, "ZC-1")
    assert line.result == Result.NOT_COUNTED and [seen.standing for seen in line.seen] == [False]
    assert stage.office.read(lambda s: stocktakes.progress(s, stocktakes.get(s, session))) == 0


@pytest.mark.proves("S4.1-R8", "O15")
def test_a_strange_label_and_a_thing_without_one_become_surplus_with_photo_to_come(stage: Stage) -> None:
    session = stage.open("301")
    strange = labels.new_code()
    assert stage.seen(session, strange, "301", stage.office.mei)["outcome"] == "unknown"
    photo = "ab" * 32
    find = ReportFind(
        stocktake_id=session, place_id=stage.office.places["301"], code=strange, description="饮水机，旧标签", photos=(photo,)
    )
    outcome = perform_now(find, by=stage.office.mei)
    assert outcome.ok and outcome.facts["evidence_pending"] == [photo]
    bare = ReportFind(stocktake_id=session, place_id=stage.office.places["301"], description="没有标签的椅子")
    stage.office.do(bare, stage.office.mei)
    lines = stage.review(session).lines
    assert sorted((line.result, line.name) for line in lines) == [("surplus", "没有标签的椅子"), ("surplus", "饮水机，旧标签")]
    assert any("evidence_pending" in line.flags and line.photos == (photo,) for line in lines)
    assert stage.review(session).sums.surplus == 2 and stage.review(session).sums.expected == 0


@pytest.mark.proves("T14")
@pytest.mark.parametrize("what", ["mistyped", "place", "nonsense", "retired", "blank"])
def test_any_code_in_any_state_gets_a_clear_answer(stage: Stage, what: str) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("301")
    office = stage.office
    if what == "mistyped":
        outcome = office.refused(stage.count(session, "7K3M9QWX", "301"), office.mei)
        assert (outcome.status, outcome.code) == ("invalid", "label.mistyped")
    elif what == "nonsense":
        assert office.refused(stage.count(session, "http://example.com/what", "301"), office.mei).code == "label.unreadable"
    elif what == "place":
        code = office.label(SubjectKind.PLACE, office.places["302"])
        assert office.refused(stage.count(session, code, "301"), office.mei).code == "label.other_kind"
    elif what == "retired":
        office.do(labels.RetireLabel(code=thing.code, reason="旧"), office.bo)
        assert stage.seen(session, thing.code, "301", office.mei)["outcome"] == "counted"
    else:
        blank = office.do(labels.MakeBlanks(count=1), office.bo)["codes"][0]
        assert stage.seen(session, blank, "301", office.mei)["outcome"] == "unknown"


def test_counts_outside_the_session_are_turned_away(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("301")
    office = stage.office
    assert office.refused(stage.count(session, thing, "302"), office.mei).code == "stocktake.place_outside"
    assert office.refused(stage.count(uuid4(), thing, "301"), office.mei).code == "stocktake.not_found"
    outcome = office.refused(stage.count(session, thing, "301", 3), office.mei)
    assert outcome.code == "stocktake.one_thing"


@pytest.mark.proves("O14")
def test_a_phone_whose_clock_is_three_days_off_is_taken_and_flagged(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    session = stage.open("301")
    phone = stage.phone(stage.office.mei)
    outcome = send([phone.says(stage.count(session, thing, "301"), at=clock.now(), skew_s=3 * 86_400)])[0]
    line = stage.line(session, "ZC-1")
    assert outcome.ok and line.result == Result.MATCHED and "clock" in line.flags


def test_a_batch_is_judged_like_single_scans_and_a_bad_one_stops_no_other(stage: Stage) -> None:
    things = [stage.asset(f"ZC-{n}", "301") for n in range(5)]
    session = stage.open("301")
    phone = stage.phone(stage.office.mei)
    codes = [
        things[0].code,
        "7K3M9QWX",
        things[1].code,
        things[1].code,
        stage.office.label(SubjectKind.PLACE, stage.office.places["301"]),
        things[2].code,
    ]
    outcomes = send([phone.says(stage.count(session, code, "301"), at=clock.now()) for code in codes])
    told = [outcome.code or outcome.result["outcome"] for outcome in outcomes]
    assert told == ["counted", "label.mistyped", "counted", "again", "label.other_kind", "counted"]
    assert outcomes[0].result["book_place"] == "301 听雨厅"
    assert stage.review(session).sums.counted == 3


@pytest.mark.proves("O4", "O2")
def test_the_same_batch_again_counts_nothing_twice(stage: Stage) -> None:
    things = [stage.asset(f"ZC-{n}", "301") for n in range(3)]
    session = stage.open("301")
    phone = stage.phone(stage.office.mei)
    batch = [phone.says(stage.count(session, thing, "301"), at=clock.now()) for thing in things]
    first, second = send(batch), send(batch)
    assert [one.result for one in second] == [one.result for one in first] and all(one.repeated for one in second)
    assert all(len(stage.line(session, thing.number).seen) == 1 for thing in things)


def test_a_label_put_on_a_thing_after_its_scan_belongs_to_it(stage: Stage) -> None:
    thing = stage.asset("ZC-1", "301")
    blank = stage.office.do(labels.MakeBlanks(count=1), stage.office.bo)["codes"][0]
    session = stage.open("301")
    stage.seen(session, blank, "301", stage.office.mei)
    assert stage.review(session).sums.surplus == 1
    stage.office.do(labels.ClaimLabel(code=blank, subject_kind=SubjectKind.ASSET, subject_id=thing.id), stage.office.mei)
    review = stage.review(session)
    assert review.sums.surplus == 0 and review.sums.matched == 1

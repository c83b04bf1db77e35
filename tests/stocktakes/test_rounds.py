"""Counting again: only differences, only by another person; agreement settles, a third value goes to a person with all values shown (Things 6)."""

from __future__ import annotations

from uuid import UUID

import pytest

from core.foundation import clock
from core.mechanisms import notices
from core.sections import assets, stocktakes
from core.sections.stocktakes import ApproveStocktake, DecideLine, Declare, RecountLines, Result
from tests.stocktakes.stage import Stage, send
from tests.stocktakes.test_supplies import Shelf


@pytest.fixture
def shelf(stage: Stage) -> Shelf:
    return Shelf(stage, 90)


def again(stage: Stage, session: UUID, who: str | None = None, *lines: stocktakes.Line) -> None:
    person = stage.office.people[who].person_id if who else None
    stage.office.do(RecountLines(stocktake_id=session, line_ids=tuple(line.line_id for line in lines), person_id=person), stage.office.ann)
    stage.office.later(minutes=1)


@pytest.mark.proves("Things 6")
def test_only_lines_with_differences_go_to_the_second_round_and_to_another_person(stage: Stage) -> None:
    office = stage.office
    good, moved, gone = stage.asset("ZC-1", "301"), stage.asset("ZC-2", "301"), stage.asset("ZC-3", "301")
    session = stage.open("三楼")
    stage.seen(session, good, "301", office.mei)
    stage.seen(session, moved, "302", office.mei)
    stage.close(session)
    office.later(minutes=1)
    matched = stage.line(session, "ZC-1")
    ask = RecountLines(stocktake_id=session, line_ids=(matched.line_id,))
    assert office.refused(ask, office.ann).code == "stocktake.nothing_to_decide"
    assert (
        office.refused(DecideLine(stocktake_id=session, line_id=matched.line_id, decision="recount"), office.ann).code
        == "stocktake.nothing_to_decide"
    )
    first = office.refused(RecountLines(stocktake_id=session, person_id=office.mei.person_id), office.ann)
    assert first.code == "stocktake.counted_it_first" and first.facts["n"] == 2, "also of what nobody saw in the room that Mei counted"
    again(stage, session, "wu")
    assert [line.number for line in stage.review(session).lines if line.result == Result.RECOUNT] == ["ZC-2", "ZC-3"]
    phone = office.read(stocktakes.for_phone, office.wu)[0]
    assert {line.number for line in phone.again} == {"ZC-2", "ZC-3"} and phone.round == 2
    assert office.read(stocktakes.for_phone, office.mei) == []
    assert office.refused(stage.count(session, good, "301"), office.wu).code == "stocktake.closed", "not asked for again"
    assert office.refused(stage.count(session, moved, "301"), office.mei).code == "stocktake.other_counts_again"
    stage.seen(session, moved, "302", office.wu)
    office.do(Declare(stocktake_id=session, line_id=stage.line(session, "ZC-3").line_id, answer="absent"), office.wu)
    second, third = stage.line(session, "ZC-2"), stage.line(session, "ZC-3")
    assert (second.result, second.round, second.found_place) == (Result.MOVED, 2, "302 办公室")
    assert (third.result, third.flags) == (Result.MISSING, ("looked",))
    assert gone.id == third.subject_id


@pytest.mark.proves("Things 6", "S1.2-R7")
@pytest.mark.parametrize(
    ("second", "result", "shown"),
    [
        (88, Result.MISSING, ("甲架",)),  # both found the same: the difference is confirmed
        (90, Result.MATCHED, ("甲架",)),  # the second agrees with the book
        (85, Result.CONFLICT, ("甲架: 88", "甲架: 85")),  # a third value beside book and first count
    ],
)
def test_a_second_count_confirms_clears_or_goes_to_review_with_all_values(
    shelf: Shelf, second: int, result: Result, shown: tuple[str, ...]
) -> None:
    stage = shelf.stage
    session = shelf.open(mode="blind")
    shelf.counted(session, 88)
    stage.close(session)
    stage.office.later(minutes=1)
    again(stage, session, "wu")
    shelf.counted(session, second, by="wu")
    line = shelf.line(session)
    assert (line.result, line.found_places) == (result, shown)
    assert [(seen.who, seen.quantity, seen.round) for seen in line.seen] == [("林晓梅", 88, 1), ("吴桐", second, 2)]
    if result == Result.CONFLICT:
        refused = stage.office.refused(DecideLine(stocktake_id=session, line_id=line.line_id, decision="accept"), stage.office.ann)
        assert refused.code == "stocktake.choose_one"
        stage.decide(session, line, quantity=85)
        assert shelf.line(session).difference == -5
    elif line.is_difference:
        stage.decide(session, line)
    stage.office.do(ApproveStocktake(stocktake_id=session), stage.office.chen)
    assert shelf.on_hand == second


@pytest.mark.proves("Things 6", "T10")
def test_two_counts_agree_when_what_was_issued_between_them_is_taken_into_account(shelf: Shelf) -> None:
    stage = shelf.stage
    session = shelf.open()
    shelf.counted(session, 88)
    again(stage, session, "wu", shelf.line(session))
    shelf.issue(10)
    shelf.counted(session, 78, by="wu")
    line = shelf.line(session)
    assert (line.result, line.difference, line.quantity) == (Result.MISSING, -2, 78)
    stage.settle(session)
    assert shelf.on_hand == 78


@pytest.mark.proves("O7", "Things 6")
def test_an_early_record_that_arrives_after_the_recount_was_asked_belongs_to_the_first_round(shelf: Shelf) -> None:
    stage, office = shelf.stage, shelf.stage.office
    session = shelf.open()
    late = stage.phone(office.sun).says(stage.count(session, shelf.code, shelf.place, 87), at=clock.now())
    office.later(minutes=1)
    shelf.counted(session, 88)
    again(stage, session, None, shelf.line(session))
    shelf.counted(session, 88, by="sun")
    assert shelf.line(session).result == Result.MISSING
    assert send([late])[0].ok
    line = shelf.line(session)
    assert line.result == Result.RECOUNT and "same_counter" in line.flags, (
        "Sun turned out to be a first counter: the recount waits for another"
    )
    assert [seen.void for seen in line.seen] == [False, False, True]


@pytest.mark.proves("Things 6")
def test_two_places_and_a_scan_against_a_word(stage: Stage) -> None:
    office = stage.office
    moved, word = stage.asset("ZC-1", "301"), stage.asset("ZC-2", "301")
    session = stage.open("三楼")
    stage.seen(session, moved, "302", office.mei)
    office.do(Declare(stocktake_id=session, line_id=stage.line(session, "ZC-2").line_id, answer="absent"), office.mei)
    assert stage.line(session, "ZC-2").result == Result.MISSING, "somebody looked: known before the close"
    stage.close(session)
    office.later(minutes=1)
    again(stage, session, "wu")
    stage.seen(session, moved, "305", office.wu)
    stage.seen(session, word, "301", office.wu)
    assert stage.line(session, "ZC-1").result == Result.CONFLICT
    assert stage.line(session, "ZC-1").found_places == ("302 办公室", "305 小谈室")
    assert stage.line(session, "ZC-2").result == Result.MATCHED, "who reads the label has found it"
    for line in stage.review(session).differences:
        stage.decide(session, line, place_id=office.places["305"])
    office.do(ApproveStocktake(stocktake_id=session), office.chen)
    assert office.read(assets.get, moved.id).place_id == office.places["305"]


def test_whoever_is_asked_to_count_again_is_told_without_a_figure_and_may_not_approve(shelf: Shelf) -> None:
    stage, office = shelf.stage, shelf.stage.office
    session = shelf.open(mode="blind")
    shelf.counted(session, 88)
    stage.close(session)
    office.later(minutes=1)
    again(stage, session, "bo")
    told = [row for row in office.read(notices.inbox, office.bo.person_id) if row.key.startswith("stocktake.notice.recount")]
    assert len(told) == 1 and "88" not in str(told[0].facts) and "90" not in str(told[0].facts)
    detail = office.read(lambda s: stocktakes.detail(s, stocktakes.get(s, session), office.bo))
    assert detail.lines == () and detail.sums is None, "who is asked to count blind sees no figure, whatever their role"
    shelf.counted(session, 88, by="bo")
    stage.decide(session, shelf.line(session))
    assert office.refused(ApproveStocktake(stocktake_id=session), office.bo).code == "stocktake.counted_yourself"


def test_everything_of_one_kind_is_accepted_at_once_but_never_a_conflict(stage: Stage) -> None:
    office = stage.office
    things = [stage.asset(f"ZC-{n}", "301") for n in range(6)]
    session = stage.open("三楼")
    for thing in things[:3]:
        stage.seen(session, thing, "302", office.mei)
    stage.seen(session, things[3], "302", office.mei)
    stage.seen(session, things[3], "305", office.wu)
    stage.close(session)
    done = office.do(stocktakes.AcceptLines(stocktake_id=session, result="moved"), office.ann)
    assert done == {"lines": 3} and stage.review(session).sums.undecided == 3
    conflict = stocktakes.AcceptLines(stocktake_id=session, result="conflict")
    assert office.refused(conflict, office.ann).code == "stocktake.nothing_to_decide"
    assert office.refused(stocktakes.AcceptLines(stocktake_id=session, result="moved"), office.mei).code == "op.not_allowed"


def test_deciding_instead_of_waiting_for_the_second_count_decides_about_the_first(shelf: Shelf) -> None:
    stage = shelf.stage
    session = shelf.open()
    shelf.counted(session, 88)
    stage.close(session)
    stage.office.later(minutes=1)
    again(stage, session, "wu")
    stage.decide(session, shelf.line(session))
    line = shelf.line(session)
    assert (line.result, line.decision, line.difference) == (Result.MISSING, "accept", -2)
    stage.office.do(ApproveStocktake(stocktake_id=session), stage.office.chen)
    assert shelf.on_hand == 88


@pytest.mark.proves("Things 6", "T10")
def test_a_chosen_third_value_takes_what_moved_meanwhile_into_account_once(shelf: Shelf) -> None:
    stage = shelf.stage
    session = shelf.open()
    shelf.counted(session, 88)
    again(stage, session, "wu", shelf.line(session))
    shelf.issue(10)
    shelf.counted(session, 75, by="wu")
    line = shelf.line(session)
    assert line.result == Result.CONFLICT
    stage.decide(session, line, quantity=75)
    assert (shelf.line(session).book_quantity, shelf.line(session).difference) == (80, -5)
    stage.close(session)
    stage.office.do(ApproveStocktake(stocktake_id=session), stage.office.chen)
    assert shelf.on_hand == 75


@pytest.mark.proves("Things 6", "S4.1-R6")
def test_a_second_counter_has_the_whole_list_until_the_end_and_in_a_blind_count_no_place_of_the_book(stage: Stage) -> None:
    office = stage.office
    mine, other = stage.asset("ZC-1", "301"), stage.asset("ZC-2", "302")
    sessions: list[UUID] = []
    for mode, place in (("guided", office.places["302"]), ("blind", None)):
        sessions.append(stage.open("301", mode=mode))
        stage.seen(sessions[-1], other, "301", office.mei)  # the book has it next door
        stage.seen(sessions[-1], mine, "301", office.mei)
        again(stage, sessions[-1], "wu", stage.line(sessions[-1], "ZC-2"))
        told = {phone.id: phone for phone in office.read(stocktakes.for_phone, office.wu)}
        assert [[(line.number, line.place_id, line.counted) for line in told[one].again] for one in sessions] == [
            [("ZC-2", place, False)]
        ] * len(sessions), "while the same things are counted blind the guided list tells no place either"
    guided = sessions[0]
    stage.seen(guided, other, "301", office.wu)
    after = {phone.id: phone for phone in office.read(stocktakes.for_phone, office.wu)}
    assert [(line.number, line.counted) for line in after[guided].again] == [("ZC-2", True)], "the list ends full, it does not vanish"
    assert [phone.again for phone in office.read(stocktakes.for_phone, office.mei)] == [(), ()]


@pytest.mark.proves("Things 6", "S4.1-R7")
def test_a_thing_that_should_be_elsewhere_and_that_a_second_person_does_not_find_is_where_the_book_says(stage: Stage) -> None:
    office = stage.office
    stage.asset("ZC-1", "301")
    visiting = stage.asset("ZC-2", "302")
    session = stage.open("301")
    stage.seen(session, visiting, "301", office.mei)
    line = stage.line(session, "ZC-2")
    absent = Declare(stocktake_id=session, line_id=line.line_id, answer="absent")
    assert office.refused(absent, office.wu).code == "stocktake.no_line", "nobody asked"
    again(stage, session, "wu", line)
    assert office.refused(absent, office.mei).code == "stocktake.other_counts_again"
    office.do(absent, office.wu)
    told = stage.line(session, "ZC-2")
    assert (told.result, told.flags, told.found_place) == (Result.MATCHED, ("looked",), "")
    stage.close(session)
    assert [one.number for one in stage.review(session).differences] == ["ZC-1"]


@pytest.mark.proves("S4.1-R8")
def test_a_find_is_looked_into_and_never_counted_again_and_words_about_a_thing_are_no_second_scan(stage: Stage) -> None:
    office = stage.office
    chair = stage.asset("ZC-1", "301")
    session = stage.open("301")
    stage.seen(session, chair, "301", office.mei)
    how = stocktakes.Count(stocktake_id=session, code=chair.code, place_id=office.places["301"], condition="damaged")
    office.do(how, office.mei)
    assert (stage.line(session, "ZC-1").condition, stage.line(session, "ZC-1").flags) == ("damaged", ())
    stage.seen(session, "7K3M9QWY", "301", office.mei)
    find = stocktakes.ReportFind(stocktake_id=session, place_id=office.places["301"], code="7K3M9QWY", description="旧扫描仪")
    office.do(find, office.mei)
    found = next(line for line in stage.review(session).lines if line.label == "7K3M9QWY")
    assert (found.result, found.name, found.flags) == (Result.SURPLUS, "旧扫描仪", ())
    assert office.refused(RecountLines(stocktake_id=session), office.ann).code == "stocktake.nothing_to_decide"
    ask = DecideLine(stocktake_id=session, line_id=found.line_id, decision="recount")
    assert office.refused(ask, office.ann).code == "stocktake.nothing_to_decide"
    stage.seen(session, chair, "301", office.wu)
    assert stage.line(session, "ZC-1").flags == ("again",), "another person's scan is one more"

"""Counting supplies: quantities of a shelf against the ledger as it was at the moment of counting."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from core.foundation import clock
from core.sections import stocktakes, supplies
from core.sections.stocktakes import ApproveStocktake, Result
from tests.stocktakes.stage import Stage, send


class Shelf:
    """Pens on a shelf of room 302: `stock` came in before anything else."""

    def __init__(self, stage: Stage, stock: int) -> None:
        self.stage, office = stage, stage.office
        self.place = "甲架"
        office.places[self.place] = office.place("甲架", "shelf", office.places["302"])
        made = office.do(supplies.RegisterSupply(name="签字笔", unit="支", place_id=office.places[self.place]), office.bo)
        self.id, self.code = UUID(made["supply_id"]), made["code"]
        if stock:
            office.do(supplies.ReceiveSupply(code=self.code, quantity=stock), office.bo)
        office.later(minutes=1)

    def open(self, mode: str = "guided") -> UUID:
        session = self.stage.open("302", kind="supply", mode=mode)
        self.stage.office.later(minutes=1)
        return session

    def issue(self, quantity: int) -> None:
        office = self.stage.office
        assert office.mei.person_id is not None
        office.do(supplies.IssueSupply(code=self.code, quantity=quantity, to_person_id=office.mei.person_id), office.mei)
        office.later(minutes=1)

    def counted(self, session: UUID, quantity: int, by: str = "mei") -> None:
        self.stage.seen(session, self.code, self.place, self.stage.office.people[by], quantity)
        self.stage.office.later(minutes=1)

    def line(self, session: UUID) -> stocktakes.Line:
        return self.stage.review(session).lines[0]

    @property
    def on_hand(self) -> int:
        return int(self.stage.office.read(supplies.on_hand, self.id))


@pytest.fixture
def shelf(stage: Stage) -> Shelf:
    return Shelf(stage, 90)


@pytest.mark.proves("S1.2-R7", "Office 5")
def test_a_difference_is_posted_only_after_another_person_approves(shelf: Shelf) -> None:
    session = shelf.open(mode="blind")
    shelf.counted(session, 88)
    line = shelf.line(session)
    assert (line.result, line.book_quantity, line.quantity, line.difference) == (Result.MISSING, 90, 88, -2)
    assert shelf.on_hand == 90
    shelf.stage.settle(session)
    assert shelf.on_hand == 88
    last = shelf.stage.office.read(supplies.ledger, shelf.id)[0]
    assert (last.kind, last.quantity, last.balance) == ("count", -2, 88)


@pytest.mark.proves("Floor 8", "T8", "O12")
def test_two_different_counts_of_a_shelf_both_stay_are_not_added_and_ask_for_a_recount(shelf: Shelf) -> None:
    stage = shelf.stage
    session = shelf.open()
    first, second = stage.phone(stage.office.mei), stage.phone(stage.office.wu)
    send([first.says(stage.count(session, shelf.code, shelf.place, 12), at=clock.now())])
    send([second.says(stage.count(session, shelf.code, shelf.place, 14), at=clock.now())])
    line = shelf.line(session)
    assert line.result == Result.CONFLICT and line.found_places == ("甲架: 12", "甲架: 14")
    assert [seen.quantity for seen in line.seen] == [12, 14] and line.quantity is None
    assert shelf.on_hand == 90
    stage.close(session, override_reason="测试")
    accept = stocktakes.DecideLine(stocktake_id=session, line_id=line.line_id, decision="accept")
    assert stage.office.refused(accept, stage.office.ann).code == "stocktake.choose_one"
    assert stage.office.refused(ApproveStocktake(stocktake_id=session), stage.office.chen).code == "stocktake.undecided"
    stage.office.later(minutes=1)
    stage.decide(session, line, "recount")
    stage.office.later(minutes=1)
    outcome = stage.office.refused(stage.count(session, shelf.code, shelf.place, 13), stage.office.wu)
    assert outcome.code == "stocktake.other_counts_again"
    shelf.counted(session, 13, by="sun")
    third = shelf.line(session)
    assert third.result == Result.CONFLICT and third.found_places == ("甲架: 12", "甲架: 14", "甲架: 13")
    stage.decide(session, third, quantity=13)
    stage.office.do(ApproveStocktake(stocktake_id=session), stage.office.chen)
    assert shelf.on_hand == 13


@pytest.mark.proves("T6")
def test_who_counts_a_shelf_again_says_the_number_anew(shelf: Shelf) -> None:
    session = shelf.open()
    shelf.counted(session, 22)
    shelf.counted(session, 4)
    line = shelf.line(session)
    assert line.quantity == 4 and [seen.quantity for seen in line.seen] == [22, 4]


def test_a_choice_between_two_counts_settles_the_line(shelf: Shelf) -> None:
    session = shelf.open()
    shelf.counted(session, 90)
    shelf.counted(session, 86, by="wu")
    shelf.stage.decide(session, shelf.line(session), quantity=86)
    assert (shelf.line(session).result, shelf.line(session).difference) == (Result.MISSING, -4)
    shelf.stage.close(session)
    shelf.stage.office.do(ApproveStocktake(stocktake_id=session), shelf.stage.office.chen)
    assert shelf.on_hand == 86


@pytest.mark.proves("T12")
def test_counted_zero_is_not_the_same_as_not_counted(shelf: Shelf) -> None:
    session = shelf.open()
    assert shelf.line(session).result == Result.NOT_COUNTED
    shelf.counted(session, 0)
    line = shelf.line(session)
    assert (line.result, line.quantity, line.difference) == (Result.MISSING, 0, -90)


def test_a_shelf_that_nobody_counted_keeps_its_stock(shelf: Shelf) -> None:
    session = shelf.open()
    shelf.stage.close(session)
    line = shelf.line(session)
    assert line.result == Result.NOT_COUNTED and line.is_difference
    shelf.stage.decide(session, line)
    shelf.stage.office.do(ApproveStocktake(stocktake_id=session), shelf.stage.office.chen)
    assert shelf.on_hand == 90


@pytest.mark.proves("T9", "T10")
def test_what_is_issued_before_and_after_the_count_is_no_difference(shelf: Shelf) -> None:
    session = shelf.open()
    shelf.issue(5)
    shelf.counted(session, 83)
    shelf.issue(3)
    line = shelf.line(session)
    assert (line.book_quantity, line.difference, "moved_meanwhile" in line.flags) == (85, -2, True)
    shelf.stage.settle(session)
    assert shelf.on_hand == 83 - 3


@pytest.mark.proves("T10")
def test_an_issue_made_offline_before_the_count_and_booked_after_it_is_no_difference(shelf: Shelf) -> None:
    stage, office = shelf.stage, shelf.stage.office
    session = shelf.open()
    phone = stage.phone(office.mei)
    assert office.mei.person_id is not None
    offline = phone.says(supplies.IssueSupply(code=shelf.code, quantity=5, to_person_id=office.mei.person_id), at=clock.now())
    office.later(minutes=5)
    shelf.counted(session, 85, by="wu")
    assert shelf.line(session).difference == -5
    send([offline])
    assert shelf.line(session).difference == 0
    stage.settle(session)
    assert shelf.on_hand == 85


@pytest.mark.proves("T9")
@pytest.mark.parametrize("first", [0, 1])
def test_two_overlapping_counts_of_a_shelf_end_at_the_counted_truth(shelf: Shelf, first: int) -> None:
    sessions = [shelf.open(), shelf.open()]
    shelf.counted(sessions[0], 88)
    shelf.counted(sessions[1], 88, by="wu")
    shelf.stage.settle(sessions[first])
    assert shelf.on_hand == 88
    other = shelf.line(sessions[1 - first])
    assert other.difference == 0 and "moved_meanwhile" in other.flags
    shelf.stage.settle(sessions[1 - first])
    assert shelf.on_hand == 88


@pytest.mark.proves("T10")
def test_a_count_that_later_issues_contradict_never_takes_the_ledger_below_zero(shelf: Shelf) -> None:
    session = shelf.open()
    shelf.counted(session, 0)
    shelf.issue(60)
    shelf.stage.settle(session)
    assert shelf.on_hand == 0


def test_a_quantity_is_asked_for(shelf: Shelf) -> None:
    session = shelf.open()
    outcome = shelf.stage.office.refused(shelf.stage.count(session, shelf.code, shelf.place), shelf.stage.office.mei)
    assert outcome.code == "stocktake.quantity_needed"


@pytest.mark.proves("Things 6")
def test_who_counts_blind_is_told_no_figure_of_the_book_anywhere(shelf: Shelf) -> None:
    office = shelf.stage.office
    session = shelf.open(mode="blind")
    told = shelf.stage.seen(session, shelf.code, shelf.place, office.mei, 12)
    assert told == {
        "outcome": "counted",
        "subject_id": str(shelf.id),
        "first_by": None,
        "first_at": None,
        "book_place_id": None,
        "book_place": None,
    }
    for counter in (office.mei, replace(office.bo)):
        if counter.person_id == office.bo.person_id:
            shelf.stage.seen(session, shelf.code, shelf.place, counter, 12)
        detail = office.read(lambda s, who=counter: stocktakes.detail(s, stocktakes.get(s, session), who))
        assert detail.sums is None and detail.lines == () and len(detail.mine) == 1
        assert detail.session.expected is None and detail.session.counted is None
        stock = office.read(lambda s, who=counter: supplies.view(s, supplies.get(s, shelf.id), who))
        assert stock.on_hand is None
    phone = office.read(stocktakes.for_phone, office.mei)[0]
    assert phone.expected is None and phone.total is None
    assert office.read(lambda s: stocktakes.detail(s, stocktakes.get(s, session), office.ann)).sums is not None

"""Who counts blind gets no figure of the book in any answer: operations, views, lists, exports, labels, the phone's bundle (Things 6).

The book holds 7319 pens, 4 of them on the way; whatever a counter receives must not hold that number, nor the difference to it."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import pytest

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms import labels, notices, views
from core.mechanisms.operations import Actor, as_json, perform_now
from core.mechanisms.views import Query
from core.sections import stocktakes, supplies
from core.sections.stocktakes import Counter, OpenStocktake, RecountLines
from core.sections.stocktakes.views import for_phone
from mobile import bundle, sheets
from mobile.api import Problem
from tests.stocktakes.stage import Stage, send
from tests.stocktakes.test_supplies import Shelf

BOOK = 7319
NO_FIGURE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z?")  # ids and moments hold all sorts of digits
SECRET = (str(BOOK), f"{BOOK:,}", str(BOOK - 12))


@pytest.fixture
def shelf(stage: Stage) -> Shelf:
    return Shelf(stage, BOOK)


def everything_told(stage: Stage, shelf: Shelf, session: UUID, by: Actor) -> dict[str, Any]:
    """Every answer a person can get that has to do with the shelf, a count or its figures."""
    office = stage.office
    found: dict[str, Any] = {}
    phone = stage.phone(by)
    assert by.person_id is not None
    operations = {
        "count": stage.count(session, shelf.code, shelf.place, 12),
        "count again": stage.count(session, shelf.code, shelf.place, 13),
        "issue": supplies.IssueSupply(code=shelf.code, quantity=1, to_person_id=by.person_id),
        "issue too much": supplies.IssueSupply(code=shelf.code, quantity=9_000, to_person_id=by.person_id),
        "return": supplies.ReturnSupply(code=shelf.code, quantity=1, from_person_id=by.person_id),
        "receive": supplies.ReceiveSupply(code=shelf.code, quantity=1),
        "correct": supplies.CorrectStock(code=shelf.code, quantity=-9_000, reason="试"),
        "undo": stocktakes.UndoCount(stocktake_id=session, count_op_id=session),
        "hand in": stocktakes.HandInCounts(stocktake_id=session, last_seq=0),
        "decide": stocktakes.DecideLine(stocktake_id=session, line_id=session, decision="accept"),
    }
    for name, do in operations.items():
        outcome = perform_now(do, by=by)
        found[name] = (outcome.facts, outcome.result, outcome.message("zh-Hans"), outcome.message("en"))
        office.later(seconds=20)
    late = send([phone.says(supplies.IssueSupply(code=shelf.code, quantity=8_000, to_person_id=by.person_id), at=clock.now())])[0]
    found["issue on a phone"] = (late.facts, late.result)
    return {**found, **everything_read(stage, shelf, session, by)}


def everything_read(stage: Stage, shelf: Shelf, session: UUID, by: Actor) -> dict[str, Any]:
    """The part of it that a person reads without doing anything."""
    office, found = stage.office, {}
    for name in ("stocktakes", "supplies", "notices", "audit", "duties"):
        collection = views.collections()[name]
        if by.has(*collection.roles):
            page = office.read(collection.list, Query(limit=50), by)
            found[name] = as_json(page.items)
            found[f"{name} low"] = (
                as_json(office.read(collection.list, Query(limit=50, filters={"state": "low"}), by).items) if name == "supplies" else None
            )
            for one in page.items:
                found[f"{name}/{one.id}"] = as_json(office.read(collection.get, str(one.id), by))
    found["label"] = as_json(office.read(labels.view, shelf.code, by))
    found["floor"] = as_json(office.read(bundle.bundle, by))
    found["inbox"] = [(as_json(row.facts), notices.sentence(row, "zh-Hans")) for row in office.read(notices.inbox, by.person_id)]
    for language in ("zh-Hans", "en"):
        try:
            found[f"table {language}"] = sheets._lines(session, language, by)
        except (Problem, Refused) as refused:
            found[f"table {language}"] = str(refused)
    return found


def leaks(found: dict[str, Any]) -> list[str]:
    texts = {name: NO_FIGURE.sub("", json.dumps(as_json(told), ensure_ascii=False)) for name, told in found.items()}
    return [name for name, text in texts.items() if any(secret in text for secret in SECRET)]


@pytest.mark.proves("Things 6", "S1.2-R7")
@pytest.mark.parametrize("who", ["mei", "bo"])
def test_no_answer_to_a_blind_counter_holds_a_figure_of_the_book(shelf: Shelf, who: str) -> None:
    """Mei is staff; Bo is the clerk, who sees everything else: being asked to count makes him blind too."""
    stage, office = shelf.stage, shelf.stage.office
    by = office.people[who]
    do = OpenStocktake(kind="supply", place_ids=(office.places["302"],), mode="blind", counters=(Counter(person_id=by.person_id),))
    session = UUID(office.do(do, office.ann)["stocktake_id"])
    office.later(minutes=1)
    before = leaks(everything_read(stage, shelf, session, office.ann))
    assert {"floor", "supplies", f"stocktakes/{session}", "table en"} <= set(before), "the check can see a leak: who does not count is told"
    assert leaks(everything_told(stage, shelf, session, by)) == []
    office.later(minutes=1)
    office.do(RecountLines(stocktake_id=session), office.ann)
    office.later(minutes=1)
    assert leaks(everything_told(stage, shelf, session, by)) == [], "nor in the second round"


@pytest.mark.proves("Things 6")
def test_the_figures_are_told_again_when_the_count_is_settled(shelf: Shelf) -> None:
    office = shelf.stage.office
    session = shelf.open(mode="blind")
    shelf.counted(session, BOOK)
    assert office.read(lambda s: supplies.view(s, supplies.get(s, shelf.id), office.mei)).on_hand is None
    shelf.stage.settle(session)
    assert office.read(lambda s: supplies.view(s, supplies.get(s, shelf.id), office.mei)).on_hand == BOOK


@pytest.mark.proves("Things 6", "S4.1-R7")
@pytest.mark.parametrize("who", ["mei", "bo"])
def test_whoever_counts_things_blind_is_told_no_place_and_no_state_of_the_book_by_phone_or_label(stage: Stage, who: str) -> None:
    office = stage.office
    by, here, other = office.people[who], stage.asset("ZC-1", "301"), stage.asset("ZC-2", "302")

    def told() -> list[tuple[Any, ...]]:
        things = {one["id"]: one for one in office.read(bundle.bundle, by)["things"]}
        return [
            (things[one.id]["place_id"], things[one.id]["state"], office.read(labels.view, one.code, by).place) for one in (here, other)
        ]

    assert told() == [(office.places["301"], "idle", "301 听雨厅"), (office.places["302"], "idle", "302 办公室")], (
        "the check can see a leak"
    )
    do = OpenStocktake(kind="asset", place_ids=(office.places["301"],), mode="blind", counters=(Counter(person_id=by.person_id),))
    session = UUID(office.do(do, office.ann)["stocktake_id"])
    assert told() == [(None, "", "")] * 2, "nor of what stands elsewhere: the gaps alone would say what is here"
    assert office.read(labels.view, here.code, office.ann).place == "301 听雨厅", "who does not count is told"
    stage.seen(session, here, "301", by)
    assert told() == [(None, "", "")] * 2
    stage.settle(session)
    assert told()[1] == (office.places["302"], "idle", "302 办公室")


@pytest.mark.proves("Things 6", "S4.1-R7")
def test_another_count_of_the_same_things_tells_its_places_to_nobody_who_counts_them_blind(stage: Stage) -> None:
    office = stage.office
    here, other = stage.asset("ZC-1", "301"), stage.asset("ZC-2", "302")
    guided, apart = (
        UUID(office.do(OpenStocktake(kind="asset", place_ids=(office.places[room], office.places["305"])), office.ann)["stocktake_id"])
        for room in ("301", "302")
    )

    def lists(by: Actor) -> dict[UUID, bool]:
        return {one.id: one.expected is not None for one in office.read(for_phone, by)}

    assert lists(office.mei) == {guided: True, apart: True}
    do = OpenStocktake(kind="asset", place_ids=(office.places["301"],), mode="blind", counters=(Counter(person_id=office.mei.person_id),))
    blind = UUID(office.do(do, office.ann)["stocktake_id"])
    assert lists(office.mei) == {guided: False, apart: True, blind: False}
    assert {one.id: one.mode for one in office.read(for_phone, office.mei)} == {guided: "blind", apart: "guided", blind: "blind"}
    assert lists(office.wu) == {guided: True, apart: True}, "who does not count blind keeps the list"
    told = office.read(lambda s: stocktakes.detail(s, stocktakes.get(s, guided), office.mei))
    assert (told.lines, told.sums, told.session.expected) == ((), None, None)
    assert stage.seen(guided, here, "305", office.mei)["book_place"] is None, "nor does the answer to a scan say it"
    assert stage.seen(guided, here, "305", office.wu)["book_place"] == "301 听雨厅"
    assert stage.seen(apart, other, "305", office.mei)["book_place"] == "302 办公室"
    stage.settle(blind)
    assert lists(office.mei)[guided]

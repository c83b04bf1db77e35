"""A shelf that is counted, counted again and used meanwhile: whatever arrives in whatever order, the result is the same, the ledger's sum is its balance,
and after approval the balance is what was counted plus what moved since (O7, T9, T10; Things 6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.foundation import clock
from core.sections import stocktakes, supplies
from core.sections.stocktakes import Result
from tests.stocktakes.stage import Phone, Stage, send
from tests.stocktakes.test_supplies import Shelf

WHO = ("mei", "wu", "sun")
# Minute, who, and what: a count, or pieces taken or given back. Half of them before "count again" is said at minute 30, half after.
EVENT = st.tuples(st.integers(1, 59).filter(lambda minute: minute != 30), st.sampled_from(WHO), st.one_of(
    st.tuples(st.just("count"), st.integers(80, 100)), st.tuples(st.just("issue"), st.integers(1, 5)), st.tuples(st.just("return"), st.integers(1, 5)),
))  # fmt: skip


def told(stage: Stage, session: UUID) -> Any:
    return [
        (line.result, line.quantity, line.difference, line.found_places, line.flags, [(seen.who, seen.quantity, seen.round, seen.standing, seen.void) for seen in line.seen])
        for line in stage.review(session).lines
    ]  # fmt: skip


@pytest.mark.proves("O7", "T9", "T10", "Things 6", "S1.2-R6", "S1.2-R7")
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_of_arrival_gives_the_same_rounds_and_the_ledger_ends_at_the_counted_truth(stage: Stage, data: st.DataObject) -> None:
    office = stage.office
    history = sorted(data.draw(st.lists(EVENT, min_size=1, max_size=7, unique_by=lambda one: one[0])))
    order = data.draw(st.permutations(range(len(history))))
    results, balances = [], []
    for arrival in (list(range(len(history))), order):
        shelf = _shelf(stage)
        session = stage.open(shelf.place, kind="supply")
        start = clock.now()
        phones = {who: stage.phone(office.people[who]) for who in WHO}
        first = stage.count(session, shelf.code, shelf.place, 85)  # the first count, which has arrived in every order
        send([phones["mei"].says(first, at=start + timedelta(seconds=30))], at=start + timedelta(seconds=30))
        requests = [_said(stage, phones[who], shelf, session, what, start + timedelta(minutes=minute)) for minute, who, what in history]
        early = [n for n in arrival if history[n][0] < 30]
        # Some of the first half arrives before the recount is asked, the rest comes late from phones that were offline.
        office.later(minutes=29)
        for n in early[: len(early) // 2]:
            send([requests[n]])
        office.later(minutes=1)
        line = stage.review(session).lines[0]
        office.do(stocktakes.RecountLines(stocktake_id=session, line_ids=(line.line_id,)), office.ann)
        results.append([])
        office.later(minutes=31)
        for n in [*early[len(early) // 2 :], *(n for n in arrival if history[n][0] > 30), *arrival[:2]]:
            send([requests[n]])
        results[-1].append(told(stage, session))
        hand_in = [stocktakes.HandInCounts(stocktake_id=session, last_seq=phone.seq) for phone in phones.values()]
        send([phone.says(do, at=clock.now()) for phone, do in zip(phones.values(), hand_in, strict=True)])
        stage.close(session)
        for line in stage.review(session).differences:
            stage.decide(session, line, quantity=_last_said(line))
        settled = stage.review(session).lines[0]
        office.do(stocktakes.ApproveStocktake(stocktake_id=session), office.chen)
        lines = office.read(supplies.ledger, shelf.id)
        assert sum(one.quantity for one in lines) == shelf.on_hand, "the balance is the sum of its rows"
        if settled.quantity is not None:
            counted_at = settled.standing[-1].at
            later = sum(one.quantity for one in lines if one.kind != "count" and one.at > counted_at)
            assert shelf.on_hand == settled.quantity + later, "what was counted, and what moved since"
        balances.append(shelf.on_hand)
    assert results[0][-1] == results[1][-1] and balances[0] == balances[1]


def _shelf(stage: Stage) -> Shelf:
    stage.office.places.pop("甲架", None)
    return Shelf(stage, 90)


def _last_said(line: stocktakes.Line) -> int | None:
    """Which of several answers is taken: the last one; nobody has to choose where there is one."""
    quantities = [seen.quantity for seen in line.seen if not seen.void]
    return quantities[-1] if line.result in (Result.CONFLICT, Result.RECOUNT) and quantities else None


def _said(stage: Stage, phone: Phone, shelf: Shelf, session: UUID, what: tuple[str, int], at: Any) -> Any:
    kind, n = what
    person = phone.by.person_id
    assert person is not None
    if kind == "count":
        return phone.says(stage.count(session, shelf.code, shelf.place, n), at=at)
    if kind == "issue":
        return phone.says(supplies.IssueSupply(code=shelf.code, quantity=n, to_person_id=person), at=at)
    return phone.says(supplies.ReturnSupply(code=shelf.code, quantity=n, from_person_id=person), at=at)

"""Whatever the order and however often the records of two phones arrive, the result is the same (O7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.foundation import clock
from core.foundation.ids import uuid7
from core.mechanisms.operations import Operation
from core.sections.stocktakes import HandInCounts, ReportFind, UndoCount
from tests.stocktakes.stage import Stage, send

STRANGE = "7K3M9QWY"


def history(stage: Stage, session: UUID, strange: str) -> list[tuple[str, int, Operation, int]]:
    """Who (phone), minute, what, and the number of the operation among them: an agreement, a move, a second finder, a conflict, an undone count."""
    one, two, three = stage.things["ZC-1"], stage.things["ZC-2"], stage.things["ZC-3"]
    place = stage.office.places
    undone = uuid7()
    said: list[tuple[str, int, Any, Any]] = [
        ("mei", 1, stage.count(session, one, "301"), None),
        ("wu", 2, stage.count(session, one, "301"), None),
        ("mei", 3, stage.count(session, two, "302"), None),
        ("wu", 4, stage.count(session, two, "305"), None),
        ("mei", 5, stage.count(session, three, "302"), undone),
        ("mei", 6, UndoCount(stocktake_id=session, count_op_id=undone), None),
        ("wu", 7, stage.count(session, strange, "301"), None),
        ("wu", 8, ReportFind(stocktake_id=session, place_id=place["301"], code=strange, description="旧柜子"), None),
        ("mei", 9, HandInCounts(stocktake_id=session, last_seq=4), None),
        ("wu", 9, HandInCounts(stocktake_id=session, last_seq=4), None),
    ]
    return said


def outcome(stage: Stage, session: UUID) -> Any:
    review = stage.review(session)
    lines = sorted(
        (line.number, line.name, line.result, line.found_place, tuple((seen.who, seen.at, seen.standing) for seen in line.seen), line.flags)
        for line in review.lines
    )
    return lines, review.sums


@pytest.mark.proves("O7", "Things 3")
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_and_any_repetition_of_the_records_give_the_same_result(stage: Stage, data: st.DataObject) -> None:
    if not stage.things:
        for number in ("ZC-1", "ZC-2", "ZC-3"):
            stage.asset(number, "301")
        stage.phones = {"mei": stage.phone(stage.office.mei), "wu": stage.phone(stage.office.wu)}
    start = clock.now()
    received = start + timedelta(minutes=30)

    def run(order: list[int]) -> Any:
        session = stage.open("三楼")
        said = history(stage, session, STRANGE)
        requests = [stage.phones[who].says(do, at=start + timedelta(minutes=minute), op_id=op_id) for who, minute, do, op_id in said]
        for index in order:
            assert send([requests[index]], at=received)[0].ok
        return outcome(stage, session)

    count = 10
    order = data.draw(
        st.permutations(range(count)).flatmap(lambda p: st.lists(st.sampled_from(range(count)), max_size=5).map(lambda more: [*p, *more]))
    )
    assert run(order) == run(list(range(count)))

"""Numbers without gaps (scenario Office 3: two clerks at once, a void number stays visible)."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from core.foundation.errors import Refused
from core.mechanisms import numbering, operations
from core.mechanisms.operations import Actor, Operation, Outcome, Role, operation, perform_now, registry
from tests.cast import Office


class TakeNumber(Operation):
    __test__: ClassVar[bool] = False
    year: int = 2026
    then_refuse: bool = False


@operation(TakeNumber, "test.take_number", roles={Role.CLERK})
def take_number(s: Session, do: TakeNumber, by: Actor, at: datetime) -> dict[str, Any]:
    number = numbering.next_number(s, "办", do.year)
    if do.then_refuse:
        raise Refused("number.not_given", number=number)
    return {"number": number}


@pytest.fixture(autouse=True)
def known(office: Office) -> Iterator[None]:
    operations.include(sys.modules[__name__])
    yield
    registry._specs.pop("test.take_number")
    registry._by_input.pop(TakeNumber)


@pytest.mark.proves("Office 3")
def test_two_at_once_get_two_numbers(office: Office) -> None:
    outcomes: list[Outcome] = []
    start = threading.Barrier(6)

    def one() -> None:
        start.wait()
        outcomes.append(perform_now(TakeNumber(), by=office.bo))

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.result["number"] for outcome in outcomes) == [1, 2, 3, 4, 5, 6]


@pytest.mark.proves("Office 3")
def test_a_void_number_stays_visible_and_is_not_given_again(office: Office) -> None:
    for _ in range(3):
        office.do(TakeNumber(), office.bo)
    office.do(numbering.VoidNumber(series="办", year=2026, number=2, reason="写错了"), office.bo)
    assert office.do(TakeNumber(), office.bo)["number"] == 4
    assert [(row.number, row.void, row.reason) for row in office.read(numbering.register, "办", 2026)] == [
        (1, False, ""), (2, True, "写错了"), (3, False, ""), (4, False, ""),
    ]  # fmt: skip
    again = numbering.VoidNumber(series="办", year=2026, number=2, reason="x")
    assert office.refused(again, office.bo).code == "number.already_void"
    assert office.refused(numbering.VoidNumber(series="办", year=2026, number=9, reason="x"), office.bo).code == "number.not_given"


def test_each_year_begins_at_one(office: Office) -> None:
    assert [office.do(TakeNumber(year=year), office.bo)["number"] for year in (2026, 2026, 2027, 2026)] == [1, 2, 1, 3]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(refused=st.lists(st.booleans(), max_size=12), year=st.integers(2030, 9999))
def test_a_refused_operation_leaves_no_gap(office: Office, refused: list[bool], year: int) -> None:
    before = office.read(numbering.last_number, "办", year)
    given_out = [
        outcome.result["number"] for no in refused if (outcome := perform_now(TakeNumber(year=year, then_refuse=no), by=office.bo)).ok
    ]
    assert given_out == list(range(before + 1, before + 1 + refused.count(False)))

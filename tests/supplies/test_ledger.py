"""The supplies ledger: what arrives, what is taken, what the books say (guide S1.2-R6, S1.2-R8)."""

from __future__ import annotations

import dataclasses
import hashlib
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from core.foundation import clock, database
from core.foundation.errors import Invalid
from core.foundation.ids import uuid7
from core.mechanisms import duties, labels, notices, operations
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, registry
from core.mechanisms.views import Query
from core.sections import supplies
from core.sections.supplies import IssueSupply, ReceiveSupply, RegisterSupply, ReturnSupply
from tests.cast import Office

PHOTO = hashlib.sha256(b"four broken pens").hexdigest()


def pens(office: Office, stock: int = 0, **more: Any) -> tuple[UUID, str]:
    """Pens on the shelf of 301, with their label."""
    made = office.do(RegisterSupply(name="中性笔", spec="0.5 黑", unit="支", place_id=office.places["301"], **more), office.bo)
    if stock:
        office.do(ReceiveSupply(code=made["code"], quantity=stock), office.bo)
    return UUID(made["supply_id"]), made["code"]


def take(code: str, quantity: int, who: Actor, reason: str = "") -> IssueSupply:
    return IssueSupply(code=code, quantity=quantity, to_person_id=who.person_id, reason=reason)


def on_a_phone(who: Actor) -> Actor:
    return dataclasses.replace(who, device_id=uuid4())


@pytest.mark.proves("Office 5", "S1.2-R6")
def test_a_hundred_pens_arrive_and_the_four_broken_ones_stay_out_of_stock(office: Office) -> None:
    supply_id, code = pens(office)
    order_id = office.do(supplies.OrderSupply(supply_id=supply_id, quantity=100), office.bo)["order_id"]
    bare = ReceiveSupply(code=code, quantity=96, refused=4, order_id=order_id)
    assert office.refused(bare, office.bo).code == "supply.refused_evidence"
    came = office.do(ReceiveSupply(code=code, quantity=96, refused=4, photos=(PHOTO,), order_id=order_id), office.bo)
    assert came["on_hand"] == 96 and came["open"] == 4
    assert office.read(supplies.on_hand, supply_id) == 96
    assert office.audit("supply.receive")[-1].outcome == "accepted"


@pytest.mark.proves("T35")
def test_an_order_of_a_thousand_takes_one_and_then_the_rest_but_never_one_more(office: Office) -> None:
    supply_id, code = pens(office)

    def ordered() -> str:
        return str(office.do(supplies.OrderSupply(supply_id=supply_id, quantity=1000), office.bo)["order_id"])

    first = ordered()
    assert office.do(ReceiveSupply(code=code, quantity=1, order_id=first), office.bo)["open"] == 999
    assert office.refused(ReceiveSupply(code=code, quantity=1000, order_id=first), office.bo).code == "supply.more_than_ordered"
    assert office.do(ReceiveSupply(code=code, quantity=999, order_id=first), office.bo)["open"] == 0
    second = ordered()
    assert office.do(ReceiveSupply(code=code, quantity=1000, order_id=second), office.bo)["open"] == 0
    third = ordered()
    over = office.refused(ReceiveSupply(code=code, quantity=1001, order_id=third), office.bo)
    assert over.code == "supply.more_than_ordered" and over.facts["open"] == 1000
    returned = office.do(ReceiveSupply(code=code, quantity=600, refused=400, reason="受潮", order_id=third), office.bo)
    assert returned["open"] == 400  # refused pieces are still owed, and count once
    assert [order.open for order in office.read(supplies.open_orders)] == [400]
    assert office.read(supplies.on_hand, supply_id) == 2600


@pytest.mark.proves("T35", "SEC 12")
@pytest.mark.parametrize("quantity", [100.002, "1,5", "٣", -1, 0, 10**9, True, None, "NaN"])
def test_pieces_are_whole_numbers(office: Office, quantity: object) -> None:
    _, code = pens(office, 5)
    payload = {"code": code, "quantity": quantity, "to_person_id": str(office.mei.person_id)}
    with pytest.raises(Invalid):
        operations.parse("supply.issue", payload)


@pytest.mark.proves("Office 5", "S1.2-R8")
def test_taking_more_than_the_limit_asks_why(office: Office) -> None:
    supply_id, code = pens(office, 96, limit=5)
    asked = office.refused(take(code, 6, office.mei), office.bo)
    assert asked.code == "supply.over_limit" and asked.facts["limit"] == 5
    office.do(take(code, 6, office.mei, "培训班用"), office.bo)
    line = office.read(supplies.ledger, supply_id)[0]
    assert (line.quantity, line.balance, line.to_person, line.reason, line.over_limit) == (-6, 90, "林晓梅", "培训班用", True)


@pytest.mark.proves("S1.2-R8")
def test_the_limit_counts_what_was_taken_in_the_period_less_what_came_back(office: Office) -> None:
    _, code = pens(office, 50, limit=5)
    office.do(take(code, 5, office.mei), office.bo)
    assert office.refused(take(code, 1, office.mei), office.bo).code == "supply.over_limit"
    office.do(ReturnSupply(code=code, quantity=2, from_person_id=office.mei.person_id), office.bo)
    office.do(take(code, 2, office.mei), office.bo)
    office.do(take(code, 5, office.wu), office.bo)  # another person has a limit of their own
    office.later(days=31)
    office.do(take(code, 5, office.mei), office.bo)


def test_the_desk_can_not_give_out_what_the_shelf_does_not_have(office: Office) -> None:
    supply_id, code = pens(office, 3)
    outcome = office.refused(take(code, 4, office.mei), office.bo)
    assert outcome.code == "supply.not_enough" and outcome.facts["on_hand"] == 3
    assert office.read(supplies.on_hand, supply_id) == 3


def test_what_was_taken_with_a_phone_is_booked_and_the_missing_pieces_are_shown(office: Office) -> None:
    supply_id, code = pens(office, 3)
    outcome = operations.perform_now(take(code, 5, office.mei), by=on_a_phone(office.mei))
    assert outcome.ok and outcome.facts["discrepancy"] == 2
    lines = office.read(supplies.ledger, supply_id)
    assert [(line.kind, line.quantity, line.balance) for line in lines] == [("issue", -5, 0), ("discrepancy", 2, 5), ("receive", 3, 3)]
    with database.reading() as s:
        told = list(s.execute(select(notices.Notice).where(notices.Notice.key == "supply.notice.discrepancy")).scalars())
    assert told and told[0].facts["quantity"] == 2


def test_two_phones_that_took_without_a_network_are_both_booked(office: Office) -> None:
    supply_id, code = pens(office, 10)
    office.later(hours=2)
    then = clock.now() - timedelta(hours=1)
    requests = [operations.Request(take(code, 8, who), on_a_phone(who), uuid7(), occurred_at=then) for who in (office.mei, office.wu)]
    assert all(outcome.ok for outcome in operations.perform_requests(requests))
    assert sum(line.quantity for line in office.read(supplies.ledger, supply_id)) == 0
    assert [line.late for line in office.read(supplies.ledger, supply_id)] == [True, True, True, False]


@pytest.mark.proves("Floor 2", "O2")
def test_the_same_taking_sent_twice_changes_stock_once(office: Office) -> None:
    supply_id, code = pens(office, 10)
    op_id = uuid7()
    first = operations.perform_now(take(code, 2, office.mei), by=office.mei, op_id=op_id)
    again = operations.perform_now(take(code, 2, office.mei), by=office.mei, op_id=op_id)
    assert first.ok and again.ok and again.repeated
    assert office.read(supplies.on_hand, supply_id) == 8


@pytest.mark.proves("T38")
def test_crossing_the_minimum_tells_once_and_again_only_after_recovery(office: Office) -> None:
    _, code = pens(office, 12, minimum=10)

    def told() -> int:
        with database.reading() as s:
            return len(list(s.execute(select(notices.Notice.id).where(notices.Notice.key == "supply.notice.low"))))

    office.do(take(code, 2, office.mei), office.bo)
    assert told() == 0  # ten is not below ten
    office.do(take(code, 1, office.mei), office.bo)
    assert told() == 1
    office.do(take(code, 1, office.mei), office.bo)
    office.do(take(code, 1, office.mei), office.bo)
    assert told() == 1
    office.do(ReceiveSupply(code=code, quantity=20), office.bo)
    office.do(take(code, 18, office.mei), office.bo)
    assert told() == 2


@pytest.mark.proves("S1.2-R6")
@pytest.mark.parametrize(
    "statement", ["UPDATE supply_movement SET quantity = 1", "DELETE FROM supply_movement", "UPDATE supply SET on_hand = -1"]
)
def test_the_database_itself_keeps_the_ledger(office: Office, statement: str) -> None:
    pens(office, 3)
    with pytest.raises(DBAPIError), database.writing() as s:
        s.execute(text(statement))


def test_two_people_can_not_both_get_the_last_piece(office: Office) -> None:
    supply_id, code = pens(office, 1)
    outcomes: list[operations.Outcome] = []
    start = threading.Barrier(8)

    def one() -> None:
        start.wait()
        outcomes.append(operations.perform_now(take(code, 1, office.mei), by=office.bo))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.status for outcome in outcomes) == ["accepted"] + ["refused"] * 7
    assert {outcome.code for outcome in outcomes if not outcome.ok} == {"supply.not_enough"}
    assert office.read(supplies.on_hand, supply_id) == 0


class PostCount(operations.Operation):
    """What an approved stock-take does, alone."""

    __test__: ClassVar[bool] = False
    supply_id: UUID
    place_id: UUID
    difference: int


@operations.operation(PostCount, "test.post_count", roles={operations.Role.LEADER})
def post_count(s: Session, do: PostCount, by: Actor, at: datetime) -> None:
    subject = ("stocktake", uuid4())
    supplies.post_count(s, do.supply_id, do.difference, place_id=do.place_id, subject=subject, reason="盘点", by=by, at=at)


@pytest.fixture
def counting(office: Office) -> Iterator[None]:
    operations.include(sys.modules[__name__])
    yield
    registry._specs.pop("test.post_count")
    registry._by_input.pop(PostCount)


@pytest.mark.proves("Office 5", "T12")
def test_a_count_posts_its_difference_against_the_book(office: Office, counting: None) -> None:
    supply_id, code = pens(office, 96)
    office.do(take(code, 6, office.mei, "x"), office.bo)

    def post(difference: int) -> None:
        office.do(PostCount(supply_id=supply_id, place_id=office.places["301"], difference=difference), office.chen)

    post(88 - 90)
    assert office.read(supplies.on_hand, supply_id) == 88
    post(0)
    post(-88)  # zero was counted: that is a difference of everything
    assert office.read(supplies.on_hand, supply_id) == 0
    post(-3)  # taken meanwhile: shown, not hidden
    assert [(line.kind, line.quantity) for line in office.read(supplies.ledger, supply_id)[:3]] == [
        ("count", -3),
        ("discrepancy", 3),
        ("count", -88),
    ]


def test_what_somebody_asked_for_is_the_clerks_duty_until_they_have_it(office: Office) -> None:
    supply_id, code = pens(office, 50)
    office.do(supplies.RequestSupply(supply_id=supply_id, quantity=20, note="新人"), office.mei)
    [duty] = office.read(duties.mine, office.bo, clock.now())
    assert "中性笔" in duty.title and "20" in duty.title
    assert [request.person for request in office.read(supplies.open_requests)] == ["林晓梅"]
    office.do(take(code, 20, office.mei), office.bo)
    assert office.read(supplies.open_requests) == [] and office.read(duties.mine, office.bo, clock.now()) == []


@pytest.mark.parametrize("words", ["中性", "zhongxing", "zxb", "0.5", "S-0001"])
def test_a_supply_is_found_by_name_pinyin_initials_spec_and_number(office: Office, words: str) -> None:
    supply_id, _ = pens(office)
    office.do(RegisterSupply(name="订书机", unit="个"), office.bo)
    assert [row.id for row in office.read(supplies.search, words)] == [supply_id]


def test_a_supply_is_found_by_its_label_also_by_a_replaced_one(office: Office) -> None:
    supply_id, code = pens(office, 5)
    new = office.do(labels.ReplaceLabel(code=code, reason="撕坏了"), office.bo)["code"]
    assert [row.id for row in office.read(supplies.search, new)] == [supply_id]
    office.do(take(code, 1, office.mei), office.bo)
    assert office.read(labels.view, code, office.mei).title == "中性笔 0.5 黑"


def test_nobody_but_the_keepers_changes_the_register(office: Office) -> None:
    supply_id, code = pens(office, 5)
    for do in (
        RegisterSupply(name="x", unit="个"),
        supplies.UpdateSupply(supply_id=supply_id, minimum=1),
        supplies.CorrectStock(code=code, quantity=1, reason="x"),
    ):
        assert office.refused(do, office.mei).code == "op.not_allowed"
    assert office.refused(supplies.UpdateSupply(supply_id=supply_id, unit="盒"), office.bo).code == "supply.unit_in_use"


def test_the_list_goes_on_where_it_stopped(office: Office) -> None:
    for n in range(5):
        office.do(RegisterSupply(name=f"文件夹{n}", unit="个"), office.bo)
    collection = supplies.COLLECTION
    first = office.read(collection.list, Query(limit=3), office.mei)
    second = office.read(collection.list, Query(limit=3, cursor=first.next), office.mei)
    assert [view.number for view in (*first.items, *second.items)] == [f"S-{n:04d}" for n in range(1, 6)] and second.next is None
    low = office.read(collection.list, Query(filters={"state": "low"}), office.mei)
    assert low.items == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.sampled_from(["receive", "issue", "phone", "return", "correct"]), st.integers(1, 30)), max_size=12))
def test_whatever_happens_stock_is_the_sum_of_its_rows_and_never_below_zero(office: Office, moves: list[tuple[str, int]]) -> None:
    supply_id, code = pens(office)
    for what, n in moves:
        who = office.mei
        do: operations.Operation = {
            "receive": ReceiveSupply(code=code, quantity=n), "issue": take(code, n, who), "phone": take(code, n, who),
            "return": ReturnSupply(code=code, quantity=n, from_person_id=who.person_id), "correct": supplies.CorrectStock(code=code,
            quantity=-n, reason="错账"),
        }[what]  # fmt: skip
        operations.perform_now(do, by=on_a_phone(who) if what == "phone" else office.bo)
        lines = office.read(supplies.ledger, supply_id, limit=100)
        with database.reading() as s:
            kept = s.get(supplies.Supply, supply_id).on_hand
        assert kept == sum(line.quantity for line in lines) == office.read(supplies.on_hand, supply_id) >= 0
        assert all(line.balance >= 0 for line in lines)


def test_a_label_says_what_may_be_done(office: Office) -> None:
    _, code = pens(office, 5)
    seen = office.read(labels.view, code, office.mei)
    assert seen.kind == SubjectKind.SUPPLY and "supply.issue" in seen.operations and "supply.receive" not in seen.operations

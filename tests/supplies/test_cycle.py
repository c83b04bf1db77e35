"""From what the departments need to what is on the shelf and how the supplier did (guide S1.2-R1 … R5, R9, R10; scenario Things 9)."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.foundation import clock
from core.mechanisms import approvals, duties, operations, people
from core.mechanisms.operations import Actor
from core.sections import suppliers, supplies
from core.sections.stocktakes import Counter, OpenStocktake
from core.sections.supplies import DemandLine, IssueSupply, ReceiveSupply, RegisterSupply, SayDemand
from tests.cast import Office


def pens(office: Office, stock: int = 20, **more: Any) -> tuple[UUID, str]:
    given = {"minimum": 10, "pack": 12, "price_cents": 150, **more}
    made = office.do(RegisterSupply(name="中性笔", spec="0.5 黑", unit="支", place_id=office.places["301"], **given), office.bo)
    if stock:
        office.do(ReceiveSupply(code=made["code"], quantity=stock), office.bo)
    return UUID(made["supply_id"]), made["code"]


def a_round(office: Office) -> UUID:
    title = "2026 年第四季度"
    due = clock.today() + timedelta(days=7)
    return UUID(office.do(supplies.OpenRound(title=title, due_on=due), office.bo)["round_id"])


def need(office: Office, round_id: UUID, supply_id: UUID, quantity: int, who: Actor, department: str | None = None) -> None:
    whose = office.departments[department] if department else None
    office.do(SayDemand(round_id=round_id, department_id=whose, lines=(DemandLine(supply_id=supply_id, quantity=quantity),)), who)


def planned(office: Office, supply_id: UUID) -> tuple[UUID, supplies.PlanLineView]:
    """30, 25 and 50 pens are asked for by three departments, and planned."""
    office.departments["后勤科"] = UUID(office.do(people.AddDepartment(name="后勤科"), office.ada)["department_id"])
    he = office.person("he", "何川", department="财务科")
    round_id = a_round(office)
    need(office, round_id, supply_id, 30, office.mei)
    need(office, round_id, supply_id, 25, he)
    need(office, round_id, supply_id, 50, office.bo, "后勤科")
    plan_id = UUID(office.do(supplies.PlanSupplies(round_id=round_id), office.bo)["plan_id"])
    [line] = office.read(supplies.plan_of, plan_id, office.bo).lines
    return plan_id, line


def ordered(office: Office, plan_id: UUID, supply_id: UUID, **firm: Any) -> tuple[UUID, UUID]:
    """The plan is agreed to by the leader and ordered from 晨光; answers the supplier and the order."""
    name = firm.pop("name", "晨光文具")
    supplier_id = UUID(office.do(suppliers.AddSupplier(name=name, phone="0571-8800"), office.bo)["supplier_id"])
    office.do(supplies.ChangePlanLine(plan_id=plan_id, supply_id=supply_id, supplier_id=supplier_id), office.bo)
    approval_id = office.do(supplies.SubmitPlan(plan_id=plan_id), office.bo)["approval_id"]
    office.do(approvals.DecideApproval(approval_id=approval_id, approve=True), office.chen)
    office.do(supplies.OrderPlan(plan_id=plan_id, **firm), office.bo)
    [order] = office.read(supplies.open_orders, supply_id)
    return supplier_id, order.id


@pytest.mark.proves("Things 9", "S1.2-R2", "S1.2-R3", "S1.2-R4", "S1.2-R5", "S1.2-R9", "S1.2-R10")
def test_pens_from_what_three_departments_need_to_the_suppliers_score(office: Office) -> None:
    supply_id, code = pens(office)
    plan_id, line = planned(office, supply_id)
    assert (line.demand, line.minimum, line.on_hand, line.on_order, line.need, line.packs) == (105, 10, 20, 0, 95, 8)
    assert sorted(n for _, n in line.wanted_by) == [25, 30, 50] and line.cost_cents == 8 * 12 * 150
    supplier_id, order_id = ordered(office, plan_id, supply_id, due_on=clock.today() + timedelta(days=3))
    # seven packs are good, one is refused and stays owed; a ninth is one too many
    came = office.do(ReceiveSupply(code=code, quantity=7 * 12, refused=12, reason="受潮", order_id=order_id, service=4), office.bo)
    assert came["on_hand"] == 104 and came["open"] == 12
    over = office.refused(ReceiveSupply(code=code, quantity=2 * 12, order_id=order_id), office.bo)
    assert over.code == "supply.more_than_ordered" and over.facts["open"] == 12
    # fifty for a department that may have forty asks a leader
    office.do(supplies.SetQuota(supply_id=supply_id, department_id=office.departments["财务科"], quantity=40), office.bo)
    fetch = IssueSupply(code=code, quantity=50, to_person_id=office.people["he"].person_id, department_id=office.departments["财务科"])
    told = office.refused(fetch, office.bo)
    assert told.code == "supply.over_quota" and (told.facts["limit"], told.facts["taken"], told.facts["role"]) == (40, 0, "leader")
    assert office.refused(fetch, office.chen).code == "supply.over_quota"  # a leader, too, must say why
    office.do(fetch.model_copy(update={"reason": "年终结算"}), office.chen)
    lines = office.read(supplies.ledger, supply_id)
    assert [(one.quantity, one.balance) for one in lines] == [(-50, 54), (84, 104), (20, 20)]
    assert office.read(supplies.on_hand, supply_id) == 54
    score = office.read(supplies.scores, [supplier_id])[supplier_id]
    [quarter] = score.quarters
    assert (quarter.quality.part, quarter.quality.whole, quarter.quality.percent) == (84, 96, Decimal("87.5"))
    assert quarter.punctual.percent == Decimal("100.0") and quarter.service.percent == Decimal("80.0")
    assert score.score == quarter.score == Decimal("89.2")  # (87.5 + 100.0 + 80.0) ÷ 3


@pytest.mark.proves("S1.2-R10", "Things 9")
def test_only_quarters_in_which_something_came_make_a_score(office: Office) -> None:
    supply_id, code = pens(office)
    plan_id, _ = planned(office, supply_id)
    supplier_id, order_id = ordered(office, plan_id, supply_id, due_on=clock.today())
    assert office.read(supplies.scores, [supplier_id])[supplier_id] == supplies.SupplierScore(None)
    office.do(ReceiveSupply(code=code, quantity=48, order_id=order_id), office.bo)
    office.later(days=200)  # two quarters pass without a receipt
    office.do(ReceiveSupply(code=code, quantity=24, refused=24, reason="漏墨", order_id=order_id), office.bo)
    score = office.read(supplies.scores, [supplier_id])[supplier_id]
    assert [(one.quality.percent, one.punctual.percent, one.service) for one in score.quarters] == [
        (Decimal("50.0"), Decimal("0.0"), None), (Decimal("100.0"), Decimal("100.0"), None),
    ]  # fmt: skip
    assert [one.score for one in score.quarters] == [Decimal("25.0"), Decimal("100.0")] and score.score == Decimal("62.5")


@pytest.mark.proves("S1.2-R1")
def test_a_department_answers_once_or_bit_by_bit_and_its_head_owes_it(office: Office) -> None:
    supply_id, _ = pens(office)
    paper = UUID(office.do(RegisterSupply(name="复印纸", unit="包"), office.bo)["supply_id"])
    office.do(people.UpdateDepartment(department_id=office.departments["办公室"], head_id=office.chen.person_id), office.ada)
    round_id = a_round(office)
    [owed] = office.read(duties.mine, office.chen, clock.now())
    assert "第四季度" in owed.title and owed.due_on == clock.today() + timedelta(days=7)
    need(office, round_id, supply_id, 30, office.mei)
    assert office.read(duties.mine, office.chen, clock.now()) == []
    need(office, round_id, paper, 5, office.wu)  # a colleague adds to the same list
    need(office, round_id, supply_id, 20, office.wu)
    mine = office.read(supplies.lists_of, round_id, office.departments["办公室"])
    assert mine == {supply_id: 20, paper: 5}
    need(office, round_id, paper, 0, office.mei)
    assert office.read(supplies.lists_of, round_id, office.departments["办公室"]) == {supply_id: 20}
    office.do(SayDemand(round_id=round_id, department_id=office.departments["财务科"]), office.bo)  # nothing is needed: an answer, too
    said = {one.department: (one.person, one.lines) for one in office.read(supplies.answers, round_id)}
    assert said == {"办公室": ("林晓梅", 1), "财务科": ("薄一鸣", 0)}
    [shown] = office.read(supplies.rounds)
    assert (shown.answered, shown.departments, shown.closed) == (2, 2, False)


@pytest.mark.proves("S1.2-R1")
def test_nobody_fills_in_another_departments_list_or_one_that_is_closed(office: Office) -> None:
    supply_id, _ = pens(office)
    round_id = a_round(office)
    lines = (DemandLine(supply_id=supply_id, quantity=3),)
    other = SayDemand(round_id=round_id, department_id=office.departments["财务科"], lines=lines)
    assert office.refused(other, office.mei).code == "op.not_allowed"
    assert office.refused(supplies.PlanSupplies(round_id=round_id), office.mei).code == "op.not_allowed"
    office.do(supplies.PlanSupplies(round_id=round_id), office.bo)
    late = office.refused(SayDemand(round_id=round_id, lines=lines), office.mei)
    assert late.code == "supply.round_closed"
    past = supplies.OpenRound(title="昨天", due_on=clock.today() - timedelta(days=1))
    assert office.refused(past, office.bo).code == "supply.round_past"
    with pytest.raises(ValidationError):
        DemandLine(supply_id=supply_id, quantity=-1)


@pytest.mark.proves("S1.2-R2")
def test_a_plan_counts_what_is_on_its_way_and_what_is_below_its_minimum(office: Office) -> None:
    supply_id, _ = pens(office, 5)
    enough = office.do(RegisterSupply(name="信封", unit="个"), office.bo)["supply_id"]
    office.do(supplies.OrderSupply(supply_id=supply_id, quantity=2), office.bo)
    round_id = a_round(office)
    plan_id = UUID(office.do(supplies.PlanSupplies(round_id=round_id), office.bo)["plan_id"])
    assert office.do(supplies.PlanSupplies(round_id=round_id), office.bo)["plan_id"] == str(plan_id)
    [line] = office.read(supplies.plan_of, plan_id, office.bo).lines
    assert (line.demand, line.on_order, line.need, line.packs) == (0, 2, 3, 1) and str(line.supply_id) != enough
    office.do(supplies.SubmitPlan(plan_id=plan_id), office.bo)
    again = UUID(office.do(supplies.PlanSupplies(round_id=a_round(office)), office.bo)["plan_id"])
    assert office.read(supplies.plan_of, again, office.bo).lines == ()  # what another plan will order is not bought twice


@pytest.mark.proves("S1.2-R3", "S1.2-R4")
def test_a_plan_is_agreed_to_by_another_person_changed_when_refused_and_ordered_once(office: Office) -> None:
    supply_id, _ = pens(office, price_cents=None)
    plan_id, _ = planned(office, supply_id)
    unpriced = office.refused(supplies.SubmitPlan(plan_id=plan_id), office.bo)
    assert unpriced.code == "supply.plan_price" and unpriced.facts["name"] == "中性笔"
    assert office.refused(supplies.OrderPlan(plan_id=plan_id), office.bo).code == "supply.plan_state"
    office.do(supplies.ChangePlanLine(plan_id=plan_id, supply_id=supply_id, price_cents=200), office.bo)
    asked = office.do(supplies.SubmitPlan(plan_id=plan_id), office.bo)
    assert asked["budget_cents"] == 8 * 12 * 200
    frozen = supplies.ChangePlanLine(plan_id=plan_id, supply_id=supply_id, packs=9)
    assert office.refused(frozen, office.bo).code == "supply.plan_state"
    assert office.refused(approvals.DecideApproval(approval_id=asked["approval_id"], approve=True), office.bo).code == "approval.requester"
    office.do(approvals.DecideApproval(approval_id=asked["approval_id"], approve=False, note="太多"), office.chen)
    assert office.read(supplies.plan_of, plan_id, office.bo).state == "refused"
    office.do(frozen.model_copy(update={"packs": 4}), office.bo)
    asked = office.do(supplies.SubmitPlan(plan_id=plan_id), office.bo)
    office.do(approvals.DecideApproval(approval_id=asked["approval_id"], approve=True), office.chen)
    office.do(supplies.OrderPlan(plan_id=plan_id), office.bo)
    assert office.refused(supplies.OrderPlan(plan_id=plan_id), office.bo).code == "supply.plan_state"
    assert [(order.quantity, order.pack) for order in office.read(supplies.open_orders)] == [(48, 12)]
    shown = office.read(supplies.plan_of, plan_id, office.bo)
    assert (shown.state, shown.number, shown.budget_cents) == ("ordered", f"CG-{clock.today().year}-0001", 4 * 12 * 200)


@pytest.mark.proves("Things 6", "S1.2-R7")
def test_whoever_counts_a_shelf_blind_hears_no_total_that_would_tell_its_stock(office: Office) -> None:
    supply_id, _code = pens(office, minimum=50)
    plan_id, _line = planned(office, supply_id)
    asked = (Counter(person_id=office.bo.person_id),)
    office.do(OpenStocktake(kind="supply", place_ids=(office.places["301"],), mode="blind", counters=asked), office.ann)
    assert office.read(supplies.plan_of, plan_id, office.bo).budget_cents == 0
    assert office.refused(supplies.SubmitPlan(plan_id=plan_id), office.bo).code == "supply.plan_blind"
    assert office.do(supplies.SubmitPlan(plan_id=plan_id), office.ada)["budget_cents"] > 0, (
        "who does not count it puts it before the leader"
    )
    assert office.refused(supplies.OrderPlan(plan_id=plan_id), office.bo).code == "supply.plan_state"


@pytest.mark.proves("S1.2-R4", "S1.2-R10")
def test_nothing_is_ordered_from_a_blocked_supplier(office: Office) -> None:
    supply_id, _ = pens(office)
    firm = UUID(office.do(suppliers.AddSupplier(name="某某商行"), office.bo)["supplier_id"])
    office.do(suppliers.UpdateSupplier(supplier_id=firm, standing="blocked", note="屡次缺货"), office.bo)
    outcome = office.refused(supplies.OrderSupply(supply_id=supply_id, quantity=5, supplier_id=firm), office.bo)
    assert outcome.code == "supplier.blocked" and outcome.facts["name"] == "某某商行"
    assert office.refused(suppliers.AddSupplier(name="某某商行"), office.bo).code == "supplier.name_taken"
    assert office.refused(suppliers.AddSupplier(name="新商行"), office.mei).code == "op.not_allowed"
    assert [row.name for row in office.read(suppliers.search, "mmsh")] == ["某某商行"]


@pytest.mark.proves("S1.2-R9", "Things 9")
def test_a_leaders_word_is_good_for_one_issue_of_as_many_pieces(office: Office) -> None:
    supply_id, code = pens(office, 500)
    whose = office.departments["办公室"]
    office.do(supplies.SetQuota(supply_id=supply_id, department_id=whose, quantity=40, per="quarter"), office.bo)
    own = IssueSupply(code=code, quantity=30, to_person_id=office.mei.person_id)
    office.do(own, office.bo)  # what its people take counts in their department
    fetch = IssueSupply(code=code, quantity=20, to_person_id=office.wu.person_id, department_id=whose)
    assert office.refused(fetch, office.bo).facts["taken"] == 30
    ask = supplies.AskOverQuota(code=code, department_id=whose, quantity=20, reason="培训")
    first = office.do(ask, office.bo)
    assert office.do(ask, office.bo) == first  # a second press is the same request
    assert office.refused(fetch, office.bo).code == "supply.over_quota"
    [waiting] = office.read(approvals.waiting_for, office.chen)
    assert "办公室" in waiting.title and waiting.figure == "20 支"
    office.do(approvals.DecideApproval(approval_id=waiting.id, approve=True), office.chen)
    assert office.refused(fetch.model_copy(update={"quantity": 21}), office.bo).code == "supply.over_quota"
    office.do(fetch, office.bo)
    assert office.refused(fetch, office.bo).code == "supply.over_quota"
    [quota] = office.read(supplies.of_supply, supply_id, clock.now())
    assert (quota.department, quota.quantity, quota.per, quota.had) == ("办公室", 40, "quarter", 50)
    back = supplies.ReturnSupply(code=code, quantity=15, from_person_id=office.wu.person_id, department_id=whose)
    office.do(back, office.bo)
    office.do(IssueSupply(code=code, quantity=5, to_person_id=office.mei.person_id), office.bo)
    clock.freeze(clock.day_span(date(clock.today().year + 1, 1, 4))[0])
    office.do(fetch, office.bo)  # a new quarter


@pytest.mark.proves("S1.2-R9")
def test_pieces_fetched_for_a_department_leave_a_persons_own_limit_alone(office: Office) -> None:
    _, code = pens(office, 100, limit=5)
    whose = office.departments["办公室"]
    office.do(IssueSupply(code=code, quantity=30, to_person_id=office.mei.person_id, department_id=whose), office.bo)
    office.do(IssueSupply(code=code, quantity=5, to_person_id=office.mei.person_id), office.bo)
    assert office.refused(IssueSupply(code=code, quantity=1, to_person_id=office.mei.person_id), office.bo).code == "supply.over_limit"
    elsewhere = IssueSupply(code=code, quantity=1, to_person_id=office.mei.person_id, department_id=office.departments["财务科"])
    assert office.refused(elsewhere, office.mei).code == "op.not_allowed"


@pytest.mark.proves("S1.2-R9")
def test_what_a_phone_says_was_taken_is_booked_and_marked_over_the_quota(office: Office) -> None:
    supply_id, code = pens(office, 100)
    office.do(supplies.SetQuota(supply_id=supply_id, department_id=office.departments["办公室"], quantity=4), office.bo)
    who = dataclasses.replace(office.mei, device_id=uuid4())
    outcome = operations.perform_now(IssueSupply(code=code, quantity=9, to_person_id=who.person_id), by=who)
    assert outcome.ok and outcome.facts["over_quota"] is True
    assert office.read(supplies.ledger, supply_id)[0].over_limit


@given(
    demand=st.integers(0, 10_000),
    minimum=st.integers(0, 500),
    on_hand=st.integers(0, 10_000),
    on_order=st.integers(0, 10_000),
    pack=st.integers(1, 500),
)
def test_a_plan_buys_enough_and_never_a_pack_too_many(demand: int, minimum: int, on_hand: int, on_order: int, pack: int) -> None:
    need = supplies.needed(demand, minimum, on_hand, on_order)
    packs = supplies.packs_for(need, pack)
    assert on_hand + on_order + packs * pack >= demand + minimum or need == 0
    assert packs == 0 or (packs - 1) * pack < need

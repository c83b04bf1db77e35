"""Disposal: the chain by value, order, return first, evidence, wiped data, and what later scans say (guide S4.1-R10, scenario Things 8)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from assets_labels import asset_cards
from core.foundation import clock, database
from core.mechanisms import approval_rules, approvals, duties, labels, notices, people
from core.mechanisms.approval_rules import Rule, RuleStep
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Role
from core.mechanisms.views import Query
from core.sections import assets, stocktakes
from core.sections.assets import AssetState, Filter, Wipe
from mobile.bundle import bundle
from tests.cast import Office
from tests.custody.stage import asset, card, holder, life

PHOTO = ("ab" * 32,)
WIPED = Wipe(method="destroyed", by="薄一鸣", proof="销毁证明 2026-17")


def ask(office: Office, asset_id: UUID, by: str = "bo", **more: Any) -> tuple[UUID, UUID]:
    result = office.do(assets.RequestDisposal.model_validate({"asset_id": asset_id, "reason": "修不好了", **more}), office.people[by])
    with database.reading() as s:
        row = s.get(assets.AssetDisposal, UUID(result["disposal_id"]))
        assert row is not None and row.approval_id is not None
        return row.id, row.approval_id


def agree(office: Office, approval_id: UUID, by: str) -> None:
    office.do(approvals.DecideApproval(approval_id=approval_id, approve=True), office.people[by])


def finance_and_director(office: Office) -> None:
    """From 20,000.00 on the head of finance, then a leader; below one leader."""
    office.person("fang", "方会计", department="财务科")
    office.do(people.UpdateDepartment(department_id=office.departments["财务科"], head_id=office.people["fang"].person_id), office.ada)
    rules = (
        Rule(from_cents=0, steps=(RuleStep(role=Role.LEADER),)),
        Rule(from_cents=2_000_000, steps=(RuleStep(department_id=office.departments["财务科"]), RuleStep(role=Role.LEADER))),
    )
    office.do(approval_rules.SetApprovalRules(kind="asset_disposal", rules=rules), office.ada)


@pytest.mark.proves("Things 8", "S4.1-R10", "T14", "S7-R11")
def test_the_whole_chain_of_a_disposal(office: Office) -> None:
    finance_and_director(office)
    asset_id = asset(
        office, "ZC-7", "服务器", value_cents=3_000_000, net_value_cents=400_000, class_code="A02010104", keeper_id=office.mei.person_id,
        place_id=office.places["302"],
    )  # fmt: skip
    code = office.label(SubjectKind.ASSET, asset_id)
    disposal_id, approval_id = ask(office, asset_id)

    # the requester cannot approve, order is enforced
    assert office.refused(approvals.DecideApproval(approval_id=approval_id, approve=True), office.bo).code == "approval.requester"
    assert office.refused(approvals.DecideApproval(approval_id=approval_id, approve=True), office.chen).code == "op.not_allowed"
    [waiting] = office.read(approvals.waiting_for, office.people["fang"])
    assert (waiting.title, waiting.figure) == ("同意处置 服务器（ZC-7）：修不好了", "30,000.00 元")
    agree(office, approval_id, "fang")
    do = assets.DisposeAsset(disposal_id=disposal_id, method="sell", proceeds_cents=50_000, receiver="回收公司", photos=PHOTO, wipe=WIPED)
    assert office.refused(do, office.bo).code == "disposal.not_approved"
    agree(office, approval_id, "chen")
    with database.reading() as s:
        assert "执行处置 报废〔2026〕1号：服务器（ZC-7）" in [duty.title for duty in duties.mine(s, office.bo, clock.now())]

    # in somebody's custody it cannot be executed before return
    refused = office.refused(do, office.bo)
    assert (refused.code, refused.facts["name"]) == ("disposal.in_custody", "林晓梅")
    office.do(assets.ReceiveBack(asset_ids=(asset_id,)), office.bo)
    assert office.refused(do.model_copy(update={"photos": ()}), office.bo).code == "disposal.evidence_missing"
    assert office.refused(do.model_copy(update={"wipe": None}), office.bo).code == "disposal.wipe_missing"
    assert office.refused(do.model_copy(update={"disposed_on": date(2026, 11, 22)}), office.bo).code == "disposal.day"
    for _ in range(2):
        office.do(do, office.bo)

    # after execution value leaves the register on that date, depreciation stops
    monday = date(2026, 11, 23)
    assert office.read(assets.sums, Filter()) == (0, 0) and office.read(assets.sums, Filter(states=("disposed",))) == (3_000_000, 400_000)
    assert (office.read(assets.book_value, date(2026, 11, 22)), office.read(assets.book_value, monday)) == (0, 0)
    assert card(office, asset_id).state == AssetState.DISPOSED and holder(office, asset_id) is None
    refused = office.refused(assets.UpdateAsset(asset_id=asset_id, net_value_cents=1), office.bo)
    assert (refused.code, refused.facts["day"], refused.facts["document"]) == ("asset.disposed", "2026-11-23", "报废〔2026〕1号")

    # the next session does not expect it; its label says so with date and document number
    opened = office.do(stocktakes.OpenStocktake(kind="asset", place_ids=(office.places["302"],)), office.bo)
    assert opened["expected"] == 0
    shown = office.read(labels.view, code, office.wu)
    assert (shown.label_state, shown.told, shown.operations) == ("retired", "2026年11月23日 已处置，文号 报废〔2026〕1号。", ())
    for act in (
        assets.Take(code=code),
        assets.ReportFault(code=code, what="x"),
        assets.HandOver(code=code, to_person_id=office.wu.person_id),
    ):
        assert office.refused(act, office.wu).code == "asset.disposed"
    assert office.refused(assets.RequestDisposal(asset_id=asset_id, reason="再来"), office.bo).code == "asset.disposed"
    assert life(office, asset_id)[-1] == "disposed"
    told = {line.kind: asset_cards.changes(line, "zh-Hans", {}) for line in office.read(assets.life, asset_id)}
    assert told["disposed"] == ["状态：闲置 改为 已处置"] and "asset." not in str(told), "every change is told in words"


def test_the_book_is_worth_less_from_the_day_on(office: Office) -> None:
    asset_id = asset(office, value_cents=100_000)
    asset(office, "ZC-2", value_cents=1)
    disposal_id, approval_id = ask(office, asset_id)
    agree(office, approval_id, "chen")
    office.later(days=3)
    office.do(assets.DisposeAsset(disposal_id=disposal_id, photos=PHOTO, disposed_on=date(2026, 11, 25)), office.bo)
    days = [office.read(assets.book_value, date(2026, 11, day)) for day in (22, 23, 24, 25, 26)]
    assert days == [0, 100_001, 100_001, 1, 1]


def test_below_the_sum_one_leader_is_enough(office: Office) -> None:
    finance_and_director(office)
    _, approval_id = ask(office, asset(office, value_cents=1_999_999))
    [waiting] = office.read(approvals.waiting_for, office.chen)
    assert waiting.id == approval_id and len(waiting.steps) == 1


def test_who_asks_is_never_put_into_the_route(office: Office) -> None:
    finance_and_director(office)
    office.do(people.SetRoles(person_id=office.people["fang"].person_id, roles=("clerk",)), office.ada)
    fang = office._actor(office.people["fang"].person_id)  # type: ignore[arg-type]
    result = office.do(assets.RequestDisposal(asset_id=asset(office, value_cents=9_000_000), reason="旧"), fang)
    with database.reading() as s:
        row = s.get(assets.AssetDisposal, UUID(result["disposal_id"]))
        assert row is not None and row.approval_id is not None
        route = [(step.role, step.person_id) for step in approvals.steps_of(s, row.approval_id)]
    # the head of finance asked: the only leader decides one step, an administrator the other
    assert route == [("leader", None), ("admin", None)]
    agree(office, row.approval_id, "chen")
    agree(office, row.approval_id, "ada")
    assert office.read(assets.open_disposal, row.asset_id).state == "approved"


def test_rules_are_set_by_the_administrator_or_a_leader_and_make_sense(office: Office) -> None:
    rule = Rule(from_cents=1, steps=(RuleStep(role=Role.LEADER),))
    twice = approval_rules.SetApprovalRules(kind="asset_disposal", rules=(rule, rule))
    assert office.refused(twice, office.ada).code == "approval.rule_twice"
    assert office.refused(twice.model_copy(update={"rules": (rule,)}), office.bo).code == "op.not_allowed"
    office.do(twice.model_copy(update={"rules": (rule,)}), office.chen)
    assert [one.from_cents for one in office.read(approval_rules.rules, "asset_disposal")] == [1]
    for step in ({}, {"role": "leader", "person_id": str(office.bo.person_id)}, {"role": "staff"}, {"role": "kiosk"}):
        with pytest.raises(ValueError):
            RuleStep.model_validate(step)


def test_asked_twice_it_is_one_request(office: Office) -> None:
    asset_id = asset(office)
    assert ask(office, asset_id) == ask(office, asset_id)
    assert len(office.read(assets.DISPOSALS.list, Query(), office.bo).items) == 1


@pytest.mark.proves("S4.1-R5", "S4.1-R8")
def test_what_is_beyond_repair_proposes_its_disposal_and_goes_back_to_use_when_that_is_refused(office: Office) -> None:
    asset_id = asset(office, keeper_id=office.mei.person_id)
    office.do(assets.ReportFault(asset_id=asset_id, what="烧了"), office.mei)
    result = office.do(assets.FinishRepair(asset_id=asset_id, result="主板烧毁，没有配件", unfit=True), office.bo)
    [shown] = office.read(assets.DISPOSALS.list, Query(), office.bo).items
    assert (str(shown.id), shown.reason, shown.state) == (result["disposal_id"], "主板烧毁，没有配件", "asked")
    assert card(office, asset_id).state == "repair"
    decide = approvals.DecideApproval(approval_id=shown.approval_id, approve=False, note="再修修看")
    office.do(decide, office.chen)
    assert card(office, asset_id).state == "in_use" and life(office, asset_id)[-2:] == ["disposal_refused", "kept"]
    assert office.read(assets.open_disposal, asset_id) is None


def test_agreed_and_kept_after_all(office: Office) -> None:
    asset_id = asset(office)
    disposal_id, approval_id = ask(office, asset_id)
    cancel = assets.CancelDisposal(disposal_id=disposal_id, reason="还能用")
    assert office.refused(cancel, office.bo).code == "disposal.not_approved"
    agree(office, approval_id, "chen")
    office.do(cancel, office.bo)
    assert office.refused(assets.DisposeAsset(disposal_id=disposal_id, photos=PHOTO), office.bo).code == "disposal.settled"
    with database.reading() as s:
        assert duties.mine(s, office.bo, clock.now()) == []


@pytest.mark.proves("S4.1-R8")
def test_a_deficit_of_a_count_is_written_off_without_the_thing(office: Office) -> None:
    asset_id = asset(office, class_code="A02010108", keeper_id=office.mei.person_id)
    with database.writing() as s:
        s.get_one(assets.Asset, asset_id).state = AssetState.LOST
    disposal_id, approval_id = ask(office, asset_id)
    agree(office, approval_id, "chen")
    office.do(assets.DisposeAsset(disposal_id=disposal_id), office.bo)
    assert (card(office, asset_id).state, holder(office, asset_id)) == ("disposed", None)


@pytest.mark.proves("S4.1-R10", "T14")
def test_a_later_scan_of_what_is_gone_tells_the_clerk_once_a_day(office: Office) -> None:
    asset_id = asset(office)
    code = office.label(SubjectKind.ASSET, asset_id)
    assert office.refused(assets.NoteSighting(asset_id=asset_id), office.wu).code == "asset.not_gone"
    assert office.read(lambda _s: assets.gone_behind(code)) is None and assets.gone_behind("XXXXXXXX") is None
    disposal_id, approval_id = ask(office, asset_id)
    agree(office, approval_id, "chen")
    office.do(assets.DisposeAsset(disposal_id=disposal_id, photos=PHOTO), office.bo)
    assert assets.gone_behind(code) == asset_id
    office.do(assets.NoteSighting(asset_id=asset_id, where="kiosk"), office.wu)
    office.do(assets.NoteSighting(asset_id=asset_id, stranger=True), office.wu)
    with database.reading() as s:
        told = [row for row in s.execute(select(notices.Notice)).scalars() if row.key.startswith("asset.notice.sighted")]
        said = [notices.text_of(row, "en") for row in told] if hasattr(notices, "text_of") else []
    assert [row.person_id for row in told] == [office.bo.person_id] * 2 and [row.key for row in told][1].endswith("_by_stranger")
    assert all("Disposed" in words for words in said)
    assert life(office, asset_id)[-1] == "sighted"


@pytest.mark.proves("S4.1-R10", "T14")
def test_a_phone_without_a_network_knows_what_became_of_a_thing(office: Office) -> None:
    here, gone = asset(office, "ZC-1"), asset(office, "ZC-2")
    code = office.label(SubjectKind.ASSET, gone)
    disposal_id, approval_id = ask(office, gone)
    told = {one["number"]: one for one in office.read(bundle, office.wu)["things"] if one["kind"] == "asset"}
    assert told["ZC-2"]["told"] == "已申请处置，报废〔2026〕1号，还在审批。" and "told" not in told["ZC-1"]
    agree(office, approval_id, "chen")
    office.do(assets.DisposeAsset(disposal_id=disposal_id, photos=PHOTO), office.bo)
    told = {one["number"]: one for one in office.read(bundle, office.wu)["things"] if one["kind"] == "asset"}
    assert told["ZC-2"]["told"] == "2026年11月23日 已处置，文号 报废〔2026〕1号。"
    assert (told["ZC-2"]["label"], told["ZC-2"]["old_labels"]) == (None, [code]) and card(office, here).state == "idle"

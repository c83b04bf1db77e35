"""Approvals: who asks never approves, nobody decides twice, steps keep their order (guide row X2)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import Session

from core.foundation import database
from core.mechanisms import approvals, notices, operations
from core.mechanisms.approvals import DecideApproval, Step, WithdrawApproval
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, Role, operation, registry
from tests.cast import Office


class AskForChair(Operation):
    __test__: ClassVar[bool] = False
    first: UUID | None = None


@operation(AskForChair, "test.ask_for_chair", roles=PERSON_ROLES)
def ask_for_chair(s: Session, do: AskForChair, by: Actor, at: datetime) -> dict[str, Any]:
    steps = [Step(person_id=do.first), Step(Role.LEADER)] if do.first else [Step(Role.CLERK), Step(Role.LEADER)]
    made = approvals.request(
        s, kind="chair", subject=("asset", uuid4()), title_key="duty.by_hand", facts={"title": "椅子"}, steps=steps, by=by, at=at
    )
    return {"approval_id": made.id}


settled: list[tuple[str, str | None]] = []


@approvals.settles("chair")
def note_end(s: Session, approval: approvals.Approval, by: Actor, at: datetime) -> None:
    settled.append((approval.state, by.name))


@pytest.fixture(autouse=True)
def known(office: Office) -> Iterator[None]:
    operations.include(sys.modules[__name__])
    approvals.include(sys.modules[__name__])
    settled.clear()
    yield
    registry._specs.pop("test.ask_for_chair")
    registry._by_input.pop(AskForChair)
    approvals._settles.pop("chair")


def asked(office: Office, by: Actor, first: UUID | None = None) -> UUID:
    return UUID(office.do(AskForChair(first=first), by)["approval_id"])


@pytest.mark.proves("X2")
def test_who_asks_never_approves(office: Office) -> None:
    request = asked(office, office.bo)  # the only clerk asks: nobody else may decide the clerk's step
    outcome = office.refused(DecideApproval(approval_id=request, approve=True), office.bo)
    assert outcome.code == "approval.requester" and outcome.message("zh-Hans") == "您是申请人，不能自己批准。"
    assert office.read(approvals.waiting_for, office.bo) == []


def test_steps_are_decided_in_order_and_what_follows_runs_once(office: Office) -> None:
    request = asked(office, office.mei)
    assert office.refused(DecideApproval(approval_id=request, approve=True), office.chen).code == "op.not_allowed"
    office.do(DecideApproval(approval_id=request, approve=True), office.bo)
    assert settled == [] and [view.id for view in office.read(approvals.waiting_for, office.chen)] == [request]
    assert office.do(DecideApproval(approval_id=request, approve=True), office.chen)["state"] == "approved"
    assert settled == [("approved", "陈立")]
    assert office.refused(DecideApproval(approval_id=request, approve=True), office.chen).code == "approval.settled"
    with database.reading() as s:
        keys = [row.key for row in s.execute(select(notices.Notice).order_by(notices.Notice.id)).scalars()]
    assert keys == ["approval.notice.asked", "approval.notice.asked", "approval.notice.approved"]


@pytest.mark.proves("X2")
def test_nobody_decides_two_steps_of_one_route(office: Office) -> None:
    request = asked(office, office.mei, office.chen.person_id)
    office.do(DecideApproval(approval_id=request, approve=True), office.chen)
    assert office.refused(DecideApproval(approval_id=request, approve=True), office.chen).code == "approval.decided_before"


def test_a_no_ends_the_route_and_says_why(office: Office) -> None:
    request = asked(office, office.mei)
    assert office.refused(DecideApproval(approval_id=request, approve=False), office.bo).code == "approval.reason_missing"
    shown = office.do(DecideApproval(approval_id=request, approve=False, note="先修旧的"), office.bo)
    assert shown["state"] == "refused" and shown["steps"][0]["note"] == "先修旧的"
    assert settled == [("refused", "薄一鸣")]


def test_who_asked_may_take_it_back_and_nobody_else(office: Office) -> None:
    request = asked(office, office.mei)
    assert office.refused(WithdrawApproval(approval_id=request), office.wu).code == "op.not_allowed"
    assert office.do(WithdrawApproval(approval_id=request), office.mei)["state"] == "withdrawn"
    assert office.refused(DecideApproval(approval_id=request, approve=True), office.bo).code == "approval.settled"

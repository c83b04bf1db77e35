"""Two people act on one thing at the same moment: one of them is first, the other is told, and the book agrees (both databases)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from core.mechanisms import approvals, custody
from core.mechanisms.operations import Actor, Operation, Outcome, perform_now
from core.sections import assets
from tests.cast import Office
from tests.custody.stage import asset, card, holder

ROUNDS = 8


def at_once(*acts: tuple[Operation, Actor]) -> list[Outcome]:
    """Perform all of them at the same moment, each on a thread of its own."""
    start = Barrier(len(acts))

    def one(act: tuple[Operation, Actor]) -> Outcome:
        start.wait()
        return perform_now(act[0], by=act[1])

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(one, acts))


@pytest.mark.proves("S4.1-R3", "S4.1-R9")
def test_of_four_who_take_what_nobody_keeps_one_has_it(office: Office) -> None:
    takers = [office.mei, office.wu, office.ann, office.chen]
    for n in range(ROUNDS):
        asset_id = asset(office, f"ZC-{n}")
        outcomes = at_once(*((assets.Take(asset_id=asset_id), taker) for taker in takers))
        assert [one.ok for one in outcomes].count(True) == 1, [one.code for one in outcomes]
        assert {one.code for one in outcomes if not one.ok} == {"asset.not_offered"}
        winner = takers[[one.ok for one in outcomes].index(True)]
        assert holder(office, asset_id) == winner.person_id
        moves = [row for row in office.read(custody.history, ("asset", asset_id)) if row.kind in custody.MOVES]
        assert len(moves) == 1


def test_an_offer_is_taken_or_declined_never_both(office: Office) -> None:
    for n in range(ROUNDS):
        asset_id = asset(office, f"ZC-{n}", keeper_id=office.mei.person_id)
        office.do(assets.HandOver(asset_id=asset_id, to_person_id=office.wu.person_id), office.mei)
        taken, declined = at_once((assets.Take(asset_id=asset_id), office.wu), (assets.DeclineOffer(asset_id=asset_id), office.mei))
        assert taken.ok != declined.ok or (declined.ok and not taken.ok), (taken.code, declined.code)
        assert holder(office, asset_id) == (office.wu.person_id if taken.ok else office.mei.person_id)
        answers = [row.kind for row in office.read(custody.history, ("asset", asset_id)) if row.offer_id]
        assert len(answers) == 1


@pytest.mark.proves("Things 8")
def test_two_leaders_at_once_decide_a_step_once(office: Office) -> None:
    other = office.person("li", "李局", ("leader",))
    asset_id = asset(office, value_cents=1)
    result = office.do(assets.RequestDisposal(asset_id=asset_id, reason="旧"), office.bo)
    view = office.read(assets.DISPOSALS.get, result["disposal_id"], office.bo)
    yes = approvals.DecideApproval(approval_id=view.approval_id, approve=True)
    no = approvals.DecideApproval(approval_id=view.approval_id, approve=False, note="不")
    outcomes = at_once((yes, office.chen), (no, other))
    assert sorted(one.code or "" for one in outcomes) == ["", "approval.settled"]
    state = office.read(assets.DISPOSALS.get, result["disposal_id"], office.bo).state
    assert state == ("approved" if outcomes[0].ok else "refused") and card(office, asset_id).state == "idle"

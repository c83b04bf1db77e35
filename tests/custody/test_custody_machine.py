"""Whatever order people act in: a thing has one holder, it is the latest accepted hand-over, and book, custody, transfers and disposals agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core.foundation import database
from core.mechanisms import approvals, custody, duties
from core.mechanisms.operations import Actor, Operation, perform_now
from core.sections import assets
from core.sections.assets import AssetState
from tests.cast import Office
from tests.custody.stage import INK, asset

PEOPLE = ("mei", "wu", "ann", "bo", "chen")
people = st.sampled_from(PEOPLE)
things = st.sampled_from((0, 1))
PHOTO = ("ab" * 32,)


class Custody(RuleBasedStateMachine):
    """Two things, five people, every act that moves a thing or wants to; refusals are fine, contradictions are not."""

    office: Office

    @initialize()
    def begin(self) -> None:
        self.made = getattr(type(self), "made", 0) + 1
        type(self).made = self.made  # type: ignore[attr-defined]
        self.things = [asset(self.office, f"ZC-{self.made}-{n}", keeper_id=self.office.mei.person_id) for n in (0, 1)]
        self.moves: dict[UUID, UUID | None] = dict.fromkeys(self.things, self.office.mei.person_id)
        self.transfers: list[tuple[UUID, tuple[UUID, ...]]] = []
        self.disposals: list[UUID] = []

    def act(self, do: Operation, by: str) -> Any:
        outcome = perform_now(do, by=self.person(by))
        assert outcome.status in ("accepted", "refused") or outcome.code == "op.not_allowed", (outcome.code, outcome.facts)
        return outcome

    def person(self, name: str) -> Actor:
        return self.office.people[name]

    def moved(self, outcome: Any, ids: tuple[UUID, ...], to: UUID | None) -> None:
        if outcome.ok:
            self.moves.update(dict.fromkeys(ids, to))

    @rule(n=things, giver=people, taker=people)
    def offer(self, n: int, giver: str, taker: str) -> None:
        self.act(assets.HandOver(asset_id=self.things[n], to_person_id=self.person(taker).person_id), giver)

    @rule(n=things, taker=people)
    def take(self, n: int, taker: str) -> None:
        before = self.latest(self.things[n])
        outcome = self.act(assets.Take(asset_id=self.things[n]), taker)
        if outcome.ok and self.latest(self.things[n]) != before:
            self.moves[self.things[n]] = self.person(taker).person_id

    @rule(n=things, who=people)
    def decline(self, n: int, who: str) -> None:
        self.act(assets.DeclineOffer(asset_id=self.things[n]), who)

    @rule(giver=people, taker=people, both=st.booleans())
    def sign(self, giver: str, taker: str, both: bool) -> None:
        pile = tuple(self.things if both else self.things[:1])
        to = self.person(taker).person_id
        self.moved(self.act(assets.HandOverSigned(asset_ids=pile, to_person_id=to, signature=INK), giver), pile, to)

    @rule(n=things, who=people)
    def receive(self, n: int, who: str) -> None:
        self.moved(self.act(assets.ReceiveBack(asset_ids=(self.things[n],)), who), (self.things[n],), None)

    @rule(n=things, to=people)
    def correct(self, n: int, to: str) -> None:
        new = self.person(to).person_id
        self.moved(self.act(assets.TransferAsset(asset_id=self.things[n], keeper_id=new, reason="更正"), "bo"), (self.things[n],), new)

    @rule(both=st.booleans(), to=people)
    def propose(self, both: bool, to: str) -> None:
        pile = tuple(self.things if both else self.things[:1])
        do = assets.ProposeTransfer(
            asset_ids=pile, to_department_id=self.office.departments["财务科"], to_person_id=self.person(to).person_id, reason="x"
        )
        outcome = self.act(do, "bo")
        if outcome.ok:
            self.transfers.append((UUID(outcome.result["transfer_id"]), pile))

    @rule(who=people)
    def hand(self, who: str) -> None:
        if self.transfers:
            self.act(assets.HandTransfer(transfer_id=self.transfers[-1][0]), who)

    @rule(who=people)
    def accept(self, who: str) -> None:
        if self.transfers:
            transfer_id, pile = self.transfers[-1]
            with database.reading() as s:
                row = s.get_one(assets.AssetTransfer, transfer_id)
                before, to = row.state, row.to_person_id
            outcome = self.act(assets.AcceptTransfer(transfer_id=transfer_id), who)
            if before != "accepted":
                self.moved(outcome, pile, to)

    @rule(who=people)
    def refuse(self, who: str) -> None:
        if self.transfers:
            self.act(assets.RefuseTransfer(transfer_id=self.transfers[-1][0], reason="不"), who)

    @rule(n=things)
    def break_it(self, n: int) -> None:
        self.act(assets.ReportFault(asset_id=self.things[n], what="坏了"), "wu")

    @rule(n=things)
    def send(self, n: int) -> None:
        self.act(assets.SendOut(asset_id=self.things[n], vendor="维修店"), "bo")

    @rule(n=things, unfit=st.booleans())
    def finish(self, n: int, unfit: bool) -> None:
        self.act(assets.FinishRepair(asset_id=self.things[n], result="x", unfit=unfit), "bo")

    @rule(n=things)
    def ask(self, n: int) -> None:
        outcome = self.act(assets.RequestDisposal(asset_id=self.things[n], reason="旧"), "bo")
        if outcome.ok:
            self.disposals.append(UUID(outcome.result["disposal_id"]))

    @rule(yes=st.booleans())
    def decide(self, yes: bool) -> None:
        with database.reading() as s:
            waiting = approvals.waiting_for(s, self.office.chen)
        for one in waiting:
            self.act(approvals.DecideApproval(approval_id=one.id, approve=yes, note="" if yes else "不"), "chen")

    @rule()
    def dispose(self) -> None:
        for disposal_id in self.disposals:
            self.act(assets.DisposeAsset(disposal_id=disposal_id, photos=PHOTO), "bo")

    def latest(self, asset_id: UUID) -> UUID | None:
        with database.reading() as s:
            return custody.holder(s, ("asset", asset_id)).handover_id

    @invariant()
    def book_custody_and_procedures_agree(self) -> None:
        if not hasattr(self, "moves"):
            return
        with database.reading() as s:
            for asset_id, expected in self.moves.items():
                row = s.get_one(assets.Asset, asset_id)
                rows = custody.history(s, ("asset", asset_id))
                moving = [one for one in rows if one.kind in custody.MOVES]
                held = custody.holder(s, ("asset", asset_id))
                assert held.handover_id == moving[-1].id and held.person_id == row.keeper_id == expected, (
                    "one holder, the latest accepted hand-over"
                )
                answers = [one.offer_id for one in rows if one.offer_id]
                assert len(answers) == len(set(answers)), "an offer is answered once"
                repair, leaving = assets.open_repair(s, asset_id), assets.open_disposal(s, asset_id)
                moving_now = assets.under_way(s, asset_id)
                assert (held.party != "") == (repair is not None and repair.state == "at_vendor")
                if row.state == AssetState.DISPOSED:
                    assert row.keeper_id is None and leaving is None and moving_now is None and repair is None and row.left_by
                    assert custody.open_offer(s, ("asset", asset_id)) is None
                if row.state in (AssetState.IDLE, AssetState.IN_USE):
                    assert (row.state == AssetState.IN_USE) == (row.keeper_id is not None) and repair is None
                open_duties = [one.merge_key for one in duties.everything_of(s, ("asset", asset_id))]
                assert len(open_duties) == len(set(open_duties))


@pytest.mark.proves("S4.1-R3", "S4.1-R9", "S4.1-R10")
def test_in_any_order_a_thing_has_one_holder_and_no_procedure_contradicts_the_book(office: Office, tmp_path: Path) -> None:
    Custody.office = office
    run_state_machine_as_test(
        Custody,
        settings=settings(max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)),
    )

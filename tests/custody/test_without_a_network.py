"""What changes hands where there is no network: recorded on the phone, judged on arrival, and never against what happened since (offline.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core.foundation import clock
from core.foundation.ids import uuid7
from core.mechanisms import custody
from core.mechanisms.operations import Actor, Operation, Outcome, Request, perform_requests
from core.sections import assets
from core.sections.assets import AssetState
from tests.cast import Office
from tests.custody.stage import INK, asset, card, holder, life


def recorded(do: Operation, by: Actor, at: datetime, op_id: UUID | None = None) -> Request:
    return Request(do, replace(by, device_id=uuid7()), op_id or uuid7(), occurred_at=at, device_seq=1)


def arrives(*requests: Request) -> list[Outcome]:
    return perform_requests([replace(request, received_at=clock.now()) for request in requests])


@pytest.mark.proves("S4.1-R9", "O2")
def test_a_signed_pile_moves_at_the_moment_of_the_signature_and_once(office: Office) -> None:
    pile = tuple(asset(office, f"ZC-{n}", keeper_id=office.mei.person_id) for n in (1, 2))
    office.later(minutes=1)
    signed_at = clock.now()
    do = assets.HandOverSigned(asset_ids=pile, to_person_id=office.wu.person_id, signature=INK)
    request = recorded(do, office.mei, signed_at)
    office.later(minutes=120)
    assert arrives(request)[0].ok
    again = arrives(request)[0]
    assert again.ok and again.repeated
    assert [holder(office, one) for one in pile] == [office.wu.person_id] * 2
    assert office.read(custody.holder, ("asset", pile[0])).since == signed_at, "when it was signed, not when it was sent"
    assert life(office, pile[0]).count("taken") == 1


@pytest.mark.proves("O7")
def test_what_changed_hands_meanwhile_is_not_taken_back_by_an_older_record(office: Office) -> None:
    laptop = asset(office, keeper_id=office.mei.person_id)
    office.later(minutes=1)
    old = recorded(assets.HandOverSigned(asset_ids=(laptop,), to_person_id=office.wu.person_id, signature=INK), office.bo, clock.now())
    office.later(minutes=30)
    office.do(assets.HandOverSigned(asset_ids=(laptop,), to_person_id=office.sun.person_id, signature=INK), office.bo)
    office.later(minutes=30)
    refused = arrives(old)[0]
    assert refused.code == "asset.moved_since" and refused.facts["name"] == card(office, laptop).keeper
    assert holder(office, laptop) == office.sun.person_id
    sentence = refused.message("zh-Hans")
    assert "ZC-1" in sentence and "{" not in sentence


@pytest.mark.proves("S4.1-R3")
def test_two_phones_take_what_nobody_keeps_and_the_second_is_told_who_has_it(office: Office) -> None:
    spare = asset(office)
    office.later(minutes=1)
    first, second = (
        recorded(assets.Take(asset_id=spare), by, clock.now() + timedelta(seconds=n)) for n, by in enumerate((office.mei, office.wu))
    )
    office.later(minutes=60)
    outcomes = arrives(first, second)
    assert outcomes[0].ok and outcomes[1].code == "asset.not_offered" and holder(office, spare) == office.mei.person_id


@pytest.mark.proves("S4.1-R5")
def test_a_repair_shop_picks_up_in_the_cellar_and_brings_it_back(office: Office) -> None:
    printer = asset(office, keeper_id=office.wu.person_id)
    office.do(assets.ReportFault(asset_id=printer, what="卡纸"), office.wu)
    office.later(minutes=1)
    out = recorded(assets.SendOut(asset_id=printer, vendor="宏达维修", contact="赵师傅", signature=INK), office.bo, clock.now())
    office.later(minutes=1)
    home = recorded(assets.TakeBack(asset_id=printer), office.bo, clock.now())
    office.later(minutes=90)
    assert arrives(out)[0].ok
    assert office.read(custody.holder, ("asset", printer)).party == "宏达维修"
    assert arrives(home)[0].ok
    assert office.read(custody.holder, ("asset", printer)).party == "" and card(office, printer).state == AssetState.REPAIR
    assert holder(office, printer) == office.wu.person_id, "its keeper answered for it all the time"


@pytest.mark.proves("S4.1-R9")
def test_the_office_takes_back_where_there_is_no_network_and_nobody_else_may(office: Office) -> None:
    laptop = asset(office, keeper_id=office.mei.person_id)
    office.later(minutes=1)
    strangers = recorded(assets.ReceiveBack(asset_ids=(laptop,)), office.wu, clock.now())
    clerks = recorded(assets.ReceiveBack(asset_ids=(laptop,), signature=INK), office.bo, clock.now())
    office.later(minutes=60)
    outcomes = arrives(strangers, clerks)
    assert not outcomes[0].ok and outcomes[0].code == "op.not_allowed" and outcomes[1].ok
    assert holder(office, laptop) is None

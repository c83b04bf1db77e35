"""Transfers with both sides' word: proposed, handed, accepted or refused (guide S4.1-R9)."""

from __future__ import annotations

from uuid import UUID

import pytest

from core.foundation import database
from core.mechanisms import labels, numbering, people
from core.mechanisms.labels import SubjectKind
from core.mechanisms.views import Query
from core.sections import assets
from core.sections.assets import TransferView
from tests.cast import Office
from tests.custody.stage import asset, card, holder, life


def proposed(office: Office, *things: UUID, to_person: UUID | None = None, department: str = "财务科", **more: object) -> UUID:
    do = assets.ProposeTransfer.model_validate(
        {
            "asset_ids": things,
            "to_department_id": office.departments[department],
            "to_person_id": to_person,
            "reason": "财务科新增人手",
            **more,
        }
    )
    return UUID(office.do(do, office.bo)["transfer_id"])


def shown(office: Office, transfer_id: UUID, by: str = "bo") -> TransferView:
    view = office.read(assets.TRANSFERS.get, str(transfer_id), office.people[by])
    assert isinstance(view, TransferView)
    return view


@pytest.mark.proves("S4.1-R9", "S4.1-R3")
def test_two_words_giver_and_taker_change_book_card_and_custody_at_once(office: Office) -> None:
    pile = [asset(office, f"ZC-{n}", keeper_id=office.mei.person_id, place_id=office.places["301"]) for n in (1, 2)]
    transfer_id = proposed(office, *pile, to_person=office.wu.person_id, to_place_id=office.places["305"])
    view = shown(office, transfer_id)
    assert (view.document, view.state, view.count, view.from_keeper, view.to_department) == (
        "调拨〔2026〕1号",
        "proposed",
        2,
        "林晓梅",
        "财务科",
    )
    assert office.refused(assets.AcceptTransfer(transfer_id=transfer_id), office.wu).code == "transfer.not_handed"
    assert office.refused(assets.HandTransfer(transfer_id=transfer_id), office.wu).code == "op.not_allowed"
    office.do(assets.HandTransfer(transfer_id=transfer_id), office.mei)
    assert [card(office, one).department for one in pile] == ["", ""] and holder(office, pile[0]) == office.mei.person_id, (
        "nothing moves before"
    )
    assert office.refused(assets.AcceptTransfer(transfer_id=transfer_id), office.mei).code == "op.not_allowed"
    for _ in range(2):
        office.do(assets.AcceptTransfer(transfer_id=transfer_id), office.wu)
    for one in pile:
        seen = card(office, one)
        assert (seen.department, seen.keeper, seen.place, seen.state) == ("财务科", "吴桐", "305 小谈室", "in_use")
        assert holder(office, one) == office.wu.person_id and life(office, one)[-3:] == [
            "transfer_proposed",
            "transfer_handed",
            "transferred",
        ]
    assert (shown(office, transfer_id).state, shown(office, transfer_id).settled_by) == ("accepted", "吴桐")


def test_a_refusal_moves_nothing_and_says_why(office: Office) -> None:
    asset_id = asset(office, keeper_id=office.mei.person_id)
    transfer_id = proposed(office, asset_id, to_person=office.wu.person_id)
    office.do(assets.HandTransfer(transfer_id=transfer_id), office.mei)
    assert office.refused(assets.RefuseTransfer(transfer_id=transfer_id, reason="不要"), office.sun).code == "op.not_allowed"
    office.do(assets.RefuseTransfer(transfer_id=transfer_id, reason="型号不对"), office.wu)
    assert holder(office, asset_id) == office.mei.person_id and shown(office, transfer_id).remark == "型号不对"
    assert office.refused(assets.AcceptTransfer(transfer_id=transfer_id), office.wu).code == "transfer.settled"
    assert office.read(assets.under_way, asset_id) is None


def test_a_withdrawn_number_stays_visible_as_void(office: Office) -> None:
    first, second = asset(office, "ZC-1"), asset(office, "ZC-2")
    transfer_id = proposed(office, first)
    office.do(assets.WithdrawTransfer(transfer_id=transfer_id, reason="写错了"), office.bo)
    assert shown(office, proposed(office, second)).document == "调拨〔2026〕2号"
    with database.reading() as s:
        assert [(row.number, row.void) for row in numbering.register(s, "asset_transfer", 2026)] == [(1, True), (2, False)]


def test_a_thing_is_under_one_procedure_at_a_time(office: Office) -> None:
    asset_id = asset(office)
    proposed(office, asset_id)
    again = assets.ProposeTransfer(asset_ids=(asset_id,), to_department_id=office.departments["办公室"], reason="x")
    assert office.refused(again, office.bo).code == "transfer.under_way"
    other = asset(office, "ZC-2")
    office.do(assets.RequestDisposal(asset_id=other, reason="旧了"), office.bo)
    assert office.refused(again.model_copy(update={"asset_ids": (other,)}), office.bo).code == "transfer.disposal_open"


def test_what_changed_hands_meanwhile_is_not_overwritten(office: Office) -> None:
    asset_id = asset(office, keeper_id=office.mei.person_id)
    transfer_id = proposed(office, asset_id, to_person=office.wu.person_id)
    office.do(assets.HandTransfer(transfer_id=transfer_id), office.mei)
    office.do(assets.TransferAsset(asset_id=asset_id, keeper_id=office.ann.person_id, reason="更正"), office.bo)
    assert office.refused(assets.AcceptTransfer(transfer_id=transfer_id), office.wu).code == "transfer.changed_meanwhile"
    assert holder(office, asset_id) == office.ann.person_id


def test_the_same_person_never_speaks_for_both_sides(office: Office) -> None:
    asset_id = asset(office, department_id=office.departments["办公室"])
    for name in ("办公室", "财务科"):
        office.do(people.UpdateDepartment(department_id=office.departments[name], custodian_id=office.wu.person_id), office.ada)
    transfer_id = proposed(office, asset_id)
    office.do(assets.HandTransfer(transfer_id=transfer_id), office.wu)
    assert office.refused(assets.AcceptTransfer(transfer_id=transfer_id), office.wu).code == "transfer.same_person"
    assert [view.id for view in office.read(assets.transfers_for, office.wu)] == []


@pytest.mark.proves("SEC 29")
def test_who_is_neither_side_sees_no_transfer(office: Office) -> None:
    transfer_id = proposed(office, asset(office, keeper_id=office.mei.person_id), to_person=office.wu.person_id)
    assert office.read(assets.TRANSFERS.get, str(transfer_id), office.sun) is None
    assert office.read(assets.TRANSFERS.list, Query(), office.sun).items == []
    assert [one.id for one in office.read(assets.TRANSFERS.list, Query(), office.mei).items] == [transfer_id]
    refused = assets.ProposeTransfer(asset_ids=(asset(office, "ZC-9"),), to_department_id=office.departments["财务科"], reason="x")
    assert office.refused(refused, office.sun).code == "op.not_allowed"


@pytest.mark.proves("T14")
def test_scanning_what_is_on_its_way_says_so(office: Office) -> None:
    asset_id = asset(office, keeper_id=office.mei.person_id)
    code = office.label(SubjectKind.ASSET, asset_id)
    transfer_id = proposed(office, asset_id, to_person=office.wu.person_id)
    assert office.read(labels.view, code, office.mei).told == "正在调拨，调拨〔2026〕1号，还没移交。"
    office.do(assets.HandTransfer(transfer_id=transfer_id), office.mei)
    assert office.read(labels.view, code, office.mei).told == "正在调拨，调拨〔2026〕1号，等对方接收。"

"""Faults and repairs: by scan with photos, the vendor's pick-up with a signature, fixed or unfit (guide S4.1-R5)."""

from __future__ import annotations

from datetime import date

import pytest

from core.foundation import clock, database
from core.mechanisms import attachments, custody, duties
from core.mechanisms.labels import SubjectKind
from core.mechanisms.views import Query
from core.sections import assets
from tests.cast import Office
from tests.custody.stage import INK, asset, card, holder, life

PHOTOS = ("ab" * 32, "cd" * 32)


@pytest.mark.proves("S4.1-R5")
def test_a_fault_by_scan_with_photos_is_one_repair_however_often_it_is_told(office: Office) -> None:
    asset_id = asset(office, keeper_id=office.mei.person_id)
    code = office.label(SubjectKind.ASSET, asset_id)
    first = office.do(assets.ReportFault(code=code, what="卡纸", photos=PHOTOS), office.wu)
    office.do(assets.ReportFault(code=code, what="还是卡纸", photo_sha256=PHOTOS[0]), office.mei)
    [shown] = office.read(assets.REPAIRS.list, Query(), office.bo).items
    assert (str(shown.id), shown.state, shown.fault, shown.times, shown.photos) == (first["repair_id"], "reported", "卡纸", 2, PHOTOS)
    assert shown.reported_by == "吴桐" and card(office, asset_id).state == "repair"
    with database.reading() as s:
        assert attachments.pending(s, PHOTOS) == list(PHOTOS), "the photos may come later"
        assert assets.may_see_fault(s, shown.id, office.mei) and not assets.may_see_fault(s, shown.id, office.sun)
    assert [one.id for one in office.read(assets.REPAIRS.list, Query(), office.wu).items] == [shown.id]
    assert office.read(assets.REPAIRS.list, Query(), office.sun).items == []


@pytest.mark.proves("S4.1-R5", "S4.1-R3")
def test_the_vendors_pick_up_is_a_hand_over_and_its_keeper_still_answers_for_it(office: Office) -> None:
    asset_id = asset(office, keeper_id=office.mei.person_id)
    office.do(assets.ReportFault(asset_id=asset_id, what="开不了机"), office.mei)
    code = office.label(SubjectKind.ASSET, asset_id)
    send = assets.SendOut(code=code, vendor="临江电脑维修", contact="赵师傅", due_back_on=date(2026, 11, 26), signature=INK)
    assert office.refused(send, office.mei).code == "op.not_allowed"
    signing_id = office.do(send, office.bo)["signing_id"]
    held = office.read(custody.holder, ("asset", asset_id))
    assert (held.person_id, held.party) == (office.mei.person_id, "临江电脑维修") and holder(office, asset_id) == office.mei.person_id
    with database.reading() as s:
        signed = s.get(custody.Signing, custody.history(s, ("asset", asset_id))[-1].signing_id)
        assert signed is not None and str(signed.id) == signing_id and (signed.name, signed.person_id) == ("赵师傅", None)
        owed = duties.mine(s, office.bo, clock.now())
    assert "从 临江电脑维修 取回：激光打印机（ZC-1）" in [duty.title for duty in owed]
    assert office.refused(send, office.bo).code == "asset.at_vendor"
    office.later(days=4)
    assert office.read(assets.REPAIRS.list, Query(filters={"state": "at_vendor"}), office.bo).items[0].late
    office.do(assets.FinishRepair(asset_id=asset_id, result="换了电源", cost_cents=26_000), office.bo)
    held = office.read(custody.holder, ("asset", asset_id))
    assert (held.party, card(office, asset_id).state) == ("", "in_use")
    [row] = office.read(assets.repairs_of, asset_id)
    assert (row.state, row.cost_cents, row.result, row.vendor) == ("fixed", 26_000, "换了电源", "临江电脑维修")
    assert office.read(assets.cost_of_repairs, asset_id) == 26_000
    with database.reading() as s:
        assert duties.mine(s, office.bo, clock.now()) == []
    assert life(office, asset_id) == ["registered", "fault", "sent_out", "repaired"]


def test_back_from_the_vendor_unmended_it_may_go_to_another(office: Office) -> None:
    asset_id = asset(office)
    office.do(assets.ReportFault(asset_id=asset_id, what="漏水"), office.mei)
    office.do(assets.SendOut(asset_id=asset_id, vendor="甲"), office.bo)
    for _ in range(2):
        office.do(assets.TakeBack(asset_id=asset_id), office.bo)
    office.do(assets.SendOut(asset_id=asset_id, vendor="乙"), office.bo)
    assert life(office, asset_id) == ["registered", "fault", "sent_out", "came_back", "sent_out"]


def test_a_loan_survives_a_trip_to_the_repair_shop(office: Office) -> None:
    asset_id = asset(office)
    due = date(2026, 12, 4)
    office.do(assets.HandOver(asset_id=asset_id, to_person_id=office.wu.person_id, due_on=due), office.bo)
    office.do(assets.Take(asset_id=asset_id), office.wu)
    office.do(assets.ReportFault(asset_id=asset_id, what="坏了"), office.wu)
    office.do(assets.SendOut(asset_id=asset_id, vendor="甲"), office.bo)
    office.do(assets.FinishRepair(asset_id=asset_id, result="好了"), office.bo)
    assert office.read(custody.holder, ("asset", asset_id)).due_on == due
    with database.reading() as s:
        assert [duty.due_on for duty in duties.mine(s, office.wu, clock.now())] == [due]


def test_what_is_not_in_repair_is_not_sent_out_or_finished(office: Office) -> None:
    asset_id = asset(office)
    for do in (
        assets.SendOut(asset_id=asset_id, vendor="甲"),
        assets.FinishRepair(asset_id=asset_id, result="好"),
        assets.TakeBack(asset_id=asset_id),
    ):
        assert office.refused(do, office.bo).code == "asset.not_in_repair"


@pytest.mark.proves("S4.1-R3", "S4.1-R5")
def test_nobody_takes_back_what_is_at_the_repair_shop(office: Office) -> None:
    asset_id = asset(office, keeper_id=office.mei.person_id)
    office.do(assets.ReportFault(asset_id=asset_id, what="开不了机"), office.mei)
    office.do(assets.SendOut(asset_id=asset_id, vendor="临江电脑维修"), office.bo)
    assert office.refused(assets.ReceiveBack(asset_ids=(asset_id,)), office.bo).code == "asset.at_vendor"
    assert office.read(custody.holder, ("asset", asset_id)).party == "临江电脑维修" and holder(office, asset_id) == office.mei.person_id
    office.do(assets.FinishRepair(asset_id=asset_id, result="换了电源"), office.bo)
    office.do(assets.ReceiveBack(asset_ids=(asset_id,)), office.bo)
    assert holder(office, asset_id) is None

"""Who has a thing: offers, takings, piles signed for on the spot, loans that come due, deputies and custodians (guide S4.1-R3)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from core.foundation import clock, database
from core.mechanisms import custody, duties, labels, notices, people
from core.mechanisms.custody import Signature
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import OperationRow
from core.sections import assets
from tests.cast import Office
from tests.custody.stage import INK, asset, card, holder, life


def told(office: Office, key: str) -> list[UUID | None]:
    with database.reading() as s:
        return [row.person_id for row in s.execute(select(notices.Notice)).scalars() if row.key == key]


@pytest.mark.proves("S4.1-R3", "S4.1-R1")
def test_the_book_and_the_hand_overs_always_name_the_same_person(office: Office) -> None:
    asset_id = asset(office, keeper_id=office.mei.person_id)
    assert holder(office, asset_id) == office.mei.person_id
    office.do(assets.UpdateAsset(asset_id=asset_id, keeper_id=office.wu.person_id), office.bo)
    assert holder(office, asset_id) == office.wu.person_id
    office.do(assets.TransferAsset(asset_id=asset_id, keeper_id=None, reason="收回"), office.bo)
    assert holder(office, asset_id) is None


def test_a_pile_is_signed_for_at_once_and_the_taker_is_told(office: Office) -> None:
    pile = [asset(office, f"ZC-{n}", "笔记本电脑") for n in range(1, 4)]
    code = office.label(SubjectKind.ASSET, pile[2])
    do = assets.HandOverSigned(asset_ids=tuple(pile[:2]), codes=(code, code), to_person_id=office.wu.person_id, signature=INK)
    result = office.do(do, office.bo)
    assert result["moved"] == 3 and [holder(office, one) for one in pile] == [office.wu.person_id] * 3
    with database.reading() as s:
        signed = custody.signing(s, UUID(result["signing_id"]))
        assert signed is not None and signed.person_id == office.wu.person_id and len(signed.strokes[0]) == 4
        rows = {row.signing_id for one in pile for row in custody.history(s, ("asset", one)) if row.kind == custody.TAKEN}
        kept = s.execute(select(OperationRow.payload).where(OperationRow.kind == "asset.hand_over_signed")).scalars().all()  # type: ignore[arg-type]
    assert rows == {signed.id} and kept == [None], "a signature stands in one place, not in the log of operations"
    assert told(office, "custody.notice.signed") == [office.wu.person_id]


def test_one_thing_that_may_not_move_keeps_the_whole_pile(office: Office) -> None:
    good, lost = asset(office, "ZC-1"), asset(office, "ZC-2")
    office.do(assets.ReportFault(asset_id=lost, what="坏了"), office.mei)
    do = assets.HandOverSigned(asset_ids=(good, lost), to_person_id=office.wu.person_id, signature=INK)
    assert office.refused(do, office.bo).code == "asset.in_repair"
    assert holder(office, good) is None and told(office, "custody.notice.signed") == []


@pytest.mark.proves("SEC 29")
def test_nobody_signs_away_what_another_has(office: Office) -> None:
    asset_id = asset(office, keeper_id=office.mei.person_id)
    do = assets.HandOverSigned(asset_ids=(asset_id,), to_person_id=office.wu.person_id, signature=INK)
    assert office.refused(do, office.wu).code == "op.not_allowed"
    office.do(do, office.mei)  # on the keeper's own phone the taker signs
    assert holder(office, asset_id) == office.wu.person_id


@pytest.mark.parametrize("strokes", [[], [[]], [[(0.1, 0.1, 0.0)]], [[(9.0, 0.1, 0.0)] * 5], [[(0.1, 0.1, 0.0)] * 20_001]])
@pytest.mark.proves("SEC 30")
def test_what_is_not_a_signature_is_not_taken_for_one(strokes: list[list[tuple[float, float, float]]]) -> None:
    with pytest.raises(ValidationError):
        Signature(strokes=strokes)


def test_an_offer_declined_stays_where_it_is(office: Office) -> None:
    asset_id = asset(office, keeper_id=office.mei.person_id)
    office.do(assets.HandOver(asset_id=asset_id, to_person_id=office.wu.person_id), office.mei)
    assert office.refused(assets.DeclineOffer(asset_id=asset_id), office.ann).code == "op.not_allowed"
    office.do(assets.DeclineOffer(asset_id=asset_id, reason="不是我要的"), office.wu)
    assert holder(office, asset_id) == office.mei.person_id and told(office, "custody.notice.declined") == [office.mei.person_id]
    assert office.refused(assets.Take(asset_id=asset_id), office.wu).code == "asset.not_offered"
    assert office.refused(assets.DeclineOffer(asset_id=asset_id), office.wu).code == "asset.no_offer"
    office.do(assets.HandOver(asset_id=asset_id, to_person_id=office.wu.person_id), office.mei)
    office.do(assets.DeclineOffer(asset_id=asset_id), office.mei)  # who gives may take the offer back
    assert told(office, "custody.notice.offer_withdrawn") == [office.wu.person_id]


def test_a_newer_offer_takes_the_place_of_the_one_before(office: Office) -> None:
    asset_id = asset(office, keeper_id=office.mei.person_id)
    for taker in (office.wu, office.ann):
        office.do(assets.HandOver(asset_id=asset_id, to_person_id=taker.person_id), office.mei)
    assert office.refused(assets.Take(asset_id=asset_id), office.wu).code == "asset.not_offered"
    office.do(assets.Take(asset_id=asset_id), office.ann)
    assert holder(office, asset_id) == office.ann.person_id


def test_a_deputy_takes_and_gives_in_the_persons_name(office: Office) -> None:
    office.do(people.UpdatePerson(person_id=office.mei.person_id, deputy_id=office.ann.person_id), office.ada)
    asset_id = asset(office, keeper_id=office.wu.person_id)
    office.do(assets.HandOver(asset_id=asset_id, to_person_id=office.mei.person_id), office.wu)
    refused = assets.Take(asset_id=asset_id, for_person_id=office.mei.person_id)
    assert office.refused(refused, office.sun).code == "op.not_allowed"
    office.do(refused, office.ann)
    assert holder(office, asset_id) == office.mei.person_id
    assert office.read(assets.handovers, asset_id)[-1].by_id == office.ann.person_id
    office.do(assets.HandOver(asset_id=asset_id, to_person_id=office.sun.person_id), office.ann)
    assert office.read(assets.open_offer, asset_id).to_id == office.sun.person_id


def test_a_departments_custodian_gives_out_and_takes_back_what_the_department_has(office: Office) -> None:
    department = office.departments["财务科"]
    office.do(people.UpdateDepartment(department_id=department, custodian_id=office.wu.person_id), office.ada)
    asset_id = asset(office, department_id=department)
    other = asset(office, "ZC-2", department_id=office.departments["办公室"])
    give = assets.HandOverSigned(asset_ids=(asset_id,), to_person_id=office.mei.person_id, signature=INK)
    assert office.refused(give.model_copy(update={"asset_ids": (other,)}), office.wu).code == "op.not_allowed"
    office.do(give, office.wu)
    assert holder(office, asset_id) == office.mei.person_id
    # Mei sits in another department: what she has is hers to give back, and there it is that department's custodian or the clerk
    assert office.refused(assets.ReceiveBack(asset_ids=(asset_id,)), office.sun).code == "op.not_allowed"
    office.do(assets.GiveBack(asset_ids=(asset_id,)), office.mei)
    assert holder(office, asset_id) == office.mei.person_id, "an offer moves nothing"
    office.do(assets.ReceiveBack(asset_ids=(asset_id,), place_id=office.places["302"], signature=INK), office.bo)
    assert holder(office, asset_id) is None and (card(office, asset_id).state, card(office, asset_id).place) == ("idle", "302 办公室")
    assert told(office, "custody.notice.received_back") == [office.mei.person_id]
    assert office.do(assets.ReceiveBack(asset_ids=(asset_id,)), office.bo)["moved"] == 0
    assert life(office, asset_id) == ["registered", "taken", "offered_back", "returned"]


@pytest.mark.proves("X2", "S4.1-R3")
def test_a_loan_not_brought_back_reminds_and_climbs_in_working_days(office: Office) -> None:
    head = office.chen.person_id
    office.do(people.UpdateDepartment(department_id=office.departments["办公室"], head_id=head), office.ada)
    asset_id = asset(office, name="投影仪")
    friday = date(2026, 11, 27)
    past = assets.HandOver(asset_id=asset_id, to_person_id=office.wu.person_id, due_on=date(2026, 11, 20))
    assert office.refused(past, office.bo).code == "asset.due_past"
    office.do(assets.HandOver(asset_id=asset_id, to_person_id=office.wu.person_id, due_on=friday), office.bo)
    office.do(assets.Take(asset_id=asset_id), office.wu)
    with database.reading() as s:
        [duty] = duties.mine(s, office.wu, clock.now())
        assert duty.title == "归还：投影仪（ZC-1）" and duty.due_on == friday
        assert [row.subject_id for row in custody.lent(s)] == [asset_id]
    for _ in range(9):  # until Wednesday, 2 December: three working days late, the weekend does not count
        office.later(days=1)
        duties.send_reminders(clock.now())
    assert told(office, "duty.notice.late").count(office.wu.person_id) == 2 and told(office, "duty.notice.late_of") == [head]
    with database.reading() as s:
        assert [row.subject_id for row in custody.overdue(s, clock.today())] == [asset_id]
    office.do(assets.ReceiveBack(asset_ids=(asset_id,)), office.bo)
    with database.reading() as s:
        assert duties.mine(s, office.wu, clock.now()) == [] and custody.overdue(s, clock.today()) == []


def test_a_label_says_whose_it_is_until_when_and_what_i_may_do(office: Office) -> None:
    asset_id = asset(office)
    code = office.label(SubjectKind.ASSET, asset_id)
    assert "asset.take" in office.read(labels.view, code, office.wu).operations, "nobody has it: whoever needs it takes it"
    office.do(assets.HandOver(code=code, to_person_id=office.wu.person_id, due_on=date(2026, 12, 1)), office.bo)
    assert "asset.take" not in office.read(labels.view, code, office.mei).operations
    office.do(assets.Take(code=code), office.wu)
    shown = office.read(labels.view, code, office.wu)
    assert (shown.holder, shown.due) == ("吴桐", "2026-12-01") and "asset.give_back" in shown.operations

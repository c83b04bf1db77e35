"""Things left at the front desk, and calls for reception (guide S1.1-R1; look.md §6)."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from core.foundation import clock, database
from core.mechanisms import drafts, labels, notices
from core.mechanisms.notices import Notice
from core.mechanisms.views import Query
from core.sections import deliveries, visits
from tests.cast import Office
from tests.visits.build import kiosk


def told(key: str) -> list[Notice]:
    with database.reading() as s:
        return list(s.execute(select(Notice).where(Notice.key == key)).scalars())  # type: ignore[arg-type]


@pytest.mark.proves("S1.1-R1")
def test_a_courier_gets_a_receipt_and_the_recipient_is_told(office: Office) -> None:
    desk = kiosk(office)
    left = office.do(deliveries.Drop(recipient="linxiaomei", courier="顺丰", pieces=3, kind="document"), desk)
    assert left["receipt"] == "2026-00001" and labels.read_code(left["code"])
    [notice] = told("delivery.arrived_from")
    assert notice.person_id == office.mei.person_id
    assert notices.sentence(notice, "zh-Hans") == "顺丰送来您的公文 3 件，在前台，收据号 2026-00001。"
    assert "顺丰" in notices.sentence(notice, "en") and "Papers" in notices.sentence(notice, "en")
    assert office.do(deliveries.Drop(recipient="吴桐"), desk)["receipt"] == "2026-00002"


def test_only_an_exact_name_finds_the_recipient(office: Office) -> None:
    desk = kiosk(office)
    assert office.refused(deliveries.Drop(recipient="晓梅"), desk).code == "delivery.recipient_unknown"
    office.person("mei2", "林晓梅", department="财务科")
    assert office.refused(deliveries.Drop(recipient="林晓梅"), desk).code == "delivery.recipient_ambiguous"


def test_the_label_hands_it_out_once_and_the_recipient_hears_who_took_it(office: Office) -> None:
    left = office.do(deliveries.Drop(recipient="林晓梅"), kiosk(office))
    assert office.refused(deliveries.PickUp(delivery_id=left["delivery_id"]), office.wu).code == "op.not_allowed"
    office.do(deliveries.PickUp(code=left["code"]), office.wu)
    assert [n.person_id for n in told("delivery.taken_for_you")] == [office.mei.person_id]
    assert office.refused(deliveries.PickUp(code=left["code"]), office.mei).code == "delivery.picked_up_already"
    assert office.read(deliveries.waiting) == [] and office.read(deliveries.count_waiting) == 0


def test_reception_hands_out_from_its_list(office: Office) -> None:
    left = office.do(deliveries.Drop(recipient="林晓梅"), office.ann)
    office.do(deliveries.PickUp(delivery_id=left["delivery_id"], person_id=office.mei.person_id), office.ann)
    [row] = office.read(deliveries.COLLECTION.list, Query(), office.ann).items
    assert (row.state, row.picked_up_by) == ("picked_up", "林晓梅")


@pytest.mark.proves("V34")
def test_everybody_sees_only_what_is_theirs(office: Office) -> None:
    desk = kiosk(office)
    left = office.do(deliveries.Drop(recipient="林晓梅"), desk)
    assert office.read(deliveries.COLLECTION.list, Query(), office.wu).items == []
    assert office.read(deliveries.COLLECTION.get, left["delivery_id"], office.wu) is None
    assert len(office.read(deliveries.COLLECTION.list, Query(q="lxm"), office.bo).items) == 1
    assert "林晓梅" not in office.read(labels.view, left["code"], desk).title
    assert not desk.has(*deliveries.COLLECTION.roles)


def test_the_couriers_name_goes_after_the_keeping_time(office: Office) -> None:
    left = office.do(deliveries.Drop(recipient="林晓梅", courier="张三快递"), kiosk(office))
    office.do(deliveries.PickUp(code=left["code"]), office.mei)
    office.later(days=31)
    assert deliveries.erase_old(clock.now()) == 1 and deliveries.erase_old(clock.now()) == 0
    [row] = office.read(deliveries.COLLECTION.list, Query(), office.bo).items
    assert row.courier == "" and told("delivery.arrived_from") == []


def test_two_calls_for_reception_are_one_until_somebody_goes(office: Office) -> None:
    desk = kiosk(office)
    first = office.do(visits.CallHelp(reason="badge"), desk)
    assert office.do(visits.CallHelp(), desk) == first
    assert [(call.where, call.reason) for call in office.read(visits.open_calls)] == [("一楼大厅", "badge")]
    assert len(told("help.called")) == 1 and "胸卡没出来" in notices.sentence(told("help.called")[0], "zh-Hans")
    assert office.refused(visits.AnswerHelp(help_id=first["help_id"]), office.mei).code == "op.not_allowed"
    office.do(visits.AnswerHelp(help_id=first["help_id"]), office.ann)
    assert office.read(visits.who_comes, UUID(first["help_id"])) == "安然" and office.read(visits.open_calls) == []
    assert office.do(visits.CallHelp(), desk) != first


def test_a_draft_comes_back_once_within_two_minutes_to_its_own_screen(office: Office) -> None:
    desk, other = kiosk(office), kiosk(office, "二号")
    assert desk.device_id is not None and other.device_id is not None
    drafts.save(desk.device_id, {"step": "name", "form": {"name": "李"}}, clock.now())
    assert drafts.take(other.device_id, clock.now()) is None
    assert drafts.take(desk.device_id, office.later(seconds=119)) == {"step": "name", "form": {"name": "李"}}
    assert drafts.take(desk.device_id, clock.now()) is None
    drafts.save(desk.device_id, {"step": "name"}, clock.now())
    assert drafts.take(desk.device_id, office.later(seconds=121)) is None
    drafts.save(desk.device_id, {"step": "name"}, clock.now())
    drafts.clear(office.later(minutes=3))
    with database.reading() as s:
        assert s.execute(select(drafts.ScreenDraft)).first() is None

"""Things left at the front desk: who hears of them, who may take them, what the courier has in hand (guide S1.1-R1; issue of visitors)."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdfium2 import PdfDocument
from sqlalchemy import select, text

from assets_labels import printouts, slips
from core.foundation import clock, database
from core.foundation.errors import Invalid, Refused
from core.mechanisms import labels, notices, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.notices import Notice
from core.mechanisms.operations import Actor
from core.mechanisms.views import Query
from core.sections import deliveries
from core.sections.deliveries import DeliveryState, record
from tests.cast import Office
from tests.visits.build import STROKES, kiosk


def told(key: str) -> list[Notice]:
    with database.reading() as s:
        return list(s.execute(select(Notice).where(Notice.key == key).order_by(Notice.id)).scalars())  # type: ignore[arg-type]


def left(office: Office, **more: Any) -> dict[str, Any]:
    """Something for Mei, dropped at the kiosk."""
    made = office.do(deliveries.Drop.model_validate({"recipient": "林晓梅", **more}), kiosk(office))
    return dict(made)


def own_code(office: Office, by: Actor, delivery_id: str) -> str:
    """What this person shows at the kiosk."""
    passes = office.read(deliveries.passes_for, [UUID(delivery_id)], by)[UUID(delivery_id)]
    return next(str(one.code) for one in passes if one.own)


def row(office: Office, delivery_id: str) -> deliveries.DeliveryView:
    found: deliveries.DeliveryView = office.read(deliveries.COLLECTION.get, delivery_id, office.bo)
    return found


@pytest.mark.proves("S1.1-R1")
def test_a_courier_gets_a_receipt_and_the_recipient_and_the_deputy_are_told(office: Office) -> None:
    office.do(people.SetDeputy(deputy_id=office.wu.person_id), office.mei)
    desk = kiosk(office)
    made = office.do(deliveries.Drop(recipient="linxiaomei", courier="顺丰", pieces=3, kind="document"), desk)
    assert made["receipt"] == "2026-00001" and labels.read_code(made["code"]) and made["shelf"] == 1
    [notice] = told("delivery.arrived_from")
    assert notice.person_id == office.mei.person_id
    said = notices.sentence(notice, "zh-Hans")
    assert said.startswith("顺丰送来您的公文 3 件，在前台，架号 001，收据号 2026-00001。")
    assert own_code(office, office.mei, made["delivery_id"]) not in said + notices.sentence(
        notice, "en"
    )  # it also goes to the office's chat
    assert [n.person_id for n in told("delivery.arrived_for")] == [office.wu.person_id]
    second = office.do(deliveries.Drop(recipient="吴桐"), desk)
    assert (second["receipt"], second["shelf"]) == ("2026-00002", 2)


@pytest.mark.proves("S1.1-R1", "Office 1")
def test_the_receipts_code_shows_time_office_and_count_and_later_that_it_was_signed(office: Office) -> None:
    made = left(office, kind="document", pieces=2, courier="顺丰", remark="某政办发〔2026〕12号")
    found = office.read(deliveries.receipt_of, labels.shown(made["receipt_code"]).lower())
    assert (found.office, found.pieces, found.received_at, found.signed_at) == ("临江区机关事务中心", 2, clock.now(), None)
    assert not {"林晓梅", "顺丰", "某政办发〔2026〕12号"} & {str(value) for value in vars_of(found)}
    at = office.later(minutes=38)
    office.do(deliveries.PickUp(code=made["code"]), office.mei)
    again = office.read(deliveries.receipt_of, made["receipt_code"])
    assert again.signed_at == at and again.seal == found.seal
    assert office.read(deliveries.receipt_of, made["code"]) is None  # the label on the pieces opens no receipt
    assert office.read(deliveries.receipt_of, "7K3M9QWY") is None and office.read(deliveries.receipt_of, "x" * 5000) is None


def vars_of(found: Any) -> list[Any]:
    return [getattr(found, name) for name in found.__slots__]


@pytest.mark.proves("V33")
def test_only_an_exact_name_finds_the_recipient_and_nobody_is_lost_to_a_wrong_one(office: Office) -> None:
    desk = kiosk(office)
    assert office.refused(deliveries.Drop(recipient="晓梅"), desk).code == "delivery.recipient_unknown"
    office.person("mei2", "林晓梅", department="财务科")
    assert office.refused(deliveries.Drop(recipient="林晓梅"), desk).code == "delivery.recipient_ambiguous"
    made = office.do(deliveries.Drop(addressee="晓梅姐", pieces=2), desk)
    assert office.read(deliveries.count_unclear) == 1
    assert [n.person_id for n in told("delivery.unclear")] == [office.ann.person_id]
    office.do(deliveries.Assign(delivery_id=made["delivery_id"], recipient_id=office.mei.person_id), office.ann)
    assert [n.person_id for n in told("delivery.arrived")] == [office.mei.person_id]
    assert row(office, made["delivery_id"]).state == DeliveryState.WAITING
    office.do(deliveries.NotMine(delivery_id=made["delivery_id"]), office.mei)
    assert row(office, made["delivery_id"]).state == DeliveryState.UNCLEAR and row(office, made["delivery_id"]).recipient == ""


@pytest.mark.proves("S1.1-R1")
def test_the_pass_opens_everything_that_waits_for_its_holder_and_a_signature_takes_it(office: Office) -> None:
    desk, first, second = kiosk(office), left(office, pieces=2), left(office, oversize=True)
    code = own_code(office, office.mei, first["delivery_id"])
    opened = office.read(deliveries.opened_by, f"https://other.example/P/{code}", clock.now())
    assert (opened.holder, [one.shelf for one in opened.items]) == ("林晓梅", [first["shelf"], second["shelf"]])
    with pytest.raises(ValueError):
        deliveries.Collect(code=code, signature=[])
    assert office.refused(deliveries.Collect(code=code, signature=[[(5.0, 5.0, 0.0)]]), desk).code == "delivery.signature"
    office.do(deliveries.Collect(code=code, signature=STROKES), desk)
    assert {row(office, made["delivery_id"]).way for made in (first, second)} == {"kiosk"}
    assert office.read(deliveries.strokes_of, UUID(first["delivery_id"]), office.mei)
    assert office.read(deliveries.strokes_of, UUID(first["delivery_id"]), office.wu) == []
    with pytest.raises(Refused) as again:
        office.read(deliveries.opened_by, code, clock.now())
    assert again.value.code == "delivery.picked_up_already"
    assert office.refused(deliveries.Collect(code=code, signature=STROKES), desk).code == "delivery.picked_up_already"


@pytest.mark.proves("S1.1-R1")
def test_a_label_on_a_parcel_is_no_leave_to_take_it_and_one_tap_of_the_recipient_is(office: Office) -> None:
    made = left(office)
    assert office.refused(deliveries.PickUp(code=made["code"]), office.wu).code == "delivery.needs_leave"
    assert office.refused(deliveries.PickUp(delivery_id=made["delivery_id"]), office.wu).code == "op.not_allowed"
    asked = office.do(deliveries.AskLeave(code=made["code"]), office.wu)
    assert office.do(deliveries.AskLeave(code=made["code"]), office.wu) == asked
    assert [n.person_id for n in told("delivery.leave_asked")] == [office.mei.person_id]
    assert office.refused(deliveries.PickUp(code=made["code"]), office.wu).code == "delivery.needs_leave"
    give = deliveries.GiveLeave(delivery_id=made["delivery_id"], person_id=office.wu.person_id)
    assert office.refused(give, office.wu).code == "op.not_allowed"
    office.do(give, office.mei)
    assert [n.person_id for n in told("delivery.leave_given")] == [office.wu.person_id]
    office.do(deliveries.PickUp(code=made["code"]), office.wu)
    assert [n.person_id for n in told("delivery.taken_for_you")] == [office.mei.person_id]
    assert office.refused(deliveries.PickUp(code=made["code"]), office.mei).code == "delivery.picked_up_already"


def test_leave_for_somebody_from_outside_is_a_code_for_this_one_delivery_until_it_is_taken_back(office: Office) -> None:
    desk, made, other = kiosk(office), left(office), left(office)
    given = office.do(deliveries.GiveLeave(delivery_id=made["delivery_id"], bearer="司机老张"), office.mei)
    assert [one.id for one in office.read(deliveries.opened_by, given["code"], clock.now()).items] == [UUID(made["delivery_id"])]
    office.do(deliveries.TakeLeaveBack(pass_id=given["pass_id"]), office.mei)
    assert office.refused(deliveries.Collect(code=given["code"], signature=STROKES), desk).code == "delivery.pass_unknown"
    given = office.do(deliveries.GiveLeave(delivery_id=made["delivery_id"], bearer="司机老张"), office.mei)
    office.do(deliveries.Collect(code=given["code"], signature=STROKES), desk)
    assert row(office, made["delivery_id"]).picked_up_by == "司机老张"
    assert row(office, other["delivery_id"]).state == DeliveryState.WAITING


def test_a_deputy_takes_it_without_asking(office: Office) -> None:
    office.do(people.SetDeputy(deputy_id=office.wu.person_id), office.mei)
    made = left(office)
    assert office.refused(deliveries.AskLeave(code=made["code"]), office.wu).code == "delivery.yours"
    office.do(deliveries.PickUp(code=made["code"]), office.wu)


def test_reception_hands_out_to_anybody_and_it_says_who_gave_and_who_took(office: Office) -> None:
    first, second = left(office), left(office)
    office.do(deliveries.PickUp(delivery_id=first["delivery_id"], person_id=office.mei.person_id, signature=STROKES), office.ann)
    office.do(deliveries.PickUp(delivery_id=second["delivery_id"], taker="她先生"), office.ann)
    one, two = row(office, first["delivery_id"]), row(office, second["delivery_id"])
    assert (one.picked_up_by, one.handed_by, one.signed) == ("林晓梅", "安然", True)
    assert (two.picked_up_by, two.handed_by, two.way) == ("她先生", "安然", "desk")
    assert office.refused(deliveries.PickUp(code=first["code"], taker="别人"), office.wu).code == "op.not_allowed"
    third = left(office)
    office.do(deliveries.Return(delivery_id=third["delivery_id"], reason="查无此人"), office.ann)
    assert office.refused(deliveries.PickUp(code=third["code"]), office.mei).code == "delivery.returned"


def test_a_shelf_number_is_given_again_only_when_nobody_waits_under_it(office: Office) -> None:
    with database.writing() as s:
        s.execute(text("INSERT INTO number_series (series, year, last) VALUES ('delivery shelf', 0, 997)"))
    numbers = [left(office)["shelf"] for _ in range(3)]
    assert numbers == [998, 999, 1]
    with database.writing() as s:
        s.execute(text("UPDATE number_series SET last = 996 WHERE series = 'delivery shelf'"))
    assert left(office)["shelf"] == 997 and left(office)["shelf"] == 2  # 998, 999 and 1 still wait


def test_put_on_a_shelf_by_scanning_both_labels(office: Office) -> None:
    made = left(office)
    shelf = UUID(
        office.do(places.AddPlace(kind=places.PlaceKind.SHELF, name="快件架", parent_id=office.places["301"]), office.ada)["place_id"]
    )
    code = office.label(SubjectKind.PLACE, shelf)
    office.do(deliveries.Shelve(code=made["code"], place_code=code), office.ann)
    assert row(office, made["delivery_id"]).place == "快件架"
    assert office.refused(deliveries.Shelve(code=code, place_code=made["code"]), office.ann).code == "label.other_kind"


@pytest.mark.proves("S1.1-R1", "X2")
def test_reminders_climb_from_recipient_to_deputy_to_reception_each_once(office: Office) -> None:
    office.do(people.SetDeputy(deputy_id=office.wu.person_id), office.mei)
    left(office)
    office.later(hours=20)
    assert deliveries.remind_due(clock.now()) == 0  # Tuesday, 05:00
    office.later(hours=5)
    assert deliveries.remind_due(clock.now()) == 1 and deliveries.remind_due(clock.now()) == 0
    assert [n.person_id for n in told("delivery.still_here")] == [office.mei.person_id] and told("delivery.still_here_for") == []
    office.later(days=2)
    deliveries.remind_due(clock.now())
    assert [n.person_id for n in told("delivery.still_here_for")] == [office.wu.person_id]
    office.later(days=5)  # a weekend lies between: the fifth working day
    deliveries.remind_due(clock.now())
    assert [n.person_id for n in told("delivery.nobody_comes")] == [office.ann.person_id]
    assert office.read(deliveries.count_late) == 1
    office.later(days=30)
    assert deliveries.remind_due(clock.now()) == 0


def test_a_meal_is_reminded_of_in_minutes_and_what_is_fetched_never(office: Office) -> None:
    hot, cold = left(office, kind="meal"), left(office, kind="meal")
    office.do(deliveries.PickUp(code=cold["code"]), office.mei)
    office.later(minutes=16)
    assert deliveries.remind_due(clock.now()) == 1
    office.later(hours=3)  # the server was down: one word, not two
    assert deliveries.remind_due(clock.now()) == 1 and len(told("delivery.still_here")) == 2
    assert row(office, hot["delivery_id"]).reminders == 2


@pytest.mark.proves("V34")
def test_everybody_sees_only_what_is_theirs(office: Office) -> None:
    desk, made = kiosk(office), left(office)
    assert office.read(deliveries.COLLECTION.list, Query(), office.wu).items == []
    assert office.read(deliveries.COLLECTION.get, made["delivery_id"], office.wu) is None
    assert len(office.read(deliveries.COLLECTION.list, Query(q="lxm"), office.bo).items) == 1
    assert "林晓梅" not in office.read(labels.view, made["code"], desk).title
    assert not desk.has(*deliveries.COLLECTION.roles)
    assert office.read(deliveries.passes_for, [UUID(made["delivery_id"])], office.wu) == {}


@pytest.mark.proves("X4")
def test_the_register_finds_by_shelf_number_label_and_addressee_and_filters(office: Office) -> None:
    made = left(office, kind="document", oversize=True)
    office.do(deliveries.Drop(addressee="王小二"), office.ann)

    def found(q: str = "", **filters: str) -> list[str]:
        return [str(one.id) for one in office.read(deliveries.COLLECTION.list, Query(q=q, filters=filters), office.bo).items]

    assert found(f"{made['shelf']:03d}") == found(made["code"]) == found(kind="document") == found(oversize="1") == [made["delivery_id"]]
    assert len(found("王小二")) == 1 and len(found(state="open")) == 2 and len(found(day="today")) == 2
    for wrong in ({"kind": "bomb"}, {"day": "yesterday-ish"}):
        with pytest.raises(Invalid):
            found(**wrong)


@pytest.mark.proves("V34")
def test_courier_taker_and_signature_go_after_the_keeping_time(office: Office) -> None:
    made = left(office, courier="张三快递", addressee="林小妹", remark="电话 13800000000")
    office.do(deliveries.PickUp(delivery_id=made["delivery_id"], taker="她先生", signature=STROKES), office.ann)
    office.later(days=31)
    assert deliveries.erase_old(clock.now()) == 1 and deliveries.erase_old(clock.now()) == 0
    kept = row(office, made["delivery_id"])
    assert (kept.courier, kept.addressee, kept.picked_up_by, kept.remark, kept.signed) == ("", "", "", "", False)
    assert told("delivery.arrived_from") == []


def test_the_mail_to_the_recipient_holds_the_pass_as_a_picture_and_the_paper_reads(office: Office) -> None:
    printouts.use_base_url("http://foyer.example.cn")
    made = left(office, pieces=2, oversize=True)
    code = own_code(office, office.mei, made["delivery_id"])
    [picture] = printouts.pass_enclosures(told("delivery.arrived")[0].facts)
    assert zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.content)))[0].text == f"HTTP://FOYER.EXAMPLE.CN/P/{code}"
    assert printouts.pass_enclosures({}) == []
    label = printouts.draw_shelf_label(UUID(made["delivery_id"]))
    assert label is not None and read_page(label)[0].endswith(f"/S/{made['code']}")
    assert f"{made['shelf']:03d}" in read_page(label)[1] and "林晓梅" in read_page(label)[1]
    scanned, words = read_page(printouts.draw_slip(UUID(made["delivery_id"])))
    assert scanned.endswith(f"/R/{made['receipt_code']}") and "林晓梅" not in words and "2026-00001" in words
    office.do(deliveries.PickUp(code=made["code"]), office.mei)
    assert printouts.draw_shelf_label(UUID(made["delivery_id"])) is None


def read_page(pdf: bytes) -> tuple[str, str]:
    page = PdfDocument(pdf)[0]
    return zxingcpp.read_barcodes(page.render(scale=5).to_pil())[0].text, page.get_textpage().get_text_range()


@given(st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_name_gives_a_label_that_reads(name: str) -> None:
    label = slips.ShelfLabel("7K3M9QWY", 417, name, "2026-00417", clock.today(), 99, "parcel", True)
    assert read_page(slips.draw_shelf_label(label, "http://foyer.example.cn"))[0].endswith("/S/7K3M9QWY")


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_no_scan_of_whatever_text_is_taken_for_a_pass(scan: str) -> None:
    try:
        assert len(record.read_pass(scan)) == 8
    except Invalid as refused:
        assert refused.code in ("label.unreadable", "label.mistyped")


def test_a_pass_ends_after_sixty_days(office: Office) -> None:
    made = left(office)
    code = own_code(office, office.mei, made["delivery_id"])
    with pytest.raises(Refused):
        office.read(deliveries.opened_by, code, clock.now() + timedelta(days=61))

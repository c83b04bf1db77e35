"""Staff badge in and out with their card; the kiosk's sealed paper (scenario Front desk 9; pitfalls V30, V34)."""

from __future__ import annotations

import base64
import hashlib
import json
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.foundation import clock
from core.mechanisms.labels import SubjectKind
from core.sections import rollcall
from core.sections.rollcall import BadgeWay, paper
from tests.cast import Office
from tests.rollcall.build import badge_in, guest, staff_card, start
from tests.visits.build import kiosk


@pytest.mark.proves("Front desk 9")
def test_a_card_at_the_kiosk_badges_in_out_and_back_and_the_same_again_changes_nothing(office: Office) -> None:
    at_kiosk, code = kiosk(office), staff_card(office, "mei")
    ways = []
    for way in (None, BadgeWay.IN, BadgeWay.BREAK, None, None, None):
        office.later(minutes=1)
        said = office.do(rollcall.Badge(code=code, way=way), at_kiosk)
        ways.append((said["way"], said["again"]))
    assert ways == [("in", False), ("in", True), ("break", False), ("back", False), ("out", False), ("in", False)]


def test_nobody_badges_for_others_and_a_kiosk_needs_the_card(office: Office) -> None:
    at_kiosk, mei = kiosk(office), office.mei.person_id
    assert office.refused(rollcall.Badge(person_id=mei), at_kiosk).code == "op.not_allowed"
    assert office.refused(rollcall.Badge(person_id=mei), office.wu).code == "op.not_allowed"
    office.do(rollcall.Badge(person_id=mei), office.mei)
    assert office.refused(rollcall.Badge(person_id=office.wu.person_id, way=BadgeWay.BREAK), office.ann).code == "presence.not_inside"
    place = office.label(SubjectKind.PLACE, office.places["301"])
    assert office.refused(rollcall.Badge(code=place), at_kiosk).code == "label.other_kind"


@pytest.mark.proves("Front desk 9", "V34")
def test_what_a_kiosk_keeps_is_sealed_and_only_the_pin_opens_it(office: Office) -> None:
    guest(office, kiosk(office), "李文博")
    badge_in(office, "mei")
    assert office.read(paper.sealed_list, "zh-Hans", clock.now()) is None, "without a PIN no kiosk keeps anything"
    office.do(rollcall.SetPin(pin="482915"), office.sun)
    start(office, drill=True)
    kept = office.read(paper.sealed_list, "zh-Hans", clock.now())
    assert "李文博" not in json.dumps(kept, ensure_ascii=False)

    def opened(pin: str) -> dict[str, object]:
        key = hashlib.pbkdf2_hmac("sha256", pin.encode(), base64.b64decode(kept["salt"]), kept["rounds"])
        return dict(json.loads(AESGCM(key).decrypt(base64.b64decode(kept["iv"]), base64.b64decode(kept["data"]), None)))

    shown = opened("482915")
    assert shown["drill"] is True and "李文博" in str(shown) and "林晓梅" in str(shown)
    with pytest.raises(InvalidTag):
        opened("482916")
    office.do(rollcall.SetPin(pin=""), office.ada)
    assert office.read(paper.sealed_list, "zh-Hans", clock.now()) is None
    assert office.refused(rollcall.SetPin(pin="482915"), office.mei).code == "op.not_allowed"


def test_the_pin_stands_in_no_log(office: Office) -> None:
    op_id = uuid4()
    office.do(rollcall.SetPin(pin="482915"), office.ada, op_id=op_id)
    from core.mechanisms.operations import OperationRow

    row = office.read(lambda s: s.get(OperationRow, op_id))
    assert row.payload is None and "482915" not in str(row.model_dump())

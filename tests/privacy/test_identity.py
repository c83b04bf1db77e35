"""The number of an identity document: off, sealed, masked, gone with the visit (issue 5, Privacy; norms.md 10, 11)."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import SQLModel
from stdnum.cn import ric

from core.foundation import clock, database
from core.foundation.ids import uuid7
from core.mechanisms.office import UpdateSetting
from core.mechanisms.operations import Request, keep_waiting, parse
from core.sections import visits
from core.sections.visits import CheckOut, SetKeeping, identity, keeping
from core.sections.visits.identity import NoteIdNumber, RevealIdNumber, is_citizen_number, read
from tests.cast import Office
from tests.visits.build import kiosk, walk_in

NUMBER = "11010519491231002X"


def switch_on(office: Office) -> None:
    office.do(UpdateSetting(key="visit.id_number", value="on"), office.ada)
    office.do(SetKeeping(type="guest", id_number=True), office.ada)


def kept() -> list[Any]:
    with database.reading() as s:
        return list(s.execute(select(identity.VisitIdNumber)).scalars())


def everywhere() -> str:
    with database.reading() as s:
        return repr([[tuple(row) for row in s.execute(select(table))] for table in SQLModel.metadata.sorted_tables])


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (NUMBER, True),
        ("110105194912310021", False),
        ("11010519491331002X", False),
        ("010105194912310023", False),
        ("1101051949123100", False),
        ("", False),
    ],
)
def test_the_check_sign_of_a_citizens_number(text: str, right: bool) -> None:
    assert is_citizen_number(text) is right


@given(st.integers(min_value=0, max_value=10**17 - 1))
def test_the_check_sign_agrees_with_the_published_rule(number: int) -> None:
    body = f"{number:017d}"
    sign = identity.CHECK[sum(int(d) * w for d, w in zip(body, identity.WEIGHTS, strict=True)) % 11]
    assert ric.calc_check_digit(body + sign) == sign


@pytest.mark.parametrize(
    ("typed", "kept_as"),
    [
        ("１１０１０５１９４９１２３１００２ｘ", NUMBER),
        ("110105 19491231 002x", NUMBER),
        ("E12345678", "E12345678"),
        ("h-1234567 89", "H123456789"),
    ],
)
def test_a_number_is_read_however_it_is_typed(typed: str, kept_as: str) -> None:
    assert read(typed) == kept_as


@pytest.mark.parametrize("typed", ["11010519491231002", "110105194912310028", "abc", "passport", "1' OR 1=1", ""])
def test_a_number_that_can_not_be_right_is_turned_away(typed: str) -> None:
    with pytest.raises(ValueError, match="id_number"):
        read(typed)


def test_an_office_that_did_not_ask_keeps_no_number(office: Office) -> None:
    walk_in(office, kiosk(office), id_number=NUMBER)
    assert kept() == [], "off is the default"
    office.do(UpdateSetting(key="visit.id_number", value="on"), office.ada)
    walk_in(office, kiosk(office, "二号"), name="王敏", id_number=NUMBER)
    assert kept() == [], "on, but not for this kind of visitor"


@pytest.mark.proves("V34", "S3.1-R1")
def test_the_number_is_sealed_masked_and_read_only_with_a_reason(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    switch_on(office)
    made = walk_in(office, kiosk(office), id_number=NUMBER)
    visit_id = UUID(made["visit_id"])
    assert NUMBER not in everywhere() and NUMBER not in caplog.text and "19491231" not in everywhere()
    assert office.read(identity.masked, visit_id, office.ann) == "••••••••••••••002X"
    for by in (office.mei, office.bo, office.sun, kiosk(office, "二号")):
        assert office.read(identity.masked, visit_id, by) == ""
        assert office.refused(RevealIdNumber(visit_id=visit_id, reason="看一下"), by).code == "op.not_allowed"
    assert office.read(identity.in_clear, visit_id, office.ann, clock.now()) == ""
    office.do(RevealIdNumber(visit_id=visit_id, reason="派出所核对"), office.ann)
    assert office.read(identity.in_clear, visit_id, office.ann, clock.now()) == NUMBER
    assert office.read(identity.in_clear, visit_id, office.ada, clock.now()) == "", "the reason was another's"
    office.later(seconds=61)
    assert office.read(identity.in_clear, visit_id, office.ann, clock.now()) == ""
    [line] = [row for row in office.audit("visit.reveal_id_number") if row.outcome == "accepted"]
    assert line.subject_id == str(visit_id) and NUMBER not in everywhere()


def test_the_number_is_gone_at_check_out_and_when_the_visitor_is_assumed_to_have_left(office: Office) -> None:
    switch_on(office)
    desk = kiosk(office)
    made = walk_in(office, desk, id_number=NUMBER)
    assert len(kept()) == 1
    office.do(CheckOut(code=made["code"]), desk)
    assert kept() == []
    walk_in(office, desk, name="王敏", id_number=NUMBER)
    assert len(kept()) == 1
    keeping.close_days(clock.now() + timedelta(days=1))
    assert kept() == []


def test_a_row_moved_to_another_visit_opens_nothing(office: Office) -> None:
    switch_on(office)
    first = walk_in(office, kiosk(office), id_number=NUMBER)
    second = walk_in(office, kiosk(office, "二号"), name="王敏")
    with database.writing() as s:
        sealed = s.get(identity.VisitIdNumber, UUID(first["visit_id"])).sealed  # type: ignore[union-attr]
        s.add(identity.VisitIdNumber(visit_id=UUID(second["visit_id"]), sealed=sealed, noted_at=clock.now()))
    assert office.read(identity.masked, UUID(second["visit_id"]), office.ann) == ""


def test_reception_writes_down_what_the_kiosk_could_not(office: Office) -> None:
    switch_on(office)
    made = walk_in(office, kiosk(office))
    office.do(NoteIdNumber(visit_id=made["visit_id"], number="E12345678"), office.ann)
    assert office.read(identity.masked, UUID(made["visit_id"]), office.ann).endswith("5678")
    assert office.refused(NoteIdNumber(visit_id=made["visit_id"], number="E12345678"), office.mei).code == "op.not_allowed"
    office.do(UpdateSetting(key="visit.id_number", value="off"), office.ada)
    assert office.refused(NoteIdNumber(visit_id=made["visit_id"], number="E12345678"), office.ann).code == "visit.id_number_off"


def test_a_check_in_that_waits_holds_no_number(office: Office) -> None:
    payload = {"name": "李文博", "host": "林晓梅", "id_number": NUMBER}
    do = parse("visit.check_in", payload)
    keep_waiting([(Request(do, kiosk(office), uuid7()), {"kind": "visit.check_in", "payload": payload})], "quarantine", clock.now())
    assert NUMBER not in everywhere() and "李文博" in everywhere()
    assert NUMBER not in json.dumps(do.model_dump(mode="json")) and NUMBER not in repr(do)
    assert visits.CheckIn.model_fields["id_number"].exclude

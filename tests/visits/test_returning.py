"""Who was here before is known only by what they hold; nobody finds out who else was (pitfalls V33, V34)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from core.foundation import clock, database
from core.foundation.errors import Invalid
from core.mechanisms import operations, people
from core.mechanisms.operations import Actor
from core.sections import visits
from core.sections.visits import CheckIn, CheckOut, Recognise, Remembered, consent, keeping, returning
from core.sections.visits.record import phone_key
from tests.cast import Office
from tests.visits.build import invite, kiosk, sign, walk_in

PHONE = "13800001234"


def been_here(office: Office, **more: Any) -> dict[str, Any]:
    """Li was here yesterday."""
    desk = kiosk(office, "昨天")
    made = walk_in(office, desk, **({"phone": "+86 138-0000-1234", "company": "江城建设集团", "consent": sign(office)} | more))
    office.do(CheckOut(code=made["code"]), desk)
    office.later(days=1)
    return made


def ask(office: Office, at_kiosk: Actor, phone: str = PHONE, name: str = "李文博") -> Remembered | None:
    answer = operations.perform_now(Recognise(phone=phone, name=name), by=at_kiosk)
    assert (answer.ok, answer.result, answer.facts) == (True, {"heard": True}, {})  # the same, whatever was found
    return office.read(returning.remembered, at_kiosk, clock.now())


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of the database meanwhile, without the values."""
    heard: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        heard.append(re.sub(r"SET .* WHERE", "SET … WHERE", " ".join(statement.split())))

    event.listen(database.engine(), "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(database.engine(), "before_cursor_execute", note)


@pytest.mark.proves("Front desk 7")
@pytest.mark.parametrize(
    ("phone", "name"), [(PHONE, "李文博"), ("138 0000 1234", "Li Wenbo"), ("+86-13800001234", "LIWENBO"), ("008613800001234", " 李文博 ")]
)
def test_the_full_number_and_the_name_together_fill_the_form(office: Office, phone: str, name: str) -> None:
    been_here(office)
    found = ask(office, kiosk(office), phone, name)
    assert found is not None
    assert (found.name, found.company, found.host, found.host_id, found.code) == (
        "李文博",
        "江城建设集团",
        "林晓梅",
        str(office.mei.person_id),
        "",
    )


@pytest.mark.proves("V33", "V34")
@pytest.mark.parametrize(("phone", "name"), [
    ("1380000123", "李文博"), ("138000012345", "李文博"), ("13800001235", "李文博"), ("138", "李文博"), ("1380000", "李文博"), (PHONE, "李"), (PHONE, "文博"), (PHONE, "李文博博"), (PHONE, "王敏"),
    (PHONE, "li"), (PHONE, "wenbo"), (PHONE, "%"), (PHONE, "___"), ("- - - - - - - - -", "李文博"), ("0", "李文博"), (PHONE, "*"),
])  # fmt: skip
def test_a_part_or_half_of_it_opens_nothing(office: Office, phone: str, name: str) -> None:
    been_here(office)
    assert ask(office, kiosk(office), phone, name) is None


@pytest.mark.proves("V34")
@pytest.mark.parametrize("phone", ["13800001234' OR '1'='1", "%", "1380000____", "１３８００００１２３４", "<b>", "x" * 60])
def test_what_is_no_phone_number_is_turned_away(office: Office, phone: str) -> None:
    with pytest.raises(Invalid):
        operations.parse("visit.recognise", {"phone": phone, "name": "李文博"})


@pytest.mark.proves("V34")
def test_hit_miss_and_cooling_read_and_write_the_same_and_say_the_same(office: Office) -> None:
    been_here(office)
    desk = kiosk(office)
    ask(office, desk, "13900000000")
    seen = set()
    for phone, name in ((PHONE, "李文博"), ("13912345678", "李文博"), (PHONE, "王敏明"), ("1", "x")):
        with statements() as heard:
            outcome = operations.perform_now(Recognise(phone=phone, name=name), by=desk)
        seen.add((tuple(one for one in heard if "visit" in one), outcome.status, str(outcome.result), str(outcome.facts)))
    assert len(seen) == 1, seen


@pytest.mark.proves("V34")
def test_wrong_tries_cool_down_longer_each_time_on_that_kiosk_alone(office: Office) -> None:
    been_here(office)
    desk, other = kiosk(office), kiosk(office, "二号")
    for n in range(returning.FREE_MISSES):
        assert ask(office, desk, f"1390000000{n}") is None
    assert ask(office, desk) is None  # cooling: even the right answer opens nothing
    assert ask(office, other) is not None
    office.later(seconds=29)
    assert ask(office, desk) is None
    office.later(seconds=1)
    assert ask(office, desk) is not None
    assert ask(office, desk, "13900000009") is None
    office.later(seconds=59)
    assert ask(office, desk) is None
    office.later(seconds=1)
    assert ask(office, desk) is not None
    assert [returning.pause(n).total_seconds() for n in (5, 6, 7, 9, 10, 50)] == [30, 60, 120, 480, 900, 900]
    office.later(hours=1)
    for n in range(returning.FREE_MISSES - 1):
        assert ask(office, desk, f"1390000000{n}") is None
    assert ask(office, desk) is not None


@pytest.mark.proves("V34")
def test_a_thousand_numbers_tried_at_a_kiosk_find_next_to_nothing(office: Office) -> None:
    been_here(office)
    desk, heard = kiosk(office), 0
    with_right_at = {50, 120, 250}
    for n in range(300):
        heard += ask(office, desk, PHONE if n in with_right_at else f"139{n:08d}") is not None
        office.later(seconds=2)
    assert heard == 0


@pytest.mark.proves("V34")
def test_what_was_opened_is_for_that_device_and_for_two_minutes(office: Office) -> None:
    been_here(office)
    desk, other = kiosk(office), kiosk(office, "二号")
    assert ask(office, desk) is not None
    assert office.read(returning.remembered, other, clock.now()) is None
    assert office.read(returning.remembered, office.ann, clock.now()) is None
    assert office.read(returning.remembered, desk, clock.now() + timedelta(seconds=121)) is None
    assert ask(office, desk, "13900000001") is None  # and the next question forgets it
    for nobody in (office.mei, office.ann, office.ada):
        assert office.refused(Recognise(phone=PHONE, name="李文博"), nobody).code == "op.not_allowed"


def test_a_visitor_whose_invitation_lies_at_home_is_led_to_it(office: Office) -> None:
    planned = invite(office, phone=PHONE)
    found = ask(office, kiosk(office))
    assert found is not None and found.code == planned["code"]
    assert ask(office, kiosk(office, "二号"), PHONE, "王敏") is None


def test_a_host_who_left_is_not_proposed_again(office: Office) -> None:
    been_here(office)
    office.do(people.DisablePerson(person_id=office.mei.person_id), office.ada)
    found = ask(office, kiosk(office))
    assert found is not None and (found.host_id, found.host) == ("", "")


def test_an_erased_visitor_is_a_stranger_again(office: Office) -> None:
    made = been_here(office)
    desk = kiosk(office)
    assert ask(office, desk) is not None
    office.do(visits.EraseVisits(visit_ids=[made["visit_id"]]), office.ada)
    assert office.read(returning.remembered, desk, clock.now()) is None
    assert ask(office, desk) is None and office.read(returning.of_old_code, made["code"]) is None
    again = been_here(office)
    office.later(days=31)
    keeping.erase_old(clock.now())
    assert ask(office, kiosk(office, "二号")) is None and office.read(returning.of_old_code, again["code"]) is None


def test_an_old_code_of_ones_own_fills_the_form_too(office: Office) -> None:
    made = been_here(office)
    found = office.read(returning.of_old_code, made["code"])
    assert found is not None and (found.name, found.company) == ("李文博", "江城建设集团")
    today = invite(office, day=clock.today())
    for nothing in (today["code"], "7K3M9QWY", "7K3M9QWX", "x", "", "javascript:alert(1)"):
        assert office.read(returning.of_old_code, nothing) is None


@pytest.mark.proves("Front desk 7")
def test_who_came_back_signs_only_what_changed_since(office: Office) -> None:
    made = been_here(office)
    desk = kiosk(office)
    known = UUID(made["visit_id"])
    unrecognised = operations.perform_now(CheckIn(name="李文博", phone=PHONE, host="林晓梅", known=known), by=kiosk(office, "二号"))
    assert unrecognised.facts == {"consent_pending": True}  # an id alone proves nothing
    assert ask(office, desk) is not None
    assert operations.perform_now(CheckIn(name="李文博", phone=PHONE, host="林晓梅", known=known), by=desk).facts == {}
    assert operations.perform_now(CheckIn(name="别人", phone=PHONE, host="林晓梅", known=known), by=desk).facts == {"consent_pending": True}
    assert operations.perform_now(CheckIn(name="李文博", host="林晓梅", known_code=made["code"]), by=office.ann).facts == {}
    texts = {language: f"Second {language}: what we keep, why, and for how long." for language in ("zh-Hans", "zh-Hant", "en")}
    office.do(consent.PublishNotice(texts=texts), office.ada)
    assert ask(office, desk) is not None
    assert operations.perform_now(CheckIn(name="李文博", phone=PHONE, host="林晓梅", known=known), by=desk).facts == {
        "consent_pending": True
    }


@pytest.mark.parametrize(("typed", "key"), [
    ("138 0000 1234", PHONE), ("+86 138-0000-1234", PHONE), ("0086 13800001234", PHONE), ("(027) 8765-4321", "02787654321"), ("8016", ""), ("", ""), ("+44 20 7946 0958", "442079460958"),
])  # fmt: skip
def test_a_number_is_the_same_however_it_is_written(typed: str, key: str) -> None:
    assert phone_key(typed) == key

"""Documents visitors sign: versions, typo-only changes, what was signed for ever (scenario Front desk 7; pitfall V31)."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.foundation import clock
from core.foundation.errors import Invalid
from core.foundation.i18n import LANGUAGES
from core.mechanisms import operations
from core.sections import visits
from core.sections.visits import CheckIn, CheckOut, PublishNotice, changes, consent
from core.sections.visits.consent import Signature
from tests.cast import Office
from tests.visits.build import STROKES, invite, kiosk, sign, walk_in


def texts(words: str) -> dict[str, str]:
    return {language: f"{words} {language}: what we keep, why, and for how long." for language in LANGUAGES}


TITLES = {"zh-Hans": "拍摄须知", "zh-Hant": "拍攝須知", "en": "Filming rules"}


def publish(office: Office, words: str, **more: Any) -> str:
    return str(office.do(PublishNotice(texts=texts(words), **more), office.ada)["version"])


@pytest.mark.proves("Front desk 7")
def test_each_document_has_its_own_versions_in_three_languages(office: Office) -> None:
    assert publish(office, "film", document="film", titles=TITLES) == "1.0"
    assert publish(office, "film two", document="film") == "2.0"
    assert publish(office, "safety two", document="safety") == "2.0"
    assert publish(office, "safety  two", document="safety", minor=True) == "2.1"
    assert office.read(consent.keys) == ["notice", "safety", "nda", "film"]
    assert office.read(consent.current, "zh-Hant", "film").title == "拍攝須知" and office.read(consent.current, "en").version == "1.0"
    assert [one.version for one in office.read(consent.versions, "safety")] == ["2.1", "2.0", "1.0"]
    newest = office.read(consent.versions, "safety")[0]
    assert (newest.minor, newest.published_by, newest.texts["en"]) == (True, office.ada.person_id, texts("safety  two")["en"])


@pytest.mark.parametrize(("more", "code"), [
    ({"document": "new"}, "consent.title_needed"), ({"document": "new", "titles": TITLES, "minor": True}, "consent.first_is_no_typo"),
])  # fmt: skip
def test_a_new_document_needs_its_titles_and_a_first_version(office: Office, more: dict[str, Any], code: str) -> None:
    assert office.refused(PublishNotice(texts=texts("x"), **more), office.ada).code == code


def test_a_text_that_did_not_change_is_not_published_again(office: Office) -> None:
    publish(office, "v2")
    for minor in (True, False):
        assert office.refused(PublishNotice(texts=texts("v2"), minor=minor), office.ada).code == "visit.notice_unchanged"
    assert publish(office, "v2", titles=TITLES) == "3.0"


@pytest.mark.parametrize("payload", [
    {"texts": {"en": "x" * 30}}, {"texts": texts("x"), "titles": {"en": "Only one"}}, {"texts": texts("x"), "document": "../x"}, {"texts": texts("x" * 7000)},
    {"texts": texts("x"), "titles": {**TITLES, "en": "x" * 41}},
])  # fmt: skip
def test_half_a_document_is_turned_away(office: Office, payload: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        operations.parse("visit.publish_notice", payload)


@pytest.mark.proves("Front desk 7")
def test_the_very_words_the_hash_the_language_and_the_strokes_stay_after_version_three(office: Office) -> None:
    publish(office, "v2")
    words = office.read(consent.current, "en")
    made = walk_in(office, kiosk(office), consent=Signature(document=words.hash, strokes=STROKES))
    publish(office, "v3")
    [kept] = office.read(consent.signed_of, UUID(made["visit_id"]))
    assert (kept.version, kept.language, kept.text, kept.hash) == ("2.0", "en", texts("v2")["en"], words.hash)
    assert kept.strokes is not None and [len(stroke) for stroke in kept.strokes] == [3, 2]
    assert kept.hash == hashlib.sha256(f"2.0\nen\n{kept.text}".encode()).hexdigest()
    assert [one.signed for one in office.read(consent.versions, "notice")] == [0, 1, 0]


@pytest.mark.proves("Front desk 7")
def test_a_material_change_is_asked_again_and_a_typo_is_not_whoever_comes_back(office: Office) -> None:
    desk = kiosk(office)
    for who in ({"email": "li@example.org"}, {"phone": "+86 138-0000-1234"}):
        start = office.read(consent.current, "en").version
        made = office.do(CheckIn(code=invite(office, **who)["code"], consent=sign(office, "zh-Hans")), desk)
        office.do(CheckOut(code=made["code"]), desk)
        again = invite(office, **who)
        assert not office.read(visits.greeting, again["code"], clock.now()).must_sign
        publish(office, f"typo {start}", minor=True)
        assert not office.read(visits.greeting, again["code"], clock.now()).must_sign
        publish(office, f"material {start}")
        hello = office.read(visits.greeting, again["code"], clock.now())
        assert hello.must_sign and hello.signed == ()
        assert office.do(CheckIn(code=again["code"], consent=sign(office, "en")), desk)


def test_a_stranger_with_the_same_phone_number_signs_for_themselves(office: Office) -> None:
    desk = kiosk(office)
    office.do(CheckIn(code=invite(office, phone="13800001234")["code"], consent=sign(office)), desk)
    assert office.read(visits.greeting, invite(office, name="王敏", phone="13800001234")["code"], clock.now()).must_sign


def test_a_signature_under_words_that_were_replaced_is_asked_again(office: Office) -> None:
    old = sign(office)
    publish(office, "v2")
    assert office.refused(CheckIn(name="李", host="林晓梅", consent=old), kiosk(office)).code == "visit.notice_changed"
    assert (
        office.refused(CheckIn(name="李", host="林晓梅", consent=Signature(document="0" * 64, strokes=STROKES)), kiosk(office, "二号")).code
        == "visit.notice_changed"
    )


def test_the_same_document_signed_twice_in_one_check_in_is_signed_once(office: Office) -> None:
    made = walk_in(office, kiosk(office), consent=sign(office), consents=(sign(office), sign(office, "en")))
    assert len(office.read(consent.signed_of, UUID(made["visit_id"]))) == 1


# ── what changed between two versions ──


def test_what_changed_is_shown_by_words_in_english_and_by_signs_in_chinese() -> None:
    assert changes.between("Keep your badge on.", "Keep the badge on.") == (
        ("same", "Keep "), ("gone", "your"), ("new", "the"), ("same", " badge on."),
    )  # fmt: skip
    assert changes.between("胸卡一直带着", "胸卡一直戴着") == (("same", "胸卡一直"), ("gone", "带"), ("new", "戴"), ("same", "着"))
    assert changes.between("", "新") == (("new", "新"),) and changes.between("一样", "一样") == (("same", "一样"),)


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_comparison_holds_every_sign_of_both_texts(old: str, new: str) -> None:
    pieces = changes.between(old, new)
    assert "".join(words for kind, words in pieces if kind != "new") == old
    assert "".join(words for kind, words in pieces if kind != "gone") == new

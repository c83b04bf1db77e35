"""Cookies, languages and where a sign-in leads (security.md: ASVS 3.3, 1.2.2, 7.2.4, 7.4)."""

from __future__ import annotations

import pytest

from core.foundation import clock
from core.mechanisms import devices, people
from core.mechanisms.operations import Role
from core.web import sessions
from tests.cast import PASSWORD, Office


@pytest.mark.proves("SEC 2")
@pytest.mark.parametrize("address", [
    "https://evil.example/", "//evil.example", "/\\evil.example", "/%2f/evil.example", "/%5cevil.example", "/\tevil", "/a\r\nSet-Cookie: x", "javascript:alert(1)",
    "", None, "desk", "/" + "a" * 600, "/sign-out", "/sign-in?next=/sign-in", "/first-run",
])  # fmt: skip
def test_after_signing_in_one_never_lands_on_another_site(address: str | None) -> None:
    assert sessions.safe_next(address, "/desk") == "/desk"


@pytest.mark.parametrize("address", ["/desk", "/desk/visits?q=%E5%BC%A0&chip=inside", "/m/", "/s/7K3M9QWY"])
def test_after_signing_in_one_lands_where_one_wanted_to_go(address: str) -> None:
    assert sessions.safe_next(address) == address


@pytest.mark.parametrize(("scheme", "host", "secure"), [
    ("https", "foyer.example", True), ("http", "localhost", True), ("http", "127.0.0.1", True), ("http", "::1", True), ("http", "192.168.1.20", False),
    ("http", "foyer.local", False), ("http", "127.0.0.1.evil.example", False),
])  # fmt: skip
def test_the_cookie_is_secure_wherever_a_browser_keeps_it_so(scheme: str, host: str, secure: bool) -> None:
    assert sessions.takes_secure(scheme, host) is secure


@pytest.mark.proves("X3")
@pytest.mark.parametrize(("own", "chosen", "accept", "language"), [
    ("en", "zh-Hant", "zh-TW", "en"), (None, "zh-Hant", "en", "zh-Hant"), (None, "tlh", "zh-HK,zh;q=0.8", "zh-Hant"), (None, "", "fr,en;q=0.5", "en"), (None, "", "fr", "zh-Hans"),
])  # fmt: skip
def test_a_page_speaks_the_persons_language_then_the_browsers_then_the_offices(
    own: str | None, chosen: str, accept: str, language: str
) -> None:
    assert sessions.pick_language(own, chosen, accept, "zh-Hans") == language


@pytest.mark.proves("SEC 28")
def test_a_token_is_new_at_each_sign_in_and_dead_after_signing_out(office: Office) -> None:
    office.do(people.AddPerson(name="Test", account="test", password=PASSWORD), office.ada)
    first = people.sign_in("test", PASSWORD, source="a", at=clock.now())
    second = people.sign_in("test", PASSWORD, source="a", at=clock.now())
    assert first.token != second.token
    signed = sessions.signed_of(first.token, clock.now())
    assert signed is not None
    office.do(people.EndSession(session_id=signed.session_id), signed.actor)
    assert sessions.person_of(first.token, clock.now()) is None
    assert sessions.person_of(second.token, clock.now()) is not None
    assert sessions.has_ended(signed.session_id, clock.now())


@pytest.mark.proves("SEC 24")
def test_a_disabled_person_is_nobody_at_once(office: Office) -> None:
    added = office.do(people.AddPerson(name="Test", account="test", password=PASSWORD), office.ada)
    token = people.sign_in("test", PASSWORD, source="a", at=clock.now()).token
    office.do(people.DisablePerson(person_id=added["person_id"]), office.ada)
    assert sessions.person_of(token, clock.now()) is None


def test_a_session_ends_by_itself_after_fourteen_hours(office: Office) -> None:
    office.do(people.AddPerson(name="Test", account="test", password=PASSWORD), office.ada)
    token = people.sign_in("test", PASSWORD, source="a", at=clock.now()).token
    assert sessions.person_of(token, office.later(hours=13, minutes=59)) is not None
    assert sessions.person_of(token, office.later(minutes=1)) is None


def test_a_revoked_device_is_nobody_at_once(office: Office) -> None:
    actor, key = office.device("大堂", Role.KIOSK)
    assert sessions.device_of(key, clock.now()) == actor
    assert actor.device_id is not None
    office.do(devices.RevokeDevice(device_id=actor.device_id), office.ada)
    assert sessions.device_of(key, clock.now()) is None


@pytest.mark.parametrize("token", [None, "", "made-up"])
def test_a_made_up_token_is_nobody(office: Office, token: str | None) -> None:
    assert sessions.person_of(token, clock.now()) is None
    assert sessions.device_of(token, clock.now()) is None

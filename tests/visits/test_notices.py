"""Notices leave the house once, in the receiver's language, and their fate is visible (house.md §5, security.md SEC 31)."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.header import decode_header
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import channels, chats, notices, operations, people
from core.mechanisms.notices import Channel, Notice, State, sending
from core.mechanisms.office import UpdateSetting
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from tests.cast import Office
from tests.live import free_port
from tests.visits.catchers import Catcher, Hook, catching_calls, catching_mail


class TellPeople(Operation):
    """What a section does: tell somebody in its own transaction."""

    person_id: UUID | None = None
    address: str = ""
    text: str = "访客 Li"
    fail: bool = False
    mail: bool = True


@operation(TellPeople, "test.tell", roles={Role.STAFF})
def tell(s: Any, do: TellPeople, by: Actor, at: datetime) -> dict[str, Any]:
    facts = {"text": do.text, "at": at}
    row = notices.queue(
        s,
        key="notice.test",
        facts=facts,
        at=at,
        to_person_id=do.person_id,
        to_address=do.address,
        subject=("visit", UUID(int=7)),
        mail=do.mail,
    )
    touch(s, "test", "1")
    if do.fail:
        raise Refused("notice.not_found")
    return {"notice_id": row.id}


@pytest.fixture
def smtp() -> Iterator[Catcher]:
    """A mail server, and the office set up to use it."""
    with catching_mail() as catcher:
        channels.set_up_mail(catcher.url)
        yield catcher
        channels.set_up_mail("")


@pytest.fixture
def hook() -> Iterator[Hook]:
    with catching_calls() as kept:
        yield kept


@pytest.fixture(autouse=True)
def _tellable(office: Office) -> None:
    operations.include(sys.modules[__name__])


def state_of(notice_id: str) -> Notice:
    with database.reading() as s:
        found = s.get(Notice, UUID(notice_id))
    assert found is not None
    return found


def mailed_mei(office: Office, address: str = "mei@example.org", language: str = "en") -> Actor:
    office.do(people.UpdatePerson(person_id=office.mei.person_id, email=address), office.ada)
    office.do(people.SetLanguage(language=language), office.mei)
    return office.mei


@pytest.mark.proves("X3")
def test_a_notice_is_mailed_in_the_language_of_whoever_gets_it(office: Office, smtp: Catcher) -> None:
    mei = mailed_mei(office, language="en")
    told = office.do(TellPeople(person_id=mei.person_id, text="林先生 㐂𠮷"), office.wu)
    assert state_of(told["notice_id"]).state == State.QUEUED
    assert notices.send_due(clock.now()) == 1
    mail = smtp.mails[0]
    assert mail["to"] == "mei@example.org" and "Test notice" in mail["subject"] and "林先生 㐂𠮷" in mail["subject"]
    assert "23 Nov 09:00" in mail.get_content() and mail["content-language"] == "en"
    sent = state_of(told["notice_id"])
    assert (sent.state, sent.attempts, sent.sent_at) == (State.SENT, 1, clock.now())
    assert notices.send_due(clock.now()) == 0 and len(smtp.mails) == 1


def test_an_operation_that_is_refused_tells_nobody(office: Office, smtp: Catcher) -> None:
    mei = mailed_mei(office)
    office.refused(TellPeople(person_id=mei.person_id, fail=True), office.wu)
    assert notices.send_due(clock.now()) == 0 and smtp.mails == []


@pytest.mark.proves("SEC 8")
@pytest.mark.parametrize(
    "text",
    [
        "Eve\r\nBcc: all@example.org",
        "Eve\nSubject: other",
        "a\r\n\r\nbody",
        "Bcc: x@y.zz",
        "=?utf-8?B?QmNjOg==?=",
        "<img onerror=1>",
        "\u202eevil\u0000",
    ],
)
def test_a_hostile_name_cannot_start_another_header(office: Office, smtp: Catcher, text: str) -> None:
    mei = mailed_mei(office)
    office.do(TellPeople(person_id=mei.person_id, text=text), office.wu)
    notices.send_due(clock.now())
    mail = smtp.mails[0]
    assert mail["bcc"] is None and mail["to"] == "mei@example.org" and len(mail.get_all("subject")) == 1
    assert b"\nBcc" not in smtp.raw[0] and b"\nbcc" not in smtp.raw[0].lower()
    assert mail.get_content_type() == "text/plain"


@pytest.mark.parametrize(
    "address", ["mei@example.org, eve@example.org", "Mei <mei@example.org>", "mei@example.org\nBcc: eve@example.org", "mei", "@x"]
)
def test_an_address_that_is_no_single_address_is_never_used(office: Office, smtp: Catcher, address: str) -> None:
    told = office.do(TellPeople(address=address), office.wu)
    notices.send_due(clock.now())
    found = state_of(told["notice_id"])
    assert (found.state, found.reason, smtp.mails) == (State.FAILED, "notice.reason.bad_address", [])


def test_without_a_mail_server_the_desk_sees_who_was_not_reached(office: Office) -> None:
    mei = mailed_mei(office)
    told = office.do(TellPeople(person_id=mei.person_id), office.wu)
    assert state_of(told["notice_id"]).state == State.NO_CHANNEL
    assert [row.id for row in office.read(notices.undelivered)] == [UUID(told["notice_id"])]
    assert office.refused(notices.RetryNotice(notice_id=told["notice_id"]), office.ann).code == "notice.no_channel"
    office.do(notices.DismissNotice(notice_id=told["notice_id"]), office.ann)
    assert office.read(notices.count_undelivered) == 0
    assert [n.id for n in office.read(notices.unread, mei.person_id)] == [UUID(told["notice_id"])]  # still in her own list


def test_a_dead_mail_server_is_tried_again_ever_later_and_then_given_up(office: Office) -> None:
    mei = mailed_mei(office)
    channels.set_up_mail(f"smtp://127.0.0.1:{free_port()}")
    try:
        told = office.do(TellPeople(person_id=mei.person_id), office.wu)
        waits = []
        for _ in range(6):
            at = clock.now()
            assert notices.send_due(at) == 1
            found = state_of(told["notice_id"])
            if found.state == State.QUEUED:
                waits.append((found.next_at - at).total_seconds() / 60)
                assert notices.send_due(found.next_at - timedelta(seconds=1)) == 0
                clock.freeze(found.next_at)
        assert waits == [1, 5, 15, 60, 180]
        assert (found.state, found.reason, found.attempts) == (State.FAILED, "notice.reason.unreachable", 6)
    finally:
        channels.set_up_mail("")


def test_a_failed_notice_is_sent_again_from_the_desk_to_the_present_address(office: Office, smtp: Catcher) -> None:
    mei = mailed_mei(office, "old@example.org")
    smtp.answer = "550 no such user"
    told = office.do(TellPeople(person_id=mei.person_id), office.wu)
    notices.send_due(clock.now())
    assert state_of(told["notice_id"]).state == State.FAILED  # 5xx is final: no second try
    smtp.answer = "250 OK"
    mailed_mei(office, "new@example.org")
    office.do(notices.RetryNotice(notice_id=told["notice_id"]), office.ann)
    notices.send_due(clock.now())
    assert smtp.mails[0]["to"] == "new@example.org" and state_of(told["notice_id"]).state == State.SENT
    assert office.refused(notices.RetryNotice(notice_id=told["notice_id"]), office.ann).code == "notice.not_failed"
    assert office.refused(notices.RetryNotice(notice_id=told["notice_id"]), office.mei).code == "op.not_allowed"


def test_two_senders_never_send_the_same_mail_twice(office: Office, smtp: Catcher) -> None:
    mei = mailed_mei(office)
    for number in range(12):
        office.do(TellPeople(person_id=mei.person_id, text=f"n{number}"), office.wu)
    threads = [threading.Thread(target=notices.send_due, args=(clock.now(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(smtp.mails) == 12 and len({mail["subject"] for mail in smtp.mails}) == 12


def test_a_sender_that_died_in_the_middle_loses_nothing(office: Office, smtp: Catcher) -> None:
    mei = mailed_mei(office)
    told = office.do(TellPeople(person_id=mei.person_id), office.wu)
    sending._claim(clock.now())  # the process is killed here
    assert state_of(told["notice_id"]).state == State.SENDING
    assert notices.send_due(clock.now() + timedelta(minutes=1)) == 0
    assert notices.send_due(clock.now() + timedelta(minutes=3)) == 1
    assert len(smtp.mails) == 1


def test_only_the_receiver_marks_a_notice_as_read(office: Office) -> None:
    told = office.do(TellPeople(person_id=office.mei.person_id, mail=False), office.wu)
    assert office.refused(notices.ReadNotices(notice_ids=[told["notice_id"]]), office.wu).code == "op.not_allowed"
    office.do(notices.ReadNotices(notice_ids=[told["notice_id"]]), office.mei)
    assert office.read(notices.unread, office.mei.person_id) == []


# ── web-hook ──


def hooked(office: Office, url: str, secret: str = "s3cret") -> None:
    office.do(UpdateSetting(key="webhook.url", value=url), office.ada)
    office.do(UpdateSetting(key="webhook.secret", value=secret), office.ada)


def hook_row() -> Notice:
    with database.reading() as s:
        return s.execute(select(Notice).where(Notice.channel == Channel.WEBHOOK)).scalar_one()  # type: ignore[arg-type]


def test_a_web_hook_gets_the_event_once_signed_with_its_time(office: Office, hook: Hook) -> None:
    hooked(office, hook.url)
    office.do(TellPeople(person_id=office.mei.person_id), office.wu)
    notices.send_due(clock.now())
    (headers, body), *others = hook.calls
    assert others == [] and json.loads(body)["event"] == "notice.test"
    said = dict(part.split("=", 1) for part in headers["Foyer-Signature"].split(","))
    assert int(said["t"]) == int(clock.now().timestamp())
    assert said["v1"] == hmac.new(b"s3cret", said["t"].encode() + b"." + body, hashlib.sha256).hexdigest()


@pytest.mark.proves("SEC 31", "V32")
@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest",
        "https://localhost/x",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://0x7f000001/",
        "https://10.1.2.3/",
        "http://example.org/",
        "ftp://example.org/",
        "https://u:p@example.org/",
        "https:///x",
        "file:///etc/passwd",
    ],
)
def test_a_real_office_never_calls_into_its_own_network(office: Office, url: str) -> None:
    with pytest.raises(channels.NotDelivered) as failed:
        channels.call_webhook(url, {}, secret="x", at=clock.now())
    assert failed.value.reason in ("notice.reason.private_address", "notice.reason.bad_webhook") and failed.value.final


@pytest.mark.proves("SEC 31")
def test_a_name_that_answers_two_addresses_is_resolved_once_and_refused_if_one_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, **_: object) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("93.184.215.14", "10.0.0.9")]

    monkeypatch.setattr(channels.socket, "getaddrinfo", resolve)
    with pytest.raises(channels.NotDelivered) as failed:
        channels.call_webhook("https://changes.example.org/", {}, secret="x", at=clock.now())
    assert failed.value.reason == "notice.reason.private_address" and asked == ["changes.example.org"]


@pytest.mark.proves("SEC 31")
def test_a_redirect_is_not_followed(office: Office, hook: Hook) -> None:
    hooked(office, hook.url)
    hook.status, hook.headers = 302, {"location": hook.url + "/elsewhere"}
    office.do(TellPeople(person_id=office.mei.person_id), office.wu)
    notices.send_due(clock.now())
    assert len(hook.calls) == 1
    assert (hook_row().state, hook_row().detail) == (State.FAILED, "302")


@pytest.mark.proves("SEC 31")
def test_an_endless_answer_is_not_read(office: Office, hook: Hook) -> None:
    hooked(office, hook.url)
    hook.status, hook.body = 200, b"x" * 200_000
    office.do(TellPeople(person_id=office.mei.person_id), office.wu)
    notices.send_due(clock.now())
    assert (hook_row().state, hook_row().reason) == (State.FAILED, "notice.reason.webhook_too_long")


def test_a_web_hook_without_a_secret_is_not_called(office: Office, hook: Hook) -> None:
    office.do(UpdateSetting(key="webhook.url", value=hook.url), office.ada)
    office.do(TellPeople(person_id=office.mei.person_id), office.wu)
    notices.send_due(clock.now())
    assert hook.calls == [] and hook_row().reason == "notice.reason.no_secret"


def test_only_chat_services_are_spoken_to(office: Office) -> None:
    for url in ("json://127.0.0.1/x", "file:///etc/passwd", "xmls://10.0.0.1", "form://localhost", "syslog://", "http://127.0.0.1"):
        with pytest.raises(channels.NotDelivered) as failed:
            chats.send_chat(url, title="x", text="y")
        assert failed.value.reason == "notice.reason.bad_chat"


def test_a_mail_server_address_that_is_none_stops_the_start() -> None:
    for url in ("mail.example.org", "http://x", "smtp://", "smtp://x:99999999"):
        with pytest.raises(channels.SetupError):
            channels.set_up_mail(url)


def test_an_address_in_a_mail_with_a_picture_is_pressed_and_nothing_else_becomes_markup() -> None:
    code = channels.Enclosure("K.png", "image/png", b"png", beside="KPGF-QYNK")
    text = (
        'Your code is KPGF-QYNK.\n\nWhen: Thu 26 November\nBring: <b>"&</b>\n\nErase it:\nhttps://office.example/mine/m01?a=1&b="><script>'
    )
    mail = channels.Mail(
        uuid7(), "desk@office.example", "Office", "li@example.org", "Visit", text, "en", datetime(2026, 11, 23, 9, tzinfo=UTC), (code,)
    )
    body = channels.compose(mail).get_body(("html",))
    assert body is not None
    page = body.get_content()
    assert '<a href="https://office.example/mine/m01?a=1&amp;b="' in page and "<script" not in page and "<b>" not in page
    assert (
        "<strong>When</strong>: Thu" in page
        and "<strong>Bring</strong>: &lt;b&gt;&quot;&amp;&lt;/b&gt;" in page
        and page.count("cid:") == 1
    )


@pytest.mark.parametrize("room", ["305 小谈室", "小谈室", "二楼 201 观澜厅 东门"])
def test_a_long_subject_keeps_each_of_its_spaces(room: str) -> None:
    subject = f"{room} 空出来了，12月2日 10:00 到 11:00，为您保留到 12月1日 14:30，请在 手机 上 答复"
    mail = channels.Mail(
        uuid7(), "desk@office.example", "Office", "li@example.org", subject, "x", "en", datetime(2026, 11, 23, 9, tzinfo=UTC)
    )
    wire = channels.compose(mail).as_bytes()
    assert max(map(len, wire.splitlines())) <= 78
    words = re.sub(r"\?=\s+=\?", "?==?", re.search(rb"^Subject: ((?:.*\n[ \t])*.*)", wire, re.M).group(1).decode())  # type: ignore[union-attr]
    assert "".join(part.decode(code or "ascii") if isinstance(part, bytes) else part for part, code in decode_header(words)) == subject

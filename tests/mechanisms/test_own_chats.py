"""A person's own chats: what addresses are taken, what leaves the house, and where it may not go (issue 5, telling the host; security.md, SEC 31)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.foundation import clock, database
from core.mechanisms import channels, chats, notices, person_channels
from core.mechanisms.channels import NotDelivered
from core.mechanisms.notices import Notice, State
from core.mechanisms.office import UpdateSetting
from core.mechanisms.operations import OperationRow
from core.mechanisms.person_channels import AddChannel, PersonChannel, RemoveChannel
from core.sections import visits
from tests.cast import Office
from tests.live import free_port
from tests.visits.build import kiosk, walk_in, with_mail
from tests.visits.catchers import Hook, catching_calls, catching_mail


@pytest.fixture
def hook() -> Iterator[Hook]:
    with catching_calls() as kept:
        kept.status, kept.body = 200, b"{}"
        yield kept


def topic(hook: Hook) -> str:
    return hook.url.replace("/hook", "/mei-visitors")


def rows(key: str) -> list[Notice]:
    with database.reading() as s:
        return list(s.execute(select(Notice).where(col(Notice.key) == key).order_by(col(Notice.created_at), col(Notice.id))).scalars())


@pytest.mark.parametrize(
    ("service", "pasted", "kept"),
    [
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7bcd-4bc4-97a0-0ec2sifa5aaa", "wecombot://693a91f6"),
        ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=abc123def456", "dingtalk://abc123def456"),
        ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/abc-123-def", "feishu://abc-123-def"),
        ("feishu", "https://open.larksuite.com/open-apis/bot/v2/hook/abc-123", "lark://abc-123"),
        ("slack", "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "slack://T1JJ3T3L2"),
        (
            "teams",
            "https://prod-01.westus.logic.azure.com:443/workflows/3f86ba4b1f4544259ecd3a2b9bf4d8ea/triggers/manual/paths/invoke"
            "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=abcdefghijk",
            "workflow",
        ),
        ("ntfy", "https://ntfy.sh/linjiang-mei", "ntfys://"),
        ("ntfy", "ntfy://ntfy.example.org/mei", "ntfy://ntfy.example.org/mei"),
        ("dingtalk", "dingtalk://abc123", "dingtalk://abc123"),
    ],
)
def test_the_address_a_chat_service_shows_is_taken_as_it_is(service: str, pasted: str, kept: str) -> None:
    assert chats.chat_address(service, pasted).startswith(kept)


@pytest.mark.parametrize(
    ("service", "pasted"),
    [
        ("slack", "https://oapi.dingtalk.com/robot/send?access_token=abc123def"),
        ("ntfy", "json://127.0.0.1/hook"),
        ("ntfy", "file:///etc/passwd"),
        ("ntfy", "ntfy://ntfy.sh/mei?attach=http://169.254.169.254/latest"),
        ("teams", "workflows://host.example:443/abc/def/?template=/etc/passwd"),
        ("dingtalk", "javascript:alert(1)"),
        ("wecom", "https://example.org/hook"),
        ("ntfy", "syslog://"),
        ("ntfy", "ntfy://ntfy.sh/mei?verify=no"),
        ("nothing", "ntfy://ntfy.sh/mei"),
        ("ntfy", "http://[::1"),
    ],
)
def test_what_is_no_chat_or_would_read_a_file_is_not_taken(service: str, pasted: str) -> None:
    assert chats.chat_address(service, pasted) == ""


@pytest.mark.proves("Front desk 7", "S3.1-R7")
def test_the_host_is_told_in_their_own_chat_with_a_link_and_reception_sees_that_it_arrived(office: Office, hook: Hook) -> None:
    office.do(AddChannel(service="ntfy", address=topic(hook)), office.mei)
    made = walk_in(office, kiosk(office))
    notices.send_due(clock.now())
    [(_, body)] = hook.calls
    said = json.loads(body)["message"]
    assert "李文博" in said and "/answer/" in said
    told = office.read(visits.told, UUID(made["visit_id"]))
    assert (told.state, told.way) == (State.SENT, "ntfy")
    (line,) = office.read(visits.waiting, clock.now())
    assert [(d.way, d.state) for d in line.deliveries] == [("app", "sent"), ("ntfy", "sent")]
    assert [n.key for n in office.read(notices.unread, office.mei.person_id)] == ["visit.arrived"]  # one message in the app, not two


def test_mail_and_chat_are_both_tried_and_each_has_its_own_result(office: Office, hook: Hook) -> None:
    with catching_mail() as post:
        channels.set_up_mail(post.url)
        with_mail(office, "mei", "mei@example.org")
        office.do(AddChannel(service="ntfy", address=topic(hook)), office.mei)
        hook.status = 500
        walk_in(office, kiosk(office))
        notices.send_due(clock.now())
        (line,) = office.read(visits.waiting, clock.now())
        assert {(d.way, d.state) for d in line.deliveries} == {("mail", "sent"), ("ntfy", "queued")}
        assert line.told.way == "mail"
    channels.set_up_mail("")


def test_the_address_is_sealed_shown_to_nobody_and_gone_when_taken_away(office: Office, hook: Hook) -> None:
    made = office.do(AddChannel(service="ntfy", address=topic(hook)), office.mei)
    with database.reading() as s:
        stored = repr([vars(row) for table in (PersonChannel, OperationRow) for row in s.execute(select(table)).scalars()])
    assert "mei-visitors" not in stored
    assert [view.hint for view in office.read(person_channels.views, office.mei.person_id)] == ["tors"]
    assert office.refused(RemoveChannel(channel_id=made["channel_id"]), office.bo).code == "op.not_allowed"
    assert (
        office.refused(AddChannel(person_id=office.mei.person_id, service="ntfy", address="ntfy://ntfy.sh/x"), office.ann).code
        == "op.not_allowed"
    )
    walk_in(office, kiosk(office))
    office.do(RemoveChannel(channel_id=made["channel_id"]), office.ada)
    notices.send_due(clock.now())
    assert hook.calls == [] and [n.reason for n in rows("visit.arrived") if n.channel_id] == ["notice.reason.bad_chat"]
    for number in range(person_channels.MOST):
        office.do(AddChannel(service="ntfy", address=f"ntfy://ntfy.sh/mei{number}"), office.mei)
    assert office.refused(AddChannel(service="ntfy", address="ntfy://ntfy.sh/one-more"), office.mei).code == "channel.too_many"
    assert office.refused(AddChannel(service="ntfy", address="http://example.org/a/b/c"), office.wu).code == "channel.bad_address"


def test_a_chat_never_reaches_into_the_house_not_even_by_a_redirect(hook: Hook) -> None:
    inside = topic(hook).replace("http://", "ntfy://")
    with pytest.raises(NotDelivered) as refused:
        chats.send_chat(inside, title="x", text="y")
    assert refused.value.reason == "notice.reason.private_address" and hook.calls == []
    chats.send_chat(inside, title="x", text="y", inside=frozenset({"127.0.0.1"}))  # a server the office named
    assert len(hook.calls) == 1
    hook.status, hook.headers = 307, {"Location": f"http://127.0.0.2:{free_port()}/secret"}
    with pytest.raises(NotDelivered) as redirected:
        chats.send_chat(inside, title="x", text="y", inside=frozenset({"127.0.0.1"}))
    assert redirected.value.reason == "notice.reason.private_address"
    with pytest.raises(NotDelivered):
        chats.send_chat("ntfy://169.254.169.254/latest", title="x", text="y")
    with pytest.raises(NotDelivered):
        chats.send_chat("workflows://example.org/a/b/?template=/etc/passwd", title="x", text="y")


def test_receptions_own_group_hears_of_a_visitor_nobody_came_for_and_gets_no_link(office: Office, hook: Hook) -> None:
    office.do(UpdateSetting(key="visit.chat_url", value=topic(hook).replace("http://", "ntfy://")), office.ada)
    walk_in(office, kiosk(office))
    notices.send_due(clock.now())
    assert hook.calls == []
    office.later(minutes=5)
    visits.remind_hosts(clock.now())
    notices.send_due(clock.now())
    [(_, body)] = hook.calls
    said = json.loads(body)["message"]
    assert "等了 5 分钟" in said and "/answer/" not in said


def test_a_chat_that_does_not_answer_keeps_no_other_host_waiting(office: Office, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    office.do(AddChannel(service="ntfy", address=topic(hook)), office.mei)
    office.do(AddChannel(service="ntfy", address=topic(hook).replace("mei", "wu")), office.wu)
    hung, told = threading.Event(), threading.Event()

    def say(address: str, **_: object) -> None:
        if "/mei" in address:
            hung.wait(20)
        else:
            told.set()

    monkeypatch.setattr(chats, "send_chat", say)
    for who in (office.mei, office.wu):
        channel = office.read(person_channels.of, who.person_id)[0].id
        office.do(notices.TryChat(channel_id=channel), who)
        notices.deliver(clock.now())
    try:
        assert told.wait(10)
    finally:
        hung.set()


def test_whoever_set_a_chat_up_can_try_it_and_nobody_else(office: Office, hook: Hook) -> None:
    made = office.do(AddChannel(person_id=office.mei.person_id, service="ntfy", address=topic(hook)), office.ada)
    channel = UUID(made["channel_id"])
    assert office.refused(notices.TryChat(channel_id=channel), office.bo).code == "op.not_allowed"
    office.do(notices.TryChat(channel_id=channel), office.ada)
    notices.send_due(clock.now())
    [(_, body)] = hook.calls
    assert json.loads(body)["topic"] == "mei-visitors"
    assert office.read(notices.last_in_chats, office.mei.person_id, [channel])[channel].state == State.SENT
    assert office.read(notices.unread, office.mei.person_id) == []


def test_reception_s_group_is_taken_as_its_robot_shows_it_and_nonsense_is_not(office: Office) -> None:
    office.do(UpdateSetting(key="visit.chat_url", value="https://oapi.dingtalk.com/robot/send?access_token=abc123def456"), office.ada)
    for wrong in ("https://example.org/hook/a/b", "dingtalk", "json://127.0.0.1/x"):
        assert office.refused(UpdateSetting(key="chat.url", value=wrong), office.ada).code == "channel.bad_address"
    office.do(UpdateSetting(key="visit.chat_url", value=""), office.ada)

"""What each chat service is really sent, and what its answer means, against a receiver on this machine that stands for the service (issue 5, telling the
host).

ntfy, Mattermost and Teams workflows carry their host in the address, so nothing is bent for them. WeCom, DingTalk, Feishu, Lark and Slack have one host
that apprise does not let be set: here its constant points at the receiver; path, query, headers and body are the library's own, compared with what the
services publish.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.slack import NotifySlack
from apprise.plugins.wecombot import NotifyWeComBot
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from core.mechanisms import chats
from core.mechanisms.channels import NotDelivered
from tests.visits.catchers import Hook, catching_calls

TITLE, TEXT = "临江集团", "李文博（江城建设）到了，在一楼等您。\nhttps://foyer.example.cn/answer/abc?x=1&y=<2>"
KEY = "693a91f6-7bcd-4bc4-97a0-0ec2sifa5aaa"


@pytest.fixture
def hook() -> Iterator[Hook]:
    with catching_calls() as kept:
        kept.status, kept.body, kept.headers = 200, b'{"errcode":0,"errmsg":"ok"}', {"content-type": "application/json"}
        yield kept


def say(service: str, pasted: str) -> None:
    chats.send_chat(chats.chat_address(service, pasted), title=TITLE, text=TEXT, private_allowed=True)


def body(hook: Hook) -> Any:
    [(headers, content)] = hook.calls
    assert headers["Content-Type"].split(";")[0] == "application/json"
    assert b"pprise" not in content  # Foyer speaks for itself, and brings no picture from elsewhere
    return json.loads(content)


def wecom(hook: Hook, bent: pytest.MonkeyPatch) -> None:
    bent.setattr(NotifyWeComBot, "notify_url", hook.url + "/cgi-bin/webhook/send?key={key}")
    say("wecom", f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}")
    assert parse_qs(urlsplit(hook.paths[0]).query) == {"key": [KEY]}
    said = body(hook)  # developer.work.weixin.qq.com: group robots, text
    assert said["msgtype"] == "text" and TEXT in said["text"]["content"] and len(said["text"]["content"].encode()) <= 2048


def dingtalk(hook: Hook, bent: pytest.MonkeyPatch) -> None:
    bent.setattr(NotifyDingTalk, "notify_url", hook.url + "/robot/send?access_token={token}")
    say("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=abc123def456&secret=SECabc0123456789")
    query = parse_qs(urlsplit(hook.paths[0]).query)
    wanted = hmac.new(b"SECabc0123456789", f"{query['timestamp'][0]}\nSECabc0123456789".encode(), hashlib.sha256).digest()
    assert query["access_token"] == ["abc123def456"] and query["sign"] == [base64.b64encode(wanted).decode()]  # the signature they ask for
    said = body(hook)
    assert said["msgtype"] == "text" and TEXT in said["text"]["content"]


def feishu(hook: Hook, bent: pytest.MonkeyPatch) -> None:
    hook.body = b'{"code":0,"msg":"success","data":{}}'
    bent.setattr(NotifyFeishu, "notify_url", hook.url + "/open-apis/bot/v2/hook/{token}/")
    say("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/abc-123-def")
    assert urlsplit(hook.paths[0]).path == "/hook/open-apis/bot/v2/hook/abc-123-def/"
    said = body(hook)
    assert said["msg_type"] == "text" and TEXT in said["content"]["text"]


def lark(hook: Hook, bent: pytest.MonkeyPatch) -> None:
    hook.body = b'{"code":0,"msg":"success","data":{}}'
    bent.setattr(NotifyLark, "notify_url", hook.url + "/open-apis/bot/v2/hook/")
    say("feishu", "https://open.larksuite.com/open-apis/bot/v2/hook/abc-123")
    said = body(hook)
    assert said["msg_type"] == "text" and TEXT in said["content"]["text"]


def slack(hook: Hook, bent: pytest.MonkeyPatch) -> None:
    hook.body, hook.headers = b"ok", {"content-type": "text/html"}
    bent.setattr(NotifySlack, "webhook_url", hook.url + "/services")
    say("slack", "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
    assert urlsplit(hook.paths[0]).path == "/hook/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    said = json.dumps(body(hook), ensure_ascii=False)
    assert "李文博（江城建设）到了" in said and "attachments" in said and "&lt;2&gt;" in said  # their three signs are escaped


def ntfy(hook: Hook, bent: pytest.MonkeyPatch) -> None:
    hook.body = b"{}"
    say("ntfy", hook.url.replace("/hook", "/mei-visitors"))
    said = body(hook)
    assert said["topic"] == "mei-visitors" and said["message"] == TEXT and said["title"] == TITLE


def mattermost(hook: Hook, bent: pytest.MonkeyPatch) -> None:
    hook.body = b"ok"
    say("mattermost", f"mmost://127.0.0.1:{urlsplit(hook.url).port}/3ccdd113474722377935511fc85d3dd4")
    assert urlsplit(hook.paths[0]).path == "/hooks/3ccdd113474722377935511fc85d3dd4" and TEXT in body(hook)["text"]


@pytest.mark.proves("S3.1-R7", "Front desk 7")
@pytest.mark.parametrize("service", [wecom, dingtalk, feishu, lark, slack, ntfy, mattermost])
def test_each_chat_service_gets_what_it_publishes(hook: Hook, monkeypatch: pytest.MonkeyPatch, service: Callable[..., None]) -> None:
    service(hook, monkeypatch)


@pytest.mark.proves("S3.1-R7")
def test_teams_gets_an_adaptive_card_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with catching_calls(context) as hook:
        hook.status = 202
        port = urlsplit(hook.url).port
        pasted = f"https://127.0.0.1:{port}/workflows/3f86ba4b1f4544259ecd3a2b9bf4d8ea/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=abcdefghijk"
        address = chats.chat_address("teams", pasted) or f"workflow://127.0.0.1:{port}/3f86ba4b1f4544259ecd3a2b9bf4d8ea/abcdefghijk/"
        chats.send_chat(address, title=TITLE, text=TEXT, private_allowed=True)
        assert urlsplit(hook.paths[0]).path.startswith("/workflows/3f86ba4b1f4544259ecd3a2b9bf4d8ea/triggers/manual/paths/invoke")
        said = body(hook)
    [card] = said["attachments"]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive" and card["content"]["type"] == "AdaptiveCard"
    shown = json.dumps(card["content"]["body"], ensure_ascii=False)
    assert "李文博（江城建设）到了" in shown and "\\\\" not in shown  # nothing is escaped, nothing is read as Markdown
    [button] = card["content"]["actions"]
    assert (button["type"], button["url"]) == ("Action.OpenUrl", "https://foyer.example.cn/answer/abc?x=1&y=<2>")


@pytest.mark.proves("S3.1-R7")
def test_a_feishu_robot_that_asks_for_a_signature_gets_it(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    hook.body = b'{"code":0,"msg":"success","data":{}}'
    monkeypatch.setattr(NotifyFeishu, "notify_url", hook.url + "/open-apis/bot/v2/hook/{token}/")
    kept = chats.chat_address("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/abc-123-def", "a/b+c 密=")
    chats.send_chat(kept, title=TITLE, text=TEXT, private_allowed=True)
    said = body(hook)
    wanted = hmac.new(f"{said['timestamp']}\na/b+c 密=".encode(), b"", hashlib.sha256).digest()
    assert said["sign"] == base64.b64encode(wanted).decode() and abs(int(said["timestamp"]) - dt.datetime.now(dt.UTC).timestamp()) < 3600
    assert urlsplit(hook.paths[0]).path == "/hook/open-apis/bot/v2/hook/abc-123-def/" and TEXT in said["content"]["text"]


@pytest.mark.parametrize(
    ("status", "answer", "detail", "final"),
    [(403, b"invalid_token", "403 invalid_token", True), (429, b"rate_limited", "429 rate_limited", False), (503, b"<html>", "503", False)],
)
def test_a_service_that_says_no_by_its_status_was_reached(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, status: int, answer: bytes, detail: str, final: bool
) -> None:
    hook.status, hook.body, hook.headers = status, answer, {"content-type": "text/plain"}
    monkeypatch.setattr(NotifySlack, "webhook_url", hook.url + "/services")
    with pytest.raises(NotDelivered) as refused:
        say("slack", "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
    assert (refused.value.reason, refused.value.detail, refused.value.final) == ("notice.reason.chat_refused", detail, final)


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        (f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}", f"wecombot://{KEY}"),
        ("dingtalk://abc123", "dingtalk://abc123"),
        ("rocket://user:pw@chat.example/room", "rocket://user:pw@chat.example/room"),
        ("https://example.org/hook/a/b", ""),
        ("json://127.0.0.1/hook", ""),
        ("nonsense", ""),
    ],
)
def test_a_group_s_address_is_taken_as_its_service_shows_it(pasted: str, kept: str) -> None:
    found = chats.group_address(pasted)
    assert found.startswith(kept) and bool(found) == bool(kept)


@pytest.mark.proves("S3.1-R7")
@pytest.mark.parametrize(
    ("answer", "detail", "final"),
    [
        (b'{"errcode":93000,"errmsg":"invalid webhook url"}', "93000 invalid webhook url", True),
        (b'{"errcode":45009,"errmsg":"api freq out of limit"}', "45009 api freq out of limit", False),
        (b'{"errcode":-1,"errmsg":"system busy"}', "-1 system busy", False),
        (b'{"code":19024,"msg":"Key Words Not Found","data":{}}', "19024 Key Words Not Found", True),
        (b'{"StatusCode":9499,"msg":"x\\r\\ny"}', "9499 x y", True),
    ],
)
def test_a_service_that_says_no_with_a_yes_is_heard(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, answer: bytes, detail: str, final: bool
) -> None:
    monkeypatch.setattr(NotifyWeComBot, "notify_url", hook.url + "?key={key}")
    hook.body = answer
    with pytest.raises(NotDelivered) as refused:
        say("wecom", f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}")
    assert (refused.value.reason, refused.value.detail, refused.value.final) == ("notice.reason.chat_refused", detail, final)


@pytest.mark.parametrize("answer", [b"ok", b"", b"[1]", b'{"errcode":"nonsense"}', b"{", b'{"errcode":0}'])
def test_an_answer_that_says_nothing_is_no_refusal(hook: Hook, monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    monkeypatch.setattr(NotifyWeComBot, "notify_url", hook.url + "?key={key}")
    hook.body = answer
    say("wecom", f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}")
    assert len(hook.calls) == 1


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(start).not_valid_after(dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / "key.pem", folder / "cert.pem"
    paths[0].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    paths[1].write_bytes(made.public_bytes(Encoding.PEM))
    return paths

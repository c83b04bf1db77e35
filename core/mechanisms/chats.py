"""A message in a chat: WeCom, DingTalk, Feishu, Slack, Teams, ntfy and others through apprise (issue 5, telling the host; security.md, SEC 31).

apprise opens its own connections and reads of an answer only its HTTP status. So each connection is looked at where it is opened, and what the service
said in its answer where it comes back, for the message being sent only. Raises `channels.NotDelivered`, as the other ways do.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import apprise
import requests
from apprise.plugins.workflows import NotifyWorkflows
from urllib3.util import connection as plain_connection

from core.mechanisms import chat_forms
from core.mechanisms.channels import MAX_ANSWER, NotDelivered, one_line, resolve

CHAT_SCHEMES = frozenset(
    {
        "wecombot",
        "dingtalk",
        "feishu",
        chat_forms.SIGNED_FEISHU,
        "lark",
        "slack",
        "msteams",
        "workflow",
        "workflows",
        "ntfy",
        "ntfys",
        "gchat",
        "mmost",
        "mmosts",
        "rocket",
        "rockets",
        "discord",
        "tgram",
        "webex",
        "wxteams",
        "matrix",
        "matrixs",
    }
)
BUSY = frozenset({-1, 45009, 130101, 11232})  # too much at once: WeCom, DingTalk, Feishu; trying again helps

AGAIN = frozenset({408, 425, 429})  # answers of HTTP that say: later

OURSELVES = apprise.AppriseAsset(
    app_id="Foyer", app_desc="Foyer", app_url="", image_url_mask="", image_url_logo=""
)  # who speaks; no picture from elsewhere

SERVICES: Mapping[str, tuple[str, ...]] = {
    "wecom": ("wecombot",),
    "dingtalk": ("dingtalk",),
    "feishu": ("feishu", chat_forms.SIGNED_FEISHU, "lark"),
    "slack": ("slack",),
    "teams": ("msteams", "workflow", "workflows"),
    "ntfy": ("ntfy", "ntfys"),
    "mattermost": ("mmost", "mmosts"),
}  # what a person can choose, with apprise's names of it
PARAMETERS = frozenset({"priority", "tags", "mode", "auth", "ver", "format", "overflow", "image", "region", "channel"})
READS_FILES = frozenset({"template", "attach", "attach_as", "config", "include", "retry", "wait", "rto", "cto", "verify"})


def chat_address(service: str, text: str, secret: str = "") -> str:
    """What a person pasted (the web-hook address their chat service shows, or apprise's form) as an address `send_chat` takes, or an empty string
    when it is none of this service. `secret` is what DingTalk or Feishu shows beside it when the robot asks for a signature; others have none.
    Parameters that would read a file, wait or leave a certificate unchecked are not taken over."""
    chat_forms.know_signed_feishu()
    text, secret = text.strip(), secret.strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if service == "dingtalk" and parts.hostname == "oapi.dingtalk.com":
        secret = secret or query.get("secret", "")
        signed = f"{quote(secret, safe='')}@" if secret else ""
        text = f"dingtalk://{signed}{quote(query.get('access_token', ''), safe='')}"
    elif service == "feishu" and parts.hostname == "open.feishu.cn":
        token = quote(parts.path.rstrip("/").rpartition("/")[2], safe="")
        text = f"{chat_forms.SIGNED_FEISHU}://{quote(secret, safe='')}@{token}" if secret else f"feishu://{token}"
    elif service == "ntfy" and parts.scheme in ("http", "https") and parts.path.strip("/").count("/") == 0:
        text = f"{'ntfys' if parts.scheme == 'https' else 'ntfy'}://{parts.netloc}/{parts.path.strip('/')}"
    elif (parts.scheme not in ("http", "https") and not query.keys() <= PARAMETERS) or READS_FILES & query.keys():
        return ""
    found = apprise.Apprise.instantiate(text, suppress_exceptions=True)
    if found is None:
        return ""
    address = str(found.url(privacy=False))  # type: ignore[no-untyped-call]
    return address if address.split(":", 1)[0].lower() in SERVICES.get(service, ()) else ""


def group_address(text: str) -> str:
    """The same for a chat of the office's own, whose service nobody was asked for; an empty string when it is no chat at all."""
    text = text.strip()
    chat_forms.know_signed_feishu()
    if text.split(":", 1)[0].lower() in CHAT_SCHEMES:
        read = READS_FILES & parse_qs(urlsplit(text).query).keys() - {"retry", "wait"}
        return "" if read or apprise.Apprise.instantiate(text, suppress_exceptions=True) is None else text
    found = (chat_address(service, text) for service in sorted(SERVICES, key=lambda one: one == "ntfy"))  # ntfy takes any short address
    return next((address for address in found if address), "")


def send_chat(url: str, *, title: str, text: str, private_allowed: bool = False, inside: frozenset[str] = frozenset()) -> None:
    """Say it in a chat. Only chat services are spoken to, never apprise's generic web, file or command ones; a server of the house itself only where
    the office named it (`inside`). Each connection goes to the address that was checked, a redirected one too (SEC 31). Raises NotDelivered."""
    if url.split(":", 1)[0].lower() not in CHAT_SCHEMES or READS_FILES & parse_qs(urlsplit(url).query).keys() - {"retry", "wait"}:
        raise NotDelivered("notice.reason.bad_chat", final=True)
    chat_forms.know_signed_feishu()
    plugin = apprise.Apprise.instantiate(url, asset=OURSELVES, suppress_exceptions=True)
    if plugin is None:
        raise NotDelivered("notice.reason.bad_chat", final=True)
    # The card we make says text as it is; apprise would escape it as Markdown first, the dots of an address too.
    shape = apprise.NotifyFormat.MARKDOWN if isinstance(plugin, NotifyWorkflows) else apprise.NotifyFormat.TEXT
    guard = _Guard(private_allowed, inside)
    mark = _guarding.set(guard)
    try:  # the service itself, on this thread: Apprise's own notify() hands it to a pool
        sent = plugin.notify(body=text, title=one_line(title, 80), body_format=shape)
    except Exception as error:  # whatever a service of theirs raises, the row gets an answer
        raise guard.failure or NotDelivered("notice.reason.unreachable", type(error).__name__) from error
    finally:
        _guarding.reset(mark)
    if guard.failure is not None:
        raise guard.failure
    said = _refusal(guard.answer)
    if said is not None:
        raise said
    if not sent:
        raise NotDelivered("notice.reason.unreachable")


def _refusal(answer: requests.Response | None) -> NotDelivered | None:
    """WeCom, DingTalk, Feishu and Lark answer 200 also when they refuse, with a number in the body that apprise does not look at: an old key would be
    "sent" for ever. Others say it by the status (Slack: 403 invalid_token). Nothing for an answer that refuses nothing."""
    if answer is None:
        return None
    status = answer.status_code
    if status >= 300:
        words = (
            one_line(answer.text[:200], 80) if "json" not in answer.headers.get("content-type", "") and "<" not in answer.text[:200] else ""
        )
        return NotDelivered("notice.reason.chat_refused", f"{status} {words}".strip(), final=400 <= status < 500 and status not in AGAIN)
    if status != 200 or len(answer.content) > MAX_ANSWER:
        return None
    try:
        body = answer.json()
    except ValueError:
        return None
    number = next((body[name] for name in ("errcode", "code", "StatusCode") if name in body), 0) if isinstance(body, dict) else 0
    if number in (0, "0") or not isinstance(number, int):
        return None
    words = one_line(str(body.get("errmsg") or body.get("msg") or ""), 80)
    return NotDelivered("notice.reason.chat_refused", f"{number} {words}".strip(), final=number not in BUSY)


@dataclass(slots=True)
class _Guard:
    """What connections opened for one message may reach, and what stopped one."""

    private_allowed: bool
    inside: frozenset[str]
    failure: NotDelivered | None = None
    answer: requests.Response | None = None


_guarding: ContextVar[_Guard | None] = ContextVar("guarding", default=None)  # goes along into threads that copy the context
_connect_anywhere = plain_connection.create_connection


def _connect_checked(address: tuple[str, int], *more: Any, **named: Any) -> socket.socket:
    """What apprise's `requests` opens its connections with: while a chat message is sent, only to an address that was looked at first."""
    guard = _guarding.get()
    if guard is None:
        return _connect_anywhere(address, *more, **named)
    host, port = address
    try:
        pinned = resolve(host.strip("[]"), port, guard.private_allowed or host.lower() in guard.inside)
    except NotDelivered as failure:
        guard.failure = failure
        raise OSError("refused") from failure
    return _connect_anywhere((pinned, port), *more, **named)


def _send_seen(session: requests.Session, request: requests.PreparedRequest, **named: Any) -> requests.Response:
    """What the chat service answered is kept for this message's own check."""
    answer = _send_anyhow(session, request, **named)
    guard = _guarding.get()
    if guard is not None:
        guard.answer = answer
    return answer


_send_anyhow = requests.Session.send
requests.Session.send = _send_seen  # type: ignore[method-assign, assignment]
plain_connection.create_connection = _connect_checked  # apprise gives no way to hand it a session of our own
chat_forms.take()

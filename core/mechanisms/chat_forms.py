"""How a message looks in chats where apprise's own form would spoil it: Teams' card with a button for its link, DingTalk's and Feishu's signature
(issue 5, telling the host).

`chats` calls `take` when this module is first needed and `know_signed_feishu` before an address is read. Sources: adaptivecards.io (TextRun is literal text, TextBlock reads Markdown), open.feishu.cn custom bots.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from functools import cache
from typing import Any
from urllib.parse import quote, unquote

import requests
from apprise import NotifyType
from apprise.manager_plugins import NotificationManager
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.workflows import NotifyWorkflows

SIGNED_FEISHU = "feishusigned"
_LINK = re.compile(r"(?:\n\n(?P<words>[^\n]*\S)\s*)?\n(?P<address>https?://\S+)\s*$")


def card(title: str, text: str) -> list[dict[str, Any]]:
    """A Teams card's attachment. Nothing in it is read as Markdown: a name with stars stays one, and an address keeps its dots. The address at the
    end becomes a button; a line above it, apart from the rest, names it."""
    found = _LINK.search(text)
    acts = []
    if found is not None:
        words = (found["words"] or found["address"]).rstrip("：:")
        acts = [{"type": "Action.OpenUrl", "title": words, "url": found["address"]}]
        text = text[: found.start()]
    lines = [line for line in text.splitlines() if line.strip()]
    body = [_line(title, weight="Bolder", size="Medium"), *(_line(line) for line in lines)]
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body, "actions": acts,
        "msteams": {"width": "full"},
    }  # fmt: skip
    return [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}]


def _line(words: str, **looks: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": words, **looks}]}


def feishu_signature(secret: str, seconds: int) -> str:
    """Feishu signs nothing, with the time and the secret as the key."""
    return base64.b64encode(hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


class SignedFeishu(NotifyFeishu):
    """A Feishu robot that asks for a signature, which apprise 2.2 does not give: `feishusigned://SECRET@TOKEN/`."""

    secure_protocol = SIGNED_FEISHU
    secret = ""

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, **more: Any) -> bool:
        seconds = int(time.time())  # the service compares with its own clock, not with the office's test clock
        said = {
            "timestamp": str(seconds), "sign": feishu_signature(self.secret, seconds), "msg_type": "text", "content": {"text": body},
        }  # fmt: skip
        address = self.notify_url.format(token=self.token)
        headers = {"User-Agent": self.app_id, "Content-Type": "application/json"}
        answer = requests.post(address, data=json.dumps(said).encode(), headers=headers, timeout=self.request_timeout)
        return answer.status_code == requests.codes.ok

    def url(self, privacy: bool = False, *more: Any, **named: Any) -> str:
        return f"{SIGNED_FEISHU}://{quote(self.secret, safe='')}@{quote(self.token, safe='')}/"

    @staticmethod
    def parse_url(url: str, *more: Any, **named: Any) -> dict[str, Any] | None:
        secret, at, rest = url.partition("://")[2].partition("@")
        found = NotifyFeishu.parse_url(f"feishu://{rest}") if at else None  # type: ignore[no-untyped-call]
        return {**found, "schema": SIGNED_FEISHU, "secret": unquote(secret)} if found else None

    def __init__(self, token: str, secret: str = "", **more: Any) -> None:
        super().__init__(token, **more)  # type: ignore[no-untyped-call]
        self.secret = secret


@cache
def know_signed_feishu() -> None:
    """Only when an address is read: apprise then loads all of its services."""
    NotificationManager().add(SignedFeishu, schemas=SIGNED_FEISHU)  # type: ignore[no-untyped-call]


def take() -> None:
    """Let apprise speak so."""
    NotifyWorkflows.gen_payload = _workflow_card  # type: ignore[method-assign, assignment]
    NotifyDingTalk.get_signature = _signed_once  # type: ignore[method-assign]


def _workflow_card(plugin: Any, body: str, title: str = "", *_: Any, **__: Any) -> dict[str, Any]:
    return {"type": "message", "attachments": card(title, body)}


_quoted_signature = NotifyDingTalk.get_signature


def _signed_once(plugin: Any) -> tuple[str, str]:
    """DingTalk's signature, which apprise 2.2 quotes and `requests` then quotes again: the robot would refuse each message. Base64 has no sign that
    unquoting changes, so this stays right when apprise no longer does it."""
    timestamp, sign = _quoted_signature(plugin)  # type: ignore[no-untyped-call]
    return timestamp, unquote(sign)

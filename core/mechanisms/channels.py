"""How a notice leaves the house: SMTP mail and a signed web-hook (`chats`: a chat service). Each call blocks and either returns or raises
`NotDelivered`.

Mail is spoken with the standard library: subjects and names are encoded headers, a line break can never start another header. A web-hook
resolves its
host once, speaks only to that address, follows nothing, waits 5 s, reads 64 KB (security.md, SEC 31); its body is signed together with the
time.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import ipaddress
import json
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import httpx

from core.foundation.errors import SetupError

TIMEOUT_S = 5.0
MAX_ANSWER = 64 * 1024
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")


class NotDelivered(Exception):
    """`reason` is a catalogue key, `detail` what the other side said; `final` means that trying again cannot help."""

    def __init__(self, reason: str, detail: str = "", *, final: bool = False) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail, self.final = reason, detail, final


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a mail. `method`: it is an invitation or its cancellation (iTIP). `beside`: a picture that is seen in the mail itself,
    below the paragraph that holds these words."""

    name: str
    media_type: str
    content: bytes
    method: str = ""
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `id` becomes the message id, so that a second try after a lost answer is recognisable."""

    id: UUID
    sender: str
    sender_name: str
    to: str
    subject: str
    text: str
    language: str
    at: datetime
    enclosures: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class _Server:
    host: str
    port: int
    tls: bool
    user: str
    password: str


_server: _Server | None = None


def set_up_mail(url: str) -> None:
    """Use this mail server: `smtp://[user:password@]host[:port]` (STARTTLS where the server offers it) or `smtps://…`; empty for none.

    Raises SetupError naming what is wrong with FOYER_SMTP_URL."""
    global _server
    if not url:
        _server = None
        return
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == -1:
        raise SetupError("FOYER_SMTP_URL must look like smtp://user:password@mail.example.org:587 or smtps://mail.example.org.")
    tls = parts.scheme == "smtps"
    _server = _Server(parts.hostname, port or (465 if tls else 25), tls, unquote(parts.username or ""), unquote(parts.password or ""))


def mail_set_up() -> bool:
    """Whether this office has a mail server."""
    return _server is not None


def is_address(text: str) -> bool:
    """Whether `text` is one plain mail address (no names, no comments, no list)."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def one_line(text: str, limit: int = 200) -> str:
    """A header's value: line breaks and control characters become spaces, the rest stays as it was written."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:limit]


class _Letters(EmailPolicy):
    """A subject is folded by the older writer: the newer one loses a space wherever it begins a new encoded word, and 10:00 到 became 10:00到."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() != "subject" or str(value).isascii():
            return str(super().fold(name, value))
        return f"{name}: {Header(str(value), 'utf-8', header_name=name).encode(linesep=self.linesep)}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return (
            self.fold(name, value).encode("ascii")
            if name.lower() == "subject" and not str(value).isascii()
            else super().fold_binary(name, value)
        )


def compose(mail: Mail) -> EmailMessage:
    """The message, ready for the wire. Raises NotDelivered when an address is none."""
    if not is_address(mail.to):
        raise NotDelivered("notice.reason.bad_address", final=True)
    sender = mail.sender if is_address(mail.sender) else "foyer@localhost"
    local, _, domain = sender.rpartition("@")
    message = EmailMessage(_Letters())
    message["From"] = Address(one_line(mail.sender_name, 80), local, domain)
    message["To"] = mail.to
    message["Subject"] = one_line(mail.subject)
    message["Date"] = mail.at
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="base64")
    pictures = [enclosure for enclosure in mail.enclosures if enclosure.beside]
    if pictures:
        message.add_alternative(_as_html(mail, pictures), subtype="html", cte="base64")
        page = message.get_payload()[-1]  # type: ignore[index]
        for number, picture in enumerate(pictures):
            minor = picture.media_type.partition("/")[2]
            page.add_related(picture.content, "image", minor, cid=f"<{_cid(mail, number)}>", filename=picture.name, disposition="inline")  # type: ignore[union-attr]
    for enclosure in mail.enclosures:
        major, _, minor = enclosure.media_type.partition("/")
        if enclosure.method:  # an invitation is another form of the mail itself: calendar programs look for it there (RFC 6047)
            message.add_alternative(enclosure.content.decode(), subtype=minor, cte="base64", params={"method": enclosure.method})
    for enclosure in mail.enclosures:
        if enclosure.beside:
            continue
        major, _, minor = enclosure.media_type.partition("/")
        spoken = {"charset": "utf-8"} if major == "text" else {}  # a calendar file without it is read as plain ASCII (RFC 6047, 2.4)
        message.add_attachment(enclosure.content, maintype=major, subtype=minor, filename=enclosure.name, params=spoken)
    message["Content-Language"] = mail.language  # last: setting content takes content headers away
    return message


_SHAPES: dict[str, str] = dict(
    re.findall(r"<!-- (\w+) -->(<.*?)\n(?=<!--|\Z)", Path(__file__).with_name("mail.html").read_text("utf-8"), re.DOTALL)
)
_LINK = re.compile(r"https?://[^\s<>\"']+")
_LABEL = re.compile(r"^([^:：,，.。\n]{1,24})(：|: )(?=\S)(?!//)", re.MULTILINE)


def _as_html(mail: Mail, pictures: Sequence[Enclosure]) -> str:
    """The same text with its pictures in place: every word of it is text, whatever it was (SEC 8). Our own addresses can be pressed."""
    shown, waiting = [], dict(enumerate(pictures))
    for block in mail.text.strip().split("\n\n"):
        shown.append(_SHAPES["block"].format(words=_block(block)))
        for number in [number for number, picture in waiting.items() if picture.beside in block]:
            shown.append(_SHAPES["picture"].format(cid=_cid(mail, number), alt=html.escape(waiting.pop(number).beside)))
    shown += [_SHAPES["picture"].format(cid=_cid(mail, number), alt=html.escape(picture.beside)) for number, picture in waiting.items()]
    return _SHAPES["page"].format(language=html.escape(mail.language), body="".join(shown))


def _block(text: str) -> str:
    pieces, end = [], 0
    for link in _LINK.finditer(text):
        pieces += [_words(text[end : link.start()]), _SHAPES["link"].format(address=html.escape(link[0]))]
        end = link.end()
    return "".join([*pieces, _words(text[end:])])


def _words(text: str) -> str:
    return _LABEL.sub(r"<strong>\1</strong>\2", html.escape(text)).replace("\n", "<br>")


def _cid(mail: Mail, number: int) -> str:
    return f"{mail.id}.{number}@foyer"


def send_mail(mail: Mail) -> None:
    """Hand the mail to the server. Raises NotDelivered."""
    if _server is None:
        raise NotDelivered("notice.reason.no_mail_server", final=True)
    message = compose(mail)
    try:
        with _connect(_server) as smtp:
            smtp.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()), (550, b""))[0]
        raise NotDelivered("notice.reason.recipient_refused", str(code), final=500 <= code < 600) from error
    except smtplib.SMTPAuthenticationError as error:
        raise NotDelivered("notice.reason.mail_sign_in", str(error.smtp_code)) from error
    except smtplib.SMTPResponseException as error:
        raise NotDelivered("notice.reason.mail_refused", str(error.smtp_code), final=500 <= error.smtp_code < 600) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotDelivered("notice.reason.unreachable", type(error).__name__) from error


def _connect(server: _Server) -> smtplib.SMTP:
    if server.tls:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=15, context=ssl.create_default_context())
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=15)
        smtp.ehlo()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        elif server.user and not _is_this_machine(server.host):
            smtp.close()
            raise NotDelivered("notice.reason.no_encryption", final=True)  # a password never crosses a network in the clear
    if server.user:
        smtp.login(server.user, server.password)
    return smtp


def _is_this_machine(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")


# ── web-hook ──


def signature(secret: str, at: datetime, body: bytes) -> str:
    """`t=<seconds>,v1=<hex>`: HMAC-SHA-256 of "<seconds>." + body; the receiver refuses old times, so that a copy cannot be played
    again."""
    seconds = str(int(at.timestamp()))
    return f"t={seconds},v1={hmac.new(secret.encode(), seconds.encode() + b'.' + body, hashlib.sha256).hexdigest()}"


def call_webhook(url: str, body: Mapping[str, Any], *, secret: str, at: datetime, private_allowed: bool = False) -> None:
    """POST the signed body. `private_allowed` lets a demo or test office call its own machine. Raises NotDelivered."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or (parts.scheme == "http" and not private_allowed):
        raise NotDelivered("notice.reason.bad_webhook", final=True)
    if not secret:
        raise NotDelivered("notice.reason.no_secret", final=True)
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = resolve(parts.hostname, port, private_allowed)
    host = f"[{address}]" if ":" in address else address
    pinned = f"{parts.scheme}://{host}:{port}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Foyer",
        "Foyer-Signature": signature(secret, at, content),
    }
    deadline = time.monotonic() + TIMEOUT_S
    try:
        with (
            httpx.Client(follow_redirects=False, trust_env=False, timeout=TIMEOUT_S) as client,
            client.stream("POST", pinned, content=content, headers=headers, extensions={"sni_hostname": parts.hostname}) as answer,
        ):
            _read_little(answer, deadline)
            status = answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotDelivered("notice.reason.unreachable", type(error).__name__) from error
    if not 200 <= status < 300:
        # A redirect is an answer like any other: where it points to was never checked.
        raise NotDelivered("notice.reason.webhook_refused", str(status), final=300 <= status < 500 and status not in (408, 425, 429))


def _read_little(answer: httpx.Response, deadline: float) -> None:
    read = 0
    for chunk in answer.iter_raw(4096):
        read += len(chunk)
        if read > MAX_ANSWER:
            raise NotDelivered("notice.reason.webhook_too_long", final=True)
        if time.monotonic() > deadline:
            raise NotDelivered("notice.reason.unreachable", "too slow")


def resolve(host: str, port: int, private_allowed: bool) -> str:
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise NotDelivered("notice.reason.unknown_host", type(error).__name__) from error
    for address in found:  # one bad address among good ones is enough: the name is not to be trusted
        if not private_allowed and not _is_public(str(address)):
            raise NotDelivered("notice.reason.private_address", final=True)
    return str(sorted(found, key=lambda one: (":" in str(one), str(one)))[0])


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return ip.is_global and not ip.is_multicast and (mapped is None or bool(mapped.is_global))

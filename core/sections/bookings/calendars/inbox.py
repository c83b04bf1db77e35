"""The office's own mailbox for replies to invitations (IMAP, RFC 9051; FOYER_IMAP_URL). Optional: without it nothing is read.

A job looks into it each minute. Only mails to an address of ours (`replies.reply_address`) are touched: read, given to `booking.take_reply`, marked as
seen whatever came of it. Other mails stay unread and are not kept. What a reply says is believed by `replies` alone."""

from __future__ import annotations

import email
import email.policy
import imaplib
import logging
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from core.foundation.errors import SetupError
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms.operations import BUSY, SYSTEM, perform_now
from core.sections.bookings.calendars import replies
from core.sections.bookings.calendars.replies import TakeReply

log = logging.getLogger("foyer.inbox")
AT_ONCE = 50
MOST_BYTES = 1_000_000
TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class _Mailbox:
    host: str
    port: int
    tls: bool
    user: str
    password: str
    folder: str


_mailbox: _Mailbox | None = None
_pool = ThreadPoolExecutor(1, thread_name_prefix="foyer-inbox")
_busy: list[bool] = []


def set_up(url: str) -> None:
    """Read this mailbox: `imaps://user:password@host[:port][/FOLDER]`; `imap://` begins plainly and needs STARTTLS, except on this machine;
    empty for none. Raises SetupError."""
    global _mailbox
    if not url:
        _mailbox = None
        return
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username or port == -1:
        raise SetupError(
            "FOYER_IMAP_URL must look like imaps://user:password@mail.example.org or imap://user:password@mail.example.org:143/INBOX."
        )
    tls = parts.scheme == "imaps"
    folder = unquote(parts.path.strip("/")) or "INBOX"
    _mailbox = _Mailbox(parts.hostname, port or (993 if tls else 143), tls, unquote(parts.username), unquote(parts.password or ""), folder)


def is_set_up() -> bool:
    """Whether replies come to a mailbox of the office."""
    return _mailbox is not None


@job(every_s=60)
def read_inbox(at: datetime) -> None:
    """Look into the mailbox, on a thread of its own: a slow server must not hold up the other jobs."""
    if _mailbox is not None and not _busy:
        _busy.append(True)
        _pool.submit(_read_and_clear, _mailbox, at)


def _read_and_clear(mailbox: _Mailbox, at: datetime) -> None:
    try:
        read_now(at)
    except Exception:  # the next minute tries again; the log says what and why
        log.exception("the mailbox %s could not be read", mailbox.host)
    finally:
        _busy.clear()


def read_now(at: datetime) -> int:
    """Read what is new; answers how many replies were taken. Raises OSError or imaplib.IMAP4.error when the server can not be read."""
    if _mailbox is None:
        return 0
    taken = 0
    with _connected(_mailbox) as server:
        server.login(_mailbox.user, _mailbox.password)
        status, _ = server.select(f'"{_mailbox.folder}"')
        if status != "OK":
            raise imaplib.IMAP4.error(f"no folder {_mailbox.folder}")
        _, found = server.uid("SEARCH", "UNSEEN", "TO", '"+inv-"')
        for uid in (found[0] or b"").split()[:AT_ONCE]:
            _, parts = server.uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
            raw = next((part[1] for part in parts if isinstance(part, tuple)), b"")
            taken += take_mail(raw, at)
            server.uid("STORE", uid.decode(), "+FLAGS", "(\\Seen)")
    return taken


def take_mail(raw: bytes, at: datetime) -> int:
    """One mail as it came: its replies, given to the meeting they are of. Answers how many were taken."""
    try:
        mark, headers, texts = _taken_apart(raw)
    except Exception:  # whatever Python's mail reader stumbles over: one strange mail must not stand before all others for ever
        log.exception("a mail could not be taken apart")
        return 0
    told = [address for address in replies.addresses_with_tag(headers) if replies.attendee_told(address)]
    if not told or not texts:
        return 0
    do = TakeReply(text=texts[0][: replies.MOST_SIGNS], came_to=told[0][:254])
    outcome = perform_now(do, by=SYSTEM, at=at, op_id=derived("booking.take_reply", mark, told[0], texts[0]))
    if outcome.code == BUSY:
        raise OSError("the database is busy")  # not marked as seen: it is read again
    if not outcome.ok:
        log.info("a reply was not taken: %s", outcome.code)
    return int(outcome.ok and not outcome.repeated)


def _taken_apart(raw: bytes) -> tuple[str, list[str], list[str]]:
    """Message id, the addresses it came to, the calendar texts."""
    message: EmailMessage = email.message_from_bytes(raw, policy=email.policy.default)
    headers = [str(value) for name in ("Delivered-To", "X-Original-To", "To", "Cc") for value in message.get_all(name, [])]
    texts = [_text(part) for part in message.walk() if part.get_content_type() in ("text/calendar", "application/ics")]
    return str(message.get("Message-ID", ""))[:300], headers, texts


def _text(part: EmailMessage) -> str:
    content = part.get_content()
    return content if isinstance(content, str) else bytes(content).decode("utf-8", "replace")


def _connected(mailbox: _Mailbox) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if mailbox.tls:
        return imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=context, timeout=TIMEOUT_S)
    server = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT_S)
    if "STARTTLS" in server.capabilities:
        server.starttls(context)
    elif mailbox.host not in ("localhost", "127.0.0.1", "::1"):
        server.shutdown()
        raise imaplib.IMAP4.error(f"{mailbox.host} offers no STARTTLS: the password is not sent in the clear")
    return server

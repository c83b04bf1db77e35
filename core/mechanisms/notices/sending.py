"""The outbox's job: claim what is due, send it, note how far it got."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlmodel import Session, col

from core.foundation import database, live
from core.foundation.i18n import LANGUAGES, has, t
from core.foundation.ids import uuid7
from core.foundation.jobs import job
from core.foundation.live import Change
from core.mechanisms import channels, chats, links, office, people, person_channels
from core.mechanisms.channels import NotDelivered
from core.mechanisms.notices.record import Channel, Notice, State, enclosers, endings, page_of, sentence, shown_facts
from core.mechanisms.operations import as_json

log = logging.getLogger("foyer.notices")

RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180))
STUCK_AFTER = timedelta(minutes=2)
SEND_AT_ONCE = 20


class _Lane:
    """The threads of one way out. A mail server that hangs holds up mails alone, a slow chat only itself: the next host is told meanwhile."""

    def __init__(self, channel: Channel, threads: int, at_once: int) -> None:
        self.channel, self.threads, self.at_once = channel, threads, at_once
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix=f"foyer-{channel}")
        self.busy = 0
        self.lock = Lock()

    def fill(self, at: datetime, due: int) -> None:
        """As many threads as there is work for."""
        with self.lock:
            fresh = max(0, min(self.threads - self.busy, due))
            self.busy += fresh
        for _ in range(fresh):
            self.pool.submit(self._work, at)

    def _work(self, at: datetime) -> None:
        try:
            _send(at, self.channel, self.at_once)
        except Exception:  # the next beat tries again; the log says what and why
            log.exception("sending notices failed")
        finally:
            with self.lock:
                self.busy -= 1


# What a thread claims at once is sent well within STUCK_AFTER, also when each one waits for its time limit.
_lanes = (_Lane(Channel.CHAT, 4, 1), _Lane(Channel.MAIL, 2, 5), _Lane(Channel.WEBHOOK, 2, 5))


@job(every_s=2)
def deliver(at: datetime) -> None:
    """Send what is due on threads of its own: a slow mail server must not hold up the other jobs, nor another way out."""
    _release_stuck(at)
    with database.reading() as s:
        query = select(col(Notice.channel), func.count()).where(*_due(at)).group_by(col(Notice.channel))
        due = {row[0]: int(row[1]) for row in s.execute(query)}
    for lane in _lanes:
        lane.fill(at, due.get(lane.channel, 0))


def send_due(at: datetime) -> int:
    """Claim and send everything due at `at`, on this thread. Returns how many were tried.

    A row is claimed by compare-and-set before anything leaves the house, so that two processes never send it twice; a sender that died
    leaves it `sending`, and after two minutes it is tried again."""
    _release_stuck(at)
    return _send(at)


def _send(at: datetime, channel: Channel | None = None, at_once: int = SEND_AT_ONCE) -> int:
    tried = 0
    while claimed := _claim(at, channel, at_once):
        for notice in claimed:
            _finish(notice, _try(notice, at), at)
            tried += 1
    return tried


def _due(at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Notice.state) == State.QUEUED, col(Notice.next_at) <= at


def _claim(at: datetime, channel: Channel | None = None, at_once: int = SEND_AT_ONCE) -> list[Notice]:
    mark = uuid7()
    with database.writing() as s:
        due = select(col(Notice.id)).where(*_due(at)).order_by(col(Notice.next_at)).limit(at_once)
        if channel is not None:
            due = due.where(col(Notice.channel) == channel)
        ids = list(s.execute(due.with_for_update(skip_locked=True)).scalars())
        if not ids:
            return []
        mine = and_(col(Notice.id).in_(ids), col(Notice.state) == State.QUEUED)
        s.execute(update(Notice).where(mine).values(state=State.SENDING, claim=mark, claimed_at=at, attempts=Notice.attempts + 1))
    with database.reading() as s:
        rows = list(s.execute(select(Notice).where(col(Notice.claim) == mark).order_by(col(Notice.created_at))).scalars())
    live.publish(Change("notice", str(row.id)) for row in rows)
    return rows


def _release_stuck(at: datetime) -> None:
    stuck = and_(col(Notice.state) == State.SENDING, col(Notice.claimed_at) <= at - STUCK_AFTER)
    with database.reading() as s:
        if s.execute(select(col(Notice.id)).where(stuck).limit(1)).first() is None:
            return
    with database.writing() as s:
        s.execute(update(Notice).where(stuck).values(state=State.QUEUED, claim=None, next_at=at))


def _try(notice: Notice, at: datetime) -> NotDelivered | None:
    with database.reading() as s:
        language = _language_of(s, notice)
        host = office.info(s)
        name = host.name if host else "Foyer"
        sender, secret = str(office.setting(s, "mail.from")), str(office.setting(s, "webhook.secret"))
        # A real office's server never calls into its own network for an address somebody typed (SEC 31).
        inside = host is not None and host.kind in ("demo", "test")
        named = frozenset(str(office.setting(s, "chat.allowed_hosts")).lower().split())
        address = person_channels.address_of(s, notice.channel_id) if notice.channel_id else notice.address
    text = sentence(notice, language)
    if notice.link_id is not None and notice.channel != Channel.WEBHOOK:
        text += f"\n\n{t('link.open', language)}\n{links.url(notice.link_id)}"
    elif notice.channel != Channel.WEBHOOK and (page := page_of(notice)):
        text += f"\n\n{t('notice.page', language)}\n{page}"
    try:
        if notice.channel == Channel.MAIL:
            encloser = enclosers.get(notice.key)
            ending = endings[notice.key](notice.subject_kind, notice.subject_id) if notice.key in endings else None
            if ending is not None:
                text += f"\n\n{t(ending[0], language, **ending[1])}"
            channels.send_mail(
                channels.Mail(
                    id=notice.id,
                    sender=sender,
                    sender_name=name,
                    to=notice.address,
                    subject=_subject_line(notice, language),
                    language=language,
                    text=f"{text}\n\n{name}",
                    enclosures=tuple(encloser(notice.facts)) if encloser else (),
                    at=at,
                )
            )
        elif notice.channel == Channel.WEBHOOK:
            body = {
                "id": str(notice.id),
                "event": notice.key,
                "at": as_json(notice.created_at),
                "subject": {"kind": notice.subject_kind, "id": as_json(notice.subject_id)},
                "text": text,
            }
            channels.call_webhook(notice.address, body, secret=secret, at=at, private_allowed=inside)
        else:
            if notice.channel_id is None:  # the office's own group, set up as its robot shows it
                address = chats.group_address(address) or address
            chats.send_chat(address, title=name, text=text, private_allowed=inside, inside=named)
    except NotDelivered as failure:
        return failure
    return None


def _finish(notice: Notice, failure: NotDelivered | None, at: datetime) -> None:
    """Note the result, unless somebody took the row over meanwhile."""
    if failure is None:
        values: dict[str, Any] = {"state": State.SENT, "sent_at": at, "reason": "", "detail": ""}
    elif failure.final or notice.attempts > len(RETRY_AFTER):
        values = {"state": State.FAILED, "reason": failure.reason, "detail": failure.detail[:200]}
    else:
        values = {
            "state": State.QUEUED,
            "next_at": at + RETRY_AFTER[notice.attempts - 1],
            "reason": failure.reason,
            "detail": failure.detail[:200],
        }
    with database.writing() as s:
        s.execute(
            update(Notice)
            .where(col(Notice.id) == notice.id, col(Notice.claim) == notice.claim)
            .values(**values, claim=None, version=Notice.version + 1)
        )
    live.publish([Change("notice", str(notice.id))])


def _language_of(s: Session, notice: Notice) -> str:
    person = s.get(people.Person, notice.person_id) if notice.person_id else None
    host = office.info(s)
    return (person.language if person else notice.language) or (host.language if host else LANGUAGES[0])


def _subject_line(notice: Notice, language: str) -> str:
    key = f"{notice.key}.subject"
    return t(key, language, **shown_facts(notice, language)) if has(key) else sentence(notice, language)

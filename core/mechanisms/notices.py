"""Notices: an outbox. A row is written in the operation's own transaction, told afterwards, with retries and a visible state (house.md §5).

The sentence is rendered in the receiver's language at the moment of sending, so that a row holds a key and facts, never text. A notice to a
person is
also their in-app message (`unread`); mail is a second way to reach them. The office's web-hook and chat service get each event once.
How mail, web-hooks and chat are spoken is in `channels`; this module decides what is sent to whom and when.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from sqlalchemy import JSON, Column, and_, func, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database, live
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.i18n import LANGUAGES, as_mapping, has, t
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job, wake
from core.foundation.live import Change
from core.mechanisms import channels, links, office, people, person_channels
from core.mechanisms.channels import Enclosure, NotDelivered
from core.mechanisms.operations import OFFICE, Actor, Operation, Role, after_commit, as_json, current_op_id, operation, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query

log = logging.getLogger("foyer.notices")

RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180))
STUCK_AFTER = timedelta(minutes=2)
SEND_AT_ONCE = 20


class Channel(StrEnum):
    MAIL = "mail"
    WEBHOOK = "webhook"
    CHAT = "chat"


class State(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    NO_CHANNEL = "no_channel"
    DISMISSED = "dismissed"


class Notice(SQLModel, table=True):
    """One message to one receiver by one channel. `claim` is the sender's own mark: whoever set it first sends. `link_id`: the one-time link that is
    written below it when it is sent; `channel_id`: the person's own chat it goes to, beside the row that is their in-app message."""

    __tablename__: ClassVar[str] = "notice"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    key: str
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    channel: str
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    address: str = ""
    language: str = ""
    subject_kind: str | None = None
    subject_id: UUID | None = Field(default=None, index=True)
    created_at: datetime = Field(index=True)
    state: str = Field(index=True)
    attempts: int = 0
    next_at: datetime
    claim: UUID | None = None
    claimed_at: datetime | None = None
    sent_at: datetime | None = None
    read_at: datetime | None = None
    reason: str = ""
    detail: str = ""
    link_id: UUID | None = None
    channel_id: UUID | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice and how far it got. `text` is in the reader's language; `reason` is a catalogue key, `detail` what the other side said."""

    id: UUID
    text: str
    to: str
    channel: str
    address: str
    state: str
    reason: str
    detail: str
    attempts: int
    next_at: datetime | None
    created_at: datetime
    sent_at: datetime | None
    read_at: datetime | None
    subject_kind: str | None
    subject_id: UUID | None
    version: int


# ── what mail carries besides its sentence ──

Encloser = Callable[[Mapping[str, Any]], Sequence[Enclosure]]
_enclosers: dict[str, Encloser] = {}


def encloses(key: str, function: Encloser) -> None:
    """Mails of `key` carry what `function(facts)` draws at sending (a QR code). Declaring again replaces."""
    _enclosers[key] = function


Ending = Callable[[str | None, UUID | None], tuple[str, dict[str, Any]] | None]
_endings: dict[str, Ending] = {}


def ends_with(key: str, function: Ending) -> None:
    """Mails of `key` end with a sentence that is made at sending: `function(subject kind, subject id)` answers its key and facts, or None."""
    _endings[key] = function


# ── writing, inside operations ──


def queue(
    s: Session,
    *,
    key: str,
    facts: Mapping[str, Any] | None = None,
    at: datetime,
    to_person_id: UUID | None = None,
    to_address: str = "",
    language: str = "",
    subject: tuple[str, UUID] | None = None,
    mail: bool = True,
    quiet: bool = False,
    link_id: UUID | None = None,
    not_before: datetime | None = None,
) -> Notice:
    """Tell a person of the office, or a mail address outside it, once the operation is committed.

    `facts` fill the sentence of `key` (JSON values and moments; `x_key` becomes `x`, translated). `mail=False` keeps it in the app only; what is
    mailed also goes to the chats the person set up. `quiet=True` leaves the office's web-hook and chat out: it is for the receiver alone. `link_id`
    is a one-time link the receiver can answer with; `not_before` lets it wait.
    A person without an address, or an office without a mail server, leaves the notice in state `no_channel`, which the desk sees."""
    address = to_address.strip()
    if to_person_id is not None:
        address = people.get(s, to_person_id).email.strip()
    reachable = bool(address) and channels.mail_set_up()
    chats = person_channels.of(s, to_person_id) if mail and to_person_id is not None else []
    mail = mail and (reachable or not chats)  # who is reached by chat does not miss the mail
    state = State.SENT if not mail else State.QUEUED if reachable else State.NO_CHANNEL
    reason = "" if state != State.NO_CHANNEL else "notice.reason.no_address" if not address else "notice.reason.no_mail_server"
    notice = Notice(
        key=key,
        facts=as_json(dict(facts or {})),
        channel=Channel.MAIL,
        person_id=to_person_id,
        address=address,
        language=language,
        subject_kind=subject[0] if subject else None,
        subject_id=subject[1] if subject else None,
        created_at=at,
        state=state,
        next_at=not_before or at,
        sent_at=at if not mail else None,
        reason=reason,
        link_id=link_id,
    )
    s.add(notice)
    for chat in chats:
        s.add(
            Notice(
                key=key,
                facts=notice.facts,
                channel=Channel.CHAT,
                channel_id=chat.id,
                person_id=to_person_id,
                subject_kind=notice.subject_kind,
                subject_id=notice.subject_id,
                created_at=at,
                state=State.QUEUED,
                next_at=notice.next_at,
                read_at=at,
                link_id=link_id,
            )
        )
    if not quiet:
        _to_office_channels(s, notice, at)
    touch(s, "notice", notice.id)
    after_commit(s, lambda: wake(deliver))
    return notice


def queue_roles(
    s: Session,
    *roles: Role,
    key: str,
    facts: Mapping[str, Any] | None = None,
    at: datetime,
    subject: tuple[str, UUID] | None = None,
    mail: bool = True,
    quiet: bool = False,
) -> list[Notice]:
    """Tell everyone active who has one of these roles."""
    return [
        queue(s, key=key, facts=facts, at=at, to_person_id=person.id, subject=subject, mail=mail, quiet=quiet)
        for person in people.with_role(s, *roles)
    ]


def queue_group(
    s: Session, url: str, *, key: str, facts: Mapping[str, Any], at: datetime, subject: tuple[str, UUID] | None = None, language: str = ""
) -> Notice | None:
    """Say it in a chat group of the office (reception's), or nowhere when `url` is empty. Never with a link: a group is nobody's answer."""
    if not url:
        return None
    notice = Notice(
        key=key,
        facts=as_json(dict(facts)),
        channel=Channel.CHAT,
        address=url,
        language=language,
        subject_kind=subject[0] if subject else None,
        subject_id=subject[1] if subject else None,
        created_at=at,
        state=State.QUEUED,
        next_at=at,
    )
    s.add(notice)
    touch(s, "notice", notice.id)
    after_commit(s, lambda: wake(deliver))
    return notice


def hold_back(s: Session, kind: str, subject_id: UUID, *keys: str, at: datetime) -> int:
    """What was said of this thing is no longer so (an undone scan): what still waits is not sent, what the app shows is put away. Returns how many."""
    rows = s.execute(
        select(Notice).where(
            col(Notice.subject_kind) == kind, col(Notice.subject_id) == subject_id, col(Notice.key).in_(keys), col(Notice.read_at).is_(None)
        )
    ).scalars()
    held = 0
    for notice in rows:
        notice.read_at = at
        if notice.state in (State.QUEUED, State.NO_CHANNEL):
            notice.state = State.DISMISSED
        notice.version += 1
        held += 1
        touch(s, "notice", notice.id)
    return held


def erase_facts(s: Session, kind: str, ids: Sequence[UUID]) -> int:
    """Forget what notices about these things said and to which outside address; that they were sent stays. Returns how many."""
    erased = 0
    for start in range(0, len(ids), 500):
        chunk = ids[start : start + 500]
        done = s.execute(
            update(Notice)
            .where(col(Notice.subject_kind) == kind, col(Notice.subject_id).in_(chunk))
            .values(facts={}, address="", detail="", key="notice.erased")
        )
        erased += _rows(done)
    return erased


class RetryNotice(Operation):
    notice_id: UUID


@operation(RetryNotice, "notice.retry", roles=OFFICE)
def retry(s: Session, do: RetryNotice, by: Actor, at: datetime) -> None:
    """Send a failed or unreachable notice again, to the receiver's present address. Refuses: notice.not_found, notice.not_failed,
    notice.no_channel"""
    notice = _get(s, do.notice_id)
    if notice.state not in (State.FAILED, State.NO_CHANNEL):
        raise Refused("notice.not_failed")
    if notice.person_id is not None and notice.channel == Channel.MAIL:
        notice.address = people.get(s, notice.person_id).email.strip()
    if notice.channel == Channel.MAIL and not (notice.address and channels.mail_set_up()):
        raise Refused("notice.no_channel")
    notice.state, notice.attempts, notice.next_at, notice.reason, notice.detail = State.QUEUED, 0, at, "", ""
    notice.version += 1
    touch(s, "notice", notice.id)
    after_commit(s, lambda: wake(deliver))


class DismissNotice(Operation):
    notice_id: UUID


@operation(DismissNotice, "notice.dismiss", roles=OFFICE)
def dismiss(s: Session, do: DismissNotice, by: Actor, at: datetime) -> None:
    """Somebody told the receiver in another way: it no longer waits at the desk. Refuses: notice.not_found, notice.already_sent"""
    notice = _get(s, do.notice_id)
    if notice.state in (State.SENT, State.SENDING):
        raise Refused("notice.already_sent")
    notice.state = State.DISMISSED
    notice.version += 1
    touch(s, "notice", notice.id)


class ReadNotices(Operation):
    notice_ids: Annotated[list[UUID], Input(min_length=1, max_length=200)]


@operation(ReadNotices, "notice.read", roles={Role.STAFF})
def mark_read(s: Session, do: ReadNotices, by: Actor, at: datetime) -> None:
    """The receiver has seen them; only one's own."""
    for notice_id in do.notice_ids:
        notice = _get(s, notice_id)
        if notice.person_id is None or notice.person_id != by.person_id:
            raise NotAllowed()
        notice.read_at = notice.read_at or at
        touch(s, "notice", notice.id)


# ── sending ──

_pool = ThreadPoolExecutor(1, thread_name_prefix="foyer-notices")
_sending = False


@job(every_s=2)
def deliver(at: datetime) -> None:
    """Send what is due on a thread of its own: a slow mail server must not hold up the other jobs."""
    global _sending
    if not _sending:
        _sending = True
        _pool.submit(_send_and_clear, at)


def _send_and_clear(at: datetime) -> None:
    global _sending
    try:
        send_due(at)
    except Exception:  # the next beat tries again; the log says what and why
        log.exception("sending notices failed")
    finally:
        _sending = False


def send_due(at: datetime) -> int:
    """Claim and send everything due at `at`, on this thread. Returns how many were tried.

    A row is claimed by compare-and-set before anything leaves the house, so that two processes never send it twice; a sender that died
    leaves it `sending`, and after two minutes it is tried again."""
    _release_stuck(at)
    tried = 0
    while claimed := _claim(at):
        for notice in claimed:
            _finish(notice, _try(notice, at), at)
            tried += 1
    return tried


def _claim(at: datetime) -> list[Notice]:
    mark = uuid7()
    with database.writing() as s:
        due = (
            select(col(Notice.id))
            .where(col(Notice.state) == State.QUEUED, col(Notice.next_at) <= at)
            .order_by(col(Notice.next_at))
            .limit(SEND_AT_ONCE)
        )
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
    try:
        if notice.channel == Channel.MAIL:
            encloser = _enclosers.get(notice.key)
            ending = _endings[notice.key](notice.subject_kind, notice.subject_id) if notice.key in _endings else None
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
            channels.send_chat(address, title=name, text=text, private_allowed=inside, inside=named)
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


# ── reads ──


def sentence(notice: Notice, language: str) -> str:
    """What the notice says, in `language`."""
    return t(notice.key, language, **_shown_facts(notice, language))


def unread(s: Session, person_id: UUID, *, limit: int = 50) -> list[Notice]:
    """A person's messages that were not read yet, newest first."""
    query = (
        select(Notice)
        .where(col(Notice.person_id) == person_id, col(Notice.read_at).is_(None), col(Notice.channel_id).is_(None))
        .order_by(col(Notice.created_at).desc(), col(Notice.id).desc())
    )
    return list(s.execute(query.limit(limit)).scalars())


def inbox(s: Session, person_id: UUID, *, limit: int = 50) -> list[Notice]:
    """A person's messages, newest first."""
    mine = col(Notice.person_id) == person_id, col(Notice.channel_id).is_(None)
    query = select(Notice).where(*mine).order_by(col(Notice.created_at).desc(), col(Notice.id).desc())
    return list(s.execute(query.limit(limit)).scalars())


def undelivered(s: Session, *, limit: int = 50) -> list[Notice]:
    """What did not reach its receiver: failed, or no way to reach them; newest first."""
    waiting = col(Notice.state).in_([State.FAILED, State.NO_CHANNEL])
    return list(
        s.execute(select(Notice).where(waiting).order_by(col(Notice.created_at).desc(), col(Notice.id).desc()).limit(limit)).scalars()
    )


def count_undelivered(s: Session) -> int:
    return int(
        s.execute(select(func.count()).select_from(Notice).where(col(Notice.state).in_([State.FAILED, State.NO_CHANNEL]))).scalar_one()
    )


def about(s: Session, kind: str, subject_id: UUID) -> list[Notice]:
    """Everything said about one thing, oldest first."""
    query = (
        select(Notice)
        .where(col(Notice.subject_kind) == kind, col(Notice.subject_id) == subject_id)
        .order_by(col(Notice.created_at), col(Notice.id))
    )
    return list(s.execute(query).scalars())


def views(s: Session, notices: Sequence[Notice], language: str) -> list[NoticeView]:
    """Notices as lists show them."""
    ids = {notice.person_id for notice in notices if notice.person_id}
    names = {row.id: row.name for row in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(ids)))}
    return [
        NoticeView(
            n.id,
            sentence(n, language),
            names.get(n.person_id, "") if n.person_id else n.address,
            n.channel,
            n.address if n.channel == Channel.MAIL else "",
            n.state,
            n.reason,
            n.detail,
            n.attempts,
            n.next_at if n.state == State.QUEUED else None,
            n.created_at,
            n.sent_at,
            n.read_at,
            n.subject_kind,
            n.subject_id,
            n.version,
        )
        for n in notices
    ]


def _list(s: Session, query: Query, by: Actor) -> Page:
    rows = select(Notice).order_by(col(Notice.created_at).desc(), col(Notice.id).desc()).limit(query.limit + 1)
    if state := query.filters.get("state"):
        rows = rows.where(col(Notice.state).in_([State.FAILED, State.NO_CHANNEL] if state == "undelivered" else [state]))
    if channel := query.filters.get("channel"):
        rows = rows.where(col(Notice.channel) == channel)
    if query.cursor and (last := s.get(Notice, _uuid(query.cursor))):
        rows = rows.where(
            or_(col(Notice.created_at) < last.created_at, and_(col(Notice.created_at) == last.created_at, col(Notice.id) < last.id))
        )
    found = list(s.execute(rows).scalars())
    more = len(found) > query.limit
    found = found[: query.limit]
    return Page(views(s, found, by.language), str(found[-1].id) if more else None)


def _one(s: Session, id: str, by: Actor) -> NoticeView | None:
    try:
        notice = s.get(Notice, UUID(id))
    except ValueError:
        return None
    return views(s, [notice], by.language)[0] if notice else None


COLLECTION = Collection(
    "notices",
    OFFICE,
    _list,
    _one,
    tuple(ExportColumn(name, f"notice.column.{name}") for name in ("created_at", "to", "text", "channel", "state", "attempts", "sent_at")),
    ("state", "channel"),
)


# ── helpers ──


def _to_office_channels(s: Session, notice: Notice, at: datetime) -> None:
    """The office's web-hook and chat hear of the event once, however many people are told."""
    for channel, setting in ((Channel.WEBHOOK, "webhook.url"), (Channel.CHAT, "chat.url")):
        url = str(office.setting(s, setting))
        if not url:
            continue
        id = derived(channel, current_op_id(s), notice.key, notice.subject_kind, notice.subject_id)
        if s.get(Notice, id) is None:
            s.add(
                Notice(
                    id=id,
                    key=notice.key,
                    facts=notice.facts,
                    channel=channel,
                    address=url,
                    subject_kind=notice.subject_kind,
                    subject_id=notice.subject_id,
                    created_at=at,
                    state=State.QUEUED,
                    next_at=at,
                )
            )


def _language_of(s: Session, notice: Notice) -> str:
    person = s.get(people.Person, notice.person_id) if notice.person_id else None
    host = office.info(s)
    return (person.language if person else notice.language) or (host.language if host else LANGUAGES[0])


def _shown_facts(notice: Notice, language: str) -> dict[str, Any]:
    """Moments and days in the language's habit; `x_key` becomes `x`: the sentence of that key, filled with the same facts."""
    facts = as_mapping(notice.facts, language, clock.zone())
    return {
        name.removesuffix("_key"): t(str(value), language, **facts) if name.endswith("_key") else value for name, value in facts.items()
    }


def _subject_line(notice: Notice, language: str) -> str:
    key = f"{notice.key}.subject"
    return t(key, language, **_shown_facts(notice, language)) if has(key) else sentence(notice, language)


def _get(s: Session, notice_id: UUID) -> Notice:
    notice = s.get(Notice, notice_id)
    if notice is None:
        raise Refused("notice.not_found")
    return notice


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("query.cursor") from None


def _rows(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0

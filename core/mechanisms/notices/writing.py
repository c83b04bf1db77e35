"""Telling somebody, inside an operation's own transaction; trying again, putting away, reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlmodel import Session, col

from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import derived
from core.foundation.jobs import wake
from core.mechanisms import channels, office, people, person_channels
from core.mechanisms.notices.record import Channel, Notice, State, get
from core.mechanisms.notices.sending import deliver
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Operation, Role, after_commit, as_json, current_op_id, operation, touch


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


class TryChat(Operation):
    """A chat somebody has just set up: does it arrive?"""

    channel_id: UUID


@operation(TryChat, "channel.try", roles=PERSON_ROLES)
def try_chat(s: Session, do: TryChat, by: Actor, at: datetime) -> None:
    """One's own; administrators anybody's. Refuses: notice.no_channel"""
    chat = person_channels.mine(s, do.channel_id, by)
    if chat is None:
        raise Refused("notice.no_channel")
    notice = Notice(
        key="channel.hello", facts={}, channel=Channel.CHAT, channel_id=chat.id, person_id=chat.person_id, created_at=at, state=State.QUEUED, next_at=at, read_at=at,
    )  # fmt: skip
    s.add(notice)
    touch(s, "notice", notice.id)
    after_commit(s, lambda: wake(deliver))


class RetryNotice(Operation):
    notice_id: UUID


@operation(RetryNotice, "notice.retry", roles=OFFICE)
def retry(s: Session, do: RetryNotice, by: Actor, at: datetime) -> None:
    """Send a failed or unreachable notice again, to the receiver's present address. Refuses: notice.not_found, notice.not_failed,
    notice.no_channel"""
    notice = get(s, do.notice_id)
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
    notice = get(s, do.notice_id)
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
        notice = get(s, notice_id)
        if notice.person_id is None or notice.person_id != by.person_id:
            raise NotAllowed()
        notice.read_at = notice.read_at or at
        touch(s, "notice", notice.id)


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


def _rows(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0

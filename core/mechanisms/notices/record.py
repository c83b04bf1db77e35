"""A notice's row, what it says, and what its mail carries besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, SQLModel

from core.foundation import clock
from core.foundation.errors import Refused
from core.foundation.i18n import as_mapping, t
from core.foundation.ids import uuid7
from core.mechanisms.channels import Enclosure


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


Encloser = Callable[[Mapping[str, Any]], Sequence[Enclosure]]
enclosers: dict[str, Encloser] = {}


def encloses(key: str, function: Encloser) -> None:
    """Mails of `key` carry what `function(facts)` draws at sending (a QR code). Declaring again replaces."""
    enclosers[key] = function


Ending = Callable[[str | None, UUID | None], tuple[str, dict[str, Any]] | None]
endings: dict[str, Ending] = {}


def ends_with(key: str, function: Ending) -> None:
    """Mails of `key` end with a sentence that is made at sending: `function(subject kind, subject id)` answers its key and facts, or None."""
    endings[key] = function


pages: dict[str, str] = {}


def opens_at(base_url: str, addresses: Mapping[str, str]) -> None:
    """Mails and chats to somebody of the office end with the address of what they are about: `addresses` by subject kind, with `{id}` in them where
    a thing has a page of its own. What may be answered by a one-time link keeps that link alone."""
    pages.clear()
    pages.update({kind: base_url + path for kind, path in addresses.items()})


def page_of(notice: Notice) -> str:
    """Where what the notice is about is opened, empty when it has no page, brings its own paper (an invitation), or goes to nobody of the office."""
    own = notice.link_id is not None or notice.key in enclosers
    address = pages.get(notice.subject_kind or "") if notice.person_id and not own else None
    return address.format(id=notice.subject_id) if address else ""


def sentence(notice: Notice, language: str) -> str:
    """What the notice says, in `language`."""
    return t(notice.key, language, **shown_facts(notice, language))


def shown_facts(notice: Notice, language: str) -> dict[str, Any]:
    """Moments and days in the language's habit; `x_key` becomes `x`: the sentence of that key, filled with the same facts."""
    facts = as_mapping(notice.facts, language, clock.zone())
    return {
        name.removesuffix("_key"): t(str(value), language, **facts) if name.endswith("_key") else value for name, value in facts.items()
    }


def get(s: Session, notice_id: UUID) -> Notice:
    notice = s.get(Notice, notice_id)
    if notice is None:
        raise Refused("notice.not_found")
    return notice

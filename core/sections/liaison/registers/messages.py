"""Messages from outside as lists, cards and exports read them (guide S3.2-R2, R3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms import people
from core.mechanisms.operations import Actor, Role
from core.mechanisms.views import Collection, Page, Query
from core.sections.liaison import messages
from core.sections.liaison.contacts import LIAISON
from core.sections.liaison.messages import MessageTo, OutsideMessage
from core.sections.liaison.registers.paging import columns, is_uuid, latest, names_of, uuid_of


@dataclass(frozen=True, slots=True)
class ToView:
    """One receiver: passed, read and answered, each with its moment."""

    person_id: UUID
    person: str
    department: str
    to_answer: bool
    note: str
    passed_at: datetime
    passed_by: str
    read_at: datetime | None
    answered_at: datetime | None
    chased: int


@dataclass(frozen=True, slots=True)
class WordView:
    inside: bool
    text: str
    way: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message from outside; `state`: new (passed to nobody), passed, read, answered (inside), replied (closed)."""

    id: UUID
    year: int
    number: int
    source: str
    contact_id: UUID | None
    way: str
    subject: str
    summary: str
    received_at: datetime
    due_on: date | None
    late: bool
    state: str
    passed_to: str
    read: int
    answered: int
    receivers: int
    closed_at: datetime | None
    version: int
    to: tuple[ToView, ...] = ()
    words: tuple[WordView, ...] = ()
    receiver_names: tuple[str, ...] = ()


def _message_views(s: Session, rows: Sequence[OutsideMessage], at: datetime) -> list[MessageView]:
    ids = [row.id for row in rows]
    to: dict[UUID, list[MessageTo]] = {}
    if ids:
        for one in s.execute(
            select(MessageTo).where(col(MessageTo.message_id).in_(ids)).order_by(col(MessageTo.passed_at), col(MessageTo.id))
        ).scalars():
            to.setdefault(one.message_id, []).append(one)
    names = names_of(s, (one.person_id for some in to.values() for one in some))
    return [_message_view(row, to.get(row.id, []), names, at) for row in rows]


def _message_view(row: OutsideMessage, to: Sequence[MessageTo], names: dict[UUID | None, str], at: datetime) -> MessageView:
    answered, read = sum(1 for one in to if one.answered_at), sum(1 for one in to if one.read_at)
    owing = [one for one in to if one.to_answer and one.answered_at is None]
    if row.closed_at is not None:
        state = "replied"
    elif not to:
        state = "new"
    elif answered and not owing:
        state = "answered"
    else:
        state = "read" if read == len(to) else "passed"
    whom = tuple(names.get(one.person_id, "") for one in to)
    return MessageView(
        id=row.id, year=row.year, number=row.number, source=row.source, contact_id=row.contact_id, way=row.way, subject=row.subject,
        summary=row.summary, received_at=row.received_at, due_on=row.due_on,
        late=row.due_on is not None and row.closed_at is None and row.due_on < clock.today(at), state=state,
        passed_to="、".join(whom), receiver_names=whom, read=read, answered=answered, receivers=len(to),
        closed_at=row.closed_at, version=row.version,
    )  # fmt: skip


def message(s: Session, message_id: UUID) -> MessageView:
    """One message with its receivers and every answer. Refuses: liaison.not_found"""
    row = messages.get(s, message_id)
    to, words = messages.recipients(s, row.id), messages.words(s, row.id)
    names = names_of(s, [*(one.person_id for one in to), *(one.passed_by for one in to), *(word.by_id for word in words)])
    departments = people.department_names(s)
    shown = _message_view(row, to, names, clock.now())
    receivers = tuple(
        ToView(
            one.person_id, names.get(one.person_id, ""), departments.get(one.department_id, "") if one.department_id else "", one.to_answer, one.note,
            one.passed_at, names.get(one.passed_by, ""), one.read_at, one.answered_at, one.chased,
        )
        for one in to
    )  # fmt: skip
    said = tuple(WordView(word.inside, word.text, word.way, word.at, names.get(word.by_id, "")) for word in words)
    return MessageView(**{**{name: getattr(shown, name) for name in MessageView.__slots__}, "to": receivers, "words": said})


def mine(s: Session, person_id: UUID, at: datetime, *, limit: int = 50) -> list[MessageView]:
    """Messages passed to this person: those that still want something first."""
    query = (
        select(OutsideMessage)
        .join(MessageTo, col(MessageTo.message_id) == col(OutsideMessage.id))
        .where(col(MessageTo.person_id) == person_id)
        .order_by(col(OutsideMessage.closed_at).is_not(None), col(OutsideMessage.received_at).desc())
        .limit(limit)
    )
    return _message_views(s, list(s.execute(query).scalars()), at)


def _search_messages(s: Session, query: Query, by: Actor) -> Page:
    """Latest first; `q` in subject, source and summary; filters `state` (open, closed, late, new)."""
    at = clock.now()
    found: Select[Any] = select(OutsideMessage)
    if not by.has(*LIAISON, Role.SYSTEM):
        found = found.where(col(OutsideMessage.id).in_(select(col(MessageTo.message_id)).where(col(MessageTo.person_id) == by.person_id)))
    match query.filters.get("state"):
        case "open":
            found = found.where(col(OutsideMessage.closed_at).is_(None))
        case "closed":
            found = found.where(col(OutsideMessage.closed_at).is_not(None))
        case "late":
            found = found.where(col(OutsideMessage.closed_at).is_(None), col(OutsideMessage.due_on) < clock.today(at))
        case "new":
            found = found.where(col(OutsideMessage.closed_at).is_(None), ~col(OutsideMessage.id).in_(select(col(MessageTo.message_id))))
    if text := query.q.strip():
        found = found.where(
            or_(*(col(f).contains(text, autoescape=True) for f in (OutsideMessage.subject, OutsideMessage.source, OutsideMessage.summary)))
        )
    rows, next = latest(s, found, OutsideMessage, OutsideMessage.received_at, query)
    return Page(_message_views(s, rows, at), next)


def _one_message(s: Session, id: str, by: Actor) -> MessageView | None:
    row = s.get(OutsideMessage, uuid_of(id)) if is_uuid(id) else None
    return message(s, row.id) if row is not None and messages.may_read(s, row, by) else None


MESSAGES = Collection(
    "messages", frozenset({Role.STAFF}), _search_messages, _one_message,
    columns("message", "year", "number", "received_at", "source", "subject", "passed_to", "due_on", "state", "closed_at"), ("state",),
)  # fmt: skip

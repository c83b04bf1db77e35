"""Links that answer once without signing in: in a mail or a chat message, opened on any phone (guide S3.1-R7; security.md, ASVS 14.2.1).

A section says what a link is for with a `Purpose`; the page that draws it knows nothing of visits. Opening the page never acts, since mail scanners
open every address; only its buttons do, once. The token is made from the link's own random id with the office's secret and stands in no row: the
database holds its hash, the outbox the link's id. A link is bound to one thing, one person and an end, and acts with that person's rights only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID, uuid4

from pydantic import StringConstraints
from sqlalchemy import delete, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database, vault
from core.foundation.errors import NotAllowed, Refused
from core.foundation.jobs import job
from core.mechanisms import people
from core.mechanisms.operations import PERSON_ROLES, SYSTEM, Actor, Operation, operation, perform_now, touch

KEPT = timedelta(days=30)


class OneTimeLink(SQLModel, table=True):
    """One link. `person_id` is whose answer it is; empty for somebody outside, whose act the purpose judges by the thing alone."""

    __tablename__: ClassVar[str] = "one_time_link"
    id: UUID = Field(default_factory=uuid4, primary_key=True)  # random on purpose: the token is made from it
    token_hash: str = Field(unique=True)
    purpose: str
    subject_kind: str
    subject_id: UUID = Field(index=True)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    language: str = ""
    made_at: datetime
    expires_at: datetime = Field(index=True)
    used_at: datetime | None = None
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button. `words` is a catalogue key; `ask` the key of the caption of a line to fill in, when this answer needs one, and `given` its first value."""

    name: str
    words: str
    tone: Literal["main", "plain", "stop"] = "plain"
    ask: str = ""
    given: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What the page asks: ready sentences in the reader's language. Without choices it only says how things stand (`lines`)."""

    title: str
    lines: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Purpose:
    """What links of this name are for. `ask(s, link, at, language)` says what the page shows; `act(s, link, choice, text, by, at)` does it, as part
    of one operation, and may refuse; `done(s, link, language)` is the sentence after it."""

    name: str
    ask: Callable[[Session, OneTimeLink, datetime, str], Question]
    act: Callable[[Session, OneTimeLink, str, str, Actor, datetime], object]
    done: Callable[[Session, OneTimeLink, str], str]


_purposes: dict[str, Purpose] = {}
_base_url = ""


def include(*modules: ModuleType) -> None:
    """Know the purposes these modules hold as values; including again replaces."""
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Purpose):
                _purposes[value.name] = value


def use_base_url(base_url: str) -> None:
    """Where this server is reached (main.py)."""
    global _base_url
    _base_url = base_url


def purpose(name: str) -> Purpose | None:
    return _purposes.get(name)


# ── making, inside operations ──


def make(
    s: Session, purpose: str, subject: tuple[str, UUID], *, at: datetime, until: datetime, person_id: UUID | None = None, language: str = ""
) -> UUID:
    """A new link; answers its id, which `notices.queue(link_id=…)` takes."""
    link = OneTimeLink(
        id=(id := uuid4()),
        token_hash=_hash(_token(id)),
        purpose=purpose,
        subject_kind=subject[0],
        subject_id=subject[1],
        person_id=person_id,
        language=language,
        made_at=at,
        expires_at=until,
    )
    s.add(link)
    s.flush()
    return link.id


def close(s: Session, subject: tuple[str, UUID], at: datetime) -> None:
    """Nothing is to be answered about this thing any more: its open links are over."""
    query = select(OneTimeLink).where(
        col(OneTimeLink.subject_kind) == subject[0], col(OneTimeLink.subject_id) == subject[1], col(OneTimeLink.used_at).is_(None)
    )
    for link in s.execute(query.where(col(OneTimeLink.expires_at) > at)).scalars():
        link.expires_at = at


def url(link_id: UUID) -> str:
    """The address, for the message that is sent; never shown on a screen of the office."""
    return f"{_base_url}/answer/{_token(link_id)}"


class AnswerLink(Operation):
    """`text` is the line the choice asked for (a place to go up to)."""

    link_id: UUID
    choice: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z_]+$")]
    text: Annotated[str, StringConstraints(max_length=80)] = ""


@operation(AnswerLink, "link.answer", roles=PERSON_ROLES, personal=True)
def answer(s: Session, do: AnswerLink, by: Actor, at: datetime) -> dict[str, Any]:
    """The answer of whom the link was sent to, once. Refuses: link.unknown, link.used, link.over, and whatever the answer itself refuses"""
    link = s.get(OneTimeLink, do.link_id, with_for_update=True)
    if link is None or (found := _purposes.get(link.purpose)) is None:
        raise Refused("link.unknown")
    if link.person_id != by.person_id:
        raise NotAllowed()
    if link.used_at is not None:
        raise Refused("link.used")
    if link.expires_at <= at:
        raise Refused("link.over")
    asked = found.ask(s, link, at, by.language)
    if do.choice not in {choice.name for choice in asked.choices}:
        raise Refused("link.over")
    link.used_at, link.choice = at, do.choice
    touch(s, link.subject_kind, link.subject_id)
    found.act(s, link, do.choice, " ".join(do.text.split()), by, at)
    return {"link_id": link.id}


# ── reading ──


def find(s: Session, token: str) -> OneTimeLink | None:
    """The link of a token, or None. Looked up by its hash, so that time tells nothing of the token."""
    if not 20 <= len(token) <= 64:
        return None
    return s.execute(select(OneTimeLink).where(col(OneTimeLink.token_hash) == _hash(token))).scalar_one_or_none()


def actor_of(s: Session, link: OneTimeLink) -> Actor | None:
    """Who answers through this link: its person with their present roles, the system for somebody outside, None for one who left the office."""
    if link.person_id is None:
        return SYSTEM
    person = s.get(people.Person, link.person_id)
    return people.actor_of(s, person) if person is not None and person.disabled_at is None else None


class ForgetLinks(Operation):
    """Links that ended before this day."""

    ended_before: datetime


@operation(ForgetLinks, "link.forget", roles=set())
def forget(s: Session, do: ForgetLinks, by: Actor, at: datetime) -> None:
    """Old links are of no use to anybody: their rows go."""
    s.execute(delete(OneTimeLink).where(col(OneTimeLink.expires_at) < do.ended_before))
    touch(s, "link", "old")


@job(every_s=3600)
def forget_old(at: datetime) -> int:
    """Remove links that ended a month ago. Returns 1 when there were any."""
    before = at - KEPT
    with database.reading() as s:
        if s.execute(select(col(OneTimeLink.id)).where(col(OneTimeLink.expires_at) < before).limit(1)).first() is None:
            return 0
    return int(perform_now(ForgetLinks(ended_before=before), by=SYSTEM, at=at).ok)


def _token(link_id: UUID) -> str:
    return vault.sign("one-time link", link_id)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()

"""Signing in and out: passwords and PINs, sessions, the delay that wrong tries grow (security.md ASVS 6–7)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from pydantic import StringConstraints
from sqlalchemy import delete, select, update
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.mechanisms.people.record import (
    Person,
    PersonView,
    actor_of,
    get,
    view,
)

DESK_SESSION = timedelta(hours=14)
PHONE_SESSION = timedelta(days=30)
hasher = PasswordHasher()
_dummy = hasher.hash("no such account")


class SignInSession(SQLModel, table=True):
    """A signed-in browser or phone; the token itself is only with its owner.

    `scope`: `full`; `sealed` and `upload` are the second key of a phone, which can do nothing but send what its person recorded before signing out
    (`sealed`: only what the phone sealed then; `upload`: where the browser could not seal, on plain http)."""

    __tablename__: ClassVar[str] = "sign_in_session"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    token_hash: str = Field(unique=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    device_id: UUID | None = Field(default=None, index=True)
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    scope: str = Field(default="full", sa_column_kwargs={"server_default": "full"})


class SignInTries(SQLModel, table=True):
    """Wrong tries for an account from an address (hashed): what makes the next try wait."""

    __tablename__: ClassVar[str] = "sign_in_tries"
    key: str = Field(primary_key=True)
    wrong: int = 0
    next_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str
    session_id: UUID
    person: PersonView
    expires_at: datetime
    upload_token: str | None = None
    has_pin: bool = False


# ── operations ──


class OpenSession(Operation):
    person_id: UUID
    token_hash: str
    expires_at: datetime
    device_id: UUID | None = None
    scope: Annotated[str, StringConstraints(pattern="^(full|sealed|upload)$")] = "full"


@operation(OpenSession, "session.open", roles=set(), personal=True)
def open_session(s: Session, do: OpenSession, by: Actor, at: datetime) -> dict[str, Any]:
    session = SignInSession(
        token_hash=do.token_hash, person_id=do.person_id, device_id=do.device_id, opened_at=at, expires_at=do.expires_at, scope=do.scope
    )
    s.add(session)
    touch(s, "session", session.id)
    return {"session_id": session.id}


def session_owners(s: Session, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Whose sessions these are."""
    rows = s.execute(select(SignInSession.id, SignInSession.person_id).where(col(SignInSession.id).in_(ids)))
    return {row.id: row.person_id for row in rows}


class EndSession(Operation):
    session_id: UUID


@operation(EndSession, "session.end", roles={Role.STAFF})
def end_session(s: Session, do: EndSession, by: Actor, at: datetime) -> None:
    session = s.get(SignInSession, do.session_id)
    if session is None or (session.person_id != by.person_id and not by.has(Role.SYSTEM)):
        raise NotAllowed()
    session.ended_at = session.ended_at or at
    touch(s, "session", session.id)


class LeavePhone(Operation):
    """Signing out on a phone: its full sessions of this person end, the key that only sends stays until everything is up."""

    session_id: UUID
    everything: bool = False


@operation(LeavePhone, "session.leave_phone", roles={Role.STAFF})
def leave_phone(s: Session, do: LeavePhone, by: Actor, at: datetime) -> None:
    """With `everything` the sending key ends too. Refuses: op.not_allowed for another's session"""
    mine = s.get(SignInSession, do.session_id)
    if mine is None or mine.person_id != by.person_id:
        raise NotAllowed()
    query = select(SignInSession).where(
        col(SignInSession.person_id) == mine.person_id,
        col(SignInSession.device_id) == mine.device_id,
        col(SignInSession.ended_at).is_(None),
    )
    for session in s.execute(query).scalars() if mine.device_id is not None else [mine]:
        if do.everything or session.scope == "full":
            session.ended_at = at
            touch(s, "session", session.id)


# ── signing in ──


def sign_in(account: str, password: str, *, source: str, at: datetime, device_id: UUID | None = None, seals: bool = False) -> SignedIn:
    """Check the password and open a session; runs on a worker thread (argon2 takes about 50 ms).

    `source` is the caller's address or device; a phone says whether it `seals`. Refuses: signin.wrong, signin.wait (`seconds` until the next try counts)."""
    account = account.strip().lower()
    keys = [_tries_key(account, source), _tries_key("*", source)]
    with database.reading() as s:
        tries = {row.key: row for row in s.execute(select(SignInTries).where(col(SignInTries.key).in_(keys))).scalars()}
        for row in tries.values():
            if row.next_at > at:
                raise Refused("signin.wait", seconds=max(1, int((row.next_at - at).total_seconds() + 0.999)))
        person = s.execute(select(Person).where(col(Person.account) == account)).scalar_one_or_none()
        good = matches(person.password_hash if person else None, password)
    if not good or person is None or person.disabled_at is not None:
        _note_wrong(keys, at)
        raise Refused("signin.wrong")
    if keys[0] in tries:
        with database.writing() as s:
            s.execute(delete(SignInTries).where(col(SignInTries.key) == keys[0]))
    return open_for(person.id, at=at, device_id=device_id, seals=seals)


def open_for(person_id: UUID, *, at: datetime, device_id: UUID | None = None, seals: bool = False) -> SignedIn:
    """Open the sessions of somebody who proved to be this person; a phone gets a second key that only sends."""
    expires_at = at + (PHONE_SESSION if device_id else DESK_SESSION)

    def open_one(scope: str) -> tuple[str, UUID]:
        token = secrets.token_urlsafe(32)
        do = OpenSession(person_id=person_id, token_hash=token_hash(token), expires_at=expires_at, device_id=device_id, scope=scope)
        return token, UUID(perform_now(do, by=SYSTEM, at=at).result["session_id"])

    token, session_id = open_one("full")
    upload_token = open_one("sealed" if seals else "upload")[0] if device_id else None
    with database.reading() as s:
        person = get(s, person_id)
        return SignedIn(token, session_id, view(s, person), expires_at, upload_token, person.pin_hash is not None)


def check_pin(person_id: UUID, pin: str, *, source: str, at: datetime) -> Actor:
    """The person behind a PIN on a shared device. Refuses: signin.wrong, signin.wait"""
    keys = [_tries_key(f"pin:{person_id}", source), _tries_key(f"pin:{person_id}", "*")]
    with database.reading() as s:
        tries = list(s.execute(select(SignInTries).where(col(SignInTries.key).in_(keys))).scalars())
        for row in tries:
            if row.next_at > at:
                raise Refused("signin.wait", seconds=max(1, int((row.next_at - at).total_seconds() + 0.999)))
        person = s.get(Person, person_id)
        good = matches(person.pin_hash if person else None, pin)
        actor = actor_of(s, person) if person is not None and good and person.disabled_at is None else None
    if actor is None:
        _note_wrong(keys, at)
        raise Refused("signin.wrong")
    if tries:
        with database.writing() as s:
            s.execute(delete(SignInTries).where(col(SignInTries.key).in_(keys)))
    return actor


def _note_wrong(keys: Sequence[str], at: datetime) -> None:
    """The first three tries are free; then 2, 4, 8 … 60 s for this account from this address (and after thirty for the address alone)."""
    with database.writing() as s:
        for key, free in zip(keys, (3, 30), strict=True):
            row = s.get(SignInTries, key)
            wrong = (row.wrong if row and at - row.next_at < timedelta(hours=1) else 0) + 1
            wait = timedelta(seconds=min(60, 2 ** (wrong - free + 1))) if wrong >= free else timedelta()
            s.merge(SignInTries(key=key, wrong=wrong, next_at=at + wait))


def _tries_key(account: str, source: str) -> str:
    return hashlib.sha256(f"{account}\n{source}".encode()).hexdigest()[:40]


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Signed:
    """A valid session: its id, whose it is and from which phone, and what it is good for (`scope` of SignInSession)."""

    session_id: UUID
    actor: Actor
    scope: str = "full"


def who(s: Session, token: str, at: datetime, *, sending: bool = False) -> Signed | None:
    """The valid session of a token, or None: unknown, expired, ended, or the person is disabled. A phone's second key, and any key of a revoked
    phone, is valid only where records are received (`sending`)."""
    row = s.execute(
        select(SignInSession, Person)
        .join(Person, col(Person.id) == col(SignInSession.person_id))
        .where(SignInSession.token_hash == token_hash(token))  # type: ignore[arg-type]
    ).first()
    if row is None:
        return None
    session, person = row
    if session.ended_at is not None or session.expires_at <= at or person.disabled_at is not None:
        return None
    if not sending and (session.scope != "full" or (session.device_id is not None and _is_revoked(s, session.device_id))):
        return None
    return Signed(session.id, actor_of(s, person, session.device_id), session.scope)


def _is_revoked(s: Session, device_id: UUID) -> bool:
    device = SQLModel.metadata.tables["device"]  # devices stand above people: the table, not the module
    return s.execute(select(device.c.id).where(device.c.id == device_id, device.c.revoked_at.is_not(None))).first() is not None


def end_sessions(s: Session, person_id: UUID, at: datetime) -> None:
    """End every session of a person."""
    ended = (
        s.execute(select(SignInSession.id).where(col(SignInSession.person_id) == person_id, col(SignInSession.ended_at).is_(None)))
        .scalars()
        .all()
    )
    s.execute(update(SignInSession).where(col(SignInSession.id).in_(ended)).values(ended_at=at))
    for session_id in ended:
        touch(s, "session", session_id)


def matches(stored: str | None, given: str) -> bool:
    try:
        return hasher.verify(stored or _dummy, given) and stored is not None
    except (Argon2Error, InvalidHashError):
        return False

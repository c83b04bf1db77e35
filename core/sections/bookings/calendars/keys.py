"""Keys of calendar feeds: who has one reads one room's or one person's calendar, and nothing else (contract.md, HTTP API; security.md).

A calendar program can not sign in, so the key stands in the address. It is made by whoever asks for it, only its hash is stored, it is shown
once and can be revoked at any time; it ends with its owner."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import func, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import derived, uuid7
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Operation, operation, touch
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.sections import rooms

MOST_KEYS = 20
PREFIX = "cal_"


class CalendarKey(SQLModel, table=True):
    """A key somebody made. `kind` is room or person, `subject_id` which."""

    __tablename__: ClassVar[str] = "calendar_key"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    kind: str
    subject_id: UUID = Field(index=True)
    owner_id: UUID = Field(foreign_key="person.id", index=True)
    name: str = ""
    key_hash: str = Field(unique=True)
    made_at: datetime
    used_on: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key on its owner's page; the key itself is not known any more. `used_on`: the last day somebody read with it."""

    id: UUID
    kind: str
    subject_id: UUID
    subject: str
    name: str
    owner: str
    made_at: datetime
    used_on: datetime | None


def new_key() -> tuple[str, str]:
    """A key and the hash that is stored of it."""
    key = PREFIX + secrets.token_urlsafe(24)
    return key, hash_of(key)


def hash_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


# ── operations ──


class MakeKey(Operation):
    """`key_hash` is the SHA-256 of a key the caller made (at least 24 random bytes); the key itself is never sent."""

    kind: Literal["room", "person"]
    subject_id: UUID
    name: Annotated[str, StringConstraints(max_length=60)] = ""
    key_hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


@operation(MakeKey, "calendar.make_key", roles=PERSON_ROLES)
def make_key(s: Session, do: MakeKey, by: Actor, at: datetime) -> dict[str, Any]:
    """A person's calendar is for themselves only, a room's for everybody in the office. Refuses: room.not_found, calendar.too_many_keys,
    calendar.key_known"""
    if by.person_id is None or (do.kind == "person" and do.subject_id != by.person_id):
        raise NotAllowed(reason="calendar")
    if do.kind == "room":
        rooms.get(s, do.subject_id)
    mine = (
        select(func.count())
        .select_from(CalendarKey)
        .where(col(CalendarKey.owner_id) == by.person_id, col(CalendarKey.revoked_at).is_(None))
    )
    if s.execute(mine).scalar_one() >= MOST_KEYS:
        raise Refused("calendar.too_many_keys", most=MOST_KEYS)
    if s.execute(select(CalendarKey.id).where(col(CalendarKey.key_hash) == do.key_hash)).first() is not None:
        raise Refused("calendar.key_known")
    found = CalendarKey(kind=do.kind, subject_id=do.subject_id, owner_id=by.person_id, name=do.name, key_hash=do.key_hash, made_at=at)
    s.add(found)
    s.flush()
    touch(s, "calendar_key", found.id)
    return {"key_id": found.id}


class RevokeKey(Operation):
    key_id: UUID


@operation(RevokeKey, "calendar.revoke_key", roles=PERSON_ROLES)
def revoke_key(s: Session, do: RevokeKey, by: Actor, at: datetime) -> None:
    """From now on nobody reads with it; twice is nothing new. Its owner or the office. Refuses: calendar.key_unknown"""
    found = s.get(CalendarKey, do.key_id)
    if found is None:
        raise Refused("calendar.key_unknown")
    if found.owner_id != by.person_id and not by.has(*OFFICE):
        raise NotAllowed(reason="calendar")
    found.revoked_at = found.revoked_at or at
    touch(s, "calendar_key", found.id)


class NoteKeyUsed(Operation):
    key_id: UUID


@operation(NoteKeyUsed, "calendar.note_key_used", roles=set())
def note_key_used(s: Session, do: NoteKeyUsed, by: Actor, at: datetime) -> None:
    """Once a day, so that its owner sees which keys are in use."""
    found = s.get(CalendarKey, do.key_id)
    if found is not None:
        found.used_on = at
        touch(s, "calendar_key", found.id)


def used_once(key: CalendarKey, at: datetime) -> tuple[NoteKeyUsed, UUID] | None:
    """What to perform when a key was used, or None when this day already knows it."""
    day = clock.today(at)
    if key.used_on is not None and clock.today(key.used_on) == day:
        return None
    return NoteKeyUsed(key_id=key.id), derived("calendar.note_key_used", key.id, day)


# ── reads ──


def find(s: Session, key: str, kind: str, subject_id: UUID) -> CalendarKey | None:
    """The live key for this very calendar, whose owner still works here."""
    if not key.startswith(PREFIX) or len(key) > 200:
        return None
    found = s.execute(select(CalendarKey).where(col(CalendarKey.key_hash) == hash_of(key))).scalar_one_or_none()
    if found is None or found.revoked_at is not None or (found.kind, found.subject_id) != (kind, subject_id):
        return None
    owner = s.get(Person, found.owner_id)
    return found if owner is not None and owner.disabled_at is None else None


def keys_of(s: Session, person_id: UUID | None = None, room_id: UUID | None = None) -> list[KeyView]:
    """The live keys of a person, or of a room's calendar, newest first."""
    query = select(CalendarKey).where(col(CalendarKey.revoked_at).is_(None)).order_by(col(CalendarKey.id).desc())
    if person_id is not None:
        query = query.where(col(CalendarKey.owner_id) == person_id)
    if room_id is not None:
        query = query.where(col(CalendarKey.kind) == "room", col(CalendarKey.subject_id) == room_id)
    return [_view(s, key) for key in s.execute(query).scalars()]


def _view(s: Session, key: CalendarKey) -> KeyView:
    owner = s.get(Person, key.owner_id)
    place = s.get(Place, key.subject_id) if key.kind == "room" else None
    return KeyView(
        key.id, key.kind, key.subject_id, place.name if place else owner.name if owner else "", key.name, owner.name if owner else "", key.made_at, key.used_on
    )  # fmt: skip

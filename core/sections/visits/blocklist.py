"""Who must not come in without somebody having a look: the office's block list (security.md; pitfall V33; issue 5, Privacy).

An entry holds what its names and numbers have in common with other spellings as keyed hashes, a masked form for the screen, and itself sealed with the
office's secret: the list can not be read out of the database or a backup's tables. Only administrators and the safety office see it, and who wants a
name in clear gives a reason that is kept. Names match as a whole (core/mechanisms/namekeys.py), a phone number or a mail address exactly.
What happens on a match is `holding`'s.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, StringConstraints, model_validator
from sqlalchemy import delete, or_, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database, vault
from core.foundation.errors import Refused
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job
from core.mechanisms import channels, namekeys, operations, people
from core.mechanisms.namekeys import NameKeys
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.sections.visits import reveals
from core.sections.visits.record import Name, Phone

KEEPERS = frozenset({Role.ADMIN, Role.SAFETY})
REVIEW_AFTER = timedelta(days=365)
Reason = Annotated[str, StringConstraints(min_length=2, max_length=300)]


def _address(value: str) -> str:
    if value and not channels.is_address(value):
        raise ValueError("mail.not_an_address")
    return value


Address = Annotated[str, AfterValidator(_address)]


class BlockEntry(SQLModel, table=True):
    """One person to be held. `masked` is for the screen, `sealed` the entry itself; `until_on` is its last day, after which it is erased."""

    __tablename__: ClassVar[str] = "block_entry"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    masked: str
    sealed: str
    reason: str
    until_on: date | None = Field(default=None, index=True)
    added_at: datetime
    added_by: UUID | None = None
    reviewed_at: datetime
    reviewed_by: UUID | None = None
    version: int = 1


class BlockKey(SQLModel, table=True):
    """One keyed hash of an entry. `kind`: h, l, o, r of a name (typed signs, typed letters, other order, reading), p phone, e mail."""

    __tablename__: ClassVar[str] = "block_key"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    entry_id: UUID = Field(foreign_key="block_entry.id", index=True)
    kind: str
    hashed: str = Field(index=True)


@dataclass(frozen=True, slots=True)
class BlockView:
    """An entry as its keepers see it. `review_due`: nobody looked at it for a year."""

    id: UUID
    masked: str
    reason: str
    until_on: date | None
    added_at: datetime
    added_by: str
    reviewed_at: datetime
    reviewed_by: str
    review_due: bool
    version: int


@dataclass(frozen=True, slots=True)
class Found:
    """An entry somebody matches, and by what: name, romanised, phone, email, or only sounds."""

    entry_id: UUID
    how: str

    @property
    def holds(self) -> bool:
        """Whether the visitor waits for reception; a name that only sounds alike lets them in and asks reception to look."""
        return self.how != namekeys.Match.SOUNDS


# ── keeping the list ──


class AddBlock(Operation):
    """At least one of name, phone and mail address."""

    name: Name | None = None
    phone: Phone = ""
    email: Address = ""
    reason: Reason
    until_on: date | None = None

    @model_validator(mode="after")
    def _somebody(self) -> AddBlock:
        if not (namekeys.keys(self.name or "").typed or namekeys.phone_key(self.phone) or namekeys.email_key(self.email)):
            raise ValueError("block.nobody")
        return self


@operation(AddBlock, "block.add", roles=KEEPERS, personal=True)
def add(s: Session, do: AddBlock, by: Actor, at: datetime) -> dict[str, Any]:
    """From now on this person is held. Answers `{entry_id}`. Refuses: block.day_past"""
    if do.until_on is not None and do.until_on < clock.today(at):
        raise Refused("block.day_past")
    shown = [namekeys.masked(do.name or ""), namekeys.masked_phone(do.phone), namekeys.masked(do.email.split("@")[0]) if do.email else ""]
    entry = BlockEntry(
        masked=" · ".join(part for part in shown if part),
        sealed=vault.seal(json.dumps({"name": do.name or "", "phone": do.phone, "email": do.email}, ensure_ascii=False)),
        reason=do.reason,
        until_on=do.until_on,
        added_at=at,
        added_by=by.person_id,
        reviewed_at=at,
        reviewed_by=by.person_id,
    )
    s.add(entry)
    s.flush()
    for kind, hashed in sorted(_hashes(do.name or "", do.phone, do.email)):
        s.add(BlockKey(entry_id=entry.id, kind=kind, hashed=hashed))
    touch(s, "block", entry.id)
    return {"entry_id": entry.id}


class ReviewBlock(Operation):
    entry_id: UUID
    until_on: date | None = None


@operation(ReviewBlock, "block.review", roles=KEEPERS)
def review(s: Session, do: ReviewBlock, by: Actor, at: datetime) -> None:
    """Somebody looked at the entry and it stands, until this day or until it is taken off. Refuses: block.not_found, block.day_past"""
    entry = _get(s, do.entry_id)
    if do.until_on is not None and do.until_on < clock.today(at):
        raise Refused("block.day_past")
    entry.until_on, entry.reviewed_at, entry.reviewed_by = do.until_on, at, by.person_id
    entry.version += 1
    touch(s, "block", entry.id)


class RemoveBlock(Operation):
    entry_id: UUID


@operation(RemoveBlock, "block.remove", roles=KEEPERS)
def remove(s: Session, do: RemoveBlock, by: Actor, at: datetime) -> None:
    """The entry is erased, not hidden. Taking off twice is once."""
    s.execute(delete(BlockKey).where(col(BlockKey.entry_id) == do.entry_id))
    s.execute(delete(BlockEntry).where(col(BlockEntry.id) == do.entry_id))
    touch(s, "block", do.entry_id)


class RevealBlock(Operation):
    entry_id: UUID
    reason: Reason


@operation(RevealBlock, "block.reveal", roles=KEEPERS, personal=True)
def reveal(s: Session, do: RevealBlock, by: Actor, at: datetime) -> None:
    """Whoever gives a reason may read the entry in clear for a minute (`in_clear`). Refuses: block.not_found"""
    entry = _get(s, do.entry_id)
    reveals.note(s, "block", entry.id, do.reason, by, at)
    touch(s, "block", entry.id)


class DropOldBlocks(Operation):
    entry_ids: list[UUID]


@operation(DropOldBlocks, "block.drop_old", roles=set())
def drop_old(s: Session, do: DropOldBlocks, by: Actor, at: datetime) -> dict[str, Any]:
    """Entries whose last day is over go."""
    for entry_id in do.entry_ids:
        remove(s, RemoveBlock(entry_id=entry_id), by, at)
    return {"dropped": len(do.entry_ids)}


@job(every_s=3600)
def drop_over(at: datetime) -> int:
    """Erase entries after their last day. Returns how many."""
    with database.reading() as s:
        ids = list(s.execute(select(col(BlockEntry.id)).where(col(BlockEntry.until_on) < clock.today(at)).limit(200)).scalars())
    if ids:
        perform_now(DropOldBlocks(entry_ids=ids), by=SYSTEM, at=at, op_id=derived("block.drop_old", *ids))
    return len(ids)


# ── reads ──


def entries(s: Session, by: Actor, at: datetime) -> list[BlockView]:
    """The list, for its keepers: what is due for review first, then the newest. Nobody else gets a line."""
    if not by.has(*KEEPERS, Role.SYSTEM):
        return []
    rows = list(s.execute(select(BlockEntry).order_by(col(BlockEntry.added_at).desc())).scalars())
    ids = {id for row in rows for id in (row.added_by, row.reviewed_by) if id}
    names = {row.id: row.name for row in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(ids)))}
    views = [
        BlockView(
            row.id,
            row.masked,
            row.reason,
            row.until_on,
            row.added_at,
            names.get(row.added_by, "") if row.added_by else "",
            row.reviewed_at,
            names.get(row.reviewed_by, "") if row.reviewed_by else "",
            at - row.reviewed_at > REVIEW_AFTER,
            row.version,
        )
        for row in rows
    ]
    return sorted(views, key=lambda view: not view.review_due)


def in_clear(s: Session, entry_id: UUID, by: Actor, at: datetime) -> dict[str, str] | None:
    """Name, phone and mail address of an entry, to who has just given a reason to see them."""
    entry = s.get(BlockEntry, entry_id)
    if entry is None or not by.has(*KEEPERS) or not reveals.is_open(s, "block", entry_id, by, at):
        return None
    text = vault.unseal(entry.sealed)
    return {str(key): str(value) for key, value in json.loads(text).items()} if text else None


def look_up(s: Session, name: str, phone: str, email: str, at: datetime) -> list[Found]:
    """The entries somebody matches, the nearest match of each, nearest first."""
    mine: dict[str, set[str]] = {}
    for kind, hashed in _hashes(name, phone, email):
        mine.setdefault(hashed, set()).add(kind)
    if not mine:
        return []
    query = (
        select(BlockKey.entry_id, BlockKey.kind, BlockKey.hashed)
        .join(BlockEntry, col(BlockEntry.id) == col(BlockKey.entry_id))
        .where(
            database.among(BlockKey.hashed, list(mine)),
            or_(col(BlockEntry.until_on).is_(None), col(BlockEntry.until_on) >= clock.today(at)),
        )
    )
    best: dict[UUID, str] = {}
    for row in s.execute(query):
        for kind in mine[row.hashed]:
            how = _how(row.kind, kind)
            if how and (row.entry_id not in best or NEAREST.index(how) < NEAREST.index(best[row.entry_id])):
                best[row.entry_id] = how
    return sorted((Found(entry_id, how) for entry_id, how in best.items()), key=lambda found: NEAREST.index(found.how))


NEAREST = ("name", "phone", "email", "romanised", "sounds")


def _how(theirs: str, mine: str) -> str:
    """What two keys with the same hash say; they follow `namekeys.same`."""
    both = {theirs, mine}
    if both == {"p"} or both == {"e"}:
        return "phone" if theirs == "p" else "email"
    if both == {"h"} or both in ({"l"}, {"l", "o"}):
        return namekeys.Match.NAME
    if both == {"r"}:
        return namekeys.Match.SOUNDS
    return namekeys.Match.ROMANISED if "r" in both and both & {"l", "o"} else ""


def _hashes(name: str, phone: str, email: str) -> set[tuple[str, str]]:
    """(kind, keyed hash) of everything that stands for somebody. Latin words and readings share one space, so that they can meet."""
    found: NameKeys = namekeys.keys(name)
    plain = {(key[0], key) for key in found.typed} | {("o", key) for key in found.orders} | {("r", key) for key in found.read}
    plain |= {(key[0], key) for key in (namekeys.phone_key(phone), namekeys.email_key(email)) if key}
    return {(kind, _hashed(f"w:{key[2:]}" if kind in "lor" else key)) for kind, key in plain}


def _hashed(key: str) -> str:
    return operations.keyed("block list", key).hex()[:32]


def _get(s: Session, entry_id: UUID) -> BlockEntry:
    entry = s.get(BlockEntry, entry_id)
    if entry is None:
        raise Refused("block.not_found")
    return entry

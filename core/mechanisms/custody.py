"""Custody: who has a thing, told by append-only hand-overs (house.md §3; guide S4.1-R3, R5, R9; seals, licences and papers use it alike).

The holder is what the latest moving row says. A thing moves on the taker's act (`taken`, with or without an offer before it) or because the
book was corrected (`booked`); an offer alone moves nothing, and each offer is answered once: taken, declined or withdrawn. While a thing is
with somebody outside the office (`party`, a repair shop) the person who answers for it stays the same. A loan names the day it is due back;
whoever has it then owes the return, in working days and with reminders that climb, like any duty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic import Field as Input
from sqlalchemy import JSON, Column, Index, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql import ColumnElement
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import duties, people
from core.mechanisms.operations import Actor

OFFERED, TAKEN, BOOKED, DECLINED, WITHDRAWN = "offered", "taken", "booked", "declined", "withdrawn"
MOVES = (TAKEN, BOOKED)
MOST_STROKES, MOST_POINTS = 400, 20_000
Subject = tuple[str, UUID]


class Handover(SQLModel, table=True):
    """One row of custody. `from_id` had it, `to_id` has it now or shall have it; `party` is who outside the office holds it; `offer_id` is
    the offer that this row answers; `by_id` is who acted when that was not the taker (a deputy, the clerk at the counter)."""

    __tablename__: ClassVar[str] = "handover"
    __table_args__ = (Index("handover_of", "subject_kind", "subject_id", "id"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    subject_kind: str
    subject_id: UUID
    at: datetime
    kind: str
    from_id: UUID | None = None
    to_id: UUID | None = Field(default=None, index=True)
    party: str = ""
    place_id: UUID | None = None
    due_on: date | None = None
    offer_id: UUID | None = Field(default=None, unique=True)
    by_id: UUID | None = None
    signing_id: UUID | None = None
    note: str = ""


class Signing(SQLModel, table=True):
    """A signature for one or many hand-overs: the strokes as they were drawn, as on the kiosk. `name` is of somebody outside the office."""

    __tablename__: ClassVar[str] = "handover_signing"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    at: datetime
    person_id: UUID | None = None
    name: str = ""
    strokes: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    by_id: UUID | None = None


database.append_only("handover")
database.append_only("handover_signing")


class Signature(BaseModel):
    """A drawn signature: strokes of [x, y, ms], x and y as parts of the field's width."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    strokes: Annotated[list[list[tuple[float, float, float]]], Input(min_length=1, max_length=MOST_STROKES)]

    @model_validator(mode="after")
    def _drawn(self) -> Signature:
        points = [point for stroke in self.strokes for point in stroke]
        if not 4 <= len(points) <= MOST_POINTS or any(not (-0.1 <= x <= 1.1 and -0.1 <= y <= 1.5) for x, y, _ in points):
            raise ValueError("signature.not_drawn")
        return self


Party = Annotated[str, StringConstraints(max_length=120)]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who answers for a thing since when. `person_id` None: nobody; `party` names who outside the office has it now."""

    person_id: UUID | None = None
    party: str = ""
    since: datetime | None = None
    due_on: date | None = None
    handover_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that waits for the taker's act; `to_id` None offers it back to the office."""

    handover_id: UUID
    subject_id: UUID
    from_id: UUID | None
    to_id: UUID | None
    at: datetime
    place_id: UUID | None = None
    due_on: date | None = None
    note: str = ""


NOBODY = Holder()


# ── for sections: what happens ──


def sign(s: Session, signature: Signature, by: Actor, at: datetime, *, person_id: UUID | None = None, name: str = "") -> UUID:
    """Keep a signature; the rows signed for refer to it."""
    strokes = [[[round(x, 4), round(y, 4), round(ms)] for x, y, ms in stroke] for stroke in signature.strokes]
    row = Signing(at=at, person_id=person_id, name=name, strokes=strokes, by_id=by.person_id)
    s.add(row)
    s.flush()
    return row.id


def offer(
    s: Session, subject: Subject, to_id: UUID | None, by: Actor, at: datetime, *, place_id: UUID | None = None, due_on: date | None = None,
    note: str = "",
) -> Handover:  # fmt: skip
    """Offer a thing to a person, or (None) back to the office. A newer offer takes the place of one that is still open."""
    _close_offer(s, subject, WITHDRAWN, by, at)
    held = holder(s, subject)
    row = Handover(
        subject_kind=subject[0], subject_id=subject[1], at=at, kind=OFFERED, from_id=held.person_id, to_id=to_id, place_id=place_id,
        due_on=due_on, by_id=by.person_id, note=note,
    )  # fmt: skip
    s.add(row)
    s.flush()
    return row


def take(
    s: Session, subject: Subject, to_id: UUID | None, by: Actor, at: datetime, *, party: str = "", place_id: UUID | None = None,
    due_on: date | None = None, signing_id: UUID | None = None, note: str = "", told: dict[str, Any] | None = None,
) -> Handover:  # fmt: skip
    """The thing moves now: to a person, back to the office (None), or to somebody outside (`party`; who answers for it is then unchanged).

    An open offer to this taker is thereby answered, one to somebody else withdrawn. `told` (name, number) is what the duty to bring a loan
    back says. The caller has judged whether this taker may."""
    waiting, held = open_offer(s, subject), holder(s, subject)
    answers = waiting if waiting is not None and waiting.to_id == to_id and not party else None
    if waiting is not None and answers is None and not party:
        _close_offer(s, subject, WITHDRAWN, by, at)
    row = Handover(
        subject_kind=subject[0], subject_id=subject[1], at=at, kind=TAKEN, from_id=held.person_id, to_id=to_id, party=party, place_id=place_id,
        due_on=held.due_on if party else due_on or (answers.due_on if answers else None), offer_id=answers.handover_id if answers else None, by_id=by.person_id,
        signing_id=signing_id, note=note,
    )  # fmt: skip
    s.add(row)
    s.flush()
    if not party:
        _owe_return(s, row, by, at, told)
    return row


def book(
    s: Session, subject: Subject, to_id: UUID | None, by: Actor, at: datetime, *, place_id: UUID | None = None, note: str = ""
) -> None:
    """The book was corrected without an act of the taker: the hand-overs follow, so that both always name the same person."""
    held = holder(s, subject)
    if held.person_id == to_id:
        return
    _close_offer(s, subject, WITHDRAWN, by, at)
    row = Handover(
        subject_kind=subject[0], subject_id=subject[1], at=at, kind=BOOKED, from_id=held.person_id, to_id=to_id, party=held.party,
        place_id=place_id, by_id=by.person_id, note=note,
    )  # fmt: skip
    s.add(row)
    s.flush()
    _owe_return(s, row, by, at, None)


def decline(s: Session, subject: Subject, by: Actor, at: datetime, note: str = "") -> Offer | None:
    """The taker does not take it; it stays where it is. Answers the offer, None when there was none."""
    return _close_offer(s, subject, DECLINED, by, at, note)


def withdraw(s: Session, subject: Subject, by: Actor, at: datetime, note: str = "") -> Offer | None:
    """Who offered takes the offer back."""
    return _close_offer(s, subject, WITHDRAWN, by, at, note)


# ── reads ──


def holder(s: Session, subject: Subject) -> Holder:
    """Who has a thing: what its latest moving row says."""
    return holders(s, subject[0], [subject[1]]).get(subject[1], NOBODY)


def holders(s: Session, kind: str, ids: Sequence[UUID]) -> dict[UUID, Holder]:
    """The holders of many things, in statements of at most 500."""
    found: dict[UUID, Holder] = {}
    for start in range(0, len(ids), 500):
        for row in s.execute(_latest(kind).where(col(Handover.subject_id).in_(ids[start : start + 500]))).scalars():
            found[row.subject_id] = Holder(row.to_id, row.party, row.at, row.due_on, row.id)
    return found


def held_by(s: Session, person_id: UUID, kind: str | None = None) -> list[Handover]:
    """The rows by which a person holds things, the oldest first."""
    query = _latest(kind).where(col(Handover.to_id) == person_id).order_by(col(Handover.id))
    return list(s.execute(query).scalars())


def open_offer(s: Session, subject: Subject) -> Offer | None:
    """The last offer of a thing that nobody answered and no later move made void."""
    return open_offers(s, subject[0], [subject[1]]).get(subject[1])


def open_offers(s: Session, kind: str, ids: Sequence[UUID]) -> dict[UUID, Offer]:
    """The open offers of many things, in statements of at most 500."""
    found: dict[UUID, Offer] = {}
    for start in range(0, len(ids), 500):
        for row in s.execute(_waiting(kind).where(col(Handover.subject_id).in_(ids[start : start + 500]))).scalars():
            found[row.subject_id] = _offer(row)
    return found


def offered_to(s: Session, person_ids: Sequence[UUID], kind: str) -> list[Offer]:
    """What waits for these persons' acts, oldest first."""
    query = _waiting(kind).where(col(Handover.to_id).in_(person_ids)).order_by(col(Handover.id))
    return [_offer(row) for row in s.execute(query).scalars()]


def offered_by(s: Session, person_id: UUID, kind: str) -> list[Offer]:
    """What a person holds and has offered, oldest first."""
    query = _waiting(kind).where(col(Handover.from_id) == person_id).order_by(col(Handover.id))
    return [_offer(row) for row in s.execute(query).scalars()]


def offers(s: Session, kind: str, limit: int = 500) -> list[Offer]:
    """Every open offer of a kind, oldest first."""
    return [_offer(row) for row in s.execute(_waiting(kind).order_by(col(Handover.id)).limit(limit)).scalars()]


def offered_back(s: Session, kind: str) -> list[Offer]:
    """What waits to be taken back by the office, oldest first."""
    query = _waiting(kind).where(col(Handover.to_id).is_(None)).order_by(col(Handover.id))
    return [_offer(row) for row in s.execute(query).scalars()]


def overdue(s: Session, today: date, kind: str | None = None) -> list[Handover]:
    """Loans whose day has passed and that are still out, the latest day first."""
    query = _latest(kind).where(col(Handover.due_on) < today).order_by(col(Handover.due_on), col(Handover.id))
    return list(s.execute(query).scalars())


def lent(s: Session, kind: str | None = None) -> list[Handover]:
    """Every loan that is out, by the day it is due back."""
    query = _latest(kind).where(col(Handover.due_on).is_not(None)).order_by(col(Handover.due_on), col(Handover.id))
    return list(s.execute(query).scalars())


def history(s: Session, subject: Subject) -> list[Handover]:
    """Every row of a thing, oldest first."""
    return list(s.execute(select(Handover).where(*_of(subject)).order_by(col(Handover.id))).scalars())


def signing(s: Session, signing_id: UUID) -> Signing | None:
    """A kept signature."""
    return s.get(Signing, signing_id)


def may_act_for(s: Session, by: Actor, person_id: UUID | None) -> bool:
    """Whether this actor is the person, or the deputy whom the person named."""
    if person_id is None or by.person_id is None:
        return False
    if by.person_id == person_id:
        return True
    person = s.get(people.Person, person_id)
    return person is not None and person.deputy_id == by.person_id


# ── private ──


def _of(subject: Subject) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (col(Handover.subject_kind) == subject[0], col(Handover.subject_id) == subject[1])


def _latest(kind: str | None) -> Any:
    """Rows that moved a thing and after which it did not move again."""
    later = aliased(Handover)
    moved_on = (
        select(col(later.id))
        .where(
            col(later.subject_id) == col(Handover.subject_id), col(later.subject_kind) == col(Handover.subject_kind),
            col(later.kind).in_(MOVES), col(later.id) > col(Handover.id),
        )
        .exists()
    )  # fmt: skip
    query = select(Handover).where(col(Handover.kind).in_(MOVES), ~moved_on)
    return query.where(col(Handover.subject_kind) == kind) if kind else query


def _waiting(kind: str) -> Any:
    """Offers after which nothing happened to the thing. A thing that goes to a repair shop meanwhile is still offered."""
    later = aliased(Handover)
    after = (
        select(col(later.id))
        .where(
            col(later.subject_id) == col(Handover.subject_id), col(later.subject_kind) == kind, col(later.id) > col(Handover.id),
            (col(later.offer_id) == col(Handover.id)) | (col(later.kind).in_(MOVES) & (col(later.party) == "")) | (col(later.kind) == OFFERED),
        )
        .exists()
    )  # fmt: skip
    return select(Handover).where(col(Handover.subject_kind) == kind, col(Handover.kind) == OFFERED, ~after)


def _offer(row: Handover) -> Offer:
    return Offer(row.id, row.subject_id, row.from_id, row.to_id, row.at, row.place_id, row.due_on, row.note)


def _close_offer(s: Session, subject: Subject, kind: str, by: Actor, at: datetime, note: str = "") -> Offer | None:
    waiting = open_offer(s, subject)
    if waiting is not None:
        s.add(Handover(
            subject_kind=subject[0], subject_id=subject[1], at=at, kind=kind, from_id=waiting.from_id, to_id=waiting.to_id,
            offer_id=waiting.handover_id, by_id=by.person_id, note=note,
        ))  # fmt: skip
        s.flush()
    return waiting


def _owe_return(s: Session, row: Handover, by: Actor, at: datetime, told: dict[str, Any] | None) -> None:
    """Whoever has a loan owes its return; the duty of the one before is settled, because the thing moved on."""
    key = f"custody/{row.subject_kind}/{row.subject_id}"
    before = duties.find_open(s, key)
    if before is not None and (before.owner_id, before.due_on) == (row.to_id, row.due_on):
        return  # back from a repair shop: the same loan goes on
    if before is not None:
        duties.settle(s, before, by, at)
        s.flush()
    if row.due_on is not None and row.to_id is not None:
        duties.open_duty(
            s, title_key="custody.duty.return", facts=told or {}, owner_id=row.to_id, due_on=row.due_on,
            subject=(row.subject_kind, row.subject_id), at=at, merge_key=key, by=by,
        )  # fmt: skip


def clash(s: Session, do: Any, at: datetime) -> Refused:
    """What to say when the database itself refused a second answer to one offer."""
    return Refused("custody.answered")

"""The delivery itself: its tables, who may see it, what its label and its pass say (guide S1.1-R1; scenario Office 1; pitfalls V33, V34).

The label is on the pieces and opens nothing by itself. A pass is what its holder shows to take them: it is derived from the office's secret and
kept as a hash, so that a copy of the tables takes nothing. The receipt's code is the courier's: it tells time, office and count, and nothing else.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, Column, Text, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock
from core.foundation.errors import Invalid, Refused
from core.foundation.i18n import t
from core.foundation.ids import uuid7
from core.mechanisms import labels, people, places
from core.mechanisms.labels import SIGNS, Described, SubjectKind
from core.mechanisms.operations import OFFICE, Actor, keyed
from core.mechanisms.people import Person

Line = Annotated[str, StringConstraints(max_length=80)]
Strokes = Annotated[list[list[tuple[float, float, float]]], Input(max_length=400)]
KINDS = ("parcel", "letter", "document", "meal", "other")
SHELF_NUMBERS = 999
MAX_POINTS = 8_000
_PASS = re.compile(r"^https?://[^/\s?#]{1,255}/p/([0-9a-z-]{8,9})/?$", re.IGNORECASE)


class DeliveryState(StrEnum):
    """`unclear`: reception finds out whose it is. `returned`: given back to whoever brought it."""

    WAITING = "waiting"
    UNCLEAR = "unclear"
    PICKED_UP = "picked_up"
    RETURNED = "returned"


OPEN = (DeliveryState.WAITING, DeliveryState.UNCLEAR)


class Delivery(SQLModel, table=True):
    """Pieces left together for one person. `receipt` is what the courier gets: year and running number; `receipt_code` opens its page.

    `shelf` is the short number written on the pieces. Courier, addressee as it was read, who took it and the signature go after the keeping time."""

    __tablename__: ClassVar[str] = "delivery"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    receipt: str = Field(unique=True)
    recipient_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    courier: str = ""
    pieces: int
    kind: str = "parcel"
    state: str = Field(index=True)
    dropped_at: datetime = Field(index=True)
    dropped_on: date = Field(index=True)
    kiosk_id: UUID | None = None
    picked_up_at: datetime | None = None
    picked_up_by: UUID | None = None
    erased_at: datetime | None = None
    version: int = 1
    receipt_code: str | None = Field(default=None, index=True)
    addressee: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    shelf: int | None = None
    place_id: UUID | None = None
    oversize: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})
    taker: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    handed_by: UUID | None = None
    way: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    strokes: list[Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    remark: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    reminders: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    reminded_at: datetime | None = None


class DeliveryPass(SQLModel, table=True):
    """Leave to take a delivery. `person_id` is a member of the office, `bearer` names anybody else; `allowed_at` is None while it is only asked for."""

    __tablename__: ClassVar[str] = "delivery_pass"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    delivery_id: UUID = Field(foreign_key="delivery.id", index=True)
    code_hash: str = Field(unique=True)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    bearer: str = ""
    asked_at: datetime | None = None
    allowed_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery for those who may read it. `late`: nobody came although the last reminder is over."""

    id: UUID
    label: str | None
    receipt: str
    recipient_id: UUID | None
    recipient: str
    department: str
    addressee: str
    courier: str
    pieces: int
    kind: str
    state: str
    shelf: int | None
    place: str
    oversize: bool
    dropped_at: datetime
    picked_up_at: datetime | None
    picked_up_by: str
    handed_by: str
    way: str
    signed: bool
    remark: str
    reminders: int
    receipt_code: str | None
    version: int


# ── codes ──


def code_of_pass(pass_id: UUID) -> str:
    """What the holder shows: eight signs with a check sign, which only this office can make."""
    digest = keyed("delivery.pass", str(pass_id))
    seven = "".join(SIGNS[int.from_bytes(digest[at * 4 : at * 4 + 4], "big") % len(SIGNS)] for at in range(7))
    return seven + labels.check_sign(seven)


def hash_of(code: str) -> str:
    return hashlib.sha256(f"delivery.pass/{code}".encode()).hexdigest()


def read_pass(text: str) -> str:
    """The code of a pass as it was scanned (`…/P/CODE`) or typed. Raises Invalid label.unreadable, label.mistyped."""
    plain = unicodedata.normalize("NFKC", text[:320]).strip()
    ours = _PASS.match(plain)
    return labels.read_code(ours.group(1) if ours else plain)


def new_pass(
    s: Session,
    delivery: Delivery,
    *,
    person_id: UUID | None = None,
    bearer: str = "",
    asked_at: datetime | None = None,
    allowed_at: datetime | None = None,
) -> DeliveryPass:
    """A pass for a delivery, inside an operation."""
    id = uuid7()
    made = DeliveryPass(
        id=id,
        delivery_id=delivery.id,
        code_hash=hash_of(code_of_pass(id)),
        person_id=person_id,
        bearer=bearer,
        asked_at=asked_at,
        allowed_at=allowed_at,
    )
    s.add(made)
    return made


def passes_of(s: Session, delivery_ids: Iterable[UUID]) -> list[DeliveryPass]:
    """Passes that hold or are asked for, oldest first."""
    query = select(DeliveryPass).where(col(DeliveryPass.delivery_id).in_(list(delivery_ids)), col(DeliveryPass.ended_at).is_(None))
    return list(s.execute(query.order_by(col(DeliveryPass.id))).scalars())


def end_passes(s: Session, delivery: Delivery, at: datetime) -> None:
    """The delivery is taken, sent back or somebody else's: nothing opens it any more."""
    for one in passes_of(s, [delivery.id]):
        one.ended_at = at


def checked(strokes: Sequence[Sequence[tuple[float, float, float]]]) -> list[Any] | None:
    """A drawn signature as it is stored. Raises Invalid delivery.signature when it is none."""
    if not strokes:
        return None
    points = sum(len(stroke) for stroke in strokes)
    if points > MAX_POINTS or any(not (-0.1 <= x <= 1.1 and -0.1 <= y <= 1.5) for stroke in strokes for x, y, _ in stroke):
        raise Invalid("delivery.signature")
    return [[[round(x, 4), round(y, 4), round(ms)] for x, y, ms in stroke] for stroke in strokes]


# ── finding ──


def get(s: Session, delivery_id: UUID | None) -> Delivery:
    """The delivery, or Refused delivery.not_found."""
    found = s.get(Delivery, delivery_id) if delivery_id else None
    if found is None:
        raise Refused("delivery.not_found")
    return found


def of_label(s: Session, text: str) -> Delivery:
    """The delivery behind the label on the pieces. Refuses: label.unknown, label.other_kind, delivery.not_found."""
    return get(s, labels.subject(s, text, SubjectKind.DELIVERY))


def still_here(delivery: Delivery) -> Delivery:
    """Refuses: delivery.picked_up_already, delivery.returned."""
    if delivery.state == DeliveryState.PICKED_UP:
        raise Refused("delivery.picked_up_already", at=delivery.picked_up_at.isoformat() if delivery.picked_up_at else "")
    if delivery.state == DeliveryState.RETURNED:
        raise Refused("delivery.returned")
    return delivery


def recipient_of(s: Session, text: str) -> Person:
    """The one person meant by an id, a full name, its pinyin or an extension. Refuses: delivery.recipient_unknown, delivery.recipient_ambiguous."""
    try:
        found = s.get(Person, UUID(text))
        matches = [found] if found is not None and found.disabled_at is None else []
    except ValueError:
        matches = people.find_exactly(s, text)
    if not matches:
        raise Refused("delivery.recipient_unknown")
    if len(matches) > 1:
        raise Refused("delivery.recipient_ambiguous", n=len(matches))
    return matches[0]


def seal(delivery: Delivery) -> str:
    """Ten signs over receipt, moment and count: who holds slip or page can show that neither was altered."""
    said = f"{delivery.receipt}/{delivery.dropped_at.isoformat()}/{delivery.pieces}"
    return keyed("delivery.receipt", said).hex()[:10]


# ── views ──


def views(s: Session, deliveries: Iterable[Delivery]) -> list[DeliveryView]:
    """Deliveries as registers show them, in a handful of statements however many there are."""
    rows = list(deliveries)
    ids = {id for row in rows for id in (row.recipient_id, row.picked_up_by, row.handed_by) if id}
    persons = {p.id: p for p in s.execute(select(Person).where(col(Person.id).in_(ids))).scalars()} if ids else {}
    departments = people.department_names(s)
    codes = labels.codes_of(s, SubjectKind.DELIVERY, [row.id for row in rows])
    at = {row.place_id for row in rows if row.place_id}
    shelves = {p.id: p.name for p in s.execute(select(places.Place).where(col(places.Place.id).in_(at))).scalars()} if at else {}

    def name(id: UUID | None) -> str:
        return persons[id].name if id in persons else ""

    def department(row: Delivery) -> str:
        person = persons.get(row.recipient_id) if row.recipient_id else None
        return departments.get(person.department_id, "") if person is not None and person.department_id else ""

    return [
        DeliveryView(
            row.id, codes.get(row.id), row.receipt, row.recipient_id, name(row.recipient_id), department(row), row.addressee, row.courier, row.pieces, row.kind,
            row.state, row.shelf, shelves.get(row.place_id, "") if row.place_id else "", row.oversize, row.dropped_at, row.picked_up_at,
            name(row.picked_up_by) or row.taker, name(row.handed_by), row.way, row.strokes is not None, row.remark, row.reminders, row.receipt_code, row.version,
        )
        for row in rows
    ]  # fmt: skip


@labels.describes(SubjectKind.DELIVERY)
def describe(s: Session, ids: Iterable[UUID], by: Actor) -> dict[UUID, Described]:
    """Who the pieces are for: to members of the office only."""
    rows = views(s, s.execute(select(Delivery).where(col(Delivery.id).in_(list(ids)))).scalars())
    trusted = by.is_person
    return {
        row.id: Described(
            title=t("delivery.title", by.language, name=row.recipient or row.addressee or t("delivery.nobody", by.language), n=row.pieces)
            if trusted
            else t("delivery.a_delivery", by.language),
            state=t(f"delivery.state.{row.state}", by.language),
            holder=row.picked_up_by if trusted else "",
            place=(row.place or (f"{row.shelf:03d}" if row.shelf else "")) if trusted else "",
            number=row.receipt,
            due=clock.local(row.dropped_at).strftime("%m-%d %H:%M") if trusted else "",
            operations=("delivery.pick_up",) if trusted and row.state == DeliveryState.WAITING else (),
        )
        for row in rows
    }


def sees(delivery: Delivery, by: Actor) -> bool:
    """Whether this person may read it: the office, and the recipient."""
    return by.has(*OFFICE) or (by.person_id is not None and by.person_id == delivery.recipient_id)

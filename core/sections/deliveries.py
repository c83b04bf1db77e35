"""Things left at the front desk for somebody: who for, how many pieces, on which shelf (guide S1.1-R1 medium and courier; scenario Office
1).

The courier names the recipient exactly (no directory is shown), gets a receipt number as proof, and the pieces get a label; the recipient
is told and
takes them by that label. It does not register incoming papers: that is the documents section.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints, model_validator
from sqlalchemy import Select, and_, func, or_, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.i18n import t
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job
from core.mechanisms import labels, notices, numbering, office, people
from core.mechanisms.labels import Described, SubjectKind
from core.mechanisms.operations import OFFICE, SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.mechanisms.views import Collection, ExportColumn, Page, Query

Line = Annotated[str, StringConstraints(max_length=80)]


class DeliveryState(StrEnum):
    WAITING = "waiting"
    PICKED_UP = "picked_up"


class Delivery(SQLModel, table=True):
    """Pieces left together for one person. `receipt` is what the courier gets: year and running number."""

    __tablename__: ClassVar[str] = "delivery"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    receipt: str = Field(unique=True)
    recipient_id: UUID = Field(foreign_key="person.id", index=True)
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


@dataclass(frozen=True, slots=True)
class DeliveryView:
    id: UUID
    label: str | None
    receipt: str
    recipient_id: UUID
    recipient: str
    department: str
    courier: str
    pieces: int
    kind: str
    state: str
    dropped_at: datetime
    picked_up_at: datetime | None
    picked_up_by: str
    version: int


class Drop(Operation):
    """`recipient` is a full name, its pinyin, an extension or a person's id."""

    recipient: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    courier: Line = ""
    pieces: Annotated[int, Input(gt=0, le=99)] = 1
    kind: Annotated[str, StringConstraints(pattern="^(parcel|letter|document|meal|other)$")] = "parcel"


@operation(Drop, "delivery.drop", roles={Role.KIOSK, *OFFICE}, personal=True)
def drop(s: Session, do: Drop, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `{delivery_id, receipt, code}`: the courier's receipt number and the label for the pieces. Refuses:
    delivery.recipient_unknown, delivery.recipient_ambiguous"""
    recipient = _recipient(s, do.recipient)
    today = clock.today(at)
    number = numbering.next_number(s, "delivery", today.year)
    delivery = Delivery(
        receipt=f"{today.year}-{number:05d}",
        recipient_id=recipient.id,
        courier=do.courier,
        pieces=do.pieces,
        kind=do.kind,
        state=DeliveryState.WAITING,
        dropped_at=at,
        dropped_on=today,
        kiosk_id=by.device_id,
    )
    s.add(delivery)
    s.flush()
    touch(s, "delivery", delivery.id)
    code = labels.give(s, SubjectKind.DELIVERY, delivery.id, at)
    facts = {"n": do.pieces, "what_key": f"delivery.kind.{do.kind}", "courier": do.courier, "receipt": delivery.receipt}
    key = "delivery.arrived_from" if do.courier else "delivery.arrived"
    notices.queue(s, key=key, facts=facts, at=at, to_person_id=recipient.id, subject=("delivery", delivery.id))
    return {"delivery_id": delivery.id, "receipt": delivery.receipt, "code": code}


class PickUp(Operation):
    """By the label on the pieces, or by the desk from its list."""

    code: Annotated[str, StringConstraints(min_length=8, max_length=300)] | None = None
    delivery_id: UUID | None = None
    person_id: UUID | None = None

    @model_validator(mode="after")
    def _one_way(self) -> PickUp:
        if (self.code is None) == (self.delivery_id is None):
            raise ValueError("delivery.code_or_id")
        return self


@operation(PickUp, "delivery.pick_up", roles={Role.STAFF})
def pick_up(s: Session, do: PickUp, by: Actor, at: datetime) -> dict[str, Any]:
    """Taken by the recipient or somebody of the office for them (`person_id` at the desk: who took it).

    Refuses: delivery.not_found, delivery.picked_up_already, label.unknown, label.other_kind"""
    id = labels.subject(s, do.code, SubjectKind.DELIVERY) if do.code else do.delivery_id
    delivery = s.get(Delivery, id)
    if delivery is None:
        raise Refused("delivery.not_found")
    taker = people.get(s, do.person_id or by.person_id)
    if do.code is None and not by.has(*OFFICE) and by.person_id != delivery.recipient_id:
        raise NotAllowed()
    if taker.id != by.person_id and not by.has(*OFFICE):
        raise NotAllowed()
    if delivery.state == DeliveryState.PICKED_UP:
        raise Refused("delivery.picked_up_already", at=delivery.picked_up_at.isoformat() if delivery.picked_up_at else "")
    delivery.state, delivery.picked_up_at, delivery.picked_up_by = DeliveryState.PICKED_UP, at, taker.id
    delivery.version += 1
    touch(s, "delivery", delivery.id)
    if taker.id != delivery.recipient_id:
        facts = {"receipt": delivery.receipt, "who": taker.name}
        notices.queue(
            s,
            key="delivery.taken_for_you",
            facts=facts,
            at=at,
            to_person_id=delivery.recipient_id,
            subject=("delivery", delivery.id),
            mail=False,
        )
    return {"delivery_id": delivery.id}


class EraseDeliveries(Operation):
    delivery_ids: Annotated[list[UUID], Input(min_length=1, max_length=200)]


@operation(EraseDeliveries, "delivery.erase", roles=set())
def erase(s: Session, do: EraseDeliveries, by: Actor, at: datetime) -> dict[str, Any]:
    """Forget who brought them; that they came, and to whom, stays."""
    for delivery_id in do.delivery_ids:
        delivery = s.get(Delivery, delivery_id)
        if delivery is not None and delivery.erased_at is None:
            delivery.courier, delivery.erased_at = "", at
            delivery.version += 1
            touch(s, "delivery", delivery.id)
    notices.erase_facts(s, "delivery", do.delivery_ids)
    return {"erased": len(do.delivery_ids)}


@job(every_s=3600)
def erase_old(at: datetime) -> int:
    """The keeping time of visitors' data counts for couriers too. Returns how many were erased."""
    with database.reading() as s:
        before = at - timedelta(days=int(office.setting(s, "visit.retention_days")))
        query = select(col(Delivery.id)).where(col(Delivery.picked_up_at) <= before, col(Delivery.erased_at).is_(None)).limit(200)
        ids = list(s.execute(query).scalars())
    if ids:
        perform_now(EraseDeliveries(delivery_ids=ids), by=SYSTEM, at=at, op_id=derived("delivery.erase", *ids))
    return len(ids)


# ── reads ──


def waiting(s: Session) -> list[DeliveryView]:
    """What nobody took yet, oldest first."""
    query = select(Delivery).where(col(Delivery.state) == DeliveryState.WAITING).order_by(col(Delivery.dropped_at))
    return views(s, list(s.execute(query).scalars()))


def count_waiting(s: Session) -> int:
    return int(s.execute(select(func.count()).select_from(Delivery).where(col(Delivery.state) == DeliveryState.WAITING)).scalar_one())


def mine(s: Session, person_id: UUID) -> list[DeliveryView]:
    """What waits for a person."""
    query = (
        select(Delivery)
        .where(col(Delivery.state) == DeliveryState.WAITING, col(Delivery.recipient_id) == person_id)
        .order_by(col(Delivery.dropped_at))
    )
    return views(s, list(s.execute(query).scalars()))


def views(s: Session, deliveries: Iterable[Delivery]) -> list[DeliveryView]:
    rows = list(deliveries)
    ids = {row.recipient_id for row in rows} | {row.picked_up_by for row in rows if row.picked_up_by}
    persons = {p.id: p for p in s.execute(select(people.Person).where(col(people.Person.id).in_(ids))).scalars()} if ids else {}
    departments = people.department_names(s)
    codes = labels.codes_of(s, SubjectKind.DELIVERY, [row.id for row in rows])
    return [
        DeliveryView(
            row.id,
            codes.get(row.id),
            row.receipt,
            row.recipient_id,
            persons[row.recipient_id].name,
            departments.get(department, "") if (department := persons[row.recipient_id].department_id) else "",
            row.courier,
            row.pieces,
            row.kind,
            row.state,
            row.dropped_at,
            row.picked_up_at,
            persons[row.picked_up_by].name if row.picked_up_by else "",
            row.version,
        )
        for row in rows
    ]


@labels.describes(SubjectKind.DELIVERY)
def describe(s: Session, ids: Iterable[UUID], by: Actor) -> dict[UUID, Described]:
    """Who the pieces are for: to members of the office only."""
    rows = views(s, s.execute(select(Delivery).where(col(Delivery.id).in_(list(ids)))).scalars())
    trusted = by.is_person
    return {
        row.id: Described(
            title=t("delivery.title", by.language, name=row.recipient, n=row.pieces) if trusted else t("delivery.a_delivery", by.language),
            state=t(f"delivery.state.{row.state}", by.language),
            holder=row.picked_up_by if trusted else "",
            number=row.receipt,
            operations=("delivery.pick_up",) if trusted and row.state == DeliveryState.WAITING else (),
        )
        for row in rows
    }


def _list(s: Session, query: Query, by: Actor) -> Page:
    found: Select[Any] = select(Delivery).order_by(col(Delivery.dropped_at).desc(), col(Delivery.id).desc()).limit(query.limit + 1)
    if not by.has(*OFFICE, Role.SYSTEM):
        found = found.where(col(Delivery.recipient_id) == by.person_id)
    if state := query.filters.get("state"):
        found = found.where(col(Delivery.state) == state)
    if text := query.q.strip():
        persons = [person.id for person in people.search(s, text, limit=200, disabled=None)]
        found = found.where(
            or_(
                col(Delivery.recipient_id).in_(persons),
                func.lower(Delivery.courier).contains(text.lower(), autoescape=True),
                col(Delivery.receipt) == text,
            )
        )
    if query.cursor:
        try:
            last = s.get(Delivery, UUID(query.cursor))
        except ValueError:
            raise Invalid("query.cursor") from None
        if last is not None:
            found = found.where(
                or_(
                    col(Delivery.dropped_at) < last.dropped_at,
                    and_(col(Delivery.dropped_at) == last.dropped_at, col(Delivery.id) < last.id),
                )
            )
    rows = list(s.execute(found).scalars())
    page = views(s, rows[: query.limit])
    return Page(page, str(page[-1].id) if len(rows) > query.limit else None)


def _one(s: Session, id: str, by: Actor) -> DeliveryView | None:
    try:
        found = s.get(Delivery, UUID(id))
    except ValueError:
        return None
    if found is None or not (by.has(*OFFICE, Role.SYSTEM) or by.person_id == found.recipient_id):
        return None
    return views(s, [found])[0]


COLLECTION = Collection(
    "deliveries",
    frozenset({Role.STAFF}),
    _list,
    _one,
    tuple(
        ExportColumn(name, f"delivery.column.{name}")
        for name in (
            "receipt",
            "dropped_at",
            "recipient",
            "department",
            "pieces",
            "courier",
            "state",
            "picked_up_at",
            "picked_up_by",
            "label",
        )
    ),
    ("state",),
)


def _recipient(s: Session, text: str) -> people.Person:
    try:
        found = s.get(people.Person, UUID(text))
        matches = [found] if found is not None and found.disabled_at is None else []
    except ValueError:
        matches = people.find_exactly(s, text)
    if not matches:
        raise Refused("delivery.recipient_unknown")
    if len(matches) > 1:
        raise Refused("delivery.recipient_ambiguous", n=len(matches))
    return matches[0]

"""The register of deliveries, and the receipt a courier opens (guide S1.1-R1, row X4)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Invalid, Refused
from core.mechanisms import labels, office, people
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import OFFICE, Actor, Role
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.deliveries import record
from core.sections.deliveries.record import KINDS, OPEN, Delivery, DeliveryState, DeliveryView, sees, views


def waiting(s: Session) -> list[DeliveryView]:
    """What nobody took yet, oldest first."""
    query = select(Delivery).where(col(Delivery.state).in_(OPEN)).order_by(col(Delivery.dropped_at))
    return views(s, list(s.execute(query).scalars()))


def count_waiting(s: Session) -> int:
    return int(s.execute(select(func.count()).select_from(Delivery).where(col(Delivery.state).in_(OPEN))).scalar_one())


def count_unclear(s: Session) -> int:
    """Those of which nobody knows whose they are."""
    return int(s.execute(select(func.count()).select_from(Delivery).where(col(Delivery.state) == DeliveryState.UNCLEAR)).scalar_one())


def count_late(s: Session) -> int:
    """Those of which people were reminded and nobody came."""
    late = and_(col(Delivery.state) == DeliveryState.WAITING, col(Delivery.reminders) > 0)
    return int(s.execute(select(func.count()).select_from(Delivery).where(late)).scalar_one())


def mine(s: Session, person_id: UUID) -> list[DeliveryView]:
    """What waits for a person."""
    query = (
        select(Delivery)
        .where(col(Delivery.state) == DeliveryState.WAITING, col(Delivery.recipient_id) == person_id)
        .order_by(col(Delivery.dropped_at))
    )
    return views(s, list(s.execute(query).scalars()))


def taken(s: Session, person_id: UUID, *, limit: int = 10) -> list[DeliveryView]:
    """What a person's pieces became of lately, newest first."""
    over = col(Delivery.state).in_([DeliveryState.PICKED_UP, DeliveryState.RETURNED])
    query = select(Delivery).where(over, col(Delivery.recipient_id) == person_id).order_by(col(Delivery.picked_up_at).desc()).limit(limit)
    return views(s, list(s.execute(query).scalars()))


def strokes_of(s: Session, delivery_id: UUID, by: Actor) -> list[Any]:
    """The signature for it, to the office and the recipient; empty when there is none."""
    found = s.get(Delivery, delivery_id)
    return list(found.strokes or []) if found is not None and sees(found, by) else []


# ── the courier's receipt ──


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a courier's code shows: time, office and count; `signed_at` once it was taken. No name, no title, no kind of paper."""

    receipt: str
    office: str
    received_at: datetime
    pieces: int
    signed_at: datetime | None
    returned: bool
    seal: str


def receipt_of(s: Session, text: str) -> Receipt | None:
    """The receipt of a code, or None: what is mistyped and what never was look alike."""
    code = text.strip().replace("-", "").upper()[:8]
    found = s.execute(select(Delivery).where(col(Delivery.receipt_code) == code)).scalar_one_or_none() if len(code) == 8 else None
    if found is None:
        return None
    host = office.info(s)
    returned = found.state == DeliveryState.RETURNED
    return Receipt(
        found.receipt, host.name if host else "", found.dropped_at, found.pieces, found.picked_up_at, returned, record.seal(found)
    )


# ── the collection ──


def _list(s: Session, query: Query, by: Actor) -> Page:
    found: Select[Any] = select(Delivery).order_by(col(Delivery.dropped_at).desc(), col(Delivery.id).desc()).limit(query.limit + 1)
    if not by.has(*OFFICE, Role.SYSTEM):
        found = found.where(col(Delivery.recipient_id) == by.person_id)
    found = _filtered(found, query)
    if text := query.q.strip():
        persons = [person.id for person in people.search(s, text, limit=200, disabled=None)]
        tests = [
            col(Delivery.recipient_id).in_(persons),
            func.lower(Delivery.courier).contains(text.lower(), autoescape=True),
            func.lower(Delivery.addressee).contains(text.lower(), autoescape=True),
            col(Delivery.receipt) == text,
        ]
        if text.isascii() and text.isdigit() and len(text) <= 3:
            tests.append(and_(col(Delivery.shelf) == int(text), col(Delivery.state).in_(OPEN)))
        with suppress(Refused, Invalid):  # not a code of ours: a name
            tests.append(col(Delivery.id) == labels.subject(s, text, SubjectKind.DELIVERY))
        found = found.where(or_(*tests))
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


def _filtered(found: Select[Any], query: Query) -> Select[Any]:
    """`state` (open for waiting and unclear), `kind`, `late` (1), `oversize` (1), `day` of the drop (today or ISO)."""
    if state := query.filters.get("state"):
        found = found.where(col(Delivery.state).in_(OPEN) if state == "open" else col(Delivery.state) == state)
    if kind := query.filters.get("kind"):
        if kind not in KINDS:
            raise Invalid("query.filter", field="kind")
        found = found.where(col(Delivery.kind) == kind)
    if query.filters.get("late"):
        found = found.where(col(Delivery.state) == DeliveryState.WAITING, col(Delivery.reminders) > 0)
    if query.filters.get("oversize"):
        found = found.where(col(Delivery.oversize))
    if day := query.filters.get("day"):
        try:
            found = found.where(col(Delivery.dropped_on) == (clock.today() if day == "today" else date.fromisoformat(day)))
        except ValueError:
            raise Invalid("query.filter", field="day") from None
    return found


def _one(s: Session, id: str, by: Actor) -> DeliveryView | None:
    try:
        found = s.get(Delivery, UUID(id))
    except ValueError:
        return None
    if found is None or not (by.has(Role.SYSTEM) or sees(found, by)):
        return None
    return views(s, [found])[0]


COLLECTION = Collection(
    "deliveries",
    frozenset({Role.STAFF}),
    _list,
    _one,
    tuple(
        ExportColumn(name, f"delivery.column.{name}", words=f"delivery.{name}" if name in ("kind", "state", "way") else "")
        for name in (
            "receipt", "dropped_at", "recipient", "department", "addressee", "kind", "pieces", "oversize", "courier", "shelf", "place", "state",
            "picked_up_at", "picked_up_by", "handed_by", "way", "signed", "reminders", "remark", "label",
        )
    ),
    ("state", "kind", "late", "oversize", "day"),
)  # fmt: skip

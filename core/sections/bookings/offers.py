"""Offers: a time kept for one person until they say yes or no, or do not answer (guide S1.3-R2, R3; 优先保障重要会议, 协调冲突).

An offer is a booking in state `offered` with its claims, so nobody else can take it meanwhile. The displaced get one, the waiting list
gives one in order, the office makes one to settle a conflict; what follows from the answer belongs to whoever offered (`@answered`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.ids import derived, uuid7
from core.foundation.jobs import job
from core.mechanisms import office
from core.mechanisms.operations import OFFICE, PERSON_ROLES, SYSTEM, Actor, Operation, Role, operation, perform_now, touch
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections import rooms
from core.sections.bookings import claims, making
from core.sections.bookings.claims import ITEM_OVERLAP, OVERLAP, Booking, BookingState, BookingView
from core.sections.bookings.making import Wish

OPEN, ACCEPTED, DECLINED, LAPSED, GONE = "open", "accepted", "declined", "lapsed", "gone"
DISPLACED, WAITING, CASE = "displaced", "waiting", "case"
SHORTEST_ANSWER = timedelta(minutes=10)


class BookingOffer(SQLModel, table=True):
    """Which kept time, for whom, until when they may answer, and instead of which booking of theirs."""

    __tablename__: ClassVar[str] = "booking_offer"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    booking_id: UUID = Field(foreign_key="booking.id", unique=True)
    kind: str
    person_id: UUID = Field(foreign_key="person.id", index=True)
    for_booking_id: UUID | None = Field(default=None, foreign_key="booking.id", index=True)
    wait_id: UUID | None = None
    case_id: UUID | None = Field(default=None, index=True)
    state: str = Field(default=OPEN, index=True)
    offered_at: datetime
    expires_at: datetime
    decided_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer as its person sees it. `instead_of` and `reason` say which booking it stands in for and why."""

    id: UUID
    booking_id: UUID
    kind: str
    person_id: UUID
    person: str
    room_id: UUID
    room: str
    capacity: int
    starts_at: datetime
    ends_at: datetime
    title: str
    instead_of: str
    for_booking_id: UUID | None
    case_id: UUID | None
    state: str
    expires_at: datetime
    version: int


Answered = Callable[[Session, BookingOffer, Booking, Actor, datetime], object]
_answered: dict[str, Answered] = {}


def answered(kind: str) -> Callable[[Answered], Answered]:
    """Mark `(s, offer, booking, by, at)`: what follows when an offer of this kind was answered (`offer.state` says how)."""

    def mark(function: Answered) -> Answered:
        _answered[kind] = function
        return function

    return mark


# ── making one, inside operations ──


def offer(
    s: Session, wish: Wish, kind: str, person_id: UUID, at: datetime, *, for_booking_id: UUID | None = None, wait_id: UUID | None = None,
    case_id: UUID | None = None,
) -> BookingOffer | None:  # fmt: skip
    """Keep this time for a person; None when it can not be had, or somebody was faster in this very moment."""
    try:
        with s.begin_nested():
            booking = making.make(s, wish, SYSTEM, at, state=BookingState.OFFERED)
    except Refused:
        return None
    except DBAPIError as error:
        if not any(name in database.violated(error) for name in (OVERLAP, ITEM_OVERLAP)):
            raise
        return None
    made = BookingOffer(
        booking_id=booking.id, kind=kind, person_id=person_id, for_booking_id=for_booking_id, wait_id=wait_id, case_id=case_id,
        offered_at=at, expires_at=_answer_by(s, booking, at),
    )  # fmt: skip
    s.add(made)
    s.flush()
    touch(s, "offer", made.id)
    return made


def _answer_by(s: Session, booking: Booking, at: datetime) -> datetime:
    """Within `booking.offer_minutes`, before it begins, but never sooner than in ten minutes."""
    within = at + timedelta(minutes=int(office.setting(s, "booking.offer_minutes")))
    return min(max(min(within, booking.starts_at), at + SHORTEST_ANSWER), booking.ends_at)


def withdraw(s: Session, made: BookingOffer, at: datetime) -> None:
    """Take an open offer back because its reason is gone; nothing follows from it."""
    if made.state == OPEN:
        _settle(s, made, GONE, at)
        booking, _room = claims.get(s, made.booking_id)
        if booking.state == BookingState.OFFERED:
            making.drop(s, booking, SYSTEM, at, state=BookingState.LAPSED)


# ── operations ──


class AcceptOffer(Operation):
    offer_id: UUID


@operation(AcceptOffer, "booking.accept_offer", roles=PERSON_ROLES)
def accept(s: Session, do: AcceptOffer, by: Actor, at: datetime) -> BookingView:
    """The kept time is theirs; where the room asks for approval it is pending first. Accepting twice is nothing new.
    Refuses: offer.not_found, offer.declined, offer.lapsed, offer.gone"""
    made = _mine(s, do.offer_id, by)
    booking, room = claims.get(s, made.booking_id)
    if made.state == ACCEPTED:
        return claims.view(s, booking, at)
    if made.state != OPEN:
        raise Refused(f"offer.{made.state}")
    if made.expires_at <= at:
        raise Refused("offer.lapsed")
    _settle(s, made, ACCEPTED, at)
    rule = rooms.rule_of(room, rooms.get_purpose(s, booking.purpose_id))
    asks = bool(rule.approvers) and made.kind == WAITING
    booking.state = BookingState.PENDING if asks else BookingState.CONFIRMED
    booking.booked_at = at  # whoever accepts after the start has their full grace to come
    if asks:
        making.ask_approval(s, booking, room, rule, by, at)
    making.done(s, booking, "answered", by, at)
    _follow(s, made, booking, by, at)
    return claims.view(s, booking, at)


class DeclineOffer(Operation):
    offer_id: UUID


@operation(DeclineOffer, "booking.decline_offer", roles=PERSON_ROLES)
def decline(s: Session, do: DeclineOffer, by: Actor, at: datetime) -> OfferView:
    """The time is free for the next. Declining twice is nothing new. Refuses: offer.not_found, offer.accepted, offer.lapsed, offer.gone"""
    made = _mine(s, do.offer_id, by)
    if made.state not in (OPEN, DECLINED):
        raise Refused(f"offer.{made.state}")
    if made.state == OPEN:
        _end(s, made, DECLINED, by, at)
    return views(s, [made])[0]


class LapseOffer(Operation):
    offer_id: UUID


@operation(LapseOffer, "booking.lapse_offer", roles=set())
def lapse(s: Session, do: LapseOffer, by: Actor, at: datetime) -> None:
    """Nobody answered in time. Not yet due claims nothing. Refuses: offer.not_found"""
    made = _get(s, do.offer_id)
    if made.state != OPEN or made.expires_at > at:
        raise Invalid("offer.not_due")
    _end(s, made, LAPSED, by, at)


@job(every_s=15)
def lapse_offers(at: datetime) -> int:
    """End what was not answered in time, oldest first. Returns how many."""
    query = select(col(BookingOffer.id)).where(col(BookingOffer.state) == OPEN, col(BookingOffer.expires_at) <= at)
    with database.reading() as s:
        due = list(s.execute(query.order_by(col(BookingOffer.expires_at))).scalars())
    outcomes = [perform_now(LapseOffer(offer_id=id), by=SYSTEM, at=at, op_id=derived("booking.lapse_offer", id)) for id in due]
    return sum(outcome.ok and not outcome.repeated for outcome in outcomes)


# ── reads ──


def offers_to(s: Session, person_id: UUID, at: datetime) -> list[OfferView]:
    """What a person may answer now, the most urgent first."""
    query = select(BookingOffer).where(
        col(BookingOffer.person_id) == person_id, col(BookingOffer.state) == OPEN, col(BookingOffer.expires_at) > at
    )
    return views(s, list(s.execute(query.order_by(col(BookingOffer.expires_at))).scalars()))


def offer_for(s: Session, booking_id: UUID) -> BookingOffer | None:
    """The latest offer made instead of a booking."""
    query = select(BookingOffer).where(col(BookingOffer.for_booking_id) == booking_id)
    return s.execute(query.order_by(col(BookingOffer.id).desc()).limit(1)).scalar_one_or_none()


def views(s: Session, rows: Sequence[BookingOffer]) -> list[OfferView]:
    found = []
    for made in rows:
        booking, room = claims.get(s, made.booking_id)
        place, person = s.get(Place, booking.room_id), s.get(Person, made.person_id)
        former = s.get(Booking, made.for_booking_id) if made.for_booking_id else None
        instead = s.get(Place, former.room_id) if former else None
        found.append(
            OfferView(
                made.id,
                booking.id,
                made.kind,
                made.person_id,
                person.name if person else "",
                booking.room_id,
                place.name if place else "",
                room.capacity,
                booking.starts_at,
                booking.ends_at,
                booking.title,
                instead.name if instead else "",
                made.for_booking_id,
                made.case_id,
                made.state,
                made.expires_at,
                made.version,
            )
        )
    return found


# ── private ──


def _get(s: Session, offer_id: UUID) -> BookingOffer:
    made = s.get(BookingOffer, offer_id)
    if made is None:
        raise Refused("offer.not_found")
    return made


def _mine(s: Session, offer_id: UUID, by: Actor) -> BookingOffer:
    """The offer, if it is this person's, or the desk answers for them."""
    made = _get(s, offer_id)
    booking, _room = claims.get(s, made.booking_id)
    if by.person_id not in (made.person_id, booking.booked_by_id) and not by.has(*OFFICE, Role.SYSTEM):
        raise NotAllowed(reason="offer")
    return made


def _settle(s: Session, made: BookingOffer, state: str, at: datetime) -> None:
    made.state, made.decided_at = state, at
    made.version += 1
    s.flush()
    touch(s, "offer", made.id)


def _end(s: Session, made: BookingOffer, state: str, by: Actor, at: datetime) -> None:
    _settle(s, made, state, at)
    booking, _room = claims.get(s, made.booking_id)
    making.drop(s, booking, by, at, state=BookingState.LAPSED)
    _follow(s, made, booking, by, at)


def _follow(s: Session, made: BookingOffer, booking: Booking, by: Actor, at: datetime) -> None:
    if made.kind in _answered:
        _answered[made.kind](s, made, booking, by, at)


def _list(s: Session, query: Query, by: Actor) -> Page:
    rows = select(BookingOffer).order_by(col(BookingOffer.id).desc()).limit(query.limit + 1)
    if not by.has(*OFFICE, Role.LEADER):
        rows = rows.where(col(BookingOffer.person_id) == by.person_id)
    if state := query.filters.get("state"):
        rows = rows.where(col(BookingOffer.state) == state)
    if query.cursor:
        try:
            rows = rows.where(col(BookingOffer.id) < UUID(query.cursor))
        except ValueError:
            raise Refused("query.cursor") from None
    found = list(s.execute(rows).scalars())
    page = found[: query.limit]
    return Page(views(s, page), str(page[-1].id) if len(found) > query.limit else None)


def _one(s: Session, id: str, by: Actor) -> OfferView | None:
    try:
        made = s.get(BookingOffer, UUID(id))
    except ValueError:
        return None
    if made is None or (made.person_id != by.person_id and not by.has(*OFFICE, Role.LEADER)):
        return None
    return views(s, [made])[0]


OFFERS = Collection(
    "offers", PERSON_ROLES, _list, _one,
    tuple(ExportColumn(name, f"offer.column.{name}") for name in ("person", "room", "starts_at", "ends_at", "kind", "state", "expires_at")), ("state",),
)  # fmt: skip

"""The waiting list: who asked for a time that was taken gets it, in order, when it becomes free (guide S1.3-R2; issue, Waiting list).

Cancellations, early ends, no-shows, moves and refused or lapsed bookings feed it, in the same transaction, so nobody slips in between.
Whoever asked to be placed is booked at once; the others get an offer that is kept for them and, unanswered, goes to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints
from pydantic import Field as Input
from sqlalchemy import JSON, Column, or_, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import notices, people, places
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Operation, operation, touch
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections import rooms
from core.sections.bookings import claims, making, offers, rules
from core.sections.bookings.claims import ITEM_OVERLAP, OVERLAP, Booking
from core.sections.bookings.free import free_rooms
from core.sections.bookings.making import Wish
from core.sections.bookings.offers import BookingOffer
from core.sections.rooms import Need

SHORTEST = timedelta(minutes=15)  # less than this is not worth walking to
ASKED_AT_ONCE = 20
WAITING, OFFERED, PLACED, LEFT = "waiting", "offered", "placed", "left"


class BookingWait(SQLModel, table=True):
    """One person's place in the queue for a time, in one room or in any that fits. `place`: book at once instead of asking."""

    __tablename__: ClassVar[str] = "booking_wait"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    room_id: UUID | None = Field(default=None, foreign_key="place.id", index=True)
    starts_at: datetime
    ends_at: datetime = Field(index=True)
    title: str = ""
    purpose_id: UUID | None = None
    attendees: int = 0
    needs: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    place: bool = False
    joined_at: datetime
    state: str = Field(default=WAITING, index=True)
    booking_id: UUID | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class WaitView:
    """A place in the queue. `room` is empty for any room; `ahead` counts who asked earlier for time that overlaps in the same room."""

    id: UUID
    person_id: UUID
    person: str
    room_id: UUID | None
    room: str
    starts_at: datetime
    ends_at: datetime
    title: str
    attendees: int
    place: bool
    joined_at: datetime
    state: str
    ahead: int
    booking_id: UUID | None
    version: int


# ── operations ──


class JoinWaiting(Operation):
    """Without a room: any that fits. `place` books at once; otherwise the freed time is offered and kept for a while."""

    room_id: UUID | None = None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    title: Annotated[str, StringConstraints(max_length=120)] = ""
    purpose_id: UUID | None = None
    attendees: Annotated[int, Input(ge=0, le=5000)] = 0
    needs: Annotated[tuple[Need, ...], Input(max_length=20)] = ()
    place: bool = False
    id: UUID | None = None


@operation(JoinWaiting, "booking.wait", roles=PERSON_ROLES)
def join(s: Session, do: JoinWaiting, by: Actor, at: datetime) -> WaitView:
    """Joining twice for the same is nothing new. Refuses: room.not_found, purpose.not_found, wait.free (the time is free: book it), booking.past,
    booking.backwards, and what `rules` refuses of a booking in that room"""
    person = people.get(s, by.person_id)
    if do.ends_at <= do.starts_at:
        raise Refused("booking.backwards")
    if do.starts_at <= at - rules.LATE_START:
        raise Refused("booking.past")
    if do.starts_at > at + timedelta(days=rooms.FARTHEST_DAYS):
        raise Refused("booking.too_far", days=rooms.FARTHEST_DAYS)
    _check(s, do, person, by, at)
    same = select(BookingWait).where(
        col(BookingWait.person_id) == person.id, col(BookingWait.room_id).is_not_distinct_from(do.room_id),
        col(BookingWait.starts_at) == do.starts_at, col(BookingWait.ends_at) == do.ends_at, col(BookingWait.state).in_((WAITING, OFFERED)),
    )  # fmt: skip
    known = s.execute(same).scalars().first()
    if known is None:
        known = BookingWait(
            id=do.id or uuid7(), person_id=person.id, room_id=do.room_id, starts_at=do.starts_at, ends_at=do.ends_at, title=do.title,
            purpose_id=do.purpose_id, attendees=do.attendees, needs=list(do.needs), place=do.place, joined_at=at,
        )  # fmt: skip
        s.add(known)
        s.flush()
    touch(s, "wait", known.id)
    return views(s, [known])[0]


class LeaveWaiting(Operation):
    wait_id: UUID


@operation(LeaveWaiting, "booking.leave_waiting", roles=PERSON_ROLES)
def leave(s: Session, do: LeaveWaiting, by: Actor, at: datetime) -> WaitView:
    """No longer needed; an open offer goes to the next. Twice is nothing new. Refuses: wait.not_found, wait.placed"""
    wait = s.get(BookingWait, do.wait_id)
    if wait is None:
        raise Refused("wait.not_found")
    if wait.person_id != by.person_id and not by.has(*OFFICE):
        raise NotAllowed(reason="wait")
    if wait.state == PLACED:
        raise Refused("wait.placed")
    if wait.state in (WAITING, OFFERED):
        set_state(s, wait, LEFT)
        kept = s.execute(select(BookingOffer).where(col(BookingOffer.wait_id) == wait.id, col(BookingOffer.state) == offers.OPEN)).scalars()
        for made in list(kept):
            offers.withdraw(s, made, at)
    return views(s, [wait])[0]


# ── time that became free ──


@making.when_freed
def _freed(s: Session, room_id: UUID, start: datetime, until: datetime, at: datetime) -> None:
    """Give the freed time of a room to those who wait for it, first come first served."""
    concerned = rooms.sharing(s, room_id)
    query = select(BookingWait).where(
        col(BookingWait.state) == WAITING,
        col(BookingWait.ends_at) > at,
        col(BookingWait.starts_at) < until,
        col(BookingWait.ends_at) > start,
        or_(col(BookingWait.room_id).is_(None), col(BookingWait.room_id).in_(concerned)),
    )
    for wait in list(s.execute(query.order_by(col(BookingWait.joined_at), col(BookingWait.id)).limit(ASKED_AT_ONCE)).scalars()):
        begin = max(wait.starts_at, at)
        if wait.ends_at - begin >= SHORTEST:
            _give(s, wait, room_id, begin, at)


def _give(s: Session, wait: BookingWait, freed_id: UUID, begin: datetime, at: datetime) -> None:
    person = people.get(s, wait.person_id)
    if person.disabled_at is not None:
        set_state(s, wait, LEFT)
        return
    room_ids = [wait.room_id] if wait.room_id else _rooms_for(s, wait, person, freed_id, begin, at)
    for room_id in room_ids:
        wish = Wish(
            room_id, begin, wait.ends_at, wait.title, person.id, wait.purpose_id, wait.attendees, tuple(wait.needs), via="waiting_list"
        )
        if wait.place:
            booking = _booked(s, wish, people.actor_of(s, person), at)
            if booking is not None:
                wait.booking_id = booking.id
                set_state(s, wait, PLACED)
                _tell(s, "booking.placed_notice", booking, person.id, at)
                return
        else:
            made = offers.offer(s, wish, offers.WAITING, person.id, at, wait_id=wait.id)
            if made is not None:
                set_state(s, wait, OFFERED)
                _tell(s, "booking.waiting_offer_notice", claims.get(s, made.booking_id)[0], person.id, at, answer_by=made.expires_at)
                return


def _booked(s: Session, wish: Wish, by: Actor, at: datetime) -> Booking | None:
    try:
        with s.begin_nested():
            return making.make(s, wish, by, at)
    except (Refused, NotAllowed):
        return None
    except DBAPIError as error:
        if not any(name in database.violated(error) for name in (OVERLAP, ITEM_OVERLAP)):
            raise
        return None


def _rooms_for(s: Session, wait: BookingWait, person: Person, freed_id: UUID, begin: datetime, at: datetime) -> list[UUID]:
    equipment = [need for need in wait.needs if need in rooms.EQUIPMENT]
    who = (rules.roles_of(s, person, people.actor_of(s, person)), person.department_id)
    found = free_rooms(s, begin, wait.ends_at, seats=wait.attendees, equipment=equipment, limit=50, at=at, who=who)
    return sorted((room.id for room in found), key=lambda id: id != freed_id)[:3]


@offers.answered(offers.WAITING)
def _answered(s: Session, made: BookingOffer, booking: Booking, by: Actor, at: datetime) -> None:
    """Accepted: placed. Declined or not answered: out of the queue; what was kept is free again and went to the next already."""
    wait = s.get(BookingWait, made.wait_id) if made.wait_id else None
    if wait is None or wait.state != OFFERED:
        return
    if made.state == offers.ACCEPTED:
        wait.booking_id = booking.id
        set_state(s, wait, PLACED)
    else:
        set_state(s, wait, LEFT)
        if made.state == offers.LAPSED:
            _tell(s, "booking.offer_lapsed_notice", booking, wait.person_id, at)


# ── reads ──


def waits_of(s: Session, person_id: UUID, at: datetime) -> list[WaitView]:
    """What a person waits for, the next first."""
    query = select(BookingWait).where(
        col(BookingWait.person_id) == person_id, col(BookingWait.state).in_((WAITING, OFFERED)), col(BookingWait.ends_at) > at
    )
    return views(s, list(s.execute(query.order_by(col(BookingWait.starts_at))).scalars()))


def views(s: Session, rows: Sequence[BookingWait]) -> list[WaitView]:
    found = []
    for wait in rows:
        person = s.get(Person, wait.person_id)
        place = s.get(Place, wait.room_id) if wait.room_id else None
        ahead = select(col(BookingWait.id)).where(
            col(BookingWait.state).in_((WAITING, OFFERED)), col(BookingWait.room_id).is_not_distinct_from(wait.room_id),
            col(BookingWait.starts_at) < wait.ends_at, col(BookingWait.ends_at) > wait.starts_at,
            or_(col(BookingWait.joined_at) < wait.joined_at, (col(BookingWait.joined_at) == wait.joined_at) & (col(BookingWait.id) < wait.id)),
        )  # fmt: skip
        found.append(
            WaitView(
                wait.id,
                wait.person_id,
                person.name if person else "",
                wait.room_id,
                place.name if place else "",
                wait.starts_at,
                wait.ends_at,
                wait.title,
                wait.attendees,
                wait.place,
                wait.joined_at,
                wait.state,
                len(s.execute(ahead).all()),
                wait.booking_id,
                wait.version,
            )
        )
    return found


# ── private ──


def _check(s: Session, do: JoinWaiting, person: Person, by: Actor, at: datetime) -> None:
    """Nobody waits for what they could have, or could never have."""
    purpose = rooms.get_purpose(s, do.purpose_id)
    if do.room_id is None:
        equipment = [need for need in do.needs if need in rooms.EQUIPMENT]
        who = (rules.roles_of(s, person, by), person.department_id)
        if free_rooms(s, max(do.starts_at, at), do.ends_at, seats=do.attendees, equipment=equipment, limit=1, at=at, who=who):
            raise Refused("wait.free")
        return
    room = rooms.get(s, do.room_id)
    wish = Wish(do.room_id, do.starts_at, do.ends_at, do.title, None, do.purpose_id, do.attendees, do.needs)
    sketch, rule = making.sketch(s, wish, room, purpose, person, by, at)
    rules.check_who(s, room, purpose, person, by)
    rules.check_span(s, room, rule, sketch.starts_at, sketch.ends_at, at, claims.zone_of(s, room.place_id))
    rules.check_form(room, purpose, sketch)
    if claims.first_clash(s, room.place_id, *claims.span_of(sketch)) is None:
        raise Refused("wait.free")


def set_state(s: Session, wait: BookingWait, state: str) -> None:
    wait.state = state
    wait.version += 1
    s.flush()
    touch(s, "wait", wait.id)


def _tell(s: Session, key: str, booking: Booking, person_id: UUID, at: datetime, **more: object) -> None:
    facts = {"room": places.get(s, booking.room_id).name, "from": booking.starts_at, "until": booking.ends_at, **more}
    notices.queue(s, key=key, facts=facts, at=at, to_person_id=person_id, subject=("booking", booking.id))


def _list(s: Session, query: Query, by: Actor) -> Page:
    rows = select(BookingWait).order_by(col(BookingWait.id).desc()).limit(query.limit + 1)
    if not by.has(*OFFICE):
        rows = rows.where(col(BookingWait.person_id) == by.person_id)
    if state := query.filters.get("state"):
        rows = rows.where(col(BookingWait.state) == state)
        if state == WAITING:
            rows = rows.where(col(BookingWait.ends_at) > clock.now())
    if query.cursor:
        try:
            rows = rows.where(col(BookingWait.id) < UUID(query.cursor))
        except ValueError:
            raise Refused("query.cursor") from None
    found = list(s.execute(rows).scalars())
    page = found[: query.limit]
    return Page(views(s, page), str(page[-1].id) if len(found) > query.limit else None)


def _one(s: Session, id: str, by: Actor) -> Any:
    try:
        wait = s.get(BookingWait, UUID(id))
    except ValueError:
        return None
    if wait is None or (wait.person_id != by.person_id and not by.has(*OFFICE)):
        return None
    return views(s, [wait])[0]


WAITS = Collection(
    "waits", PERSON_ROLES, _list, _one,
    tuple(ExportColumn(name, f"wait.column.{name}") for name in ("person", "room", "starts_at", "ends_at", "joined_at", "state")), ("state",),
)  # fmt: skip

"""Conflicts settled by the office (协调冲突, guide S1.3-R2): somebody needs a time that is taken and asks the office to mediate.

The office offers the asker another room or time, or asks the holder to give way for another room; both are offers that their person
accepts or declines. A case ends with the time it led to, or refused with a note. Who was displaced and found no room gets a case too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints
from pydantic import Field as Input
from sqlalchemy import JSON, Column, func, or_, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import database
from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import notices, people, places
from core.mechanisms.operations import OFFICE, PERSON_ROLES, SYSTEM, Actor, Operation, Role, operation, touch
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections import rooms
from core.sections.bookings import claims, making, offers, rules
from core.sections.bookings.claims import OVERLAP, Booking, BookingState
from core.sections.bookings.making import Wish
from core.sections.bookings.offers import BookingOffer, OfferView
from core.sections.rooms import Need, Seating

MEDIATORS = OFFICE | {Role.LEADER}
WANTED, DISPLACED = "wanted", "displaced"
OPEN, SETTLED, REFUSED, WITHDRAWN = "open", "settled", "refused", "withdrawn"
Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class BookingCase(SQLModel, table=True):
    """What is wanted, by whom, why, and how it ended. `holder_id` is the booking in the way when it was opened; `kind` is wanted or
    displaced."""

    __tablename__: ClassVar[str] = "booking_case"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    kind: str
    room_id: UUID = Field(foreign_key="place.id", index=True)
    starts_at: datetime
    ends_at: datetime
    person_id: UUID = Field(foreign_key="person.id", index=True)
    title: str = ""
    purpose_id: UUID | None = None
    attendees: int = 0
    needs: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    seating: str = ""
    reason: str = ""
    holder_id: UUID | None = Field(default=None, foreign_key="booking.id")
    state: str = Field(default=OPEN, index=True)
    opened_at: datetime
    decided_at: datetime | None = None
    decided_by: UUID | None = None
    note: str = ""
    booking_id: UUID | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with its offers, oldest first. `holder` names who has the time; `booking_id` is what it led to."""

    id: UUID
    kind: str
    room_id: UUID
    room: str
    starts_at: datetime
    ends_at: datetime
    person_id: UUID
    person: str
    title: str
    attendees: int
    reason: str
    holder_id: UUID | None
    holder: str
    state: str
    note: str
    opened_at: datetime
    decided_at: datetime | None
    booking_id: UUID | None
    offers: tuple[OfferView, ...]
    version: int


# ── operations ──


class OpenCase(Operation):
    """The wished booking and why it matters."""

    room_id: UUID
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    title: Annotated[str, StringConstraints(max_length=120)] = ""
    purpose_id: UUID | None = None
    attendees: Annotated[int, Input(ge=0, le=5000)] = 0
    needs: Annotated[tuple[Need, ...], Input(max_length=20)] = ()
    seating: Seating = ""
    reason: Words
    id: UUID | None = None


@operation(OpenCase, "booking.open_case", roles=PERSON_ROLES)
def open_case(s: Session, do: OpenCase, by: Actor, at: datetime) -> CaseView:
    """Ask the office to mediate. The same case again is the case that is open. Refuses: room.not_found, purpose.not_found, case.free (the time is
    free: book it), and what `rules` refuses of a booking"""
    room, purpose = rooms.get(s, do.room_id), rooms.get_purpose(s, do.purpose_id)
    wish = Wish(do.room_id, do.starts_at, do.ends_at, do.title, None, do.purpose_id, do.attendees, do.needs, do.seating)
    host = making.host_of(s, None, by)
    assert host is not None  # only persons open cases
    sketch, rule = making.sketch(s, wish, room, purpose, host, by, at)
    rules.check_who(s, room, purpose, host, by)
    rules.check_span(s, room, rule, sketch.starts_at, sketch.ends_at, at, claims.zone_of(s, room.place_id))
    rules.check_form(room, purpose, sketch)
    taken = claims.first_clash(s, room.place_id, *claims.span_of(sketch))
    if taken is None:
        raise Refused("case.free", room=places.get(s, room.place_id).name)
    same = select(BookingCase).where(
        col(BookingCase.person_id) == host.id, col(BookingCase.room_id) == room.place_id, col(BookingCase.state) == OPEN,
        col(BookingCase.starts_at) == sketch.starts_at, col(BookingCase.ends_at) == sketch.ends_at,
    )  # fmt: skip
    known = s.execute(same).scalars().first()
    if known is not None:
        return views(s, [known])[0]
    case = BookingCase(
        id=do.id or uuid7(), kind=WANTED, room_id=room.place_id, starts_at=sketch.starts_at, ends_at=sketch.ends_at, person_id=host.id, title=do.title,
        purpose_id=do.purpose_id, attendees=do.attendees, needs=list(do.needs), seating=do.seating, reason=do.reason, holder_id=taken.booking_id, opened_at=at,
    )  # fmt: skip
    return _opened(s, case, at)


class OfferInCase(Operation):
    """Keep a room and time for the asker, or for the holder so that they give way (`to`)."""

    case_id: UUID
    to: Literal["asker", "holder"] = "asker"
    room_id: UUID
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None


@operation(OfferInCase, "booking.offer_in_case", roles=MEDIATORS)
def offer_in_case(s: Session, do: OfferInCase, by: Actor, at: datetime) -> CaseView:
    """Without times it is the time of the case, or of the holder's booking. Refuses: case.not_found, case.settled, case.refused,
    case.withdrawn, case.no_holder, case.offered (an answer is awaited), case.offer_taken"""
    case = _open(s, do.case_id)
    if any(made.state == offers.OPEN for made in _offers(s, case.id)):
        raise Refused("case.offered")
    wish, person_id, for_booking = _wish(case), case.person_id, case.holder_id if case.kind == DISPLACED else None
    if do.to == "holder":
        holder = _holder(s, case)
        wish, for_booking = making.as_wish(holder), holder.id
        assert holder.host_id is not None
        person_id = holder.host_id
    wish = Wish(
        do.room_id, do.starts_at or wish.starts_at, do.ends_at or wish.ends_at, wish.title, person_id, wish.purpose_id, wish.attendees, wish.needs,
        wish.seating, wish.remark, replaces_id=for_booking,
    )  # fmt: skip
    made = offers.offer(s, wish, offers.CASE, person_id, at, for_booking_id=for_booking, case_id=case.id)
    if made is None:
        raise Refused("case.offer_taken", room=places.get(s, do.room_id).name)
    facts = {"room": places.get(s, do.room_id).name, "from": wish.starts_at, "until": wish.ends_at, "answer_by": made.expires_at}
    key = "booking.case_ask_holder" if do.to == "holder" else "booking.case_offer_notice"
    notices.queue(s, key=key, facts=facts, at=at, to_person_id=person_id, subject=("booking", made.booking_id))
    return changed_case(s, case)


class CloseCase(Operation):
    """The office can not help, and says why."""

    case_id: UUID
    note: Words


@operation(CloseCase, "booking.close_case", roles=MEDIATORS)
def close_case(s: Session, do: CloseCase, by: Actor, at: datetime) -> CaseView:
    """Refuses: case.not_found, case.settled, case.refused, case.withdrawn"""
    case = _open(s, do.case_id)
    end_case(s, case, REFUSED, by, at, note=do.note)
    facts = {"room": places.get(s, case.room_id).name, "from": case.starts_at, "note": do.note}
    notices.queue(s, key="booking.case_refused_notice", facts=facts, at=at, to_person_id=case.person_id, subject=("case", case.id))
    return changed_case(s, case)


class WithdrawCase(Operation):
    case_id: UUID


@operation(WithdrawCase, "booking.withdraw_case", roles=PERSON_ROLES)
def withdraw_case(s: Session, do: WithdrawCase, by: Actor, at: datetime) -> CaseView:
    """No longer needed. Twice is nothing new. Refuses: case.not_found, case.settled, case.refused; not allowed: somebody else's"""
    case = _get(s, do.case_id)
    if case.person_id != by.person_id and not by.has(*OFFICE):
        raise NotAllowed(reason="case")
    if case.state != WITHDRAWN:
        end_case(s, _open(s, case.id), WITHDRAWN, by, at)
    return changed_case(s, case)


# ── for displacing ──


def open_for_displaced(s: Session, displaced: Booking, reason: str, at: datetime) -> None:
    """A displaced booking without another room is the office's to settle."""
    if displaced.host_id is None:
        return
    case = BookingCase(
        kind=DISPLACED, room_id=displaced.room_id, starts_at=displaced.starts_at, ends_at=displaced.ends_at, person_id=displaced.host_id,
        title=displaced.title, purpose_id=displaced.purpose_id, attendees=displaced.attendees, needs=list(displaced.needs), seating=displaced.seating,
        reason=reason, holder_id=displaced.id, opened_at=at,
    )  # fmt: skip
    _opened(s, case, at)


@offers.answered(offers.CASE)
def _answered(s: Session, made: BookingOffer, booking: Booking, by: Actor, at: datetime) -> None:
    """Accepted by the asker: settled. Accepted by the holder: they move, and the asker gets the time. Else the office goes on."""
    case = _get(s, made.case_id) if made.case_id else None
    if case is None or case.state != OPEN:
        return
    if made.state != offers.ACCEPTED:
        _tell_office(s, case, at)
    elif made.for_booking_id is None or case.kind == DISPLACED:
        end_case(s, case, SETTLED, by, at, booking_id=booking.id)
    else:
        _swap(s, case, made.for_booking_id, booking, by, at)
    touch(s, "case", case.id)


def _swap(s: Session, case: BookingCase, holder_id: UUID, moved_to: Booking, by: Actor, at: datetime) -> None:
    holder, _room = claims.get(s, holder_id)
    if holder.state in claims.LIVE:
        holder.displaced_by_id = moved_to.id  # of their own will: the row says where they went
        making.drop(s, holder, by, at, state=BookingState.DISPLACED)
    wish = _wish(case)
    try:
        with s.begin_nested():
            got = making.make(s, wish, SYSTEM, at)
    except Refused:
        _tell_office(s, case, at)  # somebody else is in the way too
        return
    except DBAPIError as error:
        if OVERLAP not in database.violated(error):
            raise
        _tell_office(s, case, at)
        return
    end_case(s, case, SETTLED, by, at, booking_id=got.id)
    facts = {"room": places.get(s, case.room_id).name, "from": case.starts_at, "until": case.ends_at}
    notices.queue(s, key="booking.case_settled_notice", facts=facts, at=at, to_person_id=case.person_id, subject=("booking", got.id))


# ── reads ──


def open_cases(s: Session) -> list[CaseView]:
    """What the office has to settle, the soonest start first."""
    rows = s.execute(select(BookingCase).where(col(BookingCase.state) == OPEN).order_by(col(BookingCase.starts_at)).limit(200)).scalars()
    return views(s, list(rows))


def count_open(s: Session) -> int:
    """How many cases wait for the office."""
    return int(s.execute(select(func.count()).select_from(BookingCase).where(col(BookingCase.state) == OPEN)).scalar_one())


def cases_of(s: Session, person_id: UUID, at: datetime) -> list[CaseView]:
    """A person's open cases about times to come."""
    query = select(BookingCase).where(
        col(BookingCase.person_id) == person_id, col(BookingCase.state) == OPEN, col(BookingCase.ends_at) > at
    )
    return views(s, list(s.execute(query.order_by(col(BookingCase.starts_at))).scalars()))


def views(s: Session, rows: Sequence[BookingCase]) -> list[CaseView]:
    found = []
    for case in rows:
        place, person = s.get(Place, case.room_id), s.get(Person, case.person_id)
        holder = s.get(Booking, case.holder_id) if case.holder_id else None
        host = s.get(Person, holder.host_id) if holder and holder.host_id else None
        found.append(
            CaseView(
                case.id,
                case.kind,
                case.room_id,
                place.name if place else "",
                case.starts_at,
                case.ends_at,
                case.person_id,
                person.name if person else "",
                case.title,
                case.attendees,
                case.reason,
                case.holder_id,
                host.name if host else "",
                case.state,
                case.note,
                case.opened_at,
                case.decided_at,
                case.booking_id,
                tuple(offers.views(s, _offers(s, case.id))),
                case.version,
            )
        )
    return found


# ── private ──


def _get(s: Session, case_id: UUID) -> BookingCase:
    case = s.get(BookingCase, case_id)
    if case is None:
        raise Refused("case.not_found")
    return case


def _open(s: Session, case_id: UUID) -> BookingCase:
    case = _get(s, case_id)
    if case.state != OPEN:
        raise Refused(f"case.{case.state}")
    return case


def _holder(s: Session, case: BookingCase) -> Booking:
    """Who has the wanted time now, which may not be who had it when the case was opened."""
    taken = claims.first_clash(s, case.room_id, case.starts_at, case.ends_at)
    holder = claims.get(s, taken.booking_id)[0] if taken else None
    if case.kind != WANTED or holder is None or holder.host_id is None:
        raise Refused("case.no_holder")
    case.holder_id = holder.id
    return holder


def _offers(s: Session, case_id: UUID) -> list[BookingOffer]:
    return list(s.execute(select(BookingOffer).where(col(BookingOffer.case_id) == case_id).order_by(col(BookingOffer.id))).scalars())


def _wish(case: BookingCase) -> Wish:
    replaces = case.holder_id if case.kind == DISPLACED else None
    return Wish(
        case.room_id, case.starts_at, case.ends_at, case.title, case.person_id, case.purpose_id, case.attendees, tuple(case.needs), case.seating,
        replaces_id=replaces,
    )  # fmt: skip


def _opened(s: Session, case: BookingCase, at: datetime) -> CaseView:
    s.add(case)
    s.flush()
    _tell_office(s, case, at)
    touch(s, "case", case.id)
    return views(s, [case])[0]


def end_case(s: Session, case: BookingCase, state: str, by: Actor, at: datetime, *, note: str = "", booking_id: UUID | None = None) -> None:
    for made in _offers(s, case.id):
        offers.withdraw(s, made, at)
    case.state, case.decided_at, case.decided_by, case.note, case.booking_id = state, at, by.person_id, note, booking_id


def changed_case(s: Session, case: BookingCase) -> CaseView:
    case.version += 1
    s.flush()
    touch(s, "case", case.id)
    return views(s, [case])[0]


def _tell_office(s: Session, case: BookingCase, at: datetime) -> None:
    facts = {
        "room": places.get(s, case.room_id).name,
        "from": case.starts_at,
        "who": people.get(s, case.person_id).name,
        "reason": case.reason,
    }
    notices.queue_roles(s, Role.RECEPTION, Role.CLERK, key="booking.case_notice", facts=facts, at=at, subject=("case", case.id), mail=False)


def _list(s: Session, query: Query, by: Actor) -> Page:
    rows = select(BookingCase).order_by(col(BookingCase.id).desc()).limit(query.limit + 1)
    if not by.has(*MEDIATORS):
        rows = rows.where(col(BookingCase.person_id) == by.person_id)
    if state := query.filters.get("state"):
        rows = rows.where(col(BookingCase.state) == state)
    if query.q:
        named = select(col(Person.id)).where(col(Person.name).contains(query.q, autoescape=True))
        rows = rows.where(or_(col(BookingCase.title).contains(query.q, autoescape=True), col(BookingCase.person_id).in_(named)))
    if query.cursor:
        try:
            rows = rows.where(col(BookingCase.id) < UUID(query.cursor))
        except ValueError:
            raise Refused("query.cursor") from None
    found = list(s.execute(rows).scalars())
    page = found[: query.limit]
    return Page(views(s, page), str(page[-1].id) if len(found) > query.limit else None)


def _one(s: Session, id: str, by: Actor) -> Any:
    try:
        case = s.get(BookingCase, UUID(id))
    except ValueError:
        return None
    if case is None or (case.person_id != by.person_id and not by.has(*MEDIATORS)):
        return None
    return views(s, [case])[0]


CASES = Collection(
    "cases", PERSON_ROLES, _list, _one,
    tuple(ExportColumn(name, f"case.column.{name}") for name in ("room", "starts_at", "ends_at", "person", "holder", "reason", "state", "note")), ("state",),
)  # fmt: skip

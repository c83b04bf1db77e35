"""Lists of bookings: the office's register with search and pages, and what is mine (guide S1.3-R1).

For signed-in people, with titles and hosts; never for a door.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from core.foundation import clock
from core.mechanisms import pinyin
from core.mechanisms.operations import PERSON_ROLES, Actor
from core.mechanisms.people import Department, Person
from core.mechanisms.places import Place
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections import rooms
from core.sections.bookings import claims
from core.sections.bookings.claims import LIVE, Booking, BookingState, BookingView


def mine(s: Session, person_id: UUID, at: datetime, limit: int = 20) -> list[BookingView]:
    """What a person hosts from now on, the next one first."""
    where = (
        or_(col(Booking.host_id) == person_id, col(Booking.booked_by_id) == person_id),
        col(Booking.ends_at) > at,
        col(Booking.state).in_([state for state in LIVE if state != BookingState.OFFERED]),  # offers are answered elsewhere
    )
    return _views(s, where, limit, at, newest_first=False)


def bookings_list(s: Session, query: Query, by: Actor) -> Page:
    """The register of bookings, newest first. Searches title, host and room (Chinese, pinyin, initials); filters: room, state, from, to
    (ISO moments)."""
    where: list[Any] = []
    if query.q:
        key = pinyin.squeeze(query.q)
        people_found = select(col(Person.id)).where(
            or_(
                col(Person.name).contains(query.q, autoescape=True),
                *(
                    (col(Person.pinyin).startswith(key, autoescape=True), col(Person.initials).startswith(key, autoescape=True))
                    if key
                    else ()
                ),
            )
        )
        places_found = select(col(Place.id)).where(
            or_(
                col(Place.name).contains(query.q, autoescape=True),
                col(Place.short_name) == query.q,
                *((col(Place.initials).startswith(key, autoescape=True),) if key else ()),
            )
        )
        where.append(
            or_(
                col(Booking.title).contains(query.q, autoescape=True),
                col(Booking.host_id).in_(people_found),
                col(Booking.room_id).in_(places_found),
            )
        )
    if room := query.filters.get("room"):
        found = rooms.find(s, room)
        where.append(col(Booking.room_id) == (found.place_id if found else None))
    if state := query.filters.get("state"):
        where.append(col(Booking.state) == state)
    for name, compare in (("from", col(Booking.ends_at).__gt__), ("to", col(Booking.starts_at).__lt__)):
        if (moment := _moment(query.filters.get(name))) is not None:
            where.append(compare(moment))
    if query.cursor and (after := _cursor(query.cursor)) is not None:
        where.append(or_(col(Booking.starts_at) < after[0], (col(Booking.starts_at) == after[0]) & (col(Booking.id) < after[1])))
    rows = _views(s, where, query.limit + 1, clock.now(), newest_first=True)
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    return Page(rows, f"{rows[-1].starts_at.isoformat()}~{rows[-1].id}" if more else None)


def _views(s: Session, where: Sequence[Any], limit: int, at: datetime, *, newest_first: bool) -> list[BookingView]:
    query = (
        select(Booking, Place.name.label("room"), Person.name.label("host"), Department.name.label("department"))  # type: ignore[attr-defined]
        .join(Place, col(Place.id) == Booking.room_id)
        .outerjoin(Person, col(Person.id) == Booking.host_id)
        .outerjoin(Department, col(Department.id) == Booking.department_id)
        .where(*where)
        .order_by(*((col(Booking.starts_at).desc(), col(Booking.id).desc()) if newest_first else (col(Booking.starts_at), col(Booking.id))))
        .limit(limit)
    )
    return [claims.shown(row[0], row.room, row.host or "", row.department or "", at) for row in s.execute(query)]


def _moment(value: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if value else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _cursor(value: str) -> tuple[datetime, UUID] | None:
    moment, _, id = value.partition("~")
    found = _moment(moment)
    try:
        return (found, UUID(id)) if found else None
    except ValueError:
        return None


def _one(s: Session, id: str, by: Actor) -> BookingView | None:
    try:
        found = _views(s, [col(Booking.id) == UUID(id)], 1, clock.now(), newest_first=True)
    except ValueError:
        return None
    return found[0] if found else None


COLLECTION = Collection(
    "bookings",
    PERSON_ROLES,
    bookings_list,
    _one,
    tuple(
        ExportColumn(name, f"booking.column.{name}")
        for name in ("starts_at", "ends_at", "room", "title", "host", "department", "state", "via", "checked_in_at")
    ),
    ("room", "state", "from", "to"),
)

"""Builders of the booking tests: ask for a room in one line, look at what stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlmodel import col

from core.foundation import database
from core.mechanisms.notices import Notice
from core.mechanisms.operations import Actor
from core.sections import bookings, rooms
from core.sections.bookings import Booking, Claim, ItemClaim
from core.sections.bookings.claims import from_ms
from tests.cast import Office


def asking(office: Office, start: datetime, end: datetime, *, room: str = "301", **more: Any) -> bookings.CreateBooking:
    return bookings.CreateBooking(room_id=office.places[room], starts_at=start, ends_at=end, **more)


def book(office: Office, start: datetime, end: datetime, *, by: Actor | None = None, room: str = "301", **more: Any) -> dict[str, Any]:
    result: dict[str, Any] = office.do(asking(office, start, end, room=room, **more), by or office.mei)
    return result


def purpose(office: Office, name: str, **facts: Any) -> UUID:
    made = uuid4()
    office.do(rooms.SetUpPurpose(purpose_id=made, name=name, **facts), office.bo)
    return made


def item(office: Office, kind: str, name: str) -> UUID:
    made = uuid4()
    office.do(rooms.SetUpItem(item_id=made, kind=kind, name=name), office.bo)  # type: ignore[arg-type]
    return made


def combined(office: Office, name: str, *parts: str, **facts: Any) -> UUID:
    """A room made of others, bookable as one."""
    office.places[name] = office.place(f"{name} 合并厅", "room", None, name)
    office.do(rooms.SetUpRoom(room_id=office.places[name], **({"capacity": 24} | facts)), office.bo)
    office.do(rooms.CombineRoom(room_id=office.places[name], part_ids=tuple(office.places[part] for part in parts)), office.bo)
    return office.places[name]


def row(booking_id: str | UUID) -> Booking:
    with database.reading() as s:
        found = s.get(Booking, UUID(str(booking_id)))
    assert found is not None
    return found


def claimed(room_id: UUID) -> list[tuple[datetime, datetime]]:
    """What is blocked on a leaf room, in order."""
    with database.reading() as s:
        rows = s.execute(select(Claim).where(col(Claim.room_id) == room_id).order_by(col(Claim.from_ms))).scalars()
        return [(from_ms(one.from_ms), from_ms(one.until_ms)) for one in rows]


def items_claimed(item_id: UUID) -> list[UUID]:
    with database.reading() as s:
        return list(s.execute(select(col(ItemClaim.booking_id)).where(col(ItemClaim.item_id) == item_id)).scalars())


def told(office: Office, person: Actor) -> list[str]:
    """The keys of what a person was told, oldest first."""
    with database.reading() as s:
        query = select(col(Notice.key)).where(col(Notice.person_id) == person.person_id, col(Notice.channel) == "mail")
        return list(s.execute(query.order_by(col(Notice.id))).scalars())

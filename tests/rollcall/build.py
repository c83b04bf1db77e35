"""Builders of roll calls: who is in the house, in one line each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core.foundation import clock
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import SYSTEM, Actor
from core.sections import bookings, rollcall, rooms, visits
from core.sections.rollcall import BadgeWay, RollCallView, reading, record
from tests.cast import Office
from tests.visits import build as visiting


def guest(office: Office, at_kiosk: Actor, name: str, *, host: str = "林晓梅", **more: Any) -> UUID:
    """A visitor who is in the house."""
    return UUID(visiting.walk_in(office, at_kiosk, name=name, host=host, **more)["visit_id"])


def badge_in(office: Office, *keys: str, way: BadgeWay = BadgeWay.IN) -> None:
    for key in keys:
        office.do(rollcall.Badge(person_id=office.people[key].person_id, way=way), office.ann)


def staff_card(office: Office, key: str) -> str:
    person_id = office.people[key].person_id
    assert person_id is not None
    return office.label(SubjectKind.PERSON, person_id)


def start(office: Office, by: Actor | None = None, *, at: datetime | None = None, **more: Any) -> UUID:
    return UUID(office.do(rollcall.Start(**more), by or office.ann, at=at)["rollcall_id"])


def seen(office: Office, id: UUID) -> RollCallView:
    found = office.read(lambda s: reading.view(s, record.resolve(s, id), clock.now()))
    assert isinstance(found, RollCallView)
    return found


def missing(view: RollCallView) -> list[str]:
    return [line.name for line in view.lines if line.status == "inside" and not line.accounted]


def assumed_left(office: Office, at_kiosk: Actor, name: str) -> UUID:
    """A visitor of yesterday whose badge went home in a pocket: the day was closed at midnight."""
    now = clock.now()
    clock.freeze(now - timedelta(days=1))
    visit_id = guest(office, at_kiosk, name)
    clock.freeze(now)
    office.do(visits.CloseDay(visit_ids=[visit_id]), SYSTEM, at=clock.day_span(clock.today(now))[0] + timedelta(minutes=1))
    return visit_id


def in_room(office: Office, key: str, room: str) -> None:
    """Somebody who booked a room and checked in to it."""
    now = clock.now()
    office.do(rooms.SetUpRoom(room_id=office.places[room], capacity=8), office.bo)
    made = office.do(
        bookings.CreateBooking(room_id=office.places[room], starts_at=now, ends_at=now + timedelta(hours=1), title="例会"),
        office.people[key],
    )
    office.do(bookings.CheckIn(booking_id=UUID(str(made["id"]))), office.people[key])

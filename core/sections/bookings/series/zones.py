"""Bookings to come keep their wall time when a law changes a zone's rules (house.md §5; pitfall V17).

A booking stores what the wall reads and the zone's name; its instants were derived with the zone data of that day. A job derives them anew
and moves what no longer agrees: a meeting at nine stays at nine. The past is left alone."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock, database
from core.foundation.errors import Invalid, Refused
from core.foundation.ids import derived
from core.foundation.jobs import job
from core.mechanisms import notices
from core.mechanisms.operations import OFFICE, SYSTEM, Actor, Operation, operation, perform_now, touch
from core.mechanisms.places import Place
from core.sections import rooms
from core.sections.bookings import claims
from core.sections.bookings.claims import LIVE, Booking
from core.sections.bookings.series.make import trying


class FollowZone(Operation):
    """Derive the instants of a room's bookings to come anew."""

    room_id: UUID


@operation(FollowZone, "booking.follow_zone", roles=set())
def follow_zone(s: Session, do: FollowZone, by: Actor, at: datetime) -> dict[str, Any]:
    """What would now overlap keeps its instant, and the desk is told. Nothing to do claims nothing. Refuses: room.not_found"""
    room = rooms.get(s, do.room_id)
    moved = [(booking, *spans) for booking, spans in _apart(s, do.room_id, at)]
    if not moved:
        raise Invalid("booking.zone_agrees")
    for booking, _, _ in moved:
        claims.unclaim(s, booking)
    stuck = 0
    for booking, starts_at, ends_at in moved:
        former = (booking.starts_at, booking.ends_at)
        booking.starts_at, booking.ends_at = starts_at, ends_at
        booking.version += 1
        touch(s, "booking", booking.id)
        try:
            trying(s, lambda booking=booking: claims.claim(s, booking, room), lambda: Refused("booking.clash"))  # type: ignore[misc]
        except Refused:
            booking.starts_at, booking.ends_at = former
            claims.claim(s, booking, room)
            stuck += 1
    rooms.changed(s, room.place_id)
    if stuck:
        place = s.get(Place, room.place_id)
        facts = {"room": place.name if place else "", "n": stuck}
        notices.queue_roles(s, *OFFICE, key="booking.zone_stuck_notice", facts=facts, at=at, subject=("room", room.place_id))
    return {"moved": len(moved) - stuck, "stuck": stuck}


@job(every_s=6 * 3600)
def follow_zones(at: datetime) -> int:
    """Look at every room with bookings to come; answers how many bookings moved. New zone data comes with a restart, when jobs run."""
    moved = 0
    with database.reading() as s:
        room_ids = list(s.execute(select(col(Booking.room_id)).where(*_to_come(at)).distinct()).scalars())
        apart = {room_id: found for room_id in room_ids if (found := _apart(s, room_id, at))}
    for room_id, found in apart.items():
        what = hashlib.sha256("|".join(f"{booking.id}{booking.version}{spans}" for booking, spans in found).encode()).hexdigest()
        outcome = perform_now(FollowZone(room_id=room_id), by=SYSTEM, at=at, op_id=derived("booking.follow_zone", room_id, what))
        moved += int(outcome.result["moved"]) if outcome.ok and not outcome.repeated else 0
    return moved


def _to_come(at: datetime) -> tuple[Any, ...]:
    return (col(Booking.starts_at) > at, col(Booking.state).in_(LIVE))


def _apart(s: Session, room_id: UUID, at: datetime) -> list[tuple[Booking, tuple[datetime, datetime]]]:
    """Bookings whose instants are no longer what their wall times mean, with what they mean now."""
    query = select(Booking).where(col(Booking.room_id) == room_id, *_to_come(at)).order_by(col(Booking.starts_at))
    found = []
    for booking in s.execute(query).scalars():
        zone = ZoneInfo(booking.zone)
        walls = [datetime.fromisoformat(wall) for wall in (booking.starts_wall, booking.ends_wall)]
        if all(
            instant.astimezone(zone).replace(tzinfo=None) == wall
            for instant, wall in zip((booking.starts_at, booking.ends_at), walls, strict=True)
        ):
            continue  # also right in the hour that comes twice
        try:
            starts_at, ends_at = (clock.from_wall(wall, zone) for wall in walls)
        except Refused:
            continue  # the new rules leave this hour out: the instant stays until somebody decides
        if starts_at < ends_at:
            found.append((booking, (starts_at, ends_at)))
    return found

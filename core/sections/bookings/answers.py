"""What to answer when a time can not be had: until when it is taken, and up to three others, rooms or times (scenario Front desk 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.errors import Refused
from core.mechanisms.places import Place
from core.sections import rooms
from core.sections.bookings import claims, rules
from core.sections.bookings.claims import Claim, from_ms, to_ms
from core.sections.bookings.free import free_rooms

MOST = 3


@dataclass(frozen=True, slots=True)
class FreeTime:
    """Another time in the wanted room, of the wanted length."""

    starts_at: datetime
    ends_at: datetime


def clash_between(
    s: Session,
    room_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    at: datetime,
    *,
    without: UUID | None = None,
    buffers: tuple[int, int] = (0, 0),
    seats: int = 0,
    equipment: Sequence[str] = (),
) -> Refused:
    """`booking.clash`: which room, from when until when it is taken (buffers of `buffers` minutes counted), `alternatives` (rooms free for the
    same time) and `times` (the same room at another time), three in all."""
    before, after = (timedelta(minutes=minutes) for minutes in buffers)
    taken = claims.clashing(s, room_id, starts_at - before, ends_at + after, without)
    place = s.get(Place, room_id)
    times = free_times(s, room_id, starts_at, ends_at, at, without=without, buffers=buffers)
    others = free_rooms(s, starts_at, ends_at, near=room_id, limit=MOST, seats=seats, equipment=equipment)
    kept = others[: MOST - min(len(times), 1)]
    return Refused(
        "booking.clash",
        room=place.name if place else "",
        **{"from": from_ms(taken[0].from_ms) if taken else starts_at},
        until=_until(taken) or ends_at,
        alternatives=kept,
        times=times[: MOST - len(kept)],
    )


def _until(taken: Sequence[Claim]) -> datetime | None:
    """When what is taken without a gap from the first clash on ends."""
    if not taken:
        return None
    until = taken[0].until_ms
    for claim in taken[1:]:
        until = max(until, claim.until_ms) if claim.from_ms <= until else until
    return from_ms(until)


def free_times(
    s: Session,
    room_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    at: datetime,
    *,
    without: UUID | None = None,
    buffers: tuple[int, int] = (0, 0),
) -> list[FreeTime]:
    """The nearest other times on the same day at which the room could be had for as long, the soonest to the wanted one first."""
    room = s.get(rooms.Room, room_id)
    if room is None:
        return []
    zone = claims.zone_of(s, room_id)
    midnight = starts_at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    opens, closes = (midnight, midnight + timedelta(days=1)) if rules.is_always_open(room) else rules.opening(room, starts_at, zone)
    before, after = (timedelta(minutes=minutes) for minutes in buffers)
    length, earliest = ends_at - starts_at, max(opens, at)
    query = select(col(Claim.from_ms), col(Claim.until_ms)).where(
        col(Claim.room_id).in_(rooms.leaves(s, room_id)),
        col(Claim.from_ms) < to_ms(closes + after),
        col(Claim.from_ms) >= to_ms(opens - timedelta(days=1)),
        col(Claim.until_ms) > to_ms(earliest - before),
    )
    if without is not None:
        query = query.where(col(Claim.booking_id) != without)
    taken = sorted((from_ms(row.from_ms), from_ms(row.until_ms)) for row in s.execute(query))
    found: list[FreeTime] = []
    cursor = earliest - before
    for begin, end in [*taken, (closes + after, closes + after)]:
        first, last = _quarter(max(cursor + before, earliest)), min(begin - after, closes) - length
        if first <= last:  # the end of the gap nearest to the wanted time
            start = min(max(first, starts_at), last)
            if start != starts_at:
                found.append(FreeTime(start, start + length))
        cursor = max(cursor, end)
    shut = rooms.closing(s, room)
    if rooms.is_closed(shut, starts_at) or not room.bookable:
        return []
    found = [
        t for t in found if shut.closed_from is None or t.ends_at <= shut.closed_from or (shut.closed_until or t.ends_at) <= t.starts_at
    ]
    return sorted(found, key=lambda t: abs(t.starts_at - starts_at))[:MOST]


def _quarter(moment: datetime) -> datetime:
    """The next full five minutes: nobody wants to begin at 10:03:17."""
    rest = (moment.minute % 5) * 60 + moment.second + moment.microsecond / 1e6
    return moment if not rest else moment + timedelta(seconds=300 - rest)

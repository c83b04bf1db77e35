"""Finding a room for a wish: what fits, until when it is free, what does not work there; and when nothing fits, when something does (guide
S1.3-R1; scenario Front desk 1, last clause)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from core.foundation import clock
from core.mechanisms import places
from core.mechanisms.places import Place, PlaceKind
from core.sections import bookings
from core.sections.bookings import FreeRoom
from core.sections.roomcare import wishes
from core.sections.roomcare.now import CareNow, care_now
from core.sections.roomcare.wishes import Wish

LATER = tuple(timedelta(minutes=30 * n) for n in range(9))  # from the next quarter of an hour on
SHORTEST_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Fit:
    """A room that fits. `missing` are wished things that are broken there, `brought` those a portable one is carried in for when the booking asks
    for it; `restoring`: it is still being restored, so not quite now."""

    room: FreeRoom
    faults: tuple[str, ...]
    missing: tuple[str, ...]
    restoring: bool
    brought: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a wish: the span that was meant, the rooms best first, and up to three later starts with how many rooms fit then. `place`: what the
    floor or room that was named is called; `floor_id`: the floor it is, or is on."""

    wish: Wish
    starts_at: datetime
    ends_at: datetime
    fits: tuple[Fit, ...]
    later: tuple[tuple[datetime, int], ...]
    place: str = ""
    floor_id: UUID | None = None


def search(s: Session, text: str, at: datetime, limit: int = 30) -> Found:
    """What fits a sentence. Rooms that have all that was wished come first, then those it is carried into, the smallest that is large enough
    before the others; a broken thing that was wished puts a room last."""
    floors = {place.name: place.id for place in places.everything(s, (PlaceKind.FLOOR,))}
    named = {name: place.id for place in places.everything(s, (PlaceKind.ROOM,)) for name in (place.name, place.short_name) if name}
    wish = wishes.read(text, at, clock.zone(), floors, named)
    return find(s, wish, at, limit)


def find(s: Session, wish: Wish, at: datetime, limit: int = 30) -> Found:
    """What fits a wish."""
    start = wish.starts_at.astimezone(at.tzinfo) if wish.starts_at is not None else at.replace(second=0, microsecond=0)
    start = max(start, at.replace(second=0, microsecond=0))
    end = start + timedelta(minutes=wish.minutes)
    care = care_now(s, at)
    within = places.descendants(s, [wish.place_id]) | {wish.place_id} if wish.place_id is not None else None
    fits = _fits(s, wish, start, end, at, care, within)
    later: list[tuple[datetime, int]] = []
    if not fits:
        quarter = start.replace(minute=start.minute // 15 * 15) + timedelta(minutes=15)
        for step in LATER:
            other = quarter + step
            count = len(_fits(s, wish, other, other + (end - start), at, care, within))
            if count:
                later.append((other, count))
            if len(later) == 3:
                break
    named = floor = s.get(Place, wish.place_id) if wish.place_id is not None else None
    while floor is not None and floor.kind != PlaceKind.FLOOR:
        floor = s.get(Place, floor.parent_id) if floor.parent_id is not None else None
    return Found(
        wish,
        start,
        end,
        tuple(fits[:limit]),
        tuple(later),
        named.name if named is not None else "",
        floor.id if floor is not None else None,
    )


def _fits(
    s: Session, wish: Wish, start: datetime, end: datetime, at: datetime, care: dict[UUID, CareNow], within: set[UUID] | None
) -> list[Fit]:
    found = []
    for room in bookings.free_rooms(s, start, end, seats=wish.seats, equipment=wish.equipment, limit=1000, unready=True):
        if within is not None and room.id not in within:
            continue
        mine = care.get(room.id) or CareNow(room.id)
        restoring = mine.restoring_since is not None and start < at + timedelta(minutes=SHORTEST_MINUTES)
        brought = tuple(item for item in wish.equipment if item not in room.equipment)
        found.append(Fit(room, mine.faults, tuple(item for item in mine.faults if item in wish.equipment), restoring, brought))
    found.sort(key=lambda fit: (bool(fit.missing), fit.restoring, bool(fit.brought), fit.room.capacity, fit.room.name))
    return found

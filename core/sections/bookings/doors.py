"""What a room's door shows (house.md §4, look.md §3; pitfalls V19, V22, V23, V28).

The view is the day as data. `slots` are the bookings of today and tomorrow, redacted here: the department and the time, a title only in a
room marked public, never a name. `phases` say which state holds from when to when, so that the screen counts on without the server and
decides nothing itself. A booking that waits for its check-in stays held until the server says otherwise: a door never turns green by its
own arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.mechanisms import office, places
from core.mechanisms.people import Department
from core.sections import rooms
from core.sections.bookings import asking, claims, daylight, no_shows, plans
from core.sections.bookings.claims import SHOWN, Booking, BookingState
from core.sections.bookings.free import free_rooms
from core.sections.bookings.rules import is_always_open, opening
from core.sections.rooms import Closed, Room

DAYS_SHOWN = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """A booking on the door. `who` is a department; `title` is empty unless the room is public. Check-in moments are None where nobody
    must. `blocked_…` is the time with set-up and clean-up: nobody else can have the room then (pitfall V14)."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    who: str
    title: str
    walk_up: bool
    checked_in: bool
    check_in_from: datetime | None
    check_in_by: datetime | None
    blocked_from: datetime
    blocked_until: datetime


@dataclass(frozen=True, slots=True)
class Phase:
    """One state from `starts_at` until `ends_at`. `until` is the moment the door names, `limit` how far what runs could be extended,
    `ask_until` how far when the next host agrees, `slot` the place of its booking in `slots`. A closed phase says why, that it is only the hour
    (`hours`), or that the room waits to be made ready (`restoring`, which a phase that comes soon says too)."""

    state: str
    starts_at: datetime
    ends_at: datetime
    slot: int | None = None
    until: datetime | None = None
    limit: datetime | None = None
    reason: str = ""
    hours: bool = False
    ask_until: datetime | None = None
    restoring: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Something else a door tells beside its state, from whoever looks after the room: `kind` is fault, help, preparing, restoring or ready;
    `key` is the catalogue's word for it; a call for help names who comes (`who`) once it is answered (`answered_at`)."""

    kind: str
    key: str = ""
    since: datetime | None = None
    until: datetime | None = None
    who: str = ""
    answered_at: datetime | None = None


MarkSource = Callable[[Session, UUID, datetime], Sequence[Mark]]
_mark_sources: dict[str, MarkSource] = {}


def marks_from(name: str, source: MarkSource) -> None:
    """Let another section tell doors its marks: main.py connects, `source(s, room_id, at)` reads. Connecting again replaces. Whoever changes
    a mark calls `rooms.changed`, so that the doors hear of it."""
    _mark_sources[name] = source


@dataclass(frozen=True, slots=True)
class DoorState:
    """A door's whole view. `version` grows with every change of the room's day; `at` is the server's time."""

    id: UUID
    version: int
    at: datetime
    zone: str
    name: str
    name_en: str
    capacity: int
    equipment: tuple[str, ...]
    state: str
    opens_minute: int
    closes_minute: int
    longest_minutes: int
    slots: tuple[Slot, ...]
    phases: tuple[Phase, ...]
    free_rooms: int
    reception: str
    nights: tuple[tuple[datetime, datetime], ...]
    day_ends_at: datetime
    marks: tuple[Mark, ...] = ()
    ask: asking.DoorAsk | None = None


@dataclass(frozen=True, slots=True)
class Nearby:
    """Other rooms that are free now, the nearest first, and how many there are in all."""

    items: tuple[plans.FreeRoom, ...]
    total: int


# ── reads ──


def door_state(s: Session, room_id: UUID, at: datetime) -> DoorState:
    """The view of one door. Refuses: room.not_found"""
    room, place = rooms.get(s, room_id), places.get(s, room_id)
    zone = claims.zone_of(s, room_id)
    today = at.astimezone(zone).date()
    midnight = datetime.combine(today, time(), zone).astimezone(UTC)
    horizon = datetime.combine(today + timedelta(days=DAYS_SHOWN), time(), zone).astimezone(UTC)
    slots = _slots(s, room, midnight, horizon, at)
    readiness = rooms.readiness(s, room_id, at)
    phases = tuple(
        _unless_ready(phase, readiness, slots, at) for phase in phases_of(room, rooms.closing(s, room), slots, at, horizon, zone)
    )
    return DoorState(
        room.place_id,
        room.day_version,
        at,
        str(zone),
        place.name,
        room.english_name,
        room.capacity,
        tuple(room.equipment),
        phases[0].state,
        room.opens_minute,
        room.closes_minute,
        room.longest_minutes,
        slots,
        phases,
        free_now(s, at),
        str(office.setting(s, "reception.phone")),
        daylight.nights(zone, today),
        datetime.combine(today + timedelta(days=1), time(), zone).astimezone(UTC),
        tuple(mark for source in _mark_sources.values() for mark in source(s, room_id, at)),
        asking.door_ask(s, room_id, at),
    )


def nearby(s: Session, room_id: UUID, at: datetime, limit: int = 6) -> Nearby:
    """Rooms free now for at least a quarter of an hour, the nearest to this door first. Refuses: room.not_found"""
    rooms.get(s, room_id)
    found = free_rooms(s, at, at + plans.QUARTER, near=room_id, limit=1000)
    return Nearby(tuple(found[:limit]), len(found))


def free_now(s: Session, at: datetime) -> int:
    """How many rooms are free for at least a quarter of an hour. Counted again only after a room's day changed or the plan itself goes
    on: a house full of doors that come back at once asks for the same number hundreds of times."""
    global _counted
    state = (id(s.get_bind()), *s.connection().execute(_VERSIONS).one())
    if _counted is None or _counted.state != state or not _counted.since <= at < _counted.until:
        _counted = _Count(state, at, plans.next_change(s, at), len(free_rooms(s, at, at + plans.QUARTER, limit=1000)))
    return _counted.free


@dataclass(frozen=True, slots=True)
class _Count:
    state: tuple[int, ...]
    since: datetime
    until: datetime
    free: int


_counted: _Count | None = None
_VERSIONS = select(func.count(col(Room.place_id)), func.sum(col(Room.day_version)))


# ── the day as phases ──


def phases_of(room: Room, shut: Closed, slots: tuple[Slot, ...], at: datetime, horizon: datetime, zone: ZoneInfo) -> tuple[Phase, ...]:
    """Which state holds from `at` to `horizon`, without gaps. What is booked comes before what is closed: people sit in there."""
    found: list[Phase] = []
    moment = at
    while moment < horizon:
        phase = _phase_at(room, shut, slots, moment, horizon, zone)
        if found and _continues(found[-1], phase):
            found[-1] = replace(found[-1], ends_at=phase.ends_at)
        else:
            found.append(phase)
        moment = phase.ends_at
    return tuple(found)


def _unless_ready(phase: Phase, readiness: rooms.Readiness, slots: tuple[Slot, ...], at: datetime) -> Phase:
    """A room that must be restored after a meeting is not offered as free until somebody saw to it."""
    if phase.state not in ("free", "soon") or not readiness.after_each:
        return phase
    met_before_it = any(at < slot.ends_at <= phase.starts_at for slot in slots)
    if not (readiness.waits or met_before_it):
        return phase
    return replace(phase, state="shut", until=None, limit=None, restoring=True) if phase.state == "free" else replace(phase, restoring=True)


def _continues(before: Phase, after: Phase) -> bool:
    return replace(before, starts_at=after.starts_at, ends_at=after.ends_at) == after and before.state == after.state


def _phase_at(room: Room, shut: Closed, slots: tuple[Slot, ...], moment: datetime, horizon: datetime, zone: ZoneInfo) -> Phase:
    index = next((i for i, slot in enumerate(slots) if slot.starts_at <= moment < slot.ends_at), None)
    following = next((i for i, slot in enumerate(slots) if slot.starts_at > moment), None)
    next_start = slots[following].starts_at if following is not None else None
    # What runs or comes in between must be cleared before the next one is set up.
    next_block = slots[following].blocked_from - timedelta(minutes=room.clean_up_minutes) if following is not None else None
    if rooms.is_closed(shut, moment) or not room.bookable:
        until = shut.closed_until if rooms.is_closed(shut, moment) else None
        return Phase("shut", moment, min(until or horizon, horizon), None, until, None, shut.closed_reason)
    closing = shut.closed_from if shut.closed_from is not None and shut.closed_from > moment else None
    if index is not None:
        slot = slots[index]
        limit = _earliest(next_block, _closing_time(room, slot.ends_at - timedelta(seconds=1), zone), closing) or horizon
        state = "busy" if slot.checked_in or slot.check_in_by is None else "held"
        return Phase(
            state, moment, min(slot.ends_at, horizon), index, slot.ends_at, max(limit, slot.ends_at),
            ask_until=_ask_until(room, slots, index, limit) if state == "busy" else None,
        )  # fmt: skip
    cleaned = max((slot.blocked_until for slot in slots if slot.ends_at <= moment < slot.blocked_until), default=None)
    if cleaned is not None:
        return Phase("shut", moment, _earliest(cleaned, next_start, horizon) or horizon, None, cleaned)
    opens, closes = opening(room, moment, zone)
    if not is_always_open(room) and not opens <= moment < closes:
        reopens = opens if moment < opens else opening(room, opens + timedelta(hours=36), zone)[0]
        return Phase("shut", moment, _earliest(reopens, next_start, horizon) or horizon, None, reopens, None, "", True)
    limit = _earliest(next_block, None if is_always_open(room) else closes, closing) or horizon
    if following is not None and next_start is not None and next_block is not None and limit == next_block:
        if next_start - moment <= plans.SOON or next_block <= moment:
            return Phase("soon", moment, next_start, following, next_start, max(next_block, moment))
        return Phase("free", moment, min(next_start - plans.SOON, next_block), None, next_block, next_block)
    return Phase("free", moment, min(limit, horizon), None, limit, limit)


def _ask_until(room: Room, slots: tuple[Slot, ...], index: int, limit: datetime) -> datetime | None:
    """How far the next host may be asked to give way: only a booking with a host that is what stands in the way, and a quarter of an hour of
    it must remain."""
    following = next((slot for slot in slots[index + 1 :] if slot.starts_at >= slots[index].ends_at), None)
    if (
        following is None
        or following.walk_up
        or following.checked_in
        or following.blocked_from - timedelta(minutes=room.clean_up_minutes) != limit
    ):
        return None
    latest = following.ends_at - asking.LEFT_FOR_NEXT - timedelta(minutes=room.clean_up_minutes)
    return latest if latest > limit else None


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _closing_time(room: Room, moment: datetime, zone: ZoneInfo) -> datetime | None:
    return None if is_always_open(room) else opening(room, moment, zone)[1]


def _slots(s: Session, room: Room, start: datetime, end: datetime, at: datetime) -> tuple[Slot, ...]:
    rows = s.execute(
        select(Booking, Department.name.label("who"))  # type: ignore[attr-defined]
        .outerjoin(Department, col(Department.id) == Booking.department_id)
        .where(
            col(Booking.room_id).in_(rooms.sharing(s, room.place_id)),  # hall A is taken while A+B meets
            col(Booking.starts_at) >= start - timedelta(days=1),
            col(Booking.starts_at) < end,
            col(Booking.ends_at) > start,
        )
        .where(col(Booking.state).in_(SHOWN))
        .order_by(col(Booking.starts_at))
    )
    return tuple(_slot(booking, who or "", room, at) for booking, who in rows)


def _slot(booking: Booking, who: str, room: Room, at: datetime) -> Slot:
    waits = room.check_in and booking.state == BookingState.CONFIRMED
    kept = booking.state in (BookingState.PENDING, BookingState.OFFERED)  # held until somebody decides, never in use
    ends_at = booking.ended_at or booking.ends_at
    return Slot(
        booking.id,
        booking.starts_at,
        ends_at,
        who,
        booking.title if room.public else "",
        booking.host_id is None,
        booking.state not in (BookingState.CONFIRMED, BookingState.PENDING, BookingState.OFFERED),
        booking.starts_at - timedelta(minutes=room.check_in_before_minutes) if waits else booking.starts_at if kept else None,
        no_shows.check_in_by(booking, room, at) if waits else ends_at if kept else None,
        booking.starts_at - timedelta(minutes=booking.set_up_minutes),
        ends_at + timedelta(minutes=booking.clean_up_minutes),
    )

"""Which rooms are free for a span: for the phone and the doors, for what a refusal offers instead, for the waiting list and displacement (guide
S1.3-R1; scenario Front desk 1). Two index steps a room, whatever the number of bookings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, bindparam, text
from sqlmodel import Session

from core.foundation import clock
from core.sections import rooms
from core.sections.bookings import claims
from core.sections.bookings.claims import from_ms, missing_equipment, to_ms
from core.sections.bookings.plans import _ROOMS_WITH_RULES, FreeRoom, _Hours, _rooms, _shut, _typed
from core.sections.bookings.rules import LATE_START, is_always_open
from core.sections.rooms import Room


def free_rooms(
    s: Session,
    starts_at: datetime,
    ends_at: datetime,
    *,
    seats: int = 0,
    equipment: Sequence[str] = (),
    near: UUID | None = None,
    limit: int = 50,
    at: datetime | None = None,
    who: tuple[Sequence[str], UUID | None] | None = None,
    without_approval: bool = False,
    without: UUID | None = None,
    unready: bool = False,
) -> list[FreeRoom]:
    """Rooms free for the whole of [starts_at, ends_at) and their own buffers, nearest to `near` first, then the smallest that fits. Closed
    rooms, hours and lengths count; so do, where given, who asks (`who`: roles and department) and portable equipment that is free. `without` is
    a booking that would move: what it has now is free for it. From now on a room that waits to be restored is none, unless `unready`."""
    now = at or clock.now()
    start, ahead = to_ms(starts_at), max(0, (starts_at - now) // timedelta(minutes=1))
    edges = _edges(s, start, to_ms(ends_at), without)
    rows, hours = _rooms(s, _ROOMS_WITH_RULES), _Hours(starts_at)
    closings = _shut(s, rows)
    waiting = rooms.unready(s, now) if starts_at <= now + LATE_START and not unready else set()
    here = next((row for row in rows if row.place_id == near), None)
    found: list[tuple[tuple[int, int, int], FreeRoom]] = []
    brought = _Brought(s, start, to_ms(ends_at), without)
    span, mine = ends_at - starts_at, _skipped(s, near, without)
    for row in rows:
        last_until, next_from = edges[row.place_id]
        if (
            last_until > start - min(row.set_up_minutes, ahead) * 60_000
            or row.place_id in mine
            or row.place_id in waiting
            or not row.bookable
            or row.capacity < seats
            or (row.approver and without_approval)
            or not (timedelta(minutes=row.shortest_minutes) <= span <= timedelta(minutes=row.longest_minutes))
        ):
            continue
        if who is not None and not rooms.may_book(row, *who):
            continue
        if not brought.has_all(missing_equipment(row.equipment, equipment)):
            continue
        shut = closings.get(row.place_id, row)
        if shut.closed_from is not None and shut.closed_from < ends_at and (shut.closed_until is None or starts_at < shut.closed_until):
            continue
        opens, closes = hours.of(row)
        always = is_always_open(row)
        if not always and not (opens <= starts_at and ends_at <= closes):
            continue
        limits = (
            from_ms(next_from - row.clean_up_minutes * 60_000) if next_from else None,
            starts_at + timedelta(days=1) if always else closes,
        )
        until = min(moment for moment in limits if moment is not None)
        room = FreeRoom(row.place_id, row.name, row.english_name, row.where or "", row.capacity, tuple(row.equipment), until)
        found.append((_distance(here, row), room))
    found.sort(key=lambda pair: pair[0])
    return [room for _, room in found[:limit]]


class _Brought:
    """Whether a portable thing of a kind is free in the span: asked once a kind, and only when a room lacks it."""

    def __init__(self, s: Session, start: int, until: int, without: UUID | None) -> None:
        self._s, self._start, self._until, self._without = s, start, until, without
        self._known: dict[str, bool] = {}

    def has_all(self, kinds: Sequence[str]) -> bool:
        for kind in kinds:
            if kind not in self._known:
                self._known[kind] = bool(claims.free_items(self._s, kind, self._start, self._until, self._without))
        return all(self._known[kind] for kind in kinds)


def _skipped(s: Session, near: UUID | None, without: UUID | None) -> set[UUID]:
    """The room asked from is no other room; nor are those that share a part with it, unless the booking that has it moves out."""
    return set() if near is None else rooms.sharing(s, near) if without is None else {near}


def _edges(s: Session, start: int, end: int, without: UUID | None) -> dict[UUID, tuple[int, int]]:
    """For each room: until when its last claim before the end (and its own clean-up) blocks, and when the next one begins (0: never)."""
    found: dict[UUID, tuple[int, int]] = {}
    query, facts = (_EDGES, {}) if without is None else (_EDGES_WITHOUT, {"without": without})
    for row in s.connection().execute(query, {"start": start, "end": end, **facts}):
        last, following = found.get(row.room_id, (0, 0))
        nearer = min(n for n in (following, row.next_from or 0) if n) if following or row.next_from else 0
        found[row.room_id] = (max(last, row.last_until or 0), nearer)
    return found


_QUERY = (
    "WITH leaves AS (SELECT place_id AS room_id, place_id AS leaf_id FROM room UNION ALL SELECT room_id, part_id FROM room_part)"
    " SELECT leaves.room_id, (SELECT until_ms FROM claim WHERE claim.room_id = leaf_id /**/ AND from_ms < :end + clean_up_minutes * 60000"
    " ORDER BY from_ms DESC LIMIT 1) AS last_until,"
    " (SELECT from_ms FROM claim WHERE claim.room_id = leaf_id /**/ AND from_ms >= :start ORDER BY from_ms LIMIT 1) AS next_from"
    " FROM leaves JOIN room ON room.place_id = leaves.room_id"
)
_EDGES = text(_QUERY).columns(*_typed(Room.place_id.label("room_id")))  # type: ignore[attr-defined]
_EDGES_WITHOUT = (
    text(_QUERY.replace("/**/", "AND booking_id <> :without"))
    .bindparams(bindparam("without", type_=Uuid()))
    .columns(*_typed(Room.place_id.label("room_id")))  # type: ignore[attr-defined]
)


def _distance(here: Row[Any] | None, room: Row[Any]) -> tuple[int, int, int]:
    if here is None:
        return (0, 0, room.capacity)
    return (0 if room.parent_id == here.parent_id else 1, abs((room.floor or 0) - (here.floor or 0)), abs(room.capacity - here.capacity))

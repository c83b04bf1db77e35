"""Combined rooms: hall A+B is its parts, so a booking of it claims A and B, and A alone makes it taken (scenario Front desk 2).

A combined room is a room like any other, with its own door, seats and rules; it has parts, and parts have none of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.mechanisms import places
from core.mechanisms.operations import Actor, Operation, Role, operation, touch


class RoomPart(SQLModel, table=True):
    """One leaf room of a combined room."""

    __tablename__: ClassVar[str] = "room_part"
    room_id: UUID = Field(foreign_key="place.id", primary_key=True)
    part_id: UUID = Field(foreign_key="place.id", primary_key=True, index=True)


class CombineRoom(Operation):
    """Say which rooms this one is made of; none makes it an ordinary room again."""

    room_id: UUID
    part_ids: tuple[UUID, ...]


@operation(CombineRoom, "room.combine", roles={Role.ADMIN, Role.CLERK})
def combine(s: Session, do: CombineRoom, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: room.not_found, room.one_part, room.part_of_itself, room.part_combined, room.has_bookings (what it claims must not change
    under them)"""
    from core.sections.rooms import record  # a room knows its parts; only this operation looks back

    record.get(s, do.room_id)
    wanted = sorted(set(do.part_ids))
    known = of(s)
    if tuple(wanted) == known.get(do.room_id, ()):
        return {"room_id": do.room_id, "part_ids": wanted}
    if len(wanted) == 1:
        raise Refused("room.one_part")
    if any(do.room_id in parts for parts in known.values()):
        raise Refused("room.part_combined", room=places.get(s, do.room_id).name)
    for part in wanted:
        record.get(s, part)
        if part == do.room_id:
            raise Refused("room.part_of_itself")
        if part in known:
            raise Refused("room.part_combined", room=places.get(s, part).name)
    for ask in _unchanged_while:
        ask(s, do.room_id, at)
    before = sharing(s, do.room_id)
    s.execute(delete(RoomPart).where(col(RoomPart.room_id) == do.room_id))
    s.add_all(RoomPart(room_id=do.room_id, part_id=part) for part in wanted)
    s.flush()
    record.changed(s, do.room_id)
    for other in before - sharing(s, do.room_id):
        record.changed(s, other)
    touch(s, "place", do.room_id)
    return {"room_id": do.room_id, "part_ids": wanted}


_unchanged_while: list[Any] = []


def unchanged_while(ask: Any) -> Any:
    """Mark `(s, room_id, at)`: it refuses while something (a booking to come) rests on the parts of a room."""
    _unchanged_while.append(ask)
    return ask


# ── reads ──


def of(s: Session) -> dict[UUID, tuple[UUID, ...]]:
    """Every combined room with its parts, in order of id."""
    found: dict[UUID, tuple[UUID, ...]] = {}
    for row in s.connection().execute(_PARTS):
        found[row.room_id] = (*found.get(row.room_id, ()), row.part_id)
    return found


_PARTS = select(RoomPart.room_id, RoomPart.part_id).order_by(col(RoomPart.room_id), col(RoomPart.part_id))


def leaves(s: Session, room_id: UUID) -> tuple[UUID, ...]:
    """The leaf rooms a booking of this room claims: its parts, or itself."""
    return of(s).get(room_id) or (room_id,)


def sharing(s: Session, room_id: UUID) -> set[UUID]:
    """This room, its parts, and every combined room that has one of them: whose day a booking of it changes."""
    return sharing_in(of(s), room_id)


def sharing_in(combined: Mapping[UUID, tuple[UUID, ...]], room_id: UUID) -> set[UUID]:
    """The same from what `of` answered, for whoever asks about many rooms."""
    mine = set(combined.get(room_id) or (room_id,))
    return {room_id, *mine, *(other for other, parts in combined.items() if not mine.isdisjoint(parts))}

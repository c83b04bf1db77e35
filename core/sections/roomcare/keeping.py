"""Who looks after a room, and what the office asks of it: whether it must be restored after a meeting before it is offered again (guide
S1.3-R4, S1.3-R8).

A room nobody set up is looked after by the first clerk (or, without one, reception), is prepared a quarter of an hour before a meeting with
wishes, and needs no restoring.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from sqlalchemy import false, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.mechanisms import people
from core.mechanisms.operations import OFFICE, Actor, Operation, Role, operation
from core.mechanisms.people import Person
from core.sections import rooms

PREPARE_BEFORE_MINUTES = 15


class RoomCare(SQLModel, table=True):
    """How one room is looked after. `prepare_always`: before every meeting, not only those with wishes. `restore_since`: meetings that ended
    after it must be restored; None where nobody has to."""

    __tablename__: ClassVar[str] = "room_care"
    room_id: UUID = Field(primary_key=True, foreign_key="place.id")
    keeper_id: UUID | None = Field(default=None, foreign_key="person.id")
    prepare_before_minutes: int = PREPARE_BEFORE_MINUTES
    prepare_always: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    restore_since: datetime | None = None
    restored_at: datetime | None = None
    remind_things: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class CareView:
    """How a room is looked after, defaults filled in."""

    room_id: UUID
    keeper_id: UUID | None
    keeper: str
    prepare_before_minutes: int
    prepare_always: bool
    restore: bool
    restore_since: datetime | None
    remind_things: bool
    version: int


class SetRoomCare(Operation):
    """Only the fields given change. `restore`: after each meeting the room is "being restored" until somebody scanned it ready."""

    room_id: UUID
    keeper_id: UUID | None = None
    prepare_before_minutes: Annotated[int, Input(ge=0, le=1440)] | None = None
    prepare_always: bool | None = None
    restore: bool | None = None
    remind_things: bool | None = None


@operation(SetRoomCare, "room.set_care", roles=OFFICE)
def set_care(s: Session, do: SetRoomCare, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: room.not_found, person.not_found"""
    rooms.get(s, do.room_id)
    row = s.get(RoomCare, do.room_id)
    if row is None:
        row = RoomCare(room_id=do.room_id, version=0)
        s.add(row)
    if do.keeper_id is not None:
        row.keeper_id = people.get(s, do.keeper_id).id
    if do.prepare_before_minutes is not None:
        row.prepare_before_minutes = do.prepare_before_minutes
    if do.prepare_always is not None:
        row.prepare_always = do.prepare_always
    if do.restore is not None and do.restore != (row.restore_since is not None):
        row.restore_since = at if do.restore else None
    if do.remind_things is not None:
        row.remind_things = do.remind_things
    row.version += 1
    s.flush()
    rooms.changed(s, do.room_id)
    return {"room_id": do.room_id, "version": row.version}


# ── reads ──


def care(s: Session, room_id: UUID) -> CareView:
    """How a room is looked after."""
    row = s.get(RoomCare, room_id) or RoomCare(room_id=room_id)
    keeper = _keeper(s, row)
    return CareView(
        room_id,
        keeper.id if keeper else None,
        keeper.name if keeper else "",
        row.prepare_before_minutes,
        row.prepare_always,
        row.restore_since is not None,
        row.restore_since,
        row.remind_things,
        row.version,
    )


def everything(s: Session, only: UUID | None = None) -> dict[UUID, RoomCare]:
    """The rooms somebody set up (or this one), by room."""
    query = select(RoomCare) if only is None else select(RoomCare).where(col(RoomCare.room_id) == only)
    return {row.room_id: row for row in s.execute(query).scalars()}


def keeper_of(s: Session, room_id: UUID) -> UUID:
    """Who looks after a room. Refuses: care.nobody (an office without a clerk, reception or administrator)"""
    keeper = _keeper(s, s.get(RoomCare, room_id))
    if keeper is None:
        raise Refused("care.nobody")
    return keeper.id


def _keeper(s: Session, row: RoomCare | None) -> Person | None:
    person = s.get(Person, row.keeper_id) if row is not None and row.keeper_id else None
    if person is not None and person.disabled_at is None:
        return person
    for role in (Role.CLERK, Role.RECEPTION, Role.ADMIN):
        found = people.with_role(s, role)
        if found:
            return min(found, key=lambda one: (one.number or "~", str(one.id)))
    return None

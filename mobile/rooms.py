"""Routes of the API that only rooms have: the door's view, the rooms nearby, the calendar feed (contract.md, HTTP API).

A door reads its own room only (pitfall V40); the view is redacted where it is made, whoever asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from fastapi import APIRouter
from sqlmodel import Session

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.mechanisms.operations import PERSON_ROLES, Actor, Role, as_json
from core.sections import bookings, rooms
from core.sections.rooms import Room
from mobile.api import Caller, Problem

T = TypeVar("T")
router = APIRouter(tags=["rooms"])


@router.get("/v1/rooms/{id}/door", summary="What the room's door shows")
async def door(id: str, actor: Caller, at: str | None = None) -> dict[str, Any]:
    """`at` (an ISO moment with its offset) shows another moment; a door screen itself asks without it."""
    moment = _moment(at)
    return dict(as_json(await read_room(id, actor, lambda s, room: bookings.door_state(s, room.place_id, moment))))


@router.get("/v1/rooms/{id}/nearby", summary="Other rooms that are free now, the nearest first")
async def nearby(id: str, actor: Caller) -> dict[str, Any]:
    return dict(as_json(await read_room(id, actor, lambda s, room: bookings.nearby(s, room.place_id, clock.now()))))


async def read_room(id: str, actor: Actor, read: Callable[[Session, Room], T]) -> T:
    def work() -> T:
        with database.reading() as s:
            room = rooms.find(s, id)
            if actor.has(Role.DOOR):
                if room is None or room.place_id != actor.room_id:
                    raise Problem(403, "op.not_allowed", kind="room.read")
            elif not actor.has(*PERSON_ROLES):
                raise Problem(403, "op.not_allowed", kind="room.read")
            if room is None:
                raise Refused("room.not_found")
            return read(s, room)

    return await asyncio.to_thread(work)


def _moment(value: str | None) -> datetime:
    if value is None:
        return clock.now()
    try:
        moment = datetime.fromisoformat(value.replace(" ", "+"))  # a "+08:00" that nobody encoded arrives as a space
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 2000 <= moment.year <= 2100:
        raise Problem(422, "query.moment", name="at")
    return moment

"""What changed, told to the doors (house.md §4): one emit a changed room, one small emit when the number of free rooms changes.

Every open door is in the socket.io room of its place and in the room of all doors. A change of a place's day builds one view and emits it
once, however many doors hang there. While nothing changes nothing runs: the number of free rooms is counted again after a booking
changed, and once at the next moment at which the plan itself changes it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from nicegui import App, Client, core

from core.foundation import clock, database, live
from core.foundation.errors import Refused
from core.foundation.live import Change
from core.mechanisms.operations import as_json
from core.sections import bookings

ALL = "doors"
RECOUNT_AFTER_S = 0.2  # several bookings of one moment are counted once
LONGEST_WAIT = timedelta(hours=1)
_MARGIN = timedelta(milliseconds=50)

_free: int | None = None
_recount: asyncio.TimerHandle | None = None
_tasks: set[asyncio.Task[None]] = set()


def connect(app: App) -> None:
    """Listen from the server's start on; main.py calls it once."""
    app.on_startup(start)
    app.on_shutdown(stop)


def start() -> None:
    """Subscribe to what changes a door. Starting again replaces."""
    stop()
    live.subscribe("room", _room_changed)
    live.subscribe("place", _room_changed)
    live.subscribe("clock", _clock_moved)


def stop() -> None:
    global _free, _recount
    if _recount is not None:
        _recount.cancel()
    _free = _recount = None


def group(room_id: UUID | str) -> str:
    """The socket.io room of the doors of a place."""
    return f"door:{room_id}"


def watch(client: Client, room_id: UUID) -> None:
    """Let this page hear of its room, at every connect anew: a socket that came back is another socket."""

    async def enter() -> None:
        for sid, _ in list(core.sio.manager.get_participants("/", client.id)):
            await core.sio.enter_room(sid, group(room_id))
            await core.sio.enter_room(sid, ALL)
        if _recount is None:
            _count_soon(0)

    client.on_connect(enter)


async def look(device_id: UUID, room_id: UUID) -> bool:
    """Ask a screen to tell at once what it shows; whether its room has a screen connected to this process at all."""
    if not _anyone(group(room_id)):
        return False
    await core.sio.emit("foyer_show", {"device": str(device_id)}, room=group(room_id))
    return True


def read_view(room_id: UUID, at: datetime) -> dict[str, object]:
    """A door's view as JSON values. Refuses: room.not_found"""
    with database.reading() as s:
        shown: dict[str, object] = as_json(bookings.door_state(s, room_id, at))
    return shown


# ── private ──


def _anyone(name: str) -> bool:
    return any(True for _ in core.sio.manager.get_participants("/", name))


async def _room_changed(change: Change) -> None:
    if not _anyone(ALL):
        return
    _count_soon(RECOUNT_AFTER_S)
    if _anyone(group(change.id)):
        try:
            view = await asyncio.to_thread(read_view, UUID(change.id), clock.now())
        except Refused:
            return  # a place that is no bookable room has no door to tell
        await core.sio.emit("foyer_door", view, room=group(change.id))


async def _clock_moved(_change: Change) -> None:
    if _anyone(ALL):
        _count_soon(0)


def _count_soon(delay_s: float) -> None:
    global _recount
    if _recount is not None:
        _recount.cancel()
    _recount = asyncio.get_running_loop().call_later(delay_s, _count_in_background)


def _count_in_background() -> None:
    task = asyncio.ensure_future(_count())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _count() -> None:
    """Tell the doors how many rooms are free if that changed, and look again when the plan says it may change."""
    global _free, _recount
    _recount = None
    at = clock.now()
    free, changes_at = await asyncio.to_thread(_read_free, at)
    if free != _free and _anyone(ALL):
        _free = free
        await core.sio.emit("foyer_free", {"free": free}, room=ALL)
    if _recount is None and _anyone(ALL):
        _count_soon((changes_at - at + _MARGIN).total_seconds())


def _read_free(at: datetime) -> tuple[int, datetime]:
    with database.reading() as s:
        return bookings.free_now(s, at), min(bookings.next_change(s, at), at + LONGEST_WAIT)

"""What is true of a room's care at a moment: is it being restored, is it ready for the next meeting, what does not work, who called (guide
S1.3-R4 … R8; scenario Office 6). For doors, plans and searches; no name of a meeting or a guest in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.sections.bookings import Booking
from core.sections.roomcare import faults, help_calls, keeping, task_record
from core.sections.roomcare.help_calls import HelpCallView
from core.sections.roomcare.task_record import DONE, OPEN, PREPARE, RoomTask


@dataclass(frozen=True, slots=True)
class CareNow:
    """`restoring_since`: the end of the meeting after which nobody restored the room yet; None when it is ready, in use, or needs none.
    `prepare` speaks of the meeting that runs or comes next: empty (nothing to prepare), `open`, `late` or `ready`; `prepare_for` is its
    start. `faults` are items (roomcare.item.…); `help` the call that waits or was just answered."""

    room_id: UUID
    restoring_since: datetime | None = None
    prepare: str = ""
    prepare_for: datetime | None = None
    faults: tuple[str, ...] = ()
    help: HelpCallView | None = None


def care_of(s: Session, room_id: UUID, at: datetime) -> CareNow:
    """One room's care: what its door shows."""
    return care_now(s, at, room_id).get(room_id) or CareNow(room_id)


def care_now(s: Session, at: datetime, only: UUID | None = None) -> dict[UUID, CareNow]:
    """The care of every room that has something to say, by room (or of one)."""
    found: dict[UUID, CareNow] = {}

    def of(room_id: UUID) -> CareNow:
        return found.get(room_id) or CareNow(room_id)

    for room_id, last in task_record.dirty_rooms(s, keeping.everything(s, only), at).items():
        found[room_id] = replace(of(room_id), restoring_since=last.ended_at or last.ends_at)
    query = (
        select(RoomTask, Booking.starts_at)
        .join(Booking, col(Booking.id) == col(RoomTask.booking_id))
        .where(
            col(RoomTask.kind) == PREPARE, col(RoomTask.state).in_((OPEN, DONE)), col(RoomTask.due_at) > at - timedelta(days=1),
            col(Booking.ends_at) > at, col(Booking.state).in_(task_record.PLANNED),
        )
        .order_by(col(Booking.starts_at).desc(), col(RoomTask.id))
    )  # fmt: skip
    if only is not None:
        query = query.where(col(RoomTask.room_id) == only)
    for task, starts_at in s.execute(query):  # the earliest meeting comes last and stays
        said = "ready" if task.state == DONE else "late" if task.due_at < at else "open"
        found[task.room_id] = replace(of(task.room_id), prepare=said, prepare_for=starts_at)
    for room_id, items in faults.items_by_room(s).items():
        if only in (None, room_id):
            found[room_id] = replace(of(room_id), faults=items)
    calls = help_calls.open_calls(s, None if only is None else [only])
    for call in reversed(calls):
        found[call.room_id] = replace(of(call.room_id), help=call)
    if only is not None and not calls and (latest := help_calls.latest_call(s, only, at)) is not None:
        found[only] = replace(of(only), help=latest)
    return found

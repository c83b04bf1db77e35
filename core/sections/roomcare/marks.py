"""What a room's door tells beside its state: who is coming to help, what does not work, and how far the room is made ready (guide S1.3-R4,
S1.3-R6, S1.3-R8). The facts are `now`'s; a door draws them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.sections.bookings import Mark
from core.sections.roomcare import faults, now


def door_marks(s: Session, room_id: UUID, at: datetime) -> tuple[Mark, ...]:
    """A call that waits or was answered a moment ago; the room being restored, prepared or ready; then what does not work: reported
    of the room, the oldest first, and devices in it that wait for their repair."""
    care = now.care_of(s, room_id, at)
    found = []
    if (call := care.help) is not None:
        found.append(Mark("help", f"roomcare.help.{call.kind}", since=call.called_at, who=call.helper, answered_at=call.answered_at))
    if care.restoring_since is not None:
        found.append(Mark("restoring", since=care.restoring_since))
    if care.prepare:
        kind = "ready" if care.prepare == "ready" else "preparing"
        found.append(
            Mark(kind, since=care.prepare_for if kind == "ready" else None, until=care.prepare_for if kind == "preparing" else None)
        )
    if care.faults:
        since = {fault.item: fault.reported_at for fault in faults.open_faults(s, [room_id])}
        since = faults.waiting_devices(s, room_id) | since  # one line for one thing, however it was told
        found += [Mark("fault", f"roomcare.item.{item}", since=told) for item, told in sorted(since.items(), key=lambda pair: pair[1])]
    return tuple(found)

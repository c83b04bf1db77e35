"""Connect a room with a calendar elsewhere, and let go of it again (security.md, SEC 31). For administrators and clerks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlmodel import Session

from core.foundation import vault
from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.foundation.jobs import wake
from core.mechanisms.operations import SYSTEM, Actor, Operation, Role, after_commit, operation, touch
from core.sections import rooms
from core.sections.bookings import book
from core.sections.bookings.calendars import record
from core.sections.bookings.calendars.record import TWO_WAY, CalendarSource, Kind
from core.sections.bookings.calendars.sync import sync_due
from core.sections.bookings.claims import LIVE

KEEPERS = frozenset({Role.ADMIN, Role.CLERK})


class ConnectCalendar(Operation):
    """`url` of an ics feed, a CalDAV collection or a Graph mailbox; `password` is sealed before it is stored and kept in no log."""

    id: UUID | None = None
    room_id: UUID
    kind: Literal["feed", "caldav", "graph"]
    url: Annotated[str, StringConstraints(min_length=8, max_length=1000)]
    name: Annotated[str, StringConstraints(max_length=80)] = ""
    account: Annotated[str, StringConstraints(max_length=200)] = ""
    password: Annotated[str, StringConstraints(max_length=500)] = Input(default="", exclude=True, repr=False)


@operation(ConnectCalendar, "calendar.connect", roles=KEEPERS)
def connect(s: Session, do: ConnectCalendar, by: Actor, at: datetime) -> dict[str, Any]:
    """The first reading starts at once; where the address leads is checked at every reading. A room has one calendar it is kept equal with.
    Refuses: room.not_found, reach.bad_address, calendar.one_two_way"""
    rooms.get(s, do.room_id)
    parts = urlsplit(do.url)
    if parts.scheme not in ("https", "http", "webcal", "webcals") or not parts.hostname or parts.username or parts.password:
        raise Refused("reach.bad_address")
    if do.kind in TWO_WAY and record.sources_of(s, do.room_id, TWO_WAY):
        raise Refused("calendar.one_two_way")
    source = CalendarSource(
        id=do.id or uuid7(), room_id=do.room_id, kind=Kind(do.kind), name=do.name, url=do.url, account=do.account, secret=vault.seal(do.password),
        made_by=by.person_id, made_at=at,
    )  # fmt: skip
    s.add(source)
    s.flush()
    touch(s, "calendar_source", source.id)
    after_commit(s, lambda: wake(sync_due))
    return {"source_id": source.id}


class OfSource(Operation):
    source_id: UUID


class DisconnectCalendar(OfSource):
    """`free` cancels what it booked and has not begun; otherwise that stays."""

    free: bool = False


@operation(DisconnectCalendar, "calendar.disconnect", roles=KEEPERS)
def disconnect(s: Session, do: DisconnectCalendar, by: Actor, at: datetime) -> dict[str, Any]:
    """The other calendar is left as it is. Refuses: calendar.source_unknown"""
    source = record.get(s, do.source_id)
    source.removed_at, source.secret = at, ""
    touch(s, "calendar_source", source.id)
    freed = 0
    for entry in record.entries_of(s, source.id) if do.free else ():
        booking = record.booking_of(s, entry)
        if entry.state == record.ACCEPTED and booking is not None and booking.state in LIVE and booking.starts_at > at:
            book.cancel(s, book.CancelBooking(booking_id=booking.id), SYSTEM, at)
            freed += 1
    return {"freed": freed}


class ConfirmEmpty(OfSource):
    pass


@operation(ConfirmEmpty, "calendar.confirm_empty", roles=KEEPERS)
def confirm_empty(s: Session, do: ConfirmEmpty, by: Actor, at: datetime) -> None:
    """A person looked: the other calendar really is empty, and what it booked here goes. Refuses: calendar.source_unknown,
    calendar.not_empty"""
    source = record.get(s, do.source_id)
    if source.empty_since is None:
        raise Refused("calendar.not_empty")
    source.empty_true, source.tried_at, source.problem = True, None, ""
    touch(s, "calendar_source", source.id)
    after_commit(s, lambda: wake(sync_due))

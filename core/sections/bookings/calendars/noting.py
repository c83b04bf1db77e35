"""What a sync notes, each by an operation whose id follows from what it says: a sync killed anywhere goes on where it was."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import StringConstraints
from sqlmodel import Session

from core.foundation.ids import derived
from core.mechanisms.operations import SYSTEM, Actor, Operation, operation, perform_now, touch
from core.sections.bookings.calendars import record
from core.sections.bookings.calendars.record import ACCEPTED, DECLINED, GONE, PUSHED, CalendarEntry
from core.sections.bookings.claims import Booking

log = logging.getLogger("foyer.calendars")


class NoteSync(Operation):
    """How reading a source went: `token` to go on from, or the `problem` (a catalogue key). `empty`: it had nothing although it had."""

    source_id: UUID
    round: int
    token: Annotated[str, StringConstraints(max_length=2000)] = ""
    problem: Annotated[str, StringConstraints(max_length=60)] = ""
    detail: Annotated[str, StringConstraints(max_length=120)] = ""
    empty: bool = False


@operation(NoteSync, "calendar.note_sync", roles=set())
def note_sync(s: Session, do: NoteSync, by: Actor, at: datetime) -> None:
    """Refuses: calendar.source_unknown"""
    source = record.get(s, do.source_id)
    source.tried_at, source.rounds = at, max(source.rounds, do.round)
    source.problem, source.detail = do.problem, do.detail
    source.empty_since = (source.empty_since or at) if do.empty else None
    if not do.problem:
        source.read_at, source.token, source.empty_true = at, do.token, False
    source.version += 1
    touch(s, "calendar_source", source.id)


class NotePushed(Operation):
    """A booking of ours stands there now (`href`, `etag`), or does no longer (`gone`)."""

    source_id: UUID
    booking_id: UUID
    uid: Annotated[str, StringConstraints(max_length=255)]
    href: Annotated[str, StringConstraints(max_length=1000)]
    etag: Annotated[str, StringConstraints(max_length=255)] = ""
    version: int
    fingerprint: str = ""
    gone: bool = False


@operation(NotePushed, "calendar.note_pushed", roles=set())
def note_pushed(s: Session, do: NotePushed, by: Actor, at: datetime) -> None:
    """Refuses: calendar.source_unknown"""
    record.get(s, do.source_id)
    entry = record.entry_of(s, do.source_id, do.uid, "")
    if entry is None:
        entry = CalendarEntry(source_id=do.source_id, uid=do.uid, state=PUSHED, judged_at=at, booking_id=do.booking_id)
        s.add(entry)
    booking = s.get(Booking, do.booking_id)
    entry.href, entry.etag, entry.booking_version, entry.judged_at = do.href, do.etag, do.version, at
    entry.state = GONE if do.gone else PUSHED
    entry.summary, entry.starts_at = (booking.title, booking.starts_at) if booking else ("", None)
    touch(s, "calendar_source", do.source_id)


class NoteAnswered(Operation):
    """Our word stands in the thing there, which has this etag now. `words`: what was said of each entry, by id."""

    source_id: UUID
    href: Annotated[str, StringConstraints(max_length=1000)]
    etag: Annotated[str, StringConstraints(max_length=255)]
    words: dict[UUID, Literal["accepted", "tentative", "declined"]]


@operation(NoteAnswered, "calendar.note_answered", roles=set())
def note_answered(s: Session, do: NoteAnswered, by: Actor, at: datetime) -> None:
    for entry in record.entries_of(s, do.source_id):
        if entry.href == do.href:
            entry.etag = do.etag
            entry.answered = do.words.get(entry.id, entry.answered)
            if entry.answered == DECLINED and entry.state == ACCEPTED:  # it had the room and lost it here
                entry.state, entry.reason = DECLINED, "calendar.cancelled_here"
    touch(s, "calendar_source", do.source_id)


def perform_once(do: Operation, at: datetime, *what: Any) -> dict[str, Any] | None:
    """Perform with an id that follows from what it says; the result, or None when it was refused."""
    outcome = perform_now(do, by=SYSTEM, at=at, op_id=derived("calendar", type(do).__name__, *what))
    if not outcome.ok and outcome.code != "op.reused":
        log.warning("calendar operation %s was not accepted: %s", type(do).__name__, outcome.code)
    return (outcome.result or {}) if outcome.ok else None

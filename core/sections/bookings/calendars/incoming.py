"""From a calendar elsewhere: what changed there asks for the room, moves or frees what it had (pitfalls V04, V18, V23)."""

from __future__ import annotations

from uuid import UUID

from core.foundation import database
from core.foundation.ids import derived
from core.mechanisms.operations import SYSTEM, perform_now
from core.sections.bookings import book, claims
from core.sections.bookings.calendars import intake, record
from core.sections.bookings.calendars.ics import Event, Reading
from core.sections.bookings.calendars.intake import TakeEvent
from core.sections.bookings.calendars.noting import NotePushed, perform_once
from core.sections.bookings.calendars.record import ACCEPTED, DECLINED, GONE, PUSHED, CalendarEntry
from core.sections.bookings.calendars.remote import Changes, events_of
from core.sections.bookings.calendars.rounds import Work
from core.sections.bookings.claims import LIVE, Booking


def suddenly_empty(work: Work, changes: Changes) -> bool:
    """It had events to come, and a whole list of it has none: an error until a person says it is true (pitfall V23)."""
    if changes.unchanged or not changes.full:
        return False
    readings = changes.readings.values()
    if changes.etags and (not changes.readings or any(reading.events or reading.uids for reading in readings)):
        return False
    ahead = (ACCEPTED, PUSHED)
    return any(entry.state in ahead and entry.starts_at is not None and entry.starts_at > work.at for entry in work.entries.values())


def take_in(work: Work, changes: Changes) -> None:
    known = {href: entries[0].etag for href, entries in work.by_href().items()}
    changed = [href for href, etag in changes.etags.items() if known.get(href) != etag or (href in changes.readings and not work.two_way)]
    found: dict[str, tuple[str, Reading]] = {
        href: (changes.etags[href], changes.readings[href]) for href in changed if href in changes.readings
    }
    missing = [href for href in changed if href not in found]
    if missing:
        found |= dict(work.remote.read(missing))
    for href, (etag, reading) in found.items():
        _take_thing(work, href, etag, reading)
    gone = set(changes.gone) | (set(known) - set(changes.etags) if changes.full else set())
    for href in gone:
        for entry in work.by_href().get(href, []):
            _gone(work, entry)


def _take_thing(work: Work, href: str, etag: str, reading: Reading) -> None:
    here = work.by_href().get(href, [])
    ours = next((entry for entry in here if entry.state == PUSHED), None)
    if ours is not None:
        return _changed_there(work, ours, etag, reading)
    if (booking_id := _of_ours(work, reading)) is not None:
        # A former try wrote it and its answer was lost: it is ours, the push below looks whether it is up to date.
        noted = NotePushed(source_id=work.source.id, booking_id=booking_id, uid=f"{booking_id}@foyer", href=href, etag=etag, version=-1)
        perform_once(noted, work.at, work.source.id, href, etag, "found again")
        return None
    wanted = events_of(reading)
    for event in wanted.values():
        before = work.entries.get((event.uid, event.recurrence))
        if before is not None and _settled(work, event, before, etag):
            continue
        then = (before.state, before.judged_at, before.fingerprint) if before else ()
        do = intake.asked(work.source.id, event, href, etag)
        result = perform_once(do, work.at, work.source.id, event.uid, event.recurrence, event.fingerprint, etag, *then)
        if result is None:
            continue
        new = before is None or before.fingerprint != event.fingerprint
        work.taken += result["state"] == ACCEPTED and new
        work.declined += result["state"] == DECLINED and new
    for entry in here:  # dates a rule no longer has
        if (
            (entry.uid, entry.recurrence) not in wanted
            and entry.starts_at is not None
            and entry.starts_at > work.at
            and not reading.unreadable
        ):
            _gone(work, entry)


def _of_ours(work: Work, reading: Reading) -> UUID | None:
    """The booking of this room a thing there was made from."""
    for uid in reading.uids:
        name, _, host = uid.partition("@")
        if host == "foyer":
            try:
                booking_id = UUID(name)
            except ValueError:
                continue
            with database.reading() as s:
                booking = s.get(Booking, booking_id)
            if booking is not None and booking.room_id == work.source.room_id:
                return booking_id
    return None


def _settled(work: Work, event: Event, before: CalendarEntry, etag: str) -> bool:
    """Whether nothing is to be said about an event we know. What a feed could not have is tried again when the room became free, because
    its calendar can not be told."""
    if before.fingerprint != event.fingerprint or before.state == GONE or (work.two_way and before.etag != etag):
        return False
    if before.state != DECLINED or work.two_way:
        return True
    with database.reading() as s:
        taken = claims.first_clash(s, work.source.room_id, event.starts_at, event.ends_at)
    return before.reason != "booking.clash" or event.starts_at <= work.at or taken is not None


def _changed_there(work: Work, entry: CalendarEntry, etag: str, reading: Reading) -> None:
    """A booking of ours was changed in the other calendar: it moves here too if it can; otherwise ours is written back."""
    event = next(iter(reading.events), None)
    with database.reading() as s:
        booking = record.booking_of(s, entry)
    if booking is None or event is None or booking.state not in LIVE or booking.starts_at <= work.at:
        return
    if event.cancelled:
        return _gone(work, entry)
    moved = (event.starts_at, event.ends_at) != (booking.starts_at, booking.ends_at)
    if moved:
        move = book.MoveBooking(booking_id=booking.id, starts_at=event.starts_at, ends_at=event.ends_at)
        outcome = perform_now(move, by=SYSTEM, at=work.at, op_id=derived("calendar.moved_there", work.source.id, entry.uid, etag))
        work.taken += outcome.ok
        work.declined += not outcome.ok
    # With this etag and no version the push below writes ours again when it differs, and nothing when it is the same.
    noted = NotePushed(source_id=work.source.id, booking_id=booking.id, uid=entry.uid, href=entry.href, etag=etag, version=-1)
    perform_once(noted, work.at, work.source.id, entry.uid, etag, "changed there")


def _gone(work: Work, entry: CalendarEntry) -> None:
    if entry.state == PUSHED:
        with database.reading() as s:
            booking = record.booking_of(s, entry)
        if booking is not None and booking.state in LIVE and booking.starts_at > work.at:
            perform_now(
                book.CancelBooking(booking_id=booking.id),
                by=SYSTEM,
                at=work.at,
                op_id=derived("calendar.deleted_there", entry.id, entry.etag),
            )
            work.gone += 1
        gone = NotePushed(
            source_id=work.source.id, booking_id=entry.booking_id or UUID(int=0), uid=entry.uid, href=entry.href, version=0, gone=True
        )
        perform_once(gone, work.at, work.source.id, entry.uid, entry.etag, "gone")
        return
    if entry.state == GONE or (entry.starts_at is not None and entry.starts_at <= work.at):
        return
    do = TakeEvent(source_id=work.source.id, uid=entry.uid, recurrence=entry.recurrence, starts_at=entry.starts_at, gone=True)
    if perform_once(do, work.at, work.source.id, entry.id, entry.etag, entry.fingerprint, "gone", entry.judged_at) is not None:
        work.gone += 1

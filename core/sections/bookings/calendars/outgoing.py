"""To a calendar elsewhere: our word about its events, and our own bookings as they are now (pitfall V04)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from core.foundation import clock, database
from core.foundation.i18n import as_mapping, t
from core.mechanisms.people import Department
from core.mechanisms.places import Place
from core.sections import rooms
from core.sections.bookings.calendars import record
from core.sections.bookings.calendars.intake import AHEAD
from core.sections.bookings.calendars.noting import NoteAnswered, NotePushed, perform_once
from core.sections.bookings.calendars.record import ACCEPTED, DECLINED, PUSHED, CalendarEntry
from core.sections.bookings.calendars.remote import Changed, Ours, Reply
from core.sections.bookings.calendars.rounds import Work
from core.sections.bookings.claims import LIVE, Booking, BookingState


def answer_all(work: Work) -> bool:
    """Say of every event to come what became of it, where its calendar does not have that word yet; answers whether all was said."""
    all_done = True
    for href, due in _to_answer(work).items():
        replies = [Reply(entry.uid, entry.recurrence, word, _why(work, entry, word)) for entry, word in due]
        try:
            etag = work.remote.answer(href, due[0][0].etag, replies)
        except Changed:
            all_done = False  # somebody wrote it again: the next round judges what it says now
            continue
        noted = NoteAnswered(source_id=work.source.id, href=href, etag=etag, words={entry.id: word for entry, word in due})  # type: ignore[misc]
        said_before = [(entry.id, entry.answered, word, entry.judged_at) for entry, word in due]
        perform_once(noted, work.at, work.source.id, href, etag, *said_before)
        work.lost += sum(entry.answered in ("accepted", "tentative") and word == "declined" for entry, word in due)
    return all_done


def _to_answer(work: Work) -> dict[str, list[tuple[CalendarEntry, str]]]:
    query = (
        select(CalendarEntry, Booking)
        .outerjoin(Booking, col(Booking.id) == CalendarEntry.booking_id)
        .where(col(CalendarEntry.source_id) == work.source.id, col(CalendarEntry.state).in_((ACCEPTED, DECLINED)))
        .where(col(CalendarEntry.starts_at) > work.at)
        .order_by(col(CalendarEntry.id))
    )
    found: dict[str, list[tuple[CalendarEntry, str]]] = {}
    with database.reading() as s:
        for row in s.execute(query):
            found.setdefault(row[0].href, []).append((row[0], _word(work, row[0], row[1])))
    return {href: due for href, due in found.items() if any(entry.answered != word for entry, word in due)}


def _word(work: Work, entry: CalendarEntry, booking: Booking | None) -> str:
    if entry.state == DECLINED or booking is None or booking.state not in LIVE or booking.room_id != work.source.room_id:
        return "declined"
    return "tentative" if booking.state == BookingState.PENDING else "accepted"


def _why(work: Work, entry: CalendarEntry, word: str) -> str:
    if word != "declined":
        return ""
    with database.reading() as s:
        place = s.get(Place, work.source.room_id)
    facts = {"until": "", "from": ""} | entry.facts | {"room": place.name if place else ""}
    return t(entry.reason or "calendar.cancelled_here", work.language, **as_mapping(facts, work.language, clock.zone()))


def push(work: Work) -> bool:
    """Write what of ours is new, changed or gone; answers whether all of it was (what somebody changed meanwhile waits for the next round)."""
    all_done = True
    for ours, entry in _topush(work):
        try:
            href, etag = work.remote.put(
                ours, entry.href if entry and entry.state == PUSHED else "", entry.etag if entry and entry.state == PUSHED else ""
            )
        except Changed:
            all_done = False
            continue
        noted = NotePushed(source_id=work.source.id, booking_id=ours.booking_id, uid=ours.uid, href=href, etag=etag, version=ours.version)
        perform_once(noted, work.at, work.source.id, ours.uid, etag, ours.version, "pushed")
        work.pushed += 1
    for entry in _to_take_away(work):
        try:
            work.remote.delete(entry.href, entry.etag)
        except Changed:
            all_done = False
            continue
        gone = NotePushed(
            source_id=work.source.id, booking_id=entry.booking_id or UUID(int=0), uid=entry.uid, href=entry.href, version=0, gone=True
        )
        perform_once(gone, work.at, work.source.id, entry.uid, entry.etag, "taken away")
        work.pushed += 1
    return all_done


def _topush(work: Work) -> list[tuple[Ours, CalendarEntry | None]]:
    """Live bookings to come that did not come from there, as far as they are not there as they are now."""
    with database.reading() as s:
        entries = {entry.booking_id: entry for entry in record.entries_of(s, work.source.id) if entry.booking_id}
        room, place = rooms.get(s, work.source.room_id), s.get(Place, work.source.room_id)
        query = (
            select(Booking, Department.name.label("who"))  # type: ignore[attr-defined]
            .outerjoin(Department, col(Department.id) == Booking.department_id)
            .where(col(Booking.room_id) == work.source.room_id, col(Booking.starts_at) > work.at, col(Booking.starts_at) < work.at + AHEAD)
            .where(col(Booking.state).in_(LIVE))
            .order_by(col(Booking.starts_at))
        )
        found: list[tuple[Ours, CalendarEntry | None]] = []
        for booking, who in s.execute(query):
            entry = entries.get(booking.id)
            if entry is not None and (entry.state == ACCEPTED or (entry.state == PUSHED and entry.booking_version == booking.version)):
                continue
            shown = booking.title if room.public and booking.title else who or t("booking.someone", work.language)
            ours = Ours(
                booking.id,
                f"{booking.id}@foyer",
                booking.version,
                booking.starts_at,
                booking.ends_at,
                shown,
                place.name if place else "",
                booking.zone,
            )
            found.append((ours, entry))
    return found


def _to_take_away(work: Work) -> list[CalendarEntry]:
    """What is there of ours and does not take place here any more, or in another room."""
    query = (
        select(CalendarEntry)
        .join(Booking, col(Booking.id) == CalendarEntry.booking_id)
        .where(col(CalendarEntry.source_id) == work.source.id, col(CalendarEntry.state) == PUSHED, col(Booking.starts_at) > work.at)
        .where(or_(col(Booking.state).not_in(LIVE), col(Booking.room_id) != work.source.room_id))
    )
    with database.reading() as s:
        return list(s.execute(query).scalars())

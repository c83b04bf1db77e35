"""An event of another calendar asks for a room: it gets it or is declined, at once, by the same rules as anybody (pitfalls V03, V04, V18).

One event is one operation with an id derived from what it says, so a sync that stopped half-way says nothing twice. A declined event is no
refused operation: that it was declined, and why, is what happened. The past is never touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints
from sqlalchemy import func, select
from sqlmodel import Session, col

from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import derived
from core.mechanisms import notices, people
from core.mechanisms.operations import OFFICE, PERSON_ROLES, SYSTEM, Actor, Operation, Role, as_json, operation, touch
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.sections import rooms
from core.sections.bookings import answers, book, claims, making, rules
from core.sections.bookings.calendars import ics, record
from core.sections.bookings.calendars.ics import Event
from core.sections.bookings.calendars.record import ACCEPTED, DECLINED, GONE, IGNORED, CalendarEntry, CalendarSource, Kind
from core.sections.bookings.claims import LIVE, Booking, BookingState
from core.sections.bookings.making import Wish
from core.sections.bookings.series import plan as plans
from core.sections.bookings.series.make import trying
from core.sections.bookings.series.plan import DateRow, Wanted

AHEAD = timedelta(days=rooms.FARTHEST_DAYS)
CALENDAR = Actor(frozenset({Role.STAFF}), name="calendar")  # who books when the organizer is nobody of the office
Line = Annotated[str, StringConstraints(max_length=255)]


class TakeEvent(Operation):
    """An event as a source says it is now; `gone` when the source no longer has it."""

    source_id: UUID
    uid: Line
    recurrence: Annotated[str, StringConstraints(max_length=20)] = ""
    href: Annotated[str, StringConstraints(max_length=1000)] = ""
    etag: Line = ""
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    title: book.Title = ""
    organizer: Line = ""
    organizer_name: Annotated[str, StringConstraints(max_length=80)] = ""
    busy: bool = True
    day: bool = False
    fingerprint: Annotated[str, StringConstraints(max_length=64)] = ""
    gone: bool = False


@operation(TakeEvent, "calendar.take_event", roles=set(), personal=True)
def take_event(s: Session, do: TakeEvent, by: Actor, at: datetime) -> dict[str, Any]:
    """Answers `state` (accepted, declined, gone, ignored), the booking and, when declined, why. Refuses: calendar.source_unknown"""
    source = record.get(s, do.source_id)
    entry = take(s, source, do, by, at)
    return {"state": entry.state, "booking_id": entry.booking_id, "reason": entry.reason, "facts": entry.facts}


class ImportCalendar(Operation):
    """A calendar file's text: each event that is to come asks for the room."""

    room_id: UUID
    text: Annotated[str, StringConstraints(max_length=ics.MOST_BYTES, strip_whitespace=False)]
    name: Annotated[str, StringConstraints(max_length=80)] = ""


@operation(ImportCalendar, "calendar.import", roles=PERSON_ROLES, personal=True)
def import_calendar(s: Session, do: ImportCalendar, by: Actor, at: datetime) -> dict[str, Any]:
    """The same file twice books nothing twice; a changed one moves what it moved. Answers a row for each event. Refuses: room.not_found,
    calendar.too_big, calendar.not_a_calendar, calendar.too_many; not allowed: other people than the office"""
    _office(by)
    room = rooms.get(s, do.room_id)
    reading = ics.read(do.text, claims.zone_of(s, room.place_id), at, at + AHEAD)
    source_id = derived("calendar.file", room.place_id)
    source = s.get(CalendarSource, source_id)
    if source is None:
        source = CalendarSource(id=source_id, room_id=room.place_id, kind=Kind.FILE, made_by=by.person_id, made_at=at)
        s.add(source)
        s.flush()
    source.name, source.read_at, source.version = do.name, at, source.version + 1
    touch(s, "calendar_source", source.id)
    rows = []
    known = [(event, record.entry_of(s, source.id, event.uid, event.recurrence)) for event in reading.events]
    for event, before in sorted(
        known, key=lambda pair: pair[1] is None or pair[1].state != ACCEPTED
    ):  # what moves away or is off makes room for what is new
        former = (before.state, before.booking_id, before.fingerprint) if before else None
        entry = take(s, source, asked(source.id, event), by, at)
        rows.append(_row(event, _action(former, entry), entry.reason, entry.facts))
    rows.sort(key=lambda row: str(row["starts_at"]))
    rows += [_unreadable_row(one) for one in reading.unreadable]
    return {"rows": rows, "totals": _totals(rows)}


# ── reads ──


@dataclass(frozen=True, slots=True)
class ImportRow:
    """What importing does with one event. `action`: create, update, skip, error; `code` and `facts` say why not."""

    uid: str
    recurrence: str
    summary: str
    starts_at: datetime | None
    ends_at: datetime | None
    action: str
    code: str
    facts: dict[str, Any]


def dry_run(s: Session, do: ImportCalendar, by: Actor, at: datetime) -> dict[str, Any]:
    """The same answer as `calendar.import` without writing anything."""
    _office(by)
    room = rooms.get(s, do.room_id)
    zone = claims.zone_of(s, room.place_id)
    reading = ics.read(do.text, zone, at, at + AHEAD)
    source_id = derived("calendar.file", room.place_id)
    wanted, rows = [], []
    for event in reading.events:
        entry = record.entry_of(s, source_id, event.uid, event.recurrence)
        booking = record.booking_of(s, entry) if entry else None
        live = booking is not None and booking.state in LIVE
        if ignored(event, at) or (entry is not None and live and entry.fingerprint == event.fingerprint) or event.cancelled:
            rows.append(_row(event, "update" if event.cancelled and live else "skip", "", {}))
            continue
        starts_at, ends_at = span(event, room, zone)
        walls = [moment.astimezone(zone).replace(tzinfo=None) for moment in (starts_at, ends_at)]
        wanted.append(
            (event, Wanted(walls[0], room.place_id, walls[0], walls[1], own_time=True, booking_id=booking.id if booking and live else None))
        )
    judged = plans.judge(s, [one for _, one in wanted], zone, by, at)
    rows += [_judged_row(event, one, row, [other for other, _ in wanted]) for (event, one), row in zip(wanted, judged, strict=True)]
    rows.sort(key=lambda row: str(row["starts_at"]))
    rows += [_unreadable_row(one) for one in reading.unreadable]
    return {"rows": rows, "totals": _totals(rows)}


def asked(source_id: UUID, event: Event, href: str = "", etag: str = "") -> TakeEvent:
    """The operation an event becomes."""
    return TakeEvent(
        source_id=source_id, uid=event.uid, recurrence=event.recurrence, href=href, etag=etag, starts_at=event.starts_at, ends_at=event.ends_at,
        title=event.summary, organizer=event.organizer, organizer_name=event.organizer_name, busy=event.busy, day=event.day,
        fingerprint=event.fingerprint, gone=event.cancelled,
    )  # fmt: skip


def ignored(event: Event, at: datetime) -> bool:
    """What asks for no room: it is past, has begun, or blocks no time."""
    return event.starts_at <= at or not event.busy


def span(event: Event | TakeEvent, room: rooms.Room, zone: Any) -> tuple[datetime, datetime]:
    """The time an event needs the room: whole days only while the room is open."""
    assert event.starts_at is not None and event.ends_at is not None
    if not event.day or rules.is_always_open(room):
        return event.starts_at, event.ends_at
    opens, _ = rules.opening(room, event.starts_at, zone)
    _, closes = rules.opening(room, event.ends_at - timedelta(seconds=1), zone)
    return opens, closes


# ── one event ──


def take(s: Session, source: CalendarSource, do: TakeEvent, by: Actor, at: datetime) -> CalendarEntry:
    """Let the event have the room, move or free what it had, or decline it; answers its entry."""
    entry = record.entry_of(s, source.id, do.uid, do.recurrence)
    if entry is None:
        entry = CalendarEntry(source_id=source.id, uid=do.uid, recurrence=do.recurrence, state=IGNORED, judged_at=at)
        s.add(entry)
    booking = record.booking_of(s, entry)
    # What had the room and lost it here (cancelled at the desk, nobody came) does not take it again until its event changes.
    same = entry.fingerprint == do.fingerprint and entry.state == ACCEPTED and booking is not None
    told = entry.fingerprint == do.fingerprint and entry.state == DECLINED  # its organizer knows; that it asked again is no news
    entry.href, entry.etag, entry.fingerprint = do.href or entry.href, do.etag or entry.etag, do.fingerprint
    entry.summary, entry.starts_at = do.title, do.starts_at or entry.starts_at
    if same and not do.gone:
        return entry
    entry.judged_at, entry.reason, entry.facts = at, "", {}
    touch(s, "calendar_source", source.id)
    if do.gone or not do.busy:
        _free(s, booking, at)
        entry.state = GONE if do.gone else IGNORED
    elif booking is not None and booking.state in LIVE and booking.starts_at <= at:
        pass  # it runs or is over: what the other calendar says of it now changes nothing here
    elif do.starts_at is None or do.ends_at is None or do.starts_at <= at:
        _free(s, booking, at)
        entry.state = IGNORED
    else:
        _judge(s, source, entry, booking, do, at, told=told)
    s.flush()
    return entry


def _judge(
    s: Session, source: CalendarSource, entry: CalendarEntry, booking: Booking | None, do: TakeEvent, at: datetime, *, told: bool
) -> None:
    room = rooms.get(s, source.room_id)
    starts_at, ends_at = span(do, room, claims.zone_of(s, room.place_id))
    live = booking is not None and booking.state in LIVE
    host = _host(s, do.organizer)
    by = people.actor_of(s, host) if host else CALENDAR
    without = booking.id if booking is not None and live else None

    def clash() -> Refused:
        return answers.clash_between(s, room.place_id, starts_at, ends_at, at, without=without)

    try:
        if booking is not None and live:
            trying(s, lambda: making.change(s, booking, by, at, starts_at=starts_at, ends_at=ends_at, room_id=room.place_id), clash)
            if booking.title != do.title:
                booking.title = do.title
                making.done(s, booking, "changed", by, at)
            made = booking.id
        else:
            wish = Wish(room.place_id, starts_at, ends_at, do.title, host.id if host else None, via="calendar")
            made = trying(s, lambda: making.make(s, wish, by, at), clash).id
    except Refused as refusal:
        _free(s, booking, at)  # its event is no longer at the old time either
        entry.state, entry.reason, entry.facts = DECLINED, refusal.code, _public(refusal.facts)
        if not told:
            _tell(s, source, do, refusal, at)
        return
    entry.state, entry.booking_id = ACCEPTED, made


def _tell(s: Session, source: CalendarSource, do: TakeEvent, refusal: Refused, at: datetime) -> None:
    """An organizer of the office hears it here too; outsiders hear it from their own calendar."""
    host = _host(s, do.organizer)
    if host is not None and source.kind != Kind.FILE:
        place = s.get(Place, source.room_id)
        facts = {
            "title": do.title,
            "room": place.name if place else "",
            "starts_at": do.starts_at,
            "why_key": refusal.code,
            **_public(refusal.facts),
        }
        notices.queue(s, key="calendar.declined_notice", facts=facts, at=at, to_person_id=host.id, subject=("calendar_source", source.id))


def _public(facts: dict[str, Any]) -> dict[str, Any]:
    """What an outsider may hear of a refusal: times, never rooms' or people's affairs."""
    return {name: as_json(value) for name, value in facts.items() if name in ("from", "until", "opens", "closes", "minutes", "days")}


def _free(s: Session, booking: Booking | None, at: datetime) -> None:
    if booking is not None and booking.state in (BookingState.CONFIRMED, BookingState.PENDING) and booking.starts_at > at:
        book.cancel(s, book.CancelBooking(booking_id=booking.id), SYSTEM, at)


def _host(s: Session, address: str) -> Person | None:
    """The organizer, when somebody of the office has this address."""
    if not address:
        return None
    query = select(Person).where(func.lower(col(Person.email)) == address, col(Person.disabled_at).is_(None)).order_by(col(Person.id))
    return s.execute(query.limit(1)).scalar_one_or_none()


def _office(by: Actor) -> None:
    if not by.has(*OFFICE):
        raise NotAllowed(reason="calendar")


def _action(former: tuple[str, UUID | None, str] | None, entry: CalendarEntry) -> str:
    if entry.state == DECLINED:
        return "error"
    if entry.state == ACCEPTED:
        if former is None or former[0] != ACCEPTED or former[1] != entry.booking_id:
            return "create"
        return "skip" if former[2] == entry.fingerprint else "update"
    return "update" if former is not None and former[0] == ACCEPTED else "skip"


def _row(event: Event, action: str, code: str, facts: dict[str, Any]) -> dict[str, Any]:
    row = ImportRow(event.uid, event.recurrence, event.summary, event.starts_at, event.ends_at, action, code, facts)
    return dict(as_json(row))


def _judged_row(event: Event, one: Wanted, row: DateRow, others: Sequence[Event]) -> dict[str, Any]:
    if row.state == plans.FREE:
        return _row(event, "update" if one.booking_id else "create", "", {})
    if row.state != "series.overlaps_itself":
        return _row(event, "error", row.state, _public(row.facts))
    # Two events of one file at the same time: the first has the room when the second asks.
    first = next((other for other in others if other is not event and _meet(other, event)), event)
    return _row(event, "error", "booking.clash", _public({"from": first.starts_at, "until": first.ends_at}))


def _meet(a: Event, b: Event) -> bool:
    return bool(a.starts_at and a.ends_at and b.starts_at and b.ends_at) and a.starts_at < b.ends_at and b.starts_at < a.ends_at


def _unreadable_row(one: ics.Unreadable) -> dict[str, Any]:
    return dict(as_json(ImportRow(one.uid, "", one.summary, None, None, "error", one.code, {})))


def _totals(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    return {action: sum(row["action"] == action for row in rows) for action in ("create", "update", "skip", "error")}

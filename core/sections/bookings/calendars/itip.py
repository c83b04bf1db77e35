"""An invitation as text (iTIP, RFC 5546; RFC 5545): one event, or a whole series as one rule with what is left out and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone
from sqlmodel import Session

from core.foundation import clock
from core.mechanisms import channels, office
from core.mechanisms.people import Person
from core.mechanisms.places import Place
from core.sections.bookings.calendars import inbox, replies
from core.sections.bookings.calendars.attendees import Attendee, Gathering, link_of, name_of, takes_place
from core.sections.bookings.feeds import escaped, folded, utc
from core.sections.bookings.series import record as series_record
from core.sections.bookings.series import rules
from core.sections.bookings.series.record import Series


def invitation_text(s: Session, row: Attendee, event: Gathering, method: str, at: datetime) -> str:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Foyer//Rooms//EN", "CALSCALE:GREGORIAN", f"METHOD:{method}"]
    if row.series_id is None or event.repeats < 1:
        lines = [*head, *_vevent(s, row, event, method, at, [f"DTSTART:{utc(event.starts_at)}", f"DTEND:{utc(event.ends_at)}"])]
    else:
        lines = [*head, *_series_lines(s, row, event, method, at)]
    return "".join(f"{piece}\r\n" for line in [*lines, "END:VCALENDAR"] for piece in folded(line))


def _vevent(s: Session, row: Attendee, event: Gathering, method: str, at: datetime, times: Sequence[str], room: str = "") -> list[str]:
    sender = str(office.setting(s, "mail.from"))
    organizer = event.host.email if event.host and channels.is_address(event.host.email) else sender
    if inbox.is_set_up() and channels.is_address(sender):
        organizer = replies.reply_address(
            sender, row.id
        )  # the answer comes to the office's own mailbox, by an address only this attendee has
    person = s.get(Person, row.person_id) if row.person_id else None
    address = (person.email if person else row.email) or sender
    return [
        "BEGIN:VEVENT",
        f"UID:{row.uid}",
        f"DTSTAMP:{utc(at)}",
        f"SEQUENCE:{row.sequence}",
        *times,
        f"SUMMARY:{escaped(event.title)}",
        f"LOCATION:{escaped(room or ' '.join(part for part in (event.where, event.room) if part))}",
        f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'TENTATIVE' if event.tentative else 'CONFIRMED'}",
        f"ORGANIZER;CN={_quoted(event.host.name if event.host else '')}:mailto:{organizer}",
        f"ATTENDEE;CN={_quoted(name_of(s, row))};ROLE=REQ-PARTICIPANT;PARTSTAT={row.answer.upper() or 'NEEDS-ACTION'};RSVP=TRUE:mailto:{address}",
        *([f"URL:{link_of(row)}"] if method == "REQUEST" else []),
        "END:VEVENT",
    ]


def _series_lines(s: Session, row: Attendee, event: Gathering, method: str, at: datetime) -> list[str]:
    """The whole series as one rule with what is left out, and each date that differs as its own (RECURRENCE-ID)."""
    found = s.get(Series, row.series_id)
    assert found is not None
    zone = ZoneInfo(found.zone)
    dates = [(date, booking) for date, booking in series_record.dates_of(s, found.id)]
    live = [(date, booking) for date, booking in dates if booking is not None and takes_place(booking) and booking.starts_at > at]
    keys = [series_record.at_its_time(found, datetime.fromisoformat(date.original)) for date, _ in live]
    first, last = min(keys), max(keys)
    rule = rules.without_end(found.rule) if found.rule else "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
    meant = set(rules.walls(rule, first, zone, last.date()))
    if found.wall_time:  # a rule that names hours no longer says when: then every date is listed
        meant = {wall for wall in meant if wall.time() == first.time()}
    length = timedelta(minutes=found.minutes)
    place = s.get(Place, found.room_id)
    parameter = f";TZID={found.zone}:"
    master = [
        f"DTSTART{parameter}{_wall(first)}",
        f"DTEND{parameter}{_wall(first + length)}",
        f"RRULE:{rule};UNTIL={utc(clock.from_wall(last, zone))}",
        *(f"EXDATE{parameter}{_wall(wall)}" for wall in sorted(meant - set(keys))),
        *(f"RDATE{parameter}{_wall(wall)}" for wall in sorted(set(keys) - meant - {first})),
    ]
    lines = _timezone_lines(zone, first, last)
    lines += _vevent(s, row, event, method, at, master, place.name if place else "")
    for key, (_, booking) in zip(keys, live, strict=True):
        same = (
            booking.room_id == found.room_id and booking.starts_wall == key.isoformat() and booking.ends_wall == (key + length).isoformat()
        )
        if not same:
            elsewhere = s.get(Place, booking.room_id)
            times = [f"RECURRENCE-ID{parameter}{_wall(key)}", f"DTSTART:{utc(booking.starts_at)}", f"DTEND:{utc(booking.ends_at)}"]
            lines += _vevent(s, row, event, method, at, times, elsewhere.name if elsewhere else "")
    return lines


def _timezone_lines(zone: ZoneInfo, first: datetime, last: datetime) -> list[str]:
    component = Timezone.from_tzid(str(zone), first_date=first.date() - timedelta(days=366), last_date=last.date() + timedelta(days=366))
    text = component.to_ical().decode().replace("\r\n ", "")
    return [line for line in text.split("\r\n") if line]


def _wall(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%S")


def _quoted(text: str) -> str:
    """A parameter's value: no quote, line break or control sign gets out of its quotes."""
    return '"' + "".join(sign for sign in text if sign.isprintable() and sign != '"')[:80] + '"'

"""What a visitor is mailed: the invitation with its code, a change, a cancellation; each with a calendar entry (iTIP, RFC 5546; by mail, RFC 6047).

The words are put together when the mail is queued, in the visitor's language; the QR picture is drawn when it is sent (`assets_labels.invitations`).
One calendar entry for a visit: the same UID, a SEQUENCE that grows, METHOD REQUEST until it is cancelled. A visit without a time is a whole day that
blocks nothing. How far a mail got is the notice's state; `delivery` reads it for the host.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlmodel import Session

from core.foundation import clock
from core.foundation.i18n import LANGUAGES, as_mapping, long_day, t
from core.mechanisms import channels, labels, notices, office, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import as_json
from core.sections.bookings.feeds import escaped, folded, utc
from core.sections.visits import advice, record, types
from core.sections.visits.record import Visit

INVITED, CHANGED, CANCELLED = KEYS = ("visit.invitation", "visit.invitation_changed", "visit.cancelled_mail")
LENGTH = timedelta(hours=1)
What = Literal["invited", "changed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far the last mail to the visitor got. `state` as in notices, `none` when nothing was ever sent; `reason` is a catalogue key."""

    state: str
    address: str = ""
    at: datetime | None = None
    reason: str = ""


def send(s: Session, visit: Visit, what: What, at: datetime, *, calendar: bool = True) -> None:
    """Queue the mail. `calendar=False`: the visitor has the meeting's own calendar entry."""
    key = {"invited": INVITED, "changed": CHANGED, "cancelled": CANCELLED}[what]
    if visit.mailed:
        visit.sequence += 1
    visit.mailed = what != "cancelled"
    facts = says(s, visit)
    if what == "cancelled":
        facts["code"] = ""
    if calendar:
        method = "CANCEL" if what == "cancelled" else "REQUEST"
        facts |= {"method": method, "ics": _ics(s, visit, facts, method, at)}
    notices.queue(s, key=key, facts=facts, at=at, to_address=visit.email, language=language_of(s, visit), subject=("visit", visit.id))


def says(s: Session, visit: Visit) -> dict[str, Any]:
    """What a mail or a pass says of a visit, in the visitor's language. `details`: the lines that are not the same for every visit."""
    language, house = language_of(s, visit), office.info(s)
    host = people.get(s, visit.host_id)
    code = labels.of(s, SubjectKind.VISIT, visit.id) or ""
    told = advice.find(s, visit.room_id, visit.type, language)
    where = where_of(s, visit.room_id)
    when = when_of(visit, language)
    lines = [
        t("visit.mail.when", language, when=when),
        t("visit.mail.where", language, where=where) if where else "",
        t("visit.mail.group", language, group=visit.group_name, n=record.head_count(s, visit)) if visit.group_id else "",
        t("visit.mail.directions", language, text=told.directions) if told.directions else "",
        t("visit.mail.bring", language, text=told.bring) if told.bring else "",
    ]
    return {
        "name": visit.name, "host": people.called(host, language), "office": house.name if house else "", "day": visit.expected_on, "when": when, "where": where,
        "code": labels.shown(code) if code else "", "group": visit.group_id is not None, "directions": told.directions, "bring": told.bring,
        "details": "\n".join(line for line in lines if line),
    }  # fmt: skip


def language_of(s: Session, visit: Visit) -> str:
    house = office.info(s)
    return visit.language or (house.language if house else LANGUAGES[0])


def when_of(visit: Visit, language: str) -> str:
    """The day, and the time where there is one."""
    day = long_day(visit.expected_on, language)
    return t("visit.when_time", language, day=day, time=f"{clock.local(visit.expected_at):%H:%M}") if visit.expected_at else day


def where_of(s: Session, room_id: UUID | None) -> str:
    """A room with its floor and house, as a person walks."""
    if room_id is None:
        return ""
    return places.paths_of(s, [room_id]).get(room_id, ("", ""))[1]


def delivery(s: Session, visit_id: UUID) -> Delivery:
    """How far the last mail to the visitor got."""
    sent = [notice for notice in notices.about(s, "visit", visit_id) if notice.key in (*KEYS, "booking.invitation_with_code")]
    if not sent:
        return Delivery("none")
    last = sent[-1]
    return Delivery(last.state, last.address, last.sent_at or last.created_at, last.reason)


def _ics(s: Session, visit: Visit, facts: dict[str, Any], method: str, at: datetime) -> str:
    language = language_of(s, visit)
    shown = as_mapping(as_json(facts), language, clock.zone())
    sender = str(office.setting(s, "mail.from"))
    host = people.get(s, visit.host_id)
    organizer = host.email if channels.is_address(host.email) else sender
    if visit.expected_at:
        times = [f"DTSTART:{utc(visit.expected_at)}", f"DTEND:{utc(visit.expected_at + _length(s, visit))}"]
    else:
        day = visit.expected_on
        times = [f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}", "TRANSP:TRANSPARENT"]
    place = ", ".join(part for part in (shown["office"], shown["where"]) if part)
    about = "\n".join(part for part in (t("visit.mail.code", language, **shown) if shown["code"] else "", shown["details"]) if part)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Foyer//Visits//EN", "CALSCALE:GREGORIAN", f"METHOD:{method}", "BEGIN:VEVENT",
        f"UID:{visit.id}@foyer", f"DTSTAMP:{utc(at)}", f"SEQUENCE:{visit.sequence}", *times,
        f"SUMMARY:{escaped(t('visit.mail.summary', language, **shown))}", f"LOCATION:{escaped(place)}", f"DESCRIPTION:{escaped(about)}",
        f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'CONFIRMED'}", f"ORGANIZER;CN={_quoted(host.name)}:mailto:{organizer}",
        f"ATTENDEE;CN={_quoted(visit.name)};ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:mailto:{visit.email}",
        "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(f"{piece}\r\n" for line in lines for piece in folded(line))


def _length(s: Session, visit: Visit) -> timedelta:
    """As long as this kind of visitor usually stays where the office said so for the kind; an hour otherwise."""
    minutes = types.get(s, visit.type).usual_stay_minutes
    return timedelta(minutes=minutes) if minutes else LENGTH


def _quoted(text: str) -> str:
    """A parameter's value: no quote, line break or control sign gets out of its quotes."""
    return '"' + "".join(sign for sign in text if sign.isprintable() and sign != '"')[:80] + '"'

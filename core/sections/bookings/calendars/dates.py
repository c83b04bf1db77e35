"""The room's word in a calendar object, date by date (RFC 5545 §3.8.4.4, RFC 5546; pitfalls V04, V07).

A rule of which one date is taken is no rule declined: the room accepts it and declines that date, as an own VEVENT with its RECURRENCE-ID, the
reason in COMMENT, blocking no time there. Such a date is ours (X-FOYER-DECLINED): it is left out when the object is read again, so that the rule
itself keeps asking for the date, and taken away when the room became free for it or the rule no longer has it. Whoever moves the date to another time
asks anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from core.sections.bookings.calendars import ics
from core.sections.bookings.calendars.remote import Reply

OURS = "X-FOYER-DECLINED"
RULE = ("RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "VALARM")


def asking(text: str, address: str, zone: ZoneInfo) -> str:
    """The text as its people mean it: without the dates we declined, and what we made transparent asks for its time again."""
    if "TRANSPARENT" not in text.upper():
        return text
    try:
        calendar: Any = Calendar.from_ical(text)
    except ValueError:  # several calendars in one object: nothing we wrote
        return text
    changed = False
    for event in list(calendar.walk("VEVENT")):
        if not _declined_by_us(event, address):
            continue
        changed = True
        if OURS in event and _at_its_time(event, zone):
            calendar.subcomponents.remove(event)
        else:
            event.pop("TRANSP", None)
    return calendar.to_ical().decode() if changed else text


def with_replies(text: str, replies: Sequence[Reply], room: str, address: str, zone: ZoneInfo) -> bytes | None:
    """The text with the room's word in it, or None when it says so already."""
    calendar: Any = Calendar.from_ical(text)
    by_key = {(reply.uid, reply.recurrence): reply for reply in replies}
    changed, masters, own_dates = False, {}, set()
    for event in list(calendar.walk("VEVENT")):
        uid, stamp = str(event.get("UID", "")), ics.recurrence_of(event, zone)
        reply = by_key.get((uid, stamp))
        if stamp and OURS in event and _at_its_time(event, zone) and _is_over(reply, uid, stamp, replies):
            calendar.subcomponents.remove(event)
            changed = True
            continue
        if stamp:
            own_dates.add((uid, stamp))
        else:
            masters[uid] = event
            reply = reply or of_rule(uid, replies)
        if reply is not None:
            changed = answer_in(event, reply, room, address) or changed
    for reply in replies:
        master = masters.get(reply.uid)
        if master is None or not reply.recurrence or (reply.uid, reply.recurrence) in own_dates:
            continue
        whole = of_rule(reply.uid, replies)
        if whole is not None and reply.word == "declined" and whole.word != "declined":
            calendar.add_component(_date_of(master, reply, room, address, zone))
            changed = True
    return calendar.to_ical() if changed else None


def of_rule(uid: str, replies: Sequence[Reply]) -> Reply | None:
    """The word about a rule as a whole: declined only when each of its dates is; what is true of one date stands with that date."""
    own = [reply for reply in replies if reply.uid == uid]
    if not own:
        return None
    best = min(own, key=lambda reply: ("tentative", "accepted", "declined").index(reply.word))
    declined = sorted({reply.comment for reply in own if reply.word == "declined" and reply.comment})
    return Reply(uid, "", best.word, "; ".join(declined)[:300] if best.word == "declined" else "")


def answer_in(event: Any, reply: Reply, room: str, address: str) -> bool:
    """Put the word into one event; False when it stands there."""
    word, declined = reply.word.upper(), reply.word == "declined"
    own = _own(event, address)
    transparent = _transparent(event)
    if own is not None and str(own.params.get("PARTSTAT", "")).upper() == word and transparent == declined:
        return False
    if own is None:
        own = vCalAddress(f"mailto:{address}")
        event.add("ATTENDEE", own, encode=0)
    own.params["CUTYPE"], own.params["ROLE"], own.params["CN"] = vText("ROOM"), vText("NON-PARTICIPANT"), vText(room)
    own.params["PARTSTAT"] = vText(word)
    for name in ("TRANSP", "COMMENT"):
        event.pop(name, None)
    event.add("TRANSP", "TRANSPARENT" if declined else "OPAQUE")
    if reply.comment:
        event.add("COMMENT", reply.comment)
    return True


# ── private ──


def _date_of(master: Any, reply: Reply, room: str, address: str, zone: ZoneInfo) -> Event:
    """One date of a rule as an event of its own, at its own time, declined."""
    found = Event.from_ical(master.to_ical())
    for name in RULE:
        found.pop(name, None)
    found.subcomponents = [part for part in found.subcomponents if part.name != "VALARM"]
    start = master["DTSTART"].dt
    at = _like(start, datetime.strptime(reply.recurrence, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), zone)
    end = master.get("DTEND")
    for name, value in (("DTSTART", at), ("RECURRENCE-ID", at), *([("DTEND", at + (end.dt - start))] if end is not None else [])):
        found.pop(name, None)
        found.add(name, value)
    found.add(OURS, "1")
    answer_in(found, reply, room, address)
    return found  # type: ignore[return-value]


def _like(start: date | datetime, moment: datetime, zone: ZoneInfo) -> date | datetime:
    """The moment written as the rule writes its own: a day, a wall time without a zone, or a time in the rule's zone."""
    if not isinstance(start, datetime):
        return moment.astimezone(zone).date()
    if start.tzinfo is None:
        return moment.astimezone(zone).replace(tzinfo=None)
    return moment.astimezone(start.tzinfo)


def _is_over(reply: Reply | None, uid: str, stamp: str, replies: Sequence[Reply]) -> bool:
    """Whether a date we declined is one no longer: it may have the room now, or the rule has no such date. What is past stays as it was."""
    if reply is not None:
        return reply.word != "declined"
    known = [one.recurrence for one in replies if one.uid == uid and one.recurrence]
    return bool(known) and stamp > min(known)


def _at_its_time(event: Any, zone: ZoneInfo) -> bool:
    return "DTSTART" in event and ics.moment_of(event["DTSTART"].dt, zone) == ics.moment_of(event["RECURRENCE-ID"].dt, zone)


def _declined_by_us(event: Any, address: str) -> bool:
    own = _own(event, address)
    return own is not None and str(own.params.get("PARTSTAT", "")).upper() == "DECLINED" and _transparent(event)


def _transparent(event: Any) -> bool:
    return str(event.get("TRANSP", "OPAQUE")).upper() == "TRANSPARENT"


def _own(event: Any, address: str) -> Any:
    return next((one for one in _attendees(event) if str(one).lower() == f"mailto:{address}".lower()), None)


def _attendees(event: Any) -> Iterator[Any]:
    found = event.get("ATTENDEE")
    yield from found if isinstance(found, list) else [found] if found is not None else []

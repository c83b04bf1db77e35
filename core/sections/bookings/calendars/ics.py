"""Reading what other calendar programs write (RFC 5545; pitfalls V12, V18, V23).

`icalendar` parses; here events become moments of one room: a time without a zone is the room's own wall time (never the server's), a whole
day is the room's day, rules are counted on the event's own wall, changed and cancelled dates replace the rule's. Nothing is trusted: size,
number and spans are bounded, and what can not be read is named, never left out silently."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar
from icalendar.cal import Component

from core.foundation.errors import Refused
from core.sections.bookings.series import rules

MOST_BYTES = 2_000_000
MOST_EVENTS = 2000
MOST_DATES = 1000
LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that takes place once. `recurrence` is the RECURRENCE-ID as an instant (`20261130T010000Z`) of a date of a rule, otherwise
    empty. `day`: it was written as whole days. `busy` is false for what blocks no time."""

    uid: str
    recurrence: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    organizer: str
    organizer_name: str
    sequence: int
    cancelled: bool
    busy: bool
    day: bool

    @property
    def fingerprint(self) -> str:
        """Changes when the event's time, title or fate does."""
        parts = (self.starts_at.isoformat(), self.ends_at.isoformat(), self.summary, self.organizer, self.cancelled, self.busy, self.day)
        return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event that can not be understood: `code` is a catalogue key."""

    uid: str
    summary: str
    code: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a calendar text holds in a span of time. `uids` are all its events, also those outside the span."""

    events: tuple[Event, ...]
    unreadable: tuple[Unreadable, ...]
    uids: frozenset[str]


def read(text: str, zone: ZoneInfo, since: datetime, until: datetime) -> Reading:
    """The events that touch [since, until), oldest first. Raises Refused calendar.too_big, calendar.not_a_calendar, calendar.too_many"""
    if len(text) > MOST_BYTES:
        raise Refused("calendar.too_big", limit_mb=MOST_BYTES // 1_000_000)
    if "BEGIN:VCALENDAR" not in text[:2000].upper():
        raise Refused("calendar.not_a_calendar")
    try:
        calendars: list[Any] = list(Calendar.from_ical(text, multiple=True))
        components = [component for calendar in calendars for component in calendar.walk("VEVENT")]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise Refused("calendar.not_a_calendar") from None
    if len(components) > MOST_EVENTS:
        raise Refused("calendar.too_many", most=MOST_EVENTS)
    by_uid: dict[str, list[Component]] = {}
    for component in components:
        by_uid.setdefault(_text(component, "UID", 255), []).append(component)
    events: list[Event] = []
    unreadable: list[Unreadable] = []
    for uid, same in by_uid.items():
        try:
            events += islice(_of_one(uid, same, zone, since, until), MOST_DATES)
        except Refused as refusal:
            unreadable.append(Unreadable(uid, _text(same[0], "SUMMARY", 120), refusal.code))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            unreadable.append(Unreadable(uid, _text(same[0], "SUMMARY", 120), "calendar.event_unreadable"))
    if len(events) > MOST_EVENTS:
        raise Refused("calendar.too_many", most=MOST_EVENTS)
    return Reading(tuple(sorted(events, key=lambda event: (event.starts_at, event.uid))), tuple(unreadable), frozenset(by_uid))


# ── one event, with its dates ──


def _of_one(uid: str, same: list[Component], zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[Event]:
    if not uid:
        raise Refused("calendar.no_uid")
    newest: dict[str, Component] = {}
    for component in same:  # of two versions of one thing the later counts
        key = recurrence_of(component, zone)
        if key not in newest or _sequence(component) >= _sequence(newest[key]):
            newest[key] = component
    master = newest.pop("", None)
    if master is not None:
        for event in _dates(uid, master, zone, since, until):
            if event.recurrence not in newest or not event.recurrence:
                yield event
    for key, component in newest.items():
        event = replace(_event(uid, component, zone), recurrence=key)
        if _touches(event, since, until):
            yield event


def _dates(uid: str, master: Component, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[Event]:
    first = _event(uid, master, zone)
    rules_given = master.get("RRULE")
    extra = [_moment(value, zone)[0] for value in _values(master, "RDATE")]
    if rules_given is None and not extra:
        if _touches(first, since, until):
            yield first
        return
    if isinstance(rules_given, list):
        raise Refused("series.rule_wrong", rule="RRULE")
    without = {_moment(value, zone)[0] for value in _values(master, "EXDATE")}
    own_zone = _zone_of(master, zone)
    start_wall = first.starts_at.astimezone(own_zone).replace(tzinfo=None)
    length = first.ends_at - first.starts_at
    end_wall = first.ends_at.astimezone(own_zone).replace(tzinfo=None)
    starts = {first.starts_at, *extra}
    if rules_given is not None:
        rule = rules_given.to_ical().decode()
        zone_of_rule = own_zone if isinstance(own_zone, ZoneInfo) else ZoneInfo("UTC")
        last_on = until.astimezone(own_zone).date()
        for wall in islice(rules.walls(rule, start_wall, zone_of_rule, last_on), 20 * MOST_DATES):
            starts.add(wall.replace(tzinfo=own_zone).astimezone(UTC))
    for starts_at in sorted(starts - without):
        wall = starts_at.astimezone(own_zone).replace(tzinfo=None)
        ends_at = (wall + (end_wall - start_wall)).replace(tzinfo=own_zone).astimezone(UTC)
        event = replace(
            first, recurrence=_stamp(starts_at), starts_at=starts_at, ends_at=ends_at if ends_at > starts_at else starts_at + length
        )
        if _touches(event, since, until):
            yield event


def _event(uid: str, component: Component, zone: ZoneInfo) -> Event:
    start = component.get("DTSTART")
    if start is None:
        raise Refused("calendar.event_unreadable")
    starts_at, day = _moment(start.dt, zone)
    end, duration = component.get("DTEND"), component.get("DURATION")
    if end is not None:
        ends_at, _ = _moment(end.dt, zone)
    elif duration is not None:
        ends_at = starts_at + duration.dt
    else:
        ends_at = _midnight(start.dt + timedelta(days=1), zone) if day else starts_at
    if ends_at <= starts_at or ends_at - starts_at > LONGEST:
        raise Refused("calendar.event_span")
    organizer = component.get("ORGANIZER")
    name = str(organizer.params.get("CN", "")) if organizer is not None else ""
    return Event(
        uid, "", starts_at, ends_at, _text(component, "SUMMARY", 120), str(organizer or "").lower().removeprefix("mailto:")[:254], name[:80],
        _sequence(component), _text(component, "STATUS", 20).upper() == "CANCELLED", _text(component, "TRANSP", 20).upper() != "TRANSPARENT", day,
    )  # fmt: skip


# ── values ──


def _moment(value: Any, zone: ZoneInfo) -> tuple[datetime, bool]:
    """A value's instant, and whether it was a whole day. Without a zone it is the room's wall (pitfall V18)."""
    value = getattr(value, "dt", value)
    if isinstance(value, datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=zone)
        return aware.astimezone(UTC), False
    if isinstance(value, date):
        return _midnight(value, zone), True
    if isinstance(value, tuple):  # RDATE as a period
        return _moment(value[0], zone)
    raise Refused("calendar.event_unreadable")


def moment_of(value: Any, zone: ZoneInfo) -> datetime:
    """A value's instant on this room's wall."""
    return _moment(value, zone)[0]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _zone_of(component: Component, zone: ZoneInfo) -> tzinfo:
    value = component.get("DTSTART").dt
    return value.tzinfo if isinstance(value, datetime) and value.tzinfo is not None else zone


def _values(component: Component, name: str) -> list[Any]:
    found = component.get(name)
    lists = found if isinstance(found, list) else [found] if found is not None else []
    return [value for one in lists for value in one.dts]


def recurrence_of(component: Component, zone: ZoneInfo) -> str:
    """The date of a rule an event stands for (`Event.recurrence`)."""
    value = component.get("RECURRENCE-ID")
    return _stamp(_moment(value.dt, zone)[0]) if value is not None else ""


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _sequence(component: Component) -> int:
    try:
        return int(component.get("SEQUENCE", 0))
    except (ValueError, TypeError):
        return 0


def _text(component: Component, name: str, limit: int) -> str:
    value = component.get(name)
    if isinstance(value, list):
        value = value[0]
    text = "".join(sign for sign in str(value or "") if sign.isprintable()).strip()
    return text.encode("utf-8", "ignore").decode()[:limit]


def _touches(event: Event, since: datetime, until: datetime) -> bool:
    return event.starts_at < until and event.ends_at > since

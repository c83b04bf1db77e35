"""Which dates a rule means, on the wall of the room (RFC 5545 §3.3.10; guide S1.3-R1, pitfalls V08, V16).

`python-dateutil` reads and counts the rule; this is the thin layer round it: wall time only (the instant of each date follows from the
zone), rules a room can not mean are refused by name, and counting always ends. "Every working day" is no RFC rule: it asks the office's
calendar and never guesses a year whose list is not loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule as du
from sqlmodel import Session

from core.foundation.errors import Refused
from core.mechanisms import workdays

MOST_DATES = 400
LONGEST_RULE = 300
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# The Gregorian calendar repeats after 400 years to the weekday. Counting near the last year dateutil knows makes a rule that never
# matches (30 February) end after some hundred years instead of eight thousand.
_CYCLE = 400
_PART = re.compile(r"(FREQ|UNTIL|COUNT|INTERVAL|WKST|BY(?:SECOND|MINUTE|HOUR|DAY|MONTHDAY|YEARDAY|WEEKNO|MONTH|SETPOS))=([A-Z0-9,+:-]+)")
_NOT_WITH = {  # the table of RFC 5545 §3.3.10: where a part has no meaning
    "BYWEEKNO": ("MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"),
    "BYYEARDAY": ("MONTHLY", "WEEKLY", "DAILY"),
    "BYMONTHDAY": ("WEEKLY",),
    "BYSETPOS": ("DAILY", "HOURLY", "MINUTELY"),
}

_RANGES = {
    "COUNT": (1, 10_000), "INTERVAL": (1, 10_000), "BYMONTH": (1, 12), "BYMONTHDAY": (1, 31), "BYYEARDAY": (1, 366), "BYWEEKNO": (1, 53),
    "BYSETPOS": (1, 366), "BYHOUR": (0, 23), "BYMINUTE": (0, 59), "BYSECOND": (0, 59),
}  # fmt: skip


def parts_of(rule: str) -> dict[str, str]:
    """The rule's parts by name. Raises Refused series.rule_wrong with what is wrong."""
    text = rule.strip().upper().removeprefix("RRULE:")
    if not text or len(text) > LONGEST_RULE:
        raise Refused("series.rule_wrong", rule=rule[:60])
    found: dict[str, str] = {}
    for piece in text.split(";"):
        match = _PART.fullmatch(piece)
        if match is None or match[1] in found:
            raise Refused("series.rule_wrong", rule=piece[:60])
        found[match[1]] = match[2]
    frequency = found.get("FREQ", "")
    if frequency not in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY") or ("COUNT" in found and "UNTIL" in found):
        raise Refused("series.rule_wrong", rule=text[:60])
    for name, frequencies in _NOT_WITH.items():
        if name in found and frequency in frequencies:
            raise Refused("series.rule_wrong", rule=f"FREQ={frequency};{name}")
    if "BYDAY" in found and frequency not in ("MONTHLY", "YEARLY") and re.search(r"\d", found["BYDAY"]):
        raise Refused("series.rule_wrong", rule=f"FREQ={frequency};BYDAY={found['BYDAY']}"[:60])
    for name, (least, most) in _RANGES.items():
        for value in found.get(name, str(most)).split(","):
            if not re.fullmatch(r"[+-]?\d{1,5}", value) or not least <= abs(int(value)) <= most or (least == 0 and value[0] == "-"):
                raise Refused("series.rule_wrong", rule=f"{name}={found[name]}"[:60])
    for name in ("COUNT", "INTERVAL"):
        if name in found and not found[name].isdigit():
            raise Refused("series.rule_wrong", rule=f"{name}={found[name]}"[:60])
    return found


def ends_by_itself(rule: str) -> bool:
    """Whether the rule says when it is over."""
    parts = parts_of(rule)
    return "COUNT" in parts or "UNTIL" in parts


def walls(rule: str, first: datetime, zone: ZoneInfo, last_on: date) -> Iterator[datetime]:
    """The starts on the wall (naive), oldest first, from `first` to the end of `last_on`. Raises Refused series.rule_wrong"""
    parts = parts_of(rule)
    years = ((9999 - first.year) // _CYCLE - 1) * _CYCLE
    until = _until(parts.pop("UNTIL", None), zone)
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        shifted = first.replace(year=first.year + years)
        found: Any = du.rrulestr(text, dtstart=shifted)
        for moment in found:
            wall = moment.replace(year=moment.year - years)
            if wall.date() > last_on or (until is not None and wall > until):
                return
            yield wall
    except (ValueError, TypeError, KeyError, IndexError, OverflowError):
        raise Refused("series.rule_wrong", rule=text[:60]) from None


def workday_walls(s: Session, first: datetime, last_on: date) -> tuple[list[datetime], list[int]]:
    """The starts on every working day of the office's calendar, and the years whose list is not loaded: of those there is no date."""
    missing = [year for year in range(first.year, last_on.year + 1) if not workdays.known(s, year)]
    days = workdays.days(s, first.date(), last_on + timedelta(days=1)) if first.date() <= last_on else ()
    return [datetime.combine(day.day, first.time()) for day in days if day.works and not day.provisional], missing


def overlaps_itself(starts: list[datetime], length: timedelta) -> bool:
    """Whether a booking of this length still runs when the next begins (pitfall V08). Half-open: 24 hours each day are neighbours."""
    return any(after - before < length for before, after in pairwise(starts))


def without_end(rule: str) -> str:
    """The rule going on for ever: what a series is prolonged by."""
    return ";".join(f"{name}={value}" for name, value in parts_of(rule).items() if name not in ("COUNT", "UNTIL"))


def weekly(days: list[int], interval: int = 1) -> str:
    """The rule for these weekdays (0 = Monday) every `interval` weeks."""
    return f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={','.join(DAYS[day] for day in sorted(days))}"


def _until(text: str | None, zone: ZoneInfo) -> datetime | None:
    """UNTIL as the wall reads it: an instant in UTC, a wall time, or a whole day."""
    if text is None:
        return None
    try:
        if len(text) == 8:
            return datetime.combine(datetime.strptime(text, "%Y%m%d").date(), time.max)  # noqa: DTZ007  # a day
        moment = datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007  # a wall time unless it ends in Z
    except ValueError:
        raise Refused("series.rule_wrong", rule=f"UNTIL={text}"[:60]) from None
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if text.endswith("Z") else moment

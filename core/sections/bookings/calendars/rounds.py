"""One round with a source while it runs: what is known of it, and what the round did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.sections.bookings.calendars.record import GONE, TWO_WAY, CalendarEntry, CalendarSource
from core.sections.bookings.calendars.remote import Remote


@dataclass(frozen=True, slots=True)
class Report:
    """What a sync did."""

    problem: str = ""
    taken: int = 0
    declined: int = 0
    gone: int = 0
    pushed: int = 0
    lost: int = 0


@dataclass(slots=True)
class Work:
    source: CalendarSource
    remote: Remote
    at: datetime
    language: str
    entries: dict[tuple[str, str], CalendarEntry]
    taken: int = 0
    declined: int = 0
    gone: int = 0
    pushed: int = 0
    lost: int = 0

    @property
    def two_way(self) -> bool:
        return self.source.kind in TWO_WAY

    def by_href(self) -> dict[str, list[CalendarEntry]]:
        found: dict[str, list[CalendarEntry]] = {}
        for entry in self.entries.values():
            if entry.state != GONE:
                found.setdefault(entry.href, []).append(entry)
        return found

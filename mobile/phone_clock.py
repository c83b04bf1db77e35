"""When something happened that a phone tells of later (offline.md, "Clock"; O14).

A phone corrects its own clock by every contact and sends moments in those terms, with header
`Foyer-Clock: <its corrected time>;<monotonic ms>;<start id>[;<its bare clock>]`. What is left to correct is a clock that was changed since the last
contact: then the moments before the change are right and those after it are off by the difference, and the phone may not know which are which.
Each record says what helps to tell: the last contact before it (`contact_at`) and the monotonic clock of its start of the app. A moment never lies
after receipt nor before that contact.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request

SAME = timedelta(seconds=2)  # two clocks that differ by less are one
SKEW_WORTH_A_FLAG = timedelta(minutes=5)


def moment(value: Any) -> datetime:
    """An aware moment of a sane year from ISO text, in UTC; ValueError otherwise."""
    found = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
    if found is None or found.tzinfo is None or not 2000 <= found.year <= 2100:
        raise ValueError("not an aware moment")
    return found.astimezone(UTC)


class PhoneClock:
    """What the phone's clocks showed when it sent. `now` is None where it did not say."""

    def __init__(
        self,
        received: datetime,
        now: datetime | None = None,
        monotonic_ms: float | None = None,
        boot_id: str = "",
        bare: datetime | None = None,
    ) -> None:
        self.received, self.now, self.monotonic_ms, self.boot_id, self.bare = received, now, monotonic_ms, boot_id, bare or now

    @classmethod
    def read(cls, request: Request, received: datetime) -> PhoneClock:
        """From the header; anything unreadable counts as not said."""
        return cls.of(request.headers.get("foyer-clock", ""), received)

    @classmethod
    def of(cls, header: str, received: datetime) -> PhoneClock:
        parts = (header[:200] + ";;;").split(";")
        try:
            now = moment(parts[0])
            monotonic = float(parts[1]) if parts[1] else None
            bare = moment(parts[3]) if parts[3] else None
        except ValueError:
            now, monotonic, bare = None, None, None
        return cls(received, now, monotonic, parts[2][:60], bare)

    @property
    def skew(self) -> timedelta:
        """How far the phone's bare clock is ahead of ours."""
        return self.bare - self.received if self.bare else timedelta()

    def correct(self, item: dict[str, Any], occurred: datetime) -> datetime:
        """The moment on our clock.

        With `late` = how far the phone's corrected clock is behind ours now, a record is either right as it is (made before the change) or off by
        `late` (made after it, or the phone never corrects: a program with a wrong clock). The one that fits between the last contact and receipt
        is taken; where both fit, the one nearer to what the monotonic clock says, and without that word the corrected one."""
        late = self.received - self.now if self.now else timedelta()
        after = self._contact(item)
        fitting = [m for m in (occurred + late, occurred) if m <= self.received + SAME and (after is None or m >= after - SAME)]
        if not fitting:
            fitting = [occurred + late]
        chosen = fitting[0]
        if len(fitting) == 2 and abs(late) > SAME:
            by_monotonic = self._by_monotonic(item)
            if by_monotonic is not None:
                chosen = min(fitting, key=lambda m: abs(m - by_monotonic))
        if after is not None:
            chosen = max(chosen, after)
        return min(chosen, self.received)

    def skew_of(self, item: dict[str, Any], said: datetime, corrected: datetime) -> timedelta:
        """How far the phone's bare clock was off when the record was made: what it said it had already corrected, and what we corrected."""
        offset = item.get("clock_offset_ms")
        own = (
            timedelta(milliseconds=offset)
            if isinstance(offset, (int, float)) and not isinstance(offset, bool) and abs(offset) < 1e13
            else timedelta()
        )
        return (said - corrected) - own

    def _contact(self, item: dict[str, Any]) -> datetime | None:
        try:
            found = moment(item.get("contact_at"))
        except ValueError:
            return None
        return found if found <= self.received else None

    def _by_monotonic(self, item: dict[str, Any]) -> datetime | None:
        """The latest moment it can have been: a monotonic clock may stand still while the phone sleeps."""
        mono = item.get("monotonic_ms")
        if (
            self.monotonic_ms is None
            or not isinstance(mono, (int, float))
            or isinstance(mono, bool)
            or not self.boot_id
            or item.get("boot_id") != self.boot_id
        ):
            return None
        span = self.monotonic_ms - mono
        return self.received - timedelta(milliseconds=span) if 0 <= span < 1e10 else None

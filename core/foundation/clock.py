"""The one clock. Operations are given `at`; only faces and jobs ask `now()`.

A demo or test office may move the clock (contract.md, FOYER_TEST_CLOCK); the difference to the machine's clock is kept here and told to every screen.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.foundation.errors import Refused

_offset = timedelta()
_frozen: datetime | None = None
_zone = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen if _frozen is not None else datetime.now(UTC) + _offset


def offset() -> timedelta:
    """How far this clock is ahead of the machine's."""
    return now() - datetime.now(UTC) if _frozen is not None else _offset


def move_to(moment: datetime) -> None:
    """Let the clock go on from `moment` (aware)."""
    global _offset, _frozen
    _frozen = None
    _offset = moment.astimezone(UTC) - datetime.now(UTC)


def freeze(moment: datetime | None) -> None:
    """Stop the clock at `moment` (tests), or let it run again with None."""
    global _frozen, _offset
    _frozen = moment.astimezone(UTC) if moment is not None else None
    if moment is None:
        _offset = timedelta()


def set_zone(name: str) -> None:
    """The office's own zone (FOYER_TIMEZONE)."""
    global _zone
    _zone = ZoneInfo(name)


def zone() -> ZoneInfo:
    return _zone


def local(moment: datetime) -> datetime:
    """`moment` on the office's wall clock."""
    return moment.astimezone(_zone)


def today(at: datetime | None = None) -> date:
    """The office's date at `at`, or now."""
    return local(at or now()).date()


def day_span(day: date) -> tuple[datetime, datetime]:
    """The half-open span [midnight, next midnight) of an office day, in UTC."""
    start = datetime(day.year, day.month, day.day, tzinfo=_zone)
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=_zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def from_wall(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which a clock on the wall of `zone` reads `wall` (naive); of two the first, as RFC 5545 has it.

    Raises Refused `time.not_on_clock` for an hour the clock leaves out when summer time begins, with what it would read instead."""
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    reads = moment.astimezone(zone).replace(tzinfo=None, fold=0)
    if reads != wall:
        raise Refused("time.not_on_clock", time=f"{wall:%H:%M}", day=wall.date().isoformat(), reads=f"{reads:%H:%M}")
    return moment

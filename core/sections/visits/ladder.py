"""Who is told next while nobody answers: the host, the deputy, reception, one at a time (issue 5; scenario Front desk 7).

Pure rules, without a database. A rung is one telling; after reception there is none. "Five more minutes" starts anew with the host. What a server that
was down missed is not made up for: whoever is due is told once, and the next waits its full time from then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Rung(StrEnum):
    HOST = "host"
    DEPUTY = "deputy"
    RECEPTION = "reception"


class Said(StrEnum):
    """What the host answered; nothing yet is an empty text."""

    COMING = "coming"
    WAIT = "wait"
    UP = "up"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where the telling stands. `next_at` is when the next one is due, None when nobody is."""

    rung: Rung = Rung.HOST
    next_at: datetime | None = None
    said: str = ""


def begin(at: datetime, step: timedelta) -> Ladder:
    """The host has just been told."""
    return Ladder(Rung.HOST, at + step, "")


def is_due(ladder: Ladder, at: datetime) -> bool:
    return ladder.next_at is not None and ladder.next_at <= at


def climb(ladder: Ladder, at: datetime, step: timedelta, *, has_deputy: bool) -> Ladder:
    """The ladder after the next one was told at `at`; unchanged when nobody is due."""
    if not is_due(ladder, at):
        return ladder
    if ladder.said == Said.WAIT:
        return begin(at, step)
    if ladder.rung == Rung.HOST and has_deputy:
        return Ladder(Rung.DEPUTY, at + step, ladder.said)
    return Ladder(Rung.RECEPTION, None, ladder.said)


def answered(ladder: Ladder, said: Said, at: datetime, wait: timedelta) -> Ladder:
    """The ladder after somebody answered: it stops, or starts anew when the wait is over."""
    return replace(ladder, said=said, next_at=at + wait if said == Said.WAIT else None)

"""Whether a thing was already scanned in a round: a pure function, the same as in the floor app (`mobile/floor/static/rules.js`).

Both sides are proven by `tests/vectors/scanned-twice.json`. An old and a new label of one thing are the same thing; codes are compared whole,
never as parts of one another (pitfall T7); a scan that was undone does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan in a round: the code read, the thing it belongs to where known, and where."""

    code: str
    place_id: str
    subject_id: str | None = None
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What a round already holds of a scan.

    `again`: counted at this place before; `times`: how often, the undone ones left out; `first`: index of the first that stands;
    `elsewhere`: the last other place it was counted at, when it was not yet counted here."""

    again: bool
    times: int
    first: int | None
    elsewhere: str | None


def _same(one: Scan, other: Scan) -> bool:
    if one.subject_id and other.subject_id:
        return one.subject_id == other.subject_id
    return one.code == other.code


def already_scanned(events: Sequence[Scan], scan: Scan) -> Seen:
    """What `events`, oldest first, hold of `scan`."""
    here = [index for index, event in enumerate(events) if not event.undone and _same(event, scan) and event.place_id == scan.place_id]
    other = [event.place_id for event in events if not event.undone and _same(event, scan) and event.place_id != scan.place_id]
    return Seen(bool(here), len(here), here[0] if here else None, other[-1] if other and not here else None)

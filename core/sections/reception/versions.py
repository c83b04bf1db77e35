"""Two versions of a plan side by side: planned against planned, and who changed what in between (guide S3.1-R2, R8).

A version is what was put before the leader; the plan as it is now stands beside them as one more (`NOW`). Lines are the same line by their id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.errors import Refused
from core.mechanisms.operations import Actor
from core.sections.reception import approving, joins, record
from core.sections.reception.record import Kind, Reception, ReceptionEvent, ReceptionVersion

NOW = 0
HEAD = ("organisation", "title", "level", "starts_on", "ends_on", "headcount", "lead", "letter", "purpose", "itinerary")
LINE = ("kind", "what", "starts_at", "ends_at", "place", "place_to", "owner", "companions", "room", "cost_cents")
CHANGES = ("changed", "guests", "arranged", "rearranged", "dropped", "room_moved", "room_gone", "line_changed")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not the same: `field` of the plan's head or of a line, before and after; None where it was not there."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line that came (`before` None), went (`after` None) or is another now; `changes` in the last case only."""

    kind: str
    what: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """A version: who put it before the leader and when, whether the leader agreed. `version` 0 is the plan as it is now."""

    version: int
    made_by: str
    made_at: datetime | None
    approved: bool
    cents: int
    by_kind: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Did:
    """What somebody did between the two, in order; a line is meant by its words, of one that is gone by none."""

    at: datetime
    what: str
    who: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`all` are the versions there are; `same` lines need no showing but are counted."""

    id: UUID
    number: str
    title: str
    all: tuple[int, ...]
    left: Side
    right: Side
    head: tuple[Change, ...]
    lines: tuple[LineChange, ...]
    same: int
    did: tuple[Did, ...]


def compare(s: Session, reception_id: UUID, left: int | None, right: int | None, by: Actor) -> Comparison | None:
    """Two versions, by number; `NOW` is the plan as it is. Without numbers: what the leader agreed to last, failing that what was put before them last,
    against now. None when there is nothing to compare or it is not the reader's. Refuses: reception.no_version"""
    row = s.get(Reception, reception_id)
    if row is None or not record.may_see(s, row, by) or not row.versions:
        return None
    kept = {
        one.version: one
        for one in s.execute(
            select(ReceptionVersion).where(col(ReceptionVersion.reception_id) == row.id).order_by(col(ReceptionVersion.version))
        ).scalars()
    }
    left = (row.approved_version or row.versions) if left is None else left
    right = NOW if right is None else right
    if any(one != NOW and one not in kept for one in (left, right)):
        raise Refused("reception.no_version")
    if (left or 10**6) > (right or 10**6):
        left, right = right, left  # the older one stands left
    events = record.events_of(s, row.id)
    contents = [approving.content_of(s, row) if one == NOW else dict(kept[one].content) for one in (left, right)]
    names = record.names_of(s, {one.made_by for one in kept.values()} | {event.person_id for event in events})
    approved = {event.facts.get("version") for event in events if event.what == "approved"}
    sides = [_side(one, kept.get(one), content, names, one in approved) for one, content in zip((left, right), contents, strict=True)]
    lines, same = differing(contents[0]["lines"], contents[1]["lines"])
    words = {str(line.id): line.what for line in record.lines_of(s, row.id)}
    return Comparison(
        row.id, record.number_of(row), record.title_of(row), (*kept, NOW), sides[0], sides[1],
        tuple(Change(name, contents[0].get(name), contents[1].get(name)) for name in HEAD if contents[0].get(name) != contents[1].get(name)),
        tuple(lines), same, tuple(_did(event, names, words) for event in _between(events, left, right) if event.what in CHANGES),
    )  # fmt: skip


def differing(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> tuple[list[LineChange], int]:
    """The lines that came, went or changed, in the order of the day, and how many are the same."""
    old, new = {line["id"]: line for line in before}, {line["id"]: line for line in after}
    found: list[LineChange] = []
    for id in old.keys() | new.keys():
        was, now = old.get(id), new.get(id)
        shown = now or was
        assert shown is not None
        changes = (
            tuple(Change(name, was.get(name), now.get(name)) for name in LINE if _value(was, name) != _value(now, name))
            if was and now
            else ()
        )
        if not (was and now) or changes:
            found.append(LineChange(str(shown["kind"]), str(shown["what"]), was, now, changes))
    found.sort(key=lambda one: str((one.after or one.before or {}).get("starts_at")))
    return found, len(old.keys() & new.keys()) - sum(1 for one in found if one.before and one.after)


def _value(line: Mapping[str, Any], name: str) -> Any:
    """A field as it counts: versions of before rooms were kept know none, and a moment is the same in every offset."""
    value = line.get(name)
    if name in ("starts_at", "ends_at") and value:
        return datetime.fromisoformat(value)
    return value or ("" if name not in ("companions", "cost_cents") else 0)


def _side(version: int, row: ReceptionVersion | None, content: Mapping[str, Any], names: Mapping[UUID, str], approved: bool) -> Side:
    sums = joins.sums((line["kind"], line["cost_cents"]) for line in content["lines"])
    by = names.get(row.made_by, "") if row and row.made_by else ""
    return Side(version, by, row.made_at if row else None, approved, sum(sums.values()), {str(kind): sums.get(kind, 0) for kind in Kind})


def _between(events: Sequence[ReceptionEvent], left: int, right: int) -> Sequence[ReceptionEvent]:
    """By the order of what happened, never by the clock: several changes are of one moment."""
    asked = {event.facts.get("version"): place for place, event in enumerate(events) if event.what == "approval_asked"}
    return events[asked[left] : asked[right] if right != NOW else None]


def _did(event: ReceptionEvent, names: Mapping[UUID, str], words: Mapping[str, str]) -> Did:
    facts = {name: words.get(str(value), "—") if name == "line" else value for name, value in event.facts.items()}
    return Did(event.at, event.what, names.get(event.person_id, "") if event.person_id else "", facts)

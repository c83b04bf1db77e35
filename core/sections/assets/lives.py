"""The whole life of an asset on one page, from everyone who knows something of it (guide S4.1-R3).

The book's own events (registered, corrected, handed over, repaired, disposed of), its labels and every print of them, its papers, and what other
sections tell: they mark `@tells` functions, main.py includes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.mechanisms import label_jobs, labels, people, places
from core.mechanisms.labels import SubjectKind
from core.sections.assets import own_fields
from core.sections.assets.cards import names_of, numbers_of, timeline
from core.sections.assets.ledger import OWN


@dataclass(frozen=True, slots=True)
class LifeLine:
    """One thing that happened. `kind` is an event of `asset.event.*`, `changes` are (field, before, after) with names in place of ids; an own
    field is `own.<id>` with its name in `names`."""

    at: datetime
    kind: str
    who: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[tuple[str, Any, Any], ...] = ()
    photos: tuple[str, ...] = ()


Teller = Callable[[Session, UUID], list[LifeLine]]
_tellers: dict[str, Teller] = {}


def tells(function: Teller) -> Teller:
    """Mark `(s, asset_id) -> lines`: what another section knows of an asset's life."""
    function.__tells_life__ = True  # type: ignore[attr-defined]
    return function


def include(*modules: ModuleType) -> None:
    """Know what these modules tell; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            if getattr(value, "__tells_life__", False):
                _tellers[f"{value.__module__}.{value.__name__}"] = value


def life(s: Session, asset_id: UUID) -> list[LifeLine]:
    """Everything that ever happened to an asset, oldest first."""
    lines = [*_events(s, asset_id), *_labels(s, asset_id)]
    for teller in _tellers.values():
        lines += teller(s, asset_id)
    return sorted(lines, key=lambda line: line.at)


def _events(s: Session, asset_id: UUID) -> list[LifeLine]:
    events = timeline(s, asset_id)
    sides = [side for event in events for side in (event.facts.get("before") or {}, event.facts.get("after") or {})]

    def mentioned(name: str) -> set[UUID]:
        return {UUID(str(side[name])) for side in sides if side.get(name)}

    who = names_of(s, mentioned("keeper_id") | {event.person_id for event in events if event.person_id})
    names: dict[str, str] = {str(id): said for id, said in (*who.items(), *people.department_names(s).items())}
    names |= {str(id): path for id, (_, path) in places.paths_of(s, mentioned("place_id")).items()}
    names |= {str(id): number for id, number in numbers_of(s, mentioned("parent_id")).items()}
    lines = []
    for event in events:
        before, after = event.facts.get("before") or {}, event.facts.get("after") or {}
        changes = tuple((name, _said(name, before.get(name), names), _said(name, value, names)) for name, value in after.items())
        facts = {key: value for key, value in event.facts.items() if key not in ("before", "after")}
        facts["keeper"] = names.get(str(after.get("keeper_id")), "")
        who_did = names.get(str(event.person_id), "") if event.person_id else ""
        lines.append(LifeLine(event.at, event.kind, who_did, facts, changes, tuple(event.facts.get("photos") or ())))
    return lines


def _said(name: str, value: Any, names: Mapping[str, str]) -> Any:
    return names.get(str(value), "") if name.endswith("_id") and value and not name.startswith(OWN) else value


def _labels(s: Session, asset_id: UUID) -> list[LifeLine]:
    had = labels.history(s, SubjectKind.ASSET, asset_id)
    before = {label.superseded_by: label for label in had if label.superseded_by}
    lines = [_labelled(label, before.get(label.code)) for label in had]
    for row, who in label_jobs.prints_of(s, [label.code for label in had]):
        lines.append(LifeLine(row.printed_at, "printed", who, {"code": labels.shown(row.code), "n": 1, "reason": row.reason or ""}))
    return lines


def _labelled(label: labels.Label, before: labels.Label | None) -> LifeLine:
    """A label was put on, in place of another when there was one: which, and why (Things 2)."""
    facts = {"code": labels.shown(label.code)}
    if before is None:
        return LifeLine(label.issued_at, "labelled", facts=facts)
    facts |= {"old": labels.shown(before.code), "reason": before.reason}
    return LifeLine(
        before.ended_at or label.issued_at, "relabelled" if before.reason and before.reason != "claim" else "relabelled_plain", facts=facts
    )


def field_names(s: Session) -> dict[str, str]:
    """`own.<id>` → what the office calls the field."""
    return {f"{OWN}{one.id}": one.name for one in own_fields.fields(s, retired=True)}

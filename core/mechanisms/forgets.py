"""Forgetting a visitor: whoever keeps something that names one says here how it goes (norms.md 11; ASVS 14.2.7; scenario Office 7).

A part that keeps a visitor's name, phone, address, picture or drawing marks a function

    @forgets.visitors("groups", "visit_group.leader_name", "visit_group_member.name")
    def forget(s: Session, gone: Gone, at: datetime) -> int: ...

and lists the columns it clears. The erasing of visits (`visit.erase`) calls all of them in its own transaction, so that a visitor goes everywhere or
nowhere; the numbers they answer stand in the report. What visitors are called travels in `gone` in memory only, for rows that name a visitor
without knowing the visit. tests/core/test_house.py fails when a table could name a visitor and neither does this nor is declared harmless there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import ModuleType
from uuid import UUID

from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Gone:
    """Visits being erased and what named their visitors: never written anywhere. `phones` are as they were stored, `emails` in lower case."""

    visit_ids: tuple[UUID, ...]
    names: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Kept:
    """What is lawfully kept for another reason: `values` (in memory only) stand in `place`, which is named to readers, and go after `until`."""

    values: frozenset[str]
    place: str
    until: date


Keep = Callable[[Session, frozenset[str], datetime], list[Kept]]
Forget = Callable[[Session, Gone, datetime], int]


@dataclass(frozen=True, slots=True)
class Forgetter:
    """How one part forgets: `kind` is its line in the report (catalogue key `forgets.<kind>`), `columns` are the "table.column" it clears."""

    kind: str
    columns: frozenset[str]
    run: Forget


_forgetters: dict[str, Forgetter] = {}
_keepers: dict[str, Keep] = {}


def visitors(kind: str, *columns: str) -> Callable[[Forget], Forget]:
    """Mark `(s, gone, at) -> how many rows forgot somebody`. It clears `columns` for the visits in `gone`; doing it again changes nothing."""

    def mark(function: Forget) -> Forget:
        function.__forgets__ = Forgetter(kind, frozenset(columns), function)  # type: ignore[attr-defined]
        return function

    return mark


def keeps(kind: str) -> Callable[[Keep], Keep]:
    """Mark `(s, values, at) -> what of these values this part still needs`: a guest's name in a plan that runs is no rest of an erased visit. The proof
    (`visits.purging`) does not look for it and says who keeps it until when."""

    def mark(function: Keep) -> Keep:
        function.__keeps__ = kind  # type: ignore[attr-defined]
        return function

    return mark


def kept(s: Session, values: frozenset[str], at: datetime) -> list[Kept]:
    """What other parts keep of these values, and until when."""
    return [one for kind in sorted(_keepers) for one in _keepers[kind](s, values, at)] if values else []


def include(*modules: ModuleType) -> None:
    """Know how these modules forget (main.py alone calls this); including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            found = getattr(value, "__forgets__", None)
            if isinstance(found, Forgetter):
                _forgetters[found.kind] = found
            if (kind := getattr(value, "__keeps__", None)) is not None and callable(value):
                _keepers[str(kind)] = value


def columns() -> frozenset[str]:
    """Every "table.column" that somebody clears."""
    return frozenset(column for found in _forgetters.values() for column in found.columns)


def kinds() -> list[str]:
    """The lines of a report, in order."""
    return sorted(_forgetters)


def run(s: Session, gone: Gone, at: datetime) -> Mapping[str, int]:
    """Let everybody forget these visits, inside the transaction that erases them. Answers how many rows of each kind."""
    return {kind: _forgetters[kind].run(s, gone, at) for kind in kinds()} if gone.visit_ids else {}


def chunks(ids: Iterable[UUID], most: int = 500) -> list[list[UUID]]:
    """Ids in pieces a statement can take."""
    known = list(ids)
    return [known[start : start + most] for start in range(0, len(known), most)]


def scrub(texts: str, words: Iterable[str]) -> str:
    """A text with every one of these words blotted out (`·····`), where they stand as whole words: what a person wrote about a visitor stays readable."""
    for word in sorted((w for w in words if len(w) >= 2), key=len, reverse=True):
        latin = word.isascii()
        pattern = rf"(?<![0-9A-Za-z]){re.escape(word)}(?![0-9A-Za-z])" if latin else re.escape(word)
        texts = re.sub(pattern, "·····", texts, flags=re.IGNORECASE)
    return texts

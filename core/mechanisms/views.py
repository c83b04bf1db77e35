"""Collections that programs and registers read: one description a collection gives GET lists, single views, ETags and CSV/XLSX exports.

A section declares a module-level `Collection`; main.py includes it. The list function answers frozen dataclasses, filtered to what the caller may read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from sqlmodel import Session

from core.mechanisms.operations import Actor, Role


@dataclass(frozen=True, slots=True)
class Query:
    """What a caller asks of a list: `limit` rows after `cursor`, matching `q` and the filters."""

    q: str = ""
    limit: int = 50
    cursor: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows and where the next ones begin (None at the end)."""

    items: Sequence[Any]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of the export: the attribute of the row (or what `value` reads from it) and the catalogue key of its heading; a heading that
    is no key stands for itself. `words`: where the values' own sentences stand (`visit.state` for `visit.state.here`), the heading by default."""

    name: str
    heading: str
    value: Callable[[Any], Any] | None = None
    words: str = ""

    def of(self, row: Any) -> Any:
        return getattr(row, self.name) if self.value is None else self.value(row)


@dataclass(frozen=True, slots=True)
class Collection:
    """`list(s, query, by)` and `get(s, id, by)`; `roles` may read; `filters` names the filters that are understood. `more(s)` adds columns
    that an office made itself."""

    name: str
    roles: frozenset[Role]
    list: Callable[[Session, Query, Actor], Page]
    get: Callable[[Session, str, Actor], Any | None]
    columns: tuple[ExportColumn, ...] = ()
    filters: tuple[str, ...] = ()
    more: Callable[[Session], tuple[ExportColumn, ...]] | None = None

    def all_columns(self, s: Session) -> tuple[ExportColumn, ...]:
        """Every column of an export as it is today."""
        return self.columns + (self.more(s) if self.more else ())


_collections: dict[str, Collection] = {}


def include(*modules: ModuleType) -> None:
    """Know the collections of these modules; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            if isinstance(value, Collection):
                _collections[value.name] = value


def collections() -> dict[str, Collection]:
    return dict(sorted(_collections.items()))

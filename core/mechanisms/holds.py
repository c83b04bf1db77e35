"""What may not be handed over or moved for a while, and who says so: a stock-take that froze its scope, for one.

A section that holds things marks a function with `@holds`; a section that moves things asks `check` before it does. Neither knows the other.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from uuid import UUID

from sqlmodel import Session

from core.foundation.errors import Refused

Hold = Callable[[Session, str, UUID, UUID | None, str], Refused | None]
_holds: dict[str, Hold] = {}


def holds(function: Hold) -> Hold:
    """Mark `(s, kind, subject id, the place it would go to, what is being done) -> why not, or None`."""
    function.__holds__ = True  # type: ignore[attr-defined]
    return function


def include(*modules: ModuleType) -> None:
    """Know who holds things (main.py alone calls this); including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            if getattr(value, "__holds__", False) is True and callable(value):
                _holds[f"{value.__module__}.{value.__name__}"] = value


def check(s: Session, kind: str, subject_id: UUID, *, to_place: UUID | None = None, doing: str = "") -> None:
    """Refuses with the reason of whoever holds the thing, or the place it would go to. `doing` is the kind of event the mover writes."""
    for hold in _holds.values():
        refused = hold(s, kind, subject_id, to_place, doing)
        if refused is not None:
            raise refused

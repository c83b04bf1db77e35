"""What happens to a visit, told to other sections in the same transaction (guide S3.1-R5: the guest's check-in starts the run sheet).

A section marks `@visits.hears`: `(s, what, visit, at)`; main.py includes it. Visits know nothing of who listens: a reception plan that moves on, a liaison
record, a roll call. `back` is a check-out taken back; `left` says by `assumed_left_at` whether anybody saw it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from types import ModuleType

from sqlmodel import Session

from core.sections.visits.record import Visit


class Happening(StrEnum):
    ARRIVED = "arrived"
    LEFT = "left"
    BACK = "back"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ERASED = "erased"


Listener = Callable[[Session, Happening, Visit, datetime], None]
_listeners: dict[str, Listener] = {}


def hears(function: Listener) -> Listener:
    """Mark what a section does, in the same transaction, when something happens to a visit."""
    function.__hears_visits__ = True  # type: ignore[attr-defined]
    return function


def include(*modules: ModuleType) -> None:
    """Know who listens; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            if getattr(value, "__hears_visits__", False):
                _listeners[f"{value.__module__}.{value.__name__}"] = value


def tell(s: Session, what: Happening, visit: Visit, at: datetime) -> None:
    """Say it to everyone who listens; whoever changes a visit's state calls this last."""
    s.flush()
    for listener in _listeners.values():
        listener(s, what, visit, at)

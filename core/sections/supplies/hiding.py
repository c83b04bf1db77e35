"""Whose eyes the book figures of some shelves are kept from: who counts them blind (scenarios Office 5, Things 6)."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from uuid import UUID

from sqlmodel import Session

from core.mechanisms.operations import Actor

HidesStock = Callable[[Session, Actor], set[UUID]]
_hides: dict[str, HidesStock] = {}


def hides_stock(function: HidesStock) -> HidesStock:
    """Mark `(s, by) -> place ids` whose book figures this caller must not see now; stock-takes say so of a blind count."""
    function.__hides_stock__ = True  # type: ignore[attr-defined]
    return function


def include(*modules: ModuleType) -> None:
    """Know who hides figures; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            if getattr(value, "__hides_stock__", False) is True and callable(value):
                _hides[f"{value.__module__}.{value.__name__}"] = value


def hidden_places(s: Session, by: Actor) -> set[UUID]:
    """Places whose stock this caller must not see now."""
    return {place for hides in _hides.values() for place in hides(s, by)}

"""Who must not see now how many pieces a bulk line has: whoever counts it blind (Things 6). Stock-takes mark `@hides_pieces`, main.py includes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import ModuleType
from uuid import UUID

from sqlmodel import Session

from core.mechanisms.operations import Actor
from core.sections.assets.cards import AssetView

HidesPieces = Callable[[Session, Actor], set[UUID]]
_hides: dict[str, HidesPieces] = {}


def hides_pieces(function: HidesPieces) -> HidesPieces:
    """Mark `(s, by) -> asset ids` whose number of pieces this caller must not see now."""
    function.__hides_pieces__ = True  # type: ignore[attr-defined]
    return function


def include(*modules: ModuleType) -> None:
    """Know who hides numbers; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            if getattr(value, "__hides_pieces__", False) is True and callable(value):
                _hides[f"{value.__module__}.{value.__name__}"] = value


def shown_to(s: Session, by: Actor, found: Sequence[AssetView]) -> list[AssetView]:
    """These views as this caller may see them."""
    if not any(one.bulk for one in found):
        return list(found)
    hidden = {asset_id for hides in _hides.values() for asset_id in hides(s, by)}
    return [replace(one, quantity=None) if one.bulk and one.id in hidden else one for one in found]

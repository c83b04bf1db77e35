"""What whoever counts blind must not see now (Things 6): how many pieces a bulk line has, and where the book has things. Stock-takes mark
`@hides_pieces` and `@hides_places`, main.py includes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import ModuleType
from uuid import UUID

from sqlmodel import Session

from core.mechanisms.operations import Actor
from core.sections.assets.cards import AssetView

HidesPieces = Callable[[Session, Actor], set[UUID]]
HidesPlaces = Callable[[Session, Actor], bool]
_hides: dict[str, HidesPieces] = {}
_hides_places: dict[str, HidesPlaces] = {}


def hides_pieces(function: HidesPieces) -> HidesPieces:
    """Mark `(s, by) -> asset ids` whose number of pieces this caller must not see now."""
    function.__hides_pieces__ = True  # type: ignore[attr-defined]
    return function


def hides_places(function: HidesPlaces) -> HidesPlaces:
    """Mark `(s, by) -> bool`: whether this caller must not be told now where the book has any thing. One whose place alone is missing would be told."""
    function.__hides_places__ = True  # type: ignore[attr-defined]
    return function


def places_hidden(s: Session, by: Actor) -> bool:
    """Whether somebody hides the places of the book from this caller."""
    return any(hides(s, by) for hides in _hides_places.values())


def include(*modules: ModuleType) -> None:
    """Know who hides numbers; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            if getattr(value, "__hides_pieces__", False) is True and callable(value):
                _hides[f"{value.__module__}.{value.__name__}"] = value
            if getattr(value, "__hides_places__", False) is True and callable(value):
                _hides_places[f"{value.__module__}.{value.__name__}"] = value


def shown_to(s: Session, by: Actor, found: Sequence[AssetView]) -> list[AssetView]:
    """These views as this caller may see them."""
    if not any(one.bulk for one in found):
        return list(found)
    hidden = {asset_id for hides in _hides.values() for asset_id in hides(s, by)}
    return [replace(one, quantity=None) if one.bulk and one.id in hidden else one for one in found]

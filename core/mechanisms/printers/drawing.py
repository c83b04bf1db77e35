"""What draws a print job: others declare `@draws(kind)`; it is called when the printer takes the job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be drawn for which printer."""

    kind: str
    recipe: dict[str, Any]
    paper: str
    colour: bool
    printer: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A PDF and the size of its pages."""

    pdf: bytes
    width_mm: float
    height_mm: float


class NotNeeded(Exception):
    """What was to be printed is over: the visitor has left, the parcel was fetched."""


Drawer = Callable[[Order], Drawn]
_drawers: dict[str, Drawer] = {}


def draws(kind: str) -> Callable[[Drawer], Drawer]:
    """Mark the function `(order) -> Drawn` that draws jobs of `kind`; it may raise NotNeeded. It runs on a thread without a session."""

    def mark(function: Drawer) -> Drawer:
        function.__draws__ = kind  # type: ignore[attr-defined]
        return function

    return mark


def include(*modules: ModuleType) -> None:
    """Know the drawers of these modules; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            if isinstance(kind := getattr(value, "__draws__", None), str):
                _drawers[kind] = value


def draw(order: Order) -> Drawn:
    """Raises NotNeeded, DrawingError, Refused."""
    return _drawers[order.kind](order)

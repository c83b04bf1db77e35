"""Whether a room is ready to be used from now on. Rooms know nothing of how they are looked after: whoever does says so here (guide S1.3-R8;
scenario Office 6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.mechanisms.operations import Actor
from core.sections.rooms import parts

Unready = Callable[[Session, datetime, UUID | None], set[UUID]]
AfterEach = Callable[[Session, UUID], bool]
_before_use: list[Any] = []
_unready: list[Unready] = []
_after_each: list[AfterEach] = []


@dataclass(frozen=True, slots=True)
class Readiness:
    """`waits`: nobody may begin to use the room now; `after_each`: so it will be after each meeting, until somebody saw to it."""

    waits: bool
    after_each: bool


def before_use(ask: Any) -> Any:
    """Mark `(s, room_id, by, at)`: it refuses a booking that begins now while the room is not ready for anybody (it is being restored)."""
    _before_use.append(ask)
    return ask


def unready_from(source: Unready) -> Unready:
    """Mark `(s, at, only)`: the rooms (or whether this one) that wait to be made ready."""
    _unready.append(source)
    return source


def unready_after_each(source: AfterEach) -> AfterEach:
    """Mark `(s, room_id)`: whether this room has to be made ready after each meeting."""
    _after_each.append(source)
    return source


def check_ready(s: Session, room_id: UUID, by: Actor, at: datetime) -> None:
    """Refuse to let somebody into a room that is not ready. Refuses: what the marked functions refuse"""
    for ask in _before_use:
        ask(s, room_id, by, at)


def unready(s: Session, at: datetime) -> set[UUID]:
    """The rooms nobody can use from now on before they were made ready, and what they are part of."""
    found = {id for source in _unready for id in source(s, at, None)}
    return found | {id for id, made_of in parts.of(s).items() if not found.isdisjoint(made_of)} if found else found


def readiness(s: Session, room_id: UUID, at: datetime) -> Readiness:
    """One room's, as its door needs it; that of its parts is its own."""
    leaves = {room_id, *parts.leaves(s, room_id)}
    after_each = any(source(s, leaf) for source in _after_each for leaf in leaves)
    return Readiness(after_each and any(source(s, at, leaf) for source in _unready for leaf in leaves), after_each)

"""Other sections that follow what happens to assets: whoever shows a room hears that a device in it broke, came back or was carried away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlmodel import Session

Follower = Callable[[Session, Any, Mapping[str, Any]], None]
_followers: dict[str, Follower] = {}


def followed_by(name: str, follower: Follower) -> None:
    """Let another section follow: main.py connects; `follower(s, asset, before)` is called inside the change, `before` holding each field that
    changed as it was. Connecting again replaces."""
    _followers[name] = follower


def tell(s: Session, asset: Any, before: Mapping[str, Any]) -> None:
    """An asset's state or place changed; everything else concerns nobody but the register."""
    if not {"state", "place_id"}.isdisjoint(before):
        for follower in _followers.values():
            follower(s, asset, before)

"""Drawing a page anew when what it shows has changed: several changes of one moment draw once, and only while somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import wraps
from typing import Any

from nicegui import Client, ui

from core.foundation import live
from core.foundation.live import Change
from core.web import frame

SETTLE_S = 0.4


def drawing(draw: Callable[[Any], None]) -> Callable[[Any], None]:
    """Mark the method with which a page draws itself: what waited to draw it anew is done by it. Without this an act of the page's own drew it twice, and a
    press between the two was lost with its button."""

    @wraps(draw)
    def drawn(page: Any) -> None:
        waiting = page.__dict__.pop(_waiting(draw), None)
        if waiting is not None:
            waiting.cancel()
        draw(page)

    return drawn


def when_changed(*kinds: str, draw: Callable[[], Any], only: object = None, settle_s: float = SETTLE_S) -> None:
    """Call `draw`, a method of the page, after changes of these kinds, `settle_s` after the first of them; `only` the thing with this id.

    It ends with the page. Without a connection nothing is drawn: the page is loaded anew when it comes back."""
    client = ui.context.client
    kept: dict[str, Any] = draw.__self__.__dict__  # type: ignore[attr-defined]  # a method's page
    name = _waiting(draw)

    def changed(change: Change) -> None:
        if name in kept or client.is_deleted or (only is not None and change.id != str(only)):
            return
        kept[name] = asyncio.get_running_loop().call_later(settle_s, redraw)

    def redraw() -> None:
        kept.pop(name, None)
        if client.is_deleted or not client.has_socket_connection:
            return
        with client:
            try:
                draw()
            except frame.SignInNeeded:
                return  # the browser is on its way to the sign-in page

    for kind in kinds:
        client.on_delete(live.subscribe(kind, changed))


def stand_on(client: Client) -> None:
    """What was pressed may be gone, because its list was drawn anew by what the press did: from here on the page itself is where things are drawn."""
    try:
        alive = not ui.context.slot.parent.is_deleted
    except RuntimeError:
        alive = False
    if not alive and not client.is_deleted:
        ui.context.slot_stack[-1] = client.content.default_slot


# ── private ──


def _waiting(draw: Callable[..., Any]) -> str:
    return f"_{draw.__name__}_waits"

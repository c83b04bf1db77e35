"""The badge out of the printer beside the kiosk: it comes by itself, and when it does not the visitor reads what happens instead (scenario Office 7)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from core.foundation import database
from core.sections import visits
from core.web import frame, icons, parts
from core.web.frame import _
from kiosk.welcome.screen import Welcome


def serves(visit_id: UUID) -> bool:
    """Whether a printer of the server stands beside this kiosk."""
    with database.reading() as s:
        return visits.badge_state(s, visit_id, frame.actor()).printer


def draw(screen: Welcome, visit_id: UUID) -> None:
    """Arrows to the slot while it prints; when the printer is off or out of paper, that reception brings the badge. The job waits at the desk."""
    box = parts.box("kiosk__slot").props("data-printing aria-live=polite")

    def show(_change: object = None) -> None:
        with database.reading() as s:
            state = visits.badge_state(s, visit_id, frame.actor())
        box.clear()
        with box:
            if state.stuck:
                icons.icon("bell")
                parts.text(_("kiosk.badge.empty" if state.empty else "kiosk.badge.reception"), "span")
            else:
                icons.icon("arrow-down")
                parts.text(_("kiosk.badge.out" if state.state == "done" else "kiosk.badge.coming"), "span")
                icons.icon("arrow-down")

    screen.listen(("visit", "notice", "print"), _both(screen, show))
    show()
    if not screen.shown.get("printed"):
        screen.shown["printed"] = True
        # The check-in has lined it up already; after an approval it is asked for here. Asked twice it comes out once.
        ui.timer(0, partial(screen.do, visits.PrintBadges(visit_ids=[visit_id])), once=True)


def _both(screen: Welcome, show: Callable[[Any], None]) -> Callable[[Any], None]:
    """The line about the host listens too: one step has one listener."""
    before = screen.shown.get("listen")

    def heard(change: Any) -> None:
        if before is not None:
            before[1](change)
        show(change)

    return heard

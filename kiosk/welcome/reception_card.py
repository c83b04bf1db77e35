"""The one question a guest of a reception is asked on the way out, below the farewell (guide S3.1-R8). Nothing for other visitors, nothing that holds anybody up."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from nicegui import ui

from core.foundation import clock, database
from core.sections import reception
from core.web import parts
from core.web.frame import _
from kiosk.welcome.screen import Welcome


def draw(screen: Welcome, visit_id: UUID, then: Callable[[], None]) -> bool:
    """Five answers in one row, if this visitor is such a guest, and whether. One tap, thanks in the same place, then what stands there for others."""
    with database.reading() as s:
        if not reception.asks(s, visit_id, clock.now()):
            return False
    with parts.box("kiosk__rate", "section") as box:
        parts.text(_("reception.question"), "h2")
        with parts.box("kiosk__scores").props(f'role=group aria-label="{_("reception.question")}"'):
            for score in range(1, 6):
                with parts.box("kiosk__score", "button").props("type=button") as button:
                    parts.text(score, "b", "num")
                    parts.text(_(f"reception.rate.{score}"), "span")
                parts.on_tap(button, partial(_rate, screen, visit_id, score, box, then))
    return True


async def _rate(screen: Welcome, visit_id: UUID, score: int, box: ui.element, then: Callable[[], None]) -> None:
    outcome = await screen.do(reception.Rate(visit_id=visit_id, mark=reception.mark_of(visit_id), score=score))
    if outcome.ok and not box.is_deleted:
        box.clear()
        with box:
            parts.text(_("reception.rated"), "h2")
            then()

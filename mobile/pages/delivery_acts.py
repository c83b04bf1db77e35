"""What a person does with a parcel whose label they scanned: take it, or ask whose it is for leave (guide S1.1-R1)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from core.foundation import database
from core.mechanisms import people
from core.mechanisms.labels import LabelView
from core.mechanisms.operations import Actor
from core.sections import deliveries
from core.web import frame, parts
from core.web.frame import _


def draw(found: LabelView, id: UUID, by: Actor, foot: ui.element, after: Callable[[], Any]) -> None:
    """One dark act in the foot: taken, or asked."""
    if "delivery.pick_up" not in found.operations:
        return
    with foot:
        parts.button(_("my.deliveries.take"), partial(_take, found.code, id, foot, after), kind="main", icon="check", wide=True)


async def _take(code: str, id: UUID, foot: ui.element, after: Callable[[], Any]) -> None:
    outcome = await parts.do(deliveries.PickUp(code=code), quiet=True)
    if outcome.ok:
        parts.toast(_("my.deliveries.took"))
        after()
        return
    parts.problem(outcome.message(frame.lang()))
    if outcome.code == "delivery.needs_leave":
        with database.reading() as s:
            name = people.get(s, deliveries.get(s, id).recipient_id).name
        foot.clear()
        with foot:
            parts.button(_("my.deliveries.ask", name=name), partial(_ask, code), kind="main", icon="send", wide=True)


async def _ask(code: str) -> None:
    await parts.do(deliveries.AskLeave(code=code), done=_("my.deliveries.asked"))

"""`/my/asks`: may the meeting before yours stay a little longer? One question, two answers, and what each of them means (guide S1.3-R2)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from uuid import UUID

from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.errors import Refused
from core.foundation.live import Change
from core.sections import bookings
from core.sections.bookings import AnswerExtension, AskView
from core.web import frame, parts
from core.web.frame import _

router = APIRouter()


@router.page("/my/asks/{ask}")
def ask_page(ask: str) -> None:
    with frame.phone(_("asks.title"), "/my"):
        try:
            id = UUID(ask)
        except ValueError:
            raise Refused("booking.ask_not_found") from None
        with database.reading() as s:
            bookings.ask_view(s, id, frame.actor(), clock.now())
        AskScreen(id)


class AskScreen:
    """The question, who asks, what a yes changes, until when."""

    def __init__(self, id: UUID) -> None:
        self.id = id
        self.draw()
        client = ui.context.client

        async def changed(change: Change) -> None:
            if change.id == str(id) and client.has_socket_connection and not client.is_deleted:
                with client:
                    self.draw.refresh()
            await asyncio.sleep(0)

        client.on_delete(live.subscribe("extension_ask", changed))

    @ui.refreshable_method
    def draw(self) -> None:
        with database.reading() as s:
            ask = bookings.ask_view(s, self.id, frame.actor(), clock.now())
        facts = {"room": ask.room, "until": _time(ask.ends_at), "who": ask.who}
        with parts.box("sheet stack"):
            parts.text(_("asks.say_who" if ask.who else "asks.say", **facts), "h2", "thing__title")
            if ask.state == "waiting":
                title = i18n.quoted(ask.title, frame.lang()) if ask.title else ""
                yours = {"title": title, "start": _time(ask.new_starts_at), "now": _time(ask.starts_at), "end": _time(ask.own_ends_at)}
                parts.text(_("asks.yours", **yours), "p")
                parts.text(_("asks.by", by=_time(ask.answer_by)), "p", "second")
            else:
                said = {"yes": "asks.said_yes", "no": "asks.said_no", "late": "asks.late"}[ask.state]
                parts.text(_(said, start=_time(ask.starts_at), now=_time(ask.starts_at)), "p").props("role=status")
        if ask.state == "waiting":
            with parts.box("stack here__acts"):
                parts.button(_("asks.yes", start=_time(ask.new_starts_at)), partial(self._answer, True), kind="main", wide=True)
                parts.button(_("asks.no", now=_time(ask.starts_at)), partial(self._answer, False), wide=True)

    async def _answer(self, yes: bool) -> None:
        await parts.do(AnswerExtension(ask_id=self.id, yes=yes))
        self.draw.refresh()


def draw_rows(waiting: list[AskView]) -> None:
    """The questions that wait for this person, for the start page."""
    with parts.rows():
        for ask in waiting:
            with parts.box("item item--link", "a").props(f'href="/my/asks/{ask.id}"'):
                parts.mark("bell", "soon")
                with parts.box("item__body"):
                    parts.text(_("asks.row", room=ask.room, until=_time(ask.ends_at)), "div", "item__title")
                    parts.text(_("asks.row_hint", by=_time(ask.answer_by)), "div", "item__meta")


def _time(moment: datetime) -> str:
    return i18n.clock_time(moment, clock.zone())

"""A calendar file brought into a room at the desk: what each of its events would do first, then the booking of all that can be (pitfall V13)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from core.foundation import clock, database, i18n
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.mechanisms import places
from core.mechanisms.operations import Actor
from core.sections.bookings import calendars
from core.web import frame, parts
from core.web.elements.text_file import text_file
from core.web.frame import _
from kiosk.desk.series import refusal_words, room_choices

TONES: dict[str, parts.Tone] = {"create": "free", "update": "soon", "skip": "lost", "error": "busy"}
MOST_ROWS = 200


class FileDialog:
    """Room, file, what would happen, and one button that does exactly that."""

    def __init__(self, again: Callable[[], Any]) -> None:
        self.again, self.name = again, ""
        with parts.sheet_dialog(_("calendars.bring"), _("calendars.bring_hint")) as self.dialog:
            self.room = parts.select(_("series.column.room"), room_choices(), None, search=True)
            self.preview = parts.box("stack")
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), self.dialog.close)
                text_file(_("calendars.file"), ".ics,.ical,text/calendar", self._look, lambda: parts.problem(_("calendars.file_too_big")))
        self.dialog.open()

    async def _look(self, name: str, text: str) -> None:
        if not self.room.value:
            parts.refuse(self.room, _("calendars.file_room"))
            return
        parts.refuse(self.room, None)
        with database.reading() as s:
            self.name = places.get(s, UUID(str(self.room.value))).name
        do = calendars.ImportCalendar(room_id=UUID(str(self.room.value)), text=text, name=name)
        try:
            found = await asyncio.to_thread(_dry_run, do, frame.actor())
        except (Refused, Invalid, NotAllowed) as problem:
            facts = getattr(problem, "facts", {})
            parts.problem(_(getattr(problem, "code", "op.not_allowed"), **facts))
            return
        self.preview.clear()
        with self.preview:
            parts.text(_("calendars.would", **found["totals"]), "p").props("role=status")
            with parts.rows("list"):
                for row in found["rows"][:MOST_ROWS]:
                    self._draw(row)
            bookable = found["totals"]["create"] + found["totals"]["update"]
            if bookable:
                parts.button(_("calendars.book_all", n=bookable), lambda: self._bring(do, bookable), kind="main", wide=True)

    def _draw(self, row: dict[str, Any]) -> None:
        starts = i18n.day_and_time(datetime.fromisoformat(row["starts_at"]), clock.zone(), frame.lang()) if row["starts_at"] else ""
        facts = {"room": self.name, "until": "", "from": "", **row["facts"]}
        why = refusal_words(row["code"], facts) if row["code"] else ""
        with parts.item(row["summary"] or "–", parts.joined(starts, why), icon="calendar"):
            parts.pill(_(f"calendars.action.{row['action']}"), TONES[row["action"]])

    async def _bring(self, do: calendars.ImportCalendar, n: int) -> None:
        if (await parts.do(do, done=_("calendars.brought", n=n))).ok:
            self.dialog.close()
            await parts.run(self.again)


def _dry_run(do: calendars.ImportCalendar, by: Actor) -> dict[str, Any]:
    with database.reading() as s:
        return calendars.dry_run(s, do, by, clock.now())

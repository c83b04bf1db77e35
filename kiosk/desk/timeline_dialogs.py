"""What the timeline asks and answers in dialogs: a booking drawn on it, and what is free instead of a wish that was refused (guide S1.3-R1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from core.foundation import clock, database, i18n
from core.mechanisms import people
from core.mechanisms.operations import OFFICE, Outcome
from core.sections import bookings
from core.web import frame, parts
from core.web.frame import _


class Refusal:
    """A wish that was refused: until when the room is taken, and what is free instead, one press each."""

    def __init__(
        self, outcome: Outcome, room: str, name: str, start: datetime, end: datetime, again: Callable[[str, datetime, datetime], Any]
    ) -> None:
        offers = _offers(outcome, room, name, start, end)
        words = outcome.message(frame.lang()) or _("op.not_allowed")
        if not offers:
            parts.problem(words)
            return
        with parts.sheet_dialog(words, _("timeline.instead")) as dialog:
            for other, other_name, a, b in offers:

                async def take(other: str = other, a: datetime = a, b: datetime = b) -> None:
                    dialog.close()
                    await again(other, a, b)

                parts.button(_("timeline.take", room=other_name, span=span_words(a, b)), take, wide=True)
            with parts.box("dialog__acts"):
                parts.button(_("timeline.leave"), dialog.close)
        dialog.open()


class BookDialog:
    """Book a stretch that was drawn: room and time stand there and may be changed; the rest of a booking's form is behind "more"."""

    def __init__(self, rooms: dict[str, str], room: str, start: datetime, end: datetime, on_close: Callable[[], None]) -> None:
        by, local_start, local_end = frame.actor(), clock.local(start), clock.local(end)
        with parts.sheet_dialog(_("bookings.book")) as dialog:
            dialog.on("hide", on_close)
            self.dialog, self.names = dialog, rooms
            self.room = parts.select(_("booking.column.room"), rooms, room, search=True)
            with parts.box("row"):
                self.day = parts.input(_("bookings.day"), local_start.date().isoformat(), props="type=date")
                self.start = parts.input(_("booking.column.starts_at"), f"{local_start:%H:%M}", props="type=time step=300")
                self.end = parts.input(_("booking.column.ends_at"), f"{local_end:%H:%M}", props="type=time step=300")
            self.title = parts.input(_("booking.column.title"), help=_("bookings.title_hint"), props="maxlength=120", autofocus=True)
            self.host = self._host_field(by)
            self.problem = parts.text("", "p", "field__help field__help--error").props("role=alert")
            self.offers = parts.box("stack")
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("bookings.book"), self._save, kind="main")
        dialog.open()

    def _host_field(self, by: Any) -> Any:
        if not by.has(*OFFICE):
            return None
        with database.reading() as s:
            departments = people.department_names(s)
            everybody = {
                str(p.id): f"{p.name}　{departments.get(p.department_id, '') if p.department_id else ''}".strip("　")
                for p in people.search(s, limit=2000)
            }
        return parts.select(_("booking.column.host"), everybody, str(by.person_id), search=True)

    async def _save(self) -> None:
        try:
            day = date.fromisoformat(self.day.value or "")
            start = datetime.combine(day, time.fromisoformat(self.start.value or ""), clock.zone())
            end = datetime.combine(day, time.fromisoformat(self.end.value or ""), clock.zone())
        except ValueError:
            parts.refuse(self.start, _("bookings.when_wrong"))
            return
        if end <= start:
            end += timedelta(days=1)
        parts.refuse(self.start, None)
        await self._book(str(self.room.value), start, end)

    async def _book(self, room: str, start: datetime, end: datetime) -> None:
        host = UUID(str(self.host.value)) if self.host is not None and self.host.value else None
        do = bookings.CreateBooking(room_id=UUID(room), starts_at=start, ends_at=end, title=self.title.value or "", host_id=host)
        outcome = await parts.do(do, quiet=True)
        if outcome.ok:
            self.dialog.close()
            parts.toast(_("timeline.booked", room=self.names.get(room, ""), span=span_words(start, end)))
            return
        self.problem.set_text(outcome.message(frame.lang()))
        self.offers.clear()
        with self.offers:
            for other, name, a, b in _offers(outcome, room, self.names.get(room, ""), start, end):
                parts.button(_("timeline.take", room=name, span=span_words(a, b)), partial(self._book, other, a, b), wide=True)


# ── helpers ──


def _offers(outcome: Outcome, room: str, name: str, start: datetime, end: datetime) -> list[tuple[str, str, datetime, datetime]]:
    """What a refusal offers instead: other rooms for the same time, then the same room at other times; three in all."""
    others = [
        (str(one["id"]), str(one.get("name", "")), start, end) for one in outcome.facts.get("alternatives") or () if isinstance(one, dict)
    ]
    for one in outcome.facts.get("times") or ():
        a, b = _iso(one.get("starts_at")), _iso(one.get("ends_at"))
        if a is not None and b is not None:
            others.append((room, name, a, b))
    return others[:3]


def span_words(start: datetime, end: datetime) -> str:
    return f"{i18n.clock_time(start, clock.zone())}–{i18n.clock_time(end, clock.zone())}"


def _iso(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None

"""Moving one's own booking on the phone: to another time, another room or both (guide S1.3-R1; Front desk 1).

The sheet begins with the booking as it is. One tap on another room keeps the time, the main button keeps the room; a refusal says until when
the room is taken and offers what is free instead, one tap each. The operation decides (`booking.move`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from babel.dates import format_date
from nicegui import ui

from core.foundation import clock, database, i18n
from core.mechanisms import people
from core.mechanisms.operations import Outcome
from core.sections import bookings, rooms
from core.sections.bookings import BookingView, FreeRoom
from core.web import frame, parts
from core.web.frame import _
from mobile.pages.book_form import about, clock_words, room_name

DAYS = 14
STEP = 30
LENGTHS = (30, 60, 90, 120, 180, 240)
SHOWN = 6  # rooms at first; the rest unfold


class MoveBooking:
    """The sheet of one booking to come: day, start and length, and where."""

    def __init__(self, booking: BookingView, on_done: Callable[[], Any]) -> None:
        self.booking, self.on_done = booking, on_done
        local = clock.local(booking.starts_at)
        self.day, self.start = local.date(), local.hour * 60 + local.minute
        self.minutes = (booking.ends_at - booking.starts_at) // timedelta(minutes=1)
        self.everything = False
        with database.reading() as s:
            known = {room.id: room for room in rooms.everything(s, clock.now())}
            self.names = {room.id: room_name(room.name, room.english_name) for room in known.values()}
            self.person = people.get(s, frame.actor().person_id)
            purpose = rooms.get_purpose(s, booking.purpose_id)
        self.wanted = {UUID(id) for id in purpose.room_ids} if purpose and purpose.room_ids else None
        self.here = known.get(booking.room_id)
        self.name = self.names.get(booking.room_id, booking.room)
        self.opens, self.closes = (self.here.opens_minute, self.here.closes_minute) if self.here else (8 * 60, 20 * 60)
        with parts.sheet_dialog(_("move.title", what=booking.title or self.name), parts.joined(self.name, self._when())) as self.dialog:
            self._draw_when()
            self.refused = parts.box("bookform__refused").props("role=alert")
            with parts.box("moveform__act"):
                self.act()
            with parts.box("moveform__others"):
                self.others()
            parts.button(_("move.keep"), self.dialog.close, kind="quiet", wide=True)
        self.dialog.open()

    # ── drawing ──

    def _draw_when(self) -> None:
        days = sorted({clock.today() + timedelta(days=n) for n in range(DAYS)} | {self.day})
        parts.select(_("book.day"), {day: _day_words(day) for day in days}, self.day, on_change=partial(self._choose, "day"))
        with parts.box("row"):
            self.starts()
            lengths = {n: i18n.duration(timedelta(minutes=n), frame.lang()) for n in sorted({*LENGTHS, self.minutes})}
            parts.select(_("book.length"), lengths, self.minutes, on_change=partial(self._choose, "minutes"))

    @ui.refreshable_method
    def starts(self) -> None:
        offered = self._starts()
        self.start = self.start if self.start in offered else offered[0]
        options = {minute: f"{minute // 60}:{minute % 60:02d}" for minute in offered}
        parts.select(_("book.start"), options, self.start, on_change=partial(self._choose, "start"))

    @ui.refreshable_method
    def act(self) -> None:
        """The same room at the chosen time; nothing to press while that is the time it has."""
        if self._moved():
            parts.button(_("move.here", when=self._when()), partial(self.move, self.booking.room_id), kind="main", wide=True)

    @ui.refreshable_method
    def others(self) -> None:
        found = self._free()
        start, end = self._span()
        parts.text(_("move.others", span=f"{clock_words(start)}–{clock_words(end)}"), "h2")
        if not found:
            parts.text(_("move.none"), "p", "sub")
            return
        everything = self.everything or len(found) <= SHOWN + 1
        with parts.rows("list"):
            for room in found if everything else found[:SHOWN]:
                with parts.item(room_name(room.name, room.name_en), about(room)):
                    parts.button(_("move.there"), partial(self.move, room.id), label=_("move.there_room", room=room.name))
        if not everything:
            parts.button(_("move.more", n=len(found) - SHOWN), self._unfold, kind="quiet", wide=True)

    # ── doing ──

    async def move(self, room_id: UUID, starts_at: datetime | None = None, ends_at: datetime | None = None) -> None:
        """Ask for it. Refused, the sheet stays as it is and offers something else."""
        start, end = self._span()
        do = bookings.MoveBooking(booking_id=self.booking.id, room_id=room_id, starts_at=starts_at or start, ends_at=ends_at or end)
        outcome = await parts.do(do, quiet=True)
        if not outcome.ok:
            self._show_refusal(outcome, room_id)
            return
        self.dialog.close()
        now_at = datetime.fromisoformat(outcome.result["starts_at"])
        words = "move.asked" if outcome.result["state"] == "pending" and self.booking.state != "pending" else "move.done"
        parts.toast(
            _(words, room=outcome.result["room"], when=f"{_day_words(clock.local(now_at).date())} {clock_words(now_at)}"), undo=self._undo
        )
        self.on_done()

    async def _undo(self) -> None:
        was = self.booking
        await parts.do(
            bookings.MoveBooking(booking_id=was.id, room_id=was.room_id, starts_at=was.starts_at, ends_at=was.ends_at),
            done=_("move.back", room=self.name),
        )
        self.on_done()

    def _show_refusal(self, outcome: Outcome, room_id: UUID) -> None:
        self.refused.clear()
        self.refused.run_method("scrollIntoView", {"block": "center"})
        with self.refused:
            parts.text(outcome.message(frame.lang()), "p", "field__help field__help--error")
            for free in outcome.facts.get("times", ()):
                start, end = datetime.fromisoformat(free["starts_at"]), datetime.fromisoformat(free["ends_at"])
                words = _("bookings.instead_time", until=clock_words(end), **{"from": clock_words(start)})
                parts.button(words, partial(self.move, room_id, start, end), wide=True)
            for room in outcome.facts.get("alternatives", ()):
                words = _("move.instead_room", room=room_name(room["name"], room["name_en"]))
                parts.button(words, partial(self.move, UUID(room["id"])), wide=True)

    # ── choosing ──

    def _choose(self, name: str, value: Any) -> None:
        setattr(self, name, value)
        if name == "day":
            self.starts.refresh()
        self.refused.clear()
        self.act.refresh()
        self.others.refresh()

    def _unfold(self) -> None:
        self.everything = True
        self.others.refresh()

    # ── reading ──

    def _starts(self) -> list[int]:
        """The starts of the chosen day, the booking's own among them; today only what is to come."""
        own = clock.local(self.booking.starts_at)
        steps = set(range(self.opens, self.closes, STEP)) | {own.hour * 60 + own.minute}
        local = clock.local(clock.now())
        least = local.hour * 60 + local.minute if self.day == local.date() else -1
        return sorted(minute for minute in steps if minute > least) or [own.hour * 60 + own.minute]

    def _span(self) -> tuple[datetime, datetime]:
        wall = datetime.combine(self.day, datetime.min.time()) + timedelta(minutes=self.start)
        start = clock.from_wall(wall, clock.zone())
        if (
            self.day == clock.local(self.booking.starts_at).date()
            and clock.local(self.booking.starts_at).strftime("%H:%M") == f"{wall:%H:%M}"
        ):
            start = self.booking.starts_at  # to the second
        return start, start + timedelta(minutes=self.minutes)

    def _moved(self) -> bool:
        return self._span() != (self.booking.starts_at, self.booking.starts_at + timedelta(minutes=self._own_minutes()))

    def _own_minutes(self) -> int:
        return (self.booking.ends_at - self.booking.starts_at) // timedelta(minutes=1)

    def _when(self) -> str:
        start, end = self._span()
        return f"{_day_words(self.day)} {clock_words(start)}–{clock_words(end)}"

    def _free(self) -> list[FreeRoom]:
        start, end = self._span()
        with database.reading() as s:
            found = bookings.free_rooms(
                s, start, end, seats=self.booking.attendees, equipment=self.booking.needs, near=self.booking.room_id, without=self.booking.id,
                who=([str(role) for role in frame.actor().roles], self.person.department_id),
            )  # fmt: skip
        return [room for room in found if room.id != self.booking.room_id and (self.wanted is None or room.id in self.wanted)]


def _day_words(day: date) -> str:
    ahead = (day - clock.today()).days
    if 0 <= ahead < 2:
        return _("book.tomorrow") if ahead else _("book.today")
    weekday = format_date(day, "EEE", locale=i18n.BABEL_LOCALES[frame.lang()])
    return f"{weekday} {i18n.short_day(day, frame.lang())}" if frame.lang() == "en" else f"{i18n.short_day(day, frame.lang())} {weekday}"

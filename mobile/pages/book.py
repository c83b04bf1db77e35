"""`/my/book`: choose when and how many, tap a free room, done; below, one's own bookings (guide S1.3-R1).

`?room=301` (what a door's or room's label opens) shows that room only, with its state now. The page hears when any room's day changes.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from babel.dates import format_date
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.errors import Refused
from core.foundation.live import Change
from core.mechanisms import people
from core.mechanisms.operations import Operation
from core.sections import bookings, rooms
from core.sections.bookings import BookingView, FreeRoom, RoomNow
from core.sections.rooms import DAY_MINUTES
from core.web import frame, parts
from core.web.frame import _
from mobile.pages.book_form import Answers, TakeRoom, about, clock_words, purpose_name, room_name
from mobile.pages.move_form import MoveBooking

router = APIRouter()
DAYS = 7
SHOWN_MINE = 2  # the next of my own bookings; the page is for a new one
STEP = 30
NOW = -1
LENGTHS = {"30": "book.half_hour", "60": "book.hour", "90": "book.hour_half", "120": "book.two_hours"}
SEATS = (0, 4, 8, 16)


@router.page("/my/book")
def book_page(room: str = "") -> None:
    with frame.phone(_("book.title"), "/my"):
        BookScreen(room)


class BookScreen:
    """What is chosen (day, start, length, seats), the rooms free for it, and the person's own bookings."""

    def __init__(self, room: str) -> None:
        self.only = self._find(room) if room else None
        self.day, self.start, self.minutes, self.seats = 0, NOW, 30, 0
        self.purpose_id: UUID | None = None
        with database.reading() as s:
            known = rooms.everything(s, clock.now())
            self.person = people.get(s, frame.actor().person_id)
            self.purposes = rooms.all_purposes(s, frame.actor(), self.person.department_id)
        self.names = {found.id: room_name(found.name, found.english_name) for found in known}
        self.opens = min((found.opens_minute for found in known), default=8 * 60)
        self.closes = max((found.closes_minute for found in known), default=20 * 60)
        if not self._starts():
            self.day = 1
            self.start = self._starts()[0]
        if self.only:
            self.room_now()
        self.answers = Answers(self.refresh)
        self.all_mine = False
        parts.text(_("book.mine"), "h2")
        self.mine()
        self._draw_choices()
        self.free()
        self._listen()

    # ── drawing ──

    def _draw_choices(self) -> None:
        if self.purposes:
            options = {"": _("bookings.no_purpose")} | {str(one.id): purpose_name(one) for one in self.purposes}
            parts.select(_("purpose.column.name"), options, "", on_change=self._choose_purpose)
        parts.text(_("book.day"), "h2")
        parts.chips([(str(day), self._day_words(day), None) for day in range(DAYS)], str(self.day), self._choose_day)
        self.starts()
        parts.text(_("book.length"), "h2")
        parts.choice({key: _(words) for key, words in LENGTHS.items()}, str(self.minutes), partial(self._choose, "minutes"))
        if self.only is None:
            parts.text(_("book.seats"), "h2")
            parts.choice(
                {str(n): _("book.seats_up", n=n) if n else _("book.any_seats") for n in SEATS},
                str(self.seats),
                partial(self._choose, "seats"),
            )

    @ui.refreshable_method
    def starts(self) -> None:
        options = {minute: _("book.now") if minute == NOW else _wall(minute) for minute in self._starts()}
        parts.select(_("book.start"), options, self.start, on_change=lambda value: self._choose("start", value))

    @ui.refreshable_method
    def room_now(self) -> None:
        found = self._room_now()
        if found is None:
            return
        until = f"　{_('door.act.until', until=clock_words(found.until))}" if found.until else ""
        with parts.rows(), parts.item(found.name, found.where, icon="door"):
            word = _(f"door.word.{found.state}") if found.shown == found.state else _("door.word.restoring")
            parts.pill(word + (until if found.shown == found.state else ""), found.shown)  # type: ignore[arg-type]  # the states are the pill's tones

    @ui.refreshable_method
    def free(self) -> None:
        start, end = self._span()
        found = self._read_free(start, end)
        facts = {"from": clock_words(start), "until": clock_words(end)}
        parts.text(_("book.free", n=len(found), **facts), "h2").props("role=status")
        if not found:
            with parts.empty(_("book.none"), _("book.none_hint")):
                if start > clock.now():
                    parts.button(_("bookings.wait"), partial(self._wait, start, end), kind="main", wide=True)
            return
        with parts.rows():
            for room in found:
                with parts.item(room_name(room.name, room.name_en), about(room)):
                    parts.button(_("book.take_short"), partial(self._open_room, room))

    @ui.refreshable_method
    def mine(self) -> None:
        person, at = frame.actor().person_id, clock.now()
        with database.reading() as s:
            found = bookings.mine(s, person, at, limit=200) if person else []
        if not found:
            parts.text(_("book.mine_none"), "p", "sub")
            return
        with parts.rows():
            for booking in found if self.all_mine else found[:SHOWN_MINE]:
                span = f"{clock_words(booking.starts_at)}–{clock_words(booking.ends_at)}"
                moment = f"{self._date_words(booking.starts_at)} {span}"
                state, room = _(f"booking.state.{booking.state}"), self.names.get(booking.room_id, booking.room)
                with parts.item(booking.title or room, parts.joined(moment, room if booking.title else "", state)):
                    parts.button(_("book.change"), partial(self._open_mine, booking))
        if len(found) > SHOWN_MINE and not self.all_mine:
            parts.button(_("book.mine_all", n=len(found) - SHOWN_MINE), self._show_all_mine, kind="quiet", wide=True)

    def _show_all_mine(self) -> None:
        self.all_mine = True
        self.mine.refresh()

    # ── dialogs ──

    def _open_room(self, room: FreeRoom) -> None:
        start, end = self._span()
        TakeRoom(room, start, end, self.purpose_id, self.refresh)

    def _open_mine(self, booking: BookingView) -> None:
        at = clock.now()
        with parts.sheet_dialog(
            self.names.get(booking.room_id, booking.room),
            f"{self._date_words(booking.starts_at)} {clock_words(booking.starts_at)}–{clock_words(booking.ends_at)}",
        ) as dialog:

            def act(words: str, do: Operation, done: str, kind: parts.Kind = "plain") -> None:
                async def go() -> None:
                    dialog.close()
                    await self._do(do, done)

                parts.button(words, go, kind=kind, wide=True)

            if booking.state == "pending":
                parts.text(_("booking.pending"), "p", "sub")
            if booking.state in ("held", "confirmed") and at >= booking.starts_at - timedelta(minutes=10):
                act(_("book.check_in"), bookings.CheckIn(booking_id=booking.id), _("book.checked_in"), "main")
            if booking.starts_at > at and booking.state in ("confirmed", "pending"):

                def move() -> None:
                    dialog.close()
                    MoveBooking(booking, self.refresh)

                parts.button(_("move.open"), move, kind="main" if at < booking.starts_at - timedelta(minutes=10) else "plain", wide=True)
            later = clock_words(booking.ends_at + timedelta(minutes=30))
            act(_("book.extend", until=later), bookings.ExtendBooking(booking_id=booking.id, minutes=30), _("book.extended", until=later))
            if booking.starts_at <= at and booking.state == "in_use":
                act(_("book.end"), bookings.EndBooking(booking_id=booking.id), _("book.ended", room=booking.room), "stop")
            else:
                act(_("book.cancel"), bookings.CancelBooking(booking_id=booking.id), _("book.cancelled", room=booking.room), "stop")
            parts.button(_("book.keep"), dialog.close, kind="quiet", wide=True)
        dialog.open()

    # ── doing ──

    async def _wait(self, start: datetime, end: datetime) -> None:
        """Ask to be told when a room frees: this one, or any that fits."""
        join = bookings.JoinWaiting(room_id=self.only, starts_at=start, ends_at=end, attendees=self.seats, purpose_id=self.purpose_id)
        await self._do(join, _("bookings.waiting"))

    async def _do(self, operation: Operation, done: str) -> None:
        await parts.do(operation, done=done)
        self.refresh()

    def refresh(self) -> None:
        """Read again what the page shows."""
        self.answers.draw.refresh()
        self.mine.refresh()
        self.free.refresh()
        if self.only:
            self.room_now.refresh()

    def _listen(self) -> None:
        client = ui.context.client

        async def changed(_change: Change) -> None:
            if client.has_socket_connection and not client.is_deleted:
                with client:
                    self.refresh()
            await asyncio.sleep(0)

        client.on_delete(live.subscribe("room", changed))
        client.on_delete(live.subscribe("clock", changed))
        if self.only:
            ui.timer(15, self.room_now.refresh, immediate=False)  # the plan itself goes on: soon, held, free again

    def _choose_day(self, day: str) -> None:
        self.day = int(day)
        starts = self._starts()
        self.start = self.start if self.start in starts else starts[0]
        self.starts.refresh()
        self.free.refresh()

    def _choose_purpose(self, purpose_id: str) -> None:
        self.purpose_id = UUID(purpose_id) if purpose_id else None
        self.free.refresh()

    def _choose(self, name: str, value: str | int) -> None:
        setattr(self, name, int(value))
        self.free.refresh()

    # ── reading ──

    def _find(self, room: str) -> UUID:
        with database.reading() as s:
            found = rooms.find(s, room)
        if found is None:
            raise Refused("room.not_found")
        return found.place_id

    def _room_now(self) -> RoomNow | None:
        with database.reading() as s:
            return next((room for room in bookings.rooms_now(s, clock.now()) if room.id == self.only), None)

    def _read_free(self, start: datetime, end: datetime) -> list[FreeRoom]:
        with database.reading() as s:
            who = ([str(role) for role in frame.actor().roles], self.person.department_id)
            found = bookings.free_rooms(s, start, end, seats=self.seats, who=who)
        purpose = next((one for one in self.purposes if one.id == self.purpose_id), None)
        wanted = {UUID(id) for id in purpose.room_ids} if purpose and purpose.room_ids else None
        return [room for room in found if self.only in (None, room.id) and (wanted is None or room.id in wanted)]

    def _midnight(self) -> datetime:
        return datetime.combine(clock.today() + timedelta(days=self.day), datetime.min.time(), clock.zone())

    def _starts(self) -> list[int]:
        """The offered starts as minutes of the day, `NOW` first where it is possible."""
        steps = list(range(self.opens, self.closes, STEP))
        if self.day:
            return steps
        local = clock.local(clock.now())
        present = local.hour * 60 + local.minute
        return [*([NOW] if self.opens <= present < self.closes else []), *(minute for minute in steps if minute > present)]

    def _span(self) -> tuple[datetime, datetime]:
        if self.start == NOW:
            start = clock.now().replace(second=0, microsecond=0)
        else:
            start = (self._midnight() + timedelta(minutes=min(self.start, DAY_MINUTES))).astimezone(UTC)
        return start, start + timedelta(minutes=self.minutes)

    def _day_words(self, day: int) -> str:
        if day < 2:
            return _("book.tomorrow") if day else _("book.today")
        then = clock.today() + timedelta(days=day)
        return _("book.day_chip", weekday=format_date(then, "EEE", locale=i18n.BABEL_LOCALES[frame.lang()]), day=then.day)

    def _date_words(self, moment: datetime) -> str:
        day = (clock.local(moment).date() - clock.today()).days
        return self._day_words(day) if 0 <= day < 2 else i18n.short_day(clock.local(moment).date(), frame.lang())


def _wall(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"

"""The timeline at the desk: every room's day or week, floor by floor, and the floor plan, all of it live (guide S1.3-R1, S1.3-R2; look.md §4).

Drag a booking to move or stretch it, an empty stretch to book it; the keyboard can do the same. The browser only wishes: each wish is an
operation, and a refusal is a sentence with what is free instead."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms.operations import Operation, Role
from core.sections import bookings, roomcare
from core.sections.bookings import timeline as plans
from core.web import frame, parts, static_files
from core.web.elements.plans import SHAPES, Plan, Timeline, joined_items, plan_data, state_of, until_words
from core.web.frame import _
from kiosk.desk.timeline_dialogs import BookDialog, Refusal, span_words

router = APIRouter(dependencies=[Depends(frame.signed_in)])
FIRST_HOUR, LAST_HOUR = 8, 20
VIEWS = ("day", "week", "plan")
REDRAW_AFTER_S = 0.25
STATES = ("confirmed", "pending", "offered", "held", "in_use", "ended")


@router.page("/desk/timeline")
def timeline_page() -> None:
    with frame.desk("timeline", _("nav.timeline")):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("rooms.css")}">')
        TimelinePage()


class TimelinePage:
    """One page, three views of the same rooms."""

    def __init__(self) -> None:
        asked = ui.context.client.request.query_params
        self.view = asked.get("view", "day") if asked.get("view") in VIEWS else "day"
        self.day = _day(asked.get("day", "")) or clock.today()
        self.floor = asked.get("floor", "")[:40]
        self.client = ui.context.client
        self.rooms: dict[str, str] = {}
        self.bars: dict[str, plans.Bar] = {}
        self.first = self.day
        self.head = parts.box("tlhead")
        self.line = Timeline(
            _words(), {"draw": self._draw_wish, "move": self._move, "open": self._open, "room": self._room, "day": self._to_day}
        )
        self.plan_box = parts.box("planbox")
        with self.plan_box:
            self.floors_box = parts.box("row wrap")
            with parts.box("sheet planbox__sheet"):
                self.plan = Plan(self._choose_on_plan)
                self.plan_empty = parts.box()
            self.legend = parts.box("row wrap planbox__legend")
        self._pending = False
        ends = [live.subscribe(kind, self._changed) for kind in ("room", "place", "room_fault", "clock")]
        self.client.on_delete(lambda: [end() for end in ends] and None)
        self._every_minute = ui.timer(60, self.refresh, immediate=False)
        self.draw()

    # ── drawing ──

    def draw(self) -> None:
        """Head and data anew."""
        with self.client:
            self._draw_head()
            self.line.set_visibility(self.view != "plan")
            self.plan_box.set_visibility(self.view == "plan")
        self.refresh()

    def refresh(self) -> None:
        """The data anew. The chip that asked for it may be gone by then, so it is drawn for the page."""
        with self.client:
            if self.view == "plan":
                self._show_plan()
            else:
                self._show_line()

    def _changed(self, _change: Change) -> None:
        if not self._pending and not self.client.is_deleted:
            self._pending = True
            asyncio.get_running_loop().call_later(REDRAW_AFTER_S, self._redraw)

    def _redraw(self) -> None:
        self._pending = False
        if not self.client.is_deleted and self.client.has_socket_connection:
            self.refresh()

    def _draw_head(self) -> None:
        self.head.clear()
        today = clock.today()
        step = 7 if self.view == "week" else 1
        with self.head:
            with parts.box("tlhead__words"):
                parts.text(self._title(), "h1")
                parts.text(_("timeline.hint") if self.view != "plan" else _("timeline.plan_hint"), "p", "second")
            with parts.box("row wrap tlhead__acts"):
                if self.view != "plan":
                    parts.button("", partial(self._go, self.day - timedelta(days=step)), icon="back", kind="plain").props(
                        f'aria-label="{_("timeline.before")}"'
                    )
                    parts.button(_("timeline.today"), partial(self._go, today), kind="plain")
                    parts.button("", partial(self._go, self.day + timedelta(days=step)), icon="next", kind="plain").props(
                        f'aria-label="{_("timeline.after")}"'
                    )
                parts.chips([(view, _(f"timeline.{view}"), None) for view in VIEWS], self.view, self._see)
                parts.button(_("bookings.book"), self._book_by_hand, kind="main", icon="plus")

    def _title(self) -> str:
        if self.view == "plan":
            return _("timeline.now", time=i18n.clock_time(clock.now(), clock.zone()))
        if self.view == "day":
            return i18n.long_day(self.day, frame.lang())
        monday = self._monday()
        return f"{i18n.short_day(monday, frame.lang())} – {i18n.short_day(monday + timedelta(days=6), frame.lang())}"

    def _monday(self) -> date:
        return self.day - timedelta(days=self.day.weekday())

    def _show_line(self) -> None:
        at, by = clock.now(), frame.actor()
        self.first, days = (self._monday(), 7) if self.view == "week" else (self.day, 1)
        with database.reading() as s:
            found = plans.timeline(s, self.first, days, at, by)
            care = roomcare.care_now(s, at)
        everything = [room for floor in found.floors for room in floor.rooms]
        self.rooms = {str(room.id): room.name for room in everything}
        self.bars = {str(bar.id): bar for room in everything for bar in room.bars}
        self.where = {str(bar.id): str(room.id) for room in everything for bar in room.bars}
        earliest = min((bar.from_minute for room in everything for bar in room.bars), default=FIRST_HOUR * 60)
        latest = max((bar.until_minute for room in everything for bar in room.bars), default=LAST_HOUR * 60)
        self.line.show({
            "view": self.view, "first": min(FIRST_HOUR, earliest // 60), "last": max(LAST_HOUR, -(-latest // 60)), "today": found.today,
            "over": found.first + timedelta(days=found.days - 1) < clock.today(at),
            "days": [_weekday(self.first + timedelta(days=n)) for n in range(days)],
            "floors": [
                {"id": str(floor.id), "name": floor.name, "rooms": [self._row(room, care.get(room.id)) for room in floor.rooms]}
                for floor in found.floors
            ],
        })  # fmt: skip

    def _row(self, room: plans.RoomRow, care: roomcare.CareNow | None) -> dict[str, Any]:
        warn = room.closed if room.closed is not None else joined_items(care.faults) if care else ""
        if not warn and care and care.restoring_since is not None:
            warn = _("room_plan.restoring")
        return {
            "id": str(room.id), "name": room.name, "sub": _("bookings.seats", n=room.capacity), "warn": warn or "",
            "ok": room.bookable, "shut": [{"day": day, "a": a, "b": b} for day, a, b in room.shut], "opens": room.opens_minute, "closes": room.closes_minute,
            "bars": [
                {"id": str(bar.id), "day": bar.day, "a": bar.from_minute, "b": bar.until_minute, "state": bar.state, "title": bar.title, "who": bar.who, "may": bar.may}
                for bar in room.bars
            ],
        }  # fmt: skip

    def _show_plan(self) -> None:
        at = clock.now()
        with database.reading() as s:
            floors = roomcare.floors(s)
            shown = next((floor for floor in floors if str(floor.id) == self.floor), floors[0] if floors else None)
            found = roomcare.floor_plan(s, shown.id, at) if shown else None
        self.floors_box.clear()
        with self.floors_box:
            if len(floors) > 1 and shown is not None:
                parts.chips([(str(floor.id), floor.name, floor.rooms) for floor in floors], str(shown.id), self._to_floor)
        self.plan.set_visibility(bool(found and found.rooms))
        self.plan_empty.clear()
        if found is None or not found.rooms:
            with self.plan_empty:
                parts.empty(_("timeline.not_drawn"), _("timeline.not_drawn_hint"))
        else:
            self.rooms = {str(room.id): room.name for room in (*found.rooms, *found.combined, *found.unplaced)}
            self.plan.show(plan_data(found, signs=58))
        self.legend.clear()
        with self.legend:
            if shown is not None and frame.actor().has(Role.ADMIN, Role.CLERK):
                parts.button(_("draw.open"), href=f"/desk/draw_floor?floor={shown.id}", icon="pen", kind="quiet")
            for room in found.combined if found else ():
                until = until_words(state_of(room), room.until)
                words = parts.joined(room.name, _(f"room_plan.{state_of(room)}"), until, room.closed_reason)
                parts.button(words, partial(self._choose_on_plan, str(room.id)), icon=SHAPES[state_of(room)])
            for room in found.unplaced if found else ():
                parts.text(_("timeline.unplaced", room=room.name), "span", "quiet small")
        if self.view == "plan":
            self._draw_head()

    # ── moving about ──

    def _see(self, view: str) -> None:
        self.view = view if view in VIEWS else "day"
        self.draw()

    def _go(self, day: date) -> None:
        self.day = day
        self.draw()

    def _to_floor(self, floor: str) -> None:
        self.floor = floor
        self.refresh()

    def _to_day(self, args: dict[str, Any]) -> None:
        self.day, self.view = self.first + timedelta(days=_number(args, "day", 6)), "day"
        self.draw()

    # ── wishes ──

    def _span(self, args: dict[str, Any]) -> tuple[datetime, datetime]:
        day = self.first + timedelta(days=_number(args, "day", 6))
        return _moment(day, _number(args, "a", 1440)), _moment(day, _number(args, "b", 1440))

    def _draw_wish(self, args: dict[str, Any]) -> None:
        if (room := str(args.get("room", ""))) in self.rooms:
            start, end = self._span(args)
            if end <= clock.now():
                self.line.settle()
                parts.problem(_("booking.past"))
                return
            BookDialog(self.rooms, room, max(start, _quarter(clock.now())), end, self.line.settle)

    def _room(self, args: dict[str, Any]) -> None:
        if (room := str(args.get("room", ""))) in self.rooms:
            start = _quarter(clock.now()) if self.view == "week" or self.day == clock.today() else _moment(self.day, 9 * 60)
            BookDialog(self.rooms, room, start, start + timedelta(minutes=30), self.line.settle)

    def _book_by_hand(self) -> None:
        if self.rooms:
            self._room({"room": next(iter(self.rooms))})

    def _choose_on_plan(self, room: str) -> None:
        if room in self.rooms:
            start = _quarter(clock.now())
            BookDialog(self.rooms, room, start, start + timedelta(minutes=30), lambda: None)

    async def _move(self, args: dict[str, Any]) -> None:
        bar, room = self.bars.get(str(args.get("id", ""))), str(args.get("room", ""))
        if bar is None or room not in self.rooms:
            return
        start, end = self._span(args)
        await self._do_move(bar, room, start, end)

    async def _do_move(self, bar: plans.Bar, room: str, start: datetime, end: datetime) -> None:
        was = self._was(bar)
        if bar.state in ("held", "in_use"):
            start = was[1]  # one that runs keeps its start, to the second
        do = bookings.MoveBooking(booking_id=bar.id, room_id=UUID(room), starts_at=start, ends_at=end)
        outcome = await parts.do(do, quiet=True)
        if outcome.ok:
            words = _("timeline.moved", room=self.rooms[room], span=span_words(start, end))
            undo = partial(self._undo, bar, was) if bar.state not in ("held", "in_use") else None
            parts.toast(words, undo=undo)
        else:
            self.line.settle()
            Refusal(outcome, room, self.rooms[room], start, end, lambda other, a, b: self._do_move(bar, other, a, b))

    def _was(self, bar: plans.Bar) -> tuple[str, datetime, datetime]:
        with database.reading() as s:
            booking = s.get(bookings.Booking, bar.id)
            assert booking is not None
            return str(booking.room_id), booking.starts_at, booking.ends_at

    async def _undo(self, bar: plans.Bar, was: tuple[str, datetime, datetime]) -> None:
        await parts.do(bookings.MoveBooking(booking_id=bar.id, room_id=UUID(was[0]), starts_at=was[1], ends_at=was[2]))

    def _open(self, args: dict[str, Any]) -> None:
        bar = self.bars.get(str(args.get("id", "")))
        if bar is not None:
            _bar_dialog(bar, self.rooms[self.where[str(bar.id)]], self.first + timedelta(days=bar.day))


def _bar_dialog(bar: plans.Bar, room: str, day: date) -> None:
    with parts.sheet_dialog(bar.title or bar.who or _("booking.someone")) as dialog:
        parts.facts((
            (_("booking.column.room"), room), (_("bookings.day"), i18n.long_day(day, frame.lang())),
            (_("booking.column.starts_at"), f"{_wall(bar.from_minute)}–{_wall(bar.until_minute)}"), (_("booking.column.host"), bar.who),
            (_("booking.column.state"), _(f"booking.state.{bar.state}")),
        ))  # fmt: skip
        acts: dict[str, tuple[tuple[str, Operation, Any], ...]] = {
            "confirmed": ((_("bookings.cancel"), bookings.CancelBooking(booking_id=bar.id), "stop"),),
            "held": ((_("bookings.check_in"), bookings.CheckIn(booking_id=bar.id), "plain"), (_("bookings.cancel"), bookings.CancelBooking(booking_id=bar.id), "stop")),
            "in_use": ((_("bookings.extend"), bookings.ExtendBooking(booking_id=bar.id, minutes=30), "plain"), (_("bookings.end"), bookings.EndBooking(booking_id=bar.id), "plain")),
        }  # fmt: skip
        with parts.box("row wrap"):
            for words, do, kind in acts.get(bar.state, ()) if bar.may else ():

                async def act(do: Operation = do) -> None:
                    if (await parts.do(do)).ok:
                        dialog.close()

                parts.button(words, act, kind=kind)
            parts.button(_("timeline.details"), href=f"/desk/bookings?open={bar.id}", kind="quiet")
        with parts.box("dialog__acts"):
            parts.button(_("web.close"), dialog.close, kind="main")
    dialog.open()


# ── helpers ──


def _words() -> dict[str, str]:
    return {
        "label": _("nav.timeline"), "someone": _("booking.someone"), "taken": _("timeline.taken"), "keys": _("timeline.keys"),
        **{state: _(f"booking.state.{state}") for state in STATES},
    }  # fmt: skip


def _number(args: dict[str, Any], name: str, most: int) -> int:
    value = args.get(name)
    return min(most, max(0, int(value))) if isinstance(value, (int, float)) and value == value and abs(value) < 1e9 else 0


def _moment(day: date, minute: int) -> datetime:
    """A minute of an office day as a moment; 1440 is the next midnight."""
    return datetime.combine(day + timedelta(days=minute // 1440), time(minute % 1440 // 60, minute % 60), clock.zone())


def _quarter(at: datetime) -> datetime:
    """Now, cut to the running quarter of an hour."""
    local = clock.local(at)
    return local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)


def _weekday(day: date) -> str:
    return f"{_(f'timeline.weekday.{day.weekday()}')} {i18n.short_day(day, frame.lang())}"


def _wall(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None

"""`/my/find`: a room in plain words. "8 人 投影 现在" or "room for 8 with a projector at 3", what fits, until when, one tap books; the floor plan
beside it shows where (guide S1.3-R1; look.md §3, phone)."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.sections import bookings, roomcare
from core.web import frame, parts, static_files
from core.web.elements.plans import Plan, joined_items, plan_data
from core.web.frame import _

router = APIRouter()
CHIPS = ("now", "hour", "four", "eight", "twelve", "projector", "whiteboard", "video", "tomorrow")
LONGEST = 200


@router.page("/my/find")
def find_page(q: str = "") -> None:
    with frame.phone(_("find.title"), "/my"):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("rooms.css")}">')
        FindScreen(q[:LONGEST])


class FindScreen:
    """A sentence above, what fits below, as a list or on the plan."""

    def __init__(self, text: str) -> None:
        self.words, self.view = text, "list"
        self.floor: UUID | None = None
        self.field = parts.input(
            _("find.ask"),
            text,
            placeholder=_("find.example"),
            props=f"debounce=350 clearable type=search maxlength={LONGEST} enterkeyhint=search",
        )
        self.field.on_value_change(lambda event: self._say(event.value or ""))
        self.chips = parts.box("chips find__chips").props("role=group")
        self.results = parts.box("stack find__results").props("aria-live=polite")
        self.plan_box = parts.box("sheet find__plan")
        with self.plan_box:
            self.floors = parts.box("row wrap")
            self.plan = Plan(self._chosen)
        self.client = ui.context.client
        self._pending = False
        for kind in ("room", "room_fault", "clock", "place"):
            self.client.on_delete(live.subscribe(kind, self._changed))
        ui.timer(60, self.draw, immediate=False)
        self.draw()

    # ── what is asked ──

    def _say(self, text: str) -> None:
        self.words, self.floor = text[:LONGEST], None
        self.draw()

    def _toggle(self, word: str) -> None:
        """A chip is a word of the sentence: it is put in or taken out."""
        present = word.lower() in self.words.lower()
        start = self.words.lower().find(word.lower())
        self.words = f"{self.words[:start]} {self.words[start + len(word) :]}" if present else f"{self.words} {word}"
        self.words = " ".join(self.words.split())
        self.field.value = self.words

    # ── drawing ──

    def draw(self) -> None:
        """Search again and show it. The chip that asked for it is drawn anew, so all of it is drawn for the page."""
        with self.client:
            self._draw()

    def _draw(self) -> None:
        at = clock.now()
        with database.reading() as s:
            self.found = roomcare.search(s, self.words, at)
        self._draw_chips()
        self.results.clear()
        with self.results:
            self._draw_head()
            if self.view == "list":
                self._draw_list()
        self.plan_box.set_visibility(self.view == "plan")
        if self.view == "plan":
            self._draw_plan(at)

    def _draw_chips(self) -> None:
        self.chips.clear()
        with self.chips:
            for key in CHIPS:
                word = _(f"find.chip.{key}")
                on = word.lower() in self.words.lower()
                chip = parts.box("chip" + (" chip--on" if on else ""), "button").props(
                    f"type=button aria-pressed={'true' if on else 'false'}"
                )
                with chip:
                    parts.text(word, "span")
                parts.on_tap(chip, partial(self._toggle, word))

    def _draw_head(self) -> None:
        wish, found = self.found.wish, self.found
        with parts.box("row find__head"):
            with parts.box("grow"):
                parts.text(_("find.fits", n=len(found.fits)), "h2")
                parts.text(self._said(), "p", "second find__said")
            other = "plan" if self.view == "list" else "list"
            parts.button(_(f"find.{other}"), partial(self._see, other), kind="plain", icon="place" if other == "plan" else "list")
        if wish.unread:
            parts.banner(_("find.unread", words=wish.unread), "due")

    def _said(self) -> str:
        """What was understood, so that nobody books something else: day and time, seats, things, floor."""
        wish, found = self.found.wish, self.found
        when = f"{_time(found.starts_at)}–{_time(found.ends_at)}"
        day = clock.local(found.starts_at).date()
        words = [when if day == clock.today() else f"{_day(day)} {when}"]
        words += [_("door.rooms.seats", n=wish.seats)] if wish.seats else []
        words += [_(f"room.equipment.{name}") for name in wish.equipment]
        words += [found.place] if found.place else []
        return parts.joined(*words)

    def _draw_list(self) -> None:
        found = self.found
        if not found.fits:
            parts.empty(_("find.none"), _("find.none_hint") if not found.later else "")
            for start, count in found.later:
                words = _("find.later", time=_time(start), n=count)
                parts.button(words, partial(self._say_at, start), wide=True, icon="clock")
            return
        with parts.rows():
            for fit in found.fits:
                self._draw_fit(fit)

    def _draw_fit(self, fit: roomcare.Fit) -> None:
        room = fit.room
        name = _name(fit)
        carried = [_("find.brought", what=_(f"room.equipment.{one}")) for one in fit.brought]
        about = parts.joined(
            _("door.rooms.seats", n=room.capacity), room.where, *(_(f"room.equipment.{one}") for one in room.equipment), *carried
        )
        with parts.item(name, about), parts.box("find__act"):
            until = room.free_until
            far = until - self.found.starts_at > timedelta(hours=12)
            parts.text(_("find.all_day") if far else _("find.until", time=_time(until)), "small", "find__until")
            parts.button(_("find.take"), partial(self._take, fit), kind="plain")
        warn = joined_items(fit.faults) or (_("find.restoring") if fit.restoring else "")
        if warn:
            parts.banner(parts.joined(name, warn), "due" if not fit.missing else "bad")

    def _draw_plan(self, at: datetime) -> None:
        with database.reading() as s:
            floors = [floor for floor in roomcare.floors(s) if floor.drawn]
            wanted = self.floor or self.found.floor_id
            shown = next((floor for floor in floors if floor.id == wanted), floors[0] if floors else None)
            plan = roomcare.floor_plan(s, shown.id, at) if shown else None
        self.floors.clear()
        with self.floors:
            if shown is not None and len(floors) > 1:
                parts.chips([(str(floor.id), floor.name, None) for floor in floors], str(shown.id), self._to_floor)
        self.plan.set_visibility(plan is not None)
        if plan is None:
            with self.floors:
                parts.empty(_("find.no_plan"))
        else:
            self.plan.show(plan_data(plan, signs=23, turned=True))

    # ── acting ──

    def _see(self, view: str) -> None:
        self.view = view
        self.draw()

    def _to_floor(self, floor: str) -> None:
        self.floor = UUID(floor)
        self.draw()

    def _say_at(self, start: datetime) -> None:
        """The same wish at another time: said as one says it, so that the sentence stays the truth."""
        wish, local = self.found.wish, clock.local(start)
        words = [f"{wish.seats}{_('find.people')}"] if wish.seats else []
        words += [_(f"room.equipment.{name}") for name in wish.equipment]
        words += [_day(local.date())] if local.date() != clock.today() else []
        words += [f"{local:%H:%M}–{clock.local(start + timedelta(minutes=wish.minutes)):%H:%M}"]
        self.field.value = " ".join(words)

    def _chosen(self, room_id: str) -> None:
        fit = next((fit for fit in self.found.fits if str(fit.room.id) == room_id), None)
        if fit is None:
            parts.problem(_("find.not_this"))
            return
        name = _name(fit)
        with parts.sheet_dialog(name, self._said()) as dialog:

            async def take() -> None:
                dialog.close()
                await self._take(fit)

            parts.button(
                _("find.take_span", span=f"{_time(self.found.starts_at)}–{_time(self.found.ends_at)}"), take, kind="main", wide=True
            )
            parts.button(_("web.cancel"), dialog.close, kind="quiet", wide=True)
        dialog.open()

    async def _take(self, fit: roomcare.Fit) -> None:
        start, end = self.found.starts_at, self.found.ends_at
        wish = self.found.wish  # what was wished is asked for: a portable projector comes along, and whoever prepares the room reads it
        do = bookings.CreateBooking(
            room_id=fit.room.id,
            starts_at=start,
            ends_at=end,
            attendees=wish.seats,
            needs=wish.equipment,  # type: ignore[arg-type]
        )
        outcome = await parts.do(do, quiet=True)
        with self.client:  # the row that was pressed may be gone: the room's own change came first
            if outcome.ok:
                made = UUID(outcome.result["id"])

                async def undo() -> None:
                    await parts.do(bookings.CancelBooking(booking_id=made))

                words = "find.done" if outcome.result["state"] != "pending" else "find.asked_for"  # where somebody has to agree
                parts.toast(_(words, room=_name(fit), span=f"{_time(start)}–{_time(end)}"), undo=undo, seconds=8)
            else:
                parts.problem(outcome.message(frame.lang()))
        self.draw()

    # ── live ──

    def _changed(self, _change: Change) -> None:
        if not self._pending and not self.client.is_deleted:
            self._pending = True
            asyncio.get_running_loop().call_later(0.4, self._redraw)

    def _redraw(self) -> None:
        self._pending = False
        if not self.client.is_deleted and self.client.has_socket_connection:
            self.draw()


def _name(fit: roomcare.Fit) -> str:
    return fit.room.name_en if frame.lang() == "en" and fit.room.name_en else fit.room.name


def _time(moment: datetime) -> str:
    return i18n.clock_time(moment, clock.zone())


def _day(day: date) -> str:
    return i18n.short_day(day, frame.lang())

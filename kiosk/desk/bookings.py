"""Rooms at the desk: the day of every room as one line, and the register of bookings below it (guide S1.3-R1, R2; look.md, day line)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.mechanisms import people
from core.mechanisms.operations import OFFICE, Operation
from core.sections import bookings, rooms
from core.sections.bookings import BookingView, RoomDay
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import Chip, Column, Register, RegisterPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])
TONES: dict[str, parts.Tone] = {
    "confirmed": "free",
    "held": "held",
    "in_use": "busy",
    "ended": "lost",
    "cancelled": "shut",
    "released": "shut",
}
FIRST_HOUR, LAST_HOUR = 8, 20
STEP_MINUTES = 15
LENGTHS = (15, 30, 45, 60, 90, 120, 180, 240)


@router.page("/desk/bookings")
def bookings_page() -> None:
    with frame.desk("bookings", _("nav.bookings")):
        room = ui.context.client.request.query_params.get("room", "")[:60]
        register = RegisterPage(REGISTER, filters={"room": room} if room else None)
        RoomDays(register)


class RoomDays:
    """Every bookable room's day as a line; a tap on a room shows its bookings in the register."""

    def __init__(self, register: RegisterPage) -> None:
        self.register = register
        self.day = clock.today()
        self.box = parts.box("sheet bookings__days")
        self.box.move(register.frame_box.parent_slot.parent, target_index=1)
        client = ui.context.client
        client.on_delete(live.subscribe("room", lambda _change: self.draw()))
        self.draw()

    def draw(self) -> None:
        at = clock.now()
        with database.reading() as s:
            plan = bookings.day_plan(s, self.day, at)
        self.box.clear()
        with self.box:
            with parts.box("row bookings__head"):
                parts.text(i18n.long_day(self.day, frame.lang()), "h2")
                parts.box("push", "span")
                parts.button(_("bookings.day_before"), partial(self.go, self.day - timedelta(days=1)), kind="quiet")
                if self.day != clock.today():
                    parts.button(_("bookings.today"), partial(self.go, clock.today()), kind="quiet")
                parts.button(_("bookings.day_after"), partial(self.go, self.day + timedelta(days=1)), kind="quiet")
            for room in plan:
                self._draw_room(room, at)
            if not plan:
                parts.empty(_("bookings.no_rooms"), _("bookings.no_rooms_hint"))

    def go(self, day: date) -> None:
        self.day = day
        self.draw()

    def show_room(self, room_id: UUID) -> None:
        chosen = self.register.filters.get("room") == str(room_id)
        self.register.filters = {} if chosen else {"room": str(room_id)}
        self.register.refresh()
        self.draw()

    def _draw_room(self, room: RoomDay, at: datetime) -> None:
        start = datetime.combine(self.day, time(FIRST_HOUR), clock.zone())
        whole = timedelta(hours=LAST_HOUR - FIRST_HOUR)

        def part(moment: datetime) -> float:
            return min(1.0, max(0.0, (moment - start) / whole))

        chosen = self.register.filters.get("room") == str(room.id)
        line = parts.box("roomline roomline--wide" + (" roomline--on" if chosen else ""), "button").props(
            f"type=button aria-pressed={'true' if chosen else 'false'}"
        )
        line.on("click", partial(self.show_room, room.id))
        with line:
            parts.text(room.name, "span", "cut")
            parts.text(_("bookings.seats", n=room.capacity), "span", "quiet small")
            with parts.box("line", "span"):
                for slot in room.slots:
                    classes = {"in_use": "cur", "held": "hold"}.get(slot.state, "")
                    words = f"{i18n.clock_time(slot.starts_at, clock.zone())} {slot.title or slot.who}".replace('"', "'")
                    left, right = part(slot.starts_at), part(slot.ends_at)
                    ui.element("i").classes(classes).style(f"left:{left:.2%};width:{right - left:.2%}").props(f'title="{words}"')
                if self.day == clock.today(at):
                    ui.element("em").style(f"left:{part(at):.2%}")


# ── register ──


def _moment(value: datetime | None) -> str:
    return i18n.day_and_time(value, clock.zone(), frame.lang()) if value else ""


def _span(row: BookingView) -> str:
    return f"{i18n.clock_time(row.starts_at, clock.zone())}–{i18n.clock_time(row.ends_at, clock.zone())}"


def _may(row: BookingView) -> bool:
    by = frame.actor()
    return by.has(*OFFICE) or row.host_id == by.person_id


def _draw_acts(page: RegisterPage) -> None:
    parts.button(_("bookings.book"), partial(_book_dialog, page), kind="main", icon="plus")


def _draw_peek(row: BookingView, page: RegisterPage) -> None:
    page.peek_head(
        row.title or row.department or _("booking.someone"), pill=(_(f"booking.state.{row.state}"), TONES[row.state]), meta=row.room
    )
    parts.facts((
        (_("booking.column.starts_at"), _moment(row.starts_at)), (_("booking.column.ends_at"), _moment(row.ends_at)), (_("booking.column.host"), row.host),
        (_("booking.column.department"), row.department), (_("booking.column.via"), _(f"booking.via.{row.via}")), (_("booking.column.checked_in_at"), _moment(row.checked_in_at)),
    ))  # fmt: skip
    if not _may(row):
        return
    acts: tuple[tuple[str, Operation, Any], ...] = {
        "confirmed": ((_("bookings.cancel"), bookings.CancelBooking(booking_id=row.id), "stop"),),
        "held": (
            (_("bookings.check_in"), bookings.CheckIn(booking_id=row.id), "main"),
            (_("bookings.cancel"), bookings.CancelBooking(booking_id=row.id), "stop"),
        ),
        "in_use": (
            (_("bookings.extend"), bookings.ExtendBooking(booking_id=row.id, minutes=30), "plain"),
            (_("bookings.end"), bookings.EndBooking(booking_id=row.id), "plain"),
        ),
    }.get(row.state, ())
    with parts.box("row wrap"):
        for words, do, kind in acts:
            parts.button(words, _doing(do, page), kind=kind)


def _doing(do: Operation, page: RegisterPage) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        if (await parts.do(do)).ok:
            await page.reopen()

    return act


def _book_dialog(page: RegisterPage) -> None:
    at = clock.now()
    with database.reading() as s:
        choices = {
            str(room.id): _("bookings.room_line", room=room.name, n=room.capacity)
            for room in rooms.everything(s, at)
            if room.bookable and not room.closed
        }
        departments = people.department_names(s)
        everybody = {
            str(p.id): f"{p.name}　{departments.get(p.department_id, '') if p.department_id else ''}".strip("　")
            for p in people.search(s, limit=2000)
        }
    by, local = frame.actor(), clock.local(at)
    soon = local.replace(minute=0, second=0, microsecond=0) + timedelta(minutes=STEP_MINUTES * (local.minute // STEP_MINUTES + 1))
    wanted = page.filters.get("room", "")
    with parts.sheet_dialog(_("bookings.book")) as dialog:
        room = parts.select(_("booking.column.room"), choices, wanted if wanted in choices else next(iter(choices), None), search=True)
        with parts.box("row"):
            day = parts.input(_("bookings.day"), soon.date().isoformat(), props="type=date")
            start = parts.input(_("booking.column.starts_at"), f"{soon:%H:%M}", props="type=time step=900")
            length = parts.select(_("bookings.length"), {n: i18n.duration(timedelta(minutes=n), frame.lang()) for n in LENGTHS}, 60)
        title = parts.input(_("booking.column.title"), help=_("bookings.title_hint"), props="maxlength=120")
        host = parts.select(_("booking.column.host"), everybody, str(by.person_id), search=True) if by.has(*OFFICE) else None
        problem = parts.text("", "p", "field__help field__help--error").props("role=alert")

        async def save() -> None:
            try:
                starts = datetime.combine(date.fromisoformat(day.value or ""), time.fromisoformat(start.value or ""), clock.zone())
            except ValueError:
                parts.refuse(start, _("bookings.when_wrong"))
                return
            parts.refuse(start, None)
            do = bookings.CreateBooking(
                room_id=UUID(str(room.value)), starts_at=starts, ends_at=starts + timedelta(minutes=int(length.value)), title=title.value or "",
                host_id=UUID(str(host.value)) if host is not None and host.value and str(host.value) != str(by.person_id) else None,
            )  # fmt: skip
            outcome = await parts.do(do, done=_("bookings.booked", room=choices[str(room.value)]), quiet=True)
            if outcome.ok:
                dialog.close()
                page.refresh()
            else:
                problem.set_text(outcome.message(frame.lang()))

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("bookings.book"), save, kind="main")
    dialog.open()


REGISTER = Register(
    name="bookings", title="nav.bookings", kinds=("booking",), search="bookings.find", empty=("bookings.empty", "bookings.empty_hint"),
    columns=(
        Column("bookings.day", lambda b: i18n.short_day(clock.local(b.starts_at).date(), frame.lang()), sub=_span), Column("booking.column.room", lambda b: b.room),
        Column("booking.column.title", lambda b: b.title or "–"), Column("booking.column.host", lambda b: b.host or _("booking.someone"), sub=lambda b: b.department),
        Column("booking.column.via", lambda b: _(f"booking.via.{b.via}")),
        Column("booking.column.state", lambda b: _(f"booking.state.{b.state}"), tone=lambda b: TONES[b.state]),
    ),
    chips=(
        Chip("all", "bookings.all"), Chip("confirmed", "booking.state.confirmed", {"state": "confirmed"}), Chip("in_use", "booking.state.in_use", {"state": "in_use"}),
        Chip("released", "booking.state.released", {"state": "released"}), Chip("cancelled", "booking.state.cancelled", {"state": "cancelled"}),
    ),
    peek=_draw_peek, acts=_draw_acts,
)  # fmt: skip

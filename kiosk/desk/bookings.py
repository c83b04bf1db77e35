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
from core.mechanisms import approvals
from core.mechanisms.operations import OFFICE, Operation
from core.sections import bookings, rooms
from core.sections.bookings import BookingView, RoomDay
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.attendees import draw_attendees
from kiosk.desk.booking_form import LENGTHS, BookingForm, draw_instead
from kiosk.desk.booking_wishes import purpose_name
from kiosk.desk.registers import Chip, Column, Register, RegisterPage
from kiosk.desk.visit_invite import draw_guests

router = APIRouter(dependencies=[Depends(frame.signed_in)])
TONES: dict[str, parts.Tone] = {
    "confirmed": "free",
    "held": "held",
    "in_use": "busy",
    "ended": "lost",
    "cancelled": "shut",
    "released": "shut",
    "pending": "soon",
    "offered": "held",
    "refused": "shut",
    "lapsed": "shut",
    "displaced": "shut",
}
FIRST_HOUR, LAST_HOUR = 8, 20


@router.page("/desk/bookings")
def bookings_page() -> None:
    with frame.desk("bookings", _("nav.bookings")):
        asked = ui.context.client.request.query_params
        room = asked.get("room", "")[:60]
        register = RegisterPage(REGISTER, filters={"room": room} if room else None)
        RoomDays(register)
        if asked.get("new"):
            BookingForm(register.refresh, room)


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
                    classes = {"in_use": "cur", "held": "hold", "pending": "hold", "offered": "hold"}.get(slot.state, "")
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
    parts.button(_("bookings.book"), lambda: BookingForm(page.refresh, page.filters.get("room", "")), kind="main", icon="plus")


def _draw_peek(row: BookingView, page: RegisterPage) -> None:
    page.peek_head(
        row.title or row.department or _("booking.someone"), pill=(_(f"booking.state.{row.state}"), TONES[row.state]), meta=row.room
    )
    with database.reading() as s:
        purpose = rooms.get_purpose(s, row.purpose_id)
        brought, reason = bookings.items_of(s, row.id), bookings.reason_of(s, row.id) if row.displaced_by_id else ""
    joint = "、" if frame.lang() != "en" else ", "
    buffers = (
        i18n.duration(timedelta(minutes=row.set_up_minutes), frame.lang()),
        i18n.duration(timedelta(minutes=row.clean_up_minutes), frame.lang()),
    )
    parts.facts((
        (_("booking.column.starts_at"), _moment(row.starts_at)), (_("booking.column.ends_at"), _moment(row.ends_at)), (_("booking.column.host"), row.host),
        (_("booking.column.department"), row.department), (_("purpose.column.name"), purpose_name(rooms.purpose_view(purpose)) if purpose else ""),
        (_("bookings.attendees"), row.attendees or ""), (_("bookings.seating"), _(f"booking.seating.{row.seating}") if row.seating else ""),
        (_("bookings.needs"), joint.join(_(f"booking.need.{need}") for need in row.needs)), (_("bookings.brought"), joint.join(brought)),
        (_("bookings.remark"), row.remark), (_("bookings.buffers"), _("bookings.buffers_of", before=buffers[0], after=buffers[1]) if row.set_up_minutes or row.clean_up_minutes else ""),
        (_("bookings.gave_way"), reason), (_("booking.column.via"), _(f"booking.via.{row.via}")), (_("booking.column.checked_in_at"), _moment(row.checked_in_at)),
    ))  # fmt: skip
    if row.state == "pending":
        _draw_approval(row, page)
    if not _may(row):
        return
    draw_attendees(page.reopen, booking_id=row.id, may=True, live=row.state in ("pending", "confirmed", "held", "in_use"))
    draw_guests(row.id, page.reopen, live=row.state in ("pending", "confirmed", "held", "in_use"))
    acts: tuple[tuple[str, Operation, Any], ...] = {
        "pending": ((_("bookings.cancel"), bookings.CancelBooking(booking_id=row.id), "stop"),),
        "released": ((_("bookings.take_again"), bookings.TakeAgain(booking_id=row.id), "main"),) if row.ends_at > clock.now() else (),
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
        if row.state in ("pending", "confirmed"):
            parts.button(_("bookings.change"), partial(_change_dialog, row, page))
        for words, do, kind in acts:
            parts.button(words, _doing(do, page), kind=kind)


def _doing(do: Operation, page: RegisterPage) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        if (await parts.do(do)).ok:
            await page.reopen()

    return act


def _change_dialog(row: BookingView, page: RegisterPage) -> None:
    """Another time or room. A refusal stays in the dialog."""
    with database.reading() as s:
        names = {str(room.id): room.name for room in rooms.everything(s, clock.now()) if room.bookable or room.id == row.room_id}
    start, minutes = clock.local(row.starts_at), int((row.ends_at - row.starts_at) / timedelta(minutes=1))
    lengths = {n: i18n.duration(timedelta(minutes=n), frame.lang()) for n in sorted({*LENGTHS, minutes})}
    with parts.sheet_dialog(_("bookings.change"), row.title) as dialog:
        room = parts.select(_("booking.column.room"), names, str(row.room_id), search=True)
        with parts.box("row"):
            day = parts.input(_("bookings.day"), start.date().isoformat(), props="type=date")
            begin = parts.input(_("booking.column.starts_at"), f"{start:%H:%M}", props="type=time step=900")
            length = parts.select(_("bookings.length"), lengths, minutes)
        problem = parts.box("bookform__refused").props("role=alert")

        async def save(**instead: Any) -> None:
            try:
                starts = datetime.combine(date.fromisoformat(day.value or ""), time.fromisoformat(begin.value or ""), clock.zone())
            except ValueError:
                parts.refuse(begin, _("bookings.when_wrong"))
                return
            parts.refuse(begin, None)
            ends = starts + timedelta(minutes=int(length.value))
            wanted = {"room_id": UUID(str(room.value)), "starts_at": starts, "ends_at": ends} | instead
            outcome = await parts.do(bookings.MoveBooking(booking_id=row.id, **wanted), done=_("bookings.changed"), quiet=True)
            if outcome.ok:
                dialog.close()
                await page.reopen()
                return
            problem.clear()
            with problem:
                parts.text(outcome.message(frame.lang()), "p", "field__help field__help--error")
                draw_instead(outcome, save)

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("web.save"), save, kind="main")
    dialog.open()


def _draw_approval(row: BookingView, page: RegisterPage) -> None:
    """Whoever may decide decides here; the others read who is asked."""
    with database.reading() as s:
        approval = approvals.of(s, ("booking", row.id))
        shown = approvals.view(s, approval, frame.actor()) if approval else None
    if shown is None:
        return
    step = shown.steps[shown.step - 1]
    parts.text(_("bookings.waits_for", who=step.person or _(f"role.{step.role}")), "p", "quiet")
    if not shown.may_decide:
        return
    note = parts.input(_("bookings.refuse_note"), props="maxlength=500")

    async def decide(approve: bool) -> None:
        do = approvals.DecideApproval(approval_id=shown.id, approve=approve, note=note.value or "")
        if (await parts.do(do)).ok:
            await page.reopen()

    with parts.box("row wrap"):
        parts.button(_("bookings.approve"), partial(decide, True), kind="main")
        parts.button(_("bookings.refuse"), partial(decide, False), kind="stop")


REGISTER = Register(
    name="bookings", title="nav.bookings", kinds=("booking",), search="bookings.find", empty=("bookings.empty", "bookings.empty_hint"),
    columns=(
        Column("bookings.day", lambda b: i18n.short_day(clock.local(b.starts_at).date(), frame.lang()), sub=_span), Column("booking.column.room", lambda b: b.room),
        Column("booking.column.title", lambda b: b.title or "–"), Column("booking.column.host", lambda b: b.host or _("booking.someone"), sub=lambda b: b.department),
        Column("booking.column.via", lambda b: _(f"booking.via.{b.via}")),
        Column("booking.column.state", lambda b: _(f"booking.state.{b.state}"), tone=lambda b: TONES[b.state]),
    ),
    chips=(
        Chip("all", "bookings.all"), Chip("confirmed", "booking.state.confirmed", {"state": "confirmed"}), Chip("pending", "booking.state.pending", {"state": "pending"}), Chip("in_use", "booking.state.in_use", {"state": "in_use"}),
        Chip("released", "booking.state.released", {"state": "released"}), Chip("cancelled", "booking.state.cancelled", {"state": "cancelled"}),
        Chip("displaced", "booking.state.displaced", {"state": "displaced"}),
    ),
    peek=_draw_peek, acts=_draw_acts,
)  # fmt: skip

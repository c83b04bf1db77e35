"""Setting up rooms at the desk: seats, equipment, hours, who may read titles in the corridor, out of use (guide S1.3-R1; pitfall V28)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n
from core.mechanisms import places
from core.mechanisms.operations import OFFICE, Role
from core.mechanisms.places import PlaceKind
from core.sections import rooms
from core.sections.rooms import RoomView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.booking_rules import room_rules_dialog, span_words
from kiosk.desk.registers import Column, Register, RegisterPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])


@router.page("/desk/rooms")
def rooms_page() -> None:
    with frame.desk("rooms", _("nav.rooms"), *OFFICE):
        RegisterPage(REGISTER)


def _hours(room: RoomView) -> str:
    if room.opens_minute == 0 and room.closes_minute == 24 * 60:
        return _("rooms.always")
    return f"{room.opens_minute // 60:02d}:{room.opens_minute % 60:02d}–{room.closes_minute // 60:02d}:{room.closes_minute % 60:02d}"


def _equipment(room: RoomView) -> str:
    return parts.listed(_(f"room.equipment.{name}") for name in room.equipment)


def _parts(room: RoomView) -> str:
    if not room.parts:
        return ""
    with database.reading() as s:
        names = [one.name for one in rooms.everything(s, clock.now(), room.parts)]
    return " + ".join(names)


def _closed(room: RoomView) -> str:
    """Why it can't be had and until when, in one line; a combined room says which of its parts it is."""
    if not room.closed:
        return ""
    until = _("rooms.closed_until", until=_day_and_time(room.closed_until)) if room.closed_until else ""
    return parts.joined(room.closed_with, room.closed_reason, until)


def _day_and_time(moment: datetime) -> str:
    return i18n.day_and_time(moment, clock.zone(), frame.lang())


def _state(room: RoomView) -> tuple[str, parts.Tone]:
    if room.closed:
        return _("door.word.shut"), "shut"
    return (_("rooms.bookable"), "free") if room.bookable else (_("rooms.not_bookable"), "lost")


def _draw_acts(page: RegisterPage) -> None:
    if frame.actor().has(Role.ADMIN, Role.CLERK):
        parts.button(_("rooms.add"), partial(_add_dialog, page), kind="main", icon="plus")


def _draw_peek(room: RoomView, page: RegisterPage) -> None:
    page.peek_head(room.name, pill=_state(room), meta=room.where)
    closed = _day_and_time(room.closed_until) if room.closed_until else ""
    parts.facts((
        (_("room.column.capacity"), room.capacity), (_("rooms.equipment"), _equipment(room)), (_("rooms.hours"), _hours(room)),
        (_("rooms.titles"), _("rooms.titles_shown") if room.public else _("rooms.titles_hidden")), (_("room.column.closed_reason"), room.closed_reason if room.closed else ""),
        (_("rooms.closed_with"), room.closed_with), (_("room.column.closed_until"), closed), (_("booking_rules.lead"), span_words(room.lead_minutes) if room.lead_minutes else ""), (_("booking_rules.longest"), span_words(room.longest_minutes)),
        (_("bookings.buffers"), _("bookings.buffers_of", before=span_words(room.set_up_minutes), after=span_words(room.clean_up_minutes)) if room.set_up_minutes or room.clean_up_minutes else ""),
        (_("booking_rules.approver"), _(f"role.{room.approver}") if room.approver else ""), (_("booking_rules.parts"), _parts(room)),
    ))  # fmt: skip
    with parts.box("row wrap"):
        parts.button(_("rooms.door"), href=f"/door/{room.short_name or room.id}", icon="door", new_tab=True)
        if room.closed and not room.closed_with:
            parts.button(_("rooms.open"), partial(_open, room, page), kind="main")
        else:
            parts.button(_("rooms.close"), partial(_close_dialog, room, page))
        if frame.actor().has(Role.ADMIN, Role.CLERK):
            parts.button(_("rooms.edit"), partial(_edit_dialog, room, page))
            parts.button(_("booking_rules.title"), partial(room_rules_dialog, room, page.reopen))


async def _open(room: RoomView, page: RegisterPage) -> None:
    if (await parts.do(rooms.OpenRoom(room_id=room.id))).ok:
        await page.reopen()


def _close_dialog(room: RoomView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("rooms.close_title", room=room.name), _("rooms.close_hint")) as dialog:
        reason = parts.input(_("room.column.closed_reason"), props="maxlength=80", autofocus=True)
        until = parts.input(_("rooms.close_until"), help=_("rooms.close_until_hint"), props="type=datetime-local")

        async def save() -> None:
            words, wall = (reason.value or "").strip(), until.value or ""
            parts.refuse(reason, None if words else _("rooms.reason_needed"))
            ends = _moment(wall) if wall else None
            wrong = bool(wall) and (ends is None or ends <= clock.now())
            parts.refuse(until, _("rooms.close_until_wrong") if wrong else None)
            if words and not wrong and (await parts.do(rooms.CloseRoom(room_id=room.id, reason=words, until=ends))).ok:
                dialog.close()
                await page.reopen()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("rooms.close"), save, kind="main")
    dialog.open()


def _moment(wall: str) -> datetime | None:
    """What was typed, on the office's wall."""
    try:
        return datetime.fromisoformat(wall).replace(tzinfo=clock.zone())
    except ValueError:
        return None


def _add_dialog(page: RegisterPage) -> None:
    with database.reading() as s:
        known = {room.id for room in rooms.everything(s, clock.now())}
        free = {str(place.id): place.path for place in places.everything(s, [PlaceKind.ROOM]) if place.id not in known}
    if not free:
        parts.problem(_("rooms.no_place"))
        return
    with parts.sheet_dialog(_("rooms.add")) as dialog:
        place = parts.select(_("rooms.place"), free, next(iter(free)), search=True)
        fields = _Fields(None)

        async def save() -> None:
            if (await parts.do(fields.operation(UUID(str(place.value))))).ok:
                dialog.close()
                page.refresh()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("web.save"), save, kind="main")
    dialog.open()


def _edit_dialog(room: RoomView, page: RegisterPage) -> None:
    with parts.sheet_dialog(room.name) as dialog:
        fields = _Fields(room)

        async def save() -> None:
            if (await parts.do(fields.operation(room.id))).ok:
                dialog.close()
                await page.reopen()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("web.save"), save, kind="main")
    dialog.open()


class _Fields:
    """The facts of a room as fields."""

    def __init__(self, room: RoomView | None) -> None:
        self.values: dict[str, Any] = {"capacity": room.capacity if room else 8}
        self.english = parts.input(_("rooms.english_name"), room.english_name if room else "", props="maxlength=80 lang=en")
        with parts.field(_("room.column.capacity")):
            parts.stepper(self.values["capacity"], lambda value: self.values.update(capacity=value), least=1, most=500)
        names = {name: _(f"room.equipment.{name}") for name in rooms.EQUIPMENT}
        self.equipment = parts.select(_("rooms.equipment"), names, list(room.equipment) if room else [], multiple=True)
        hours = {minute: f"{minute // 60:02d}:00" for minute in range(0, 24 * 60 + 1, 60)}
        with parts.box("row"):
            self.opens = parts.select(_("rooms.opens"), hours, room.opens_minute if room and room.opens_minute in hours else 480)
            self.closes = parts.select(_("rooms.closes"), hours, room.closes_minute if room and room.closes_minute in hours else 1200)
        self.public = ui.checkbox(_("rooms.titles_shown"), value=room.public if room else False)
        self.bookable = ui.checkbox(_("rooms.bookable"), value=room.bookable if room else True)

    def operation(self, room_id: UUID) -> rooms.SetUpRoom:
        return rooms.SetUpRoom(
            room_id=room_id, english_name=self.english.value or "", capacity=self.values["capacity"], equipment=tuple(self.equipment.value or ()),
            opens_minute=int(self.opens.value), closes_minute=int(self.closes.value), public=bool(self.public.value), bookable=bool(self.bookable.value),
        )  # fmt: skip


REGISTER = Register(
    name="rooms", title="nav.rooms", kinds=("room",), search="rooms.find", empty=("bookings.no_rooms", "bookings.no_rooms_hint"),
    columns=(
        Column("room.column.name", lambda r: r.name, sub=lambda r: r.where), Column("room.column.capacity", lambda r: r.capacity, number=True),
        Column("rooms.equipment", _equipment), Column("rooms.hours", _hours),
        Column("rooms.titles", lambda r: _("rooms.titles_shown") if r.public else _("rooms.titles_hidden")),
        Column("rooms.state", lambda r: _state(r)[0], sub=_closed, tone=lambda r: _state(r)[1]),
    ),
    peek=_draw_peek, acts=_draw_acts,
)  # fmt: skip

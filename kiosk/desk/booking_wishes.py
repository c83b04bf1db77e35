"""What a purpose asks for in a room, as fields: people, seating, things, a remark; and what will hold (guide S1.3-R1, R3).

The booking form and the series form share it. What is asked comes from `bookings.form_of`; nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from core.foundation import database, i18n
from core.mechanisms import people
from core.mechanisms.operations import Actor
from core.sections import bookings, rooms
from core.sections.rooms import PurposeView
from core.web import frame, parts
from core.web.frame import _

MOST_PEOPLE = 5000


def purpose_name(purpose: PurposeView) -> str:
    """A purpose in the reader's language, where the office gave it one."""
    return purpose.english_name if frame.lang() == "en" and purpose.english_name else purpose.name


class Wishes:
    """The fields of one form. `room_id` answers the room chosen now, `on_change` runs after something was told anew; `draw_purpose` and `draw`
    put the two parts where the form wants them."""

    def __init__(self, by: Actor, room_id: Callable[[], str], on_change: Callable[..., Any] | None = None) -> None:
        self._room_id, self._changed = room_id, on_change
        self._needs: set[str] = set()
        self._purpose: Any = None
        with database.reading() as s:
            department_id = people.get(s, by.person_id).department_id if by.person_id else None
            self._purposes = {str(one.id): one for one in rooms.all_purposes(s, by, department_id)}

    def draw_purpose(self) -> None:
        """The choice of a purpose, where the office has any."""
        if self._purposes:
            options = {"": _("bookings.no_purpose")} | {id: purpose_name(one) for id, one in self._purposes.items()}
            self._purpose = parts.select(_("purpose.column.name"), options, "", on_change=self._choose)

    @ui.refreshable_method
    def draw(self) -> None:
        """What this purpose asks for in this room, and what will hold."""
        self._attendees = self._seating = self._remark = None
        with database.reading() as s:
            room = s.get(rooms.Room, UUID(self._room_id())) if self._room_id() else None
            form = bookings.form_of(room, rooms.get_purpose(s, self.purpose_id))
        if form.asks_attendees:
            most = form.capacity or MOST_PEOPLE
            self._attendees = parts.input(
                _("bookings.attendees"), props=f"type=number min=1 max={most} inputmode=numeric debounce=400", on_change=self._changed
            )
        if form.asks_seating:
            self._seating = parts.select(
                _("bookings.seating"), {name: _(f"booking.seating.{name}") for name in rooms.SEATINGS}, rooms.SEATINGS[0]
            )
        self._needs &= set(form.needs)
        if form.needs:
            with parts.field(_("bookings.needs")), parts.box("row wrap checks"):
                for need in form.needs:
                    ui.checkbox(_(f"booking.need.{need}"), value=need in self._needs, on_change=partial(self._tick, need))
            self._remark = parts.input(_("bookings.remark"), props="maxlength=500")
        if notes := rule_notes(form):
            parts.text("　".join(notes) if frame.lang() != "en" else " · ".join(notes), "p", "quiet small bookform__rules")

    @property
    def purpose_id(self) -> UUID | None:
        return UUID(self._purpose.value) if self._purpose is not None and self._purpose.value else None

    def facts(self) -> dict[str, Any] | None:
        """What is filled in, as the operation takes it; None when the number of people can not be read, which the field says."""
        attendees = str(self._attendees.value or "0") if self._attendees is not None else "0"
        if not attendees.isdigit() or int(attendees) > MOST_PEOPLE:
            parts.refuse(self._attendees, _("bookings.attendees_wrong"))
            return None
        return {
            "purpose_id": self.purpose_id,
            "attendees": int(attendees),
            "needs": tuple(sorted(self._needs)),
            "seating": self._seating.value if self._seating is not None else "",
            "remark": (self._remark.value or "") if self._remark is not None else "",
        }

    async def _choose(self, _value: Any) -> None:
        self.draw.refresh()
        await self._tell()

    async def _tick(self, need: str, event: Any) -> None:
        (self._needs.add if event.value else self._needs.discard)(need)
        await self._tell()

    async def _tell(self) -> None:
        if self._changed is not None:
            await self._changed()


def rule_notes(form: bookings.Form) -> list[str]:
    """What holds for this room and purpose, in short sentences."""
    lang = frame.lang()

    def span(minutes: int) -> str:
        return i18n.duration(timedelta(minutes=minutes), lang)

    notes = []
    if form.approvers:
        notes.append(_("bookings.rule.approval", who=parts.listed(_(f"role.{name}") for name in form.approvers)))
    if form.lead_minutes:
        notes.append(_("bookings.rule.lead", span=span(form.lead_minutes)))
    if form.set_up_minutes or form.clean_up_minutes:
        notes.append(_("bookings.rule.buffers", before=span(form.set_up_minutes), after=span(form.clean_up_minutes)))
    if form.may_displace:
        notes.append(_("bookings.rule.important", span=span(form.notice_minutes)))
    return notes

"""Booking rules at the desk, without code: what a room is booked for, portable equipment, who books for others (guide S1.3-R1, R3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.ids import uuid7
from core.mechanisms import people
from core.mechanisms.operations import Operation, Role
from core.sections import bookings, rooms
from core.sections.rooms import ItemView, PurposeView, RoomView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.booking_wishes import purpose_name

router = APIRouter(dependencies=[Depends(frame.signed_in)])
MAY_SET = (Role.ADMIN, Role.CLERK)
BUFFERS = (0, 5, 10, 15, 20, 30, 45, 60, 90, 120)
LEADS = (0, 30, 60, 120, 240, 24 * 60, 2 * 24 * 60, 3 * 24 * 60, 7 * 24 * 60)
LENGTHS = (0, 15, 30, 60, 90, 120, 180, 240, 300, 360, 480, 720, 1440)
AHEAD = (7, 14, 30, 60, 90, 180, 400)
APPROVERS = ("", "leader", "clerk", "reception", "admin")
ROLES = ("leader", "clerk", "reception", "safety", "admin")


@router.page("/desk/booking-rules")
def booking_rules_page() -> None:
    with frame.desk("booking-rules", _("nav.booking-rules"), *MAY_SET):
        RulesPage()


class RulesPage:
    """Three short lists; a tap on a line opens its form."""

    def __init__(self) -> None:
        with parts.head(_("nav.booking-rules"), _("booking_rules.hint")):
            parts.button(_("booking_rules.add_purpose"), partial(PurposeForm, None), kind="main", icon="plus")
        self.lists()
        client = ui.context.client
        for kind in ("purpose", "equipment", "person"):
            client.on_delete(live.subscribe(kind, lambda _change: self.lists.refresh()))

    @ui.refreshable_method
    def lists(self) -> None:
        with database.reading() as s:
            purposes, items, contacts = rooms.all_purposes(s, retired=True), rooms.all_items(s), bookings.contacts(s)
        self._head("booking_rules.purposes", "booking_rules.purposes_hint")
        if purposes:
            with parts.rows():
                for purpose in purposes:
                    with parts.item(purpose_name(purpose), _about(purpose), icon="warning" if purpose.important else "note"):
                        if purpose.retired:
                            parts.pill(_("booking_rules.retired"), "lost")
                        elif purpose.important:
                            parts.pill(_("purpose.column.important"), "busy")
                        parts.button(_("rooms.edit"), partial(PurposeForm, purpose))
        else:
            parts.empty(_("booking_rules.no_purposes"), _("booking_rules.no_purposes_hint"))
        self._head("booking_rules.items", "booking_rules.items_hint", "booking_rules.add_item", partial(_item_dialog, None))
        with parts.rows() if items else parts.box():
            for item in items:
                with parts.item(item.name, _(f"room.equipment.{item.kind}"), icon="asset"):
                    if item.retired:
                        parts.pill(_("booking_rules.retired"), "lost")
                    parts.button(_("rooms.edit"), partial(_item_dialog, item))
        self._head("booking_rules.contacts", "booking_rules.contacts_hint", "booking_rules.add_contact", _contact_dialog)
        with parts.rows() if contacts else parts.box():
            for contact in contacts:
                with parts.item(contact.person, contact.department or _("booking_rules.whole_office"), icon="person"):
                    undo = bookings.NameContact(person_id=contact.person_id, department_id=contact.department_id, named=False)
                    parts.button(_("booking_rules.remove_contact"), partial(parts.do, undo), kind="quiet")

    def _head(self, title: str, hint: str, add: str = "", on_add: Any = None) -> None:
        with parts.box("row rules__head"):
            with parts.box():
                parts.text(_(title), "h2")
                parts.text(_(hint), "p", "quiet small")
            parts.box("push", "span")
            if add:
                parts.button(_(add), on_add, icon="plus")


def _about(purpose: PurposeView) -> str:
    words = [_(f"booking.need.{need}") for need in purpose.needs]
    if purpose.approver:
        words.append(_("bookings.rule.approval", who=_(f"role.{purpose.approver}")))
    return parts.listed(words)


# ── fields both forms share ──


def span_words(minutes: int, none: str = "booking_rules.none") -> str:
    """`30 分钟`, `2 天`; what zero means is `none`."""
    if not minutes:
        return _(none)
    return _("booking_rules.days", n=minutes // 1440) if minutes % 1440 == 0 else i18n.duration(timedelta(minutes=minutes), frame.lang())


def spans(options: Sequence[int], value: int, none: str = "booking_rules.none") -> dict[int, str]:
    """Choices of a length, with the stored one among them."""
    return {n: span_words(n, none) for n in sorted({*options, value})}


class WhoFields:
    """Approval, roles and departments."""

    def __init__(self, about: RoomView | PurposeView | None) -> None:
        with database.reading() as s:
            departments = {str(one.id): one.name for one in people.departments(s)}
        self.approver = parts.select(
            _("booking_rules.approver"),
            {name: _(f"role.{name}") if name else _("booking_rules.nobody") for name in APPROVERS},
            about.approver if about else "",
        )
        self.roles = parts.select(
            _("booking_rules.roles"),
            {name: _(f"role.{name}") for name in ROLES},
            list(about.roles) if about else [],
            help=_("booking_rules.everybody"),
            multiple=True,
        )
        known = [id for id in (about.departments if about else ()) if id in departments]
        self.departments = parts.select(
            _("booking_rules.departments"), departments, known, help=_("booking_rules.everybody"), multiple=True
        )

    def facts(self) -> dict[str, Any]:
        return {
            "approver": self.approver.value or "",
            "roles": tuple(self.roles.value or ()),
            "departments": tuple(UUID(id) for id in self.departments.value or ()),
        }


# ── a purpose ──


class PurposeForm:
    """One purpose: its form and its rules."""

    def __init__(self, purpose: PurposeView | None) -> None:
        self.purpose = purpose
        with parts.sheet_dialog(purpose_name(purpose) if purpose else _("booking_rules.add_purpose")) as self.dialog:
            self._draw_form()
            self._draw_rules()
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), self.dialog.close)
                if purpose:
                    words = _("booking_rules.use_again") if purpose.retired else _("booking_rules.retire")
                    parts.button(
                        words, partial(self._do, rooms.SetUpPurpose(purpose_id=purpose.id, retired=not purpose.retired)), kind="quiet"
                    )
                parts.button(_("web.save"), self.save, kind="main")
        self.dialog.open()

    def _draw_form(self) -> None:
        p = self.purpose
        self.name = parts.input(_("purpose.column.name"), p.name if p else "", props="maxlength=40", autofocus=p is None)
        self.english = parts.input(_("purpose.column.english_name"), p.english_name if p else "", props="maxlength=80 lang=en")
        self.needs = parts.select(
            _("booking_rules.needs"),
            {need: _(f"booking.need.{need}") for need in rooms.NEEDS},
            list(p.needs) if p else [],
            help=_("booking_rules.needs_hint"),
            multiple=True,
        )
        with parts.field(_("booking_rules.asks")), parts.box("row wrap checks"):
            self.asks_title = ui.checkbox(_("booking_rules.asks_title"), value=p.asks_title if p else False)
            self.asks_attendees = ui.checkbox(_("booking_rules.asks_attendees"), value=p.asks_attendees if p else False)
            self.asks_seating = ui.checkbox(_("booking_rules.asks_seating"), value=p.asks_seating if p else False)

    def _draw_rules(self) -> None:
        p = self.purpose
        with parts.box("row"):
            self.set_up = parts.select(
                _("booking_rules.set_up"), spans(BUFFERS, p.set_up_minutes if p else 0), p.set_up_minutes if p else 0
            )
            self.clean_up = parts.select(
                _("booking_rules.clean_up"), spans(BUFFERS, p.clean_up_minutes if p else 0), p.clean_up_minutes if p else 0
            )
        with parts.box("row"):
            self.lead = parts.select(_("booking_rules.lead"), spans(LEADS, p.lead_minutes if p else 0), p.lead_minutes if p else 0)
            self.longest = parts.select(
                _("booking_rules.longest"),
                spans(LENGTHS, p.longest_minutes if p else 0, "booking_rules.as_room"),
                p.longest_minutes if p else 0,
            )
        self.who = WhoFields(p)
        with database.reading() as s:
            known = {str(room.id): room.name for room in rooms.everything(s, clock.now())}
        chosen = [id for id in (p.room_ids if p else ()) if id in known]
        self.rooms = parts.select(_("booking_rules.rooms"), known, chosen, help=_("booking_rules.all_rooms"), multiple=True, search=True)
        self.important = ui.checkbox(_("booking_rules.important"), value=p.important if p else False)
        notice = p.notice_minutes if p else 60
        self.notice = parts.select(_("booking_rules.notice"), spans(LEADS, notice), notice, help=_("booking_rules.important_hint"))

    async def save(self) -> None:
        words = (self.name.value or "").strip()
        parts.refuse(self.name, None if words else _("booking_rules.name_needed"))
        if not words:
            return
        await self._do(rooms.SetUpPurpose(
            purpose_id=self.purpose.id if self.purpose else uuid7(), name=words, english_name=self.english.value or "", needs=tuple(self.needs.value or ()),
            asks_title=bool(self.asks_title.value), asks_attendees=bool(self.asks_attendees.value), asks_seating=bool(self.asks_seating.value),
            set_up_minutes=int(self.set_up.value), clean_up_minutes=int(self.clean_up.value), lead_minutes=int(self.lead.value), longest_minutes=int(self.longest.value),
            important=bool(self.important.value), notice_minutes=int(self.notice.value), room_ids=tuple(UUID(id) for id in self.rooms.value or ()), **self.who.facts(),
        ))  # fmt: skip

    async def _do(self, do: Operation) -> None:
        if (await parts.do(do, done=_("booking_rules.saved"))).ok:
            self.dialog.close()


# ── the rules of a room ──


def room_rules_dialog(room: RoomView, on_saved: Any) -> None:
    """Who may book this room, how long before and how long, what time it needs around, and of which rooms it is made."""
    with database.reading() as s:
        others = {str(one.id): one.name for one in rooms.everything(s, clock.now()) if one.id != room.id and not one.parts}
    with parts.sheet_dialog(_("booking_rules.of_room", room=room.name), _("booking_rules.stricter")) as dialog:
        with parts.box("row"):
            lead = parts.select(_("booking_rules.lead"), spans(LEADS, room.lead_minutes), room.lead_minutes)
            ahead = parts.select(
                _("booking_rules.ahead"), {n: _("booking_rules.days", n=n) for n in sorted({*AHEAD, room.ahead_days})}, room.ahead_days
            )
        with parts.box("row"):
            shortest = parts.select(_("booking_rules.shortest"), spans(LENGTHS, room.shortest_minutes), room.shortest_minutes)
            longest = parts.select(
                _("booking_rules.longest"), {n: span_words(n) for n in sorted({*LENGTHS[1:], room.longest_minutes})}, room.longest_minutes
            )
        with parts.box("row"):
            set_up = parts.select(_("booking_rules.set_up"), spans(BUFFERS, room.set_up_minutes), room.set_up_minutes)
            clean_up = parts.select(_("booking_rules.clean_up"), spans(BUFFERS, room.clean_up_minutes), room.clean_up_minutes)
        who = WhoFields(room)
        made_of = parts.select(
            _("booking_rules.parts"), others, [str(id) for id in room.parts], help=_("booking_rules.parts_hint"), multiple=True, search=True
        )

        async def save() -> None:
            do = rooms.SetUpRoom(
                room_id=room.id, lead_minutes=int(lead.value), ahead_days=int(ahead.value), shortest_minutes=int(shortest.value), longest_minutes=int(longest.value),
                set_up_minutes=int(set_up.value), clean_up_minutes=int(clean_up.value), **who.facts(),
            )  # fmt: skip
            wanted = tuple(UUID(id) for id in made_of.value or ())
            if not (await parts.do(do)).ok:
                return
            if set(wanted) != set(room.parts) and not (await parts.do(rooms.CombineRoom(room_id=room.id, part_ids=wanted))).ok:
                return
            parts.toast(_("booking_rules.saved"))
            dialog.close()
            await on_saved()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("web.save"), save, kind="main")
    dialog.open()


# ── equipment and contacts ──


def _item_dialog(item: ItemView | None) -> None:
    with parts.sheet_dialog(item.name if item else _("booking_rules.add_item"), _("booking_rules.items_hint")) as dialog:
        kinds = {kind: _(f"room.equipment.{kind}") for kind in rooms.EQUIPMENT}
        kind = parts.select(_("equipment.column.kind"), kinds, item.kind if item else rooms.EQUIPMENT[0])
        name = parts.input(_("equipment.column.name"), item.name if item else "", props="maxlength=80", autofocus=item is None)
        retired = ui.checkbox(_("booking_rules.retired"), value=item.retired) if item else None

        async def save() -> None:
            words = (name.value or "").strip()
            parts.refuse(name, None if words else _("booking_rules.name_needed"))
            if not words:
                return
            do = rooms.SetUpItem(
                item_id=item.id if item else uuid7(), kind=kind.value, name=words, retired=bool(retired.value) if retired else None
            )
            if (await parts.do(do, done=_("booking_rules.saved"))).ok:
                dialog.close()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("web.save"), save, kind="main")
    dialog.open()


def _contact_dialog() -> None:
    with database.reading() as s:
        everybody = {str(one.id): one.name for one in people.search(s, limit=2000)}
        departments = {"": _("booking_rules.whole_office")} | {str(one.id): one.name for one in people.departments(s)}
    with parts.sheet_dialog(_("booking_rules.add_contact"), _("booking_rules.contacts_hint")) as dialog:
        person = parts.select(_("contact.column.person"), everybody, None, search=True)
        department = parts.select(_("contact.column.department"), departments, "")

        async def save() -> None:
            parts.refuse(person, None if person.value else _("booking_rules.person_needed"))
            if not person.value:
                return
            do = bookings.NameContact(person_id=UUID(person.value), department_id=UUID(department.value) if department.value else None)
            if (await parts.do(do, done=_("booking_rules.saved"))).ok:
                dialog.close()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("web.save"), save, kind="main")
    dialog.open()

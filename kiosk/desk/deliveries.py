"""Deliveries at the front desk: what waits for whom, handing out, noting one that came to the counter (guide S1.1-R1)."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from sqlmodel import Session

from core.foundation import clock, database, i18n
from core.mechanisms import places, printers
from core.mechanisms.operations import OFFICE, Actor
from core.sections import deliveries
from core.sections.deliveries import DeliveryState, DeliveryView
from core.web import elements, frame, parts, static_files
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.registers import Chip, Column, Register, RegisterPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])
TONES: dict[str, parts.Tone] = {"waiting": "soon", "unclear": "busy", "picked_up": "free", "returned": "shut"}


@router.page("/desk/deliveries")
def deliveries_page() -> None:
    with frame.desk("deliveries", _("desk.deliveries")):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("badges.css")}">')
        RegisterPage(REGISTER)


def _count(s: Session, by: Actor) -> int:
    return deliveries.count_waiting(s) if by.has(*OFFICE) else len(deliveries.mine(s, by.person_id)) if by.person_id else 0


def _moment(value: Any) -> str:
    return i18n.day_and_time(value, clock.zone(), frame.lang()) if value else ""


def _draw_acts(page: RegisterPage) -> None:
    if frame.actor().has(*OFFICE):
        parts.button(_("desk.deliveries.drop"), partial(_drop_dialog, page), kind="main", icon="plus")


def _who(row: DeliveryView) -> str:
    return row.recipient or (i18n.quoted(row.addressee, frame.lang()) if row.addressee else _("delivery.nobody"))


def _late(s: Session, by: Actor) -> int:
    return deliveries.count_late(s) if by.has(*OFFICE) else 0


def _unclear(s: Session, by: Actor) -> int:
    return deliveries.count_unclear(s) if by.has(*OFFICE) else 0


def _draw_peek(row: DeliveryView, page: RegisterPage) -> None:
    by = frame.actor()
    page.peek_head(_who(row), code=row.label, pill=(_(f"delivery.state.{row.state}"), TONES[row.state]), meta=row.department)
    parts.facts(
        (
            (
                _("delivery.column.shelf"),
                parts.joined(f"{row.shelf:03d}" if row.shelf else "", row.place, _("delivery.oversize") if row.oversize else ""),
            ),
            (_("desk.deliveries.kind"), _(f"delivery.kind.{row.kind}")),
            (_("delivery.column.pieces"), row.pieces),
            (_("delivery.column.courier"), row.courier),
            (_("delivery.column.addressee"), row.addressee if row.recipient else ""),
            (_("delivery.column.receipt"), row.receipt),
            (_("delivery.column.dropped_at"), _moment(row.dropped_at)),
            (_("delivery.column.reminders"), row.reminders or ""),
            (_("delivery.column.picked_up_at"), _moment(row.picked_up_at)),
            (_("delivery.column.picked_up_by"), row.picked_up_by),
            (_("delivery.column.way"), parts.joined(_(f"delivery.way.{row.way}") if row.way else "", row.handed_by)),
            (_("delivery.column.remark"), row.remark),
        )
    )
    if row.signed:
        _draw_signature(row)
    if row.state in (DeliveryState.WAITING, DeliveryState.UNCLEAR) and by.has(*OFFICE):
        _draw_open_acts(row, page)


def _draw_signature(row: DeliveryView) -> None:
    with database.reading() as s:
        strokes = deliveries.strokes_of(s, row.id, frame.actor())
    parts.text(_("desk.deliveries.signed_by"), "h3")
    high = max((y for stroke in strokes for _x, y, *_ms in stroke), default=0.4) + 0.04
    with ui.element("svg").classes("signed").props(f'viewBox="0 0 1 {high:.3f}" role=img aria-label="{_("desk.deliveries.signed_by")}"'):
        for stroke in strokes:
            points = " L".join(f"{float(x):.4f} {float(y):.4f}" for x, y, *_ms in stroke)
            ui.element("path").props(f'd="M{points}"')


def _draw_open_acts(row: DeliveryView, page: RegisterPage) -> None:
    if row.state == DeliveryState.UNCLEAR:
        parts.button(_("desk.deliveries.assign"), partial(_assign_dialog, row, page), kind="main", icon="person")
    else:
        parts.button(_("desk.deliveries.pick_up"), partial(_hand_out_dialog, row, page), kind="main", icon="check")
        remind = deliveries.RemindDelivery(delivery_id=row.id)
        parts.button(_("desk.deliveries.remind"), partial(_act, remind, page, _("desk.deliveries.reminded")), icon="bell")
    with parts.box("row wrap"):
        parts.button(_("desk.deliveries.label"), partial(_print, row, "shelf"), icon="print")
        parts.button(_("desk.deliveries.slip"), partial(_print, row, "slip"), icon="print")
        parts.button(_("desk.deliveries.shelve"), partial(_shelve_dialog, row, page), icon="place")
    if row.state == DeliveryState.WAITING:
        parts.button(_("desk.deliveries.assign"), partial(_assign_dialog, row, page), kind="quiet")
    parts.button(_("desk.deliveries.return"), partial(_return_dialog, row, page), kind="stop")


async def _act(do: Any, page: RegisterPage, words: str | None = None) -> bool:
    outcome = await parts.do(do, done=words)
    if outcome.ok:
        await page.reopen()
    return outcome.ok


def _hand_out_dialog(row: DeliveryView, page: RegisterPage) -> None:
    """Who takes it, and a signature where the desk has a pad for it."""
    with parts.sheet_dialog(_("desk.deliveries.pick_up"), parts.joined(_who(row), f"{row.shelf or 0:03d}")) as dialog:
        who = parts.select(_("desk.deliveries.taker"), piles.everyone(), str(row.recipient_id) if row.recipient_id else None, search=True)
        other = parts.input(_("desk.deliveries.other_taker"), props="maxlength=80")
        with parts.field(_("desk.deliveries.sign")):
            pad = elements.Signature()

        async def save() -> None:
            signed = await pad.result()
            strokes = [[(x, y, float(ms)) for x, y, ms in stroke] for stroke in signed.strokes] if signed else []
            name = (other.value or "").strip()
            person_id = UUID(str(who.value)) if who.value and not name else None
            parts.refuse(who, None if person_id or name else _("desk.deliveries.taker"))
            if not person_id and not name:
                return
            do = deliveries.PickUp(delivery_id=row.id, person_id=person_id, taker=name, signature=strokes)
            if await _act(do, page, _("desk.deliveries.picked", receipt=row.receipt)):
                dialog.close()

        piles.acts(dialog, _("desk.deliveries.hand_out"), save)
    dialog.open()


def _assign_dialog(row: DeliveryView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("desk.deliveries.assign"), row.addressee) as dialog:
        who = parts.select(_("delivery.column.recipient"), piles.everyone(), search=True)

        async def save() -> None:
            parts.refuse(who, None if who.value else _("delivery.recipient_unknown"))
            if who.value and await _act(deliveries.Assign(delivery_id=row.id, recipient_id=UUID(str(who.value))), page):
                dialog.close()

        piles.acts(dialog, _("web.save"), save)
    dialog.open()


def _shelve_dialog(row: DeliveryView, page: RegisterPage) -> None:
    with database.reading() as s:
        shelves = {str(place.id): place.path for place in places.everything(s, kinds=[places.PlaceKind.SHELF])}
    with parts.sheet_dialog(_("desk.deliveries.shelve"), f"{row.shelf or 0:03d}") as dialog:
        where = parts.select(_("delivery.column.place"), {"": _("desk.deliveries.no_shelf"), **shelves}, "", search=True)

        async def save() -> None:
            if await _act(deliveries.Shelve(delivery_id=row.id, place_id=UUID(str(where.value)) if where.value else None), page):
                dialog.close()

        piles.acts(dialog, _("web.save"), save)
    dialog.open()


def _return_dialog(row: DeliveryView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("desk.deliveries.return"), parts.joined(_who(row), row.receipt)) as dialog:
        why = parts.input(_("desk.deliveries.return.why"), props="maxlength=200", autofocus=True)

        async def save() -> None:
            reason = (why.value or "").strip()
            parts.refuse(why, None if reason else _("desk.deliveries.return.why"))
            if reason and await _act(deliveries.Return(delivery_id=row.id, reason=reason), page):
                dialog.close()

        piles.acts(dialog, _("desk.deliveries.return"), save)
    dialog.open()


def _print(row: DeliveryView, what: Literal["shelf", "slip"]) -> None:
    """On the one printer reception has for it; several are asked about; without one it is a file."""
    with database.reading() as s:
        known = [one for one in printers.everything(s) if one.paper in deliveries.ROLLS]
    if not known:
        ui.navigate.to(f"/api/v1/deliveries/{row.id}/{what}.pdf", new_tab=True)
        return
    with parts.sheet_dialog(_("desk.deliveries.which_printer"), parts.joined(_who(row), f"{row.shelf or 0:03d}")) as dialog:
        for one in known:

            async def go(printer_id: UUID = one.id) -> None:
                if (
                    await parts.do(deliveries.PrintDelivery(delivery_id=row.id, what=what, printer_id=printer_id), done=_("badge.sent"))
                ).ok:
                    dialog.close()

            parts.button(parts.joined(one.name, _(one.problem) if one.problem else ""), go, icon="print", wide=True)
        with parts.box("dialog__acts"):
            parts.button(_("badge.as_file"), href=f"/api/v1/deliveries/{row.id}/{what}.pdf", new_tab=True)
            parts.button(_("web.cancel"), dialog.close)
    dialog.open()


def _drop_dialog(page: RegisterPage) -> None:
    """One that came to the counter; without a recipient it waits until reception found out."""
    with parts.sheet_dialog(_("desk.deliveries.drop")) as dialog:
        recipient = parts.select(_("delivery.column.recipient"), piles.everyone(), search=True)
        addressee = parts.input(_("desk.deliveries.addressee"), props="maxlength=80", help=_("desk.deliveries.addressee.help"))
        with parts.box("pairs"):
            kind = parts.select(_("desk.deliveries.kind"), {key: _(f"delivery.kind.{key}") for key in deliveries.KINDS}, "parcel")
            courier = parts.input(_("desk.deliveries.courier"), props="maxlength=80")
        remark = parts.input(_("delivery.column.remark"), props="maxlength=200")
        count = {"pieces": 1}
        with parts.box("row"):
            with parts.field(_("delivery.column.pieces")):
                parts.stepper(1, lambda value: count.update(pieces=value), least=1)
            large = ui.checkbox(_("kiosk.parcel.large"))

        async def save() -> None:
            name = (addressee.value or "").strip()
            parts.refuse(recipient, None if recipient.value or name else _("desk.deliveries.for_whom"))
            if not recipient.value and not name:
                return
            do = deliveries.Drop(
                recipient=str(recipient.value) if recipient.value else None, addressee=name, kind=str(kind.value), courier=(courier.value or "").strip(),
                pieces=count["pieces"], oversize=bool(large.value), remark=(remark.value or "").strip(),
            )  # fmt: skip
            if (await parts.do(do)).ok:
                dialog.close()
                page.refresh()

        piles.acts(dialog, _("web.save"), save)
    dialog.open()


REGISTER = Register(
    name="deliveries",
    title="desk.deliveries",
    kinds=("delivery",),
    search="desk.deliveries.find",
    empty=("desk.deliveries.empty", "desk.deliveries.empty.say"),
    columns=(
        Column("delivery.column.recipient", _who, sub=lambda d: d.department),
        Column("desk.deliveries.kind", lambda d: _(f"delivery.kind.{d.kind}"), sub=lambda d: d.courier),
        Column("delivery.column.pieces", lambda d: d.pieces, number=True),
        Column(
            "delivery.column.shelf",
            lambda d: f"{d.shelf:03d}" if d.shelf else "",
            sub=lambda d: _("delivery.oversize") if d.oversize else d.place,
        ),
        Column("delivery.column.dropped_at", lambda d: _moment(d.dropped_at)),
        Column("delivery.column.receipt", lambda d: d.receipt),
        Column("delivery.column.state", lambda d: _(f"delivery.state.{d.state}"), tone=lambda d: TONES[d.state]),
        Column("delivery.column.label", lambda d: d.label or "", code=True),
    ),
    chips=(
        Chip("open", "desk.deliveries.open", {"state": "open"}, count=_count),
        Chip("unclear", "desk.deliveries.unclear", {"state": "unclear"}, count=_unclear),
        Chip("late", "desk.deliveries.late", {"late": "1"}, count=_late),
        Chip("done", "desk.deliveries.done", {"state": "picked_up"}),
        Chip("all", "desk.visits.all"),
    ),
    peek=_draw_peek,
    acts=_draw_acts,
)

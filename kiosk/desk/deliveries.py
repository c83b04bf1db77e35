"""Deliveries at the front desk: what waits for whom, handing out, noting one that came to the counter (guide S1.1-R1)."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import Depends
from nicegui import APIRouter
from sqlmodel import Session

from core.foundation import clock, database, i18n
from core.mechanisms import people
from core.mechanisms.operations import OFFICE, Actor
from core.sections import deliveries
from core.sections.deliveries import DeliveryState, DeliveryView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import Chip, Column, Register, RegisterPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])
TONES: dict[str, parts.Tone] = {"waiting": "soon", "picked_up": "free"}
KINDS = ("parcel", "letter", "document", "meal", "other")


@router.page("/desk/deliveries")
def deliveries_page() -> None:
    with frame.desk("deliveries", _("desk.deliveries")):
        RegisterPage(REGISTER)


def _count(s: Session, by: Actor) -> int:
    return deliveries.count_waiting(s) if by.has(*OFFICE) else len(deliveries.mine(s, by.person_id)) if by.person_id else 0


def _moment(value: Any) -> str:
    return i18n.day_and_time(value, clock.zone(), frame.lang()) if value else ""


def _draw_acts(page: RegisterPage) -> None:
    if frame.actor().has(*OFFICE):
        parts.button(_("desk.deliveries.drop"), partial(_drop_dialog, page), kind="main", icon="plus")


def _draw_peek(row: DeliveryView, page: RegisterPage) -> None:
    page.peek_head(row.recipient, code=row.label, pill=(_(f"delivery.state.{row.state}"), TONES[row.state]), meta=row.department)
    parts.facts(
        (
            (_("delivery.column.receipt"), row.receipt),
            (_("desk.deliveries.kind"), _(f"delivery.kind.{row.kind}")),
            (_("delivery.column.pieces"), row.pieces),
            (_("delivery.column.courier"), row.courier),
            (_("delivery.column.dropped_at"), _moment(row.dropped_at)),
            (_("delivery.column.picked_up_at"), _moment(row.picked_up_at)),
            (_("delivery.column.picked_up_by"), row.picked_up_by),
        )
    )
    if row.state == DeliveryState.WAITING:
        parts.button(_("desk.deliveries.pick_up"), partial(_pick_up, row, page), kind="main", icon="check")


async def _pick_up(row: DeliveryView, page: RegisterPage) -> None:
    do = deliveries.PickUp(delivery_id=row.id, person_id=row.recipient_id)
    if (await parts.do(do, done=_("desk.deliveries.picked", receipt=row.receipt))).ok:
        await page.reopen()


def _drop_dialog(page: RegisterPage) -> None:
    with database.reading() as s:
        departments = people.department_names(s)
        everybody = {
            str(p.id): f"{p.name}　{departments.get(p.department_id, '') if p.department_id else ''}".strip("　")
            for p in people.search(s, limit=2000)
        }
    with parts.sheet_dialog(_("desk.deliveries.drop")) as dialog:
        recipient = parts.select(_("delivery.column.recipient"), everybody, search=True)
        kind = parts.select(_("desk.deliveries.kind"), {key: _(f"delivery.kind.{key}") for key in KINDS}, "parcel")
        courier = parts.input(_("desk.deliveries.courier"), props="maxlength=80")
        count = {"pieces": 1}
        with parts.field(_("delivery.column.pieces")):
            parts.stepper(1, lambda value: count.update(pieces=value), least=1)

        async def save() -> None:
            parts.refuse(recipient, None if recipient.value else _("delivery.recipient_unknown"))
            if recipient.value:
                do = deliveries.Drop(
                    recipient=str(recipient.value), kind=str(kind.value), courier=courier.value or "", pieces=count["pieces"]
                )
                if (await parts.do(do)).ok:
                    dialog.close()
                    page.refresh()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("web.save"), save, kind="main")
    dialog.open()


REGISTER = Register(
    name="deliveries",
    title="desk.deliveries",
    kinds=("delivery",),
    search="desk.deliveries.find",
    empty=("desk.deliveries.empty", "desk.deliveries.empty.say"),
    columns=(
        Column("delivery.column.recipient", lambda d: d.recipient, sub=lambda d: d.department),
        Column("desk.deliveries.kind", lambda d: _(f"delivery.kind.{d.kind}"), sub=lambda d: d.courier),
        Column("delivery.column.pieces", lambda d: d.pieces, number=True),
        Column("delivery.column.dropped_at", lambda d: _moment(d.dropped_at)),
        Column("delivery.column.receipt", lambda d: d.receipt),
        Column("delivery.column.state", lambda d: _(f"delivery.state.{d.state}"), tone=lambda d: TONES[d.state]),
        Column("delivery.column.label", lambda d: d.label or "", code=True),
    ),
    chips=(
        Chip("waiting", "desk.deliveries.waiting", {"state": "waiting"}, count=_count),
        Chip("done", "desk.deliveries.done", {"state": "picked_up"}),
        Chip("all", "desk.visits.all"),
    ),
    peek=_draw_peek,
    acts=_draw_acts,
)

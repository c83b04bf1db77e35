"""Repairs on the desk: what is broken, which vendor has it since when, what it cost (guide S4.1-R5)."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Depends
from nicegui import APIRouter
from sqlmodel import Session

from core.foundation import i18n
from core.mechanisms.operations import Actor, Role
from core.sections import assets
from core.sections.assets import RepairView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.registers import Chip, Column, Register, RegisterPage, long_moment

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (Role.ADMIN, Role.CLERK, Role.LEADER)
EDITORS = frozenset({Role.ADMIN, Role.CLERK})
TONES: dict[str, parts.Tone] = {"reported": "soon", "at_vendor": "held", "fixed": "free", "unfit": "shut"}


@router.page("/desk/repairs")
def repairs_page() -> None:
    with frame.desk("repairs", _("nav.repairs"), *READERS):
        piles.style()
        RegisterPage(REGISTER)


def _state(view: RepairView) -> str:
    return _("repair.late") if view.late else _(f"repair.state.{view.state}")


def _tone(view: RepairView) -> parts.Tone:
    return "busy" if view.late else TONES[view.state]


def _draw_peek(view: RepairView, page: RegisterPage) -> None:
    page.peek_head(view.name, code=view.label, pill=(_state(view), _tone(view)), meta=view.number)
    parts.text(view.fault, "p", "repair__fault")
    piles.photos_row(view.photos)
    parts.facts((
        (_("repair.column.reported_by"), view.reported_by), (_("repair.column.reported_at"), long_moment(view.reported_at)),
        (_("repair.told"), _("duty.repeat", n=view.times) if view.times > 1 else ""), (_("asset.keeper"), view.keeper),
        (_("repair.column.vendor"), view.vendor), (_("repair.contact"), view.vendor_contact),
        (_("repair.column.sent_at"), long_moment(view.sent_at) if view.sent_at else ""),
        (_("repair.column.due_back_on"), i18n.full_day(view.due_back_on, frame.lang()) if view.due_back_on else ""),
        (_("repair.cost"), piles.amount(view.cost_cents) if view.cost_cents else ""), (_("repair.column.result"), view.result),
        (_("repair.column.finished_at"), long_moment(view.finished_at) if view.finished_at else ""),
    ))  # fmt: skip
    if frame.actor().has(*EDITORS):
        if view.state == "reported":
            parts.button(_("repair.send"), lambda: _send(view, page), icon="send", kind="main")
            parts.button(_("repair.finish"), lambda: finish(view, page), icon="check")
        elif view.state == "at_vendor":
            parts.button(_("repair.finish"), lambda: finish(view, page), icon="check", kind="main")
            parts.button(_("repair.back"), lambda: _back(view, page), icon="return")
    parts.button(_("repair.card"), href=f"/desk/assets?open={view.asset_id}", kind="quiet")


def _send(view: RepairView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("repair.send_title"), parts.joined(view.name, view.number)) as dialog:
        vendor = parts.input(_("repair.column.vendor"), view.vendor, props="maxlength=120", autofocus=True)
        contact = parts.input(_("repair.contact"), props="maxlength=200")
        due = parts.input(_("repair.column.due_back_on"), help=_("repair.due_help"), props="type=date")
        ink = piles.Ink(_("repair.sign"))

        async def go() -> None:
            name = (vendor.value or "").strip()[:120]
            parts.refuse(vendor, None if name else _("asset.required"))
            if not name:
                return
            do = assets.SendOut(
                asset_id=view.asset_id, vendor=name, contact=(contact.value or "").strip(), due_back_on=piles.day_of(due),
                signature=await ink.drawn(needed=False),
            )  # fmt: skip
            if (await parts.do(do, done=_("repair.sent_toast", vendor=name))).ok:
                dialog.close()
                await page.reopen()

        piles.acts(dialog, _("repair.send"), go)
    dialog.open()


async def _back(view: RepairView, page: RegisterPage) -> None:
    if (await parts.do(assets.TakeBack(asset_id=view.asset_id), done=_("repair.back_toast"))).ok:
        await page.reopen()


def finish(view: RepairView, page: RegisterPage) -> None:
    """Fixed or beyond repair, with what was done and what it cost."""
    fate = {"value": "fixed"}
    with parts.sheet_dialog(_("repair.finish_title"), parts.joined(view.name, view.number)) as dialog:
        parts.choice(
            {"fixed": _("repair.state.fixed"), "unfit": _("repair.state.unfit")},
            "fixed",
            lambda key: fate.update(value=key),
            good="fixed",
            bad="unfit",
        )
        result = parts.area(_("repair.result_words"), rows=2)
        cost = parts.input(_("repair.cost_in"), props="inputmode=decimal")

        async def go() -> None:
            words, cents = (result.value or "").strip()[:500], piles.cents_of(cost)
            parts.refuse(result, None if words else _("asset.required"))
            parts.refuse(cost, None if cents is not None else _("repair.cost_wrong"))
            if not words or cents is None:
                return
            unfit = fate["value"] == "unfit"
            do = assets.FinishRepair(asset_id=view.asset_id, result=words, cost_cents=cents, unfit=unfit)
            if (await parts.do(do, done=_("repair.unfit_toast" if unfit else "repair.fixed_toast", number=view.number))).ok:
                dialog.close()
                await page.reopen()

        piles.acts(dialog, _("repair.finish"), go)
    dialog.open()


def _count(*states: str) -> Callable[[Session, Actor], int]:
    return lambda s, by: assets.count_repairs(s, *states)


REGISTER = Register(
    name="repairs", title="repair.register", kinds=("asset_repair",),
    columns=(
        Column("repair.column.name", lambda v: v.name, sub=lambda v: v.number), Column("repair.column.fault", lambda v: v.fault),
        Column("repair.column.reported_at", lambda v: v.reported_at, sub=lambda v: v.reported_by),
        Column("repair.column.vendor", lambda v: v.vendor, sub=lambda v: i18n.short_day(v.due_back_on, frame.lang()) if v.due_back_on else ""),
        Column("repair.cost_in", lambda v: piles.money(v.cost_cents) if v.cost_cents else "", number=True),
        Column("repair.column.state", _state, tone=_tone),
    ),
    chips=(
        Chip("open", "repair.chip.open", {"state": "open"}, count=_count("reported", "at_vendor")),
        Chip("at_vendor", "repair.state.at_vendor", {"state": "at_vendor"}, count=_count("at_vendor")),
        Chip("unfit", "repair.state.unfit", {"state": "unfit"}), Chip("all", "asset.all"),
    ),
    peek=_draw_peek, empty=("repair.empty", "repair.empty_hint"),
)  # fmt: skip

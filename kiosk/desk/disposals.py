"""Disposals on the desk: what is asked, what may be carried out and what still stands in its way, what left with which document (S4.1-R10)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from pydantic import ValidationError
from sqlmodel import Session

from core.foundation import clock, database, i18n
from core.mechanisms.operations import Actor, Role
from core.sections import assets
from core.sections.assets import DisposalView, Method, Wipe, WipeMethod
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.registers import Chip, Column, Register, RegisterPage, long_moment

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (Role.ADMIN, Role.CLERK, Role.LEADER)
EDITORS = frozenset({Role.ADMIN, Role.CLERK})
TONES: dict[str, parts.Tone] = {"asked": "held", "approved": "soon", "refused": "busy", "withdrawn": "shut", "disposed": "shut"}


@router.page("/desk/disposals")
def disposals_page() -> None:
    with frame.desk("disposals", _("nav.disposals"), *READERS):
        piles.style()
        page = RegisterPage(REGISTER)
        asked = ui.context.client.request.query_params.get("new", "")[:80]
        if asked:
            ui.timer(0.1, lambda: ask(page, asked), once=True)


def ask(page: RegisterPage, asset_id: str = "") -> None:
    """One thing, why, how, and photos of it."""
    with parts.sheet_dialog(_("disposal.new"), _("disposal.new_hint")) as dialog:
        pile = piles.Pile(lambda: None)
        if asset_id:
            with database.reading() as s:
                found = s.get(assets.Asset, UUID(asset_id))
                number = found.number if found else ""
            pile.add(number)
        why = parts.area(_("disposal.column.reason"), rows=2)
        how = parts.select(_("disposal.column.method"), {str(m): _(f"disposal.method.{m}") for m in Method}, str(Method.SCRAP))
        photos = piles.Photos(_("disposal.photos"))

        async def go() -> None:
            words = (why.value or "").strip()[:500]
            parts.refuse(why, None if words else _("asset.required"))
            parts.refuse(pile.field, None if pile.things else _("custody.scan_first"))
            if not words or not pile.things:
                return
            documents = []
            for asset in pile.ids:
                do = assets.RequestDisposal(asset_id=asset, reason=words, method=Method(how.value), photos=tuple(photos.hashes))
                outcome = await parts.do(do)
                if not outcome.ok:
                    page.refresh()
                    return
                documents.append(outcome.result["document"])
            parts.toast(_("disposal.asked_toast", document="，".join(documents[:3])))
            dialog.close()
            page.refresh()

        piles.acts(dialog, _("disposal.ask"), go)
    dialog.open()


def _draw_peek(view: DisposalView, page: RegisterPage) -> None:
    page.peek_head(
        view.name,
        code=view.label,
        pill=(_(f"disposal.state.{view.state}"), TONES[view.state]),
        meta=parts.joined(view.document, view.asset_number),
    )
    if view.blocked_by:
        parts.banner(parts.joined(_(view.blocked_by), view.keeper), "due")
    parts.text(view.reason, "p", "repair__fault")
    piles.photos_row(view.photos)
    wiped = view.wipe
    parts.facts((
        (_("asset.value"), piles.amount(view.value_cents)), (_("asset.net_value"), piles.amount(view.net_value_cents)),
        (_("asset.bought_on"), i18n.full_day(view.bought_on, frame.lang()) if view.bought_on else ""), (_("asset.department"), view.department),
        (_("disposal.column.method"), _(f"disposal.method.{view.method}")), (_("disposal.column.asked_by"), parts.joined(view.asked_by, long_moment(view.asked_at))),
        (_("disposal.data"), _("disposal.data_yes") if view.holds_data and not wiped else ""),
        (_("disposal.wiped"), parts.joined(_(f"disposal.wipe.{wiped['method']}"), wiped["by"], wiped["proof"]) if wiped else ""),
        (_("disposal.column.disposed_on"), i18n.full_day(view.disposed_on, frame.lang()) if view.disposed_on else ""),
        (_("disposal.proceeds"), piles.amount(view.proceeds_cents) if view.state == "disposed" else ""), (_("disposal.column.receiver"), view.receiver),
        (_("disposal.column.done_by"), view.done_by), (_("disposal.remark"), view.remark),
    ))  # fmt: skip
    _draw_route(view)
    if view.state == "asked":
        parts.button(_("disposal.decide_there"), href=f"/desk/approvals?open={view.approval_id}", kind="quiet")
    if view.state == "approved" and frame.actor().has(*EDITORS):
        parts.button(
            _("disposal.carry_out"),
            lambda: carry_out(view, page),
            kind="main",
            icon="check",
            why_not=_(view.blocked_by) if view.blocked_by else None,
        )
        if view.blocked_by == "disposal.blocked.custody":
            parts.button(_("custody.take_back_one"), lambda: _receive(view, page), icon="receive")
        parts.button(_("disposal.keep_after_all"), lambda: _cancel(view, page), kind="quiet")
    parts.button(_("disposal.form"), href=f"/api/v1/disposals/{view.id}/form.pdf", icon="print", new_tab=True)


def _draw_route(view: DisposalView) -> None:
    steps = []
    for n, step in enumerate(view.steps, 1):
        who = step.person or (_(f"role.{step.role}") if step.role else "")
        if step.decided_at is not None:
            words = _("approval.step_agreed" if step.approved else "approval.step_refused", name=who, when=long_moment(step.decided_at))
            steps.append((words, step.note, "done"))
        else:
            now = view.state == "asked" and all(before.approved for before in view.steps[: n - 1])
            steps.append((_("approval.step_now" if now else "approval.step_next", name=who), "", "now" if now else "to_come"))
    parts.text(_("disposal.route"), "h3")
    parts.trail(steps)  # type: ignore[arg-type]


async def _receive(view: DisposalView, page: RegisterPage) -> None:
    if (await parts.do(assets.ReceiveBack(asset_ids=(view.asset_id,)), done=_("custody.received_toast", n=1))).ok:
        await page.reopen()


def _cancel(view: DisposalView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("disposal.keep_after_all"), parts.joined(view.document, view.name)) as dialog:
        why = parts.area(_("disposal.keep_why"), rows=2)

        async def go() -> None:
            words = (why.value or "").strip()[:500]
            parts.refuse(why, None if words else _("asset.required"))
            if words and (await parts.do(assets.CancelDisposal(disposal_id=view.id, reason=words))).ok:
                dialog.close()
                await page.reopen()

        piles.acts(dialog, _("disposal.keep_after_all"), go)
    dialog.open()


def carry_out(view: DisposalView, page: RegisterPage) -> None:
    """How, to whom, for how much, with photos and, for what stored data, its proof."""
    with parts.sheet_dialog(_("disposal.carry_title", name=view.name), _("disposal.carry_hint", document=view.document)) as dialog:
        how = parts.select(_("disposal.column.method"), {str(m): _(f"disposal.method.{m}") for m in Method}, view.method)
        receiver = parts.input(_("disposal.column.receiver"), props="maxlength=200")
        proceeds = parts.input(_("disposal.proceeds_in"), props="inputmode=decimal")
        day = parts.input(_("disposal.column.disposed_on"), clock.today().isoformat(), props="type=date")
        wipe = None
        if view.holds_data:
            with parts.box("sheet stack disposal__wipe"):
                parts.text(_("disposal.wipe_title"), "h3")
                wipe = (
                    parts.select(_("disposal.wipe_how"), {str(m): _(f"disposal.wipe.{m}") for m in WipeMethod}, str(WipeMethod.DESTROYED)),
                    parts.input(_("disposal.wipe_by"), frame.actor().name, props="maxlength=80"),
                    parts.input(_("disposal.wipe_proof"), help=_("disposal.wipe_proof_help"), props="maxlength=200"),
                )
        photos = piles.Photos(_("disposal.photos"))

        async def go() -> None:
            cents = piles.cents_of(proceeds)
            parts.refuse(proceeds, None if cents is not None else _("repair.cost_wrong"))
            proof = None
            if wipe is not None:
                try:
                    proof = Wipe(method=wipe[0].value, by=wipe[1].value or "", proof=wipe[2].value or "")
                except ValidationError:
                    parts.refuse(wipe[2], _("asset.required"))
                    return
            if cents is None:
                return
            do = assets.DisposeAsset(
                disposal_id=view.id, method=Method(how.value), proceeds_cents=cents, receiver=(receiver.value or "").strip(), disposed_on=piles.day_of(day),
                photos=tuple(photos.hashes), wipe=proof,
            )  # fmt: skip
            if (await parts.do(do, done=_("disposal.done_toast", document=view.document))).ok:
                dialog.close()
                await page.reopen()

        piles.acts(dialog, _("disposal.carry_out"), go, kind="stop")
    dialog.open()


def _draw_acts(page: RegisterPage) -> None:
    parts.button(_("disposal.new"), lambda: ask(page), kind="main", icon="plus")


def _count(*states: str) -> Callable[[Session, Actor], int]:
    return lambda s, by: assets.count_disposals(s, *states)


REGISTER = Register(
    name="disposals", title="disposal.register", kinds=("asset_disposal", "asset"),
    columns=(
        Column("disposal.column.document", lambda v: v.document, sub=lambda v: v.asked_at), Column("disposal.column.name", lambda v: v.name, sub=lambda v: v.asset_number),
        Column("disposal.column.reason", lambda v: v.reason), Column("asset.value_in", lambda v: piles.money(v.value_cents), number=True),
        Column("disposal.column.method", lambda v: _(f"disposal.method.{v.method}")),
        Column("disposal.column.state", lambda v: _(f"disposal.state.{v.state}"), sub=lambda v: _(v.blocked_by) if v.blocked_by else v.disposed_on, tone=lambda v: TONES[v.state]),
    ),
    chips=(
        Chip("approved", "disposal.state.approved", {"state": "approved"}, count=_count("approved")), Chip("asked", "disposal.state.asked", {"state": "asked"}, count=_count("asked")),
        Chip("disposed", "disposal.state.disposed", {"state": "disposed"}), Chip("all", "asset.all"),
    ),
    peek=_draw_peek, acts=_draw_acts, empty=("disposal.empty", "disposal.empty_hint"),
)  # fmt: skip

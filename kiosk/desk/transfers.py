"""Transfers on the desk: who gives what to whom, whose word is missing, the form to print (guide S4.1-R9)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from sqlmodel import Session

from core.foundation import database
from core.foundation.errors import Refused
from core.mechanisms.operations import Actor, Operation, Role
from core.sections import assets
from core.sections.assets import AssetView, TransferView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.registers import Chip, Column, Register, RegisterPage, long_moment

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (Role.ADMIN, Role.CLERK, Role.LEADER)
TONES: dict[str, parts.Tone] = {"proposed": "soon", "handed": "held", "accepted": "free", "refused": "busy", "withdrawn": "shut"}


@router.page("/desk/transfers")
def transfers_page() -> None:
    with frame.desk("transfers", _("nav.transfers"), *READERS):
        piles.style()
        page = RegisterPage(REGISTER)
        asked = ui.context.client.request.query_params.get("new", "")[:80]
        if asked:
            ui.timer(0.1, lambda: propose(page, asked), once=True)


def propose(page: RegisterPage, asset_id: str = "") -> None:
    """A pile, where it goes, and why."""
    with parts.sheet_dialog(_("transfer.new"), _("transfer.new_hint")) as dialog:
        pile = piles.Pile(lambda: None, first=_first(asset_id))
        department = parts.select(_("transfer.column.to_department"), piles.departments(), search=True)
        person = parts.select(_("transfer.column.to_person"), piles.everyone(), help=_("transfer.person_help"), search=True)
        person.props("clearable")
        place = parts.select(_("transfer.column.to_place"), piles.everywhere(), search=True)
        place.props("clearable")
        why = parts.area(_("transfer.column.reason"), rows=2)

        async def go() -> None:
            words = (why.value or "").strip()[:500]
            parts.refuse(why, None if words else _("asset.required"))
            parts.refuse(department, None if department.value else _("asset.required"))
            parts.refuse(pile.field, None if pile.things else _("custody.scan_first"))
            if not words or not department.value or not pile.things:
                return
            do = assets.ProposeTransfer(
                asset_ids=pile.ids,
                to_department_id=UUID(department.value),
                to_person_id=piles.uuid_of(person),
                to_place_id=piles.uuid_of(place),
                reason=words,
            )
            outcome = await parts.do(do)
            if outcome.ok:
                parts.toast(_("transfer.proposed_toast", document=outcome.result["document"]))
                dialog.close()
                page.refresh()
                await page.choose(outcome.result["transfer_id"])

        piles.acts(dialog, _("transfer.propose"), go)
    dialog.open()


def _first(asset_id: str) -> AssetView | None:
    try:
        with database.reading() as s:
            return assets.view(s, assets.get(s, UUID(asset_id)))
    except (ValueError, Refused):  # not an id, or no longer there: an empty pile
        return None


def _draw_peek(view: TransferView, page: RegisterPage) -> None:
    page.peek_head(view.document, pill=(_(f"transfer.state.{view.state}"), TONES[view.state]), meta=view.reason)
    with parts.box("sides"):
        for head, lines in (
            (_("transfer.gives"), (view.from_department, view.from_keeper)), (_("transfer.takes"), (view.to_department, view.to_person, view.to_place)),
        ):  # fmt: skip
            with parts.box("sides__one"):
                parts.text(head, classes="quiet small")
                for line in lines:
                    if line:
                        parts.text(line, classes="strong")
    with parts.box("list", "ul"):
        for line in view.lines:
            with parts.item(line.name, parts.joined(line.number, line.from_place), href=f"/desk/assets?open={line.asset_id}"):
                parts.text(piles.amount(line.value_cents), "span", "num quiet")
    steps = [(_("transfer.step.proposed"), parts.joined(view.proposed_by, long_moment(view.proposed_at)), "done")]
    steps.append((
        _("transfer.state.proposed" if view.state == "proposed" else "transfer.step.handed"), parts.joined(view.handed_by, long_moment(view.handed_at)) if view.handed_at else "",
        "done" if view.handed_at else "now" if view.state == "proposed" else "to_come",
    ))  # fmt: skip
    ended = _(f"transfer.state.{view.state if view.settled_at or view.state == 'handed' else 'accepted'}")  # never said before it is so
    steps.append((
        ended, parts.joined(view.settled_by, long_moment(view.settled_at), view.remark) if view.settled_at else "",
        "done" if view.settled_at else "now" if view.state == "handed" else "to_come",
    ))  # fmt: skip
    parts.trail(steps)  # type: ignore[arg-type]
    if view.may_hand:
        parts.button(_("transfer.hand"), lambda: _do(assets.HandTransfer(transfer_id=view.id), page), kind="main", icon="move")
    if view.may_accept:
        parts.button(_("transfer.accept"), lambda: _do(assets.AcceptTransfer(transfer_id=view.id), page), kind="main", icon="check")
    if view.may_accept or view.may_hand:
        parts.button(_("transfer.refuse"), lambda: _refuse(view, page), icon="return")
    parts.button(_("transfer.form"), href=f"/api/v1/transfers/{view.id}/form.pdf", icon="print", new_tab=True)
    if view.may_withdraw:
        parts.button(_("transfer.withdraw"), lambda: _do(assets.WithdrawTransfer(transfer_id=view.id), page), kind="quiet")


async def _do(do: Operation, page: RegisterPage) -> None:
    if (await parts.do(do, done=_("transfer.done_toast"))).ok:
        await page.reopen()


def _refuse(view: TransferView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("transfer.refuse"), view.document) as dialog:
        why = parts.area(_("transfer.refuse_why"), rows=2)

        async def go() -> None:
            words = (why.value or "").strip()[:500]
            parts.refuse(why, None if words else _("asset.required"))
            if words and (await parts.do(assets.RefuseTransfer(transfer_id=view.id, reason=words))).ok:
                dialog.close()
                await page.reopen()

        piles.acts(dialog, _("transfer.refuse"), go)
    dialog.open()


def _draw_acts(page: RegisterPage) -> None:
    parts.button(_("transfer.new"), lambda: propose(page), kind="main", icon="plus")


def _count(*states: str) -> Callable[[Session, Actor], int]:
    return lambda s, by: assets.count_transfers(s, *states)


REGISTER = Register(
    name="transfers", title="transfer.register", kinds=("asset_transfer",),
    columns=(
        Column("transfer.column.document", lambda v: v.document, sub=lambda v: v.proposed_at),
        Column("transfer.column.things", lambda v: v.things, sub=lambda v: _("transfer.n_things", n=v.count) if v.count > 1 else ""),
        Column("transfer.gives", lambda v: v.from_department, sub=lambda v: v.from_keeper),
        Column("transfer.takes", lambda v: v.to_department, sub=lambda v: v.to_person),
        Column("transfer.column.state", lambda v: _(f"transfer.state.{v.state}"), tone=lambda v: TONES[v.state]),
    ),
    chips=(
        Chip("open", "transfer.chip.open", {"state": "open"}, count=_count("proposed", "handed")), Chip("accepted", "transfer.state.accepted", {"state": "accepted"}),
        Chip("refused", "transfer.state.refused", {"state": "refused"}), Chip("all", "asset.all"),
    ),
    peek=_draw_peek, acts=_draw_acts, empty=("transfer.empty", "transfer.empty_hint"),
)  # fmt: skip

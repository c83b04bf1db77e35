"""The register of office supplies on the desk, and the ledger of each (guide S1.2-R6, S1.2-R8)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter
from sqlalchemy import func, select
from sqlmodel import Session, col

from core.foundation import clock, database, i18n
from core.foundation.errors import Refused
from core.mechanisms.operations import Actor, Role
from core.sections import supplies
from core.sections.supplies import LedgerLine, Supply, SupplyView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import supply_forms
from kiosk.desk.registers import Chip, Column, Register, RegisterPage, menu, shown
from kiosk.desk.supply_forms import KEEPERS

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (Role.ADMIN, Role.CLERK, Role.LEADER, Role.RECEPTION)
LAST_LINES = 6


@router.page("/desk/supplies")
def supplies_page() -> None:
    with frame.desk("supplies", _("nav.supplies"), *READERS):
        RegisterPage(REGISTER)


@router.page("/desk/supplies/{supply_id}")
def ledger_page(supply_id: str) -> None:
    with frame.desk("supplies", _("supply.ledger"), *READERS):
        _draw_ledger(supply_id)


# ── the list ──


def _count(low: bool | None) -> Callable[[Session, Actor], int]:
    def count(s: Session, by: Actor) -> int:
        query = select(func.count()).select_from(Supply).where(col(Supply.retired_at).is_(None))
        return int(s.execute(query.where(col(Supply.on_hand) < col(Supply.minimum)) if low else query).scalar_one())

    return count


def _state(view: SupplyView) -> tuple[str, parts.Tone] | None:
    if view.on_hand is None:
        return None
    state = "retired" if view.retired else "out" if view.on_hand == 0 else "low" if view.low else "in_stock"
    tones: dict[str, parts.Tone] = {"retired": "shut", "out": "busy", "low": "soon", "in_stock": "free"}
    return _(f"supply.state.{state}"), tones[state]


def _words(view: SupplyView) -> str:
    state = _state(view)
    return state[0] if state else _("supply.hidden")


def _tone(view: SupplyView) -> parts.Tone:
    state = _state(view)
    return state[1] if state else "held"


def _icon(view: SupplyView) -> str:
    return {"shut": "shut", "busy": "minus", "soon": "warning", "held": "held"}.get(_tone(view), "check")


def _stock(view: SupplyView) -> str:
    return "—" if view.on_hand is None else f"{view.on_hand} {view.unit}"


def _draw_acts(page: RegisterPage) -> None:
    if frame.actor().has(*KEEPERS):
        parts.button(_("supply.new"), lambda: supply_forms.register(page), kind="main", icon="plus")


# ── the panel ──


def _draw_peek(view: SupplyView, page: RegisterPage) -> None:
    by = frame.actor()
    with database.reading() as s:
        lines = supplies.ledger(s, view.id, limit=LAST_LINES) if view.on_hand is not None else []
        orders = supplies.open_orders(s, view.id)
        asked = [one for one in supplies.open_requests(s) if one.supply_id == view.id]
        quotas = supplies.of_supply(s, view.id, clock.now())
    page.peek_head(f"{view.name} {view.spec}".strip(), code=view.label or None, pill=(_words(view), _tone(view)), meta=view.number)
    for one in asked:
        parts.banner(parts.joined(_("supply.request_line", person=one.person, n=one.quantity, unit=view.unit), one.note), "due")
    parts.facts((
        (_("supply.column.on_hand"), _stock(view) if view.on_hand is not None else _("supply.hidden")), (_("supply.column.place"),
        view.place),
        (_("supply.column.minimum"), _("supply.minimum_unit", n=view.minimum, unit=view.unit) if view.minimum else ""),
        (_("supply.column.limit"), _("supply.limit_unit", n=view.limit, unit=view.unit) if view.limit else ""),
        (_("supply.column.pack"), _("supply.pack_unit", n=view.pack, unit=view.unit) if view.pack > 1 else ""),
        (_("supply.price"), i18n.amount(view.price_cents, frame.lang()) if view.price_cents else ""),
        *((_("supply.order"), _("supply.order_open", n=order.quantity, open=order.open, unit=view.unit)) for order in orders),
        *((_("supply.quota_of", department=one.department), _("supply.quota_line", had=one.had, n=one.quantity, unit=view.unit, period=_(f"supply.per.{one.per}"))) for one in quotas),
    ))  # fmt: skip
    if by.has(*READERS) and not view.retired:
        with parts.box("row wrap"):
            parts.button(_("supply.issue"), lambda: supply_forms.issue(view, page), icon="send")
            if by.has(*KEEPERS, Role.RECEPTION):
                parts.button(_("supply.receive"), lambda: supply_forms.receive(view, page), icon="receive")
    if lines:
        parts.text(_("supply.ledger"), "h3")
        with parts.rows("list"):
            for line in lines:
                _draw_line(line, view.unit)
    with parts.box("row wrap"):
        if lines:
            parts.button(_("supply.ledger_all"), href=f"/desk/supplies/{view.id}", kind="quiet")
        if by.has(*KEEPERS):
            menu(_("supply.more"), _more(view, page))


def _more(view: SupplyView, page: RegisterPage) -> list[tuple[str, Callable[[], object]]]:
    if view.retired:
        return [(_("supply.restore"), lambda: supply_forms.keep_again(view, page))]
    return [
        (_("supply.order_new"), lambda: supply_forms.order(view, page)), (_("supply.quota_new"), lambda: supply_forms.quota(view, page)),
        (_("supply.correct"), lambda: supply_forms.correct(view, page)),
        (_("supply.retire"), lambda: supply_forms.retire(view, page)),
    ]  # fmt: skip


def _draw_line(line: LedgerLine, unit: str) -> None:
    who = line.to_person or line.actor
    meta = parts.joined(shown(line.at), who, line.reason)
    with parts.item(f"{_(f'supply.move.{line.kind}')} {line.quantity:+d} {unit}".replace("-", "−"), meta):
        if line.over_limit:
            parts.pill(_("supply.over"), "soon", icon="warning")
        elif line.kind == "discrepancy":
            parts.pill(_("supply.move.discrepancy"), "busy")
        else:
            parts.text(line.balance, "span", "n quiet")


# ── the ledger ──


def _draw_ledger(supply_id: str) -> None:
    with database.reading() as s:
        try:
            view = supplies.view(s, supplies.get(s, UUID(supply_id)), frame.actor())
        except (ValueError, Refused):
            parts.empty(_("supply.not_found"))
            return
        lines = supplies.ledger(s, view.id, limit=500) if view.on_hand is not None else []
    with parts.head(_("supply.ledger_title", name=f"{view.name} {view.spec}".strip()), _("supply.ledger_hint")):
        parts.button(_("nav.supplies"), href=f"/desk/supplies?open={view.id}", icon="back")
    if not lines:
        parts.empty(_("supply.hidden") if view.on_hand is None else _("supply.ledger_none"))
        return
    columns = ("at", "kind", "quantity", "balance", "person", "actor", "reason")
    with parts.box("sheet scroll-x"), parts.box(tag="table"):
        with parts.box(tag="thead"), parts.box(tag="tr"):
            for name in columns:
                parts.text(_(f"supply.column.{name}"), "th", "n" if name in ("quantity", "balance") else "")
        with parts.box(tag="tbody"):
            for line in lines:
                _draw_row(line)
    parts.text(f"{clock.local(clock.now()):%Y-%m-%d %H:%M}", "p", "quiet small")


def _draw_row(line: LedgerLine) -> None:
    with parts.box(tag="tr"):
        with parts.text(shown(line.at), "td"):
            if line.late:
                parts.text(_("supply.late_booked"), "small")
        parts.text(_(f"supply.move.{line.kind}"), "td")
        parts.text(f"{line.quantity:+d}".replace("-", "−"), "td", "n")
        parts.text(line.balance, "td", "n")
        parts.text(parts.joined(line.to_person, line.department), "td")
        parts.text(line.actor, "td")
        with parts.text(line.reason, "td"):
            if line.over_limit:
                parts.text(_("supply.over"), "small")


REGISTER = Register(
    name="supplies",
    title="supply.register",
    kinds=("supply",),
    columns=(
        Column("supply.column.name", lambda v: v.name, sub=lambda v: v.spec),
        Column("supply.column.number", lambda v: v.number),
        Column("supply.column.place", lambda v: v.place),
        Column("supply.column.on_hand", _stock, number=True),
        Column("supply.column.minimum", lambda v: v.minimum or "", number=True),
        Column("supply.column.limit", lambda v: v.limit or "", number=True),
        Column("supply.column.label", lambda v: v.label, code=True),
        Column("supply.column.state", _words, tone=_tone, icon=_icon),
    ),
    chips=(
        Chip("all", "supply.chip.all", count=_count(None)),
        Chip("low", "supply.chip.low", {"state": "low"}, count=_count(True)),
        Chip("retired", "supply.chip.retired", {"state": "retired"}),
    ),
    acts=_draw_acts,
    peek=_draw_peek,
    empty=("supply.empty", "supply.empty_hint"),
)

"""One purchase plan at the desk: need, packs, price and supplier of each line, the budget, the leader's word, the orders (guide S1.2-R2 … R4)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter

from core.foundation import clock, database, i18n
from core.foundation.errors import Refused
from core.sections import suppliers, supplies
from core.sections.supplies import PlanLineView, PlanState, PlanView
from core.web import anew, frame, parts
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.supply_forms import KEEPERS, whole
from kiosk.desk.supply_plans import READERS, figure, packs_words, plan_pill, style

router = APIRouter(dependencies=[Depends(frame.signed_in)])
COLUMNS = (
    ("name", ""), ("demand", "n"), ("minimum", "n"), ("on_hand", "n"), ("on_order", "n"), ("need", "n"), ("packs", "n"), ("price", "n"), ("cost", "n"), ("supplier", ""), ("acts", ""),
)  # fmt: skip


@router.page("/desk/supply-plans/{plan_id}")
def plan_page(plan_id: UUID) -> None:
    with frame.desk("supply-plans", _("nav.supply-plans"), *READERS):
        style()
        PlanPage(plan_id)


class PlanPage:
    """The plan, drawn anew when it changes."""

    def __init__(self, plan_id: UUID) -> None:
        self.id, self.box = plan_id, parts.box("stack")
        self.draw()
        anew.when_changed("supply_plan", draw=self.draw, only=plan_id)

    @anew.drawing
    def draw(self) -> None:
        self.box.clear()
        with self.box:
            try:
                with database.reading() as s:
                    plan = supplies.plan_of(s, self.id, frame.actor())
            except Refused as refusal:
                parts.empty(_(refusal.code))
                return
            self._head(plan)
            self._lines(plan)

    def _head(self, plan: PlanView) -> None:
        made = i18n.full_day(clock.today(plan.made_at), frame.lang())
        with parts.head(plan.title, parts.joined(plan.number, made, plan.made_by)):
            plan_pill(plan.state)
            parts.button(_("nav.supply-plans"), href="/desk/supply-plans", icon="back", kind="quiet")
            if frame.actor().has(*KEEPERS):
                if plan.state == PlanState.DRAFT:
                    parts.button(_("supply.plan_submit"), partial(self._submit, plan), kind="main", icon="send")
                if plan.state == PlanState.APPROVED:
                    parts.button(_("supply.plan_order"), partial(self._order, plan), kind="main", icon="send")
        if plan.state == PlanState.REFUSED:
            parts.banner(_("supply.plan_refused_hint"), "due")
        elif plan.state == PlanState.DRAFT and plan.unpriced:
            parts.banner(_("supply.plan_unpriced", n=plan.unpriced), "info")

    def _lines(self, plan: PlanView) -> None:
        if not plan.lines:
            parts.empty(_("supply.plan_nothing"), _("supply.plan_nothing_hint"))
            return
        may = plan.state in (PlanState.DRAFT, PlanState.REFUSED) and frame.actor().has(*KEEPERS)
        with parts.box("sheet scroll-x"), parts.box(tag="table"):
            with parts.box(tag="thead"), parts.box(tag="tr"):
                for name, classes in COLUMNS:
                    if name != "acts" or may:
                        parts.text(_(f"supply.plan.head.{name}") if name != "acts" else "", "th", classes)
            with parts.box(tag="tbody"):
                for line in plan.lines:
                    self._line(plan, line, may=may)
            with parts.box(tag="tfoot"), parts.box("budget", "tr"):
                parts.text(_("supply.plan_budget"), "td").props("colspan=8")
                parts.text(i18n.amount(plan.budget_cents, frame.lang()), "td", "n num")
                parts.box(tag="td").props(f"colspan={2 if may else 1}")
        parts.text(_("supply.plan_arithmetic"), "p", "quiet small")

    def _line(self, plan: PlanView, line: PlanLineView, *, may: bool) -> None:
        lang = frame.lang()
        with parts.box(tag="tr"):
            with parts.box(tag="td"):
                parts.text(f"{line.name} {line.spec}".strip(), "div", "item__title")
                parts.text(parts.listed(f"{name} {n}" for name, n in line.wanted_by), "div", "item__meta")
            for value in (line.demand, line.minimum, line.on_hand, line.on_order):
                parts.text(figure(value), "td", "n num")
            parts.text(figure(line.need), "td", "n num strong")
            parts.text(packs_words(line.packs, line.pack, line.unit), "td", "n num")
            parts.text(i18n.amount(line.price_cents, lang) if line.price_cents is not None else "—", "td", "n num")
            parts.text(i18n.amount(line.cost_cents, lang) if line.cost_cents else "—", "td", "n num")
            parts.text(line.supplier or "—", "td")
            if may:
                with parts.box(tag="td"):
                    parts.button(_("supply.plan_change"), partial(self._change, plan, line), kind="quiet")

    def _change(self, plan: PlanView, line: PlanLineView) -> None:
        with database.reading() as s:
            firms = {"": _("supply.plan_no_supplier"), **{str(id): name for id, name in suppliers.names(s, to_order=True).items()}}
        title = f"{line.name} {line.spec}".strip()
        with parts.sheet_dialog(title, _("supply.plan_need_words", need=figure(line.need), pack=line.pack, unit=line.unit)) as dialog:
            many = parts.input(
                _("supply.plan_packs") if line.pack > 1 else f"{_('supply.quantity')}（{line.unit}）",
                figure(line.packs), autofocus=True, props="inputmode=numeric maxlength=7",
            )  # fmt: skip
            price = parts.input(
                _("supply.plan_price_each", unit=line.unit),
                f"{line.price_cents / 100:.2f}" if line.price_cents is not None else "",
                props="inputmode=decimal maxlength=12",
            )
            firm = parts.select(_("supply.supplier"), firms, str(line.supplier_id) if str(line.supplier_id) in firms else "", search=True)

            async def go() -> None:
                n, cents = whole(many.value), piles.cents_of(price) if (price.value or "").strip() else None
                parts.refuse(many, None if n is not None else _("supply.whole"))
                parts.refuse(price, None if cents is not None or not (price.value or "").strip() else _("repair.cost_wrong"))
                if n is None or (cents is None and (price.value or "").strip()):
                    return
                do = supplies.ChangePlanLine(
                    plan_id=plan.id,
                    supply_id=line.supply_id,
                    packs=n,
                    price_cents=cents,
                    supplier_id=UUID(firm.value) if firm.value else None,
                )
                if (await parts.do(do)).ok:
                    dialog.close()
                    self.draw()

            piles.acts(dialog, _("web.save"), go)
        dialog.open()

    async def _submit(self, plan: PlanView) -> None:
        if (await parts.do(supplies.SubmitPlan(plan_id=plan.id), done=_("supply.plan_submitted"))).ok:
            self.draw()

    def _order(self, plan: PlanView) -> None:
        today = clock.today()
        lines = [line for line in plan.lines if line.packs]
        with parts.sheet_dialog(_("supply.plan_order"), _("supply.plan_order_hint", n=len(lines))) as dialog:
            due = parts.input(_("supply.order_due"), (today + timedelta(days=7)).isoformat(), props="type=date")

            async def go() -> None:
                day = piles.day_of(due)
                parts.refuse(due, None if day and day >= today else _("supply.round_due_wrong"))
                if (
                    day
                    and day >= today
                    and (await parts.do(supplies.OrderPlan(plan_id=plan.id, due_on=day), done=_("supply.plan_ordered"))).ok
                ):
                    dialog.close()
                    self.draw()

            piles.acts(dialog, _("supply.plan_order_go", n=len(lines)), go)
        dialog.open()

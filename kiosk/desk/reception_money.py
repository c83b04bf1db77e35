"""What a reception cost and how it went: planned against spent, its papers, our score and the guests' (guide S3.1-R8)."""

from __future__ import annotations

from collections.abc import Callable

from core.foundation import i18n
from core.sections.reception import Kind, Plan
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles, reception_forms
from kiosk.desk.registers import long_moment


def draw_money(plan: Plan, redraw: Callable[[], None]) -> None:
    if not plan.planned_cents and not plan.real_cents:
        return
    most = max((*plan.planned.values(), *plan.real.values(), 1))
    with parts.box("sheet plan__money", "section"):
        parts.text(_("reception.money"), "h2")
        with parts.box("money", "div"):
            for kind in Kind:
                planned, real = plan.planned[kind], plan.real[kind]
                if not planned and not real:
                    continue
                parts.text(_(f"reception.kind.{kind}"), "span")
                with parts.box("money__bars"):
                    parts.box("money__planned").style(f"width: {100 * planned / most:.1f}%")
                    if real:
                        parts.box("money__real money__real--over" if real > planned else "money__real").style(
                            f"width: {100 * real / most:.1f}%"
                        )
                with parts.box("money__figures"):
                    parts.text(piles.money(planned), "span", "num second")
                    parts.text(piles.money(real) if plan.real_cents else "", "b", "num")
        with parts.box("plan__sum"):
            parts.text(_("reception.planned_real"), "span")
            parts.text(f"{piles.money(plan.planned_cents)} / {piles.money(plan.real_cents)}", "b", "num")
        if plan.costs:
            with parts.box("list", "ul"):
                for cost in plan.costs:
                    with parts.item(
                        parts.joined(_(f"reception.kind.{cost.kind}"), cost.note),
                        parts.joined(cost.added_by, long_moment(cost.added_at)),
                    ):
                        parts.text(piles.money(cost.amount_cents), "span", "num")
                    piles.photos_row(cost.evidence)
        if plan.may_plan and any(version.approved for version in plan.versions) and plan.status != "cancelled":
            parts.button(_("reception.add_cost"), lambda: reception_forms.add_cost(plan, redraw), icon="plus", wide=True)


def draw_review(plan: Plan) -> None:
    if plan.score is None and plan.rating is None:
        return
    with parts.box("sheet plan__review", "section"):
        parts.text(_("reception.how_it_went"), "h2")
        if plan.score is not None:
            parts.text(_("reception.our_score", n=plan.score), "p", "strong")
            for line in plan.lessons.splitlines():
                parts.text(line, "p")
            parts.text(parts.joined(plan.reviewed_by, long_moment(plan.reviewed_at) if plan.reviewed_at else ""), "p", "quiet small")
        if plan.rating is not None:
            parts.text(_("reception.guests_score", score=f"{plan.rating:.1f}", n=plan.rated), "p", "strong")
            for guest in plan.guests:
                if guest.remark:
                    parts.text(i18n.quoted(guest.remark, frame.lang()), "p", "second")

"""The register of suppliers: whom the office buys from, whether it still does, and the score with its arithmetic (guide S1.2-R4, S1.2-R10)."""

from __future__ import annotations

from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter
from sqlmodel import Session

from core.mechanisms import views
from core.mechanisms.operations import Actor, Role
from core.sections import suppliers, supplies
from core.sections.suppliers import Standing, SupplierView
from core.sections.supplies import QuarterScore, Share, SupplierScore
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.registers import Chip, Column, Register, RegisterPage
from kiosk.desk.supply_forms import KEEPERS

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (Role.ADMIN, Role.CLERK, Role.LEADER)
TONES: dict[str, parts.Tone] = {Standing.APPROVED: "free", Standing.WATCH: "soon", Standing.BLOCKED: "busy"}
ICONS = {Standing.APPROVED: "check", Standing.WATCH: "warning", Standing.BLOCKED: "lock"}


@router.page("/desk/suppliers")
def suppliers_page() -> None:
    with frame.desk("suppliers", _("nav.suppliers"), *READERS):
        RegisterPage(REGISTER)


class _Row:
    """A supplier with its score, as the table shows it."""

    def __init__(self, view: SupplierView, score: SupplierScore) -> None:
        self.id, self.view, self.score = view.id, view, score


def _fetch(s: Session, query: views.Query, by: Actor) -> views.Page:
    page = suppliers.COLLECTION.list(s, query, by)
    scored = supplies.scores(s, [view.id for view in page.items])
    return views.Page([_Row(view, scored[view.id]) for view in page.items], page.next)


def _get(s: Session, id: str, by: Actor) -> _Row | None:
    view = suppliers.COLLECTION.get(s, id, by)
    return _Row(view, supplies.scores(s, [view.id])[view.id]) if view else None


def _score(row: _Row) -> str:
    return f"{row.score.score} %" if row.score.score is not None else "—"


def _draw_acts(page: RegisterPage) -> None:
    if frame.actor().has(*KEEPERS):
        parts.button(_("supplier.new"), lambda: edit(None, page), kind="main", icon="plus")


def _draw_peek(row: _Row, page: RegisterPage) -> None:
    view = row.view
    page.peek_head(
        view.name, pill=(_(f"supplier.standing.{view.standing}"), TONES[view.standing]), meta=parts.joined(view.contact, view.phone)
    )
    if view.note:
        parts.text(view.note, "p", "second")
    parts.text(_("supplier.score"), "h3")
    if row.score.score is None:
        parts.text(_("supplier.no_score"), "p", "quiet")
    else:
        parts.text(_score(row), "div", "num strong")
        parts.text(_("supplier.score_words", n=len(row.score.quarters)), "p", "quiet small")
        for quarter in row.score.quarters:
            _draw_quarter(quarter)
        parts.text(_("supplier.arithmetic"), "p", "quiet small")
    if frame.actor().has(*KEEPERS):
        parts.button(_("supplier.edit"), lambda: edit(view, page), icon="note")


def _draw_quarter(quarter: QuarterScore) -> None:
    parts.text(_("supplier.quarter", year=quarter.year, n=quarter.quarter, score=f"{quarter.score} %"), "h3")
    parts.facts((
        (_("supplier.quality"), _share(quarter.quality)),
        (_("supplier.punctual"), _share(quarter.punctual) if quarter.punctual else _("supplier.unsaid")),
        (_("supplier.service"), _share(quarter.service) if quarter.service else _("supplier.unsaid")),
    ))  # fmt: skip


def _share(share: Share) -> str:
    return f"{share.part} ÷ {share.whole} = {share.percent} %"


def edit(view: SupplierView | None, page: RegisterPage) -> None:
    """Add a supplier or change one."""
    with parts.sheet_dialog(_("supplier.new") if view is None else view.name) as dialog:
        name = parts.input(_("supplier.column.name"), view.name if view else "", autofocus=True, props="maxlength=120")
        with parts.box("row"):
            contact = parts.input(_("supplier.column.contact"), view.contact if view else "", props="maxlength=120")
            phone = parts.input(_("supplier.column.phone"), view.phone if view else "", props="maxlength=120 inputmode=tel")
        standing = None
        if view is not None:
            standing = parts.select(
                _("supplier.column.standing"), {str(one): _(f"supplier.standing.{one}") for one in Standing}, view.standing
            )
        note = parts.area(_("supplier.column.note"), view.note if view else "", rows=2)

        async def go() -> None:
            said = (name.value or "").strip()[:120]
            parts.refuse(name, None if said else _("supply.needed"))
            if not said:
                return
            more = {
                "name": said,
                "contact": (contact.value or "").strip(),
                "phone": (phone.value or "").strip(),
                "note": (note.value or "").strip()[:500],
            }
            outcome = await (
                parts.do(suppliers.AddSupplier(**more), quiet=True)
                if view is None
                else parts.do(
                    suppliers.UpdateSupplier(supplier_id=view.id, standing=Standing(standing.value) if standing else None, **more),
                    quiet=True,
                )
            )
            if not outcome.ok:
                parts.refuse(name, outcome.message(frame.lang()))
                return
            dialog.close()
            page.refresh()
            await page.choose(str(view.id if view else UUID(outcome.result["supplier_id"])))

        piles.acts(dialog, _("web.save"), go)
    dialog.open()


def _where(standing: str) -> Chip:
    return Chip(standing, f"supplier.standing.{standing}", {"standing": standing})


REGISTER = Register(
    name="suppliers", title="nav.suppliers", kinds=("supplier", "supply"), fetch=_fetch, get=_get,
    columns=(
        Column("supplier.column.name", lambda r: r.view.name, sub=lambda r: r.view.note),
        Column("supplier.column.contact", lambda r: r.view.contact, sub=lambda r: r.view.phone),
        Column("supplier.score", _score, number=True),
        Column("supplier.column.standing", lambda r: _(f"supplier.standing.{r.view.standing}"), tone=lambda r: TONES[r.view.standing], icon=lambda r: ICONS[r.view.standing]),
    ),
    chips=(Chip("all", "supplier.all"), *(_where(one) for one in Standing)),
    acts=_draw_acts, peek=_draw_peek, empty=("supplier.empty", "supplier.empty_hint"),
)  # fmt: skip

"""What a person fills in about a supply: register, receive, issue, order, correct, stop keeping it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from core.foundation import database
from core.mechanisms import people, places
from core.sections import supplies
from core.sections.supplies import SupplyView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import RegisterPage

MOST = 1_000_000


def whole(text: str | None, *, least: int = 0, default: int | None = None) -> int | None:
    """The whole number somebody typed (full-width digits too), or None when it is none."""
    said = (text or "").strip()
    if not said:
        return default
    found = int(said) if said.isdecimal() and len(said) <= 7 else None
    return found if found is not None and least <= found <= MOST else None


def register(page: RegisterPage) -> None:
    with database.reading() as s:
        where = {str(place.id): place.path for place in places.everything(s)}
    with parts.sheet_dialog(_("supply.new_title")) as dialog:
        name, spec = parts.input(_("supply.column.name"), autofocus=True), parts.input(_("supply.column.spec"))
        unit = parts.input(_("supply.column.unit"))
        place = parts.select(_("supply.column.place"), where, search=True)
        minimum = parts.input(_("supply.column.minimum"), props="inputmode=numeric")
        limit = parts.input(_("supply.column.limit"), props="inputmode=numeric")

        async def go() -> None:
            given = {"minimum": whole(minimum.value, default=0), "limit": whole(limit.value, least=1)}
            problems = {
                name: None if (name.value or "").strip() else _("supply.needed"),
                unit: None if (unit.value or "").strip() else _("supply.needed"),
                minimum: None if given["minimum"] is not None else _("supply.whole"),
                limit: None if given["limit"] is not None or not (limit.value or "").strip() else _("supply.whole"),
            }  # fmt: skip
            if not _clear(problems):
                return
            do = supplies.RegisterSupply(
                name=name.value.strip()[:80], spec=(spec.value or "").strip()[:120], unit=unit.value.strip()[:10],
                place_id=UUID(place.value) if place.value else None, minimum=given["minimum"] or 0, limit=given["limit"],
            )  # fmt: skip
            outcome = await parts.do(do)
            if outcome.ok:
                code = outcome.result["code"]
                parts.toast(_("supply.new_toast", name=do.name, code=f"{code[:4]}-{code[4:]}"))
                dialog.close()
                page.refresh()
                await page.choose(outcome.result["supply_id"])

        _acts(dialog, _("supply.new_act"), go)
    dialog.open()


def receive(view: SupplyView, page: RegisterPage) -> None:
    with database.reading() as s:
        orders = supplies.open_orders(s, view.id)
    words = {"": _("supply.order_none"), **{str(o.id): _("supply.order_open", n=o.quantity, open=o.open, unit=view.unit) for o in orders}}
    with parts.sheet_dialog(_("supply.receive_title", name=view.name), view.number) as dialog:
        good = parts.input(f"{_('supply.accepted')}（{view.unit}）", autofocus=True, props="inputmode=numeric")
        bad = parts.input(_("supply.refused_count"), help=_("supply.refused_help"), props="inputmode=numeric")
        why = parts.input(_("supply.reason"))
        order_field = parts.select(_("supply.order"), words, str(orders[0].id) if orders else "") if orders else None

        async def go() -> None:
            n, refused = whole(good.value, default=0), whole(bad.value, default=0)
            reason = (why.value or "").strip()[:200]
            problems = {
                good: _("supply.whole") if n is None else None, bad: _("supply.whole") if refused is None else None,
                why: _("supply.needed") if refused and not reason else None,
            }  # fmt: skip
            if not _clear(problems) or n is None or refused is None:
                return
            order_id = UUID(order_field.value) if order_field is not None and order_field.value else None
            outcome = await parts.do(
                supplies.ReceiveSupply(code=_code(view), quantity=n, refused=refused, reason=reason, order_id=order_id)
            )
            if outcome.ok:
                parts.toast(_("supply.received", n=n, unit=view.unit, on_hand=outcome.result["on_hand"]))
                await _done(dialog, page)

        _acts(dialog, _("supply.receive_act"), go)
    dialog.open()


def issue(view: SupplyView, page: RegisterPage) -> None:
    with database.reading() as s:
        asked = {one.person_id: one.quantity for one in supplies.open_requests(s) if one.supply_id == view.id}
        everyone = {str(view.id): f"{view.name}　{view.department}" for view in people.views(s, people.search(s, limit=1000))}
    first = next(iter(asked), None)
    with parts.sheet_dialog(_("supply.issue_title", name=view.name), view.number) as dialog:
        to = parts.select(_("supply.to_whom"), everyone, str(first) if first else None, search=True)
        quantity = parts.input(f"{_('supply.quantity')}（{view.unit}）", str(asked[first]) if first else "1", props="inputmode=numeric")
        why = parts.input(_("supply.reason"), help=_("supply.reason_help") if view.limit else "")

        async def go() -> None:
            n = whole(quantity.value, least=1)
            if not _clear({to: None if to.value else _("supply.needed"), quantity: None if n else _("supply.whole"), why: None}) or not n:
                return
            do = supplies.IssueSupply(code=_code(view), quantity=n, to_person_id=UUID(to.value), reason=(why.value or "").strip()[:200])
            outcome = await parts.do(do, quiet=True)
            if outcome.code == "supply.over_limit":
                parts.refuse(why, outcome.message(frame.lang()))
            elif not outcome.ok:
                parts.problem(outcome.message(frame.lang()))
            else:
                who = everyone[to.value].split("　")[0]
                parts.toast(_("supply.issued", person=who, n=n, unit=view.unit, on_hand=outcome.result["on_hand"]))
                await _done(dialog, page)

        _acts(dialog, _("supply.issue_act"), go)
    dialog.open()


def order(view: SupplyView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("supply.order_title", name=view.name), view.number) as dialog:
        quantity = parts.input(f"{_('supply.quantity')}（{view.unit}）", autofocus=True, props="inputmode=numeric")
        supplier = parts.input(_("supply.supplier"))

        async def go() -> None:
            n = whole(quantity.value, least=1)
            if not _clear({quantity: None if n else _("supply.whole")}) or not n:
                return
            do = supplies.OrderSupply(supply_id=view.id, quantity=n, supplier=(supplier.value or "").strip()[:120])
            if (await parts.do(do, done=_("supply.ordered", n=n, unit=view.unit))).ok:
                await _done(dialog, page)

        _acts(dialog, _("supply.order_act"), go)
    dialog.open()


def correct(view: SupplyView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("supply.correct_title", name=view.name), _("supply.correct_hint")) as dialog:
        quantity = parts.input(f"{_('supply.quantity')}（{view.unit}）", autofocus=True)
        why = parts.input(_("supply.reason"))

        async def go() -> None:
            said = (quantity.value or "").strip().replace("−", "-")
            size, reason = whole(said.lstrip("+-"), least=1), (why.value or "").strip()[:200]
            if not _clear({quantity: None if size else _("supply.whole"), why: None if reason else _("supply.needed")}) or not size:
                return
            outcome = await parts.do(
                supplies.CorrectStock(code=_code(view), quantity=-size if said.startswith("-") else size, reason=reason)
            )
            if outcome.ok:
                parts.toast(_("supply.corrected", on_hand=outcome.result["on_hand"], unit=view.unit))
                await _done(dialog, page)

        _acts(dialog, _("supply.correct_act"), go)
    dialog.open()


async def retire(view: SupplyView, page: RegisterPage) -> None:
    if (await parts.do(supplies.UpdateSupply(supply_id=view.id, retired=True), done=_("supply.retired_toast", name=view.name))).ok:
        await page.reopen()


async def keep_again(view: SupplyView, page: RegisterPage) -> None:
    if (await parts.do(supplies.UpdateSupply(supply_id=view.id, retired=False), done=_("supply.restored_toast", name=view.name))).ok:
        await page.reopen()


# ── private ──


def _code(view: SupplyView) -> str:
    return view.label or view.number


def _clear(problems: dict[Any, str | None]) -> bool:
    """Show what is wrong at each field; whether nothing is."""
    for element, sentence in problems.items():
        parts.refuse(element, sentence)
    return not any(problems.values())


def _acts(dialog: Any, act: str, go: Any) -> None:
    with parts.box("dialog__acts"):
        parts.button(_("web.cancel"), dialog.close)
        parts.button(act, go, kind="main")


async def _done(dialog: Any, page: RegisterPage) -> None:
    dialog.close()
    await page.reopen()

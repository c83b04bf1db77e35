"""What a person fills in about a supply: register, receive, issue, order, correct, stop keeping it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from core.foundation import clock, database, i18n
from core.mechanisms import people, places
from core.mechanisms.operations import Role
from core.sections import suppliers, supplies
from core.sections.supplies import SupplyView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.registers import RegisterPage

MOST, MOST_IN_PACK = 1_000_000, 10_000
KEEPERS = frozenset({Role.ADMIN, Role.CLERK})


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
        with parts.box("row"):
            unit = parts.input(_("supply.column.unit"))
            pack = parts.input(_("supply.column.pack"), "1", help=_("supply.pack_help"), props="inputmode=numeric maxlength=5")
        place = parts.select(_("supply.column.place"), where, search=True)
        minimum = parts.input(_("supply.column.minimum"), props="inputmode=numeric")
        limit = parts.input(_("supply.column.limit"), props="inputmode=numeric")

        async def go() -> None:
            given = {
                "minimum": whole(minimum.value, default=0),
                "limit": whole(limit.value, least=1),
                "pack": whole(pack.value, least=1, default=1),
            }
            problems = {
                name: None if (name.value or "").strip() else _("supply.needed"),
                unit: None if (unit.value or "").strip() else _("supply.needed"),
                pack: None if given["pack"] and given["pack"] <= MOST_IN_PACK else _("supply.whole"),
                minimum: None if given["minimum"] is not None else _("supply.whole"),
                limit: None if given["limit"] is not None or not (limit.value or "").strip() else _("supply.whole"),
            }  # fmt: skip
            if not _clear(problems):
                return
            do = supplies.RegisterSupply(
                name=name.value.strip()[:80], spec=(spec.value or "").strip()[:120], unit=unit.value.strip()[:10], pack=given["pack"] or 1,
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
        orders = {str(one.id): one for one in supplies.open_orders(s, view.id)}
    words = {"": _("supply.order_none"), **{key: _order_words(one, view.unit) for key, one in orders.items()}}
    with parts.sheet_dialog(_("supply.receive_title", name=view.name), view.number) as dialog:
        order_field = parts.select(_("supply.order"), words, next(iter(orders))) if orders else None
        in_packs = parts.select(_("supply.counted_in"), _ways(view.unit, view.pack), view.pack if orders else 1) if view.pack > 1 else None
        good = parts.input(_("supply.accepted"), autofocus=True, props="inputmode=numeric")
        bad = parts.input(_("supply.refused_count"), help=_("supply.refused_help"), props="inputmode=numeric")
        why = parts.input(_("supply.reason"))
        marks = {0: _("supply.service_none"), **{n: _(f"supply.service_{n}") for n in range(5, 0, -1)}}
        service = parts.select(_("supplier.service"), marks, 0, help=_("supply.service_help")) if orders else None

        async def go() -> None:
            n, refused = whole(good.value, default=0), whole(bad.value, default=0)
            reason = (why.value or "").strip()[:200]
            problems = {
                good: _("supply.whole") if n is None else None, bad: _("supply.whole") if refused is None else None,
                why: _("supply.needed") if refused and not reason else None,
            }  # fmt: skip
            if not _clear(problems) or n is None or refused is None:
                return
            times = int(in_packs.value) if in_packs is not None else 1
            of = orders.get(order_field.value) if order_field is not None else None
            do = supplies.ReceiveSupply(
                code=_code(view), quantity=n * times, refused=refused * times, reason=reason, order_id=of.id if of else None,
                service=(service.value or None) if service is not None and of is not None else None,
            )  # fmt: skip
            outcome = await parts.do(do)
            if outcome.ok:
                parts.toast(_("supply.received", n=n * times, unit=view.unit, on_hand=_shown(outcome.result["on_hand"])))
                await _done(dialog, page)

        _acts(dialog, _("supply.receive_act"), go)
    dialog.open()


def issue(view: SupplyView, page: RegisterPage) -> None:
    """Give out, for a person or a whole department; more than its quota is put before a leader from here."""
    with database.reading() as s:
        asked = {one.person_id: one.quantity for one in supplies.open_requests(s) if one.supply_id == view.id}
        everyone = {str(view.id): f"{view.name}　{view.department}" for view in people.views(s, people.search(s, limit=1000))}
    first = next(iter(asked), None)
    whom = {"": _("supply.for_self"), **piles.departments()}
    with parts.sheet_dialog(_("supply.issue_title", name=view.name), view.number) as dialog:
        to = parts.select(_("supply.to_whom"), everyone, str(first) if first else None, search=True)
        of = parts.select(_("supply.for_whom"), whom, "", search=True)
        quantity = parts.input(f"{_('supply.quantity')}（{view.unit}）", str(asked[first]) if first else "1", props="inputmode=numeric")
        why = parts.input(_("supply.reason"), help=_("supply.reason_help") if view.limit else "")
        over = parts.box("stack")

        async def go() -> None:
            over.clear()
            n = whole(quantity.value, least=1)
            if not _clear({to: None if to.value else _("supply.needed"), quantity: None if n else _("supply.whole"), why: None}) or not n:
                return
            do = supplies.IssueSupply(
                code=_code(view), quantity=n, to_person_id=UUID(to.value), department_id=UUID(of.value) if of.value else None, reason=(why.value or "").strip()[:200],
            )  # fmt: skip
            outcome = await parts.do(do, quiet=True)
            if outcome.code == "supply.over_limit":
                parts.refuse(why, outcome.message(frame.lang()))
            elif outcome.code == "supply.over_quota":
                with over:
                    parts.banner(outcome.message(frame.lang()), "due")
                    parts.button(_("supply.ask_leader"), lambda: ask(do), icon="send")
            elif not outcome.ok:
                parts.problem(outcome.message(frame.lang()))
            else:
                who = everyone[to.value].split("　")[0]
                parts.toast(_("supply.issued", person=who, n=n, unit=view.unit, on_hand=_shown(outcome.result["on_hand"])))
                await _done(dialog, page)

        async def ask(do: supplies.IssueSupply) -> None:
            with database.reading() as s:
                whose = do.department_id or people.get(s, do.to_person_id).department_id
            parts.refuse(why, None if do.reason else _("supply.ask_why"))
            if not do.reason or whose is None:
                return
            asked = supplies.AskOverQuota(code=do.code, department_id=whose, quantity=do.quantity, reason=do.reason)
            if (await parts.do(asked, done=_("supply.asked_leader"))).ok:
                await _done(dialog, page)

        _acts(dialog, _("supply.issue_act"), go)
    dialog.open()


def order(view: SupplyView, page: RegisterPage) -> None:
    with database.reading() as s:
        firms = {"": _("supply.plan_no_supplier"), **{str(id): name for id, name in suppliers.names(s, to_order=True).items()}}
    with parts.sheet_dialog(_("supply.order_title", name=view.name), view.number) as dialog:
        in_packs = parts.select(_("supply.counted_in"), _ways(view.unit, view.pack), view.pack) if view.pack > 1 else None
        quantity = parts.input(_("supply.quantity"), autofocus=True, props="inputmode=numeric")
        firm = parts.select(_("supply.supplier"), firms, "", search=True)
        due = parts.input(_("supply.order_due"), props="type=date")

        async def go() -> None:
            n, day = whole(quantity.value, least=1), piles.day_of(due)
            late = bool(due.value) and (day is None or day < clock.today())
            if not _clear({quantity: None if n else _("supply.whole"), due: _("supply.round_due_wrong") if late else None}) or not n:
                return
            pieces = n * (int(in_packs.value) if in_packs is not None else 1)
            do = supplies.OrderSupply(supply_id=view.id, quantity=pieces, supplier_id=UUID(firm.value) if firm.value else None, due_on=day)
            if (await parts.do(do, done=_("supply.ordered", n=pieces, unit=view.unit))).ok:
                await _done(dialog, page)

        _acts(dialog, _("supply.order_act"), go)
    dialog.open()


def quota(view: SupplyView, page: RegisterPage) -> None:
    """How much a department may have; an empty quantity takes its quota away."""
    with database.reading() as s:
        there = {str(one.department_id): one for one in supplies.of_supply(s, view.id, clock.now())}
    departments = piles.departments()
    with parts.sheet_dialog(_("supply.quota_title", name=view.name), _("supply.quota_hint")) as dialog:
        whose = parts.select(_("supply.for_whom"), departments, next(iter(there), None) or next(iter(departments), None), search=True)
        quantity = parts.input(f"{_('supply.quantity')}（{view.unit}）", help=_("supply.quota_help"), props="inputmode=numeric maxlength=7")
        per = parts.select(
            _("supply.quota_per"), {str(one): _(f"supply.per.{one}") for one in supplies.Period}, str(supplies.Period.QUARTER)
        )

        def show() -> None:
            one = there.get(whose.value or "")
            quantity.value, per.value = (str(one.quantity), one.per) if one else ("", str(supplies.Period.QUARTER))

        whose.on_value_change(show)
        show()

        async def go() -> None:
            n = whole(quantity.value, least=1)
            empty = not (quantity.value or "").strip()
            if not _clear({whose: None if whose.value else _("supply.needed"), quantity: None if n or empty else _("supply.whole")}):
                return
            do = supplies.SetQuota(supply_id=view.id, department_id=UUID(whose.value), quantity=n, per=supplies.Period(per.value))
            if (await parts.do(do, done=_("supply.quota_set"))).ok:
                await _done(dialog, page)

        _acts(dialog, _("web.save"), go)
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


def _ways(unit: str, pack: int) -> dict[int, str]:
    """In what a person counts: pieces, or packs of so many."""
    return {pack: _("supply.in_packs", pack=pack, unit=unit), 1: _("supply.in_pieces", unit=unit)}


def _order_words(one: supplies.OrderView, unit: str) -> str:
    day = _("supply.order_until", day=i18n.short_day(one.due_on, frame.lang())) if one.due_on else ""
    return parts.joined(_("supply.order_open", n=one.quantity, open=one.open, unit=unit), one.supplier, day)


def _shown(on_hand: int | None) -> str:
    return "—" if on_hand is None else str(on_hand)


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

"""Entering counts at the desk: a label or a number, where, how many. For a count on paper, or a wedge scanner at the counter (guide S4.1-R6, S1.2-R7).

Whoever enters a count has counted: they do not approve it. A single thing needs no number; of a bulk line and of a supply one is asked.
"""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from core.foundation import database
from core.foundation.errors import Invalid, Refused
from core.mechanisms import labels, places
from core.mechanisms.labels import SubjectKind
from core.sections import assets, stocktakes, supplies
from core.sections.stocktakes import Count
from core.web import parts
from core.web.frame import _
from kiosk.desk.stocktake_head import Shown

MOST = 1_000_000


def ask_count(shown: Shown) -> None:
    """The dialog stays open for the next line; what was entered stands below."""
    with database.reading() as s:
        inside = stocktakes.scope_of(s, shown.row)
        where = {str(place.id): place.path for place in places.everything(s) if place.id in inside}
    kind = shown.row.kind
    with parts.sheet_dialog(_("stocktake.enter_title"), _(f"stocktake.enter_words_{kind}")) as dialog:
        place = parts.select(_("stocktake.enter_place"), where, next(iter(where)) if len(where) == 1 else None, search=True)
        place.props("data-test=enter-place")
        code = parts.input(_("stocktake.enter_code"), autofocus=True, props='maxlength=300 data-test=enter-code autocomplete="off"')
        number = parts.input(_("stocktake.enter_quantity"), props="maxlength=7 inputmode=numeric data-test=enter-quantity")
        told = parts.box("stack").props("role=status data-test=entered")

        async def save() -> None:
            parts.refuse(place, None if place.value else _("stocktake.enter_place_first"))
            quantity = parts.typed(number.value)
            whole = not quantity or (quantity.isascii() and quantity.isdigit() and int(quantity) <= MOST)
            parts.refuse(number, None if whole else _("my.count_how_many_first"))
            if not place.value or not whole:
                return
            try:
                with database.reading() as s:
                    found, name, counted = _find(s, kind, code.value or "")
            except (Invalid, Refused) as problem:
                parts.refuse(code, _(problem.code, **problem.facts))
                return
            needs = (counted or kind == "supply") and not quantity
            parts.refuse(code, None)
            parts.refuse(number, _("stocktake.enter_quantity_first") if needs else None)
            if needs:
                return
            do = Count(
                stocktake_id=shown.row.id, code=found, place_id=UUID(place.value),
                quantity=int(quantity) if quantity and (counted or kind == "supply") else None,
            )  # fmt: skip
            if not (await parts.do(do)).ok:
                return
            with told:
                parts.text(_("stocktake.entered_n", thing=name, n=quantity) if do.quantity is not None else name, "p", "second small")
            code.value = number.value = ""
            code.run_method("focus")

        code.on("keydown.enter", save)
        number.on("keydown.enter", save)
        with parts.box("dialog__acts"):
            parts.button(_("web.close"), dialog.close)
            parts.button(_("stocktake.enter_save"), save, kind="main").props("data-test=enter-save")
    dialog.open()


def _find(s: Session, kind: str, text: str) -> tuple[str, str, bool]:
    """The label's code, the name, and whether it is counted by number. A number of the register is as good as a label.

    Refuses: stocktake.enter_unknown; Invalid: label.mistyped, label.unreadable"""
    text = text.strip()
    wanted = SubjectKind.ASSET if kind == "asset" else SubjectKind.SUPPLY
    if kind == "asset" and (by_number := assets.by_number(s, text)) is not None:
        code = labels.codes_of(s, wanted, [by_number.id]).get(by_number.id)
        if code is None:
            raise Refused("stocktake.enter_no_label", number=by_number.number)
        return code, f"{by_number.number} {by_number.name}", by_number.bulk
    code = labels.read_code(text)
    label = s.get(labels.Label, code)
    if label is None or label.subject_id is None or label.subject_kind != wanted:
        raise Refused("stocktake.enter_unknown", code=labels.shown(code))
    if kind == "asset":
        asset = assets.get(s, label.subject_id)
        return code, f"{asset.number} {asset.name}", asset.bulk
    supply = supplies.get(s, label.subject_id)
    return code, f"{supply.number} {supply.name}", True

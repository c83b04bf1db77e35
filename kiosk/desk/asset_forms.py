"""What a person fills in about an asset: register and correct, hand over, transfer, report a fault, finish a repair."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from core.foundation import clock, database
from core.mechanisms import labels, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Operation
from core.mechanisms.tables import Cell, CellError, parse_cents, parse_day
from core.sections import assets
from core.sections.assets import AssetView, GotHow, classes, own_fields
from core.sections.assets.exchange import whole_number
from core.sections.assets.ledger import MOST_MONTHS, MOST_THINGS
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import RegisterPage

REFERENCES = {"department_id": "department", "keeper_id": "keeper", "place_id": "place"}
FIELDS = {
    "value_cents": "value_in", "net_value_cents": "net_value_in", "salvage_cents": "salvage_in", "bulk": "counted", "parent_id": "parent", **REFERENCES,
}  # fmt: skip


# ── acts ──


async def give_label(asset: AssetView, page: RegisterPage) -> None:
    if (await parts.do(labels.IssueLabel(subject_kind=SubjectKind.ASSET, subject_id=asset.id))).ok:
        await page.reopen()


def _ask(title: str, question: str, act: str, make: Callable[[str], Operation], page: RegisterPage, done: str, hint: str = "") -> None:
    """A dialog with one line to fill in, then an operation."""
    with parts.sheet_dialog(title, hint) as dialog:
        words = parts.area(question, rows=2)

        async def go() -> None:
            said = (words.value or "").strip()
            parts.refuse(words, None if said else _("asset.required"))
            if said and (await parts.do(make(said[:500]), done=done)).ok:
                dialog.close()
                await page.reopen()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(act, go, kind="main")
    dialog.open()


def replace_label(asset: AssetView, page: RegisterPage) -> None:
    """The label is torn or gone: a new one for the same thing; the old code still opens it and says so."""
    code = asset.label or ""
    _ask(
        asset.name,
        _("places.reason"),
        _("places.replace_label"),
        lambda said: labels.ReplaceLabel(code=code, reason=said[:200]),
        page,
        _("asset.relabelled_done", number=asset.number),
        _("places.replace_hint"),
    )


def report_fault(asset: AssetView, page: RegisterPage) -> None:
    done = _("asset.fault_done", number=asset.number)
    _ask(
        asset.name,
        _("asset.fault_what"),
        _("asset.report_fault"),
        lambda said: assets.ReportFault(asset_id=asset.id, what=said),
        page,
        done,
        asset.number,
    )


def finish_repair(asset: AssetView, page: RegisterPage) -> None:
    done = _("asset.repair_done", number=asset.number)
    _ask(
        asset.name,
        _("asset.finish_how"),
        _("asset.finish_repair"),
        lambda said: assets.FinishRepair(asset_id=asset.id, result=said),
        page,
        done,
        asset.number,
    )


def hand_over(asset: AssetView, page: RegisterPage) -> None:
    with parts.sheet_dialog(asset.name, asset.number) as dialog:
        to = parts.select(_("asset.hand_over_to"), _people_options(asset.keeper_id), search=True)

        async def go() -> None:
            parts.refuse(to, None if to.value else _("asset.required"))
            if to.value and (await parts.do(assets.HandOver(asset_id=asset.id, to_person_id=UUID(to.value)))).ok:
                dialog.close()
                await page.reopen()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("asset.hand_over"), go, kind="main")
    dialog.open()


def transfer(asset: AssetView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("asset.transfer"), parts.joined(asset.name, asset.number)) as dialog:
        department = parts.select(_("asset.department"), _departments(), _text(asset.department_id))
        keeper = parts.select(_("asset.keeper"), _people_options(), _text(asset.keeper_id), search=True)
        place = parts.select(_("asset.place"), _places(), _text(asset.place_id), search=True)
        why = parts.input(_("asset.transfer_why"))

        async def go() -> None:
            reason = (why.value or "").strip()
            parts.refuse(why, None if reason else _("asset.required"))
            new = {"department_id": _uuid(department.value), "keeper_id": _uuid(keeper.value), "place_id": _uuid(place.value)}
            given = {name: value for name, value in new.items() if value != getattr(asset, name)}
            if (
                reason
                and (
                    await parts.do(
                        assets.TransferAsset(asset_id=asset.id, reason=reason, **given), done=_("asset.transfer_done", number=asset.number)
                    )
                ).ok
            ):
                dialog.close()
                await page.reopen()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("web.save"), go, kind="main")
    dialog.open()


# ── the form ──


def edit(page: RegisterPage, asset: AssetView | None) -> None:
    """Register an asset, or correct one."""
    Form(page, asset)


class Form:
    """Every field of the card in three groups, and the office's own fields for the class that is chosen."""

    def __init__(self, page: RegisterPage, asset: AssetView | None) -> None:
        self.page, self.asset = page, asset
        self.fields: dict[str, Any] = {}
        self.own: dict[str, Any] = {}
        with database.reading() as s:
            self.number = asset.number if asset else assets.next_number(s, clock.today())
            self.known = classes.known(s)
        with parts.sheet_dialog(_("asset.new") if asset is None else _("asset.edit"), asset.name if asset else "") as self.dialog:
            with parts.box("asset__form asset__form--long"):
                self._what()
                self._whose()
                self._money()
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), self.dialog.close)
                parts.button(_("asset.save_new" if asset is None else "asset.save"), self._save, kind="main")
        self.dialog.open()

    def _line(self, key: str, value: str = "", **more: Any) -> None:
        name = FIELDS.get(key, key)
        self.fields[key] = parts.input(_(f"asset.{name}"), value, **more)

    def _choice(self, key: str, options: dict[str, str], value: str | None, **more: Any) -> Any:
        name = FIELDS.get(key, key)
        self.fields[key] = parts.select(_(f"asset.{name}"), options, value if value in options else None, search=len(options) > 8, **more)
        return self.fields[key].props("clearable")

    def _what(self) -> None:
        asset = self.asset
        parts.text(_("asset.group_what"), "h3", "asset__group")
        self._line("number", self.number)
        self._line("name", asset.name if asset else "", autofocus=True)
        for key in ("brand", "spec", "serial"):
            self._line(key, getattr(asset, key) if asset else "")
        options = {code: f"{one.name(frame.lang())}  {code}" for code, one in self.known.items()}
        if asset and asset.class_code:
            options.setdefault(asset.class_code, asset.class_code)
        self._choice("class_code", options, asset.class_code if asset else None, on_change=self._class_chosen)
        self._choice("bulk", {"single": _("asset.counted.single"), "bulk": _("asset.counted.bulk")}, asset.counted if asset else "single")
        self._line("quantity", str(asset.quantity) if asset else "1", props="inputmode=numeric")
        self._line("unit", asset.unit if asset else "", placeholder=_("asset.unit_hint"))
        self._line("parent", asset.parent if asset else "", placeholder=_("asset.parent_hint"))
        self.own_box = parts.box("asset__own")
        self._draw_own(asset.class_code if asset else "")

    def _whose(self) -> None:
        asset = self.asset
        parts.text(_("asset.group_whose"), "h3", "asset__group")
        self._choice("department_id", _departments(), _text(asset.department_id) if asset else None)
        self._choice("keeper_id", _people_options(), _text(asset.keeper_id) if asset else None)
        self._choice("place_id", _places(), _text(asset.place_id) if asset else None)
        self._line("remark", asset.remark if asset else "")

    def _money(self) -> None:
        asset = self.asset
        parts.text(_("asset.group_money"), "h3", "asset__group")
        self._choice("got_how", {one.value: _(f"asset.got_how.{one.value}") for one in GotHow}, asset.got_how if asset else GotHow.PURCHASE)
        self._line("bought_on", _text(asset.bought_on) or "" if asset else "", placeholder="2026-03-01")
        self._line("value_cents", _plain_money(asset.value_cents) if asset else "", placeholder="1234.50")
        self._line("salvage_cents", _plain_money(asset.salvage_cents) if asset else "", placeholder="0.00")
        self._line("life_months", str(asset.life_months or "") if asset else "", props="inputmode=numeric")
        self._line("supplier", asset.supplier if asset else "")
        self._line("invoice", asset.invoice if asset else "")
        self._line("warranty_until", _text(asset.warranty_until) or "" if asset else "", placeholder="2029-03-01")

    def _class_chosen(self, code: str | None) -> None:
        """A class brings its own fields, and proposes its least life where none is said."""
        self._draw_own(code or "")
        one, life = self.known.get(code or ""), self.fields.get("life_months")
        if one is not None and one.least_years and life is not None and not (life.value or "").strip():
            life.value = str(one.least_years * 12)

    def _draw_own(self, class_code: str) -> None:
        typed = {key: field.value for key, field in self.own.items()}
        said = {str(one.field_id): one.shown for one in self.asset.own} if self.asset else {}
        with database.reading() as s:
            fitting = own_fields.fields(s, class_code)
        self.own = {}
        self.own_box.clear()
        self.own_box.set_visibility(bool(fitting))
        with self.own_box:
            for one in fitting:
                key = str(one.id)
                value = typed.get(key, said.get(key, ""))
                if one.kind == "choice":
                    options = list(dict.fromkeys([*one.choices, *([value] if value else [])]))
                    self.own[key] = parts.select(one.name, options, value or None).props("clearable")
                else:
                    hint = {"day": "2026-03-01", "number": "12.5"}.get(one.kind, "")
                    self.own[key] = parts.input(one.name, value or "", placeholder=hint)

    async def _save(self) -> None:
        values = self._values()
        if values is None:
            return
        do = _operation(self.asset, values, self.fields)
        if do is None:
            return
        done = _("asset.saved" if self.asset is None else "asset.changed", number=values["number"])
        outcome = await parts.do(do, done=done, quiet=True)
        if outcome.ok:
            self.dialog.close()
            self.page.refresh()
            await self.page.choose(str(self.asset.id) if self.asset else outcome.result["asset_id"])
            return
        field = FIELD_OF_REFUSAL.get(outcome.code or "", "number")
        parts.refuse(self.fields[field], outcome.message(frame.lang()))
        self.fields[field].run_method("focus")

    def _values(self) -> dict[str, Any] | None:
        """What was typed, read as a file's cells are read; a field that can not be understood is marked, and then there is no answer."""
        values: dict[str, Any] = {}
        whole = True
        for name, field in self.fields.items():
            said = str(field.value or "").strip()
            problem = None
            try:
                values[name] = _read(name, said)
            except CellError as error:
                problem = _(error.code, **error.facts)
            if name in ("number", "name") and not said:
                problem = _("asset.required")
            parts.refuse(field, problem)
            whole = whole and problem is None
        with database.reading() as s:
            parent = assets.by_number(s, values.pop("parent")) if values.get("parent") else None
            known = {str(one.id): one for one in own_fields.fields(s)}
        values.pop("parent", None)
        if parent is None and str(self.fields["parent"].value or "").strip():
            parts.refuse(self.fields["parent"], _("asset.parent_not_found"))
            whole = False
        values["parent_id"] = parent.id if parent else None
        values["own"] = {}
        for key, field in self.own.items():
            said = str(field.value or "").strip()
            try:
                values["own"][UUID(key)] = own_fields.shown(own_fields.parse(known[key], Cell(said, said))) if said else None
                parts.refuse(field, None)
            except CellError as error:
                kept = self.asset is not None and any(str(one.field_id) == key and one.shown == said for one in self.asset.own)
                parts.refuse(field, None if kept else _(error.code, **error.facts))
                values["own"][UUID(key)] = said
                whole = whole and kept
        return values if whole else None


FIELD_OF_REFUSAL = {
    "asset.bulk_has_no_serial": "serial", "asset.one_thing": "quantity", "asset.salvage_above_value": "salvage_cents", "asset.parent_not_found": "parent",
    "asset.parent_inside_itself": "parent", "asset.parent_too_deep": "parent", "asset.disposed": "number",
}  # fmt: skip


def _read(name: str, said: str) -> Any:
    cell = Cell(said, said)
    if name in ("bought_on", "warranty_until"):
        return parse_day(cell) if said else None
    if name in ("value_cents", "salvage_cents"):
        return parse_cents(cell) if said else None
    if name == "life_months":
        return whole_number(MOST_MONTHS)(cell) if said else None
    if name == "quantity":
        return whole_number(MOST_THINGS)(cell) if said else 1
    if name == "bulk":
        return said == "bulk"
    if name == "got_how":
        return said
    return _uuid(said) if name.endswith("_id") else said


def _operation(asset: AssetView | None, values: dict[str, Any], fields: dict[str, Any]) -> Operation | None:
    try:
        if asset is None:
            own = {key: value for key, value in values.pop("own").items() if value}
            return assets.RegisterAsset(**{**values, "got_how": values["got_how"] or None, "own": own})
        return assets.UpdateAsset(asset_id=asset.id, base_version=asset.version, **values)
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        parts.refuse(fields.get(field, fields["name"]), _("op.invalid", fields=_(f"asset.{FIELDS.get(field, field)}")))
        return None


def _departments() -> dict[str, str]:
    with database.reading() as s:
        return {str(row.id): row.name for row in people.departments(s)}


def _people_options(without: UUID | None = None) -> dict[str, str]:
    with database.reading() as s:
        names = people.department_names(s)
        found = people.search(s, limit=2000)
    return {
        str(p.id): "  ".join(filter(None, (p.name, names.get(p.department_id, "") if p.department_id else "")))
        for p in found
        if p.id != without
    }


def _places() -> dict[str, str]:
    with database.reading() as s:
        return {str(place.id): place.path for place in places.everything(s)}


def _text(value: UUID | date | None) -> str | None:
    return None if value is None else str(value)


def _uuid(value: str | None) -> UUID | None:
    return UUID(value) if value else None


def _plain_money(cents: int | None) -> str:
    return "" if cents is None else f"{cents // 100}.{cents % 100:02d}"

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
from core.sections.assets import AssetView, classes
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import RegisterPage

REFERENCES = {"department_id": "department", "keeper_id": "keeper", "place_id": "place"}
FIELDS = {
    "number": "number", "name": "name", "spec": "spec", "serial": "serial", "class_code": "class_code",
    "bought_on": "bought_on", "value_cents": "value", "net_value_cents": "net_value",
    "supplier": "supplier", **REFERENCES, "state": "state",
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
    with parts.sheet_dialog(asset.name, asset.number) as dialog:
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
            parts.button(_("asset.transfer"), go, kind="main")
    dialog.open()


# ── the form ──


def edit(page: RegisterPage, asset: AssetView | None) -> None:
    """Register an asset, or correct one."""
    with database.reading() as s:
        number = asset.number if asset else assets.next_number(s, clock.today())
    with parts.sheet_dialog(_("asset.new") if asset is None else _("asset.edit"), asset.name if asset else "") as dialog:
        fields: dict[str, Any] = {}
        with parts.box("asset__form"):
            fields["number"] = parts.input(_("asset.number"), number)
            fields["name"] = parts.input(_("asset.name"), asset.name if asset else "", autofocus=True)
            for key in ("spec", "serial"):
                fields[key] = parts.input(_(f"asset.{key}"), getattr(asset, key) if asset else "")
            known = {code: f"{one.names[frame.lang()]}  {code}" for code, one in classes.table().items()}
            if asset and asset.class_code and asset.class_code not in known:
                known[asset.class_code] = asset.class_code
            fields["class_code"] = parts.select(
                _("asset.class_code"), known, asset.class_code or None if asset else None, search=True
            ).props("clearable")
            fields["bought_on"] = parts.input(_("asset.bought_on"), _text(asset.bought_on) or "" if asset else "", placeholder="2026-03-01")
            fields["value_cents"] = parts.input(_("asset.value"), _plain_money(asset.value_cents) if asset else "", placeholder="1234.50")
            fields["department_id"] = parts.select(
                _("asset.department"), _departments(), _text(asset.department_id) if asset else None
            ).props("clearable")
            fields["keeper_id"] = parts.select(
                _("asset.keeper"), _people_options(), _text(asset.keeper_id) if asset else None, search=True
            ).props("clearable")
            fields["place_id"] = parts.select(_("asset.place"), _places(), _text(asset.place_id) if asset else None, search=True).props(
                "clearable"
            )

        async def save() -> None:
            values = _values(fields)
            if values is None:
                return
            do = _operation(asset, values, fields)
            if do is None:
                return
            done = _("asset.saved" if asset is None else "asset.changed", number=values["number"])
            outcome = await parts.do(do, done=done, quiet=True)
            if outcome.ok:
                dialog.close()
                page.refresh()
                await page.choose(str(asset.id) if asset else outcome.result["asset_id"])
            else:
                parts.refuse(fields["number"], outcome.message(frame.lang()))

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("asset.save_new" if asset is None else "asset.save"), save, kind="main")
    dialog.open()


def _values(fields: dict[str, Any]) -> dict[str, Any] | None:
    """What was typed, read as a file's cells are read; a field that can not be understood is marked, and then there is no answer."""
    values: dict[str, Any] = {}
    whole = True
    for name, field in fields.items():
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
    return values if whole else None


def _read(name: str, said: str) -> Any:
    if name == "bought_on":
        return parse_day(Cell(said, said)) if said else None
    if name == "value_cents":
        return parse_cents(Cell(said, said)) if said else None
    return _uuid(said) if name.endswith("_id") else said


def _operation(asset: AssetView | None, values: dict[str, Any], fields: dict[str, Any]) -> Operation | None:
    try:
        if asset is None:
            return assets.RegisterAsset(**values)
        return assets.UpdateAsset(asset_id=asset.id, base_version=asset.version, **values)
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        parts.refuse(fields.get(field, fields["name"]), _("op.invalid", fields=_(f"asset.{FIELDS.get(field, 'name')}")))
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

"""Assets for programs, tables and files: the list of the API, the columns of an export, and the import of an office's table (Things 10).

Everything an export says an import reads back: bulk lines, components (by the number of what they are part of), own fields. The label and the state
are the register's own business; a net value is read only where it does not follow from cost, day and life (`worth`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation import clock
from core.foundation.errors import Refused
from core.foundation.i18n import LANGUAGES, t
from core.foundation.ids import uuid7
from core.mechanisms import attachments, custody, labels, people
from core.mechanisms.imports import ImportColumn, Importer, RowError, Step
from core.mechanisms.imports.declared import Plan, ToldAtOnce
from core.mechanisms.imports.lists import PlaceFinder, as_id, differing, one_of, remove, text, unique
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import PERSON_ROLES, Actor, Role
from core.mechanisms.tables import Cell, CellError, amount, parse_cents, parse_code, parse_day, parse_text
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.assets import classes, dialects, index, own_fields, worth
from core.sections.assets.cards import AssetView, components, names_of, view, views
from core.sections.assets.finding import Filter, search
from core.sections.assets.hiding import shown_to
from core.sections.assets.ledger import (
    KEEPERS_OF_THE_BOOK,
    MOST_MONTHS,
    MOST_THINGS,
    OWN,
    Asset,
    GotHow,
    RegisterAsset,
    UpdateAsset,
    by_code,
    change,
)

READERS = frozenset({Role.ADMIN, Role.CLERK, Role.LEADER, Role.SAFETY, Role.RECEPTION})
WARRANTY_SOON_DAYS = 60


# ── lists ──


def filter_of(query: Query, by: Actor) -> Filter:
    """What a caller's question narrows the register to."""
    said = query.filters
    keeper = _id(said.get("keeper"))
    if not by.has(Role.SYSTEM, *READERS):  # everyone may see what they themselves keep
        keeper = by.person_id
    return Filter(
        query.q, _id(said.get("place")), _id(said.get("department")), keeper, tuple(filter(None, said.get("state", "").split(","))),
        said.get("class", ""), clock.today() + timedelta(days=WARRANTY_SOON_DAYS) if said.get("warranty") == "soon" else None,
        said.get("label") == "none", {"bulk": True, "single": False}.get(said.get("counted", "")), _id(said.get("parent")),
    )  # fmt: skip


def _id(said: str | None) -> UUID | None:
    if not said:
        return None
    try:
        return UUID(said)
    except ValueError:
        return UUID(int=0)  # an id that is none finds nothing


@attachments.shown_with("asset")
def may_see_photos(s: Session, asset_id: UUID, by: Actor) -> bool:
    """Photos of an asset are for those who see its card."""
    return _get(s, str(asset_id), by) is not None


def _list(s: Session, query: Query, by: Actor) -> Page:
    found = search(s, filter_of(query, by), limit=query.limit + 1, after=query.cursor)
    shown = found[: query.limit]
    return Page(shown_to(s, by, views(s, shown)), shown[-1].number if len(found) > query.limit else None)


def _get(s: Session, id: str, by: Actor) -> AssetView | None:
    try:
        found = s.get(Asset, UUID(id))
    except ValueError:
        return None
    if found is None or not (by.has(Role.SYSTEM, *READERS) or found.keeper_id == by.person_id):
        return None
    return shown_to(s, by, [view(s, found)])[0]


def _own_columns(s: Session) -> tuple[ExportColumn, ...]:
    """The office's own fields, as columns under their own names."""

    def said(field_id: UUID, row: AssetView) -> Any:
        return next((one.value for one in row.own if one.field_id == field_id), None)

    return tuple(ExportColumn(f"{OWN}{one.id}", one.name, partial(said, one.id)) for one in own_fields.fields(s))


COLLECTION = Collection(
    "assets", PERSON_ROLES, _list, _get,
    (
        ExportColumn("number", "asset.number"), ExportColumn("name", "asset.name"), ExportColumn("spec", "asset.spec"),
        ExportColumn("serial", "asset.serial"), ExportColumn("brand", "asset.brand"), ExportColumn("class_code", "asset.class_code"),
        ExportColumn("got_how", "asset.got_how"), ExportColumn("bought_on", "asset.bought_on"), ExportColumn("value", "asset.value"),
        ExportColumn("salvage", "asset.salvage"), ExportColumn("life_months", "asset.life_months"), ExportColumn("net_value", "asset.net_value"),
        ExportColumn("department", "asset.department"), ExportColumn("keeper", "asset.keeper"), ExportColumn("place_path", "asset.place"),
        ExportColumn("supplier", "asset.supplier"), ExportColumn("invoice", "asset.invoice"),
        ExportColumn("warranty_until", "asset.warranty_until"),
        ExportColumn("counted", "asset.counted"),
        ExportColumn("quantity", "asset.quantity"), ExportColumn("unit", "asset.unit"), ExportColumn("parent", "asset.parent"),
        ExportColumn("remark", "asset.remark"), ExportColumn("state", "asset.state"), ExportColumn("label", "asset.label"),
    ),
    ("place", "department", "keeper", "state", "class", "warranty", "label", "counted", "parent"), _own_columns,
)  # fmt: skip


# ── import ──

REFERENCES = {"department_id": "department", "keeper_id": "keeper", "place_id": "place", "parent_id": "parent"}
AMOUNTS = ("value_cents", "net_value_cents", "salvage_cents")
DAYS = ("bought_on", "warranty_until")


class Names:
    """Whose, where, what kind and part of what, by what a file calls them, and back."""

    def __init__(self, s: Session) -> None:
        everyone = list(s.execute(select(people.Person).where(col(people.Person.disabled_at).is_(None))).scalars())
        self.departments = unique((row.name, row) for row in people.departments(s))
        self.people = unique((row.name, row) for row in everyone)
        self.exactly = unique((name, row) for row in everyone for name in {row.number or "", row.account or "", row.email or ""})
        self.places = PlaceFinder(s)
        known = classes.known(s)
        self.class_names = unique((name, code) for code, one in known.items() for name in set(one.names.values()))
        self.class_codes = set(known)
        keepers = set(s.execute(select(Asset.keeper_id).where(col(Asset.keeper_id).is_not(None)).distinct()).scalars())
        self.shown: dict[Any, str] = {
            **people.department_names(s), **self.places.paths, **names_of(s, {id for id in keepers if id}),
            **{row.id: row.name for row in everyone},
        }  # fmt: skip

    def keeper(self, said: str, department_id: UUID | None) -> UUID:
        """By staff number, account or mail address (also `Name (mail)`), else by name; of namesakes the one in the row's department.

        Raises RowError import.unknown_person, import.person_ambiguous."""
        name, mail = dialects.name_and_mail(said)
        exactly, found = self.exactly.get(mail.casefold(), []), self.people.get(name.casefold(), [])
        near = exactly if len(exactly) == 1 else [row for row in found if len(found) == 1 or row.department_id == department_id]
        if len(near) == 1:
            return UUID(str(near[0].id))
        one: people.Person = one_of(self.people, name, "keeper", "import.unknown_person", "import.person_ambiguous")
        return one.id

    def wrong(self, values: Mapping[str, Any], found: Asset | None) -> list[RowError]:
        """Every name of a row that stands for nothing, or for several."""
        said, errors = dict(values), []
        for name in ("department", "place", "keeper"):
            given: dict[str, Any] = {key: said[key] for key in (name, "department_id") if key in said}
            try:
                self.resolve(given, found)
            except RowError as error:
                errors.append(error)
            else:
                said |= given
        return errors

    def resolve(self, values: dict[str, Any], found: Asset | None) -> None:
        """Replace names by ids. What a name already stands for in the record stays: two places or persons may be called alike."""
        if "department" in values:
            said = values.pop("department")
            row = one_of(self.departments, said, "department", "import.unknown_department", "import.unknown_department")
            values["department_id"] = row.id
        if "place" in values:
            said = values.pop("place")
            same = found is not None and found.place_id in self.places.named(said)
            values["place_id"] = found.place_id if same and found is not None else self.places.find(said, "place")
        if "keeper" in values:
            said = values.pop("keeper")
            same = found is not None and self.shown.get(found.keeper_id, "").casefold() == said.casefold()
            department_id = values.get("department_id") or (found.department_id if found is not None else None)
            values["keeper_id"] = found.keeper_id if same and found is not None else self.keeper(said, department_id)
        if "class_code" in values and values["class_code"] not in self.class_codes:  # a name instead of the code
            named = self.class_names.get(values["class_code"].casefold(), [])
            if len(named) == 1:
                values["class_code"] = named[0]


def _derive(values: dict[str, Any], found: Asset | None) -> None:
    """Columns that only say another one differently: years of life, price of one, months of warranty; and a net value that follows anyway."""

    def is_or_was(name: str) -> Any:
        return values.get(name, getattr(found, name) if found is not None else None)

    years, price, months = (values.pop(name, None) for name in ("life_years", "unit_price", "warranty_months"))
    if values.get("quantity", 1) > 1 and "bulk" not in values and found is None:
        values["bulk"] = True
    if years is not None:
        values.setdefault("life_months", years)
    if price is not None:
        values.setdefault("value_cents", price * (is_or_was("quantity") or 1))
    if months is not None and is_or_was("bought_on") is not None:
        values.setdefault("warranty_until", dialects.months_after(is_or_was("bought_on"), months))
    if worth.computable(is_or_was("value_cents"), is_or_was("life_months"), is_or_was("bought_on")):
        values.pop("net_value_cents", None)


def _plan(s: Session) -> Plan:
    known = {row.number.casefold(): row for row in s.execute(select(Asset)).scalars()}
    names = Names(s)
    coming: dict[str, UUID] = {}
    fields = {f"{OWN}{one.id}": one for one in own_fields.fields(s)}
    said = own_fields.values(s, [row.id for row in known.values()]) if fields else {}
    names.shown |= {row.id: row.number for row in known.values()}

    def plan(values: dict[str, Any]) -> Step:
        title = f"{values['number']}  {values['name']}"
        found = known.get(values["number"].casefold())
        own = {key: values.pop(key) for key in list(values) if key.startswith(OWN)}
        names.resolve(values, found)
        leans = "parent" in values and _resolve_parent(values, found, known, coming)
        _derive(values, found)
        _fit(
            own,
            fields,
            values.get("class_code", found.class_code if found is not None else ""),
            said.get(found.id, {}) if found is not None else {},
        )
        if found is None:
            asset_id = coming[values["number"].casefold()] = uuid7()
            texts = {UUID(key.removeprefix(OWN)): text for key, text in own.items()}
            return Step(RegisterAsset(id=asset_id, **values, own=texts), asset_id, after={**values, **own}, title=title, leans=leans)
        values.pop("number")  # how it was found; the book's own writing of it stays
        new = differing(found, values)
        old = {f"{OWN}{id}": own_fields.shown(value) for id, value in said.get(found.id, {}).items()}
        new_own = {key: text for key, text in own.items() if old.get(key, "") != text}
        if not new and not new_own:
            return Step(None, found.id, title=title)
        if found.state == "disposed":
            raise RowError("number", "asset.disposed", number=found.number)
        before = {key: getattr(found, key) for key in new} | {key: old.get(key, "") for key in new_own}
        changes = tuple(shown_change(key, before[key], value, names) for key, value in (new | new_own).items())
        texts = {UUID(key.removeprefix(OWN)): text for key, text in new_own.items()}
        do = UpdateAsset(asset_id=found.id, **{**new, **({"own": texts} if texts else {})})
        return Step(do, found.id, before, {**new, **new_own}, changes, title, leans)

    return ToldAtOnce(plan, lambda values: names.wrong(values, known.get(str(values.get("number", "")).casefold())))


def _resolve_parent(values: dict[str, Any], found: Asset | None, known: Mapping[str, Asset], coming: Mapping[str, UUID]) -> bool:
    """The number of what a row is part of becomes an id; answers whether that is a row above. Raises RowError import.unknown_parent."""
    said = values.pop("parent")
    here = known.get(said.casefold())
    if here is not None:
        values["parent_id"] = here.id
        return False
    if said.casefold() not in coming:
        raise RowError("parent", "import.unknown_parent", number=said)
    values["parent_id"] = coming[said.casefold()]
    return True


def _fit(own: Mapping[str, str], fields: Mapping[str, own_fields.AssetField], class_code: str, said: Mapping[UUID, Any]) -> None:
    """Own fields are those of the asset's class, or it says something there already. Raises RowError asset.field_not_of_class."""
    for key in own:
        if not fields[key].fits(class_code) and fields[key].id not in said:
            raise RowError(key, "asset.field_not_of_class", field=fields[key].name)


def shown_change(key: str, before: Any, after: Any, names: Names) -> tuple[str, str, str]:
    if key in REFERENCES:
        return REFERENCES[key], names.shown.get(before, ""), names.shown.get(after, "")
    if key in AMOUNTS:
        before, after = amount(before), amount(after)
    if key == "bulk":
        before, after = ("bulk" if one else "single" for one in (before, after))
    return key, "" if before is None else str(before), str(after)


def _undo(s: Session, id: UUID, before: Mapping[str, Any] | None, after: Mapping[str, Any], by: Actor, at: datetime) -> bool:
    found = s.get(Asset, id)
    if found is None:
        return False
    if before is None:
        moved = any(row.kind != custody.BOOKED for row in custody.history(s, ("asset", id)))
        if found.version != 1 or moved or labels.of(s, SubjectKind.ASSET, id) is not None or components(s, id):
            return False
        custody.book(s, ("asset", id), None, by, at)  # nobody holds what is no longer there
        own_fields.forget(s, id)
        index.forget(s, id)
        s.flush()
        return remove(s, "asset", found)
    was = {f"{OWN}{field_id}": own_fields.shown(value) for field_id, value in own_fields.values(s, [id]).get(id, {}).items()}
    same: dict[str, Any] = {}
    own: dict[UUID, str | None] = {}
    for name, old in before.items():
        if name.startswith(OWN):
            if was.get(name, "") == after.get(name, ""):
                own[UUID(name.removeprefix(OWN))] = old or None
        elif getattr(found, name) == _typed(name, after.get(name)):
            same[name] = _typed(name, old)
    change(s, found, {**same, "own": own}, "import_undone", by, at)
    return len(same) + len(own) == len(before)


def _typed(name: str, value: Any) -> Any:
    """Values come back from JSON as texts."""
    return date.fromisoformat(value) if name in DAYS and isinstance(value, str) else as_id(name, value)


# ── what cells mean ──


def _words(key: str, options: Mapping[str, Any]) -> Callable[[Cell], Any]:
    """A column of a few words, in any of the three languages or as the program's own word. Raises import.not_one_of."""
    meanings = {
        said.casefold(): value for option, value in options.items() for said in (option, *(t(f"{key}.{option}", one) for one in LANGUAGES))
    }

    def parse(cell: Cell) -> Any:
        found = meanings.get(parse_text(cell).casefold())
        if found is None:
            raise CellError("import.not_one_of", options="、".join(t(f"{key}.{option}", LANGUAGES[0]) for option in options))
        return found

    return parse


def whole_number(most: int, *units: str, times: int = 1) -> Callable[[Cell], int]:
    """A whole number, 1 to `most`, perhaps with its unit: `72`, `72个月`. Raises import.not_whole."""

    def parse(cell: Cell) -> int:
        said = parse_code(cell).replace(",", "").strip()
        for unit in units:
            said = said.removesuffix(unit).strip()
        said = said[:-2] if said.endswith(".0") else said
        if not (said.isascii() and said.isdigit() and len(said) <= 9 and 1 <= int(said) * times <= most):
            raise CellError("import.not_whole", most=most // times)
        return int(said) * times

    return parse


def _months_of_warranty(cell: Cell) -> int | None:
    return None if parse_code(cell) == "0" else whole_number(MOST_MONTHS, "个月", "個月", "月", "months")(cell)


def _own_imports(s: Session) -> tuple[ImportColumn, ...]:
    def parse(field: own_fields.AssetField, cell: Cell) -> str:
        return own_fields.shown(own_fields.parse(field, cell))

    return tuple(ImportColumn(f"{OWN}{one.id}", one.name, partial(parse, one)) for one in own_fields.fields(s))


IMPORTER = Importer(
    "assets", "number",
    (
        ImportColumn("number", "asset.number", parse_code, True, ("编号", "編號", "固定资产编号", "卡片编号", "Number", "Asset tag")),
        ImportColumn("name", "asset.name", text(200), True, ("名称", "名稱", "固定资产名称", "Name")),
        ImportColumn("spec", "asset.spec", text(200), aliases=("规格", "型号", "规格及型号", "規格", "型號", "Model")),
        ImportColumn("serial", "asset.serial", parse_code, aliases=("出厂编号", "出廠編號", "SN", "S/N", "Serial")),
        ImportColumn("brand", "asset.brand", text(200), aliases=("厂牌", "廠牌", "生产厂家", "製造商", "Manufacturer", "Make")),
        ImportColumn("class_code", "asset.class_code", parse_code, aliases=("资产分类代码", "国标分类代码", "資產分類代碼", "分类", "分類", "Class")),
        ImportColumn(
            "got_how", "asset.got_how", _words("asset.got_how", {one.value: one for one in GotHow}), aliases=("取得来源", "取得來源", "来源", "來源")
        ),
        ImportColumn("bought_on", "asset.bought_on", parse_day, aliases=("取得日期", "購入日期", "购入日期", "Bought on")),
        ImportColumn("value_cents", "asset.value", parse_cents, aliases=("原值", "總價", "总价", "價格", "价格", "金额", "金額", "Cost")),
        ImportColumn("unit_price", "asset.unit_price", parse_cents, aliases=("單價", "单价", "Unit price")),
        ImportColumn("salvage_cents", "asset.salvage", parse_cents, aliases=("残值", "殘值", "净残值", "淨殘值", "Residual value")),
        ImportColumn("life_months", "asset.life_months", whole_number(MOST_MONTHS, "个月", "個月", "月", "months"), aliases=("使用月数", "使用月數")),
        ImportColumn(
            "life_years", "asset.life_years", whole_number(MOST_MONTHS, "年", "years", "year", times=12), aliases=("使用年限", "预计使用年限", "預計使用年限", "折旧年限")
        ),
        ImportColumn("net_value_cents", "asset.net_value", parse_cents, aliases=("账面净值", "帳面淨值")),
        ImportColumn("department", "asset.department", text(80), aliases=("部门", "部門", "使用部門", "使用科室")),
        ImportColumn("keeper", "asset.keeper", text(80), aliases=("保管员", "使用人", "保管員", "責任人", "责任人", "Custodian")),
        ImportColumn("place", "asset.place", text(400), aliases=("地点", "地點", "位置", "存放位置", "Location")),
        ImportColumn("supplier", "asset.supplier", text(200), aliases=("供货商", "廠商", "Vendor")),
        ImportColumn("invoice", "asset.invoice", parse_code, aliases=("发票号", "發票號", "发票编号", "Invoice")),
        ImportColumn("warranty_until", "asset.warranty_until", parse_day, aliases=("保修到期", "质保期至", "保固到期", "Warranty expires")),
        ImportColumn("warranty_months", "asset.warranty_months", _months_of_warranty, aliases=("质保月数", "Warranty months")),
        ImportColumn("bulk", "asset.counted", _words("asset.counted", {"bulk": True, "single": False}), aliases=("管理方式", "Kind of line")),
        ImportColumn("quantity", "asset.quantity", whole_number(MOST_THINGS), aliases=("数目", "數目", "Qty")),
        ImportColumn("unit", "asset.unit", text(20), aliases=("计量单位", "計量單位")),
        ImportColumn("parent", "asset.parent", parse_code, aliases=("上级资产", "主资产编号", "主資產編號", "Parent asset")),
        ImportColumn("remark", "asset.remark", text(500), aliases=("说明", "說明", "Notes", "Remarks")),
    ),
    KEEPERS_OF_THE_BOOK, _plan, _undo, ignored=("asset.state", "asset.label"), more=_own_imports, dialects=(dialects.SNIPE_IT, dialects.SHELF, dialects.SHELF_INDEX),
)  # fmt: skip


def card(s: Session, id_or_code: str, by: Actor) -> AssetView:
    """One asset by its id or what its label says, to a caller who may see it. Refuses: asset.not_found, label.unknown …"""
    try:
        found = _get(s, str(UUID(id_or_code)), by)
    except ValueError:
        found = _get(s, str(by_code(s, id_or_code).id), by)
    if found is None:
        raise Refused("asset.not_found")
    return found

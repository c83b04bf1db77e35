"""Assets for programs, tables and files: the list of the API, the columns of an export, and the import of an office's table (Things 10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import attachments, custody, labels, people
from core.mechanisms.imports import ImportColumn, Importer, RowError, Step
from core.mechanisms.imports.declared import Plan
from core.mechanisms.imports.lists import PlaceFinder, as_id, differing, one_of, remove, text, unique
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import PERSON_ROLES, Actor, Role
from core.mechanisms.tables import amount, parse_cents, parse_code, parse_day
from core.mechanisms.views import Collection, ExportColumn, Page, Query
from core.sections.assets.ledger import (
    KEEPERS_OF_THE_BOOK,
    Asset,
    AssetView,
    Filter,
    RegisterAsset,
    UpdateAsset,
    by_code,
    change,
    names_of,
    search,
    view,
    views,
)

READERS = frozenset({Role.ADMIN, Role.CLERK, Role.LEADER, Role.SAFETY, Role.RECEPTION})


# ── lists ──


def _filter(query: Query, by: Actor) -> Filter:
    said = query.filters
    keeper = _id(said.get("keeper"))
    if not by.has(Role.SYSTEM, *READERS):  # everyone may see what they themselves keep
        keeper = by.person_id
    return Filter(
        query.q, _id(said.get("place")), _id(said.get("department")), keeper, tuple(filter(None, said.get("state", "").split(","))),
        said.get("class", ""),
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
    found = search(s, _filter(query, by), limit=query.limit + 1, after=query.cursor)
    shown = found[: query.limit]
    return Page(views(s, shown), shown[-1].number if len(found) > query.limit else None)


def _get(s: Session, id: str, by: Actor) -> AssetView | None:
    try:
        found = s.get(Asset, UUID(id))
    except ValueError:
        return None
    if found is None or not (by.has(Role.SYSTEM, *READERS) or found.keeper_id == by.person_id):
        return None
    return view(s, found)


COLLECTION = Collection(
    "assets", PERSON_ROLES, _list, _get,
    (
        ExportColumn("number", "asset.number"), ExportColumn("name", "asset.name"), ExportColumn("spec", "asset.spec"),
        ExportColumn("serial", "asset.serial"), ExportColumn("class_code", "asset.class_code"),
        ExportColumn("bought_on", "asset.bought_on"),
        ExportColumn("value", "asset.value"), ExportColumn("department", "asset.department"), ExportColumn("keeper", "asset.keeper"),
        ExportColumn("place_path", "asset.place"), ExportColumn("net_value", "asset.net_value"), ExportColumn("supplier", "asset.supplier"),
        ExportColumn("state", "asset.state"), ExportColumn("label", "asset.label"),
    ),
    ("place", "department", "keeper", "state", "class"),
)  # fmt: skip


# ── import ──

REFERENCES = {"department_id": "department", "keeper_id": "keeper", "place_id": "place"}
AMOUNTS = ("value_cents", "net_value_cents")


class _Names:
    """Whose and where, by what a file calls them, and back."""

    def __init__(self, s: Session) -> None:
        everyone = list(s.execute(select(people.Person).where(col(people.Person.disabled_at).is_(None))).scalars())
        self.departments = unique((row.name, row) for row in people.departments(s))
        self.people = unique((row.name, row) for row in everyone)
        self.exactly = unique((name, row) for row in everyone for name in {row.number or "", row.account or ""})
        self.places = PlaceFinder(s)
        keepers = set(s.execute(select(Asset.keeper_id).where(col(Asset.keeper_id).is_not(None)).distinct()).scalars())
        self.shown: dict[Any, str] = {
            **people.department_names(s), **self.places.paths, **names_of(s, {id for id in keepers if id}),
            **{row.id: row.name for row in everyone},
        }  # fmt: skip

    def keeper(self, said: str, department_id: UUID | None) -> UUID:
        """By staff number or account, else by name; of namesakes the one in the row's department.

        Raises RowError import.unknown_person, import.person_ambiguous."""
        exactly = self.exactly.get(said.casefold(), [])
        if len(exactly) == 1:
            return UUID(str(exactly[0].id))
        found = self.people.get(said.casefold(), [])
        near = [row for row in found if row.department_id == department_id] if len(found) > 1 else found
        if len(near) == 1:
            return UUID(str(near[0].id))
        one: people.Person = one_of(self.people, said, "keeper", "import.unknown_person", "import.person_ambiguous")
        return one.id

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


def _plan(s: Session) -> Plan:
    known = {row.number.casefold(): row for row in s.execute(select(Asset)).scalars()}
    names = _Names(s)

    def plan(values: dict[str, Any]) -> Step:
        title = f"{values['number']}  {values['name']}"
        found = known.get(values["number"].casefold())
        names.resolve(values, found)
        if found is None:
            asset_id = uuid7()
            return Step(RegisterAsset(id=asset_id, **values), asset_id, after=values, title=title)
        values.pop("number")  # how it was found; the book's own writing of it stays
        new = differing(found, values)
        if not new:
            return Step(None, found.id, title=title)
        if found.state == "disposed":
            raise RowError("number", "asset.disposed", number=found.number)
        before = {key: getattr(found, key) for key in new}
        changes = tuple(_shown_change(key, before[key], value, names) for key, value in new.items())
        return Step(UpdateAsset(asset_id=found.id, **new), found.id, before, new, changes, title)

    return plan


def _shown_change(key: str, before: Any, after: Any, names: _Names) -> tuple[str, str, str]:
    if key in REFERENCES:
        return REFERENCES[key], names.shown.get(before, ""), names.shown.get(after, "")
    if key in AMOUNTS:
        before, after = amount(before), amount(after)
    return key, "" if before is None else str(before), str(after)


def _undo(s: Session, id: UUID, before: Mapping[str, Any] | None, after: Mapping[str, Any], by: Actor, at: datetime) -> bool:
    found = s.get(Asset, id)
    if found is None:
        return False
    if before is None:
        rows = custody.history(s, ("asset", id))
        used = found.version != 1 or labels.of(s, SubjectKind.ASSET, id) is not None or any(row.kind != custody.BOOKED for row in rows)
        if used:
            return False
        custody.book(s, ("asset", id), None, by, at)  # nobody holds what is no longer there
        return remove(s, "asset", found)
    same = {name: _typed(name, value) for name, value in before.items() if getattr(found, name) == _typed(name, after.get(name))}
    change(s, found, same, "import_undone", by, at)
    return len(same) == len(before)


def _typed(name: str, value: Any) -> Any:
    """Values come back from JSON as texts."""
    return date.fromisoformat(value) if name == "bought_on" and isinstance(value, str) else as_id(name, value)


IMPORTER = Importer(
    "assets", "number",
    (
        ImportColumn("number", "asset.number", parse_code, True, ("编号", "編號", "固定资产编号", "卡片编号", "Number")),
        ImportColumn("name", "asset.name", text(200), True, ("名称", "名稱", "固定资产名称", "Name")),
        ImportColumn("spec", "asset.spec", text(200), aliases=("规格", "型号", "规格及型号", "規格", "型號", "Model")),
        ImportColumn("serial", "asset.serial", parse_code, aliases=("出厂编号", "出廠編號", "SN", "S/N")),
        ImportColumn("class_code", "asset.class_code", parse_code, aliases=("资产分类代码", "国标分类代码", "資產分類代碼", "Class")),
        ImportColumn("bought_on", "asset.bought_on", parse_day, aliases=("取得日期", "購入日期", "购入日期", "Bought on")),
        ImportColumn("value_cents", "asset.value", parse_cents, aliases=("原值", "单价", "價格", "价格", "金额", "Cost")),
        ImportColumn("department", "asset.department", text(80), aliases=("部门", "部門", "使用部門", "使用科室")),
        ImportColumn("keeper", "asset.keeper", text(80), aliases=("保管员", "使用人", "保管員", "責任人", "责任人")),
        ImportColumn("place", "asset.place", text(400), aliases=("地点", "地點", "位置", "存放位置", "Location")),
        ImportColumn("net_value_cents", "asset.net_value", parse_cents, aliases=("账面净值", "帳面淨值")),
        ImportColumn("supplier", "asset.supplier", text(200), aliases=("供货商", "廠商")),
    ),
    KEEPERS_OF_THE_BOOK, _plan, _undo, ignored=("asset.state", "asset.label"),
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

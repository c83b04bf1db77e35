"""The office's own lists: departments, people, places. Each row adds one or changes one; an empty cell leaves what is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, select
from sqlmodel import Session, SQLModel, col

from core.foundation.ids import uuid7
from core.mechanisms import people, pinyin, places
from core.mechanisms.imports.declared import ImportColumn, Importer, Plan, RowError, Step
from core.mechanisms.operations import Actor, Operation, Role, touch
from core.mechanisms.people import AddDepartment, AddPerson, Department, Person, PersonRole, UpdatePerson
from core.mechanisms.places import AddPlace, Place, PlaceKind, UpdatePlace
from core.mechanisms.tables import Cell, CellError, half_width, parse_code, parse_text


def text(limit: int) -> Callable[[Cell], str]:
    """A column of words, at most `limit` signs."""
    return partial(parse_text, limit=limit)


def fitting(type_: Any, code: str, limit: int = 200) -> Callable[[Cell], Any]:
    """A column whose value an operation's own field type must accept; otherwise the cell answers `code`."""
    adapter = TypeAdapter(type_)

    def parse(cell: Cell) -> Any:
        try:
            return adapter.validate_python(parse_code(cell, limit=limit))
        except ValidationError:
            raise CellError(code) from None

    return parse


def differing(found: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that differ from the record `found`."""
    return {key: value for key, value in values.items() if getattr(found, key) != value}


def give_back(found: Any, before: Mapping[str, Any], after: Mapping[str, Any], convert: Callable[[str, Any], Any]) -> bool:
    """Set the old values where the record still holds what the import wrote; tells whether all of them did."""
    same = [name for name in before if getattr(found, name) == convert(name, after.get(name))]
    for name in same:
        setattr(found, name, convert(name, before[name]))
    if same:
        found.version += 1
    return len(same) == len(before)


def unique(rows: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    """Records by a name that may stand for several."""
    found: dict[str, list[Any]] = {}
    for name, row in rows:
        if name:
            found.setdefault(name.casefold(), []).append(row)
    return found


def one_of(found: Mapping[str, list[Any]], said: str, column: str, unknown: str, several: str, *, key: str | None = None) -> Any:
    """The one record that is called so (`key`: what it is kept by, where that is not simply `said`). Raises RowError `unknown` or `several`."""
    rows = found.get(said.casefold() if key is None else key, [])
    if not rows:
        raise RowError(column, unknown, name=said)
    if len(rows) > 1:
        raise RowError(column, several, name=said, n=len(rows))
    return rows[0]


def as_id(_name: str, value: Any) -> Any:
    """Ids come back from JSON as texts."""
    return UUID(value) if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value) else value


def remove(s: Session, kind: str, found: SQLModel) -> bool:
    """Take away what an import made and nobody has used: the database itself says no when something refers to it."""
    s.delete(found)
    s.flush()
    touch(s, kind, getattr(found, "id"))  # noqa: B009 - every table here has an id; its type does not say so
    return True


# ── departments ──


def _plan_departments(s: Session) -> Plan:
    known = unique((row.name, row) for row in people.departments(s))

    def plan(values: dict[str, Any]) -> Step:
        found = known.get(values["name"].casefold())
        if found:
            return Step(None, found[0].id, title=values["name"])
        department_id = uuid7()
        return Step(AddDepartment(id=department_id, name=values["name"]), department_id, after=values, title=values["name"])

    return plan


def _undo_department(s: Session, id: UUID, before: Mapping[str, Any] | None, after: Mapping[str, Any], by: Actor, at: datetime) -> bool:
    found = s.get(Department, id)
    return found is not None and found.version == 1 and remove(s, "department", found)


DEPARTMENTS = Importer(
    "departments", "name",
    (ImportColumn("name", "imports.heading.department", text(80), True, ("部门名称", "部門名稱", "名称", "名稱", "Name")),),
    frozenset({Role.ADMIN}), _plan_departments, _undo_department,
)  # fmt: skip


# ── people ──


def _plan_people(s: Session) -> Plan:
    rows = list(s.execute(select(Person)).scalars())
    by_number = unique((row.number or "", row) for row in rows)
    by_account = unique((row.account or "", row) for row in rows)
    by_name = unique((row.name, row) for row in rows)
    departments = unique((row.name, row) for row in people.departments(s))
    names = people.department_names(s)

    def existing(values: dict[str, Any]) -> Person | None:
        for key, known in (("number", by_number), ("account", by_account)):
            rows = known.get(values.get(key, "").casefold(), [])
            if rows:
                first: Person = rows[0]
                return first
        if values.get("number") or values.get("account") or values["name"].casefold() not in by_name:
            return None
        one: Person = one_of(by_name, values["name"], "name", "", "import.person_ambiguous")
        return one

    def plan(values: dict[str, Any]) -> Step:
        title = "  ".join(filter(None, (values.get("number"), values["name"])))
        if "department" in values:
            said = values.pop("department")
            values["department_id"] = one_of(departments, said, "department", "import.unknown_department", "import.unknown_department").id
        found = existing(values)
        if found is None:
            person_id = uuid7()
            return Step(AddPerson(id=person_id, **values), person_id, after=values, title=title)
        new = differing(found, values)
        if not new:
            return Step(None, found.id, title=title)
        before = {key: getattr(found, key) for key in new}
        changes = tuple(_shown_change(key, before[key], value, names) for key, value in new.items())
        return Step(UpdatePerson(person_id=found.id, **new), found.id, before, new, changes, title)

    return plan


def _shown_change(key: str, before: Any, after: Any, names: Mapping[UUID, str]) -> tuple[str, str, str]:
    if key == "department_id":
        return "department", names.get(before, ""), names.get(after, "")
    return key, str(before or ""), str(after)


def _undo_person(s: Session, id: UUID, before: Mapping[str, Any] | None, after: Mapping[str, Any], by: Actor, at: datetime) -> bool:
    found = s.get(Person, id)
    if found is None:
        return False
    if before is None:
        if found.version != 1 or found.password_hash is not None:
            return False
        s.execute(delete(PersonRole).where(col(PersonRole.person_id) == id))
        return remove(s, "person", found)
    whole = give_back(found, before, after, as_id)
    keys = pinyin.keys(found.name)
    found.pinyin, found.initials = keys.full, keys.initials
    touch(s, "person", id)
    return whole


PEOPLE = Importer(
    "people", "number",
    (
        ImportColumn("number", "imports.heading.person_number", text(40), aliases=("编号", "人员编号", "員編", "Number")),
        ImportColumn("name", "imports.heading.person_name", text(80), True, ("姓名", "名字", "Full name")),
        ImportColumn("english_name", "imports.heading.english_name", text(80)),
        ImportColumn("department", "imports.heading.department", text(80), aliases=("使用部门", "所属部门", "所屬部門", "科室")),
        ImportColumn("account", "imports.heading.account", fitting(people.Account, "import.bad_account"), aliases=("登录名", "Login")),
        ImportColumn("email", "imports.heading.email", text(200), aliases=("邮箱", "電子郵箱", "E-mail")),
        ImportColumn("phone", "imports.heading.phone", parse_code, aliases=("电话", "電話", "手机号", "手机号码", "Mobile")),
        ImportColumn("extension", "imports.heading.extension", parse_code, aliases=("分机号", "短号", "Ext")),
    ),
    frozenset({Role.ADMIN}), _plan_people, _undo_person,
)  # fmt: skip


# ── places ──

_KINDS = {
    "site": PlaceKind.SITE, "院区": PlaceKind.SITE, "院區": PlaceKind.SITE, "楼": PlaceKind.SITE, "本部": PlaceKind.SITE,
    "floor": PlaceKind.FLOOR, "楼层": PlaceKind.FLOOR, "樓層": PlaceKind.FLOOR,
    "room": PlaceKind.ROOM, "房间": PlaceKind.ROOM, "房間": PlaceKind.ROOM,
    "shelf": PlaceKind.SHELF, "货架": PlaceKind.SHELF, "貨架": PlaceKind.SHELF, "柜": PlaceKind.SHELF, "櫃": PlaceKind.SHELF,
    "point": PlaceKind.POINT, "点位": PlaceKind.POINT, "點位": PlaceKind.POINT,
}  # fmt: skip


def _kind(cell: Cell) -> PlaceKind:
    found = _KINDS.get(parse_text(cell).casefold())
    if found is None:
        raise CellError("import.unknown_place_kind")
    return found


class PlaceFinder:
    """Places by what people call them: short name, name, or path (`本部 › 三楼 › 301`, also with `/` or `-`)."""

    def __init__(self, s: Session) -> None:
        self._names: dict[str, list[Any]] = {}
        self.paths: dict[UUID, str] = {}
        for found in places.everything(s):
            self.add(found.id, found.name, found.short_name, found.path)

    def add(self, id: UUID, name: str, short_name: str | None, path: str) -> None:
        self.paths[id] = path
        for said in {name, short_name or "", path}:
            if said and id not in self._names.setdefault(_place_key(said), []):
                self._names[_place_key(said)].append(id)

    def find(self, said: str, column: str) -> UUID:
        """Raises RowError import.unknown_place, import.place_ambiguous."""
        found: UUID = one_of(self._names, said, column, "import.unknown_place", "import.place_ambiguous", key=_place_key(said))
        return found

    def named(self, said: str) -> list[UUID]:
        return list(self._names.get(_place_key(said), []))


def _place_key(said: str) -> str:
    return re.sub(r"\s*[›/>\\-]\s*|\s+", "/", half_width(said).strip()).casefold()


def _plan_places(s: Session) -> Plan:
    finder = PlaceFinder(s)
    rows = {row.id: row for row in s.execute(select(Place)).scalars()}
    by_short = {row.short_name.casefold(): row.id for row in rows.values() if row.short_name}
    by_name = {(row.parent_id, row.name.casefold()): row.id for row in rows.values()}

    def plan(values: dict[str, Any]) -> Step:
        title = "  ".join(filter(None, (values.get("short_name"), values["name"])))
        parent_id = finder.find(values.pop("parent"), "parent") if "parent" in values else None
        found_id = by_short.get((values.get("short_name") or "").casefold()) or by_name.get((parent_id, values["name"].casefold()))
        if found_id is None:
            place_id = uuid7()
            kind = values.pop("kind", PlaceKind.ROOM if parent_id else PlaceKind.SITE)
            do = AddPlace(id=place_id, parent_id=parent_id, kind=kind, **values)
            path = f"{finder.paths[parent_id]} › {values['name']}" if parent_id else values["name"]
            finder.add(place_id, values["name"], values.get("short_name"), path)
            by_name[(parent_id, values["name"].casefold())] = place_id
            return Step(do, place_id, after=values, title=title)
        if found_id not in rows:
            raise RowError("name", "import.twice_here", name=values["name"])
        return _place_update(rows[found_id], values, parent_id, finder, title)

    return plan


def _place_update(found: Place, values: dict[str, Any], parent_id: UUID | None, finder: PlaceFinder, title: str) -> Step:
    if values.pop("kind", found.kind) != found.kind:
        raise RowError("kind", "import.kind_fixed", name=found.name)
    wanted = {**values, **({"parent_id": parent_id} if parent_id is not None else {})}
    new = differing(found, wanted)
    if not new:
        return Step(None, found.id, title=title)
    before = {key: getattr(found, key) for key in new}
    changes = tuple(
        ("parent", finder.paths.get(before[key], ""), finder.paths.get(value, ""))
        if key == "parent_id"
        else (key, str(before[key] or ""), str(value))
        for key, value in new.items()
    )
    do: Operation = UpdatePlace(place_id=found.id, **new)
    return Step(do, found.id, before, new, changes, title)


def _undo_place(s: Session, id: UUID, before: Mapping[str, Any] | None, after: Mapping[str, Any], by: Actor, at: datetime) -> bool:
    found = s.get(Place, id)
    if found is None:
        return False
    if before is None:
        return found.version == 1 and remove(s, "place", found)
    whole = give_back(found, before, after, as_id)
    keys = pinyin.keys(found.name)
    found.pinyin, found.initials = keys.full, keys.initials
    touch(s, "place", id)
    return whole


PLACES = Importer(
    "places", "path",
    (
        ImportColumn("name", "imports.heading.place_name", text(80), True, ("地点名称", "地點名稱", "房间名称", "名称", "名稱", "Name")),
        ImportColumn("short_name", "imports.heading.short_name", fitting(places.ShortName, "import.bad_short_name"), aliases=("房号",)),
        ImportColumn("kind", "imports.heading.place_kind", _kind, aliases=("类型", "類型", "Type")),
        ImportColumn("parent", "imports.heading.parent", text(400), aliases=("上级", "上層", "所在", "In")),
    ),
    frozenset({Role.ADMIN, Role.CLERK}), _plan_places, _undo_place, linked=True,
)  # fmt: skip

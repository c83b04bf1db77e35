"""Asset classes: a starting table of some forty office classes (GB/T 14885-2022, norms.md 6), and those an office loads itself.

A code is opaque here: the field takes any code, this only gives it a name and a least life. An office's own line wins over the shipped one.
Compare the table with the standard in force before reporting by class.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, StringConstraints
from pydantic import Field as Input
from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import Refused
from core.foundation.i18n import LANGUAGES
from core.foundation.ids import uuid7
from core.mechanisms.imports.declared import ImportColumn, Importer, Plan, Step
from core.mechanisms.imports.lists import differing, give_back, remove, text
from core.mechanisms.operations import PERSON_ROLES, Actor, Operation, Role, operation, touch
from core.mechanisms.tables import Cell, CellError, parse_code, tidy
from core.mechanisms.views import Collection, ExportColumn, Page, Query

TABLE = Path(__file__).with_name("classes.csv")
KEEPERS_OF_THE_BOOK = frozenset({Role.ADMIN, Role.CLERK})
MOST_YEARS = 100


@dataclass(frozen=True, slots=True)
class AssetClass:
    """`names` by language; `least_years` is the least life in years that public bodies count with. `own` lines are the office's."""

    code: str
    names: dict[str, str]
    least_years: int | None
    own: bool = False

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names[LANGUAGES[0]]


class OfficeClass(SQLModel, table=True):
    """A class the office loaded or named itself."""

    __tablename__: ClassVar[str] = "asset_class"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str = Field(unique=True)
    name: str
    least_years: int | None = None
    updated_at: datetime
    version: int = 1


@lru_cache(maxsize=1)
def table() -> dict[str, AssetClass]:
    """Every shipped class by its code, in order of code."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [
            AssetClass(row["code"], {language: row[language] for language in LANGUAGES}, int(row["least_years"]))
            for row in csv.DictReader(file)
        ]
    return {row.code: row for row in sorted(rows, key=lambda row: row.code)}


def known(s: Session) -> dict[str, AssetClass]:
    """Every class by its code, in order of code: the shipped ones and the office's own, which win."""
    own = {
        row.code: AssetClass(row.code, dict.fromkeys(LANGUAGES, row.name), row.least_years, own=True)
        for row in s.execute(select(OfficeClass)).scalars()
    }
    return dict(sorted({**table(), **own}.items()))


def name(code: str, language: str, classes: Mapping[str, AssetClass] | None = None) -> str:
    """The name of a class, or the code itself when nobody named it."""
    found = (table() if classes is None else classes).get(code)
    return found.name(language) if found else code


# ── operations ──


def _visible(said: str) -> str:
    found = tidy(said)
    if not found:
        raise ValueError("text.empty")
    return found


ClassCode = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_visible)]


class SetClass(Operation):
    """Adds a class, or gives a known one the office's own name and life."""

    id: UUID | None = None
    code: ClassCode
    name: Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_visible)]
    least_years: Annotated[int, Input(ge=1, le=MOST_YEARS)] | None = None


@operation(SetClass, "asset.set_class", roles=KEEPERS_OF_THE_BOOK)
def set_class(s: Session, do: SetClass, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses nothing: the same code again is a correction."""
    found = s.execute(select(OfficeClass).where(col(OfficeClass.code) == do.code)).scalar_one_or_none()
    if found is None:
        found = OfficeClass(id=do.id or uuid7(), code=do.code, name=do.name, least_years=do.least_years, updated_at=at)
        s.add(found)
    elif (found.name, found.least_years) != (do.name, do.least_years):
        found.name, found.least_years, found.updated_at = do.name, do.least_years, at
        found.version += 1
    touch(s, "asset_class", found.id)
    return {"class_id": found.id, "code": found.code}


class DropClass(Operation):
    code: ClassCode


@operation(DropClass, "asset.drop_class", roles=KEEPERS_OF_THE_BOOK)
def drop_class(s: Session, do: DropClass, by: Actor, at: datetime) -> None:
    """The office's own line goes; assets keep the code. Refuses: asset.class_not_own"""
    found = s.execute(select(OfficeClass).where(col(OfficeClass.code) == do.code)).scalar_one_or_none()
    if found is None:
        raise Refused("asset.class_not_own", code=do.code)
    s.delete(found)
    touch(s, "asset_class", found.id)


# ── lists and import ──


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class for programs and files."""

    id: str
    version: int
    code: str
    name: str
    least_years: int | None
    own: bool


def _row(one: AssetClass, language: str) -> ClassRow:
    return ClassRow(one.code, 1, one.code, one.name(language), one.least_years, one.own)


def _list(s: Session, query: Query, by: Actor) -> Page:
    wanted = query.q.strip().casefold()
    rows = [_row(one, by.language) for one in known(s).values()]
    rows = [row for row in rows if wanted in row.code.casefold() or wanted in row.name.casefold()]
    rows = [row for row in rows if query.cursor is None or row.code > query.cursor]
    return Page(rows[: query.limit], rows[query.limit - 1].code if len(rows) > query.limit else None)


def _one(s: Session, id: str, by: Actor) -> ClassRow | None:
    found = known(s).get(id)
    return _row(found, by.language) if found else None


COLLECTION = Collection(
    "asset-classes", PERSON_ROLES, _list, _one,
    (ExportColumn("code", "asset.class_code"), ExportColumn("name", "asset.class_name"), ExportColumn("least_years", "asset.least_years")),
)  # fmt: skip


def parse_years(cell: Cell) -> int:
    """Whole years, 1 to 100: `6`, `6年`. Raises import.not_years."""
    said = parse_code(cell).removesuffix("年").strip()
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:4]) <= MOST_YEARS):
        raise CellError("import.not_years", most=MOST_YEARS)
    return int(said)


def _plan(s: Session) -> Plan:
    rows = {row.code.casefold(): row for row in s.execute(select(OfficeClass)).scalars()}

    def plan(values: dict[str, Any]) -> Step:
        found, title = rows.get(values["code"].casefold()), f"{values['code']}  {values['name']}"
        if found is None:
            shipped = table().get(values["code"])
            if (
                shipped
                and values["name"] in shipped.names.values()
                and values.get("least_years", shipped.least_years) == shipped.least_years
            ):
                return Step(None, uuid7(), title=title)  # it is shipped just so
            class_id = uuid7()
            return Step(SetClass(id=class_id, **values), class_id, after=values, title=title)
        new = differing(found, {key: value for key, value in values.items() if key != "code"})
        if not new:
            return Step(None, found.id, title=title)
        before = {key: getattr(found, key) for key in new}
        whole = {"name": found.name, "least_years": found.least_years, **new}
        changes = tuple((key, str(before[key] or ""), str(value)) for key, value in new.items())
        return Step(SetClass(code=found.code, **whole), found.id, before, new, changes, title)

    return plan


def _undo(s: Session, id: UUID, before: Mapping[str, Any] | None, after: Mapping[str, Any], by: Actor, at: datetime) -> bool:
    found = s.get(OfficeClass, id)
    if found is None:
        return False
    if before is None:
        return found.version == 1 and remove(s, "asset_class", found)
    return give_back(found, before, after, lambda _name, value: value)


IMPORTER = Importer(
    "asset_classes", "code",
    (
        ImportColumn("code", "asset.class_code", parse_code, True, ("代码", "代碼", "编码", "Code", "Class")),
        ImportColumn("name", "asset.class_name", text(80), True, ("名称", "名稱", "资产分类名称", "Name")),
        ImportColumn("least_years", "asset.least_years", parse_years, aliases=("使用年限", "最低使用年限", "Years")),
    ),
    KEEPERS_OF_THE_BOOK, _plan, _undo,
)  # fmt: skip

"""Changing many assets at once: chosen by a filter or one by one, shown row by row first, then done as one set that can be undone.

Each asset is changed by an operation of its own (`asset.update`), with its own line in its life and in the audit trail; what all of them were
before is noted like that of an import, so that one undo gives the old values back wherever nobody changed them since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select
from sqlmodel import Session

from core.foundation import database
from core.foundation.errors import Invalid, NotAllowed
from core.foundation.ids import uuid7
from core.mechanisms import imports, places
from core.mechanisms.imports import ImportColumn, Planned, Report, Sheet, Step
from core.mechanisms.operations import Actor, Role
from core.mechanisms.tables import parse_text
from core.sections.assets import own_fields
from core.sections.assets.exchange import IMPORTER, Names, shown_change
from core.sections.assets.ledger import KEEPERS_OF_THE_BOOK, OWN, Asset, AssetState, UpdateAsset

MOST = 20_000
CHANGEABLE = (
    "department_id",
    "keeper_id",
    "place_id",
    "class_code",
    "state",
    "got_how",
    "supplier",
    "brand",
    "life_months",
    "warranty_until",
    "remark",
)
_STATE = ImportColumn("state", "asset.state", parse_text)


def preview(asset_ids: Iterable[UUID], given: Mapping[str, Any], by: Actor, *, language: str = "", progress: Callable[[int, int], None] | None = None,
            cancelled: Callable[[], bool] = lambda: False) -> Report:  # fmt: skip
    """What `apply` would do to each of these assets, and nothing is written. Blocks; call it off the event loop.

    `given` maps fields to values, `own.<id>` to a text; None takes a value away. Raises NotAllowed, Invalid op.invalid, asset.too_many."""
    return imports.rehearse(_sheet(asset_ids, given, by, language), by, progress=progress, cancelled=cancelled)


def apply(asset_ids: Iterable[UUID], given: Mapping[str, Any], by: Actor, *, name: str = "", edit_id: UUID | None = None, language: str = "",
          progress: Callable[[int, int], None] | None = None, cancelled: Callable[[], bool] = lambda: False) -> Report:  # fmt: skip
    """Do it. The report's `import_id` undoes it (`imports.undo`). With the same `edit_id` again nothing happens twice.

    Raises what `preview` raises."""
    sheet = _sheet(asset_ids, given, by, language)
    return imports.carry_out(
        sheet, by, import_id=edit_id or uuid7(), name=name, kind="together", progress=progress, cancelled=cancelled
    )  # fmt: skip


def _sheet(asset_ids: Iterable[UUID], given: Mapping[str, Any], by: Actor, language: str) -> Sheet:
    if not by.has(Role.SYSTEM, *KEEPERS_OF_THE_BOOK):
        raise NotAllowed(kind="asset.update")
    wanted = list(dict.fromkeys(asset_ids))
    if len(wanted) > MOST:
        raise Invalid("asset.too_many", n=len(wanted), most=MOST)
    plain = {name: value for name, value in given.items() if not name.startswith(OWN)}
    own = {name: value for name, value in given.items() if name.startswith(OWN)}
    if set(plain) - set(CHANGEABLE) or not given:
        raise Invalid("op.invalid", fields=", ".join(sorted(set(plain) - set(CHANGEABLE)))[:200])
    values = _checked(plain)
    with database.reading() as s:
        how = IMPORTER.with_own(s)
        sheet = Sheet(replace(how, columns=(*how.columns, _STATE)), language or by.language)
        rows = list(s.execute(select(Asset).where(database.among(Asset.id, wanted)).order_by(Asset.number)).scalars())
        said = own_fields.values(s, [row.id for row in rows]) if own else {}
        names = Names(s)
        _name_places(s, names, rows)
        for number, row in enumerate(rows, start=1):
            step = _step(row, values, own, said.get(row.id, {}), names)
            if step.do is None:
                sheet.others.append(imports.RowOutcome(number, "skip", step.title))
            else:
                sheet.steps.append(Planned(number, step, {}))
    return sheet


def _step(asset: Asset, values: Mapping[str, Any], own: Mapping[str, Any], said: Mapping[UUID, Any], names: Names) -> Step:
    title = f"{asset.number}  {asset.name}"
    new = {name: value for name, value in values.items() if getattr(asset, name) != value}
    old = {f"{OWN}{field_id}": own_fields.shown(value) for field_id, value in said.items()}
    new_own = {name: value or "" for name, value in own.items() if old.get(name, "") != (value or "")}
    if not new and not new_own:
        return Step(None, asset.id, title=title)
    before = {name: getattr(asset, name) for name in new} | {name: old.get(name, "") for name in new_own}
    changes = tuple(shown_change(name, before[name], value, names) for name, value in (new | new_own).items())
    texts = {UUID(name.removeprefix(OWN)): value or None for name, value in new_own.items()}
    do = UpdateAsset(asset_id=asset.id, base_version=asset.version, **{**new, **({"own": texts} if texts else {})})
    return Step(do, asset.id, before, {**new, **new_own}, changes, title)


def _checked(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the operation's own types hold them. Raises Invalid op.invalid with the fields that do not fit."""
    try:
        found = UpdateAsset(asset_id=uuid7(), **plain)
    except ValidationError as error:
        raise Invalid("op.invalid", fields=", ".join(str(one["loc"][0]) for one in error.errors())[:200]) from None
    values = found.model_dump(include=set(plain))
    empty = {name for name, value in values.items() if value is None and name in ("class_code", "supplier", "brand", "remark", "got_how")}
    return {name: "" if name in empty else value for name, value in values.items()}


def _name_places(s: Session, names: Names, rows: Iterable[Asset]) -> None:
    """Places that were given up meanwhile have a name in the preview too."""
    missing = {row.place_id for row in rows if row.place_id and row.place_id not in names.shown}
    names.shown |= {id: path for id, (_, path) in places.paths_of(s, missing).items()}


def states() -> tuple[AssetState, ...]:
    """The states that can be given by hand."""
    return (AssetState.IN_USE, AssetState.IDLE, AssetState.REPAIR)

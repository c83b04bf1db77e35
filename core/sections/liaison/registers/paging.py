"""What every register of liaison needs: the latest first, names of persons, ids that came as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlmodel import Session, col

from core.foundation.errors import Invalid
from core.mechanisms import people
from core.mechanisms.views import ExportColumn, Query


def latest(s: Session, found: Select[Any], table: Any, moment: Any, query: Query) -> tuple[list[Any], str | None]:
    if query.cursor and (last := s.get(table, uuid_of(query.cursor, "query.cursor"))) is not None:
        at = getattr(last, moment.key)
        found = found.where(or_(col(moment) < at, and_(col(moment) == at, col(table.id) < last.id)))
    rows = list(s.execute(found.order_by(col(moment).desc(), col(table.id).desc()).limit(query.limit + 1)).scalars())
    return rows[: query.limit], str(rows[query.limit - 1].id) if len(rows) > query.limit else None


def names_of(s: Session, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    wanted = {id for id in ids if id is not None}
    if not wanted:
        return {}
    return {row.id: row.name for row in s.execute(select(people.Person.id, people.Person.name).where(col(people.Person.id).in_(wanted)))}


def uuid_of(text: str, code: str = "query.filter") -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(code) from None


def is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def columns(prefix: str, *names: str) -> tuple[ExportColumn, ...]:
    return tuple(ExportColumn(name, f"liaison.{prefix}.{name}") for name in names)

"""What an office said about headings we do not know: remembered for every file with the same set of headings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import JSON, Column, UniqueConstraint, select
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.ids import uuid7
from core.mechanisms.imports.declared import importer
from core.mechanisms.imports.keys import heading_key, set_key
from core.mechanisms.operations import Actor, Operation, Role, operation, touch
from core.mechanisms.tables import MAX_COLUMNS


class ImportMapping(SQLModel, table=True):
    """For files with these headings: heading → column; an empty column means that it is not read."""

    __tablename__: ClassVar[str] = "import_mapping"
    __table_args__ = (UniqueConstraint("collection", "headings_key", name="uq_import_mapping"),)
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    collection: str
    headings_key: str
    columns: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    person_id: UUID | None = None
    updated_at: datetime


Text = Annotated[str, StringConstraints(max_length=400)]
Key = Annotated[str, StringConstraints(max_length=80)]


class RememberMapping(Operation):
    """`headings` are all of the file's; `columns` says which column one is, or an empty one that it is not read."""

    collection: Annotated[str, StringConstraints(max_length=40)]
    headings: Annotated[list[Text], Input(min_length=1, max_length=MAX_COLUMNS)]
    columns: Annotated[dict[Text, Key], Input(max_length=MAX_COLUMNS)]


@operation(RememberMapping, "import.remember_mapping", roles={Role.ADMIN, Role.CLERK})
def remember(s: Session, do: RememberMapping, by: Actor, at: datetime) -> dict[str, Any]:
    """The next file with the same headings is read the same way. Refuses: import.unknown_collection, import.unknown_column"""
    how = importer(do.collection, by).with_own(s)
    known = {column.key for column in how.columns} | {""}
    said = {heading_key(text): key for text, key in do.columns.items() if key in known}
    key = set_key(do.headings)
    query = select(ImportMapping).where(col(ImportMapping.collection) == do.collection, col(ImportMapping.headings_key) == key)
    found = s.execute(query).scalar_one_or_none()
    if found is None:
        found = ImportMapping(collection=do.collection, headings_key=key, updated_at=at)
        s.add(found)
    found.columns, found.person_id, found.updated_at = {**found.columns, **said}, by.person_id, at
    touch(s, "import_mapping", found.id)
    return {"mapping_id": found.id}


def remembered(s: Session, collection: str, headings: Sequence[str]) -> dict[str, str]:
    """Heading key → column, as the office said it for files with these headings."""
    query = select(ImportMapping).where(col(ImportMapping.collection) == collection, col(ImportMapping.headings_key) == set_key(headings))
    found = s.execute(query).scalar_one_or_none()
    return dict(found.columns) if found is not None else {}

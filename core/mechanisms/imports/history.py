"""What imports did, row by row, so that one can be undone: two tables and the operations that write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import JSON, Column, func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, Session, SQLModel, col

from core.foundation.errors import NotAllowed, Refused
from core.foundation.ids import uuid7
from core.mechanisms import operations
from core.mechanisms.imports.declared import ROWS_AT_ONCE, Importer, importer
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Operation, Role, operation, touch


class ImportRun(SQLModel, table=True):
    """One real import: which file, by whom, and whether it was undone. `kind` is `file`, or `together` for a change of many on the desk."""

    __tablename__: ClassVar[str] = "import_run"
    id: UUID = Field(primary_key=True)
    collection: str = Field(index=True)
    file_name: str = ""
    person_id: UUID | None = None
    started_at: datetime
    undone_at: datetime | None = None
    kind: str = Field(default="file", sa_column_kwargs={"server_default": "file"})
    version: int = 1


class ImportLine(SQLModel, table=True):
    """What a row of a run was about to do: `before` holds the old values of an update (None: a new thing), `after` the new ones.
    `undone` is empty, `restored` or `kept`."""

    __tablename__: ClassVar[str] = "import_line"
    id: UUID = Field(default_factory=uuid7, primary_key=True)
    run_id: UUID = Field(foreign_key="import_run.id", index=True)
    row: int
    op_id: UUID = Field(unique=True)
    subject_id: UUID = Field(index=True)
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    after: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    undone: str = ""


class BeginImport(Operation):
    import_id: UUID
    collection: Annotated[str, StringConstraints(max_length=40)]
    file_name: Annotated[str, StringConstraints(max_length=200)] = ""
    kind: Literal["file", "together"] = "file"


@operation(BeginImport, "import.begin", roles=PERSON_ROLES)
def begin(s: Session, do: BeginImport, by: Actor, at: datetime) -> dict[str, Any]:
    """A real import begins. Refuses: import.unknown_collection"""
    importer(do.collection, by)
    s.add(ImportRun(id=do.import_id, collection=do.collection, file_name=do.file_name, person_id=by.person_id, started_at=at, kind=do.kind))
    touch(s, "import", do.import_id)
    return {"import_id": do.import_id}


class Line(Operation):
    row: int
    op_id: UUID
    subject_id: UUID
    before: dict[str, Any] | None
    after: dict[str, Any]


class NoteLines(Operation):
    import_id: UUID
    lines: list[Line]


@operation(NoteLines, "import.note", roles=PERSON_ROLES, personal=True)
def note_lines(s: Session, do: NoteLines, by: Actor, at: datetime) -> None:
    """What the next rows of an import are about to change. Refuses: import.not_found"""
    found = s.get(ImportRun, do.import_id)
    if found is None or found.person_id != by.person_id:
        raise Refused("import.not_found")
    known = set(s.execute(select(ImportLine.op_id).where(col(ImportLine.op_id).in_([line.op_id for line in do.lines]))).scalars())
    s.add_all(ImportLine(run_id=do.import_id, **line.model_dump()) for line in do.lines if line.op_id not in known)
    touch(s, "import", do.import_id)


class UndoImport(Operation):
    """`part` counts the calls: each undoes at most 50 rows, the last rows first."""

    import_id: UUID
    part: int = 0


@operation(UndoImport, "import.undo", roles=PERSON_ROLES)
def undo_import(s: Session, do: UndoImport, by: Actor, at: datetime) -> dict[str, Any]:
    """The old values come back; a thing that somebody changed since, or that is in use, stays. Refuses: import.not_found"""
    found = s.get(ImportRun, do.import_id)
    if found is None:
        raise Refused("import.not_found")
    how = importer(found.collection, by)
    if found.person_id != by.person_id and not by.has(*OFFICE, Role.SYSTEM):
        raise NotAllowed(kind="import.undo")
    open_lines = select(ImportLine).where(col(ImportLine.run_id) == found.id, col(ImportLine.undone) == "")
    lines = list(s.execute(open_lines.order_by(col(ImportLine.row).desc()).limit(ROWS_AT_ONCE)).scalars())
    done = _accepted(s, [line.op_id for line in lines])
    counts = {"restored": 0, "kept": 0, "": 0}
    for line in lines:
        line.undone = _undo_line(s, how, line, by, at) if line.op_id in done else "nothing"
        counts[line.undone if line.undone in counts else ""] += 1
    found.undone_at = found.undone_at or at
    found.version += 1
    s.flush()
    left = s.execute(select(func.count()).select_from(open_lines.subquery())).scalar_one()
    touch(s, "import", found.id)
    return {"restored": counts["restored"], "kept": counts["kept"], "left": left}


def _undo_line(s: Session, how: Importer, line: ImportLine, by: Actor, at: datetime) -> str:
    try:
        with s.begin_nested():
            restored = how.undo(s, line.subject_id, line.before, line.after, by, at)
            s.flush()
    except (DBAPIError, Refused):  # something else refers to it by now, or a rule of today says no
        restored = False
    return "restored" if restored else "kept"


def _accepted(s: Session, op_ids: Sequence[UUID]) -> set[UUID]:
    rows = operations.OperationRow
    query = select(col(rows.op_id)).where(col(rows.op_id).in_(op_ids), col(rows.status) == "accepted")
    return set(s.execute(query).scalars())


def last_runs(s: Session, collection: str | None = None, *, kind: str | None = None, limit: int = 10) -> list[ImportRun]:
    """The latest real imports, newest first."""
    query = select(ImportRun).order_by(col(ImportRun.started_at).desc()).limit(limit)
    if collection:
        query = query.where(col(ImportRun.collection) == collection)
    if kind:
        query = query.where(col(ImportRun.kind) == kind)
    return list(s.execute(query).scalars())

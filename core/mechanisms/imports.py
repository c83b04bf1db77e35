"""Bringing lists in: a file becomes rows, each row is checked, shown, and then done as one operation (scenario Things 10, pitfalls T31, T32, T34).

A part declares an `Importer`: its columns (recognised by their headings in three languages) and how a row becomes an operation. A dry run and a
real run share everything: the same plan, and the same operations, which the dry run performs in a transaction that is then rolled back. So the
numbers shown are the numbers done. Before the rows of a real run are performed, what they will change is noted (`import_line`), so that
`import.undo` can give the old values back; a value somebody changed since is left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import JSON, Column, func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, Session, SQLModel, col

from core.foundation import clock, database
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.i18n import LANGUAGES, as_mapping, t
from core.foundation.ids import derived, uuid7
from core.mechanisms import operations
from core.mechanisms.operations import BATCH_CHUNK, Actor, Operation, Outcome, Request, Role, as_json, operation, touch
from core.mechanisms.tables import Cell, CellError, Row, TableError, read_rows

HEADING_ROWS = 20  # a title, a date and an empty line may stand above the headings

Progress = Callable[[int, int], None]


class ImportRun(SQLModel, table=True):
    """One real import: which file, by whom, and whether it was undone."""

    __tablename__: ClassVar[str] = "import_run"
    id: UUID = Field(primary_key=True)
    collection: str = Field(index=True)
    file_name: str = ""
    person_id: UUID | None = None
    started_at: datetime
    undone_at: datetime | None = None
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


# ── what a part declares ──


@dataclass(frozen=True, slots=True)
class ImportColumn:
    """`heading` is a catalogue key: its three sentences are the headings that are recognised, and `aliases` other ways to say it."""

    key: str
    heading: str
    parse: Callable[[Cell], Any]
    required: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What a row will do: an operation and what it changes. `before` is None for a new thing; no operation means nothing is to be done."""

    do: Operation | None
    subject_id: UUID
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    title: str = ""


class RowError(Exception):
    """A row's value does not fit the office's records: in which column, and why."""

    def __init__(self, column: str, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.column, self.code, self.facts = column, code, facts


Plan = Callable[[dict[str, Any]], Step]
Undo = Callable[[Session, UUID, Mapping[str, Any] | None, Mapping[str, Any], Actor, datetime], bool]


@dataclass(frozen=True, slots=True)
class Importer:
    """How a collection is imported. `plan(s)` loads what rows are compared with and answers the function that turns values into a step.
    `undo` gives old values back and tells whether it could. `key` names the column that identifies a row."""

    collection: str
    key: str
    columns: tuple[ImportColumn, ...]
    roles: frozenset[Role]
    plan: Callable[[Session], Plan]
    undo: Undo
    linked: bool = False  # a row may lean on an earlier one (a floor on its site): rehearsed as a whole
    ignored: tuple[str, ...] = ()  # headings of our own exports that an import does not read


_importers: dict[str, Importer] = {}


def include(*modules: ModuleType) -> None:
    """Know the importers of these modules; including again replaces."""
    for module in modules:
        for value in list(vars(module).values()):
            if isinstance(value, Importer):
                _importers[value.collection] = value


def importers() -> dict[str, Importer]:
    return dict(sorted(_importers.items()))


def importer(collection: str, by: Actor) -> Importer:
    """The importer of a collection for this caller. Raises Invalid import.unknown_collection, NotAllowed."""
    found = _importers.get(collection)
    if found is None:
        raise Invalid("import.unknown_collection", collection=collection[:40])
    if not by.has(Role.SYSTEM, *found.roles):
        raise NotAllowed(kind=f"import.{collection}")
    return found


# ── results ──


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after, as a person reads it."""

    column: str
    heading: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell and what to do about it."""

    column: str
    heading: str
    value: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """`action` is create, update, skip or error. `column`, `value`, `code` and `message` are those of the first of `problems`."""

    row: int
    action: str
    title: str = ""
    column: str | None = None
    value: str | None = None
    code: str | None = None
    message: str = ""
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a run does or did, row by row. `import_id` is set when something was written and can be undone."""

    collection: str
    dry_run: bool
    rows: tuple[RowOutcome, ...]
    totals: dict[str, int]
    unknown_headings: tuple[str, ...] = ()
    import_id: UUID | None = None

    @property
    def writes(self) -> int:
        """How many rows a real run would write, or wrote."""
        return self.totals["create"] + self.totals["update"]


@dataclass(frozen=True, slots=True)
class Undone:
    """`kept` rows were changed by somebody since, or are in use, and stay as they are."""

    restored: int
    kept: int


# ── running ──


def dry_run(collection: str, data: bytes, by: Actor, *, language: str = "", progress: Progress | None = None) -> Report:
    """Say what `run` would do, and write nothing. Blocks; call it off the event loop.

    Raises TableError (the file can not be read), Invalid import.missing_headings, import.unknown_collection, NotAllowed."""
    sheet = _read(importer(collection, by), data, by, language or by.language)
    outcomes: list[Outcome] = []
    chunks = [sheet.steps] if sheet.importer.linked else _chunks(sheet.steps, BATCH_CHUNK)
    for chunk in chunks:
        requests = [_request(one, by, uuid7()) for one in chunk]
        outcomes += database.writer().submit(lambda requests=requests: _rehearse(requests), database.BATCH).result()  # type: ignore[misc]  # mypy can not infer a lambda with a default
        if progress:
            progress(len(outcomes), len(sheet.steps))
    return _report(sheet, outcomes, None)


def run(
    collection: str, data: bytes, by: Actor, *, import_id: UUID | None = None, file_name: str = "", language: str = "",
    progress: Progress | None = None, cancelled: Callable[[], bool] = lambda: False,
) -> Report:  # fmt: skip
    """Do it: one operation a row, in chunks on the slow lane. With the same `import_id` again nothing happens twice. Blocks.

    Raises what `dry_run` raises."""
    sheet = _read(importer(collection, by), data, by, language or by.language)
    import_id = import_id or uuid7()
    if not sheet.steps:
        return _report(sheet, [], None)
    _must(BeginImport(import_id=import_id, collection=collection, file_name=file_name[:200]), by, derived(import_id, "begin"))
    outcomes: list[Outcome] = []
    for chunk in _chunks(sheet.steps, BATCH_CHUNK - 1):
        if cancelled():
            break
        lines = [Line(row=one.row, op_id=derived(import_id, one.row), subject_id=one.step.subject_id, before=_json(one.step.before), after=_json(one.step.after) or {}) for one in chunk]
        note = Request(NoteLines(import_id=import_id, lines=lines), by, derived(import_id, "note", chunk[0].row))
        requests = [note, *(_request(one, by, derived(import_id, one.row)) for one in chunk)]
        done = database.writer().submit(lambda requests=requests: operations.perform_requests(requests), database.BATCH).result()  # type: ignore[misc]  # as above
        outcomes += done[1:]
        if progress:
            progress(len(outcomes), len(sheet.steps))
    return _report(sheet, outcomes, import_id)


def undo(import_id: UUID, by: Actor) -> Undone:
    """Give back what an import changed, in steps of at most 200 rows. Doing it again changes nothing. Raises Refused import.not_found, NotAllowed."""
    restored = kept = part = 0
    while True:
        result = _must(UndoImport(import_id=import_id, part=part), by, uuid7())
        restored, kept, part = restored + result["restored"], kept + result["kept"], part + 1
        if not result["left"]:
            return Undone(restored, kept)


def run_file(kind: str, path: Path, by: Actor, *, dry_run_only: bool = False, language: str = "", progress: Progress | None = None) -> Report:
    """`main.py import KIND FILE [--dry-run]`."""
    data = path.read_bytes()
    if dry_run_only:
        return dry_run(kind, data, by, language=language, progress=progress)
    return run(kind, data, by, file_name=path.name, language=language, progress=progress)


def last_runs(s: Session, collection: str | None = None, *, limit: int = 10) -> list[ImportRun]:
    """The latest real imports, newest first."""
    query = select(ImportRun).order_by(col(ImportRun.started_at).desc()).limit(limit)
    if collection:
        query = query.where(col(ImportRun.collection) == collection)
    return list(s.execute(query).scalars())


def described(error: TableError | Invalid | Refused | NotAllowed, language: str) -> str:
    """The sentence for a file that could not be imported."""
    return t(error.code, language, **as_mapping(as_json(error.facts), language, clock.zone()))


# ── operations ──


class BeginImport(Operation):
    import_id: UUID
    collection: Annotated[str, StringConstraints(max_length=40)]
    file_name: Annotated[str, StringConstraints(max_length=200)] = ""


@operation(BeginImport, "import.begin", roles={Role.ADMIN, Role.CLERK})
def begin(s: Session, do: BeginImport, by: Actor, at: datetime) -> dict[str, Any]:
    """A real import begins. Refuses: import.unknown_collection"""
    importer(do.collection, by)
    s.add(ImportRun(id=do.import_id, collection=do.collection, file_name=do.file_name, person_id=by.person_id, started_at=at))
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


@operation(NoteLines, "import.note", roles={Role.ADMIN, Role.CLERK}, personal=True)
def note_lines(s: Session, do: NoteLines, by: Actor, at: datetime) -> None:
    """What the next rows of an import are about to change. Refuses: import.not_found"""
    found = s.get(ImportRun, do.import_id)
    if found is None or found.person_id != by.person_id:
        raise Refused("import.not_found")
    s.add_all(ImportLine(run_id=do.import_id, **line.model_dump()) for line in do.lines)
    touch(s, "import", do.import_id)


class UndoImport(Operation):
    """`part` counts the calls: each undoes at most 200 rows, the last rows first."""

    import_id: UUID
    part: int = 0


@operation(UndoImport, "import.undo", roles={Role.ADMIN, Role.CLERK})
def undo_import(s: Session, do: UndoImport, by: Actor, at: datetime) -> dict[str, Any]:
    """The old values come back; a thing that somebody changed since, or that is in use, stays. Refuses: import.not_found"""
    found = s.get(ImportRun, do.import_id)
    if found is None:
        raise Refused("import.not_found")
    how = importer(found.collection, by)
    open_lines = select(ImportLine).where(col(ImportLine.run_id) == found.id, col(ImportLine.undone) == "")
    lines = list(s.execute(open_lines.order_by(col(ImportLine.row).desc()).limit(BATCH_CHUNK)).scalars())
    done = _accepted(s, [line.op_id for line in lines])
    counts = {"restored": 0, "kept": 0, "": 0}
    for line in lines:
        line.undone = _undo_line(s, how, line, by, at) if line.op_id in done else "nothing"
        counts[line.undone if line.undone in counts else ""] += 1
    found.undone_at = found.undone_at or at
    found.version += 1
    s.flush()
    left = s.execute(select(func.count()).select_from(ImportLine).where(col(ImportLine.run_id) == found.id, col(ImportLine.undone) == "")).scalar_one()
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


# ── reading a sheet ──


@dataclass(slots=True)
class _Planned:
    row: int
    step: Step
    cells: dict[str, Cell]


@dataclass(slots=True)
class _Sheet:
    importer: Importer
    language: str
    steps: list[_Planned] = field(default_factory=list)
    others: list[RowOutcome] = field(default_factory=list)
    unknown: tuple[str, ...] = ()


def heading_key(text: str) -> str:
    """What headings are compared by: no spaces, marks, or remarks in brackets; width and case folded."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s*＊:：_\-/、]", "", re.sub(r"\([^)]*\)", "", folded))


def _read(how: Importer, data: bytes, by: Actor, language: str) -> _Sheet:
    rows = read_rows(data)
    heading_row, columns, unknown, rest = _find_headings(how, rows)
    missing = [column for column in how.columns if column.required and column.key not in columns]
    if missing:
        raise Invalid("import.missing_headings", headings="、".join(t(column.heading, language) for column in missing), row=heading_row)
    sheet = _Sheet(how, language, unknown=unknown)
    first_seen: dict[str, int] = {}
    with database.reading() as s:
        plan = how.plan(s)
        for row in rest:
            _read_row(sheet, row, columns, plan, first_seen)
    return sheet


def _find_headings(how: Importer, rows: Iterator[Row]) -> tuple[int, dict[str, int], tuple[str, ...], Iterable[Row]]:
    """The row with most known headings among the first ones; the rows after it are data. Raises Invalid import.no_headings, import.heading_twice."""
    names = {heading_key(name): column.key for column in how.columns for name in _names(column.heading, column.aliases)}
    ignored = {heading_key(name) for heading in how.ignored for name in _names(heading, ())}
    head = [row for _, row in zip(range(HEADING_ROWS), rows, strict=False)]
    found = [[names.get(heading_key(cell.text)) for cell in row.cells] for row in head]
    best = max(range(len(head)), key=lambda index: sum(key is not None for key in found[index]))
    if not any(found[best]):
        raise Invalid("import.no_headings", headings="、".join(dict.fromkeys(cell.text for cell in head[0].cells if cell.text))[:200])
    columns: dict[str, int] = {}
    for index, key in enumerate(found[best]):
        if key is not None and key in columns:
            raise Invalid("import.heading_twice", heading=head[best].at(index).text, row=head[best].number)
        if key is not None:
            columns[key] = index
    odd = [cell.text for cell, key in zip(head[best].cells, found[best], strict=True) if key is None and heading_key(cell.text) not in {"", *ignored}]
    return head[best].number, columns, tuple(odd), _then(head[best + 1 :], rows)


def _then(first: Iterable[Row], rest: Iterable[Row]) -> Iterator[Row]:
    yield from first
    yield from rest


def _names(heading: str, aliases: tuple[str, ...]) -> list[str]:
    return [*(t(heading, language) for language in LANGUAGES), *aliases]


def _read_row(sheet: _Sheet, row: Row, columns: dict[str, int], plan: Plan, first_seen: dict[str, int]) -> None:
    how, values, problems = sheet.importer, {}, []
    cells = {key: row.at(index) for key, index in columns.items()}
    for column in how.columns:
        cell = cells.get(column.key, Cell())
        if not cell.text.strip() and cell.problem is None:
            if column.required:
                problems.append(_problem(sheet, column.key, cell, "import.required"))
            continue
        try:
            values[column.key] = column.parse(cell)
        except CellError as error:
            problems.append(_problem(sheet, column.key, cell, error.code, **error.facts))
    key = str(values.get(how.key, "")).casefold()
    if key and key in first_seen:
        problems.append(_problem(sheet, how.key, cells[how.key], "import.twice_in_file", first=first_seen[key]))
    elif key:
        first_seen[key] = row.number
    if not problems:
        try:
            step = plan(values)
            if step.do is not None:
                sheet.steps.append(_Planned(row.number, step, cells))
            else:
                sheet.others.append(RowOutcome(row.number, "skip", step.title))
            return
        except RowError as error:
            problems.append(_problem(sheet, error.column, cells.get(error.column, Cell()), error.code, **error.facts))
    sheet.others.append(_error(row.number, problems, _title(cells)))


def _title(cells: dict[str, Cell]) -> str:
    return "  ".join(cells[key].text.strip()[:60] for key in ("number", "name") if key in cells and cells[key].text.strip())


def _problem(sheet: _Sheet, key: str, cell: Cell, code: str, **facts: Any) -> Problem:
    heading = next((t(column.heading, sheet.language) for column in sheet.importer.columns if column.key == key), key)
    shown = as_mapping(as_json(facts), sheet.language, clock.zone())
    text = cell.text.strip()
    return Problem(key, heading, text if len(text) <= 80 else text[:79] + "…", code, t(code, sheet.language, **{**shown, "heading": heading}))


def _error(row: int, problems: Sequence[Problem], title: str) -> RowOutcome:
    first = problems[0]
    return RowOutcome(row, "error", title, first.column, first.value, first.code, first.message, (), tuple(problems))


# ── doing and rehearsing ──


class _RolledBack(Exception):  # noqa: N818 - the end of a rehearsal
    pass


def _rehearse(requests: Sequence[Request]) -> list[Outcome]:
    """Perform in a transaction that is then rolled back: the same functions and checks as `perform`, and nothing is kept or told."""
    outcomes: list[Outcome] = []
    try:
        with database.writing() as s:
            for request in requests:
                outcomes.append(_rehearse_one(s, request))
            raise _RolledBack
    except _RolledBack:
        return outcomes


def _rehearse_one(s: Session, request: Request) -> Outcome:
    spec = operations.spec_of(request.do)
    if not request.by.has(*spec.roles):
        return Outcome(request.op_id, "invalid", "op.not_allowed", {"kind": spec.kind})
    s.info["op_id"] = request.op_id
    try:
        with s.begin_nested():
            spec.run(s, request.do, request.by, clock.now())
            s.flush()
        return Outcome(request.op_id, "accepted")
    except (Refused, NotAllowed, Invalid) as refusal:
        return Outcome(request.op_id, "refused", refusal.code, as_json(refusal.facts))
    except DBAPIError as error:
        name = database.violated(error)
        refusals = [refuse(s, request.do, clock.now()) for part, refuse in spec.clashes.items() if part in name]
        if not refusals:
            raise
        return Outcome(request.op_id, "refused", refusals[0].code, as_json(refusals[0].facts))


def _request(one: _Planned, by: Actor, op_id: UUID) -> Request:
    assert one.step.do is not None
    return Request(one.step.do, by, op_id)


def _must(do: Operation, by: Actor, op_id: UUID) -> Any:
    """Perform what belongs to the import itself. Raises Refused or NotAllowed."""
    outcome = database.writer().submit(lambda: operations.perform_requests([Request(do, by, op_id)])[0], database.BATCH).result()
    if outcome.ok:
        return outcome.result
    if outcome.code == "op.not_allowed":
        raise NotAllowed(**outcome.facts)
    raise Refused(outcome.code or "op.failed", **outcome.facts)


def _report(sheet: _Sheet, outcomes: Sequence[Outcome], import_id: UUID | None) -> Report:
    rows = list(sheet.others)
    for one, outcome in zip(sheet.steps, outcomes, strict=False):
        if outcome.ok:
            rows.append(RowOutcome(one.row, "update" if one.step.before is not None else "create", one.step.title, changes=_changes(sheet, one.step)))
        else:
            key = sheet.importer.key
            problem = _problem(sheet, key, one.cells.get(key, Cell()), outcome.code or "op.failed", **outcome.facts)
            rows.append(_error(one.row, [problem], one.step.title))
    rows.sort(key=lambda row: row.row)
    totals = {action: sum(row.action == action for row in rows) for action in ("create", "update", "skip", "error")}
    written = import_id if totals["create"] + totals["update"] else None
    return Report(sheet.importer.collection, import_id is None, tuple(rows), totals, sheet.unknown, written)


def _changes(sheet: _Sheet, step: Step) -> tuple[Change, ...]:
    headings = {column.key: t(column.heading, sheet.language) for column in sheet.importer.columns}
    before = step.before or {}
    return tuple(Change(key, headings.get(key, key), shown(before.get(key)), shown(value)) for key, value in step.after.items() if key in headings)


def shown(value: Any) -> str:
    """A value in a report: nothing is an empty text."""
    return "" if value is None else str(value)


def _json(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else dict(as_json(values))


def _chunks(items: list[_Planned], size: int) -> list[list[_Planned]]:
    return [items[start : start + size] for start in range(0, len(items), size)]

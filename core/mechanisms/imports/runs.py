"""Dry run, real run and undo. Blocking functions: call them off the event loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from core.foundation import clock, database
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.i18n import as_mapping, has, t
from core.foundation.ids import derived, uuid7
from core.mechanisms import operations
from core.mechanisms.imports.declared import ROWS_AT_ONCE, Change, Report, RowOutcome, Step, Undone, importer
from core.mechanisms.imports.history import BeginImport, Line, NoteLines, UndoImport
from core.mechanisms.imports.sheet import Found, Planned, Sheet, failed, find_headings, problem, read
from core.mechanisms.operations import Actor, Operation, Outcome, Request, Role, as_json
from core.mechanisms.tables import Cell, TableError

NEW_ROWS_TOLD = 2_000  # of so many new rows the report says every cell: more would only fill the memory

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


def dry_run(
    collection: str, data: bytes, by: Actor, *, language: str = "", mapping: Mapping[str, str] | None = None, progress: Progress | None = None,
    cancelled: Cancelled = lambda: False,
) -> Report:  # fmt: skip
    """Say what `run` would do, and write nothing. Blocks; call it off the event loop.

    Raises TableError (the file can not be read), Invalid import.missing_headings, import.unknown_collection, NotAllowed."""
    return rehearse(read(importer(collection, by), data, language or by.language, mapping), by, progress=progress, cancelled=cancelled)


def rehearse(sheet: Sheet, by: Actor, *, progress: Progress | None = None, cancelled: Cancelled = lambda: False) -> Report:
    """What the steps of a sheet would do, each in a transaction that is rolled back."""
    outcomes: list[Outcome] = []
    together = sheet.importer.linked or any(one.step.leans for one in sheet.steps)
    for chunk in [sheet.steps] if together else _chunks(sheet.steps, ROWS_AT_ONCE):
        if cancelled():
            break
        requests = [_request(one, by, uuid7()) for one in chunk]
        outcomes += database.writer().submit(lambda requests=requests: _rehearse(requests), database.BATCH).result()  # type: ignore[misc]  # mypy can not infer a lambda with a default
        if progress:
            progress(len(outcomes), len(sheet.steps))
    return _report(sheet, outcomes, None, dry=True)


def run(
    collection: str, data: bytes, by: Actor, *, import_id: UUID | None = None, file_name: str = "", language: str = "",
    mapping: Mapping[str, str] | None = None, progress: Progress | None = None, cancelled: Cancelled = lambda: False,
) -> Report:  # fmt: skip
    """Do it: one operation a row, in chunks on the slow lane. With the same `import_id` again nothing happens twice. Blocks.

    Raises what `dry_run` raises."""
    sheet = read(importer(collection, by), data, language or by.language, mapping)
    return carry_out(sheet, by, import_id=import_id or uuid7(), name=file_name, progress=progress, cancelled=cancelled)


def carry_out(
    sheet: Sheet, by: Actor, *, import_id: UUID, name: str = "", kind: Literal["file", "together"] = "file", progress: Progress | None = None,
    cancelled: Cancelled = lambda: False,
) -> Report:  # fmt: skip
    """Do the steps of a sheet, noting before each chunk what it is about to change, so that all of it can be undone.

    Ends early, between two chunks, when `cancelled` says so or somebody calls `stop`."""
    if not sheet.steps:
        return _report(sheet, [], None, dry=False)
    begin = BeginImport(import_id=import_id, collection=sheet.importer.collection, file_name=name[:200], kind=kind)
    _must(begin, by, derived(import_id, "begin"))
    outcomes: list[Outcome] = []
    with _stoppable(import_id, by) as stopped:
        for chunk in _chunks(sheet.steps, ROWS_AT_ONCE):
            if cancelled() or stopped.is_set():
                break
            note = Request(NoteLines(import_id=import_id, lines=[_line(import_id, one) for one in chunk]), by, uuid7())
            requests = [note, *(_request(one, by, derived(import_id, one.row)) for one in chunk)]
            done = database.writer().submit(lambda requests=requests: operations.perform_requests(requests), database.BATCH).result()  # type: ignore[misc]  # as above
            if not done[0].ok:
                raise Refused(done[0].code or "op.failed", **done[0].facts)
            outcomes += done[1:]
            if progress:
                progress(len(outcomes), len(sheet.steps))
    return _report(sheet, outcomes, import_id, dry=False)


# ── stopping one that runs ──

_running: dict[UUID, tuple[threading.Event, UUID | None]] = {}


@contextmanager
def _stoppable(import_id: UUID, by: Actor) -> Iterator[threading.Event]:
    stopped = threading.Event()
    _running[import_id] = (stopped, by.person_id)
    try:
        yield stopped
    finally:
        if _running.get(import_id, (None,))[0] is stopped:
            del _running[import_id]


def stop(import_id: UUID, by: Actor) -> None:
    """End an import that runs in this process after the rows it is at; what is done stays and can be undone.

    Refuses: import.not_running. Raises NotAllowed for anyone but who started it and the administrator."""
    found = _running.get(import_id)
    if found is None:
        raise Refused("import.not_running")
    stopped, person_id = found
    if person_id != by.person_id and not by.has(Role.ADMIN, Role.SYSTEM):
        raise NotAllowed(kind="import.stop")
    stopped.set()


def headings(collection: str, data: bytes, by: Actor, mapping: Mapping[str, str] | None = None) -> Found:
    """What the headings of a file are read as, also when none is known, some that are needed are missing or two say the same: for a page that asks.

    Raises what `dry_run` raises but import.missing_headings."""
    with database.reading() as s:
        return find_headings(s, importer(collection, by), data, mapping)


def undo(import_id: UUID, by: Actor, *, progress: Progress | None = None) -> Undone:
    """Give back what an import changed, in steps of at most 50 rows. Doing it again changes nothing.

    Raises Refused import.not_found, NotAllowed."""
    restored = kept = part = 0
    while True:
        result = _must(UndoImport(import_id=import_id, part=part), by, uuid7())
        restored, kept, part = restored + result["restored"], kept + result["kept"], part + 1
        if progress:
            progress(restored + kept, restored + kept + result["left"])
        if not result["left"]:
            return Undone(restored, kept)


def run_file(
    kind: str, path: Path, by: Actor, *, dry_run_only: bool = False, language: str = "", progress: Progress | None = None
) -> Report:
    """`main.py import KIND FILE [--dry-run]`."""
    data = path.read_bytes()
    if dry_run_only:
        return dry_run(kind, data, by, language=language, progress=progress)
    return run(kind, data, by, file_name=path.name, language=language, progress=progress)


def described(error: TableError | Invalid | Refused | NotAllowed, language: str) -> str:
    """The sentence for a file that could not be imported."""
    return t(error.code, language, **as_mapping(as_json(error.facts), language, clock.zone()))


# ── doing and rehearsing ──


class _RolledBack(Exception):
    """The end of a rehearsal."""


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


def _line(import_id: UUID, one: Planned) -> Line:
    step = one.step
    before, after = _json(step.before), _json(step.after) or {}
    return Line(row=one.row, op_id=derived(import_id, one.row), subject_id=step.subject_id, before=before, after=after)


def _request(one: Planned, by: Actor, op_id: UUID) -> Request:
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


def _report(sheet: Sheet, outcomes: Sequence[Outcome], import_id: UUID | None, *, dry: bool) -> Report:
    rows = list(sheet.others)
    told = 0
    for one, outcome in zip(sheet.steps, outcomes, strict=False):
        if outcome.ok:
            action = "create" if one.step.before is None else "update"
            told += action == "create"
            brings = _brings(sheet, one) if action == "create" and told <= NEW_ROWS_TOLD else _changes(sheet, one.step)
            rows.append(RowOutcome(one.row, action, one.step.title, changes=brings))
        else:
            key = sheet.importer.key
            why = problem(sheet, key, one.cells.get(key, Cell()), outcome.code or "op.failed", **outcome.facts)
            rows.append(failed(one.row, [why], one.step.title))
    rows.sort(key=lambda row: row.row)
    totals = {action: sum(row.action == action for row in rows) for action in ("create", "update", "skip", "error")}
    written = import_id if totals["create"] + totals["update"] else None
    stopped = len(outcomes) < len(sheet.steps)
    return Report(sheet.importer.collection, dry, tuple(rows), totals, sheet.unknown, written, sheet.headings, sheet.dialect, stopped)


def _brings(sheet: Sheet, one: Planned) -> tuple[Change, ...]:
    """The cells of a row that makes something new, as the file says them; its number and name are the row's title."""
    cells = ((column, one.cells.get(column.key, Cell()).text.strip()) for column in sheet.importer.columns)
    return tuple(
        Change(column.key, t(column.heading, sheet.language), "", _short(said))
        for column, said in cells
        if said and column.key not in ("number", "name")
    )


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def _changes(sheet: Sheet, step: Step) -> tuple[Change, ...]:
    """A value with a sentence of its own (`purchase` under the heading `asset.got_how`) is told as that."""
    keys = {column.key: column.heading for column in sheet.importer.columns}

    def said(heading: str, value: str) -> str:
        return t(f"{heading}.{value}", sheet.language) if value and has(f"{heading}.{value}") else value

    found = [(key, keys.get(key, key), before, after) for key, before, after in step.changes]
    return tuple(
        Change(key, t(heading, sheet.language), said(heading, before), said(heading, after)) for key, heading, before, after in found
    )


def _json(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else dict(as_json(values))


def _chunks(items: list[Planned], size: int) -> list[list[Planned]]:
    return [items[start : start + size] for start in range(0, len(items), size)]

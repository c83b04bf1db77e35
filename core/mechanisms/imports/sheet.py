"""From a file to steps: find the headings, read each row, compare it with the office's records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session

from core.foundation import clock, database
from core.foundation.errors import Invalid
from core.foundation.i18n import LANGUAGES, as_mapping, t
from core.mechanisms.imports import mappings
from core.mechanisms.imports.declared import Dialect, Heading, ImportColumn, Importer, Plan, Problem, RowError, RowOutcome, Step, ToldAtOnce
from core.mechanisms.imports.keys import heading_key
from core.mechanisms.operations import as_json
from core.mechanisms.tables import Cell, CellError, Row, read_rows

HEADING_ROWS = 20  # a title, a date and an empty line may stand above the headings


@dataclass(slots=True)
class Planned:
    row: int
    step: Step
    cells: dict[str, Cell]


@dataclass(slots=True)
class Sheet:
    importer: Importer
    language: str
    steps: list[Planned] = field(default_factory=list)
    others: list[RowOutcome] = field(default_factory=list)
    unknown: tuple[str, ...] = ()
    headings: tuple[Heading, ...] = ()
    dialect: str = ""


@dataclass(slots=True)
class Found:
    """The headings of a file: their row, each with its column, which cell is which column, and the rows below."""

    importer: Importer
    row: int
    headings: tuple[Heading, ...]
    columns: dict[str, int]
    rest: Iterable[Row]
    dialect: Dialect | None = None
    twice: str = ""  # a heading that says a column another one says already

    @property
    def nothing_known(self) -> bool:
        """None of the headings says a column: which row they stand in is a guess."""
        return not self.columns

    @property
    def missing(self) -> list[ImportColumn]:
        """Columns that must be there and are not."""
        return [column for column in self.importer.columns if column.required and column.key not in self.columns]

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(one.text for one in self.headings if one.text.strip() and not one.column and not one.left_out)


def read(how: Importer, data: bytes, language: str, mapping: Mapping[str, str] | None = None) -> Sheet:
    """The steps of a file. `mapping` says which column a heading is (empty: do not read it), before what the office said for such files earlier,
    what the file's program is known for, and the headings themselves."""
    with database.reading() as s:
        found = find_headings(s, how, data, mapping)
        if found.nothing_known:
            raise Invalid("import.no_headings", headings="、".join(dict.fromkeys(one.text for one in found.headings if one.text))[:200])
        if found.twice:
            raise Invalid("import.heading_twice", heading=found.twice, row=found.row)
        if found.missing:
            names = "、".join(t(column.heading, language) for column in found.missing)
            raise Invalid("import.missing_headings", headings=names, row=found.row)
        dialect = t(found.dialect.name, language) if found.dialect else ""
        sheet = Sheet(found.importer, language, unknown=found.unknown, headings=found.headings, dialect=dialect)
        first_seen: dict[str, int] = {}
        plan = how.plan(s)
        for row in found.rest:
            cells = {key: row.at(index) for key, index in found.columns.items()}
            _read_row(sheet, row.number, found.dialect.adapt(cells) if found.dialect else cells, plan, first_seen)
    return sheet


def find_headings(s: Session, how: Importer, data: bytes, mapping: Mapping[str, str] | None = None) -> Found:
    """The row with most known headings among the first ones, or the first of the fullest where none is known; the rows after it are data.

    Raises TableError, Invalid import.no_headings (nothing stands below), import.heading_twice (the same words twice: no answer could tell them apart)."""
    how = how.with_own(s)
    rows = read_rows(data)
    names = {heading_key(name): column.key for column in how.columns for name in _names(column.heading, column.aliases)}
    head = [row for _, row in zip(range(HEADING_ROWS), rows, strict=False)]
    told = {heading_key(text): key for text, key in (mapping or {}).items()}
    said = [_read_as(s, how, row, names, told) for row in head]
    best = max(
        range(len(head)),
        key=lambda index: (sum(one.column != "" for one in said[index][0]), sum(cell.text != "" for cell in head[index].cells)),
    )
    headings, dialect = said[best]
    below = head[best + 1 :]
    if not any(one.column for one in headings) and not any(cell.text for row in below for cell in row.cells):
        raise Invalid("import.no_headings", headings="、".join(dict.fromkeys(cell.text for cell in head[0].cells if cell.text))[:200])
    columns, twice = _columns(headings, head[best].number)
    shown = tuple(
        replace(one, samples=tuple(row.at(index).text.strip()[:40] for row in below if row.at(index).text.strip())[:3])
        for index, one in enumerate(headings)
    )
    return Found(how, head[best].number, shown, columns, _then(below, rows), dialect, twice)


def _columns(headings: Sequence[Heading], row: int) -> tuple[dict[str, int], str]:
    """Which cell is which column, and the last heading that says one again."""
    columns: dict[str, int] = {}
    twice = ""
    for index, one in enumerate(headings):
        if one.column and one.column in columns:
            twice = one.text
            if heading_key(headings[columns[one.column]].text) == heading_key(one.text):
                raise Invalid("import.heading_twice", heading=one.text, row=row)
        elif one.column:
            columns[one.column] = index
    return columns, twice


def _read_as(
    s: Session, how: Importer, row: Row, names: Mapping[str, str], told: Mapping[str, str]
) -> tuple[list[Heading], Dialect | None]:
    """What each cell of a row would be as a heading."""
    texts = [cell.text.strip() for cell in row.cells]
    keys = {heading_key(text) for text in texts}
    dialect = next((one for one in how.dialects if any({heading_key(mark) for mark in marks} <= keys for marks in one.marks)), None)
    ignored = {heading_key(name) for heading in how.ignored for name in _names(heading, ())}
    theirs = {heading_key(text): key for text, key in dialect.columns.items()} if dialect else {}
    known = {**mappings.remembered(s, how.collection, texts), **told}
    fitting = {column.key for column in how.columns} | {""}
    found, taken = [], set()
    for text in texts:
        bare = heading_key(dialect.heading(text) if dialect else text)
        key = next((one[name] for one, name in ((known, heading_key(text)), (theirs, bare), (names, bare)) if name in one), None)
        key = key if key in fitting else None
        if key and key in taken and dialect is not None and bare in theirs:
            key = ""  # their files say some things twice (a name and a model's name): the first one counts
        taken.add(key)
        found.append(Heading(text, key or "", left_out=(key == "" and bare != "") or (key is None and bare in ignored)))
    return found, dialect


def _then(first: Iterable[Row], rest: Iterable[Row]) -> Iterator[Row]:
    yield from first
    yield from rest


def _names(heading: str, aliases: tuple[str, ...]) -> list[str]:
    return [*(t(heading, language) for language in LANGUAGES), *aliases]


def _read_row(sheet: Sheet, number: int, cells: dict[str, Cell], plan: Plan, first_seen: dict[str, int]) -> None:
    how, values, problems = sheet.importer, {}, []
    for column in how.columns:
        cell = cells.get(column.key, Cell())
        if not cell.text.strip() and cell.problem is None:
            if column.required:
                problems.append(problem(sheet, column.key, cell, "import.required"))
            continue
        try:
            values[column.key] = column.parse(cell)
        except CellError as error:
            problems.append(problem(sheet, column.key, cell, error.code, **error.facts))
    key = "" if how.repeats else str(values.get(how.key, "")).casefold()
    if key and key in first_seen:
        problems.append(problem(sheet, how.key, cells[how.key], "import.twice_in_file", first=first_seen[key]))
    elif key:
        first_seen[key] = number
    if isinstance(plan, ToldAtOnce):
        seen = {one.column for one in problems}
        wrong = [error for error in plan.wrong(values) if error.column not in seen]
        problems += [problem(sheet, error.column, cells.get(error.column, Cell()), error.code, **error.facts) for error in wrong]
    if not problems:
        try:
            step = plan(values)
            if step.do is not None:
                sheet.steps.append(Planned(number, step, cells))
            else:
                sheet.others.append(RowOutcome(number, "skip", step.title))
            return
        except RowError as error:
            problems.append(problem(sheet, error.column, cells.get(error.column, Cell()), error.code, **error.facts))
    sheet.others.append(failed(number, problems, _title(cells)))


def _title(cells: dict[str, Cell]) -> str:
    return "  ".join(cells[key].text.strip()[:60] for key in ("number", "name") if key in cells and cells[key].text.strip())


def problem(sheet: Sheet, key: str, cell: Cell, code: str, **facts: Any) -> Problem:
    heading = next((t(column.heading, sheet.language) for column in sheet.importer.columns if column.key == key), key)
    shown = as_mapping(as_json(facts), sheet.language, clock.zone())
    text = cell.text.strip()
    short = text if len(text) <= 80 else text[:79] + "…"
    return Problem(key, heading, short, code, t(code, sheet.language, **{**shown, "heading": heading}))


def failed(row: int, problems: Sequence[Problem], title: str) -> RowOutcome:
    first = problems[0]
    return RowOutcome(row, "error", title, first.column, first.value, first.code, first.message, (), tuple(problems))

"""From a file to steps: find the headings, read each row, compare it with the office's records."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.foundation import clock, database
from core.foundation.errors import Invalid
from core.foundation.i18n import LANGUAGES, as_mapping, t
from core.mechanisms.imports.declared import Importer, Plan, Problem, RowError, RowOutcome, Step
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


def heading_key(text: str) -> str:
    """What headings are compared by: no spaces, marks, or remarks in brackets; width and case folded."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s*＊:：_\-/、]", "", re.sub(r"\([^)]*\)", "", folded))


def read(how: Importer, data: bytes, language: str) -> Sheet:
    rows = read_rows(data)
    heading_row, columns, unknown, rest = _find_headings(how, rows)
    missing = [column for column in how.columns if column.required and column.key not in columns]
    if missing:
        raise Invalid("import.missing_headings", headings="、".join(t(column.heading, language) for column in missing), row=heading_row)
    sheet = Sheet(how, language, unknown=unknown)
    first_seen: dict[str, int] = {}
    with database.reading() as s:
        plan = how.plan(s)
        for row in rest:
            _read_row(sheet, row, columns, plan, first_seen)
    return sheet


def _find_headings(how: Importer, rows: Iterator[Row]) -> tuple[int, dict[str, int], tuple[str, ...], Iterable[Row]]:
    """The row with most known headings among the first ones; the rows after it are data.

    Raises Invalid import.no_headings, import.heading_twice."""
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
    known = {"", *ignored}
    odd = [
        cell.text for cell, key in zip(head[best].cells, found[best], strict=True) if key is None and heading_key(cell.text) not in known
    ]
    return head[best].number, columns, tuple(odd), _then(head[best + 1 :], rows)


def _then(first: Iterable[Row], rest: Iterable[Row]) -> Iterator[Row]:
    yield from first
    yield from rest


def _names(heading: str, aliases: tuple[str, ...]) -> list[str]:
    return [*(t(heading, language) for language in LANGUAGES), *aliases]


def _read_row(sheet: Sheet, row: Row, columns: dict[str, int], plan: Plan, first_seen: dict[str, int]) -> None:
    how, values, problems = sheet.importer, {}, []
    cells = {key: row.at(index) for key, index in columns.items()}
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
    key = str(values.get(how.key, "")).casefold()
    if key and key in first_seen:
        problems.append(problem(sheet, how.key, cells[how.key], "import.twice_in_file", first=first_seen[key]))
    elif key:
        first_seen[key] = row.number
    if not problems:
        try:
            step = plan(values)
            if step.do is not None:
                sheet.steps.append(Planned(row.number, step, cells))
            else:
                sheet.others.append(RowOutcome(row.number, "skip", step.title))
            return
        except RowError as error:
            problems.append(problem(sheet, error.column, cells.get(error.column, Cell()), error.code, **error.facts))
    sheet.others.append(failed(row.number, problems, _title(cells)))


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

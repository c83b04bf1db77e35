"""From the bytes of a CSV or XLSX file to rows of cells; hostile and broken files answer one clear code."""

from __future__ import annotations

import csv
import io
import re
import xml.parsers.expat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openpyxl import load_workbook

from core.mechanisms.tables.cells import EMPTY, Cell
from core.mechanisms.tables.guard import unguarded

MAX_BYTES = 30 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_ZIP_PARTS = 2_000
MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_CELL_CHARS = 32_767  # what a spreadsheet cell can hold
EXACT_DIGITS = 15  # a spreadsheet number keeps 15 digits and turns the rest into zeros


class TableError(ValueError):
    """The file as a whole cannot be read. `code` is a catalogue key, `facts` fill its sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code, self.facts = code, facts


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is the row a spreadsheet shows (the first is 1), so that a person finds it again."""

    number: int
    cells: tuple[Cell, ...]

    def at(self, column: int) -> Cell:
        """The cell of a 0-based column; an empty one beyond the end of a short row."""
        return self.cells[column] if 0 <= column < len(self.cells) else EMPTY

    @property
    def blank(self) -> bool:
        return not any(cell.text.strip() for cell in self.cells)


def read_rows(data: bytes) -> Iterator[Row]:
    """The rows that hold something, first to last, of a CSV or XLSX file. What it is, its content tells, never its name.

    Raises TableError: import.empty, import.too_big, import.too_many_rows, import.old_excel, import.unreadable, import.encoding."""
    if len(data) > MAX_BYTES:
        raise TableError("import.too_big", limit_mb=MAX_BYTES // 1024 // 1024)
    if not data.strip(b"\x00\t\r\n \xef\xbb\xbf"):
        raise TableError("import.empty")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError("import.old_excel")
    if data.startswith(b"PK\x03\x04"):
        _refuse_bombs(data)
        return _limited(_xlsx_rows(data))
    return _limited(_csv_rows(_decoded(data)))


def _limited(rows: Iterator[Row]) -> Iterator[Row]:
    found = 0
    for row in rows:
        if row.blank:
            continue
        found += 1
        if found > MAX_ROWS + 1:  # the headings are not counted
            raise TableError("import.too_many_rows", limit=MAX_ROWS)
        yield row
    if not found:
        raise TableError("import.empty")


def _decoded(data: bytes) -> str:
    for encoding in ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "gb18030"]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError("import.encoding")


def _csv_rows(text: str) -> Iterator[Row]:
    told = re.match(r"sep=(.)\r?\n", text)  # a line only spreadsheets read; they do not count it as a row either
    if told:
        text = text[told.end() :]
    delimiter = told[1] if told else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    while True:
        try:
            fields = next(reader, None)
        except csv.Error:  # the module's own limit for one cell, most often a quote that never closes
            raise TableError("import.broken_row", row=number + 1) from None
        if fields is None:
            return
        number += 1
        yield Row(number, tuple(_text_cell(unguarded(field)) for field in fields[:MAX_COLUMNS]))


def _delimiter(text: str) -> str:
    """The sign that separates the first line that has one, counted outside quotes."""
    for line in text.split("\n", 20)[:20]:
        bare = re.sub(r'"[^"]*"', "", line)
        counts = {sign: bare.count(sign) for sign in "\t;,"}
        best = max(counts, key=lambda sign: counts[sign])
        if counts[best]:
            return best
    return ","


def _text_cell(text: str) -> Cell:
    if len(text) > MAX_CELL_CHARS:
        return Cell(text[:80], text[:80], "import.cell_too_long")
    return Cell(text, text) if text else EMPTY


def _xlsx_rows(data: bytes) -> Iterator[Row]:
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
        sheet.reset_dimensions()  # what the file says about its own size may be wrong
        seen = 0
        for number, cells in enumerate(sheet.iter_rows(max_row=1_048_576), start=1):
            if not cells:  # a gap: whole columns may be formatted down to the last row
                continue
            seen += 1
            if seen > 2 * MAX_ROWS or (len(cells) > MAX_COLUMNS and any(cell.value is not None for cell in cells[MAX_COLUMNS:])):
                raise TableError("import.too_many_rows", limit=MAX_ROWS)
            yield Row(number, tuple(_typed_cell(cell) for cell in cells[:MAX_COLUMNS]))
    except (TableError, GeneratorExit):
        raise
    except Exception as error:  # a hostile file makes the library fail in any way it likes; the person hears one sentence
        raise TableError("import.unreadable") from error


def _typed_cell(cell: Any) -> Cell:
    value = cell.value
    if value is None or value == "":
        return EMPTY
    if cell.data_type == "e":
        return Cell(str(value), None, "import.cell_error")
    if isinstance(value, str):
        return _text_cell(re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), value))
    if isinstance(value, bool):
        return Cell("TRUE" if value else "FALSE", value)
    if isinstance(value, datetime):
        return Cell(value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" "), value)
    if isinstance(value, (int, float)):
        return _number_cell(value, str(getattr(cell, "number_format", "")))
    return Cell(str(value), str(value))


def _number_cell(value: int | float, number_format: str) -> Cell:
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return Cell(str(value), value, "import.not_a_number")
    if abs(value) >= 10**EXACT_DIGITS:
        return Cell(str(int(value)) if abs(value) < 10**30 else str(value), value, "import.number_lost_digits")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and re.fullmatch(r"0{2,30}", number_format):
        return Cell(f"{value:0{len(number_format)}d}", value)  # shown as 00123, so 00123 is meant
    return Cell(str(value) if isinstance(value, int) else repr(value), value)


def _refuse_bombs(data: bytes) -> None:
    """Refuse what would unpack to far more than it is, before any of it is unpacked; and documents that define entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
            if len(parts) > MAX_ZIP_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
                raise TableError("import.too_big", limit_mb=MAX_BYTES // 1024 // 1024)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with packed.open(part) as stream:
                        _refuse_doctype(stream)
    except TableError:
        raise
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise TableError("import.unreadable") from error


class _Started(Exception):
    """The first element has begun: what may define entities is over."""


def _refuse_doctype(stream: Any) -> None:
    parser = xml.parsers.expat.ParserCreate()

    def doctype(*_: Any) -> None:
        raise TableError("import.unreadable")

    def element(*_: Any) -> None:
        raise _Started

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = element
    try:
        while chunk := stream.read(65_536):
            parser.Parse(chunk, False)
    except _Started:
        return
    except xml.parsers.expat.ExpatError as error:
        raise TableError("import.unreadable") from error

"""Tables as offices have them: CSV and XLSX files, read into cells and written for people who open them in a spreadsheet.

Reading takes UTF-8 (with or without a byte order mark), UTF-16 with one, and GB18030; `,` `;` or tab; or the first visible sheet of
an XLSX. It never guesses silently: a serial number that a spreadsheet kept as a number has lost its last digits (pitfall T34), so the
cell carries a problem instead of a value. Writing follows pitfalls T32 (mark for Chinese Excel) and T33 (nothing becomes a formula).
What the columns mean is `imports`' business. No database here, and of the clock only the office's zone.
"""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
import xml.parsers.expat
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from itertools import chain
from typing import Any, BinaryIO

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils.datetime import from_excel

from core.foundation import clock

MAX_BYTES = 30 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_ZIP_PARTS = 2_000
MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_CELL_CHARS = 32_767  # what a spreadsheet cell can hold

EARLIEST_YEAR, LATEST_YEAR = 1900, 2199
MAX_CENTS = 10**14  # a thousand milliards: larger is a typing mistake
EXACT_DIGITS = 15  # a spreadsheet number keeps 15 digits and turns the rest into zeros

Value = str | bool | int | float | date | datetime | None
Writable = str | bool | int | Decimal | date | datetime | None


class TableError(ValueError):
    """The file as a whole cannot be read. `code` is a catalogue key, `facts` fill its sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code, self.facts = code, facts


class CellError(ValueError):
    """One cell is not what its column needs. `code` is a catalogue key that names the remedy."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code, self.facts = code, facts


@dataclass(frozen=True, slots=True)
class Cell:
    """`text` as a person sees it, `value` as the file types it, `problem` a code when reading already lost something."""

    text: str = ""
    value: Value = None
    problem: str | None = None


EMPTY = Cell()


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


# ── reading ──


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


# ── what a cell means ──

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x2212: 0x2D, 0xFFE5: 0xA5}
_HIDDEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]")


def half_width(text: str) -> str:
    """`１，２３４．５０` → `1,234.50`. Only the full-width forms of ASCII: superscripts and other digits stay what they are."""
    return text.translate(_FULL_WIDTH)


def tidy(text: str) -> str:
    """A person's text as it is kept: composed (NFC), on one line, without control, direction or invisible signs, trimmed.

    Source: security.md, bad inputs 9, 10 and 11. Emoji joiners stay: they are part of the word."""
    composed = unicodedata.normalize("NFC", _HIDDEN.sub("", text))
    words = "".join(" " if sign.isspace() else sign for sign in composed)
    return " ".join("".join(sign for sign in words if unicodedata.category(sign) not in ("Cc", "Cs")).split())


def parse_text(cell: Cell, *, limit: int = 200) -> str:
    """Words. Raises import.too_long (facts limit, length) and what the cell already carries."""
    _raise_problem(cell)
    text = tidy(cell.text)
    if len(text) > limit:
        raise CellError("import.too_long", limit=limit, length=len(text))
    return text


def parse_code(cell: Cell, *, limit: int = 64) -> str:
    """A number that is a name (asset number, serial number): every sign counts, so what a spreadsheet mangled is refused.

    Raises import.number_lost_digits (`1.10105E+17`), import.became_date, import.too_long."""
    _raise_problem(cell)
    if isinstance(cell.value, (date, datetime)):
        raise CellError("import.became_date")
    text = tidy(half_width(cell.text))
    if re.fullmatch(r"\d(\.\d+)?[eE]\+\d{2,3}", text):
        raise CellError("import.number_lost_digits")
    if len(text) > limit:
        raise CellError("import.too_long", limit=limit, length=len(text))
    return text


_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日?|(\d{2})(\d{2}))"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?",
    re.ASCII,
)


def parse_day(cell: Cell) -> date:
    """A day: a date cell, a spreadsheet's day number, `2026-03-01`, `2026/3/1`, `2026.3.1`, `2026年3月1日`, `20260301`.

    Raises import.no_such_day (2026-02-30), import.day_out_of_range (not 1900 to 2199), import.not_a_day (also 03/04/2026:
    nobody can tell which is the month)."""
    _raise_problem(cell)
    found = cell.value
    if isinstance(found, datetime):
        day = found.date()
    elif isinstance(found, date):
        day = found
    elif isinstance(found, (int, float)) and not isinstance(found, bool):
        day = _day_of_serial(found)
    else:
        day = _day_of_text(tidy(half_width(cell.text)))
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise CellError("import.day_out_of_range", earliest=EARLIEST_YEAR, latest=LATEST_YEAR)
    return day


def _day_of_serial(serial: float) -> date:
    try:
        found = from_excel(serial)
    except (ValueError, OverflowError):
        raise CellError("import.not_a_day") from None
    if not isinstance(found, datetime):  # less than one day: a time
        raise CellError("import.not_a_day")
    return found.date()


def _day_of_text(text: str) -> date:
    if re.fullmatch(r"[0-9]{5}", text):
        return _day_of_serial(int(text))
    found = _DAY.fullmatch(text)
    if found is None:
        raise CellError("import.not_a_day")
    year, month, day = (int(part) for part in found.groups() if part is not None)
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise CellError("import.day_out_of_range", earliest=EARLIEST_YEAR, latest=LATEST_YEAR)
    try:
        return date(year, month, day)
    except ValueError:
        raise CellError("import.no_such_day") from None


_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<part>[0-9]*))?")


def parse_cents(cell: Cell, *, negative: bool = False) -> int:
    """An amount of money in integer cents: `1,234.50`, `１２３`, `¥88`, `(12.00)` for minus twelve.

    Raises import.not_a_number (also NaN, 1e309, `٣`, `1,5`), import.negative, import.too_many_decimals, import.amount_too_large."""
    _raise_problem(cell)
    found = cell.value
    if isinstance(found, (bool, date)):
        raise CellError("import.not_a_number")
    if isinstance(found, (int, float)):
        cents = _whole_cents(Decimal(repr(found)), Decimal("0.000001"))
    else:
        cents = _cents_of_text(tidy(half_width(cell.text)))
    if abs(cents) > MAX_CENTS:
        raise CellError("import.amount_too_large")
    if cents < 0 and not negative:
        raise CellError("import.negative")
    return cents


def _cents_of_text(text: str) -> int:
    text = re.sub(r"^(?:¥|CNY|RMB)\s*|\s*元$", "", text)
    if inside := re.fullmatch(r"\((.+)\)", text):
        text = "-" + inside[1]
    found = _AMOUNT.fullmatch(re.sub(r"^([+-])\s*¥", r"\1", text)) if len(text) <= 60 else None
    if found is None:
        raise CellError("import.not_a_number")
    return _whole_cents(Decimal(f"{found['sign']}{found['whole'].replace(',', '')}.{found['part'] or 0}"), Decimal(0))


def _whole_cents(amount: Decimal, noise: Decimal) -> int:
    """`noise` is what a spreadsheet's binary fractions may differ by (0.1 + 0.2)."""
    if abs(amount) > MAX_CENTS:
        raise CellError("import.amount_too_large")
    cents = (amount * 100).to_integral_value()
    if abs(amount * 100 - cents) > noise * 100:
        raise CellError("import.too_many_decimals")
    return int(cents)


def _raise_problem(cell: Cell) -> None:
    if cell.problem:
        raise CellError(cell.problem)


# ── writing ──

_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫"
_NEEDS_GUARD = re.compile(f"'*(?:[\\s\ufeff\u200b]*[{_SIGNS}]|[\\s\ufeff])")
_GUARDED = re.compile(f"'(?='*(?:[\\s\ufeff\u200b]*[{_SIGNS}]|[\\s\ufeff]))")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def guarded(text: str) -> str:
    """The text with a leading `'` when a spreadsheet might run it; a plain number stays one. `unguarded` takes it off again.

    Source: pitfall T33, ASVS 1.2.10."""
    return "'" + text if _NEEDS_GUARD.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if _GUARDED.match(text) else text


def amount(cents: int | None) -> Decimal | None:
    """Cents as the amount a table shows, exactly."""
    return None if cents is None else Decimal(cents).scaleb(-2)


def csv_pieces(headings: Sequence[str], rows: Iterable[Sequence[Any]], zone: tzinfo | None = None) -> Iterator[bytes]:
    """A CSV in pieces of some 64 KB: UTF-8 with a byte order mark (Chinese Excel needs it), CRLF, moments in `zone` (the office's)."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write("\ufeff")
    for row in chain([headings], rows):
        writer.writerow([_csv_text(plain(value), zone or clock.zone()) for value in row])
        if buffer.tell() > 65_536:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Any]], zone: tzinfo | None = None) -> bytes:
    """The same in one piece."""
    return b"".join(csv_pieces(headings, rows, zone))


def plain(value: Any) -> Writable:
    """A result's value as a table holds it: several things are one text, what has no type of its own in a table is its text."""
    if value is None or isinstance(value, (str, bool, int, Decimal, date, datetime)):
        return value
    if isinstance(value, (tuple, list, set, frozenset)):
        return "、".join(str(item) for item in value)
    return Decimal(repr(value)) if isinstance(value, float) and math.isfinite(value) else str(value)


def _csv_text(value: Writable, zone: tzinfo) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return value.isoformat()
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | Decimal():
            return str(value)
        case _:
            return guarded(value)


def save_xlsx(
    target: BinaryIO, headings: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "Foyer", zone: tzinfo | None = None
) -> None:
    """One sheet, written row by row (flat memory). Texts are string cells marked as text, never formulas; days, moments (in
    `zone`, the office's), whole numbers and amounts are typed. The heading row stays in view."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31] or "Foyer")
    sheet.freeze_panes = "A2"
    for index, heading in enumerate(headings):
        letters = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in heading)
        sheet.column_dimensions[_column_name(index)].width = max(12, letters + 4)
    heads = [_xlsx_cell(sheet, heading, UTC) for heading in headings]
    for head in heads:
        head.font = Font(bold=True)
    sheet.append(heads)
    zone = zone or clock.zone()
    for row in rows:
        values = [plain(value) for value in row]
        sheet.append([None if value is None else _xlsx_cell(sheet, value, zone) for value in values])
    book.save(target)


def write_xlsx(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "Foyer", zone: tzinfo | None = None) -> bytes:
    """The same in one piece."""
    buffer = io.BytesIO()
    save_xlsx(buffer, headings, rows, title=title, zone=zone)
    return buffer.getvalue()


_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML has no way to say them


def _xlsx_cell(sheet: Any, value: Writable, zone: tzinfo) -> Any:
    if isinstance(value, str):
        text = _UNWRITABLE.sub("", value.encode("utf-8", "replace").decode())
        cell = WriteOnlyCell(sheet, value=re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text).replace("\r", "_x000D_"))
        cell.data_type = "s"  # the library makes a formula of a leading "=" unless told otherwise
        cell.number_format = "@"
        cell.quotePrefix = bool(_NEEDS_GUARD.match(text))  # stays text also when a person edits the cell
        return cell
    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value=value.astimezone(zone).replace(tzinfo=None, microsecond=0))
        cell.number_format = "yyyy-mm-dd hh:mm:ss"
    elif isinstance(value, date):
        cell = WriteOnlyCell(sheet, value=value)
        cell.number_format = "yyyy-mm-dd"
    else:
        cell = WriteOnlyCell(sheet, value=value)
        if isinstance(value, Decimal) and value == value.quantize(Decimal("0.01")):
            cell.number_format = "#,##0.00"
    return cell


def _column_name(index: int) -> str:
    return chr(65 + index) if index < 26 else _column_name(index // 26 - 1) + chr(65 + index % 26)

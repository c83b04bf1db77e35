"""Tables for people who open them in a spreadsheet: CSV and XLSX that stay what they say."""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from itertools import chain
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from core.foundation import clock
from core.mechanisms.tables.guard import guarded, needs_guard

Writable = str | bool | int | Decimal | date | datetime | None


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
    _fill(book, headings, rows, title, zone or clock.zone())
    book.save(target)


def write_book(sheets: Sequence[tuple[str, Sequence[str], Iterable[Sequence[Any]]]], *, zone: tzinfo | None = None) -> bytes:
    """Several sheets (title, headings, rows) in one file, each as `save_xlsx` writes it."""
    book = Workbook(write_only=True)
    for title, headings, rows in sheets:
        _fill(book, headings, rows, title, zone or clock.zone())
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _fill(book: Any, headings: Sequence[str], rows: Iterable[Sequence[Any]], title: str, zone: tzinfo) -> None:
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31] or "Foyer")
    sheet.freeze_panes = "A2"
    for index, heading in enumerate(headings):
        letters = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in heading)
        sheet.column_dimensions[_column_name(index)].width = max(12, letters + 4)
    heads = [_xlsx_cell(sheet, heading, UTC) for heading in headings]
    for head in heads:
        head.font = Font(bold=True)
    sheet.append(heads)
    for row in rows:
        values = [plain(value) for value in row]
        sheet.append([None if value is None else _xlsx_cell(sheet, value, zone) for value in values])


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
        cell.quotePrefix = needs_guard(text)  # stays text also when a person edits the cell
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

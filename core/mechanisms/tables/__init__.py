"""Tables as offices have them: CSV and XLSX files, read into cells and written for people who open them in a spreadsheet.

Reading takes UTF-8 (with or without a byte order mark), UTF-16 with one, and GB18030; `,` `;` or tab; or the first visible sheet of
an XLSX. It never guesses silently: a serial number that a spreadsheet kept as a number has lost its last digits (pitfall T34), so the
cell carries a problem instead of a value. Writing follows pitfalls T32 (mark for Chinese Excel) and T33 (nothing becomes a formula).
What the columns mean is `imports`' business. No database here, and of the clock only the office's zone.

Split by ability: `reading`, `cells` (what a cell means), `writing`, `guard` (what keeps a text from being run).
"""

from core.mechanisms.tables.cells import (
    EARLIEST_YEAR,
    EMPTY,
    LATEST_YEAR,
    MAX_CENTS,
    Cell,
    CellError,
    Value,
    half_width,
    parse_cents,
    parse_code,
    parse_day,
    parse_text,
    tidy,
)
from core.mechanisms.tables.guard import guarded, unguarded
from core.mechanisms.tables.reading import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, MAX_UNPACKED_BYTES, Row, TableError, read_rows
from core.mechanisms.tables.writing import Writable, amount, csv_pieces, plain, save_xlsx, write_book, write_csv, write_xlsx

__all__ = [
    "EARLIEST_YEAR", "EMPTY", "LATEST_YEAR", "MAX_BYTES", "MAX_CENTS", "MAX_COLUMNS", "MAX_ROWS", "MAX_UNPACKED_BYTES", "Cell", "CellError", "Row",
    "TableError", "Value", "Writable", "amount", "csv_pieces", "guarded", "half_width", "parse_cents", "parse_code", "parse_day",
    "parse_text", "plain", "read_rows", "save_xlsx", "tidy", "unguarded", "write_book", "write_csv", "write_xlsx",
]  # fmt: skip

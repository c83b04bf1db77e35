"""What a cell is and what it means: words, numbers that are names, days, amounts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from openpyxl.utils.datetime import from_excel

EARLIEST_YEAR, LATEST_YEAR = 1900, 2199
MAX_CENTS = 10**14  # a thousand milliards: larger is a typing mistake

Value = str | bool | int | float | date | datetime | None


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

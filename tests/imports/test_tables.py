"""Files as offices have them are read without guessing, and what we write is safe to open."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from core.mechanisms import tables
from core.mechanisms.tables import Cell, CellError, TableError, parse_cents, parse_code, parse_day, read_rows, reading

SHANGHAI = ZoneInfo("Asia/Shanghai")
HEADINGS = ["资产编号", "资产名称", "价值"]
SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples"


def texts(data: bytes) -> list[tuple[int, list[str]]]:
    return [(row.number, [cell.text for cell in row.cells]) for row in read_rows(data)]


def xlsx(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def written_csv(rows: list[list[tables.Writable]]) -> bytes:
    return tables.write_csv(HEADINGS, rows, SHANGHAI)


def written_xlsx(rows: list[list[tables.Writable]]) -> bytes:
    return tables.write_xlsx(HEADINGS, rows, zone=SHANGHAI)


@pytest.mark.proves("T32")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_file_reads_the_same_in_every_encoding_and_with_every_separator(encoding: str, delimiter: str) -> None:
    text = "\r\n".join(delimiter.join(row) for row in [HEADINGS, ["ZC-1", "㐂𠮷龘打印机", "12"]])
    assert texts(text.encode(encoding)) == [(1, HEADINGS), (2, ["ZC-1", "㐂𠮷龘打印机", "12"])]


def test_row_numbers_are_those_the_spreadsheet_shows() -> None:
    data = '资产编号,资产名称\r\n\r\nZC-1,"两行\r\n名称"\r\nZC-2,椅子\r\n'.encode()
    assert [number for number, _ in texts(data)] == [1, 3, 4]
    assert [number for number, _ in texts(xlsx([["资产编号"], [None], ["ZC-1"]]))] == [1, 3]


def test_a_short_row_has_empty_cells_and_never_fails() -> None:
    row = list(read_rows(b"a,b,c\n1\n"))[1]
    assert row.at(2) == tables.EMPTY and row.at(99) == tables.EMPTY and row.at(-1) == tables.EMPTY


@pytest.mark.proves("T34")
@pytest.mark.parametrize("serial", [110105194912310021, 1.10105194912310016e17, 10**15, -(10**16)])
def test_a_serial_number_kept_as_a_number_is_refused(serial: float) -> None:
    cell = list(read_rows(xlsx([["序列号"], [serial]])))[1].at(0)
    with pytest.raises(CellError) as err:
        parse_code(cell)
    assert err.value.code == "import.number_lost_digits"


@pytest.mark.proves("T34")
def test_a_serial_number_that_a_csv_shows_as_a_power_of_ten_is_refused() -> None:
    with pytest.raises(CellError) as err:
        parse_code(Cell("1.10105E+17", "1.10105E+17"))
    assert err.value.code == "import.number_lost_digits"


def test_a_serial_number_kept_as_text_stays_whole() -> None:
    assert parse_code(next(iter(read_rows(xlsx([["110105194912310021"]])))).at(0)) == "110105194912310021"


def test_a_number_shown_with_leading_zeros_keeps_them() -> None:
    book = Workbook()
    book.active["A1"] = 123
    book.active["A1"].number_format = "00000"
    buffer = io.BytesIO()
    book.save(buffer)
    assert parse_code(next(read_rows(buffer.getvalue())).at(0)) == "00123"


def test_a_model_number_that_became_a_day_is_refused() -> None:
    with pytest.raises(CellError) as err:
        parse_code(next(read_rows(xlsx([[date(2026, 3, 5)]]))).at(0))
    assert err.value.code == "import.became_date"


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1,234.50", 123450), ("１，２３４．５", 123450), ("¥88", 8800), ("￥ 88", 8800), ("0", 0), ("-0", 0), ("12.", 1200),
        ("3 元", 300), ("1234567890.12", 123456789012), ("5.100", 510),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text: str, cents: int) -> None:
    assert parse_cents(Cell(text, text)) == cents


@pytest.mark.parametrize("text", ["-12.00", "(12.00)", "－12", "−12", "¥-12", "-¥12"])
def test_a_negative_price_is_refused_and_a_negative_correction_is_read(text: str) -> None:
    with pytest.raises(CellError) as err:
        parse_cents(Cell(text, text))
    assert err.value.code == "import.negative"
    assert parse_cents(Cell(text, text), negative=True) == -1200


@pytest.mark.proves("SEC 12")
@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-inf", "1e309", "1E5", "٣", "1,5", "1,23,456", "²", "", "12abc", "0x10", "1_000", "--1", "9" * 5000]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(CellError) as err:
        parse_cents(Cell(text, text))
    assert err.value.code in ("import.not_a_number", "import.amount_too_large")


@pytest.mark.proves("SEC 12")
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e308, True, date(2026, 1, 1)])
def test_spreadsheet_cells_that_are_no_amount_are_refused(value: tables.Value) -> None:
    cell = reading._number_cell(value, "") if isinstance(value, float) else Cell("x", value)
    with pytest.raises(CellError):
        parse_cents(cell)


def test_a_spreadsheet_amount_is_exact_to_the_cent() -> None:
    assert parse_cents(Cell("", 0.1 + 0.2)) == 30
    assert parse_cents(Cell("", 1234.5)) == 123450
    with pytest.raises(CellError) as err:
        parse_cents(Cell("", 1.239))
    assert err.value.code == "import.too_many_decimals"


@pytest.mark.parametrize(
    "text", ["2026-03-01", "2026/3/1", "2026.3.1", "2026年3月1日", "20260301", "２０２６－３－１", "2026-03-01 00:00:00", "46082"]
)
def test_days_as_people_write_them(text: str) -> None:
    assert parse_day(Cell(text, text)) == date(2026, 3, 1)


def test_a_spreadsheet_day_and_its_bare_number_are_the_same_day() -> None:
    rows = list(read_rows(xlsx([[date(2026, 3, 1)], [46082], [datetime(2026, 3, 1, 9, 30)]])))  # noqa: DTZ001 - a spreadsheet's own
    assert [parse_day(row.at(0)) for row in rows] == [date(2026, 3, 1)] * 3


@pytest.mark.proves("SEC 13", "Things 10")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-02-30", "import.no_such_day"), ("2027-02-29", "import.no_such_day"), ("2026-13-01", "import.no_such_day"),
        ("0000-01-01", "import.day_out_of_range"), ("9999-12-31", "import.day_out_of_range"), ("0001年1月1日", "import.day_out_of_range"),
        ("03/04/2026", "import.not_a_day"), ("2026-W53", "import.not_a_day"), ("yesterday", "import.not_a_day"), ("", "import.not_a_day"),
        ("２٣26-03-01", "import.not_a_day"), ("2026-0٣-01", "import.not_a_day"), ("٢٠٢٦年3月1日", "import.not_a_day"),
        ("2026-03/01", "import.not_a_day"),
    ],
)  # fmt: skip
def test_days_that_do_not_exist_are_refused(text: str, code: str) -> None:
    with pytest.raises(CellError) as err:
        parse_day(Cell(text, text))
    assert err.value.code == code


@pytest.mark.parametrize("number", [-1.0, 0.5, 1e12, float("nan")])
def test_a_number_that_is_no_day_is_refused(number: float) -> None:
    with pytest.raises(CellError):
        parse_day(Cell("", number))


@pytest.mark.proves("SEC 9", "SEC 10", "SEC 11")
def test_hidden_signs_leave_a_text_and_visible_ones_stay() -> None:
    assert tables.tidy("  李\u202e明\u200b \x00打印机\t一\ud800 ") == "李明 打印机 一"
    assert tables.tidy("👩‍👩‍👧") == "👩‍👩‍👧"
    assert tables.tidy("e\u0301") == "é"
    with pytest.raises(CellError) as err:
        tables.parse_text(Cell("长" * 10_000, None))
    assert err.value.code == "import.too_long" and err.value.facts == {"limit": 200, "length": 10_000}


# ── files that mean harm, or are not what they say ──


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "import.empty"), (b"\xef\xbb\xbf\r\n", "import.empty"), (b",,\n,,\n", "import.empty"),
        (b"\xd0\xcf\x11\xe0rest", "import.old_excel"), (b"PK\x03\x04rubbish", "import.unreadable"), (b"\xff\xff\x81", "import.encoding"),
        (b'a,b\n"' + b"x" * 200_000, "import.broken_row"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(data: bytes, code: str) -> None:
    with pytest.raises(TableError) as err:
        list(read_rows(data))
    assert err.value.code == code


def packed(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name.replace("__", "/") + ".xml", content)
    return buffer.getvalue()


def test_a_small_file_that_unpacks_to_hundreds_of_megabytes_is_refused_before_unpacking() -> None:
    bomb = packed(xl__workbook=b" " * (tables.MAX_UNPACKED_BYTES + 1))
    assert len(bomb) < 1_000_000
    with pytest.raises(TableError) as err:
        read_rows(bomb)
    assert err.value.code == "import.too_big"


def test_a_workbook_that_defines_entities_is_refused() -> None:
    laughs = b'<?xml version="1.0"?><!-- ' + b"x" * 70_000 + b' --><!DOCTYPE lolz [<!ENTITY lol "lol">]><workbook>&lol;</workbook>'
    with pytest.raises(TableError) as err:
        read_rows(packed(xl__workbook=laughs))
    assert err.value.code == "import.unreadable"


def test_a_sheet_that_claims_a_far_corner_is_read_in_time() -> None:
    book = Workbook()
    book.active["A1"] = "资产编号"
    book.active["XFD1048576"] = "far"
    buffer = io.BytesIO()
    book.save(buffer)
    with pytest.raises(TableError) as err:
        texts(buffer.getvalue())
    assert err.value.code == "import.too_many_rows"


def test_a_far_row_is_found_behind_a_million_blank_ones() -> None:
    book = Workbook()
    book.active["A1"] = "资产编号"
    book.active["A1000000"] = "ZC-1"
    buffer = io.BytesIO()
    book.save(buffer)
    assert texts(buffer.getvalue()) == [(1, ["资产编号"]), (1_000_000, ["ZC-1"])]


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 10)
    assert len(list(read_rows(b"h\n" + b"x\n" * 10))) == 11
    with pytest.raises(TableError) as err:
        list(read_rows(b"h\n" + b"x\n" * 11))
    assert err.value.code == "import.too_many_rows"
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    with pytest.raises(TableError) as err:
        read_rows(b"h\n" + b"x\n" * 11)
    assert err.value.code == "import.too_big"


# ── what we write ──

HOSTILE = [
    "=HYPERLINK(1)",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    " =1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "\u3000=1",
    "\ufeff=1",
    "'=1",
    "''=1",
]


@pytest.mark.proves("T33", "SEC 7")
@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_we_write_becomes_a_formula(text: str) -> None:
    line = list(csv.reader(io.StringIO(written_csv([["ZC-1", text, None]]).decode("utf-8-sig"), newline="")))[1]
    assert line[1] == "'" + text
    data = written_xlsx([["ZC-1", text, None]])
    cell = load_workbook(io.BytesIO(data)).active["B2"]
    assert cell.data_type == "s" and cell.quotePrefix
    assert list(read_rows(data))[1].at(1).value == text


@pytest.mark.proves("T33")
@pytest.mark.parametrize("text", ["-12.5", "+8613800001234", "0", "-0"])
def test_a_plain_number_stays_plain(text: str) -> None:
    assert tables.guarded(text) == text


@given(st.text())
def test_the_guard_comes_off_again_whole(text: str) -> None:
    assert tables.unguarded(tables.guarded(text)) == text


@pytest.mark.proves("T32")
def test_a_csv_of_ours_opens_in_chinese_excel() -> None:
    data = written_csv([["ZC-1", "打印机", Decimal("12.50")]])
    assert data.startswith(b"\xef\xbb\xbf") and data.endswith(b"12.50\r\n")


def test_days_moments_and_amounts_are_typed_and_in_local_time() -> None:
    moment = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    sheet = load_workbook(io.BytesIO(written_xlsx([[date(2026, 3, 1), moment, tables.amount(123450)]]))).active
    assert sheet["A2"].is_date and sheet["A2"].value.date() == date(2026, 3, 1)
    assert sheet["B2"].value.isoformat() == "2026-11-24T00:30:00"
    assert sheet["C2"].value == 1234.5 and sheet["C2"].number_format == "#,##0.00"
    assert written_csv([[date(2026, 3, 1), moment, tables.amount(123450)]]).decode("utf-8-sig").splitlines()[1] == (
        "2026-03-01,2026-11-24 00:30:00,1234.50"
    )


def naughty() -> list[str]:
    path = SAMPLES / "blns.txt"
    if not path.exists():
        pytest.skip("the naughty strings are not beside the project (../shared/samples)")
    lines = path.read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#") and tables.tidy(line)]


@pytest.mark.proves("SEC 7", "SEC 9", "SEC 10", "T33")
@pytest.mark.parametrize("write", [written_csv, written_xlsx])
def test_every_naughty_string_survives_the_round_trip(write: object) -> None:
    names = [tables.tidy(line) for line in naughty()]
    back = [row.at(1).text for row in read_rows(write([[f"ZC-{i}", name, None] for i, name in enumerate(names)]))][1:]  # type: ignore[operator]  # one of two writers
    assert back == names


def test_ten_thousand_rows_are_written_in_pieces() -> None:
    pieces = list(tables.csv_pieces(HEADINGS, ([f"ZC-{i}", "打印机", i] for i in range(10_000)), SHANGHAI))
    assert len(pieces) > 2 and max(map(len, pieces)) < 100_000
    assert len(list(read_rows(b"".join(pieces)))) == 10_001

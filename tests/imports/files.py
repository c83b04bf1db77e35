"""Files as offices have them, made in the test: nothing here is read from elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from openpyxl import Workbook

HEADINGS = ("资产编号", "资产名称", "规格型号", "序列号", "分类代码", "购置日期", "价值", "使用部门", "保管人", "存放地点")
GOOD = ("ZC-1001", "激光打印机", "M404", "SN-1", "A02021003", "2026-03-01", "1,234.50", "办公室", "林晓梅", "301")

# Things 10: 1 in-file duplicate, 1 existing asset, 1 date 2026-02-30, 1 negative price, 1 unknown place.
WRONG_ROWS = (
    GOOD,
    ("ZC-1002", "办公椅", "", "", "A05010301", "2026/3/2", "480", "财务科", "", "302"),
    ("ZC-1001", "激光打印机", "M404", "SN-1", "A02021003", "2026-03-01", "1234.5", "办公室", "林晓梅", "301"),
    ("ZC-0001", "旧名字的会议桌", "", "", "", "", "900", "", "", "305"),
    ("ZC-1003", "投影仪", "", "", "", "2026-02-30", "3000", "办公室", "", "301"),
    ("ZC-1004", "碎纸机", "", "", "", "2026-03-04", "-200", "办公室", "", "301"),
    ("ZC-1005", "文件柜", "", "", "", "2026-03-05", "600", "办公室", "", "不存在的库房"),
)


def csv_file(
    rows: Sequence[Sequence[object]], headings: Sequence[str] = HEADINGS, encoding: str = "gb18030", delimiter: str = ","
) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n").writerows([headings, *rows])
    return buffer.getvalue().encode(encoding)


def xlsx_file(rows: Sequence[Sequence[object]], headings: Sequence[str] = HEADINGS) -> bytes:
    book = Workbook()
    for row in [headings, *rows]:
        book.active.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()

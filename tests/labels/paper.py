"""What the label tests share: a fixed set of labels, pages as pictures, and the decoder's findings by cell."""

from __future__ import annotations

import random
import re
from typing import Any

import zxingcpp

from assets_labels.matrices import CODE_SIGNS
from assets_labels.papers import Template
from assets_labels.sheets import LabelText

BASE_URL = "http://foyer.example.cn"
OFFICE = "临江区机关事务中心"
THINGS = (
    ("投影仪 爱普生 CB-FH52", "301 听雨厅"),
    ("人体工学椅 震旦 A6", "302 办公室"),
    ("笔记本电脑 ThinkPad T14", "302 办公室"),
    ("激光打印机 惠普 M405", "三楼文印室"),
    ("会议平板 65 寸 希沃", "401 大会议室"),
    ("文件柜 双门", "档案室"),
    ("龘字陶瓷摆件（㐂福𠮷）", "一楼大厅"),
    ("碎纸机 科密 C-628 带自动进纸和双入口", "三楼文印室"),
    ("饮水机 美的 YR1801", "三楼走廊"),
)


def codes(count: int, seed: int = 7) -> list[str]:
    """`count` different codes, the same at each run."""
    drawn = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(drawn.choices(CODE_SIGNS, k=8))] = None
    return list(found)


def labels(count: int) -> list[LabelText]:
    """`count` assets of a small Chinese office."""
    return [
        LabelText(code, THINGS[at % 9][0], f"ZC-2026-{152 + at:04d}", THINGS[at % 9][1], OFFICE, "资产编号")
        for at, code in enumerate(codes(count))
    ]


def cell_image(image: Any, paper: Template, position: int, dpi: int) -> Any:
    """The part of a page picture that is one cell."""
    left, top = paper.cell(position)
    edges = (left, top, left + paper.cell_width_mm, top + paper.cell_height_mm)
    return image.crop(tuple(round(edge * dpi / 25.4) for edge in edges))


def decoded(image: Any) -> dict[str, Any]:
    """The codes in a picture by their kind, as the independent decoder finds them without being told what to look for."""
    return {str(code.format): code for code in zxingcpp.read_barcodes(image)}


def plain(text: str) -> str:
    """`text` without white space: where a line breaks is no part of a name."""
    return re.sub(r"\s+", "", text)

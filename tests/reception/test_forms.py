"""Amounts in capital signs and ruled forms (X4): pure drawing, no database."""

from __future__ import annotations

import itertools

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets_labels.forms import Box, Cell, Form, draw_form, in_words, pairs, table

pytestmark = pytest.mark.proves("X4")

SIGNS = {sign: value for value, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACES = {"拾": 10, "佰": 100, "仟": 1000}


def read(words: str) -> int:
    """Capital signs back to cents, by another way than they were made."""
    sign, words = (-1, words[1:]) if words.startswith("负") else (1, words)
    yuan_part, _yuan, rest = words.rpartition("元")
    total = part = digit = 0
    for one in yuan_part:
        if one in SIGNS:
            digit = SIGNS[one]
        elif one in PLACES:
            part, digit = part + digit * PLACES[one], 0
        elif one == "万":
            total, part, digit = total + (part + digit) * 10**4, 0, 0
        elif one == "亿":
            total, part, digit = (total + part + digit) * 10**8, 0, 0
    cents = (total + part + digit) * 100
    for one, other in itertools.pairwise(rest):
        cents += {"角": 10, "分": 1}.get(other, 0) * SIGNS.get(one, 0)
    return sign * cents


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (0, "零元整"), (320_000, "叁仟贰佰元整"), (1_005, "壹拾元零伍分"), (50, "伍角整"), (5, "伍分"), (10_001_000, "壹拾万零壹拾元整"), (100_000_000_00, "壹亿元整"),
        (123_456_78, "壹拾贰万叁仟肆佰伍拾陆元柒角捌分"), (10_050, "壹佰元零伍角整"), (100_050, "壹仟元零伍角整"), (1_000_000, "壹万元整"), (-12_000, "负壹佰贰拾元整"),
    ],
)  # fmt: skip
def test_an_amount_in_capital_signs(cents: int, words: str) -> None:
    if cents in (10_050, 100_050):  # 角 follows 元 directly: forms write no 零 before it
        words = words.replace("元零", "元")
    assert in_words(cents) == words


@given(st.integers(-(10**14), 10**14))
def test_capital_signs_read_back_to_the_same_amount(cents: int) -> None:
    words = in_words(cents)
    assert read(words) == cents and "零零" not in words and not words.startswith("零拾")


def test_traditional_forms_use_traditional_capitals() -> None:
    assert in_words(12_345_600, "zh-Hant") == "壹拾貳萬參仟肆佰伍拾陸元整"


def test_a_long_form_goes_on_with_its_headings_and_signs_on_the_last_page() -> None:
    lines = [(str(n), f"第 {n} 项 㐂 <b>&", "10:00–11:00") for n in range(1, 80)]
    rows = [pairs(("单位", "江城"), ("人数", "3")), *table((("№", 0.5, "centre"), ("内容", 2.0, "value"), ("时间", 1.0, "centre")), lines)]
    form = Form(
        title="公务接待清单",
        above=("左", "右"),
        rows=tuple(rows),
        boxes=(Box("经办人", "薄一鸣", "2026年11月23日"), Box("审批")),
        foot="接〔2026〕1号",
    )
    drawn = draw_form(form)
    assert drawn == draw_form(form)
    document = pypdfium2.PdfDocument(drawn)
    pages = [page.get_textpage().get_text_range() for page in document]
    assert len(pages) > 1 and all("内容" in page for page in pages)
    assert "公务接待清单" in pages[0] and "薄一鸣" in pages[-1] and "薄一鸣" not in pages[0]
    assert sum(page.count("10:00–11:00") for page in pages) == 79 and "<b>&" in pages[0]
    width, height = document[0].get_size()
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)


def test_a_cell_without_words_still_has_its_place() -> None:
    document = pypdfium2.PdfDocument(draw_form(Form(title="空", rows=((Cell("", 1.0), Cell("", 2.0, least_mm=20.0)),))))
    assert len(document) == 1


@pytest.mark.parametrize("count", range(1, 90))
def test_nobody_signs_a_sheet_with_nothing_else_on_it(count: int) -> None:
    rows = table((("内容", 2.0, "value"), ("时间", 1.0, "centre")), [(f"第 {n} 项", "10:00") for n in range(count)])
    document = pypdfium2.PdfDocument(draw_form(Form(title="清单", rows=tuple(rows), boxes=(Box("经办人", "薄一鸣"),))))
    pages = [page.get_textpage().get_text_range() for page in document]
    assert sum(page.count("10:00") for page in pages) == count
    assert all("10:00" in page and "内容" in page for page in pages), pages[-1]


@pytest.mark.parametrize("count", range(14, 44))
def test_a_part_never_begins_at_the_foot_of_a_page_without_its_first_line(count: int) -> None:
    lines = table((("内容", 2.0, "value"), ("时间", 1.0, "centre")), [(f"第 {n} 项", "10:00") for n in range(count)])
    rows = [*lines, (Cell("三、经费", 1.0, "part"),), *table((("费用", 1.0, "centre"), ("预算", 1.0, "value")), [("餐饮", "180.00")])]
    document = pypdfium2.PdfDocument(draw_form(Form(title="清单", rows=tuple(rows))))
    pages = [page.get_textpage().get_text_range() for page in document]
    assert [("三、经费" in page, "餐饮" in page) for page in pages] in ([(True, True)], [(False, False), (True, True)])

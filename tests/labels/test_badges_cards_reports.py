"""Badges, asset cards and reports: they read, they can be searched, and the same content gives the same paper."""

from __future__ import annotations

import dataclasses
import io
from datetime import date

import pytest
from pypdf import PdfReader

from assets_labels import proof
from assets_labels.badges import BadgeText, draw_badge, draw_badges
from assets_labels.cards import CardEvent, CardText, draw_card
from assets_labels.errors import DrawingError
from assets_labels.reports import Column, Report, Signature, draw_report
from tests.labels.paper import BASE_URL, OFFICE, codes, plain
from tests.labels.test_words import HOSTILE

LI = BadgeText("EC97XYEH", "李文博", date(2026, 11, 23), 12, "18:00", "江城建设集团", "林晓梅，办公室", "一楼、三楼，需陪同", OFFICE)
ANNA = BadgeText(
    "P52SA99T", "Anna Bergström", date(2026, 11, 23), 13, "18:00", "Nordic Archive", "Chen Li, Director’s Office", "Floor 3", OFFICE, "en"
)
FACTS = tuple(
    zip(
        ("资产编号", "分类代码", "规格型号", "序列号", "购置日期", "价值", "使用部门", "保管人", "存放地点", "供应商", "预计使用", "状态"),
        ("ZC-2023-0147", "A020202", "CB-FH52", "X4PD26", "2023年6月12日", "6,980.00 元", "办公室", "周启明", "301", "江城", "6 年", "在用"),
        strict=True,
    )
)
CARD = CardText("9MK6DYNE", "龘字投影仪 㐂𠮷", FACTS, (CardEvent("2026年11月20日", "盘点", "在 302 找到，王芳"),), OFFICE, "10:24 打印")


def text_of(pdf: bytes) -> str:
    return plain("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def report(count: int = 60, **changes: object) -> Report:
    made = Report(
        title="三楼资产盘点，盘盈盘亏明细表",
        lines=("盘点范围：三楼全部房间", "盘点人 王芳"),
        sums=(("应盘", "100 件"), ("盘亏", "2 件")),
        columns=(Column("资产编号", 1.2), Column("资产名称", 2.5), Column("价值（元）", 1.0, figures=True)),
        rows=tuple((f"ZC-{at:04d}", f"椅子 {at}", "1,280.00") for at in range(count)),
        signatures=(Signature("盘点人", "王芳", "2026年11月20日"), Signature("审定人")),
        footer="sha256 9f86d081884c7d65",
        heading=OFFICE,
        totals=("合计", "", "486,320.00"),
    )
    return dataclasses.replace(made, **changes)


@pytest.mark.proves("T21", "X3")
def test_a_badge_reads_and_its_name_firm_host_and_day_can_be_searched() -> None:
    pdf = draw_badges([LI, ANNA], BASE_URL)
    assert proof.unreadable_pages(pdf, [LI.code, ANNA.code], BASE_URL) == []
    first, second = (plain(page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages)
    for words in ("访客", "012", "今天18:00前有效", "李文博", "江城建设集团", "林晓梅，办公室", "需陪同", "EC97-XYEH", "23", "周一"):
        assert words in first
    for words in ("VISITOR", "访客", "Anna", "Bergström", "Director’sOffice", "MON"):
        assert words in second


@pytest.mark.proves("T16")
def test_a_badge_is_exactly_62_by_100_millimetres() -> None:
    box = PdfReader(io.BytesIO(draw_badge(LI, BASE_URL))).pages[0].mediabox
    assert (round(float(box.width) * 25.4 / 72, 3), round(float(box.height) * 25.4 / 72, 3)) == (62.0, 100.0)


@pytest.mark.proves("SEC 10")
def test_any_visitor_gets_a_badge_that_reads_whatever_the_name_is() -> None:
    names = [*HOSTILE.values(), "محمد علي", "สมชาย", "🙂", "欧阳娜娜祥龘", "Wolfeschlegelsteinhausenbergerdorff Hubert Blaine"]
    pairs = zip(codes(len(names)), names, strict=True)
    badges = [dataclasses.replace(LI, code=code, name=name, firm=name, host=name) for code, name in pairs]
    assert proof.unreadable_pages(draw_badges(badges, BASE_URL), [badge.code for badge in badges], BASE_URL) == []


@pytest.mark.proves("S4.1-R2", "T21")
def test_an_asset_card_reads_and_holds_its_twelve_facts_and_last_events() -> None:
    pdf = draw_card(CARD, BASE_URL, "zh-Hans")
    assert proof.unreadable_pages(pdf, [CARD.code], BASE_URL) == []
    words = text_of(pdf)
    for caption, value in FACTS:
        assert caption in words
        assert plain(value) in words
    assert plain(CARD.name) in words
    assert plain("在 302 找到，王芳") in words
    assert "9MK6-DYNE" in words


@pytest.mark.proves("T21", "SEC 10")
def test_an_asset_card_is_drawn_for_hostile_texts_and_refused_for_a_sign_without_glyph() -> None:
    for text in HOSTILE.values():
        facts = tuple((text, text) for _ in range(14))
        assert draw_card(CardText("9MK6DYNE", text, facts, (CardEvent(text, text, text),) * 40, text, text), BASE_URL, "zh-Hans")
    with pytest.raises(DrawingError) as refused:
        draw_card(dataclasses.replace(CARD, name="投影仪🙂"), BASE_URL, "zh-Hans")
    assert (refused.value.code, refused.value.facts["name"]) == ("label.missing_glyph", "投影仪🙂")


@pytest.mark.proves("T21", "X4")
def test_a_report_repeats_its_headings_counts_its_pages_and_loses_no_row() -> None:
    pages = [plain(page.extract_text()) for page in PdfReader(io.BytesIO(draw_report(report()))).pages]
    assert len(pages) > 2
    for index, page in enumerate(pages):
        assert "资产编号" in page
        assert f"第{index + 1}页，共{len(pages)}页" in page
        assert "sha2569f86d081884c7d65" in page
    whole = "".join(pages)
    assert all(whole.count(f"ZC-{at:04d}") == 1 for at in range(60))
    assert whole.count("486,320.00") == 1
    assert "盘点人" in pages[-1]
    assert "审定人" in pages[-1]
    assert "应盘100件" in pages[0]


def test_the_same_report_gives_the_same_bytes_and_another_one_others() -> None:
    assert draw_report(report()) == draw_report(report())
    assert draw_report(report()) != draw_report(report(title="二楼资产盘点"))


@pytest.mark.parametrize("rows", range(0, 48))
def test_rows_and_signatures_never_run_into_the_foot_of_a_page(rows: int) -> None:
    pdf = draw_report(report(rows))
    for image in proof.page_images(pdf, 72):
        assert image.crop((0, 575, image.width, 580)).getextrema() == (255, 255)
    # Above the signatures lies white, too: no row is written over (165 to 170 mm from the top).
    last = list(proof.page_images(pdf, 72))[-1]
    assert last.crop((0, 468, last.width, 482)).getextrema() == (255, 255)


def test_nobody_signs_a_page_that_lists_nothing() -> None:
    for rows in range(2, 60):
        last = plain(PdfReader(io.BytesIO(draw_report(report(rows, totals=())))).pages[-1].extract_text())
        assert f"ZC-{rows - 1:04d}" in last
        assert "审定人" in last


def test_a_report_without_rows_says_so_and_one_in_english_is_english() -> None:
    assert plain("Nothing to list") in text_of(draw_report(report(0, language="en", totals=(), landscape=False)))
    assert plain("Page 1 of 1") in text_of(draw_report(report(0, language="en", totals=(), landscape=False)))


def test_a_heading_inside_a_table_is_not_left_alone_at_the_foot_of_a_page() -> None:
    rows = tuple(row for at in range(40) for row in ((f"第 {at} 组",), (f"ZC-{at:04d}", "椅子", "1.00")))
    for page in PdfReader(io.BytesIO(draw_report(report(rows=rows, totals=())))).pages:
        words = page.extract_text()
        for at in range(40):
            assert (f"第 {at} 组" in words) == (f"ZC-{at:04d}" in words)


@pytest.mark.proves("SEC 10")
def test_a_report_comes_out_whatever_is_in_it() -> None:
    rows = tuple((text, text, text) for text in [*HOSTILE.values(), "محمد", "🙂"])
    texts = tuple(HOSTILE.values())
    made = report(rows=rows, lines=texts, title="椅" * 400, footer="x" * 900, sums=tuple((text, text) for text in texts))
    assert "〓" in text_of(draw_report(made))

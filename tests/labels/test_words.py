"""Names on paper: how they are cleaned, broken into lines and cut, whatever somebody typed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_labels import proof
from assets_labels.errors import DrawingError
from assets_labels.fonts import clean, drawable, glyphs, missing, width
from assets_labels.papers import TEMPLATES
from assets_labels.sheets import LabelText, draw_sheet
from assets_labels.words import cut, wrap
from core.foundation import i18n
from core.foundation.settings import LANGUAGES
from tests.labels.paper import BASE_URL, codes

NAUGHTY = Path(__file__).resolve().parents[3] / "shared" / "samples" / "blns.txt"
HOSTILE = {
    "ten thousand signs": "椅" * 10_000,
    "one endless word": "x" * 10_000,
    "written from the right": "\u202e椅子\u202c gnp.exe",
    "signs without width": "椅\u200b子\u200d\ufeff\u2060",
    "control signs": "椅\x00子\x07\x1b[31m\x7f",
    "new lines": "椅\n子\r\n一\u2028号\t",
    "a heap of accents": "Z" + "\u0301\u0316\u0338" * 500 + "algo",
    "half a sign": "椅\ud83d子\udc00",
    "nothing": "",
    "only blanks": " \u00a0\u2003\u3000 ",
    "brackets of PDF": ") Tj ET (\\ <</JS>> endstream endobj",
    "a formula": '=HYPERLINK("http://x")',
    "a page of HTML": "<script>alert('椅')</script>",
    "chosen shapes": "龘\ufe0f\U000e0100",
}


@pytest.mark.proves("SEC 9", "SEC 10", "T18")
@pytest.mark.parametrize("name", TEMPLATES)
def test_hostile_names_never_break_a_sheet_and_every_label_still_reads(name: str) -> None:
    bad = [LabelText(code, text, text, text, text, text) for code, text in zip(codes(len(HOSTILE)), HOSTILE.values(), strict=True)]
    pdf = draw_sheet(name, bad, 1, BASE_URL, "zh-Hans")
    assert proof.unreadable(pdf, name, bad, 1, BASE_URL) == []


@pytest.mark.proves("SEC 10")
def test_no_text_leaves_its_own_cell() -> None:
    paper = TEMPLATES["A4-24"]
    wide = LabelText(codes(1)[0], "W" * 300, "W" * 300, "W" * 300, "W" * 300, "W" * 300)
    image = next(iter(proof.page_images(draw_sheet("A4-24", [wide], 14, BASE_URL, "zh-Hans"))))
    left, top = paper.cell(14)
    edges = [round(edge * 300 / 25.4) for edge in (left, top, left + paper.cell_width_mm, top + paper.cell_height_mm)]
    image.paste(255, tuple(edges))
    assert image.crop((0, 0, image.width, round(283 * 300 / 25.4))).getextrema() == (255, 255)


@given(text=st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_text_is_drawn_or_refused_by_name_and_never_anything_else(text: str) -> None:
    try:
        draw_sheet("62x29", [LabelText("7K3M9QWY", text)], 1, BASE_URL, "zh-Hans")
    except DrawingError as refused:
        assert refused.code == "label.missing_glyph"
        assert missing(text, "zh-Hans")


@pytest.mark.proves("SEC 10")
def test_the_big_list_of_naughty_strings_is_drawn_or_refused_by_name() -> None:
    if not NAUGHTY.is_file():
        pytest.skip("the Big List of Naughty Strings is not beside this project (../shared/samples/blns.txt)")
    drawn = 0
    for line in NAUGHTY.read_text(encoding="utf-8").splitlines():
        if missing(line, "en"):
            with pytest.raises(DrawingError):
                draw_sheet("50x30", [LabelText("7K3M9QWY", line)], 1, BASE_URL, "en")
        else:
            drawn += 1
            draw_sheet("50x30", [LabelText("7K3M9QWY", line, line, line)], 1, BASE_URL, "en")
        glyphs(drawable(line, "en"), "en")
    assert drawn > 300


def test_cleaning_keeps_what_a_name_is() -> None:
    assert clean("  投影仪\u3000爱普生  CB ") == "投影仪\u3000爱普生 CB"
    assert clean("Nguye\u0302\u0303n") == "Nguyễn"
    assert clean("Bergstro\u0308m\n2") == "Bergström 2"
    assert clean("\u202eabc\u202c\x00\u200b") == "abc"


@pytest.mark.proves("T21", "X3")
def test_rare_signs_have_glyphs_in_all_three_languages() -> None:
    for language in ("zh-Hans", "zh-Hant", "en"):
        assert missing("㐂𠮷龘 資產編號 资产编号 Ångström’s №", language) == ""
    # 骨 is written differently on both sides of the strait: each language has its own shape.
    assert glyphs("骨", "zh-Hans") != glyphs("骨", "zh-Hant")


@pytest.mark.proves("X3")
def test_an_english_apostrophe_is_not_as_wide_as_a_chinese_sign() -> None:
    assert width("’", 10, "en") < 4
    assert width("Director’s", 10, "zh-Hans") == width("Director’s", 10, "en")
    assert width("“引号”", 10, "zh-Hans") == 40


def test_latin_is_broken_between_words_and_chinese_between_signs() -> None:
    assert wrap("笔记本电脑 ThinkPad T14", 3.7, 40, "zh-Hans", 2) == (["笔记本电脑 ThinkPad", "T14"], True)
    assert wrap("碎纸机 科密 C-628 带自动进纸和双入口", 3.7, 40, "zh-Hans", 2)[0][0].endswith("带自")
    assert wrap("Meeting room near the lift", 3.7, 20, "en")[0] == ["Meeting", "room near", "the lift"]
    assert wrap("Donaudampfschiffahrt", 3.7, 20, "en")[0] == ["Donaudam", "pfschiffahrt"]
    assert wrap("", 3.7, 20, "en") == ([], True)


def test_a_line_never_begins_with_a_comma_or_ends_with_an_opening_bracket() -> None:
    for text in ("一二三四五，六七八九十（一）二三四五六，七八", "（一二三四）（五六七八）九十"):
        for wide in range(16, 60, 3):
            lines = wrap(text, 4, wide, "zh-Hans")[0]
            assert not any(line[0] in "，）" for line in lines)
            assert not any(line[-1] == "（" for line in lines)
            assert "".join(lines) == text


def test_a_name_too_long_is_cut_by_words() -> None:
    assert cut("Projector with a very long description", 3.7, 40, "en") == "Projector with a very..."
    assert cut("临江区机关事务中心", 3, 16, "zh-Hans") == "临江区机…"
    assert cut("Supercalifragilistic", 3.7, 15, "en").endswith("...")
    lines, whole = wrap("A projector with a very long description that ends nowhere near here", 3.7, 40, "en", 2)
    assert not whole
    assert len(lines) == 2
    assert all(width(line, 3.7, "en") <= 40 for line in lines)
    assert lines[1].endswith("...")


def test_every_sign_that_our_own_papers_and_sentences_use_can_be_drawn() -> None:
    papers = Path(__file__).resolve().parents[2] / "assets_labels"
    drawn = {
        part.value
        for path in papers.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and not part.value.isascii() and "[" not in part.value
    }
    for language in LANGUAGES:
        said = {form for one in i18n.catalogue(language).values() for form in (one if isinstance(one, tuple) else (one,))}
        assert {sign for text in said | drawn for sign in missing(clean(text), language)} == set()

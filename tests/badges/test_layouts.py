"""Badges on every paper: they read, they tell the kinds apart in black and white, and any name finds its room (issue of visitors; look.md §4)."""

from __future__ import annotations

import dataclasses
import io
import itertools
from datetime import date

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from assets_labels.badges import LOOKS, ROLL, STOCKS, BadgeText, draw_on, look_of, stock_named
from assets_labels.badges.parts import fit_name
from assets_labels.errors import DrawingError
from assets_labels.fonts import drawable, width
from tests.labels.paper import BASE_URL, codes, plain

LI = BadgeText("EC97XYEH", "李文博", date(2026, 11, 25), 12, "18:00", "江城建设集团", "林晓梅", "301 听雨厅", "临江区机关事务中心")


def portrait(form: str = "JPEG", size: tuple[int, int] = (480, 640)) -> bytes:
    image = Image.new("RGB", size, (190, 200, 210))
    ImageDraw.Draw(image).ellipse((size[0] * 0.3, size[1] * 0.2, size[0] * 0.7, size[1] * 0.6), fill=(120, 80, 60))
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def pages(pdf: bytes, scale: float = 4, *, grey: bool = True) -> list[Image.Image]:
    return [page.render(scale=scale, grayscale=grey).to_pil() for page in PdfDocument(pdf)]


def black(page: Image.Image) -> Image.Image:
    """White where there is ink."""
    return page.convert("L").point(lambda light: 255 if light < 128 else 0)


def share(image: Image.Image) -> float:
    """How much of it is white."""
    return image.histogram()[255] / (image.width * image.height)


def words(pdf: bytes) -> str:
    return plain("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


@pytest.mark.proves("T16", "Office 7")
@pytest.mark.parametrize("name", sorted(STOCKS))
def test_on_every_paper_each_badge_reads_and_says_who_whom_where_and_when(name: str) -> None:
    stock = STOCKS[name]
    every = [
        dataclasses.replace(LI, code=code, day_number=at, photo=portrait() if at % 3 == 0 else b"", escort=at % 2 == 0)
        for at, code in enumerate(codes(12), 1)
    ]
    pdf = draw_on(stock, every, BASE_URL)
    document = PdfReader(io.BytesIO(pdf))
    assert len(document.pages) == -(-12 // stock.per_page)
    box = document.pages[0].mediabox
    assert (round(float(box.width) * 25.4 / 72, 2), round(float(box.height) * 25.4 / 72, 2)) == (stock.page_width_mm, stock.page_height_mm)
    read = [code.text[-8:] for page in pages(pdf) for code in zxingcpp.read_barcodes(page)]
    assert sorted(read) == sorted(badge.code for badge in every)
    said = words(pdf)
    for text in ("李文博", "江城建设集团", "林晓梅", "301听雨厅", "012", "今天18:00前有效", "25", "周三", "访客", "须由接待人全程陪同"):
        assert text in said, text


@pytest.mark.proves("X3")
def test_kinds_are_told_apart_in_black_by_word_and_pattern() -> None:
    """Never by colour alone: each pair of kinds differs in the strip under the band, and each has a word of its own."""
    strips, said = {}, {}
    for kind in LOOKS:
        pdf = draw_on(ROLL, [dataclasses.replace(LI, kind=kind)], BASE_URL)
        page = pages(pdf, 8)[0]
        mm = page.height / ROLL.page_height_mm
        strips[kind] = black(page.crop((0, int(11.6 * mm), page.width, int(13.8 * mm))))
        said[kind] = look_of(kind).word
    assert len(set(said.values())) == len(LOOKS)
    for one, other in itertools.combinations(LOOKS, 2):
        assert share(ImageChops.difference(strips[one], strips[other])) > 0.08, (one, other)


def test_a_colour_printer_gets_the_kinds_colour_and_white_words_keep_their_contrast() -> None:
    for kind, look in LOOKS.items():
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in look.colour)
        assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 5, kind
    page = pages(draw_on(STOCKS["badge-90x54"], [dataclasses.replace(LI, kind="government")], BASE_URL, colour=True), grey=False)[0]
    red, green, blue = page.getpixel((8, 8))  # type: ignore[misc]
    assert red > 130 and green < 60 and blue < 60
    grey = pages(draw_on(STOCKS["badge-90x54"], [dataclasses.replace(LI, kind="government")], BASE_URL), grey=False)[0]
    assert grey.getpixel((8, 8)) == (0, 0, 0)


def test_a_kind_set_up_tomorrow_prints_today_as_a_guest() -> None:
    assert look_of("board-member") is LOOKS["guest"] and look_of("") is LOOKS["guest"] and look_of(" Applicant ") is LOOKS["interview"]


def test_a_sheet_begins_at_the_first_free_place_and_says_no_to_one_that_is_not_there() -> None:
    pdf = draw_on(STOCKS["badge-A4-90x54"], [LI], BASE_URL, start=4)
    page = black(pages(pdf)[0])
    mm = page.width / 210
    assert share(page.crop((int(16 * mm), int(14 * mm), int(194 * mm), int(66 * mm)))) == 0  # the first row is used
    assert share(page.crop((int(106 * mm), int(68 * mm), int(194 * mm), int(120 * mm)))) > 0.05
    for start in (0, 11):
        with pytest.raises(DrawingError):
            draw_on(STOCKS["badge-A4-90x54"], [LI], BASE_URL, start=start)
    with pytest.raises(DrawingError):
        stock_named("badge-1x1")


@pytest.mark.proves("T21", "SEC 10")
def test_rare_signs_stand_and_what_the_font_lacks_never_stops_a_badge() -> None:
    said = words(draw_on(ROLL, [dataclasses.replace(LI, name="㐂𠮷龘")], BASE_URL))
    assert "㐂𠮷龘" in said
    assert "〓" in words(draw_on(ROLL, [dataclasses.replace(LI, name="李🙂")], BASE_URL))


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("李文博", ["李文博"]), ("欧阳娜娜", ["欧阳娜娜"]), ("Anna Bergström", ["Anna", "Bergström"]), ("司马相如之后", ["司马相如之后"]),
        ("Maria del Carmen Fernández", None), ("阿依努尔·买买提明", None),
    ],
)  # fmt: skip
def test_a_name_is_as_large_as_it_goes_and_breaks_between_words(name: str, lines: list[str] | None) -> None:
    size, found = fit_name(name, 54.0, 13.0, "zh-Hans", lines=3, high=22.5)
    assert size > 6.0
    if lines is not None:
        assert found == lines
    for word in name.split(" "):
        assert any(word in line.split(" ") for line in found) or not word.isascii()
    assert all(width(line, size, "zh-Hans") <= 54.0 for line in found)
    assert not (len(found) == 2 and len(found[1]) == 1)


@given(
    st.text(max_size=200), st.sampled_from(["zh-Hans", "zh-Hant", "en"]), st.sampled_from([54.0, 61.0, 30.0]), st.sampled_from([22.5, 14.4])
)
@settings(max_examples=200, deadline=None)
def test_any_name_keeps_to_its_room(name: str, language: str, room: float, high: float) -> None:
    size, found = fit_name(drawable(name, language), room, 13.0, language, lines=3, high=high)
    assert size >= 4.2 and len(found) <= 3 and len(found) * size * 1.12 <= high + 0.6
    # one sign wider than the line stands there all the same; nothing else does, white halves of closing signs aside
    assert all(width(line, size, language) <= room + size * 0.55 for line in found)


@pytest.mark.parametrize("broken", [b"", b"no picture", b"\xff\xd8\xff\xe0 cut off", portrait()[:2000]])
def test_a_photo_that_can_not_be_read_never_stops_a_badge(broken: bytes) -> None:
    for stock in STOCKS.values():
        assert zxingcpp.read_barcodes(pages(draw_on(stock, [dataclasses.replace(LI, photo=broken)], BASE_URL))[0])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_stands_on_the_badge_in_grey_or_colour(form: str) -> None:
    with_it = dataclasses.replace(LI, photo=portrait(form))
    for colour in (False, True):
        pdf = draw_on(STOCKS["badge-86x54"], [with_it], BASE_URL, colour=colour)
        [image] = PdfReader(io.BytesIO(pdf)).pages[0].images
        assert image.image is not None and image.image.mode == ("RGB" if colour else "L")
        assert pdf == draw_on(STOCKS["badge-86x54"], [with_it], BASE_URL, colour=colour)  # the same badge, the same bytes

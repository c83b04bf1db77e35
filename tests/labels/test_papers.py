"""Label papers: the library against an independent list, own papers, printers lined up, what the labels of a class say, reprints, Digital Links, damage."""

from __future__ import annotations

import io
import random
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image, ImageDraw, ImageFilter

from assets_labels import papers, proof
from assets_labels.errors import DrawingError
from assets_labels.matrices import label_path, library_matrix, qr_codes, qr_text
from assets_labels.papers import TEMPLATES, Template, flow
from assets_labels.preview import preview
from assets_labels.printing import Sheet, draw_and_prove, texts_of
from assets_labels.sheets import LabelText, draw_sheet, module_mm
from core.foundation import database
from core.mechanisms import label_jobs, label_papers, labels, office
from core.mechanisms.label_jobs import NotePrints
from core.mechanisms.label_papers import Line, OwnLayout, RetirePaper, SavePaper, SaveRule, SetShift
from core.mechanisms.labels import SubjectKind
from core.sections import assets, visits
from tests.cast import Office
from tests.labels.paper import BASE_URL, cell_image, codes, decoded
from tests.labels.paper import labels as some_labels

GEOMETRY = Path(__file__).resolve().parents[3] / "shared" / "samples" / "label-geometry"
# Our name → the number in the independent list, and how far its columns may be off where it contradicts the maker (it draws these sheets off the middle).
LISTED = {
    "L7160": ("7160", 0.5), "L7161": ("7161", 0.5), "L7162": ("7162", 0.9), "L7163": ("7163", 1.4), "L7165": ("7165", 0.5), "A4-65": ("8651", 0.5),
    "5160": ("5160", 0.85), "5161": ("5161", 0.5), "5162": ("5162", 0.5), "5163": ("5163", 0.5), "5366": ("5366", 0.5), "6871": ("6871", 0.5),
}  # fmt: skip


def _mm(value: str) -> float:
    number, unit = re.fullmatch(r"([0-9.]+)([a-z]*)", value).groups()
    return float(number) * {"mm": 1.0, "in": 25.4, "pt": 25.4 / 72, "": 25.4 / 72}[unit]


@pytest.mark.proves("T16")
@pytest.mark.parametrize("name", LISTED)
def test_the_library_agrees_with_an_independent_list_of_label_sheets(name: str) -> None:
    if not GEOMETRY.is_dir():
        pytest.skip("the gLabels list of label sheets is not beside this project (../shared/samples/label-geometry)")
    part, sideways = LISTED[name]
    paper = TEMPLATES[name]
    roots = [ElementTree.parse(path).getroot() for path in sorted(GEOMETRY.glob("*.xml"))]
    sheet = next(e for root in roots for e in root.iter("Template") if e.get("part") == part and e.find("Label-rectangle") is not None)
    cell, layout = sheet.find("Label-rectangle"), sheet.find("Label-rectangle/Layout")
    assert (paper.columns, paper.rows) == (int(layout.get("nx")), int(layout.get("ny")))
    assert abs(_mm(cell.get("width")) - paper.cell_width_mm) <= 0.5
    assert abs(_mm(cell.get("height")) - paper.cell_height_mm) <= 0.5
    for column in range(paper.columns):
        assert abs(_mm(layout.get("x0")) + column * _mm(layout.get("dx")) - paper.cell(column + 1)[0]) <= sideways
    for row in range(paper.rows):
        assert abs(_mm(layout.get("y0")) + row * _mm(layout.get("dy")) - paper.cell(row * paper.columns + 1)[1]) <= 0.5


@pytest.mark.proves("T17")
@pytest.mark.parametrize(
    ("width", "height"), [(w, h) for w in (20, 25, 33, 36, 45, 59, 60, 63.5, 75, 99, 105, 150) for h in (16, 20, 25, 30, 38, 50, 74)]
)
def test_whatever_the_size_of_a_label_all_that_is_drawn_stays_inside_and_reads(width: float, height: float) -> None:
    paper = Template("own", width, height, 1, 1, width, height, width, height, 0, 0, False, flow(width, height))
    layout = paper.layout
    assert label_papers.outside(OwnLayout(**{name: getattr(layout, name) for name in OwnLayout.model_fields}), width, height) == []
    one = some_labels(1)
    if module_mm(paper, BASE_URL) >= papers.SMALLEST_MODULE_MM:
        for dpi in (203, 300):
            assert proof.unreadable(draw_sheet(paper, one, 1, BASE_URL, "zh-Hans"), paper, one, 1, BASE_URL, dpi) == []
    else:
        with pytest.raises(DrawingError) as refused:
            draw_sheet(paper, one, 1, BASE_URL, "zh-Hans")
        assert refused.value.code == "sheet.module_too_small"


def zbar_reads(image: Any) -> set[str]:
    """What a second decoder, of other authors, reads."""
    pyzbar = pytest.importorskip("pyzbar.pyzbar", reason="zbar is not installed: no second decoder", exc_type=ImportError)
    return {code.data.decode() for code in pyzbar.decode(image)}


@pytest.mark.proves("T17", "T18", "T19")
@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("name", ["A4-24", "L7163", "5160", "50x30", "62x29", "100x50"])
def test_two_decoders_of_different_authors_read_the_same_from_a_label(name: str, dpi: int) -> None:
    paper, count = TEMPLATES[name], min(6, TEMPLATES[name].per_page)
    made = some_labels(count)
    page = next(iter(proof.page_images(draw_sheet(name, made, 1, BASE_URL, "zh-Hans"), dpi)))
    for position, label in enumerate(made, 1):
        image = cell_image(page, paper, position, dpi)
        assert zbar_reads(image) == {qr_text(BASE_URL, label.code), label.code} == {code.text for code in decoded(image).values()}


def _damaged(image: Any, kind: str, dice: random.Random) -> Any:
    image = image.convert("L")
    width, height = image.size
    if kind == "tilted":
        return image.rotate(dice.uniform(-12, 12), expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    if kind == "blurred":
        return image.filter(ImageFilter.GaussianBlur(2.2))
    if kind == "faint":
        return image.point(lambda grey: 150 + grey * 80 // 255)
    if kind == "noisy":
        noise = Image.frombytes("L", image.size, bytes(dice.choices(range(256), k=width * height)))
        return Image.blend(image, noise, 0.28)
    draw = ImageDraw.Draw(image)
    if kind == "scratched":
        for _ in range(3):
            draw.line([(dice.randrange(width), 0), (dice.randrange(width), height)], fill=255, width=3)
    else:  # a coffee stain over a corner of the QR
        draw.ellipse((width * 0.17, height * 0.36, width * 0.23, height * 0.52), fill=90)
    return image


@pytest.mark.proves("T17")
@pytest.mark.parametrize("kind", ["tilted", "blurred", "faint", "noisy", "scratched", "stained"])
def test_a_label_that_suffered_still_says_which_it_is(kind: str) -> None:
    dice, made = random.Random(kind), some_labels(12)
    page = next(iter(proof.page_images(draw_sheet("A4-24", made, 1, BASE_URL, "zh-Hans"), 300)))
    for position, label in enumerate(made, 1):
        image = _damaged(cell_image(page, TEMPLATES["A4-24"], position, 300), kind, dice)
        found = proof.read_codes(image)
        assert found, f"label {position} is not readable when {kind}"
        assert {text.rpartition("/")[2] for text in found} == {label.code}


@pytest.mark.proves("S4.1-R1")
def test_a_digital_link_carries_the_offices_prefix_and_our_code_and_opens_the_thing() -> None:
    code = codes(1)[0]
    wanted = f"{BASE_URL.upper()}/8004/6912345{code}"
    assert qr_text(BASE_URL, code, "6912345") == wanted
    assert qr_codes(BASE_URL, label_path("6912345")).rows(code) == library_matrix(wanted)
    made = [LabelText(code, "投影仪", gs1_prefix="6912345"), LabelText(codes(2)[1], "档案室")]
    page = next(iter(proof.page_images(draw_sheet("A4-24", made, 1, BASE_URL, "zh-Hans"))))
    assert decoded(cell_image(page, TEMPLATES["A4-24"], 1, 300))["QR Code"].text == wanted
    assert decoded(cell_image(page, TEMPLATES["A4-24"], 2, 300))["QR Code"].text == qr_text(BASE_URL, made[1].code)
    with pytest.raises(DrawingError) as refused:
        draw_sheet("A4-24", [LabelText(code, "投影仪", gs1_prefix="69-1")], 1, BASE_URL, "zh-Hans")
    assert refused.value.code == "sheet.bad_gs1_prefix"


# ── in an office ──

OWN = {
    "name": "设备科 60 × 40", "page_width_mm": 210, "page_height_mm": 297, "columns": 3, "rows": 6, "cell_width_mm": 60, "cell_height_mm": 40, "pitch_x_mm": 64,
    "pitch_y_mm": 44, "left_mm": 11, "top_mm": 18,
}  # fmt: skip


def asset(office: Office, number: str, name: str, **facts: Any) -> str:
    """A new asset with a label; answers its code."""
    made = office.do(assets.RegisterAsset(number=number, name=name, **facts), office.bo)
    with database.reading() as s:
        present = labels.of(s, SubjectKind.ASSET, UUID(made["asset_id"]))
    return present or office.do(labels.IssueLabel(subject_kind=SubjectKind.ASSET, subject_id=made["asset_id"]), office.bo)["code"]


def printed(office: Office, paper: str, wanted: list[str], printer: str = "") -> tuple[Template, bytes]:
    with database.reading() as s:
        found = papers.find(s, paper, printer)
        texts = tuple(texts_of(s, wanted, "zh-Hans", office.bo))
    return found, draw_and_prove(Sheet(found, 1, texts, "zh-Hans", BASE_URL))


@pytest.mark.proves("T16", "S4.1-R1")
def test_an_office_prints_on_paper_it_measured_itself(office: Office) -> None:
    code = asset(office, "ZC-1", "投影仪")
    office.do(SavePaper(**OWN), office.bo)
    paper, pdf = printed(office, OWN["name"], [code])
    page = next(iter(proof.page_images(pdf)))
    corners = decoded(cell_image(page, paper, 1, 300))["QR Code"].position
    middle = sum(corner.x for corner in (corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left)) / 4 / 300 * 25.4
    assert abs(11 + middle - paper.qr_centre(1)[0]) <= 0.3
    office.do(SavePaper(**OWN | {"left_mm": 12}), office.bo)  # measured again: the same paper, corrected
    with database.reading() as s:
        assert [row.left_mm for row in label_papers.papers(s)] == [12]
    office.do(RetirePaper(name=OWN["name"]), office.bo)
    with database.reading() as s:
        assert label_papers.papers(s) == []
        assert papers.find(s, OWN["name"]).left_mm == 12  # an old job can still be printed again


@pytest.mark.proves("T16", "T18")
def test_a_label_that_would_not_scan_is_named_with_its_cell_and_what_to_do(office: Office) -> None:
    """Two ways an office can come to it: a layout whose text runs over the code where a name is long, and a shift that pushes a code off the paper."""
    short, long = asset(office, "ZC-1", "椅"), asset(office, "ZC-2", "会议室用高亮度激光投影仪（带吊架和幕布）" * 2)
    over = {name: getattr(flow(60, 40), name) for name in OwnLayout.model_fields} | {"text_left": 2.5, "name_top": 9.0, "name_size": 5.0}
    office.do(SavePaper(**OWN | {"layout": OwnLayout(**over)}), office.bo)
    with pytest.raises(DrawingError) as refused:
        printed(office, OWN["name"], [short, long])
    assert refused.value.code == "sheet.unreadable"
    assert refused.value.facts["names"].endswith(f"（{labels.shown(long)}，第 1 页第 2 格）")
    office.do(SetShift(printer="一楼", paper="3474", right_mm=-10, down_mm=0), office.bo)  # its cells begin at the very edge
    with pytest.raises(DrawingError) as refused:
        printed(office, "3474", [short], printer="一楼")
    assert (refused.value.code, refused.value.facts["n"]) == ("sheet.off_page", 1)


@pytest.mark.proves("T16")
def test_a_shifted_sheet_never_prints_its_ruler_over_the_last_labels(office: Office) -> None:
    code = asset(office, "ZC-1", "投影仪")
    office.do(SetShift(printer="一楼", paper="A4-24", right_mm=0, down_mm=10), office.bo)
    with database.reading() as s:
        paper, texts = papers.find(s, "A4-24", "一楼"), tuple(texts_of(s, [code], "zh-Hans", office.bo))
    assert papers.TEMPLATES["A4-24"].ruler and not paper.ruler
    draw_and_prove(Sheet(paper, 23, texts, "zh-Hans", BASE_URL))  # the middle cell of the last row, where the ruler would stand


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"columns": 4}, "paper.off_the_page"),
        ({"top_mm": 60}, "paper.off_the_page"),
        ({"pitch_x_mm": 50}, "paper.cells_overlap"),
        (
            {"layout": OwnLayout(**{name: getattr(flow(60, 40), name) for name in OwnLayout.model_fields} | {"qr_left": 45})},
            "paper.qr_outside",
        ),
    ],
)
def test_paper_that_can_not_be_printed_on_is_refused_with_the_reason(office: Office, changed: dict[str, Any], code: str) -> None:
    assert office.refused(SavePaper(**OWN | changed), office.bo).code == code
    assert office.refused(RetirePaper(name="nowhere"), office.bo).code == "paper.unknown"


@pytest.mark.proves("T16")
def test_a_printer_that_prints_too_far_left_is_lined_up_once_and_for_all(office: Office) -> None:
    code = asset(office, "ZC-1", "投影仪")
    office.do(SetShift(printer="三楼 M405", paper="A4-24", right_mm=1.2, down_mm=-0.8), office.bo)

    def middle(printer: str) -> tuple[float, float]:
        _paper, pdf = printed(office, "A4-24", [code], printer)
        corners = decoded(next(iter(proof.page_images(pdf))))["QR Code"].position
        four = (corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left)
        return sum(c.x for c in four) / 4 / 300 * 25.4, sum(c.y for c in four) / 4 / 300 * 25.4

    (x, y), (moved_x, moved_y) = middle(""), middle("三楼 M405")
    assert (moved_x - x, moved_y - y) == (pytest.approx(1.2, abs=0.1), pytest.approx(-0.8, abs=0.1))
    assert middle("二楼") == (x, y)


@pytest.mark.proves("S4.1-R1")
def test_the_labels_of_a_class_say_what_the_office_decided_for_it(office: Office) -> None:
    laptop = asset(office, "ZC-1", "笔记本", class_code="A02010105", serial="SN-77", spec="T14")
    chair = asset(office, "ZC-2", "椅子", class_code="A05010301")
    office.do(SaveRule(class_prefix="A02", first_line=Line.SERIAL, second_line=Line.SPEC, bars=False), office.bo)
    office.do(SaveRule(class_prefix="A0201", first_line=Line.SPEC, second_line=Line.SERIAL), office.bo)
    with database.reading() as s:
        first, second = texts_of(s, [laptop, chair], "zh-Hans", office.bo)
    assert (first.number, first.place, first.caption, first.bars) == ("T14", "SN-77", "", True)  # the more particular rule counts
    assert (second.number, second.caption, second.bars) == ("ZC-2", "资产编号", True)
    office.do(label_papers.DropRule(class_prefix="A0201"), office.bo)
    with database.reading() as s:
        (first,) = texts_of(s, [laptop], "zh-Hans", office.bo)
    assert (first.number, first.place, first.bars) == ("SN-77", "T14", False)
    paper, pdf = printed(office, "A4-24", [laptop, chair])
    page = next(iter(proof.page_images(pdf)))
    assert set(decoded(cell_image(page, paper, 1, 300))) == {"QR Code"}
    assert set(decoded(cell_image(page, paper, 2, 300))) == {"QR Code", "Code 128"}


@pytest.mark.proves("Things 2")
def test_the_log_tells_every_print_of_a_label_with_who_and_why(office: Office) -> None:
    code = asset(office, "ZC-1", "投影仪")
    first = office.do(NotePrints(codes=[code], template="A4-24", start=5), office.bo)
    office.do(NotePrints(codes=[code], template="50x30", reason="torn", printer="三楼 M405"), office.ann)
    with database.reading() as s:
        found = label_jobs.prints_of(s, [code])
        jobs = label_jobs.jobs(s)
        assert label_jobs.codes_of_job(s, UUID(first["job_id"])) == [code]
        assert label_jobs.printed_before(s, [code, "7K3M9QWY"]) == {code}
    assert {(row.template, row.reason, who) for row, who in found} == {("50x30", "torn", "安然"), ("A4-24", None, "薄一鸣")}
    assert {(job.template, job.printer, job.count) for job in jobs} == {("50x30", "三楼 M405", 1), ("A4-24", "", 1)}


@pytest.mark.proves("Things 2")
def test_the_log_begins_with_the_first_cell_and_keeps_badges_apart(office: Office) -> None:
    codes = sorted((asset(office, f"ZC-{n}", "投影仪") for n in range(4)), reverse=True)
    office.do(NotePrints(codes=codes, template="A4-24", start=5), office.bo)
    badge = office.do(visits.CheckIn(name="李远", host="林晓梅"), office.ann)["code"]
    office.do(NotePrints(codes=[badge], template="62x29"), office.ann)
    with database.reading() as s:
        found = {passing: label_jobs.jobs(s, passing=passing) for passing in (False, True, None)}
    assert [(job.first, job.count, job.passing) for job in found[False]] == [(codes[0], 4, False)]
    assert [(job.first, job.passing) for job in found[True]] == [(badge, True)]
    assert len(found[None]) == 2


def test_a_company_prefix_is_digits_or_nothing(office: Office) -> None:
    assert office.refused(_office_setting("69-12"), office.ada).code == "setting.value"
    office.do(_office_setting("6912345"), office.ada)
    code = asset(office, "ZC-1", "投影仪")
    with database.reading() as s:
        assert texts_of(s, [code], "zh-Hans", office.bo)[0].gs1_prefix == "6912345"
    office.do(_office_setting(""), office.ada)


def _office_setting(value: str) -> office.UpdateSetting:
    return office.UpdateSetting(key="label.gs1_prefix", value=value)


@pytest.mark.proves("T17")
def test_the_preview_warns_before_a_paper_is_saved() -> None:
    sample = some_labels(1)[0]
    fine = preview(TEMPLATES["A4-24"], sample, BASE_URL, "zh-Hans")
    assert fine.warnings == []
    assert Image.open(io.BytesIO(fine.label)).width > 500
    small = Template("small", 30, 14, 1, 1, 30, 14, 30, 14, 0, 0, False, flow(30, 14))
    found = preview(small, sample, "https://a-long-name.office.example.cn:8443", "zh-Hans")
    assert [code for code, _facts in found.warnings] == ["sheet.module_too_small"]
    assert found.label == b""
    assert found.sheet

"""The sealed report as paper and as a table: the ledger's figures, made once, the same for ever."""

from __future__ import annotations

import hashlib
import io
import re
from decimal import Decimal
from uuid import UUID

import pypdf
import pytest
from openpyxl import load_workbook

from assets_labels import stocktake_report
from core.foundation import clock
from core.foundation.i18n import t
from core.mechanisms.operations import SYSTEM
from core.sections import assets, stocktakes
from core.sections.stocktakes import sealing
from tests.stocktakes.stage import Stage


@pytest.fixture
def approved(stage: Stage) -> UUID:
    """A hundred things: 96 matched, two moved, two missing, one surplus; approved by the leader, who did not count (Things 7)."""
    things = [
        stage.asset(f"ZC-{n:03}", "301", name=("投影仪", "㐂字摆件𠮷龘", "=1+1")[n % 3], spec="CB-FH52", keeper=stage.office.wu, value=1_000_00 + n, net=500_00 + n)
        for n in range(100)
    ]  # fmt: skip
    session = stage.open("三楼")
    for n, thing in enumerate(things[:98]):
        stage.seen(session, thing, "301" if n < 96 else "302", stage.office.mei)
    stage.office.do(
        stocktakes.ReportFind(stocktake_id=session, place_id=stage.office.places["301"], description="饮水机"), stage.office.mei
    )
    stage.settle(session)
    return session


def file_of(stage: Stage, session: UUID, format: str, language: str) -> bytes:
    sealed = stage.office.read(stocktakes.sealed, session)
    return stocktake_report.render(sealed.content, sealed.sha256, format, language, "Asia/Shanghai")


@pytest.mark.proves("Things 7", "S4.1-R6", "T15")
def test_totals_of_the_table_are_those_of_the_ledger_and_matched_rows_are_in_it(stage: Stage, approved: UUID) -> None:
    book = load_workbook(io.BytesIO(file_of(stage, approved, "xlsx", "zh-Hans")))
    assert book.sheetnames == ["盘点表", "盘盈盘亏明细表"]
    rows = list(book["盘点表"].iter_rows(values_only=True))
    headings, body, totals = rows[0], rows[1:-1], rows[-1]
    assert headings[:2] == ("编号", "名称") and len(body) == 101
    result, counted_by, counted_at = headings.index("结果"), headings.index("盘点人"), headings.index("盘点时间")
    found = [row[result] for row in body]
    assert [found.count(word) for word in ("相符", "移位", "盘亏", "盘盈")] == [96, 2, 2, 1]
    assert all(row[counted_by] == "林晓梅" and row[counted_at] for row in body if row[result] == "相符")
    value, net = headings.index("原值（元）"), headings.index("净值（元）")
    cost, worth = stage.office.read(assets.sums, assets.Filter(place_id=stage.office.places["三楼"], states=("in_use", "idle", "lost")))
    assert sum(Decimal(str(row[value])) for row in body if row[value] is not None) == Decimal(cost) / 100
    assert (Decimal(str(totals[value])), Decimal(str(totals[net]))) == (Decimal(cost) / 100, Decimal(worth) / 100)
    details = list(book["盘盈盘亏明细表"].iter_rows(values_only=True))
    assert len(details) == 1 + 5 + 1
    assert all(cell.data_type != "f" for sheet in book for line in sheet.iter_rows() for cell in line)


@pytest.mark.proves("Things 7")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-Hans", ("盘点表", "盘盈盘亏明细表", "批准人")),
        ("zh-Hant", ("盤點表", "盤盈盤虧明細表", "核准人")),
        ("en", ("Stock-take", "Surplus and deficit details", "Approved by")),
    ],
)
def test_the_paper_speaks_the_readers_language_and_carries_its_seal(
    stage: Stage, approved: UUID, language: str, words: tuple[str, ...]
) -> None:
    pdf = pypdf.PdfReader(io.BytesIO(file_of(stage, approved, "pdf", language)))
    text = "\n".join(page.extract_text() for page in pdf.pages)
    assert all(word in text for word in words)
    assert re.search(r"November 2026 \d\d:\d\d" if language == "en" else r"2026年11月\d+日 \d\d:\d\d", text)  # read years later
    assert stage.office.read(stocktakes.sealed, approved).sha256[:32] in text
    assert "陈立" in text and t("stocktake.result.missing", language) in text


@pytest.mark.proves("Things 7", "T13")
def test_the_kept_files_are_the_same_bytes_after_a_thing_is_renamed(stage: Stage, approved: UUID) -> None:
    for format in ("pdf", "xlsx"):
        stocktake_report.keep(approved, format, "zh-Hans", file_of(stage, approved, format, "zh-Hans"))
    before = [stage.office.read(stocktakes.file_of, approved, format, "zh-Hans") for format in ("pdf", "xlsx")]
    stage.office.do(assets.UpdateAsset(asset_id=stage.things["ZC-000"].id, name="完全不同的名字"), stage.office.bo)
    stocktake_report.keep(approved, "pdf", "zh-Hans", b"%PDF- another drawing")
    after = [stage.office.read(stocktakes.file_of, approved, format, "zh-Hans") for format in ("pdf", "xlsx")]
    assert [row.data for row in after] == [row.data for row in before]
    assert all(hashlib.sha256(row.data).hexdigest() == row.sha256 for row in after)
    assert file_of(stage, approved, "pdf", "zh-Hans") == before[0].data
    assert len(stage.office.read(stocktakes.to_draw)) == 4


def test_a_file_that_arrived_damaged_is_not_kept(stage: Stage, approved: UUID) -> None:
    do = stocktakes.FileReport(stocktake_id=approved, format="pdf", language="en", sha256="0" * 64, data="QUJD")
    assert stage.office.refused(do, SYSTEM).code == "stocktake.file_damaged"
    assert stage.office.refused(do, stage.office.ada).code == "op.not_allowed"


def test_there_is_no_report_before_the_approval(stage: Stage) -> None:
    session = stage.open("301")
    do = stocktakes.FileReport(stocktake_id=session, format="pdf", language="en", sha256="0" * 64, data="QUJD")
    assert stage.office.refused(do, SYSTEM).code == "stocktake.not_sealed"
    assert clock.now()


@pytest.mark.proves("Things 6", "T15", "T13")
def test_a_recounted_sample_says_how_it_was_drawn_who_counted_what_in_which_round_and_how_it_looked(stage: Stage) -> None:
    office = stage.office
    things = [stage.asset(f"ZC-{n}", "301") for n in range(4)]
    do = stocktakes.OpenStocktake(
        kind="asset", place_ids=(office.places["三楼"],), value_from_cents=1, sample_percent=100, sample_seed="2026-Q4"
    )
    session = UUID(office.do(do, office.ann)["stocktake_id"])
    office.do(stocktakes.Count(stocktake_id=session, code=things[0].code, place_id=office.places["301"], condition="damaged"), office.mei)
    stage.seen(session, things[1], "302", office.mei)
    stage.close(session)
    office.later(minutes=1)
    office.do(stocktakes.RecountLines(stocktake_id=session, line_ids=(stage.line(session, "ZC-1").line_id,)), office.ann)
    office.later(minutes=1)
    stage.seen(session, things[1], "302", office.wu)
    stage.settle(session)
    sheet = load_workbook(io.BytesIO(file_of(stage, session, "xlsx", "zh-Hans")))["盘点表"]
    headings = [cell.value for cell in sheet[1]]
    rows = {row[0]: dict(zip(headings, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert rows["ZC-0"]["状况"] == "有损坏" and rows["ZC-1"]["结果"] == "移位"
    told = rows["ZC-1"]["每次盘点"]
    assert "1: 林晓梅" in told and "2: 吴桐" in told and told.count("302 办公室") == 2
    for language, words in (("zh-Hans", "种子 2026-Q4"), ("en", "seed 2026-Q4")):
        pdf = pypdf.PdfReader(io.BytesIO(file_of(stage, session, "pdf", language)))
        assert words in "\n".join(page.extract_text() for page in pdf.pages)
    before = file_of(stage, session, "pdf", "zh-Hans")
    office.do(assets.UpdateAsset(asset_id=things[0].id, name="另一个名字"), office.bo)
    assert file_of(stage, session, "pdf", "zh-Hans") == before


def test_a_report_sealed_by_the_first_version_is_drawn_and_read_as_before(stage: Stage, approved: UUID) -> None:
    import json

    content = json.loads(stage.office.read(stocktakes.sealed, approved).content)
    for name in ("scope", "frozen", "population"):
        content.pop(name)
    for line in content["lines"]:
        for name in ("condition", "round", "asked", "asked_id"):
            line.pop(name)
        for seen in line["seen"]:
            for name in ("answer", "condition", "note", "round", "void"):
                seen.pop(name)
    old = json.dumps({**content, "schema": 1}, ensure_ascii=False)
    for format, start in (("pdf", b"%PDF-"), ("xlsx", b"PK")):
        assert stocktake_report.render(old, "0" * 64, format, "en", "Asia/Shanghai").startswith(start)
    assert all(sealing._thawed(line).round == 1 for line in content["lines"])

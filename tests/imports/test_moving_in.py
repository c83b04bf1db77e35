"""Moving in from Snipe-IT, Shelf or a spreadsheet; headings that a person maps; a full round trip of our own export; stopping on the way."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.i18n import LANGUAGES
from core.foundation.ids import uuid7
from core.mechanisms import imports, people
from core.mechanisms.imports import Report
from core.mechanisms.labels import SubjectKind
from core.mechanisms.views import Query
from core.sections import assets
from core.sections.assets import AssetView, FieldKind, GotHow
from mobile.api.collections import export
from tests.cast import Office
from tests.imports.files import csv_file, xlsx_file

FOREIGN = Path(__file__).with_name("foreign")


def file(name: str) -> bytes:
    return (FOREIGN / name).read_bytes()


def card(office: Office, number: str) -> AssetView:
    found: AssetView = office.read(assets.view, office.read(assets.by_number, number))
    return found


def told(report: Report) -> dict[int, tuple[str, str | None, str | None]]:
    return {row.row: (row.action, row.column, row.code) for row in report.rows}


def shown(report: Report, row: int) -> set[tuple[str, str, str]]:
    return {(c.heading, c.before, c.after) for one in report.rows if one.row == row for c in one.changes}


# ── other programs' files ──


@pytest.mark.proves("Things 10", "S4.1-R1")
def test_snipe_its_own_sheet_comes_in(office: Office) -> None:
    shown_first = imports.dry_run("assets", file("snipe-it-import.csv"), office.bo)
    report = imports.run("assets", file("snipe-it-import.csv"), office.bo)
    assert report.totals == shown_first.totals == {"create": 2, "update": 0, "skip": 0, "error": 1}
    assert report.dialect == "Snipe-IT 的文件" and report.unknown_headings == ("Model Number",)
    laptop = card(office, "SN-0001")
    assert (laptop.name, laptop.spec, laptop.brand, laptop.serial) == ("Mei's laptop", "ThinkPad X1", "Lenovo", "PF3XYZ12")
    assert (laptop.class_code, laptop.value_cents, laptop.supplier) == ("A02010108", 899_950, "Riverside IT")  # "Laptop" is a class's name
    assert (laptop.keeper, laptop.department, laptop.place) == ("林晓梅", "财务科", "301 听雨厅")
    assert (laptop.bought_on, laptop.warranty_until) == (date(2026, 1, 31), date(2029, 1, 31))
    cutter = card(office, "SN-0002")
    assert (cutter.name, cutter.class_code, cutter.remark) == (
        "CutMaster 3",
        "Laser cutter",
        "",
    )  # called after its model; the category stays
    assert {problem.code for row in report.rows for problem in row.problems} == {"import.no_such_day", "import.unknown_place"}
    again = imports.run("assets", file("snipe-it-import.csv"), office.bo)
    assert again.totals == {"create": 0, "update": 0, "skip": 2, "error": 1}


@pytest.mark.proves("Things 10")
def test_the_export_of_snipe_its_list_comes_in(office: Office) -> None:
    report = imports.run("assets", file("snipe-it-list.csv"), office.bo, language="en")
    assert report.totals["create"] == 1 and report.dialect == "a Snipe-IT file" and report.unknown_headings == ("Order Number",)
    found = card(office, "SN-0009")
    assert (found.name, found.spec, found.class_code, found.keeper) == ("Reception printer", "LaserJet M404", "A02021003", "林晓梅")


@pytest.mark.proves("Things 10")
def test_shelfs_own_sheet_comes_in_with_its_custom_fields(office: Office) -> None:
    office.do(people.UpdatePerson(person_id=office.mei.person_id, email="mei@office.example"), office.ada)
    colour = office.do(assets.AddField(name="Colour", kind=FieldKind.CHOICE, choices=["Red", "Blue"]), office.bo)["field_id"]
    report = imports.run("assets", file("shelf-import.csv"), office.bo)
    assert report.dialect == "Shelf 的文件" and set(report.unknown_headings) == {"kit", "tags"}
    assert told(report)[4] == ("error", "keeper", "import.unknown_person") and report.totals["create"] == 2
    camera = card(office, "qr_abc123")
    assert (camera.name, camera.class_code, camera.value_cents, camera.keeper) == ("Conference camera", "A02020501", 320_000, "林晓梅")
    assert (camera.serial, camera.remark, camera.place) == ("CAM-77", "with tripod", "301 听雨厅")
    assert [(str(one.field_id), one.shown) for one in camera.own] == [(str(colour), "Red")]
    assert imports.run("assets", file("shelf-import.csv"), office.bo).totals["create"] == 0


@pytest.mark.proves("Things 10")
def test_what_is_not_known_is_named_as_it_was_written_and_a_custodian_is_found_by_name_without_the_address(office: Office) -> None:
    report = imports.dry_run("assets", file("shelf-import.csv"), office.bo)
    assert report.totals["create"] == 2, "林晓梅 (mei@office.example) is 林晓梅, whatever her address here"
    report = imports.dry_run("assets", csv_file([("ZC-1", "柜子", "Old Cellar 2")], ("资产编号", "资产名称", "存放地点")), office.bo)
    assert "“Old Cellar 2”" in report.rows[0].message


@pytest.mark.proves("Things 10")
def test_the_export_of_shelfs_index_comes_in(office: Office) -> None:
    report = imports.run("assets", file("shelf-index.csv"), office.bo)
    assert report.totals["create"] == 1 and report.dialect == "Shelf 的文件"
    found = card(office, "SAM-0007")
    assert (found.name, found.class_code, found.value_cents, found.keeper, found.bought_on) == (
        "Projector",
        "A02020200",
        698_000,
        "林晓梅",
        None,
    )


# ── a spreadsheet with headings of its own ──


@pytest.mark.proves("Things 10", "T32")
def test_headings_nobody_knows_are_mapped_once_and_remembered(office: Office) -> None:
    data = file("spreadsheet.csv")
    with pytest.raises(Invalid) as err:
        imports.dry_run("assets", data, office.bo)
    assert err.value.code == "import.missing_headings"
    found = imports.headings("assets", data, office.bo)
    assert found.row == 3
    assert {one.text: one.column for one in found.headings if one.column} == {
        "规格及型号": "spec", "厂牌": "brand", "数量": "quantity", "计量单位": "unit", "单价": "unit_price", "取得来源": "got_how", "使用年限": "life_years",
        "责任人": "keeper", "存放位置": "place",
    }  # fmt: skip
    assert next(one for one in found.headings if one.text == "卡片号").samples == ("ZC-0101", "ZC-0102", "ZC-0103")
    remember = imports.RememberMapping(
        collection="assets", headings=[one.text for one in found.headings], columns={"卡片号": "number", "设备名": "name"}
    )  # fmt: skip
    assert office.refused(remember, office.mei).code == "op.not_allowed"
    office.do(remember, office.bo)
    report = imports.run("assets", data, office.bo)
    assert report.totals == {"create": 2, "update": 0, "skip": 0, "error": 1} and report.unknown_headings == ()
    chairs, board = card(office, "ZC-0101"), card(office, "ZC-0102")
    assert (chairs.bulk, chairs.quantity, chairs.unit, chairs.value_cents, chairs.life_months) == (True, 40, "把", 392_000, 60)
    assert (board.bulk, board.quantity, board.value_cents, board.got_how) == (False, 1, 2_680_000, GotHow.DONATED)
    assert next(row for row in report.rows if row.action == "error").code == "import.not_whole"
    assert imports.run("assets", data, office.bo).totals == {"create": 0, "update": 0, "skip": 2, "error": 1}


def test_a_mapping_counts_for_files_with_the_same_headings_only(office: Office) -> None:
    rows = [("ZC-1", "椅子", "木头")]
    headings = ("卡片", "名目", "料")
    with pytest.raises(Invalid):
        imports.dry_run("assets", csv_file(rows, headings), office.bo)
    mapping = {"卡片": "number", "名目": "name", "料": ""}
    assert imports.dry_run("assets", csv_file(rows, headings), office.bo, mapping=mapping).totals["create"] == 1
    office.do(imports.RememberMapping(collection="assets", headings=list(headings), columns=mapping), office.bo)
    report = imports.dry_run("assets", csv_file([("木头", "椅子", "ZC-1")], ("料", "名目", "卡片")), office.bo)  # another order
    assert report.totals["create"] == 1 and report.unknown_headings == ()
    with pytest.raises(Invalid):
        imports.dry_run("assets", csv_file(rows, ("卡片", "名目", "色")), office.bo)
    office.do(
        imports.RememberMapping(collection="assets", headings=list(headings), columns={"料": "no_such_column", "卡片": "number"}), office.bo
    )
    assert imports.dry_run("assets", csv_file(rows, headings), office.bo).totals["create"] == 1


@pytest.mark.proves("Things 10", "T32")
def test_a_file_none_of_whose_headings_is_known_is_asked_about_column_by_column_and_remembered(office: Office) -> None:
    rows = [("固定资产清单",), (), ("卡片", "名目", "料"), ("ZC-1", "椅子", "木头"), ("ZC-2", "桌子", "铁")]
    data = csv_file(rows[1:], rows[0])
    with pytest.raises(Invalid, match=r"import\.no_headings"):
        imports.dry_run("assets", data, office.bo)
    found = imports.headings("assets", data, office.bo)
    assert found.nothing_known and found.row == 3  # the first of the fullest rows, not the title above it
    assert [(one.text, one.column, one.samples) for one in found.headings] == [
        ("卡片", "", ("ZC-1", "ZC-2")), ("名目", "", ("椅子", "桌子")), ("料", "", ("木头", "铁")),
    ]  # fmt: skip
    remember = imports.RememberMapping(
        collection="assets", headings=[one.text for one in found.headings], columns={"卡片": "number", "名目": "name"}
    )
    office.do(remember, office.bo)
    report = imports.dry_run("assets", data, office.bo)
    assert report.totals["create"] == 2 and report.unknown_headings == ("料",)
    with pytest.raises(Invalid, match=r"import\.no_headings"):  # headings with nothing below are no table
        imports.headings("assets", csv_file([], ("卡片", "名")), office.bo)


def test_two_headings_that_say_the_same_are_asked_about_unless_they_are_the_same_words(office: Office) -> None:
    data = csv_file([("ZC-1", "椅子", "凳子")], ("资产编号", "资产名称", "名称"))
    found = imports.headings("assets", data, office.bo)
    assert [one.column for one in found.headings] == ["number", "name", "name"] and found.twice == "名称"
    remember = imports.RememberMapping(collection="assets", headings=[one.text for one in found.headings], columns={"名称": ""})
    office.do(remember, office.bo)
    assert imports.dry_run("assets", data, office.bo).rows[0].title == "ZC-1  椅子"
    with pytest.raises(Invalid, match=r"import\.heading_twice"):
        imports.headings("assets", csv_file([("ZC-1", "椅子", "凳子")], ("资产编号", "资产名称", "资产 名称")), office.bo)


# ── our own export ──


@pytest.mark.proves("T31", "T33", "T34", "S4.1-R2")
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_export_with_everything_in_it_changes_nothing(office: Office, kind: str, language: str) -> None:
    colour = UUID(office.do(assets.AddField(name="颜色", kind=FieldKind.CHOICE, choices=["红", "=蓝"]), office.bo)["field_id"])
    memory = UUID(office.do(assets.AddField(name="内存", kind=FieldKind.NUMBER, class_code="A0201"), office.bo)["field_id"])
    checked = UUID(office.do(assets.AddField(name="检定", kind=FieldKind.DAY), office.bo)["field_id"])
    rack = uuid4()
    everything: dict[str, Any] = {
        "spec": "@spec", "brand": "-brand", "serial": "110105194912310021", "class_code": "A02010105", "got_how": GotHow.LEASED,
        "bought_on": date(2026, 3, 1), "value_cents": 123_450, "salvage_cents": 6_001, "life_months": 30, "supplier": "\t江城", "invoice": "000123",
        "warranty_until": date(2029, 2, 28), "remark": "=1+1", "department_id": office.departments["财务科"], "keeper_id": office.mei.person_id,
        "place_id": office.places["301"], "own": {colour: "=蓝", memory: "16.5", checked: "2026-03-01"},
    }  # fmt: skip
    for do in (
        assets.RegisterAsset(id=rack, number="ZC-9", name="机柜"), assets.RegisterAsset(number="ZC-1", name="服务器", parent_id=rack, **everything),
        assets.RegisterAsset(number="00123", name="折叠椅", bulk=True, quantity=40, unit="把", value_cents=1, net_value_cents=77),
    ):  # fmt: skip
        office.do(do, office.bo)
    office.label(SubjectKind.ASSET, rack)
    before = [office.read(assets.view, row) for row in office.read(assets.search, assets.Filter(), limit=100)]
    body = bytes(export(assets.COLLECTION, Query(limit=500), office.bo, language, kind).body)
    report = imports.run("assets", body, office.bo)
    assert report.totals == {"create": 0, "update": 0, "skip": 3, "error": 0}, [row for row in report.rows if row.action != "skip"]
    assert report.unknown_headings == ()
    assert [office.read(assets.view, row) for row in office.read(assets.search, assets.Filter(), limit=100)] == before


@pytest.mark.proves("Things 10", "T31")
def test_parts_come_in_below_what_they_are_part_of_and_go_again(office: Office) -> None:
    headings = ("资产编号", "资产名称", "所属资产编号")
    rows = [("ZC-1", "机柜", ""), ("ZC-2", "服务器", "ZC-1"), ("ZC-3", "硬盘", "ZC-2"), ("ZC-4", "孤儿", "ZC-77")]
    first = imports.dry_run("assets", csv_file(rows, headings), office.bo)
    done = imports.run("assets", csv_file(rows, headings), office.bo)
    assert told(first) == told(done) and told(done)[5] == ("error", "parent", "import.unknown_parent") and done.totals["create"] == 3
    assert card(office, "ZC-3").parent == "ZC-2"
    assert imports.run("assets", csv_file(rows, headings), office.bo).totals["skip"] == 3
    assert done.import_id is not None and imports.undo(done.import_id, office.bo) == imports.Undone(restored=3, kept=0)
    assert office.read(assets.count, assets.Filter()) == 0


@pytest.mark.proves("Things 10")
def test_an_update_is_shown_cell_by_cell_and_undone_cell_by_cell(office: Office) -> None:
    memory = office.do(assets.AddField(name="内存", kind=FieldKind.NUMBER), office.bo)["field_id"]
    do = assets.RegisterAsset(
        number="ZC-1", name="电脑", life_months=36, got_how=GotHow.PURCHASE, own={UUID(str(memory)): "8"}, remark="旧"
    )
    asset_id = UUID(office.do(do, office.bo)["asset_id"])
    before = office.read(assets.card, str(asset_id), office.bo)
    headings = ("资产编号", "资产名称", "内存", "使用年限", "取得方式", "备注", "保修至", "单件或批量", "数量")
    data = csv_file([("ZC-1", "电脑", "16", "6", "捐赠", "新", "2029-01-01", "批量", "3")], headings)
    refused = imports.dry_run("assets", data, office.bo)
    assert told(refused)[2][2] == "import.not_one_of"
    data = csv_file([("ZC-1", "电脑", "16", "6", "接受捐赠", "新", "2029-01-01", "批量", "3")], headings)
    report = imports.run("assets", data, office.bo)
    assert shown(report, 2) == {
        ("内存", "8", "16"), ("预计使用月数", "36", "72"), ("取得方式", "购置", "接受捐赠"), ("备注", "旧", "新"), ("保修至", "", "2029-01-01"),
        ("单件或批量", "单件", "批量"), ("数量", "1", "3"),
    }  # fmt: skip
    assert report.import_id is not None and imports.undo(report.import_id, office.bo) == imports.Undone(restored=1, kept=0)
    after = office.read(assets.card, str(asset_id), office.bo)
    same = {name for name in AssetView.__dataclass_fields__ if name not in ("version", "updated_at")}
    assert {name: getattr(after, name) for name in same} == {name: getattr(before, name) for name in same}


def test_a_net_value_that_follows_from_the_record_is_not_stated(office: Office) -> None:
    headings = ("资产编号", "资产名称", "价值", "购置日期", "使用年限", "净值")
    imports.run(
        "assets", csv_file([("ZC-1", "一", "100", "2026-01-01", "5", "3"), ("ZC-2", "二", "100", "", "", "3")], headings), office.bo
    )
    assert (
        office.read(assets.by_number, "ZC-1").net_value_cents is None and card(office, "ZC-1").net_value_cents == 10_000 - 10_000 * 10 // 60
    )
    assert card(office, "ZC-2").net_value_cents == 300


def test_classes_come_in_from_a_list(office: Office) -> None:
    rows = [("A02019900", "其他计算机", "6"), ("A02010105", "台式计算机", "6"), ("A02010108", "手提电脑", "5"), ("A9", "错", "很多")]
    report = imports.run("asset_classes", csv_file(rows, ("代码", "名称", "最低使用年限")), office.bo)
    assert report.totals == {"create": 2, "update": 0, "skip": 1, "error": 1} and told(report)[5][2] == "import.not_years"
    known = office.read(assets.classes.known)
    assert known["A02010108"].name("en") == "手提电脑" and known["A02010108"].least_years == 5
    assert report.import_id is not None and imports.undo(report.import_id, office.bo).restored == 2
    assert office.read(assets.classes.known)["A02010108"].least_years == 6


# ── stopping ──


@pytest.mark.proves("Things 10")
def test_an_import_that_runs_is_stopped_from_outside_by_who_started_it(office: Office) -> None:
    rows = [(f"ZC-{number:04d}", "椅子") for number in range(400)]
    import_id, reached = uuid7(), threading.Event()
    report: list[Report] = []

    def progress(done: int, _total: int) -> None:
        if done >= 50 and not reached.is_set():
            for who in (office.chen, office.wu):
                with pytest.raises(NotAllowed):
                    imports.stop(import_id, who)
            imports.stop(import_id, office.bo)
            reached.set()

    report.append(imports.run("assets", csv_file(rows, ("资产编号", "资产名称")), office.bo, import_id=import_id, progress=progress))
    assert report[0].stopped and report[0].totals["create"] == 50 == office.read(assets.count, assets.Filter())
    with pytest.raises(Refused) as err:
        imports.stop(import_id, office.bo)
    assert err.value.code == "import.not_running"
    on = imports.run("assets", csv_file(rows, ("资产编号", "资产名称")), office.bo, import_id=import_id)
    assert not on.stopped and on.totals == {"create": 350, "update": 0, "skip": 50, "error": 0}
    assert imports.undo(import_id, office.bo).restored == 400


@pytest.mark.proves("T34")
def test_a_long_serial_kept_as_a_number_is_refused_and_the_rest_comes_in(office: Office) -> None:
    rows = [("ZC-1", "一", 110105194912310021, ""), ("ZC-2", "二", "110105194912310021", ""), ("ZC-3", "三", "", 26110000000000000001)]
    report = imports.run("assets", xlsx_file(rows, ("资产编号", "资产名称", "序列号", "发票号码")), office.bo)
    assert {row.row: (row.column, row.code) for row in report.rows if row.action == "error"} == {
        2: ("serial", "import.number_lost_digits"), 4: ("invoice", "import.number_lost_digits"),
    }  # fmt: skip
    assert card(office, "ZC-2").serial == "110105194912310021"

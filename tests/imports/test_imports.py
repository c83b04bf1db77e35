"""An office brings in its own list of assets: a dry run that writes nothing, then exactly what it said, and a way back."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.foundation import database
from core.foundation.errors import Invalid, NotAllowed
from core.foundation.i18n import LANGUAGES, t
from core.foundation.ids import uuid7
from core.mechanisms import imports, people, tables
from core.mechanisms.imports import Report, RowOutcome
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, OperationRow, as_json
from core.mechanisms.views import Query
from core.sections import assets
from core.sections.assets import Asset
from tests.cast import Office
from tests.imports.files import GOOD, HEADINGS, WRONG_ROWS, csv_file, xlsx_file

TOTALS_OF_THE_WRONG_FILE = {"create": 2, "update": 1, "skip": 0, "error": 4}


def existing(office: Office) -> UUID:
    do = assets.RegisterAsset(number="ZC-0001", name="会议桌", value_cents=80_000, place_id=office.places["301"])
    return UUID(office.do(do, office.bo)["asset_id"])


def book(office: Office) -> dict[str, tuple[str, int | None, UUID | None]]:
    """The register as it stands: number → name, cents, place."""
    return {row.number: (row.name, row.value_cents, row.place_id) for row in office.read(assets.search, assets.Filter(), limit=1000)}


def everything(office: Office) -> list[int]:
    """How many rows each table that matters holds."""
    tables_ = [Asset.__table__, assets.AssetEvent.__table__, OperationRow.__table__, imports.ImportRun.__table__]  # type: ignore[attr-defined]
    with database.reading() as s:
        return [s.execute(select(func.count()).select_from(table)).scalar_one() for table in tables_]


def row(report: Report, number: int) -> RowOutcome:
    return next(row for row in report.rows if row.row == number)


@pytest.mark.proves("Things 10", "T32", "S4.1-R1")
def test_a_dry_run_names_every_problem_and_writes_nothing(office: Office) -> None:
    existing(office)
    before = everything(office)
    report = imports.dry_run("assets", csv_file(WRONG_ROWS), office.bo)
    assert everything(office) == before
    assert report.totals == TOTALS_OF_THE_WRONG_FILE and report.dry_run and report.import_id is None and report.writes == 3
    assert [(r.row, r.action, r.column, r.value, r.code) for r in report.rows] == [
        (2, "create", None, None, None),
        (3, "create", None, None, None),
        (4, "error", "number", "ZC-1001", "import.twice_in_file"),
        (5, "update", None, None, None),
        (6, "error", "bought_on", "2026-02-30", "import.no_such_day"),
        (7, "error", "value_cents", "-200", "import.negative"),
        (8, "error", "place", "不存在的库房", "import.unknown_place"),
    ]
    assert {(c.heading, c.before, c.after) for c in row(report, 5).changes} == {
        ("资产名称", "会议桌", "旧名字的会议桌"), ("价值", "800.00", "900.00"),
        ("存放地点", "本部 › 三楼 › 301 听雨厅", "本部 › 三楼 › 305 小谈室"),
    }  # fmt: skip


@pytest.mark.proves("Things 10")
def test_a_row_with_several_wrong_cells_names_all_of_them_at_once(office: Office) -> None:
    rows = [["ZC-2001", "投影仪"] + [""] * (len(HEADINGS) - 2)]
    for heading, said in (("购置日期", "2026-02-30"), ("存放地点", "不存在的库房"), ("使用部门", "没有的科"), ("保管人", "查无此人")):
        rows[0][HEADINGS.index(heading)] = said
    report = imports.dry_run("assets", csv_file(rows), office.bo)
    assert {(one.heading, one.value, one.code) for one in row(report, 2).problems} == {
        ("购置日期", "2026-02-30", "import.no_such_day"), ("存放地点", "不存在的库房", "import.unknown_place"),
        ("使用部门", "没有的科", "import.unknown_department"), ("保管人", "查无此人", "import.unknown_person"),
    }  # fmt: skip
    assert len(row(report, 2).problems) == 4


@pytest.mark.proves("Things 10")
def test_a_dry_run_says_what_a_new_row_brings_cell_by_cell(office: Office) -> None:
    report = imports.dry_run("assets", csv_file(WRONG_ROWS), office.bo)
    brings = {change.heading: (change.before, change.after) for change in row(report, 2).changes}
    assert brings["存放地点"][0] == "" and brings["存放地点"][1] and brings["价值"][1] and "资产编号" not in brings


@pytest.mark.proves("Things 10", "X3")
@pytest.mark.parametrize("language", LANGUAGES)
def test_problems_are_told_with_the_remedy_in_the_readers_language(office: Office, language: str) -> None:
    report = imports.dry_run("assets", csv_file(WRONG_ROWS), office.bo, language=language)
    messages = [problem.message for r in report.rows for problem in r.problems]
    assert len(messages) == 4 and not any("import." in message or "{" in message for message in messages)
    remedy = {"zh-Hans": "请改成真实的日期", "zh-Hant": "請改成真實的日期", "en": "Use a real date"}[language]
    assert remedy in row(report, 6).message
    assert row(report, 6).problems[0].heading == {"zh-Hans": "购置日期", "zh-Hant": "購置日期", "en": "Purchase date"}[language]


@pytest.mark.proves("Things 10", "T31")
def test_what_is_done_is_what_was_shown_and_twice_adds_nothing(office: Office) -> None:
    existing(office)
    shown = imports.dry_run("assets", csv_file(WRONG_ROWS), office.bo)
    done = imports.run("assets", csv_file(WRONG_ROWS), office.bo, file_name="台账.csv")
    assert done.totals == shown.totals and done.import_id is not None
    assert [(r.row, r.action, r.code, r.changes) for r in done.rows] == [(r.row, r.action, r.code, r.changes) for r in shown.rows]
    assert book(office) == {
        "ZC-0001": ("旧名字的会议桌", 90_000, office.places["305"]),
        "ZC-1001": ("激光打印机", 123_450, office.places["301"]),
        "ZC-1002": ("办公椅", 48_000, office.places["302"]),
    }
    again = imports.run("assets", csv_file(WRONG_ROWS), office.bo)
    assert again.totals == {"create": 0, "update": 0, "skip": 3, "error": 4} and again.import_id is None and not again.dry_run
    assert imports.dry_run("assets", csv_file(WRONG_ROWS), office.bo).totals == again.totals


@pytest.mark.proves("T31")
def test_pressing_the_button_twice_imports_once(office: Office) -> None:
    import_id = uuid7()
    first = imports.run("assets", csv_file([GOOD]), office.bo, import_id=import_id)
    second = imports.run("assets", csv_file([GOOD]), office.bo, import_id=import_id)
    assert first.totals["create"] == 1 and second.totals["create"] == 0
    assert len(book(office)) == 1 and len(office.audit("asset.register")) == 1


@pytest.mark.proves("T31")
def test_an_asset_may_keep_its_own_serial_number_in_an_update(office: Office) -> None:
    imports.run("assets", csv_file([GOOD]), office.bo)
    changed = (*GOOD[:1], "激光打印机 M404", *GOOD[2:])
    report = imports.run("assets", csv_file([changed]), office.bo)
    assert report.totals == {"create": 0, "update": 1, "skip": 0, "error": 0}


@pytest.mark.proves("Things 10")
def test_undoing_an_import_gives_the_old_values_back(office: Office) -> None:
    asset_id = existing(office)
    before = book(office)
    done = imports.run("assets", csv_file(WRONG_ROWS), office.bo)
    assert done.import_id is not None
    assert imports.undo(done.import_id, office.bo) == imports.Undone(restored=3, kept=0)
    assert book(office) == before
    assert [event.kind for event in office.read(assets.timeline, asset_id)] == ["registered", "updated", "import_undone"]
    assert imports.undo(done.import_id, office.bo) == imports.Undone(restored=0, kept=0)
    assert imports.run("assets", csv_file(WRONG_ROWS), office.bo).totals == TOTALS_OF_THE_WRONG_FILE


@pytest.mark.proves("Things 10")
def test_what_somebody_changed_since_survives_the_undo(office: Office) -> None:
    asset_id = existing(office)
    done = imports.run("assets", csv_file(WRONG_ROWS), office.bo)
    assert done.import_id is not None
    office.do(assets.UpdateAsset(asset_id=asset_id, name="长会议桌"), office.bo)
    labelled = office.read(assets.by_number, "ZC-1001")
    office.label(SubjectKind.ASSET, labelled.id)
    assert imports.undo(done.import_id, office.bo) == imports.Undone(restored=1, kept=2)
    assert book(office) == {"ZC-0001": ("长会议桌", 80_000, office.places["301"]), "ZC-1001": ("激光打印机", 123_450, office.places["301"])}


@pytest.mark.proves("Things 10", "T34")
def test_an_18_digit_serial_number_kept_as_a_number_is_refused_with_advice(office: Office) -> None:
    rows = [(*GOOD[:3], 110105194912310021, *GOOD[4:]), ("ZC-1002", "办公椅", "", "110105194912310021", "", "", 480, "", "", "")]
    report = imports.run("assets", xlsx_file(rows), office.bo)
    assert report.totals == {"create": 1, "update": 0, "skip": 0, "error": 1}
    problem = row(report, 2)
    assert (problem.column, problem.code) == ("serial", "import.number_lost_digits") and "文本" in problem.message
    assert office.read(assets.by_number, "ZC-1002").serial == "110105194912310021"


@pytest.mark.proves("T32", "X3")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_headings_are_known_in_every_language_and_order(office: Office, language: str, encoding: str) -> None:
    keys = ["number", "name", "spec", "serial", "class_code", "bought_on", "value", "department", "keeper", "place"]
    headings = [t(f"asset.{key}", language) for key in keys]
    data = csv_file([tuple(reversed(GOOD))], list(reversed(headings)), encoding)
    assert imports.run("assets", data, office.bo).totals["create"] == 1
    found = office.read(assets.view, office.read(assets.by_number, "ZC-1001"))
    assert (found.name, found.value_cents, found.department, found.keeper, found.place) == (
        "激光打印机",
        123_450,
        "办公室",
        "林晓梅",
        "301 听雨厅",
    )
    assert (found.spec, found.serial, found.class_code, str(found.bought_on)) == ("M404", "SN-1", "A02021003", "2026-03-01")


def test_a_title_above_the_headings_and_remarks_in_them_do_no_harm(office: Office) -> None:
    rows = [("固定资产台账",), (), ("*资产编号", "资产名称（必填）", "价值(元)", "颜色"), ("ZC-1", "椅子", "12", "蓝")]
    data = csv_file(rows[1:], rows[0])
    report = imports.dry_run("assets", data, office.bo)
    assert report.totals["create"] == 1 and report.unknown_headings == ("颜色",) and report.rows[0].row == 4


@pytest.mark.parametrize(
    ("headings", "code"),
    [
        (("a", "b"), "import.no_headings"), (("资产编号", "价值"), "import.missing_headings"),
        (("资产编号", "资产名称", "名称"), "import.heading_twice"),
    ],
)  # fmt: skip
def test_a_file_without_the_headings_it_needs_says_which(office: Office, headings: tuple[str, ...], code: str) -> None:
    with pytest.raises(Invalid) as err:
        imports.dry_run("assets", csv_file([("1", "2", "3")], headings), office.bo)
    assert err.value.code == code
    for language in LANGUAGES:
        assert "{" not in imports.described(err.value, language)


def test_only_those_who_keep_the_book_may_import(office: Office) -> None:
    for who in (office.mei, office.ann, office.chen):
        with pytest.raises(NotAllowed):
            imports.dry_run("assets", csv_file([GOOD]), who)
    with pytest.raises(NotAllowed):
        imports.dry_run("people", csv_file([("李明",)], ("姓名",)), office.bo)
    with pytest.raises(Invalid):
        imports.dry_run("operations", csv_file([GOOD]), office.ada)
    done = imports.run("assets", csv_file([GOOD]), office.bo)
    assert done.import_id is not None
    with pytest.raises(NotAllowed):
        imports.undo(done.import_id, office.mei)


def test_an_empty_cell_leaves_what_is_there(office: Office) -> None:
    imports.run("assets", csv_file([GOOD]), office.bo)
    report = imports.run("assets", csv_file([("ZC-1001", "激光打印机", *[""] * 8)]), office.bo)
    assert report.totals == {"create": 0, "update": 0, "skip": 1, "error": 0}
    assert office.read(assets.by_number, "ZC-1001").value_cents == 123_450


def test_of_two_people_with_one_name_the_one_in_the_department_is_meant(office: Office) -> None:
    other = office.person("mei2", "林晓梅", department="财务科", number="0042")
    rows = [
        ("ZC-1", "一", "", "", "", "", "", "财务科", "林晓梅", ""),
        ("ZC-2", "二", "", "", "", "", "", "", "林晓梅", ""),
        ("ZC-3", "三", "", "", "", "", "", "", "0042", ""),
        ("ZC-4", "四", "", "", "", "", "", "", "无此人", ""),
    ]
    report = imports.run("assets", csv_file(rows), office.bo)
    assert [(r.action, r.code) for r in report.rows] == [
        ("create", None), ("error", "import.person_ambiguous"), ("create", None), ("error", "import.unknown_person"),
    ]  # fmt: skip
    assert {office.read(assets.by_number, number).keeper_id for number in ("ZC-1", "ZC-3")} == {other.person_id}


@pytest.mark.proves("T31", "T33", "SEC 7", "SEC 9")
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_importing_our_own_export_changes_nothing(office: Office, kind: str) -> None:
    names = ["=HYPERLINK(1)", "+1", "-2", "@x", "＝1", "'=1", " 前后空格 ", "换\n行", '"引号"', "李\u202e明", "👩‍👩‍👧", "㐂𠮷龘", "_x0041_"]
    for index, name in enumerate(names):
        do = assets.RegisterAsset(
            number=f"=ZC-{index}",
            name=name,
            spec=name,
            value_cents=index * 101,
            keeper_id=office.mei.person_id,
            place_id=office.places["301"],
        )
        office.do(do, office.bo)
    page = office.read(assets.COLLECTION.list, Query(limit=500), office.bo)
    rows = [[getattr(item, column.name) for column in assets.COLLECTION.columns] for item in page.items]
    for language in LANGUAGES:
        headings = [t(column.heading, language) for column in assets.COLLECTION.columns]
        data = tables.write_csv(headings, rows) if kind == "csv" else tables.write_xlsx(headings, rows)
        report = imports.run("assets", data, office.bo)
        assert report.totals == {"create": 0, "update": 0, "skip": len(names), "error": 0}, [r for r in report.rows if r.action != "skip"]
        assert report.unknown_headings == ()


@pytest.mark.proves("X1")
def test_every_imported_row_leaves_an_audit_line_by_whom(office: Office) -> None:
    imports.run("assets", csv_file(WRONG_ROWS[:2]), office.bo)
    assert [line.person_id for line in office.audit("asset.register")] == [office.bo.person_id] * 2
    assert len(office.audit("import.begin")) == 1


def test_a_stopped_import_has_done_whole_rows_and_can_go_on(office: Office) -> None:
    rows = [(f"ZC-{i:04d}", f"椅子 {i}", *[""] * 8) for i in range(450)]
    import_id, seen = uuid7(), []

    def stop_after_the_first() -> bool:
        return bool(seen)

    report = imports.run(
        "assets",
        csv_file(rows),
        office.bo,
        import_id=import_id,
        progress=lambda done, total: seen.append((done, total)),
        cancelled=stop_after_the_first,
    )
    assert report.totals["create"] == 50 == len(book(office)) and seen == [(50, 450)]
    seen.clear()
    assert imports.run("assets", csv_file(rows), office.bo, import_id=import_id).totals == {
        "create": 400,
        "update": 0,
        "skip": 50,
        "error": 0,
    }
    assert imports.undo(import_id, office.bo) == imports.Undone(restored=450, kept=0)
    assert book(office) == {}


def test_a_report_is_plain_data_for_programs(office: Office) -> None:
    shown = as_json(imports.dry_run("assets", csv_file(WRONG_ROWS), office.bo))
    assert {"row", "action", "column", "value", "code", "message", "changes"} <= shown["rows"][0].keys()
    assert shown["totals"]["error"] == 4 and shown["rows"][3]["changes"][0] == {
        "column": "value_cents",
        "heading": "价值",
        "before": "",
        "after": "900",
    }


# ── people, departments, places ──


@pytest.fixture
def admin(office: Office) -> Actor:
    return office.ada


def test_a_list_of_people_comes_in_and_goes_back_out(office: Office, admin: Actor) -> None:
    headings = ("工号", "姓名", "英文名", "部门", "账号", "邮箱", "手机", "分机")
    rows = [
        ("001", "李文博", "Wenbo Li", "财务科", "wenbo", "wenbo@office.example", "13800001234", "801"),
        ("002", "单田芳", "", "办公室", "", "", "", ""),
        ("003", "某人", "", "没有的科", "", "", "", ""),
        ("004", "某人", "", "", "坏 账号", "", "", ""),
    ]
    shown = imports.dry_run("people", csv_file(rows, headings), admin)
    done = imports.run("people", csv_file(rows, headings), admin)
    assert shown.totals == done.totals == {"create": 2, "update": 0, "skip": 0, "error": 2}
    assert [r.code for r in done.rows if r.action == "error"] == ["import.unknown_department", "import.bad_account"]
    assert [p.name for p in office.read(people.search, "liwenbo")] == ["李文博"]
    assert imports.run("people", csv_file(rows, headings), admin).totals["create"] == 0
    moved = [(*rows[0][:3], "办公室", *rows[0][4:])]
    update = imports.run("people", csv_file(moved, headings), admin)
    assert [(c.heading, c.before, c.after) for c in update.rows[0].changes] == [("部门", "财务科", "办公室")]
    assert update.import_id is not None and done.import_id is not None
    assert imports.undo(update.import_id, admin) == imports.Undone(1, 0)
    assert office.read(people.views, office.read(people.search, "李文博"))[0].department == "财务科"
    assert imports.undo(done.import_id, admin) == imports.Undone(restored=1, kept=1)  # one was changed twice since: it stays
    assert [p.name for p in office.read(people.search, "李文博")] == ["李文博"]
    assert office.read(people.search, "单田芳") == []


def test_personal_data_of_an_import_does_not_stay_in_the_log(office: Office, admin: Actor) -> None:
    imports.run("people", csv_file([("李文博", "13800001234")], ("姓名", "手机")), admin)
    with database.reading() as s:
        payloads = s.execute(select(OperationRow.payload).where(OperationRow.kind.in_(["import.note", "person.add"]))).scalars().all()  # type: ignore[attr-defined]
    assert payloads and all(payload is None for payload in payloads)


def test_places_come_in_with_floors_and_rooms_of_one_file(office: Office, admin: Actor) -> None:
    headings = ("地点名称", "房号", "地点类型", "上级地点")
    rows = [
        ("新楼", "", "院区", ""),
        ("二楼", "", "楼层", "新楼"),
        ("201 库房", "201", "房间", "新楼/二楼"),
        ("甲架", "", "货架", "201"),
        ("乙架", "", "火箭", "201"),
    ]
    shown = imports.dry_run("places", csv_file(rows, headings), admin)
    done = imports.run("places", csv_file(rows, headings), admin)
    assert shown.totals == done.totals == {"create": 4, "update": 0, "skip": 0, "error": 1}
    assert imports.run("places", csv_file(rows, headings), admin).totals["skip"] == 4
    assert done.import_id is not None and imports.undo(done.import_id, admin) == imports.Undone(restored=4, kept=0)


def test_departments_come_in_by_name(office: Office, admin: Actor) -> None:
    done = imports.run("departments", csv_file([("后勤科",), ("办公室",)], ("部门",)), admin)
    assert done.totals == {"create": 1, "update": 0, "skip": 1, "error": 0}
    assert done.import_id is not None and imports.undo(done.import_id, admin).restored == 1


@pytest.mark.parametrize("collection", ["assets", "people", "places", "departments"])
def test_headings_of_one_list_never_mean_two_columns(collection: str, office: Office) -> None:
    from core.mechanisms.imports.sheet import _names, heading_key

    importer = imports.importers()[collection]
    said = [(heading_key(name), column.key) for column in importer.columns for name in _names(column.heading, column.aliases)]
    assert len(dict(said)) == len(set(said))


@pytest.mark.proves("SEC 12", "SEC 13")
def test_every_bad_number_and_day_in_a_row_is_named_at_once(office: Office) -> None:
    bad = ("", "", "x" * 300, "1.10105E+17", "", "0000-01-01", "NaN", "没有的科", "", "")
    report = imports.dry_run("assets", csv_file([bad], HEADINGS), office.bo)
    assert {problem.code for problem in report.rows[0].problems} == {
        "import.required", "import.too_long", "import.number_lost_digits", "import.day_out_of_range", "import.not_a_number",
        "import.unknown_department",
    }  # fmt: skip

"""The register: every field of the card, bulk lines, components, own fields, classes, papers, the whole life, and finding things as one types."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import select

from core.foundation import clock, database
from core.mechanisms import label_jobs, labels
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import SYSTEM
from core.sections import assets
from core.sections.assets import AssetState, AssetView, FieldKind, Filter, GotHow, classes, index, own_fields
from core.sections.assets.indexing import index_the_rest, missing
from tests.cast import Office

SHA = "a" * 64


def registered(office: Office, number: str = "ZC-1", name: str = "激光打印机", **more: Any) -> UUID:
    return UUID(office.do(assets.RegisterAsset(number=number, name=name, **more), office.bo)["asset_id"])


def card(office: Office, asset_id: UUID) -> AssetView:
    found: AssetView = office.read(assets.card, str(asset_id), office.bo)
    return found


def found(office: Office, q: str = "", **more: Any) -> list[str]:
    return [asset.number for asset in office.read(assets.search, Filter(q=q, **more), limit=1000)]


def field(office: Office, name: str, kind: FieldKind = FieldKind.TEXT, **more: Any) -> UUID:
    return UUID(office.do(assets.AddField(name=name, kind=kind, **more), office.bo)["field_id"])


# ── every field ──


@pytest.mark.proves("S4.1-R1", "S4.1-R2")
def test_the_card_holds_everything_the_field_asks_for(office: Office) -> None:
    given_ = {
        "spec": "M404", "brand": "惠普", "serial": "SN-1", "class_code": "A02021003", "got_how": GotHow.DONATED, "bought_on": date(2026, 3, 1),
        "value_cents": 123_450, "salvage_cents": 6_000, "life_months": 72, "supplier": "江城办公", "invoice": "26110000000000000001",
        "warranty_until": date(2029, 3, 1), "remark": "随机附两支墨盒", "place_id": office.places["301"], "keeper_id": office.mei.person_id,
    }  # fmt: skip
    shown = card(office, registered(office, **given_))
    assert {name: getattr(shown, name) for name in given_} == given_
    assert (shown.quantity, shown.bulk, shown.net_value_cents) == (1, False, 123_450 - 117_450 * 8 // 72)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"bulk": True, "serial": "SN-1"}, "asset.bulk_has_no_serial"), ({"quantity": 2}, "asset.one_thing"),
        ({"value_cents": 5, "salvage_cents": 6}, "asset.salvage_above_value"), ({"salvage_cents": 6}, "asset.salvage_above_value"),
        ({"parent_id": uuid4()}, "asset.parent_not_found"), ({"own": {uuid4(): "x"}}, "asset.field_not_found"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_together_is_refused(office: Office, more: dict[str, Any], code: str) -> None:
    assert office.refused(assets.RegisterAsset(number="ZC-1", name="椅子", **more), office.bo).code == code
    assert found(office) == []


@pytest.mark.parametrize(
    "more", [{"quantity": 0}, {"quantity": 10**7}, {"life_months": 0}, {"life_months": 1201}, {"remark": "长" * 501}, {"got_how": "stolen"}]
)
def test_numbers_and_words_out_of_bounds_are_invalid(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        assets.RegisterAsset(number="ZC-1", name="椅子", **more)


@pytest.mark.proves("S4.1-R1")
def test_a_bulk_line_counts_as_its_quantity(office: Office) -> None:
    registered(office, "ZC-1", "折叠椅", bulk=True, quantity=40, unit="把", value_cents=400_000)
    registered(office, "ZC-2", "会议桌", value_cents=80_000)
    sums = office.read(assets.totals, Filter())
    assert (sums.rows, sums.things, sums.cost_cents) == (2, 41, 480_000)
    assert found(office, bulk=True) == ["ZC-1"] and found(office, bulk=False) == ["ZC-2"]
    shrunk = office.read(assets.by_number, "ZC-1")
    office.do(assets.UpdateAsset(asset_id=shrunk.id, quantity=38), office.bo)
    assert office.refused(assets.UpdateAsset(asset_id=shrunk.id, bulk=False), office.bo).code == "asset.one_thing"
    office.do(assets.UpdateAsset(asset_id=shrunk.id, bulk=False, quantity=1), office.bo)


def test_components_know_what_they_are_part_of_and_never_themselves(office: Office) -> None:
    rack, server, disk = registered(office, "ZC-1", "机柜"), registered(office, "ZC-2", "服务器"), registered(office, "ZC-3", "硬盘")
    office.do(assets.UpdateAsset(asset_id=server, parent_id=rack), office.bo)
    office.do(assets.UpdateAsset(asset_id=disk, parent_id=server), office.bo)
    assert [one.number for one in office.read(assets.components, rack)] == ["ZC-2"] and card(office, disk).parent == "ZC-2"
    for above in (rack, server, disk):
        assert office.refused(assets.UpdateAsset(asset_id=rack, parent_id=above), office.bo).code == "asset.parent_inside_itself"
    assert found(office, parent_id=server) == ["ZC-3"]
    office.do(assets.UpdateAsset(asset_id=disk, parent_id=None), office.bo)
    assert card(office, disk).parent == ""
    above = rack
    for level in range(4):
        above = registered(office, f"ZC-1{level}", "部件", parent_id=above)
    deepest = registered(office, "ZC-20", "部件", parent_id=above)
    assert office.refused(assets.RegisterAsset(number="ZC-21", name="部件", parent_id=deepest), office.bo).code == "asset.parent_too_deep"


def test_a_state_with_a_procedure_is_not_set_by_hand(office: Office) -> None:
    asset_id = registered(office)
    office.do(assets.UpdateAsset(asset_id=asset_id, state=AssetState.REPAIR), office.bo)
    for state in (AssetState.LOST, AssetState.DISPOSED):
        assert office.refused(assets.UpdateAsset(asset_id=asset_id, state=state), office.bo).code == "asset.state_by_procedure"


# ── own fields ──


@pytest.mark.proves("S4.1-R1")
def test_own_fields_are_typed_and_belong_to_a_class(office: Office) -> None:
    colour = field(office, "颜色", FieldKind.CHOICE, choices=["红", "蓝"])
    memory = field(office, "内存（GB）", FieldKind.NUMBER, class_code="A0201")
    checked = field(office, "检定日期", FieldKind.DAY)
    asset_id = registered(office, class_code="A02010105", own={colour: "红", memory: "16.5", checked: "2026年3月1日"})
    said = {one.name: one.value for one in card(office, asset_id).own}
    assert said == {"颜色": "红", "内存（GB）": own_fields.Decimal("16.5"), "检定日期": date(2026, 3, 1)}
    for own, code in (
        ({colour: "绿"}, "asset.field_value"), ({memory: "很多"}, "asset.field_value"), ({checked: "2026-02-30"}, "asset.field_value"),
    ):  # fmt: skip
        assert office.refused(assets.UpdateAsset(asset_id=asset_id, own=own), office.bo).code == code
    chair = registered(office, "ZC-2", "椅子", class_code="A05010301")
    assert office.refused(assets.UpdateAsset(asset_id=chair, own={memory: "1"}), office.bo).code == "asset.field_not_of_class"
    office.do(assets.UpdateAsset(asset_id=asset_id, own={colour: "蓝", memory: None}), office.bo)
    last = office.read(assets.timeline, asset_id)[-1].facts
    assert last["before"] == {f"own.{colour}": "红", f"own.{memory}": "16.5"} and last["after"][f"own.{colour}"] == "蓝"
    assert [one.name for one in card(office, chair).own] == ["颜色", "检定日期"]
    assert found(office, "蓝") == ["ZC-1"] and found(office, "红") == []


def test_a_field_is_set_up_changed_and_retired_without_losing_what_was_said(office: Office) -> None:
    colour = field(office, "颜色", FieldKind.CHOICE, choices=["红", "蓝"])
    asset_id = registered(office, own={colour: "红"})
    office.do(assets.UpdateField(field_id=colour, name="外壳颜色", choices=["蓝"]), office.bo)
    assert [(one.name, one.shown) for one in card(office, asset_id).own] == [("外壳颜色", "红")]
    office.do(assets.UpdateAsset(asset_id=asset_id, name="打印机", own={colour: "红"}), office.bo)  # an old choice may stay
    office.do(assets.UpdateField(field_id=colour, retired=True), office.bo)
    assert [one.shown for one in card(office, asset_id).own] == ["红"] and office.read(own_fields.fields) == []
    assert card(office, registered(office, "ZC-2", "椅子")).own == ()
    for name in ("外壳颜色", "资产编号", "Keeper", "備註"):
        assert office.refused(assets.AddField(name=name, kind=FieldKind.TEXT), office.bo).code == "asset.field_name_taken"
    assert office.refused(assets.AddField(name="尺寸", kind=FieldKind.CHOICE), office.bo).code == "asset.field_needs_choices"
    assert office.refused(assets.AddField(name="尺寸", kind=FieldKind.TEXT), office.mei).code == "op.not_allowed"


# ── classes ──


def test_an_office_loads_classes_of_its_own(office: Office) -> None:
    assert len(classes.table()) >= 40
    office.do(assets.SetClass(code="A02999901", name="电子墨水门牌", least_years=5), office.bo)
    office.do(assets.SetClass(code="A02010105", name="台式机"), office.bo)
    known = office.read(classes.known)
    assert known["A02999901"].name("en") == "电子墨水门牌" and known["A02010105"].name("zh-Hans") == "台式机"
    office.do(assets.DropClass(code="A02010105"), office.bo)
    assert office.read(classes.known)["A02010105"].name("zh-Hans") == "台式计算机"
    assert office.refused(assets.DropClass(code="A02010105"), office.bo).code == "asset.class_not_own"


# ── papers ──


def test_papers_hang_on_the_card_and_stay_in_its_life(office: Office) -> None:
    asset_id = registered(office)
    photo = UUID(office.do(assets.AddPaper(asset_id=asset_id, sha256=SHA, kind="photo", title="正面"), office.bo)["paper_id"])
    office.do(assets.AddPaper(asset_id=asset_id, sha256="b" * 64, kind="invoice", title="发票"), office.bo)
    again = office.do(assets.AddPaper(asset_id=asset_id, sha256=SHA, kind="photo"), office.bo)
    assert UUID(again["paper_id"]) == photo and card(office, asset_id).photo_sha256 == SHA
    assert [paper.title for paper in office.read(assets.papers, asset_id)] == ["正面", "发票"]
    office.do(assets.RemovePaper(paper_id=photo), office.bo)
    office.do(assets.RemovePaper(paper_id=photo), office.bo)
    assert card(office, asset_id).photo_sha256 == "" and [paper.title for paper in office.read(assets.papers, asset_id)] == ["发票"]
    assert [line.kind for line in office.read(assets.life, asset_id)] == ["registered", "paper_added", "paper_added", "paper_removed"]
    assert office.refused(assets.AddPaper(asset_id=asset_id, sha256=SHA), office.mei).code == "op.not_allowed"
    assert office.refused(assets.RemovePaper(paper_id=uuid4()), office.bo).code == "asset.paper_not_found"


# ── the whole life ──


@pytest.mark.proves("S4.1-R3")
def test_the_whole_life_stands_on_one_page_with_old_and_new(office: Office) -> None:
    asset_id = registered(office, place_id=office.places["301"])
    office.later(minutes=1)
    code = office.label(SubjectKind.ASSET, asset_id)
    office.later(minutes=1)
    office.do(label_jobs.NotePrints(codes=[code], template="A4-24", start=1), office.bo)
    office.later(minutes=1)
    office.do(assets.HandOver(asset_id=asset_id, to_person_id=office.mei.person_id), office.bo)
    office.later(minutes=1)
    office.do(assets.Take(asset_id=asset_id), office.mei)
    office.later(minutes=1)
    office.do(assets.TransferAsset(asset_id=asset_id, place_id=office.places["302"], reason="搬家"), office.bo)
    office.later(minutes=1)
    office.do(assets.ReportFault(asset_id=asset_id, what="卡纸"), office.mei)
    office.later(minutes=1)
    office.do(assets.FinishRepair(asset_id=asset_id, result="换了搓纸轮", cost_cents=8_000), office.bo)
    lines = office.read(assets.life, asset_id)
    assert [line.kind for line in lines] == ["registered", "labelled", "printed", "offered", "taken", "transferred", "fault", "repaired"]
    assert [line.who for line in lines] == ["薄一鸣", "", "薄一鸣", "薄一鸣", "林晓梅", "薄一鸣", "林晓梅", "薄一鸣"]
    moved = next(line for line in lines if line.kind == "transferred")
    assert moved.changes == (("place_id", "本部 › 三楼 › 301 听雨厅", "本部 › 三楼 › 302 办公室"),)
    assert lines[1].facts["code"] == labels.shown(code)


# ── finding ──


@pytest.mark.proves("S4.1-R2")
def test_a_thing_is_found_by_whatever_one_remembers_of_it(office: Office) -> None:
    one = registered(
        office, "ZC-2026-0041", "笔记本电脑", brand="联想", spec="ThinkPad X1", serial="PF3XYZ12", supplier="江城科技", invoice="26110000000000000001",
        keeper_id=office.mei.person_id, place_id=office.places["302"], department_id=office.departments["财务科"],
    )  # fmt: skip
    registered(office, "ZC-2026-0042", "会议桌", place_id=office.places["301"])
    code = office.label(SubjectKind.ASSET, one)
    for q in (
        "笔记", "本电", "脑", "bjb", "bijiben", "0041", "zc-2026-0041", "ZC20260041", "联想", "thinkpad", "THINKPAD X1", "x1", "pf3xyz", "xyz12", "江城科",
        "2611000000", "林晓梅", "晓梅", "lxm", "linxiaomei", "302", "办公室", "财务", code, code[:4].lower(), labels.shown(code), "联想 林晓梅", "bjb 302 zc",
        "ＴｈｉｎｋＰａｄ",
    ):  # fmt: skip
        assert found(office, q) == ["ZC-2026-0041"], q
    for q in ("联想 301", "不存在", "x9", "!!!", "zc-2026-0043"):
        assert found(office, q) == [], q
    assert found(office, "三楼") == found(office, "zc 2026") == ["ZC-2026-0041", "ZC-2026-0042"]
    office.do(assets.UpdateAsset(asset_id=one, name="台式机", spec="M900"), office.bo)
    assert found(office, "笔记") == found(office, "x1") == [] and found(office, "m900") == ["ZC-2026-0041"]


@pytest.mark.proves("S4.1-R2")
def test_a_word_that_thousands_meet_answers_in_order_and_in_pages(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.sections.assets.finding.MANY", 5)
    monkeypatch.setattr("core.sections.assets.finding.WINDOW", 10)
    numbers = [f"A-{index:03d}" for index in range(30)] + [f"B-{index:03d}" for index in range(12)]
    for number in numbers:
        registered(office, number, "椅子" if number.startswith("A") else "椅子靠垫", place_id=office.places["301"])
    assert found(office, "椅子") == numbers and found(office, "靠垫") == numbers[30:]
    first = office.read(assets.search, Filter(q="靠垫"), limit=5)
    then = office.read(assets.search, Filter(q="靠垫"), limit=50, after=first[-1].number)
    assert [one.number for one in [*first, *then]] == numbers[30:]
    assert office.read(assets.count, Filter(q="椅子 靠垫")) == 12
    assert found(office, "椅子", place_id=office.places["302"]) == []


@given(q=st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_no_question_breaks_the_search(q: str) -> None:
    assert all(sign.isalnum() for sign in index.fold(q))


@pytest.mark.proves("SEC 7", "SEC 10")
@pytest.mark.parametrize(
    "q", ['"', "'", '" OR grams:*', "NEAR(a b)", "* AND NOT", "a" * 200, "{}", "\\", "%_", "㐂𠮷龘", "e\u0301", "👩‍👩‍👧", "a AND b"]
)
def test_hostile_questions_are_only_words(office: Office, q: str) -> None:
    registered(office, "ZC-1", "㐂𠮷龘")
    assert found(office, q) == (["ZC-1"] if q == "㐂𠮷龘" else [])
    assert office.read(assets.count, Filter(q=q)) == (1 if q == "㐂𠮷龘" else 0)


def test_assets_that_were_there_before_the_index_come_into_it(office: Office) -> None:
    ids = [registered(office, f"ZC-{number}", "椅子") for number in range(3)]
    with database.writing() as s:
        for asset_id in ids:
            index.forget(s, asset_id)
    assert found(office, "椅子") == [] and len(office.read(missing)) == 3
    index_the_rest(clock.now())
    assert len(found(office, "椅子")) == 3 and office.read(missing) == []
    assert office.audit("asset.index")[0].outcome == "accepted"
    from core.sections.assets.indexing import IndexAssets

    assert office.refused(IndexAssets(asset_ids=ids), office.ada).code == "op.not_allowed"
    assert office.do(IndexAssets(asset_ids=ids), SYSTEM) == {"n": 3}


def test_what_needs_care_soon_can_be_listed(office: Office) -> None:
    today = clock.today()
    registered(office, "ZC-1", "空调", warranty_until=today + timedelta(days=30))
    registered(office, "ZC-2", "冰箱", warranty_until=today - timedelta(days=1))
    labelled = registered(office, "ZC-3", "电视", warranty_until=today + timedelta(days=90))
    office.label(SubjectKind.ASSET, labelled)
    assert found(office, warranty_by=today + timedelta(days=60)) == ["ZC-1"]
    assert found(office, unlabelled=True) == ["ZC-1", "ZC-2"]


def test_the_index_holds_one_line_an_asset(office: Office) -> None:
    asset_id = registered(office)
    for name in ("一", "二", "三"):
        office.do(assets.UpdateAsset(asset_id=asset_id, name=name), office.bo)
    with database.reading() as s:
        rows = s.execute(select(index.AssetFind)).scalars().all()
    assert len(rows) == 1 and rows[0].folded.startswith("三\nsan\ns\nzc1")

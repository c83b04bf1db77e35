"""The register of assets, the life of each one, and who has it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.foundation import database
from core.foundation.i18n import LANGUAGES, has
from core.mechanisms import attachments, duties, labels, tables
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor
from core.mechanisms.views import Query
from core.sections import assets
from core.sections.assets import AssetState, AssetView, Filter, classes
from tests.cast import Office

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples"


def registered(office: Office, number: str = "ZC-1", name: str = "激光打印机", **more: object) -> UUID:
    return UUID(office.do(assets.RegisterAsset(number=number, name=name, **more), office.bo)["asset_id"])  # type: ignore[arg-type]  # builder


def card(office: Office, asset_id: UUID, by: Actor | None = None) -> AssetView:
    found: AssetView = office.read(assets.card, str(asset_id), by or office.bo)
    return found


def life(office: Office, asset_id: UUID) -> list[str]:
    return [event.kind for event in office.read(assets.timeline, asset_id)]


def found(office: Office, q: str = "", **more: object) -> list[str]:
    return [asset.number for asset in office.read(assets.search, Filter(q=q, **more), limit=1000)]  # type: ignore[arg-type]  # builder


# ── register and card ──


@pytest.mark.proves("S4.1-R1", "S4.1-R2", "X1")
def test_an_asset_is_registered_with_everything_the_guide_asks_for(office: Office) -> None:
    asset_id = registered(
        office, spec="M404", serial="SN-1", class_code="A02021003", bought_on=date(2026, 3, 1), value_cents=123_450,
        department_id=office.departments["办公室"], keeper_id=office.mei.person_id, place_id=office.places["301"],
    )  # fmt: skip
    shown = card(office, asset_id)
    assert (shown.name, shown.spec, str(shown.bought_on), shown.value_cents) == ("激光打印机", "M404", "2026-03-01", 123_450)
    assert (shown.department, shown.keeper, shown.place_path) == ("办公室", "林晓梅", "本部 › 三楼 › 301 听雨厅")
    assert (shown.state, shown.version, shown.label) == (AssetState.IN_USE, 1, None)
    line = office.audit("asset.register")[0]
    assert (line.person_id, line.subject_kind, line.subject_id) == (office.bo.person_id, "asset", str(asset_id))


def test_a_number_is_given_once(office: Office) -> None:
    registered(office)
    refusal = office.refused(assets.RegisterAsset(number="ZC-1", name="椅子"), office.bo)
    assert (refusal.code, refusal.facts) == ("asset.number_taken", {"number": "ZC-1"})
    other = registered(office, "ZC-2", "椅子")
    assert office.refused(assets.UpdateAsset(asset_id=other, number="ZC-1"), office.bo).code == "asset.number_taken"


def test_only_the_clerk_and_the_administrator_keep_the_book(office: Office) -> None:
    for who in (office.mei, office.ann, office.chen, office.sun):
        assert office.refused(assets.RegisterAsset(number="ZC-1", name="椅子"), who).code == "op.not_allowed"
    assert office.do(assets.RegisterAsset(number="ZC-1", name="椅子"), office.ada)


@pytest.mark.parametrize(
    "more",
    [
        {"name": "\u200b \x00"}, {"name": "长" * 201}, {"number": ""}, {"value_cents": -1}, {"value_cents": 10**15},
        {"bought_on": "0001-01-01"},
        {"bought_on": "9999-12-31"}, {"bought_on": "2027-02-29"}, {"class_code": "x" * 65}, {"photo_sha256": "../../etc"},
        {"value": 3}, {"state": "lost"},
    ],
)  # fmt: skip
@pytest.mark.proves("SEC 10", "SEC 12", "SEC 13", "SEC 20", "SEC 30")
def test_what_can_not_be_an_asset_is_not_understood(more: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        assets.RegisterAsset.model_validate({"number": "ZC-1", "name": "椅子", **more})


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"department_id": uuid4()}, "asset.department_unknown"),
        ({"keeper_id": uuid4()}, "person.not_found"),
        ({"place_id": uuid4()}, "place.not_found"),
    ],
)
def test_whose_and_where_must_exist(office: Office, more: dict[str, UUID], code: str) -> None:
    assert office.refused(assets.RegisterAsset.model_validate({"number": "ZC-1", "name": "椅子", **more}), office.bo).code == code


def test_a_correction_keeps_what_was_before(office: Office) -> None:
    asset_id = registered(office, value_cents=100)
    office.do(assets.UpdateAsset(asset_id=asset_id, name="彩色打印机", value_cents=None, keeper_id=office.mei.person_id), office.bo)
    event = office.read(assets.timeline, asset_id)[-1]
    assert event.facts["before"] == {"name": "激光打印机", "value_cents": 100, "keeper_id": None}
    assert event.facts["after"] == {"name": "彩色打印机", "value_cents": None, "keeper_id": str(office.mei.person_id)}
    assert (card(office, asset_id).state, card(office, asset_id).version) == (AssetState.IN_USE, 2)


def test_the_same_correction_again_changes_nothing(office: Office) -> None:
    asset_id = registered(office)
    for _ in range(2):
        office.do(assets.UpdateAsset(asset_id=asset_id, name="彩色打印机"), office.bo)
    assert life(office, asset_id) == ["registered", "updated"] and card(office, asset_id).version == 2


def test_of_two_people_who_correct_the_same_card_the_second_is_told(office: Office) -> None:
    asset_id = registered(office)
    office.do(assets.UpdateAsset(asset_id=asset_id, base_version=1, name="一"), office.bo)
    assert office.refused(assets.UpdateAsset(asset_id=asset_id, base_version=1, name="二"), office.ada).code == "asset.changed_meanwhile"


@pytest.mark.proves("S4.1-R3", "X1")
def test_the_life_of_an_asset_can_not_be_rewritten(office: Office) -> None:
    registered(office)
    for statement in ("DELETE FROM asset_event", "UPDATE asset_event SET kind = 'x'", "DELETE FROM handover"):
        if "handover" in statement:
            office.do(assets.HandOver(asset_id=office.read(assets.by_number, "ZC-1").id, to_person_id=office.mei.person_id), office.bo)
        with pytest.raises(DBAPIError, match="append_only"), database.writing() as s:
            s.execute(text(statement))


# ── finding ──


@pytest.mark.proves("S4.1-R2")
@pytest.mark.parametrize(
    ("q", "numbers"),
    [
        ("打印", ["ZC-1", "ZC-2"]), ("dyj", ["ZC-1", "ZC-2"]), ("JGDYJ", ["ZC-1"]), ("jiguang", ["ZC-1"]), ("zc-2", ["ZC-2"]),
        ("SN-1", ["ZC-1", "ZC-2"]), ("sn-10", ["ZC-2"]), ("打印 404", ["ZC-1"]), ("M404", ["ZC-1"]), ("ＺＣ－３", ["ZC-3"]), ("会议桌", ["ZC-3"]), ("%", []), ("_", []), ("' OR 1=1 --", []),
        ("", ["ZC-1", "ZC-2", "ZC-3"]),
    ],
)  # fmt: skip
def test_assets_are_found_by_name_pinyin_number_and_serial(office: Office, q: str, numbers: list[str]) -> None:
    registered(office, "ZC-1", "激光打印机", serial="SN-1", spec="M404")
    registered(office, "ZC-2", "针式打印机", serial="SN-10")
    registered(office, "ZC-3", "会议桌")
    assert found(office, q) == numbers


def test_assets_are_found_by_their_label_also_a_replaced_one(office: Office) -> None:
    asset_id = registered(office)
    code = office.label(SubjectKind.ASSET, asset_id)
    new = office.do(labels.ReplaceLabel(code=code, reason="torn"), office.bo)["code"]
    assert found(office, code) == found(office, labels.shown(new)) == found(office, f"HTTP://FOYER.LAN/S/{new}") == ["ZC-1"]
    assert card(office, asset_id).label == new
    assert office.read(assets.card, code, office.bo).id == asset_id
    told = {line.kind: line.facts for line in office.read(assets.life, asset_id)}
    assert told["labelled"] == {"code": labels.shown(code)}
    assert told["relabelled"] == {"code": labels.shown(new), "old": labels.shown(code), "reason": "torn"}


def test_filters_narrow_the_list_and_a_place_holds_what_is_below_it(office: Office) -> None:
    registered(office, "ZC-1", place_id=office.places["301"], class_code="A02021003", department_id=office.departments["办公室"])
    registered(office, "ZC-2", place_id=office.places["302"], class_code="A05010301", keeper_id=office.mei.person_id)
    registered(office, "ZC-3")
    assert found(office, place_id=office.places["三楼"]) == ["ZC-1", "ZC-2"]
    assert found(office, place_id=office.places["302"]) == ["ZC-2"]
    assert found(office, class_code="A0202") == ["ZC-1"]
    assert found(office, department_id=office.departments["办公室"]) == ["ZC-1"]
    assert found(office, states=("idle",)) == ["ZC-1", "ZC-3"]
    assert office.read(assets.count_by_state, Filter(states=("idle",))) == {"idle": 2, "in_use": 1}
    assert office.read(assets.count, Filter(states=("idle",))) == 2


def test_a_list_goes_on_where_the_page_before_ended(office: Office) -> None:
    for index in range(7):
        registered(office, f"ZC-{index}")
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        page = office.read(assets.COLLECTION.list, Query(limit=3, cursor=cursor), office.bo)
        seen += [item.number for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [f"ZC-{index}" for index in range(7)]


@pytest.mark.proves("SEC 29")
def test_staff_see_what_they_keep_and_nothing_else(office: Office) -> None:
    mine = registered(office, "ZC-1", keeper_id=office.mei.person_id)
    other = registered(office, "ZC-2", keeper_id=office.wu.person_id)
    page = office.read(assets.COLLECTION.list, Query(), office.mei)
    assert [item.number for item in page.items] == ["ZC-1"]
    assert office.read(assets.COLLECTION.get, str(mine), office.mei) is not None
    assert office.read(assets.COLLECTION.get, str(other), office.mei) is None
    assert office.read(assets.COLLECTION.get, "1' OR 1=1", office.bo) is None
    assert office.read(assets.COLLECTION.list, Query(filters={"place": "no-such-id"}), office.bo).items == []


def test_sums_are_exact_to_the_cent(office: Office) -> None:
    registered(office, "ZC-1", value_cents=10_000_000_000_001, net_value_cents=1)
    registered(office, "ZC-2", value_cents=2)
    assert office.read(assets.sums, Filter()) == (10_000_000_000_003, 1)


def test_the_next_number_is_offered_not_reserved(office: Office) -> None:
    assert office.read(assets.next_number, date(2026, 11, 23)) == "ZC-2026-0001"
    registered(office, "ZC-2026-0041")
    assert office.read(assets.next_number, date(2026, 11, 23)) == "ZC-2026-0042"


def test_every_class_has_a_name_in_three_languages() -> None:
    assert len(classes.table()) >= 40
    assert all(one.names[language] for one in classes.table().values() for language in LANGUAGES)
    assert classes.name("A05010301", "en") == "Office chair" and classes.name("unknown", "en") == "unknown"


@pytest.mark.proves("SEC 29")
def test_a_photo_of_an_asset_is_for_those_who_see_its_card(office: Office) -> None:
    photo = "ab" * 32
    asset_id = registered(office, keeper_id=office.mei.person_id, photo_sha256=photo)
    assert office.read(attachments.of, "asset", asset_id) == [photo]
    assert office.read(assets.may_see_photos, asset_id, office.mei) and office.read(assets.may_see_photos, asset_id, office.chen)
    assert not office.read(assets.may_see_photos, asset_id, office.wu)


# ── custody ──


@pytest.mark.proves("S4.1-R3", "S4.1-R9")
def test_an_asset_moves_only_when_the_taker_takes_it(office: Office) -> None:
    asset_id = registered(office, keeper_id=office.mei.person_id)
    office.do(assets.HandOver(asset_id=asset_id, to_person_id=office.wu.person_id), office.mei)
    assert card(office, asset_id).keeper == "林晓梅"
    office.do(assets.Take(asset_id=asset_id, place_id=office.places["302"]), office.wu)
    assert (card(office, asset_id).keeper, card(office, asset_id).place) == ("吴桐", "302 办公室")
    rows = office.read(assets.handovers, asset_id)
    assert [(row.kind, row.from_id, row.to_id, row.offer_id) for row in rows] == [
        ("booked", None, office.mei.person_id, None), ("offered", office.mei.person_id, office.wu.person_id, None),
        ("taken", office.mei.person_id, office.wu.person_id, rows[1].id),
    ]  # fmt: skip
    assert life(office, asset_id) == ["registered", "offered", "taken"]


def test_taking_twice_is_taking_once(office: Office) -> None:
    asset_id = registered(office)
    for _ in range(2):
        office.do(assets.Take(asset_id=asset_id), office.wu)
    assert life(office, asset_id) == ["registered", "taken"] and card(office, asset_id).state == AssetState.IN_USE


def test_nobody_takes_what_another_keeps(office: Office) -> None:
    asset_id = registered(office, keeper_id=office.mei.person_id)
    assert office.refused(assets.Take(asset_id=asset_id), office.wu).code == "asset.not_offered"
    office.do(assets.HandOver(asset_id=asset_id, to_person_id=office.ann.person_id), office.mei)
    assert office.refused(assets.Take(asset_id=asset_id), office.wu).code == "asset.not_offered"


def test_an_offer_ends_when_the_asset_goes_elsewhere(office: Office) -> None:
    asset_id = registered(office, keeper_id=office.mei.person_id)
    office.do(assets.HandOver(asset_id=asset_id, to_person_id=office.wu.person_id), office.mei)
    office.do(assets.TransferAsset(asset_id=asset_id, keeper_id=office.ann.person_id, reason="调岗"), office.bo)
    assert office.read(assets.open_offer, asset_id) is None
    assert office.refused(assets.Take(asset_id=asset_id), office.wu).code == "asset.not_offered"


def test_only_the_keeper_or_the_clerk_hands_over(office: Office) -> None:
    asset_id = registered(office, keeper_id=office.mei.person_id)
    assert office.refused(assets.HandOver(asset_id=asset_id, to_person_id=office.wu.person_id), office.wu).code == "op.not_allowed"
    assert office.refused(assets.HandOver(asset_id=asset_id, to_person_id=office.mei.person_id), office.bo).code == "asset.has_it_already"


@pytest.mark.proves("S4.1-R9")
def test_a_transfer_changes_book_and_life_at_once_and_says_why(office: Office) -> None:
    asset_id = registered(office, place_id=office.places["301"])
    do = assets.TransferAsset(
        asset_id=asset_id, department_id=office.departments["财务科"], place_id=office.places["305"], reason="财务科搬家"
    )
    office.do(do, office.chen)
    assert (card(office, asset_id).department, card(office, asset_id).place) == ("财务科", "305 小谈室")
    assert office.read(assets.timeline, asset_id)[-1].facts["reason"] == "财务科搬家"
    assert office.refused(do, office.chen).code == "asset.no_change"


@pytest.mark.proves("S4.1-R5")
def test_a_fault_goes_into_repair_becomes_a_duty_and_ends_with_the_repair(office: Office) -> None:
    asset_id = registered(office, keeper_id=office.mei.person_id)
    code = office.label(SubjectKind.ASSET, asset_id)
    office.do(assets.ReportFault(code=code, what="卡纸"), office.mei)
    office.do(assets.ReportFault(code=code, what="还是卡纸"), office.wu)
    assert card(office, asset_id).state == AssetState.REPAIR
    with database.reading() as s:
        [duty] = duties.mine(s, office.bo, office.later())
    assert duty.title == "安排维修：激光打印机（ZC-1）" and duty.times == 2
    assert office.refused(assets.FinishRepair(asset_id=asset_id, result="换了搓纸轮"), office.mei).code == "op.not_allowed"
    office.do(assets.FinishRepair(asset_id=asset_id, result="换了搓纸轮", cost_cents=8_000), office.bo)
    assert card(office, asset_id).state == AssetState.IN_USE
    with database.reading() as s:
        assert duties.mine(s, office.bo, office.later()) == []
    assert life(office, asset_id) == ["registered", "fault", "fault", "repaired"]
    assert office.refused(assets.FinishRepair(asset_id=asset_id, result="再来"), office.bo).code == "asset.not_in_repair"


def test_a_wish_to_dispose_stands_in_the_life_and_changes_nothing_else(office: Office) -> None:
    asset_id = registered(office)
    office.do(assets.RequestDisposal(asset_id=asset_id, reason="修不好了"), office.bo)
    assert life(office, asset_id) == ["registered", "disposal_requested"] and card(office, asset_id).state == AssetState.IDLE


def test_a_label_says_what_the_asset_is_and_what_i_may_do(office: Office) -> None:
    asset_id = registered(office, keeper_id=office.mei.person_id, place_id=office.places["301"])
    code = office.label(SubjectKind.ASSET, asset_id)
    shown = office.read(labels.view, code, office.mei)
    assert (shown.kind, shown.title, shown.state, shown.holder, shown.place) == ("asset", "激光打印机", "in_use", "林晓梅", "301 听雨厅")
    assert "asset.report_fault" in shown.operations and "asset.hand_over" in shown.operations and "asset.take" not in shown.operations
    assert "asset.take" not in office.read(labels.view, code, office.wu).operations
    office.do(assets.HandOver(asset_id=asset_id, to_person_id=office.wu.person_id), office.mei)
    assert "asset.take" in office.read(labels.view, code, office.wu).operations


def test_an_asset_is_named_by_id_or_by_label_never_both() -> None:
    for named in ({}, {"asset_id": uuid4(), "code": "7K3M9QWY"}):
        with pytest.raises(ValidationError):
            assets.Take.model_validate(named)


def test_every_refusal_and_event_has_its_sentence() -> None:
    codes = [
        "not_found",
        "number_taken",
        "exists",
        "disposed",
        "lost",
        "changed_meanwhile",
        "department_unknown",
        "has_it_already",
        "not_offered",
    ]
    codes += ["in_repair", "not_in_repair", "no_change", *(f"state.{state}" for state in AssetState)]
    assert [code for code in codes if not has(f"asset.{code}")] == []


# ── hostile names ──


@pytest.mark.proves("SEC 7", "SEC 8", "SEC 9", "SEC 10", "T33")
def test_every_naughty_string_lives_as_a_name_from_register_to_export_and_back(office: Office) -> None:
    path = SAMPLES / "blns.txt"
    if not path.exists():
        pytest.skip("the naughty strings are not beside the project (../shared/samples)")
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    names = {f"N{index:04d}": tables.tidy(line)[:200].strip() for index, line in enumerate(lines) if tables.tidy(line)}
    for number, name in names.items():
        registered(office, number, name)
    page = office.read(assets.COLLECTION.list, Query(limit=1000), office.bo)
    assert {item.number: item.name for item in page.items} == names
    for number, name in list(names.items())[::7]:
        assert number in found(office, name[:100]), name
    rows = [[item.number, item.name] for item in page.items]
    for data in (tables.write_csv(["资产编号", "资产名称"], rows), tables.write_xlsx(["资产编号", "资产名称"], rows)):
        back = [[tables.parse_text(row.at(0)), tables.parse_text(row.at(1))] for row in list(tables.read_rows(data))[1:]]
        assert back == rows

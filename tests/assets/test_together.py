"""Changing many assets at once: shown first, done as one set, and undone by going back."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from core.foundation.errors import Invalid, NotAllowed
from core.mechanisms import imports, preferences
from core.mechanisms.operations import SYSTEM
from core.sections import assets
from core.sections.assets import AssetState, FieldKind, Filter, together
from tests.cast import Office


def three(office: Office) -> list[UUID]:
    made = []
    for number in range(3):
        do = assets.RegisterAsset(
            number=f"ZC-{number}", name=f"椅子 {number}", place_id=office.places["301"], keeper_id=office.mei.person_id
        )
        made.append(UUID(office.do(do, office.bo)["asset_id"]))
    return made


def where(office: Office) -> list[Any]:
    return [(row.place_id, row.state, row.keeper_id) for row in office.read(assets.search, Filter(), limit=100)]


@pytest.mark.proves("S4.1-R2", "T31")
def test_what_is_shown_is_what_is_done_and_undo_gives_all_back(office: Office) -> None:
    ids = three(office)
    colour = office.do(assets.AddField(name="颜色", kind=FieldKind.CHOICE, choices=["红", "蓝"]), office.bo)["field_id"]
    office.do(assets.UpdateAsset(asset_id=ids[0], own={UUID(str(colour)): "红"}), office.bo)
    before = where(office)
    given = {"place_id": str(office.places["302"]), "state": "repair", f"own.{colour}": "蓝", "supplier": "江城"}
    shown = together.preview(ids, given, office.bo)
    assert where(office) == before and shown.totals == {"create": 0, "update": 3, "skip": 0, "error": 0}
    assert {(c.heading, c.before, c.after) for c in shown.rows[0].changes} == {
        ("存放地点", "本部 › 三楼 › 301 听雨厅", "本部 › 三楼 › 302 办公室"), ("供应商", "", "江城"), ("状态", "在用", "维修中"), ("颜色", "红", "蓝"),
    }  # fmt: skip
    edit = uuid4()
    done = together.apply(ids, given, office.bo, name="批量修改 3 项", edit_id=edit)
    assert [(r.row, r.action, r.changes) for r in done.rows] == [(r.row, r.action, r.changes) for r in shown.rows]
    assert {row[:2] for row in where(office)} == {(office.places["302"], AssetState.REPAIR)}
    assert together.apply(ids, given, office.bo, edit_id=edit).totals["skip"] == 3
    assert len(office.audit("asset.update")) == 1 + 3
    assert office.read(imports.last_runs, "assets", kind="together")[0].file_name == "批量修改 3 项"
    office.do(assets.UpdateAsset(asset_id=ids[2], place_id=office.places["305"]), office.bo)
    assert imports.undo(edit, office.bo) == imports.Undone(restored=2, kept=1)  # one was moved by somebody since: that stays
    assert where(office)[:2] == before[:2] and where(office)[2] == (office.places["305"], *before[2][1:])
    assert {one.shown for one in office.read(assets.card, str(ids[0]), office.bo).own} == {"红"}
    assert [line.kind for line in office.read(assets.life, ids[0])] == ["registered", "updated", "updated", "import_undone"]


def test_each_asset_is_judged_by_itself(office: Office) -> None:
    ids = three(office)
    disposed = uuid4()
    office.do(assets.RegisterAsset(id=disposed, number="ZC-9", name="旧椅", class_code="A05"), office.bo)
    memory = office.do(assets.AddField(name="内存", kind=FieldKind.NUMBER, class_code="A02"), office.bo)["field_id"]
    report = together.preview([*ids, disposed, uuid4()], {f"own.{memory}": "16"}, office.bo)
    assert report.totals == {"create": 0, "update": 0, "skip": 0, "error": 4}
    assert {row.code for row in report.rows} == {"asset.field_not_of_class"} and "内存" in report.rows[0].message
    nothing = together.preview(ids, {"place_id": str(office.places["301"])}, office.bo)
    assert nothing.totals["skip"] == 3 and nothing.writes == 0
    away = together.apply(ids, {"keeper_id": None}, office.bo)
    assert away.totals["update"] == 3 and [row[1:] for row in where(office)[:3]] == [(AssetState.IDLE, None)] * 3


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "op.invalid"), ({"number": "X"}, "op.invalid"), ({"value_cents": 1}, "op.invalid"), ({"place_id": "nowhere"}, "op.invalid"),
        ({"state": "gone"}, "op.invalid"), ({"version": 9}, "op.invalid"),
    ],
)  # fmt: skip
def test_what_can_not_be_changed_together_is_invalid(office: Office, given: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as err:
        together.preview(three(office), given, office.bo)
    assert err.value.code == code


def test_only_the_keepers_of_the_book_change_many_and_not_without_end(office: Office) -> None:
    ids = three(office)
    for who in (office.mei, office.chen, office.ann):
        with pytest.raises(NotAllowed):
            together.apply(ids, {"brand": "x"}, who)
    with pytest.raises(Invalid) as err:
        together.preview([uuid4() for _ in range(together.MOST + 1)], {"brand": "x"}, office.bo)
    assert err.value.code == "asset.too_many"
    lost = together.preview(ids, {"state": "lost"}, office.bo)
    assert {row.code for row in lost.rows} == {"asset.state_by_procedure"}


def test_a_change_of_many_can_be_stopped_and_undone(office: Office) -> None:
    ids = []
    for number in range(120):
        ids.append(UUID(office.do(assets.RegisterAsset(number=f"ZC-{number:03d}", name="椅子"), office.bo)["asset_id"]))
    seen: list[int] = []
    report = together.apply(
        ids, {"brand": "联友"}, office.bo, progress=lambda done, _total: seen.append(done), cancelled=lambda: bool(seen)
    )
    assert report.stopped and report.totals["update"] == 50 and report.import_id is not None
    assert office.read(assets.count, Filter(q="联友")) == 50
    assert imports.undo(report.import_id, office.bo).restored == 50 and office.read(assets.count, Filter(q="联友")) == 0


def test_a_person_keeps_their_own_columns(office: Office) -> None:
    office.do(preferences.SetPreference(name="register.assets.columns", words=["asset.number"]), office.bo)
    office.do(preferences.SetPreference(name="register.assets.columns", words=["asset.number", "asset.serial"]), office.bo)
    assert office.read(preferences.chosen, office.bo, "register.assets.columns") == ["asset.number", "asset.serial"]
    assert office.read(preferences.chosen, office.mei, "register.assets.columns") is None
    assert office.refused(preferences.SetPreference(name="x", words=[]), SYSTEM).code == "op.not_allowed"

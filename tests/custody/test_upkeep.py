"""Care plans: duties for whoever has the thing, ticked by scanning it (guide S4.1-R4)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from pydantic import ValidationError

from core.foundation import clock, database
from core.mechanisms import duties
from core.mechanisms.duties import DutyView
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor
from core.sections import assets
from tests.cast import Office
from tests.custody.stage import asset, card, life

AIR = "A02061804"


def owed(office: Office, by: Actor) -> list[DutyView]:
    with database.reading() as s:
        return duties.mine(s, by, clock.now())


def plan(office: Office, **more: object) -> UUID:
    do = {"title": "清洗滤网", "class_code": AIR, "every_days": 30, "steps": ["滤网已洗", "排水通畅"], "starts_on": "2026-11-28", **more}
    return UUID(office.do(assets.AddUpkeepPlan.model_validate(do), office.bo)["plan_id"])


@pytest.mark.proves("S4.1-R4", "X2")
def test_who_has_a_thing_owes_its_care_on_a_working_day_and_ticks_it_by_scanning(office: Office) -> None:
    cooled = asset(office, "ZC-1", "空调机", class_code=AIR, keeper_id=office.mei.person_id)
    asset(office, "ZC-2", "打印机", class_code="A02021003", keeper_id=office.mei.person_id)
    code = office.label(SubjectKind.ASSET, cooled)
    plan_id = plan(office)
    [duty] = owed(office, office.mei)
    assert (duty.title, duty.due_on) == ("清洗滤网：空调机（ZC-1）", date(2026, 11, 30)), "Saturday the 28th becomes Monday"
    assert office.refused(assets.TickUpkeep(asset_id=cooled, plan_id=plan_id), office.mei).code == "upkeep.code_needed"
    assert office.refused(assets.TickUpkeep(code=code, plan_id=plan_id), office.wu).code == "op.not_allowed"
    result = office.do(assets.TickUpkeep(code=code, plan_id=plan_id), office.mei)
    assert result["next_on"] == "2026-12-23" and owed(office, office.mei) == []
    assert card(office, cooled).state == "in_use" and life(office, cooled)[-1] == "cared"
    [view] = office.read(lambda s: assets.upkeep_of(s, assets.get(s, cooled), clock.now()))
    assert (view.last_on, view.due_on, view.late) == (date(2026, 11, 23), date(2026, 12, 23), False)
    assets.open_upkeep_duties(office.later(days=10))
    assert owed(office, office.mei) == []
    assets.open_upkeep_duties(office.later(days=14))
    assets.open_upkeep_duties(office.later(hours=2))
    assert [duty.due_on for duty in owed(office, office.mei)] == [date(2026, 12, 23)]


def test_a_step_that_is_not_in_order_reports_the_fault_at_once(office: Office) -> None:
    cooled = asset(office, name="空调机", class_code=AIR, keeper_id=office.mei.person_id)
    code = office.label(SubjectKind.ASSET, cooled)
    plan_id = plan(office)
    office.do(assets.TickUpkeep(code=code, plan_id=plan_id, failed=(1,), note="一直滴水"), office.mei)
    assert card(office, cooled).state == "repair"
    [repair] = office.read(assets.repairs_of, cooled)
    assert repair.fault == "清洗滤网：排水通畅；一直滴水"
    [done] = office.read(assets.upkeep_history, cooled)
    assert (done.failed, done.person_id, done.scanned) == ([1], office.mei.person_id, True)


def test_the_care_goes_along_with_the_thing(office: Office) -> None:
    cooled = asset(office, class_code=AIR, keeper_id=office.mei.person_id)
    plan(office)
    office.do(assets.HandOver(asset_id=cooled, to_person_id=office.wu.person_id), office.mei)
    assert len(owed(office, office.mei)) == 1
    office.do(assets.Take(asset_id=cooled), office.wu)
    assert owed(office, office.mei) == [] and len(owed(office, office.wu)) == 1
    office.do(assets.ReceiveBack(asset_ids=(cooled,)), office.bo)
    assert owed(office, office.wu) == [] and len(owed(office, office.bo)) == 1, "nobody has it: the clerk sees to it"


def test_a_plan_that_ends_leaves_no_duties_and_keeps_what_was_done(office: Office) -> None:
    cooled = asset(office, class_code=AIR, keeper_id=office.mei.person_id)
    plan_id = plan(office)
    office.do(assets.TickUpkeep(asset_id=cooled, plan_id=plan_id), office.bo)
    other = asset(office, "ZC-2", class_code=AIR, keeper_id=office.mei.person_id)
    assets.open_upkeep_duties(office.later(hours=1))
    assert [duty.subject_id for duty in owed(office, office.mei)] == [other]
    assert office.do(assets.EndUpkeepPlan(plan_id=plan_id), office.bo)["cancelled"] == 1
    assert owed(office, office.mei) == [] and len(office.read(assets.upkeep_history, cooled)) == 1
    [shown] = office.read(lambda s: assets.upkeep_plans(s, clock.now()))
    assert (shown.ended, shown.things, shown.open) == (True, 2, 0)


def test_a_plan_is_for_a_class_or_a_thing() -> None:
    for more in ({}, {"class_code": "A", "asset_id": "01a213f3-4d6a-70cf-b043-a75f4bc07f80"}):
        with pytest.raises(ValidationError):
            assets.AddUpkeepPlan.model_validate({"title": "x", "every_days": 1, **more})

"""A safety round: what is asked, what a fail becomes, who looks again, what stays blank (guide S4.2-R3, S4.2-R4)."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from core.foundation import clock, database
from core.foundation.i18n import LANGUAGES, t
from core.foundation.ids import uuid7
from core.mechanisms import attachments, checklists, duties, labels, notices, operations
from core.sections import inspections
from core.sections.inspections import AnswerQuestion, StartInspection
from tests.cast import Office
from tests.inspections.conftest import PHOTO, SIGNATURE, Round, plan_round


def the_duty(office: Office) -> duties.DutyView:
    [view] = office.read(duties.everything, office.sun, clock.now(), state="")
    return view


# ── Floor 3: a fail needs photo, note and somebody who fixes it ──


@pytest.mark.proves("Floor 3", "S4.2-R3")
@pytest.mark.parametrize(
    ("more", "needs"), [({}, ["photo", "note"]), ({"note": "指针到红区"}, ["photo"]), ({"photos": (PHOTO,)}, ["note"])]
)
def test_a_round_with_a_bare_fail_can_not_be_finished_not_even_by_a_direct_post(
    round_: Round, more: dict[str, Any], needs: list[str]
) -> None:
    run_id = round_.start()
    round_.all_good(run_id, 0, but=("gauge",))
    round_.answer(run_id, 0, "gauge", "fail", **more)
    outcome = round_.finish_refused(run_id)
    assert outcome.code == "inspection.incomplete" and outcome.facts["needs"] == needs
    assert outcome.facts["point"] == "三楼东楼梯口" and outcome.facts["question_id"] == "gauge"
    assert "压力表" in outcome.message("zh-Hans")


@pytest.mark.proves("Floor 3", "S4.2-R3", "X1")
def test_a_failed_point_becomes_a_duty_with_owner_and_day_that_names_point_and_question(office: Office, round_: Round) -> None:
    run_id = round_.walk(fail="gauge")
    duty = the_duty(office)
    assert duty.owner == "吴桐" and duty.due_on == date(2026, 11, 30)  # five working days after Monday
    assert duty.subject_kind == "inspection_point" and duty.subject_id == round_.points[0] and duty.facts["question_id"] == "gauge"
    assert duty.title == "三楼东楼梯口：压力表指针在绿区，不合格"
    event = office.read(duties.history, duty.id)[0]
    assert event.note == "指针到红区" and event.photos == (PHOTO,)
    report = office.read(inspections.report, run_id, office.sun)
    assert [line.duty_id for point in report.points for line in point.answers if line.answer == "fail"] == [duty.id]
    assert office.audit("inspection.finish")[-1].outcome == "accepted"


@pytest.mark.proves("Floor 3", "O16")
def test_a_photo_that_has_not_arrived_is_evidence_pending_and_never_lost_from_sight(office: Office, round_: Round) -> None:
    run_id = round_.start()
    round_.all_good(run_id, 0, 1, but=("gauge",))
    round_.answer(run_id, 1, "gauge")
    do = AnswerQuestion(
        run_id=run_id,
        point_id=round_.points[0],
        question_id="gauge",
        answer="fail",
        note="低",
        photos=(PHOTO,),
        scanned_code=round_.codes[0],
    )
    outcome = operations.perform_now(do, by=office.sun)
    assert outcome.ok and outcome.facts["evidence_pending"] == [PHOTO]
    finished = operations.perform_now(inspections.FinishInspection(run_id=run_id, signature=SIGNATURE), by=office.sun)
    assert finished.ok and finished.facts["evidence_pending"] == [PHOTO, SIGNATURE]
    [view] = office.read(inspections.runs, office.sun)
    assert view.evidence_pending == 2
    line = next(
        line for point in office.read(inspections.report, run_id, office.sun).points for line in point.answers if line.answer == "fail"
    )
    assert line.pending == (PHOTO,)


def test_the_gap_closes_when_the_photo_comes(office: Office, round_: Round, tmp_path: Path) -> None:
    attachments.use_directory(tmp_path / "attachments")
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(picture, "JPEG")
    photo = hashlib.sha256(picture.getvalue()).hexdigest()
    run_id = round_.start()
    round_.answer(run_id, 0, "gauge", "fail", note="低", photos=(photo,))
    before = office.read(inspections.runs, office.sun)[0].evidence_pending
    attachments.receive(photo, 0, len(picture.getvalue()), picture.getvalue(), office.sun, clock.now())
    after = office.read(inspections.runs, office.sun)[0].evidence_pending
    assert (before, after) == (1, 0)


def test_a_number_outside_its_limits_is_a_fail_whatever_was_said(office: Office) -> None:
    round_ = plan_round(office)
    content = checklists.Content.model_validate({
        "title": "压力",
        "sections": [{"id": "a", "title": "表", "questions": [{"id": "mpa", "text": "读数", "kind": "number", "unit": "MPa",
        "min": 1.0, "max": 1.4}]}],
    })  # fmt: skip
    office.do(checklists.PublishChecklist(key="pressure", content=content), office.sun)
    do = inspections.PlanInspection(
        title="压力", checklist="pressure", cadence="daily", place_ids=(office.places["301"],), hazard_owner_id=office.wu.person_id
    )
    made = office.do(do, office.sun)
    mine = Round(office, UUID(made["inspection_id"]), [UUID(made["point_ids"][0])], round_.codes, ["mpa"])
    run_id = mine.start()
    assert mine.answer(run_id, 0, "mpa", "pass", value="0.99", scanned_code=None)["answer"] == "fail"
    assert mine.finish_refused(run_id).code == "inspection.incomplete"
    wrong = AnswerQuestion(run_id=run_id, point_id=mine.points[0], question_id="mpa", answer="pass", value="1,2")
    assert office.refused(wrong, office.sun).code == "inspection.value"


@pytest.mark.proves("S4.2-R3")
def test_the_same_fail_again_joins_the_open_duty(office: Office, round_: Round) -> None:
    round_.walk(fail="gauge")
    office.later(hours=3)
    round_.walk(fail="gauge")
    duty = the_duty(office)
    assert duty.times == 2 and [event.what for event in office.read(duties.history, duty.id)] == ["opened", "again"]
    [hazard] = office.read(inspections.hazards, office.sun, clock.now())
    assert hazard.repeat


def test_finishing_twice_makes_one_duty(office: Office, round_: Round) -> None:
    run_id = round_.walk(fail="seal")
    assert round_.finish(run_id)["result"] == "fail"
    assert the_duty(office).times == 1


# ── Floor 4: four eyes ──


@pytest.mark.proves("Floor 4", "X2", "S4.2-R4")
def test_whoever_fixed_it_can_not_verify_it_and_the_try_is_logged(office: Office, round_: Round) -> None:
    round_.walk(fail="gauge")
    duty = the_duty(office)
    office.do(duties.CompleteDuty(duty_id=duty.id, note="换了新瓶", photos=(PHOTO,)), office.chen)  # the leader fixed it himself
    for who in (office.chen, office.wu):
        assert office.refused(duties.VerifyDuty(duty_id=duty.id), who).code == "op.not_allowed"
    assert [row.code for row in office.audit("duty.verify")] == ["op.not_allowed", "op.not_allowed"]
    assert office.do(duties.VerifyDuty(duty_id=duty.id), office.sun)["state"] == "verified"


@pytest.mark.proves("Floor 4", "S4.2-R4")
def test_the_chain_is_closed_when_another_person_verified_and_the_next_round_passed(office: Office, round_: Round) -> None:
    round_.walk(fail="gauge")
    duty = the_duty(office)

    def chain() -> inspections.Hazard:
        [found] = office.read(inspections.hazards, office.sun, clock.now())
        return found

    office.do(duties.CompleteDuty(duty_id=duty.id, note="换了新瓶"), office.wu)
    office.later(hours=1)
    office.do(duties.VerifyDuty(duty_id=duty.id), office.chen)
    assert chain().duty.state == "verified" and not chain().closed
    office.later(days=20)
    round_.walk()
    assert chain().closed and chain().passed_on == clock.now()
    assert [event.what for event in office.read(duties.history, duty.id)] == ["opened", "completed", "verified"]


def test_what_was_not_fixed_goes_back_with_the_reason(office: Office, round_: Round) -> None:
    round_.walk(fail="gauge")
    duty = the_duty(office)
    assert office.refused(duties.CompleteDuty(duty_id=duty.id), office.wu).code == "duty.evidence_missing"
    assert office.refused(duties.CompleteDuty(duty_id=duty.id, note="x"), office.mei).code == "op.not_allowed"
    office.do(duties.CompleteDuty(duty_id=duty.id, note="看过了"), office.wu)
    assert office.refused(duties.VerifyDuty(duty_id=duty.id, accepted=False), office.sun).code == "duty.reason_missing"
    again = office.do(duties.VerifyDuty(duty_id=duty.id, accepted=False, note="还是红的"), office.sun)
    assert again["state"] == "open"
    assert office.refused(duties.VerifyDuty(duty_id=duty.id), office.sun).code == "duty.not_done"


def test_found_again_while_it_waits_for_verification_it_is_open_again(office: Office, round_: Round) -> None:
    round_.walk(fail="gauge")
    duty = the_duty(office)
    office.do(duties.CompleteDuty(duty_id=duty.id, note="换了"), office.wu)
    office.later(days=1)
    round_.walk(fail="gauge")
    assert the_duty(office).id == duty.id and the_duty(office).state == "open" and the_duty(office).times == 2


# ── Floor 5, O19: the wording a run began with ──


def new_wording(office: Office) -> int:
    content = inspections.packs()["extinguisher_month"].model_dump(mode="json", by_alias=True, exclude_none=True)
    content["sections"][1]["questions"][0]["text"] = dict.fromkeys(LANGUAGES, "新的问法")
    content["sections"][1]["questions"].append({"id": "extra", "text": "新加的一问", "kind": "check"})
    do = checklists.PublishChecklist(key="extinguisher_month", content=checklists.Content.model_validate(content))
    return int(office.do(do, office.sun)["version"])


@pytest.mark.proves("Floor 5", "O19")
def test_a_run_ends_on_the_wording_it_began_with_and_new_runs_use_the_new_one(office: Office, round_: Round) -> None:
    run_id = round_.start()
    round_.all_good(run_id, 0)
    old_hash = office.read(inspections.report, run_id, office.sun).run.content_hash
    assert new_wording(office) == 2
    round_.all_good(run_id, 1)
    round_.finish(run_id)  # the new question is not asked of it
    report = office.read(inspections.report, run_id, office.sun)
    assert report.run.template_version == 1 and report.run.content_hash == old_hash
    assert "新的问法" not in [line.question for point in report.points for line in point.answers]
    office.later(days=10)
    [phone] = office.read(inspections.for_phone, office.sun, clock.now())
    assert phone["template_version"] == 2 and "新的问法" in [question["text"] for question in phone["points"][0]["questions"]]
    assert (
        office.refused(StartInspection(run_id=uuid7(), inspection_id=round_.id, template_version=3), office.sun).code
        == "checklist.version_unknown"
    )


def test_publishing_the_same_wording_again_makes_no_new_version(office: Office, round_: Round) -> None:
    assert office.do(inspections.InstallPack(pack="extinguisher_month"), office.sun)["version"] == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE checklist_version SET content_hash = 'x'", "DELETE FROM checklist_answer", "DELETE FROM duty_event"]
)
def test_wording_answers_and_history_can_not_be_changed_in_the_database(office: Office, round_: Round, statement: str) -> None:
    round_.walk(fail="gauge")
    with pytest.raises(DBAPIError), database.writing() as s:
        s.execute(text(statement))


# ── Floor 6: due, late, missed ──


@pytest.mark.proves("Floor 6", "SEC 13")
def test_a_round_on_the_31st_is_due_on_the_last_day_of_each_month(office: Office, round_: Round) -> None:
    row = office.read(inspections.get, round_.id)
    days = inspections.due_dates(row, date(2026, 11, 1), date(2027, 4, 30))
    assert days == [date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]


@pytest.mark.proves("Floor 6")
def test_a_round_done_after_its_day_is_late_with_its_reason_and_stands_in_its_own_month(office: Office, round_: Round) -> None:
    clock.freeze(datetime(2026, 12, 3, 1, 0, tzinfo=UTC))
    run_id = round_.start()
    round_.all_good(run_id, 0, 1)
    done = round_.finish(run_id, reason="人手不够")
    assert done["late"] and done["due_on"] == "2026-11-30"
    grid = office.read(inspections.year_grid, round_.id, 2026, clock.now())
    assert [box.state for box in grid[0].boxes][10:] == ["late", "to_come"]
    [view] = office.read(inspections.runs, office.sun)
    assert view.late and view.late_reason == "人手不够"


@pytest.mark.proves("Floor 6", "S4.2-R4")
def test_a_round_nobody_did_stays_a_blank_box_and_is_told_once(office: Office) -> None:
    round_ = plan_round(office, starts_on=date(2026, 10, 1))
    clock.freeze(datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    assert inspections.escalate_missed(clock.now()) == 1 and inspections.escalate_missed(clock.now()) == 0
    with database.reading() as s:
        told = {
            row.person_id for row in s.execute(select(notices.Notice).where(notices.Notice.key == "inspection.notice.missed")).scalars()
        }
    assert told == {office.sun.person_id, office.chen.person_id}
    round_.walk()
    states = [box.state for box in office.read(inspections.year_grid, round_.id, 2026, clock.now())[0].boxes]
    assert states == [""] * 9 + ["blank", "pass", "to_come"]  # October can not be filled in November


def test_the_zone_of_the_round_decides_which_day_it_is(office: Office) -> None:
    round_ = plan_round(office, zone="Asia/Shanghai")
    last_minute = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    clock.freeze(last_minute)
    assert not round_.finish(_good(round_))["late"]
    clock.freeze(datetime(2026, 12, 31, 16, 0, tzinfo=UTC))  # midnight: the first of January
    assert round_.finish(_good(round_))["late"]


def _good(round_: Round) -> UUID:
    run_id = round_.start()
    round_.all_good(run_id, 0, 1)
    return run_id


@pytest.mark.parametrize(("cadence", "day", "expected"), [
    ("daily", 0, 30), ("weekly", 0, 5), ("half_monthly", 1, 2), ("quarterly", 31, 0),
])  # fmt: skip
def test_each_cadence_has_its_days_in_november(office: Office, cadence: str, day: int, expected: int) -> None:
    round_ = plan_round(office, cadence=cadence, day=day)
    row = office.read(inspections.get, round_.id)
    assert len(inspections.due_dates(row, date(2026, 11, 1), date(2026, 11, 30))) == expected


# ── presence, two at once, order ──


def test_presence_is_graded_and_oddities_are_flagged(office: Office, round_: Round) -> None:
    run_id = round_.start()
    assert round_.answer(run_id, 0, "there")["level"] == 1
    assert round_.answer(run_id, 0, "reach", typed=True)["level"] == 0
    assert round_.answer(run_id, 0, "gauge", scanned_code=None)["level"] == 0
    assert round_.answer(run_id, 0, "seal", scanned_code=round_.codes[1])["level"] == 0
    office.do(labels.ReplaceLabel(code=round_.codes[0], reason="旧了"), office.bo)
    assert round_.answer(run_id, 0, "shell")["level"] == 0
    [view] = office.read(inspections.runs, office.sun)
    assert view.flags == ("other_place", "old_label")


@pytest.mark.proves("O12")
def test_two_people_doing_the_same_round_are_both_kept(office: Office, round_: Round) -> None:
    first, second = round_.start(), round_.start(office.ada)
    round_.all_good(first, 0, 1)
    for point in (0, 1):
        for question in round_.questions:
            round_.answer(second, point, question, by=office.ada)
    assert round_.finish(first)["second"] is False
    assert round_.finish(second, office.ada)["second"] is True
    assert len(office.read(inspections.runs, office.sun)) == 2


def test_points_nobody_went_to_are_listed(office: Office, round_: Round) -> None:
    run_id = round_.start()
    assert round_.finish_refused(run_id).code == "inspection.empty"
    round_.all_good(run_id, 0)
    assert round_.finish(run_id)["skipped"] == [str(round_.points[1])]
    report = office.read(inspections.report, run_id, office.sun)
    assert [(point.name, point.skipped) for point in report.points] == [("三楼东楼梯口", False), ("机房门口", True)]


def test_an_older_answer_that_travels_longer_does_not_win_and_both_stay(office: Office, round_: Round) -> None:
    run_id = round_.start(at=clock.now() - timedelta(hours=2))
    earlier, later = clock.now() - timedelta(minutes=50), clock.now() - timedelta(minutes=40)
    round_.answer(run_id, 0, "gauge", "pass", at=later)
    round_.answer(run_id, 0, "gauge", "fail", note="红", photos=(PHOTO,), at=earlier)
    assert office.read(checklists.answers, run_id)[round_.points[0]]["gauge"].answer == "pass"
    assert len(office.read(checklists.revisions, run_id)) == 2


def test_a_signed_round_takes_no_new_answers(office: Office, round_: Round) -> None:
    run_id = round_.walk()
    at = office.later(minutes=5)
    late = AnswerQuestion(run_id=run_id, point_id=round_.points[0], question_id="gauge", answer="fail", note="x", photos=(PHOTO,))
    assert office.refused(late, office.sun, at=at).code == "inspection.finished"


@pytest.mark.proves("S4.2-R3")
def test_only_those_who_inspect_may_inspect(office: Office, round_: Round) -> None:
    assert office.refused(StartInspection(run_id=uuid7(), inspection_id=round_.id, template_version=1), office.mei).code == "op.not_allowed"
    assert office.read(inspections.for_phone, office.mei, clock.now()) == []
    mine = plan_round(office, inspector_id=office.mei.person_id)
    assert [one["id"] for one in office.read(inspections.for_phone, office.mei, clock.now())] == [mine.id]
    mine.start(office.mei)
    unknown = AnswerQuestion(run_id=uuid4(), point_id=round_.points[0], question_id="gauge", answer="pass")
    assert office.refused(unknown, office.sun).code == "inspection.run_unknown"


def test_a_done_round_is_not_asked_for_again_before_its_next_time(office: Office, round_: Round) -> None:
    assert [one["due_on"] for one in office.read(inspections.for_phone, office.sun, clock.now())] == [date(2026, 11, 30)]
    round_.walk()
    assert office.read(inspections.for_phone, office.sun, clock.now()) == []
    [view] = office.read(inspections.rounds, office.sun, clock.now())
    assert (view.state, view.last_result, view.points) == ("done", "pass", 2)
    office.later(days=8)
    assert [one["due_on"] for one in office.read(inspections.for_phone, office.sun, clock.now())] == [date(2026, 12, 31)]


@pytest.mark.parametrize("pack", ["extinguisher_month", "escape_route"])
def test_the_packs_speak_three_languages_and_name_their_source(pack: str) -> None:
    content = inspections.packs()[pack]
    assert content.source and content.standing
    wording = content.model_dump(mode="json", by_alias=True, exclude_none=True)
    texts = [[question["text"] for question in checklists.questions(wording, language)] for language in LANGUAGES]
    assert len({tuple(one) for one in texts}) == 3 and all(all(one) for one in texts)
    assert t("inspection.duty.fail", "en", point="x", question="y")

"""The run sheet, incidents, seeing off, thanks, costs, review, forgetting (guide S3.1-R4 … R8; scenario Office 7)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pypdfium2
import pytest
from pydantic import ValidationError
from sqlalchemy import select

from assets_labels import reception_papers
from core.foundation import clock, database, jobs
from core.mechanisms import duties, labels, notices
from core.mechanisms.operations import Role
from core.sections import reception, visits
from core.sections.reception import Guest, Kind
from core.sections.visits import keeping
from tests.cast import Office
from tests.custody.test_two_at_once import at_once
from tests.reception.stage import TODAY, approved, at, codes, line, plan, ready, take_in, whole_day
from tests.visits.build import kiosk, sign, with_mail


def sheet(office: Office, reception_id: UUID, by: object = None) -> reception.RunSheet:
    found = office.read(reception.run_sheet, reception_id, by or office.wu, clock.now())
    assert isinstance(found, reception.RunSheet)
    return found


def told(office: Office, person: UUID | None, key: str) -> list[notices.Notice]:
    return [notice for notice in office.read(notices.inbox, person) if notice.key == key]


@pytest.mark.proves("Office 7", "S3.1-R5", "S3.1-R1")
def test_the_guests_check_in_starts_the_sheet_and_tells_the_escort(office: Office) -> None:
    reception_id, lines = ready(office)
    panel, first = kiosk(office), codes(office, reception_id)[0]
    before = office.read(visits.counts, TODAY)
    made = office.do(visits.CheckIn(code=first, consent=sign(office)), panel)
    assert office.read(visits.counts, TODAY) == {"here": 1, "planned": before["planned"] - 1}  # no second record
    seen = sheet(office, reception_id)
    assert (seen.status, seen.came, seen.here) == ("running", 1, 1)
    welcome = next(step for step in seen.steps if step.id == lines["welcome"])
    assert (welcome.stands, welcome.done_by) == ("done", "") and seen.next is not None and seen.next.id == lines["talk"]
    [notice] = told(office, office.wu.person_id, "reception.notice.arrived")
    assert notice.facts["name"] == "周为民" and notice.subject_id == UUID(made["visit_id"])
    assert told(office, office.mei.person_id, "reception.notice.arrived") == []  # the lead is the host: the visit itself tells
    assert len([n for n in office.read(notices.about, "visit", UUID(made["visit_id"])) if n.person_id == office.mei.person_id]) >= 1
    office.do(visits.CheckIn(code=codes(office, reception_id)[1]), panel)
    assert sheet(office, reception_id).came == 2 and len(told(office, office.wu.person_id, "reception.notice.arrived")) == 2


@pytest.mark.proves("S3.1-R5")
def test_a_guest_before_the_approval_is_never_expected_and_a_stranger_sees_no_sheet(office: Office) -> None:
    reception_id = take_in(office)
    lines = whole_day(office, reception_id)
    assert office.refused(reception.StartReception(reception_id=reception_id), office.bo).code == "reception.not_approved"
    assert office.refused(reception.Tick(line_id=lines["talk"]), office.mei).code == "reception.not_approved"
    assert office.read(reception.run_sheet, reception_id, office.sun, clock.now()) is None
    approved(office, reception_id)
    assert office.refused(reception.Tick(line_id=lines["talk"]), office.sun).code == "op.not_allowed"
    tomorrow = take_in(office, starts_on=TODAY + timedelta(days=1), ends_on=TODAY + timedelta(days=1))
    line(office, tomorrow, Kind.ESCORT, "陪同", at(9, 0, 24), at(10, 0, 24), office.wu)
    approved(office, tomorrow)
    assert office.refused(reception.StartReception(reception_id=tomorrow), office.wu).code == "reception.not_its_day"


@pytest.mark.proves("S3.1-R5")
def test_two_hosts_tick_the_same_step_and_a_slip_is_taken_back(office: Office) -> None:
    reception_id, lines = ready(office)
    first = office.do(reception.Tick(line_id=lines["talk"]), office.mei)
    office.later(minutes=1)
    assert office.do(reception.Tick(line_id=lines["talk"]), office.wu) == first
    step = next(step for step in sheet(office, reception_id).steps if step.id == lines["talk"])
    assert (step.stands, step.done_by) == ("done", "林晓梅")
    assert [event.what for event in plan(office, reception_id).events].count("ticked") == 1
    office.do(reception.Untick(line_id=lines["talk"]), office.wu)
    assert next(step for step in sheet(office, reception_id).steps if step.id == lines["talk"]).done_at is None


@pytest.mark.proves("S3.1-R5")
def test_late_is_said_or_seen_and_those_behind_are_told(office: Office) -> None:
    reception_id, lines = ready(office)
    office.do(reception.StartReception(reception_id=reception_id), office.wu)
    office.do(reception.SayLate(line_id=lines["talk"], minutes=15, note="航班晚点"), office.mei)
    step = next(step for step in sheet(office, reception_id).steps if step.id == lines["talk"])
    assert (step.stands, step.minutes, step.late_note) == ("late", 15, "航班晚点")
    assert [len(told(office, who.person_id, "reception.notice.late")) for who in (office.ann, office.wu, office.mei)] == [1, 1, 0]
    office.do(reception.SayLate(line_id=lines["talk"], minutes=0), office.mei)
    office.do(reception.Tick(line_id=lines["welcome"]), office.wu)
    clock.freeze(at(11, 34))
    assert next(step for step in sheet(office, reception_id).steps if step.id == lines["talk"]).stands == "next"
    clock.freeze(at(11, 36))  # six minutes over its end
    assert next(step for step in sheet(office, reception_id).steps if step.id == lines["talk"]).stands == "late"


@pytest.mark.proves("S3.1-R5")
def test_an_escort_of_the_whole_day_never_hides_the_next_step(office: Office) -> None:
    reception_id, lines = ready(office)
    order = []
    office.do(reception.StartReception(reception_id=reception_id), office.wu)
    while (following := sheet(office, reception_id).next) is not None:
        order.append(next(name for name, id in lines.items() if id == following.id))
        office.do(reception.Tick(line_id=following.id), office.wu)
    assert order == ["welcome", "talk", "lunch", "goodbye", "escort"]


@pytest.mark.proves("S3.1-R4")
def test_hosts_go_through_their_short_list_and_the_roster_shows_who_is_ready(office: Office) -> None:
    reception_id, _lines = ready(office)
    mine = office.read(reception.my_conduct, reception_id, office.wu)
    assert len(mine.questions) == 5 and mine.checked_at is None
    answers = {question: question != "care" for question, _words in mine.questions}
    assert office.do(reception.CheckConduct(reception_id=reception_id, answers=answers), office.wu) == {"not_yet": 1}
    by_name = {host.name: host for host in office.read(reception.roster, reception_id)}
    assert (by_name["吴桐"].not_yet, by_name["安然"].checked_at) == (1, None) and len(by_name["吴桐"].turns) == 3
    assert office.do(reception.CheckConduct(reception_id=reception_id, answers={"care": True}), office.wu) == {"not_yet": 0}
    assert office.refused(reception.CheckConduct(reception_id=reception_id, answers={"care": True}), office.sun).code == "op.not_allowed"
    assert (
        office.refused(reception.CheckConduct(reception_id=reception_id, answers={"nonsense": True}), office.wu).code
        == "checklist.question_unknown"
    )


@pytest.mark.proves("S3.1-R6")
def test_an_incident_is_told_at_once_becomes_a_duty_and_is_closed_from_either_side(office: Office) -> None:
    reception_id, lines = ready(office)
    made = office.do(reception.ReportIncident(reception_id=reception_id, what="一位来宾过敏", line_id=lines["lunch"]), office.ann)
    [notice] = told(office, office.mei.person_id, "reception.notice.incident")
    assert notice.facts["what"] == "一位来宾过敏"
    [incident] = plan(office, reception_id).incidents
    assert (incident.owner, incident.due_on, incident.open, incident.line) == ("林晓梅", TODAY, True, "工作午餐")
    office.do(reception.AssignIncident(incident_id=incident.id, owner_id=office.wu.person_id), office.mei)
    assert [duty.id for duty in office.read(duties.mine, office.wu, clock.now())] == [UUID(made["duty_id"])]
    assert office.refused(reception.CloseIncident(incident_id=incident.id, outcome="送医"), office.sun).code == "op.not_allowed"
    office.do(duties.CompleteDuty(duty_id=UUID(made["duty_id"]), note="已送医务室"), office.wu)
    [incident] = plan(office, reception_id).incidents
    assert (incident.open, incident.outcome, incident.closed_by) == (False, "已送医务室", "吴桐")
    second = office.do(reception.ReportIncident(reception_id=reception_id, what="投影坏了"), office.wu)
    office.do(reception.CloseIncident(incident_id=UUID(second["incident_id"]), outcome="换了一台"), office.mei)
    assert office.read(lambda s: duties.get(s, UUID(second["duty_id"])).state) == "done"
    assert office.refused(reception.ReportIncident(reception_id=reception_id, what="偷看"), office.sun).code == "op.not_allowed"


@pytest.mark.proves("Office 7", "S3.1-R7")
def test_the_last_badge_out_ends_it_and_thanks_go_out_two_minutes_later(office: Office) -> None:
    with_mail(office, "mei", "mei@example.org")
    reception_id, lines = ready(office)
    panel = kiosk(office)
    badges = [office.do(visits.CheckIn(code=code), panel)["code"] for code in codes(office, reception_id)]
    clock.freeze(at(15, 40))
    for badge in badges[:2]:
        office.do(visits.CheckOut(code=badge), panel)
    assert plan(office, reception_id).status == "running" and sheet(office, reception_id).here == 1
    office.do(visits.CheckOut(code=badges[2]), panel)
    found = plan(office, reception_id)
    assert found.status == "ended" and office.read(visits.roll_call, clock.now()) == []
    assert next(one for one in found.lines if one.id == lines["goodbye"]).done_at == at(15, 40)

    def thanks():
        return [
            n for guest in found.guests for n in office.read(notices.about, "visit", guest.codes[0].visit_id) if n.key == "reception.thanks"
        ]

    jobs.run_due(clock.now(), everything=True)
    assert thanks() == []
    jobs.run_due(office.later(minutes=2), everything=True)
    jobs.run_due(office.later(minutes=2), everything=True)
    [mail] = thanks()  # one guest has an address, and is thanked once
    assert mail.address == "zhou@example.com" and f"/thanks/{found.guests[0].codes[0].visit_id}/" in mail.facts["link"]
    assert [duty.title for duty in office.read(duties.mine, office.mei, clock.now())] == ["总结接待：江城市机关事务管理局"]


@pytest.mark.proves("S3.1-R7")
def test_guests_who_never_came_do_not_keep_it_open_over_night(office: Office) -> None:
    reception_id, _lines = ready(office)
    panel = kiosk(office)
    badge = office.do(visits.CheckIn(code=codes(office, reception_id)[0]), panel)["code"]
    office.do(visits.CheckOut(code=badge), panel)
    assert plan(office, reception_id).status == "running"  # two may still come
    clock.freeze(at(0, 1, 24))
    keeping.close_days(clock.now())
    assert plan(office, reception_id).status == "ended"


@pytest.mark.proves("S3.1-R7")
def test_a_reception_of_two_days_goes_on_the_next_morning(office: Office) -> None:
    tomorrow = TODAY + timedelta(days=1)
    reception_id, _lines = ready(office, ends_on=tomorrow)
    panel = kiosk(office)
    for code in codes(office, reception_id):
        office.do(visits.CheckOut(code=office.do(visits.CheckIn(code=code), panel)["code"]), panel)
    assert plan(office, reception_id).status == "running"
    assert office.do(reception.InviteGuests(reception_id=reception_id, day=tomorrow), office.bo)["invited"] == 3
    clock.freeze(at(9, 0, 24))
    again = [guest.codes[1].code for guest in plan(office, reception_id).guests]
    for code in again:
        office.do(visits.CheckOut(code=office.do(visits.CheckIn(code=code), panel)["code"]), panel)
    assert plan(office, reception_id).status == "ended"
    assert len(told(office, office.wu.person_id, "reception.notice.arrived")) == 6


@pytest.mark.proves("S3.1-R8")
def test_costs_keep_their_papers_are_corrected_by_rows_and_never_fall_below_zero(office: Office) -> None:
    reception_id, _lines = ready(office)
    early = take_in(office)
    assert (
        office.refused(reception.AddCost(reception_id=early, kind=Kind.MEALS, amount_cents=1), office.bo).code == "reception.cost_too_early"
    )
    add = lambda cents, **more: reception.AddCost(reception_id=reception_id, kind=Kind.MEALS, amount_cents=cents, **more)  # noqa: E731
    office.do(add(52_000, evidence=("ab" * 32,)), office.bo)
    assert office.refused(add(-1_000), office.bo).code == "reception.reason_missing"
    assert office.refused(add(-52_001, note="多记"), office.bo).code == "reception.below_zero"
    assert office.do(add(-2_000, note="退一份"), office.bo)["real_cents"] == 50_000
    found = plan(office, reception_id)
    assert (found.real["meals"], found.real_cents, [cost.evidence for cost in found.costs]) == (50_000, 50_000, [("ab" * 32,), ()])
    assert office.refused(add(1), office.wu).code == "op.not_allowed"


@pytest.mark.proves("S3.1-R8")
def test_the_review_needs_its_incidents_closed_and_settles_its_duty(office: Office) -> None:
    reception_id, _lines = ready(office)
    do = reception.Review(reception_id=reception_id, score=4, lessons="午餐改在 12 点")
    assert office.refused(do, office.mei).code == "reception.not_ended"
    office.do(reception.StartReception(reception_id=reception_id), office.wu)
    incident = office.do(reception.ReportIncident(reception_id=reception_id, what="车晚了"), office.wu)
    office.do(reception.EndReception(reception_id=reception_id), office.mei)
    assert office.refused(do, office.mei).code == "reception.incidents_open"
    office.do(reception.CloseIncident(incident_id=UUID(incident["incident_id"]), outcome="换车"), office.mei)
    office.do(do, office.mei)
    found = plan(office, reception_id)
    assert (found.status, found.score, found.lessons, found.reviewed_by) == ("reviewed", 4, "午餐改在 12 点", "林晓梅")
    assert [duty for duty in office.read(duties.mine, office.mei, clock.now()) if duty.state == "open"] == []
    year = office.read(reception.year_figures, 2026)
    assert (year.receptions, year.guests, year.score, year.incidents, year.planned["meals"], year.by_month[10]) == (1, 3, 4.0, 1, 48_000, 1)
    assert office.read(reception.year_figures, 2025).receptions == 0


@pytest.mark.proves("S3.1-R8")
def test_only_the_guest_behind_the_mark_answers_the_one_question(office: Office) -> None:
    reception_id, _lines = ready(office)
    panel = kiosk(office)
    visit_id = UUID(office.do(visits.CheckIn(code=codes(office, reception_id)[0]), panel)["visit_id"])
    other = plan(office, reception_id).guests[1].codes[0].visit_id
    good = reception.mark_of(visit_id)
    rate = lambda id, mark, score: reception.Rate(visit_id=id, mark=mark, score=score)  # noqa: E731
    assert office.refused(rate(visit_id, "0" * 20, 5), panel).code == "reception.link_unknown"
    assert office.refused(rate(other, good, 5), panel).code == "reception.link_unknown"
    assert office.refused(rate(other, reception.mark_of(other), 5), panel).code == "reception.link_over"  # has not come
    assert office.refused(rate(visit_id, good, 5), office.wu).code == "op.not_allowed"
    office.do(rate(visit_id, good, 3), panel)
    office.do(rate(visit_id, good, 5), panel)
    found = plan(office, reception_id)
    assert (found.rating, found.rated) == (5.0, 1)
    walk_in = UUID(office.do(visits.CheckIn(name="路人", host="林晓梅"), panel)["visit_id"])
    assert not office.read(reception.asks, walk_in, clock.now()) and office.read(reception.asks, visit_id, clock.now())
    office.later(days=15)
    assert office.refused(rate(visit_id, good, 1), panel).code == "reception.link_over"


@pytest.mark.proves("Office 7", "S3.1-R7")
def test_after_the_keeping_time_nobody_knows_what_the_guests_were_called(office: Office) -> None:
    reception_id, _lines = ready(office)
    never = take_in(office, organisation="滨湖集团")  # planned, never asked for
    office.do(reception.ReportIncident(reception_id=reception_id, what="周为民 对花生过敏"), office.ann)
    panel = kiosk(office)
    for code in codes(office, reception_id):
        office.do(visits.CheckOut(code=office.do(visits.CheckIn(code=code), panel)["code"]), panel)
    jobs.run_due(office.later(minutes=3), everything=True)
    before = office.read(visits.counts, TODAY)
    office.later(days=31)
    for _round in range(2):
        jobs.run_due(office.later(hours=2), everything=True)
    assert office.read(visits.counts, TODAY) == before
    with database.reading() as s:
        rows = list(s.execute(select(reception.ReceptionGuest)).scalars())
        facts = str([notice.facts for notice in s.execute(select(notices.Notice)).scalars()])
        facts += str([version.content for version in s.execute(select(reception.ReceptionVersion)).scalars()])
        facts += str([duty.facts for duty in s.execute(select(duties.Duty)).scalars()])
    assert len(rows) == 6 and all(not (row.name or row.phone or row.email or row.post) and row.erased_at for row in rows)
    assert "周为民" not in facts and plan(office, reception_id).incidents[0].what == "····· 对花生过敏"
    assert plan(office, reception_id).headcount == 3 and all(guest.erased for guest in plan(office, never).guests)


@pytest.mark.proves("S3.1-R5", "S3.1-R7")
def test_guests_who_come_and_go_at_one_moment_start_and_end_it_once(office: Office) -> None:
    reception_id, lines = ready(office)
    panels = [kiosk(office, f"大厅 {n}") for n in range(3)]
    came = at_once(*((visits.CheckIn(code=code), panel) for code, panel in zip(codes(office, reception_id), panels, strict=True)))
    assert all(one.ok for one in came), [one.code for one in came]
    ticked = at_once(*((reception.Tick(line_id=lines["talk"]), who) for who in (office.mei, office.wu, office.ann)))
    assert all(one.ok for one in ticked)
    left = at_once(*((visits.CheckOut(code=one.result["code"]), panel) for one, panel in zip(came, panels, strict=True)))
    assert all(one.ok for one in left), [one.code for one in left]
    said = [event.what for event in plan(office, reception_id).events]
    assert plan(office, reception_id).status == "ended"
    assert (said.count("started"), said.count("ended"), said.count("guest_arrived"), said.count("ticked")) == (1, 1, 3, 2)


@pytest.mark.proves("S3.1-R1")
def test_hostile_words_stand_as_words_and_never_in_a_formula(office: Office) -> None:
    evil = "<img src=x onerror=alert(1)>\u202e=HYPERLINK"
    reception_id = take_in(office, organisation=evil, guests=(Guest(name=evil, post="@SUM(1)"),))
    found = plan(office, reception_id)
    assert found.guests[0].name == "<img src=x onerror=alert(1)>=HYPERLINK"  # the sign that turns the writing is gone
    for draw in (reception_papers.plan_form, reception_papers.list_form):
        page = pypdfium2.PdfDocument(draw(found, "局", "zh-Hans", "Asia/Shanghai"))[0].get_textpage().get_text_range()
        assert "onerror" in page
    with pytest.raises(ValidationError):
        Guest(name="周", phone="javascript:alert(1)")
    with pytest.raises(ValidationError):
        reception.Arrange(reception_id=reception_id, kind=Kind.MEALS, what="午餐", starts_at=at(12), ends_at=at(12))


@pytest.mark.proves("S3.1-R5")
def test_a_badge_of_another_visitor_moves_no_plan(office: Office) -> None:
    reception_id, _lines = ready(office)
    made = office.do(visits.CheckIn(name="路人", host="林晓梅"), kiosk(office))
    assert plan(office, reception_id).status == "approved"
    office.do(visits.CheckOut(code=made["code"]), office.device("侧门", Role.KIOSK)[0])
    assert plan(office, reception_id).status == "approved" and labels.shown(made["code"])


@pytest.mark.proves("S3.1-R3", "X4")
def test_the_printed_plan_says_what_stands_and_by_whose_word(office: Office) -> None:
    reception_id, lines = ready(office)
    office.do(reception.AnswerLine(line_id=lines["welcome"], answer="confirmed"), office.bo)  # the clerk who plans it, not its owner
    found = plan(office, reception_id)
    text = pypdfium2.PdfDocument(reception_papers.plan_form(found, "局", "zh-Hans", "Asia/Shanghai"))[0].get_textpage().get_text_range()
    [confirmed] = [line for line in found.lines if line.answer == "confirmed"]
    assert confirmed.answered_by != confirmed.owner
    assert f"{confirmed.owner}\n已落实\n{confirmed.answered_by}" in text.replace("\r\n", "\n")

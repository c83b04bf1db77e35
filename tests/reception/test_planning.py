"""Taking in, arranging, confirming, the leader's word (guide S3.1-R1 … R3)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from core.foundation import clock
from core.mechanisms import approval_rules, approvals, notices
from core.mechanisms.approval_rules import Rule, RuleStep
from core.mechanisms.operations import Role
from core.mechanisms.views import Query
from core.sections import bookings, reception, rooms, visits
from core.sections.reception import Agreed, Guest, Kind, Level, roomlink
from tests.cast import Office
from tests.reception.stage import GUESTS, TODAY, approved, at, line, plan, ready, take_in, whole_day


@pytest.mark.proves("S3.1-R1", "X1")
def test_a_task_is_taken_in_with_its_guests_and_the_years_next_number(office: Office) -> None:
    first, second = take_in(office), take_in(office, organisation="滨湖集团", headcount=1)
    found = plan(office, first)
    assert (found.number, plan(office, second).number) == ("接〔2026〕1号", "接〔2026〕2号")
    assert [(guest.name, guest.post) for guest in found.guests] == [("周为民", "副局长"), ("何静", "处长"), ("高原", "科员")]
    assert (found.headcount, found.purpose, found.lead, found.status) == (3, "交流公务接待管理", "林晓梅", "draft")
    assert plan(office, second).headcount == 3  # three are named: there can not be fewer
    assert [row.kind for row in office.audit("reception.take_in")] == ["reception.take_in"] * 2


@pytest.mark.proves("S3.1-R1")
def test_who_may_take_in_see_and_change(office: Office) -> None:
    own = UUID(office.do(reception.TakeIn(organisation="滨湖集团", starts_on=TODAY, ends_on=TODAY), office.wu)["reception_id"])
    assert plan(office, own, office.wu).lead == "吴桐"
    assert (
        office.refused(
            reception.TakeIn(organisation="滨湖集团", starts_on=TODAY, ends_on=TODAY, lead_id=office.mei.person_id), office.wu
        ).code
        == "op.not_allowed"
    )
    for stranger in (office.sun, office.mei):
        assert office.read(reception.plan, own, stranger, clock.now()) is None
        assert office.read(reception.search, Query(), stranger).items == []
        assert office.read(reception.count, "open", stranger) == 0
        assert office.refused(reception.UpdateReception(reception_id=own, purpose="改"), stranger).code == "op.not_allowed"
    assert plan(office, own, office.chen).organisation == "滨湖集团"  # leaders read
    assert office.refused(reception.UpdateReception(reception_id=own, purpose="改"), office.chen).code == "op.not_allowed"
    line(office, own, Kind.ESCORT, "陪同", at(9), at(10), office.mei, by=office.wu)
    found = office.read(reception.plan, own, office.mei, clock.now())  # who answers for a line sees the plan, not the guests' phones
    assert found is not None and not found.may_plan


@pytest.mark.parametrize(
    ("more", "code"),
    [({"starts_on": date(2026, 11, 20), "ends_on": date(2026, 11, 22)}, "reception.day_past"), ({"starts_on": date(2028, 1, 1), "ends_on": date(2028, 1, 1)}, "reception.day_too_far")],
)  # fmt: skip
@pytest.mark.proves("S3.1-R1")
def test_days_that_can_not_be(office: Office, more: dict[str, date], code: str) -> None:
    do = reception.TakeIn(organisation="滨湖集团", **more)  # type: ignore[arg-type]
    assert office.refused(do, office.bo).code == code


@pytest.mark.proves("S3.1-R2", "S3.1-R3")
def test_six_kinds_of_arrangements_with_owner_time_place_and_cost(office: Office) -> None:
    reception_id = take_in(office)
    lines = whole_day(office, reception_id)
    for kind, what in ((Kind.LODGING, "江城宾馆"), (Kind.TRANSPORT, "接站")):
        line(office, reception_id, kind, what, at(13), at(14), office.wu, place="火车站", place_to="江城宾馆", cost_cents=30_000)
    found = plan(office, reception_id)
    assert {one.kind for one in found.lines} == {str(kind) for kind in Kind}
    assert (found.planned["meals"], found.planned_cents) == (48_000, 108_000)
    lunch = next(one for one in found.lines if one.id == lines["lunch"])
    assert (lunch.owner, lunch.place, lunch.cost_cents, lunch.answer) == ("安然", "一楼大厅", 48_000, "open")
    assert office.do(reception.DropLine(line_id=lines["lunch"]), office.bo) and plan(office, reception_id).planned_cents == 60_000
    far = reception.Arrange(reception_id=reception_id, kind=Kind.MEALS, what="远", starts_at=at(9, 0, 12), ends_at=at(10, 0, 12))
    assert office.refused(far, office.bo).code == "reception.far_off"


@pytest.mark.proves("S3.1-R3")
def test_each_line_is_asked_for_confirmed_changed_or_declined_and_a_change_takes_the_word_back(office: Office) -> None:
    reception_id = take_in(office)
    lines = whole_day(office, reception_id)
    assert office.do(reception.AskOwners(reception_id=reception_id), office.bo)["asked"] == 5
    told = [n for n in office.read(notices.inbox, office.wu.person_id) if n.key == "reception.notice.asked"]
    assert [n.facts["n"] for n in told] == [3]  # once, however many lines
    assert office.refused(reception.AnswerLine(line_id=lines["lunch"], answer="confirmed"), office.wu).code == "op.not_allowed"
    office.do(reception.AnswerLine(line_id=lines["lunch"], answer="confirmed", confirmed_with="食堂 王师傅"), office.ann)
    assert office.refused(reception.AnswerLine(line_id=lines["welcome"], answer="declined"), office.wu).code == "reception.reason_missing"
    office.do(reception.AnswerLine(line_id=lines["welcome"], answer="declined", note="出差"), office.wu)
    found = {one.id: one for one in plan(office, reception_id).lines}
    assert (found[lines["lunch"]].answer, found[lines["lunch"]].answered_by, found[lines["lunch"]].confirmed_with) == (
        "confirmed",
        "安然",
        "食堂 王师傅",
    )
    assert found[lines["welcome"]].answer == "declined" and "reception.warn.declined" in {
        warn.code for warn in plan(office, reception_id).warnings
    }
    assert [n.key for n in office.read(notices.inbox, office.mei.person_id) if n.key.endswith("declined")] == ["reception.notice.declined"]
    assert office.do(reception.ConfirmMine(reception_id=reception_id), office.wu) == {"confirmed": 2}
    moved = reception.Arrange(
        reception_id=reception_id, line_id=lines["lunch"], kind=Kind.MEALS, what="工作午餐", owner_id=office.ann.person_id, starts_at=at(12), ends_at=at(13), place="一楼大厅", cost_cents=48_000
    )  # fmt: skip
    office.do(moved, office.bo)
    assert next(one for one in plan(office, reception_id).lines if one.id == lines["lunch"]).answer == "open"


@pytest.mark.proves("S3.1-R3")
def test_a_day_without_holes_warns_of_nothing_grave_and_one_with_holes_says_where(office: Office) -> None:
    reception_id = take_in(office)
    whole_day(office, reception_id)
    assert [warn for warn in plan(office, reception_id).warnings if warn.grave] == []
    line(office, reception_id, Kind.SITE_VISIT, "参观", at(17), at(18), office.wu, place="档案馆")
    codes = [warn.code for warn in plan(office, reception_id).warnings if warn.grave]
    assert codes == ["reception.warn.gap", "reception.warn.no_way"]
    other = take_in(office, organisation="滨湖集团")
    line(office, other, Kind.MEET, "接站", at(9), at(10), office.wu, place="火车站")
    [warn] = [warn for warn in plan(office, other).warnings if warn.code == "reception.warn.two_plans"][:1]
    assert warn.facts["plan"] == "江城市机关事务管理局"


@pytest.mark.proves("S3.1-R3")
def test_a_line_with_a_room_says_when_the_booking_is_gone(office: Office) -> None:
    office.do(rooms.SetUpRoom(room_id=office.places["301"], capacity=12, bookable=True), office.ada)
    made = office.do(bookings.CreateBooking(room_id=office.places["301"], starts_at=at(10), ends_at=at(11), title="座谈"), office.mei)
    reception_id = take_in(office)
    line(office, reception_id, Kind.SITE_VISIT, "座谈", at(10), at(11, 30), office.mei, booking_id=UUID(made["id"]))
    assert "reception.warn.room_time" in {warn.code for warn in plan(office, reception_id).warnings}
    assert plan(office, reception_id).lines[0].room == "301 听雨厅"
    office.do(bookings.CancelBooking(booking_id=UUID(made["id"])), office.mei)
    assert "reception.warn.room_gone" in {warn.code for warn in plan(office, reception_id).warnings}


@pytest.mark.proves("S3.1-R2", "S3.1-R1", "Office 7")
def test_the_leader_agrees_and_the_guests_become_planned_visits_of_the_lead(office: Office) -> None:
    reception_id = take_in(office)
    whole_day(office, reception_id)
    assert office.read(visits.counts, TODAY) == {}
    approved(office, reception_id)
    found = plan(office, reception_id)
    assert (found.status, found.approved_by) == ("approved", "陈立")
    planned = office.read(visits.expected, TODAY)
    assert {(visit.name, visit.company, visit.host, visit.planned) for visit in planned} == {
        ("周为民", "江城市机关事务管理局", "林晓梅", True), ("何静", "江城市机关事务管理局", "林晓梅", True), ("高原", "江城档案局", "林晓梅", True),
    }  # fmt: skip
    assert {guest.codes[0].code for guest in found.guests} == {visit.label for visit in planned}
    mailed = [n for n in office.read(notices.about, "visit", found.guests[0].codes[0].visit_id) if n.key.startswith("visit.invitation")]
    assert [n.address for n in mailed] == ["zhou@example.com"]
    assert office.do(reception.InviteGuests(reception_id=reception_id), office.bo)["invited"] == 0  # nobody twice


@pytest.mark.proves("S3.1-R2")
def test_who_asked_may_not_agree_and_what_is_missing_can_not_be_asked_for(office: Office) -> None:
    reception_id = take_in(office, purpose="")
    ask = reception.AskApproval(reception_id=reception_id)
    assert office.refused(ask, office.bo).code == "reception.no_purpose"
    office.do(reception.UpdateReception(reception_id=reception_id, purpose="交流"), office.bo)
    assert office.refused(ask, office.bo).code == "reception.nothing_planned"
    whole_day(office, reception_id)
    asked = office.do(ask, office.bo)
    assert office.refused(ask, office.bo).code == "reception.asked_already"
    decide = approvals.DecideApproval(approval_id=UUID(asked["approval_id"]), approve=True)
    assert office.refused(decide, office.bo).code == "approval.requester"
    office.do(approvals.DecideApproval(approval_id=UUID(asked["approval_id"]), approve=False, note="午餐超标"), office.chen)
    found = plan(office, reception_id)
    assert (found.status, found.refused_because) == ("refused", "午餐超标") and office.read(visits.expected, TODAY) == []


@pytest.mark.proves("S3.1-R2")
def test_a_change_of_weight_asks_again_a_lighter_one_does_not(office: Office) -> None:
    reception_id, lines = ready(office)
    office.do(reception.UpdateReception(reception_id=reception_id, itinerary="14:00 高铁返程"), office.bo)
    cheaper = {
        "reception_id": reception_id,
        "line_id": lines["lunch"],
        "kind": Kind.MEALS,
        "what": "午餐",
        "starts_at": at(11, 30),
        "ends_at": at(13),
    }
    assert office.do(reception.Arrange(**cheaper, cost_cents=20_000), office.bo)["agreed"] == Agreed.APPROVED
    assert office.do(reception.Arrange(**cheaper, cost_cents=48_001), office.bo)["agreed"] == Agreed.STALE
    assert plan(office, reception_id).status == "stale"
    assert office.do(reception.Arrange(**cheaper, cost_cents=48_000), office.bo)["agreed"] == Agreed.APPROVED  # back to what was agreed
    assert office.do(reception.UpdateReception(reception_id=reception_id, level=Level.HIGH), office.bo)["agreed"] == Agreed.STALE
    approved(office, reception_id)
    found = plan(office, reception_id)
    assert (found.status, [version.approved for version in found.versions]) == ("approved", [True, True])
    assert len(office.read(visits.expected, TODAY)) == 3  # nobody is invited twice


@pytest.mark.proves("S3.1-R2")
def test_nobody_agrees_to_what_they_did_not_see(office: Office) -> None:
    reception_id = take_in(office)
    whole_day(office, reception_id)
    asked = UUID(office.do(reception.AskApproval(reception_id=reception_id), office.bo)["approval_id"])
    line(office, reception_id, Kind.MEALS, "晚宴", at(16), at(18), office.ann, cost_cents=900_000)
    assert plan(office, reception_id).status == "draft"
    assert office.refused(approvals.DecideApproval(approval_id=asked, approve=True), office.chen).code == "approval.settled"
    again = UUID(office.do(reception.AskApproval(reception_id=reception_id), office.bo)["approval_id"])
    office.do(approvals.WithdrawApproval(approval_id=again), office.bo)
    assert plan(office, reception_id).status == "draft"


@pytest.mark.proves("S3.1-R2")
def test_the_offices_rules_say_who_decides_by_cost_and_by_level(office: Office) -> None:
    ada = RuleStep(person_id=office.ada.person_id)
    office.do(approval_rules.SetApprovalRules(kind="reception", rules=(Rule(from_cents=0, steps=(RuleStep(role=Role.LEADER),)), Rule(from_cents=500_000, steps=(RuleStep(role=Role.LEADER), ada)))), office.ada)  # fmt: skip
    reception_id = take_in(office)
    whole_day(office, reception_id)
    line(office, reception_id, Kind.LODGING, "宾馆", at(16), at(18), office.ann, cost_cents=460_000)
    asked = UUID(office.do(reception.AskApproval(reception_id=reception_id), office.bo)["approval_id"])
    office.do(approvals.DecideApproval(approval_id=asked, approve=True), office.chen)
    assert plan(office, reception_id).status == "asked"
    office.do(approvals.DecideApproval(approval_id=asked, approve=True), office.ada)
    assert plan(office, reception_id).status == "approved"
    office.do(approval_rules.SetApprovalRules(kind="reception_high", rules=(Rule(from_cents=0, steps=(ada,)),)), office.ada)
    high = take_in(office, level=Level.HIGH)
    whole_day(office, high)
    asked = UUID(office.do(reception.AskApproval(reception_id=high), office.bo)["approval_id"])
    assert office.refused(approvals.DecideApproval(approval_id=asked, approve=True), office.chen).code == "op.not_allowed"


@pytest.mark.proves("S3.1-R2")
def test_a_version_names_no_guest_and_the_database_keeps_what_happened_as_it_is(office: Office) -> None:
    from sqlalchemy import select, text
    from sqlalchemy.exc import DBAPIError

    from core.foundation import database

    reception_id, _lines = ready(office)
    office.do(reception.AddCost(reception_id=reception_id, kind=Kind.MEALS, amount_cents=1), office.bo)
    with database.reading() as s:
        [version] = s.execute(select(reception.ReceptionVersion)).scalars().all()
        told = str(version.content) + str([event.facts for event in s.execute(select(reception.ReceptionEvent)).scalars()])
    assert "周为民" not in told and "13800001111" not in told and "工作午餐" in told
    for table in ("reception_cost", "reception_event"):
        with pytest.raises(DBAPIError), database.engine().begin() as connection:
            connection.execute(text(f"DELETE FROM {table}"))


@pytest.mark.proves("S3.1-R1")
def test_a_guest_taken_off_the_list_is_no_longer_invited_and_one_who_came_stays(office: Office) -> None:
    from tests.visits.build import kiosk

    reception_id, _lines = ready(office)
    zhou, he, gao = plan(office, reception_id).guests
    keep = tuple(Guest(id=guest.id, name=guest.name, post=guest.post) for guest in (zhou, he))
    office.do(reception.SetGuests(reception_id=reception_id, guests=(*keep, Guest(name="新人"))), office.bo)
    assert office.refused(visits.CheckIn(code=gao.codes[0].code), kiosk(office)).code == "visit.cancelled"
    assert office.do(reception.InviteGuests(reception_id=reception_id), office.bo)["invited"] == 1
    office.do(visits.CheckIn(code=zhou.codes[0].code), kiosk(office, "后门"))
    assert office.refused(reception.SetGuests(reception_id=reception_id, guests=keep[1:]), office.bo).code == "reception.guest_here"


@pytest.mark.proves("S3.1-R1", "S3.1-R8")
def test_an_earlier_plan_is_the_pattern_of_a_new_one(office: Office) -> None:
    reception_id, _lines = ready(office)
    made = UUID(
        office.do(reception.CopyReception(reception_id=reception_id, starts_on=date(2026, 12, 1), organisation="滨湖集团"), office.bo)[
            "reception_id"
        ]
    )
    found, source = plan(office, made), plan(office, reception_id)
    assert (found.organisation, found.starts_on, found.guests, found.status) == ("滨湖集团", date(2026, 12, 1), (), "draft")
    assert [(one.what, one.cost_cents, one.answer) for one in found.lines] == [(one.what, one.cost_cents, "open") for one in source.lines]
    assert clock.local(found.lines[0].starts_at).strftime("%d %H:%M") == "01 09:00"


@pytest.mark.proves("S3.1-R1")
def test_a_cancelled_reception_takes_the_invitations_back_and_tells_everyone(office: Office) -> None:
    from tests.visits.build import kiosk

    reception_id, _lines = ready(office)
    code = plan(office, reception_id).guests[0].codes[0].code
    office.do(reception.CancelReception(reception_id=reception_id, reason="来宾改期"), office.bo)
    assert office.refused(visits.CheckIn(code=code), kiosk(office)).code == "visit.cancelled"
    assert plan(office, reception_id).status == "cancelled"
    assert next(n.key for n in office.read(notices.inbox, office.wu.person_id)) == "reception.notice.cancelled"
    assert office.refused(reception.CancelReception(reception_id=reception_id, reason="再来"), office.bo).code == "reception.over"


@pytest.mark.proves("S3.1-R1", "X4")
def test_the_register_finds_filters_and_goes_on(office: Office) -> None:
    ids = [take_in(office, organisation=name, guests=GUESTS if n == 0 else ()) for n, name in enumerate(("江城局", "滨湖集团", "滨湖二院"))]
    search = lambda **filters: [row.organisation for row in office.read(reception.search, Query(filters=filters), office.bo).items]  # noqa: E731
    found = lambda q: [row.organisation for row in office.read(reception.search, Query(q=q), office.bo).items]  # noqa: E731
    assert (
        found("滨湖") == ["滨湖二院", "滨湖集团"]
        and found("何静") == ["江城局"]
        and found("接〔2026〕2号") == ["滨湖集团"]
        and found("%") == []
    )
    assert (
        search(status="draft", year="2026") == ["滨湖二院", "滨湖集团", "江城局"]
        and search(year="2025") == []
        and search(status="running") == []
    )
    page = office.read(reception.search, Query(limit=2), office.bo)
    rest = office.read(reception.search, Query(limit=2, cursor=page.next), office.bo)
    assert [row.id for row in (*page.items, *rest.items)] == ids[::-1] and rest.next is None


# ── rooms the plan books ──


def with_rooms(office: Office) -> None:
    for name in ("301", "302"):
        office.do(rooms.SetUpRoom(room_id=office.places[name], capacity=12, bookable=True), office.ada)


def talk(office: Office, reception_id: UUID, start: int, end: int, **more: Any) -> UUID:
    return line(office, reception_id, Kind.SITE_VISIT, "座谈", at(start), at(end), office.mei, **more)


@pytest.mark.proves("S3.1-R3", "S1.3-R1")
def test_a_plan_books_a_room_for_its_time_and_the_room_follows_every_move(office: Office) -> None:
    with_rooms(office)
    reception_id = take_in(office)
    line_id = talk(office, reception_id, 10, 11, room_id=office.places["301"])
    [shown] = plan(office, reception_id).lines
    assert (shown.room, shown.room_booked, shown.room_pending) == ("301 听雨厅", True, False)
    booking_id = shown.booking_id
    assert booking_id is not None
    booking = office.read(bookings.claims.get, booking_id)[0]
    assert (booking.starts_at, booking.ends_at, booking.host_id, booking.attendees) == (at(10), at(11), office.mei.person_id, 3)
    assert (
        office.refused(bookings.CreateBooking(room_id=office.places["301"], starts_at=at(10, 30), ends_at=at(11, 30)), office.mei).code
        == "booking.clash"
    )
    again = {"line_id": line_id, "room_id": office.places["301"]}
    talk(office, reception_id, 14, 16, **again)
    moved = office.read(bookings.claims.get, booking_id)[0]
    assert (moved.starts_at, moved.ends_at) == (at(14), at(16))
    office.do(bookings.CreateBooking(room_id=office.places["301"], starts_at=at(10), ends_at=at(11)), office.mei)  # its old time is free
    # to a time that is taken: nothing of the line changes
    refused = office.refused(_arrange(reception_id, line_id, 10, 12, office.places["301"]), office.bo)
    assert refused.code == "booking.clash" and plan(office, reception_id).lines[0].starts_at == at(14)
    talk(office, reception_id, 10, 12, line_id=line_id, room_id=office.places["302"])  # another room has it
    assert office.read(bookings.claims.get, booking_id)[0].room_id == office.places["302"]
    talk(office, reception_id, 10, 12, line_id=line_id)  # no room any more
    assert office.read(bookings.claims.get, booking_id)[0].state == "cancelled"
    assert plan(office, reception_id).lines[0].booking_id is None


@pytest.mark.proves("S3.1-R3")
def test_rooms_of_a_plan_are_free_again_when_the_line_or_the_reception_goes(office: Office) -> None:
    with_rooms(office)
    reception_id = take_in(office)
    dropped = talk(office, reception_id, 10, 11, room_id=office.places["301"])
    talk(office, reception_id, 14, 15, room_id=office.places["302"])
    ids = [one.booking_id for one in plan(office, reception_id).lines]
    office.do(reception.DropLine(line_id=dropped), office.bo)
    assert [office.read(bookings.claims.get, id)[0].state for id in ids] == ["cancelled", "confirmed"]
    office.do(reception.CancelReception(reception_id=reception_id, reason="对方改期"), office.bo)
    assert [office.read(bookings.claims.get, id)[0].state for id in ids] == ["cancelled", "cancelled"]


@pytest.mark.proves("S3.1-R3", "S1.3-R3")
def test_the_lead_hears_when_somebody_moves_or_takes_a_room_of_the_plan(office: Office) -> None:
    with_rooms(office)
    reception_id = take_in(office)
    line_id = talk(office, reception_id, 10, 11, room_id=office.places["301"])
    booking_id = plan(office, reception_id).lines[0].booking_id
    office.do(bookings.MoveBooking(booking_id=booking_id, starts_at=at(13), ends_at=at(14)), office.ann)
    told = [n.key for n in office.read(notices.unread, office.mei.person_id)]
    assert "reception.notice.room_moved" in told
    assert "reception.warn.room_time" in {warn.code for warn in plan(office, reception_id).warnings}
    talk(office, reception_id, 10, 11, line_id=line_id, room_id=office.places["301"])  # saving the line puts it right
    assert office.read(bookings.claims.get, booking_id)[0].starts_at == at(10)
    office.do(bookings.CancelBooking(booking_id=booking_id), office.ann)
    assert "reception.notice.room_gone" in [n.key for n in office.read(notices.unread, office.mei.person_id)]
    assert "reception.warn.room_gone" in {warn.code for warn in plan(office, reception_id).warnings}
    talk(office, reception_id, 10, 11, line_id=line_id, room_id=office.places["301"])  # … and books another
    assert plan(office, reception_id).lines[0].booking_id != booking_id
    assert not {w.code for w in plan(office, reception_id).warnings} & {"reception.warn.room_gone", "reception.warn.room_time"}


def _arrange(reception_id: UUID, line_id: UUID, start: int, end: int, room_id: UUID) -> reception.Arrange:
    return reception.Arrange(
        reception_id=reception_id, line_id=line_id, kind=Kind.SITE_VISIT, what="座谈", starts_at=at(start), ends_at=at(end), room_id=room_id
    )


@pytest.mark.proves("S3.1-R3")
def test_a_line_is_offered_the_bookings_of_its_own_time_the_fitting_ones_first(office: Office) -> None:
    with_rooms(office)
    office.do(rooms.SetUpRoom(room_id=office.places["301"], english_name="Rain Hall"), office.ada)
    made = {
        name: UUID(office.do(bookings.CreateBooking(room_id=office.places[room], starts_at=at(start), ends_at=at(end)), office.mei)["id"])
        for name, room, start, end in (("over", "302", 9, 10), ("half", "302", 10, 11), ("whole", "301", 9, 13), ("later", "302", 13, 14))
    }
    found = office.read(roomlink.during, at(10), at(13))
    assert [one.booking_id for one in found] == [made["whole"], made["half"]]  # over at ten and beginning at thirteen are other times
    assert [(one.room, one.room_en) for one in found[:1]] == [("301 听雨厅", "Rain Hall")]
    assert office.read(roomlink.during, at(14), at(15)) == []

"""Duties: who owes what by when, how they are reminded, what others see of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from core.foundation import clock, database
from core.mechanisms import duties, notices, people
from core.mechanisms.duties import CompleteDuty, MoveDuty, OpenDuty, VerifyDuty
from core.mechanisms.views import Query
from tests.cast import Office
from tests.mechanisms.web import client_of


def give(office: Office, title: str = "换灯管", *, due_on: date | None = None, four_eyes: bool = False, owner: str = "wu") -> UUID:
    do = OpenDuty(title=title, owner_id=office.people[owner].person_id, due_on=due_on, four_eyes=four_eyes)
    return UUID(office.do(do, office.bo)["duty_id"])


def told(office: Office, key: str) -> list[UUID | None]:
    with database.reading() as s:
        return [
            row.person_id
            for row in s.execute(select(notices.Notice).where(notices.Notice.key == key).order_by(notices.Notice.id)).scalars()
        ]


def test_a_duty_is_due_in_working_days_and_its_owner_is_told(office: Office) -> None:
    clock.freeze(datetime(2026, 9, 29, 1, 0, tzinfo=UTC))
    duty_id = give(office)
    [mine] = office.read(duties.mine, office.wu, clock.now())
    assert mine.id == duty_id and mine.due_on == date(2026, 10, 12)  # the holiday week does not count, the make-up Saturday does
    assert told(office, "duty.notice.opened") == [office.wu.person_id]


def test_a_plain_duty_is_done_by_its_owner_twice_is_quiet(office: Office) -> None:
    duty_id = give(office)
    office.do(CompleteDuty(duty_id=duty_id), office.wu)
    office.do(CompleteDuty(duty_id=duty_id), office.wu)
    assert office.read(duties.mine, office.wu, clock.now()) == []
    assert [event.what for event in office.read(duties.history, duty_id)] == ["opened", "completed"]
    assert office.refused(CompleteDuty(duty_id=duty_id), office.bo).code == "duty.closed"


@pytest.mark.proves("X2")
def test_somebody_elses_duty_is_not_mine_to_close(office: Office) -> None:
    duty_id = give(office)
    assert office.refused(CompleteDuty(duty_id=duty_id), office.mei).code == "op.not_allowed"
    assert office.audit("duty.complete")[-1].code == "op.not_allowed"


@pytest.mark.proves("Floor 4", "X2")
def test_the_direct_post_of_the_fixer_to_verify_is_403(office: Office) -> None:
    duty_id = give(office, four_eyes=True, owner="chen")
    office.do(CompleteDuty(duty_id=duty_id, note="修好了"), office.chen)
    body = {"op_id": "0190a5a0-0000-7000-8000-000000000001", "kind": "duty.verify", "payload": {"duty_id": str(duty_id)}}
    answer = client_of(office.chen).post("/api/v1/operations", json=body)
    assert answer.status_code == 403 and answer.json()["code"] == "op.not_allowed"
    assert (
        client_of(office.sun).post("/api/v1/operations", json=body | {"op_id": "0190a5a0-0000-7000-8000-000000000002"}).status_code == 200
    )


def test_late_is_counted_from_the_day_after(office: Office) -> None:
    give(office, due_on=date(2026, 11, 24))
    for moment, late in ((datetime(2026, 11, 24, 15, 59, tzinfo=UTC), False), (datetime(2026, 11, 24, 16, 0, tzinfo=UTC), True)):
        assert [view.late for view in office.read(duties.mine, office.wu, moment)] == [late]


def test_reminders_come_the_day_before_on_the_day_and_climb_when_late(office: Office) -> None:
    office.do(people.UpdateDepartment(department_id=office.departments["办公室"], head_id=office.chen.person_id), office.ada)
    give(office, due_on=date(2026, 11, 25))
    days = [date(2026, 11, day) for day in (24, 25, 26, 27, 28, 30)] + [date(2026, 12, 2)]
    sent = []
    for day in days:
        clock.freeze(datetime(day.year, day.month, day.day, 1, 0, tzinfo=UTC))
        sent.append(duties.send_reminders(clock.now()))
        assert duties.send_reminders(clock.now()) == 0  # never twice for the same step
    assert sent == [1, 1, 1, 0, 0, 1, 1]  # Friday is the second working day late, Saturday says nothing
    assert told(office, "duty.notice.due") == [office.wu.person_id] * 2
    assert told(office, "duty.notice.late") == [office.wu.person_id] * 3
    assert told(office, "duty.notice.late_of") == [office.chen.person_id] * 2


def test_nobody_is_reminded_before_eight_in_the_morning(office: Office) -> None:
    give(office, due_on=date(2026, 11, 23))
    clock.freeze(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))  # Monday 07:30 in Shanghai
    assert duties.send_reminders(clock.now()) == 0


def test_a_duty_moves_to_another_person_and_day_with_the_reason(office: Office) -> None:
    duty_id = give(office)
    office.do(MoveDuty(duty_id=duty_id, owner_id=office.mei.person_id, due_on=date(2026, 12, 1), reason="出差"), office.chen)
    assert office.read(duties.mine, office.wu, clock.now()) == []
    [view] = office.read(duties.mine, office.mei, clock.now())
    assert view.due_on == date(2026, 12, 1)
    assert office.read(duties.history, duty_id)[-1].note == "出差"
    assert office.refused(MoveDuty(duty_id=duty_id, due_on=date(2026, 12, 2), reason="x"), office.mei).code == "op.not_allowed"


@pytest.mark.proves("SEC 29")
def test_staff_see_their_own_duties_only(office: Office) -> None:
    mine, other = give(office), give(office, owner="mei")
    listed = office.read(duties.COLLECTION.list, Query(), office.wu)
    assert [view.id for view in listed.items] == [mine]
    assert office.read(duties.COLLECTION.get, str(other), office.wu) is None
    assert len(office.read(duties.COLLECTION.list, Query(), office.sun).items) == 2


def test_lists_go_on_where_they_stopped_and_filters_hold(office: Office) -> None:
    ids = [give(office, str(n), due_on=date(2026, 12, 1 + n // 2)) for n in range(5)]
    first = office.read(duties.COLLECTION.list, Query(limit=2), office.bo)
    second = office.read(duties.COLLECTION.list, Query(limit=9, cursor=first.next), office.bo)
    assert [view.id for view in (*first.items, *second.items)] == ids and second.next is None
    assert office.read(duties.counts, clock.now()) == {"open": 5, "late": 0, "to_verify": 0}
    assert office.read(duties.COLLECTION.list, Query(filters={"state": "late"}), office.bo).items == []


def test_what_waits_for_other_eyes_is_on_the_list_of_those_who_may_look(office: Office) -> None:
    duty_id = give(office, four_eyes=True)
    office.do(CompleteDuty(duty_id=duty_id, note="好了"), office.wu)
    assert [view.may_verify for view in office.read(duties.mine, office.sun, clock.now())] == [True]
    assert [(view.state, view.may_verify) for view in office.read(duties.mine, office.wu, clock.now())] == [("done", False)]
    office.do(VerifyDuty(duty_id=duty_id), office.sun)
    assert office.read(duties.mine, office.wu, clock.now()) == []

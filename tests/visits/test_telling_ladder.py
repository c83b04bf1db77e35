"""The ladder while nobody answers, what the host answers, and what the visitor and reception see of it (issue 5; scenario Front desk 7)."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.foundation import clock, database
from core.mechanisms import channels, notices, people
from core.mechanisms.notices import Notice, State
from core.mechanisms.office import UpdateSetting
from core.sections import visits
from core.sections.visits import AnswerVisit, CheckOut, Said, StepOut, keeping
from tests.cast import Office
from tests.visits.build import kiosk, walk_in, with_mail
from tests.visits.catchers import catching_mail

TELLS = ("visit.arrived", "visit.waiting_for_deputy", "visit.waiting", "visit.waits_again", "visit.refused")


def sent() -> list[tuple[str, UUID | None]]:
    """Who was told what about visitors, in order."""
    with database.reading() as s:
        rows = s.execute(select(Notice).where(col(Notice.key).in_(TELLS)).order_by(col(Notice.created_at), col(Notice.id))).scalars()
        return [(row.key, row.person_id) for row in rows]


def with_deputy(office: Office) -> None:
    office.do(people.UpdatePerson(person_id=office.mei.person_id, deputy_id=office.wu.person_id), office.ada)


@pytest.mark.proves("Front desk 7", "S3.1-R7")
def test_while_nobody_answers_the_deputy_and_then_reception_are_told_once_each(office: Office) -> None:
    with_deputy(office)
    walk_in(office, kiosk(office))
    office.later(minutes=4, seconds=59)
    assert visits.remind_hosts(clock.now()) == 0
    office.later(seconds=1)
    assert visits.remind_hosts(clock.now()) == 1 and visits.remind_hosts(clock.now()) == 0
    assert sent()[1:] == [("visit.waiting_for_deputy", office.wu.person_id)]
    office.later(minutes=5)
    assert visits.remind_hosts(clock.now()) == 1
    assert sent()[2:] == [("visit.waiting", office.ann.person_id)]
    office.later(hours=3)
    assert visits.remind_hosts(clock.now()) == 0 and len(sent()) == 3


def test_without_a_deputy_or_with_one_who_left_the_office_reception_is_next(office: Office) -> None:
    walk_in(office, kiosk(office))
    office.later(minutes=5)
    visits.remind_hosts(clock.now())
    assert sent()[1:] == [("visit.waiting", office.ann.person_id)]
    with_deputy(office)
    office.do(people.DisablePerson(person_id=office.wu.person_id), office.ada)
    walk_in(office, kiosk(office, "二号"), name="王芳")
    office.later(minutes=5)
    visits.remind_hosts(clock.now())
    assert sent()[-1] == ("visit.waiting", office.ann.person_id)


def test_the_office_chooses_how_long_each_has(office: Office) -> None:
    office.do(UpdateSetting(key="visit.ladder_minutes", value=2), office.ada)
    walk_in(office, kiosk(office))
    office.later(minutes=2)
    assert visits.remind_hosts(clock.now()) == 1


@pytest.mark.parametrize("said", [Said.COMING, Said.REFUSE, Said.UP])
def test_any_answer_stops_the_ladder(office: Office, said: Said) -> None:
    with_deputy(office)
    made = walk_in(office, kiosk(office))
    office.later(minutes=1)
    office.do(AnswerVisit(visit_id=made["visit_id"], said=said, place="3F 302"), office.mei)
    before = len(sent())
    office.later(hours=2)
    assert visits.remind_hosts(clock.now()) == 0 and len(sent()) == before


def test_a_refusal_goes_to_reception_and_the_visitor_reads_that_reception_helps(office: Office) -> None:
    made = walk_in(office, kiosk(office))
    office.do(AnswerVisit(visit_id=made["visit_id"], said=Said.REFUSE), office.mei)
    assert sent()[-1] == ("visit.refused", office.ann.person_id)
    assert office.read(visits.told, UUID(made["visit_id"])).said == "refuse"
    office.later(minutes=30)
    assert [line.visit.name for line in office.read(visits.waiting, clock.now())] == [
        "李文博"
    ]  # reception's until somebody looked after them


def test_five_more_minutes_begin_again_with_the_host(office: Office) -> None:
    with_deputy(office)
    made = walk_in(office, kiosk(office))
    office.later(minutes=3)
    office.do(AnswerVisit(visit_id=made["visit_id"], said=Said.WAIT), office.mei)
    told = office.read(visits.told, UUID(made["visit_id"]))
    assert (told.said, told.until, told.acknowledged_at) == ("wait", clock.now() + visits.UNDO_FOR * 2.5, None)
    office.later(minutes=4)
    assert visits.remind_hosts(clock.now()) == 0
    office.later(minutes=1)
    assert visits.remind_hosts(clock.now()) == 1
    assert sent()[1:] == [("visit.waits_again", office.mei.person_id)]
    assert office.read(visits.told, UUID(made["visit_id"])).said == ""
    office.later(minutes=5)
    visits.remind_hosts(clock.now())
    assert sent()[2:] == [("visit.waiting_for_deputy", office.wu.person_id)]


def test_who_sends_up_says_where_to(office: Office) -> None:
    made = walk_in(office, kiosk(office))
    assert office.refused(AnswerVisit(visit_id=made["visit_id"], said=Said.UP, place=" "), office.mei).code == "visit.place_needed"
    office.do(AnswerVisit(visit_id=made["visit_id"], said=Said.UP, place="三楼 302"), office.mei)
    told = office.read(visits.told, UUID(made["visit_id"]))
    assert (told.said, told.place, told.by) == ("up", "三楼 302", "林晓梅")


def test_a_server_that_was_down_tells_the_next_one_once_and_not_all_at_once(office: Office) -> None:
    with_deputy(office)
    walk_in(office, kiosk(office))
    office.later(hours=2)  # the server was away all the while
    assert visits.remind_hosts(clock.now()) == 1
    assert sent()[1:] == [("visit.waiting_for_deputy", office.wu.person_id)]
    office.later(minutes=4)
    assert visits.remind_hosts(clock.now()) == 0
    office.later(minutes=1)
    assert visits.remind_hosts(clock.now()) == 1


def test_nobody_is_told_of_a_visitor_who_left_is_out_for_lunch_or_came_yesterday(office: Office) -> None:
    left, out, old = (walk_in(office, kiosk(office, name), name=name) for name in ("王芳", "赵敏", "钱多"))
    office.do(CheckOut(code=left["code"]), office.ann)
    office.do(StepOut(code=out["code"]), office.ann)
    office.do(visits.Acknowledge(visit_id=old["visit_id"]), office.mei)
    office.later(minutes=30)
    assert visits.remind_hosts(clock.now()) == 0
    walk_in(office, kiosk(office, "夜"))
    office.later(days=1)
    assert visits.remind_hosts(clock.now()) == 0  # the day was not even closed yet
    keeping.close_days(clock.now())
    assert visits.remind_hosts(clock.now()) == 0


def test_the_host_hears_who_answered_in_their_place(office: Office) -> None:
    with_deputy(office)
    made = walk_in(office, kiosk(office))
    office.do(AnswerVisit(visit_id=made["visit_id"], said=Said.COMING), office.wu)
    assert [n.facts["by"] for n in office.read(notices.unread, office.mei.person_id) if n.key == "visit.answered_for_you"] == ["吴桐"]
    assert office.read(visits.told, UUID(made["visit_id"])).by == "吴桐"


def test_a_stranger_to_the_visit_may_not_answer(office: Office) -> None:
    made = walk_in(office, kiosk(office))
    assert office.refused(AnswerVisit(visit_id=made["visit_id"], said=Said.COMING), office.bo).code == "op.not_allowed"


@pytest.mark.proves("Front desk 7")
def test_reception_sees_how_each_message_went_and_the_visitor_what_is_true(office: Office) -> None:
    with catching_mail() as post:
        channels.set_up_mail(post.url)
        with_mail(office, "mei", "mei@example.org")
        made = walk_in(office, kiosk(office))
        visit_id = UUID(made["visit_id"])
        assert office.read(visits.told, visit_id).state == State.QUEUED
        notices.send_due(clock.now())
        told = office.read(visits.told, visit_id)
        assert (told.state, told.way, told.sent_at) == (State.SENT, "mail", clock.now())
        (line,) = office.read(visits.waiting, clock.now())
        assert [(d.to, d.way, d.state) for d in line.deliveries] == [("林晓梅", "mail", "sent")]
        assert (line.next_rung, line.next_at) == ("reception", clock.now() + visits.UNDO_FOR * 2.5)
        post.answer = "550 no such box"
        walk_in(office, kiosk(office, "二号"), name="王芳")
        notices.send_due(clock.now())
        second = office.read(visits.waiting, clock.now())[1]
        assert [(d.state, d.reason) for d in second.deliveries] == [("failed", "notice.reason.mail_refused")]
        assert second.told.state == State.FAILED
    channels.set_up_mail("")

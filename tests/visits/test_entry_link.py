"""The host lets a waiting visitor in, or not, from the message itself: once, and by the rules of the screens (issue 5, telling the host)."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.foundation import clock, database
from core.mechanisms import links
from core.mechanisms.links import AnswerLink, OneTimeLink
from core.mechanisms.notices import Notice
from core.sections import visits
from core.sections.visits import ApproveVisit, CheckOut, Visit
from tests.cast import Office
from tests.visits.build import kiosk, walk_in, with_mail

CONTRACTOR = {"type": "contractor", "company": "江城机电", "phone": "13800001234"}


def row(made: dict[str, object]) -> Visit:
    with database.reading() as s:
        found = s.get(Visit, UUID(str(made["visit_id"])))
        assert found is not None
        return found


def link_of(office: Office) -> UUID:
    """The newest link of the message that asks the host, as it is mailed with it."""
    with database.reading() as s:
        query = select(Notice).where(col(Notice.key) == "visit.asks_entry", col(Notice.link_id).is_not(None))
        found = s.execute(query.order_by(col(Notice.created_at).desc(), col(Notice.id).desc())).scalars().first()
        assert found is not None and found.link_id is not None
        return found.link_id


def choices(office: Office, link_id: UUID) -> list[str]:
    found = links.purpose("visit.entry")
    assert found is not None
    with database.reading() as s:
        link = s.get(OneTimeLink, link_id)
        assert link is not None
        return [choice.name for choice in found.ask(s, link, clock.now(), "zh-Hans").choices]


@pytest.mark.proves("Front desk 7", "S3.1-R7")
def test_the_link_in_the_message_lets_a_waiting_visitor_in_once(office: Office) -> None:
    with_mail(office, "mei", "mei@office.example")
    made = walk_in(office, kiosk(office), **CONTRACTOR)
    link = link_of(office)
    assert choices(office, link) == ["approve", "refuse"]
    assert office.refused(AnswerLink(link_id=link, choice="approve"), office.wu).code == "op.not_allowed"
    office.do(AnswerLink(link_id=link, choice="approve"), office.mei)
    let_in = row(made)
    assert (let_in.approval, let_in.approval_by, let_in.acknowledged_by) == ("given", office.mei.person_id, office.mei.person_id)
    assert office.refused(AnswerLink(link_id=link, choice="refuse"), office.mei).code == "link.used"
    assert row(made).approval == "given"
    assert office.read(visits.badge, UUID(str(made["visit_id"])), office.ann, clock.now()).name == "李文博"


def test_who_is_refused_by_the_link_is_off_the_roll_call_with_the_reason_for_reception_alone(office: Office) -> None:
    with_mail(office, "mei", "mei@office.example")
    made = walk_in(office, kiosk(office), **CONTRACTOR)
    office.do(AnswerLink(link_id=link_of(office), choice="refuse", text="没有\u202e预约"), office.mei)
    gone = row(made)
    assert (gone.state, gone.approval, gone.approval_reason) == ("left", "refused", "没有预约")
    assert office.read(visits.in_house, clock.now()) == []


def test_a_link_decides_nothing_that_was_decided_or_is_over(office: Office) -> None:
    with_mail(office, "mei", "mei@office.example")
    desk = kiosk(office)
    decided = walk_in(office, desk, **CONTRACTOR)
    link = link_of(office)
    office.do(ApproveVisit(visit_id=UUID(str(decided["visit_id"])), approved=False), office.ann)
    assert choices(office, link) == []
    assert office.refused(AnswerLink(link_id=link, choice="approve"), office.mei).code == "link.over"
    gone = walk_in(office, desk, name="王敏", **CONTRACTOR)
    link = link_of(office)
    office.do(CheckOut(code=gone["code"]), desk)
    assert choices(office, link) == []
    assert office.refused(AnswerLink(link_id=link, choice="approve"), office.mei).code == "link.over"
    late = walk_in(office, desk, name="周航", **CONTRACTOR)
    link = link_of(office)
    office.later(hours=20)
    assert office.refused(AnswerLink(link_id=link, choice="approve"), office.mei).code == "link.over"
    assert row(late).approval == "asked"

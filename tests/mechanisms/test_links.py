"""Links that answer once without signing in: bound to a person, a thing and a day, and worthless in the database (security.md, ASVS 14.2.1)."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.foundation import clock, database
from core.mechanisms import links, notices, people
from core.mechanisms.links import AnswerLink, OneTimeLink
from core.mechanisms.notices import Notice
from core.mechanisms.operations import SYSTEM, AuditRow, OperationRow, perform_now
from core.sections import visits
from tests.cast import Office
from tests.visits.build import kiosk, walk_in


def token_of(link: OneTimeLink) -> str:
    return links.url(link.id).rpartition("/")[2]


def link_of(person_id: UUID | None) -> OneTimeLink:
    with database.reading() as s:
        return (
            s.execute(select(OneTimeLink).where(col(OneTimeLink.person_id) == person_id).order_by(col(OneTimeLink.made_at).desc()))
            .scalars()
            .first()
        )  # type: ignore[return-value]


@pytest.mark.proves("Front desk 7")
def test_a_link_answers_once_with_the_rights_of_whom_it_was_sent_to(office: Office) -> None:
    made = walk_in(office, kiosk(office))
    link = link_of(office.mei.person_id)
    office.do(AnswerLink(link_id=link.id, choice="coming"), office.mei)
    assert office.read(visits.told, UUID(made["visit_id"])).by == "林晓梅"
    again = office.refused(AnswerLink(link_id=link.id, choice="refuse"), office.mei)
    assert again.code == "link.used" and office.read(visits.told, UUID(made["visit_id"])).said == "coming"
    assert [(row.person_id, row.subject_kind, row.subject_id) for row in office.audit("link.answer")][:1] == [
        (office.mei.person_id, "visit", made["visit_id"])
    ]


def test_a_link_is_nobody_elses_and_ends_with_the_day_and_with_the_person(office: Office) -> None:
    walk_in(office, kiosk(office))
    link = link_of(office.mei.person_id)
    for other in (office.bo, office.ada, SYSTEM):
        assert perform_now(AnswerLink(link_id=link.id, choice="coming"), by=other).code == "op.not_allowed"
    assert office.refused(AnswerLink(link_id=link.id, choice="explode"), office.mei).code == "link.over"
    office.do(people.DisablePerson(person_id=office.mei.person_id), office.ada)
    assert office.read(links.actor_of, link) is None
    office.do(people.EnablePerson(person_id=office.mei.person_id), office.ada)
    office.later(hours=15)
    assert office.refused(AnswerLink(link_id=link.id, choice="coming"), office.mei).code == "link.over"


def test_what_an_answer_refuses_leaves_the_link_as_it_was(office: Office) -> None:
    walk_in(office, kiosk(office))
    link = link_of(office.mei.person_id)
    assert office.refused(AnswerLink(link_id=link.id, choice="up", text="  "), office.mei).code == "visit.place_needed"
    office.do(AnswerLink(link_id=link.id, choice="up", text="3F 302"), office.mei)


def test_the_token_stands_in_no_row_and_only_the_sent_message_carries_it(office: Office) -> None:
    walk_in(office, kiosk(office))
    link = link_of(office.mei.person_id)
    token = token_of(link)
    assert len(token) >= 32 and link.token_hash != token
    office.do(AnswerLink(link_id=link.id, choice="coming"), office.mei)
    with database.reading() as s:
        for table in (OneTimeLink, Notice, OperationRow, AuditRow):
            assert token not in repr([vars(row) for row in s.execute(select(table)).scalars()])
        texts = [notices.sentence(n, "en") for n in notices.unread(s, office.mei.person_id)]  # type: ignore[arg-type]
    assert token not in repr(texts)
    assert office.read(links.find, token).id == link.id
    for wrong in (token[:-1], token[:-1] + "é", token.upper(), "", "0" * 32, token + "x" * 100, str(link.id)):
        assert office.read(links.find, wrong) is None


def test_old_links_are_forgotten_after_a_month(office: Office) -> None:
    walk_in(office, kiosk(office))
    office.later(days=30)
    assert links.forget_old(clock.now()) == 0
    office.later(days=2)
    assert links.forget_old(clock.now()) == 1
    with database.reading() as s:
        assert s.execute(select(OneTimeLink)).scalars().all() == []

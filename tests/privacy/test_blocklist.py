"""The block list: who is held, who hears of it, and what nobody else ever sees (issue 5, Privacy; pitfalls V33, V34)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel, col

from core.foundation import clock, database
from core.mechanisms.notices import Notice
from core.mechanisms.views import Query
from core.sections import visits
from core.sections.visits import AddBlock, CheckIn, ReleaseVisit, RevealBlock, TurnAway, Visit, blocklist, holding, keeping, register
from tests.cast import Office
from tests.visits.build import invite, kiosk, walk_in

REASON = "曾在大厅闹事，需安全科到场"


def block(office: Office, name: str = "张伟", **more: Any) -> UUID:
    return UUID(office.do(AddBlock(name=name or None, reason=REASON, **more), office.sun)["entry_id"])


def the_visit() -> Visit:
    with database.reading() as s:
        return s.execute(select(Visit).order_by(col(Visit.id).desc())).scalars().first()  # type: ignore[return-value]


def told(key: str) -> list[Notice]:
    with database.reading() as s:
        return list(s.execute(select(Notice).where(col(Notice.key) == key)).scalars())


@pytest.mark.proves("V33")
@pytest.mark.parametrize("name", ["张伟", "張偉", "zhang wei", "ＺＨＡＮＧ　ＷＥＩ", "Wei Zhang"])
def test_a_listed_visitor_is_held_and_the_kiosk_learns_nothing(office: Office, name: str) -> None:
    block(office)
    assert walk_in(office, kiosk(office), name=name) == {"visit_id": None, "code": None, "see_reception": True}
    found = the_visit()
    assert (found.state, found.arrived_at, found.day_number) == ("held", None, None)
    assert told("visit.arrived") == [], "the host is not told"
    alerts = told("visit.held")
    assert {note.person_id for note in alerts} == {office.ann.person_id, office.sun.person_id}
    assert all(name not in str(note.facts) and REASON not in str(note.facts) for note in alerts)
    assert office.read(register.in_house, clock.now()) == []


@pytest.mark.proves("V33")
def test_a_name_that_only_contains_an_entry_comes_in(office: Office) -> None:
    block(office, "Yes")
    assert walk_in(office, kiosk(office), name="Reyes")["code"] and told("visit.held") == told("visit.please_check") == []


def test_a_name_that_only_sounds_alike_comes_in_and_reception_is_asked_to_look(office: Office) -> None:
    block(office)
    assert walk_in(office, kiosk(office), name="章伟")["code"]
    assert the_visit().state == "here" and len(told("visit.please_check")) == 2
    [seen] = office.read(holding.waiting, office.ann)
    assert (seen.how, seen.held, seen.entry, seen.entry_reason) == ("sounds", False, "", "")
    office.do(ReleaseVisit(visit_id=seen.visit_id, reason="看过证件"), office.ann)
    assert office.read(holding.waiting, office.ann) == [] and the_visit().state == "here"


def test_a_phone_number_is_enough(office: Office) -> None:
    block(office, "", phone="138 0000 1234")
    assert walk_in(office, kiosk(office), name="李明", phone="+86 13800001234")["code"] is None
    assert walk_in(office, kiosk(office, "二号"), name="李明", phone="13800001235")["code"]


def test_who_invites_somebody_listed_learns_only_that_reception_will_be_in_touch(office: Office) -> None:
    block(office)
    made = invite(office, name="张伟", email="zw@example.org")
    assert made["code"] is None and told("visit.invitation") == []
    seen = office.read(register.one, made["visit_id"], office.mei)
    assert seen.state == "held" and REASON not in str(seen)
    assert office.read(holding.waiting, office.mei) == [] and office.read(blocklist.entries, office.mei, clock.now()) == []
    back = office.do(ReleaseVisit(visit_id=made["visit_id"], reason="另一位张伟，已核对"), office.ann)
    assert back["code"] and len(told("visit.invitation")) == 1, "the invitation goes out now"
    arrived = office.do(CheckIn(code=back["code"]), kiosk(office))
    assert arrived["code"], "a released visitor is not held again"


def test_a_false_match_is_released_with_a_reason_that_stays(office: Office) -> None:
    block(office)
    walk_in(office, kiosk(office), name="张伟")
    [seen] = office.read(holding.waiting, office.ann)
    assert office.refused(ReleaseVisit(visit_id=seen.visit_id, reason="另一个人"), office.mei).code == "op.not_allowed"
    back = office.do(ReleaseVisit(visit_id=seen.visit_id, reason="另一个人"), office.ann)
    assert office.do(CheckIn(code=back["code"]), office.ann)["code"]
    [line] = [row for row in office.audit("visit.release") if row.outcome == "accepted"]
    assert (line.person_id, line.subject_id) == (office.ann.person_id, str(seen.visit_id))
    with database.reading() as s:
        [hold] = s.execute(select(holding.VisitHold)).scalars()
    assert (hold.outcome, hold.reason, hold.decided_by) == ("released", "另一个人", office.ann.person_id)
    assert office.refused(TurnAway(visit_id=seen.visit_id, reason="再看一次"), office.ann).code == "visit.not_held"


def test_somebody_turned_away_is_gone_and_the_keeping_time_runs(office: Office) -> None:
    block(office)
    walk_in(office, kiosk(office), name="张伟")
    visit_id = the_visit().id
    office.do(TurnAway(visit_id=visit_id, reason="安全科已劝离张伟"), office.sun)
    assert the_visit().state == "cancelled" and office.read(holding.waiting, office.sun) == []
    office.later(days=31)
    keeping.erase_old(clock.now())
    with database.reading() as s:
        [hold] = s.execute(select(holding.VisitHold)).scalars()
    assert the_visit().name == "" and "张伟" not in hold.reason and "安全科" in hold.reason


def test_a_visit_nobody_decided_about_ends_with_its_day(office: Office) -> None:
    block(office)
    walk_in(office, kiosk(office), name="张伟")
    office.later(days=1)
    keeping.close_days(clock.now())
    assert the_visit().state == "cancelled" and office.read(holding.waiting, office.ann) == []


@pytest.mark.proves("V34")
def test_only_the_lists_keepers_see_it_and_clear_names_need_a_reason(office: Office) -> None:
    entry = block(office, phone="13800001234")
    for by in (office.ann, office.mei, office.bo, office.chen, kiosk(office)):
        assert office.read(blocklist.entries, by, clock.now()) == []
        assert office.refused(AddBlock(name="李四", reason=REASON), by).code == "op.not_allowed"
        assert office.refused(RevealBlock(entry_id=entry, reason="想看看"), by).code == "op.not_allowed"
        assert office.read(blocklist.in_clear, entry, by, clock.now()) is None
    [seen] = office.read(blocklist.entries, office.sun, clock.now())
    assert seen.masked == "张* · 138****1234" and "伟" not in seen.masked
    assert office.read(blocklist.in_clear, entry, office.sun, clock.now()) is None, "no reason, no name"
    office.do(RevealBlock(entry_id=entry, reason="核对来访者"), office.sun)
    assert office.read(blocklist.in_clear, entry, office.sun, clock.now()) == {"name": "张伟", "phone": "13800001234", "email": ""}
    assert office.read(blocklist.in_clear, entry, office.ada, clock.now()) is None, "the reason was another's"
    office.later(minutes=2)
    assert office.read(blocklist.in_clear, entry, office.sun, clock.now()) is None, "a minute is over"
    assert [line.outcome for line in office.audit("block.reveal")].count("accepted") == 1


def test_the_list_can_not_be_read_out_of_the_database(office: Office) -> None:
    block(office, "欧阳闻道", phone="13987651234", email="wendao@example.org")
    with database.reading() as s:
        for table in SQLModel.metadata.sorted_tables:
            content = repr([tuple(row) for row in s.execute(select(table))])
            for word in ("欧阳闻道", "闻道", "ouyangwendao", "13987651234", "wendao@"):
                assert word not in content, table.name


def test_an_entry_is_reviewed_ends_on_its_day_and_is_erased(office: Office) -> None:
    last = clock.today()
    entry = block(office, until_on=last)
    assert office.refused(AddBlock(name="李四", reason=REASON, until_on=last.replace(day=1)), office.sun).code == "block.day_past"
    office.later(days=1)
    assert walk_in(office, kiosk(office), name="张伟")["code"], "its last day is over"
    assert blocklist.drop_over(clock.now()) == 1
    for table in (blocklist.BlockEntry, blocklist.BlockKey):
        with database.reading() as s:
            assert s.execute(select(table)).first() is None
    kept = block(office, "李四")
    office.later(days=366)
    assert office.read(blocklist.entries, office.ada, clock.now())[0].review_due
    office.do(visits.ReviewBlock(entry_id=kept), office.ada)
    assert not office.read(blocklist.entries, office.ada, clock.now())[0].review_due
    office.do(visits.RemoveBlock(entry_id=kept), office.ada)
    assert office.read(blocklist.entries, office.ada, clock.now()) == [] and entry != kept


@pytest.mark.parametrize("wrong", [{}, {"name": "😀"}, {"phone": "123"}, {"email": "nobody"}])
def test_an_entry_that_would_mean_nobody_or_everybody_is_turned_away(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        AddBlock(reason=REASON, **wrong)


@pytest.mark.proves("V34")
def test_no_register_shows_a_held_visit_to_who_need_not_know(office: Office) -> None:
    block(office)
    walk_in(office, kiosk(office), name="张伟")
    for by in (office.wu, office.bo, office.chen, office.sun):
        assert office.read(register.search, Query(), by).items == []
    assert office.read(register.one, str(the_visit().id), office.wu) is None

"""Calls for reception from the kiosk (look.md §6)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.foundation import clock, database
from core.mechanisms import drafts, notices, people
from core.mechanisms.notices import Notice
from core.sections import visits
from kiosk.welcome.form import Form
from tests.cast import Office
from tests.visits.build import TODAY, invite, kiosk, walk_in


def told(key: str) -> list[Notice]:
    with database.reading() as s:
        return list(s.execute(select(Notice).where(Notice.key == key)).scalars())  # type: ignore[arg-type]


def test_two_calls_for_reception_are_one_until_somebody_goes(office: Office) -> None:
    desk = kiosk(office)
    first = office.do(visits.CallHelp(reason="badge"), desk)
    assert office.do(visits.CallHelp(), desk) == first
    assert [(call.where, call.reason) for call in office.read(visits.open_calls)] == [("一楼大厅", "badge")]
    assert len(told("help.called")) == 1 and "胸卡没出来" in notices.sentence(told("help.called")[0], "zh-Hans")
    assert office.refused(visits.AnswerHelp(help_id=first["help_id"]), office.mei).code == "op.not_allowed"
    office.do(visits.AnswerHelp(help_id=first["help_id"]), office.ann)
    assert office.read(visits.who_comes, UUID(first["help_id"])) == "安然" and office.read(visits.open_calls) == []
    assert office.do(visits.CallHelp(), desk) != first


def test_a_draft_comes_back_once_within_two_minutes_to_its_own_screen(office: Office) -> None:
    desk, other = kiosk(office), kiosk(office, "二号")
    assert desk.device_id is not None and other.device_id is not None
    drafts.save(desk.device_id, {"step": "name", "form": {"name": "李"}}, clock.now())
    assert drafts.take(other.device_id, clock.now()) is None
    assert drafts.take(desk.device_id, office.later(seconds=119)) == {"step": "name", "form": {"name": "李"}}
    assert drafts.take(desk.device_id, clock.now()) is None
    drafts.save(desk.device_id, {"step": "name"}, clock.now())
    assert drafts.take(desk.device_id, office.later(seconds=121)) is None
    drafts.save(desk.device_id, {"step": "name"}, clock.now())
    drafts.clear(office.later(minutes=3))
    with database.reading() as s:
        assert s.execute(select(drafts.ScreenDraft)).first() is None


@pytest.mark.proves("S3.1-R1", "Front desk 7")
def test_a_kiosk_in_english_says_names_a_stranger_can_say(office: Office) -> None:
    desk, host = kiosk(office), office.mei.person_id
    assert host is not None
    for person, english in ((office.mei, "May Lin"), (office.ann, "Ann")):
        assert person.person_id is not None
        office.do(people.UpdatePerson(person_id=person.person_id, english_name=english), office.ada)
    (choice,) = office.read(visits.hosts, "林晓梅")
    assert (choice.name, choice.english_name) == ("林晓梅", "May Lin")
    found = office.read(visits.greeting, invite(office)["code"], clock.now())
    form = Form(host_name=found.host, host_english=found.host_english)
    assert form.host("en") == "May Lin (林晓梅)" and form.host("zh-Hans") == form.host("zh-Hant") == "林晓梅"
    assert Form.from_draft(form.as_draft()).host("en") == "May Lin (林晓梅)"  # also after a restart in the middle
    assert Form(host_name="ACME post room").host("en") == "ACME post room"
    here = UUID(walk_in(office, desk)["visit_id"])
    office.do(visits.AnswerVisit(visit_id=here, said="coming"), office.mei)
    told_by = office.read(visits.told, here)
    assert (told_by.by, told_by.by_english) == ("林晓梅", "May Lin")
    assert office.read(visits.badge, here, desk, clock.now()).host_english == "May Lin"
    call = UUID(office.do(visits.CallHelp(), desk)["help_id"])
    office.do(visits.AnswerHelp(help_id=call), office.ann)
    assert office.read(visits.who_comes, call, "en") == "Ann (安然)"
    tomorrow = invite(office, day=TODAY + timedelta(days=1), name="王芳")
    asked = UUID(office.do(visits.AskToday(code=tomorrow["code"]), desk)["visit_id"])
    assert office.read(visits.asked, asked, clock.now(), "en").host == "May Lin (林晓梅)"

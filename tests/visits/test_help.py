"""Calls for reception from the kiosk (look.md §6)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from core.foundation import clock, database
from core.mechanisms import drafts, notices
from core.mechanisms.notices import Notice
from core.sections import visits
from tests.cast import Office
from tests.visits.build import kiosk


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

"""Every way out, taken back or not, a short leave, who stays too long, and the thank-you (guide S3.1-R7; pitfall V36; scenario Office 7)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.foundation import clock, database
from core.mechanisms import channels, links, notices
from core.mechanisms.links import AnswerLink, OneTimeLink
from core.mechanisms.notices import Notice, State
from core.mechanisms.office import UpdateSetting
from core.mechanisms.operations import Actor, Role, perform_now, spec_of
from core.mechanisms.views import Query
from core.sections import visits
from core.sections.visits import CheckOut, ComeBack, Stay, StepOut, UndoCheckOut, keeping, register
from core.sections.visits.record import Visit
from kiosk.desk import board
from tests.cast import Office
from tests.visits.build import TODAY, kiosk, walk_in
from tests.visits.catchers import catching_mail


def row(visit_id: str | UUID) -> Visit:
    with database.reading() as s:
        found = s.get(Visit, UUID(str(visit_id)))
    assert found is not None
    return found


def box(office: Office) -> Actor:
    return office.device("门口回收箱", Role.DROP_BOX)[0]


def messages(key: str) -> list[Notice]:
    with database.reading() as s:
        return list(s.execute(select(Notice).where(col(Notice.key) == key).order_by(col(Notice.created_at), col(Notice.id))).scalars())


@pytest.mark.proves("V36", "S3.1-R7", "Office 7")
def test_a_badge_leaves_at_the_kiosk_in_the_box_with_the_host_and_at_the_desk(office: Office) -> None:
    foyer, drop = kiosk(office), box(office)
    for by, how, by_code in ((foyer, "kiosk", True), (drop, "drop_box", True), (office.mei, "host", False), (office.ann, "desk", False)):
        made = walk_in(office, foyer, name=f"访客{how}")
        office.later(minutes=10)
        office.do(CheckOut(code=made["code"]) if by_code else CheckOut(visit_id=made["visit_id"]), by)
        gone = row(made["visit_id"])
        assert (gone.state, gone.left_how, gone.left_at) == ("left", how, clock.now())
    assert office.read(register.roll_call, clock.now()) == []


def test_the_drop_box_can_do_nothing_else(office: Office) -> None:
    drop, made = box(office), walk_in(office, kiosk(office))
    from core.mechanisms.operations import kinds

    assert {kind for kind, spec in kinds().items() if Role.DROP_BOX in spec.roles} == {spec_of(CheckOut(code="x")).kind}
    assert office.refused(CheckOut(visit_id=made["visit_id"]), drop).code == "op.not_allowed"
    assert office.refused(UndoCheckOut(code=made["code"]), drop).code == "op.not_allowed"


def test_a_mistaken_scan_is_taken_back_for_two_minutes_and_everything_is_as_it_was(office: Office) -> None:
    foyer = kiosk(office)
    made = walk_in(office, foyer, email="li@example.com")
    office.do(StepOut(code=made["code"]), office.ann)
    before = row(made["visit_id"])
    office.later(minutes=10)
    office.do(CheckOut(code=made["code"]), foyer)
    office.later(seconds=119)
    office.do(UndoCheckOut(code=made["code"]), foyer)
    after = row(made["visit_id"])
    kept = [name for name in Visit.model_fields if name != "version"]
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert all(n.read_at is not None for n in messages("visit.left"))  # nobody is told any more of a leaving that was none
    assert [line.name for line in office.read(register.roll_call, clock.now())] == ["李文博"]


def test_after_two_minutes_or_at_another_screen_nothing_is_taken_back(office: Office) -> None:
    foyer, other = kiosk(office), kiosk(office, "二号")
    made = walk_in(office, foyer)
    assert office.refused(UndoCheckOut(code=made["code"]), foyer).code == "visit.not_left"
    office.do(CheckOut(code=made["code"]), foyer)
    assert office.refused(UndoCheckOut(code=made["code"]), other).code == "visit.undo_over"
    assert office.refused(UndoCheckOut(visit_id=made["visit_id"]), office.bo).code == "op.not_allowed"
    assert office.read(visits.just_left, made["code"], other, clock.now()) is None
    assert office.read(visits.just_left, made["code"], foyer, clock.now()) is not None
    office.later(minutes=2, seconds=1)
    for by in (foyer, office.ann, office.mei):
        assert office.refused(UndoCheckOut(code=made["code"]), by).code == "visit.undo_over"


def test_who_goes_for_lunch_keeps_the_badge_and_is_counted_apart(office: Office) -> None:
    foyer = kiosk(office)
    made = walk_in(office, foyer)
    office.do(CheckOut(code=made["code"]), foyer)
    office.do(StepOut(code=made["code"]), foyer)  # "only for a while", said on the goodbye screen
    assert (office.read(register.count_in_house), office.read(register.count_on_break)) == (0, 1)
    today = office.read(board.house, office.ann, clock.now())
    assert today is not None and (today.people_in, today.guests) == (0, ())  # the first page of the desk says the same
    assert [line.break_at for line in office.read(register.roll_call, clock.now())] == [clock.now()]
    assert office.read(register.counts, TODAY) == {"on_break": 1}
    assert office.read(visits.greeting, made["code"], clock.now()).act == "back"
    office.later(minutes=40)
    office.do(ComeBack(code=made["code"]), foyer)
    assert (office.read(register.count_in_house), office.read(register.count_on_break)) == (1, 0)
    office.do(CheckOut(code=made["code"]), foyer)
    assert row(made["visit_id"]).left_at == clock.now()
    assert office.refused(StepOut(code=walk_in(office, foyer, name="王")["code"]), office.bo).code == "op.not_allowed"


@pytest.mark.proves("V36")
def test_assumed_left_is_kept_apart_in_register_export_and_counts(office: Office) -> None:
    foyer = kiosk(office)
    scanned, forgotten = walk_in(office, foyer), walk_in(office, foyer, name="王芳")
    office.do(CheckOut(code=scanned["code"]), foyer)
    office.later(days=1)
    keeping.close_days(clock.now())
    assert office.read(register.counts, TODAY) == {"left": 1, "assumed_left": 1}
    find = lambda state: [v.name for v in office.read(register.search, Query(filters={"state": state}), office.ann).items]  # noqa: E731
    assert (find("left"), find("assumed_left")) == (["李文博"], ["王芳"])
    gone = row(forgotten["visit_id"])
    assert (gone.left_at, gone.left_how) == (None, "") and gone.assumed_left_at == clock.now()
    assert {"left_at", "left_how", "assumed_left_at"} <= {column.name for column in register.COLLECTION.columns}
    assert office.refused(UndoCheckOut(visit_id=forgotten["visit_id"]), office.ann).code == "visit.not_left"


def test_the_host_of_who_stays_too_long_is_asked_once_for_each_end(office: Office) -> None:
    made = walk_in(office, kiosk(office))
    assert row(made["visit_id"]).stay_until == clock.now() + timedelta(hours=4)
    office.later(hours=3, minutes=59)
    assert visits.ask_overstay(clock.now()) == 0
    office.later(minutes=1)
    assert visits.ask_overstay(clock.now()) == 1 and visits.ask_overstay(clock.now()) == 0
    assert [n.person_id for n in messages("visit.asks_still_here")] == [office.mei.person_id]
    with database.reading() as s:
        link = s.execute(select(OneTimeLink).where(col(OneTimeLink.purpose) == "visit.still_here")).scalar_one()
    office.do(AnswerLink(link_id=link.id, choice="stays"), office.mei)
    assert row(made["visit_id"]).stay_until == clock.now() + timedelta(hours=1)
    office.later(hours=1)
    assert visits.ask_overstay(clock.now()) == 1
    with database.reading() as s:
        second = s.execute(
            select(OneTimeLink).where(col(OneTimeLink.purpose) == "visit.still_here", col(OneTimeLink.used_at).is_(None))
        ).scalar_one()
    office.do(AnswerLink(link_id=second.id, choice="left"), office.mei)
    gone = row(made["visit_id"])
    assert (gone.state, gone.left_how, gone.left_at) == ("left", "host", clock.now())
    assert links.purpose("visit.still_here") is not None


def test_nobody_is_asked_about_who_is_at_lunch_left_or_was_allowed_to_stay(office: Office) -> None:
    foyer = kiosk(office)
    away, gone, stays = (walk_in(office, foyer, name=name) for name in ("王芳", "赵敏", "钱多"))
    office.do(StepOut(code=away["code"]), office.ann)
    office.do(CheckOut(code=gone["code"]), office.ann)
    office.do(Stay(visit_id=stays["visit_id"], minutes=600), office.mei)
    assert office.refused(Stay(visit_id=gone["visit_id"]), office.mei).code == "visit.not_here"
    office.later(hours=5)
    assert visits.ask_overstay(clock.now()) == 0


@pytest.mark.proves("S3.1-R7")
def test_a_visitor_with_a_mail_address_is_thanked_unless_the_scan_was_taken_back(office: Office) -> None:
    with catching_mail() as post:
        channels.set_up_mail(post.url)
        foyer = kiosk(office)
        made = walk_in(office, foyer, email="li@example.com", language="en")
        office.do(CheckOut(code=made["code"]), foyer)
        notices.send_due(clock.now())
        assert post.mails == []
        office.do(UndoCheckOut(code=made["code"]), foyer)
        office.later(minutes=30)
        notices.send_due(clock.now())
        assert post.mails == []
        office.do(CheckOut(code=made["code"]), foyer)
        office.later(minutes=3)
        notices.send_due(clock.now())
        assert [(str(mail["to"]), str(mail["subject"])) for mail in post.mails] == [
            ("li@example.com", "Thank you for your visit to 临江区机关事务中心")
        ]
        office.do(UpdateSetting(key="visit.thanks", value="off"), office.ada)
        other = walk_in(office, foyer, email="wang@example.com")
        office.do(CheckOut(code=other["code"]), foyer)
        office.later(minutes=3)
        notices.send_due(clock.now())
        assert len(post.mails) == 1
        odd = perform_now(UpdateSetting(key="visit.thanks", value="maybe"), by=office.ada)
        assert odd.code == "setting.value" and "visit.thanks" in odd.message("en")  # a fact may be called `key`
    channels.set_up_mail("")
    assert [n.state for n in messages("visit.thanks")] == [State.DISMISSED, State.SENT]

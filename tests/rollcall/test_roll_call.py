"""Who is on the list, starting, ticking, closing, the sealed report (scenario Front desk 9; guide S3.1-R7)."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import UUID, uuid4

import openpyxl
import pypdfium2
import pytest
from sqlalchemy import update

from assets_labels import rollcall_report
from core.foundation import clock, database
from core.mechanisms import notices
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Request, perform_requests
from core.sections import rollcall, visits
from core.sections.rollcall import BadgeWay, reading
from core.sections.rollcall.record import RollCallMark
from tests.cast import Office
from tests.rollcall.build import assumed_left, badge_in, guest, in_room, missing, seen, staff_card, start
from tests.visits.build import kiosk


@pytest.mark.proves("Front desk 9", "S3.1-R7")
def test_everybody_is_on_the_list_once_and_breaks_and_assumed_left_stand_apart(office: Office) -> None:
    at_kiosk = kiosk(office)
    assumed_left(office, at_kiosk, "郑重")
    for name in ("李文博", "王敏", "赵刚"):
        guest(office, at_kiosk, name)
    badge_in(office, "mei", "wu")
    badge_in(office, "wu", way=BadgeWay.BREAK)
    for key, room in (("mei", "301"), ("chen", "302")):
        in_room(office, key, room)
    found = {one.name: (str(one.kind), str(one.status), one.where) for one in office.read(rollcall.everybody, clock.now())}
    assert found == {
        "林晓梅": ("staff", "inside", "301 听雨厅"),
        "陈立": ("staff", "inside", "302 办公室"),
        "李文博": ("visitor", "inside", "办公室"),
        "王敏": ("visitor", "inside", "办公室"),
        "赵刚": ("visitor", "inside", "办公室"),
        "吴桐": ("staff", "break", ""),
        "郑重": ("visitor", "assumed_left", "办公室"),
    }
    view = seen(office, start(office, drill=True))
    assert (view.expected, view.missing, view.on_break, view.assumed_left, view.drill) == (5, 5, 1, 1, True)


def test_who_badged_out_or_checked_out_is_on_no_list_and_the_later_word_counts(office: Office) -> None:
    at_kiosk = kiosk(office)
    badge_in(office, "mei", "wu", "chen")
    visit_id = guest(office, at_kiosk, "李文博")
    office.later(minutes=5)
    badge_in(office, "mei", "wu", way=BadgeWay.OUT)
    office.do(visits.CheckOut(visit_id=visit_id), office.ann)
    office.later(minutes=5)
    in_room(office, "wu", "301")  # came back without badging: the room knows
    assert sorted(one.name for one in office.read(rollcall.everybody, clock.now())) == ["吴桐", "陈立"]
    before = clock.now() - timedelta(minutes=8)
    assert sorted(one.name for one in office.read(rollcall.everybody, before)) == ["吴桐", "李文博", "林晓梅", "陈立"]


def test_who_never_badged_out_yesterday_is_assumed_to_have_left(office: Office) -> None:
    badge_in(office, "mei")
    office.later(days=1)
    assert [(one.name, str(one.status)) for one in office.read(rollcall.everybody, clock.now())] == [("林晓梅", "assumed_left")]
    badge_in(office, "mei")
    assert [str(one.status) for one in office.read(rollcall.everybody, clock.now())] == ["inside"]
    office.later(days=2)
    assert office.read(rollcall.everybody, clock.now()) == []


def test_a_meeting_of_yesterday_that_nobody_ended_keeps_nobody_in_the_house(office: Office) -> None:
    office.later(hours=9)
    in_room(office, "mei", "301")
    assert [str(one.status) for one in office.read(rollcall.everybody, clock.now())] == ["inside"]
    office.later(hours=10)
    assert [(str(one.status), one.where) for one in office.read(rollcall.everybody, clock.now())] == [("assumed_left", "")]


def test_names_stand_in_the_order_in_which_they_sound(office: Office) -> None:
    at_kiosk = kiosk(office)
    for name in ("赵刚", "Ada Byron", "李文博", "安宁"):
        guest(office, at_kiosk, name)
    assert [one.name for one in office.read(rollcall.everybody, clock.now())] == ["Ada Byron", "安宁", "李文博", "赵刚"]


@pytest.mark.proves("Front desk 9")
def test_ticks_say_who_when_and_where_and_taking_back_keeps_the_history(office: Office) -> None:
    visit_id = guest(office, kiosk(office), "李文博")
    id = start(office)
    office.later(seconds=30)
    first = office.do(rollcall.Tick(rollcall_id=id, subject_id=visit_id, place_id=office.places["本部"]), office.sun)
    office.do(rollcall.Tick(rollcall_id=id, subject_id=visit_id), office.chen)
    line = seen(office, id).lines[0]
    assert line.accounted and [(tick.by, tick.place) for tick in line.ticks] == [("孙立", "本部"), ("陈立", "")]
    office.do(rollcall.Untick(rollcall_id=id, subject_id=visit_id, marks=[UUID(first["mark_id"])]), office.ann)
    line = seen(office, id).lines[0]
    assert line.accounted, "the other marshal still sees him"
    assert [(tick.by, tick.taken_back_by) for tick in line.ticks] == [("孙立", "安然"), ("陈立", "")]
    office.do(rollcall.Untick(rollcall_id=id, subject_id=visit_id, marks=[tick.id for tick in line.ticks]), office.ann)
    assert missing(seen(office, id)) == ["李文博"]


def test_a_badge_or_a_staff_card_can_be_scanned_and_who_is_on_no_list_comes_on_it(office: Office) -> None:
    at_kiosk = kiosk(office)
    id = start(office)
    code = staff_card(office, "mei")
    office.do(rollcall.Tick(rollcall_id=id, code=code), office.sun)
    extra = uuid4()
    office.do(rollcall.AddSomeone(rollcall_id=id, subject_id=extra, name="送水师傅", detail="蓝色工服"), office.sun)
    later = guest(office, at_kiosk, "王敏")  # arrived after the start: the desk sees her at once
    office.later(seconds=1)
    view = seen(office, id)
    assert missing(view) == [] or missing(view) == ["王敏"]
    office.do(rollcall.Tick(rollcall_id=id, subject_id=later), office.sun)
    assert {line.name: line.accounted for line in seen(office, id).lines} == {"林晓梅": True, "送水师傅": True, "王敏": True}
    place = office.label(SubjectKind.PLACE, office.places["301"])
    assert office.refused(rollcall.Tick(rollcall_id=id, code=place), office.sun).code == "rollcall.nobody"


def test_only_marshals_tick_and_read_and_only_some_may_start(office: Office) -> None:
    visit_id = guest(office, kiosk(office), "李文博")
    assert office.refused(rollcall.Start(), office.mei).code == "op.not_allowed"
    id = start(office, marshals=[office.mei.person_id])
    office.do(rollcall.Tick(rollcall_id=id, subject_id=visit_id), office.mei)
    assert office.refused(rollcall.Tick(rollcall_id=id, subject_id=visit_id), office.wu).code == "op.not_allowed"
    assert office.read(rollcall.now_for, office.wu, clock.now()) == {
        "marshal": False,
        "may_start": False,
        "open": None,
        "house": [],
        "points": [],
    }
    assert office.read(rollcall.now_for, office.mei, clock.now())["open"].lines[0].name == "李文博"


def test_one_roll_call_at_a_time_and_a_real_alarm_turns_a_drill_real(office: Office) -> None:
    guest(office, kiosk(office), "李文博")
    first = start(office, drill=True)
    office.later(minutes=1)
    again = office.do(rollcall.Start(drill=True), office.sun)
    assert again["joined"] and UUID(again["rollcall_id"]) == first and seen(office, first).drill
    office.do(rollcall.Start(drill=False), office.sun)
    view = seen(office, first)
    assert not view.drill and view.turned_real_at == clock.now()
    with_word = [n for n in office.read(notices.about, "rollcall", first) if n.person_id == office.chen.person_id]
    assert [n.facts["what_key"] for n in with_word] == ["rollcall.drill", "rollcall.real"]


@pytest.mark.proves("Front desk 9", "V38")
def test_phones_that_began_without_the_server_meet_in_one_roll_call_and_lose_nothing(office: Office) -> None:
    """The server dies; two marshals each begin on their phones; their records arrive an hour later, the second phone's first, and twice."""
    at_kiosk = kiosk(office)
    one, two = guest(office, at_kiosk, "李文博"), guest(office, at_kiosk, "王敏")
    then = clock.now()
    ids = uuid4(), uuid4()
    phone_a = [
        Request(rollcall.Start(id=ids[0], drill=False), office.sun, uuid4(), then + timedelta(seconds=10)),
        Request(rollcall.Tick(rollcall_id=ids[0], subject_id=one), office.sun, uuid4(), then + timedelta(seconds=40)),
    ]
    phone_b = [
        Request(rollcall.Start(id=ids[1], drill=False), office.chen, uuid4(), then + timedelta(seconds=20)),
        Request(rollcall.Tick(rollcall_id=ids[1], subject_id=one), office.chen, uuid4(), then + timedelta(seconds=50)),
        Request(rollcall.Tick(rollcall_id=ids[1], subject_id=two), office.chen, uuid4(), then + timedelta(seconds=60)),
    ]
    office.later(hours=1)
    outcomes = [*perform_requests(phone_b), *perform_requests(phone_a), *perform_requests(phone_b)]
    assert all(outcome.ok for outcome in outcomes)
    view = seen(office, ids[0])
    assert view.id == seen(office, ids[1]).id
    assert view.missing == 0 and {line.name: len(line.ticks) for line in view.lines} == {"李文博": 2, "王敏": 1}
    assert [tick.at - then for line in view.lines for tick in line.ticks if line.name == "王敏"] == [timedelta(seconds=60)]


@pytest.mark.proves("Front desk 9")
def test_closing_asks_why_people_are_missing_seals_a_report_and_late_ticks_are_kept(office: Office) -> None:
    at_kiosk = kiosk(office)
    found, lost = guest(office, at_kiosk, "李文博"), guest(office, at_kiosk, "王敏", company="远山科技")
    id = start(office, drill=True, note="季度演练")
    office.later(seconds=45)
    office.do(rollcall.Tick(rollcall_id=id, subject_id=found, place_id=office.places["本部"]), office.sun)
    office.later(minutes=6)
    assert office.refused(rollcall.Close(rollcall_id=id), office.ann).code == "rollcall.say_why"
    office.do(rollcall.Close(rollcall_id=id, note="王敏电话联系上，在停车场"), office.ann)
    assert office.do(rollcall.Close(rollcall_id=id), office.ann)["revision"] == 1, "closing twice is closing once"
    first = office.read(rollcall.report_of, id)

    late = perform_requests(
        [Request(rollcall.Tick(rollcall_id=id, subject_id=lost), office.chen, uuid4(), clock.now() - timedelta(minutes=2))]
    )[0]
    assert late.ok and late.facts["after_close"] is True
    assert office.read(rollcall.report_of, id).sha256 == first.sha256, "what is sealed stays"
    assert office.do(rollcall.SealAgain(rollcall_id=id), office.ann)["revision"] == 2
    assert office.refused(rollcall.SealAgain(rollcall_id=id), office.ann).code == "rollcall.nothing_new"
    again = office.read(rollcall.report_of, id)
    assert [line["name"] for line in again.content["view"]["lines"]] == ["李文博", "王敏"] and again.content["view"]["missing"] == 0
    assert office.read(rollcall.report_of, id, 1).sha256 == first.sha256


@pytest.mark.proves("Front desk 9", "X4")
def test_the_report_lists_the_unaccounted_first_says_who_ticked_whom_and_is_marked_drill(office: Office) -> None:
    at_kiosk = kiosk(office)
    ids = [guest(office, at_kiosk, name, company="远山科技") for name in ("李文博", "王敏")]
    id = start(office, drill=True)
    office.later(seconds=75)
    office.do(rollcall.Tick(rollcall_id=id, subject_id=ids[0], place_id=office.places["本部"]), office.sun)
    office.later(minutes=4)
    office.do(rollcall.Close(rollcall_id=id, note="在车库"), office.ann)
    sealed = office.read(rollcall.report_of, id)
    for language, mark in (("zh-Hans", "演练"), ("zh-Hant", "演練"), ("en", "DRILL")):
        data = rollcall_report.render(sealed.content, sealed.sha256, "pdf", language, "Asia/Shanghai")
        page = pypdfium2.PdfDocument(data)[0].get_textpage()
        text = page.get_text_bounded()
        assert mark in text and text.index("王敏") < text.index("李文博") and "孙立 09:01:15 本部" in text
        assert data == rollcall_report.render(sealed.content, sealed.sha256, "pdf", language, "Asia/Shanghai"), (
            "the same words, the same bytes"
        )
    book = openpyxl.load_workbook(io.BytesIO(rollcall_report.render(sealed.content, sealed.sha256, "xlsx", "zh-Hans", "Asia/Shanghai")))
    rows = [[cell.value for cell in row] for row in book["名单"].iter_rows(min_row=2)]
    assert [(row[0], row[1]) for row in rows] == [("还没找到", "王敏"), ("已找到", "李文博")]
    assert "演练" in book["汇总"]["A2"].value


def test_marks_can_not_be_rewritten_and_names_of_visitors_go_with_the_visit(office: Office) -> None:
    visit_id = guest(office, kiosk(office), "李文博", company="远山科技")
    id = start(office)
    office.do(rollcall.Tick(rollcall_id=id, subject_id=visit_id), office.sun)
    office.do(rollcall.AddSomeone(rollcall_id=id, subject_id=uuid4(), name="送水师傅"), office.sun)
    office.do(rollcall.Close(rollcall_id=id), office.ann)
    with pytest.raises(Exception, match="append_only"):
        office.read(lambda s: s.execute(update(RollCallMark).values(headcount=2)))
    office.do(visits.CheckOut(visit_id=visit_id), office.ann)
    office.do(visits.EraseVisits(visit_ids=[visit_id]), office.ada)
    words = str(office.read(rollcall.report_of, id).content) + str([line.name for line in seen(office, id).lines])
    assert "李文博" not in words and "远山科技" not in words and "送水师傅" in words
    office.later(days=31)
    assert rollcall.forget_old(clock.now()) == 1 and rollcall.forget_old(clock.now()) == 0
    assert "送水师傅" not in str(office.read(rollcall.report_of, id).content)
    assert seen(office, id).expected == 2, "how many there were stays"


def test_the_register_of_roll_calls_is_read_page_by_page(office: Office) -> None:
    from core.mechanisms.views import Query

    for n in range(3):
        id = start(office, drill=n != 1)
        office.do(rollcall.Close(rollcall_id=id), office.ann)
        office.later(hours=1)
    page = office.read(reading.COLLECTION.list, Query(limit=2), office.ann)
    rest = office.read(reading.COLLECTION.list, Query(limit=2, cursor=page.next), office.ann)
    assert [row.number for row in (*page.items, *rest.items)] == [3, 2, 1] and rest.next is None
    assert [row.number for row in office.read(reading.COLLECTION.list, Query(filters={"drill": "false"}), office.ann).items] == [2]


@pytest.mark.proves("Front desk 9")
def test_contractors_groups_and_visitors_on_a_short_leave_are_told_apart(office: Office) -> None:
    at_kiosk = kiosk(office)
    ids = {name: guest(office, at_kiosk, name, company="远山科技") for name in ("李文博", "王敏", "赵刚")}

    def become(name: str, **facts: object) -> None:
        with database.writing() as s:
            s.execute(update(visits.Visit).where(visits.Visit.id == ids[name]).values(**facts))  # type: ignore[arg-type]

    become("李文博", type="contractor")
    become("王敏", party=5)
    become("赵刚", break_at=clock.now())
    found = {one.name: (str(one.kind), str(one.status), one.headcount) for one in office.read(rollcall.everybody, clock.now())}
    assert found == {"李文博": ("contractor", "inside", 1), "王敏": ("group", "inside", 5), "赵刚": ("visitor", "break", 1)}
    id = start(office)
    assert seen(office, id).missing == 6
    office.do(rollcall.Tick(rollcall_id=id, subject_id=ids["王敏"], headcount=3, place_id=office.places["本部"]), office.sun)
    office.do(rollcall.Tick(rollcall_id=id, subject_id=ids["王敏"], headcount=2, place_id=office.places["三楼"]), office.chen)
    assert missing(seen(office, id)) == ["李文博"]

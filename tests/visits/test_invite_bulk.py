"""Invitations from a file: dry run, then done; twice is nothing new; hostile and large files (guide S3.1-R1; pitfalls T31, T33, V39)."""

from __future__ import annotations

import io
from uuid import UUID

import openpyxl
import pytest
from sqlalchemy import func, select

from core.foundation import database
from core.mechanisms import imports, notices, people
from core.mechanisms.notices import Notice
from core.sections import visits
from core.sections.visits.record import Visit
from tests.cast import Office
from tests.visits.build import TODAY, invite

HEAD = "来访人员,单位,电话,邮箱,接待人,日期,到达时间,来访地点,来访目的,来访人语言\n"


def count(table: type[Visit] | type[Notice]) -> int:
    with database.reading() as s:
        return int(s.execute(select(func.count()).select_from(table)).scalar_one())


def planned() -> list[Visit]:
    with database.reading() as s:
        return list(s.execute(select(Visit).where(Visit.state == "planned").order_by(Visit.id)).scalars())  # type: ignore[arg-type]


def file(*lines: str) -> bytes:
    return (HEAD + "\n".join(lines) + "\n").encode("gb18030")


@pytest.mark.proves("S3.1-R1", "T31")
def test_a_file_of_guests_is_checked_then_invited_and_twice_invites_nobody_twice(office: Office) -> None:
    data = file(
        "李文博,江城建设集团,13800001234,li@example.org,林晓梅,2026-11-24,14：30,301,项目会谈,English",
        "王敏,,,,林晓梅,2026年11月24日,,,面试,",
        "王敏,,13900004321,,林晓梅,2026/11/24,,,,",
    )
    dry = imports.dry_run("visits", data, office.ann, language="zh-Hans")
    assert dry.totals == {"create": 3, "update": 0, "skip": 0, "error": 0} and planned() == [] and count(Notice) == 0
    done = imports.run("visits", data, office.ann, file_name="客人.csv", language="zh-Hans")
    assert done.totals == dry.totals
    first = planned()[0]
    assert (first.name, first.host_id, first.language, first.room_id) == ("李文博", office.mei.person_id, "en", office.places["301"])
    assert (
        first.expected_at is not None
        and first.expected_at.isoformat() == "2026-11-24T06:30:00+00:00"
        and first.invited_by == office.ann.person_id
    )
    again = imports.run("visits", data, office.ann, file_name="客人.csv", language="zh-Hans")
    assert again.totals == {"create": 0, "update": 0, "skip": 3, "error": 0} and len(planned()) == 3
    assert done.import_id is not None
    assert imports.undo(done.import_id, office.ann).restored == 3 and planned() == []


@pytest.mark.proves("V39", "T33", "SEC 7")
def test_each_bad_row_says_what_to_do_and_the_good_ones_are_not_held_up(office: Office) -> None:
    office.person("mei2", "林晓梅", department="财务科")
    data = file(
        "李文博,,,,薄一鸣,2026-11-24,,,,",
        "李文博,,,,薄一鸣,2026-11-24,,,,",
        "王敏,,,,林晓梅,2026-11-24,,,,",
        "赵强,,,,没有这人,2026-11-24,,,,",
        "孙丽,,,,薄一鸣,2026-11-22,,,,",
        "周婷,,,不是邮箱,薄一鸣,2026-11-24,,,,",
        "钱多,,abc,,薄一鸣,2026-11-24,25:99,月球,,火星语",
        "=HYPERLINK(\"http://evil\"),,,,薄一鸣,2026-11-24,,,,",
        ",,,,薄一鸣,2026-11-24,,,,",
        "吴敏,,,,薄一鸣,2026-02-30,,,,",
    )  # fmt: skip
    report = imports.dry_run("visits", data, office.ann, language="en")
    wrong = {row.row: [problem.code for problem in row.problems] for row in report.rows if row.action == "error"}
    assert wrong == {
        3: ["visit.import.twice"], 4: ["visit.import.hosts"], 5: ["visit.import.no_host"], 6: ["visit.day_past"], 7: ["notice.reason.bad_address"],
        8: ["visit.import.no_phone", "visit.import.no_time", "visit.import.no_language"], 10: ["import.required"], 11: ["import.no_such_day"],
    }  # fmt: skip
    assert report.totals["create"] == 2
    done = imports.run("visits", data, office.ann, language="en")
    assert done.totals == report.totals
    assert {visit.name for visit in planned()} == {
        "李文博",
        '=HYPERLINK("http://evil")',
    }  # words, kept as they were written; exports guard them


def test_a_formula_in_a_workbook_is_no_name(office: Office) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Visitor", "Host", "Day"])
    sheet.append(['=CONCATENATE("x","y")', "林晓梅", "2026-11-24"])
    out = io.BytesIO()
    book.save(out)
    report = imports.dry_run("visits", out.getvalue(), office.ann, language="en")
    assert report.totals == {"create": 0, "update": 0, "skip": 0, "error": 1}


@pytest.mark.proves("S3.1-R1")
def test_a_member_of_staff_invites_their_own_guests_and_nobody_elses(office: Office) -> None:
    data = file("李文博,,,,,2026-11-24,,,,", "王敏,,,,吴桐,2026-11-24,,,,")
    report = imports.run("visits", data, office.mei, language="zh-Hans")
    assert [(row.action, row.code) for row in report.rows] == [("create", None), ("error", "op.not_allowed")]
    assert [visit.host_id for visit in planned()] == [office.mei.person_id]
    assert report.import_id is not None
    with pytest.raises(Exception, match="not_allowed"):
        imports.undo(report.import_id, office.wu)
    assert len(planned()) == 1


def test_who_is_invited_already_is_left_alone_and_undo_leaves_who_has_come(office: Office) -> None:
    invite(office, name="李文博", day=TODAY)
    data = file("李文博,,,,林晓梅,2026-11-23,,,,", "王敏,,,,林晓梅,2026-11-23,,,,")
    report = imports.run("visits", data, office.ann, language="zh-Hans")
    assert (report.totals["skip"], report.totals["create"]) == (1, 1) and report.import_id is not None
    wang = next(visit for visit in planned() if visit.name == "王敏")
    office.do(visits.CheckIn(code=office.read(visits.view, wang).label), office.ann)
    undone = imports.undo(report.import_id, office.ann)
    assert (undone.restored, undone.kept) == (0, 1)


@pytest.mark.proves("S3.1-R1")
def test_hundreds_of_guests_are_invited_in_short_steps(office: Office) -> None:
    lines = [f"客人{n},单位{n % 40},1380000{n:04d},,林晓梅,2026-11-{24 + n % 6},,,," for n in range(300)]
    report = imports.run("visits", file(*lines), office.ann, language="zh-Hans")
    assert report.totals == {"create": 300, "update": 0, "skip": 0, "error": 0} and count(Visit) == 300
    assert office.read(notices.about, "visit", UUID(int=1)) == []
    again = imports.dry_run("visits", file(*lines), office.ann, language="zh-Hans")
    assert again.totals["skip"] == 300


@pytest.mark.proves("S3.1-R1", "T31")
def test_a_list_as_people_write_it_is_read_with_kinds_extensions_and_plain_headings(office: Office) -> None:
    office.do(people.UpdatePerson(person_id=office.mei.person_id, extension="8018", english_name="May Lin"), office.ada)
    rows = (
        "姓名,被访人,日期,类型\n吴桐,8018,2026-11-24,面试\nAnna Becker,May Lin,2026-11-24,Government\n陳嘉慧,林晓梅,2026-11-24,檢修\n"
        "错类型,林晓梅,2026-11-24,外星人\n"
    )
    dry = imports.dry_run("visits", rows.encode("gb18030"), office.ann, language="zh-Hans")
    assert dry.totals == {"create": 3, "update": 0, "skip": 0, "error": 1}
    (wrong,) = [row for row in dry.rows if row.action == "error"]
    assert (wrong.row, wrong.column, wrong.value, wrong.code) == (5, "type", "外星人", "visit.import.no_type")
    imports.run("visits", rows.encode("gb18030"), office.ann, file_name="面试.csv", language="zh-Hans")
    assert [(v.name, v.type) for v in planned()] == [("吴桐", "interview"), ("Anna Becker", "government"), ("陳嘉慧", "contractor")]


@pytest.mark.proves("S3.1-R1")
def test_a_phone_number_of_full_width_signs_is_taken_wherever_a_host_invites(office: Office) -> None:
    made = invite(office, name="宽字", phone="＋８６　１３８－００００－１２３４")
    office.do(visits.ChangeVisit(visit_id=UUID(made["visit_id"]), phone="１３９００００４３２１"), office.mei)
    done = imports.run(
        "visits", file("王敏,,１３７００００４３２１,,林晓梅,2026-11-24,,,,"), office.ann, file_name="客人.csv", language="zh-Hans"
    )
    assert done.totals["create"] == 1 and {one.phone for one in planned()} == {"13900004321", "13700004321"}
    assert (
        visits.Invite(host_id=office.mei.person_id, name="x", expected_on=TODAY, phone="＋８６　１３８－００００").phone == "+86 138-0000"
    )

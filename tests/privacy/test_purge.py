"""After the keeping time nothing names a visitor, and the office can prove it (issue 5, Privacy; scenario Office 7; security.md, Visitor data)."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pypdfium2
import pytest
from PIL import Image
from sqlalchemy import select, text
from sqlmodel import SQLModel

from core.foundation import cleaning, clock, database
from core.foundation.ids import uuid7
from core.mechanisms import attachments, drafts, forgets, notices, office, people, printers, views
from core.mechanisms.operations import Request, perform_requests
from core.sections import reception, rollcall, visits
from core.sections.visits import CheckIn, CheckOut, KeepLonger, LiftHold, SetKeeping, Visit, blocklist, keeping, offline, purging, register
from core.sections.visits.offline import KeepOffline
from mobile import api
from mobile import visits as visits_api
from tests.cast import Office
from tests.kiosk.test_offline_entries import sealed
from tests.mechanisms import web
from tests.reception import stage
from tests.visits.build import TODAY, invite, kiosk, sign, walk_in

NAME, LATIN, PHONE, MAIL, FIRM, WHY = (
    "鄢嬿嫮",
    "Xylophonia Quibblesworth",
    "13987600471",
    "yan.zq77@example.org",
    "鹮羽测绘研究院",
    "勘测栈桥桩基沉降",
)
WORDS = (NAME, LATIN, PHONE, MAIL, FIRM, WHY, "yanyanhu", "Quibblesworth")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The data folder of the test's office, searched byte by byte."""
    attachments.use_directory(tmp_path / "attachments")
    purging.use_folder(tmp_path)
    purging.prove(clock.now())
    yield tmp_path
    purging.use_folder(None)


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "PNG")
    return out.getvalue()


def everything(office_: Office) -> tuple[UUID, UUID]:
    """Two visitors who left traces wherever a visitor can: invitation, mail, message, draft, signature, photo, search, a hold, a reason."""
    desk = kiosk(office_)
    assert desk.device_id is not None
    made = invite(office_, name=NAME, phone=PHONE, email=MAIL, company=FIRM, purpose=WHY)
    drafts.save(desk.device_id, {"step": "name", "form": {"name": NAME, "company": FIRM}}, clock.now())
    photo = attachments.keep(picture("red"), desk, clock.now())
    drawn = attachments.keep(picture("blue"), desk, clock.now())
    signature = sign(office_).model_copy(update={"picture": drawn})
    arrived = office_.do(CheckIn(code=made["code"], consent=signature, photo=photo), desk)
    office_.refused(CheckIn(code=made["code"]), desk)
    attachments_used = {UUID(made["visit_id"])}
    office_.do(visits.AddBlock(name="鄢研护", reason="旧案"), office_.sun)
    second = walk_in(office_, desk, name=LATIN, company=FIRM, phone=PHONE, purpose=WHY)
    office_.read(register.search, register.Query(q=NAME), office_.ann)
    office_.later(minutes=30)
    office_.do(CheckOut(code=arrived["code"]), desk)
    office_.do(CheckOut(code=second["code"]), desk)
    notices.send_due(clock.now())
    assert attachments_used
    return UUID(made["visit_id"]), UUID(second["visit_id"])


def left_in_texts(*words: str) -> list[str]:
    found = []
    with database.reading() as s:
        for table in SQLModel.metadata.sorted_tables:
            content = repr([tuple(row) for row in s.execute(select(table))])
            found += [f"{table.name}: {word}" for word in words if word in content or json.dumps(word)[1:-1] in content]
    return found


def left_in_files(folder: Path, *words: str) -> list[str]:
    forms = {form for word in words for form in (word.encode(), json.dumps(word)[1:-1].encode(), word.encode("utf-16-le"))}
    return [
        f"{path.relative_to(folder)}: {form!r}"
        for path in folder.rglob("*")
        if path.is_file()
        for form in forms
        if form in path.read_bytes()
    ]


@pytest.mark.proves("Office 7", "S3.1-R1", "V34")
def test_a_day_after_the_keeping_time_no_byte_and_no_text_names_the_visitor_and_the_visits_still_count(
    office: Office, folder: Path
) -> None:
    first, second = everything(office)
    before = office.read(register.counts, TODAY)
    assert left_in_texts(NAME, PHONE, MAIL), "the traces are there"
    if database.dialect() == database.SQLITE:
        assert left_in_files(folder, NAME, MAIL), "in the files too"
    pictures = [path for path in (folder / "attachments").rglob("*") if path.is_file()]
    assert len(pictures) == 2
    office.later(days=31)
    drafts.clear(clock.now())
    assert keeping.erase_old(clock.now()) == 2
    report_id = purging.prove(clock.now())
    assert left_in_texts(*WORDS) == [] and left_in_files(folder, *WORDS) == []
    assert not any(path.exists() for path in pictures), "the photo and the signature"
    assert office.read(register.counts, TODAY) == before == {"left": 2}
    assert report_id is not None
    report = office.read(purging.report, report_id, office.ada)
    assert (report.visits, report.found, report.given_back) == (2, [], True)
    assert (
        report.forgot["visits"] == 2 and report.forgot["photos"] == 1 and report.forgot["signatures"] == 1 and report.forgot["notices"] >= 3
    )
    assert report.looked_for >= 5 and report.columns > 100 and (report.files >= 1 or database.dialect() == database.POSTGRESQL)
    for visit_id in (first, second):
        assert office.read(register.one, str(visit_id), office.ann).name == ""
    assert purging.prove(clock.now()) is None, "nothing new, no report"


def test_a_guest_of_a_plan_that_still_runs_is_kept_and_said_so_and_is_no_rest(office: Office, folder: Path) -> None:
    """Who came once by themselves, and is expected with a delegation: the old visit goes, the plan keeps its guest until it is over."""
    walk_in(office, kiosk(office), name=NAME, phone=PHONE)
    office.later(days=1)
    keeping.close_days(clock.now())
    office.later(days=31)
    day = clock.today(clock.now())
    stage.take_in(office, starts_on=day, ends_on=day + timedelta(days=2), guests=(reception.Guest(name=NAME, post="主任"),))
    keeping.erase_old(clock.now())
    first = office.read(purging.report, purging.prove(clock.now()), office.ada)
    assert (first.found, len(first.kept)) == ([], 1) and NAME not in str(first.kept) and first.looked_for >= 1
    number, until = first.kept[0]
    assert number.startswith("接〔") and until == (day + timedelta(days=32)).isoformat()
    assert "接〔" in purging.kept_words(first, "zh-Hans")[0]
    assert [note.key for note in office.read(notices.unread, office.ada.person_id)].count("visit.purge_left") == 0
    office.later(days=40)  # the plan's own keeping time is over as well: a rest there would be one
    with database.reading() as s:
        assert forgets.kept(s, frozenset({NAME}), clock.now()) == []


def test_the_proof_finds_what_was_left(office: Office, folder: Path) -> None:
    """The search is no ornament: a name typed into another record, and a file somebody put into the folder, are found and told."""
    walk_in(office, kiosk(office), name=NAME, phone=PHONE)
    office.place(f"{NAME}的展台", "room", office.places["301"], "stand")
    (folder / "exports").mkdir()
    (folder / "exports" / "visitors.csv").write_text(f"name,phone\n{LATIN},{PHONE}\n", "utf-8")
    office.later(days=1)
    keeping.close_days(clock.now())
    office.later(days=31)
    keeping.erase_old(clock.now())
    report_id = purging.prove(clock.now())
    report = office.read(purging.report, report_id, office.ada)
    assert {"place.name", "exports/visitors.csv"} <= set(report.found)
    assert NAME not in str(report.found)
    assert [note.key for note in office.read(notices.unread, office.ada.person_id)].count("visit.purge_left") == 1


def test_the_proof_is_a_paper_for_those_who_answer_for_it(office: Office, folder: Path) -> None:
    everything(office)
    office.later(days=31)
    keeping.erase_old(clock.now())
    report_id = purging.prove(clock.now())
    with web.client_of(office.ada) as client:
        client.app.mount("/v", api.build([visits_api.router]))  # type: ignore[attr-defined]
        paper = client.get(f"/v/v1/purges/{report_id}.pdf")
    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
    words = pypdfium2.PdfDocument(paper.content)[0].get_textpage().get_text_range()
    assert "0" in words and NAME not in words
    with web.client_of(office.mei) as client:
        client.app.mount("/v", api.build([visits_api.router]))  # type: ignore[attr-defined]
        assert client.get(f"/v/v1/purges/{report_id}.pdf").status_code in (403, 404)


def test_a_name_somebody_else_still_bears_is_not_looked_for(office: Office, folder: Path) -> None:
    desk = kiosk(office)
    gone = walk_in(office, desk, name="安然", phone=PHONE)  # the same name as reception's
    office.do(CheckOut(code=gone["code"]), desk)
    office.do(visits.EraseVisits(visit_ids=[gone["visit_id"]]), office.ada)
    report = office.read(purging.report, purging.prove(clock.now()), office.ada)
    assert (report.found, report.looked_for) == ([], 1) and report.shared >= 1


def test_a_server_that_stopped_before_the_proof_says_that_it_looked_for_nothing(office: Office, folder: Path) -> None:
    desk = kiosk(office)
    gone = walk_in(office, desk, name=NAME)
    office.do(CheckOut(code=gone["code"]), desk)
    office.do(visits.EraseVisits(visit_ids=[gone["visit_id"]]), office.ada)
    purging._pending = purging._Pending()  # what a restart forgets
    report = office.read(purging.report, purging.prove(clock.now()), office.ada)
    assert (report.visits, report.looked_for, report.given_back) == (1, 0, True)


def test_only_who_answers_for_it_reads_the_reports(office: Office, folder: Path) -> None:
    for by in (office.mei, office.ann, office.bo):
        assert office.read(purging.reports, by) == []


def test_each_kind_of_visitor_has_its_own_keeping_time(office: Office) -> None:
    office.do(office_setting(45), office.ada)
    desk = kiosk(office)
    guest = walk_in(office, desk, name=NAME)
    courier = walk_in(office, desk, name=LATIN, type="courier", company=FIRM)
    office.do(SetKeeping(type="courier", days=3), office.ada)
    assert office.refused(SetKeeping(type="courier", days=9), office.ann).code == "op.not_allowed"
    for made in (guest, courier):
        office.do(CheckOut(code=made["code"]), desk)
    office.later(days=3, minutes=1)
    assert keeping.erase_old(clock.now()) == 1
    assert office.read(register.one, courier["visit_id"], office.ann).erased
    assert not office.read(register.one, guest["visit_id"], office.ann).erased
    office.later(days=42)
    assert keeping.erase_old(clock.now()) == 1


def office_setting(days: int) -> office.UpdateSetting:
    return office.UpdateSetting(key="visit.retention_days", value=days)


def test_a_legal_hold_keeps_a_visit_with_its_reason_until_its_day(office: Office) -> None:
    desk = kiosk(office)
    made = walk_in(office, desk, name=NAME)
    office.do(CheckOut(code=made["code"]), desk)
    until = clock.today() + timedelta(days=40)
    hold = KeepLonger(visit_id=made["visit_id"], reason=f"{NAME}的事故调查", until_on=until)
    assert office.refused(hold, office.ann).code == "op.not_allowed"
    office.do(hold, office.sun)
    refused = office.refused(visits.EraseVisits(visit_ids=[made["visit_id"]]), office.ada)
    assert (refused.code, refused.facts["until"]) == ("visit.legal_hold", until.isoformat())
    office.later(days=31)
    assert keeping.erase_old(clock.now()) == 0
    office.later(days=10)
    assert keeping.erase_old(clock.now()) == 1 and left_in_texts(NAME) == []
    other = walk_in(office, desk, name=LATIN)
    office.do(CheckOut(code=other["code"]), desk)
    office.do(KeepLonger(visit_id=other["visit_id"], reason="事故调查", until_on=clock.today() + timedelta(days=400)), office.ada)
    office.do(LiftHold(visit_id=other["visit_id"]), office.ada)
    office.later(days=31)
    assert keeping.erase_old(clock.now()) == 1


def test_an_older_backup_forgets_again_before_it_is_used(office: Office, folder: Path) -> None:
    desk = kiosk(office)
    made, here = walk_in(office, desk, name=NAME), walk_in(office, desk, name=LATIN)
    office.do(CheckOut(code=made["code"]), desk)
    office.do(visits.EraseVisits(visit_ids=[made["visit_id"]]), office.ada)
    assert list(purging.journal(folder / purging.JOURNAL)) == [UUID(made["visit_id"])]
    assert NAME not in (folder / purging.JOURNAL).read_text()
    with database.writing() as s:  # the backup has both visitors, one of them still in the house
        for visit_id, name in ((made["visit_id"], NAME), (here["visit_id"], LATIN)):
            row = s.get(Visit, UUID(visit_id))
            assert row is not None
            row.name, row.erased_at, row.state = name, None, "here"
    assert purging.after_restore(clock.now(), folder / purging.JOURNAL) == 1
    assert office.read(register.one, made["visit_id"], office.ann).erased
    assert office.read(register.one, here["visit_id"], office.ann).name == LATIN
    assert purging.after_restore(clock.now(), folder / "nothing.log") == 0


@pytest.mark.parametrize("line", ["", "no id", "x y z", "\udcff", "01a2 2026-01-01"])
def test_a_damaged_journal_is_read_as_far_as_it_goes(tmp_path: Path, line: str) -> None:
    path = tmp_path / "erased.log"
    path.write_bytes(f"{line}\n".encode("utf-8", "surrogateescape") + b"01a214b4-be45-70ad-a61f-3a24e420af92 2026-11-23T01:00:00+00:00\n")
    assert list(purging.journal(path)) == [UUID("01a214b4-be45-70ad-a61f-3a24e420af92")]


def test_an_error_of_the_database_names_no_value(office: Office) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    with pytest.raises(DBAPIError) as failure, database.reading() as s:
        s.execute(text("SELECT * FROM no_such_table WHERE name = :name"), {"name": NAME})
    assert NAME not in str(failure.value), "such errors go into the log"


@pytest.mark.parametrize(
    ("value", "text", "found"),
    [
        ("张伟", "与张伟面谈", True), ("张伟", json.dumps("与张伟面谈"), True), ("Reyes Ann", "Mrs Reyes Ann came", True), ("Martin", "Martina came", False),
        ("Martin", "for Martin.", True), ("13800001234", "tel:13800001234", True), ("13800001234", "9138000012345", False), ("李", "李", False),
    ],
)  # fmt: skip
def test_the_search_knows_escapes_and_whole_words(value: str, text: str, found: bool) -> None:
    needles = cleaning.Needles([value])
    assert needles.in_text(text) is found and needles.in_bytes(b"\x00" + text.encode() + b"\xff") is found


def test_what_is_blotted_out_is_only_the_visitor() -> None:
    assert forgets.scrub("张伟与 Ann 来过，Anna 没有", {"张伟", "Ann"}) == "·····与 ····· 来过，Anna 没有"


@pytest.mark.proves("Office 7", "S3.1-R1", "S3.1-R7", "V34")
def test_nothing_names_the_visitor_in_any_corner_of_the_house_nor_in_its_dump_or_exports(office: Office, folder: Path) -> None:
    """A delegation's guest, a group's member, one taken without the server, one held, all of one name, through plan, run sheet, roll call and print queue."""
    desk = kiosk(office)
    soft = {"starts_on": TODAY, "ends_on": TODAY, "lead_id": office.mei.person_id, "purpose": f"与{NAME}座谈", "headcount": 1}
    guests = (reception.Guest(name=NAME, phone=PHONE, email=MAIL, organisation=FIRM),)
    plan_id = UUID(office.do(reception.TakeIn(organisation="江城市机关事务管理局", guests=guests, **soft), office.bo)["reception_id"])
    start = clock.now() + timedelta(hours=1)
    office.do(
        reception.Arrange(
            reception_id=plan_id, kind=reception.Kind.MEET, what=f"大厅接{NAME}", owner_id=office.wu.person_id, starts_at=start, ends_at=start + timedelta(hours=1)
        ),
        office.bo,
    )  # fmt: skip
    stage.approved(office, plan_id)
    [code] = [one.code for one in stage.plan(office, plan_id).guests[0].codes]
    ids = [UUID(str(office.do(CheckIn(code=code), desk)["visit_id"]))]
    group = visits.InviteGroup(
        host_id=office.mei.person_id, name=LATIN, company=FIRM, group_name="考察团", expected_on=TODAY, party=3, members=(NAME,)
    )
    made = office.do(group, office.mei)
    came = office.do(visits.CheckInGroup(code=made["code"], members=made["members"], party=3), desk)
    ids += [UUID(str(came["visit_id"])), *(UUID(str(one["visit_id"])) for one in came["members"])]
    printer = office.do(printers.AddPrinter(name="P", address="ipp://192.168.1.20/ipp/print", paper="badge-62"), office.ada)
    office.do(visits.PrintBadges(visit_ids=ids[:1], printer_id=printer["printer_id"], reason="jam"), office.ann)
    office.do(visits.AddBlock(name=NAME, phone=PHONE, reason="旧案", until_on=TODAY), office.sun)
    walk_in(office, desk, name=NAME, phone=PHONE, company=FIRM)  # held: reception looks first
    op_id = uuid7()
    box = KeepOffline(box=sealed({"kind": "arrival", "name": LATIN, "company": FIRM, "host_words": "没有这个人", "purpose": WHY}, op_id))
    assert perform_requests([Request(box, desk, op_id, occurred_at=clock.now(), received_at=clock.now())])[0].ok
    call = office.do(rollcall.Start(drill=True), office.sun)
    office.do(rollcall.Tick(rollcall_id=call["rollcall_id"], subject_id=ids[0]), office.sun)
    office.do(rollcall.Close(rollcall_id=call["rollcall_id"], note="演练"), office.sun)
    notices.send_due(clock.now())
    corners = {line.split(":")[0] for line in left_in_texts(NAME, LATIN)}
    assert {"visit", "reception_guest", "reception_line", "reception_version", "offline_entry", "notice"} <= corners, corners
    office.later(days=1)
    keeping.close_days(clock.now())
    office.later(days=31)
    for forget in (
        drafts.clear,
        blocklist.drop_over,
        keeping.erase_old,
        offline.forget_old,
        rollcall.forget_old,
        reception.forget_old_guests,
    ):
        forget(clock.now())
    report = office.read(purging.report, purging.prove(clock.now()), office.ada)
    assert report.found == [] and report.given_back
    assert left_in_texts(*WORDS) == [] and left_in_files(folder, *WORDS) == []
    dump = "\n".join(database_dump())
    assert [word for word in WORDS if word in dump] == []
    for collection in ("visits", "receptions", "rollcalls", "notices"):
        if (found := views.collections().get(collection)) is not None:
            with database.reading() as s:
                assert not [word for word in WORDS if word in repr(found.list(s, views.Query(limit=200), office.ada))], collection
    assert sum(office.read(register.counts, TODAY).values()) >= 3, "the visits still count"


def database_dump() -> list[str]:
    """What a dump of the database holds: every value of every table, as the database itself writes it."""
    if database.dialect() == database.SQLITE:
        with database.engine().connect() as connection:
            return list(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    with database.reading() as s:
        return [
            str(row[0]) for table in SQLModel.metadata.sorted_tables for row in s.execute(text(f'select t::text from "{table.name}" t'))
        ]


def test_where_something_was_left_is_said_in_the_words_of_the_office() -> None:
    found = [
        "contact.name",
        "contact.pinyin",
        "reception_incident.what",
        "roll_call_line.name",
        "foyer.db",
        "attachments/ab/notes.txt",
        "odd.text",
    ]
    assert purging.left_words(found, "en") == [
        "contacts",
        "reception plans",
        "roll calls",
        "the file foyer.db",
        "the file attachments/ab/notes.txt",
        "odd.text",
    ]
    assert purging.left_words(found[:1], "zh-Hans") == ["对外联络的联系人"]


@pytest.mark.skipif(os.name != "posix", reason="only POSIX gives up a process's locks when it closes a file")
def test_searching_the_database_file_lets_no_other_program_take_its_log_away(office: Office, tmp_path: Path) -> None:
    if database.dialect() != database.SQLITE:
        pytest.skip("the files of SQLite")
    file = Path(str(database.engine().url.database))
    log = file.with_name(file.name + "-wal")
    office.do(people.AddPerson(name="何静"), office.people["ada"])
    before = log.stat().st_ino
    assert cleaning.search(["someone nobody knows"], file.parent).files >= 2
    look = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('select count(*) from person').fetchall(); c.close()"
    subprocess.run([sys.executable, "-c", look, str(file)], check=True)  # a backup, a curious administrator
    assert log.exists() and log.stat().st_ino == before

"""Printers set up on the server, against a real CUPS: what is printed comes out once, what is not says so and waits (issue of visitors)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import zxingcpp
from pyipp.enums import IppOperation
from pypdfium2 import PdfDocument
from sqlalchemy import text

from core.foundation import clock, database
from core.mechanisms import label_jobs, labels, notices, printers
from core.mechanisms.operations import Actor
from core.mechanisms.printers import ipp, remote
from core.mechanisms.printers.ipp import CannotPrint
from core.sections import visits
from tests.badges.cups import Cups, NetworkPrinter, guarded, losing
from tests.cast import Office
from tests.visits.build import TODAY, kiosk, walk_in
from tests.visits.catchers import catching_calls


def add_printer(office: Office, address: str, name: str = "前台胸卡机", **more: object) -> UUID:
    do = printers.AddPrinter.model_validate({"name": name, "address": address, "paper": "badge-62", **more})
    return UUID(str(office.do(do, office.ada)["printer_id"]))


def beside(office: Office, desk: Actor, printer_id: UUID) -> None:
    office.do(printers.BindPrinter(device_id=desk.device_id, printer_id=printer_id), office.ada)


def beat(seconds: float = 1) -> None:
    """The server's clock goes on and its printers are served."""
    clock.freeze(clock.now() + timedelta(seconds=seconds))
    printers.print_all(clock.now())


def until(said: Callable[[], bool], beats: int = 200) -> None:
    """Beats until it is so: the print server works in its own time."""
    for _ in range(beats):
        if said():
            return
        beat(0.2)
    raise AssertionError("it did not come to be")


def job(office: Office) -> printers.JobView:
    found: printers.JobView = office.read(printers.jobs, office.ann)[0]
    return found


def codes_on(pdf: bytes) -> list[str]:
    """What a scanner reads on every page."""
    return [code.text for page in PdfDocument(pdf) for code in zxingcpp.read_barcodes(page.render(scale=4).to_pil())]


@pytest.mark.proves("Office 7", "S3.1-R5")
def test_a_kiosks_badge_comes_out_of_the_printer_beside_it_by_itself(office: Office, print_server: Cups, paper: NetworkPrinter) -> None:
    desk = kiosk(office)
    beside(office, desk, add_printer(office, print_server.add_queue(f"q{uuid4().hex[:8]}", paper)))
    came = walk_in(office, desk, phone="13800001111")
    beat()
    [sheet] = paper.wait_for(1)
    words = "".join(page.get_textpage().get_text_range() for page in PdfDocument(sheet))
    assert "李文博" in words and "13800001111" not in words
    assert [text[-8:] for text in codes_on(sheet)] == [came["code"]]
    until(lambda: job(office).state == "done")
    [line] = office.read(visits.prints_of, UUID(came["visit_id"]))
    assert (line.printer, line.reason, line.code) == ("前台胸卡机", "", came["code"])
    # the page of the kiosk asks for it too: it does not come out twice
    office.do(visits.PrintBadges(visit_ids=[came["visit_id"]]), desk)
    beat()
    assert len(office.read(printers.jobs, office.ann)) == 1


@pytest.mark.proves("Front desk 7")
def test_the_badges_of_a_group_come_in_one_job_numbered_where_nobody_has_a_name(
    office: Office, print_server: Cups, paper: NetworkPrinter
) -> None:
    desk, queue = kiosk(office), f"q{uuid4().hex[:8]}"
    beside(office, desk, add_printer(office, print_server.add_queue(queue, paper)))
    names = ("王芳", "赵强")
    do = visits.InviteGroup(
        host_id=office.mei.person_id, name="李文博", company="江城建设集团", group_name="考察团", expected_on=TODAY, party=4, members=names
    )
    group = office.do(do, office.mei)
    came = office.do(visits.CheckInGroup(code=group["code"], members=group["members"]), desk)
    beat()
    [sheet] = paper.wait_for(1)
    assert [text[-8:] for text in codes_on(sheet)] == [came["code"], *(one["code"] for one in came["members"])]
    words = [page.get_textpage().get_text_range() for page in PdfDocument(sheet)]
    assert len(words) == 6  # three with a name and a code, three with a number: whoever has no name leaves with the leader
    assert [share for share in ("2/4", "3/4", "4/4") for page in words if share in page and "考察团" in page] == ["2/4", "3/4", "4/4"]
    until(lambda: job(office).state == "done")
    assert len(office.read(printers.jobs, office.ann)) == 1 and print_server.count_jobs(queue) == 1
    # two more come later by the same code: their badges are numbered on, the first are not printed again
    office.do(visits.CheckInGroup(code=group["code"], party=2), desk)
    beat()
    later = paper.wait_for(2)[1]
    words = [page.get_textpage().get_text_range() for page in PdfDocument(later)]
    assert len(words) == 2 and "5/6" in words[0] and "6/6" in words[1] and codes_on(later) == []


def test_a_printer_that_is_off_says_so_at_the_desk_and_the_badge_comes_when_it_is_on(
    office: Office, print_server: Cups, paper: NetworkPrinter
) -> None:
    desk, name = kiosk(office), f"q{uuid4().hex[:8]}"
    beside(office, desk, add_printer(office, print_server.add_queue(name, paper)))
    paper.switch_off()
    came = walk_in(office, desk)
    beat()
    until(lambda: job(office).problem != "", beats=150)
    assert job(office).state == "printing" and office.read(printers.count_stuck) == 1
    assert office.read(visits.badge_state, UUID(came["visit_id"]), desk).stuck
    paper.switch_on()
    print_server.pause(name)  # CUPS by itself would try again after half a minute
    print_server.resume(name)
    assert len(paper.wait_for(1)) == 1
    until(lambda: job(office).state == "done")
    assert office.read(printers.count_stuck) == 0


def test_a_queue_that_stands_still_holds_the_badge_and_reception_hears_of_it_once(
    office: Office, print_server: Cups, paper: NetworkPrinter
) -> None:
    name = f"q{uuid4().hex[:8]}"
    printer_id = add_printer(office, print_server.add_queue(name, paper), at_desk=True)
    print_server.pause(name)
    office.do(printers.TestPrinter(printer_id=printer_id), office.ann)
    for _ in range(3):
        beat()
    [seen] = office.read(printers.everything)
    assert (seen.state, seen.problem) == ("stopped", "printer.problem.paused")
    assert job(office).problem == "printer.problem.paused" and not paper.sheets
    [told] = [n for n in office.read(notices.unread, office.ann.person_id) if n.key == "printer.is_off"]
    assert "前台胸卡机" in notices.sentence(told, "zh-Hans")
    print_server.resume(name)
    paper.wait_for(1)
    until(lambda: job(office).state == "done")


def test_a_server_that_cannot_be_reached_keeps_every_job_and_sends_each_once(
    office: Office, print_server: Cups, paper: NetworkPrinter
) -> None:
    address = print_server.add_queue(f"q{uuid4().hex[:8]}", paper)
    printer_id = add_printer(office, "ipp://127.0.0.1:9/printers/none".replace(":9/", ":65033/"))
    for _ in range(3):
        office.do(printers.TestPrinter(printer_id=printer_id), office.ann)
    for _ in range(4):
        beat(40)
    assert {one.state for one in office.read(printers.jobs, office.ann)} == {"queued"}
    assert {one.problem for one in office.read(printers.jobs, office.ann)} == {"printer.problem.off"}
    office.do(printers.ChangePrinter(printer_id=printer_id, address=address), office.ada)
    beat()
    assert len(paper.wait_for(3)) == 3
    until(lambda: {one.state for one in office.read(printers.jobs, office.ann)} == {"done"})
    assert len(paper.sheets) == 3


@pytest.mark.parametrize(
    ("lost", "reached", "simple"),
    [
        (IppOperation.CREATE_JOB, True, False),
        (IppOperation.SEND_DOCUMENT, True, False),
        (IppOperation.SEND_DOCUMENT, False, False),
        (IppOperation.PRINT_JOB, True, True),  # a printer that takes jobs only whole
        (IppOperation.PRINT_JOB, False, True),
    ],
)
def test_a_lost_answer_does_not_print_a_second_badge(
    office: Office, print_server: Cups, paper: NetworkPrinter, lost: IppOperation, reached: bool, simple: bool
) -> None:
    """Also when the badge has long come out: a print server then no longer lists its job by name."""
    name = f"q{uuid4().hex[:8]}"
    with losing(print_server.add_queue(name, paper), answer_to=lost, reached=reached, simple=simple) as address:
        office.do(printers.TestPrinter(printer_id=add_printer(office, address)), office.ann)
        beat()
        assert job(office).state == "queued" and job(office).attempts == 1
        if reached and lost != IppOperation.CREATE_JOB:
            paper.wait_for(1)
            print_server.wait_until_named_no_more(name)
        beat(10)
        until(lambda: job(office).state == "done")
    assert len(paper.wait_for(1)) == 1, print_server.said()
    assert print_server.count_jobs(name) == 1


def test_a_job_cancelled_while_the_printer_gives_its_number_does_not_come_out(
    office: Office, print_server: Cups, paper: NetworkPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, Any] = {}
    begin = remote.begin

    def cancelled_meanwhile(*where: Any, **how: Any) -> int | None:
        number = begin(*where, **how)
        office.do(printers.CancelPrint(job_id=made["job_id"]), office.ann)
        return number

    name = f"q{uuid4().hex[:8]}"
    made |= office.do(printers.TestPrinter(printer_id=add_printer(office, print_server.add_queue(name, paper))), office.ann)
    monkeypatch.setattr(remote, "begin", cancelled_meanwhile)
    beat()
    assert job(office).state == "cancelled"
    print_server.wait_until_finished(name)
    assert paper.sheets == [] and print_server.count_jobs(name) == 1


def test_what_is_cancelled_or_no_longer_needed_does_not_come_out(office: Office, print_server: Cups, paper: NetworkPrinter) -> None:
    name = f"q{uuid4().hex[:8]}"
    printer_id = add_printer(office, print_server.add_queue(name, paper))
    desk = kiosk(office)
    beside(office, desk, printer_id)
    came = walk_in(office, desk)
    office.do(visits.CheckOut(code=came["code"]), desk)  # gone before the printer was ready
    print_server.pause(name)
    made = office.do(printers.TestPrinter(printer_id=printer_id), office.ann)
    beat()
    assert {one.state for one in office.read(printers.jobs, office.ann)} == {"cancelled", "printing"}
    office.do(printers.CancelPrint(job_id=made["job_id"]), office.ann)  # the queue has it already
    beat()
    beat(11)
    print_server.resume(name)
    office.do(printers.TestPrinter(printer_id=printer_id), office.ann)
    beat()
    paper.wait_for(1)
    until(lambda: job(office).state == "done")
    assert len(paper.sheets) == 1
    assert office.refused(printers.RetryPrint(job_id=made["job_id"]), office.ann).code == "print.over"


def test_a_job_can_be_moved_to_another_printer_and_tried_again(office: Office, print_server: Cups, paper: NetworkPrinter) -> None:
    gone = add_printer(office, "ipp://127.0.0.1:65033/printers/none", "坏的")
    good = add_printer(office, print_server.add_queue(f"q{uuid4().hex[:8]}", paper), "好的")
    made = office.do(printers.TestPrinter(printer_id=gone), office.ann)
    beat()
    assert office.refused(printers.RetryPrint(job_id=made["job_id"], printer_id=good), office.mei).code == "op.not_allowed"
    office.do(printers.RetryPrint(job_id=made["job_id"], printer_id=good), office.ann)
    beat()
    paper.wait_for(1)
    office.do(printers.RetirePrinter(printer_id=gone), office.ada)
    assert [one.name for one in office.read(printers.everything)] == ["好的"]


@pytest.mark.proves("Office 7", "S3.1-R5")
def test_a_printer_without_paper_says_so_at_the_desk_and_at_the_kiosk_before_anybody_waits_for_it(
    office: Office, print_server: Cups
) -> None:
    desk, name = kiosk(office), f"q{uuid4().hex[:8]}"
    address, tray = print_server.add_tray(name)
    printer_id = add_printer(office, address)
    beside(office, desk, printer_id)
    tray.now("media-empty-error")
    came = walk_in(office, desk)
    until(lambda: job(office).problem == "printer.problem.paper")
    seen = office.read(visits.badge_state, UUID(came["visit_id"]), desk)
    assert seen.stuck and seen.empty and job(office).state == "printing"
    [shown] = office.read(printers.everything)
    assert (shown.problem, shown.well) == ("printer.problem.paper", False)
    [told] = [n for n in office.read(notices.unread, office.ann.person_id) if n.key == "printer.is_off"]
    assert "没纸" in notices.sentence(told, "zh-Hans")
    # who comes next is told at once: nobody looks at a slot that is known to stay empty
    following = walk_in(office, desk, name="陈二")
    assert office.read(visits.badge_state, UUID(following["visit_id"]), desk).empty
    tray.now("media-jam-error")
    until(
        lambda: (
            job(office).problem == "printer.problem.jam"
            or "printer.problem.jam" in {one.problem for one in office.read(printers.everything)}
        )
    )
    tray.now("fine")
    until(lambda: {one.state for one in office.read(printers.jobs, office.ann)} == {"done"})
    assert len(tray.sheets) == 2 and office.read(printers.count_stuck) == 0
    assert not office.read(visits.badge_state, UUID(came["visit_id"]), desk).stuck


@pytest.mark.proves("S3.1-R5")
@pytest.mark.parametrize(
    ("how", "state", "problem"),
    [
        ("fails", "stopped", "printer.problem.stopped"),  # the queue's policy stops the printer
        ("stops", "stopped", "printer.problem.stopped"),
        ("holds", "idle", "printer.problem.held"),
    ],
)
def test_a_printer_that_fails_stops_or_holds_a_job_is_shown_as_that_and_the_badge_is_not_lost(
    office: Office, print_server: Cups, how: str, state: str, problem: str
) -> None:
    name = f"q{uuid4().hex[:8]}"
    address, tray = print_server.add_tray(name)
    printer_id = add_printer(office, address, at_desk=True)
    tray.now(how)
    office.do(printers.TestPrinter(printer_id=printer_id), office.ann)
    until(lambda: job(office).problem in (problem, "printer.problem.paused"))
    [shown] = office.read(printers.everything)
    assert shown.state == state and job(office).state == "printing" and office.read(printers.count_stuck) == 1
    tray.now("fine")
    if how == "holds":
        print_server.release(name)  # the queue itself goes on
    else:
        print_server.resume(name)
    until(lambda: job(office).state == "done")
    assert len(tray.sheets) == 1


@pytest.mark.proves("S3.1-R5")
def test_a_job_that_the_printer_throws_away_is_failed_and_comes_when_it_is_tried_again(office: Office, print_server: Cups) -> None:
    name = f"q{uuid4().hex[:8]}"
    address, tray = print_server.add_tray(name)
    made = office.do(printers.TestPrinter(printer_id=add_printer(office, address)), office.ann)
    tray.now("gives-up")
    until(lambda: job(office).state == "failed")
    assert job(office).problem == "printer.problem.aborted"
    tray.now("fine")
    print_server.reject(name)
    office.do(printers.RetryPrint(job_id=made["job_id"]), office.ann)
    until(lambda: job(office).problem == "printer.problem.not_accepting")
    print_server.accept(name)
    until(lambda: job(office).state == "done")
    assert len(tray.sheets) == 1


@pytest.mark.proves("SEC 31", "S3.1-R5")
@pytest.mark.parametrize("way", ["Basic", "Digest"])
def test_a_queue_that_asks_for_a_password_gets_it_sealed_and_only_when_it_asks(
    office: Office, print_server: Cups, paper: NetworkPrinter, way: str
) -> None:
    with guarded(print_server.add_queue(f"q{uuid4().hex[:8]}", paper), way, "foyer", "käse/密码") as (address, heard):
        printer_id = add_printer(office, address)
        office.do(printers.TestPrinter(printer_id=printer_id), office.ann)
        beat()
        assert (job(office).state, job(office).problem) == ("queued", "printer.problem.password")
        office.do(printers.ChangePrinter(printer_id=printer_id, account="foyer", password="wrong"), office.ada)
        beat(5)
        assert job(office).problem == "printer.problem.password_wrong"
        office.do(printers.ChangePrinter(printer_id=printer_id, password="käse/密码"), office.ada)
        until(lambda: job(office).state == "done")
        assert len(paper.wait_for(1)) == 1
        assert all(first is None for first in heard.first)  # nobody is told before they ask
    with database.reading() as s:
        row = printers.get(s, printer_id)
        assert "käse" not in row.secret and row.secret
        told = str(s.execute(text("select * from audit")).all())
    assert "käse" not in told and "wrong" not in told
    [shown] = office.read(printers.everything)
    assert shown.account == "foyer" and "secret" not in type(shown).__slots__
    office.do(printers.ChangePrinter(printer_id=printer_id, account=""), office.ada)
    with database.reading() as s:
        assert printers.get(s, printer_id).secret == ""


@pytest.mark.proves("SEC 31")
def test_a_password_is_not_sent_readable_over_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    with guarded("ipp://127.0.0.1:1/x", "Basic", "foyer", "pw") as (address, heard):
        asked = replace(ipp.read_address(address), login=ipp.Login("foyer", "pw"))
        monkeypatch.setattr(ipp._WhenAsked, "__init__", _as_if_far_away)
        with pytest.raises(CannotPrint) as refused:
            ipp.look(asked, "127.0.0.1")
    assert refused.value.problem == "printer.problem.password_in_clear" and set(heard.first) == {None} and not heard.then


def _as_if_far_away(self: ipp._WhenAsked, address: ipp.Address, ip: str) -> None:
    self.login, self.private = address.login, False


@pytest.mark.proves("SEC 31")
@pytest.mark.parametrize(
    "address",
    ["ftp://printer/", "ipp://", "ipp://user:pw@printer/x", "ipp://printer:22/x", "ipp://printer:25/ipp", "file:///etc/passwd", "ipp://printer/a?b=c",
     "ipp://printer/../x", "http://printer:99999/", "ipp://pri nter/x", "javascript:alert(1)", "ipp://打印机/x", "socket://printer:9100"],
)  # fmt: skip
def test_only_a_printers_address_is_taken(address: str) -> None:
    with pytest.raises(CannotPrint):
        ipp.read_address(address)


@pytest.mark.proves("SEC 31")
@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("ipp://192.168.1.20/ipp/print", True), ("ipp://10.0.0.5:8631/printers/x", True), ("ipp://127.0.0.1/printers/x", True),
        ("ipps://93.184.216.34/ipp/print", True), ("ipp://93.184.216.34/ipp/print", False), ("ipp://127.0.0.1:8080/x", False),
        ("ipp://[::1]:5432/x", False), ("ipp://169.254.169.254/latest", False), ("http://169.254.169.254:80/", False), ("ipp://[fe80::1]/x", False),
        ("ipp://0.0.0.0/x", False), ("ipp://0.1.2.3/x", False), ("ipp://224.0.0.1/x", False), ("ipp://[::ffff:169.254.169.254]/x", False),
        ("ipp://[::ffff:127.0.0.1]:8080/x", False),
    ],
)  # fmt: skip
def test_a_real_office_speaks_to_printers_and_to_nothing_else(address: str, allowed: bool) -> None:
    found = ipp.read_address(address)
    if allowed:
        assert ipp.resolve(found) == found.host
    else:
        with pytest.raises(CannotPrint) as refused:
            ipp.resolve(found)
        assert refused.value.problem in ("printer.forbidden_address", "printer.needs_tls")


def test_only_an_administrator_sets_up_printers_and_a_kiosk_prints_only_its_own_visitor(office: Office) -> None:
    do = printers.AddPrinter(name="P", address="ipp://192.168.1.20/ipp/print", paper="badge-62")
    assert office.refused(do, office.ann).code == "op.not_allowed"
    printer_id = add_printer(office, "ipp://192.168.1.20/ipp/print")
    assert (
        office.refused(printers.AddPrinter(name="前台胸卡机", address="ipp://192.168.1.21/", paper="badge-62"), office.ada).code
        == "printer.name_taken"
    )
    assert office.refused(printers.AddPrinter(name="Q", address="ipp://x:22/", paper="badge-62"), office.ada).code == "printer.bad_port"
    for address, code in (("ipp://169.254.169.254/x", "printer.forbidden_address"), ("ipp://93.184.216.34/x", "printer.needs_tls")):
        assert office.refused(printers.AddPrinter(name="Q", address=address, paper="badge-62"), office.ada).code == code
    one, other = kiosk(office), kiosk(office, "后门")
    came = walk_in(office, one)
    assert office.refused(visits.PrintBadges(visit_ids=[came["visit_id"]]), other).code == "op.not_allowed"
    assert office.refused(visits.PrintBadges(visit_ids=[came["visit_id"]], printer_id=printer_id), one).code == "op.not_allowed"
    office.later(minutes=2)
    assert office.refused(visits.PrintBadges(visit_ids=[came["visit_id"]]), one).code == "op.not_allowed"


@pytest.mark.proves("Things 2")
def test_a_badge_is_printed_again_only_with_a_reason_and_a_lost_one_gets_another_code(office: Office) -> None:
    printer_id = add_printer(office, "ipp://192.168.1.20/ipp/print")
    came = walk_in(office, office.ann)
    visit_id = UUID(came["visit_id"])
    first = office.do(visits.PrintBadges(visit_ids=[visit_id], printer_id=printer_id), office.ann)
    assert first["codes"] == [came["code"]] and first["job_id"]
    again = visits.PrintBadges(visit_ids=[visit_id])
    assert office.refused(again, office.ann).code == "badge.why_again"
    assert office.refused(visits.PrintBadges(visit_ids=[visit_id], reason="because"), office.ann).code == "badge.reason"
    office.later(minutes=1)
    assert office.do(visits.PrintBadges(visit_ids=[visit_id], reason="jam"), office.ann) == {"job_id": None, "codes": [came["code"]]}
    office.later(minutes=1)
    new = office.do(visits.PrintBadges(visit_ids=[visit_id], reason="lost: 在地铁上"), office.ann)["codes"][0]
    assert new != came["code"]
    log = office.read(visits.prints_of, visit_id)
    assert [(line.who, line.reason) for line in log] == [("安然", "lost: 在地铁上"), ("安然", "jam"), ("安然", "")]
    with database.reading() as s:
        assert labels.known(s, came["code"]).superseded_by == new
        assert labels.subject(s, came["code"], labels.SubjectKind.VISIT) == visit_id


def test_a_sheet_of_labels_goes_through_the_same_queue_and_is_in_the_same_log(
    office: Office, print_server: Cups, paper: NetworkPrinter
) -> None:
    printer_id = add_printer(office, print_server.add_queue(f"q{uuid4().hex[:8]}", paper), "标签机", paper="62x29")
    code = office.label(labels.SubjectKind.PLACE, office.places["301"])
    do = label_jobs.PrintLabels(codes=[code], template="62x29", printer_id=printer_id)
    assert office.refused(do.model_copy(update={"template": "A4-24"}), office.bo).code == "printer.other_paper"
    assert office.refused(do, office.mei).code == "op.not_allowed"
    office.do(do, office.bo)
    beat()
    [sheet] = paper.wait_for(1)
    assert [text[-8:] for text in codes_on(sheet) if text.startswith("HTTP")] == [code]
    [line] = office.read(label_jobs.jobs)
    assert (line.printer, line.count, line.who) == ("标签机", 1, "薄一鸣")


def test_what_answers_like_no_printer_is_named_so_and_shows_nothing_of_itself(office: Office) -> None:
    """A web server, silence, a redirect and a torrent: each says what it is and nothing of it reaches the screen."""
    for answer, status, told in (
        (b"<html>secret</html>", 200, "printer.problem.not_a_printer"), (b"", 302, "printer.problem.not_a_printer"),
        (b"x" * 600_000, 200, "printer.problem.not_a_printer"), (b"\x01\x01", 200, "printer.problem.not_a_printer"),
    ):  # fmt: skip
        with catching_calls() as hook:
            hook.status, hook.body = status, answer
            hook.headers = {"content-type": "application/ipp" if len(answer) != 19 else "text/html", "location": "http://169.254.169.254/"}
            port = hook.url.split(":")[2].split("/")[0]
            address = ipp.read_address(f"ipp://127.0.0.1:{port}/x")
            with pytest.raises(CannotPrint) as seen:
                ipp.look(address, "127.0.0.1")
            assert seen.value.problem == told and "secret" not in seen.value.detail
            assert len(hook.calls) == 1

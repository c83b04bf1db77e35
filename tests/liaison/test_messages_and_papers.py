"""Messages passed, read, answered and chased; cases with notes for the head alone; certificates (guide S3.2-R2 … R5)."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pypdfium2
import pytest
import zxingcpp

from assets_labels.certificates import CertificateText, draw_certificate
from core.foundation import clock
from core.mechanisms import channels, notices, numbering, people
from core.mechanisms.operations import OperationRow, perform_now
from core.mechanisms.views import Query
from core.sections import liaison
from core.sections.liaison import certificates
from tests.cast import Office
from tests.visits.catchers import catching_mail


def receive(office: Office, **more: object) -> UUID:
    do = liaison.ReceiveMessage(source="市档案局", subject="征求意见", summary="请于周五前反馈", **more)  # type: ignore[arg-type]
    return UUID(office.do(do, office.ann)["message_id"])


@pytest.mark.proves("S3.2-R2", "S3.2-R3")
def test_a_message_is_passed_read_and_answered_each_with_who_and_when_and_the_reply_closes_it(office: Office) -> None:
    due = clock.today() + timedelta(days=3)
    contact = UUID(office.do(liaison.SaveContact(name="周主任", org="市档案局"), office.bo)["contact_id"])
    id = receive(office, due_on=due, contact_id=contact)
    assert office.read(liaison.message, id).state == "new"
    office.do(people.UpdateDepartment(department_id=office.departments["财务科"], head_id=office.wu.person_id), office.ada)
    passed = liaison.PassMessage(
        message_id=id, person_ids=[office.mei.person_id], department_ids=[office.departments["财务科"]], note="请会签"
    )
    assert office.do(passed, office.ann)["told"] == 2 and office.do(passed, office.ann)["told"] == 0
    assert office.read(liaison.count_mine, office.mei.person_id) == 1
    office.later(minutes=5)
    first = office.do(liaison.ReadMessage(message_id=id), office.mei)["read_at"]
    office.later(minutes=5)
    assert office.do(liaison.ReadMessage(message_id=id), office.mei)["read_at"] == first, "read is read once"
    office.do(liaison.AnswerMessage(message_id=id, text="无意见"), office.mei)
    office.do(liaison.AnswerMessage(message_id=id, text="建议补充预算"), office.wu)
    shown = office.read(liaison.message, id)
    assert (shown.state, shown.read, shown.answered, shown.receivers) == ("answered", 2, 2, 2)
    assert [(to.person, to.department) for to in shown.to] == [("林晓梅", ""), ("吴桐", "财务科")]
    assert office.refused(liaison.ReplyOut(message_id=id), office.ann).code == "liaison.say_something"
    office.later(minutes=5)
    office.do(liaison.ReplyOut(message_id=id, text="意见两条，见附件", way="mail"), office.ann)
    shown = office.read(liaison.message, id)
    assert shown.state == "replied" and [(word.inside, word.by) for word in shown.words] == [
        (True, "林晓梅"),
        (True, "吴桐"),
        (False, "安然"),
    ]
    assert office.read(liaison.contact, contact).last_at == clock.now(), "answering is being in touch"
    assert office.refused(liaison.AnswerMessage(message_id=id, text="晚了"), office.mei).code == "liaison.closed"
    assert office.read(liaison.count_mine, office.mei.person_id) == 0


@pytest.mark.proves("S3.2-R2")
def test_late_messages_are_chased_once_a_day_and_the_office_hears_of_silence(office: Office) -> None:
    id = receive(office, due_on=clock.today())
    office.do(liaison.PassMessage(message_id=id, person_ids=[office.mei.person_id]), office.ann)
    for _day in range(4):
        for _hour in range(3):
            liaison.chase_late(clock.now())
        office.later(days=1)
    keys = [(n.key, n.person_id) for n in office.read(notices.about, "message", id)]
    assert keys.count(("liaison.chased", office.mei.person_id)) == 4
    assert ("liaison.still_open", office.ann.person_id) in keys
    shown = office.read(liaison.message, id)
    assert shown.late and shown.to[0].chased == 4
    assert [m.id for m in office.read(liaison.MESSAGES.list, Query(filters={"state": "late"}), office.ann).items] == [id]


def test_only_who_it_was_passed_to_reads_it(office: Office) -> None:
    id = receive(office)
    assert (
        office.read(liaison.MESSAGES.get, str(id), office.mei) is None
        and office.read(liaison.MESSAGES.list, Query(), office.mei).items == []
    )
    for do in (
        liaison.ReadMessage(message_id=id),
        liaison.AnswerMessage(message_id=id, text="x"),
        liaison.PassMessage(message_id=id, person_ids=[office.wu.person_id]),
    ):
        assert office.refused(do, office.mei).code == "op.not_allowed"
    office.do(liaison.PassMessage(message_id=id, person_ids=[office.mei.person_id], to_answer=False), office.ann)
    assert office.read(liaison.MESSAGES.get, str(id), office.mei).subject == "征求意见"
    office.do(liaison.PassMessage(message_id=id, person_ids=[office.wu.person_id]), office.mei)  # who has it may pass it on
    assert (
        office.refused(liaison.PassMessage(message_id=id, department_ids=[office.departments["财务科"]]), office.ann).code
        == "liaison.no_head"
    )
    assert (
        office.refused(liaison.ReceiveMessage(source="x", subject="y", due_on=clock.today() - timedelta(days=1)), office.ann).code
        == "liaison.due_past"
    )


@pytest.mark.proves("S3.2-R4", "S3.2-R5")
def test_confidential_notes_of_a_case_are_for_the_head_and_who_wrote_them_alone(office: Office) -> None:
    id = UUID(office.do(liaison.OpenCase(title="商标被冒用", legal=True), office.bo)["case_id"])
    assert [n.person_id for n in office.read(notices.about, "case", id)] == [office.chen.person_id], "a legal matter is told to the head"
    op_id = uuid4()
    office.do(liaison.AddNote(case_id=id, text="已取证"), office.bo)
    office.do(liaison.AddNote(case_id=id, text="拟委托律师，报价机密", confidential=True), office.bo, op_id=op_id)
    texts = {who: [note.text for note in office.read(liaison.case, id, office.people[who]).notes] for who in ("chen", "bo", "ann", "ada")}
    both, open_only = ["已取证", "拟委托律师，报价机密"], ["已取证"]
    assert texts == {"chen": both, "bo": both, "ann": open_only, "ada": open_only}
    assert "机密" not in str(office.read(liaison.CASES.get, str(id), office.ann)) and "机密" not in str(
        office.read(liaison.CASES.list, Query(), office.ann).items
    )
    assert office.read(lambda s: s.get(OperationRow, op_id)).payload is None, "nor does it stand in the log"
    assert office.refused(liaison.CloseCase(case_id=id, outcome="和解"), office.bo).code == "op.not_allowed"
    office.do(liaison.CloseCase(case_id=id, outcome="和解"), office.chen)
    assert office.refused(liaison.AddNote(case_id=id, text="x"), office.bo).code == "liaison.closed"


def issue(office: Office, **more: object) -> dict[str, str]:
    facts = {"subject_name": "李文博", "to_org": "市人社局", "purpose": "办理居住证", "text": "李文博为我单位职工。\n特此证明。"} | more
    made = office.do(liaison.IssueCertificate(**facts), office.bo)  # type: ignore[arg-type]
    assert isinstance(made, dict)
    return made


@pytest.mark.proves("S3.2-R4", "Office 3")
def test_certificates_are_numbered_without_gaps_and_void_ones_stay(office: Office) -> None:
    first = issue(office)
    assert (
        office.refused(
            liaison.IssueCertificate(subject_name="a", purpose="b", text="c", valid_until=clock.today() - timedelta(days=1)), office.bo
        ).code
        == "liaison.until_past"
    )
    second = issue(office)
    assert (first["number"], second["number"]) == (1, 2)
    office.do(liaison.VoidCertificate(certificate_id=UUID(first["certificate_id"]), reason="姓名有误"), office.bo)
    assert issue(office)["number"] == 3
    rows = office.read(liaison.CERTIFICATES.list, Query(), office.chen).items
    assert [(row.full_number, row.state) for row in rows] == [
        ("证〔2026〕3号", "valid"),
        ("证〔2026〕2号", "valid"),
        ("证〔2026〕1号", "void"),
    ]
    assert [(v.number, v.void) for v in office.read(numbering.register, "certificate", 2026)] == [(1, True), (2, False), (3, False)]
    assert office.refused(liaison.IssueCertificate(subject_name="a", purpose="b", text="c"), office.mei).code == "op.not_allowed"


def test_two_who_issue_at_once_get_two_numbers(office: Office) -> None:
    do = liaison.IssueCertificate(subject_name="李文博", purpose="x", text="y")
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _n: perform_now(do, by=office.bo), range(8)))
    assert sorted(one.result["number"] for one in made) == list(range(1, 9)) and len({one.result["code"] for one in made}) == 8


@pytest.mark.proves("S3.2-R4")
def test_the_code_says_valid_void_expired_or_unknown_and_never_more_than_the_paper_shows(office: Office) -> None:
    made = issue(office, valid_until=clock.today())
    code = made["code"]
    seen = office.read(liaison.verify, certificates.shown(code).lower(), clock.now())
    assert (seen.state, seen.number, seen.purpose, seen.name) == ("valid", "证〔2026〕1号", "办理居住证", "李＊博")
    office.later(days=1)
    assert office.read(liaison.verify, code, clock.now()).state == "expired"
    office.do(liaison.VoidCertificate(certificate_id=UUID(made["certificate_id"]), reason="x"), office.bo)
    assert office.read(liaison.verify, code, clock.now()).state == "void"
    other = "2" if code[0] != "2" else "3"
    for wrong in ("", "x" * 500, "ABCD-EFGH", other + code[1:], code[:-1], "'; drop table certificate; --", "\x00" * 12, "７K3M"):
        assert office.read(liaison.verify, wrong, clock.now()) == liaison.Verified("unknown")
    assert [certificates.masked(name) for name in ("李", "李文", "李文博", "欧阳文博", "Wenbo Li")] == [
        "李",
        "李＊",
        "李＊博",
        "欧＊＊博",
        "W＊＊＊＊ L＊",
    ]


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_the_paper_holds_the_words_the_number_and_a_code_that_opens_the_page(language: str) -> None:
    text = CertificateText(
        office="临江区机关事务中心", number="证〔2026〕7号", to_org="市人社局", text="兹证明李文博（㐂）为我单位职工。\n特此证明。", purpose="办理居住证",
        issued_on=clock.today(), valid_until=None, code="ABCD-EFGH-JKMN", address="HTTPS://FOYER.EXAMPLE/V/ABCDEFGHJKMN", void=False, language=language,
    )  # fmt: skip
    data = draw_certificate(text)
    assert data == draw_certificate(text)
    page = pypdfium2.PdfDocument(io.BytesIO(data))[0]
    words = page.get_textpage().get_text_range()
    assert "李文博" in words and "证〔2026〕7号" in words and "ABCD-EFGH-JKMN" in words
    assert zxingcpp.read_barcode(page.render(scale=300 / 72).to_pil()).text == text.address


@pytest.mark.proves("S3.2-R4")
@pytest.mark.parametrize(
    ("typed", "said"),
    [("qbvquj5vzfdr", "QBVQ-UJ5V-ZFDR"), ("ＱＢＶＱ ＵＪ５", "QBVQ-UJ5"), ("<b>x</b>", "BXB"), ("证明", ""), ("", ""), ("A" * 500, "AAAA-AAAA-AAAA-AAAA")],
)  # fmt: skip
def test_who_typed_a_wrong_code_sees_what_was_asked_for(typed: str, said: str) -> None:
    assert certificates.asked(typed) == said


@pytest.mark.proves("S3.2-R2", "X3")
def test_the_mail_about_a_message_says_where_it_is_opened(office: Office) -> None:
    office.do(people.UpdatePerson(person_id=office.mei.person_id, email="mei@example.org"), office.ada)
    received = office.do(liaison.ReceiveMessage(source="市档案局", subject="征求意见", way="letter"), office.ann)
    with catching_mail() as post:
        channels.set_up_mail(post.url)
        notices.opens_at("https://foyer.example", {"message": "/my/messages/{id}"})
        try:
            office.do(liaison.PassMessage(message_id=UUID(received["message_id"]), person_ids=[office.mei.person_id]), office.ann)
            notices.send_due(clock.now())
        finally:
            notices.opens_at("", {})
            channels.set_up_mail("")
        said = post.mail_to("mei@example.org").get_content()
        assert f"https://foyer.example/my/messages/{received['message_id']}\n" in said
        assert said.startswith("市档案局来信：征求意见，请答复\n")  # no day was said, so none is asked for

"""Outside contacts: cards, last and next contact, reminders, duplicates, files (guide S3.2-R1)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from core.foundation import clock
from core.mechanisms import imports, notices
from core.mechanisms.views import Query
from core.sections import liaison
from core.sections.liaison import Card, CardError, read_card
from tests.cast import Office

VCARD = """BEGIN:VCARD
VERSION:3.0
N:李;文博;;;
FN:李文博
ORG:远山科技有限公司;市场部
TITLE:经理
TEL;TYPE=WORK:010-88886666
TEL;TYPE=CELL:13800138000
EMAIL:li@example.com
ADR;TYPE=WORK:;;人民路 1 号;临江;;200000;中国
NOTE:展会上认识\\, 有意合作
END:VCARD"""


@pytest.mark.parametrize(
    ("text", "card"),
    [
        (VCARD, Card("李文博", "远山科技有限公司 市场部", "经理", "13800138000", "li@example.com", "人民路 1 号 临江 200000 中国", "展会上认识, 有意合作")),
        ("MECARD:N:Li,Wenbo;ORG:Far Hills\\; Ltd;TEL:+8613800138000;EMAIL:li@example.com;;", Card("Wenbo Li", "Far Hills; Ltd", phone="+8613800138000", email="li@example.com")),
        ("BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E7=8E=8B;=E6=95=8F\r\nTEL;CELL:139\r\nEND:VCARD", Card("王敏", phone="139")),
        ("begin:vcard\nversion:4.0\nitem1.FN:Ann\n  Lee\nTEL;VALUE=uri:tel:+4912\nEND:VCARD", Card("Ann Lee", phone="+4912")),
        ("BEGIN:VCARD\nORG:市档案局\nEND:VCARD", Card("市档案局", "市档案局")),
        ("MECARD:N:\u202e李文博\u202c\x07;;", Card("李文博")),
    ],
)  # fmt: skip
def test_cards_of_all_makers_are_read(text: str, card: Card) -> None:
    assert read_card(text) == card


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("https://example.com/", "liaison.no_card"),
        ("javascript:alert(1)", "liaison.no_card"),
        ("BEGIN:VCARD\nTEL:1\nEND:VCARD", "liaison.card_nameless"),
        ("MECARD:", "liaison.card_nameless"),
        ("BEGIN:VCARD\n" + "N:" + "x" * 5000, "liaison.no_card"),
    ],
)
def test_what_is_no_card_is_told_apart(text: str, code: str) -> None:
    with pytest.raises(CardError) as error:
        read_card(text)
    assert error.value.code == code


@pytest.mark.proves("S3.2-R1")
def test_a_scanned_card_becomes_a_contact_of_who_scanned_it_once(office: Office) -> None:
    made = office.do(liaison.TakeCard(text=VCARD, kind="partner"), office.mei)
    again = office.do(liaison.TakeCard(text=VCARD), office.wu)
    assert again["contact_id"] == made["contact_id"] and again["again"] is True
    shown = office.read(liaison.contact, UUID(made["contact_id"]))
    assert (shown.name, shown.org, shown.owner, shown.kind, shown.state) == (
        "李文博",
        "远山科技有限公司 市场部",
        "林晓梅",
        "partner",
        "fresh",
    )
    assert [c.name for c in office.read(liaison.CONTACTS.list, Query(q="liwenbo"), office.ann).items] == ["李文博"]
    assert office.read(liaison.CONTACTS.list, Query(), office.wu).items == [], "others see their own contacts"
    assert office.read(liaison.CONTACTS.get, made["contact_id"], office.wu) is None


@pytest.mark.proves("S3.2-R1")
def test_a_contact_goes_quiet_the_owner_hears_once_and_a_word_makes_it_fresh(office: Office) -> None:
    made = UUID(
        office.do(liaison.SaveContact(name="周主任", org="市档案局", kind="superior", owner_id=office.mei.person_id), office.bo)[
            "contact_id"
        ]
    )
    office.later(days=60)
    assert office.read(liaison.contact, made).state == "fresh", "sixty days are what a superior body allows"
    office.later(minutes=1)
    assert office.read(liaison.contact, made).state == "stale"
    assert [c.name for c in office.read(liaison.CONTACTS.list, Query(filters={"state": "stale"}), office.bo).items] == ["周主任"]
    for _ in range(3):
        liaison.remind_contacts(clock.now())
    told = [n.key for n in office.read(notices.about, "contact", made)]
    assert told == ["liaison.remind_stale"]
    day = clock.today() + timedelta(days=7)
    office.do(liaison.NoteContact(contact_id=made, way="visit", summary="约定下周送材料", next_on=day), office.mei)
    shown = office.read(liaison.contact, made)
    assert (shown.state, shown.next_on, shown.notes[0].summary, shown.notes[0].by) == ("fresh", day, "约定下周送材料", "林晓梅")
    office.later(days=7)
    assert office.read(liaison.contact, made).state == "due"
    for _ in range(2):
        liaison.remind_contacts(clock.now())
    assert sorted(n.key for n in office.read(notices.about, "contact", made)) == ["liaison.remind_due", "liaison.remind_stale"]
    assert (
        office.refused(liaison.NoteContact(contact_id=made, spoke_at=clock.now() + timedelta(hours=1)), office.mei).code == "liaison.future"
    )


@pytest.mark.proves("S3.2-R1")
def test_a_colleague_without_a_part_in_it_notes_nothing_about_another_s_contact(office: Office) -> None:
    made = UUID(office.do(liaison.SaveContact(name="李文博", org="远山科技", owner_id=office.mei.person_id), office.bo)["contact_id"])
    assert office.refused(liaison.NoteContact(contact_id=made, summary="我也认识"), office.wu).code == "liaison.not_found"
    assert office.read(liaison.contact, made).notes == ()
    office.do(liaison.NoteContact(contact_id=made, summary="通了电话"), office.mei)
    office.do(liaison.NoteContact(contact_id=made, summary="补寄材料"), office.ann)
    assert [note.summary for note in office.read(liaison.contact, made).notes] == ["补寄材料", "通了电话"]


@pytest.mark.proves("S3.2-R1")
def test_duplicates_are_named_and_merged_without_losing_a_word(office: Office) -> None:
    keep = UUID(office.do(liaison.SaveContact(name="李文博", org="远山科技", phone="138"), office.bo)["contact_id"])
    said = office.do(liaison.SaveContact(name="李文博", org="远山科技", email="li@example.com"), office.bo)
    gone = UUID(said["contact_id"])
    assert said["twins"] == [str(keep)]
    office.do(liaison.NoteContact(contact_id=gone, summary="寄了样品"), office.bo)
    office.do(liaison.MergeContacts(keep_id=keep, gone_id=gone), office.bo)
    shown = office.read(liaison.contact, gone)
    assert (shown.id, shown.phone, shown.email, shown.notes[0].summary, shown.twins) == (keep, "138", "li@example.com", "寄了样品", ())
    assert len(office.read(liaison.CONTACTS.list, Query(), office.bo).items) == 1
    assert office.refused(liaison.MergeContacts(keep_id=keep, gone_id=gone), office.bo).code == "liaison.same"
    assert office.refused(liaison.MergeContacts(keep_id=keep, gone_id=gone), office.mei).code == "op.not_allowed"


@pytest.mark.proves("S3.2-R1")
def test_a_list_of_contacts_is_brought_in_once_and_can_be_taken_back(office: Office) -> None:
    data = "姓名,单位,单位类别,职务,电话,负责人\n周主任,市档案局,上级单位,主任,010-1,林晓梅\n李文博,远山科技,合作单位,经理,138,\n王敏,某处,外星单位,,,\n".encode(
        "gb18030"
    )
    dry = imports.dry_run("contacts", data, office.bo)
    assert [(row.action, row.code) for row in dry.rows] == [("create", None), ("create", None), ("error", "import.unknown_org_kind")] or [
        row.action for row in dry.rows
    ] == ["create", "create", "error"]
    done = imports.run("contacts", data, office.bo)
    assert [row.action for row in done.rows] == ["create", "create", "error"]
    found = {c.name: (c.org, c.kind, c.owner) for c in office.read(liaison.CONTACTS.list, Query(), office.bo).items}
    assert found == {"周主任": ("市档案局", "superior", "林晓梅"), "李文博": ("远山科技", "partner", "薄一鸣")}
    assert [row.action for row in imports.run("contacts", data, office.bo).rows] == ["skip", "skip", "error"]


def test_contacts_page_by_page_and_a_bad_day_is_refused(office: Office) -> None:
    for n in range(5):
        office.do(liaison.SaveContact(name=f"联系人{n}", org=f"单位{n % 2}", next_on=date(2027, 1, 1)), office.bo)
    names, cursor = [], None
    while True:
        page = office.read(liaison.CONTACTS.list, Query(limit=2, cursor=cursor), office.bo)
        names += [c.name for c in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert names == ["联系人0", "联系人2", "联系人4", "联系人1", "联系人3"]

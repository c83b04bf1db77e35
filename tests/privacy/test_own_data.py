"""A visitor's own link: sees one's own visit, takes it along, has it erased; nobody learns anything by trying (issue 5, Privacy; pitfalls V30, V34)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from core.foundation import clock, database
from core.mechanisms.notices import Notice
from core.sections import visits
from core.sections.visits import CheckIn, CheckOut, KeepLonger, Visit, own_data, retention
from mobile import own_data as page
from tests.cast import Office
from tests.visits.build import invite, kiosk, sign, walk_in


@pytest.fixture
def phone() -> Iterator[TestClient]:
    """A visitor's phone: no cookies, no account."""
    app = FastAPI()
    app.include_router(page.router)
    page._misses.buckets.clear()
    page._opened.buckets.clear()
    own_data.use_base_url("http://testserver")
    with TestClient(app, follow_redirects=True) as client:
        yield client


def left(office: Office, name: str = "李文博", **more: object) -> UUID:
    desk = kiosk(office)
    made = invite(office, name=name, phone="13800001234", email="li@example.org", company="江城测绘", **more)
    arrived = office.do(CheckIn(code=made["code"], consent=sign(office)), desk)
    office.later(minutes=40)
    office.do(CheckOut(code=arrived["code"]), desk)
    return UUID(made["visit_id"])


def link(visit_id: UUID) -> str:
    with database.reading() as s:
        visit = s.get(Visit, visit_id)
        assert visit is not None
        return own_data.link_of(visit, retention.days(s, visit.type))


@pytest.mark.proves("V34")
def test_the_link_shows_the_visitors_own_visit_and_nothing_of_anybody_else(office: Office, phone: TestClient) -> None:
    other = left(office, "王敏")
    visit_id = left(office)
    got = phone.get(link(visit_id))
    assert got.status_code == 200 and got.headers["cache-control"] == "no-store" and "script" not in got.text
    for words in ("李文博", "13800001234", "li@example.org", "江城测绘", "林晓梅", "2026年12月23日", "30 天"):
        assert words in got.text, words
    assert "王敏" not in got.text and str(other) not in got.text
    english = phone.get(link(visit_id), params={"lang": "en"})
    assert "Erase my data" in english.text and "23 December 2026" in english.text


def test_what_is_kept_can_be_taken_along(office: Office, phone: TestClient) -> None:
    visit_id = left(office)
    got = phone.get(f"{link(visit_id)}/data.json")
    assert "attachment" in got.headers["content-disposition"]
    data = json.loads(got.text)
    assert (data["name"], data["phone"], data["keep_days"], data["kept_until"], data["signed"][0]["version"]) == (
        "李文博",
        "13800001234",
        30,
        "2026-12-23",
        "1.0",
    )
    assert "held" not in got.text and "block" not in got.text


def test_a_visitor_erases_their_data_after_leaving_and_only_then(office: Office, phone: TestClient) -> None:
    desk = kiosk(office)
    here = walk_in(office, desk)
    got = phone.post(link(UUID(here["visit_id"])), data={"choice": "erase", "lang": "en"})
    assert got.status_code == 409 and "erase" not in re.findall(r"value='(\w+)'", got.text)
    office.do(CheckOut(code=here["code"]), desk)
    address = link(UUID(here["visit_id"]))
    assert "立即删除" in phone.get(address).text
    got = phone.post(address, data={"choice": "erase", "lang": "zh-Hans"})
    assert got.status_code == 200 and "您的信息已删除" in got.text and "李文博" not in got.text
    with database.reading() as s:
        assert s.get(Visit, UUID(here["visit_id"])).name == ""  # type: ignore[union-attr]
    assert [line.outcome for line in office.audit("visit.erase_own")] == ["refused", "accepted"]
    again = phone.post(address, data={"choice": "erase"})
    assert again.status_code == 200 and "您的信息已删除" in again.text


def test_a_legal_hold_says_why_the_data_stays(office: Office, phone: TestClient) -> None:
    visit_id = left(office)
    office.do(KeepLonger(visit_id=visit_id, reason="电梯事故调查", until_on=clock.today() + timedelta(days=90)), office.sun)
    got = phone.get(link(visit_id))
    assert "电梯事故调查" in got.text and "2027年2月21日" in got.text and "立即删除" not in got.text
    assert phone.post(link(visit_id), data={"choice": "erase"}).status_code == 409
    with database.reading() as s:
        assert s.get(Visit, visit_id).name == "李文博"  # type: ignore[union-attr]


@pytest.mark.proves("V30")
def test_a_held_visitor_reads_nothing_of_the_list(office: Office, phone: TestClient) -> None:
    office.do(visits.AddBlock(name="李文博", reason="曾闹事"), office.sun)
    made = invite(office)
    assert made["code"] is None
    got = phone.get(link(UUID(made["visit_id"]))).text
    assert "held" not in got and "名单" not in got and "闹事" not in got and "前台联系" not in got
    data = phone.get(f"{link(UUID(made['visit_id']))}/data.json").json()
    assert data["state"] == "planned"


@pytest.mark.proves("V34")
def test_the_leaving_screens_code_opens_on_one_phone_within_ten_minutes(office: Office, phone: TestClient) -> None:
    visit_id = left(office)
    ticket = own_data.ticket_of(visit_id, clock.now())
    shown = phone.get(ticket)
    assert "李文博" not in shown.text and "13800001234" not in shown.text, "who photographs the screen reads no name"
    assert phone.get(ticket).status_code == 200, "opening takes nothing"
    got = phone.post(ticket, data={"choice": "open"})
    assert "李文博" in got.text and got.url.path.startswith("/mine/m"), "a link of one's own"
    second = phone.post(ticket, data={"choice": "open"})
    assert second.status_code == 409 and "李文博" not in second.text and "另一部手机" in second.text
    assert phone.post(ticket, data={"choice": "erase"}).status_code == 200 and "李文博" in phone.get(link(visit_id)).text, (
        "a ticket erases nothing"
    )
    late = own_data.ticket_of(visit_id, clock.now())
    office.later(minutes=11)
    assert phone.get(late).status_code == 404
    assert own_data.clear_tickets(office.later(minutes=30)) == 1


def test_the_link_ends_when_the_data_is_gone(office: Office, phone: TestClient) -> None:
    address = link(left(office))
    office.later(days=32)
    assert phone.get(address).status_code == 404


@pytest.mark.proves("V30", "V34", "SEC 29")
def test_nothing_is_learnt_by_trying_addresses(office: Office, phone: TestClient) -> None:
    """Another visit's id under the own mark, a changed end, a ticket made into a link, made-up ones: always the same page; after a dozen one waits."""
    visit_id, other = left(office), left(office, "王敏")
    head, until, nonce, mark = link(visit_id).rsplit("/", 1)[1].split("-")
    ticket = own_data.ticket_of(visit_id, clock.now()).rsplit("/", 1)[1]
    tries = [
        f"m{other.hex}-{until}-{nonce}-{mark}", f"{head}-zzzzzz-{nonce}-{mark}", f"{head}-{until}-{'0' * 12}-{mark}", f"{head}-{until}-{nonce}-{'0' * 32}",
        "m" + ticket[1:], "m" + uuid4().hex, str(other), "x" * 100, "%00", f"m{other.hex}-{until}-{nonce}-",
    ]  # fmt: skip
    answers = [phone.get(f"/mine/{text}") for text in tries]
    assert {got.status_code for got in answers} == {404}
    assert len({got.text for got in answers if "/mine/" in str(got.url)}) == 1, "a miss looks like every other miss"
    for got in answers:
        assert "王敏" not in got.text and "李文博" not in got.text
    codes = [phone.get(f"/mine/m{uuid4().hex}-1-2-3").status_code for _ in range(8)]
    assert 429 in codes
    assert phone.get(link(visit_id)).status_code == 200, "a right link still opens"


@given(st.text(max_size=150))
def test_no_text_is_a_token_but_ours(text: str) -> None:
    assert own_data.read_token(text, clock.now()) is None


def test_invitation_and_thanks_end_with_the_link_and_the_outbox_holds_none(office: Office) -> None:
    visit_id = left(office)
    with database.reading() as s:
        rows = list(s.execute(select(Notice).where(col(Notice.subject_id) == visit_id)).scalars())
    assert all("/mine/" not in json.dumps(row.facts) for row in rows)
    ending = own_data.mail_ending("visit", visit_id)
    assert ending is not None and ending[0] == "own_data.mail" and ending[1]["n"] == 30
    assert own_data.read_token(ending[1]["link"].rsplit("/", 1)[1], clock.now()).visit_id == visit_id  # type: ignore[union-attr]
    office.do(visits.EraseVisits(visit_ids=[visit_id]), office.ada)
    assert own_data.mail_ending("visit", visit_id) is None and own_data.mail_ending("help", visit_id) is None

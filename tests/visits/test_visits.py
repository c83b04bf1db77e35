"""A visitor's day in the core: invited, here, gone, forgotten (guide S3.1-R1, S3.1-R7; scenarios Office 7, Front desk 7)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from core.foundation import clock, database
from core.foundation.errors import Invalid, NotAllowed
from core.foundation.ids import uuid7
from core.mechanisms import labels, notices, operations, people
from core.mechanisms.labels import SubjectKind
from core.mechanisms.notices import Notice
from core.mechanisms.operations import Role
from core.mechanisms.views import Query
from core.sections import visits
from core.sections.visits import CheckIn, CheckOut, consent, keeping, register
from core.sections.visits.record import Visit
from tests.cast import Office
from tests.visits.build import TODAY, invite, kiosk, sign, walk_in

BLNS = Path(__file__).parents[3] / "shared" / "samples" / "blns.txt"  # public sample data that lies beside the project where it is at hand


def visit(visit_id: str | UUID) -> Visit:
    with database.reading() as s:
        found = s.get(Visit, UUID(str(visit_id)))
    assert found is not None
    return found


def told(kind_of_notice: str) -> list[Notice]:
    with database.reading() as s:
        return list(s.execute(select(Notice).where(Notice.key == kind_of_notice).order_by(Notice.created_at)).scalars())  # type: ignore[arg-type]


# ── coming ──


@pytest.mark.proves("S3.1-R1", "Office 7")
def test_the_invitation_code_finds_the_planned_visit_and_makes_no_second_one(office: Office) -> None:
    desk = kiosk(office)
    planned = invite(office, company="江城建设集团")
    arrived = office.do(CheckIn(code=planned["code"], consent=sign(office)), desk)
    assert arrived["visit_id"] == planned["visit_id"] and arrived["code"] != planned["code"]
    with database.reading() as s:
        assert len(s.execute(select(Visit)).scalars().all()) == 1
    here = visit(planned["visit_id"])
    assert (here.state, here.arrived_at, here.day_number, here.kiosk_id) == ("here", clock.now(), 1, desk.device_id)
    assert [(n.person_id, n.facts["name"]) for n in told("visit.arrived")] == [(office.mei.person_id, "李文博")]


def test_a_walk_in_names_the_host_exactly_and_gets_the_days_next_number(office: Office) -> None:
    desk = kiosk(office)
    for number, host in enumerate(("林晓梅", "linxiaomei", "LIN XIAOMEI", "ｌｉｎｘｉａｏｍｅｉ"), 1):
        made = walk_in(office, desk, host=host)
        assert visit(made["visit_id"]).day_number == number and visit(made["visit_id"]).host_id == office.mei.person_id
    assert labels.read_code(made["code"]) == made["code"]


@pytest.mark.proves("V33")
@pytest.mark.parametrize(
    "host", ["林", "晓梅", "linxiao", "xiaomei", "林晓", "yes", "*", "%", "林晓梅梅", "' OR 1=1 --", "__", "linxiaome_"]
)
def test_part_of_a_name_never_finds_anybody(office: Office, host: str) -> None:
    outcome = office.refused(CheckIn(name="李文博", host=host), kiosk(office)) if len(host) > 1 else None
    assert outcome is None or outcome.code == "visit.host_unknown"
    assert office.read(visits.hosts, host) == []


@pytest.mark.proves("V33")
def test_a_name_that_holds_a_keyword_is_only_a_name(office: Office) -> None:
    office.person("reyes", "Reyes", english_name="Reyes")
    assert [h.name for h in office.read(visits.hosts, "reyes")] == ["Reyes"]
    assert office.read(visits.hosts, "yes") == []


@pytest.mark.proves("V33")
def test_the_same_name_in_other_signs_is_the_same_person(office: Office) -> None:
    office.person("zhang", "张伟")
    office.person("zhang2", "張偉", department="财务科")
    for typed in ("zhang wei", "ＺＨＡＮＧ　ＷＥＩ", "ZhangWei"):
        assert {h.name for h in office.read(visits.hosts, typed)} == {"张伟", "張偉"}
    outcome = office.refused(CheckIn(name="李文博", host="zhangwei"), kiosk(office))
    assert (outcome.code, outcome.facts) == ("visit.host_ambiguous", {"n": 2})
    first = office.read(visits.hosts, "zhangwei")[0]
    assert walk_in(office, kiosk(office, "二号"), host=str(first.id))["visit_id"]


def test_a_host_who_left_the_office_is_not_found(office: Office) -> None:
    office.do(people.DisablePerson(person_id=office.mei.person_id), office.ada)
    for host in ("林晓梅", str(office.mei.person_id)):
        assert office.refused(CheckIn(name="李文博", host=host), kiosk(office, host)).code == "visit.host_unknown"


@pytest.mark.proves("Front desk 7")
def test_each_way_a_code_does_not_open_the_door_has_its_own_sentence(office: Office) -> None:
    desk = kiosk(office)
    tomorrow, yesterday = invite(office, day=TODAY + timedelta(days=1)), invite(office)
    cancelled = invite(office)
    office.do(visits.CancelVisit(visit_id=cancelled["visit_id"]), office.mei)
    assert office.refused(CheckIn(code=tomorrow["code"]), desk).code == "visit.other_day"
    assert office.refused(CheckIn(code=cancelled["code"]), desk).code == "visit.cancelled"
    here = office.do(CheckIn(code=yesterday["code"]), desk)
    assert office.refused(CheckIn(code=yesterday["code"]), desk).code == "visit.already_here"
    assert office.refused(CheckIn(code=here["code"]), desk).code == "visit.already_here"
    office.do(CheckOut(code=here["code"]), desk)
    gone = office.refused(CheckIn(code=yesterday["code"]), desk)
    assert gone.code == "visit.left_already" and "09:00" in gone.message("zh-Hans")
    office.later(days=1)
    over = office.refused(CheckIn(code=yesterday["code"]), desk)
    assert over.code == "visit.badge_over" and "11月23日" in over.message("zh-Hans") and "Mon 23 November" in over.message("en")
    assert office.refused(CheckIn(code="7K3M9QWY"), desk).code == "label.unknown"
    assert office.refused(CheckIn(code="7K3M9QWX"), desk).code == "label.mistyped"
    room = office.label(SubjectKind.PLACE, office.places["301"])
    assert office.refused(CheckIn(code=room), desk).code == "label.other_kind"


def test_an_invitation_of_yesterday_is_over(office: Office) -> None:
    planned = invite(office)
    office.later(days=1)
    assert office.refused(CheckIn(code=planned["code"]), kiosk(office)).code == "visit.invitation_over"
    keeping.close_days(clock.now())
    assert visit(planned["visit_id"]).state == "expired"
    assert office.refused(CheckIn(code=planned["code"]), kiosk(office, "二号")).code == "visit.invitation_over"


@pytest.mark.proves("V27")
def test_a_double_tap_checks_in_once(office: Office) -> None:
    desk, op_id = kiosk(office), uuid7()
    do = CheckIn(name="李文博", host="林晓梅")
    first, again = office.do(do, desk, op_id=op_id), office.do(do, desk, op_id=op_id)
    assert first == again and office.read(register.count_in_house) == 1
    assert len(told("visit.arrived")) == 1


def test_a_stale_tap_never_checks_the_next_visitor_in(office: Office) -> None:
    desk, now = kiosk(office), clock.now()
    late = operations.Request(
        CheckIn(name="李文博", host="林晓梅"), desk, uuid7(), occurred_at=now - timedelta(seconds=11), received_at=now
    )
    assert operations.perform_requests([late])[0].code == "op.stale" and office.read(register.count_in_house) == 0


@pytest.mark.proves("V35")
def test_two_hundred_check_ins_in_a_row_count_on(office: Office) -> None:
    desk = kiosk(office)
    made = [walk_in(office, desk, name=f"访客{n}") for n in range(200)]
    assert [visit(m["visit_id"]).day_number for m in (made[0], made[-1])] == [1, 200]
    assert len({m["code"] for m in made}) == 200 and office.read(register.count_in_house) == 200
    office.later(days=1)
    assert visit(walk_in(office, desk)["visit_id"]).day_number == 1


@pytest.mark.proves("V39")
def test_one_bad_scan_blocks_nobody_after_it(office: Office) -> None:
    desk, good = kiosk(office), invite(office)
    for bad in ("javascript:alert(1)", "x", "\x00" * 50 + "?", "https://evil.example/s/7K3M9QWX", "7K3M9QWX", "A" * 300, "Ａ" * 8):
        assert not operations.perform_now(CheckIn(code=bad), by=desk).ok
    assert office.do(CheckIn(code=good["code"]), desk)["visit_id"] == good["visit_id"]


@pytest.mark.proves("V37")
def test_a_visit_needs_no_meeting_and_no_phone_number(office: Office) -> None:
    made = walk_in(office, kiosk(office))
    assert visit(made["visit_id"]).phone == "" and visit(made["visit_id"]).state == "here"


# ── who may ──


def test_a_host_invites_for_themselves_and_reception_for_anybody(office: Office) -> None:
    assert invite(office, host=office.mei, by=office.ann)["code"]
    mine = visits.Invite(host_id=office.mei.person_id, name="李", expected_on=TODAY)
    assert office.refused(mine, office.wu).code == "op.not_allowed"
    assert (
        office.refused(visits.Invite(host_id=office.mei.person_id, name="李", expected_on=TODAY - timedelta(days=1)), office.mei).code
        == "visit.day_past"
    )


def test_only_host_deputy_and_reception_handle_a_visit(office: Office) -> None:
    made = walk_in(office, kiosk(office))
    assert office.refused(visits.Acknowledge(visit_id=made["visit_id"]), office.wu).code == "op.not_allowed"
    assert office.refused(CheckOut(visit_id=UUID(made["visit_id"])), office.wu).code == "op.not_allowed"
    office.do(people.UpdatePerson(person_id=office.mei.person_id, deputy_id=office.wu.person_id), office.ada)
    office.do(visits.Acknowledge(visit_id=made["visit_id"]), office.wu)
    assert visit(made["visit_id"]).acknowledged_by == office.wu.person_id


@pytest.mark.proves("V34", "Front desk 8")
def test_a_kiosk_never_gets_a_list_and_learns_nothing_from_an_id(office: Office) -> None:
    desk, other = kiosk(office), kiosk(office, "二号")
    made = walk_in(office, desk)
    for collection in (visits.COLLECTION, notices.COLLECTION):
        assert not desk.has(*collection.roles)
    assert office.refused(CheckOut(visit_id=UUID(made["visit_id"])), desk).code == "op.not_allowed"
    assert office.refused(visits.NoteBadge(visit_id=made["visit_id"]), other).code == "op.not_allowed"
    assert office.read(labels.view, made["code"], other).title == "访客"
    door, _ = office.device("门", Role.DOOR, office.places["301"])
    assert office.refused(CheckIn(name="李", host="林晓梅"), door).code == "op.not_allowed"


@pytest.mark.proves("V34")
def test_a_host_sees_their_own_visitors_and_nobody_elses(office: Office) -> None:
    desk = kiosk(office)
    walk_in(office, desk, name="李文博", host="林晓梅")
    walk_in(office, desk, name="王敏", host="吴桐")

    def names(by: operations.Actor, **query: Any) -> set[str]:
        return {v.name for v in office.read(register.search, Query(**query), by).items}

    assert names(office.mei) == {"李文博"} and names(office.wu) == {"王敏"} and names(office.ann) == {"李文博", "王敏"}
    assert names(office.mei, q="王敏") == set()
    other = next(v for v in office.read(register.search, Query(), office.ann).items if v.name == "王敏")
    assert office.read(register.one, str(other.id), office.mei) is None
    assert office.read(labels.view, other.label, office.mei).title == "访客"


def test_the_register_finds_by_name_pinyin_initials_company_and_code(office: Office) -> None:
    made = walk_in(office, kiosk(office), company="江城建设集团")
    walk_in(office, kiosk(office, "二号"), name="王敏")
    for typed in ("李文博", "文博", "liwenbo", "lwb", "江城", made["code"], f"{made['code'][:4]}-{made['code'][4:]}"):
        found = office.read(register.search, Query(q=typed), office.ann).items
        assert [v.name for v in found] == ["李文博"], typed
    assert office.read(register.search, Query(q="没有这个人"), office.ann).items == []
    page = office.read(register.search, Query(limit=1), office.ann)
    rest = office.read(register.search, Query(limit=1, cursor=page.next), office.ann)
    assert {page.items[0].name, rest.items[0].name} == {"李文博", "王敏"} and rest.next is None


# ── leaving ──


@pytest.mark.proves("S3.1-R7", "V36", "Office 7")
def test_a_badge_scanned_out_is_off_the_roll_call_and_either_code_does_it(office: Office) -> None:
    desk, planned = kiosk(office), invite(office)
    office.do(CheckIn(code=planned["code"]), desk)
    second = walk_in(office, desk, name="王敏")
    assert [line.name for line in office.read(register.roll_call, clock.now())] == ["李文博", "王敏"]
    office.later(minutes=72)
    assert office.do(CheckOut(code=planned["code"]), desk)["minutes"] == 72
    assert [line.name for line in office.read(register.roll_call, clock.now())] == ["王敏"]
    office.do(CheckOut(code=f"http://other.example/S/{second['code']}"), desk)
    assert office.read(register.roll_call, clock.now()) == []
    assert len(told("visit.left")) == 2


@pytest.mark.proves("Front desk 7")
def test_a_badge_of_yesterday_opens_nothing_today(office: Office) -> None:
    desk = kiosk(office)
    made = walk_in(office, desk)
    office.later(days=1)
    keeping.close_days(clock.now())
    gone = visit(made["visit_id"])
    assert (gone.state, gone.left_at) == ("left", None) and gone.assumed_left_at is not None
    for outcome in (office.refused(CheckOut(code=made["code"]), desk), office.refused(CheckIn(code=made["code"]), desk)):
        assert outcome.code == "visit.badge_over"
    assert office.read(register.count_in_house) == 0


def test_a_badge_not_scanned_out_stays_on_the_roll_call_until_the_day_is_closed(office: Office) -> None:
    walk_in(office, kiosk(office))
    office.later(hours=20)
    lines = office.read(register.roll_call, clock.now())
    assert [line.since_yesterday for line in lines] == [True]
    assert keeping.close_days(clock.now()) == 1 and keeping.close_days(clock.now()) == 0


# ── badge ──


def test_a_badge_of_the_evening_does_not_end_before_it_began(office: Office) -> None:
    panel = kiosk(office)
    early = walk_in(office, panel)
    assert office.read(visits.badge, UUID(early["visit_id"]), panel, clock.now()).until == "20:00"
    office.later(hours=11, minutes=20)  # 20:20: the office closed at eight
    late = walk_in(office, panel, name="王敏")
    assert office.read(visits.badge, UUID(late["visit_id"]), panel, clock.now()).until == "24:00"


@pytest.mark.proves("Office 7")
def test_a_badge_holds_no_phone_and_the_kiosk_has_it_for_one_minute(office: Office) -> None:
    desk = kiosk(office)
    made = walk_in(office, desk, phone="13800001234", company="江城建设集团", purpose="面试")
    facts = office.read(visits.badge, UUID(made["visit_id"]), desk, clock.now())
    assert "13800001234" not in repr(facts) and "面试" not in repr(facts)
    assert (facts.name, facts.company, facts.host, facts.day, facts.code) == ("李文博", "江城建设集团", "林晓梅", TODAY, made["code"])
    office.do(visits.NoteBadge(visit_id=made["visit_id"]), desk)
    later = office.later(seconds=61)
    for act in (
        lambda: office.read(visits.badge, UUID(made["visit_id"]), desk, later),
        lambda: office.read(visits.badge, UUID(made["visit_id"]), office.mei, later),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert office.read(visits.badge, UUID(made["visit_id"]), office.ann, later).name == "李文博"
    office.do(visits.NoteBadge(visit_id=made["visit_id"]), office.ann)
    assert visit(made["visit_id"]).badges_printed == 2


# ── consent ──


def texts(words: str) -> dict[str, str]:
    return {language: f"{words} {language}: what we keep, why, and for how long." for language in ("zh-Hans", "zh-Hant", "en")}


@pytest.mark.proves("Front desk 7")
def test_the_signed_words_stay_readable_after_the_notice_changed(office: Office) -> None:
    desk = kiosk(office)
    own = office.read(consent.current, "en")
    assert own.version == "1.0"
    first = walk_in(office, desk, consent=sign(office, "en"))
    office.do(visits.PublishNotice(texts=texts("v2")), office.ada)
    second = walk_in(office, desk, consent=sign(office, "zh-Hant"))
    office.do(visits.PublishNotice(texts=texts("v3")), office.ada)
    for made, version, language, words in ((first, "1.0", "en", own.text), (second, "2.0", "zh-Hant", texts("v2")["zh-Hant"])):
        kept = office.read(consent.of_visit, UUID(made["visit_id"]))
        shown = office.read(consent.text_of, kept.document_hash)
        assert (shown.version, shown.language, shown.text) == (version, language, words) and len(kept.strokes) == 2
    with pytest.raises(DBAPIError), database.writing() as s:
        s.execute(text("UPDATE consent_document SET text = 'x'"))


@pytest.mark.proves("Front desk 7")
def test_a_new_version_is_asked_again_and_a_corrected_typo_is_not(office: Office) -> None:
    desk, who = kiosk(office), {"email": "li@example.org"}
    first = invite(office, **who)
    assert office.read(visits.greeting, first["code"], clock.now()).must_sign
    arrived = office.do(CheckIn(code=first["code"], consent=sign(office)), desk)
    office.do(CheckOut(code=arrived["code"]), desk)
    again = invite(office, **who)
    assert not office.read(visits.greeting, again["code"], clock.now()).must_sign
    assert office.do(visits.PublishNotice(texts=texts("v1"), minor=True), office.ada) == {"version": "1.1"}
    assert not office.read(visits.greeting, again["code"], clock.now()).must_sign
    assert office.do(visits.PublishNotice(texts=texts("v2")), office.ada) == {"version": "2.0"}
    assert office.read(visits.greeting, again["code"], clock.now()).must_sign
    stranger = invite(office, name="别人", **who)
    assert office.read(visits.greeting, stranger["code"], clock.now()).must_sign


def test_a_notice_that_changed_while_the_visitor_read_is_shown_again(office: Office) -> None:
    desk, signed = kiosk(office), sign(office)
    office.do(visits.PublishNotice(texts=texts("v2")), office.ada)
    assert office.refused(CheckIn(name="李", host="林晓梅", consent=signed), desk).code == "visit.notice_changed"


def test_a_check_in_without_a_signature_is_seen_at_the_desk(office: Office) -> None:
    outcome = operations.perform_now(CheckIn(name="李", host="林晓梅"), by=kiosk(office))
    assert outcome.ok and outcome.facts == {"consent_pending": True}
    assert [v.consent for v in office.read(register.in_house, clock.now())] == [""]


@pytest.mark.parametrize("strokes", [[], [[]], [[(5.0, 0.1, 0.0)]], [[(0.1, 0.1, 0.0)] * 9000], [[(float("nan"), 0.1, 0.0)]]])
def test_a_signature_that_is_none_is_turned_away(office: Office, strokes: Any) -> None:
    payload = {"name": "李", "host": "林晓梅", "consent": {"document": "0" * 64, "strokes": strokes}}
    with pytest.raises(Invalid):
        operations.parse("visit.check_in", payload)


# ── keeping time ──


@pytest.mark.proves("Office 7")
def test_after_the_keeping_time_nobody_is_named_and_every_visit_still_counts(office: Office) -> None:
    desk = kiosk(office)
    planned = invite(office, name="王敏", phone="13800001234", email="wang@example.org", company="江城建设集团")
    arrived = office.do(CheckIn(code=planned["code"], consent=sign(office)), desk)
    office.do(CheckOut(code=arrived["code"]), desk)
    before = office.read(register.counts, TODAY)
    office.later(days=29)
    assert keeping.erase_old(clock.now()) == 0
    office.later(days=2)
    assert keeping.erase_old(clock.now()) == 1 and keeping.erase_old(clock.now()) == 0
    gone = visit(planned["visit_id"])
    assert (gone.name, gone.phone, gone.email, gone.company, gone.pinyin, gone.initials) == ("",) * 6 and gone.arrived_at is not None
    kept = office.read(consent.of_visit, gone.id)
    assert kept.strokes is None and office.read(consent.text_of, kept.document_hash) is not None
    assert office.read(register.counts, TODAY) == before == {"left": 1}
    assert office.audit("visit.erase")[0].outcome == "accepted"
    _nowhere("王敏", "13800001234", "wang@example.org", "江城建设集团")


def _nowhere(*words: str) -> None:
    """No table of the database holds these words any more, in whatever form."""
    from sqlmodel import SQLModel

    with database.reading() as s:
        for table in SQLModel.metadata.sorted_tables:
            content = repr([tuple(row) for row in s.execute(select(table))])
            for word in words:
                assert word not in content and word.encode("unicode_escape").decode() not in content, (table.name, word)


def test_a_visitor_is_erased_on_request_but_not_while_here(office: Office) -> None:
    desk = kiosk(office)
    made = walk_in(office, desk)
    do = visits.EraseVisits(visit_ids=[made["visit_id"]])
    assert office.refused(do, office.ada).code == "visit.still_here"
    assert office.refused(do, office.ann).code == "op.not_allowed"
    office.do(CheckOut(code=made["code"]), desk)
    office.do(visits.EraseVisits(visit_ids=[made["visit_id"]]), office.ada)
    assert visit(made["visit_id"]).name == ""


# ── hostile input ──


@pytest.mark.proves("SEC 8", "SEC 9", "SEC 10")
@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>",
        "\u202eobnew il",
        "a\u200b\u200d\ufeffb",
        "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
        "👩‍👩‍👧‍👦",
        "=HYPERLINK(1)",
        "@x",
        "㐂𠮷龘",
        "{name}",
        "%s%n",
        "Robert'); DROP TABLE visit;--",
        "null",
        "\t李\r\n文",
    ],
)
def test_a_hostile_name_is_kept_as_text_and_nothing_more(office: Office, name: str) -> None:
    made = walk_in(office, kiosk(office), name=name, company=name)
    row = office.read(register.search, Query(), office.ann).items[0]
    assert row.id == UUID(made["visit_id"]) and row.name and "\x00" not in row.name and "\n" not in row.name
    sentence = notices.sentence(told("visit.arrived")[0], "en")
    assert "<" not in name or name in sentence


@pytest.mark.proves("SEC 10", "SEC 11")
@pytest.mark.parametrize("name", ["x" * 10_000, "", "   ", "\ud800", None, 5, ["a"], {"a": 1}])
def test_a_name_that_is_none_is_turned_away_before_anything_is_written(office: Office, name: Any) -> None:
    with pytest.raises(Invalid):
        operations.parse("visit.check_in", {"name": name, "host": "林晓梅"})


@pytest.mark.proves("SEC 8")
@pytest.mark.skipif(not BLNS.exists(), reason="the public list of naughty strings is not at hand")
def test_two_hundred_naughty_strings_check_in_or_are_turned_away_politely(office: Office) -> None:
    desk, answered = kiosk(office), 0
    for line in BLNS.read_text("utf-8").splitlines()[:400:2]:
        try:
            do = operations.parse("visit.check_in", {"name": line[:80], "host": "林晓梅", "company": line[:200]})
        except Invalid:
            continue
        outcome = operations.perform_now(do, by=desk)
        assert outcome.ok, (line, outcome)
        answered += 1
    assert answered > 100

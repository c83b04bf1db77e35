"""What a kiosk took while the server was away: every entry once, marked with the kiosk's own time, a bad one in nobody's way, what does not fit a line
for reception (pitfalls V38, V39)."""

from __future__ import annotations

import base64
import json
import os
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from core.foundation import clock, database, vault
from core.foundation.i18n import LANGUAGES, catalogue, has
from core.foundation.ids import uuid7
from core.mechanisms.operations import Actor, Outcome, Request, perform_requests
from core.sections import visits
from core.sections.visits import offline, register
from core.sections.visits.offline import KeepOffline, SettleOffline
from kiosk.desk.offline_entries import why
from kiosk.welcome import offline as kiosk_offline
from tests.cast import Office
from tests.visits.build import STROKES, TODAY, invite, kiosk, sign

LI = {"kind": "arrival", "name": "李文博", "company": "江城建设", "host_words": "林晓梅", "purpose": "面谈", "language": "zh-Hans"}


def sealed(said: object, op_id: UUID, *, about: str | None = None) -> str:
    """As a browser does it (kiosk/welcome/offline/static/queue.js)."""
    x, y = vault.box_key()
    theirs = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
    ours = ec.generate_private_key(ec.SECP256R1())
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key = HKDF(algorithm=SHA256(), length=32, salt=point, info=b"foyer box").derive(ours.exchange(ec.ECDH(), theirs))
    iv = os.urandom(12)
    inside = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.b64encode(point + iv + AESGCM(key).encrypt(iv, inside, (about or str(op_id)).encode())).decode()


def request(said: object, by: Actor, told_at: datetime, op_id: UUID | None = None, box: str | None = None) -> Request:
    op_id = op_id or uuid7()
    return Request(KeepOffline(box=box or sealed(said, op_id)), by, op_id, occurred_at=told_at, received_at=clock.now())


def keep(said: object, by: Actor, told_at: datetime) -> Outcome:
    [outcome] = perform_requests([request(said, by, told_at)])
    assert outcome.ok, outcome
    return outcome


def lines(office: Office) -> list[offline.OfflineView]:
    found = office.read(offline.open_entries)
    assert isinstance(found, list)
    return found


@pytest.mark.proves("V38")
def test_what_the_kiosk_took_at_half_past_eight_is_a_visit_of_half_past_eight(office: Office) -> None:
    told = clock.now() - timedelta(minutes=30)
    outcome = keep(LI | {"consent": {"document": sign(office).document, "strokes": STROKES}}, kiosk(office), told)
    assert "李文博" not in json.dumps(outcome.result, ensure_ascii=False)
    [here] = office.read(register.in_house, clock.now())
    assert (here.name, here.company, here.host, here.purpose, here.arrived_at, here.consent) == (
        "李文博",
        "江城建设",
        "林晓梅",
        "面谈",
        told,
        "1.0",
    )
    assert here.accepted_offline_at == clock.now() and here.label
    [entry] = office.read(offline.latest)
    assert (entry.state, entry.told_at, entry.received_at, entry.visit_id) == ("done", told, clock.now(), here.id)
    with database.reading() as s:
        row = s.get(offline.OfflineEntry, entry.id)
        assert row is not None and not any((row.name, row.company, row.host_words, row.purpose, row.code))  # the visit holds the words now
    assert lines(office) == []
    assert [(line.kind, line.subject_kind, line.outcome) for line in office.audit("visit.keep_offline")] == [
        ("visit.keep_offline", "visit", "accepted")
    ]


@pytest.mark.proves("V38")
def test_a_hundred_entries_sent_three_times_in_any_order_are_a_hundred_visits(office: Office) -> None:
    at = kiosk(office)
    told = clock.now() - timedelta(hours=2)
    sent = [request(LI | {"name": f"客人{n}"}, at, told + timedelta(minutes=n)) for n in range(100)]
    first = perform_requests(sent[:60])
    again = perform_requests(list(reversed(sent)))
    third = perform_requests(sent)
    assert all(one.ok for one in (*first, *again, *third)) and all(one.repeated for one in third)
    here = office.read(register.in_house, clock.now())
    assert sorted(v.name for v in here) == sorted(f"客人{n}" for n in range(100))
    assert len({v.day_number for v in here}) == 100 and {v.arrived_at for v in here} == {told + timedelta(minutes=n) for n in range(100)}
    assert len(office.read(offline.latest, 500)) == 100


@pytest.mark.proves("V39")
@pytest.mark.parametrize(
    "broken",
    [
        b"\xff\x00 not json", b"[1, 2]", b"[" * 5000, b"{}", b'{"kind":"arrival"}', b'{"kind":"leaving","name":"x"}', b'{"kind":"arrival","name":"x","surprise":1}',
        json.dumps(LI | {"name": "x" * 500}).encode(), json.dumps(LI | {"name": "\ud800"}).encode(),
    ],
)  # fmt: skip
def test_one_entry_that_cannot_be_read_stops_no_other_and_is_told_to_reception(office: Office, broken: bytes) -> None:
    at, told = kiosk(office), clock.now() - timedelta(minutes=5)
    bad = uuid7()
    outcomes = perform_requests(
        [request(LI | {"name": "甲"}, at, told), request(None, at, told, bad, sealed(broken, bad)), request(LI | {"name": "乙"}, at, told)]
    )
    assert [one.status for one in outcomes] == ["accepted"] * 3
    assert {v.name for v in office.read(register.in_house, clock.now())} == {"甲", "乙"}
    [line] = lines(office)
    assert (line.id, line.kind, line.problem, line.told_at) == (bad, "unknown", "offline.unreadable", told)
    office.do(SettleOffline(entry_id=line.id), office.ann)
    assert lines(office) == []


def test_a_box_for_another_entry_a_box_that_was_touched_and_no_box_at_all_open_nothing(office: Office) -> None:
    at, told = kiosk(office), clock.now()
    stolen, cut = uuid7(), uuid7()
    touched = bytearray(base64.b64decode(sealed(LI, cut)))
    touched[-1] ^= 1
    for op_id, box in (
        (stolen, sealed(LI, stolen, about=str(uuid7()))),
        (cut, base64.b64encode(bytes(touched)).decode()),
        (uuid7(), "!!"),
        (uuid7(), base64.b64encode(b"\x04" * 200).decode()),
    ):
        [outcome] = perform_requests([request(None, at, told, op_id, box)])
        assert outcome.ok and outcome.result["problem"] == "offline.unreadable"
    assert office.read(register.in_house, clock.now()) == [] and len(lines(office)) == 4


@pytest.mark.proves("V38")
def test_an_invitation_that_was_used_moved_or_cancelled_meanwhile_is_a_line_for_reception(office: Office) -> None:
    at, told = kiosk(office), clock.now() - timedelta(minutes=10)
    used, cancelled, fine = invite(office, name="甲"), invite(office, name="乙"), invite(office, name="丙")
    tomorrow = invite(office, name="丁", day=clock.today() + timedelta(days=1))
    office.do(visits.CheckIn(code=used["code"]), at)
    office.do(visits.CancelVisit(visit_id=cancelled["visit_id"]), office.mei)
    said: list[dict[str, Any]] = [{"kind": "arrival", "code": one["code"]} for one in (used, cancelled, tomorrow, fine)]
    said.append(LI | {"host_words": "谁也不是"})
    said.append({"kind": "leaving", "code": cancelled["code"]})
    outcomes = perform_requests([request(one, at, told) for one in said])
    assert [one.result["problem"] for one in outcomes] == [
        "visit.already_here", "visit.cancelled", "visit.other_day", "", "visit.host_unknown", "visit.cancelled",
    ]  # fmt: skip
    assert {v.name for v in office.read(register.in_house, clock.now())} == {"甲", "丙"}
    assert [(one.name, one.problem) for one in lines(office) if one.kind == "arrival"] == [
        ("甲", "visit.already_here"), ("乙", "visit.cancelled"), ("丁", "visit.other_day"), ("李文博", "visit.host_unknown"),
    ]  # fmt: skip
    assert all(has(one.problem) for one in lines(office)) and LANGUAGES


def test_reception_settles_a_line_with_a_host_or_without_and_nobody_else_does(office: Office) -> None:
    at, told = kiosk(office), clock.now() - timedelta(minutes=20)
    keep(LI | {"host_words": "小林"}, at, told)
    keep(LI | {"name": "王敏", "host_words": "?"}, at, told)
    first, second = lines(office)
    assert office.mei.person_id is not None
    for stranger in (office.mei, office.bo, at):
        assert office.refused(SettleOffline(entry_id=first.id), stranger).code == "op.not_allowed"
    office.do(SettleOffline(entry_id=first.id, host_id=office.mei.person_id), office.ann)
    [here] = office.read(register.in_house, clock.now())
    assert (here.name, here.host, here.arrived_at, here.accepted_offline_at) == ("李文博", "林晓梅", told, first.received_at)
    assert office.refused(SettleOffline(entry_id=first.id), office.ann).code == "offline.settled"
    office.do(SettleOffline(entry_id=second.id), office.ann)
    assert lines(office) == [] and len(office.read(register.in_house, clock.now())) == 1
    with database.reading() as s:
        assert not any(row.name for row in s.execute(select(offline.OfflineEntry)).scalars())
    assert office.refused(SettleOffline(entry_id=uuid7()), office.ann).code == "offline.not_found"


def test_who_left_while_the_server_was_away_left_at_the_kiosks_time(office: Office) -> None:
    at = kiosk(office)
    came = office.do(visits.CheckIn(code=invite(office)["code"]), at)
    told = clock.now() + timedelta(hours=1)
    clock.freeze(told + timedelta(minutes=40))
    keep({"kind": "leaving", "code": came["code"]}, at, told)
    assert office.read(register.in_house, clock.now()) == []
    with database.reading() as s:
        visit = s.get(visits.Visit, UUID(str(came["visit_id"])))
        assert visit is not None and visit.left_at == told


def test_only_a_kiosk_tells_of_entries_and_what_nobody_settles_is_forgotten_in_time(office: Office) -> None:
    for stranger in (office.ada, office.ann, office.mei):
        [outcome] = perform_requests([request(LI, stranger, clock.now())])
        assert outcome.code == "op.not_allowed"
    keep(LI | {"host_words": "?"}, kiosk(office), clock.now())
    assert offline.forget_old(clock.now() + timedelta(days=29)) == 0
    assert offline.forget_old(clock.now() + timedelta(days=31)) == 1
    [entry] = office.read(offline.latest)
    assert (entry.state, entry.name, entry.host_words) == ("settled", "", "")


# ── groups, and visits that were planned ──


def group_of(office: Office, *names: str, party: int = 1) -> dict[str, Any]:
    do = visits.InviteGroup(
        host_id=office.mei.person_id, name="李文博", company="江城建设", group_name="考察团", expected_on=TODAY, party=party, members=names
    )
    made = office.do(do, office.mei)
    assert isinstance(made, dict)
    return made


@pytest.mark.proves("V38", "S3.1-R1")
@pytest.mark.parametrize(("count", "here", "named"), [(5, 5, 2), (6, 6, 2), (3, 3, 0), (0, 1, 0)])
def test_a_groups_code_without_the_server_brings_in_as_many_as_were_counted(office: Office, count: int, here: int, named: int) -> None:
    made = group_of(office, "王敏", "赵强", party=3)
    keep({"kind": "arrival", "code": made["code"], "party": count}, kiosk(office), clock.now() - timedelta(minutes=9))
    assert office.read(register.count_in_house) == here
    assert sum(member.state == "here" for member in office.read(visits.group, UUID(made["visit_id"])).members) == named


def test_more_of_a_group_come_and_all_leave_without_the_server(office: Office) -> None:
    at, made = kiosk(office), group_of(office, "王敏", party=2)
    keep({"kind": "arrival", "code": made["code"], "party": 3}, at, clock.now() - timedelta(minutes=9))
    keep({"kind": "arrival", "code": made["code"], "party": 2}, at, clock.now() - timedelta(minutes=6))
    assert office.read(register.count_in_house) == 5
    keep({"kind": "leaving", "code": made["code"]}, at, clock.now() - timedelta(minutes=1))
    assert office.read(register.count_in_house) == 0


@pytest.mark.proves("V38")
def test_settling_joins_the_visit_that_was_planned(office: Office) -> None:
    planned = invite(office, name="李文博")
    told = clock.now() - timedelta(minutes=20)
    keep(LI | {"host_words": "小梅"}, kiosk(office), told)  # a name nobody has
    [line] = lines(office)
    done = office.do(SettleOffline(entry_id=line.id, host_id=office.mei.person_id), office.ann)
    assert str(done["visit_id"]) == str(planned["visit_id"])
    [here] = office.read(register.in_house, clock.now())
    assert (here.planned, here.arrived_at, str(here.id)) == (True, told, str(planned["visit_id"]))
    assert office.refused(visits.CheckIn(code=planned["code"]), kiosk(office, "二号")).code in ("visit.already_here", "label.superseded")


def test_settling_an_invitation_of_another_day_moves_that_visit_here(office: Office) -> None:
    planned = invite(office, name="李文博", day=TODAY + timedelta(days=2))
    keep({"kind": "arrival", "code": planned["code"]}, kiosk(office), clock.now() - timedelta(minutes=20))
    [line] = lines(office)
    assert line.problem == "visit.other_day"
    done = office.do(SettleOffline(entry_id=line.id, host_id=office.mei.person_id), office.ann)
    assert str(done["visit_id"]) == str(planned["visit_id"])
    [here] = office.read(register.in_house, clock.now())
    assert here.expected_on == TODAY


def test_two_of_the_same_name_are_not_guessed_between_and_another_name_is_another_visit(office: Office) -> None:
    invite(office, name="李文博")
    invite(office, name="李文博")
    invite(office, name="李文")
    keep(LI | {"host_words": "小梅"}, kiosk(office), clock.now() - timedelta(minutes=20))
    [line] = lines(office)
    office.do(SettleOffline(entry_id=line.id, host_id=office.mei.person_id), office.ann)
    [here] = office.read(register.in_house, clock.now())
    assert not here.planned


def test_a_name_on_the_block_list_is_held_and_alerted_also_when_it_came_without_the_server(office: Office) -> None:
    office.do(visits.AddBlock(name="李文博", reason="曾闹事"), office.ada)
    keep(LI, kiosk(office), clock.now() - timedelta(minutes=9))
    assert office.read(register.in_house, clock.now()) == [] and lines(office) == []
    assert len(office.read(visits.holding.waiting, office.ann)) == 1


def test_every_sentence_of_the_page_without_a_server_is_kept_with_it_in_each_language() -> None:
    page = kiosk_offline.files()
    words = json.loads(page["words.json"])
    script = (page["app.js"] + page["parts.js"]).decode()
    wanted = set(re.findall(r"""['"]((?:kiosk|offline|web)\.[a-z_.]+[a-z_])['"]""", script))
    assert len(wanted) > 60
    assert [(language, key) for language in LANGUAGES for key in sorted(wanted) if key not in words[language]] == []


def test_reception_reads_why_an_entry_did_not_fit_in_its_own_words_and_never_a_gap() -> None:
    told = {key.removeprefix("offline.why.") for key in catalogue(LANGUAGES[0]) if key.startswith("offline.why.")}
    assert {"visit.left_already", "visit.cancelled", "visit.host_unknown", "label.unknown"} <= told
    for problem in (*told, offline.BROKEN, "visit.no_such_code"):
        for language in LANGUAGES:
            assert "{" not in why(problem, language) and "您" not in why(problem, language), problem

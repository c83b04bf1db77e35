"""Kinds of visitors and what each is asked; approval; what a room asks more (guide S3.1-R1; pitfall V35)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from core.foundation import clock, database
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.mechanisms import operations, places
from core.sections import visits
from core.sections.visits import ApproveVisit, CheckIn, SetUpType, SetUpVisitRoom, consent, register, types
from core.sections.visits.consent import Signature
from core.sections.visits.record import Visit
from kiosk.welcome.form import Form
from kiosk.welcome.screen import Welcome
from tests.cast import Office
from tests.visits.build import STROKES, invite, kiosk, sign, walk_in
from tests.visits.test_visits import told

NAMES = {"zh-Hans": "家属", "zh-Hant": "家屬", "en": "Family"}
CONTRACTOR: dict[str, Any] = {"type": "contractor", "company": "江城机电", "phone": "13800001234"}


def row(made: dict[str, Any]) -> Visit:
    with database.reading() as s:
        found = s.get(Visit, UUID(made["visit_id"]))
    assert found is not None
    return found


def signed(office: Office, document: str, language: str = "zh-Hans") -> Signature:
    return Signature(document=office.read(consent.current, language, document).hash, strokes=STROKES)


# ── pure: what comes after what ──


def test_a_guest_with_an_invitation_only_signs() -> None:
    flow = types.together(types.SEEDS["guest"])
    assert types.steps(flow, invited=True) == ["document:notice"]
    assert types.steps(flow, invited=True, signed={"notice"}) == []
    assert types.steps(flow, invited=False, asked={"company", "purpose"}) == ["document:notice"]
    assert types.steps(flow, invited=True, id_number=True) == ["id_number", "document:notice"]
    assert types.steps(flow, invited=True, id_number=True, asked={"id_number"}) == ["document:notice"]


def test_what_is_known_is_not_asked_again_and_what_was_skipped_neither() -> None:
    flow = types.together(types.SEEDS["contractor"])
    assert types.steps(flow, invited=False)[:5] == ["company", "phone", "plate", "room", "purpose"]
    assert types.steps(flow, invited=True) == ["company", "phone", "document:notice", "document:safety"]
    known = {"company": "江城机电", "phone": "13800001234"}
    assert types.steps(flow, invited=False, known=known, asked={"plate", "room", "purpose"}) == ["document:notice", "document:safety"]
    assert types.missing(flow, {"company": "江城机电"}) == ["phone"]


def test_a_room_asks_more_and_never_less() -> None:
    rule = visits.RoomRuleView(UUID(int=1), "机房", ("nda", "notice"), approval=True, escort=True, photo=True, version=1)
    flow = types.together(types.SEEDS["guest"], rule)
    assert (flow.documents, flow.escort, flow.room_approval, flow.photo) == (("notice", "nda"), True, True, "required")
    assert types.together(
        types.SEEDS["courier"], visits.RoomRuleView(UUID(int=1), "", (), approval=False, escort=False, photo=False, version=1)
    ).escort


@pytest.mark.parametrize(("kind", "office_asks", "invited", "asks"), [
    ("office", False, False, False), ("office", True, False, True), ("office", True, True, False), ("off", True, False, False), ("ask", False, True, True), ("required", False, False, True),
])  # fmt: skip
def test_a_photo_is_asked_where_the_type_or_the_office_says_so(kind: str, office_asks: bool, invited: bool, asks: bool) -> None:
    from dataclasses import replace

    flow = types.together(replace(types.SEEDS["guest"], photo=kind))
    assert ("photo" in types.steps(flow, invited=invited, photo=office_asks)) is asks


# ── setting up ──


@pytest.mark.proves("S3.1-R1")
def test_six_types_are_there_from_the_start_and_an_own_one_is_added_without_code(office: Office) -> None:
    assert [one.key for one in office.read(types.all_types)] == ["guest", "interview", "contractor", "courier", "government", "group"]
    assert office.refused(SetUpType(key="family", names={"en": "Family"}), office.ann).code == "visitor_type.names"
    office.do(SetUpType(key="family", names=NAMES, fields={"phone": "required"}, documents=(), drink=True), office.ann)
    made = next(one for one in office.read(types.all_types) if one.key == "family")
    assert (made.name("zh-Hant"), made.fields["phone"], made.documents, made.own) == ("家屬", "required", (), True)
    here = walk_in(office, kiosk(office), type="family", phone="13800001234", drink="tea")
    assert (row(here).type, row(here).drink, row(here).unsigned) == ("family", "tea", "")
    assert office.refused(CheckIn(name="李", host="林晓梅", type="family"), kiosk(office, "二号")).facts["field"] == "phone"


def test_one_of_foyers_own_types_is_changed_and_the_rest_of_it_stays(office: Office) -> None:
    office.do(SetUpType(key="interview", approval=True), office.ada)
    changed = office.read(types.get, "interview")
    assert changed.approval and changed.drink and changed.name("en") == "Interview" and changed.fields["company"] == "hidden"


@pytest.mark.parametrize(("do", "code"), [
    (SetUpType(key="guest", retired=True), "visitor_type.guest_stays"),
    (SetUpType(key="guest", walk_in=False), "visitor_type.guest_stays"),
    (SetUpType(key="x", names={**NAMES, "en": "guest"}), "visitor_type.name_taken"),
    (SetUpType(key="guest", documents=("nothing",)), "consent.unknown_document"),
    (SetUpVisitRoom(place_id=UUID(int=5), escort=True), "place.not_found"),
])  # fmt: skip
def test_a_set_up_that_would_not_work_is_refused(office: Office, do: operations.Operation, code: str) -> None:
    assert office.refused(do, office.ada).code == code


def test_only_reception_and_administrators_set_types_up(office: Office) -> None:
    for do in (SetUpType(key="guest", drink=True), SetUpVisitRoom(place_id=office.places["301"], escort=True)):
        for by in (office.mei, office.bo, kiosk(office, f"{do.__class__.__name__}")):
            assert office.refused(do, by).code == "op.not_allowed"


@pytest.mark.proves("SEC 8", "SEC 10")
@pytest.mark.parametrize("payload", [
    {"key": "../guest"}, {"key": ""}, {"key": "A B"}, {"key": "x" * 41}, {"key": "x", "fields": {"id_number": "required"}}, {"key": "x", "fields": {"phone": "always"}},
    {"key": "x", "names": {"fr": "x"}}, {"key": "x", "names": {"en": "x" * 25}}, {"key": "x", "documents": ["x"] * 9}, {"key": "x", "photo": "face"}, {"key": "x", "surprise": 1},
])  # fmt: skip
def test_a_hostile_set_up_is_turned_away(office: Office, payload: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        operations.parse("visitor_type.set_up", payload)


def test_a_type_no_longer_offered_opens_nothing_new_and_old_invitations_keep_it(office: Office) -> None:
    planned = invite(office, type="interview")
    office.do(SetUpType(key="interview", retired=True), office.ada)
    assert office.refused(CheckIn(name="李", host="林晓梅", type="interview"), kiosk(office)).code == "visit.type_unknown"
    assert office.refused(CheckIn(name="李", host="林晓梅", type="nobody"), kiosk(office, "二号")).code == "visit.type_unknown"
    assert row(office.do(CheckIn(code=planned["code"], consent=sign(office)), kiosk(office, "三号"))).type == "interview"


# ── checking in by the flow ──


@pytest.mark.proves("S7-R1", "S3.1-R1")
def test_who_goes_to_a_room_with_secrets_signs_the_promise_and_what_was_signed_is_kept(office: Office) -> None:
    office.do(SetUpVisitRoom(place_id=office.places["301"], documents=("nda",), escort=True), office.ada)
    first, second = (invite(office, name=name, room_id=office.places["301"]) for name in ("李文博", "王芳"))
    words = office.read(consent.current, "en", "nda")
    promise = visits.Signature(document=words.hash, strokes=sign(office).strokes)
    signed = office.do(CheckIn(code=first["code"], consent=sign(office), consents=(promise,)), kiosk(office))
    [kept] = [one for one in office.read(consent.signed_of, UUID(str(signed["visit_id"]))) if one.document == "nda"]
    assert (kept.text, kept.language, kept.version, bool(kept.strokes)) == (words.text, "en", words.version, True)
    assert row(signed).unsigned == ""
    office.later(minutes=1)
    missing = operations.perform_now(CheckIn(code=second["code"], consent=sign(office)), by=kiosk(office, "二号"))
    assert missing.ok and row(missing.result).unsigned == "nda"  # in the house already: noted, and asked for at the desk


def test_a_walk_in_without_a_type_is_a_guest_as_before(office: Office) -> None:
    made = operations.perform_now(CheckIn(name="李", host="林晓梅"), by=kiosk(office))
    assert (
        made.ok and made.facts == {"consent_pending": True} and row(made.result).type == "guest" and row(made.result).unsigned == "notice"
    )


def test_each_document_of_the_type_is_signed_or_noted_as_missing(office: Office) -> None:
    office.do(SetUpType(key="contractor", approval=False), office.ada)
    half = operations.perform_now(CheckIn(name="李", host="林晓梅", consent=sign(office), **CONTRACTOR), by=kiosk(office))
    assert half.ok and half.facts == {"consent_pending": True, "unsigned": ["safety"]}
    full = operations.perform_now(
        CheckIn(name="王", host="林晓梅", consents=(signed(office, "safety", "en"), sign(office)), **CONTRACTOR), by=kiosk(office, "二号")
    )
    assert full.ok and full.facts == {}
    assert [v.unsigned for v in office.read(register.in_house, clock.now())] == [(), ("safety",)]
    assert {one.document for one in office.read(consent.signed_of, UUID(full.result["visit_id"]))} == {"safety", "notice"}
    office.do(visits.NotePaper(visit_id=half.result["visit_id"], documents=("safety",)), office.ann)
    paper = next(one for one in office.read(consent.signed_of, UUID(half.result["visit_id"])) if one.document == "safety")
    assert paper.on_paper and paper.strokes is None and row(half.result).unsigned == ""
    assert office.refused(visits.NotePaper(visit_id=half.result["visit_id"], documents=("safety",)), office.mei).code == "op.not_allowed"


def test_a_signature_under_a_document_the_visit_does_not_ask_is_kept_and_hurts_nobody(office: Office) -> None:
    made = walk_in(office, kiosk(office), consents=(sign(office), signed(office, "nda")))
    assert row(made).unsigned == "" and len(office.read(consent.signed_of, UUID(made["visit_id"]))) == 2


def test_what_an_invitation_left_empty_is_asked_and_filled_at_the_check_in(office: Office) -> None:
    planned = invite(office, type="contractor", company="江城机电")
    desk = kiosk(office)
    hello = office.read(visits.greeting, planned["code"], clock.now())
    assert (hello.type, hello.known) == ("contractor", ("company",))
    lacking = office.refused(CheckIn(code=planned["code"]), desk)
    assert lacking.facts["field"] == "phone" and lacking.message("zh-Hans") == "还缺一项：手机号。"
    made = office.do(CheckIn(code=planned["code"], phone="138 0000 1234", company="别的公司"), kiosk(office, "二号"))
    assert (row(made).phone, row(made).company, row(made).approval) == ("138 0000 1234", "江城机电", "")


def test_a_visit_to_the_server_room_signs_more_and_is_escorted(office: Office) -> None:
    room = office.places["301"]
    office.do(SetUpVisitRoom(place_id=room, documents=("nda",), escort=True), office.ann)
    assert [one.room for one in office.read(types.room_rules)] == [office.read(places.get, room).name]
    planned = invite(office, room_id=room)
    made = operations.perform_now(CheckIn(code=planned["code"], consent=sign(office)), by=kiosk(office))
    assert made.facts["unsigned"] == ["nda"] and row(made.result).escort
    facts = office.read(visits.badge, UUID(made.result["visit_id"]), office.ann, clock.now())
    assert facts.escort and facts.room
    walked = walk_in(office, kiosk(office, "二号"), name="王敏", room="301")
    assert row(walked).room_id == room and row(walked).escort
    for nowhere in ("30", "3011", "%", "' OR 1=1 --", str(UUID(int=9))):
        assert office.refused(CheckIn(name="李", host="林晓梅", room=nowhere), kiosk(office, nowhere)).code == "visit.room_unknown"
    office.do(SetUpVisitRoom(place_id=room), office.ann)
    assert office.read(types.room_rules) == []


def test_a_required_photo_that_is_missing_is_noted(office: Office) -> None:
    office.do(SetUpType(key="guest", photo="required"), office.ada)
    assert operations.perform_now(CheckIn(name="李", host="林晓梅", consent=sign(office)), by=kiosk(office)).facts == {
        "photo_pending": True
    }


def test_only_reception_says_that_a_document_was_signed_on_paper(office: Office) -> None:
    assert office.refused(CheckIn(name="李", host="林晓梅", on_paper=("notice",)), kiosk(office)).code == "op.not_allowed"
    made = office.do(CheckIn(name="李", host="林晓梅", on_paper=("notice",)), office.ann)
    assert row(made).unsigned == ""


# ── approval ──


def test_a_contractor_waits_until_the_host_lets_them_in(office: Office) -> None:
    desk = kiosk(office)
    asked = operations.perform_now(CheckIn(name="李文博", host="林晓梅", **CONTRACTOR), by=desk)
    visit_id = UUID(asked.result["visit_id"])
    assert asked.facts["waiting"] is True and row(asked.result).approval == "asked" and told("visit.arrived") == []
    assert [n.person_id for n in told("visit.asks_entry")] == [office.mei.person_id]
    assert [n.person_id for n in told("visit.asks_entry_desk")] == [office.ann.person_id]
    with pytest.raises(Refused):
        office.read(visits.badge, visit_id, office.ann, clock.now())
    for nobody in (office.wu, office.bo):
        assert office.refused(ApproveVisit(visit_id=visit_id, approved=True), nobody).code == "op.not_allowed"
    later = office.later(minutes=10)
    office.do(ApproveVisit(visit_id=visit_id, approved=True), office.mei)
    office.do(ApproveVisit(visit_id=visit_id, approved=True), office.mei)
    let_in = row(asked.result)
    assert (let_in.approval, let_in.approval_by, let_in.acknowledged_at) == ("given", office.mei.person_id, later)
    assert office.read(visits.badge, visit_id, desk, clock.now()).name == "李文博"
    assert office.refused(ApproveVisit(visit_id=visit_id, approved=False), office.ann).code == "visit.decided"


def test_who_is_not_let_in_is_off_the_roll_call_and_gets_no_badge(office: Office) -> None:
    made = walk_in(office, kiosk(office), **CONTRACTOR)
    office.do(ApproveVisit(visit_id=made["visit_id"], approved=False, reason="没有预约"), office.ann)
    gone = row(made)
    assert (gone.state, gone.approval, gone.approval_reason) == ("left", "refused", "没有预约") and office.read(
        register.in_house, clock.now()
    ) == []
    assert [n.person_id for n in told("visit.not_let_in")] == [office.mei.person_id]
    assert office.refused(visits.CheckOut(code=made["code"]), kiosk(office, "二号")).code == "visit.left_already"


def test_an_invitation_is_the_approval_but_not_for_a_room_that_asks_its_own(office: Office) -> None:
    planned = invite(office, type="contractor", company="江城机电", phone="13800001234")
    assert row(office.do(CheckIn(code=planned["code"]), kiosk(office))).approval == ""
    office.do(SetUpVisitRoom(place_id=office.places["301"], approval=True), office.ann)
    planned = invite(office, room_id=office.places["301"])
    assert row(office.do(CheckIn(code=planned["code"]), kiosk(office, "二号"))).approval == "asked"
    assert row(office.do(CheckIn(name="王", host="林晓梅", **CONTRACTOR), office.ann)).approval == "given"


def test_a_visitor_who_waited_elsewhere_comes_back_to_any_kiosk_for_the_badge_once(office: Office) -> None:
    made, other = walk_in(office, kiosk(office), **CONTRACTOR), kiosk(office, "二号")
    fetch = visits.FetchBadge(code=made["code"])
    assert office.refused(fetch, other).code == "visit.not_approved"
    office.do(ApproveVisit(visit_id=made["visit_id"], approved=True), office.ann)
    office.later(minutes=30)
    with pytest.raises(NotAllowed):
        office.read(visits.badge, UUID(made["visit_id"]), other, clock.now())
    office.do(fetch, other)
    assert office.read(visits.badge, UUID(made["visit_id"]), other, clock.now()).name == "李文博"
    office.do(visits.NoteBadge(visit_id=made["visit_id"]), other)
    assert office.refused(fetch, other).code == "visit.badge_taken"


@pytest.mark.proves("V35")
def test_fifty_visitors_of_six_kinds_in_a_row_each_get_the_next_number(office: Office) -> None:
    desk, numbers = kiosk(office), []
    for n in range(50):
        kind = list(types.SEEDS)[n % 6]
        numbers.append(row(walk_in(office, desk, name=f"访客{n}", type=kind, company="江城机电", phone="13800001234")).day_number)
    assert numbers == list(range(1, 51))


@pytest.mark.proves("S3.1-R1")
def test_the_steps_are_counted_with_the_photo_where_this_visitor_is_asked_for_one(office: Office) -> None:
    place = office.place("实验室", "room")

    def total(photo: bool = False, **said: str) -> int:
        screen = SimpleNamespace(form=Form(**said), settings=SimpleNamespace(photo=photo))
        return Welcome.steps_total(cast(Welcome, screen))

    assert total() == 3 and total(photo=True) == 4
    office.do(SetUpType(key="interview", photo="required"), office.ada)
    office.do(SetUpType(key="courier", photo="off"), office.ada)
    assert total(type="interview") == 4 and total(type="courier", photo=True) == 3
    office.do(SetUpVisitRoom(place_id=place, photo=True), office.ada)
    assert total(room=str(place)) == 4

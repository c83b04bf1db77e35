"""The one door: once, allowed, all or nothing, recorded (house.md §1)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.foundation import clock, database
from core.foundation.errors import Invalid, Refused
from core.foundation.ids import uuid7
from core.mechanisms import audit, labels, operations, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Request, perform_requests, registry
from core.mechanisms.views import Query
from tests.cast import Office
from tests.live import run_async


@pytest.mark.proves("O2", "X1")
def test_a_repeated_request_gets_the_first_answer_and_has_no_second_effect(office: Office) -> None:
    op_id = uuid7()
    do = people.AddDepartment(name="后勤科")
    first = operations.perform_now(do, by=office.ada, op_id=op_id)
    again = operations.perform_now(do, by=office.ada, op_id=op_id)
    assert first.ok and again.ok and again.repeated and again.result == first.result
    assert [d.name for d in office.read(people.departments)].count("后勤科") == 1
    assert len([row for row in office.audit("department.add") if row.op_id == op_id]) == 1


@pytest.mark.proves("O4")
def test_the_same_id_with_other_content_is_turned_away_and_the_first_stays(office: Office) -> None:
    op_id = uuid7()
    office.do(people.AddDepartment(name="后勤科"), office.ada, op_id=op_id)
    other = office.refused(people.AddDepartment(name="保卫科"), office.ada, op_id=op_id)
    assert (other.status, other.code) == ("invalid", "op.reused")
    assert {row.outcome for row in office.audit("department.add") if row.op_id == op_id} == {"accepted", "invalid"}


def test_a_refusal_is_final_for_its_id_and_changes_nothing(office: Office) -> None:
    op_id = uuid7()
    refused = office.refused(people.AddDepartment(name="办公室"), office.ada, op_id=op_id)
    assert refused.code == "department.name_taken" and refused.status == "refused"
    again = operations.perform_now(people.AddDepartment(name="办公室"), by=office.ada, op_id=op_id)
    assert again.repeated and again.code == "department.name_taken"


def test_who_may_not_is_turned_away_and_the_attempt_is_on_record(office: Office) -> None:
    op_id = uuid7()
    outcome = office.refused(people.AddDepartment(name="后勤科"), office.mei, op_id=op_id)
    assert (outcome.status, outcome.code) == ("invalid", "op.not_allowed")
    assert [row.code for row in office.audit("department.add") if row.op_id == op_id] == ["op.not_allowed"]
    assert operations.perform_now(people.AddDepartment(name="后勤科"), by=office.ada, op_id=op_id).ok  # it claimed nothing


@pytest.mark.proves("V27")
def test_a_tap_older_than_ten_seconds_never_runs(office: Office) -> None:
    now = clock.now()
    late = Request(people.AddDepartment(name="后勤科"), office.ada, uuid7(), occurred_at=now - timedelta(seconds=11), received_at=now)
    fresh = Request(people.AddDepartment(name="保卫科"), office.ada, uuid7(), occurred_at=now - timedelta(seconds=9), received_at=now)
    outcomes = perform_requests([late, fresh])
    assert [o.code for o in outcomes] == ["op.stale", None]


@pytest.mark.proves("O5")
def test_one_poisoned_operation_among_good_ones_stops_nobody(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    real = operations.spec_of(people.AddDepartment(name="x")).run

    def bug(s: object, do: people.AddDepartment, by: object, at: object) -> object:
        if do.name == "毒":
            raise ZeroDivisionError
        return real(s, do, by, at)

    spec = operations.spec_of(people.AddDepartment(name="x"))
    monkeypatch.setitem(registry._by_input, people.AddDepartment, dataclasses.replace(spec, run=bug))
    requests = [Request(people.AddDepartment(name=name), office.ada, uuid7()) for name in ("甲", "乙", "毒", "丙")]
    outcomes = perform_requests(requests)
    assert [o.status for o in outcomes] == ["accepted", "accepted", "invalid", "accepted"]
    assert outcomes[2].code == "op.failed" and outcomes[2].facts["ref"]


def test_the_same_id_twice_in_one_batch_counts_once(office: Office) -> None:
    request = Request(people.AddDepartment(name="后勤科"), office.ada, uuid7())
    first, second = perform_requests([request, request])
    assert first.ok and second.ok and second.repeated


@pytest.mark.proves("SEC 40")
def test_the_database_itself_refuses_to_change_or_delete_the_record(office: Office) -> None:
    for table in ("operation", "audit", "audit_seal"):
        audit.seal(clock.now())
        column = {"operation": "kind", "audit": "kind", "audit_seal": "prev"}[table]
        for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError), database.writing() as s:
                s.execute(text(statement))


@pytest.mark.proves("SEC 40", "X1")
@pytest.mark.parametrize("harm", ["altered", "missing", "reordered"])
def test_verify_names_the_first_row_that_was_tampered_with(office: Office, harm: str) -> None:
    for name in ("甲", "乙", "丙", "丁"):
        office.do(people.AddDepartment(name=name), office.ada)
    audit.seal(clock.now())
    office.do(people.AddDepartment(name="戊"), office.ada)
    whole = office.read(audit.verify)
    assert whole.ok and whole.unsealed == 1
    with database.writing() as s:
        target = s.execute(text("SELECT audit_id, seq FROM audit_seal WHERE seq = 5")).one()
        other = s.execute(text("SELECT audit_id, seq FROM audit_seal WHERE seq = 6")).one()
        _without_triggers(s)
        if harm == "altered":
            s.execute(text("UPDATE audit SET kind = 'nothing.happened' WHERE id = :id"), {"id": target.audit_id})
        elif harm == "missing":
            s.execute(text("DELETE FROM audit WHERE id = :id"), {"id": target.audit_id})
        else:
            s.execute(text("UPDATE audit_seal SET audit_id = :id WHERE seq = 99"), {"id": target.audit_id})
            s.execute(text("UPDATE audit_seal SET seq = 99 WHERE seq = 5"))
            s.execute(text("UPDATE audit_seal SET seq = 5 WHERE seq = 6"))
            s.execute(text("UPDATE audit_seal SET seq = 6 WHERE seq = 99"))
    verdict = office.read(audit.verify)
    assert not verdict.ok and verdict.seq == 5
    assert verdict.problem == harm
    assert other is not None


def _without_triggers(s: object) -> None:
    if database.dialect() == "sqlite":
        for table in ("audit", "audit_seal"):
            for verb in ("update", "delete"):
                s.execute(text(f"DROP TRIGGER {table}_no_{verb}"))  # type: ignore[attr-defined]
    else:
        s.execute(text("SET session_replication_role = replica"))  # type: ignore[attr-defined]


@pytest.mark.proves("Things 2", "S4.1-R1")
def test_a_replaced_label_says_superseded_and_still_opens_the_same_thing(office: Office) -> None:
    first = office.label(SubjectKind.PLACE, office.places["301"])
    second = office.do(labels.ReplaceLabel(code=first, reason="撕坏了"), office.bo)["code"]
    old, new = office.read(labels.view, first, office.mei), office.read(labels.view, second, office.mei)
    assert old.id == new.id == office.places["301"]
    assert old.label_state == "superseded" and old.superseded_by == second and old.superseded_at is not None
    assert new.label_state == "active"


def test_an_unknown_label_and_a_mistyped_one_are_told_apart(office: Office) -> None:
    assert labels.read_code("xmdm-u5zw") == "XMDMU5ZW"
    with pytest.raises(Invalid) as mistyped:
        labels.read_code("7K3M9QWX")
    assert mistyped.value.code == "label.mistyped"
    with pytest.raises(Refused) as unknown:
        office.read(labels.view, "7K3M9QWY", office.mei)
    assert unknown.value.code == "label.unknown"


def test_a_blank_label_is_claimed_on_site_once(office: Office) -> None:
    code = office.do(labels.MakeBlanks(count=1), office.bo)["codes"][0]
    claim = labels.ClaimLabel(code=code, subject_kind=SubjectKind.PLACE, subject_id=office.places["301"])
    office.do(claim, office.mei)
    office.do(claim, office.mei)  # doing a done thing again is quiet
    other = labels.ClaimLabel(code=code, subject_kind=SubjectKind.PLACE, subject_id=office.places["302"])
    assert office.refused(other, office.mei).code == "label.taken"
    nothing = labels.IssueLabel(subject_kind=SubjectKind.PLACE, subject_id=uuid4())
    assert office.refused(nothing, office.bo).code == "label.no_subject"


def test_a_disabled_person_is_out_at_once(office: Office) -> None:
    office.person("li", "李文", account="li", password="another-password")
    signed = people.sign_in("LI", "another-password", source="10.0.0.5", at=clock.now())
    assert office.read(people.who, signed.token, clock.now()) is not None
    office.do(people.DisablePerson(person_id=signed.person.id), office.ada)
    assert office.read(people.who, signed.token, clock.now()) is None


@pytest.mark.proves("SEC 26")
def test_wrong_passwords_grow_a_delay_for_that_caller_and_lock_nobody_else_out(office: Office) -> None:
    office.person("li", "李文", account="li", password="another-password")
    for _ in range(3):
        with pytest.raises(Refused) as wrong:
            people.sign_in("li", "guess", source="10.0.0.66", at=clock.now())
        assert wrong.value.code == "signin.wrong"
    with pytest.raises(Refused) as wait:
        people.sign_in("li", "another-password", source="10.0.0.66", at=clock.now())
    assert wait.value.code == "signin.wait" and wait.value.facts["seconds"] >= 1
    assert people.sign_in("li", "another-password", source="10.0.0.5", at=clock.now()).token
    later = office.later(seconds=10)
    assert people.sign_in("li", "another-password", source="10.0.0.66", at=later).token


def test_the_last_administrator_stays(office: Office) -> None:
    assert office.refused(people.SetRoles(person_id=office.ada.person_id, roles=("staff",)), office.ada).code == "person.last_admin"
    assert office.refused(people.DisablePerson(person_id=office.ada.person_id), office.ada).code == "person.last_admin"


def test_a_place_can_not_be_put_inside_itself(office: Office) -> None:
    floor = office.places["三楼"]
    outcome = office.refused(places.UpdatePlace(place_id=floor, parent_id=office.places["301"]), office.ada)
    assert outcome.code == "place.inside_itself"


@pytest.mark.proves("O2", "O17")
def test_a_retry_across_an_upgrade_that_taught_the_kind_a_new_field_is_the_same_operation(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The phone's answer was lost, the server was upgraded, the phone sends the very same payload again."""

    class AddFloor(people.AddDepartment):
        floor: int | None = None

    old, op_id = people.AddDepartment(name="档案室"), uuid7()
    assert perform_requests([Request(old, office.ada, op_id)])[0].ok
    spec = operations.spec_of(old)
    monkeypatch.setitem(registry._by_input, AddFloor, spec)
    again = perform_requests([Request(AddFloor(name="档案室"), office.ada, op_id)])[0]
    assert again.ok and again.repeated
    for other in (AddFloor(name="档案室", floor=3), AddFloor(name="别的")):
        assert perform_requests([Request(other, office.ada, op_id)])[0].code == "op.reused"


def test_a_backlog_gives_way_to_a_tap_and_goes_on_without_losing_or_doubling_anything(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [Request(people.AddDepartment(name=f"处 {n}"), office.ada, uuid7()) for n in range(450)]
    writer = database.writer()
    looks = iter([False, True, *[False] * 50])
    monkeypatch.setattr(writer, "tap_waits", lambda: next(looks))
    monkeypatch.setattr(writer, "people_tap", lambda: True)
    slice_of = operations.BATCH_SLICE if database.dialect() == database.SQLITE else operations.BATCH_CHUNK
    first = operations.perform_some(requests)
    assert len(first) == 2 * slice_of if database.dialect() == database.SQLITE else len(first) == operations.BATCH_CHUNK
    assert [one.op_id for one in first] == [one.op_id for one in requests[: len(first)]]
    rest = run_async(lambda: operations.perform_batch(requests))
    assert [one.op_id for one in rest] == [one.op_id for one in requests] and all(one.ok for one in rest)
    assert sum(one.repeated for one in rest) == len(first)


@pytest.mark.proves("X1")
def test_the_trail_is_found_by_words_by_person_and_by_what_was_not_done(office: Office) -> None:
    office.do(people.AddDepartment(name="档案室"), office.ada)
    office.refused(people.AddDepartment(name="档案室"), office.ada)

    def found(q: str = "", **filters: str) -> set[tuple[str, str, str]]:
        page = office.read(lambda s: audit.COLLECTION.list(s, Query(q=q, filters=filters, limit=500), office.ada))
        return {(line.kind, line.who, line.outcome) for line in page.items}

    ada = office.ada.name
    done, not_done = ("department.add", ada, "accepted"), ("department.add", ada, "refused")
    for words in ("加部门", "加部門", "Department added", "department ADDED", "department.add"):
        assert {done, not_done} <= found(words) and {kind for kind, _who, _how in found(words)} == {"department.add"}, words
    assert {done, not_done} <= found(done[1]) and {who for _kind, who, _how in found(done[1])} == {done[1]}
    assert found("加部门", outcome="not_done") == {not_done}
    assert found("100%_") == set()

"""Phones as the server sees them: numbers that are missing, sealed records, PINs, revoked phones, files carried by hand, clocks that were changed."""

from __future__ import annotations

import base64
import io
import json
import os
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from sqlalchemy import select

from core.foundation import clock, database
from core.foundation.ids import uuid7
from core.mechanisms import devices, operations, people, phones, views
from core.mechanisms.operations import OperationRow
from core.mechanisms.phones import gaps
from core.sections import supplies
from mobile import api, attachments, bundle, decode
from mobile import phones as phones_api
from mobile.phone_clock import PhoneClock
from tests.cast import PASSWORD, Office
from tests.conftest import MON_9AM
from tests.floor.camera import label_text, still


class Phone:
    """A phone as a program: signs in, numbers its records, seals them, sends them."""

    def __init__(self, *, seals: bool = True) -> None:
        app = FastAPI()
        routers = [attachments.router, bundle.router, phones_api.router]
        app.mount("/api", api.build(routers, views.collections().values()))
        self.http = TestClient(app, base_url="https://127.0.0.1", raise_server_exceptions=False)
        self.id, self.seq, self.seals = str(uuid7()), 0, seals
        self.said: dict[str, Any] = {}

    def sign_in(self, account: str, *, expect: int = 200, **more: Any) -> dict[str, Any]:
        body = {
            "device": {"id": self.id, "name": "iPhone", "seq": self.seq, "seals": self.seals},
            **(more or {"account": account, "password": PASSWORD}),
        }
        answer = self.http.post("/api/v1/session", json=body)
        assert answer.status_code == expect, answer.text
        if expect == 200:
            self.said = dict(answer.json())
            self.id, self.seq = self.said["device"]["id"], self.said["device"]["seq"]
        return dict(answer.json())

    def record(self, kind: str, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
        self.seq += 1
        return {"op_id": str(uuid7()), "kind": kind, "payload": payload, "device_seq": self.seq, "actor_id": self.said["person"]["id"],
                "occurred_at": clock.now().isoformat(), **more}  # fmt: skip

    def sealed(self, op: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        iv = os.urandom(12)
        closed = iv + AESGCM(base64.b64decode(key or self.said["seal"])).encrypt(iv, json.dumps(op).encode(), op["op_id"].encode())
        return {"op_id": op["op_id"], "device_seq": op["device_seq"], "sealed": base64.b64encode(closed).decode()}

    def send(self, *ops: dict[str, Any], token: str | None = None, seq: int | None = None, **headers: str) -> list[dict[str, Any]]:
        answer = self.http.post(
            "/api/v1/operations", json=list(ops),
            headers={"Authorization": f"Bearer {token or self.said['token']}", "Foyer-Device-Seq": str(self.seq if seq is None else seq), **headers},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    def get(self, path: str, token: str | None = None) -> int:
        self.http.cookies.delete("foyer")
        self.http.cookies.delete("__Host-foyer")
        return int(self.http.get(path, headers={"Authorization": f"Bearer {token or self.said['token']}"}).status_code)


@pytest.fixture
def staffed(office: Office) -> Office:
    """The cast with accounts."""
    for key in ("mei", "wu", "bo", "ada"):
        person = office.people[key].person_id
        if key != "ada":
            office.do(people.UpdatePerson(person_id=person, account=key), office.ada)
        office.do(people.SetPassword(person_id=person, password=PASSWORD), operations.SYSTEM)
    return office


def pens(office: Office) -> str:
    made = office.do(supplies.RegisterSupply(name="中性笔", unit="支", place_id=office.places["301"]), office.bo)
    office.do(supplies.ReceiveSupply(code=made["code"], quantity=100), office.bo)
    return str(made["code"])


def on_hand(office: Office) -> int:
    supply_id = office.read(lambda s: s.execute(select(supplies.Supply.id)).scalar_one())
    return int(office.read(supplies.on_hand, supply_id))


def taking(code: str, person: UUID | None, quantity: int = 1) -> dict[str, Any]:
    return {"code": code, "quantity": quantity, "to_person_id": str(person)}


# ── numbers ──


@pytest.mark.proves("Things 4", "T27", "O21")
def test_the_desk_sees_which_numbers_a_phone_announced_and_did_not_send(staffed: Office) -> None:
    phone, code = Phone(), pens(staffed)
    phone.sign_in("mei")
    ops = [phone.record("supply.issue", taking(code, staffed.mei.person_id)) for _ in range(9)]
    phone.send(ops[0], ops[1], ops[5], **{"Foyer-Phone": "6;kept;0.1.0"})
    found = staffed.read(phones.detail, UUID(phone.id))
    assert found.spans == ((3, 5), (7, 9))
    assert (found.phone.announced, found.phone.received, found.phone.missing, found.phone.unsent) == (9, 3, 6, 6)
    assert (found.phone.storage, found.phone.app_version, found.phone.person) == ("kept", "0.1.0", "林晓梅")
    phone.send(*ops)
    assert staffed.read(phones.detail, UUID(phone.id)).spans == ()
    assert staffed.read(phones.troubled) == 0


@pytest.mark.proves("O5", "O21")
def test_a_record_that_was_taken_out_or_explained_is_not_missing_any_more(staffed: Office) -> None:
    phone = Phone()
    phone.sign_in("mei")
    bad = phone.record("label.claim", {"nonsense": 1})
    assert phone.send(bad)[0]["status"] == "invalid"
    assert staffed.read(phones.missing, UUID(phone.id)) == [(1, 1)]
    phone.send(phone.record("phone.discard", {"seq": 1, "kind": "label.claim", "code": "op.invalid"}))
    assert staffed.read(phones.missing, UUID(phone.id)) == []
    phone.seq = 8
    phone.send()  # only announces
    assert staffed.read(phones.missing, UUID(phone.id)) == [(3, 8)]
    wrong = phones.ExplainGap(device_id=UUID(phone.id), first_seq=2, last_seq=8, reason="摔坏了")
    assert staffed.refused(wrong, staffed.bo).code == "phone.not_missing"
    staffed.do(phones.ExplainGap(device_id=UUID(phone.id), first_seq=4, last_seq=6, reason="摔坏了"), staffed.bo)
    assert staffed.read(phones.missing, UUID(phone.id)) == [(3, 3), (7, 8)]
    assert (
        staffed.refused(phones.ExplainGap(device_id=UUID(phone.id), first_seq=3, last_seq=3, reason="x"), staffed.mei).code
        == "op.not_allowed"
    )


@given(
    arrived=st.sets(st.integers(1, 40)),
    explained=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 6)), max_size=4),
    announced=st.integers(0, 45),
)
@settings(max_examples=200, deadline=None)
def test_spans_less_what_is_explained_are_exactly_the_numbers_left(
    arrived: set[int], explained: list[tuple[int, int]], announced: int
) -> None:
    everything = [(1, announced)] if announced else []
    taken = [(one, one) for one in arrived] + [(first, first + more) for first, more in explained]
    left = gaps._without(everything, taken)
    numbers = {n for first, last in left for n in range(first, last + 1)}
    gone = {n for first, last in taken for n in range(first, last + 1)}
    assert numbers == set(range(1, announced + 1)) - gone
    assert phones.size_of(left) == len(numbers)
    assert all(left[i][1] + 1 < left[i + 1][0] for i in range(len(left) - 1) if (left[i][1] + 1) not in gone)


@pytest.mark.proves("O21", "T27")
def test_a_phone_whose_data_was_wiped_comes_back_under_its_name_and_the_loss_has_numbers(staffed: Office) -> None:
    phone, code = Phone(), pens(staffed)
    phone.sign_in("mei")
    first = phone.id
    ops = [phone.record("supply.issue", taking(code, staffed.mei.person_id)) for _ in range(43)]
    phone.send(*ops[:40])
    phone.id, phone.seq = str(uuid7()), 0  # the browser threw its storage away; its cookie is kept apart
    phone.sign_in("wu")
    assert (phone.id, phone.seq) == (first, 43)
    found = staffed.read(phones.detail, UUID(first))
    assert [(one.cause, one.spans, one.person) for one in found.incidents] == [("wiped", ((41, 43),), "吴桐")]
    phone.send(phone.record("supply.issue", taking(code, staffed.wu.person_id)))
    assert staffed.read(phones.missing, UUID(first)) == [(41, 43)]
    assert phone.sign_in("wu")["device"]["came_back"] is False and len(staffed.read(phones.detail, UUID(first)).incidents) == 1
    phone.seq = 2  # an old copy of the phone's storage was put back
    phone.sign_in("wu")
    assert phone.seq == 44 and staffed.read(phones.detail, UUID(first)).incidents[0].cause == "set_back"


@pytest.mark.proves("SEC 29")
def test_a_forged_phone_cookie_names_no_phone(staffed: Office) -> None:
    known = phones.phone_mark(uuid7())
    assert phones.marked_phone(known) is not None
    for value in (None, "", "x", str(uuid7()), f"{uuid7()}.{known.partition('.')[2]}", known[:-1] + ("0" if known[-1] != "0" else "1")):
        assert phones.marked_phone(value) is None


# ── shared phones ──


@pytest.mark.proves("O10", "Floor 7", "SEC 24")
def test_the_key_left_on_a_shared_phone_sends_what_was_sealed_and_nothing_else(staffed: Office) -> None:
    phone, code = Phone(), pens(staffed)
    mine = phone.sign_in("mei")
    op = phone.record("supply.issue", taking(code, staffed.mei.person_id, 3))
    sealed = phone.sealed(op)
    assert phone.http.post("/api/v1/session/leave", headers={"Authorization": f"Bearer {mine['token']}"}).status_code == 204
    assert phone.get("/api/v1/floor", mine["token"]) == 401, "the full key is dead"
    for path in ("/api/v1/floor", "/api/v1/session", "/api/v1/people", "/api/v1/labels/7K3M9QWY", "/api/v1/operations/kinds"):
        assert phone.get(path, mine["upload_token"]) == 401, path
    plain = phone.record("supply.issue", taking(code, staffed.mei.person_id, 50))
    assert phone.send(plain, token=mine["upload_token"])[0]["code"] == "op.not_allowed", "the next person can not write in her name"
    forged = phone.sealed(plain, base64.b64encode(os.urandom(32)).decode())
    swapped = sealed | {"op_id": str(uuid7())}
    assert [one["code"] for one in phone.send(forged, swapped, token=mine["upload_token"])] == ["op.sealed", "op.sealed"]
    assert phone.send(sealed, token=mine["upload_token"])[0]["status"] == "accepted"
    assert on_hand(staffed) == 97
    row = staffed.read(lambda s: s.get(OperationRow, UUID(op["op_id"])))
    assert (row.person_id, row.device_seq) == (staffed.mei.person_id, 1)
    assert phone.http.delete("/api/v1/session", headers={"Authorization": f"Bearer {mine['upload_token']}"}).status_code == 204
    answer = phone.http.post("/api/v1/operations", json=[sealed], headers={"Authorization": f"Bearer {mine['upload_token']}"})
    assert answer.status_code == 401


@pytest.mark.proves("O10")
def test_a_sealed_record_is_bound_to_its_person_and_phone(staffed: Office) -> None:
    phone, other, code = Phone(), Phone(), pens(staffed)
    phone.sign_in("mei")
    sealed = phone.sealed(phone.record("supply.issue", taking(code, staffed.mei.person_id)))
    wu = Phone()
    wu.id = phone.id
    wu.sign_in("wu")
    assert wu.send(sealed)[0]["code"] == "op.sealed", "another person"
    other.sign_in("mei")
    assert other.send(sealed)[0]["code"] == "op.sealed", "another phone"
    assert phone.send(sealed)[0]["status"] == "accepted"


@pytest.mark.proves("O10", "O15")
def test_a_sealed_photo_arrives_in_parts_and_is_checked_by_its_hash(staffed: Office) -> None:
    import hashlib

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    phone = Phone()
    said = phone.sign_in("mei")
    out = io.BytesIO()
    Image.effect_noise((900, 900), 90).convert("RGB").save(out, "JPEG", quality=95)
    data = out.getvalue()
    sha, total = hashlib.sha256(data).hexdigest(), len(data)

    def put(start: int, end: int, key: bytes) -> int:
        span = f"bytes {start}-{end - 1}/{total}"
        iv = os.urandom(12)
        body = iv + AESGCM(key).encrypt(iv, data[start:end], f"{sha} {span}".encode())
        headers = {"Authorization": f"Bearer {said['upload_token']}", "Content-Range": span, "Foyer-Sealed": "1"}
        return int(phone.http.put(f"/api/v1/attachments/{sha}", content=body, headers=headers).status_code)

    key, half = base64.b64decode(said["seal"]), total // 2
    assert put(0, half, os.urandom(32)) == 422
    assert put(0, half, key) == 308
    assert put(half, total, key) == 201
    plain = {"Authorization": f"Bearer {said['upload_token']}", "Content-Range": f"bytes 0-{total - 1}/{total}"}
    assert phone.http.put(f"/api/v1/attachments/{'0' * 64}", content=data, headers=plain).status_code == 403


@pytest.mark.proves("SEC 26", "Floor 7")
def test_a_pin_lets_back_only_who_signed_in_on_this_phone_with_a_growing_wait(staffed: Office) -> None:
    phone = Phone()
    said = phone.sign_in("mei")
    staffed.do(people.SetPin(person_id=staffed.mei.person_id, pin="4711"), staffed.mei)
    ticket = said["pin"]["ticket"]

    def come_back(pin: str, *, ticket: str = ticket, expect: int = 200, person: UUID | None = staffed.mei.person_id) -> dict[str, Any]:
        return phone.sign_in("", person_id=str(person), ticket=ticket, pin=pin, expect=expect)

    assert come_back("4711")["person"]["name"] == "林晓梅"
    assert phone.said["pin"]["set"] is True
    come_back("4711", ticket="0" * 64, expect=401)
    come_back("4711", person=staffed.wu.person_id, expect=401)
    for _ in range(3):
        come_back("0000", expect=401)
    wait = come_back("4711", expect=429)
    assert wait["code"] == "signin.wait" and wait["facts"]["seconds"] >= 1
    staffed.later(minutes=2)
    come_back("4711")
    stranger = Phone()  # the same PIN from another phone is worth nothing
    stranger.sign_in("", person_id=str(staffed.mei.person_id), ticket=ticket, pin="4711", expect=401)
    staffed.do(people.SetPassword(person_id=staffed.mei.person_id, password="another-good-password"), staffed.ada)
    come_back("4711", expect=401)


# ── a phone that was taken out of service ──


@pytest.mark.proves("O11")
def test_a_revoked_phone_reads_nothing_and_its_records_wait_for_a_decision(staffed: Office) -> None:
    phone, code = Phone(), pens(staffed)
    phone.sign_in("mei")
    before, after = (phone.record("supply.issue", taking(code, staffed.mei.person_id, n)) for n in (2, 3))
    phone.send(before)
    staffed.do(devices.RevokeDevice(device_id=UUID(phone.id)), staffed.ada)
    assert phone.get("/api/v1/floor") == 403, "and it is told why"
    answers = phone.send(before, after)
    assert [(one["status"], one["code"]) for one in answers] == [("accepted", None), ("waiting", "waiting.quarantine")]
    found = staffed.read(phones.detail, UUID(phone.id))
    assert found.spans == () and found.phone.quarantined == 1 and [one["device_seq"] for one in found.waiting] == [2]
    assert on_hand(staffed) == 98
    assert staffed.refused(phones.DecideQuarantine(device_id=UUID(phone.id), take=True, reason="x"), staffed.mei).code == "op.not_allowed"
    from tests.live import run_async

    decided, outcomes = run_async(lambda: phones.release(UUID(phone.id), "她说是她领的", staffed.bo))
    assert decided.ok and [one.status for one in outcomes] == ["accepted"]
    assert on_hand(staffed) == 95
    row = staffed.read(lambda s: s.get(OperationRow, UUID(after["op_id"])))
    assert row.person_id == staffed.mei.person_id and row.envelope["quarantined"] is True
    assert phone.send(after)[0] | {"repeated": True} == phone.send(after)[0] and phone.send(after)[0]["status"] == "accepted"
    assert (
        staffed.refused(phones.DecideQuarantine(device_id=UUID(phone.id), take=False, reason="x"), staffed.bo).code
        == "phone.nothing_waiting"
    )


# ── a file carried by hand ──


def queue_file(phone: Phone, *records: dict[str, Any], **more: Any) -> bytes:
    body = {"format": "foyer-queue", "version": 1, "device_id": phone.id, "highest_seq": phone.seq,
            "people": [{"person_id": phone.said["person"]["id"], "records": list(records), "photos": []}], **more}  # fmt: skip
    return json.dumps(body).encode()


@pytest.mark.proves("O9", "O5")
def test_records_carried_in_a_file_are_taken_once_under_the_names_of_who_made_them(staffed: Office) -> None:
    phone, code = Phone(), pens(staffed)
    phone.sign_in("mei")
    ops = [phone.record("supply.issue", taking(code, staffed.mei.person_id, n)) for n in (1, 2)]
    bad = phone.record("stocktake.count", {"stocktake_id": str(uuid7()), "code": "7K3M9QWY", "place_id": str(staffed.places["301"])})
    file = queue_file(phone, *(phone.sealed(op) for op in (*ops, bad)))
    desk = Phone()
    desk.sign_in("bo")

    def bring(data: bytes, who: Phone = desk) -> Any:
        return who.http.post("/api/v1/phones/queue", content=data, headers={"Authorization": f"Bearer {who.said['token']}"})

    taken = bring(file).json()
    assert [(one["kind"], one["status"], one["code"], one["person"]) for one in taken["records"]] == [
        ("supply.issue", "accepted", None, "林晓梅"), ("supply.issue", "accepted", None, "林晓梅"), ("stocktake.count", "refused", "stocktake.not_found", "林晓梅"),
    ]  # fmt: skip
    assert taken["device"]["name"] == "iPhone"
    again = bring(file).json()
    assert [one["repeated"] for one in again["records"]] == [True, True, True]
    assert phone.send(*ops)[0]["repeated"] is True
    assert on_hand(staffed) == 97
    assert bring(file, phone).status_code == 403, "not by just anybody"
    for wrong in (b"", b"[]", b'{"format":"x"}', file[:-9], json.dumps({"format": "foyer-queue", "version": 1}).encode(), b"[" * 5000):
        answer = bring(wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "phone.file"), wrong[:40]
    assert bring(queue_file(phone, version=2)).json()["code"] == "phone.file_newer"
    plain = bring(queue_file(phone, phone.record("supply.issue", taking(code, staffed.mei.person_id, 5)))).json()
    assert [one["code"] for one in plain["records"]] == ["op.not_allowed"], "a file somebody wrote is not a phone's"


# ── photos of codes ──


@pytest.mark.proves("T24", "T25")
@pytest.mark.parametrize("harm", ["none", "turned", "far", "dim", "blurred"])
def test_a_photo_of_a_label_is_read_with_patience(harm: str) -> None:
    from tests.floor.office import CHAIRS

    image = still(label_text(CHAIRS[0])).resize((1600, 1200), Image.Resampling.LANCZOS)
    if harm == "turned":
        image = image.rotate(137, expand=True, fillcolor=90)
    elif harm == "far":
        image = image.resize((520, 390), Image.Resampling.BOX)
    elif harm == "dim":
        image = image.point(lambda value: int(value * 0.25 + 20))
    elif harm == "blurred":
        image = image.filter(ImageFilter.GaussianBlur(4))
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=70)
    assert decode.codes_in(out.getvalue()) == [CHAIRS[0]]


@pytest.mark.proves("T24", "SEC 18", "SEC 21")
def test_a_picture_sent_for_reading_answers_our_codes_only_and_no_input_breaks_it(staffed: Office) -> None:
    from tests.floor.office import CHAIRS

    phone = Phone()
    phone.sign_in("mei")

    def read(image: Image.Image | bytes) -> Any:
        out = io.BytesIO()
        data = image if isinstance(image, bytes) else (image.save(out, "PNG"), out.getvalue())[1]
        return phone.http.post("/api/v1/labels/read", content=data, headers={"Authorization": f"Bearer {phone.said['token']}"})

    assert read(still(label_text(CHAIRS[1]))).json() == {"codes": [CHAIRS[1]]}
    assert read(still("https://evil.example/pay?me")).json() == {"codes": []}
    assert read(still(None)).json() == {"codes": []}
    for wrong in (b"", b"GIF89a", b"\xff\xd8\xff\xe0 broken", b"<svg xmlns='http://www.w3.org/2000/svg'/>", still(None).tobytes()):
        assert (read(wrong).status_code, read(wrong).json()["code"]) == (422, "attachment.broken")
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    assert read(bomb.getvalue()).json()["code"] in ("attachment.broken", "attachment.pixels")
    phone.http.cookies.clear()
    assert phone.http.post("/api/v1/labels/read", content=b"x").status_code == 401


# ── clocks ──


def at(**span: float) -> datetime:
    return MON_9AM + timedelta(**span)


def item(said: datetime, *, contact: datetime | None = None, mono: float | None = None, boot: str = "b1") -> dict[str, Any]:
    found: dict[str, Any] = {"occurred_at": said.isoformat()}
    if contact:
        found["contact_at"] = contact.isoformat()
    if mono is not None:
        found |= {"monotonic_ms": mono, "boot_id": boot}
    return found


@pytest.mark.proves("O14", "SEC 35")
@pytest.mark.parametrize("change", [timedelta(days=-30), timedelta(days=3), timedelta(hours=1), timedelta(hours=-1), timedelta(days=-365)])
def test_a_clock_changed_between_the_scan_and_its_first_upload_does_not_move_the_scan(change: timedelta) -> None:
    """Contact at 9:00, scans at 9:30 and 11:30; the clock is changed at 10:30; first upload at 12:00. The phone never learned of the change."""
    received = at(hours=3)
    phone = PhoneClock(received, received + change, 3 * 3600e3, "b1")
    before, after = item(at(minutes=30), contact=at(), mono=1800e3), item(at(minutes=150) + change, contact=at(), mono=9000e3)
    assert phone.correct(before, at(minutes=30)) == at(minutes=30)
    assert phone.correct(after, at(minutes=150) + change) == at(minutes=150)


@pytest.mark.proves("O14")
def test_a_program_with_a_constantly_wrong_clock_is_corrected_as_before() -> None:
    for skew in (timedelta(days=3), timedelta(days=-365), timedelta(minutes=7)):
        phone = PhoneClock.of(f"{(at(hours=1) + skew).isoformat()};;", at(hours=1))
        assert phone.correct({}, at(minutes=20) + skew) == at(minutes=20)
        assert phone.skew == skew
    assert PhoneClock.of("", at()).correct({}, at(days=9)) == at(), "never after receipt"
    assert PhoneClock.of("rubbish;x;y;z;" + "w" * 500, at()).now is None


moments = st.integers(0, 6 * 3600).map(lambda s: at(seconds=s))


@pytest.mark.proves("O14")
@given(
    scans=st.lists(st.integers(1, 3 * 3600), min_size=1, max_size=8, unique=True), changed=st.integers(1, 3 * 3600),
    jump=st.integers(-40 * 86400, 40 * 86400), slept=st.integers(0, 600),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_whatever_is_done_to_a_phone_s_clock_its_records_keep_their_time_or_stay_within_contact_and_receipt(
    scans: list[int], changed: int, jump: int, slept: int
) -> None:
    received, change = at(hours=4), timedelta(seconds=jump)
    mono_now = (4 * 3600 - slept) * 1000.0  # a monotonic clock that stood still while the phone slept, at the end
    phone = PhoneClock(received, received + change, mono_now, "b1")
    for second in sorted(scans):
        true = at(seconds=second)
        said = true if second < changed else true + change
        found = phone.correct(item(said, contact=at(), mono=second * 1000.0), said)
        assert at() <= found <= received
        if abs(jump) > 2 * slept + 5:
            assert abs(found - true) <= timedelta(seconds=2), (found, true)


@pytest.mark.proves("O14")
def test_a_wrong_clock_is_flagged_though_the_phone_corrected_it_itself(staffed: Office) -> None:
    phone, code = Phone(), pens(staffed)
    phone.sign_in("mei")
    op = phone.record("supply.issue", taking(code, staffed.mei.person_id), clock_offset_ms=-3 * 86400e3)
    now = clock.now()
    phone.send(op, **{"Foyer-Clock": f"{now.isoformat()};1;b;{(now + timedelta(days=3)).isoformat()}"})
    row = staffed.read(lambda s: s.execute(select(OperationRow).where(OperationRow.op_id == UUID(op["op_id"]))).scalar_one())  # type: ignore[arg-type]
    assert row.envelope["clock_skew_s"] == 3 * 86400 and row.occurred_at == now
    assert staffed.read(phones.detail, UUID(phone.id)).phone.clock_skew_s == 3 * 86400
    with database.reading() as s:
        assert s.get(devices.Device, UUID(phone.id)) is not None

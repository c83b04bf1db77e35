"""The server process: it starts, answers, speaks the contract, and stops the start on odd settings."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from core.foundation import settings
from core.foundation.errors import SetupError
from core.foundation.ids import uuid7
from core.mechanisms import people
from tests.cast import Office
from tests.live import ROOT, Server

pytestmark = pytest.mark.timeout(180)


def test_the_server_answers_its_health_and_an_api_document_with_every_operation(live_office: Office, server: Server) -> None:
    assert httpx.get(server.url + "/healthz").json() == {"status": "ok", "version": "0.1.0", "database": "sqlite"}
    document = httpx.get(server.url + "/api/openapi.json").json()
    assert "/api/v1/operations" in document["paths"]
    kinds = document["components"]["schemas"]["Operation"]["discriminator"]["mapping"]
    assert {"label.issue", "device.revoke", "person.add", "setting.update"} <= set(kinds)
    unknown = httpx.get(server.url + "/api/v1/nowhere")
    assert unknown.status_code == 404 and unknown.headers["content-type"] == "application/problem+json"


@pytest.mark.proves("O2", "O4", "O5", "SEC 11", "SEC 12", "SEC 14", "SEC 15", "SEC 30")
def test_operations_over_http_keep_the_contract(live_office: Office, server: Server) -> None:
    with server.client("ada") as ada, server.client("mei") as mei:
        one = {"op_id": str(uuid7()), "kind": "department.add", "payload": {"name": "后勤科"}}
        assert ada.post("/api/v1/operations", json=one).status_code == 200
        again = ada.post("/api/v1/operations", json=one).json()
        assert again["status"] == "accepted" and again["repeated"] is True
        assert ada.post("/api/v1/operations", json={**one, "payload": {"name": "别的"}}).json()["code"] == "op.reused"
        assert mei.post("/api/v1/operations", json={**one, "op_id": str(uuid7())}).status_code == 403
        assert ada.post("/api/v1/operations", json={**one, "op_id": str(uuid7())}).status_code == 409
        answers = ada.post(
            "/api/v1/operations",
            json=[
                {"op_id": str(uuid7()), "kind": "department.add", "payload": {"name": "甲科"}},
                {"op_id": str(uuid7()), "kind": "department.add", "payload": {"name": "乙科", "verified_by": "me"}},
                {"op_id": "not an id", "kind": "department.add", "payload": {"name": "丙科"}},
                "nonsense",
                {"op_id": str(uuid7()), "kind": "no.such", "payload": {}},
                {"op_id": str(uuid7()), "kind": "department.add", "payload": {"name": "丁科"}, "depends_on": str(uuid7())},
                {"op_id": str(uuid7()), "kind": "department.add", "payload": {"name": " "}},
                {"op_id": str(uuid7()), "kind": "department.add", "payload": {"name": "戊科"}},
            ],
        ).json()
        assert [a["status"] for a in answers] == ["accepted", "invalid", "invalid", "invalid", "invalid", "waiting", "invalid", "accepted"]
        assert answers[4]["code"] == "op.unknown_kind" and answers[5]["code"] == "waiting.depends_on"
        assert all(a["message"] and a["message"] != a["code"] for a in answers if a["code"])
        broken = {"op_id": str(uuid7()), "kind": "department.add", "payload": {"name": "\ud800"}}
        assert ada.post("/api/v1/operations", content=json.dumps(broken)).json()["status"] == "invalid"
        for body in (b"[" * 5000, b'{"op_id": NaN}', b'{"a":1,"a":2}', b"\xff\xfe", b"7", b""):
            answer = ada.post("/api/v1/operations", content=body, headers={"content-type": "application/json"})
            assert 400 <= answer.status_code < 500 and answer.json()["code"], body[:20]
        assert ada.post("/api/v1/operations", json=[one] * 1001).status_code == 413
        assert ada.get("/api/v1/operations/kinds").json()["items"]
        assert ada.delete("/api/v1/session").status_code == 204
        assert ada.get("/api/v1/session").status_code == 401


def test_a_revoked_phone_is_heard_into_quarantine_and_nothing_is_lost(live_office: Office, server: Server) -> None:
    phone_id = str(uuid7())
    signed = httpx.post(
        server.url + "/api/v1/session",
        json={"account": "bo", "password": "a-good-test-password", "device": {"id": phone_id, "name": "薄一鸣的手机"}},
    ).json()
    with server.client("ada") as ada:
        ada.post(
            "/api/v1/operations", json={"op_id": str(uuid7()), "kind": "device.revoke", "payload": {"device_id": phone_id}}
        ).raise_for_status()
    headers = {"Authorization": f"Bearer {signed['token']}", "Foyer-Device-Seq": "7"}
    body = {"op_id": str(uuid7()), "kind": "label.make_blanks", "payload": {"count": 1}}
    answer = httpx.post(server.url + "/api/v1/operations", json=body, headers=headers)
    assert answer.status_code == 202 and answer.json()["code"] == "waiting.quarantine"


def test_an_odd_setting_stops_the_start_with_one_clear_line(tmp_path: Path) -> None:
    environment = {"FOYER_PROT": "9000", "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        [sys.executable, ROOT / "main.py", "serve"], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.strip() == "Foyer can not start: FOYER_PROT is not a setting of Foyer. Did you mean FOYER_PORT?"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "80a"),
        ("PORT", "0"),
        ("TLS", "on"),
        ("LANGUAGE", "de"),
        ("TIMEZONE", "Mars/Olympus"),
        ("BASE_URL", "foyer.example/desk"),
        ("DATABASE_URL", "mysql://x"),
        ("TEST_CLOCK", "yes"),
    ],
)
def test_each_odd_value_is_named_with_what_would_be_right(name: str, value: str) -> None:
    with pytest.raises(SetupError) as problem:
        settings.load({f"FOYER_{name}": value}, env_file=None)
    assert f"FOYER_{name}" in str(problem.value)


def test_a_port_that_is_taken_is_named_before_anything_is_made() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        config = settings.load({"FOYER_PORT": str(other.getsockname()[1])}, env_file=None)
        with pytest.raises(SetupError, match=r"port \d+ is in use by another program.*FOYER_PORT"):
            settings.check_port(config)
    settings.check_port(config)


def test_the_clock_of_a_real_office_can_not_be_moved(live_office: Office, server: Server) -> None:
    with server.client("ada") as ada:
        assert ada.post("/api/v1/test/clock", json={"now": "2026-11-23T10:00:00+08:00"}).status_code == 200
    assert people.Person.__tablename__ == "person"

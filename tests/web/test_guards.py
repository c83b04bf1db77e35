"""What every request passes: origins, bodies, headers, page loads, forwarding headers (security.md; ASVS 3.4, 3.5, 4.1.3, 4.4.2)."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.types import Message, Scope

from core.foundation import clock
from core.foundation.settings import Settings
from core.mechanisms import people
from core.web import connect, guards, sessions
from core.web.guards import Guard, PageLimit
from tests.cast import PASSWORD, Office
from tests.live import run_async

HOST = "foyer.example"


@pytest.fixture(autouse=True)
def office_settings() -> None:
    sessions.use_settings(Settings(base_url=f"http://{HOST}:8080"))


def application(limit: PageLimit | None = None) -> FastAPI:
    """An app behind the guard: echoes the size of a body and what it knows of the caller."""
    app = FastAPI()
    connect.answer_errors(app)

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
    async def echo(request: Request) -> dict[str, Any]:
        forwarded = [name for name in request.headers if name.startswith("x-forwarded") or name in ("forwarded", "x-real-ip")]
        return {
            "bytes": len(await request.body()),
            "forwarded": forwarded,
            "url": str(request.url),
            "client": request.client.host if request.client else "",
        }

    app.add_middleware(Guard, limit=limit or PageLimit())
    return app


def call(
    method: str,
    path: str,
    *,
    app: FastAPI | None = None,
    headers: dict[str, str] | None = None,
    content: Any = None,
    client: str = "192.0.2.7",
) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app or application(), client=(client, 5000), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}:8080") as caller:
            return await caller.request(method, path, headers=headers, content=content)

    return run_async(run)


def socket_answer(origin: str | None, path: str = "/_nicegui_ws/socket.io/") -> list[Message]:
    """What a browser hears that opens a websocket from `origin`."""
    sent: list[Message] = []
    headers = [(b"host", f"{HOST}:8080".encode())] + ([(b"origin", origin.encode())] if origin else [])
    scope: Scope = {"type": "websocket", "path": path, "headers": headers, "scheme": "ws", "query_string": b"", "client": ("192.0.2.7", 1)}

    async def inner(_scope: Scope, _receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    run_async(lambda: Guard(inner)(scope, receive, send))
    return sent


# ── origin ──


@pytest.mark.proves("SEC 22")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_form_on_another_site_can_not_change_anything_here(method: str) -> None:
    answer = call(method, "/api/v1/operations", headers={"Origin": "https://evil.example"}, content=b"{}")
    assert answer.status_code == 403
    assert answer.json()["code"] == "request.foreign_origin"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.proves("SEC 22")
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://foyer.example",
        "http://foyer.example:8081",
        "http://foyer.example.evil.example:8080",
        "javascript:alert(1)",
        "http://",
    ],
)
def test_an_origin_that_only_looks_like_ours_is_refused(origin: str) -> None:
    assert call("POST", "/api/v1/session", headers={"Origin": origin}, content=b"{}").status_code == 403


@pytest.mark.proves("SEC 22")
def test_our_own_pages_and_programs_without_an_origin_are_let_through() -> None:
    assert call("POST", "/api/v1/session", headers={"Origin": f"http://{HOST}:8080"}, content=b"{}").status_code == 200
    assert call("POST", "/api/v1/session", content=b"{}").status_code == 200
    assert call("POST", "/api/v1/session", headers={"Sec-Fetch-Site": "cross-site"}, content=b"{}").status_code == 403


@pytest.mark.proves("SEC 22", "SEC 23")
@pytest.mark.parametrize(
    ("origin", "accepted"), [(f"http://{HOST}:8080", True), ("https://evil.example", False), (None, False), ("null", False)]
)
def test_a_socket_opens_only_from_our_own_pages(origin: str | None, accepted: bool) -> None:
    first = socket_answer(origin)[0]["type"]
    assert first == ("websocket.accept" if accepted else "websocket.close")


def test_polling_of_the_socket_from_another_site_is_refused_though_it_is_only_a_get() -> None:
    assert call("GET", "/_nicegui_ws/socket.io/?EIO=4", headers={"Origin": "https://evil.example"}).status_code == 403


# ── bodies ──


@pytest.mark.proves("SEC 17", "SEC 14")
def test_a_body_is_refused_by_its_stated_size_before_it_is_read() -> None:
    answer = call("POST", "/api/v1/operations", content=b"x" * (guards.MB + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "batch.too_large")
    answer = call("POST", "/api/v1/session", content=b"x" * (guards.MB + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


@pytest.mark.proves("SEC 17")
def test_a_body_without_a_stated_size_is_counted_while_it_arrives() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * (guards.MB // 10)

    answer = call("POST", "/api/v1/operations", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "batch.too_large")


def test_photos_and_imports_may_be_large_but_not_endless() -> None:
    assert call("PUT", "/api/v1/attachments/ab", content=b"x" * (5 * guards.MB)).json()["bytes"] == 5 * guards.MB
    assert call("POST", "/api/v1/imports/assets", content=b"x" * (31 * guards.MB)).status_code == 413


@pytest.mark.proves("SEC 17")
def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "CHUNK_WITHIN_S", 0.05)
    sent: list[Message] = []
    first = True

    async def receive() -> Message:
        nonlocal first
        if first:
            first = False
            return {"type": "http.request", "body": b"{", "more_body": True}
        await asyncio.Event().wait()  # the loris holds the line
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", f"{HOST}:8080".encode()), (b"transfer-encoding", b"chunked")]
    scope: Scope = {"type": "http", "method": "POST", "path": "/api/v1/operations", "raw_path": b"/", "headers": headers, "scheme": "http",
                    "query_string": b"", "client": ("192.0.2.7", 1), "server": (HOST, 8080), "root_path": "", "http_version": "1.1"}  # fmt: skip
    run_async(lambda: application()(scope, receive, send))
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["code"] == "request.too_slow"


@pytest.mark.proves("SEC 16")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Encoding": "gzip"}, 415),
        ({"Content-Length": "٣"}, 400),
        ({"Content-Length": "-1"}, 400),
        ({"Content-Length": "1e9"}, 400),
    ],
)
def test_packed_bodies_and_odd_lengths_are_refused(headers: dict[str, str], status: int) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x", "more_body": False}

    raw = [(b"host", f"{HOST}:8080".encode()), *((name.lower().encode(), value.encode()) for name, value in headers.items())]
    scope: Scope = {"type": "http", "method": "POST", "path": "/api/v1/operations", "raw_path": b"/", "headers": raw, "scheme": "http", "query_string": b"",
                    "client": ("192.0.2.7", 1), "server": (HOST, 8080), "root_path": "", "http_version": "1.1"}  # fmt: skip
    run_async(lambda: application()(scope, receive, send))
    assert sent[0]["status"] == status


@pytest.mark.proves("SEC 17")
def test_niceguis_own_upload_route_is_closed() -> None:
    answer = call("POST", "/_nicegui/client/0b6a/upload/12", content=b"x")
    assert answer.status_code == 404


# ── headers ──


def test_every_answer_carries_the_security_headers() -> None:
    for path in ("/desk", "/api/v1/labels/X", "/nowhere"):
        headers = call("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "camera=(self)" in headers["permissions-policy"]
        assert headers["cache-control"] == "no-store"
        assert len(headers["x-request-id"]) == 16


def test_the_api_may_load_nothing_and_pages_only_from_here() -> None:
    assert call("GET", "/api/v1/rooms").headers["content-security-policy"].startswith("default-src 'none'")
    policy = call("GET", "/desk").headers["content-security-policy"]
    assert f"connect-src 'self' data: ws://{HOST}:8080 wss://{HOST}:8080" in policy
    assert "http:" not in policy and "*" not in policy
    assert "ws://" not in guards.content_policy("/desk", "evil.example;script-src *")


@pytest.mark.proves("SEC 27")
def test_no_header_of_the_caller_changes_who_they_are_or_where_they_are() -> None:
    forged = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil", "Forwarded": "for=127.0.0.1",
              "X-Real-IP": "127.0.0.1"}  # fmt: skip
    answer = call("GET", "/desk", headers=forged).json()
    assert answer == {"bytes": 0, "forwarded": [], "url": f"http://{HOST}:8080/desk", "client": "192.0.2.7"}


# ── page loads ──


@pytest.mark.proves("SEC 25")
def test_a_stranger_gets_a_limited_number_of_pages_and_hears_when_to_come_back(office: Office) -> None:
    now = [0.0]
    app = application(PageLimit(most=10, per_s=2, clock=lambda: now[0]))
    answers = [call("GET", "/sign-in", app=app, headers={"Accept": "text/html", "Accept-Language": "en"}) for _ in range(1000)]
    assert sum(answer.status_code == 200 for answer in answers) == 10
    assert answers[-1].status_code == 429
    assert answers[-1].headers["retry-after"] == "1"
    assert "Try again in 1 s." in answers[-1].text
    assert call("GET", "/sign-in", app=app, client="192.0.2.8").status_code == 200, "somebody else is not held up"
    assert call("GET", "/api/v1/rooms", app=app).status_code == 200, "only pages are counted"
    now[0] = 1.0
    assert call("GET", "/sign-in", app=app).status_code == 200


@pytest.mark.proves("SEC 25")
def test_people_who_are_signed_in_are_not_limited_and_a_made_up_cookie_helps_nobody(office: Office) -> None:
    with_account = people.AddPerson(name="Test", account="test", password=PASSWORD)
    office.do(with_account, office.ada)
    token = people.sign_in("test", PASSWORD, source="t", at=clock.now()).token
    app = application(PageLimit(most=1, per_s=0.1))
    assert call("GET", "/desk", app=app).status_code == 200
    assert call("GET", "/desk", app=app).status_code == 429
    assert call("GET", "/desk", app=app, headers={"Cookie": "foyer=made-up"}).status_code == 429
    assert call("GET", "/desk", app=app, headers={"Cookie": f"foyer={token}"}).status_code == 200


def test_an_ipv6_customer_is_counted_by_their_network() -> None:
    limit = PageLimit(most=1, per_s=0.001)
    assert limit.wait_s("2001:db8:1:2::1") == 0
    assert limit.wait_s("2001:db8:1:2::2") > 0
    assert limit.wait_s("2001:db8:1:3::1") == 0


def test_only_the_last_ten_thousand_addresses_are_remembered() -> None:
    limit = PageLimit()
    for number in range(12_000):
        limit.wait_s(f"10.{number >> 16}.{(number >> 8) & 255}.{number & 255}")
    assert len(limit.buckets) == 10_000


# ── socket events and log lines ──


class FakeSocket:
    """The part of a socket.io server that the guard uses."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.handlers: dict[str, dict[str, Any]] = {
            "/": {name: self._note(name) for name in ("event", "javascript_response", "ack", "log", "handshake")}
        }

    def _note(self, name: str) -> Any:
        if name == "handshake":

            async def shake(sid: str, msg: dict[str, Any]) -> bool:
                self.calls.append((name, sid, msg))
                return True

            return shake
        return lambda sid, msg: self.calls.append((name, sid, msg))

    def rooms(self, sid: str) -> Sequence[str]:
        return [sid, "page-of-" + sid]


@pytest.mark.proves("SEC 23")
def test_an_event_for_another_page_is_dropped_and_ones_own_goes_through() -> None:
    sio = FakeSocket()
    guards.guard_sockets(sio)
    guards.guard_sockets(sio)  # connecting again never stacks
    event = sio.handlers["/"]["event"]
    event("ann", {"client_id": "page-of-mei", "id": 1, "listener_id": "x", "args": []})
    event("ann", {"client_id": "page-of-ann", "id": 1, "listener_id": "x", "args": []})
    assert [call[2]["client_id"] for call in sio.calls] == ["page-of-ann"]


@pytest.mark.proves("SEC 23")
@pytest.mark.parametrize(
    "message",
    [
        None,
        7,
        "x",
        [],
        {},
        {"client_id": 3, "id": 1, "listener_id": "x"},
        {"client_id": "page-of-ann"},
        {"client_id": "page-of-ann", "id": 1, "listener_id": "x", "args": "no"},
    ],
)
def test_messages_made_by_hand_neither_reach_a_page_nor_raise(message: Any) -> None:
    sio = FakeSocket()
    guards.guard_sockets(sio)
    for name in ("event", "javascript_response", "ack", "log"):
        sio.handlers["/"][name]("ann", message)
    assert run_async(lambda: sio.handlers["/"]["handshake"]("ann", message)) is False
    assert sio.calls == []


def test_what_a_browser_wants_to_write_into_the_log_is_dropped() -> None:
    sio = FakeSocket()
    guards.guard_sockets(sio)
    sio.handlers["/"]["log"]("ann", {"client_id": "page-of-ann", "level": "error", "message": "x\nERROR all is well"})
    assert sio.calls == []


def test_a_log_line_stays_one_line_and_holds_no_token(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    guards.tidy_logs()
    guards.tidy_logs()
    logger = logging.getLogger("foyer.test")
    with caplog.at_level(logging.INFO, "foyer.test"):
        logger.info("%s opened %s", "Mei\nERROR root: gone", "/socket.io/?client_id=0b6a-77&token=abc")
    assert caplog.messages == ["Mei\\x0aERROR root: gone opened /socket.io/?client_id=…&token=…"]

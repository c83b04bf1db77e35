"""An HTTP proxy between a phone and the real server that does, on purpose and in order, what bad lines, hotels and tired servers do by chance."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered in the server's place."""

    status: int
    body: bytes = b'{"status": 500, "code": "bug"}'
    content_type: str = "application/problem+json"
    headers: tuple[tuple[str, str], ...] = ()


SERVER_ERROR = Answer(500)
BAD_GATEWAY = Answer(502, b"<html><h1>502 Bad Gateway</h1></html>", "text/html")
CAPTIVE_PORTAL = Answer(200, b"<html>Welcome to the hotel, please sign in</html>", "text/html")
TOO_LARGE = Answer(413, b'{"status": 413, "code": "batch.too_large"}')
TOO_MANY = Answer(429, b'{"status": 429, "code": "http.rate"}', headers=(("Retry-After", "3"),))
LOSE_REPLY = "lose the reply"  # the server did it, the phone never hears of it
TWICE = "send it twice"
LATE = "arrive late"  # held back while newer ones pass; `deliver_late` lets it through
CUT = "cut at 60 %"
Act = Answer | str


@dataclass
class Mishaps:
    """`plan` holds, per path prefix, what happens to the next requests; an empty plan lets everything pass."""

    host: str
    port: int
    plan: dict[str, list[Act]] = field(default_factory=dict)
    happened: list[Act] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    cut: bool = False
    on_step: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        self._late: list[tuple[str, str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                with suppress(ConnectionError):
                    super().handle_one_request()

            def log_message(self, *_: Any) -> None:
                pass

            def any(self) -> None:
                outer._pass_on(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = any

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _pass_on(self, client: BaseHTTPRequestHandler) -> None:
        body = client.rfile.read(int(client.headers.get("Content-Length") or 0))
        if client.path.startswith("/__step/"):
            if self.on_step is not None:
                self.on_step(client.path.rpartition("/")[2])
            return self._answer(client, Answer(200, b"{}", "application/json"))
        if self.cut:
            return self._hang_up(client)
        self.seen.append((client.command, client.path))
        asking = client.headers.get("Content-Range", "").startswith("bytes */")
        act = next((acts.pop(0) for start, acts in self.plan.items() if acts and client.path.startswith(start) and not asking), None)
        headers = {name: value for name, value in client.headers.items() if name.lower() not in ("connection", "accept-encoding", "host")}
        headers["Host"] = client.headers["Host"]
        request = (client.command, client.path, headers, body)
        if act is not None:
            self.happened.append(act)
        if isinstance(act, Answer):
            return self._answer(client, act)
        if act == LATE:
            self._late.append(request)
            return self._hang_up(client)
        if act == CUT:
            self._send(*request, part=0.6)
            return self._hang_up(client)
        status, answer_headers, content = self._send(*request)
        if act == TWICE:
            status, answer_headers, content = self._send(*request)
        if act == LOSE_REPLY:
            return self._hang_up(client)
        client.send_response_only(status)
        for name, value in answer_headers:
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                client.send_header(name, value)
        client.send_header("Content-Length", str(len(content)))
        client.end_headers()
        if client.command != "HEAD":
            client.wfile.write(content)
        return None

    def deliver_late(self) -> list[int]:
        """Let through what was held back; answers the statuses that nobody waits for any more."""
        held, self._late = self._late, []
        return [self._send(*request)[0] for request in held]

    def _send(
        self, method: str, path: str, headers: dict[str, str], body: bytes, part: float = 1
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        line = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                line.putheader(name, value)
            line.endheaders()
            line.send(body[: int(len(body) * part)])
            if part < 1:
                return 0, [], b""
            answer = line.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            line.close()

    def _answer(self, client: BaseHTTPRequestHandler, answer: Answer) -> None:
        client.send_response_only(answer.status)
        for name, value in (("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body))), *answer.headers):
            client.send_header(name, value)
        client.end_headers()
        client.wfile.write(answer.body)

    def _hang_up(self, client: BaseHTTPRequestHandler) -> None:
        client.close_connection = True
        with suppress(OSError):
            client.connection.shutdown(2)

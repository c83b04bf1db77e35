"""Real servers that catch what leaves the house: a mail server and a web-hook receiver."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Smtp
from aiosmtpd.smtp import Envelope, Session

from tests.live import free_port


@dataclass
class Catcher:
    """A mail server that keeps what it is given; `answer` may refuse."""

    url: str = ""
    answer: str = "250 OK"
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    _came: threading.Condition = field(default_factory=threading.Condition)

    async def handle_DATA(self, server: Smtp, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        if self.answer.startswith("250"):
            with self._came:
                self.raw.append(content)
                self.mails.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
                self._came.notify_all()
        return self.answer

    def mail_to(self, address: str, within_s: float = 15) -> EmailMessage:
        """The first mail to this address, waiting for it."""

        def found() -> EmailMessage | None:
            return next((mail for mail in self.mails if str(mail["to"]) == address), None)

        with self._came:
            assert self._came.wait_for(lambda: found() is not None, timeout=within_s), [str(mail["to"]) for mail in self.mails]
        mail = found()
        assert mail is not None
        return mail


@contextmanager
def catching_mail() -> Iterator[Catcher]:
    catcher = Catcher()
    controller = Controller(catcher, hostname="127.0.0.1", port=free_port())
    controller.start()
    catcher.url = f"smtp://127.0.0.1:{controller.port}"
    try:
        yield catcher
    finally:
        controller.stop()


@dataclass
class Hook:
    """A web-hook receiver and what it answers."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def catching_calls(tls: ssl.SSLContext | None = None) -> Iterator[Hook]:
    kept = Hook()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.calls.append((dict(self.headers), body))
            kept.paths.append(self.path)
            self.send_response(kept.status)
            for name, value in kept.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(kept.body)))
            self.end_headers()
            self.wfile.write(kept.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept.url = f"{'https' if tls is not None else 'http'}://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()

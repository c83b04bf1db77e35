"""What every request passes before any page or API sees it: one pure ASGI class, and a wrapper round NiceGUI's socket events.

– Origin: a websocket, anything under `/_nicegui_ws` and every unsafe method must come from our own pages (security.md: ASVS 3.5.1–3, 4.4.2; SEC 22).
– Bodies are counted while they arrive, chunked ones too; too large 413, too slow 408, compressed 415 (SEC 16, 17). NiceGUI's own upload route is closed.
– `X-Forwarded-*` is never believed: no setting names a trusted proxy (SEC 27).
– Strangers get a limited number of page loads an address, because each page is kept in memory until its socket comes (SEC 25).
– Security headers on every answer, a request id in answer and log.
– An event for another page's client id is dropped (SEC 23); what a browser wants to write into our log is dropped too.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import math
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.foundation import clock
from core.web import problems, sessions

log = logging.getLogger("foyer.web")

MB = 1024 * 1024
SOCKET = "/_nicegui_ws"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
BODY_LIMITS: tuple[tuple[str, int], ...] = (
    ("/api/v1/phones/queue", 64 * MB),
    ("/api/v1/labels/read", 12 * MB),
    ("/api/v1/attachments/", 30 * MB),
    ("/api/v1/imports/", 30 * MB),
    (SOCKET, 2 * MB),
    ("/", 1 * MB),
)
CHUNK_WITHIN_S, SMALL_WITHIN_S, LARGE_WITHIN_S = 15.0, 30.0, 300.0
PAGE_LOADS, PAGE_LOADS_PER_S = 120, 2.0
NO_PAGE = ("/static/", "/_nicegui/", SOCKET, "/api/", "/m/", "/healthz", "/metrics", "/trust", "/favicon.ico", "/robots.txt")
PERMISSIONS = (
    "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), serial=(self), midi=(), display-capture=(), interest-cohort=()"
)
_UPLOAD = re.compile(r"^/_nicegui/client/[^/]+/upload/")
_HOST = re.compile(r"^[A-Za-z0-9.\-:\[\]]{1,255}$")


@dataclass(slots=True)
class Bucket:
    """How many page loads an address may still do; it fills again slowly."""

    left: float
    at: float


@dataclass(slots=True)
class PageLimit:
    """At most `most` page loads at once from one address, `per_s` more each second; the last 10 000 addresses are remembered."""

    most: float = PAGE_LOADS
    per_s: float = PAGE_LOADS_PER_S
    clock: Callable[[], float] = time.monotonic
    buckets: OrderedDict[str, Bucket] = field(default_factory=OrderedDict)

    def wait_s(self, address: str) -> int:
        """Take one page load; 0 when allowed, else the whole seconds to wait."""
        key, now = _network(address), self.clock()
        bucket = self.buckets.pop(key, None) or Bucket(self.most, now)
        bucket.left, bucket.at = min(self.most, bucket.left + (now - bucket.at) * self.per_s), now
        self.buckets[key] = bucket
        while len(self.buckets) > 10_000:
            self.buckets.popitem(last=False)
        if bucket.left < 1:
            return math.ceil((1 - bucket.left) / self.per_s)
        bucket.left -= 1
        return 0


class Guard:
    """The outermost layer of the server. `main.py` adds it once with `app.add_middleware(Guard, limit=PageLimit())`."""

    def __init__(self, app: ASGIApp, limit: PageLimit | None = None) -> None:
        self.app = app
        self.limit = limit or PageLimit()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        forwarded = len(scope["headers"])
        scope = _without_forwarding(scope)
        # Nothing a proxy says is believed, but that there is one is remembered: it makes everybody look as if they sat at this machine.
        scope.setdefault("state", {})["forwarded"] = len(scope["headers"]) < forwarded
        scope["state"]["request_id"] = secrets.token_hex(8)
        headers = Headers(scope=scope)
        if scope["type"] == "websocket":
            if not own_origin(scope, headers, required=True):
                log.warning("refused a socket from another site")
                await receive()
                await send({"type": "websocket.close", "code": 1008})
                return
            await self.app(scope, receive, send)
            return
        dressed = _dressed(scope, headers, send)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, dressed)
            return
        if scope["method"] in SAFE_METHODS and headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
            await self.app(scope, receive, dressed)
            return
        body = _Body(scope, receive, dressed)
        with contextlib.suppress(ClientDisconnect):  # what an app raises that was reading when its caller was gone, or was sent away here
            await self.app(scope, body.receive, body.send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer of a request that goes no further, or None."""
        request, path, method = Request(scope), scope["path"], scope["method"]
        if _UPLOAD.match(path):
            return problems.answer(request, 404, "request.not_found")
        if (method not in SAFE_METHODS or path.startswith(SOCKET)) and not own_origin(scope, headers):
            log.warning("refused %s from another site", method)
            return problems.problem(request, 403, "request.foreign_origin")
        if headers.get("content-encoding", "identity").lower() != "identity":
            return problems.problem(request, 415, "request.compressed")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            return problems.problem(request, 400, "request.bad_length")
        if int(length) > body_limit(path):
            return too_large(request)
        if method in ("GET", "HEAD") and not path.startswith(NO_PAGE) and (wait := self._wait(request)):
            return problems.answer(request, 429, "request.too_many", facts={"seconds": wait}, headers={"Retry-After": str(wait)})
        return None

    def _wait(self, request: Request) -> int:
        address = request.client.host if request.client else ""
        wait = self.limit.wait_s(address)
        # Only someone over the limit is looked up: a made-up cookie must not cost a read on each request, nor be worth anything.
        return wait if wait and sessions.actor_of(request, clock.now()) is None else 0


# ── origin ──


def own_origin(scope: Scope, headers: Headers, *, required: bool = False) -> bool:
    """Whether a request comes from one of our own pages. Programs send no Origin and are told by their token; a browser always sends it with a
    socket (`required`) and with unsafe methods, and says `cross-site` where it leaves it out."""
    origin, host = headers.get("origin"), headers.get("host", "")
    if headers.get("sec-fetch-site", "") == "cross-site":
        return False
    if origin is None:
        return not required
    try:
        parts = urlsplit(origin)
        theirs, own = _authority(parts.scheme, parts.netloc), _authority(scope.get("scheme", "http"), host)
        base = urlsplit(sessions.settings().base_url)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not theirs:
        return False
    return theirs == own or (parts.scheme, theirs) == (base.scheme, _authority(base.scheme, base.netloc))


def _authority(scheme: str, netloc: str) -> str:
    """`host:port` with the default port left out, in small letters."""
    port = {"http": ":80", "ws": ":80", "https": ":443", "wss": ":443"}.get(scheme, "")
    netloc = netloc.lower()
    return netloc.removesuffix(port) if port else netloc


def _without_forwarding(scope: Scope) -> Scope:
    """The same scope without any header in which a client could name another address, host, scheme or path of ours."""
    headers = [
        (name, value) for name, value in scope["headers"] if not name.lower().startswith(b"x-forwarded") and name.lower() not in _FORWARDED
    ]
    return {**scope, "headers": headers}


def is_here(request: Request) -> bool:
    """Whether who asks sits at this machine itself. Behind a proxy everybody looks so: any forwarding header ends it."""
    if getattr(request.state, "forwarded", False):
        return False
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


_FORWARDED = {b"forwarded", b"x-real-ip", b"x-original-url", b"x-rewrite-url", b"x-original-host", b"x-host", b"x-http-method-override"}


def _network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one, which belongs to one customer."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(ipaddress.ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)


# ── bodies ──


def body_limit(path: str) -> int:
    """How many bytes a request to this path may carry."""
    return next(limit for prefix, limit in BODY_LIMITS if path.startswith(prefix))


def too_large(request: Request) -> Response:
    """413, with the code the contract gives a batch."""
    code = "batch.too_large" if request.url.path == "/api/v1/operations" else "request.too_large"
    return problems.problem(request, 413, code, facts={"limit_mb": body_limit(request.url.path) // MB}, headers={"Connection": "close"})


class _Body:
    """Counts a body while it arrives and watches the time. Whoever sends too much or too slowly is answered here; the app hears a disconnect."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._limit = body_limit(scope["path"])
        self._until = time.monotonic() + (SMALL_WITHIN_S if self._limit <= 2 * MB else LARGE_WITHIN_S)
        self._got = 0
        self._complete = self._started = self._ended = False

    async def receive(self) -> Message:
        if self._ended:
            return {"type": "http.disconnect"}
        if self._complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.01, min(CHUNK_WITHIN_S, self._until - time.monotonic())))
        except TimeoutError:
            return await self._end(problems.problem(Request(self._scope), 408, "request.too_slow", headers={"Connection": "close"}))
        if message["type"] == "http.request":
            self._got += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._got > self._limit:
                return await self._end(too_large(Request(self._scope)))
        return message

    async def send(self, message: Message) -> None:
        if self._ended:
            return
        self._started = True
        await self._send(message)

    async def _end(self, response: ASGIApp) -> Message:
        if not self._started:
            await response(self._scope, self._receive, self._send)
        self._ended = True
        return {"type": "http.disconnect"}


# ── headers ──


def content_policy(path: str, host: str) -> str:
    """The Content-Security-Policy of a path. NiceGUI compiles templates in the browser and needs inline code and `eval`; the API needs nothing at all."""
    if path.startswith("/api/") and not path.startswith("/api/docs"):
        return "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    sockets = f" ws://{host} wss://{host}" if _HOST.match(host) else ""  # some browsers do not count sockets to 'self'
    return (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; "
        f"connect-src 'self' data:{sockets}; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _dressed(scope: Scope, request_headers: Headers, send: Send) -> Send:
    """`send` with our headers on the start of the answer; what an app set itself (the floor app's stricter policy) stays."""

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in (
                ("Content-Security-Policy", content_policy(scope["path"], request_headers.get("host", ""))),
                ("X-Content-Type-Options", "nosniff"),
                ("X-Frame-Options", "DENY"),
                ("Referrer-Policy", "same-origin"),
                ("Permissions-Policy", PERMISSIONS),
                ("Cross-Origin-Opener-Policy", "same-origin"),
                ("Cross-Origin-Resource-Policy", "same-origin"),
                ("X-Request-Id", problems.request_id(scope)),
            ):
                headers.setdefault(name, value)
            if scope.get("scheme") == "https":
                headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            if "cache-control" not in headers and not scope["path"].startswith(("/static/", "/_nicegui/", "/m/")):
                headers["Cache-Control"] = "no-store"
        await send(message)

    return dressed


# ── NiceGUI's socket events ──


def guard_sockets(sio: Any) -> None:
    """Let a socket speak only for the page it opened. Connecting again replaces, never stacks."""
    handlers = sio.handlers["/"]
    for name in ("event", "javascript_response", "ack"):
        inner = getattr(handlers[name], "__guarded__", handlers[name])
        handlers[name] = _guarded(sio, name, inner)
    handlers["log"] = _drop
    shake = getattr(handlers["handshake"], "__guarded__", handlers["handshake"])
    handlers["handshake"] = _guarded_handshake(shake)


NEEDED = {"event": ("id", "listener_id"), "javascript_response": ("request_id",), "ack": ("next_message_id",)}


def _guarded(sio: Any, name: str, inner: Callable[[str, dict[str, Any]], Any]) -> Callable[..., Any]:
    def handle(sid: str, msg: Any = None, *_rest: Any) -> Any:
        if not isinstance(msg, dict) or any(key not in msg for key in NEEDED[name]) or not isinstance(msg.get("client_id"), str):
            return None
        if msg["client_id"] not in sio.rooms(sid):
            log.warning("dropped an event for another page")
            return None
        if name == "event" and not isinstance(msg.get("args", []), list):
            return None
        try:
            return inner(sid, msg)
        except (KeyError, TypeError, ValueError) as error:  # a message made by hand; the page and the process live on
            log.warning("dropped an event that can not be read: %s", type(error).__name__)
            return None

    handle.__guarded__ = inner  # type: ignore[attr-defined]
    return handle


def _guarded_handshake(inner: Callable[[str, dict[str, Any]], Any]) -> Callable[..., Any]:
    async def handle(sid: str, msg: Any = None, *_rest: Any) -> bool:
        if not isinstance(msg, dict) or any(not isinstance(msg.get(key), str) for key in ("client_id", "tab_id", "document_id")):
            return False
        return bool(await inner(sid, msg))

    handle.__guarded__ = inner  # type: ignore[attr-defined]
    return handle


def _drop(*_args: Any) -> None:
    """What a browser wants in our log stays out of it (SEC: forged lines; nicegui-facts 18)."""


# ── log lines ──

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\u0085\u2028\u2029]")
_SECRET = re.compile(r"\b(client_id|tab_id|token|key|password|pin)=[^&\s\"']+", re.IGNORECASE)


def one_line(text: str) -> str:
    """A text as it may stand in a log line: no line breaks or control signs, no ids and tokens from addresses."""
    return _SECRET.sub(r"\1=…", _escaped(text))


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def tidy_logs() -> None:
    """Write every log message on one line from now on (ASVS 16.4.1). Tracebacks of our own code keep their lines."""
    factory = getattr(logging.getLogRecordFactory(), "__inner__", logging.getLogRecordFactory())

    def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = factory(*args, **kwargs)
        if isinstance(record.msg, str):
            record.msg = _escaped(record.msg) if record.args else one_line(record.msg)  # a template keeps its placeholders
        if isinstance(record.args, tuple):
            record.args = tuple(one_line(str(arg)) if isinstance(arg, (str, BaseException)) else arg for arg in record.args)
        return record

    make.__inner__ = factory  # type: ignore[attr-defined]
    logging.setLogRecordFactory(make)

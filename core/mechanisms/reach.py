"""Asking another server over HTTP for the office: calendars it subscribes to, rooms it shares (security.md, SEC 31).

The host is resolved once and only that address is spoken to; private addresses, and plain http, only for hosts the administrator allowed;
nothing is followed; time and size are limited. What a person typed can so never make this server talk to its own network."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

TIMEOUT_S = 20.0
MAX_ANSWER = 5_000_000


class Unreachable(Exception):
    """The other side can not be asked, or did not answer as it should. `reason` is a catalogue key, `detail` what is known."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail[:120]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of at most MAX_ANSWER bytes; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


def ask(
    method: str, url: str, *, allowed: Iterable[str] = (), headers: Mapping[str, str] | None = None, content: bytes | None = None,
    user: tuple[str, str] | None = None, timeout_s: float = TIMEOUT_S, most: int = MAX_ANSWER,
) -> Answer:  # fmt: skip
    """One request. `allowed`: host names whose addresses may be private and may be spoken to without TLS. Raises Unreachable."""
    parts = urlsplit(url)
    hosts = {host.strip().lower() for host in allowed if host.strip()}
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Unreachable("reach.bad_address") from None
    host = (parts.hostname or "").lower()
    trusted = host in hosts
    if parts.scheme not in ("https", "http") or not host or parts.username or parts.password or len(url) > 2000:
        raise Unreachable("reach.bad_address")
    if parts.scheme == "http" and not trusted:
        raise Unreachable("reach.needs_https", host)
    address = _resolve(host, port, trusted)
    literal = f"[{address}]" if ":" in address else address
    pinned = f"{parts.scheme}://{literal}:{port}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
    deadline = time.monotonic() + timeout_s
    sent = {"User-Agent": "Foyer", "Accept-Encoding": "identity", **(headers or {}), "Host": parts.netloc}
    try:
        with (
            httpx.Client(follow_redirects=False, trust_env=False, timeout=timeout_s, auth=user) as client,
            client.stream(method, pinned, content=content, headers=sent, extensions={"sni_hostname": host}) as answer,
        ):
            body = bytearray()
            for chunk in answer.iter_raw(65536):
                body += chunk
                if len(body) > most:
                    raise Unreachable("reach.too_long", host)
                if time.monotonic() > deadline:
                    raise Unreachable("reach.too_slow", host)
            found = Answer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, bytes(body))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise Unreachable("reach.no_answer", type(error).__name__) from error
    if 300 <= found.status < 400 and found.status != 304:
        raise Unreachable("reach.redirects", str(found.status))  # where it points to was never checked
    return found


def _resolve(host: str, port: int, trusted: bool) -> str:
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise Unreachable("reach.unknown_host", host) from error
    for address in found:  # one bad address among good ones is enough: the name is not to be trusted
        if not trusted and not _is_public(address):
            raise Unreachable("reach.private_address", host)
    return sorted(found, key=lambda one: (":" in one, one))[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return ip.is_global and not ip.is_multicast and (mapped is None or bool(mapped.is_global))

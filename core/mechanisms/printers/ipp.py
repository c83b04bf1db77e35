"""Speaking with a printer: IPP/1.1 over HTTP (RFC 8010, 8011), to a CUPS queue or to the printer itself. What it does with jobs is `remote`.

The encoding is pyipp's; the way there is our own, because an address is typed by a person: it is resolved once and pinned, nothing is followed,
an answer has 512 KB and 15 seconds. A print server may be this machine or a machine of the house (private address); what leaves the house needs
`ipps` with a good certificate; link-local addresses (a cloud's metadata) and other services' ports are never spoken to (SEC 31).
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import struct
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any
from urllib.parse import urlsplit

import httpx
from pyipp.enums import IppOperation, IppTag
from pyipp.parser import parse
from pyipp.serializer import construct_attribute

CONNECT_S, ANSWER_S = 4.0, 15.0
MAX_ANSWER = 512 * 1024
IPP_PORT = 631
_LOW_PORTS = frozenset({80, 443, IPP_PORT})  # below 1024 nothing else prints
_THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")
_PRINTER_FACTS = (
    "printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "printer-make-and-model", "document-format-supported",
)  # fmt: skip
Attribute = tuple[str, Any, IppTag]


class CannotPrint(Exception):
    """`problem` is a catalogue key, `detail` what the other side said; `final`: trying again cannot help."""

    def __init__(self, problem: str, detail: str = "", *, final: bool = False) -> None:
        super().__init__(problem, detail)
        self.problem, self.detail, self.final = problem, detail, final


@dataclass(frozen=True, slots=True)
class Login:
    """Who prints, where a queue asks for it."""

    account: str
    password: str = dataclass_field(repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a printer is, and who we are there (`login`). `uri` is its name in IPP."""

    host: str
    port: int
    path: str
    tls: bool
    login: Login | None = None

    @property
    def uri(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == IPP_PORT else f":{self.port}"
        return f"{'ipps' if self.tls else 'ipp'}://{host}{port}{self.path}"


@dataclass(frozen=True, slots=True)
class PrinterState:
    """What a printer says of itself: `state` is idle, printing or stopped; `problem` a catalogue key, empty when all is well."""

    state: str
    problem: str
    reasons: tuple[str, ...]
    make: str


def read_address(text: str) -> Address:
    """`ipp://host[:port]/path`, `ipps://…`, or the same with http(s), as printers' own pages show it. Raises CannotPrint printer.bad_address."""
    plain = text.strip()
    try:
        parts = urlsplit(plain)
        port = parts.port
    except ValueError:
        raise CannotPrint("printer.bad_address", final=True) from None
    odd = parts.username or parts.password or parts.query or parts.fragment or len(plain) > 200 or not plain.isascii()
    if parts.scheme not in ("ipp", "ipps", "http", "https") or not parts.hostname or odd or any(sign <= " " for sign in plain):
        raise CannotPrint("printer.bad_address", final=True)
    tls = parts.scheme in ("ipps", "https")
    port = port or (443 if parts.scheme == "https" else IPP_PORT)
    if not 0 < port <= 65535 or (port < 1024 and port not in _LOW_PORTS):
        raise CannotPrint("printer.bad_port", str(port), final=True)
    path = parts.path or "/ipp/print"
    if "%" in path or "\\" in path or ".." in path:
        raise CannotPrint("printer.bad_address", final=True)
    return Address(parts.hostname, port, path, tls)


def look_at_number(address: Address) -> None:
    """A name is looked up when it is spoken to; a number says at once where it leads. Raises CannotPrint printer.forbidden_address, printer.needs_tls."""
    with contextlib.suppress(ValueError):
        _may_speak(ipaddress.ip_address(address.host.split("%")[0]), address, test_office=True)


def resolve(address: Address, *, test_office: bool = False) -> str:
    """The one IP address to speak to. `test_office`: any port of this machine will do. Raises CannotPrint."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise CannotPrint("printer.problem.unknown_host", type(error).__name__) from error
    for one in found:  # one bad address among good ones is enough: the name is not to be trusted
        _may_speak(ipaddress.ip_address(one.split("%")[0]), address, test_office)
    return sorted(found, key=lambda one: (":" in one, one))[0]


def _may_speak(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, address: Address, test_office: bool) -> None:
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    if ip.is_loopback:
        if address.port != IPP_PORT and not test_office:
            raise CannotPrint("printer.forbidden_address", final=True)
        return
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or (ip.version == 4 and ip in _THIS_NETWORK):
        raise CannotPrint("printer.forbidden_address", final=True)
    if ip.is_global and not address.tls:
        raise CannotPrint("printer.needs_tls", final=True)  # names of visitors never cross the internet in the clear


def look(address: Address, ip: str) -> PrinterState:
    """Ask the printer how it is. Raises CannotPrint."""
    wanted: Attribute = ("requested-attributes", list(_PRINTER_FACTS), IppTag.KEYWORD)
    answer = ask(address, ip, IppOperation.GET_PRINTER_ATTRIBUTES, [wanted])
    facts: Mapping[str, Any] = next(iter(answer["printers"]), {})
    reasons = words(facts.get("printer-state-reasons"))
    state = {3: "idle", 4: "printing"}.get(int(facts.get("printer-state") or 5), "stopped")
    problem = problem_of(reasons)
    formats = words(facts.get("document-format-supported"))
    if formats and "application/pdf" not in formats:
        problem = "printer.problem.no_pdf"
    elif facts.get("printer-is-accepting-jobs") is False:
        problem = problem or "printer.problem.not_accepting"
    elif state == "stopped":
        problem = problem or "printer.problem.stopped"
    return PrinterState(state, problem, reasons, str(facts.get("printer-make-and-model") or "")[:80])


def problem_of(reasons: Sequence[str]) -> str:
    """The one reason a person at the desk can do something about, as a catalogue key."""
    for word, problem in _PROBLEMS:
        if any(reason.startswith(word) and not reason.endswith(("-report", "-warning")) for reason in reasons):
            return f"printer.problem.{problem}"
    return ""


_PROBLEMS = (
    ("media-empty", "paper"), ("media-needed", "paper"), ("input-tray-missing", "paper"), ("media-jam", "jam"), ("cover-open", "cover"),
    ("door-open", "cover"), ("interlock-open", "cover"), ("output-area-full", "full"), ("output-tray-missing", "full"),
    ("cups-held-for-authentication", "password"), ("job-held-for-authentication", "password"), ("toner-empty", "ink"), ("marker-supply-empty", "ink"), ("connecting-to-device", "off"), ("offline", "off"), ("shutdown", "off"),
    ("timed-out", "off"), ("paused", "paused"), ("stopped", "stopped"), ("printer-stopped", "stopped"), ("job-hold-until", "held"),
)  # fmt: skip


# ── the wire ──


def ask(
    address: Address, ip: str, operation: IppOperation, about: Sequence[Attribute], job: Sequence[Attribute] = (), data: bytes = b""
) -> dict[str, Any]:
    """One request and its answer, by groups (`printers`, `jobs`). Raises CannotPrint; `detail` is the status where the printer refused."""
    head: list[Attribute] = [
        ("attributes-charset", "utf-8", IppTag.CHARSET),
        ("attributes-natural-language", "en", IppTag.LANGUAGE),
        ("printer-uri", address.uri, IppTag.URI),
        ("requesting-user-name", address.login.account if address.login else "foyer", IppTag.NAME),
    ]
    body = struct.pack(">bbhib", 1, 1, operation.value, 1, IppTag.OPERATION.value) + _encoded([*head, *about])
    if job:
        body += struct.pack(">b", IppTag.JOB.value) + _encoded(job)
    raw = _post(address, ip, body + struct.pack(">b", IppTag.END.value) + data)
    status = struct.unpack_from(">h", raw, 2)[0] if len(raw) >= 8 and raw[0] in (1, 2) else 0
    if status >= 0x0100:  # a refusal is read from its status alone: simple printers send little else
        raise CannotPrint(*_STATUS.get(status, ("printer.problem.refused", f"{status:#x}")), final=status < 0x0500)
    try:
        return parse(raw)
    except Exception as error:  # what is no printer may answer anything
        raise CannotPrint("printer.problem.not_a_printer", type(error).__name__) from error


_STATUS = {
    0x0406: ("printer.problem.no_queue", "0x406"), 0x040A: ("printer.problem.no_pdf", "0x40a"), 0x0506: ("printer.problem.not_accepting", "0x506"),
    0x0507: ("printer.problem.busy", "0x507"),
}  # fmt: skip


def _encoded(attributes: Sequence[Attribute]) -> bytes:
    return b"".join(construct_attribute(name, value, tag) for name, value, tag in attributes)


def _post(address: Address, ip: str, body: bytes) -> bytes:
    host = f"[{ip}]" if ":" in ip else ip
    url = f"{'https' if address.tls else 'http'}://{host}:{address.port}{address.path}"
    headers = {
        "Host": f"{address.host}:{address.port}",
        "Content-Type": "application/ipp",
        "User-Agent": "Foyer",
        "Accept-Encoding": "identity",
    }
    timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
    try:
        with (
            httpx.Client(follow_redirects=False, trust_env=False, timeout=timeout, verify=_context(address, ip)) as client,
            client.stream(
                "POST", url, content=body, headers=headers, extensions={"sni_hostname": address.host}, auth=_WhenAsked(address, ip)
            ) as answer,
        ):
            if answer.status_code in (401, 403):
                raise CannotPrint(
                    "printer.problem.password_wrong" if address.login else "printer.problem.password", f"HTTP {answer.status_code}"
                )
            if answer.status_code != 200 or not answer.headers.get("content-type", "").startswith("application/ipp"):
                raise CannotPrint("printer.problem.not_a_printer", f"HTTP {answer.status_code}")
            found = bytearray()
            for chunk in answer.iter_raw(8192):
                found += chunk
                if len(found) > MAX_ANSWER:
                    raise CannotPrint("printer.problem.not_a_printer", "answer too long")
            return bytes(found)
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
        raise CannotPrint("printer.problem.off", type(error).__name__) from error


class _WhenAsked(httpx.Auth):
    """Says who we are only when the other side asks (RFC 7617, RFC 7616). A password that would cross the network readable is not sent."""

    requires_request_body = True

    def __init__(self, address: Address, ip: str) -> None:
        self.login = address.login
        self.private = address.tls or ipaddress.ip_address(ip.split("%")[0]).is_loopback

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        answer = yield request
        if answer.status_code != 401 or self.login is None:
            return
        asked = [one.strip().lower() for one in answer.headers.get_list("www-authenticate")]
        if any(one.startswith("digest") for one in asked):
            digest = httpx.DigestAuth(self.login.account, self.login.password).auth_flow(request)
            next(digest)
            yield digest.send(answer)
        elif any("basic" in one for one in asked):
            if not self.private:
                raise CannotPrint("printer.problem.password_in_clear")
            yield next(httpx.BasicAuth(self.login.account, self.login.password).auth_flow(request))


def _context(address: Address, ip: str) -> ssl.SSLContext | bool:
    if not address.tls or ipaddress.ip_address(ip.split("%")[0]).is_global:
        return True
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # a printer of the house signs its certificate itself
    return context


def words(value: Any) -> tuple[str, ...]:
    """Keywords of an answer, none of them "none"."""
    many = value if isinstance(value, list) else [value] if value else []
    return tuple(str(one)[:60] for one in many[:200] if str(one) != "none")

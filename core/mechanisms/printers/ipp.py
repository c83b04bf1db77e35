"""Speaking with a printer: IPP/1.1 over HTTP (RFC 8010, 8011), to a CUPS queue or to the printer itself.

The encoding is pyipp's; the way there is our own, because an address is typed by a person: it is resolved once and pinned, nothing is followed,
an answer has 512 KB and 15 seconds. A print server may be this machine or a machine of the house (private address); what leaves the house needs
`ipps` with a good certificate; link-local addresses (a cloud's metadata) and other services' ports are never spoken to (SEC 31).
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import struct
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import IntEnum
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
_NAME_MOST = 60
_PRINTER_FACTS = (
    "printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "printer-make-and-model", "document-format-supported",
)  # fmt: skip
Attribute = tuple[str, Any, IppTag]


class CannotPrint(Exception):
    """`problem` is a catalogue key, `detail` what the other side said; `final`: trying again cannot help."""

    def __init__(self, problem: str, detail: str = "", *, final: bool = False) -> None:
        super().__init__(problem, detail)
        self.problem, self.detail, self.final = problem, detail, final


class JobState(IntEnum):
    """RFC 8011, 5.3.7."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELLED = 7
    ABORTED = 8
    COMPLETED = 9


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


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """A job as the printer knows it."""

    id: int
    state: JobState
    reasons: tuple[str, ...]

    @property
    def problem(self) -> str:
        """Why it does not come out, as a catalogue key; a job that is held or stopped without a reason says just that."""
        bare = {JobState.HELD: "printer.problem.held", JobState.STOPPED: "printer.problem.stopped"}
        return problem_of(self.reasons) or bare.get(self.state, "")


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
    answer = _ask(address, ip, IppOperation.GET_PRINTER_ATTRIBUTES, [wanted])
    facts: Mapping[str, Any] = next(iter(answer["printers"]), {})
    reasons = _words(facts.get("printer-state-reasons"))
    state = {3: "idle", 4: "printing"}.get(int(facts.get("printer-state") or 5), "stopped")
    problem = problem_of(reasons)
    formats = _words(facts.get("document-format-supported"))
    if formats and "application/pdf" not in formats:
        problem = "printer.problem.no_pdf"
    elif facts.get("printer-is-accepting-jobs") is False:
        problem = problem or "printer.problem.not_accepting"
    elif state == "stopped":
        problem = problem or "printer.problem.stopped"
    return PrinterState(state, problem, reasons, str(facts.get("printer-make-and-model") or "")[:80])


def send(address: Address, ip: str, *, name: str, pdf: bytes, media: str, copies: int) -> int:
    """Hand the PDF over; answers the printer's number for the job. Raises CannotPrint."""
    job: list[Attribute] = [
        ("copies", copies, IppTag.INTEGER),
        ("media", media, IppTag.KEYWORD),
        ("print-scaling", "none", IppTag.KEYWORD),  # a sheet of labels must meet its cells (T16)
    ]
    about: list[Attribute] = [("job-name", name[:_NAME_MOST], IppTag.NAME), ("document-format", "application/pdf", IppTag.MIME_TYPE)]
    answer = _ask(address, ip, IppOperation.PRINT_JOB, about, job, pdf)
    found = next(iter(answer["jobs"]), {}).get("job-id")
    if not isinstance(found, int):
        raise CannotPrint("printer.problem.not_a_printer", "no job-id")
    return found


def job(address: Address, ip: str, id: int) -> RemoteJob | None:
    """How a job is, or None when the printer no longer knows it. Raises CannotPrint."""
    wanted: Attribute = ("requested-attributes", ["job-id", "job-state", "job-state-reasons", "job-printer-state-reasons"], IppTag.KEYWORD)
    try:
        answer = _ask(address, ip, IppOperation.GET_JOB_ATTRIBUTES, [("job-id", id, IppTag.INTEGER), wanted])
    except CannotPrint as error:
        if error.detail in ("0x406", "0x407"):  # not found, gone
            return None
        raise
    return _remote(next(iter(answer["jobs"]), {}))


def find(address: Address, ip: str, name: str) -> RemoteJob | None:
    """The job of this name, if an earlier try reached the printer and its answer was lost. Raises CannotPrint."""
    for which in ("not-completed", "completed"):
        wanted: Attribute = ("requested-attributes", ["job-id", "job-name", "job-state", "job-state-reasons"], IppTag.KEYWORD)
        try:
            answer = _ask(address, ip, IppOperation.GET_JOBS, [("which-jobs", which, IppTag.KEYWORD), wanted])
        except CannotPrint as error:
            if error.final:
                continue  # a simple printer that lists no jobs, or a queue that has none of these
            raise
        for facts in answer["jobs"]:
            if facts.get("job-name") == name[:_NAME_MOST] and int(facts.get("job-state") or 0) not in (
                JobState.CANCELLED,
                JobState.ABORTED,
            ):
                return _remote(facts)
    return None


def cancel(address: Address, ip: str, id: int) -> None:
    """Take a job back; one that is over stays so. Raises CannotPrint."""
    try:
        _ask(address, ip, IppOperation.CANCEL_JOB, [("job-id", id, IppTag.INTEGER)])
    except CannotPrint as error:
        if not error.final:
            raise


def media_of(width_mm: float, height_mm: float) -> str:
    """The name of a paper size (PWG 5101.1): A4 and Letter by name, any other as a custom one."""
    named = {(210.0, 297.0): "iso_a4_210x297mm", (215.9, 279.4): "na_letter_8.5x11in"}
    return named.get((width_mm, height_mm)) or f"custom_foyer_{width_mm:g}x{height_mm:g}mm"


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


def _ask(
    address: Address, ip: str, operation: IppOperation, about: Sequence[Attribute], job: Sequence[Attribute] = (), data: bytes = b""
) -> dict[str, Any]:
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
    try:
        answer = parse(raw)
        status = int(answer["status-code"])
    except Exception as error:  # what is no printer may answer anything
        raise CannotPrint("printer.problem.not_a_printer", type(error).__name__) from error
    if status >= 0x0100:
        raise CannotPrint(*_STATUS.get(status, ("printer.problem.refused", f"{status:#x}")), final=status < 0x0500)
    return answer


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


def _remote(facts: Mapping[str, Any]) -> RemoteJob | None:
    try:
        state = JobState(int(facts["job-state"]))
        id = int(facts["job-id"])
    except (KeyError, ValueError, TypeError):
        return None
    return RemoteJob(id, state, (*_words(facts.get("job-state-reasons")), *_words(facts.get("job-printer-state-reasons"))))


def _words(value: Any) -> tuple[str, ...]:
    many = value if isinstance(value, list) else [value] if value else []
    return tuple(str(one)[:60] for one in many[:200] if str(one) != "none")

"""A real print server: cupsd of this machine as the test's own process, with its own configuration on a free port, and paper made of a socket.

A queue's device is a network printer (AppSocket): a listener of the test, which is switched off by closing it. Nothing of the machine's own
printing is touched.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, parse_http_list, parse_keqv_list, urlopen

from pyipp.enums import IppOperation, IppTag

from core.mechanisms.printers import ipp
from tests.live import free_port

CUPSD = shutil.which("cupsd") or ("/usr/sbin/cupsd" if os.path.exists("/usr/sbin/cupsd") else None)
LPADMIN = shutil.which("lpadmin") or ("/usr/sbin/lpadmin" if os.path.exists("/usr/sbin/lpadmin") else None)
_FILES = """ServerRoot {at}/etc
RequestRoot {at}/spool
CacheDir {at}/cache
StateDir {at}/run
TempDir {at}/spool
AccessLog {at}/log/access
ErrorLog {at}/log/error
PageLog {at}/log/page
User {user}
Group {user}
SystemGroup root
ServerBin {at}/lib
"""
_CUPSD = """LogLevel debug
Listen 127.0.0.1:{port}
WebInterface No
Browsing No
DefaultAuthType None
ErrorPolicy retry-current-job
JobRetryInterval 1
<Location />
Order allow,deny
Allow all
</Location>
<Policy default>
JobPrivateAccess all
JobPrivateValues none
<Limit All>
Order allow,deny
Allow all
</Limit>
</Policy>
"""


# A printer on a cable that says what is wrong with it, as a back end of CUPS does (backend(7)): what stands in the file `tray` is how it is.
_TRAY = """#!/bin/sh
[ $# = 0 ] && { echo 'direct tray "Unknown" "A tray"'; exit 0; }
at=${DEVICE_URI#tray://}
told=
while :; do
  is=$(cat "$at")
  case "$is" in
    fine) break ;;
    fails) echo 'ERROR: it fails' >&2; exit 1 ;;
    stops) echo 'ERROR: it stops' >&2; exit 4 ;;
    holds) exit 3 ;;
    gives-up) exit 5 ;;
    *) [ "$told" = "$is" ] || { [ -n "$told" ] && echo "STATE: -$told" >&2; echo "STATE: +$is" >&2; told=$is; } ;;
  esac
  sleep 0.1
done
[ -n "$told" ] && echo "STATE: -$told" >&2
cat "${6:--}" > "$at.out.$1.part" && mv "$at.out.$1.part" "$at.out.$1"
"""


def missing() -> str:
    """Why there is no print server to test with, or nothing."""
    return "" if CUPSD and LPADMIN else "CUPS (cupsd, lpadmin) is not installed: see tests/tools.sh"


@dataclass
class NetworkPrinter:
    """A printer on the network: what arrives on its port is what is on paper."""

    port: int = 0
    sheets: list[bytes] = field(default_factory=list)
    _listener: socket.socket | None = None
    _came: threading.Condition = field(default_factory=threading.Condition)

    def switch_on(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def switch_off(self) -> None:
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self._listener = None

    def wait_for(self, count: int, within_s: float = 20) -> list[bytes]:
        """What came out once so many sheets did."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.sheets) >= count, within_s), f"{len(self.sheets)} of {count} came out"
            return list(self.sheets)

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                found = bytearray()
                while chunk := connection.recv(65536):
                    found += chunk
            with self._came:
                self.sheets.append(bytes(found))
                self._came.notify_all()


@dataclass
class Tray:
    """A printer on a cable: `media-empty-error`, `media-jam-error`, … or fails, stops, holds, gives-up; fine again when it is told so."""

    at: Path

    def now(self, how: str) -> None:
        part = self.at.with_suffix(".new")
        part.write_text(how)
        part.replace(self.at)

    @property
    def sheets(self) -> list[Path]:
        return sorted(self.at.parent.glob(f"{self.at.name}.out.*[0-9]"))


@dataclass
class Cups:
    """A running print server."""

    port: int
    folder: Path

    def add_queue(self, name: str, printer: NetworkPrinter) -> str:
        """A queue for this printer; answers its address."""
        self._run(
            str(LPADMIN),
            "-p",
            name,
            "-E",
            "-v",
            f"socket://127.0.0.1:{printer.port}",
            "-m",
            "raw",
            "-o",
            "printer-error-policy=retry-current-job",
        )
        return f"ipp://127.0.0.1:{self.port}/printers/{name}"

    def add_tray(self, name: str, *, policy: str = "stop-printer") -> tuple[str, Tray]:
        """A queue on a printer that says how it is: its address, and what to tell it."""
        at = self.folder / f"trays/{name}"
        at.write_text("fine")
        at.chmod(0o666)
        self._run(str(LPADMIN), "-p", name, "-E", "-v", f"tray://{at}", "-m", "raw", "-o", f"printer-error-policy={policy}")
        return f"ipp://127.0.0.1:{self.port}/printers/{name}", Tray(at)

    def pause(self, name: str) -> None:
        self._run(_tool("cupsdisable"), name)

    def resume(self, name: str) -> None:
        self._run(_tool("cupsenable"), name)

    def release(self, name: str) -> None:
        """Let go of the one job that is held."""
        [held] = self._listed(name, "not-completed")
        self._run(_tool("lp"), "-i", held, "-H", "resume")

    def _listed(self, name: str, which: str) -> list[str]:
        command = [_tool("lpstat"), "-W", which, "-o", name]
        environment = {**os.environ, "CUPS_SERVER": f"127.0.0.1:{self.port}"}
        return [
            line.split()[0]
            for line in subprocess.run(command, env=environment, capture_output=True, timeout=30, text=True).stdout.splitlines()
        ]

    def wait_until_finished(self, name: str, within_s: float = 20) -> None:
        """The queue has nothing left to do."""
        deadline = time.monotonic() + within_s
        while self._listed(name, "not-completed"):
            assert time.monotonic() < deadline, self.said()

    def wait_until_named_no_more(self, name: str, within_s: float = 3) -> None:
        """Finished, and listed without its name: CUPS 2.4 does that within a second. One that keeps names is as good."""
        self.wait_until_finished(name)
        address = ipp.read_address(f"ipp://127.0.0.1:{self.port}/printers/{name}")
        asked: list[ipp.Attribute] = [
            ("which-jobs", "completed", IppTag.KEYWORD),
            ("requested-attributes", ["job-id", "job-name"], IppTag.KEYWORD),
        ]
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and "job-name" in ipp.ask(address, "127.0.0.1", IppOperation.GET_JOBS, asked)["jobs"][0]:
            pass

    def count_jobs(self, name: str) -> int:
        """How many jobs the queue ever had."""
        return len(self._listed(name, "all"))

    def said(self) -> str:
        """The end of what the print server wrote of its jobs, for a test that fails."""
        lines = (self.folder / "log/error").read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if "[Job " in line)[-6000:]

    def reject(self, name: str) -> None:
        self._run(_tool("cupsreject"), name)

    def accept(self, name: str) -> None:
        self._run(_tool("cupsaccept"), name)

    def _run(self, *command: str) -> None:
        environment = {**os.environ, "CUPS_SERVER": f"127.0.0.1:{self.port}"}
        done = subprocess.run(command, env=environment, capture_output=True, timeout=30)
        assert done.returncode == 0, done.stderr.decode()


def _tool(name: str) -> str:
    return shutil.which(name) or f"/usr/sbin/{name}"


@contextmanager
def serving() -> Iterator[Cups]:
    """cupsd until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="foyer-cups-", dir="/tmp"))
    folder.chmod(0o755)  # its back ends run as another user, who may not look into a test folder
    for name in ("etc", "spool", "cache", "run", "log", "trays"):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
    _own_back_ends(folder / "lib")
    user = "lp" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    port = free_port()
    (folder / "etc/cups-files.conf").write_text(_FILES.format(at=folder, user=user))
    (folder / "etc/cupsd.conf").write_text(_CUPSD.format(port=port))
    command = [str(CUPSD), "-f", "-c", str(folder / "etc/cupsd.conf"), "-s", str(folder / "etc/cups-files.conf")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _until_it_listens(port, process, folder)
        yield Cups(port, folder)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _own_back_ends(at: Path) -> None:
    """CUPS's own programs, and one back end more."""
    at.mkdir()
    given = Path("/usr/lib/cups") if Path("/usr/lib/cups").is_dir() else Path("/usr/libexec/cups")
    for folder in given.iterdir():
        if folder.name != "backend":
            (at / folder.name).symlink_to(folder)
    (at / "backend").mkdir()
    for program in (given / "backend").iterdir():
        if program.name == "socket":
            shutil.copy2(program, at / "backend/socket")
    (at / "backend/tray").write_text(_TRAY)
    (at / "backend/tray").chmod(0o755)


def _until_it_listens(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    log = folder / "log/error"
    raise RuntimeError(f"cupsd did not start: {log.read_text()[-2000:] if log.exists() else ''}")


@contextmanager
def losing(address: str, *, answer_to: IppOperation, reached: bool = True, simple: bool = False) -> Iterator[str]:
    """The queue at `address` behind a line that loses one answer: the first to `answer_to`. `reached`: the request itself arrives. `simple`: a printer that
    takes jobs only whole."""
    behind = urlsplit(address)
    lost: list[int] = []

    class Line(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            operation, number = struct.unpack(">hi", body[2:8])
            found = struct.pack(">bbhi", 1, 1, 0x0501, number) + b"\x03"
            cut = operation == answer_to and not lost
            lost.extend([operation] if cut else [])
            if not (simple and operation == IppOperation.CREATE_JOB) and (reached or not cut):
                asked = Request(f"http://{behind.hostname}:{behind.port}{behind.path}", body, {"Content-Type": "application/ipp"})
                with urlopen(asked, timeout=20) as answer:
                    found = answer.read()
            if cut:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("content-type", "application/ipp")
            self.send_header("content-length", str(len(found)))
            self.end_headers()
            self.wfile.write(found)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with _answering(Line) as port:
        yield f"ipp://127.0.0.1:{port}{behind.path}"
    assert lost, "nothing was lost"


@dataclass
class Heard:
    """The passwords a guarded queue was shown: with the first try of a connection, and after it asked."""

    first: list[str | None] = field(default_factory=list)
    then: list[str] = field(default_factory=list)


@contextmanager
def guarded(address: str, way: str, account: str, password: str) -> Iterator[tuple[str, Heard]]:
    """The queue at `address` behind a door that asks for a password (Basic or Digest), as a print server with users does."""
    behind, heard = urlsplit(address), Heard()
    nonce = secrets.token_hex(8)

    def good(said: str) -> bool:
        if way == "Basic":
            return said == "Basic " + b64encode(f"{account}:{password}".encode()).decode()
        given = parse_keqv_list(parse_http_list(said.removeprefix("Digest ")))
        once = hashlib.md5(f"{account}:door:{password}".encode()).hexdigest()
        what = hashlib.md5(f"POST:{given['uri']}".encode()).hexdigest()
        words = ":".join((once, nonce, given["nc"], given["cnonce"], given["qop"], what))
        return given["response"] == hashlib.md5(words.encode()).hexdigest()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            said = self.headers.get("authorization")
            (heard.then.append(said) if said else heard.first.append(said))
            if said is None or not good(said):
                self.send_response(401)
                self.send_header("www-authenticate", f'{way} realm="door"' + (f', nonce="{nonce}", qop="auth"' if way == "Digest" else ""))
                self.send_header("content-length", "0")
                self.end_headers()
                return
            asked = Request(f"http://{behind.hostname}:{behind.port}{behind.path}", body, {"Content-Type": "application/ipp"})
            with urlopen(asked, timeout=20) as answer:
                found = answer.read()
            self.send_response(200)
            self.send_header("content-type", "application/ipp")
            self.send_header("content-length", str(len(found)))
            self.end_headers()
            self.wfile.write(found)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with _answering(Door) as port:
        yield f"ipp://127.0.0.1:{port}{behind.path}", heard


@contextmanager
def _answering(how: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), how)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()

"""A real print server: cupsd of this machine as the test's own process, with its own configuration on a free port, and paper made of a socket.

A queue's device is a network printer (AppSocket): a listener of the test, which is switched off by closing it. Nothing of the machine's own
printing is touched.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

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

    def pause(self, name: str) -> None:
        self._run(_tool("cupsdisable"), name)

    def resume(self, name: str) -> None:
        self._run(_tool("cupsenable"), name)

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
    for name in ("etc", "spool", "cache", "run", "log"):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
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


def _until_it_listens(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    log = folder / "log/error"
    raise RuntimeError(f"cupsd did not start: {log.read_text()[-2000:] if log.exists() else ''}")

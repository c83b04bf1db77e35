"""Where test servers are born: one process that has read all the code and forks a server each time one is asked for.

A start of Python that reads NiceGUI, SQLAlchemy and all of Foyer takes seconds of a core; a suite starts a server more than a hundred times. A server made
here is a process of its own with its own files, threads, port and end (`kill -9` included); only the reading was done before. Where a platform can not fork,
or for another program than this checkout's, `tests.live` starts it the long way.
"""

from __future__ import annotations

import json
import os
import random
import runpy
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(slots=True)
class Forked:
    """A server process that another process forked: the part of `subprocess.Popen` that tests use."""

    pid: int
    _watch: int | None

    def poll(self) -> int | None:
        """None while it runs, 0 once it has ended."""
        if self._watch is not None and select.select([self._watch], [], [], 0)[0]:
            os.close(self._watch)
            self._watch = None
        return None if self._watch is not None else 0

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises subprocess.TimeoutExpired."""
        if self._watch is not None and not select.select([self._watch], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("server", timeout or 0)
        return self.poll() or 0

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None and self._watch is not None:
            signal.pidfd_send_signal(self._watch, number)


class Nursery:
    """The process that forks. One for each test process; ends with it, because it reads its requests from a pipe."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("FOYER_", "PYTEST_", "NICEGUI_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tests.nursery"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, program: Path, arguments: list[str], environment: dict[str, str], log: Path) -> Forked:
        """Run `program` with this environment, its output appended to `log`."""
        assert self._process.stdin is not None and self._process.stdout is not None
        asked = {"program": str(program), "arguments": arguments, "environment": environment, "log": str(log)}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        try:
            return Forked(pid, os.pidfd_open(pid))
        except ProcessLookupError:  # it ended at once: its log says why
            return Forked(pid, None)

    def stop(self) -> None:
        """End it; servers it forked live on."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=15)


_nursery: Nursery | None = None


def get() -> Nursery | None:
    """This test process's nursery, made when first asked for; None where servers must start the long way."""
    global _nursery
    if not hasattr(os, "pidfd_open"):
        return None
    if _nursery is None:
        _nursery = Nursery()
    return _nursery


def stop() -> None:
    """End the nursery, if there is one."""
    global _nursery
    if _nursery is not None:
        _nursery.stop()
    _nursery = None


def _main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who ended is nobody's zombie
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path.insert(0, str(ROOT))
    import main  # noqa: F401  # what takes the time

    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(asked)
        print(pid, flush=True)


def _become(asked: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    output = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    random.seed()
    sys.argv = [asked["program"], *asked["arguments"]]
    status = 1
    try:
        runpy.run_path(asked["program"], run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _main()

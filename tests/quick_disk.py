"""Where the tests keep their files: in memory where there is plenty, since most of a suite's waiting is for a disk to have written."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 6 << 30  # bytes that must be free; what a run keeps at once is far less


def use() -> Path | None:
    """Let this process and its children keep temporary files in memory, unless TMPDIR says where. Returns the folder, to be removed at the end."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK) or min(shutil.disk_usage(MEMORY).free, _available()) < ROOM:
        return None
    folder = Path(tempfile.mkdtemp(prefix="foyer-tests-", dir=MEMORY))
    folder.chmod(0o755)  # PostgreSQL runs as another user inside
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None
    return folder


def _available() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), 0)

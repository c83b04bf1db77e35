"""The rooms' rules hold wherever the server stands: the machine's zone is nobody's zone (pitfalls V18, V19; scenario Front desk 5).

A choice of this house's own tests is run again in processes of their own whose machine is elsewhere; `python -m tests.rooms.test_wherever_the_server_stands`
runs everything below the browser that is about rooms, bookings, series and calendars, once a zone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import ROOT

MACHINES = ("UTC", "Asia/Shanghai", "America/Los_Angeles")
# Where a day, a midnight or a wall time matters most; each is seconds.
CHOSEN = ("tests/rooms/test_door_views.py", "tests/rooms/test_no_shows.py", "tests/series/test_zones.py", "tests/calendars/test_reading.py")
ALL = ("tests/rooms", "tests/series", "tests/calendars", "tests/roomcare", "tests/doors")


def run_in(machine: str, paths: tuple[str, ...], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """pytest on these paths in a process whose machine stands in `machine`; on SQLite, without browsers."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {
        "TZ": machine,
        "FOYER_TEST_DATABASES": "sqlite",
    }
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", "not browser", "-k", "not wherever", *paths]
    if folder is not None:
        command += ["--basetemp", str(folder / "pytest")]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.proves("Front desk 5", "V18", "V19")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("machine", [machine for machine in MACHINES if machine != os.environ.get("TZ")])
def test_days_no_shows_series_and_calendars_are_the_same_wherever_the_server_stands(machine: str, tmp_path: Path) -> None:
    ran = run_in(machine, CHOSEN, tmp_path)
    assert ran.returncode == 0 and "[100%]" in ran.stdout, ran.stdout[-3000:] + ran.stderr[-1000:]


def main() -> int:
    failed = 0
    for machine in MACHINES:
        ran = run_in(machine, ALL)
        print(machine, ran.stdout.strip().splitlines()[-1], flush=True)
        if ran.returncode != 0:
            print(ran.stdout[-6000:], flush=True)
            failed += 1
    return failed


if __name__ == "__main__":
    sys.exit(main())

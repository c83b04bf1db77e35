"""A real server with the test pages, one for all tests of a module that only look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.foundation import clock, database
from tests.cast import Office
from tests.live import Server, serving


@pytest.fixture
def panel_server(live_office: Office, tmp_path: Path) -> Iterator[Server]:
    """`main.py serve` with the pages of `panel.py`."""
    with serving(str(database.engine().url), tmp_path, at=clock.now(), program=Path(__file__).parent / "panel.py") as running:
        yield running

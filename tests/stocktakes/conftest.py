"""A stage with the office's own rooms 301, 302 and 305."""

from __future__ import annotations

import pytest

from tests.cast import Office
from tests.stocktakes.stage import Stage


@pytest.fixture
def stage(office: Office) -> Stage:
    return Stage(office)

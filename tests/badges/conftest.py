"""One print server for the tests of this folder; each test makes queues of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assets_labels import printouts
from tests.badges import cups
from tests.badges.cups import Cups, NetworkPrinter


@pytest.fixture(scope="session")
def print_server() -> Iterator[Cups]:
    if reason := cups.missing():
        pytest.skip(reason)
    with cups.serving() as running:
        yield running


@pytest.fixture
def paper() -> Iterator[NetworkPrinter]:
    """A network printer that is on."""
    printer = NetworkPrinter()
    printer.switch_on()
    yield printer
    printer.switch_off()


@pytest.fixture(autouse=True)
def _address() -> None:
    """What stands in every code that is printed."""
    printouts.use_base_url("http://foyer.example.cn")

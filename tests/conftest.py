"""Fixtures every suite shares: an office on SQLite and on PostgreSQL, a frozen clock, the fixed cast."""

from __future__ import annotations

import copy
import itertools
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Playwright, sync_playwright

import main
from core.foundation import clock, database, jobs, live, migrations
from core.mechanisms import operations
from tests import nursery, postgres, quick_disk
from tests.cast import Office
from tests.live import Server, browsing, chromium, serving

# The check runs the same examples each time, so that a change is judged by what it changed; `make explore` looks for new ones.
settings.register_profile("steady", derandomize=True, print_blob=True)
settings.register_profile("explore", print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

MON_9AM = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 2026-11-23, 09:00 in Shanghai


_in_memory = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Before anything makes a temporary folder; the processes that run tests side by side take over what the first one chose."""
    if (folder := quick_disk.use()) is not None:
        config.stash[_in_memory] = folder


def pytest_unconfigure(config: pytest.Config) -> None:
    """The whole folder goes with the run that made it."""
    if (folder := config.stash.get(_in_memory, None)) is not None:
        shutil.rmtree(folder, ignore_errors=True)


# "sqlite" in FOYER_TEST_DATABASES leaves PostgreSQL out while working on one test.
_KINDS = [kind for kind in ("sqlite", "postgresql") if kind in os.environ.get("FOYER_TEST_DATABASES", "sqlite postgresql")]


@pytest.fixture(params=[pytest.param(kind, marks=[pytest.mark.postgresql] * (kind == "postgresql")) for kind in _KINDS])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Every test that asks for `office` runs on both databases; PostgreSQL is skipped, with the reason, where there is no server."""
    return str(request.param)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty office's database file, built once."""
    path = tmp_path_factory.mktemp("template") / "foyer.db"
    main.include_core()
    engine = database.make_engine(f"sqlite:///{path.as_posix()}")
    migrations.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """A PostgreSQL server of this test run alone, with an empty office as template database."""
    reason = postgres.missing()
    if reason:
        pytest.skip(reason)
    main.include_core()
    with postgres.serve() as server:
        server.make_template(migrations.upgrade, database.make_engine)
        yield server


_numbers = itertools.count()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path, database_kind: str) -> Iterator[str]:
    """The address of this test's own database of its kind: with the test office in it where the test asks for `office`, else empty."""
    founded = "office" in request.fixturenames
    if database_kind == "sqlite":
        template = request.getfixturevalue("sqlite_office")[0] if founded else request.getfixturevalue("sqlite_template")
        yield _copied(template, tmp_path)
    else:
        name = request.getfixturevalue("postgres_office")[0] if founded else "foyer_template"
        yield from _created(request.getfixturevalue("postgres_server"), name)


def _copied(template: Path, folder: Path) -> str:
    shutil.copy(template, folder / "foyer.db")
    return f"sqlite:///{(folder / 'foyer.db').as_posix()}"


def _created(server: postgres.Server, template: str) -> Iterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    yield server.create(name, template)
    database.disconnect()
    server.drop(name)


def _found(url: str, *, accounts: bool) -> Office:
    """Found the test office in this database, on Monday at nine: once for each kind of database, every test then gets a copy."""
    _open(url)
    clock.freeze(MON_9AM)
    made = Office.found(accounts=accounts)
    if database.engine().dialect.name == database.SQLITE:
        with database.engine().connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.disconnect()
    clock.freeze(None)
    return made


def _open(url: str) -> None:
    main.include_core()
    operations.use_secret(b"a test office's secret key, 32 b")
    database.connect(url)
    jobs.set_started(None)
    live.stop()


@pytest.fixture(scope="session")
def sqlite_office(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Office]:
    """The test office as a database file, and its cast."""
    folder = tmp_path_factory.mktemp("founded")
    return folder / "foyer.db", _found(_copied(sqlite_template, folder), accounts=False)


@pytest.fixture(scope="session")
def sqlite_office_with_accounts(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Office]:
    """The same, where everyone of the cast can sign in."""
    folder = tmp_path_factory.mktemp("accounts")
    return folder / "foyer.db", _found(_copied(sqlite_template, folder), accounts=True)


@pytest.fixture(scope="session")
def postgres_office(postgres_server: postgres.Server) -> tuple[str, Office]:
    """The test office as a template database, and its cast."""
    return "foyer_office", _found(postgres_server.create("foyer_office"), accounts=False)


@pytest.fixture
def office(request: pytest.FixtureRequest, database_url: str, database_kind: str) -> Iterator[Office]:
    """A small office with the fixed cast: Mei (host), Ann (desk), Bo (clerk), Chen (leader), Sun (safety), Ada (administrator)."""
    _open(database_url)
    clock.freeze(MON_9AM)
    yield copy.deepcopy(request.getfixturevalue("sqlite_office" if database_kind == "sqlite" else "postgres_office")[1])
    clock.freeze(None)
    database.disconnect()


# ── browsers and servers ──


@pytest.fixture(scope="session", autouse=True)
def _nursery() -> Iterator[None]:
    """What forks test servers ends with the tests."""
    yield
    nursery.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, driving the Chromium of this machine."""
    if chromium() is None:
        pytest.skip("no Chromium on this machine: browser tests are skipped")
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One headless Chromium for all tests; each test opens contexts of its own."""
    with browsing(playwright) as running:
        yield running


@pytest.fixture
def live_office(sqlite_office_with_accounts: tuple[Path, Office], tmp_path: Path) -> Iterator[Office]:
    """An office on a SQLite file that a server process can share; its clock runs from MON_9AM. Everyone of the cast can sign in as their key."""
    template, made = sqlite_office_with_accounts
    _open(_copied(template, tmp_path))
    clock.freeze(None)
    clock.move_to(MON_9AM)
    yield copy.deepcopy(made)
    database.disconnect()
    clock.freeze(None)


@pytest.fixture
def server(live_office: Office, tmp_path: Path) -> Iterator[Server]:
    """`main.py serve` on the live office, clock at MON_9AM."""
    with serving(str(database.engine().url), tmp_path, at=clock.now()) as running:
        yield running

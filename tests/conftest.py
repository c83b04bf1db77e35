"""Fixtures every suite shares: an office on SQLite and on PostgreSQL, a frozen clock, the fixed cast."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

import main
from core.foundation import clock, database, jobs, live, migrations
from core.mechanisms import operations
from tests import postgres
from tests.cast import Office
from tests.live import Server, browsing, chromium, serving

MON_9AM = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 2026-11-23, 09:00 in Shanghai


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
    """The address of a fresh, empty office database of this test's kind."""
    if database_kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "foyer.db")
        yield f"sqlite:///{(tmp_path / 'foyer.db').as_posix()}"
    else:
        server: postgres.Server = request.getfixturevalue("postgres_server")
        name = f"test_{os.getpid()}_{next(_numbers)}"
        yield server.create(name)
        database.disconnect()
        server.drop(name)


@pytest.fixture
def frozen_clock() -> Iterator[datetime]:
    """Monday 2026-11-23, 09:00 in Shanghai, and it stays that."""
    clock.freeze(MON_9AM)
    yield MON_9AM
    clock.freeze(None)


@pytest.fixture
def office(database_url: str, frozen_clock: datetime) -> Iterator[Office]:
    """A small office with the fixed cast: Mei (host), Ann (desk), Bo (clerk), Chen (leader), Sun (safety), Ada (administrator)."""
    main.include_core()
    operations.use_secret(b"a test office's secret key, 32 b")
    database.connect(database_url)
    jobs.set_started(None)
    live.stop()
    yield Office.found()
    database.disconnect()


# ── browsers and servers ──


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
def live_office(sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    """An office on a SQLite file that a server process can share; its clock runs from MON_9AM. Everyone of the cast can sign in as their key."""
    shutil.copy(sqlite_template, tmp_path / "foyer.db")
    main.include_core()
    operations.use_secret(b"a test office's secret key, 32 b")
    database.connect(f"sqlite:///{(tmp_path / 'foyer.db').as_posix()}")
    jobs.set_started(None)
    live.stop()
    clock.freeze(None)
    clock.move_to(MON_9AM)
    yield Office.found(accounts=True)
    database.disconnect()
    clock.freeze(None)


@pytest.fixture
def server(live_office: Office, tmp_path: Path) -> Iterator[Server]:
    """`main.py serve` on the live office, clock at MON_9AM."""
    with serving(str(database.engine().url), tmp_path, at=clock.now()) as running:
        yield running

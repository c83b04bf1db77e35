"""Fixtures every suite shares: an office on SQLite and on PostgreSQL, a frozen clock, the fixed cast."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import main
from core.foundation import clock, database, jobs, live
from core.mechanisms import operations
from tests import postgres
from tests.cast import Office

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
    with engine.execution_options(foyer_write=True).connect() as connection, connection.begin():
        database.build_schema(connection)
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
        server.make_template(database.build_schema, database.make_engine)
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

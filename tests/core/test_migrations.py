"""Migrations make exactly the schema the code declares, on both databases, from an empty one and from every release (house.md §5)."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlmodel import SQLModel

import main
from core.foundation import database, migrations
from tests import postgres


@pytest.fixture
def engines(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Engine, Engine]:
    """Two empty databases: one for the migrations, one for the declared schema."""
    main.include_core()
    if database_kind == "sqlite":
        return database.make_engine(f"sqlite:///{tmp_path}/migrated.db"), database.make_engine(f"sqlite:///{tmp_path}/declared.db")
    server: postgres.Server = request.getfixturevalue("postgres_server")
    for name in ("migrated", "declared"):
        server.drop(name)
    return database.make_engine(server.create("migrated", "template1")), database.make_engine(server.create("declared", "template1"))


def beside(engine: Engine) -> set[str]:
    """Triggers, exclusion constraints and what is searched by, by name and text."""
    query = {
        "sqlite": "SELECT name || ' ' || sql FROM sqlite_master WHERE type = 'trigger' OR sql LIKE 'CREATE VIRTUAL%'",
        "postgresql": "SELECT tgname || ' ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal UNION "
        "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'x' UNION "
        "SELECT indexname || ' ' || indexdef FROM pg_indexes WHERE indexdef LIKE '%gin (%'",
    }[engine.dialect.name]
    with engine.connect() as connection:
        return set(connection.execute(text(query)).scalars())


def test_migrations_make_exactly_the_declared_schema(engines: tuple[Engine, Engine]) -> None:
    migrated, declared = engines
    migrations.upgrade(migrated)
    migrations.upgrade(migrated)  # a second start finds nothing to do
    with declared.execution_options(foyer_write=True).connect() as connection, connection.begin():
        database.build_schema(connection)
    with migrated.connect() as connection:
        opts = {"compare_type": True, "include_name": migrations.ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=opts), SQLModel.metadata) == []
    assert beside(migrated) == beside(declared) != set()
    migrated.dispose()
    declared.dispose()


def test_there_is_one_line_of_migrations() -> None:
    directory = ScriptDirectory.from_config(migrations.config())
    assert len(directory.get_heads()) == 1
    for script in directory.walk_revisions():
        assert "build_schema" not in Path(script.path).read_text("utf-8"), "a migration must not depend on later code"

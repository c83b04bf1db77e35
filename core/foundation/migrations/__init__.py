"""Alembic migrations, run at start (house.md §5). `versions/` holds one script a release; `freeze` writes the script of a new one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine


def config() -> Config:
    """Alembic's configuration, without an ini file."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent))
    return found


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to `revision` in one transaction. On SQLite a second server waits for the lock, then finds nothing to do."""
    with engine.execution_options(foyer_write=True).connect() as connection, connection.begin():
        alembic = config()
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, revision)


SEARCH = ("asset_find_fts", "asset_find_grams")  # SQLite's search table with its shadows, and PostgreSQL's index


def ours(name: str | None, kind: str, _parent: object) -> bool:
    """Whether a table or index of a database is one that the tables declare: what `database.ddl` makes beside them is not compared with them."""
    return not (kind in ("table", "index") and name is not None and name.startswith(SEARCH))

"""Writes the migration script of a release: what the declared schema has and the migrations do not make yet.

    python -m core.foundation.migrations.freeze 0002 "what it adds"

It compares the tables with an empty SQLite database brought to head and takes the new triggers and constraints of `database.ddl` as literal SQL for each
database, so that a migration never depends on later code. Read the script before you commit it: data to carry over is yours to write.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from core.foundation import database, migrations

VERSIONS = Path(__file__).parent / "versions"

TEMPLATE = '''"""{message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down!r}

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {{
    "sqlite": (
{sqlite}    ),
    "postgresql": (
{postgresql}    ),
}}


def upgrade() -> None:
{body}
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)
'''


def script(revision: str, message: str) -> str:
    """The text of the script; needs every part of the house to be imported."""
    directory = ScriptDirectory.from_config(migrations.config())
    head = directory.get_current_head()
    known = {
        node.value
        for path in VERSIONS.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    with tempfile.TemporaryDirectory() as folder:
        engine = database.make_engine(f"sqlite:///{folder}/empty.db")
        if head is not None:
            migrations.upgrade(engine)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"target_metadata": SQLModel.metadata, "include_name": migrations.ours})
            operations = produce_migrations(context, SQLModel.metadata).upgrade_ops
            assert operations is not None
            code = render_python_code(operations, render_as_batch=False)
        engine.dispose()
    code = re.sub(r"sqlmodel\.sql\.sqltypes\.AutoString\((.*?)\)", r"sa.String(\1)", code)
    code = re.sub(r"sqlmodel\.sql\.sqltypes\.\w+\(\)", "sa.DateTime(timezone=True)", code)
    code = re.sub(r"^ *# ###.*(\n|\Z)", "", code, flags=re.MULTILINE)
    code = re.sub(r"^ {0,4}(?=op\.)", "    ", code, flags=re.MULTILINE)
    beside = {
        dialect: "".join(f"        {statement!r},\n" for statement in database.declared(dialect) if statement not in known)
        for dialect in (database.SQLITE, database.POSTGRESQL)
    }
    return TEMPLATE.format(message=message, revision=revision, down=head, body=code.rstrip() or "    pass", **beside)


def main(arguments: list[str]) -> int:
    revision, message = arguments
    importlib.import_module("main")  # the table of contents knows every part
    target = VERSIONS / f"v{revision}_{re.sub(r'[^a-z0-9]+', '_', message.lower()).strip('_')[:40]}.py"
    target.write_text(script(revision, message), "utf-8")
    print(target.name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Alembic's entry: always on the connection that `migrations.upgrade` gives, inside its transaction."""

from alembic import context
from sqlmodel import SQLModel

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=False, transactional_ddl=False)
context.run_migrations()

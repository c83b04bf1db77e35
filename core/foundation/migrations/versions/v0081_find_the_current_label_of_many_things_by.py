"""Find the current label of many things by one index"""

from __future__ import annotations

from alembic import op

revision = "0081"
down_revision = "0052"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (),
}


def upgrade() -> None:
    op.create_index("ix_label_of", "label", ["subject_id", "subject_kind", "state"], unique=False)
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

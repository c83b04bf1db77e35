"""organisations of liaison that were merged"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0221"
down_revision = "0220"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (),
}


def upgrade() -> None:
    op.create_table(
        "contact_org_merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("keep_id", sa.Uuid(), nullable=False),
        sa.Column("gone_id", sa.Uuid(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["gone_id"],
            ["contact_org.id"],
        ),
        sa.ForeignKeyConstraint(
            ["keep_id"],
            ["contact_org.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_contact_org_merge_gone_id"), "contact_org_merge", ["gone_id"], unique=False)
    op.create_index(op.f("ix_contact_org_merge_keep_id"), "contact_org_merge", ["keep_id"], unique=False)
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

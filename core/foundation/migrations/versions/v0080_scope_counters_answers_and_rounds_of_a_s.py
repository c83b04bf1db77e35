"""Scope, counters, answers and rounds of a stock-take"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0020"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (),
}


def upgrade() -> None:
    op.create_table(
        "stocktake_counter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stocktake_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_stocktake_counter_stocktake_id"), "stocktake_counter", ["stocktake_id"], unique=False)
    op.add_column("stocktake", sa.Column("department_ids", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("stocktake", sa.Column("class_codes", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("stocktake", sa.Column("value_from_cents", sa.BigInteger(), nullable=True))
    op.add_column("stocktake", sa.Column("value_to_cents", sa.BigInteger(), nullable=True))
    op.add_column("stocktake", sa.Column("sample_count", sa.Integer(), nullable=True))
    op.add_column("stocktake", sa.Column("sample_percent", sa.Integer(), nullable=True))
    op.add_column("stocktake", sa.Column("sample_seed", sa.String(), server_default="", nullable=False))
    op.add_column("stocktake", sa.Column("frozen", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("stocktake", sa.Column("population", sa.Integer(), server_default="0", nullable=False))
    op.add_column("stocktake_count", sa.Column("answer", sa.String(), server_default="", nullable=False))
    op.add_column("stocktake_count", sa.Column("condition", sa.String(), server_default="", nullable=False))
    op.add_column("stocktake_count", sa.Column("note", sa.String(), server_default="", nullable=False))
    op.add_column("stocktake_count", sa.Column("photos", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("stocktake_decision", sa.Column("counter_id", sa.Uuid(), nullable=True))
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

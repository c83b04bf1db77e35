"""keeping times, legal holds, ID numbers, proofs of erasing"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0171"
down_revision = "0130"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER purge_report_no_update BEFORE UPDATE ON \"purge_report\" BEGIN SELECT RAISE(ABORT, 'append_only:purge_report'); END",
        "CREATE TRIGGER purge_report_no_delete BEFORE DELETE ON \"purge_report\" BEGIN SELECT RAISE(ABORT, 'append_only:purge_report'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION purge_report_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:purge_report' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER purge_report_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "purge_report" FOR EACH STATEMENT EXECUTE FUNCTION purge_report_append_only()',
    ),
}


def upgrade() -> None:
    op.create_table(
        "keeping_rule",
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("id_number", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("type"),
    )
    op.create_table(
        "purge_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("forgot", sa.JSON(), nullable=False),
        sa.Column("looked_for", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("archives", sa.Integer(), nullable=False),
        sa.Column("given_back", sa.Boolean(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_purge_report_at"), "purge_report", ["at"], unique=False)
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["visit_id"],
            ["visit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_legal_hold_visit_id"), "legal_hold", ["visit_id"], unique=False)
    op.create_table(
        "visit_id_number",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["visit_id"],
            ["visit.id"],
        ),
        sa.PrimaryKeyConstraint("visit_id"),
    )
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

"""phones: a key that only sends, gaps and incidents, what a phone holds"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0070"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER phone_gap_no_update BEFORE UPDATE ON \"phone_gap\" BEGIN SELECT RAISE(ABORT, 'append_only:phone_gap'); END",
        "CREATE TRIGGER phone_gap_no_delete BEFORE DELETE ON \"phone_gap\" BEGIN SELECT RAISE(ABORT, 'append_only:phone_gap'); END",
        "CREATE TRIGGER phone_incident_no_update BEFORE UPDATE ON \"phone_incident\" BEGIN SELECT RAISE(ABORT, 'append_only:phone_incident'); END",
        "CREATE TRIGGER phone_incident_no_delete BEFORE DELETE ON \"phone_incident\" BEGIN SELECT RAISE(ABORT, 'append_only:phone_incident'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION phone_gap_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:phone_gap' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER phone_gap_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "phone_gap" FOR EACH STATEMENT EXECUTE FUNCTION phone_gap_append_only()',
        "CREATE OR REPLACE FUNCTION phone_incident_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:phone_incident' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER phone_incident_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "phone_incident" FOR EACH STATEMENT EXECUTE FUNCTION phone_incident_append_only()',
    ),
}


def upgrade() -> None:
    op.create_table(
        "phone_gap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("at_desk", sa.Boolean(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_phone_gap_device_id"), "phone_gap", ["device_id"], unique=False)
    op.create_table(
        "phone_incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_phone_incident_device_id"), "phone_incident", ["device_id"], unique=False)
    op.add_column("device_contact", sa.Column("unsent", sa.Integer(), server_default="0", nullable=False))
    op.add_column("device_contact", sa.Column("phone_state", sa.String(), server_default="", nullable=False))
    op.create_index("ix_operation_device_seq", "operation", ["device_id", "device_seq"], unique=False)
    op.add_column("sign_in_session", sa.Column("scope", sa.String(), server_default="full", nullable=False))
    # ### end Alembic commands ###
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

"""transfers, disposals, upkeep and rules of approval"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0080"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER upkeep_done_no_update BEFORE UPDATE ON \"upkeep_done\" BEGIN SELECT RAISE(ABORT, 'append_only:upkeep_done'); END",
        "CREATE TRIGGER upkeep_done_no_delete BEFORE DELETE ON \"upkeep_done\" BEGIN SELECT RAISE(ABORT, 'append_only:upkeep_done'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION upkeep_done_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:upkeep_done' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER upkeep_done_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "upkeep_done" FOR EACH STATEMENT EXECUTE FUNCTION upkeep_done_append_only()',
    ),
}


def upgrade() -> None:
    op.create_table(
        "approval_rule",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_cents", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "from_cents"),
    )
    op.create_table(
        "asset_transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("to_department_id", sa.Uuid(), nullable=False),
        sa.Column("to_person_id", sa.Uuid(), nullable=True),
        sa.Column("to_place_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_by_id", sa.Uuid(), nullable=True),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["to_department_id"],
            ["department.id"],
        ),
        sa.ForeignKeyConstraint(
            ["to_person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_asset_transfer_state"), "asset_transfer", ["state"], unique=False)
    op.create_index(op.f("ix_asset_transfer_to_department_id"), "asset_transfer", ["to_department_id"], unique=False)
    op.create_index(op.f("ix_asset_transfer_to_person_id"), "asset_transfer", ["to_person_id"], unique=False)
    op.create_table(
        "asset_disposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("value_cents", sa.BigInteger(), nullable=True),
        sa.Column("net_value_cents", sa.BigInteger(), nullable=True),
        sa.Column("holds_data", sa.Boolean(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disposed_on", sa.Date(), nullable=True),
        sa.Column("done_by_id", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proceeds_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("wipe", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["asset.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "asset_disposal_one_open",
        "asset_disposal",
        ["asset_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('asked', 'approved')"),
        postgresql_where=sa.text("state IN ('asked', 'approved')"),
    )
    op.create_index(op.f("ix_asset_disposal_asset_id"), "asset_disposal", ["asset_id"], unique=False)
    op.create_index(op.f("ix_asset_disposal_state"), "asset_disposal", ["state"], unique=False)
    op.create_table(
        "asset_transfer_line",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("from_department_id", sa.Uuid(), nullable=True),
        sa.Column("from_keeper_id", sa.Uuid(), nullable=True),
        sa.Column("from_place_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["asset.id"],
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["asset_transfer.id"],
        ),
        sa.PrimaryKeyConstraint("transfer_id", "asset_id"),
    )
    op.create_index(op.f("ix_asset_transfer_line_asset_id"), "asset_transfer_line", ["asset_id"], unique=False)
    op.create_index(op.f("ix_asset_transfer_line_from_keeper_id"), "asset_transfer_line", ["from_keeper_id"], unique=False)
    op.create_table(
        "upkeep_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("class_code", sa.String(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["asset.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_upkeep_plan_asset_id"), "upkeep_plan", ["asset_id"], unique=False)
    op.create_table(
        "upkeep_done",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("failed", sa.JSON(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("scanned", sa.Boolean(), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["upkeep_plan.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_upkeep_done_asset_id"), "upkeep_done", ["asset_id"], unique=False)
    op.create_index(op.f("ix_upkeep_done_plan_id"), "upkeep_done", ["plan_id"], unique=False)
    op.add_column("asset", sa.Column("left_by", sa.String(), server_default="", nullable=False))
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

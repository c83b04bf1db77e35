"""suppliers, rounds of demand, plans and quotas of supplies"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0310"
down_revision = "0250"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (),
}


def upgrade() -> None:
    op.create_table(
        "supplier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("pinyin", sa.String(), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "supply_round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "supply_answer",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["supply_round.id"],
        ),
        sa.PrimaryKeyConstraint("round_id", "department_id"),
    )
    op.create_table(
        "supply_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["supply_round.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("round_id"),
    )
    op.create_index(op.f("ix_supply_plan_state"), "supply_plan", ["state"], unique=False)
    op.create_table(
        "supply_demand",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("supply_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["supply_round.id"],
        ),
        sa.ForeignKeyConstraint(
            ["supply_id"],
            ["supply.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("round_id", "department_id", "supply_id"),
    )
    op.create_index(op.f("ix_supply_demand_round_id"), "supply_demand", ["round_id"], unique=False)
    op.create_table(
        "supply_overdraw",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("supply_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
        ),
        sa.ForeignKeyConstraint(
            ["supply_id"],
            ["supply.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_supply_overdraw_supply_id"), "supply_overdraw", ["supply_id"], unique=False)
    op.create_table(
        "supply_plan_line",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("supply_id", sa.Uuid(), nullable=False),
        sa.Column("demand", sa.Integer(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("on_order", sa.Integer(), nullable=False),
        sa.Column("pack", sa.Integer(), nullable=False),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["supply_plan.id"],
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"],
            ["supplier.id"],
        ),
        sa.ForeignKeyConstraint(
            ["supply_id"],
            ["supply.id"],
        ),
        sa.PrimaryKeyConstraint("plan_id", "supply_id"),
    )
    op.create_table(
        "supply_quota",
        sa.Column("supply_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("per", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
        ),
        sa.ForeignKeyConstraint(
            ["supply_id"],
            ["supply.id"],
        ),
        sa.PrimaryKeyConstraint("supply_id", "department_id"),
    )
    op.add_column("supply", sa.Column("pack", sa.Integer(), server_default="1", nullable=False))
    op.add_column("supply_movement", sa.Column("department_id", sa.Uuid(), nullable=True))
    op.add_column("supply_movement", sa.Column("for_department", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(op.f("ix_supply_movement_department_id"), "supply_movement", ["department_id"], unique=False)
    op.add_column("supply_order", sa.Column("pack", sa.Integer(), server_default="1", nullable=False))
    op.add_column("supply_order", sa.Column("price_cents", sa.BigInteger(), nullable=True))
    op.add_column("supply_order", sa.Column("supplier_id", sa.Uuid(), nullable=True))
    op.add_column("supply_order", sa.Column("plan_id", sa.Uuid(), nullable=True))
    op.add_column("supply_order", sa.Column("due_on", sa.Date(), nullable=True))
    op.create_index(op.f("ix_supply_order_plan_id"), "supply_order", ["plan_id"], unique=False)
    op.create_index(op.f("ix_supply_order_supplier_id"), "supply_order", ["supplier_id"], unique=False)
    op.add_column("supply_receipt", sa.Column("service", sa.Integer(), nullable=True))
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

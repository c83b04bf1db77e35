"""deliveries passes shelf numbers and receipts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0141"
down_revision = "0150"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (),
}


def upgrade() -> None:
    # A delivery may wait for somebody to be found; SQLite writes the table anew to say so, before anything refers to it.
    with op.batch_alter_table("delivery") as batch:
        batch.alter_column("recipient_id", existing_type=sa.Uuid(), nullable=True)
    op.create_table(
        "delivery_pass",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("bearer", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("allowed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["delivery.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_hash"),
    )
    op.create_index(op.f("ix_delivery_pass_delivery_id"), "delivery_pass", ["delivery_id"], unique=False)
    op.create_index(op.f("ix_delivery_pass_person_id"), "delivery_pass", ["person_id"], unique=False)
    op.add_column("delivery", sa.Column("receipt_code", sa.String(), nullable=True))
    op.add_column("delivery", sa.Column("addressee", sa.Text(), server_default="", nullable=False))
    op.add_column("delivery", sa.Column("shelf", sa.Integer(), nullable=True))
    op.add_column("delivery", sa.Column("place_id", sa.Uuid(), nullable=True))
    op.add_column("delivery", sa.Column("oversize", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("delivery", sa.Column("taker", sa.Text(), server_default="", nullable=False))
    op.add_column("delivery", sa.Column("handed_by", sa.Uuid(), nullable=True))
    op.add_column("delivery", sa.Column("way", sa.Text(), server_default="", nullable=False))
    op.add_column("delivery", sa.Column("strokes", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("delivery", sa.Column("remark", sa.Text(), server_default="", nullable=False))
    op.add_column("delivery", sa.Column("reminders", sa.Integer(), server_default="0", nullable=False))
    op.add_column("delivery", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_delivery_receipt_code"), "delivery", ["receipt_code"], unique=False)
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

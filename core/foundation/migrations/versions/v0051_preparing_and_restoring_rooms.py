"""preparing and restoring rooms"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0040"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (),
}


def upgrade() -> None:
    op.create_table(
        "room_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("wishes", sa.JSON(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("keeper_id", sa.Uuid(), nullable=False),
        sa.Column("duty_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_by", sa.Uuid(), nullable=True),
        sa.Column("photos", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking.id"],
        ),
        sa.ForeignKeyConstraint(
            ["duty_id"],
            ["duty.id"],
        ),
        sa.ForeignKeyConstraint(
            ["keeper_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["place.id"],
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["checklist_run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_room_task_booking_id"), "room_task", ["booking_id"], unique=False)
    op.create_index(op.f("ix_room_task_keeper_id"), "room_task", ["keeper_id"], unique=False)
    op.create_index(op.f("ix_room_task_room_id"), "room_task", ["room_id"], unique=False)
    op.create_index(
        "room_task_one_open",
        "room_task",
        ["booking_id", "kind"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("room_task_state_due", "room_task", ["state", "due_at"], unique=False)
    op.add_column("room_care", sa.Column("prepare_always", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("room_care", sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True))
    # ### end Alembic commands ###
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

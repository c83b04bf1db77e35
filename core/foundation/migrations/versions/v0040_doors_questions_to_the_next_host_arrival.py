"""Doors: questions to the next host, arrivals by code, what screens say of themselves"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0050"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (),
}


def upgrade() -> None:
    op.create_table(
        "door_presence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person_id", "device_id", "step", name="door_presence_once"),
    )
    op.create_index(op.f("ix_door_presence_person_id"), "door_presence", ["person_id"], unique=False)
    op.create_index(op.f("ix_door_presence_room_id"), "door_presence", ["room_id"], unique=False)
    op.create_table(
        "extension_ask",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("next_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking.id"],
        ),
        sa.ForeignKeyConstraint(
            ["next_id"],
            ["booking.id"],
        ),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "extension_ask_one_open",
        "extension_ask",
        ["booking_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(op.f("ix_extension_ask_booking_id"), "extension_ask", ["booking_id"], unique=False)
    op.create_index(op.f("ix_extension_ask_next_id"), "extension_ask", ["next_id"], unique=False)
    op.create_index(op.f("ix_extension_ask_room_id"), "extension_ask", ["room_id"], unique=False)
    op.add_column("device_contact", sa.Column("app_version", sa.Text(), server_default="", nullable=False))
    op.add_column("device_contact", sa.Column("battery", sa.Integer(), nullable=True))
    op.add_column("device_contact", sa.Column("shown", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("device_contact", sa.Column("picture", sa.Text(), server_default="", nullable=False))
    op.add_column("device_contact", sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("device_contact", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    # ### end Alembic commands ###
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

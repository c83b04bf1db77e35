"""invitations with a time, a place and mails; groups; the question from the wrong day; guests of meetings"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0120"
down_revision = "0171"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (),
}


def upgrade() -> None:
    op.create_table(
        "visit_advice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("directions", sa.String(), nullable=False),
        sa.Column("bring", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["place_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_visit_advice_place", "visit_advice", ["place_id"], unique=False)
    op.add_column("visit", sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visit", sa.Column("mailed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("visit", sa.Column("sequence", sa.Integer(), server_default="0", nullable=False))
    op.add_column("visit", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visit", sa.Column("ask_answer", sa.String(), server_default="", nullable=False))
    op.add_column("visit", sa.Column("booking_id", sa.Uuid(), nullable=True))
    op.add_column("visit", sa.Column("attendee_id", sa.Uuid(), nullable=True))
    op.add_column("visit", sa.Column("group_id", sa.Uuid(), nullable=True))
    op.add_column("visit", sa.Column("group_name", sa.String(), server_default="", nullable=False))
    op.add_column("visit", sa.Column("party", sa.Integer(), server_default="1", nullable=False))
    op.create_index(op.f("ix_visit_attendee_id"), "visit", ["attendee_id"], unique=False)
    op.create_index(op.f("ix_visit_booking_id"), "visit", ["booking_id"], unique=False)
    op.create_index(op.f("ix_visit_group_id"), "visit", ["group_id"], unique=False)
    connection = op.get_bind()
    # Who was invited with an address has the mail that would have to be called off.
    connection.exec_driver_sql("UPDATE visit SET mailed = TRUE WHERE state = 'planned' AND email <> ''")
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

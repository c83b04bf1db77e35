"""printers with an account, rooms a reception books"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0220"
down_revision = "0210"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (),
}


def upgrade() -> None:
    op.add_column("printer", sa.Column("account", sa.String(), server_default="", nullable=False))
    op.add_column("printer", sa.Column("secret", sa.String(), server_default="", nullable=False))
    op.add_column("reception_line", sa.Column("room_booked", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(op.f("ix_reception_line_booking_id"), "reception_line", ["booking_id"], unique=False)
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

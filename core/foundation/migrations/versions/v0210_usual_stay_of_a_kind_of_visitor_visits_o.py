"""usual stay of a kind of visitor, visits of displaced meetings, series mail"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0210"
down_revision = "0180"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (),
}


def upgrade() -> None:
    op.create_table(
        "visit_series_mail",
        sa.Column("attendee_id", sa.Uuid(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("sent", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("attendee_id"),
    )
    op.create_index(op.f("ix_visit_series_mail_stale"), "visit_series_mail", ["stale"], unique=False)
    op.add_column("visit", sa.Column("displaced_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visitor_type", sa.Column("usual_stay_minutes", sa.Integer(), nullable=True))
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

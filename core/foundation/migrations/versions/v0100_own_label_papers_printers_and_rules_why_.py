"""own label papers, printers and rules; why labels were printed again"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0100"
down_revision = "0031"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (),
}


def upgrade() -> None:
    op.create_table(
        "label_paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("page_width_mm", sa.Float(), nullable=False),
        sa.Column("page_height_mm", sa.Float(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("cell_width_mm", sa.Float(), nullable=False),
        sa.Column("cell_height_mm", sa.Float(), nullable=False),
        sa.Column("pitch_x_mm", sa.Float(), nullable=False),
        sa.Column("pitch_y_mm", sa.Float(), nullable=False),
        sa.Column("left_mm", sa.Float(), nullable=False),
        sa.Column("top_mm", sa.Float(), nullable=False),
        sa.Column("layout", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "label_printer_shift",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("printer", sa.String(), nullable=False),
        sa.Column("paper", sa.String(), nullable=False),
        sa.Column("right_mm", sa.Float(), nullable=False),
        sa.Column("down_mm", sa.Float(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_label_printer_shift_printer"), "label_printer_shift", ["printer"], unique=False)
    op.create_table(
        "label_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("class_prefix", sa.String(), nullable=False),
        sa.Column("paper", sa.String(), nullable=False),
        sa.Column("first_line", sa.String(), nullable=False),
        sa.Column("second_line", sa.String(), nullable=False),
        sa.Column("bars", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("class_prefix"),
    )
    op.add_column("label_print", sa.Column("job_id", sa.Uuid(), nullable=True))
    op.add_column("label_print", sa.Column("reason", sa.String(), nullable=True))
    op.add_column("label_print", sa.Column("printer", sa.String(), nullable=True))
    op.create_index(op.f("ix_label_print_job_id"), "label_print", ["job_id"], unique=False)
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

"""Own fields, classes, papers, search and the rest of the card of assets; remembered headings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0090"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE VIRTUAL TABLE asset_find_fts USING fts5(grams, content='asset_find', content_rowid='id', tokenize='ascii', detail=none, columnsize=0)",
        "CREATE TRIGGER asset_find_added AFTER INSERT ON asset_find BEGIN INSERT INTO asset_find_fts(rowid, grams) VALUES (new.id, new.grams); END",
        "CREATE TRIGGER asset_find_gone AFTER DELETE ON asset_find BEGIN INSERT INTO asset_find_fts(asset_find_fts, rowid, grams) VALUES ('delete', old.id, old.grams); END",
        "CREATE TRIGGER asset_find_changed AFTER UPDATE ON asset_find BEGIN INSERT INTO asset_find_fts(asset_find_fts, rowid, grams) VALUES ('delete', old.id, old.grams); INSERT INTO asset_find_fts(rowid, grams) VALUES (new.id, new.grams); END",
    ),
    "postgresql": ("CREATE INDEX asset_find_grams ON asset_find USING gin (string_to_array(grams, ' '))",),
}


def upgrade() -> None:
    op.create_table(
        "asset_class",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("least_years", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "asset_field",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("class_code", sa.String(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "asset_find",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("grams", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("asset_id"),
    )
    op.create_table(
        "asset_paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_asset_paper_asset_id"), "asset_paper", ["asset_id"], unique=False)
    op.create_table(
        "import_mapping",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collection", sa.String(), nullable=False),
        sa.Column("headings_key", sa.String(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("collection", "headings_key", name="uq_import_mapping"),
    )
    op.create_table(
        "asset_field_value",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("field_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.String(), nullable=True),
        sa.Column("number", sa.Numeric(precision=24, scale=6), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["field_id"],
            ["asset_field.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("asset_id", "field_id", name="uq_asset_field_value"),
    )
    op.create_index(op.f("ix_asset_field_value_asset_id"), "asset_field_value", ["asset_id"], unique=False)
    op.create_index(op.f("ix_asset_field_value_field_id"), "asset_field_value", ["field_id"], unique=False)
    op.add_column("asset", sa.Column("brand", sa.String(), server_default="", nullable=False))
    op.add_column("asset", sa.Column("got_how", sa.String(), server_default="", nullable=False))
    op.add_column("asset", sa.Column("life_months", sa.Integer(), nullable=True))
    op.add_column("asset", sa.Column("salvage_cents", sa.BigInteger(), nullable=True))
    op.add_column("asset", sa.Column("invoice", sa.String(), server_default="", nullable=False))
    op.add_column("asset", sa.Column("warranty_until", sa.Date(), nullable=True))
    op.add_column("asset", sa.Column("remark", sa.String(), server_default="", nullable=False))
    op.add_column("asset", sa.Column("bulk", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("asset", sa.Column("quantity", sa.Integer(), server_default="1", nullable=False))
    op.add_column("asset", sa.Column("unit", sa.String(), server_default="", nullable=False))
    op.add_column("asset", sa.Column("parent_id", sa.Uuid(), nullable=True))
    op.add_column("asset", sa.Column("left_on", sa.Date(), nullable=True))
    op.create_index(op.f("ix_asset_parent_id"), "asset", ["parent_id"], unique=False)
    op.add_column("import_run", sa.Column("kind", sa.String(), server_default="file", nullable=False))
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

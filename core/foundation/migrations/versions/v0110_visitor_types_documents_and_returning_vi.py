"""visitor types documents and returning visitors"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0110"
down_revision = "0170"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (),
}


def _phone_key(phone: str) -> str:
    digits = "".join(sign for sign in phone if sign in "0123456789")
    for code in ("0086", "86"):
        if digits.startswith(code) and len(digits) == 11 + len(code):
            digits = digits[len(code) :]
    return digits if len(digits) >= 8 else ""


def upgrade() -> None:
    op.create_table(
        "visit_recognition",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cool_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("device_id"),
    )
    op.create_table(
        "visit_room_rule",
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("approval", sa.Boolean(), nullable=False),
        sa.Column("escort", sa.Boolean(), nullable=False),
        sa.Column("photo", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place_id"),
    )
    op.create_table(
        "visitor_type",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("approval", sa.Boolean(), nullable=False),
        sa.Column("photo", sa.String(), nullable=False),
        sa.Column("escort", sa.Boolean(), nullable=False),
        sa.Column("badge", sa.Boolean(), nullable=False),
        sa.Column("badge_layout", sa.String(), nullable=False),
        sa.Column("drink", sa.Boolean(), nullable=False),
        sa.Column("walk_in", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "signed_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("document_hash", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("strokes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("picture_sha256", sa.String(), nullable=True),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.Column("noted_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["visit_id"],
            ["visit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("visit_id", "document"),
    )
    op.create_index(op.f("ix_signed_document_document_hash"), "signed_document", ["document_hash"], unique=False)
    op.create_index(op.f("ix_signed_document_visit_id"), "signed_document", ["visit_id"], unique=False)
    op.execute(
        "INSERT INTO signed_document (id, visit_id, document, document_hash, language, signed_at, strokes, picture_sha256, on_paper, noted_by)"
        " SELECT id, visit_id, 'notice', document_hash, language, signed_at, strokes, picture_sha256, false, NULL FROM consent"
    )
    op.drop_table("consent")
    op.add_column("consent_document", sa.Column("document", sa.String(), server_default="notice", nullable=False))
    op.add_column("consent_document", sa.Column("title", sa.String(), server_default="", nullable=False))
    op.create_index(op.f("ix_consent_document_document"), "consent_document", ["document"], unique=False)
    op.add_column("visit", sa.Column("type", sa.String(), server_default="guest", nullable=False))
    op.add_column("visit", sa.Column("room_id", sa.Uuid(), nullable=True))
    op.add_column("visit", sa.Column("plate", sa.String(), server_default="", nullable=False))
    op.add_column("visit", sa.Column("phone_key", sa.String(), server_default="", nullable=False))
    op.add_column("visit", sa.Column("drink", sa.String(), server_default="", nullable=False))
    op.add_column("visit", sa.Column("escort", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("visit", sa.Column("approval", sa.String(), server_default="", nullable=False))
    op.add_column("visit", sa.Column("approval_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visit", sa.Column("approval_by", sa.Uuid(), nullable=True))
    op.add_column("visit", sa.Column("approval_reason", sa.String(), server_default="", nullable=False))
    op.add_column("visit", sa.Column("unsigned", sa.String(), server_default="", nullable=False))
    op.add_column("visit", sa.Column("badge_from_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_visit_phone_key"), "visit", ["phone_key"], unique=False)
    connection = op.get_bind()
    visit = sa.table("visit", sa.column("id", sa.Uuid()), sa.column("phone", sa.String()), sa.column("phone_key", sa.String()))
    for id, phone in connection.execute(sa.select(visit.c.id, visit.c.phone).where(visit.c.phone != "")).all():
        connection.execute(sa.update(visit).where(visit.c.id == id).values(phone_key=_phone_key(phone)))
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

"""custody for any thing, and repairs

The hand-overs of assets become rows of the one custody table under the same ids; where the book names another keeper than the last of them
(first registrations, corrections), a row says so. Assets that are in repair get the repair that was only an event of their life until now."""

from __future__ import annotations

import json
import secrets
import time
import uuid

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0030"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER handover_no_update BEFORE UPDATE ON \"handover\" BEGIN SELECT RAISE(ABORT, 'append_only:handover'); END",
        "CREATE TRIGGER handover_no_delete BEFORE DELETE ON \"handover\" BEGIN SELECT RAISE(ABORT, 'append_only:handover'); END",
        "CREATE TRIGGER handover_signing_no_update BEFORE UPDATE ON \"handover_signing\" BEGIN SELECT RAISE(ABORT, 'append_only:handover_signing'); END",
        "CREATE TRIGGER handover_signing_no_delete BEFORE DELETE ON \"handover_signing\" BEGIN SELECT RAISE(ABORT, 'append_only:handover_signing'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION handover_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:handover' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER handover_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "handover" FOR EACH STATEMENT EXECUTE FUNCTION handover_append_only()',
        "CREATE OR REPLACE FUNCTION handover_signing_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:handover_signing' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER handover_signing_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "handover_signing" FOR EACH STATEMENT EXECUTE FUNCTION handover_signing_append_only()',
    ),
}


def upgrade() -> None:
    op.create_table(
        "handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=True),
        sa.Column("to_id", sa.Uuid(), nullable=True),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("offer_id", sa.Uuid(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("signing_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("offer_id"),
    )
    op.create_index("handover_of", "handover", ["subject_kind", "subject_id", "id"], unique=False)
    op.create_index(op.f("ix_handover_to_id"), "handover", ["to_id"], unique=False)
    op.create_table(
        "handover_signing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("strokes", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "asset_repair",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("reported_by_id", sa.Uuid(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vendor", sa.String(), nullable=False),
        sa.Column("vendor_contact", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_back_on", sa.Date(), nullable=True),
        sa.Column("back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cost_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_by_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["asset.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "asset_repair_one_open",
        "asset_repair",
        ["asset_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('reported', 'at_vendor')"),
        postgresql_where=sa.text("state IN ('reported', 'at_vendor')"),
    )
    op.create_index(op.f("ix_asset_repair_asset_id"), "asset_repair", ["asset_id"], unique=False)
    op.create_index(op.f("ix_asset_repair_state"), "asset_repair", ["state"], unique=False)
    _carry_over(op.get_bind())
    op.drop_index(op.f("ix_asset_handover_asset_id"), table_name="asset_handover")
    op.drop_index(op.f("ix_asset_handover_to_id"), table_name="asset_handover")
    op.drop_table("asset_handover")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION asset_handover_append_only()")
    op.add_column("department", sa.Column("custodian_id", sa.Uuid(), nullable=True))
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def _carry_over(connection: sa.Connection) -> None:
    """Every row of the old table, then what the book knows better, then the repairs that are under way."""
    connection.exec_driver_sql(
        "INSERT INTO handover (id, subject_kind, subject_id, at, kind, from_id, to_id, party, place_id, offer_id, note) "
        "SELECT id, 'asset', asset_id, at, CASE WHEN taken_of IS NULL THEN 'offered' ELSE 'taken' END, from_id, to_id, '', place_id, "
        "CASE WHEN taken_of = id THEN NULL ELSE taken_of END, note FROM asset_handover"
    )
    handover = sa.table(
        "handover", *(sa.column(name, sa.Uuid()) for name in ("id", "subject_id", "from_id", "to_id", "place_id")),
        *(sa.column(name, sa.String()) for name in ("subject_kind", "kind", "party", "note")), sa.column("at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    asset = sa.table(
        "asset", *(sa.column(name, sa.Uuid()) for name in ("id", "keeper_id", "place_id")), sa.column("state", sa.String()),
        sa.column("updated_at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    last: dict[uuid.UUID, uuid.UUID | None] = {}
    for row in connection.execute(
        sa.select(handover.c.subject_id, handover.c.to_id).where(handover.c.kind == "taken").order_by(handover.c.id)
    ):
        last[row.subject_id] = row.to_id
    rows = [
        {
            "id": _later_id(n), "subject_kind": "asset", "subject_id": row.id, "at": row.updated_at, "kind": "booked",
            "from_id": last.get(row.id), "to_id": row.keeper_id, "party": "", "place_id": row.place_id, "note": "",
        }
        for n, row in enumerate(connection.execute(sa.select(asset)).all())
        if row.keeper_id != last.get(row.id)
    ]  # fmt: skip
    if rows:
        connection.execute(handover.insert(), rows)
    event = sa.table(
        "asset_event", *(sa.column(name, sa.Uuid()) for name in ("id", "asset_id", "person_id")), sa.column("kind", sa.String()),
        sa.column("facts", sa.JSON()), sa.column("at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    repair = sa.table(
        "asset_repair", *(sa.column(name, sa.Uuid()) for name in ("id", "asset_id", "reported_by_id")),
        *(sa.column(name, sa.String()) for name in ("state", "fault", "vendor", "vendor_contact", "result")),
        *(sa.column(name, sa.Integer()) for name in ("times", "version")), sa.column("reported_at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    broken = list(connection.execute(sa.select(asset.c.id, asset.c.updated_at).where(asset.c.state == "repair")))
    for n, row in enumerate(broken):
        told = connection.execute(
            sa.select(event).where(event.c.asset_id == row.id, event.c.kind == "fault").order_by(event.c.id.desc()).limit(1)
        ).first()
        facts = json.loads(told.facts) if told and isinstance(told.facts, str) else told.facts if told else {}
        connection.execute(repair.insert().values(
            id=_later_id(n), asset_id=row.id, state="reported", fault=str((facts or {}).get("what", "")), times=1, version=1,
            reported_by_id=told.person_id if told else None, reported_at=told.at if told else row.updated_at, vendor="", vendor_contact="", result="",
        ))  # fmt: skip


def _later_id(n: int) -> uuid.UUID:
    """A version 7 id after every present one, in the order of `n`."""
    ms = time.time_ns() // 1_000_000 + n // 4096
    low = int.from_bytes(secrets.token_bytes(8), "big") & (2**62 - 1)
    return uuid.UUID(int=ms << 80 | 0x7 << 76 | (n % 4096) << 64 | 0b10 << 62 | low)

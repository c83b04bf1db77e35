"""Claims of leaves and things, rules, purposes, offers, cases, waiting"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0060"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER displacement_no_update BEFORE UPDATE ON \"displacement\" BEGIN SELECT RAISE(ABORT, 'append_only:displacement'); END",
        "CREATE TRIGGER displacement_no_delete BEFORE DELETE ON \"displacement\" BEGIN SELECT RAISE(ABORT, 'append_only:displacement'); END",
        "CREATE TRIGGER item_no_overlap_insert BEFORE INSERT ON item_claim WHEN (SELECT until_ms FROM item_claim WHERE item_id = NEW.item_id AND id <> NEW.id AND from_ms < NEW.until_ms ORDER BY from_ms DESC LIMIT 1) > NEW.from_ms BEGIN SELECT RAISE(ABORT, 'item_no_overlap'); END",
        "CREATE TRIGGER item_no_overlap_update BEFORE UPDATE ON item_claim WHEN (SELECT until_ms FROM item_claim WHERE item_id = NEW.item_id AND id <> NEW.id AND from_ms < NEW.until_ms ORDER BY from_ms DESC LIMIT 1) > NEW.from_ms BEGIN SELECT RAISE(ABORT, 'item_no_overlap'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION displacement_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:displacement' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER displacement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "displacement" FOR EACH STATEMENT EXECUTE FUNCTION displacement_append_only()',
        "ALTER TABLE item_claim ADD CONSTRAINT item_no_overlap EXCLUDE USING gist (item_id WITH =, int8range(from_ms, until_ms) WITH &&)",
    ),
}

# Dropping the old table dropped these with it.
TRIGGERS = (
    "CREATE TRIGGER claim_no_overlap_insert BEFORE INSERT ON claim WHEN (SELECT until_ms FROM claim WHERE room_id = NEW.room_id AND id <> NEW.id AND from_ms < NEW.until_ms ORDER BY from_ms DESC LIMIT 1) > NEW.from_ms BEGIN SELECT RAISE(ABORT, 'claim_no_overlap'); END",
    "CREATE TRIGGER claim_no_overlap_update BEFORE UPDATE ON claim WHEN (SELECT until_ms FROM claim WHERE room_id = NEW.room_id AND id <> NEW.id AND from_ms < NEW.until_ms ORDER BY from_ms DESC LIMIT 1) > NEW.from_ms BEGIN SELECT RAISE(ABORT, 'claim_no_overlap'); END",
)


def upgrade() -> None:
    op.create_table(
        "purpose",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("english_name", sa.String(), nullable=False),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("asks_title", sa.Boolean(), nullable=False),
        sa.Column("asks_attendees", sa.Boolean(), nullable=False),
        sa.Column("asks_seating", sa.Boolean(), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("shortest_minutes", sa.Integer(), nullable=False),
        sa.Column("longest_minutes", sa.Integer(), nullable=False),
        sa.Column("set_up_minutes", sa.Integer(), nullable=False),
        sa.Column("clean_up_minutes", sa.Integer(), nullable=False),
        sa.Column("lead_minutes", sa.Integer(), nullable=False),
        sa.Column("approver", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("departments", sa.JSON(), nullable=False),
        sa.Column("room_ids", sa.JSON(), nullable=False),
        sa.Column("important", sa.Boolean(), nullable=False),
        sa.Column("notice_minutes", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "equipment_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["place_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_equipment_item_kind"), "equipment_item", ["kind"], unique=False)
    op.create_table(
        "room_part",
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["part_id"],
            ["place.id"],
        ),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("room_id", "part_id"),
    )
    op.create_index(op.f("ix_room_part_part_id"), "room_part", ["part_id"], unique=False)
    op.create_table(
        "booking_contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_booking_contact_person_id"), "booking_contact", ["person_id"], unique=False)
    op.create_table(
        "booking_wait",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("purpose_id", sa.Uuid(), nullable=True),
        sa.Column("attendees", sa.Integer(), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("place", sa.Boolean(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_booking_wait_ends_at"), "booking_wait", ["ends_at"], unique=False)
    op.create_index(op.f("ix_booking_wait_person_id"), "booking_wait", ["person_id"], unique=False)
    op.create_index(op.f("ix_booking_wait_room_id"), "booking_wait", ["room_id"], unique=False)
    op.create_index(op.f("ix_booking_wait_state"), "booking_wait", ["state"], unique=False)
    op.create_table(
        "booking_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("purpose_id", sa.Uuid(), nullable=True),
        sa.Column("attendees", sa.Integer(), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("seating", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"],
            ["booking.id"],
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
    )
    op.create_index(op.f("ix_booking_case_person_id"), "booking_case", ["person_id"], unique=False)
    op.create_index(op.f("ix_booking_case_room_id"), "booking_case", ["room_id"], unique=False)
    op.create_index(op.f("ix_booking_case_state"), "booking_case", ["state"], unique=False)
    op.create_table(
        "booking_offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("for_booking_id", sa.Uuid(), nullable=True),
        sa.Column("wait_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking.id"],
        ),
        sa.ForeignKeyConstraint(
            ["for_booking_id"],
            ["booking.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("booking_id"),
    )
    op.create_index(op.f("ix_booking_offer_case_id"), "booking_offer", ["case_id"], unique=False)
    op.create_index(op.f("ix_booking_offer_for_booking_id"), "booking_offer", ["for_booking_id"], unique=False)
    op.create_index(op.f("ix_booking_offer_person_id"), "booking_offer", ["person_id"], unique=False)
    op.create_index(op.f("ix_booking_offer_state"), "booking_offer", ["state"], unique=False)
    op.create_table(
        "displacement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("by_booking_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_displacement_booking_id"), "displacement", ["booking_id"], unique=False)
    op.create_index(op.f("ix_displacement_by_booking_id"), "displacement", ["by_booking_id"], unique=False)
    op.create_table(
        "item_claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("until_ms > from_ms", name="item_claim_has_length"),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["equipment_item.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_item_claim_booking_id"), "item_claim", ["booking_id"], unique=False)
    op.create_index("ix_item_claim_item_from", "item_claim", ["item_id", "from_ms"], unique=False)
    op.add_column("booking", sa.Column("purpose_id", sa.Uuid(), nullable=True))
    op.add_column("booking", sa.Column("attendees", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("booking", sa.Column("needs", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("booking", sa.Column("seating", sa.String(), nullable=False, server_default=""))
    op.add_column("booking", sa.Column("remark", sa.String(), nullable=False, server_default=""))
    op.add_column("booking", sa.Column("set_up_minutes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("booking", sa.Column("clean_up_minutes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("booking", sa.Column("important", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("booking", sa.Column("replaces_id", sa.Uuid(), nullable=True))
    op.add_column("booking", sa.Column("displaced_by_id", sa.Uuid(), nullable=True))
    op.add_column("room", sa.Column("shortest_minutes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("room", sa.Column("set_up_minutes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("room", sa.Column("lead_minutes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("room", sa.Column("ahead_days", sa.Integer(), nullable=False, server_default="400"))
    op.add_column("room", sa.Column("approver", sa.String(), nullable=False, server_default=""))
    op.add_column("room", sa.Column("roles", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("room", sa.Column("departments", sa.JSON(), nullable=False, server_default="[]"))
    connection = op.get_bind()
    connection.exec_driver_sql(
        "UPDATE booking SET clean_up_minutes = COALESCE((SELECT clean_up_minutes FROM room WHERE place_id = booking.room_id), 0)"
        " WHERE state IN ('confirmed', 'in_use')"
    )
    _several_claims_a_booking(connection)
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def _several_claims_a_booking(connection: sa.Connection) -> None:
    """One row a leaf room: `booking_id` is no longer unique. SQLite can only build the table anew."""
    if connection.dialect.name == "postgresql":
        op.drop_constraint("claim_booking_id_key", "claim", type_="unique")
    else:
        op.create_table(
            "claim_new",
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("room_id", sa.Uuid(), nullable=False),
            sa.Column("booking_id", sa.Uuid(), nullable=False),
            sa.Column("from_ms", sa.BigInteger(), nullable=False),
            sa.Column("until_ms", sa.BigInteger(), nullable=False),
            sa.CheckConstraint("until_ms > from_ms", name="claim_has_length"),
            sa.ForeignKeyConstraint(["booking_id"], ["booking.id"]),
            sa.ForeignKeyConstraint(["room_id"], ["place.id"]),
            sa.PrimaryKeyConstraint("id"),
        )
        connection.exec_driver_sql("INSERT INTO claim_new SELECT id, room_id, booking_id, from_ms, until_ms FROM claim")
        op.drop_table("claim")
        op.rename_table("claim_new", "claim")
        op.create_index("ix_claim_room_from", "claim", ["room_id", "from_ms"], unique=False)
        for statement in TRIGGERS:
            connection.exec_driver_sql(statement)
    op.create_index("ix_claim_booking_id", "claim", ["booking_id"], unique=False)

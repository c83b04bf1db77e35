"""The first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER asset_event_no_update BEFORE UPDATE ON \"asset_event\" BEGIN SELECT RAISE(ABORT, 'append_only:asset_event'); END",
        "CREATE TRIGGER asset_event_no_delete BEFORE DELETE ON \"asset_event\" BEGIN SELECT RAISE(ABORT, 'append_only:asset_event'); END",
        "CREATE TRIGGER asset_handover_no_update BEFORE UPDATE ON \"asset_handover\" BEGIN SELECT RAISE(ABORT, 'append_only:asset_handover'); END",
        "CREATE TRIGGER asset_handover_no_delete BEFORE DELETE ON \"asset_handover\" BEGIN SELECT RAISE(ABORT, 'append_only:asset_handover'); END",
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON \"audit\" BEGIN SELECT RAISE(ABORT, 'append_only:audit'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON \"audit\" BEGIN SELECT RAISE(ABORT, 'append_only:audit'); END",
        "CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON \"audit_seal\" BEGIN SELECT RAISE(ABORT, 'append_only:audit_seal'); END",
        "CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON \"audit_seal\" BEGIN SELECT RAISE(ABORT, 'append_only:audit_seal'); END",
        "CREATE TRIGGER checklist_answer_no_update BEFORE UPDATE ON \"checklist_answer\" BEGIN SELECT RAISE(ABORT, 'append_only:checklist_answer'); END",
        "CREATE TRIGGER checklist_answer_no_delete BEFORE DELETE ON \"checklist_answer\" BEGIN SELECT RAISE(ABORT, 'append_only:checklist_answer'); END",
        "CREATE TRIGGER checklist_version_no_update BEFORE UPDATE ON \"checklist_version\" BEGIN SELECT RAISE(ABORT, 'append_only:checklist_version'); END",
        "CREATE TRIGGER checklist_version_no_delete BEFORE DELETE ON \"checklist_version\" BEGIN SELECT RAISE(ABORT, 'append_only:checklist_version'); END",
        "CREATE TRIGGER consent_document_no_update BEFORE UPDATE ON \"consent_document\" BEGIN SELECT RAISE(ABORT, 'append_only:consent_document'); END",
        "CREATE TRIGGER consent_document_no_delete BEFORE DELETE ON \"consent_document\" BEGIN SELECT RAISE(ABORT, 'append_only:consent_document'); END",
        "CREATE TRIGGER duty_event_no_update BEFORE UPDATE ON \"duty_event\" BEGIN SELECT RAISE(ABORT, 'append_only:duty_event'); END",
        "CREATE TRIGGER duty_event_no_delete BEFORE DELETE ON \"duty_event\" BEGIN SELECT RAISE(ABORT, 'append_only:duty_event'); END",
        "CREATE TRIGGER label_print_no_update BEFORE UPDATE ON \"label_print\" BEGIN SELECT RAISE(ABORT, 'append_only:label_print'); END",
        "CREATE TRIGGER label_print_no_delete BEFORE DELETE ON \"label_print\" BEGIN SELECT RAISE(ABORT, 'append_only:label_print'); END",
        "CREATE TRIGGER number_void_no_update BEFORE UPDATE ON \"number_void\" BEGIN SELECT RAISE(ABORT, 'append_only:number_void'); END",
        "CREATE TRIGGER number_void_no_delete BEFORE DELETE ON \"number_void\" BEGIN SELECT RAISE(ABORT, 'append_only:number_void'); END",
        "CREATE TRIGGER operation_no_update BEFORE UPDATE ON \"operation\" BEGIN SELECT RAISE(ABORT, 'append_only:operation'); END",
        "CREATE TRIGGER operation_no_delete BEFORE DELETE ON \"operation\" BEGIN SELECT RAISE(ABORT, 'append_only:operation'); END",
        "CREATE TRIGGER stocktake_count_no_update BEFORE UPDATE ON \"stocktake_count\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_count'); END",
        "CREATE TRIGGER stocktake_count_no_delete BEFORE DELETE ON \"stocktake_count\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_count'); END",
        "CREATE TRIGGER stocktake_decision_no_update BEFORE UPDATE ON \"stocktake_decision\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_decision'); END",
        "CREATE TRIGGER stocktake_decision_no_delete BEFORE DELETE ON \"stocktake_decision\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_decision'); END",
        "CREATE TRIGGER stocktake_find_no_update BEFORE UPDATE ON \"stocktake_find\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_find'); END",
        "CREATE TRIGGER stocktake_find_no_delete BEFORE DELETE ON \"stocktake_find\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_find'); END",
        "CREATE TRIGGER stocktake_hand_in_no_update BEFORE UPDATE ON \"stocktake_hand_in\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_hand_in'); END",
        "CREATE TRIGGER stocktake_hand_in_no_delete BEFORE DELETE ON \"stocktake_hand_in\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_hand_in'); END",
        "CREATE TRIGGER stocktake_line_no_update BEFORE UPDATE ON \"stocktake_line\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_line'); END",
        "CREATE TRIGGER stocktake_line_no_delete BEFORE DELETE ON \"stocktake_line\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_line'); END",
        "CREATE TRIGGER stocktake_report_no_update BEFORE UPDATE ON \"stocktake_report\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_report'); END",
        "CREATE TRIGGER stocktake_report_no_delete BEFORE DELETE ON \"stocktake_report\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_report'); END",
        "CREATE TRIGGER stocktake_report_file_no_update BEFORE UPDATE ON \"stocktake_report_file\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_report_file'); END",
        "CREATE TRIGGER stocktake_report_file_no_delete BEFORE DELETE ON \"stocktake_report_file\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_report_file'); END",
        "CREATE TRIGGER stocktake_undone_no_update BEFORE UPDATE ON \"stocktake_undone\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_undone'); END",
        "CREATE TRIGGER stocktake_undone_no_delete BEFORE DELETE ON \"stocktake_undone\" BEGIN SELECT RAISE(ABORT, 'append_only:stocktake_undone'); END",
        "CREATE TRIGGER supply_movement_no_update BEFORE UPDATE ON \"supply_movement\" BEGIN SELECT RAISE(ABORT, 'append_only:supply_movement'); END",
        "CREATE TRIGGER supply_movement_no_delete BEFORE DELETE ON \"supply_movement\" BEGIN SELECT RAISE(ABORT, 'append_only:supply_movement'); END",
        "CREATE TRIGGER supply_receipt_no_update BEFORE UPDATE ON \"supply_receipt\" BEGIN SELECT RAISE(ABORT, 'append_only:supply_receipt'); END",
        "CREATE TRIGGER supply_receipt_no_delete BEFORE DELETE ON \"supply_receipt\" BEGIN SELECT RAISE(ABORT, 'append_only:supply_receipt'); END",
        "CREATE TRIGGER claim_no_overlap_insert BEFORE INSERT ON claim WHEN (SELECT until_ms FROM claim WHERE room_id = NEW.room_id AND id <> NEW.id AND from_ms < NEW.until_ms ORDER BY from_ms DESC LIMIT 1) > NEW.from_ms BEGIN SELECT RAISE(ABORT, 'claim_no_overlap'); END",
        "CREATE TRIGGER claim_no_overlap_update BEFORE UPDATE ON claim WHEN (SELECT until_ms FROM claim WHERE room_id = NEW.room_id AND id <> NEW.id AND from_ms < NEW.until_ms ORDER BY from_ms DESC LIMIT 1) > NEW.from_ms BEGIN SELECT RAISE(ABORT, 'claim_no_overlap'); END",
        "CREATE TRIGGER supply_balance AFTER INSERT ON supply_movement BEGIN UPDATE supply SET on_hand = on_hand + NEW.quantity WHERE id = NEW.supply_id; END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION asset_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:asset_event' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER asset_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "asset_event" FOR EACH STATEMENT EXECUTE FUNCTION asset_event_append_only()',
        "CREATE OR REPLACE FUNCTION asset_handover_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:asset_handover' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER asset_handover_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "asset_handover" FOR EACH STATEMENT EXECUTE FUNCTION asset_handover_append_only()',
        "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:audit' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit" FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()',
        "CREATE OR REPLACE FUNCTION audit_seal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:audit_seal' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_seal" FOR EACH STATEMENT EXECUTE FUNCTION audit_seal_append_only()',
        "CREATE OR REPLACE FUNCTION checklist_answer_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:checklist_answer' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER checklist_answer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "checklist_answer" FOR EACH STATEMENT EXECUTE FUNCTION checklist_answer_append_only()',
        "CREATE OR REPLACE FUNCTION checklist_version_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:checklist_version' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER checklist_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "checklist_version" FOR EACH STATEMENT EXECUTE FUNCTION checklist_version_append_only()',
        "CREATE OR REPLACE FUNCTION consent_document_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:consent_document' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER consent_document_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "consent_document" FOR EACH STATEMENT EXECUTE FUNCTION consent_document_append_only()',
        "CREATE OR REPLACE FUNCTION duty_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:duty_event' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER duty_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "duty_event" FOR EACH STATEMENT EXECUTE FUNCTION duty_event_append_only()',
        "CREATE OR REPLACE FUNCTION label_print_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:label_print' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER label_print_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "label_print" FOR EACH STATEMENT EXECUTE FUNCTION label_print_append_only()',
        "CREATE OR REPLACE FUNCTION number_void_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:number_void' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER number_void_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "number_void" FOR EACH STATEMENT EXECUTE FUNCTION number_void_append_only()',
        "CREATE OR REPLACE FUNCTION operation_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:operation' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER operation_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "operation" FOR EACH STATEMENT EXECUTE FUNCTION operation_append_only()',
        "CREATE OR REPLACE FUNCTION stocktake_count_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:stocktake_count' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER stocktake_count_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "stocktake_count" FOR EACH STATEMENT EXECUTE FUNCTION stocktake_count_append_only()',
        "CREATE OR REPLACE FUNCTION stocktake_decision_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:stocktake_decision' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER stocktake_decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "stocktake_decision" FOR EACH STATEMENT EXECUTE FUNCTION stocktake_decision_append_only()',
        "CREATE OR REPLACE FUNCTION stocktake_find_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:stocktake_find' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER stocktake_find_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "stocktake_find" FOR EACH STATEMENT EXECUTE FUNCTION stocktake_find_append_only()',
        "CREATE OR REPLACE FUNCTION stocktake_hand_in_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:stocktake_hand_in' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER stocktake_hand_in_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "stocktake_hand_in" FOR EACH STATEMENT EXECUTE FUNCTION stocktake_hand_in_append_only()',
        "CREATE OR REPLACE FUNCTION stocktake_line_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:stocktake_line' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER stocktake_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "stocktake_line" FOR EACH STATEMENT EXECUTE FUNCTION stocktake_line_append_only()',
        "CREATE OR REPLACE FUNCTION stocktake_report_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:stocktake_report' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER stocktake_report_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "stocktake_report" FOR EACH STATEMENT EXECUTE FUNCTION stocktake_report_append_only()',
        "CREATE OR REPLACE FUNCTION stocktake_report_file_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:stocktake_report_file' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER stocktake_report_file_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "stocktake_report_file" FOR EACH STATEMENT EXECUTE FUNCTION stocktake_report_file_append_only()',
        "CREATE OR REPLACE FUNCTION stocktake_undone_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:stocktake_undone' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER stocktake_undone_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "stocktake_undone" FOR EACH STATEMENT EXECUTE FUNCTION stocktake_undone_append_only()',
        "CREATE OR REPLACE FUNCTION supply_movement_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:supply_movement' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER supply_movement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "supply_movement" FOR EACH STATEMENT EXECUTE FUNCTION supply_movement_append_only()',
        "CREATE OR REPLACE FUNCTION supply_receipt_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:supply_receipt' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER supply_receipt_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "supply_receipt" FOR EACH STATEMENT EXECUTE FUNCTION supply_receipt_append_only()',
        "CREATE EXTENSION IF NOT EXISTS btree_gist",
        "ALTER TABLE claim ADD CONSTRAINT claim_no_overlap EXCLUDE USING gist (room_id WITH =, int8range(from_ms, until_ms) WITH &&)",
        "CREATE OR REPLACE FUNCTION supply_balance() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE supply SET on_hand = on_hand + NEW.quantity WHERE id = NEW.supply_id; RETURN NEW; END $$",
        "CREATE TRIGGER supply_balance AFTER INSERT ON supply_movement FOR EACH ROW EXECUTE FUNCTION supply_balance()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("title_key", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_approval_kind"), "approval", ["kind"], unique=False)
    op.create_index(op.f("ix_approval_state"), "approval", ["state"], unique=False)
    op.create_index(op.f("ix_approval_subject_id"), "approval", ["subject_id"], unique=False)
    op.create_table(
        "asset_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_asset_event_asset_id"), "asset_event", ["asset_id"], unique=False)
    op.create_table(
        "asset_handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=True),
        sa.Column("to_id", sa.Uuid(), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("taken_of", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("taken_of"),
    )
    op.create_index(op.f("ix_asset_handover_asset_id"), "asset_handover", ["asset_id"], unique=False)
    op.create_index(op.f("ix_asset_handover_to_id"), "asset_handover", ["to_id"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("stored_sha256", sa.String(), nullable=False),
        sa.Column("stored_size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "attachment_use",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_attachment_use_sha256"), "attachment_use", ["sha256"], unique=False)
    op.create_index(op.f("ix_attachment_use_subject_id"), "attachment_use", ["subject_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("subject_kind", sa.String(), nullable=True),
        sa.Column("subject_id", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("payload_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_subject_id"), "audit", ["subject_id"], unique=False)
    op.create_table(
        "audit_seal",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("prev", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("audit_id"),
    )
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("year"),
    )
    op.create_table(
        "checklist",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("latest", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "consent_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("minor", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "department",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("head_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["department.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "device_contact",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("highest_seq", sa.Integer(), nullable=False),
        sa.Column("clock_skew_s", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("showing", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("device_id"),
    )
    op.create_table(
        "help_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_help_call_answered_at"), "help_call", ["answered_at"], unique=False)
    op.create_index(op.f("ix_help_call_device_id"), "help_call", ["device_id"], unique=False)
    op.create_table(
        "import_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collection", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_import_run_collection"), "import_run", ["collection"], unique=False)
    op.create_table(
        "label",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_by", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index(op.f("ix_label_state"), "label", ["state"], unique=False)
    op.create_index(op.f("ix_label_subject_id"), "label", ["subject_id"], unique=False)
    op.create_table(
        "label_print",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_label_print_code"), "label_print", ["code"], unique=False)
    op.create_table(
        "number_series",
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "year"),
    )
    op.create_table(
        "number_void",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_number_void_series"), "number_void", ["series"], unique=False)
    op.create_table(
        "office",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("founded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "operation",
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload_hash", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("device_seq", sa.Integer(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("envelope", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("op_id"),
    )
    op.create_index(op.f("ix_operation_kind"), "operation", ["kind"], unique=False)
    op.create_table(
        "operation_waiting",
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("op_id"),
    )
    op.create_table(
        "place",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=True),
        sa.Column("pinyin", sa.String(), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("short_name"),
    )
    op.create_index(op.f("ix_place_name"), "place", ["name"], unique=False)
    op.create_index(op.f("ix_place_parent_id"), "place", ["parent_id"], unique=False)
    op.create_table(
        "screen_draft",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("device_id"),
    )
    op.create_table(
        "sign_in_tries",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "stocktake",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("place_ids", sa.JSON(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("expected_count", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.Column("override_reason", sa.String(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.Uuid(), nullable=True),
        sa.Column("settled_reason", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_stocktake_state"), "stocktake", ["state"], unique=False)
    op.create_table(
        "stocktake_count",
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("stocktake_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("device_seq", sa.BigInteger(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_skew_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("op_id"),
    )
    op.create_index("ix_stocktake_count_subject", "stocktake_count", ["stocktake_id", "subject_id"], unique=False)
    op.create_table(
        "stocktake_decision",
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("stocktake_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("seen", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("op_id"),
    )
    op.create_index(op.f("ix_stocktake_decision_stocktake_id"), "stocktake_decision", ["stocktake_id"], unique=False)
    op.create_table(
        "stocktake_find",
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("stocktake_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("photos", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("op_id"),
    )
    op.create_index(op.f("ix_stocktake_find_stocktake_id"), "stocktake_find", ["stocktake_id"], unique=False)
    op.create_table(
        "stocktake_hand_in",
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("stocktake_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("op_id"),
    )
    op.create_index(op.f("ix_stocktake_hand_in_stocktake_id"), "stocktake_hand_in", ["stocktake_id"], unique=False)
    op.create_table(
        "stocktake_report",
        sa.Column("stocktake_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("stocktake_id"),
    )
    op.create_table(
        "stocktake_report_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stocktake_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_stocktake_report_file_stocktake_id"), "stocktake_report_file", ["stocktake_id"], unique=False)
    op.create_table(
        "stocktake_undone",
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("stocktake_id", sa.Uuid(), nullable=False),
        sa.Column("count_op_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("by_office", sa.Boolean(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("op_id"),
    )
    op.create_index(op.f("ix_stocktake_undone_stocktake_id"), "stocktake_undone", ["stocktake_id"], unique=False)
    op.create_table(
        "approval_step",
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"],
            ["approval.id"],
        ),
        sa.PrimaryKeyConstraint("approval_id", "position"),
    )
    op.create_table(
        "checklist_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("checklist_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_by", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signature", sa.String(), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["checklist_id"],
            ["checklist.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_checklist_run_subject_id"), "checklist_run", ["subject_id"], unique=False)
    op.create_table(
        "checklist_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("checklist_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["checklist_id"],
            ["checklist.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("checklist_id", "version"),
    )
    op.create_index(op.f("ix_checklist_version_checklist_id"), "checklist_version", ["checklist_id"], unique=False)
    op.create_table(
        "device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("key_hash", sa.String(), nullable=True),
        sa.Column("pairing_hash", sa.String(), nullable=True),
        sa.Column("pairing_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key_hash"),
        sa.UniqueConstraint("pairing_hash"),
    )
    op.create_table(
        "import_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("undone", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["import_run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("op_id"),
    )
    op.create_index(op.f("ix_import_line_run_id"), "import_line", ["run_id"], unique=False)
    op.create_index(op.f("ix_import_line_subject_id"), "import_line", ["subject_id"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("english_name", sa.String(), nullable=False),
        sa.Column("pinyin", sa.String(), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("pin_hash", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("extension", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(op.f("ix_person_department_id"), "person", ["department_id"], unique=False)
    op.create_index(op.f("ix_person_extension"), "person", ["extension"], unique=False)
    op.create_index(op.f("ix_person_initials"), "person", ["initials"], unique=False)
    op.create_index(op.f("ix_person_name"), "person", ["name"], unique=False)
    op.create_index(op.f("ix_person_pinyin"), "person", ["pinyin"], unique=False)
    op.create_table(
        "room",
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("english_name", sa.String(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("equipment", sa.JSON(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("bookable", sa.Boolean(), nullable=False),
        sa.Column("check_in", sa.Boolean(), nullable=False),
        sa.Column("check_in_before_minutes", sa.Integer(), nullable=False),
        sa.Column("check_in_after_minutes", sa.Integer(), nullable=False),
        sa.Column("clean_up_minutes", sa.Integer(), nullable=False),
        sa.Column("opens_minute", sa.Integer(), nullable=False),
        sa.Column("closes_minute", sa.Integer(), nullable=False),
        sa.Column("longest_minutes", sa.Integer(), nullable=False),
        sa.Column("closed_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("day_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["place_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("place_id"),
    )
    op.create_table(
        "stocktake_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stocktake_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("spec", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("keeper_id", sa.Uuid(), nullable=True),
        sa.Column("keeper", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("value_cents", sa.BigInteger(), nullable=True),
        sa.Column("net_value_cents", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stocktake_id"],
            ["stocktake.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_stocktake_line_subject", "stocktake_line", ["stocktake_id", "subject_id"], unique=False)
    op.create_table(
        "supply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("spec", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("pinyin", sa.String(), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("limit_quantity", sa.Integer(), nullable=True),
        sa.Column("price_cents", sa.Integer(), nullable=True),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("low_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name="supply_never_below_zero"),
        sa.ForeignKeyConstraint(
            ["place_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(op.f("ix_supply_name"), "supply", ["name"], unique=False)
    op.create_index(op.f("ix_supply_place_id"), "supply", ["place_id"], unique=False)
    op.create_table(
        "asset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("spec", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("class_code", sa.String(), nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=True),
        sa.Column("value_cents", sa.BigInteger(), nullable=True),
        sa.Column("net_value_cents", sa.BigInteger(), nullable=True),
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("keeper_id", sa.Uuid(), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("photo_sha256", sa.String(), nullable=False),
        sa.Column("pinyin", sa.String(), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
        ),
        sa.ForeignKeyConstraint(
            ["keeper_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["place_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(op.f("ix_asset_class_code"), "asset", ["class_code"], unique=False)
    op.create_index(op.f("ix_asset_department_id"), "asset", ["department_id"], unique=False)
    op.create_index(op.f("ix_asset_keeper_id"), "asset", ["keeper_id"], unique=False)
    op.create_index(op.f("ix_asset_name"), "asset", ["name"], unique=False)
    op.create_index(op.f("ix_asset_place_id"), "asset", ["place_id"], unique=False)
    op.create_index(op.f("ix_asset_serial"), "asset", ["serial"], unique=False)
    op.create_index(op.f("ix_asset_state"), "asset", ["state"], unique=False)
    op.create_table(
        "booking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("host_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("booked_by_id", sa.Uuid(), nullable=True),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("starts_wall", sa.String(), nullable=False),
        sa.Column("ends_wall", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
        ),
        sa.ForeignKeyConstraint(
            ["host_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_booking_host_id"), "booking", ["host_id"], unique=False)
    op.create_index("ix_booking_room_start", "booking", ["room_id", "starts_at"], unique=False)
    op.create_index(op.f("ix_booking_starts_at"), "booking", ["starts_at"], unique=False)
    op.create_table(
        "checklist_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("photos", sa.JSON(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["checklist_run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_checklist_answer_run_id"), "checklist_answer", ["run_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("courier", sa.String(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_on", sa.Date(), nullable=False),
        sa.Column("kiosk_id", sa.Uuid(), nullable=True),
        sa.Column("picked_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("picked_up_by", sa.Uuid(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("receipt"),
    )
    op.create_index(op.f("ix_delivery_dropped_at"), "delivery", ["dropped_at"], unique=False)
    op.create_index(op.f("ix_delivery_dropped_on"), "delivery", ["dropped_on"], unique=False)
    op.create_index(op.f("ix_delivery_recipient_id"), "delivery", ["recipient_id"], unique=False)
    op.create_index(op.f("ix_delivery_state"), "delivery", ["state"], unique=False)
    op.create_table(
        "duty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title_key", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("merge_key", sa.String(), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "duty_one_open",
        "duty",
        ["merge_key"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("duty_owner_state", "duty", ["owner_id", "state", "due_on"], unique=False)
    op.create_index(op.f("ix_duty_subject_id"), "duty", ["subject_id"], unique=False)
    op.create_table(
        "inspection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("checklist_id", sa.Uuid(), nullable=False),
        sa.Column("cadence", sa.String(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("late_days", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("inspector_id", sa.Uuid(), nullable=True),
        sa.Column("hazard_owner_id", sa.Uuid(), nullable=False),
        sa.Column("hazard_workdays", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["checklist_id"],
            ["checklist.id"],
        ),
        sa.ForeignKeyConstraint(
            ["hazard_owner_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["inspector_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_notice_created_at"), "notice", ["created_at"], unique=False)
    op.create_index(op.f("ix_notice_person_id"), "notice", ["person_id"], unique=False)
    op.create_index(op.f("ix_notice_state"), "notice", ["state"], unique=False)
    op.create_index(op.f("ix_notice_subject_id"), "notice", ["subject_id"], unique=False)
    op.create_table(
        "person_role",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("person_id", "role"),
    )
    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_sign_in_session_device_id"), "sign_in_session", ["device_id"], unique=False)
    op.create_index(op.f("ix_sign_in_session_person_id"), "sign_in_session", ["person_id"], unique=False)
    op.create_table(
        "supply_movement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("supply_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("to_person_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("over_limit", sa.Boolean(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("photos", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity <> 0", name="supply_movement_moves"),
        sa.ForeignKeyConstraint(
            ["supply_id"],
            ["supply.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_supply_movement_subject_id"), "supply_movement", ["subject_id"], unique=False)
    op.create_index("supply_movement_by_person", "supply_movement", ["to_person_id", "supply_id", "at"], unique=False)
    op.create_index("supply_movement_by_supply", "supply_movement", ["supply_id", "at"], unique=False)
    op.create_table(
        "supply_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("supply_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("ordered_by", sa.Uuid(), nullable=True),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["supply_id"],
            ["supply.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_supply_order_supply_id"), "supply_order", ["supply_id"], unique=False)
    op.create_table(
        "supply_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("supply_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["supply_id"],
            ["supply.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_supply_request_person_id"), "supply_request", ["person_id"], unique=False)
    op.create_index(op.f("ix_supply_request_supply_id"), "supply_request", ["supply_id"], unique=False)
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("pinyin", sa.String(), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kiosk_id", sa.Uuid(), nullable=True),
        sa.Column("day_number", sa.Integer(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("badges_printed", sa.Integer(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assumed_left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_visit_arrived_at"), "visit", ["arrived_at"], unique=False)
    op.create_index(op.f("ix_visit_expected_on"), "visit", ["expected_on"], unique=False)
    op.create_index(op.f("ix_visit_host_id"), "visit", ["host_id"], unique=False)
    op.create_index(op.f("ix_visit_initials"), "visit", ["initials"], unique=False)
    op.create_index(op.f("ix_visit_pinyin"), "visit", ["pinyin"], unique=False)
    op.create_index(op.f("ix_visit_state"), "visit", ["state"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("until_ms > from_ms", name="claim_has_length"),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking.id"],
        ),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("booking_id"),
    )
    op.create_index("ix_claim_room_from", "claim", ["room_id", "from_ms"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("document_hash", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("strokes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("picture_sha256", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["visit_id"],
            ["visit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("visit_id"),
    )
    op.create_table(
        "duty_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("duty_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("photos", sa.JSON(), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["duty_id"],
            ["duty.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_duty_event_duty_id"), "duty_event", ["duty_id"], unique=False)
    op.create_table(
        "inspection_point",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hazard_owner_id", sa.Uuid(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["hazard_owner_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"],
            ["inspection.id"],
        ),
        sa.ForeignKeyConstraint(
            ["place_id"],
            ["place.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_inspection_point_inspection_id"), "inspection_point", ["inspection_id"], unique=False)
    op.create_index(op.f("ix_inspection_point_place_id"), "inspection_point", ["place_id"], unique=False)
    op.create_table(
        "inspection_run",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("late_reason", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("second", sa.Boolean(), nullable=False),
        sa.Column("skipped", sa.JSON(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"],
            ["inspection.id"],
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["checklist_run.id"],
        ),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_index(op.f("ix_inspection_run_due_on"), "inspection_run", ["due_on"], unique=False)
    op.create_index(op.f("ix_inspection_run_inspection_id"), "inspection_run", ["inspection_id"], unique=False)
    op.create_table(
        "supply_receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("supply_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("photos", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["supply_order.id"],
        ),
        sa.ForeignKeyConstraint(
            ["supply_id"],
            ["supply.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_supply_receipt_order_id"), "supply_receipt", ["order_id"], unique=False)
    op.create_index(op.f("ix_supply_receipt_supply_id"), "supply_receipt", ["supply_id"], unique=False)
    # ### end Alembic commands ###
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

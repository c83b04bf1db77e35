"""roll calls, contacts outside, messages, cases and certificates"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0160"
down_revision = "0172"

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER contact_note_no_update BEFORE UPDATE ON \"contact_note\" BEGIN SELECT RAISE(ABORT, 'append_only:contact_note'); END",
        "CREATE TRIGGER contact_note_no_delete BEFORE DELETE ON \"contact_note\" BEGIN SELECT RAISE(ABORT, 'append_only:contact_note'); END",
        "CREATE TRIGGER liaison_case_note_no_update BEFORE UPDATE ON \"liaison_case_note\" BEGIN SELECT RAISE(ABORT, 'append_only:liaison_case_note'); END",
        "CREATE TRIGGER liaison_case_note_no_delete BEFORE DELETE ON \"liaison_case_note\" BEGIN SELECT RAISE(ABORT, 'append_only:liaison_case_note'); END",
        "CREATE TRIGGER message_word_no_update BEFORE UPDATE ON \"message_word\" BEGIN SELECT RAISE(ABORT, 'append_only:message_word'); END",
        "CREATE TRIGGER message_word_no_delete BEFORE DELETE ON \"message_word\" BEGIN SELECT RAISE(ABORT, 'append_only:message_word'); END",
        "CREATE TRIGGER roll_call_mark_no_update BEFORE UPDATE ON \"roll_call_mark\" BEGIN SELECT RAISE(ABORT, 'append_only:roll_call_mark'); END",
        "CREATE TRIGGER roll_call_mark_no_delete BEFORE DELETE ON \"roll_call_mark\" BEGIN SELECT RAISE(ABORT, 'append_only:roll_call_mark'); END",
        "CREATE TRIGGER staff_badge_no_update BEFORE UPDATE ON \"staff_badge\" BEGIN SELECT RAISE(ABORT, 'append_only:staff_badge'); END",
        "CREATE TRIGGER staff_badge_no_delete BEFORE DELETE ON \"staff_badge\" BEGIN SELECT RAISE(ABORT, 'append_only:staff_badge'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION contact_note_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:contact_note' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER contact_note_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "contact_note" FOR EACH STATEMENT EXECUTE FUNCTION contact_note_append_only()',
        "CREATE OR REPLACE FUNCTION liaison_case_note_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:liaison_case_note' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER liaison_case_note_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "liaison_case_note" FOR EACH STATEMENT EXECUTE FUNCTION liaison_case_note_append_only()',
        "CREATE OR REPLACE FUNCTION message_word_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:message_word' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER message_word_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "message_word" FOR EACH STATEMENT EXECUTE FUNCTION message_word_append_only()',
        "CREATE OR REPLACE FUNCTION roll_call_mark_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:roll_call_mark' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER roll_call_mark_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "roll_call_mark" FOR EACH STATEMENT EXECUTE FUNCTION roll_call_mark_append_only()',
        "CREATE OR REPLACE FUNCTION staff_badge_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only:staff_badge' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER staff_badge_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "staff_badge" FOR EACH STATEMENT EXECUTE FUNCTION staff_badge_append_only()',
    ),
}


def upgrade() -> None:
    op.create_table(
        "contact_org",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["contact_org.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_contact_org_kind"), "contact_org", ["kind"], unique=False)
    op.create_index(op.f("ix_contact_org_name"), "contact_org", ["name"], unique=False)
    op.create_table(
        "roll_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("marshals", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("turned_real_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closing_note", sa.String(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_roll_call_closed_at"), "roll_call", ["closed_at"], unique=False)
    op.create_index(op.f("ix_roll_call_started_at"), "roll_call", ["started_at"], unique=False)
    op.create_table(
        "roll_call_paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "roll_call_alias",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("roll_call_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["roll_call_id"],
            ["roll_call.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_roll_call_alias_roll_call_id"), "roll_call_alias", ["roll_call_id"], unique=False)
    op.create_table(
        "roll_call_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("roll_call_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("where", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["roll_call_id"],
            ["roll_call.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("roll_call_id", "subject_id", name="roll_call_line_once"),
    )
    op.create_index(op.f("ix_roll_call_line_roll_call_id"), "roll_call_line", ["roll_call_id"], unique=False)
    op.create_table(
        "roll_call_mark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("roll_call_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("takes_back", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("headcount", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("after_close", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["roll_call_id"],
            ["roll_call.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_roll_call_mark_of", "roll_call_mark", ["roll_call_id", "subject_id"], unique=False)
    op.create_table(
        "roll_call_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("roll_call_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("marks", sa.Integer(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["roll_call_id"],
            ["roll_call.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("roll_call_id", "revision", name="roll_call_report_once"),
    )
    op.create_index(op.f("ix_roll_call_report_roll_call_id"), "roll_call_report", ["roll_call_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("pinyin", sa.String(), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("every_days", sa.Integer(), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["contact_org.id"],
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_contact_initials"), "contact", ["initials"], unique=False)
    op.create_index(op.f("ix_contact_last_at"), "contact", ["last_at"], unique=False)
    op.create_index(op.f("ix_contact_merged_into"), "contact", ["merged_into"], unique=False)
    op.create_index(op.f("ix_contact_next_on"), "contact", ["next_on"], unique=False)
    op.create_index(op.f("ix_contact_org_id"), "contact", ["org_id"], unique=False)
    op.create_index(op.f("ix_contact_owner_id"), "contact", ["owner_id"], unique=False)
    op.create_index(op.f("ix_contact_pinyin"), "contact", ["pinyin"], unique=False)
    op.create_table(
        "staff_badge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_staff_badge_at"), "staff_badge", ["at"], unique=False)
    op.create_index("ix_staff_badge_person_at", "staff_badge", ["person_id", "at"], unique=False)
    op.create_table(
        "contact_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_contact_note_contact_id"), "contact_note", ["contact_id"], unique=False)
    op.create_table(
        "liaison_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("legal", sa.Boolean(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_liaison_case_closed_at"), "liaison_case", ["closed_at"], unique=False)
    op.create_index(op.f("ix_liaison_case_contact_id"), "liaison_case", ["contact_id"], unique=False)
    op.create_index(op.f("ix_liaison_case_legal"), "liaison_case", ["legal"], unique=False)
    op.create_index(op.f("ix_liaison_case_opened_at"), "liaison_case", ["opened_at"], unique=False)
    op.create_index(op.f("ix_liaison_case_owner_id"), "liaison_case", ["owner_id"], unique=False)
    op.create_table(
        "outside_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_outside_message_closed_at"), "outside_message", ["closed_at"], unique=False)
    op.create_index(op.f("ix_outside_message_contact_id"), "outside_message", ["contact_id"], unique=False)
    op.create_index(op.f("ix_outside_message_due_on"), "outside_message", ["due_on"], unique=False)
    op.create_index(op.f("ix_outside_message_received_at"), "outside_message", ["received_at"], unique=False)
    op.create_table(
        "certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject_name", sa.String(), nullable=False),
        sa.Column("to_org", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("licence_copy", sa.String(), nullable=False),
        sa.Column("seal_use", sa.String(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["liaison_case.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("year", "number", name="certificate_number"),
    )
    op.create_index(op.f("ix_certificate_issued_on"), "certificate", ["issued_on"], unique=False)
    op.create_table(
        "liaison_case_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["liaison_case.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_liaison_case_note_case_id"), "liaison_case_note", ["case_id"], unique=False)
    op.create_table(
        "message_to",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("to_answer", sa.Boolean(), nullable=False),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passed_by", sa.Uuid(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chased", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["outside_message.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id", "person_id", name="message_to_once"),
    )
    op.create_index(op.f("ix_message_to_message_id"), "message_to", ["message_id"], unique=False)
    op.create_index(op.f("ix_message_to_person_id"), "message_to", ["person_id"], unique=False)
    op.create_table(
        "message_word",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("inside", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["outside_message.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_message_word_message_id"), "message_word", ["message_id"], unique=False)
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)

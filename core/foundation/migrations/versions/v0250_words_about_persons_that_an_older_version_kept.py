"""Words about persons that an older version kept in the operations' log

Payloads of kinds about persons are not kept (operations/performing.py). Kinds that were only later declared to be such left their words in rows written before: the append-only
rule holds for everything that runs, so a step of the schema is the one place where they can be taken out. The keyed hash, the outcome and the audit chain stay as they were.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0250"
down_revision = "0200"

# As they were declared when this was written.
KINDS = (
    "approval.decide",
    "asset.hand_over_signed",
    "asset.receive_back",
    "asset.send_to_repair",
    "block.add",
    "block.reveal",
    "booking.invite",
    "booking.take_reply",
    "calendar.import",
    "calendar.take_event",
    "channel.add",
    "delivery.collect",
    "delivery.drop",
    "delivery.give_leave",
    "delivery.pick_up",
    "delivery.return",
    "device.pair",
    "import.note",
    "liaison.add_note",
    "liaison.answer_message",
    "liaison.close_case",
    "liaison.issue_certificate",
    "liaison.note_contact",
    "liaison.open_case",
    "liaison.pass_message",
    "liaison.receive_message",
    "liaison.reply_out",
    "liaison.save_contact",
    "liaison.take_card",
    "link.answer",
    "lost.claim",
    "lost.seek",
    "office.found",
    "person.add",
    "person.set_password",
    "person.set_pin",
    "person.update",
    "preference.set",
    "reception.add_cost",
    "reception.answer",
    "reception.arrange",
    "reception.cancel",
    "reception.close_incident",
    "reception.copy",
    "reception.late",
    "reception.rate",
    "reception.report_incident",
    "reception.review",
    "reception.set_guests",
    "reception.take_in",
    "reception.tick",
    "reception.update",
    "rollcall.add",
    "rollcall.close",
    "rollcall.set_pin",
    "rollcall.start",
    "session.open",
    "visit.answer",
    "visit.ask_today",
    "visit.change",
    "visit.change_group",
    "visit.check_in",
    "visit.check_in_group",
    "visit.erase_own",
    "visit.invite",
    "visit.invite_group",
    "visit.keep_longer",
    "visit.keep_offline",
    "visit.note_id_number",
    "visit.recognise",
    "visit.release",
    "visit.reveal_id_number",
    "visit.send_invitation",
    "visit.take_ticket",
    "visit.turn_away",
)
_REFUSES = "CREATE TRIGGER operation_no_update BEFORE UPDATE ON \"operation\" BEGIN SELECT RAISE(ABORT, 'append_only:operation'); END"


def upgrade() -> None:
    forget(op.get_bind())


def forget(connection: sa.Connection) -> int:
    """Take the words out; answers of how many rows. Nobody writes meanwhile: the server does not serve before its schema is whole."""
    table = sa.table("operation", sa.column("kind", sa.String), sa.column("payload", sa.JSON(none_as_null=True)))
    lite = connection.dialect.name == "sqlite"
    connection.execute(
        sa.text("DROP TRIGGER operation_no_update" if lite else 'ALTER TABLE "operation" DISABLE TRIGGER operation_append_only')
    )
    words = sa.update(table).where(table.c.kind.in_(KINDS), table.c.payload.is_not(None)).values(payload=None)
    done = connection.execute(words)
    connection.execute(sa.text(_REFUSES if lite else 'ALTER TABLE "operation" ENABLE TRIGGER operation_append_only'))
    return int(done.rowcount)

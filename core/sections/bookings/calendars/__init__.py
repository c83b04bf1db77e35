"""Calendars: the same bookings said to, and heard from, other programs (issue "Rooms and door screens"; pitfalls V04, V12, V18, V23, V29).

Split by ability: `keys` (who may read a feed), `ics` (reading others' files), `intake` (an event asks for a room; importing a file), `sources`
(connect a room with a calendar elsewhere), `remote`, `caldav`, `graph` (how the other side is spoken to), `sync` with
`rounds`, `incoming`, `outgoing` and `noting` (keep both equal), `attendees`, `itip`
and `invitations` (who a meeting is for and the mail they get), `replies` and `inbox` (what they answer by mail), `dates` (a rule answered date by date),
`record` (tables and views). It lives inside `bookings` because a calendar is no section of the
guide: it is one more door to the same claims."""

from core.sections.bookings.calendars.attendees import Attendee, AttendeeView, InvitationView, attendees, use_base_url
from core.sections.bookings.calendars.inbox import read_inbox
from core.sections.bookings.calendars.inbox import set_up as set_up_inbox
from core.sections.bookings.calendars.intake import ImportCalendar, ImportRow, TakeEvent, dry_run, import_calendar, take_event
from core.sections.bookings.calendars.invitations import (
    KEYS,
    Guest,
    Invite,
    ReplyInvitation,
    SendInvitation,
    Uninvite,
    enclosures,
    invitation,
    invite,
    invited_to,
    passes_from,
    reply,
    send_invitation,
    send_updates,
    uninvite,
)
from core.sections.bookings.calendars.keys import (
    CalendarKey,
    KeyView,
    MakeKey,
    NoteKeyUsed,
    RevokeKey,
    find,
    keys_of,
    make_key,
    new_key,
    note_key_used,
    revoke_key,
    used_once,
)
from core.sections.bookings.calendars.noting import NoteAnswered, NotePushed, NoteSync, note_answered, note_pushed, note_sync
from core.sections.bookings.calendars.record import CalendarEntry, CalendarSource, DeclinedView, Kind, SourceView, declined, sources_of
from core.sections.bookings.calendars.replies import TakeReply, take_reply
from core.sections.bookings.calendars.sources import (
    ConfirmEmpty,
    ConnectCalendar,
    DisconnectCalendar,
    confirm_empty,
    connect,
    disconnect,
)
from core.sections.bookings.calendars.sync import sync_due

__all__ = [
    "KEYS",
    "Attendee",
    "AttendeeView",
    "CalendarEntry",
    "CalendarKey",
    "CalendarSource",
    "ConfirmEmpty",
    "ConnectCalendar",
    "DeclinedView",
    "DisconnectCalendar",
    "Guest",
    "ImportCalendar",
    "ImportRow",
    "InvitationView",
    "Invite",
    "KeyView",
    "Kind",
    "MakeKey",
    "NoteAnswered",
    "NoteKeyUsed",
    "NotePushed",
    "NoteSync",
    "ReplyInvitation",
    "RevokeKey",
    "SendInvitation",
    "SourceView",
    "TakeEvent",
    "TakeReply",
    "Uninvite",
    "attendees",
    "confirm_empty",
    "connect",
    "declined",
    "disconnect",
    "dry_run",
    "enclosures",
    "find",
    "import_calendar",
    "invitation",
    "invite",
    "invited_to",
    "keys_of",
    "make_key",
    "new_key",
    "note_answered",
    "note_key_used",
    "note_pushed",
    "note_sync",
    "passes_from",
    "read_inbox",
    "reply",
    "revoke_key",
    "send_invitation",
    "send_updates",
    "set_up_inbox",
    "sources_of",
    "sync_due",
    "take_event",
    "take_reply",
    "uninvite",
    "use_base_url",
    "used_once",
]  # fmt: skip

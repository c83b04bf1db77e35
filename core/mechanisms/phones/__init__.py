"""Phones that count, collect and inspect offline: what they announced, what arrived, what is missing, and what may be read on a shared one
(offline.md, "The design"; O9–O11, O21; scenarios Floor 7, Things 4; pitfall T27).

A phone numbers its records without a gap and tells its highest number with every contact, so "nothing is lost" can be checked: missing = announced −
received − explained. A record that a person took out on the phone is explained by `phone.discard`, a number that will never come by the desk with
`phone.explain`. A phone whose browser threw its data away comes back under its old name (its own cookie says which), goes on with its numbers, and
leaves an incident behind. What a revoked phone still sends is quarantined until somebody decides.

On a shared phone each person's unsent records are sealed at sign-out: AES-256-GCM under a key that only this server can make again (from its
secret, the person and the phone) and that leaves the phone with its person. The next one can send them, and neither read nor forge them.

Split by ability: `record` (rows and views), `gaps` (what is missing), `acts` (what phones and the desk do about it), `sealing` (sealed records, tickets,
marks), `reading` (the desk's list).
"""

from core.mechanisms.phones.acts import (
    DecideQuarantine,
    DiscardRecord,
    ExplainGap,
    NoteWiped,
    decide_quarantine,
    discard,
    explain,
    note_wiped,
    release,
)
from core.mechanisms.phones.gaps import announced, left_over, missing, size_of
from core.mechanisms.phones.reading import COLLECTION, detail, everything, troubled
from core.mechanisms.phones.record import (
    QUARANTINE,
    SILENT_AFTER,
    SUPERVISORS,
    TROUBLE_WINDOW,
    PhoneDetail,
    PhoneGap,
    PhoneIncident,
    PhoneIncidentView,
    PhoneView,
    Reason,
    Seq,
    Span,
)
from core.mechanisms.phones.sealing import IV_BYTES, marked_phone, opened_item, phone_mark, pin_ticket, seal, seal_key, ticket_fits, unseal

__all__ = [
    "COLLECTION",
    "IV_BYTES",
    "QUARANTINE",
    "SILENT_AFTER",
    "SUPERVISORS",
    "TROUBLE_WINDOW",
    "DecideQuarantine",
    "DiscardRecord",
    "ExplainGap",
    "NoteWiped",
    "PhoneDetail",
    "PhoneGap",
    "PhoneIncident",
    "PhoneIncidentView",
    "PhoneView",
    "Reason",
    "Seq",
    "Span",
    "announced",
    "decide_quarantine",
    "detail",
    "discard",
    "everything",
    "explain",
    "left_over",
    "marked_phone",
    "missing",
    "note_wiped",
    "opened_item",
    "phone_mark",
    "pin_ticket",
    "release",
    "seal",
    "seal_key",
    "size_of",
    "ticket_fits",
    "troubled",
    "unseal",
]

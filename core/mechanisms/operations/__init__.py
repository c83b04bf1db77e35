"""The one door through which anything is written (house.md §1): who does what to which thing, when, once.

A part declares an operation as an input class and a function:

    @operation(ExtendBooking, "booking.extend", roles={Role.STAFF, Role.DOOR})
    def extend(s: Session, do: ExtendBooking, by: Actor, at: datetime) -> BookingView: ...

`perform` answers a repeated id with the stored outcome, checks the role, runs the function in a savepoint of one transaction, stores outcome and
audit entry, commits, then tells the screens what changed. Accepted and refused are final for an id; invalid and `op.not_allowed` claim nothing.
The payload of kinds about persons is not kept in the append-only rows, only its keyed hash, so that erasing a person stays possible.

Split by ability: `actors` (who acts), `registry` (the table of operations), `records` (what is kept), `outcomes` (one request and what became of it),
`performing` (judging, applying, recording, telling), `values` (results as JSON).
"""

from core.mechanisms.operations.actors import DEVICE_ROLES, OFFICE, PERSON_ROLES, SYSTEM, Actor, Role
from core.mechanisms.operations.outcomes import BUSY, Outcome, Request, after_commit, note, touch
from core.mechanisms.operations.performing import (
    BATCH_CHUNK,
    BATCH_MOST,
    BATCH_SLICE,
    STALE_AFTER,
    current_item,
    current_op_id,
    keep_waiting,
    perform,
    perform_batch,
    perform_now,
    perform_requests,
    perform_some,
)
from core.mechanisms.operations.records import AuditRow, OperationRow, WaitingRow
from core.mechanisms.operations.registry import (
    Item,
    Operation,
    Spec,
    digest_of,
    include,
    keyed,
    kinds,
    operation,
    parse,
    spec_of,
    use_secret,
)
from core.mechanisms.operations.values import as_json

__all__ = [
    "BATCH_CHUNK",
    "BATCH_MOST",
    "BATCH_SLICE",
    "BUSY",
    "DEVICE_ROLES",
    "OFFICE",
    "PERSON_ROLES",
    "STALE_AFTER",
    "SYSTEM",
    "Actor",
    "AuditRow",
    "Item",
    "Operation",
    "OperationRow",
    "Outcome",
    "Request",
    "Role",
    "Spec",
    "WaitingRow",
    "after_commit",
    "as_json",
    "current_item",
    "current_op_id",
    "digest_of",
    "include",
    "keep_waiting",
    "keyed",
    "kinds",
    "note",
    "operation",
    "parse",
    "perform",
    "perform_batch",
    "perform_now",
    "perform_requests",
    "perform_some",
    "spec_of",
    "touch",
    "use_secret",
]

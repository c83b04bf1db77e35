"""What a phone and the desk do about records: discard, explain, note a wiped phone, decide about quarantine."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints
from sqlmodel import Session

from core.foundation import clock, database
from core.foundation.errors import Invalid, Refused
from core.mechanisms import devices, operations, people
from core.mechanisms.operations import OFFICE, PERSON_ROLES, Actor, Operation, Outcome, Role, WaitingRow, operation, touch
from core.mechanisms.phones.gaps import announced, missing
from core.mechanisms.phones.reading import quarantined
from core.mechanisms.phones.record import SUPERVISORS, PhoneGap, PhoneIncident, Reason, Seq


class DiscardRecord(Operation):
    """A record that the server did not take was taken out of the phone's list on a person's word; its number will not come."""

    seq: Seq
    kind: Annotated[str, StringConstraints(max_length=80)] = ""
    code: Annotated[str, StringConstraints(max_length=80)] = ""


@operation(DiscardRecord, "phone.discard", roles=PERSON_ROLES, offline=True)
def discard(s: Session, do: DiscardRecord, by: Actor, at: datetime) -> None:
    """Refuses: phone.none (not sent from a phone)"""
    if by.device_id is None:
        raise Refused("phone.none")
    reason = f"{do.kind} {do.code}".strip() or "-"
    s.add(PhoneGap(device_id=by.device_id, first_seq=do.seq, last_seq=do.seq, reason=reason, person_id=by.person_id, noted_at=at))
    touch(s, "device", by.device_id)


class ExplainGap(Operation):
    """The office says why these numbers of a phone will never come (broken, stolen, wiped)."""

    device_id: UUID
    first_seq: Seq
    last_seq: Seq
    reason: Reason


@operation(ExplainGap, "phone.explain", roles=OFFICE | {Role.LEADER})
def explain(s: Session, do: ExplainGap, by: Actor, at: datetime) -> dict[str, Any]:
    """Refuses: device.not_found, phone.not_missing (some of these numbers arrived, or were never announced)"""
    device = devices.get(s, do.device_id)
    if not any(first <= do.first_seq <= do.last_seq <= last for first, last in missing(s, device.id)):
        raise Refused("phone.not_missing", first=do.first_seq, last=do.last_seq)
    gap = PhoneGap(
        device_id=device.id,
        first_seq=do.first_seq,
        last_seq=do.last_seq,
        reason=do.reason,
        person_id=by.person_id,
        at_desk=True,
        noted_at=at,
    )
    s.add(gap)
    touch(s, "device", device.id)
    return {"gap_id": gap.id}


class NoteWiped(Operation):
    """The server's own word: a phone came back without its data."""

    device_id: UUID
    person_id: UUID | None = None
    cause: Annotated[str, StringConstraints(pattern="^(wiped|set_back)$")]


@operation(NoteWiped, "phone.note_wiped", roles=set())
def note_wiped(s: Session, do: NoteWiped, by: Actor, at: datetime) -> dict[str, Any]:
    """Result: the numbers that are missing, and the number the phone goes on with."""
    spans = missing(s, do.device_id)
    s.add(
        PhoneIncident(device_id=do.device_id, cause=do.cause, spans=[list(span) for span in spans], person_id=do.person_id, noticed_at=at)
    )
    touch(s, "device", do.device_id)
    return {"spans": [list(span) for span in spans], "seq": announced(s, do.device_id)}


class DecideQuarantine(Operation):
    """What becomes of the records that a revoked phone sent: judge them as if the phone were in order, or leave them aside for good."""

    device_id: UUID
    take: bool
    reason: Reason


@operation(DecideQuarantine, "phone.decide_quarantine", roles=SUPERVISORS)
def decide_quarantine(s: Session, do: DecideQuarantine, by: Actor, at: datetime) -> dict[str, Any]:
    """Marks them; nothing is deleted. Refuses: device.not_found, phone.nothing_waiting"""
    device = devices.get(s, do.device_id)
    rows = quarantined(s, device.id)
    if not rows:
        raise Refused("phone.nothing_waiting")
    for row in rows:
        row.reason = "released" if do.take else "left_aside"
    touch(s, "device", device.id)
    return {"op_ids": [row.op_id for row in rows]}


def _as_request(s: Session, row: WaitingRow) -> operations.Request | Outcome:
    body = row.body
    try:
        do = operations.parse(str(body.get("kind", "")), body.get("payload", {}))
        actor = people.actor_of(s, people.get(s, row.person_id), row.device_id)
        corrected = body.get("corrected_at")
        occurred = datetime.fromisoformat(corrected) if corrected else None
    except (Invalid, Refused) as problem:
        return Outcome(row.op_id, "invalid", problem.code, problem.facts)
    sequence = body.get("device_seq")
    envelope = {"quarantined": True, **({"schema": body["schema"]} if "schema" in body else {})}
    return operations.Request(do, actor, row.op_id, occurred, clock.now(), sequence if isinstance(sequence, int) else None, envelope)


async def release(device_id: UUID, reason: str, by: Actor) -> tuple[Outcome, list[Outcome]]:
    """Take a revoked phone's records: note the decision, then judge each under the name of who made it. Answers the decision and the outcomes."""
    decided = await operations.perform(DecideQuarantine(device_id=device_id, take=True, reason=reason), by=by)
    if not decided.ok:
        return decided, []
    with database.reading() as s:
        rows = [s.get(WaitingRow, UUID(op_id)) for op_id in decided.result["op_ids"]]
        asked = [_as_request(s, row) for row in rows if row is not None]
    answers = [one for one in asked if isinstance(one, Outcome)]
    return decided, answers + await operations.perform_batch([one for one in asked if not isinstance(one, Outcome)])

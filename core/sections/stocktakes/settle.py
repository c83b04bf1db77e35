"""From opening to the sealed result: open, decide about a line, close, approve or reject (guide S4.1-R6, R7, R8; S1.2-R7).

The close waits for every phone that took part: nothing that a phone still holds may turn into "missing" (pitfall T1). Approval is by a clerk or leader
who did not count, posts each accepted difference once, and freezes the figures. A rejection changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Input
from pydantic import StringConstraints
from sqlalchemy import func, select
from sqlmodel import Session, col

from core.foundation.errors import Refused
from core.foundation.ids import uuid7
from core.mechanisms import duties, notices, places
from core.mechanisms.devices import Device, DeviceContact
from core.mechanisms.operations import Actor, Operation, OperationRow, current_op_id, note, operation, touch
from core.mechanisms.people import Person
from core.sections.stocktakes import books, sealing
from core.sections.stocktakes.count import MOST_COUNTED, scope_of
from core.sections.stocktakes.lines import review
from core.sections.stocktakes.record import (
    APPROVERS,
    REVIEWERS,
    CountEvent,
    Decision,
    Find,
    HandIn,
    Kind,
    LineDecision,
    Mode,
    State,
    Stocktake,
    get,
    shown,
)
from core.sections.stocktakes.results import Line, Result, Review

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class OpenStocktake(Operation):
    """Count everything of a kind in these places and all below them."""

    id: UUID | None = None
    kind: Kind
    place_ids: Annotated[tuple[UUID, ...], Input(min_length=1, max_length=500)]
    mode: Mode = Mode.GUIDED
    title: Annotated[str, StringConstraints(max_length=120)] = ""
    due_on: date | None = None


@operation(OpenStocktake, "stocktake.open", roles=REVIEWERS)
def open_stocktake(s: Session, do: OpenStocktake, by: Actor, at: datetime) -> dict[str, Any]:
    """The book is read by value now; what it says later changes nothing here. Refuses: place.not_found, stocktake.exists"""
    if do.id is not None and s.get(Stocktake, do.id) is not None:
        raise Refused("stocktake.exists")
    named = list(dict.fromkeys(do.place_ids))
    names = [places.get(s, place_id).name for place_id in named]
    title = do.title or "，".join(names[:3]) + ("…" if len(names) > 3 else "")
    row = Stocktake(
        id=do.id or uuid7(), title=title, kind=do.kind, mode=do.mode, place_ids=[str(place_id) for place_id in named], due_on=do.due_on, opened_at=at,
        opened_by_id=by.person_id,
    )  # fmt: skip
    s.add(row)
    s.flush()
    row.expected_count = books.expect(s, row, scope_of(s, row))
    touch(s, "stocktake", row.id)
    return {"stocktake_id": row.id, "expected": row.expected_count}


# ── phones ──


@dataclass(frozen=True, slots=True)
class OpenDevice:
    """A phone that holds the close open: `waiting` records it announced have not arrived; `handed_in` whether it said it is done."""

    device_id: UUID
    name: str
    person_id: UUID | None
    waiting: int
    missing: tuple[tuple[int, int], ...]
    handed_in: bool
    last_seen_at: datetime | None


def devices_of(s: Session, stocktake: Stocktake) -> list[OpenDevice]:
    """Every phone that took part, with what is still to come from it. A phone joins with its first count."""
    joined = _joined(s, stocktake.id)
    if not joined:
        return []
    ids = list(joined)
    last_seq = (
        select(col(HandIn.device_id), func.max(HandIn.last_seq))
        .where(col(HandIn.stocktake_id) == stocktake.id)
        .group_by(col(HandIn.device_id))
    )
    handed: dict[UUID | None, int] = {row[0]: row[1] for row in s.execute(last_seq)}
    devices = {row.id: row for row in s.execute(select(Device).where(col(Device.id).in_(ids))).scalars()}
    contacts = {row.device_id: row for row in s.execute(select(DeviceContact).where(col(DeviceContact.device_id).in_(ids))).scalars()}
    found = []
    for device_id, last_count in joined.items():
        contact, device = contacts.get(device_id), devices.get(device_id)
        missing = _missing(s, device_id, stocktake.opened_at, max(contact.highest_seq if contact else 0, handed.get(device_id, 0)))
        found.append(OpenDevice(
            device_id, device.name if device else device_id.hex[-4:].upper(), device.person_id if device else None,
            sum(end - start + 1 for start, end in missing), missing, device_id in handed and handed[device_id] >= last_count,
            contact.last_seen_at if contact else None,
        ))  # fmt: skip
    return sorted(found, key=lambda one: (one.name, one.device_id.bytes))


def open_devices(s: Session, stocktake: Stocktake) -> list[OpenDevice]:
    """Those of them that hold the close open."""
    return [one for one in devices_of(s, stocktake) if one.waiting or not one.handed_in]


def _joined(s: Session, stocktake_id: UUID) -> dict[UUID, int]:
    """Each phone with the number of its last count."""
    query = select(col(CountEvent.device_id), func.max(CountEvent.device_seq)).where(col(CountEvent.stocktake_id) == stocktake_id)
    found = {device_id: last or 0 for device_id, last in s.execute(query.group_by(col(CountEvent.device_id))) if device_id is not None}
    finders = select(col(Find.device_id)).where(col(Find.stocktake_id) == stocktake_id).distinct()
    return {**{device_id: 0 for device_id in s.execute(finders).scalars() if device_id is not None}, **found}


def _missing(s: Session, device_id: UUID, since: datetime, announced: int) -> tuple[tuple[int, int], ...]:
    """The spans of a phone's sequence numbers, given out since the session was opened, that have not arrived."""
    mine = (col(OperationRow.device_id) == device_id, col(OperationRow.device_seq).is_not(None))
    before = s.execute(select(func.max(OperationRow.device_seq)).where(*mine, col(OperationRow.received_at) < since)).scalar_one_or_none()
    query = select(col(OperationRow.device_seq)).where(*mine).order_by(col(OperationRow.device_seq)).distinct()
    if before is not None:
        query = query.where(col(OperationRow.device_seq) > before)
    expected = None if before is None else before + 1  # a phone we first hear of now may have counted up elsewhere
    spans: list[tuple[int, int]] = []
    for seq in s.execute(query).scalars():
        assert seq is not None
        if expected is not None and seq > expected:
            spans.append((expected, seq - 1))
        expected = seq + 1
    if expected is not None and announced >= expected:
        spans.append((expected, announced))
    return tuple(spans)


# ── deciding ──


class DecideLine(Operation):
    """`place_id` or `quantity` choose between the answers of a conflict."""

    stocktake_id: UUID
    line_id: UUID
    decision: Decision
    cause: Annotated[str, StringConstraints(max_length=500)] = ""
    place_id: UUID | None = None
    quantity: Annotated[int, Input(ge=0, le=MOST_COUNTED)] | None = None


@operation(DecideLine, "stocktake.decide", roles=REVIEWERS)
def decide(s: Session, do: DecideLine, by: Actor, at: datetime) -> dict[str, Any]:
    """The latest decision counts, while the line says what it said. Refuses: stocktake.not_found, stocktake.settled, stocktake.no_line,
    stocktake.nothing_to_decide, stocktake.not_closed_yet (未盘 is not yet a deficit), stocktake.choose_one (a conflict)"""
    row = _open_for_decisions(s, do.stocktake_id)
    line = review(s, row).line(do.line_id)
    if line is None:
        raise Refused("stocktake.no_line")
    if do.decision != Decision.RECOUNT:
        _decidable(row, line, do)
    raw = line if line.decision is None else _raw(s, row, line)
    s.add(LineDecision(
        op_id=current_op_id(s), stocktake_id=row.id, line_id=line.line_id, decision=do.decision, cause=do.cause, place_id=do.place_id, quantity=do.quantity,
        seen=raw.print, person_id=by.person_id, decided_at=at,
    ))  # fmt: skip
    row.version += 1
    touch(s, "stocktake", row.id)
    return {"line_id": line.line_id, "decision": do.decision}


def _decidable(row: Stocktake, line: Line, do: DecideLine) -> None:
    if not line.is_difference and line.decision is None:
        raise Refused("stocktake.nothing_to_decide")
    if do.decision == Decision.ACCEPT and line.result == Result.NOT_COUNTED and row.state == State.OPEN:
        raise Refused("stocktake.not_closed_yet", name=line.name)
    if do.decision == Decision.ACCEPT and line.result == Result.CONFLICT:
        places_seen = {seen.place_id for seen in line.standing}
        quantities = {seen.quantity for seen in line.standing}
        chosen = do.place_id in places_seen if row.kind == Kind.ASSET else do.quantity in quantities
        if not chosen:
            raise Refused("stocktake.choose_one", name=line.name, answers="，".join(line.found_places))


def _raw(s: Session, row: Stocktake, line: Line) -> Line:
    """The line as observed, without the decision that settled it."""
    found = review(s, row, decided=False).line(line.line_id)
    return found or line


# ── closing ──


class CloseStocktake(Operation):
    """`override_reason`: the desk closes although a phone has not handed in, and says why."""

    stocktake_id: UUID
    override_reason: Annotated[str, StringConstraints(max_length=500)] = ""


@operation(CloseStocktake, "stocktake.close", roles=REVIEWERS)
def close(s: Session, do: CloseStocktake, by: Actor, at: datetime) -> dict[str, Any]:
    """Counting ends; what was not seen is now a deficit. What was counted before and arrives later is still taken.

    Refuses: stocktake.not_found, stocktake.settled, stocktake.devices_open (facts: each phone with how many of its records have not arrived)"""
    row = _open_for_decisions(s, do.stocktake_id)
    if row.state == State.CLOSED:
        return {"stocktake_id": row.id}
    waiting = open_devices(s, row)
    if waiting and not do.override_reason:
        names = [{"name": one.name, "n": one.waiting} for one in waiting]
        raise Refused(
            "stocktake.devices_open", n=sum(one.waiting for one in waiting), phones=len(waiting), names=shown(names),
            devices=[{**told, "device_id": str(one.device_id), "missing": [list(span) for span in one.missing], "handed_in": one.handed_in}
                     for told, one in zip(names, waiting, strict=True)],
        )  # fmt: skip
    row.state, row.closed_at, row.closed_by_id = State.CLOSED, at, by.person_id
    row.override_reason = do.override_reason if waiting else ""
    row.version += 1
    if waiting:
        note(s, overridden=shown([{"name": one.name, "n": one.waiting} for one in waiting]))
    touch(s, "stocktake", row.id)
    return {"stocktake_id": row.id}


class RemindCounters(Operation):
    stocktake_id: UUID


@operation(RemindCounters, "stocktake.remind", roles=REVIEWERS)
def remind(s: Session, do: RemindCounters, by: Actor, at: datetime) -> dict[str, Any]:
    """Tell the people whose phones hold the close open. Refuses: stocktake.not_found, stocktake.settled"""
    row = _open_for_decisions(s, do.stocktake_id)
    people = {one.person_id: one for one in open_devices(s, row) if one.person_id is not None}
    for person_id, one in people.items():
        notices.queue(
            s,
            key="stocktake.notice.send_records",
            facts={"title": row.title, "n": one.waiting},
            at=at,
            to_person_id=person_id,
            subject=("stocktake", row.id),
        )
    touch(s, "stocktake", row.id)
    return {"reminded": len(people)}


# ── settling ──


class ApproveStocktake(Operation):
    stocktake_id: UUID


@operation(ApproveStocktake, "stocktake.approve", roles=APPROVERS)
def approve(s: Session, do: ApproveStocktake, by: Actor, at: datetime) -> dict[str, Any]:
    """Post every accepted difference once and freeze the figures. A second approval is a quiet no-op.

    Refuses: stocktake.not_found, stocktake.not_closed, stocktake.rejected, stocktake.counted_yourself, stocktake.undecided"""
    row = get(s, do.stocktake_id)
    if row.state == State.APPROVED:
        return {"stocktake_id": row.id, "sha256": sealing.sealed(s, row.id).sha256}
    result = _may_settle(s, row, by)
    if result.sums.undecided:
        raise Refused("stocktake.undecided", n=result.sums.undecided)
    row.state, row.settled_at, row.settled_by_id = State.APPROVED, at, by.person_id
    row.version += 1
    sealed = sealing.seal(s, row, result, by, at)
    posted = [
        books.post(s, row, _difference(line, at), by, at) for line in result.lines if line.decision == Decision.ACCEPT and _posts(line)
    ]
    for line in result.lines:
        if line.decision == Decision.INVESTIGATE:
            _find_out(s, row, line, by, at)
    touch(s, "stocktake", row.id)
    return {"stocktake_id": row.id, "sha256": sealed.sha256, "posted": sum(posted), "left_alone": len(posted) - sum(posted)}


class RejectStocktake(Operation):
    stocktake_id: UUID
    reason: Reason


@operation(RejectStocktake, "stocktake.reject", roles=APPROVERS)
def reject(s: Session, do: RejectStocktake, by: Actor, at: datetime) -> None:
    """The count stays on record and changes nothing. Refuses: stocktake.not_found, stocktake.not_closed, stocktake.settled, stocktake.counted_yourself"""
    row = get(s, do.stocktake_id)
    if row.state == State.REJECTED:
        return
    if row.state == State.APPROVED:
        raise Refused("stocktake.settled", title=row.title)
    _may_settle(s, row, by)
    row.state, row.settled_at, row.settled_by_id, row.settled_reason = State.REJECTED, at, by.person_id, do.reason
    row.version += 1
    touch(s, "stocktake", row.id)


def has_counted(s: Session, stocktake_id: UUID, person_id: UUID | None) -> bool:
    """Whether a person took part, by a count or a find; a count that was taken back was still theirs."""
    if person_id is None:
        return False
    return any(
        s.execute(
            select(col(table.op_id)).where(col(table.stocktake_id) == stocktake_id, col(table.person_id) == person_id).limit(1)
        ).first()
        for table in (CountEvent, Find)
    )


def _may_settle(s: Session, row: Stocktake, by: Actor) -> Review:
    if row.state == State.OPEN:
        raise Refused("stocktake.not_closed", title=row.title)
    if row.state == State.REJECTED:
        raise Refused("stocktake.rejected", title=row.title)
    if has_counted(s, row.id, by.person_id):
        raise Refused("stocktake.counted_yourself")
    return review(s, row)


def _open_for_decisions(s: Session, stocktake_id: UUID) -> Stocktake:
    row = get(s, stocktake_id)
    if row.state not in (State.OPEN, State.CLOSED):
        raise Refused("stocktake.settled", title=row.title)
    return row


def _posts(line: Line) -> bool:
    return line.result in (Result.MOVED, Result.MISSING, Result.SURPLUS)


def _difference(line: Line, at: datetime) -> books.Difference:
    last = line.standing[-1].at if line.standing else at
    return books.Difference(
        line.result, line.subject_id, line.found_place_id, line.book_place_id, line.difference, last, line.name or line.description, line.label, line.cause,
        line.photos, line.expected,
    )  # fmt: skip


def _find_out(s: Session, row: Stocktake, line: Line, by: Actor, at: datetime) -> None:
    """Somebody owes an answer: whoever opened the session, or who approved it."""
    owner = row.opened_by_id or by.person_id
    if owner is None or s.get(Person, owner) is None:
        return
    duties.open_duty(
        s, title_key="stocktake.duty.find_out", facts={"name": line.name or line.label, "title": row.title, "cause": line.cause}, owner_id=owner,
        subject=("stocktake", row.id), at=at, merge_key=f"stocktake/{row.id}/{line.line_id}", by=by,
    )  # fmt: skip

"""Judging and applying: one by one or as a set, in one transaction, recorded, then told (house.md §1)."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from core.foundation import clock, database, live
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.ids import uuid7, uuid7s
from core.foundation.live import Change
from core.mechanisms.operations.actors import Actor
from core.mechanisms.operations.outcomes import BUSY, Outcome, Request
from core.mechanisms.operations.records import AuditRow, OperationRow, WaitingRow
from core.mechanisms.operations.registry import Item, Operation, Spec, hashed, spec_of
from core.mechanisms.operations.values import as_json, canonical

log = logging.getLogger("foyer.operations")

STALE_AFTER = timedelta(seconds=10)
BATCH_CHUNK = 200  # operations that are looked up and written as one set
BATCH_MOST = 1_000  # operations of one transaction, while nobody waits (SQLite: a commit costs as much as a hundred of them)
TRIES = 4  # of a transaction that met another's locks crosswise
BATCH_SLICE = 25  # a set while people tap: as soon as one waits, what is done is committed

_operations = OperationRow.__table__  # type: ignore[attr-defined]
_audits = AuditRow.__table__  # type: ignore[attr-defined]


async def perform(
    do: Operation,
    *,
    by: Actor,
    at: datetime | None = None,
    op_id: UUID | None = None,
    tapped_at: datetime | None = None,
    lane: int = database.TAP,
) -> Outcome:
    """Do it, on a writer thread. `at` defaults to now; `tapped_at` is when the person tapped: older than 10 s is refused as `op.stale`."""
    request = Request(do, by, op_id or uuid7(), occurred_at=tapped_at, received_at=at)
    return await asyncio.wrap_future(database.writer().submit(lambda: perform_requests([request])[0], lane))


def perform_now(do: Operation, *, by: Actor, at: datetime | None = None, op_id: UUID | None = None) -> Outcome:
    """The same on the calling thread, for commands, jobs and tests."""
    return perform_requests([Request(do, by, op_id or uuid7(), received_at=at)])[0]


async def perform_batch(requests: Sequence[Request]) -> list[Outcome]:
    """Many at once, in short transactions on the slow lane, so that a tap never waits behind a backlog. Same order as given."""
    outcomes: list[Outcome] = []
    if len(requests) == 1:
        return await asyncio.wrap_future(database.writer().submit(lambda: perform_requests(requests), database.TAP))
    while len(outcomes) < len(requests):
        rest = requests[len(outcomes) : len(outcomes) + BATCH_MOST]
        outcomes += await asyncio.wrap_future(database.writer().submit(lambda rest=rest: perform_some(rest), database.BATCH))  # type: ignore[misc]
        if outcomes[-1].code == BUSY:  # the rest would only wait as long again
            outcomes += [Outcome(request.op_id, "invalid", BUSY) for request in requests[len(outcomes) :]]
    return outcomes


def perform_some(requests: Sequence[Request]) -> list[Outcome]:
    """Judge the first of these in one transaction on this thread and answer them; the caller comes again with the rest.

    In sets of 200 and all of them while nobody taps. While people do, the sets are small, and when a tap waits the transaction ends after the set at
    hand. PostgreSQL has other writers for taps, and its row locks should be short: one set is one transaction there."""
    writer, most = database.writer(), BATCH_MOST if database.dialect() == database.SQLITE else BATCH_CHUNK
    judged: list[_Judged] = []
    changes: list[Change] = []
    actions: list[Callable[[], object]] = []
    try:
        with database.writing() as s:
            while len(judged) < min(len(requests), most):
                size = BATCH_SLICE if writer.people_tap() and database.dialect() == database.SQLITE else BATCH_CHUNK
                judged += _judge(s, requests[len(judged) : min(len(judged) + size, most)], changes, actions)
                if writer.tap_waits():
                    break
    except Exception:  # judged again in the known way, which finds the broken one and lets it answer for itself
        return perform_requests(requests[:BATCH_CHUNK])
    return _committed(judged, changes, actions)


def perform_requests(requests: Sequence[Request]) -> list[Outcome]:
    """Judge up to 200 operations in one transaction on this thread; each alone in a savepoint, or as a set where its kind can.

    A bug in one (any unexpected exception) rolls the transaction back; the others are then judged one by one, the broken one answers
    `op.failed` with a reference and claims nothing. Who met another transaction's lock crosswise tries again; a database that gives no lock at all
    is `op.busy`, and claims nothing either."""
    for attempt in range(TRIES):
        try:
            return _one_transaction(requests)
        except IntegrityError as error:
            # Two requests carried the same id at the same moment and the other committed first: look again, its outcome is stored now.
            if "operation" not in database.violated(error) or attempt == TRIES - 1:
                return _alone(requests, error)
        except Exception as error:
            if database.is_busy(error):
                log.warning("the database is busy: %d operations wait", len(requests))
                return [Outcome(request.op_id, "invalid", BUSY) for request in requests]
            if not database.clashed(error) or attempt == TRIES - 1:  # any other exception is a bug: logged with an id, rolled back
                return _alone(requests, error)
            time.sleep(random.uniform(0, 0.02) * (attempt + 1))  # noqa: S311 - so that the two do not meet again
    raise AssertionError("unreachable")


def _alone(requests: Sequence[Request], error: Exception) -> list[Outcome]:
    if len(requests) > 1:
        return [outcome for request in requests for outcome in perform_requests([request])]
    reference = secrets.token_hex(2).upper()
    log.error("operation %s failed, reference %s", spec_of(requests[0].do).kind, reference, exc_info=error)
    return [Outcome(requests[0].op_id, "invalid", "op.failed", {"ref": reference})]


@dataclass(slots=True)
class _Judged:
    request: Request
    spec: Spec
    digest: str
    payload: database.JsonText
    at: datetime
    received: datetime
    outcome: Outcome | None = None
    stored: bool = False
    subject: Change | None = None


def _one_transaction(requests: Sequence[Request]) -> list[Outcome]:
    changes: list[Change] = []
    actions: list[Callable[[], object]] = []
    with database.writing() as s:
        judged = _judge(s, requests, changes, actions)
    return _committed(judged, changes, actions)


def _judge(s: Session, requests: Sequence[Request], changes: list[Change], actions: list[Callable[[], object]]) -> list[_Judged]:
    judged = [_begin(request) for request in requests]
    _look_up(s, judged)
    index = 0
    while index < len(judged):
        run = _run_of_same_kind(judged, index)
        if len(run) > 1 and run[0].spec.many is not None:
            _apply_set(s, run, changes, actions)
        for one in run:
            if one.outcome is None:
                _apply(s, one, changes, actions)
        index += len(run)
    _record(s, judged)
    _answer_twins(judged)
    return judged


def _committed(judged: list[_Judged], changes: list[Change], actions: list[Callable[[], object]]) -> list[Outcome]:
    live.publish(changes)
    for action in actions:
        action()
    return [one.outcome for one in judged if one.outcome is not None]


def _begin(request: Request) -> _Judged:
    spec = spec_of(request.do)
    received = request.received_at or clock.now()
    occurred = request.occurred_at
    at = min(occurred, received) if spec.offline and occurred is not None else received
    payload = database.JsonText(canonical(request.do.model_dump(mode="json")))  # written once: for the hash and for the log
    one = _Judged(request, spec, hashed(f'["{spec.kind}",{payload}]'), payload, at, received)
    if not request.by.has(*spec.roles):
        one.outcome = Outcome(request.op_id, "invalid", "op.not_allowed", {"kind": spec.kind})
    elif not spec.offline and occurred is not None and received - occurred > STALE_AFTER:
        one.outcome = Outcome(request.op_id, "refused", "op.stale", {})
    return one


_STORED = select(*(_operations.c[name] for name in ("op_id", "kind", "payload_hash", "status", "code", "facts", "result")))
_STORED_ONE = _STORED.where(_operations.c.op_id == bindparam("asked_id"))  # what nearly every tap asks is put together once


def _look_up(s: Session, judged: list[_Judged]) -> None:
    if len(judged) == 1:
        found = s.execute(_STORED_ONE, {"asked_id": judged[0].request.op_id})
    else:
        found = s.execute(_STORED.where(database.among(_operations.c.op_id, [one.request.op_id for one in judged])))
    rows = {row.op_id: row for row in found}
    seen: dict[UUID, _Judged] = {}
    for one in judged:
        row, op_id = rows.get(one.request.op_id), one.request.op_id
        if row is not None:
            one.stored = True
            if row.payload_hash != one.digest and not _said_the_same(s, one):
                one.outcome = Outcome(op_id, "invalid", "op.reused", {})
                one.stored = False  # the attempt itself is worth an audit line
            else:
                one.outcome = Outcome(op_id, row.status, row.code, row.facts, row.result, repeated=True)
        elif op_id in seen:  # twice in one batch: the second is judged after the first is stored
            one.outcome = Outcome(op_id, "invalid", "op.reused" if seen[op_id].digest != one.digest else "op.twice_in_batch", {})
            one.stored = True
        else:
            seen[op_id] = one


def _said_the_same(s: Session, one: _Judged) -> bool:
    """Whether a stored operation of another hash has this very content: it was judged before its kind learnt a new field, which this one leaves alone."""
    stored = s.execute(select(_operations.c.kind, _operations.c.payload).where(_operations.c.op_id == one.request.op_id)).one()
    if stored.kind != one.spec.kind or not isinstance(stored.payload, dict):
        return False
    now = one.request.do.model_dump(mode="json")
    said = one.request.do.model_dump(mode="json", exclude_defaults=True)
    return all(key in now and now[key] == value for key, value in stored.payload.items()) and stored.payload.keys() >= said.keys()


def _answer_twins(judged: list[_Judged]) -> None:
    first = {one.request.op_id: one.outcome for one in judged if not one.stored and one.outcome is not None}
    for one in judged:
        if one.outcome is not None and one.outcome.code == "op.twice_in_batch" and one.request.op_id in first:
            one.outcome = replace(first[one.request.op_id], repeated=True)


def _run_of_same_kind(judged: list[_Judged], start: int) -> list[_Judged]:
    end = start + 1
    while end < len(judged) and judged[end].spec is judged[start].spec:
        end += 1
    return judged[start:end]


def _apply_set(s: Session, run: list[_Judged], changes: list[Change], actions: list[Callable[[], object]]) -> None:
    open_ones = [one for one in run if one.outcome is None]
    many = run[0].spec.many
    if not open_ones or many is None:
        return
    try:
        with s.begin_nested():
            results = many(s, [_item(one) for one in open_ones])
            s.flush()
    except (Refused, NotAllowed, Invalid, DBAPIError) as error:
        if database.clashed(error) or database.is_busy(error):
            raise
        _forget(s)
        return  # anything unusual: each by itself
    touched, todo = _touched(s)
    changes += touched
    actions += todo
    for one, result in zip(open_ones, results, strict=True):
        if isinstance(result, Refused):
            one.outcome = Outcome(one.request.op_id, "refused", result.code, as_json(result.facts))
        elif result is not None:
            one.outcome = Outcome(one.request.op_id, "accepted", result=as_json(result))
        one.subject = touched[0] if touched else None


def _apply(s: Session, one: _Judged, changes: list[Change], actions: list[Callable[[], object]]) -> None:
    request, op_id = one.request, one.request.op_id
    s.info["op_id"] = op_id
    s.info["item"] = one
    s.info.pop("noted", None)
    try:
        with s.begin_nested():
            result = one.spec.run(s, request.do, request.by, one.at)
            s.flush()
        touched, todo = _touched(s)
        changes += touched
        actions += todo
        one.subject = touched[0] if touched else None
        one.outcome = Outcome(op_id, "accepted", facts=as_json(s.info.pop("noted", {})), result=as_json(result))
        return
    except Refused as refusal:
        one.outcome = Outcome(op_id, "refused", refusal.code, as_json(refusal.facts))
    except NotAllowed as refusal:
        one.outcome = Outcome(op_id, "invalid", "op.not_allowed", as_json({"kind": one.spec.kind, **refusal.facts}))
    except Invalid as refusal:
        one.outcome = Outcome(op_id, "invalid", refusal.code, as_json(refusal.facts))
    except DBAPIError as error:
        if database.clashed(error) or database.is_busy(error):
            raise
        name = database.violated(error)
        for part, refuse in one.spec.clashes.items():
            if part in name:
                clash = refuse(s, request.do, one.at)
                one.outcome = Outcome(op_id, "refused", clash.code, as_json(clash.facts))
                break
        else:
            raise
    one.subject = (_touched(s)[0] or [None])[0]  # type: ignore[list-item]


def _touched(s: Session) -> tuple[list[Change], list[Callable[[], object]]]:
    return s.info.pop("touched", []), s.info.pop("after_commit", [])


def _forget(s: Session) -> None:
    s.info.pop("touched", None)
    s.info.pop("after_commit", None)


def _record(s: Session, judged: list[_Judged]) -> None:
    operations, audits = [], []
    ids = iter(uuid7s(len(judged)))
    for one in judged:
        request, outcome = one.request, one.outcome
        assert outcome is not None
        if one.stored:
            continue
        final = outcome.status in ("accepted", "refused")
        if final:
            operations.append({
                "op_id": request.op_id, "kind": one.spec.kind, "payload_hash": one.digest,
                "payload": None if one.spec.personal else one.payload,
                "person_id": request.by.person_id, "device_id": request.by.device_id, "device_seq": request.device_seq,
                "occurred_at": one.at, "received_at": one.received, "status": outcome.status, "code": outcome.code,
                "facts": outcome.facts, "result": outcome.result, "envelope": request.envelope,
            })  # fmt: skip
        if final or outcome.code in ("op.not_allowed", "op.reused"):
            audits.append({
                "id": next(ids), "at": one.received, "op_id": request.op_id, "kind": one.spec.kind, "person_id": request.by.person_id,
                "device_id": request.by.device_id, "subject_kind": one.subject.kind if one.subject else None,
                "subject_id": one.subject.id if one.subject else None, "outcome": outcome.status, "code": outcome.code, "payload_hash": one.digest,
            })  # fmt: skip
    if operations:
        database.insert_rows(s, _operations, operations)
    if audits:
        database.insert_rows(s, _audits, audits)


def keep_waiting(kept: Sequence[tuple[Request, dict[str, Any]]], reason: str, at: datetime) -> None:
    """Keep operations that may not be judged now, once each; a person decides about them at the desk."""
    with database.writing() as s:
        for request, body in kept:
            if s.get(WaitingRow, request.op_id) is None:
                row = WaitingRow(
                    op_id=request.op_id,
                    device_id=request.by.device_id,
                    person_id=request.by.person_id,
                    reason=reason,
                    received_at=at,
                    body=_without_secrets(request.do, body)
                    | ({"corrected_at": request.occurred_at.isoformat()} if request.occurred_at else {}),
                )
                s.add(row)


def _without_secrets(do: Operation, body: dict[str, Any]) -> dict[str, Any]:
    """A body that waits holds no password and no number of an identity document: who sends it again says them again."""
    secret = {name for name, field in type(do).model_fields.items() if field.exclude}
    payload = body.get("payload")
    return (
        body | {"payload": {name: value for name, value in payload.items() if name not in secret}}
        if secret and isinstance(payload, dict)
        else body
    )


def current_op_id(s: Session) -> UUID:
    """The id of the operation being performed, for rows that name the operation that made them."""
    op_id = s.info["op_id"]
    assert isinstance(op_id, UUID)
    return op_id


def current_item(s: Session) -> Item:
    """The operation being performed with what its envelope said: when it was received, the device's sequence number, how far its clock was off."""
    one = s.info["item"]
    assert isinstance(one, _Judged)
    return _item(one)


def _item(one: _Judged) -> Item:
    request = one.request
    skew = request.envelope.get("clock_skew_s", 0) if request.envelope else 0
    return Item(request.do, request.by, one.at, request.op_id, one.received, request.device_seq, skew)

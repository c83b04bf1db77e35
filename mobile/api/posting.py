"""`POST /v1/operations`: reading what came, judging it in order, answering each (contract.md)."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from core.foundation import clock, database
from core.foundation.errors import Invalid
from core.mechanisms import devices, operations, phones
from core.mechanisms.operations import Actor, Outcome, as_json, perform_batch
from mobile.api.answers import BUSY_RETRY_S, Problem, answer_json, language
from mobile.api.callers import Caller, Sender
from mobile.phone_clock import SKEW_WORTH_A_FLAG, PhoneClock, moment

MAX_ITEMS = 1_000
MAX_BODY = 1_000_000
SCHEMA = 3  # of an operation's envelope as phones write it; two older ones are read as well
STATUS = {"accepted": 200, "refused": 409, "invalid": 422, "waiting": 202}
router = APIRouter()


@router.get("/v1/operations/kinds", tags=["operations"], summary="The kinds of operations with their roles")
async def list_kinds(actor: Caller) -> dict[str, Any]:
    return {
        "items": [
            {
                "kind": spec.kind,
                "roles": sorted(spec.roles),
                "offline": spec.offline,
                "allowed": actor.has(*spec.roles),
                "summary": spec.summary,
            }
            for spec in operations.kinds().values()
        ]
    }


@router.post("/v1/operations", tags=["operations"], summary="Perform one operation or a list of them")
async def post_operations(request: Request, actor: Sender) -> Response:
    """An object is answered by an object (the HTTP status says the outcome too), a list by a list in the same order (always 200)."""
    body = await request.body()
    if len(body) > MAX_BODY:
        raise Problem(413, "batch.too_large", max_items=MAX_ITEMS)
    data = _json(body)
    single = isinstance(data, dict)
    items = [data] if single else data
    if not isinstance(items, list):
        raise Problem(422, "op.not_a_list")
    if len(items) > MAX_ITEMS:
        raise Problem(413, "batch.too_large", max_items=MAX_ITEMS)
    received = clock.now()
    phone = PhoneClock.read(request, received)
    await note_phone(request, actor, phone, received)
    answers = await judge(items, actor, phone, received, scope=getattr(request.state, "scope", "full"))
    if any(outcome.code == operations.BUSY for outcome in answers):
        raise Problem(
            503, operations.BUSY, {"Retry-After": str(BUSY_RETRY_S)}
        )  # what was written meanwhile is answered again when it comes again
    speech = language(request)
    shown = [answer_of(outcome, speech) for outcome in answers]
    told = {"Foyer-Now": as_json(clock.now())}
    if not single:
        return answer_json(shown, headers=told)
    status = 403 if answers[0].code == "op.not_allowed" else STATUS[answers[0].status]
    return answer_json(shown[0], status, told)


async def judge(items: list[Any], actor: Actor, phone: PhoneClock, received: datetime, *, scope: str = "full") -> list[Outcome]:
    """Each item's outcome, in order. `scope` is the key's: one that only sends takes offline kinds, and a `sealed` one what was sealed."""
    quarantine = False
    if actor.device_id is not None and actor.is_person:
        with database.reading() as s:
            quarantine = devices.is_revoked(s, actor.device_id)
    answers: list[Outcome | None] = [None] * len(items)
    requests: list[tuple[int, operations.Request]] = []
    opened = list(items)
    for index, item in enumerate(items):
        try:
            if isinstance(item, dict) and "sealed" in item:
                opened[index] = phones.opened_item(item, actor)
            elif scope == "sealed":
                raise Invalid("op.not_allowed", kind=str(item.get("kind"))[:80] if isinstance(item, dict) else "")
            if (waits := _schema(opened[index])) is not None:
                answers[index] = Outcome(_op_id(item) or UUID(int=0), "waiting", waits)
                continue
            request = _request(opened[index], actor, phone, received)
            if scope != "full" and not operations.spec_of(request.do).offline:
                raise Invalid("op.not_allowed", kind=operations.spec_of(request.do).kind)
        except Invalid as problem:
            answers[index] = Outcome(_op_id(item) or UUID(int=0), "invalid", problem.code, problem.facts)
            continue
        requests.append((index, request))
    if quarantine:
        await _keep_apart(opened, requests, answers, received)
    else:
        await _judge_in_order(opened, requests, answers)
    return [answer for answer in answers if answer is not None]


def _schema(item: Any) -> str | None:
    """Why an operation has to wait on the phone: it was written by a version too old or too new for this server. It is not dropped, and not judged."""
    schema = item.get("schema") if isinstance(item, dict) else None
    if not isinstance(schema, int) or isinstance(schema, bool):
        return None
    return "waiting.update" if schema < SCHEMA - 2 else "waiting.server_older" if schema > SCHEMA else None


async def _keep_apart(
    items: list[Any], requests: list[tuple[int, operations.Request]], answers: list[Outcome | None], received: datetime
) -> None:
    """What a revoked phone sends is kept until somebody decides; what was judged before, or is by now, gets its own answer."""
    known = await asyncio.to_thread(_outcomes, [request for _, request in requests])
    unknown = [(index, request) for index, request in requests if request.op_id not in known]
    for index, request in requests:
        answers[index] = known.get(request.op_id) or Outcome(request.op_id, "waiting", "waiting.quarantine")
    if unknown:
        kept = [(request, items[index]) for index, request in unknown]
        await asyncio.wrap_future(
            database.writer().submit(lambda: operations.keep_waiting(kept, phones.QUARANTINE, received), database.BATCH)
        )


def _outcomes(requests: list[operations.Request]) -> dict[UUID, Outcome]:
    """The stored outcomes of those that were judged, with the same content, before."""
    row = operations.OperationRow
    with database.reading() as s:
        rows = [found for request in requests if (found := s.get(row, request.op_id)) is not None]
    digests = {request.op_id: operations.digest_of(operations.spec_of(request.do).kind, request.do) for request in requests}
    return {
        one.op_id: Outcome(one.op_id, one.status, one.code, one.facts, one.result, repeated=True)
        if one.payload_hash == digests[one.op_id]
        else Outcome(one.op_id, "invalid", "op.reused", {})
        for one in rows
    }


async def _judge_in_order(items: list[Any], requests: list[tuple[int, operations.Request]], answers: list[Outcome | None]) -> None:
    """Everything without `depends_on` at once; the others after what they depend on."""
    first = [(index, request) for index, request in requests if not items[index].get("depends_on")]
    for (index, _), outcome in zip(first, await perform_batch([request for _, request in first]), strict=True):
        answers[index] = outcome
    for index, request in requests:
        if answers[index] is None:
            state = await asyncio.to_thread(_dependency, str(items[index]["depends_on"]))
            if state == "accepted":
                answers[index] = (await perform_batch([request]))[0]
            elif state == "refused":
                answers[index] = Outcome(request.op_id, "invalid", "op.dependency_refused")
            else:
                answers[index] = Outcome(request.op_id, "waiting", "waiting.depends_on")


def _dependency(op_id: str) -> str | None:
    try:
        wanted = UUID(op_id)
    except ValueError:
        return "refused"
    with database.reading() as s:
        return s.execute(select(operations.OperationRow.status).where(operations.OperationRow.op_id == wanted)).scalar_one_or_none()


def _request(item: Any, actor: Actor, phone: PhoneClock, received: datetime) -> operations.Request:
    if not isinstance(item, dict):
        raise Invalid("op.not_an_object")
    op_id = _op_id(item)
    if op_id is None:
        raise Invalid("op.invalid", fields="op_id")
    if item.get("actor_id") not in (None, str(actor.person_id)):
        raise Invalid("op.not_allowed", kind=str(item.get("kind"))[:80])
    do = operations.parse(item.get("kind", ""), item.get("payload", {}))
    occurred: datetime | None = None
    envelope = {
        name: item[name]
        for name in ("schema", "base_version", "template_version", "app_version", "boot_id", "monotonic_ms")
        if name in item
    }
    if item.get("occurred_at") is not None:
        try:
            said = moment(item["occurred_at"])
        except ValueError:
            raise Invalid("op.invalid", fields="occurred_at") from None
        occurred = phone.correct(item, said)
        skew = phone.skew_of(item, said, occurred)
        if abs(skew) > SKEW_WORTH_A_FLAG:
            envelope["clock_skew_s"] = round(skew.total_seconds())
    sequence = item.get("device_seq")
    if sequence is not None and (not isinstance(sequence, int) or isinstance(sequence, bool) or not 0 <= sequence < 2**31):
        raise Invalid("op.invalid", fields="device_seq")
    if len(json.dumps(envelope)) > 2000:
        raise Invalid("op.invalid", fields="envelope")
    return operations.Request(do, actor, op_id, occurred, received, sequence, envelope or None)


async def note_phone(request: Request, actor: Actor, phone: PhoneClock, at: datetime) -> None:
    """Remember a phone's contact: headers `Foyer-Device-Seq` (its highest number) and `Foyer-Phone` (`unsent;storage;version`)."""
    if actor.device_id is None:
        return
    announced = request.headers.get("foyer-device-seq", "0")
    highest = min(int(announced), 2**31 - 1) if announced.isascii() and announced.isdigit() and len(announced) < 16 else 0
    unsent, storage, app = (request.headers.get("foyer-phone", "") + ";;").split(";")[:3]
    address = request.client.host if request.client else ""
    device_id, skew = actor.device_id, round(phone.skew.total_seconds())
    state = f"{storage};{app[:20]}" if storage in ("kept", "installed", "loose") else ""
    await asyncio.wrap_future(
        database.writer().submit(
            lambda: devices.note_contact(
                device_id,
                at,
                highest_seq=highest,
                clock_skew_s=max(-(2**31), min(2**31 - 1, skew)),
                address=address,
                unsent=int(unsent) if unsent.isascii() and unsent.isdigit() and len(unsent) < 9 else None,
                phone_state=state,
            )
        )
    )


def _op_id(item: Any) -> UUID | None:
    try:
        return UUID(item["op_id"]) if isinstance(item, dict) and isinstance(item.get("op_id"), str) else None
    except ValueError:
        return None


def _json(body: bytes) -> Any:
    def no_constant(name: str) -> Any:
        raise ValueError(name)

    def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("the same key twice")
        return found

    try:
        return json.loads(body, parse_constant=no_constant, object_pairs_hook=no_twins)
    except (ValueError, RecursionError):
        raise Problem(422, "json.invalid") from None


def answer_of(outcome: Outcome, speech: str) -> dict[str, Any]:
    return {
        "op_id": str(outcome.op_id), "status": outcome.status, "code": outcome.code, "message": outcome.message(speech),
        "facts": outcome.facts, "result": outcome.result, "repeated": outcome.repeated,
    }  # fmt: skip

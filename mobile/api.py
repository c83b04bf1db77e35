"""The HTTP API (contract.md): POST operations, GET views, sessions, labels, exports. JSON in, JSON out, errors as RFC 9457.

Built as an application of its own and mounted at `/api`, so that unknown paths answer JSON and only API routes stand in the document.
The operations endpoint parses and judges items one by one: a broken item never blocks its neighbours.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.exceptions import HTTPException

from core.foundation import clock, database
from core.foundation.errors import Invalid, NotAllowed, Refused
from core.foundation.i18n import as_mapping, has, t
from core.foundation.ids import uuid7
from core.mechanisms import devices, labels, operations, people, phones, tables, views
from core.mechanisms.operations import Actor, Outcome, Role, as_json, perform, perform_batch
from core.sections import assets
from core.web import sessions
from mobile.phone_clock import SKEW_WORTH_A_FLAG, PhoneClock, moment

log = logging.getLogger("foyer.api")
MAX_ITEMS = 1_000
MAX_BODY = 1_000_000
SCHEMA = 3  # of an operation's envelope as phones write it; two older ones are read as well
BUSY_RETRY_S = 5
STATUS = {"accepted": 200, "refused": 409, "invalid": 422, "waiting": 202}


class Problem(Exception):
    """An error answer: status, code, facts."""

    def __init__(self, status: int, code: str, headers: dict[str, str] | None = None, **facts: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.facts, self.headers = status, code, facts, headers


# ── who calls ──


def language(request: Request) -> str:
    """The caller's language: their own setting, else what the request asks for."""
    found = getattr(request.state, "language", None)
    return (
        found
        if isinstance(found, str)
        else sessions.pick_language(None, request.cookies.get(sessions.LANGUAGE_COOKIE), request.headers.get("accept-language"), "zh-Hans")
    )


async def maybe_caller(request: Request) -> Actor | None:
    """The person or device that calls, by bearer token or cookie; None for a stranger, and for keys that may only send."""
    return _caller(request, sending=False)


def _caller(request: Request, *, sending: bool) -> Actor | None:
    header = request.headers.get("authorization", "")
    token = header[7:].strip() if header[:7].lower() == "bearer " else None
    at = clock.now()
    if token is not None:
        actor = sessions.device_of(token, at) if token.startswith("dev_") else None
        if actor is None:
            signed = sessions.signed_of(token, at, sending=sending)
            request.state.session_id = signed.session_id if signed else None
            request.state.scope = signed.scope if signed else "full"
            actor = signed.actor if signed else None
    elif request.headers.get("foyer-surface") in ("kiosk", "door"):
        # An unattended screen acts as itself, also in a browser where somebody is signed in.
        actor = sessions.device_of(sessions.device_token(request, Role(request.headers["foyer-surface"])), at)
    else:
        signed = sessions.signed_of(sessions.person_token(request), at)
        request.state.session_id = signed.session_id if signed else None
        actor = signed.actor if signed else sessions.actor_of(request, at)
    if actor is not None and actor.is_person:
        request.state.language = actor.language
    return actor


async def caller(request: Request, actor: Annotated[Actor | None, Depends(maybe_caller)]) -> Actor:
    """The caller, or 401; a phone that was taken out of service is told so (403)."""
    if actor is None:
        held = _caller(request, sending=True)
        if held is not None and held.device_id is not None and getattr(request.state, "scope", "full") == "full":
            raise Problem(403, "device.revoked")
        raise Problem(401, "session.needed")
    return actor


async def sender(request: Request) -> Actor:
    """Who sends records: a caller, or a phone whose person signed out, or one that was revoked; else 401."""
    actor = _caller(request, sending=True)
    if actor is None:
        raise Problem(401, "session.needed")
    return actor


Caller = Annotated[Actor, Depends(caller)]
Sender = Annotated[Actor, Depends(sender)]
router = APIRouter()


# ── session ──


class Phone(BaseModel):
    """The phone that signs in names itself once, with its highest number so far and whether it can seal records."""

    id: UUID
    name: str = Field(default="", max_length=80)
    seq: int = Field(default=0, ge=0, lt=2**31)
    seals: bool = False


class SignIn(BaseModel):
    """Account and password; or, on a phone where this person signed in with them before, person, ticket and PIN."""

    account: str = Field(default="", max_length=200)
    password: str = Field(default="", max_length=1000)
    device: Phone | None = None
    person_id: UUID | None = None
    ticket: str = Field(default="", max_length=200)
    pin: str = Field(default="", max_length=20)


@router.post("/v1/session", tags=["session"], summary="Sign in")
async def open_session(body: SignIn, request: Request, response: Response) -> dict[str, Any]:
    """Answers a bearer token; the same token is put into an HttpOnly cookie for the online pages. A phone also gets a key that only sends, the key
    that seals what it holds at sign-out, and a ticket with which its person may come back by PIN."""
    source, at = request.client.host if request.client else "", clock.now()
    known = phones.marked_phone(sessions.phone_mark(request))
    phone = (
        body.device.model_copy(update={"id": known})
        if body.device and known and not await asyncio.to_thread(_is_known, body.device.id)
        else body.device
    )
    try:
        signed = await asyncio.to_thread(_signed, body, phone, source, at)
    except Refused as refusal:
        headers = {"Retry-After": str(refusal.facts["seconds"])} if "seconds" in refusal.facts else None
        raise Problem(429 if headers else 401, refusal.code, headers, **refusal.facts) from None
    more: dict[str, Any] = {"device": None}
    if phone is not None and body.device is not None:
        enrol = devices.EnrolPhone(device_id=phone.id, name=phone.name or signed.person.name, person_id=signed.person.id)
        outcome = await perform(enrol, by=operations.SYSTEM)
        if not outcome.ok:
            raise Problem(403, outcome.code or "device.revoked")
        more = await _phone_part(body.device, phone, signed)
        sessions.keep_phone(response, request, phones.phone_mark(phone.id))
    sessions.keep_person(response, request, signed.token, int((signed.expires_at - at).total_seconds()))
    response.headers["Foyer-Now"] = as_json(clock.now())
    response.headers["Cache-Control"] = "no-store"
    person = signed.person
    return {
        "token": signed.token, "expires_at": as_json(signed.expires_at),
        "person": {"id": str(person.id), "name": person.name, "roles": list(person.roles), "language": person.language}, **more,
    }  # fmt: skip


def _is_known(device_id: UUID) -> bool:
    with database.reading() as s:
        return s.get(devices.Device, device_id) is not None


def _signed(body: SignIn, phone: Phone | None, source: str, at: datetime) -> people.SignedIn:
    """Check who signs in and open the sessions; on a worker thread. Refuses: signin.wrong, signin.wait"""
    if phone is not None and body.person_id is not None:
        with database.reading() as s:
            fits = phones.ticket_fits(s, body.ticket, body.person_id, phone.id)
        if not fits:
            raise Refused("signin.wrong")
        people.check_pin(body.person_id, body.pin, source=str(phone.id), at=at)
        return people.open_for(body.person_id, at=at, device_id=phone.id, seals=phone.seals)
    return people.sign_in(
        body.account, body.password, source=source, at=at, device_id=phone.id if phone else None, seals=bool(phone and phone.seals)
    )


async def _phone_part(said: Phone, phone: Phone, signed: people.SignedIn) -> dict[str, Any]:
    """What a phone needs beside the token. One that comes back without its data, or with older numbers than it told us of, leaves an incident and
    goes on after its highest number."""

    def read() -> tuple[str, int]:
        with database.reading() as s:
            return phones.pin_ticket(s, signed.person.id, phone.id), phones.announced(s, phone.id)

    ticket, highest = await asyncio.to_thread(read)
    wiped = said.id != phone.id
    if highest > said.seq and (wiped or said.seq < highest):
        note = phones.NoteWiped(device_id=phone.id, person_id=signed.person.id, cause="wiped" if wiped or said.seq == 0 else "set_back")
        await perform(note, by=operations.SYSTEM)
    return {
        "device": {"id": str(phone.id), "seq": max(highest, said.seq), "came_back": wiped},
        "upload_token": signed.upload_token,
        "seal": base64.b64encode(phones.seal_key(signed.person.id, phone.id)).decode() if phone.seals else None,
        "pin": {"set": signed.has_pin, "ticket": ticket},
    }


@router.get("/v1/session", tags=["session"], summary="Who am I")
async def show_session(actor: Caller) -> dict[str, Any]:
    return {
        "person_id": as_json(actor.person_id),
        "device_id": as_json(actor.device_id),
        "name": actor.name,
        "roles": sorted(actor.roles),
        "language": actor.language,
    }


@router.delete("/v1/session", tags=["session"], summary="Sign out", status_code=204)
async def close_session(actor: Sender, request: Request, response: Response) -> None:
    """Ends the session on the server at once; a phone's key that only sends ends with all of its person's on that phone."""
    session_id = getattr(request.state, "session_id", None)
    if session_id is None:
        raise Problem(403, "op.not_allowed")
    if getattr(request.state, "scope", "full") == "full":
        await perform(people.EndSession(session_id=session_id), by=actor)
    else:
        await perform(people.LeavePhone(session_id=session_id, everything=True), by=actor)
    _forget_cookie_of(actor, request, response)


@router.post("/v1/session/leave", tags=["session"], summary="Sign out on a phone that still holds records", status_code=204)
async def leave_session(actor: Sender, request: Request, response: Response) -> None:
    """Ends everything of this person on this phone but the key that only sends."""
    session_id = getattr(request.state, "session_id", None)
    if session_id is None or actor.device_id is None:
        raise Problem(403, "op.not_allowed")
    await perform(people.LeavePhone(session_id=session_id), by=actor)
    _forget_cookie_of(actor, request, response)


def _forget_cookie_of(actor: Actor, request: Request, response: Response) -> None:
    """Take this person's cookie out of the browser; on a shared phone it may be the next person's by now, and that one stays."""
    held = sessions.person_of(sessions.person_token(request), clock.now())
    if held is None or held.person_id == actor.person_id:
        sessions.forget_person(response, request)


class PairingCode(BaseModel):
    code: str = Field(max_length=60)


@router.post("/v1/devices/pair", tags=["devices"], summary="Pair a device with its one-time code")
async def pair_device(body: PairingCode, request: Request, response: Response) -> dict[str, Any]:
    """Answers the device's token once; it is bound to the device's role and room."""
    key, key_hash = devices.new_key()
    try:
        do = devices.PairDevice(code=body.code, key_hash=key_hash)
    except ValueError:
        raise Problem(422, "device.code_unknown") from None
    outcome = await perform(do, by=operations.SYSTEM)
    if not outcome.ok:
        raise Problem(409, outcome.code or "device.code_unknown")
    if outcome.result["role"] in (Role.KIOSK, Role.DOOR):
        sessions.keep_device(response, request, Role(outcome.result["role"]), key)
    return {"token": key, **outcome.result}


# ── operations ──


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
        return _answer_json(shown, headers=told)
    status = 403 if answers[0].code == "op.not_allowed" else STATUS[answers[0].status]
    return _answer_json(shown[0], status, told)


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


def _answer_json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(content, ensure_ascii=True, separators=(",", ":")), status, headers, "application/json; charset=utf-8")


# ── labels ──


@router.get("/v1/labels/{code}", tags=["labels"], summary="What a label is, and what I may do with it")
async def show_label(code: str, actor: Caller) -> dict[str, Any]:
    with database.reading() as s:
        found = labels.view(s, code, actor)
    allowed = [kind for kind in found.operations if kind in operations.kinds() and actor.has(*operations.kinds()[kind].roles)]
    if found.told and found.kind == labels.SubjectKind.ASSET:
        await assets.sighted(code, actor, "phone" if actor.device_id else "api")  # what should not be there any more is told to the clerk
    shown = as_json(found)
    shown["operations"] = allowed
    shown["state"] = found.state or found.label_state
    return dict(shown)


# ── collections ──


def _query(request: Request, collection: views.Collection) -> views.Query:
    given = request.query_params
    limit = given.get("limit", "50")
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:6]) <= 500:
        raise Problem(422, "query.limit")
    return views.Query(
        given.get("q", "")[:200], int(limit), given.get("cursor") or None, {k: v[:200] for k, v in given.items() if k in collection.filters}
    )


def _readable(collection: views.Collection, actor: Actor) -> None:
    if not actor.has(*collection.roles):
        raise Problem(403, "op.not_allowed")


def _tagged(request: Request, content: Any) -> Response:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json; charset=utf-8")


def add_collection(router: APIRouter, collection: views.Collection) -> None:
    """The four routes of a collection: list, one, CSV, XLSX."""
    name = collection.name

    async def export(request: Request, actor: Caller, kind: str) -> Response:
        _readable(collection, actor)
        speech, asked = language(request), _query(request, collection)
        return await asyncio.to_thread(_export, collection, asked, actor, speech, kind)

    async def as_csv(request: Request, actor: Caller) -> Response:
        return await export(request, actor, "csv")

    async def as_xlsx(request: Request, actor: Caller) -> Response:
        return await export(request, actor, "xlsx")

    async def rows(request: Request, actor: Caller) -> Response:
        _readable(collection, actor)
        asked = _query(request, collection)

        def read() -> views.Page:
            with database.reading() as s:
                return collection.list(s, asked, actor)

        page = await asyncio.to_thread(read)
        return _tagged(request, {"items": [as_json(item) for item in page.items], "next": page.next})

    async def one(id: str, request: Request, actor: Caller) -> Response:
        _readable(collection, actor)
        with database.reading() as s:
            found = collection.get(s, id, actor)
        if found is None:
            raise Problem(404, "view.not_found")
        return _tagged(request, as_json(found))

    if collection.columns:
        router.add_api_route(
            f"/v1/{name}.csv", as_csv, methods=["GET"], tags=[name], summary=f"Export {name} as CSV", operation_id=f"{name}_csv"
        )
        router.add_api_route(
            f"/v1/{name}.xlsx", as_xlsx, methods=["GET"], tags=[name], summary=f"Export {name} as XLSX", operation_id=f"{name}_xlsx"
        )
    router.add_api_route(f"/v1/{name}", rows, methods=["GET"], tags=[name], summary=f"List {name}", operation_id=f"{name}_list")
    router.add_api_route(f"/v1/{name}/{{id}}", one, methods=["GET"], tags=[name], summary=f"One of {name}", operation_id=f"{name}_one")


def _export(collection: views.Collection, asked: views.Query, actor: Actor, speech: str, kind: str) -> Response:
    rows: list[list[Any]] = []
    cursor: str | None = None
    with database.reading() as s:
        columns = collection.all_columns(s)
        while True:
            page = collection.list(s, views.Query(asked.q, 500, cursor, asked.filters), actor)
            rows += [[_in_words(column, column.of(item), speech) for column in columns] for item in page.items]
            cursor = page.next
            if cursor is None:
                break
    headings = [t(column.heading, speech) for column in columns]
    if kind == "csv":
        body, media = tables.write_csv(headings, rows), "text/csv; charset=utf-8"
    else:
        body, media = tables.write_xlsx(headings, rows), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    disposition = f'attachment; filename="{collection.name}-{clock.today():%Y%m%d}.{kind}"'
    return Response(body, 200, {"Content-Disposition": disposition, "Cache-Control": "private, no-store"}, media)


def _in_words(column: views.ExportColumn, value: Any, speech: str) -> Any:
    """A value with a sentence of its own (`asset.state.idle` under the heading `asset.state`) is written as that."""
    key = f"{column.heading}.{value}" if isinstance(value, str) and value else ""
    return t(key, speech) if key and has(key) else value


# ── the application ──


def build(extra: Iterable[APIRouter] = (), collections: Iterable[views.Collection] = ()) -> FastAPI:
    """The API application to mount at `/api`: `extra` routers of other parts first, then ours, then the collections."""
    api = FastAPI(title="Foyer", version="1", openapi_url=None, docs_url=None, redoc_url=None)
    api.add_exception_handler(Problem, _problem)
    api.add_exception_handler(Refused, _problem)
    api.add_exception_handler(Invalid, _problem)
    api.add_exception_handler(NotAllowed, _problem)
    api.add_exception_handler(HTTPException, _http_problem)
    api.add_exception_handler(RequestValidationError, _validation_problem)
    api.add_exception_handler(Exception, _bug)
    listed = APIRouter()
    for collection in collections:
        add_collection(listed, collection)
    for part in (*extra, router, listed):
        api.include_router(part)

    @api.get("/openapi.json", include_in_schema=False)
    async def document() -> Response:
        return _answer_json(openapi(api))

    return api


def openapi(api: FastAPI) -> dict[str, Any]:
    """The OpenAPI document with full paths and every operation's payload as a union discriminated by `kind`."""
    found = get_openapi(title="Foyer", version="1", routes=api.routes, description="Everything a screen can do, a program can do.")
    found["paths"] = {"/api" + path: item for path, item in found["paths"].items()}
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    mapping: dict[str, str] = {}
    for kind, spec in operations.kinds().items():
        payload = spec.input.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(payload.pop("$defs", {}))
        name = f"operation.{kind}"
        schemas[name] = {
            "type": "object", "title": kind, "description": spec.summary, "required": ["op_id", "kind", "payload"],
            "properties": {
                "op_id": {"type": "string", "format": "uuid"}, "kind": {"const": kind, "type": "string"}, "occurred_at": {"type": "string", "format": "date-time"},
                "device_seq": {"type": "integer", "minimum": 0}, "depends_on": {"type": "string", "format": "uuid"}, "payload": payload,
            },
        }  # fmt: skip
        mapping[kind] = f"#/components/schemas/{name}"
    schemas["Operation"] = {
        "oneOf": [{"$ref": ref} for ref in mapping.values()],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    one = {"$ref": "#/components/schemas/Operation"}
    post = found["paths"]["/api/v1/operations"]["post"]
    post["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": {"oneOf": [one, {"type": "array", "items": one, "maxItems": MAX_ITEMS}]}}},
    }
    return found


def problem_response(request: Request, status: int, code: str, facts: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """An RFC 9457 answer in the caller's language."""
    speech = language(request)
    detail = t(code, speech, **as_mapping(as_json(facts), speech, clock.zone())) if has(code) else code
    content = {
        "type": f"about:blank#{code}", "title": detail, "status": status, "code": code, "detail": detail, "facts": as_json(facts),
        "request_id": str(getattr(request.state, "request_id", "") or uuid7()),
    }  # fmt: skip
    return Response(json.dumps(content, ensure_ascii=True), status, headers, "application/problem+json")


_NOT_FOUND = {"label.unknown", "room.not_found", "place.not_found", "person.not_found", "view.not_found", "attachment.unknown"}


async def _problem(request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return problem_response(request, error.status, error.code, error.facts, error.headers)
    if isinstance(error, NotAllowed):
        return problem_response(request, 403, error.code, error.facts)
    if isinstance(error, Refused):
        return problem_response(
            request, 404 if error.code in _NOT_FOUND or error.code.endswith(".not_found") else 409, error.code, error.facts
        )
    assert isinstance(error, Invalid)
    return problem_response(request, 422, error.code, error.facts)


async def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "view.not_found", 405: "http.method"}.get(error.status_code, "http.error")
    return problem_response(request, error.status_code, code, {}, dict(error.headers) if error.headers else None)


async def _validation_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = ", ".join(dict.fromkeys(".".join(str(part) for part in item["loc"][1:]) for item in error.errors()))
    return problem_response(request, 422, "op.invalid", {"fields": fields[:300] or "body"})


async def _bug(request: Request, error: Exception) -> Response:
    if database.is_busy(error):
        return problem_response(request, 503, operations.BUSY, {}, {"Retry-After": str(BUSY_RETRY_S)})
    reference = uuid7().hex[-4:].upper()
    log.error("request failed, reference %s", reference, exc_info=error)
    return problem_response(request, 500, "op.failed", {"ref": reference})

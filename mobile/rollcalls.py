"""Routes of the API that only roll calls have: the list for phones, paper, the sealed list of a kiosk, the sealed report (scenario Front desk 9).

Names go to marshals only. A kiosk gets sealed bytes and nothing else (pitfall V34); a stranger gets neither.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import suppress
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from nicegui.server import Server

from assets_labels import rollcall_report
from core.foundation import clock, database, live
from core.mechanisms import office
from core.mechanisms.operations import PERSON_ROLES, Actor, Role, as_json
from core.sections import rollcall
from core.sections.rollcall import paper
from mobile.api import Caller, Problem, language

router = APIRouter(tags=["rollcalls"])
PRIVATE = {"Cache-Control": "private, no-store"}
MOST_WAITING = 300  # phones of one process that wait for news at a time
LOOK_ROUND_S, SETTLE_S = 1.0, 0.2
_waiting = 0
MEDIA = {"pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@router.get("/v1/rollcalls/now", summary="The roll call that runs with its list, or everybody in the house")
async def now(actor: Caller, request: Request) -> Response:
    """For marshals' phones, which keep it and ask again with `If-None-Match`; others read `{"marshal": false}`."""
    if not actor.has(*PERSON_ROLES):
        raise Problem(403, "op.not_allowed", kind="rollcall.read")
    body = await asyncio.to_thread(_now, actor)
    tag = _tag(body)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Foyer-Now": as_json(clock.now())}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json; charset=utf-8")


@router.get("/v1/rollcalls/news", summary="Waits until what `now` answers is no longer what the phone has")
async def news(actor: Caller, request: Request, wait: Annotated[int, Query(ge=0, le=25)] = 8) -> dict[str, bool]:
    """`{"changed": true}` as soon as the list is another than `If-None-Match`'s, false after `wait` seconds. No name is in it: the list itself is asked for
    anew, by who may still read it. More phones than `MOST_WAITING` are answered at once and ask as often as they like."""
    global _waiting
    if not actor.has(*PERSON_ROLES):
        raise Problem(403, "op.not_allowed", kind="rollcall.read")
    had = request.headers.get("if-none-match", "")
    came = asyncio.Event()
    ends = [live.subscribe(kind, lambda _change: came.set()) for kind in rollcall.KINDS]
    last = asyncio.get_running_loop().time() + (wait if _waiting < MOST_WAITING else 0)
    _waiting += 1
    try:
        changed = _tag(await asyncio.to_thread(_now, actor)) not in had
        while (
            not changed
            and (left := last - asyncio.get_running_loop().time()) > 0
            and not (_is_closing() or await request.is_disconnected())
        ):
            with suppress(TimeoutError):
                await asyncio.wait_for(came.wait(), min(left, LOOK_ROUND_S))
                await asyncio.sleep(SETTLE_S)  # a house that empties changes many times a second
                came.clear()
                changed = _tag(await asyncio.to_thread(_now, actor)) not in had
        return {"changed": changed}
    finally:
        _waiting -= 1
        for end in ends:
            end()


def _is_closing() -> bool:
    """The server is told to end: who waits for news must not hold it up."""
    server = getattr(Server, "instance", None)
    return bool(server is not None and server.should_exit)


def _tag(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def _now(actor: Actor) -> bytes:
    with database.reading() as s:
        return json.dumps(as_json(rollcall.now_for(s, actor, clock.now())), ensure_ascii=False, separators=(",", ":")).encode()


@router.get("/v1/rollcalls/list.pdf", summary="Everybody to look for, as a list to tick with a pen", response_class=Response)
async def list_pdf(actor: Caller, request: Request) -> Response:
    """For marshals; of the roll call that runs, or of the house."""
    return pdf_answer(await asyncio.to_thread(list_of_now, actor, language(request)), "roll-call.pdf")


def list_of_now(actor: Actor, speech: str) -> bytes:
    """The paper list of this moment. Raises Problem 403 for who is no marshal."""
    at = clock.now()
    with database.reading() as s:
        if not rollcall.is_marshal(rollcall.open_one(s), actor):
            raise Problem(403, "op.not_allowed")
        words = paper.open_list(s, speech, at)
    return rollcall_report.draw_list(words, at, clock.zone(), speech)


def pdf_answer(data: bytes, name: str) -> Response:
    return Response(data, 200, {**PRIVATE, "Content-Disposition": f'inline; filename="{name}"'}, MEDIA["pdf"])


@router.get("/v1/rollcalls/sealed", summary="The list as a kiosk keeps it: sealed with the roll call PIN")
async def sealed(actor: Caller) -> dict[str, Any]:
    """For kiosks: `{salt, rounds, iv, data, at}`; `data` null while the office has chosen no PIN."""
    if not actor.has(Role.KIOSK):
        raise Problem(403, "op.not_allowed")
    return await asyncio.to_thread(_sealed)


def _sealed() -> dict[str, Any]:
    at = clock.now()
    with database.reading() as s:
        host = office.info(s)
        found = paper.sealed_list(s, host.language if host else "zh-Hans", at)
    return {**(found or {"data": None}), "at": as_json(at)}


@router.get("/v1/rollcalls/{id}/report.{format}", summary="The sealed report of a roll call", response_class=Response)
async def report(id: UUID, format: Literal["pdf", "xlsx"], actor: Caller, request: Request, revision: int | None = None) -> Response:
    """For those who may begin roll calls. `revision` names an earlier sealing."""
    if not actor.has(*rollcall.STARTERS):
        raise Problem(403, "op.not_allowed")
    data = await asyncio.to_thread(_report, id, format, language(request), revision)
    kind = "inline" if format == "pdf" else "attachment"
    return Response(data, 200, {**PRIVATE, "Content-Disposition": f'{kind}; filename="roll-call-report.{format}"'}, MEDIA[format])


def _report(id: UUID, format: str, speech: str, revision: int | None) -> bytes:
    with database.reading() as s:
        found = rollcall.report_of(s, id, revision)
    return rollcall_report.render(found.content, found.sha256, format, speech, str(clock.zone()))

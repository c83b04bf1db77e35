"""Routes of the API that only roll calls have: the list for phones, paper, the sealed list of a kiosk, the sealed report (scenario Front desk 9).

Names go to marshals only. A kiosk gets sealed bytes and nothing else (pitfall V34); a stranger gets neither.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from assets_labels import rollcall_report
from core.foundation import clock, database
from core.mechanisms import office
from core.mechanisms.operations import PERSON_ROLES, Actor, Role, as_json
from core.sections import rollcall
from core.sections.rollcall import paper
from mobile.api import Caller, Problem, language

router = APIRouter(tags=["rollcalls"])
PRIVATE = {"Cache-Control": "private, no-store"}
MEDIA = {"pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@router.get("/v1/rollcalls/now", summary="The roll call that runs with its list, or everybody in the house")
async def now(actor: Caller, request: Request) -> Response:
    """For marshals' phones, which keep it and ask again with `If-None-Match`; others read `{"marshal": false}`."""
    if not actor.has(*PERSON_ROLES):
        raise Problem(403, "op.not_allowed", kind="rollcall.read")
    body = await asyncio.to_thread(_now, actor)
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Foyer-Now": as_json(clock.now())}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json; charset=utf-8")


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

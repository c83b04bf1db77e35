"""Forms of the API as PDF: a transfer, a disposal, the list of somebody who leaves; drawn in the worker process (guide S4.1-R9, R10)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.requests import Request

from assets_labels import asset_papers
from core.foundation import clock, database, heavy
from core.foundation.i18n import LANGUAGES
from core.mechanisms import duties, office, people
from core.mechanisms.operations import OFFICE, Role
from core.sections import assets
from mobile.api import Caller, Problem, language

router = APIRouter(tags=["assets"])
PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}


@router.get("/v1/transfers/{id}/form.pdf", summary="The form of a transfer (调拨单)", response_class=Response, responses=PDF)
async def transfer_form(id: UUID, request: Request, actor: Caller) -> Response:
    """In the caller's language and English, `?language=` for another. Only to both sides, the keepers of the book and leaders."""
    return await _drawn(
        request, asset_papers.transfer_form, lambda s: assets.TRANSFERS.get(s, str(id), actor), f"transfer-{str(id)[-6:]}.pdf"
    )


@router.get("/v1/disposals/{id}/form.pdf", summary="The form of a disposal (报废审批单)", response_class=Response, responses=PDF)
async def disposal_form(id: UUID, request: Request, actor: Caller) -> Response:
    """In the caller's language and English. Only to the keepers of the book and leaders."""
    if not actor.has(*assets.DISPOSALS.roles):
        raise Problem(403, "op.not_allowed")
    return await _drawn(
        request, asset_papers.disposal_form, lambda s: assets.DISPOSALS.get(s, str(id), actor), f"disposal-{str(id)[-6:]}.pdf"
    )


@router.get("/v1/people/{id}/clearance.pdf", summary="What somebody who leaves still has and owes", response_class=Response, responses=PDF)
async def clearance(id: UUID, request: Request, actor: Caller) -> Response:
    """Only to the office, leaders and the person."""
    if not actor.has(*OFFICE, Role.LEADER) and actor.person_id != id:
        raise Problem(403, "op.not_allowed")
    words = _language(request)

    def read() -> tuple[Any, ...]:
        with database.reading() as s:
            person = people.view(s, people.get(s, id))
            list_ = assets.clearance(s, id)
            things, owed = list_.things, [(duties.title_of(one, words), one.due_on) for one in list_.owed]
            host = office.info(s)
            return person.name, person.department, things, owed, clock.today(), host.name if host else ""

    found = await asyncio.to_thread(read)
    return _file(await heavy.run(asset_papers.clearance_form, *found, words, str(clock.zone())), f"clearance-{str(id)[-6:]}.pdf")


async def _drawn(request: Request, draw: Callable[..., bytes], get: Callable[..., Any], name: str) -> Response:
    words = _language(request)

    def read() -> tuple[Any, str]:
        with database.reading() as s:
            host = office.info(s)
            return get(s), host.name if host else ""

    view, host_name = await asyncio.to_thread(read)
    if view is None:
        raise Problem(404, "view.not_found")
    return _file(await heavy.run(draw, view, host_name, words, str(clock.zone())), name)


def _language(request: Request) -> str:
    asked = request.query_params.get("language", "")
    return asked if asked in LANGUAGES else language(request)


def _file(data: bytes, name: str) -> Response:
    return Response(
        data, 200, {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store"}, "application/pdf"
    )

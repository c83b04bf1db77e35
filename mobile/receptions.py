"""A reception on paper: the plan (接待方案) and the list that is filed with the expense claim (公务接待清单); drawn in the worker process (norms.md 16)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.requests import Request

from assets_labels import reception_papers
from core.foundation import clock, database, heavy
from core.foundation.i18n import LANGUAGES
from core.mechanisms import office
from core.mechanisms.operations import PERSON_ROLES
from core.sections import reception
from mobile.api import Caller, Problem, language

router = APIRouter(tags=["receptions"])
PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}


@router.get("/v1/receptions/{id}/plan.pdf", summary="The plan as an office files it (接待方案)", response_class=Response, responses=PDF)
async def plan_paper(id: UUID, request: Request, actor: Caller) -> Response:
    """In the caller's language, `?language=` for another. To whoever may see the plan."""
    return await _drawn(request, actor, id, reception_papers.plan_form, "plan")


@router.get("/v1/receptions/{id}/list.pdf", summary="The list of a reception (公务接待清单)", response_class=Response, responses=PDF)
async def list_paper(id: UUID, request: Request, actor: Caller) -> Response:
    """Unit, names, posts, what, when, where and cost: what the expense claim needs. To whoever may see the plan."""
    return await _drawn(request, actor, id, reception_papers.list_form, "list")


async def _drawn(request: Request, actor: Caller, id: UUID, draw: Callable[..., bytes], name: str) -> Response:
    if not actor.has(*PERSON_ROLES):
        raise Problem(403, "op.not_allowed")
    asked = request.query_params.get("language", "")
    words = asked if asked in LANGUAGES else language(request)

    def read() -> tuple[Any, str]:
        with database.reading() as s:
            host = office.info(s)
            return reception.plan(s, id, actor, clock.now()), host.name if host else ""

    view, host_name = await asyncio.to_thread(read)
    if view is None:
        raise Problem(404, "view.not_found")
    data = await heavy.run(draw, view, host_name, words, str(clock.zone()))
    headers = {"Content-Disposition": f'inline; filename="reception-{name}-{str(id)[-6:]}.pdf"', "Cache-Control": "private, no-store"}
    return Response(data, 200, headers, "application/pdf")

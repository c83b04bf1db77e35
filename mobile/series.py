"""Routes of the API that only series have: what saving or changing one would do, date by date (pitfall V13: page and API can the same)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from core.foundation import clock, database
from core.foundation.errors import Invalid
from core.mechanisms import operations
from core.mechanisms.operations import PERSON_ROLES, Actor, as_json
from core.sections.bookings import series
from mobile.api import MAX_BODY, Caller, Problem

router = APIRouter(tags=["series"])


@router.post("/v1/series/preview", summary="What saving this series would do, one row for each date")
async def preview(request: Request, actor: Caller) -> dict[str, Any]:
    """Takes the payload of `series.create`; nothing is written."""
    _person(actor)
    do = await _parsed(request, "series.create")
    assert isinstance(do, series.CreateSeries)

    def work() -> series.Preview:
        with database.reading() as s:
            return series.preview(s, do, actor, clock.now())

    return dict(as_json(await asyncio.to_thread(work)))


@router.post("/v1/series/{id}/preview", summary="What changing this series would do, one row for each date to come")
async def preview_change(id: UUID, request: Request, actor: Caller) -> dict[str, Any]:
    """Takes the payload of `series.change`; nothing is written."""
    _person(actor)
    do = await _parsed(request, "series.change", series_id=str(id))
    assert isinstance(do, series.ChangeSeries)

    def work() -> list[series.DateRow]:
        with database.reading() as s:
            return series.preview_change(s, do, actor, clock.now())

    return {"rows": as_json(await asyncio.to_thread(work))}


async def _parsed(request: Request, kind: str, **more: str) -> operations.Operation:
    body = await request.body()
    if len(body) > MAX_BODY:
        raise Problem(413, "batch.too_large")
    try:
        payload = await request.json()
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise Invalid("op.invalid", fields="payload")
    return operations.parse(kind, payload | more)


def _person(actor: Actor) -> None:
    if not actor.has(*PERSON_ROLES):
        raise Problem(403, "op.not_allowed", kind="series.read")

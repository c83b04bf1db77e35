"""Paper of deliveries as files: the label for the pieces, the courier's slip (contract.md, HTTP API)."""

from __future__ import annotations

import asyncio
from uuid import UUID

from fastapi import APIRouter, Response

from assets_labels import printouts
from core.foundation.errors import Refused
from core.mechanisms.operations import OFFICE
from mobile.api import Caller, Problem

router = APIRouter(tags=["deliveries"])


@router.get("/v1/deliveries/{id}/shelf.pdf", summary="The label for a delivery's pieces, 62 × 29 mm", response_class=Response)
async def shelf_label(id: UUID, actor: Caller) -> Response:
    """For the office, while the pieces are here."""
    return await _paper(id, actor, "shelf")


@router.get("/v1/deliveries/{id}/slip.pdf", summary="The courier's slip, 62 × 58 mm", response_class=Response)
async def slip(id: UUID, actor: Caller) -> Response:
    """For the office."""
    return await _paper(id, actor, "slip")


async def _paper(id: UUID, actor: Caller, what: str) -> Response:
    if not actor.has(*OFFICE):
        raise Problem(403, "op.not_allowed")
    try:
        pdf = await asyncio.to_thread(printouts.draw_shelf_label if what == "shelf" else printouts.draw_slip, id)
    except Refused as refusal:
        raise Problem(404, refusal.code) from None
    if pdf is None:
        raise Problem(409, "delivery.picked_up_already")
    return Response(
        pdf, 200, {"Content-Disposition": f'inline; filename="{what}.pdf"', "Cache-Control": "private, no-store"}, "application/pdf"
    )

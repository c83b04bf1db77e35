"""Asset cards as PDF, and changing many assets at once, for programs (contract.md, HTTP API; guide S4.1-R2)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.requests import Request

from assets_labels import asset_cards
from assets_labels.cards import CardText, draw_cards
from assets_labels.errors import DrawingError
from core.foundation import clock, database, heavy
from core.foundation.i18n import LANGUAGES
from core.mechanisms import attachments, imports
from core.mechanisms.operations import PERSON_ROLES, Actor, as_json
from core.sections.assets import together
from core.web import sessions
from mobile.api import Caller, Problem, language

router = APIRouter(tags=["assets"])
MOST_CARDS = 500


@router.get("/v1/assets/{id}/card.pdf", summary="An asset's card (资产卡片) to print", response_class=Response)
async def card(id: UUID, request: Request, actor: Caller) -> Response:
    """A5 landscape, with `?language=`; to whoever may see the asset. Refuses: asset.not_found, asset.card_needs_label"""
    return await _pdf([id], request, actor, f"card-{str(id)[-6:]}.pdf")


@router.get("/v1/asset-cards.pdf", summary="The cards of several assets, one a page", response_class=Response)
async def cards(request: Request, actor: Caller, ids: str) -> Response:
    """`ids` separated by commas, at most 500."""
    try:
        wanted = [UUID(one) for one in ids.split(",") if one.strip()]
    except ValueError:
        raise Problem(422, "op.invalid", fields="ids") from None
    if not 1 <= len(wanted) <= MOST_CARDS:
        raise Problem(422, "op.invalid", fields="ids")
    return await _pdf(wanted, request, actor, f"cards-{clock.today():%Y%m%d}.pdf")


async def _pdf(ids: list[UUID], request: Request, actor: Actor, name: str) -> Response:
    asked = request.query_params.get("language", "")
    words = asked if asked in LANGUAGES else language(request)

    def look() -> list[CardText]:
        with database.reading() as s:
            return asset_cards.texts_of(s, ids, words, actor, clock.now())

    texts = await asyncio.to_thread(look)
    try:
        pdf = await heavy.run(draw_cards, texts, sessions.settings().base_url, words)
    except DrawingError as error:
        raise Problem(422, error.code, **error.facts) from None
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(pdf, 200, headers, "application/pdf")


@router.post("/v1/attachments/file", tags=["attachments"], summary="Upload a whole file; the answer says its SHA-256", status_code=201)
async def keep_file(actor: Caller, file: Annotated[UploadFile, File()]) -> dict[str, str]:
    """For browsers that can not hash (plain http). What it belongs to is said by an operation, e.g. `asset.add_paper`."""
    if not actor.has(*PERSON_ROLES):
        raise Problem(403, "op.not_allowed")
    data = await file.read(attachments.MAX_BYTES + 1)
    if len(data) > attachments.MAX_BYTES:
        raise Problem(413, "attachment.too_large", limit_mb=attachments.MAX_BYTES // 1024 // 1024)
    if not data:
        raise Problem(422, "attachment.kind")
    try:
        return {"sha256": await asyncio.to_thread(attachments.keep, data, actor, clock.now())}
    except attachments.NoSpace:
        raise Problem(507, "attachment.no_space") from None


class ChangeOfMany(BaseModel):
    """`changes` maps fields (department_id, keeper_id, place_id, class_code, state …, `own.<id>`) to their new value; null takes one away."""

    model_config = ConfigDict(extra="forbid")
    asset_ids: Annotated[list[UUID], Field(min_length=1, max_length=together.MOST)]
    changes: Annotated[dict[Annotated[str, StringConstraints(max_length=80)], str | int | bool | None], Field(min_length=1, max_length=20)]
    edit_id: UUID | None = None
    name: Annotated[str, StringConstraints(max_length=200)] = ""


@router.post("/v1/assets/changes", summary="Change many assets at once, or say what that would do")
async def change_many(order: ChangeOfMany, request: Request, actor: Caller, dry_run: bool = True) -> dict[str, Any]:
    """Answers an outcome for each asset, like an import; `POST /v1/imports/{import_id}/undo` gives the old values back."""
    speech = language(request)

    def work() -> imports.Report:
        if dry_run:
            return together.preview(order.asset_ids, order.changes, actor, language=speech)
        return together.apply(order.asset_ids, order.changes, actor, name=order.name, edit_id=order.edit_id, language=speech)

    return dict(as_json(await asyncio.to_thread(work)))

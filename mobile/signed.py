"""What visitors signed, as PDF, for reception and administrators (scenario Front desk 7; contract.md, HTTP API)."""

from __future__ import annotations

import asyncio
from uuid import UUID

from fastapi import APIRouter, Request, Response

from assets_labels.signed_papers import SignedPaper, draw_signed
from core.foundation import clock, database
from core.foundation.i18n import full_day, t
from core.mechanisms import office
from core.sections.visits import consent, record
from core.sections.visits.record import RECEPTION
from mobile.api import Caller, Problem, language

router = APIRouter(tags=["visits"])


@router.get("/v1/visits/{id}/signed.pdf", summary="The documents this visitor agreed to, in the words of then", response_class=Response)
async def signed_pdf(id: UUID, actor: Caller, request: Request, document: str = "") -> Response:
    """All of them, or one `document` by its key. For reception and administrators. 404 `consent.nothing_signed` when nothing was."""
    if not actor.has(*RECEPTION):
        raise Problem(403, "op.not_allowed")
    speech = language(request)
    papers = await asyncio.to_thread(_papers, id, document, speech)
    if not papers:
        raise Problem(404, "consent.nothing_signed")
    pdf = await asyncio.to_thread(draw_signed, papers, speech)
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": 'inline; filename="signed.pdf"'}
    return Response(pdf, 200, headers, "application/pdf")


def _papers(visit_id: UUID, document: str, speech: str) -> list[SignedPaper]:
    with database.reading() as s:
        visit = record.get(s, visit_id)
        host = office.info(s)
        signed = [one for one in consent.signed_of(s, visit_id) if document in ("", one.document)]
    return [
        SignedPaper(
            office=host.name if host else "",
            title=one.title,
            version=one.version,
            language=one.language,
            text=one.text,
            sha256=one.hash,
            name=visit.name or t("visit.erased", speech),
            company=visit.company,
            signed_at=f"{full_day(clock.local(one.signed_at).date(), speech)} {clock.local(one.signed_at):%H:%M}",
            strokes=one.strokes,
            remark="" if one.strokes is not None else t("signed_paper.on_paper" if one.on_paper else "signed_paper.erased", speech),
        )
        for one in signed
    ]

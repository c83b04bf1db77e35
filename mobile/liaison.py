"""Routes of the API that only liaison has: a certificate on paper (guide S3.2-R4)."""

from __future__ import annotations

import asyncio
from uuid import UUID

from fastapi import APIRouter, Response

from assets_labels.certificates import CertificateText, draw_certificate
from core.foundation import database
from core.mechanisms import office
from core.sections import liaison
from core.sections.liaison import certificates
from core.web import sessions
from mobile.api import Caller, Problem

router = APIRouter(tags=["certificates"])


@router.get("/v1/certificates/{id}/paper.pdf", summary="The certificate on A4, in the language it was issued in", response_class=Response)
async def paper(id: UUID, actor: Caller) -> Response:
    """For those who read the register."""
    if not actor.has(*liaison.CERTIFICATES.roles):
        raise Problem(403, "op.not_allowed")
    data = await asyncio.to_thread(_paper, id)
    return Response(
        data, 200, {"Cache-Control": "private, no-store", "Content-Disposition": 'inline; filename="certificate.pdf"'}, "application/pdf"
    )


def _paper(id: UUID) -> bytes:
    with database.reading() as s:
        found, host = certificates.get(s, id), office.info(s)
    return draw_certificate(
        CertificateText(
            office=host.name if host else "",
            number=certificates.numbered(found.year, found.number),
            to_org=found.to_org,
            text=found.text,
            purpose=found.purpose,
            issued_on=found.issued_on,
            valid_until=found.valid_until,
            code=certificates.shown(found.code),
            address=f"{sessions.settings().base_url}/V/{found.code}".upper(),
            void=found.voided_at is not None,
            language=found.language,
        )
    )

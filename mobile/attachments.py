"""PUT and GET /api/v1/attachments/{sha256}: uploads that resume where they broke, files for those who may see them (offline.md O15; SEC
18–21, 32).

The first question is `Content-Range: bytes */TOTAL` with an empty body. While bytes are missing the answer is 308 with `Range: bytes=0-N`
(no Range header: nothing is here); 201 says stored, 200 says it was here already. Images are shown in place, everything else is a download;
nothing is sniffed. A part of a photo that was sealed when its person signed out comes with `Foyer-Sealed: 1` (core/mechanisms/phones).
"""

from __future__ import annotations

import asyncio
import base64
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from core.foundation import clock, database
from core.foundation.errors import Invalid
from core.mechanisms import attachments, phones
from core.mechanisms.operations import DEVICE_ROLES, PERSON_ROLES, Actor, Role
from mobile.api import Caller, Problem, Sender

router = APIRouter()
_RANGE = re.compile(r"bytes (?:(\d{1,12})-(\d{1,12})|\*)/(\d{1,12})", re.ASCII)
STATUS = {"attachment.too_large": 413, "attachment.hash_form": 404}


@router.put("/v1/attachments/{sha256}", tags=["attachments"], summary="Upload a file by its SHA-256, whole or in parts", status_code=201)
async def upload(sha256: str, request: Request, actor: Sender) -> Response:
    """Body: the bytes that `Content-Range` names, or the whole file without it. 308 while incomplete, 422 `attachment.hash` when the bytes
    are others."""
    if not actor.has(*PERSON_ROLES, *DEVICE_ROLES - {Role.DROP_BOX}):
        raise Problem(403, "op.not_allowed")
    length = request.headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length[:12]) > attachments.MAX_BYTES:
        raise Problem(413, "attachment.too_large", limit_mb=attachments.MAX_BYTES // 1024 // 1024)
    data = await request.body()
    if request.headers.get("foyer-sealed") == "1" and data:
        data = phones.unseal(base64.b64encode(data).decode(), f"{sha256} {request.headers.get('content-range', '')}", actor)
    elif getattr(request.state, "scope", "full") == "sealed" and data:
        raise Problem(403, "op.not_allowed")
    start, total = _span(request.headers.get("content-range"), len(data))
    try:
        before, after = await asyncio.to_thread(_receive, sha256, start, total, data, actor)
    except attachments.NoSpace:
        raise Problem(507, "attachment.no_space") from None
    except Invalid as problem:
        if problem.code in STATUS:
            raise Problem(STATUS[problem.code], problem.code, **problem.facts) from None
        raise
    headers = {"Cache-Control": "no-store"}
    if not after.complete:
        return Response(status_code=308, headers=headers | ({"Range": f"bytes=0-{after.received - 1}"} if after.received else {}))
    return Response(f'{{"sha256":"{sha256}"}}', 200 if before.complete else 201, headers, "application/json; charset=utf-8")


@router.get("/v1/attachments/{sha256}", tags=["attachments"], summary="A file, to those who may see it")
async def download(sha256: str, actor: Caller, name: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The stored file (images without their metadata), called `name` when it is kept. 404 `attachment.unknown` also for those who may not."""
    with database.reading() as s:
        found = attachments.for_reader(s, sha256, actor)
    path: Path = attachments.path_of(found)
    if not path.is_file():
        raise Problem(404, "attachment.unknown")
    kind = "inline" if found.media_type.startswith("image/") else "attachment"
    suffix = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}.get(found.media_type, "pdf")
    headers = {
        "Content-Disposition": f'{kind}; filename="{sha256[:12]}.{suffix}"' + _called(name, suffix), "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, max-age=31536000, immutable",
    }  # fmt: skip
    return FileResponse(path, media_type=found.media_type, headers=headers)


def _called(name: str, suffix: str) -> str:
    """The name of a file as RFC 5987 writes it, always with the ending of what it is; nothing for no name."""
    stem = re.sub(r"[\x00-\x1f\x7f/\\:*?\"<>|]", "", name).strip(". ").removesuffix(f".{suffix}")
    return f"; filename*=UTF-8''{quote(f'{stem}.{suffix}', safe='')}" if stem else ""


def _span(header: str | None, length: int) -> tuple[int | None, int]:
    """Where the body begins (None: it is a question) and how long the whole file is."""
    if header is None:
        return 0, length
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        raise Problem(422, "attachment.range")
    total = int(match.group(3))
    if match.group(1) is None:
        return None, total
    start, end = int(match.group(1)), int(match.group(2))
    if end < start or end >= total or end - start + 1 != length:
        raise Problem(422, "attachment.range")
    return start, total


def _receive(sha256: str, start: int | None, total: int, data: bytes, actor: Actor) -> tuple[attachments.Progress, attachments.Progress]:
    before = attachments.progress(sha256, total, actor)
    if start is None and before.received < total:
        return before, before
    # A question about a file that is all here but not stored (the disk was full at the last moment) tries to finish it.
    begin = total if start is None else start
    return before, attachments.receive(sha256, begin, total, b"" if start is None else data, actor, clock.now())

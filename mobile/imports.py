"""Imports over HTTP (contract.md): a file goes in as a dry run or for real, and what it changed can be given back."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, UploadFile

from core.foundation import clock
from core.foundation.errors import Refused
from core.mechanisms import imports, tables
from core.mechanisms.imports import staging
from core.mechanisms.operations import as_json
from mobile.api import Caller, Problem, language

router = APIRouter(tags=["imports"])


@router.post("/v1/imports/{collection}", summary="Import a CSV or XLSX file, or say what importing it would do")
async def import_file(
    collection: str,
    request: Request,
    actor: Caller,
    file: Annotated[UploadFile, File()],
    dry_run: bool = True,
    import_id: UUID | None = None,
    mapping: Annotated[str, Form(max_length=20_000)] = "",
) -> dict[str, Any]:
    """Answers a row for each row of the file, and totals. A dry run writes nothing. With the same `import_id` nothing happens twice.

    `mapping` is a JSON object of headings that are not known: heading → column, or an empty text for one that is not to be read."""
    data = await file.read(tables.MAX_BYTES + 1)
    speech, told = language(request), _told(mapping)

    def work() -> imports.Report:
        if dry_run:
            return imports.dry_run(collection, data, actor, language=speech, mapping=told)
        return imports.run(collection, data, actor, import_id=import_id, file_name=file.filename or "", language=speech, mapping=told)

    try:
        report = await asyncio.to_thread(work)
    except tables.TableError as error:
        raise Problem(413 if error.code == "import.too_big" else 422, error.code, **error.facts) from None
    return dict(as_json(report))


def _told(mapping: str) -> dict[str, str]:
    if not mapping:
        return {}
    try:
        found = json.loads(mapping)
    except (ValueError, RecursionError):
        raise Problem(422, "json.invalid") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise Problem(422, "op.invalid", fields="mapping")
    return found


@router.post("/v1/imports/{import_id}/stop", summary="End an import that is running", status_code=204)
async def stop_import(import_id: str, actor: Caller) -> None:
    """After the rows it is at; what is done stays and can be undone. For who started it and the administrator."""
    try:
        wanted = UUID(import_id)
    except ValueError:
        raise Refused("import.not_running") from None
    imports.stop(wanted, actor)


@router.post("/v1/imports/{collection}/file", summary="Send a file to look at before it is imported", status_code=201)
async def stage_file(collection: str, actor: Caller, file: Annotated[UploadFile, File()]) -> dict[str, Any]:
    """Keeps the file for half an hour, for its sender alone; nothing of it is read yet."""
    imports.importer(collection, actor)
    data = await file.read(tables.MAX_BYTES + 1)
    if len(data) > tables.MAX_BYTES:
        raise Problem(413, "import.too_big", limit_mb=tables.MAX_BYTES // 1024 // 1024)
    kept = staging.put(data, file.filename or "", actor, clock.now())
    return {"file_id": str(kept.id), "name": kept.name}


@router.post("/v1/imports/{import_id}/undo", summary="Give back what an import changed")
async def undo_import(import_id: str, actor: Caller) -> dict[str, Any]:
    """Values that somebody changed since stay, and so do things that are in use."""
    try:
        wanted = UUID(import_id)
    except ValueError:
        raise Refused("import.not_found") from None
    return dict(as_json(await asyncio.to_thread(imports.undo, wanted, actor)))

"""Collections: pages, single views, exports; and what a label is."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

from fastapi import APIRouter, Request, Response

from core.foundation import clock, database
from core.foundation.i18n import has, t
from core.mechanisms import labels, operations, tables, views
from core.mechanisms.operations import Actor, as_json
from core.sections import assets
from mobile.api.answers import Problem, language
from mobile.api.callers import Caller

router = APIRouter()


@router.get("/v1/labels/{code}", tags=["labels"], summary="What a label is, and what I may do with it")
async def show_label(code: str, actor: Caller) -> dict[str, Any]:
    with database.reading() as s:
        found = labels.view(s, code, actor)
    allowed = [kind for kind in found.operations if kind in operations.kinds() and actor.has(*operations.kinds()[kind].roles)]
    if found.told and found.kind == labels.SubjectKind.ASSET:
        await assets.sighted(code, actor, "phone" if actor.device_id else "api")  # what should not be there any more is told to the clerk
    shown = as_json(found)
    shown["operations"] = allowed
    shown["state"] = found.state or found.label_state
    return dict(shown)


def _query(request: Request, collection: views.Collection) -> views.Query:
    given = request.query_params
    limit = given.get("limit", "50")
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:6]) <= 500:
        raise Problem(422, "query.limit")
    return views.Query(
        given.get("q", "")[:200], int(limit), given.get("cursor") or None, {k: v[:200] for k, v in given.items() if k in collection.filters}
    )


def _readable(collection: views.Collection, actor: Actor) -> None:
    if not actor.has(*collection.roles):
        raise Problem(403, "op.not_allowed")


def _tagged(request: Request, content: Any) -> Response:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json; charset=utf-8")


def add_collection(router: APIRouter, collection: views.Collection) -> None:
    """The four routes of a collection: list, one, CSV, XLSX."""
    name = collection.name

    async def exported(request: Request, actor: Caller, kind: str) -> Response:
        _readable(collection, actor)
        speech, asked = language(request), _query(request, collection)
        return await asyncio.to_thread(export, collection, asked, actor, speech, kind)

    async def as_csv(request: Request, actor: Caller) -> Response:
        return await exported(request, actor, "csv")

    async def as_xlsx(request: Request, actor: Caller) -> Response:
        return await exported(request, actor, "xlsx")

    async def rows(request: Request, actor: Caller) -> Response:
        _readable(collection, actor)
        asked = _query(request, collection)

        def read() -> views.Page:
            with database.reading() as s:
                return collection.list(s, asked, actor)

        page = await asyncio.to_thread(read)
        return _tagged(request, {"items": [as_json(item) for item in page.items], "next": page.next})

    async def one(id: str, request: Request, actor: Caller) -> Response:
        _readable(collection, actor)
        with database.reading() as s:
            found = collection.get(s, id, actor)
        if found is None:
            raise Problem(404, "view.not_found")
        return _tagged(request, as_json(found))

    if collection.columns:
        router.add_api_route(
            f"/v1/{name}.csv", as_csv, methods=["GET"], tags=[name], summary=f"Export {name} as CSV", operation_id=f"{name}_csv"
        )
        router.add_api_route(
            f"/v1/{name}.xlsx", as_xlsx, methods=["GET"], tags=[name], summary=f"Export {name} as XLSX", operation_id=f"{name}_xlsx"
        )
    router.add_api_route(f"/v1/{name}", rows, methods=["GET"], tags=[name], summary=f"List {name}", operation_id=f"{name}_list")
    router.add_api_route(f"/v1/{name}/{{id}}", one, methods=["GET"], tags=[name], summary=f"One of {name}", operation_id=f"{name}_one")


def export(collection: views.Collection, asked: views.Query, actor: Actor, speech: str, kind: str) -> Response:
    """All that a question finds, as a CSV or XLSX file in the reader's words."""
    rows: list[list[Any]] = []
    cursor: str | None = None
    with database.reading() as s:
        columns = collection.all_columns(s)
        while True:
            page = collection.list(s, views.Query(asked.q, 500, cursor, asked.filters), actor)
            rows += [[_in_words(column, column.of(item), speech) for column in columns] for item in page.items]
            cursor = page.next
            if cursor is None:
                break
    headings = [t(column.heading, speech) for column in columns]
    if kind == "csv":
        body, media = tables.write_csv(headings, rows), "text/csv; charset=utf-8"
    else:
        body, media = tables.write_xlsx(headings, rows), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    disposition = f'attachment; filename="{collection.name}-{clock.today():%Y%m%d}.{kind}"'
    return Response(body, 200, {"Content-Disposition": disposition, "Cache-Control": "private, no-store"}, media)


def _in_words(column: views.ExportColumn, value: Any, speech: str) -> Any:
    """A value with a sentence of its own (`asset.state.idle` under the heading `asset.state`) is written as that; yes and no as words too."""
    if isinstance(value, bool):
        return t("settings.yes" if value else "settings.no", speech)
    key = f"{column.words or column.heading}.{value}" if isinstance(value, str) and value else ""
    return t(key, speech) if key and has(key) else value

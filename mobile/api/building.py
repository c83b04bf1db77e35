"""The application under `/api`, and its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.openapi.utils import get_openapi

from core.mechanisms import operations, views
from mobile.api import collections as shown
from mobile.api import posting, session
from mobile.api.answers import answer_json, handle_problems
from mobile.api.collections import add_collection
from mobile.api.posting import MAX_ITEMS


def build(extra: Iterable[APIRouter] = (), collections: Iterable[views.Collection] = ()) -> FastAPI:
    """The API application to mount at `/api`: `extra` routers of other parts first, then ours, then the collections."""
    api = FastAPI(title="Foyer", version="1", openapi_url=None, docs_url=None, redoc_url=None)
    handle_problems(api)
    listed = APIRouter()
    for collection in collections:
        add_collection(listed, collection)
    for part in (*extra, session.router, posting.router, shown.router, listed):
        api.include_router(part)

    @api.get("/openapi.json", include_in_schema=False)
    async def document() -> Response:
        return answer_json(openapi(api))

    return api


def openapi(api: FastAPI) -> dict[str, Any]:
    """The OpenAPI document with full paths and every operation's payload as a union discriminated by `kind`."""
    found = get_openapi(title="Foyer", version="1", routes=api.routes, description="Everything a screen can do, a program can do.")
    found["paths"] = {"/api" + path: item for path, item in found["paths"].items()}
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    mapping: dict[str, str] = {}
    for kind, spec in operations.kinds().items():
        payload = spec.input.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(payload.pop("$defs", {}))
        name = f"operation.{kind}"
        schemas[name] = {
            "type": "object", "title": kind, "description": spec.summary, "required": ["op_id", "kind", "payload"],
            "properties": {
                "op_id": {"type": "string", "format": "uuid"}, "kind": {"const": kind, "type": "string"}, "occurred_at": {"type": "string", "format": "date-time"},
                "device_seq": {"type": "integer", "minimum": 0}, "depends_on": {"type": "string", "format": "uuid"}, "payload": payload,
            },
        }  # fmt: skip
        mapping[kind] = f"#/components/schemas/{name}"
    schemas["Operation"] = {
        "oneOf": [{"$ref": ref} for ref in mapping.values()],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    one = {"$ref": "#/components/schemas/Operation"}
    post = found["paths"]["/api/v1/operations"]["post"]
    post["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": {"oneOf": [one, {"type": "array", "items": one, "maxItems": MAX_ITEMS}]}}},
    }
    return found

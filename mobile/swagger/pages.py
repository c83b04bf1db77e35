"""`/api/docs`: Swagger UI served by ourselves; nothing is loaded from elsewhere (contract.md, Pages)."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Response

HERE = Path(__file__).parent
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Foyer API</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css"></head>
<body><div id="swagger"></div><script src="/api/docs/swagger-ui-bundle.js"></script><script src="/api/docs/start.js"></script></body></html>
"""
START = 'SwaggerUIBundle({url: "/api/openapi.json", dom_id: "#swagger", deepLinking: true, tryItOutEnabled: false, defaultModelsExpandDepth: 0});\n'
POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def docs() -> Response:
    return Response(PAGE, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}, media_type="text/html")


@router.get("/docs/start.js")
def start() -> Response:
    return Response(START, media_type=TYPES[".js"])


@router.get("/docs/{name}")
def file(name: str) -> Response:
    found = {path.name: path for path in (HERE / "vendor").iterdir()}.get(name)
    if found is None:
        return Response("not found\n", 404)
    return Response(
        found.read_bytes(),
        headers={"Cache-Control": "public, max-age=86400"},
        media_type=TYPES.get(found.suffix, "text/plain; charset=utf-8"),
    )

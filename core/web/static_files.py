"""Our own static files under `/static/`: theme, scripts, pictures.

A page links a file with the first signs of its hash (`/static/foyer.css?v=1f0c…`): such an address never changes its content and may be
kept for a year. Without the hash a browser asks again each time. Nothing outside the folder can be named.
"""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response

FOLDER = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".wasm": "application/wasm", ".woff2": "font/woff2"}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file's bytes with its media type and the first 12 signs of its SHA-256."""

    content: bytes
    media_type: str
    version: str


@lru_cache(maxsize=256)
def _read(path: Path, _modified: int) -> StaticFile:
    content = path.read_bytes()
    media_type = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return StaticFile(content, media_type, hashlib.sha256(content).hexdigest()[:12])


def find(name: str) -> StaticFile | None:
    """The file `name` of our folder, or None when there is none; never one outside it."""
    path = (FOLDER / name).resolve()
    if not path.is_relative_to(FOLDER.resolve()) or not path.is_file():
        return None
    return _read(path, path.stat().st_mtime_ns)


def url(name: str) -> str:
    """The address a page links: with the hash of what the file holds now. Raises FileNotFoundError."""
    path = FOLDER / name  # a name from our own code: nothing to resolve, and each page asks several times
    return f"/static/{name}?v={_read(path, path.stat().st_mtime_ns).version}"


@router.api_route("/static/{name:path}", methods=["GET", "HEAD"])
def serve(name: str, request: Request, v: str = "") -> Response:
    """One file, with an ETag; kept for a year when the address carries its hash."""
    found = find(name) if "\x00" not in name else None
    if found is None:
        raise HTTPException(404)
    headers = {"ETag": f'"{found.version}"', "Cache-Control": FOREVER if v == found.version else "no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)

"""Serves the floor app at `/m/`: static files with strict headers, a generated service worker, the manifest and the sentences as JSON.

The app is a static page (house.md §4): nothing here reads the database or knows a person. Every file has its SHA-256 as its identity;
the service worker is generated with the list of them and checks each one while it installs, so a half-failed or falsified download
never becomes the running version. `mount(app)` puts the app on a FastAPI application; nothing happens at import.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from core.foundation import i18n
from mobile.floor import theme

STATIC = Path(__file__).parent / "static"
THEME = Path(i18n.__file__).parent.parent / "web" / "static" / "foyer.css"

SENTENCES = ("m.", "op.", "batch.", "session.", "stocktake.condition.", "rollcall.kind.")
# Beside these a phone says why a record was not taken, in the language it shows now: what the operations refuse that it records without a network
# (tests/floor/test_serve.py holds the list against their docstrings), and what a whole phone may hear. Anything else the server says itself.
REFUSALS = (
    "asset.at_vendor", "asset.disposed", "asset.due_past", "asset.in_repair", "asset.lost", "asset.not_found", "asset.not_gone", "asset.not_in_repair",
    "asset.not_offered", "checklist.question_unknown", "checklist.run_taken", "checklist.version_unknown", "device.revoked", "inspection.empty", "inspection.finished", "inspection.incomplete", "inspection.not_found",
    "inspection.point_unknown", "inspection.run_unknown", "inspection.value", "label.mistyped", "label.no_subject", "label.other_kind", "label.retired",
    "label.taken", "label.unknown", "label.unreadable", "person.department_unknown", "person.disabled", "person.not_found", "phone.none", "place.not_found", "place.retired", "rollcall.heads", "rollcall.nobody",
    "rollcall.not_found",
    "stocktake.another_thing", "stocktake.closed", "stocktake.frozen", "stocktake.no_line", "stocktake.not_found", "stocktake.not_yours",
    "stocktake.not_yours_to_confirm", "stocktake.one_thing", "stocktake.other_counts_again", "stocktake.place_outside", "stocktake.quantity_needed",
    "stocktake.scan_it", "stocktake.where_is_it", "supply.not_enough", "supply.not_found", "supply.over_limit", "supply.over_quota", "supply.retired", "waiting.depends_on",
    "waiting.quarantine", "waiting.server_older", "waiting.update",
)  # fmt: skip

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
    ".wasm": "application/wasm",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "worker-src 'self'",
            "img-src 'self' blob: data:",
            "style-src 'self'",
            "connect-src 'self'",
            "font-src 'self'",
            "media-src 'self' blob:",
            "manifest-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


@dataclass(frozen=True, slots=True)
class File:
    """One file of the app as it is sent: its bytes, the gzip of them where that helps, its type and its SHA-256."""

    data: bytes
    zipped: bytes | None
    media_type: str
    sha256: str


def _file(name: str, data: bytes) -> File:
    suffix = Path(name).suffix
    zipped = gzip.compress(data, 9, mtime=0) if suffix not in {".png"} and len(data) > 500 else None
    return File(data, zipped, TYPES[suffix], hashlib.sha256(data).hexdigest())


@dataclass(slots=True)
class Floor:
    """All files of one version of the app, read once. `extra` replaces or adds files (name → bytes), as an upgrade would."""

    extra: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, File] = field(init=False)
    version: str = field(init=False)

    def __post_init__(self) -> None:
        found = {
            str(path.relative_to(STATIC)).replace("\\", "/"): path.read_bytes()
            for path in sorted(STATIC.rglob("*"))
            if path.is_file() and path.suffix in TYPES and path.name != "sw.js"
        }
        texts = [data.decode() for name, data in found.items() if name.endswith((".js", ".html")) and not name.startswith("vendor/")]
        found["foyer.css"] = theme.for_phone(THEME.read_text("utf-8"), texts).encode()
        for language in i18n.LANGUAGES:
            sentences = i18n.part((*SENTENCES, *REFUSALS), language)
            sentences = {key: said for key, said in sentences.items() if key in REFUSALS or key.startswith(SENTENCES)}
            found[f"i18n/{language}.json"] = json.dumps(sentences, ensure_ascii=False, sort_keys=True).encode()
        found["office.json"] = b'{"sample":false}'
        found["manifest.webmanifest"] = json.dumps(_manifest(), ensure_ascii=False).encode()
        found |= self.extra
        self.files = {name: _file(name, data) for name, data in found.items()}
        digest = hashlib.sha256("".join(f"{name}{file.sha256}" for name, file in sorted(self.files.items())).encode())
        self.version = digest.hexdigest()[:12]
        self.files["sw.js"] = _file("sw.js", self._worker())

    def _worker(self) -> bytes:
        """The service worker with this version's list; the page itself is listed as `./`, which is what a browser asks for."""
        listed = {"./" if name == "index.html" else name: file.sha256 for name, file in sorted(self.files.items())}
        head = f"const VERSION = {json.dumps(self.version)};\nconst FILES = {json.dumps(listed, indent=1)};\n"
        return (head + (STATIC / "sw.js").read_text("utf-8")).encode()

    def answer(self, name: str, request: Request) -> Response:
        """The file `name` with its headers: gzip where accepted, 304 when the browser already has it, 404 otherwise."""
        file = self.files.get(name or "index.html")
        if file is None:
            return Response("404", 404, HEADERS, "text/plain")
        tag = f'"{file.sha256[:32]}"'
        headers = HEADERS | {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding", "Foyer-Version": self.version}
        if name == "sw.js":
            headers["Service-Worker-Allowed"] = "/m/"
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        if file.zipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(file.zipped, 200, headers | {"Content-Encoding": "gzip"}, file.media_type)
        return Response(file.data, 200, headers, file.media_type)


def _token(name: str) -> str:
    """A colour of the theme, where a format can not read CSS."""
    found = re.search(rf"{name}:\s*([^;]+);", THEME.read_text("utf-8"))
    assert found is not None, name
    return found[1].strip()


def _manifest() -> dict[str, object]:
    return {
        "name": "Foyer",
        "short_name": "Foyer",
        "id": "/m/",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": _token("--paper"),
        "theme_color": _token("--paper"),
        "icons": [
            {"src": "icons/foyer-192.png", "sizes": "192x192", "type": "image/png"},
            {"src": "icons/foyer-512.png", "sizes": "512x512", "type": "image/png"},
            {"src": "icons/foyer-maskable-512.png", "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
        ],
    }


def router(floor: Floor | None = None) -> APIRouter:
    """The routes of the app: `/m` leads to `/m/`, everything below is a file. No page of it needs a session."""
    app = floor or Floor()
    routes = APIRouter()

    @routes.get("/m", include_in_schema=False)
    def to_the_folder() -> RedirectResponse:
        return RedirectResponse("/m/", 308)

    @routes.api_route("/m/{name:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def one_file(name: str, request: Request) -> Response:
        return app.answer(name, request)

    return routes


def mount(app: FastAPI, floor: Floor | None = None) -> None:
    """Put the floor app on `app` at `/m/`."""
    app.include_router(router(floor))

"""The kiosk without its server: a page that is kept in the browser, the worker that puts it in `/welcome`'s place when nobody answers, and the script
that stands beside the living page (look.md §7; offline.md; pitfalls V24, V38, V39).

Its files lie under `/welcome/offline/` and are the only thing the worker keeps: never the kiosk's own page, never an answer about a visitor. Each of
them is checked by its SHA-256 while the worker installs, so that a half-failed download never becomes the running version.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
from functools import cache
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response

from core.foundation import i18n
from core.web import static_files

STATIC = Path(__file__).parent / "static"
BASE = "/welcome/offline/"
BORROWED = (
    "foyer.css",
    "kiosk.css",
    "invitations.css",
    "pen.js",
    "visit-code.js",
    "rollcall.js",
    "rollcall.css",
)  # the theme, and what the living page uses too
SHARED = {
    "preact.js": "/m/vendor/preact.js",
    "wedge.js": "/m/wedge.js",
    "rules.js": "/m/rules.js",
    "scanner.js": "/m/scanner.js",
    "prefs.js": "/m/prefs.js",
    "decoder.js": "/m/decoder.js",
    "vendor/zxing-reader.js": "/m/vendor/zxing-reader.js",
    "vendor/zxing_reader.wasm": "/m/vendor/zxing_reader.wasm",
}  # the floor app's, kept under names of ours
SENTENCES = (
    "rollcall.kiosk.",
    "offline.",
    "kiosk.",
    "web.key_",
    "web.clear",
    "web.sign_here",
    "web.language",
    "web.cannot_sign",
    "web.camera_",
    "web.scanning",
)
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


@cache
def files() -> dict[str, bytes]:
    """Every file of the page by its name, read once a start."""
    found = {path.name: path.read_bytes() for path in sorted(STATIC.iterdir()) if path.is_file() and path.name != "sw.js"}
    for name in BORROWED:
        file = static_files.find(name)
        assert file is not None, name
        found[name] = file.content
    spoken = {language: i18n.part(SENTENCES, language) for language in i18n.LANGUAGES}
    found["words.json"] = json.dumps(
        {language: {key: text for key, text in words.items() if isinstance(text, str)} for language, words in spoken.items()},
        ensure_ascii=False, sort_keys=True,
    ).encode()  # fmt: skip
    return found


@cache
def worker() -> bytes:
    """The worker with this version's list in front."""
    own = {name: hashlib.sha256(data).hexdigest() for name, data in files().items()}
    head = f"const VERSION = {json.dumps(fingerprint())};\nconst OWN = {json.dumps(own, indent=1)};\nconst SHARED = {json.dumps(SHARED)};\n"
    return (head + (STATIC / "sw.js").read_text("utf-8")).encode()


@cache
def fingerprint() -> str:
    """The first signs of a hash of everything here."""
    digest = hashlib.sha256((STATIC / "sw.js").read_bytes())
    for name, data in files().items():
        digest.update(name.encode() + b"\0" + data)
    return digest.hexdigest()[:12]


@router.api_route(BASE + "{name}", methods=["GET", "HEAD"])
def one_file(name: str, request: Request) -> Response:
    """One file. It holds nobody's data and needs no device; the worker may stand for `/welcome` alone."""
    data = worker() if name == "sw.js" else files().get(name)
    if data is None:
        raise HTTPException(404)
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
    if name == "sw.js":
        headers["Service-Worker-Allowed"] = "/welcome"
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    media_type = (
        "text/html; charset=utf-8" if name.endswith(".html") else static_files.TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
    )
    return Response(data, 200, headers, media_type or "application/octet-stream")

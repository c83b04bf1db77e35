"""The page that helps phones trust the office's own https (`/trust`), and the small plain-http app that leads there.

With `FOYER_TLS=local-ca` a phone has to trust our authority once before camera and offline work. It can not open https before that, so a
second, plain listener (`FOYER_HTTP_PORT`) serves this page, `/healthz` and a redirect, and nothing else: no sign-in ever travels over it.
Plain HTML without scripts: it must work in any browser, also the one that opens when a phone's camera reads the QR code.
Sources: contract.md (settings), issue 2 §1 HTTPS, core/foundation/tls.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import urlsplit

import qrcode
from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from qrcode.constants import ERROR_CORRECT_M

from core.foundation import tls
from core.foundation.i18n import LANGUAGE_NAMES, LANGUAGES, best_language, t
from core.foundation.settings import LOOPBACK, Settings
from core.web import static_files

STEPS = {"ios": 4, "android": 3, "windows": 3}
CERTIFICATE_TYPE = "application/x-x509-ca-cert"

Health = Callable[[], Mapping[str, Any]]


def router(settings: Settings) -> APIRouter:
    """`/trust` and the certificate's two files, for both listeners."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/trust", methods=["GET", "HEAD"])
    def trust(request: Request, lang: str = "") -> HTMLResponse:
        language = lang if lang in LANGUAGES else best_language(request.headers.get("accept-language"), settings.language)
        return _html(_page(settings, language, request.url.hostname or ""))

    @routes.api_route("/trust/foyer.crt", methods=["GET", "HEAD"])
    def certificate_for_devices() -> Response:
        return _file(settings, "foyer.crt", lambda found: found.der)

    @routes.api_route("/trust/foyer.pem", methods=["GET", "HEAD"])
    def certificate_as_text() -> Response:
        return _file(settings, "foyer.pem", lambda found: found.pem)

    return routes


def plain_app(settings: Settings, healthz: Health) -> FastAPI:
    """The app of the plain listener: `/trust`, `/healthz`, and everything else redirected to https (GET and HEAD) or refused."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router(settings))

    @app.api_route("/healthz", methods=["GET", "HEAD"], include_in_schema=False)
    def health() -> JSONResponse:
        return JSONResponse(dict(healthz()), headers={"Cache-Control": "no-store"})

    @app.middleware("http")
    async def to_https(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        path = request.url.path
        if path in ("/trust", "/trust/foyer.crt", "/trust/foyer.pem", "/healthz"):
            return await call_next(request)
        if request.method not in ("GET", "HEAD"):  # what was sent has already travelled in the open: do not pretend it is safe
            problem = {
                "type": "about:blank",
                "title": "Use https",
                "status": 426,
                "code": "trust.use_https",
                "detail": secure_base(settings, ""),
            }
            return JSONResponse(problem, 426, {"Upgrade": "TLS/1.2", "Connection": "Upgrade"}, media_type="application/problem+json")
        target = secure_base(settings, request.url.hostname or "") + request.scope.get("raw_path", b"/").decode("ascii", "replace")
        query = request.scope.get("query_string", b"").decode("ascii", "replace")
        return RedirectResponse(target + (f"?{query}" if query else ""), 307, {"Cache-Control": "no-store"})

    return app


def secure_base(settings: Settings, asked_host: str) -> str:
    """Where https lives: the base address, or for a base address that only this machine can open, the name that was asked for,
    if it is one of ours (a forged Host header must not send people elsewhere)."""
    if settings.tls == "off":
        return settings.base_url
    parts = urlsplit(settings.base_url)
    if parts.hostname in LOOPBACK and asked_host not in LOOPBACK and tls.server_names(settings).holds(asked_host):
        return f"https://{_bracketed(asked_host)}:{settings.port}"
    return f"https://{parts.netloc}"


def trust_url(settings: Settings, asked_host: str = "") -> str:
    """The plain address of this page that phones in the office can open: what the QR code holds."""
    host = urlsplit(settings.base_url).hostname or ""
    if host in LOOPBACK:
        others = tls.lan_addresses()
        host = (
            asked_host
            if asked_host not in LOOPBACK and tls.server_names(settings).holds(asked_host)
            else str(others[0])
            if others
            else host
        )
    return f"http://{_bracketed(host)}:{settings.http_port}/trust"


# ── private ──


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _file(settings: Settings, name: str, content: Callable[[tls.Authority], bytes]) -> Response:
    found = tls.authority(settings) if settings.tls == "local-ca" else None
    if found is None:
        raise HTTPException(404)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(content(found), media_type=CERTIFICATE_TYPE, headers=headers)


@lru_cache(maxsize=1)
def _style() -> tuple[str, str]:
    """The theme as text for the page itself (the plain listener serves no other file), and its hash for the policy."""
    found = [static_files.find(name) for name in ("foyer.css", "trust.css")]
    css = "\n".join(part.content.decode() for part in found if part is not None).replace("</", "<\\/")
    return css, base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()


def _html(body: str) -> HTMLResponse:
    policy = (
        f"default-src 'none'; style-src 'sha256-{_style()[1]}'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy, "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    }  # fmt: skip
    return HTMLResponse(body, headers=headers)


def _page(settings: Settings, language: str, asked_host: str) -> str:
    def say(key: str, **facts: object) -> str:
        return escape(t(f"trust.{key}", language, **facts))

    found = tls.authority(settings) if settings.tls == "local-ca" else None
    main = (
        _how_to(settings, found, say, asked_host)
        if found
        else f'<p class="trust__lead">{say("off" if settings.tls == "off" else "files")}</p>'
    )
    switch = "".join(
        f'<a href="/trust?lang={code}" lang="{code}"{" aria-current=true" if code == language else ""}>{escape(name)}</a>'
        for code, name in LANGUAGE_NAMES.items()
    )
    title = say("title")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title><style>{_style()[0]}</style></head><body class="trust"><nav class="trust__languages">{switch}</nav>'
        f"<main><h1>{title}</h1>{main}</main></body></html>"
    )


def _how_to(settings: Settings, found: tls.Authority, say: Callable[..., str], asked_host: str) -> str:
    address = trust_url(settings, asked_host)
    secure = escape(secure_base(settings, asked_host), quote=True)
    devices = "".join(
        f"<details{' open' if device == 'ios' else ''}><summary>{say(device)}</summary><ol>"
        + "".join(f"<li>{say(f'{device}.{step}', name=found.name)}</li>" for step in range(1, steps + 1))
        + "</ol></details>"
        for device, steps in STEPS.items()
    )
    return (
        f'<p class="trust__lead">{say("lead")}</p>'
        f'<p><a class="button button--main" href="/trust/foyer.crt" download>{say("download")}</a></p>'
        f'<section class="trust__devices">{devices}</section>'
        f'<p class="trust__then">{say("then")} <a href="{secure}/m/">{escape(urlsplit(secure).netloc)}</a></p>'
        f'<section class="trust__other"><div>{_qr_svg(address)}</div><div><h2>{say("other_phone")}</h2><p>{say("other_phone_hint")}</p>'
        f'<p class="code">{escape(address)}</p></div></section>'
        f'<section class="trust__check"><h2>{say("compare")}</h2><p>{say("compare_hint")}</p>'
        f'<p class="code trust__print">{found.fingerprint.replace(":", ":<wbr>")}</p>'
        f'<p class="quiet">{say("only_here")}</p></section>'
    )


def _qr_svg(text: str) -> str:
    """The code as one path; four modules of quiet around it."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    rows: Iterable[list[bool]] = code.get_matrix()
    squares = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    side = code.modules_count + 8
    return f'<svg class="trust__qr" viewBox="0 0 {side} {side}" role="img" aria-label="{escape(text)}"><path d="{squares}"/></svg>'

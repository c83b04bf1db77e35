"""What a request hears when it does not work: RFC 9457 problem documents for programs, one calm page for people, in three languages.

No stack trace and no path ever leaves the server; a bug carries a short reference that stands in the log too. These answers need no NiceGUI page, so an
address nobody knows costs no memory (nicegui-facts, "API").
"""

from __future__ import annotations

import html
import secrets
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.types import Scope

from core.foundation import clock, i18n
from core.web import static_files

MEDIA_TYPE = "application/problem+json"
TITLES = {400: "request.unreadable", 401: "request.sign_in", 403: "op.not_allowed", 404: "request.not_found", 405: "request.method", 413: "request.too_large",
          415: "request.compressed", 429: "request.too_many", 500: "request.failed"}  # fmt: skip


def request_id(scope: Scope) -> str:
    """The id the guard gave this request."""
    return str(scope.get("state", {}).get("request_id", ""))


def language(request_headers: Any, default: str = i18n.LANGUAGES[0]) -> str:
    """The language of a request that has no page: cookie, then Accept-Language, then the default."""
    cookie = next(
        (part.strip()[11:] for part in request_headers.get("cookie", "").split(";") if part.strip().startswith("foyer_lang=")), ""
    )
    return cookie if cookie in i18n.LANGUAGES else i18n.best_language(request_headers.get("accept-language"), default)


def problem(
    request: Request,
    status: int,
    code: str,
    *,
    detail: str = "",
    facts: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A problem document: `{"type","title","status","code","detail","facts","request_id"}`."""
    spoken = language(request.headers)
    title = i18n.t(code, spoken, **i18n.as_mapping(facts or {}, spoken, clock.zone()))
    body = {
        "type": f"urn:foyer:{code}", "title": title, "status": status, "code": code, "detail": detail or title, "facts": facts or {},
        "request_id": request_id(request.scope),
    }  # fmt: skip
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def wants_json(request: Request) -> bool:
    """Whether a program asks: an API path, or anything that is not a page load."""
    accept = request.headers.get("accept", "")
    return (
        request.url.path.startswith("/api/")
        or request.method not in ("GET", "HEAD")
        or ("text/html" not in accept and "application/json" in accept)
    )


def page(
    request: Request,
    status: int,
    title: str,
    hint: str = "",
    *,
    ref: str = "",
    act: tuple[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    """One sentence, one hint, one way on: a page without scripts. Every text is escaped here."""
    spoken = language(request.headers)
    href, words = act or ("/", i18n.t("web.home", spoken))
    parts = {
        "lang": spoken, "title": title, "hint": hint, "href": href, "words": words, "theme": static_files.url("foyer.css"),
        "ref": i18n.t("web.error_ref", spoken, ref=ref) if ref else "",
    }  # fmt: skip
    filled = PAGE.format(**{name: html.escape(value) for name, value in parts.items()})
    return HTMLResponse(filled, status_code=status, headers={"Cache-Control": "no-store", **(headers or {})})


def answer(
    request: Request, status: int, code: str, *, facts: dict[str, Any] | None = None, headers: dict[str, str] | None = None, ref: str = ""
) -> HTMLResponse | JSONResponse:
    """The problem document or the page, whichever the request can read."""
    if wants_json(request):
        return problem(request, status, code, facts=facts, headers=headers)
    spoken = language(request.headers)
    titles = {
        404: ("web.missing_title", "web.missing_hint"),
        429: ("web.too_many_title", "web.too_many_hint"),
        500: ("web.error_title", ""),
    }
    title, hint = titles.get(status, (code, ""))
    here = request.url.path if status in (429, 500) else "/"
    act = (here, i18n.t("web.error_again", spoken)) if status in (429, 500) else None
    return page(
        request,
        status,
        i18n.t(title, spoken, **(facts or {})),
        i18n.t(hint, spoken, **(facts or {})) if hint else "",
        ref=ref,
        act=act,
        headers=headers,
    )


def new_reference() -> str:
    """A short id a person can read out: `7F3C`."""
    return secrets.token_hex(2).upper()


PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<link rel="stylesheet" href="{theme}"></head>
<body><main class="screen plain"><div class="empty empty--page"><svg viewBox="0 0 200 200" aria-hidden="true"><path d="M100 20 188 176H12z" fill="none" stroke="currentColor"
 stroke-width="14" stroke-linejoin="round" stroke-dasharray="40 20"/><path d="M100 82v44" stroke="currentColor" stroke-width="14" stroke-linecap="round"/><circle cx="100" cy="150"
 r="9" fill="currentColor"/></svg><h1>{title}</h1><p>{hint}</p><p class="quiet">{ref}</p><a class="button button--main" href="{href}">{words}</a></div></main></body></html>
"""

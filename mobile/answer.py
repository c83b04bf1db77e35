"""`/answer/{token}`: a one-time link opened on any phone, without signing in (core/mechanisms/links.py; security.md, ASVS 14.2.1).

Opening never acts: mail scanners and chat previews open every address. The buttons post a plain form; the answer is shown by a page of its own, so that
loading again asks nothing twice. No script, nothing of NiceGUI: it costs no memory and works in every browser a chat program brings along. Who tries
addresses that do not exist waits longer each time, and learns nothing from any of them.
"""

from __future__ import annotations

import asyncio
from html import escape
from urllib.parse import parse_qs
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from core.foundation import clock, database
from core.foundation.i18n import t
from core.mechanisms import links
from core.mechanisms.links import Question
from core.mechanisms.operations import Actor, perform
from core.web import guards, problems, sessions, static_files

router = APIRouter(include_in_schema=False)
MOST_BYTES = 4096
MISSES, MISSES_PER_S = 20.0, 0.1
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # the form's own Origin is checked; with no-referrer a browser would send none
    "X-Robots-Tag": "noindex, nofollow",
}
_misses = guards.PageLimit(most=MISSES, per_s=MISSES_PER_S)


@router.api_route("/answer/{token}", methods=["GET", "HEAD"])
async def show(token: str, request: Request) -> Response:
    """The question with its buttons, or how things stand."""
    return await asyncio.to_thread(_shown, token, request)


@router.post("/answer/{token}")
async def answer(token: str, request: Request) -> Response:
    """One button was pressed: do it once, then show how things stand."""
    body = await request.body()
    if len(body) > MOST_BYTES:
        return guards.too_large(request)
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).items()}
    meant = await asyncio.to_thread(_meant, token)
    if meant is None:
        return await asyncio.to_thread(_shown, token, request)
    link_id, by = meant
    choice = form.get("choice", "")
    try:
        do = links.AnswerLink(link_id=link_id, choice=choice, text=form.get(f"text_{choice}", "")[:80])
    except ValueError:
        return await asyncio.to_thread(_shown, token, request, "answer.failed")
    outcome = await perform(do, by=by)
    if outcome.ok or (outcome.code or "").startswith("link."):
        return RedirectResponse(f"/answer/{token}", 303, {"Cache-Control": "no-store"})
    return await asyncio.to_thread(_shown, token, request, outcome.code or "answer.failed")


def _meant(token: str) -> tuple[UUID, Actor] | None:
    with database.reading() as s:
        link = links.find(s, token)
        by = links.actor_of(s, link) if link is not None else None
        return (link.id, by) if link is not None and by is not None else None


def _shown(token: str, request: Request, problem: str = "") -> Response:
    at = clock.now()
    with database.reading() as s:
        link = links.find(s, token)
        by = links.actor_of(s, link) if link is not None else None
        purpose = links.purpose(link.purpose) if link is not None else None
        if link is None or by is None or purpose is None:
            return _unknown(request)
        language = by.language if by.is_person else link.language or problems.language(request.headers)
        asked = purpose.ask(s, link, at, language)
        if link.used_at is not None:
            said = t("answer.used.say", language, time=f"{clock.local(link.used_at):%H:%M}")
            return _page(language, Question(t("answer.used", language), (purpose.done(s, link, language), said)), mark="done")
        if link.expires_at <= at:
            return _page(language, Question(t("answer.over", language), (t("answer.over.say", language),)), status=410, mark="over")
    return _page(language, asked, problem=t(problem, language) if problem else "", status=409 if problem else 200)


def _unknown(request: Request) -> Response:
    language = sessions.pick_language(None, None, request.headers.get("accept-language"), sessions.office().language)
    wait = _misses.wait_s(request.client.host if request.client else "")
    if wait:
        return problems.answer(request, 429, "request.too_many", facts={"seconds": wait}, headers={"Retry-After": str(wait)})
    return _page(language, Question(t("answer.unknown", language), (t("answer.unknown.say", language),)), status=404, mark="over")


def _page(language: str, asked: Question, *, status: int = 200, problem: str = "", mark: str = "") -> HTMLResponse:
    """The page; every text is escaped here."""
    face = sessions.office()
    lines = "".join(f"<p>{escape(line)}</p>" for line in asked.lines if line)
    forms = "".join(_choice(choice, language) for choice in asked.choices)
    alert = f'<p class="reply__problem" role="alert">{escape(problem)}</p>' if problem else ""
    call = ""
    if not asked.choices:
        call = f'<a class="button" href="/my">{escape(t("answer.sign_in", language))}</a>'
        if face.reception_phone:
            digits = "".join(sign for sign in face.reception_phone if sign in "+0123456789")
            call += f'<a class="button" href="tel:{escape(digits)}">{escape(t("answer.call", language, phone=face.reception_phone))}</a>'
    body = (
        f'<!doctype html><html lang="{language}" data-surface="phone"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(asked.title)}</title><meta name="robots" content="noindex">'
        f'<link rel="stylesheet" href="{static_files.url("foyer.css")}"><link rel="stylesheet" href="{static_files.url("reply.css")}"></head>'
        f'<body class="reply"><header class="reply__head">{escape(face.name)}</header>'
        f'<main class="reply__main"><div class="reply__words reply__words--{mark or "ask"}"><h1>{escape(asked.title)}</h1>{lines}</div>{alert}'
        f'<div class="reply__choices">{forms}{call}</div></main></body></html>'
    )
    return HTMLResponse(body, status, HEADERS)


def _choice(choice: links.Choice, language: str) -> str:
    kind = {"main": " button--main", "stop": " button--stop"}.get(choice.tone, "")
    button = f'<button class="button{kind}" name="choice" value="{choice.name}">{escape(t(choice.words, language))}</button>'
    if not choice.ask:
        return f'<form method="post">{button}</form>'
    field = (
        f'<label for="text_{choice.name}">{escape(t(choice.ask, language))}</label>'
        f'<input id="text_{choice.name}" name="text_{choice.name}" value="{escape(choice.given, quote=True)}" maxlength="80" required autocomplete="off">'
    )
    opened = " open" if choice.given else ""
    return (
        f'<details class="reply__more"{opened}><summary class="button">{escape(t(choice.words, language))}</summary>'
        f'<form method="post">{field}<button class="button button--main" name="choice" value="{choice.name}">{escape(t(choice.words, language))}</button></form></details>'
    )

"""`/mine/{token}`: a visitor's own data on their own phone, without signing in (core/sections/visits/own_data.py; norms.md 11).

A plain page without scripts, as the one-time links have (mobile/answer.py). Opening never acts: the ticket of the leaving screen is taken by its button, and
erasing asks once more. Every address that is none of ours gets the same page, and who tries several waits longer each time.
"""

from __future__ import annotations

import asyncio
import json
from datetime import date
from html import escape
from urllib.parse import parse_qs
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from core.foundation import clock, database, i18n
from core.foundation.i18n import t
from core.mechanisms.operations import SYSTEM, perform
from core.sections.visits import own_data, retention
from core.sections.visits.own_data import Meant, OwnData
from core.sections.visits.record import Visit
from core.web import guards, problems, sessions, static_files
from mobile.answer import HEADERS, MOST_BYTES

router = APIRouter(include_in_schema=False)
_misses = guards.PageLimit(most=12.0, per_s=0.1)
_opened = guards.PageLimit(most=60.0, per_s=1.0)


@router.api_route("/mine/{token}", methods=["GET", "HEAD"])
async def show(token: str, request: Request, lang: str = "", done: str = "") -> Response:
    """What is kept, or the button that takes a ticket."""
    return await asyncio.to_thread(_shown, token, request, lang, done=done == "1")


@router.get("/mine/{token}/data.json")
async def take_along(token: str, request: Request) -> Response:
    """The same as a file."""
    meant = own_data.read_token(token, clock.now())
    if meant is None or meant.kind != own_data.LINK:
        return await asyncio.to_thread(_shown, token, request, "")
    with database.reading() as s:
        found = own_data.own(s, meant.visit_id, clock.now(), i18n.LANGUAGES[0])
    if found is None:
        return await asyncio.to_thread(_shown, token, request, "")
    text = json.dumps(own_data.as_file(found), ensure_ascii=False, indent=1)
    return Response(text, 200, HEADERS | {"Content-Disposition": 'attachment; filename="my-visit.json"'}, "application/json")


@router.post("/mine/{token}")
async def act(token: str, request: Request) -> Response:
    """A button: take the ticket, or erase."""
    body = await request.body()
    if len(body) > MOST_BYTES:
        return guards.too_large(request)
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).items()}
    lang = form.get("lang", "")
    meant = own_data.read_token(token, clock.now())
    if meant is None:
        return await asyncio.to_thread(_shown, token, request, lang)
    if form.get("choice") == "open" and meant.kind == own_data.TICKET:
        outcome = await perform(own_data.TakeTicket(token=token), by=SYSTEM)
        if not outcome.ok:
            return await asyncio.to_thread(_shown, token, request, lang, problem=outcome.code or "")
        link = await asyncio.to_thread(_link, meant.visit_id)
        return RedirectResponse(f"{link}{_query(lang)}", 303, {"Cache-Control": "no-store"})
    if form.get("choice") == "erase" and meant.kind == own_data.LINK:
        outcome = await perform(own_data.EraseOwn(token=token), by=SYSTEM)
        if not outcome.ok:
            return await asyncio.to_thread(_shown, token, request, lang, problem=outcome.code or "", facts=dict(outcome.facts))
        return RedirectResponse(f"/mine/{token}{_query(lang, '1')}", 303, {"Cache-Control": "no-store"})
    return await asyncio.to_thread(_shown, token, request, lang)


def _query(lang: str, done: str = "") -> str:
    parts = [f"lang={lang}" if lang in i18n.LANGUAGES else "", "done=1" if done else ""]
    return "?" + "&".join(part for part in parts if part) if any(parts) else ""


def _link(visit_id: UUID) -> str:
    with database.reading() as s:
        visit = s.get(Visit, visit_id)
        assert visit is not None  # the ticket was taken for it
        address = own_data.link_of(visit, retention.days(s, visit.type))
    return "/mine/" + address.rsplit("/", 1)[1]


def _shown(
    token: str, request: Request, lang: str, *, problem: str = "", facts: dict[str, object] | None = None, done: bool = False
) -> Response:
    at, client = clock.now(), request.client.host if request.client else ""
    meant = own_data.read_token(token, at)
    wait = _opened.wait_s(client) if meant is not None else _misses.wait_s(client)
    if wait:
        return problems.answer(request, 429, "request.too_many", facts={"seconds": wait}, headers={"Retry-After": str(wait)})
    spoken = sessions.pick_language(None, None, request.headers.get("accept-language"), sessions.office().language)
    if meant is None:
        return _page(spoken, t("own_data.unknown", spoken), f"<p>{escape(t('own_data.unknown.say', spoken))}</p>", status=404)
    with database.reading() as s:
        found = own_data.own(s, meant.visit_id, at, lang if lang in i18n.LANGUAGES else spoken)
    if found is None:
        return _page(spoken, t("own_data.unknown", spoken), f"<p>{escape(t('own_data.unknown.say', spoken))}</p>", status=404)
    language = lang if lang in i18n.LANGUAGES else found.language or spoken
    alert = (
        f'<p class="reply__problem" role="alert">{escape(t(problem, language, **i18n.as_mapping(facts or {}, language, clock.zone())))}</p>'
        if problem
        else ""
    )
    if meant.kind == own_data.TICKET:
        return _page(
            language,
            t("own_data.ticket", language),
            _ticket(language, alert, taken=problem == "own_data.taken"),
            token=token,
            status=409 if problem else 200,
        )
    if found.erased_at is not None:
        return _page(language, t("own_data.erased", language), _erased(found, language, done), token=token)
    return _page(
        language,
        t("own_data.title", language),
        _everything(found, meant, token, language, alert),
        token=token,
        status=409 if problem else 200,
    )


def _ticket(language: str, alert: str, *, taken: bool) -> str:
    button = _button("open", t("own_data.open", language), language, "main") if not taken else ""
    return f"<p>{escape(t('own_data.ticket.say', language))}</p>{alert}<div class='reply__choices'>{button}</div>"


def _erased(found: OwnData, language: str, done: bool) -> str:
    assert found.erased_at is not None
    day = i18n.full_moment(found.erased_at, clock.zone(), language)
    return f"<p>{escape(t('own_data.erased.say', language, day=day))}</p>" + (
        f"<p>{escape(t('own_data.erased.now', language))}</p>" if done else ""
    )


def _everything(found: OwnData, meant: Meant, token: str, language: str, alert: str) -> str:
    zone = clock.zone()

    def moment(value: object) -> str:
        return i18n.day_and_time(value, zone, language) if value is not None else ""  # type: ignore[arg-type]

    def day(value: str) -> str:
        return i18n.full_day(date.fromisoformat(value), language)

    rows = [
        ("visit.column.name", found.name),
        ("visit.column.company", found.company),
        ("visit.column.phone", found.phone),
        ("own_data.email", found.email),
        ("visit.column.purpose", found.purpose),
        ("own_data.plate", found.plate),
        ("visit.column.host", found.host),
        ("visit.column.expected_on", day(found.expected_on)),
        ("visit.column.arrived_at", moment(found.arrived_at)),
        ("visit.column.left_at", moment(found.left_at)),
        *(
            ("own_data.signed", t("own_data.signed.line", language, title=one.title, version=one.version, day=moment(one.signed_at)))
            for one in found.signed
        ),
        ("own_data.photo", t("own_data.yes", language) if found.photo else ""),
        ("own_data.id_number", t("own_data.id_number.say", language) if found.id_number else ""),
        ("own_data.messages", t("own_data.messages.n", language, n=found.messages) if found.messages else ""),
    ]
    listed = "".join(f"<div><dt>{escape(t(key, language))}</dt><dd>{escape(value)}</dd></div>" for key, value in rows if value)
    kept = t("own_data.kept", language, day=day(found.kept_until), n=found.keep_days)
    if found.hold_until:
        kept = t("own_data.kept.hold", language, day=day(found.hold_until), reason=found.hold_reason)
    elif not found.may_erase:
        kept = t("own_data.kept.later", language, n=found.keep_days)
    erase = ""
    if found.may_erase:
        erase = (
            f"<details class='reply__more'><summary class='button'>{escape(t('own_data.erase', language))}</summary>"
            f"<form method='post'><p>{escape(t('own_data.erase.sure', language))}</p>{_hidden(language)}"
            f"<button class='button button--stop' name='choice' value='erase'>{escape(t('own_data.erase.do', language))}</button></form></details>"
        )
    return (
        f"<p>{escape(t('own_data.say', language))}</p>{alert}<dl class='mine'>{listed}</dl><p class='mine__kept'>{escape(kept)}</p>"
        f"<div class='reply__choices'><a class='button' href='/mine/{escape(token, quote=True)}/data.json' download>{escape(t('own_data.take', language))}</a>{erase}</div>"
    )


def _hidden(language: str) -> str:
    return f"<input type='hidden' name='lang' value='{language}'>"


def _button(choice: str, words: str, language: str, kind: str) -> str:
    return f"<form method='post'>{_hidden(language)}<button class='button button--{kind}' name='choice' value='{choice}'>{escape(words)}</button></form>"


def _page(language: str, title: str, body: str, *, token: str = "", status: int = 200) -> HTMLResponse:
    """The page; `body` is HTML that was escaped where it was made."""
    face = sessions.office()
    speak = ""
    if token:
        speak = "".join(
            f"<a href='/mine/{escape(token, quote=True)}?lang={code}' lang='{code}'{' aria-current=true' if code == language else ''}>{escape(name)}</a>"
            for code, name in i18n.LANGUAGE_NAMES.items()
        )
    call = ""
    if face.reception_phone:
        digits = "".join(sign for sign in face.reception_phone if sign in "+0123456789")
        call = f"<p class='mine__call'><a href='tel:{escape(digits)}'>{escape(t('own_data.call', language, phone=face.reception_phone))}</a></p>"
    page = (
        f'<!doctype html><html lang="{language}" data-surface="phone"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title><meta name="robots" content="noindex">'
        f'<link rel="stylesheet" href="{static_files.url("foyer.css")}"><link rel="stylesheet" href="{static_files.url("reply.css")}">'
        f'<link rel="stylesheet" href="{static_files.url("mine.css")}"></head>'
        f'<body class="reply"><header class="reply__head mine__head"><span>{escape(face.name)}</span><nav>{speak}</nav></header>'
        f'<main class="reply__main mine__main"><div class="reply__words"><h1>{escape(title)}</h1></div>{body}{call}</main></body></html>'
    )
    return HTMLResponse(page, status, HEADERS)

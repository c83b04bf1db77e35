"""Signing in and out, and the language of a browser (security.md: ASVS 6.3.1, 7.2.4, 7.4.1; SEC 26, 28).

The form is sent as JSON and answered with a new cookie; wrong tries grow a delay that is shown as a sentence with its seconds. Only a path of
this site is followed afterwards.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from nicegui import APIRouter, ui
from pydantic import BaseModel, StringConstraints

from core.foundation import clock, i18n
from core.foundation.errors import Refused
from core.mechanisms import people
from core.mechanisms.operations import Actor, perform_now
from core.web import frame, icons, parts, problems, sessions
from core.web.frame import _

router = APIRouter()
SAMPLE_ACCOUNTS = ("desk", "clerk", "leader", "safety", "staff", "admin")
SAMPLE_PASSWORD = "foyer-demo"  # noqa: S105 - printed in the README; only sample offices have these accounts


class Given(BaseModel):
    """What the form sends."""

    account: Annotated[str, StringConstraints(max_length=80)]
    password: Annotated[str, StringConstraints(max_length=200, strip_whitespace=False)]
    next: Annotated[str, StringConstraints(max_length=500)] = "/desk"


class Chosen(BaseModel):
    language: Annotated[str, StringConstraints(max_length=10)]


@router.page("/sign-in")
def sign_in_page(next: str = "") -> RedirectResponse | None:
    back = sessions.safe_next(next, "/desk")
    if not sessions.has_admin():
        return RedirectResponse("/first-run", 303)
    if frame.page().person is not None:
        return RedirectResponse(back, 303)
    with frame.plain(_("signin.title")):
        top()
        _draw_form(back)
    return None


def top() -> None:
    """The upper edge of a plain page: the office and the languages."""
    office = sessions.office()
    with parts.box("plain__top", "header"):
        with parts.box("brand", "a").props('href="/"'):
            icons.mark()
            parts.text(office.name or "Foyer", "span")
        frame.language_switch()


def native(label: str, name: str, props: str = "", *, help: str = "", type: str = "text") -> ui.element:
    """A plain field of a form that is sent as one piece."""
    with parts.field(label, help, native=True):
        return ui.element("input").classes("native").props(f'name="{name}" type="{type}" {props}')


def form(action: str) -> ui.element:
    """A form that is sent without leaving the page; its problem appears where `data-problem` is."""
    element = parts.box("stack stack--loose", "form").props(f'action="{action}" method=post novalidate')
    return element.on("submit", js_handler="(e) => foyer.submit(e)")


def problem_line() -> None:
    """Where the form says what is wrong."""
    parts.text("", "p", "field__help field__help--error").props("data-problem role=alert")


def _draw_form(back: str) -> None:
    with parts.box("card-form"):
        parts.text(_("signin.title"), "h1")
        with form("/sign-in"):
            native(
                _("signin.account"),
                "account",
                'required autocomplete="username" autocapitalize=none spellcheck=false autofocus maxlength=80',
            )
            native(_("signin.password"), "password", 'required autocomplete="current-password" maxlength=200', type="password")
            ui.element("input").props(f'type=hidden name=next value="{back}"')
            problem_line()
            with ui.element("button").classes("button button--main").props("type=submit"):
                parts.text(_("signin.go"), "span")
        if sessions.office().is_demo:
            _draw_samples()
        else:
            parts.text(_("signin.forgot"), "p", "quiet small")


def _draw_samples() -> None:
    with parts.box("stack"):
        parts.text(_("signin.samples", password=SAMPLE_PASSWORD), "p", "quiet small")
        with parts.box("chips"):
            for account in SAMPLE_ACCOUNTS:
                chip = ui.element("button").classes("chip").props("type=button")
                with chip:
                    parts.text(account, "b")
                    role = {"desk": "reception"}.get(account, account)
                    parts.text(_(f"role.{role}"), "span")
                fill = (
                    "const f=document.querySelector('form');f.elements.account.value='%s';f.elements.password.value='%s';f.requestSubmit()"
                )
                chip.on("click", js_handler=f"() => {{ {fill % (account, SAMPLE_PASSWORD)} }}")


# ── what the forms send ──


@router.post("/sign-in", include_in_schema=False)
def sign_in(given: Given, request: Request) -> Response:
    """Check the password on a worker thread; a right one gets a new token, whatever cookie the browser brought."""
    try:
        signed = people.sign_in(given.account, given.password, source=request.client.host if request.client else "", at=clock.now())
    except Refused as refusal:
        status = 429 if refusal.code == "signin.wait" else 403
        return problems.problem(request, status, refusal.code, facts=refusal.facts)
    _end(sessions.signed_of(sessions.person_token(request), clock.now()), clock.now())
    response = JSONResponse({"next": sessions.safe_next(given.next, "/desk")})
    keep(response, request, signed, clock.now())
    return response


def keep(response: Response, request: Request, signed: people.SignedIn, at: datetime) -> None:
    """The new cookie of a fresh sign-in."""
    sessions.keep_person(response, request, signed.token, int((signed.expires_at - at).total_seconds()))


@router.post("/sign-out", include_in_schema=False)
def sign_out(request: Request) -> Response:
    """End the session on the server, then take the cookie away."""
    _end(sessions.signed_of(sessions.person_token(request), clock.now()), clock.now())
    response = JSONResponse({"next": "/"}, headers={"Clear-Site-Data": '"cache"'})
    sessions.forget_person(response, request)
    return response


@router.post("/language", include_in_schema=False)
def choose_language(chosen: Chosen, request: Request) -> Response:
    """Keep the language for this browser, and as the person's own when somebody is signed in."""
    if chosen.language not in i18n.LANGUAGES:
        return problems.problem(request, 422, "language.unknown")
    person = sessions.person_of(sessions.person_token(request), clock.now())
    if person is not None:
        perform_now(people.SetLanguage(language=chosen.language), by=person)
    response: Response = JSONResponse({"language": chosen.language})
    sessions.keep_language(response, request, chosen.language)
    return response


def _end(signed: people.Signed | None, at: datetime) -> Any:
    if signed is not None:
        by: Actor = signed.actor
        perform_now(people.EndSession(session_id=signed.session_id), by=by, at=at)

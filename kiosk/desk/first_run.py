"""The first page of a fresh server: the office's name and its first administrator (security.md: ASVS 6.3.2, no default account exists).

Works exactly once; afterwards the address leads to the sign-in page.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from nicegui import APIRouter, ui
from pydantic import BaseModel, StringConstraints, ValidationError

from core.foundation import clock, i18n
from core.foundation.errors import Refused
from core.mechanisms import office, people
from core.mechanisms.operations import SYSTEM, perform_now
from core.web import frame, parts, problems, sessions
from core.web.frame import _
from kiosk.desk.signin import form, keep, native, problem_line, top

router = APIRouter()
LEAST_SIGNS = 10
# What guessing programs try first; length is worth more than signs, so nothing else is demanded (NIST SP 800-63B-4, ASVS 6.2).
COMMON = (
    "password",
    "12345678",
    "123123",
    "qwerty",
    "admin",
    "foyer",
    "letmein",
    "iloveyou",
    "888888",
    "666666",
    "woaini",
    "1qaz2wsx",
    "abc123",
    "aini1314",
)


class Given(BaseModel):
    """What the form sends."""

    office_name: Annotated[str, StringConstraints(max_length=80, strip_whitespace=True)]
    language: Annotated[str, StringConstraints(max_length=10)] = i18n.LANGUAGES[0]
    name: Annotated[str, StringConstraints(max_length=80, strip_whitespace=True)]
    account: Annotated[str, StringConstraints(max_length=40, strip_whitespace=True)]
    password: Annotated[str, StringConstraints(max_length=200, strip_whitespace=False)]


@router.page("/first-run")
def first_run_page() -> RedirectResponse | None:
    if sessions.has_admin():
        return RedirectResponse("/sign-in", 303)
    with frame.plain(_("firstrun.title")):
        top()
        with parts.box("card-form"):
            with parts.box("stack"):
                parts.text(_("firstrun.title"), "h1")
                parts.text(_("firstrun.hint"), "p", "second")
            with form("/first-run"):
                native(_("firstrun.office"), "office_name", f'required maxlength=80 autofocus placeholder="{_("firstrun.office_example")}"')
                native(_("firstrun.name"), "name", 'required maxlength=80 autocomplete="name"')
                native(_("signin.account"), "account", 'required minlength=2 maxlength=40 pattern="[A-Za-z0-9._@\\-]+" autocomplete="username" autocapitalize=none spellcheck=false',
                       help=_("firstrun.account_help"))  # fmt: skip
                native(_("signin.password"), "password", f'required minlength={LEAST_SIGNS} maxlength=200 autocomplete="new-password"', type="password",
                       help=_("firstrun.password_help", least=LEAST_SIGNS))  # fmt: skip
                ui.element("input").props(f'type=hidden name=language value="{frame.lang()}"')
                problem_line()
                with ui.element("button").classes("button button--main").props("type=submit"):
                    parts.text(_("firstrun.go"), "span")
    return None


@router.post("/first-run", include_in_schema=False)
def first_run(given: Given, request: Request) -> Response:
    """Found the office and sign its administrator in."""
    at = clock.now()
    if (weak := weakness(given.password, given.account, given.office_name)) is not None:
        return problems.problem(request, 422, weak, facts={"least": LEAST_SIGNS, "field": "password"})
    try:
        do = office.FoundOffice(
            office_name=given.office_name, language=given.language, name=given.name, account=given.account, password=given.password
        )
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        return problems.problem(request, 422, "firstrun.account_help" if field == "account" else "firstrun.missing", facts={"field": field})
    outcome = perform_now(do, by=SYSTEM, at=at)
    if not outcome.ok:
        return problems.problem(request, 409, outcome.code or "request.failed", facts=outcome.facts)
    try:
        signed = people.sign_in(given.account, given.password, source=request.client.host if request.client else "", at=at)
    except Refused as refusal:
        return problems.problem(request, 403, refusal.code, facts=refusal.facts)
    response = JSONResponse({"next": "/desk"})
    keep(response, request, signed, at)
    return response


def weakness(password: str, *known: str) -> str | None:
    """Why a password is too easy to guess, as a catalogue key, or None. `known` are words a guesser knows (account, office)."""
    lower = password.lower()
    if len(password) < LEAST_SIGNS:
        return "password.too_short"
    if len(set(lower)) < 5:
        return "password.too_plain"
    if any(len(word) >= 3 and word.lower() in lower and len(lower) - len(word) < 6 for word in known):
        return "password.names_you"
    if any(lower.startswith(common) and len(lower) - len(common) < 6 for common in COMMON):
        return "password.common"
    return None

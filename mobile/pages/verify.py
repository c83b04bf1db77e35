"""`/v/CODE`: whether a certificate was issued here and is valid, for anybody who holds the paper (guide S3.2-R4).

It says the number, the day, what it is for and a masked name; a code that is not ours gets a page of the same shape. Codes can not be found by
trying (some 10^16 for each that exists), and who tries many from one address has to wait.
"""

from __future__ import annotations

from fastapi import Request
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n
from core.sections import liaison
from core.sections.liaison import certificates
from core.web import frame, icons, parts, static_files
from core.web.frame import _
from core.web.guards import PageLimit

router = APIRouter()
MISSES = PageLimit(most=12, per_s=1 / 20)  # wrong codes from one address at once, and one more every twenty seconds
MARKS = {"valid": ("check", "free"), "void": ("cross", "busy"), "expired": ("clock", "soon"), "unknown": ("warning", "lost")}


@router.page("/v")
def ask_page() -> None:
    with frame.phone(_("verify.title"), public=True):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("liaison.css")}">')
        parts.text(_("verify.say"), "p", "second")
        _ask("", kind="main")


@router.page("/v/{code}")
def verify_page(code: str, request: Request) -> None:
    _show(code, request)


@router.page("/V/{code}")
def printed_page(code: str, request: Request) -> None:
    """As the code on paper has it."""
    _show(code, request)


def _show(code: str, request: Request) -> None:
    with frame.phone(_("verify.title"), public=True):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("liaison.css")}"><meta name="robots" content="noindex">')
        with database.reading() as s:
            found = liaison.verify(s, code, clock.now())
        wait = MISSES.wait_s(request.client.host if request.client else "") if found.state == "unknown" else 0
        if wait:
            parts.banner(_("verify.too_many", n=wait), "bad")
            return
        icon, tone = MARKS[found.state]
        with parts.box(f"verify verify--{tone}", "section").props(f"role=status data-state={found.state}"):
            icons.icon(icon)
            parts.text(_(f"verify.{found.state}"), "h2")
            parts.text(_("verify.unknown.say" if found.state == "unknown" else "verify.compare"), "p")
        with parts.box("sheet verify__facts"):
            parts.facts(
                (
                    (_("verify.code"), certificates.asked(code) or "–"),
                    (_("verify.office"), frame.office().name if found.state != "unknown" else "–"),
                    (_("verify.number"), found.number or "–"),
                    (_("verify.day"), i18n.full_day(found.issued_on, frame.lang()) if found.issued_on else "–"),
                    (_("verify.until"), i18n.full_day(found.valid_until, frame.lang()) if found.valid_until else "–"),
                    (_("verify.purpose"), found.purpose or "–"),
                    (_("verify.name"), found.name or "–"),
                )
            )
        parts.text(_("verify.asked", time=i18n.day_and_time(clock.now(), clock.zone(), frame.lang())), "p", "quiet small")
        _ask(certificates.asked(code) if found.state == "unknown" else "")


def _ask(code: str, kind: parts.Kind = "plain") -> None:
    def go() -> None:
        plain = "".join(sign for sign in (field.value or "") if sign.isalnum())[:20]
        if plain:
            ui.navigate.to(f"/v/{plain}")

    with parts.box("verify__ask"):
        props = "maxlength=20 autocapitalize=characters autocomplete=off spellcheck=false"
        field = parts.input(_("verify.code"), code, placeholder="ABCD-EFGH-JKMN", props=props)
        parts.on_submit(field, go)
        parts.button(_("verify.ask"), go, kind=kind, wide=True)

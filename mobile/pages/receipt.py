"""`/r/{code}` and `/R/{CODE}`: what a courier's receipt opens: when, which office, how many, and whether it was signed for (guide S1.1-R1; Office 1).

No name, no title and no kind of paper; a code that never was looks like one that was mistyped. `/p/{code}`, a pass, is for the kiosk's reader: here
it only says so.
"""

from __future__ import annotations

from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n
from core.sections import deliveries
from core.web import frame, icons, parts, sessions, static_files
from core.web.frame import _

router = APIRouter()


@router.page("/r/{code}")
@router.page("/R/{code}")
def receipt_page(code: str) -> None:
    with frame.phone(sessions.office().name or "Foyer", public=True):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("badges.css")}"><meta name="robots" content="noindex">')
        with database.reading() as s:
            found = deliveries.receipt_of(s, code[:20])
        if found is None:
            parts.empty(_("receipt.none"), _("receipt.none.say"))
            return
        language, zone = frame.lang(), clock.zone()
        with parts.box("sheet slip"):
            icons.icon("check", "slip__mark")
            parts.text(_("receipt.title"), "h2")
            parts.text(found.office, "p", "strong")
            parts.facts((
                (_("receipt.number"), found.receipt), (_("receipt.received"), i18n.full_moment(found.received_at, zone, language)),
                (_("receipt.pieces"), _("kiosk.receipt.pieces", n=found.pieces)), (_("receipt.state"), _state(found, language)), (_("receipt.seal"), found.seal),
            ))  # fmt: skip
            parts.text(_("receipt.say"), "p", "second")


def _state(found: deliveries.Receipt, language: str) -> str:
    if found.signed_at is None:
        return _("receipt.waiting")
    at = i18n.full_moment(found.signed_at, clock.zone(), language)
    return _("receipt.returned" if found.returned else "receipt.signed", at=at)


@router.page("/p/{code}")
@router.page("/P/{code}")
def pass_page(code: str) -> None:
    """A pass opened in a phone's browser: where it is of use. It says nothing of whether it is good."""
    with frame.phone(sessions.office().name or "Foyer", public=True):
        parts.empty(_("receipt.pass"), _("receipt.pass.say"))

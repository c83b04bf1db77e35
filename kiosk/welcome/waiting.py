"""Waiting until somebody says that the visitor may come in: the true state, and a code to come back with (issue 5: approval per type)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from nicegui import ui

from core.foundation import database
from core.mechanisms import labels
from core.sections import visits
from core.web import frame, parts, qr, sessions
from core.web.frame import _
from kiosk.welcome.screen import Welcome


def waiting(screen: Welcome) -> None:
    """The host and reception are asked. The screen goes on by itself as soon as they answered; who waits elsewhere keeps the code."""
    visit_id: UUID = screen.shown["visit_id"]
    code: str = screen.shown["code"]
    form = screen.form
    screen.head(_("kiosk.waiting", name=form.name), _("kiosk.waiting.say", host=form.host(frame.lang())), mark="clock")
    with parts.box("kiosk__wait", "section"):
        with parts.box("pass__code"):
            qr.draw(f"{sessions.settings().base_url}/S/{code}".upper(), "qr", labels.shown(code))
            parts.text(labels.shown(code), classes="code")
        parts.text(_("kiosk.waiting.code"), "p", "second")
    with parts.box("kiosk__acts", "section"):
        screen.button(_("kiosk.waiting.good"), screen.forget, kind="main", counts=True)

    def answered(_change: object = None) -> None:
        if screen.shown.get("fetching"):
            return  # what fetching the badge changed is no second answer
        with database.reading() as s:
            found = visits.approving.state(s, visit_id)
        if found == visits.approving.GIVEN:
            screen.shown["fetching"] = True
            ui.timer(0, partial(fetch, screen, code), once=True)
        elif found == visits.approving.REFUSED:
            screen.sorry("visit.not_admitted", _("kiosk.waiting.no"))

    screen.foot(reason="general")
    screen.listen(("visit",), answered)
    ui.timer(0, answered, once=True)  # the answer may have come while this was being drawn


async def fetch(screen: Welcome, code: str) -> None:
    """Let in: the badge, once."""
    if screen.step == "signed_in":
        return
    outcome = await screen.do(visits.FetchBadge(code=code))
    if outcome.ok:
        screen.show("signed_in", visit_id=UUID(outcome.result["visit_id"]), code=code)
    elif outcome.code != "op.stale":
        screen.sorry(outcome.code or "", outcome.message(frame.lang()))

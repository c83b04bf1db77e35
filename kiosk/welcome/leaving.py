"""Leaving: one scan of the badge (guide S3.1-R7; pitfall V36)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

from nicegui import ui

from core.foundation import clock, database, i18n
from core.sections import visits
from core.web import elements, frame, parts, qr, static_files
from core.web.frame import _
from kiosk.welcome import coming, reception_card, telling
from kiosk.welcome.screen import Welcome


def leave(screen: Welcome) -> None:
    """Hold the badge to the reader."""
    screen.head(_("kiosk.leaving"), _("kiosk.leaving.say"))
    with parts.box("kiosk__work kiosk__work--badge", "section"):
        with parts.box("kiosk__art"):
            ui.element("img").props(f'src="{static_files.url("scan-badge.svg")}" alt=""')
        if screen.settings.camera != "off":
            elements.Scanner(lambda scan: coming.scanned(screen, scan.text), wedge=False)
    with parts.box("kiosk__also kiosk__also--low", "section"):
        screen.tile("keyboard", _("kiosk.leaving.type"), _("kiosk.leaving.type.say"), partial(screen.show, "leave_code"), go="next")
        parts.text(_("kiosk.leaving.lost"), "p", "second")
    screen.foot(screen.forget, back_words=_("kiosk.home"), reason="leaving")


def leave_code(screen: Welcome) -> None:
    """The eight signs of the badge, typed."""
    screen.head(_("kiosk.leaving.code"), _("kiosk.leaving.code.say"))
    with parts.box("kiosk__keys", "section"):
        elements.Keypad(
            "code", value=screen.typed(), most=8, act=_("kiosk.leave"), label=_("kiosk.leaving.code"), on_change=screen.type,
            on_done=lambda text: coming.scanned(screen, text),
        )  # fmt: skip
    screen.foot(partial(screen.show, "leave"), reason="leaving")


def leaving(screen: Welcome) -> None:
    """An invitation was scanned again while its visitor is here: perhaps they want to go."""
    screen.head(_("kiosk.again", name=screen.form.name), _("kiosk.again.say"))
    if (visit_id := screen.shown.get("visit_id")) is not None:
        with parts.box("list kiosk__told kiosk__told--high", "ul"):
            telling.draw(screen, visit_id, screen.form.host(frame.lang()), stay_longer=False)
    with parts.box("kiosk__acts", "section"):
        screen.button(_("kiosk.again.leave"), partial(check_out, screen), kind="main", icon="leave")
        screen.button(_("kiosk.again.stay"), screen.forget)
    screen.foot(screen.forget, back_words=_("kiosk.home"), reason="leaving")


async def check_out(screen: Welcome) -> None:
    name, code = screen.form.name, screen.form.code
    outcome = await screen.do(visits.CheckOut(code=code))
    if outcome.ok:
        facts = {"minutes": int(outcome.result["minutes"]), "at": clock.now(), "visit_id": UUID(outcome.result["visit_id"])}
        screen.show("goodbye", name=name, code=code, **facts)
    elif outcome.code != "op.stale":
        screen.sorry(outcome.code or "", outcome.message(frame.lang()))


def goodbye(screen: Welcome) -> None:
    """Done, thank you; or it was a mistake, or only for lunch."""
    facts = screen.shown
    stay = i18n.duration(timedelta(minutes=facts["minutes"]), frame.lang())
    with parts.box("hello hello--bye hello--long" if len(facts["name"]) > 6 else "hello hello--bye", "section"):
        parts.text(_("kiosk.goodbye", name=facts["name"]), "h1")
        parts.text(_("kiosk.goodbye.stay", time=f"{clock.local(facts['at']):%H:%M}", stay=stay), "p")
        parts.text(_("kiosk.goodbye.say"), "p")
    if not reception_card.draw(screen, facts["visit_id"], partial(_own_data, facts["visit_id"])):
        _own_data(facts["visit_id"])
    with parts.box("kiosk__acts kiosk__acts--bye kiosk__acts--leave", "section"):
        screen.button(_("kiosk.away.do"), partial(_step_out, screen, facts["code"], facts["name"]), icon="clock")
        screen.button(_("kiosk.undo.do"), partial(_undo, screen, facts["code"], facts["name"]), icon="back")
        screen.button(_("kiosk.finish"), screen.forget, kind="main", counts=True)


async def come_back(screen: Welcome) -> None:
    """The badge of somebody who was out for lunch."""
    name, code = screen.form.name, screen.form.code
    await _then(screen, visits.ComeBack(code=code), "kiosk.returned", name)


async def _step_out(screen: Welcome, code: str, name: str) -> None:
    await _then(screen, visits.StepOut(code=code), "kiosk.away", name)


async def _undo(screen: Welcome, code: str, name: str) -> None:
    await _then(screen, visits.UndoCheckOut(code=code), "kiosk.undone", name)


async def _then(screen: Welcome, do: visits.StepOut | visits.ComeBack | visits.UndoCheckOut, words: str, name: str) -> None:
    outcome = await screen.do(do)
    if outcome.ok:
        screen.show("noted", words=words, name=name)
    elif outcome.code != "op.stale":
        screen.sorry(outcome.code or "", outcome.message(frame.lang()))


def noted(screen: Welcome) -> None:
    """One sentence, and back to the first screen."""
    facts = screen.shown
    with parts.box("hello hello--bye hello--long" if len(facts["name"]) > 4 else "hello hello--bye", "section"):
        parts.text(_(facts["words"], name=facts["name"]), "h1")
        parts.text(_(f"{facts['words']}.say"), "p")
    with parts.box("kiosk__acts kiosk__acts--bye", "section"):
        screen.button(_("kiosk.finish"), screen.forget, kind="main", counts=True)


def _own_data(visit_id: UUID) -> None:
    """The way to one's own data: a code for one phone, good for ten minutes (own_data.py)."""
    with database.reading() as s:
        days = visits.own_data.days_of(s, visit_id)
    with parts.box("kiosk__mine", "section"):
        qr.draw(visits.own_data.ticket_of(visit_id, clock.now()), "kiosk__mine-code", _("own_data.qr"))
        with parts.box("kiosk__mine-words"):
            parts.text(_("own_data.qr"), "strong")
            parts.text(_("own_data.qr.say", n=days), "span", "second")


def mistaken(screen: Welcome) -> None:
    """A badge that was scanned out here a moment ago is held to the reader again: perhaps the first scan was a mistake."""
    facts = screen.shown
    screen.head(_("kiosk.mistaken", name=facts["name"]), _("kiosk.mistaken.say"))
    with parts.box("kiosk__acts", "section"):
        screen.button(_("kiosk.undo.do"), partial(_undo, screen, facts["code"], facts["name"]), kind="main", icon="back")
        screen.button(_("kiosk.mistaken.left"), screen.forget)
    screen.foot(screen.forget, back_words=_("kiosk.home"), reason="leaving")

"""What reception may see and do about a visitor's own data on the visit: the identity number where the office asks for it, and a hold for the law."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui
from pydantic import ValidationError

from core.foundation import clock, database
from core.mechanisms.operations import Operation
from core.sections import visits
from core.sections.visits import VisitState, VisitView, identity
from core.sections.visits.record import RECEPTION
from core.sections.visits.retention import HOLDERS
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.registers import RegisterPage

HOLD_DAYS = 90


def draw(visit: VisitView, page: RegisterPage) -> None:
    """For reception: the number while the visitor is here; for who answers for it: the hold once they have left."""
    by = frame.actor()
    if visit.erased:
        return
    if visit.state == VisitState.HERE and by.has(*RECEPTION):
        with database.reading() as s:
            asked, masked = identity.asked(s, visit.type), identity.masked(s, visit.id, by)
            clear = identity.in_clear(s, visit.id, by, clock.now())
        if asked or masked:
            parts.facts(((_("own_data.id_number"), clear or masked or _("visit_privacy.no_number")),))
            with parts.box("row wrap"):
                if masked and not clear:
                    parts.button(_("visit_privacy.show"), partial(_ask_reason, visit, page))
                parts.button(_("visit_privacy.correct" if masked else "visit_privacy.note"), partial(_ask_number, visit, page))
            if clear:  # readable for a minute: then the page forgets it by itself
                ui.timer(60, page.reopen, once=True)
    elif visit.state in (VisitState.LEFT, VisitState.EXPIRED, VisitState.CANCELLED) and by.has(*HOLDERS):
        parts.button(_("visit_privacy.hold"), partial(_ask_hold, visit.id, page), kind="quiet", icon="lock")


def _form(dialog: Any, page: RegisterPage, act: str, ask: Callable[[], Operation | None], done: str | None = None) -> None:
    """The foot of a form about a visit: what `ask` reads is performed, and None (a field said what is wrong) leaves the form open."""

    async def go() -> None:
        do = ask()
        if do is not None and (await parts.do(do, done=done)).ok:
            dialog.close()
            await page.reopen()

    piles.acts(dialog, act, go)
    dialog.open()


def _ask_reason(visit: VisitView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("visit_privacy.show"), _("visit_privacy.show.say")) as dialog:
        words = parts.input(_("visit_privacy.reason"), autofocus=True, props="maxlength=200")

        def read() -> Operation | None:
            try:
                return identity.RevealIdNumber(visit_id=visit.id, reason=(words.value or "").strip())
            except ValidationError:
                parts.refuse(words, _("visit_privacy.reason_needed"))
                return None

        _form(dialog, page, _("visit_privacy.show"), read)


def _ask_number(visit: VisitView, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("own_data.id_number"), _("visit_privacy.note.say")) as dialog:
        number = parts.input(_("own_data.id_number"), autofocus=True, props="maxlength=40 autocomplete=off")

        def read() -> Operation | None:
            try:
                return identity.NoteIdNumber(visit_id=visit.id, number=number.value or "")
            except ValidationError as error:
                words = str(error.errors()[0]["msg"])
                parts.refuse(number, _("id_number.check" if "id_number.check" in words else "id_number.form"))
                return None

        _form(dialog, page, _("web.save"), read)


def _ask_hold(visit_id: UUID, page: RegisterPage) -> None:
    with parts.sheet_dialog(_("visit_privacy.hold"), _("visit_privacy.hold.say")) as dialog:
        words = parts.input(_("visit_privacy.reason"), autofocus=True, props="maxlength=200")
        last = parts.input(_("visit_privacy.until"), (clock.today() + timedelta(days=HOLD_DAYS)).isoformat(), props="type=date")

        def read() -> Operation | None:
            until = piles.day_of(last)
            parts.refuse(last, None if until else _("visit_privacy.until_needed"))
            if until is None:
                return None
            try:
                return visits.KeepLonger(visit_id=visit_id, reason=(words.value or "").strip(), until_on=until)
            except ValidationError:
                parts.refuse(words, _("visit_privacy.reason_needed"))
                return None

        _form(dialog, page, _("visit_privacy.hold"), read, _("visit_privacy.held"))

"""Calendars at the desk: which rooms take part in calendars elsewhere, how that goes, and a calendar file to bring in (pitfall V23).

The office connects and disconnects; everybody finds here where to make the address of a feed."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms.operations import OFFICE, Operation, Role
from core.sections.bookings import calendars
from core.sections.bookings.calendars import SourceView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.calendar_file import FileDialog
from kiosk.desk.series import refusal_words, room_choices, styles

router = APIRouter(dependencies=[Depends(frame.signed_in)])
KINDS = ("caldav", "feed", "graph")


@router.page("/desk/calendars")
def calendars_page() -> None:
    with frame.desk("calendars", _("nav.calendars")):
        styles()
        CalendarsPage()


class CalendarsPage:
    """One line for each source, its trouble in a banner with the one act that helps."""

    def __init__(self) -> None:
        by = frame.actor()
        self.keeper = by.has(Role.ADMIN, Role.CLERK)
        with parts.head(_("nav.calendars"), _("calendars.sub")):
            parts.button(_("calendars.mine"), href="/my/calendars", icon="link")
            if by.has(*OFFICE):
                parts.button(_("calendars.bring"), lambda: FileDialog(self.draw), icon="receive")
            if self.keeper:
                parts.button(_("calendars.connect"), self._connect_dialog, kind="main", icon="plus")
        self.box = parts.box("calendars")
        self.draw()
        ui.context.client.on_delete(live.subscribe("calendar_source", self._changed))

    def _changed(self, _change: Change) -> None:
        if not self.box.is_deleted:
            with self.box:
                self.draw()

    def draw(self) -> None:
        at = clock.now()
        with database.reading() as s:
            found = calendars.sources_of(s, None, KINDS)
            missed = {source.id: calendars.declined(s, source.id, at, 3) for source in found if source.declined}
        self.box.clear()
        with self.box:
            if not found:
                parts.empty(_("calendars.none"), _("calendars.none_hint"))
                return
            with parts.box("sheet"):
                for source in found:
                    self._draw_source(source, missed.get(source.id, []))

    def _draw_source(self, source: SourceView, missed: list[calendars.DeclinedView]) -> None:
        with parts.box("source").props(f'data-source="{source.id}"'):
            with parts.box("source__words"):
                parts.text(source.room, "b")
                parts.text(parts.joined(_(f"calendars.kind.{source.kind}"), source.name or source.url), "small")
                read = i18n.day_and_time(source.read_at, clock.zone(), frame.lang()) if source.read_at else ""
                counts = _("calendars.counts", n=source.accepted, declined=source.declined)
                parts.text(parts.joined(_("calendars.read", at=read) if read else _("calendars.unread"), counts), "small")
            if source.problem:
                parts.pill(_("calendars.trouble"), "busy", icon="warning")
            else:
                parts.pill(_("calendars.fine") if source.read_at else _("calendars.waiting"), "free" if source.read_at else "soon")
            if self.keeper:
                parts.button(_("calendars.disconnect"), partial(self._ask_disconnect, source), kind="quiet")
            if source.problem:
                with parts.banner(_problem_words(source), "bad"):
                    if source.empty and self.keeper:
                        parts.button(
                            _("calendars.confirm_empty"), partial(self._do, calendars.ConfirmEmpty(source_id=source.id)), kind="stop"
                        )
            for one in missed:
                starts = i18n.day_and_time(one.starts_at, clock.zone(), frame.lang()) if one.starts_at else ""
                why = refusal_words(one.reason, {"room": source.room, **one.facts})
                parts.banner(parts.joined(one.summary, starts, why), "info", icon="calendar")

    async def _do(self, do: Operation) -> None:
        if (await parts.do(do)).ok:
            self.draw()

    async def _ask_disconnect(self, source: SourceView) -> None:
        words = _("calendars.disconnect_words", n=source.accepted)
        if await parts.confirm(
            _("calendars.disconnect_title", room=source.room), words, act=_("calendars.disconnect"), stay=_("calendars.stay")
        ):
            await self._do(calendars.DisconnectCalendar(source_id=source.id))

    def _connect_dialog(self) -> None:
        with parts.sheet_dialog(_("calendars.connect"), _("calendars.connect_hint")) as dialog:
            room = parts.select(_("series.column.room"), room_choices(), None, search=True)
            kind = parts.select(_("calendars.kind"), {key: _(f"calendars.kind.{key}") for key in KINDS}, "caldav")
            url = parts.input(_("calendars.url"), placeholder="https://", props="type=url maxlength=1000 spellcheck=false")
            account = parts.input(_("calendars.account"), props="maxlength=200 autocomplete=off")
            password = parts.input(_("calendars.password"), password=True, props="maxlength=500 autocomplete=new-password")
            problem = parts.text("", "p", "field__help field__help--error").props("role=alert")

            async def save() -> None:
                if not room.value or len((url.value or "").strip()) < 8:
                    problem.set_text(_("calendars.incomplete"))
                    return
                given: dict[str, Any] = {"account": account.value or "", "password": password.value or ""}
                do = calendars.ConnectCalendar(room_id=UUID(str(room.value)), kind=kind.value, url=url.value.strip(), **given)
                outcome = await parts.do(do, done=_("calendars.connected"), quiet=True)
                if outcome.ok:
                    dialog.close()
                    self.draw()
                else:
                    problem.set_text(outcome.message(frame.lang()))

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("calendars.connect"), save, kind="main")
        dialog.open()


def _problem_words(source: SourceView) -> str:
    """What went wrong, with the server's own word; of one that does not answer, what that means for the room instead."""
    if source.problem.startswith("reach."):
        return _(source.problem) + ("" if frame.lang() != "en" else " ") + _("calendars.stays")
    return parts.joined(_(source.problem), source.detail)

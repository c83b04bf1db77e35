"""Who a meeting is for, at the desk: who was asked, who comes, who is asked still; and the reply that came to a host's own mailbox, handed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from core.foundation import database
from core.foundation.i18n import LANGUAGE_NAMES
from core.mechanisms import people
from core.mechanisms.operations import Operation
from core.sections.bookings import calendars
from core.web import frame, icons, parts, sessions
from core.web.elements.text_file import text_file
from core.web.frame import _

TONES: dict[str, parts.Tone] = {"accepted": "free", "tentative": "soon", "declined": "busy", "": "held"}


def draw_attendees(
    again: Callable[[], Any], *, booking_id: UUID | None = None, series_id: UUID | None = None, may: bool, live: bool
) -> None:
    """Everybody the booking or the series is for with what they answered. `may`: this person may ask others; `live`: it is still to come."""
    with database.reading() as s:
        found = calendars.attendees(s, booking_id, series_id)
    if not found and not (may and live):
        return
    coming = sum(one.answer == "accepted" for one in found)
    parts.text(_("attendees.title", n=len(found), coming=coming) if found else _("attendees.nobody"), "h3")
    with parts.rows("list attendees") if found else parts.box():
        for one in found:
            with parts.item(one.name, one.comment, icon="person"):
                parts.pill(_(f"attendees.answer.{one.answer or 'none'}"), TONES.get(one.answer, "held"))
                if may and live:
                    away = parts.box("round", "button").props(f'type=button aria-label="{_("series.uninvite", name=one.name)}"')
                    with away:
                        icons.icon("cross")
                    parts.on_tap(away, partial(_do, calendars.Uninvite(attendee_id=one.id), "", again))
    if not (may and live):
        return
    with parts.box("row wrap"):
        parts.button(_("attendees.ask"), partial(_ask_dialog, booking_id, series_id, again), icon="send")
        if found:
            text_file(_("attendees.reply"), ".ics,text/calendar", partial(_hand_in, again), lambda: parts.problem(_("attendees.too_big")))


async def _do(do: Operation, done: str, again: Callable[[], Any]) -> None:
    if (await parts.do(do, done=done or None)).ok:
        await parts.run(again)


async def _hand_in(again: Callable[[], Any], _name: str, text: str) -> None:
    outcome = await parts.do(calendars.TakeReply(text=text))
    if outcome.ok:
        first = outcome.result["answers"][0]
        parts.toast(_("attendees.taken", who=first["who"], answer=_(f"attendees.answer.{first['answer']}")))
        await parts.run(again)


def _ask_dialog(booking_id: UUID | None, series_id: UUID | None, again: Callable[[], Any]) -> None:
    with database.reading() as s:
        colleagues = {str(one.id): one.name for one in people.search(s, limit=2000)}
    with parts.sheet_dialog(_("attendees.ask"), _("series.invite_hint")) as dialog:
        colleague = parts.select(_("attendees.colleague"), colleagues, None, search=True)
        parts.text(_("attendees.or_outside"), "p", "quiet small")
        email = parts.input(_("series.guest_email"), props="type=email maxlength=254")
        name = parts.input(_("series.guest_name"), props="maxlength=80")
        speaks = parts.select(_("desk.visits.language"), LANGUAGE_NAMES, sessions.office().language)

        async def save() -> None:
            address = (email.value or "").strip()
            guests = [calendars.Guest(person_id=UUID(str(colleague.value)))] if colleague.value else []
            if address:
                guests.append(calendars.Guest(email=address[:254], name=(name.value or "").strip(), language=speaks.value))
            if not guests:
                parts.refuse(email, _("attendees.whom"))
                return
            do = calendars.Invite(booking_id=booking_id, series_id=series_id, guests=tuple(guests))
            outcome = await parts.do(do, done=_("series.invited"), quiet=True)
            parts.refuse(email, None if outcome.ok else outcome.message(frame.lang()))
            if outcome.ok:
                dialog.close()
                await parts.run(again)

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("series.invite"), save, kind="main", icon="send")
    dialog.open()

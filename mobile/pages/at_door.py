"""`/d/{code}`: what the code on a door screen opens on a phone: this room, in this person's own name, for ten minutes (guide S1.3-R1).

A stranger learns only that this is an office's door; their browser keeps a ticket while they sign in. An old code opens nothing but the hint
to scan the one the door shows now."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms.operations import perform_now
from core.sections import bookings
from core.sections.bookings import ActHere, Arrive, DoorState
from core.web import frame, parts, sessions
from core.web.frame import _

router = APIRouter()
TICKET_COOKIE = "foyer_door_ticket"
LENGTHS = (30, 60)
MORE = (15, 30)


@router.page("/d/{code}")
@router.page("/D/{code}")
def code_page(code: str, request: Request) -> Response | None:
    """Arrive at once, or keep a ticket for whoever signs in first."""
    if sessions.person_of(sessions.person_token(request), clock.now()) is not None:
        with frame.phone(_("here.title"), "/my"):
            arrive(code)
        return None
    with database.reading() as s:
        ticket = bookings.ticket_for(s, code, clock.now())
    if ticket is None:
        with frame.phone(sessions.office().name or "Foyer", public=True):
            parts.empty(_("here.old"), _("here.old_hint"))
        return None
    response = RedirectResponse("/d", 303)
    response.set_cookie(TICKET_COOKIE, ticket, max_age=300, path="/d", httponly=True, samesite="lax", secure=request.url.scheme == "https")
    return response


@router.page("/d")
def ticket_page(request: Request) -> None:
    """After signing in: the door whose code this browser read."""
    ticket = request.cookies.get(TICKET_COOKIE, "")[:200]
    if sessions.person_of(sessions.person_token(request), clock.now()) is None:
        with frame.phone(sessions.office().name or "Foyer", public=True):
            parts.empty(_("here.stranger"), _("here.stranger_hint"))
            parts.button(_("here.sign_in"), href="/sign-in?next=/d", kind="main", wide=True)
        return
    with frame.phone(_("here.title"), "/my"):
        arrive(ticket if len(ticket) >= bookings.presence.LENGTH else "-" * bookings.presence.LENGTH)


def arrive(code: str) -> None:
    """Draw the room, or why not."""
    by = frame.actor()
    outcome = perform_now(Arrive(code=code[:200].ljust(bookings.presence.LENGTH, "-")), by=by)
    if not outcome.ok:
        parts.empty(_("here.old"), _("here.old_hint"))
        return
    AtDoor(UUID(str(outcome.result["presence_id"])), UUID(str(outcome.result["room_id"])))


class AtDoor:
    """The room's state and what this person may do here now; it follows what happens to the room."""

    def __init__(self, presence_id: UUID, room_id: UUID) -> None:
        self.presence_id, self.room_id = presence_id, room_id
        self.draw()
        client = ui.context.client

        async def changed(change: Change) -> None:
            if change.id == str(room_id) and client.has_socket_connection and not client.is_deleted:
                with client:
                    self.draw.refresh()
            await asyncio.sleep(0)

        client.on_delete(live.subscribe("room", changed))
        ui.timer(20, self.draw.refresh, immediate=False)  # the plan itself goes on, and ten minutes end

    @ui.refreshable_method
    def draw(self) -> None:
        at = clock.now()
        with database.reading() as s:
            here = bookings.present(s, self.presence_id, frame.actor().person_id, at)
            view = bookings.door_state(s, self.room_id, at) if here else None
        if here is None or view is None:
            parts.empty(_("here.old"), _("here.old_hint"))
            return
        phase = view.phases[0]
        name = view.name_en if frame.lang() == "en" and view.name_en else view.name
        until = f"　{_('here.until', until=_time(phase.until))}" if phase.until else ""
        with parts.box("sheet stack here"):
            parts.text(name, "h2", "thing__title")
            with parts.box("row"):
                parts.pill(_(f"door.word.{phase.state}") + until, phase.state, icon=phase.state)  # type: ignore[arg-type]  # states are the pill's tones
        with parts.box("stack here__acts"):
            self._draw_acts(view, at)
        parts.text(_("here.valid", until=_time(here.until)), "p", "quiet small")

    def _draw_acts(self, view: DoorState, at: datetime) -> None:
        phase = view.phases[0]
        slot = view.slots[phase.slot] if phase.slot is not None else None
        if phase.state in ("free", "soon") and phase.until is not None:
            left = int((phase.until - at).total_seconds()) // 60
            lengths = [n for n in LENGTHS if n <= left] or ([left] if left >= 5 else [])
            for number, minutes in enumerate(lengths):
                words = _("here.book", n=minutes, until=_time(at + timedelta(minutes=minutes)))
                parts.button(words, partial(self._act, "book", None, minutes), kind="plain" if number else "main", wide=True)
        if slot is not None and (phase.state == "held" or (phase.state == "soon" and slot.check_in_from and slot.check_in_from <= at)):
            parts.button(
                _("here.check_in"),
                partial(self._act, "check_in", slot.id, None),
                kind="main" if phase.state == "held" else "plain",
                wide=True,
            )
        if phase.state == "busy" and slot is not None and phase.limit is not None:
            fits = [n for n in MORE if slot.ends_at + timedelta(minutes=n) <= phase.limit]
            for minutes in fits:
                words = _("here.extend", n=minutes, until=_time(slot.ends_at + timedelta(minutes=minutes)))
                parts.button(words, partial(self._act, "extend", slot.id, minutes), wide=True)
            parts.button(_("here.end"), partial(self._act, "end", slot.id, None), kind="stop", wide=True)
        parts.button(_("door.act.rooms"), href="/my/book", kind="quiet", wide=True)

    async def _act(self, act: str, booking_id: UUID | None, minutes: int | None) -> None:
        given = {name: value for name, value in (("booking_id", booking_id), ("minutes", minutes)) if value is not None}
        outcome = await parts.do(ActHere(presence_id=self.presence_id, act=act, **given), quiet=True)  # type: ignore[arg-type]
        if outcome.ok:
            ends = outcome.result.get("ends_at") if isinstance(outcome.result, dict) else None
            parts.toast(
                _(f"here.done.{act}", until=_time(datetime.fromisoformat(ends)) if isinstance(ends, str) else _time(ends) if ends else "")
            )
        else:
            parts.problem(outcome.message(frame.lang()))
        self.draw.refresh()


def _time(moment: datetime | None) -> str:
    return i18n.clock_time(moment, clock.zone()) if moment is not None else ""

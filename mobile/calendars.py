"""Routes of the API that only calendars have: feeds read with a key, a calendar file brought in (contract.md, HTTP API; pitfall V29).

A feed's key stands in its address, because calendar programs can not sign in; it opens this one calendar and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, File, Request, Response, UploadFile
from sqlmodel import Session

from core.foundation import clock, database
from core.foundation.errors import Refused
from core.mechanisms.operations import PERSON_ROLES, SYSTEM, Actor, Role, perform, perform_now
from core.sections import bookings, rooms
from core.sections.bookings import calendars
from core.sections.bookings.calendars.ics import MOST_BYTES
from core.sections.bookings.feeds import person_calendar
from core.web import sessions
from mobile.api import Caller, Problem, language, maybe_caller

router = APIRouter(tags=["calendars"])
MaybeCaller = Annotated[Actor | None, Depends(maybe_caller)]


@router.get("/v1/rooms/{id}/calendar.ics", summary="The room's calendar as a feed")
async def room_feed(id: str, request: Request, actor: MaybeCaller, key: str = "") -> Response:
    """With the feed's key, or signed in. Titles only for a room that is marked public, otherwise the department."""
    speech = language(request)

    def work(s: Session) -> str:
        room = rooms.find(s, id)
        _allowed(s, "room", room.place_id if room else None, key, actor)
        if room is None:
            raise Refused("room.not_found")
        return bookings.room_calendar(s, room.place_id, clock.now(), speech, _host())

    return await _feed(request, work)


@router.get("/v1/people/{id}/calendar.ics", summary="A person's own calendar as a feed")
async def person_feed(id: UUID, request: Request, actor: MaybeCaller, key: str = "") -> Response:
    """With the feed's key, or signed in as that person: what they host, booked, or are invited to."""
    speech = language(request)

    def work(s: Session) -> str:
        _allowed(s, "person", id, key, actor)
        invited = calendars.invited_to(s, id)
        return person_calendar(s, id, clock.now(), speech, _host(), invited)

    return await _feed(request, work)


@router.post("/v1/rooms/{id}/calendar", summary="Bring a calendar file into a room, or say what that would do")
async def bring(id: str, actor: Caller, file: Annotated[UploadFile, File()], dry_run: bool = True) -> dict[str, Any]:
    """Each event to come asks for the room by the rules of any booking; a row says what became of it. A dry run writes nothing."""
    data = await file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Problem(413, "calendar.too_big", limit_mb=MOST_BYTES // 1_000_000)
    text = data.decode("utf-8", "replace")

    def room_id() -> UUID:
        with database.reading() as s:
            room = rooms.find(s, id)
        if room is None:
            raise Refused("room.not_found")
        return room.place_id

    do = calendars.ImportCalendar(room_id=await asyncio.to_thread(room_id), text=text, name=(file.filename or "")[:80])
    if dry_run:

        def work() -> dict[str, Any]:
            with database.reading() as s:
                return calendars.dry_run(s, do, actor, clock.now())

        return await asyncio.to_thread(work)
    outcome = await perform(do, by=actor)
    if not outcome.ok:
        raise Problem(403 if outcome.code == "op.not_allowed" else 422, outcome.code or "op.failed", **outcome.facts)
    return dict(outcome.result)


def _allowed(s: Session, kind: str, subject_id: UUID | None, key: str, actor: Actor | None) -> None:
    """Let in who has the key, or who may read this anyway; whether the calendar exists is told to nobody else."""
    if key:
        found = calendars.find(s, key, kind, subject_id) if subject_id is not None else None
        if found is None:
            raise Problem(403, "calendar.key_wrong")
        s.info["used_key"] = calendars.used_once(found, clock.now())
        return
    if actor is None:
        raise Problem(401, "session.needed")
    if kind == "person":
        if subject_id != actor.person_id:
            raise Problem(403, "op.not_allowed", kind="calendar.read")
    elif actor.has(Role.DOOR):
        if subject_id != actor.room_id:
            raise Problem(403, "op.not_allowed", kind="room.read")
    elif not actor.has(*PERSON_ROLES):
        raise Problem(403, "op.not_allowed", kind="room.read")


async def _feed(request: Request, read: Callable[[Session], str]) -> Response:
    def work() -> str:
        with database.reading() as s:
            text = read(s)
            used = s.info.get("used_key")
        if used is not None:
            do, op_id = used
            perform_now(do, by=SYSTEM, op_id=op_id)
        return text

    text = await asyncio.to_thread(work)
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": tag, "Referrer-Policy": "no-referrer"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)


def _host() -> str:
    return urlsplit(sessions.settings().base_url).hostname or "foyer"

"""Routes of the API that only door screens have: their codes, the floor they hang on, their picture on electronic paper, and what they say of
themselves (contract.md, HTTP API; pitfall V40). A door reads and reports for itself and its own room, never for another."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from assets_labels import door_picture
from assets_labels.errors import DrawingError
from assets_labels.matrices import qr_codes
from core.foundation import clock, database, i18n
from core.mechanisms import devices, office, shapes
from core.mechanisms.operations import DEVICE_ROLES, Actor, Role, as_json
from core.sections import bookings, roomcare
from core.sections.bookings import presence
from core.sections.rooms import Room
from core.web import sessions
from mobile.api import Caller, Problem
from mobile.rooms import read_room

router = APIRouter(tags=["rooms"])
CODES_AT_ONCE = 20  # ten minutes: a house full of doors asks for the next ones once in a while, not all at every half-minute
MOST_PICTURE = 60_000


@router.get("/v1/rooms/{id}/door/codes", summary="The codes this door shows in the next ten minutes")
async def codes(id: str, actor: Caller) -> dict[str, Any]:
    """For the room's own paired door only. `rows` are the modules of the QR code, without its quiet zone."""

    def read(s: Session, room: Room) -> tuple[presence.DoorCode, ...]:
        if not actor.has(Role.DOOR) or actor.device_id is None:
            raise Problem(403, "op.not_allowed", kind="room.read")
        return presence.codes(s, actor.device_id, clock.now(), CODES_AT_ONCE)

    found = await read_room(id, actor, read)

    def draw() -> list[dict[str, Any]]:
        drawn = qr_codes(sessions.settings().base_url, "/D/", presence.LENGTH)
        return [{"starts_at": code.starts_at, "ends_at": code.ends_at, "rows": drawn.bits(code.code)} for code in found]

    try:
        return {"items": as_json(await asyncio.to_thread(draw))}
    except DrawingError:
        return {"items": []}  # an address no scanner could open: no code is better than a wrong one


@router.get("/v1/rooms/{id}/plan", summary="The floor of this room, drawn, with the state of each room")
async def plan(id: str, actor: Caller) -> dict[str, Any]:
    """`floor` is null where nobody drew it. Rooms carry department and times, never titles or names."""

    def read(s: Session, room: Room) -> roomcare.FloorPlan | None:
        floor_id = shapes.floor_of(s, room.place_id)
        found = roomcare.floor_plan(s, floor_id, clock.now()) if floor_id is not None else None
        return found if found is not None and any(one.id == room.place_id for one in found.rooms) else None

    return {"floor": as_json(await read_room(id, actor, read))}


@router.get("/v1/rooms/{id}/door.png", summary="The door as a picture for electronic paper", response_class=Response)
async def picture(
    id: str, actor: Caller, request: Request, size: str = "800x480", depth: int = 1, language: str = ""
) -> Response:  # fmt: skip
    """`size` is one of the panels we know, `depth` 1 (black and white) or 2 (four greys). `Foyer-Sleep-Seconds` says how long the panel may
    sleep; an unchanged picture is a 304. A panel may say its `Foyer-Battery` (percent) and `Foyer-Version`."""
    sizes = {f"{width}x{height}": (width, height) for width, height in door_picture.SIZES}
    if size not in sizes or depth not in door_picture.DEPTHS:
        raise Problem(422, "door.picture_size", sizes="、".join(sizes))
    at = clock.now()

    def read(s: Session, room: Room) -> tuple[bookings.DoorState, str]:
        info = office.info(s)
        return bookings.door_state(s, room.place_id, at), info.language if info else i18n.LANGUAGES[0]

    view, spoken = await read_room(id, actor, read)
    spoken = language if language in i18n.LANGUAGES else spoken
    what = door_picture.told(view, at, spoken)
    tag = f'"{hashlib.sha256(repr((what, size, depth, spoken)).encode()).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Foyer-Sleep-Seconds": str(door_picture.sleep_s(view, at))}
    if actor.has(Role.DOOR):
        await _note_paper(actor, request, what.state, size)
    if request.headers.get("if-none-match") == tag:
        return Response(None, 304, headers)
    return Response(await asyncio.to_thread(door_picture.draw, what, sizes[size], depth, spoken), 200, headers, "image/png")


class Report(BaseModel):
    """What a screen says about itself. `shown` is what it shows, in its own words; `picture` a small picture it drew of itself."""

    model_config = ConfigDict(extra="forbid")
    app_version: Annotated[str, Field(max_length=40)] = ""
    battery: Annotated[int, Field(ge=0, le=100)] | None = None
    shown: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=300)] | int | float | bool | None] | None = None
    picture: Annotated[str, Field(max_length=MOST_PICTURE, pattern=r"^(data:image/(png|webp|jpeg);base64,[A-Za-z0-9+/=]+)?$")] | None = None


@router.post("/v1/devices/report", summary="A screen says what it shows and how it is", status_code=204, tags=["devices"])
async def report(said: Report, actor: Caller, request: Request) -> Response:
    """For paired devices, about themselves."""
    if actor.device_id is None or not actor.has(*DEVICE_ROLES) or (said.shown is not None and len(said.shown) > 40):
        raise Problem(403 if actor.device_id is None else 422, "op.not_allowed")
    id, at = actor.device_id, clock.now()
    await asyncio.wrap_future(
        database.writer().submit(
            lambda: devices.note_report(
                id, at, app_version=said.app_version, battery=said.battery, shown=said.shown, picture=said.picture,
                address=request.client.host if request.client else "",
            )
        )
    )  # fmt: skip
    return Response(status_code=204)


async def _note_paper(actor: Actor, request: Request, state: str, size: str) -> None:
    battery = request.headers.get("foyer-battery", "")
    id, at = actor.device_id, clock.now()
    if id is None:
        return
    level = int(battery) if battery.isascii() and battery.isdigit() and int(battery) <= 100 else None
    version = request.headers.get("foyer-version", "")[:40]
    await asyncio.wrap_future(
        database.writer().submit(
            lambda: devices.note_report(
                id, at, app_version=version, battery=level, shown={"state": state, "panel": size, "paper": True}, showing=f"door.png {size}",
                address=request.client.host if request.client else "",
            )
        )
    )  # fmt: skip

"""Pairing a kiosk or a door screen: the panel takes the code the desk shows, once, within ten minutes (security.md, Device enrolment; ASVS 6.4.1).

The desk's QR code opens this page with the code behind `#`, which no server and no log ever sees. In the sample office only, a browser on the
server's own machine is paired by opening the address.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from nicegui import APIRouter
from pydantic import BaseModel, StringConstraints

from core.foundation import clock, database, i18n
from core.foundation.ids import derived
from core.mechanisms import devices, office, places
from core.mechanisms.operations import SYSTEM, Role, perform_now
from core.web import elements, frame, guards, parts, problems, sessions
from core.web.frame import _
from kiosk.desk.signin import top

router = APIRouter()
HOME = {Role.KIOSK: "/welcome", Role.DROP_BOX: "/drop-box", Role.DOOR: "/door"}


class Given(BaseModel):
    """What the pairing page sends."""

    code: Annotated[str, StringConstraints(max_length=40)]
    next: Annotated[str, StringConstraints(max_length=500)] = ""


@router.page("/pair")
def pair_page(request: Request, room: str = "", next: str = "") -> Response | None:
    role = Role(asked) if (asked := request.query_params.get("as", "kiosk")) in HOME else Role.KIOSK
    back = sessions.safe_next(next, HOME[role])
    if guards.is_here(request) and sessions.office().is_demo and (key := pair_sample(role, room)) is not None:
        response = RedirectResponse(back, 303)
        sessions.keep_device(response, request, role, key)
        return response
    with frame.plain(_("pair.title"), fixed=True):
        top()
        with parts.box("card-form card-form--wide card-form--pad"):
            with parts.box("stack"):
                parts.text(_("pair.title"), "h1")
                parts.text(_("pair.hint"), "p", "second")
                parts.text(_("pair.where", address=f"{sessions.settings().base_url}/desk/devices"), "p", "quiet small")
            elements.CodePad(action="/pair", fields={"next": back})
    return None


@router.post("/pair", include_in_schema=False)
def pair(given: Given, request: Request) -> Response:
    """Bind a new key to the device of this code."""
    key, key_hash = devices.new_key()
    code = given.code.strip().upper().replace("-", "").replace(" ", "")
    if not 4 <= len(code) <= 40:
        return problems.problem(request, 422, "device.code_unknown")
    outcome = perform_now(devices.PairDevice(code=code, key_hash=key_hash), by=SYSTEM)
    if not outcome.ok:
        return problems.problem(request, 403, outcome.code or "device.code_unknown", facts=outcome.facts)
    role = Role(outcome.result["role"])
    if role not in HOME:
        return problems.problem(request, 409, "device.not_here")
    response: Response = JSONResponse({"next": _home(role, outcome.result.get("room_id"), given.next)})
    sessions.keep_device(response, request, role, key)
    return response


def _home(role: Role, room_id: str | None, asked: str) -> str:
    if role is not Role.DOOR or room_id is None:
        return HOME.get(role, "/welcome")
    with database.reading() as s:
        place = s.get(places.Place, UUID(room_id))
    return f"/door/{place.short_name or place.id}" if place else sessions.safe_next(asked)


# ── the sample office ──


def pair_sample(role: Role, room: str) -> str | None:
    """The key of the sample office's own device of this role and room, made and paired when needed; None when there is no such room.

    The key is derived from the office's secret, so that every browser of this machine becomes the same device and the list of devices stays short."""
    with database.reading() as s:
        shown = office.info(s)
        place = places.find(s, room) if room else None
    if shown is None or not shown.is_demo or (role is Role.DOOR and place is None):
        return None
    device_id = derived("sample-device", role, place.id if place else "")
    key = "dev_" + hmac.new(sessions.settings().secret(), f"{role}/{device_id}".encode(), hashlib.sha256).hexdigest()
    with database.reading() as s:
        if devices.who(s, key) is not None:
            return key
        known = s.get(devices.Device, device_id) is not None
    name = place.name if place else i18n.t("pair.sample_kiosk" if role is Role.KIOSK else f"role.{role}", shown.language)
    invite = (
        devices.InviteDevice(device_id=device_id)
        if known
        else devices.AddDevice(id=device_id, name=name, role=role, room_id=place.id if place else None)
    )
    outcome = perform_now(invite, by=SYSTEM, at=clock.now())
    if not outcome.ok:
        return None
    paired = perform_now(
        devices.PairDevice(code=outcome.result["code"], key_hash=hashlib.sha256(key.encode()).hexdigest()), by=SYSTEM, at=clock.now()
    )
    return key if paired.ok else None

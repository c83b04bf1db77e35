"""Routes of the API that only kiosks have: what one needs for a day without the server (core/sections/visits/offline.py)."""

from __future__ import annotations

import base64
from typing import Any

from fastapi import APIRouter, Response

from core.foundation import clock, database, vault
from core.foundation.i18n import LANGUAGES
from core.mechanisms import kiosks, office
from core.mechanisms.operations import Role, as_json
from core.sections import visits
from mobile.api import Caller, Problem

router = APIRouter(tags=["visits"])


@router.get("/v1/kiosk/offline", summary="What a kiosk keeps for a time without the server")
async def offline_pack(actor: Caller, response: Response) -> dict[str, Any]:
    """For paired kiosks: the keys that check invitations, the key to which entries are sealed, the notice in force in each language with its hash, the
    office's name, zone, language, reception's number and whether the camera is used. Nobody's data."""
    if not actor.has(Role.KIOSK) or actor.device_id is None:
        raise Problem(403, "op.not_allowed", kind="visit.keep_offline")
    response.headers["Cache-Control"] = "private, no-store"
    with database.reading() as s:
        shown = office.info(s)
        notices = {language: visits.current(s, language) for language in LANGUAGES}
        reception = str(office.setting(s, "reception.phone"))
        camera = str(office.setting(s, "kiosk.camera"))
        profile = kiosks.of(s, actor.device_id)
    x, y = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in vault.box_key())
    return {
        **visits.codes.public_keys(),
        "now": as_json(clock.now()),
        "box": {"kty": "EC", "crv": "P-256", "x": x, "y": y},
        "notices": as_json(notices),
        "office": shown.name if shown else "",
        "language": shown.language if shown else LANGUAGES[0],
        "languages": list(profile.languages),
        "reception": reception,
        "camera": camera,
    }

"""Door screens: `/door/{room}` (id or short name), for the device that is paired with that room (house.md §4, look.md §3 and §9).

The element in `door.js` draws itself from the day as data; this module only opens the page, and `live` tells the doors what changed.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import Response
from fastapi.responses import RedirectResponse
from nicegui import APIRouter, dependencies, ui

from core.foundation import database, i18n
from core.foundation.errors import Refused
from core.mechanisms.operations import Role
from core.sections import rooms
from core.web import frame, static_files
from kiosk.door import live

router = APIRouter()
API = "/api/v1"
SHORT = {"zh-Hans": "简", "zh-Hant": "繁", "en": "EN"}
PARTS = Path(__file__).parent / "parts"


def fingerprint() -> str:
    """The hash of everything a door runs in the browser: another one is another version, never the same address with other content."""
    files = sorted([*PARTS.glob("*.js"), Path(__file__).parent / "door.js"])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


# Browsers keep modules for a year by their address; NiceGUI makes that of the folder and this number.
dependencies.register_esm("foyer-door", PARTS, max_time=float(int(fingerprint()[:12], 16)))


class Door(ui.element, component="door.js"):
    """A room's door as one element: it fetches its view at every connect, and lives from what `live` emits. Its words in three languages come
    as a script of their own, which a browser keeps: they would be most of the page."""

    def __init__(self, room_id: UUID, language: str, *, sample: bool) -> None:
        super().__init__()
        self._props["room"] = str(room_id)
        self._props["language"] = language
        self._props["languages"] = SHORT
        self._props["api"] = API
        self._props["sample"] = sample


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Every sentence of a door, by language; one object for all doors."""
    return {language: i18n.part(("door.", "room.equipment.", "roomcare.help.", "roomcare.item."), language) for language in i18n.LANGUAGES}


@lru_cache(maxsize=1)
def _script() -> tuple[bytes, str]:
    """The words as a script, and its hash."""
    text = f"window.foyerDoorTexts = {json.dumps(words(), ensure_ascii=False, separators=(',', ':'))};".encode()
    return text, hashlib.sha256(text).hexdigest()[:12]


@router.get("/door-words.js", include_in_schema=False)
def door_words(v: str = "") -> Response:
    """For ever under the address a page links; asked again otherwise."""
    text, version = _script()
    return Response(text, media_type="text/javascript", headers={"Cache-Control": static_files.FOREVER if v == version else "no-cache"})


@router.page("/door/{room}")
def door_page(room: str) -> None:
    with database.reading() as s:
        found = rooms.named(s, room)
    if found is None:
        raise Refused("room.not_found")
    room_id, name = found
    with frame.door(name, room_id):
        ui.add_head_html(f'<script src="/door-words.js?v={_script()[1]}"></script>')
        Door(room_id, frame.office().language, sample=frame.office().is_demo)
    live.watch(ui.context.client, room_id)


@router.page("/door")
def own_door_page() -> Response:
    """The door this screen is paired with. Raises PairingNeeded."""
    with frame.door():
        room_id = frame.require(Role.DOOR).room_id
    return RedirectResponse(f"/door/{room_id}", 303)

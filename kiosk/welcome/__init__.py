"""The kiosk in the foyer: `/welcome` (look.md §3 and §6; security.md, Kiosk; pitfalls V30–V39).

`screen` is the one screen that draws itself step by step, `steps`, `coming`, `leaving` and `parcels` draw them, `form` is what the visitor
said so far, `watch`
wipes the glass when they walk away. Every rule is the sections'; nothing here knows whether a code is good.
"""

from __future__ import annotations

from nicegui import APIRouter, ui

from core.web import frame, static_files
from kiosk.welcome import offline
from kiosk.welcome.screen import Welcome

fingerprint = offline.fingerprint
router = APIRouter()
router.include_router(offline.router)


@router.page("/welcome")
def welcome_page() -> None:
    with frame.kiosk() as main:
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("rollcall.css")}">')
        ui.add_head_html(f'<script src="{static_files.url("rollcall.js")}" defer></script>')
        ui.add_head_html(
            f'<script src="{static_files.url("kiosk-look.js")}"></script><script type="module" src="{offline.BASE}live.js"></script>'
        )
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("invitations.css")}">')
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("lost.css")}">')
        Welcome(main)

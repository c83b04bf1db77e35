"""`/`: the foyer itself, with the four ways on and the phone's QR code (contract.md, Pages)."""

from __future__ import annotations

from urllib.parse import quote

from fastapi.responses import RedirectResponse
from nicegui import APIRouter, ui

from core.foundation import clock, database
from core.sections import rooms
from core.web import frame, icons, parts, qr, sessions, static_files
from core.web.frame import _
from kiosk.desk.signin import top

router = APIRouter()
SHOWN_DOORS = 8


@router.page("/")
def chooser_page() -> RedirectResponse | None:
    if not sessions.has_admin():
        return RedirectResponse("/first-run", 303)
    with frame.plain(_("chooser.title")):
        top()
        with parts.box("foyer"):
            _draw_gate()
            _draw_ways()
    return None


def _draw_gate() -> None:
    with parts.box("foyer__see"):
        ui.element("img").props(f'src="{static_files.url("gate.svg")}" alt=""')
        with parts.box("foyer__hello"):
            parts.text(_("chooser.hello"), "h1")
            parts.text(_("chooser.hint"), "p", "second")


def _draw_ways() -> None:
    base = sessions.settings().base_url
    with parts.box("ways", "nav"):
        _way("desk", "desk", "/desk")
        _way("kiosk", "kiosk", "/welcome")
        with parts.box("way"):
            icons.icon("door")
            with parts.box(tag="span"):
                parts.text(_("chooser.door"), "strong")
                parts.text(_("chooser.door_hint"), "small")
                with parts.box("way__doors"):
                    for name, address in _doors():
                        parts.text(name, "a", "chip").props(f'href="{address}"')
        with parts.box("way", "a").props('href="/m/"'):
            icons.icon("phone")
            with parts.box(tag="span"):
                parts.text(_("chooser.phone"), "strong")
                parts.text(_("chooser.phone_hint"), "small")
                parts.text(f"{base}/m/", "small", "code")
                if sessions.settings().is_loopback:
                    parts.text(_("chooser.loopback"), "small")
            qr.draw(f"{base}/m/", "way__qr", _("chooser.phone"))


def _way(name: str, icon: str, href: str) -> None:
    with parts.box("way", "a").props(f'href="{href}"'):
        icons.icon(icon)
        with parts.box(tag="span"):
            parts.text(_(f"chooser.{name}"), "strong")
            parts.text(_(f"chooser.{name}_hint"), "small")
        icons.icon("go")


def _doors() -> list[tuple[str, str]]:
    """The rooms that have a short name, for people of the house and in the sample office; a stranger sees no plan of the building."""
    if not sessions.office().is_demo and frame.page().person is None:
        return []
    with database.reading() as s:
        found = [room for room in rooms.everything(s, clock.now()) if room.short_name and room.bookable]
    return [(room.name, f"/door/{quote(room.short_name or '')}") for room in found[:SHOWN_DOORS]]

"""A kiosk on the devices page: how it is, what it shows, what it does differently from others, and starting it anew (security.md, Device enrolment).

Its picture is drawn by the kiosk itself with everything a visitor says left out (core/web/static/kiosk-look.js).
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from itertools import permutations
from typing import Any

from nicegui import core, ui

from core.foundation import clock, database, i18n
from core.mechanisms import devices, kiosks
from core.mechanisms.devices import DeviceView
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import RegisterPage


def draw(device: DeviceView, page: RegisterPage) -> None:
    """The panel of a paired kiosk."""
    with database.reading() as s:
        said, profile = devices.shown_by(s, device.id), kiosks.of(s, device.id)
    parts.text(_("kiosks.state"), "h3")
    facts: dict[str, Any] = dict(said.facts) if said else {}
    if said is None:
        parts.text(_("devices.shows_nothing"), "p", "quiet")
    else:
        if said.picture:
            with parts.box("screenshot screenshot--kiosk"):
                ui.element("img").props(f'src="{said.picture}"').props["alt"] = _(
                    "kiosks.picture_of", step=step_words(facts.get("pictured"))
                )
            parts.text(_("kiosks.masked"), "p", "quiet small")
        heap, up = facts.get("heap_mb"), facts.get("up_s")
        parts.facts(
            (
                (_("kiosks.step"), step_words(facts.get("step"))),
                (_("devices.panel"), facts.get("panel", "")),
                (_("kiosks.link"), facts.get("link", "")),
                (
                    _("kiosks.power"),
                    _("kiosks.charging")
                    if facts.get("charging") is True
                    else _("kiosks.on_battery")
                    if facts.get("charging") is False
                    else "",
                ),
                (_("kiosks.offline"), _("kiosks.offline_ready") if facts.get("offline_ready") else _("kiosks.offline_not_ready")),
                (_("kiosks.waiting"), facts.get("waiting") or ""),
                (_("kiosks.aside"), facts.get("aside") or ""),
                (_("devices.memory"), _("devices.mb", n=heap) if heap else ""),
                (_("devices.up"), i18n.duration(timedelta(seconds=up), frame.lang()) if isinstance(up, int) else ""),
                (_("kiosks.told"), i18n.day_and_time(said.at, clock.zone(), frame.lang())),
            )
        )
    with parts.box("row wrap"):
        parts.button(_("devices.look"), partial(look, device, page), icon="scan")
        parts.button(_("kiosks.restart"), partial(restart, device), icon="refresh")
    parts.text(_("kiosks.own"), "h3")
    parts.facts(
        (
            (_("kiosks.sound"), _("settings.yes") if profile.sound else _("settings.no")),
            (_("kiosks.languages"), language_words(profile.languages)),
            (_("kiosks.set"), profile.picture_set or _("kiosks.set_plain")),
        )
    )
    parts.button(_("kiosks.change"), partial(change, device, page), icon="settings")


def step_words(step: object) -> str:
    """Which screen it is, in words; the bare name of one that has none."""
    key = f"kiosks.step.{step}"
    return "" if not step else _(key) if i18n.has(key) else str(step)[:40]


def language_words(languages: tuple[str, ...]) -> str:
    return parts.listed(frame.LANGUAGE_SHORT[one] for one in languages)


async def tell(device: DeviceView, act: str) -> bool:
    """Say something to a kiosk's open pages; whether there is one on this process."""
    clients = frame.clients_of(device.id)
    for client_id in clients:
        await core.sio.emit("foyer_kiosk", {"device": str(device.id), "act": act}, room=client_id)
    return bool(clients)


async def look(device: DeviceView, page: RegisterPage) -> None:
    """Ask for a picture and wait a moment for it."""
    asked_at = clock.now()
    if await tell(device, "look"):
        for _step in range(40):
            await asyncio.sleep(0.2)
            with database.reading() as s:
                said = devices.shown_by(s, device.id)
            if said is not None and said.at >= asked_at and said.facts.get("pictured"):
                await page.reopen()
                return
    parts.problem(_("devices.not_connected"))


async def restart(device: DeviceView) -> None:
    """Load the kiosk's page anew as soon as nobody stands there."""
    if await tell(device, "restart"):
        parts.toast(_("kiosks.restarting", name=device.name))
    else:
        parts.problem(_("devices.not_connected"))


def change(device: DeviceView, page: RegisterPage) -> None:
    """What this kiosk does differently."""
    with database.reading() as s:
        profile, sets = kiosks.of(s, device.id), kiosks.set_names(s)
    orders = {",".join(order): language_words(order) for order in permutations(i18n.LANGUAGES)}
    with parts.sheet_dialog(_("kiosks.change_title", name=device.name), _("kiosks.change_hint")) as dialog:
        sound = parts.select(
            _("kiosks.sound"), {False: _("settings.no"), True: _("settings.yes")}, profile.sound, help=_("kiosks.sound_help")
        )
        order = parts.select(_("kiosks.languages"), orders, ",".join(profile.languages))
        pictures = parts.select(
            _("kiosks.set"),
            {"": _("kiosks.set_plain"), **{one: one for one in sets if one}},
            profile.picture_set,
            help=_("kiosks.set_help"),
        )
        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)

            async def save() -> None:
                do = kiosks.SetProfile(
                    device_id=device.id,
                    sound=bool(sound.value),
                    languages=tuple(str(order.value).split(",")),
                    picture_set=pictures.value or "",
                )
                if (await parts.do(do, done=_("kiosks.saved", name=device.name))).ok:
                    dialog.close()
                    await page.reopen()

            parts.button(_("kiosks.save"), save, kind="main")
    dialog.open()

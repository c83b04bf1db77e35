"""Devices: kiosks, door screens, phones and printers; add and pair with a code or QR code, see who is silent, revoke at once (security.md, Device enrolment)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from sqlmodel import Session

from core.foundation import clock, database, i18n
from core.foundation.errors import Refused
from core.mechanisms import devices, labels, places, views
from core.mechanisms.devices import PAIRING_TIME, DeviceView
from core.mechanisms.operations import DEVICE_ROLES, Actor, Outcome, Role
from core.sections import bookings
from core.web import build, frame, parts, qr, sessions
from core.web.frame import _
from kiosk.desk import kiosk_panel
from kiosk.desk.registers import Chip, Column, Register, RegisterPage, Tone
from kiosk.door import live

router = APIRouter(dependencies=[Depends(frame.signed_in)])
SILENT_AFTER_S = 120
ADDABLE = (Role.KIOSK, Role.DROP_BOX, Role.DOOR, Role.PRINTER)


@router.page("/desk/devices")
def devices_page() -> None:
    with frame.desk("devices", _("nav.devices"), Role.ADMIN):
        RegisterPage(REGISTER)


def fetch(s: Session, query: views.Query, by: Actor) -> views.Page:
    """All devices of a role, or those that are silent; an office has a few hundred at the most, so one page holds them."""
    rows = devices.everything(s)
    if role := query.filters.get("role"):
        rows = [device for device in rows if device.role == role]
    if query.filters.get("state") == "silent":
        silent = {device.id for device in devices.silent(s, clock.now())}
        rows = [device for device in rows if device.id in silent]
    text = query.q.lower()
    return views.Page([device for device in rows if text in device.name.lower() or text in device.room.lower()])


def _get(s: Session, device_id: str, by: Actor) -> DeviceView | None:
    return next((device for device in devices.everything(s) if str(device.id) == device_id), None)


def state_of(device: DeviceView, at: datetime) -> tuple[str, Tone]:
    """What a device is at `at`, as a catalogue key and a tone."""
    if device.revoked:
        return "devices.revoked", "shut"
    if not device.paired:
        return "devices.unpaired", "held"
    if device.role in (Role.KIOSK, Role.DROP_BOX, Role.DOOR) and (
        device.last_seen_at is None or (at - device.last_seen_at).total_seconds() > SILENT_AFTER_S
    ):
        return "devices.silent", "lost"
    return ("devices.working", "free") if device.last_seen_at is not None else ("devices.not_yet", "held")


def seen_words(device: DeviceView, at: datetime) -> str:
    """When it was last heard: `3 分钟前`, or the day and time when longer ago."""
    if device.last_seen_at is None:
        return _("devices.never")
    ago = at - device.last_seen_at
    if ago.total_seconds() < 60:
        return _("devices.just_now")
    if ago.days < 1:
        return _("devices.ago", span=i18n.duration(ago, frame.lang()))
    return i18n.day_and_time(device.last_seen_at, clock.zone(), frame.lang())


def _draw_acts(page: RegisterPage) -> None:
    parts.button(_("devices.add"), lambda: _add(page), kind="main", icon="plus")


def _draw_peek(device: DeviceView, page: RegisterPage) -> None:
    at = clock.now()
    words, tone = state_of(device, at)
    with database.reading() as s:
        code = labels.of(s, labels.SubjectKind.DEVICE, device.id)
    page.peek_head(device.name, code=code, pill=(_(words), tone), meta=_(f"role.{device.role}"))
    _draw_shown(device, page)
    if device.role == Role.KIOSK and device.paired and not device.revoked:
        kiosk_panel.draw(device, page)
    skew = _("devices.skew_s", n=device.clock_skew_s) if abs(device.clock_skew_s) > 5 else ""
    parts.facts((
        (_("devices.room"), device.room), (_("devices.seen"), seen_words(device, at)), (_("devices.showing"), device.showing),
        (_("devices.version"), version_words(device)), (_("devices.battery"), battery_words(device)),
        (_("devices.sent"), device.highest_seq or ""), (_("devices.skew"), skew),
    ))  # fmt: skip
    if device.role in ADDABLE:
        parts.button(
            _("devices.pair_again") if device.paired or device.revoked else _("devices.show_code"),
            lambda: _invite(device, page),
            icon="link",
        )
    if not device.revoked:
        parts.button(_("devices.revoke"), lambda: _revoke(device, page), kind="stop")


def version_words(device: DeviceView) -> str:
    """The build a screen runs, and that it takes the present one soon when it is another."""
    if not device.app_version or device.app_version == build.current() or device.showing.startswith("door.png"):
        return device.app_version
    return _("devices.version_old", version=device.app_version)


def battery_words(device: DeviceView) -> str:
    """`83%`, or nothing for a screen on the mains."""
    return _("devices.percent", n=device.battery) if device.battery is not None else ""


def _draw_shown(device: DeviceView, page: RegisterPage) -> None:
    """What the screen really shows: the picture it drew of itself, its word beside the plan's when they differ, and a button to look again."""
    if device.role != Role.DOOR or not device.paired or device.revoked:
        return
    with database.reading() as s:
        said = devices.shown_by(s, device.id)
        plan = _planned(s, device, said)
    parts.text(_("devices.shows"), "h3")
    if said is None:
        parts.text(_("devices.shows_nothing"), "p", "quiet")
    else:
        shown = str(said.facts.get("state", ""))
        if plan and shown and plan != shown:
            words = _("devices.shows_wrong", shown=_(f"door.word.{shown}"), plan=_(f"door.word.{plan}"))
            parts.pill(words, "busy", icon="warning").props("data-wrong")
        if said.picture:
            spoken = " ".join(str(said.facts.get(name, "")) for name in ("word", "say"))
            with parts.box("screenshot"):
                ui.element("img").props(f'src="{said.picture}" alt=""').props["aria-label"] = spoken
        up, heap = said.facts.get("up_s"), said.facts.get("heap_mb")
        parts.facts((
            (_("devices.shows_at", time=i18n.day_and_time(said.at, clock.zone(), frame.lang())), said.facts.get("word", "")),
            (_("devices.panel"), said.facts.get("panel", "")), (_("devices.memory"), _("devices.mb", n=heap) if heap else ""),
            (_("devices.up"), i18n.duration(timedelta(seconds=up), frame.lang()) if isinstance(up, int) else ""),
        ))  # fmt: skip
    parts.button(_("devices.look"), lambda: _look(device, page), icon="scan")


def _planned(s: Session, device: DeviceView, said: devices.Shown | None) -> str:
    """The state the plan had at the moment of the picture; empty where the room changed since, or hangs no bookable room."""
    if said is None or device.room_id is None or said.facts.get("paper"):
        return ""
    try:
        view = bookings.door_state(s, device.room_id, said.at)
    except Refused:
        return ""
    return view.state if said.facts.get("version") == view.version else ""


async def _look(device: DeviceView, page: RegisterPage) -> None:
    """Ask the screen and wait a moment for its answer."""
    asked_at = clock.now()
    if device.room_id is None or not await live.look(device.id, device.room_id):
        parts.problem(_("devices.not_connected"))
        return
    for _step in range(25):
        await asyncio.sleep(0.2)
        with database.reading() as s:
            said = devices.shown_by(s, device.id)
        if said is not None and said.at >= asked_at:
            await page.reopen()
            return
    parts.problem(_("devices.not_connected"))


async def _revoke(device: DeviceView, page: RegisterPage) -> None:
    sure = await parts.confirm(
        _("devices.revoke_title", name=device.name),
        _("devices.revoke_words"),
        act=_("devices.revoke_act", name=device.name),
        stay=_("devices.revoke_not"),
    )
    if sure and (await parts.do(devices.RevokeDevice(device_id=device.id), done=_("devices.now_revoked", name=device.name))).ok:
        await page.reopen()


async def _invite(device: DeviceView, page: RegisterPage) -> None:
    if device.paired and not await parts.confirm(
        _("devices.again_title", name=device.name),
        _("devices.again_words"),
        act=_("devices.again_act"),
        stay=_("devices.revoke_not"),
        stop=False,
    ):
        return
    outcome = await parts.do(devices.InviteDevice(device_id=device.id))
    if outcome.ok:
        show_code(device.name, Role(device.role), outcome)
        await page.reopen()


def _add(page: RegisterPage) -> None:
    with database.reading() as s:
        rooms = {str(place.id): place.path for place in places.everything(s, kinds=[places.PlaceKind.ROOM])}
    with parts.sheet_dialog(_("devices.add"), _("devices.add_hint")) as dialog:
        role = parts.select(_("devices.role"), {str(r): _(f"role.{r}") for r in ADDABLE}, str(Role.DOOR))
        name = parts.input(_("devices.name"), autofocus=True, placeholder=_("devices.name_example"))
        room = parts.select(_("devices.room"), rooms, None, search=True, help=_("devices.room_help"))
        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)

            async def save() -> None:
                parts.refuse(name, None if (name.value or "").strip() else _("devices.name_needed"))
                if not (name.value or "").strip():
                    return
                outcome = await parts.do(
                    devices.AddDevice(name=name.value, role=Role(role.value), room_id=UUID(room.value) if room.value else None)
                )
                if outcome.ok:
                    dialog.close()
                    show_code(name.value, Role(role.value), outcome)
                    page.refresh()

            parts.button(_("devices.add_go"), save, kind="main")
    dialog.open()


def show_code(name: str, role: Role, outcome: Outcome) -> None:
    """The pairing code as text and QR code; behind `#`, so that it never stands in a log."""
    code: str = outcome.result["code"]
    until = i18n.clock_time(clock.now() + PAIRING_TIME, clock.zone())
    address = f"{sessions.settings().base_url}/pair?as={role}#{code}"
    with parts.sheet_dialog(
        _("devices.code_title", name=name), _("devices.code_hint", address=f"{sessions.settings().base_url}/pair", until=until)
    ) as dialog:
        with parts.box("pairing"):
            if role in (Role.KIOSK, Role.DROP_BOX, Role.DOOR):
                qr.draw(address, "pairing__qr", _("devices.code_title", name=name))
            parts.text(f"{code[:4]}-{code[4:]}", classes="pairing__code").props("data-code")
        with parts.box("dialog__acts"):
            parts.button(_("devices.code_done"), dialog.close, kind="main")
    dialog.open()


def _chip(role: Role) -> Chip:
    def count(s: Session, by: Actor) -> int:
        return sum(1 for device in devices.everything(s) if device.role == role)

    return Chip(str(role), f"role.{role}", {"role": str(role)}, count=count)


def _tone(device: Any) -> Tone:
    return state_of(device, clock.now())[1]


REGISTER = Register(
    name="devices", title="devices.title", kinds=("device",), fetch=fetch, get=_get,
    columns=(
        Column("devices.name", lambda d: d.name, sub=lambda d: d.room), Column("devices.role", lambda d: _(f"role.{d.role}")),
        Column("devices.state", lambda d: _(state_of(d, clock.now())[0]), tone=_tone),
        Column("devices.seen", lambda d: seen_words(d, clock.now())), Column("devices.version", version_words),
        Column("devices.battery", battery_words),
    ),
    chips=(
        Chip("all", "register.all", count=lambda s, by: len(devices.everything(s))), Chip("silent", "devices.silent", {"state": "silent"}, count=lambda s, by: len(devices.silent(s, clock.now()))),
        *(_chip(role) for role in (Role.DOOR, Role.KIOSK, Role.PHONE)),
    ),
    peek=_draw_peek, acts=_draw_acts, search="devices.find", empty=("devices.empty", "devices.empty_hint"),
)  # fmt: skip
assert set(ADDABLE) <= DEVICE_ROLES

"""One's own account: language, password, PIN for shared devices (ASVS 6.2.2, 6.2.3)."""

from __future__ import annotations

from fastapi import Depends
from nicegui import APIRouter, ui
from pydantic import ValidationError

from core.foundation import database
from core.mechanisms import people
from core.web import frame, own_channels, parts
from core.web.frame import _
from kiosk.desk.first_run import LEAST_SIGNS, weakness

router = APIRouter(dependencies=[Depends(frame.signed_in)])


@router.page("/desk/me")
def me_page() -> None:
    with frame.desk("me", _("desk.my_password")):
        with parts.head(_("desk.my_password"), frame.actor().name):
            pass
        with parts.box("settings"):
            _draw_password()
            _draw_pin()
            with parts.box("sheet settings__group", "section"):
                own_channels.OwnChannels()
            with parts.box("sheet settings__group", "section"):
                parts.text(_("web.language"), "h2")
                frame.language_switch()


def _draw_password() -> None:
    with parts.box("sheet settings__group", "section"):
        parts.text(_("me.password"), "h2")
        parts.text(_("me.password_hint"), "p", "quiet small")
        present = parts.input(_("me.present"), password=True, props='autocomplete="current-password"')
        fresh = parts.input(
            _("me.fresh"), password=True, props='autocomplete="new-password"', help=_("firstrun.password_help", least=LEAST_SIGNS)
        )

        async def change() -> None:
            by = frame.actor()
            with database.reading() as s:
                account = people.get(s, by.person_id).account or ""
            weak = weakness(fresh.value or "", account, by.name)
            parts.refuse(fresh, _(weak, least=LEAST_SIGNS) if weak else None)
            if weak or by.person_id is None:
                return
            outcome = await parts.do(
                people.SetPassword(person_id=by.person_id, password=fresh.value, present_password=present.value or ""), quiet=True
            )
            parts.refuse(present, None if outcome.ok else outcome.message(frame.lang()))
            if outcome.ok:  # every session of this person has ended, this one too
                ui.navigate.to("/sign-in?next=%2Fdesk")

        parts.button(_("me.change_password"), change, kind="plain")


def _draw_pin() -> None:
    with parts.box("sheet settings__group", "section"):
        parts.text(_("me.pin"), "h2")
        parts.text(_("me.pin_hint"), "p", "quiet small")
        pin = parts.input(_("me.pin_new"), password=True, props="inputmode=numeric maxlength=8 autocomplete=off")

        async def change() -> None:
            by = frame.actor()
            if by.person_id is None:
                return
            try:
                do = people.SetPin(person_id=by.person_id, pin=pin.value or "")
            except ValidationError:
                parts.refuse(pin, _("me.pin_digits"))
                return
            parts.refuse(pin, None)
            if (await parts.do(do, done=_("me.pin_changed"))).ok:
                pin.value = ""

        parts.button(_("me.change_pin"), change)

"""The office's settings: every key of `office.DEFAULTS`, grouped, saved one by one when a field is left (contract.md, setting.update)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Depends
from nicegui import APIRouter

from core.foundation import database, i18n
from core.foundation.i18n import LANGUAGE_NAMES
from core.mechanisms import office
from core.mechanisms.operations import Role
from core.web import frame, parts, sessions
from core.web.frame import _

router = APIRouter(dependencies=[Depends(frame.signed_in)])
SECRET = {"webhook.secret", "chat.url", "visit.chat_url", "light.mqtt"}
CHOICES = {
    "kiosk.camera": ("auto", "always", "off"), "kiosk.print": ("show", "auto"), "visit.photo": ("off", "ask"), "visit.id_number": ("off", "on"),
    "visit.thanks": ("on", "off"), "reception.official": ("on", "off"),
    "block.alert_roles": ("", "safety", "admin", "leader", "safety,admin", "safety,leader", "admin,leader", "safety,admin,leader"),
}  # fmt: skip
GROUPS = ("office", "kiosk", "visit", "booking", "duty", "supply", "mail", "chat", "webhook", "light", "label", "other")


@router.page("/desk/settings")
def settings_page() -> None:
    with frame.desk("settings", _("nav.settings"), Role.ADMIN):
        SettingsPage()


class SettingsPage:
    """One field a setting; leaving a field saves it and says so."""

    def __init__(self) -> None:
        with database.reading() as s:
            shown = office.info(s)
            self.saved: dict[str, Any] = {key: office.setting(s, key) for key in office.DEFAULTS}
        assert shown is not None  # only a signed-in administrator gets here
        self.saved |= {"office.name": shown.name, "office.language": shown.language}
        with parts.head(_("settings.title"), _("settings.hint")):
            parts.button(_("face.title"), href="/desk/welcome-screen", icon="kiosk")
        with parts.box("settings"):
            for group in GROUPS:
                keys = [key for key in self.saved if group_of(key) == group]
                if keys:
                    with parts.box("sheet settings__group", "section"):
                        parts.text(_(f"settings.group.{group}"), "h2")
                        for key in keys:
                            self._draw(key)
            self._draw_server()

    def _draw(self, key: str) -> None:
        label, help_key, value = _(f"settings.{key}"), f"settings.{key}.help", self.saved[key]
        help_text = words if (words := _(help_key)) != help_key else ""
        if key == "office.language":
            field: Any = parts.select(label, LANGUAGE_NAMES, value, help=help_text)
            field.on_value_change(lambda: self._save(key, field.value, field))
            return
        if key in CHOICES:
            said = {one: _choice_words(key, one) for one in CHOICES[key]}
            field = parts.select(label, said, value, help=help_text)
            field.on_value_change(lambda: self._save(key, field.value, field))
            return
        if isinstance(value, bool):
            field = parts.select(label, {True: _("settings.yes"), False: _("settings.no")}, value, help=help_text)
            field.on_value_change(lambda: self._save(key, field.value, field))
            return
        field = parts.input(
            label, str(value), help=help_text, password=key in SECRET, props="inputmode=numeric" if isinstance(value, int) else ""
        )
        leave = self._leave(key, field)
        field.on("blur", leave)
        parts.on_submit(field, leave)

    def _leave(self, key: str, field: Any) -> Callable[[], Any]:
        async def leave() -> None:
            text = (field.value or "").strip()
            if isinstance(self.saved[key], int):
                if not (text.isascii() and text.isdigit() and int(text) > 0):
                    parts.refuse(field, _("settings.number"))
                    return
                await self._save(key, int(text), field)
            else:
                await self._save(key, text, field)

        return leave

    async def _save(self, key: str, value: Any, field: Any) -> None:
        if value == self.saved[key]:
            parts.refuse(field, None)
            return
        outcome = await parts.do(office.UpdateSetting(key=key, value=value), quiet=True)
        parts.refuse(field, None if outcome.ok else outcome.message(frame.lang()))
        if outcome.ok:
            self.saved[key] = value
            parts.toast(_("settings.saved", name=_(f"settings.{key}")))

    def _draw_server(self) -> None:
        """What is set outside, for looking only."""
        config = sessions.settings()
        with parts.box("sheet settings__group", "section"):
            parts.text(_("settings.group.server"), "h2")
            parts.text(_("settings.server_hint"), "p", "quiet small")
            parts.facts((
                (_("settings.base_url"), config.base_url), (_("settings.database"), database.dialect()), (_("settings.timezone"), config.timezone), (_("settings.tls"), config.tls),
            ))  # fmt: skip


def _choice_words(key: str, value: str) -> str:
    """An answer in words: the setting's own, the common ones, or the roles it lists."""
    if key == "block.alert_roles":
        return parts.listed(_(f"role.{role}") for role in value.split(",")) if value else _(f"settings.{key}.nobody")
    own = f"settings.{key}.{value}"
    return _(own) if i18n.has(own) else _(f"settings.{value}")


def group_of(key: str) -> str:
    """The group of a setting: the word before the point, when there is a group of that name."""
    group = {"reception": "office"}.get(key.split(".")[0], key.split(".")[0])
    return group if group in GROUPS else "other"

"""The welcome screen of the kiosks: the office's own words in three languages and its own pictures, seen through the gate, with a preview (look.md §5, §6).

Pictures are drawn anew by the server before they are kept (core/mechanisms/attachments). Changes reach a kiosk at once when nobody stands there.
"""

from __future__ import annotations

from functools import partial

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database
from core.foundation.i18n import LANGUAGES, t
from core.mechanisms import kiosks
from core.mechanisms.kiosks import AddPicture, Picture, RemovePicture, SetWords
from core.mechanisms.operations import Role
from core.web import elements, frame, icons, parts, sessions, static_files
from core.web.frame import _
from kiosk.welcome.watch import Gate

router = APIRouter(dependencies=[Depends(frame.signed_in)])


@router.page("/desk/welcome-screen")
def welcome_screen_page() -> None:
    with frame.desk("settings", _("face.title"), Role.ADMIN):
        ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("kiosk.css")}">')
        WelcomeScreen()


class WelcomeScreen:
    """Words on the left, pictures below, what a visitor will see on the right."""

    def __init__(self) -> None:
        self.language = frame.lang()
        self.set_name = ""
        with database.reading() as s:
            self.titles = {language: kiosks.words(s, language).title for language in LANGUAGES}
            self.lines = {language: kiosks.words(s, language).lines for language in LANGUAGES}
        with parts.head(_("face.title"), _("face.hint")):
            parts.button(_("nav.settings"), href="/desk/settings", icon="back")
        with parts.box("face"):
            with parts.box("stack stack--loose"):
                with parts.box("sheet settings__group", "section"):
                    parts.text(_("face.words"), "h2")
                    for language in LANGUAGES:
                        self._fields(language)
                    parts.button(_("face.save"), self._save, kind="main")
                self.pictures = parts.box("sheet settings__group", "section")
            self.preview = parts.box("face__preview")
        self._draw_pictures()
        self._draw_preview()

    # ── words ──

    def _fields(self, language: str) -> None:
        name = frame.LANGUAGE_SHORT[language]
        with parts.box("pairs").props(f'lang="{language}"'):
            parts.input(
                _("face.headline", name=name), self.titles[language], placeholder=t("kiosk.hello", language), props="maxlength=24",
                on_change=partial(self._typed, self.titles, language),
            )  # fmt: skip
            parts.input(
                _("face.line", name=name), self.lines[language], placeholder=t("kiosk.hello.say", language), props="maxlength=160",
                on_change=partial(self._typed, self.lines, language),
            )  # fmt: skip

    def _typed(self, into: dict[str, str], language: str, text: str | None) -> None:
        into[language] = (text or "").strip()
        self.language = language
        self._draw_preview()

    async def _save(self) -> None:
        titles = {language: text[:24] for language, text in self.titles.items()}
        lines = {language: text[:160] for language, text in self.lines.items()}
        await parts.do(SetWords(titles=titles, lines=lines), done=_("face.saved"))

    # ── pictures ──

    def _draw_pictures(self) -> None:
        with database.reading() as s:
            all_pictures = kiosks.pictures(s)
        self.pictures.clear()
        with self.pictures:
            parts.text(_("face.pictures"), "h2")
            parts.text(_("face.pictures_hint", most=kiosks.MOST_PICTURES), "p", "quiet small")
            if not all_pictures:
                parts.text(_("face.no_pictures"), "p", "second")
            with parts.box("face__pictures"):
                for picture in all_pictures:
                    self._picture(picture)
            parts.input(_("face.set"), self.set_name, help=_("face.set_help"), props="maxlength=40", on_change=self._name_set)
            elements.Upload(_("face.add"), _("face.adding"), self._add, lambda name: parts.problem(_("face.refused", name=name)))

    def _picture(self, picture: Picture) -> None:
        with parts.box("face__picture"):
            alt = _("face.picture_of", name=picture.set_name or _("kiosks.set_plain"))
            ui.element("img").props(f'src="/api/v1/attachments/{picture.sha256}"').props["alt"] = alt
            if picture.set_name:
                parts.text(picture.set_name, "span", "small")
            remove = ui.element("button").classes("round").props("type=button")
            remove.props["aria-label"] = _("face.remove")
            with remove:
                icons.icon("trash")
            parts.on_tap(remove, partial(self._remove, picture))

    def _name_set(self, text: str | None) -> None:
        self.set_name = (text or "").strip()[:40]

    async def _add(self, sha256: str) -> None:
        if (await parts.do(AddPicture(sha256=sha256, set_name=self.set_name), done=_("face.added"))).ok:
            self._draw_pictures()
            self._draw_preview()

    async def _remove(self, picture: Picture) -> None:
        if await parts.confirm(_("face.remove"), _("face.remove_words"), act=_("face.remove"), stay=_("web.cancel")):
            await parts.do(RemovePicture(picture_id=picture.id), done=_("face.removed"))
            self._draw_pictures()
            self._draw_preview()

    # ── preview ──

    def _draw_preview(self) -> None:
        """The tall panel, small: the same gate, the words as they stand in the fields."""
        with database.reading() as s:
            shown = [one.sha256 for one in kiosks.pictures(s, self.set_name)] or [one.sha256 for one in kiosks.pictures(s, "")]
        self.preview.clear()
        with (
            self.preview,
            parts.box("face__panel kiosk").props(f'lang="{self.language}" role=img').props(f'aria-label="{_("face.preview")}"'),
        ):
            Gate(clock.now(), shown, tall=True)
            with parts.box("face__words"):
                parts.text(sessions.office().name, "span", "small")
                parts.text(self.titles[self.language] or t("kiosk.hello", self.language), classes="face__title")
                parts.text(self.lines[self.language] or t("kiosk.hello.say", self.language), "p")
                parts.box("face__tile face__tile--main")
                with parts.box("face__tiles"):
                    parts.box("face__tile")
                    parts.box("face__tile")

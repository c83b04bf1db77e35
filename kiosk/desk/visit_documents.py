"""The documents visitors sign, at the desk: all languages published together, material or typo only, history and what changed (scenario Front desk 7)."""

from __future__ import annotations

from functools import partial
from typing import Any, cast
from uuid import uuid4

from nicegui import ui
from pydantic import ValidationError

from core.foundation import clock, database, i18n, live
from core.mechanisms import people
from core.mechanisms.operations import Role
from core.sections import visits
from core.sections.visits import changes, consent
from core.sections.visits.consent import VersionView
from core.web import frame, parts
from core.web.frame import _


class Documents:
    """Every document with its version; only administrators publish."""

    def __init__(self) -> None:
        self.client, self.box = ui.context.client, parts.box()
        self.draw()
        self.client.on_delete(live.subscribe("consent_document", lambda _change: self._changed()))

    def _changed(self) -> None:
        if not self.client.is_deleted:
            with self.client:
                self.draw()

    def draw(self) -> None:
        may = frame.actor().has(Role.ADMIN)
        with database.reading() as s:
            found = [(key, consent.versions(s, key)) for key in consent.keys(s)]
        self.box.clear()
        with self.box:
            with parts.box("row rules__head"):
                with parts.box():
                    parts.text(_("visit_documents.title"), "h2")
                    parts.text(_("visit_documents.say" if may else "visit_documents.say_admin"), "p", "quiet small")
                parts.box("push", "span")
                if may:
                    parts.button(_("visit_documents.add"), partial(Editor, None, None), icon="plus")
            with parts.rows():
                for key, versions in found:
                    newest = versions[0]
                    with parts.item(
                        newest.titles[frame.lang()],
                        parts.joined(_version_words(newest), _("visit_documents.signed", n=newest.signed)),
                        icon="document",
                    ):
                        parts.button(_("visit_documents.history"), partial(history, versions), kind="quiet")
                        if may:
                            parts.button(_("rooms.edit"), partial(Editor, key, newest))


def _version_words(version: VersionView) -> str:
    when = i18n.full_day(clock.local(version.published_at).date(), frame.lang()) if version.published_at else _("visit_documents.own")
    return parts.joined(_("kiosk.notice.version", version=version.version), when)


class Editor:
    """One text in three languages; before it is published, what changed in each stands beside the question whether it is material."""

    def __init__(self, key: str | None, present: VersionView | None) -> None:
        self.key, self.present, self.minor = key, present, ""
        with parts.sheet_dialog(
            present.titles[frame.lang()] if present else _("visit_documents.add"), _("visit_documents.edit.say")
        ) as self.dialog:
            self.titles: dict[str, ui.input] = {}
            self.texts: dict[str, ui.textarea] = {}
            self.panes: dict[str, ui.element] = {}
            parts.choice(dict(i18n.LANGUAGE_NAMES), frame.lang(), self._show)
            for language in i18n.LANGUAGES:
                with parts.box("stack") as pane:
                    self.panes[language] = pane
                    self.titles[language] = parts.input(
                        _("visit_documents.heading"), present.titles[language] if present else "", props=f"maxlength=40 lang={language}"
                    )
                    self.texts[language] = parts.area(
                        _("visit_documents.text"), present.texts[language] if present else "", rows=10, help=_("visit_documents.text.say")
                    )
            self._show(frame.lang())
            if present:
                with parts.field(_("visit_documents.what")):
                    parts.choice({"material": _("visit_documents.material"), "minor": _("visit_documents.minor")}, None, self._kind)
                self.said = parts.text(_("visit_documents.what.say"), "p", "quiet small")
            self.changed = parts.box("stack")
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), self.dialog.close)
                if present:
                    parts.button(_("visit_documents.compare"), self.compare)
                parts.button(_("visit_documents.publish"), self.publish, kind="main")
        self.dialog.open()

    def _show(self, chosen: str) -> None:
        for language, pane in self.panes.items():
            pane.set_visibility(language == chosen)

    def _kind(self, kind: str) -> None:
        self.minor = kind
        parts.no_problem()
        self.said.text = _(f"visit_documents.{kind}.say")

    def compare(self) -> None:
        """What changed, below the text: a form over a form would be one too many."""
        assert self.present is not None
        self.changed.clear()
        with self.changed:
            parts.text(_("visit_documents.changed"), "h3")
            for language, field in self.texts.items():
                old, new = self.present.texts[language], (field.value or "").strip()
                if old != new:
                    parts.text(i18n.LANGUAGE_NAMES[language], "p", "quiet small")
                    draw_changes(old, new, language)

    async def publish(self) -> None:
        if self.present and not self.minor:
            parts.problem(_("visit_documents.choose"))
            return
        for language in i18n.LANGUAGES:
            title, text = (self.titles[language].value or "").strip(), (self.texts[language].value or "").strip()
            parts.refuse(self.titles[language], None if len(title) >= 2 else _("consent.title_needed"))
            parts.refuse(self.texts[language], None if 20 <= len(text) <= 6000 else _("visit_documents.length", n=len(text)))
            if len(title) < 2 or not 20 <= len(text) <= 6000:
                parts.problem(_("visit_documents.missing", words=i18n.LANGUAGE_NAMES[language]))
                return
        try:
            do = visits.PublishNotice(
                document=self.key or uuid4().hex,
                titles=cast(Any, {language: one.value for language, one in self.titles.items()}),
                texts=cast(Any, {language: one.value for language, one in self.texts.items()}),
                minor=self.minor == "minor",
            )
        except ValidationError:
            parts.problem(_("visit_documents.choose"))
            return
        outcome = await parts.do(do)
        if outcome.ok:
            parts.toast(_("visit_documents.published", version=outcome.result["version"]))
            self.dialog.close()


def draw_changes(old: str, new: str, language: str) -> None:
    """Both texts as one: struck through what went, underlined what came."""
    with parts.box("changes", "p").props(f"lang={language}"):
        for kind, words in changes.between(old, new):
            parts.text(words, {"same": "span", "gone": "del", "new": "ins"}[kind])


def history(versions: list[VersionView]) -> None:
    """Every version, newest first, with what changed against the one before."""
    with database.reading() as s:
        names = {row.id: row.name for row in people.search(s, limit=2000)}
    with parts.sheet_dialog(_("visit_documents.history"), versions[0].titles[frame.lang()]) as dialog:
        for n, version in enumerate(versions):
            earlier = versions[n + 1] if n + 1 < len(versions) else None
            with parts.box("row"):
                parts.text(_version_words(version), "h3")
                parts.pill(_("visit_documents.minor" if version.minor else "visit_documents.material"), "lost" if version.minor else "held")
            who = names.get(version.published_by, "") if version.published_by else ""
            parts.text(parts.joined(who, _("visit_documents.signed", n=version.signed)), "p", "quiet small")
            if earlier is not None:
                for language in i18n.LANGUAGES:
                    if version.texts[language] != earlier.texts[language]:
                        parts.text(i18n.LANGUAGE_NAMES[language], "p", "quiet small")
                        draw_changes(earlier.texts[language], version.texts[language], language)
            else:
                draw_changes(version.texts[frame.lang()], version.texts[frame.lang()], frame.lang())
        with parts.box("dialog__acts"):
            parts.button(_("web.close"), dialog.close, kind="main")
    dialog.open()

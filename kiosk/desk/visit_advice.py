"""How to find us and what to bring: what the office says in the mail of an invitation and on the visitor's pass, by place, kind and language."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from nicegui import ui

from core.foundation import database, i18n
from core.mechanisms import places
from core.sections import visits
from core.sections.visits import advice, types
from core.web import frame, parts
from core.web.frame import _


class AdviceForm:
    """One dialog: where and for whom at the top, below it both texts in the three languages, saved together."""

    def __init__(self) -> None:
        with database.reading() as s:
            mine = advice.places_with_words(s)
            known = {str(place.id): place.name for place in places.everything(s) if place.kind in ("site", "floor") or place.id in mine}
            kinds = types.names(s, frame.lang())
        self.words: dict[str, tuple[Any, Any]] = {}
        with parts.sheet_dialog(_("visit_advice.title"), _("visit_advice.hint")) as self.dialog:
            with parts.box("pairs"):
                self.place = parts.select(
                    _("visit_advice.place"), {"": _("visit_advice.everywhere")} | known, "", search=True, on_change=self._again
                )
                self.kind = parts.select(_("visit_advice.kind"), {"": _("visit_advice.everybody")} | kinds, "", on_change=self._again)
            self.texts()
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), self.dialog.close)
                parts.button(_("visit_advice.save"), self.save, kind="main")
        self.dialog.open()

    def _again(self, _value: Any) -> None:
        self.texts.refresh()

    def _where(self) -> UUID | None:
        return UUID(str(self.place.value)) if self.place.value else None

    @ui.refreshable_method
    def texts(self) -> None:
        """The words of the place and kind that are chosen."""
        with database.reading() as s:
            said = advice.written(s, self._where(), str(self.kind.value or ""))
        self.words = {}
        for language in i18n.LANGUAGES:
            now = said.get(language, advice.Advice())
            parts.text(i18n.LANGUAGE_NAMES[language], "h3")
            with parts.box("pairs"):
                self.words[language] = (
                    parts.area(_("visit_advice.directions"), now.directions, rows=2),
                    parts.area(_("visit_advice.bring"), now.bring, rows=2),
                )

    async def save(self) -> None:
        """Write every language that differs from what is kept."""
        with database.reading() as s:
            said = advice.written(s, self._where(), str(self.kind.value or ""))
        for language, (directions, bring) in self.words.items():
            told = advice.Advice((directions.value or "").strip()[:1000], (bring.value or "").strip()[:1000])
            if told == said.get(language, advice.Advice()):
                continue
            do = visits.WriteAdvice(
                place_id=self._where(), kind=str(self.kind.value or ""), language=language, directions=told.directions, bring=told.bring
            )
            if not (await parts.do(do)).ok:
                return
        self.dialog.close()
        parts.toast(_("visit_advice.saved"))

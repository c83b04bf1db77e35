"""What a blank label opens: it was printed ahead and now sticks on a thing; this says on which (label.claim)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from core.foundation import database
from core.mechanisms import labels
from core.mechanisms.labels import LABEL_MAKERS, ClaimLabel, SubjectKind
from core.mechanisms.operations import Actor
from core.sections import assets
from core.sections.assets import AssetView
from core.web import parts
from core.web.frame import _

OFFERED = 8


class ClaimBlank:
    """A field to find the asset, the matches below it; a tap sticks the label on."""

    def __init__(self, code: str, by: Actor, done: Callable[[], Any]) -> None:
        self.code, self.done = code, done
        with parts.box("sheet stack"):
            parts.text(_("blank.title"), "h2")
            parts.code(code)
            if not by.has(*LABEL_MAKERS):
                parts.text(_("blank.ask_office"), "p", "second")
                return
            parts.text(_("blank.hint"), "p", "second")
            field = parts.input(_("blank.find"), autofocus=True, on_change=self._find)
            parts.on_submit(field, lambda: self._find(field.value or ""))
        self.list = parts.rows()
        self.list.set_visibility(False)  # no empty sheet before something was looked for

    def _find(self, text: str) -> None:
        self.list.clear()
        self.list.set_visibility(bool(text.strip()))
        if not text.strip():
            return
        wanted = assets.Filter(q=text.strip()[:80], states=("idle", "in_use", "repair"))
        with database.reading() as s:
            found = assets.views(s, assets.search(s, wanted, limit=OFFERED))
        with self.list:
            if not found:
                parts.empty(_("blank.nothing"), _("blank.nothing_hint"))
            for asset in found:
                has = _("blank.has", code=labels.shown(asset.label)) if asset.label else ""
                with parts.item(asset.name, parts.joined(asset.number, asset.place, has), icon="asset"):
                    parts.button(_("blank.stick"), partial(self._claim, asset), kind="plain" if asset.label else "main")

    async def _claim(self, asset: AssetView) -> None:
        if asset.label and not await parts.confirm(
            _("blank.replace", name=asset.name), _("blank.replace_hint", code=labels.shown(asset.label)), act=_("blank.stick"), stay=_("web.cancel"), stop=False
        ):  # fmt: skip
            return
        do = ClaimLabel(code=self.code, subject_kind=SubjectKind.ASSET, subject_id=asset.id)
        if (await parts.do(do, done=_("blank.done", name=asset.name))).ok:
            self.done()

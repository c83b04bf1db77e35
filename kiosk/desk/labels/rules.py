"""What the labels of asset classes say: which paper is proposed, the two lines, with or without the bar code."""

from __future__ import annotations

from functools import partial

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import database
from core.mechanisms import label_papers
from core.mechanisms.label_papers import DropRule, LabelRule, Line, SaveRule
from core.mechanisms.labels import LABEL_MAKERS
from core.sections import assets
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.labels import choosing

router = APIRouter(dependencies=[Depends(frame.signed_in)])


@router.page("/desk/labels/rules")
def rules_page() -> None:
    with frame.desk("labels", _("rules.title"), *LABEL_MAKERS):
        RulesPage()


class RulesPage:
    """The rules as rows, the more particular first; each opens in a dialog."""

    def __init__(self) -> None:
        with parts.box("crumb"):
            parts.button(_("sheets.crumb"), href="/desk/labels", kind="quiet", icon="back")
        with parts.head(_("rules.title"), _("rules.hint")):
            parts.button(_("rules.add"), partial(self._edit, None), kind="main", icon="plus").props("data-test=add-rule")
        self.list = parts.rows()
        self.draw()

    def draw(self) -> None:
        """Read and draw the rules."""
        with database.reading() as s:
            self.papers = choosing.all_papers(s)
            rules = label_papers.rules(s)
        self.list.clear()
        with self.list:
            if not rules:
                parts.empty(_("rules.none"), _("rules.none_hint"))
            for rule in rules:
                with parts.item(_class(rule.class_prefix), self._said(rule), icon="asset"):
                    parts.button(_("rules.change"), partial(self._edit, rule))

    def _said(self, rule: LabelRule) -> str:
        lines = [_(f"rules.line.{line}") for line in (rule.first_line, rule.second_line) if line != Line.NONE]
        paper = choosing.paper_name(self.papers[rule.paper]) if rule.paper in self.papers else rule.paper
        return parts.joined(*lines, "" if rule.bars else _("rules.no_bars"), paper)

    def _edit(self, rule: LabelRule | None) -> None:
        shown = rule or LabelRule(class_prefix="")
        lines = {line.value: _(f"rules.line.{line}") for line in Line}
        known = {"": _("rules.any_paper")} | {name: choosing.paper_name(paper) for name, paper in self.papers.items()}
        with parts.sheet_dialog(_("rules.edit"), _("rules.edit_hint")) as dialog:
            prefix = parts.input(_("rules.class"), shown.class_prefix, help=_("rules.class_help"))
            first = parts.select(_("rules.first"), lines, shown.first_line)
            second = parts.select(_("rules.second"), lines, shown.second_line)
            paper = parts.select(_("rules.paper"), known, shown.paper if shown.paper in known else "", search=True)
            bars = ui.checkbox(_("rules.bars"), value=shown.bars).props("dense")

            async def save() -> None:
                text = (prefix.value or "").strip()
                good = len(text) <= 20 and all(sign.isascii() and (sign.isalnum() or sign in ".-") for sign in text)
                parts.refuse(prefix, None if good else _("rules.class_wrong"))
                if not good:
                    return
                do = SaveRule(
                    class_prefix=text,
                    paper=paper.value or "",
                    first_line=Line(first.value),
                    second_line=Line(second.value),
                    bars=bars.value,
                )
                if (await parts.do(do, done=_("rules.saved"))).ok:
                    dialog.close()
                    self.draw()

            async def drop() -> None:
                if (await parts.do(DropRule(class_prefix=shown.class_prefix), done=_("rules.dropped"))).ok:
                    dialog.close()
                    self.draw()

            with parts.box("dialog__acts"):
                if rule is not None:
                    parts.button(_("rules.drop"), drop, kind="quiet")
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("rules.save"), save, kind="main").props("data-test=save-rule")
        dialog.open()


def _class(prefix: str) -> str:
    if not prefix:
        return _("rules.every_class")
    name = assets.class_name(prefix, frame.lang())
    return parts.joined(prefix, name if name != prefix else "")

"""Measuring a printer: print the test page, hold it against the sheet, say how far off the crosses are (pitfall T16)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from assets_labels.papers import Template
from core.foundation import database
from core.mechanisms import label_papers
from core.mechanisms.label_papers import MOST_SHIFT_MM, SetShift
from core.web import frame, parts
from core.web.frame import _


class ShiftDialog:
    """Three steps in one dialog: which printer, the page to print, two numbers."""

    def __init__(self, paper: Template, printer: str, known: Sequence[str], language: str, done: Callable[[str], Any]) -> None:
        self.paper, self.done = paper, done
        with parts.sheet_dialog(_("shift.title"), _("shift.hint")) as self.dialog:
            self.printer = parts.input(_("shift.printer"), printer, help=_("shift.printer_help"), props='list="known-printers"')
            page = f"/desk/labels/test-page?paper={quote(paper.name)}&language={language}"
            parts.button(_("shift.print"), href=page, icon="print", new_tab=True)
            parts.text(_("shift.ruler"), "p", "second small")
            with database.reading() as s:
                right, down = label_papers.shift(s, printer, paper.name) if printer else (0.0, 0.0)
            with parts.box("row"):
                self.right = parts.input(_("shift.right"), f"{right:g}", props="inputmode=decimal")
                self.down = parts.input(_("shift.down"), f"{down:g}", props="inputmode=decimal")
            parts.text(_("shift.sign"), "p", "second small")
            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), self.dialog.close)
                parts.button(_("shift.save"), self._save, kind="main").props("data-test=save-shift")

    def open(self) -> None:
        """Show it."""
        self.dialog.open()

    async def _save(self) -> None:
        name = (self.printer.value or "").strip()[:60]
        parts.refuse(self.printer, None if name else _("shift.printer_needed"))
        lengths = [self._length(field) for field in (self.right, self.down)]
        if not name or None in lengths:
            return
        right, down = (length or 0.0 for length in lengths)
        outcome = await parts.do(SetShift(printer=name, paper=self.paper.name, right_mm=right, down_mm=down), quiet=True)
        if not outcome.ok:
            parts.refuse(self.right, outcome.message(frame.lang()))
            return
        parts.toast(_("shift.saved", name=name))
        self.dialog.close()
        self.done(name)

    def _length(self, field: Any) -> float | None:
        value = number(field.value or "0")
        good = value is not None and abs(value) <= MOST_SHIFT_MM
        parts.refuse(field, None if good else _("shift.range", most=f"{MOST_SHIFT_MM:g}"))
        return value if good else None


def number(text: str) -> float | None:
    """A length as people type it: point or comma, an en dash or minus for the other way; None for anything else."""
    plain = text.strip().replace("，", ".").replace(",", ".").replace("−", "-").replace("–", "-")
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if abs(value) < 1000 else None

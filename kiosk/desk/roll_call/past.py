"""Earlier roll calls with their reports, and the PIN of the list the kiosks keep sealed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from core.foundation import clock, database, i18n
from core.sections import rollcall
from core.sections.rollcall import reading
from core.web import frame, parts
from core.web.frame import _


def draw_paper(pin: bool, may: bool, redraw: Callable[[], None]) -> None:
    with parts.box("stack rollcall__group"):
        parts.text(_("rollcall.desk.pin"), "h2")
        with parts.box("row rollcall__pin"):
            parts.text(_("rollcall.desk.pin.set" if pin else "rollcall.desk.pin.none"), "p", "quiet")
            if may:
                parts.button(_("rollcall.desk.pin.change" if pin else "rollcall.desk.pin.choose"), partial(_pin_dialog, redraw), icon="key")


def _pin_dialog(redraw: Callable[[], None]) -> None:
    with parts.sheet_dialog(_("rollcall.desk.pin"), _("rollcall.desk.pin.set")) as dialog:
        pin = parts.input(
            _("rollcall.desk.pin.field"), password=True, autofocus=True, props="maxlength=12 inputmode=numeric autocomplete=new-password"
        )

        async def save() -> None:
            text = pin.value or ""
            if not (text.isascii() and text.isdigit() and 6 <= len(text) <= 12):
                parts.refuse(pin, _("rollcall.desk.pin.wrong"))
                return
            if (await parts.do(rollcall.SetPin(pin=text), done=_("rollcall.desk.pin.done"))).ok:
                dialog.close()
                redraw()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("rollcall.desk.pin.choose"), save, kind="main")
    dialog.open()


def draw_past(past: list[reading.RollCallRow], redraw: Callable[[], None]) -> None:
    with parts.box("stack rollcall__group"):
        parts.text(_("rollcall.desk.past"), "h2")
        if not past:
            parts.text(_("rollcall.desk.past.none"), "p", "quiet")
            return
        late = {}
        with database.reading() as s:
            late = {row.id: reading.late_marks(s, row.id) for row in past[:5]}
        with parts.rows("sheet list"):
            for row in past:
                _draw_past_row(row, late.get(row.id, 0), redraw)


def _draw_past_row(row: reading.RollCallRow, late: int, redraw: Callable[[], None]) -> None:
    span = i18n.duration(timedelta(minutes=row.minutes or 0), frame.lang())
    key = "rollcall.desk.past.row" if row.missing else "rollcall.desk.past.all"
    meta = parts.joined(_(key, span=span, missing=row.missing or 0, n=row.expected or 0), row.started_by, row.note)
    title = i18n.day_and_time(row.started_at, clock.zone(), frame.lang())

    async def again() -> None:
        if (await parts.do(rollcall.SealAgain(rollcall_id=row.id))).ok:
            redraw()

    with parts.item(title, meta, icon="list"):
        parts.pill(_("rollcall.drill" if row.drill else "rollcall.real"), "held" if row.drill else "busy", icon="bell")
        if late:
            parts.pill(_("rollcall.desk.late", n=late), "soon")
            parts.button(_("rollcall.desk.seal_again"), again)
        parts.button("PDF", href=f"/api/v1/rollcalls/{row.id}/report.pdf", new_tab=True, icon="print", label=f"PDF {title}")
        parts.button("XLSX", href=f"/api/v1/rollcalls/{row.id}/report.xlsx", label=f"XLSX {title}")

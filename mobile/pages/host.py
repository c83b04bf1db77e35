"""What a host can do for a visitor who is here, on the phone: coming, five more minutes, send up, can not receive; has left, stays longer (issue 5)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from core.mechanisms.operations import Operation
from core.sections import visits
from core.sections.visits import AnswerVisit, CheckOut, Said, Stay, VisitView
from core.web import parts
from core.web.frame import _


def more(visit: VisitView, redraw: Callable[[], None]) -> None:
    """A sheet with every answer; the one most hosts want is on the row itself."""
    with parts.sheet_dialog(visit.name, visit.company) as dialog:

        async def do(operation: Operation) -> None:
            if (await parts.do(operation)).ok:
                dialog.close()
                redraw()

        with parts.box("stack"):
            if visit.acknowledged_at is None:
                parts.button(_("visit.link.wait"), partial(do, AnswerVisit(visit_id=visit.id, said=Said.WAIT)), icon="clock", wide=True)
                place = parts.input(_("visit.link.place"), props="maxlength=80")

                async def up() -> None:
                    wanted = (place.value or "").strip()
                    parts.refuse(place, None if wanted else _("visit.place_needed"))
                    if wanted:
                        await do(AnswerVisit(visit_id=visit.id, said=Said.UP, place=wanted))

                parts.button(_("visit.link.up"), up, icon="go", wide=True)
                parts.button(_("visit.link.refuse"), partial(do, AnswerVisit(visit_id=visit.id, said=Said.REFUSE)), kind="stop", wide=True)
            if visit.break_at is None:
                parts.button(_("visit.step_out"), partial(do, visits.StepOut(visit_id=visit.id)), icon="clock", wide=True)
            else:
                parts.button(_("visit.come_back"), partial(do, visits.ComeBack(visit_id=visit.id)), icon="check", wide=True)
            parts.button(_("visit.link.stays"), partial(do, Stay(visit_id=visit.id)), icon="clock", wide=True)
            parts.button(_("visit.link.left"), partial(do, CheckOut(visit_id=visit.id)), icon="leave", wide=True)
        with parts.box("dialog__acts"):
            parts.button(_("web.close"), dialog.close)
    dialog.open()

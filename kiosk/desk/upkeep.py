"""Care plans on the desk: what is done to which things how often, how many are late (guide S4.1-R4)."""

from __future__ import annotations

from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from pydantic import ValidationError

from core.foundation import clock, database, live
from core.foundation.live import Change
from core.mechanisms.operations import Role
from core.sections import assets
from core.sections.assets import PlanView, classes
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk import piles

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (Role.ADMIN, Role.CLERK, Role.SAFETY, Role.LEADER)
PLANNERS = frozenset({Role.ADMIN, Role.CLERK, Role.SAFETY})


@router.page("/desk/upkeep")
def upkeep_page() -> None:
    with frame.desk("upkeep", _("nav.upkeep"), *READERS):
        piles.style()
        UpkeepPage()


class UpkeepPage:
    """Every plan in one row."""

    def __init__(self) -> None:
        self.client = ui.context.client
        self.box = parts.box()
        self.draw()
        self.client.on_delete(live.subscribe("upkeep_plan", self._changed))

    def draw(self) -> None:
        with database.reading() as s:
            plans = assets.upkeep_plans(s, clock.now())
        late = sum(plan.late for plan in plans)
        may = frame.actor().has(*PLANNERS)
        self.box.clear()
        with self.box:
            with parts.head(_("upkeep.title_late", n=late) if late else _("upkeep.title"), _("upkeep.sub")):
                if may:
                    parts.button(_("upkeep.new"), self._new, kind="main", icon="plus")
            if not plans:
                parts.empty(_("upkeep.none"), _("upkeep.none_hint"))
                return
            with parts.rows():
                for plan in plans:
                    self._row(plan, may=may)

    def _row(self, plan: PlanView, *, may: bool) -> None:
        what = plan.asset or parts.joined(assets.class_name(plan.class_code, frame.lang()), _("upkeep.things", n=plan.things))
        with parts.item(
            plan.title, parts.joined(what, _("upkeep.every", n=plan.every_days), _("upkeep.steps", n=len(plan.steps))), icon="refresh"
        ):
            if plan.ended:
                parts.pill(_("upkeep.ended"), "shut")
            elif plan.late:
                parts.pill(_("upkeep.late", n=plan.late), "busy")
            else:
                parts.pill(_("upkeep.open", n=plan.open), "soon" if plan.open else "free")
            if may and not plan.ended:
                parts.button(_("upkeep.end"), lambda: self._end(plan))

    def _new(self) -> None:
        with database.reading() as s:
            known = {code: one.name(frame.lang()) for code, one in classes.known(s).items()}
        with parts.sheet_dialog(_("upkeep.new"), _("upkeep.new_hint")) as dialog:
            title = parts.input(_("upkeep.what"), props="maxlength=80", autofocus=True)
            class_code = parts.select(_("upkeep.which"), known, search=True)
            every = parts.input(_("upkeep.every_days"), "90", props="inputmode=numeric")
            starts = parts.input(_("upkeep.starts_on"), clock.today().isoformat(), props="type=date")
            steps = parts.area(_("upkeep.steps_lines"), help=_("upkeep.steps_help"))

            async def go() -> None:
                lines = tuple(line.strip()[:120] for line in (steps.value or "").splitlines() if line.strip())[:20]
                parts.refuse(title, None if (title.value or "").strip() else _("asset.required"))
                parts.refuse(class_code, None if class_code.value else _("asset.required"))
                try:
                    do = assets.AddUpkeepPlan(
                        title=title.value or "",
                        class_code=class_code.value or "",
                        every_days=int(every.value or 0),
                        steps=lines,
                        starts_on=piles.day_of(starts),
                    )
                except (ValidationError, ValueError):
                    parts.refuse(every, _("upkeep.days_wrong"))
                    return
                outcome = await parts.do(do)
                if outcome.ok:
                    parts.toast(_("upkeep.made_toast", n=outcome.result["opened"]))
                    dialog.close()
                    self.draw()

            piles.acts(dialog, _("upkeep.make"), go)
        dialog.open()

    async def _end(self, plan: PlanView) -> None:
        sure = await parts.confirm(
            _("upkeep.end_title", title=plan.title), _("upkeep.end_words", n=plan.open), act=_("upkeep.end"), stay=_("upkeep.keep")
        )
        if sure and (await parts.do(assets.EndUpkeepPlan(plan_id=UUID(str(plan.id))))).ok:
            self.draw()

    def _changed(self, _change: Change) -> None:
        if not self.client.is_deleted and self.client.has_socket_connection:
            with self.client:
                try:
                    self.draw()
                except frame.SignInNeeded:
                    return  # the browser is on its way to the sign-in page

"""Buying supplies at the desk: asking the departments what they need, and the plans made of it (guide S1.2-R1 … R4). One plan is in `supply_plan`."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n
from core.mechanisms.operations import Role
from core.sections import supplies
from core.sections.supplies import AnswerView, DemandLine, PlanView, RoundView
from core.web import anew, frame, parts, static_files
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.supply_forms import KEEPERS, whole

router = APIRouter(dependencies=[Depends(frame.signed_in)])
READERS = (Role.ADMIN, Role.CLERK, Role.LEADER)
TONES: dict[str, parts.Tone] = {"draft": "lost", "waiting": "held", "approved": "free", "refused": "busy", "ordered": "free"}
ICONS = {"draft": "note", "approved": "check", "ordered": "send"}


@router.page("/desk/supply-plans")
def plans_page() -> None:
    with frame.desk("supply-plans", _("nav.supply-plans"), *READERS):
        style()
        PlansPage()


def style() -> None:
    """The stylesheet of plans; once a page."""
    ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("buying.css")}">')


def plan_pill(state: str) -> None:
    """The state of a plan."""
    parts.pill(_(f"supply.plan.{state}"), TONES[state], icon=ICONS.get(state))


class PlansPage:
    """What is being asked for at present, and the plans, newest first."""

    def __init__(self) -> None:
        self.box = parts.box("stack")
        self.draw()
        anew.when_changed("supply_round", "supply_plan", draw=self.draw)

    @anew.drawing
    def draw(self) -> None:
        by = frame.actor()
        with database.reading() as s:
            rounds = supplies.rounds(s, open_only=True)
            answers = {one.id: supplies.answers(s, one.id) for one in rounds}
            plans = supplies.plans(s, by)
        self.box.clear()
        with self.box:
            with parts.head(_("nav.supply-plans"), _("supply.plans_hint")):
                if by.has(*KEEPERS):
                    parts.button(_("supply.round_new"), self._open, kind="main", icon="plus")
            for one in rounds:
                self._round(one, answers[one.id], keeps=by.has(*KEEPERS))
            if plans:
                parts.text(_("supply.plans"), "h2")
                with parts.rows():
                    for plan in plans:
                        self._plan(plan)
            elif not rounds:
                parts.empty(_("supply.plans_none"), _("supply.plans_none_hint"))

    def _round(self, one: RoundView, answers: list[AnswerView], *, keeps: bool) -> None:
        with parts.box("sheet needs", "section"):
            with parts.box("row wrap"):
                with parts.box():
                    parts.text(one.title, "h2")
                    until = _("supply.round_until", day=i18n.long_day(one.due_on, frame.lang()))
                    parts.text(parts.joined(until, _("supply.round_answered", n=one.answered, total=one.departments)), "p", "second")
                parts.box("push", "span")
                if keeps:
                    parts.button(_("supply.round_plan"), partial(self._plan_now, one), kind="main", icon="list")
            with parts.box("needs__all", "ul"):
                for answer in answers:
                    with parts.box("needs__one", "li"):
                        self._answer(one, answer, keeps=keeps)

    def _answer(self, one: RoundView, answer: AnswerView, *, keeps: bool) -> None:
        with parts.box("needs__who"):
            parts.text(answer.department, "div", "item__title")
            when = i18n.day_and_time(answer.at, clock.zone(), frame.lang()) if answer.at else ""
            parts.text(parts.joined(answer.person, when) or _("supply.round_waiting"), "div", "item__meta")
        if answer.at is not None:
            parts.pill(_("supply.round_lines", n=answer.lines) if answer.lines else _("supply.round_nothing"), "free", icon="check")
        if keeps:
            parts.button(_("supply.round_fill"), partial(fill_in, one, answer), kind="quiet")

    def _plan(self, plan: PlanView) -> None:
        made = i18n.full_day(clock.today(plan.made_at), frame.lang())
        meta = parts.joined(plan.number, made, plan.made_by, _("supply.plan_lines", n=len(plan.lines)))
        with parts.item(plan.title, meta, icon="list", href=f"/desk/supply-plans/{plan.id}"):
            parts.text(i18n.amount(plan.budget_cents, frame.lang()) if plan.budget_cents else "", "span", "n num")
            plan_pill(plan.state)

    def _open(self) -> None:
        today = clock.today()
        quarter = _("supply.round_example", year=today.year, n=(today.month + 2) // 3)
        with parts.sheet_dialog(_("supply.round_new"), _("supply.round_new_hint")) as dialog:
            title = parts.input(_("supply.round_title"), quarter, autofocus=True, props="maxlength=80")
            due = parts.input(_("supply.round_due"), (today + timedelta(days=7)).isoformat(), props="type=date")

            async def go() -> None:
                day, words = piles.day_of(due), (title.value or "").strip()
                parts.refuse(title, None if words else _("supply.needed"))
                parts.refuse(due, None if day and day >= today else _("supply.round_due_wrong"))
                if words and day and day >= today and (await parts.do(supplies.OpenRound(title=words, due_on=day))).ok:
                    parts.toast(_("supply.round_opened"))
                    dialog.close()

            piles.acts(dialog, _("supply.round_ask"), go)
        dialog.open()

    async def _plan_now(self, one: RoundView) -> None:
        missing = one.departments - one.answered
        sure = not missing or await parts.confirm(
            _("supply.round_close_ask"),
            _("supply.round_close_words", n=missing),
            act=_("supply.round_plan"),
            stay=_("supply.round_stay"),
            stop=False,
        )
        if not sure:
            return
        outcome = await parts.do(supplies.PlanSupplies(round_id=one.id))
        if outcome.ok:
            ui.navigate.to(f"/desk/supply-plans/{outcome.result['plan_id']}")


def fill_in(one: RoundView, answer: AnswerView) -> None:
    """The list of a department that said it on paper or by telephone."""
    with database.reading() as s:
        wanted = supplies.lists_of(s, one.id, answer.department_id)
        known = {str(v.id): (v, f"{v.name} {v.spec}".strip()) for v in supplies.everything(s, frame.actor())}
    with parts.sheet_dialog(answer.department, one.title) as dialog:
        for supply_id, n in wanted.items():
            if str(supply_id) in known:
                view, name = known[str(supply_id)]
                with parts.box("row"):
                    parts.text(name, "span")
                    parts.box("push", "span")
                    parts.text(f"{n} {view.unit}", "b", "num")
        which = parts.select(_("supply.round_which"), {key: name for key, (_view, name) in known.items()}, search=True)
        many = parts.input(_("supply.quantity"), help=_("supply.round_zero"), props="inputmode=numeric maxlength=7")

        async def go() -> None:
            n = whole(many.value)
            parts.refuse(many, None if n is not None or not which.value else _("supply.whole"))
            if which.value and n is None:
                return
            lines = (DemandLine(supply_id=UUID(which.value), quantity=n or 0),) if which.value else ()
            do = supplies.SayDemand(round_id=one.id, department_id=answer.department_id, lines=lines)
            if (await parts.do(do, done=_("supply.round_said"))).ok:
                dialog.close()

        piles.acts(dialog, _("web.save"), go)
    dialog.open()


def packs_words(n: int | None, pack: int, unit: str) -> str:
    """So many packs in words, or so many pieces where a pack is one piece; a dash for none."""
    if not n:
        return "—"
    return f"{n} {unit}" if pack == 1 else _("supply.packs_of", n=n, pack=pack, unit=unit)


def figure(value: Any) -> str:
    return "—" if value is None else str(value)

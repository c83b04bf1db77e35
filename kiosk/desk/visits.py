"""The register of visits: who is here, who is to come, invite, check in and out, badge, roll call, and calls for help from the kiosk (guide
S3.1-R1, S3.1-R7).

Reception and administrators see all visits; everybody else those they host or invited. Which, is the section's to say.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from sqlmodel import Session

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms import labels, notices
from core.mechanisms.operations import Actor, Outcome
from core.sections import visits
from core.sections.visits import VisitState, VisitView, codes
from core.sections.visits.record import RECEPTION
from core.web import frame, parts, qr, sessions
from core.web.frame import _
from kiosk.desk import badge_dialog, holds, offline_entries, printers, visit_check_in, visit_privacy, waiting
from kiosk.desk.registers import Chip, Column, Register, RegisterPage
from kiosk.desk.visit_invite import InviteForm

router = APIRouter(dependencies=[Depends(frame.signed_in)])
TONES: dict[str, parts.Tone] = {"planned": "held", "here": "free", "left": "shut", "cancelled": "shut", "expired": "lost", "held": "soon"}
FURTHEST_DAYS = 14


@router.page("/desk/visits")
def visits_page(new: str = "") -> None:
    with frame.desk("visits", _("desk.visits")):
        page = RegisterPage(REGISTER)
        if new:
            ui.timer(0.05, lambda: InviteForm(page.refresh), once=True)


def _what_waits() -> None:
    HelpBanner()
    printers.StuckBanner()
    offline_entries.OfflineBanner()
    holds.HoldBanner()
    waiting.WaitingList()


# ── calls for help ──


class HelpBanner:
    """Somebody at a kiosk waits: a red line with one act, until somebody went."""

    def __init__(self) -> None:
        self.client, self.box = ui.context.client, parts.box("stack")
        self.draw()
        self.client.on_delete(live.subscribe("help", self._changed))

    def draw(self) -> None:
        with database.reading() as s:
            calls = visits.open_calls(s) if frame.actor().has(*RECEPTION) else []
        self.box.clear()
        with self.box:
            for call in calls:
                with parts.banner(_("desk.help.asks", where=call.where, what=_(f"help.reason.{call.reason}")), "bad", icon="bell"):
                    parts.button(_("desk.help.go"), partial(self.go, call.id))

    async def go(self, help_id: UUID) -> None:
        await parts.do(visits.AnswerHelp(help_id=help_id))
        self.draw()

    def _changed(self, _change: Change) -> None:
        if not self.client.is_deleted:
            with self.client:
                self.draw()


# ── the register's description ──


def _fetch(s: Session, query: Any, by: Actor) -> Any:
    return visits.search(s, query, by)


def _count(state: str, *, today: bool = False) -> Any:
    def count(s: Session, by: Actor) -> int:
        if not by.has(*RECEPTION):
            own = visits.mine(s, by.person_id, clock.now(), limit=200) if by.person_id else []
            return len([v for v in own if v.state == state and (not today or v.expected_on == clock.today())])
        return visits.count_in_house(s) if state == VisitState.HERE else visits.counts(s, clock.today()).get(state, 0)

    return count


def _count_away(s: Session, by: Actor) -> int:
    if by.has(*RECEPTION):
        return visits.count_on_break(s)
    own = visits.mine(s, by.person_id, clock.now(), limit=200) if by.person_id else []
    return len([v for v in own if v.state == VisitState.HERE and v.break_at is not None])


def _state_words(visit: VisitView) -> str:
    return _(f"visit.state.{visits.register.shown_state(visit)}")


def _asks(visit: VisitView) -> bool:
    """Stands in the foyer until somebody says yes."""
    return visit.state == VisitState.HERE and visit.approval == "asked"


def _tone(visit: VisitView) -> parts.Tone:
    return "soon" if _asks(visit) else TONES[visit.state]


def _when(visit: VisitView) -> str:
    if visit.arrived_at is None:
        return i18n.short_day(visit.expected_on, frame.lang())
    came = i18n.day_and_time(visit.arrived_at, clock.zone(), frame.lang())
    return f"{came}–{clock.local(visit.left_at):%H:%M}" if visit.left_at else came


def _name(visit: VisitView) -> str:
    return visit.name if not visit.erased else _("visit.erased")


# ── acts ──


def _draw_acts(page: RegisterPage) -> None:
    if frame.actor().has(*RECEPTION):
        parts.button(_("rollcall.desk.title"), icon="list", href="/desk/roll-call")
        parts.button(_("visit_desk.walk_in"), partial(visit_check_in.CheckInDialog, page), icon="check")
    parts.button(_("visitors.from_file"), icon="receive", href="/desk/imports?what=visits")
    parts.button(_("desk.visits.invite"), lambda: InviteForm(page.refresh), kind="main", icon="plus")


def _draw_peek(visit: VisitView, page: RegisterPage) -> None:
    language, zone = frame.lang(), clock.zone()
    page.peek_head(_name(visit), code=visit.label, pill=(_state_words(visit), _tone(visit)), meta=visit.company)
    with database.reading() as s:
        told = notices.views(s, [n for n in notices.about(s, "visit", visit.id) if n.state != notices.State.DISMISSED], language)
    parts.facts(
        (
            (_("visit.column.host"), parts.joined(visit.host, visit.host_department, visit.host_extension)),
            (_("visit.column.purpose"), visit.purpose),
            (_("visit.column.phone"), visit.phone),
            (_("desk.visits.email"), visit.email),
            (_("visit.column.expected_on"), i18n.long_day(visit.expected_on, language)),
            (_("visit.column.arrived_at"), i18n.day_and_time(visit.arrived_at, zone, language) if visit.arrived_at else ""),
            (_("visit.column.left_at"), i18n.day_and_time(visit.left_at, zone, language) if visit.left_at else ""),
            (_("visit.column.left_how"), waiting.left_words(visit.left_how)),
            (_("visit.column.assumed_left_at"), i18n.day_and_time(visit.assumed_left_at, zone, language) if visit.assumed_left_at else ""),
            (
                _("visit.on_break"),
                i18n.day_and_time(visit.break_at, zone, language) if visit.break_at and visit.state == VisitState.HERE else "",
            ),
            (_("visit.column.stay_until"), i18n.day_and_time(visit.stay_until, zone, language) if visit.stay_until else ""),
            (_("visit.column.day_number"), f"{visit.day_number:03d}" if visit.day_number else ""),
            (_("visit.column.consent"), _consent_words(visit)),
        )
    )
    visit_check_in.draw_state(visit, page)
    visit_privacy.draw(visit, page)
    badge_dialog.draw_log(visit)
    if told:
        parts.trail((_first_line(view.text), _notice_words(view), "done" if view.state == notices.State.SENT else "now") for view in told)
    if visit.state == VisitState.LEFT and visit.left_at is not None and clock.now() - visit.left_at <= visits.UNDO_FOR:
        parts.button(_("desk.visits.undo"), partial(_undo, visit, page), icon="back")
    if visit.state == VisitState.HERE:
        parts.button(_("desk.visits.check_out"), partial(_check_out, visit, page), kind="main", icon="leave")
        if visit.break_at is None:
            parts.button(_("visit.step_out"), partial(_act, visits.StepOut(visit_id=visit.id), page), icon="clock")
        else:
            parts.button(_("visit.come_back"), partial(_act, visits.ComeBack(visit_id=visit.id), page), icon="check")
        if frame.actor().has(*RECEPTION):
            parts.button(_("desk.visits.badge"), partial(badge_dialog.print_dialog, visit, page), icon="print")
        if visit.acknowledged_at is None:
            parts.button(_("desk.visits.host_told"), partial(_act, visits.Acknowledge(visit_id=visit.id), page), icon="check")
    elif visit.state == VisitState.PLANNED:
        if visit.label:
            with parts.box("pass__code"):
                address = codes.address(sessions.settings().base_url, visit.label, visit.expected_on, group=visit.group_id == visit.id)
                qr.draw(address, "qr", labels.shown(visit.label))
        if visit.expected_on == clock.today() and visit.label:
            parts.button(_("desk.visits.check_in"), partial(visit_check_in.begin, visit, page), kind="main", icon="check")
        parts.button(_("desk.visits.cancel"), partial(_cancel, visit, page), kind="stop")


def _first_line(text: str) -> str:
    return text.splitlines()[0][:90] if text else ""


def _notice_words(view: notices.NoticeView) -> str:
    if view.sent_at is not None:
        state = _("desk.visits.message.sent", time=f"{clock.local(view.sent_at):%H:%M}")
    else:
        state = parts.joined(_(f"notice.state.{view.state}"), _(view.reason) if view.reason else "")
    return parts.joined(view.to, state)


def _consent_words(visit: VisitView) -> str:
    if visit.consent:
        return _("desk.visits.signed", version=visit.consent)
    return _("desk.visits.unsigned") if visit.arrived_at else ""


async def _act(operation: Any, page: RegisterPage) -> Outcome:
    outcome = await parts.do(operation)
    if outcome.ok:
        if isinstance(outcome.result, dict) and outcome.result.get("see_reception"):
            parts.toast(_("visit.reception_contacts"))
        await page.reopen()
    return outcome


async def _check_out(visit: VisitView, page: RegisterPage) -> None:
    if await waiting.check_out(visit.id, visit.name):
        await page.reopen()


async def _undo(visit: VisitView, page: RegisterPage) -> None:
    if await waiting.take_back(visit.id, visit.name):
        await page.reopen()


async def _cancel(visit: VisitView, page: RegisterPage) -> None:
    sure = await parts.confirm(
        _("desk.visits.cancel.ask", name=visit.name),
        _("desk.visits.cancel.say"),
        act=_("desk.visits.cancel.do"),
        stay=_("desk.visits.cancel.keep"),
    )
    if sure:
        await _act(visits.CancelVisit(visit_id=visit.id), page)


REGISTER = Register(
    name="visits",
    title="desk.visits",
    kinds=("visit",),
    fetch=_fetch,
    above=_what_waits,
    search="desk.visits.find",
    empty=("desk.visits.empty", "desk.visits.empty.say"),
    columns=(
        Column("visit.column.name", _name, sub=lambda v: v.company),
        Column("visit.column.party", lambda v: v.party, sub=lambda v: v.group_name, number=True),
        Column("visit.column.host", lambda v: v.host, sub=lambda v: v.host_department),
        Column("visit.column.purpose", lambda v: v.purpose),
        Column("visit.column.arrived_at", _when),
        Column("visit.column.day_number", lambda v: f"{v.day_number:03d}" if v.day_number else ""),
        Column("visit.column.state", _state_words, tone=_tone),
        Column("visit.column.label", lambda v: v.label or "", code=True),
    ),
    chips=(
        Chip("inside", "desk.visits.here", {"state": "here"}, count=_count("here")),
        Chip("expected", "desk.visits.planned", {"state": "planned"}, count=_count("planned", today=True)),
        Chip("away", "visit.on_break", {"state": "on_break"}, count=_count_away),
        Chip("today", "desk.visits.today", {"day": "today"}),
        Chip("assumed", "visit.assumed_left.short", {"state": "assumed_left"}),
        Chip("all", "desk.visits.all"),
    ),
    peek=_draw_peek,
    acts=_draw_acts,
)

"""One reception plan at the desk, as one paper: who comes and why, the days as a picture, the arrangements by kind; beside it what is next, what does not
join, money, the leader's word and what happened (guide S3.1-R2, R3, R6, R8)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n
from core.mechanisms import approvals
from core.mechanisms.operations import Operation, Role
from core.sections import reception
from core.sections.reception import Kind, Plan, PlanLine
from core.web import anew, approval_card, frame, icons, parts
from core.web.frame import _
from kiosk.desk import piles, reception_answer, reception_days, reception_forms, reception_line, reception_money
from kiosk.desk.receptions import copy_dialog, days_words, status_pill, style
from kiosk.desk.registers import long_moment

router = APIRouter(dependencies=[Depends(frame.signed_in)])
KIND_ICONS = {
    Kind.MEET: "door", Kind.ESCORT: "people", Kind.MEALS: "supply", Kind.LODGING: "key", Kind.TRANSPORT: "move", Kind.SITE_VISIT: "place",
}  # fmt: skip
SHOWN_EVENTS = 8


@router.page("/desk/receptions/{reception_id}")
def plan_page(reception_id: UUID) -> None:
    with frame.desk("receptions", _("nav.receptions")):
        style()
        PlanPage(reception_id)


class PlanPage:
    """The plan, drawn anew when it, a visit of its guests or the leader's word changes."""

    def __init__(self, reception_id: UUID) -> None:
        self.id, self.client = reception_id, ui.context.client
        self.all_events = False
        self.plan: Plan
        self.box = parts.box("plan")
        self.draw()
        anew.when_changed("reception", "approval", draw=self._look_again)

    def draw(self) -> None:
        with database.reading() as s:
            plan = reception.plan(s, self.id, frame.actor(), clock.now())
            roster = reception.roster(s, self.id) if plan else []
        self.box.clear()
        with self.box:
            if plan is None:
                parts.empty(_("reception.not_found"))
                return
            self.plan = plan
            with parts.box("plan__acts"):
                parts.button(_("nav.receptions"), href="/desk/receptions", kind="quiet", icon="back")
                parts.box("push", "span")
                if plan.versions:
                    parts.button(_("reception.versions"), href=f"/desk/receptions/{plan.id}/versions", icon="list")
                parts.button(_("reception.plan_paper"), href=f"/api/v1/receptions/{plan.id}/plan.pdf", icon="print", new_tab=True)
                parts.button(_("reception.list_paper"), href=f"/api/v1/receptions/{plan.id}/list.pdf", icon="print", new_tab=True)
                parts.button(_("reception.copy"), lambda: copy_dialog(plan.id, plan.organisation), icon="document")
            with parts.box("plan__paper", "article"):
                self._draw_head(plan)
                self._draw_guests(plan)
                reception_days.draw(plan)
                self._draw_lines(plan)
            with parts.box("plan__side", "aside"):
                self._draw_next(plan)
                self._draw_warnings(plan)
                self._draw_incidents(plan)
                reception_money.draw_money(plan, self.draw)
                reception_money.draw_review(plan)
                self._draw_roster(roster)
                self._draw_story(plan)

    @property
    def editable(self) -> bool:
        return self.plan.may_plan and self.plan.state in ("planned", "running")

    # ── the paper ──

    def _draw_head(self, plan: Plan) -> None:
        with parts.box("plan__band"):
            parts.text(parts.joined(plan.number, plan.letter and _("reception.letter_of", letter=plan.letter)), "span", "second")
            parts.box("push", "span")
            status_pill(plan.status)
        with parts.box("plan__title"):
            parts.text(_("reception.plan_of", title=plan.title), "h1")
            if self.editable:
                parts.button(_("reception.edit"), lambda: reception_forms.edit_head(plan, self.draw), kind="quiet", icon="note")
        with parts.box("plan__facts", "dl"):
            for label, value in (
                (_("reception.column.days"), days_words(plan)), (_("reception.level"), _(f"reception.level.{plan.level}")),
                (_("reception.headcount"), _("reception.heads", n=plan.headcount)), (_("reception.lead"), plan.lead),
            ):  # fmt: skip
                with parts.box():
                    parts.text(label, "dt")
                    parts.text(value, "dd")
        for label, value in ((_("reception.purpose"), plan.purpose), (_("reception.itinerary"), plan.itinerary)):
            if value:
                with parts.box("plan__words", "section"):
                    parts.text(label, "h3")
                    for line in value.splitlines():
                        parts.text(line, "p")

    def _draw_guests(self, plan: Plan) -> None:
        with parts.box("plan__part", "section"):
            with parts.box("plan__parthead"):
                parts.text(_("reception.guests"), "h2")
                here = sum(any(code.arrived_at and not code.left_at for code in guest.codes) for guest in plan.guests)
                if here:
                    parts.text(_("reception.here_now", n=here), "span", "second")
                parts.box("push", "span")
                if self.editable:
                    if plan.versions and plan.ends_on > plan.starts_on and any(v.approved for v in plan.versions):
                        parts.button(
                            _("reception.invite_day"), lambda: reception_forms.invite_day(plan, self.draw), kind="quiet", icon="send"
                        )
                    parts.button(
                        _("reception.edit_guests"), lambda: reception_forms.edit_guests(plan, self.draw), kind="quiet", icon="people"
                    )
            if not plan.guests:
                parts.text(_("reception.no_guests"), "p", "second")
                return
            with parts.box("plan__table", "table"):
                with parts.box(tag="thead"), parts.box(tag="tr"):
                    for key in ("name", "post", "organisation", "contact", "code"):
                        parts.text(_(f"reception.guest.{key}"), "th")
                with parts.box(tag="tbody"):
                    for guest in plan.guests:
                        with parts.box(tag="tr"):
                            parts.text(_("visit.erased") if guest.erased else guest.name, "td", "strong")
                            parts.text(guest.post, "td")
                            parts.text(guest.organisation or plan.organisation, "td")
                            parts.text(parts.joined(guest.phone, guest.email), "td", "second")
                            with parts.box("plan__code", "td"):
                                self._draw_codes(guest)

    def _draw_codes(self, guest: reception.GuestLine) -> None:
        if not guest.codes:
            parts.text(_("reception.code_later"), "span", "quiet")
        for code in guest.codes:
            with parts.box("row"):
                if len(guest.codes) > 1:
                    parts.text(i18n.short_day(code.day, frame.lang()), "span", "quiet small")
                if code.left_at is not None:
                    parts.pill(_("reception.left_at", time=f"{clock.local(code.left_at):%H:%M}"), "shut", icon="leave")
                elif code.arrived_at is not None:
                    parts.pill(_("reception.arrived_at", time=f"{clock.local(code.arrived_at):%H:%M}"), "free")
                elif code.state == "planned" and code.code:
                    parts.code(code.code)
                else:
                    parts.pill(_(f"visit.state.{code.state}"), "lost")

    def _draw_lines(self, plan: Plan) -> None:
        warned = {id for warn in plan.warnings if warn.grave for id in warn.lines}
        with parts.box("plan__part", "section"):
            with parts.box("plan__parthead"):
                parts.text(_("reception.arrangements"), "h2")
                confirmed = sum(line.answer == "confirmed" for line in plan.lines)
                parts.text(_("reception.confirmed_of", n=confirmed, total=len(plan.lines)) if plan.lines else "", "span", "second")
                parts.box("push", "span")
                if self.editable and any(line.owner_id and line.answer in ("open", "declined") and not line.done_at for line in plan.lines):
                    parts.button(
                        _("reception.ask_owners"),
                        partial(self._do, reception.AskOwners(reception_id=plan.id), _("reception.asked_toast")),
                        icon="send",
                    )
            for kind in Kind:
                mine = [line for line in plan.lines if line.kind == kind]
                with parts.box("plan__kind", "section"):
                    with parts.box("plan__kindhead"):
                        icons.icon(KIND_ICONS[kind])
                        parts.text(_(f"reception.kind.{kind}"), "h3")
                        if plan.planned[kind]:
                            parts.text(piles.money(plan.planned[kind]), "span", "num second")
                        parts.box("push", "span")
                        if self.editable:
                            label = _("reception.add_kind", kind=_(f"reception.kind.{kind}"))
                            parts.button(
                                _("reception.add"),
                                partial(reception_line.edit_line, plan, None, kind, self.draw),
                                kind="quiet",
                                icon="plus",
                                label=label,
                            )
                    with parts.box("plan__lines", "ul"):
                        for line in mine:
                            self._draw_line(plan, line, line.id in warned)
            with parts.box("plan__sum"):
                parts.text(_("reception.planned_sum"), "span")
                parts.text(piles.money(plan.planned_cents), "b", "num")

    def _draw_line(self, plan: Plan, line: PlanLine, warned: bool) -> None:
        with parts.box("plan__line plan__line--warned" if warned else "plan__line", "li"):
            with parts.box("plan__time"):
                parts.text(i18n.time_span(line.starts_at, line.ends_at, clock.zone()), "b", "num")
                if plan.starts_on != plan.ends_on:
                    parts.text(i18n.short_day(clock.today(line.starts_at), frame.lang()), "span", "quiet small")
            with parts.box("plan__what"):
                if self.editable:
                    opener = parts.box("plan__open", "button").props("type=button")
                    with opener:
                        parts.text(line.what, "span")
                    parts.on_tap(opener, partial(reception_line.edit_line, plan, line, Kind(line.kind), self.draw))
                else:
                    parts.text(line.what, "span", "strong")
                where = f"{line.place} → {line.place_to}" if line.place_to else line.place
                room = (
                    _("reception.room_pending" if line.room_pending else "reception.room_of", room=reception_line.room_words(line))
                    if line.room
                    else ""
                )
                table = _("reception.companions_n", n=line.companions) if line.companions else ""
                parts.text(
                    parts.joined(where, room, table, line.confirmed_with and _("reception.with", who=line.confirmed_with)),
                    "span",
                    "second small",
                )
                if line.answer_note:
                    parts.text(line.answer_note, "span", "small plan__said")
            parts.text(line.owner or _("reception.no_owner"), "span", "plan__owner" if line.owner else "plan__owner quiet")
            reception_answer.draw_state(line, self.draw if self.editable else None)
            parts.text(piles.money(line.cost_cents) if line.cost_cents else "", "span", "num plan__cost")

    # ── beside it ──

    def _draw_next(self, plan: Plan) -> None:
        with parts.box("sheet plan__next", "section"):
            parts.text(_(f"reception.next.{plan.status}"), "h2")
            if plan.status == "refused" and plan.refused_because:
                parts.text(_("reception.refused_because", reason=plan.refused_because), "p", "second")
            if plan.status == "cancelled":
                parts.text(plan.cancelled_because, "p", "second")
            if plan.agreed in ("asked", "approved", "stale") and plan.status != "cancelled":
                self._draw_word(plan)
            if self.editable and plan.agreed in ("draft", "refused", "stale"):
                why = _("reception.nothing_planned") if not plan.lines else _("reception.no_purpose") if not plan.purpose else None
                ask = reception.AskApproval(reception_id=plan.id)
                parts.button(
                    _("reception.ask_leader"),
                    partial(self._do, ask, _("reception.asked_leader_toast")),
                    kind="main",
                    icon="send",
                    why_not=why,
                    wide=True,
                )
            if plan.status in ("approved", "running", "stale"):
                kind: parts.Kind = "plain" if plan.agreed == "stale" else "main"
                parts.button(_("reception.run_sheet"), href=f"/my/receptions/{plan.id}", kind=kind, icon="phone", new_tab=True, wide=True)
            if plan.status == "running" and plan.may_plan:
                parts.button(
                    _("reception.end"),
                    partial(self._do, reception.EndReception(reception_id=plan.id), _("reception.ended_toast")),
                    kind="quiet",
                    wide=True,
                )
            if plan.may_review:
                words = _("reception.review") if plan.score is None else _("reception.review_again")
                waiting = sum(one.open for one in plan.incidents)
                parts.button(
                    words,
                    lambda: reception_forms.review(plan, self.draw),
                    kind="main" if plan.score is None else "plain",
                    icon="check",
                    why_not=_("reception.incidents_open", n=waiting) if waiting else None,
                    wide=True,
                )
            if self.editable and plan.state == "planned":
                parts.button(_("reception.cancel"), lambda: reception_forms.cancel(plan, self.draw), kind="quiet", wide=True)

    def _draw_word(self, plan: Plan) -> None:
        if plan.approved_at is not None:
            parts.text(_("reception.approved_by", name=plan.approved_by, when=long_moment(plan.approved_at)), "p", "second")
        if plan.approval_id is None:
            return
        with database.reading() as s:
            waiting = approvals.view(s, approvals.get(s, plan.approval_id), frame.actor())
        step = waiting.steps[waiting.step - 1]
        if step.person or step.role != Role.LEADER:  # that a leader is asked stands above already
            parts.text(_("reception.waits_for", who=step.person or (_(f"role.{step.role}") if step.role else "")), "p", "second")
        if waiting.may_decide:
            parts.button(_("approval.agree"), lambda: approval_card.agree(waiting, self.draw), kind="main", icon="check", wide=True)
            parts.button(_("approval.back"), lambda: approval_card.send_back(waiting, self.draw), icon="return", wide=True)

    def _draw_warnings(self, plan: Plan) -> None:
        if not plan.lines or plan.state not in ("planned", "running"):
            return
        with parts.box("sheet plan__warnings", "section"):
            grave = sum(warn.grave for warn in plan.warnings)
            parts.text(_("reception.joins_bad", n=grave) if grave else _("reception.joins_good"), "h2")
            if plan.warnings and not grave:
                parts.text(_("reception.joins_look", n=len(plan.warnings)), "p", "second small")
            with parts.box("list", "ul"):
                for warn in plan.warnings:
                    with parts.box("plan__warn plan__warn--grave" if warn.grave else "plan__warn", "li"):
                        icons.icon("warning" if warn.grave else "clock")
                        parts.text(_(warn.code, **i18n.as_mapping(warn.facts, frame.lang(), clock.zone())), "span")

    def _draw_incidents(self, plan: Plan) -> None:
        if not plan.incidents:
            return
        with parts.box("sheet plan__incidents", "section"):
            parts.text(_("reception.incidents"), "h2")
            with parts.box("list", "ul"):
                for one in plan.incidents:
                    owner = parts.joined(one.owner, i18n.short_day(one.due_on, frame.lang()) if one.due_on else "")
                    meta = _("reception.incident_owner", who=owner) if one.open else parts.joined(one.outcome, one.closed_by)
                    with parts.item(
                        one.what,
                        parts.joined(one.reported_by, long_moment(one.reported_at)),
                        icon="warning" if one.open else "check",
                        tone="busy" if one.open else "free",
                    ):
                        pass
                    parts.text(meta, "p", "small second plan__outcome")
                    if one.may_close:
                        with parts.box("row plan__incidentacts"):
                            parts.button(
                                _("reception.incident_close"), partial(reception_forms.close_incident, one, self.draw), icon="check"
                            )
                            if plan.may_plan:
                                parts.button(
                                    _("reception.incident_assign"), partial(reception_forms.assign_incident, one, self.draw), kind="quiet"
                                )

    def _draw_roster(self, roster: list[reception.HostOnDuty]) -> None:
        if not roster:
            return
        with parts.box("sheet plan__roster", "section"):
            parts.text(_("reception.roster"), "h2")
            with parts.box("list", "ul"):
                for host in roster:
                    turns = parts.joined(*(f"{clock.local(start):%H:%M} {what}" for start, _end, what in host.turns[:4]))
                    with parts.item(host.name, turns):
                        if host.checked_at is not None:
                            parts.pill(
                                _("reception.ready") if not host.not_yet else _("reception.not_ready", n=host.not_yet),
                                "soon" if host.not_yet else "free",
                            )

    def _draw_story(self, plan: Plan) -> None:
        with parts.box("sheet plan__story", "section"):
            parts.text(_("reception.story"), "h2")
            events = list(reversed(plan.events))
            steps = []
            for n, event in enumerate(events if self.all_events else events[:SHOWN_EVENTS]):
                steps.append((event_words(event), parts.joined(event.who, long_moment(event.at)), "now" if n == 0 else "done"))
            parts.trail(steps)  # type: ignore[arg-type]
            if len(events) > SHOWN_EVENTS and not self.all_events:
                parts.button(_("reception.all_story", n=len(events)), self._show_all, kind="quiet")

    # ── acts ──

    def _show_all(self) -> None:
        self.all_events = True
        self.draw()

    async def _do(self, do: Operation, done: str) -> None:
        if (await parts.do(do, done=done)).ok:
            self.draw()

    def _look_again(self) -> None:
        with database.reading() as s:
            now = reception.plan(s, self.id, frame.actor(), clock.now())
        if now is None or now != self.plan:  # what somebody is about to press stays where it is when nothing changed
            self.draw()


def event_words(event: reception.EventLine) -> str:
    """What happened, in the reader's language."""
    facts = i18n.as_mapping(event.facts, frame.lang(), clock.zone())
    if "cents" in event.facts:
        facts["money"] = piles.money(int(event.facts["cents"]))
    if event.what == "thanked" and not event.facts.get("n"):
        return _("reception.event.thanked_none")
    for name in ("kind",):
        if name in event.facts:
            facts[name] = _(f"reception.kind.{event.facts[name]}")
    return _(f"reception.event.{event.what}", **{name: value for name, value in facts.items() if name != "fields"})

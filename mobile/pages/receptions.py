"""Receptions on the phone: mine, the run sheet with the next step under the thumb, the hosts' short checklist, what goes wrong, and the guests' one question
behind the link of a thank-you (guide S3.1-R3 … R8; scenario Office 7)."""

from __future__ import annotations

import asyncio
from functools import partial
from uuid import UUID

from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.foundation.live import Change
from core.mechanisms.operations import Operation
from core.sections import reception
from core.sections.reception import Kind, ReceptionView, RunSheet, Step
from core.web import frame, icons, parts, static_files
from core.web.elements import Photo, Taken
from core.web.frame import _
from mobile.pages import reception_asked, reception_question
from mobile.pages.thing import foot_of

router = APIRouter()
TONES: dict[str, parts.Tone] = {
    "draft": "lost", "asked": "held", "refused": "busy", "stale": "soon", "approved": "free", "running": "held", "ended": "soon", "reviewed": "free",
    "cancelled": "shut",
}  # fmt: skip
KIND_ICONS = {
    Kind.MEET: "door", Kind.ESCORT: "people", Kind.MEALS: "supply", Kind.LODGING: "key", Kind.TRANSPORT: "move", Kind.SITE_VISIT: "place",
}  # fmt: skip
ICONS = {"draft": "note", "running": "go", "asked": "held", "stale": "refresh", "ended": "clock"}
LATE_CHOICES = (5, 10, 15, 30)
REDRAW_S = 30.0  # what is late by the clock shows itself
SETTLE_S = 0.2


@router.page("/my/receptions")
def receptions_page() -> None:
    with frame.phone(_("nav.receptions"), "/my"):
        style()
        _draw_mine()


@router.page("/my/receptions/{reception_id}")
def run_page(reception_id: UUID) -> None:
    with frame.phone(_("reception.run_sheet"), "/my/receptions") as body:
        style()
        Sheet(reception_id, foot_of(body))


@router.page("/my/receptions/{reception_id}/ready")
def ready_page(reception_id: UUID) -> None:
    with frame.phone(_("reception.before_you_meet"), f"/my/receptions/{reception_id}") as body:
        style()
        Ready(reception_id, foot_of(body))


@router.page("/my/receptions/{reception_id}/incident")
def incident_page(reception_id: UUID) -> None:
    with frame.phone(_("reception.report"), f"/my/receptions/{reception_id}") as body:
        style()
        Incident(reception_id, foot_of(body))


@router.page("/thanks/{visit_id}/{mark}")
def thanks_page(visit_id: UUID, mark: str) -> None:
    with frame.plain(_("reception.question")):
        style()
        reception_question.Question(visit_id, mark[:40])


def style() -> None:
    ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("reception.css")}">')


def _draw_mine() -> None:
    by, at = frame.actor(), clock.now()
    with database.reading() as s:
        found = reception.mine(s, by.person_id, at) if by.person_id else []
    if not found:
        parts.empty(_("reception.mine_none"), _("reception.mine_none_hint"))
        return
    with parts.rows():
        for view in found:
            _row(view)


def _row(view: ReceptionView) -> None:
    with parts.box(tag="li"), parts.box("item item--link", "a").props(f'href="/my/receptions/{view.id}"'):
        parts.mark("go" if view.status == "running" else "people", TONES[view.status])
        with parts.box("item__body"):
            parts.text(view.title, classes="item__title")
            day = i18n.long_day(view.starts_on, frame.lang())
            parts.text(
                parts.joined(day, _("reception.heads", n=view.headcount), _(f"reception.status.{view.status}")), classes="item__meta"
            )
        icons.icon("next")


class Sheet:
    """The run sheet: the next step large, done or late with one thumb, everything else below; live for all hosts."""

    def __init__(self, reception_id: UUID, foot: ui.element) -> None:
        self.id, self.foot, self.client = reception_id, foot, ui.context.client
        self.box = parts.box("stack run")
        self._pending = False
        self.draw()
        self.client.on_delete(live.subscribe("reception", self._changed))
        ui.timer(REDRAW_S, self._redraw, immediate=False)

    def draw(self) -> None:
        by = frame.actor()
        self._shown = sheet, plan, conduct = self._read()
        self.box.clear()
        self.foot.clear()
        with self.box:
            if sheet is None or plan is None or conduct is None:
                parts.empty(_("reception.not_found"))
                return
            self._draw_head(sheet)
            if sheet.next is not None and sheet.status in ("approved", "running", "stale"):
                self._draw_next(sheet, sheet.next)
            elif sheet.steps and all(step.stands == "done" for step in sheet.steps) and sheet.status == "running":
                parts.banner(_("reception.all_done"), "info", icon="check")
            self._draw_incidents(plan)
            asked = reception_asked.asked_of(plan, by.person_id)
            if asked:
                reception_asked.draw(self.id, asked, self._do)
            hosts_here = any(step.mine for step in sheet.steps) or by.person_id == plan.lead_id
            if hosts_here and conduct.checked_at is None and plan.state in ("planned", "running"):
                with (
                    parts.box(tag="div"),
                    parts.box("item item--link sheet run__ready", "a").props(f'href="/my/receptions/{self.id}/ready"'),
                ):
                    parts.mark("check", "soon")
                    with parts.box("item__body"):
                        parts.text(conduct.title, classes="item__title")
                        parts.text(_("reception.ready_hint", n=len(conduct.questions)), classes="item__meta")
                    icons.icon("next")
            self._draw_guests(sheet)
            self._draw_steps(sheet)
        self._draw_foot(sheet)

    def _read(self) -> tuple[RunSheet | None, reception.Plan | None, reception.Conduct | None]:
        by, at = frame.actor(), clock.now()
        with database.reading() as s:
            sheet = reception.run_sheet(s, self.id, by, at)
            return sheet, reception.plan(s, self.id, by, at) if sheet else None, reception.my_conduct(s, self.id, by) if sheet else None

    def _draw_head(self, sheet: RunSheet) -> None:
        with parts.box("run__head"):
            parts.text(sheet.title, "h2")
            with parts.box("row wrap"):
                parts.pill(_(f"reception.status.{sheet.status}"), TONES[sheet.status], icon=ICONS.get(sheet.status))
                parts.text(parts.joined(_(f"reception.level.{sheet.level}"), _("reception.lead_is", name=sheet.lead)), "span", "second")
        if sheet.agreed == "stale" and sheet.status in ("stale", "running"):
            parts.banner(_("reception.stale_banner"), "due")
        if sheet.status in ("draft", "asked", "refused"):
            words = f"reception.next.{sheet.status}" if sheet.may_plan else "reception.still_planned"
            parts.banner(_(words), "due", icon="lock")

    def _draw_next(self, sheet: RunSheet, step: Step) -> None:
        late = step.stands == "late"
        with parts.box("run__next run__next--late" if late else "run__next", "section").props('aria-live="polite"'):
            with parts.box("row"):
                icons.icon(KIND_ICONS[Kind(step.kind)])
                parts.text(_("reception.next_step") if not late else _("reception.late_by", n=step.minutes), "span", "strong")
                parts.box("push", "span")
                parts.text(i18n.time_span(step.starts_at, step.ends_at, clock.zone()), "span", "num")
            parts.text(step.what, "p", "run__what")
            where = f"{step.place} → {step.place_to}" if step.place_to else step.place
            if where:
                with parts.box("row run__where"):
                    icons.icon("place")
                    parts.text(where, "span")
            if step.note:
                parts.text(step.note, "p", "run__note")
            with parts.box("row run__who"):
                icons.icon("person")
                parts.text(
                    _("reception.yours") if step.mine else step.owner or _("reception.no_owner"), "span", "strong" if step.mine else ""
                )
                if step.owner_phone and not step.mine:
                    parts.button(
                        _("reception.call"), href=f"tel:{step.owner_phone}", icon="phone", label=_("reception.call_who", name=step.owner)
                    )
            if step.late_note:
                parts.text(step.late_note, "p", "run__note")
            if step.ticks_on:
                parts.text(_(f"reception.ticks_hint.{step.ticks_on}"), "p", "small run__note")

    def _draw_guests(self, sheet: RunSheet) -> None:
        if not sheet.guests:
            return
        with parts.box("sheet run__guests", "section"):
            parts.text(_("reception.guests_here", n=sheet.here, came=sheet.came, total=len(sheet.guests)), "h2")
            with parts.box("list", "ul"):
                for guest in sheet.guests:
                    name = _("visit.erased") if guest.erased else guest.name
                    with parts.item(name, parts.joined(guest.post, guest.organisation)):
                        if guest.left_at is not None:
                            parts.pill(_("reception.left_at", time=f"{clock.local(guest.left_at):%H:%M}"), "shut", icon="leave")
                        elif guest.arrived_at is not None:
                            parts.pill(_("reception.arrived_at", time=f"{clock.local(guest.arrived_at):%H:%M}"), "free")
                        else:
                            parts.pill(_("reception.expected"), "lost", icon="clock")

    def _draw_incidents(self, plan: reception.Plan) -> None:
        open_ones = [one for one in plan.incidents if one.open]
        if open_ones:
            with parts.box("sheet run__incidents", "section"):
                parts.text(_("reception.incidents_open_n", n=len(open_ones)), "h2")
                with parts.box("list", "ul"):
                    for one in open_ones:
                        with parts.item(
                            one.what,
                            parts.joined(_("reception.incident_owner", who=one.owner), one.reported_by),
                            icon="warning",
                            tone="busy",
                        ):
                            if one.may_close and one.duty_id:
                                parts.button(_("reception.open"), href=f"/my/duties/{one.duty_id}", label=one.what)

    def _draw_steps(self, sheet: RunSheet) -> None:
        if not sheet.steps:
            return
        days = {clock.today(step.starts_at) for step in sheet.steps}
        with parts.box("run__steps", "ol"):
            day = None
            for step in sheet.steps:
                if len(days) > 1 and clock.today(step.starts_at) != day:
                    day = clock.today(step.starts_at)
                    parts.text(i18n.long_day(day, frame.lang()), "li", "run__day")
                self._draw_step(sheet, step)

    def _draw_step(self, sheet: RunSheet, step: Step) -> None:
        with parts.box(f"run__step run__step--{step.stands}", "li"):
            with parts.box("run__dot"):
                icons.icon({"done": "check", "late": "warning"}.get(step.stands, str(KIND_ICONS[Kind(step.kind)])))
            with parts.box("run__body"):
                parts.text(step.what, classes="strong")
                said = (
                    _("reception.done_by", name=step.done_by, time=f"{clock.local(step.done_at):%H:%M}")
                    if step.done_at and step.done_by
                    else ""
                )
                said = said or (_("reception.done_itself", time=f"{clock.local(step.done_at):%H:%M}") if step.done_at else "")
                late = _("reception.late_by", n=step.minutes) if step.stands == "late" else ""
                parts.text(
                    parts.joined(i18n.time_span(step.starts_at, step.ends_at, clock.zone()), step.place, step.owner), classes="second small"
                )
                if said or late:
                    parts.text(said or late, classes="small run__said")
            if sheet.may_tick and sheet.status not in ("ended", "reviewed", "cancelled"):
                words = _("reception.untick_label", what=step.what) if step.done_at else _("reception.tick_label", what=step.what)
                with parts.box("round run__tick", "button").props(
                    f"type=button aria-pressed={'true' if step.done_at else 'false'}"
                ) as tick:
                    icons.icon("return" if step.done_at else "check")
                tick.props["aria-label"] = words
                parts.on_tap(tick, partial(self._untick if step.done_at else self._tick, step))

    def _draw_foot(self, sheet: RunSheet) -> None:
        running = sheet.status == "running"
        if sheet.status in ("ended", "reviewed", "cancelled"):
            return
        with self.foot:
            if sheet.next is not None and sheet.may_tick:
                parts.button(
                    _("reception.tick", what=sheet.next.what), partial(self._tick, sheet.next), kind="main", icon="check", wide=True
                )
            with parts.box("run__acts"):
                if sheet.next is not None and sheet.may_tick:
                    parts.button(_("reception.say_late"), partial(self._late, sheet.next), icon="clock")
                if running or sheet.is_day:
                    parts.button(_("reception.report"), href=f"/my/receptions/{self.id}/incident", icon="warning")

    # ── acts ──

    async def _tick(self, step: Step) -> None:
        outcome = await parts.do(reception.Tick(line_id=step.id))
        if outcome.ok:
            parts.toast(_("reception.ticked_toast", what=step.what), undo=partial(self._untick, step))
            self.draw()

    async def _untick(self, step: Step) -> None:
        await self._do(reception.Untick(line_id=step.id))

    def _late(self, step: Step) -> None:
        with parts.sheet_dialog(_("reception.late_title"), step.what) as dialog:
            why = parts.input(_("reception.late_why"), props="maxlength=200")

            async def say(minutes: int) -> None:
                dialog.close()
                done = _("reception.late_toast", n=minutes) if minutes else None
                await self._do(reception.SayLate(line_id=step.id, minutes=minutes, note=(why.value or "").strip()), done)

            with parts.box("run__late"):
                for minutes in LATE_CHOICES:
                    parts.button(_("reception.minutes", n=minutes), partial(say, minutes))
            with parts.box("dialog__acts"):
                if step.minutes:
                    parts.button(_("reception.not_late"), partial(say, 0), kind="quiet")
                parts.button(_("web.cancel"), dialog.close)
        dialog.open()

    async def _do(self, do: Operation, done: str | None = None) -> None:
        if (await parts.do(do, done=done)).ok:
            self.draw()

    def _changed(self, change: Change) -> None:
        if change.id == str(self.id) and not self._pending and not self.client.is_deleted:
            self._pending = True
            asyncio.get_running_loop().call_later(SETTLE_S, self._redraw)

    def _redraw(self) -> None:
        self._pending = False
        if self.client.is_deleted or not self.client.has_socket_connection:
            return
        with self.client:
            try:
                if self._read() != self._shown:  # what a thumb is about to press stays where it is when nothing changed
                    self.draw()
            except frame.SignInNeeded:
                return  # the browser is on its way to the sign-in page


class Ready:
    """Dress, manner, warmth, care: a tap each."""

    def __init__(self, reception_id: UUID, foot: ui.element) -> None:
        self.id = reception_id
        with database.reading() as s:
            found = reception.my_conduct(s, reception_id, frame.actor())
        self.said: dict[str, bool] = dict(found.answers)
        self.questions = found.questions
        with parts.box("stack"):
            parts.text(found.title, "h2")
            for question_id, words in found.questions:
                with parts.box("sheet run__question"):
                    parts.text(words, classes="strong")
                    before = {True: "yes", False: "no"}.get(self.said[question_id]) if question_id in self.said else None
                    parts.choice(
                        {"yes": _("reception.ready"), "no": _("reception.not_yet")}, before, partial(self._say, question_id), good="yes"
                    )
        with foot:
            parts.button(_("reception.ready_send"), self._send, kind="main", icon="check", wide=True)

    def _say(self, question_id: str, answer: str) -> None:
        self.said[question_id] = answer == "yes"

    async def _send(self) -> None:
        missing = len([id for id, _words in self.questions if id not in self.said])
        if missing:
            parts.problem(_("reception.ready_missing", n=missing))
            return
        if (await parts.do(reception.CheckConduct(reception_id=self.id, answers=self.said))).ok:
            ui.navigate.to(f"/my/receptions/{self.id}")


class Incident:
    """What goes wrong, a photo if it helps; the lead is told at once."""

    def __init__(self, reception_id: UUID, foot: ui.element) -> None:
        self.id = reception_id
        self.photos: list[str] = []
        with database.reading() as s:
            sheet = reception.run_sheet(s, reception_id, frame.actor(), clock.now())
        if sheet is None:
            parts.empty(_("reception.not_found"))
            return
        with parts.box("stack"):
            parts.text(sheet.title, "p", "second")
            self.what = parts.area(_("reception.incident_what"), rows=4)
            self.what.props("autofocus maxlength=500")
            lines = {"": _("reception.incident_any")} | {str(step.id): step.what for step in sheet.steps}
            self.line = parts.select(_("reception.incident_line"), lines, str(sheet.next.id) if sheet.next else "")
            self.camera = parts.box("stack")
            with self.camera:
                start = parts.button(_("reception.photo"), icon="camera")
            parts.on_tap(start, self._open_camera)
        with foot:
            parts.button(_("reception.report_to", name=sheet.lead), self._send, kind="main", icon="send", wide=True)

    def _open_camera(self) -> None:
        self.camera.clear()
        with self.camera:
            Photo(self._taken, facing="environment")

    def _taken(self, photo: Taken) -> None:
        if photo.sha256 not in self.photos:
            self.photos.append(photo.sha256)

    async def _send(self) -> None:
        said = (self.what.value or "").strip()[:500]
        parts.refuse(self.what, None if said else _("reception.need_incident"))
        if not said:
            return
        line_id = UUID(str(self.line.value)) if self.line.value else None
        do = reception.ReportIncident(reception_id=self.id, what=said, line_id=line_id, photos=tuple(self.photos))
        if (await parts.do(do)).ok:
            ui.navigate.to(f"/my/receptions/{self.id}")

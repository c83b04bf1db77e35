"""Duties and hazards on the desk: what is late, who has it, what was done about it, and the second pair of eyes (scenario Floor 4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter
from sqlmodel import Session

from core.foundation import clock, database, i18n
from core.foundation.errors import Refused
from core.mechanisms import attachments, duties, office, people
from core.mechanisms.duties import DutyView
from core.mechanisms.operations import Actor, Role
from core.mechanisms.views import Page, Query
from core.sections import inspections
from core.sections.inspections import Hazard
from core.web import frame, parts
from core.web.frame import _
from kiosk.desk.registers import Chip, Column, Register, RegisterPage, long_moment, shown

router = APIRouter(dependencies=[Depends(frame.signed_in)])
SAFE = (Role.ADMIN, Role.SAFETY, Role.CLERK, Role.LEADER)


@router.page("/desk/duties")
def duties_page() -> None:
    with frame.desk("duties", _("nav.duties")):
        RegisterPage(REGISTER)


@router.page("/desk/hazards")
def hazards_page() -> None:
    with frame.desk("hazards", _("nav.hazards"), *SAFE):
        RegisterPage(HAZARDS)


# ── words ──


def state_of(view: DutyView) -> tuple[str, parts.Tone]:
    """A duty's state as a pill."""
    if view.late:
        return _("duty.state.late"), "busy"
    if view.state == duties.OPEN:
        return (_("duty.state.today"), "soon") if view.due_on == clock.today() else (_("duty.state.open"), "soon")
    if view.state == duties.DONE and view.four_eyes:
        return _("duty.state.to_verify"), "held"
    return _(f"duty.state.{view.state}"), "shut" if view.state == duties.CANCELLED else "free"


def draw_history(duty_id: UUID) -> None:
    """What happened to a duty, with its photos, newest last."""
    with database.reading() as s:
        events = duties.history(s, duty_id)
        missing = {photo for event in events for photo in attachments.pending(s, event.photos)}
    with parts.box("trail", "ol"):
        for i, event in enumerate(events):
            with parts.box("now" if i == len(events) - 1 else "done", "li"):
                parts.text(_(f"duty.event.{event.what}"), classes="strong")
                parts.text(parts.joined(event.person, long_moment(event.at)), classes="quiet small")
                if event.note:
                    parts.text(event.note)
                draw_photos(event.photos, missing)


def draw_photos(hashes: tuple[str, ...], missing: set[str]) -> None:
    """Photos in a row, each opens whole; one that has not arrived says so."""
    if not hashes:
        return
    with parts.box("thumbs"):
        for n, photo in enumerate(hashes, 1):
            if photo in missing:
                parts.pill(_("attachment.pending"), "held")
            else:
                with parts.box("thumb", "a").props(f'href="/api/v1/attachments/{photo}" target="_blank" rel="noopener"'):
                    parts.box(tag="img").props(f'src="/api/v1/attachments/{photo}" alt="{_("attachment.photo", n=n)}" loading=lazy')


# ── the panel of a duty ──


def _draw_peek(view: DutyView, page: RegisterPage) -> None:
    page.peek_head(view.title, pill=state_of(view))
    pairs = [
        (_("duty.column.owner"), view.owner), (_("duty.column.due_on"), i18n.full_day(view.due_on, frame.lang())),
        (_("duty.column.times"), _("duty.repeat", n=view.times) if view.times > 1 else ""),
    ]  # fmt: skip
    parts.facts(pairs)
    draw_acts(view, page.reopen)
    parts.text(_("duty.history"), "h3")
    draw_history(view.id)


def draw_acts(view: DutyView, after: Callable[[], Any]) -> None:
    """The acts this person has on a duty: say it is done, check it, move it."""
    by = frame.actor()
    with parts.box("row wrap"):
        if view.may_verify:
            parts.button(_("duty.verify_good"), lambda: _verify(view, after), icon="check")
            parts.button(_("duty.verify_back"), lambda: _send_back(view, after), icon="return")
        if view.may_complete:
            if view.subject_kind == "series":  # the answer itself is given there, and settles this
                parts.button(_("series.answer_here"), href=f"/desk/series/{view.subject_id}", icon="check")
            else:
                parts.button(_("duty.say_done"), lambda: _complete(view, after), icon="check")
            if by.has(*duties.VERIFIERS):
                parts.button(_("duty.move"), lambda: _move(view, after), icon="move")
    if view.state == duties.DONE and view.four_eyes and not view.may_verify and by.person_id in (view.owner_id, view.done_by_id):
        parts.text(_("duty.four_eyes"), "p", "quiet small")


async def _verify(view: DutyView, after: Callable[[], Any]) -> None:
    if (await parts.do(duties.VerifyDuty(duty_id=view.id), done=_("duty.verified_toast"))).ok:
        await after()


def _send_back(view: DutyView, after: Callable[[], Any]) -> None:
    with parts.sheet_dialog(_("duty.verify_back_title"), view.title) as dialog:
        note = parts.area(_("duty.note"))

        async def go() -> None:
            said = (note.value or "").strip()[:1000]
            parts.refuse(note, None if said else _("duty.reason_missing"))
            if not said:
                return
            done = _("duty.returned_toast", owner=view.owner)
            if (await parts.do(duties.VerifyDuty(duty_id=view.id, accepted=False, note=said), done=done)).ok:
                dialog.close()
                await after()

        _acts(dialog, _("duty.verify_back"), go)
    dialog.open()


def _complete(view: DutyView, after: Callable[[], Any]) -> None:
    with parts.sheet_dialog(_("duty.say_done_title"), _("duty.say_done_hint") if view.four_eyes else view.title) as dialog:
        note = parts.area(_("duty.note"))

        async def go() -> None:
            said = (note.value or "").strip()[:1000]
            parts.refuse(note, _("duty.evidence_missing") if view.four_eyes and not said else None)
            if view.four_eyes and not said:
                return
            done = _("duty.done_toast") if view.four_eyes else _("duty.done_plain")
            if (await parts.do(duties.CompleteDuty(duty_id=view.id, note=said), done=done)).ok:
                dialog.close()
                await after()

        _acts(dialog, _("duty.say_done"), go)
    dialog.open()


def _move(view: DutyView, after: Callable[[], Any]) -> None:
    with parts.sheet_dialog(_("duty.move_title"), view.title) as dialog:
        owner = parts.select(_("duty.column.owner"), _everyone(), str(view.owner_id), search=True)
        due = parts.input(_("duty.due_on"), view.due_on.isoformat(), props="type=date")
        why = parts.input(_("duty.reason"))

        async def go() -> None:
            reason, day = (why.value or "").strip()[:300], _day(due.value)
            parts.refuse(why, None if reason else _("duty.reason_missing"))
            if not reason:
                return
            do = duties.MoveDuty(duty_id=view.id, owner_id=UUID(owner.value) if owner.value else None, due_on=day, reason=reason)
            if (await parts.do(do)).ok:
                dialog.close()
                await after()

        _acts(dialog, _("duty.move_act"), go)
    dialog.open()


def _new(page: RegisterPage) -> None:
    with database.reading() as s:
        lead = int(office.setting(s, "duty.lead_workdays"))
    with parts.sheet_dialog(_("duty.new_title")) as dialog:
        what = parts.input(_("duty.what"), autofocus=True)
        owner = parts.select(_("duty.column.owner"), _everyone(), search=True)
        due = parts.input(_("duty.due_on"), help=_("duty.due_help", n=lead), props="type=date")

        async def go() -> None:
            said = (what.value or "").strip()[:120]
            parts.refuse(what, None if said else _("duty.what_missing"))
            parts.refuse(owner, None if owner.value else _("duty.who_missing"))
            if not said or not owner.value:
                return
            outcome = await parts.do(duties.OpenDuty(title=said, owner_id=UUID(owner.value), due_on=_day(due.value)))
            if outcome.ok:
                day = i18n.short_day(date.fromisoformat(outcome.result["due_on"]), frame.lang())
                parts.toast(_("duty.new_toast", owner=_everyone()[owner.value].split("　")[0], day=day))
                dialog.close()
                page.refresh()

        _acts(dialog, _("duty.new_act"), go)
    dialog.open()


# ── hazards ──


class HazardRow:
    """A hazard as the register wants it: with an id, and a duty's acts."""

    def __init__(self, hazard: Hazard) -> None:
        self.hazard = hazard
        self.id = hazard.duty.id


def _hazard_state(row: HazardRow) -> tuple[str, parts.Tone]:
    view = row.hazard.duty
    if row.hazard.closed:
        return _("hazard.closed"), "free"
    if view.late:
        return _("duty.state.late"), "busy"
    if view.state == duties.OPEN:
        return _("hazard.open"), "soon"
    return (_("hazard.to_verify"), "held") if view.state == duties.DONE else (_("duty.state.verified"), "free")


def _fetch_hazards(s: Session, query: Query, by: Actor) -> Page:
    rows = [HazardRow(one) for one in inspections.hazards(s, by, clock.now(), state=query.filters.get("state", ""), limit=500)]
    if query.q:
        words = query.q.lower()
        rows = [row for row in rows if words in f"{row.hazard.point}{row.hazard.question}{row.hazard.duty.owner}".lower()]
    return Page(rows)


def _get_hazard(s: Session, id: str, by: Actor) -> HazardRow | None:
    try:
        view = duties.view(s, duties.get(s, UUID(id)), by, clock.now())
    except (ValueError, Refused):
        return None
    return HazardRow(inspections.hazard(s, view, by))


def _draw_hazard(row: HazardRow, page: RegisterPage) -> None:
    hazard, view = row.hazard, row.hazard.duty
    page.peek_head(f"{hazard.point}", pill=_hazard_state(row), meta=hazard.question)
    if hazard.repeat:
        parts.banner(_("hazard.times", n=view.times) if view.times > 1 else _("hazard.again"), "bad")
    parts.facts((
        (_("hazard.column.owner"), view.owner), (_("duty.column.due_on"), i18n.full_day(view.due_on, frame.lang())),
        (_("inspection.column.title"), hazard.round), (_("hazard.closed"), _("hazard.passed",
        day=shown(hazard.passed_on)) if hazard.passed_on else ""),
    ))  # fmt: skip
    draw_acts(view, page.reopen)
    if view.state == duties.VERIFIED and not hazard.closed:
        parts.text(_("hazard.verified"), "p", "quiet small")
    parts.text(_("duty.history"), "h3")
    draw_history(view.id)


# ── private ──


def _count(state: str) -> Callable[[Session, Actor], int]:
    return lambda s, by: (
        duties.counts(s, clock.now())[state]
        if by.has(*duties.SEES_ALL)
        else len(duties.everything(s, by, clock.now(), **_asked(state), limit=500))
    )


def _asked(state: str) -> dict[str, Any]:
    return {"late": True} if state == "late" else {"state": state}


def _count_hazards(state: str) -> Callable[[Session, Actor], int]:
    return lambda s, by: len(inspections.hazards(s, by, clock.now(), state=state, limit=500))


def _acts(dialog: Any, act: str, go: Any) -> None:
    with parts.box("dialog__acts"):
        parts.button(_("web.cancel"), dialog.close)
        parts.button(act, go, kind="main")


def _everyone() -> dict[str, str]:
    with database.reading() as s:
        return {str(view.id): f"{view.name}　{view.department}" for view in people.views(s, people.search(s, limit=1000))}


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _draw_duty_acts(page: RegisterPage) -> None:
    if frame.actor().has(*duties.SEES_ALL):
        parts.button(_("duty.new"), lambda: _new(page), kind="main", icon="plus")


REGISTER = Register(
    name="duties",
    title="duty.register",
    kinds=("duty",),
    columns=(
        Column("duty.column.title", lambda v: v.title, sub=lambda v: _("duty.repeat", n=v.times) if v.times > 1 else ""),
        Column("duty.column.owner", lambda v: v.owner),
        Column("duty.column.due_on", lambda v: v.due_on),
        Column("duty.column.state", lambda v: state_of(v)[0], tone=lambda v: state_of(v)[1]),
    ),
    chips=(
        Chip("open", "duty.chip.open", {"state": "open"}, count=_count("open")),
        Chip("late", "duty.chip.late", {"state": "late"}, count=_count("late")),
        Chip("to_verify", "duty.chip.to_verify", {"state": "to_verify"}, count=_count("to_verify")),
        Chip("settled", "duty.chip.settled", {"state": "settled"}),
    ),
    acts=_draw_duty_acts,
    peek=_draw_peek,
    empty=("duty.empty", "duty.empty_hint"),
)
HAZARDS = Register(
    name="hazards",
    title="hazard.register",
    kinds=("duty", "inspection_run"),
    fetch=_fetch_hazards,
    get=_get_hazard,
    export=False,
    columns=(
        Column("hazard.column.point", lambda r: r.hazard.point, sub=lambda r: r.hazard.round),
        Column("hazard.column.question", lambda r: r.hazard.question, sub=lambda r: _("hazard.repeat") if r.hazard.repeat else ""),
        Column("hazard.column.owner", lambda r: r.hazard.duty.owner),
        Column("duty.column.due_on", lambda r: r.hazard.duty.due_on),
        Column("duty.column.state", lambda r: _hazard_state(r)[0], tone=lambda r: _hazard_state(r)[1]),
    ),
    chips=(
        Chip("open", "hazard.open", {"state": "open"}, count=_count_hazards("open")),
        Chip("to_verify", "hazard.to_verify", {"state": "to_verify"}, count=_count_hazards("to_verify")),
        Chip("all", "supply.chip.all"),
    ),
    peek=_draw_hazard,
    empty=("hazard.empty", "hazard.empty_hint"),
)

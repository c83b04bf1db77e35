"""Reception plans at the desk: the register, and taking one in (guide S3.1-R1). One plan is in `reception_plan`, the year in `reception_year`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from pydantic import ValidationError
from sqlmodel import Session

from core.foundation import clock, i18n
from core.mechanisms.operations import OFFICE, Actor, Role
from core.sections import reception
from core.sections.reception import Level, ReceptionView
from core.web import frame, parts, static_files
from core.web.frame import _
from kiosk.desk import piles
from kiosk.desk.registers import Chip, Column, Register, RegisterPage

router = APIRouter(dependencies=[Depends(frame.signed_in)])
TONES: dict[str, parts.Tone] = {
    "draft": "lost", "asked": "held", "refused": "busy", "stale": "soon", "approved": "free", "running": "held", "ended": "soon", "reviewed": "free",
    "cancelled": "shut",
}  # fmt: skip
ICONS = {"draft": "note", "running": "go", "asked": "held", "stale": "refresh", "ended": "clock"}


@router.page("/desk/receptions")
def receptions_page() -> None:
    with frame.desk("receptions", _("nav.receptions"), Role.STAFF):
        style()
        page = RegisterPage(REGISTER)
        if ui.context.client.request.query_params.get("new"):
            ui.timer(0.1, lambda: take_in(page), once=True)


def style() -> None:
    """The stylesheet of plans; once a page."""
    ui.add_head_html(f'<link rel="stylesheet" href="{static_files.url("reception.css")}">')


def days_words(view: Any) -> str:
    """One day, or from–to, with the weekday of the first."""
    if view.starts_on == view.ends_on:
        return i18n.long_day(view.starts_on, frame.lang())
    return f"{i18n.short_day(view.starts_on, frame.lang())}–{i18n.short_day(view.ends_on, frame.lang())}"


def status_pill(status: str) -> None:
    parts.pill(_(f"reception.status.{status}"), TONES[status], icon=ICONS.get(status))


def take_in(page: RegisterPage | None = None) -> None:
    """Who comes, when, at which level, why; guests and arrangements are put on the plan itself."""
    by = frame.actor()
    with parts.sheet_dialog(_("reception.new"), _("reception.new_hint")) as dialog:
        organisation = parts.input(_("reception.organisation"), props="maxlength=120", autofocus=True)
        today = clock.today()
        with parts.box("row"):
            starts = parts.input(_("reception.starts_on"), (today + timedelta(days=1)).isoformat(), props="type=date")
            ends = parts.input(_("reception.ends_on"), (today + timedelta(days=1)).isoformat(), props="type=date")
        with parts.box("row"):
            level = parts.select(_("reception.level"), {str(one): _(f"reception.level.{one}") for one in Level}, str(Level.EQUAL))
            heads = parts.input(_("reception.headcount"), "3", props="inputmode=numeric maxlength=4")
        purpose = parts.area(_("reception.purpose"), rows=2)
        letter = parts.input(_("reception.letter"), help=_("reception.letter_help"), props="maxlength=120")
        lead = None
        if by.has(*OFFICE, Role.LEADER):
            lead = parts.select(_("reception.lead"), piles.everyone(), str(by.person_id), search=True)

        def follow() -> None:
            first, last = piles.day_of(starts), piles.day_of(ends)
            if first and (last is None or last < first):
                ends.value = first.isoformat()

        starts.on_value_change(follow)

        async def go() -> None:
            count = (heads.value or "").strip()
            problems = (
                (organisation, None if (organisation.value or "").strip() else _("reception.need_organisation")),
                (starts, None if piles.day_of(starts) else _("reception.need_day")), (ends, None if piles.day_of(ends) else _("reception.need_day")),
                (heads, None if count.isascii() and count.isdigit() and int(count) > 0 else _("reception.need_heads")),
            )  # fmt: skip
            for field, sentence in problems:
                parts.refuse(field, sentence)
            if any(sentence for _field, sentence in problems):
                return
            try:
                do = reception.TakeIn(
                    organisation=organisation.value, starts_on=piles.day_of(starts), ends_on=piles.day_of(ends), level=Level(level.value),  # type: ignore[arg-type]  # checked above
                    headcount=int(count), purpose=(purpose.value or "").strip()[:4000], letter=(letter.value or "").strip(),
                    lead_id=UUID(lead.value) if lead is not None and lead.value else by.person_id,
                )  # fmt: skip
            except ValidationError:
                parts.refuse(ends, _("reception.days", n=31))
                return
            outcome = await parts.do(do)
            if outcome.ok:
                dialog.close()
                ui.navigate.to(f"/desk/receptions/{outcome.result['reception_id']}")

        piles.acts(dialog, _("reception.take_in"), go)
    dialog.open()


def copy_dialog(reception_id: UUID, title: str) -> None:
    """An earlier plan as the pattern of a new one."""
    with parts.sheet_dialog(_("reception.copy"), _("reception.copy_hint")) as dialog:
        organisation = parts.input(_("reception.organisation"), title, props="maxlength=120")
        starts = parts.input(_("reception.starts_on"), (clock.today() + timedelta(days=7)).isoformat(), props="type=date")

        async def go() -> None:
            day = piles.day_of(starts)
            parts.refuse(starts, None if day else _("reception.need_day"))
            if day is None:
                return
            name = (organisation.value or "").strip()[:120] or None
            outcome = await parts.do(reception.CopyReception(reception_id=reception_id, starts_on=day, organisation=name))
            if outcome.ok:
                dialog.close()
                ui.navigate.to(f"/desk/receptions/{outcome.result['reception_id']}")

        piles.acts(dialog, _("reception.copy_go"), go)
    dialog.open()


def _draw_peek(view: Any, page: RegisterPage) -> None:
    status = view.status
    page.peek_head(
        view.title,
        pill=(_(f"reception.status.{status}"), TONES[status]),
        meta=parts.joined(view.number, days_words(view), _("reception.heads", n=view.headcount)),
    )
    parts.facts((
        (_("reception.level"), _(f"reception.level.{view.level}")), (_("reception.lead"), view.lead), (_("reception.purpose"), view.purpose),
        (_("reception.column.planned"), piles.money(view.planned_cents)), (_("reception.column.real"), piles.money(view.real_cents) if view.real_cents else ""),
    ))  # fmt: skip
    parts.button(_("reception.open_plan"), href=f"/desk/receptions/{view.id}", kind="main", icon="note")
    parts.button(_("reception.list_paper"), href=f"/api/v1/receptions/{view.id}/list.pdf", icon="print", new_tab=True)
    parts.button(_("reception.copy"), lambda: copy_dialog(view.id, view.organisation), kind="quiet", icon="document")


def _draw_acts(page: RegisterPage) -> None:
    parts.button(_("reception.year_title"), href="/desk/receptions/year", icon="chart")
    parts.button(_("reception.new"), lambda: take_in(page), kind="main", icon="plus")


def _count(status: str) -> Callable[[Session, Actor], int]:
    return lambda s, by: reception.count(s, status, by)


def _confirmed(view: ReceptionView) -> str:
    return _("reception.confirmed_of", n=view.confirmed, total=view.lines) if view.lines else _("reception.no_lines")


REGISTER = Register(
    name="receptions", title="reception.register", kinds=("reception",),
    columns=(
        Column("reception.organisation", lambda v: v.title, sub=lambda v: v.number), Column("reception.column.days", days_words, sub=lambda v: _("reception.heads", n=v.headcount)),
        Column("reception.level", lambda v: _(f"reception.level.{v.level}"), sub=lambda v: v.lead),
        Column("reception.column.arranged", _confirmed), Column("reception.column.planned", lambda v: piles.money(v.planned_cents), sub=lambda v: piles.money(v.real_cents) if v.real_cents else "", number=True),
        Column("reception.column.status", lambda v: _(f"reception.status.{v.status}"), tone=lambda v: TONES[v.status], icon=lambda v: ICONS.get(v.status, parts.TONE_ICON[TONES[v.status]])),
    ),
    chips=(
        Chip("open", "reception.chip.open", {"status": "open"}, count=_count("open")), Chip("running", "reception.status.running", {"status": "running"}, count=_count("running")),
        Chip("asked", "reception.status.asked", {"status": "asked"}, count=_count("asked")), Chip("ended", "reception.status.ended", {"status": "ended"}, count=_count("ended")),
        Chip("reviewed", "reception.status.reviewed", {"status": "reviewed"}), Chip("all", "asset.all"),
    ),
    peek=_draw_peek, acts=_draw_acts, empty=("reception.empty", "reception.empty_hint"), search="reception.find",
)  # fmt: skip

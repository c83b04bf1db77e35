"""Safety rounds on the desk: what is due, the year with its blank boxes, each run with its photos (guide S4.2-R3, S4.2-R4; inspections.md
rows 21, 22)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import Depends
from nicegui import APIRouter, ui
from sqlmodel import Session

from core.foundation import clock, database, i18n
from core.foundation.errors import Refused
from core.mechanisms import checklists, labels, people, places
from core.mechanisms.labels import SubjectKind
from core.mechanisms.operations import Actor, Role
from core.sections import inspections
from core.sections.inspections import Box, Cadence, InspectionView, RunReport, RunView
from core.web import frame, icons, parts
from core.web.frame import _
from kiosk.desk.duties import draw_photos
from kiosk.desk.registers import Chip, Column, Register, RegisterPage, long_moment, menu, shown

router = APIRouter(dependencies=[Depends(frame.signed_in)])
SAFE = (Role.ADMIN, Role.SAFETY, Role.CLERK, Role.LEADER)
PLANNERS = frozenset({Role.ADMIN, Role.SAFETY})
STATES: dict[str, parts.Tone] = {"due": "soon", "late": "busy", "missed": "busy", "done": "free"}
BOXES = {"pass": "check", "fail": "cross", "late": "clock", "skipped": "minus"}
ANSWERS: dict[str | None, parts.Tone] = {"pass": "free", "fail": "busy", "na": "shut"}
LAST_RUNS = 12


@router.page("/desk/inspections")
def inspections_page() -> None:
    with frame.desk("inspections", _("nav.inspections"), *SAFE):
        RegisterPage(REGISTER)


@router.page("/desk/inspections/runs/{run_id}")
def run_page(run_id: str) -> None:
    with frame.desk("inspections", _("inspection.runs"), *SAFE):
        RunScreen(run_id)


@router.page("/desk/inspections/{inspection_id}")
def round_page(inspection_id: str, year: str = "") -> None:
    with frame.desk("inspections", _("nav.inspections"), *SAFE):
        draw_round(inspection_id, year)


# ── the list ──


def _count(state: str | None) -> Callable[[Session, Actor], int]:
    def count(s: Session, by: Actor) -> int:
        return sum(state is None or view.state == state for view in inspections.rounds(s, by, clock.now()))

    return count


def _draw_acts(page: RegisterPage) -> None:
    if frame.actor().has(*PLANNERS):
        parts.button(_("inspection.new"), lambda: _plan(page), kind="main", icon="plus")


def _last(view: InspectionView) -> str:
    return parts.joined(shown(view.last_on), _(f"inspection.result.{view.last_result}")) if view.last_result else ""


def _draw_peek(view: InspectionView, page: RegisterPage) -> None:
    with database.reading() as s:
        spots = inspections.points(s, [view.id])[view.id]
        codes = labels.codes_of(s, SubjectKind.PLACE, [spot.place_id for spot in spots])
        runs = inspections.runs(s, frame.actor(), inspection_id=view.id, limit=4)
    page.peek_head(view.title, pill=(_(f"inspection.state.{view.state}"), STATES[view.state]), meta=_(f"inspection.cadence.{view.cadence}"))
    parts.facts((
        (_("inspection.column.due_on"), i18n.full_day(view.due_on, frame.lang())), (_("inspection.column.last_on"), _last(view)),
        (_("inspection.column.open_hazards"), view.open_hazards or ""),
    ))  # fmt: skip
    with parts.box("row wrap"):
        parts.button(_("inspection.grid", year=clock.today().year), href=f"/desk/inspections/{view.id}", icon="calendar")
        if frame.actor().has(*PLANNERS):
            menu(_("supply.more"), [(_("inspection.retire"), lambda: _retire(view, page))])
    if runs:
        parts.text(_("inspection.runs"), "h3")
        _draw_runs(runs)
    parts.text(_("inspection.points_n", n=len(spots)), "h3")
    with parts.rows("list"):
        for spot in spots:
            with parts.item(spot.name, spot.place):
                if codes.get(spot.place_id):
                    parts.code(codes[spot.place_id])


async def _retire(view: InspectionView, page: RegisterPage) -> None:
    sure = await parts.confirm(view.title, _("inspection.retire_words"), act=_("inspection.retire"), stay=_("inspection.retire_stay"))
    if sure and (await parts.do(inspections.RetireInspection(inspection_id=view.id), done=_("inspection.retired", title=view.title))).ok:
        page.close_peek()
        page.refresh()


def _plan(page: RegisterPage) -> None:
    lang = frame.lang()
    packs = {key: checklists.said(_text(content.title), lang) for key, content in inspections.packs().items()}
    with database.reading() as s:
        where = {str(place.id): place.path for place in places.everything(s)}
        everyone = {str(view.id): f"{view.name}　{view.department}" for view in people.views(s, people.search(s, limit=1000))}
    first = next(iter(packs))
    with parts.sheet_dialog(_("inspection.new_title")) as dialog:
        pack = parts.select(_("inspection.pack"), packs, first, on_change=lambda value: title.set_value(packs[value]))
        title = parts.input(_("inspection.name"), packs[first])
        parts.text(_("inspection.how_often"), "span", "field__label")
        chosen = {"cadence": str(Cadence.MONTHLY)}
        parts.choice(
            {str(one): _(f"inspection.cadence.{one}") for one in Cadence}, chosen["cadence"], lambda value: chosen.update(cadence=value)
        )
        spots = parts.select(_("inspection.places"), where, multiple=True, search=True)
        owner = parts.select(_("inspection.owner"), everyone, search=True)
        days = parts.input(_("inspection.workdays"), "5", props="inputmode=numeric")

        async def go() -> None:
            name, n = (title.value or "").strip()[:80], (days.value or "").strip()
            problems = {
                title: not name, spots: not spots.value, owner: not owner.value, days: not (n.isdecimal() and len(n) <= 2 and int(n) <= 60),
            }  # fmt: skip
            for element, wrong in problems.items():
                parts.refuse(element, _("supply.needed") if wrong else None)
            if any(problems.values()):
                return
            do = inspections.PlanInspection(
                title=name, checklist=pack.value, cadence=Cadence(chosen["cadence"]), place_ids=tuple(UUID(one) for one in spots.value),
                hazard_owner_id=UUID(owner.value), hazard_workdays=int(n),
            )  # fmt: skip
            outcome = await parts.do(do)
            if outcome.ok:
                with database.reading() as s:
                    [made] = inspections.rounds(s, frame.actor(), clock.now(), [UUID(outcome.result["inspection_id"])])
                parts.toast(_("inspection.new_toast", title=name, day=i18n.short_day(made.due_on, lang)))
                dialog.close()
                page.refresh()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("inspection.new_act"), go, kind="main")
    dialog.open()


# ── a round: its year, its runs ──


def draw_round(inspection_id: str, year: str) -> None:
    this_year = clock.today().year
    shown_year = int(year) if year.isascii() and year.isdigit() and 2000 <= int(year[:4]) <= this_year + 1 else this_year
    by = frame.actor()
    with database.reading() as s:
        try:
            found = inspections.rounds(s, by, clock.now(), [UUID(inspection_id)])
        except ValueError:
            found = []
        if not found:
            parts.empty(_("inspection.not_found"))
            return
        [view] = found
        grid = inspections.year_grid(s, view.id, shown_year, clock.now())
        runs = inspections.runs(s, by, inspection_id=view.id, limit=LAST_RUNS)
    sub = parts.joined(_(f"inspection.cadence.{view.cadence}"), _("inspection.points_n", n=view.points))
    with parts.head(view.title, sub):
        parts.pill(_(f"inspection.state.{view.state}"), STATES[view.state])
        for one in (shown_year - 1, shown_year + 1):
            if one <= this_year:
                parts.button(str(one), href=f"/desk/inspections/{view.id}?year={one}", icon="back" if one < shown_year else "next")
    parts.text(_("inspection.grid", year=shown_year), "h2")
    _draw_grid(grid)
    parts.text(_("inspection.grid_hint"), "p", "quiet small")
    parts.text(_("inspection.runs"), "h2")
    if runs:
        with parts.box("sheet"):
            _draw_runs(runs)
    else:
        parts.empty(_("inspection.no_runs"), _("inspection.no_runs_hint"))


def _draw_grid(grid: list[inspections.GridRow]) -> None:
    with parts.box("sheet scroll-x"), parts.box("yeargrid", "table"):
        with parts.box(tag="thead"), parts.box(tag="tr"):
            parts.text("", "th")
            for month in range(1, 13):
                parts.text(_("inspection.month", n=month), "th")
        with parts.box(tag="tbody"):
            for row in grid:
                with parts.box(tag="tr"):
                    with parts.text(row.name, "th").props("scope=row"):
                        parts.text(row.place, "small")
                    for box in row.boxes:
                        with parts.box(tag="td"):
                            _draw_box(box)


def _draw_box(box: Box) -> None:
    """A blank box is drawn blank: an empty frame, with its word for those who cannot see it."""
    if not box.state:
        return
    words = _(f"inspection.box.{box.state}")
    element = parts.box(f"yearbox yearbox--{box.state}", "a" if box.run_id else "span").props(f'title="{words}"')
    if box.run_id:
        element.props(f'href="/desk/inspections/runs/{box.run_id}"')
    with element:
        if box.state in BOXES:
            icons.icon(BOXES[box.state])
        if box.asked > 1:
            parts.text(_("inspection.grid_of", done=box.done, asked=box.asked), "span")
        parts.text(words, "span", "unseen")


def _draw_runs(runs: list[RunView]) -> None:
    with parts.rows("list"):
        for run in sorted(runs, key=lambda run: run.started_at, reverse=True):
            meta = parts.joined(run.inspector, _("inspection.late_by", day=shown(run.due_on)) if run.late else "", _pending(run))
            with parts.item(shown(run.finished_at or run.started_at), meta, href=f"/desk/inspections/runs/{run.id}"):
                _draw_result(run)


def _draw_result(run: RunView) -> None:
    if run.result is None:
        parts.pill(_("inspection.result.open"), "held")
    else:
        parts.pill(
            _(f"inspection.result.{run.result}") + (f" {run.fails}" if run.fails else ""), "busy" if run.result == "fail" else "free"
        )


def _pending(run: RunView) -> str:
    return _("inspection.evidence_pending", n=run.evidence_pending) if run.evidence_pending else ""


# ── a run ──


class RunScreen:
    """One run: every point in the wording it was made with, photos, what is missing, what became duties."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.draw()

    @ui.refreshable_method
    def draw(self) -> None:
        with database.reading() as s:
            try:
                found = inspections.report(s, UUID(self.run_id), frame.actor())
            except (ValueError, Refused):
                parts.empty(_("inspection.run_unknown"))
                return
        run = found.run
        with parts.head(_("inspection.run_title", title=run.title, day=i18n.full_day(run.due_on, frame.lang())), self._by(run)):
            _draw_result(run)
            parts.button(_("inspection.back"), href=f"/desk/inspections/{run.inspection_id}", icon="back")
        self._draw_facts(found)
        for point in found.points:
            if not point.skipped:
                self._draw_point(point)
        skipped = [point for point in found.points if point.skipped]
        if skipped:
            parts.text(_("inspection.skipped_title", n=len(skipped)), "h2")
            with parts.rows():
                for point in skipped:
                    with parts.item(point.name, point.place, icon="minus"):
                        pass
        if found.signature and not found.signature_pending:
            parts.text(_("attachment.signature"), "h2")
            with parts.box("sheet"), parts.box("signed"):
                parts.box(tag="img").props(f'src="/api/v1/attachments/{found.signature}" alt="{_("attachment.signature")}"')
        parts.text(_("inspection.version", version=run.template_version, hash=run.content_hash[:12]), "p", "quiet small")

    def _by(self, run: RunView) -> str:
        start = long_moment(run.started_at)
        if run.finished_at is None:
            return _("inspection.run_open", person=run.inspector, start=start)
        return _("inspection.run_by", person=run.inspector, start=start, end=f"{clock.local(run.finished_at):%H:%M}")

    def _draw_facts(self, found: RunReport) -> None:
        run = found.run
        if run.evidence_pending:
            parts.banner(_("inspection.evidence_pending", n=run.evidence_pending), "due")
        if run.second:
            parts.banner(_("inspection.second"), "info")
        if run.late:
            with parts.banner(parts.joined(_("inspection.late_by", day=shown(run.due_on)), run.late_reason), "bad"):
                if not run.late_reason and frame.actor().has(*PLANNERS):
                    parts.button(_("inspection.late_save"), self._explain)
        for flag in run.flags:
            parts.banner(_(f"inspection.flag.{flag}"), "due", icon="warning")

    def _draw_point(self, point: inspections.PointReport) -> None:
        level = min((line.level for line in point.answers if line.answer is not None), default=0)
        parts.text(point.name, "h2")
        parts.text(parts.joined(point.place, _(f"inspection.level.{level}")), "p", "quiet small")
        with parts.rows():
            for line in point.answers:
                words = " ".join(filter(None, (line.value, line.unit if line.value else "")))
                revised = _("inspection.revisions", n=line.revisions - 1) if line.revisions > 1 else ""
                with parts.item(line.question, parts.joined(words, line.note, revised)):
                    draw_photos(line.photos, set(line.pending))
                    if line.duty_id:
                        parts.button(_("inspection.to_duty"), href=f"/desk/hazards?chip=all&open={line.duty_id}", kind="quiet")
                    if line.answer:
                        tone = ANSWERS[line.answer]
                        parts.pill(_(f"inspection.result.{line.answer}"), tone, icon={"fail": "cross", "na": "minus"}.get(line.answer))
                    else:
                        parts.pill(_("inspection.no_answer"), "lost")

    def _explain(self) -> None:
        with parts.sheet_dialog(_("inspection.late_why")) as dialog:
            why = parts.area(_("duty.reason"))

            async def go() -> None:
                said = (why.value or "").strip()[:1000]
                parts.refuse(why, None if said else _("supply.needed"))
                if (
                    said
                    and (await parts.do(inspections.ExplainLate(run_id=UUID(self.run_id), reason=said), done=_("inspection.late_saved"))).ok
                ):
                    dialog.close()
                    self.draw.refresh()

            with parts.box("dialog__acts"):
                parts.button(_("web.cancel"), dialog.close)
                parts.button(_("inspection.late_save"), go, kind="main")
        dialog.open()


# ── private ──


def _text(title: Any) -> Any:
    return title.model_dump(by_alias=True) if isinstance(title, checklists.Text) else title


REGISTER = Register(
    name="inspections",
    title="inspection.register",
    kinds=("inspection", "inspection_run"),
    columns=(
        Column("inspection.column.title", lambda v: v.title, sub=lambda v: _("inspection.points_n", n=v.points)),
        Column("inspection.column.cadence", lambda v: _(f"inspection.cadence.{v.cadence}")),
        Column("inspection.column.due_on", lambda v: v.due_on),
        Column("inspection.column.last_on", _last),
        Column("inspection.column.open_hazards", lambda v: v.open_hazards or "", number=True),
        Column("inspection.column.state", lambda v: _(f"inspection.state.{v.state}"), tone=lambda v: STATES[v.state]),
    ),
    chips=(
        Chip("all", "supply.chip.all", count=_count(None)),
        Chip("due", "inspection.state.due", {"state": "due"}, count=_count("due")),
        Chip("late", "inspection.state.late", {"state": "late"}, count=_count("late")),
        Chip("missed", "inspection.state.missed", {"state": "missed"}, count=_count("missed")),
    ),
    acts=_draw_acts,
    peek=_draw_peek,
    empty=("inspection.none", "inspection.none_hint"),
)
